/* SPDX-License-Identifier: BSD-3-Clause */
/* Notifications, by case; and the packing of INFO_GET. */
#include "unit.h"
#include "notif.h"

static struct world *t;

static void setup(void)
{
	t = notif_world();
}

static void teardown(void)
{
	world_free(t);
}

static void ok(struct world *w)
{
	if (w->out.rule)
		ck_abort_msg("refused by %s", spmc_rules[w->out.rule].name);
}

/* Lets the normal world run `id`, which is in the middle of a request. */
static void enter(uint16_t id)
{
	REQ32(t, 0, 0, id);
	ok(t);
}

static void leave(uint16_t id)
{
	RESP32(t, 0, id, 0);
	ok(t);
}

/* -- by case --------------------------------------------------------------- */

START_TEST(bitmaps)
{
	DENY(t, 0, NOTIF_CREATE_VM, FFA_ID_NOTIFICATION_BITMAP_CREATE, ID_A, 1);
	DENY(t, 0, NOTIF_CREATE_VM, FFA_ID_NOTIFICATION_BITMAP_CREATE, 7, 1);
	DENY(t, 0, NOTIF_CREATE_VCPUS, FFA_ID_NOTIFICATION_BITMAP_CREATE, 1,
	     VCPUS + 1);
	DENY(t, 0, NOTIF_DESTROY_ABSENT, FFA_ID_NOTIFICATION_BITMAP_DESTROY, 1);
	CREATE(t, 1, VCPUS);
	ck_ok(t);
	DENY(t, 0, NOTIF_CREATE_TWICE, FFA_ID_NOTIFICATION_BITMAP_CREATE, 1, 1);
	CREATE(t, 0, 1);
	ck_ok(t);
	DENY(t, 0, NOTIF_DESTROY_VM, FFA_ID_NOTIFICATION_BITMAP_DESTROY, ID_A);
	DENY(t, 0, NOTIF_GET_VCPU, FFA_ID_NOTIFICATION_GET, FROM_TO(1, 0), SPS);
	GET(t, VCPUS - 1, 1, SPS);
	ck_ok(t);

	BIND(t, ID_A, 1, 0, BIT(3));
	ck_ok(t);
	enter(ID_A);
	SET(t, ID_A, 1, 0, BIT(3));
	ck_ok(t);
	leave(ID_A);
	DENY(t, 0, NOTIF_DESTROY_PENDING, FFA_ID_NOTIFICATION_BITMAP_DESTROY,
	     1);
	INFO64(t);
	DENY(t, 0, NOTIF_DESTROY_PENDING, FFA_ID_NOTIFICATION_BITMAP_DESTROY,
	     1);
	GET(t, 0, 1, SPS | SPM);
	ck_assert_uint_eq(two_regs(t, 2), BIT(3));
	ON(t, 0, FFA_ID_NOTIFICATION_BITMAP_DESTROY, 1);
	ck_ok(t);
	DENY(t, 0, NOTIF_GET_VCPU, FFA_ID_NOTIFICATION_GET, 1, SPS);

	/* the binding went with the bitmap */
	CREATE(t, 1, 0);
	ck_ok(t);
	enter(ID_A);
	DENY(t, 0, NOTIF_SET_NOT_BOUND, FFA_ID_NOTIFICATION_SET,
	     FROM_TO(ID_A, 1), 0, 8);
	leave(ID_A);
}
END_TEST

