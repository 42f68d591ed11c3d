/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which file a page is in. At first all pages are where memory.c has them,
 * which nobody else ever gets. A page that a client maps moves to a file that
 * goes to those who may access it, and on when that changes:
 *
 *	not in a transaction	together with pages of the same rights
 *	in a transaction	together with pages of that transaction, so that
 *				who retrieves it finds it where it is
 *	nobody's who is played	home
 *
 * Whoever has an old file mapped sees zeros there, and is told by `maps`.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve_priv.h"

enum {
	FILES = 4096,		/* at most, of all clients */
	PAGES = 1 << 18,	/* likewise */
	ANSWER_PAGES = 1 << 14,	/* of one answer */
};

/* Pages with equal keys may be in one file. */
struct mem_key {
	uint64_t handle;
	bool shared;		/* in the transaction `handle` */
	uint8_t rights[SPMC_MAX_ENDPOINTS];	/* else: of each endpoint */
};

struct mem_file {
	uint64_t pa;		/* that offset 0 was made for */
	unsigned int pages, live;	/* live: still in it */
	int fd, read_only;	/* -1 until somebody wants it */
	uint64_t holders;	/* endpoints that got it, as a mask */
	struct mem_key key;
};

static void drop_page(struct serve *s, struct mem_file *f)
{
	if (--f->live)
		return;
	s->files--;
	close(f->fd);
	if (f->read_only >= 0)
		close(f->read_only);
	g_free(f);
}

static struct mem_file *file_of(const struct serve *s, uint64_t pa)
{
	return g_hash_table_lookup(s->pages, &pa);
}

/* False if no endpoint that is played may access the page. */
static bool key_of(const struct serve *s, uint64_t pa, struct mem_key *k)
{
	const struct spmc *spmc = machine_spmc(s->open.machine);
	bool any = false;

	memset(k, 0, sizeof(*k));
	for (unsigned int i = 0; i < spmc_endpoint_count(spmc); i++) {
		if (!cpu_is_played(s, i))
			continue;
		k->rights[i] = (uint8_t)spmc_access(spmc, i, pa);
		any |= k->rights[i];
	}
	/* with one player there is nobody to keep apart */
	k->shared = s->players > 1 && spmc_shared(spmc, pa, &k->handle);
	if (k->shared)
		memset(k->rights, 0, sizeof(k->rights));
	else
		k->handle = 0;
	return any;
}

static bool same(const struct mem_key *a, const struct mem_key *b)
{
	return a->shared == b->shared && a->handle == b->handle &&
	       !memcmp(a->rights, b->rights, sizeof(a->rights));
}

/*
 * Nobody may make the file shorter under us, nor open it again by its name
 * but our own user.
 */
