/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Units of work are numbered: repetition, then file, then FF-A version, then
 * variant. Workers and the reporting process compute from the number what it
 * is; nothing but numbers and results crosses between them.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/ffs.h"
#include "sim/suite.h"

struct session {
	const struct suite *suite;
	const struct suite_options *o;
	struct report *report;
	unsigned int versions;	/* to run with, at least 1 */
	guint64 round;		/* units of a repetition */
	/* the order of a repetition, and where each file's units begin */
	guint64 ordered;	/* the repetition it is of */
	guint *order;
	guint64 *begin;
	struct suite_cover *cover;	/* one per worker, shared */
	bool broken;
};

struct unit {
	struct suite_file *f;
	guint file;		/* its index */
	const struct run_variant *variant;	/* NULL: the file is wrong */
	guint64 repetition, test;
	unsigned int sub, subs;
	const char *ffa;
	guint64 seed;
	bool has_seed;
};

static unsigned int runs_of(const struct session *s,
			    const struct suite_file *f)
{
	return f->good ? f->variants->len * s->versions : 1;
}

/* -- numbers -------------------------------------------------------------- */

static void order(struct session *s, guint64 repetition)
{
	guint i, k, n = s->suite->files->len, tmp;
	g_autoptr(GRand) rand = NULL;
	guint64 at = 0;

	if (s->ordered == repetition || (s->order && !s->o->shuffle))
		return;
	if (!s->order) {
		s->order = g_new(guint, n);
		s->begin = g_new(guint64, n + 1);
	}
	for (i = 0; i < n; i++)
		s->order[i] = i;
	if (s->o->shuffle) {
		guint64 seed = s->o->run.seed + repetition;

		rand = g_rand_new_with_seed_array(
			(guint32[]){ (guint32)seed, (guint32)(seed >> 32) },
			2);
		for (i = n; i > 1; i--) {
			k = (guint)g_rand_int_range(rand, 0, (gint32)i);
			tmp = s->order[i - 1];
			s->order[i - 1] = s->order[k];
			s->order[k] = tmp;
		}
	}
	for (i = 0; i < n; i++) {
		s->begin[i] = at;
		at += runs_of(s, s->suite->files->pdata[s->order[i]]);
	}
	s->begin[n] = s->round = at;
	s->ordered = repetition;
}

static struct unit unit_of(struct session *s, guint64 number)
{
	guint lo = 0, hi = s->suite->files->len, mid;
	struct unit u = { .repetition = number / s->round };
	guint64 at = number % s->round;

	order(s, u.repetition);
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (s->begin[mid] <= at)
			lo = mid;
		else
			hi = mid;
	}
	u.file = s->order[lo];
	u.f = s->suite->files->pdata[u.file];
	u.test = u.repetition * s->suite->files->len + lo;
	u.sub = (unsigned int)(at - s->begin[lo]);
	u.subs = runs_of(s, u.f);
	if (u.f->good) {
		unsigned int n = u.f->variants->len;

		u.variant = u.f->variants->pdata[u.sub % n];
		u.ffa = s->o->ffa ? s->o->ffa[u.sub / n] : NULL;
	}
	u.has_seed = s->o->run.has_seed || u.repetition;
	u.seed = s->o->run.seed + u.repetition;
	return u;
}

static struct run_options options_of(const struct session *s,
				     const struct unit *u)
{
	struct run_options o = s->o->run;

	o.ffa = u->ffa;
	o.seed = u->seed;
	o.has_seed = u->has_seed;
	return o;
}

static char *name_of(const struct session *s, const struct unit *u)
{
	if (s->o->repeat == 1)
		return g_strdup(u->f->item->name);
	return g_strdup_printf("%s (run %" G_GUINT64_FORMAT ")",
			       u->f->item->name, u->repetition + 1);
}

static char *test_name(void *ctx, guint64 test, unsigned int *runs)
{
	struct session *s = ctx;
	guint n = s->suite->files->len;
	struct unit u = { .repetition = test / n };

	order(s, u.repetition);
	u.f = s->suite->files->pdata[s->order[test % n]];
	*runs = runs_of(s, u.f);
	return name_of(s, &u);
}

/* -- in a worker ---------------------------------------------------------- */

static void add(struct run_cover *to, const struct run_cover *from)
{
	const uint32_t *f = (const uint32_t *)from;
	uint32_t *t = (uint32_t *)to;
	gsize i;

	for (i = 0; i < sizeof(*to) / sizeof(*t); i++)
		t[i] = t[i] + f[i] < t[i] ? UINT32_MAX : t[i] + f[i];
}

enum {
	SHOWN = sizeof(struct calls) / sizeof(uint32_t),
	SHOWN_ALL = 1 << 20,
};

/* The same whichever worker runs what, and in which order. */
static void prefer(struct suite_shown *to, struct suite_shown from)
{
	if (from.share > to->share ||
	    (from.share == to->share && from.file < to->file))
		*to = from;
}

