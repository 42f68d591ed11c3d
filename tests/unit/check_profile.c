/* SPDX-License-Identifier: BSD-3-Clause */
/* Every row of profiles.def names something, and changes something. */
#include <string.h>

#include "sim/ffs.h"
#include "unit.h"
#include "world.h"

static bool is_last_of_kind(const struct spmc_difference *d)
{
	for (unsigned int i = 0; i < spmc_difference_count; i++) {
		const struct spmc_difference *o = &spmc_differences[i];

		if (o > d && o->profile == d->profile && o->kind == d->kind &&
		    o->fn == d->fn && o->rule == d->rule &&
		    o->choice == d->choice && o->inst & d->inst)
			return false;
	}
	return true;
}

/* Is the function there by the ABI table for somebody that the row is for? */
static bool there(const struct spmc_difference *d)
{
	return spmc_handler_name(d->fn)[0] && ffa_fns[d->fn].inst & d->inst;
}

static void check_row(const struct spmc_difference *d)
{
	ck_assert_ptr_nonnull(d->note);
	ck_assert_msg(*d->source, "no source");
	ck_assert_uint_lt(d->profile, SPMC_PROFILE_COUNT);
	ck_assert_msg(d->profile != SPMC_SPEC, "spec is the text");
	ck_assert_msg(is_last_of_kind(d), "said twice");
	switch (d->kind) {
	case SPMC_LACKS:
		ck_assert_msg(there(d), "%s is not there anyway",
			      ffa_fns[d->fn].name);
		break;
	case SPMC_ADVERTISES:
		/* it is lacking by another row, or the instance has it not */
		ck_assert_uint_lt(d->fn, FFA_FN_COUNT);
		break;
	case SPMC_HIDES:
		ck_assert_msg((there(d) || ffa_fns[d->fn].implemented) &&
			      ffa_fns[d->fn].inst & d->inst, "%s",
			      ffa_fns[d->fn].name);
		break;
	case SPMC_ANSWERS:
		ck_assert_int_ne(d->error, spmc_rules[d->rule].error);
		ck_assert_msg(spmc_rule_checked(d->profile, d->rule), "%s",
			      spmc_rules[d->rule].name);
		break;
	case SPMC_ACCEPTS:
		ck_assert(!spmc_rule_checked(d->profile, d->rule));
		ck_assert(spmc_rule_checked(SPMC_SPEC, d->rule));
		break;
	case SPMC_CHECKS:
		ck_assert(spmc_rule_checked(d->profile, d->rule));
		ck_assert(!spmc_rule_checked(SPMC_SPEC, d->rule));
		break;
	case SPMC_CHOICE:
		ck_assert_uint_lt(d->choice, spmc_choice_count);
		ck_assert_uint_ne(d->value, 0);
		break;
	}
}

START_TEST(rows)
{
	for (unsigned int i = 0; i < spmc_difference_count; i++)
		check_row(&spmc_differences[i]);
}
END_TEST

/* Choices have values from 0 on, in order; each is somebody's. */
START_TEST(choices)
{
	unsigned int choice = 0, next = 0;

	for (unsigned int i = 0; i < spmc_choice_value_count; i++) {
		const struct spmc_choice_value *v = &spmc_choice_values[i];
		bool used = v->value == 0;

		if (v->choice != choice) {
			ck_assert_uint_eq(v->choice, choice + 1);
			ck_assert_uint_gt(next, 1);
			choice++;
			next = 0;
		}
		ck_assert_uint_eq(v->value, next++);
		for (unsigned int k = 0; k < spmc_difference_count; k++)
			used |= spmc_differences[k].kind == SPMC_CHOICE &&
				spmc_differences[k].choice == choice &&
				spmc_differences[k].value == v->value;
		ck_assert_msg(used, "nobody does %s of %s", v->name,
			      spmc_choices[choice].name);
	}
	ck_assert_uint_eq(choice + 1, spmc_choice_count);
}
END_TEST

START_TEST(names)
{
	const struct ffs_row *row = ffs_rows;
	g_autoptr(GString) all = g_string_new(NULL);

	for (unsigned int i = 0; i < SPMC_PROFILE_COUNT; i++) {
		ck_assert_uint_eq(spmc_profile_find(spmc_profiles[i].name), i);
		g_string_append_printf(all, "%s%s", i ? " " : "",
				       spmc_profiles[i].name);
	}
	ck_assert_uint_eq(spmc_profile_find("nobody"), SPMC_PROFILE_COUNT);
	/* what `requires profile==` takes */
	while (row->word != FFS_W_REQUIRES || strcmp(row->name, "profile"))
		row++;
	ck_assert_str_eq(row->choices, all->str);
}
END_TEST

static struct world *world_of(enum spmc_profile profile)
{
	struct spmc_endpoint_config *e;
	struct spmc_region *r;
	struct spmc_config *cfg = world_config(&e, &r);
	struct world *w;

	cfg->profile = profile;
	cfg->rxtx_max_pages = spmc_profile_rxtx_max(profile);
	w = world_new(cfg);
	world_ns(w);
	return w;
}

