/* SPDX-License-Identifier: BSD-3-Clause */
/* Who has control: seats of contexts, boot, and blocks of statements. */
#include <string.h>

#include "run_priv.h"

unsigned int run_contexts(const struct run *r, unsigned int ep)
{
	switch ((enum spmc_kind)r->board->endpoints[ep].kind) {
	case SPMC_NS_PRIMARY:
		return r->board->config.cpus;
	case SPMC_VM:
		return r->hyp ? r->board->endpoints[ep].ec_count : 0;
	case SPMC_SP_EL1:
	case SPMC_SP_EL0:
		return r->board->endpoints[ep].ec_count;
	}
	return 0;
}

void run_seats_init(struct run *r)
{
	unsigned int n = r->board->config.endpoint_count;

	r->first_seat = g_new0(unsigned int, n);
	for (unsigned int i = 0; i < n; i++) {
		r->first_seat[i] = r->seat_count;
		r->seat_count += run_contexts(r, i);
	}
	r->seats = g_new0(struct run_seat, r->seat_count);
	for (unsigned int i = 0; i < r->seat_count; i++)
		r->seats[i].fn = FFA_FN_UNKNOWN;
}

void run_seats_free(struct run *r)
{
	for (unsigned int i = 0; i < r->seat_count; i++)
		g_free(r->seats[i].call);
	g_free(r->seats);
	g_free(r->first_seat);
}

struct run_seat *run_seat(const struct run *r, unsigned int endpoint,
			  unsigned int ec)
{
	return &r->seats[r->first_seat[endpoint] + ec];
}

const char *run_name(const struct run *r, unsigned int endpoint)
{
	return r->board->parts[endpoint].name;
}

struct run_seat *run_control(const struct run *r, unsigned int cpu,
			     unsigned int *endpoint, unsigned int *ec)
{
	if (cpu >= r->board->config.cpus ||
	    !spmc_running(r->spmc, cpu, endpoint, ec))
		return NULL;
	if (r->hyp && !*endpoint)
		run_hyp_control(r, cpu, endpoint, ec);
	return run_seat(r, *endpoint, *ec);
}

/* Control came to `seat`; notes what it sees there. */
static void take_seat(struct run *r, struct run_seat *seat)
{
	bool entered;

	if (r->out.starts && seat->entered) {
		if (run_contexts(r, r->out.endpoint) == 1)
			run_lint_forget(r, r->out.endpoint);
		g_free(seat->call);
		*seat = (struct run_seat){ .fn = FFA_FN_UNKNOWN };
	}
	entered = seat->entered;
	seat->entered = true;
	seat->optional = false;
	if (seat->preempted) {
		seat->preempted = false;
		seat->resumed = true;
		return;
	}
	seat->regs = r->out.regs;
	seat->why = r->out;
	seat->resumed = false;
	seat->unseen = true;
	run_lint_result(r, r->out.endpoint, r->out.ec, &seat->regs);
	if (entered)
		return;
	/* First entries need no line; the normal world's cannot have one. */
	if (r->out.endpoint == 0)
		seat->unseen = false;
	else if (!run_is_vm(r, r->out.endpoint) &&
		 spmc_ec_model(r->spmc, r->out.endpoint, r->out.ec) ==
		 SPMC_RTM_INIT)
		seat->optional = true;
}

/* A CPU went off: what is pinned to it starts anew when it boots again. */
static void went_off(struct run *r, unsigned int cpu)
{
	unsigned int ep, ec;

	if (spmc_running(r->spmc, cpu, &ep, &ec))
		return;
	r->started[cpu] = false;
	for (ep = 0; ep < r->board->config.endpoint_count; ep++) {
		struct run_seat *seat;

		if (run_contexts(r, ep) <= cpu || (ep && run_contexts(r, ep) == 1))
			continue;
		seat = run_seat(r, ep, cpu);
		g_free(seat->call);
		*seat = (struct run_seat){ .fn = FFA_FN_UNKNOWN };
	}
}

static bool boot_rest(struct run *r, const struct ffs_stmt *s);

/* The model is wrong, whatever the scenario says. */
static bool broke(struct run *r, const struct ffs_stmt *s)
{
	const struct spmc_broken *b = machine_broken(r->machine);
	const struct spmc_invariant_info *info = &spmc_invariants[b->invariant];
	struct mismatch *m = mismatch_new(r, s);
	char text[SPMC_BROKEN_TEXT];

	mismatch_line(m, "broken", "%s: %s", info->name, info->sentence);
	mismatch_line(m, "because", "%s", spmc_broken_text(b, text));
	mismatch_line(m, "whose", "a mistake of ffasim, not of the scenario: "
		      "please report it (ffasim doc %s)", info->name);
	mismatch_regs(m, &r->out.regs);
	mismatch_rule(m, &r->out);
	g_free(r->result->rule);
	r->result->rule = g_strdup(info->name);
	return mismatch_end(m, RUN_INVARIANT);
}

