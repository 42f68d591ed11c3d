/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FFA_NOTIFICATION_SET, FFA_NOTIFICATION_GET, and the two interrupts.
 *
 * The schedule receiver interrupt goes to the normal world on the CPU where
 * something became pending: at once, or, if the sender says so, when that CPU
 * is back with the normal world. The notification pending interrupt pends for
 * a context of the receiver that is given cycles while there is something for
 * it (Hafnium ffa_interrupts_inject_notification_pending_interrupt), until
 * it got all of it.
 */
#include "notif.h"

enum { SET_PER_VCPU = 1, SET_DELAY = 2, SET_RESERVED = 0xfffc };
enum { GET_SPS = 1, GET_VMS = 2, GET_SPM = 4, GET_HYP = 8, GET_ALL = 15 };

/* -- interrupts ------------------------------------------------------------ */

static void raise_sri(struct spmc *s, unsigned int cpu,
		      struct spmc_outcome *out)
{
	cpu_of(s, cpu)->sri = 1;
	out->sri |= (uint32_t)1 << cpu;
}

void notif_tell(struct call *c, bool delayed)
{
	struct cpu *here = cpu_of(c->s, c->cpu);

	if (!c->s->sri)
		return;
	here->sri_delayed = delayed;
	if (!delayed)
		raise_sri(c->s, c->cpu, c->out);
}

void notif_back(struct spmc *s, unsigned int cpu, struct spmc_outcome *out)
{
	struct cpu *here = cpu_of(s, cpu);

	if (here->sri_delayed)
		raise_sri(s, cpu, out);
	here->sri_delayed = 0;
}

bool notif_pending(const struct spmc *s, unsigned int ep, unsigned int vcpu)
{
	const struct notif *n = notif_of(s, ep);
	const struct notif_vcpu *v = notif_vcpu(s, ep, vcpu);

	return n->fwk.pending || n->global[FROM_SPS].pending ||
	       n->global[FROM_VMS].pending || v->set[FROM_SPS].pending ||
	       v->set[FROM_VMS].pending;
}

void notif_enter(struct call *c, unsigned int ep, unsigned int ec)
{
	struct ec *e = context(c->s, ep, ec);

	/* S-EL0 partitions take no interrupts. */
	if (config(c->s, ep)->kind != SPMC_SP_EL1 || !c->s->npi || e->npi ||
	    !notif_pending(c->s, ep, ec))
		return;
	e->npi = 1;
	c->out->npi = true;
}

void notif_quiet(const struct spmc *s, unsigned int ep)
{
	unsigned int i;

	for (i = 0; is_sp(s, ep) && i < config(s, ep)->ec_count; i++)
		if (!notif_pending(s, ep, i))
			context(s, ep, i)->npi = 0;
}

void notif_rx_full(struct call *c, unsigned int ep, unsigned int from,
		   bool delayed)
{
	bool by_hyp = !is_sp(c->s, from) && choice(c, CHOICE_RX_FULL_BY) ==
					    RX_FULL_BY_SENDER;

	/* Who does not receive notifications looks into RX unasked. */
	if (!notif_enabled(c->s, ep))
		return;
	notif_move(c->env, &notif_of(c->s, ep)->fwk,
		   by_hyp ? NOTIF_RX_FULL_HYP : NOTIF_RX_FULL, NOTIF_EV_SET);
	notif_tell(c, delayed);
}

bool notif_unread(const struct spmc *s, unsigned int ep)
{
	return notif_of(s, ep)->fwk.pending &
	       (NOTIF_RX_FULL | NOTIF_RX_FULL_HYP);
}

/* -- FFA_NOTIFICATION_SET -------------------------------------------------- */

static enum spmc_rule check_set(const struct call *c, uint16_t sender,
				uint16_t receiver)
{
	if (w(c, 2) & SET_RESERVED)
		return RULE_NOTIF_SET_FLAGS;
	if (w(c, 2) & SET_PER_VCPU && enforced(c, RULE_NOTIF_SET_PER_VCPU))
		return RULE_NOTIF_SET_PER_VCPU;
	if (!(w(c, 2) & SET_PER_VCPU) && bits(c, 2, 16, 31))
		return RULE_NOTIF_SET_GLOBAL_VCPU;
	if (sender == receiver)
		return RULE_NOTIF_SET_SELF;
	if (is_sp(c->s, c->ep) ? sender != config(c->s, c->ep)->id :
				 sender & FFA_ID_SECURE)
		return RULE_NOTIF_SET_CALLER;
	if (!is_sp(c->s, c->ep) && !(receiver & FFA_ID_SECURE))
		return RULE_NOTIF_SET_WORLD;
	if (!notif_bitmap(c, 3))
		return RULE_NOTIF_SET_EMPTY;
	if (!is_sp(c->s, c->ep) && w(c, 2) & SET_DELAY)
		return RULE_NOTIF_SET_DELAY;
	return RULE_NONE;
}

