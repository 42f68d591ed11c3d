/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the hypervisor share:
 *
 *	hyp.c		life of the value, dispatch, answers
 *	hyp_setup.c	version, features, buffers
 *	hyp_partinfo.c	partition information
 *	hyp_msg.c	direct messages, FFA_RUN, messages of 1.0
 *	hyp_vm.c	creation and destruction of VMs
 */
#ifndef CONDUIT_HYP_IMPL_H
#define CONDUIT_HYP_IMPL_H

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
	struct ffa_value regs;	/* of its last call; woken: what it sees */
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
	STEP_INFO_ACQUIRE, STEP_INFO_GET, STEP_INFO_FREE, STEP_INFO_UNDO,
	STEP_SEND_ACQUIRE,
	STEP_LIFE_INFO, STEP_LIFE_FREE, STEP_LIFE_UNMAP, STEP_LIFE_TELL,
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
	struct vm vms[HYP_MAX_VMS];
	struct hyp_cpu cpus[HYP_MAX_CPUS];
	/* whose request a partition serves, as far as is known */
	struct {
		uint16_t id, ec, vm, vcpu;
	} owed[HYP_MAX_SPS];
	unsigned int owed_count;
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
hyp_handler hyp_do_info, hyp_do_info_regs;
hyp_step_fn hyp_info_acquired, hyp_info_got, hyp_info_freed, hyp_info_undone;

/* hyp_msg.c */
hyp_handler hyp_do_request, hyp_do_response, hyp_do_run, hyp_do_wait,
	hyp_do_poll, hyp_do_send;
hyp_step_fn hyp_got_message, hyp_send_acquired;
/* A VM is gone: those that wait for it see FFA_ERROR(ABORTED). */
void hyp_drop_requests(struct hyp *h, unsigned int cpu, unsigned int vm,
		       struct hyp_action *act);

/* hyp_vm.c */
hyp_step_fn hyp_life_info, hyp_life_freed, hyp_life_unmapped, hyp_life_told;

#endif
