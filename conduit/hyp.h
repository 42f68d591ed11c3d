/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hypervisor at NS-EL2 as a value: it takes the FF-A calls of its VMs at the
 * non-secure virtual instance, answers them, or makes calls of its own at the
 * SPMC's non-secure physical instance, as endpoint 0. It never waits: it is
 * told what happened on a CPU and says what happens there next.
 *
 *	hyp_call, hyp_start, ...   -> action
 *	while (action is HYP_SPMC)
 *		make that call; when its result is there:
 *		hyp_result         -> action
 *
 * Between a HYP_SPMC and its result any time may pass (a partition runs, and
 * other CPUs call); other VMs cannot run on that CPU then. In every other
 * state of a CPU the caller is the scheduler: any VM whose vCPU is ready may
 * make the next call there.
 *
 * A VM with one vCPU has it on whichever CPU it is; else vCPU n is on CPU n.
 */
#ifndef CONDUIT_HYP_H
#define CONDUIT_HYP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffa/ffa.h"
#include "spmc.h"

enum {
	HYP_MAX_VMS = 63,
	HYP_MAX_CPUS = 32,
	HYP_MAX_UUIDS = 8,	/* of one VM */
	HYP_MAX_SPS = 128,	/* descriptors that it looks at for VM messages */
	HYP_MAX_TXNS = 64,	/* memory transactions of all VMs */
	HYP_MAX_BORROWERS = 16,	/* of one of them */
	HYP_MAX_RANGES = 4096,	/* of all of them */
};

/* Pages that a VM may read and write: its stage 2, which is an identity. */
struct hyp_region {
	uint64_t base, pages;
};

struct hyp_vm_config {
	uint16_t id;		/* 0x0001..0x7fff */
	uint16_t vcpus;		/* at least 1 */
	uint32_t version;	/* highest that the VM speaks */
	uint32_t props;		/* enum ffa_partition_prop */
	bool aarch32;
	unsigned int uuid_count;	/* at most HYP_MAX_UUIDS */
	const struct ffa_uuid *uuids;
	unsigned int region_count;
	const struct hyp_region *regions;
	/* Endpoints that it may send to or run; NULL: every one. */
	unsigned int peer_count;
	const uint16_t *peers;
};

struct hyp_config {
	size_t size;		/* sizeof(struct hyp_config) */
	uint32_t version;	/* highest that the hypervisor speaks */
	unsigned int cpus;	/* 1..HYP_MAX_CPUS */
	uint64_t tx, rx;	/* its own buffers, a page each */
	uint32_t npi, sri;	/* ids of its VMs' interrupts; 0: there is none */
	unsigned int vm_count;	/* at most HYP_MAX_VMS */
	const struct hyp_vm_config *vms;
	/* Host address of non-secure RAM, NULL if there is none. */
	void *(*map)(void *ctx, uint64_t pa, size_t len);
	void *ctx;
};

struct hyp;

/* What happens next on the CPU that was asked about. */
enum hyp_what {
	HYP_IDLE,	/* nothing: no vCPU has anything new to see */
	HYP_SPMC,	/* the hypervisor calls the SPMC with `regs` */
	HYP_VM,		/* vCPU `vcpu` of `vm` goes on and sees `regs` */
};
struct hyp_action {
	enum hyp_what what;
	unsigned int vm, vcpu;	/* HYP_VM: index in the configuration */
	unsigned int rule;	/* HYP_VM: rule that refused its call, or 0 */
	bool relayed;		/* HYP_VM: `regs` are the SPMC's last answer */
	uint16_t logged;	/* HYP_VM: characters of its FFA_CONSOLE_LOG */
	struct ffa_value regs;
};

/* A VM's life. */
enum hyp_life {
	HYP_ABSENT,	/* not created yet, or its creation failed */
	HYP_CREATING,	/* partitions are being told; it does not run */
	HYP_RUNNING,
	HYP_DESTROYING,	/* its buffers go, partitions are being told */
	HYP_DESTROYED,	/* for good: its id is not used again */
};

/*
 * hyp_check: NULL if `cfg` can be used, else a sentence (static).
 * hyp_new: copies all of `cfg`; every VM is absent. hyp_free: `h` may be NULL.
 */
const char *hyp_check(const struct hyp_config *cfg);
struct hyp *hyp_new(const struct hyp_config *cfg);
void hyp_free(struct hyp *h);

/* -- events ------------------------------------------------------------------ */

/*
 * hyp_start: once, first, on a CPU where the normal world runs: negotiates
 * the version with the SPMC and registers the buffers. Ends in HYP_IDLE; then
 * hyp_failure says whether it worked.
 */
void hyp_start(struct hyp *h, unsigned int cpu, struct hyp_action *act);

/*
 * hyp_create, hyp_destroy: a VM comes to be, or goes. Subscribed partitions
 * are told, which may run them. Ends in HYP_IDLE, or HYP_VM if another VM sees
 * that its receiver is gone; a creation that a partition refuses leaves the
 * VM absent. False, and nothing happens, with *why (static) if this cannot be
 * now.
 */
bool hyp_create(struct hyp *h, unsigned int cpu, unsigned int vm,
		struct hyp_action *act, const char **why);
