/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <glib.h>

#include "internal.h"

FILE *sink_open(const char *path, char **error)
{
	FILE *to = *path ? fopen(path, "we") : stderr;

	if (!to)
		*error = g_strdup_printf("cannot write %s: %s", path,
					 g_strerror(errno));
	/* what was written is there when the next call kills us */
	else if (*path)
		setvbuf(to, NULL, _IOLBF, 0);
	return to;
}

void sink_close(FILE *to)
{
	if (to != stderr)
		fclose(to);
}
