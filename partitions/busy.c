/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Computes for ever from its first message on, but for managed exit: then it
 * answers.
 */
#include <stdlib.h>

#include "partitions.h"

struct busy_ec {
	bool owes;
	struct ffa_value answer;
};

struct busy {
	uint32_t mei;
	struct busy_ec ec[];
};

static bool busy_open(const struct partition_host *host, const char *args,
		      void **handle, char **error)
{
	struct busy *b;

	if (!partitions_no_args("busy", args, error))
		return false;
	b = calloc(1, sizeof(*b) + host->ec_count * sizeof(b->ec[0]));
	if (!b)
		abort();
	b->mei = host->mei;
	*handle = b;
	return true;
}

static enum partition_act busy_enter(void *handle, unsigned int ec,
				     const struct ffa_value *sees,
				     struct ffa_value *calls)
{
	struct busy *b = handle;
	struct busy_ec *e = &b->ec[ec];

	if (message_is_request(sees)) {
		e->answer = (struct ffa_value){ 0 };
		message_answer(sees, &e->answer);
		e->owes = true;
		return PARTITION_HANG;
	}
	if (!e->owes)
		return message_wait(calls);
	e->owes = false;
	*calls = e->answer;
	return PARTITION_CALL;
}

static bool busy_interrupt(void *handle, unsigned int ec, uint32_t intid,
			   bool fiq)
{
	const struct busy *b = handle;

	(void)ec;
	(void)fiq;
	return intid == b->mei;
}

const struct partition_ops partition_busy = {
	.size = sizeof(partition_busy),
	.api_version = PARTITION_API,
	.name = "busy",
	.sentence = "Computes for ever when it gets a direct request, until "
		    "its managed exit interrupt: then answers with the same "
		    "payload.",
	.open = busy_open,
	.close = free,
	.enter = busy_enter,
	.interrupt = busy_interrupt,
};
