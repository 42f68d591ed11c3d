/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests to the driver: memory is allocated, used and freed. The thread is
 * suspended while the driver works on a request.
 */
#include <string.h>

#include "optee.h"

enum { ALIGN = 8, IN_PAGE_SHIFT = 48 };

struct request {
	struct optee_msg msg;
	struct optee_msg_param params[OPTEE_RPC_PARAMS];
};

/* The message is held and large enough: optee_msg looked. */
static uint64_t request_at(const struct optee_thread *t)
{
	return t->offset + sizeof(struct optee_msg) +
	       t->num_params * sizeof(struct optee_msg_param);
}

static int message_share(const struct optee *o, const struct optee_thread *t)
{
	return share_find(&o->service, t->arg, t->client);
}

static enum service_next ask(struct optee *o, struct optee_thread *t,
			     enum optee_rpc cmd, uint64_t value,
			     enum optee_phase phase)
{
	const struct request r = {
		.msg = { .cmd = cmd, .num_params = 1,
			 .ret = (uint32_t)TEE_GENERIC },
		.params = { { OPTEE_VALUE_IN, t->type, value,
			      cmd == OPTEE_RPC_SHM_ALLOC ? ALIGN : 0 } },
	};

	t->phase = phase;
	t->suspended = true;
	return share_store(&o->service, message_share(o, t), request_at(t), &r,
			   sizeof(r)) ? SERVICE_DONE : SERVICE_FAULT;
}

enum service_next optee_rpc_alloc(struct optee *o, struct optee_thread *t,
				  uint32_t type, uint32_t size)
{
	t->type = type;
	t->size = size;
	return ask(o, t, OPTEE_RPC_SHM_ALLOC, size, OPTEE_ALLOCATES);
}

bool optee_in_use(const struct optee *o, const struct optee_thread *except,
		  uint64_t handle, uint16_t owner)
{
	for (unsigned int i = 0; i < OPTEE_THREADS; i++) {
		const struct optee_thread *t = &o->threads[i];

		if (t->phase != OPTEE_FREE && t->client == owner &&
		    (t->arg == handle ||
		     (t != except && t->phase == OPTEE_USES &&
		      t->cookie == handle)))
			return true;
	}
	return false;
}

/* What the driver answered is the memory that was asked for: fills it. */
static enum service_next use(struct optee *o, unsigned int ec,
			     struct optee_thread *t)
{
	struct service *s = &o->service;
	enum service_next next;
	uint8_t bytes[256];
	struct request r;
	uint64_t in_page;
	int share;

	if (!share_load(s, message_share(o, t), request_at(t), &r,
			sizeof(r.msg) + sizeof(r.params[0])))
		return SERVICE_FAULT;
	in_page = r.params[0].a >> IN_PAGE_SHIFT;
	t->cookie = r.params[0].c;
	t->got = 0;
	t->result = TEE_OUT_OF_MEMORY;
	if (r.msg.num_params != 1 || r.params[0].attr != OPTEE_MEM_OUT ||
	    in_page >= SERVICE_PAGE) {
		t->phase = OPTEE_FREES;	/* there is nothing to free */
		return SERVICE_DONE;
	}
	next = service_want(s, ec, t->cookie, t->client, &share);
	if (next != SERVICE_DONE)
		return next;
	t->phase = share < 0 ? OPTEE_FREES : OPTEE_USES;
	if (share < 0 || !share_covers(s, share, in_page, t->size))
		return SERVICE_DONE;
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (uint64_t at = 0; at < t->size; at += sizeof(bytes)) {
		size_t n = t->size - at < sizeof(bytes) ? t->size - at :
							  sizeof(bytes);

		if (!share_store(s, share, in_page + at, bytes, n))
			return SERVICE_FAULT;
	}
	t->got = s->shares[share].size - in_page;
	t->result = TEE_SUCCESS;
	return SERVICE_DONE;
}

/* Gives the memory back, then asks the driver to free it. */
static enum service_next give_back(struct optee *o, unsigned int ec,
				   struct optee_thread *t)
{
	enum service_next next = SERVICE_DONE;

	if (!optee_in_use(o, t, t->cookie, t->client))
		next = service_drop(&o->service, ec, t->cookie, t->client);
	if (next != SERVICE_DONE)
		return next;
	return ask(o, t, OPTEE_RPC_SHM_FREE, t->cookie, OPTEE_FREES);
}

/* The command is over: its result, and in its second value the size. */
static enum service_next finish(struct optee *o, struct optee_thread *t,
				enum tee_result *result)
{
	const uint32_t ret[] = { (uint32_t)t->result, TEE_ORIGIN_APP };
	const uint64_t value[] = { t->got, 0 };
	struct service *s = &o->service;
	int share = message_share(o, t);
	bool ok;

	*result = TEE_SUCCESS;
	ok = share_store(s, share, t->offset + offsetof(struct optee_msg, ret),
			 ret, sizeof(ret)) &&
	     share_store(s, share, t->offset + sizeof(struct optee_msg) +
			 sizeof(struct optee_msg_param) +
			 offsetof(struct optee_msg_param, a), value,
			 sizeof(value));
	return ok ? SERVICE_DONE : SERVICE_FAULT;
}

enum service_next optee_rpc(struct optee *o, unsigned int ec,
			    struct optee_thread *t, enum tee_result *result)
{
	enum service_next next;

	if (t->phase == OPTEE_ALLOCATES) {
		next = use(o, ec, t);
		if (next != SERVICE_DONE)
			return next;
	}
	if (t->phase == OPTEE_USES)
		return give_back(o, ec, t);
	return finish(o, t, result);
}
