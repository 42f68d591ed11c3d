/* SPDX-License-Identifier: BSD-3-Clause */
/* FFA_MEM_RELINQUISH, FFA_MEM_RECLAIM, and the death of a party. */
#include "mem.h"

/* The pages are the owner's alone again, and the handle is stale. */
static void release(struct spmc *s, uint32_t txn)
{
	struct txn *t = txn_at(s, txn);
	struct cursor at = first_range(t);
	const struct range *r;

	while ((r = next_range(s, &at)))
		pages_give(s, r->base, r->pages, SPMC_NOBODY, 0);
	txn_free(s, txn);
}

/* A borrower's access ends, whatever the reason. */
static void let_go(struct spmc *s, const struct spmc_env *env, uint32_t txn,
		   struct borrower *b, bool zero_it, enum brw_event why)
{
	struct txn *t = txn_at(s, txn);

	machine_move(env, SPMC_M_BRW, &b->state, why);
	zero_it = zero_it || b->zero_after;
	b->held = 0;
	b->uses = 0;
	b->zero_after = 0;
	b->at = (struct cursor){ 0, 0 };
	b->offset = 0;
	t->holders--;
	/* As long as others use the memory it is not cleared under them. */
	if (!t->holders && zero_it)
		pages_zero(s, env, t);
	machine_move(env, SPMC_M_TXN, &t->state,
		     t->holders ? TXN_EV_RELINQUISH : TXN_EV_LAST);
	if (!t->holders && t->doomed) {
		machine_move(env, SPMC_M_TXN, &t->state, TXN_EV_RECLAIM);
		release(s, txn);
	}
}

enum spmc_rule spmc_mem_relinquish(struct call *c)
{
	const struct endpoint *e = endpoint(c->s, c->ep);
	uint16_t own = config(c->s, c->ep)->id, id;
	struct ffa_mem_relinquish d;
	struct borrower *b;
	enum spmc_rule rule;
	uint32_t txn, bi;
	const char *buf;
	struct txn *t;
	bool zero_it;

	if (e->rx_state == RX_UNMAPPED)
		return refuse_about(c, RULE_RELINQUISH_NO_TX, c->ep,
				    SPMC_NOBODY);
	buf = env_read(c->env, e->tx, (size_t)e->pages * FFA_PAGE_SIZE,
		       region_is_secure(c->s, e->tx));
	if (!buf)
		return refuse_about(c, RULE_RELINQUISH_NO_TX, c->ep,
				    SPMC_NOBODY);
	memcpy(&d, buf, sizeof(d));
	memcpy(&id, buf + sizeof(d), sizeof(id));
	if (d.endpoint_count != 1)
		return RULE_RELINQUISH_COUNT;
	if (id != own)
		return RULE_RELINQUISH_ENDPOINT;
	if (d.flags && enforced(c, RULE_RELINQUISH_OPTIONS))
		return RULE_RELINQUISH_OPTIONS;
	if (d.flags & ~(uint32_t)(MEM_ZERO | MEM_TIME_SLICE) &&
	    enforced(c, RULE_RELINQUISH_FLAGS))
		return RULE_RELINQUISH_FLAGS;
	txn = txn_find(c->s, d.handle);
	if (!txn)
		return RULE_RELINQUISH_HANDLE;
	t = txn_at(c->s, txn);
	bi = borrower_find(c->s, t, own);
	if (!bi)
		return RULE_RELINQUISH_HANDLE;
	b = borrower_at(c->s, bi);
	rule = machine_ask(c->env, SPMC_M_TXN, t->state, TXN_EV_RELINQUISH);
	if (rule)
		return rule;
	rule = machine_ask(c->env, SPMC_M_BRW, b->state, BRW_EV_RELINQUISH);
	if (rule && enforced(c, rule))
		return rule;
	zero_it = d.flags & MEM_ZERO;
	if (zero_it && t->kind == SHARE &&
	    enforced(c, RULE_RELINQUISH_ZERO_SHARE))
		return RULE_RELINQUISH_ZERO_SHARE;
	if (zero_it && (b->held & MEM_DATA) == MEM_DATA_RO &&
	    t->kind != SHARE)
		return RULE_RELINQUISH_ZERO_RO;
	if (b->uses > 1)
		b->uses--;
	else
		let_go(c->s, c->env, txn, b, zero_it && t->kind != SHARE,
		       rule ? BRW_EV_DIE : BRW_EV_RELINQUISH);
	return succeed(c, &(struct ffa_value){ 0 });
}

enum spmc_rule spmc_mem_reclaim(struct call *c)
{
	uint32_t flags = w(c, 3), txn;
	enum spmc_rule rule;
	struct txn *t;

	if (flags && enforced(c, RULE_RECLAIM_OPTIONS))
		return RULE_RECLAIM_OPTIONS;
	if (flags & ~(uint32_t)(MEM_ZERO | MEM_TIME_SLICE) &&
	    enforced(c, RULE_RECLAIM_FLAGS))
		return RULE_RECLAIM_FLAGS;
	txn = txn_find(c->s, (uint64_t)w(c, 2) << 32 | w(c, 1));
	if (!txn || txn_at(c->s, txn)->owner != c->ep)
		return RULE_RECLAIM_HANDLE;
	t = txn_at(c->s, txn);
	rule = machine_ask(c->env, SPMC_M_TXN, t->state, TXN_EV_RECLAIM);
	if (rule)
		return rule;
	if (flags & MEM_ZERO && !is_sp(c->s, c->ep) &&
	    enforced(c, RULE_RECLAIM_ZERO_NS))
		return RULE_RECLAIM_ZERO_NS;
	machine_move(c->env, SPMC_M_TXN, &t->state, TXN_EV_RECLAIM);
	if (flags & MEM_ZERO)
		pages_zero(c->s, c->env, t);
	release(c->s, txn);
	return succeed(c, &(struct ffa_value){ 0 });
}

/*
 * What the dead endpoint borrowed is let go; what it lent goes back to it
 * once nobody holds it, and until then nobody new may retrieve it (Hafnium:
 * deferred reclaim).
 */
void mem_death(struct spmc *s, const struct spmc_env *env, unsigned int ep)
{
	uint16_t id = config(s, ep)->id;
	uint32_t txn, bi;

	for (txn = 1; txn <= mem_of(s)->txns.used; txn++) {
		struct txn *t = txn_at(s, txn);
		struct borrower *b;

		if (t->state == TXN_FREE)
			continue;
		bi = borrower_find(s, t, id);
		b = borrower_at(s, bi);
		if (bi && b->state == BRW_NAMED)
			machine_move(env, SPMC_M_BRW, &b->state, BRW_EV_DIE);
		else if (bi)
			let_go(s, env, txn, b, false, BRW_EV_DIE);
		if (t->state == TXN_FREE || t->owner != ep)
			continue;
		if (t->state == TXN_SENDING) {
			mem_drop(s, env, txn);
		} else if (t->state == TXN_SENT) {
			machine_move(env, SPMC_M_TXN, &t->state,
				     TXN_EV_RECLAIM);
			release(s, txn);
		} else {
			t->doomed = 1;
		}
	}
}
