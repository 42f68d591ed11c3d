/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The model of an FF-A SPMC as a value: a deterministic state machine in one
 * pointer-free block of memory that the caller owns. It has no globals, does
 * no I/O, never allocates, and reads nothing but its arguments, so a copy of
 * the block is a snapshot, copying it back is a reset, and a hash of it says
 * whether a call changed anything.
 *
 * One step is one question: on CPU n the context that runs there made this
 * call (or this event arrived): who runs next on that CPU, and which
 * registers does it see? The loop that lets partitions run until control is
 * back with the normal world is the caller's.
 *
 * Structs that cross this interface start with their size where they may
 * grow; new members go to the end.
 */
#ifndef SPMC_H
#define SPMC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffa/ffa.h"

enum {
	SPMC_MAX_CPUS = 32,
	SPMC_MAX_ENDPOINTS = 64,	/* partitions and VMs, primary included */
	SPMC_MAX_UUIDS = 8,		/* of one partition */
	SPMC_MAX_REGIONS = 1024,
	SPMC_MAX_IRQS = 64,
	SPMC_MAX_RXTX_PAGES = 63,	/* what 6 bits of w3 can say */
	SPMC_MAX_HANDLES = 1 << 20,
	SPMC_MAX_RANGES = 1 << 22,
	SPMC_MAX_VCPUS = 512,		/* of one VM */
};

/*
 * Whose implementation-defined choices and gaps the SPMC has: the rows of
 * spmc/profiles.def, each with where it is from.
 */
enum spmc_profile {
	SPMC_SPEC,	/* none but the specification's: complete */
	SPMC_HAFNIUM, SPMC_TFA_EL3, SPMC_OPTEE,
	SPMC_PROFILE_COUNT,
};

/* What an endpoint is. */
enum spmc_kind {
	SPMC_NS_PRIMARY,	/* OS kernel or hypervisor: id 0, NS physical */
	SPMC_VM,		/* known by its id, behind the hypervisor */
	SPMC_SP_EL1,		/* secure partition at S-EL1 */
	SPMC_SP_EL0,		/* secure partition at S-EL0 */
};

/* What a partition wants done when a non-secure interrupt arrives. */
enum spmc_ns_action {
	SPMC_NS_QUEUED, SPMC_NS_MANAGED_EXIT, SPMC_NS_SIGNALED,
};

/* … and when a secure interrupt of another partition does. */
enum spmc_s_action {
	SPMC_S_QUEUED,		/* non-secure ones are queued too then */
	SPMC_S_SIGNALED,
};

/* What becomes of a partition that aborts: 1.3's abort action. */
enum spmc_abort {
	SPMC_ABORT_NONE,	/* it has no life cycle: aborted for ever */
	SPMC_ABORT_STOP,	/* stopped */
	SPMC_ABORT_DESTROY,	/* gone: its id names nobody */
	SPMC_ABORT_RESTART,	/* it initialises again */
	SPMC_ABORT_PROPAGATE,	/* the SPMC aborts, and with it the system */
};

/* Power-management messages that a partition subscribes to (a mask). */
enum spmc_pm {
	SPMC_PM_CPU_OFF = 1, SPMC_PM_CPU_SUSPEND = 2, SPMC_PM_CPU_RESUME = 4,
};

struct spmc_endpoint_config {
	uint16_t id;
	uint8_t kind;		/* enum spmc_kind */
	bool aarch32;
	uint16_t ec_count;	/* 1: UP, may migrate; cpus: MP, pinned */
	uint32_t version;	/* highest FF-A version it speaks */
	uint32_t props;		/* enum ffa_partition_prop */
	uint16_t uuid_count;	/* 1..SPMC_MAX_UUIDS for a partition */
	uint16_t boot_order;	/* lower boots first; equal: table order */
	struct ffa_uuid uuids[SPMC_MAX_UUIDS];
	uint8_t boot_reg;	/* x0-x3 that gets the boot information, */
	uint64_t boot_info;	/* if this address is not zero */
	uint8_t ns_action;	/* enum spmc_ns_action */
	uint8_t pm;		/* enum spmc_pm */
	uint8_t s_action;	/* enum spmc_s_action */
	uint8_t abort;		/* enum spmc_abort; one context only */
	uint8_t live;		/* live activation: x0-x7 that is told, + 1; or 0 */
	uint32_t live_buffer, live_size;	/* where it leaves its state */
	bool mei_virq;		/* managed exit comes as vIRQ, not as vFIQ */
};

