/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The client's end of a connection to `ffasim serve`, which the back ends
 * `unix` and `ring` share; docs/wire.md. One thread at a time calls.
 */
#ifndef CONDUIT_REMOTE_H
#define CONDUIT_REMOTE_H

#include <glib.h>

#include "wire.h"

struct remote {
	int fd;
	GMutex lock;		/* one request at a time */
	struct wire_welcome welcome;
	uint32_t tag;
	uint32_t maps;		/* as of the memory that is mapped, */
	uint32_t seen;		/* and of the last answer */
	GArray *mapped;		/* struct mapped of remote.c */
	char why[WIRE_MAX];	/* sentence of the last failure */
};

/*
 * remote_open: args is "PATH" or "PATH,ENDPOINT". NULL with a sentence in
 * *error (malloc'ed).
 */
struct remote *remote_open(const char *args, char **error);

/* remote_close: says BYE. */
void remote_close(struct remote *r);

/* remote_call: as conduit_ops.call. */
const char *remote_call(struct remote *r, unsigned int cpu,
			const struct ffa_value *in, struct ffa_value *out);

/* remote_map: as conduit_ops.map. */
void *remote_map(struct remote *r, uint64_t pa, size_t len, bool secure);

/* remote_moved: memory is mapped again if `maps` is another number. */
void remote_moved(struct remote *r, uint32_t maps);

/* remote_ring: the file of a new ring; -1 with r->why. */
int remote_ring(struct remote *r);

/* remote_alive: the server is there. */
bool remote_alive(struct remote *r);

#endif
