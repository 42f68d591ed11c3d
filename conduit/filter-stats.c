/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts calls, by function, with their errors and the virtual time they took:
 * a table at the end. stats: to stderr; stats=FILE.
 */
#include <glib.h>
#include <stdio.h>

#include "internal.h"

enum { CODES = 16 };		/* errors are -1 to -15 */

struct row {
	guint64 calls, lost, ns;
	guint64 errors[CODES];	/* by code without its sign; 0: another */
};

struct stats {
	FILE *to;
	struct row rows[FFA_FN_COUNT + 1];
};

static bool stats_open(const char *args, const struct conduit_options *options,
		       void **handle, char **error)
{
	FILE *to = sink_open(args, error);
	struct stats *s;

	(void)options;
	if (!to)
		return false;
	s = g_new0(struct stats, 1);
	s->to = to;
	*handle = s;
	return true;
}

/* The error that answers `fn`, or 0. */
static int error_of(enum ffa_fn fn, const struct ffa_value *out)
{
	if (fn != FFA_FN_UNKNOWN && ffa_fns[fn].succ == FFA_SUCC_BARE) {
		int32_t code = (int32_t)out->x[0];

		return code < 0 ? code : 0;
	}
	if ((uint32_t)out->x[0] == (uint32_t)FFA_ID_ERROR ||
	    (uint32_t)out->x[0] == (uint32_t)FFA_ID_ERROR_64)
		return (int32_t)out->x[2] ? (int32_t)out->x[2] : INT32_MIN;
	return out->x[0] == UINT64_MAX ? FFA_NOT_SUPPORTED : 0;
}

static const char *stats_call(void *handle, struct conduit_next *next,
			      unsigned int cpu, const struct ffa_value *in,
			      struct ffa_value *out)
{
	struct stats *s = handle;
	enum ffa_fn fn = ffa_fn_find(in->x[0]);
	struct row *r = &s->rows[fn];
	uint64_t from = next->time(next, 0);
	const char *why = next->call(next, cpu, in, out);
	int error = why ? 0 : error_of(fn, out);

	r->calls++;
	r->lost += why != NULL;
	r->ns += next->time(next, 0) - from;
	if (error)
		r->errors[error > -CODES && error < 0 ? -error : 0]++;
	return why;
}

/* "BUSY 2, DENIED 1": g_free it. */
static char *errors_of(const struct row *r)
{
	GString *s = g_string_new(NULL);

	for (int code = 1; code <= CODES; code++) {
		guint64 n = r->errors[code % CODES];
		const char *name = code < CODES ? ffa_error_name(-code) : NULL;

		if (n)
			g_string_append_printf(s, "%s%s %" G_GUINT64_FORMAT,
				s->len ? ", " : "", name ? name : "other", n);
	}
	if (r->lost)
		g_string_append_printf(s, "%sno answer %" G_GUINT64_FORMAT,
				       s->len ? ", " : "", r->lost);
	return g_string_free(s, FALSE);
}

static void stats_close(void *handle)
{
	struct stats *s = handle;

	fprintf(s->to, "%10s %15s  %-34s  %s\n", "calls", "ns", "function",
		"errors");
	for (unsigned int fn = 0; fn <= FFA_FN_COUNT; fn++) {
		const struct row *r = &s->rows[fn];
		g_autofree char *errors = NULL;

		if (!r->calls)
			continue;
		errors = errors_of(r);
		fprintf(s->to, "%10" G_GUINT64_FORMAT " %15" G_GUINT64_FORMAT
			"  %-*s%s\n", r->calls, r->ns, *errors ? 36 : 0,
			fn < FFA_FN_COUNT ? ffa_fns[fn].name :
			"(none of FF-A's)", errors);
	}
	sink_close(s->to);
	g_free(s);
}

const struct conduit_filter conduit_filter_stats = {
	.size = sizeof(conduit_filter_stats),
	.api_version = CONDUIT_API,
	.name = "stats",
	.open = stats_open,
	.close = stats_close,
	.call = stats_call,
};
