/* SPDX-License-Identifier: BSD-3-Clause */
/* What ran, as scenario text and nothing else: of one run, a scenario. */
#include "sim/report.h"

static void trace_begin(struct report_sink *s, const struct report_plan *plan)
{
	(void)s;
	(void)plan;
}

static void trace_run(struct report_sink *s, const struct report_run *run)
{
	g_autofree char *title = report_title(run);

	if (s->plan->runs > 1)
		fprintf(s->f, "# %s: %s\n", title,
			run->not_run ? "not run" : report_word(run->verdict));
	if (run->trace)
		fputs(run->trace, s->f);
}

static void trace_end(struct report_sink *s, const struct report_total *total)
{
	(void)s;
	(void)total;
}

const struct report_ops report_trace = {
	.kind = "trace",
	.begin = trace_begin,
	.run = trace_run,
	.end = trace_end,
};
