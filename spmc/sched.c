/* SPDX-License-Identifier: BSD-3-Clause */
/* Who runs: boot, FFA_MSG_WAIT, FFA_YIELD, FFA_RUN. */
#include <assert.h>

#include "sched.h"

struct call sched_no_call(struct spmc *s, const struct spmc_env *env,
			  unsigned int cpu, struct spmc_outcome *out)
{
	const struct cpu *here = cpu_of(s, cpu);

	*out = (struct spmc_outcome){
		.endpoint = SPMC_NOBODY, .ec = SPMC_NOBODY,
		.fn = FFA_FN_UNKNOWN,
		.subject = SPMC_NOBODY, .subject_ec = SPMC_NOBODY,
	};
	return (struct call){
		.s = s, .env = env, .cpu = cpu, .ep = here->endpoint,
		.ec = here->ec, .fn = FFA_FN_UNKNOWN, .out = out,
	};
}

void sched_move(const struct call *c, enum spmc_machine m, uint8_t *state,
		unsigned int event)
{
	enum spmc_rule rule = machine_move(c->env, m, state, event);

	assert(!rule);
	(void)rule;
}

enum spmc_rule sched_ask(struct call *c, enum rtm_event event)
{
	enum spmc_rule rule;

	if (!is_sp(c->s, c->ep))
		return RULE_NONE;
	rule = machine_ask(c->env, SPMC_M_RTM, caller_context(c)->model,
			   event);
	return rule ? refuse_about(c, rule, c->ep, c->ec) : RULE_NONE;
}

bool sched_extended(const struct call *c)
{
	unsigned int i;

	for (i = 8; i < FFA_REGS; i++)
		if (c->in.x[i])
			return endpoint(c->s, c->ep)->version >= FFA_V1_2;
	return false;
}

void sched_idle(struct ec *e)
{
	e->caller = SPMC_NOBODY;
	e->caller_ec = SPMC_NOBODY;
	e->stopped = SPMC_NOBODY;
	e->stopped_ec = SPMC_NOBODY;
	e->restarts = 0;
	e->req_from = 0;
	e->req_fn = 0;
	e->req_fwk = 0;
	e->mei = MEI_NONE;	/* the end of a managed exit */
}

void sched_give(struct call *c, unsigned int ep, unsigned int ec,
		enum ec_event event)
{
	struct ec *to = context(c->s, ep, ec);

	sched_move(c, SPMC_M_EC, &caller_context(c)->state, EC_EV_CALL);
	sched_move(c, SPMC_M_EC, &to->state, event);
	to->cpu = (uint16_t)c->cpu;
	notif_enter(c, ep, ec);
}

void sched_goes_on(struct call *c, unsigned int ep, unsigned int ec)
{
	resume_raw(c->s, c->cpu, ep, ec, &(struct ffa_value){ 0 }, c->out);
	c->out->goes_on = true;
}

const struct ffa_value sched_aborted = { .x[2] = (uint32_t)FFA_ABORTED };

static void unstop(struct ec *e)
{
	e->stopped = SPMC_NOBODY;
	e->stopped_ec = SPMC_NOBODY;
	e->yields--;
}

void sched_back(struct call *c, unsigned int ep, unsigned int ec,
		enum ffa_fn fn, const struct ffa_value *val)
{
	while (ep != SPMC_NOBODY) {
		struct ec *to = context(c->s, ep, ec);
		unsigned int up = to->caller, up_ec = to->caller_ec;

		if (ep == 0 && cpu_of(c->s, c->cpu)->power) {
			power_next(c, 0);
			return;
		}
		if (!is_dead(c->s, ep) && to->state == EC_INTERRUPTED) {
			sched_move(c, SPMC_M_EC, &to->state, EC_EV_RETURN);
			sched_goes_on(c, ep, ec);
			if (ep == 0)
				c->out->spmd =
					(uint32_t)FFA_ID_NORMAL_WORLD_RESUME;
			return;
		}
		if (!is_dead(c->s, ep)) {
			sched_move(c, SPMC_M_EC, &to->state, EC_EV_RETURN);
			resume(c->s, c->cpu, ep, ec, fn, val, c->out);
			return;
		}
		if (to->stopped != SPMC_NOBODY) {	/* it waits for these too */
			ep = to->stopped;
			ec = to->stopped_ec;
			unstop(to);
			continue;
		}
		abort_stop(c, ep, ec, EC_EV_ABORT);
		if (life_end(c, ep, ec, up, up_ec))
			return;
		fn = FFA_FN_ERROR;
		val = &sched_aborted;
		ep = up;
		ec = up_ec;
	}
	sched_boot_next(c);
}

