/* SPDX-License-Identifier: BSD-3-Clause */
/* Between ffs_load.c, ffs_parse.c and ffs_value.c. */
#ifndef SIM_FFS_PARSER_H
#define SIM_FFS_PARSER_H

#include "sim/ffs_impl.h"

struct ffs_parser {
	struct ffs_lexer lexer;
	struct ffs_arena *arena;
	struct ffs_diags *d;
	const struct ffs_source *src;
	const char *name;	/* path, as messages show it */
	const struct ffs_parser *parent;	/* that includes this one */
	unsigned int *includes;	/* so far, of the whole file */
	bool alone;		/* they are not read */

	struct ffs_token win[3];	/* looked at, not taken */
	unsigned int have;
	struct ffs_loc last;	/* token taken last */

	/* of the statement */
	bool failed;		/* its error was reported */
	unsigned int taken;	/* tokens */
	unsigned int brackets;	/* open: a newline is but space */
	bool comma;		/* was taken last: the same */
	unsigned int nesting;	/* values in values */
	GPtrArray *inner;	/* comments found inside it */

	unsigned int blocks;	/* open shuffle and any */
	bool gave_up;
};

/* -- ffs_parse.c ---------------------------------------------------------------- */

struct ffs_token *ffs_peek(struct ffs_parser *p, unsigned int n);
void ffs_take(struct ffs_parser *p, struct ffs_token *out);
bool ffs_at_end(struct ffs_parser *p);	/* of the statement */

/* ffs_expected: the statement is wrong here. */
void ffs_expected(struct ffs_parser *p, const char *hint, const char *what);

/* ffs_runs_on: here a new statement starts although a bracket is open. */
bool ffs_runs_on(struct ffs_parser *p);

void ffs_parse_source(struct ffs_parser *p, struct ffs_list *list);

/* -- ffs_value.c ------------------------------------------------------------------ */

/* NULL, with p->failed, if there is none. */
struct ffs_value *ffs_value(struct ffs_parser *p);
struct ffs_value *ffs_value_list(struct ffs_parser *p);
bool ffs_call(struct ffs_parser *p, struct ffs_call *c, bool result);
enum ffs_op ffs_take_op(struct ffs_parser *p);

/* -- ffs_load.c ------------------------------------------------------------------- */

/* ffs_parse_include: `at` is where it is asked for. */
void ffs_parse_include(struct ffs_parser *p, struct ffs_list *list,
		       const char *path, const struct ffs_loc *at);

/* ffs_unknown_word: reports; p->failed. */
void ffs_unknown_word(struct ffs_parser *p, const struct ffs_token *t,
		      enum ffs_row_kind kind, const char *what,
		      const char *hint);
bool ffs_fn_known(const char *name);

#endif
