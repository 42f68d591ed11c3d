/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/cover.h"
#include "sim/suite.h"
#include "sim/support.h"

static const char me[] = "cover";

static void percentage(const char *what, struct cover_tally t, bool color)
{
	unsigned int percent = cover_percent(t);

	printf("%-10s %4u of %-4u %s%3u %%%s\n", what, t.hit, t.all,
	       !color ? "" : percent == 100 ? "\033[32m" : "\033[1;31m",
	       percent, color ? "\033[0m" : "");
}

static bool enough(const struct run_cover *c, enum spmc_profile profile,
		   unsigned int min)
{
	return cover_percent(cover_rules(&c->spmc, profile)) >= min &&
	       cover_percent(cover_cells(&c->spmc)) >= min &&
	       cover_percent(cover_functions(&c->spmc)) >= min &&
	       cover_percent(cover_calls(&c->calls, profile)) >= min;
}

static void show(const struct run_cover *c, const struct cmd_common *o)
{
	bool color = cmd_colors(o->color, STDOUT_FILENO);
	g_autoptr(GString) text = g_string_new(NULL);
	struct winsize w = { 0 };

	if (o->json) {
		cover_json(text, c, o->profile);
		fputs(text->str, stdout);
		return;
	}
	if (!o->quiet) {
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
		cover_print(text, c, &(struct cover_style){
			.color = color,
			.columns = w.ws_col ? w.ws_col : 100,
			.verbose = o->verbose > 0,
			.profile = o->profile,
		});
		fputs(text->str, stdout);
	}
	percentage("rules", cover_rules(&c->spmc, o->profile), color);
	percentage("cells", cover_cells(&c->spmc), color);
	percentage("functions", cover_functions(&c->spmc), color);
	percentage("calls", cover_calls(&c->calls, o->profile), color);
}

static int run(struct suite *s, const struct cmd_common *o,
	       enum spmc_profile profile, bool quiet, struct suite_cover *c)
{
	g_auto(GStrv) ffa = o->ffa ? g_strsplit(o->ffa, ",", -1) : NULL;
	struct suite_options so = {
		.run = { .profile = profile },
		.ffa = ffa, .repeat = 1, .max_failures = G_MAXUINT64,
		.jobs = (unsigned int)o->jobs, .timeout = 60, .cover = c,
	};
	struct report *report = report_new(quiet ? -1 : 0);
	int code;

	/* stdout is for the result */
	report_add_term(report, stderr, cmd_colors(o->color, STDERR_FILENO),
			isatty(STDERR_FILENO));
	code = suite_run(s, &so, report);
	report_free(report, NULL);
	return code;
}

static int cover(struct suite *s, const struct cmd_common *o, int min)
{
	g_autofree struct suite_cover *c = g_new0(struct suite_cover, 1);
	int code = run(s, o, o->profile, o->quiet || o->json, c);

	show(&c->sum, o);
	if (!enough(&c->sum, o->profile, (unsigned int)min) &&
	    (!code || code == run_verdict_exit(RUN_SKIP)))
		code = run_verdict_exit(RUN_FAIL);
	return code;
}

static int support(struct suite *s, const struct cmd_common *o)
{
	struct suite_cover *c = g_new0(struct suite_cover, SPMC_PROFILE_COUNT);
	const struct suite_cover *all[SPMC_PROFILE_COUNT];
	g_autoptr(GString) text = g_string_new(NULL);
	int code = CMD_OK;

	for (unsigned int i = 0; i < SPMC_PROFILE_COUNT && !code; i++) {
		code = run(s, o, (enum spmc_profile)i, true, &c[i]);
		if (code == run_verdict_exit(RUN_SKIP))
			code = CMD_OK;
		all[i] = &c[i];
	}
	if (!code) {
		support_page(text, s, all);
		fputs(text->str, stdout);
	}
	g_free(c);
	return code;
}

static int load_and(struct cmd_common *o, int min, bool page)
{
	g_autoptr(GError) error = NULL;
	struct suite *s = suite_load(&o->select, NULL, &error);
	int code;

	if (!s)
		return cmd_usage(me, "%s", error->message);
	code = page ? support(s, o) : cover(s, o, min);
	suite_free(s);
	return code;
}

int cmd_cover(char **argv)
{
	gboolean page = FALSE;
	int min = 0, code;
	const GOptionEntry own[] = {
		{ "min", 0, 0, G_OPTION_ARG_INT, &min, NULL, NULL },
		{ "support", 0, 0, G_OPTION_ARG_NONE, &page, NULL, NULL },
		{ 0 },
	};
	struct cmd_common c;

	code = cmd_parse(me,
			 CMD_SELECT | CMD_JOBS | CMD_FFA | CMD_PROFILE |
				 CMD_QUIET | CMD_VERBOSE | CMD_JSON | CMD_COLOR,
			 own, &c, argv);
	if (code < 0 && (min < 0 || min > 100))
		code = cmd_usage(me, "--min %d: expected a percentage from 0 "
				 "to 100", min);
	if (code < 0 && page && (c.profile_name || c.json || min))
		code = cmd_usage(me, "--support prints a page about all "
				 "profiles: not with --profile, --json or "
				 "--min");
	if (code < 0)
		code = load_and(&c, min, page);
	cmd_common_free(&c);
	return code;
}
