/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of a trace: the lowest 4 GiB of the physical address space, mapped
 * once and sparse. Pages are noted when the SPMC or an operation gets at them,
 * and those are cleared by a reset.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ops.h"

enum {
	PAGES = 1 << 20,
	MOST = 4096,		/* touched pages, beyond which all is unmapped */
	/*
	 * Memory that one operation gets at, in bytes. A descriptor can name
	 * gigabytes to be cleared; they are not RAM then.
	 */
	LARGEST = 4 << 20,
};
static const size_t size = (size_t)PAGES * FFA_PAGE_SIZE;

struct ops_memory {
	uint8_t *host;
	const struct ops_board *board;
	uint8_t touched[PAGES / 8];
	uint32_t page[MOST];
	unsigned int count, ever;
};

struct ops_memory *ops_memory_new(void)
{
	struct ops_memory *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->host = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->host == MAP_FAILED) {
		free(m);
		return NULL;
	}
	return m;
}

void ops_memory_free(struct ops_memory *m)
{
	if (!m)
		return;
	munmap(m->host, size);
	free(m);
}

void ops_memory_board(struct ops_memory *m, const struct ops_board *b)
{
	m->board = b;
}

static void touch(struct ops_memory *m, uint64_t pa, size_t len)
{
	uint64_t page = pa / FFA_PAGE_SIZE;
	uint64_t end = (pa + (len ? len : 1) - 1) / FFA_PAGE_SIZE;

	for (; page <= end; page++) {
		if (m->touched[page / 8] & 1u << page % 8)
			continue;
		m->touched[page / 8] |= (uint8_t)(1u << page % 8);
		if (m->count < MOST)
			m->page[m->count] = (uint32_t)page;
		m->count++;
	}
}

void ops_memory_reset(struct ops_memory *m)
{
	m->ever += m->count;
	if (m->count > MOST || m->ever > 64 * MOST) {
		/* the kernel forgets, and gives zeros again */
		madvise(m->host, size, MADV_DONTNEED);
		memset(m->touched, 0, sizeof(m->touched));
		m->ever = 0;
	} else {
		for (unsigned int i = 0; i < m->count; i++) {
			uint32_t page = m->page[i];

			memset(m->host + (size_t)page * FFA_PAGE_SIZE, 0,
			       FFA_PAGE_SIZE);
			m->touched[page / 8] &= (uint8_t)~(1u << page % 8);
		}
	}
	m->count = 0;
}

/* The region that holds `pa`, or NULL. */
static const struct spmc_region *find(const struct ops_board *b, uint64_t pa)
{
	unsigned int lo = 0, hi = b->config.region_count;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;
		const struct spmc_region *r = &b->regions[mid];

		if (pa < r->base)
			hi = mid;
		else if (pa - r->base >= r->pages * FFA_PAGE_SIZE)
			lo = mid + 1;
		else
			return r;
	}
	return NULL;
}

/* All of it is in regions that follow each other and have these attributes. */
static bool alike(const struct ops_board *b, const struct spmc_region *r,
		  uint64_t end)
{
	const struct spmc_region *last = &b->regions[b->config.region_count];
	uint16_t attrs = r->attrs;
	uint64_t to = r->base + r->pages * FFA_PAGE_SIZE;

	while (to < end) {
		r++;
		if (r == last || r->base != to || r->attrs != attrs)
			return false;
		to += r->pages * FFA_PAGE_SIZE;
	}
	return true;
}

static void *at(struct ops_memory *m, uint64_t pa, size_t len,
		const struct spmc_region *r)
{
	if (len > LARGEST || !alike(m->board, r, pa + len))
		return NULL;
	touch(m, pa, len);
	return m->host + pa;
}

void *ops_memory_map(void *ctx, uint64_t pa, size_t len, bool secure)
{
	struct ops_memory *m = ctx;
	const struct spmc_region *r = find(m->board, pa);

	if (!r || r->attrs & SPMC_REGION_DEVICE ||
	    !(r->attrs & SPMC_REGION_SECURE) == secure)
		return NULL;
	return at(m, pa, len, r);
}

void *ops_memory_at(struct ops_memory *m, uint64_t pa, size_t len)
{
	const struct spmc_region *r = find(m->board, pa);

	if (!r || r->attrs & SPMC_REGION_DEVICE)
		return NULL;
	return at(m, pa, len, r);
}

static int by_page(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Of pages that are not zero, whether touched or not. */
uint64_t ops_memory_hash(const struct ops_memory *m, uint64_t h)
{
	static uint32_t page[MOST];
	unsigned int n = m->count < MOST ? m->count : MOST;

	memcpy(page, m->page, n * sizeof(*page));
	qsort(page, n, sizeof(*page), by_page);
	for (unsigned int i = 0; i < n; i++) {
		const uint64_t *w = (const uint64_t *)(const void *)
			(m->host + (size_t)page[i] * FFA_PAGE_SIZE);

		for (unsigned int k = 0; k < FFA_PAGE_SIZE / 8; k++) {
			if (!w[k])
				continue;
			h ^= w[k] + ((uint64_t)page[i] << 20) + k;
			h *= 0x9e3779b97f4a7c15u;
			h ^= h >> 29;
		}
	}
	return h;
}
