/* SPDX-License-Identifier: BSD-3-Clause */
/* FFA_CONSOLE_LOG: how much, and what comes out. */
#include "unit.h"
#include "chain.h"

static struct world *t;

static void setup(void)
{
	struct spmc_endpoint_config *eps;

	t = chain_new(chain_config(&eps));
	REQ32(t, 0, 0, ID_A);
}

static void teardown(void)
{
	world_free(t);
}

static unsigned int log_chars(uint32_t fid, uint64_t count,
			      char text[SPMC_MAX_LOGGED])
{
	struct ffa_value in = { { fid, count } };
	unsigned int i;

	for (i = 0; i < 128; i++)
		in.x[2 + i / (ffa_is_64(fid) ? 8 : 4) % 16] |=
			(uint64_t)('0' + i % 64) <<
			i % (ffa_is_64(fid) ? 8 : 4) * 8;
	world_smc(t, 0, &in);
	return spmc_logged(&in, &t->out, text);
}

START_TEST(counts)
{
	char text[SPMC_MAX_LOGGED];
	unsigned int i, n;

	for (n = 0; n < 140; n++) {
		unsigned int got = log_chars((uint32_t)FFA_ID_CONSOLE_LOG_64,
					     n, text);

		ck_assert_uint_eq(got, n && n <= 128 ? n : 0);
		ck_assert_uint_eq(t->out.rule, got ? RULE_NONE :
				  RULE_CONSOLE_LOG_COUNT);
		for (i = 0; i < got; i++)
			ck_assert_int_eq(text[i], '0' + i % 64);
		got = log_chars((uint32_t)FFA_ID_CONSOLE_LOG_32, n, text);
		ck_assert_uint_eq(got, n && n <= 24 ? n : 0);
	}
	/* x1 as a whole in the 64-bit form, w1 in the other */
	ck_assert_uint_eq(log_chars((uint32_t)FFA_ID_CONSOLE_LOG_64,
				    0x100000001, text), 0);
	ck_assert_uint_eq(log_chars((uint32_t)FFA_ID_CONSOLE_LOG_32,
				    0x100000001, text), 1);
	ON(t, 0, FFA_ID_ID_GET);
	ck_assert_uint_eq(t->out.logged, 0);
}
END_TEST

START_TEST(normal_world)
{
	RESP32(t, 0, ID_A, 0);
	DENY(t, 0, GATE_INSTANCE, FFA_ID_CONSOLE_LOG_32, 1);
	DENY(t, 0, GATE_INSTANCE, FFA_ID_CONSOLE_LOG_64, 1);
}
END_TEST

Suite *check_console(void)
{
	Suite *s = suite_create("console");
	TCase *t1 = tcase_create("console");

	tcase_add_checked_fixture(t1, setup, teardown);
	tcase_add_test(t1, counts);
	tcase_add_test(t1, normal_world);
	suite_add_tcase(s, t1);
	return s;
}
