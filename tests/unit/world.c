/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "unit.h"
#include "world.h"

static struct spmc_endpoint_config endpoints[SPMC_MAX_ENDPOINTS + 1];
static struct spmc_region regions[SPMC_MAX_REGIONS + 1];
static struct spmc_config config_;

struct spmc_config *world_config(struct spmc_endpoint_config **eps,
				 struct spmc_region **regs)
{
	enum { ALL = FFA_PART_RECV_DIRECT | FFA_PART_SEND_DIRECT |
		     FFA_PART_INDIRECT | FFA_PART_NOTIFICATION |
		     FFA_PART_RECV_DIRECT2 | FFA_PART_SEND_DIRECT2 };
	const struct spmc_endpoint_config eps_init[] = {
		{ .id = 0, .kind = SPMC_NS_PRIMARY, .version = FFA_V1_2 },
		{ .id = 1, .kind = SPMC_VM, .version = FFA_V1_2 },
		{ .id = 0x8001, .kind = SPMC_SP_EL1, .version = FFA_V1_2,
		  .ec_count = 1, .props = ALL, .uuid_count = 2,
		  .uuids = { { { 0x11 } }, { { 0x12 } } },
		  .ns_action = SPMC_NS_SIGNALED,
		  .s_action = SPMC_S_SIGNALED },
		{ .id = 0x8002, .kind = SPMC_SP_EL1, .version = FFA_V1_1,
		  .ec_count = 1, .props = ALL, .uuid_count = 1,
		  .uuids = { { { 0x21 } } },
		  .ns_action = SPMC_NS_SIGNALED,
		  .s_action = SPMC_S_SIGNALED },
	};
	const struct spmc_region regs_init[] = {
		{ NS_PA, 32, 0, 0 },
		{ VM_PA, 16, 1, 0 },
		{ DEV_PA, 1, 0, SPMC_REGION_DEVICE },
		{ RO_PA, 1, 0, SPMC_REGION_READ_ONLY },
		{ SP_PA, 32, 0x8001, SPMC_REGION_SECURE },
		{ SP2_PA, 16, 0x8002, SPMC_REGION_SECURE },
	};

	memset(endpoints, 0, sizeof(endpoints));
	memset(regions, 0, sizeof(regions));
	memcpy(endpoints, eps_init, sizeof(eps_init));
	memcpy(regions, regs_init, sizeof(regs_init));
	config_ = (struct spmc_config){
		.size = sizeof(config_),
		.version = FFA_V1_2,
		.cpus = 2,
		.endpoint_count = sizeof(eps_init) / sizeof(eps_init[0]),
		.region_count = sizeof(regs_init) / sizeof(regs_init[0]),
		.rxtx_max_pages = 4,
		.npi = 5, .sri = 8, .mei = 4,
		.endpoints = endpoints,
		.regions = regions,
	};
	if (eps)
		*eps = endpoints;
	if (regs)
		*regs = regions;
	return &config_;
}

static void *map(void *ctx, uint64_t pa, size_t len, bool secure)
{
	struct world *w = ctx;
	uint64_t base = secure ? SP_PA : NS_PA;

	if (pa < base || len > sizeof(w->ns) ||
	    pa - base > sizeof(w->ns) - len)
		return NULL;
	return (secure ? w->sec : w->ns) + (pa - base);
}

struct world *world_new(const struct spmc_config *cfg)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *wrong;
	int where;

	wrong = spmc_check_config(cfg, &where);
	ck_assert_msg(!wrong, "%s (%d)", wrong, where);
	w->s = spmc_init(malloc(spmc_size(cfg)), cfg);
	w->env = (struct spmc_env){
		.map = map, .ctx = w, .cover = &w->cover,
	};
	w->check = spmc_check_init(malloc(spmc_check_size(w->s)), w->s,
				   SPMC_CHECK_TWICE);
	spmc_boot(w->s, &w->env, 0, &w->out);
	return w;
}

void world_free(struct world *w)
{
	free(w->check);
	free(w->s);
	free(w);
}

void world_ns(struct world *w)
{
	unsigned int ep, ec;

	while (spmc_running(w->s, 0, &ep, &ec) && ep != 0) {
		CALL(w, FFA_ID_MSG_WAIT);
		ck_ok(w);
	}
	ck_assert(spmc_running(w->s, 0, &ep, &ec));
}

static void must_hold(const struct spmc_broken *b)
{
	char text[SPMC_BROKEN_TEXT];

	if (b->invariant)
		ck_abort_msg("%s: %s", spmc_invariants[b->invariant].name,
			     spmc_broken_text(b, text));
}

void world_check(const struct world *w)
{
	struct spmc_broken b;

	spmc_invariant(w->s, &b);
	must_hold(&b);
}

void world_smc(struct world *w, unsigned int cpu, const struct ffa_value *in)
{
	spmc_check_sync(w->check, w->s);
	spmc_check_call(w->check, w->s, &w->env, cpu, in, &w->out);
	must_hold(spmc_check_broken(w->check));
}

uint64_t call(struct world *w, uint64_t x0, uint64_t x1, uint64_t x2,
	      uint64_t x3, uint64_t x4, uint64_t x5, uint64_t x6)
{
	const struct ffa_value in = { { x0, x1, x2, x3, x4, x5, x6 } };

	world_smc(w, 0, &in);
	return w->out.regs.x[0];
}
