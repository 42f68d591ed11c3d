/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FFA_MEM_PERM_GET and FFA_MEM_PERM_SET: how an S-EL0 partition, whose
 * translation tables belong to the SPMC, asks for and sets the access rights
 * of its own pages. A page without setting is read-write, not executable, or
 * as read-only as its region.
 */
#include "mem.h"

static bool is_el0(const struct call *c)
{
	return config(c->s, c->ep)->kind == SPMC_SP_EL0;
}

static bool wraps(uint64_t base, uint64_t pages)
{
	return base > UINT64_MAX - pages * FFA_PAGE_SIZE;
}

static uint64_t perm_of(const struct run *r, unsigned int attrs)
{
	if (r->perm)
		return r->perm - 1u;
	return attrs & SPMC_REGION_READ_ONLY ? PERM_RO : PERM_RW;
}

/* The caller's own page, with what is set for it; false if it is not. */
static bool own_piece(const struct call *c, uint64_t page, uint64_t end,
		      struct run *r, unsigned int *attrs)
{
	return pages_piece(c->s, page, end, r, attrs) && r->owner == c->ep &&
	       !r->txn;
}

/* What the caller may do with the page; false if nothing, or there is none. */
static bool access_to(const struct call *c, uint64_t page, uint64_t *pages,
		      uint64_t *perm)
{
	const struct txn *t;
	unsigned int attrs;
	struct run r;
	uint32_t bi;

	if (!pages_piece(c->s, page, page + *pages, &r, &attrs))
		return false;
	*pages = r.pages;
	*perm = perm_of(&r, attrs);
	if (!r.txn)
		return r.owner == c->ep;
	t = txn_at(c->s, r.txn);
	bi = borrower_find(c->s, t, config(c->s, c->ep)->id);
	if (bi && borrower_at(c->s, bi)->state != BRW_NAMED) {
		unsigned int held = borrower_at(c->s, bi)->held;

		if (held & MEM_DATA_RW)
			*perm = PERM_RW;
		else
			*perm = (held & MEM_INSTR) == MEM_INSTR_X ? PERM_RX :
								    PERM_RO;
		return true;
	}
	return r.owner == c->ep && t->kind == SHARE;
}

enum spmc_rule spmc_mem_perm_get(struct call *c)
{
	/* Before 1.3 w2 is reserved, and the answer is about one page. */
	bool many = choice(c, CHOICE_PERM_GET) == PERM_GET_MANY;
	uint64_t base = c->in.x[1], first = base / FFA_PAGE_SIZE;
	uint64_t want = many ? (uint64_t)w(c, 2) + 1 : 1, got = want;
	uint64_t perm, other, more;

	if (!is_el0(c))
		return RULE_PERM_GET_EL;
	if (context(c->s, c->ep, c->ec)->model != RTM_INIT)
		return refuse_about(c, RULE_PERM_GET_INIT, c->ep, c->ec);
	if (base % FFA_PAGE_SIZE && enforced(c, RULE_PERM_GET_ADDRESS))
		return RULE_PERM_GET_ADDRESS;
	if (!access_to(c, first, &got, &perm))
		return RULE_PERM_GET_MEMORY;
	for (; got < want; got += more) {
		more = want - got;
		if (!access_to(c, first + got, &more, &other) ||
		    other != perm)
			break;
	}
	return succeed(c, &(struct ffa_value){ .x[2] = perm, .x[3] = got - 1 });
}

enum spmc_rule spmc_mem_perm_set(struct call *c)
{
	uint64_t base = c->in.x[1], pages = w(c, 2);
	uint64_t first = base / FFA_PAGE_SIZE, page;
	uint32_t perm = w(c, 3);
	unsigned int attrs;
	struct run r;

	if (!is_el0(c))
		return RULE_PERM_SET_EL;
	if (context(c->s, c->ep, c->ec)->model != RTM_INIT)
		return refuse_about(c, RULE_PERM_SET_INIT, c->ep,
				    (unsigned int)c->ec);
	if (base % FFA_PAGE_SIZE || !pages || wraps(base, pages))
		return RULE_PERM_SET_RANGE;
	if (perm != PERM_RX && perm != PERM_RW && perm != PERM_RO)
		return RULE_PERM_SET_VALUE;
	for (page = first; page < first + pages; page += r.pages) {
		if (!own_piece(c, page, first + pages, &r, &attrs))
			return RULE_PERM_SET_MEMORY;
		if (attrs & SPMC_REGION_DEVICE && perm == PERM_RX)
			return RULE_PERM_SET_DEVICE;
		if (attrs & SPMC_REGION_READ_ONLY && perm == PERM_RW &&
		    enforced(c, RULE_PERM_SET_READ_ONLY))
			return RULE_PERM_SET_READ_ONLY;
	}
	if (!pages_perm(c->s, base, pages, (uint8_t)(perm + 1)))
		return RULE_PERM_SET_NO_MEMORY;
	return succeed(c, &(struct ffa_value){ 0 });
}
