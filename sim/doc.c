/* SPDX-License-Identifier: BSD-3-Clause */
/* Layout of `ffasim doc`, the list of names, and finding one. */
#include <string.h>

#include "conduit/lint.h"
#include "sim/codec_impl.h"
#include "sim/doc.h"
#include "sim/doc_impl.h"
#include "sim/lit.h"
#include "sim/ffs.h"
#include "partition.h"
#include "sim/rules.h"
#include "spmc.h"

/* -- layout ------------------------------------------------------------------- */

void doc_title(GString *out, const char *fmt, ...)
{
	va_list ap;

	if (out->len)
		g_string_append_c(out, '\n');
	va_start(ap, fmt);
	g_string_append_vprintf(out, fmt, ap);
	va_end(ap);
	g_string_append(out, "\n\n");
}

void doc_head(GString *out, const char *text)
{
	g_string_append_printf(out, "\n  %s\n", text);
}

static void indent(GString *out, unsigned int n)
{
	g_string_append_printf(out, "%*s", (int)n, "");
}

/* Words from column `at` on; the cursor is there already. */
static void wrap(GString *out, unsigned int at, const char *text)
{
	unsigned int col = at;

	while (*text) {
		size_t len = strcspn(text, " ");
		unsigned int wide = (unsigned int)g_utf8_strlen(text,
								(gssize)len);

		if (col > at && col + 1 + wide > DOC_WIDTH) {
			g_string_append_c(out, '\n');
			indent(out, at);
			col = at;
		}
		if (col > at) {
			g_string_append_c(out, ' ');
			col++;
		}
		g_string_append_len(out, text, (gssize)len);
		col += wide;
		text += len;
		text += strspn(text, " ");
	}
	g_string_append_c(out, '\n');
}

void doc_text(GString *out, unsigned int at, const char *text)
{
	indent(out, at);
	wrap(out, at, text);
}

void doc_row(GString *out, const char *left, unsigned int column,
	     const char *text)
{
	unsigned int wide = (unsigned int)g_utf8_strlen(left, -1);

	g_string_append(out, left);
	if (!*text) {
		g_string_append_c(out, '\n');
		return;
	}
	if (wide >= column) {
		g_string_append_c(out, '\n');
		wide = 0;
	}
	indent(out, column - wide);
	wrap(out, column, text);
}

void doc_columns(GString *out, const char *const *names, unsigned int n)
{
	unsigned int wide = 0, columns, lines;

	for (unsigned int i = 0; i < n; i++)
		wide = MAX(wide, (unsigned int)strlen(names[i]) + 2);
	columns = n ? MAX((DOC_WIDTH - 4 + 2) / wide, 1) : 1;
	lines = (n + columns - 1) / columns;
	for (unsigned int l = 0; l < lines; l++) {
		indent(out, 4);
		for (unsigned int i = l; i < n; i += lines) {
			bool last = i + lines >= n;

			g_string_append_printf(out, "%-*s", last ? 0 :
					       (int)wide, names[i]);
		}
		g_string_append_c(out, '\n');
	}
}

const char *doc_version(unsigned int since)
{
	static const char *const names[] = { "1.0", "1.1", "1.2", "1.3" };

	return since >= 10 && since - 10 < G_N_ELEMENTS(names) ?
		names[since - 10] : "?";
}

/* -- names --------------------------------------------------------------------- */

static void add(GPtrArray *names, const char *name)
{
	if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
		g_ptr_array_add(names, (void *)name);
}

static void add_functions(GPtrArray *names)
{
	for (unsigned int i = 0; i < FFA_FN_COUNT; i++)
		add(names, ffa_fns[i].name);
}

static void add_errors(GPtrArray *names)
{
	for (unsigned int i = 0; i < ffa_error_count; i++)
		add(names, ffa_errors[i].name);
}

static void add_features(GPtrArray *names)
{
	for (unsigned int i = 0; i < ffa_feature_count; i++)
		add(names, ffa_features[i].name);
}

static void add_field(GPtrArray *names, const struct ffa_field *f,
		      unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (!g_ascii_isdigit(f[i].name[1]))	/* w3: a payload */
			add(names, f[i].name);
}

static void add_fields(GPtrArray *names)
{
	for (unsigned int fn = 0; fn < FFA_FN_COUNT; fn++) {
		unsigned int n;
		const struct ffa_field *f = ffa_args((enum ffa_fn)fn, &n);

		add_field(names, f, n);
		f = ffa_rets((enum ffa_fn)fn, &n);
		add_field(names, f, n);
	}
	for (unsigned int i = 0; i < ffa_prop_count; i++)
		add(names, ffa_props[i].name);
}

static void add_values(GPtrArray *names)
{
	for (unsigned int i = 0; i < ffa_name_count; i++)
		add(names, ffa_names[i].name);
	for (unsigned int i = 0; i < codec_prop_count; i++)
		add(names, codec_props[i].name);
}

static void add_rules(GPtrArray *names)
{
	for (unsigned int i = 0; i < rules_count(); i++)
		add(names, rules_at(i)->name);
}

static void add_machines(GPtrArray *names)
{
	for (unsigned int m = 0; m < SPMC_MACHINE_COUNT; m++)
		add(names, spmc_machines[m].name);
}

static void add_states(GPtrArray *names)
{
	for (unsigned int m = 0; m < SPMC_MACHINE_COUNT; m++) {
		const struct spmc_machine_info *info = &spmc_machines[m];

		for (unsigned int i = 0; i < info->state_count; i++)
			add(names, info->states[i].name);
	}
}

