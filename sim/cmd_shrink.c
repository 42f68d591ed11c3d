/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/convert.h"
#include "sim/run.h"
#include "sim/shrink.h"

static const char me[] = "shrink";

struct options {
	struct cmd_common c;
	char *from, *output;
	struct run_options run;
};

static void progress(unsigned int attempts, gsize left)
{
	fprintf(stderr, "\r%u attempts, %zu left ", attempts, left);
}

static int say(const char *path, const char *what)
{
	fprintf(stderr, "ffasim shrink: %s: %s%s", path, what,
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
	return say(o->output, error->message);
}

static int shrink(const struct options *o, const char *path)
{
	shrink_progress *told = isatty(STDERR_FILENO) && !o->c.quiet ?
				progress : NULL;
	bool regs = o->from && !strcmp(o->from, "regs");
	g_autofree char *data = NULL, *text = NULL, *why = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = NULL;
	struct shrink_reason reason;
	gsize len;

	if (!g_file_get_contents(path, &data, &len, &error))
		return say(path, error->message);
	if (!o->from && convert_guess(data, len) == CONVERT_FFS) {
		text = shrink_scenario(path, &o->run, &reason, told, &why);
	} else {
		g_autoptr(GBytes) all = g_bytes_new(data, len);

		bytes = shrink_bytes(all, regs, &reason, told, &why);
	}
	if (told)
		fputc('\n', stderr);
	if (why)
		return say(path, why);
	if (!o->c.quiet)
		fprintf(stderr, "%s: %s\n", path, *reason.id ? reason.id :
			reason.line);
	if (text)
		return write_to(o, text, strlen(text));
	return write_to(o, g_bytes_get_data(bytes, NULL),
			g_bytes_get_size(bytes));
}

int cmd_shrink(char **argv)
{
	struct options o = { 0 };
	const GOptionEntry own[] = {
		{ "from", 0, 0, G_OPTION_ARG_FILENAME, &o.from, NULL, NULL },
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &o.output, NULL,
		  NULL },
		{ 0 },
	};
	int code = cmd_parse(me, CMD_PROFILE | CMD_FFA | CMD_QUIET, own, &o.c,
			     argv);
	char **paths = o.c.select.paths;

	if (code < 0 && o.from && strcmp(o.from, "trace") &&
	    strcmp(o.from, "regs"))
		code = cmd_usage(me, "'%s' is none of trace, regs", o.from);
	if (code < 0 && (!paths || !paths[0] || paths[1]))
		code = cmd_usage(me, "which FILE? One at a time");
	o.run.profile = o.c.profile;
	o.run.ffa = o.c.ffa;
	if (code < 0)
		code = shrink(&o, paths[0]);
	cmd_common_free(&o.c);
	g_free(o.from);
	g_free(o.output);
	return code;
}
