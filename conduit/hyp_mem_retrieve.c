/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FFA_MEM_RETRIEVE_REQ and FFA_MEM_FRAG_RX of VMs: of what other VMs sent them.
 * (A partition sends to no VM, so that the SPMC has nothing for it.)
 */
#include <string.h>

#include "hyp_impl.h"

enum { RANGE = sizeof(struct ffa_constituent) };

static struct hyp_cpu *here(const struct hcall *c)
{
	return &c->h->cpus[c->cpu];
}

/* What the borrower gets of what it asks. */
static enum hyp_rule grant(const struct txn *t, const struct borrower *b,
			   const struct ffa_emad *e, uint8_t *held)
{
	unsigned int data = e->permissions & MEM_DATA;
	unsigned int instr = e->permissions & MEM_INSTR;
	unsigned int sent = b->e.permissions & MEM_DATA;
	bool only = t->kind != SHARE && t->borrower_count == 1;

	if (!sent)		/* a donation */
		sent = MEM_DATA_RW;
	if (!data)
		data = sent;
	if (data > sent)
		return RULE_HYP_RETRIEVE_DATA;
	if (only ? !instr || instr == MEM_INSTR : instr)
		return RULE_HYP_RETRIEVE_INSTR;
	*held = (uint8_t)(data | (only ? instr : (unsigned int)MEM_NX));
	return HYP_RULE_NONE;
}

static enum hyp_rule check_list(const struct hcall *c, struct txn *t,
				const struct desc *d, uint8_t *held)
{
	bool bypass = d->flags & MEM_BYPASS;
	bool mine = false;

	if (d->emad_count != (bypass ? 1 : t->borrower_count) || d->too_many ||
	    (bypass && t->borrower_count == 1))
		return RULE_HYP_RETRIEVE_LIST;
	for (uint32_t i = 0; i < d->emad_count; i++) {
		const struct ffa_emad *e = &d->emads[i];
		struct borrower *b = hyp_borrower(t, e->endpoint);
		enum hyp_rule rule;
		uint8_t got;

		for (uint32_t k = 0; k < i; k++)
			if (d->emads[k].endpoint == e->endpoint)
				return RULE_HYP_RETRIEVE_LIST;
		if (!b)
			return RULE_HYP_RETRIEVE_LIST;
		rule = grant(t, b, e, &got);
		if (rule)
			return rule;
		if (d->has_impdef && b->has_impdef &&
		    memcmp(e->impdef, b->e.impdef, sizeof(e->impdef)) != 0)
			return RULE_HYP_RETRIEVE_LIST;
		if (e->endpoint != caller(c)->cfg.id)
			continue;
		*held = got;
		mine = true;
	}
	return mine ? HYP_RULE_NONE : RULE_HYP_RETRIEVE_LIST;
}

static enum hyp_rule check_flags(const struct txn *t, uint32_t flags)
{
	uint32_t kind = (flags & MEM_KIND) >> 3;
	uint32_t zero = flags & (MEM_ZERO | MEM_ZERO_AFTER);

	if (flags & ~(uint32_t)(MEM_ZERO | MEM_TIME_SLICE | MEM_ZERO_AFTER |
				MEM_KIND | MEM_BYPASS) ||
	    (kind && kind != t->kind) || (t->kind == SHARE && zero))
		return RULE_HYP_RETRIEVE_FLAGS;
	if (flags & MEM_ZERO && !t->zero)
		return RULE_HYP_RETRIEVE_ZERO;
	return HYP_RULE_NONE;
}

static enum hyp_rule check_request(const struct hcall *c, struct txn *t,
				   const struct desc *d, uint8_t *held)
{
	enum hyp_rule rule;

	if (d->sender != c->h->vms[t->vm].cfg.id || d->tag != t->tag)
		return RULE_HYP_RETRIEVE_SENDER;
	rule = check_flags(t, d->flags);
	if (rule)
		return rule;
	if (d->attributes && d->attributes != MEM_NORMAL_WB_ISH)
		return RULE_HYP_RETRIEVE_ATTR;
	rule = check_list(c, t, d, held);
	if (rule)
		return rule;
	if ((*held & MEM_DATA) == MEM_DATA_RO &&
	    d->flags & (MEM_ZERO | MEM_ZERO_AFTER))
		return RULE_HYP_RETRIEVE_ZERO;
	if (t->doomed)
		return RULE_HYP_RETRIEVE_DOOMED;
	if (hyp_borrower(t, caller(c)->cfg.id)->holds)
		return RULE_HYP_RETRIEVE_TWICE;
	return HYP_RULE_NONE;
}

static enum hyp_rule check_call(const struct hcall *c, const char **buf)
{
	const struct vm *v = caller(c);
	uint32_t total = w(&c->in, 1), len = w(&c->in, 2);

	*buf = hyp_tx(c->h, v);
	if (c->in.x[3] || w(&c->in, 4) || len != total || !*buf ||
	    len > v->pages * FFA_PAGE_SIZE)
		return RULE_HYP_RETRIEVE_LENGTH;
	return v->rx_full ? RULE_HYP_RETRIEVE_RX_BUSY : HYP_RULE_NONE;
}

static enum hyp_rule check(const struct hcall *c, struct txn **t,
			   struct desc *d, uint8_t *held)
{
	uint32_t len = w(&c->in, 2);
	const char *buf;
	enum hyp_rule rule = check_call(c, &buf);

