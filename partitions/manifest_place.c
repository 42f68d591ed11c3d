/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a partition ends up on a board, and whether two fit on one. */
#include "manifest_impl.h"

/* The image ends where the first region behind its start begins. */
static uint64_t cut_image(const struct manifest *m, uint64_t size)
{
	const struct manifest_region *region;

	size = (size + m->granule - 1) / m->granule * m->granule;
	for (unsigned int i = 0; i < m->region_count; i++) {
		region = &m->regions[i];
		if (!region->has_base)
			continue;
		if (manifest_claims_image(m, region))
			return 0;
		if (region->base > m->load_address)
			size = MIN(size, region->base - m->load_address);
	}
	return size;
}

bool manifest_place(struct manifest *m, uint64_t load, uint64_t image_size,
		    uint64_t *next, char **error)
{
	struct reader r = { .m = m, .errors = g_string_new(NULL) };
	struct manifest_region *region;
	uint64_t base;

	if (!m->has_load) {
		m->load_address = load / m->granule * m->granule;
		m->has_load = true;
	}
	for (unsigned int i = 0; i < m->region_count; i++) {
		region = &m->regions[i];
		if (region->has_base)
			continue;
		if (region->relative) {
			base = m->load_address + region->offset;
			if (base < region->offset)
				base = MANIFEST_PA_END;
		} else {
			base = (*next + m->granule - 1) / m->granule *
				m->granule;
		}
		if (base >= MANIFEST_PA_END ||
		    region->pages * MANIFEST_PAGE > MANIFEST_PA_END - base) {
			reader_error_at(&r, region->node, NULL,
					"0x%" PRIx64 " pages from 0x%" PRIx64
					" on leave the %d-bit address space",
					region->pages, base, MANIFEST_PA_BITS);
			continue;
		}
		region->base = base;
		region->has_base = true;
		if (!region->relative)
			*next = manifest_region_end(region);
	}
	if (m->load_address >= MANIFEST_PA_END ||
	    MAX(image_size, m->image_size) > MANIFEST_PA_END - m->load_address)
		reader_error_at(&r, "/", "load-address",
				"is 0x%" PRIx64 ", and the image leaves the "
				"%d-bit address space", m->load_address,
				MANIFEST_PA_BITS);
	else if (!m->image_size)
		m->image_size = cut_image(m, image_size);
	if (!r.error_count)
		manifest_check_overlaps(&r);
	if (!r.error_count) {
		g_string_free(r.errors, TRUE);
		return true;
	}
	*error = g_string_free(r.errors, FALSE);
	return false;
}

static void add_region(struct spmc_region *out, unsigned int n,
		       unsigned int *count, uint64_t base, uint64_t pages,
		       uint16_t owner, unsigned int attrs)
{
	if (*count < n)
		out[*count] = (struct spmc_region){
			.base = base, .pages = pages, .owner = owner,
			.attrs = (uint16_t)attrs,
		};
	(*count)++;
}

unsigned int manifest_to_regions(const struct manifest *m, uint16_t owner,
				 struct spmc_region *out, unsigned int n)
{
	const struct manifest_region *region;
	unsigned int count = 0, attrs;
	bool secure = manifest_is_secure(m);

	if (m->core)
		return 0;
	for (unsigned int i = 0; i < m->region_count; i++) {
		region = &m->regions[i];
		if (!region->has_base || manifest_in_image(m, region))
			continue;
		attrs = region->device ? SPMC_REGION_DEVICE : 0;
		if (secure && !(region->attributes & MANIFEST_NONSECURE))
			attrs |= SPMC_REGION_SECURE;
		if (!(region->attributes & MANIFEST_WRITE))
			attrs |= SPMC_REGION_READ_ONLY;
		/* what StMM is loaded to must be writable to be of use */
		if (manifest_claims_image(m, region))
			attrs &= ~(unsigned int)SPMC_REGION_READ_ONLY;
		add_region(out, n, &count, region->base, region->pages, owner,
			   attrs);
	}
	for (unsigned int i = 0; i < m->region_count; i++) {
		region = &m->regions[i];
		if (region->has_base && manifest_claims_image(m, region))
			return count;
	}
	if (m->has_load && m->image_size)
		add_region(out, n, &count, m->load_address,
			   m->image_size / MANIFEST_PAGE, owner,
			   secure ? SPMC_REGION_SECURE : 0);
	return count;
}

