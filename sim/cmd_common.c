/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/codec.h"
#include "sim/ffs.h"

char *cmd_synopsis(const char *command)
{
	g_autofree char *mark = g_strdup_printf("== %s\n", command);
	const char *from = strstr(cmd_text, mark), *to;

	if (!from)
		return NULL;
	from += strlen(mark);
	to = strstr(from, "\n== ");
	return to ? g_strndup(from, (gsize)(to + 1 - from)) : g_strdup(from);
}

int cmd_usage(const char *command, const char *fmt, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	if (*command)
		fprintf(stderr, "ffasim %s: %s\ntry: ffasim %s --help\n",
			command, text, command);
	else
		fprintf(stderr, "ffasim: %s\ntry: ffasim --help\n", text);
	return CMD_USAGE;
}

bool cmd_colors(const char *when, int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when && strcmp(when, "auto"))
		return !strcmp(when, "always");
	return isatty(fd) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

int cmd_decode(const char *mode, int def)
{
	if (!mode)
		return def;
	return !strcmp(mode, "raw")    ? CODEC_RAW :
	       !strcmp(mode, "abbrev") ? CODEC_ABBREV : CODEC_VERBOSE;
}

/* -- option tables -------------------------------------------------------- */

static gboolean more_verbose(const gchar *name, const gchar *value,
			     gpointer data, GError **error)
{
	struct cmd_common *c = data;

	(void)name;
	(void)value;
	(void)error;
	c->verbose++;
	return TRUE;
}


static void add(GArray *to, const char *name, char letter, GOptionArg arg,
		void *data)
{
	GOptionEntry e = { .long_name = name, .short_name = letter,
			   .arg = arg, .arg_data = data };

	g_array_append_val(to, e);
}

/*
 * Texts are FILENAME: as a STRING they would be converted from the locale,
 * which costs loading a converter and refuses bytes that a path may have.
 */
static GArray *table(unsigned int takes, const GOptionEntry *own,
		     struct cmd_common *c, gboolean *help, gboolean *list)
{
	const GOptionArg str = G_OPTION_ARG_FILENAME;
	const GOptionArg strv = G_OPTION_ARG_FILENAME_ARRAY;
	const GOptionArg flag = G_OPTION_ARG_NONE;
	GArray *t = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

	if (takes & CMD_SELECT) {
		add(t, "filter", 'f', str, &c->select.filter);
		add(t, "tags", 't', strv, &c->select.tags);
		add(t, "failed", 0, flag, &c->select.failed);
		add(t, "shard", 0, str, &c->select.shard);
		add(t, "allow-empty", 0, flag, &c->select.allow_empty);
	}
	if (takes & CMD_JOBS)
		add(t, "jobs", 'j', G_OPTION_ARG_INT, &c->jobs);
	if (takes & CMD_DEFINE)
		add(t, "define", 'D', strv, &c->defines);
	if (takes & CMD_FFA)
		add(t, "ffa", 0, str, &c->ffa);
	if (takes & CMD_PROFILE)
		add(t, "profile", 0, str, &c->profile_name);
	if (takes & CMD_QUIET)
		add(t, "quiet", 'q', flag, &c->quiet);
	if (takes & CMD_VERBOSE) {
		add(t, "verbose", 'v', G_OPTION_ARG_CALLBACK, more_verbose);
		g_array_index(t, GOptionEntry, t->len - 1).flags =
			G_OPTION_FLAG_NO_ARG;
	}
	if (takes & CMD_DECODE)
		add(t, "decode", 'X', str, &c->decode);
	if (takes & CMD_JSON)
		add(t, "json", 0, flag, &c->json);
	if (takes & CMD_COLOR)
		add(t, "color", 0, str, &c->color);
	for (; own && own->long_name; own++)
		g_array_append_val(t, *own);
	add(t, "help", 'h', flag, help);
	add(t, "long-options", 0, flag, list);
	return t;
}

/* -- values that several commands check ----------------------------------- */

static int one_of(const char *command, const char *option, const char *value,
		  const char *const *names)
{
	unsigned int n = g_strv_length((char **)names);
	g_autofree char *list = NULL;
	const char *near;

	if (!value || g_strv_contains(names, value))
		return -1;
	list = g_strjoinv(", ", (char **)names);
	near = ffs_nearest(value, names, n);
	return cmd_usage(command, "%s %s: expected %s%s%s%s%s", option, value,
			 n > 1 ? "one of " : "", list,
			 near ? "; did you mean " : "", near ? near : "",
			 near ? "?" : "");
}

static int check_versions(const char *command, const char *text)
{
	static const char *const names[] = { "1.0", "1.1", "1.2", "1.3",
					     NULL };
	g_auto(GStrv) list = g_strsplit(text ? text : "", ",", -1);
	int i, code = -1;

	for (i = 0; list[i] && code < 0; i++)
		code = one_of(command, "--ffa", list[i], names);
	return code;
}

