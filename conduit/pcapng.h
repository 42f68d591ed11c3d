/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures: pcapng files (the IETF's draft-ietf-opsawg-pcapng), link type
 * USER0 (147), an interface for each endpoint on each CPU, nanoseconds. What
 * is in a packet is in docs/capture.md. Numbers are little-endian.
 */
#ifndef CONDUIT_PCAPNG_H
#define CONDUIT_PCAPNG_H

#include <stdint.h>

#include "ffa/ffa.h"

enum {
	PCAPNG_SECTION = 0x0a0d0d0a,	/* block types */
	PCAPNG_INTERFACE = 1,
	PCAPNG_PACKET = 6,
	PCAPNG_MAGIC = 0x1a2b3c4d,	/* byte order */
	PCAPNG_LINK = 147,
	PCAPNG_COMMENT = 1,		/* options */
	PCAPNG_FLAGS = 2,		/* of a packet */
	PCAPNG_NAME = 2,		/* of an interface */
	PCAPNG_PROGRAM = 4,
	PCAPNG_RESOLUTION = 9,
	PCAPNG_VERSION = 1,		/* of the packets */
	PCAPNG_HEAD = 16,		/* bytes of a packet before x0 */
};

enum pcapng_kind {
	PCAPNG_CALL = 1,
	PCAPNG_RESULT,	/* what the endpoint sees */
	PCAPNG_EVENT,	/* no call; the comment says what */
	PCAPNG_FAILED,	/* the run ends here; the comment says why */
};

struct pcapng_packet {
	enum pcapng_kind kind;
	const char *interface;	/* "sp1@0"; described when it is new */
	uint16_t endpoint, cpu;
	uint32_t answers;	/* id of the call that is answered, or 0 */
	uint64_t time;		/* ns */
	const struct ffa_value *regs;	/* NULL: none */
	const char *rule;	/* that refused the call, or NULL */
	const char *comment;
};

struct pcapng;

/* pcapng_create: writes a new file; `title` may be NULL. NULL with *error. */
struct pcapng *pcapng_create(const char *path, const char *title,
			     char **error);
void pcapng_put(struct pcapng *p, const struct pcapng_packet *packet);
/* pcapng_close: NULL, or a new sentence: not all could be written. */
char *pcapng_close(struct pcapng *p);

#endif
