/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs numbered units of work in forked workers, watches their time, survives
 * their death, and hands on the results one by one in the order of the
 * units. Knows nothing of scenarios.
 */
#ifndef SIM_JOBS_H
#define SIM_JOBS_H

#include <glib.h>
#include <stdbool.h>

enum jobs_end {
	JOBS_DONE,	/* work() returned; data is what it appended */
	JOBS_TIMEOUT,	/* it was killed by the watchdog */
	JOBS_DIED,	/* its process ended, with wait status `status` */
	JOBS_NOT_RUN,	/* interrupted before, but a later one was done */
};

/* jobs_run: how it ended. */
enum jobs_result {
	JOBS_ALL,		/* every unit was done */
	JOBS_STOPPED,		/* done() wanted no more */
	JOBS_INTERRUPTED,	/* SIGINT or SIGTERM */
	JOBS_WORKER_FAILED,	/* a worker ended badly between units */
};

struct jobs {
	guint64 count;		/* of units; G_MAXUINT64: until stopped */
	unsigned int workers;	/* processes; 0: work here, without fork */
	unsigned int timeout;	/* seconds for one unit; 0: none */
	void *ctx;

	/* In worker 0..workers-1: does a unit, appends its result. */
	void (*work)(void *ctx, unsigned int worker, guint64 unit,
		     GByteArray *out);
	/* Here, in the order of the units. False: that is enough. */
	bool (*done)(void *ctx, guint64 unit, enum jobs_end end, int status,
		     const guint8 *data, gsize len);
	/* Here, about ten times a second and on SIGUSR1 (`asked`); or NULL. */
	void (*tick)(void *ctx, guint64 finished, guint64 current, bool asked);
	/*
	 * Without workers, from the watchdog's signal handler: may only
	 * write() and _exit().
	 */
	void (*expired)(void);
};

/*
 * jobs_run: the first SIGINT or SIGTERM lets the running units finish, the
 * second kills. Streams must be flushed before, as workers inherit them.
 */
enum jobs_result jobs_run(const struct jobs *j);

/* -- a unit's result as bytes --------------------------------------------- */

void jobs_put_number(GByteArray *to, guint64 value);
void jobs_put_string(GByteArray *to, const char *s);	/* may be NULL */

struct jobs_reader {
	const guint8 *p, *end;
};
guint64 jobs_get_number(struct jobs_reader *r);
char *jobs_get_string(struct jobs_reader *r);	/* new, or NULL */

#endif
