/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/cover.h"
#include "sim/suite.h"

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

static int cover(const struct cmd_common *o, int min)
{
	g_auto(GStrv) ffa = o->ffa ? g_strsplit(o->ffa, ",", -1) : NULL;
	g_autofree struct suite_cover *c = g_new0(struct suite_cover, 1);
	struct suite_options so = {
		.run = { .profile = o->profile },
		.ffa = ffa, .repeat = 1, .max_failures = G_MAXUINT64,
		.jobs = (unsigned int)o->jobs, .timeout = 60, .cover = c,
	};
	g_autoptr(GError) error = NULL;
	struct report *report;
	struct suite *s;
	int code;

	s = suite_load(&o->select, NULL, &error);
	if (!s)
		return cmd_usage(me, "%s", error->message);
	report = report_new(o->quiet || o->json ? -1 : 0);
	/* stdout is for the result */
	report_add_term(report, stderr, cmd_colors(o->color, STDERR_FILENO),
			isatty(STDERR_FILENO));
	code = suite_run(s, &so, report);
	report_free(report, NULL);
	suite_free(s);
	show(&c->sum, o);
	if (!enough(&c->sum, o->profile, (unsigned int)min) &&
	    (!code || code == run_verdict_exit(RUN_SKIP)))
		code = run_verdict_exit(RUN_FAIL);
	return code;
}

int cmd_cover(char **argv)
{
	int min = 0, code;
	const GOptionEntry own[] = {
		{ "min", 0, 0, G_OPTION_ARG_INT, &min, NULL, NULL },
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
	if (code < 0)
		code = cover(&c, min);
	cmd_common_free(&c);
	return code;
}
