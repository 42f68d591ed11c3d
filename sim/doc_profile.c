/* SPDX-License-Identifier: BSD-3-Clause */
/* In what real SPMCs differ: spmc/profiles.def, by profile and by name. */
#include <string.h>

#include "sim/doc.h"
#include "sim/doc_impl.h"
#include "spmc.h"

enum { SOURCE_COLUMN = 16 };

static const char *whom(unsigned int inst)
{
	bool secure = inst & (FFA_INST_S_VIRT | FFA_INST_S_PHYS);

	if (inst & FFA_INST_NS_PHYS)
		return secure ? "" : " to the normal world";
	return " to partitions";
}

static const char *code(int error)
{
	return error ? ffa_error_name(error) : "SMCCC unknown function";
}

static const struct spmc_choice_value *value_of(unsigned int choice,
						unsigned int value)
{
	for (unsigned int i = 0; i < spmc_choice_value_count; i++)
		if (spmc_choice_values[i].choice == choice &&
		    spmc_choice_values[i].value == value)
			return &spmc_choice_values[i];
	g_assert_not_reached();
}

/* What a row says of its function, rule or choice; a new string. */
static char *says(const struct spmc_difference *d)
{
	const char *to = whom(d->inst);

	switch (d->kind) {
	case SPMC_LACKS:
		return g_strdup_printf("not there: %s%s", code(d->error), to);
	case SPMC_ADVERTISES:
		return g_strdup_printf("FFA_FEATURES says yes%s, in vain", to);
	case SPMC_HIDES:
		return g_strdup_printf("FFA_FEATURES says no%s, though it is "
				       "there", to);
	case SPMC_ANSWERS:
		return g_strdup_printf("%s%s", code(d->error), to);
	case SPMC_ACCEPTS:
		return g_strdup_printf("not checked%s%s", *d->note ? ": " : "",
				       d->note);
	case SPMC_CHECKS:
		return g_strdup("checked");
	case SPMC_CHOICE:
		return g_strdup(value_of(d->choice, d->value)->sentence);
	}
	g_assert_not_reached();
}

/* "  hafnium    not checked (source)" */
static void by_profile(GString *out, const struct spmc_difference *d)
{
	g_autofree char *what = says(d), *text = NULL, *left = NULL;

	text = g_strdup_printf("%s (%s)", what, d->source);
	left = g_strdup_printf("  %s", spmc_profiles[d->profile].name);
	doc_row(out, left, 13, text);
}

void doc_rule_profiles(GString *out, unsigned int rule)
{
	unsigned int others = 0;

	for (unsigned int i = 0; i < spmc_difference_count; i++) {
		if (spmc_differences[i].rule != rule)
			continue;
		others += spmc_differences[i].kind == SPMC_CHECKS;
		by_profile(out, &spmc_differences[i]);
	}
	if (others)
		doc_row(out, "  others", 13, "not checked");
}

char *doc_rule_brief(unsigned int rule)
{
	g_autoptr(GString) text = g_string_new(NULL);
	/* numbers from there on are the hypervisor's, whom no profile is of */
	bool only = rule < spmc_rule_count &&
		    !spmc_rule_checked(SPMC_SPEC, rule);

	for (unsigned int i = 0; i < spmc_difference_count; i++) {
		const struct spmc_difference *d = &spmc_differences[i];
		g_autofree char *what = NULL;

		if (d->rule != rule)
			continue;
		what = says(d);
		g_string_append_printf(text, "%s%s: %s", text->len ? "; " : "",
				       spmc_profiles[d->profile].name, what);
	}
	if (only)
		g_string_append(text, "; only there");
	return g_string_free(g_steal_pointer(&text), FALSE);
}

void doc_fn_profiles(GString *out, enum ffa_fn fn)
{
	for (unsigned int i = 0; i < spmc_difference_count; i++)
		if (spmc_differences[i].fn == fn)
			by_profile(out, &spmc_differences[i]);
}

/* -- choices ---------------------------------------------------------------- */

bool doc_choice(GString *out, const char *name)
{
	unsigned int choice = 0;

	while (choice < spmc_choice_count &&
	       strcmp(spmc_choices[choice].name, name))
		choice++;
	if (choice == spmc_choice_count)
		return false;
	doc_title(out, "%s  a choice of profiles", name);
	doc_text(out, 2, spmc_choices[choice].sentence);
	g_string_append_c(out, '\n');
	for (unsigned int i = 0; i < spmc_choice_value_count; i++) {
		const struct spmc_choice_value *v = &spmc_choice_values[i];
		g_autofree char *left = g_strdup_printf("    %s", v->name);

		if (v->choice == choice)
			doc_row(out, left, 18, v->sentence);
	}
	g_string_append_c(out, '\n');
	for (unsigned int p = 0; p < SPMC_PROFILE_COUNT; p++) {
		const char *does = value_of(choice, 0)->name, *source = NULL;
		g_autofree char *text = NULL, *left = NULL;

		for (unsigned int i = 0; i < spmc_difference_count; i++) {
			const struct spmc_difference *d = &spmc_differences[i];

			if (d->profile != p || d->kind != SPMC_CHOICE ||
			    d->choice != choice)
				continue;
			does = value_of(choice, d->value)->name;
			source = d->source;
		}
		text = source ? g_strdup_printf("%s (%s)", does, source) :
				g_strdup(does);
		left = g_strdup_printf("  %s", spmc_profiles[p].name);
		doc_row(out, left, 13, text);
	}
	return true;
}

