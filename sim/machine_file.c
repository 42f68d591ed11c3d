/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A snapshot as bytes: a head, then stretches of the SPMC's block and of
 * memory that are not zero, page by page and in order, so that equal machines
 * have equal bytes. It is for the program that wrote it.
 */
#include <string.h>

#include "conduit/inject.h"
#include "machine_priv.h"

enum { PAGE = FFA_PAGE_SIZE };

struct head {
	char magic[16];
	uint64_t board;		/* what it is a machine of */
	uint64_t sum;		/* of all behind the head */
	uint64_t len;		/* likewise */
	uint64_t time, random;
	uint32_t injections, ecs, block_pages, memory_pages;
	uint64_t extra;
};
static const char magic[16] = "ffasim state 1\n";

/* FNV-1a, a word at a time. */
static uint64_t sum(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = (h ^ word) * 0x100000001b3;
		h ^= h >> 29;
	}
	for (; len; len--)
		h = (h ^ *p++) * 0x100000001b3;
	return h;
}

enum { SEED = (int)0x811c9dc5 };

/* What must be the same: the configuration as the block has it, and sizes. */
static uint64_t board_of(const struct machine *m)
{
	uint64_t h = sum((uint32_t)SEED, &m->size, sizeof(m->size));
	const size_t parts[] = { sizeof(struct parked), m->ecs, m->endpoints,
				 m->cpus, machine_save_code(m, NULL) };

	h = sum(h, parts, sizeof(parts));
	for (unsigned int i = 0; i < m->endpoints; i++)
		h = sum(h, spmc_endpoint(m->spmc, i),
			sizeof(struct spmc_endpoint_config));
	return h;
}

static bool is_zero(const uint8_t *p, size_t len)
{
	return !*p && !memcmp(p, p + 1, len - 1);
}

/* -- writing ------------------------------------------------------------------ */

struct page {
	uint64_t pa;
	const uint8_t *data;
};

static void add_piece(void *ctx, uint64_t pa, const uint8_t *data, size_t len)
{
	GArray *pages = ctx;

	for (size_t at = 0; at < len; at += PAGE) {
		struct page p = { pa + at, data + at };

		if (!is_zero(p.data, PAGE))
			g_array_append_val(pages, p);
	}
}

static int compare(const void *a, const void *b)
{
	const struct page *p = a, *q = b;

	return (p->pa > q->pa) - (p->pa < q->pa);
}

/* The pages of memory that are not zero, by address, each once. */
static GArray *pages_of(const struct machine *m,
			const struct machine_image *image)
{
	GArray *pages = g_array_new(FALSE, FALSE, sizeof(struct page));
	guint kept = 0;

	memory_image_each(m->memory, image->memory, add_piece, pages);
	g_array_sort(pages, compare);
	for (guint i = 0; i < pages->len; i++) {
		struct page *p = &g_array_index(pages, struct page, i);

		if (!kept || p[0].pa != g_array_index(pages, struct page,
						      kept - 1).pa)
			g_array_index(pages, struct page, kept++) = *p;
	}
	g_array_set_size(pages, kept);
	return pages;
}

static void put(GByteArray *to, const void *data, size_t len)
{
	if (len)
		g_byte_array_append(to, data, (guint)len);
}

static uint32_t put_block(GByteArray *to, const struct machine *m,
			  const uint8_t *block)
{
	uint32_t n = 0;

	for (size_t at = 0; at < m->size; at += PAGE) {
		size_t len = MIN((size_t)PAGE, m->size - at);
		const uint64_t where = at;

		if (is_zero(block + at, len))
			continue;
		put(to, &where, sizeof(where));
		put(to, block + at, len);
		n++;
	}
	return n;
}

uint8_t *machine_write(struct machine *m, const struct machine_image *image,
		       const uint8_t *extra, size_t more, size_t *len)
{
	g_autoptr(GArray) pages = pages_of(m, image);
	GByteArray *to = g_byte_array_new();
	struct head h = {
		.board = board_of(m), .time = image->time,
		.random = image->random, .ecs = m->ecs,
		.injections = image->injection_count,
		.memory_pages = pages->len, .extra = more,
	};

	memcpy(h.magic, magic, sizeof(magic));
	put(to, &h, sizeof(h));
	put(to, extra, more);
	put(to, image->injections,
	    h.injections * sizeof(struct inject));
	put(to, image->hung, m->ecs);
	put(to, image->parked, m->ecs * sizeof(struct parked));
	put(to, image->code, machine_save_code(m, NULL));
	h.block_pages = put_block(to, m, image->spmc);
	for (guint i = 0; i < pages->len; i++) {
		const struct page *p = &g_array_index(pages, struct page, i);

		put(to, &p->pa, sizeof(p->pa));
		put(to, p->data, PAGE);
	}
	h.len = to->len - sizeof(h);
	h.sum = sum((uint32_t)SEED, to->data + sizeof(h), h.len);
	memcpy(to->data, &h, sizeof(h));
	*len = to->len;
	return g_byte_array_free(to, FALSE);
}

