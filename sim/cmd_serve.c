/* SPDX-License-Identifier: BSD-3-Clause */
#include <pwd.h>
#include <string.h>

#include "sim/cmd.h"
#include "sim/serve.h"

static const char me[] = "serve";

struct given {
	struct serve_options serve;
	char *ctrl, *load, *pid, *mode;
	char **allow;
	gboolean daemon;
};

static int read_mode(struct given *g)
{
	guint64 mode;
	char *end;

	g->serve.mode = 0600;
	if (!g->mode)
		return -1;
	mode = g_ascii_strtoull(g->mode, &end, 8);
	if (end == g->mode || *end || mode > 0777)
		return cmd_usage(me, "--mode %s: expected an octal mode, as "
				 "0660", g->mode);
	g->serve.mode = (mode_t)mode;
	return -1;
}

/* NAME=UID or NAME=USER */
static int read_allow(struct given *g)
{
	unsigned int n = g->allow ? g_strv_length(g->allow) : 0;
	struct serve_allow *to = g_new0(struct serve_allow, n);

	g->serve.allow = to;
	g->serve.allow_count = n;
	for (unsigned int i = 0; i < n; i++) {
		char *user = strchr(g->allow[i], '='), *end;
		const struct passwd *pw;

		if (!user || user == g->allow[i] || !user[1])
			return cmd_usage(me, "--allow %s: expected NAME=USER",
					 g->allow[i]);
		*user++ = '\0';
		to[i].name = g->allow[i];
		to[i].uid = (uid_t)g_ascii_strtoull(user, &end, 10);
		if (!*end)
			continue;
		pw = getpwnam(user);
		if (!pw)
			return cmd_usage(me, "--allow %s=%s: there is no such "
					 "user", g->allow[i], user);
		to[i].uid = pw->pw_uid;
	}
	return -1;
}

static int read_words(struct given *g, char **paths)
{
	unsigned int n = paths ? g_strv_length(paths) : 0;

	if (n != 2)
		return cmd_usage(me, "expected an address and a board, as\n"
				 "  ffasim serve unix:/run/ffa.sock board.ffs");
	g->serve.address = paths[0];
	g->serve.board = paths[1];
	g->serve.ctrl = g->ctrl;
	g->serve.load = g->load;
	g->serve.pid = g->pid;
	g->serve.daemon = g->daemon;
	return -1;
}

int cmd_serve(char **argv)
{
	const GOptionArg str = G_OPTION_ARG_FILENAME;
	struct given g = { .ctrl = NULL };
	const GOptionEntry own[] = {
		{ "ctrl", 'c', 0, str, &g.ctrl, NULL, NULL },
		{ "mode", 0, 0, str, &g.mode, NULL, NULL },
		{ "allow", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &g.allow, NULL,
		  NULL },
		{ "load", 0, 0, str, &g.load, NULL, NULL },
		{ "daemon", 'd', 0, G_OPTION_ARG_NONE, &g.daemon, NULL, NULL },
		{ "pid", 0, 0, str, &g.pid, NULL, NULL },
		{ 0 },
	};
	struct cmd_common c;
	int code = cmd_parse(me, CMD_PROFILE, own, &c, argv);

	if (code < 0)
		code = read_mode(&g);
	if (code < 0)
		code = read_allow(&g);
	if (code < 0)
		code = read_words(&g, c.select.paths);
	if (code < 0) {
		g.serve.profile = c.profile;
		code = (int)serve(&g.serve);
	}
	g_free(g.ctrl);
	g_free(g.mode);
	g_free(g.load);
	g_free(g.pid);
	g_free((void *)g.serve.allow);
	g_strfreev(g.allow);
	cmd_common_free(&c);
	return code;
}
