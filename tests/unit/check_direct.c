/* SPDX-License-Identifier: BSD-3-Clause */
/* Direct messages: who may send what to whom, and who answers. */
#include "unit.h"
#include "chain.h"

#define REQ	FFA_ID_MSG_SEND_DIRECT_REQ_32
#define REQ64	FFA_ID_MSG_SEND_DIRECT_REQ_64
#define REQ2	FFA_ID_MSG_SEND_DIRECT_REQ2
#define RESP	FFA_ID_MSG_SEND_DIRECT_RESP_32
#define RESP64	FFA_ID_MSG_SEND_DIRECT_RESP_64
#define RESP2	FFA_ID_MSG_SEND_DIRECT_RESP2
#define FWK(type) ((uint32_t)FFA_FWK | (type))

static struct world *t;
static struct spmc_endpoint_config *eps;
static struct spmc_config *cfg;

static void setup(void)
{
	cfg = chain_config(&eps);
	t = chain_new(cfg);
}

static void again(void)
{
	world_free(t);
	t = chain_new(cfg);
}

static void teardown(void)
{
	world_free(t);
}

START_TEST(round_trip)
{
	ON(t, 0, REQ, FROM_TO(0, ID_A), 0, 3, 4, 5, 6, 7 | 1ull << 32);
	sees(t, 0, A, 0, REQ);
	ck_assert_uint_eq(t->out.regs.x[1], FROM_TO(0, ID_A));
	ck_assert_uint_eq(t->out.regs.x[2], 0);
	ck_assert_uint_eq(t->out.regs.x[3], 3);
	ck_assert_uint_eq(t->out.regs.x[7], 7);
	ck_assert_uint_eq(t->out.regs.x[8], 0);
	ck_assert_uint_eq(ec_state(t, NS, 0), EC_BLOCKED);
	ck_assert_uint_eq(ec_state(t, A, 0), EC_RUNNING);
	ck_assert_uint_eq(model(t, A, 0), SPMC_RTM_DIRECT_REQ);
	ck_assert_uint_eq(spmc_leaks(t->s), 1);

	ON(t, 0, RESP, FROM_TO(ID_A, 0), 0, 13, 14, 15, 16, 17);
	sees(t, 0, NS, 0, RESP);
	ck_assert_uint_eq(t->out.regs.x[1], FROM_TO(ID_A, 0));
	ck_assert_uint_eq(t->out.regs.x[3], 13);
	ck_assert_uint_eq(t->out.regs.x[7], 17);
	ck_assert_uint_eq(ec_state(t, A, 0), EC_WAITING);
	ck_assert_uint_eq(spmc_leaks(t->s), 0);

	ON(t, 1, REQ64, FROM_TO(1, ID_M), 0, 1ull << 40);
	sees(t, 1, M, 1, REQ64);
	ck_assert_uint_eq(t->out.regs.x[3], 1ull << 40);
	ON(t, 1, RESP64, FROM_TO(ID_M, 1), 0, 1ull << 41);
	sees(t, 1, NS, 1, RESP64);
	ck_assert_uint_eq(t->out.regs.x[3], 1ull << 41);
}
END_TEST

/* 18 registers, and those of others survive an 8-register message. */
START_TEST(round_trip_2)
{
	struct ffa_value in = { { REQ2, FROM_TO(0, ID_A), 0x11, 0, 4 } };
	unsigned int i;

	in.x[0] = (uint32_t)REQ2;
	for (i = 4; i < FFA_REGS; i++)
		in.x[i] = 0x100000000ull + i;
	world_smc(t, 0, &in);
	sees(t, 0, A, 0, REQ2);
	ck_assert_uint_eq(t->out.regs.x[2], 0x11);
	for (i = 4; i < FFA_REGS; i++)
		ck_assert_uint_eq(t->out.regs.x[i], in.x[i]);

	ON(t, 0, REQ, FROM_TO(ID_A, ID_B));
	sees(t, 0, B, 0, REQ);
	for (i = 8; i < FFA_REGS; i++)
		ck_assert_uint_eq(t->out.regs.x[i], 0);
	RESP32(t, 0, ID_B, ID_A);
	sees(t, 0, A, 0, RESP);

	in.x[0] = (uint32_t)RESP2;
	in.x[1] = FROM_TO(ID_A, 0);
	in.x[2] = in.x[3] = 1;
	world_smc(t, 0, &in);
	sees(t, 0, NS, 0, RESP2);
	ck_assert_uint_eq(t->out.regs.x[2], 0);
	ck_assert_uint_eq(t->out.regs.x[3], 0);
	for (i = 4; i < FFA_REGS; i++)
		ck_assert_uint_eq(t->out.regs.x[i], in.x[i]);
}
END_TEST

