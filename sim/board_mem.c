/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of a board: who owns which page, and what is behind it. */
#include <string.h>

#include "board_priv.h"
#include "partition.h"
#include "partitions/manifest.h"

/* A stretch of memory; `name` (NULL: nobody declared it) for messages. */
struct stretch {
	uint64_t base, end;
	uint16_t owner, attrs;
	const char *name;
};

static const struct stretch *base_of(const struct board *b, guint i)
{
	return &g_array_index(b->base, struct stretch, i);
}

static void add_base(struct board *b, uint64_t base, uint64_t end,
		     uint16_t attrs)
{
	const struct stretch s = {
		base, end,
		attrs & SPMC_REGION_SECURE ? FFA_ID_SPMC : FFA_ID_NS_PRIMARY,
		attrs, NULL,
	};

	g_array_append_val(b->base, s);
}

void board_default_ranges(struct board *b)
{
	b->base = g_array_new(FALSE, FALSE, sizeof(struct stretch));
	add_base(b, 0x04000000, 0x10000000, SPMC_REGION_SECURE);
	add_base(b, 0x80000000, 0x100000000, 0);
}

void board_core_ranges(struct board *b, const struct manifest *m)
{
	if (!m->core->range_count)
		return;
	g_array_set_size(b->base, 0);
	for (unsigned int i = 0; i < m->core->range_count; i++) {
		const struct manifest_range *r = &m->core->ranges[i];

		add_base(b, r->base, r->base + r->size,
			 (r->secure ? SPMC_REGION_SECURE : 0) |
			 (r->device ? SPMC_REGION_DEVICE : 0));
	}
}

const struct board_mem *board_mem(const struct board *b, const char *name)
{
	for (unsigned int i = 0; i < b->mem_count; i++)
		if (!strcmp(b->mems[i].name, name))
			return &b->mems[i];
	return NULL;
}

static bool holds(const struct board_mem *m, uint64_t pa)
{
	uint64_t page = (pa - m->base) / FFA_PAGE_SIZE;

	return pa >= m->base && page % m->stride == 0 &&
	       page / m->stride < m->pages;
}

const struct board_mem *board_mem_at(const struct board *b, uint64_t pa)
{
	for (unsigned int i = 0; i < b->mem_count; i++)
		if (holds(&b->mems[i], pa))
			return &b->mems[i];
	return NULL;
}

uint64_t board_mem_pa(const struct board_mem *m, uint64_t offset)
{
	return m->base + offset / FFA_PAGE_SIZE * m->stride * FFA_PAGE_SIZE +
	       offset % FFA_PAGE_SIZE;
}

static bool secure_here(const struct board *b, const struct board_mem *m)
{
	for (guint i = 0; i < b->base->len; i++)
		if (m->base >= base_of(b, i)->base &&
		    m->base < base_of(b, i)->end)
			return base_of(b, i)->attrs & SPMC_REGION_SECURE;
	return m->owner & FFA_ID_SECURE;
}

static bool add_mem(struct board *b, const struct ffs_stmt *s,
		    struct board_mem *m, struct ffs_diags *d)
{
	const struct ffs_value *owner = ffs_pos(s, 1), *at = ffs_pos(s, 2);
	const struct ffs_value *size = ffs_pos(s, 3);
	const struct board_part *p;

	m->name = ffs_pos(s, 0)->text;
	m->stmt = s;
	m->stride = 1;
	p = owner->kind == FFS_V_ID ? board_part(b, owner->text) : NULL;
	if (!p && b->partial)
		return false;
	if (!p) {
		ffs_error(d, &owner->loc, NULL, "no part of this name");
		return false;
	}
	m->owner = p->id;
	if (!board_number(b, at, &m->base) || m->base % FFA_PAGE_SIZE) {
		ffs_error(d, &at->loc, NULL,
			  "expected an address that is a multiple of 4K");
		return false;
	}
	if (!board_number(b, size, &m->pages) || !m->pages) {
		ffs_error(d, &size->loc, NULL, "expected a number of pages");
		return false;
	}
	if (board_key_number(b, s, "stride", &m->stride) && !m->stride) {
		ffs_error(d, &ffs_opt(s, "stride")->loc, NULL,
			  "stride is at least 1");
		return false;
	}
	if (m->pages > (UINT64_MAX - m->base) / FFA_PAGE_SIZE / m->stride) {
		ffs_error(d, &size->loc, NULL,
			  "%s does not fit into the address space", m->name);
		return false;
	}
	m->secure = ffs_flag(s, "secure") || secure_here(b, m);
	return true;
}

