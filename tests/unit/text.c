/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <string.h>

#include "text.h"

struct ffs_diags *diags;

void text_setup(void)
{
	diags = ffs_diags_new();
}

void text_teardown(void)
{
	ffs_diags_free(diags);
}

struct ffs_file *parse(const char *text)
{
	return ffs_parse_text("t.ffs", text, strlen(text), diags);
}

const struct ffs_diag *message(guint n)
{
	ck_assert_uint_lt(n, diags->all->len);
	return g_ptr_array_index(diags->all, n);
}

void no_errors(void)
{
	g_autofree char *text = ffs_diags_format(diags, false);

	ck_assert_msg(diags->errors == 0, "%s", text);
}