START_TEST(chain)
{
	REQ32(t, 0, 0, ID_M);
	sees(t, 0, M, 0, REQ);
	REQ32(t, 0, ID_M, ID_A);
	sees(t, 0, A, 0, REQ);
	REQ32(t, 0, ID_A, ID_N);
	sees(t, 0, N, 0, REQ);
	ck_assert_uint_eq(spmc_leaks(t->s), 3);
	/* no way back into the chain, or to oneself */
	DENY(t, 0, DIRECT_REQ_BUSY, REQ, FROM_TO(ID_N, ID_M));
	ck_assert_uint_eq(t->out.subject, M);
	ck_assert_uint_eq(t->out.subject_ec, 0);
	DENY(t, 0, DIRECT_REQ2_BUSY, REQ2, FROM_TO(ID_N, ID_A));
	/* the other CPU: its own contexts of M and N, but not A */
	DENY(t, 1, DIRECT_REQ_BUSY, REQ, FROM_TO(0, ID_A));
	REQ32(t, 1, 0, ID_N);
	sees(t, 1, N, 1, REQ);
	RESP32(t, 0, ID_N, ID_A);
	sees(t, 0, A, 0, RESP);
	RESP32(t, 0, ID_A, ID_M);
	sees(t, 0, M, 0, RESP);
	/* A migrates */
	REQ32(t, 1, ID_N, ID_A);
	sees(t, 1, A, 0, REQ);
	DENY(t, 0, DIRECT_REQ_BUSY, REQ, FROM_TO(ID_M, ID_A));
	RESP32(t, 0, ID_M, 0);
	sees(t, 0, NS, 0, RESP);
	RESP32(t, 1, ID_A, ID_N);
	sees(t, 1, N, 1, RESP);
	RESP32(t, 1, ID_N, 0);
	sees(t, 1, NS, 1, RESP);
	ck_assert_uint_eq(spmc_leaks(t->s), 0);
}
END_TEST

START_TEST(refused_requests)
{
	DENY(t, 0, DIRECT_REQ_W2, REQ, FROM_TO(0, ID_A), 1);
	sees_error(t, 0, NS, 0, FFA_INVALID_PARAMETERS);
	DENY(t, 0, DIRECT_REQ_W2, REQ64, FROM_TO(0, ID_A), 1ull << 32);
	DENY(t, 0, DIRECT_REQ_FWK_W2, REQ, FROM_TO(0, ID_A), FWK(0x104));
	DENY(t, 0, DIRECT_REQ_SENDER, REQ, FROM_TO(ID_B, ID_A));
	DENY(t, 0, DIRECT_REQ2_SENDER, REQ2, FROM_TO(ID_B, ID_A));
	DENY(t, 0, DIRECT_REQ_SELF, REQ, FROM_TO(0, 0));
	DENY(t, 0, DIRECT_REQ2_SELF, REQ2, FROM_TO(1, 1));
	DENY(t, 0, DIRECT_REQ_WORLD, REQ, FROM_TO(0, 1));
	DENY(t, 0, DIRECT_REQ2_WORLD, REQ2, FROM_TO(0, 1));
	DENY(t, 0, DIRECT_REQ_RECEIVER, REQ, FROM_TO(0, 0x8000));
	DENY(t, 0, DIRECT_REQ2_RECEIVER, REQ2, FROM_TO(0, 0x8009));
	DENY(t, 0, DIRECT_REQ2_UUID, REQ2, FROM_TO(0, ID_A), 0x21);
	ON(t, 0, REQ2, FROM_TO(0, ID_A), 0x12);
	ck_ok(t);
	DENY(t, 0, DIRECT_REQ_SENDER, REQ, FROM_TO(0, ID_B));
	DENY(t, 0, DIRECT_REQ_SELF, REQ, FROM_TO(ID_A, ID_A));
	DENY(t, 0, DIRECT_REQ_WORLD, REQ, FROM_TO(ID_A, 0));
}
END_TEST

