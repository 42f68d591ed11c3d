/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FFA_NS_RES_INFO_GET: which non-secure memory partitions can reach: what is
 * theirs, the buffers that the normal world registered, and what is shared
 * with them. FF-A 1.3 section 13.13; Hafnium src/api.c,
 * api_ffa_ns_res_info_get(), whose order this is.
 *
 * The answer is a header and an array, of which a call brings a page. It is
 * made anew each time; a hash tells whether it is still the one that the
 * caller began to read.
 */
#include "ffa/ffa_desc.h"
#include "mem.h"

enum { HAS_TARGET = 1, TYPE = 3 << 2, CONTINUES = 1 << 4 };
enum { DIRECT, INDIRECT };
enum { READ = 1, WRITE = 2, EXECUTE = 4, PRIVILEGED = 4 };

/* The answer as it is made: what of it goes to RX, and what all of it is. */
struct answer {
	const struct call *c;
	int target;		/* endpoint index, or -1: all */
	uint32_t count;
	uint64_t hash;
	char *to;		/* bytes [from, end) go there, or NULL */
	uint32_t from, end;
};

enum { SIZE = sizeof(struct ffa_address_map) };
enum { MOST = 10 * FFA_PAGE_SIZE / SIZE };	/* as Hafnium, header included */
_Static_assert(sizeof(struct ffa_resource_info) == SIZE, "all of one size");

static void put(struct answer *a, uint32_t index, const void *entry)
{
	uint32_t at = index * SIZE;

	if (a->to && at >= a->from && at < a->end)
		memcpy(a->to + (at - a->from), entry, SIZE);
}

static void add(struct answer *a, uint64_t base, uint64_t pages,
		unsigned int perm, uint16_t id, unsigned int flags)
{
	struct ffa_address_map m = {
		.base = base, .pages = (uint32_t)pages,
		.permissions = (uint8_t)perm, .flags = (uint8_t)flags,
		.endpoint = { (uint8_t)id, (uint8_t)(id >> 8) },
	};

	a->count++;
	a->hash = hash_word(a->hash, base);
	a->hash = hash_word(a->hash, pages);
	a->hash = hash_word(a->hash, (uint64_t)perm << 32 | flags << 16 | id);
	put(a, a->count, &m);
}

/* Both worlds of a partition at S-EL1, the unprivileged one of S-EL0. */
static unsigned int for_level(const struct answer *a, unsigned int ep,
			      unsigned int perm)
{
	return config(a->c->s, ep)->kind == SPMC_SP_EL0 ? perm :
	       perm | perm << PRIVILEGED;
}

static unsigned int perm_of(const struct run *r, unsigned int attrs)
{
	if (r->perm == PERM_RX + 1)
		return READ | EXECUTE;
	return r->perm == PERM_RO + 1 || attrs & SPMC_REGION_READ_ONLY ?
	       READ : READ | WRITE;
}

/* The non-secure memory that a partition owns, as long as it is all alike. */
static void add_own(struct answer *a, unsigned int ep)
{
	const struct spmc *s = a->c->s;
	const struct spmc_region *regions = spmc_at(s, s->regions);
	unsigned int i;

	for (i = 0; i < s->region_count; i++) {
		uint64_t page = regions[i].base / FFA_PAGE_SIZE;
		uint64_t end = page + regions[i].pages, first = 0, pages = 0;
		unsigned int attrs, perm = 0;
		struct run r;

		if (regions[i].attrs & SPMC_REGION_SECURE)
			continue;
		for (; page < end && pages_piece(s, page, end, &r, &attrs);
		     page += r.pages) {
			bool own = r.owner == ep;

			if (pages && (!own || perm != perm_of(&r, attrs))) {
				add(a, first * FFA_PAGE_SIZE, pages,
				    for_level(a, ep, perm),
				    config(s, ep)->id, DIRECT);
				pages = 0;
			}
			if (!own)
				continue;
			if (!pages)
				first = page;
			perm = perm_of(&r, attrs);
			pages += r.pages;
		}
		if (pages)
			add(a, first * FFA_PAGE_SIZE, pages,
			    for_level(a, ep, perm), config(s, ep)->id,
			    DIRECT);
	}
}

/* What the SPMC reads and writes of an endpoint of the normal world. */
static void add_buffers(struct answer *a, unsigned int ep, uint16_t id)
{
	const struct endpoint *e = endpoint(a->c->s, ep);

	if (e->rx_state == RX_UNMAPPED)
		return;
	add(a, e->rx, e->pages, for_level(a, ep, READ | WRITE), id, INDIRECT);
	add(a, e->tx, e->pages, for_level(a, ep, READ), id, INDIRECT);
}

