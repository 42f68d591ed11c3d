/* SPDX-License-Identifier: BSD-3-Clause */
/* What machine.c (steps) and machine_code.c (code of endpoints) share. */
#ifndef SIM_MACHINE_PRIV_H
#define SIM_MACHINE_PRIV_H

#include <glib.h>

#include "conduit/inject.h"
#include "machine.h"

struct code {
	const struct partition_ops *ops;	/* NULL: played from outside */
	void *handle;		/* what ops made of it */
	struct machine_host *host;
	unsigned int first_ec;	/* of the endpoint, in machine.hung */
	uint64_t memory;	/* of its own, or 0 */
};

/* What an endpoint logged. */
struct console {
	GPtrArray *lines;	/* char * */
	GString **unfinished;	/* [ec_count] */
	unsigned int ec_count;
};

/* What a context has to see when it goes on: it was interrupted before. */
struct parked {
	bool has;
	struct spmc_outcome out;
};

struct machine {
	struct spmc *spmc;
	size_t size;		/* of its block */
	struct spmc_env env;
	struct memory *memory;
	uint64_t time, random;
	unsigned int cpus, endpoints, ecs;
	uint32_t npi, mei;	/* ids of interrupts, or 0 */
	struct code *code;	/* [endpoints] */
	uint8_t *hung;		/* [ecs] computes for ever */
	struct parked *parked;	/* [ecs] */
	bool ever_parked;	/* any of them, since the last snapshot */
	struct console *consoles;	/* [endpoints] */
	struct inject *injections;
	unsigned int injection_count;
	enum machine_check check;
	struct spmc_check *checker;	/* NULL: MACHINE_CHECK_NONE */
	const struct spmc_broken *broken;	/* NULL while all is well */
	machine_watch_fn *watch;
	void *watch_ctx;
	machine_view_fn *view;
	void *view_ctx;
};

/* A snapshot. */
struct machine_image {
	struct memory_image *memory;
	void *spmc;
	uint64_t time, random;
	struct inject *injections;
	unsigned int injection_count;
	uint8_t *hung;
	struct parked *parked;
	bool ever_parked;
	uint8_t *code;		/* machine_save_code */
};

/* What code does after it was given control. */
enum code_does { CODE_CALLS, CODE_CRASHES, CODE_HANGS };

/*
 * machine_enter: gives control to the code of out->endpoint, which sees
 * out->regs; *next is the call it makes.
 */
enum code_does machine_enter(struct machine *m, const struct spmc_outcome *out,
			     struct ffa_value *next);
/*
 * machine_interrupted: the context, which runs code, takes all interrupts that
 * pend for it. True if it stops computing for ever for one of them.
 */
bool machine_interrupted(struct machine *m, unsigned int endpoint,
			 unsigned int ec);
/* machine_boot_code: contexts of this CPU run for the first time again. */
void machine_boot_code(struct machine *m, unsigned int cpu);
void machine_drop_code(struct machine *m, unsigned int endpoint);
/*
 * machine_save_code, machine_load_code: what the code of all endpoints has to
 * keep, one after the other. `to` may be NULL; returns how much it is.
 */
size_t machine_save_code(const struct machine *m, uint8_t *to);
void machine_load_code(struct machine *m, const uint8_t *from);

/* machine_inject.c */
/*
 * What faults do before a call of `ep`, which *args changes and hits[] notes,
 * one for each; the error that answers it, or 0.
 */
int machine_inject_before(struct machine *m, unsigned int ep,
			  struct ffa_value *args, bool *hits);
void machine_inject_answer(const struct ffa_value *in, int error,
			   struct spmc_outcome *out);
/* And after it: who goes on where it was interrupted sees nothing. */
void machine_inject_after(struct machine *m, const bool *hits,
			  struct spmc_outcome *out);

/* machine_console.c */
void machine_consoles_init(struct machine *m);
void machine_consoles_free(struct machine *m);

#endif
