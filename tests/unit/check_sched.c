/* SPDX-License-Identifier: BSD-3-Clause */
/* Who runs: boot, FFA_MSG_WAIT, FFA_YIELD, FFA_RUN, preemption, aborts. */
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
	t = chain_new(cfg);
}

/* At reset, CPU 0 booting. */
static void setup_boot(void)
{
	cfg = chain_config(&eps);
	eps[A].boot_order = 9;
	eps[A].boot_reg = 2;
	eps[A].boot_info = 0x123456789000;
	eps[M].boot_info = 0x4000;
	t = world_new(cfg);
}

static void teardown(void)
{
	world_free(t);
}

static enum part_state part(unsigned int ep)
{
	return (enum part_state)spmc_state(t->s, SPMC_M_PART, ep, 0);
}

/* -- boot ------------------------------------------------------------------ */

START_TEST(boot_order)
{
	static const unsigned int order[] = { B, M, N, A };
	struct spmc_outcome out;
	uint64_t hash;
	unsigned int i, ep, ec;

	for (i = 0; i < 4; i++) {
		who(t, 0, order[i], 0);
		ck_assert_uint_eq(t->out.regs.x[0],
				  order[i] == M ? 0x4000 : 0);
		ck_assert_uint_eq(t->out.regs.x[2],
				  order[i] == A ? 0x123456789000 : 0);
		ck_assert_uint_eq(model(t, order[i], 0), SPMC_RTM_INIT);
		ck_assert_int_eq(part(order[i]), PART_INITIALISING);
		hash = spmc_hash(t->s);
		spmc_boot(t->s, &t->env, 0, &out);
		ck_assert_uint_eq(out.endpoint, SPMC_NOBODY);
		spmc_boot(t->s, &t->env, 1, &out);
		ck_assert_uint_eq(out.endpoint, SPMC_NOBODY);
		ck_assert(!spmc_preempt(t->s, &t->env, 0, &out));
		ck_assert(!spmc_preempt(t->s, &t->env, 1, &out));
		ck_assert(!spmc_crash(t->s, &t->env, 1, &out));
		ck_assert_uint_eq(hash, spmc_hash(t->s));
		WAIT(t, 0);
		ck_assert_int_eq(part(order[i]), PART_READY);
	}
	who(t, 0, NS, 0);
	ck_assert_uint_eq(t->out.regs.x[0], 0);
	ck_assert(!spmc_preempt(t->s, &t->env, 0, &out));
	ck_assert(!spmc_crash(t->s, &t->env, 0, &out));
	ck_assert(!spmc_caller_of(t->s, A, 0, &ep, &ec));

	spmc_boot(t->s, &t->env, 1, &t->out);
	sees(t, 1, M, 1, 0);
	ck_assert_uint_eq(ec_state(t, N, 1), EC_OFF);
	WAIT(t, 1);
	who(t, 1, N, 1);
	WAIT(t, 1);
	who(t, 1, NS, 1);
}
END_TEST

