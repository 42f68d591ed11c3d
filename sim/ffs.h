/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The front end of the scenario language (*.ffs): text -> tree -> checked
 * tree, and back to text. Nothing here runs a scenario, prints, or exits;
 * every function is total over any bytes.
 *
 *	struct ffs_diags *d = ffs_diags_new();
 *	struct ffs_file *f = ffs_load("x.ffs", d);
 *	if (f)
 *		ffs_check(f, d);
 *	if (d->errors)
 *		ffs_diags_print(d, stderr, color);
 *
 * All memory of a tree belongs to its file; strings in it are interned per
 * file, so two equal names of one file are the same pointer.
 */
#ifndef SIM_FFS_H
#define SIM_FFS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ffa/ffa.h"

enum {
	FFS_VERSION = 1,	/* `ffs 1` */
	FFS_MAX_DEPTH = 32,	/* nested brackets, blocks, includes */
	FFS_MAX_TEXT = 4 << 20,	/* bytes of a file */
	FFS_MAX_INCLUDES = 256,
	FFS_MAX_PARAMS = 64,
	FFS_MAX_DIAGS = 200,	/* kept; the rest is only counted */
	FFS_MAX_CPUS = 32,
};

/* -- diagnostics ------------------------------------------------------------ */

/* A text that tokens point into; lives as long as its file. */
struct ffs_source {
	const char *name;	/* as messages show it */
	const char *text;	/* valid UTF-8 without NUL */
	gsize len;
};

struct ffs_loc {
	const struct ffs_source *src;
	uint32_t line, col;	/* from 1; columns count characters */
	uint32_t off, end;	/* bytes [off, end) of src->text */
};

enum ffs_severity { FFS_ERROR, FFS_WARNING };

struct ffs_diag {
	enum ffs_severity severity;
	char *file;
	uint32_t line, col, len;	/* len in characters, may be 0 */
	char *message;	/* what is wrong and what was expected */
	char *hint;	/* "did you mean `x`?", legal names; or NULL */
	char *text;	/* the source line, or NULL; of a long line a part */
	uint32_t shift;	/* characters of the line left of `text` */
};

struct ffs_diags {
	GPtrArray *all;		/* struct ffs_diag, sorted by ffs_diags_sort */
	unsigned int errors, warnings;
};

struct ffs_diags *ffs_diags_new(void);
void ffs_diags_free(struct ffs_diags *d);

/*
 * ffs_error: adds an error at `at` (whose src may be NULL: then no source
 * line is shown). `hint` may be NULL; it is copied.
 */
void ffs_error(struct ffs_diags *d, const struct ffs_loc *at, const char *hint,
	       const char *fmt, ...) G_GNUC_PRINTF(4, 5);
void ffs_warning(struct ffs_diags *d, const struct ffs_loc *at,
		 const char *hint, const char *fmt, ...) G_GNUC_PRINTF(4, 5);

/* ffs_diags_sort: by file (in order of first message), line, column. */
void ffs_diags_sort(struct ffs_diags *d);

/*
 * ffs_diags_format: every message as
 *	file:line:col: error: message
 *	   12 | the source line
 *	      |     ^~~~~
 *	      = hint
 * in a new string; `color` adds SGR escapes. ffs_diags_print writes it.
 */
char *ffs_diags_format(const struct ffs_diags *d, bool color);
void ffs_diags_print(const struct ffs_diags *d, FILE *to, bool color);

/*
 * ffs_nearest: the name closest to `word` by edit distance, or NULL if none
 * is close enough to suggest. names[n].
 */
const char *ffs_nearest(const char *word, const char *const *names,
			unsigned int n);

/* -- values ----------------------------------------------------------------- */

enum ffs_value_kind {
	FFS_V_NUM,	/* num, unit, negative; text: as spelled */
	FFS_V_VERSION,	/* num: FFA_VER(); text: "1.2" */
	FFS_V_UUID,	/* uuid; text: as spelled */
	FFS_V_STR,	/* bytes[len] decoded, NUL after; text: with quotes */
	FFS_V_ANY,	/* _ */
	FFS_V_BIND,	/* ?text */
	FFS_V_USE,	/* $text: a bound value or a parameter */
	FFS_V_ID,	/* text */
	FFS_V_AT,	/* text@num, or @num with text NULL */
	FFS_V_MEMBER,	/* base.text */
	FFS_V_INDEX,	/* base[items[0]] */
	FFS_V_CALL,	/* text(items): lo($h) */
	FFS_V_BLOCK,	/* text{items}, or {items} with text NULL */
	FFS_V_OR,	/* items joined by | */
	FFS_V_SUM,	/* items joined by + */
	FFS_V_RANGE,	/* items[0]..items[1]; both ends belong to it, but
			 * mem[a..b] is without byte b */
	FFS_V_MASK,	/* items[0]/items[1]: value/mask */
	FFS_V_LIST,	/* items joined by , (directives only: key=a,b) */
};

