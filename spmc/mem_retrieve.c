/* SPDX-License-Identifier: BSD-3-Clause */
/* FFA_MEM_RETRIEVE_REQ and FFA_MEM_FRAG_RX. */
#include "mem.h"

static const struct desc_rules retrieve_rules = DESC_RULES_OF(RETRIEVE);

/*
 * Who asks: an SP for itself, or the hypervisor, which gets a description of
 * any region to check it before it forwards a reclaim (FF-A 1.2 section
 * 17.4.3), and access to none.
 */
static bool is_hypervisor(const struct call *c)
{
	return c->inst == FFA_INST_NS_PHYS;
}

static enum spmc_rule check_flags(const struct txn *t, uint32_t flags)
{
	uint32_t kind = (flags & MEM_KIND) >> 3;

	if (kind && kind != t->kind)
		return RULE_RETRIEVE_KIND;
	return RULE_NONE;
}

static enum spmc_rule check_more_flags(const struct txn *t, uint32_t flags)
{
	if (flags & (MEM_HINT | MEM_HINT_VALID | ~(uint32_t)MEM_FLAGS_KNOWN))
		return RULE_RETRIEVE_FLAGS;
	if (t->kind == SHARE && flags & (MEM_ZERO | MEM_ZERO_AFTER))
		return RULE_RETRIEVE_ZERO_SHARE;
	if (flags & MEM_ZERO && !t->zero)
		return RULE_RETRIEVE_ZERO;
	return RULE_NONE;
}

/*
 * Attributes: none, so that the response tells, or ones that are not more
 * permissive than the memory's: normal memory as device memory, say, but not
 * the other way round.
 */
static enum spmc_rule check_attributes(const struct txn *t, unsigned int attr)
{
	bool device = t->device == MEM_DEVICE_YES ||
		      (t->attributes & MEM_TYPE) == MEM_DEVICE;

	if (attr & MEM_NS)
		return RULE_RETRIEVE_ATTR_NS;
	if (!(attr & MEM_TYPE) || attr == (MEM_DEVICE | MEM_INNER))
		return RULE_NONE;
	if (device || attr != (MEM_NORMAL | MEM_WB | MEM_INNER))
		return RULE_RETRIEVE_ATTR;
	return RULE_NONE;
}

/* What the borrower gets of what it asks; or the rule that forbids it. */
static enum spmc_rule grant(const struct txn *t, const struct borrower *b,
			    const struct emad *e, uint8_t *held)
{
	unsigned int sent = b->sent & MEM_DATA, data = e->perm & MEM_DATA;
	unsigned int instr = e->perm & MEM_INSTR;

	if (!sent)		/* a donation: all rights */
		sent = MEM_DATA_RW;
	if (!data)
		data = sent;
	if (data == MEM_DATA_RESERVED ||
	    (data == MEM_DATA_RW && sent == MEM_DATA_RO))
		return RULE_RETRIEVE_DATA;
	if (t->kind == SHARE || t->borrower_count > 1) {
		if (instr)
			return RULE_RETRIEVE_INSTR_GIVEN;
		instr = MEM_INSTR_NX;
	} else {
		if (!instr)
			return RULE_RETRIEVE_INSTR_MISSING;
		if (instr == MEM_INSTR_RESERVED)
			return RULE_RETRIEVE_INSTR_VALUE;
		if (instr == MEM_INSTR_X && t->ns)
			return RULE_RETRIEVE_INSTR_NS;
	}
	*held = (uint8_t)(data | instr);
	return RULE_NONE;
}

/*
 * The access descriptors of a request: all borrowers, each once, or with the
 * bypass flag the caller alone. Sets *mine and *held for the caller's.
 */
static enum spmc_rule check_list(struct call *c, const struct txn *t,
				 const struct desc *d, const struct emad *e,
				 uint32_t *mine, uint8_t *held)
{
	bool bypass = d->flags & MEM_BYPASS;
	uint16_t id = config(c->s, c->ep)->id;
	uint64_t seen = 0;
	uint32_t i;

	if (bypass && (d->emad_count != 1 || t->borrower_count == 1))
		return RULE_RETRIEVE_BYPASS;
	if (!bypass && d->emad_count != t->borrower_count)
		return RULE_RETRIEVE_LIST;
	*mine = NONE;
	for (i = 0; i < d->emad_count; i++, e++) {
		uint32_t bi = borrower_find(c->s, t, e->id), ep;
		const struct borrower *b = borrower_at(c->s, bi);
		enum spmc_rule rule;
		uint8_t got;

		if (bypass && e->id != id)
			return RULE_RETRIEVE_LIST;
		if (!bi)
			return RULE_RETRIEVE_OTHER;
		ep = (uint32_t)spmc_find(c->s, e->id);
		if (seen & (uint64_t)1 << ep)
			return RULE_RETRIEVE_LIST;
		seen |= (uint64_t)1 << ep;
		rule = grant(t, b, e, &got);
		if (rule)
			return rule;
		if (e->id == id && (got & MEM_DATA) == MEM_DATA_RO &&
		    d->flags & (MEM_ZERO | MEM_ZERO_AFTER))
			return RULE_RETRIEVE_ZERO_RO;
		if (e->has_impdef && b->has_impdef &&
		    (e->impdef[0] != b->impdef[0] ||
		     e->impdef[1] != b->impdef[1]))
			return RULE_RETRIEVE_IMPDEF;
		if (e->id != id)
			continue;
		*mine = bi;
		*held = got;
	}
	return *mine ? RULE_NONE : RULE_RETRIEVE_LIST;
}

