/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "spmc.h"

struct bank {
	struct memory_range range;
	uint8_t *host;		/* NULL until touched */
	int fd;			/* -1 likewise */
	uint64_t offset;	/* of the range in fd */
	uint8_t *marks;		/* a bit for each line; NULL: not tracked */
};

enum {
	LINE = 256,
	DIRTY = 4096,		/* lines, beyond which all are looked at */
};

#ifdef __SANITIZE_ADDRESS__
enum { VERIFY = 1 };
#else
enum { VERIFY = 0 };
#endif

struct dirty {
	uint32_t bank, line;
};

/* Where a page is that memory_move() took away. */
struct away {
	uint64_t pa;
	int fd;
	uint64_t offset;
};

struct memory {
	GHashTable *away;	/* pa -> struct away; NULL: none yet */
	unsigned int count, last;	/* last: the bank that was found last */
	/* memory is as this image of ours, but for the dirty lines */
	uint64_t clean, images;	/* its number, 0: none; how many there were */
	bool shared;		/* others may write */
	unsigned int dirty_count;	/* may be above DIRTY */
	struct dirty *dirty;	/* [DIRTY] */
	struct bank banks[];		/* by address */
};

struct extent {
	unsigned int bank;
	uint64_t offset;	/* from the bank's base */
	size_t len;
	uint8_t *data;
};

struct memory_image {
	const struct memory *of;
	uint64_t number, hash;
	GArray *extents;	/* struct extent, by bank and offset */
};

static int compare(const void *a, const void *b)
{
	const struct bank *p = a, *q = b;

	return (p->range.base > q->range.base) -
	       (p->range.base < q->range.base);
}

struct memory *memory_new(const struct memory_range *ranges, unsigned int n,
			  const char **error)
{
	struct memory *m = g_malloc0(sizeof(*m) + n * sizeof(m->banks[0]));
	unsigned int i;

	m->count = n;
	*error = NULL;
	for (i = 0; i < n; i++) {
		m->banks[i].range = ranges[i];
		m->banks[i].fd = -1;
		if ((ranges[i].base | ranges[i].size) % FFA_PAGE_SIZE)
			*error = "a memory range is not page aligned";
		else if (!ranges[i].size ||
			 ranges[i].base + (ranges[i].size - 1) < ranges[i].base)
			*error = "a memory range is empty or wraps";
	}
	if (n)
		qsort(m->banks, n, sizeof(m->banks[0]), compare);
	for (i = 1; i < n && !*error; i++)
		if (m->banks[i].range.base - m->banks[i - 1].range.base <
		    m->banks[i - 1].range.size)
			*error = "two memory ranges overlap";
	if (*error) {
		memory_free(m);
		return NULL;
	}
	return m;
}

void memory_free(struct memory *m)
{
	if (!m)
		return;
	for (unsigned int i = 0; i < m->count; i++) {
		struct bank *b = &m->banks[i];

		if (b->host)
			munmap(b->host, b->range.size);
		if (b->fd >= 0)
			close(b->fd);
		g_free(b->marks);
	}
	if (m->away)
		g_hash_table_unref(m->away);
	g_free(m->dirty);
	g_free(m);
}

static bool inside(const struct bank *b, uint64_t pa)
{
	return pa - b->range.base < b->range.size;
}

static struct bank *find(const struct memory *m, uint64_t pa)
{
	unsigned int lo = 0, hi = m->count;

