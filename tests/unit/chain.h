/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls on several CPUs, for the tests of scheduling and direct messages. */
#ifndef TESTS_UNIT_CHAIN_H
#define TESTS_UNIT_CHAIN_H

#include "world.h"

/* Index in the configuration of chain_config(), and id. */
enum {
	NS, VM1,
	A, B,		/* one context each, migrate; B subscribed to VMs */
	M, N,		/* a context for each CPU; M subscribed to power */
	ENDPOINTS
};
enum { ID_A = 0x8001, ID_B, ID_M, ID_N };

/* Two CPUs; every partition sends and receives all, and speaks 1.2. */
struct spmc_config *chain_config(struct spmc_endpoint_config **endpoints);

/* chain_boot: both CPUs are up, every partition waits. */
struct world *chain_new(const struct spmc_config *cfg);
void chain_boot(struct world *w, unsigned int cpu);

/* on: what runs on `cpu` makes a call with x0-x7; checks a refusal's rule. */
void on(struct world *w, unsigned int cpu, uint64_t x0, uint64_t x1,
	uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5, uint64_t x6,
	uint64_t x7);
#define ON(w, cpu, fid, ...) ON_(w, cpu, fid, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define ON_(w, cpu, fid, a, b, c, d, e, f, g, ...) \
	on(w, cpu, (uint32_t)(fid), a, b, c, d, e, f, g)
#define DENY(w, cpu, id, fid, ...)					\
	do {								\
		uint64_t hash_ = spmc_hash((w)->s);			\
		ON(w, cpu, fid, ##__VA_ARGS__);				\
		ck_refused(w, id);					\
		ck_assert_uint_eq(hash_, spmc_hash((w)->s));		\
	} while (0)

/* who: checks who runs on `cpu`; sees: and what it sees. */
void who(struct world *w, unsigned int cpu, unsigned int ep, unsigned int ec);
#define sees(w, cpu, ep_, ec_, fid)					\
	do {								\
		who(w, cpu, ep_, ec_);					\
		ck_assert_uint_eq((w)->out.endpoint, ep_);		\
		ck_assert_uint_eq((w)->out.ec, ec_);			\
		ck_assert_uint_eq((w)->out.regs.x[0], (uint32_t)(fid)); \
	} while (0)
#define sees_error(w, cpu, ep_, ec_, code)				\
	do {								\
		sees(w, cpu, ep_, ec_, FFA_ID_ERROR);			\
		ck_assert_int_eq((int32_t)(w)->out.regs.x[2], code);	\
	} while (0)

enum ec_state ec_state(const struct world *w, unsigned int ep,
		       unsigned int ec);
enum spmc_model model(const struct world *w, unsigned int ep, unsigned int ec);

/* w1 of a message, and of FFA_RUN */
#define FROM_TO(from, to) ((uint64_t)(from) << 16 | (to))

/* REQ from an SP or, with id 0, the normal world; RESP; RUN; and so on. */
#define REQ32(w, cpu, from, to) \
	ON(w, cpu, FFA_ID_MSG_SEND_DIRECT_REQ_32, FROM_TO(from, to))
#define RESP32(w, cpu, from, to) \
	ON(w, cpu, FFA_ID_MSG_SEND_DIRECT_RESP_32, FROM_TO(from, to))
#define RUN(w, cpu, id, ec)	ON(w, cpu, FFA_ID_RUN, FROM_TO(id, ec))
#define WAIT(w, cpu)		ON(w, cpu, FFA_ID_MSG_WAIT)
#define YIELD(w, cpu)		ON(w, cpu, FFA_ID_YIELD)
/* preempt: a non-secure interrupt, up to the normal world if it gets there. */
void preempt(struct world *w, unsigned int cpu);
#define PREEMPT(w, cpu)		preempt(w, cpu)
#define CRASH(w, cpu) \
	ck_assert(spmc_crash((w)->s, &(w)->env, cpu, &(w)->out))

#endif
