/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FFA_MSG_SEND2: from the sender's TX to the receiver's RX. Header and message
 * are each read once: the sender may write while we read. The header that the
 * receiver gets is that of its own version; the message stays at its offset
 * unless that header needs the room.
 */
#include "ffa/ffa_desc.h"
#include "notif.h"

enum { SEND2_DELAY = 2 };

struct message {
	unsigned int from, to;	/* endpoint indices */
	struct ffa_msg_header head;	/* as its version has it, else zero */
	uint32_t head_size;
	const char *tx;
};

static uint32_t header_size(const struct spmc *s, unsigned int ep)
{
	return endpoint(s, ep)->version < FFA_V1_2 ?
	       sizeof(struct ffa_msg_header_v1_1) :
	       sizeof(struct ffa_msg_header);
}

static size_t buffer_size(const struct spmc *s, unsigned int ep)
{
	return (size_t)endpoint(s, ep)->pages * FFA_PAGE_SIZE;
}

/* Whose message is it, and where? */
static enum spmc_rule find_message(struct call *c, struct message *m)
{
	uint16_t id = (uint16_t)bits(c, 1, 16, 31);
	const struct endpoint *e;

	m->from = c->ep;
	if (id && is_sp(c->s, c->ep))
		return RULE_SEND2_VM_SP;
	if (id) {
		int vm = find_vm(c->s, id);

		if (vm < 0)
			return RULE_SEND2_VM;
		m->from = (unsigned int)vm;
	}
	e = endpoint(c->s, m->from);
	if (e->rx_state != RX_UNMAPPED)
		m->tx = env_read(c->env, e->tx, buffer_size(c->s, m->from),
				 region_is_secure(c->s, e->tx));
	if (!m->tx)
		return refuse_about(c, RULE_SEND2_NO_TX, m->from, SPMC_NOBODY);
	m->head_size = header_size(c->s, m->from);
	memcpy(&m->head, m->tx, m->head_size);
	return RULE_NONE;
}

static enum spmc_rule check_parties(struct call *c, struct message *m)
{
	int found = find(c->s, m->head.receiver);

	if (m->head.sender != config(c->s, m->from)->id)
		return RULE_SEND2_SENDER;
	if (m->head.receiver == m->head.sender)
		return RULE_SEND2_SELF;
	if (!is_sp(c->s, c->ep) && w(c, 2))
		return RULE_SEND2_FLAGS;
	if (!is_sp(c->s, c->ep) && !(m->head.receiver & FFA_ID_SECURE) &&
	    enforced(c, RULE_SEND2_WORLD))
		return RULE_SEND2_WORLD;
	if (found < 0)
		return RULE_SEND2_RECEIVER;
	m->to = (unsigned int)found;
	if (endpoint(c->s, m->from)->version < FFA_V1_1)
		return refuse_about(c, RULE_SEND2_VERSION, m->from,
				    SPMC_NOBODY);
	if (endpoint(c->s, m->to)->version < FFA_V1_1)
		return refuse_about(c, RULE_SEND2_VERSION, m->to, SPMC_NOBODY);
	/* What VMs do is between them and their hypervisor. */
	if (is_sp(c->s, m->from) &&
	    !(config(c->s, m->from)->props & FFA_PART_INDIRECT))
		return RULE_SEND2_CANNOT_SEND;
	if (is_sp(c->s, m->to) &&
	    !(config(c->s, m->to)->props & FFA_PART_INDIRECT))
		return RULE_SEND2_CANNOT_RECEIVE;
	return RULE_NONE;
}

static enum spmc_rule check_rx(struct call *c, const struct message *m)
{
	uint8_t state = endpoint(c->s, m->to)->rx_state;

	if (!machine_ask(c->env, SPMC_M_RX, state, RX_EV_FILL))
		return RULE_NONE;
	return refuse_about(c, state == RX_UNMAPPED ? RULE_SEND2_RX_UNMAPPED :
						      RULE_SEND2_RX_BUSY,
			    m->to, SPMC_NOBODY);
}

static bool as_sent(const struct call *c)
{
	return choice(c, CHOICE_SEND2_HEADER) == SEND2_HEADER_SENDERS;
}

static uint32_t offset_in_rx(const struct call *c, const struct message *m)
{
	uint32_t least = header_size(c->s, m->to);

	return m->head.offset < least && !as_sent(c) ? least : m->head.offset;
}

static enum spmc_rule check_size(struct call *c, const struct message *m)
{
	size_t tx = buffer_size(c->s, m->from), rx = buffer_size(c->s, m->to);

	if (m->head.offset < m->head_size)
		return refuse_about(c, RULE_SEND2_OFFSET, m->from,
				    SPMC_NOBODY);
	if (m->head.offset > tx || m->head.size > tx - m->head.offset)
		return refuse_about(c, RULE_SEND2_SIZE, m->from, SPMC_NOBODY);
	/* Neither is above 63 pages now. */
	if ((size_t)offset_in_rx(c, m) + m->head.size > rx)
		return refuse_about(c, RULE_SEND2_RX_SMALL, m->to,
				    SPMC_NOBODY);
	return RULE_NONE;
}

/* The header is the sender's, and what lies between it and the message. */
static void deliver_as_sent(struct call *c, const struct message *m)
{
	size_t room = buffer_size(c->s, m->to);
	size_t len = (size_t)m->head.offset + m->head.size;
	char *rx = rx_fill(c, m->to, room);

	memcpy(rx, &m->head, m->head_size);
	memcpy(rx + m->head_size, m->tx + m->head_size, len - m->head_size);
	memset(rx + len, 0, room - len);
}

static void deliver(struct call *c, const struct message *m)
{
	uint32_t head_size = header_size(c->s, m->to);
	uint32_t offset = offset_in_rx(c, m);
	struct ffa_msg_header head = {
		.offset = offset,
		.receiver = m->head.receiver,
		.sender = m->head.sender,
		.size = m->head.size,
		.uuid = m->head.uuid,
	};
	char *rx = rx_fill(c, m->to, (size_t)offset + head.size);

	memcpy(rx, &head, head_size);
	memset(rx + head_size, 0, offset - head_size);
	memcpy(rx + offset, m->tx + m->head.offset, head.size);
}

enum spmc_rule spmc_msg_send2(struct call *c)
{
	struct message m = { 0 };
	enum spmc_rule rule = find_message(c, &m);

	if (!rule)
		rule = check_parties(c, &m);
	if (!rule)
		rule = check_rx(c, &m);
	if (!rule)
		rule = check_size(c, &m);
	if (rule)
		return rule;
	if (as_sent(c))
		deliver_as_sent(c, &m);
	else
		deliver(c, &m);
	notif_rx_full(c, m.to, m.from, w(c, 2) & SEND2_DELAY);
	return succeed(c, &(struct ffa_value){ 0 });
}
