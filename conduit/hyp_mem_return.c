/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FFA_MEM_RELINQUISH and FFA_MEM_RECLAIM of VMs. Before the SPMC is asked to
 * give pages back, it is asked which they are (FF-A 1.2 section 17.4.3; KVM
 * do_ffa_mem_reclaim), if it tells:
 *
 *	RETRIEVE_REQ		RECLAIM_RETRIEVE
 *	RX_RELEASE		RECLAIM_FREE
 *	FRAG_RX, RX_RELEASE	RECLAIM_READ, RECLAIM_FREE, until all is read
 *	RECLAIM			RECLAIM
 */
#include <string.h>

#include "hyp_impl.h"

enum { RANGE = sizeof(struct ffa_constituent) };

static struct hyp_cpu *here(const struct hcall *c)
{
	return &c->h->cpus[c->cpu];
}

/* -- FFA_MEM_RELINQUISH ------------------------------------------------------- */

static enum hyp_rule check_relinquish(const struct hcall *c,
				      const struct ffa_mem_relinquish *d,
				      uint16_t id, struct txn **t,
				      struct borrower **b)
{
	uint16_t mine = caller(c)->cfg.id;

	if (d->endpoint_count != 1 || id != mine ||
	    d->flags & ~(uint32_t)(MEM_ZERO | MEM_TIME_SLICE))
		return RULE_HYP_RELINQUISH_DESCRIPTOR;
	*t = hyp_txn_find(c->h, d->handle);
	*b = *t && !(*t)->relayed ? hyp_borrower(*t, mine) : NULL;
	if (!*b || !(*b)->holds || (*b)->reads)
		return RULE_HYP_RELINQUISH_HANDLE;
	if (d->flags & MEM_ZERO && (*t)->kind == SHARE)
		return RULE_HYP_RELINQUISH_ZERO;
	if (d->flags & MEM_ZERO && ((*b)->held & MEM_DATA) == MEM_DATA_RO)
		return RULE_HYP_RELINQUISH_ZERO_RO;
	return HYP_RULE_NONE;
}

void hyp_do_relinquish(struct hcall *c)
{
	const char *buf = hyp_tx(c->h, caller(c));
	struct ffa_mem_relinquish d;
	struct borrower *b = NULL;
	struct txn *t = NULL;
	enum hyp_rule rule;
	uint16_t id;

	if (!buf) {
		hyp_refuse(c, RULE_HYP_RELINQUISH_NO_TX);
		return;
	}
	memcpy(&d, buf, sizeof(d));
	memcpy(&id, buf + sizeof(d), sizeof(id));
	rule = check_relinquish(c, &d, id, &t, &b);
	if (rule) {
		hyp_refuse(c, rule);
		return;
	}
	hyp_let_go(c->h, t, b, d.flags & MEM_ZERO);
	hyp_succeed(c, &(struct ffa_value){ 0 });
}

/* -- FFA_MEM_RECLAIM ---------------------------------------------------------- */

void hyp_ask_reclaim(struct hcall *c, enum hyp_step step, const struct txn *t,
		     uint32_t flags)
{
	here(c)->txn = hyp_txn_index(c->h, t);
	hyp_ask(c, step, &(struct ffa_value){ {
		(uint32_t)FFA_ID_MEM_RECLAIM, (uint32_t)t->handle,
		(uint32_t)(t->handle >> 32), flags } });
}

