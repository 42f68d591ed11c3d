/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PSCI calls of the normal world that partitions are told of. They go to EL3,
 * whose SPMD tells the SPMC, which sends a framework message to each partition
 * that subscribed (FF-A 1.2 section 18.2). SPMD and SPMC are one here, so only
 * the messages to partitions are seen. CPU_OFF as in Hafnium's
 * handle_psci_framework_msg(); CPU_SUSPEND and the way back, which Hafnium has
 * not, as in TF-A's spmc_pm.c. Neither of them, nor the SPMD, tells anybody of
 * SYSTEM_OFF and SYSTEM_RESET. And where the contexts of a CPU start.
 */
#include "sched.h"

enum {
	PSCI_CPU_SUSPEND_32 = (int)0x84000001,
	PSCI_CPU_SUSPEND_64 = (int)0xc4000001,
	PSCI_CPU_OFF = (int)0x84000002,
};
enum { PSCI_SUCCESS = 0, PSCI_DENIED = -3 };
enum { WARM_BOOT_NOT_S2RAM = 1 };

bool power_is_psci(uint32_t fid)
{
	return fid == (uint32_t)PSCI_CPU_OFF ||
	       fid == (uint32_t)PSCI_CPU_SUSPEND_32 ||
	       fid == (uint32_t)PSCI_CPU_SUSPEND_64;
}

bool power_busy(const struct ec *e)
{
	/* what others send in its name is relayed in some profiles */
	return e->req_from == FFA_ID_SPMC &&
	       (e->req_fwk == FFA_FWK_PSCI_REQ + 1 ||
		e->req_fwk == FFA_FWK_PM_WARM_BOOT + 1);
}

static bool subscribed(const struct call *c, unsigned int ep, enum power op)
{
	unsigned int mask = 0;

	switch (op) {
	case POWER_NONE:
	case POWER_LIVE:
		break;
	case POWER_OFF:
		mask = SPMC_PM_CPU_OFF;
		break;
	case POWER_SUSPEND_32:
	case POWER_SUSPEND_64:
		mask = SPMC_PM_CPU_SUSPEND;
		break;
	case POWER_RESUME:
		mask = SPMC_PM_CPU_RESUME;
		break;
	}
	/* Those that migrate do not care which CPUs are on. */
	return is_sp(c->s, ep) && config(c->s, ep)->ec_count > 1 &&
	       config(c->s, ep)->pm & mask &&
	       context(c->s, ep, c->cpu)->state == EC_WAITING;
}

/* A message to the partition's context of this CPU. The normal world waits. */
static void tell(struct call *c, unsigned int ep, enum power op)
{
	struct ec *to = context(c->s, ep, c->cpu);
	unsigned int type = FFA_FWK_PSCI_REQ;
	struct ffa_value msg = {
		.x[1] = (uint64_t)FFA_ID_SPMC << 16 | config(c->s, ep)->id,
	};

	switch (op) {
	case POWER_NONE:
	case POWER_LIVE:
		break;
	case POWER_OFF:
		msg.x[3] = (uint32_t)PSCI_CPU_OFF;
		break;
	case POWER_SUSPEND_32:
		msg.x[3] = (uint32_t)PSCI_CPU_SUSPEND_32;
		break;
	case POWER_SUSPEND_64:
		msg.x[3] = (uint32_t)PSCI_CPU_SUSPEND_64;
		break;
	case POWER_RESUME:
		type = FFA_FWK_PM_WARM_BOOT;
		msg.x[3] = WARM_BOOT_NOT_S2RAM;
		break;
	}
	msg.x[2] = (uint32_t)FFA_FWK | type;
	sched_move(c, SPMC_M_PART, &endpoint(c->s, ep)->part, PART_EV_REQ);
	sched_move(c, SPMC_M_EC, &to->state, EC_EV_REQ);
	sched_move(c, SPMC_M_RTM, &to->model, RTM_EV_GIVE_REQ);
	to->cpu = (uint16_t)c->cpu;
	to->caller = 0;
	to->caller_ec = (uint16_t)c->cpu;
	to->req_from = FFA_ID_SPMC;
	to->req_fn = FFA_FN_MSG_SEND_DIRECT_REQ_32;
	to->req_fwk = (uint8_t)(type + 1);
	resume(c->s, c->cpu, ep, c->cpu, FFA_FN_MSG_SEND_DIRECT_REQ_32, &msg,
	       c->out);
}