START_TEST(properties)
{
	eps[A].props &= ~(unsigned int)(FFA_PART_RECV_DIRECT |
					FFA_PART_SEND_DIRECT2);
	eps[B].props &= ~(unsigned int)(FFA_PART_RECV_DIRECT2 |
					FFA_PART_SEND_DIRECT);
	eps[M].version = FFA_V1_1;
	again();
	DENY(t, 0, DIRECT_REQ_CANNOT_RECEIVE, REQ, FROM_TO(0, ID_A));
	sees_error(t, 0, NS, 0, FFA_DENIED);
	DENY(t, 0, DIRECT_REQ2_CANNOT_RECEIVE, REQ2, FROM_TO(0, ID_B));
	DENY(t, 0, DIRECT_REQ2_VERSION, REQ2, FROM_TO(0, ID_M));
	ON(t, 0, REQ2, FROM_TO(0, ID_A));
	sees(t, 0, A, 0, REQ2);
	DENY(t, 0, DIRECT_REQ2_CANNOT_SEND, REQ2, FROM_TO(ID_A, ID_N));
	REQ32(t, 0, ID_A, ID_B);
	sees(t, 0, B, 0, REQ);
	DENY(t, 0, DIRECT_REQ_CANNOT_SEND, REQ, FROM_TO(ID_B, ID_N));
	ON(t, 0, REQ2, FROM_TO(ID_B, ID_N));
	sees(t, 0, N, 0, REQ2);
}
END_TEST

START_TEST(refused_responses)
{
	DENY(t, 0, DIRECT_RESP_NORMAL_WORLD, RESP, FROM_TO(0, ID_A));
	DENY(t, 0, DIRECT_RESP2_NORMAL_WORLD, RESP2, FROM_TO(0, ID_A));
	REQ32(t, 0, 0, ID_A);
	DENY(t, 0, DIRECT_RESP_W2, RESP, FROM_TO(ID_A, 0), 1);
	DENY(t, 0, DIRECT_RESP_SENDER, RESP, FROM_TO(ID_B, 0));
	DENY(t, 0, DIRECT_RESP_SENDER, RESP, FROM_TO(ID_A, ID_A));
	DENY(t, 0, DIRECT_RESP2_SENDER, RESP2, FROM_TO(ID_B, 0));
	DENY(t, 0, DIRECT_RESP_RECEIVER, RESP, FROM_TO(ID_A, 1));
	DENY(t, 0, DIRECT_RESP2_RECEIVER, RESP2, FROM_TO(ID_A, 1));
	DENY(t, 0, DIRECT_RESP_FORM, RESP64, FROM_TO(ID_A, 0));
	DENY(t, 0, DIRECT_RESP2_FORM, RESP2, FROM_TO(ID_A, 0));
	DENY(t, 0, DIRECT_RESP_FWK_W2, RESP, FROM_TO(ID_A, 0), FWK(0x105));
	DENY(t, 0, DIRECT_RESP_FWK_UNASKED, RESP, FROM_TO(ID_A, 0),
	     FWK(FFA_FWK_VM_CREATED_RESP));
	DENY(t, 0, MSG_WAIT_MODEL, FFA_ID_MSG_WAIT);
	DENY(t, 0, ERROR_MODEL, FFA_ID_ERROR, 0, (uint32_t)FFA_DENIED);
	RESP32(t, 0, ID_A, 0);
	sees(t, 0, NS, 0, RESP);

	RUN(t, 0, ID_A, 0);
	sees(t, 0, A, 0, FFA_ID_RUN);
	DENY(t, 0, DIRECT_RESP_MODEL, RESP, FROM_TO(ID_A, 0));
	DENY(t, 0, DIRECT_RESP2_MODEL, RESP2, FROM_TO(ID_A, 0));
	REQ32(t, 0, ID_A, ID_B);
	YIELD(t, 0);
	sees(t, 0, A, 0, FFA_ID_YIELD);
	DENY(t, 0, MSG_WAIT_OUTSTANDING, FFA_ID_MSG_WAIT);
	YIELD(t, 0);
	sees(t, 0, NS, 0, FFA_ID_YIELD);

	REQ32(t, 0, 0, ID_M);
	REQ32(t, 0, ID_M, ID_N);
	YIELD(t, 0);
	sees(t, 0, M, 0, FFA_ID_YIELD);
	DENY(t, 0, DIRECT_RESP_OUTSTANDING, RESP, FROM_TO(ID_M, 0));
	ON(t, 1, REQ2, FROM_TO(0, ID_M));
	ON(t, 1, REQ2, FROM_TO(ID_M, ID_N));
	YIELD(t, 1);
	DENY(t, 1, DIRECT_RESP2_OUTSTANDING, RESP2, FROM_TO(ID_M, 0));
}
END_TEST

