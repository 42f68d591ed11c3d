/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which page is in which transaction, and whose it is, where that is not what
 * the configuration says: the runs of mem_runs.c over the regions.
 */
#include <assert.h>

#include "mem.h"

/* What the configuration says of a page: a run up to where it changes. */
static bool configured(const struct spmc *s, uint64_t page, uint64_t end,
		       struct run *r, unsigned int *attrs)
{
	uint64_t reg_end;
	const struct spmc_region *reg = region_of(s, page * FFA_PAGE_SIZE);
	int owner;

	if (!reg)
		return false;
	reg_end = reg->base / FFA_PAGE_SIZE + reg->pages;
	owner = spmc_find(s, reg->owner);
	*r = (struct run){
		.first = page,
		.pages = (reg_end < end ? reg_end : end) - page,
		.owner = owner < 0 ? SPMC_NOBODY : (uint16_t)owner,
	};
	*attrs = reg->attrs;
	return true;
}

/*
 * The pages from `page` to at most `end` that are all alike; `at` is the first
 * run that ends behind `page`, or NULL.
 */
static bool piece(const struct spmc *s, const struct run *at, uint64_t page,
		  uint64_t end, struct run *out, unsigned int *attrs)
{
	if (at && at->first > page && at->first < end)
		end = at->first;
	if (!configured(s, page, end, out, attrs))
		return false;
	if (at && at->first <= page) {
		out->txn = at->txn;
		out->owner = at->owner;
		out->perm = at->perm;
		if (at->first + at->pages < out->first + out->pages)
			out->pages = at->first + at->pages - page;
	}
	return true;
}

bool pages_piece(const struct spmc *s, uint64_t page, uint64_t end,
		 struct run *out, unsigned int *attrs)
{
	return piece(s, runs_get(s, runs_place(s, page)), page, end, out, attrs);
}

/* A walk over the pieces of [first, end), which counts the runs to insert. */
struct walk {
	uint64_t page, end;
	struct place start, at;
	struct run r;		/* the piece, */
	unsigned int attrs;	/* and its region's */
	uint32_t pieces, inserts;
};

static struct walk walk_over(const struct spmc *s, uint64_t first,
			     uint64_t end)
{
	struct place p = runs_place(s, first);
	const struct run *r = runs_get(s, p);

	return (struct walk){
		.page = first, .end = end, .start = p, .at = p,
		.inserts = r && r->first < first,
	};
}

/* The next piece, if the walk is not over; false if there is no memory. */
static bool walk_on(const struct spmc *s, struct walk *w)
{
	const struct run *at = runs_get(s, w->at);
	uint64_t behind;

	if (!piece(s, at, w->page, w->end, &w->r, &w->attrs))
		return false;
	w->pieces++;
	if (!at || at->first > w->page)
		w->inserts++;
	w->page += w->r.pages;
	if (!at || at->first >= w->page)
		return true;
	behind = at->first + at->pages;
	if (behind > w->page) {
		w->inserts += w->page == w->end;
		return true;
	}
	w->at = runs_next(s, w->at);
	return true;
}

/* Does the run say nothing else than the configuration? */
static bool is_plain(const struct spmc *s, const struct run *r)
{
	struct run base;
	unsigned int attrs;

	return !r->txn && !r->perm &&
	       configured(s, r->first, r->first + r->pages, &base, &attrs) &&
	       base.pages == r->pages && base.owner == r->owner;
}

static bool alike(const struct spmc *s, const struct run *a,
		  const struct run *b)
{
	return !a->txn && !b->txn && a->owner == b->owner &&
	       a->perm == b->perm &&
	       region_of(s, a->first * FFA_PAGE_SIZE) ==
	       region_of(s, b->first * FFA_PAGE_SIZE);
}

/*
 * Drops the run that begins at `page` if it is plain, else joins it to the one
 * before. The ranges of a transaction are never joined, so that giving one
 * back needs no room.
 */
