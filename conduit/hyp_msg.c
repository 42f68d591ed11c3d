/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Direct messages of VMs to partitions, which are relayed, and between VMs,
 * which are not; FFA_RUN, FFA_MSG_WAIT, FFA_YIELD; FFA_CONSOLE_LOG.
 */
#include <string.h>

#include "hyp_impl.h"

enum { RETAIN_RX = 1 };	/* FFA_MSG_WAIT: a flag of 1.2 */

static uint16_t sender(const struct hcall *c)
{
	return (uint16_t)(c->in.x[1] >> 16);
}

static uint16_t receiver(const struct hcall *c)
{
	return (uint16_t)c->in.x[1];
}

static struct vcpu *my_vcpu(const struct hcall *c)
{
	return &caller(c)->vcpus[c->vcpu];
}

static bool is_req2(const struct hcall *c)
{
	return c->fn == FFA_FN_MSG_SEND_DIRECT_REQ2;
}

/* -- whose request a partition serves ---------------------------------------- */

static int find_owed(const struct hyp *h, uint16_t id, uint16_t ec)
{
	for (unsigned int i = 0; i < h->owed_count; i++)
		if (h->owed[i].id == id && h->owed[i].ec == ec)
			return (int)i;
	return -1;
}

static void settle_owed(struct hyp *h, uint16_t id, uint16_t ec)
{
	int i = find_owed(h, id, ec);

	if (i >= 0)
		h->owed[i] = h->owed[--h->owed_count];
}

static void note_owed(struct hcall *c, uint16_t id, uint16_t ec)
{
	struct hyp *h = c->h;

	settle_owed(h, id, ec);
	if (h->owed_count == HYP_MAX_SPS)
		return;
	h->owed[h->owed_count].id = id;
	h->owed[h->owed_count].ec = ec;
	h->owed[h->owed_count].vm = (uint16_t)c->vm;
	h->owed[h->owed_count].vcpu = (uint16_t)c->vcpu;
	h->owed_count++;
}

/* A vCPU that has its answer is owed nothing any more. */
static void settle_vcpu(struct hcall *c)
{
	struct hyp *h = c->h;

	for (unsigned int i = h->owed_count; i-- > 0;)
		if (h->owed[i].vm == c->vm && h->owed[i].vcpu == c->vcpu)
			h->owed[i] = h->owed[--h->owed_count];
}

/* A partition ran, and this is what came back for the VM that had it run. */
void hyp_got_message(struct hcall *c, const struct ffa_value *res)
{
	enum ffa_fn fn = ffa_fn_find(res->x[0]);
	uint16_t high = (uint16_t)(res->x[1] >> 16), low = (uint16_t)res->x[1];

	if (fn == FFA_FN_INTERRUPT || fn == FFA_FN_YIELD) {
		note_owed(c, high, low);
	} else if (fn == FFA_FN_MSG_SEND_DIRECT_RESP_32 ||
		   fn == FFA_FN_MSG_SEND_DIRECT_RESP_64 ||
		   fn == FFA_FN_MSG_SEND_DIRECT_RESP2) {
		if (low != caller(c)->cfg.id) {
			hyp_refuse(c, RULE_HYP_RUN_RESULT);
			return;
		}
		settle_vcpu(c);
	} else if (c->fn == FFA_FN_RUN && fn == FFA_FN_ERROR &&
		   (int32_t)w(res, 2) == FFA_ABORTED) {
		settle_vcpu(c);
	}
	hyp_pass(c, res);
}

/* -- direct requests --------------------------------------------------------- */

static enum hyp_rule check_ids(const struct hcall *c)
{
	if (sender(c) != caller(c)->cfg.id)
		return RULE_HYP_DIRECT_REQ_SENDER;
	if (receiver(c) == sender(c))
		return RULE_HYP_DIRECT_REQ_SELF;
	return HYP_RULE_NONE;
}

static enum hyp_rule check_rights(const struct hcall *c)
{
	uint32_t send = is_req2(c) ? FFA_PART_SEND_DIRECT2 :
				     FFA_PART_SEND_DIRECT;

	if (!hyp_may_talk(caller(c), receiver(c)))
		return RULE_HYP_DIRECT_REQ_PEER;
	if (!(caller(c)->cfg.props & send))
		return RULE_HYP_DIRECT_REQ_CANNOT_SEND;
	return HYP_RULE_NONE;
}

static bool has_uuid(const struct vm *v, const struct ffa_uuid *uuid)
{
	for (unsigned int i = 0; i < v->cfg.uuid_count; i++)
		if (ffa_uuid_equal(&v->cfg.uuids[i], uuid))
			return true;
	return ffa_uuid_is_nil(uuid);
}

static enum hyp_rule check_service(const struct hcall *c, const struct vm *to)
{
	static const struct ffa_field field = {
		.reg = 2, .lo = 0, .hi = 63, .kind = FFA_K_UUIDX,
	};
	struct ffa_uuid uuid;