/* What a number is spelled with; num is already scaled to the base unit. */
enum ffs_unit {
	FFS_U_NONE,
	FFS_U_SIZE,	/* K M G: num in bytes */
	FFS_U_PAGES,	/* page, pages: num in pages */
	FFS_U_TIME,	/* ns us ms s: num in nanoseconds */
};

enum ffs_op {
	FFS_OP_NONE,	/* a value without key */
	FFS_OP_ASSIGN,	/* key = value */
	FFS_OP_COLON,	/* key : value (blocks only) */
	FFS_OP_EQ, FFS_OP_NE, FFS_OP_LT, FFS_OP_LE, FFS_OP_GT, FFS_OP_GE,
	FFS_OP_COUNT,
};

/* A buffer that a call names beside its registers (tx=share{...}). */
enum ffs_buffer { FFS_BUFFER_NONE, FFS_BUFFER_TX, FFS_BUFFER_RX };

/* One argument, directive option, or block entry. */
struct ffs_arg {
	struct ffs_loc loc;
	const char *name;	/* the key if it is a plain identifier */
	struct ffs_value *key;	/* the key; NULL if op is NONE */
	enum ffs_op op;
	struct ffs_value *value;

	/* Arguments of calls and results, set by ffs_check: one of these. */
	const struct ffa_field *field;
	int8_t reg;		/* raw register number, or -1 */
	bool wide;		/* raw: xN, else wN */
	enum ffs_buffer buffer;
};

struct ffs_value {
	enum ffs_value_kind kind;
	enum ffs_unit unit;
	bool negative;		/* num is two's complement */
	struct ffs_loc loc;
	const char *text;
	const char *note;	/* a comment kept behind it, or NULL */
	uint64_t num;
	struct ffa_uuid uuid;
	const uint8_t *bytes;
	gsize len;
	struct ffs_value *base;
	struct ffs_arg *items;
	unsigned int count;
};

/* -- statements ------------------------------------------------------------- */

/* Directives, in the order of the manual. */
enum ffs_word {
	FFS_W_FFS, FFS_W_TITLE, FFS_W_TAG, FFS_W_REQUIRES, FFS_W_INCLUDE,
	FFS_W_FFA, FFS_W_BOARD, FFS_W_PARAM, FFS_W_PART, FFS_W_BUF, FFS_W_MEM,
	FFS_W_ALLOW, FFS_W_BOOT, FFS_W_WAIT, FFS_W_IRQ, FFS_W_RAISE,
	FFS_W_PREEMPT, FFS_W_INJECT, FFS_W_POKE, FFS_W_TX, FFS_W_RX,
	FFS_W_CONSOLE,
	FFS_W_CHECK, FFS_W_POWEROFF, FFS_W_RESTART,
	FFS_W_SHUFFLE, FFS_W_ANY,	/* with a body of statements */
	FFS_W_COUNT,
};

enum ffs_verb {
	FFS_VERB_STORE,		/* store MEM[a..b] = VALUE */
	FFS_VERB_LOAD,		/* load MEM[a..b] = VALUE, or = fault */
	FFS_VERB_CRASH,
	FFS_VERB_HANG,
	FFS_VERB_PREEMPT,	/* a non-secure interrupt arrives here */
	FFS_VERB_CREATE,	/* a VM comes to be */
	FFS_VERB_DESTROY,
	FFS_VERB_COUNT,
};

enum ffs_stmt_kind {
	FFS_S_BAD,		/* had a syntax error, which was reported */
	FFS_S_DIRECTIVE,	/* word, args; body for INCLUDE SHUFFLE ANY */
	FFS_S_CALL,		/* call = result */
	FFS_S_OPEN,		/* call ... */
	FFS_S_RESUME,		/* ... = result */
	FFS_S_VERB,		/* verb args = value */
};

/* NAME(args), as a call or as a result. */
struct ffs_call {
	struct ffs_loc loc;	/* NAME( to ) */
	struct ffs_loc name_loc;
	const char *name;
	struct ffs_arg *args;
	unsigned int count;
	bool rest;		/* `...` last: other fields are not checked */
	/* Set by ffs_check. */
	bool raw;		/* SMC, HVC, SVC: registers from x0 on */
	enum ffa_fn fn;		/* FFA_FN_UNKNOWN if raw */
	enum ffa_fn answers;	/* FFA_SUCCESS: call whose fields it has */
};

