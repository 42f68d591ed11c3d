/* SPDX-License-Identifier: BSD-3-Clause */
/* Computes for ever from its first message on. */
#include "partitions.h"

static enum partition_act hang_enter(void *handle, unsigned int ec,
				     const struct ffa_value *sees,
				     struct ffa_value *calls)
{
	(void)handle;
	(void)ec;
	return message_is_request(sees) ? PARTITION_HANG : message_wait(calls);
}

const struct partition_ops partition_hang = {
	.size = sizeof(partition_hang),
	.api_version = PARTITION_API,
	.name = "hang",
	.sentence = "Computes for ever when it gets a direct request.",
	.enter = hang_enter,
};