	ffa_get_uuid(&c->in, &field, &uuid);
	if (!has_uuid(to, &uuid))
		return RULE_HYP_DIRECT_REQ2_UUID;
	if (to->version < FFA_V1_2)
		return RULE_HYP_DIRECT_REQ2_VERSION;
	return HYP_RULE_NONE;
}

static enum hyp_rule check_receiver(const struct hcall *c,
				    const struct vm *to)
{
	uint32_t receive = is_req2(c) ? FFA_PART_RECV_DIRECT2 :
					FFA_PART_RECV_DIRECT;
	unsigned int vcpu;
	bool there = hyp_vcpu(c->h, c->cpu, (unsigned int)(to - c->h->vms),
			      &vcpu);

	if (!(to->cfg.props & receive))
		return RULE_HYP_DIRECT_REQ_CANNOT_RECEIVE;
	if (!there || to->vcpus[vcpu].state != VCPU_WAITING ||
	    to->vcpus[vcpu].woken)
		return RULE_HYP_DIRECT_REQ_BUSY;
	return HYP_RULE_NONE;
}

static void request_vm(struct hcall *c)
{
	int found = hyp_find(c->h, receiver(c));
	enum hyp_rule rule = HYP_RULE_NONE;
	struct vcpu *me = my_vcpu(c), *to;
	unsigned int vcpu;

	if (!is_req2(c) && c->in.x[2])
		rule = RULE_HYP_DIRECT_REQ_W2;
	else if (found < 0)
		rule = RULE_HYP_DIRECT_REQ_RECEIVER;
	if (!rule)
		rule = check_rights(c);
	if (!rule && is_req2(c))
		rule = check_service(c, &c->h->vms[found]);
	if (!rule)
		rule = check_receiver(c, &c->h->vms[found]);
	if (rule) {
		hyp_refuse(c, rule);
		return;
	}
	hyp_vcpu(c->h, c->cpu, (unsigned int)found, &vcpu);
	to = &c->h->vms[found].vcpus[vcpu];
	me->state = VCPU_BLOCKED;
	me->cpu = (uint16_t)c->cpu;
	me->peer = (uint16_t)found;
	me->peer_vcpu = (uint16_t)vcpu;
	to->client = (uint16_t)c->vm;
	to->client_vcpu = (uint16_t)c->vcpu;
	to->request = (uint8_t)c->fn;
	hyp_show(c->h, c->cpu, (unsigned int)found, vcpu, c->fn, &c->in,
		 c->act);
}

void hyp_do_request(struct hcall *c)
{
	enum hyp_rule rule = check_ids(c);

	if (!rule && !(receiver(c) & FFA_ID_SECURE)) {
		request_vm(c);
		return;
	}
	if (!rule)
		rule = check_rights(c);
	if (rule)
		hyp_refuse(c, rule);
	else
		hyp_ask(c, STEP_MESSAGE, &c->in);
}

/* -- responses --------------------------------------------------------------- */

static enum ffa_fn response_to(enum ffa_fn request)
{
	if (request == FFA_FN_MSG_SEND_DIRECT_REQ_32)
		return FFA_FN_MSG_SEND_DIRECT_RESP_32;
	return request == FFA_FN_MSG_SEND_DIRECT_REQ_64 ?
	       FFA_FN_MSG_SEND_DIRECT_RESP_64 : FFA_FN_MSG_SEND_DIRECT_RESP2;
}

static enum hyp_rule check_response(const struct hcall *c)
{
	const struct vcpu *me = my_vcpu(c);

	if (sender(c) != caller(c)->cfg.id || receiver(c) == sender(c))
		return RULE_HYP_DIRECT_RESP_SENDER;
	if (me->client == NOBODY)
		return RULE_HYP_DIRECT_RESP_NOTHING;
	if (receiver(c) != c->h->vms[me->client].cfg.id)
		return RULE_HYP_DIRECT_RESP_RECEIVER;
	if (c->fn != response_to((enum ffa_fn)me->request))
		return RULE_HYP_DIRECT_RESP_FORM;
	return HYP_RULE_NONE;
}

void hyp_do_response(struct hcall *c)
{
	enum hyp_rule rule = check_response(c);
	struct vcpu *me = my_vcpu(c);
	unsigned int client = me->client, vcpu = me->client_vcpu;
	struct ffa_value val = c->in;

	if (rule) {
		hyp_refuse(c, rule);
		return;
	}
	if (c->fn == FFA_FN_MSG_SEND_DIRECT_RESP2)
		val.x[2] = val.x[3] = 0;	/* as the SPMC does */
	me->state = VCPU_WAITING;
	me->client = NOBODY;
	hyp_show(c->h, c->cpu, client, vcpu, c->fn, &val, c->act);
}

void hyp_drop_requests(struct hyp *h, unsigned int cpu, unsigned int vm,
		       struct hyp_action *act)
{
	const struct ffa_value aborted = { .x[2] = (uint32_t)FFA_ABORTED };