START_TEST(vm_availability)
{
	DENY(t, 0, DIRECT_REQ_FWK_TYPE, REQ, FROM_TO(0, ID_B), FWK(5));
	DENY(t, 0, DIRECT_REQ_FWK_TYPE, REQ, FROM_TO(0, ID_B), FWK(99));
	DENY(t, 0, DIRECT_REQ_FWK_SPMD, REQ, FROM_TO(0, ID_B),
	     FWK(FFA_FWK_PSCI_REQ));
	DENY(t, 0, DIRECT_REQ_FWK_SPMD, REQ, FROM_TO(0xffff, 0x8000),
	     FWK(FFA_FWK_VERSION_REQ), FFA_V1_1);
	DENY(t, 0, DIRECT_REQ_FWK_SENDER, REQ, FROM_TO(1, ID_B),
	     FWK(FFA_FWK_VM_CREATED));
	DENY(t, 0, DIRECT_REQ_FWK_SUBSCRIBED, REQ, FROM_TO(0, ID_A),
	     FWK(FFA_FWK_VM_CREATED));
	DENY(t, 0, DIRECT_REQ_FWK_SUBSCRIBED, REQ, FROM_TO(0, ID_A),
	     FWK(FFA_FWK_VM_DESTROYED));
	ON(t, 0, REQ, FROM_TO(0, ID_B), FWK(FFA_FWK_VM_CREATED), 1, 2, 3);
	sees(t, 0, B, 0, REQ);
	ck_assert_uint_eq(t->out.regs.x[2], FWK(FFA_FWK_VM_CREATED));
	ck_assert_uint_eq(t->out.regs.x[5], 3);
	DENY(t, 0, DIRECT_REQ_FWK_SENDER, REQ, FROM_TO(ID_B, ID_A),
	     FWK(FFA_FWK_VM_CREATED));
	DENY(t, 0, DIRECT_RESP_FWK, RESP, FROM_TO(ID_B, 0));
	DENY(t, 0, DIRECT_RESP_FWK_OTHER, RESP, FROM_TO(ID_B, 0),
	     FWK(FFA_FWK_VM_DESTROYED_RESP));
	DENY(t, 0, DIRECT_RESP_FWK_TYPE, RESP, FROM_TO(ID_B, 0),
	     FWK(FFA_FWK_VM_CREATED));
	ON(t, 0, RESP, FROM_TO(ID_B, 0), FWK(FFA_FWK_VM_CREATED_RESP));
	sees(t, 0, NS, 0, RESP);
	ck_assert_uint_eq(t->out.regs.x[2], FWK(FFA_FWK_VM_CREATED_RESP));
	ON(t, 0, REQ, FROM_TO(0, ID_B), FWK(FFA_FWK_VM_DESTROYED));
	ON(t, 0, RESP, FROM_TO(ID_B, 0), FWK(FFA_FWK_VM_DESTROYED_RESP));
	sees(t, 0, NS, 0, RESP);
}
END_TEST

