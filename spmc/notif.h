/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notifications: what their files share.
 *
 *	notif.c		bitmaps, FFA_NOTIFICATION_BIND, _UNBIND, crash
 *	notif_set.c	FFA_NOTIFICATION_SET, _GET, the two interrupts
 *	notif_info.c	FFA_NOTIFICATION_INFO_GET
 *	indirect.c	FFA_MSG_SEND2
 */
#ifndef SPMC_NOTIF_H
#define SPMC_NOTIF_H

#include "state.h"

enum { NOTIF_BITS = 64 };

/* The two sets of notifications of a receiver, by who sets them. */
enum notif_from { FROM_SPS, FROM_VMS, NOTIF_FROMS };

/* Pending ones, and those of them that FFA_NOTIFICATION_INFO_GET listed. */
struct notif_set {
	uint64_t pending, reported;
};

/* Of one vCPU of a receiver: the per-vCPU ones. */
struct notif_vcpu {
	struct notif_set set[NOTIF_FROMS];
};

/* Of one receiver. */
struct notif {
	uint8_t created;	/* a VM: it has bitmaps, */
	uint8_t pad[5];
	uint16_t vcpus;		/* for so many vCPUs */
	struct notif_set fwk;	/* the framework's */
	struct notif_set global[NOTIF_FROMS];
	uint64_t bound[NOTIF_FROMS];
	uint64_t per_vcpu[NOTIF_FROMS];	/* of the bound ones */
	/* Who may set a bound one: endpoint index; else 0. */
	uint8_t sender[NOTIF_FROMS][NOTIF_BITS];
};
_Static_assert(SPMC_MAX_ENDPOINTS <= 256, "fits sender[]");
_Static_assert(sizeof(struct notif) % 8 == 0, "hashed as words");

/* Framework notification, of SPMC [31:0] and hypervisor [63:32]. */
#define NOTIF_RX_FULL UINT64_C(1)
#define NOTIF_RX_FULL_HYP (NOTIF_RX_FULL << 32)

static inline struct notif *notif_of(const struct spmc *s, unsigned int ep)
{
	return (struct notif *)spmc_at(s, s->notifs) + ep;
}

static inline struct notif_vcpu *notif_vcpu(const struct spmc *s,
					    unsigned int ep, unsigned int vcpu)
{
	const uint32_t *first = spmc_at(s, s->first_vcpu);

	return (struct notif_vcpu *)spmc_at(s, s->notif_vcpus) + first[ep] +
	       vcpu;
}

/* The first notification of a bitmap that is not empty. */
static inline unsigned int notif_first(uint64_t bitmap)
{
	return (unsigned int)__builtin_ctzll(bitmap);
}
#define for_each_notif(bit, bitmap)					\
	for (uint64_t left_ = (bitmap);					\
	     left_ && ((bit) = notif_first(left_), true);		\
	     left_ &= left_ - 1)

/* -- notif.c --------------------------------------------------------------- */

/* The set that holds the notifications that an endpoint sets. */
enum notif_from notif_from(const struct spmc *s, unsigned int sender);

/* notif_vcpus: how many a receiver has; notif_enabled: does it receive? */
unsigned int notif_vcpus(const struct spmc *s, unsigned int ep);
bool notif_enabled(const struct spmc *s, unsigned int ep);

/* notif_move: an event of the notifications `bitmap` of one set. */
void notif_move(const struct spmc_env *env, struct notif_set *set,
		uint64_t bitmap, enum notif_event event);

/* notif_state: of a bound notification in a set. */
enum notif_state notif_state(const struct notif_set *set, unsigned int bit);

/* The bitmap in two w registers. */
static inline uint64_t notif_bitmap(const struct call *c, unsigned int reg)
{
	return w(c, reg) | (uint64_t)w(c, reg + 1) << 32;
}

/* -- notif_set.c ----------------------------------------------------------- */

/* notif_pending: is there one that this vCPU would get? */
bool notif_pending(const struct spmc *s, unsigned int ep, unsigned int vcpu);

/* notif_tell: the schedule receiver interrupt, now or with the return. */
void notif_tell(struct call *c, bool delayed);

/*
 * notif_quiet: after notifications went away: no interrupt pends for contexts
 * that would get nothing.
 */
void notif_quiet(const struct spmc *s, unsigned int ep);

/* notif_rx_full: a message of `from` was put into the RX buffer of `ep`. */
void notif_rx_full(struct call *c, unsigned int ep, unsigned int from,
		   bool delayed);

#endif
