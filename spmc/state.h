/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The block of one SPMC, and what its files share. A map of spmc/:
 *
 *	state.h		the block
 *	spmc.c		configuration, reset, looking in, hash, snapshot
 *	dispatch.c	from registers to a handler, and from its verdict back
 *			to registers: the only writer of results
 *	machine.c	machines.def as tables, and the one function that moves
 *			a state
 *	rules.c		rules.def as a table
 *	profile.c	profiles.def as tables, and what they mean for a call
 *	abi.c		ffa_abi.def as tables
 *	version.c	FFA_VERSION, FFA_ID_GET, FFA_SPM_ID_GET
 *	features.c	FFA_FEATURES
 *	rxtx.c		RX/TX buffers
 *	partinfo.c	FFA_PARTITION_INFO_GET and _REGS
 *	region.c	which page is whose
 *	nsres.c		FFA_NS_RES_INFO_GET
 *	sched.c		who runs: boot, FFA_MSG_WAIT, FFA_YIELD, FFA_RUN
 *	abort.c		FFA_ERROR, FFA_ABORT, crash, what it leaves behind
 *	life.c		what becomes of a partition that aborted
 *	irq.c		interrupts: who gets them, and when
 *	power.c		PSCI calls, which partitions are told of;
 *			FFA_SECONDARY_EP_REGISTER
 *	direct.c	direct messages
 *	indirect.c	indirect messages
 *	notif*.c	notifications
 *	console.c	FFA_CONSOLE_LOG
 *	check*.c	invariants.def as a table: what holds of every state,
 *			and of every step
 */
#ifndef SPMC_STATE_H
#define SPMC_STATE_H

#include <string.h>

#include "spmc.h"

enum spmc_rule {
	RULE_NONE,
#define RULE(id, ...) RULE_##id,
#include "rules.def"
	RULE_COUNT,
};
_Static_assert((int)RULE_COUNT <= (int)SPMC_MAX_RULES, "struct spmc_cover");

/* What profiles.def leaves open, CHOICE_RXTX_MAX, and RXTX_MAX_ONE. */
enum choice {
#define CHOICE_OF(choice, ...) CHOICE_##choice,
#include "profiles.def"
	CHOICE_COUNT,
};
/* Values count from 0 within their choice. */
enum choice_value {
#define CHOICE_OF(choice, ...) choice##_BEFORE = -1,
#define VALUE(choice, value, ...) choice##_##value,
#include "profiles.def"
};

/*
 * States and events of the machines, RX_PRODUCER and RX_EV_FILL. Who may be
 * in a state and how it is left: machines.def.
 */
enum rx_state {
#define MACHINE_RX
#define STATE(m, name, ...) m##_##name,
#include "machines.def"
	RX_STATES
};
enum rx_event {
#define MACHINE_RX
#define EVENT(m, name, ...) m##_EV_##name,
#include "machines.def"
	RX_EVENTS
};
enum ec_state {
#define MACHINE_EC
#define STATE(m, name, ...) m##_##name,
#include "machines.def"
	EC_STATES
};
enum ec_event {
#define MACHINE_EC
#define EVENT(m, name, ...) m##_EV_##name,
#include "machines.def"
	EC_EVENTS
};
enum part_state {
#define MACHINE_PART
#define STATE(m, name, ...) m##_##name,
#include "machines.def"
	PART_STATES
};
enum part_event {
#define MACHINE_PART
#define EVENT(m, name, ...) m##_EV_##name,
#include "machines.def"
	PART_EVENTS
};
enum ver_state {
#define MACHINE_VER
#define STATE(m, name, ...) m##_##name,
#include "machines.def"
	VER_STATES
};
enum ver_event {
#define MACHINE_VER
#define EVENT(m, name, ...) m##_EV_##name,
#include "machines.def"
	VER_EVENTS
};
enum rtm_state {
#define MACHINE_RTM
#define STATE(m, name, ...) m##_##name,
#include "machines.def"
	RTM_STATES
};
enum rtm_event {
#define MACHINE_RTM
#define EVENT(m, name, ...) m##_EV_##name,
#include "machines.def"
	RTM_EVENTS
};
enum txn_state {
#define MACHINE_TXN
#define STATE(m, name, ...) m##_##name,
#include "machines.def"
	TXN_STATES
};
enum txn_event {
#define MACHINE_TXN
#define EVENT(m, name, ...) m##_EV_##name,
#include "machines.def"
	TXN_EVENTS
};
enum brw_state {
#define MACHINE_BRW
#define STATE(m, name, ...) m##_##name,
#include "machines.def"
	BRW_STATES
};
enum brw_event {
#define MACHINE_BRW
#define EVENT(m, name, ...) m##_EV_##name,
#include "machines.def"
	BRW_EVENTS
};
enum notif_state {
#define MACHINE_NOTIF
#define STATE(m, name, ...) m##_##name,
#include "machines.def"
	NOTIF_STATES
};
enum notif_event {
#define MACHINE_NOTIF
#define EVENT(m, name, ...) m##_EV_##name,
#include "machines.def"
	NOTIF_EVENTS
};
_Static_assert((int)RTM_NONE == (int)SPMC_RTM_NONE &&
	       (int)RTM_INIT == (int)SPMC_RTM_INIT &&
	       (int)RTM_RUN == (int)SPMC_RTM_RUN &&
	       (int)RTM_DIRECT_REQ == (int)SPMC_RTM_DIRECT_REQ &&
	       (int)RTM_SEC_INTERRUPT == (int)SPMC_RTM_SEC_INTERRUPT &&
	       (int)RTM_STATES == (int)SPMC_RTM_COUNT, "enum spmc_model");