enum { CPU_OFF_CALL = (int)0x84000002, SUSPEND_CALL = (int)0xc4000001 };

START_TEST(cpu_off)
{
	unsigned int ep, ec;

	/* refused by M: the CPU stays on */
	ON(t, 1, CPU_OFF_CALL);
	sees(t, 1, M, 1, REQ);
	ck_assert_uint_eq(t->out.regs.x[1], FROM_TO(FFA_ID_SPMC, ID_M));
	ck_assert_uint_eq(t->out.regs.x[2], FWK(FFA_FWK_PSCI_REQ));
	ck_assert_uint_eq(t->out.regs.x[3], (uint32_t)CPU_OFF_CALL);
	ck_assert(!spmc_preempt(t->s, &t->env, 1, &t->out));
	DENY(t, 1, DIRECT_REQ_POWER, REQ, FROM_TO(ID_M, ID_A));
	DENY(t, 1, DIRECT_REQ2_POWER, REQ2, FROM_TO(ID_M, ID_A));
	DENY(t, 1, YIELD_POWER, FFA_ID_YIELD);
	DENY(t, 1, RUN_POWER, FFA_ID_RUN, FROM_TO(ID_A, 0));
	DENY(t, 1, DIRECT_RESP_RECEIVER, RESP, FROM_TO(ID_M, 0),
	     FWK(FFA_FWK_PM_RESP));
	DENY(t, 1, DIRECT_RESP_FWK_TYPE, RESP, FROM_TO(ID_M, FFA_ID_SPMC),
	     FWK(FFA_FWK_VM_CREATED_RESP));
	ON(t, 1, RESP, FROM_TO(ID_M, FFA_ID_SPMC), FWK(FFA_FWK_PM_RESP),
	   (uint32_t)-3);
	who(t, 1, NS, 1);
	ck_assert_uint_eq(t->out.regs.x[0], (uint32_t)-3);

	/* N is in the middle of work, and A on its behalf */
	REQ32(t, 1, 0, ID_N);
	REQ32(t, 1, ID_N, ID_A);
	PREEMPT(t, 1);
	REQ32(t, 1, 0, ID_B);
	YIELD(t, 1);
	ON(t, 1, CPU_OFF_CALL);
	ON(t, 1, RESP, FROM_TO(ID_M, FFA_ID_SPMC), FWK(FFA_FWK_PM_RESP));
	ck_assert(!spmc_running(t->s, 1, &ep, &ec));
	ck_assert_uint_eq(t->out.endpoint, SPMC_NOBODY);
	ck_assert_uint_eq(ec_state(t, NS, 1), EC_OFF);
	ck_assert_uint_eq(ec_state(t, M, 1), EC_OFF);
	ck_assert_uint_eq(ec_state(t, N, 1), EC_OFF);
	/* A's request is gone; B's sender is the same normal world */
	RUN(t, 0, ID_A, 0);
	who(t, 0, A, 0);
	ck_assert_uint_eq(model(t, A, 0), SPMC_RTM_RUN);
	WAIT(t, 0);
	sees(t, 0, NS, 0, FFA_ID_MSG_WAIT);
	RUN(t, 0, ID_B, 0);
	sees(t, 0, B, 0, FFA_ID_SUCCESS);
	RESP32(t, 0, ID_B, 0);
	sees(t, 0, NS, 0, RESP);

	spmc_boot(t->s, &t->env, 1, &t->out);
	who(t, 1, M, 1);
	WAIT(t, 1);
	who(t, 1, N, 1);
	CRASH(t, 1);
	who(t, 1, NS, 1);

	/* an aborted partition has no say, and does not boot again */
	ON(t, 0, CPU_OFF_CALL);
	sees(t, 0, M, 0, REQ);
	CRASH(t, 0);
	ck_assert(!spmc_running(t->s, 0, &ep, &ec));
	spmc_boot(t->s, &t->env, 0, &t->out);
	who(t, 0, NS, 0);
	ck_assert_uint_eq(spmc_leaks(t->s), 0);
}
END_TEST

