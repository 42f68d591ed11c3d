/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts. A secure one pends on its CPU until nobody in the call chain
 * there holds it back. Then it pends as a virtual one for the context that it
 * is for. If that waits, it runs at once, in its own runtime model, and the
 * context that ran is interrupted until it waits again. If it is BLOCKED in
 * the chain that runs, it goes on with FFA_INTERRUPT until it calls FFA_RUN
 * (FF-A 1.1 section 8.3.2.2.1; of the two ways there, Hafnium's: those between
 * stay BLOCKED). Else it finds it when it runs next. Hafnium
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
 * Does the chain hold back an interrupt of the endpoint `owner` (0: a
 * non-secure one)? Its most restrictive action counts (FF-A 1.1 section
 * 8.2.4): what one that waits for another wants queued, or a managed exit for,
 * is not taken while that one runs. But nobody queues its own (HF: its mask
 * has these too).
 */
static bool holds(const struct call *c, unsigned int owner)
{
	unsigned int ep = c->ep, ec = c->ec;
	unsigned int own = is_sp(c->s, ep) ? config(c->s, ep)->ns_action : 0;

	if (!owner && caller_context(c)->mei != MEI_NONE)
		return true;
	while (ep != SPMC_NOBODY && is_sp(c->s, ep)) {
		const struct spmc_endpoint_config *cfg = config(c->s, ep);
		const struct ec *e = context(c->s, ep, ec);

		/* one is being handled already; who starts again is not asked */
		if (e->model == RTM_SEC_INTERRUPT || e->model == RTM_INIT ||
		    e->stopped != SPMC_NOBODY)
			return true;
		if (owner ? cfg->s_action == SPMC_S_QUEUED && ep != owner :
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
	const struct ffa_value val = {
		.x[2] = irq_at(c->s, lowest(to->virq))->id,
	};

	/* S-EL1 has a virtual interrupt controller to take it from */
	if (config(c->s, ep)->kind == SPMC_SP_EL0)
		to->virq &= to->virq - 1;
	sched_move(c, SPMC_M_EC, &caller_context(c)->state, EC_EV_INTERRUPT);
	sched_move(c, SPMC_M_EC, &to->state, EC_EV_SIGNAL);
	sched_move(c, SPMC_M_RTM, &to->model, RTM_EV_GIVE_INT);
	to->caller = (uint16_t)c->ep;
	to->caller_ec = (uint16_t)c->ec;
	to->cpu = (uint16_t)c->cpu;
	resume(c->s, c->cpu, ep, ec, FFA_FN_INTERRUPT, &val, c->out);
	return SPMC_TAKEN_SWITCH;
}

/* It goes on, and who ran, for whom it waits, is stopped until FFA_RUN. */
static enum spmc_taken signal_chain(struct call *c, unsigned int ep,
				    unsigned int ec)
{
	struct ec *to = context(c->s, ep, ec);

	sched_move(c, SPMC_M_EC, &caller_context(c)->state, EC_EV_INTERRUPT);
	sched_move(c, SPMC_M_EC, &to->state, EC_EV_SIGNAL);
	to->stopped = (uint16_t)c->ep;
	to->stopped_ec = (uint16_t)c->ec;
	to->yields++;
	resume(c->s, c->cpu, ep, ec, FFA_FN_INTERRUPT,
	       &(struct ffa_value){ 0 }, c->out);
	return SPMC_TAKEN_SWITCH;
}

/* Does the context wait for the one that runs, and can be entered meanwhile? */
static bool in_chain(const struct call *c, unsigned int ep, unsigned int ec)
{
	unsigned int up = c->ep, up_ec = c->ec;

	if (config(c->s, ep)->kind == SPMC_SP_EL0)
		return false;
	while (up != SPMC_NOBODY && is_sp(c->s, up)) {
		const struct ec *e = context(c->s, up, up_ec);

		up = e->caller;
		up_ec = e->caller_ec;
		if (up == ep && up_ec == ec)
			return true;
	}
	return false;
}

static unsigned int owner_of(const struct spmc *s, unsigned int irq)
{
	int ep = spmc_find(s, irq_at(s, irq)->owner);

	return ep < 0 ? SPMC_NOBODY : (unsigned int)ep;
}

/* The first that nobody holds back, as a bit. */
static uint64_t takable(const struct call *c)
{
	uint64_t left = cpu_of(c->s, c->cpu)->held;

	while (left && holds(c, owner_of(c->s, lowest(left))))
		left &= left - 1;
	return left & -left;
}

static enum spmc_taken take_secure(struct call *c, uint64_t bit)
{
	struct cpu *here = cpu_of(c->s, c->cpu);
	unsigned int i = lowest(bit), ep, ec;
	const struct spmc_irq *irq = irq_at(c->s, i);
	struct ec *to;

	here->held &= ~bit;
	if (irq->owner == FFA_ID_SPMD) {
		/* one that arrives in the normal world is EL3's at once */
		if (is_sp(c->s, c->ep))
			c->out->spmd = (uint32_t)FFA_ID_EL3_INTR_HANDLE;
		return SPMC_TAKEN_PENDS;
	}
	ep = owner_of(c->s, i);
	if (is_dead(c->s, ep))
		return SPMC_TAKEN_PENDS;
	ec = ec_of(c->s, ep, c->cpu);
	to = context(c->s, ep, ec);
	to->virq |= bit;
	if (to->state == EC_WAITING)
		return signal(c, ep, ec);
	return in_chain(c, ep, ec) ? signal_chain(c, ep, ec) : SPMC_TAKEN_PENDS;
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
	struct ec *me = caller_context(c);

	if (holds(c, 0))
		return SPMC_TAKEN_NONE;
	if (cfg->ns_action == SPMC_NS_MANAGED_EXIT) {
		me->mei = MEI_PENDS;
		return SPMC_TAKEN_PENDS;
	}
	sched_move(c, SPMC_M_EC, &me->state, EC_EV_PREEMPT);
	/* the chain unwinds: its caller is next, and again is interrupted */
	if (is_sp(c->s, me->caller))
		context(c->s, me->caller, me->caller_ec)->yields++;
	sched_back(c, me->caller, me->caller_ec, FFA_FN_INTERRUPT,
		   &(struct ffa_value){
			.x[1] = (uint64_t)cfg->id << 16 | c->ec,
		   });
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
	uint64_t bit;

	if ((!s->irq_count && !here->ns) || masked(s, cpu))
		return SPMC_TAKEN_NONE;
	c = sched_no_call(s, env, cpu, out);
	/* that one ends with its next call, or when something preempts it */
	if (is_doomed(&c))
		return SPMC_TAKEN_NONE;
	bit = takable(&c);
	if (bit)
		return take_secure(&c, bit);
	taken = intercept(&c);
	if (!taken && here->ns && is_sp(s, c.ep))
		taken = take_ns(&c);
	return taken;
}

bool spmc_take_irq(struct spmc *s, unsigned int ep, unsigned int ec,
		   uint32_t intid)
{
	struct ec *e;
	unsigned int i;

	if (ep == 0) {
		if (!cpu_of(s, ec)->sri || intid != s->sri)
			return false;
		cpu_of(s, ec)->sri = 0;
		return true;
	}
	if (config(s, ep)->kind != SPMC_SP_EL1)
		return false;
	e = context(s, ep, ec);
	if (e->mei == MEI_PENDS && intid == s->mei) {
		e->mei = MEI_TAKEN;
		return true;
	}
	if (e->npi && intid == s->npi) {
		e->npi = 0;
		return true;
	}
	for (i = 0; i < s->irq_count; i++) {
		if (irq_at(s, i)->id != intid || !(e->virq & UINT64_C(1) << i))
			continue;
		e->virq &= ~(UINT64_C(1) << i);
		return true;
	}
	return false;
}

unsigned int spmc_pending(const struct spmc *s, unsigned int ep,
			  unsigned int ec, uint32_t ids[SPMC_MAX_PENDING])
{
	uint32_t unwanted[SPMC_MAX_PENDING];
	const struct ec *e = context(s, ep, ec);
	uint64_t left = e->virq;
	unsigned int n = 0;

	if (!ids)
		ids = unwanted;
	if (ep == 0 && cpu_of(s, ec)->sri)
		ids[n++] = s->sri;
	for (; left; left &= left - 1)
		ids[n++] = irq_at(s, lowest(left))->id;
	if (e->mei == MEI_PENDS)
		ids[n++] = s->mei;
	if (e->npi)
		ids[n++] = s->npi;
	return n;
}