START_TEST(binding)
{
	DENY(t, 0, NOTIF_BIND_ABSENT, FFA_ID_NOTIFICATION_BIND,
	     FROM_TO(ID_A, 0), 0, 1);
	CREATE(t, 0, 2);
	DENY(t, 0, NOTIF_BIND_FLAGS, FFA_ID_NOTIFICATION_BIND,
	     FROM_TO(ID_A, 0), 2, 1);
	DENY(t, 0, NOTIF_BIND_SELF, FFA_ID_NOTIFICATION_BIND, 0, 0, 1);
	DENY(t, 0, NOTIF_BIND_CALLER, FFA_ID_NOTIFICATION_BIND,
	     FROM_TO(ID_A, ID_B), 0, 1);
	DENY(t, 0, NOTIF_BIND_WORLD, FFA_ID_NOTIFICATION_BIND,
	     FROM_TO(1, 0), 0, 1);
	DENY(t, 0, NOTIF_BIND_EMPTY, FFA_ID_NOTIFICATION_BIND,
	     FROM_TO(ID_A, 0), 0, 0);
	DENY(t, 0, NOTIF_BIND_RECEIVER, FFA_ID_NOTIFICATION_BIND,
	     FROM_TO(ID_A, 7), 0, 1);
	DENY(t, 0, NOTIF_BIND_SENDER, FFA_ID_NOTIFICATION_BIND,
	     FROM_TO(0x8099, 0), 0, 1);
	BIND(t, ID_A, 0, 0, BIT(0) | BIT(63));
	ck_ok(t);
	DENY(t, 0, NOTIF_BIND_BOUND, FFA_ID_NOTIFICATION_BIND,
	     FROM_TO(ID_A, 0), 0, 1);
	DENY(t, 0, NOTIF_BIND_BOUND, FFA_ID_NOTIFICATION_BIND,
	     FROM_TO(ID_B, 0), 0, 2, 0x80000000);

	DENY(t, 0, NOTIF_UNBIND_FLAGS, FFA_ID_NOTIFICATION_UNBIND,
	     FROM_TO(ID_A, 0), 1, 1);
	DENY(t, 0, NOTIF_UNBIND_SELF, FFA_ID_NOTIFICATION_UNBIND, 0, 0, 1);
	DENY(t, 0, NOTIF_UNBIND_CALLER, FFA_ID_NOTIFICATION_UNBIND,
	     FROM_TO(0, ID_A), 0, 1);
	DENY(t, 0, NOTIF_UNBIND_WORLD, FFA_ID_NOTIFICATION_UNBIND,
	     FROM_TO(1, 0), 0, 1);
	DENY(t, 0, NOTIF_UNBIND_EMPTY, FFA_ID_NOTIFICATION_UNBIND,
	     FROM_TO(ID_A, 0));
	DENY(t, 0, NOTIF_UNBIND_RECEIVER, FFA_ID_NOTIFICATION_UNBIND,
	     FROM_TO(ID_A, 7), 0, 1);
	DENY(t, 0, NOTIF_UNBIND_ABSENT, FFA_ID_NOTIFICATION_UNBIND,
	     FROM_TO(ID_A, 1), 0, 1);
	DENY(t, 0, NOTIF_UNBIND_NOT_BOUND, FFA_ID_NOTIFICATION_UNBIND,
	     FROM_TO(ID_A, 0), 0, 3);
	DENY(t, 0, NOTIF_UNBIND_SENDER, FFA_ID_NOTIFICATION_UNBIND,
	     FROM_TO(ID_B, 0), 0, 1);
	enter(ID_A);
	SET(t, ID_A, 0, 0, BIT(63));
	ck_ok(t);
	leave(ID_A);
	DENY(t, 0, NOTIF_UNBIND_PENDING, FFA_ID_NOTIFICATION_UNBIND,
	     FROM_TO(ID_A, 0), 0, 1, 0x80000000);
	UNBIND(t, ID_A, 0, BIT(0));
	ck_ok(t);
	GET(t, 1, 0, SPS);
	ck_assert_uint_eq(two_regs(t, 2), BIT(63));
	UNBIND(t, ID_A, 0, BIT(63));
	ck_ok(t);
	BIND(t, ID_B, 0, PER_VCPU, UINT64_MAX);
	ck_ok(t);
}
END_TEST

