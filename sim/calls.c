/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "conduit/hyp.h"
#include "sim/calls.h"
#include "sim/rules.h"

/* -- counting -------------------------------------------------------------- */

void calls_note(struct calls *c, enum ffa_fn fn, uint32_t w1, enum calls_by by,
		uint32_t version, enum calls_end end)
{
	unsigned int v = ffa_since(version) - 10, i;

	if (fn >= FFA_FN_COUNT || v >= CALLS_VERSIONS)
		return;
	c->n[fn][by][v][end]++;
	if (fn != FFA_FN_FEATURES || end == CALLS_GATED)
		return;
	for (i = 0; i < ffa_feature_count; i++)
		if (ffa_features[i].id == w1)
			c->n[FFA_FN_COUNT + i][by][v][end]++;
}

enum calls_end calls_ended(unsigned int rule)
{
	if (!rule)
		return CALLS_DONE;
	return strcmp(rules_of(rule)->handler, "gate") ? CALLS_REFUSED :
							 CALLS_GATED;
}

enum calls_by calls_by(enum spmc_kind kind)
{
	switch (kind) {
	case SPMC_NS_PRIMARY:
		return CALLS_NS;
	case SPMC_VM:
		return CALLS_VM;
	case SPMC_SP_EL1:
		return CALLS_S_EL1;
	case SPMC_SP_EL0:
		return CALLS_S_EL0;
	}
	g_assert_not_reached();
}

/* -- names ----------------------------------------------------------------- */

static const struct {
	const char *name;
	enum ffa_instance inst;
} callers[CALLS_BY] = {
	[CALLS_NS] = { "NS", FFA_INST_NS_PHYS },
	[CALLS_VM] = { "VM", FFA_INST_NS_VIRT },
	[CALLS_S_EL1] = { "S-EL1", FFA_INST_S_VIRT },
	[CALLS_S_EL0] = { "S-EL0", FFA_INST_S_VIRT },
	[CALLS_SPMC] = { "SPMC", FFA_INST_S_PHYS },
};

const char *calls_by_name(enum calls_by by)
{
	return callers[by].name;
}

const char *calls_version_name(unsigned int version)
{
	static const char *const names[CALLS_VERSIONS] = {
		"1.0", "1.1", "1.2", "1.3",
	};

	return names[version];
}

const char *calls_row_name(unsigned int row)
{
	return row < FFA_FN_COUNT ? ffa_fns[row].name :
				    ffa_features[row - FFA_FN_COUNT].name;
}

uint32_t calls_row_id(unsigned int row)
{
	return row < FFA_FN_COUNT ? ffa_fns[row].fid :
				    ffa_features[row - FFA_FN_COUNT].id;
}

/* -- what the tables say ---------------------------------------------------- */

static bool lacks(enum spmc_profile profile, enum ffa_fn fn,
		  enum ffa_instance inst)
{
	unsigned int i;

	for (i = 0; i < spmc_difference_count; i++) {
		const struct spmc_difference *d = &spmc_differences[i];

		if (d->profile == profile && d->kind == SPMC_LACKS &&
		    d->fn == fn && d->inst & inst)
			return true;
	}
	return false;
}

/* Does who is called have the function? */
static bool has(enum ffa_fn fn, enum calls_by by, enum spmc_profile profile)
{
	const char *how = hyp_relays(fn);

	switch (by) {
	case CALLS_VM:
		/* it registers a VM's buffers by a call of its own */
		if (fn == FFA_FN_RXTX_MAP_32 || fn == FFA_FN_RXTX_MAP_64)
			return how;
		return how && (strcmp(how, "relays") ||
			       !lacks(profile, fn, FFA_INST_NS_VIRT));
	case CALLS_NS: case CALLS_S_EL1: case CALLS_S_EL0:
		return *spmc_handler_name(fn) &&
		       !lacks(profile, fn, callers[by].inst);
	case CALLS_SPMC:	/* it makes 32-bit calls to the SPMD */
		return !ffa_is_64(ffa_fns[fn].fid);
	case CALLS_BY:
		break;
	}
	return false;
}

/* Does it matter to the SPMC which version the caller has negotiated? */
static bool by_version(enum calls_by by, enum spmc_profile profile)
{
	unsigned int i;

	for (i = 1; i < spmc_rule_count; i++)
		if (!strcmp(spmc_rules[i].name, "GATE_VERSION"))
			return by == CALLS_VM || spmc_rule_checked(profile, i);
	g_assert_not_reached();
}

static enum calls_kind feature_kind(unsigned int i, enum calls_by by,
				    unsigned int minor)
{
	const struct ffa_feature_info *f = &ffa_features[i];

	return f->inst & callers[by].inst && f->since <= minor ?
	       CALLS_THERE : CALLS_ABSENT;
}

enum calls_kind calls_kind(unsigned int row, enum calls_by by,
			   unsigned int version, enum spmc_profile profile)
{
	unsigned int minor = version + 10, since = minor;
	const struct ffa_fn_info *f;

	if (!by_version(by, profile))
		since = ffa_since(spmc_profiles[profile].version);
	if (row >= FFA_FN_COUNT)
		return feature_kind(row - FFA_FN_COUNT, by, since);
	f = &ffa_fns[row];
	if (!(f->inst & callers[by].inst) || f->since > since ||
	    (f->until && f->until < minor))
		return CALLS_ABSENT;
	if (f->implemented && !*spmc_handler_name((enum ffa_fn)row))
		return CALLS_RESULT;
	return has((enum ffa_fn)row, by, profile) ? CALLS_THERE :
						    CALLS_LACKING;
}

bool calls_wanted(unsigned int row, enum calls_by by, unsigned int version,
		  enum spmc_profile profile)
{
	return by != CALLS_SPMC ||
	       calls_kind(row, by, version, profile) == CALLS_THERE;
}

bool calls_hit(const struct calls *c, unsigned int row, enum calls_by by,
	       unsigned int version, enum spmc_profile profile)
{
	const uint32_t *n = c->n[row][by][version];
	bool passed = n[CALLS_DONE] || n[CALLS_REFUSED];

	if (calls_kind(row, by, version, profile) == CALLS_THERE)
		return passed;
	/* FFA_FEATURES refuses a feature: no matter of the gate */
	if (row >= FFA_FN_COUNT)
		return n[CALLS_REFUSED] && !n[CALLS_DONE];
	return n[CALLS_GATED] && !passed;
}
