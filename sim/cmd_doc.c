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
		if (doc_print(text, name)) {
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

static int profile(enum spmc_profile p)
{
	g_autoptr(GString) text = g_string_new(NULL);

	doc_profile(text, p);
	fputs(text->str, stdout);
	return CMD_OK;
}

int cmd_doc(char **argv)
{
	gboolean wireshark = FALSE;
	const GOptionEntry own[] = {
		{ "wireshark", 0, 0, G_OPTION_ARG_NONE, &wireshark, NULL,
		  NULL },
		{ 0 },
	};
	struct cmd_common c;
	int code = cmd_parse(me, CMD_PROFILE, own, &c, argv);

	if (code < 0 && c.profile_name && c.select.paths)
		code = cmd_usage(me, "--profile lists what is different "
				 "there; names are explained for all profiles");
	if (code < 0 && wireshark && (c.profile_name || c.select.paths))
		code = cmd_usage(me, "--wireshark goes with nothing else");
	if (code < 0 && wireshark) {
		cmd_doc_lua();
		code = CMD_OK;
	}
	if (code < 0 && c.profile_name)
		code = profile(c.profile);
	else if (code < 0)
		code = explain(&c);
	cmd_common_free(&c);
	return code;
}