/* Nobody to tell: no message. */
START_TEST(cpu_off_alone)
{
	unsigned int ep, ec;

	eps[M].pm = 0;
	again();
	REQ32(t, 1, 0, ID_N);
	REQ32(t, 1, ID_N, ID_M);
	PREEMPT(t, 1);
	ON(t, 1, CPU_OFF_CALL);
	ck_assert(!spmc_running(t->s, 1, &ep, &ec));
	ck_assert_uint_eq(ec_state(t, M, 1), EC_OFF);
	ck_assert_uint_eq(ec_state(t, N, 1), EC_OFF);

	/* the rest of a chain that lost its head goes on under FFA_RUN */
	chain_boot(t, 1);
	REQ32(t, 1, 0, ID_N);
	REQ32(t, 1, ID_N, ID_A);
	REQ32(t, 1, ID_A, ID_B);
	PREEMPT(t, 1);
	ON(t, 1, CPU_OFF_CALL);
	chain_boot(t, 1);
	DENY(t, 0, RUN_CHAIN_CPU, FFA_ID_RUN, FROM_TO(ID_A, 0));
	RUN(t, 1, ID_A, 0);
	RUN(t, 1, ID_B, 0);
	RESP32(t, 1, ID_B, ID_A);
	sees(t, 1, A, 0, RESP);
	DENY(t, 1, DIRECT_RESP_MODEL, RESP, FROM_TO(ID_A, ID_N));
	WAIT(t, 1);
	sees(t, 1, NS, 1, FFA_ID_MSG_WAIT);
}
END_TEST

START_TEST(suspend)
{
	ON(t, 0, SUSPEND_CALL);
	sees(t, 0, M, 0, REQ);
	ck_assert_uint_eq(t->out.regs.x[3], (uint32_t)SUSPEND_CALL);
	ON(t, 0, RESP, FROM_TO(ID_M, FFA_ID_SPMC), FWK(FFA_FWK_PM_RESP),
	   (uint32_t)-3);
	sees(t, 0, M, 0, REQ);
	ck_assert_uint_eq(t->out.regs.x[2], FWK(FFA_FWK_PM_WARM_BOOT));
	ck_assert_uint_eq(t->out.regs.x[3], 1);
	ON(t, 0, RESP, FROM_TO(ID_M, FFA_ID_SPMC), FWK(FFA_FWK_PM_RESP));
	who(t, 0, NS, 0);
	ck_assert_uint_eq(t->out.regs.x[0], 0);

	/* M is busy: it is not told, and nothing happens */
	REQ32(t, 0, 0, ID_M);
	YIELD(t, 0);
	ON(t, 0, SUSPEND_CALL & ~0x40000000);
	who(t, 0, NS, 0);
	ck_assert_uint_eq(ec_state(t, M, 0), EC_YIELDED);
}
END_TEST

Suite *check_direct(void)
{
	Suite *s = suite_create("direct");
	TCase *tc = tcase_create("direct");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, round_trip_2);
	tcase_add_test(tc, chain);
	tcase_add_test(tc, refused_requests);
	tcase_add_test(tc, properties);
	tcase_add_test(tc, refused_responses);
	tcase_add_test(tc, vm_availability);
	tcase_add_test(tc, cpu_off);
	tcase_add_test(tc, cpu_off_alone);
	tcase_add_test(tc, suspend);
	suite_add_tcase(s, tc);
	return s;
}
