/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory and devices of a partition: what they say, where they end up. */
#include <stdlib.h>
#include <string.h>

#include "manifest_impl.h"

enum {
	RWX = MANIFEST_READ | MANIFEST_WRITE | MANIFEST_EXEC,
	ATTRIBUTES = RWX | MANIFEST_NONSECURE | MANIFEST_GUARDED,
	/* GICv3: no LPI, and none of the special ids */
	IRQ_SPECIAL = 1020, IRQ_SPECIAL_END = 1024, IRQ_END = 8192,
	IRQ_RESERVED = ~0xfff,
};

void manifest_region_clear(struct manifest_region *region)
{
	g_free(region->node);
	g_free(region->description);
	g_free(region->stream_ids.v);
	g_free(region->stream_perms.v);
	g_free(region->irq_cells.v);
	g_free(region->irq_targets.v);
	g_free(region->irqs);
}

uint64_t manifest_region_end(const struct manifest_region *region)
{
	return region->base + region->pages * MANIFEST_PAGE;
}

/* -- one region ----------------------------------------------------------- */

static void check_attributes(struct reader *r, int node,
			     struct manifest_region *region)
{
	uint32_t access = region->attributes & RWX;
	bool wrong;

	if (region->attributes & ~(uint32_t)ATTRIBUTES)
		reader_warning(r, node, "attributes",
			       "is 0x%x, of which bits 0x%x are unknown; "
			       "ignored", region->attributes,
			       region->attributes & ~(uint32_t)ATTRIBUTES);
	region->attributes &= ATTRIBUTES;

	wrong = !(access & MANIFEST_READ);
	if (region->device)
		wrong |= (access & MANIFEST_EXEC) != 0;
	if (access == RWX && (r->m->el == MANIFEST_S_EL0 ||
			      r->m->el == MANIFEST_EL0))
		wrong = true;
	if (wrong)
		reader_error(r, node, "attributes",
			     "is 0x%x, expected read (1)%s, with 8 if it is "
			     "non-secure", region->attributes,
			     region->device ? " or read and write (3)"
			     : r->m->el == MANIFEST_S_EL1
				     ? " with write (2), execute (4) or both"
				     : " with write (2) or execute (4), not "
				       "both");
}

static void check_place(struct reader *r, int node,
			struct manifest_region *region)
{
	const char *prop = "base-address";
	uint64_t value = region->base;

	if (region->absolute && region->relative) {
		reader_error(r, node, "load-address-relative-offset",
			     "excludes base-address, expected one of them");
		return;
	}
	if (region->relative) {
		prop = "load-address-relative-offset";
		value = region->offset;
	} else if (!region->absolute) {
		if (region->attributes & MANIFEST_NONSECURE)
			reader_error(r, node, "base-address",
				     "is missing, expected an address of "
				     "non-secure memory");
		return;
	}
	if (value % r->m->granule) {
		reader_error(r, node, prop,
			     "is 0x%" PRIx64 ", expected a multiple of 0x%x",
			     value, r->m->granule);
		return;
	}
	if (region->relative && r->m->has_load) {
		if (value > UINT64_MAX - r->m->load_address) {
			reader_error(r, node, prop,
				     "is 0x%" PRIx64 " and overflows from "
				     "load-address 0x%" PRIx64 " on", value,
				     r->m->load_address);
			return;
		}
		value += r->m->load_address;
	}
	if (value >= MANIFEST_PA_END ||
	    region->pages * MANIFEST_PAGE > MANIFEST_PA_END - value) {
		reader_error(r, node, prop,
			     "is 0x%" PRIx64 ", and 0x%" PRIx64 " pages from "
			     "there overflow the %d-bit address space",
			     region->relative ? region->offset : value,
			     region->pages, MANIFEST_PA_BITS);
		return;
	}
	if (region->absolute || r->m->has_load) {
		region->base = value;
		region->has_base = true;
	}
}

static void check_streams(struct reader *r, int node,
			  struct manifest_region *region)
{
	const struct manifest_cells *perms = &region->stream_perms;

	if (region->stream_ids.n && !region->has_smmu)
		reader_error(r, node, "stream-ids",
			     "needs smmu-id, which is missing");
	if (perms->n && perms->n != region->stream_ids.n)
		reader_error(r, node, "stream-ids-access-permissions",
			     "has %u cells, expected one for each of %u "
			     "stream-ids", perms->n, region->stream_ids.n);
	for (unsigned int i = 1; i < perms->n; i++) {
		if (perms->v[i] == perms->v[0])
			continue;
		reader_error(r, node, "stream-ids-access-permissions",
			     "is 0x%x and 0x%x, expected the same for all",
			     perms->v[0], perms->v[i]);
		break;
	}
}

static struct manifest_irq *find_irq(struct manifest_region *region,
				     uint32_t id)
{
	for (unsigned int i = 0; i < region->irq_count; i++)
		if (region->irqs[i].id == id)
			return &region->irqs[i];
	return NULL;
}

