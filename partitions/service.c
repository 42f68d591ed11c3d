/* SPDX-License-Identifier: BSD-3-Clause */
#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "partitions.h"

enum { FRAGMENT_TRIES = 3 };

bool service_open(const struct service_ops *ops,
		  const struct partition_host *host, const char *args,
		  void **handle, char **error)
{
	struct service *s;

	if (!partitions_no_args(ops->name, args, error))
		return false;
	if (host->size < sizeof(*host) || !host->memory ||
	    host->ec_count > SERVICE_ECS) {
		if (asprintf(error, "%s needs memory of its own, and has at "
			     "most %d execution contexts", ops->name,
			     SERVICE_ECS) < 0)
			*error = NULL;
		return false;
	}
	s = calloc(1, ops->size);
	if (!s)
		abort();
	s->host = host;
	s->ops = ops;
	*handle = s;
	return true;
}

size_t service_save(void *handle, void *to)
{
	const struct service *s = handle;

	if (to) {
		memcpy(to, s, s->ops->size);
		memset(to, 0, offsetof(struct service, version));
	}
	return s->ops->size;
}

void service_load(void *handle, const void *from)
{
	struct service *s = handle;
	const struct partition_host *host = s->host;
	const struct service_ops *ops = s->ops;

	memcpy(s, from, ops->size);
	s->host = host;
	s->ops = ops;
}

/* -- initialisation ---------------------------------------------------------- */

static enum partition_act ask_version(struct service *s,
				      struct ffa_value *calls)
{
	s->ec[0].state = SERVICE_VERSION;
	calls->x[0] = (uint32_t)FFA_ID_VERSION;
	calls->x[1] = s->asks;
	return PARTITION_CALL;
}

enum partition_act service_init(void *handle, unsigned int ec,
				const struct ffa_value *sees,
				struct ffa_value *calls)
{
	struct service *s = handle;

	(void)sees;
	if (ec) {
		s->ec[ec] = (struct service_ec){ .state = SERVICE_IDLE };
		return message_wait(calls);
	}
	s->share_count = s->range_count = s->holder = 0;
	s->ready = s->notifies = false;
	s->ec[0] = (struct service_ec){ .state = SERVICE_IDLE };
	if (s->ops->reset)
		s->ops->reset(s);
	s->asks = FFA_V1_2;
	return ask_version(s, calls);
}

static enum partition_act initialise(struct service *s,
				     const struct ffa_value *sees,
				     struct ffa_value *calls)
{
	struct service_ec *e = &s->ec[0];
	uint32_t w0 = (uint32_t)sees->x[0];

	switch (e->state) {
	case SERVICE_VERSION:
		/* Who does not know the version: an older one is asked for. */
		if (w0 >> 16 != 1 && s->asks > FFA_V1_0) {
			s->asks--;
			return ask_version(s, calls);
		}
		if (w0 >> 16 != 1)
			return PARTITION_CRASH;
		s->version = w0 < s->asks ? w0 : s->asks;
		e->state = SERVICE_MAP;
		calls->x[0] = (uint32_t)FFA_ID_RXTX_MAP_64;
		calls->x[1] = s->host->memory;
		calls->x[2] = s->host->memory + SERVICE_PAGE;
		calls->x[3] = 1;
		return PARTITION_CALL;
	case SERVICE_MAP:
		/* without buffers it serves what needs none */
		s->ready = !message_is_error(sees);
		e->state = SERVICE_FEATURES;
		calls->x[0] = (uint32_t)FFA_ID_FEATURES;
		calls->x[1] = (uint32_t)FFA_ID_NOTIFICATION_SET;
		return PARTITION_CALL;
	case SERVICE_FEATURES:
		s->notifies = w0 == (uint32_t)FFA_ID_SUCCESS;
		e->state = SERVICE_IDLE;
		return message_wait(calls);
	case SERVICE_IDLE:
	case SERVICE_LOCKED:
	case SERVICE_RETRIEVE:
	case SERVICE_RELEASE:
	case SERVICE_FRAGMENT:
	case SERVICE_RELINQUISH:
	case SERVICE_NOTIFY:
		break;
	}
	return PARTITION_CRASH;
}

/* -- calls for a request ------------------------------------------------------ */

