/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --update: a result that differs is noted and the run goes on as if it had
 * been expected; in the end the notes are written into the text. What
 * matched stays as it is spelled, bindings too.
 */
#include <string.h>

#include "run_priv.h"

static void edit_free(void *data)
{
	struct run_edit *e = data;

	g_free(e->text);
	g_free(e);
}

bool run_edit_text(struct run *r, const struct ffs_loc *loc, const char *text)
{
	struct run_edit *e;

	if (!r->edits || loc->src != r->file->src)
		return false;	/* of an included file */
	e = g_new0(struct run_edit, 1);
	e->loc = *loc;
	e->text = g_strdup(text);
	g_ptr_array_add(r->edits, e);
	return true;
}

static const struct codec_diff *diff_of(const GPtrArray *diffs,
					const char *field)
{
	for (guint i = 0; i < diffs->len; i++) {
		const struct codec_diff *d = diffs->pdata[i];

		if (d->field && field && !strcmp(d->field, field))
			return d;
	}
	return NULL;
}

static const char *arg_name(const struct ffs_arg *a)
{
	return a->field ? a->field->name : a->name;
}

static bool has_arg(const struct ffs_call *c, const char *field)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (arg_name(&c->args[i]) &&
		    !strcmp(arg_name(&c->args[i]), field))
			return true;
	return false;
}

/* The expected call with what differs replaced. */
static char *merged(const struct ffs_call *c, const GPtrArray *diffs)
{
	g_autoptr(GString) to = g_string_new(c->name);
	const char *comma = "";

	g_string_append_c(to, '(');
	for (unsigned int i = 0; i < c->count; i++) {
		const struct ffs_arg *a = &c->args[i];
		const struct codec_diff *d = diff_of(diffs, arg_name(a));

		g_string_append(to, comma);
		if (a->name)
			g_string_append_printf(to, "%s=", a->name);
		if (d)
			g_string_append(to, d->actual);
		else
			ffs_format_value(to, a->value);
		comma = ", ";
	}
	for (guint i = 0; i < diffs->len; i++) {
		const struct codec_diff *d = diffs->pdata[i];

		if (has_arg(c, d->field))
			continue;
		g_string_append_printf(to, "%s%s=%s", comma, d->field,
				       d->actual);
		comma = ", ";
	}
	g_string_append(to, c->rest ? *comma ? ", ...)" : "...)" : ")");
	return g_strdup(to->str);
}

/* Names that the expected result binds keep being bound. */
static void bind(struct run *r, const struct ffs_call *c,
		 const struct run_seat *seat)
{
	for (unsigned int i = 0; i < c->count; i++) {
		const struct ffs_arg *a = &c->args[i];
		struct codec_value *v;

		if (a->value->kind != FFS_V_BIND || !a->field)
			continue;
		v = g_new0(struct codec_value, 1);
		v->is_uuid = a->field->kind == FFA_K_UUIDW ||
			     a->field->kind == FFA_K_UUIDX;
		if (v->is_uuid)
			ffa_get_uuid(&seat->regs, a->field, &v->uuid);
		else
			v->num = ffa_get(&seat->regs, a->field);
		g_hash_table_insert(r->bound, (void *)a->value->text, v);
	}
}

bool run_edit(struct run *r, const struct ffs_stmt *s, unsigned int ep,
	      const struct run_seat *seat, const GPtrArray *diffs)
{
	const struct ffs_result *res = &s->result;
	g_autoptr(GString) seen = run_seen_text(r, ep, seat);
	g_autofree char *text = NULL;
	bool same = diffs->len && res->kind == FFS_R_CALL &&
		    res->call.fn != FFA_FN_UNKNOWN;

	for (guint i = 0; i < diffs->len; i++)
		same &= ((struct codec_diff *)diffs->pdata[i])->field != NULL;
	if (same) {
		text = merged(&res->call, diffs);
		bind(r, &res->call, seat);
	}
	return run_edit_text(r, &res->loc, text ? text : seen->str);
}

/* -- the text -------------------------------------------------------------- */

static int by_offset(const void *a, const void *b)
{
	const struct run_edit *x = *(struct run_edit *const *)a;
	const struct run_edit *y = *(struct run_edit *const *)b;

	return (x->loc.off > y->loc.off) - (x->loc.off < y->loc.off);
}

/*
 * Leaves one edit for each place; each must be wanted by all of `n` variants
 * alike, else that edit is returned.
 */
static const struct run_edit *conflict(GPtrArray *edits, guint n)
{
	guint same = 1;

	g_ptr_array_sort(edits, by_offset);
	for (guint i = 1; i <= edits->len; i++) {
		const struct run_edit *a = edits->pdata[i - 1];
		const struct run_edit *b = i < edits->len ?
					   edits->pdata[i] : NULL;

		if (!b || a->loc.off != b->loc.off) {
			if (same != n)
				return a;
			same = 1;
			continue;
		}
		if (strcmp(a->text, b->text))
			return b;
		same++;
		g_ptr_array_remove_index(edits, i--);
	}
	return NULL;
}

static char *apply(const struct ffs_source *src, const GPtrArray *edits)
{
	GString *to = g_string_new(NULL);
	gsize at = 0;

	for (guint i = 0; i < edits->len; i++) {
		const struct run_edit *e = edits->pdata[i];

		g_string_append_len(to, src->text + at, e->loc.off - at);
		g_string_append(to, e->text);
		at = e->loc.end;
	}
	g_string_append_len(to, src->text + at, src->len - at);
	return g_string_free(to, FALSE);
}

static void disagree(const struct ffs_file *file, const struct run_edit *e,
		     struct run_result *r)
{
	r->verdict = RUN_FAIL;
	r->line = e->loc.line;
	g_free(r->message);
	r->message = g_strdup_printf(
		"%s:%u: parameters give different results here; pin one with "
		"-D, or write a line for each\n", file->path, e->loc.line);
}

char *run_update(const struct ffs_file *file,
		 const struct run_options *options,
		 struct run_result **result)
{
	g_autoptr(GPtrArray) edits =
		g_ptr_array_new_with_free_func(edit_free);
	g_autoptr(GPtrArray) variants = run_variants(file);
	const struct run_edit *odd;

	*result = NULL;
	for (guint i = 0; i < variants->len; i++) {
		struct run_result *r = run_once(file, variants->pdata[i],
						options, edits);

		if (*result && run_worst((*result)->verdict, r->verdict) ==
		    (*result)->verdict) {
			run_result_free(r);
			continue;
		}
		run_result_free(*result);
		*result = r;
	}
	odd = conflict(edits, variants->len);
	if (odd) {
		disagree(file, odd, *result);
		return NULL;
	}
	return edits->len ? apply(file->src, edits) : NULL;
}