static void read_irqs(struct reader *r, int node,
		      struct manifest_region *region)
{
	const struct manifest_cells *cells = &region->irq_cells;
	const struct manifest_cells *targets = &region->irq_targets;
	struct manifest_irq *irq;
	uint32_t id;

	region->irqs = g_new0(struct manifest_irq, cells->n / 2 + 1);
	for (unsigned int i = 0; i + 1 < cells->n; i += 2) {
		id = cells->v[i];
		if (id >= IRQ_END ||
		    (id >= IRQ_SPECIAL && id < IRQ_SPECIAL_END))
			reader_error(r, node, "interrupts",
				     "has id %u, expected a GIC interrupt id "
				     "below %d and not %d to %d", id, IRQ_END,
				     IRQ_SPECIAL, IRQ_SPECIAL_END - 1);
		else if (find_irq(region, id))
			reader_error(r, node, "interrupts",
				     "has id %u twice, expected once", id);
		if (cells->v[i + 1] & (uint32_t)IRQ_RESERVED)
			reader_warning(r, node, "interrupts",
				       "has attributes 0x%x with reserved "
				       "bits; ignored", cells->v[i + 1]);
		irq = &region->irqs[region->irq_count++];
		irq->id = id;
		irq->attributes = cells->v[i + 1] & ~(uint32_t)IRQ_RESERVED;
	}
	for (unsigned int i = 0; i + 2 < targets->n; i += 3) {
		irq = find_irq(region, targets->v[i]);
		if (!irq) {
			reader_error(r, node, "interrupts-target",
				     "has id %u, expected one of interrupts",
				     targets->v[i]);
			continue;
		}
		irq->targeted = true;
		irq->mpidr = (uint64_t)targets->v[i + 1] << 32 |
			targets->v[i + 2];
	}
}

void manifest_read_regions(struct reader *r, int node,
			   enum manifest_node kind, GArray *regions)
{
	bool device = kind == MANIFEST_N_DEVICES;
	struct manifest_region region;
	bool any = false;
	int child, below;

	reader_props(r, node, kind, r->m);
	fdt_for_each_subnode(child, r->fdt, node) {
		any = true;
		if (regions->len == MANIFEST_MAX_REGIONS) {
			reader_error(r, child, NULL,
				     "is one region too many, expected at "
				     "most %d", MANIFEST_MAX_REGIONS);
			return;
		}
		memset(&region, 0, sizeof(region));
		region.node = reader_path(r, child);
		region.device = device;
		reader_props(r, child, device ? MANIFEST_N_DEVICE
					      : MANIFEST_N_MEMORY, &region);
		region.pages = (uint64_t)region.granules *
			(r->m->granule / MANIFEST_PAGE);
		check_attributes(r, child, &region);
		check_place(r, child, &region);
		check_streams(r, child, &region);
		read_irqs(r, child, &region);
		fdt_for_each_subnode(below, r->fdt, child)
			reader_warning(r, below, NULL,
				       "unknown node; ignored");
		g_array_append_val(regions, region);
	}
	if (!any)
		reader_warning(r, node, NULL,
			       "has no region (Hafnium refuses that)");
}

/* -- all regions of a manifest -------------------------------------------- */

static int by_base(const void *a, const void *b)
{
	const struct manifest_region *x = *(void *const *)a;
	const struct manifest_region *y = *(void *const *)b;

	if (x->base != y->base)
		return x->base < y->base ? -1 : 1;
	return 0;
}

/* Regions that have an address, ascending; *n of them; g_free it. */
static const struct manifest_region **sorted(const struct manifest *m,
					     unsigned int *n)
{
	const struct manifest_region **v;

	v = g_new(const struct manifest_region *, m->region_count + 1);
	*n = 0;
	for (unsigned int i = 0; i < m->region_count; i++)
		if (m->regions[i].has_base)
			v[(*n)++] = &m->regions[i];
	qsort(v, *n, sizeof(*v), by_base);
	return v;
}

bool manifest_in_image(const struct manifest *m,
		     const struct manifest_region *region)
{
	return m->has_load && m->image_size &&
		region->base >= m->load_address &&
		manifest_region_end(region) <= m->load_address + m->image_size;
}

/* StMM: a region is the image, or more than it. */
bool manifest_claims_image(const struct manifest *m,
			const struct manifest_region *region)
{
	return m->has_load && region->absolute &&
		region->base <= m->load_address &&
		m->load_address < manifest_region_end(region);
}

/* A region that the image runs into: neither is inside the other. */
static bool cuts_image(const struct manifest *m,
		       const struct manifest_region *region)
{
	return m->has_load && m->image_size &&
		region->base < m->load_address + m->image_size &&
		m->load_address < manifest_region_end(region) &&
		!manifest_claims_image(m, region) &&
		!(region->relative && manifest_in_image(m, region));
}

static void overlap(struct reader *r, const struct manifest_region *region,
		    const char *other, uint64_t base, uint64_t end)
{
	reader_error_at(r, region->node, NULL,
			"0x%" PRIx64 " to 0x%" PRIx64 " overlaps %s, 0x%" PRIx64
			" to 0x%" PRIx64, region->base,
			manifest_region_end(region) - 1, other, base, end - 1);
}

