/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FFA_MEM_PERM_GET and FFA_MEM_PERM_SET: how an S-EL0 partition, whose
 * translation tables belong to the SPMC, asks for and sets the access rights
 * of its own pages. A page without setting is read-write, not executable, or
 * as read-only as its region.
 */
#include "mem.h"

enum { PERM_RX = 3, PERM_RW = 5, PERM_RO = 7 };

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

enum spmc_rule spmc_mem_perm_get(struct call *c)
{
	/* Before 1.3 w2 is reserved, and the answer is about one page. */
	uint64_t base = c->in.x[1], first = base / FFA_PAGE_SIZE;
	unsigned int attrs;
	struct run r;

	if (!is_el0(c))
		return RULE_PERM_GET_EL;
	if (base % FFA_PAGE_SIZE || wraps(base, 1))
		return RULE_PERM_GET_ADDRESS;
	if (!own_piece(c, first, first + 1, &r, &attrs))
		return RULE_PERM_GET_MEMORY;
	return succeed(c, &(struct ffa_value){ .x[2] = perm_of(&r, attrs) });
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
		if (attrs & SPMC_REGION_READ_ONLY && perm == PERM_RW)
			return RULE_PERM_SET_READ_ONLY;
	}
	if (!pages_perm(c->s, base, pages, (uint8_t)(perm + 1)))
		return RULE_PERM_SET_NO_MEMORY;
	return succeed(c, &(struct ffa_value){ 0 });
}
