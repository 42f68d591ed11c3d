/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For people: failures in full, a line of progress while it lasts, a summary.
 * With -v the trace; all the rest is a comment then, so that what is shown
 * for one scenario is a scenario.
 */
#include <string.h>
#include <sys/ioctl.h>

#include "sim/report.h"

static const char *paint(const struct report_sink *s, enum run_verdict v)
{
	if (!s->color)
		return "";
	return report_is_failure(v) ? "\033[1;31m" :
	       v == RUN_SKIP	    ? "\033[33m" : "\033[32m";
}

static void clear_line(struct report_sink *s)
{
	if (s->live && s->next)
		fputs("\r\033[K", s->f);
	s->next = 0;
}

static void term_begin(struct report_sink *s, const struct report_plan *plan)
{
	if (plan->show_seed && s->verbose >= 0)
		fprintf(s->f, "# seed 0x%" G_GINT64_MODIFIER "x\n",
			plan->seed);
}

static void term_run(struct report_sink *s, const struct report_run *run)
{
	g_autofree char *title = report_title(run);
	const char *on = paint(s, run->verdict), *off = *on ? "\033[0m" : "";
	const char *mark = s->verbose > 0 ? "# " : "";
	bool failed = report_is_failure(run->verdict);

	/* once for all variants: it matters if all are skipped */
	if (!run->not_run && run->verdict == RUN_SKIP && s->verbose == 0 &&
	    !run->sub)
		g_string_append_printf(s->text, "skip %s: %s\n", run->name,
				       run->message ? run->message : "");
	if (run->not_run || (!failed && s->verbose <= 0))
		return;
	clear_line(s);
	if (run->trace && s->verbose > 0)
		fputs(run->trace, s->f);
	fprintf(s->f, "%s%s%s%s %s", mark, on, report_word(run->verdict), off,
		title);
	if (run->verdict == RUN_SKIP && run->message)
		fprintf(s->f, ": %s", run->message);
	if (s->verbose > 0)
		fprintf(s->f, " (%u events, %.2f ms)", run->events,
			(double)run->usec / 1000);
	fputc('\n', s->f);
	if (failed && run->message)
		report_lines(s->f, mark, run->message);
}

static void term_end(struct report_sink *s, const struct report_total *total)
{
	g_autofree char *line = report_summary(total);

	clear_line(s);
	/* why nothing was run is worth saying */
	if (total->tests == total->skipped)
		fputs(s->text->str, s->f);
	if (s->verbose >= 0)
		fprintf(s->f, "%s%s\n", s->verbose > 0 ? "# " : "", line);
}

/* Cut to the terminal, or it would wrap and could not be redrawn. */
static void term_tick(struct report_sink *s, const char *line)
{
	struct winsize w = { 0 };
	int columns;

	if (!s->live || s->verbose < 0)
		return;
	columns = !ioctl(fileno(s->f), TIOCGWINSZ, &w) && w.ws_col ?
			  w.ws_col - 1 : 79;
	fprintf(s->f, "\r%.*s\033[K", columns, line);
	fflush(s->f);
	s->next = 1;
}

const struct report_ops report_term = {
	.kind = "term",
	.begin = term_begin,
	.run = term_run,
	.end = term_end,
	.tick = term_tick,
};
