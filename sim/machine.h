/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine: an SPMC, physical memory, CPUs, virtual time, and what runs
 * inside each endpoint. An endpoint either has code (partition.h) and is run
 * from here, or has none: then whoever drives the machine plays it (a
 * scenario, a conduit for the normal world). A call returns when control is
 * with an endpoint of the second kind.
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "spmc.h"

struct machine;
struct machine_image;
struct partition_ops;	/* partition.h */
struct inject;

struct machine_config {
	const struct spmc_config *spmc;	/* spmc_check_config accepts it */
	const struct memory_range *ranges;
	unsigned int range_count;
	uint64_t seed;
};

/* Why a call or a boot came back. */
enum machine_end {
	MACHINE_PLAYED,		/* control is with an endpoint without code */
	MACHINE_HUNG,		/* code of an endpoint computes for ever */
	MACHINE_LIVELOCK,	/* code ran MACHINE_STEPS steps: see outcome */
	MACHINE_STOPPED,	/* nobody runs on that CPU */
	MACHINE_INVARIANT,	/* the model broke a rule of its own */
};
enum { MACHINE_STEPS = 100000 };

/*
 * machine_new: everything of `cfg` is copied, no endpoint has code, no CPU
 * runs. NULL with a sentence in *error (g_free it).
 */
struct machine *machine_new(const struct machine_config *cfg, char **error);
void machine_free(struct machine *m);

struct spmc *machine_spmc(struct machine *m);
struct memory *machine_memory(struct machine *m);
/* machine_env: what the SPMC's functions want; cover may be set in it. */
struct spmc_env *machine_env(struct machine *m);
/* machine_broken: after MACHINE_INVARIANT: which one; else NULL. */
const struct spmc_broken *machine_broken(const struct machine *m);

/*
 * machine_set_memory: where the pages are that the endpoint's code asks for
 * (partition_pages); before machine_set_code.
 */
void machine_set_memory(struct machine *m, unsigned int endpoint,
			uint64_t base);

/*
 * machine_set_code: endpoint (index) runs `ops`, with `args` as in
 * `run=echo:args` (may be NULL). False with a sentence in *error (g_free it)
 * if the code refuses to start.
 */
bool machine_set_code(struct machine *m, unsigned int endpoint,
		      const struct partition_ops *ops, const char *args,
		      char **error);
bool machine_has_code(const struct machine *m, unsigned int endpoint);

/* What is looked at after every step; MACHINE_INVARIANT if it is broken. */
enum machine_check {
	MACHINE_CHECK_NONE,	/* at first */
	MACHINE_CHECK_CALLS,	/* SPMC_CHECK_ANSWER */
	MACHINE_CHECK_ALL,	/* SPMC_CHECK_TWICE */
};
void machine_set_check(struct machine *m, enum machine_check check);

/* Who made a step and what came of it; in == NULL: not a call. */
typedef void machine_watch_fn(void *ctx, unsigned int cpu,
			      unsigned int endpoint, unsigned int ec,
			      const struct ffa_value *in,
			      const struct spmc_outcome *out);
/* machine_watch: called after every step, of endpoints with code too. */
void machine_watch(struct machine *m, machine_watch_fn *watch, void *ctx);

/*
 * machine_boot: starts a CPU as spmc_boot does. With `wait` an endpoint
 * without code that initialises gets its FFA_MSG_WAIT made for it.
 */
enum machine_end machine_boot(struct machine *m, unsigned int cpu, bool wait,
			      struct spmc_outcome *out);

/*
 * machine_call: what runs on `cpu` (started) makes this call; then endpoints
 * with code run until control is with one that has none, on the same CPU.
 */
enum machine_end machine_call(struct machine *m, unsigned int cpu,
			      const struct ffa_value *in,
			      struct spmc_outcome *out);

/*
 * machine_crash, machine_preempt: as spmc_crash and spmc_preempt, then as
 * machine_call. MACHINE_STOPPED if the SPMC said that this cannot be now, or,
 * of an interrupt, that it pends: then out->endpoint is SPMC_NOBODY only if it
 * cannot be.
 */
enum machine_end machine_crash(struct machine *m, unsigned int cpu,
			       struct spmc_outcome *out);
enum machine_end machine_preempt(struct machine *m, unsigned int cpu,
				 struct spmc_outcome *out);

