/* SPDX-License-Identifier: BSD-3-Clause */
#include "convert.h"

#include <string.h>

#include "ffs.h"
#include "ops.h"
#include "run.h"

const char *const convert_names[CONVERT_FORMS] = {
	[CONVERT_TRACE] = "trace", [CONVERT_REGS] = "regs",
	[CONVERT_FFS] = "ffs", [CONVERT_HEX] = "hex", [CONVERT_C] = "c",
};

static const char c_head[] = "/* ffasim convert: ";

enum convert_form convert_guess(const char *data, gsize size)
{
	if (!g_utf8_validate(data, (gssize)size, NULL) || !size)
		return CONVERT_TRACE;
	if (g_str_has_prefix(data, c_head))
		return CONVERT_C;
	if (g_str_has_prefix(data, "! "))
		return CONVERT_HEX;
	return CONVERT_FFS;
}

/* -- bytes in a text ------------------------------------------------------- */

static void put_bytes(GString *to, enum convert_form form, const guint8 *data,
		      gsize size)
{
	enum { LINE = 32 };

	for (gsize i = 0; i < size || !i; i += LINE) {
		g_string_append_printf(to, "#%s: ", convert_names[form]);
		for (gsize k = i; k < size && k < i + LINE; k++)
			g_string_append_printf(to, "%02x", data[k]);
		g_string_append_c(to, '\n');
	}
}

static GByteArray *get_bytes(char **lines, enum convert_form *form)
{
	GByteArray *to = g_byte_array_new();
	bool any = false;

	for (; *lines; lines++) {
		const char *at = strstr(*lines, "#trace: ");

		*form = CONVERT_TRACE;
		if (!at) {
			at = strstr(*lines, "#regs: ");
			*form = CONVERT_REGS;
		}
		if (!at)
			continue;
		any = true;
		for (at = strchr(at, ' ') + 1; g_ascii_isxdigit(at[0]) &&
		     g_ascii_isxdigit(at[1]); at += 2) {
			guint8 byte = (guint8)(g_ascii_xdigit_value(at[0]) * 16 +
					       g_ascii_xdigit_value(at[1]));

			g_byte_array_append(to, &byte, 1);
		}
		if (lines[1] && !strstr(lines[1], convert_names[*form]))
			break;
	}
	if (any)
		return to;
	g_byte_array_unref(to);
	return NULL;
}

/* -- C --------------------------------------------------------------------- */

static void put_string(GString *to, const char *s)
{
	g_string_append(to, "\t{ \"");
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			g_string_append_c(to, '\\');
		g_string_append_c(to, *s);
	}
	g_string_append_c(to, '"');
}

static void put_c_call(GString *to, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	guint n = g_strv_length(words);

	g_string_append_printf(to, "\t{ \"%s %s\", {", words[0],
			       words[n - 1]);
	for (guint i = 1; i + 1 < n; i++)
		g_string_append_printf(to, "%s0x%s", i % 4 == 1 && i > 1 ?
				       ",\n\t\t" : i > 1 ? ", " : " ",
				       words[i]);
	g_string_append(to, " } },\n");
}

static bool is_call(const char *line)
{
	return *line && *line != '!' && *line != '#';
}

static GString *to_c(const char *hex)
{
	g_auto(GStrv) lines = g_strsplit(hex, "\n", -1);
	GString *to = g_string_new(c_head);

	g_string_append(to, "statements, or who calls and x0-x17 */\n"
			"#include <stdint.h>\n\n"
			"static const struct {\n"
			"\tconst char *line;\n"
			"\tuint64_t x[18];\n"
			"} trace[] = {\n");
	for (char **line = lines; *line; line++) {
		if (is_call(*line)) {
			put_c_call(to, *line);
			continue;
		}
		if (!**line)
			continue;
		put_string(to, **line == '!' ? *line + 2 : *line);
		g_string_append(to, " },\n");
	}
	g_string_append(to, "};\n");
	return to;
}

/* -- back ------------------------------------------------------------------ */

/* `ns@0 84000063 10002 =` as a line of a scenario. */
static void put_smc(GString *to, char **words, guint n)
{
	bool open = !strcmp(words[n - 1], "...");

	g_string_append_printf(to, "%s  SMC(", words[0]);
	for (guint i = 1; i + 1 < n; i++)
		g_string_append_printf(to, "%s0x%s", i > 1 ? ", " : "",
				       words[i]);
	g_string_append(to, open ? ") ...\n" : ") = _\n");
}