/* -- reading ------------------------------------------------------------------ */

struct reader {
	const uint8_t *at, *end;
	bool bad;
};

static void get(struct reader *r, void *to, size_t len)
{
	if (r->bad || len > (size_t)(r->end - r->at)) {
		r->bad = true;
		return;
	}
	if (len)
		memcpy(to, r->at, len);
	r->at += len;
}

static void get_block(struct reader *r, const struct machine *m,
		      const struct head *h, uint8_t *block)
{
	for (uint32_t i = 0; i < h->block_pages && !r->bad; i++) {
		uint64_t at = 0;

		get(r, &at, sizeof(at));
		if (at >= m->size)
			r->bad = true;
		else
			get(r, block + at, MIN((size_t)PAGE, m->size - at));
	}
}

static void get_memory(struct reader *r, struct machine *m,
		       const struct head *h, struct memory_image *image)
{
	for (uint32_t i = 0; i < h->memory_pages && !r->bad; i++) {
		uint8_t page[PAGE];
		uint64_t pa = 0;

		get(r, &pa, sizeof(pa));
		get(r, page, sizeof(page));
		if (!r->bad && !memory_image_put(m->memory, image, pa, page,
						 sizeof(page)))
			r->bad = true;
	}
}

static const char *wrong_head(const struct machine *m, const struct head *h,
			      const uint8_t *data, size_t len, size_t more)
{
	if (len < sizeof(*h) || memcmp(h->magic, magic, sizeof(magic)))
		return "this is no saved state";
	if (h->board != board_of(m) || h->ecs != m->ecs || h->extra != more)
		return "this is the state of another board, or of another "
		       "version of ffasim";
	if (h->len != len - sizeof(*h) ||
	    h->sum != sum((uint32_t)SEED, data + sizeof(*h),
			  len - sizeof(*h)) ||
	    h->injections > len / sizeof(struct inject))
		return "the saved state is damaged";
	return NULL;
}

struct machine_image *machine_read(struct machine *m, const uint8_t *data,
				   size_t len, const uint8_t **extra,
				   size_t more, char **error)
{
	struct reader r = { data, data + len, false };
	struct head h = { .len = 0 };
	size_t code = machine_save_code(m, NULL);
	struct machine_image *i;
	const char *why;

	get(&r, &h, sizeof(h));
	why = wrong_head(m, &h, data, len, more);
	if (why) {
		*error = g_strdup(why);
		return NULL;
	}
	*extra = r.at;
	r.at += MIN(more, (size_t)(r.end - r.at));
	i = g_new0(struct machine_image, 1);
	i->time = h.time;
	i->random = h.random;
	i->injection_count = h.injections;
	i->injections = g_new0(struct inject, h.injections);
	i->hung = g_malloc0(m->ecs);
	i->parked = g_new0(struct parked, m->ecs);
	i->ever_parked = true;
	i->code = g_malloc0(code);
	i->spmc = g_malloc0(m->size);
	i->memory = memory_image_new();
	get(&r, i->injections, h.injections * sizeof(struct inject));
	get(&r, i->hung, m->ecs);
	get(&r, i->parked, m->ecs * sizeof(struct parked));
	get(&r, i->code, code);
	get_block(&r, m, &h, i->spmc);
	get_memory(&r, m, &h, i->memory);
	if (!r.bad && r.at == r.end)
		return i;
	machine_image_free(i);
	*error = g_strdup("the saved state is damaged");
	return NULL;
}

uint64_t machine_memory_hash(struct machine *m)
{
	struct machine_image *image = machine_snapshot(m);
	g_autoptr(GArray) pages = pages_of(m, image);
	uint64_t h = (uint32_t)SEED;

	for (guint i = 0; i < pages->len; i++) {
		const struct page *p = &g_array_index(pages, struct page, i);

		h = sum(h, &p->pa, sizeof(p->pa));
		h = sum(h, p->data, PAGE);
	}
	machine_image_free(image);
	return h;
}
