/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is told about a run, to any number of sinks. A test is a scenario; it
 * has one run or several (values of parameters, FF-A versions). Runs arrive
 * in order, the runs of a test one after the other.
 */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

#include "sim/run.h"

struct report_plan {
	guint64 tests, runs;	/* G_MAXUINT64: no end is known */
	guint64 seed;
	bool show_seed;		/* it was chosen at random */
	/* Of test n: its name (a new string) and its number of runs. */
	char *(*test_name)(void *ctx, guint64 n, unsigned int *runs);
	void *ctx;
};

struct report_run {
	guint64 test;		/* from 0 */
	unsigned int sub, subs;	/* which of the test's runs, from 0 */
	const char *name;	/* of the test */
	const char *label;	/* "ffa=1.1 FRAG=4"; "" if there is no choice */
	const char *path;
	bool not_run;		/* interrupted before */
	enum run_verdict verdict;
	const char *message;	/* may be NULL; lines, or reason of a skip */
	const char *rule;	/* or NULL */
	const char *trace;	/* or NULL */
	unsigned int line, events, impdef;
	guint64 usec;
};

/* Of tests, but for `runs`. */
struct report_total {
	guint64 tests, passed, failed, skipped, runs, impdef;
	guint64 not_run;	/* tests, because the run was stopped */
	enum run_verdict worst;	/* if tests is not 0 */
	gint64 usec;
};

struct report_sink;

struct report_ops {
	const char *kind;
	void (*begin)(struct report_sink *s, const struct report_plan *plan);
	void (*run)(struct report_sink *s, const struct report_run *run);
	void (*end)(struct report_sink *s, const struct report_total *total);
	/* Now and then; `line` is the progress in one line. Or NULL. */
	void (*tick)(struct report_sink *s, const char *line);
};
extern const struct report_ops report_term, report_ktap, report_junit,
	report_json, report_trace;

struct report_sink {
	const struct report_ops *ops;
	FILE *f;
	bool color, live;	/* live: a terminal, lines can be redrawn */
	int verbose;		/* -1 quiet, 0, 1, 2 */
	/* For the sink's own use; freed by report_free. */
	GString *text;
	guint64 next, tests, count[3];
	const struct report_plan *plan;
};

struct report;

struct report *report_new(int verbose);
/* report_free: closes the sinks; false if one could not be written. */
bool report_free(struct report *r, GError **error);

/* report_add: a sink "KIND:FILE". False with `error` if that is nonsense. */
bool report_add(struct report *r, const char *spec, GError **error);

/*
 * report_add_stdout: the sink for people, or for a pipe, unless another sink
 * writes there already.
 */
void report_add_stdout(struct report *r, bool color);

/* report_add_term: the sink for people, anywhere. */
void report_add_term(struct report *r, FILE *f, bool color, bool live);

/* report_wants_trace: a sink shows it. */
bool report_wants_trace(const struct report *r);

void report_begin(struct report *r, const struct report_plan *plan);
void report_run(struct report *r, const struct report_run *run);
/* report_tick: current may be NULL; asked: print it, wherever that may be. */
void report_tick(struct report *r, guint64 finished, const char *current,
		 bool asked);
/* report_end: and flush. */
const struct report_total *report_end(struct report *r);
/* report_failed: tests that failed so far. */
guint64 report_failed(const struct report *r);

/* For sinks. */
const char *report_word(enum run_verdict v);	/* "pass" */
bool report_is_failure(enum run_verdict v);
char *report_summary(const struct report_total *t);	/* new string */
/* report_lines: each line of `text` behind `prefix`. */
void report_lines(FILE *f, const char *prefix, const char *text);
/* report_title: "name" or "name label", a new string. */
char *report_title(const struct report_run *run);

#endif