static void add_txn(struct answer *a, const struct txn *t)
{
	uint32_t bi;

	for (bi = t->first_borrower; bi; bi = borrower_at(a->c->s, bi)->next) {
		const struct borrower *b = borrower_at(a->c->s, bi);
		struct cursor at = first_range(t);
		int ep = find(a->c->s, b->id);
		unsigned int perm = READ;
		const struct range *r;

		if (ep < 0 || !is_sp(a->c->s, (unsigned int)ep) ||
		    (a->target >= 0 && ep != a->target))
			continue;
		if ((b->sent & MEM_DATA) == MEM_DATA_RW)
			perm |= WRITE;
		while ((r = next_range(a->c->s, &at)))
			add(a, r->base, r->pages,
			    for_level(a, (unsigned int)ep, perm), b->id,
			    DIRECT);
	}
}

static void make(struct answer *a)
{
	const struct spmc *s = a->c->s;
	unsigned int i;
	uint32_t txn;

	for (i = 0; i < s->endpoint_count; i++)
		if (is_sp(s, i) && !is_dead(s, i) &&
		    (a->target < 0 || (unsigned int)a->target == i))
			add_own(a, i);
	/* every partition may make the SPMC use these */
	for (i = 1; i < s->endpoint_count; i++)
		if (!is_sp(s, i))
			add_buffers(a, i, FFA_ID_SPMC);
	add_buffers(a, 0, FFA_ID_NS_PRIMARY);
	for (txn = 1; txn <= mem_of(s)->txns.used; txn++) {
		const struct txn *t = txn_at(s, txn);

		if ((t->state == TXN_SENT || t->state == TXN_HELD) &&
		    !is_sp(s, t->owner))
			add_txn(a, t);
	}
}

static enum spmc_rule check(const struct call *c, int *target)
{
	*target = -1;
	if (w(c, 2) & HAS_TARGET) {
		*target = find(c->s, (uint16_t)bits(c, 1, 0, 15));
		if (*target < 0 || !is_sp(c->s, (unsigned int)*target))
			return RULE_NSRES_TARGET;
	}
	return w(c, 2) & TYPE ? RULE_NSRES_TYPE : RULE_NONE;
}

void nsres_forget(struct endpoint *e)
{
	e->resources = 0;
	e->resources_of = 0;
	e->resources_hash = 0;
}

enum spmc_rule spmc_ns_res_info_get(struct call *c)
{
	struct endpoint *e = endpoint(c->s, c->ep);
	struct ffa_resource_info head = { .size = SIZE, .offset = SIZE };
	struct answer a = { .c = c };
	uint32_t from = 0, total, now;
	enum spmc_rule rule;

	rule = check(c, &a.target);
	if (rule)
		return rule;
	if (!(w(c, 2) & CONTINUES)) {
		make(&a);
		if (a.count >= MOST)
			return RULE_NSRES_NO_MEMORY;
	}
	if (e->rx_state != RX_PRODUCER)
		return refuse_about(c, RULE_NSRES_RX, c->ep, SPMC_NOBODY);
	if (w(c, 2) & CONTINUES) {
		if (!e->resources)
			return RULE_NSRES_NOTHING;
		from = e->resources;
		a.target = (int16_t)e->resources_of;
		make(&a);
		if (a.hash != e->resources_hash)
			return RULE_NSRES_CHANGED;
	}

	head.count = a.count;
	total = (1 + a.count) * SIZE;
	now = total - from < FFA_PAGE_SIZE ? total - from : FFA_PAGE_SIZE;
	nsres_forget(e);
	if (from + now < total) {
		e->resources = from + now;
		e->resources_of = (uint16_t)a.target;
		e->resources_hash = a.hash;
	}
	a = (struct answer){
		.c = c, .target = a.target,
		.to = rx_fill(c, c->ep, (size_t)e->pages * FFA_PAGE_SIZE),
		.from = from, .end = from + now,
	};
	put(&a, 0, &head);
	make(&a);
	memset(a.to + now, 0, (size_t)e->pages * FFA_PAGE_SIZE - now);
	return succeed(c, &(struct ffa_value){
			.x[2] = (uint64_t)now << 32 | (total - from - now),
		       });
}
