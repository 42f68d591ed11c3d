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
	world_check(w);
	return w;
}

void on(struct world *w, unsigned int cpu, uint64_t x0, uint64_t x1,
	uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5, uint64_t x6,
	uint64_t x7)
{
	const struct ffa_value in = { { x0, x1, x2, x3, x4, x5, x6, x7 } };

	world_smc(w, cpu, &in);
	world_check(w);
}

void preempt(struct world *w, unsigned int cpu)
{
	struct spmc_outcome next;

	ck_assert(spmc_preempt(w->s, &w->env, cpu, &w->out));
	while (spmc_interrupt(w->s, &w->env, cpu, &next) == SPMC_TAKEN_SWITCH) {
		world_check(w);
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
