/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life cycle of a partition after it aborted: the abort action of its
 * manifest. FF-A 1.3 section 7.3 as Hafnium src/ffa/spmc/cpu_cycles.c,
 * ffa_cpu_cycles_abort(), has it. Only partitions with one context have one.
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
