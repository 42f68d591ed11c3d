/* SPDX-License-Identifier: BSD-3-Clause */
/* The consoles: what endpoints log, line by line. */
#include "machine_priv.h"

/* As Hafnium's buffer of an execution context, of 256 bytes with the end. */
enum { LINE_MAX_CHARS = 255 };

void machine_consoles_init(struct machine *m)
{
	m->consoles = g_new0(struct console, m->endpoints);
	for (unsigned int i = 0; i < m->endpoints; i++) {
		struct console *c = &m->consoles[i];

		c->ec_count = spmc_endpoint(m->spmc, i)->ec_count;
		c->lines = g_ptr_array_new_with_free_func(g_free);
		c->unfinished = g_new0(GString *, c->ec_count);
		for (unsigned int k = 0; k < c->ec_count; k++)
			c->unfinished[k] = g_string_new(NULL);
	}
}

void machine_consoles_free(struct machine *m)
{
	for (unsigned int i = 0; i < m->endpoints; i++) {
		struct console *c = &m->consoles[i];

		g_ptr_array_unref(c->lines);
		for (unsigned int k = 0; k < c->ec_count; k++)
			g_string_free(c->unfinished[k], TRUE);
		g_free(c->unfinished);
	}
	g_free(m->consoles);
}

void machine_log(struct machine *m, unsigned int endpoint, unsigned int ec,
		 const struct ffa_value *in, const struct spmc_outcome *out)
{
	struct console *c = &m->consoles[endpoint];
	char text[SPMC_MAX_LOGGED];
	unsigned int n = spmc_logged(in, out, text);
	GString *line;

	if (!n || ec >= c->ec_count)
		return;
	line = c->unfinished[ec];
	for (unsigned int i = 0; i < n; i++) {
		bool end = text[i] == '\n' || !text[i];

		if (!end)
			g_string_append_c(line, text[i]);
		if (!end && line->len < LINE_MAX_CHARS)
			continue;
		g_ptr_array_add(c->lines, g_strdup(line->str));
		g_string_truncate(line, 0);
	}
}

const char *machine_console(const struct machine *m, unsigned int endpoint,
			    unsigned int n)
{
	const GPtrArray *lines = m->consoles[endpoint].lines;

	return n < lines->len ? lines->pdata[n] : NULL;
}

const char *machine_unfinished(const struct machine *m, unsigned int endpoint,
			       unsigned int ec)
{
	const struct console *c = &m->consoles[endpoint];

	return ec < c->ec_count ? c->unfinished[ec]->str : "";
}
