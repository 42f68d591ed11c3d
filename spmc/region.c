/* SPDX-License-Identifier: BSD-3-Clause */
/* Which page is whose: what the configuration gave to whom. */
#include "state.h"

/* The region that holds `pa`, or NULL. */
static const struct spmc_region *region_of(const struct spmc *s, uint64_t pa)
{
	const struct spmc_region *r = spmc_at(s, s->regions);
	unsigned int lo = 0, hi = s->region_count;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (pa < r[mid].base)
			hi = mid;
		else if (pa - r[mid].base >= r[mid].pages * FFA_PAGE_SIZE)
			lo = mid + 1;
		else
			return &r[mid];
	}
	return NULL;
}

bool region_owned_ram(const struct spmc *s, unsigned int ep, uint64_t base,
		      unsigned int pages)
{
	const struct spmc_endpoint_config *e = config(s, ep);
	unsigned int i;

	for (i = 0; i < pages; i++) {
		const struct spmc_region *r;
		uint64_t pa;

		if (base > UINT64_MAX - (uint64_t)i * FFA_PAGE_SIZE)
			return false;
		pa = base + (uint64_t)i * FFA_PAGE_SIZE;
		r = region_of(s, pa);
		if (!r || r->owner != e->id ||
		    r->attrs & (SPMC_REGION_DEVICE | SPMC_REGION_READ_ONLY))
			return false;
		/* The normal world never owns what is secure. */
		if (!is_sp(s, ep) && r->attrs & SPMC_REGION_SECURE)
			return false;
	}
	return true;
}

bool region_is_secure(const struct spmc *s, uint64_t pa)
{
	const struct spmc_region *r = region_of(s, pa);

	return r && r->attrs & SPMC_REGION_SECURE;
}

unsigned int spmc_access(const struct spmc *s, unsigned int ep, uint64_t pa)
{
	const struct spmc_region *r = region_of(s, pa);

	if (!r || (!is_sp(s, ep) && r->attrs & SPMC_REGION_SECURE))
		return 0;
	/* The primary sees what it gave to its VMs. */
	if (r->owner != config(s, ep)->id &&
	    (config(s, ep)->kind != SPMC_NS_PRIMARY ||
	     find_vm(s, r->owner) < 0))
		return 0;
	if (r->attrs & SPMC_REGION_READ_ONLY)
		return SPMC_ACCESS_READ;
	return SPMC_ACCESS_READ | SPMC_ACCESS_WRITE;
}
