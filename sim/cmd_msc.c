/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/ffs.h"
#include "sim/msc.h"
#include "sim/suite.h"

static const char me[] = "msc";

static const struct {
	const char *name, *suffix;
	enum msc_format format;
} formats[] = {
	{ "text", ".txt", MSC_TEXT },
	{ "mermaid", ".mmd", MSC_MERMAID },
	{ "svg", ".svg", MSC_SVG },
};

/* By name, else by the suffix of what is written; -1: go on. */
static int find_format(const char *name, const char *output,
		       enum msc_format *format)
{
	*format = MSC_TEXT;
	for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
		if (!name && output &&
		    g_str_has_suffix(output, formats[i].suffix))
			*format = formats[i].format;
		if (name && !strcmp(name, formats[i].name)) {
			*format = formats[i].format;
			return -1;
		}
	}
	return name ? cmd_usage(me, "--format %s: expected one of text, "
				"mermaid, svg", name) : -1;
}

static int put(const struct tape *t, enum msc_format format,
	       const char *output)
{
	g_autofree char *text = msc_format(t, format);
	g_autoptr(GError) error = NULL;

	if (!output || !strcmp(output, "-"))
		fputs(text, stdout);
	else if (!g_file_set_contents(output, text, -1, &error)) {
		fprintf(stderr, "ffasim msc: %s\n", error->message);
		return run_verdict_exit(RUN_BROKEN);
	}
	return CMD_OK;
}

/* Runs the first variant and draws what happened. */
static int chart(const struct suite_file *f, const struct cmd_common *c,
		 enum msc_format format, const char *output)
{
	const struct run_options options = {
		.ffa = c->ffa, .profile = c->profile, .want_tape = true,
	};
	struct run_result *r;
	int code, written;

	if (!f->good) {
		ffs_diags_print(f->diags, stderr,
				cmd_colors(c->color, STDERR_FILENO));
		return run_verdict_exit(RUN_BAD_FILE);
	}
	r = run_variant(f->file, f->variants->pdata[0], &options);
	code = run_verdict_exit(r->verdict);
	if (r->message)
		fprintf(stderr, "%s%s", r->message,
			r->verdict == RUN_SKIP ? "\n" : "");
	if (r->verdict != RUN_SKIP && r->verdict != RUN_BAD_FILE) {
		r->tape->title = *r->params ?
			g_strdup_printf("%s (%s)", f->title, r->params) :
			g_strdup(f->title);
		written = put(r->tape, format, output);
		code = written ? written : code;
	}
	run_result_free(r);
	return code;
}

static int checked(const struct cmd_common *c, const char *format_name,
		   const char *output)
{
	g_autoptr(GError) error = NULL;
	enum msc_format format;
	int code = find_format(format_name, output, &format);
	struct suite *s;

	if (code >= 0)
		return code;
	if (!c->select.paths || c->select.paths[1])
		return cmd_usage(me, "expected one scenario");
	s = suite_load(&c->select, c->defines, &error);
	if (!s)
		return cmd_usage(me, "%s", error->message);
	if (s->files->len == 1)
		code = chart(s->files->pdata[0], c, format, output);
	else
		code = cmd_usage(me, "expected one scenario, not %u",
				 s->files->len);
	suite_free(s);
	return code;
}

int cmd_msc(char **argv)
{
	char *format = NULL, *output = NULL;
	const GOptionEntry own[] = {
		{ "format", 0, 0, G_OPTION_ARG_FILENAME, &format, NULL, NULL },
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, NULL,
		  NULL },
		{ 0 },
	};
	struct cmd_common c;
	int code = cmd_parse(me, CMD_DEFINE | CMD_PROFILE | CMD_FFA |
			     CMD_COLOR, own, &c, argv);

	if (code < 0)
		code = checked(&c, format, output);
	g_free(format);
	g_free(output);
	cmd_common_free(&c);
	return code;
}
