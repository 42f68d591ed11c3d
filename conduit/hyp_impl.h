/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the hypervisor share:
 *
 *	hyp.c		life of the value, dispatch, answers
 *	hyp_look.c	looking in
 *	hyp_setup.c	version, features, buffers
 *	hyp_partinfo.c	partition information, FFA_NS_RES_INFO_GET
 *	hyp_msg.c	direct messages, FFA_RUN
 *	hyp_indirect.c	FFA_MSG_SEND2, messages of 1.0
 *	hyp_notif.c	notifications
 *	hyp_notif_info.c	FFA_NOTIFICATION_INFO_GET, interrupts
 *	hyp_mem.c	which page is whose; transactions
 *	hyp_mem_desc.c	descriptors, read and written
 *	hyp_mem_send.c	FFA_MEM_SHARE, LEND, DONATE, FRAG_TX
 *	hyp_mem_retrieve.c	FFA_MEM_RETRIEVE_REQ, FRAG_RX
 *	hyp_mem_return.c	FFA_MEM_RELINQUISH, FFA_MEM_RECLAIM
 *	hyp_vm.c	creation and destruction of VMs
 */
#ifndef CONDUIT_HYP_IMPL_H
#define CONDUIT_HYP_IMPL_H

#include "ffa/ffa_desc.h"
#include "hyp.h"

enum hyp_rule {
	HYP_RULE_NONE,
#define RULE(id, ...) RULE_##id,
#include "hyp_rules.def"
	HYP_RULE_COUNT,
};

enum { NOBODY = 0xffff };

/*
 * Where a vCPU is. It leaves READY by its own call only, and every state but
 * READY by what another party does.
 */
enum vcpu_state {
	VCPU_READY,	/* runs, or may run */
	VCPU_RELAYED,	/* its call is with the SPMC, on `cpu` */
	VCPU_BLOCKED,	/* its direct request is with VM `peer` */
	VCPU_WAITING,	/* in FFA_MSG_WAIT, or responded: for a message */
	VCPU_STATES,
};

struct vcpu {
	uint8_t state;
	bool woken;	/* WAITING, and `regs` is what it waited for */
	uint16_t cpu;	/* RELAYED, BLOCKED, serving: bound to it */
	uint16_t peer, peer_vcpu;	/* BLOCKED: who serves its request */
	uint16_t client, client_vcpu;	/* whose request it serves, or NOBODY */
	uint8_t request;	/* enum ffa_fn of that request */
	/* its own notifications: of VMs, and whether the SPMC has some */
	uint64_t pending, reported;
	bool secure;
	bool npi, sri;	/* interrupts that were raised and not taken yet */
	struct ffa_value regs;	/* of its last call; woken: what it sees */
};

/* Notifications of a VM that are not of one vCPU. */
struct notif {
	bool created;		/* the SPMC has bitmaps for it */
	bool secure;		/* the SPMC said that some are pending */
	bool rx_full, rx_told;	/* the hypervisor's own, bit 32: reported */
	/* those that VMs may set */
	uint64_t bound, per_vcpu, pending, reported;
	uint8_t sender[64];	/* VM, while it is bound */
};

/* A memory transaction, or the memory of how one moved pages for good. */
enum txn_state {
	TXN_FREE,
	TXN_SENDING,	/* fragments are missing */
	TXN_SENT,
	TXN_MOVED,	/* a donation that is over: the receiver's pages */
	TXN_STATES,
};
enum txn_kind { SHARE = 1, LEND, DONATE };	/* flags [4:3] */

/* An endpoint of a transaction, and what it does. */
struct borrower {
	struct ffa_emad e;	/* as the sender has it */
	bool has_impdef;
	bool holds;		/* retrieved it, */
	bool reads;		/* and has not read all of the response */
	bool zero_after;
	uint8_t held;		/* permissions */
	uint32_t at, offset;	/* the next range, and its place */
};

struct txn {
	uint8_t state;		/* enum txn_state */
	uint8_t kind;		/* enum txn_kind */
	bool relayed;		/* the SPMC's, whose handle it has then */
	bool begun;		/* relayed: the SPMC has its beginning */
	bool doomed;		/* its sender is gone */
	bool zero;
	uint8_t attributes;
	uint32_t uses;		/* of this slot: makes handles differ */
	uint16_t vm;		/* whose it is, or NOBODY */
	uint64_t handle, tag;
	uint32_t flags;
	uint32_t total, got;	/* bytes, as the VM counts them */
	uint32_t page_count;
	/* ranges[first..first + range_count), of which some are there */
	uint32_t first, range_count, have;
	uint32_t sent;		/* relayed: of these, by now */
	uint32_t age;		/* of moves: the last one counts */
	unsigned int borrower_count;
	struct borrower borrowers[HYP_MAX_BORROWERS];
};

