/* SPDX-License-Identifier: BSD-3-Clause */
/* An SPMC with memory for the tests of the core, and calls into it. */
#ifndef TESTS_UNIT_WORLD_H
#define TESTS_UNIT_WORLD_H

#include "spmc/state.h"

/* 64 pages of RAM in each world; NS_PA belongs to the primary. */
enum { WORLD_PAGES = 64 };
enum {
	NS_PA = 0x40000000,	/* of the primary, */
	VM_PA = 0x40020000,	/* from here of VM 1, */
	DEV_PA = 0x40030000,	/* device memory, */
	RO_PA = 0x40031000,	/* read-only memory of the primary */
	SP_PA = 0x06000000,	/* of SP 0x8001, */
	SP2_PA = 0x06020000,	/* from here of SP 0x8002 */
};

struct world {
	struct spmc *s;
	struct spmc_check *check;
	struct spmc_env env;
	struct spmc_cover cover;
	struct spmc_outcome out;
	unsigned char ns[WORLD_PAGES * FFA_PAGE_SIZE];
	unsigned char sec[WORLD_PAGES * FFA_PAGE_SIZE];
};

/*
 * The configuration that tests start from, to be changed at will: endpoints
 * are the primary, VM 1, SP 0x8001 (receives everything, two UUIDs) and SP
 * 0x8002 (sends everything). Valid until the next call.
 */
struct spmc_config *world_config(struct spmc_endpoint_config **endpoints,
				 struct spmc_region **regions);

/* world_new: boots CPU 0; the first partition initialises. */
struct world *world_new(const struct spmc_config *cfg);
void world_free(struct world *w);

/* world_ns: every partition waits, the normal world runs. */
void world_ns(struct world *w);

/* world_check: what holds of every state holds. */
void world_check(const struct world *w);

/*
 * world_smc: what runs on a CPU makes a call; the invariants are checked.
 * call: the same on CPU 0, with x0-x6; its new x0.
 */
void world_smc(struct world *w, unsigned int cpu, const struct ffa_value *in);
uint64_t call(struct world *w, uint64_t x0, uint64_t x1, uint64_t x2,
	      uint64_t x3, uint64_t x4, uint64_t x5, uint64_t x6);
#define CALL(w, fid, ...) CALL_(w, fid, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(w, fid, a, b, c, d, e, f, ...) \
	call(w, (uint32_t)(fid), a, b, c, d, e, f)

/* ck_ok: the last call succeeded; ck_refused: this rule refused it. */
#define ck_ok(w)							\
	ck_assert_msg(!(w)->out.rule, "refused by %s",			\
		      spmc_rules[(w)->out.rule].name)
#define ck_refused(w, id)						\
	ck_assert_msg((w)->out.rule == RULE_##id,			\
		      "wanted " #id ", got %s",				\
		      spmc_rules[(w)->out.rule].name)

#endif
