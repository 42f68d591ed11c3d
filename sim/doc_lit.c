/* SPDX-License-Identifier: BSD-3-Clause */
/* Literals of the scenario language, explained from their tables. */
#include <string.h>

#include "sim/doc_impl.h"
#include "sim/lit.h"

static void add_words(GString *to, const struct lit_word *words)
{
	const char *sep = " (";

	if (!words)
		return;
	for (; words->name; words++, sep = " ")
		g_string_append_printf(to, "%s%s", sep, words->name);
	g_string_append_c(to, ')');
}

static void entry(GString *out, const struct lit_row *row)
{
	g_autofree char *left = g_strdup_printf("    %s=", row->name);
	g_autoptr(GString) text = g_string_new(row->sentence);

	add_words(text, row->words);
	doc_row(out, left, 25, text->str);
}

static void permissions(GString *out)
{
	g_autoptr(GString) text = g_string_new("permissions, joined by -");

	add_words(text, lit_permissions);
	g_string_append_c(out, '\n');
	doc_text(out, 4, text->str);
	g_string_append(out, "    PART:{PERMISSIONS ...} can have\n");
	for (unsigned int i = 0; i < LIT_E_FIELDS; i++) {
		g_autofree char *left =
			g_strdup_printf("      %s=", lit_emad_rows[i].name);

		doc_row(out, left, 25, lit_emad_rows[i].sentence);
	}
}

bool doc_literal(GString *out, const char *name)
{
	enum lit_kind kind = lit_kind_named(name);

	if (kind == LIT_KINDS)
		return false;
	doc_title(out, "%s{}  a literal of the scenario language", name);
	doc_text(out, 2, lit_infos[kind].sentence);
	for (unsigned int i = 0; i < LIT_ENTRIES; i++)
		if (lit_rows[i].kinds & 1u << kind)
			entry(out, &lit_rows[i]);
	if (lit_rows[LIT_TO].kinds & 1u << kind && kind != LIT_RELINQUISH)
		permissions(out);
	return true;
}
