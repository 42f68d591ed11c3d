/* SPDX-License-Identifier: BSD-3-Clause */
/* Who has control: seats of contexts, and boot. */
#include <string.h>

#include "run_priv.h"

static unsigned int contexts(const struct run *r, unsigned int ep)
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
		r->seat_count += contexts(r, i);
	}
	r->seats = g_new0(struct run_seat, r->seat_count);
	if (r->tape)
		r->tape_called = g_new0(uint32_t, r->seat_count);
	for (unsigned int i = 0; i < r->seat_count; i++)
		r->seats[i].fn = FFA_FN_UNKNOWN;
}

void run_seats_free(struct run *r)
{
	for (unsigned int i = 0; i < r->seat_count; i++)
		g_free(r->seats[i].call);
	g_free(r->seats);
	g_free(r->tape_called);
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

		if (contexts(r, ep) <= cpu || (ep && contexts(r, ep) == 1))
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
	r->tape_off = true;
	if (!boot_cpu(r, NULL, 0, true))
		return false;
	r->tape_off = false;
	run_trace_code(r);
	return true;
}

/* A CPU that was turned off boots again: contexts pinned there start anew. */
static void forget_cpu(struct run *r, unsigned int cpu)
{
	for (unsigned int i = 0; i < r->board->config.endpoint_count; i++) {
		struct run_seat *seat;

		/* those of one context migrate, VMs have none */
		if (i && contexts(r, i) <= 1)
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
