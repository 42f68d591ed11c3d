/* SPDX-License-Identifier: BSD-3-Clause */
/* unix:PATH[,ENDPOINT]: an SPMC that `ffasim serve` runs, over its socket. */
#include "internal.h"
#include "remote.h"

static bool unix_open(const char *args, void **handle, char **error)
{
	*handle = remote_open(args, error);
	return *handle;
}

static void unix_close(void *handle)
{
	remote_close(handle);
}

static unsigned int unix_cpus(void *handle)
{
	const struct remote *r = handle;

	return r->welcome.cpus;
}

static const char *unix_call(void *handle, unsigned int cpu,
			     const struct ffa_value *in, struct ffa_value *out)
{
	return remote_call(handle, cpu, in, out);
}

static void *unix_map(void *handle, uint64_t pa, size_t len, bool secure)
{
	return remote_map(handle, pa, len, secure);
}

const struct conduit_ops conduit_unix = {
	.size = sizeof(conduit_unix),
	.api_version = CONDUIT_API,
	.name = "unix",
	.open = unix_open,
	.close = unix_close,
	.cpus = unix_cpus,
	.call = unix_call,
	.map = unix_map,
};