struct range {
	uint64_t base;
	uint32_t pages;
};

enum ver_state { VER_DEFAULT, VER_NEGOTIATED, VER_LOCKED };

struct vm {
	struct hyp_vm_config cfg;	/* arrays are the hyp's */
	uint8_t life;
	uint8_t ver;
	uint32_t version;
	struct vcpu *vcpus;
	/* buffers; pages 0: none */
	uint64_t tx, rx;
	unsigned int pages;
	bool forwarded;		/* the SPMC has them too */
	bool rx_ours;		/* forwarded: RX is acquired from the SPMC */
	bool rx_full;		/* RX holds something that the VM may read */
	/* a message of 1.0 in RX that was not polled yet */
	bool msg;
	uint16_t msg_from;
	uint32_t msg_len;
	struct notif notif;
	/* partitions to be told that it is gone, by their place in sps */
	uint16_t told[HYP_MAX_SPS];
	unsigned int told_count;
};

/* What a CPU waits for. */
enum hyp_step {
	STEP_NONE,
	STEP_START_VERSION, STEP_START_MAP,
	STEP_PASS,		/* the result goes to the VM as it is */
	STEP_FEATURES, STEP_MAP, STEP_UNMAP, STEP_RELEASE,
	STEP_MESSAGE,		/* a direct request, or FFA_RUN */
	STEP_WAIT,		/* RX goes back, then the vCPU waits */
	STEP_INFO_ACQUIRE, STEP_INFO_GET, STEP_INFO_FREE, STEP_INFO_UNDO,
	STEP_RESOURCES,
	STEP_SEND_ACQUIRE, STEP_SEND2_ACQUIRE,
	STEP_NOTIF_GET, STEP_NOTIF_INFO, STEP_NOTIF_SRI,
	STEP_MEM_SEND, STEP_MEM_ABORT, STEP_RETRIEVE_ACQUIRE,
	STEP_RECLAIM_RETRIEVE, STEP_RECLAIM_READ, STEP_RECLAIM_FREE,
	STEP_RECLAIM,
	STEP_LIFE_INFO, STEP_LIFE_FREE, STEP_LIFE_UNMAP, STEP_LIFE_TELL,
	STEP_LIFE_BITMAP, STEP_LIFE_DRAIN, STEP_LIFE_NO_BITMAP,
	STEP_LIFE_ABORT, STEP_LIFE_RECLAIM,
	STEP_COUNT,
};

struct hyp_cpu {
	uint8_t step;		/* enum hyp_step */
	uint16_t vm, vcpu;	/* on whose behalf */
	uint16_t last, last_vcpu;	/* who ran last, or NOBODY */
	/* of a call in several steps */
	struct ffa_value in;	/* the VM's call */
	enum ffa_fn fn;
	unsigned int rule;	/* to refuse it with when all is undone */
	struct ffa_value result;	/* or: to answer it with */
	struct ffa_msg_header head;	/* of FFA_MSG_SEND2 */
	unsigned int txn;		/* that it sends or reclaims */
	uint32_t len;			/* bytes of a fragment of it */
	/* of creation and destruction */
	unsigned int at, tries;
	bool failed;
	bool quiet;		/* nothing is to be told of who was left */
};

struct hyp {
	struct hyp_config cfg;
	uint32_t version;	/* in force with the SPMC */
	bool started, working;
	const char *failure;
	uint16_t tag;		/* of the list of VMs */
	uint16_t reader;	/* VM that may go on with FFA_NS_RES_INFO_GET */
	struct vm vms[HYP_MAX_VMS];
	struct hyp_cpu cpus[HYP_MAX_CPUS];
	/* whose request a partition serves, as far as is known */
	struct {
		uint16_t id, ec, vm, vcpu;
	} owed[HYP_MAX_SPS];
	unsigned int owed_count;
	/* partitions with notifications that the first VM was not told of */
	struct {
		uint16_t id, vcpu;	/* or NOBODY: global */
	} news[HYP_MAX_SPS];
	unsigned int news_count;
	uint32_t age;
	struct txn txns[HYP_MAX_TXNS];
	struct range ranges[HYP_MAX_RANGES];
	uint32_t range_count;
	size_t size;		/* of all this, with the vCPUs behind it */
};

/* One call of a VM. */
struct hcall {
	struct hyp *h;
	unsigned int cpu;
	unsigned int vm, vcpu;
	enum ffa_fn fn;
	struct ffa_value in;
	struct hyp_action *act;
};

