/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory transactions of VMs: descriptors that are wrong, that change, that
 * the SPMC answers oddly; and snapshots. scenarios/vm/mem has the rest.
 */
#include <glib.h>
#include <string.h>

#include "conduit/hyp.h"
#include "ffa/ffa_desc.h"
#include "unit.h"

enum { RAM = 0x40000000, PAGES = 32, VM1 = 0x40010000, VM2 = 0x40018000 };
enum { OWN = 2 };	/* pages of a VM behind its TX and RX */

static unsigned char ram[PAGES * FFA_PAGE_SIZE];
static struct hyp_action act;
static struct hyp *h;

static void *map(void *ctx, uint64_t pa, size_t len)
{
	(void)ctx;
	if (pa < RAM || len > sizeof(ram) || pa - RAM > sizeof(ram) - len)
		return NULL;
	return ram + (pa - RAM);
}

static void *at(uint64_t pa)
{
	return ram + (pa - RAM);
}

static const struct hyp_region region1 = { VM1, 8 }, region2 = { VM2, 8 };
static const struct hyp_vm_config two[] = {
	{ .id = 1, .vcpus = 1, .version = FFA_V1_2, .region_count = 1,
	  .regions = &region1, .props = FFA_PART_INDIRECT },
	{ .id = 2, .vcpus = 1, .version = FFA_V1_2, .region_count = 1,
	  .regions = &region2, .props = FFA_PART_INDIRECT },
};

#define ID(name) ((uint32_t)FFA_ID_##name)
#define RESULT(...)							\
	hyp_result(h, 0, &(const struct ffa_value){ { __VA_ARGS__ } }, &act)
#define CALL(vm, ...)							\
	hyp_call(h, 0, vm, &(const struct ffa_value){ { __VA_ARGS__ } }, &act)

/* The SPMC says yes to all that comes. */
static void agree(void)
{
	while (act.what == HYP_SPMC)
		RESULT(ID(SUCCESS), 0, 0, 24);
}

static void set_up(void)
{
	const struct hyp_config cfg = {
		.size = sizeof(cfg), .version = FFA_V1_2, .cpus = 1,
		.tx = RAM, .rx = RAM + FFA_PAGE_SIZE, .npi = 5, .sri = 8,
		.vm_count = 2, .vms = two, .map = map,
	};
	const char *why;

	memset(ram, 0, sizeof(ram));
	h = hyp_new(&cfg);
	hyp_start(h, 0, &act);
	RESULT(FFA_V1_2);
	agree();
	for (unsigned int vm = 0; vm < 2; vm++) {
		ck_assert(hyp_create(h, 0, vm, &act, &why));
		agree();
		ck_assert_int_eq(hyp_life(h, vm), HYP_RUNNING);
	}
}

static void tear_down(void)
{
	hyp_free(h);
}

static void map_buffers(unsigned int vm)
{
	uint64_t base = vm ? VM2 : VM1;

	CALL(vm, ID(RXTX_MAP_64), base, base + FFA_PAGE_SIZE, 1);
	agree();
	ck_assert_uint_eq(act.regs.x[0], ID(SUCCESS));
}

/* One page to `to`, at the TX of VM 1; returns its length. */
static uint32_t share(uint16_t to)
{
	const struct ffa_mem_desc d = {
		.sender = 1, .attributes = 0x2f,
		.emad_size = sizeof(struct ffa_emad), .emad_count = 1,
		.emad_offset = sizeof(d),
	};
	const struct ffa_emad e = {
		.endpoint = to, .permissions = 2,
		.composite_offset = sizeof(d) + sizeof(e),
	};
	const struct ffa_composite c = { 1, 1, 0 };
	const struct ffa_constituent r = {
		VM1 + OWN * FFA_PAGE_SIZE, 1, 0,
	};
	char *tx = at(VM1);

	memset(tx, 0, FFA_PAGE_SIZE);
	memcpy(tx, &d, sizeof(d));
	memcpy(tx + sizeof(d), &e, sizeof(e));
	memcpy(tx + sizeof(d) + sizeof(e), &c, sizeof(c));
	memcpy(tx + sizeof(d) + sizeof(e) + sizeof(c), &r, sizeof(r));
	return sizeof(d) + sizeof(e) + sizeof(c) + sizeof(r);
}

static bool succeeded(void)
{
	return act.what == HYP_VM && act.regs.x[0] == ID(SUCCESS);
}

static void undo(void)
{
	uint32_t lo = (uint32_t)act.regs.x[2], hi = (uint32_t)act.regs.x[3];

	CALL(0, ID(MEM_RECLAIM), lo, hi);
	ck_assert(succeeded());
	ck_assert_uint_eq(hyp_handles(h), 0);
}

