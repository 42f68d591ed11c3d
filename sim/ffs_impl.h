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

/* ffs_row_of: the row of a directive or verb; its rows follow it. */
const struct ffs_row *ffs_row_of(enum ffs_row_kind kind, unsigned int word);
/* ffs_row_next: the next row of the same directive, or NULL. */
const struct ffs_row *ffs_row_next(const struct ffs_row *r);

/* -- names in messages ------------------------------------------------------- */

/*
 * ffs_names_hint: "did you mean `x`? legal: a b c", or NULL if there is
 * nothing to say; g_free it. names: char *.
 */
char *ffs_names_hint(const struct ffs_diags *d, const char *word,
		     GPtrArray *names);

/* ffs_name_of: the identifier that a value is, or NULL. */
const char *ffs_name_of(const struct ffs_value *v);

/* -- the checker ---------------------------------------------------------------- */

struct ffs_part {
	const char *name;
	const struct ffs_stmt *stmt;	/* NULL: the implied `ns` */
	uint64_t id;
	bool has_id, secure, driver, manifest;
	unsigned int ec;	/* 0: a manifest says */
};

struct ffs_checker {
	struct ffs_file *f;
	struct ffs_diags *d;
	GHashTable *parts;	/* name to struct ffs_part */
	GHashTable *mems;	/* buf and mem: name to struct ffs_stmt */
	GHashTable *bound;	/* names of ?h so far */
	GHashTable *ecs;	/* "sp1" or "sp1@0" to struct ffs_ec */
	GPtrArray *part_names, *mem_names;
	bool loose;		/* partitions may be anywhere in their code */
	bool unordered;		/* inside any { } */
};

/* ffs_check.c */
void ffs_check_list(struct ffs_checker *c, const struct ffs_list *list,
		    bool top);

/* ffs_check_words.c: a directive, and options behind an event. */
void ffs_check_directive(struct ffs_checker *c, const struct ffs_stmt *s,
			 bool top);
void ffs_check_opts(struct ffs_checker *c, const struct ffs_stmt *s);
bool ffs_check_cpu(struct ffs_checker *c, const struct ffs_loc *at,
		   uint64_t cpu);

/* ffs_check_more.c: a directive that agrees with its rows. */
void ffs_check_more(struct ffs_checker *c, const struct ffs_stmt *s);

/* ffs_check_value.c */

/* What a value stands for, and where. */
struct ffs_place {
	bool pattern;		/* what comes is compared: _ ?x a..b A|B */
	const struct ffa_field *field;	/* or NULL: a raw register */
	unsigned int bits;
	const char *name;	/* of the field or register, for messages */
};
void ffs_check_value(struct ffs_checker *c, const struct ffs_place *to,
		     const struct ffs_value *v);

/* Only `$x` and `?x` in it, wherever. */
void ffs_check_binds(struct ffs_checker *c, const struct ffs_value *v,
		     bool pattern);

/*
 * ffs_check_use: `$name` of a value: its parameter, or NULL for a bound
 * value or after an error.
 */
const struct ffs_param *ffs_check_use(struct ffs_checker *c,
				      const struct ffs_value *v);

/* PART.id, PART.uuid[n], MEM.size, MEM[n]: the names in it exist. */
bool ffs_check_path(struct ffs_checker *c, const struct ffs_value *v);

/* ffs_check_lit.c: a literal in TX, or expected in RX. */
void ffs_check_lit(struct ffs_checker *c, const struct ffs_value *v, bool rx);

/* ffs_check_event.c */
void ffs_check_event(struct ffs_checker *c, struct ffs_stmt *s);
/* From here on nothing is known of who is inside a call. */
void ffs_check_forget(struct ffs_checker *c);

#endif
