/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPU cycles: what sched.c, abort.c, power.c and direct.c share.
 *
 * A context that gives the CPU to another one is BLOCKED until it comes back.
 * The one that got it names it as `caller`. So the contexts of a CPU form a
 * chain from the one that runs up to the normal world (or, while the CPU
 * boots, to the partition that initialises, whose caller is SPMC_NOBODY). What
 * yielded or was preempted keeps its caller, which does not wait for it but
 * counts it in `yields`, if it is a partition.
 *
 * A secure interrupt for a context that is BLOCKED in the chain stops the one
 * that runs (`stopped`) until the former has handled it and calls FFA_RUN; in
 * between all stay BLOCKED. It counts as one of its `yields`.
 */
#ifndef SPMC_SCHED_H
#define SPMC_SCHED_H

#include "state.h"

static inline struct ec *caller_context(const struct call *c)
{
	return context(c->s, c->ep, c->ec);
}

/* ec_of: the context of a partition that serves `cpu`. */
static inline unsigned int ec_of(const struct spmc *s, unsigned int ep,
				 unsigned int cpu)
{
	return config(s, ep)->ec_count == 1 ? 0 : cpu;
}

/* no_call: a call for what is not one; `out` is cleared. */
struct call sched_no_call(struct spmc *s, const struct spmc_env *env,
			  unsigned int cpu, struct spmc_outcome *out);

/* sched_move: a step that the table has. */
void sched_move(const struct call *c, enum spmc_machine m, uint8_t *state,
		unsigned int event);

/* sched_ask: may a partition make this call in its runtime model? */
enum spmc_rule sched_ask(struct call *c, enum rtm_event event);

/* sched_give: the caller blocks, and `ec` of `ep` has its CPU now. */
void sched_give(struct call *c, unsigned int ep, unsigned int ec,
		enum ec_event event);

/* sched_extended: x8-x17 are not zero, and the caller's version knows them. */
bool sched_extended(const struct call *c);

/* sched_idle: what a context forgets when its work ends. */
void sched_idle(struct ec *e);

/*
 * sched_back: the CPU goes back up the chain, to `ec` of `ep`, which sees
 * `fn`, or goes on if it was interrupted. If its partition aborted meanwhile, it is next in the chain that sees
 * FFA_ERROR(ABORTED). SPMC_NOBODY: the next partition initialises.
 */
void sched_back(struct call *c, unsigned int ep, unsigned int ec,
		enum ffa_fn fn, const struct ffa_value *val);

/* sched_aborted: the registers of FFA_ERROR(ABORTED). */
extern const struct ffa_value sched_aborted;

/* sched_boot_next: the next partition initialises, or the normal world runs. */
void sched_boot_next(struct call *c);

/* sched_start: the context enters its image; BOOT, or RESTART. */
void sched_start(struct call *c, unsigned int ep, unsigned int ec,
		 enum ec_event event);

/* sched_unstop: the caller blocks, and what was stopped for it goes on. */
void sched_unstop(struct call *c);

/* sched_goes_on: the context runs again, with its own registers. */
void sched_goes_on(struct call *c, unsigned int ep, unsigned int ec);

/* -- abort.c ------------------------------------------------------------------ */

/* abort_partition: all of its contexts that do not run end. */
void abort_partition(struct call *c, unsigned int ep);

/* abort_stop: a context ends in the middle of its work. */
void abort_stop(struct call *c, unsigned int ep, unsigned int ec,
		enum ec_event event);

/* abort_drop: the same for a context that does not run and is waited for by none. */
void abort_drop(struct call *c, unsigned int ep, unsigned int ec,
		enum ec_event event);

/* abort_orphans: what yielded to a context has no caller any more. */
void abort_orphans(struct call *c, unsigned int ep, unsigned int ec);

/*
 * abort_doomed: the context that runs belongs to a partition that aborted on
 * another CPU: whatever it called, it ends here.
 */
void abort_doomed(struct call *c);

/* -- life.c ------------------------------------------------------------------- */

/*
 * life_end: the context of a partition that aborted has ended; `up` waits for
 * it. True if control went elsewhere: it starts again, and goes back to `up`
 * when it has initialised; or the SPMC is at its end.
 */
bool life_end(struct call *c, unsigned int ep, unsigned int ec,
	      unsigned int up, unsigned int up_ec);

/* life_stopped: a partition responded to the request to stop. */
void life_stopped(struct call *c);

/* life_back: the live activation is over, and the normal world goes on. */
void life_back(struct call *c);

/* -- power.c ------------------------------------------------------------------ */

/* What is under way on a CPU. */
enum power {
	POWER_NONE,
	POWER_OFF,
	POWER_SUSPEND_32,
	POWER_SUSPEND_64,
	POWER_RESUME,
	POWER_LIVE,		/* EL3 activates an instance of a partition */
};

/* power_is_psci: is this the function id of a PSCI call that power.c takes? */
bool power_is_psci(uint32_t fid);

/* power_call: such a call of the normal world. */
void power_call(struct call *c);

/* power_busy: does the context serve a power management message? */
bool power_busy(const struct ec *e);

/* power_next: a partition is through with its message; w3 of its response. */
void power_next(struct call *c, uint32_t status);

#endif
