/* SPDX-License-Identifier: BSD-3-Clause */
/* Notifications: by case, the packing of INFO_GET, and a walk with an oracle. */
#include <stdlib.h>

#include "unit.h"
#include "chain.h"

#define CREATE(w, vm, n)	ON(w, 0, FFA_ID_NOTIFICATION_BITMAP_CREATE, vm, n)
#define BIND(w, from, to, flags, map)					\
	ON(w, 0, FFA_ID_NOTIFICATION_BIND, FROM_TO(from, to), flags,	\
	   (uint32_t)(map), (map) >> 32)
#define UNBIND(w, from, to, map)					\
	ON(w, 0, FFA_ID_NOTIFICATION_UNBIND, FROM_TO(from, to), 0,	\
	   (uint32_t)(map), (map) >> 32)
#define SET(w, from, to, flags, map)					\
	ON(w, 0, FFA_ID_NOTIFICATION_SET, FROM_TO(from, to), flags,	\
	   (uint32_t)(map), (map) >> 32)
#define GET(w, vcpu, to, flags)						\
	ON(w, 0, FFA_ID_NOTIFICATION_GET, FROM_TO(vcpu, to), flags)
#define INFO64(w)		ON(w, 0, FFA_ID_NOTIFICATION_INFO_GET_64)
#define INFO32(w)		ON(w, 0, FFA_ID_NOTIFICATION_INFO_GET_32)

enum { VCPUS = 40, PER_VCPU = 1, DELAY = 2 };
enum { SPS = 1, VMS = 2, SPM = 4, HYP = 8 };
#define VCPU(n)	((uint32_t)(n) << 16 | PER_VCPU)
#define BIT(n)	((uint64_t)1 << (n))

static struct world *t;

static struct world *fresh(void)
{
	struct spmc_endpoint_config *eps;
	struct spmc_config *cfg = chain_config(&eps);

	cfg->vcpus = VCPUS;
	return chain_new(cfg);
}

static void setup(void)
{
	t = fresh();
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

static uint64_t two(unsigned int reg)
{
	return t->out.regs.x[reg] | t->out.regs.x[reg + 1] << 32;
}

/* -- by case ------------------------------------------------------------------- */

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
	ck_assert_uint_eq(two(2), BIT(3));
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
	ck_assert_uint_eq(two(2), BIT(63));
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
	ck_assert_uint_eq(two(2) | two(4) | two(6), 0);
	GET(t, 0, ID_A, SPS | VMS);
	ck_assert_uint_eq(two(2), 0);
	ck_assert_uint_eq(two(4), BIT(0) | BIT(2));
	GET(t, 0, ID_A, VMS);
	ck_assert_uint_eq(two(4), 0);
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
	ck_assert_uint_eq(two(2), 0);
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
	ck_assert_uint_eq(two(4), BIT(1));
	RESP32(t, 1, ID_M, 0);

	/* global ones are everybody's */
	SET(t, 0, ID_M, 0, BIT(0));
	enter(ID_M);
	ck_assert(t->out.npi);
	REQ32(t, 1, 0, ID_M);
	ck_assert(t->out.npi);
	GET(t, 0, ID_M, VMS);
	ck_assert_uint_eq(two(4), BIT(0));
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

/* -- packing ------------------------------------------------------------------------ */

/* What a scheduler was told: [endpoint][vCPU], and [GLOBAL]. */
enum { GLOBAL = VCPUS };
struct told {
	unsigned int times[ENDPOINTS][VCPUS + 1];
	unsigned int lists;
};

/*
 * Reads an answer as a driver does: the number of lists, then for each list
 * its number of ids less one; a list of one id is an endpoint without vCPU.
 * Every id has its place, and what is left over is zero.
 */
static bool decode(const struct ffa_value *v, bool wide, struct told *to)
{
	unsigned int lists = v->x[2] >> 7 & 0x1f, at = 0, list, i;
	unsigned int places = wide ? 20 : 10;
	uint16_t ids[20] = { 0 };

	for (i = 0; i < places; i++)
		ids[i] = (uint16_t)(wide ? v->x[3 + i / 4] >> 16 * (i % 4) :
					   v->x[3 + i / 2] >> 16 * (i % 2));
	ck_assert_uint_gt(lists, 0);
	ck_assert_uint_le(lists, places);
	for (list = 0; list < lists; list++) {
		unsigned int vcpus = v->x[2] >> (12 + 2 * list) & 3;
		int ep;

		ck_assert_uint_le(at + 1 + vcpus, places);
		ep = spmc_find(t->s, ids[at++]);
		ck_assert_int_ge(ep, 0);
		if (!vcpus)
			to->times[ep][GLOBAL]++;
		for (; vcpus; vcpus--) {
			ck_assert_uint_lt(ids[at], VCPUS);
			to->times[ep][ids[at++]]++;
		}
	}
	to->lists += lists;
	for (; at < places; at++)
		ck_assert_uint_eq(ids[at], 0);
	/* nothing else is in x2, and a 32-bit answer has no upper halves */
	ck_assert_uint_eq(v->x[2] >> (12 + 2 * lists), 0);
	ck_assert_uint_eq(v->x[2] & 0x7e, 0);
	for (i = 2; !wide && i < 8; i++)
		ck_assert_uint_eq(v->x[i] >> 32, 0);
	return v->x[2] & 1;
}

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
		more = decode(&t->out.regs, wide, &got);
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
	ck_assert_uint_eq(two(2), 3);
	enter(ID_A);
	DENY(t, 0, GATE_INSTANCE, FFA_ID_NOTIFICATION_INFO_GET_64);
	SET(t, ID_A, 0, 0, BIT(0));
	leave(ID_A);
	INFO64(t);
	ck_ok(t);
}
END_TEST

