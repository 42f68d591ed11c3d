/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/json.h"
#include "sim/select.h"

#define LAST_DIR ".ffasim"
#define LAST_FILE LAST_DIR "/last.json"

enum { MAX_DEPTH = 32, MAX_SHARDS = 1000000 };

static GQuark select_quark(void)
{
	return g_quark_from_static_string("select");
}

static bool fail(GError **error, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
static bool fail(GError **error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (error)
		*error = g_error_new_valist(select_quark(), 0, fmt, ap);
	va_end(ap);
	return false;
}

static void item_free(void *p)
{
	struct select_item *item = p;

	g_free(item->path);
	g_free(item->name);
	g_free(item);
}

char *select_name(const char *path)
{
	g_autofree char *clean = g_canonicalize_filename(path, "/");
	const char *from = NULL, *s;
	gsize len;

	for (s = clean; (s = strstr(s, "/scenarios/")); s++)
		from = s + strlen("/scenarios/");
	if (!from)
		for (from = path; g_str_has_prefix(from, "./"); from += 2)
			;
	len = strlen(from);
	if (len > 4 && g_str_has_suffix(from, ".ffs"))
		len -= 4;
	return g_strndup(from, len);
}

/* One spelling of a path: relative to here if it is below. */
static char *tidy(const char *path)
{
	g_autofree char *full = g_canonicalize_filename(path, NULL);
	g_autofree char *cwd = g_get_current_dir();
	gsize len = strlen(cwd);

	if (!strncmp(full, cwd, len) && full[len] == '/')
		return g_strdup(full + len + 1);
	return g_steal_pointer(&full);
}

static void add(GPtrArray *out, GHashTable *seen, const char *path)
{
	struct select_item *item;
	char *full = g_canonicalize_filename(path, NULL);

	if (!g_hash_table_add(seen, full))
		return;
	item = g_new0(struct select_item, 1);
	item->path = g_strdup(path);
	item->name = select_name(path);
	g_ptr_array_add(out, item);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool walk(GPtrArray *out, GHashTable *seen, const char *dir,
		 unsigned int depth, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) d = NULL;
	const char *name;
	guint i;

	if (depth == MAX_DEPTH)
		return fail(error, "%s: more than %d directories deep", dir,
			    MAX_DEPTH);
	d = g_dir_open(dir, 0, error);
	if (!d)
		return false;
	while ((name = g_dir_read_name(d)))
		if (name[0] != '.')
			g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, by_name);
	for (i = 0; i < names->len; i++) {
		g_autofree char *path =
			!strcmp(dir, ".") ?
				g_strdup(names->pdata[i]) :
				g_build_filename(dir, names->pdata[i], NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
			if (!walk(out, seen, path, depth + 1, error))
				return false;
		} else if (g_str_has_suffix(path, ".ffs")) {
			add(out, seen, path);
		}
	}
	return true;
}

static bool find_path(GPtrArray *out, GHashTable *seen, const char *path,
		      GError **error)
{
	GStatBuf st;

	if (g_stat(path, &st))
		return fail(error, "%s: %s", path, g_strerror(errno));
	if (S_ISDIR(st.st_mode))
		return walk(out, seen, path, 0, error);
	add(out, seen, path);
	return true;
}

/* -- what failed the last time -------------------------------------------- */

/* The file is only ever ours: one entry per line, see write_last. */
static GPtrArray *read_last(void)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	char *path;
	int i;

	if (!g_file_get_contents(LAST_FILE, &text, NULL, NULL))
		return out;
	lines = g_strsplit(text, "\n", -1);
	for (i = 0; lines[i]; i++) {
		path = json_member(lines[i], "path");
		if (path)
			g_ptr_array_add(out, path);
	}
	return out;
}

static bool has(const GPtrArray *paths, const char *path)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)paths, path,
						g_str_equal, NULL);
}

