/* SPDX-License-Identifier: BSD-3-Clause */
/* One object; "results" has one object a run, each on its own line. */
#include "sim/json.h"
#include "sim/report.h"

static void json_begin(struct report_sink *s, const struct report_plan *plan)
{
	fprintf(s->f, "{\"version\": 1, \"ffasim\": \"%s\", \"seed\": %"
		G_GUINT64_FORMAT ", \"results\": [", FFASIM_VERSION,
		plan->seed);
}

static void member(GString *to, const char *key, const char *value)
{
	g_string_append(to, ", ");
	json_pair(to, key, value);
}

static void number(GString *to, const char *key, guint64 value)
{
	g_string_append(to, ", ");
	json_number(to, key, value);
}

static void json_run(struct report_sink *s, const struct report_run *run)
{
	GString *to = s->text;

	if (run->not_run)
		return;
	g_string_assign(to, s->next++ ? ",\n{" : "\n{");
	json_pair(to, "name", run->name);
	member(to, "label", run->label);
	member(to, "path", run->path);
	member(to, "verdict", report_word(run->verdict));
	if (run->line)
		number(to, "line", run->line);
	if (run->rule)
		member(to, "rule", run->rule);
	if (run->message)
		member(to, "message", run->message);
	number(to, "events", run->events);
	number(to, "impdef", run->impdef);
	number(to, "usec", run->usec);
	if (run->trace)
		member(to, "trace", run->trace);
	g_string_append_c(to, '}');
	fputs(to->str, s->f);
}

static void json_end(struct report_sink *s, const struct report_total *total)
{
	GString *to = s->text;

	g_string_assign(to, "\n], \"summary\": {");
	json_number(to, "tests", total->tests);
	number(to, "passed", total->passed);
	number(to, "failed", total->failed);
	number(to, "skipped", total->skipped);
	number(to, "not_run", total->not_run);
	number(to, "runs", total->runs);
	number(to, "impdef", total->impdef);
	number(to, "usec", (guint64)total->usec);
	g_string_append(to, "}}\n");
	fputs(to->str, s->f);
}

const struct report_ops report_json = {
	.kind = "json",
	.begin = json_begin,
	.run = json_run,
	.end = json_end,
};
