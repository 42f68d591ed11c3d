/* SPDX-License-Identifier: BSD-3-Clause */
/* hyp_rules.def as a table. */
#include "hyp_impl.h"

/* The error column, as in spmc/rules.c. */
enum rule_error {
#define FFA_ERR(sym, code, sentence) ERR_##sym = code,
#include "ffa/ffa_abi.def"
	ERR_UNKNOWN = 0,
	ERR_BARE = FFA_NOT_SUPPORTED,
};

const struct spmc_rule_info hyp_rules[] = {
	[HYP_RULE_NONE] = { "NONE", "", "the call was not refused", "", "", 0,
			    SPMC_READS_NOTHING },
#define RULE(id, handler, error, sentence, source, differs)		\
	[RULE_##id] = { #id, #handler, sentence, source, differs,	\
			    (int)ERR_##error, SPMC_READS_NOTHING },
#include "hyp_rules.def"
};

const unsigned int hyp_rule_count = HYP_RULE_COUNT;
_Static_assert(sizeof(hyp_rules) / sizeof(hyp_rules[0]) == HYP_RULE_COUNT,
	       "a row for each rule");
_Static_assert((int)HYP_RULE_COUNT <= (int)SPMC_MAX_RELAYED,
	       "what spmc_cover counts");