static inline struct vm *caller(const struct hcall *c)
{
	return &c->h->vms[c->vm];
}

static inline uint32_t w(const struct ffa_value *v, unsigned int reg)
{
	return (uint32_t)v->x[reg];
}

/* -- hyp.c -------------------------------------------------------------------- */

/*
 * Every handler, and every step, ends in one of these (or leaves *act as
 * HYP_IDLE).
 */
void hyp_succeed(struct hcall *c, const struct ffa_value *val);
void hyp_bare(struct hcall *c, uint32_t w0);
void hyp_refuse(struct hcall *c, enum hyp_rule rule);
/* The SPMC's answer is the VM's. */
void hyp_pass(struct hcall *c, const struct ffa_value *res);
/* The SPMC is asked; `step` gets its answer. */
void hyp_ask(struct hcall *c, enum hyp_step step,
	     const struct ffa_value *regs);
/* A vCPU goes on, or will once it is scheduled: it sees a function's registers. */
void hyp_show(struct hyp *h, unsigned int cpu, unsigned int vm,
	      unsigned int vcpu, enum ffa_fn fn, const struct ffa_value *val,
	      struct hyp_action *act);
void hyp_wake(struct hyp *h, unsigned int vm, unsigned int vcpu,
	      enum ffa_fn fn, const struct ffa_value *val);

int hyp_find(const struct hyp *h, uint16_t id);
bool hyp_may_talk(const struct vm *v, uint16_t id);
/* Is the function there for this VM? */
enum hyp_rule hyp_gate(const struct vm *v, enum ffa_fn fn);
/* A call of the hypervisor's own: no VM is behind it. */
struct hcall hyp_own(struct hyp *h, unsigned int cpu, struct hyp_action *act);
bool hyp_is_error(const struct ffa_value *res);
/* What the 8 or 18 registers of a function id are; 0 beyond. */
struct ffa_value hyp_regs(enum ffa_fn fn, const struct ffa_value *val);

/* -- handlers, and the steps that follow them --------------------------------- */

typedef void hyp_handler(struct hcall *c);
typedef void hyp_step_fn(struct hcall *c, const struct ffa_value *res);

/* hyp_setup.c */
hyp_handler hyp_do_version, hyp_do_features, hyp_do_id_get, hyp_do_pass,
	hyp_do_rxtx_map, hyp_do_rxtx_unmap, hyp_do_rx_release;
hyp_step_fn hyp_start_version, hyp_start_map, hyp_got_features, hyp_got_map,
	hyp_got_unmap, hyp_got_release;
/* Takes a VM's buffers back here. */
void hyp_forget_buffers(struct vm *v);
/* Host address of a VM's RX, TX. */
void *hyp_rx(const struct hyp *h, const struct vm *v);
void *hyp_tx(const struct hyp *h, const struct vm *v);

/* hyp_partinfo.c */
hyp_handler hyp_do_info, hyp_do_info_regs, hyp_do_resources;
hyp_step_fn hyp_info_acquired, hyp_info_got, hyp_info_freed, hyp_info_undone,
	hyp_got_resources;

/*
 * The call came to nothing, or wrote nothing to the VM's RX: if that was
 * acquired for it, it goes back. Then cpu.rule refuses it, or cpu.result
 * answers.
 */
void hyp_give_back(struct hcall *c);

/* hyp_msg.c */
hyp_handler hyp_do_request, hyp_do_response, hyp_do_run, hyp_do_wait,
	hyp_do_yield, hyp_do_console_log, hyp_do_error;
hyp_step_fn hyp_got_message, hyp_may_wait;
/* A VM is gone: those that wait for it see FFA_ERROR(ABORTED). */
void hyp_drop_requests(struct hyp *h, unsigned int cpu, unsigned int vm,
		       struct hyp_action *act);

/* hyp_indirect.c */
hyp_handler hyp_do_poll, hyp_do_send, hyp_do_send2;
hyp_step_fn hyp_send_acquired, hyp_send2_acquired;
/* A message of 1.0 is in RX: takes it, as FFA_MSG_SEND shows it. */
struct ffa_value hyp_take_message(struct vm *v);

/* hyp_notif.c */
hyp_handler hyp_do_notif_bind, hyp_do_notif_unbind, hyp_do_notif_set,
	hyp_do_notif_get;
hyp_step_fn hyp_got_notif;
static inline uint64_t hyp_bitmap(const struct ffa_value *v, unsigned int reg)
{
	return w(v, reg) | (uint64_t)w(v, reg + 1) << 32;
}
/* The hypervisor has put a message into a VM's RX. */
void hyp_notify_rx(struct hyp *h, unsigned int vm);
/* A VM is gone: no notification names it any more. */
void hyp_drop_notifications(struct hyp *h, unsigned int vm);

