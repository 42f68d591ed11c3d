/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Snapshot and reset: a machine with two partitions; 16 calls that share a
 * page, retrieve it and give it back, twice; then the machine as it was. And
 * what the checks of invariants cost.
 */
#include <glib.h>
#include <stddef.h>
#include <string.h>

#include "bench.h"
#include "ffa/ffa_desc.h"
#include "sim/machine.h"

enum { ROUNDS = 101, TIMES = 400, CALLS = 16 };

static const uint64_t ns_pa = 0x80000000, sp_pa = 0x06000000;

struct rig {
	struct machine *m;
	struct spmc_outcome out;
	uint64_t handle;
	unsigned int calls;
};

static void call(struct rig *r, uint32_t fid, uint64_t x1, uint64_t x2,
		 uint64_t x3)
{
	const struct ffa_value v = { { fid, x1, x2, x3 } };

	spmc_call(machine_spmc(r->m), machine_env(r->m), 0, &v, &r->out);
	if (r->out.rule)
		fail("reset", spmc_rules[r->out.rule].name);
	r->calls++;
}

static void store(struct rig *r, unsigned int ep, uint64_t pa,
		  const void *from, size_t len)
{
	struct machine_fault fault;

	if (!machine_store(r->m, ep, pa, from, len, &fault))
		fail("reset", "a buffer cannot be written");
}

static void map_buffers(struct rig *r, uint64_t pa)
{
	call(r, (uint32_t)FFA_ID_RXTX_MAP_64, pa, pa + FFA_PAGE_SIZE, 1);
}

static struct rig *rig_new(void)
{
	struct spmc_endpoint_config ep[] = {
		{ .kind = SPMC_NS_PRIMARY, .version = FFA_V1_2 },
		{ .id = 0x8001, .kind = SPMC_SP_EL1, .ec_count = 1,
		  .version = FFA_V1_2, .props = FFA_PART_RECV_DIRECT,
		  .uuid_count = 1, .uuids = { { .b = { 1 } } } },
		{ .id = 0x8002, .kind = SPMC_SP_EL1, .ec_count = 1,
		  .version = FFA_V1_2, .props = FFA_PART_RECV_DIRECT,
		  .uuid_count = 1, .uuids = { { .b = { 2 } } } },
	};
	struct spmc_region reg[] = {
		{ ns_pa, 64, 0, 0 },
		{ sp_pa, 16, 0x8001, SPMC_REGION_SECURE },
	};
	const struct memory_range ranges[] = {
		{ ns_pa, 64 * FFA_PAGE_SIZE, 0 },
		{ sp_pa, 16 * FFA_PAGE_SIZE, SPMC_REGION_SECURE },
	};
	struct spmc_config cfg = {
		.size = sizeof(cfg), .version = FFA_V1_2, .cpus = 1,
		.endpoint_count = 3, .region_count = 2, .rxtx_max_pages = 1,
		.endpoints = ep, .regions = reg, .handles = 64, .ranges = 256,
	};
	const struct machine_config mc = {
		.spmc = &cfg, .ranges = ranges, .range_count = 2,
	};
	struct rig *r = g_new0(struct rig, 1);
	char *error;

