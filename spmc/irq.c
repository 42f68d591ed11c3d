/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts. A secure one pends on its CPU until nobody in the call chain
 * there holds it back. Then it pends as a virtual one for the context that it
 * is for; if that waits, it runs at once, in its own runtime model, and the
 * context that ran is interrupted until it waits again. Hafnium
 * src/ffa/spmc/interrupts.c; FF-A 1.1 section 8.3 and table 12.10.
 */
#include "sched.h"

static unsigned int lowest(uint64_t bits)
{
	unsigned int n = 0;

	for (; !(bits & 1); bits >>= 1)
		n++;
	return n;
}

/*
 * Does the chain hold interrupts back? Its most restrictive action counts
 * (FF-A 1.1 section 8.2.4): what one that waits for another wants queued, or a
 * managed exit for, is not taken while that one runs.
 */
static bool holds(const struct call *c, bool secure)
{
	unsigned int ep = c->ep, ec = c->ec;
	unsigned int own = is_sp(c->s, ep) ? config(c->s, ep)->ns_action : 0;

	if (!secure && caller_context(c)->mei != MEI_NONE)
		return true;
	while (ep != SPMC_NOBODY && is_sp(c->s, ep)) {
		const struct spmc_endpoint_config *cfg = config(c->s, ep);
		const struct ec *e = context(c->s, ep, ec);

		if (e->model == RTM_SEC_INTERRUPT || e->model == RTM_INIT)
			return true;
		if (secure ? cfg->s_action == SPMC_S_QUEUED :
			     cfg->ns_action == SPMC_NS_QUEUED ||
			     cfg->ns_action < own)
			return true;
		ep = e->caller;
		ec = e->caller_ec;
	}
	return false;
}

/* The context runs, and who ran is interrupted until it waits. */
static enum spmc_taken signal(struct call *c, unsigned int ep,
			      unsigned int ec)
{
	struct ec *to = context(c->s, ep, ec);
	struct ffa_value val = { 0 };

	/* S-EL1 has a virtual interrupt controller to ask */
	if (config(c->s, ep)->kind == SPMC_SP_EL0) {
		unsigned int i = lowest(to->virq);

		to->virq &= to->virq - 1;
		val.x[2] = irq_at(c->s, i)->id;
	}
	sched_move(c, SPMC_M_EC, &caller_context(c)->state, EC_EV_INTERRUPT);
	sched_move(c, SPMC_M_EC, &to->state, EC_EV_SIGNAL);
	sched_move(c, SPMC_M_RTM, &to->model, RTM_EV_GIVE_INT);
	to->caller = (uint16_t)c->ep;
	to->caller_ec = (uint16_t)c->ec;
	to->cpu = (uint16_t)c->cpu;
	resume(c->s, c->cpu, ep, ec, FFA_FN_INTERRUPT, &val, c->out);
	return SPMC_TAKEN_SWITCH;
}

static enum spmc_taken take_secure(struct call *c)
{
	struct cpu *here = cpu_of(c->s, c->cpu);
	unsigned int i = lowest(here->held), ep, ec;
	const struct spmc_irq *irq = irq_at(c->s, i);
	struct ec *to;

	here->held &= here->held - 1;
	if (irq->owner == FFA_ID_SPMD) {
		/* one that arrives in the normal world is EL3's at once */
		if (is_sp(c->s, c->ep))
			c->out->spmd = (uint32_t)FFA_ID_EL3_INTR_HANDLE;
		return SPMC_TAKEN_PENDS;
	}
	ep = (unsigned int)spmc_find(c->s, irq->owner);
	if (is_dead(c->s, ep))
		return SPMC_TAKEN_PENDS;
	ec = ec_of(c->s, ep, c->cpu);
	to = context(c->s, ep, ec);
	to->virq |= UINT64_C(1) << i;
	return to->state == EC_WAITING ? signal(c, ep, ec) : SPMC_TAKEN_PENDS;
}

/* One that waits although interrupts pend for it; they came while it worked. */
static enum spmc_taken intercept(struct call *c)
{
	unsigned int i, ec;

	for (i = 0; c->s->irq_count && i < c->s->endpoint_count; i++) {
		const struct ec *e;

		if (!is_sp(c->s, i))
			continue;
		ec = ec_of(c->s, i, c->cpu);
		e = context(c->s, i, ec);
		if (e->state == EC_WAITING && e->virq && e->cpu == c->cpu)
			return signal(c, i, ec);
	}
	return SPMC_TAKEN_NONE;
}

