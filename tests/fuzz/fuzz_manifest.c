/* SPDX-License-Identifier: BSD-3-Clause */
/* A device-tree blob: read as a manifest, and made an endpoint of a board. */
#include <string.h>

#include "fuzz.h"
#include "partitions/manifest.h"

static void use(struct manifest *m, GPtrArray *warnings)
{
	struct spmc_endpoint_config e = { .id = 0x8001 };
	struct spmc_region regions[64];
	uint64_t next = 0x0a000000;
	char *error = NULL;
	unsigned int n;

	if (!m->core && manifest_place(m, 0x08000000, 0x100000, &next,
				       &error) &&
	    manifest_to_endpoint(m, 4, FFA_V1_2, &e, &error, warnings)) {
		n = manifest_to_regions(m, e.id, regions, 64);
		fuzz_hash += n + e.id + e.props;
	}
	g_free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GPtrArray *warnings = g_ptr_array_new_with_free_func(g_free);
	char *error = NULL;
	struct manifest *m = manifest_parse("fuzz", data, size, &error,
					    warnings);

	if (m && error)
		fuzz_fails("MANIFEST", "it was read, and there is an error");
	if (!m && !error)
		fuzz_fails("MANIFEST", "it was not read, and nobody says why");
	fuzz_hash = error ? g_str_hash(error) : warnings->len;
	if (m) {
		use(m, warnings);
		manifest_free(m);
	}
	g_free(error);
	g_ptr_array_unref(warnings);
	fuzz_ran();
	return 0;
}
