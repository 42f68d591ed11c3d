/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FFA_NOTIFICATION_INFO_GET: which endpoints and vCPUs have something pending
 * that the scheduler was not told of. A list of one id is an endpoint with
 * global notifications; a longer one an endpoint and up to three vCPUs of it
 * with their own. The two are never one list (Hafnium before 2.14 put vCPUs
 * behind a global entry, which then cannot be told from none).
 */
#include "notif.h"

enum {
	IDS_32 = 10, IDS_64 = 20,	/* 16 bits each, from register 3 on */
	LIST_VCPUS = 3,
	MORE = 1, COUNT_SHIFT = 7, SIZES_SHIFT = 12, SIZE_BITS = 2,
};

struct info {
	uint16_t ids[IDS_64];
	uint8_t sizes[IDS_64];	/* of a list, less its endpoint */
	unsigned int count, max, lists;
	bool full;
};

static bool news(const struct notif_set *set)
{
	return set->pending & ~set->reported;
}

static bool any_global(const struct spmc *s, unsigned int ep)
{
	const struct notif *n = notif_of(s, ep);

	return news(&n->fwk) || news(&n->global[FROM_SPS]) ||
	       news(&n->global[FROM_VMS]);
}

static bool any_vcpu(const struct spmc *s, unsigned int ep, unsigned int vcpu)
{
	const struct notif_vcpu *v = notif_vcpu(s, ep, vcpu);

	return news(&v->set[FROM_SPS]) || news(&v->set[FROM_VMS]);
}

static void report(const struct call *c, struct notif_set *set)
{
	notif_move(c->env, set, set->pending & ~set->reported, NOTIF_EV_INFO);
}

static void list_global(const struct call *c, unsigned int ep, struct info *to)
{
	struct notif *n = notif_of(c->s, ep);

	if (!any_global(c->s, ep))
		return;
	if (to->count == to->max) {
		to->full = true;
		return;
	}
	to->ids[to->count++] = config(c->s, ep)->id;
	to->sizes[to->lists++] = 0;
	report(c, &n->fwk);
	report(c, &n->global[FROM_SPS]);
	report(c, &n->global[FROM_VMS]);
}

static void list_vcpus(const struct call *c, unsigned int ep, struct info *to)
{
	unsigned int vcpu, left = 0;	/* places in the list that is open */

	for (vcpu = 0; vcpu < notif_vcpus(c->s, ep); vcpu++) {
		struct notif_vcpu *v = notif_vcpu(c->s, ep, vcpu);

		if (!any_vcpu(c->s, ep, vcpu))
			continue;
		if (to->max - to->count < (left ? 1u : 2u)) {
			to->full = true;
			return;
		}
		if (!left) {
			to->ids[to->count++] = config(c->s, ep)->id;
			to->sizes[to->lists++] = 0;
			left = LIST_VCPUS;
		}
		to->ids[to->count++] = (uint16_t)vcpu;
		to->sizes[to->lists - 1]++;
		left--;
		report(c, &v->set[FROM_SPS]);
		report(c, &v->set[FROM_VMS]);
	}
}

/* Partitions first, then the normal world, as in Hafnium. */
static void list_world(const struct call *c, bool secure, struct info *to)
{
	unsigned int ep;

	for (ep = 0; ep < c->s->endpoint_count && !to->full; ep++) {
		if (is_sp(c->s, ep) != secure)
			continue;
		list_global(c, ep, to);
		if (!to->full)
			list_vcpus(c, ep, to);
	}
}

enum spmc_rule spmc_notif_info_get(struct call *c)
{
	bool wide = c->fn == FFA_FN_NOTIFICATION_INFO_GET_64;
	struct info info = { .max = wide ? IDS_64 : IDS_32 };
	unsigned int each = wide ? 4 : 2, i;
	struct ffa_value val = { 0 };

	list_world(c, true, &info);
	list_world(c, false, &info);
	if (!info.count)
		return RULE_NOTIF_INFO_NO_DATA;

	/* It is full only when something did not fit. */
	val.x[2] = (info.full ? MORE : 0) | info.lists << COUNT_SHIFT;
	for (i = 0; i < info.lists; i++)
		val.x[2] |= (uint64_t)info.sizes[i]
			    << (SIZES_SHIFT + i * SIZE_BITS);
	for (i = 0; i < info.count; i++)
		val.x[3 + i / each] |= (uint64_t)info.ids[i]
				       << (i % each * 16);
	return succeed(c, &val);
}
