/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit.h"
#include "chain.h"

struct spmc_config *chain_config(struct spmc_endpoint_config **endpoints)
{
	struct spmc_endpoint_config *eps;
	struct spmc_config *cfg = world_config(&eps, NULL);

	eps[B].version = FFA_V1_2;
	eps[M] = eps[A];
	eps[M].id = ID_M;
	eps[M].ec_count = 2;
	eps[M].pm = SPMC_PM_CPU_OFF | SPMC_PM_CPU_SUSPEND |
		    SPMC_PM_CPU_RESUME;
	eps[M].uuids[0].b[0] = 0x31;
	eps[N] = eps[M];
	eps[N].id = ID_N;
	eps[N].pm = 0;
	eps[N].uuids[0].b[0] = 0x41;
	eps[B].props |= FFA_PART_VM_CREATED | FFA_PART_VM_DESTROYED;
	cfg->endpoint_count = ENDPOINTS;
	*endpoints = eps;
	return cfg;
}

void chain_boot(struct world *w, unsigned int cpu)
{
	unsigned int ep, ec;

	if (!spmc_running(w->s, cpu, &ep, &ec))
		spmc_boot(w->s, &w->env, cpu, &w->out);
	while (spmc_running(w->s, cpu, &ep, &ec) && ep != NS)
		WAIT(w, cpu);
	ck_assert(spmc_running(w->s, cpu, &ep, &ec));
}

struct world *chain_new(const struct spmc_config *cfg)
{
	struct world *w = world_new(cfg);
	unsigned int cpu;

	for (cpu = 0; cpu < cfg->cpus; cpu++)
		chain_boot(w, cpu);
	chain_check(w);
	return w;
}

void on(struct world *w, unsigned int cpu, uint64_t x0, uint64_t x1,
	uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5, uint64_t x6,
	uint64_t x7)
{
	const struct ffa_value in = { { x0, x1, x2, x3, x4, x5, x6, x7 } };

	spmc_call(w->s, &w->env, cpu, &in, &w->out);
	chain_check(w);
}

void preempt(struct world *w, unsigned int cpu)
{
	struct spmc_outcome next;

	ck_assert(spmc_preempt(w->s, &w->env, cpu, &w->out));
	while (spmc_interrupt(w->s, &w->env, cpu, &next) == SPMC_TAKEN_SWITCH) {
		chain_check(w);
		w->out = next;
	}
}

void who(struct world *w, unsigned int cpu, unsigned int ep, unsigned int ec)
{
	unsigned int e, n;

	ck_assert(spmc_running(w->s, cpu, &e, &n));
	ck_assert_uint_eq(e, ep);
	ck_assert_uint_eq(n, ec);
}

enum ec_state ec_state(const struct world *w, unsigned int ep, unsigned int ec)
{
	return (enum ec_state)spmc_state(w->s, SPMC_M_EC, ep, ec);
}

enum spmc_model model(const struct world *w, unsigned int ep, unsigned int ec)
{
	return spmc_ec_model(w->s, ep, ec);
}

/* How many contexts have this caller, in one of these states (a mask)? */
static unsigned int callees(const struct world *w, unsigned int ep,
			    unsigned int ec, unsigned int mask)
{
	unsigned int i, j, n = 0;

	for (i = 0; i < spmc_endpoint_count(w->s); i++) {
		if (!is_sp(w->s, i))
			continue;
		for (j = 0; j < config(w->s, i)->ec_count; j++) {
			const struct ec *e = context(w->s, i, j);

			n += e->caller == ep && e->caller_ec == ec &&
			     mask & 1u << e->state;
			/* one that it was stopped for is none's callee */
			n += e->stopped == ep && e->stopped_ec == ec &&
			     mask & 1u << EC_RUNNING;
		}
	}
	return n;
}

/* ck_assert() writes a line each time, which is too slow for a long walk. */
#define HOLDS(x)							\
	do {								\
		if (!(x))						\
			ck_abort_msg("%s", #x);				\
	} while (0)

static void check_context(const struct world *w, unsigned int ep,
			  unsigned int ec)
{
	const struct ec *e = context(w->s, ep, ec);
	const struct cpu *cpu;
	bool aborted = is_dead(w->s, ep);
	bool ends = e->state == EC_OFF || e->state == EC_WAITING ||
		    e->state == EC_ABORTED;
	const unsigned int under = 1u << EC_RUNNING | 1u << EC_BLOCKED |
				   1u << EC_INTERRUPTED;
	bool waits = e->state == EC_BLOCKED || e->state == EC_INTERRUPTED;
	bool stops = e->stopped != SPMC_NOBODY;

	/* A partition that works has a reason to, one that ended has none. */
	HOLDS(!is_sp(w->s, ep) || ends == (e->model == RTM_NONE));
	HOLDS(!ends || (e->caller == SPMC_NOBODY && !e->yields &&
			    !e->req_fn && !stops));
	HOLDS(!stops || e->state != EC_PREEMPTED);
	HOLDS((e->model == RTM_DIRECT_REQ) == (e->req_fn != 0));
	HOLDS(!aborted || e->state == EC_RUNNING ||
		  waits || e->state == EC_ABORTED);
	if (e->model == RTM_INIT)
		HOLDS(e->caller == SPMC_NOBODY || e->restarts);

	if (e->state == EC_RUNNING) {
		cpu = cpu_of(w->s, e->cpu);
		HOLDS(cpu->endpoint == ep && cpu->ec == ec);
	}
	if (waits)
		HOLDS(callees(w, ep, ec, under));
	HOLDS(e->state != EC_INTERRUPTED || ep == NS || e->model != RTM_NONE);
	if (is_sp(w->s, ep)) {
		HOLDS(callees(w, ep, ec, under) == (unsigned int)waits + stops);
		HOLDS(callees(w, ep, ec, 1u << EC_YIELDED |
					 1u << EC_PREEMPTED) + stops ==
		      e->yields);
	}
}

void chain_check(const struct world *w)
{
	unsigned int i, j;

	for (i = 0; i < w->s->cpus; i++) {
		const struct cpu *cpu = cpu_of(w->s, i);
		bool runs = cpu->started == CPU_BOOTING ||
			    cpu->started == CPU_UP;
		const struct ec *e;

		HOLDS((cpu->endpoint != SPMC_NOBODY) == runs);
		if (!runs)
			continue;
		e = context(w->s, cpu->endpoint, cpu->ec);
		HOLDS(e->state == EC_RUNNING && e->cpu == i);
		check_context(w, NS, i);
	}
	for (i = A; i < spmc_endpoint_count(w->s); i++)
		for (j = 0; j < config(w->s, i)->ec_count; j++)
			check_context(w, i, j);
}