/* -- boot -------------------------------------------------------------------- */

void sched_start(struct call *c, unsigned int ep, unsigned int ec,
		 enum ec_event event)
{
	const struct spmc_endpoint_config *cfg = config(c->s, ep);
	struct ec *e = context(c->s, ep, ec);
	struct ffa_value regs = { 0 };
	/* HF alloc_cycles_to_live_activate_sp */
	bool live = event == EC_EV_RESTART && !e->restarts;

	sched_move(c, SPMC_M_EC, &e->state, event);
	e->cpu = (uint16_t)c->cpu;
	if (is_sp(c->s, ep)) {
		sched_move(c, SPMC_M_RTM, &e->model, RTM_EV_GIVE_INIT);
		/* HF vcpu_bootstrap: only on the primary CPU */
		if (c->cpu == 0 || live)
			regs.x[cfg->boot_reg] = cfg->boot_info;
		if (live)
			regs.x[cfg->live - 1] = 1;
	}
	memset(e->kept, 0, sizeof(e->kept));
	resume_raw(c->s, c->cpu, ep, ec, &regs, c->out);
	c->out->entry = endpoint(c->s, ep)->secondary_ep;
	c->out->starts = true;
}

void sched_boot_next(struct call *c)
{
	const uint16_t *order = spmc_at(c->s, c->s->boot_order);
	struct cpu *here = cpu_of(c->s, c->cpu);

	while (here->boot < c->s->endpoint_count) {
		unsigned int ep = order[here->boot++];
		unsigned int ec;

		if (!is_sp(c->s, ep))
			continue;
		ec = ec_of(c->s, ep, c->cpu);
		/* those that migrate start on CPU 0; aborted ones do not */
		if (config(c->s, ep)->ec_count == 1 && c->cpu != 0)
			continue;
		if (!machine_can(SPMC_M_EC, context(c->s, ep, ec)->state,
				 EC_EV_BOOT))
			continue;
		sched_start(c, ep, ec, EC_EV_BOOT);
		return;
	}
	here->started = CPU_UP;
	sched_start(c, 0, c->cpu, EC_EV_BOOT);
}

void spmc_boot(struct spmc *s, const struct spmc_env *env, unsigned int cpu,
	       struct spmc_outcome *out)
{
	struct call c = sched_no_call(s, env, cpu, out);
	const struct cpu *first = cpu_of(s, 0);
	struct cpu *here = cpu_of(s, cpu);

	if (here->started != CPU_OFF && here->started != CPU_TURNED_OFF)
		return;
	if (cpu != 0 && here->started == CPU_OFF &&
	    first->started != CPU_UP && first->started != CPU_TURNED_OFF)
		return;
	here->started = CPU_BOOTING;
	here->boot = 0;
	sched_boot_next(&c);
}

/* -- FFA_MSG_WAIT -------------------------------------------------------------- */

enum spmc_rule spmc_msg_wait(struct call *c)
{
	const struct ffa_value *in = &c->in;
	struct endpoint *e = endpoint(c->s, c->ep);
	struct ec *me = caller_context(c);
	unsigned int up = me->caller, up_ec = me->caller_ec;
	bool init = me->model == RTM_INIT, restarts = me->restarts;
	enum spmc_rule rule;

	if ((in->x[1] || in->x[3] || in->x[4] || in->x[5] || in->x[6] ||
	     in->x[7]) && enforced(c, RULE_MSG_WAIT_RESERVED))
		return RULE_MSG_WAIT_RESERVED;
	if (sched_extended(c) && enforced(c, RULE_MSG_WAIT_EXTENDED))
		return refuse_about(c, RULE_MSG_WAIT_EXTENDED, c->ep,
				    SPMC_NOBODY);
	if (e->version < FFA_V1_2 && in->x[2] &&
	    enforced(c, RULE_MSG_WAIT_FLAGS))
		return refuse_about(c, RULE_MSG_WAIT_FLAGS, c->ep,
				    SPMC_NOBODY);
	rule = sched_ask(c, RTM_EV_WAIT);
	if (rule)
		return rule;
	/* nobody could end an initialisation that waits for a yielded one */
	if (me->yields && !init)
		return refuse_about(c, RULE_MSG_WAIT_OUTSTANDING, c->ep,
				    c->ec);