START_TEST(boot_calls)
{
	who(t, 0, B, 0);
	DENY(t, 0, DIRECT_REQ_NOT_READY, REQ, FROM_TO(ID_B, ID_A));
	DENY(t, 0, DIRECT_REQ2_NOT_READY, REQ2, FROM_TO(ID_B, ID_M));
	DENY(t, 0, YIELD_MODEL, FFA_ID_YIELD);
	DENY(t, 0, RUN_MODEL, FFA_ID_RUN, FROM_TO(ID_A, 0));
	DENY(t, 0, DIRECT_RESP_MODEL, RESP, FROM_TO(ID_B, 0));
	DENY(t, 0, DIRECT_RESP2_MODEL, RESP2, FROM_TO(ID_B, 0));
	WAIT(t, 0);
	/* M asks B, which yields: M cannot resume it, but the normal world */
	REQ32(t, 0, ID_M, ID_B);
	sees(t, 0, B, 0, REQ);
	DENY(t, 0, DIRECT_REQ_NOT_READY, REQ, FROM_TO(ID_B, ID_M));
	DENY(t, 0, RUN_BY_SP, FFA_ID_RUN, FROM_TO(ID_N, 0));
	YIELD(t, 0);
	sees(t, 0, M, 0, FFA_ID_YIELD);
	DENY(t, 0, RUN_MODEL, FFA_ID_RUN, FROM_TO(ID_B, 0));
	WAIT(t, 0);
	who(t, 0, N, 0);
	ck_assert_uint_eq(model(t, B, 0), SPMC_RTM_RUN);
	ON(t, 0, FFA_ID_ERROR, 0, (uint32_t)FFA_NO_MEMORY);
	ck_ok(t);
	ck_assert_int_eq(part(N), PART_ABORTED);
	ck_assert_uint_eq(ec_state(t, N, 1), EC_ABORTED);
	who(t, 0, A, 0);
	REQ32(t, 0, ID_A, ID_M);
	CRASH(t, 0);
	sees_error(t, 0, A, 0, FFA_ABORTED);
	CRASH(t, 0);
	who(t, 0, NS, 0);
	RUN(t, 0, ID_B, 0);
	sees(t, 0, B, 0, FFA_ID_SUCCESS);
	WAIT(t, 0);
	sees(t, 0, NS, 0, FFA_ID_MSG_WAIT);
	DENY(t, 0, DIRECT_REQ_ABORTED, REQ, FROM_TO(0, ID_A));
	sees_error(t, 0, NS, 0, FFA_ABORTED);
	DENY(t, 0, DIRECT_REQ2_ABORTED, REQ2, FROM_TO(0, ID_N));
	DENY(t, 0, RUN_ABORTED, FFA_ID_RUN, FROM_TO(ID_N, 0));
	spmc_boot(t->s, &t->env, 1, &t->out);
	who(t, 1, NS, 1);
}
END_TEST

/* The contexts of a CPU that boots are off until it is their turn. */
START_TEST(boot_secondary)
{
	chain_boot(t, 0);
	spmc_boot(t->s, &t->env, 1, &t->out);
	who(t, 1, M, 1);
	DENY(t, 1, DIRECT_REQ_OFF, REQ, FROM_TO(ID_M, ID_N));
	DENY(t, 1, DIRECT_REQ2_OFF, REQ2, FROM_TO(ID_M, ID_N));
	ON(t, 1, FFA_ID_ERROR, 0, (uint32_t)FFA_ABORTED);
	who(t, 1, N, 1);
	ck_assert_int_eq(part(M), PART_ABORTED);
	ck_assert_uint_eq(ec_state(t, M, 0), EC_ABORTED);
}
END_TEST

START_TEST(boot_entry)
{
	who(t, 0, B, 0);
	DENY(t, 0, SECONDARY_EP_UP, FFA_ID_SECONDARY_EP_REGISTER_32, 1);
	WAIT(t, 0);
	ON(t, 0, FFA_ID_SECONDARY_EP_REGISTER_32, 0x1100001000);
	ck_ok(t);
	WAIT(t, 0);
	chain_boot(t, 0);
	spmc_boot(t->s, &t->env, 1, &t->out);
	who(t, 1, M, 1);
	ck_assert_uint_eq(t->out.entry, 0x1000);
	ON(t, 1, FFA_ID_SECONDARY_EP_REGISTER_64, 0x1100001000);
	ck_assert_uint_eq(t->out.entry, 0);
	WAIT(t, 1);
	who(t, 1, N, 1);
	ck_assert_uint_eq(t->out.entry, 0);
	WAIT(t, 1);
	ON(t, 1, 0x84000002);
	while (t->out.endpoint == M)
		ON(t, 1, RESP, FROM_TO(ID_M, FFA_ID_SPMC),
		   (uint32_t)FFA_FWK | FFA_FWK_PM_RESP);
	spmc_boot(t->s, &t->env, 1, &t->out);
	who(t, 1, M, 1);
	ck_assert_uint_eq(t->out.entry, 0x1100001000);
	WAIT(t, 1);
	WAIT(t, 1);
	RUN(t, 1, ID_M, 1);
	DENY(t, 1, SECONDARY_EP_MODEL, FFA_ID_SECONDARY_EP_REGISTER_32, 1);
}
END_TEST