bool select_remember(const GPtrArray *ran, const GPtrArray *failed,
		     GError **error)
{
	g_autoptr(GPtrArray) last = read_last();
	g_autoptr(GString) text = g_string_new("{\"version\": 1, \"failed\": [");
	g_autofree char *before = NULL;
	guint i, n = 0;
	FILE *f;

	if (!last->len && !failed->len)
		return true;
	for (i = 0; i < ran->len; i++) {
		const struct select_item *item = ran->pdata[i];
		g_autofree char *path = tidy(item->path);
		guint at;

		if (g_ptr_array_find_with_equal_func(last, path, g_str_equal,
						     &at))
			g_ptr_array_remove_index(last, at);
	}
	for (i = 0; i < failed->len; i++) {
		const struct select_item *item = failed->pdata[i];

		g_autofree char *path = tidy(item->path);

		if (!has(last, path))
			g_ptr_array_add(last, g_steal_pointer(&path));
	}
	for (i = 0; i < last->len; i++) {
		g_autofree char *name = select_name(last->pdata[i]);

		g_string_append(text, n++ ? ",\n{" : "\n{");
		json_pair(text, "name", name);
		g_string_append(text, ", ");
		json_pair(text, "path", last->pdata[i]);
		g_string_append_c(text, '}');
	}
	g_string_append(text, "\n]}\n");
	if (g_file_get_contents(LAST_FILE, &before, NULL, NULL) &&
	    !strcmp(before, text->str))
		return true;
	if (g_mkdir(LAST_DIR, 0777) && errno != EEXIST)
		return fail(error, "%s: %s", LAST_DIR, g_strerror(errno));
	/* g_file_set_contents() syncs, which takes longer than the run */
	f = fopen(LAST_FILE, "we");
	if (!f || fputs(text->str, f) < 0 || fclose(f))
		return fail(error, "%s: %s", LAST_FILE, g_strerror(errno));
	return true;
}

/* -- filters -------------------------------------------------------------- */

unsigned int select_shard(const char *name, unsigned int n)
{
	guint64 h = 0xcbf29ce484222325u;	/* FNV-1a */

	for (; *name; name++)
		h = (h ^ (guint8)*name) * 0x100000001b3u;
	return (unsigned int)((h ^ h >> 32) % n);
}

static bool parse_shard(const char *text, unsigned int *part, unsigned int *n,
			GError **error)
{
	char *end;
	guint64 a, b;

	a = g_ascii_strtoull(text, &end, 10);
	if (g_ascii_isdigit(*text) && *end == '/' && g_ascii_isdigit(end[1])) {
		b = g_ascii_strtoull(end + 1, &end, 10);
		if (!*end && a >= 1 && a <= b && b <= MAX_SHARDS) {
			*part = (unsigned int)a - 1;
			*n = (unsigned int)b;
			return true;
		}
	}
	return fail(error, "--shard %s: expected I/N with I from 1 to N, "
		    "as in 2/3", text);
}

/* One tag of a list: the text behind `!`, and whether there was one. */
static bool tag_fits(const char *tag, const GPtrArray *have)
{
	bool not = *tag == '!';

	if (!*tag)
		return true;
	return has(have, tag + not) != not;
}

bool select_tags(const struct select_options *o, const GPtrArray *have)
{
	int i, k;

	for (i = 0; o->tags && o->tags[i]; i++) {
		g_auto(GStrv) list = g_strsplit(o->tags[i], ",", -1);

		for (k = 0; list[k]; k++)
			if (!tag_fits(g_strstrip(list[k]), have))
				return false;
	}
	return true;
}

static bool find_all(const struct select_options *o, GPtrArray *out,
		     const GPtrArray *last, GError **error)
{
	g_autoptr(GHashTable) seen =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	guint i;

	if (o->paths && o->paths[0]) {
		for (i = 0; o->paths[i]; i++)
			if (!find_path(out, seen, o->paths[i], error))
				return false;
		return true;
	}
	if (last) {
		for (i = 0; i < last->len; i++)
			if (g_file_test(last->pdata[i], G_FILE_TEST_EXISTS))
				add(out, seen, last->pdata[i]);
		return true;
	}
	return find_path(out, seen,
			 g_file_test("scenarios", G_FILE_TEST_IS_DIR) ?
				 "scenarios" : ".", error);
}

GPtrArray *select_find(const struct select_options *o, GError **error)
{
	g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func(item_free);
	g_autoptr(GPtrArray) last = o->failed ? read_last() : NULL;
	g_autoptr(GRegex) regex = NULL;
	unsigned int part = 0, n = 1;
	guint i;

	if (o->shard && !parse_shard(o->shard, &part, &n, error))
		return NULL;
	if (o->filter) {
		regex = g_regex_new(o->filter, G_REGEX_RAW, 0, error);
		if (!regex) {
			g_prefix_error(error, "--filter: ");
			return NULL;
		}
	}
	if (!find_all(o, out, last, error))
		return NULL;
	for (i = 0; i < out->len;) {
		const struct select_item *item = out->pdata[i];

		g_autofree char *path = last ? tidy(item->path) : NULL;

		if ((last && !has(last, path)) ||
		    (regex && !g_regex_match(regex, item->name, 0, NULL)) ||
		    select_shard(item->name, n) != part)
			g_ptr_array_remove_index(out, i);
		else
			i++;
	}
	return g_steal_pointer(&out);
}
