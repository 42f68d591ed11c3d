/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/ffs.h"
#include "sim/linediff.h"
#include "sim/run.h"

static const char me[] = "fmt";

struct options {
	struct cmd_common c;
	gboolean in_place, check;
};

static char *read_input(gsize *len)
{
	GByteArray *all = g_byte_array_new();
	guint8 buf[4096];
	gsize n;

	while ((n = fread(buf, 1, sizeof(buf), stdin)))
		g_byte_array_append(all, buf, (guint)n);
	*len = all->len;
	g_byte_array_append(all, (const guint8 *)"", 1);
	return (char *)g_byte_array_free(all, FALSE);
}

/* What is done with the text of a file once it is formatted. */
static int put(const struct options *o, const char *path, const char *was,
	       const char *text, bool is_file)
{
	g_autoptr(GError) error = NULL;

	if (o->check)
		return linediff_print(stdout, path, was, text,
				      cmd_colors(o->c.color, STDOUT_FILENO)) ?
			       run_verdict_exit(RUN_FAIL) : CMD_OK;
	if (!o->in_place || !is_file) {
		fputs(text, stdout);
		return CMD_OK;
	}
	if (!strcmp(was, text))
		return CMD_OK;
	if (!g_file_set_contents(path, text, -1, &error)) {
		fprintf(stderr, "ffasim fmt: %s\n", error->message);
		return run_verdict_exit(RUN_BROKEN);
	}
	puts(path);
	return CMD_OK;
}

static int format(const struct options *o, const char *path)
{
	g_autofree char *was = NULL, *text = NULL;
	struct ffs_diags *d = ffs_diags_new();
	bool is_file = strcmp(path, "-") != 0;
	g_autoptr(GError) error = NULL;
	struct ffs_file *f = NULL;
	int code = run_verdict_exit(RUN_BAD_FILE);
	gsize len;

	if (!is_file) {
		was = read_input(&len);
		f = ffs_parse_alone("<stdin>", was, len, d);
	} else if (g_file_get_contents(path, &was, &len, &error)) {
		f = ffs_load(path, d);
	} else {
		fprintf(stderr, "ffasim fmt: %s\n", error->message);
	}
	if (d->errors) {
		ffs_diags_sort(d);
		ffs_diags_print(d, stderr,
				cmd_colors(o->c.color, STDERR_FILENO));
	} else if (f) {
		text = ffs_format(f);
		code = put(o, path, was, text, is_file);
	}
	if (f)
		ffs_file_free(f);
	ffs_diags_free(d);
	return code;
}

/* A file that is wrong (3) counts more than one that would change (1). */
static int format_all(const struct options *o)
{
	const struct select_options *sel = &o->c.select;
	bool input = sel->paths && sel->paths[0] && !sel->paths[1] &&
		     !strcmp(sel->paths[0], "-");
	g_autoptr(GPtrArray) items = NULL;
	g_autoptr(GError) error = NULL;
	int one, code = CMD_OK;
	guint i;

	if (input)
		return format(o, "-");
	items = select_find(sel, &error);
	if (!items)
		return cmd_usage(me, "%s", error->message);
	if (!items->len)
		return cmd_usage(me, "there is no *.ffs file");
	for (i = 0; i < items->len; i++) {
		const struct select_item *item = items->pdata[i];

		one = format(o, item->path);
		code = MAX(code, one);
	}
	return code;
}

int cmd_fmt(char **argv)
{
	struct options o = { 0 };
	const GOptionEntry own[] = {
		{ "in-place", 'i', 0, G_OPTION_ARG_NONE, &o.in_place, NULL,
		  NULL },
		{ "check", 0, 0, G_OPTION_ARG_NONE, &o.check, NULL, NULL },
		{ 0 },
	};
	int code = cmd_parse(me, CMD_COLOR, own, &o.c, argv);

	if (code < 0 && o.in_place && o.check)
		code = cmd_usage(me, "--in-place and --check exclude each "
				 "other");
	if (code < 0)
		code = format_all(&o);
	cmd_common_free(&o.c);
	return code;
}
