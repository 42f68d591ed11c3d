/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts: raise makes a secure one arrive, irq expects one to pend and
 * takes it. All of them pend in the SPMC; here is since when.
 */
#include <string.h>

#include "board_priv.h"
#include "run_priv.h"

static const struct {
	const char *name, *board;
	gsize offset;		/* of its id, in struct spmc_config */
} names[] = {
	{ "SRI", "sri=8", offsetof(struct spmc_config, sri) },
	{ "NPI", "npi=5", offsetof(struct spmc_config, npi) },
	{ "MEI", "mei=4", offsetof(struct spmc_config, mei) },
};

static uint32_t id_of(const struct board *b, unsigned int name)
{
	return *(const uint32_t *)((const char *)&b->config +
				   names[name].offset);
}

static char *name_of(const struct board *b, uint64_t id)
{
	for (unsigned int i = 0; i < G_N_ELEMENTS(names); i++)
		if (id && id == id_of(b, i))
			return g_strdup(names[i].name);
	return g_strdup_printf("interrupt %" G_GUINT64_FORMAT, id);
}

/* The interrupt of a line; 0 if it is not known yet, or there is none. */
static uint64_t line_id(const struct board *b, const struct ffs_stmt *s)
{
	const struct ffs_value *v = ffs_pos(s, 0);
	uint64_t id;

	for (unsigned int i = 0; v->kind == FFS_V_ID &&
	     i < G_N_ELEMENTS(names); i++)
		if (!strcmp(v->text, names[i].name))
			return id_of(b, i);
	return board_number(b, v, &id) ? id : 0;
}

/* A VM that has interrupts: of the ready-made hypervisor's. */
static bool is_vm(const struct board *b, unsigned int ep)
{
	return run_board_hyp(b) && b->endpoints[ep].kind == SPMC_VM;
}

/* Whom SRI goes to: the normal world, or the first VM of its hypervisor. */
static unsigned int scheduler(const struct board *b)
{
	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		if (is_vm(b, i))
			return i;
	return 0;
}

void run_irq_check(const struct board *b, const struct ffs_stmt *s,
		   struct ffs_diags *d)
{
	const struct ffs_value *v = ffs_pos(s, 0), *to = ffs_pos(s, 1);
	const struct board_part *p = board_part(b, to->text);
	uint64_t id = line_id(b, s);

	for (unsigned int i = 0; v->kind == FFS_V_ID &&
	     i < G_N_ELEMENTS(names); i++) {
		g_autofree char *hint = g_strdup_printf("write board %s",
							names[i].board);

		if (!id && !strcmp(v->text, names[i].name))
			ffs_error(d, &v->loc, hint, "the board has no %s",
				  names[i].name);
	}
	if (!p || !id)
		return;
	if (id == b->config.sri && p->index != scheduler(b))
		ffs_error(d, &to->loc, NULL, "SRI goes to the normal world: "
			  "write irq SRI %s@%u",
			  b->parts[scheduler(b)].name,
			  (unsigned int)to->num);
	else if (id != b->config.sri && !is_vm(b, p->index) &&
		 b->endpoints[p->index].kind != SPMC_SP_EL1)
		ffs_error(d, &to->loc, NULL, "only S-EL1 partitions take "
			  "interrupts: S-EL0 sees FFA_INTERRUPT(intid=...)");
}

/* -- what pends ------------------------------------------------------------ */

static bool is_there(const GArray *irqs, const struct run_irq *irq)
{
	for (guint i = 0; i < irqs->len; i++) {
		const struct run_irq *other =
			&g_array_index(irqs, struct run_irq, i);

		if (other->ep == irq->ep && other->ec == irq->ec &&
		    other->id == irq->id)
			return true;
	}
	return false;
}

