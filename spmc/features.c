/* SPDX-License-Identifier: BSD-3-Clause */
/* FFA_FEATURES: the gate's own answer, so that the two cannot differ. */
#include "state.h"

static unsigned int minor_of(uint32_t version)
{
	return 10 + (version & 0xffff);
}

static uint32_t feature_intid(const struct spmc *s, uint32_t id)
{
	switch (id) {
	case FFA_FEATURE_NPI:
		return s->npi;
	case FFA_FEATURE_SRI:
		return s->sri;
	case FFA_FEATURE_MEI:
		return s->mei;
	default:	/* NOTIFICATION: none implemented */
		return 0;
	}
}

/* Is the feature there for the caller? Then *intid is what it is told. */
static bool has_feature(const struct call *c, const struct ffa_feature_info *f,
			uint32_t *intid)
{
	*intid = feature_intid(c->s, f->id);
	switch (choice(c, CHOICE_FEATURE_IDS)) {
	case FEATURE_IDS_NONE:
		return false;
	case FEATURE_IDS_NORMAL_SRI:
		if (is_sp(c->s, c->ep))
			return false;
		if (f->id == FFA_FEATURE_MEI) {
			*intid = 0;
			return true;
		}
		return f->id == FFA_FEATURE_SRI && *intid;
	default:
		return f->inst & c->inst && *intid;
	}
}

static enum spmc_rule feature(struct call *c, uint32_t id)
{
	uint32_t version = profile_version(c->s,
					   endpoint(c->s, c->ep)->version);
	const struct ffa_feature_info *f = NULL;
	uint32_t intid;
	unsigned int i;

	if (w(c, 2))
		return RULE_FEATURES_FEATURE_INPUT;
	for (i = 0; i < ffa_feature_count; i++)
		if (ffa_features[i].id == id)
			f = &ffa_features[i];
	if (!f)
		return RULE_FEATURES_FEATURE_ID;
	if (f->since > minor_of(version) || !has_feature(c, f, &intid))
		return refuse_about(c, RULE_FEATURES_FEATURE_ABSENT, c->ep,
				    SPMC_NOBODY);
	return succeed(c, &(struct ffa_value){ .x[2] = intid });
}

/* Does a bit of w2 mean something for this function? */
static bool has_input(enum ffa_fn fn)
{
	unsigned int i;

	for (i = 0; i < ffa_prop_count; i++)
		if (ffa_props[i].fn == fn && ffa_props[i].input)
			return true;
	return false;
}

enum spmc_rule spmc_features(struct call *c)
{
	uint32_t version = endpoint(c->s, c->ep)->version;
	struct ffa_value val = { 0 };
	uint32_t id = w(c, 1);
	enum ffa_fn fn;
	enum spmc_rule rule;

	if (!(id & 0x80000000u))
		return feature(c, id);

	/* An id with the SVE hint set is no function's id. */
	fn = ffa_fn_find(id);
	if (fn == FFA_FN_UNKNOWN || ffa_fns[fn].fid != id)
		return RULE_FEATURES_FUNCTION;
	if (w(c, 2) && !has_input(fn) && enforced(c, RULE_FEATURES_INPUT))
		return RULE_FEATURES_INPUT;
	rule = gate(c->s, fn, c->inst, version);
	if (!profile_features(c->s, fn, c->inst,
			      !rule || rule == RULE_GATE_RESULT))
		return refuse_about(c, RULE_FEATURES_FUNCTION, c->ep,
				    SPMC_NOBODY);
	/*
	 * Of the functions implemented only these have properties, and none
	 * has input properties: w2 is then reserved, and ignored.
	 */
	if ((fn == FFA_FN_RXTX_MAP_32 || fn == FFA_FN_RXTX_MAP_64) &&
	    version >= FFA_V1_2 &&
	    choice(c, CHOICE_FEATURES_RXTX_MAX) == FEATURES_RXTX_MAX_TOLD)
		val.x[2] = (uint32_t)c->s->rxtx_max_pages << 16;
	return succeed(c, &val);
}
