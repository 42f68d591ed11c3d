/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Says what the driver does wrong: lint.h. lint: to stderr; lint=FILE.
 * Of its memory it sees descriptors, and what it asks conduit_map for.
 */
#include <glib.h>
#include <stdio.h>

#include "internal.h"
#include "lint.h"

enum {
	CPUS = 64,		/* on others nothing is looked at */
	LINE = 2048,
};

/* Found before the answer was there. */
struct early {
	enum lint_rule rule;
	char *detail;
};

struct filter {
	struct lint *lint;
	FILE *to;
	conduit_show_fn *show;
	void *show_ctx;
	GMutex lock;		/* conduit_map may come during a call */
	struct conduit_next *next;	/* during one */
	GArray *early;		/* struct early */
};

static void print(struct filter *f, enum lint_rule rule, const char *detail,
		  unsigned int cpu, const struct ffa_value *in,
		  const struct ffa_value *out)
{
	const struct lint_info *info = &lint_rules[rule];
	char line[LINE];

	f->show(f->show_ctx, cpu, in, out, line, sizeof(line));
	fprintf(f->to, "lint: %s: %s%s%s%s\n  call  %s\n  fix   %s\n",
		info->name, info->sentence, *detail ? " (" : "", detail,
		*detail ? ")" : "", line, info->fix);
}

static void found(void *ctx, const struct lint_finding *finding)
{
	struct filter *f = ctx;
	struct early e;

	if (finding->out->x[0]) {
		print(f, finding->rule, finding->detail, finding->slot,
		      finding->in, finding->out);
		return;
	}
	e = (struct early){ finding->rule, g_strdup(finding->detail) };
	g_array_append_val(f->early, e);
}

static void print_early(struct filter *f, unsigned int cpu,
			const struct ffa_value *in,
			const struct ffa_value *out)
{
	for (guint i = 0; i < f->early->len; i++) {
		struct early *e = &g_array_index(f->early, struct early, i);

		print(f, e->rule, e->detail, cpu, in, out);
		g_free(e->detail);
	}
	g_array_set_size(f->early, 0);
}

static void *map(void *ctx, uint64_t pa, size_t len)
{
	struct filter *f = ctx;

	return f->next ? f->next->map(f->next, pa, len, false) : NULL;
}

static uint64_t now(void *ctx)
{
	struct filter *f = ctx;

	return f->next ? f->next->time(f->next, 0) : 0;
}

static bool filter_open(const char *args,
			const struct conduit_options *options, void **handle,
			char **error)
{
	FILE *to = sink_open(args, error);
	struct filter *f;

	if (!to)
		return false;
	f = g_new0(struct filter, 1);
	f->to = to;
	f->show = options->show;
	f->show_ctx = options->show_ctx;
	f->early = g_array_new(FALSE, FALSE, sizeof(struct early));
	g_mutex_init(&f->lock);
	f->lint = lint_new(&(struct lint_config){
		.slots = CPUS, .asks = true, .map = map, .time = now,
		.found = found, .ctx = f,
	});
	*handle = f;
	return true;
}

static void filter_close(void *handle)
{
	struct filter *f = handle;

	lint_end(f->lint);
	lint_free(f->lint);
	g_array_unref(f->early);
	g_mutex_clear(&f->lock);
	sink_close(f->to);
	g_free(f);
}

static const char *filter_call(void *handle, struct conduit_next *next,
			       unsigned int cpu, const struct ffa_value *in,
			       struct ffa_value *out)
{
	struct filter *f = handle;
	struct ffa_value args = *in;
	const char *why;

	if (cpu >= CPUS)
		return next->call(next, cpu, in, out);
	g_mutex_lock(&f->lock);
	f->next = next;
	lint_call(f->lint, cpu, in);
	g_mutex_unlock(&f->lock);
	why = next->call(next, cpu, in, out);
	g_mutex_lock(&f->lock);
	if (f->early->len)
		print_early(f, cpu, &args, why ? NULL : out);
	if (!why)
		lint_result(f->lint, cpu, out);
	f->next = NULL;
	g_mutex_unlock(&f->lock);
	return why;
}

static void *filter_map(void *handle, struct conduit_next *next, uint64_t pa,
			size_t len, bool secure)
{
	struct filter *f = handle;

	g_mutex_lock(&f->lock);
	lint_access(f->lint, pa, len);
	g_mutex_unlock(&f->lock);
	return next->map(next, pa, len, secure);
}

const struct conduit_filter conduit_filter_lint = {
	.size = sizeof(conduit_filter_lint),
	.api_version = CONDUIT_API,
	.name = "lint",
	.open = filter_open,
	.close = filter_close,
	.call = filter_call,
	.map = filter_map,
};