/* -- two partitions ------------------------------------------------------- */

static char *clash(const struct manifest *a, const char *path,
		   const char *prop, const char *fmt, ...)
	G_GNUC_PRINTF(4, 5);
static char *clash(const struct manifest *a, const char *path,
		   const char *prop, const char *fmt, ...)
{
	va_list ap;
	char *line;

	va_start(ap, fmt);
	line = manifest_line(a->file, path, prop, fmt, ap);
	va_end(ap);
	return line;
}

/* What a partition owns, as ranges with names; the last is its image. */
struct claim {
	uint64_t base, end;
	const char *node;
};

static unsigned int claims(const struct manifest *m, struct claim *v)
{
	const struct manifest_region *region;
	unsigned int n = 0;

	for (unsigned int i = 0; i < m->region_count; i++) {
		region = &m->regions[i];
		if (region->has_base)
			v[n++] = (struct claim){ region->base,
						 manifest_region_end(region),
						 region->node };
	}
	if (m->has_load)
		v[n++] = (struct claim){
			m->load_address,
			m->load_address +
				(m->image_size ? m->image_size : m->granule),
			"the image" };
	return n;
}

static char *memory_conflict(const struct manifest *a,
			     const struct manifest *b)
{
	g_autofree struct claim *x = g_new(struct claim, a->region_count + 1);
	g_autofree struct claim *y = g_new(struct claim, b->region_count + 1);
	unsigned int n = claims(a, x), k = claims(b, y);

	for (unsigned int i = 0; i < k; i++)
		for (unsigned int j = 0; j < n; j++)
			if (y[i].base < x[j].end && x[j].base < y[i].end)
				return clash(b, y[i].node, NULL,
					     "0x%" PRIx64 " to 0x%" PRIx64
					     " overlaps %s of %s, 0x%" PRIx64
					     " to 0x%" PRIx64, y[i].base,
					     y[i].end - 1, x[j].node, a->file,
					     x[j].base, x[j].end - 1);
	return NULL;
}

static char *irq_conflict(const struct manifest *a, const struct manifest *b)
{
	const struct manifest_region *x, *y;

	for (unsigned int i = 0; i < a->region_count; i++) {
		x = &a->regions[i];
		for (unsigned int j = 0; j < x->irq_count; j++) {
			y = manifest_irq_owner(b, 0, x->irqs[j].id);
			if (y)
				return clash(b, y->node, "interrupts",
					     "has id %u of %s in %s, expected "
					     "another", x->irqs[j].id, x->node,
					     a->file);
		}
	}
	return NULL;
}

char *manifest_conflict(const struct manifest *a, const struct manifest *b,
			GPtrArray *warnings)
{
	char *line;

	if (a->core || b->core)
		return NULL;
	if (a->has_id && b->has_id && a->id == b->id)
		return clash(b, "/", "id",
			     "is 0x%x as in %s, expected another", b->id,
			     a->file);
	if (a->has_image_uuid && b->has_image_uuid &&
	    ffa_uuid_equal(&a->image_uuid, &b->image_uuid))
		return clash(b, "/", "image-uuid",
			     "is that of %s, expected another", a->file);
	line = memory_conflict(a, b);
	if (line)
		return line;
	line = irq_conflict(a, b);
	if (line)
		return line;
	if (warnings && a->boot_order == b->boot_order &&
	    a->boot_order != MANIFEST_LAST)
		g_ptr_array_add(warnings, clash(b, "/", "boot-order",
			"is %u as in %s; equal ones boot in the order of the "
			"scenario (Hafnium refuses that)", b->boot_order,
			a->file));
	return NULL;
}