/* -- FFA_MSG_WAIT, FFA_RUN --------------------------------------------------- */

START_TEST(run_and_wait)
{
	unsigned int ep, ec;

	DENY(t, 0, RUN_TARGET, FFA_ID_RUN, FROM_TO(0x8009, 0));
	DENY(t, 0, RUN_TARGET_NORMAL, FFA_ID_RUN, FROM_TO(0, 0));
	DENY(t, 0, RUN_EC, FFA_ID_RUN, FROM_TO(ID_A, 1));
	DENY(t, 0, RUN_EC, FFA_ID_RUN, FROM_TO(ID_M, 2));
	DENY(t, 0, RUN_CPU, FFA_ID_RUN, FROM_TO(ID_M, 1));
	DENY(t, 0, ERROR_NORMAL_WORLD, FFA_ID_ERROR);
	RUN(t, 0, ID_A, 0);
	sees(t, 0, A, 0, FFA_ID_RUN);
	ck_assert_uint_eq(t->out.regs.x[1], FROM_TO(ID_A, 0));
	ck_assert_uint_eq(model(t, A, 0), SPMC_RTM_RUN);
	ck_assert(spmc_caller_of(t->s, A, 0, &ep, &ec));
	ck_assert_uint_eq(ep, NS);
	DENY(t, 1, RUN_BUSY, FFA_ID_RUN, FROM_TO(ID_A, 0));
	DENY(t, 0, ERROR_MODEL, FFA_ID_ERROR);
	DENY(t, 0, MSG_WAIT_RESERVED, FFA_ID_MSG_WAIT, 1);
	DENY(t, 0, MSG_WAIT_RESERVED, FFA_ID_MSG_WAIT, 0, 0, 0, 0, 0, 0, 1);
	WAIT(t, 0);
	sees(t, 0, NS, 0, FFA_ID_MSG_WAIT);
	ck_assert_uint_eq(ec_state(t, A, 0), EC_WAITING);
	RUN(t, 1, ID_A, 0);
	who(t, 1, A, 0);
	WAIT(t, 1);
	who(t, 1, NS, 1);
}
END_TEST

START_TEST(wait_and_rx)
{
	RUN(t, 0, ID_A, 0);
	ON(t, 0, FFA_ID_RXTX_MAP_32, SP_PA, SP_PA + FFA_PAGE_SIZE, 1);
	ck_ok(t);
	ON(t, 0, FFA_ID_PARTITION_INFO_GET);
	ck_ok(t);
	ON(t, 0, FFA_ID_MSG_WAIT, 0, 1);
	ck_assert_uint_eq(spmc_state(t->s, SPMC_M_RX, A, 0), RX_CONSUMER);
	RUN(t, 0, ID_A, 0);
	WAIT(t, 0);
	ck_assert_uint_eq(spmc_state(t->s, SPMC_M_RX, A, 0), RX_PRODUCER);
	RUN(t, 0, ID_A, 0);
	CRASH(t, 0);
	sees_error(t, 0, NS, 0, FFA_ABORTED);
	ck_assert_uint_eq(spmc_state(t->s, SPMC_M_RX, A, 0), RX_UNMAPPED);
}
END_TEST

START_TEST(wait_flags_of_1_1)
{
	eps[A].version = FFA_V1_1;
	world_free(t);
	t = chain_new(cfg);
	RUN(t, 0, ID_A, 0);
	DENY(t, 0, MSG_WAIT_FLAGS, FFA_ID_MSG_WAIT, 0, 1);
	ck_assert_uint_eq(t->out.subject, A);
	WAIT(t, 0);
	ck_ok(t);
}
END_TEST

/* -- FFA_YIELD ---------------------------------------------------------------- */