enum spmc_region_attr {
	SPMC_REGION_SECURE = 1,
	SPMC_REGION_DEVICE = 2,
	SPMC_REGION_READ_ONLY = 4,
};

/* Physical memory and who owns it at reset. Regions do not overlap. */
struct spmc_region {
	uint64_t base;		/* page aligned */
	uint64_t pages;		/* not zero */
	uint16_t owner;		/* endpoint id; FFA_ID_SPMC: nobody's */
	uint16_t attrs;		/* enum spmc_region_attr */
};

/* A secure interrupt. */
struct spmc_irq {
	uint32_t id;
	uint16_t owner;		/* partition; FFA_ID_SPMD: EL3 firmware's */
};

struct spmc_config {
	size_t size;		/* sizeof(struct spmc_config) */
	uint32_t version;	/* of the SPMC: FFA_V1_0 … FFA_V1_3 */
	uint16_t cpus;		/* 1..SPMC_MAX_CPUS */
	uint16_t endpoint_count;	/* first one: SPMC_NS_PRIMARY, id 0 */
	uint16_t region_count;
	uint16_t rxtx_max_pages;	/* 1..SPMC_MAX_RXTX_PAGES */
	uint32_t npi, sri, mei;	/* interrupt ids of the features; 0: none */
	const struct spmc_endpoint_config *endpoints;
	const struct spmc_region *regions;
	uint32_t handles;	/* live memory transactions, 0..SPMC_MAX_HANDLES */
	uint32_t ranges;	/* of all of them, 0..SPMC_MAX_RANGES */
	bool dynbuf;		/* descriptors in other buffers than TX */
	/* vCPUs of a VM with notifications, 0..SPMC_MAX_VCPUS; 0: cpus */
	uint16_t vcpus;
	uint16_t irq_count;	/* 0..SPMC_MAX_IRQS */
	const struct spmc_irq *irqs;
	enum spmc_profile profile;
};

struct spmc;	/* the block */

/*
 * spmc_check_config: NULL if `cfg` can be used, else a sentence that says what
 * is wrong with it (static string), with *where set to the index of the
 * endpoint or region it is about (or -1).
 */
const char *spmc_check_config(const struct spmc_config *cfg, int *where);

/* spmc_size: bytes of the block for `cfg`, which spmc_check_config accepts. */
size_t spmc_size(const struct spmc_config *cfg);

/*
 * spmc_init: makes an SPMC at reset in `block` (spmc_size(cfg) bytes, aligned
 * as malloc() does). Nothing of `cfg` is kept. No CPU runs yet.
 */
struct spmc *spmc_init(void *block, const struct spmc_config *cfg);

/*
 * The door to guest memory. `map` returns the host address of `len` bytes at
 * physical address `pa`, valid until the step is over, or NULL if they are
 * not all RAM of that world.
 */
struct spmc_env {
	void *(*map)(void *ctx, uint64_t pa, size_t len, bool secure);
	void *ctx;
	struct spmc_cover *cover;	/* may be NULL */
	/* as `map`, for what is only read; NULL: `map` */
	const void *(*read)(void *ctx, uint64_t pa, size_t len, bool secure);
};

/* -- rules: why a call was refused ------------------------------------------ */

/* What a rule looks at, so that a message can show it. */
enum spmc_reads {
	SPMC_READS_NOTHING,	/* the arguments only */
	SPMC_READS_RX,		/* RX/TX state of the endpoint */
	SPMC_READS_EC,		/* state and model of the execution context */
	SPMC_READS_PART,	/* life cycle of the endpoint */
	SPMC_READS_VERSION,	/* negotiated version of the endpoint */
};

