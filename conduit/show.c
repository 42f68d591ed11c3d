/* SPDX-License-Identifier: BSD-3-Clause */
/* A call as raw registers, in the form the scenario language has for them. */
#include <glib.h>

#include "internal.h"

static void show_regs(GString *s, const struct ffa_value *v)
{
	unsigned int last = FFA_REGS - 1;

	while (last > 0 && !v->x[last])
		last--;
	g_string_append(s, "SMC(");
	for (unsigned int i = 0; i <= last; i++)
		g_string_append_printf(s, "%s0x%" G_GINT64_MODIFIER "x",
				       i ? ", " : "", (guint64)v->x[i]);
	g_string_append_c(s, ')');
}

void show_raw(void *ctx, unsigned int cpu, const struct ffa_value *in,
	      const struct ffa_value *out, char *text, size_t size)
{
	g_autoptr(GString) s = g_string_new(NULL);

	(void)ctx;
	g_string_printf(s, "ns@%u ", cpu);
	show_regs(s, in);
	if (out) {
		g_string_append(s, " = ");
		show_regs(s, out);
	} else {
		g_string_append(s, " ...");
	}
	g_strlcpy(text, s->str, size);
}