/* An execution context. The normal world has one for each CPU. */
struct ec {
	uint8_t state;		/* enum ec_state */
	uint8_t model;		/* enum rtm_state */
	uint16_t cpu;		/* where it runs or was last, SPMC_NOBODY */
	uint16_t caller, caller_ec;	/* whom it returns to, SPMC_NOBODY */
	uint16_t yields;	/* contexts that it has to let go on: see sched.h */
	uint16_t stopped;	/* interrupted for it in its own chain: endpoint, */
	/* The direct request that it serves: answered once, in kind. */
	uint16_t req_from;	/* sender id in the request */
	uint8_t req_fn;		/* enum ffa_fn */
	uint8_t req_fwk;	/* framework message type + 1, or 0 */
	uint64_t virq;		/* virtual interrupts: bit n, irqs[n] */
	uint64_t mei;		/* enum mei */
	uint16_t stopped_ec;	/* and context; or SPMC_NOBODY */
	uint8_t npi;		/* notification pending interrupt pends */
	uint8_t restarts;	/* it aborted: its caller is told when it waits */
	uint8_t pad[4];
	/* x8-x17 of its last call: preserved over an 8-register answer. */
	uint64_t kept[FFA_REGS - 8];
};

enum mei {
	MEI_NONE,
	MEI_PENDS,		/* managed exit under way, */
	MEI_TAKEN,		/* and its interrupt taken */
};

/* The part of an endpoint that moves. */
struct endpoint {
	uint8_t part;		/* enum part_state */
	uint8_t rx_state;	/* enum rx_state */
	uint8_t ver;		/* enum ver_state */
	uint8_t pages;		/* of each buffer, while mapped */
	uint32_t version;	/* in force */
	uint64_t tx, rx;	/* addresses, while mapped */
	uint64_t secondary_ep;	/* where further contexts start, or 0 */
	/* FFA_NS_RES_INFO_GET: what of its answer the endpoint has, or 0, */
	uint32_t resources;
	uint16_t resources_of;	/* whose it asked for, or SPMC_NOBODY: all's, */
	uint16_t pad;
	uint64_t resources_hash;	/* and what the answer was */
};

struct cpu {
	uint16_t endpoint, ec;	/* who runs here, or SPMC_NOBODY */
	uint16_t boot;		/* place in the boot order still to go */
	uint16_t started;	/* enum cpu_state */
	uint16_t power;		/* power management under way, or 0 */
	uint16_t sri_delayed;	/* until the normal world is back */
	uint16_t ns;		/* a non-secure interrupt pends */
	uint16_t sri;		/* schedule receiver interrupt pends */
	uint64_t held;		/* secure interrupts that pend: bit n */
};
enum cpu_state {
	CPU_OFF,
	CPU_BOOTING,		/* partitions initialise */
	CPU_UP,			/* the normal world runs, or called */
	CPU_TURNED_OFF,		/* by the normal world: boots again alone */
	CPU_DEAD,		/* the SPMC aborted: nobody runs any more */
};

