/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors of memory transactions as literals of the language:
 *	share{owner=ns to={sp1:rw sp2:ro} ranges=shm}
 * Which there are and what they may hold; their bytes in the layout of each
 * version, and back; their text.
 */
#ifndef SIM_LIT_H
#define SIM_LIT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "ffa/ffa_desc.h"

struct board;

enum lit_kind {
	LIT_SHARE, LIT_LEND, LIT_DONATE,	/* FFA_MEM_SHARE, ... */
	LIT_RETRIEVE,		/* FFA_MEM_RETRIEVE_REQ */
	LIT_RELINQUISH,
	LIT_RESP,		/* FFA_MEM_RETRIEVE_RESP, all fragments */
	LIT_FRAG,		/* one later fragment */
	LIT_BYTES,		/* whatever */
	LIT_KINDS,
};

/* Fields with one value; `to` and `ranges` are lists. */
enum lit_field {
	LIT_HANDLE, LIT_OWNER, LIT_ATTR, LIT_FLAGS, LIT_TAG,
	LIT_COUNT, LIT_EMAD_SIZE, LIT_EMAD_OFFSET,
	LIT_RESERVED, LIT_RESERVED2, LIT_RESERVED3,
	LIT_COMPOSITE, LIT_PAGES, LIT_RANGE_COUNT, LIT_COMPOSITE_RESERVED,
	LIT_VERSION,
	LIT_FIELDS,
	LIT_TO = LIT_FIELDS, LIT_RANGES, LIT_ENTRIES,
};

/* -- words ---------------------------------------------------------------- */

struct lit_word {
	const char *name;
	uint32_t value, mask;
	uint32_t if_mask, if_value;	/* printed only where this holds */
};

/* A row for each entry of a literal; `words` may be NULL. */
struct lit_row {
	const char *name;
	unsigned int kinds;	/* mask of 1 << enum lit_kind */
	unsigned int bits;
	const struct lit_word *words;	/* to name NULL */
	const char *sentence;
};
extern const struct lit_row lit_rows[LIT_ENTRIES];
extern const struct lit_word lit_permissions[];

/* What may stand in sp1:{...}, beside permissions. */
enum lit_emad_field {
	LIT_E_PERM, LIT_E_FLAGS, LIT_E_COMPOSITE, LIT_E_RESERVED, LIT_E_IMPDEF,
	LIT_E_FIELDS,
};
extern const struct lit_row lit_emad_rows[LIT_E_FIELDS];

struct lit_info {
	const char *name;
	bool in_tx, in_rx;
	const char *sentence;
};
extern const struct lit_info lit_infos[LIT_KINDS];

/* lit_kind_named: LIT_KINDS if there is none. */
enum lit_kind lit_kind_named(const char *name);
/* lit_entry_named: the entry of that name in such a literal, or NULL. */
const struct lit_row *lit_entry_named(enum lit_kind kind, const char *name);

/*
 * lit_words_value: `text` is words of this table, joined by `-` ("rw-nx");
 * their bits are added to *num.
 */
bool lit_words_value(const struct lit_word *words, const char *text,
		     uint64_t *num);

/* lit_words_print: normal|wb|is; bits without a name as a number. */
void lit_words_print(GString *to, const struct lit_word *words,
		     const char *joint, uint64_t num);

/* -- one literal ---------------------------------------------------------- */

struct lit_emad {
	struct ffa_emad e;
	bool has_composite;	/* else that of the literal */
	bool any;		/* expected: whatever it may do */
};

struct lit {
	enum lit_kind kind;
	uint32_t version;	/* of whose buffer it is for, */
	uint16_t self;		/* and its id */
	bool given[LIT_FIELDS];
	uint64_t value[LIT_FIELDS];	/* if given */
	bool any[LIT_ENTRIES];	/* expected: `_` */
	const char *bind[LIT_FIELDS];	/* expected: ?name, or NULL */
	GArray *to;		/* struct lit_emad */
	GArray *ranges;		/* struct ffa_constituent */
	GByteArray *bytes;	/* of LIT_BYTES */
};

struct lit *lit_new(enum lit_kind kind, uint32_t version, uint16_t self);
void lit_free(struct lit *l);

void lit_set(struct lit *l, enum lit_field f, uint64_t value);
/* lit_get: what is given, or follows from the rest. */
uint64_t lit_get(const struct lit *l, enum lit_field f);

/* lit_encode: its bytes. */
GByteArray *lit_encode(const struct lit *l);

/* -- from bytes (lit_decode.c) -------------------------------------------- */

/*
 * lit_decode: a literal that has exactly these bytes, but for zeros behind
 * them; NULL if only LIT_BYTES has.
 */
struct lit *lit_decode(enum lit_kind kind, uint32_t version, uint16_t self,
		       const uint8_t *bytes, gsize len);

/* lit_of_bytes: the same as LIT_BYTES, without zeros at the end. */
struct lit *lit_of_bytes(const uint8_t *bytes, gsize len);

/* -- text (lit_print.c) --------------------------------------------------- */

/* lit_print: appends it as it is written, with the names of the board. */
void lit_print(GString *to, const struct lit *l, const struct board *b);

/* The text of one entry's value. */
void lit_print_entry(GString *to, const struct lit *l, unsigned int entry,
		     const struct board *b);

#endif