static void note_context(struct run *r, const GArray *before, unsigned int ep,
			 unsigned int ec)
{
	uint32_t ids[SPMC_MAX_PENDING];
	unsigned int n = run_pending(r, ep, ec, ids);

	for (unsigned int i = 0; i < n; i++) {
		struct run_irq irq = {
			.ep = ep, .ec = ec, .id = ids[i],
			.at = machine_time(r->machine),
		};

		if (!is_there(before, &irq))
			g_array_append_val(r->irqs, irq);
	}
}

static bool pends(const struct run *r, const struct run_irq *irq)
{
	uint32_t ids[SPMC_MAX_PENDING];
	unsigned int n = run_pending(r, irq->ep, irq->ec, ids);

	for (unsigned int i = 0; i < n; i++)
		if (ids[i] == irq->id)
			return true;
	return false;
}

/* Execution contexts that interrupts pend for. */
static unsigned int contexts(const struct run *r, unsigned int ep)
{
	/* what comes to the ready-made hypervisor it takes */
	if (!ep)
		return r->hyp ? 0 : r->board->config.cpus;
	return r->board->endpoints[ep].kind == SPMC_VM && !r->hyp ? 0 :
	       r->board->endpoints[ep].ec_count;
}

void run_irq_note(struct run *r)
{
	if (!r->irqs)
		return;
	for (guint i = r->irqs->len; i > 0; i--)
		if (!pends(r, &g_array_index(r->irqs, struct run_irq, i - 1)))
			g_array_remove_index(r->irqs, i - 1);
	for (unsigned int ep = 0; ep < r->board->config.endpoint_count; ep++)
		for (unsigned int ec = 0; ec < contexts(r, ep); ec++)
			note_context(r, r->irqs, ep, ec);
}

static void list_pending(const struct run *r, struct mismatch *m)
{
	for (guint i = 0; i < r->irqs->len; i++) {
		const struct run_irq *irq =
			&g_array_index(r->irqs, struct run_irq, i);
		g_autofree char *name = name_of(r->board, irq->id);

		mismatch_line(m, i ? "" : "pending", "%s %s@%u", name,
			      run_name(r, irq->ep), irq->ec);
	}
	if (!r->irqs->len)
		mismatch_line(m, "pending", "none");
}

/* -- irq ------------------------------------------------------------------- */

/* The one that a line takes, or NULL. */
static const struct run_irq *find(const struct run *r, uint64_t id,
				  unsigned int ep, unsigned int ec)
{
	for (guint i = 0; i < r->irqs->len; i++) {
		const struct run_irq *irq =
			&g_array_index(r->irqs, struct run_irq, i);

		if (irq->id == id && irq->ep == ep && irq->ec == ec)
			return irq;
	}
	return NULL;
}

static bool comes_as(const struct run *r, uint64_t id, unsigned int ep,
		     const char *signal)
{
	bool fiq = id == r->board->config.mei &&
		   !r->board->endpoints[ep].mei_virq;

	return !strcmp(signal, fiq ? "vfiq" : "virq");
}

