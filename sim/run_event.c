/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls, what comes back, and the verbs that move control. */
#include <string.h>

#include "run_lit.h"
#include "run_priv.h"

/* -- what a context sees --------------------------------------------------- */

static bool is_entry(const struct run_seat *seat)
{
	return seat->optional;
}

void run_entry_text(const struct run *r, GString *to, unsigned int ep,
		    const struct spmc_outcome *out)
{
	const struct spmc_endpoint_config *e = &r->board->endpoints[ep];
	const struct ffa_value *regs = &out->regs;
	const char *comma = "";

	g_string_append(to, "BOOT(");
	if (out->entry) {
		g_string_append_printf(to, "entry=0x%" G_GINT64_MODIFIER "x",
				       out->entry);
		comma = ", ";
	}
	for (unsigned int i = 0; i < FFA_REGS; i++) {
		if (!regs->x[i])
			continue;
		g_string_append(to, comma);
		if (i == e->boot_reg)
			g_string_append(to, "info");
		else
			g_string_append_printf(to, "x%u", i);
		g_string_append_printf(to, "=0x%" G_GINT64_MODIFIER "x",
				       regs->x[i]);
		comma = ", ";
	}
	g_string_append_c(to, ')');
}

GString *run_seen_text(struct run *r, unsigned int ep,
		       const struct run_seat *seat)
{
	struct codec_ctx ctx = run_ctx(r, ep);
	GString *to = g_string_new(NULL);

	if (seat->resumed && !seat->unseen)
		g_string_append_c(to, '_');
	else if (is_entry(seat))
		run_entry_text(r, to, ep, &seat->why);
	else
		codec_result(to, &ctx, seat->fn, &seat->regs);
	return to;
}

/* -- comparing ------------------------------------------------------------- */

static void bind_entry(struct run *r, const char *name, uint64_t num)
{
	struct codec_value *v = g_new0(struct codec_value, 1);

	v->num = num;
	g_hash_table_insert(r->bound, (void *)name, v);
}

/* NULL if it matches, else an array without differences. */
static GPtrArray *match_entry(struct run *r, unsigned int ep,
			      const struct ffs_call *c,
			      const struct run_seat *seat, char **why)
{
	uint64_t left[FFA_REGS + 1];	/* the entry is the last */
	bool same = true;

	memcpy(left, seat->regs.x, sizeof(seat->regs.x));
	left[FFA_REGS] = seat->why.entry;
	for (unsigned int i = 0; i < c->count && same; i++) {
		const struct ffs_arg *a = &c->args[i];
		int reg = a->reg >= 0 ? a->reg :
			  a->name && !strcmp(a->name, "entry") ? FFA_REGS :
			  r->board->endpoints[ep].boot_reg;
		uint64_t num;

		if (a->value->kind == FFS_V_BIND) {
			bind_entry(r, a->value->text, left[reg]);
		} else if (a->value->kind != FFS_V_ANY) {
			if (!run_number(r, a->value, &num, why))
				return NULL;
			same = left[reg] == num;
		}
		left[reg] = 0;
	}
	for (unsigned int i = 0; i <= FFA_REGS && !c->rest; i++)
		same &= !left[i];
	return same ? NULL : g_ptr_array_new();
}

/* NULL if it matches (or *why is set): what ?x is bound then. */
static GPtrArray *match(struct run *r, const struct ffs_result *res,
			unsigned int ep, const struct run_seat *seat,
			bool commit, char **why)
{
	struct codec_ctx ctx = run_ctx(r, ep);
	struct codec_form form = { res->call.fn, true, seat->fn };
	GPtrArray *diffs = NULL;
	struct run_match m;
	bool ok;

	if (res->kind == FFS_R_ANY || res->kind == FFS_R_NONE)
		return NULL;
	if (res->kind == FFS_R_CALL && !strcmp(res->call.name, "BOOT"))
		return is_entry(seat) ? match_entry(r, ep, &res->call, seat,
						    why) :
		       g_ptr_array_new();
	if (is_entry(seat) || (seat->resumed && !seat->unseen))
		return g_ptr_array_new();
	run_match_init(&m);
	if (res->kind == FFS_R_VALUE) {
		ok = run_match_add(r, &m, "value", codec_bare_field(seat->fn),
				   res->value, why);
		if (ok)
			diffs = codec_match_bare(&ctx, seat->fn,
				&g_array_index(m.items, struct codec_match, 0),
				&seat->regs);
	} else {
		ok = run_match_args(r, &m, &res->call, why);
		if (ok)
			diffs = codec_match(&ctx, &form,
				(const struct codec_match *)m.items->data,
				m.items->len, res->call.rest, &seat->regs);
	}
	if (ok && !diffs && commit)
		run_match_commit(r, &m);
	run_match_clear(&m);
	return diffs;
}