static void add_words(GPtrArray *names)
{
	for (unsigned int i = 0; i < ffs_row_count; i++)
		if (ffs_rows[i].kind == FFS_ROW_DIRECTIVE ||
		    ffs_rows[i].kind == FFS_ROW_VERB ||
		    ffs_rows[i].kind == FFS_ROW_OPT)
			add(names, ffs_rows[i].name);
}

static void add_invariants(GPtrArray *names)
{
	for (unsigned int i = 1; i < spmc_invariant_count; i++)
		add(names, spmc_invariants[i].name);
}

static void add_lints(GPtrArray *names)
{
	for (unsigned int i = 0; i < LINT_COUNT; i++)
		add(names, lint_rules[i].name);
}

static void add_profiles(GPtrArray *names)
{
	for (unsigned int i = 0; i < SPMC_PROFILE_COUNT; i++)
		add(names, spmc_profiles[i].name);
}

static void add_choices(GPtrArray *names)
{
	for (unsigned int i = 0; i < spmc_choice_count; i++)
		add(names, spmc_choices[i].name);
}

static void add_literals(GPtrArray *names)
{
	for (unsigned int i = 0; i < LIT_KINDS; i++)
		add(names, lit_infos[i].name);
}

static void add_keys(GPtrArray *names)
{
	for (unsigned int i = 0; i < ffs_row_count; i++)
		if (ffs_rows[i].kind == FFS_ROW_KEY ||
		    ffs_rows[i].kind == FFS_ROW_FLAG)
			add(names, ffs_rows[i].name);
}

static void add_behaviours(GPtrArray *names)
{
	const struct partition_ops *const *all;
	unsigned int n;

	all = partition_list(&n);
	for (unsigned int i = 0; i < n; i++)
		add(names, all[i]->name);
}

static const struct {
	const char *title;
	void (*add)(GPtrArray *names);
} kinds[] = {
	{ "functions", add_functions },
	{ "errors", add_errors },
	{ "features", add_features },
	{ "fields", add_fields },
	{ "values of fields", add_values },
	{ "state machines", add_machines },
	{ "states", add_states },
	{ "words of the scenario language", add_words },
	{ "literals of the scenario language", add_literals },
	{ "keys and flags of its directives", add_keys },
	{ "behaviours of partitions", add_behaviours },
	{ "rules", add_rules },
	{ "invariants", add_invariants },
	{ "rules of the lint", add_lints },
	{ "profiles", add_profiles },
	{ "what profiles choose", add_choices },
};

static void list(GString *out)
{
	g_string_append(out, "`ffasim doc NAME` explains one of these.\n");
	for (unsigned int i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autoptr(GPtrArray) names = g_ptr_array_new();

		kinds[i].add(names);
		doc_head(out, kinds[i].title);
		doc_columns(out, (const char *const *)names->pdata,
			    names->len);
	}
}

/* -- finding --------------------------------------------------------------------- */

static bool explain(GString *out, const char *name)
{
	bool found = doc_function(out, name);

	found |= doc_error(out, name);
	found |= doc_feature(out, name);
	found |= doc_rule(out, name);
	found |= doc_invariant(out, name);
	found |= doc_lint(out, name);
	found |= doc_word(out, name);
	found |= doc_literal(out, name);
	found |= doc_key(out, name);
	found |= doc_behaviour(out, name);
	found |= doc_machine(out, name);
	found |= doc_state(out, name);
	found |= doc_field(out, name);
	found |= doc_profile_named(out, name);
	found |= doc_choice(out, name);
	return doc_value(out, name) || found;
}

/* The nearest name, whatever the case and with or without FFA_; or NULL. */
static const char *nearest(const char *name)
{
	g_autofree char *upper = g_ascii_strup(name, -1);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GPtrArray) folded = g_ptr_array_new_with_free_func(g_free);
	const char *near;
	guint i;

	for (i = 0; i < G_N_ELEMENTS(kinds); i++)
		kinds[i].add(names);
	for (i = 0; i < FFA_FN_COUNT; i++)
		g_ptr_array_add(names, (void *)(ffa_fns[i].name + 4));
	for (i = 0; i < names->len; i++)
		g_ptr_array_add(folded, g_ascii_strup(names->pdata[i], -1));
	near = ffs_nearest(upper, (const char *const *)folded->pdata,
			   folded->len);
	for (i = 0; near && folded->pdata[i] != near; i++)
		;
	if (!near)
		return NULL;
	if (i >= names->len - FFA_FN_COUNT)
		return ffa_fns[i - (names->len - FFA_FN_COUNT)].name;
	return names->pdata[i];
}

static void unknown(GString *out, const char *name)
{
	g_autofree char *shown = g_utf8_make_valid(name, -1);
	const char *near = nearest(name);

	g_string_append_printf(out, "ffasim doc: nothing is called %s", shown);
	if (near)
		g_string_append_printf(out, "; did you mean %s?", near);
	g_string_append(out, " (`ffasim doc` lists all names)\n");
}

gboolean doc_print(GString *out, const char *name)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *upper = NULL;

	if (!name) {
		list(out);
		return TRUE;
	}
	upper = g_ascii_strup(name, -1);
	if (explain(text, name) || explain(text, upper) ||
	    doc_handler(text, name)) {
		g_string_append(out, text->str);
		return TRUE;
	}
	unknown(out, name);
	return FALSE;
}
