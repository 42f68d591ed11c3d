/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notifications. The SPMC keeps what partitions set for VMs and VMs for
 * partitions; the hypervisor what VMs set for each other, and its own: that it
 * has put a message into RX.
 */
#include "hyp_impl.h"

enum { BIND_PER_VCPU = 1 };
enum { SET_PER_VCPU = 1, SET_RESERVED = 0xfffe };
enum { GET_SPS = 1, GET_VMS = 2, GET_SPM = 4, GET_HYP = 8, GET_ALL = 15 };

static uint16_t high(const struct hcall *c)
{
	return (uint16_t)(c->in.x[1] >> 16);
}

static uint16_t low(const struct hcall *c)
{
	return (uint16_t)c->in.x[1];
}

/* What is pending of some notifications, for any vCPU. */
static uint64_t pending(const struct vm *v)
{
	uint64_t all = v->notif.pending;

	for (unsigned int i = 0; i < v->cfg.vcpus; i++)
		all |= v->vcpus[i].pending;
	return all;
}

static void clear(struct vm *v, uint64_t bitmap)
{
	v->notif.pending &= ~bitmap;
	v->notif.reported &= ~bitmap;
	for (unsigned int i = 0; i < v->cfg.vcpus; i++) {
		v->vcpus[i].pending &= ~bitmap;
		v->vcpus[i].reported &= ~bitmap;
	}
}

/* Are all of these bound to that VM? */
static bool bound_to(const struct notif *n, uint64_t bitmap, int vm)
{
	if (bitmap & ~n->bound)
		return false;
	for (unsigned int i = 0; i < 64; i++)
		if (bitmap >> i & 1 && n->sender[i] != vm)
			return false;
	return true;
}

/* -- FFA_NOTIFICATION_BIND, FFA_NOTIFICATION_UNBIND -------------------------- */

static void bind(struct hcall *c, int sender)
{
	struct notif *n = &caller(c)->notif;
	uint64_t bitmap = hyp_bitmap(&c->in, 3);
	uint32_t flags = w(&c->in, 2);

	if (flags & ~(uint32_t)BIND_PER_VCPU || !bitmap) {
		hyp_refuse(c, RULE_HYP_NOTIF_BIND_ARGS);
	} else if (sender < 0) {
		hyp_refuse(c, RULE_HYP_NOTIF_BIND_SENDER);
	} else if (n->bound & bitmap) {
		hyp_refuse(c, RULE_HYP_NOTIF_BIND_BOUND);
	} else {
		n->bound |= bitmap;
		if (flags & BIND_PER_VCPU)
			n->per_vcpu |= bitmap;
		for (unsigned int i = 0; i < 64; i++)
			if (bitmap >> i & 1)
				n->sender[i] = (uint8_t)sender;
		hyp_succeed(c, &(struct ffa_value){ 0 });
	}
}

void hyp_do_notif_bind(struct hcall *c)
{
	if (low(c) != caller(c)->cfg.id || high(c) == low(c))
		hyp_refuse(c, RULE_HYP_NOTIF_BIND_CALLER);
	else if (!hyp_may_talk(caller(c), high(c)))
		hyp_refuse(c, RULE_HYP_NOTIF_BIND_PEER);
	else if (high(c) & FFA_ID_SECURE)
		hyp_ask(c, STEP_PASS, &c->in);
	else
		bind(c, hyp_find(c->h, high(c)));
}

static void unbind(struct hcall *c, int sender)
{
	struct vm *v = caller(c);
	uint64_t bitmap = hyp_bitmap(&c->in, 3);

	if (w(&c->in, 2) || !bitmap) {
		hyp_refuse(c, RULE_HYP_NOTIF_UNBIND_ARGS);
	} else if (!bound_to(&v->notif, bitmap, sender)) {
		hyp_refuse(c, RULE_HYP_NOTIF_UNBIND_BINDING);
	} else if (pending(v) & bitmap) {
		hyp_refuse(c, RULE_HYP_NOTIF_UNBIND_PENDING);
	} else {
		v->notif.bound &= ~bitmap;
		v->notif.per_vcpu &= ~bitmap;
		hyp_succeed(c, &(struct ffa_value){ 0 });
	}
}

void hyp_do_notif_unbind(struct hcall *c)
{
	if (low(c) != caller(c)->cfg.id || high(c) == low(c))
		hyp_refuse(c, RULE_HYP_NOTIF_UNBIND_CALLER);
	else if (high(c) & FFA_ID_SECURE)
		hyp_ask(c, STEP_PASS, &c->in);
	else
		unbind(c, hyp_find(c->h, high(c)));
}

/* -- FFA_NOTIFICATION_SET ----------------------------------------------------- */

static enum hyp_rule check_set(const struct hcall *c, int receiver)
{
	uint32_t flags = w(&c->in, 2), vcpu = flags >> 16;
	uint64_t bitmap = hyp_bitmap(&c->in, 3), kind;
	const struct vm *to;

