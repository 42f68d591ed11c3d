/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows that say what is wanted: ops_rows.c, for ops_read.c. */
#ifndef SIM_OPS_ROWS_H
#define SIM_OPS_ROWS_H

#include "ops_priv.h"
#include "run_priv.h"

static inline void ops_put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

/* The first fragment of a descriptor comes with this function. */
static inline bool ops_takes_desc(uint32_t fid)
{
	return ops_is_send(fid) ||
	       (fid & ~0x40000000u) == (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32;
}

/*
 * ops_rows_board: appends the rows of a board; ops_rows_differ: what of it the
 * rows do not say. NULL, or a sentence: g_free it.
 */
char *ops_rows_board(const struct board *b, bool scripted, GByteArray *to);
char *ops_rows_differ(const struct board *b, const struct ops_board *o);

/*
 * Both append to `to`, and play. ops_rows_desc: as much as rows of descriptors
 * can say of what this call finds in its TX; the rest stays as it is.
 */
void ops_rows_call(struct ops *o, unsigned int cpu, unsigned int ep,
		   const struct ffa_value *in, GByteArray *to);
void ops_rows_desc(struct ops *o, unsigned int cpu, unsigned int ep,
		   const struct ffa_value *in, const uint8_t *tx, size_t room,
		   GByteArray *to);

#endif