	if (choice(c, CHOICE_WAIT_RX) == WAIT_RX_RELEASES && !(in->x[2] & 1))
		rx_wait(c->s, c->env, c->ep);
	if (init) {
		sched_move(c, SPMC_M_PART, &e->part, PART_EV_INITIALISED);
		abort_orphans(c, c->ep, c->ec);
	}
	sched_move(c, SPMC_M_EC, &me->state, EC_EV_WAIT);
	sched_move(c, SPMC_M_RTM, &me->model, RTM_EV_WAIT);
	sched_idle(me);
	if (restarts)
		sched_back(c, up, up_ec, FFA_FN_ERROR, &sched_aborted);
	else
		sched_back(c, up, up_ec, FFA_FN_MSG_WAIT,
			   &(struct ffa_value){ 0 });
	return RULE_NONE;
}

/* -- FFA_YIELD ------------------------------------------------------------------ */

static uint64_t target_of(const struct call *c)
{
	return (uint64_t)config(c->s, c->ep)->id << 16 | c->ec;
}

enum spmc_rule spmc_yield(struct call *c)
{
	const struct ffa_value *in = &c->in;
	struct ec *me = caller_context(c);
	enum spmc_rule rule;

	if (in->x[4] || in->x[5] || in->x[6] || in->x[7] ||
	    (c->fn == FFA_FN_YIELD_64 && in->x[3]))
		return RULE_YIELD_RESERVED;
	rule = sched_ask(c, RTM_EV_YIELD);
	if (rule)
		return rule;
	if (power_busy(me))
		return refuse_about(c, RULE_YIELD_POWER, c->ep, c->ec);

	/* HF: nobody could resume it, so it goes on */
	if (me->model == RTM_SEC_INTERRUPT) {
		sched_move(c, SPMC_M_RTM, &me->model, RTM_EV_YIELD);
		return succeed(c, &(struct ffa_value){ 0 });
	}
	sched_move(c, SPMC_M_EC, &me->state, EC_EV_YIELD);
	sched_move(c, SPMC_M_RTM, &me->model, RTM_EV_YIELD);
	me->mei = MEI_NONE;
	if (is_sp(c->s, me->caller))
		context(c->s, me->caller, me->caller_ec)->yields++;
	sched_back(c, me->caller, me->caller_ec, FFA_FN_YIELD,
		   &(struct ffa_value){
			.x[1] = target_of(c), .x[2] = in->x[2],
			.x[3] = c->fn == FFA_FN_YIELD_64 ? in->x[2] >> 32 :
							   in->x[3],
		   });
	return RULE_NONE;
}

/* -- FFA_RUN --------------------------------------------------------------------- */

static bool called_by_sp(const struct spmc *s, const struct ec *e)
{
	return e->caller != SPMC_NOBODY && is_sp(s, e->caller);
}

/* Is `ec` of `ep` in the chain that was stopped for the caller? */
static bool is_stopped(const struct call *c, unsigned int ep, unsigned int ec)
{
	const struct ec *me = caller_context(c);
	unsigned int up = me->stopped, up_ec = me->stopped_ec;

	while (up != SPMC_NOBODY && (up != c->ep || up_ec != c->ec)) {
		const struct ec *e = context(c->s, up, up_ec);

		if (up == ep && up_ec == ec)
			return true;
		up = e->caller;
		up_ec = e->caller_ec;
	}
	return false;
}

void sched_unstop(struct call *c)
{
	struct ec *me = caller_context(c);
	unsigned int ep = me->stopped, ec = me->stopped_ec;

	unstop(me);
	sched_move(c, SPMC_M_EC, &me->state, EC_EV_CALL);
	sched_back(c, ep, ec, FFA_FN_UNKNOWN, NULL);
}