	while (lo < hi) {
		unsigned int mid = lo + (hi - lo) / 2;

		if (inside(&m->banks[mid], pa))
			return (struct bank *)&m->banks[mid];
		if (m->banks[mid].range.base > pa)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static void track(struct bank *b)
{
	if (!b->marks)
		b->marks = g_malloc0(b->range.size / LINE / 8);
}

/* Makes the file and its mapping. */
static bool populate(struct memory *m, struct bank *b)
{
	void *host;

	if (b->fd < 0) {
		b->fd = memfd_create("ffasim", MFD_CLOEXEC);
		if (b->fd < 0)
			return false;
		if (ftruncate(b->fd, b->range.size) < 0) {
			close(b->fd);
			b->fd = -1;
			return false;
		}
	}
	host = mmap(NULL, b->range.size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_NORESERVE, b->fd, b->offset);
	if (host == MAP_FAILED)
		return false;
	b->host = host;
	if (m->clean)
		track(b);
	return true;
}

/* Lines that may be written now. */
static void mark(struct memory *m, struct bank *b, uint64_t offset,
		 size_t len)
{
	uint64_t line = offset / LINE, end = (offset + len - 1) / LINE;

	for (; line <= end; line++) {
		if (b->marks[line / 8] & 1u << line % 8)
			continue;
		b->marks[line / 8] |= (uint8_t)(1u << line % 8);
		if (m->dirty_count < DIRTY)
			m->dirty[m->dirty_count] = (struct dirty){
				(uint32_t)(b - m->banks), (uint32_t)line,
			};
		m->dirty_count++;
	}
}

static struct bank *ram(struct memory *m, uint64_t pa, size_t len,
			bool secure)
{
	struct bank *b = NULL;

	if (m->last < m->count && inside(&m->banks[m->last], pa))
		b = &m->banks[m->last];
	else
		b = find(m, pa);
	if (!b || b->range.attrs & SPMC_REGION_DEVICE ||
	    !!(b->range.attrs & SPMC_REGION_SECURE) != secure ||
	    (len ? len : 1) > b->range.size - (pa - b->range.base))
		return NULL;
	m->last = b - m->banks;
	return b->host || populate(m, b) ? b : NULL;
}

void *memory_at(struct memory *m, uint64_t pa, size_t len, bool secure)
{
	struct bank *b = ram(m, pa, len, secure);

	if (!b)
		return NULL;
	if (m->clean)
		mark(m, b, pa - b->range.base, len ? len : 1);
	return b->host + (pa - b->range.base);
}

const void *memory_peek(struct memory *m, uint64_t pa, size_t len,
			bool secure)
{
	const struct bank *b = ram(m, pa, len, secure);

	return b ? b->host + (pa - b->range.base) : NULL;
}

const struct memory_range *memory_range(const struct memory *m, uint64_t pa)
{
	struct bank *b = find(m, pa);

	return b ? &b->range : NULL;
}

static struct bank *starts(struct memory *m, uint64_t base)
{
	struct bank *b = find(m, base);

	if (!b || b->range.base != base ||
	    b->range.attrs & SPMC_REGION_DEVICE) {
		errno = ENOENT;
		return NULL;
	}
	return b;
}

int memory_fd(struct memory *m, uint64_t base)
{
	struct bank *b = starts(m, base);

	if (!b || (!b->host && !populate(m, b)))
		return -1;
	m->shared = true;
	return b->fd;
}

bool memory_adopt(struct memory *m, uint64_t base, int fd, uint64_t offset)
{
	struct bank *b = starts(m, base);
	struct stat st;

	if (!b)
		return false;
	if (b->host) {
		errno = EBUSY;
		return false;
	}
	if (fstat(fd, &st) < 0)
		return false;
	if ((uint64_t)st.st_size < offset ||
	    (uint64_t)st.st_size - offset < b->range.size) {
		errno = ENOSPC;
		return false;
	}
	b->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	b->offset = offset;
	if (b->fd >= 0 && populate(m, b)) {
		m->shared = true;
		return true;
	}
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	b->offset = 0;
	return false;
}

/* Zeroes what is left behind. */
static void leave(int fd, uint64_t offset, size_t len)
{
	void *p;

	if (!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
		       len))
		return;
	p = mmap(NULL, len, PROT_WRITE, MAP_SHARED, fd, offset);
	if (p == MAP_FAILED)
		return;
	memset(p, 0, len);
	munmap(p, len);
}

static void note_away(struct memory *m, uint64_t pa, int fd, uint64_t offset)
{
	struct away *a;

	if (fd < 0) {
		g_hash_table_remove(m->away, &pa);
		return;
	}
	a = g_new(struct away, 1);
	*a = (struct away){ pa, fd, offset };
	g_hash_table_replace(m->away, &a->pa, a);
}

bool memory_move(struct memory *m, uint64_t pa, size_t len, int fd,
		 uint64_t offset)
{
	struct bank *b = find(m, pa);
	g_autofree uint8_t *data = NULL;
	uint8_t *host;

	if (!b || !len || (pa | len | offset) % FFA_PAGE_SIZE ||
	    b->range.attrs & SPMC_REGION_DEVICE ||
	    len > b->range.size - (pa - b->range.base)) {
		errno = EINVAL;
		return false;
	}
	if (!b->host && !populate(m, b))
		return false;
	m->shared = true;
	if (!m->away)
		m->away = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						NULL, g_free);
	host = b->host + (pa - b->range.base);
	data = g_memdup2(host, len);
	if (mmap(host, len, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd < 0 ? b->fd : fd,
		 fd < 0 ? b->offset + (pa - b->range.base) : offset) ==
	    MAP_FAILED)
		return false;
	for (size_t at = 0; at < len; at += FFA_PAGE_SIZE) {
		uint64_t page = pa + at;
		const struct away *a = g_hash_table_lookup(m->away, &page);

		if (a)
			leave(a->fd, a->offset, FFA_PAGE_SIZE);
		else
			leave(b->fd, b->offset + (page - b->range.base),
			      FFA_PAGE_SIZE);
		note_away(m, page, fd, offset + at);
	}
	memcpy(host, data, len);
	return true;
}