/* machine_activate: spmc_activate; MACHINE_STOPPED if it was refused. */
enum machine_end machine_activate(struct machine *m, unsigned int cpu,
				  unsigned int endpoint,
				  struct spmc_outcome *out);

/*
 * machine_raise: a secure interrupt arrives on `cpu` (spmc_raise; the caller
 * knows that somebody owns it). MACHINE_STOPPED if who ran there and has no
 * code goes on; else as machine_call. After every other step interrupts that can be taken then
 * are taken.
 */
enum machine_end machine_raise(struct machine *m, unsigned int cpu,
			       uint32_t intid, struct spmc_outcome *out);

/*
 * machine_inject: from now on this becomes of calls, counted over every
 * caller: see conduit/inject.h; `drop` and `interrupt` are for a conduit. With
 * an error the SPMC does not hear of the call. What `out` and `rx` change is
 * seen by who runs then. Faults add up; the first error that fits counts.
 */
void machine_inject(struct machine *m, const struct inject *what);

/*
 * machine_map: the one door to guest memory (memory_at); what the SPMC and
 * every conduit use.
 */
void *machine_map(struct machine *m, uint64_t pa, size_t len, bool secure);

/*
 * machine_set_view: who says from now on what an endpoint may do to a page
 * (enum spmc_access); at first spmc_access does.
 */
typedef unsigned int machine_view_fn(void *ctx, unsigned int endpoint,
				     uint64_t pa);
void machine_set_view(struct machine *m, machine_view_fn *view, void *ctx);

/* An access that the endpoint's view does not allow. */
struct machine_fault {
	uint64_t pa;		/* first byte that could not be accessed */
	bool write;
	unsigned int access;	/* enum spmc_access the endpoint has there */
	bool ram;		/* there is memory at all */
};

/*
 * machine_load, machine_store: what a load or store of the endpoint (index)
 * does, checked page by page; nothing is copied if a page faults.
 * False with *fault filled in.
 */
bool machine_load(struct machine *m, unsigned int endpoint, uint64_t pa,
		  void *to, size_t len, struct machine_fault *fault);
bool machine_store(struct machine *m, unsigned int endpoint, uint64_t pa,
		   const void *from, size_t len, struct machine_fault *fault);

/*
 * machine_console: line `n` (from 0) that the endpoint logged, or NULL if
 * there are not so many. A line ends with a newline, a NUL, or 255 characters;
 * every context has its own unfinished one. What was logged stays so, also if
 * a snapshot is restored.
 */
const char *machine_console(const struct machine *m, unsigned int endpoint,
			    unsigned int n);
/* machine_log: a call `in` of context `ec` came to `out`: what it logged. */
void machine_log(struct machine *m, unsigned int endpoint, unsigned int ec,
		 const struct ffa_value *in, const struct spmc_outcome *out);
/* machine_unfinished: what a context logged since its last line. */
const char *machine_unfinished(const struct machine *m, unsigned int endpoint,
			       unsigned int ec);

/* Virtual time in ns; it moves only by machine_wait. */
uint64_t machine_time(const struct machine *m);
void machine_wait(struct machine *m, uint64_t ns);

/* machine_random: the next number of the seeded sequence, below `bound`. */
uint64_t machine_random(struct machine *m, uint64_t bound);

/*
 * machine_snapshot: SPMC, memory, time, counters and random sequence, and
 * what code of endpoints says that it has to keep (partition_save).
 */
struct machine_image *machine_snapshot(struct machine *m);
void machine_restore(struct machine *m, const struct machine_image *image);
void machine_image_free(struct machine_image *image);

/*
 * machine_write: a snapshot as bytes, g_free it. machine_read: back; NULL with
 * a sentence in *error (g_free it) if they are no snapshot of a machine with
 * this configuration. With them go `more` bytes of the caller's at `extra`;
 * machine_read leaves *extra pointing to them inside `data`.
 */
uint8_t *machine_write(struct machine *m, const struct machine_image *image,
		       const uint8_t *extra, size_t more, size_t *len);
struct machine_image *machine_read(struct machine *m, const uint8_t *data,
				   size_t len, const uint8_t **extra,
				   size_t more, char **error);

/* machine_memory_hash: of guest memory; the SPMC has spmc_hash. */
uint64_t machine_memory_hash(struct machine *m);

#endif