START_TEST(yield_to_normal_world)
{
	DENY(t, 0, GATE_INSTANCE, FFA_ID_YIELD);
	REQ32(t, 0, 0, ID_A);
	DENY(t, 0, YIELD_RESERVED, FFA_ID_YIELD, 0, 0, 0, 1);
	ON(t, 0, FFA_ID_YIELD, 0, 5, 6);
	sees(t, 0, NS, 0, FFA_ID_YIELD);
	ck_assert_uint_eq(t->out.regs.x[1], FROM_TO(ID_A, 0));
	ck_assert_uint_eq(t->out.regs.x[2], 5);
	ck_assert_uint_eq(t->out.regs.x[3], 6);
	DENY(t, 0, DIRECT_REQ_BUSY, REQ, FROM_TO(0, ID_A));
	ck_assert_uint_eq(spmc_leaks(t->s), 1);
	/* the other CPU may resume it, and gets the response */
	RUN(t, 1, ID_A, 0);
	sees(t, 1, A, 0, FFA_ID_SUCCESS);
	DENY(t, 0, DIRECT_REQ_BUSY, REQ, FROM_TO(0, ID_A));
	RESP32(t, 1, ID_A, 0);
	sees(t, 1, NS, 1, RESP);

	RUN(t, 0, ID_A, 0);
	YIELD(t, 0);
	sees(t, 0, NS, 0, FFA_ID_YIELD);
	RUN(t, 0, ID_A, 0);
	sees(t, 0, A, 0, FFA_ID_SUCCESS);
	ck_assert_uint_eq(model(t, A, 0), SPMC_RTM_RUN);
	WAIT(t, 0);
	sees(t, 0, NS, 0, FFA_ID_MSG_WAIT);
}
END_TEST

START_TEST(yield_to_partition)
{
	REQ32(t, 0, 0, ID_A);
	REQ32(t, 0, ID_A, ID_B);
	YIELD(t, 0);
	sees(t, 0, A, 0, FFA_ID_YIELD);
	ck_assert_uint_eq(t->out.regs.x[1], FROM_TO(ID_B, 0));
	DENY(t, 0, RUN_BY_SP, FFA_ID_RUN, FROM_TO(ID_M, 0));
	DENY(t, 0, RUN_BY_SP, FFA_ID_RUN, FROM_TO(ID_A, 0));
	REQ32(t, 0, ID_A, ID_M);
	DENY(t, 0, RUN_NOT_YIELDED_TO, FFA_ID_RUN, FROM_TO(ID_B, 0));
	DENY(t, 0, RUN_BY_SP, FFA_ID_RUN, FROM_TO(ID_A, 0));
	RESP32(t, 0, ID_M, ID_A);
	/* A yields too: only the normal world, and only here, resumes it */
	YIELD(t, 0);
	sees(t, 0, NS, 0, FFA_ID_YIELD);
	DENY(t, 0, RUN_NOT_YIELDED_TO, FFA_ID_RUN, FROM_TO(ID_B, 0));
	DENY(t, 1, RUN_CHAIN_CPU, FFA_ID_RUN, FROM_TO(ID_A, 0));
	RUN(t, 0, ID_A, 0);
	sees(t, 0, A, 0, FFA_ID_SUCCESS);
	DENY(t, 0, DIRECT_RESP_OUTSTANDING, RESP, FROM_TO(ID_A, 0));
	RUN(t, 0, ID_B, 0);
	sees(t, 0, B, 0, FFA_ID_SUCCESS);
	RESP32(t, 0, ID_B, ID_A);
	sees(t, 0, A, 0, RESP);
	RESP32(t, 0, ID_A, 0);
	sees(t, 0, NS, 0, RESP);
	ck_assert_uint_eq(spmc_leaks(t->s), 0);
}
END_TEST

/* -- preemption ------------------------------------------------------------------ */

