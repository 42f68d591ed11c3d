/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the checks share.
 *
 *	check.c		states: contexts, notifications, death
 *	check_mem.c	states: memory management, buffers
 *	check_step.c	steps: what changed, and what was written
 *	check_answer.c	steps: the answer
 */
#ifndef SPMC_CHECK_H
#define SPMC_CHECK_H

#include "state.h"

enum invariant {
	INV_NONE,
#define INVARIANT(number, name, ...) INV_##name = number,
#include "invariants.def"
};

/* check_broke: notes it, unless one was noted before; false. */
bool check_broke(struct spmc_broken *b, enum invariant which,
		 const char *what, const char *name0, uint64_t v0,
		 const char *name1, uint64_t v1);
#define BROKE_2(b, which, what, name0, v0, name1, v1, ...) \
	check_broke(b, INV_##which, what, name0, v0, name1, v1)
#define BROKE(b, which, ...) BROKE_2(b, which, __VA_ARGS__, NULL, 0, NULL, 0, ~)

/* check_mem.c: memory management, buffers. */
bool check_memory(const struct spmc *s, struct spmc_broken *b);

struct spmc_check {
	struct spmc_broken broken;
	enum spmc_check_level level;
	uint32_t offset;	/* of the copy, in the block of the checker */
	bool dirty;		/* the copy is not the state any more */
};

/* One step. */
struct step {
	struct spmc_check *k;
	struct spmc_broken *b;
	const struct spmc *was, *is;
	const struct spmc_env *env;
	unsigned int cpu, ep, ec;	/* who called, or SPMC_NOBODY */
	enum ffa_instance inst;
	const struct ffa_value *in;
	const struct spmc_outcome *out;
};

/* check_answer.c: is the answer as it has to be? */
bool check_answer(const struct step *t);

/* The one refusal that changes something: a fragment that ends it all. */
bool step_ends(const struct spmc_outcome *out);

#endif
