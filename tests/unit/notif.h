/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls about notifications on CPU 0, and answers of INFO_GET read back. */
#ifndef TESTS_UNIT_NOTIF_H
#define TESTS_UNIT_NOTIF_H

#include "chain.h"

#define CREATE(w, vm, n)						\
	ON(w, 0, FFA_ID_NOTIFICATION_BITMAP_CREATE, vm, n)
#define BIND(w, from, to, flags, map)					\
	ON(w, 0, FFA_ID_NOTIFICATION_BIND, FROM_TO(from, to), flags,	\
	   (uint32_t)(map), (map) >> 32)
#define UNBIND(w, from, to, map)					\
	ON(w, 0, FFA_ID_NOTIFICATION_UNBIND, FROM_TO(from, to), 0,	\
	   (uint32_t)(map), (map) >> 32)
#define SET(w, from, to, flags, map)					\
	ON(w, 0, FFA_ID_NOTIFICATION_SET, FROM_TO(from, to), flags,	\
	   (uint32_t)(map), (map) >> 32)
#define GET(w, vcpu, to, flags)						\
	ON(w, 0, FFA_ID_NOTIFICATION_GET, FROM_TO(vcpu, to), flags)
#define INFO64(w)		ON(w, 0, FFA_ID_NOTIFICATION_INFO_GET_64)
#define INFO32(w)		ON(w, 0, FFA_ID_NOTIFICATION_INFO_GET_32)

enum { VCPUS = 40, PER_VCPU = 1, DELAY = 2 };
enum { SPS = 1, VMS = 2, SPM = 4, HYP = 8 };
#define VCPU(n)	((uint32_t)(n) << 16 | PER_VCPU)
#define BIT(n)	((uint64_t)1 << (n))

/* What a scheduler was told: [endpoint][vCPU], and [GLOBAL]. */
enum { GLOBAL = VCPUS };
struct told {
	unsigned int times[ENDPOINTS][VCPUS + 1];
	unsigned int lists;
};

/* notif_world: as chain_new, with VCPUS vCPUs for each VM. */
struct world *notif_world(void);

/* told_by: adds what an answer tells; is there more? */
bool told_by(const struct world *w, bool wide, struct told *to);

/* The value in two w registers. */
uint64_t two_regs(const struct world *w, unsigned int reg);

#endif
