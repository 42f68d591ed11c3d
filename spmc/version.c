/* SPDX-License-Identifier: BSD-3-Clause */
/* FFA_VERSION, FFA_ID_GET, FFA_SPM_ID_GET. */
#include "state.h"

/*
 * A lower minor version is what the SPMC then speaks. To a higher one it
 * answers with its own, which is in force from then on: Linux goes on with
 * the answer and never asks again (drivers/firmware/arm_ffa/driver.c,
 * ffa_version_check). OP-TEE and Xen clamp the same way; Hafnium refuses, and
 * TF-A's EL3 SPMC answers with its own version without recording anything.
 */
enum spmc_rule spmc_version(struct call *c)
{
	struct endpoint *e = endpoint(c->s, c->ep);
	uint32_t want = w(c, 1);
	enum spmc_rule rule;

	if (want & 0x80000000u)
		return RULE_VERSION_BIT31;
	if (want >> 16 != c->s->version >> 16)
		return RULE_VERSION_MAJOR;
	if (want > c->s->version)
		want = c->s->version;

	rule = machine_move(c->env, SPMC_M_VER, &e->ver,
			    want == e->version ? VER_EV_SAME : VER_EV_SET);
	if (rule)
		return refuse_about(c, rule, c->ep, SPMC_NOBODY);
	e->version = want;
	return succeed_bare(c, c->s->version);
}

enum spmc_rule spmc_id_get(struct call *c)
{
	return succeed(c, &(struct ffa_value){
		.x[2] = config(c->s, c->ep)->id });
}

enum spmc_rule spmc_spm_id_get(struct call *c)
{
	return succeed(c, &(struct ffa_value){ .x[2] = FFA_ID_SPMC });
}
