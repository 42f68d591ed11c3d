/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Invariants of memory management: I1 and I2. Nothing is followed before it
 * is known to be in its pool, and every list is walked for as many steps as
 * its pool has live entries, so that a broken state ends in a report.
 */
#include "check.h"
#include "mem.h"

/* What was counted on the way, to be compared with the pools' heads. */
struct sums {
	uint32_t txns, borrowers, chunks;
	uint64_t listed, taken;	/* pages: of ranges, of runs */
};

static bool check_pool(const struct pool *p, struct spmc_broken *b,
		       uint64_t which)
{
	if (p->used > p->size || p->live > p->used || p->free > p->used)
		return BROKE(b, HANDLES, "a pool has more in use than exists",
			     "pool", which, "used", p->used);
	return true;
}

static const struct run_dir *dir_of(const struct spmc *s)
{
	return spmc_at(s, s->run_dir);
}

static bool check_dir(const struct spmc *s, struct spmc_broken *b)
{
	const struct mem *m = mem_of(s);
	const struct run_dir *dir = dir_of(s);
	uint32_t d;

	if (m->dir_used != m->runs.live)
		return BROKE(b, PAGES, "the directory does not list the runs",
			     "listed", m->dir_used, "live", m->runs.live);
	for (d = 0; d < m->dir_used; d++) {
		const struct run_chunk *chunk;

		if (!dir[d].chunk || dir[d].chunk > m->runs.used)
			return BROKE(b, PAGES, "the directory lists no chunk",
				     "place", d);
		chunk = runs_at(s, dir[d].chunk);
		if (!chunk->used || chunk->used > CHUNK_RUNS ||
		    chunk->r[0].first != dir[d].first)
			return BROKE(b, PAGES, "the directory tells another "
				     "page than its chunk", "place", d);
	}
	return true;
}

/* The normal world's primary sends for its VMs, too. */
static bool lends(const struct spmc *s, const struct txn *t, uint16_t owner)
{
	return owner == t->owner ||
	       (t->owner == 0 && owner < s->endpoint_count &&
		config(s, owner)->kind == SPMC_VM);
}

static bool check_run(const struct spmc *s, const struct run *r,
		      uint64_t from, struct spmc_broken *b)
{
	const struct mem *m = mem_of(s);
	const struct spmc_region *reg = region_of(s, r->first * FFA_PAGE_SIZE);
	const struct txn *t;

	if (!r->pages || r->first < from)
		return BROKE(b, PAGES, "two runs of pages overlap",
			     "page", r->first * FFA_PAGE_SIZE);
	if (!reg || r->first + r->pages >
		    reg->base / FFA_PAGE_SIZE + reg->pages)
		return BROKE(b, PAGES, "a run is not in one region",
			     "page", r->first * FFA_PAGE_SIZE);
	if (r->owner != SPMC_NOBODY && r->owner >= s->endpoint_count)
		return BROKE(b, PAGES, "a page is nobody's", "page",
			     r->first * FFA_PAGE_SIZE, "owner", r->owner);
	if (!r->txn)
		return true;
	if (r->txn > m->txns.used)
		return BROKE(b, PAGES, "a page is in no transaction", "page",
			     r->first * FFA_PAGE_SIZE, "txn", r->txn);
	t = txn_at(s, r->txn);
	if (t->state != TXN_SENT && t->state != TXN_HELD)
		return BROKE(b, PAGES, "a page is in a transaction that is "
			     "not sent", "page", r->first * FFA_PAGE_SIZE,
			     "txn", r->txn);
	if (!lends(s, t, r->owner))
		return BROKE(b, PAGES, "a page is in a transaction of another "
			     "than its owner", "page",
			     r->first * FFA_PAGE_SIZE, "owner", r->owner);
	return true;
}

static bool check_runs(const struct spmc *s, struct sums *sums,
		       struct spmc_broken *b)
{
	uint64_t from = 0;
	uint32_t d, i;

	for (d = 0; d < mem_of(s)->dir_used; d++) {
		const struct run_chunk *chunk = runs_at(s, dir_of(s)[d].chunk);

		for (i = 0; i < chunk->used; i++) {
			const struct run *r = &chunk->r[i];

			if (!check_run(s, r, from, b))
				return false;
			if (r->txn)
				sums->taken += r->pages;
			from = r->first + r->pages;
		}
	}
	return true;
}

/* Every page of the range is in transaction `txn`. */
static bool check_range(const struct spmc *s, uint32_t txn,
			const struct range *range, struct spmc_broken *b)
{
	uint64_t page = range->base / FFA_PAGE_SIZE, end = page + range->pages;
	struct place p = runs_place(s, page);

	for (; page < end; p = runs_next(s, p)) {
		const struct run *r = runs_get(s, p);

		if (!r || r->first > page || r->txn != txn)
			return BROKE(b, HANDLES, "a page of a transaction is "
				     "not in it", "page",
				     page * FFA_PAGE_SIZE, "txn", txn);
		page = r->first + r->pages;
	}
	return true;
}