START_TEST(preempt_one)
{
	REQ32(t, 0, 0, ID_A);
	PREEMPT(t, 0);
	sees(t, 0, NS, 0, FFA_ID_INTERRUPT);
	ck_assert_uint_eq(t->out.regs.x[1], FROM_TO(ID_A, 0));
	ck_assert_uint_eq(ec_state(t, A, 0), EC_PREEMPTED);
	DENY(t, 0, DIRECT_REQ_BUSY, REQ, FROM_TO(0, ID_A));
	RUN(t, 1, ID_B, 0);
	DENY(t, 1, RUN_NOT_YIELDED_TO, FFA_ID_RUN, FROM_TO(ID_A, 0));
	WAIT(t, 1);
	RUN(t, 1, ID_A, 0);
	sees(t, 1, A, 0, 0);
	RESP32(t, 1, ID_A, 0);
	sees(t, 1, NS, 1, RESP);
}
END_TEST

START_TEST(preempt_chain)
{
	REQ32(t, 0, 0, ID_A);
	REQ32(t, 0, ID_A, ID_M);
	PREEMPT(t, 0);
	sees(t, 0, NS, 0, FFA_ID_INTERRUPT);
	ck_assert_uint_eq(t->out.regs.x[1], FROM_TO(ID_A, 0));
	ck_assert_uint_eq(ec_state(t, A, 0), EC_PREEMPTED);
	DENY(t, 0, RUN_NOT_YIELDED_TO, FFA_ID_RUN, FROM_TO(ID_M, 0));
	DENY(t, 1, RUN_CHAIN_CPU, FFA_ID_RUN, FROM_TO(ID_A, 0));
	RUN(t, 0, ID_A, 0);
	sees(t, 0, A, 0, 0);
	RUN(t, 0, ID_M, 0);
	sees(t, 0, M, 0, 0);
	RESP32(t, 0, ID_M, ID_A);
	sees(t, 0, A, 0, RESP);
	REQ32(t, 0, ID_A, ID_B);
	PREEMPT(t, 0);
	DENY(t, 1, RUN_CHAIN_CPU, FFA_ID_RUN, FROM_TO(ID_A, 0));
	RUN(t, 0, ID_A, 0);
	RUN(t, 0, ID_B, 0);
	RESP32(t, 0, ID_B, ID_A);
	RESP32(t, 0, ID_A, 0);
	sees(t, 0, NS, 0, RESP);
	ck_assert_uint_eq(spmc_leaks(t->s), 0);
}
END_TEST

/* -- aborts ------------------------------------------------------------------------ */

START_TEST(crash_in_chain)
{
	REQ32(t, 0, 0, ID_A);
	REQ32(t, 0, ID_A, ID_B);
	CRASH(t, 0);
	sees_error(t, 0, A, 0, FFA_ABORTED);
	ck_assert_int_eq(part(B), PART_ABORTED);
	DENY(t, 0, DIRECT_REQ_ABORTED, REQ, FROM_TO(ID_A, ID_B));
	DENY(t, 0, RUN_BY_SP, FFA_ID_RUN, FROM_TO(ID_B, 0));
	CRASH(t, 0);
	sees_error(t, 0, NS, 0, FFA_ABORTED);
	ck_assert_uint_eq(spmc_leaks(t->s), 0);
}
END_TEST

/* What yielded to a partition that crashes goes on without its sender. */
START_TEST(crash_of_sender)
{
	REQ32(t, 0, 0, ID_A);
	REQ32(t, 0, ID_A, ID_B);
	YIELD(t, 0);
	CRASH(t, 0);
	sees_error(t, 0, NS, 0, FFA_ABORTED);
	ck_assert_uint_eq(spmc_leaks(t->s), 0);
	RUN(t, 1, ID_B, 0);
	sees(t, 1, B, 0, FFA_ID_SUCCESS);
	DENY(t, 1, DIRECT_RESP_MODEL, RESP, FROM_TO(ID_B, ID_A));
	WAIT(t, 1);
	sees(t, 1, NS, 1, FFA_ID_MSG_WAIT);
	REQ32(t, 0, 0, ID_B);
	sees(t, 0, B, 0, REQ);
}
END_TEST