/*
 * The next part of a bank that was ever written, from *from on; false when
 * there is none. File systems that do not tell have one part: everything.
 */
static bool data(const struct bank *b, uint64_t *from, uint64_t *to)
{
	off_t start, end;

	if (!b->host || *from >= b->range.size)
		return false;
	start = lseek(b->fd, b->offset + *from, SEEK_DATA);
	if (start < 0) {
		if (errno == ENXIO)
			return false;
		*to = b->range.size;
		return true;
	}
	if ((uint64_t)start - b->offset >= b->range.size)
		return false;
	end = lseek(b->fd, start, SEEK_HOLE);
	*from = start - b->offset;
	*to = end < 0 ? b->range.size : end - b->offset;
	if (*to > b->range.size)
		*to = b->range.size;
	return true;
}

static void keep(struct memory_image *image, unsigned int bank,
		 uint64_t offset, const uint8_t *bytes, size_t len)
{
	const struct extent e = { bank, offset, len, g_memdup2(bytes, len) };

	g_array_append_val(image->extents, e);
}

struct memory_image *memory_image_new(void)
{
	struct memory_image *image = g_new0(struct memory_image, 1);

	image->extents = g_array_new(FALSE, FALSE, sizeof(struct extent));
	return image;
}

bool memory_image_put(struct memory *m, struct memory_image *image,
		      uint64_t pa, const uint8_t *bytes, size_t len)
{
	struct bank *b = find(m, pa);

	if (!b || b->range.attrs & SPMC_REGION_DEVICE || !len ||
	    len > b->range.size - (pa - b->range.base) ||
	    (!b->host && !populate(m, b)))
		return false;
	keep(image, (unsigned int)(b - m->banks), pa - b->range.base, bytes,
	     len);
	return true;
}

void memory_image_each(const struct memory *m,
		       const struct memory_image *image,
		       void (*piece)(void *ctx, uint64_t pa,
				     const uint8_t *bytes, size_t len),
		       void *ctx)
{
	for (unsigned int i = 0; i < image->extents->len; i++) {
		const struct extent *e = &g_array_index(image->extents,
							struct extent, i);

		piece(ctx, m->banks[e->bank].range.base + e->offset, e->data,
		      e->len);
	}
}

/* Of all that is not zero: pages that were never written are no different. */
static uint64_t hash(const struct memory *m)
{
	uint64_t h = 0;

	for (unsigned int i = 0; i < m->count; i++) {
		const struct bank *b = &m->banks[i];
		uint64_t from = 0, to;

		for (; data(b, &from, &to); from = to)
			for (uint64_t at = from; at < to; at += 8) {
				uint64_t word;

				memcpy(&word, b->host + at, sizeof(word));
				if (!word)
					continue;
				h = (h ^ word) * 0x9e3779b97f4a7c15;
				h = (h ^ at ^ i) * 0x9e3779b97f4a7c15;
				h ^= h >> 29;
			}
	}
	return h;
}

/* From now on memory is as the image, and what differs is noted. */
static void begin(struct memory *m, const struct memory_image *image)
{
	for (unsigned int i = 0; m->dirty && i < MIN(m->dirty_count, DIRTY);
	     i++) {
		const struct dirty *d = &m->dirty[i];

		m->banks[d->bank].marks[d->line / 8] = 0;
	}
	for (unsigned int i = 0; i < m->count; i++) {
		struct bank *b = &m->banks[i];

		if (m->dirty_count > DIRTY && b->marks)
			memset(b->marks, 0, b->range.size / LINE / 8);
		if (b->host)
			track(b);
	}
	if (!m->dirty)
		m->dirty = g_new(struct dirty, DIRTY);
	m->dirty_count = 0;
	m->clean = image->number;
}

