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

static enum spmc_rule check_flags(const struct call *c, const struct txn *t,
				  uint32_t flags)
{
	uint32_t kind = (flags & MEM_KIND) >> 3;

	if (kind && kind != t->kind && enforced(c, RULE_RETRIEVE_KIND))
		return RULE_RETRIEVE_KIND;
	return RULE_NONE;
}

static enum spmc_rule check_more_flags(const struct call *c,
				       const struct txn *t, uint32_t flags)
{
	if (flags & ~(uint32_t)MEM_KIND && enforced(c, RULE_RETRIEVE_OPTIONS))
		return RULE_RETRIEVE_OPTIONS;
	if (flags & ~(uint32_t)MEM_FLAGS_LOW &&
	    enforced(c, RULE_RETRIEVE_FLAGS_HIGH))
		return RULE_RETRIEVE_FLAGS_HIGH;
	if (flags & (MEM_HINT | MEM_HINT_VALID | ~(uint32_t)MEM_FLAGS_KNOWN) &&
	    enforced(c, RULE_RETRIEVE_FLAGS))
		return RULE_RETRIEVE_FLAGS;
	if (t->kind == SHARE && flags & MEM_ZERO &&
	    enforced(c, RULE_RETRIEVE_ZERO_SHARE))
		return RULE_RETRIEVE_ZERO_SHARE;
	if (t->kind == SHARE && flags & MEM_ZERO_AFTER)
		return RULE_RETRIEVE_ZERO_AFTER_SHARE;
	if (t->kind != SHARE && flags & MEM_ZERO && !t->zero)
		return RULE_RETRIEVE_ZERO;
	return RULE_NONE;
}

/*
 * Attributes: none, so that the response tells, or ones that are not more
 * permissive than the memory's: normal memory as device memory, say, but not
 * the other way round.
 */
static enum spmc_rule check_attributes(const struct call *c,
				       const struct txn *t, unsigned int attr)
{
	bool device = t->device == MEM_DEVICE_YES ||
		      (t->attributes & MEM_TYPE) == MEM_DEVICE;

	if (attr & MEM_NS && enforced(c, RULE_RETRIEVE_ATTR_NS))
		return RULE_RETRIEVE_ATTR_NS;
	if (!(attr & MEM_TYPE) || attr == (MEM_DEVICE | MEM_INNER))
		return RULE_NONE;
	if ((device || attr != (MEM_NORMAL | MEM_WB | MEM_INNER)) &&
	    enforced(c, RULE_RETRIEVE_ATTR))
		return RULE_RETRIEVE_ATTR;
	return RULE_NONE;
}

/*
 * What the borrower gets of what it asks, or the rule that forbids it. Where
 * that is not checked, it gets what the sender allows, not executable.
 */
static enum spmc_rule grant(const struct call *c, const struct txn *t,
			    const struct borrower *b, const struct emad *e,
			    uint8_t *held)
{
	unsigned int sent = b->sent & MEM_DATA, data = e->perm & MEM_DATA;
	unsigned int instr = e->perm & MEM_INSTR;

	if (sent != MEM_DATA_RO)	/* a donation: all rights */
		sent = MEM_DATA_RW;
	if (data == MEM_DATA_RESERVED &&
	    enforced(c, RULE_RETRIEVE_DATA_VALUE))
		return RULE_RETRIEVE_DATA_VALUE;
	if (data == MEM_DATA_RW && sent == MEM_DATA_RO &&
	    enforced(c, RULE_RETRIEVE_DATA))
		return RULE_RETRIEVE_DATA;
	if (data != MEM_DATA_RO)
		data = sent;
	if (t->kind == SHARE || t->borrower_count > 1) {
		if (instr && enforced(c, RULE_RETRIEVE_INSTR_GIVEN))
			return RULE_RETRIEVE_INSTR_GIVEN;
		if (instr & ~(unsigned int)b->sent & MEM_INSTR_X &&
		    enforced(c, RULE_RETRIEVE_INSTR_MORE))
			return RULE_RETRIEVE_INSTR_MORE;
		instr = MEM_INSTR_NX;
	} else {
		if (!instr && enforced(c, RULE_RETRIEVE_INSTR_MISSING))
			return RULE_RETRIEVE_INSTR_MISSING;
		if (instr == MEM_INSTR_RESERVED &&
		    enforced(c, RULE_RETRIEVE_INSTR_VALUE))
			return RULE_RETRIEVE_INSTR_VALUE;
		if (instr == MEM_INSTR_X && t->ns &&
		    enforced(c, RULE_RETRIEVE_INSTR_NS))
			return RULE_RETRIEVE_INSTR_NS;
		if (instr != MEM_INSTR_X)
			instr = MEM_INSTR_NX;
	}
	*held = (uint8_t)(data | instr);
	return RULE_NONE;
}

static bool is_twice(const struct emad *e, uint32_t i)
{
	uint32_t k;

	for (k = 0; k < i; k++)
		if (e[k].id == e[i].id)
			return true;
	return false;
}

/*
 * The access descriptors of a request: all borrowers, each once, or with the
 * bypass flag the caller alone. Sets *mine and *held for the caller's.
 */