/*
 * Every refusal names a row of spmc/rules.def by its number; number 0 is "not
 * refused". The order of the rules of one handler is the order of its checks.
 */
struct spmc_rule_info {
	const char *name;	/* "RXTX_MAP_TWICE" */
	const char *handler;	/* "rxtx_map": as in ffa_abi.def; "gate": all */
	const char *sentence;	/* why the call is refused */
	const char *source;	/* where the rule is from */
	const char *differs;	/* real SPMCs that answer otherwise; or "" */
	int error;		/* enum ffa_error; 0: SMCCC unknown function */
	enum spmc_reads reads;
	bool drops;	/* the refusal ends the transaction it is about */
};
enum { SPMC_MAX_RULES = 512, SPMC_MAX_RELAYED = 192 };
extern const struct spmc_rule_info spmc_rules[];
extern const unsigned int spmc_rule_count;	/* with number 0 */

/* spmc_handler_name: the `handler` column of a function; "" if it has none. */
const char *spmc_handler_name(enum ffa_fn fn);

struct spmc_named {
	const char *name;	/* "consumer": what a scenario writes */
	const char *sentence;
};

/* -- profiles: what real SPMCs do that differs ------------------------------ */

struct spmc_profile_info {
	const char *name, *sentence;	/* "tfa-el3" */
	uint32_t version;	/* that the real one reports */
};
extern const struct spmc_profile_info spmc_profiles[SPMC_PROFILE_COUNT];

/* spmc_profile_find: by name; SPMC_PROFILE_COUNT if there is none. */
enum spmc_profile spmc_profile_find(const char *name);

/* What is left open: "partinfo-size"; and how it may be done. */
extern const struct spmc_named spmc_choices[];
extern const unsigned int spmc_choice_count;
struct spmc_choice_value {
	unsigned int choice, value;	/* value 0: what SPMC_SPEC does */
	const char *name, *sentence;
};
extern const struct spmc_choice_value spmc_choice_values[];
extern const unsigned int spmc_choice_value_count;

/* A row of spmc/profiles.def. */
enum spmc_difference_kind {
	SPMC_LACKS,	/* `fn` is not there, answered with `error` */
	SPMC_ADVERTISES,	/* FFA_FEATURES says yes to `fn`: in vain */
	SPMC_HIDES,	/* FFA_FEATURES says no to `fn`, which is there */
	SPMC_ANSWERS,	/* `rule` refuses with `error` instead */
	SPMC_ACCEPTS,	/* `rule` is not checked */
	SPMC_CHECKS,	/* `rule` is checked, as `spec` does not */
	SPMC_CHOICE,	/* `choice` is done as `value` says */
};
struct spmc_difference {
	enum spmc_profile profile;
	enum spmc_difference_kind kind;
	enum ffa_fn fn;
	unsigned int rule;	/* number */
	unsigned int choice, value;
	int error;		/* enum ffa_error; 0: SMCCC unknown function */
	unsigned int inst;	/* mask of enum ffa_instance: for whom */
	const char *note;	/* more about it, or "" */
	const char *source;
};
extern const struct spmc_difference spmc_differences[];
extern const unsigned int spmc_difference_count;

/* spmc_rule_checked: does the profile look at this rule at all? */
bool spmc_rule_checked(enum spmc_profile profile, unsigned int rule);

/* spmc_profile_rxtx_max: pages of RX/TX buffers, as in spmc_config. */
uint16_t spmc_profile_rxtx_max(enum spmc_profile profile);

/* -- state machines ------------------------------------------------------------ */

/*
 * Every state that moves does so through one checked table: an event in a
 * state has a successor, or a rule that refuses it, or cannot happen. The
 * rows, and who may be in which state, are in spmc/machines.def.
 */