START_TEST(setting)
{
	CREATE(t, 0, 2);
	CREATE(t, 1, 4);
	enter(ID_A);
	BIND(t, 0, ID_A, 0, BIT(0));
	BIND(t, ID_B, ID_A, 0, BIT(0));
	BIND(t, ID_M, ID_A, 0, BIT(1));
	BIND(t, 0, ID_A, PER_VCPU, BIT(2));
	ck_ok(t);
	leave(ID_A);

	DENY(t, 0, NOTIF_SET_FLAGS, FFA_ID_NOTIFICATION_SET, ID_A, 4, 1);
	DENY(t, 0, NOTIF_SET_GLOBAL_VCPU, FFA_ID_NOTIFICATION_SET, ID_A,
	     0x10000, 1);
	DENY(t, 0, NOTIF_SET_SELF, FFA_ID_NOTIFICATION_SET, 0, 0, 1);
	DENY(t, 0, NOTIF_SET_CALLER, FFA_ID_NOTIFICATION_SET,
	     FROM_TO(ID_B, ID_A), 0, 1);
	DENY(t, 0, NOTIF_SET_WORLD, FFA_ID_NOTIFICATION_SET, 1, 0, 1);
	DENY(t, 0, NOTIF_SET_EMPTY, FFA_ID_NOTIFICATION_SET, ID_A);
	DENY(t, 0, NOTIF_SET_DELAY, FFA_ID_NOTIFICATION_SET, ID_A, DELAY, 1);
	DENY(t, 0, NOTIF_SET_RECEIVER, FFA_ID_NOTIFICATION_SET, 0x8099, 0, 1);
	DENY(t, 0, NOTIF_SET_NOT_BOUND, FFA_ID_NOTIFICATION_SET, ID_A, 0, 2);
	DENY(t, 0, NOTIF_SET_SENDER, FFA_ID_NOTIFICATION_SET,
	     FROM_TO(1, ID_A), 0, 1);
	DENY(t, 0, NOTIF_SET_KIND, FFA_ID_NOTIFICATION_SET, ID_A, PER_VCPU, 1);
	DENY(t, 0, NOTIF_SET_KIND, FFA_ID_NOTIFICATION_SET, ID_A, 0, 5);
	DENY(t, 0, NOTIF_SET_VCPU, FFA_ID_NOTIFICATION_SET, ID_A, VCPU(1), 4);
	SET(t, 0, ID_A, 0, BIT(0));
	ck_ok(t);
	SET(t, 0, ID_A, VCPU(0), BIT(2));
	ck_ok(t);
	DENY(t, 0, NOTIF_GET_CALLER, FFA_ID_NOTIFICATION_GET, ID_A, SPS);
	DENY(t, 0, NOTIF_GET_FLAGS, FFA_ID_NOTIFICATION_GET, 0, 16);
	DENY(t, 0, NOTIF_GET_WORLD, FFA_ID_NOTIFICATION_GET, 0, VMS);
	DENY(t, 0, NOTIF_GET_WORLD, FFA_ID_NOTIFICATION_GET, 0, HYP);
	DENY(t, 0, NOTIF_GET_RECEIVER, FFA_ID_NOTIFICATION_GET, 7, SPS);

	/* what is not asked for stays */
	enter(ID_A);
	DENY(t, 0, NOTIF_GET_CALLER, FFA_ID_NOTIFICATION_GET, ID_B, SPS);
	DENY(t, 0, NOTIF_SET_CALLER, FFA_ID_NOTIFICATION_SET,
	     FROM_TO(ID_B, 0), 0, 1);
	GET(t, 0, ID_A, SPS | SPM | HYP);
	ck_assert_uint_eq(two_regs(t, 2) | two_regs(t, 4) | two_regs(t, 6), 0);
	GET(t, 0, ID_A, SPS | VMS);
	ck_assert_uint_eq(two_regs(t, 2), 0);
	ck_assert_uint_eq(two_regs(t, 4), BIT(0) | BIT(2));
	GET(t, 0, ID_A, VMS);
	ck_assert_uint_eq(two_regs(t, 4), 0);
	leave(ID_A);
}
END_TEST