bool run_arrive(struct run *r, const struct ffs_stmt *s, unsigned int cpu,
		enum machine_end end)
{
	struct mismatch *m;

	if (r->hyp)
		end = run_hyp_arrive(r, cpu, end);
	r->end[cpu] = end;
	switch (end) {
	case MACHINE_PLAYED:
		take_seat(r, run_seat(r, r->out.endpoint, r->out.ec));
		if (r->booted || cpu || r->out.endpoint)
			return true;
		r->booted = true;
		return boot_rest(r, s) && (!r->hyp || run_hyp_start(r, s));
	case MACHINE_STOPPED:
		/* no CPU comes back when the SPMC aborts */
		if (r->out.spmd != (uint32_t)FFA_ID_ABORT_32)
			went_off(r, cpu);
		return true;
	case MACHINE_HUNG:
		return true;
	case MACHINE_LIVELOCK:
		m = mismatch_new(r, s);
		mismatch_line(m, "because", "partitions with code made %d "
			      "calls and control did not come back",
			      MACHINE_STEPS);
		mismatch_graph(m);
		return mismatch_end(m, RUN_FAIL);
	case MACHINE_INVARIANT:
		return broke(r, s);
	}
	return true;
}

/* -- boot ------------------------------------------------------------------ */

struct boots {
	uint32_t used, own;	/* CPUs */
};

static void scan_boots(const struct ffs_list *list, struct boots *b)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];
		const struct ffs_value *v;
		uint32_t bit;

		scan_boots(&s->body, b);
		if (s->actor)
			b->used |= 1u << s->cpu % SPMC_MAX_CPUS;
		if (s->kind != FFS_S_DIRECTIVE ||
		    (s->word != FFS_W_BOOT && s->word != FFS_W_POWEROFF &&
		     s->word != FFS_W_PREEMPT))
			continue;
		v = ffs_pos(s, 0);
		bit = 1u << (v ? v->num % SPMC_MAX_CPUS : 0);
		if (s->word == FFS_W_BOOT && !(b->used & bit))
			b->own |= bit;
		b->used |= bit;
	}
}

/* CPUs that the file starts itself: of these it says `boot` first. */
static uint32_t own_boots(const struct run *r)
{
	struct boots b = { 0, 0 };

	scan_boots(&r->file->list, &b);
	return b.own;
}

static bool boot_cpu(struct run *r, const struct ffs_stmt *s, unsigned int cpu,
		     bool wait)
{
	enum machine_end end;
	unsigned int ep, ec;
	struct mismatch *m;

	r->started[cpu] = true;
	end = machine_boot(r->machine, cpu, wait, &r->out);
	if (!run_arrive(r, s, cpu, end))
		return false;
	if (!wait || (run_control(r, cpu, &ep, &ec) && ep == 0))
		return true;
	m = mismatch_new(r, s);
	mismatch_line(m, "because", "CPU %u does not get through its boot: "
		      "script it with `boot @%u`", cpu, cpu);
	mismatch_rule(m, &r->out);
	mismatch_graph(m);
	return mismatch_end(m, RUN_FAIL);
}

static bool boot_rest(struct run *r, const struct ffs_stmt *s)
{
	uint32_t own = own_boots(r);

	for (unsigned int cpu = 1; cpu < r->board->config.cpus; cpu++)
		if (!r->started[cpu] && !(own & 1u << cpu) &&
		    !boot_cpu(r, s, cpu, true))
			return false;
	return true;
}

bool run_boot_all(struct run *r)
{
	if (r->started[0] || own_boots(r) & 1)
		return true;
	if (!boot_cpu(r, NULL, 0, true))
		return false;
	run_trace_code(r);
	return true;
}

/* A CPU that was turned off boots again: contexts pinned there start anew. */
static void forget_cpu(struct run *r, unsigned int cpu)
{
	for (unsigned int i = 0; i < r->board->config.endpoint_count; i++) {
		struct run_seat *seat;

		/* those of one context migrate, VMs have none */
		if (i && run_contexts(r, i) <= 1)
			continue;
		seat = run_seat(r, i, cpu);
		g_free(seat->call);
		*seat = (struct run_seat){ .fn = FFA_FN_UNKNOWN };
	}
}

