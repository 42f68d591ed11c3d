/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scenario whose `driver` acts itself: its calls come from outside and are
 * held against the lines of the file; all else happens as in run.h.
 *
 * The file is the schedule, over all CPUs: a call of a CPU whose line is not
 * next waits until it is. What has no line is extra, unless `allow` names its
 * function. Nothing here blocks.
 */
#ifndef SIM_DRIVE_H
#define SIM_DRIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/run.h"

struct board;
struct drive;
struct ffa_value;
struct machine;

/*
 * drive_new: runs up to the first line of a driver. Never NULL; drive_poll
 * says if the run failed already. The arguments outlive it.
 */
struct drive *drive_new(const struct ffs_file *file,
			const struct run_variant *variant,
			const struct run_options *options);
/* NULL if the run did not get so far. */
struct machine *drive_machine(const struct drive *d);
const struct board *drive_board(const struct drive *d);

/* drive_call: the driver calls on `cpu`, which waits for nothing. */
void drive_call(struct drive *d, unsigned int cpu, const struct ffa_value *in);

enum drive_state {
	DRIVE_WAITS,		/* for calls of other CPUs */
	DRIVE_BACK,		/* *out is what it sees */
	DRIVE_LOST,		/* it never comes back: *why */
};
/* drive_poll: after DRIVE_BACK the CPU may call again. */
enum drive_state drive_poll(struct drive *d, unsigned int cpu,
			    struct ffa_value *out, const char **why);

/* drive_stall: no CPU will call while these wait: a failure. */
void drive_stall(struct drive *d);

/* drive_irq: an interrupt that an irq line took on `cpu`, once. */
bool drive_irq(struct drive *d, unsigned int cpu, uint32_t *intid);

/* drive_failure: what went wrong so far, or NULL. */
const struct run_result *drive_failure(const struct drive *d);

/* drive_end: the driver is through. Frees `d`; the result is the caller's. */
struct run_result *drive_end(struct drive *d);

/* Of one line: "ns@0 CALL(...) = RESULT"; out may be NULL. g_free it. */
char *drive_show(struct drive *d, unsigned int cpu, const struct ffa_value *in,
		 const struct ffa_value *out);

#endif
