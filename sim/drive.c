/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of a driver: what it does is held against them. */
#include "drive.h"

#include <string.h>

#include "board_priv.h"
#include "run_lit.h"
#include "run_priv.h"

enum { NS = 0 };	/* a driver is the normal world's kernel */

enum cpu_state {
	CPU_FREE,	/* computes */
	CPU_CALLED,	/* and no line was that call yet */
	CPU_INSIDE,	/* of the call of a line */
	CPU_BACK,	/* of it; drive_poll was not told yet */
};

struct irq {
	unsigned int cpu;
	uint32_t id;
};

struct drive {
	struct run *r;
	const struct ffs_stmt *next;	/* is due, or NULL */
	const struct ffs_stmt *last;	/* line that was a call */
	bool waits;		/* `next` is an `any` */
	bool over;		/* failed */
	bool end;		/* no line is left */
	bool left;		/* the driver is through */
	enum cpu_state state[SPMC_MAX_CPUS];
	struct ffa_value regs[SPMC_MAX_CPUS];	/* CALLED */
	GArray *irqs;		/* struct irq */
};

bool run_is_driven(const struct run *r, const struct ffs_stmt *s)
{
	const struct board_part *p = r->drive && s->actor ?
		board_part(r->board, s->actor) : NULL;

	return p && p->index == NS && p->stmt && ffs_flag(p->stmt, "driver");
}

/* -- is it the call of a line? --------------------------------------------- */

static bool is_call(const struct ffs_stmt *s)
{
	return s->kind == FFS_S_CALL || s->kind == FFS_S_OPEN;
}

static char *reg_text(uint64_t num)
{
	return g_strdup_printf("0x%" G_GINT64_MODIFIER "x", num);
}

/* SMC(x0, x1, ...): every register. */
static GPtrArray *raw_diffs(struct run *r, const struct ffs_call *c,
			    const struct ffa_value *regs, bool commit,
			    char **why)
{
	GPtrArray *diffs = codec_diffs_new();
	struct ffa_value want = { 0 };
	uint32_t any = 0;

	for (unsigned int i = 0; i < c->count; i++) {
		const struct ffs_arg *a = &c->args[i];
		enum ffs_value_kind kind = a->value->kind;
		struct codec_value *v;

		if (a->reg < 0 || kind == FFS_V_ANY || kind == FFS_V_BIND)
			any |= a->reg < 0 ? 0 : 1u << a->reg;
		else if (!run_number(r, a->value, &want.x[a->reg], why))
			break;
		if (kind != FFS_V_BIND || a->reg < 0 || !commit)
			continue;
		v = g_new0(struct codec_value, 1);
		v->num = regs->x[a->reg];
		g_hash_table_insert(r->bound, (void *)a->value->text, v);
	}
	for (unsigned int i = 0; i < FFA_REGS && !*why && !c->rest; i++) {
		g_autofree char *name = g_strdup_printf("x%u", i);

		if (want.x[i] != regs->x[i] && !(any & 1u << i))
			codec_diffs_add(diffs, name, reg_text(want.x[i]),
					reg_text(regs->x[i]));
	}
	if (diffs->len && !*why)
		return diffs;
	g_ptr_array_unref(diffs);
	return NULL;
}