static char *hex_to_ffs(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *to = g_string_new(NULL);

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = NULL;
		guint n;

		if (**line == '!') {
			g_string_append(to, *line + ((*line)[1] == ' ' ? 2 :
						     1));
			g_string_append_c(to, '\n');
			continue;
		}
		words = g_strsplit_set(*line, " \t", -1);
		n = g_strv_length(words);
		if (**line && **line != '#' && n > 2)
			put_smc(to, words, n);
		else
			g_string_append_printf(to, "%s\n", *line);
	}
	return g_string_free(to, FALSE);
}

static char *c_to_ffs(const char *text)
{
	GString *hex = g_string_new(NULL);
	const char *at = strchr(text, '{');
	char *ffs;

	/* the first brace is the struct's */
	at = at ? strstr(at, "= {") : NULL;
	while (at && (at = strchr(at, '"'))) {
		GString *line = g_string_new(NULL);
		const char *end;

		for (at++; *at && *at != '"'; at++) {
			if (*at == '\\' && at[1])
				at++;
			g_string_append_c(line, *at);
		}
		end = strchr(at, '}');
		if (*at)
			at++;
		if (end && *at == ',' && memchr(at, '{', (gsize)(end - at))) {
			char *space = strrchr(line->str, ' ');

			g_string_append_len(hex, line->str, space ?
					    space - line->str : 0);
			for (; at < end; at++)
				if (*at == '0' && at[1] == 'x') {
					g_string_append_c(hex, ' ');
					for (at += 2; g_ascii_isxdigit(*at);
					     at++)
						g_string_append_c(hex, *at);
				}
			g_string_append_printf(hex, "%s\n", space ? space :
					       " =");
			at = end;
		} else {
			g_string_append_printf(hex, "%s%s\n",
					       *line->str == '#' ? "" : "! ",
					       line->str);
		}
		g_string_free(line, TRUE);
	}
	ffs = hex_to_ffs(hex->str);
	g_string_free(hex, TRUE);
	return ffs;
}

char *convert_scenario(const char *text, enum convert_form from)
{
	switch (from) {
	case CONVERT_HEX:
		return hex_to_ffs(text);
	case CONVERT_C:
		return c_to_ffs(text);
	case CONVERT_FFS:
	case CONVERT_TRACE:
	case CONVERT_REGS:
	case CONVERT_FORMS:
		break;
	}
	return g_strdup(text);
}

/* -- both ways ------------------------------------------------------------- */

char *convert_text(enum convert_form from, const guint8 *data, gsize size,
		   enum convert_form to)
{
	static guint8 trace[OPS_REGS_MAX * 4];
	const guint8 *rows = data;
	gsize n = size;
	g_autofree char *body = NULL;
	GString *text;

	if (from == CONVERT_REGS) {
		n = ops_of_regs(data, size, trace, sizeof(trace));
		rows = trace;
	}
	body = ops_print(rows, n, OPS_MAX_ROWS, false,
			 to == CONVERT_FFS ? OPS_FFS : OPS_HEX, "trace");
	text = g_string_new(body);
	put_bytes(text, from, data, size);
	if (to == CONVERT_C) {
		GString *c = to_c(text->str);

		g_string_free(text, TRUE);
		text = c;
	}
	return g_string_free(text, FALSE);
}

static GBytes *read_scenario(const char *name, const char *text, gsize len,
			     const struct run_options *o, char **error)
{
	struct ffs_diags *d = ffs_diags_new();
	struct ffs_file *f = ffs_parse_text(name, text, len, d);
	GBytes *bytes = NULL;

	if (f && ffs_check(f, d) && run_check(f, o, d)) {
		g_autoptr(GPtrArray) variants = run_variants(f);
		size_t size;
		guint8 *rows = ops_read(f, variants->pdata[0], o, &size,
					error);

		if (rows)
			bytes = g_bytes_new_take(rows, size);
	} else {
		ffs_diags_sort(d);
		*error = ffs_diags_format(d, false);
	}
	if (f)
		ffs_file_free(f);
	ffs_diags_free(d);
	return bytes;
}

GBytes *convert_bytes(const char *name, const char *text, gsize len,
		      enum convert_form from, const struct run_options *o,
		      enum convert_form *form, char **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *ffs = NULL, *again = NULL;
	GByteArray *bytes = get_bytes(lines, form);

	*error = NULL;
	if (bytes) {
		again = convert_text(*form, bytes->data, bytes->len, from);
		if (!strcmp(again, text))
			return g_byte_array_free_to_bytes(bytes);
		g_byte_array_unref(bytes);
	}
	*form = CONVERT_TRACE;
	if (from == CONVERT_FFS)
		return read_scenario(name, text, len, o, error);
	ffs = convert_scenario(text, from);
	return read_scenario(name, ffs, strlen(ffs), o, error);
}