START_TEST(disabled)
{
	struct spmc_endpoint_config *eps;
	struct spmc_config *cfg = chain_config(&eps);

	world_free(t);
	eps[A].props &= ~(uint32_t)FFA_PART_NOTIFICATION;
	t = chain_new(cfg);
	DENY(t, 0, NOTIF_SET_ABSENT, FFA_ID_NOTIFICATION_SET, ID_A, 0, 1);
	enter(ID_A);
	DENY(t, 0, NOTIF_BIND_ABSENT, FFA_ID_NOTIFICATION_BIND,
	     FROM_TO(0, ID_A), 0, 1);
	leave(ID_A);
	eps[A].version = FFA_V1_0;
	world_free(t);
	t = chain_new(cfg);
	enter(ID_A);
	DENY(t, 0, GATE_VERSION, FFA_ID_NOTIFICATION_BIND, FROM_TO(0, ID_A),
	     0, 1);
	leave(ID_A);
}
END_TEST

START_TEST(interrupts)
{
	CREATE(t, 0, 2);
	BIND(t, ID_A, 0, 0, BIT(0));
	ck_assert_uint_eq(t->out.sri, 0);
	enter(ID_A);
	ck_assert(!t->out.npi);
	SET(t, ID_A, 0, DELAY, BIT(0));
	ck_assert_uint_eq(t->out.sri, 0);
	leave(ID_A);
	ck_assert_uint_eq(t->out.sri, 1);
	INFO64(t);
	ck_assert_uint_eq(t->out.sri, 0);

	/* not delayed: at once, and nothing is left for later */
	enter(ID_A);
	SET(t, ID_A, 0, DELAY, BIT(0));
	SET(t, ID_A, 0, 0, BIT(0));
	ck_assert_uint_eq(t->out.sri, 1);
	leave(ID_A);
	ck_assert_uint_eq(t->out.sri, 0);

	/* also when the partition is preempted, or dies */
	enter(ID_A);
	SET(t, ID_A, 0, DELAY, BIT(0));
	PREEMPT(t, 0);
	ck_assert_uint_eq(t->out.sri, 1);
	RUN(t, 0, ID_A, 0);
	SET(t, ID_A, 0, DELAY, BIT(0));
	CRASH(t, 0);
	ck_assert_uint_eq(t->out.sri, 1);
	GET(t, 0, 0, SPS);
	ck_assert_uint_eq(two_regs(t, 2), 0);
}
END_TEST

START_TEST(pending_interrupt)
{
	enter(ID_M);
	BIND(t, 0, ID_M, 0, BIT(0));
	BIND(t, 0, ID_M, PER_VCPU, BIT(1));
	leave(ID_M);
	SET(t, 0, ID_M, VCPU(1), BIT(1));
	ck_assert_uint_eq(t->out.sri, 1);

	/* vCPU 0 has nothing; vCPU 1 has, once */
	enter(ID_M);
	ck_assert(!t->out.npi);
	leave(ID_M);
	REQ32(t, 1, 0, ID_M);
	ck_assert(t->out.npi);
	RESP32(t, 1, ID_M, 0);
	REQ32(t, 1, 0, ID_M);
	ck_assert(!t->out.npi);
	ON(t, 1, FFA_ID_NOTIFICATION_GET, FROM_TO(1, ID_M), VMS);
	ck_assert_uint_eq(two_regs(t, 4), BIT(1));
	RESP32(t, 1, ID_M, 0);

	/* global ones are everybody's */
	SET(t, 0, ID_M, 0, BIT(0));
	enter(ID_M);
	ck_assert(t->out.npi);
	REQ32(t, 1, 0, ID_M);
	ck_assert(t->out.npi);
	GET(t, 0, ID_M, VMS);
	ck_assert_uint_eq(two_regs(t, 4), BIT(0));
	RESP32(t, 1, ID_M, 0);
	leave(ID_M);
	REQ32(t, 1, 0, ID_M);
	ck_assert(!t->out.npi);
}
END_TEST