static void tidy(struct spmc *s, uint64_t page)
{
	struct place p = runs_place(s, page);
	struct run *r = runs_get(s, p), *before;

	if (!r || r->first != page)
		return;
	if (is_plain(s, r)) {
		runs_remove(s, p);
		return;
	}
	if (!page)
		return;
	before = runs_get(s, runs_place(s, page - 1));
	if (before && before != r && before->first + before->pages == page &&
	    alike(s, before, r)) {
		before->pages += r->pages;
		runs_remove(s, p);
	}
}

/*
 * Applies a change to [first, end), whose pages are all memory, and for which
 * runs_room() said yes: `txn` and `perm` are set where not UINT32_MAX and 0xff,
 * `owner` where not NOBODY.
 */
static void change(struct spmc *s, uint64_t first, uint64_t end, uint32_t txn,
		   uint16_t owner, uint8_t perm)
{
	bool room = runs_split(s, first) && runs_split(s, end);
	uint64_t page = first;
	unsigned int attrs;
	struct run r;

	while (room && page < end && pages_piece(s, page, end, &r, &attrs)) {
		struct place p = runs_place(s, page);
		struct run *old = runs_get(s, p);

		if (txn != UINT32_MAX)
			r.txn = txn;
		if (owner != SPMC_NOBODY)
			r.owner = owner;
		if (perm != 0xff)
			r.perm = perm;
		if (old && old->first <= page)
			*old = r;
		else
			room = runs_insert(s, p, &r);
		page += r.pages;
	}
	assert(room);
	for (page = first; page <= end; ) {
		const struct run *at = runs_get(s, runs_place(s, page));
		uint64_t begins;

		if (!at || at->first > end)
			break;
		begins = at->first;
		page = at->first + at->pages;
		if (begins >= first)
			tidy(s, begins);
	}
}

/* Is a page of [first, end) in an RX/TX pair? */
static bool is_mailbox(const struct spmc *s, uint64_t first, uint64_t end)
{
	unsigned int i;

	for (i = 0; i < s->endpoint_count; i++) {
		const struct endpoint *e = endpoint(s, i);
		uint64_t tx = e->tx / FFA_PAGE_SIZE, rx = e->rx / FFA_PAGE_SIZE;

		if (e->rx_state != RX_UNMAPPED &&
		    ((first < tx + e->pages && tx < end) ||
		     (first < rx + e->pages && rx < end)))
			return true;
	}
	return false;
}

/*
 * An SP sends what it owns. The normal world's primary sends what it owns,
 * also on behalf of a VM, and what it gave to that VM (the hypervisor checks
 * what we cannot see); never secure memory.
 */
static bool may_send(const struct spmc *s, const struct txn *t,
		     uint16_t owner, unsigned int attrs)
{
	if (is_sp(s, t->owner))
		return owner == t->owner;
	return (owner == t->owner || (owner != SPMC_NOBODY &&
		config(s, owner)->kind == SPMC_VM &&
		config(s, owner)->id == t->sender)) &&
	       !(attrs & SPMC_REGION_SECURE);
}

static bool is_read_only(const struct run *r, unsigned int attrs)
{
	return attrs & SPMC_REGION_READ_ONLY ||
	       (r->perm && r->perm != PERM_RW + 1);
}

static enum pages_verdict check_piece(const struct spmc *s, uint32_t txn,
				      const struct run *r, unsigned int attrs,
				      bool write)
{
	uint8_t device = attrs & SPMC_REGION_DEVICE ? MEM_DEVICE_YES :
						      MEM_DEVICE_NO;
	uint8_t ns = !(attrs & SPMC_REGION_SECURE);
	struct txn *t = txn_at(s, txn);

	if (r->txn == txn)
		return PAGES_TWICE;
	if (!may_send(s, t, r->owner, attrs))
		return PAGES_NOT_MEMORY;
	if (r->txn)
		return PAGES_NOT_EXCLUSIVE;
	if (device == MEM_DEVICE_YES &&
	    (t->kind != LEND || t->borrower_count != 1))
		return PAGES_DEVICE;
	if (t->device == MEM_DEVICE_OPEN) {
		t->device = device;
		t->ns = ns;
	} else if (t->device != device || t->ns != ns) {
		return PAGES_MIXED;
	}
	return write && is_read_only(r, attrs) ? PAGES_READ_ONLY : PAGES_OK;
}