/* NULL: it is the call (or *why is set); with `commit` ?x is bound then. */
static GPtrArray *call_diffs(struct run *r, const struct ffs_call *c,
			     const struct ffa_value *made, bool commit,
			     char **why)
{
	const struct codec_form form = { c->fn, false, FFA_FN_UNKNOWN };
	struct codec_ctx ctx = run_ctx(r, NS);
	struct ffa_value regs = *made;
	GPtrArray *diffs = NULL;
	struct run_match m;
	bool ok = true;

	if (c->raw)
		return raw_diffs(r, c, made, commit, why);
	/* SMCCC: upper halves of such a call mean nothing */
	for (unsigned int i = 0; i < FFA_REGS && !ffa_is_64(made->x[0]); i++)
		regs.x[i] = (uint32_t)regs.x[i];
	run_match_init(&m);
	for (unsigned int i = 0; i < c->count && ok; i++) {
		const struct ffs_arg *a = &c->args[i];

		if (a->buffer == FFS_BUFFER_NONE)
			ok = run_match_add(r, &m, a->field ? a->field->name :
					   a->name, a->field, a->value, why);
	}
	if (ok) {
		run_lit_leave(c, &m);
		diffs = codec_match(&ctx, &form,
				    (const struct codec_match *)m.items->data,
				    m.items->len, c->rest, &regs);
	}
	if (ok && !diffs) {
		diffs = codec_diffs_new();
		ok = run_lit_made(r, NS, c, &regs, commit, diffs, why);
		if (!diffs->len)
			g_clear_pointer(&diffs, g_ptr_array_unref);
	}
	if (ok && !diffs && commit)
		run_match_commit(r, &m);
	run_match_clear(&m);
	return diffs;
}

static bool is_taken(struct drive *d, const struct ffs_stmt *s)
{
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) diffs = NULL;

	if (d->state[s->cpu] != CPU_CALLED)
		return false;
	diffs = call_diffs(d->r, &s->call, &d->regs[s->cpu], false, &why);
	return !diffs && !why;
}

bool run_would_take(struct run *r, const struct ffs_stmt *s)
{
	if (s->cpu >= r->board->config.cpus)
		return true;	/* which run_actor refuses */
	if (is_call(s))
		return is_taken(r->drive, s);
	return r->drive->left || r->drive->state[s->cpu] == CPU_CALLED;
}

/* -- failures -------------------------------------------------------------- */

static char *made_text(struct run *r, unsigned int cpu,
		       const struct ffa_value *regs)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *line;

	run_lit_print(text, r, NS, regs);
	line = strrchr(text->str, '\n');
	return g_strdup_printf("%s@%u %s", run_name(r, NS), cpu,
			       line ? line + 1 : text->str);
}

/* What other CPUs called, and has to wait. */
static void waiting_lines(struct mismatch *m, struct drive *d,
			  unsigned int but)
{
	for (unsigned int cpu = 0; cpu < d->r->board->config.cpus; cpu++) {
		g_autofree char *text = NULL;

		if (cpu == but || d->state[cpu] != CPU_CALLED)
			continue;
		text = made_text(d->r, cpu, &d->regs[cpu]);
		mismatch_line(m, "waits", "%s", text);
	}
}

/* A line behind `s` that this call is, as far as that can be said now. */
static const struct ffs_stmt *later(struct drive *d,
				    const struct ffs_list *list,
				    const struct ffs_stmt *s,
				    unsigned int cpu)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *t = list->v[i];

		if (t->body.n) {
			t = later(d, &t->body, s, cpu);
			if (t)
				return t;
			continue;
		}
		if (is_call(t) && t->cpu == cpu && t != s &&
		    t->loc.src == s->loc.src && t->loc.line > s->loc.line &&
		    run_is_driven(d->r, t) && is_taken(d, t))
			return t;
	}
	return NULL;
}

static bool wrong_call(struct drive *d, const struct ffs_stmt *s,
		       unsigned int cpu, const GPtrArray *diffs)
{
	struct run *r = d->r;
	const struct ffa_value *regs = &d->regs[cpu];
	enum ffa_fn fn = ffa_fn_find((uint32_t)regs->x[0]);
	const struct ffs_stmt *then = later(d, &r->file->list, s, cpu);
	g_autofree char *got = made_text(r, cpu, regs);
	struct mismatch *m = mismatch_new(r, s);
	g_autoptr(GString) expected = g_string_new(NULL);

	if (is_call(s)) {
		ffs_format_call(expected, &s->call);
		mismatch_line(m, "expected", "%s@%u %s", s->actor, s->cpu,
			      expected->str);
	} else {
		mismatch_line(m, "expected", "a call that one of its lines "
			      "has");
	}
	mismatch_line(m, "got", "%s", got);
	for (guint i = 0; diffs && i < diffs->len; i++) {
		const struct codec_diff *f = diffs->pdata[i];

		if (f->field)
			mismatch_line(m, i ? "" : "field",
				      "%s: expected %s, got %s", f->field,
				      f->expected, f->actual);
	}
	mismatch_regs(m, regs);
	if (then)
		mismatch_line(m, "because", "that is the call of line %u: the "
			      "one of line %u is missing", then->loc.line,
			      s->loc.line);
	else if (fn != FFA_FN_UNKNOWN && (!is_call(s) || fn != s->call.fn))
		mismatch_line(m, "because", "the call is extra; if it does no "
			      "harm, write: allow %s", ffa_fns[fn].name);
	waiting_lines(m, d, cpu);
	return mismatch_end(m, RUN_FAIL);
}

