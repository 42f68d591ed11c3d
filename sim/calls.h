/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which functions and features were called by whom at which version, and what
 * the tables say should come of it. Counted by the runner: the core does not
 * know of it.
 */
#ifndef SIM_CALLS_H
#define SIM_CALLS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "spmc.h"

/* Functions by enum ffa_fn, then features in the order of ffa_features. */
enum {
	CALLS_FEATURES = FFA_FN_COUNT - 1,
#define FFA_FEATURE(sym, ...) CALLS_FEATURE_##sym,
#include "ffa/ffa_abi.def"
	CALLS_ROWS,
};

/* Who calls; CALLS_SPMC is what it calls the SPMD with. */
enum calls_by {
	CALLS_NS, CALLS_VM, CALLS_S_EL1, CALLS_S_EL0, CALLS_SPMC, CALLS_BY,
};

enum { CALLS_VERSIONS = 4 };	/* 1.0 to 1.3, of the caller, in force */

/* What came of it. */
enum calls_end {
	CALLS_GATED,	/* refused before the function looked at it */
	CALLS_REFUSED,	/* by a rule of its own */
	CALLS_DONE,	/* not refused */
	CALLS_SEEN,	/* that is what another call returned with */
	CALLS_ENDS,
};

struct calls {
	uint32_t n[CALLS_ROWS][CALLS_BY][CALLS_VERSIONS][CALLS_ENDS];
};

/* What there is, by the tables. */
enum calls_kind {
	CALLS_ABSENT,	/* FF-A does not have it there */
	CALLS_LACKING,	/* FF-A has it there, who is called does not */
	CALLS_RESULT,	/* it is returned, and calling it is refused */
	CALLS_THERE,
};

/* calls_note: counts a call of `fn` with x1 `w1`, and what came of it. */
void calls_note(struct calls *c, enum ffa_fn fn, uint32_t w1, enum calls_by by,
		uint32_t version, enum calls_end end);
/* calls_ended: of the rule that an outcome of the runner has, or 0. */
enum calls_end calls_ended(unsigned int rule);

/* calls_by: of a caller in the secure world, or the normal world's primary. */
enum calls_by calls_by(enum spmc_kind kind);

const char *calls_by_name(enum calls_by by);		/* "S-EL1" */
const char *calls_version_name(unsigned int version);	/* 1: "1.1" */
const char *calls_row_name(unsigned int row);
uint32_t calls_row_id(unsigned int row);	/* function or feature id */

enum calls_kind calls_kind(unsigned int row, enum calls_by by,
			   unsigned int version, enum spmc_profile profile);

/*
 * calls_wanted: a scenario is wanted that makes this call: of all that there
 * can be, but the SPMC makes only those that it has. calls_hit: one did, and
 * what came of it is what the tables say.
 */
bool calls_wanted(unsigned int row, enum calls_by by, unsigned int version,
		  enum spmc_profile profile);
bool calls_hit(const struct calls *c, unsigned int row, enum calls_by by,
	       unsigned int version, enum spmc_profile profile);

#endif
