/* SPDX-License-Identifier: BSD-3-Clause */
/* What lint.c (calls) and lint_mem.c (memory) share. */
#ifndef CONDUIT_LINT_PRIV_H
#define CONDUIT_LINT_PRIV_H

#include <glib.h>

#include "buffers.h"
#include "lint.h"

/* A call and its answer, kept for a finding that comes later. */
struct lint_seen {
	bool on;
	unsigned int slot;
	struct ffa_value in, out;
};

/* A memory descriptor that is being sent. */
struct lint_sending {
	struct lint_seen seen;
	uint64_t handle;	/* from the first answer on */
	uint32_t version;	/* of its layout */
	GByteArray *bytes;	/* NULL: too long to keep */
};

struct lint_slot {
	bool calls;		/* `in` is not answered */
	struct ffa_value in;
	enum ffa_fn fn;
	struct lint_seen request;	/* direct, till its response */
	struct lint_seen preempted;	/* the callee, till FFA_RUN */
	uint16_t target;		/* that callee */
	struct lint_seen garbage;	/* a response that does not fit */
	struct lint_sending sending;	/* its first fragment, till answered */
};

struct lint_range {
	uint64_t base, end;	/* without its byte `end` */
};

enum lint_held {
	LINT_SHARED, LINT_LENT, LINT_DONATED,	/* by it */
	LINT_RECLAIMED,		/* was one of these */
	LINT_RETRIEVED,		/* by it, from somebody else */
};

struct lint_region {
	uint64_t handle;
	enum lint_held held;
	struct lint_seen seen;
	GArray *ranges;		/* struct lint_range; of what it sent */
};

/* A call that was refused by BUSY or RETRY. */
struct lint_again {
	enum lint_rule rule;
	enum ffa_fn fn;
	uint64_t x1;
	struct lint_seen seen;
};

struct lint {
	struct lint_config cfg;
	struct buffers buffers;
	uint32_t version;
	bool asked, told;	/* FFA_VERSION; that it was not */
	struct lint_slot *slots;
	struct lint_seen rx;	/* who filled it, while it owns it */
	uint64_t notifs;	/* bound, not fetched since */
	struct lint_seen bound;
	GArray *again;		/* struct lint_again */
	GPtrArray *regions;	/* struct lint_region * */
	GPtrArray *sendings;	/* struct lint_sending *, fragments */
	/* the last refusal, how often, when */
	struct lint_seen last;
	unsigned int times;
	uint64_t when;
	/* bits of each register that a function has a field for */
	uint64_t used[FFA_FN_COUNT][FFA_REGS];
};

G_GNUC_PRINTF(4, 5)
void lint_say(struct lint *l, enum lint_rule rule,
	      const struct lint_seen *seen, const char *detail, ...);

/* lint_mem.c */
void lint_mem_init(struct lint *l);
void lint_mem_free(struct lint *l);
void lint_mem_call(struct lint *l, struct lint_slot *slot,
		   const struct lint_seen *seen);
void lint_mem_result(struct lint *l, struct lint_slot *slot,
		     const struct lint_seen *seen);
void lint_mem_end(struct lint *l);
/* Says so if [pa, pa+len) is lent, about `seen` or (NULL) who lent it. */
void lint_mem_used(struct lint *l, uint64_t pa, uint64_t len,
		   const struct lint_seen *seen);

#endif
