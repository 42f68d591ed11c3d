/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "partitions.h"

/* sorted by name */
static const struct partition_ops *const all[] = {
	&partition_bell, &partition_busy, &partition_crash, &partition_echo,
	&partition_hang, &partition_optee, &partition_stubborn,
	&partition_yield,
};
enum { COUNT = sizeof(all) / sizeof(all[0]) };

const struct partition_ops *partition_find(const char *name)
{
	for (unsigned int i = 0; i < COUNT; i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

const struct partition_ops *const *partition_list(unsigned int *n)
{
	*n = COUNT;
	return all;
}

bool partitions_no_args(const char *name, const char *args, char **error)
{
	if (!*args)
		return true;
	if (asprintf(error, "%s takes no arguments; write run=%s", name,
		     name) < 0)
		*error = NULL;
	return false;
}

/* Code compiled against an older header has a shorter struct. */
#define HAS(ops, member)						\
	((ops)->size >= offsetof(struct partition_ops, member) +	\
				sizeof((ops)->member) &&		\
	 (ops)->member)

bool partition_open(const struct partition_ops *ops,
		    const struct partition_host *host, const char *args,
		    void **handle, char **error)
{
	*handle = NULL;
	if (ops->api_version != PARTITION_API || !HAS(ops, enter)) {
		if (asprintf(error, "%s is for version %u of partition.h; "
			     "this is version %d: compile it again", ops->name,
			     ops->api_version, PARTITION_API) < 0)
			*error = NULL;
		return false;
	}
	if (HAS(ops, open))
		return ops->open(host, args, handle, error);
	return partitions_no_args(ops->name, args, error);
}

void partition_close(const struct partition_ops *ops, void *handle)
{
	if (HAS(ops, close))
		ops->close(handle);
}

enum partition_act partition_enter(const struct partition_ops *ops,
				   void *handle, unsigned int ec, bool first,
				   const struct ffa_value *sees,
				   struct ffa_value *calls)
{
	*calls = (struct ffa_value){ 0 };
	if (!first)
		return ops->enter(handle, ec, sees, calls);
	if (HAS(ops, init))
		return ops->init(handle, ec, sees, calls);
	return message_wait(calls);
}

bool partition_interrupt(const struct partition_ops *ops, void *handle,
			 unsigned int ec, uint32_t intid, bool fiq)
{
	return HAS(ops, interrupt) && ops->interrupt(handle, ec, intid, fiq);
}

unsigned int partition_pages(const struct partition_ops *ops)
{
	return HAS(ops, pages) ? ops->pages : 0;
}

size_t partition_save(const struct partition_ops *ops, void *handle, void *to)
{
	return HAS(ops, save) ? ops->save(handle, to) : 0;
}

void partition_load(const struct partition_ops *ops, void *handle,
		    const void *from)
{
	if (HAS(ops, load))
		ops->load(handle, from);
}
