/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Never responds. Asks to wait for the next message instead, which an SPMC
 * has to refuse while a response is due, then yields each time it runs.
 */
#include <stdlib.h>

#include "partitions.h"

static bool stubborn_open(const struct partition_host *host, const char *args,
			  void **handle, char **error)
{
	if (!partitions_no_args("stubborn", args, error))
		return false;
	*handle = calloc(host->ec_count, sizeof(bool));
	if (!*handle)
		abort();
	return true;
}

static enum partition_act stubborn_enter(void *handle, unsigned int ec,
					 const struct ffa_value *sees,
					 struct ffa_value *calls)
{
	bool *owes = (bool *)handle + ec;

	if (message_is_request(sees)) {
		*owes = true;
		return message_wait(calls);
	}
	return *owes ? message_yield(calls) : message_wait(calls);
}

const struct partition_ops partition_stubborn = {
	.size = sizeof(partition_stubborn),
	.api_version = PARTITION_API,
	.name = "stubborn",
	.sentence = "Never responds to a direct request: asks to wait for the "
		    "next message, then yields for ever.",
	.open = stubborn_open,
	.close = free,
	.enter = stubborn_enter,
};
