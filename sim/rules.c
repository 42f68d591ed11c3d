/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include "conduit/hyp.h"

const struct spmc_rule_info *rules_of(unsigned int rule)
{
	return rule < RULES_HYP ? &spmc_rules[rule] :
				  &hyp_rules[rule - RULES_HYP];
}

/* Number 0 of each table is no rule. */
unsigned int rules_count(void)
{
	return spmc_rule_count - 1 + hyp_rule_count - 1;
}

const struct spmc_rule_info *rules_at(unsigned int i)
{
	return ++i < spmc_rule_count ? &spmc_rules[i] :
				       &hyp_rules[i - spmc_rule_count + 1];
}

bool rules_checked(enum spmc_profile profile, unsigned int i)
{
	return ++i >= spmc_rule_count || spmc_rule_checked(profile, i);
}

uint32_t rules_hits(const struct spmc_cover *c, unsigned int i)
{
	return ++i < spmc_rule_count ? c->rule[i] :
				       c->relayed[i - spmc_rule_count + 1];
}
