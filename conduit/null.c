/* SPDX-License-Identifier: BSD-3-Clause */
/* No SPMC: what a call costs that does nothing. */
#include "internal.h"

static const char *null_call(void *handle, unsigned int cpu,
			     const struct ffa_value *in, struct ffa_value *out)
{
	(void)handle;
	(void)cpu;
	(void)in;
	out->x[0] = (uint32_t)FFA_ID_SUCCESS;
	return NULL;
}

const struct conduit_ops conduit_null = {
	.size = sizeof(conduit_null),
	.api_version = CONDUIT_API,
	.name = "null",
	.call = null_call,
};