bool run_boot(struct run *r, const struct ffs_stmt *s)
{
	const struct ffs_value *v = ffs_pos(s, 0);
	unsigned int cpu = v ? v->num : 0;
	unsigned int ep, ec;

	if (cpu >= r->board->config.cpus)
		return run_fail(r, s, RUN_BAD_FILE, "there is no CPU %u", cpu);
	if (r->started[cpu] && run_control(r, cpu, &ep, &ec))
		return run_fail(r, s, RUN_FAIL, "CPU %u is started already",
				cpu);
	if (r->started[cpu])
		forget_cpu(r, cpu);
	if (cpu && !r->booted)
		return run_fail(r, s, RUN_FAIL, "CPU 0 is not through its "
				"boot yet; other CPUs start after it");
	return boot_cpu(r, s, cpu, false);
}

/* -- actors ---------------------------------------------------------------- */

static bool not_here(struct run *r, const struct ffs_stmt *s,
		     const struct board_part *p)
{
	struct mismatch *m = mismatch_new(r, s);
	unsigned int ep, ec;

	mismatch_line(m, "expected", "control to be with %s@%u", s->actor,
		      s->cpu);
	if (!r->started[s->cpu] && !r->started[0])
		mismatch_line(m, "got", "no CPU runs: `boot @0` comes first");
	else if (!run_control(r, s->cpu, &ep, &ec))
		mismatch_line(m, "got", "CPU %u does not run", s->cpu);
	else
		mismatch_line(m, "got", "control is with %s@%u",
			      run_name(r, ep), s->cpu);
	mismatch_contexts(m, p->index);
	mismatch_graph(m);
	return mismatch_end(m, RUN_FAIL);
}

struct run_seat *run_actor(struct run *r, const struct ffs_stmt *s,
			   unsigned int *endpoint, unsigned int *ec)
{
	const struct board_part *p = board_part(r->board, s->actor);
	struct run_seat *seat;

	if (!p) {
		run_fail(r, s, RUN_BAD_FILE, "there is no part %s", s->actor);
		return NULL;
	}
	if (run_is_vm(r, p->index)) {
		*endpoint = p->index;
		return run_hyp_actor(r, s, p->index, ec);
	}
	if (r->board->endpoints[p->index].kind == SPMC_VM) {
		run_fail(r, s, RUN_BAD_FILE, "%s is a VM behind the "
			 "hypervisor, which makes its calls: write %s@%u "
			 "CALL(from=%s, ...)", p->name, run_name(r, 0), s->cpu,
			 p->name);
		return NULL;
	}
	if (p->code) {
		run_fail(r, s, RUN_BAD_FILE, "%s is played by run=%s, so it "
			 "has no lines of its own", p->name, p->run);
		return NULL;
	}
	seat = run_control(r, s->cpu, endpoint, ec);
	if (seat && *endpoint == p->index)
		return seat;
	if (s->cpu >= r->board->config.cpus)
		run_fail(r, s, RUN_BAD_FILE, "there is no CPU %u", s->cpu);
	else
		not_here(r, s, p);
	return NULL;
}

/* -- blocks ---------------------------------------------------------------- */

/* May this statement of `any` be next? */
static bool ready(struct run *r, const struct ffs_stmt *s)
{
	unsigned int ep, ec;
	struct run_seat *seat;
	bool was = r->quiet;

	if (s->kind == FFS_S_RESUME)
		return run_would_resume(r, s);
	if (s->kind == FFS_S_DIRECTIVE || s->kind == FFS_S_BAD)
		return true;
	r->quiet = true;
	seat = run_actor(r, s, &ep, &ec);
	r->quiet = was;
	return seat && !seat->hangs && (!seat->unseen || seat->optional);
}

static bool any(struct run *r, const struct ffs_stmt *block)
{
	g_autofree bool *done = g_new0(bool, block->body.n);
	struct mismatch *m;

	for (unsigned int left = block->body.n; left; left--) {
		unsigned int i = 0;

		while (i < block->body.n &&
		       (done[i] || !ready(r, block->body.v[i])))
			i++;
		if (i < block->body.n) {
			done[i] = true;
			if (!run_stmt(r, block->body.v[i]))
				return false;
			continue;
		}
		m = mismatch_new(r, block);
		mismatch_line(m, "because", "none of these can be next:");
		for (i = 0; i < block->body.n; i++) {
			g_autoptr(GString) text = g_string_new(NULL);

			if (done[i])
				continue;
			ffs_format_stmt(text, block->body.v[i], 0);
			mismatch_line(m, "", "%s", text->str);
		}
		for (unsigned int cpu = 0; cpu < r->board->config.cpus; cpu++)
			mismatch_unseen(m, cpu);
		mismatch_graph(m);
		return mismatch_end(m, RUN_FAIL);
	}
	return true;
}