START_TEST(features)
{
	ON(t, 0, FFA_ID_FEATURES, FFA_FEATURE_SRI);
	ck_assert_uint_eq(t->out.regs.x[2], 8);
	DENY(t, 0, FEATURES_FEATURE_ABSENT, FFA_ID_FEATURES, FFA_FEATURE_NPI);
	DENY(t, 0, FEATURES_FEATURE_ABSENT, FFA_ID_FEATURES,
	     FFA_FEATURE_NOTIFICATION);
	ON(t, 0, FFA_ID_FEATURES, (uint32_t)FFA_ID_NOTIFICATION_INFO_GET_64);
	ck_ok(t);
	enter(ID_A);
	ON(t, 0, FFA_ID_FEATURES, FFA_FEATURE_NPI);
	ck_assert_uint_eq(t->out.regs.x[2], 5);
	DENY(t, 0, FEATURES_FUNCTION, FFA_ID_FEATURES,
	     (uint32_t)FFA_ID_NOTIFICATION_INFO_GET_64);
}
END_TEST

START_TEST(death)
{
	struct spmc_notifications n;

	CREATE(t, 0, 2);
	BIND(t, ID_A, 0, PER_VCPU, BIT(5));
	BIND(t, ID_B, 0, 0, BIT(6));
	enter(ID_B);
	BIND(t, ID_A, ID_B, 0, BIT(7));
	SET(t, ID_B, 0, 0, BIT(6));
	leave(ID_B);
	enter(ID_A);
	BIND(t, ID_B, ID_A, 0, BIT(8));
	SET(t, ID_A, 0, VCPU(1), BIT(5));
	SET(t, ID_A, ID_B, 0, BIT(7));
	ck_ok(t);
	CRASH(t, 0);

	spmc_notifications(t->s, NS, 1, &n);
	ck_assert_uint_eq(n.bound[0], BIT(6));
	ck_assert_uint_eq(n.per_vcpu[0], 0);
	ck_assert_uint_eq(n.pending[0], BIT(6));
	spmc_notifications(t->s, B, 0, &n);
	ck_assert_uint_eq(n.bound[0] | n.pending[0], 0);
	spmc_notifications(t->s, A, 0, &n);
	ck_assert_uint_eq(n.bound[0] | n.pending[0], 0);
	DENY(t, 0, NOTIF_BIND_SENDER, FFA_ID_NOTIFICATION_BIND,
	     FROM_TO(ID_A, 0), 0, 1);
}
END_TEST

/* -- packing --------------------------------------------------------------- */

/* Asks until there is no more, and compares. */
static void ask_all(bool wide, const struct told *want)
{
	struct told got = { 0 };
	unsigned int ep, v, calls = 0;
	bool more = true;

	while (more) {
		if (wide)
			INFO64(t);
		else
			INFO32(t);
		if (!calls && t->out.rule == RULE_NOTIF_INFO_NO_DATA)
			break;
		ok(t);
		ck_assert_uint_eq(t->out.regs.x[0], wide ?
				  (uint32_t)FFA_ID_SUCCESS_64 :
				  (uint32_t)FFA_ID_SUCCESS);
		more = told_by(t, wide, &got);
		ck_assert_uint_lt(++calls, 40);
	}
	DENY(t, 0, NOTIF_INFO_NO_DATA, FFA_ID_NOTIFICATION_INFO_GET_64);
	for (ep = 0; ep < ENDPOINTS; ep++)
		for (v = 0; v <= VCPUS; v++)
			if (got.times[ep][v] != want->times[ep][v])
				ck_abort_msg("endpoint %u vCPU %u: %u times",
					     ep, v, got.times[ep][v]);
}

