/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls, interrupts and crashes at random: everything, in every order. */
#include <stdlib.h>

#include "unit.h"
#include "chain.h"

#define REQ	FFA_ID_MSG_SEND_DIRECT_REQ_32
#define RESP	FFA_ID_MSG_SEND_DIRECT_RESP_32
#define REQ2	FFA_ID_MSG_SEND_DIRECT_REQ2
#define RESP2	FFA_ID_MSG_SEND_DIRECT_RESP2

static struct world *t;
static struct spmc_endpoint_config *eps;
static struct spmc_config *cfg;

static void setup(void)
{
	cfg = chain_config(&eps);
	t = world_new(cfg);
}

static void teardown(void)
{
	world_free(t);
}

static uint32_t seed;
static bool walk_irqs;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static uint16_t some_id(void)
{
	static const uint16_t ids[] = { ID_A, ID_B, ID_M, ID_N };

	return ids[pick(4)];
}

static uint32_t some_request(void)
{
	static const uint32_t fids[] = {
		(uint32_t)REQ, (uint32_t)REQ2,
		(uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_64,
	};

	return fids[pick(3)];
}

/* Mostly the right one. */
static void some_response(unsigned int cpu, uint16_t id, const struct ec *e)
{
	uint32_t fid = (uint32_t)RESP, w2 = 0;

	if (e->req_fn == FFA_FN_MSG_SEND_DIRECT_REQ_64)
		fid = (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_64;
	if (e->req_fn == FFA_FN_MSG_SEND_DIRECT_REQ2 || !pick(10))
		fid = (uint32_t)RESP2;
	if (e->req_fwk == FFA_FWK_PSCI_REQ + 1 ||
	    e->req_fwk == FFA_FWK_PM_WARM_BOOT + 1)
		w2 = (uint32_t)FFA_FWK | FFA_FWK_PM_RESP;
	else if (e->req_fwk == FFA_FWK_STOP_REQ + 1)
		w2 = (uint32_t)FFA_FWK | FFA_FWK_STOP_RESP;
	else if (e->req_fwk)
		w2 = (uint32_t)FFA_FWK | e->req_fwk;
	ON(t, cpu, fid, FROM_TO(id, e->req_from), w2, !pick(4));
}

static void some_call(unsigned int cpu, unsigned int ep, unsigned int ec)
{
	const struct ec *e = context(t->s, ep, ec);
	uint16_t id = config(t->s, ep)->id;
	uint64_t hash = spmc_hash(t->s);
	bool doomed = is_dead(t->s, ep);

	switch (pick(ep ? 14 : 7)) {
	case 0: case 1: case 2:
		ON(t, cpu, some_request(), FROM_TO(id, some_id()));
		break;
	case 3:
		ON(t, cpu, REQ, FROM_TO(id, ID_B), (uint32_t)FFA_FWK |
		   (pick(2) ? FFA_FWK_VM_CREATED : FFA_FWK_VM_DESTROYED));
		break;
	case 4: case 5:
		ON(t, cpu, FFA_ID_RUN, FROM_TO(some_id(), pick(2) ? cpu : 0));
		break;
	case 6:
		if (ep && !pick(50))
			ON(t, cpu, pick(2) ? FFA_ID_ERROR : FFA_ID_ABORT_32);
		else if (!ep && !pick(5))
			ON(t, cpu, 0x84000001 + pick(2));
		break;
	case 7: case 8: case 9:
		some_response(cpu, id, e);
		break;
	case 10: case 11:
		WAIT(t, cpu);
		break;
	case 12:
		YIELD(t, cpu);
		break;
	case 13:
		ON(t, cpu, FFA_ID_SECONDARY_EP_REGISTER_64, pick(9));
		break;
	}
	if (t->out.rule && !doomed && hash != spmc_hash(t->s))
		ck_abort_msg("%s changed something",
			     spmc_rules[t->out.rule].name);
}

/* Interrupts, as whoever runs the model has to take them. */
static void some_irq(unsigned int cpu)
{
	static const uint32_t ids[] = { 40, 41, 42, 43, 44, 4 };
	enum spmc_taken taken;
	unsigned int ep, ec;

	if (pick(3))
		spmc_raise(t->s, cpu, ids[pick(5)]);
	else if (spmc_running(t->s, cpu, &ep, &ec))
		spmc_take_irq(t->s, ep, ec, ids[pick(6)]);
	do {
		taken = spmc_interrupt(t->s, &t->env, cpu, &t->out);
		world_check(t);
	} while (taken != SPMC_TAKEN_NONE);
}

static void some_step(void)
{
	unsigned int ep, ec, cpu = pick(2);

	t->out.rule = 0;
	if (!spmc_running(t->s, cpu, &ep, &ec))
		spmc_boot(t->s, &t->env, cpu, &t->out);
	else if (!pick(12))
		spmc_preempt(t->s, &t->env, cpu, &t->out);
	else if (!pick(20))
		spmc_activate(t->s, &t->env, cpu, A + pick(3), &t->out);
	else if (!pick(100))
		spmc_crash(t->s, &t->env, cpu, &t->out);
	else
		some_call(cpu, ep, ec);
	world_check(t);
	if (walk_irqs)
		some_irq(cpu);
}

/* What A and B do when they abort, another in each of a few walks. */
static void some_actions(void)
{
	static const uint8_t actions[] = {
		SPMC_ABORT_NONE, SPMC_ABORT_STOP, SPMC_ABORT_DESTROY,
		SPMC_ABORT_RESTART,
	};
	struct spmc_endpoint_config *cfgs = spmc_at(t->s, t->s->configs);

	cfgs[A].live = 6;
	cfgs[B].live = 6;
	cfgs[A].abort = actions[pick(4)];
	cfgs[B].abort = actions[pick(4)];
	spmc_check_init(t->check, t->s, SPMC_CHECK_TWICE);
}

/* Every cell that a table does not call impossible is met, and no other. */
START_TEST(random_walk)
{
	static const enum spmc_machine machines[] = {
		SPMC_M_EC, SPMC_M_RTM, SPMC_M_PART,
	};
	static const struct spmc_irq irqs[] = {
		{ 40, ID_A }, { 41, ID_B }, { 42, ID_M }, { 43, ID_N },
		{ 44, FFA_ID_SPMD },
	};
	struct spmc *reset;
	unsigned int i, st, ev;

	world_free(t);
	eps[A].ns_action = SPMC_NS_MANAGED_EXIT;
	eps[B].ns_action = SPMC_NS_QUEUED;
	eps[B].s_action = SPMC_S_QUEUED;
	cfg->irqs = irqs;
	cfg->irq_count = 5;
	cfg->version = FFA_V1_3;
	for (i = A; i < ENDPOINTS; i++)
		eps[i].version = FFA_V1_3;
	t = world_new(cfg);
	reset = malloc(spmc_size(cfg));
	spmc_init(reset, cfg);
	seed = 1;
	for (i = 0; i < 240000; i++) {
		if (i % 200 == 0) {
			spmc_copy(t->s, reset);
			some_actions();
		}
		walk_irqs = i / 200 % 2;
		some_step();
	}
	free(reset);

	for (i = 0; i < 3; i++) {
		const struct spmc_machine_info *m = &spmc_machines[machines[i]];

		for (st = 0; st < m->state_count; st++)
			for (ev = 0; ev < m->event_count; ev++)
				ck_assert_msg(
					t->cover.cell[machines[i]][st][ev] ||
					spmc_cell(machines[i], st, ev)->kind ==
					SPMC_CELL_NEVER, "%s: %s x %s", m->name,
					m->states[st].name, m->events[ev].name);
	}
}
END_TEST

Suite *check_sched_walk(void)
{
	Suite *s = suite_create("sched_walk");
	TCase *tc = tcase_create("walk");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, random_walk);
	suite_add_tcase(s, tc);
	return s;
}