/* Is it as the options of the line say? */
static bool as_wanted(struct run *r, const struct ffs_stmt *s,
		      const struct run_irq *irq)
{
	const struct ffs_arg *within = ffs_opt(s, "within");
	const struct ffs_arg *signal = ffs_opt(s, "signal");
	g_autofree char *name = name_of(r->board, irq->id), *why = NULL;
	uint64_t most, age = machine_time(r->machine) - irq->at;

	if (within && !run_number(r, within->value, &most, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (within && age > most)
		return run_fail(r, s, RUN_FAIL, "%s came %" G_GUINT64_FORMAT
				" ns ago", name, age);
	if (signal && !comes_as(r, irq->id, irq->ep, signal->value->text))
		return run_fail(r, s, RUN_FAIL, "%s comes as %s", name,
				comes_as(r, irq->id, irq->ep, "virq") ?
				"virq" : "vfiq");
	return true;
}

bool run_irq(struct run *r, const struct ffs_stmt *s)
{
	const struct ffs_value *to = ffs_pos(s, 1);
	const struct board_part *p = board_part(r->board, to->text);
	uint64_t id = line_id(r->board, s);
	unsigned int cpu = (unsigned int)to->num, ep, ec;
	g_autofree char *name = NULL, *why = NULL;
	const struct run_irq *irq;
	struct mismatch *m;

	if (!id && !run_number(r, ffs_pos(s, 0), &id, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (!p || cpu >= r->board->config.cpus)
		return run_fail(r, s, RUN_BAD_FILE, "there is no such context");
	ec = r->board->endpoints[p->index].ec_count > 1 || !p->index ? cpu : 0;
	name = name_of(r->board, id);
	irq = find(r, id, p->index, ec);
	if (!irq) {
		m = mismatch_new(r, s);
		mismatch_line(m, "expected", "%s to pend for %s@%u", name,
			      p->name, cpu);
		list_pending(r, m);
		mismatch_graph(m);
		return mismatch_end(m, RUN_FAIL);
	}
	if (!as_wanted(r, s, irq))
		return false;
	/* a VM is run to take it */
	if (p->index && !run_is_vm(r, p->index) &&
	    (!run_control(r, cpu, &ep, &ec) || ep != p->index)) {
		m = mismatch_new(r, s);
		mismatch_line(m, "expected", "control to be with %s@%u, which "
			      "takes an interrupt", p->name, cpu);
		mismatch_graph(m);
		return mismatch_end(m, RUN_FAIL);
	}
	run_take_irq(r, p->index, ec, (uint32_t)id);
	if (!p->index)
		drive_taken(r->drive, cpu, (uint32_t)id);
	return true;
}

/* Does an irq line of the file take this one? */
static bool is_taken(const struct board *b, const struct ffs_list *list,
		     uint32_t id)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];

		if (is_taken(b, &s->body, id) ||
		    (s->kind == FFS_S_DIRECTIVE && s->word == FFS_W_IRQ &&
		     line_id(b, s) == id))
			return true;
	}
	return false;
}

bool run_irq_end(struct run *r)
{
	struct mismatch *m;

	if (!r->irqs || r->options->stop_at)
		return true;
	for (guint i = r->irqs->len; i > 0; i--)
		if (!is_taken(r->board, &r->file->list,
			      g_array_index(r->irqs, struct run_irq,
					    i - 1).id))
			g_array_remove_index(r->irqs, i - 1);
	if (!r->irqs->len || !r->top)
		return true;
	m = mismatch_new(r, r->top);
	mismatch_line(m, "because", "an interrupt pends that an irq line was "
		      "to take");
	list_pending(r, m);
	return mismatch_end(m, RUN_FAIL);
}

/* -- raise ----------------------------------------------------------------- */

bool run_raise(struct run *r, const struct ffs_stmt *s)
{
	const struct ffs_value *where = ffs_pos(s, 1);
	unsigned int cpu = (unsigned int)where->num, ep, ec;
	struct run_seat *seat;
	g_autofree char *why = NULL;
	enum machine_end end;
	bool owned = false;
	uint64_t id;

	if (!run_number(r, ffs_pos(s, 0), &id, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	for (unsigned int i = 0; i < r->board->config.irq_count; i++)
		owned |= r->board->config.irqs[i].id == id;
	if (!owned)
		return run_fail(r, s, RUN_BAD_FILE, "no part has interrupt "
				"%" G_GUINT64_FORMAT ": write part ... "
				"irq=%" G_GUINT64_FORMAT, id, id);
	if (cpu >= r->board->config.cpus)
		return run_fail(r, s, RUN_BAD_FILE, "there is no CPU %u", cpu);
	seat = run_control(r, cpu, &ep, &ec);
	end = machine_raise(r->machine, cpu, (uint32_t)id, &r->out);
	if (end == MACHINE_STOPPED)
		return true;	/* it pends */
	if (seat && end != MACHINE_HUNG)
		seat->preempted = true;
	return run_arrive(r, s, cpu, end);
}