static bool check_ranges(const struct spmc *s, uint32_t txn,
			 struct sums *sums, struct spmc_broken *b)
{
	const struct mem *m = mem_of(s);
	const struct txn *t = txn_at(s, txn);
	bool sent = t->state != TXN_SENDING;
	uint32_t got = 0, i, c, last = 0;
	uint64_t pages = 0;

	for (c = t->first_chunk; c; c = ranges_at(s, c)->next) {
		const struct range_chunk *chunk;

		if (c > m->ranges.used || sums->chunks++ == m->ranges.live)
			return BROKE(b, HANDLES, "the ranges of a transaction "
				     "are not a list", "txn", txn);
		chunk = ranges_at(s, c);
		if (!chunk->used || chunk->used > CHUNK_RANGES)
			return BROKE(b, HANDLES, "a chunk of ranges is empty, "
				     "or too full", "txn", txn);
		for (i = 0; i < chunk->used; i++) {
			pages += chunk->r[i].pages;
			if (sent && !check_range(s, txn, &chunk->r[i], b))
				return false;
		}
		got += chunk->used;
		last = c;
	}
	if (last != t->last_chunk || got != t->ranges_got ||
	    got > t->range_count)
		return BROKE(b, HANDLES, "a transaction does not have the "
			     "ranges that it counts", "txn", txn, "ranges",
			     got);
	if (sent && (got != t->range_count || pages != t->page_count))
		return BROKE(b, HANDLES, "a transaction was sent without all "
			     "of its pages", "txn", txn, "pages", pages);
	if (sent)
		sums->listed += pages;
	return true;
}

static bool check_borrower(const struct spmc *s, uint32_t txn,
			   const struct borrower *e, struct spmc_broken *b)
{
	const struct txn *t = txn_at(s, txn);

	if (e->state != BRW_NAMED && e->state != BRW_READING &&
	    e->state != BRW_HOLDS)
		return BROKE(b, HANDLES, "a borrower is in no state", "txn",
			     txn, "borrower", e->id);
	if (spmc_find(s, e->id) < 0)
		return BROKE(b, HANDLES, "a borrower does not exist", "txn",
			     txn, "borrower", e->id);
	if ((e->state == BRW_NAMED) != !e->held)
		return BROKE(b, HANDLES, "a borrower has access without "
			     "having retrieved, or the other way round", "txn",
			     txn, "borrower", e->id);
	/* A donation, whose receiver has all rights, says none. */
	if ((e->held & MEM_DATA) == MEM_DATA_RW && t->kind != DONATE &&
	    (e->sent & MEM_DATA) != MEM_DATA_RW)
		return BROKE(b, PAGES, "a borrower may write to what was sent "
			     "to be read", "txn", txn, "borrower", e->id);
	return true;
}

static bool check_borrowers(const struct spmc *s, uint32_t txn,
			    struct sums *sums, struct spmc_broken *b)
{
	const struct mem *m = mem_of(s);
	const struct txn *t = txn_at(s, txn);
	uint32_t i, n = 0, holders = 0;

	for (i = t->first_borrower; i; i = borrower_at(s, i)->next) {
		if (i > m->borrowers.used ||
		    sums->borrowers++ == m->borrowers.live)
			return BROKE(b, HANDLES, "the borrowers of a "
				     "transaction are not a list", "txn", txn);
		if (!check_borrower(s, txn, borrower_at(s, i), b))
			return false;
		if (borrower_find(s, t, borrower_at(s, i)->id) != i)
			return BROKE(b, HANDLES, "a borrower is there twice",
				     "txn", txn, "borrower",
				     borrower_at(s, i)->id);
		holders += borrower_at(s, i)->state != BRW_NAMED;
		n++;
	}
	if (!n || n != t->borrower_count || holders != t->holders ||
	    (t->state == TXN_HELD) != (holders != 0))
		return BROKE(b, HANDLES, "a transaction does not have the "
			     "borrowers that it counts", "txn", txn,
			     "borrowers", n);
	if (t->kind == DONATE && n != 1)
		return BROKE(b, PAGES, "a donation has more than one receiver",
			     "txn", txn);
	return true;
}

static bool check_txn(const struct spmc *s, uint32_t txn, struct sums *sums,
		      struct spmc_broken *b)
{
	const struct txn *t = txn_at(s, txn);