/* -- a walk ------------------------------------------------------------------------- */

enum { WALKS = 100, STEPS = 1000, MANY = 8 };	/* MANY: vCPUs looked at */

/* One notification, told in the plainest way. */
struct bit {
	int sender;		/* endpoint, -1: unbound */
	bool per_vcpu;
	bool pending[MANY + 1], told[MANY + 1];	/* [MANY]: global */
};
struct oracle {
	struct bit bit[ENDPOINTS][2][64];
	bool created[ENDPOINTS], dead[ENDPOINTS];
	unsigned int vcpus[ENDPOINTS];
	bool npi[ENDPOINTS];	/* of context 0 */
	bool late;		/* an SRI is delayed */
	unsigned int runs;	/* endpoint on CPU 0 */
};
static struct oracle o;
static uint64_t seed;

static unsigned int rnd(unsigned int n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(seed >> 33) % n;
}

static uint16_t id_of(unsigned int ep)
{
	static const uint16_t ids[ENDPOINTS] = { 0, 1, ID_A, ID_B, ID_M, ID_N };

	return ep < ENDPOINTS ? ids[ep] : 0x8077;
}

static bool secure(unsigned int ep)
{
	return ep >= A;
}

static bool receives(unsigned int ep)
{
	return secure(ep) || o.created[ep];
}

static uint64_t some_bits(void)
{
	static const unsigned int at[] = { 0, 1, 31, 32, 63 };
	uint64_t map = 0;
	unsigned int i;

	for (i = 0; i < 5; i++)
		map |= (uint64_t)(rnd(3) == 0) << at[i];
	return map;
}

#define EACH(i, map) for (i = 0; i < 64; i++) if ((map) >> (i) & 1)

static bool is_pending(const struct bit *b)
{
	unsigned int v;

	for (v = 0; v <= MANY; v++)
		if (b->pending[v])
			return true;
	return false;
}

static void forget(struct bit *b)
{
	*b = (struct bit){ .sender = -1 };
}

static bool for_vcpu(unsigned int ep, unsigned int vcpu)
{
	unsigned int from, i;

	for (from = 0; from < 2; from++)
		for (i = 0; i < 64; i++)
			if (o.bit[ep][from][i].pending[MANY] ||
			    o.bit[ep][from][i].pending[vcpu])
				return true;
	return false;
}

static void settle(void)
{
	unsigned int ep;

	for (ep = A; ep < ENDPOINTS; ep++)
		if (!for_vcpu(ep, 0))
			o.npi[ep] = false;
}

/* The code that a call of BIND or UNBIND gets. */
static int judge_binding(bool bind, unsigned int from, unsigned int to,
			 uint32_t flags, uint64_t map)
{
	unsigned int i, f = secure(from) ? 0 : 1;
	bool other = false, pend = false;

	if (flags & (bind ? ~1u : ~0u) || from == to || !map)
		return FFA_INVALID_PARAMETERS;
	if (secure(o.runs) ? to != o.runs : secure(to) || !secure(from))
		return FFA_INVALID_PARAMETERS;
	if (!receives(to))
		return FFA_NOT_SUPPORTED;
	if (bind && (from >= ENDPOINTS || o.dead[from]))
		return FFA_INVALID_PARAMETERS;
	if (from >= ENDPOINTS)
		return FFA_DENIED;
	EACH(i, map) {
		other |= o.bit[to][f][i].sender != (bind ? -1 : (int)from);
		pend |= is_pending(&o.bit[to][f][i]);
	}
	return other || pend ? FFA_DENIED : 0;
}

