/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is measured, and the lines about it. In a pipe they are "name: value"
 * and nothing else; on a terminal, or with a base to compare with, a table
 * whose lines begin so.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

enum { NOISE = 10 };		/* percent: less is no change */

static const struct row {
	const char *name;
	int digits;
	double limit;		/* at most (if `up`: at least); 0: none */
	bool up;		/* more is better */
	const char *what;
} rows[] = {
	{ "call.null.ns", 1, 0, false,
	  "FFA_ID_GET into the null back end" },
	{ "call.id_get.ratio", 2, 0, false,
	  "the same answered by the model, over that" },
	{ "call.direct_echo.ratio", 2, 0, false,
	  "a direct request that partition code answers, over that" },
	{ "filter.log.ratio", 2, 0, false,
	  "FFA_ID_GET answered by the model behind the filter log, over without" },
	{ "filter.lint.ratio", 2, 3, false,
	  "the same behind the filter lint" },
	{ "mem.cycle.ratio", 2, 0, false,
	  "share, retrieve, relinquish, reclaim of a page, over 4 null calls" },
	{ "mem.scale.live", 2, 0, false,
	  "the same with 65,000 live handles, over 16" },
	{ "mem.scale.bytes", 2, 0, false,
	  "the same of 1 GiB, over 4 KiB" },
	{ "mem.scale.constituents", 2, 0, false,
	  "of 60,000 ranges, over 60, for each range" },
	{ "init.us", 2, 0, false, "an SPMC with 8 partitions" },
	{ "check.answer.ratio", 2, 0, false,
	  "a refused call with its answer checked, over without" },
	{ "check.state.ratio", 2, 0, false,
	  "a direct message with all state invariants, over without" },
	{ "reset.ratio", 2, 2, false,
	  "reset of SPMC and memory after 16 calls, over copying 4 KiB" },
	{ "serve.bare.ns", 0, 0, false,
	  "160 bytes over a socket pair to another process and back" },
	{ "serve.roundtrip.ratio", 2, 1.3, false,
	  "FFA_ID_GET of a server over unix:, over that" },
	{ "ring.bare.ns", 0, 0, false,
	  "as many bytes over shared memory, spinning" },
	{ "ring.roundtrip.ratio", 2, 1.5, false,
	  "FFA_ID_GET of a server over ring:, over that" },
	{ "start.ratio", 2, 0, false,
	  "`ffasim run` of two lines, over /bin/true" },
	{ "fuzz.exec.ratio", 2, 0.5, true,
	  "traces of 16 operations a second, over an empty target" },
	{ "fuzz.calls_per_s", 0, 0, true, "calls in these traces" },
};

static char *base;

void bench_base(const char *path)
{
	if (path && *path && !g_file_get_contents(path, &base, NULL, NULL))
		fail(path, "cannot be read: BASE= is the output of a `make "
		     "bench`");
}

/* The value in the base; 0: there is none. */
static double base_of(const char *name)
{
	g_autofree char *line = g_strdup_printf("\n%s: ", name);
	const char *at;

	if (!base)
		return 0;
	if (g_str_has_prefix(base, line + 1))
		return strtod(base + strlen(line + 1), NULL);
	at = strstr(base, line);
	return at ? strtod(at + strlen(line), NULL) : 0;
}

static void compare(const struct row *r, double value)
{
	double was = base_of(r->name), percent;

	if (!base)
		return;
	if (was <= 0) {
		printf(" %10s %8s       ", "-", "-");
		return;
	}
	percent = (value / was - 1) * 100;
	printf(" %10.*f %+7.1f%% %-6s", r->digits, was, percent,
	       percent < NOISE && percent > -NOISE ? "" :
	       (percent > 0) == r->up ? "better" : "worse");
}

void bench_result(const char *name, double value)
{
	const struct row *r = rows;
	char limit[32] = "";
	bool missed;

	while (strcmp(r->name, name))
		if (++r == rows + G_N_ELEMENTS(rows))
			fail(name, "is no row of tests/bench/result.c");
	if (!base && !isatty(STDOUT_FILENO)) {
		printf("%s: %.*f\n", name, r->digits, value);
		return;
	}
	if (r->limit > 0)
		g_snprintf(limit, sizeof(limit), "%s %g", r->up ? ">=" : "<=",
			   r->limit);
	missed = r->limit > 0 &&
		 (r->up ? value < r->limit : value > r->limit);
	printf("%s: %-*.*f", name, 32 - (int)strlen(name), r->digits, value);
	compare(r, value);
	printf(" %-8s %s%s\n", limit, missed ? "MISSED: " : "", r->what);
}