/* May the caller resume `ec` of `ep`, and how? */
static enum spmc_rule ask_run(struct call *c, unsigned int ep,
			      unsigned int ec)
{
	const struct ec *to = context(c->s, ep, ec);
	bool by_sp = is_sp(c->s, c->ep);
	enum spmc_rule rule;

	rule = sched_ask(c, RTM_EV_RUN);
	if (rule)
		return rule;
	if (power_busy(caller_context(c)))
		return refuse_about(c, RULE_RUN_POWER, c->ep, c->ec);
	if (is_stopped(c, ep, ec))
		return caller_context(c)->virq ?
		       refuse_about(c, RULE_RUN_INTERRUPT, c->ep, c->ec) :
		       RULE_NONE;
	if (!by_sp) {
		rule = machine_ask(c->env, SPMC_M_PART,
				   endpoint(c->s, ep)->part, PART_EV_RUN);
		if (rule)
			return refuse_about(c, rule, ep, SPMC_NOBODY);
	}
	rule = machine_ask(c->env, SPMC_M_EC, to->state,
			   by_sp ? EC_EV_RUN_SP : EC_EV_RUN);
	if (rule)
		return refuse_about(c, rule, ep, ec);
	if (to->state == EC_WAITING && enforced(c, RULE_RUN_WAITING))
		return refuse_about(c, RULE_RUN_WAITING, ep, ec);
	if ((to->state == EC_YIELDED || to->state == EC_PREEMPTED) &&
	    (by_sp ? to->caller != c->ep || to->caller_ec != c->ec :
		     called_by_sp(c->s, to)))
		return refuse_about(c, RULE_RUN_NOT_YIELDED_TO, ep, ec);
	if ((called_by_sp(c->s, to) || to->yields) && to->cpu != c->cpu)
		return refuse_about(c, RULE_RUN_CHAIN_CPU, ep, ec);
	return RULE_NONE;
}

enum spmc_rule spmc_run(struct call *c)
{
	unsigned int ec = bits(c, 1, 0, 15);
	int found = find(c->s, (uint16_t)bits(c, 1, 16, 31));
	bool by_sp = is_sp(c->s, c->ep);
	struct ec *me = caller_context(c), *to;
	enum spmc_rule rule;
	unsigned int ep;
	uint8_t before;

	if (found < 0)
		return RULE_RUN_TARGET;
	if (!is_sp(c->s, (unsigned int)found))
		return RULE_RUN_TARGET_NORMAL;
	ep = (unsigned int)found;
	if (ec >= config(c->s, ep)->ec_count)
		return RULE_RUN_EC;
	if (ec != ec_of(c->s, ep, c->cpu))
		return RULE_RUN_CPU;
	rule = ask_run(c, ep, ec);
	if (rule)
		return rule;

	to = context(c->s, ep, ec);
	before = to->state;
	if (by_sp)
		sched_move(c, SPMC_M_RTM, &me->model, RTM_EV_RUN);
	if (is_stopped(c, ep, ec)) {
		sched_unstop(c);
		return RULE_NONE;
	}
	if (!by_sp) {
		sched_move(c, SPMC_M_PART, &endpoint(c->s, ep)->part,
			   PART_EV_RUN);
		to->caller = (uint16_t)c->ep;
		to->caller_ec = (uint16_t)c->ec;
	} else {
		me->yields--;
	}
	sched_give(c, ep, ec, by_sp ? EC_EV_RUN_SP : EC_EV_RUN);

	if (before == EC_WAITING) {
		sched_move(c, SPMC_M_RTM, &to->model, RTM_EV_GIVE_RUN);
		resume(c->s, c->cpu, ep, ec, FFA_FN_RUN,
		       &(struct ffa_value){ .x[1] = c->in.x[1] }, c->out);
	} else if (before == EC_YIELDED) {
		resume(c->s, c->cpu, ep, ec, FFA_FN_SUCCESS,
		       &(struct ffa_value){ 0 }, c->out);
	} else {
		sched_goes_on(c, ep, ec);
	}
	return RULE_NONE;
}

bool spmc_caller_of(const struct spmc *s, unsigned int ep, unsigned int ec,
		    unsigned int *caller, unsigned int *caller_ec)
{
	const struct ec *e = context(s, ep, ec);

	if (e->caller == SPMC_NOBODY)
		return false;
	*caller = e->caller;
	*caller_ec = e->caller_ec;
	return true;
}
