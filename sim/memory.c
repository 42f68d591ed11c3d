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
};

struct memory {
	unsigned int count, last;	/* last: the bank that was found last */
	struct bank banks[];		/* by address */
};

struct extent {
	struct extent *next;
	unsigned int bank;
	uint64_t offset;	/* from the bank's base */
	size_t len;
	uint8_t data[];
};

struct memory_image {
	struct extent *first;
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
	}
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

/* Makes the file and its mapping. */
static bool populate(struct bank *b)
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
	return true;
}

void *memory_at(struct memory *m, uint64_t pa, size_t len, bool secure)
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
	if (!b->host && !populate(b))
		return NULL;
	return b->host + (pa - b->range.base);
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

	if (!b || (!b->host && !populate(b)))
		return -1;
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
	if (b->fd >= 0 && populate(b))
		return true;
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	b->offset = 0;
	return false;
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

struct memory_image *memory_save(struct memory *m)
{
	struct memory_image *image = g_new0(struct memory_image, 1);

	for (unsigned int i = 0; i < m->count; i++) {
		struct bank *b = &m->banks[i];
		uint64_t from = 0, to;

		for (; data(b, &from, &to); from = to) {
			struct extent *e;

			e = g_malloc(sizeof(*e) + (to - from));
			e->bank = i;
			e->offset = from;
			e->len = to - from;
			memcpy(e->data, b->host + from, e->len);
			e->next = image->first;
			image->first = e;
		}
	}
	return image;
}

void memory_restore(struct memory *m, const struct memory_image *image)
{
	for (unsigned int i = 0; i < m->count; i++) {
		struct bank *b = &m->banks[i];
		uint64_t from = 0, to;

		for (; data(b, &from, &to); from = to)
			if (fallocate(b->fd, FALLOC_FL_PUNCH_HOLE |
				      FALLOC_FL_KEEP_SIZE,
				      b->offset + from, to - from) < 0)
				memset(b->host + from, 0, to - from);
	}
	for (struct extent *e = image->first; e; e = e->next)
		memcpy(m->banks[e->bank].host + e->offset, e->data, e->len);
}

void memory_image_free(struct memory_image *image)
{
	struct extent *e, *next;

	if (!image)
		return;
	for (e = image->first; e; e = next) {
		next = e->next;
		g_free(e);
	}
	g_free(image);
}