enum ffs_result_kind {
	FFS_R_NONE,	/* the statement has no result */
	FFS_R_ANY,	/* _ */
	FFS_R_VALUE,	/* a bare value in w0 */
	FFS_R_CALL,	/* NAME(args) */
};

struct ffs_result {
	struct ffs_loc loc;	/* behind `=`: what --update replaces */
	enum ffs_result_kind kind;
	struct ffs_value *value;
	struct ffs_call call;
};

struct ffs_list {
	struct ffs_stmt **v;
	unsigned int n;
	const char **tail;	/* comments and blank lines behind the last */
	unsigned int tail_count;
};

struct ffs_stmt {
	enum ffs_stmt_kind kind;
	bool wrong;		/* set by ffs_check: BAD, or has an error */
	struct ffs_loc loc;
	const char **before;	/* comment lines before it; "": a blank line */
	unsigned int before_count;
	const char *trail;	/* comment behind it, or NULL */
	uint32_t trail_col;

	/* DIRECTIVE (and BAD that began as one) */
	enum ffs_word word;	/* FFS_W_COUNT if unknown */
	const char *name;	/* as spelled: directive or verb */
	/* DIRECTIVE and VERB */
	struct ffs_arg *args;
	unsigned int count;
	struct ffs_list body;

	/* events: CALL OPEN RESUME VERB (and BAD that began as one) */
	const char *actor;	/* NULL: not an event */
	struct ffs_loc actor_loc, cpu_loc;
	uint32_t cpu;
	enum ffs_verb verb;	/* VERB */
	struct ffs_value *value;	/* VERB: behind `=`, or NULL */
	struct ffs_call call;	/* CALL OPEN */
	struct ffs_result result;	/* CALL RESUME */
	struct ffs_arg *opts;	/* key=value behind all: within= expect= */
	unsigned int opt_count;
};

/* `param name = values` */
struct ffs_param {
	const char *name;
	const struct ffs_stmt *stmt;
	struct ffs_arg *values;
	unsigned int count;
	bool used;		/* set by ffs_check */
};

struct ffs_file {
	const char *path;
	const struct ffs_source *src;
	struct ffs_list list;	/* as written; includes hang at their line */
	struct ffs_param **params;	/* in file order, includes too */
	unsigned int param_count;
	/* Set by ffs_check. */
	unsigned int cpus;	/* of the board, default 1 */
	bool has_boot;		/* initialisation is scripted */
	struct ffs_arena *arena;
};

/*
 * ffs_load: reads and parses a file and what it includes (relative to the
 * file that includes). NULL only if `path` cannot be read; else the caller
 * frees the file, and d->errors says whether the syntax was right.
 */
struct ffs_file *ffs_load(const char *path, struct ffs_diags *d);

/* ffs_parse_text: the same of a text; `name` stands for the path. */
struct ffs_file *ffs_parse_text(const char *name, const char *text, gsize len,
				struct ffs_diags *d);
/* ffs_parse_alone: without what it includes: enough for ffs_format. */
struct ffs_file *ffs_parse_alone(const char *name, const char *text, gsize len,
				 struct ffs_diags *d);

/*
 * ffs_parse_line: a text that holds exactly one statement, which is
 * list.v[0]. NULL, with errors in `d`, otherwise.
 */
struct ffs_file *ffs_parse_line(const char *name, const char *text,
				struct ffs_diags *d);

/*
 * ffs_parse_value: a value on its own (of -D), in the memory of `f`. NULL
 * with an error in `d` if it is none. `name` stands for the path.
 */
struct ffs_value *ffs_parse_value(struct ffs_file *f, const char *name,
				  const char *text, struct ffs_diags *d);

void ffs_file_free(struct ffs_file *f);

/*
 * ffs_pin: from now on parameter `name` has only the values of `text`
 * ("3" or "1,2"). False if the file has no such parameter or the text is
 * wrong (then with an error in `d`). Before ffs_check.
 */
bool ffs_pin(struct ffs_file *f, const char *name, const char *text,
	     struct ffs_diags *d);

/*
 * ffs_check: resolves names and checks all that can be said without running:
 * fills the "set by ffs_check" members. Adds every error to `d`, sorts it;
 * true if d->errors is still 0. Works on what a wrong file left over too.
 */
bool ffs_check(struct ffs_file *f, struct ffs_diags *d);

/* ffs_param: the parameter of that name, or NULL. */
const struct ffs_param *ffs_param(const struct ffs_file *f, const char *name);

/*
 * ffs_find: the first statement that declares `name` with this directive
 * (PART BUF MEM), in the file or what it includes; or NULL.
 */
const struct ffs_stmt *ffs_find(const struct ffs_file *f, enum ffs_word word,
				const char *name);

