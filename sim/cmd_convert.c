/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/convert.h"
#include "sim/ffs.h"
#include "sim/ops.h"
#include "sim/run.h"

static const char me[] = "convert";

struct options {
	struct cmd_common c;
	char *from, *to, *output;
	enum convert_form from_form, to_form;	/* CONVERT_FORMS: not said */
	struct run_options run;
};

static enum convert_form form_named(const char *name)
{
	for (int i = 0; name && i < CONVERT_FORMS; i++)
		if (!strcmp(name, convert_names[i]))
			return (enum convert_form)i;
	return CONVERT_FORMS;
}

static int say(const char *what)
{
	fprintf(stderr, "ffasim convert: %s%s", what,
		g_str_has_suffix(what, "\n") ? "" : "\n");
	return run_verdict_exit(RUN_BAD_FILE);
}

static int write_to(const struct options *o, const void *data, gsize size)
{
	g_autoptr(GError) error = NULL;

	if (!o->output || !strcmp(o->output, "-")) {
		fwrite(data, 1, size, stdout);
		return CMD_OK;
	}
	if (g_file_set_contents(o->output, data, (gssize)size, &error))
		return CMD_OK;
	fprintf(stderr, "ffasim convert: %s\n", error->message);
	return run_verdict_exit(RUN_BROKEN);
}

static bool is_bytes(enum convert_form form)
{
	return form == CONVERT_TRACE || form == CONVERT_REGS;
}

/* One file to one. */
static int one(const struct options *o, const char *path)
{
	g_autofree char *data = NULL, *text = NULL, *why = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = NULL;
	enum convert_form from = o->from_form, to = o->to_form;
	gsize len;

	if (!g_file_get_contents(path, &data, &len, &error))
		return say(error->message);
	if (from == CONVERT_FORMS)
		from = convert_guess(data, len);
	if (to == CONVERT_FORMS)
		to = is_bytes(from) ? CONVERT_FFS : CONVERT_TRACE;
	if (is_bytes(from)) {
		bytes = g_bytes_new(data, len);
	} else if (strlen(data) != len) {
		return say("this text has a byte 0");
	} else {
		bytes = convert_bytes(path, data, len, from, &o->run, &from,
				      &why);
		if (!bytes)
			return say(why);
	}
	if (is_bytes(to) && to != from)
		return say(to == CONVERT_REGS ?
			   "only bytes of fuzz_regs become such" :
			   "bytes of fuzz_regs become text only");
	if (is_bytes(to))
		return write_to(o, g_bytes_get_data(bytes, NULL),
				g_bytes_get_size(bytes));
	text = convert_text(from, g_bytes_get_data(bytes, &len),
			    g_bytes_get_size(bytes), to);
	return write_to(o, text, strlen(text));
}

/* -- many ------------------------------------------------------------------ */

/* A variant of a scenario as a file of the directory. */
static bool seed(const struct options *o, const struct ffs_file *f,
		 const struct run_variant *v, const char *name)
{
	g_autofree char *why = NULL, *path = NULL;
	g_autofree guint8 *rows = NULL;
	size_t size;

	rows = ops_read(f, v, &o->run, &size, &why);
	if (!rows) {
		if (o->c.verbose)
			fprintf(stderr, "%s: %s%s", name, why,
				g_str_has_suffix(why, "\n") ? "" : "\n");
		return false;
	}
	path = g_build_filename(o->output, name, NULL);
	return g_file_set_contents(path, (const char *)rows, (gssize)size,
				   NULL);
}

/* Every variant; returns how many, *not those that are none. */
static guint seeds(const struct options *o, const char *path, guint *not)
{
	struct ffs_diags *d = ffs_diags_new();
	struct ffs_file *f = ffs_load(path, d);
	guint n = 0;

	if (f && !d->errors && ffs_check(f, d) && run_check(f, &o->run, d)) {
		g_autoptr(GPtrArray) variants = run_variants(f);

		for (guint i = 0; i < variants->len; i++) {
			g_autofree char *name = g_strdup_printf(
				"%s-%s-%u", path,
				spmc_profiles[o->run.profile].name, i);
			bool made;

			g_strdelimit(name, "/", '_');
			made = seed(o, f, variants->pdata[i], name);
			n += made;
			*not += !made;
		}
	} else {
		(*not)++;
	}
	if (f)
		ffs_file_free(f);
	ffs_diags_free(d);
	return n;
}

static int many(const struct options *o)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) items = select_find(&o->c.select, &error);
	guint n = 0, not = 0;

	if (!items)
		return cmd_usage(me, "%s", error->message);
	for (guint i = 0; i < items->len; i++) {
		const struct select_item *item = items->pdata[i];

		n += seeds(o, item->path, &not);
	}
	if (!o->c.quiet)
		printf("%u traces, %u scenarios that a trace cannot say\n", n,
		       not);
	return n ? CMD_OK : run_verdict_exit(RUN_BAD_FILE);
}

static int check_options(struct options *o)
{
	char **paths = o->c.select.paths;

	o->from_form = form_named(o->from);
	o->to_form = form_named(o->to);
	if ((o->from && o->from_form == CONVERT_FORMS) ||
	    (o->to && o->to_form == CONVERT_FORMS))
		return cmd_usage(me, "'%s' is none of trace, regs, ffs, hex, c",
				 o->from && o->from_form == CONVERT_FORMS ?
				 o->from : o->to);
	o->run.profile = o->c.profile;
	o->run.ffa = o->c.ffa;
	if (!paths || !paths[0])
		return cmd_usage(me, "which FILE?");
	return -1;
}

int cmd_convert(char **argv)
{
	struct options o = { 0 };
	const GOptionEntry own[] = {
		{ "from", 0, 0, G_OPTION_ARG_FILENAME, &o.from, NULL, NULL },
		{ "to", 0, 0, G_OPTION_ARG_FILENAME, &o.to, NULL, NULL },
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &o.output, NULL,
		  NULL },
		{ 0 },
	};
	int code = cmd_parse(me, CMD_PROFILE | CMD_FFA | CMD_QUIET |
			     CMD_VERBOSE, own, &o.c, argv);

	if (code < 0)
		code = check_options(&o);
	if (code < 0 && o.output && g_file_test(o.output, G_FILE_TEST_IS_DIR))
		code = many(&o);
	else if (code < 0 && o.c.select.paths[1])
		code = cmd_usage(me, "several files want -o DIRECTORY");
	else if (code < 0)
		code = one(&o, o.c.select.paths[0]);
	cmd_common_free(&o.c);
	g_free(o.from);
	g_free(o.to);
	g_free(o.output);
	return code;
}
