/* SPDX-License-Identifier: BSD-3-Clause */
/* The conduit into a scenario of this process: conduit_open_scenario. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "conduit.h"
#include "drive.h"
#include "ffs.h"
#include "machine.h"

enum { PATIENCE = 5000 };	/* ms */

struct scenario {
	struct ffs_file *file;
	GPtrArray *variants;
	struct run_options options;
	struct drive *drive;
	gint64 patience;	/* us */
	char *record;		/* or NULL */
	GMutex lock;
	GCond changed;
	unsigned int turn;	/* calls so far; also under the lock */
};

/* -- calls ----------------------------------------------------------------- */

struct waiter {
	struct scenario *s;
	unsigned int seen;
	bool late;
};

/* Other CPUs may call meanwhile. */
static void wait_turn(void *data)
{
	struct waiter *w = data;
	struct scenario *s = w->s;
	gint64 until = g_get_monotonic_time() + s->patience;

	g_mutex_lock(&s->lock);
	while (s->turn == w->seen && !w->late)
		w->late = !g_cond_wait_until(&s->changed, &s->lock, until);
	g_mutex_unlock(&s->lock);
}

static unsigned int next_turn(struct scenario *s)
{
	unsigned int turn;

	g_mutex_lock(&s->lock);
	turn = ++s->turn;
	g_cond_broadcast(&s->changed);
	g_mutex_unlock(&s->lock);
	return turn;
}

static const char *scenario_call(void *handle, unsigned int cpu,
				 const struct ffa_value *in,
				 struct ffa_value *out)
{
	struct scenario *s = handle;
	struct waiter w = { .s = s };
	enum drive_state state;
	const char *why = NULL;

	if (!s->drive)
		return "the scenario was finished";
	drive_call(s->drive, cpu, in);
	w.seen = next_turn(s);
	while ((state = drive_poll(s->drive, cpu, out, &why)) ==
	       DRIVE_WAITS) {
		conduit_pause(wait_turn, &w);
		if (w.late)
			drive_stall(s->drive);
		w.late = false;
		w.seen = s->turn;
	}
	return state == DRIVE_BACK ? NULL : why;
}

static bool scenario_irq(void *handle, unsigned int cpu, uint32_t *intid)
{
	struct scenario *s = handle;

	return s->drive && drive_irq(s->drive, cpu, intid);
}

static uint64_t scenario_time(void *handle, uint64_t ns)
{
	struct scenario *s = handle;
	struct machine *m = s->drive ? drive_machine(s->drive) : NULL;

	if (!m)
		return 0;
	machine_wait(m, ns);
	return machine_time(m);
}

static void *scenario_map(void *handle, uint64_t pa, size_t len, bool secure)
{
	struct scenario *s = handle;

	return s->drive ? machine_map(drive_machine(s->drive), pa, len,
				      secure) : NULL;
}

static unsigned int scenario_cpus(void *handle)
{
	struct scenario *s = handle;

	return drive_board(s->drive)->config.cpus;
}

/* -- the end --------------------------------------------------------------- */

static int write_record(const struct scenario *s,
			const struct run_result *result, char **report)
{
	g_autoptr(GError) error = NULL;

	if (!s->record ||
	    g_file_set_contents(s->record, result->trace, -1, &error))
		return 0;
	*report = g_strdup_printf("%s\n", error->message);
	return run_verdict_exit(RUN_BROKEN);
}

static int scenario_finish(void *handle, char **report)
{
	struct scenario *s = handle;
	struct run_result *result;
	int code;

	*report = NULL;
	if (!s->drive)
		return 0;
	result = drive_end(g_steal_pointer(&s->drive));
	code = run_verdict_exit(result->verdict);
	if (code)
		*report = g_strdup(result->message);
	else
		code = write_record(s, result, report);
	run_result_free(result);
	return code;
}