/* M crashes on CPU 0 while its other context runs on CPU 1. */
START_TEST(crash_elsewhere_running)
{
	REQ32(t, 1, 0, ID_A);
	REQ32(t, 1, ID_A, ID_M);
	REQ32(t, 0, 0, ID_M);
	CRASH(t, 0);
	sees_error(t, 0, NS, 0, FFA_ABORTED);
	who(t, 1, M, 1);
	ON(t, 1, FFA_ID_ID_GET);
	sees_error(t, 1, A, 0, FFA_ABORTED);
	ck_assert_uint_eq(t->out.fn, FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ec_state(t, M, 1), EC_ABORTED);
}
END_TEST

START_TEST(crash_elsewhere_preempted)
{
	REQ32(t, 1, 0, ID_M);
	REQ32(t, 0, 0, ID_M);
	CRASH(t, 0);
	PREEMPT(t, 1);
	sees_error(t, 1, NS, 1, FFA_ABORTED);
	ck_assert_uint_eq(ec_state(t, M, 1), EC_ABORTED);
	REQ32(t, 0, 0, ID_N);
	CRASH(t, 0);
	who(t, 0, NS, 0);
}
END_TEST

/* … while it waits there for A, which responds to nobody then. */
START_TEST(crash_elsewhere_blocked)
{
	REQ32(t, 1, 0, ID_N);
	REQ32(t, 1, ID_N, ID_M);
	REQ32(t, 1, ID_M, ID_A);
	RUN(t, 0, ID_M, 0);
	CRASH(t, 0);
	who(t, 1, A, 0);
	RESP32(t, 1, ID_A, ID_M);
	ck_ok(t);
	sees_error(t, 1, N, 1, FFA_ABORTED);
	ck_assert_uint_eq(ec_state(t, M, 1), EC_ABORTED);
	ck_assert_uint_eq(ec_state(t, A, 0), EC_WAITING);
}
END_TEST

START_TEST(crash_elsewhere_yielded)
{
	REQ32(t, 1, 0, ID_N);
	REQ32(t, 1, ID_N, ID_M);
	YIELD(t, 1);
	RUN(t, 0, ID_M, 0);
	CRASH(t, 0);
	DENY(t, 1, RUN_BY_SP, FFA_ID_RUN, FROM_TO(ID_M, 1));
	RESP32(t, 1, ID_N, 0);
	sees(t, 1, NS, 1, RESP);

	/* A yields to a context that is to abort */
	REQ32(t, 1, 0, ID_N);
	REQ32(t, 1, ID_N, ID_A);
	RUN(t, 0, ID_N, 0);
	CRASH(t, 0);
	YIELD(t, 1);
	sees_error(t, 1, NS, 1, FFA_ABORTED);
	ck_assert_uint_eq(model(t, A, 0), SPMC_RTM_RUN);
	RUN(t, 0, ID_A, 0);
	sees(t, 0, A, 0, FFA_ID_SUCCESS);
	WAIT(t, 0);
}
END_TEST

/* … while the chain there is preempted. */
START_TEST(crash_elsewhere_in_preempted_chain)
{
	REQ32(t, 1, 0, ID_A);
	REQ32(t, 1, ID_A, ID_N);
	REQ32(t, 1, ID_N, ID_M);
	PREEMPT(t, 1);
	RUN(t, 0, ID_N, 0);
	CRASH(t, 0);
	ck_assert_uint_eq(ec_state(t, N, 1), EC_ABORTED);
	ck_assert_uint_eq(model(t, M, 1), SPMC_RTM_RUN);
	RUN(t, 0, ID_M, 0);
	CRASH(t, 0);
	ck_assert_uint_eq(ec_state(t, M, 1), EC_ABORTED);
	ck_assert_uint_eq(ec_state(t, A, 0), EC_PREEMPTED);
	DENY(t, 1, RUN_ABORTED, FFA_ID_RUN, FROM_TO(ID_M, 1));
	/* nothing that it asked for is left */
	RUN(t, 1, ID_A, 0);
	DENY(t, 1, RUN_BY_SP, FFA_ID_RUN, FROM_TO(ID_N, 1));
	RESP32(t, 1, ID_A, 0);
	sees(t, 1, NS, 1, RESP);
	ck_assert_uint_eq(spmc_leaks(t->s), 0);
}
END_TEST