static bool extra_call(struct drive *d, unsigned int cpu)
{
	enum ffa_fn fn = ffa_fn_find((uint32_t)d->regs[cpu].x[0]);
	struct mismatch *m = mismatch_new(d->r, d->last);
	g_autofree char *got = made_text(d->r, cpu, &d->regs[cpu]);

	mismatch_line(m, "expected", "no other call of %s",
		      run_name(d->r, NS));
	mismatch_line(m, "got", "%s", got);
	mismatch_regs(m, &d->regs[cpu]);
	if (fn != FFA_FN_UNKNOWN)
		mismatch_line(m, "because", "the call is extra; if it does no "
			      "harm, write: allow %s", ffa_fns[fn].name);
	return mismatch_end(m, RUN_FAIL);
}

static bool missing_call(struct drive *d, const char *got)
{
	struct mismatch *m = mismatch_new(d->r, d->next);
	g_autoptr(GString) expected = g_string_new(NULL);

	if (is_call(d->next)) {
		ffs_format_call(expected, &d->next->call);
		mismatch_line(m, "expected", "%s@%u %s", d->next->actor,
			      d->next->cpu, expected->str);
	} else {
		mismatch_line(m, "expected", "the calls of its lines");
	}
	mismatch_line(m, "got", "%s: the call is missing", got);
	waiting_lines(m, d, SPMC_MAX_CPUS);
	mismatch_graph(m);
	return mismatch_end(m, RUN_FAIL);
}

/* -- allow ----------------------------------------------------------------- */

static bool is_allowed(const struct run *r, enum ffa_fn fn)
{
	g_autoptr(GPtrArray) stmts = board_gather(r->board, FFS_W_ALLOW);

	for (guint i = 0; i < stmts->len; i++) {
		const struct ffs_stmt *s = stmts->pdata[i];

		for (unsigned int k = 0; ffs_pos(s, k); k++)
			if (ffs_pos(s, k)->text &&
			    ffa_fn_named(ffs_pos(s, k)->text) == fn)
				return true;
	}
	return false;
}

/* Answers a call without a line, if it may be. False: it may not. */
static bool allowed(struct drive *d, unsigned int cpu)
{
	struct run *r = d->r;
	enum ffa_fn fn = ffa_fn_find((uint32_t)d->regs[cpu].x[0]);
	struct ffs_stmt as = {
		.kind = FFS_S_CALL, .actor = run_name(r, NS), .cpu = cpu,
		.result.kind = FFS_R_ANY,
	};
	unsigned int ep, ec;
	struct run_seat *seat = run_control(r, cpu, &ep, &ec);

	if (!r->options->lenient &&
	    (fn == FFA_FN_UNKNOWN || !is_allowed(r, fn)))
		return false;
	if (!seat || ep != NS || !r->started[cpu])
		return false;
	as.loc = d->last ? d->last->loc : r->file->list.v[0]->loc;
	as.actor_loc = as.loc;
	as.call.name = fn == FFA_FN_UNKNOWN ? "SMC" : ffa_fns[fn].name;
	as.call.fn = fn;
	d->over = !run_make(r, &as, NS, seat, &d->regs[cpu]);
	run_irq_note(r);
	d->state[cpu] = CPU_BACK;
	return true;
}

