/* SPDX-License-Identifier: BSD-3-Clause */
/* Which page is whose: what the configuration gave to whom. */
#include "state.h"

/* The region that holds `pa`, or NULL. */
const struct spmc_region *region_of(const struct spmc *s, uint64_t pa)
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

bool region_is_secure(const struct spmc *s, uint64_t pa)
{
	const struct spmc_region *r = region_of(s, pa);

	return r && r->attrs & SPMC_REGION_SECURE;
}
