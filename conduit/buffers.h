/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a driver's RX and TX buffers are, as its calls say. */
#ifndef CONDUIT_BUFFERS_H
#define CONDUIT_BUFFERS_H

#include "conduit.h"

struct buffers {
	uint64_t tx, rx;
	size_t size;		/* of each; 0: none are registered */
};

/* buffers_note: the driver called with *in, and saw *out. */
void buffers_note(struct buffers *b, const struct ffa_value *in,
		  const struct ffa_value *out);

/* buffers_tx, buffers_rx: their host addresses, or NULL. */
void *buffers_tx(const struct buffers *b, struct conduit_next *next);
void *buffers_rx(const struct buffers *b, struct conduit_next *next);

#endif
