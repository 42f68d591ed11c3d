/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "sim/cmd.h"
#include "sim/doc.h"

static const char me[] = "doc";

/* Several names, one after the other; without one, what there is. */
static int explain(const struct cmd_common *c)
{
	char **names = c->select.paths;
	int i, code = CMD_OK;

	for (i = 0; !i || (names && names[i]); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		const char *name = names ? names[i] : NULL;

		if (i)
			putchar('\n');
		if (doc_print(text, name, c->profile)) {
			fputs(text->str, stdout);
		} else {
			fputs(text->str, stderr);
			code = CMD_USAGE;
		}
		if (!names)
			break;
	}
	return code;
}

int cmd_doc(char **argv)
{
	struct cmd_common c;
	int code = cmd_parse(me, CMD_PROFILE, NULL, &c, argv);

	if (code < 0)
		code = explain(&c);
	cmd_common_free(&c);
	return code;
}
