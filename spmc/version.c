/* SPDX-License-Identifier: BSD-3-Clause */
/* FFA_VERSION, FFA_ID_GET, FFA_SPM_ID_GET. */
#include "state.h"

/*
 * A lower minor version is what the SPMC then speaks. To a higher one it
 * answers with its own, which is in force from then on: Linux goes on with
 * the answer and never asks again (drivers/firmware/arm_ffa/driver.c,
 * ffa_version_check). OP-TEE and Xen clamp the same way. What others do is in
 * profiles.def.
 */
enum spmc_rule spmc_version(struct call *c)
{
	struct endpoint *e = endpoint(c->s, c->ep);
	uint32_t want = w(c, 1);
	enum spmc_rule rule;

	if (want & 0x80000000u)
		return RULE_VERSION_BIT31;
	if (e->ver == VER_LOCKED && !enforced(c, RULE_VERSION_LOCKED))
		return succeed_bare(c, e->version);
	if (want >> 16 != c->s->version >> 16)
		return enforced(c, RULE_VERSION_MAJOR) ?
		       RULE_VERSION_MAJOR : succeed_bare(c, c->s->version);
	if (want > c->s->version) {
		if (enforced(c, RULE_VERSION_HIGHER))
			return RULE_VERSION_HIGHER;
		if (choice(c, CHOICE_VERSION_HIGHER) == VERSION_HIGHER_IGNORES)
			return succeed_bare(c, c->s->version);
		want = c->s->version;
	}

	rule = machine_move(c->env, SPMC_M_VER, &e->ver,
			    want == e->version ? VER_EV_SAME : VER_EV_SET);
	if (rule)
		return refuse_about(c, rule, c->ep, SPMC_NOBODY);
	e->version = want;
	return succeed_bare(c, c->s->version);
}

void version_used(struct call *c)
{
	bool locks = c->fn != FFA_FN_VERSION;

	/* What starts again has used nothing. */
	if (c->fn == FFA_FN_ABORT_32 || c->fn == FFA_FN_ABORT_64)
		return;
	switch (choice(c, CHOICE_VERSION_LOCK)) {
	case VERSION_LOCK_FIRST:
		locks |= !is_sp(c->s, c->ep);
		break;
	case VERSION_LOCK_NEVER:
		locks = false;
		break;
	}
	if (locks)
		machine_move(c->env, SPMC_M_VER, &endpoint(c->s, c->ep)->ver,
			     VER_EV_USE);
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