static void make_pending(struct told *want, unsigned int ep, uint16_t from,
			 unsigned int vcpus, bool global)
{
	uint16_t id = config(t->s, ep)->id;
	unsigned int v;

	if (global) {
		SET(t, from, id, 0, BIT(0));
		ok(t);
		want->times[ep][GLOBAL] = 1;
	}
	for (v = 0; v < vcpus; v++) {
		SET(t, from, id, VCPU(v), BIT(1));
		ok(t);
		want->times[ep][v] = 1;
	}
}

START_TEST(packing)
{
	unsigned int v, k, lone;

	CREATE(t, 0, 2);
	CREATE(t, 1, VCPUS);
	BIND(t, ID_A, 0, 0, BIT(0));
	BIND(t, ID_A, 1, 0, BIT(0));
	BIND(t, ID_A, 1, PER_VCPU, BIT(1));
	enter(ID_M);
	BIND(t, ID_A, ID_M, 0, BIT(0));
	BIND(t, ID_A, ID_M, PER_VCPU, BIT(1));
	ck_ok(t);
	leave(ID_M);

	for (v = 0; v <= VCPUS; v++)
		for (k = 0; k < 48; k++) {
			struct told want = { 0 };

			enter(ID_A);
			make_pending(&want, NS, ID_A, 0, k & 1);
			make_pending(&want, VM1, ID_A, v, k & 2);
			make_pending(&want, M, ID_A, k / 4 % 3, k % 2);
			leave(ID_A);
			ask_all(k / 24, &want);
			for (lone = 0; lone < v || !lone; lone++)
				GET(t, lone, 1, SPS);
			GET(t, 0, 0, SPS);
			enter(ID_M);
			GET(t, 0, ID_M, SPS);
			GET(t, 1, ID_M, SPS);
			leave(ID_M);
		}
}
END_TEST

START_TEST(reported_once)
{
	CREATE(t, 0, 2);
	BIND(t, ID_A, 0, 0, BIT(0) | BIT(1));
	enter(ID_A);
	SET(t, ID_A, 0, 0, BIT(0));
	leave(ID_A);
	INFO64(t);
	ck_assert_uint_eq(t->out.regs.x[2], 0x80);
	ck_assert_uint_eq(t->out.regs.x[3], 0);
	/* set again while it pends: nothing new; another one: news */
	enter(ID_A);
	SET(t, ID_A, 0, 0, BIT(0));
	ck_assert_uint_eq(t->out.sri, 1);
	leave(ID_A);
	DENY(t, 0, NOTIF_INFO_NO_DATA, FFA_ID_NOTIFICATION_INFO_GET_32);
	enter(ID_A);
	SET(t, ID_A, 0, 0, BIT(1));
	leave(ID_A);
	INFO32(t);
	ck_ok(t);
	GET(t, 0, 0, SPS);
	ck_assert_uint_eq(two_regs(t, 2), 3);
	enter(ID_A);
	DENY(t, 0, GATE_INSTANCE, FFA_ID_NOTIFICATION_INFO_GET_64);
	SET(t, ID_A, 0, 0, BIT(0));
	leave(ID_A);
	INFO64(t);
	ck_ok(t);
}
END_TEST

Suite *check_notif(void)
{
	Suite *s = suite_create("notif");
	TCase *tc = tcase_create("notif");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, bitmaps);
	tcase_add_test(tc, binding);
	tcase_add_test(tc, setting);
	tcase_add_test(tc, disabled);
	tcase_add_test(tc, interrupts);
	tcase_add_test(tc, pending_interrupt);
	tcase_add_test(tc, features);
	tcase_add_test(tc, death);
	tcase_add_test(tc, packing);
	tcase_add_test(tc, reported_once);
	suite_add_tcase(s, tc);
	return s;
}
