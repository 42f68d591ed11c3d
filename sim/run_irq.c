/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts that the SPMC raises: the schedule receiver interrupt (SRI) on a
 * CPU of the normal world, the notification pending interrupt (NPI) for a
 * context of a partition. One pends until an `irq` line takes it; raised
 * again meanwhile it is still one. All others are virtual interrupts of a
 * partition: see run_device.c.
 */
#include <string.h>

#include "board_priv.h"
#include "run_priv.h"

enum kind { SRI, NPI, NEITHER };
static const char *const names[] = { [SRI] = "SRI", [NPI] = "NPI" };

static void raise_irq(const struct run *r, struct run_irq *irq)
{
	if (irq->pending)
		return;
	irq->pending = true;
	irq->at = machine_time(r->machine);
}

void run_irq_raise(struct run *r, unsigned int ep, unsigned int ec,
		   uint32_t intid, unsigned int cpu)
{
	raise_irq(r, intid == r->board->config.npi ?
		  &run_seat(r, ep, ec)->npi : &r->sri[cpu]);
}

void run_irq_note(struct run *r, const struct spmc_outcome *out)
{
	/* the ready-made hypervisor takes it: run_hyp_arrive */
	if (r->hyp)
		r->hyp_sri |= out->sri;
	for (unsigned int cpu = 0; cpu < r->board->config.cpus; cpu++)
		if (!r->hyp && out->sri >> cpu & 1)
			raise_irq(r, &r->sri[cpu]);
	if (out->npi)
		raise_irq(r, &run_seat(r, out->endpoint, out->ec)->npi);
}

static enum kind kind_of(const struct board *b, const struct ffs_stmt *s)
{
	const struct ffs_value *v = ffs_pos(s, 0);
	uint64_t num;

	for (unsigned int i = 0; v->kind == FFS_V_ID && i < NEITHER; i++)
		if (!strcmp(v->text, names[i]))
			return (enum kind)i;
	if (!board_number(b, v, &num) || !num)
		return NEITHER;
	return num == b->config.sri ? SRI :
	       num == b->config.npi ? NPI : NEITHER;
}

unsigned int run_irq_scheduler(const struct board *b)
{
	for (unsigned int i = 0; run_board_hyp(b) &&
	     i < b->config.endpoint_count; i++)
		if (b->endpoints[i].kind == SPMC_VM)
			return i;
	return 0;
}

void run_irq_check(const struct board *b, const struct ffs_stmt *s,
		   struct ffs_diags *d)
{
	const struct ffs_value *v = ffs_pos(s, 0), *to = ffs_pos(s, 1);
	const struct board_part *p = board_part(b, to->text);
	enum kind kind = kind_of(b, s);

	if (kind == NEITHER)	/* the partition has it, or not, by then */
		return;
	if (!(kind == SRI ? b->config.sri : b->config.npi))
		ffs_error(d, &v->loc, kind == SRI ? "write board sri=8" :
			  "write board npi=5", "the board has no %s",
			  names[kind]);
	if (kind == SRI && p && p->index != run_irq_scheduler(b))
		ffs_error(d, &to->loc, NULL, "SRI goes to the normal world: "
			  "write irq SRI %s@%u",
			  b->parts[run_irq_scheduler(b)].name,
			  (unsigned int)to->num);
	if (kind == NPI && p &&
	    b->endpoints[p->index].kind != SPMC_SP_EL1 &&
	    !(run_board_hyp(b) && b->endpoints[p->index].kind == SPMC_VM))
		ffs_error(d, &to->loc, NULL, "NPI goes to an S-EL1 partition");
}

/* Where the interrupt of a line would pend. */
static struct run_irq *place(struct run *r, const struct ffs_stmt *s,
			     enum kind kind)
{
	const struct ffs_value *to = ffs_pos(s, 1);
	const struct board_part *p = board_part(r->board, to->text);
	unsigned int ec;

	if (!p || to->num >= r->board->config.cpus)
		return NULL;
	if (kind == SRI)
		return &r->sri[to->num];
	ec = r->board->endpoints[p->index].ec_count > 1 ? to->num : 0;
	return &run_seat(r, p->index, ec)->npi;
}

static void list_pending(const struct run *r, struct mismatch *m)
{
	unsigned int n = r->board->config.endpoint_count, found = 0;

	for (unsigned int cpu = 0; cpu < r->board->config.cpus; cpu++)
		if (r->sri[cpu].pending)
			mismatch_line(m, found++ ? "" : "pending",
				      "SRI %s@%u",
				      run_name(r, run_irq_scheduler(r->board)),
				      cpu);
	for (unsigned int ep = 1; ep < n; ep++) {
		unsigned int ecs = r->board->endpoints[ep].ec_count;

		if (r->board->endpoints[ep].kind == SPMC_VM && !r->hyp)
			continue;
		for (unsigned int ec = 0; ec < ecs; ec++)
			if (run_seat(r, ep, ec)->npi.pending)
				mismatch_line(m, found++ ? "" : "pending",
					      "NPI %s@%u", run_name(r, ep),
					      ec);
	}
	if (!found)
		mismatch_line(m, "pending", "none");
}

bool run_irq(struct run *r, const struct ffs_stmt *s)
{
	const struct ffs_arg *within = ffs_opt(s, "within");
	enum kind kind = kind_of(r->board, s);
	g_autofree char *why = NULL;
	struct run_irq *irq;
	struct mismatch *m;
	uint64_t most, age;

	if (kind == NEITHER)
		return run_irq_taken(r, s);
	irq = place(r, s, kind);
	if (!irq)
		return run_fail(r, s, RUN_BAD_FILE, "there is no such context");
	if (!irq->pending) {
		m = mismatch_new(r, s);
		mismatch_line(m, "expected", "%s to be raised", names[kind]);
		list_pending(r, m);
		return mismatch_end(m, RUN_FAIL);
	}
	if (within && !run_number(r, within->value, &most, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	age = machine_time(r->machine) - irq->at;
	if (within && age > most)
		return run_fail(r, s, RUN_FAIL, "%s came %" G_GUINT64_FORMAT
				" ns ago", names[kind], age);
	irq->pending = false;
	return true;
}

/* The kinds that lines of the file expect, as a mask. */
static unsigned int kinds(const struct board *b, const struct ffs_list *list)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];

		mask |= kinds(b, &s->body);
		if (s->kind == FFS_S_DIRECTIVE && s->word == FFS_W_IRQ)
			mask |= 1u << kind_of(b, s);
	}
	return mask;
}

bool run_irq_end(struct run *r)
{
	unsigned int mask, i;
	struct mismatch *m;
	bool left = false;

	if (r->options->stop_at)
		return true;
	mask = kinds(r->board, &r->file->list);
	for (i = 0; mask & 1u << SRI && i < r->board->config.cpus; i++)
		left |= r->sri[i].pending;
	for (i = 0; mask & 1u << NPI && i < r->seat_count; i++)
		left |= r->seats[i].npi.pending;
	if (!left || !r->top)
		return true;
	m = mismatch_new(r, r->top);
	mismatch_line(m, "because", "an interrupt was raised that no irq line "
		      "takes");
	list_pending(r, m);
	return mismatch_end(m, RUN_FAIL);
}

const char *run_irq_at(const struct run *r, unsigned int ep, unsigned int ec)
{
	if (!ep)
		return r->sri[ec].pending ? "sri" : "none";
	return run_seat(r, ep, ec)->npi.pending ? "npi" : "none";
}
