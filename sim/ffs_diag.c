/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages about a scenario file: collected, sorted, shown with their line. */
#include <string.h>

#include "sim/ffs_impl.h"

enum {
	SHOW_WIDTH = 120,	/* characters of a source line that are shown */
	SHOW_LEFT = 60,		/* of them left of the place, at most */
	SUGGEST_LEN = 48,	/* longer words get no suggestion */
};

static void diag_free(void *p)
{
	struct ffs_diag *g = p;

	g_free(g->file);
	g_free(g->message);
	g_free(g->hint);
	g_free(g->text);
	g_free(g);
}

struct ffs_diags *ffs_diags_new(void)
{
	struct ffs_diags *d = g_new0(struct ffs_diags, 1);

	d->all = g_ptr_array_new_with_free_func(diag_free);
	return d;
}

void ffs_diags_free(struct ffs_diags *d)
{
	if (!d)
		return;
	g_ptr_array_unref(d->all);
	g_free(d);
}

/* The line that `at` is in; a long one is cut to what is around the place. */
static void diag_source(struct ffs_diag *g, const struct ffs_loc *at)
{
	const char *text = at->src->text;
	const char *from = text + at->off, *to = from, *end = text + at->end;
	uint32_t left = 0, right = 0, most = SHOW_LEFT;

	while (*to && *to != '\n' && *to != '\r' && right < SHOW_WIDTH) {
		if (to < end)
			g->len++;
		to = g_utf8_next_char(to);
		right++;
	}
	if (g->col - 1 + right <= SHOW_WIDTH)
		most = SHOW_WIDTH;
	while (from > text && from[-1] != '\n' && left < most) {
		from = g_utf8_prev_char(from);
		left++;
	}
	g->shift = from > text && from[-1] != '\n' ? g->col - 1 - left : 0;
	g->text = g_strndup(from, (gsize)(to - from));
}

static void diag_add(struct ffs_diags *d, enum ffs_severity severity,
		     const struct ffs_loc *at, const char *hint,
		     const char *fmt, va_list ap)
{
	struct ffs_diag *g;

	if (severity == FFS_ERROR)
		d->errors++;
	else
		d->warnings++;
	if (d->all->len >= FFS_MAX_DIAGS)
		return;
	g = g_new0(struct ffs_diag, 1);
	g->severity = severity;
	g->file = g_strdup(at->src ? at->src->name : "");
	g->line = at->line;
	g->col = at->col;
	g->message = g_strdup_vprintf(fmt, ap);
	g->hint = g_strdup(hint);
	if (at->src && at->off <= at->src->len)
		diag_source(g, at);
	g_ptr_array_add(d->all, g);
}

void ffs_error(struct ffs_diags *d, const struct ffs_loc *at, const char *hint,
	       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(d, FFS_ERROR, at, hint, fmt, ap);
	va_end(ap);
}

void ffs_warning(struct ffs_diags *d, const struct ffs_loc *at,
		 const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(d, FFS_WARNING, at, hint, fmt, ap);
	va_end(ap);
}

/* Files stay in the order in which they first had something to say. */
static int file_rank(GPtrArray *all, const char *file)
{
	for (guint i = 0; i < all->len; i++) {
		const struct ffs_diag *g = g_ptr_array_index(all, i);

		if (!strcmp(g->file, file))
			return (int)i;
	}
	return 0;
}

static int diag_order(const void *a, const void *b, void *ranks)
{
	const struct ffs_diag *x = *(struct ffs_diag *const *)a;
	const struct ffs_diag *y = *(struct ffs_diag *const *)b;
	int rx = GPOINTER_TO_INT(g_hash_table_lookup(ranks, x->file));
	int ry = GPOINTER_TO_INT(g_hash_table_lookup(ranks, y->file));

	if (rx != ry)
		return rx < ry ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->col < y->col ? -1 : x->col > y->col;
}