bool hyp_destroy(struct hyp *h, unsigned int cpu, unsigned int vm,
		 struct hyp_action *act, const char **why);

/*
 * hyp_can_run: may the VM make a call on this CPU now? Else *why (static)
 * says why not. hyp_call: it does, with the registers *in.
 */
bool hyp_can_run(const struct hyp *h, unsigned int cpu, unsigned int vm,
		 const char **why);
void hyp_call(struct hyp *h, unsigned int cpu, unsigned int vm,
	      const struct ffa_value *in, struct hyp_action *act);

/* hyp_result: what the SPMC answered to the last HYP_SPMC of this CPU. */
void hyp_result(struct hyp *h, unsigned int cpu, const struct ffa_value *res,
		struct hyp_action *act);

/*
 * hyp_resume: runs a VM that waited for something that has come meanwhile.
 * False, and nothing happens, if there is nothing for it.
 */
bool hyp_resume(struct hyp *h, unsigned int cpu, unsigned int vm,
		struct hyp_action *act);

/*
 * hyp_sri: the SPMC's schedule receiver interrupt arrived on a CPU that is not
 * hyp_busy. Ends in HYP_IDLE; who ran there goes on.
 */
void hyp_sri(struct hyp *h, unsigned int cpu, struct hyp_action *act);

/*
 * hyp_pending: the virtual interrupts that pend for a vCPU; ids[] if not NULL.
 * hyp_take_irq: it takes one of them. False if that does not pend.
 */
enum { HYP_MAX_PENDING = 2 };
unsigned int hyp_pending(const struct hyp *h, unsigned int vm,
			 unsigned int vcpu, uint32_t ids[HYP_MAX_PENDING]);
bool hyp_take_irq(struct hyp *h, unsigned int vm, unsigned int vcpu,
		  uint32_t intid);

/* -- snapshots --------------------------------------------------------------- */

/*
 * hyp_size: bytes of a snapshot of `h`. hyp_save: makes one. hyp_load: of this
 * same hypervisor (not of one of the same configuration) it is the state again.
 */
size_t hyp_size(const struct hyp *h);
void hyp_save(const struct hyp *h, void *to);
void hyp_load(struct hyp *h, const void *from);

/* -- looking in --------------------------------------------------------------- */

/* hyp_failure: why the hypervisor does not work, or NULL. */
const char *hyp_failure(const struct hyp *h);
/* hyp_busy: a HYP_SPMC of this CPU has no result yet. */
bool hyp_busy(const struct hyp *h, unsigned int cpu);
/* hyp_current: the vCPU that ran last on an idle CPU; false if none did. */
bool hyp_current(const struct hyp *h, unsigned int cpu, unsigned int *vm,
		 unsigned int *vcpu);
/* hyp_behind: on behalf of which vCPU the SPMC has this CPU. */
bool hyp_behind(const struct hyp *h, unsigned int cpu, unsigned int *vm,
		unsigned int *vcpu);
/* hyp_client: whose direct request a vCPU serves; false if nobody's. */
bool hyp_client(const struct hyp *h, unsigned int vm, unsigned int vcpu,
		unsigned int *client, unsigned int *client_vcpu);
/* hyp_vcpu: the vCPU of a VM that runs on this CPU; false if it has none. */
bool hyp_vcpu(const struct hyp *h, unsigned int cpu, unsigned int vm,
	      unsigned int *vcpu);
enum hyp_life hyp_life(const struct hyp *h, unsigned int vm);
/* "absent", ... as a scenario writes it; NULL beyond the last. */
const char *hyp_life_name(unsigned int life);
/* hyp_version: in force for the VM. */
uint32_t hyp_version(const struct hyp *h, unsigned int vm);
/* hyp_rxtx: a VM's buffers; false while it has none. */
bool hyp_rxtx(const struct hyp *h, unsigned int vm, uint64_t *tx, uint64_t *rx,
	      unsigned int *pages);

/* hyp_vcpu_state: "ready", "relayed", "blocked" or "waiting". */
const char *hyp_vcpu_state(const struct hyp *h, unsigned int vm,
			   unsigned int vcpu);
/* hyp_vcpu_state_name: the names of these; NULL beyond the last. */
const char *hyp_vcpu_state_name(unsigned int state);
/*
 * hyp_access: what a VM may do to the page at `pa`, as enum spmc_access. False
 * if the page is no VM's.
 */
bool hyp_access(const struct hyp *h, unsigned int vm, uint64_t pa,
		unsigned int *access);
/* hyp_owner: whose the page at `pa` is, or -1. */
int hyp_owner(const struct hyp *h, uint64_t pa);
/* hyp_handles: memory transactions between VMs that are not reclaimed. */
unsigned int hyp_handles(const struct hyp *h);
/* hyp_txn_state: state of the transaction of a handle: "free" if none. */
const char *hyp_txn_state(const struct hyp *h, uint64_t handle);

/*
 * Its refusals, from conduit/hyp_rules.def; number 0 is "not refused". `reads`
 * is not used.
 */
extern const struct spmc_rule_info hyp_rules[];
extern const unsigned int hyp_rule_count;

/*
 * hyp_relays: what a VM gets that calls this function: NULL if nothing, else
 * "answers", or "relays" if the SPMC must have it too.
 */
const char *hyp_relays(enum ffa_fn fn);

#endif