/* Each byte wrong by itself: refused, or harmless; and nothing is left. */
START_TEST(each_byte)
{
	static const unsigned char values[] = { 0, 1, 0x0f, 0x7f, 0x80, 0xff };
	uint32_t len = share(2);
	unsigned int taken = 0;

	map_buffers(0);
	for (uint32_t i = 0; i < len; i++)
		for (unsigned int k = 0; k < sizeof(values); k++) {
			share(2);
			ram[VM1 - RAM + i] = values[k];
			CALL(0, ID(MEM_SHARE_32), len, len);
			if (act.what == HYP_SPMC) {	/* a partition */
				RESULT(ID(ERROR), 0, (uint32_t)FFA_DENIED);
				continue;
			}
			ck_assert_msg(succeeded() == !act.rule, "byte %u", i);
			if (act.rule)
				continue;
			taken++;
			undo();
		}
	/* its own value, or those of the tag */
	ck_assert_uint_gt(taken, len);
	ck_assert_uint_eq(hyp_handles(h), 0);
}
END_TEST

START_TEST(each_length)
{
	uint32_t len = share(2);

	map_buffers(0);
	for (uint32_t total = 0; total <= len + 32; total++)
		for (uint32_t first = 0; first <= total; first++) {
			uint32_t fn;

			CALL(0, ID(MEM_SHARE_32), total, first);
			fn = (uint32_t)act.regs.x[0];
			if (act.rule)
				continue;
			ck_assert_uint_eq(total, len);
			if (fn == ID(MEM_FRAG_RX)) {	/* ends it */
				uint32_t lo = (uint32_t)act.regs.x[1];
				uint32_t hi = (uint32_t)act.regs.x[2];

				ck_assert_uint_eq(act.regs.x[3], first);
				CALL(0, ID(MEM_FRAG_TX), lo, hi, 4096);
				ck_assert(act.rule);
			} else {
				undo();
			}
			ck_assert_uint_eq(hyp_handles(h), 0);
		}
}
END_TEST

/* Any bytes, for every function that reads them. */
START_TEST(any_bytes)
{
	static const uint32_t calls[] = {
		ID(MEM_SHARE_32), ID(MEM_LEND_64), ID(MEM_DONATE_32),
		ID(MEM_RETRIEVE_REQ_32), ID(MEM_RELINQUISH), ID(MSG_SEND2),
		ID(MEM_FRAG_TX),
	};
	GRand *rand = g_rand_new_with_seed(1);

	map_buffers(0);
	map_buffers(1);
	for (unsigned int i = 0; i < 20000; i++) {
		uint32_t len = share(g_rand_boolean(rand) ? 2 : 0x8001);
		uint32_t fn = calls[g_rand_int_range(rand, 0,
						     G_N_ELEMENTS(calls))];
		const char *why;

		for (int n = g_rand_int_range(rand, 0, 6); n; n--)
			ram[VM1 - RAM + (uint32_t)g_rand_int_range(rand, 0,
				(int)len)] = (unsigned char)g_rand_int(rand);
		if (!hyp_can_run(h, 0, 0, &why))
			break;
		CALL(0, fn, len, fn == ID(MEM_FRAG_TX) ? 0x80000000 : len);
		for (unsigned int k = 0; act.what == HYP_SPMC; k++)
			RESULT(k % 3 ? ID(MEM_FRAG_RX) : ID(SUCCESS), k, i,
			       len);
		ck_assert_int_eq(act.what, HYP_VM);
	}
	g_rand_free(rand);
}
END_TEST

/* What the SPMC reads is what was checked, whatever the VM writes then. */
START_TEST(changes)
{
	uint32_t len = share(0x8001);
	struct ffa_constituent r;

	map_buffers(0);
	share(0x8001);
	CALL(0, ID(MEM_SHARE_32), len, len);
	ck_assert_int_eq(act.what, HYP_SPMC);
	ck_assert_uint_eq(act.regs.x[0], ID(MEM_SHARE_32));
	memset(at(VM1), 0xff, FFA_PAGE_SIZE);
	memcpy(&r, at(RAM + len - sizeof(r)), sizeof(r));
	ck_assert_uint_eq(r.address, VM1 + OWN * FFA_PAGE_SIZE);
	ck_assert_uint_eq(*(uint16_t *)at(RAM), 1);
	RESULT(ID(SUCCESS), 0, 7);
	ck_assert(succeeded());
	ck_assert_uint_eq(act.regs.x[2], 7);
}
END_TEST