static int check_profile(const char *command, struct cmd_common *c)
{
	const char *names[SPMC_PROFILE_COUNT + 1] = { NULL };
	int code;

	for (unsigned int i = 0; i < SPMC_PROFILE_COUNT; i++)
		names[i] = spmc_profiles[i].name;
	code = one_of(command, "--profile", c->profile_name, names);
	if (code < 0 && c->profile_name)
		c->profile = spmc_profile_find(c->profile_name);
	return code;
}

static int check_values(const char *command, struct cmd_common *c)
{
	static const char *const when[] = { "auto", "always", "never", NULL };
	static const char *const modes[] = { "raw", "abbrev", "verbose",
					     NULL };
	int code = one_of(command, "--color", c->color, when);

	if (code < 0)
		code = one_of(command, "--decode", c->decode, modes);
	if (code < 0)
		code = check_profile(command, c);
	if (code < 0 && c->ffa)
		code = check_versions(command, c->ffa);
	if (code < 0 && c->jobs < 0)
		code = cmd_usage(command, "--jobs %d: expected a number from "
				 "1 on", c->jobs);
	return code;
}

/* An option that does not exist: the nearest one that does. */
static int wrong_option(const char *command, const GArray *t,
			const GError *error)
{
	const char *word = strstr(error->message, "--"), *near = NULL;
	g_autofree const char **names = g_new0(const char *, t->len);
	guint i;

	for (i = 0; i < t->len; i++)
		names[i] = g_array_index(t, GOptionEntry, i).long_name;
	if (word && error->code == G_OPTION_ERROR_UNKNOWN_OPTION)
		near = ffs_nearest(word + 2, names, t->len);
	return cmd_usage(command, "%s%s%s%s", error->message,
			 near ? "; did you mean --" : "", near ? near : "",
			 near ? "?" : "");
}

static int tell(const char *command, const GArray *t, gboolean help)
{
	g_autofree char *text = cmd_synopsis(command);
	guint i;

	if (help)
		fputs(text ? text : "", stdout);
	for (i = 0; !help && i < t->len; i++)
		printf("--%s\n", g_array_index(t, GOptionEntry, i).long_name);
	return CMD_OK;
}

/* The entry of a short option that takes a value, in "-x" or "-xVALUE". */
static bool takes_value(const GArray *t, const char *arg)
{
	guint i;

	for (i = 0; i < t->len; i++) {
		const GOptionEntry *e = &g_array_index(t, GOptionEntry, i);

		if (arg[0] == '-' && arg[1] && arg[1] == e->short_name)
			return e->arg != G_OPTION_ARG_NONE &&
			       e->arg != G_OPTION_ARG_CALLBACK;
	}
	return false;
}

/* GOption knows "-j 2" but not "-j2", which everybody types. */
static char **split_values(const GArray *t, char **argv)
{
	GPtrArray *out = g_ptr_array_new();
	bool all = false, value = false;
	int i;

	for (i = 0; argv[i]; i++) {
		char *arg = argv[i];

		all |= !strcmp(arg, "--");
		if (!i || all || value || !takes_value(t, arg)) {
			g_ptr_array_add(out, g_strdup(arg));
			value = false;
			continue;
		}
		g_ptr_array_add(out, g_strndup(arg, 2));
		value = !arg[2];
		if (!value)
			g_ptr_array_add(out, g_strdup(arg + 2));
	}
	g_ptr_array_add(out, NULL);
	return (char **)g_ptr_array_free(out, FALSE);
}

int cmd_parse(const char *command, unsigned int takes,
	      const GOptionEntry *own, struct cmd_common *c, char **argv)
{
	GOptionContext *context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;
	gboolean help = FALSE, list = FALSE;
	GOptionGroup *group;
	g_auto(GStrv) args = NULL;
	int code = -1;
	GArray *t;

	memset(c, 0, sizeof(*c));
	t = table(takes, own, c, &help, &list);
	add(t, G_OPTION_REMAINING, 0, G_OPTION_ARG_FILENAME_ARRAY,
	    &c->select.paths);
	/* the group, as the callback of -v needs its data */
	group = g_option_group_new("ffasim", "", "", c, NULL);
	g_option_group_add_entries(group, (GOptionEntry *)(void *)t->data);
	g_option_context_set_main_group(context, group);
	g_option_context_set_help_enabled(context, FALSE);
	g_array_set_size(t, t->len - 1);
	args = split_values(t, argv);
	if (!g_option_context_parse_strv(context, &args, &error))
		code = wrong_option(command, t, error);
	else if (help || list)
		code = tell(command, t, help);
	else
		code = check_values(command, c);
	g_option_context_free(context);
	g_array_unref(t);
	return code;
}

void cmd_common_free(struct cmd_common *c)
{
	g_strfreev(c->select.paths);
	g_strfreev(c->select.tags);
	g_strfreev(c->defines);
	g_free(c->select.filter);
	g_free(c->select.shard);
	g_free(c->color);
	g_free(c->profile_name);
	g_free(c->ffa);
	g_free(c->decode);
}
