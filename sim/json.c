/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "sim/json.h"

void json_string(GString *to, const char *s)
{
	g_autofree char *valid = NULL;
	const char *p;

	if (!s) {
		g_string_append(to, "null");
		return;
	}
	if (!g_utf8_validate(s, -1, NULL))
		s = valid = g_utf8_make_valid(s, -1);
	g_string_append_c(to, '"');
	for (p = s; *p; p++) {
		switch (*p) {
		case '"':
			g_string_append(to, "\\\"");
			break;
		case '\\':
			g_string_append(to, "\\\\");
			break;
		case '\n':
			g_string_append(to, "\\n");
			break;
		case '\t':
			g_string_append(to, "\\t");
			break;
		default:
			if ((guint8)*p < 0x20 || *p == 0x7f)
				g_string_append_printf(to, "\\u%04x", *p);
			else
				g_string_append_c(to, *p);
		}
	}
	g_string_append_c(to, '"');
}

void json_pair(GString *to, const char *key, const char *value)
{
	g_string_append_printf(to, "\"%s\": ", key);
	json_string(to, value);
}

void json_number(GString *to, const char *key, guint64 value)
{
	g_string_append_printf(to, "\"%s\": %" G_GUINT64_FORMAT, key, value);
}

char *json_member(const char *line, const char *key)
{
	g_autofree char *begin = g_strdup_printf("\"%s\": \"", key);
	g_autoptr(GString) out = g_string_new(NULL);
	const char *p = strstr(line, begin);
	unsigned int code;
	int i;

	if (!p)
		return NULL;
	for (p += strlen(begin); *p && *p != '"'; p++) {
		if (*p != '\\') {
			g_string_append_c(out, *p);
			continue;
		}
		p++;
		if (*p == 'n') {
			g_string_append_c(out, '\n');
		} else if (*p == 't') {
			g_string_append_c(out, '\t');
		} else if (*p == 'u') {
			for (code = 0, i = 0; i < 4; i++, p++) {
				if (!g_ascii_isxdigit(p[1]))
					return NULL;
				code = code << 4 |
				       (unsigned int)g_ascii_xdigit_value(p[1]);
			}
			g_string_append_unichar(out, code);
		} else if (*p) {
			g_string_append_c(out, *p);
		} else {
			break;
		}
	}
	return *p == '"' ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}