static void scenario_free(struct scenario *s)
{
	if (s->drive)
		run_result_free(drive_end(s->drive));
	if (s->variants)
		g_ptr_array_unref(s->variants);
	if (s->file)
		ffs_file_free(s->file);
	g_free(s->record);
	g_mutex_clear(&s->lock);
	g_cond_clear(&s->changed);
	g_free(s);
}

/* Whoever did not ask must not take it for a pass. */
static void scenario_close(void *handle)
{
	struct scenario *s = handle;
	char *report;
	int code = scenario_finish(s, &report);

	scenario_free(s);
	if (!code)
		return;
	fputs(report, stderr);
	abort();
}

static const struct conduit_ops scenario = {
	.size = sizeof(scenario),
	.api_version = CONDUIT_API,
	.name = "scenario",
	.close = scenario_close,
	.cpus = scenario_cpus,
	.call = scenario_call,
	.map = scenario_map,
	.finish = scenario_finish,
	.take_irq = scenario_irq,
	.time = scenario_time,
};

static void show(void *ctx, unsigned int cpu, const struct ffa_value *in,
		 const struct ffa_value *out, char *text, size_t size)
{
	struct scenario *s = ctx;
	g_autofree char *line = drive_show(s->drive, cpu, in, out);

	g_strlcpy(text, line, size);
}

/* -- opening --------------------------------------------------------------- */

/* "FILE,NAME=VALUE,..." */
static bool pin_all(struct scenario *s, char **pins, char **error,
		    struct ffs_diags *d)
{
	for (; *pins && !*error; pins++) {
		char *value = strchr(*pins, '=');

		if (value)
			*value++ = '\0';
		if (!value || !ffs_pin(s->file, *pins, value, d))
			*error = g_strdup_printf("%s has no parameter %s, or "
						 "not this value",
						 s->file->path, *pins);
	}
	return !*error;
}

static bool load(struct scenario *s, const char *spec, char **error)
{
	g_auto(GStrv) words = g_strsplit(spec, ",", -1);
	struct ffs_diags *d = ffs_diags_new();

	s->file = ffs_load(*words ? *words : "", d);
	if (s->file && pin_all(s, words + 1, error, d) &&
	    ffs_check(s->file, d))
		run_check(s->file, &s->options, d);
	if (d->errors) {
		g_free(*error);
		ffs_diags_sort(d);
		*error = g_strchomp(ffs_diags_format(d, false));
	}
	ffs_diags_free(d);
	if (*error)
		return false;
	s->variants = run_variants(s->file);
	if (s->variants->len > 1)
		*error = g_strdup_printf("%s has parameters: choose one of "
					 "%u, as in `%s,%s`", *words,
					 s->variants->len, *words,
					 ((struct run_variant *)
					  s->variants->pdata[0])->params[0]);
	return !*error;
}

static bool start(struct scenario *s, const char *spec, char **error)
{
	const struct run_result *bad;

	if (!load(s, spec, error))
		return false;
	s->drive = drive_new(s->file, s->variants->pdata[0], &s->options);
	bad = drive_failure(s->drive);
	if (bad)
		*error = g_strchomp(g_strdup(bad->message));
	return !bad;
}

struct conduit *conduit_open_scenario(const char *path,
				      const struct conduit_options *options,
				      char **error)
{
	struct conduit_options with = { .size = sizeof(with) };
	struct scenario *s = g_new0(struct scenario, 1);
	struct conduit *c = NULL;
	char *why = NULL;

	if (options)
		memcpy(&with, options, MIN(options->size, sizeof(with)));
	if (!with.show) {
		with.show = show;
		with.show_ctx = s;
	}
	s->patience = 1000 * (gint64)(with.patience ? with.patience :
						      PATIENCE);
	s->record = g_strdup(with.record);
	s->options.want_trace = s->options.lenient = s->record != NULL;
	g_mutex_init(&s->lock);
	g_cond_init(&s->changed);
	if (start(s, path, &why))
		c = conduit_attach(&scenario, s, &with, &why);
	if (!c)
		scenario_free(s);
	if (error)
		*error = why;
	else
		g_free(why);
	return c;
}