/*
 * The block: this head; then what never changes (configuration); then what
 * moves, in one piece so that a snapshot or a hash is one pass over it.
 */
struct spmc {
	uint32_t version;
	uint32_t profile;	/* enum spmc_profile */
	uint16_t cpus, endpoint_count, region_count, rxtx_max_pages;
	uint32_t npi, sri, mei;
	uint32_t ec_count;
	bool dynbuf;
	uint16_t vcpus;		/* of a VM, at most */
	uint16_t irq_count;
	/* byte offsets from the start of the block */
	uint32_t configs, regions, irqs, first_ec, boot_order, first_vcpu;
	uint32_t moving, cpu_off, endpoint_off, ec_off, notifs, notif_vcpus;
	/* memory management: its head, then pools, used from their start */
	uint32_t mem, pools, txns, borrowers, range_chunks, run_dir, run_chunks;
	uint32_t size;
};

static inline void *spmc_at(const struct spmc *s, uint32_t offset)
{
	return (char *)(uintptr_t)s + offset;
}

static inline const struct spmc_endpoint_config *
config(const struct spmc *s, unsigned int ep)
{
	return (const struct spmc_endpoint_config *)spmc_at(s, s->configs) + ep;
}

static inline struct endpoint *endpoint(const struct spmc *s, unsigned int ep)
{
	return (struct endpoint *)spmc_at(s, s->endpoint_off) + ep;
}

static inline struct ec *context(const struct spmc *s, unsigned int ep,
				 unsigned int ec)
{
	const uint32_t *first = spmc_at(s, s->first_ec);

	return (struct ec *)spmc_at(s, s->ec_off) + first[ep] + ec;
}

static inline struct cpu *cpu_of(const struct spmc *s, unsigned int cpu)
{
	return (struct cpu *)spmc_at(s, s->cpu_off) + cpu;
}

static inline const struct spmc_irq *irq_at(const struct spmc *s,
					    unsigned int i)
{
	return (const struct spmc_irq *)spmc_at(s, s->irqs) + i;
}

static inline bool is_sp(const struct spmc *s, unsigned int ep)
{
	return config(s, ep)->kind >= SPMC_SP_EL1;
}

/* Is its life over? (While it restarts it is not.) */
static inline bool is_dead(const struct spmc *s, unsigned int ep)
{
	switch ((enum part_state)endpoint(s, ep)->part) {
	case PART_ABORTED:
	case PART_STOPPED:
	case PART_DESTROYED:
		return true;
	case PART_INITIALISING:
	case PART_READY:
	case PART_STOPPING:
	case PART_STATES:
		break;
	}
	return false;
}

/* Did its abort action end it? Its id and UUIDs name nobody then. */
static inline bool is_destroyed(const struct spmc *s, unsigned int ep)
{
	return endpoint(s, ep)->part == PART_DESTROYED;
}

