/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a call of the normal world gets in: a back end (where the SPMC is) with
 * filters stacked in front of it.
 *
 *	driver -> ffa_smc -> conduit_call -> filter -> filter -> back end
 *
 * A driver keeps its own signature, `void f(ffa_value_t, ffa_value_t *)`, and
 * sees ffa_smc. Back ends and filters are structs of callbacks: `size` and
 * `api_version` first, new members at the end, so code compiled against an
 * older header keeps working. A callback may be absent where its default is
 * given.
 *
 * Errors of opening are sentences in *error, which the caller free()s; `error`
 * may be NULL.
 */
#ifndef CONDUIT_H
#define CONDUIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffa/ffa.h"

enum { CONDUIT_API = 1 };

struct conduit;

/* -- a driver's side ------------------------------------------------------- */

/*
 * conduit_bind: this thread is `cpu` of the machine behind `c` from now on.
 * It stays bound until it binds again; NULL unbinds. False, and nothing
 * changes, if the machine has no such CPU.
 */
bool conduit_bind(struct conduit *c, unsigned int cpu);

/*
 * ffa_smc: the SMC instruction. The CPU that this thread is bound to calls
 * with the registers `args`; *res is what it sees afterwards. A thread that
 * is not bound sees what SMCCC says of an unknown function: x0 = -1.
 * There are calls that never come back (a partition that hangs): then the
 * reason goes to stderr and the process aborts; conduit_call returns it.
 */
void ffa_smc(ffa_value_t args, ffa_value_t *res);

/* -- opening --------------------------------------------------------------- */

/* How calls are shown; see the filter `log`. */
typedef void conduit_show_fn(void *ctx, unsigned int cpu,
			     const struct ffa_value *in,
			     const struct ffa_value *out, char *text,
			     size_t size);

/*
 * How a driver hears of an interrupt that FF-A makes pend for it on a CPU: the
 * schedule receiver interrupt and, if it is a VM, the notification pending
 * interrupt. FFA_FEATURES has their ids.
 */
typedef void conduit_interrupt_fn(void *ctx, unsigned int cpu,
				  uint32_t intid);

/* What whoever opens a conduit may choose. */
struct conduit_options {
	size_t size;		/* sizeof(struct conduit_options) */
	/*
	 * Filters as "NAME" or "NAME=ARGS", separated by blanks; the first is
	 * nearest to the driver. NULL: none. This library has
	 *   log[=FILE]	a line for each call, to FILE or stderr
	 *   stats[=FILE]	a table of functions, at the end
	 *   delay=TIME[:FUNCTION,...]	calls take virtual time
	 *   inject=FUNCTION,...:KEY[=VALUE]:...	calls go wrong
	 *   hypervisor[=vm=ID,...]	the driver is a VM: see
	 *			docs/hypervisor.md
	 * ffasim(1) says more of them.
	 */
	const char *filters;
	/*
	 * Writes a call of the normal world and its result (NULL: it did not
	 * come back) as one line of the scenario language, actor first, into
	 * text[size]: cut if it does not fit, always terminated.
	 * NULL: raw registers; conduit_open_board has decoded ones.
	 */
	conduit_show_fn *show;
	void *show_ctx;
	/*
	 * Called for each interrupt that pends when a call is over, which then
	 * pends no more: by the thread that made the call, before conduit_call
	 * or ffa_smc returns, also for other CPUs. It may make calls: `cpu` is
	 * the one to make them on. NULL: nobody takes interrupts.
	 */
	conduit_interrupt_fn *interrupt;
	void *interrupt_ctx;
	/*
	 * Of conduit_open_scenario: how long a call waits for calls of other
	 * CPUs that come before it in the file, in ms. 0: 5000.
	 */
	unsigned int patience;
	/*
	 * Of conduit_open_scenario: a file that conduit_finish or
	 * conduit_close writes: what happened, as a scenario that runs as it
	 * is. Then calls that no line has are no mistakes. NULL: none.
	 */
	const char *record;
};

/*
 * conduit_open: opens a back end by name, "NAME" or "NAME:ARGS". This library
 * has
 *   null	no SPMC: answers every call with an empty FFA_SUCCESS
 *   unix:PATH[,ENDPOINT]	what `ffasim serve unix:PATH` runs; ENDPOINT is
 *		a part of its board that is played from here, or else the
 *		normal world (docs/wire.md). Memory that is lent or given
 *		away faults when it is accessed.
 *   ring:PATH[,ENDPOINT]	the same; calls spin instead of sleeping
 * `options` may be NULL. NULL with *error if something is wrong.
 */
struct conduit *conduit_open(const char *spec,
			     const struct conduit_options *options,
			     char **error);

/*
 * conduit_open_board: a whole simulated machine in this process: the `board`,
 * `part`, `buf` and `mem` lines of the scenario file `path`, other lines are
 * not allowed. Every partition has code (run=…), because the caller plays the
 * normal world only. All CPUs are started and all partitions initialised
 * when this returns. Calls are shown in the scenario language.
 */
struct conduit *conduit_open_board(const char *path,
				   const struct conduit_options *options,
				   char **error);

/*
 * conduit_open_scenario: a scenario file whose `part ... driver` the caller
 * plays: its calls are held against the lines of the file, which plays all
 * others (man 5 ffs, DRIVERS). `path` may go on with ",NAME=VALUE" for each
 * parameter of the file. The first call that is wrong does not come back, and
 * no other does from there on: conduit_call returns the report, ffa_smc prints
 * it and aborts, so that a debugger shows who made the call.
 * Threads may play a CPU each: the file is the schedule.
 */
struct conduit *conduit_open_scenario(const char *path,
				      const struct conduit_options *options,
				      char **error);

