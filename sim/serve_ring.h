/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that call by a ring of shared memory; docs/wire.md. */
#ifndef SIM_SERVE_RING_H
#define SIM_SERVE_RING_H

#include "conduit/wire.h"

struct client;

/*
 * ring_new: a ring for this client, and a thread that serves it. The file,
 * which stays the ring's; -1 with *why (static).
 */
int ring_new(struct client *c, const char **why);

struct request;

/* ring_answer: to a request that came by a ring. */
void ring_answer(const struct request *q, enum wire_status status,
		 const struct ffa_value *regs);

/*
 * ring_stop: no more calls come by it, which may take until its thread has
 * made one: serve.lock, which is held, is given away meanwhile.
 */
void ring_stop(struct client *c);

#endif
