/* SPDX-License-Identifier: BSD-3-Clause */
/* Direct messages: requests, responses, framework messages. */
#include "sched.h"

/* The rule of that name of the handler that runs. */
#define REQ_RULE(c, id)							\
	((c)->fn == FFA_FN_MSG_SEND_DIRECT_REQ2 ? RULE_DIRECT_REQ2_##id : \
						  RULE_DIRECT_REQ_##id)
#define RESP_RULE(c, id)						\
	((c)->fn == FFA_FN_MSG_SEND_DIRECT_RESP2 ? RULE_DIRECT_RESP2_##id : \
						   RULE_DIRECT_RESP_##id)

enum { FWK_TYPE = 0xff };

static uint16_t sender(const struct call *c)
{
	return (uint16_t)bits(c, 1, 16, 31);
}

static uint16_t receiver(const struct call *c)
{
	return (uint16_t)bits(c, 1, 0, 15);
}

static bool is_framework(const struct call *c)
{
	return c->in.x[2] & (uint32_t)FFA_FWK;
}

/* The rule that w2 breaks: one of these, or none. */
static enum spmc_rule check_w2(struct call *c, enum spmc_rule partition,
			       enum spmc_rule framework)
{
	if (!is_framework(c))
		return c->in.x[2] ? partition : RULE_NONE;
	if (c->in.x[2] & ~((uint64_t)(uint32_t)FFA_FWK | FWK_TYPE) &&
	    enforced(c, framework))
		return framework;
	/* what means nothing is not relayed */
	c->in.x[2] &= (uint32_t)FFA_FWK | FWK_TYPE;
	return RULE_NONE;
}

/* From 1.2 on, where it matters, nothing is in the registers behind x7. */
static enum spmc_rule check_extended(struct call *c, enum spmc_rule rule)
{
	return sched_extended(c) && enforced(c, rule) ?
	       refuse_about(c, rule, c->ep, SPMC_NOBODY) : RULE_NONE;
}

/* -- requests --------------------------------------------------------------- */

static enum spmc_rule check_framework(const struct call *c)
{
	enum spmc_rule rule = RULE_DIRECT_REQ_FWK_TYPE;

	switch (w(c, 2) & FWK_TYPE) {
	case FFA_FWK_PSCI_REQ:
	case FFA_FWK_PM_WARM_BOOT:
	case FFA_FWK_VERSION_REQ:
		rule = RULE_DIRECT_REQ_FWK_SPMD;
		break;
	case FFA_FWK_VM_CREATED:
	case FFA_FWK_VM_DESTROYED:
		if (!is_sp(c->s, c->ep) && sender(c) == FFA_ID_NS_PRIMARY)
			return RULE_NONE;
		rule = RULE_DIRECT_REQ_FWK_SENDER;
		break;
	}
	return enforced(c, rule) ? rule : RULE_NONE;
}

static enum spmc_rule check_ids(const struct call *c, unsigned int *ep)
{
	int found;

	if (is_sp(c->s, c->ep) ? sender(c) != config(c->s, c->ep)->id :
				 sender(c) & FFA_ID_SECURE)
		return REQ_RULE(c, SENDER);
	if (receiver(c) == sender(c))
		return REQ_RULE(c, SELF);
	if (!(receiver(c) & FFA_ID_SECURE))
		return REQ_RULE(c, WORLD);
	found = find(c->s, receiver(c));
	if (found < 0)
		return REQ_RULE(c, RECEIVER);
	*ep = (unsigned int)found;
	return RULE_NONE;
}

static bool has_uuid(const struct spmc_endpoint_config *cfg,
		     const struct ffa_uuid *uuid)
{
	unsigned int i;

	for (i = 0; i < cfg->uuid_count; i++)
		if (ffa_uuid_equal(&cfg->uuids[i], uuid))
			return true;
	return ffa_uuid_is_nil(uuid);
}

static enum spmc_rule check_service(struct call *c, unsigned int ep)
{
	static const struct ffa_field field = {
		.reg = 2, .lo = 0, .hi = 63, .kind = FFA_K_UUIDX,
	};
	struct ffa_uuid uuid;

	ffa_get_uuid(&c->in, &field, &uuid);
	if (!has_uuid(config(c->s, ep), &uuid) &&
	    enforced(c, RULE_DIRECT_REQ2_UUID))
		return RULE_DIRECT_REQ2_UUID;
	if (endpoint(c->s, c->ep)->version < FFA_V1_2 &&
	    enforced(c, RULE_DIRECT_REQ2_CALLER))
		return refuse_about(c, RULE_DIRECT_REQ2_CALLER, c->ep,
				    SPMC_NOBODY);
	if (endpoint(c->s, ep)->version < FFA_V1_2 &&
	    enforced(c, RULE_DIRECT_REQ2_VERSION))
		return refuse_about(c, RULE_DIRECT_REQ2_VERSION, ep,
				    SPMC_NOBODY);
	return RULE_NONE;
}

static enum spmc_rule check_properties(const struct call *c, unsigned int ep)
{
	bool req2 = c->fn == FFA_FN_MSG_SEND_DIRECT_REQ2;

	if (is_sp(c->s, c->ep) &&
	    !(config(c->s, c->ep)->props &
	      (req2 ? FFA_PART_SEND_DIRECT2 : FFA_PART_SEND_DIRECT)))
		return REQ_RULE(c, CANNOT_SEND);
	if (!(config(c->s, ep)->props &
	      (req2 ? FFA_PART_RECV_DIRECT2 : FFA_PART_RECV_DIRECT)))
		return REQ_RULE(c, CANNOT_RECEIVE);
	return RULE_NONE;
}

/* Does the chain that ends with the caller go through the receiver? */
static bool precedes(const struct call *c, unsigned int ep, unsigned int ec)
{
	const struct ec *e = caller_context(c);

	while (e->caller != SPMC_NOBODY && is_sp(c->s, e->caller)) {
		if (e->caller == ep && e->caller_ec == ec)
			return true;
		e = context(c->s, e->caller, e->caller_ec);
	}
	return false;
}

static enum spmc_rule check_states(struct call *c, unsigned int ep,
				   unsigned int ec)
{
	bool req2 = c->fn == FFA_FN_MSG_SEND_DIRECT_REQ2;
	enum spmc_rule rule;

	/* every model in which a partition runs lets it send requests */
	rule = sched_ask(c, RTM_EV_REQ);
	if (rule)
		return rule;
	if (power_busy(caller_context(c)))
		return refuse_about(c, REQ_RULE(c, POWER), c->ep, c->ec);
	rule = machine_ask(c->env, SPMC_M_PART, endpoint(c->s, ep)->part,
			   req2 ? PART_EV_REQ2 : PART_EV_REQ);
	if (rule)
		return refuse_about(c, rule, ep, SPMC_NOBODY);
	if (context(c->s, ep, ec)->model != RTM_DIRECT_REQ &&
	    is_sp(c->s, c->ep) && enforced(c, REQ_RULE(c, PRECEDES)) &&
	    precedes(c, ep, ec))
		return refuse_about(c, REQ_RULE(c, PRECEDES), ep, ec);
	rule = machine_ask(c->env, SPMC_M_EC, context(c->s, ep, ec)->state,
			   req2 ? EC_EV_REQ2 : EC_EV_REQ);
	if (rule)
		return refuse_about(c, rule, ep, ec);
	return RULE_NONE;
}

/* What the other sees: the ids are 32 bits of x1 in every form. */
static struct ffa_value message(const struct call *c)
{
	struct ffa_value val = c->in;

	val.x[1] = w(c, 1);
	return val;
}

static void send_request(struct call *c, unsigned int ep, unsigned int ec)
{
	bool req2 = c->fn == FFA_FN_MSG_SEND_DIRECT_REQ2;
	struct ec *me = caller_context(c), *to = context(c->s, ep, ec);
	struct ffa_value val = message(c);

	sched_move(c, SPMC_M_PART, &endpoint(c->s, ep)->part,
		   req2 ? PART_EV_REQ2 : PART_EV_REQ);
	if (is_sp(c->s, c->ep))
		sched_move(c, SPMC_M_RTM, &me->model, RTM_EV_REQ);
	sched_give(c, ep, ec, req2 ? EC_EV_REQ2 : EC_EV_REQ);
	sched_move(c, SPMC_M_RTM, &to->model, RTM_EV_GIVE_REQ);
	to->caller = (uint16_t)c->ep;
	to->caller_ec = (uint16_t)c->ec;
	to->req_from = sender(c);
	to->req_fn = (uint8_t)c->fn;
	to->req_fwk = !req2 && is_framework(c) ?
		      (uint8_t)((w(c, 2) & FWK_TYPE) + 1) : 0;
	resume(c->s, c->cpu, ep, ec, c->fn, &val, c->out);
}

/* Did the receiver ask for this framework message? */
static bool subscribed(const struct call *c, unsigned int ep)
{
	uint32_t props = config(c->s, ep)->props;

	switch (w(c, 2) & FWK_TYPE) {
	case FFA_FWK_VM_CREATED:
		return props & FFA_PART_VM_CREATED;
	case FFA_FWK_VM_DESTROYED:
		return props & FFA_PART_VM_DESTROYED;
	}
	return false;
}

enum spmc_rule spmc_direct_req(struct call *c)
{
	enum spmc_rule rule;
	unsigned int ep, ec;

	rule = check_w2(c, RULE_DIRECT_REQ_W2, RULE_DIRECT_REQ_FWK_W2);
	if (!rule && is_framework(c))
		rule = check_framework(c);
	if (!rule)
		rule = check_ids(c, &ep);
	if (rule)
		return rule;
	if (is_framework(c) && !subscribed(c, ep) &&
	    enforced(c, RULE_DIRECT_REQ_FWK_SUBSCRIBED))
		return RULE_DIRECT_REQ_FWK_SUBSCRIBED;
	rule = check_properties(c, ep);
	if (rule)
		return rule;
	ec = ec_of(c->s, ep, c->cpu);
	rule = check_states(c, ep, ec);
	if (rule)
		return rule;
	send_request(c, ep, ec);
	return RULE_NONE;
}

enum spmc_rule spmc_direct_req2(struct call *c)
{
	enum spmc_rule rule;
	unsigned int ep, ec;

	rule = check_ids(c, &ep);
	if (!rule)
		rule = check_service(c, ep);
	if (!rule)
		rule = check_properties(c, ep);
	if (rule)
		return rule;
	ec = ec_of(c->s, ep, c->cpu);
	rule = check_states(c, ep, ec);
	if (rule)
		return rule;
	send_request(c, ep, ec);
	return RULE_NONE;
}

/* -- responses -------------------------------------------------------------- */

static enum ffa_fn response_to(enum ffa_fn request)
{
	if (request == FFA_FN_MSG_SEND_DIRECT_REQ_32)
		return FFA_FN_MSG_SEND_DIRECT_RESP_32;
	return request == FFA_FN_MSG_SEND_DIRECT_REQ_64 ?
	       FFA_FN_MSG_SEND_DIRECT_RESP_64 : FFA_FN_MSG_SEND_DIRECT_RESP2;
}

/* Is the response of the form of the request, or taken for it? */
static bool has_form(const struct call *c, const struct ec *me)
{
	if (c->fn == response_to((enum ffa_fn)me->req_fn))
		return true;
	return c->fn != FFA_FN_MSG_SEND_DIRECT_RESP2 &&
	       me->req_fn != FFA_FN_MSG_SEND_DIRECT_REQ2 &&
	       !enforced(c, RULE_DIRECT_RESP_FORM);
}

static enum spmc_rule check_response(struct call *c)
{
	bool resp2 = c->fn == FFA_FN_MSG_SEND_DIRECT_RESP2;
	const struct ec *me = caller_context(c);
	enum spmc_rule rule;

	if (!is_sp(c->s, c->ep))
		return RESP_RULE(c, NORMAL_WORLD);
	if (!resp2) {
		rule = check_w2(c, RULE_DIRECT_RESP_W2,
				RULE_DIRECT_RESP_FWK_W2);
		if (!rule)
			rule = check_extended(c, RULE_DIRECT_RESP_EXTENDED);
		if (rule)
			return rule;
	}
	if (sender(c) != config(c->s, c->ep)->id || receiver(c) == sender(c))
		return RESP_RULE(c, SENDER);
	if (receiver(c) & FFA_ID_SECURE && receiver(c) != FFA_ID_SPMC &&
	    find(c->s, receiver(c)) < 0 &&
	    enforced(c, RESP_RULE(c, NOBODY)))
		return RESP_RULE(c, NOBODY);
	rule = sched_ask(c, resp2 ? RTM_EV_RESP2 : RTM_EV_RESP);
	if (rule)
		return rule;
	if (receiver(c) != me->req_from)
		return refuse_about(c, RESP_RULE(c, RECEIVER), c->ep, c->ec);
	if (!has_form(c, me))
		return refuse_about(c, RESP_RULE(c, FORM), c->ep, c->ec);
	return RULE_NONE;
}

static enum spmc_rule check_framework_response(struct call *c)
{
	const struct ec *me = caller_context(c);
	unsigned int type = w(c, 2) & FWK_TYPE;
	bool vm = type == FFA_FWK_VM_CREATED_RESP ||
		  type == FFA_FWK_VM_DESTROYED_RESP;
	enum spmc_rule rule = RULE_DIRECT_RESP_FWK_TYPE;
	bool right = false;

	if (!is_framework(c)) {
		if (me->req_fwk && enforced(c, RULE_DIRECT_RESP_FWK))
			return refuse_about(c, RULE_DIRECT_RESP_FWK, c->ep,
					    c->ec);
		return RULE_NONE;
	}
	if (!me->req_fwk && enforced(c, RULE_DIRECT_RESP_FWK_UNASKED))
		return refuse_about(c, RULE_DIRECT_RESP_FWK_UNASKED, c->ep,
				    c->ec);
	switch (me->req_fwk - 1) {
	case -1:
		right = vm;
		break;
	case FFA_FWK_PSCI_REQ:
	case FFA_FWK_PM_WARM_BOOT:
		right = type == FFA_FWK_PM_RESP;
		break;
	case FFA_FWK_STOP_REQ:
		right = type == FFA_FWK_STOP_RESP;
		break;
	case FFA_FWK_VM_CREATED:
		right = type == FFA_FWK_VM_CREATED_RESP;
		if (vm)
			rule = RULE_DIRECT_RESP_FWK_OTHER;
		break;
	case FFA_FWK_VM_DESTROYED:
		right = type == FFA_FWK_VM_DESTROYED_RESP;
		if (vm)
			rule = RULE_DIRECT_RESP_FWK_OTHER;
		break;
	}
	if (right || !enforced(c, rule))
		return RULE_NONE;
	return refuse_about(c, rule, c->ep, c->ec);
}

static enum spmc_rule respond(struct call *c, enum rtm_event event,
			      const struct ffa_value *val)
{
	struct ec *me = caller_context(c);
	unsigned int up = me->caller, up_ec = me->caller_ec;
	bool power = power_busy(me);
	bool stop = me->req_fwk == FFA_FWK_STOP_REQ + 1;

	if (me->yields)
		return refuse_about(c, RESP_RULE(c, OUTSTANDING), c->ep,
				    c->ec);
	sched_move(c, SPMC_M_EC, &me->state, EC_EV_WAIT);
	sched_move(c, SPMC_M_RTM, &me->model, event);
	sched_idle(me);
	if (power)
		power_next(c, w(c, 3));
	else if (stop)
		life_stopped(c);
	else
		sched_back(c, up, up_ec, c->fn, val);
	return RULE_NONE;
}

enum spmc_rule spmc_direct_resp(struct call *c)
{
	enum spmc_rule rule = check_response(c);
	struct ffa_value val = message(c);

	if (!rule)
		rule = check_framework_response(c);
	return rule ? rule : respond(c, RTM_EV_RESP, &val);
}

enum spmc_rule spmc_direct_resp2(struct call *c)
{
	enum spmc_rule rule = check_response(c);
	struct ffa_value val = message(c);

	/* reserved: HF api_ffa_dir_msg_value */
	val.x[2] = 0;
	val.x[3] = 0;
	return rule ? rule : respond(c, RTM_EV_RESP2, &val);
}
