/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs of pages in ascending order, in chunks that a directory lists. A
 * look-up is two binary searches; a change moves at most one chunk and, when
 * chunks come or go, the directory.
 */
#include "mem.h"

static struct run_dir *dir_of(const struct spmc *s)
{
	return spmc_at(s, s->run_dir);
}

struct place runs_place(const struct spmc *s, uint64_t page)
{
	const struct run_dir *dir = dir_of(s);
	const struct run_chunk *chunk;
	uint32_t lo = 0, hi = mem_of(s)->dir_used;
	struct place p;

	/* The last chunk that begins at or before the page, if any does. */
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (dir[mid].first <= page)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return (struct place){ 0, 0 };
	p.d = lo - 1;
	chunk = runs_at(s, dir[p.d].chunk);
	lo = 0;
	hi = chunk->used;
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (chunk->r[mid].first + chunk->r[mid].pages <= page)
			lo = mid + 1;
		else
			hi = mid;
	}
	p.i = lo;
	if (p.i == chunk->used)
		return (struct place){ p.d + 1, 0 };
	return p;
}

struct run *runs_get(const struct spmc *s, struct place p)
{
	if (p.d >= mem_of(s)->dir_used)
		return NULL;
	return &runs_at(s, dir_of(s)[p.d].chunk)->r[p.i];
}

struct place runs_next(const struct spmc *s, struct place p)
{
	p.i++;
	if (p.i == runs_at(s, dir_of(s)[p.d].chunk)->used)
		return (struct place){ p.d + 1, 0 };
	return p;
}

static void dir_remove(struct spmc *s, uint32_t d)
{
	struct run_dir *dir = dir_of(s);
	struct mem *m = mem_of(s);

	run_chunk_free(s, dir[d].chunk);
	m->dir_used--;
	memmove(&dir[d], &dir[d + 1], (m->dir_used - d) * sizeof(*dir));
	memset(&dir[m->dir_used], 0, sizeof(*dir));
}

/* A new chunk at place `d` of the directory; false if there is none. */
static bool dir_insert(struct spmc *s, uint32_t d)
{
	struct run_dir *dir = dir_of(s);
	struct mem *m = mem_of(s);
	uint32_t chunk = run_chunk_new(s);

	if (!chunk)
		return false;
	memmove(&dir[d + 1], &dir[d], (m->dir_used - d) * sizeof(*dir));
	m->dir_used++;
	dir[d] = (struct run_dir){ .chunk = chunk };
	return true;
}

/*
 * Of the chunks around there each full one is split once, and again for each
 * half a chunk of runs.
 */
bool runs_room(const struct spmc *s, struct place lo, struct place hi,
	       uint32_t n)
{
	const struct mem *m = mem_of(s);
	uint32_t d = lo.d, need = 0;

	if (!n)
		return true;
	if (!lo.i && d)		/* see runs_insert() */
		d--;
	for (; d <= hi.d && d < m->dir_used; d++)
		need += runs_at(s, dir_of(s)[d].chunk)->used + n > CHUNK_RUNS;
	if (need || !m->dir_used)
		need += 1 + n / (CHUNK_RUNS / 2);
	return !need || (!mem_fails(s) &&
			 need <= m->runs.size - m->runs.live);
}

bool runs_insert(struct spmc *s, struct place p, const struct run *r)
{
	struct run_dir *dir = dir_of(s);
	struct mem *m = mem_of(s);
	struct run_chunk *chunk;

	/* Before the first run of a chunk is behind the last of the former. */
	if (p.i == 0 && p.d > 0) {
		p.d--;
		p.i = runs_at(s, dir[p.d].chunk)->used;
	}
	if (p.d == m->dir_used && !dir_insert(s, p.d))
		return false;
	chunk = runs_at(s, dir[p.d].chunk);
	if (chunk->used == CHUNK_RUNS) {
		/*
		 * Behind the last run of all the chunk stays full: runs that
		 * come in ascending order then fill their chunks.
		 */
		bool append = p.i == CHUNK_RUNS && p.d + 1 == m->dir_used;
		uint32_t keep = append ? CHUNK_RUNS : CHUNK_RUNS / 2;
		struct run_chunk *behind;

		if (!dir_insert(s, p.d + 1))
			return false;
		chunk = runs_at(s, dir[p.d].chunk);
		behind = runs_at(s, dir[p.d + 1].chunk);
		behind->used = CHUNK_RUNS - keep;
		memcpy(behind->r, &chunk->r[keep],
		       behind->used * sizeof(*behind->r));
		memset(&chunk->r[keep], 0, behind->used * sizeof(*chunk->r));
		chunk->used = keep;
		dir[p.d + 1].first = behind->r[0].first;
		if (p.i > keep || append) {
			p.i -= keep;
			p.d++;
			chunk = behind;
		}
	}
	memmove(&chunk->r[p.i + 1], &chunk->r[p.i],
		(chunk->used - p.i) * sizeof(*chunk->r));
	chunk->r[p.i] = *r;
	chunk->used++;
	dir[p.d].first = chunk->r[0].first;
	return true;
}

void runs_remove(struct spmc *s, struct place p)
{
	struct run_dir *dir = dir_of(s);
	struct run_chunk *chunk = runs_at(s, dir[p.d].chunk);

	chunk->used--;
	memmove(&chunk->r[p.i], &chunk->r[p.i + 1],
		(chunk->used - p.i) * sizeof(*chunk->r));
	memset(&chunk->r[chunk->used], 0, sizeof(*chunk->r));
	if (!chunk->used) {
		dir_remove(s, p.d);
		return;
	}
	dir[p.d].first = chunk->r[0].first;
	/* Two chunks that are a quarter full together become one. */
	if (p.d + 1 < mem_of(s)->dir_used) {
		struct run_chunk *behind = runs_at(s, dir[p.d + 1].chunk);

		if (chunk->used + behind->used <= CHUNK_RUNS / 2) {
			memcpy(&chunk->r[chunk->used], behind->r,
			       behind->used * sizeof(*behind->r));
			chunk->used += behind->used;
			dir_remove(s, p.d + 1);
		}
	}
}

bool runs_split(struct spmc *s, uint64_t page)
{
	struct place p = runs_place(s, page);
	struct run *r = runs_get(s, p), behind;

	if (!r || r->first >= page)
		return true;
	behind = *r;
	behind.first = page;
	behind.pages = r->first + r->pages - page;
	p.i++;
	if (!runs_insert(s, p, &behind))
		return false;
	/* The insertion may have moved the run. */
	p = runs_place(s, page - 1);
	r = runs_get(s, p);
	r->pages = page - r->first;
	return true;
}

uint64_t runs_hash(const struct spmc *s, uint64_t h)
{
	const struct run_dir *dir = dir_of(s);
	uint32_t d, i;

	for (d = 0; d < mem_of(s)->dir_used; d++) {
		const struct run_chunk *chunk = runs_at(s, dir[d].chunk);

		for (i = 0; i < chunk->used; i++) {
			const struct run *r = &chunk->r[i];

			h = hash_word(h, r->first);
			h = hash_word(h, r->pages);
			h = hash_word(h, (uint64_t)r->txn << 32 |
				      (uint64_t)r->owner << 8 | r->perm);
		}
	}
	return h;
}