enum pages_verdict pages_take(struct spmc *s, uint32_t txn, uint64_t base,
			      uint64_t pages, bool write)
{
	uint64_t first = base / FFA_PAGE_SIZE, end = first + pages;
	struct walk w;

	if (!pages)	/* only where RULE_SEND_RANGE_EMPTY is not checked */
		return PAGES_OK;
	w = walk_over(s, first, end);
	while (w.page < end) {
		enum pages_verdict v;

		if (!walk_on(s, &w))
			return PAGES_NOT_MEMORY;
		v = check_piece(s, txn, &w.r, w.attrs, write);
		if (v != PAGES_OK)
			return v;
	}
	if (is_mailbox(s, first, end))
		return PAGES_NOT_EXCLUSIVE;
	if (!runs_room(s, w.start, w.at, w.inserts))
		return PAGES_NO_MEMORY;
	if (w.pieces == 1 && w.inserts == 1 && w.r.pages == pages &&
	    (!runs_get(s, w.start) || runs_get(s, w.start)->first >= end)) {
		/* The usual case: no run is near. */
		w.r.txn = txn;
		runs_insert(s, w.start, &w.r);
		return PAGES_OK;
	}
	change(s, first, end, txn, SPMC_NOBODY, 0xff);
	return PAGES_OK;
}

void pages_give(struct spmc *s, uint64_t base, uint64_t pages,
		unsigned int owner, uint8_t perm)
{
	uint64_t first = base / FFA_PAGE_SIZE;
	struct place p = runs_place(s, first);
	struct run r;

	if (!pages)
		return;
	r = *runs_get(s, p);
	r.txn = NONE;
	if (owner == SPMC_NOBODY && r.pages == pages && is_plain(s, &r)) {
		/* The usual case: nothing is left of the run. */
		runs_remove(s, p);
		return;
	}
	change(s, first, first + pages, NONE, (uint16_t)owner,
	       owner == SPMC_NOBODY ? 0xff : perm);
}

bool pages_perm(struct spmc *s, uint64_t base, uint64_t pages, uint8_t perm)
{
	uint64_t first = base / FFA_PAGE_SIZE, end = first + pages;
	struct walk w = walk_over(s, first, end);

	while (w.page < end)
		walk_on(s, &w);
	if (!runs_room(s, w.start, w.at, w.inserts))
		return false;
	change(s, first, end, UINT32_MAX, SPMC_NOBODY, perm);
	return true;
}

void pages_forget_perm(struct spmc *s, unsigned int ep)
{
	struct place p = { 0, 0 };
	const struct run *r;

	while ((r = runs_get(s, p))) {
		uint64_t first = r->first, end = first + r->pages;

		/* no run is cut, so there is room */
		if (r->owner == ep && !r->txn && r->perm)
			change(s, first, end, UINT32_MAX, SPMC_NOBODY, 0);
		p = runs_place(s, end);
	}
}