static bool has_tag(const struct suite_file *f, const char *tag)
{
	guint i;

	for (i = 0; i < f->tags->len; i++)
		if (!strcmp(f->tags->pdata[i], tag))
			return true;
	return false;
}

/* Does it run only where a file outside of the tree is? Then others show. */
static bool needs_file(const struct suite_file *f)
{
	guint i;

	for (i = 0; i < f->requires->len; i++)
		if (g_str_has_prefix(f->requires->pdata[i], "file"))
			return true;
	return false;
}

static void show(struct suite_cover *to, const struct calls *c,
		 const struct unit *u)
{
	const uint32_t *n = (const uint32_t *)c;
	struct suite_shown *shown = (struct suite_shown *)to->shown;
	uint32_t base = has_tag(u->f, "abi") ? SHOWN_ALL : 0;
	guint64 all = 1;
	guint i;

	if (needs_file(u->f))
		return;
	for (i = 0; i < SHOWN; i++)
		all += n[i];
	for (i = 0; i < SHOWN; i++)
		if (n[i])
			prefer(&shown[i], (struct suite_shown){
				base + (uint32_t)(n[i] * SHOWN_ALL / all),
				u->file });
}

static void merge(struct suite_cover *to, const struct suite_cover *from)
{
	const struct suite_shown *f = (const struct suite_shown *)from->shown;
	struct suite_shown *t = (struct suite_shown *)to->shown;
	guint i;

	add(&to->sum, &from->sum);
	for (i = 0; i < SHOWN; i++)
		prefer(&t[i], f[i]);
}

static const char *now_running;	/* for the watchdog of this process */

static struct run_result *wrong_file(const struct unit *u)
{
	struct run_result *r = g_new0(struct run_result, 1);

	r->verdict = RUN_BAD_FILE;
	r->message = ffs_diags_format(u->f->diags, false);
	return r;
}

static void work(void *ctx, unsigned int worker, guint64 number,
		 GByteArray *out)
{
	struct session *s = ctx;
	struct unit u = unit_of(s, number);
	struct run_options options = options_of(s, &u);
	gint64 begun = g_get_monotonic_time();
	struct run_result *r;

	now_running = u.f->item->path;
	r = u.variant ? run_variant(u.f->file, u.variant, &options) :
			wrong_file(&u);
	if (s->cover)
		add(&s->cover[worker].sum, &r->cover);
	if (s->cover && r->verdict == RUN_PASS)
		show(&s->cover[worker], &r->cover.calls, &u);
	jobs_put_number(out, r->verdict);
	jobs_put_number(out, r->line);
	jobs_put_number(out, r->events);
	jobs_put_number(out, r->impdef);
	jobs_put_number(out, (guint64)(g_get_monotonic_time() - begun));
	jobs_put_string(out, r->message);
	jobs_put_string(out, r->rule);
	jobs_put_string(out, r->trace);
	run_result_free(r);
}

