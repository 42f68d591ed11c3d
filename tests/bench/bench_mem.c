/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory management. A cycle is FFA_MEM_SHARE by the normal world, on CPU 0,
 * then FFA_MEM_RETRIEVE_REQ, FFA_RX_RELEASE and FFA_MEM_RELINQUISH by a
 * partition that runs on CPU 1, and FFA_MEM_RECLAIM.
 *
 *	mem.cycle.ratio		a cycle of one page, over 4 null calls
 *	mem.scale.live		a cycle with 65,000 live handles, over 16
 *	mem.scale.bytes		a cycle of a 1 GiB range, over one of 4 KiB
 *	mem.scale.constituents	a cycle of 60,000 ranges, over one of 60, for
 *				each range
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "ffa/ffa_desc.h"
#include "spmc.h"

enum {
	ROUNDS = 101,
	LIVE = 65000, FEW = 16,
	MANY_RANGES = 60000, FEW_RANGES = 60,
	BOX_PAGES = SPMC_MAX_RXTX_PAGES,
	BOX = BOX_PAGES * FFA_PAGE_SIZE,
	GIB_PAGES = 1 << 18,
	PAGES = 4 * GIB_PAGES,
};

static const uint64_t ram_pa = 0x80000000, box_pa = 0x40000000;
static const uint64_t secure_pa = 0x06000000;

/* Buffers of the two parties; nothing else is ever looked at. */
struct machine {
	struct spmc *s;
	struct spmc_env env;
	struct spmc_outcome out;
	char box[2][2 * BOX];	/* TX, then RX */
};

static void *map(void *ctx, uint64_t pa, size_t len, bool secure)
{
	struct machine *m = ctx;
	uint64_t base = secure ? secure_pa : box_pa;

	if (pa < base || pa - base + len > sizeof(m->box[0]))
		return NULL;
	return m->box[secure] + (pa - base);
}

static void call(struct machine *m, unsigned int cpu, uint32_t fid,
		 uint64_t x1, uint64_t x2, uint64_t x3)
{
	const struct ffa_value v = { { fid, x1, x2, x3 } };

	spmc_call(m->s, &m->env, cpu, &v, &m->out);
	if (m->out.rule)
		fail("memory management", spmc_rules[m->out.rule].name);
}

static struct machine *machine_new(void)
{
	struct spmc_endpoint_config ep[] = {
		{ .kind = SPMC_NS_PRIMARY, .version = FFA_V1_2 },
		{ .id = 0x8001, .kind = SPMC_SP_EL1, .ec_count = 1,
		  .version = FFA_V1_2, .props = FFA_PART_RECV_DIRECT,
		  .uuid_count = 1, .uuids = { { .b = { 1 } } } },
	};
	struct spmc_region reg[] = {
		{ ram_pa, PAGES, 0, 0 },
		{ box_pa, 2 * BOX_PAGES, 0, 0 },
		{ secure_pa, 2 * BOX_PAGES, 0x8001, SPMC_REGION_SECURE },
	};
	struct spmc_config cfg = {
		.size = sizeof(cfg), .version = FFA_V1_2, .cpus = 2,
		.endpoint_count = 2, .region_count = 3,
		.rxtx_max_pages = BOX_PAGES, .endpoints = ep, .regions = reg,
		.handles = LIVE + 10, .ranges = LIVE + MANY_RANGES + 10,
	};
	struct machine *m = g_new0(struct machine, 1);
	int where;

