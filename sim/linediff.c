/* SPDX-License-Identifier: BSD-3-Clause */
#include <glib.h>
#include <string.h>

#include "sim/linediff.h"

enum { CONTEXT = 3, MAX_CELLS = 16 << 20 };

struct edit {
	char sign;		/* ' ', '-', '+' */
	guint a, b;		/* line numbers from 0 */
	const char *text;
};

/* Lines [from, na) and [from, nb) as edits: longest common subsequence. */
static void compare(GArray *out, char **a, guint na, char **b, guint nb,
		    guint from)
{
	gsize w = nb - from + 1, h = na - from + 1;
	bool big = w * h > MAX_CELLS;	/* then all is replaced */
	guint32 *len = big ? NULL : g_new0(guint32, w * h);
	guint i = na, k = nb;
	struct edit e;

#define LEN(x, y) len[(gsize)((x) - from) * w + ((y) - from)]
	while (!big && i-- > from)
		for (k = nb; k-- > from;)
			LEN(i, k) = !strcmp(a[i], b[k]) ?
				LEN(i + 1, k + 1) + 1 :
				MAX(LEN(i + 1, k), LEN(i, k + 1));
	for (i = k = from; i < na || k < nb;) {
		if (!big && i < na && k < nb && !strcmp(a[i], b[k]))
			e = (struct edit){ ' ', i++, k++, NULL };
		else if (i < na && (big || k == nb ||
				    LEN(i + 1, k) >= LEN(i, k + 1)))
			e = (struct edit){ '-', i++, k, NULL };
		else
			e = (struct edit){ '+', i, k++, NULL };
		e.text = e.sign == '+' ? b[e.b] : a[e.a];
		g_array_append_val(out, e);
	}
#undef LEN
	g_free(len);
}

static void print_hunk(FILE *f, const GArray *edits, guint from, guint to,
		       bool color)
{
	const struct edit *first = &g_array_index(edits, struct edit, from);
	guint i, na = 0, nb = 0;

	for (i = from; i < to; i++) {
		na += g_array_index(edits, struct edit, i).sign != '+';
		nb += g_array_index(edits, struct edit, i).sign != '-';
	}
	fprintf(f, "%s@@ -%u,%u +%u,%u @@%s\n", color ? "\033[36m" : "",
		first->a + (na > 0), na, first->b + (nb > 0), nb,
		color ? "\033[0m" : "");
	for (i = from; i < to; i++) {
		const struct edit *e = &g_array_index(edits, struct edit, i);
		const char *on = !color || e->sign == ' ' ? "" :
				 e->sign == '-' ? "\033[31m" : "\033[32m";

		fprintf(f, "%s%c%s%s\n", on, e->sign, e->text,
			*on ? "\033[0m" : "");
	}
}

/* Changes that stand near each other make one hunk. */
static void print(FILE *f, const GArray *edits, bool color)
{
	guint i, from = 0, to = 0;

	for (i = 0; i < edits->len; i++) {
		if (g_array_index(edits, struct edit, i).sign == ' ')
			continue;
		if (to && i > to + CONTEXT) {
			print_hunk(f, edits, from, to, color);
			to = 0;
		}
		if (!to)
			from = i > CONTEXT ? i - CONTEXT : 0;
		to = MIN(i + 1 + CONTEXT, edits->len);
	}
	if (to)
		print_hunk(f, edits, from, to, color);
}

/* Without the empty string behind the last newline; that there is none is
 * part of the last line. */
static char **split(const char *text, guint *n)
{
	char **lines = g_strsplit(text, "\n", -1);

	*n = g_strv_length(lines);
	if (*n && !*lines[*n - 1]) {
		--*n;
	} else if (*n) {
		char *last = lines[*n - 1];

		lines[*n - 1] = g_strconcat(last,
			"\n\\ No newline at end of file", NULL);
		g_free(last);
	}
	return lines;
}

bool linediff_print(FILE *f, const char *name, const char *a, const char *b,
		    bool color)
{
	g_autoptr(GArray) edits = NULL;
	g_auto(GStrv) la = NULL, lb = NULL;
	guint na, nb, same = 0, skip;

	if (!strcmp(a, b))
		return false;
	la = split(a, &na);
	lb = split(b, &nb);
	while (same < na && same < nb && !strcmp(la[same], lb[same]))
		same++;
	skip = same > CONTEXT ? same - CONTEXT : 0;
	edits = g_array_new(FALSE, FALSE, sizeof(struct edit));
	compare(edits, la, na, lb, nb, skip);
	fprintf(f, "%s--- %s\n+++ %s%s\n", color ? "\033[1m" : "", name, name,
		color ? "\033[0m" : "");
	print(f, edits, color);
	return true;
}