/* -- going on -------------------------------------------------------------- */

/* A call that waits and that the lines cannot be: extra, or wrong. */
static bool strangers(struct drive *d)
{
	for (unsigned int cpu = 0; cpu < d->r->board->config.cpus; cpu++) {
		if (d->state[cpu] != CPU_CALLED || allowed(d, cpu))
			continue;
		if (d->end)
			return extra_call(d, cpu);
		if (d->waits && run_next_awaits(d->r, cpu))
			return wrong_call(d, d->next, cpu, NULL);
	}
	return !d->over;
}

/* The line `d->next` is a call; false: it is not made yet, or wrong. */
static bool take(struct drive *d)
{
	const struct ffs_stmt *s = d->next;
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) diffs = NULL;
	unsigned int ep, ec, cpu = s->cpu;
	struct run_seat *seat;
	struct ffa_value regs;

	if (cpu < d->r->board->config.cpus && d->state[cpu] != CPU_CALLED) {
		d->over = !strangers(d);
		return false;
	}
	seat = run_actor(d->r, s, &ep, &ec);
	d->over = !seat || !run_accounted(d->r, s, ep, seat);
	if (d->over)
		return false;
	regs = d->regs[cpu];
	diffs = call_diffs(d->r, &s->call, &regs, true, &why);
	if (why) {
		d->over = !run_fail(d->r, s, RUN_BAD_FILE, "%s", why);
		return false;
	}
	if (diffs && allowed(d, cpu))
		return false;
	if (diffs) {
		d->over = !wrong_call(d, s, cpu, diffs);
		return false;
	}
	d->last = s;
	d->state[cpu] = s->kind == FFS_S_CALL ? CPU_BACK : CPU_INSIDE;
	d->r->result->events++;
	d->over = !run_make(d->r, s, ep, seat, &regs);
	return !d->over;
}

static bool load(struct drive *d)
{
	const struct ffs_stmt *s = d->next;
	unsigned int ep, ec;

	if (!d->left && s->cpu < d->r->board->config.cpus &&
	    d->state[s->cpu] != CPU_CALLED)
		return false;
	d->over = !run_actor(d->r, s, &ep, &ec) || !run_load(d->r, s, ep);
	if (!d->over)
		run_trace_stmt(d->r, s);
	return !d->over;
}

static bool resume(struct drive *d)
{
	const struct ffs_stmt *s = d->next;

	d->over = !run_stmt(d->r, s);
	if (!d->over)
		d->state[s->cpu] = CPU_BACK;
	return !d->over;
}

/* One statement; false: it waits, or failed. */
static bool step(struct drive *d)
{
	const struct ffs_stmt *s = d->next;

	if (!run_is_driven(d->r, s)) {
		d->over = !run_stmt(d->r, s);
		return !d->over;
	}
	switch (s->kind) {
	case FFS_S_CALL:
	case FFS_S_OPEN:
		return take(d);
	case FFS_S_RESUME:
		return resume(d);
	case FFS_S_VERB:
		return load(d);
	case FFS_S_DIRECTIVE:
	case FFS_S_BAD:
		break;
	}
	return false;
}

/* Control that comes last needs no line. */
static void come_back(struct drive *d)
{
	for (unsigned int cpu = 0; cpu < d->r->board->config.cpus; cpu++) {
		unsigned int ep, ec;

		if (d->state[cpu] == CPU_INSIDE &&
		    run_control(d->r, cpu, &ep, &ec) && ep == NS)
			d->state[cpu] = CPU_BACK;
	}
}