	r->m = machine_new(&mc, &error);
	if (!r->m)
		fail("reset", error);
	machine_boot(r->m, 0, true, &r->out);
	map_buffers(r, ns_pa);
	call(r, (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8001, 0, 0);
	map_buffers(r, sp_pa);
	call(r, (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32, 0x80010000, 0, 0);
	return r;
}

static void rig_free(struct rig *r)
{
	machine_free(r->m);
	g_free(r);
}

/* 8 calls */
static void cycle(struct rig *r)
{
	struct send {
		struct ffa_mem_desc d;
		struct ffa_emad e;
		struct ffa_composite c;
		struct ffa_constituent r;
	} v = {
		.d = { .emad_count = 1, .attributes = 0x2f,
		       .emad_size = sizeof(v.e), .emad_offset = sizeof(v.d) },
		.e = { .endpoint = 0x8001, .permissions = 2,
		       .composite_offset = offsetof(struct send, c) },
		.c = { 1, 1, 0 },
		.r = { .address = ns_pa + 0x10000, .page_count = 1 },
	};
	struct {
		struct ffa_mem_relinquish d;
		uint16_t id;
	} rel = { { .endpoint_count = 1 }, 0x8001 };
	const uint32_t len = offsetof(struct send, c);

	store(r, 0, ns_pa, &v, sizeof(v));
	call(r, (uint32_t)FFA_ID_MEM_SHARE_32, sizeof(v), sizeof(v), 0);
	v.d.handle = r->out.regs.x[2] | r->out.regs.x[3] << 32;
	rel.d.handle = v.d.handle;
	v.e.composite_offset = 0;
	call(r, (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8001, 0, 0);
	store(r, 1, sp_pa, &v, len);
	call(r, (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32, len, len, 0);
	call(r, (uint32_t)FFA_ID_RX_RELEASE, 0, 0, 0);
	store(r, 1, sp_pa, &rel, sizeof(rel));
	call(r, (uint32_t)FFA_ID_MEM_RELINQUISH, 0, 0, 0);
	call(r, (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32, 0x80010000, 0, 0);
	call(r, (uint32_t)FFA_ID_MEM_RECLAIM, (uint32_t)v.d.handle,
	     v.d.handle >> 32, 0);
	call(r, (uint32_t)FFA_ID_ID_GET, 0, 0, 0);
}

static void trace(struct rig *r)
{
	r->calls = 0;
	cycle(r);
	cycle(r);
	if (r->calls != CALLS)
		fail("reset", "not 16 calls");
}

/*
 * Each of them is timed alone, because a reset needs a trace before it; the
 * middle half of many leaves out what else the machine did. Their mean, as one
 * takes a few ticks of the clock only.
 */
enum { SAMPLES = 4000 };

static double middle(double *v)
{
	double sum = 0;

	median(v, SAMPLES);	/* sorts */
	for (int i = SAMPLES / 4; i < SAMPLES * 3 / 4; i++)
		sum += v[i];
	return sum / (SAMPLES / 2);
}

static double time_nothing(void)
{
	static double v[SAMPLES];

	for (int i = 0; i < SAMPLES; i++) {
		v[i] = now_ns();
		v[i] = now_ns() - v[i];
	}
	return middle(v);
}

static double time_copy(void)
{
	static char from[FFA_PAGE_SIZE], to[FFA_PAGE_SIZE];
	static double v[SAMPLES];

	for (int i = 0; i < SAMPLES; i++) {
		v[i] = now_ns();
		memcpy(to, from, sizeof(to));
		/* else the compiler would leave it out */
		__asm__ volatile("" : : "r"(to), "r"(from) : "memory");
		v[i] = now_ns() - v[i];
	}
	return middle(v);
}

static double time_reset(struct rig *r, const struct machine_image *image)
{
	static double v[SAMPLES];

	for (int i = 0; i < SAMPLES; i++) {
		trace(r);
		v[i] = now_ns();
		machine_restore(r->m, image);
		v[i] = now_ns() - v[i];
	}
	return middle(v);
}

static void reset(void)
{
	struct rig *r = rig_new();
	struct machine_image *image = machine_snapshot(r->m);
	uint64_t hash = spmc_hash(machine_spmc(r->m));
	double v[9];

	for (unsigned int i = 0; i < G_N_ELEMENTS(v); i++) {
		double clock = time_nothing();
		double copy = time_copy() - clock;

		v[i] = (time_reset(r, image) - clock) / copy;
	}
	if (spmc_hash(machine_spmc(r->m)) != hash)
		fail("reset", "the state is not as it was");
	bench_result("reset.ratio", median(v, G_N_ELEMENTS(v)));
	machine_image_free(image);
	rig_free(r);
}

/* -- checks ------------------------------------------------------------------- */

static double time_refused(struct rig *r, struct spmc_check *k)
{
	static const struct ffa_value v = { { (uint32_t)FFA_ID_RX_RELEASE } };
	struct spmc *s = machine_spmc(r->m);
	double began = now_ns();

	for (int i = 0; i < TIMES; i++) {
		if (k)
			spmc_check_call(k, s, machine_env(r->m), 0, &v,
					&r->out);
		else
			spmc_call(s, machine_env(r->m), 0, &v, &r->out);
	}
	return (now_ns() - began) / TIMES;
}

static double time_asked(struct rig *r, struct spmc_check *k)
{
	static const struct ffa_value v[] = {
		{ { (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8001 } },
		{ { (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32, 0x80010000 } },
	};
	struct spmc *s = machine_spmc(r->m);
	double began = now_ns();

	for (int i = 0; i < TIMES; i++) {
		if (k)
			spmc_check_call(k, s, machine_env(r->m), 0, &v[i % 2],
					&r->out);
		else
			spmc_call(s, machine_env(r->m), 0, &v[i % 2],
				  &r->out);
	}
	return (now_ns() - began) / TIMES;
}

static void checks(void)
{
	struct rig *r = rig_new();
	struct spmc *s = machine_spmc(r->m);
	struct spmc_check *k = spmc_check_init(g_malloc(spmc_check_size(s)),
					       s, SPMC_CHECK_ANSWER);
	double v[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		v[i] = time_refused(r, NULL);
		v[i] = time_refused(r, k) / v[i];
	}
	bench_result("check.answer.ratio", median(v, ROUNDS));
	for (int i = 0; i < ROUNDS; i++) {
		v[i] = time_asked(r, NULL);
		spmc_check_set_level(k, SPMC_CHECK_STATE);
		spmc_check_sync(k, s);
		v[i] = time_asked(r, k) / v[i];
	}
	bench_result("check.state.ratio", median(v, ROUNDS));
	if (spmc_check_broken(k)->invariant)
		fail("check", spmc_check_broken(k)->what);
	g_free(k);
	rig_free(r);
}

void bench_reset(void)
{
	checks();
	reset();
}
