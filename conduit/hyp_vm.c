/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VMs come and go. A creation asks who has subscribed, tells them in the order
 * of the SPMC's list, has the SPMC make the VM's notification bitmaps, and runs
 * the VM when all have agreed. A destruction takes the buffers back, destroys
 * the bitmaps, tells those that want to know, and takes back what memory
 * partitions have from it. A partition that was told of a VM is told of its end
 * even if the creation failed (Xen ffa_domain_init, ffa_domain_teardown).
 */
#include <string.h>

#include "ffa/ffa_desc.h"
#include "hyp_impl.h"

enum { MOST_TRIES = 10 };	/* as Xen */

static struct hyp_cpu *here(const struct hcall *c)
{
	return &c->h->cpus[c->cpu];
}

static bool creating(const struct hcall *c)
{
	return caller(c)->life == HYP_CREATING;
}

/* -- ends -------------------------------------------------------------------- */

static void run_vm(struct hcall *c)
{
	struct vm *v = caller(c);

	v->life = HYP_RUNNING;
	c->h->tag++;
	for (unsigned int i = 0; i < v->cfg.vcpus; i++)
		v->vcpus[i] = (struct vcpu){ .client = NOBODY };
}

static void end_vm(struct hcall *c)
{
	struct vm *v = caller(c);
	bool never_ran = here(c)->failed;

	v->life = never_ran ? HYP_ABSENT : HYP_DESTROYED;
	if (never_ran)
		return;
	for (unsigned int i = 0; i < v->cfg.vcpus; i++)
		v->vcpus[i] = (struct vcpu){ .client = NOBODY };
	hyp_drop_notifications(c->h, c->vm);
	hyp_drop_memory(c->h, c->vm);
	hyp_drop_requests(c->h, c->cpu, c->vm, c->act);
}

/* -- memory ------------------------------------------------------------------ */

static bool is_dead(const struct hyp *h, unsigned int vm)
{
	return h->vms[vm].life == HYP_DESTROYING ||
	       h->vms[vm].life == HYP_DESTROYED;
}

/*
 * What partitions have of VMs that are gone, from transaction `at` on. What
 * one does not give back stays: it is tried again when the next VM goes.
 */
static void take_back(struct hcall *c, unsigned int at)
{
	for (; at < HYP_MAX_TXNS; at++) {
		const struct txn *t = &c->h->txns[at];

		if (!t->relayed || !is_dead(c->h, t->vm))
			continue;
		if (t->state == TXN_SENDING)
			hyp_ask_abort(c, STEP_LIFE_ABORT, t);
		else
			hyp_ask_reclaim(c, STEP_LIFE_RECLAIM, t, 0);
		return;
	}
	end_vm(c);
}

void hyp_life_aborted(struct hcall *c, const struct ffa_value *res)
{
	struct txn *t = &c->h->txns[here(c)->txn];

	t->sent += FFA_PAGE_SIZE / sizeof(struct ffa_constituent);
	if (ffa_fn_find(res->x[0]) == FFA_FN_MEM_FRAG_RX &&
	    t->sent < t->range_count) {
		hyp_ask_abort(c, STEP_LIFE_ABORT, t);
		return;
	}
	hyp_txn_free(c->h, t);
	take_back(c, here(c)->txn + 1);
}

void hyp_life_reclaimed(struct hcall *c, const struct ffa_value *res)
{
	if (!hyp_is_error(res))
		hyp_txn_free(c->h, &c->h->txns[here(c)->txn]);
	take_back(c, here(c)->txn + 1);
}

/* -- telling ----------------------------------------------------------------- */

