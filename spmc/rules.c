/* SPDX-License-Identifier: BSD-3-Clause */
/* rules.def as a table. */
#include "state.h"

/* The error column: FFA_ERROR codes, and what is answered without FFA_ERROR. */
#define UNKNOWN	0
#define BARE	FFA_NOT_SUPPORTED

/* Codes are looked up by name, so that a row reads DENIED, not FFA_DENIED. */
enum rule_error {
#define FFA_ERR(sym, code, sentence) ERR_##sym = code,
#include "ffa/ffa_abi.def"
	ERR_UNKNOWN = UNKNOWN,
	ERR_BARE = BARE,
};

const struct spmc_rule_info spmc_rules[] = {
	[RULE_NONE] = { "NONE", "", "the call was not refused", "", "", 0,
			SPMC_READS_NOTHING, false },
#define RULE(id, handler, error, reads, sentence, source, differs)	\
	[RULE_##id] = { #id, #handler, sentence, source, differs,	\
			(int)ERR_##error, SPMC_READS_##reads, false },
#define RULE_DROPS(id, handler, error, reads, sentence, source, differs) \
	[RULE_##id] = { #id, #handler, sentence, source, differs,	\
			(int)ERR_##error, SPMC_READS_##reads, true },
#include "rules.def"
};

const unsigned int spmc_rule_count = RULE_COUNT;
_Static_assert(sizeof(spmc_rules) / sizeof(spmc_rules[0]) == RULE_COUNT,
	       "a row for each rule");