static int judge_set(unsigned int from, unsigned int to, uint32_t flags,
		     uint64_t map)
{
	unsigned int i, f = secure(from) ? 0 : 1;

	if (flags & 0xfffc || (!(flags & 1) && flags >> 16) || from == to ||
	    !map)
		return FFA_INVALID_PARAMETERS;
	if (secure(o.runs) ? from != o.runs :
			     secure(from) || !secure(to) || flags & DELAY)
		return FFA_INVALID_PARAMETERS;
	if (to >= ENDPOINTS)
		return FFA_INVALID_PARAMETERS;
	if (!receives(to))
		return FFA_DENIED;
	EACH(i, map)
		if (o.bit[to][f][i].sender != (int)from ||
		    o.bit[to][f][i].per_vcpu != (flags & 1))
			return FFA_DENIED;
	if (flags & 1 && flags >> 16 >= o.vcpus[to])
		return FFA_INVALID_PARAMETERS;
	return 0;
}

static void must(bool holds, const char *what)
{
	if (!holds)
		ck_abort_msg("%s (rule %s)", what,
			     spmc_rules[t->out.rule].name);
}

/* Did the last call end with this code, and change nothing if refused? */
static bool ended(int code, uint64_t hash)
{
	must(spmc_rules[t->out.rule].error == code, "another answer");
	must(!code || spmc_hash(t->s) == hash, "a refused call that changes");
	return !code;
}

static unsigned int party(void)
{
	return rnd(12) ? rnd(ENDPOINTS) : ENDPOINTS;
}

static void walk_binding(bool bind)
{
	unsigned int from = party(), to = rnd(4) ? o.runs : rnd(ENDPOINTS), i;
	uint32_t flags = rnd(20) ? bind && rnd(2) : 2;
	uint64_t map = some_bits(), hash = spmc_hash(t->s);
	int code = judge_binding(bind, from, to, flags, map);

	ON(t, 0, bind ? FFA_ID_NOTIFICATION_BIND : FFA_ID_NOTIFICATION_UNBIND,
	   FROM_TO(id_of(from), id_of(to)), flags, (uint32_t)map, map >> 32);
	if (!ended(code, hash))
		return;
	EACH(i, map) {
		struct bit *b = &o.bit[to][secure(from) ? 0 : 1][i];

		b->sender = bind ? (int)from : -1;
		b->per_vcpu = bind && flags;
	}
}

static void walk_set(void)
{
	unsigned int from = rnd(8) ? o.runs : party(), to = party(), i, v;
	uint32_t flags = rnd(2) ? (uint32_t)rnd(5) << 16 | 1 : 0;
	uint64_t map = some_bits(), hash = spmc_hash(t->s);
	int code;

	/* mostly what could work */
	if (to < ENDPOINTS && rnd(4)) {
		flags &= ~1u;
		map = 0;
		for (i = 0; i < 64; i++) {
			struct bit *b = &o.bit[to][secure(from) ? 0 : 1][i];

			if (b->sender != (int)from || rnd(2) ||
			    (map && b->per_vcpu != (flags & 1)))
				continue;
			map |= BIT(i);
			flags |= b->per_vcpu;
		}
		if (!(flags & 1))
			flags = 0;
	}
	if (rnd(3) == 0)
		flags |= DELAY;
	if (rnd(50) == 0)
		flags |= 8;
	code = judge_set(from, to, flags, map);
	SET(t, id_of(from), id_of(to), flags, map);
	if (!ended(code, hash))
		return;
	v = flags & 1 ? flags >> 16 : MANY;
	EACH(i, map)
		o.bit[to][secure(from) ? 0 : 1][i].pending[v] = true;
	must(t->out.sri == !(flags & DELAY), "SRI");
	o.late = flags & DELAY;
}

static uint64_t expect(unsigned int to, unsigned int from, unsigned int vcpu,
		       bool take)
{
	uint64_t map = 0;
	unsigned int i;

	for (i = 0; i < 64; i++) {
		struct bit *b = &o.bit[to][from][i];

		if (b->pending[MANY] || b->pending[vcpu])
			map |= BIT(i);
		if (take) {
			b->pending[MANY] = b->told[MANY] = false;
			b->pending[vcpu] = b->told[vcpu] = false;
		}
	}
	return map;
}

