/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JUnit's XML as CI servers read it: one testcase a run, the directory as
 * its class. Written at the end, as the counts stand at the front.
 */
#include <string.h>

#include "sim/report.h"

enum { TESTS, FAILURES, SKIPPED };	/* of count[]; next: errors */

/* XML 1.0 has no control characters, not even escaped. */
static char *clean(const char *s)
{
	g_autofree char *valid = g_utf8_make_valid(s ? s : "", -1);
	char *p;

	for (p = valid; *p; p++)
		if ((guint8)*p < 0x20 && !strchr("\t\n", *p))
			*p = '?';
	return g_markup_escape_text(valid, -1);
}

static void junit_begin(struct report_sink *s, const struct report_plan *plan)
{
	(void)s;
	(void)plan;
}

static void open_case(GString *to, const struct report_run *run)
{
	g_autofree char *dir = g_path_get_dirname(run->name);
	g_autofree char *base = g_path_get_basename(run->name);
	g_autofree char *class = NULL, *name = NULL, *file = clean(run->path);

	if (!strcmp(dir, "."))
		class = g_strdup("scenarios");
	else
		class = clean(g_strdelimit(dir, "/", '.'));
	name = clean(base);
	g_string_append_printf(to, "<testcase classname=\"%s\" name=\"%s",
			       class, name);
	if (*run->label) {
		g_autofree char *label = clean(run->label);

		g_string_append_printf(to, "[%s]", label);
	}
	g_string_append_printf(to, "\" file=\"%s\" time=\"%.6f\">", file,
			       (double)run->usec / G_USEC_PER_SEC);
}

static void junit_run(struct report_sink *s, const struct report_run *run)
{
	g_autofree char *text = clean(run->message);
	const char *kind;

	if (run->not_run)
		return;
	s->count[TESTS]++;
	open_case(s->text, run);
	if (run->verdict == RUN_SKIP) {
		s->count[SKIPPED]++;
		g_string_append_printf(s->text, "<skipped message=\"%s\"/>",
				       text);
	} else if (report_is_failure(run->verdict)) {
		/* a mismatch is a failure; the others are not the test's */
		kind = run->verdict == RUN_FAIL ? "failure" : "error";
		if (run->verdict == RUN_FAIL)
			s->count[FAILURES]++;
		else
			s->next++;
		g_string_append_printf(
			s->text, "\n<%s type=\"%s\" message=\"%.*s\">%s</%s>\n",
			kind, run->rule ? run->rule : report_word(run->verdict),
			(int)strcspn(text, "\n"), text, text, kind);
	}
	if (run->trace && s->verbose > 0) {
		g_autofree char *trace = clean(run->trace);

		g_string_append_printf(s->text,
				       "<system-out>%s</system-out>\n", trace);
	}
	g_string_append(s->text, "</testcase>\n");
}

static void junit_end(struct report_sink *s, const struct report_total *total)
{
	g_autofree char *counts = g_strdup_printf(
		"name=\"ffasim\" tests=\"%" G_GUINT64_FORMAT
		"\" failures=\"%" G_GUINT64_FORMAT
		"\" errors=\"%" G_GUINT64_FORMAT
		"\" skipped=\"%" G_GUINT64_FORMAT "\" time=\"%.6f\"",
		s->count[TESTS], s->count[FAILURES], s->next,
		s->count[SKIPPED], (double)total->usec / G_USEC_PER_SEC);

	fprintf(s->f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites %s>\n<testsuite %s>\n"
		"<properties><property name=\"seed\" value=\"%"
		G_GUINT64_FORMAT "\"/></properties>\n", counts, counts,
		s->plan->seed);
	fputs(s->text->str, s->f);
	fputs("</testsuite>\n</testsuites>\n", s->f);
}

const struct report_ops report_junit = {
	.kind = "junit",
	.begin = junit_begin,
	.run = junit_run,
	.end = junit_end,
};
