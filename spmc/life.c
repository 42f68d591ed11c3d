/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life cycle of a partition after it aborted: the abort action of its
 * manifest. FF-A 1.3 section 7.3 as Hafnium src/ffa/spmc/cpu_cycles.c,
 * ffa_cpu_cycles_abort(), has it. And live activation: a logical partition of
 * EL3 has a partition stopped and another instance of it started (Hafnium
 * src/ffa/spmc/lifecycle_msg.c). Its two requests to the SPMC are one here: the
 * second follows at once. Both are for partitions with one context.
 */
#include "mem.h"
#include "sched.h"

static void move(const struct call *c, unsigned int ep, enum part_event event)
{
	sched_move(c, SPMC_M_PART, &endpoint(c->s, ep)->part, event);
}

/* Nothing of its last life is left but the memory that it owns. */
static void forget(const struct call *c, unsigned int ep)
{
	struct endpoint *e = endpoint(c->s, ep);

	sched_move(c, SPMC_M_VER, &e->ver, VER_EV_RESET);
	e->version = spmc_first_version(c->s, ep);
	pages_forget_perm(c->s, ep);
}

/* The SPMC cannot go on either: FFA_ABORT to the SPMD, which does not return. */
static void propagate(struct call *c)
{
	unsigned int i;

	for (i = 0; i < c->s->cpus; i++)
		cpu_of(c->s, i)->started = CPU_DEAD;
	c->out->spmd = (uint32_t)FFA_ID_ABORT_32;
	c->out->endpoint = SPMC_NOBODY;
	c->out->ec = SPMC_NOBODY;
	memset(&c->out->regs, 0, sizeof(c->out->regs));
}

bool life_end(struct call *c, unsigned int ep, unsigned int ec,
	      unsigned int up, unsigned int up_ec)
{
	struct ec *e = context(c->s, ep, ec);

	/* HF ffa_cpu_cycles_error_32: it knows that it cannot initialise */
	if (ep == c->ep && (c->fn == FFA_FN_ERROR || c->fn == FFA_FN_ERROR_64))
		return false;
	/* HF sp_live_activation_aborted */
	if (!up && cpu_of(c->s, c->cpu)->power == POWER_LIVE)
		return false;
	switch ((enum spmc_abort)config(c->s, ep)->abort) {
	case SPMC_ABORT_NONE:
		break;
	case SPMC_ABORT_STOP:
		move(c, ep, PART_EV_STOP);
		break;
	case SPMC_ABORT_DESTROY:
		move(c, ep, PART_EV_DESTROY);
		break;
	case SPMC_ABORT_RESTART:
		move(c, ep, PART_EV_RESTART);
		forget(c, ep);
		e->restarts = 1;
		e->caller = (uint16_t)up;
		e->caller_ec = (uint16_t)up_ec;
		sched_start(c, ep, ec, EC_EV_RESTART);
		return true;
	case SPMC_ABORT_PROPAGATE:
		propagate(c);
		return true;
	}
	return false;
}

/* -- live activation --------------------------------------------------------- */

static bool under_way(const struct spmc *s)
{
	unsigned int i;

	for (i = 0; i < s->cpus; i++)
		if (cpu_of(s, i)->power == POWER_LIVE)
			return true;
	return false;
}

static enum spmc_rule check(struct call *c, unsigned int ep)
{
	enum spmc_rule rule;

	if (is_destroyed(c->s, ep))
		return RULE_LIVE_TARGET;
	if (!config(c->s, ep)->live)
		return RULE_LIVE_SUPPORT;
	rule = machine_ask(c->env, SPMC_M_PART, endpoint(c->s, ep)->part,
			   PART_EV_STOP_REQ);
	if (rule)
		return refuse_about(c, rule, ep, SPMC_NOBODY);
	if (under_way(c->s))
		return RULE_LIVE_OTHER;
	return context(c->s, ep, 0)->state == EC_WAITING ? RULE_NONE :
	       refuse_about(c, RULE_LIVE_BUSY, ep, 0);
}

bool spmc_activate(struct spmc *s, const struct spmc_env *env,
		   unsigned int cpu, unsigned int ep, struct spmc_outcome *out)
{
	enum { TO_ACTIVATE = 1 };
	struct call c = sched_no_call(s, env, cpu, out);
	struct ec *to = context(s, ep, 0);
	enum spmc_rule rule;

	if (c.ep != 0 || cpu_of(s, cpu)->started != CPU_UP)
		return false;
	rule = check(&c, ep);
	out->rule = (uint16_t)rule;
	if (env->cover)
		env->cover->rule[rule]++;
	if (rule)
		return true;
	cpu_of(s, cpu)->power = POWER_LIVE;
	move(&c, ep, PART_EV_STOP_REQ);
	sched_give(&c, ep, 0, EC_EV_REQ);
	sched_move(&c, SPMC_M_RTM, &to->model, RTM_EV_GIVE_REQ);
	to->caller = 0;
	to->caller_ec = (uint16_t)cpu;
	to->req_from = FFA_ID_SPMC;
	to->req_fn = FFA_FN_MSG_SEND_DIRECT_REQ_32;
	to->req_fwk = FFA_FWK_STOP_REQ + 1;
	resume(s, cpu, ep, 0, FFA_FN_MSG_SEND_DIRECT_REQ_32,
	       &(struct ffa_value){
			.x[1] = (uint64_t)FFA_ID_SPMC << 16 | config(s, ep)->id,
			.x[2] = (uint32_t)FFA_FWK | FFA_FWK_STOP_REQ,
			.x[3] = TO_ACTIVATE,
	       }, out);
	return true;
}

void life_stopped(struct call *c)
{
	const struct spmc_endpoint_config *cfg = config(c->s, c->ep);
	struct ec *me = caller_context(c);

	if (w(c, 3)) {		/* it goes on as it is */
		move(c, c->ep, PART_EV_GO_ON);
	} else if (w(c, 4) != cfg->live_buffer || w(c, 5) != cfg->live_size) {
		abort_partition(c, c->ep);
	} else {
		/* what the SPMC knows of it stays */
		move(c, c->ep, PART_EV_ACTIVATE);
		me->caller = 0;
		me->caller_ec = (uint16_t)c->cpu;
		sched_start(c, c->ep, c->ec, EC_EV_RESTART);
		return;
	}
	power_next(c, 0);
}

void life_back(struct call *c)
{
	cpu_of(c->s, c->cpu)->power = POWER_NONE;
	sched_move(c, SPMC_M_EC, &context(c->s, 0, c->cpu)->state,
		   EC_EV_RETURN);
	sched_goes_on(c, 0, c->cpu);
}