static void walk_get(void)
{
	unsigned int to = rnd(6) ? o.runs : party(), vcpu = rnd(5);
	uint32_t flags = rnd(30) ? rnd(16) : 32;
	uint64_t hash = spmc_hash(t->s), sps = 0, vms = 0;
	int code = 0;

	if (flags > 15 || (secure(o.runs) ? to != o.runs :
					    secure(to) || flags & 10) ||
	    vcpu >= o.vcpus[to])
		code = FFA_INVALID_PARAMETERS;
	GET(t, vcpu, id_of(to), flags);
	if (!ended(code, hash))
		return;
	if (flags & SPS)
		sps = expect(to, 0, vcpu, true);
	if (flags & VMS)
		vms = expect(to, 1, vcpu, true);
	must(two(2) == sps && two(4) == vms && two(6) == 0, "GET");
	settle();
}

static bool news(unsigned int ep, unsigned int v)
{
	unsigned int from, i;

	for (from = 0; from < 2; from++)
		for (i = 0; i < 64; i++)
			if (o.bit[ep][from][i].pending[v] &&
			    !o.bit[ep][from][i].told[v])
				return true;
	return false;
}

static void walk_info(void)
{
	static struct told got;
	uint64_t hash = spmc_hash(t->s);
	bool wide = rnd(2), any = false, left = false, more;
	unsigned int ep, v, from, i;

	for (ep = 0; ep < ENDPOINTS; ep++)
		for (v = 0; v <= MANY; v++)
			any |= news(ep, v);
	ON(t, 0, wide ? FFA_ID_NOTIFICATION_INFO_GET_64 :
			FFA_ID_NOTIFICATION_INFO_GET_32);
	if (!ended(secure(o.runs) ? FFA_NOT_SUPPORTED :
		   any ? 0 : FFA_NO_DATA, hash))
		return;
	memset(&got, 0, sizeof(got));
	more = decode(&t->out.regs, wide, &got);
	for (ep = 0; ep < ENDPOINTS; ep++)
		for (v = 0; v <= MANY; v++) {
			unsigned int times =
				got.times[ep][v == MANY ? GLOBAL : v];

			must(times <= news(ep, v), "told what is no news");
			left |= news(ep, v) && !times;
			for (from = 0; times && from < 2; from++)
				for (i = 0; i < 64; i++)
					if (o.bit[ep][from][i].pending[v])
						o.bit[ep][from][i].told[v] =
							true;
		}
	must(left == more, "the bit that says more");
}

static void walk_bitmap(void)
{
	unsigned int vm = party(), n = rnd(6), from, i;
	bool create = rnd(2);
	uint64_t hash = spmc_hash(t->s);
	int code = 0;

	if (secure(o.runs))
		code = FFA_NOT_SUPPORTED;
	else if (secure(vm))
		code = FFA_INVALID_PARAMETERS;
	else if (o.created[vm] == create)
		code = FFA_DENIED;
	for (from = 0; !code && !create && from < 2; from++)
		for (i = 0; i < 64; i++)
			if (is_pending(&o.bit[vm][from][i]))
				code = FFA_DENIED;
	ON(t, 0, create ? FFA_ID_NOTIFICATION_BITMAP_CREATE :
			  FFA_ID_NOTIFICATION_BITMAP_DESTROY, id_of(vm), n);
	if (!ended(code, hash))
		return;
	o.created[vm] = create;
	o.vcpus[vm] = create ? n : 0;
	for (from = 0; !create && from < 2; from++)
		for (i = 0; i < 64; i++)
			forget(&o.bit[vm][from][i]);
}

static void walk_die(void)
{
	unsigned int me = o.runs, ep, from, i;

	CRASH(t, 0);
	o.dead[me] = true;
	for (ep = 0; ep < ENDPOINTS; ep++)
		for (from = 0; from < 2; from++)
			for (i = 0; i < 64; i++)
				if (ep == me ||
				    o.bit[ep][from][i].sender == (int)me)
					forget(&o.bit[ep][from][i]);
	settle();
	o.npi[me] = false;
}