static enum spmc_taken take_ns(struct call *c)
{
	const struct spmc_endpoint_config *cfg = config(c->s, c->ep);
	struct ec *normal = context(c->s, 0, c->cpu);
	struct ec *me = caller_context(c);

	if (holds(c, false))
		return SPMC_TAKEN_NONE;
	if (cfg->ns_action == SPMC_NS_MANAGED_EXIT) {
		me->mei = MEI_PENDS;
		return SPMC_TAKEN_PENDS;
	}
	sched_move(c, SPMC_M_EC, &me->state, EC_EV_PREEMPT);
	sched_move(c, SPMC_M_EC, &normal->state, EC_EV_RETURN);
	resume(c->s, c->cpu, 0, c->cpu, FFA_FN_INTERRUPT, &(struct ffa_value){
			.x[1] = (uint64_t)cfg->id << 16 | c->ec,
	       }, c->out);
	return SPMC_TAKEN_SWITCH;
}

/* Interrupts are masked while a CPU boots, and while it is turned off. */
static bool masked(const struct spmc *s, unsigned int cpu)
{
	const struct cpu *here = cpu_of(s, cpu);

	return here->started != CPU_UP || here->power;
}

static bool is_doomed(const struct call *c)
{
	return is_dead(c->s, c->ep);
}

enum spmc_taken spmc_preempt(struct spmc *s, const struct spmc_env *env,
			     unsigned int cpu, struct spmc_outcome *out)
{
	struct call c = sched_no_call(s, env, cpu, out);
	enum spmc_taken taken;

	if (masked(s, cpu) || !is_sp(s, c.ep))
		return SPMC_TAKEN_NONE;
	if (is_doomed(&c)) {
		abort_doomed(&c);
		return SPMC_TAKEN_SWITCH;
	}
	cpu_of(s, cpu)->ns = 1;
	taken = take_ns(&c);
	return taken ? taken : SPMC_TAKEN_PENDS;
}

bool spmc_raise(struct spmc *s, unsigned int cpu, uint32_t intid)
{
	unsigned int i;

	for (i = 0; i < s->irq_count; i++) {
		if (irq_at(s, i)->id != intid)
			continue;
		cpu_of(s, cpu)->held |= UINT64_C(1) << i;
		return true;
	}
	return false;
}

enum spmc_taken spmc_interrupt(struct spmc *s, const struct spmc_env *env,
			       unsigned int cpu, struct spmc_outcome *out)
{
	const struct cpu *here = cpu_of(s, cpu);
	enum spmc_taken taken;
	struct call c;

	if ((!s->irq_count && !here->ns) || masked(s, cpu))
		return SPMC_TAKEN_NONE;
	c = sched_no_call(s, env, cpu, out);
	/* that one ends with its next call, or when something preempts it */
	if (is_doomed(&c))
		return SPMC_TAKEN_NONE;
	if (here->held && !holds(&c, true))
		return take_secure(&c);
	taken = intercept(&c);
	if (!taken && here->ns && is_sp(s, c.ep))
		taken = take_ns(&c);
	return taken;
}

bool spmc_take_irq(struct spmc *s, unsigned int cpu, uint32_t intid)
{
	const struct cpu *here = cpu_of(s, cpu);
	struct ec *me;
	unsigned int i;

	if (here->endpoint == SPMC_NOBODY ||
	    config(s, here->endpoint)->kind != SPMC_SP_EL1)
		return false;
	me = context(s, here->endpoint, here->ec);
	if (me->mei == MEI_PENDS && intid == s->mei) {
		me->mei = MEI_TAKEN;
		return true;
	}
	for (i = 0; i < s->irq_count; i++) {
		if (irq_at(s, i)->id != intid ||
		    !(me->virq & UINT64_C(1) << i))
			continue;
		me->virq &= ~(UINT64_C(1) << i);
		return true;
	}
	return false;
}

unsigned int spmc_pending(const struct spmc *s, unsigned int ep,
			  unsigned int ec, uint32_t ids[SPMC_MAX_IRQS + 1])
{
	const struct ec *e = context(s, ep, ec);
	uint64_t left = e->virq;
	unsigned int n = 0;

	for (; left; left &= left - 1) {
		if (ids)
			ids[n] = irq_at(s, lowest(left))->id;
		n++;
	}
	if (e->mei == MEI_PENDS) {
		if (ids)
			ids[n] = s->mei;
		n++;
	}
	return n;
}