enum spmc_machine {
	SPMC_M_RX,	/* RX/TX buffer pair of an endpoint */
	SPMC_M_EC,	/* execution context */
	SPMC_M_PART,	/* life cycle of a partition */
	SPMC_M_VER,	/* version negotiation of an endpoint */
	SPMC_M_RTM,	/* runtime model of an execution context */
	SPMC_M_TXN,	/* memory transaction */
	SPMC_M_BRW,	/* borrower of a memory transaction */
	SPMC_M_NOTIF,	/* notification of a receiver */
	SPMC_MACHINE_COUNT,
};

/* Runtime model of an execution context, as SPMC_M_RTM counts them. */
enum spmc_model {
	SPMC_RTM_NONE, SPMC_RTM_INIT, SPMC_RTM_RUN, SPMC_RTM_DIRECT_REQ,
	SPMC_RTM_SEC_INTERRUPT, SPMC_RTM_COUNT,
};

enum { SPMC_MAX_STATES = 16, SPMC_MAX_EVENTS = 32 };

enum spmc_cell_kind {
	SPMC_CELL_TO = 1,	/* moves to state `to` */
	SPMC_CELL_REFUSE,	/* refused by rule number `rule` */
	SPMC_CELL_NEVER,	/* cannot happen: `why` */
};
struct spmc_cell {
	enum spmc_cell_kind kind;
	unsigned int to;
	unsigned int rule;
	const char *why;
};
struct spmc_machine_info {
	const char *name, *sentence;	/* "rx" */
	unsigned int state_count, event_count;
	const struct spmc_named *states, *events;
};
extern const struct spmc_machine_info spmc_machines[SPMC_MACHINE_COUNT];

/* spmc_cell: the cell of a machine; state and event are in range. */
const struct spmc_cell *spmc_cell(enum spmc_machine m, unsigned int state,
				  unsigned int event);

/* spmc_model_name: "direct_req". */
const char *spmc_model_name(enum spmc_model model);

/* What was exercised; the caller zeroes it, adds up several, prints it. */
struct spmc_cover {
	uint32_t rule[SPMC_MAX_RULES];
	uint32_t fn[FFA_FN_COUNT];	/* calls */
	uint32_t fn_ok[FFA_FN_COUNT];	/* calls that were not refused */
	uint32_t cell[SPMC_MACHINE_COUNT][SPMC_MAX_STATES][SPMC_MAX_EVENTS];
	/* rules of a hypervisor in front of the SPMC, which leaves it alone */
	uint32_t relayed[SPMC_MAX_RELAYED];
};

/* -- steps ------------------------------------------------------------------------ */

/* Names nobody: no context runs there. */
enum { SPMC_NOBODY = 0xffff };

/* The answer to a step. */
struct spmc_outcome {
	uint16_t endpoint;	/* who runs now: index in the configuration, */
	uint16_t ec;		/* and execution context; or SPMC_NOBODY */
	uint16_t fn;		/* enum ffa_fn that was called */
	uint16_t rule;		/* number of the rule that refused it, or 0 */
	uint16_t subject;	/* endpoint whose state the rule read, */
	uint16_t subject_ec;	/* and its context, or SPMC_NOBODY */
	struct ffa_value regs;	/* what the one that runs now sees */
	/*
	 * CPUs where the schedule receiver interrupt was raised for the normal
	 * world (bit n: CPU n); and whether the notification pending interrupt
	 * now pends for the context that runs, where it did not: see
	 * spmc_pending.
	 */
	uint32_t sri;
	bool npi;
	uint16_t logged;	/* characters of FFA_CONSOLE_LOG, see below */
	/*
	 * Where a context that starts begins: the address of its partition's
	 * FFA_SECONDARY_EP_REGISTER; 0: where the image does.
	 */
	uint64_t entry;
	/*
	 * It was interrupted, and goes on with its own registers, which the
	 * caller has: `regs` are zeros.
	 */
	bool goes_on;
	/* Id of the function that the SPMC called the SPMD with, or 0. */
	uint32_t spmd;
	bool starts;	/* it starts, for the first time or again */
};