/* Writes the response's first fragment to RX; returns its length. */
static uint32_t respond(struct call *c, uint32_t txn, uint32_t only,
			struct cursor *at, uint32_t *total)
{
	uint32_t version = endpoint(c->s, c->ep)->version;
	uint32_t room = (uint32_t)endpoint(c->s, c->ep)->pages * FFA_PAGE_SIZE;
	const struct txn *t = txn_at(c->s, txn);
	struct response size = response_size(t, version,
					     only ? 1 : t->borrower_count);
	char *rx = rx_fill(c, c->ep, size.total < room ? size.total : room);

	*total = size.total;
	*at = first_range(t);
	response_head(c->s, txn, version, only, rx);
	return size.head + response_ranges(c->s, at, rx + size.head,
					   room - size.head);
}

static enum spmc_rule answer(struct call *c, uint32_t total, uint32_t len)
{
	resume(c->s, c->cpu, c->ep, c->ec, FFA_FN_MEM_RETRIEVE_RESP,
	       &(struct ffa_value){ .x[1] = total, .x[2] = len }, c->out);
	return RULE_NONE;
}

/* A donation that was read to its end: the receiver is the owner now. */
static void donated(struct call *c, uint32_t txn)
{
	struct txn *t = txn_at(c->s, txn);
	struct cursor at = first_range(t);
	const struct range *r;

	while ((r = next_range(c->s, &at)))
		pages_give(c->s, r->base, r->pages, c->ep);
	machine_move(c->env, SPMC_M_TXN, &t->state, TXN_EV_DONATED);
	txn_free(c->s, txn);
}

static enum spmc_rule retrieve_hyp(struct call *c, const struct desc *d)
{
	uint32_t txn, total, len;
	enum spmc_rule rule;
	struct txn *t;

	if (d->sender || d->attributes || d->flags || d->tag ||
	    d->emad_count || (endpoint(c->s, c->ep)->version > FFA_V1_0 &&
			      (d->emad_size || d->emad_offset)))
		return RULE_RETRIEVE_HYP;
	txn = txn_find(c->s, d->handle);
	if (!txn)
		return RULE_RETRIEVE_HANDLE;
	t = txn_at(c->s, txn);
	rule = machine_move(c->env, SPMC_M_TXN, &t->state,
			    TXN_EV_HYP_RETRIEVE);
	if (rule)
		return rule;
	len = respond(c, txn, NONE, &t->hyp_at, &total);
	t->hyp_offset = len < total ? len : 0;
	return answer(c, total, len);
}

/* The borrower has read all: where it was is of no interest any more. */
static void read_all(struct borrower *b)
{
	b->at = (struct cursor){ 0, 0 };
	b->offset = 0;
}

static enum spmc_rule retrieve(struct call *c, struct desc *d)
{
	uint32_t txn, mine, total, len;
	struct emad e[DESC_EMADS];
	struct borrower *b;
	enum spmc_rule rule;
	uint8_t held;
	struct txn *t;

	rule = desc_emads(c, &retrieve_rules, d, e);
	if (rule)
		return rule;
	if (d->len != d->emad_offset + d->emad_count * d->emad_size ||
	    d->composite || d->composites)
		return RULE_RETRIEVE_LENGTH;
	txn = txn_find(c->s, d->handle);
	if (!txn)
		return RULE_RETRIEVE_HANDLE;
	t = txn_at(c->s, txn);
	rule = machine_ask(c->env, SPMC_M_TXN, t->state, TXN_EV_RETRIEVE);
	if (rule)
		return rule;
	if (t->doomed)
		return refuse_about(c, RULE_RETRIEVE_DOOMED, t->owner,
				    SPMC_NOBODY);
	if (d->sender != t->sender)
		return RULE_RETRIEVE_SENDER;
	rule = check_flags(t, d->flags);
	if (rule)
		return rule;
	if (d->tag != t->tag)
		return RULE_RETRIEVE_TAG;
	if (!borrower_find(c->s, t, config(c->s, c->ep)->id))
		return RULE_RETRIEVE_CALLER;
	rule = check_more_flags(t, d->flags);
	if (rule)
		return rule;
	rule = check_attributes(t, d->attributes);
	if (rule)
		return rule;
	rule = check_list(c, t, d, e, &mine, &held);
	if (rule)
		return rule;
	b = borrower_at(c->s, mine);
	rule = machine_ask(c->env, SPMC_M_BRW, b->state, BRW_EV_PART);
	if (rule)
		return rule;