void ffs_diags_sort(struct ffs_diags *d)
{
	g_autoptr(GHashTable) ranks = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < d->all->len; i++) {
		struct ffs_diag *g = g_ptr_array_index(d->all, i);

		g_hash_table_insert(ranks, g->file, GINT_TO_POINTER(
				    file_rank(d->all, g->file)));
	}
	/* g_ptr_array_sort is stable */
	g_ptr_array_sort_with_data(d->all, diag_order, ranks);
}

static void format_source(GString *s, const struct ffs_diag *g,
			  const char *on, const char *off)
{
	const char *p = g->text;

	g_string_append_printf(s, "%5u | %s%s\n      | ", g->line,
			       g->shift ? "..." : "", g->text);
	if (g->shift)
		g_string_append(s, "   ");
	for (uint32_t i = g->shift + 1; i < g->col && *p; i++) {
		if (*p == '\t')
			g_string_append_c(s, '\t');
		else if (g_unichar_iswide(g_utf8_get_char(p)))
			g_string_append(s, "  ");
		else if (!g_unichar_iszerowidth(g_utf8_get_char(p)))
			g_string_append_c(s, ' ');
		p = g_utf8_next_char(p);
	}
	g_string_append_printf(s, "%s^", on);
	for (uint32_t i = 1; i < g->len; i++)
		g_string_append_c(s, '~');
	g_string_append_printf(s, "%s\n", off);
}

char *ffs_diags_format(const struct ffs_diags *d, bool color)
{
	GString *s = g_string_new(NULL);
	const char *bold = color ? "\033[1m" : "";
	const char *off = color ? "\033[0m" : "";

	for (guint i = 0; i < d->all->len; i++) {
		const struct ffs_diag *g = g_ptr_array_index(d->all, i);
		bool error = g->severity == FFS_ERROR;
		const char *hue = !color ? "" : error ? "\033[1;31m" :
			"\033[1;35m";

		g_string_append_printf(s, "%s%s", bold, g->file);
		if (g->line)
			g_string_append_printf(s, ":%u:%u", g->line, g->col);
		g_string_append_printf(s, ":%s %s%s:%s %s\n", off, hue,
				       error ? "error" : "warning", off,
				       g->message);
		if (g->text)
			format_source(s, g, color ? "\033[1;32m" : "", off);
		if (g->hint)
			g_string_append_printf(s, "      = %s\n", g->hint);
	}
	if (d->errors + d->warnings > d->all->len)
		g_string_append_printf(s, "and %u more\n", d->errors +
				       d->warnings - d->all->len);
	return g_string_free(s, FALSE);
}

void ffs_diags_print(const struct ffs_diags *d, FILE *to, bool color)
{
	g_autofree char *s = ffs_diags_format(d, color);

	fputs(s, to);
}

/* Edit distance with transpositions; case counts a little. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[3][SUGGEST_LEN + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > SUGGEST_LEN || m > SUGGEST_LEN)
		return 2 * SUGGEST_LEN;
	if (!g_ascii_strcasecmp(a, b))
		return 1;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = 2 * (unsigned int)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned int *now = row[i % 3], *up = row[(i + 2) % 3];
		unsigned int *up2 = row[(i + 1) % 3];

		now[0] = 2 * (unsigned int)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned int cost = a[i - 1] == b[j - 1] ? 0 :
				g_ascii_tolower(a[i - 1]) ==
				g_ascii_tolower(b[j - 1]) ? 1 : 2;

			now[j] = MIN(MIN(up[j], now[j - 1]) + 2,
				     up[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = MIN(now[j], up2[j - 2] + 2);
		}
	}
	return row[n % 3][m];
}

const char *ffs_nearest(const char *word, const char *const *names,
			unsigned int n)
{
	const char *best = NULL;
	unsigned int least = 0;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int d = distance(word, names[i]);
		/* a third of the letters may differ, but not all of a short one */
		size_t len = MAX(strlen(word), strlen(names[i]));

		if (d > 2 * MAX(len / 3, 1) || (len < 3 && d > 1))
			continue;
		if (!best || d < least) {
			best = names[i];
			least = d;
		}
	}
	return best;
}