/*
 * spmc_boot: starts a CPU. On CPU 0 the partitions initialise one after the
 * other in boot order, each until FFA_MSG_WAIT or FFA_ERROR; then the normal
 * world runs. On another CPU the pinned contexts of that CPU do so. The
 * outcome is the first that runs; a CPU is started once (and again when it
 * was turned off), CPU 0 first and alone until it is through (else the outcome
 * is SPMC_NOBODY).
 */
void spmc_boot(struct spmc *s, const struct spmc_env *env, unsigned int cpu,
	       struct spmc_outcome *out);

/*
 * spmc_call: the context that runs on `cpu` (which is started) executed an
 * SMC, HVC or SVC with these registers. From the normal world's primary also
 * PSCI's CPU_OFF (0x84000002) and CPU_SUSPEND (0x84000001, 0xC4000001), which
 * subscribed partitions are told of: CPU_OFF ends with SPMC_NOBODY, the CPU
 * then boots again; CPU_SUSPEND wakes up at once.
 */
void spmc_call(struct spmc *s, const struct spmc_env *env, unsigned int cpu,
	       const struct ffa_value *in, struct spmc_outcome *out);

/* What came of an interrupt. */
enum spmc_taken {
	SPMC_TAKEN_NONE,	/* nothing */
	SPMC_TAKEN_PENDS,	/* noted; who ran goes on; only out->spmd */
	SPMC_TAKEN_SWITCH,	/* *out says who runs now */
};

/*
 * spmc_preempt: a non-secure interrupt arrived on `cpu` while a partition was
 * running there. The actions of that partition, and of those that wait for it,
 * say whether it is preempted, gets the managed exit interrupt, or whether it
 * pends until that changes. If a partition waited for it, that one runs now, and
 * spmc_interrupt preempts it too. NONE, and nothing changes, if the normal world
 * runs there or a partition is initialising there or serves a power
 * management message.
 */
enum spmc_taken spmc_preempt(struct spmc *s, const struct spmc_env *env,
			     unsigned int cpu, struct spmc_outcome *out);

/*
 * spmc_raise: a secure interrupt arrived on `cpu`. It pends there until
 * spmc_interrupt takes it. False if `intid` is none of the configuration's.
 */
bool spmc_raise(struct spmc *s, unsigned int cpu, uint32_t intid);

/*
 * spmc_interrupt: takes one interrupt that can be taken now. To be called, if
 * there are any in the configuration or spmc_preempt is used, after each step
 * and spmc_raise until it says NONE. A context that just got `out` and is
 * interrupted before it saw it has to see it when it goes on.
 */
enum spmc_taken spmc_interrupt(struct spmc *s, const struct spmc_env *env,
			       unsigned int cpu, struct spmc_outcome *out);

/*
 * spmc_pending: the interrupts that pend for a context; ids[] if not NULL. For
 * a partition: its own, and the managed exit and notification pending
 * interrupts; for a CPU of the normal world: the schedule receiver interrupt.
 * spmc_take_irq: it takes one of them. False if that does not pend, or if it is
 * no S-EL1 partition's: S-EL0 is told by FFA_INTERRUPT. A partition takes its
 * interrupts while it runs, which is not checked here.
 */
enum { SPMC_MAX_PENDING = SPMC_MAX_IRQS + 2 };
unsigned int spmc_pending(const struct spmc *s, unsigned int endpoint,
			  unsigned int ec, uint32_t ids[SPMC_MAX_PENDING]);
bool spmc_take_irq(struct spmc *s, unsigned int endpoint, unsigned int ec,
		   uint32_t intid);

/*
 * spmc_crash: the partition that runs on `cpu` took a fatal fault. False if
 * the normal world runs there. The outcome is SPMC_NOBODY if that is the end of
 * the SPMC (SPMC_ABORT_PROPAGATE): no CPU runs any more, or boots.
 */
bool spmc_crash(struct spmc *s, const struct spmc_env *env, unsigned int cpu,
		struct spmc_outcome *out);