/* Another one runs. */
static void walk_control(void)
{
	unsigned int ep = A + rnd(4);

	if (secure(o.runs)) {
		if (rnd(40))
			RESP32(t, 0, id_of(o.runs), 0);
		else
			walk_die();
		must(t->out.endpoint == NS, "the way back");
		must(t->out.sri == o.late, "a delayed SRI");
		o.late = false;
		o.runs = NS;
		return;
	}
	REQ32(t, 0, 0, id_of(ep));
	if (o.dead[ep]) {
		must(t->out.rule, "a request to the dead");
		return;
	}
	ok(t);
	o.runs = ep;
	must(t->out.npi == (for_vcpu(ep, 0) && !o.npi[ep]), "NPI");
	o.npi[ep] |= t->out.npi;
}

static void compare(unsigned int ep, unsigned int vcpu)
{
	uint64_t bound[2] = { 0 }, per_vcpu[2] = { 0 };
	struct spmc_notifications n;
	unsigned int from, i;

	spmc_notifications(t->s, ep, vcpu, &n);
	must(n.enabled == receives(ep) && n.vcpus == o.vcpus[ep], "receiver");
	for (from = 0; from < 2; from++) {
		for (i = 0; i < 64; i++) {
			if (o.bit[ep][from][i].sender >= 0)
				bound[from] |= BIT(i);
			if (o.bit[ep][from][i].per_vcpu)
				per_vcpu[from] |= BIT(i);
		}
		must(n.bound[from] == bound[from], "bound");
		must(n.per_vcpu[from] == per_vcpu[from], "per-vCPU");
		must(n.pending[from] == expect(ep, from, vcpu, false),
		     "pending");
	}
	must(!n.fwk, "framework");
}

static void oracle_init(void)
{
	unsigned int ep, from, i;

	memset(&o, 0, sizeof(o));
	for (ep = 0; ep < ENDPOINTS; ep++) {
		for (from = 0; from < 2; from++)
			for (i = 0; i < 64; i++)
				forget(&o.bit[ep][from][i]);
		o.vcpus[ep] = ep < A ? 0 : ep < M ? 1 : 2;
	}
}

/* The walk got everywhere: every function succeeded, every cell was used. */
static void check_reached(const struct spmc_cover *sum)
{
	const struct spmc_machine_info *info = &spmc_machines[SPMC_M_NOTIF];
	unsigned int i, st, ev;

	for (i = FFA_FN_NOTIFICATION_BITMAP_CREATE;
	     i <= FFA_FN_NOTIFICATION_INFO_GET_64; i++)
		ck_assert_msg(sum->fn_ok[i] > 100, "%s: %u", ffa_fns[i].name,
			      sum->fn_ok[i]);
	for (st = 0; st < info->state_count; st++)
		for (ev = 0; ev < info->event_count; ev++)
			if (spmc_cell(SPMC_M_NOTIF, st, ev)->kind !=
			    SPMC_CELL_NEVER)
				ck_assert_msg(sum->cell[SPMC_M_NOTIF][st][ev],
					      "%s x %s",
					      info->states[st].name,
					      info->events[ev].name);
}

static void add(struct spmc_cover *sum)
{
	unsigned int i, st, ev;

	for (i = 0; i < FFA_FN_COUNT; i++)
		sum->fn_ok[i] += t->cover.fn_ok[i];
	for (st = 0; st < SPMC_MAX_STATES; st++)
		for (ev = 0; ev < SPMC_MAX_EVENTS; ev++)
			sum->cell[SPMC_M_NOTIF][st][ev] +=
				t->cover.cell[SPMC_M_NOTIF][st][ev];
}

START_TEST(walk)
{
	static struct spmc_cover sum;
	unsigned int n, step;

	for (n = 0; n < WALKS; n++) {
		world_free(t);
		t = fresh();
		oracle_init();
		seed = n + 1;
		for (step = 0; step < STEPS; step++) {
			switch (rnd(9)) {
			case 0:
				walk_bitmap();
				break;
			case 1:
				walk_binding(true);
				break;
			case 2:
				walk_binding(false);
				break;
			case 3:
			case 4:
			case 5:
				walk_set();
				break;
			case 6:
				walk_get();
				break;
			case 7:
				walk_info();
				break;
			default:
				walk_control();
				break;
			}
			compare(rnd(ENDPOINTS), rnd(MANY));
		}
		add(&sum);
	}
	check_reached(&sum);
}
END_TEST

Suite *check_notif(void)
{
	Suite *s = suite_create("notif");
	TCase *tc = tcase_create("notif");

	tcase_set_timeout(tc, 120);
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
	tcase_add_test(tc, walk);
	suite_add_tcase(s, tc);
	return s;
}
