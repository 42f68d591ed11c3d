/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has notifications. The SPMC's schedule receiver interrupt comes to the
 * hypervisor, which asks for whom it is (Xen notif_sri_action): VMs get a
 * notification pending interrupt; of partitions the first VM is told, by a
 * schedule receiver interrupt of its own, as it may give them cycles.
 * FFA_NOTIFICATION_INFO_GET tells a VM of itself, and the first of partitions.
 */
#include "hyp_impl.h"

enum {
	IDS_32 = 10, IDS_64 = 20,	/* 16 bits each, from register 3 on */
	LIST_VCPUS = 3,
	MORE = 1, COUNT_SHIFT = 7, COUNT_BITS = 0x1f, SIZES_SHIFT = 12,
	SIZE_BITS = 2,
};
enum { SCHEDULER = 0 };	/* the VM that is told of partitions */

/* -- interrupts --------------------------------------------------------------- */

/* A vCPU that waits for a message goes on (Hafnium ffa_indirect_msg_recv). */
static void interrupt(struct hyp *h, unsigned int vm, unsigned int vcpu,
		      bool *irq)
{
	struct vcpu *v = &h->vms[vm].vcpus[vcpu];

	*irq = true;
	if (v->state == VCPU_WAITING && !v->woken &&
	    ffa_fn_find(v->regs.x[0]) == FFA_FN_MSG_WAIT)
		hyp_wake(h, vm, vcpu, FFA_FN_ERROR, &(struct ffa_value){
				.x[2] = (uint32_t)FFA_INTERRUPTED });
}

void hyp_raise_npi(struct hyp *h, unsigned int vm, unsigned int vcpu)
{
	if (h->cfg.npi)
		interrupt(h, vm, vcpu, &h->vms[vm].vcpus[vcpu].npi);
}

static void raise_sri(struct hyp *h, unsigned int cpu)
{
	unsigned int vcpu;

	if (!h->cfg.sri || h->vms[SCHEDULER].life != HYP_RUNNING)
		return;
	if (!hyp_vcpu(h, cpu, SCHEDULER, &vcpu))
		vcpu = 0;
	interrupt(h, SCHEDULER, vcpu, &h->vms[SCHEDULER].vcpus[vcpu].sri);
}

unsigned int hyp_pending(const struct hyp *h, unsigned int vm,
			 unsigned int vcpu, uint32_t ids[HYP_MAX_PENDING])
{
	const struct vcpu *v = &h->vms[vm].vcpus[vcpu];
	unsigned int n = 0;

	if (v->npi && ids)
		ids[n] = h->cfg.npi;
	n += v->npi;
	if (v->sri && ids)
		ids[n] = h->cfg.sri;
	return n + v->sri;
}

bool hyp_take_irq(struct hyp *h, unsigned int vm, unsigned int vcpu,
		  uint32_t intid)
{
	struct vcpu *v = &h->vms[vm].vcpus[vcpu];
	bool *irq = v->npi && intid == h->cfg.npi ? &v->npi :
		    v->sri && intid == h->cfg.sri ? &v->sri : NULL;

	if (irq)
		*irq = false;
	return irq;
}

/* -- what the SPMC says ------------------------------------------------------- */

static uint16_t id_at(const struct ffa_value *res, unsigned int i)
{
	return (uint16_t)(res->x[3 + i / 4] >> i % 4 * 16);
}

static void note_vm(struct hyp *h, unsigned int vm, const struct ffa_value *res,
		    unsigned int first, unsigned int vcpus)
{
	struct vm *v = &h->vms[vm];

	if (!vcpus) {
		v->notif.secure = true;
		hyp_raise_npi(h, vm, 0);
	}
	for (unsigned int i = 0; i < vcpus; i++) {
		unsigned int vcpu = id_at(res, first + i);

		if (vcpu >= v->cfg.vcpus)
			continue;
		v->vcpus[vcpu].secure = true;
		hyp_raise_npi(h, vm, vcpu);
	}
}

static void note_news(struct hyp *h, uint16_t id, uint16_t vcpu)
{
	h->news[h->news_count].id = id;
	h->news[h->news_count++].vcpu = vcpu;
}

static void note_list(struct hyp *h, const struct ffa_value *res,
		      unsigned int at, unsigned int vcpus)
{
	uint16_t id = id_at(res, at);
	int vm = hyp_find(h, id);

	if (vm >= 0)
		note_vm(h, (unsigned int)vm, res, at + 1, vcpus);
	if (!(id & FFA_ID_SECURE))
		return;		/* a VM, or one that is gone */
	if (!vcpus)
		note_news(h, id, NOBODY);
	for (unsigned int i = 0; i < vcpus; i++)
		note_news(h, id, id_at(res, at + 1 + i));
}

/* Takes an answer in; false when there is no more, or no room. */
static bool note_all(struct hyp *h, const struct ffa_value *res)
{
	unsigned int lists = w(res, 2) >> COUNT_SHIFT & COUNT_BITS, at = 0;

	if (hyp_is_error(res))
		return false;
	for (unsigned int i = 0; i < lists; i++) {
		unsigned int vcpus = res->x[2] >> (SIZES_SHIFT +
						   i * SIZE_BITS) & 3;

		if (at + 1 + vcpus > IDS_64)
			return false;
		note_list(h, res, at, vcpus);
		at += 1 + vcpus;
	}
	return w(res, 2) & MORE && h->news_count + IDS_64 <= HYP_MAX_SPS;
}