/* In a signal handler: no stdio, no allocation. */
static void expired(void)
{
	static const char text[] = ": watchdog: no result in time\n";

	if (write(STDERR_FILENO, now_running, strlen(now_running)) < 0 ||
	    write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(99);
	_exit(5);
}

/* -- in the reporting process --------------------------------------------- */

static char *label_of(const struct session *s, const struct unit *u)
{
	g_autoptr(GString) label = g_string_new(NULL);
	const char *params = u->variant ? u->variant->label : "";

	if (s->o->run.profile != SPMC_SPEC)
		g_string_append_printf(label, "profile=%s ",
				       spmc_profiles[s->o->run.profile].name);
	if (u->ffa)
		g_string_append_printf(label, "ffa=%s ", u->ffa);
	g_string_append(label, params);
	g_strchomp(label->str);
	return g_strdup(label->str);
}

/* What a worker could not say itself. */
static char *lost(const struct session *s, const struct unit *u,
		  enum jobs_end end, int status)
{
	struct run_options o = options_of(s, u);
	g_autofree char *args = run_args(u->f->item->path, u->variant, &o, 0);

	if (end == JOBS_TIMEOUT)
		return g_strdup_printf(
			"%s: watchdog: no result in %u s\n"
			"look with: gdb --args ffasim run --no-fork "
			"--timeout 0 %s\n",
			u->f->item->path, s->o->timeout, args);
	if (WIFSIGNALED(status))
		return g_strdup_printf(
			"%s: the process that ran it was killed by signal %d "
			"(%s)\nlook with: gdb --args ffasim run --no-fork "
			"%s\n", u->f->item->path, WTERMSIG(status),
			strsignal(WTERMSIG(status)), args);
	return g_strdup_printf(
		"%s: the process that ran it ended with exit code %d\n"
		"look with: gdb --args ffasim run --no-fork %s\n",
		u->f->item->path, WEXITSTATUS(status), args);
}

static bool done(void *ctx, guint64 number, enum jobs_end end, int status,
		 const guint8 *data, gsize len)
{
	struct session *s = ctx;
	struct unit u = unit_of(s, number);
	struct jobs_reader r = { data, data + len };
	g_autofree char *name = name_of(s, &u), *label = label_of(s, &u);
	g_autofree char *message = NULL, *rule = NULL, *trace = NULL;
	struct report_run run = {
		.test = u.test, .sub = u.sub, .subs = u.subs, .name = name,
		.label = label, .path = u.f->item->path,
	};

	switch (end) {
	case JOBS_DONE:
		run.verdict = (enum run_verdict)jobs_get_number(&r);
		run.line = (unsigned int)jobs_get_number(&r);
		run.events = (unsigned int)jobs_get_number(&r);
		run.impdef = (unsigned int)jobs_get_number(&r);
		run.usec = jobs_get_number(&r);
		message = jobs_get_string(&r);
		rule = jobs_get_string(&r);
		trace = jobs_get_string(&r);
		break;
	case JOBS_TIMEOUT:
	case JOBS_DIED:
		run.verdict = end == JOBS_DIED ? RUN_BROKEN : RUN_TIMEOUT;
		message = lost(s, &u, end, status);
		break;
	case JOBS_NOT_RUN:
		run.not_run = true;
		break;
	}
	run.message = message;
	run.rule = rule;
	run.trace = trace;
	u.f->ran |= !run.not_run;
	u.f->failed |= !run.not_run && report_is_failure(run.verdict);
	report_run(s->report, &run);
	return report_failed(s->report) < s->o->max_failures;
}

static void tick(void *ctx, guint64 finished, guint64 current, bool asked)
{
	struct session *s = ctx;
	g_autofree char *name = NULL;
	struct unit u;

	if (current != G_MAXUINT64 && current / s->round < s->o->repeat) {
		u = unit_of(s, current);
		name = name_of(s, &u);
	}
	report_tick(s->report, finished, name, asked);
}

static unsigned int workers(const struct suite_options *o, guint64 units)
{
	unsigned int n = o->jobs;

	/* one run needs no second process: that is what starts quickly */
	if (o->no_fork || (units == 1 && !o->isolate))
		return 0;
	if (!n)
		n = (unsigned int)MIN(g_get_num_processors(),
				      MAX(units / 8, 1));
	return (unsigned int)MIN(n, units);
}

static void remember(const struct suite *suite)
{
	g_autoptr(GPtrArray) ran = g_ptr_array_new();
	g_autoptr(GPtrArray) failed = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	guint i;

	for (i = 0; i < suite->files->len; i++) {
		const struct suite_file *f = suite->files->pdata[i];

		if (f->ran)
			g_ptr_array_add(ran, (void *)f->item);
		if (f->failed)
			g_ptr_array_add(failed, (void *)f->item);
	}
	/* a directory that cannot be written to is no reason to fail */
	if (!select_remember(ran, failed, &error))
		fprintf(stderr, "ffasim: --failed will not know this run: %s\n",
			error->message);
}

static int exit_code(const struct report_total *t, enum jobs_result end)
{
	if (end == JOBS_WORKER_FAILED)
		return run_verdict_exit(RUN_BROKEN);
	if (end == JOBS_INTERRUPTED)
		return 130;
	return t->runs ? run_verdict_exit(t->worst) : 0;
}

int suite_run(struct suite *suite, const struct suite_options *o,
	      struct report *report)
{
	struct session s = {
		.suite = suite, .o = o, .report = report,
		.versions = o->ffa ? g_strv_length(o->ffa) : 1,
		.ordered = G_MAXUINT64,
	};
	struct jobs j = {
		.timeout = o->timeout, .ctx = &s, .work = work, .done = done,
		.tick = tick, .expired = expired,
	};
	struct report_plan plan = {
		.seed = o->run.seed, .show_seed = o->show_seed,
		.test_name = test_name, .ctx = &s,
	};
	enum jobs_result end = JOBS_ALL;
	guint i, n = suite->files->len;
	gsize size;
	int code;

	if (n)
		order(&s, 0);
	j.count = o->repeat == G_MAXUINT64 && n ? G_MAXUINT64 :
						  o->repeat * s.round;
	plan.runs = j.count;
	plan.tests = j.count == G_MAXUINT64 ? G_MAXUINT64 : o->repeat * n;
	j.workers = workers(o, j.count);
	size = MAX(j.workers, 1) * sizeof(*s.cover);
	if (o->cover) {
		s.cover = mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (s.cover == MAP_FAILED)
			g_error("mmap: %s", g_strerror(errno));
	}
	report_begin(report, &plan);
	fflush(NULL);
	if (j.count)
		end = jobs_run(&j);
	code = exit_code(report_end(report), end);
	if (end == JOBS_WORKER_FAILED)
		fputs("ffasim: a worker process ended badly between two "
		      "runs; see above\n", stderr);
	remember(suite);
	for (i = 0; o->cover && i < MAX(j.workers, 1); i++)
		merge(o->cover, &s.cover[i]);
	if (s.cover)
		munmap(s.cover, size);
	g_free(s.order);
	g_free(s.begin);
	return code;
}