	if (spmc_check_config(&cfg, &where))
		fail("memory management", "no SPMC");
	m->env = (struct spmc_env){ .map = map, .ctx = m };
	m->s = spmc_init(g_malloc(spmc_size(&cfg)), &cfg);
	spmc_boot(m->s, &m->env, 0, &m->out);
	call(m, 0, (uint32_t)FFA_ID_RXTX_MAP_64, secure_pa, secure_pa + BOX,
	     BOX_PAGES);
	call(m, 0, (uint32_t)FFA_ID_MSG_WAIT, 0, 0, 0);
	call(m, 0, (uint32_t)FFA_ID_RXTX_MAP_64, box_pa, box_pa + BOX,
	     BOX_PAGES);
	spmc_boot(m->s, &m->env, 1, &m->out);
	call(m, 1, (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8001, 0, 0);
	return m;
}

static void machine_free(struct machine *m)
{
	g_free(m->s);
	g_free(m);
}

/* -- calls --------------------------------------------------------------- */

/* Writes the head of a descriptor to TX; returns its length. */
static uint32_t put_head(struct machine *m, bool secure, uint64_t handle)
{
	struct {
		struct ffa_mem_desc d;
		struct ffa_emad e;
	} v = {
		.d = { .handle = handle, .emad_count = 1,
		       .attributes = 0x2f, .emad_size = sizeof(v.e),
		       .emad_offset = sizeof(v.d) },
		.e = { .endpoint = 0x8001, .permissions = 2,
		       .composite_offset = handle ? 0 : sizeof(v) },
	};

	memcpy(m->box[secure], &v, sizeof(v));
	return sizeof(v);
}

/* Shares `n` ranges of `pages` pages, one page apart, from page `first`. */
static uint64_t share(struct machine *m, uint32_t n, uint32_t pages,
		      uint64_t first)
{
	struct ffa_composite c = { n * pages, n, 0 };
	struct ffa_constituent r = {
		.address = ram_pa + first * FFA_PAGE_SIZE,
		.page_count = pages,
	};
	uint32_t at = put_head(m, false, 0), total;
	bool begun = false;

	memcpy(m->box[0] + at, &c, sizeof(c));
	at += sizeof(c);
	total = at + n * (uint32_t)sizeof(r);
	do {
		for (; n && at + sizeof(r) <= BOX; n--) {
			memcpy(m->box[0] + at, &r, sizeof(r));
			at += sizeof(r);
			r.address += (pages + 1ul) * FFA_PAGE_SIZE;
		}
		if (begun)
			call(m, 0, (uint32_t)FFA_ID_MEM_FRAG_TX,
			     m->out.regs.x[1], m->out.regs.x[2], at);
		else
			call(m, 0, (uint32_t)FFA_ID_MEM_SHARE_32, total, at,
			     0);
		begun = true;
		at = 0;
	} while (n);
	return m->out.regs.x[2] | m->out.regs.x[3] << 32;
}

static void retrieve(struct machine *m, uint64_t handle)
{
	uint32_t len = put_head(m, true, handle), at;
	uint64_t total;

	call(m, 1, (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32, len, len, 0);
	total = m->out.regs.x[1];
	at = (uint32_t)m->out.regs.x[2];
	call(m, 1, (uint32_t)FFA_ID_RX_RELEASE, 0, 0, 0);
	while (at < total) {
		call(m, 1, (uint32_t)FFA_ID_MEM_FRAG_RX, (uint32_t)handle,
		     handle >> 32, at);
		at += (uint32_t)m->out.regs.x[3];
		call(m, 1, (uint32_t)FFA_ID_RX_RELEASE, 0, 0, 0);
	}
}

static void cycle(struct machine *m, uint32_t n, uint32_t pages,
		  uint64_t first)
{
	uint64_t handle = share(m, n, pages, first);
	struct {
		struct ffa_mem_relinquish d;
		uint16_t id;
	} v = { { .handle = handle, .endpoint_count = 1 }, 0x8001 };

	retrieve(m, handle);
	memcpy(m->box[1], &v, sizeof(v));
	call(m, 1, (uint32_t)FFA_ID_MEM_RELINQUISH, 0, 0, 0);
	call(m, 0, (uint32_t)FFA_ID_MEM_RECLAIM, (uint32_t)handle,
	     handle >> 32, 0);
}

/* -- benchmarks ---------------------------------------------------------- */

/* What to do how often; the ranges begin at another page each time. */
struct work {
	struct machine *m;
	uint32_t times, ranges, pages;
};

/* ns of one cycle */
static double time_work(const struct work *w)
{
	double from = now_ns();
	uint64_t first = 0;

	for (uint32_t i = 0; i < w->times; i++) {
		/* odd pages are never live */
		first = (first + 2 * 7919) % (2 * LIVE);
		cycle(w->m, w->ranges, w->pages, first + 1);
	}
	return (now_ns() - from) / w->times;
}

static double ratio(const struct work *a, const struct work *b)
{
	double v[ROUNDS];

	time_work(a);
	time_work(b);
	for (int i = 0; i < ROUNDS; i++) {
		v[i] = time_work(b);
		v[i] = time_work(a) / v[i];
	}
	return median(v, ROUNDS);
}

void bench_mem(double null_ns)
{
	struct machine *few = machine_new(), *many = machine_new();
	struct work page = { few, 200, 1, 1 }, live = { many, 200, 1, 1 };
	struct work range = { many, 200, 1, 1 };
	struct work gib = { many, 200, 1, GIB_PAGES };
	struct work some = { many, 1000, FEW_RANGES, 1 };
	struct work lots = { many, 1, MANY_RANGES, 1 };
	double v[ROUNDS];

	for (uint64_t i = 0; i < FEW; i++)
		share(few, 1, 1, 2 * i);
	for (uint64_t i = 0; i < LIVE; i++)
		share(many, 1, 1, 2 * i);
	for (int i = 0; i < ROUNDS; i++)
		v[i] = time_work(&page) / null_ns / 4;
	bench_result("mem.cycle.ratio", median(v, ROUNDS));
	bench_result("mem.scale.live", ratio(&live, &page));
	machine_free(many);

	many = machine_new();
	range.m = gib.m = some.m = lots.m = many;
	bench_result("mem.scale.bytes", ratio(&gib, &range));
	bench_result("mem.scale.constituents", ratio(&lots, &some) / MANY_RANGES * FEW_RANGES);
	machine_free(many);
	machine_free(few);
}