/* Maps the memory of a transaction, region by region, and may clear it. */
static bool map_all(const struct spmc *s, const struct spmc_env *env,
		    const struct txn *t, bool clear)
{
	struct cursor at = first_range(t);
	const struct range *r;
	unsigned int attrs;
	struct run run;

	if (t->device == MEM_DEVICE_YES)
		return true;
	while ((r = next_range(s, &at))) {
		uint64_t page = r->base / FFA_PAGE_SIZE, end = page + r->pages;

		for (; page < end; page += run.pages) {
			size_t len;
			void *p;

			if (!configured(s, page, end, &run, &attrs))
				return false;
			len = (size_t)run.pages * FFA_PAGE_SIZE;
			p = env->map(env->ctx, page * FFA_PAGE_SIZE, len,
				     !t->ns);
			if (!p)
				return false;
			if (clear)
				memset(p, 0, len);
		}
	}
	return true;
}

bool pages_can_zero(const struct spmc *s, const struct spmc_env *env,
		    const struct txn *t)
{
	return map_all(s, env, t, false);
}

void pages_zero(const struct spmc *s, const struct spmc_env *env,
		const struct txn *t)
{
	map_all(s, env, t, true);
}

bool pages_owned_ram(const struct spmc *s, unsigned int ep, uint64_t base,
		     unsigned int pages)
{
	uint64_t page = base / FFA_PAGE_SIZE, end = page + pages;
	unsigned int attrs;
	struct run r;

	if (base > UINT64_MAX - (uint64_t)pages * FFA_PAGE_SIZE)
		return false;
	for (; page < end; page += r.pages) {
		if (!pages_piece(s, page, end, &r, &attrs) || r.owner != ep ||
		    r.txn ||
		    attrs & (SPMC_REGION_DEVICE | SPMC_REGION_READ_ONLY))
			return false;
		/* The normal world never owns what is secure. */
		if (!is_sp(s, ep) && attrs & SPMC_REGION_SECURE)
			return false;
	}
	return true;
}

/* What a party of a transaction may do with its pages. */
static unsigned int access_in(const struct spmc *s, const struct run *r,
			      unsigned int ep, unsigned int all)
{
	const struct txn *t = txn_at(s, r->txn);
	uint32_t bi = borrower_find(s, t, config(s, ep)->id);
	const struct borrower *b = bi ? borrower_at(s, bi) : NULL;

	if (b && b->state != BRW_NAMED)
		return (b->held & MEM_DATA) == MEM_DATA_RW ?
			       all : SPMC_ACCESS_READ;
	if (r->owner == ep && t->kind == SHARE)
		return all;
	return 0;
}

unsigned int spmc_access(const struct spmc *s, unsigned int ep, uint64_t pa)
{
	unsigned int all = SPMC_ACCESS_READ | SPMC_ACCESS_WRITE, attrs;
	struct run r;

	if (!pages_piece(s, pa / FFA_PAGE_SIZE, pa / FFA_PAGE_SIZE + 1, &r,
			 &attrs))
		return 0;
	if (!is_sp(s, ep) && attrs & SPMC_REGION_SECURE)
		return 0;
	if (is_read_only(&r, attrs))
		all = SPMC_ACCESS_READ;
	/* The primary sees what it gave to its VMs. */
	if (config(s, ep)->kind == SPMC_NS_PRIMARY && r.owner != SPMC_NOBODY &&
	    config(s, r.owner)->kind == SPMC_VM)
		r.owner = (uint16_t)ep;
	if (r.txn)
		return access_in(s, &r, ep, all);
	return r.owner == ep ? all : 0;
}

int spmc_owner(const struct spmc *s, uint64_t pa)
{
	uint64_t page = pa / FFA_PAGE_SIZE;
	unsigned int attrs;
	struct run r;

	if (!pages_piece(s, page, page + 1, &r, &attrs) ||
	    r.owner == SPMC_NOBODY)
		return -1;
	return r.owner;
}

bool spmc_shared(const struct spmc *s, uint64_t pa, uint64_t *handle)
{
	uint64_t page = pa / FFA_PAGE_SIZE;
	unsigned int attrs;
	struct run r;

	if (!pages_piece(s, page, page + 1, &r, &attrs) || !r.txn)
		return false;
	*handle = txn_handle(s, r.txn);
	return true;
}
