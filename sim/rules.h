/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules of the SPMC and of the hypervisor in front of it, as one list. */
#ifndef SIM_RULES_H
#define SIM_RULES_H

#include "spmc.h"

/*
 * In an outcome of the runner a rule from here on is the hypervisor's, by its
 * number in conduit/hyp_rules.def.
 */
enum { RULES_HYP = SPMC_MAX_RULES };

/* rules_of: the rule of such an outcome, which is not 0. */
const struct spmc_rule_info *rules_of(unsigned int rule);

/* rules_count, rules_at: every rule, 0 to count - 1. */
unsigned int rules_count(void);
const struct spmc_rule_info *rules_at(unsigned int i);
/* rules_checked: does the profile look at rules_at(i) at all? */
bool rules_checked(enum spmc_profile profile, unsigned int i);
/* rules_hits: how often rules_at(i) refused a call. */
uint32_t rules_hits(const struct spmc_cover *c, unsigned int i);

#endif