/* A VM of 1.0 and an SPMC of 1.2 have each their own layout. */
START_TEST(layouts)
{
	const struct ffa_mem_desc_v1_0 d = {
		.sender = 1, .attributes = 0x2f, .tag = 9, .emad_count = 1,
	};
	const struct ffa_emad_v1_0 e = {
		.endpoint = 0x8001, .permissions = 2, .composite_offset = 48,
	};
	const struct ffa_composite c = { 1, 1, 0 };
	const struct ffa_constituent r = {
		VM1 + OWN * FFA_PAGE_SIZE, 1, 0,
	};
	char *tx = at(VM1);
	struct ffa_mem_desc got;

	CALL(0, ID(VERSION), FFA_V1_0);
	map_buffers(0);
	memcpy(tx, &d, sizeof(d));
	memcpy(tx + 32, &e, sizeof(e));
	memcpy(tx + 48, &c, sizeof(c));
	memcpy(tx + 64, &r, sizeof(r));
	CALL(0, ID(MEM_SHARE_32), 80, 80);
	ck_assert_int_eq(act.what, HYP_SPMC);
	ck_assert_uint_eq(act.regs.x[1], 48 + 32 + 16 + 16);
	memcpy(&got, at(RAM), sizeof(got));
	ck_assert_uint_eq(got.tag, 9);
	ck_assert_uint_eq(got.emad_size, 32);
	ck_assert_uint_eq(got.emad_offset, 48);
	/* the SPMC takes less than it was given: the VM hears of it */
	RESULT(ID(ERROR), 0, (uint32_t)FFA_NO_MEMORY);
	ck_assert_uint_eq(act.regs.x[2], (uint32_t)FFA_NO_MEMORY);
}
END_TEST

/* It describes something else than what the VM had sent. */
START_TEST(description)
{
	uint32_t len = share(0x8001);
	struct ffa_constituent r;

	map_buffers(0);
	share(0x8001);
	CALL(0, ID(MEM_SHARE_32), len, len);
	RESULT(ID(SUCCESS), 0, 7);
	for (unsigned int wrong = 0; wrong < 2; wrong++) {
		CALL(0, ID(MEM_RECLAIM), 7);
		ck_assert_uint_eq(act.regs.x[0], ID(MEM_RETRIEVE_REQ_32));
		share(0x8001);
		memcpy(at(RAM + FFA_PAGE_SIZE), at(VM1), len);
		ram[FFA_PAGE_SIZE + 8] = 7;	/* the handle */
		memcpy(&r, at(RAM + FFA_PAGE_SIZE + len - sizeof(r)),
		       sizeof(r));
		r.page_count += !wrong;
		memcpy(at(RAM + FFA_PAGE_SIZE + len - sizeof(r)), &r,
		       sizeof(r));
		RESULT(ID(MEM_RETRIEVE_RESP), len, len);
		ck_assert_uint_eq(act.regs.x[0], ID(RX_RELEASE));
		RESULT(ID(SUCCESS));
		if (!wrong)
			ck_assert_str_eq(hyp_rules[act.rule].name,
					 "HYP_RECLAIM_DESCRIPTION");
	}
	ck_assert_uint_eq(act.regs.x[0], ID(MEM_RECLAIM));
	RESULT(ID(SUCCESS));
	ck_assert(succeeded());
}
END_TEST

START_TEST(snapshot)
{
	g_autofree char *before = g_malloc(hyp_size(h));
	g_autofree char *after = g_malloc(hyp_size(h));
	struct hyp_action once;
	uint32_t len;
	unsigned int access;

	map_buffers(0);
	len = share(2);
	hyp_save(h, before);
	CALL(0, ID(MEM_LEND_32), len, len);
	ck_assert(act.rule);		/* the attributes are those of a share */
	CALL(0, ID(MEM_SHARE_32), len, len);
	once = act;
	hyp_save(h, after);
	ck_assert_uint_eq(hyp_handles(h), 1);
	hyp_load(h, before);
	ck_assert_uint_eq(hyp_handles(h), 0);
	CALL(0, ID(MEM_SHARE_32), len, len);
	ck_assert_mem_eq(&act, &once, sizeof(act));
	hyp_load(h, after);
	ck_assert(hyp_access(h, 0, VM1 + OWN * FFA_PAGE_SIZE, &access));
	ck_assert_uint_eq(access, SPMC_ACCESS_READ | SPMC_ACCESS_WRITE);
	ck_assert(hyp_access(h, 1, VM1 + OWN * FFA_PAGE_SIZE, &access));
	ck_assert_uint_eq(access, 0);
	ck_assert(!hyp_access(h, 1, RAM, &access));
	ck_assert_int_eq(hyp_owner(h, VM2), 1);
	ck_assert_int_eq(hyp_owner(h, RAM), -1);
	undo();
}
END_TEST

Suite *check_hyp_mem(void)
{
	Suite *s = suite_create("hyp_mem");
	TCase *t = tcase_create("memory");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, each_byte);
	tcase_add_test(t, each_length);
	tcase_add_test(t, any_bytes);
	tcase_add_test(t, changes);
	tcase_add_test(t, layouts);
	tcase_add_test(t, description);
	tcase_add_test(t, snapshot);
	suite_add_tcase(s, t);
	return s;
}