	if (t->state > TXN_HELD || t->kind < SHARE || t->kind > DONATE ||
	    t->owner >= s->endpoint_count)
		return BROKE(b, HANDLES, "a transaction has no such state, "
			     "kind or sender", "txn", txn, "state", t->state);
	if (t->got > t->total ||
	    (t->state == TXN_SENDING) != (t->got < t->total))
		return BROKE(b, HANDLES, "a transaction is sent before all of "
			     "its descriptor came, or is not although it did",
			     "txn", txn);
	if (t->device == MEM_DEVICE_YES &&
	    (t->kind != LEND || t->borrower_count != 1))
		return BROKE(b, PAGES, "device memory is not lent to one",
			     "txn", txn);
	sums->txns++;
	return check_borrowers(s, txn, sums, b) &&
	       check_ranges(s, txn, sums, b);
}

static bool check_txns(const struct spmc *s, struct sums *sums,
		       struct spmc_broken *b)
{
	const struct mem *m = mem_of(s);
	uint32_t i, free = 0;

	for (i = 1; i <= m->txns.used; i++)
		if (txn_at(s, i)->state != TXN_FREE &&
		    !check_txn(s, i, sums, b))
			return false;
	for (i = m->txns.free; i; i = txn_at(s, i)->next) {
		if (i > m->txns.used || free++ == m->txns.used ||
		    txn_at(s, i)->state != TXN_FREE)
			return BROKE(b, HANDLES, "a transaction is free and "
				     "is not", "txn", i);
	}
	if (sums->txns != m->txns.live ||
	    free != m->txns.used - m->txns.live)
		return BROKE(b, HANDLES, "not every handle is live or free",
			     "live", sums->txns, "free", free);
	return true;
}

/* -- buffers ------------------------------------------------------------------ */

static bool overlap(uint64_t a, uint64_t a_pages, uint64_t b, uint64_t b_pages)
{
	return a < b + b_pages * FFA_PAGE_SIZE &&
	       b < a + a_pages * FFA_PAGE_SIZE;
}

static bool is_mapped(const struct spmc *s, unsigned int ep)
{
	return endpoint(s, ep)->rx_state != RX_UNMAPPED;
}

static bool is_buffer_of(const struct spmc *s, unsigned int ep, uint64_t pa,
			 unsigned int pages)
{
	/* The memory of VMs is their hypervisor's to map. */
	return pages_owned_ram(s, ep, pa, pages) ||
	       (config(s, ep)->kind == SPMC_VM &&
		pages_owned_ram(s, 0, pa, pages));
}

static bool check_buffers(const struct spmc *s, struct spmc_broken *b)
{
	unsigned int i, j;

	for (i = 0; i < s->endpoint_count; i++) {
		const struct endpoint *e = endpoint(s, i);
		unsigned int n = e->pages;

		if (!is_mapped(s, i))
			continue;
		if (!n || overlap(e->tx, n, e->rx, n))
			return BROKE(b, PAGES, "RX and TX overlap", "endpoint",
				     config(s, i)->id);
		if (!is_buffer_of(s, i, e->tx, n) ||
		    !is_buffer_of(s, i, e->rx, n))
			return BROKE(b, PAGES, "a page of RX or TX is not the "
				     "endpoint's alone", "endpoint",
				     config(s, i)->id);
		for (j = 0; j < i; j++) {
			const struct endpoint *o = endpoint(s, j);

			if (is_mapped(s, j) &&
			    (overlap(e->tx, n, o->tx, o->pages) ||
			     overlap(e->tx, n, o->rx, o->pages) ||
			     overlap(e->rx, n, o->tx, o->pages) ||
			     overlap(e->rx, n, o->rx, o->pages)))
				return BROKE(b, PAGES, "the buffers of two "
					     "endpoints overlap", "endpoint",
					     config(s, i)->id, "endpoint",
					     config(s, j)->id);
		}
	}
	return true;
}

bool check_memory(const struct spmc *s, struct spmc_broken *b)
{
	const struct mem *m = mem_of(s);
	struct sums sums = { 0 };

	if (!check_pool(&m->txns, b, 0) || !check_pool(&m->borrowers, b, 1) ||
	    !check_pool(&m->ranges, b, 2) || !check_pool(&m->runs, b, 3) ||
	    !check_dir(s, b) || !check_runs(s, &sums, b) ||
	    !check_txns(s, &sums, b))
		return false;
	if (sums.borrowers != m->borrowers.live ||
	    sums.chunks != m->ranges.live)
		return BROKE(b, HANDLES, "a borrower or range is of no "
			     "transaction", "borrowers", sums.borrowers,
			     "chunks", sums.chunks);
	if (sums.listed != sums.taken)
		return BROKE(b, PAGES, "a page is in a transaction that does "
			     "not list it", "listed", sums.listed, "taken",
			     sums.taken);
	return check_buffers(s, b);
}