/*
 * spmc_activate: EL3 firmware replaces a partition by another instance (live
 * activation), while the normal world runs on `cpu`, which goes on when that is
 * over. False if it does not run there. The outcome has the rule if the SPMC
 * refuses; else the partition was asked to stop, and starts when it did.
 */
bool spmc_activate(struct spmc *s, const struct spmc_env *env,
		   unsigned int cpu, unsigned int endpoint,
		   struct spmc_outcome *out);

/*
 * spmc_logged: the characters that the call with registers `in` logged, whose
 * outcome is `out`; returns their number, 0 if it was another call.
 */
enum { SPMC_MAX_LOGGED = 128 };
unsigned int spmc_logged(const struct ffa_value *in,
			 const struct spmc_outcome *out,
			 char text[SPMC_MAX_LOGGED]);

/* -- looking in ------------------------------------------------------------------- */

/* spmc_running: who runs on `cpu`; false if it is not started. */
bool spmc_running(const struct spmc *s, unsigned int cpu,
		  unsigned int *endpoint, unsigned int *ec);

/* spmc_find: index of an endpoint id, or -1. */
int spmc_find(const struct spmc *s, uint16_t id);

/* These take an endpoint's index, and a context's that exists. */
const struct spmc_endpoint_config *spmc_endpoint(const struct spmc *s,
						 unsigned int endpoint);
unsigned int spmc_endpoint_count(const struct spmc *s);
/*
 * spmc_state: the state of a machine, an index into spmc_machines[m].states.
 * `ec` counts for SPMC_M_EC and SPMC_M_RTM only.
 */
unsigned int spmc_state(const struct spmc *s, enum spmc_machine m,
			unsigned int endpoint, unsigned int ec);
enum spmc_model spmc_ec_model(const struct spmc *s, unsigned int endpoint,
			      unsigned int ec);
/* spmc_version_of: the version in force for the endpoint. */
uint32_t spmc_version_of(const struct spmc *s, unsigned int endpoint);

/*
 * spmc_caller_of: whom this context will return to: the endpoint index and
 * context that gave it cycles. False if nobody.
 */
bool spmc_caller_of(const struct spmc *s, unsigned int endpoint,
		    unsigned int ec, unsigned int *caller,
		    unsigned int *caller_ec);

/* spmc_rxtx: the buffers of an endpoint; false while unmapped. */
bool spmc_rxtx(const struct spmc *s, unsigned int endpoint, uint64_t *tx,
	       uint64_t *rx, unsigned int *pages);

/*
 * spmc_notifications: those of a receiver; [0] what SPs may set, [1] what VMs
 * may. `pending` holds the global ones and those of `vcpu`.
 */
struct spmc_notifications {
	bool enabled;		/* it receives notifications */
	uint16_t vcpus;
	uint64_t bound[2], per_vcpu[2], pending[2];
	uint64_t fwk;		/* pending: SPMC [31:0], hypervisor [63:32] */
};
void spmc_notifications(const struct spmc *s, unsigned int endpoint,
			unsigned int vcpu, struct spmc_notifications *to);

/* spmc_access: what an endpoint may do to the page at `pa`. */
enum spmc_access { SPMC_ACCESS_READ = 1, SPMC_ACCESS_WRITE = 2 };
unsigned int spmc_access(const struct spmc *s, unsigned int endpoint,
			 uint64_t pa);

/*
 * spmc_owner: index of the endpoint that owns the page at `pa`, by the
 * configuration or since a donation; -1 if nobody does, or there is no memory.
 */
int spmc_owner(const struct spmc *s, uint64_t pa);

/*
 * spmc_shared: is the page at `pa` in a memory transaction, so that somebody
 * lent, shared or donated it? Then *handle is the transaction's.
 */
bool spmc_shared(const struct spmc *s, uint64_t pa, uint64_t *handle);

/*
 * spmc_leaks: what is not given back yet: requests without response, RX
 * buffers that consumers own, memory transactions.
 */
unsigned int spmc_leaks(const struct spmc *s);

/* spmc_handles: memory transactions that are not reclaimed yet. */
unsigned int spmc_handles(const struct spmc *s);

