/* SPDX-License-Identifier: BSD-3-Clause */
#include "buffers.h"

enum { PAGES = 0x3f };		/* bits of w3 */

void buffers_note(struct buffers *b, const struct ffa_value *in,
		  const struct ffa_value *out)
{
	enum ffa_fn fn = ffa_fn_find(in->x[0]);
	uint64_t mask = fn == FFA_FN_RXTX_MAP_64 ? UINT64_MAX : UINT32_MAX;

	if (fn != FFA_FN_RXTX_MAP_32 && fn != FFA_FN_RXTX_MAP_64 &&
	    fn != FFA_FN_RXTX_UNMAP)
		return;
	if (ffa_fn_find(out->x[0]) != FFA_FN_SUCCESS)
		return;
	if (fn == FFA_FN_RXTX_UNMAP) {
		if (!(uint32_t)in->x[1])	/* else those of a VM */
			b->size = 0;
		return;
	}
	/* Those of a VM are described in TX. */
	if (!(in->x[1] & mask) && !(in->x[2] & mask))
		return;
	b->tx = in->x[1] & mask;
	b->rx = in->x[2] & mask;
	b->size = (in->x[3] & PAGES) * FFA_PAGE_SIZE;
}

static void *host(struct conduit_next *next, uint64_t pa, size_t size)
{
	return size ? next->map(next, pa, size, false) : NULL;
}

void *buffers_tx(const struct buffers *b, struct conduit_next *next)
{
	return host(next, b->tx, b->size);
}

void *buffers_rx(const struct buffers *b, struct conduit_next *next)
{
	return host(next, b->rx, b->size);
}