/*
 * The lane of a statement of `shuffle`: what is on one CPU keeps some order,
 * what is on none keeps none.
 */
static unsigned int lane(const struct ffs_stmt *s)
{
	return s->actor ? MIN(s->cpu, SPMC_MAX_CPUS - 1) : SPMC_MAX_CPUS;
}

/* A chain of statements that stay together: [first, first + n) of a lane. */
struct unit {
	unsigned int first, n;
};

/*
 * Does the order of a lane leave no choice? So it is if it begins inside of a
 * call, or if several actors take turns outside of one.
 */
static bool fixed(const GPtrArray *stmts)
{
	const char *opener = NULL, *first = NULL;

	for (guint i = 0; i < stmts->len; i++) {
		const struct ffs_stmt *s = stmts->pdata[i];

		if (!s->actor)
			return false;
		if (opener) {
			if (s->kind == FFS_S_RESUME &&
			    !strcmp(s->actor, opener))
				opener = NULL;
			continue;
		}
		if (s->kind == FFS_S_RESUME ||
		    (first && strcmp(first, s->actor)))
			return true;
		first = s->actor;
		if (s->kind == FFS_S_OPEN)
			opener = s->actor;
	}
	return false;
}

/*
 * Cuts a lane into units: a call that hands control away, up to the line that
 * has it back, is one; so is every other line.
 */
static GArray *units(const GPtrArray *stmts)
{
	GArray *to = g_array_new(FALSE, FALSE, sizeof(struct unit));
	struct unit u = { 0, fixed(stmts) ? stmts->len : 0 };
	const char *opener = NULL;

	for (guint i = u.n; i < stmts->len; i++) {
		const struct ffs_stmt *s = stmts->pdata[i];

		if (!opener)
			u = (struct unit){ i, 0 };
		u.n++;
		if (!opener && s->kind == FFS_S_OPEN)
			opener = s->actor;
		else if (opener && s->kind == FFS_S_RESUME &&
			 !strcmp(s->actor, opener))
			opener = NULL;
		if (!opener)
			g_array_append_val(to, u);
	}
	if (opener || fixed(stmts))
		g_array_append_val(to, u);
	return to;
}

static void permute(struct run *r, GArray *a)
{
	for (guint i = a->len; i > 1; i--) {
		guint k = machine_random(r->machine, i);
		struct unit t = g_array_index(a, struct unit, i - 1);

		g_array_index(a, struct unit, i - 1) =
			g_array_index(a, struct unit, k);
		g_array_index(a, struct unit, k) = t;
	}
}

static void order_lane(struct run *r, GPtrArray *stmts)
{
	g_autoptr(GArray) cut = units(stmts);
	g_autoptr(GPtrArray) old = g_ptr_array_copy(stmts, NULL, NULL);

	permute(r, cut);
	g_ptr_array_set_size(stmts, 0);
	for (guint i = 0; i < cut->len; i++) {
		struct unit u = g_array_index(cut, struct unit, i);

		for (guint k = 0; k < u.n; k++)
			g_ptr_array_add(stmts, old->pdata[u.first + k]);
	}
}

static bool shuffle(struct run *r, const struct ffs_stmt *block)
{
	GPtrArray *lanes[SPMC_MAX_CPUS + 1];
	guint at[SPMC_MAX_CPUS + 1] = { 0 };
	bool ok = true;

	for (unsigned int i = 0; i <= SPMC_MAX_CPUS; i++)
		lanes[i] = g_ptr_array_new();
	for (unsigned int i = 0; i < block->body.n; i++)
		g_ptr_array_add(lanes[lane(block->body.v[i])],
				block->body.v[i]);
	for (unsigned int i = 0; i <= SPMC_MAX_CPUS; i++)
		if (lanes[i]->len)
			order_lane(r, lanes[i]);
	for (unsigned int left = block->body.n; ok && left; left--) {
		uint64_t pick = machine_random(r->machine, left);
		unsigned int i = 0;

		for (; pick >= lanes[i]->len - at[i]; i++)
			pick -= lanes[i]->len - at[i];
		ok = run_stmt(r, lanes[i]->pdata[at[i]++]);
	}
	for (unsigned int i = 0; i <= SPMC_MAX_CPUS; i++)
		g_ptr_array_unref(lanes[i]);
	return ok;
}

bool run_block(struct run *r, const struct ffs_stmt *s)
{
	return s->word == FFS_W_ANY ? any(r, s) : shuffle(r, s);
}
