/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "sim/cmd.h"
#include "sim/ffs.h"

static const struct {
	const char *name;
	int (*main)(char **argv);
} commands[] = {
	{ "run", cmd_run }, { "check", cmd_check }, { "list", cmd_list },
	{ "fmt", cmd_fmt }, { "doc", cmd_doc }, { "cover", cmd_cover },
	{ "convert", cmd_convert }, { "shrink", cmd_shrink },
	{ "explore", cmd_explore }, { "msc", cmd_msc },
	{ "serve", cmd_serve }, { "ctrl", cmd_ctrl },
};

static const char *const options[] = { "--help", "--version",
				       "--long-options" };

static int help(const char *command)
{
	g_autofree char *text = cmd_synopsis(command);

	if (!text)
		return -1;
	fputs(text, stdout);
	return CMD_OK;
}

static int unknown(const char *word)
{
	const char *names[G_N_ELEMENTS(commands) + G_N_ELEMENTS(options)];
	const char *near;
	gsize i, n = 0;

	for (i = 0; i < G_N_ELEMENTS(commands); i++)
		names[n++] = commands[i].name;
	for (i = 0; i < G_N_ELEMENTS(options); i++)
		names[n++] = options[i];
	near = ffs_nearest(word, names, (unsigned int)n);
	return cmd_usage("", "no command '%s'%s%s%s", word,
			 near ? "; did you mean " : "", near ? near : "",
			 near ? "?" : "");
}

static int long_options(void)
{
	gsize i;

	for (i = 0; i < G_N_ELEMENTS(commands); i++)
		puts(commands[i].name);
	for (i = 0; i < G_N_ELEMENTS(options); i++)
		puts(options[i]);
	return CMD_OK;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	int code;
	gsize i;

	if (!word) {
		g_autofree char *text = cmd_synopsis("ffasim");

		fputs(text, stderr);
		return CMD_USAGE;
	}
	for (i = 0; i < G_N_ELEMENTS(commands); i++)
		if (!strcmp(word, commands[i].name))
			return commands[i].main(argv + 1);
	if (!strcmp(word, "--version")) {
		puts("ffasim " FFASIM_VERSION);
		return CMD_OK;
	}
	if (!strcmp(word, "--long-options"))
		return long_options();
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return help("ffasim");
	if (!strcmp(word, "help")) {
		code = help(argc > 2 ? argv[2] : "ffasim");
		return code < 0 ? unknown(argv[2]) : code;
	}
	return unknown(word);
}
