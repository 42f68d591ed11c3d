/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/ffs.h"
#include "sim/json.h"
#include "sim/suite.h"

static const char me[] = "list";

/* "FRAG=2048,4096": a parameter and its values. */
static char *param_text(const struct ffs_param *p)
{
	GString *s = g_string_new(p->name);
	unsigned int i;

	for (i = 0; i < p->count; i++) {
		g_string_append_c(s, i ? ',' : '=');
		ffs_format_value(s, p->values[i].value);
	}
	return g_string_free(s, FALSE);
}

static void strings(GString *to, const char *key, const GPtrArray *list)
{
	guint i;

	g_string_append_printf(to, ", \"%s\": [", key);
	for (i = 0; i < list->len; i++) {
		g_string_append(to, i ? ", " : "");
		json_string(to, list->pdata[i]);
	}
	g_string_append_c(to, ']');
}

static void params_json(GString *to, const struct ffs_file *file)
{
	unsigned int i, k;

	g_string_append(to, ", \"params\": {");
	for (i = 0; i < file->param_count; i++) {
		const struct ffs_param *p = file->params[i];

		g_string_append(to, i ? ", " : "");
		json_string(to, p->name);
		g_string_append(to, ": [");
		for (k = 0; k < p->count; k++) {
			g_autoptr(GString) v = g_string_new(NULL);

			ffs_format_value(v, p->values[k].value);
			g_string_append(to, k ? ", " : "");
			json_string(to, v->str);
		}
		g_string_append_c(to, ']');
	}
	g_string_append_c(to, '}');
}

static void list_json(const struct suite *s)
{
	g_autoptr(GString) to = g_string_new("[");
	guint i;

	for (i = 0; i < s->files->len; i++) {
		const struct suite_file *f = s->files->pdata[i];

		g_string_append(to, i ? ",\n{" : "\n{");
		json_pair(to, "name", f->item->name);
		g_string_append(to, ", ");
		json_pair(to, "path", f->item->path);
		if (f->good) {
			g_string_append(to, ", ");
			json_pair(to, "title", f->title ? f->title : "");
			strings(to, "tags", f->tags);
			params_json(to, f->file);
			strings(to, "requires", f->requires);
			g_string_append(to, ", ");
			json_number(to, "runs", f->variants->len);
		} else {
			g_string_append(to, ", \"error\": true");
		}
		g_string_append_c(to, '}');
	}
	g_string_append(to, "\n]\n");
	fputs(to->str, stdout);
}

/* One line a scenario; what it is tagged, has and needs stands behind. */
static void list_text(const struct suite_file *f, int width, bool color)
{
	const char *dim = color ? "\033[2m" : "", *off = color ? "\033[0m" : "";
	unsigned int i;

	if (!f->good) {
		printf("%-*s  (wrong: ffasim check %s)\n", width,
		       f->item->name, f->item->path);
		return;
	}
	printf("%-*s  %s%s", width, f->item->name, f->title ? f->title : "",
	       dim);
	for (i = 0; i < f->tags->len; i++)
		printf("%s%s", i ? "," : "  tags ",
		       (const char *)f->tags->pdata[i]);
	for (i = 0; i < f->file->param_count; i++) {
		g_autofree char *p = param_text(f->file->params[i]);

		printf("%s%s", i ? " " : "  params ", p);
	}
	for (i = 0; i < f->requires->len; i++)
		printf("%s%s", i ? " " : "  requires ",
		       (const char *)f->requires->pdata[i]);
	printf("%s\n", off);
}

static void list(const struct suite *s, const struct cmd_common *c)
{
	bool color = cmd_colors(NULL, STDOUT_FILENO);
	glong width = 0;
	guint i;

	for (i = 0; i < s->files->len; i++) {
		const struct suite_file *f = s->files->pdata[i];

		width = MAX(width, g_utf8_strlen(f->item->name, -1));
	}
	for (i = 0; i < s->files->len; i++) {
		const struct suite_file *f = s->files->pdata[i];

		if (c->quiet)
			puts(f->item->name);
		else
			list_text(f, (int)width, color);
	}
}

int cmd_list(char **argv)
{
	g_autoptr(GError) error = NULL;
	struct cmd_common c;
	struct suite *s;
	int code = cmd_parse(me, CMD_SELECT | CMD_QUIET | CMD_JSON, NULL, &c,
			     argv);

	if (code < 0) {
		s = suite_load(&c.select, NULL, &error);
		code = s ? CMD_OK : cmd_usage(me, "%s", error->message);
		if (s && c.json)
			list_json(s);
		else if (s)
			list(s, &c);
		if (s)
			suite_free(s);
	}
	cmd_common_free(&c);
	return code;
}
