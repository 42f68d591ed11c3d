/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * KTAP version 1, as the kernel documents it: one line a test; the runs of a
 * test that has several are its subtests. What was not run because the run
 * was stopped is a skip, so that the plan always holds.
 */
#include <string.h>

#include "sim/report.h"

/* '#' would begin a directive */
static void name(FILE *f, const char *s)
{
	for (; *s; s++)
		fputc(*s == '#' || *s == '\n' ? '_' : *s, f);
}

static void line(struct report_sink *s, const char *indent, bool ok,
		 guint64 n, const char *what)
{
	fprintf(s->f, "%s%sok %" G_GUINT64_FORMAT " ", indent, ok ? "" : "not ",
		n);
	name(s->f, what);
}

static void skip(struct report_sink *s, const char *why)
{
	const char *end = why ? strchrnul(why, '\n') : NULL;

	fputs(" # SKIP", s->f);
	if (why)
		fprintf(s->f, " %.*s", (int)(end - why), why);
}

static void details(struct report_sink *s, const char *prefix,
		    const struct report_run *run)
{
	if (report_is_failure(run->verdict) && run->message)
		report_lines(s->f, prefix, run->message);
	if (run->trace && s->verbose > 0)
		report_lines(s->f, prefix, run->trace);
}

static void ktap_begin(struct report_sink *s, const struct report_plan *plan)
{
	fputs("KTAP version 1\n", s->f);
	if (plan->show_seed)
		fprintf(s->f, "# seed 0x%" G_GINT64_MODIFIER "x\n",
			plan->seed);
	/* without a known end the plan comes last, as TAP allows */
	if (plan->tests != G_MAXUINT64)
		fprintf(s->f, "1..%" G_GUINT64_FORMAT "\n", plan->tests);
}

/* A result line at any depth, with what belongs to it. */
static void result(struct report_sink *s, const char *indent, guint64 n,
		   const char *what, const struct report_run *run)
{
	g_autofree char *prefix = g_strconcat(indent, "# ", NULL);

	line(s, indent, run->not_run || !report_is_failure(run->verdict), n,
	     what);
	if (run->not_run)
		skip(s, "interrupted");
	else if (run->verdict == RUN_SKIP)
		skip(s, run->message);
	fputc('\n', s->f);
	details(s, prefix, run);
}

enum { PASSED, SKIPPED, FAILED };

/* The line of a test whose runs are subtests; all skipped: a skip. */
static void close_test(struct report_sink *s, guint64 n, const char *what)
{
	line(s, "", !s->count[FAILED], n + 1, what);
	if (!s->count[FAILED] && !s->count[PASSED])
		skip(s, NULL);
	fputc('\n', s->f);
}

static void ktap_run(struct report_sink *s, const struct report_run *run)
{
	if (run->subs == 1) {
		result(s, "", run->test + 1, run->name, run);
	} else {
		if (!run->sub) {
			fprintf(s->f, "  KTAP version 1\n  1..%u\n",
				run->subs);
			memset(s->count, 0, sizeof(s->count));
		}
		result(s, "  ", run->sub + 1, run->label, run);
		s->count[run->not_run || run->verdict == RUN_SKIP ? SKIPPED :
			 report_is_failure(run->verdict) ? FAILED : PASSED]++;
	}
	s->next = run->sub + 1;
	if (s->next == run->subs) {
		if (run->subs > 1)
			close_test(s, run->test, run->name);
		s->next = 0;
	}
	s->tests = run->test + !s->next;
	fflush(s->f);
}

/* The rest of the plan, if the run was stopped. */
static void fill(struct report_sink *s)
{
	const struct report_plan *plan = s->plan;
	unsigned int runs, i = (unsigned int)s->next;
	guint64 n;

	for (n = s->tests; n < plan->tests; n++, i = 0) {
		g_autofree char *what = plan->test_name(plan->ctx, n, &runs);

		if (!i) {
			line(s, "", true, n + 1, what);
			skip(s, "not run");
			fputc('\n', s->f);
			continue;
		}
		for (; i < runs; i++)
			fprintf(s->f, "  ok %u run %u # SKIP not run\n", i + 1,
				i + 1);
		close_test(s, n, what);
	}
}

static void ktap_end(struct report_sink *s, const struct report_total *total)
{
	g_autofree char *sum = report_summary(total);

	if (s->plan->tests == G_MAXUINT64)
		fprintf(s->f, "1..%" G_GUINT64_FORMAT "\n", s->tests);
	else
		fill(s);
	fprintf(s->f, "# %s\n", sum);
}

const struct report_ops report_ktap = {
	.kind = "ktap",
	.begin = ktap_begin,
	.run = ktap_run,
	.end = ktap_end,
};