static void tell(struct hcall *c, uint16_t sp)
{
	uint32_t type = creating(c) ? FFA_FWK_VM_CREATED :
				      FFA_FWK_VM_DESTROYED;

	/* w5: the VM's id (HF check_vm_availability_message, Xen, OP-TEE) */
	hyp_ask(c, STEP_LIFE_TELL, &(struct ffa_value){ {
		(uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, sp,
		(uint32_t)FFA_FWK | type, 0, 0, caller(c)->cfg.id } });
}

static void ask_bitmap(struct hcall *c)
{
	if (c->h->version < FFA_V1_1)
		run_vm(c);
	else
		hyp_ask(c, STEP_LIFE_BITMAP, &(struct ffa_value){ {
			(uint32_t)FFA_ID_NOTIFICATION_BITMAP_CREATE,
			caller(c)->cfg.id, caller(c)->cfg.vcpus } });
}

/* told[at..told_count): who is still to be told */
static void tell_next(struct hcall *c)
{
	struct vm *v = caller(c);

	here(c)->tries = 0;
	if (here(c)->at < v->told_count)
		tell(c, v->told[here(c)->at]);
	else if (creating(c))
		ask_bitmap(c);
	else if (here(c)->failed)
		end_vm(c);
	else
		take_back(c, 0);
}

/* The SPMC's list is in our RX: keeps those that want this message. */
static void keep_subscribers(struct hcall *c, const struct ffa_value *res)
{
	struct vm *v = caller(c);
	uint32_t wanted = creating(c) ? FFA_PART_VM_CREATED :
					FFA_PART_VM_DESTROYED;
	size_t size = c->h->version < FFA_V1_1 ?
		      sizeof(struct ffa_partition_info_v1_0) : w(res, 3);
	const char *from = c->h->cfg.map(c->h->cfg.ctx, c->h->cfg.rx,
					 FFA_PAGE_SIZE);
	struct ffa_partition_info_v1_0 info;
	unsigned int told = creating(c) ? 0 : here(c)->at, n = 0;
	uint16_t list[HYP_MAX_SPS];

	for (unsigned int i = 0; from && size >= sizeof(info) &&
	     i < w(res, 2) && (i + 1) * size <= FFA_PAGE_SIZE; i++) {
		bool again = false, was_told = false;

		memcpy(&info, from + i * size, sizeof(info));
		for (unsigned int k = 0; k < n; k++)
			again |= list[k] == info.id;
		/* of a creation that failed, not who was never told */
		for (unsigned int k = 0; k < told; k++)
			was_told |= v->told[k] == info.id;
		if (here(c)->failed && info.props & FFA_PART_VM_CREATED &&
		    !was_told)
			continue;
		if (info.props & wanted && !again && n < HYP_MAX_SPS)
			list[n++] = info.id;
	}
	memcpy(v->told, list, n * sizeof(list[0]));
	v->told_count = n;
	here(c)->at = 0;
}

static void ask_subscribers(struct hcall *c)
{
	hyp_ask(c, STEP_LIFE_INFO, &(struct ffa_value){ {
		(uint32_t)FFA_ID_PARTITION_INFO_GET } });
}

void hyp_life_info(struct hcall *c, const struct ffa_value *res)
{
	if (hyp_is_error(res)) {
		caller(c)->told_count = 0;
		here(c)->at = 0;
		tell_next(c);
		return;
	}
	keep_subscribers(c, res);
	hyp_ask(c, STEP_LIFE_FREE, &(struct ffa_value){ {
		(uint32_t)FFA_ID_RX_RELEASE } });
}

void hyp_life_freed(struct hcall *c, const struct ffa_value *res)
{
	(void)res;
	tell_next(c);
}

static void undo_creation(struct hcall *c)
{
	here(c)->failed = true;
	caller(c)->life = HYP_DESTROYING;
	ask_subscribers(c);
}

/* An SPMC without notifications does without (Xen fw_notif_enabled). */
void hyp_life_bitmap(struct hcall *c, const struct ffa_value *res)
{
	caller(c)->notif.created = !hyp_is_error(res);
	if (hyp_is_error(res) && (int32_t)w(res, 2) != FFA_NOT_SUPPORTED)
		undo_creation(c);
	else
		run_vm(c);
}

/* What is pending keeps the bitmaps: the hypervisor fetches it. */
static void drain(struct hcall *c)
{
	enum { SP_AND_SPM = 5 };
	const struct vm *v = caller(c);

	if (!v->notif.created) {
		here(c)->at = 0;
		ask_subscribers(c);
	} else if (here(c)->at < v->cfg.vcpus) {
		hyp_ask(c, STEP_LIFE_DRAIN, &(struct ffa_value){ {
			(uint32_t)FFA_ID_NOTIFICATION_GET,
			(uint32_t)here(c)->at << 16 | v->cfg.id,
			SP_AND_SPM } });
	} else {
		hyp_ask(c, STEP_LIFE_NO_BITMAP, &(struct ffa_value){ {
			(uint32_t)FFA_ID_NOTIFICATION_BITMAP_DESTROY,
			v->cfg.id } });
	}
}

void hyp_life_drained(struct hcall *c, const struct ffa_value *res)
{
	(void)res;
	here(c)->at++;
	drain(c);
}

void hyp_life_no_bitmap(struct hcall *c, const struct ffa_value *res)
{
	(void)res;
	caller(c)->notif.created = false;
	drain(c);
}

void hyp_life_told(struct hcall *c, const struct ffa_value *res)
{
	enum ffa_fn fn = ffa_fn_find(res->x[0]);
	uint32_t type = creating(c) ? FFA_FWK_VM_CREATED_RESP :
				      FFA_FWK_VM_DESTROYED_RESP;
	int32_t status = (int32_t)w(res, 3);
	bool right = fn == FFA_FN_MSG_SEND_DIRECT_RESP_32 &&
		     w(res, 2) == ((uint32_t)FFA_FWK | type);

	/* it was interrupted, or yielded: it goes on */
	if (fn == FFA_FN_INTERRUPT || fn == FFA_FN_YIELD) {
		hyp_ask(c, STEP_LIFE_TELL, &(struct ffa_value){ {
			(uint32_t)FFA_ID_RUN, w(res, 1) } });
		return;
	}
	if (right && (status == FFA_INTERRUPTED || status == FFA_RETRY) &&
	    ++here(c)->tries <= MOST_TRIES) {
		tell(c, caller(c)->told[here(c)->at]);
		return;
	}
	if (creating(c) && (!right || status)) {
		undo_creation(c);
		return;
	}
	here(c)->at++;
	tell_next(c);
}

/* -- events ------------------------------------------------------------------ */

static struct hcall begin(struct hyp *h, unsigned int cpu, unsigned int vm,
			  struct hyp_action *act)
{
	struct hcall c = hyp_own(h, cpu, act);

	c.vm = vm;
	h->cpus[cpu].at = 0;
	h->cpus[cpu].failed = false;
	h->cpus[cpu].last = NOBODY;
	return c;
}

bool hyp_create(struct hyp *h, unsigned int cpu, unsigned int vm,
		struct hyp_action *act, const char **why)
{
	struct hcall c;

	*why = !h->working ? "the hypervisor does not run" :
	       hyp_busy(h, cpu) ? "the CPU is in the secure world" :
	       h->vms[vm].life != HYP_ABSENT ? "it was created before" : NULL;
	if (*why)
		return false;
	c = begin(h, cpu, vm, act);
	h->vms[vm].life = HYP_CREATING;
	ask_subscribers(&c);
	return true;
}

bool hyp_destroy(struct hyp *h, unsigned int cpu, unsigned int vm,
		 struct hyp_action *act, const char **why)
{
	struct vm *v = &h->vms[vm];
	struct hcall c;

	*why = !h->working ? "the hypervisor does not run" :
	       hyp_busy(h, cpu) ? "the CPU is in the secure world" :
	       v->life != HYP_RUNNING ? "it does not exist" : NULL;
	for (unsigned int i = 0; !*why && i < v->cfg.vcpus; i++)
		if (v->vcpus[i].state == VCPU_RELAYED)
			*why = "one of its vCPUs is in a call that the SPMC has";
	if (*why)
		return false;
	c = begin(h, cpu, vm, act);
	v->life = HYP_DESTROYING;
	h->tag++;
	for (unsigned int i = 0; i < h->cfg.cpus; i++)
		if (h->cpus[i].last == vm)
			h->cpus[i].last = NOBODY;
	if (v->forwarded) {
		hyp_ask(&c, STEP_LIFE_UNMAP, &(struct ffa_value){ {
			(uint32_t)FFA_ID_RXTX_UNMAP,
			(uint32_t)v->cfg.id << 16 } });
		return true;
	}
	hyp_forget_buffers(v);
	drain(&c);
	return true;
}

void hyp_life_unmapped(struct hcall *c, const struct ffa_value *res)
{
	(void)res;
	hyp_forget_buffers(caller(c));
	drain(c);
}
