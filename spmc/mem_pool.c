/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transactions, borrowers, ranges: entries of pools, linked by index. A free
 * entry is all zero but for its link, and the generation of a transaction.
 */
#include "mem.h"

void spmc_fail_alloc(struct spmc *s, uint32_t n)
{
	mem_of(s)->fail = n;
}

bool mem_fails(const struct spmc *s)
{
	struct mem *m = mem_of(s);

	return m->fail && !--m->fail;
}

/* The link is the first member of every entry. */
static uint32_t pool_new(struct pool *p, void *entries, size_t size)
{
	char *base = entries;
	uint32_t i = p->free;

	if (i) {
		memcpy(&p->free, base + i * size, sizeof(p->free));
		memset(base + i * size, 0, sizeof(uint32_t));
	} else {
		if (p->used == p->size)
			return NONE;
		i = ++p->used;
		memset(base + i * size, 0, size);
	}
	p->live++;
	return i;
}

static void pool_free(struct pool *p, void *entries, size_t size, uint32_t i)
{
	char *entry = (char *)entries + i * size;

	memset(entry, 0, size);
	p->live--;
	if (i == p->used) {
		p->used--;
		return;
	}
	memcpy(entry, &p->free, sizeof(p->free));
	p->free = i;
}

uint32_t txn_new(struct spmc *s)
{
	return mem_fails(s) ? NONE : pool_new(&mem_of(s)->txns, txn_at(s, 0),
					      sizeof(struct txn));
}

uint32_t borrower_new(struct spmc *s, struct txn *t)
{
	uint32_t i = mem_fails(s) ? NONE :
		     pool_new(&mem_of(s)->borrowers, borrower_at(s, 0),
			      sizeof(struct borrower));

	if (i) {
		uint32_t *link = &t->first_borrower;

		while (*link)
			link = &borrower_at(s, *link)->next;
		*link = i;
		t->borrower_count++;
	}
	return i;
}

bool range_add(struct spmc *s, struct txn *t, uint64_t base, uint64_t pages)
{
	struct range_chunk *chunk;

	if (!t->last_chunk ||
	    ranges_at(s, t->last_chunk)->used == CHUNK_RANGES) {
		uint32_t i = mem_fails(s) ? NONE :
			     pool_new(&mem_of(s)->ranges, ranges_at(s, 0),
				      sizeof(struct range_chunk));

		if (!i)
			return false;
		if (t->last_chunk)
			ranges_at(s, t->last_chunk)->next = i;
		else
			t->first_chunk = i;
		t->last_chunk = i;
	}
	chunk = ranges_at(s, t->last_chunk);
	chunk->r[chunk->used++] = (struct range){ base, pages };
	t->ranges_got++;
	return true;
}

/* Gives the borrowers and ranges of a transaction back. */
static void txn_empty(struct spmc *s, struct txn *t)
{
	struct mem *m = mem_of(s);
	uint32_t i, next;

	for (i = t->first_borrower; i; i = next) {
		next = borrower_at(s, i)->next;
		pool_free(&m->borrowers, borrower_at(s, 0),
			  sizeof(struct borrower), i);
	}
	for (i = t->first_chunk; i; i = next) {
		next = ranges_at(s, i)->next;
		pool_free(&m->ranges, ranges_at(s, 0),
			  sizeof(struct range_chunk), i);
	}
}

/* The entry stays below `used`, because its generation must be remembered. */
void txn_free(struct spmc *s, uint32_t txn)
{
	struct pool *p = &mem_of(s)->txns;
	struct txn *t = txn_at(s, txn);

	txn_empty(s, t);
	*t = (struct txn){ .next = p->free, .generation = t->generation + 1 };
	p->free = txn;
	p->live--;
}

void txn_forget(struct spmc *s, uint32_t txn)
{
	struct pool *p = &mem_of(s)->txns;
	struct txn *t = txn_at(s, txn);
	uint32_t generation = t->generation;

	txn_empty(s, t);
	p->live--;
	if (!generation && txn == p->used) {
		p->used--;
		return;
	}
	*t = (struct txn){ .next = p->free, .generation = generation };
	p->free = txn;
}