/*
 * spmc_txn_state: the state of the transaction of a handle, in SPMC_M_TXN;
 * 0 (free) if there is none.
 */
unsigned int spmc_txn_state(const struct spmc *s, uint64_t handle);

/*
 * spmc_fail_alloc: the n-th time from now that a call needs room for a
 * transaction, a borrower, ranges, or notes about pages, there is none; once.
 * 0: never. It is not part of what spmc_hash tells.
 */
void spmc_fail_alloc(struct spmc *s, uint32_t n);

/* spmc_hash: of the whole state; equal states have equal hashes. */
uint64_t spmc_hash(const struct spmc *s);

/*
 * spmc_copy: copies a snapshot. Both blocks were initialised from the same
 * configuration.
 */
void spmc_copy(struct spmc *to, const struct spmc *from);

/* -- invariants ------------------------------------------------------------------- */

/* How much is looked at around a step; each has what the one before has. */
enum spmc_check_level {
	/* the answer, and that a refused or asking call changed nothing */
	SPMC_CHECK_ANSWER,
	/* what it wrote into buffers, and, if it changed, the whole state */
	SPMC_CHECK_STATE,
	/* the same call again, on a copy (I14) */
	SPMC_CHECK_TWICE,
};

/*
 * What always holds, whatever is called: the rows of spmc/invariants.def by
 * their number; number 0 is none. One that is broken is a bug of the model.
 */
struct spmc_invariant_info {
	const char *name;	/* "I5" */
	const char *sentence;	/* what holds */
	const char *why;	/* where it is from */
	enum spmc_check_level level;	/* from which on it is looked at */
};
extern const struct spmc_invariant_info spmc_invariants[];
extern const unsigned int spmc_invariant_count;	/* with number 0 */

/* Which one is broken, and how. */
enum { SPMC_BROKEN_AT = 3, SPMC_BROKEN_TEXT = 256 };
struct spmc_broken {
	unsigned int invariant;	/* number; 0: all hold */
	const char *what;	/* in which way (static string), */
	struct {		/* and where; name NULL: no more of them */
		const char *name;
		uint64_t value;
	} at[SPMC_BROKEN_AT];
};

/* spmc_broken_text: `what` and where, cut to SPMC_BROKEN_TEXT; returns `to`. */
char *spmc_broken_text(const struct spmc_broken *b,
		       char to[SPMC_BROKEN_TEXT]);

/*
 * spmc_invariant: do all invariants of a state hold? If not, *b is the first
 * that does not. The state may be damaged in any way, the sizes of its pools
 * apart. Takes time in proportion to what is in use.
 */
bool spmc_invariant(const struct spmc *s, struct spmc_broken *b);

/*
 * A checker keeps the state from before a step in a block of its own:
 * spmc_check_size(s) bytes, aligned as malloc() does. spmc_check_call is
 * spmc_call with checks, spmc_check_event looks at what another step (boot,
 * crash, interrupt) made of `cpu`; `out` NULL: it has no outcome. False: an
 * invariant is broken; spmc_check_broken says which, from then on and until
 * spmc_check_sync. That tells the checker that the state was changed
 * otherwise: by spmc_copy, or by a step that it was not asked about. Which
 * level to use may be changed between steps.
 */
struct spmc_check;
size_t spmc_check_size(const struct spmc *s);
struct spmc_check *spmc_check_init(void *block, const struct spmc *s,
				   enum spmc_check_level level);
void spmc_check_set_level(struct spmc_check *k, enum spmc_check_level level);
bool spmc_check_call(struct spmc_check *k, struct spmc *s,
		     const struct spmc_env *env, unsigned int cpu,
		     const struct ffa_value *in, struct spmc_outcome *out);
bool spmc_check_event(struct spmc_check *k, const struct spmc *s,
		      unsigned int cpu, const struct spmc_outcome *out);
void spmc_check_sync(struct spmc_check *k, const struct spmc *s);
const struct spmc_broken *spmc_check_broken(const struct spmc_check *k);

#endif