/* One word into a hash: every bit moves all that follow. */
static inline uint64_t hash_word(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

/* One call on its way through the core. */
struct call {
	struct spmc *s;
	const struct spmc_env *env;
	unsigned int cpu;
	unsigned int ep, ec;		/* who called */
	enum ffa_fn fn;
	enum ffa_instance inst;
	struct ffa_value in;		/* 32-bit call: upper halves cleared */
	struct spmc_outcome *out;
};

/*
 * Handlers return RULE_NONE after they said what the answer is, or the rule
 * that refuses the call, which then has changed nothing. To refuse by a rule
 * that reads a state, return refuse_about(), which notes whose.
 */
enum spmc_rule refuse_about(struct call *c, enum spmc_rule rule,
			    unsigned int ep, unsigned int ec);

/*
 * succeed: the caller goes on, with the success of its function; `val` holds
 * the result in its registers (x[0], and x[1] but for X18, are ignored).
 */
enum spmc_rule succeed(struct call *c, const struct ffa_value *val);

/* succeed_bare: the caller goes on, with `w0` as its result. */
enum spmc_rule succeed_bare(struct call *c, uint32_t w0);

/*
 * resume: context `ec` of endpoint `ep` goes on, on the CPU of the call, and
 * sees function `fn` (a call delivered to it, or a result) with the registers
 * of `val` (x[0] is ignored). At most once a step, whose `out->regs` holds
 * what the context that ran until now had in its registers. Moves no state
 * but the CPU's.
 */
void resume(struct spmc *s, unsigned int cpu, unsigned int ep, unsigned int ec,
	    enum ffa_fn fn, const struct ffa_value *val,
	    struct spmc_outcome *out);

/* resume_raw: the same with registers that are no function's, x[0] included. */
void resume_raw(struct spmc *s, unsigned int cpu, unsigned int ep,
		unsigned int ec, const struct ffa_value *val,
		struct spmc_outcome *out);

/* resume_error: the same with FFA_ERROR(code). */
void resume_error(struct spmc *s, unsigned int cpu, unsigned int ep,
		  unsigned int ec, enum ffa_error code,
		  struct spmc_outcome *out);

/* w: the low half of an argument register; bits: [hi:lo] of it. */
static inline uint32_t w(const struct call *c, unsigned int reg)
{
	return (uint32_t)c->in.x[reg];
}

static inline uint32_t bits(const struct call *c, unsigned int reg,
			    unsigned int lo, unsigned int hi)
{
	return (w(c, reg) >> lo) & (UINT32_MAX >> (31 - (hi - lo)));
}

/*
 * machine_move: applies `event` to *state through the table of `m`. Returns
 * RULE_NONE, or the rule of a refusing cell, *state then being as it was. A
 * cell that cannot happen aborts the program: it is our bug.
 * machine_ask: the same verdict, without moving.
 */
enum spmc_rule machine_move(const struct spmc_env *env, enum spmc_machine m,
			    uint8_t *state, unsigned int event);
enum spmc_rule machine_ask(const struct spmc_env *env, enum spmc_machine m,
			   unsigned int state, unsigned int event);

/* machine_can: would `event` move? (Nothing is counted.) */
bool machine_can(enum spmc_machine m, unsigned int state, unsigned int event);

/*
 * profile.c: what the SPMC's profile says. enforced: is this rule checked at
 * all? To be asked where a row of profiles.def says that it is not, or only
 * there. choice: the value that a choice has. profile_lacks: is fn taken away
 * from callers at this instance? profile_error: the code that a rule refuses
 * a call of fn with. profile_features: FFA_FEATURES's word on fn, which the
 * gate lets pass or not. profile_version: the version by which a caller that
 * speaks `version` has functions.
 */
bool profile_enforces(const struct spmc *s, enum spmc_rule rule);
unsigned int profile_choice(const struct spmc *s, enum choice choice);
/* Is a function there for what the caller is, where FFA_FEATURES looks? */
bool features_for(const struct spmc *s, unsigned int ep, enum ffa_fn fn);
bool profile_lacks(const struct spmc *s, enum ffa_fn fn,
		   enum ffa_instance inst);
int profile_error(const struct spmc *s, enum spmc_rule rule, enum ffa_fn fn,
		  enum ffa_instance inst);
bool profile_features(const struct spmc *s, enum ffa_fn fn,
		      enum ffa_instance inst, bool passes);
uint32_t profile_version(const struct spmc *s, uint32_t version);

static inline bool enforced(const struct call *c, enum spmc_rule rule)
{
	return profile_enforces(c->s, rule);
}

static inline unsigned int choice(const struct call *c, enum choice what)
{
	return profile_choice(c->s, what);
}

/* find: index of an endpoint that was not destroyed, or -1. */
int find(const struct spmc *s, uint16_t id);

/* spmc_first_version: in force for an endpoint that negotiated none. */
uint32_t spmc_first_version(const struct spmc *s, unsigned int ep);

/* find_vm: index of the VM `id`, or -1. */
int find_vm(const struct spmc *s, uint16_t id);

/* pages.c: may `ep` use [base, base + pages) as its own, plain RAM? */
bool pages_owned_ram(const struct spmc *s, unsigned int ep, uint64_t base,
		     unsigned int pages);
/* pages.c: what FFA_MEM_PERM_SET set for the pages of `ep` is no more. */
void pages_forget_perm(struct spmc *s, unsigned int ep);
/* region.c: the region that the configuration has at `pa`, or NULL. */
const struct spmc_region *region_of(const struct spmc *s, uint64_t pa);
/* region.c: which world's address space holds `pa`? */
bool region_is_secure(const struct spmc *s, uint64_t pa);

/* env_read: memory that is only read; NULL as spmc_env.map. */
static inline const void *env_read(const struct spmc_env *env, uint64_t pa,
				   size_t len, bool secure)
{
	return env->read ? env->read(env->ctx, pa, len, secure) :
			   env->map(env->ctx, pa, len, secure);
}

/*
 * rxtx.c: ownership of RX moves on behalf of another function. rx_free: may
 * the SPMC fill the RX of `ep`, or which rule refuses it? rx_fill: it does,
 * with `len` bytes; returns where RX is (rx_free said yes).
 */
enum spmc_rule rx_free(struct call *c, unsigned int ep);
void *rx_fill(struct call *c, unsigned int ep, size_t len);
void rx_wait(const struct spmc *s, const struct spmc_env *env,
	     unsigned int ep);

/* rxtx.c: takes a registered pair back, in whatever state RX is. */
void rxtx_forget(const struct spmc *s, const struct spmc_env *env,
		 unsigned int ep);

/* nsres.c: an answer that was begun is not gone on with. */
void nsres_forget(struct endpoint *e);

/* version.c: a call succeeded, after which the version may be locked. */
void version_used(struct call *c);

/* notif.c: the endpoint aborted; no notification names it any more. */
void notif_death(struct spmc *s, const struct spmc_env *env, unsigned int ep);

/*
 * notif_set.c. notif_enter: a context is given cycles, and takes the interrupt
 * that notifications are pending for it. notif_back: the CPU is back with the
 * normal world. notif_unread: RX is full, and its owner was not told yet.
 */
void notif_enter(struct call *c, unsigned int ep, unsigned int ec);
void notif_back(struct spmc *s, unsigned int cpu, struct spmc_outcome *out);
bool notif_unread(const struct spmc *s, unsigned int ep);

/* Handlers; the names are the column of ffa_abi.def. */
enum spmc_rule spmc_version(struct call *c);
enum spmc_rule spmc_id_get(struct call *c);
enum spmc_rule spmc_spm_id_get(struct call *c);
enum spmc_rule spmc_features(struct call *c);
enum spmc_rule spmc_rxtx_map(struct call *c);
enum spmc_rule spmc_rxtx_unmap(struct call *c);
enum spmc_rule spmc_rx_acquire(struct call *c);
enum spmc_rule spmc_rx_release(struct call *c);
enum spmc_rule spmc_partition_info_get(struct call *c);
enum spmc_rule spmc_partition_info_get_regs(struct call *c);
enum spmc_rule spmc_ns_res_info_get(struct call *c);
enum spmc_rule spmc_direct_req(struct call *c);
enum spmc_rule spmc_direct_resp(struct call *c);
enum spmc_rule spmc_direct_req2(struct call *c);
enum spmc_rule spmc_direct_resp2(struct call *c);
enum spmc_rule spmc_msg_wait(struct call *c);
enum spmc_rule spmc_yield(struct call *c);
enum spmc_rule spmc_run(struct call *c);
enum spmc_rule spmc_error(struct call *c);
enum spmc_rule spmc_abort(struct call *c);
enum spmc_rule spmc_console_log(struct call *c);
enum spmc_rule spmc_secondary_ep_register(struct call *c);
enum spmc_rule spmc_mem_send(struct call *c);
enum spmc_rule spmc_mem_frag_tx(struct call *c);
enum spmc_rule spmc_mem_retrieve_req(struct call *c);
enum spmc_rule spmc_mem_frag_rx(struct call *c);
enum spmc_rule spmc_mem_relinquish(struct call *c);
enum spmc_rule spmc_mem_reclaim(struct call *c);
enum spmc_rule spmc_mem_perm_get(struct call *c);
enum spmc_rule spmc_mem_perm_set(struct call *c);
enum spmc_rule spmc_notif_create(struct call *c);
enum spmc_rule spmc_notif_destroy(struct call *c);
enum spmc_rule spmc_notif_bind(struct call *c);
enum spmc_rule spmc_notif_unbind(struct call *c);
enum spmc_rule spmc_notif_set(struct call *c);
enum spmc_rule spmc_notif_get(struct call *c);
enum spmc_rule spmc_notif_info_get(struct call *c);
enum spmc_rule spmc_msg_send2(struct call *c);

/*
 * dispatch.c: can an endpoint at this instance, which speaks this version,
 * call fn here (RULE_NONE), or which rule of the gate refuses it?
 */
enum spmc_rule gate(const struct spmc *s, enum ffa_fn fn,
		    enum ffa_instance inst, uint32_t version);
enum ffa_instance instance_of(const struct spmc *s, unsigned int ep);

#endif