static enum partition_act begin(struct service *s, unsigned int ec,
				struct ffa_value *calls)
{
	struct service_ec *e = &s->ec[ec];
	bool ok = true;

	if (s->holder && s->holder != ec + 1) {
		e->state = SERVICE_LOCKED;
		return message_yield(calls);
	}
	s->holder = ec + 1;
	e->state = e->wants;
	if (e->state == SERVICE_RETRIEVE) {
		ok = share_request(s, ec, calls);
	} else if (e->state == SERVICE_RELINQUISH) {
		ok = share_relinquish(s, ec, calls);
	} else {
		calls->x[0] = (uint32_t)FFA_ID_NOTIFICATION_SET;
		calls->x[1] = (uint64_t)s->host->id << 16 | e->peer;
		calls->x[3] = (uint32_t)e->handle;
		calls->x[4] = e->handle >> 32;
	}
	return ok ? PARTITION_CALL : PARTITION_CRASH;
}

static enum partition_act release(struct service_ec *e, struct ffa_value *calls)
{
	e->state = SERVICE_RELEASE;
	calls->x[0] = (uint32_t)FFA_ID_RX_RELEASE;
	return PARTITION_CALL;
}

/*
 * The next fragment. Memory whose description was not read to its end cannot
 * be relinquished: so the rest is read, if nobody wants it any more too.
 */
static enum partition_act more(struct service *s, unsigned int ec,
			       struct ffa_value *calls)
{
	struct service_ec *e = &s->ec[ec];

	if (e->got >= e->total || e->tries++ == FRAGMENT_TRIES) {
		e->wants = SERVICE_RELINQUISH;
		return begin(s, ec, calls);
	}
	e->state = SERVICE_FRAGMENT;
	calls->x[0] = (uint32_t)FFA_ID_MEM_FRAG_RX;
	calls->x[1] = (uint32_t)e->handle;
	calls->x[2] = e->handle >> 32;
	calls->x[3] = e->got;
	return PARTITION_CALL;
}

/*
 * A call for the request returned. Sets *through if no other has to follow;
 * else *calls is the next.
 */
static enum partition_act step(struct service *s, unsigned int ec,
			       const struct ffa_value *sees,
			       struct ffa_value *calls, bool *through)
{
	struct service_ec *e = &s->ec[ec];
	uint32_t w0 = (uint32_t)sees->x[0];
	bool error = message_is_error(sees);
	uint32_t frag;
	int i;

	*through = false;
	switch (e->state) {
	case SERVICE_LOCKED:
		return begin(s, ec, calls);
	case SERVICE_RETRIEVE:
		if (w0 != (uint32_t)FFA_ID_MEM_RETRIEVE_RESP) {
			e->failed = true;
			break;
		}
		e->total = (uint32_t)sees->x[1];
		e->got = frag = (uint32_t)sees->x[2];
		e->tries = 0;
		e->relinquishes = !share_first(s, ec, frag);
		return release(e, calls);
	case SERVICE_FRAGMENT:
		if (w0 == (uint32_t)FFA_ID_MEM_FRAG_TX) {
			frag = (uint32_t)sees->x[3];
			e->got += frag;
			e->tries = 0;
			if (!e->relinquishes)
				e->relinquishes = !share_more(s, ec, frag);
			return release(e, calls);
		}
		if (!e->relinquishes)
			share_forget(s, s->share_count - 1);
		e->relinquishes = true;
		return more(s, ec, calls);
	case SERVICE_RELEASE:
		if (e->got < e->total || e->relinquishes)
			return more(s, ec, calls);
		break;
	case SERVICE_RELINQUISH:
		e->failed = error || e->relinquishes;
		e->relinquishes = false;
		i = share_find(s, e->handle, e->peer);
		if (!error && i >= 0)
			share_forget(s, (unsigned int)i);
		break;
	case SERVICE_NOTIFY:
		e->failed = error;
		break;
	case SERVICE_IDLE:
	case SERVICE_VERSION:
	case SERVICE_MAP:
	case SERVICE_FEATURES:
		break;
	}
	s->holder = 0;
	e->state = SERVICE_IDLE;
	e->done = true;
	*through = true;
	return PARTITION_CALL;
}

