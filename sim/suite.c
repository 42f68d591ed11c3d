/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "sim/ffs.h"
#include "sim/suite.h"

static GQuark suite_quark(void)
{
	return g_quark_from_static_string("suite");
}

static void file_free(void *p)
{
	struct suite_file *f = p;

	if (f->variants)
		g_ptr_array_unref(f->variants);
	if (f->file)
		ffs_file_free(f->file);
	ffs_diags_free(f->diags);
	g_ptr_array_unref(f->tags);
	g_ptr_array_unref(f->requires);
	g_free(f->title);
	g_free(f);
}

void suite_free(struct suite *s)
{
	g_ptr_array_unref(s->files);
	g_ptr_array_unref(s->items);
	g_free(s);
}

char *suite_title(const struct suite_file *f, const struct run_result *r)
{
	return *r->params ? g_strdup_printf("%s (%s)", f->title, r->params) :
			    g_strdup(f->title);
}

/* -- what a file says about itself ---------------------------------------- */

static void describe_arg(struct suite_file *f, const struct ffs_stmt *s,
			 const struct ffs_arg *arg)
{
	GString *text;

	if (s->word == FFS_W_TITLE && arg->value->kind == FFS_V_STR) {
		g_free(f->title);
		f->title = g_strndup((const char *)arg->value->bytes,
				     arg->value->len);
	} else if (s->word == FFS_W_TAG && arg->value->text) {
		g_ptr_array_add(f->tags, g_strdup(arg->value->text));
	} else if (s->word == FFS_W_REQUIRES) {
		text = g_string_new(NULL);
		if (arg->key) {
			ffs_format_value(text, arg->key);
			g_string_append(text, ffs_op_name(arg->op));
		}
		ffs_format_value(text, arg->value);
		g_ptr_array_add(f->requires, g_string_free(text, FALSE));
	}
}

static void describe(struct suite_file *f, const struct ffs_list *list)
{
	unsigned int i, k;

	for (i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];

		if (s->kind != FFS_S_DIRECTIVE)
			continue;
		if (s->word == FFS_W_INCLUDE)
			describe(f, &s->body);
		else if (s->word == FFS_W_TITLE || s->word == FFS_W_TAG ||
			 s->word == FFS_W_REQUIRES)
			for (k = 0; k < s->count; k++)
				describe_arg(f, s, &s->args[k]);
	}
}

/* -- loading -------------------------------------------------------------- */

/* Pins what the file has; marks in `used` each definition that it has. */
static void pin(struct suite_file *f, char **defines, bool *used)
{
	unsigned int i;

	for (i = 0; defines && defines[i]; i++) {
		g_auto(GStrv) pair = g_strsplit(defines[i], "=", 2);

		if (!ffs_param(f->file, pair[0]))
			continue;
		used[i] = true;
		ffs_pin(f->file, pair[0], pair[1], f->diags);
	}
}

static struct suite_file *load(const struct select_item *item, char **defines,
			       bool *used)
{
	static const struct run_options defaults;
	struct suite_file *f = g_new0(struct suite_file, 1);

	f->item = item;
	f->diags = ffs_diags_new();
	f->tags = g_ptr_array_new_with_free_func(g_free);
	f->requires = g_ptr_array_new_with_free_func(g_free);
	f->file = ffs_load(item->path, f->diags);
	if (!f->file)
		return f;
	pin(f, defines, used);
	f->good = ffs_check(f->file, f->diags);
	/* what else is wrong is said at once, too; a good file is checked by
	 * whoever runs it, with his options */
	if (!f->good)
		run_check(f->file, &defaults, f->diags);
	describe(f, &f->file->list);
	if (f->good)
		f->variants = run_variants(f->file);
	return f;
}

static bool check_defines(char **defines, GError **error)
{
	unsigned int i;

	for (i = 0; defines && defines[i]; i++) {
		const char *eq = strchr(defines[i], '=');

		if (!eq || eq == defines[i]) {
			g_set_error(error, suite_quark(), 0,
				    "-D %s: expected NAME=VALUE", defines[i]);
			return false;
		}
	}
	return true;
}

/* Says which of the filters left nothing. */
static void nothing(const struct select_options *o, GError **error)
{
	const char *why = o->failed ? "--failed: no failure is recorded in "
				      ".ffasim/last.json" :
			  o->filter ? "--filter matches no name" :
			  o->tags   ? "no scenario has these tags" :
			  o->shard  ? "this shard is empty" :
				      "there is no *.ffs file";

	g_set_error(error, suite_quark(), 0, "nothing is selected: %s "
		    "(--allow-empty accepts that)", why);
}

static bool unused_define(const struct suite *s, char **defines,
			  const bool *used, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *word = NULL;
	const char *near;
	unsigned int i, k;

	for (i = 0; defines && defines[i] && used[i]; i++)
		;
	if (!s->files->len || !defines || !defines[i])
		return false;
	word = g_strndup(defines[i], strcspn(defines[i], "="));
	for (k = 0; k < s->files->len; k++) {
		const struct suite_file *f = s->files->pdata[k];
		unsigned int p;

		for (p = 0; f->file && p < f->file->param_count; p++)
			g_ptr_array_add(names,
					(char *)f->file->params[p]->name);
	}
	near = ffs_nearest(word, (const char *const *)names->pdata,
			   names->len);
	g_set_error(error, suite_quark(), 0, "-D %s: no scenario that is "
		    "selected has this parameter%s%s%s", word,
		    near ? "; did you mean " : "", near ? near : "",
		    near ? "?" : "");
	return true;
}

struct suite *suite_load(const struct select_options *o, char **defines,
			 GError **error)
{
	g_autofree bool *used = NULL;
	GPtrArray *items;
	struct suite *s;
	guint i;

	if (!check_defines(defines, error))
		return NULL;
	items = select_find(o, error);
	if (!items)
		return NULL;
	s = g_new0(struct suite, 1);
	s->items = items;
	s->files = g_ptr_array_new_with_free_func(file_free);
	used = g_new0(bool, defines ? g_strv_length(defines) + 1 : 1);
	for (i = 0; i < items->len; i++) {
		struct suite_file *f = load(items->pdata[i], defines, used);

		if (f->good && !select_tags(o, f->tags))
			file_free(f);
		else
			g_ptr_array_add(s->files, f);
	}
	if (!s->files->len && !o->allow_empty)
		nothing(o, error);
	else if (!unused_define(s, defines, used, error))
		return s;
	suite_free(s);
	return NULL;
}
