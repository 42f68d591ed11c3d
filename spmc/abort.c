/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FFA_ERROR, FFA_ABORT, crash, and what they leave behind.
 *
 * A partition aborts as a whole, on every CPU. Its contexts that do not run
 * end at once; those that run on other CPUs, or wait there for another
 * partition, end when it is their turn (abort_doomed(), sched_back()).
 */
#include "mem.h"
#include "sched.h"

void abort_orphans(struct call *c, unsigned int ep, unsigned int ec)
{
	unsigned int i, j;

	context(c->s, ep, ec)->yields = 0;
	for (i = 0; i < c->s->endpoint_count; i++) {
		if (!is_sp(c->s, i))
			continue;
		for (j = 0; j < config(c->s, i)->ec_count; j++) {
			struct ec *e = context(c->s, i, j);

			if (e->caller != ep || e->caller_ec != ec)
				continue;
			/* from now on the normal world schedules it */
			sched_move(c, SPMC_M_RTM, &e->model, RTM_EV_CANCEL);
			sched_idle(e);
		}
	}
}

void abort_stop(struct call *c, unsigned int ep, unsigned int ec,
		enum ec_event event)
{
	struct ec *e = context(c->s, ep, ec);

	abort_orphans(c, ep, ec);
	sched_move(c, SPMC_M_EC, &e->state, event);
	sched_move(c, SPMC_M_RTM, &e->model, RTM_EV_STOP);
	sched_idle(e);
	e->virq = 0;
}

void abort_drop(struct call *c, unsigned int ep, unsigned int ec,
		enum ec_event event)
{
	const struct ec *e = context(c->s, ep, ec);
	unsigned int up = e->caller, up_ec = e->caller_ec;

	abort_stop(c, ep, ec, event);
	if (up != SPMC_NOBODY && is_sp(c->s, up))
		context(c->s, up, up_ec)->yields--;
}

void abort_partition(struct call *c, unsigned int ep)
{
	struct endpoint *e = endpoint(c->s, ep);
	unsigned int i;

	sched_move(c, SPMC_M_PART, &e->part, PART_EV_ABORT);
	mem_death(c->s, c->env, ep);
	notif_death(c->s, c->env, ep);
	if (e->rx_state != RX_UNMAPPED)
		rxtx_forget(c->s, c->env, ep);
	for (i = 0; i < config(c->s, ep)->ec_count; i++) {
		switch ((enum ec_state)context(c->s, ep, i)->state) {
		case EC_OFF:
		case EC_WAITING:
		case EC_YIELDED:
		case EC_PREEMPTED:
			abort_drop(c, ep, i, EC_EV_ABORT);
			break;
		case EC_RUNNING:
		case EC_BLOCKED:
		case EC_INTERRUPTED:
		case EC_ABORTED:
		case EC_STATES:
			break;
		}
	}
}

void abort_doomed(struct call *c)
{
	struct ec *me = caller_context(c);
	unsigned int up = me->caller, up_ec = me->caller_ec;

	/* it still waits for somebody, who ends it when it returns */
	if (me->stopped != SPMC_NOBODY) {
		me->virq = 0;
		sched_unstop(c);
		return;
	}
	abort_stop(c, c->ep, c->ec, EC_EV_ABORT);
	if (!life_end(c, c->ep, c->ec, up, up_ec))
		sched_back(c, up, up_ec, FFA_FN_ERROR, &sched_aborted);
}

/* The request that the caller serves ends, with the error as its answer. */
static void cancel(struct call *c)
{
	struct ec *me = caller_context(c);
	unsigned int up = me->caller, up_ec = me->caller_ec;

	sched_move(c, SPMC_M_EC, &me->state, EC_EV_WAIT);
	sched_move(c, SPMC_M_RTM, &me->model, RTM_EV_RESP);
	abort_orphans(c, c->ep, c->ec);
	sched_idle(me);
	sched_back(c, up, up_ec, FFA_FN_ERROR, &(struct ffa_value){
			.x[2] = w(c, 2),
		   });
}

enum spmc_rule spmc_error(struct call *c)
{
	struct ec *me = caller_context(c);
	enum spmc_rule rule;

	if (!is_sp(c->s, c->ep))
		return RULE_ERROR_NORMAL_WORLD;
	if (me->model == RTM_DIRECT_REQ && !power_busy(me) &&
	    choice(c, CHOICE_ERROR_SERVING) == ERROR_SERVING_CANCELS) {
		cancel(c);
		return RULE_NONE;
	}
	rule = sched_ask(c, RTM_EV_ERROR);
	if (rule)
		return rule;
	if ((int32_t)w(c, 2) != FFA_ABORTED && enforced(c, RULE_ERROR_CODE))
		return RULE_ERROR_CODE;
	abort_partition(c, c->ep);
	sched_move(c, SPMC_M_RTM, &me->model, RTM_EV_ERROR);
	abort_doomed(c);
	return RULE_NONE;
}

enum spmc_rule spmc_abort(struct call *c)
{
	const struct ffa_value *in = &c->in;

	if (in->x[1] || in->x[3] || in->x[4] || in->x[5] || in->x[6] ||
	    in->x[7])
		return RULE_ABORT_RESERVED;
	abort_partition(c, c->ep);
	if (caller_context(c)->stopped == SPMC_NOBODY)
		sched_move(c, SPMC_M_RTM, &caller_context(c)->model,
			   RTM_EV_ABORT);
	abort_doomed(c);
	return RULE_NONE;
}

bool spmc_crash(struct spmc *s, const struct spmc_env *env, unsigned int cpu,
		struct spmc_outcome *out)
{
	struct call c = sched_no_call(s, env, cpu, out);

	if (c.ep == SPMC_NOBODY || !is_sp(s, c.ep))
		return false;
	if (!is_dead(s, c.ep))
		abort_partition(&c, c.ep);
	abort_doomed(&c);
	return true;
}
