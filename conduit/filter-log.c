/* SPDX-License-Identifier: BSD-3-Clause */
/* A line for each call, as strace does it. log: to stderr; log=FILE. */
#include <glib.h>
#include <stdio.h>

#include "internal.h"

enum { LINE = 2048 };

struct log {
	FILE *to;
	conduit_show_fn *show;
	void *show_ctx;
};

static bool log_open(const char *args, const struct conduit_options *options,
		     void **handle, char **error)
{
	FILE *to = sink_open(args, error);
	struct log *l;

	if (!to)
		return false;
	l = g_new0(struct log, 1);
	l->to = to;
	l->show = options->show;
	l->show_ctx = options->show_ctx;
	*handle = l;
	return true;
}

static void log_close(void *handle)
{
	struct log *l = handle;

	sink_close(l->to);
	g_free(l);
}

static const char *log_call(void *handle, struct conduit_next *next,
			    unsigned int cpu, const struct ffa_value *in,
			    struct ffa_value *out)
{
	struct log *l = handle;
	struct ffa_value args = *in;
	const char *why = next->call(next, cpu, in, out);
	char line[LINE];

	l->show(l->show_ctx, cpu, &args, why ? NULL : out, line, sizeof(line));
	if (why)
		fprintf(l->to, "%s  # %s\n", line, why);
	else
		fprintf(l->to, "%s\n", line);
	return why;
}

const struct conduit_filter conduit_filter_log = {
	.size = sizeof(conduit_filter_log),
	.api_version = CONDUIT_API,
	.name = "log",
	.open = log_open,
	.close = log_close,
	.call = log_call,
};
