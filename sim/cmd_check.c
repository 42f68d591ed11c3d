/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/ffs.h"
#include "sim/suite.h"

static const char me[] = "check";

/* Errors and warnings of a file; true if there is no error. */
static bool check(struct suite_file *f, bool color, bool quiet)
{
	static const struct run_options defaults;
	struct ffs_diags *d = f->diags;

	if (f->good)
		f->good = run_check(f->file, &defaults, d);
	if (d->errors || (d->warnings && !quiet))
		ffs_diags_print(d, stdout, color);
	return f->good;
}

int cmd_check(char **argv)
{
	g_autoptr(GError) error = NULL;
	unsigned int wrong = 0;
	struct cmd_common c;
	struct suite *s;
	guint i;
	int code = cmd_parse(me,
			     CMD_SELECT | CMD_DEFINE | CMD_QUIET | CMD_COLOR,
			     NULL, &c, argv);

	if (code < 0) {
		s = suite_load(&c.select, c.defines, &error);
		code = s ? CMD_OK : cmd_usage(me, "%s", error->message);
		for (i = 0; s && i < s->files->len; i++)
			wrong += !check(s->files->pdata[i],
					cmd_colors(c.color, STDOUT_FILENO),
					c.quiet);
		if (wrong)
			code = run_verdict_exit(RUN_BAD_FILE);
		if (wrong && s->files->len > 1)
			printf("%u of %u files are wrong\n", wrong,
			       s->files->len);
		if (s)
			suite_free(s);
	}
	cmd_common_free(&c);
	return code;
}