static enum partition_act send(struct service_ec *e, struct ffa_value *calls)
{
	e->owes = true;
	e->state = SERVICE_IDLE;
	*calls = e->answer;
	return PARTITION_CALL;
}

static enum partition_act work(struct service *s, unsigned int ec,
			       struct ffa_value *calls)
{
	struct service_ec *e = &s->ec[ec];

	switch (s->ops->work(s, ec)) {
	case SERVICE_DONE:
		return send(e, calls);
	case SERVICE_WAITS:
		return begin(s, ec, calls);
	case SERVICE_FAULT:
		break;
	}
	return PARTITION_CRASH;
}

/* An answer of the same kind, to the sender, with zeros. */
static void begin_answer(struct service_ec *e)
{
	message_answer(&e->request, &e->answer);
	for (unsigned int i = 2; i < FFA_REGS; i++)
		e->answer.x[i] = 0;
}

enum partition_act service_enter(void *handle, unsigned int ec,
				 const struct ffa_value *sees,
				 struct ffa_value *calls)
{
	struct service *s = handle;
	struct service_ec *e = &s->ec[ec];
	enum partition_act act;
	bool through;

	if (e->state >= SERVICE_VERSION && e->state <= SERVICE_FEATURES)
		return initialise(s, sees, calls);
	if (e->state != SERVICE_IDLE) {
		act = step(s, ec, sees, calls, &through);
		return through ? work(s, ec, calls) : act;
	}
	if (e->owes && message_is_error(sees))
		return send(e, calls);	/* the caller still waits */
	e->owes = false;
	if (!message_is_request(sees))
		return message_wait(calls);
	*e = (struct service_ec){ .request = *sees, .fresh = true };
	if ((uint32_t)sees->x[0] != (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ2 &&
	    sees->x[2] & (uint32_t)FFA_FWK) {
		message_answer(sees, &e->answer);
		return send(e, calls);
	}
	begin_answer(e);
	return work(s, ec, calls);
}

/* -- for work ------------------------------------------------------------------ */

uint16_t service_sender(const struct service *s, unsigned int ec)
{
	return (uint16_t)(s->ec[ec].request.x[1] >> 16);
}

uint64_t service_reg(const struct service *s, unsigned int ec, unsigned int reg)
{
	const struct ffa_value *r = &s->ec[ec].request;

	return (uint32_t)r->x[0] == (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32 ?
	       (uint32_t)r->x[reg] : r->x[reg];
}

void service_answer(struct service *s, unsigned int ec, unsigned int reg,
		    uint64_t value)
{
	s->ec[ec].answer.x[reg] = value;
}

static enum service_next ask(struct service_ec *e, enum service_state wants,
			     uint64_t handle, uint16_t peer)
{
	e->wants = wants;
	e->handle = handle;
	e->peer = peer;
	e->done = e->failed = false;
	return SERVICE_WAITS;
}

enum service_next service_want(struct service *s, unsigned int ec,
			       uint64_t handle, uint16_t owner, int *index)
{
	struct service_ec *e = &s->ec[ec];

	*index = share_find(s, handle, owner);
	if (*index >= 0 || !s->ready ||
	    (e->done && e->failed && e->wants != SERVICE_NOTIFY &&
	     e->handle == handle))
		return SERVICE_DONE;
	return ask(e, SERVICE_RETRIEVE, handle, owner);
}

enum service_next service_drop(struct service *s, unsigned int ec,
			       uint64_t handle, uint16_t owner)
{
	struct service_ec *e = &s->ec[ec];

	if (share_find(s, handle, owner) < 0 ||
	    (e->done && e->wants == SERVICE_RELINQUISH &&
	     e->handle == handle))
		return SERVICE_DONE;
	return ask(e, SERVICE_RELINQUISH, handle, owner);
}

enum service_next service_notify(struct service *s, unsigned int ec,
				 uint16_t to, unsigned int bit, bool *ok)
{
	struct service_ec *e = &s->ec[ec];

	if (e->done && e->wants == SERVICE_NOTIFY) {
		*ok = !e->failed;
		return SERVICE_DONE;
	}
	return ask(e, SERVICE_NOTIFY, (uint64_t)1 << (bit & 63), to);
}
