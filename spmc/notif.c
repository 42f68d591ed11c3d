/* SPDX-License-Identifier: BSD-3-Clause */
/* Notifications: who may set which. Bitmaps of VMs, binding, crash. */
#include "notif.h"

enum { PER_VCPU = 1 };	/* w2 of FFA_NOTIFICATION_BIND */

/* The rule of that name of the handler that runs. */
#define BIND_RULE(c, id)						\
	((c)->fn == FFA_FN_NOTIFICATION_BIND ? RULE_NOTIF_BIND_##id :	\
					       RULE_NOTIF_UNBIND_##id)

enum notif_from notif_from(const struct spmc *s, unsigned int sender)
{
	return is_sp(s, sender) ? FROM_SPS : FROM_VMS;
}

unsigned int notif_vcpus(const struct spmc *s, unsigned int ep)
{
	return is_sp(s, ep) ? config(s, ep)->ec_count : notif_of(s, ep)->vcpus;
}

bool notif_enabled(const struct spmc *s, unsigned int ep)
{
	return is_sp(s, ep) ? config(s, ep)->props & FFA_PART_NOTIFICATION :
			      notif_of(s, ep)->created;
}

enum notif_state notif_state(const struct notif_set *set, unsigned int bit)
{
	uint64_t mask = (uint64_t)1 << bit;

	if (!(set->pending & mask))
		return NOTIF_BOUND;
	return set->reported & mask ? NOTIF_REPORTED : NOTIF_PENDING;
}

void notif_move(const struct spmc_env *env, struct notif_set *set,
		uint64_t bitmap, enum notif_event event)
{
	unsigned int bit;

	for_each_notif(bit, bitmap) {
		uint64_t mask = (uint64_t)1 << bit;
		uint8_t state = (uint8_t)notif_state(set, bit);

		machine_move(env, SPMC_M_NOTIF, &state, event);
		set->pending &= ~mask;
		set->reported &= ~mask;
		if (state == NOTIF_PENDING || state == NOTIF_REPORTED)
			set->pending |= mask;
		if (state == NOTIF_REPORTED)
			set->reported |= mask;
	}
}

/* What is pending of a receiver, for any vCPU; reported if for all. */
static struct notif_set anywhere(const struct spmc *s, unsigned int ep,
				 enum notif_from from)
{
	struct notif_set all = notif_of(s, ep)->global[from];
	uint64_t news = all.pending & ~all.reported;
	unsigned int i;

	for (i = 0; i < notif_vcpus(s, ep); i++) {
		const struct notif_set *set = &notif_vcpu(s, ep, i)->set[from];

		all.pending |= set->pending;
		news |= set->pending & ~set->reported;
	}
	all.reported = all.pending & ~news;
	return all;
}

static enum notif_state state_of(const struct spmc *s, unsigned int ep,
				 enum notif_from from,
				 const struct notif_set *all, unsigned int bit)
{
	return notif_of(s, ep)->bound[from] >> bit & 1 ?
	       notif_state(all, bit) : NOTIF_UNBOUND;
}

/* The rule that refuses an event of one of the notifications, or none. */
static enum spmc_rule ask(struct call *c, unsigned int ep,
			  enum notif_from from, uint64_t bitmap,
			  enum notif_event event)
{
	const struct notif_set all = anywhere(c->s, ep, from);
	unsigned int bit;

	for_each_notif(bit, bitmap) {
		enum spmc_rule rule = machine_ask(
			c->env, SPMC_M_NOTIF,
			state_of(c->s, ep, from, &all, bit), event);

		if (rule)
			return rule;
	}
	return RULE_NONE;
}

/* Notifications become unbound, by an event that nothing refuses. */
static void unbind(const struct spmc *s, const struct spmc_env *env,
		   unsigned int ep, enum notif_from from, uint64_t bitmap,
		   enum notif_event event)
{
	const struct notif_set all = anywhere(s, ep, from);
	struct notif *n = notif_of(s, ep);
	unsigned int bit, i;

	for_each_notif(bit, bitmap) {
		uint8_t state = (uint8_t)state_of(s, ep, from, &all, bit);

		machine_move(env, SPMC_M_NOTIF, &state, event);
		n->sender[from][bit] = 0;
	}
	n->bound[from] &= ~bitmap;
	n->per_vcpu[from] &= ~bitmap;
	n->global[from].pending &= ~bitmap;
	n->global[from].reported &= ~bitmap;
	for (i = 0; i < notif_vcpus(s, ep); i++) {
		struct notif_set *set = &notif_vcpu(s, ep, i)->set[from];

		set->pending &= ~bitmap;
		set->reported &= ~bitmap;
	}
}

/* -- bitmaps of VMs -------------------------------------------------------- */

/* The VM in w1, or the primary; or -1. */
static int receiver_vm(const struct call *c)
{
	int found = find(c->s, (uint16_t)bits(c, 1, 0, 15));

	return found >= 0 && !is_sp(c->s, (unsigned int)found) ? found : -1;
}

enum spmc_rule spmc_notif_create(struct call *c)
{
	int vm = receiver_vm(c);
	struct notif *n;
	bool all;

	if (vm < 0)
		return RULE_NOTIF_CREATE_VM;
	n = notif_of(c->s, (unsigned int)vm);
	if (n->created)
		return RULE_NOTIF_CREATE_TWICE;
	all = vm == 0 && choice(c, CHOICE_NOTIF_VCPUS) == NOTIF_VCPUS_PRIMARY;
	if (!all && w(c, 2) > c->s->vcpus) {
		if (enforced(c, RULE_NOTIF_CREATE_VCPUS))
			return RULE_NOTIF_CREATE_VCPUS;
		all = true;
	}
	n->created = 1;
	n->vcpus = all ? c->s->vcpus : (uint16_t)w(c, 2);
	return succeed(c, &(struct ffa_value){ 0 });
}

enum spmc_rule spmc_notif_destroy(struct call *c)
{
	int vm = receiver_vm(c);
	enum spmc_rule rule;
	unsigned int ep;
	struct notif *n;

	if (vm < 0)
		return RULE_NOTIF_DESTROY_VM;
	ep = (unsigned int)vm;
	n = notif_of(c->s, ep);
	if (!n->created && enforced(c, RULE_NOTIF_DESTROY_ABSENT))
		return RULE_NOTIF_DESTROY_ABSENT;
	/* VMs have their own notifications from their hypervisor. */
	rule = ask(c, ep, FROM_SPS, n->bound[FROM_SPS], NOTIF_EV_DESTROY);
	if (rule)
		return rule;
	if (n->fwk.pending && enforced(c, RULE_NOTIF_DESTROY_UNREAD))
		return refuse_about(c, RULE_NOTIF_DESTROY_UNREAD, ep,
				    SPMC_NOBODY);
	if (n->bound[FROM_SPS] && enforced(c, RULE_NOTIF_DESTROY_BOUND))
		return RULE_NOTIF_DESTROY_BOUND;
	unbind(c->s, c->env, ep, FROM_SPS, n->bound[FROM_SPS],
	       NOTIF_EV_DESTROY);
	n->fwk = (struct notif_set){ 0 };
	n->created = 0;
	n->vcpus = 0;
	return succeed(c, &(struct ffa_value){ 0 });
}

/* -- binding --------------------------------------------------------------- */

static enum spmc_rule check_ids(const struct call *c, uint16_t sender,
				uint16_t receiver)
{
	if (sender == receiver)
		return BIND_RULE(c, SELF);
	if (is_sp(c->s, c->ep) ? receiver != config(c->s, c->ep)->id :
				 receiver & FFA_ID_SECURE)
		return BIND_RULE(c, CALLER);
	if (!is_sp(c->s, c->ep) && !(sender & FFA_ID_SECURE))
		return BIND_RULE(c, WORLD);
	return RULE_NONE;
}

/* What BIND and UNBIND have in common. */
static enum spmc_rule check_update(struct call *c, unsigned int *ep,
				   int *sender)
{
	uint16_t from = (uint16_t)bits(c, 1, 16, 31);
	uint16_t to = (uint16_t)bits(c, 1, 0, 15);
	enum spmc_rule rule = check_ids(c, from, to);
	int found;

	if (rule)
		return rule;
	if (!notif_bitmap(c, 3) && enforced(c, BIND_RULE(c, EMPTY)))
		return BIND_RULE(c, EMPTY);
	found = find(c->s, to);
	if (found < 0)
		return BIND_RULE(c, RECEIVER);
	*ep = (unsigned int)found;
	if (endpoint(c->s, *ep)->version < FFA_V1_1 &&
	    enforced(c, BIND_RULE(c, VERSION)))
		return refuse_about(c, BIND_RULE(c, VERSION), *ep,
				    SPMC_NOBODY);
	if (!notif_enabled(c->s, *ep) && enforced(c, BIND_RULE(c, ABSENT)))
		return BIND_RULE(c, ABSENT);
	*sender = find(c->s, from);
	return RULE_NONE;
}

enum spmc_rule spmc_notif_bind(struct call *c)
{
	uint64_t bitmap = notif_bitmap(c, 3);
	enum notif_from from;
	enum spmc_rule rule;
	struct notif *n;
	unsigned int ep, bit;
	int sender;

	if (w(c, 2) & PER_VCPU && enforced(c, RULE_NOTIF_BIND_PER_VCPU))
		return RULE_NOTIF_BIND_PER_VCPU;
	if (w(c, 2) & ~(uint32_t)PER_VCPU)
		return RULE_NOTIF_BIND_FLAGS;
	rule = check_update(c, &ep, &sender);
	if (rule)
		return rule;
	if (sender < 0)
		return RULE_NOTIF_BIND_SENDER;
	if (is_dead(c->s, (unsigned int)sender))
		return refuse_about(c, RULE_NOTIF_BIND_SENDER,
				    (unsigned int)sender, SPMC_NOBODY);
	from = notif_from(c->s, (unsigned int)sender);
	rule = ask(c, ep, from, bitmap, NOTIF_EV_BIND);
	if (rule)
		return rule;

	n = notif_of(c->s, ep);
	for_each_notif(bit, bitmap) {
		uint8_t state = NOTIF_UNBOUND;

		machine_move(c->env, SPMC_M_NOTIF, &state, NOTIF_EV_BIND);
		n->sender[from][bit] = (uint8_t)sender;
	}
	n->bound[from] |= bitmap;
	if (w(c, 2) & PER_VCPU)
		n->per_vcpu[from] |= bitmap;
	return succeed(c, &(struct ffa_value){ 0 });
}

enum spmc_rule spmc_notif_unbind(struct call *c)
{
	uint64_t bitmap = notif_bitmap(c, 3);
	enum notif_from from;
	enum spmc_rule rule;
	unsigned int ep, bit;
	struct notif *n;
	int sender;

	if (w(c, 2))
		return RULE_NOTIF_UNBIND_FLAGS;
	rule = check_update(c, &ep, &sender);
	if (rule)
		return rule;
	n = notif_of(c->s, ep);
	from = bits(c, 1, 16, 31) & FFA_ID_SECURE ? FROM_SPS : FROM_VMS;
	if (bitmap & ~n->bound[from]) {
		rule = ask(c, ep, from, bitmap & ~n->bound[from],
			   NOTIF_EV_UNBIND);
		if (enforced(c, rule))
			return rule;
		bitmap &= n->bound[from];
	}
	for_each_notif(bit, bitmap)
		if (n->sender[from][bit] != sender &&
		    enforced(c, RULE_NOTIF_UNBIND_SENDER))
			return RULE_NOTIF_UNBIND_SENDER;
	rule = ask(c, ep, from, bitmap, NOTIF_EV_UNBIND);
	if (rule)
		return rule;
	unbind(c->s, c->env, ep, from, bitmap, NOTIF_EV_UNBIND);
	return succeed(c, &(struct ffa_value){ 0 });
}

/* -- crash ----------------------------------------------------------------- */

void notif_death(struct spmc *s, const struct spmc_env *env, unsigned int ep)
{
	unsigned int from, i, bit;
	struct notif *n = notif_of(s, ep);

	for (from = 0; from < NOTIF_FROMS; from++)
		unbind(s, env, ep, (enum notif_from)from, n->bound[from],
		       NOTIF_EV_DIE);
	n->fwk = (struct notif_set){ 0 };
	notif_quiet(s, ep);

	from = notif_from(s, ep);
	for (i = 0; i < s->endpoint_count; i++) {
		uint64_t bitmap = 0;

		n = notif_of(s, i);
		for_each_notif(bit, n->bound[from])
			if (n->sender[from][bit] == ep)
				bitmap |= (uint64_t)1 << bit;
		if (!bitmap)
			continue;
		unbind(s, env, i, (enum notif_from)from, bitmap, NOTIF_EV_DIE);
		notif_quiet(s, i);
	}
}

/* -- looking in ------------------------------------------------------------ */

void spmc_notifications(const struct spmc *s, unsigned int ep,
			unsigned int vcpu, struct spmc_notifications *to)
{
	const struct notif *n = notif_of(s, ep);
	unsigned int from;

	*to = (struct spmc_notifications){
		.enabled = notif_enabled(s, ep),
		.vcpus = (uint16_t)notif_vcpus(s, ep),
		.fwk = n->fwk.pending,
	};
	for (from = 0; from < NOTIF_FROMS; from++) {
		to->bound[from] = n->bound[from];
		to->per_vcpu[from] = n->per_vcpu[from];
		to->pending[from] = n->global[from].pending;
		if (vcpu < to->vcpus)
			to->pending[from] |=
				notif_vcpu(s, ep, vcpu)->set[from].pending;
	}
}
