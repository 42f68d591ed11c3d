/* SPDX-License-Identifier: BSD-3-Clause */
/* FFA_FEATURES: the gate's own answer, so that the two cannot differ. */
#include "state.h"

/* Properties of FFA_MEM_RETRIEVE_REQ. */
enum { RETRIEVE_NS = 1 << 1, RETRIEVE_HYP = 1 << 2 };

/* Values of FFA_FEATURE_NOTIFICATION. */
enum { NO_PER_VCPU_VMS = 1 << 0, NO_PER_VCPU_SPS = 1 << 1 };

/* The value of a feature; false if it is not implemented for the caller. */
static bool feature_value(const struct call *c, uint32_t id, uint32_t *val)
{
	*val = 0;
	switch (id) {
	case FFA_FEATURE_NPI:
		/* HF: S-EL0 partitions take no interrupts */
		if (config(c->s, c->ep)->kind != SPMC_SP_EL0)
			*val = c->s->npi;
		break;
	case FFA_FEATURE_SRI:
		*val = c->s->sri;
		break;
	case FFA_FEATURE_MEI:
		if (config(c->s, c->ep)->kind != SPMC_SP_EL0)
			*val = c->s->mei;
		break;
	case FFA_FEATURE_NOTIFICATION:
		if (enforced(c, RULE_NOTIF_BIND_PER_VCPU))
			*val = NO_PER_VCPU_VMS | NO_PER_VCPU_SPS;
		return true;
	}
	return *val;
}

/* Is the feature there for the caller? Then *val is what it is told. */
static bool has_feature(const struct call *c, const struct ffa_feature_info *f,
			uint32_t *val)
{
	bool there = feature_value(c, f->id, val);

	switch (choice(c, CHOICE_FEATURE_IDS)) {
	case FEATURE_IDS_NONE:
		return false;
	case FEATURE_IDS_NORMAL_SRI:
		if (is_sp(c->s, c->ep))
			return false;
		if (f->id == FFA_FEATURE_MEI) {
			*val = 0;
			return true;
		}
		return f->id == FFA_FEATURE_SRI && there;
	default:
		return f->inst & c->inst && there;
	}
}

static enum spmc_rule feature(struct call *c, uint32_t id)
{
	uint32_t version = profile_version(c->s,
					   endpoint(c->s, c->ep)->version);
	const struct ffa_feature_info *f = NULL;
	uint32_t val;
	unsigned int i;

	if (w(c, 2))
		return RULE_FEATURES_FEATURE_INPUT;
	for (i = 0; i < ffa_feature_count; i++)
		if (ffa_features[i].id == id)
			f = &ffa_features[i];
	if (!f)
		return RULE_FEATURES_FEATURE_ID;
	if (f->since > ffa_since(version) || !has_feature(c, f, &val))
		return refuse_about(c, RULE_FEATURES_FEATURE_ABSENT, c->ep,
				    SPMC_NOBODY);
	return succeed(c, &(struct ffa_value){ .x[2] = val });
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

/* FFA_MEM_RETRIEVE_REQ: must the caller know the NS bit, what is it told? */
static bool retrieve_props(const struct call *c, uint32_t *props)
{
	bool new = endpoint(c->s, c->ep)->version >= FFA_V1_1;
	bool ns = w(c, 2) & RETRIEVE_NS;

	*props = c->s->dynbuf;
	switch (choice(c, CHOICE_FEATURES_RETRIEVE)) {
	case FEATURES_RETRIEVE_PARTITIONS:
		if (!is_sp(c->s, c->ep))
			return !ns;
		*props |= ns ? RETRIEVE_NS : 0;
		return ns || !new;
	case FEATURES_RETRIEVE_ALWAYS:
		*props |= RETRIEVE_NS | RETRIEVE_HYP;
		return ns || !new;
	default:
		*props |= new ? RETRIEVE_NS | RETRIEVE_HYP : 0;
		return ns || !new;
	}
}

bool features_for(const struct spmc *s, unsigned int ep, enum ffa_fn fn)
{
	const struct spmc_endpoint_config *cfg = config(s, ep);

	if (profile_choice(s, CHOICE_FEATURES_CALLER) ==
	    FEATURES_CALLER_INSTANCE)
		return true;
	switch (ffa_fns[fn].fid & 0xff) {
	case FFA_ID_MEM_PERM_GET_32 & 0xff:
	case FFA_ID_MEM_PERM_SET_32 & 0xff:
		return cfg->kind == SPMC_SP_EL0;
	case FFA_ID_SECONDARY_EP_REGISTER_32 & 0xff:
		return cfg->ec_count > 1;
	case FFA_ID_ABORT_32 & 0xff:
		return endpoint(s, ep)->version >= FFA_V1_3;
	default:
		return true;
	}
}

enum spmc_rule spmc_features(struct call *c)
{
	uint32_t version = endpoint(c->s, c->ep)->version;
	struct ffa_value val = { 0 };
	uint32_t id = w(c, 1), props;
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
			      !rule || rule == RULE_GATE_RESULT) ||
	    !features_for(c->s, c->ep, fn))
		return refuse_about(c, RULE_FEATURES_FUNCTION, c->ep,
				    SPMC_NOBODY);
	/* The 32-bit and the 64-bit form of a function have the same number. */
	switch (id & 0xff) {
	case FFA_ID_RXTX_MAP_32 & 0xff:
		if (version >= FFA_V1_2 &&
		    choice(c, CHOICE_FEATURES_RXTX_MAX) ==
		    FEATURES_RXTX_MAX_TOLD)
			val.x[2] = (uint32_t)c->s->rxtx_max_pages << 16;
		break;
	case FFA_ID_MEM_DONATE_32 & 0xff:
	case FFA_ID_MEM_LEND_32 & 0xff:
	case FFA_ID_MEM_SHARE_32 & 0xff:
		val.x[2] = c->s->dynbuf ||
			   choice(c, CHOICE_FEATURES_DYNBUF) ==
			   FEATURES_DYNBUF_TOLD;
		break;
	case FFA_ID_MEM_RETRIEVE_REQ_32 & 0xff:
		if (!retrieve_props(c, &props))
			return refuse_about(c, RULE_FEATURES_RETRIEVE_NS,
					    c->ep, SPMC_NOBODY);
		val.x[2] = props;
		break;
	default:	/* no properties; w2 is reserved, and ignored */
		break;
	}
	return succeed(c, &val);
}
