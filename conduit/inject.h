/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults: which calls, and what becomes of them. The filters `inject` and
 * `delay` do it to a driver, the machine to everybody in a scenario.
 */
#ifndef CONDUIT_INJECT_H
#define CONDUIT_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffa/ffa.h"

enum { INJECT_BYTES = 16 };	/* of a buffer, by one fault */

struct inject_regs {
	uint32_t set;		/* bit n: x[n] */
	uint64_t x[FFA_REGS];
};

struct inject_bytes {
	unsigned int n;
	struct {
		uint32_t offset;
		uint8_t value;
	} at[INJECT_BYTES];
};

/* No pointers: a copy is a copy. */
struct inject {
	bool fns[FFA_FN_COUNT + 1];	/* FFA_FN_UNKNOWN too */
	/* Call first, first+step … last, counted from 1; last 0: no end. */
	uint32_t first, last, step, seen;
	uint64_t delay;		/* before it, in ns of virtual time */
	int error;		/* the answer, and it is not made; 0: none */
	bool drop;		/* its answer is lost */
	bool interrupt;		/* FFA_INTERRUPT first, FFA_RUN the answer */
	struct inject_regs in, out;
	struct inject_bytes tx, rx;	/* before, after */
};

/* inject_init: every call of no function, and nothing happens to it. */
void inject_init(struct inject *i);

/* inject_hits: counts a call of `fn`; is it one of them? */
bool inject_hits(struct inject *i, enum ffa_fn fn);

void inject_set(const struct inject_regs *regs, struct ffa_value *v);

/* inject_poke: buffer may be NULL; what is beyond size is left out. */
void inject_poke(const struct inject_bytes *bytes, void *buffer, size_t size);

/* inject_answer: *out is how the SPMC refuses the call *in. */
void inject_answer(const struct ffa_value *in, int error,
		   struct ffa_value *out);

/*
 * inject_parse: FUNCTION[,FUNCTION...]:KEY[=VALUE][:KEY[=VALUE]...], as
 * ffasim(1) has it. False with a sentence in *error (g_free it).
 */
bool inject_parse(const char *text, struct inject *i, char **error);

/* inject_parse_delay: TIME[:FUNCTION,...], likewise. */
bool inject_parse_delay(const char *text, struct inject *i, char **error);

#endif
