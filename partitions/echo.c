/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers every direct request with its own payload. */
#include <stdlib.h>

#include "partitions.h"

struct echo {
	bool owes;	/* the last call was the response in `answer` */
	struct ffa_value answer;
};

static bool echo_open(const struct partition_host *host, const char *args,
		      void **handle, char **error)
{
	if (!partitions_no_args("echo", args, error))
		return false;
	*handle = calloc(host->ec_count, sizeof(struct echo));
	if (!*handle)
		abort();
	return true;
}

static enum partition_act echo_enter(void *handle, unsigned int ec,
				     const struct ffa_value *sees,
				     struct ffa_value *calls)
{
	struct echo *e = (struct echo *)handle + ec;

	if (message_is_request(sees)) {
		e->answer = (struct ffa_value){ 0 };
		message_answer(sees, &e->answer);
		e->owes = true;
	} else if (!message_is_error(sees)) {
		e->owes = false;
	}
	if (!e->owes)
		return message_wait(calls);
	/* again when it was refused: the caller still waits */
	*calls = e->answer;
	return PARTITION_CALL;
}

const struct partition_ops partition_echo = {
	.size = sizeof(partition_echo),
	.api_version = PARTITION_API,
	.name = "echo",
	.sentence = "Answers every direct request with the same payload, and "
		    "agrees to every framework message.",
	.open = echo_open,
	.close = free,
	.enter = echo_enter,
};