	if (flags & SET_RESERVED || !bitmap ||
	    (vcpu && !(flags & SET_PER_VCPU)))
		return RULE_HYP_NOTIF_SET_ARGS;
	if (receiver < 0)
		return RULE_HYP_NOTIF_SET_RECEIVER;
	to = &c->h->vms[receiver];
	if (!bound_to(&to->notif, bitmap, (int)c->vm))
		return RULE_HYP_NOTIF_SET_BINDING;
	kind = flags & SET_PER_VCPU ? ~to->notif.per_vcpu :
				      to->notif.per_vcpu;
	if (bitmap & kind)
		return RULE_HYP_NOTIF_SET_KIND;
	if (flags & SET_PER_VCPU && vcpu >= to->cfg.vcpus)
		return RULE_HYP_NOTIF_SET_VCPU;
	return HYP_RULE_NONE;
}

static void set(struct hcall *c, int receiver)
{
	uint32_t flags = w(&c->in, 2), vcpu = flags >> 16;
	uint64_t bitmap = hyp_bitmap(&c->in, 3), *to, *reported;
	enum hyp_rule rule = check_set(c, receiver);
	struct vm *v;

	if (rule) {
		hyp_refuse(c, rule);
		return;
	}
	v = &c->h->vms[receiver];
	to = flags & SET_PER_VCPU ? &v->vcpus[vcpu].pending :
				    &v->notif.pending;
	reported = flags & SET_PER_VCPU ? &v->vcpus[vcpu].reported :
					  &v->notif.reported;
	*reported &= ~(bitmap & ~*to);
	*to |= bitmap;
	hyp_raise_npi(c->h, (unsigned int)receiver, vcpu);
	hyp_succeed(c, &(struct ffa_value){ 0 });
}

void hyp_do_notif_set(struct hcall *c)
{
	if (high(c) != caller(c)->cfg.id || high(c) == low(c))
		hyp_refuse(c, RULE_HYP_NOTIF_SET_CALLER);
	else if (!hyp_may_talk(caller(c), low(c)))
		hyp_refuse(c, RULE_HYP_NOTIF_SET_PEER);
	else if (low(c) & FFA_ID_SECURE)
		hyp_ask(c, STEP_PASS, &c->in);
	else
		set(c, hyp_find(c->h, low(c)));
}

/* -- FFA_NOTIFICATION_GET ----------------------------------------------------- */

/* `val` has what the SPMC gave. */
static void got(struct hcall *c, struct ffa_value *val)
{
	struct vm *v = caller(c);
	uint32_t flags = w(&c->in, 2);
	struct vcpu *p = &v->vcpus[high(c)];

	if (flags & GET_VMS) {
		uint64_t all = v->notif.pending | p->pending;

		val->x[4] = (uint32_t)all;
		val->x[5] = all >> 32;
		v->notif.pending = v->notif.reported = 0;
		p->pending = p->reported = 0;
	}
	if (flags & GET_HYP) {
		val->x[7] = v->notif.rx_full;
		v->notif.rx_full = v->notif.rx_told = false;
	}
	hyp_succeed(c, val);
}

void hyp_do_notif_get(struct hcall *c)
{
	uint32_t flags = w(&c->in, 2);

	if (flags & ~(uint32_t)GET_ALL) {
		hyp_refuse(c, RULE_HYP_NOTIF_GET_FLAGS);
	} else if (low(c) != caller(c)->cfg.id) {
		hyp_refuse(c, RULE_HYP_NOTIF_GET_CALLER);
	} else if (high(c) >= caller(c)->cfg.vcpus) {
		hyp_refuse(c, RULE_HYP_NOTIF_GET_VCPU);
	} else if (flags & (GET_SPS | GET_SPM) && caller(c)->notif.created) {
		hyp_ask(c, STEP_NOTIF_GET, &(struct ffa_value){ {
			(uint32_t)FFA_ID_NOTIFICATION_GET, w(&c->in, 1),
			flags & (GET_SPS | GET_SPM) } });
	} else {
		got(c, &(struct ffa_value){ 0 });
	}
}

void hyp_got_notif(struct hcall *c, const struct ffa_value *res)
{
	struct ffa_value val = { 0 };
	uint32_t flags = w(&c->in, 2);

	if (hyp_is_error(res)) {
		hyp_pass(c, res);
		return;
	}
	if ((flags & (GET_SPS | GET_SPM)) == (GET_SPS | GET_SPM)) {
		/* that was all there is for this vCPU (Xen) */
		caller(c)->notif.secure = false;
		caller(c)->vcpus[high(c)].secure = false;
	}
	val.x[2] = w(res, 2);
	val.x[3] = w(res, 3);
	val.x[6] = w(res, 6);
	got(c, &val);
}

/* -- the hypervisor's own ----------------------------------------------------- */

void hyp_notify_rx(struct hyp *h, unsigned int vm)
{
	h->vms[vm].notif.rx_full = true;
	h->vms[vm].notif.rx_told = false;
	hyp_raise_npi(h, vm, 0);
}

void hyp_drop_notifications(struct hyp *h, unsigned int vm)
{
	for (unsigned int i = 0; i < h->cfg.vm_count; i++) {
		struct notif *n = &h->vms[i].notif;
		uint64_t dead = 0;

		for (unsigned int k = 0; k < 64; k++)
			if (n->bound >> k & 1 && n->sender[k] == vm)
				dead |= (uint64_t)1 << k;
		n->bound &= ~dead;
		n->per_vcpu &= ~dead;
		clear(&h->vms[i], dead);
	}
	h->vms[vm].notif = (struct notif){ 0 };
}