	if (rule)
		return rule;
	if (!hyp_read_desc(caller(c)->version, buf, len, d) ||
	    d->composite || d->several || d->emads_end != len)
		return RULE_HYP_RETRIEVE_DESCRIPTOR;
	*t = hyp_txn_find(c->h, d->handle);
	if (!*t || (*t)->relayed || (*t)->state != TXN_SENT ||
	    !hyp_borrower(*t, caller(c)->cfg.id))
		return RULE_HYP_RETRIEVE_HANDLE;
	return check_request(c, *t, d, held);
}

/* -- the response ------------------------------------------------------------ */

/* The donation is read to its end: the receiver is the owner now. */
static void read_all(struct hcall *c, struct txn *t, struct borrower *b)
{
	b->reads = false;
	if (t->kind == DONATE)
		hyp_txn_moved(c->h, t, c->vm);
}

/* Fills RX from `head` on; returns how much is there then. */
static uint32_t fill(struct hcall *c, struct txn *t, struct borrower *b,
		     uint32_t head)
{
	uint32_t most = (caller(c)->pages * FFA_PAGE_SIZE - head) / RANGE;
	uint32_t n = t->range_count - b->at;
	char *rx = hyp_rx(c->h, caller(c));

	if (n > most)
		n = most;
	if (rx)
		hyp_write_ranges(c->h, t, b->at, n, rx + head);
	b->at += n;
	b->offset += head + n * RANGE;
	b->reads = b->at < t->range_count;
	caller(c)->rx_full = true;
	return head + n * RANGE;
}

static void respond(struct hcall *c, struct txn *t, struct borrower *b)
{
	uint32_t version = caller(c)->version;
	uint32_t head = hyp_head_size(version, 1), len;
	uint32_t total = head + t->range_count * RANGE, flags = t->flags;
	char *rx = hyp_rx(c->h, caller(c));

	t->flags |= (uint32_t)t->kind << 3;
	if (rx)
		hyp_write_head(t, c->h->vms[t->vm].cfg.id, version, b, rx);
	t->flags = flags;
	b->at = b->offset = 0;
	len = fill(c, t, b, head);
	if (!b->reads)
		read_all(c, t, b);
	hyp_show(c->h, c->cpu, c->vm, c->vcpu, FFA_FN_MEM_RETRIEVE_RESP,
		 &(struct ffa_value){ .x[1] = total, .x[2] = len }, c->act);
}

void hyp_do_retrieve(struct hcall *c)
{
	struct vm *v = caller(c);
	struct borrower *b;
	struct txn *t = NULL;
	uint8_t held = 0;
	struct desc d;
	enum hyp_rule rule = check(c, &t, &d, &held);

	if (rule) {
		here(c)->rule = rule;
		hyp_give_back(c);
		return;
	}
	if (v->forwarded && !v->rx_ours) {
		hyp_ask(c, STEP_RETRIEVE_ACQUIRE, &(struct ffa_value){ {
			(uint32_t)FFA_ID_RX_ACQUIRE, v->cfg.id } });
		return;
	}
	b = hyp_borrower(t, v->cfg.id);
	b->holds = true;
	b->held = held;
	b->zero_after = d.flags & MEM_ZERO_AFTER;
	respond(c, t, b);
}

/* The request is read anew: it may have changed. */
void hyp_retrieve_acquired(struct hcall *c, const struct ffa_value *res)
{
	if (hyp_is_error(res)) {
		hyp_refuse(c, c->fn == FFA_FN_MEM_FRAG_RX ?
			   RULE_HYP_FRAG_RX_BUSY : RULE_HYP_RETRIEVE_RX_BUSY);
		return;
	}
	caller(c)->rx_ours = true;
	if (c->fn == FFA_FN_MEM_FRAG_RX)
		hyp_do_frag_rx(c);
	else
		hyp_do_retrieve(c);
}

/* -- FFA_MEM_FRAG_RX ---------------------------------------------------------- */

static enum hyp_rule check_more(const struct hcall *c, struct txn *t,
				struct borrower **b)
{
	if (w(&c->in, 4) >> 16)
		return RULE_HYP_FRAG_RX_ENDPOINT;
	if (!caller(c)->pages || caller(c)->rx_full)
		return RULE_HYP_FRAG_RX_BUSY;
	*b = t ? hyp_borrower(t, caller(c)->cfg.id) : NULL;
	if (!*b || !(*b)->reads)
		return RULE_HYP_FRAG_RX_HANDLE;
	if (w(&c->in, 3) != (*b)->offset)
		return RULE_HYP_FRAG_RX_OFFSET;
	return HYP_RULE_NONE;
}

void hyp_do_frag_rx(struct hcall *c)
{
	uint64_t handle = w(&c->in, 1) | (uint64_t)w(&c->in, 2) << 32;
	struct txn *t = hyp_txn_find(c->h, handle);
	struct vm *v = caller(c);
	struct borrower *b = NULL;
	enum hyp_rule rule = check_more(c, t, &b);
	uint32_t len;

	if (rule) {
		here(c)->rule = rule;
		hyp_give_back(c);
		return;
	}
	if (v->forwarded && !v->rx_ours) {
		hyp_ask(c, STEP_RETRIEVE_ACQUIRE, &(struct ffa_value){ {
			(uint32_t)FFA_ID_RX_ACQUIRE, v->cfg.id } });
		return;
	}
	len = fill(c, t, b, 0);
	if (!b->reads)
		read_all(c, t, b);
	hyp_show(c->h, c->cpu, c->vm, c->vcpu, FFA_FN_MEM_FRAG_TX,
		 &(struct ffa_value){ .x[1] = (uint32_t)handle,
				      .x[2] = (uint32_t)(handle >> 32),
				      .x[3] = len }, c->act);
}
