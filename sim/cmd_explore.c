/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/board.h"
#include "sim/cmd.h"
#include "sim/explore.h"
#include "sim/ffs.h"
#include "sim/suite.h"

static const char me[] = "explore";

enum { BAR = 40, DEPTHS = 200 };

struct options {
	char *alphabet;
	int depth;
	gint64 states;
	gboolean csv;
};

/* A line for each depth; on a terminal one that moves on. */
struct progress {
	bool tty, quiet;
	gint64 began;
};

static double seconds(const struct progress *p)
{
	return (double)(g_get_monotonic_time() - p->began) / 1e6;
}

static double rate(uint64_t n, double s)
{
	return s > 0 ? (double)n / s : 0;
}

static void tell(void *ctx, const struct explore *e, bool done)
{
	const struct progress *p = ctx;
	unsigned int depth = e->depths->len - done;
	double s = seconds(p);

	if (p->quiet || (!done && !p->tty))
		return;
	fprintf(stderr, "%sdepth %u: %" G_GUINT64_FORMAT " states, %"
		G_GUINT64_FORMAT " moves, %.0f states/s, %.0f moves/s%s",
		p->tty ? "\r" : "", depth, e->states, e->moves,
		rate(e->states, s), rate(e->moves, s),
		done ? p->tty ? "\033[K\n" : "\n" : "\033[K");
	fflush(stderr);
}

static void print_csv(const struct explore *e)
{
	uint64_t all = 0;

	puts("depth,new,states,moves,refused,seconds");
	for (guint i = 0; i < e->depths->len; i++) {
		const struct explore_depth *d =
			&g_array_index(e->depths, struct explore_depth, i);

		all += d->fresh;
		printf("%u,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%"
		       G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%.3f\n", i,
		       d->fresh, all, d->moves, d->refused, d->seconds);
	}
}

/* How long is the bar of the logarithm of n? */
static int bar(uint64_t n, uint64_t most)
{
	int bits = 0, all = 0;

	for (; n >> bits; bits++)
		;
	for (; most >> all; all++)
		;
	return all ? BAR * bits / all : 0;
}

static void print_table(const struct explore *e)
{
	static const char line[BAR + 1] =
		"########################################";
	uint64_t most = 0;

	for (guint i = 0; i < e->depths->len; i++)
		most = MAX(most, g_array_index(e->depths, struct explore_depth,
					       i).fresh);
	printf("depth %12s %12s %12s %9s\n", "new states", "moves",
	       "refused", "seconds");
	for (guint i = 0; i < e->depths->len; i++) {
		const struct explore_depth *d =
			&g_array_index(e->depths, struct explore_depth, i);

		printf("%5u %12" G_GUINT64_FORMAT " %12" G_GUINT64_FORMAT
		       " %12" G_GUINT64_FORMAT " %9.2f %.*s\n", i, d->fresh,
		       d->moves, d->refused, d->seconds, bar(d->fresh, most),
		       line);
	}
}

static void print_end(const struct explore *e, double s)
{
	const char *how = e->whole ? "all states there are" :
			  e->full ? "stopped by --states" :
				    "stopped by --depth";

	printf("%" G_GUINT64_FORMAT " states, %" G_GUINT64_FORMAT " moves in "
	       "%.1f s: %.0f states/s, %.0f moves/s; %s\n", e->states,
	       e->moves, s, rate(e->states, s), rate(e->moves, s), how);
}

static int explore(struct explore *e, struct progress *p, bool csv)
{
	int code = CMD_OK;

	e->tell = tell;
	e->ctx = p;
	p->began = g_get_monotonic_time();
	if (!explore_run(e)) {
		fprintf(stderr, "ffasim explore: %s: %s, after %u moves\n",
			e->fault.id, e->fault.sentence, e->path_moves);
		if (e->path)
			fputs(e->path, stdout);
		code = run_verdict_exit(RUN_INVARIANT);
	} else if (csv) {
		print_csv(e);
	} else {
		print_table(e);
		print_end(e, seconds(p));
	}
	explore_clear(e);
	return code;
}

static int explore_file(const struct suite_file *f, const struct options *o,
			const struct cmd_common *c)
{
	const struct run_options ro = { .profile = c->profile, .ffa = c->ffa };
	struct progress p = { isatty(STDERR_FILENO), c->quiet, 0 };
	struct explore e = {
		.depth = (unsigned int)o->depth,
		.max_states = (uint64_t)o->states,
	};
	g_autofree char *why = NULL;
	struct explore_plan *plan;
	struct board *b = NULL;
	const char *words;
	unsigned int mask;
	int code;

	mask = explore_alphabets(o->alphabet ? o->alphabet :
				 "memory,messaging", &words);
	if (!mask)
		return cmd_usage(me, "--alphabet %s: expected %s, with commas",
				 o->alphabet, words);
	if (f->good)
		b = board_new(f->file, f->variants->pdata[0], &ro, f->diags);
	if (!b) {
		ffs_diags_print(f->diags, stderr,
				cmd_colors(c->color, STDERR_FILENO));
		return run_verdict_exit(RUN_BAD_FILE);
	}
	plan = explore_plan(b, mask, &why);
	board_free(b);
	if (!plan) {
		fprintf(stderr, "ffasim explore: %s: %s\n", f->item->name,
			why);
		return run_verdict_exit(RUN_BAD_FILE);
	}
	e.plan = plan;
	code = explore(&e, &p, o->csv);
	explore_plan_free(plan);
	return code;
}

int cmd_explore(char **argv)
{
	struct options o = { .depth = 6, .states = 10000000 };
	const GOptionEntry own[] = {
		{ "alphabet", 0, 0, G_OPTION_ARG_FILENAME, &o.alphabet, NULL,
		  NULL },
		{ "depth", 0, 0, G_OPTION_ARG_INT, &o.depth, NULL, NULL },
		{ "states", 0, 0, G_OPTION_ARG_INT64, &o.states, NULL, NULL },
		{ "csv", 0, 0, G_OPTION_ARG_NONE, &o.csv, NULL, NULL },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;
	struct suite *s = NULL;
	struct cmd_common c;
	int code = cmd_parse(me,
			     CMD_DEFINE | CMD_PROFILE | CMD_FFA | CMD_QUIET |
				     CMD_COLOR,
			     own, &c, argv);

	if (code < 0 && (o.depth < 1 || o.depth > DEPTHS))
		code = cmd_usage(me, "--depth %d: expected 1 to %d", o.depth,
				 DEPTHS);
	if (code < 0 && (o.states < 1 || o.states > UINT32_MAX))
		code = cmd_usage(me, "--states: expected 1 to 4294967295");
	if (code < 0) {
		s = suite_load(&c.select, c.defines, &error);
		if (!s)
			code = cmd_usage(me, "%s", error->message);
		else if (s->files->len != 1)
			code = cmd_usage(me, "expected one scenario, not %u",
					 s->files->len);
		else
			code = explore_file(s->files->pdata[0], &o, &c);
	}
	if (s)
		suite_free(s);
	g_free(o.alphabet);
	cmd_common_free(&c);
	return code;
}