static void ask_spmc(struct hcall *c, enum hyp_step step)
{
	hyp_ask(c, step, &(struct ffa_value){ {
		(uint32_t)FFA_ID_NOTIFICATION_INFO_GET_64 } });
}

static bool has_room(const struct hyp *h)
{
	return h->version >= FFA_V1_1 &&
	       h->news_count + IDS_64 <= HYP_MAX_SPS;
}

void hyp_sri(struct hyp *h, unsigned int cpu, struct hyp_action *act)
{
	struct hcall c = hyp_own(h, cpu, act);

	if (h->working && has_room(h))
		ask_spmc(&c, STEP_NOTIF_SRI);
}

void hyp_got_sri(struct hcall *c, const struct ffa_value *res)
{
	if (note_all(c->h, res))
		ask_spmc(c, STEP_NOTIF_SRI);
	else if (c->h->news_count)
		raise_sri(c->h, c->cpu);
}

/* -- FFA_NOTIFICATION_INFO_GET ------------------------------------------------ */

/* As the SPMC packs it. */
struct info {
	uint16_t ids[IDS_64];
	uint8_t sizes[IDS_64];
	unsigned int count, max, lists;
	unsigned int left;	/* places in the list that is open, */
	uint16_t open;		/* of this endpoint */
	bool full;
};

static bool list_global(struct info *to, uint16_t id)
{
	to->left = 0;
	if (to->count == to->max) {
		to->full = true;
		return false;
	}
	to->ids[to->count++] = id;
	to->sizes[to->lists++] = 0;
	return true;
}

static bool list_vcpu(struct info *to, uint16_t id, uint16_t vcpu)
{
	if (to->open != id)
		to->left = 0;
	if (to->max - to->count < (to->left ? 1u : 2u)) {
		to->full = true;
		return false;
	}
	if (!to->left) {
		to->ids[to->count++] = id;
		to->sizes[to->lists++] = 0;
		to->left = LIST_VCPUS;
		to->open = id;
	}
	to->ids[to->count++] = vcpu;
	to->sizes[to->lists - 1]++;
	to->left--;
	return true;
}

static void list_news(struct hyp *h, struct info *to)
{
	unsigned int n = 0;

	while (n < h->news_count &&
	       (h->news[n].vcpu == NOBODY ?
		list_global(to, h->news[n].id) :
		list_vcpu(to, h->news[n].id, h->news[n].vcpu)))
		n++;
	h->news_count -= n;
	for (unsigned int i = 0; i < h->news_count; i++)
		h->news[i] = h->news[i + n];
}

static void list_self(struct vm *v, struct info *to)
{
	struct notif *n = &v->notif;

	if ((n->secure || (n->rx_full && !n->rx_told) ||
	     n->pending & ~n->reported) && list_global(to, v->cfg.id)) {
		n->secure = false;
		n->rx_told = n->rx_full;
		n->reported = n->pending;
	}
	for (unsigned int i = 0; i < v->cfg.vcpus && !to->full; i++) {
		struct vcpu *p = &v->vcpus[i];

		if (!p->secure && !(p->pending & ~p->reported))
			continue;
		if (!list_vcpu(to, v->cfg.id, (uint16_t)i))
			return;
		p->secure = false;
		p->reported = p->pending;
	}
}

static void answer(struct hcall *c)
{
	bool wide = c->fn == FFA_FN_NOTIFICATION_INFO_GET_64;
	struct info info = { .max = wide ? IDS_64 : IDS_32 };
	unsigned int each = wide ? 4 : 2, i;
	struct ffa_value val = { 0 };

	if (c->vm == SCHEDULER)
		list_news(c->h, &info);
	else if (c->h->news_count > c->h->cpus[c->cpu].at)
		raise_sri(c->h, c->cpu);
	if (!info.full)
		list_self(caller(c), &info);
	if (!info.count) {
		hyp_refuse(c, RULE_HYP_NOTIF_INFO_NO_DATA);
		return;
	}
	val.x[2] = (info.full ? MORE : 0) | info.lists << COUNT_SHIFT;
	for (i = 0; i < info.lists; i++)
		val.x[2] |= (uint64_t)info.sizes[i]
			    << (SIZES_SHIFT + i * SIZE_BITS);
	for (i = 0; i < info.count; i++)
		val.x[3 + i / each] |= (uint64_t)info.ids[i]
				       << (i % each * 16);
	hyp_succeed(c, &val);
}

void hyp_do_notif_info(struct hcall *c)
{
	c->h->cpus[c->cpu].at = c->h->news_count;
	if (has_room(c->h))
		ask_spmc(c, STEP_NOTIF_INFO);
	else
		answer(c);
}

void hyp_got_info(struct hcall *c, const struct ffa_value *res)
{
	if (note_all(c->h, res))
		ask_spmc(c, STEP_NOTIF_INFO);
	else
		answer(c);
}
