/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What fuzz targets share. A target is one file with LLVMFuzzerTestOneInput;
 * an engine, or main.c, brings main().
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "sim/ops.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * What the last input came to: the same input has the same, whatever ran
 * before it. Filled in only if fuzz_wants_hash: that takes longer than a run.
 */
extern uint64_t fuzz_hash;
extern bool fuzz_wants_hash;

/* Since the program started. */
extern uint64_t fuzz_execs, fuzz_calls;
extern struct spmc_cover fuzz_cover;

/* fuzz_ops: a new player that counts in fuzz_cover; ends the program if not. */
struct ops *fuzz_ops(void);

/*
 * fuzz_play: a trace, with the invariants. If one breaks, or the model dies,
 * that is printed with the trace as a scenario, and the program ends.
 */
void fuzz_play(struct ops *o, const uint8_t *data, size_t size);

/*
 * The same in parts: ops_begin, then fuzz_row before each row, fuzz_end. A
 * target without traces calls fuzz_ran at its end.
 */
size_t fuzz_begin(struct ops *o, const uint8_t *data, size_t size);
void fuzz_row(void);
void fuzz_ran(void);

/*
 * In parts: registers are being tried, of an input of fuzz_regs that ends with
 * those; and the run is over.
 */
void fuzz_tries(const uint8_t *data, size_t size);
void fuzz_end(struct ops *o);

/*
 * fuzz_fails: something else than an invariant of the model does not hold.
 * `id` is what findings are told apart by.
 */
_Noreturn void fuzz_fails(const char *id, const char *sentence);

#endif
