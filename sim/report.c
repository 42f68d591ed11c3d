/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sim/report.h"

struct report {
	GPtrArray *sinks;
	int verbose;
	const struct report_plan *plan;
	struct report_total total;
	enum run_verdict test;	/* of the test that is under way */
	unsigned int test_runs;
	gint64 begun;
};

static const struct report_ops *const kinds[] = {
	&report_ktap, &report_junit, &report_json, &report_term,
	&report_trace,
};

const char *report_word(enum run_verdict v)
{
	switch (v) {
	case RUN_PASS: return "pass";
	case RUN_FAIL: return "fail";
	case RUN_SKIP: return "skip";
	case RUN_BAD_FILE: return "bad-file";
	case RUN_INVARIANT: return "invariant";
	case RUN_TIMEOUT: return "timeout";
	case RUN_BROKEN: return "broken";
	}
	return "?";
}

bool report_is_failure(enum run_verdict v)
{
	return v != RUN_PASS && v != RUN_SKIP;
}

char *report_title(const struct report_run *run)
{
	return g_strconcat(run->name, *run->label ? " " : "", run->label,
			   NULL);
}

char *report_summary(const struct report_total *t)
{
	GString *s = g_string_new(NULL);

	g_string_printf(s, "%" G_GUINT64_FORMAT " passed, %" G_GUINT64_FORMAT
			" failed, %" G_GUINT64_FORMAT " skipped", t->passed,
			t->failed, t->skipped);
	if (t->not_run)
		g_string_append_printf(s, ", %" G_GUINT64_FORMAT " not run",
				       t->not_run);
	g_string_append_printf(s, " in %.2f s",
			       (double)t->usec / G_USEC_PER_SEC);
	if (t->runs != t->tests)
		g_string_append_printf(s, " (%" G_GUINT64_FORMAT " runs)",
				       t->runs);
	if (t->impdef)
		g_string_append_printf(s, ", %" G_GUINT64_FORMAT
				       " implementation-defined results",
				       t->impdef);
	return g_string_free(s, FALSE);
}

void report_lines(FILE *f, const char *prefix, const char *text)
{
	const char *end;

	for (; *text; text = end) {
		end = strchrnul(text, '\n');
		fprintf(f, "%s%.*s\n", prefix, (int)(end - text), text);
		end += *end != '\0';
	}
}

/* -- sinks ---------------------------------------------------------------- */

static struct report_sink *add(struct report *r, const struct report_ops *ops,
			       FILE *f)
{
	struct report_sink *s = g_new0(struct report_sink, 1);

	s->ops = ops;
	s->f = f;
	s->verbose = r->verbose;
	s->text = g_string_new(NULL);
	g_ptr_array_add(r->sinks, s);
	return s;
}

struct report *report_new(int verbose)
{
	struct report *r = g_new0(struct report, 1);

	r->sinks = g_ptr_array_new();
	r->verbose = verbose;
	return r;
}

bool report_free(struct report *r, GError **error)
{
	bool ok = true;
	guint i;

	for (i = 0; i < r->sinks->len; i++) {
		struct report_sink *s = r->sinks->pdata[i];
		bool bad = ferror(s->f) || fflush(s->f);

		if (s->f != stdout && s->f != stderr)
			bad |= fclose(s->f) != 0;
		if (bad && ok) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO,
				    "the %s report could not be written",
				    s->ops->kind);
			ok = false;
		}
		g_string_free(s->text, TRUE);
		g_free(s);
	}
	g_ptr_array_unref(r->sinks);
	g_free(r);
	return ok;
}

bool report_add(struct report *r, const char *spec, GError **error)
{
	const char *file = strchr(spec, ':');
	FILE *f;
	gsize i;

	for (i = 0; file && i < G_N_ELEMENTS(kinds); i++) {
		if (strlen(kinds[i]->kind) != (gsize)(file - spec) ||
		    strncmp(kinds[i]->kind, spec, (gsize)(file - spec)))
			continue;
		f = strcmp(file + 1, "-") ? fopen(file + 1, "we") : stdout;
		if (!f) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
				    "--report %s: %s", spec,
				    g_strerror(errno));
			return false;
		}
		add(r, kinds[i], f);
		return true;
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "--report %s: expected KIND:FILE, where KIND is ktap, "
		    "junit, json, term or trace", spec);
	return false;
}

