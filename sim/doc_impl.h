/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of doc share with each other only. */
#ifndef SIM_DOC_IMPL_H
#define SIM_DOC_IMPL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "ffa/ffa.h"

enum { DOC_WIDTH = 79 };

/* doc_title: a section: an empty line if it is not the first, the words. */
void doc_title(GString *out, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* doc_head: an empty line and an indented heading. */
void doc_head(GString *out, const char *text);
/*
 * doc_row: `left`, then `text` from column `column` on, wrapped there; on a
 * line of its own if `left` is longer. doc_text: wrapped text at an indent.
 */
void doc_row(GString *out, const char *left, unsigned int column,
	     const char *text);
void doc_text(GString *out, unsigned int indent, const char *text);
/* doc_columns: names in columns, down then across. */
void doc_columns(GString *out, const char *const *names, unsigned int n);

/* doc_version: "1.2" of a since column. */
const char *doc_version(unsigned int since);

/*
 * Each of these appends a section for every thing of that name, and says
 * whether there was one.
 */
bool doc_function(GString *out, const char *name);
bool doc_error(GString *out, const char *name);
bool doc_feature(GString *out, const char *name);
bool doc_field(GString *out, const char *name);
bool doc_value(GString *out, const char *name);
bool doc_rule(GString *out, const char *name);
bool doc_handler(GString *out, const char *name);
bool doc_machine(GString *out, const char *name);
bool doc_state(GString *out, const char *name);
bool doc_word(GString *out, const char *name);
bool doc_literal(GString *out, const char *name);
bool doc_key(GString *out, const char *name);
bool doc_behaviour(GString *out, const char *name);
bool doc_choice(GString *out, const char *name);
bool doc_invariant(GString *out, const char *name);
bool doc_lint(GString *out, const char *name);
bool doc_profile_named(GString *out, const char *name);

/* doc_rule_profiles, doc_fn_profiles: a row for each profile that differs. */
void doc_rule_profiles(GString *out, unsigned int rule);
void doc_fn_profiles(GString *out, enum ffa_fn fn);

/* doc_refusals: the rules of a handler, in the order of their checks. */
void doc_refusals(GString *out, const char *handler);

#endif
