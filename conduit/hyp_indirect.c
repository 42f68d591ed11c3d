/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Indirect messages: FFA_MSG_SEND2 to partitions, which is relayed, as the
 * message is in the VM's own TX, and to VMs; FFA_MSG_SEND and FFA_MSG_POLL of
 * 1.0. What the VM has in its TX may change: a header is read once.
 */
#include <string.h>

#include "hyp_impl.h"

static uint16_t sender(const struct hcall *c)
{
	return (uint16_t)(c->in.x[1] >> 16);
}

static uint16_t receiver(const struct hcall *c)
{
	return (uint16_t)c->in.x[1];
}

static struct vcpu *my_vcpu(const struct hcall *c)
{
	return &caller(c)->vcpus[c->vcpu];
}

static void ask_acquire(struct hcall *c, enum hyp_step step,
			const struct vm *to)
{
	hyp_ask(c, step, &(struct ffa_value){ {
		(uint32_t)FFA_ID_RX_ACQUIRE, to->cfg.id } });
}

struct ffa_value hyp_take_message(struct vm *v)
{
	v->msg = false;
	return (struct ffa_value){
		.x[1] = (uint32_t)v->msg_from << 16 | v->cfg.id,
		.x[3] = v->msg_len,
	};
}

/* -- messages of 1.0 --------------------------------------------------------- */

void hyp_do_poll(struct hcall *c)
{
	struct ffa_value val;

	if (my_vcpu(c)->client != NOBODY) {
		hyp_refuse(c, RULE_HYP_MSG_POLL_SERVING);
	} else if (!caller(c)->msg) {
		hyp_refuse(c, RULE_HYP_MSG_POLL_EMPTY);
	} else {
		val = hyp_take_message(caller(c));
		hyp_show(c->h, c->cpu, c->vm, c->vcpu, FFA_FN_MSG_SEND, &val,
			 c->act);
	}
}

static enum hyp_rule check_send(const struct hcall *c, int found)
{
	const struct vm *to;

	if (sender(c) != caller(c)->cfg.id)
		return RULE_HYP_MSG_SEND_SENDER;
	if (receiver(c) == sender(c))
		return RULE_HYP_MSG_SEND_SELF;
	if (found < 0)
		return RULE_HYP_MSG_SEND_RECEIVER;
	if (!hyp_may_talk(caller(c), receiver(c)))
		return RULE_HYP_MSG_SEND_PEER;
	if (my_vcpu(c)->client != NOBODY)
		return RULE_HYP_MSG_SEND_SERVING;
	if (!caller(c)->pages)
		return RULE_HYP_MSG_SEND_NO_TX;
	to = &c->h->vms[found];
	if (!to->pages || to->rx_full)
		return RULE_HYP_MSG_SEND_BUSY;
	if (w(&c->in, 3) > (to->pages < caller(c)->pages ? to->pages :
			    caller(c)->pages) * FFA_PAGE_SIZE)
		return RULE_HYP_MSG_SEND_SIZE;
	return HYP_RULE_NONE;
}

/* One that waits for a message has it now. */
static void wake_one(struct hyp *h, unsigned int vm)
{
	struct vm *v = &h->vms[vm];
	struct ffa_value val;

	for (unsigned int i = 0; i < v->cfg.vcpus; i++) {
		if (v->vcpus[i].state != VCPU_WAITING || v->vcpus[i].woken ||
		    ffa_fn_find(v->vcpus[i].regs.x[0]) != FFA_FN_MSG_WAIT)
			continue;
		val = hyp_take_message(v);
		hyp_wake(h, vm, i, FFA_FN_MSG_SEND, &val);
		return;
	}
}

static void deliver(struct hcall *c, unsigned int found)
{
	struct vm *to = &c->h->vms[found];
	const void *from = hyp_tx(c->h, caller(c));
	char *rx = hyp_rx(c->h, to);
	size_t len = w(&c->in, 3);

	if (from && rx) {
		memcpy(rx, from, len);
		memset(rx + len, 0,
		       (size_t)to->pages * FFA_PAGE_SIZE - len);
	}
	to->rx_full = true;
	to->msg = true;
	to->msg_from = caller(c)->cfg.id;
	to->msg_len = (uint32_t)len;
	wake_one(c->h, found);
	hyp_succeed(c, &(struct ffa_value){ 0 });
}

void hyp_do_send(struct hcall *c)
{
	int found = hyp_find(c->h, receiver(c));
	enum hyp_rule rule = check_send(c, found);
	const struct vm *to = found < 0 ? NULL : &c->h->vms[found];

	if (rule)
		hyp_refuse(c, rule);
	else if (to->forwarded && !to->rx_ours)
		ask_acquire(c, STEP_SEND_ACQUIRE, to);
	else
		deliver(c, (unsigned int)found);
}

void hyp_send_acquired(struct hcall *c, const struct ffa_value *res)
{
	int found = hyp_find(c->h, receiver(c));

	if (hyp_is_error(res) || found < 0) {
		hyp_refuse(c, RULE_HYP_MSG_SEND_BUSY);
		return;
	}
	c->h->vms[found].rx_ours = true;
	deliver(c, (unsigned int)found);
}

