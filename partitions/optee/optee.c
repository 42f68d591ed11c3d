/* SPDX-License-Identifier: BSD-3-Clause */
/* OP-TEE as a driver sees it: calls, and the threads that run them. */
#include "optee.h"

#include <stdlib.h>

#include "../partitions.h"

enum {
	API_MAJOR = 1, API_MINOR = 0,
	OS_MAJOR = 4, OS_MINOR = 10,	/* whose protocol this is */
	CAP_ARG_OFFSET = 1 << 0,
	CAP_ASYNC_NOTIF = 1 << 1,
	NOTIFICATIONS = 64,
};

static struct optee *optee_of(struct service *s)
{
	return (struct optee *)s;	/* its first member */
}

static void optee_reset(struct service *s)
{
	struct optee *o = optee_of(s);

	for (unsigned int i = 0; i < OPTEE_THREADS; i++)
		o->threads[i] = (struct optee_thread){ .phase = OPTEE_FREE };
	for (unsigned int i = 0; i < OPTEE_SESSIONS; i++)
		o->sessions[i] = (struct optee_session){ .used = false };
	for (unsigned int i = 0; i < SERVICE_ECS; i++)
		o->thread[i] = -1;
	o->rings = false;
}

static uint64_t handle_of(const struct service *s, unsigned int ec)
{
	return (uint32_t)service_reg(s, ec, 4) |
	       (uint64_t)(uint32_t)service_reg(s, ec, 5) << 32;
}

static uint32_t enable_notif(struct optee *o, unsigned int ec)
{
	uint64_t bit = service_reg(&o->service, ec, 4);

	if (!o->service.notifies)
		return (uint32_t)TEE_NOT_IMPLEMENTED;
	if (bit >= NOTIFICATIONS)
		return (uint32_t)TEE_BAD_PARAMETERS;
	o->rings = true;
	o->driver = service_sender(&o->service, ec);
	o->bit = (uint8_t)bit;
	return TEE_SUCCESS;
}

static enum service_next unregister(struct optee *o, unsigned int ec)
{
	uint64_t handle = handle_of(&o->service, ec);
	uint16_t owner = service_sender(&o->service, ec);

	if (optee_in_use(o, NULL, handle, owner)) {
		service_answer(&o->service, ec, 3, (uint32_t)FFA_BUSY);
		return SERVICE_DONE;
	}
	/* what was never used is not known: that is no error */
	return service_drop(&o->service, ec, handle, owner);
}

static enum service_next blocking(struct optee *o, unsigned int ec,
				  uint32_t call)
{
	struct service *s = &o->service;

	switch (call) {
	case OPTEE_GET_API_VERSION:
		service_answer(s, ec, 3, API_MAJOR);
		service_answer(s, ec, 4, API_MINOR);
		break;
	case OPTEE_GET_OS_VERSION:
		service_answer(s, ec, 3, OS_MAJOR);
		service_answer(s, ec, 4, OS_MINOR);
		break;
	case OPTEE_EXCHANGE_CAPS:
		service_answer(s, ec, 4, OPTEE_RPC_PARAMS);
		service_answer(s, ec, 5, CAP_ARG_OFFSET |
			       (s->notifies ? CAP_ASYNC_NOTIF : 0));
		break;
	case OPTEE_UNREGISTER_SHM:
		return unregister(o, ec);
	case OPTEE_ENABLE_ASYNC_NOTIF:
		service_answer(s, ec, 3, enable_notif(o, ec));
		break;
	default:
		service_answer(s, ec, 3, (uint32_t)TEE_BAD_PARAMETERS);
	}
	return SERVICE_DONE;
}

/* The thread that a yielding call runs in: a new one, or one that waits. */
static enum tee_result take_thread(struct optee *o, unsigned int ec,
				   uint32_t call)
{
	struct service *s = &o->service;
	uint16_t client = service_sender(s, ec);
	uint64_t n = service_reg(s, ec, 7);
	struct optee_thread *t;

	if (call == (uint32_t)OPTEE_RESUME) {
		if (n >= OPTEE_THREADS || !o->threads[n].suspended ||
		    o->threads[n].client != client)
			return TEE_BAD_PARAMETERS;
		o->threads[n].suspended = false;
		o->thread[ec] = (int)n;
		return TEE_SUCCESS;
	}
	for (n = 0; n < OPTEE_THREADS; n++)
		if (o->threads[n].phase == OPTEE_FREE)
			break;
	if (n == OPTEE_THREADS)
		return TEE_BUSY;
	t = &o->threads[n];
	*t = (struct optee_thread){
		.phase = OPTEE_STARTS,
		.client = client,
		.arg = handle_of(s, ec),
		.offset = (uint32_t)service_reg(s, ec, 6),
	};
	o->thread[ec] = (int)n;
	return TEE_SUCCESS;
}

static enum service_next yielding(struct optee *o, unsigned int ec,
				  uint32_t call)
{
	struct service *s = &o->service;
	struct optee_thread *t;
	enum tee_result result;
	enum service_next next;

	if (s->ec[ec].fresh) {
		s->ec[ec].fresh = false;
		result = take_thread(o, ec, call);
		if (result != TEE_SUCCESS) {
			service_answer(s, ec, 3, (uint32_t)result);
			return SERVICE_DONE;
		}
	}
	t = &o->threads[o->thread[ec]];
	next = t->phase == OPTEE_STARTS ? optee_msg(o, ec, t, &result) :
					  optee_rpc(o, ec, t, &result);
	if (next != SERVICE_DONE)
		return next;
	if (t->suspended) {
		service_answer(s, ec, 4, OPTEE_RETURN_RPC);
		service_answer(s, ec, 7, (uint32_t)o->thread[ec]);
	} else {
		service_answer(s, ec, 3, (uint32_t)result);
		service_answer(s, ec, 4, OPTEE_RETURN_DONE);
		t->phase = OPTEE_FREE;
	}
	o->thread[ec] = -1;
	return SERVICE_DONE;
}

static enum service_next optee_work(struct service *s, unsigned int ec)
{
	uint32_t call = (uint32_t)service_reg(s, ec, 3);

	if ((uint32_t)s->ec[ec].request.x[0] ==
	    (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ2) {
		/* the protocol has no form for it: x3 is part of a UUID */
		service_answer(s, ec, 4, (uint32_t)TEE_BAD_PARAMETERS);
		return SERVICE_DONE;
	}
	if (!(call & (uint32_t)OPTEE_YIELDING))
		return blocking(optee_of(s), ec, call);
	if (call != (uint32_t)OPTEE_CALL_WITH_ARG &&
	    call != (uint32_t)OPTEE_RESUME) {
		service_answer(s, ec, 3, (uint32_t)FFA_DENIED);
		return SERVICE_DONE;
	}
	return yielding(optee_of(s), ec, call);
}

static bool optee_open(const struct partition_host *host, const char *args,
		       void **handle, char **error)
{
	static const struct service_ops ops = {
		.name = "optee",
		.size = sizeof(struct optee),
		.reset = optee_reset,
		.work = optee_work,
	};

	return service_open(&ops, host, args, handle, error);
}

const struct partition_ops partition_optee = {
	.size = sizeof(partition_optee),
	.api_version = PARTITION_API,
	.name = "optee",
	.sentence = "OP-TEE as its driver sees it, with the application that "
		    "lists devices and a \"hello\" application: "
		    "docs/services.md.",
	.open = optee_open,
	.close = free,
	.init = service_init,
	.enter = service_enter,
	.pages = SERVICE_PAGES,
	.save = service_save,
	.load = service_load,
};