static int new_file(size_t len)
{
	int fd = memfd_create("ffasim", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (!fchmod(fd, 0600) && !ftruncate(fd, (off_t)len) &&
	    !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	close(fd);
	return -1;
}

void mem_changed(struct serve *s, uint64_t endpoints)
{
	for (guint i = 0; i < s->clients->len; i++) {
		struct client *c = s->clients->pdata[i];

		c->maps += c->hello && endpoints >> c->endpoint & 1;
	}
}

/* Pages leave the files that they are in. */
static void forget(struct serve *s, uint64_t pa, unsigned int pages)
{
	for (; pages--; pa += FFA_PAGE_SIZE) {
		struct mem_file *f = file_of(s, pa);

		if (!f)
			continue;
		mem_changed(s, f->holders);
		g_hash_table_remove(s->pages, &pa);
		drop_page(s, f);
	}
}

static bool go_home(struct serve *s, uint64_t pa, unsigned int pages)
{
	struct memory *m = machine_memory(s->open.machine);

	if (!memory_move(m, pa, (size_t)pages * FFA_PAGE_SIZE, -1, 0))
		return false;
	forget(s, pa, pages);
	return true;
}

/* Moves pages to a new file. */
static bool place(struct serve *s, uint64_t pa, unsigned int pages,
		  const struct mem_key *key)
{
	struct memory *m = machine_memory(s->open.machine);
	size_t len = (size_t)pages * FFA_PAGE_SIZE;
	struct mem_file *f;
	int fd = new_file(len);

	if (fd < 0)
		return false;
	if (!memory_move(m, pa, len, fd, 0)) {
		close(fd);
		return false;
	}
	forget(s, pa, pages);
	s->files++;
	f = g_new0(struct mem_file, 1);
	*f = (struct mem_file){
		.pa = pa, .pages = pages, .live = pages, .fd = fd,
		.read_only = -1, .key = *key,
	};
	for (; pages--; pa += FFA_PAGE_SIZE)
		g_hash_table_insert(s->pages, g_memdup2(&pa, sizeof(pa)), f);
	return true;
}

/* -- asked for ------------------------------------------------------------- */

static bool may(const struct serve *s, unsigned int endpoint, uint64_t pa,
		bool secure)
{
	return spmc_access(machine_spmc(s->open.machine), endpoint, pa) &&
	       machine_map(s->open.machine, pa, FFA_PAGE_SIZE, secure);
}

/* The pages from `pa` on that are nowhere yet and alike get a file. */
static bool place_some(struct serve *s, unsigned int endpoint, uint64_t pa,
		       unsigned int pages, bool secure, const char **why)
{
	const struct memory_range *range =
		memory_range(machine_memory(s->open.machine), pa);
	struct mem_key key, next;
	unsigned int n = 1;

	*why = "too many pages, or files, of guest memory are mapped";
	if (s->files >= FILES)
		return false;
	key_of(s, pa, &key);
	for (; n < pages; n++) {
		uint64_t at = pa + (uint64_t)n * FFA_PAGE_SIZE;

		if (at - range->base >= range->size || file_of(s, at) ||
		    !may(s, endpoint, at, secure) || !key_of(s, at, &next) ||
		    !same(&key, &next))
			break;
	}
	if (g_hash_table_size(s->pages) + n > PAGES)
		return false;
	*why = "the server has no file for it";
	return place(s, pa, n, &key);
}

static int file_for(struct mem_file *f, unsigned int rights)
{
	char path[32];

	if (rights & SPMC_ACCESS_WRITE)
		return f->fd;
	if (f->read_only < 0) {
		g_snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
		f->read_only = open(path, O_RDONLY | O_CLOEXEC);
	}
	return f->read_only;
}

/* Where in its file a page is: files are never repacked. */
static uint64_t offset_in(const struct mem_file *f, uint64_t pa)
{
	return pa - f->pa;
}

/* Adds a page to the runs; false if the answer is full. */
static bool add(struct serve *s, unsigned int endpoint, uint64_t pa,
		struct wire_run *runs, int *fds, unsigned int *n)
{
	unsigned int rights = spmc_access(machine_spmc(s->open.machine),
					  endpoint, pa);
	struct mem_file *f = file_of(s, pa);
	struct wire_run *last = *n ? &runs[*n - 1] : NULL;
	int fd = file_for(f, rights);

	if (fd < 0)
		return false;
	rights = WIRE_READ | (rights & SPMC_ACCESS_WRITE ? WIRE_WRITE : 0);
	if (last && fds[*n - 1] == fd) {
		last->len += FFA_PAGE_SIZE;
		return true;
	}
	if (*n == WIRE_RUNS)
		return false;
	f->holders |= (uint64_t)1 << endpoint;
	runs[*n] = (struct wire_run){ pa, FFA_PAGE_SIZE, offset_in(f, pa),
				      rights };
	fds[(*n)++] = fd;
	return true;
}

unsigned int mem_map(struct serve *s, unsigned int endpoint,
		     const struct wire_map *m, struct wire_run *runs, int *fds,
		     enum wire_status *status, const char **why)
{
	uint64_t pages = m->len / FFA_PAGE_SIZE;
	unsigned int n = 0;

	*status = WIRE_NOT_YOURS;
	*why = "address and length are multiples of 4096, and not zero";
	if ((m->pa | m->len) % FFA_PAGE_SIZE || !m->len)
		return 0;
	*why = "the endpoint may not access this, or it is no RAM of that "
	       "world";
	for (uint64_t i = 0; i < pages && i < ANSWER_PAGES; i++) {
		uint64_t pa = m->pa + i * FFA_PAGE_SIZE;
		uint64_t left = MIN(pages, ANSWER_PAGES) - i;

		if (pa < m->pa || !may(s, endpoint, pa, m->secure))
			break;
		if (!file_of(s, pa) &&
		    !place_some(s, endpoint, pa, (unsigned int)left,
				m->secure, why)) {
			*status = WIRE_LIMIT;
			break;
		}
		if (!add(s, endpoint, pa, runs, fds, &n))
			break;
	}
	return n;
}

/* -- moving ---------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* All pages that clients have, by address. */
static GArray *all_pages(const struct serve *s)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	GHashTableIter iter;
	uint64_t *pa;

	g_hash_table_iter_init(&iter, s->pages);
	while (g_hash_table_iter_next(&iter, (gpointer *)&pa, NULL))
		g_array_append_val(list, *pa);
	g_array_sort(list, compare);
	return list;
}

void mem_update(struct serve *s)
{
	g_autoptr(GArray) list = NULL;
	guint i = 0, n;

	s->mem_dirty = false;
	if (!g_hash_table_size(s->pages))
		return;
	list = all_pages(s);
	for (; i < list->len; i += n) {
		uint64_t pa = g_array_index(list, uint64_t, i);
		struct mem_file *f = file_of(s, pa);
		struct mem_key key, next;
		bool any = key_of(s, pa, &key);

		n = 1;
		if (any && same(&key, &f->key))
			continue;
		for (; i + n < list->len; n++) {
			uint64_t at = g_array_index(list, uint64_t, i + n);

			if (at != pa + (uint64_t)n * FFA_PAGE_SIZE ||
			    file_of(s, at) != f ||
			    key_of(s, at, &next) != any || !same(&key, &next))
				break;
		}
		/* without a file it goes where nobody can see it */
		if (!any || !place(s, pa, n, &key))
			go_home(s, pa, n);
	}
}

void mem_init(struct serve *s)
{
	s->pages = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
					 NULL);
}

void mem_free(struct serve *s)
{
	g_autoptr(GArray) list = all_pages(s);

	for (guint i = 0; i < list->len; i++)
		go_home(s, g_array_index(list, uint64_t, i), 1);
	g_hash_table_unref(s->pages);
}
