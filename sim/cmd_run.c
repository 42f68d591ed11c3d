/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "sim/capture.h"
#include "sim/cmd.h"
#include "sim/codec.h"
#include "sim/ffs.h"
#include "sim/linediff.h"
#include "sim/suite.h"

enum { TIMEOUT = 60 };	/* seconds */

static const char me[] = "run";

struct options {
	struct cmd_common c;
	gboolean no_fork, shuffle, fail_fast, paranoid, lint, update;
	char *seed, *repeat, *pcap;
	char **reports;
	int max_failures, timeout, stop_at;
};

static int parse(struct options *o, char **argv)
{
	const GOptionEntry own[] = {
#define ENTRY(name, letter, type, member) \
	{ name, letter, 0, G_OPTION_ARG_##type, &o->member, NULL, NULL }
		ENTRY("no-fork", 0, NONE, no_fork),
		ENTRY("seed", 0, FILENAME, seed),
		ENTRY("repeat", 0, FILENAME, repeat),
		ENTRY("shuffle", 0, NONE, shuffle),
		ENTRY("fail-fast", 'x', NONE, fail_fast),
		ENTRY("max-failures", 0, INT, max_failures),
		ENTRY("timeout", 0, INT, timeout),
		ENTRY("stop-at", 0, INT, stop_at),
		ENTRY("lint", 0, NONE, lint),
		ENTRY("paranoid", 0, NONE, paranoid),
		ENTRY("update", 0, NONE, update),
		ENTRY("pcap", 0, FILENAME, pcap),
		ENTRY("report", 0, FILENAME_ARRAY, reports),
#undef ENTRY
		{ 0 },
	};

	o->timeout = -1;
	return cmd_parse(me,
			 CMD_SELECT | CMD_JOBS | CMD_DEFINE | CMD_FFA |
				 CMD_PROFILE | CMD_QUIET | CMD_VERBOSE |
				 CMD_DECODE | CMD_COLOR,
			 own, &o->c, argv);
}

static bool number(const char *text, guint64 *value)
{
	char *end;

	if (!g_ascii_isdigit(*text))
		return false;
	errno = 0;
	*value = g_ascii_strtoull(text, &end, 0);
	return !*end && !errno;
}

/* What the options mean; -1: go on. */
static int resolve(const struct options *o, struct suite_options *s)
{
	int verbose = o->c.verbose;

	*s = (struct suite_options){
		.run = {
			.decode = cmd_decode(o->c.decode,
				verbose > 1 ? CODEC_VERBOSE : CODEC_ABBREV),
			.lint = o->lint,
			.paranoid = o->paranoid,
			.profile = o->c.profile,
			.stop_at = (guint)o->stop_at,
		},
		.repeat = 1,
		.shuffle = o->shuffle,
		.max_failures = o->fail_fast	  ? 1 :
				o->max_failures > 0 ?
					(guint64)o->max_failures : G_MAXUINT64,
		.jobs = (unsigned int)o->c.jobs,
		.timeout = o->timeout < 0 ? TIMEOUT : (unsigned int)o->timeout,
		.no_fork = o->no_fork,
		.isolate = o->timeout > 0 || o->reports,
	};
	if (o->max_failures < 0)
		return cmd_usage(me, "--max-failures %d: expected a number "
				 "from 1 on", o->max_failures);
	if (o->stop_at < 0)
		return cmd_usage(me, "--stop-at %d: expected a line from 1 on",
				 o->stop_at);
	if (o->repeat && !strcmp(o->repeat, "forever"))
		s->repeat = G_MAXUINT64;
	else if (o->repeat && (!number(o->repeat, &s->repeat) || !s->repeat ||
			       s->repeat > G_MAXUINT32))
		return cmd_usage(me, "--repeat %s: expected a number from 1 "
				 "on, or forever", o->repeat);
	if (o->seed && !strcmp(o->seed, "random")) {
		if (getrandom(&s->run.seed, sizeof(s->run.seed), 0) < 0)
			g_error("getrandom failed");
		/* short enough to type */
		s->run.seed &= 0xffffffff;
		s->run.has_seed = s->show_seed = true;
	} else if (o->seed) {
		if (!number(o->seed, &s->run.seed))
			return cmd_usage(me, "--seed %s: expected a number, "
					 "or random", o->seed);
		s->run.has_seed = true;
	}
	return -1;
}

/* -- --update ------------------------------------------------------------- */

/* Writes what came into one file; its verdict. */
static enum run_verdict update_file(const struct suite_file *f,
				    const struct run_options *options,
				    bool color, bool quiet)
{
	const char *path = f->item->path;
	g_autofree char *now = NULL, *text = NULL;
	g_autoptr(GError) error = NULL;
	struct run_result *r = NULL;
	enum run_verdict v;

	if (!f->good) {
		ffs_diags_print(f->diags, stderr, color);
		return RUN_BAD_FILE;
	}
	text = run_update(f->file, options, &r);
	v = r->verdict;
	if (text && g_file_get_contents(path, &now, NULL, &error) &&
	    strcmp(now, text)) {
		if (!quiet)
			linediff_print(stdout, path, now, text, color);
		if (!g_file_set_contents(path, text, -1, &error))
			v = RUN_BROKEN;
	}
	if (error)
		fprintf(stderr, "ffasim run: %s\n", error->message);
	if (report_is_failure(v) && r->message)
		fputs(r->message, stderr);
	run_result_free(r);
	return v;
}

static int update(const struct suite *s, const struct suite_options *o,
		  bool color, bool quiet)
{
	enum run_verdict worst = RUN_PASS;
	guint i;

	for (i = 0; i < s->files->len; i++) {
		enum run_verdict v = update_file(s->files->pdata[i], &o->run,
						 color, quiet);

		worst = i ? run_worst(worst, v) : v;
	}
	return run_verdict_exit(worst);
}

/* A build server would rewrite what it should check. */
static bool on_ci(void)
{
	const char *ci = getenv("CI");

	return ci && (!strcmp(ci, "1") || !g_ascii_strcasecmp(ci, "true"));
}

/* -- the command ---------------------------------------------------------- */

static int run(struct suite *s, struct suite_options *so,
	       const struct options *o)
{
	int verbose = o->c.quiet ? -1 : o->c.verbose;
	bool color = cmd_colors(o->c.color, STDOUT_FILENO);
	g_autoptr(GError) error = NULL;
	struct report *report;
	int i, code = -1;

	/* what led to the line is why one stops there */
	if (so->run.stop_at && !verbose)
		verbose = 1;
	report = report_new(verbose);
	for (i = 0; o->reports && o->reports[i] && code < 0; i++)
		if (!report_add(report, o->reports[i], &error))
			code = cmd_usage(me, "%s", error->message);
	if (code < 0) {
		report_add_stdout(report, color);
		so->run.want_trace = report_wants_trace(report);
		code = suite_run(s, so, report);
	}
	g_clear_error(&error);
	if (!report_free(report, &error)) {
		fprintf(stderr, "ffasim run: %s\n", error->message);
		code = run_verdict_exit(RUN_BROKEN);
	}
	return code;
}

/*
 * The one run once more, for its capture: it is the same, and the first may
 * have been in another process.
 */
static int capture(const struct suite *s, const struct suite_options *so,
		   const char *path)
{
	const struct suite_file *f = s->files->pdata[0];
	struct run_options options = so->run;
	struct run_result *r;
	char *why;

	options.want_tape = true;
	options.ffa = so->ffa ? so->ffa[0] : NULL;
	r = run_variant(f->file, f->variants->pdata[0], &options);
	r->tape->title = suite_title(f, r);
	why = capture_write(r->tape, path);
	run_result_free(r);
	if (!why)
		return CMD_OK;
	fprintf(stderr, "ffasim run: %s\n", why);
	g_free(why);
	return run_verdict_exit(RUN_BROKEN);
}

/* Is it one run? -1: go on. */
static int check_one(const struct suite *s, const struct suite_options *so)
{
	const struct suite_file *f = s->files->pdata[0];
	const char *which = s->files->len > 1 ? "one PATH" :
		f->good && f->variants->len > 1 ? "one variant with -D" :
		so->ffa && g_strv_length(so->ffa) > 1 ? "one version with --ffa" :
		so->repeat > 1 ? "no --repeat" : NULL;

	return which ? cmd_usage(me, "--pcap: of one run: %s", which) : -1;
}

static int run_captured(struct suite *s, struct suite_options *so,
			const struct options *o)
{
	const struct suite_file *f = s->files->pdata[0];
	int code = check_one(s, so), written;

	if (code >= 0)
		return code;
	code = run(s, so, o);
	if (!f->good || (code != CMD_OK && code != run_verdict_exit(RUN_FAIL)))
		return code;
	written = capture(s, so, o->pcap);
	return written ? written : code;
}

static int checked(struct options *o, struct suite_options *so)
{
	g_autoptr(GError) error = NULL;
	struct suite *s;
	int code;

	if (o->update && on_ci())
		return cmd_usage(me, "--update: not with CI=%s in the "
				 "environment", getenv("CI"));
	if (o->update && o->c.ffa)
		return cmd_usage(me, "--update: not together with --ffa");
	s = suite_load(&o->c.select, o->c.defines, &error);
	if (!s)
		return cmd_usage(me, "%s", error->message);
	if (o->stop_at && s->files->len > 1)
		code = cmd_usage(me, "--stop-at: a line of which of the %u "
				 "files?", s->files->len);
	else if (o->pcap && o->update)
		code = cmd_usage(me, "--pcap: not together with --update");
	else if (o->pcap)
		code = run_captured(s, so, o);
	else if (o->update)
		code = update(s, so, cmd_colors(o->c.color, STDOUT_FILENO),
			      o->c.quiet);
	else
		code = run(s, so, o);
	suite_free(s);
	return code;
}

int cmd_run(char **argv)
{
	struct options o = { 0 };
	struct suite_options so;
	int code = parse(&o, argv);

	if (code < 0)
		code = resolve(&o, &so);
	if (code < 0) {
		so.ffa = o.c.ffa ? g_strsplit(o.c.ffa, ",", -1) : NULL;
		code = checked(&o, &so);
		g_strfreev(so.ffa);
	}
	g_free(o.seed);
	g_free(o.repeat);
	g_free(o.pcap);
	g_strfreev(o.reports);
	cmd_common_free(&o.c);
	return code;
}
