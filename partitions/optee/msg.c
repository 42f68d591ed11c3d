/* SPDX-License-Identifier: BSD-3-Clause */
/* The message of a yielding call: sessions, commands and their parameters. */
#include <string.h>

#include "optee.h"

enum {
	PARAMS_MAX = (SERVICE_PAGE - (int)sizeof(struct optee_msg)) /
		     (int)sizeof(struct optee_msg_param),
	IN_PAGE_SHIFT = 48,	/* of a memory parameter's first word */
};
#define OFFSET_MASK (((uint64_t)1 << IN_PAGE_SHIFT) - 1)
#define NO_HANDLE UINT64_MAX

/* TEE_LOGIN_*, of clients outside */
enum {
	LOGIN_PUBLIC = 0, LOGIN_APPLICATION_GROUP = 6, LOGIN_NONE = 3,
	LOGIN_KERNEL = (int)0x80000000u,
};

/* What a message says, read once; nothing of it is read again. */
struct message {
	int share;
	uint64_t at;		/* where it is there */
	struct optee_msg msg;
	struct optee_msg_param in[OPTEE_META + OPTEE_PARAMS];
	struct optee_param p[OPTEE_PARAMS];
	unsigned int meta, count;	/* of those in p[] */
};

static uint64_t param_at(const struct message *m, unsigned int n)
{
	return m->at + sizeof(m->msg) + n * sizeof(m->in[0]);
}

static enum service_next take_memory(struct optee *o, unsigned int ec,
				     uint16_t client,
				     const struct optee_msg_param *in,
				     struct optee_param *p,
				     enum tee_result *result)
{
	struct service *s = &o->service;
	uint64_t in_page = in->a >> IN_PAGE_SHIFT;
	uint64_t offset = in->a & OFFSET_MASK;
	enum service_next next;

	p->share = -1;
	if (in->c == NO_HANDLE && !in->b)
		return SERVICE_DONE;	/* a NULL pointer */
	*result = TEE_BAD_PARAMETERS;
	if (in_page >= SERVICE_PAGE)
		return SERVICE_DONE;
	next = service_want(s, ec, in->c, client, &p->share);
	if (next != SERVICE_DONE || p->share < 0)
		return next;
	p->offset = in_page + offset;
	p->size = in->b;
	*result = share_covers(s, p->share, p->offset, p->size) ?
		TEE_SUCCESS : TEE_SECURITY;
	return SERVICE_DONE;
}

/* The parameters behind the first m->meta. */
static enum service_next take_params(struct optee *o, unsigned int ec,
				     uint16_t client, struct message *m,
				     enum tee_result *result)
{
	*result = TEE_BAD_PARAMETERS;
	if (m->msg.num_params - m->meta > OPTEE_PARAMS)
		return SERVICE_DONE;
	*result = TEE_SUCCESS;
	m->count = m->msg.num_params - m->meta;
	for (unsigned int i = 0; i < m->count && *result == TEE_SUCCESS; i++) {
		const struct optee_msg_param *in = &m->in[m->meta + i];
		struct optee_param *p = &m->p[i];
		enum service_next next;

		if (in->attr & OPTEE_ATTR_META) {
			*result = TEE_BAD_PARAMETERS;
			break;
		}
		p->type = (enum optee_type)(in->attr & OPTEE_TYPE_MASK);
		p->share = -1;
		if (p->type == OPTEE_NONE)
			continue;
		if (p->type <= OPTEE_VALUE_INOUT) {
			p->a = (uint32_t)in->a;
			p->b = (uint32_t)in->b;
		} else if (p->type >= OPTEE_MEM_IN &&
			   p->type <= OPTEE_MEM_INOUT) {
			next = take_memory(o, ec, client, in, p, result);
			if (next != SERVICE_DONE)
				return next;
		} else {
			/* memory by address has no place in FF-A */
			*result = TEE_BAD_PARAMETERS;
		}
	}
	return SERVICE_DONE;
}

