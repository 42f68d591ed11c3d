/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the services have in common that real drivers probe for: how a context
 * gets a request, makes the FF-A calls that it needs for it, and answers; and
 * the memory that others share with the partition.
 *
 * A service is a function that works on a request. When it needs a call it
 * says which and returns; when the call is through it is called again, from
 * its start: it must not change anything before it has all that it needs.
 *
 * The state is one block; only the first two members are pointers, and not
 * part of a snapshot.
 */
#ifndef PARTITIONS_SERVICE_H
#define PARTITIONS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "partition.h"

enum {
	SERVICE_PAGES = 2,	/* partition_ops.pages: TX, then RX */
	SERVICE_ECS = 32,
	SERVICE_SHARES = 64,	/* pieces of memory held at a time, */
	SERVICE_RANGES = 2048,	/* and ranges of them all */
	SERVICE_PAGE = 4096,
};

/* What a context is about; a number of them are the steps of a call. */
enum service_state {
	SERVICE_IDLE,		/* waits for a request, or answered one */
	SERVICE_VERSION,	/* initialises: asks for the version, */
	SERVICE_MAP,		/* maps its buffers, */
	SERVICE_FEATURES,	/* asks if it can set notifications */
	SERVICE_LOCKED,		/* another context uses the buffers */
	SERVICE_RETRIEVE,
	SERVICE_RELEASE,	/* the RX buffer, a fragment was read */
	SERVICE_FRAGMENT,
	SERVICE_RELINQUISH,
	SERVICE_NOTIFY,
};

/* What service_ops.work did. */
enum service_next {
	SERVICE_DONE,	/* the answer is written */
	SERVICE_WAITS,	/* for the call that it asked for */
	SERVICE_FAULT,	/* memory that it holds is not there: it crashes */
};

struct service_range { uint64_t base, size; };

/* Memory that was retrieved. */
struct service_share {
	uint64_t handle, size;
	uint16_t owner;		/* endpoint id */
	uint16_t first, count;	/* of its ranges */
};

struct service_ec {
	enum service_state state, wants;	/* wants: when not locked */
	bool fresh;		/* the request was not worked on yet */
	bool owes;		/* the last call was the answer */
	struct ffa_value request, answer;
	/* The call that it needs, and what came of it. */
	uint64_t handle;
	uint16_t peer;
	bool done, failed;
	bool relinquishes;	/* after a retrieval that was not understood */
	uint32_t total, got, ranges_left;	/* of a retrieval */
	unsigned int tries;	/* to get a fragment */
};

struct service {
	const struct partition_host *host;
	const struct service_ops *ops;
	uint32_t version;	/* that is in force, */
	uint32_t asks;		/* and that it asks for */
	bool notifies;		/* FFA_NOTIFICATION_SET is there */
	bool ready;		/* the buffers are mapped */
	unsigned int holder;	/* of the buffers: context + 1, or 0 */
	unsigned int share_count, range_count;
	struct service_share shares[SERVICE_SHARES];
	struct service_range ranges[SERVICE_RANGES];
	struct service_ec ec[SERVICE_ECS];
};

/*
 * `size`: of the whole state, which begins with struct service. Pointers in
 * it, other than these two, are forbidden.
 */
struct service_ops {
	const char *name;
	size_t size;
	/* Forgets everything: it starts, or starts again. May be NULL. */
	void (*reset)(struct service *s);
	enum service_next (*work)(struct service *s, unsigned int ec);
};

/* -- service.c: of partition_ops -------------------------------------------- */

bool service_open(const struct service_ops *ops,
		  const struct partition_host *host, const char *args,
		  void **handle, char **error);
enum partition_act service_init(void *handle, unsigned int ec,
				const struct ffa_value *sees,
				struct ffa_value *calls);
enum partition_act service_enter(void *handle, unsigned int ec,
				 const struct ffa_value *sees,
				 struct ffa_value *calls);
size_t service_save(void *handle, void *to);
void service_load(void *handle, const void *from);

/* -- service.c: for service_ops.work ---------------------------------------- */

/* service_sender: who sent the request. */
uint16_t service_sender(const struct service *s, unsigned int ec);

/* service_reg: a register of the request, as wide as it was sent. */
uint64_t service_reg(const struct service *s, unsigned int ec,
		     unsigned int reg);

/* service_answer: sets a register of the answer; all others are zero. */
void service_answer(struct service *s, unsigned int ec, unsigned int reg,
		    uint64_t value);

/*
 * service_want: memory that `owner` shared with the partition. SERVICE_WAITS:
 * return that. SERVICE_DONE: *index is its place in s->shares, or -1 if it
 * cannot be had.
 */
enum service_next service_want(struct service *s, unsigned int ec,
			       uint64_t handle, uint16_t owner, int *index);

/* service_drop: gives it back. SERVICE_DONE: it is not held (any more). */
enum service_next service_drop(struct service *s, unsigned int ec,
			       uint64_t handle, uint16_t owner);

/* service_notify: sets one notification of `to`; SERVICE_DONE with *ok. */
enum service_next service_notify(struct service *s, unsigned int ec,
				 uint16_t to, unsigned int bit, bool *ok);

/* -- share.c ---------------------------------------------------------------- */

/* share_find: -1 if it is not held. */
int share_find(const struct service *s, uint64_t handle, uint16_t owner);
void share_forget(struct service *s, unsigned int index);

/*
 * share_covers: [offset, offset+len) is inside. The others want that to be so,
 * and are false if the memory is not there any more.
 */
bool share_covers(const struct service *s, int index, uint64_t offset,
		  uint64_t len);
bool share_load(const struct service *s, int index, uint64_t offset, void *to,
		size_t len);
bool share_store(const struct service *s, int index, uint64_t offset,
		 const void *from, size_t len);

/*
 * Retrieval, a step each. share_request, share_relinquish: write the
 * descriptor to TX and fill in the call. share_first: reads the `frag` bytes
 * of the response in RX; share_more: of a later fragment; total and got count
 * them already. False: it is not what it should be, or too much, and nothing
 * is kept.
 */
bool share_request(struct service *s, unsigned int ec,
		   struct ffa_value *calls);
bool share_relinquish(struct service *s, unsigned int ec,
		      struct ffa_value *calls);
bool share_first(struct service *s, unsigned int ec, uint32_t frag);
bool share_more(struct service *s, unsigned int ec, uint32_t frag);

#endif
