/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text of a scenario: read, formatted, checked. What is formatted says the
 * same, and stays as it is when formatted again.
 */
#include <string.h>

#include "fuzz.h"
#include "sim/ffs.h"

static void check_format(const struct ffs_file *f)
{
	struct ffs_diags *d = ffs_diags_new();
	char *once = ffs_format(f), *twice;
	struct ffs_file *again = ffs_parse_alone("again", once, strlen(once),
						 d);

	if (d->errors)
		fuzz_fails("FMT", "what ffasim fmt prints cannot be read");
	if (!ffs_equal(f, again))
		fuzz_fails("FMT", "what ffasim fmt prints says something "
			   "else");
	twice = ffs_format(again);
	if (strcmp(once, twice))
		fuzz_fails("FMT", "ffasim fmt changes its own output");
	fuzz_hash = g_str_hash(once);
	g_free(once);
	g_free(twice);
	ffs_file_free(again);
	ffs_diags_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ffs_diags *d = ffs_diags_new();
	struct ffs_file *f = ffs_parse_alone("fuzz", (const char *)data, size,
					     d);

	if (f && !d->errors)
		check_format(f);
	if (f) {
		ffs_check(f, d);
		ffs_file_free(f);
	}
	g_free(ffs_diags_format(d, false));
	fuzz_hash += d->errors;
	ffs_diags_free(d);
	fuzz_ran();
	return 0;
}
