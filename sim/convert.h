/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces in their four forms: bytes of fuzz_trace or fuzz_regs, a scenario,
 * registers in hexadecimal digits, a C table. Every text that is made of bytes
 * has these in its last lines (`#trace:` or `#regs:`), which count as long as
 * the rest of the text is what they say.
 */
#ifndef SIM_CONVERT_H
#define SIM_CONVERT_H

#include <glib.h>

struct run_options;

enum convert_form {
	CONVERT_TRACE, CONVERT_REGS,	/* bytes */
	CONVERT_FFS, CONVERT_HEX, CONVERT_C,
	CONVERT_FORMS,
};
extern const char *const convert_names[CONVERT_FORMS];

/* convert_guess: what these bytes are; CONVERT_TRACE if they are no text. */
enum convert_form convert_guess(const char *data, gsize size);

/* convert_text: bytes of a trace or of registers as text of a form. */
char *convert_text(enum convert_form from, const guint8 *data, gsize size,
		   enum convert_form to);

/*
 * convert_bytes: the bytes that are behind a text, *form saying of which kind.
 * Of a scenario its first variant. `name` is for messages, and a scenario's
 * includes are relative to it. NULL with *error (g_free it).
 */
GBytes *convert_bytes(const char *name, const char *text, gsize len,
		      enum convert_form from, const struct run_options *o,
		      enum convert_form *form, char **error);

/* convert_scenario: hex or C as the scenario that it is. */
char *convert_scenario(const char *text, enum convert_form from);

#endif