/* ffs_inject_reg: n of `xn=…`, or FFA_REGS. */
unsigned int ffs_inject_reg(const struct ffs_arg *a);

/* ffs_opt: the argument `key=` of a directive or event, or NULL. */
const struct ffs_arg *ffs_opt(const struct ffs_stmt *s, const char *key);

/* ffs_pos: the n-th value without key of a directive, from 0; or NULL. */
const struct ffs_value *ffs_pos(const struct ffs_stmt *s, unsigned int n);

/* ffs_flag: a directive has the bare word `name` behind its names. */
bool ffs_flag(const struct ffs_stmt *s, const char *name);

/*
 * ffs_field: what a name means as an argument of NAME(...): an ABI field
 * (returned), a raw register (NULL, *reg >= 0) or a buffer (NULL, *buffer).
 * `result`: behind `=`. For results FFA_SUCCESS, `answers` is the function
 * that was called. NULL with *reg -1 and *buffer NONE: no such field.
 */
const struct ffa_field *ffs_field(enum ffa_fn fn, enum ffa_fn answers,
				  bool result, const char *name, int *reg,
				  bool *wide, enum ffs_buffer *buffer);

/*
 * ffs_field_at: the field of the n-th argument without name, or NULL. Order
 * of the ABI table, but the code of FFA_ERROR comes first.
 */
const struct ffa_field *ffs_field_at(enum ffa_fn fn, enum ffa_fn answers,
				     bool result, unsigned int n);

/* -- back to text ----------------------------------------------------------- */

enum { FFS_FMT_WIDTH = 100 };

/*
 * ffs_format: the canonical text of a file (not of what it includes), a new
 * string. Comments stay; ffs_format(parse(ffs_format(x))) == ffs_format(x).
 * Only for a file whose syntax is right.
 */
char *ffs_format(const struct ffs_file *f);

/* These append without newline; `depth` indents an event by 2 per step. */
void ffs_format_stmt(GString *to, const struct ffs_stmt *s,
		     unsigned int depth);
void ffs_format_call(GString *to, const struct ffs_call *c);
void ffs_format_result(GString *to, const struct ffs_result *r);
void ffs_format_value(GString *to, const struct ffs_value *v);

/* ffs_equal: the same statements; comments and spelling do not count. */
bool ffs_equal(const struct ffs_file *a, const struct ffs_file *b);
bool ffs_stmt_equal(const struct ffs_stmt *a, const struct ffs_stmt *b);

/* -- the words of the language ---------------------------------------------- */

/* What a value of a directive may be (a mask). */
enum ffs_accept {
	FFS_A_NUM = 1, FFS_A_SIZE = 2, FFS_A_PAGES = 4, FFS_A_TIME = 8,
	FFS_A_VERSION = 16, FFS_A_UUID = 32, FFS_A_STR = 64,
	FFS_A_NAME = 128,	/* a new name, or one of `choices` */
	FFS_A_PART = 256, FFS_A_FN = 512, FFS_A_ERR = 1024,
	FFS_A_CPU = 2048,	/* @0 */
	FFS_A_ACTOR = 4096,	/* ns@0 */
	FFS_A_BLOCK = 8192,
	FFS_A_ADDR = 16384,	/* a number, or buf/mem + offset */
	FFS_A_VALUE = 32768,	/* anything */
};

/* Of a row: how often. */
enum ffs_times { FFS_ONE, FFS_OPT, FFS_MANY };

/*
 * One row a fact: a directive, one of its positional values, one of its keys,
 * a flag word, or a verb. The rows of a directive follow it. `ffasim doc`,
 * the manual and the messages say what stands here.
 */
enum ffs_row_kind {
	FFS_ROW_DIRECTIVE, FFS_ROW_POS, FFS_ROW_KEY, FFS_ROW_FLAG,
	FFS_ROW_VERB, FFS_ROW_OPT,
};
struct ffs_row {
	enum ffs_row_kind kind;
	unsigned int word;	/* enum ffs_word, or enum ffs_verb */
	const char *name;	/* "board", "cpus", "NAME" */
	unsigned int accept;	/* enum ffs_accept */
	enum ffs_times times;
	const char *choices;	/* "vm sp hyp", or NULL */
	const char *dflt;	/* default as text, or NULL */
	const char *sentence;
};
extern const struct ffs_row ffs_rows[];
extern const unsigned int ffs_row_count;

const char *ffs_word_name(enum ffs_word word);
const char *ffs_verb_name(enum ffs_verb verb);
const char *ffs_op_name(enum ffs_op op);	/* ">=" */

/* ffs_word_find: FFS_W_COUNT if there is no such directive. */
enum ffs_word ffs_word_find(const char *name);

#endif