/* All fields of the request but the handle are zero. */
static void ask_description(struct hcall *c, const struct txn *t)
{
	uint32_t len = c->h->version < FFA_V1_1 ?
		       sizeof(struct ffa_mem_desc_v1_0) :
		       sizeof(struct ffa_mem_desc);
	char *to = c->h->cfg.map(c->h->cfg.ctx, c->h->cfg.tx, FFA_PAGE_SIZE);

	_Static_assert(offsetof(struct ffa_mem_desc, handle) ==
		       offsetof(struct ffa_mem_desc_v1_0, handle),
		       "the handle has one place");
	memset(to, 0, len);
	memcpy(to + offsetof(struct ffa_mem_desc, handle), &t->handle,
	       sizeof(t->handle));
	here(c)->txn = hyp_txn_index(c->h, t);
	here(c)->rule = HYP_RULE_NONE;
	here(c)->at = 0;
	hyp_ask(c, STEP_RECLAIM_RETRIEVE, &(struct ffa_value){ {
		(uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32, len, len } });
}

void hyp_do_reclaim(struct hcall *c)
{
	uint64_t handle = w(&c->in, 1) | (uint64_t)w(&c->in, 2) << 32;
	uint32_t flags = w(&c->in, 3);
	struct txn *t = hyp_txn_find(c->h, handle);
	enum hyp_rule rule = HYP_RULE_NONE;

	if (flags & ~(uint32_t)(MEM_ZERO | MEM_TIME_SLICE))
		rule = RULE_HYP_RECLAIM_FLAGS;
	else if (!t || t->vm != c->vm || t->state != TXN_SENT)
		rule = RULE_HYP_RECLAIM_HANDLE;
	else if (!t->relayed && hyp_held(t))
		rule = RULE_HYP_RECLAIM_HELD;
	if (rule) {
		hyp_refuse(c, rule);
	} else if (t->relayed) {
		ask_description(c, t);
	} else {
		if (flags & MEM_ZERO)
			hyp_zero(c->h, t, true);
		hyp_txn_free(c->h, t);
		hyp_succeed(c, &(struct ffa_value){ 0 });
	}
}

/* Does a fragment of the description say what the VM had sent? */
static bool same_ranges(struct hcall *c, struct txn *t, const char *at,
			uint32_t len)
{
	if (len % RANGE || len / RANGE > t->range_count - here(c)->at)
		return false;
	for (; len; len -= RANGE, at += RANGE) {
		const struct range *r = hyp_ranges(c->h, t) + here(c)->at++;
		struct ffa_constituent v;

		memcpy(&v, at, sizeof(v));
		if (v.address != r->base || v.page_count != r->pages)
			return false;
	}
	return true;
}

static bool same(struct hcall *c, struct txn *t, bool first)
{
	const char *rx = c->h->cfg.map(c->h->cfg.ctx, c->h->cfg.rx,
				       FFA_PAGE_SIZE);
	uint32_t len = here(c)->len, head;
	struct desc d;

	if (!rx || !len || len > FFA_PAGE_SIZE)
		return false;
	if (!first)
		return same_ranges(c, t, rx, len);
	if (!hyp_read_desc(c->h->version, rx, len, &d) ||
	    d.sender != caller(c)->cfg.id || d.handle != t->handle)
		return false;
	head = d.composite + (uint32_t)sizeof(struct ffa_composite);
	return d.composite >= d.emads_end && head > d.composite &&
	       head <= len && same_ranges(c, t, rx + head, len - head);
}

void hyp_reclaim_read(struct hcall *c, const struct ffa_value *res)
{
	struct txn *t = &c->h->txns[here(c)->txn];
	enum ffa_fn fn = ffa_fn_find(res->x[0]);
	bool first = fn == FFA_FN_MEM_RETRIEVE_RESP;

	if (!first && fn != FFA_FN_MEM_FRAG_TX) {
		/* an SPMC need not have it (OP-TEE) */
		if (!here(c)->at && (int32_t)w(res, 2) == FFA_NOT_SUPPORTED)
			hyp_ask_reclaim(c, STEP_RECLAIM, t, w(&c->in, 3));
		else if (!here(c)->at)
			hyp_pass(c, res);
		else
			hyp_refuse(c, RULE_HYP_RECLAIM_DESCRIPTION);
		return;
	}
	here(c)->len = w(res, first ? 2 : 3);
	if (!same(c, t, first))
		here(c)->rule = RULE_HYP_RECLAIM_DESCRIPTION;
	hyp_ask(c, STEP_RECLAIM_FREE, &(struct ffa_value){ {
		(uint32_t)FFA_ID_RX_RELEASE } });
}

void hyp_reclaim_freed(struct hcall *c, const struct ffa_value *res)
{
	struct txn *t = &c->h->txns[here(c)->txn];
	uint32_t head = hyp_head_size(c->h->version, t->borrower_count);

	(void)res;
	if (here(c)->rule) {
		hyp_refuse(c, (enum hyp_rule)here(c)->rule);
		return;
	}
	if (here(c)->at == t->range_count) {
		hyp_ask_reclaim(c, STEP_RECLAIM, t, w(&c->in, 3));
		return;
	}
	hyp_ask(c, STEP_RECLAIM_READ, &(struct ffa_value){ {
		(uint32_t)FFA_ID_MEM_FRAG_RX, (uint32_t)t->handle,
		(uint32_t)(t->handle >> 32), head + here(c)->at * RANGE,
		(uint32_t)caller(c)->cfg.id << 16 } });
}

void hyp_reclaimed(struct hcall *c, const struct ffa_value *res)
{
	if (!hyp_is_error(res))
		hyp_txn_free(c->h, &c->h->txns[here(c)->txn]);
	hyp_pass(c, res);
}