/* Is it FFA_ERROR, or -1 as a bare value, that was expected? */
static bool wants_error(const struct ffs_result *res)
{
	if (res->kind == FFS_R_CALL)
		return res->call.fn == FFA_FN_ERROR;
	return false;
}

static void diff_lines(struct mismatch *m, const struct ffs_result *res,
		       const GPtrArray *diffs)
{
	/* With one field the two lines above say it all. */
	if (res->kind != FFS_R_CALL || res->call.count < 2)
		return;
	for (guint i = 0; i < diffs->len; i++) {
		const struct codec_diff *d = diffs->pdata[i];

		if (d->field)
			mismatch_line(m, i ? "" : "field",
				      "%s: expected %s, got %s", d->field,
				      d->expected, d->actual);
	}
}

static bool differs(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		    const struct run_seat *seat, const GPtrArray *diffs)
{
	struct mismatch *m = mismatch_new(r, s);
	g_autoptr(GString) expected = g_string_new(NULL);
	g_autoptr(GString) got = run_seen_text(r, ep, seat);

	ffs_format_result(expected, &s->result);
	mismatch_line(m, "expected", "= %s", expected->str);
	if (seat->resumed && !seat->unseen) {
		mismatch_line(m, "got", "nothing: %s goes on where it was "
			      "preempted; write `... = _`, or no line",
			      s->actor);
		return mismatch_end(m, RUN_FAIL);
	}
	mismatch_line(m, "got", "= %s", got->str);
	diff_lines(m, &s->result, diffs);
	mismatch_regs(m, &seat->regs);
	mismatch_rule(m, &seat->why);
	if (!seat->why.rule && wants_error(&s->result))
		mismatch_line(m, "rule", "none refused the call");
	return mismatch_end(m, RUN_FAIL);
}

