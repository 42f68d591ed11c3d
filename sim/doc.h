/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of `ffasim doc`, from the tables that the program itself uses. */
#ifndef SIM_DOC_H
#define SIM_DOC_H

#include <glib.h>

/*
 * doc_print: appends what there is to say about a name, for 80 columns: a
 * function (with or without FFA_, or its id), an error (or its code), a
 * feature, a field, a name for a value, a rule, a handler's rules, a machine,
 * state or event, a word of the scenario language. All that fit, one after the
 * other. NULL: the names there are. `profile`: whose choices are shown; NULL
 * or "spec", the only one. FALSE, with a message of one line appended, if
 * nothing is called so.
 */
gboolean doc_print(GString *out, const char *name, const char *profile);

#endif