/* What a command changed: values, and how large output is. */
static bool give_params(const struct service *s, const struct message *m)
{
	for (unsigned int i = 0; i < m->count; i++) {
		const struct optee_param *p = &m->p[i];
		uint64_t at = param_at(m, m->meta + i);
		const uint64_t v[] = { p->a, p->b };
		bool ok = true;

		if (p->type == OPTEE_VALUE_OUT || p->type == OPTEE_VALUE_INOUT)
			ok = share_store(s, m->share, at +
				offsetof(struct optee_msg_param, a), v,
				sizeof(v));
		else if (p->type == OPTEE_MEM_OUT || p->type == OPTEE_MEM_INOUT)
			ok = share_store(s, m->share, at +
				offsetof(struct optee_msg_param, b), &p->size,
				sizeof(p->size));
		if (!ok)
			return false;
	}
	return true;
}

static bool login_known(uint64_t login)
{
	return (login <= LOGIN_APPLICATION_GROUP && login != LOGIN_NONE) ||
	       login == (uint32_t)LOGIN_KERNEL;
}

static enum service_next open_session(struct optee *o, unsigned int ec,
				      struct optee_thread *t,
				      struct message *m,
				      enum tee_result *result)
{
	const uint64_t meta = OPTEE_ATTR_META | OPTEE_VALUE_IN;
	enum service_next next;
	uint8_t uuid[16];
	int app;

	m->msg.session = 0;
	*result = TEE_BAD_PARAMETERS;
	if (m->msg.num_params < OPTEE_META || m->in[0].attr != meta ||
	    m->in[1].attr != meta || !login_known((uint32_t)m->in[1].c))
		return SERVICE_DONE;
	memcpy(uuid, &m->in[0].a, 8);
	memcpy(uuid + 8, &m->in[0].b, 8);
	m->meta = OPTEE_META;
	next = take_params(o, ec, t->client, m, result);
	if (next != SERVICE_DONE || *result != TEE_SUCCESS)
		return next;
	app = optee_app_find(uuid);
	if (app < 0) {
		*result = TEE_ITEM_NOT_FOUND;
		return SERVICE_DONE;
	}
	for (uint32_t i = 0; i < OPTEE_SESSIONS; i++)
		if (!o->sessions[i].used) {
			o->sessions[i] = (struct optee_session){
				.used = true, .client = t->client,
				.app = (unsigned int)app,
			};
			m->msg.session = i + 1;
			return SERVICE_DONE;
		}
	*result = TEE_OUT_OF_MEMORY;
	return SERVICE_DONE;
}

/* A session belongs to the endpoint that opened it. */
static struct optee_session *session_of(struct optee *o, uint32_t id,
					uint16_t client)
{
	struct optee_session *s;

	if (!id || id > OPTEE_SESSIONS)
		return NULL;
	s = &o->sessions[id - 1];
	return s->used && s->client == client ? s : NULL;
}

static enum service_next invoke(struct optee *o, unsigned int ec,
				struct optee_thread *t, struct message *m,
				enum tee_result *result)
{
	enum tee_origin origin = TEE_ORIGIN_TEE;
	struct optee_session *session;
	enum service_next next;

	next = take_params(o, ec, t->client, m, result);
	if (next != SERVICE_DONE || *result != TEE_SUCCESS)
		return next;
	session = session_of(o, m->msg.session, t->client);
	if (!session) {
		*result = TEE_BAD_PARAMETERS;
		return SERVICE_DONE;
	}
	if (session->dead) {
		*result = TEE_TARGET_DEAD;
		return SERVICE_DONE;
	}
	next = optee_app_invoke(o, ec, t, session, m->msg.func, m->p, result,
				&origin);
	m->msg.origin = origin;
	if (next == SERVICE_DONE && !t->suspended &&
	    !give_params(&o->service, m))
		return SERVICE_FAULT;
	return next;
}