	machine_move(c->env, SPMC_M_TXN, &t->state, TXN_EV_RETRIEVE);
	t->holders++;
	b->held = held;
	b->zero_after = !!(d->flags & MEM_ZERO_AFTER);
	len = respond(c, txn, mine, &b->at, &total);
	b->offset = len;
	machine_move(c->env, SPMC_M_BRW, &b->state,
		     len < total ? BRW_EV_PART : BRW_EV_WHOLE);
	if (len == total)
		read_all(b);
	if (t->kind == DONATE && len == total)
		donated(c, txn);
	return answer(c, total, len);
}

enum spmc_rule spmc_mem_retrieve_req(struct call *c)
{
	struct desc d = { .len = w(c, 2) };
	enum spmc_rule rule;

	if (d.len != w(c, 1))
		return RULE_RETRIEVE_FRAGMENT;
	rule = desc_buffer(c, &retrieve_rules, d.len, &d.buf);
	if (rule)
		return rule;
	if (endpoint(c->s, c->ep)->rx_state == RX_UNMAPPED)
		return refuse_about(c, RULE_RETRIEVE_NO_TX, c->ep,
				    SPMC_NOBODY);
	rule = machine_ask(c->env, SPMC_M_RX, endpoint(c->s, c->ep)->rx_state,
			   RX_EV_FILL);
	if (rule)
		return refuse_about(c, RULE_RETRIEVE_RX_BUSY, c->ep,
				    SPMC_NOBODY);
	rule = desc_read(c, &retrieve_rules, &d);
	if (rule)
		return rule;
	return is_hypervisor(c) ? retrieve_hyp(c, &d) : retrieve(c, &d);
}

/* Writes the next fragment to RX. Sets *at and *offset past it. */
static enum spmc_rule send_fragment(struct call *c, uint32_t txn,
				    struct cursor *at, uint32_t *offset)
{
	uint32_t room = (uint32_t)endpoint(c->s, c->ep)->pages * FFA_PAGE_SIZE;
	uint64_t handle = txn_handle(c->s, txn);
	struct ffa_value val = {
		.x[1] = (uint32_t)handle, .x[2] = handle >> 32,
	};

	val.x[3] = response_ranges(c->s, at, rx_fill(c, c->ep, room),
				   room);
	if (is_hypervisor(c))
		val.x[4] = (uint64_t)txn_at(c->s, txn)->sender << 16;
	*offset += (uint32_t)val.x[3];
	resume(c->s, c->cpu, c->ep, c->ec, FFA_FN_MEM_FRAG_TX, &val, c->out);
	return RULE_NONE;
}

enum spmc_rule spmc_mem_frag_rx(struct call *c)
{
	uint32_t version = endpoint(c->s, c->ep)->version;
	uint16_t id = (uint16_t)bits(c, 4, 16, 31);
	uint32_t txn, bi, total;
	struct borrower *b;
	enum spmc_rule rule;
	struct txn *t;

	if (!is_hypervisor(c) && id)
		return RULE_FRAG_RX_ENDPOINT;
	rule = machine_ask(c->env, SPMC_M_RX, endpoint(c->s, c->ep)->rx_state,
			   RX_EV_FILL);
	if (rule)
		return refuse_about(c, RULE_FRAG_RX_BUSY, c->ep, SPMC_NOBODY);
	txn = txn_find(c->s, (uint64_t)w(c, 2) << 32 | w(c, 1));
	if (!txn)
		return RULE_FRAG_RX_HANDLE;
	t = txn_at(c->s, txn);

	if (is_hypervisor(c)) {
		uint32_t at = t->hyp_offset;

		if (id != t->sender)
			return RULE_FRAG_RX_ENDPOINT;
		if (!at)
			return RULE_FRAG_RX_NOT_READING;
		if (w(c, 3) != at)
			return RULE_FRAG_RX_OFFSET;
		total = response_size(t, version, t->borrower_count).total;
		send_fragment(c, txn, &t->hyp_at, &at);
		t->hyp_offset = at < total ? at : 0;
		return RULE_NONE;
	}

	bi = borrower_find(c->s, t, config(c->s, c->ep)->id);
	if (!bi)
		return RULE_FRAG_RX_HANDLE;
	b = borrower_at(c->s, bi);
	rule = machine_ask(c->env, SPMC_M_BRW, b->state, BRW_EV_MORE);
	if (rule)
		return rule;
	if (w(c, 3) != b->offset)
		return RULE_FRAG_RX_OFFSET;
	total = response_size(t, version, 1).total;
	send_fragment(c, txn, &b->at, &b->offset);
	if (b->offset < total) {
		machine_move(c->env, SPMC_M_BRW, &b->state, BRW_EV_MORE);
		return RULE_NONE;
	}
	machine_move(c->env, SPMC_M_BRW, &b->state, BRW_EV_END);
	read_all(b);
	if (t->kind == DONATE)
		donated(c, txn);
	return RULE_NONE;
}