/* Did the result come in time? */
static bool in_time(struct run *r, const struct ffs_stmt *s,
		    const struct run_seat *seat)
{
	const struct ffs_arg *within = ffs_opt(s, "within");
	uint64_t most, took = machine_time(r->machine) - seat->called;
	g_autofree char *why = NULL;

	if (!within)
		return true;
	if (!run_number(r, within->value, &most, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	return took <= most ||
	       run_fail(r, s, RUN_FAIL, "the result took %" G_GUINT64_FORMAT
			" ns", took);
}

/* Holds what `seat` sees against the line, and takes it as seen. */
static bool compare(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		    struct run_seat *seat)
{
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) diffs = match(r, &s->result, ep, seat, true,
					   &why);

	if (why)
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (diffs && !(r->edits && run_edit(r, s, ep, seat, diffs)))
		return differs(r, s, ep, seat, diffs);
	if (!in_time(r, s, seat))
		return false;
	seat->unseen = false;
	seat->optional = false;
	seat->resumed = false;
	seat->seen = s->loc.line;
	return true;
}

/* -- calls ----------------------------------------------------------------- */

/* An actor that got control must be given the line that says so first. */
bool run_accounted(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		   struct run_seat *seat)
{
	g_autoptr(GString) text = NULL;
	struct mismatch *m;

	if (seat->hangs)
		return run_fail(r, s, RUN_FAIL, "%s hangs since line %u: only "
				"`%s@%u preempt` takes it off the CPU",
				s->actor, seat->hangs, s->actor, s->cpu);
	if (!seat->unseen || seat->optional) {
		seat->unseen = seat->optional = seat->resumed = false;
		return true;
	}
	text = run_seen_text(r, ep, seat);
	m = mismatch_new(r, s);
	mismatch_line(m, "expected", "%s@%u to have control since before",
		      s->actor, s->cpu);
	mismatch_line(m, "got", "control came to it with %s, and no line says "
		      "so", text->str);
	mismatch_line(m, "add", "%s@%u ... = %s", s->actor, s->cpu, text->str);
	return mismatch_end(m, RUN_FAIL);
}

static void in_call(const struct run *r, const struct ffs_stmt *s,
		    struct run_seat *seat, const struct ffa_value *regs)
{
	g_autoptr(GString) text = g_string_new(NULL);

	ffs_format_call(text, &s->call);
	g_free(seat->call);
	seat->call = g_strdup_printf("%s of line %u", text->str,
				     s->loc.line);
	seat->fn = ffa_fn_find(regs->x[0]);
	seat->called = machine_time(r->machine);
}

/* Control should have come back, and did not. */
static bool gone(struct run *r, const struct ffs_stmt *s)
{
	struct mismatch *m = mismatch_new(r, s);
	g_autoptr(GString) expected = g_string_new(NULL);
	unsigned int ep, ec;

	ffs_format_result(expected, &s->result);
	mismatch_line(m, "expected", "= %s", expected->str);
	if (run_control(r, s->cpu, &ep, &ec))
		mismatch_line(m, "got", "...: the call passed control to %s@%u",
			      run_name(r, ep), s->cpu);
	else
		mismatch_line(m, "got", "...: nobody runs on CPU %u", s->cpu);
	mismatch_unseen(m, s->cpu);
	mismatch_graph(m);
	return mismatch_end(m, RUN_FAIL);
}

/* Control should have gone elsewhere, and is back. */
static bool stayed(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		   const struct run_seat *seat)
{
	struct mismatch *m = mismatch_new(r, s);
	g_autoptr(GString) got = run_seen_text(r, ep, seat);

	mismatch_line(m, "expected", "...: control passes to somebody else");
	mismatch_line(m, "got", "= %s", got->str);
	mismatch_regs(m, &seat->regs);
	mismatch_rule(m, &seat->why);
	return mismatch_end(m, RUN_FAIL);
}

/* The messages that a call had put into TX, as lines before it. */
static void trace_messages(struct run *r, const struct ffs_stmt *s,
			   unsigned int ep, const struct ffa_value *regs)
{
	for (unsigned int i = 0; i < s->call.count; i++)
		if (run_is_msg(s->call.args[i].value))
			run_trace_tx(r, run_name(r, run_msg_sender(r, ep,
								   regs)),
				     s->call.args[i].value);
}

/* `call`: as text, from before it. */
static void trace_call(struct run *r, const struct ffs_stmt *s,
		       unsigned int ep, GString *call,
		       const struct run_seat *back)
{
	g_autofree char *came = NULL;
	g_autoptr(GString) seen = NULL;
	const char *line;

	if (back) {
		seen = run_seen_text(r, ep, back);
		g_string_append_printf(call, " = %s", seen->str);
		came = run_lit_answer(r, ep, &back->regs);
	} else {
		g_string_append(call, " ...");
	}
	line = strrchr(call->str, '\n');
	line = line ? line + 1 : call->str;
	g_string_append_len(r->trace, call->str, line - call->str);
	run_trace_event(r, s, line);
	if (came)
		g_string_append_printf(r->trace, "%s\n", came);
}

bool run_make(struct run *r, const struct ffs_stmt *s, unsigned int ep,
	      struct run_seat *seat, const struct ffa_value *regs)
{
	unsigned int now, now_ec;
	g_autoptr(GString) text = NULL;
	enum machine_end end;
	bool back;

	if (r->trace) {
		text = g_string_new(NULL);
		run_lit_print(text, r, ep, regs);
	}
	in_call(r, s, seat, regs);
	end = run_is_vm(r, ep) ? run_hyp_call(r, s->cpu, ep, regs) :
	      machine_call(r->machine, s->cpu, regs, &r->out);
	run_lit_called(r, regs, &r->out);
	if (!run_arrive(r, s, s->cpu, end))
		return false;
	back = r->end[s->cpu] == MACHINE_PLAYED &&
	       run_control(r, s->cpu, &now, &now_ec) == seat &&
	       !is_entry(seat);	/* that would be its next life */
	if (text) {
		trace_messages(r, s, ep, regs);
		trace_call(r, s, ep, text, back ? seat : NULL);
	}
	if (s->kind == FFS_S_OPEN)
		return back ? stayed(r, s, ep, seat) : true;
	return back ? compare(r, s, ep, seat) : gone(r, s);
}

bool run_call(struct run *r, const struct ffs_stmt *s)
{
	unsigned int ep, ec;
	struct run_seat *seat = run_actor(r, s, &ep, &ec);
	g_autofree char *why = NULL;
	struct ffa_value regs;

	if (!seat || !run_accounted(r, s, ep, seat))
		return false;
	if (!run_encode(r, ep, &s->call, &regs, &why) ||
	    !run_lit_call(r, ep, &s->call, &regs, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	return run_make(r, s, ep, seat, &regs);
}

/* -- resumed --------------------------------------------------------------- */

bool run_would_resume(struct run *r, const struct ffs_stmt *s)
{
	const struct board_part *p = board_part(r->board, s->actor);
	/* to look at what a VM waits for is to wake it up */
	g_autofree void *mark = p && run_is_vm(r, p->index) ?
				run_hyp_mark(r) : NULL;
	g_autofree struct run_seat *seats = mark ?
		g_memdup2(r->seats, r->seat_count * sizeof(*seats)) : NULL;
	g_autoptr(GPtrArray) diffs = NULL;
	g_autofree char *why = NULL;
	struct run_seat *seat;
	bool was = r->quiet, would;
	unsigned int ep, ec;

	r->quiet = true;
	seat = run_actor(r, s, &ep, &ec);
	r->quiet = was;
	would = seat && (seat->unseen || seat->resumed);
	if (would)
		diffs = match(r, &s->result, ep, seat, false, &why);
	if (seats)
		memcpy(r->seats, seats, r->seat_count * sizeof(*seats));
	run_hyp_undo(r, mark);
	return would && !why && !diffs;
}

bool run_resume(struct run *r, const struct ffs_stmt *s)
{
	unsigned int ep, ec;
	struct run_seat *seat = run_actor(r, s, &ep, &ec);
	g_autoptr(GString) seen = NULL;
	struct mismatch *m;

	if (!seat)
		return false;
	if (!seat->unseen && !seat->resumed) {
		m = mismatch_new(r, s);
		mismatch_line(m, "expected", "control to come to %s@%u",
			      s->actor, s->cpu);
		if (seat->seen)
			mismatch_line(m, "got", "it has control already: what "
				      "it sees was taken by line %u",
				      seat->seen);
		else
			mismatch_line(m, "got", "it has control and made no "
				      "call yet");
		mismatch_graph(m);
		return mismatch_end(m, RUN_FAIL);
	}
	if (r->trace) {
		g_autoptr(GString) text = g_string_new("... = ");

		seen = run_seen_text(r, ep, seat);
		g_string_append(text, seen->str);
		run_trace_event(r, s, text->str);
	}
	return compare(r, s, ep, seat);
}

/* -- verbs ----------------------------------------------------------------- */

static bool crash(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		  struct run_seat *seat)
{
	enum machine_end end;

	seat->unseen = seat->optional = seat->resumed = false;
	seat->hangs = 0;
	end = machine_crash(r->machine, s->cpu, &r->out);
	if (end == MACHINE_STOPPED && !r->out.spmd)
		return run_fail(r, s, RUN_FAIL, "%s is of the normal world: "
				"only partitions crash", run_name(r, ep));
	return run_arrive(r, s, s->cpu, end);
}

static bool cannot_preempt(struct run *r, const struct ffs_stmt *s,
			   unsigned int cpu)
{
	struct mismatch *m = mismatch_new(r, s);

	mismatch_line(m, "expected", "a partition that a non-secure interrupt "
		      "can take off CPU %u", cpu);
	mismatch_line(m, "got", "the normal world runs there, or the "
		      "partition initialises or serves a power "
		      "management message");
	mismatch_graph(m);
	return mismatch_end(m, RUN_FAIL);
}

bool run_preempt(struct run *r, const struct ffs_stmt *s, unsigned int cpu)
{
	unsigned int ep, ec;
	struct run_seat *seat = run_control(r, cpu, &ep, &ec);
	enum machine_end end;

	if (!seat)
		return cannot_preempt(r, s, cpu);
	end = machine_preempt(r->machine, cpu, &r->out);
	if (end == MACHINE_STOPPED && r->out.endpoint == SPMC_NOBODY)
		return cannot_preempt(r, s, cpu);
	if (end == MACHINE_STOPPED)
		return true;	/* it pends */
	seat->preempted = true;
	seat->hangs = 0;
	return run_arrive(r, s, cpu, end);
}

bool run_verb(struct run *r, const struct ffs_stmt *s)
{
	const struct board_part *p = board_part(r->board, s->actor);
	unsigned int ep, ec;
	struct run_seat *seat;

	/* A VM runs wherever its hypervisor lets it. */
	if (p && r->board->endpoints[p->index].kind == SPMC_VM &&
	    (s->verb == FFS_VERB_STORE || s->verb == FFS_VERB_LOAD))
		return s->verb == FFS_VERB_STORE ? run_store(r, s, p->index) :
						   run_load(r, s, p->index);
	if (s->verb == FFS_VERB_CREATE || s->verb == FFS_VERB_DESTROY)
		return run_hyp_life(r, s, p->index);
	seat = run_actor(r, s, &ep, &ec);
	if (!seat)
		return false;
	if (s->verb == FFS_VERB_PREEMPT)
		return run_preempt(r, s, s->cpu);
	if (s->verb == FFS_VERB_CRASH)
		return crash(r, s, ep, seat);
	if (!run_accounted(r, s, ep, seat))
		return false;
	switch (s->verb) {
	case FFS_VERB_STORE:
		return run_store(r, s, ep);
	case FFS_VERB_LOAD:
		return run_load(r, s, ep);
	case FFS_VERB_HANG:
		seat->hangs = s->loc.line;
		return true;
	case FFS_VERB_CRASH:
	case FFS_VERB_PREEMPT:
	case FFS_VERB_CREATE:
	case FFS_VERB_DESTROY:
	case FFS_VERB_COUNT:
		break;
	}
	return true;
}

bool run_poweroff(struct run *r, const struct ffs_stmt *s, unsigned int cpu)
{
	static const struct ffa_value off = { { 0x84000002 } };	/* PSCI */
	struct mismatch *m;
	unsigned int ep, ec;
	enum machine_end end;

	if (!run_control(r, cpu, &ep, &ec) || (ep && !run_is_vm(r, ep))) {
		m = mismatch_new(r, s);
		mismatch_line(m, "expected", "the normal world to run on "
			      "CPU %u", cpu);
		if (!r->started[cpu])
			mismatch_line(m, "got", "it is not started");
		mismatch_graph(m);
		return mismatch_end(m, RUN_FAIL);
	}
	end = machine_call(r->machine, cpu, &off, &r->out);
	return run_arrive(r, s, cpu, end);
}

/* What EL3's logical partition gets as the status of its request. */
static bool refused(struct run *r, const struct ffs_stmt *s)
{
	const struct ffs_arg *want = ffs_opt(s, "error");
	int error = r->out.rule ? spmc_rules[r->out.rule].error : 0;
	int code = want ? run_error_code(want->value) : 0;
	struct mismatch *m;

	if (code == error)
		return true;
	m = mismatch_new(r, s);
	mismatch_line(m, "expected", "%s", want ? ffa_error_name(code) :
		      "success");
	mismatch_line(m, "got", "%s", error ? ffa_error_name(error) :
		      "success");
	mismatch_rule(m, &r->out);
	return mismatch_end(m, RUN_FAIL);
}

bool run_restart(struct run *r, const struct ffs_stmt *s)
{
	const struct board_part *p = board_part(r->board, ffs_pos(s, 0)->text);
	unsigned int cpu = (unsigned int)ffs_pos(s, 1)->num, ep, ec;
	struct run_seat *seat = run_control(r, cpu, &ep, &ec);
	enum machine_end end;

	if (!p)
		return run_fail(r, s, RUN_BAD_FILE, "there is no part %s",
				ffs_pos(s, 0)->text);
	if (!seat || (ep && !run_is_vm(r, ep)))
		return run_fail(r, s, RUN_FAIL, "the normal world does not "
				"run on CPU %u", cpu);
	end = machine_activate(r->machine, cpu, p->index, &r->out);
	if (!refused(r, s))
		return false;
	if (end == MACHINE_STOPPED)
		return true;
	seat->preempted = true;
	return run_arrive(r, s, cpu, end);
}
