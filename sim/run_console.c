/* SPDX-License-Identifier: BSD-3-Clause */
/* The console. */
#include <string.h>

#include "run_priv.h"

static char *quoted(const char *text)
{
	g_autofree char *escaped = g_strescape(text, NULL);

	return g_strdup_printf("\"%s\"", escaped);
}

/* What contexts logged without an end of line yet. */
static void unfinished(struct run *r, struct mismatch *m,
		       const struct board_part *p)
{
	unsigned int ecs = r->board->endpoints[p->index].ec_count;

	for (unsigned int i = 0; i < ecs; i++) {
		const char *text = machine_unfinished(r->machine, p->index, i);
		g_autofree char *shown = quoted(text);

		if (*text)
			mismatch_line(m, "unended", "context %u: %s", i,
				      shown);
	}
}

bool run_console(struct run *r, const struct ffs_stmt *s)
{
	const struct board_part *p = board_part(r->board, ffs_pos(s, 0)->text);
	const struct ffs_value *want = ffs_pos(s, 1);
	g_autofree char *got = NULL, *expected = NULL;
	struct mismatch *m;
	const char *line;

	if (!p)
		return run_fail(r, s, RUN_BAD_FILE, "there is no part %s",
				ffs_pos(s, 0)->text);
	line = machine_console(r->machine, p->index, r->console[p->index]);
	r->console[p->index] += line != NULL;
	if (line && !strcmp(line, (const char *)want->bytes))
		return true;
	if (line)
		got = quoted(line);
	if (line && run_edit_text(r, &want->loc, got))
		return true;
	expected = quoted((const char *)want->bytes);
	m = mismatch_new(r, s);
	mismatch_line(m, "expected", "%s", expected);
	mismatch_line(m, "got", "%s", line ? got :
		      "no line that was not expected before");
	if (!line)
		unfinished(r, m, p);
	return mismatch_end(m, RUN_FAIL);
}