static enum tee_result close_session(struct optee *o,
				     const struct optee_thread *t,
				     const struct message *m, bool cancels)
{
	struct optee_session *session =
		session_of(o, m->msg.session, t->client);

	if (m->msg.num_params)
		return TEE_BAD_PARAMETERS;
	if (!session)
		return cancels ? TEE_BAD_PARAMETERS : TEE_ITEM_NOT_FOUND;
	if (!cancels)
		session->used = false;
	return TEE_SUCCESS;
}

/* The command; what is not `known` does not change the message. */
static enum service_next command(struct optee *o, unsigned int ec,
				 struct optee_thread *t, struct message *m,
				 enum tee_result *result, bool *known)
{
	*known = true;
	m->msg.origin = TEE_ORIGIN_TEE;
	switch (m->msg.cmd) {
	case OPTEE_OPEN_SESSION:
		return open_session(o, ec, t, m, result);
	case OPTEE_INVOKE:
		return invoke(o, ec, t, m, result);
	case OPTEE_CLOSE_SESSION:
	case OPTEE_CANCEL:
		*result = close_session(o, t, m, m->msg.cmd == OPTEE_CANCEL);
		return SERVICE_DONE;
	case OPTEE_STOP_ASYNC_NOTIF:
		if (t->client == o->driver)
			o->rings = false;
		break;
	case OPTEE_DO_BOTTOM_HALF:
		break;
	default:
		*known = false;
		*result = TEE_NOT_IMPLEMENTED;
		return SERVICE_DONE;
	}
	*known = false;
	*result = TEE_SUCCESS;
	return SERVICE_DONE;
}

/* The message and the room for requests behind it are in the memory. */
static bool read_message(const struct service *s, struct optee_thread *t,
			 struct message *m, bool *fault)
{
	const uint64_t rpc = sizeof(struct optee_msg) +
			     OPTEE_RPC_PARAMS * sizeof(struct optee_msg_param);
	unsigned int n;
	uint64_t size;

	if (!share_covers(s, m->share, m->at, sizeof(m->msg)))
		return false;
	*fault = !share_load(s, m->share, m->at, &m->msg, sizeof(m->msg));
	if (*fault || m->msg.num_params > PARAMS_MAX)
		return false;
	size = sizeof(m->msg) + m->msg.num_params * sizeof(m->in[0]);
	if (!share_covers(s, m->share, m->at, size + rpc))
		return false;
	t->num_params = m->msg.num_params;
	n = m->msg.num_params < OPTEE_META + OPTEE_PARAMS ?
		m->msg.num_params : OPTEE_META + OPTEE_PARAMS;
	*fault = !share_load(s, m->share, param_at(m, 0), m->in,
			     n * sizeof(m->in[0]));
	return !*fault;
}

enum service_next optee_msg(struct optee *o, unsigned int ec,
			    struct optee_thread *t, enum tee_result *result)
{
	struct service *s = &o->service;
	struct message m = { .at = t->offset };
	enum tee_result ret = TEE_SUCCESS;
	enum service_next next;
	bool known, fault = false;
	const size_t from = offsetof(struct optee_msg, ret);

	*result = TEE_BAD_PARAMETERS;
	next = service_want(s, ec, t->arg, t->client, &m.share);
	if (next != SERVICE_DONE || m.share < 0)
		return next;
	if (!read_message(s, t, &m, &fault))
		return fault ? SERVICE_FAULT : SERVICE_DONE;
	next = command(o, ec, t, &m, &ret, &known);
	if (next != SERVICE_DONE || t->suspended)
		return next;
	*result = known ? TEE_SUCCESS : ret;
	if (!known)
		return SERVICE_DONE;
	/* memory that was given back meanwhile has moved in the table */
	m.share = share_find(s, t->arg, t->client);
	m.msg.ret = (uint32_t)ret;
	if (!share_store(s, m.share, m.at + from, &m.msg.ret,
			 2 * sizeof(uint32_t)) ||
	    (m.msg.cmd == OPTEE_OPEN_SESSION &&
	     !share_store(s, m.share, m.at +
			  offsetof(struct optee_msg, session), &m.msg.session,
			  sizeof(m.msg.session))))
		return SERVICE_FAULT;
	return SERVICE_DONE;
}