void board_add_mems(struct board *b, struct ffs_diags *d)
{
	g_autoptr(GPtrArray) bufs = board_gather(b, FFS_W_BUF);
	g_autoptr(GPtrArray) mems = board_gather(b, FFS_W_MEM);

	g_ptr_array_extend(bufs, mems, NULL, NULL);
	b->mems = g_new0(struct board_mem, bufs->len);
	for (guint i = 0; i < bufs->len; i++)
		if (add_mem(b, bufs->pdata[i], &b->mems[b->mem_count], d))
			b->mem_count++;
}

/* -- layers ---------------------------------------------------------------- */

/*
 * Lays `s` over what is in `map` (sorted, not overlapping). Returns a declared
 * stretch that it would contradict, or NULL.
 */
static const char *paint(GArray *map, struct stretch s)
{
	guint i = 0, lo = 0, hi = map->len;

	while (lo < hi) {
		guint mid = (lo + hi) / 2;

		if (g_array_index(map, struct stretch, mid).end <= s.base)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (i = lo; i < map->len;) {
		struct stretch *o = &g_array_index(map, struct stretch, i);
		struct stretch old = *o;

		if (old.base >= s.end)
			break;
		if (old.name && (old.owner != s.owner ||
				 old.attrs != s.attrs))
			return old.name;
		g_array_remove_index(map, i);
		if (old.end > s.end) {
			struct stretch right = old;

			right.base = s.end;
			g_array_insert_val(map, i, right);
		}
		if (old.base < s.base) {
			old.end = s.base;
			g_array_insert_val(map, i, old);
			i++;
		}
	}
	g_array_insert_val(map, i, s);
	return NULL;
}

static void paint_mem(const struct board_mem *m, GArray *map,
		      struct ffs_diags *d)
{
	uint64_t run = m->stride == 1 ? m->pages : 1;
	struct stretch s = {
		.owner = m->owner,
		.attrs = (m->secure ? SPMC_REGION_SECURE : 0) |
			 (ffs_flag(m->stmt, "ro") ? SPMC_REGION_READ_ONLY : 0) |
			 (ffs_flag(m->stmt, "device") ? SPMC_REGION_DEVICE : 0),
		.name = m->name,
	};
	const char *other = NULL;

	for (uint64_t page = 0; page < m->pages && !other; page += run) {
		s.base = m->base + page * m->stride * FFA_PAGE_SIZE;
		s.end = s.base + run * FFA_PAGE_SIZE;
		other = paint(map, s);
	}
	if (other)
		ffs_error(d, &m->stmt->loc, NULL,
			  "%s overlaps %s, which has another owner or kind",
			  m->name, other);
}

static void paint_region(const struct board_part *p, GArray *map,
			 const struct spmc_region *r, struct ffs_diags *d)
{
	const struct stretch s = {
		r->base, r->base + r->pages * FFA_PAGE_SIZE, r->owner,
		r->attrs, p->name,
	};
	const char *other = paint(map, s);

	if (other)
		ffs_error(d, &p->stmt->loc, NULL,
			  "memory of %s at 0x%" G_GINT64_MODIFIER
			  "x overlaps %s, which has another owner or kind",
			  p->name, r->base, other);
}

static void paint_manifest(struct board *b, struct board_part *p,
			   GArray *map, struct ffs_diags *d)
{
	unsigned int n = manifest_to_regions(p->manifest, p->id, NULL, 0);
	g_autofree struct spmc_region *r = g_new0(struct spmc_region, n + 1);
	struct spmc_endpoint_config *e = &b->endpoints[p->index];

	manifest_to_regions(p->manifest, p->id, r, n);
	if (manifest_wants_boot_info(p->manifest)) {
		uint64_t at = b->next_memory;

		p->boot_size = manifest_boot_info(p->manifest, e->version, at,
						  NULL, 0);
		p->boot_blob = g_malloc(p->boot_size);
		manifest_boot_info(p->manifest, e->version, at, p->boot_blob,
				   p->boot_size);
		e->boot_info = at;
		r[n++] = (struct spmc_region){
			.base = at,
			.pages = (p->boot_size + FFA_PAGE_SIZE - 1) /
				 FFA_PAGE_SIZE,
			.owner = p->id,
			.attrs = SPMC_REGION_SECURE,
		};
		b->next_memory += r[n - 1].pages * FFA_PAGE_SIZE;
	}
	for (unsigned int i = 0; i < n; i++)
		paint_region(p, map, &r[i], d);
}

/* Pages that ready-made code asks for. */
static void paint_code(struct board *b, struct board_part *p, GArray *map,
		       struct ffs_diags *d)
{
	const struct partition_ops *ops = p->run ? partition_find(p->run) :
						   NULL;
	const struct spmc_region r = {
		.base = b->next_memory,
		.pages = ops ? partition_pages(ops) : 0,
		.owner = p->id,
		.attrs = SPMC_REGION_SECURE,
	};

	if (!r.pages)
		return;
	p->memory = r.base;
	b->next_memory += r.pages * FFA_PAGE_SIZE;
	paint_region(p, map, &r, d);
}

/* Regions by owner and kind, ranges by kind only: host memory is contiguous. */
static void split(struct board *b, const GArray *map)
{
	b->regions = g_array_new(FALSE, FALSE, sizeof(struct spmc_region));
	b->ranges = g_array_new(FALSE, FALSE, sizeof(struct memory_range));
	for (guint i = 0; i < map->len; i++) {
		const struct stretch *s = &g_array_index(map, struct stretch,
							 i);
		struct spmc_region r = {
			s->base, (s->end - s->base) / FFA_PAGE_SIZE, s->owner,
			s->attrs,
		};
		struct memory_range m = { s->base, s->end - s->base, s->attrs };
		struct spmc_region *lr = b->regions->len ?
			&g_array_index(b->regions, struct spmc_region,
				       b->regions->len - 1) : NULL;
		struct memory_range *lm = b->ranges->len ?
			&g_array_index(b->ranges, struct memory_range,
				       b->ranges->len - 1) : NULL;

		if (lr && lr->base + lr->pages * FFA_PAGE_SIZE == r.base &&
		    lr->owner == r.owner && lr->attrs == r.attrs)
			lr->pages += r.pages;
		else
			g_array_append_val(b->regions, r);
		if (lm && lm->base + lm->size == m.base &&
		    lm->attrs == m.attrs)
			lm->size += m.size;
		else
			g_array_append_val(b->ranges, m);
	}
}

/* In this order what is inserted into the map is near its end. */
static int by_base(const void *a, const void *b)
{
	const struct board_mem *x = *(struct board_mem *const *)a;
	const struct board_mem *y = *(struct board_mem *const *)b;

	if (x->base != y->base)
		return x->base < y->base ? -1 : 1;
	return (x > y) - (x < y);	/* as they stand in the file */
}

void board_lay_out(struct board *b, struct ffs_diags *d)
{
	g_autoptr(GArray) map = g_array_new(FALSE, FALSE,
					    sizeof(struct stretch));
	g_autoptr(GPtrArray) mems = g_ptr_array_new();

	for (guint i = 0; i < b->base->len; i++)
		paint(map, *base_of(b, i));
	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		if (b->parts[i].manifest)
			paint_manifest(b, &b->parts[i], map, d);
	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		paint_code(b, &b->parts[i], map, d);
	for (unsigned int i = 0; i < b->mem_count; i++)
		g_ptr_array_add(mems, &b->mems[i]);
	g_ptr_array_sort(mems, by_base);
	for (guint i = 0; i < mems->len; i++)
		paint_mem(mems->pdata[i], map, d);
	split(b, map);
	b->config.regions = (const struct spmc_region *)b->regions->data;
	b->config.region_count = MIN(b->regions->len, UINT16_MAX);
}