/*
 * conduit_finish: the driver is through; no call comes back from here on. The
 * exit code that `ffasim run` would have: 0, or 1 if a call was wrong or is
 * missing, with the report in *report (free() it), or on stderr if `report` is
 * NULL. Always 0 where there is nothing to judge.
 * conduit_close of a scenario that failed, without this, prints and aborts.
 */
int conduit_finish(struct conduit *c, char **report);

/*
 * conduit_call: `cpu` of the normal world calls with the registers *in; *out
 * is what it sees afterwards. cpu < conduit_cpus(c). Calls of several threads
 * are serialised; a filter or back end must not call its own conduit.
 * Returns NULL, or why the call did not come back (valid until the next call;
 * *out is then zero). in and out may be the same.
 */
const char *conduit_call(struct conduit *c, unsigned int cpu,
			 const struct ffa_value *in, struct ffa_value *out);

/*
 * conduit_map: host address of the `len` bytes of guest memory at physical
 * address `pa`, which stays valid until conduit_close; NULL if they are not
 * all RAM of the secure (or else normal) world, or the back end has none.
 */
void *conduit_map(struct conduit *c, uint64_t pa, size_t len, bool secure);

/* conduit_cpus: CPUs are 0..n-1. */
unsigned int conduit_cpus(const struct conduit *c);

/*
 * conduit_close: not during a call; `c` may be NULL. The calling thread is
 * unbound if it was bound to `c`; other threads must not call any more.
 */
void conduit_close(struct conduit *c);

/* -- back ends ------------------------------------------------------------- */

struct conduit_ops {
	size_t size;		/* sizeof(struct conduit_ops) */
	unsigned int api_version;	/* CONDUIT_API */
	const char *name;	/* never NULL */
	/*
	 * Called by conduit_open with the text after "NAME:", or "". False
	 * with a sentence in *error (malloc'ed). Absent: takes no arguments,
	 * and the handle is NULL.
	 */
	bool (*open)(const char *args, void **handle, char **error);
	/* Called once, last. Absent: there is nothing to free. */
	void (*close)(void *handle);
	/* CPUs of the machine. Absent: 1. */
	unsigned int (*cpus)(void *handle);
	/*
	 * As conduit_call: one at a time, cpu in range, in and out do not
	 * overlap, *out is zero. Never absent.
	 */
	const char *(*call)(void *handle, unsigned int cpu,
			    const struct ffa_value *in,
			    struct ffa_value *out);
	/* As conduit_map. Absent: there is no memory. */
	void *(*map)(void *handle, uint64_t pa, size_t len, bool secure);
	/*
	 * The normal world takes an interrupt that pends for it on `cpu`; false
	 * if none does. Not during a call. Absent: there are none.
	 */
	bool (*take_irq)(void *handle, unsigned int cpu, uint32_t *intid);
	/*
	 * Lets `ns` of virtual time pass, 0 too, and returns the time that it
	 * is then, in ns. Absent: time stands still at 0.
	 */
	uint64_t (*time)(void *handle, uint64_t ns);
	/* As conduit_finish; report is not NULL. Absent: 0. */
	int (*finish)(void *handle, char **report);
};

/*
 * conduit_pause: inside of a back end's call: runs `wait`, and lets calls of
 * other threads in meanwhile.
 */
void conduit_pause(void (*wait)(void *data), void *data);

/*
 * conduit_attach: a conduit into the caller's own back end; ops->open is not
 * called, `handle` is what the callbacks get. *ops is copied. If this fails
 * the handle is still the caller's.
 */
struct conduit *conduit_attach(const struct conduit_ops *ops, void *handle,
			       const struct conduit_options *options,
			       char **error);

/* -- filters --------------------------------------------------------------- */

/*
 * What is behind a filter. It may call next->call(next, …) never, once or
 * several times for one call of its own; in and out may be the same.
 */
struct conduit_next {
	const char *(*call)(struct conduit_next *next, unsigned int cpu,
			    const struct ffa_value *in,
			    struct ffa_value *out);
	void *(*map)(struct conduit_next *next, uint64_t pa, size_t len,
		     bool secure);
	/* Takes an interrupt, which then does not come to the driver. */
	bool (*take_irq)(struct conduit_next *next, unsigned int cpu,
			 uint32_t *intid);
	/* As in conduit_ops, of the back end. */
	uint64_t (*time)(struct conduit_next *next, uint64_t ns);
};

struct conduit_filter {
	size_t size;		/* sizeof(struct conduit_filter) */
	unsigned int api_version;	/* CONDUIT_API */
	const char *name;	/* never NULL */
	/*
	 * `args` is the text after "NAME=", or ""; *options are those of
	 * conduit_open, complete, valid until close. False with a sentence in
	 * *error (malloc'ed). Absent: takes no arguments, handle NULL.
	 */
	bool (*open)(const char *args, const struct conduit_options *options,
		     void **handle, char **error);
	/* Absent: there is nothing to free. */
	void (*close)(void *handle);
	/* As in conduit_ops. Absent: passes the call on. */
	const char *(*call)(void *handle, struct conduit_next *next,
			    unsigned int cpu, const struct ffa_value *in,
			    struct ffa_value *out);
	/* Absent: passes the request on. */
	void *(*map)(void *handle, struct conduit_next *next, uint64_t pa,
		     size_t len, bool secure);
	/* As in conduit_ops: what it gives the driver. Absent: passes it on. */
	bool (*take_irq)(void *handle, struct conduit_next *next,
			 unsigned int cpu, uint32_t *intid);
};

/*
 * conduit_push: puts the caller's own filter in front of an open conduit,
 * nearest to the driver; not during a call. *filter is copied. False with
 * *error if its open fails.
 */
bool conduit_push(struct conduit *c, const struct conduit_filter *filter,
		  const char *args, char **error);

#endif