/*
 * The hash of what can be told from outside: free entries of transactions
 * count (their order and generations make the next handle), but where in a
 * pool a borrower or range lies does not.
 */
uint64_t mem_hash(const struct spmc *s, uint64_t h)
{
	const struct mem *m = mem_of(s);
	uint32_t i, b;

	h = hash_word(h, (uint64_t)m->txns.used << 32 | m->txns.free);
	for (i = 1; i <= m->txns.used; i++) {
		const struct txn *t = txn_at(s, i);
		struct cursor at = first_range(t);
		const struct range *r;

		h = hash_word(h, (uint64_t)t->next << 32 | t->generation);
		h = hash_word(h, (uint64_t)t->sender << 48 |
			      (uint64_t)t->owner << 32 | t->state << 24 |
			      t->kind << 16 | t->attributes << 8 |
			      t->zero << 4 | t->ns << 3 | t->device << 1 |
			      t->doomed);
		if (t->state == TXN_FREE)
			continue;
		h = hash_word(h, t->tag);
		h = hash_word(h, (uint64_t)t->total << 32 | t->got);
		h = hash_word(h, (uint64_t)t->page_count << 32 |
			      t->range_count);
		h = hash_word(h, (uint64_t)t->hyp_offset << 32 |
			      t->buffer_pages);
		h = hash_word(h, t->buffer);
		for (b = t->first_borrower; b; b = borrower_at(s, b)->next) {
			const struct borrower *e = borrower_at(s, b);

			h = hash_word(h, (uint64_t)e->id << 48 |
				      (uint64_t)e->state << 40 |
				      (uint64_t)e->sent << 32 |
				      e->held << 8 | e->has_impdef << 1 |
				      e->zero_after);
			h = hash_word(h, (uint64_t)e->offset << 8 | e->flags);
			h = hash_word(h, e->uses);
			h = hash_word(h, e->impdef[0]);
			h = hash_word(h, e->impdef[1]);
		}
		while ((r = next_range(s, &at))) {
			h = hash_word(h, r->base);
			h = hash_word(h, r->pages);
		}
	}
	return runs_hash(s, h);
}

uint32_t run_chunk_new(struct spmc *s)
{
	return pool_new(&mem_of(s)->runs, runs_at(s, 0),
			sizeof(struct run_chunk));
}

void run_chunk_free(struct spmc *s, uint32_t chunk)
{
	pool_free(&mem_of(s)->runs, runs_at(s, 0), sizeof(struct run_chunk),
		  chunk);
}

/*
 * The SPMC is the allocator, so bit 63 is zero (FF-A 1.2 section 10.10.2);
 * below it the number of uses of the entry, then the entry: a handle comes
 * again only after 2^31 uses of one entry.
 */
uint64_t txn_handle(const struct spmc *s, uint32_t txn)
{
	return (uint64_t)(txn_at(s, txn)->generation & 0x7fffffff) << 32 | txn;
}

uint32_t txn_find(const struct spmc *s, uint64_t handle)
{
	uint32_t i = (uint32_t)handle;

	if (!i || i > mem_of(s)->txns.used || !txn_at(s, i)->state ||
	    txn_handle(s, i) != handle)
		return NONE;
	return i;
}

uint32_t borrower_find(const struct spmc *s, const struct txn *t, uint16_t id)
{
	uint32_t i;

	for (i = t->first_borrower; i; i = borrower_at(s, i)->next)
		if (borrower_at(s, i)->id == id)
			return i;
	return NONE;
}

struct cursor first_range(const struct txn *t)
{
	return (struct cursor){ t->first_chunk, 0 };
}

const struct range *next_range(const struct spmc *s, struct cursor *at)
{
	const struct range_chunk *chunk;

	if (!at->chunk)
		return NULL;
	chunk = ranges_at(s, at->chunk);
	if (at->index == chunk->used) {
		at->chunk = chunk->next;
		at->index = 0;
		if (!at->chunk)
			return NULL;
		chunk = ranges_at(s, at->chunk);
	}
	return &chunk->r[at->index++];
}
