/* SPDX-License-Identifier: BSD-3-Clause */
/* profiles.def as tables, and what they mean for a call. */
#include "state.h"

/*
 * `whom` says which of two worlds a row is for, as an index and as a mask. A
 * row that is there twice is an initializer that overrides another one.
 */
enum world { WORLD_NORMAL, WORLD_SECURE, WORLDS };
enum {
	MASK_NORMAL = FFA_INST_NS_PHYS | FFA_INST_NS_VIRT,
	MASK_SECURE = FFA_INST_S_PHYS | FFA_INST_S_VIRT,
	MASK_ALL = MASK_NORMAL | MASK_SECURE,
};
#define FOR_NORMAL(profile, index, ...)					\
	[SPMC_##profile][WORLD_NORMAL][index] = __VA_ARGS__,
#define FOR_SECURE(profile, index, ...)					\
	[SPMC_##profile][WORLD_SECURE][index] = __VA_ARGS__,
#define FOR_ALL(profile, index, ...)					\
	FOR_NORMAL(profile, index, __VA_ARGS__)				\
	FOR_SECURE(profile, index, __VA_ARGS__)

static enum world world_of(enum ffa_instance inst)
{
	return inst & MASK_SECURE ? WORLD_SECURE : WORLD_NORMAL;
}

/* An error code in a table whose zero means that there is no row. */
enum answer {
	ANSWER_UNKNOWN = 1,
#define FFA_ERR(sym, code, sentence) ANSWER_##sym = 1 - (code),
#include "ffa/ffa_abi.def"
};
static int error_of(uint8_t answer)
{
	return 1 - answer;
}

static const uint8_t lacking[SPMC_PROFILE_COUNT][WORLDS][FFA_FN_COUNT] = {
#define LACKS(profile, fn, error, whom, source) \
	FOR_##whom(profile, FFA_FN_##fn, ANSWER_##error)
#include "profiles.def"
};

static const bool advertised[SPMC_PROFILE_COUNT][WORLDS][FFA_FN_COUNT] = {
#define ADVERTISES(profile, fn, whom, source) \
	FOR_##whom(profile, FFA_FN_##fn, true)
#include "profiles.def"
};

static const bool hidden[SPMC_PROFILE_COUNT][WORLDS][FFA_FN_COUNT] = {
#define HIDES(profile, fn, whom, source) \
	FOR_##whom(profile, FFA_FN_##fn, true)
#include "profiles.def"
};

static const uint8_t answers[SPMC_PROFILE_COUNT][WORLDS][RULE_COUNT] = {
#define ANSWERS(profile, rule, error, whom, source) \
	FOR_##whom(profile, RULE_##rule, ANSWER_##error)
#include "profiles.def"
};

static const bool accepted[SPMC_PROFILE_COUNT][RULE_COUNT] = {
#define ACCEPTS(profile, rule, note, source) \
	[SPMC_##profile][RULE_##rule] = true,
#include "profiles.def"
};

/* A rule that some profile CHECKS is checked by no other. */
static const struct checks {
	bool by[SPMC_PROFILE_COUNT];
} checks[RULE_COUNT] = {
#define CHECKS(profile, rule, source) \
	[RULE_##rule].by[SPMC_##profile] = true,
#include "profiles.def"
};

static const uint8_t chosen[SPMC_PROFILE_COUNT][CHOICE_COUNT] = {
#define CHOICE(profile, choice, value, source) \
	[SPMC_##profile][CHOICE_##choice] = choice##_##value,
#include "profiles.def"
};

/* -- for calls ------------------------------------------------------------------ */

bool spmc_rule_checked(enum spmc_profile profile, unsigned int rule)
{
	const struct checks *here = &checks[rule];
	bool special = false;
	unsigned int i;

	for (i = 0; i < SPMC_PROFILE_COUNT; i++)
		special |= here->by[i];
	return special ? here->by[profile] : !accepted[profile][rule];
}

bool profile_enforces(const struct spmc *s, enum spmc_rule rule)
{
	return spmc_rule_checked((enum spmc_profile)s->profile, rule);
}

unsigned int profile_choice(const struct spmc *s, enum choice what)
{
	return chosen[s->profile][what];
}

bool profile_lacks(const struct spmc *s, enum ffa_fn fn,
		   enum ffa_instance inst)
{
	return lacking[s->profile][world_of(inst)][fn] != 0;
}

int profile_error(const struct spmc *s, enum spmc_rule rule, enum ffa_fn fn,
		  enum ffa_instance inst)
{
	enum world world = world_of(inst);

	if (rule == RULE_GATE_UNIMPLEMENTED && lacking[s->profile][world][fn])
		return error_of(lacking[s->profile][world][fn]);
	if (answers[s->profile][world][rule])
		return error_of(answers[s->profile][world][rule]);
	return spmc_rules[rule].error;
}

bool profile_features(const struct spmc *s, enum ffa_fn fn,
		      enum ffa_instance inst, bool passes)
{
	enum world world = world_of(inst);

	return passes ? !hidden[s->profile][world][fn] :
			advertised[s->profile][world][fn];
}

uint32_t profile_version(const struct spmc *s, uint32_t version)
{
	return profile_enforces(s, RULE_GATE_VERSION) ? version : s->version;
}

uint16_t spmc_profile_rxtx_max(enum spmc_profile profile)
{
	return chosen[profile][CHOICE_RXTX_MAX] == RXTX_MAX_ONE ?
	       1 : SPMC_MAX_RXTX_PAGES;
}

/* -- for reading ---------------------------------------------------------------- */

const struct spmc_profile_info spmc_profiles[SPMC_PROFILE_COUNT] = {
#define PROFILE(id, name, sentence, version) \
	[SPMC_##id] = { name, sentence, version },
#include "profiles.def"
};

enum spmc_profile spmc_profile_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < SPMC_PROFILE_COUNT; i++)
		if (!strcmp(spmc_profiles[i].name, name))
			break;
	return (enum spmc_profile)i;
}

const struct spmc_named spmc_choices[] = {
#define CHOICE_OF(choice, name, sentence) \
	[CHOICE_##choice] = { name, sentence },
#include "profiles.def"
};
const unsigned int spmc_choice_count = CHOICE_COUNT;

const struct spmc_choice_value spmc_choice_values[] = {
#define VALUE(choice, value, name, sentence) \
	{ CHOICE_##choice, choice##_##value, name, sentence },
#include "profiles.def"
};
const unsigned int spmc_choice_value_count =
	sizeof(spmc_choice_values) / sizeof(spmc_choice_values[0]);

/* what a row says about a function, a rule, a choice */
#define OF_FN(id) .fn = FFA_FN_##id, .rule = RULE_NONE
#define OF_RULE(id) .fn = FFA_FN_UNKNOWN, .rule = RULE_##id
#define OF_CHOICE(id, picked)						\
	.fn = FFA_FN_UNKNOWN, .rule = RULE_NONE,			\
	.choice = CHOICE_##id, .value = id##_##picked
#define ROW(id, what, whom, text, from, ...)				\
	{ .profile = SPMC_##id, .kind = SPMC_##what, .inst = MASK_##whom, \
	  .note = text, .source = from, __VA_ARGS__ },
#define CODE(name) .error = 1 - (int)ANSWER_##name

const struct spmc_difference spmc_differences[] = {
#define LACKS(profile, fn, error, whom, source) \
	ROW(profile, LACKS, whom, "", source, OF_FN(fn), CODE(error))
#define ADVERTISES(profile, fn, whom, source) \
	ROW(profile, ADVERTISES, whom, "", source, OF_FN(fn))
#define HIDES(profile, fn, whom, source) \
	ROW(profile, HIDES, whom, "", source, OF_FN(fn))
#define ANSWERS(profile, rule, error, whom, source) \
	ROW(profile, ANSWERS, whom, "", source, OF_RULE(rule), CODE(error))
#define ACCEPTS(profile, rule, note, source) \
	ROW(profile, ACCEPTS, ALL, note, source, OF_RULE(rule))
#define CHECKS(profile, rule, source) \
	ROW(profile, CHECKS, ALL, "", source, OF_RULE(rule))
#define CHOICE(profile, choice, value, source) \
	ROW(profile, CHOICE, ALL, "", source, OF_CHOICE(choice, value))
#include "profiles.def"
};
const unsigned int spmc_difference_count =
	sizeof(spmc_differences) / sizeof(spmc_differences[0]);
