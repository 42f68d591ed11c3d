/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ffasim with a model that is wrong in a different way in each of some calls,
 * so that tests see what the program says of its own mistakes. Linked with
 * --wrap=spmc_call.
 */
#include <string.h>

#include "spmc.h"

void __real_spmc_call(struct spmc *s, const struct spmc_env *env,
		      unsigned int cpu, const struct ffa_value *in,
		      struct spmc_outcome *out);
void __wrap_spmc_call(struct spmc *s, const struct spmc_env *env,
		      unsigned int cpu, const struct ffa_value *in,
		      struct spmc_outcome *out);

void __wrap_spmc_call(struct spmc *s, const struct spmc_env *env,
		      unsigned int cpu, const struct ffa_value *in,
		      struct spmc_outcome *out)
{
	static const struct ffa_value other = {
		.x = { 0x84000063, FFA_V1_0 },	/* FFA_VERSION(1.0) */
	};
	static const struct ffa_value create = {
		.x = { 0x8400007d, 0, 1 },	/* a bitmap of notifications */
	};
	static unsigned int count;
	struct spmc_outcome ignored;

	__real_spmc_call(s, env, cpu, in, out);
	switch (in->x[0]) {
	case 0x84000060:	/* FFA_ERROR: refused, but not without effect */
		__real_spmc_call(s, env, cpu, &other, &ignored);
		break;
	case 0x84000069:	/* FFA_ID_GET: a bit too much */
		out->regs.x[2] |= UINT64_C(1) << 40;
		break;
	case 0x84000064:	/* FFA_FEATURES: somebody else's answer */
		out->endpoint ^= 1;
		break;
	case 0x84000077:	/* FFA_MEM_RECLAIM of what somebody holds */
		if (!strcmp(spmc_rules[out->rule].name, "RECLAIM_HELD"))
			__real_spmc_call(s, env, cpu, &create, &ignored);
		break;
	case 0x84000085:	/* FFA_SPM_ID_GET: never twice the same */
		out->regs.x[2] = ++count;
		break;
	}
}
