/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit.h"
#include "notif.h"

struct world *notif_world(void)
{
	struct spmc_endpoint_config *eps;
	struct spmc_config *cfg = chain_config(&eps);

	cfg->vcpus = VCPUS;
	return chain_new(cfg);
}

uint64_t two_regs(const struct world *w, unsigned int reg)
{
	return w->out.regs.x[reg] | w->out.regs.x[reg + 1] << 32;
}

/*
 * Reads an answer as a driver does: the number of lists, then for each list
 * its number of ids less one; a list of one id is an endpoint without vCPU.
 * Every id has its place, and what is left over is zero.
 */
bool told_by(const struct world *w, bool wide, struct told *to)
{
	const struct ffa_value *v = &w->out.regs;
	unsigned int lists = v->x[2] >> 7 & 0x1f, at = 0, list, i;
	unsigned int places = wide ? 20 : 10;
	uint16_t ids[20] = { 0 };

	for (i = 0; i < places; i++)
		ids[i] = (uint16_t)(wide ? v->x[3 + i / 4] >> 16 * (i % 4) :
					   v->x[3 + i / 2] >> 16 * (i % 2));
	ck_assert_uint_gt(lists, 0);
	ck_assert_uint_le(lists, places);
	for (list = 0; list < lists; list++) {
		unsigned int vcpus = v->x[2] >> (12 + 2 * list) & 3;
		int ep;

		ck_assert_uint_le(at + 1 + vcpus, places);
		ep = spmc_find(w->s, ids[at++]);
		ck_assert_int_ge(ep, 0);
		if (!vcpus)
			to->times[ep][GLOBAL]++;
		for (; vcpus; vcpus--) {
			ck_assert_uint_lt(ids[at], VCPUS);
			to->times[ep][ids[at++]]++;
		}
	}
	to->lists += lists;
	for (; at < places; at++)
		ck_assert_uint_eq(ids[at], 0);
	/* nothing else is in x2, and a 32-bit answer has no upper halves */
	ck_assert_uint_eq(v->x[2] >> (12 + 2 * lists), 0);
	ck_assert_uint_eq(v->x[2] & 0x7e, 0);
	for (i = 2; !wide && i < 8; i++)
		ck_assert_uint_eq(v->x[i] >> 32, 0);
	return v->x[2] & 1;
}
