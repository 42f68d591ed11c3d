/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes a fatal fault at its first message. */
#include "partitions.h"

static enum partition_act crash_enter(void *handle, unsigned int ec,
				      const struct ffa_value *sees,
				      struct ffa_value *calls)
{
	(void)handle;
	(void)ec;
	return message_is_request(sees) ? PARTITION_CRASH : message_wait(calls);
}

const struct partition_ops partition_crash = {
	.size = sizeof(partition_crash),
	.api_version = PARTITION_API,
	.name = "crash",
	.sentence = "Takes a fatal fault when it gets a direct request.",
	.enter = crash_enter,
};