	for (unsigned int i = 0; i < h->cfg.vm_count; i++)
		for (unsigned int k = 0; k < h->vms[i].cfg.vcpus; k++) {
			struct vcpu *v = &h->vms[i].vcpus[k];

			if (v->client == vm && i != vm)
				v->client = NOBODY;
			if (v->state != VCPU_BLOCKED || v->peer != vm ||
			    i == vm)
				continue;
			/* elsewhere it goes on when it is scheduled */
			if (v->cpu == cpu && act->what == HYP_IDLE)
				hyp_show(h, cpu, i, k, FFA_FN_ERROR, &aborted,
					 act);
			else
				hyp_wake(h, i, k, FFA_FN_ERROR, &aborted);
		}
}

/* -- CPU cycles -------------------------------------------------------------- */

void hyp_do_run(struct hcall *c)
{
	uint16_t id = sender(c), ec = receiver(c);
	int owed = find_owed(c->h, id, ec);

	if (!(id & FFA_ID_SECURE))
		hyp_refuse(c, RULE_HYP_RUN_VM);
	else if (!hyp_may_talk(caller(c), id))
		hyp_refuse(c, RULE_HYP_RUN_PEER);
	else if (owed >= 0 && (c->h->owed[owed].vm != c->vm ||
			       c->h->owed[owed].vcpu != c->vcpu) &&
		 c->h->vms[c->h->owed[owed].vm].life == HYP_RUNNING)
		hyp_refuse(c, RULE_HYP_RUN_OTHER);
	else
		hyp_ask(c, STEP_MESSAGE, &c->in);
}

static void start_waiting(struct hcall *c)
{
	struct vcpu *me = my_vcpu(c);

	me->state = VCPU_WAITING;
	me->woken = false;
	/* not to be missed (Hafnium ffa_indirect_msg_recv_block_interrupted) */
	if (me->npi || me->sri)
		hyp_show(c->h, c->cpu, c->vm, c->vcpu, FFA_FN_ERROR,
			 &(struct ffa_value){
				.x[2] = (uint32_t)FFA_INTERRUPTED }, c->act);
}

void hyp_do_wait(struct hcall *c)
{
	struct vm *v = caller(c);
	struct ffa_value val;

	if (w(&c->in, 1) || w(&c->in, 3) || w(&c->in, 4) || w(&c->in, 5) ||
	    w(&c->in, 6) || w(&c->in, 7)) {
		hyp_refuse(c, RULE_HYP_MSG_WAIT_RESERVED);
		return;
	}
	if (v->version < FFA_V1_2 && w(&c->in, 2)) {
		hyp_refuse(c, RULE_HYP_MSG_WAIT_FLAGS);
		return;
	}
	if (my_vcpu(c)->client != NOBODY) {
		hyp_refuse(c, RULE_HYP_MSG_WAIT_SERVING);
		return;
	}
	if (v->msg) {
		val = hyp_take_message(v);
		hyp_show(c->h, c->cpu, c->vm, c->vcpu, FFA_FN_MSG_SEND, &val,
			 c->act);
		return;
	}
	/* what the VM was not told of it has not read */
	if (w(&c->in, 2) & RETAIN_RX || !v->pages || v->notif.rx_full) {
		start_waiting(c);
	} else if (v->forwarded) {
		hyp_ask(c, STEP_WAIT, &(struct ffa_value){ {
			(uint32_t)FFA_ID_RX_RELEASE, v->cfg.id } });
	} else {
		v->rx_full = false;
		start_waiting(c);
	}
}

/* The SPMC refuses if RX was not the VM's: then nothing is given back. */
void hyp_may_wait(struct hcall *c, const struct ffa_value *res)
{
	struct vm *v = caller(c);

	if (!hyp_is_error(res)) {
		v->rx_ours = false;
		v->rx_full = false;
	}
	start_waiting(c);
}


/* A VM that starts says so to nobody. */
void hyp_do_error(struct hcall *c)
{
	hyp_refuse(c, RULE_HYP_ERROR);
}

/* The VM's scheduler is the hypervisor: it is run again when others were. */
void hyp_do_yield(struct hcall *c)
{
	hyp_wake(c->h, c->vm, c->vcpu, FFA_FN_SUCCESS,
		 &(struct ffa_value){ 0 });
}

/* -- console ----------------------------------------------------------------- */

void hyp_do_console_log(struct hcall *c)
{
	bool wide = c->fn == FFA_FN_CONSOLE_LOG_64;
	uint64_t n = c->in.x[1];

	if (!n || n > (wide ? SPMC_MAX_LOGGED : 6 * 4)) {
		hyp_refuse(c, RULE_HYP_CONSOLE_LOG_COUNT);
		return;
	}
	hyp_succeed(c, &(struct ffa_value){ 0 });
	c->act->logged = (uint16_t)n;
}
