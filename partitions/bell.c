/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receives the notifications of one sender, and says in its next answer which
 * came. It looks for them when their interrupt comes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "partitions.h"

struct bell_ec {
	bool rings;		/* its interrupt came */
	bool gets;		/* its last call asks what for */
	struct ffa_value saw;	/* before it asked for them */
	uint64_t got;
};

struct bell {
	uint16_t id, sender;
	uint32_t npi;
	struct bell_ec ec[];
};

static bool bell_open(const struct partition_host *host, const char *args,
		      void **handle, char **error)
{
	unsigned long sender;
	struct bell *b;
	char *end;

	errno = 0;
	sender = strtoul(args, &end, 0);
	if (*args < '0' || *args > '9' || *end || errno || sender > 0xffff) {
		if (asprintf(error, "bell:%s is not the id of who sends the "
			     "notifications; write run=\"bell:0\"", args) < 0)
			*error = NULL;
		return false;
	}
	b = calloc(1, sizeof(*b) + host->ec_count * sizeof(b->ec[0]));
	if (!b)
		abort();
	b->id = host->id;
	b->sender = (uint16_t)sender;
	b->npi = host->npi;
	*handle = b;
	return true;
}

/* The first context binds; of those that follow it is refused, harmlessly. */
static enum partition_act bell_init(void *handle, unsigned int ec,
				    const struct ffa_value *sees,
				    struct ffa_value *calls)
{
	struct bell *b = handle;

	(void)sees;
	b->ec[ec] = (struct bell_ec){ .rings = false };
	calls->x[0] = (uint32_t)FFA_ID_NOTIFICATION_BIND;
	calls->x[1] = (uint64_t)b->sender << 16 | b->id;
	calls->x[3] = UINT32_MAX;
	calls->x[4] = UINT32_MAX;
	return PARTITION_CALL;
}

static enum partition_act bell_get(struct bell *b, unsigned int ec,
				   const struct ffa_value *sees,
				   struct ffa_value *calls)
{
	enum { FROM_SPS = 1, FROM_VMS = 2 };

	b->ec[ec].rings = false;
	b->ec[ec].gets = true;
	b->ec[ec].saw = *sees;
	calls->x[0] = (uint32_t)FFA_ID_NOTIFICATION_GET;
	calls->x[1] = (uint64_t)ec << 16 | b->id;
	calls->x[2] = FROM_SPS | FROM_VMS;
	return PARTITION_CALL;
}

static enum partition_act bell_enter(void *handle, unsigned int ec,
				     const struct ffa_value *sees,
				     struct ffa_value *calls)
{
	struct bell *b = handle;
	struct bell_ec *e = &b->ec[ec];

	if (e->rings)
		return bell_get(b, ec, sees, calls);
	if (e->gets) {
		e->gets = false;
		if (!message_is_error(sees))
			e->got |= (sees->x[2] | sees->x[4]) |
				  (sees->x[3] | sees->x[5]) << 32;
		sees = &e->saw;
	}
	if (!message_is_request(sees))
		return message_wait(calls);
	message_answer(sees, calls);
	calls->x[3] = (uint32_t)e->got;
	calls->x[4] = e->got >> 32;
	e->got = 0;
	return PARTITION_CALL;
}

static bool bell_interrupt(void *handle, unsigned int ec, uint32_t intid,
			   bool fiq)
{
	struct bell *b = handle;

	(void)fiq;
	b->ec[ec].rings |= intid == b->npi;
	return false;
}

const struct partition_ops partition_bell = {
	.size = sizeof(partition_bell),
	.api_version = PARTITION_API,
	.name = "bell",
	.sentence = "Receives the notifications of SENDER (\"bell:SENDER\"), "
		    "and answers a direct request with those that it got, in "
		    "w3 and w4.",
	.open = bell_open,
	.close = free,
	.init = bell_init,
	.enter = bell_enter,
	.interrupt = bell_interrupt,
};