/* FFA_FEATURES is what a call says, but where a row says otherwise. */
START_TEST(features)
{
	struct world *w = world_of((enum spmc_profile)_i);

	for (unsigned int fn = 0; fn < FFA_FN_COUNT; fn++) {
		enum spmc_rule rule = gate(w->s, (enum ffa_fn)fn,
					   FFA_INST_NS_PHYS, FFA_V1_2);
		bool passes = !rule || rule == RULE_GATE_RESULT;
		bool other = false;
		uint32_t input = 0;

		for (unsigned int i = 0; i < spmc_difference_count; i++) {
			const struct spmc_difference *d = &spmc_differences[i];

			other |= (int)d->profile == _i && d->fn == fn &&
				 d->inst & FFA_INST_NS_PHYS &&
				 d->kind == (passes ? SPMC_HIDES :
						      SPMC_ADVERTISES);
		}
		CALL(w, FFA_ID_FEATURES, ffa_fns[fn].fid, 0);
		/* one has to be told that the caller knows of the NS bit */
		for (unsigned int i = 0; i < ffa_prop_count; i++)
			if (ffa_props[i].fn == fn && ffa_props[i].input)
				input |= 1u << ffa_props[i].lo;
		if (w->out.rule == RULE_FEATURES_RETRIEVE_NS)
			CALL(w, FFA_ID_FEATURES, ffa_fns[fn].fid, input);
		ck_assert_msg(!w->out.rule == (passes != other), "%s",
			      ffa_fns[fn].name);
	}
	world_free(w);
}
END_TEST

/* What a profile takes away is refused, and changes nothing. */
START_TEST(lacking)
{
	for (unsigned int i = 0; i < spmc_difference_count; i++) {
		const struct spmc_difference *d = &spmc_differences[i];
		struct world *w;
		uint64_t hash;

		if (d->kind != SPMC_LACKS || !(d->inst & FFA_INST_NS_PHYS) ||
		    !(ffa_fns[d->fn].inst & FFA_INST_NS_PHYS) ||
		    ffa_fns[d->fn].since > 12)
			continue;
		w = world_of(d->profile);
		hash = spmc_hash(w->s);
		CALL(w, ffa_fns[d->fn].fid, NS_PA, NS_PA + FFA_PAGE_SIZE, 1);
		ck_refused(w, GATE_UNIMPLEMENTED);
		ck_assert_int_eq((int)w->out.regs.x[2], d->error);
		ck_assert(spmc_hash(w->s) == hash);
		world_free(w);
	}
}
END_TEST

static uint64_t pick(uint64_t *seed)
{
	static const uint64_t values[] = {
		0, 0, 0, 1, 2, 3, 5, 0x10, 0x8001, 0x8002, 0x18001, 0x80010000,
		0x80010001, 0x80020000, 0x80018002, 0x80028001, 0x80000000,
		0x80000004, 0x80000006, 0x80000155, 0xffffffff, NS_PA,
		NS_PA + FFA_PAGE_SIZE, NS_PA + 8, VM_PA, SP_PA,
		SP_PA + FFA_PAGE_SIZE, SP2_PA, SP2_PA + FFA_PAGE_SIZE, DEV_PA,
		FFA_V1_0, FFA_V1_1, FFA_V1_2, FFA_V1_3, 0x20000,
	};

	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return values[*seed % G_N_ELEMENTS(values)];
}

/* Whatever is called: no refused call changes anything, and all goes on. */
START_TEST(anything)
{
	struct world *w = world_of((enum spmc_profile)_i);
	uint64_t seed = 0x9e3779b97f4a7c15u, before;

	for (unsigned int n = 0; n < 20000; n++) {
		enum ffa_fn fn;

		pick(&seed);
		fn = (enum ffa_fn)(seed % FFA_FN_COUNT);
		if (!(seed >> 40 & 0xff)) {
			spmc_preempt(w->s, &w->env, 0, &w->out);
			continue;
		}
		before = spmc_hash(w->s);
		/* an error ends a partition's life: not too often */
		if (fn == FFA_FN_ERROR)
			continue;
		CALL(w, ffa_fns[fn].fid, pick(&seed), pick(&seed), pick(&seed),
		     pick(&seed), pick(&seed), pick(&seed));
		ck_assert_msg(!w->out.rule || spmc_hash(w->s) == before, "%s",
			      spmc_rules[w->out.rule].name);
	}
	world_free(w);
}
END_TEST

START_TEST(configuration)
{
	struct spmc_endpoint_config *e;
	struct spmc_region *r;
	struct spmc_config *cfg = world_config(&e, &r);
	int where;

	cfg->profile = SPMC_PROFILE_COUNT;
	ck_assert_str_eq(spmc_check_config(cfg, &where), "unknown profile");
	ck_assert_uint_eq(spmc_profile_rxtx_max(SPMC_HAFNIUM), 1);
	ck_assert_uint_eq(spmc_profile_rxtx_max(SPMC_SPEC),
			  SPMC_MAX_RXTX_PAGES);
}
END_TEST

Suite *check_profile(void)
{
	Suite *s = suite_create("profile");
	TCase *t = tcase_create("tables");

	tcase_add_test(t, rows);
	tcase_add_test(t, choices);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	t = tcase_create("calls");
	tcase_add_loop_test(t, features, 0, SPMC_PROFILE_COUNT);
	tcase_add_test(t, lacking);
	tcase_add_loop_test(t, anything, 0, SPMC_PROFILE_COUNT);
	tcase_add_test(t, configuration);
	suite_add_tcase(s, t);
	return s;
}