/* hyp_notif_info.c */
hyp_handler hyp_do_notif_info;
hyp_step_fn hyp_got_info, hyp_got_sri;
void hyp_raise_npi(struct hyp *h, unsigned int vm, unsigned int vcpu);

/* hyp_mem.c */
static inline struct range *hyp_ranges(struct hyp *h, const struct txn *t)
{
	return &h->ranges[t->first];
}
/* Are these pages a VM's, and in no transaction or buffer? */
bool hyp_owns(const struct hyp *h, unsigned int vm, uint64_t base,
	      uint64_t pages);
/* A new transaction with room for so many ranges, or NULL. */
struct txn *hyp_txn_new(struct hyp *h, uint32_t ranges);
void hyp_txn_free(struct hyp *h, struct txn *t);
struct txn *hyp_txn_find(struct hyp *h, uint64_t handle);
unsigned int hyp_txn_index(const struct hyp *h, const struct txn *t);
struct borrower *hyp_borrower(struct txn *t, uint16_t id);
bool hyp_held(const struct txn *t);
/* All of its pages as memory; false if it is not all there. */
bool hyp_zero(struct hyp *h, const struct txn *t, bool really);
/* A donation is over: the pages are those of `vm`, or of no VM (NOBODY). */
void hyp_txn_moved(struct hyp *h, struct txn *t, unsigned int vm);
/* A borrower does not hold a transaction any more. */
void hyp_let_go(struct hyp *h, struct txn *t, struct borrower *b,
		bool zero_it);
/* A VM is gone; what the SPMC has of it is for hyp_vm.c to take back. */
void hyp_drop_memory(struct hyp *h, unsigned int vm);

/* hyp_mem_desc.c */
enum {
	MEM_DATA = 3, MEM_DATA_RO = 1, MEM_DATA_RW = 2,
	MEM_INSTR = 3 << 2, MEM_NX = 1 << 2,
	MEM_ZERO = 1, MEM_TIME_SLICE = 2, MEM_ZERO_AFTER = 4,
	MEM_KIND = 3 << 3, MEM_BYPASS = 1 << 10,
	MEM_TYPE = 3 << 4, MEM_NS = 1 << 6, MEM_NORMAL_WB_ISH = 0x2f,
};
/* A descriptor, as one read of it found it. */
struct desc {
	uint16_t sender, attributes;
	uint32_t flags;
	uint64_t handle, tag;
	uint32_t emad_count, emads_end;
	uint32_t composite;	/* 0: none */
	bool several;		/* the access descriptors do not agree on it */
	bool has_impdef, too_many;
	struct ffa_emad emads[HYP_MAX_BORROWERS];
};
/* False if it is malformed. Of more borrowers than fit, the first ones. */
bool hyp_read_desc(uint32_t version, const char *buf, uint32_t len,
		   struct desc *d);
/* Bytes before the ranges. */
uint32_t hyp_head_size(uint32_t version, unsigned int emads);
/* Writes these; `only`: of one borrower, with what it got. */
void hyp_write_head(const struct txn *t, uint16_t sender, uint32_t version,
		    const struct borrower *only, char *to);
/* Writes n ranges from the at-th on. */
void hyp_write_ranges(struct hyp *h, const struct txn *t, uint32_t at,
		      uint32_t n, char *to);

/* hyp_mem_send.c */
hyp_handler hyp_do_mem_send, hyp_do_frag_tx;
hyp_step_fn hyp_mem_sent, hyp_mem_aborted;
/* Tells the SPMC something about a transaction that cannot be right. */
void hyp_ask_abort(struct hcall *c, enum hyp_step step, const struct txn *t);

/* hyp_mem_retrieve.c */
hyp_handler hyp_do_retrieve, hyp_do_frag_rx;
hyp_step_fn hyp_retrieve_acquired;

/* hyp_mem_return.c */
hyp_handler hyp_do_relinquish, hyp_do_reclaim;
hyp_step_fn hyp_reclaim_read, hyp_reclaim_freed, hyp_reclaimed;
void hyp_ask_reclaim(struct hcall *c, enum hyp_step step, const struct txn *t,
		     uint32_t flags);

/* hyp_vm.c */
hyp_step_fn hyp_life_info, hyp_life_freed, hyp_life_unmapped, hyp_life_told,
	hyp_life_bitmap, hyp_life_drained, hyp_life_no_bitmap,
	hyp_life_aborted, hyp_life_reclaimed;

#endif