void report_add_stdout(struct report *r, bool color)
{
	bool tty = isatty(STDOUT_FILENO);
	struct report_sink *s;
	guint i;

	for (i = 0; i < r->sinks->len; i++) {
		s = r->sinks->pdata[i];
		if (s->f == stdout) {
			s->color = color;
			return;
		}
	}
	s = add(r, tty ? &report_term : &report_ktap, stdout);
	s->color = color;
	s->live = tty;
}

void report_add_term(struct report *r, FILE *f, bool color, bool live)
{
	struct report_sink *s = add(r, &report_term, f);

	s->color = color;
	s->live = live;
}

bool report_wants_trace(const struct report *r)
{
	guint i;

	for (i = 0; i < r->sinks->len; i++) {
		const struct report_sink *s = r->sinks->pdata[i];

		if (s->ops == &report_trace)
			return true;
	}
	return r->verbose > 0;
}

/* -- events --------------------------------------------------------------- */

void report_begin(struct report *r, const struct report_plan *plan)
{
	guint i;

	r->plan = plan;
	r->begun = g_get_monotonic_time();
	for (i = 0; i < r->sinks->len; i++) {
		struct report_sink *s = r->sinks->pdata[i];

		s->plan = plan;
		s->ops->begin(s, plan);
	}
}

static void count(struct report *r, const struct report_run *run)
{
	struct report_total *t = &r->total;

	if (run->not_run)
		return;
	t->impdef += run->impdef;
	t->worst = t->runs++ ? run_worst(t->worst, run->verdict) :
			       run->verdict;
	r->test = r->test_runs++ ? run_worst(r->test, run->verdict) :
				   run->verdict;
}

/* The test whose runs were counted is over. */
static void count_test(struct report *r)
{
	struct report_total *t = &r->total;

	if (!r->test_runs) {
		t->not_run++;
		return;
	}
	t->tests++;
	if (report_is_failure(r->test))
		t->failed++;
	else if (r->test == RUN_SKIP)
		t->skipped++;
	else
		t->passed++;
	r->test_runs = 0;
}

void report_run(struct report *r, const struct report_run *run)
{
	guint i;

	count(r, run);
	if (run->sub + 1 == run->subs)
		count_test(r);
	for (i = 0; i < r->sinks->len; i++) {
		struct report_sink *s = r->sinks->pdata[i];

		s->ops->run(s, run);
	}
}

guint64 report_failed(const struct report *r)
{
	return r->total.failed +
	       (r->test_runs && report_is_failure(r->test));
}

static char *progress(const struct report *r, guint64 finished,
		      const char *current)
{
	GString *s = g_string_new(NULL);
	double took = (double)(g_get_monotonic_time() - r->begun) /
		      G_USEC_PER_SEC;
	double rate = took > 0 ? (double)finished / took : 0;

	g_string_printf(s, "%" G_GUINT64_FORMAT, finished);
	if (r->plan->runs != G_MAXUINT64)
		g_string_append_printf(s, "/%" G_GUINT64_FORMAT,
				       r->plan->runs);
	g_string_append_printf(s, ", %" G_GUINT64_FORMAT " failed, %.0f/s",
			       report_failed(r), rate);
	if (r->plan->runs != G_MAXUINT64 && rate > 0)
		g_string_append_printf(
			s, ", ETA %.0f s",
			(double)(r->plan->runs - MIN(finished,
						     r->plan->runs)) / rate);
	if (current)
		g_string_append_printf(s, ", %s", current);
	return g_string_free(s, FALSE);
}

void report_tick(struct report *r, guint64 finished, const char *current,
		 bool asked)
{
	g_autofree char *line = progress(r, finished, current);
	guint i;

	if (asked)
		fprintf(stderr, "ffasim: %s\n", line);
	for (i = 0; i < r->sinks->len; i++) {
		struct report_sink *s = r->sinks->pdata[i];

		if (s->ops->tick)
			s->ops->tick(s, line);
	}
}

const struct report_total *report_end(struct report *r)
{
	guint i;

	if (r->test_runs)
		count_test(r);
	if (r->plan->tests != G_MAXUINT64)
		r->total.not_run = r->plan->tests - r->total.tests;
	r->total.usec = g_get_monotonic_time() - r->begun;
	for (i = 0; i < r->sinks->len; i++) {
		struct report_sink *s = r->sinks->pdata[i];

		s->ops->end(s, &r->total);
		fflush(s->f);
	}
	return &r->total;
}
