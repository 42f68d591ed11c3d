/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Literals of memory descriptors in a run: what calls find in TX, and what
 * came to RX.
 *
 *	run_lit.c	from values to a literal
 *	run_lit_tx.c	tx= of calls, tx lines, what is sent in fragments
 *	run_lit_rx.c	rx lines
 */
#ifndef SIM_RUN_LIT_H
#define SIM_RUN_LIT_H

#include "lit.h"
#include "run_priv.h"

/*
 * run_lit: the literal that `v` (NAME{...}) is in a buffer of `endpoint`.
 * NULL with *why.
 */
struct lit *run_lit(struct run *r, const struct ffs_value *v,
		    unsigned int endpoint, char **why);

/* run_is_lit: a tx or rx line about a memory descriptor. */
bool run_is_lit(const struct ffs_stmt *s);

/* What is on its way; one for each run. */
struct run_lits *run_lits_new(void);
void run_lits_free(struct run_lits *l);

/* -- run_lit_tx.c --------------------------------------------------------- */

/*
 * run_lit_call: before a call: writes tx=, and sets the lengths that are not
 * given. False with *why.
 */
bool run_lit_call(struct run *r, unsigned int endpoint,
		  const struct ffs_call *c, struct ffa_value *regs,
		  char **why);
/* run_lit_called: after it; `out` is the answer. */
void run_lit_called(struct run *r, const struct ffa_value *regs,
		    const struct spmc_outcome *out);

/*
 * run_lit_leave: a call that a driver made need not have the lengths that
 * follow from tx=. run_lit_made: is what it sends as the line `c` has it? Adds
 * to `diffs`. With `commit` that is what is sent. False with *why.
 */
void run_lit_leave(const struct ffs_call *c, struct run_match *m);
bool run_lit_made(struct run *r, unsigned int endpoint,
		  const struct ffs_call *c, const struct ffa_value *regs,
		  bool commit, GPtrArray *diffs, char **why);

/* A `tx PART literal` line, `to[size]` being the buffer. */
bool run_lit_tx(struct run *r, const struct ffs_stmt *s, unsigned int endpoint,
		uint8_t *to, gsize size);

/*
 * run_lit_print: before a call: appends it as text, with what it will find in
 * its buffer; that is a line of its own if the call has no tx=.
 */
void run_lit_print(GString *to, struct run *r, unsigned int endpoint,
		   const struct ffa_value *regs);

/* -- run_lit_rx.c --------------------------------------------------------- */

/* run_lit_arrived: a step ended; notes what it wrote to RX. */
void run_lit_arrived(struct run *r, const struct spmc_outcome *out);
bool run_lit_rx(struct run *r, const struct ffs_stmt *s,
		unsigned int endpoint);
/* run_lit_diffs: adds what differs; a diff without field: all. */
void run_lit_diffs(const struct run *r, const struct lit *want,
		   const struct lit *got, GPtrArray *diffs);
/* run_lit_answer: what an answer brought, as an rx line; NULL if nothing. */
char *run_lit_answer(struct run *r, unsigned int endpoint,
		     const struct ffa_value *regs);

/* -- between them --------------------------------------------------------- */

/* A descriptor that is sent in fragments. */
struct run_sent {
	GByteArray *bytes;
	uint32_t at;		/* sent so far */
	uint64_t buf;		/* where all its fragments are, */
	uint32_t pages;		/* or 0: in TX */
};
struct run_lits {
	GHashTable *sent;	/* handle to struct run_sent */
	struct run_sent *now;	/* what the call under way sends, or NULL */
	/* by endpoint */
	uint64_t last[SPMC_MAX_ENDPOINTS];	/* handle sent last */
	GByteArray *written[SPMC_MAX_ENDPOINTS];	/* by a tx line */
	GByteArray *came[SPMC_MAX_ENDPOINTS];	/* to RX, all fragments */
	guint frag_at[SPMC_MAX_ENDPOINTS];	/* the last one begins there */
};

#endif