/* -- profiles ----------------------------------------------------------------- */

static bool same(const struct spmc_difference *a,
		 const struct spmc_difference *b)
{
	return a->profile == b->profile && a->kind == b->kind &&
	       a->fn != FFA_FN_UNKNOWN && a->inst == b->inst &&
	       a->error == b->error && !strcmp(a->source, b->source);
}

/* The headline of a row, or of several about functions that are the same. */
static const struct spmc_difference *row(GString *out,
					 const struct spmc_difference *d)
{
	const struct spmc_difference *end = spmc_differences +
					    spmc_difference_count;
	g_autofree char *what = says(d);
	g_autoptr(GString) names = g_string_new(NULL);

	if (d->kind == SPMC_CHOICE) {
		g_string_printf(names, "%s: %s", spmc_choices[d->choice].name,
				value_of(d->choice, d->value)->name);
		doc_text(out, 4, names->str);
		doc_text(out, 8, spmc_choices[d->choice].sentence);
		doc_row(out, "        here:", SOURCE_COLUMN, what);
	} else if (d->rule) {
		const struct spmc_rule_info *r = &spmc_rules[d->rule];

		g_string_append_printf(names, "%s: %s", r->name, what);
		if (d->kind == SPMC_ANSWERS)
			g_string_append_printf(names, ", not %s",
					       code(r->error));
		doc_text(out, 4, names->str);
		doc_text(out, 8, r->sentence);
	} else {
		const struct spmc_difference *first = d;

		for (; d < end && same(first, d); d++)
			g_string_append_printf(names, "%s%s",
					       names->len ? ", " : "",
					       ffa_fns[d->fn].name);
		doc_text(out, 4, names->str);
		doc_text(out, 8, what);
		d--;
	}
	doc_row(out, "        source:", SOURCE_COLUMN, d->source);
	return d;
}

static void group(GString *out, enum spmc_profile profile,
		  enum spmc_difference_kind kind, const char *title)
{
	const struct spmc_difference *d = spmc_differences;
	const struct spmc_difference *end = d + spmc_difference_count;
	bool any = false;

	for (; d < end; d++) {
		if (d->profile != profile || d->kind != kind)
			continue;
		if (!any)
			doc_head(out, title);
		any = true;
		d = row(out, d);
	}
}

static void defaults(GString *out)
{
	doc_head(out, "what is left open");
	for (unsigned int i = 0; i < spmc_choice_count; i++) {
		doc_text(out, 4, spmc_choices[i].name);
		doc_text(out, 8, spmc_choices[i].sentence);
		doc_row(out, "        here:", SOURCE_COLUMN,
			value_of(i, 0)->sentence);
	}
}

void doc_profile(GString *out, enum spmc_profile profile)
{
	static const struct {
		enum spmc_difference_kind kind;
		const char *title;
	} groups[] = {
		{ SPMC_LACKS, "functions that are not there" },
		{ SPMC_ADVERTISES, "functions that FFA_FEATURES promises" },
		{ SPMC_HIDES, "functions that FFA_FEATURES denies" },
		{ SPMC_CHOICE, "what is left open" },
		{ SPMC_ACCEPTS, "rules that are not checked" },
		{ SPMC_CHECKS, "rules that `spec` does not check" },
		{ SPMC_ANSWERS, "rules with another error code" },
	};
	const struct spmc_profile_info *p = &spmc_profiles[profile];
	g_autofree char *version = g_strdup_printf("%u.%u", p->version >> 16,
						   p->version & 0xffff);

	doc_title(out, "%s  a profile: %s", p->name, p->sentence);
	doc_row(out, "  version", 13, version);
	if (profile == SPMC_SPEC)
		defaults(out);
	for (unsigned int i = 0; i < G_N_ELEMENTS(groups); i++)
		group(out, profile, groups[i].kind, groups[i].title);
}

bool doc_profile_named(GString *out, const char *name)
{
	enum spmc_profile p = spmc_profile_find(name);

	if (p == SPMC_PROFILE_COUNT)
		return false;
	doc_profile(out, p);
	return true;
}