struct memory_image *memory_save(struct memory *m)
{
	struct memory_image *image = memory_image_new();
	GHashTableIter iter;
	struct away *a;

	image->of = m;
	image->number = ++m->images;
	for (unsigned int i = 0; i < m->count; i++) {
		uint64_t from = 0, to;

		for (; data(&m->banks[i], &from, &to); from = to)
			keep(image, i, from, m->banks[i].host + from,
			     to - from);
	}
	if (m->away) {
		/* where they were is a hole */
		g_hash_table_iter_init(&iter, m->away);
		while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&a)) {
			const struct bank *b = find(m, a->pa);
			uint64_t at = a->pa - b->range.base;

			keep(image, (unsigned int)(b - m->banks), at,
			     b->host + at, FFA_PAGE_SIZE);
		}
	}
	if (VERIFY)
		image->hash = hash(m);
	begin(m, image);
	return image;
}

static const struct extent *extent_at(const struct memory_image *image,
				      unsigned int bank, uint64_t offset)
{
	unsigned int lo = 0, hi = image->extents->len;

	while (lo < hi) {
		unsigned int mid = lo + (hi - lo) / 2;
		const struct extent *e = &g_array_index(image->extents,
							struct extent, mid);

		if (e->bank > bank || (e->bank == bank && e->offset > offset))
			hi = mid;
		else if (e->bank < bank || offset - e->offset >= e->len)
			lo = mid + 1;
		else
			return e;
	}
	return NULL;
}

/* The lines that may have been written are as in the image again. */
static void restore_lines(struct memory *m, const struct memory_image *image)
{
	const struct extent *e = NULL;

	for (unsigned int i = 0; i < m->dirty_count; i++) {
		const struct dirty *d = &m->dirty[i];
		struct bank *b = &m->banks[d->bank];
		uint64_t offset = (uint64_t)d->line * LINE;

		/* mostly the same one */
		if (!e || e->bank != d->bank || offset < e->offset ||
		    offset - e->offset >= e->len)
			e = extent_at(image, d->bank, offset);
		if (e)
			memcpy(b->host + offset, e->data + offset - e->offset,
			       LINE);
		else
			memset(b->host + offset, 0, LINE);
		b->marks[d->line / 8] = 0;
	}
	m->dirty_count = 0;
	if (VERIFY)
		g_assert(hash(m) == image->hash);
}

static void clear_page(struct memory *m, uint64_t pa)
{
	struct bank *b = find(m, pa);

	memset(b->host + (pa - b->range.base), 0, FFA_PAGE_SIZE);
}

static void restore_all(struct memory *m, const struct memory_image *image)
{
	GHashTableIter iter;
	struct away *a;

	for (unsigned int i = 0; i < m->count; i++) {
		struct bank *b = &m->banks[i];
		uint64_t from = 0, to;

		for (; data(b, &from, &to); from = to)
			if (fallocate(b->fd, FALLOC_FL_PUNCH_HOLE |
				      FALLOC_FL_KEEP_SIZE,
				      b->offset + from, to - from) < 0)
				memset(b->host + from, 0, to - from);
	}
	if (m->away) {
		g_hash_table_iter_init(&iter, m->away);
		while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&a))
			clear_page(m, a->pa);
	}
	for (unsigned int i = 0; i < image->extents->len; i++) {
		const struct extent *e = &g_array_index(image->extents,
							struct extent, i);

		memcpy(m->banks[e->bank].host + e->offset, e->data, e->len);
	}
	begin(m, image);
}

void memory_restore(struct memory *m, const struct memory_image *image)
{
	if (image->of == m && image->number == m->clean && !m->shared &&
	    m->dirty_count <= DIRTY)
		restore_lines(m, image);
	else
		restore_all(m, image);
}

void memory_image_free(struct memory_image *image)
{
	if (!image)
		return;
	for (unsigned int i = 0; i < image->extents->len; i++)
		g_free(g_array_index(image->extents, struct extent, i).data);
	g_array_unref(image->extents);
	g_free(image);
}
