/* SPDX-License-Identifier: BSD-3-Clause */
#include "partitions.h"

enum {
	FWK_TYPE = 0xff,	/* w2[7:0] of a framework message */
	VERSION_MBZ = 0x80000000u,
};

static uint32_t fid(const struct ffa_value *v)
{
	return (uint32_t)v->x[0];
}

bool message_is_request(const struct ffa_value *sees)
{
	return fid(sees) == (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32 ||
	       fid(sees) == (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_64 ||
	       fid(sees) == (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ2;
}

bool message_is_error(const struct ffa_value *sees)
{
	return fid(sees) == (uint32_t)FFA_ID_ERROR;
}

/*
 * The type of the response to a framework message, and its w3, which is a
 * status or a version (FF-A 1.2 section 18.2, 18.3; TF-A spmc_pm.c,
 * spmd_main.c; Hafnium src/ffa/spmc/direct_messaging.c).
 */
static void answer_framework(const struct ffa_value *request,
			     struct ffa_value *calls)
{
	unsigned int type = request->x[2] & FWK_TYPE;
	uint32_t w3 = 0;

	switch (type) {
	case FFA_FWK_PSCI_REQ:
	case FFA_FWK_PM_WARM_BOOT:
		type = FFA_FWK_PM_RESP;
		break;
	case FFA_FWK_VM_CREATED:
		type = FFA_FWK_VM_CREATED_RESP;
		break;
	case FFA_FWK_VM_DESTROYED:
		type = FFA_FWK_VM_DESTROYED_RESP;
		break;
	case FFA_FWK_VERSION_REQ:
		/* speaks whatever 1.x it is asked for */
		type = FFA_FWK_VERSION_RESP;
		w3 = (uint32_t)request->x[3];
		if (w3 & VERSION_MBZ || w3 >> 16 != 1)
			w3 = (uint32_t)FFA_NOT_SUPPORTED;
		break;
	default:	/* other responses are their request's type + 1 */
		type |= 1;
		w3 = (uint32_t)FFA_NOT_SUPPORTED;
	}
	calls->x[2] = (uint32_t)FFA_FWK | type;
	calls->x[3] = w3;
}

void message_answer(const struct ffa_value *request, struct ffa_value *calls)
{
	uint32_t ids = (uint32_t)request->x[1];
	unsigned int first, last;

	switch (fid(request)) {
	case (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ2:
		calls->x[0] = (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP2;
		first = 4;
		last = 17;
		break;
	case (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_64:
		calls->x[0] = (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_64;
		first = 3;
		last = 7;
		break;
	default:
		calls->x[0] = (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32;
		first = 3;
		last = 7;
	}
	calls->x[1] = ids << 16 | ids >> 16;
	if (first == 3 && request->x[2] & (uint32_t)FFA_FWK) {
		answer_framework(request, calls);
		return;
	}
	for (unsigned int i = first; i <= last; i++)
		calls->x[i] = request->x[i];
}

enum partition_act message_wait(struct ffa_value *calls)
{
	calls->x[0] = (uint32_t)FFA_ID_MSG_WAIT;
	return PARTITION_CALL;
}

enum partition_act message_yield(struct ffa_value *calls)
{
	calls->x[0] = (uint32_t)FFA_ID_YIELD;
	return PARTITION_CALL;
}