/* -- what becomes of it -------------------------------------------------------- */

START_TEST(action_propagate)
{
	unsigned int ep, ec;

	world_free(t);
	eps[A].abort = SPMC_ABORT_PROPAGATE;
	t = chain_new(cfg);
	ON(t, 0, REQ, FROM_TO(0, ID_A));
	ck_assert(spmc_crash(t->s, &t->env, 0, &t->out));
	ck_assert_uint_eq(t->out.spmd, (uint32_t)FFA_ID_ABORT_32);
	ck_assert_uint_eq(t->out.endpoint, SPMC_NOBODY);
	/* all CPUs, for good */
	ck_assert(!spmc_running(t->s, 0, &ep, &ec));
	ck_assert(!spmc_running(t->s, 1, &ep, &ec));
	spmc_boot(t->s, &t->env, 1, &t->out);
	ck_assert(!spmc_running(t->s, 1, &ep, &ec));
	ck_assert_int_eq(spmc_preempt(t->s, &t->env, 1, &t->out),
			 SPMC_TAKEN_NONE);
	ck_assert(!spmc_crash(t->s, &t->env, 1, &t->out));
}
END_TEST

START_TEST(action_configs)
{
	int where;

	ck_assert_ptr_null(spmc_check_config(cfg, &where));
	eps[A].abort = SPMC_ABORT_RESTART;
	ck_assert_ptr_null(spmc_check_config(cfg, &where));
	/* all contexts would have to end first */
	eps[A].abort = SPMC_ABORT_NONE;
	eps[M].abort = SPMC_ABORT_STOP;
	ck_assert_ptr_nonnull(spmc_check_config(cfg, &where));
	ck_assert_int_eq(where, M);
	eps[M].abort = SPMC_ABORT_PROPAGATE + 1;
	ck_assert_ptr_nonnull(spmc_check_config(cfg, &where));
}
END_TEST

Suite *check_sched(void)
{
	Suite *s = suite_create("sched");
	TCase *boot = tcase_create("boot");
	TCase *run = tcase_create("run");
	TCase *aborts = tcase_create("aborts");

	tcase_add_checked_fixture(boot, setup_boot, teardown);
	tcase_add_test(boot, boot_order);
	tcase_add_test(boot, boot_calls);
	tcase_add_test(boot, boot_secondary);
	tcase_add_test(boot, boot_entry);
	suite_add_tcase(s, boot);

	tcase_add_checked_fixture(run, setup, teardown);
	tcase_add_test(run, run_and_wait);
	tcase_add_test(run, wait_and_rx);
	tcase_add_test(run, wait_flags_of_1_1);
	tcase_add_test(run, yield_to_normal_world);
	tcase_add_test(run, yield_to_partition);
	tcase_add_test(run, preempt_one);
	tcase_add_test(run, preempt_chain);
	suite_add_tcase(s, run);

	tcase_add_checked_fixture(aborts, setup, teardown);
	tcase_add_test(aborts, action_propagate);
	tcase_add_test(aborts, action_configs);
	tcase_add_test(aborts, crash_in_chain);
	tcase_add_test(aborts, crash_of_sender);
	tcase_add_test(aborts, crash_elsewhere_running);
	tcase_add_test(aborts, crash_elsewhere_preempted);
	tcase_add_test(aborts, crash_elsewhere_blocked);
	tcase_add_test(aborts, crash_elsewhere_yielded);
	tcase_add_test(aborts, crash_elsewhere_in_preempted_chain);
	suite_add_tcase(s, aborts);
	return s;
}
