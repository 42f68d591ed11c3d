/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frames between `ffasim serve` and its clients: docs/wire.md. Nothing
 * here does I/O; every number is little-endian on the wire.
 */
#ifndef CONDUIT_WIRE_H
#define CONDUIT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffa/ffa.h"

enum {
	WIRE_VERSION = 1,
	WIRE_HEADER = 16,
	WIRE_REGS = FFA_REGS * 8,
	WIRE_CALL_FRAME = WIRE_HEADER + WIRE_REGS,
	WIRE_MAX = 4096,	/* longest frame */
	WIRE_NAME = 48,		/* of an endpoint, with a NUL if shorter */
	WIRE_RUNS = 64,		/* in one answer to MAP */
	WIRE_OPEN = 32,		/* requests without an answer */
	WIRE_ANSWER = 0x80,	/* is added to the type */
};

enum wire_type {
	WIRE_HELLO = 1, WIRE_CALL, WIRE_ENTER, WIRE_MAP, WIRE_RING, WIRE_BYE,
};

enum wire_status {
	WIRE_OK, WIRE_BAD, WIRE_REFUSED, WIRE_LOST, WIRE_ELSEWHERE,
	WIRE_NOT_YOURS, WIRE_RESET, WIRE_LIMIT,
};

enum wire_rights { WIRE_READ = 1, WIRE_WRITE = 2 };

struct wire_header {
	uint32_t length;
	uint8_t type, status;
	uint16_t cpu;
	uint32_t tag, maps;
};

struct wire_hello {
	uint16_t version;
	char name[WIRE_NAME + 1];
};

/* The answer to it. */
struct wire_welcome {
	uint16_t version, id, cpus, contexts;
	uint32_t ffa;
};

struct wire_map {
	uint64_t pa, len;
	bool secure;
};

struct wire_run {
	uint64_t pa, len, offset;
	uint32_t rights;
};

/* Sizes of whole frames. */
enum {
	WIRE_HELLO_FRAME = WIRE_HEADER + 16 + WIRE_NAME,
	WIRE_WELCOME_FRAME = WIRE_HEADER + 16,
	WIRE_MAP_FRAME = WIRE_HEADER + 24,
	WIRE_RUNS_HEAD = WIRE_HEADER + 8,
	WIRE_RUN = 32,
};

void wire_put_header(uint8_t *frame, const struct wire_header *h);
void wire_get_header(const uint8_t *frame, struct wire_header *h);

/*
 * wire_bad: NULL if this may be the header of a request, and the frame has
 * the length that its type has; else a sentence (static).
 */
const char *wire_bad(const struct wire_header *h);

/*
 * Each puts or gets the body of a whole frame, whose length is right. A get
 * returns false if it is none.
 */
void wire_put_regs(uint8_t *frame, const struct ffa_value *regs);
void wire_get_regs(const uint8_t *frame, struct ffa_value *regs);
void wire_put_hello(uint8_t *frame, const struct wire_hello *v);
bool wire_get_hello(const uint8_t *frame, struct wire_hello *v);
void wire_put_welcome(uint8_t *frame, const struct wire_welcome *v);
void wire_get_welcome(const uint8_t *frame, struct wire_welcome *v);
void wire_put_map(uint8_t *frame, const struct wire_map *v);
bool wire_get_map(const uint8_t *frame, struct wire_map *v);

/* n <= WIRE_RUNS; wire_put_runs returns the length of the frame. */
size_t wire_put_runs(uint8_t *frame, const struct wire_run *runs, size_t n);
bool wire_get_runs(const uint8_t *frame, size_t length,
		   struct wire_run runs[WIRE_RUNS], size_t *n);

/* -- the ring ---------------------------------------------------------------- */

/* What a client and the server share, for one CPU. */
struct wire_slot {
	uint32_t request, waits;
	uint64_t in[FFA_REGS];
	uint8_t pad1[40];
	uint32_t answer, status;
	uint64_t out[FFA_REGS];
	uint32_t maps, cpu;
	uint8_t pad2[160];
};
struct wire_bell {
	uint32_t bell, sleeps;
	uint8_t pad[56];
};

_Static_assert(sizeof(struct wire_slot) == 512, "slot");
_Static_assert(offsetof(struct wire_slot, answer) == 192, "slot");
_Static_assert(offsetof(struct wire_slot, maps) == 344, "slot");
_Static_assert(sizeof(struct wire_bell) == 64, "bell");

static inline size_t wire_ring_size(unsigned int cpus)
{
	return cpus * sizeof(struct wire_slot) + sizeof(struct wire_bell);
}

#endif