/* -- FFA_MSG_SEND2 ----------------------------------------------------------- */

static uint32_t header_size(const struct vm *v)
{
	return v->version < FFA_V1_2 ? sizeof(struct ffa_msg_header_v1_1) :
				       sizeof(struct ffa_msg_header);
}

static size_t buffer_size(const struct vm *v)
{
	return (size_t)v->pages * FFA_PAGE_SIZE;
}

static uint32_t offset_in_rx(const struct ffa_msg_header *m,
			     const struct vm *to)
{
	return m->offset < header_size(to) ? header_size(to) : m->offset;
}

static enum hyp_rule check_size(const struct ffa_msg_header *m,
				const struct vm *from, const struct vm *to)
{
	if (m->offset < header_size(from))
		return RULE_HYP_SEND2_OFFSET;
	if (m->offset > buffer_size(from) ||
	    m->size > buffer_size(from) - m->offset ||
	    (size_t)offset_in_rx(m, to) + m->size > buffer_size(to))
		return RULE_HYP_SEND2_SIZE;
	return HYP_RULE_NONE;
}

/* A message from VM to VM. */
static enum hyp_rule check_vms(const struct hcall *c,
			       const struct ffa_msg_header *m)
{
	int found = hyp_find(c->h, m->receiver);
	const struct vm *to;

	if (w(&c->in, 2))
		return RULE_HYP_SEND2_FLAGS;
	if (found < 0)
		return RULE_HYP_SEND2_RECEIVER;
	to = &c->h->vms[found];
	if (to->version < FFA_V1_1 ||
	    !(to->cfg.props & caller(c)->cfg.props & FFA_PART_INDIRECT))
		return RULE_HYP_SEND2_CANNOT;
	if (!to->pages || to->rx_full)
		return RULE_HYP_SEND2_BUSY;
	return check_size(m, caller(c), to);
}

static void deliver2(struct hcall *c, unsigned int found)
{
	struct ffa_msg_header m = c->h->cpus[c->cpu].head;
	struct vm *to = &c->h->vms[found];
	const char *from = hyp_tx(c->h, caller(c));
	uint32_t old = m.offset, head = header_size(to);
	char *rx = hyp_rx(c->h, to);

	m.flags = m.reserved = m.reserved1 = 0;
	m.offset = offset_in_rx(&m, to);
	if (from && rx) {
		memcpy(rx, &m, head);
		memset(rx + head, 0, m.offset - head);
		memcpy(rx + m.offset, from + old, m.size);
	}
	to->rx_full = true;
	hyp_notify_rx(c->h, found);
	hyp_succeed(c, &(struct ffa_value){ 0 });
}

static enum hyp_rule read_header(struct hcall *c, struct ffa_msg_header *m)
{
	const struct vm *v = caller(c);
	const char *from = hyp_tx(c->h, v);

	if (w(&c->in, 1) >> 16)
		return RULE_HYP_SEND2_VM;
	if (!from)
		return RULE_HYP_SEND2_NO_TX;
	memcpy(m, from, header_size(v));
	if (m->sender != v->cfg.id)
		return RULE_HYP_SEND2_SENDER;
	if (m->receiver == m->sender)
		return RULE_HYP_SEND2_SELF;
	if (!hyp_may_talk(v, m->receiver))
		return RULE_HYP_SEND2_PEER;
	return HYP_RULE_NONE;
}

void hyp_do_send2(struct hcall *c)
{
	struct ffa_msg_header m = { 0 };
	enum hyp_rule rule = read_header(c, &m);
	unsigned int found;
	const struct vm *to;

	if (!rule && m.receiver & FFA_ID_SECURE) {
		hyp_ask(c, STEP_PASS, &(struct ffa_value){ {
			(uint32_t)FFA_ID_MSG_SEND2,
			(uint32_t)caller(c)->cfg.id << 16, w(&c->in, 2) } });
		return;
	}
	if (!rule)
		rule = check_vms(c, &m);
	if (rule) {
		hyp_refuse(c, rule);
		return;
	}
	found = (unsigned int)hyp_find(c->h, m.receiver);
	to = &c->h->vms[found];
	c->h->cpus[c->cpu].head = m;
	if (to->forwarded && !to->rx_ours)
		ask_acquire(c, STEP_SEND2_ACQUIRE, to);
	else
		deliver2(c, found);
}

void hyp_send2_acquired(struct hcall *c, const struct ffa_value *res)
{
	const struct ffa_msg_header *m = &c->h->cpus[c->cpu].head;
	int found = hyp_find(c->h, m->receiver);
	struct vm *to = found < 0 ? NULL : &c->h->vms[found];

	if (hyp_is_error(res) || !to) {
		hyp_refuse(c, RULE_HYP_SEND2_BUSY);
		return;
	}
	to->rx_ours = true;
	/* another CPU may have changed the buffers meanwhile */
	if (!to->pages || to->rx_full || check_size(m, caller(c), to))
		hyp_refuse(c, RULE_HYP_SEND2_BUSY);
	else
		deliver2(c, (unsigned int)found);
}