/* May the sender set these? */
static enum spmc_rule check_bound(const struct call *c, unsigned int ep,
				  int sender, enum notif_from from)
{
	const struct notif *n = notif_of(c->s, ep);
	uint64_t bitmap = notif_bitmap(c, 3), kind;
	unsigned int bit;

	if (bitmap & ~n->bound[from])
		return machine_ask(c->env, SPMC_M_NOTIF, NOTIF_UNBOUND,
				   NOTIF_EV_SET);
	for_each_notif(bit, bitmap)
		if (n->sender[from][bit] != sender)
			return RULE_NOTIF_SET_SENDER;
	kind = w(c, 2) & SET_PER_VCPU ? ~n->per_vcpu[from] : n->per_vcpu[from];
	if (bitmap & kind)
		return RULE_NOTIF_SET_KIND;
	if (w(c, 2) & SET_PER_VCPU &&
	    bits(c, 2, 16, 31) >= notif_vcpus(c->s, ep))
		return RULE_NOTIF_SET_VCPU;
	return RULE_NONE;
}

enum spmc_rule spmc_notif_set(struct call *c)
{
	uint16_t sender = (uint16_t)bits(c, 1, 16, 31);
	uint16_t receiver = (uint16_t)bits(c, 1, 0, 15);
	enum notif_from from = sender & FFA_ID_SECURE ? FROM_SPS : FROM_VMS;
	enum spmc_rule rule = check_set(c, sender, receiver);
	int found = find(c->s, receiver);
	struct notif_set *set;
	unsigned int ep;

	if (rule)
		return rule;
	if (found < 0)
		return RULE_NOTIF_SET_RECEIVER;
	ep = (unsigned int)found;
	if (!notif_enabled(c->s, ep))
		return RULE_NOTIF_SET_ABSENT;
	rule = check_bound(c, ep, find(c->s, sender), from);
	if (rule)
		return rule;

	set = w(c, 2) & SET_PER_VCPU ?
	      &notif_vcpu(c->s, ep, bits(c, 2, 16, 31))->set[from] :
	      &notif_of(c->s, ep)->global[from];
	notif_move(c->env, set, notif_bitmap(c, 3), NOTIF_EV_SET);
	notif_tell(c, w(c, 2) & SET_DELAY);
	return succeed(c, &(struct ffa_value){ 0 });
}

/* -- FFA_NOTIFICATION_GET -------------------------------------------------- */

static uint64_t take(const struct call *c, struct notif_set *set,
		     uint64_t mask)
{
	uint64_t got = set->pending & mask;

	notif_move(c->env, set, got, NOTIF_EV_GET);
	return got;
}

enum spmc_rule spmc_notif_get(struct call *c)
{
	uint16_t receiver = (uint16_t)bits(c, 1, 0, 15);
	unsigned int vcpu = bits(c, 1, 16, 31), ep, from;
	int found = find(c->s, receiver);
	uint64_t got[NOTIF_FROMS] = { 0 }, fwk = 0;
	struct notif *n;
	bool there;

	if (w(c, 2) & ~(uint32_t)GET_ALL && enforced(c, RULE_NOTIF_GET_FLAGS))
		return RULE_NOTIF_GET_FLAGS;
	if (is_sp(c->s, c->ep) ? receiver != config(c->s, c->ep)->id :
				 receiver & FFA_ID_SECURE)
		return RULE_NOTIF_GET_CALLER;
	if (!is_sp(c->s, c->ep) && w(c, 2) & (GET_VMS | GET_HYP) &&
	    enforced(c, RULE_NOTIF_GET_WORLD))
		return RULE_NOTIF_GET_WORLD;
	if (found < 0)
		return RULE_NOTIF_GET_RECEIVER;
	ep = (unsigned int)found;
	there = vcpu < notif_vcpus(c->s, ep);
	if (!there && enforced(c, RULE_NOTIF_GET_VCPU))
		return RULE_NOTIF_GET_VCPU;

	n = notif_of(c->s, ep);
	for (from = 0; from < NOTIF_FROMS; from++) {
		if (!(w(c, 2) & (from == FROM_SPS ? GET_SPS : GET_VMS)))
			continue;
		got[from] = take(c, &n->global[from], UINT64_MAX);
		if (there)
			got[from] |= take(c, &notif_vcpu(c->s, ep,
							 vcpu)->set[from],
					  UINT64_MAX);
	}
	if (w(c, 2) & GET_SPM)
		fwk |= take(c, &n->fwk, UINT32_MAX);
	if (w(c, 2) & GET_HYP)
		fwk |= take(c, &n->fwk, ~(uint64_t)UINT32_MAX);
	notif_quiet(c->s, ep);
	return succeed(c, &(struct ffa_value){
			.x[2] = (uint32_t)got[FROM_SPS],
			.x[3] = got[FROM_SPS] >> 32,
			.x[4] = (uint32_t)got[FROM_VMS],
			.x[5] = got[FROM_VMS] >> 32,
			.x[6] = (uint32_t)fwk,
			.x[7] = fwk >> 32,
		       });
}
