/* SPDX-License-Identifier: BSD-3-Clause */
/* What board.c, board_part.c (parts) and board_mem.c (memory) share. */
#ifndef SIM_BOARD_PRIV_H
#define SIM_BOARD_PRIV_H

#include "board.h"
#include "ffs.h"

struct manifest;

/* board_gather: the directives of one kind, in file order. */
GPtrArray *board_gather(const struct board *b, enum ffs_word w);

/* board_key: the value of `key=`, a parameter being replaced; or NULL. */
const struct ffs_value *board_key(const struct board *b,
				  const struct ffs_stmt *s, const char *key);
bool board_key_number(const struct board *b, const struct ffs_stmt *s,
		      const char *key, uint64_t *num);

/* board_word: the name that a value is, or "". */
const char *board_word(const struct ffs_value *v);

/* board_text: a string, or a sum of strings and parameters; g_free it. */
char *board_text(const struct board *b, const struct ffs_value *v);

/* Reads the part lines, and their manifests. */
void board_add_parts(struct board *b, uint32_t version, struct ffs_diags *d);
/* What there is before any line: sets b->base. */
void board_default_ranges(struct board *b);
/* An SPMC manifest's ranges take their place. */
void board_core_ranges(struct board *b, const struct manifest *m);
/* Reads the buf and mem lines. */
void board_add_mems(struct board *b, struct ffs_diags *d);
/* Makes regions and ranges of base, manifests, bufs and mems. */
void board_lay_out(struct board *b, struct ffs_diags *d);

#endif