/* Contexts pinned to the CPU lose what they were doing, others do not. */
static void turn_off(struct call *c)
{
	struct cpu *here = cpu_of(c->s, c->cpu);
	struct ec *normal = context(c->s, 0, c->cpu);
	unsigned int ep;

	for (ep = 0; ep < c->s->endpoint_count; ep++) {
		const struct ec *e;

		if (!is_sp(c->s, ep) || config(c->s, ep)->ec_count == 1)
			continue;
		e = context(c->s, ep, c->cpu);
		if (e->state != EC_ABORTED)
			abort_drop(c, ep, c->cpu,
				   is_dead(c->s, ep) ?
				   EC_EV_ABORT : EC_EV_CPU_OFF);
	}
	sched_move(c, SPMC_M_EC, &normal->state, EC_EV_CPU_OFF);
	memset(normal->kept, 0, sizeof(normal->kept));
	*here = (struct cpu){
		.endpoint = SPMC_NOBODY, .ec = SPMC_NOBODY,
		.started = CPU_TURNED_OFF,
		.sri_delayed = here->sri_delayed,
		.sri = here->sri,
		.held = here->held,
	};
	c->out->endpoint = SPMC_NOBODY;
	c->out->ec = SPMC_NOBODY;
	memset(&c->out->regs, 0, sizeof(c->out->regs));
}

static void back_to_normal(struct call *c, int32_t status)
{
	struct cpu *here = cpu_of(c->s, c->cpu);
	struct ec *normal = context(c->s, 0, c->cpu);

	if (normal->state == EC_BLOCKED)
		sched_move(c, SPMC_M_EC, &normal->state, EC_EV_RETURN);
	resume_raw(c->s, c->cpu, 0, c->cpu, &(struct ffa_value){
			.x[0] = (uint32_t)status,
		   }, c->out);
	here->power = POWER_NONE;
}

/* The next subscriber in boot order, or the end of it. */
static void walk(struct call *c)
{
	const uint16_t *order = spmc_at(c->s, c->s->boot_order);
	struct cpu *here = cpu_of(c->s, c->cpu);

	for (;;) {
		while (here->boot < c->s->endpoint_count) {
			unsigned int ep = order[here->boot++];
			struct ec *normal = context(c->s, 0, c->cpu);

			if (!subscribed(c, ep, (enum power)here->power))
				continue;
			if (normal->state == EC_RUNNING)
				sched_move(c, SPMC_M_EC, &normal->state,
					   EC_EV_CALL);
			tell(c, ep, (enum power)here->power);
			return;
		}
		switch ((enum power)here->power) {
		case POWER_NONE:
			return;
		case POWER_OFF:
			turn_off(c);
			return;
		case POWER_LIVE:
			life_back(c);
			return;
		case POWER_RESUME:
			back_to_normal(c, PSCI_SUCCESS);
			return;
		case POWER_SUSPEND_32:
		case POWER_SUSPEND_64:
			/* It sleeps, and wakes up at once. */
			here->power = POWER_RESUME;
			here->boot = 0;
			break;
		}
	}
}

void power_call(struct call *c)
{
	struct cpu *here = cpu_of(c->s, c->cpu);

	switch (w(c, 0) & ~0x10000u) {	/* without the SVE hint */
	case (uint32_t)PSCI_CPU_OFF:
		here->power = POWER_OFF;
		break;
	case (uint32_t)PSCI_CPU_SUSPEND_32:
		here->power = POWER_SUSPEND_32;
		break;
	case (uint32_t)PSCI_CPU_SUSPEND_64:
		here->power = POWER_SUSPEND_64;
		break;
	}
	here->boot = 0;
	walk(c);
}

void power_next(struct call *c, uint32_t status)
{
	/* HF: one refusal is enough; EL3 ignores it for suspend and resume */
	if (status != PSCI_SUCCESS &&
	    cpu_of(c->s, c->cpu)->power == POWER_OFF)
		back_to_normal(c, PSCI_DENIED);
	else
		walk(c);
}

static bool in_buffer(uint64_t base, unsigned int pages, uint64_t address)
{
	return address >= base && address - base < pages * FFA_PAGE_SIZE;
}

enum spmc_rule spmc_secondary_ep_register(struct call *c)
{
	struct endpoint *e = endpoint(c->s, c->ep);
	enum spmc_rule rule;

	if (config(c->s, c->ep)->kind == SPMC_SP_EL0 &&
	    enforced(c, RULE_SECONDARY_EP_EL0))
		return RULE_SECONDARY_EP_EL0;
	if (config(c->s, c->ep)->ec_count == 1 &&
	    enforced(c, RULE_SECONDARY_EP_UP))
		return RULE_SECONDARY_EP_UP;
	rule = sched_ask(c, RTM_EV_SECONDARY);
	if (rule)
		return rule;
	if ((in_buffer(e->rx, e->pages, c->in.x[1]) ||
	     in_buffer(e->tx, e->pages, c->in.x[1])) &&
	    enforced(c, RULE_SECONDARY_EP_BUFFER))
		return refuse_about(c, RULE_SECONDARY_EP_BUFFER, c->ep,
				    SPMC_NOBODY);
	sched_move(c, SPMC_M_RTM, &caller_context(c)->model,
		   RTM_EV_SECONDARY);
	/* of several calls the last counts; the address is taken as it is */
	e->secondary_ep = c->in.x[1];
	return succeed(c, &(struct ffa_value){ 0 });
}