static void go_on(struct drive *d)
{
	while (!d->over && !d->end) {
		enum run_next next = RUN_NEXT_STMT;

		if (!d->next || d->waits)
			next = run_next(d->r, &d->next);
		d->waits = next == RUN_NEXT_WAITS;
		d->end = next == RUN_NEXT_END;
		d->over = next == RUN_NEXT_FAILED;
		if (next == RUN_NEXT_STMT && !step(d))
			return;
		if (d->waits) {
			d->over = !strangers(d);
			return;
		}
		if (next == RUN_NEXT_STMT) {
			run_irq_note(d->r);
			d->next = NULL;
		}
	}
	if (d->over)
		return;
	come_back(d);
	d->over = !strangers(d);
}

/* The driver did something, so that the machine runs. */
static void wake(struct drive *d)
{
	d->over = d->over || !run_boot_all(d->r);
	go_on(d);
}

/* -- the interface --------------------------------------------------------- */

struct drive *drive_new(const struct ffs_file *file,
			const struct run_variant *variant,
			const struct run_options *options)
{
	struct drive *d = g_new0(struct drive, 1);

	d->irqs = g_array_new(FALSE, FALSE, sizeof(struct irq));
	d->r = run_open(file, variant, options, d);
	d->over = d->r->result->verdict != RUN_PASS;
	go_on(d);
	return d;
}

struct machine *drive_machine(const struct drive *d)
{
	return d->r->machine;
}

const struct board *drive_board(const struct drive *d)
{
	return d->r->board;
}

void drive_call(struct drive *d, unsigned int cpu, const struct ffa_value *in)
{
	d->state[cpu] = CPU_CALLED;
	d->regs[cpu] = *in;
	wake(d);
}

enum drive_state drive_poll(struct drive *d, unsigned int cpu,
			    struct ffa_value *out, const char **why)
{
	unsigned int ep, ec;

	*why = NULL;
	if (d->over) {
		*why = d->r->result->message;
		return DRIVE_LOST;
	}
	/* it may be off the CPU for a secure interrupt */
	if (d->state[cpu] == CPU_BACK && run_control(d->r, cpu, &ep, &ec) &&
	    ep == NS) {
		d->state[cpu] = CPU_FREE;
		*out = run_seat(d->r, NS, cpu)->regs;
		return DRIVE_BACK;
	}
	if (!d->end || d->state[cpu] == CPU_CALLED)
		return DRIVE_WAITS;
	*why = "the scenario ends inside of this call";
	return DRIVE_LOST;
}

void drive_stall(struct drive *d)
{
	if (!d->over && !d->end && d->next)
		d->over = !missing_call(d, "nothing, while others wait");
}

void drive_taken(struct drive *d, unsigned int cpu, uint32_t intid)
{
	const struct irq irq = { cpu, intid };

	if (d)
		g_array_append_val(d->irqs, irq);
}

bool drive_irq(struct drive *d, unsigned int cpu, uint32_t *intid)
{
	for (guint i = 0; i < d->irqs->len; i++) {
		if (g_array_index(d->irqs, struct irq, i).cpu != cpu)
			continue;
		*intid = g_array_index(d->irqs, struct irq, i).id;
		g_array_remove_index(d->irqs, i);
		return true;
	}
	return false;
}

const struct run_result *drive_failure(const struct drive *d)
{
	return d->over ? d->r->result : NULL;
}

struct run_result *drive_end(struct drive *d)
{
	struct run_result *result;

	d->left = true;
	wake(d);
	if (!d->over && !d->end)
		d->over = !missing_call(d, "its end");
	if (!d->over)
		run_finish(d->r);
	result = run_close(d->r);
	g_array_unref(d->irqs);
	g_free(d);
	return result;
}

char *drive_show(struct drive *d, unsigned int cpu, const struct ffa_value *in,
		 const struct ffa_value *out)
{
	struct codec_ctx ctx = run_ctx(d->r, NS);
	GString *s = g_string_new(NULL);

	g_string_printf(s, "%s@%u ", run_name(d->r, NS), cpu);
	codec_call(s, &ctx, in);
	if (out) {
		g_string_append(s, " = ");
		codec_result(s, &ctx, ffa_fn_find(in->x[0]), out);
	} else {
		g_string_append(s, " ...");
	}
	return g_string_free(s, FALSE);
}