void manifest_check_overlaps(struct reader *r)
{
	const struct manifest_region **v, *last = NULL;
	const struct manifest *m = r->m;
	uint64_t end, last_end = 0;
	unsigned int n;

	v = sorted(m, &n);
	for (unsigned int i = 0; i < n; i++) {
		end = manifest_region_end(v[i]);
		if (last && v[i]->base < last_end)
			overlap(r, v[i], last->node, last->base, last_end);
		if (cuts_image(m, v[i]))
			overlap(r, v[i], "the image", m->load_address,
				m->load_address + m->image_size);
		if (!last || end > last_end) {
			last = v[i];
			last_end = end;
		}
	}
	g_free(v);
}

static struct manifest_region *find_phandle(struct reader *r, uint32_t phandle,
					    const char *what)
{
	struct manifest *m = r->m;

	if (!phandle)
		return NULL;
	for (unsigned int i = 0; i < m->region_count; i++)
		if (!m->regions[i].device && m->regions[i].phandle == phandle)
			return &m->regions[i];
	reader_error(r, 0, what,
		     "refers to phandle 0x%x, expected that of a memory "
		     "region", phandle);
	return NULL;
}

static void check_references(struct reader *r)
{
	struct manifest *m = r->m;

	m->rx = find_phandle(r, m->rx_phandle, "rx_tx-info/rx-buffer");
	m->tx = find_phandle(r, m->tx_phandle, "rx_tx-info/tx-buffer");
	m->live = find_phandle(r, m->live_phandle,
			       "live-state-buffer-info/live-state-buffer");
	if (m->rx && m->rx == m->tx)
		reader_error(r, 0, "rx_tx-info/tx-buffer",
			     "is the region of rx-buffer, expected another");
	else if (m->rx && m->tx && m->rx->pages != m->tx->pages)
		reader_error(r, 0, "rx_tx-info/tx-buffer",
			     "has %" PRIu64 " pages, expected %" PRIu64
			     " as rx-buffer", m->tx->pages, m->rx->pages);
	if (m->live && (m->live->attributes & RWX) !=
			       (MANIFEST_READ | MANIFEST_WRITE))
		reader_error(r, 0, "live-state-buffer-info/live-state-buffer",
			     "is a region with attributes 0x%x, expected "
			     "read and write (3)", m->live->attributes);
}

/* Hafnium: a stream of a memory region is that of a device region. */
static void check_declared(struct reader *r,
			   const struct manifest_region *region)
{
	const struct manifest *m = r->m;
	bool found;

	for (unsigned int s = 0; s < region->stream_ids.n; s++) {
		found = false;
		for (unsigned int i = 0; i < m->region_count; i++) {
			const struct manifest_region *d = &m->regions[i];

			for (unsigned int t = 0;
			     d->device && t < d->stream_ids.n; t++)
				found |= d->stream_ids.v[t] ==
					region->stream_ids.v[s];
		}
		if (!found) {
			reader_error_at(r, region->node, "stream-ids",
					"has 0x%x, expected one of a device "
					"region", region->stream_ids.v[s]);
			return;
		}
	}
}

const struct manifest_region *manifest_irq_owner(const struct manifest *m,
					       unsigned int from, uint32_t id)
{
	for (unsigned int i = from; i < m->region_count; i++)
		if (find_irq(&m->regions[i], id))
			return &m->regions[i];
	return NULL;
}

static void check_irqs(struct reader *r)
{
	const struct manifest_region *region, *other;
	const struct manifest *m = r->m;

	for (unsigned int i = 0; i < m->region_count; i++) {
		region = &m->regions[i];
		for (unsigned int j = 0; j < region->irq_count; j++) {
			other = manifest_irq_owner(m, i + 1,
						   region->irqs[j].id);
			if (!other)
				continue;
			reader_error_at(r, other->node, "interrupts",
					"has id %u of %s, expected another",
					region->irqs[j].id, region->node);
			return;
		}
	}
}

void manifest_check_regions(struct reader *r)
{
	const struct manifest_region *region;
	struct manifest *m = r->m;

	if (m->has_load &&
	    (m->load_address >= MANIFEST_PA_END ||
	     m->image_size > MANIFEST_PA_END - m->load_address)) {
		reader_error(r, 0, "load-address",
			     "is 0x%" PRIx64 ", and the image leaves the "
			     "%d-bit address space", m->load_address,
			     MANIFEST_PA_BITS);
		return;
	}
	manifest_check_overlaps(r);
	check_references(r);
	check_irqs(r);
	for (unsigned int i = 0; i < m->region_count; i++) {
		region = &m->regions[i];
		if (!region->device)
			check_declared(r, region);
		if (region->has_base && manifest_claims_image(m, region))
			reader_warning(r, -1, NULL,
				       "%s holds load-address: taken as the "
				       "memory of the image (Hafnium refuses "
				       "it)", region->node);
	}
}
