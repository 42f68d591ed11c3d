/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the front end share with each other only. */
#ifndef SIM_FFS_IMPL_H
#define SIM_FFS_IMPL_H

#include <glib.h>

#include "sim/ffs.h"

/* -- ffs_lex.c: memory and tokens -------------------------------------------- */

/* Everything of a file is freed at once. */
struct ffs_arena {
	GStringChunk *names;
	GPtrArray *blocks;
	char *next;
	gsize left;
};

struct ffs_arena *ffs_arena_new(void);
void ffs_arena_free(struct ffs_arena *a);
void *ffs_alloc(struct ffs_arena *a, gsize size);	/* zeroed */
const char *ffs_intern(struct ffs_arena *a, const char *s, gsize len);

/* ffs_copy: the elements of a GArray, in the arena; NULL if it has none. */
void *ffs_copy(struct ffs_arena *a, const GArray *from);

enum ffs_token_kind {
	FFS_T_END, FFS_T_BAD,	/* BAD was reported */
	FFS_T_NUM, FFS_T_VERSION, FFS_T_UUID, FFS_T_STR, FFS_T_ANY,
	FFS_T_BIND, FFS_T_USE, FFS_T_ID,
	FFS_T_LPAREN, FFS_T_RPAREN, FFS_T_LBRACK, FFS_T_RBRACK,
	FFS_T_LBRACE, FFS_T_RBRACE, FFS_T_COMMA, FFS_T_COLON, FFS_T_AT,
	FFS_T_DOT, FFS_T_RANGE, FFS_T_REST, FFS_T_OR, FFS_T_PLUS, FFS_T_SLASH,
	FFS_T_ASSIGN, FFS_T_EQ, FFS_T_NE, FFS_T_LT, FFS_T_LE, FFS_T_GT,
	FFS_T_GE,
};

/* A comment, or (text "") a blank line. */
struct ffs_trivia {
	const char *text;
	uint32_t col;	/* with tabs of 8 */
	bool own_line;	/* nothing but space before it on its line */
	bool block;
};

struct ffs_token {
	enum ffs_token_kind kind;
	bool nl;	/* first of its line */
	bool glued;	/* no space before it */
	struct ffs_loc loc;
	const char *text;	/* name without sigil, or spelling */
	uint64_t num;
	enum ffs_unit unit;
	bool negative;
	struct ffa_uuid uuid;
	const uint8_t *bytes;
	gsize len;
	const struct ffs_trivia *trivia;	/* before it */
	unsigned int trivia_count;
};

struct ffs_lexer {
	const struct ffs_source *src;
	struct ffs_arena *arena;
	struct ffs_diags *diags;
	uint32_t pos, line;
	uint32_t line_start;	/* offset */
	uint32_t col_pos, col;	/* column of an offset at or before pos */
	uint32_t tab_col;	/* the same with tabs expanded */
};

/* ffs_source_new: a clean copy of the text; reports bytes that are no text. */
struct ffs_source *ffs_source_new(struct ffs_arena *a, const char *name,
				  const char *text, gsize len,
				  struct ffs_diags *d);
void ffs_lex_init(struct ffs_lexer *l, const struct ffs_source *src,
		  struct ffs_arena *a, struct ffs_diags *d);
void ffs_lex(struct ffs_lexer *l, struct ffs_token *t);

/* -- ffs_words.c --------------------------------------------------------------- */

/* ffs_rows_of: the row of a directive or verb; its rows follow it. */
const struct ffs_row *ffs_row_of(enum ffs_row_kind kind, unsigned int word);
/* ffs_row_of_verb etc. are rows until the next of the same two kinds. */
const struct ffs_row *ffs_row_next(const struct ffs_row *r);

/* -- the checker ----------------------------------------------------------------- */

struct ffs_part {
	const char *name;
	const struct ffs_stmt *stmt;
	uint64_t id;
	bool has_id, secure, driver, manifest;
	unsigned int ec;	/* 0: not known here */
};

struct ffs_checker {
	struct ffs_file *f;
	struct ffs_diags *d;
	GHashTable *parts;	/* name to struct ffs_part */
	GHashTable *mems;	/* buf and mem: name to struct ffs_stmt */
	GHashTable *bound;	/* names of ?h so far */
	GHashTable *ecs;	/* "sp1" or "sp1@0" to struct ffs_ec */
	GPtrArray *part_names, *mem_names;
	bool unordered;		/* inside any { } */
};

/* ffs_names_hint: "did you mean `x`?" or "one of: a b c"; g_free it. */
char *ffs_names_hint(const char *word, GPtrArray *names);

/* ffs_name: a value is the plain identifier. */
const char *ffs_name_of(const struct ffs_value *v);

/* ffs_use: checks `$name`; the parameter, or NULL if it is a bound value. */
const struct ffs_param *ffs_check_use(struct ffs_checker *c,
				      const struct ffs_value *v);

/* ffs_check_names: an identifier that must be a part, buf or mem. */
bool ffs_check_place(struct ffs_checker *c, const struct ffs_value *v);

void ffs_check_event(struct ffs_checker *c, struct ffs_stmt *s);
void ffs_check_binds(struct ffs_checker *c, const struct ffs_value *v);

#endif
