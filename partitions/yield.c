/* SPDX-License-Identifier: BSD-3-Clause */
/* Yields some times before it answers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "partitions.h"

enum { YIELDS_MAX = 1000000 };

struct yield_ec {
	bool owes;	/* a response is due, or was the last call */
	bool sent;
	unsigned long left;	/* yields before the answer */
	struct ffa_value answer;
};

struct yield {
	unsigned long yields;
	struct yield_ec ec[];
};

static bool yield_open(const struct partition_host *host, const char *args,
		       void **handle, char **error)
{
	unsigned long n = 1;
	struct yield *y;
	char *end;

	if (*args) {
		errno = 0;
		n = strtoul(args, &end, 10);
		if (*args < '0' || *args > '9' || *end || errno ||
		    n > YIELDS_MAX) {
			if (asprintf(error, "yield:%s is not a number of times "
				     "to yield, 0..%d; write "
				     "run=\"yield:3\"", args, YIELDS_MAX) < 0)
				*error = NULL;
			return false;
		}
	}
	y = calloc(1, sizeof(*y) + host->ec_count * sizeof(y->ec[0]));
	if (!y)
		abort();
	y->yields = n;
	*handle = y;
	return true;
}

static enum partition_act yield_enter(void *handle, unsigned int ec,
				      const struct ffa_value *sees,
				      struct ffa_value *calls)
{
	struct yield *y = handle;
	struct yield_ec *e = &y->ec[ec];

	if (message_is_request(sees)) {
		e->answer = (struct ffa_value){ 0 };
		message_answer(sees, &e->answer);
		e->owes = true;
		e->sent = false;
		e->left = y->yields;
	} else if (e->sent && !message_is_error(sees)) {
		e->owes = false;
	}
	if (!e->owes)
		return message_wait(calls);
	if (e->left) {
		e->left--;
		return message_yield(calls);
	}
	/* again when it was refused: the caller still waits */
	e->sent = true;
	*calls = e->answer;
	return PARTITION_CALL;
}

const struct partition_ops partition_yield = {
	.size = sizeof(partition_yield),
	.api_version = PARTITION_API,
	.name = "yield",
	.sentence = "Yields once (\"yield:N\": N times) for each direct "
		    "request, then answers with the same payload.",
	.open = yield_open,
	.close = free,
	.enter = yield_enter,
};