static enum spmc_rule check_list(struct call *c, const struct txn *t,
				 const struct desc *d, const struct emad *e,
				 uint32_t *mine, uint8_t *held)
{
	bool own = choice(c, CHOICE_RETRIEVE_LIST) == RETRIEVE_LIST_OWN;
	bool bypass = d->flags & MEM_BYPASS;
	uint16_t id = config(c->s, c->ep)->id;
	uint32_t i;

	if (bypass && (d->emad_count != 1 || t->borrower_count == 1))
		return RULE_RETRIEVE_BYPASS;
	if (d->emad_count != (bypass || own ? 1 : t->borrower_count))
		return RULE_RETRIEVE_LIST;
	*mine = NONE;
	for (i = 0; i < d->emad_count; i++) {
		uint32_t bi = borrower_find(c->s, t, e[i].id);
		const struct borrower *b = borrower_at(c->s, bi);
		enum spmc_rule rule;
		uint8_t got;

		if ((bypass || own) && e[i].id != id)
			return RULE_RETRIEVE_LIST;
		if (!bi)
			return RULE_RETRIEVE_OTHER;
		if (is_twice(e, i))
			return RULE_RETRIEVE_LIST;
		rule = grant(c, t, b, &e[i], &got);
		if (rule)
			return rule;
		if (e[i].id == id && (got & MEM_DATA) == MEM_DATA_RO &&
		    t->kind != SHARE && d->flags & (MEM_ZERO | MEM_ZERO_AFTER))
			return RULE_RETRIEVE_ZERO_RO;
		if (e[i].has_impdef && b->has_impdef &&
		    (e[i].impdef[0] != b->impdef[0] ||
		     e[i].impdef[1] != b->impdef[1]) &&
		    enforced(c, RULE_RETRIEVE_IMPDEF))
			return RULE_RETRIEVE_IMPDEF;
		if (e[i].id != id)
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
	struct response size = response_size(c->s, t, version, only);
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
	uint8_t held = borrower_at(c->s, t->first_borrower)->held, perm = 0;
	struct cursor at = first_range(t);
	const struct range *r;

	if (choice(c, CHOICE_DONATED) == DONATED_ASKED &&
	    (held & MEM_DATA) == MEM_DATA_RO)
		perm = 1 + ((held & MEM_INSTR) == MEM_INSTR_X ? PERM_RX :
								PERM_RO);
	while ((r = next_range(c->s, &at)))
		pages_give(c->s, r->base, r->pages, c->ep, perm);
	machine_move(c->env, SPMC_M_TXN, &t->state, TXN_EV_DONATED);
	txn_free(c->s, txn);
}

static enum spmc_rule retrieve_hyp(struct call *c, const struct desc *d)
{
	uint32_t txn, total, len;
	enum spmc_rule rule;
	struct txn *t;

	if (d->emad_count)
		return RULE_RETRIEVE_HYP_EMADS;
	if ((d->sender || d->attributes || d->flags || d->tag ||
	     (endpoint(c->s, c->ep)->version > FFA_V1_0 &&
	      (d->emad_size || d->emad_offset))) &&
	    enforced(c, RULE_RETRIEVE_HYP))
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
	uint32_t txn, mine, total, len, room;
	struct emad e[DESC_EMADS];
	struct borrower *b;
	enum spmc_rule rule;
	uint8_t held;
	struct txn *t;

	rule = desc_emads(c, &retrieve_rules, d, e);
	if (rule)
		return rule;
	if ((d->len != d->emad_offset + d->emad_count * d->emad_size ||
	     d->composite || d->composites) &&
	    enforced(c, RULE_RETRIEVE_LENGTH))
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
	if (d->sender != t->sender && enforced(c, RULE_RETRIEVE_SENDER))
		return RULE_RETRIEVE_SENDER;
	rule = check_flags(c, t, d->flags);
	if (rule)
		return rule;
	if (d->tag != t->tag)
		return RULE_RETRIEVE_TAG;
	if (!borrower_find(c->s, t, config(c->s, c->ep)->id))
		return RULE_RETRIEVE_CALLER;
	rule = check_more_flags(c, t, d->flags);
	if (rule)
		return rule;
	rule = check_attributes(c, t, d->attributes);
	if (rule)
		return rule;
	rule = check_list(c, t, d, e, &mine, &held);
	if (rule)
		return rule;
	b = borrower_at(c->s, mine);
	rule = machine_ask(c->env, SPMC_M_BRW, b->state, BRW_EV_PART);
	if (rule && enforced(c, rule))
		return rule;
	room = (uint32_t)endpoint(c->s, c->ep)->pages * FFA_PAGE_SIZE;
	if (response_size(c->s, t, endpoint(c->s, c->ep)->version,
			  mine).total > room &&
	    enforced(c, RULE_RETRIEVE_RX_SMALL))
		return refuse_about(c, RULE_RETRIEVE_RX_SMALL, c->ep,
				    SPMC_NOBODY);

	if (rule)	/* retrieved once more: read from the start */
		machine_move(c->env, SPMC_M_BRW, &b->state,
			     b->state == BRW_HOLDS ? BRW_EV_RELINQUISH :
						     BRW_EV_DIE);
	else
		t->holders++;
	machine_move(c->env, SPMC_M_TXN, &t->state, TXN_EV_RETRIEVE);
	b->uses++;
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
	if (choice(c, CHOICE_RETRIEVE_RESP) == RETRIEVE_RESP_SENT)
		total = len = room;
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
		total = response_size(c->s, t, version, NONE).total;
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
	total = response_size(c->s, t, version, bi).total;
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
