/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs scenarios. A file is run once for each combination of the values of
 * its parameters (a variant); every variant has its own machine.
 *
 * Events run in file order: that is the schedule.
 *  actor@cpu CALL = RESULT	control must be back with that actor at once
 *  actor@cpu CALL ...		control must pass to somebody else
 *  actor@cpu ... = RESULT	control must be there and must not have been
 *				accounted for by an earlier line
 * An actor that gets control must be given its `... = RESULT` line before
 * its next call; a first entry (`... = BOOT(info=ADDRESS)`, or x0=...) and a
 * return to where it was preempted need none. Control that comes last in a
 * file needs no line.
 * A CPU of which the file says `boot` before anything else is started there,
 * and partitions without run= play their initialisation, in boot order. Every
 * other CPU is started before the first event (if CPU 0 is not, then when it
 * is through its boot), and they initialise by FFA_MSG_WAIT.
 * `shuffle` keeps a call that hands control away together with the lines up
 * to where it is back; CPUs interleave by lines. `any` takes the first line
 * that can be next, until none is left.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/calls.h"
#include "spmc.h"

struct ffs_file;	/* ffs.h */
struct ffs_diags;
struct ffs_value;
struct tape;		/* tape.h */

/* What was exercised. Counters and nothing else. */
struct run_cover {
	struct spmc_cover spmc;
	struct calls calls;
};

enum run_verdict {
	RUN_PASS,
	RUN_FAIL,	/* the scenario and the model differ */
	RUN_SKIP,	/* a `requires` is not met, or something is absent */
	RUN_BAD_FILE,	/* the file cannot be run */
	RUN_INVARIANT,	/* the model broke its own rule */
	RUN_TIMEOUT,	/* for the caller's watchdog; run_variant never */
	RUN_BROKEN,	/* the harness itself failed */
};

/*
 * Told of what happens in a run: before and behind each statement, and after
 * each step of the machine (machine_watch_fn).
 */
struct run;
struct ffs_stmt;
struct run_recorder {
	void (*stmt)(struct run_recorder *self, struct run *r,
		     const struct ffs_stmt *s, bool done);
	void (*step)(struct run_recorder *self, struct run *r,
		     unsigned int cpu, unsigned int endpoint, unsigned int ec,
		     const struct ffa_value *in);
};

struct run_options {
	const char *ffa;	/* --ffa: "1.1"; NULL: the file's, else 1.2 */
	guint64 seed;		/* of shuffle and machine_random, */
	bool has_seed;		/* instead of the file's */
	guint stop_at;		/* last line to run; 0: all */
	int decode;		/* enum codec_mode */
	bool want_trace;	/* fill result->trace */
	bool want_tape;		/* fill result->tape */
	struct run_recorder *recorder;	/* or NULL */
	bool lenient;		/* a driver may make calls without a line */
	bool paranoid;		/* every check of the model after each call */
	enum spmc_profile profile;
};

/* One combination of parameter values. -D is ffs_pin(), before ffs_check(). */
struct run_variant {
	char *label;		/* "FRAG=2048 N=3", "" without parameters */
	char **params;		/* "FRAG=2048", "N=3", NULL */
	const struct ffs_value **values;	/* as file->params */
};

struct run_result {
	enum run_verdict verdict;
	char *message;		/* complete text of the failure, with a final
				 * newline; the reason of a skip, without */
	char *file;
	unsigned int line;	/* of the message; 0: the whole file */
	unsigned int col;
	char *params;		/* label of the variant */
	char *rule;		/* name of the rule that refused the call, or
				 * id of the invariant; or NULL */
	char *trace;		/* scenario text of what happened, or NULL */
	struct tape *tape;	/* the same step by step, or NULL */
	unsigned int events;	/* that were run */
	unsigned int impdef;	/* results matched by FFA_ERROR(impdef) */
	struct run_cover cover;
};

/*
 * run_variants: struct run_variant * of every combination of parameter
 * values of a checked file; at least one, the last parameter moving fastest.
 * They point into the file. Free with g_ptr_array_unref.
 */
GPtrArray *run_variants(const struct ffs_file *file);

/*
 * run_check: what can be said of a file without running it, behind ffs_check:
 * board, manifests, and statements that this version does not have. What
 * ffs_check found wrong is left out. Adds errors to `d` and sorts it; true if
 * d->errors is 0.
 */
bool run_check(const struct ffs_file *file, const struct run_options *options,
	       struct ffs_diags *d);

/* run_variant: never NULL; free with run_result_free. */
struct run_result *run_variant(const struct ffs_file *file,
			       const struct run_variant *variant,
			       const struct run_options *options);
void run_result_free(struct run_result *r);

/*
 * run_args: what stands behind `ffasim run` to run this again, for a shell;
 * `v` may be NULL, `stop_at` 0. g_free it.
 */
char *run_args(const char *path, const struct run_variant *v,
	       const struct run_options *o, unsigned int stop_at);

/* run_verdict_exit: the exit code of the design for a verdict. */
int run_verdict_exit(enum run_verdict verdict);

/* run_worst: of two verdicts, the one that decides the exit code. */
enum run_verdict run_worst(enum run_verdict a, enum run_verdict b);

/*
 * run_update: the file's text with every expected result that differs
 * replaced by what came, layout and comments kept; all variants must agree.
 * *result says what is left: RUN_PASS if the new text passes. NULL, with the
 * reason in *result, if nothing can be updated; g_free it.
 */
char *run_update(const struct ffs_file *file,
		 const struct run_options *options,
		 struct run_result **result);

#endif
