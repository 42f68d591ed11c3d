/* SPDX-License-Identifier: BSD-3-Clause */
/* What ops.c and ops_row.c share. */
#ifndef SIM_OPS_PRIV_H
#define SIM_OPS_PRIV_H

#include "ops.h"

/* ops_boot: starts a CPU where nobody runs. */
bool ops_boot(struct ops *o, unsigned int cpu);

/* ops_event: what has no registers; `n` is its operand. */
bool ops_event(struct ops *o, enum ops_op op, unsigned int cpu,
	       unsigned int n);

/* FFA_MEM_DONATE, _LEND or _SHARE in either form? */
static inline bool ops_is_send(uint32_t fid)
{
	fid &= ~0x40000000u;
	return fid == (uint32_t)FFA_ID_MEM_DONATE_32 ||
	       fid == (uint32_t)FFA_ID_MEM_LEND_32 ||
	       fid == (uint32_t)FFA_ID_MEM_SHARE_32;
}

static inline bool ops_is_zero(const uint8_t *p, size_t n)
{
	for (; n; n--, p++)
		if (*p)
			return false;
	return true;
}

static inline uint32_t ops_get16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t ops_get32(const uint8_t *p)
{
	return ops_get16(p) | ops_get16(p + 2) << 16;
}

static inline uint64_t ops_get64(const uint8_t *p)
{
	return ops_get32(p) | (uint64_t)ops_get32(p + 4) << 32;
}

#endif
