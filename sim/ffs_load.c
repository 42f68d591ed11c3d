/* SPDX-License-Identifier: BSD-3-Clause */
/* Files, includes, and looking things up in a tree. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/ffs_parser.h"

enum { MANY_NAMES = 2000 };

/* -- reading ------------------------------------------------------------------ */

/* The bytes of a regular file, or NULL with the reason in *why. */
static char *read_text(const char *path, gsize *len, char **why)
{
	struct stat st;
	g_autoptr(GError) err = NULL;
	char *text = NULL;

	if (stat(path, &st) < 0) {
		*why = g_strdup(g_strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		*why = g_strdup(g_strerror(EISDIR));
	} else if (st.st_size > FFS_MAX_TEXT) {
		*why = g_strdup_printf("it has %jd bytes; at most %d can be "
				       "read", (intmax_t)st.st_size,
				       FFS_MAX_TEXT);
	} else if (!g_file_get_contents(path, &text, len, &err)) {
		*why = g_strdup(err->message);
	}
	return text;
}

static void parse(struct ffs_parser *p, struct ffs_list *list,
		  const char *text, gsize len)
{
	p->src = ffs_source_new(p->arena, p->name, text, len, p->d);
	ffs_parse_source(p, list);
}

void ffs_parse_include(struct ffs_parser *p, struct ffs_list *list,
		       const char *path, const struct ffs_loc *at)
{
	struct ffs_parser sub = {
		.arena = p->arena, .d = p->d, .parent = p,
		.includes = p->includes,
	};
	g_autofree char *full = g_canonicalize_filename(path, NULL);
	g_autofree char *why = NULL, *text = NULL;
	unsigned int depth = 0;
	struct stat st;
	gsize len = 0;

	for (const struct ffs_parser *q = p; q; q = q->parent) {
		g_autofree char *name = g_canonicalize_filename(q->name, NULL);

		if (!strcmp(name, full)) {
			ffs_error(p->d, at, NULL, "`%s` includes itself", path);
			return;
		}
		depth++;
	}
	if (depth >= FFS_MAX_DEPTH || ++*p->includes > FFS_MAX_INCLUDES) {
		ffs_error(p->d, at, NULL, depth >= FFS_MAX_DEPTH ?
			  "includes are nested deeper than %d" :
			  "more than %d includes", depth >= FFS_MAX_DEPTH ?
			  (int)FFS_MAX_DEPTH : (int)FFS_MAX_INCLUDES);
		return;
	}
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		ffs_error(p->d, at, NULL, "cannot include `%s`: not a regular "
			  "file", path);
		return;
	}
	text = read_text(path, &len, &why);
	if (!text) {
		ffs_error(p->d, at, "a path is relative to the file that "
			  "includes", "cannot include `%s`: %s", path, why);
		return;
	}
	sub.name = ffs_intern(p->arena, path, strlen(path));
	parse(&sub, list, text, len);
}

/* The params of a list and what it includes, in order. */
static void find_params(struct ffs_file *f, const struct ffs_list *list,
			GArray *all)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];
		const struct ffs_arg *a = s->args;
		struct ffs_param *p;

		find_params(f, &s->body, all);
		if (s->kind != FFS_S_DIRECTIVE || s->word != FFS_W_PARAM ||
		    !s->count || !a->name || a->op != FFS_OP_ASSIGN ||
		    all->len >= FFS_MAX_PARAMS)
			continue;
		p = ffs_alloc(f->arena, sizeof(*p));
		p->name = a->name;
		p->stmt = s;
		p->values = s->args;
		p->count = 1;
		if (a->value->kind == FFS_V_LIST) {
			p->values = a->value->items;
			p->count = a->value->count;
		}
		g_array_append_val(all, p);
	}
}

static struct ffs_file *parse_text(const char *name, const char *text,
				   gsize len, bool alone, struct ffs_diags *d)
{
	g_autoptr(GArray) params = g_array_new(FALSE, FALSE, sizeof(void *));
	struct ffs_file *f = g_new0(struct ffs_file, 1);
	unsigned int includes = 0;
	struct ffs_parser p = {
		.d = d, .includes = &includes, .alone = alone,
	};

	f->arena = p.arena = ffs_arena_new();
	f->path = p.name = ffs_intern(f->arena, name, strlen(name));
	parse(&p, &f->list, text, len);
	f->src = p.src;
	f->cpus = 1;
	find_params(f, &f->list, params);
	f->params = ffs_copy(f->arena, params);
	f->param_count = params->len;
	ffs_diags_sort(d);
	return f;
}

struct ffs_file *ffs_parse_text(const char *name, const char *text, gsize len,
				struct ffs_diags *d)
{
	return parse_text(name, text, len, false, d);
}

struct ffs_file *ffs_parse_alone(const char *name, const char *text, gsize len,
				 struct ffs_diags *d)
{
	return parse_text(name, text, len, true, d);
}

struct ffs_file *ffs_load(const char *path, struct ffs_diags *d)
{
	g_autofree char *why = NULL, *text = NULL;
	struct ffs_loc none = { 0 };
	gsize len = 0;

	text = read_text(path, &len, &why);
	if (!text) {
		ffs_error(d, &none, NULL, "cannot read `%s`: %s", path, why);
		return NULL;
	}
	return ffs_parse_text(path, text, len, d);
}

struct ffs_file *ffs_parse_line(const char *name, const char *text,
				struct ffs_diags *d)
{
	unsigned int before = d->errors;
	struct ffs_file *f = ffs_parse_text(name, text, strlen(text), d);
	struct ffs_loc at = { .src = f->src, .line = 1, .col = 1 };

	if (d->errors == before && f->list.n != 1)
		ffs_error(d, f->list.n > 1 ? &f->list.v[1]->loc : &at, NULL,
			  "expected one statement, not %u", f->list.n);
	if (d->errors == before)
		return f;
	ffs_file_free(f);
	return NULL;
}

static struct ffs_value *value_of(struct ffs_file *f, const char *name,
				  const char *text, bool list,
				  struct ffs_diags *d)
{
	g_autoptr(GPtrArray) inner = g_ptr_array_new();
	struct ffs_parser p = {
		.arena = f->arena, .d = d, .name = name, .inner = inner,
	};
	unsigned int before = d->errors;
	struct ffs_value *v;

	p.src = ffs_source_new(f->arena, name, text, strlen(text), d);
	p.last.src = p.src;
	ffs_lex_init(&p.lexer, p.src, f->arena, d);
	ffs_peek(&p, 0)->nl = false;
	v = list ? ffs_value_list(&p) : ffs_value(&p);
	if (v && ffs_peek(&p, 0)->kind != FFS_T_END)
		ffs_expected(&p, NULL, "one value");
	return d->errors == before ? v : NULL;
}

struct ffs_value *ffs_parse_value(struct ffs_file *f, const char *name,
				  const char *text, struct ffs_diags *d)
{
	return value_of(f, name, text, false, d);
}

bool ffs_pin(struct ffs_file *f, const char *name, const char *text,
	     struct ffs_diags *d)
{
	struct ffs_param *p = (struct ffs_param *)ffs_param(f, name);
	g_autofree char *where = g_strconcat("-D ", name, NULL);
	struct ffs_value *v;

	if (!p)
		return false;
	v = value_of(f, where, text, true, d);
	if (!v)
		return false;
	if (v->kind == FFS_V_LIST) {
		p->values = v->items;
		p->count = v->count;
		return true;
	}
	p->values = ffs_alloc(f->arena, sizeof(*p->values));
	*p->values = (struct ffs_arg){ .value = v, .loc = v->loc, .reg = -1 };
	p->count = 1;
	return true;
}

void ffs_file_free(struct ffs_file *f)
{
	if (!f)
		return;
	ffs_arena_free(f->arena);
	g_free(f);
}

/* -- looking up ------------------------------------------------------------------ */

const char *ffs_name_of(const struct ffs_value *v)
{
	return v && v->kind == FFS_V_ID ? v->text : NULL;
}

const struct ffs_param *ffs_param(const struct ffs_file *f, const char *name)
{
	for (unsigned int i = 0; i < f->param_count; i++)
		if (!strcmp(f->params[i]->name, name))
			return f->params[i];
	return NULL;
}

static const struct ffs_stmt *find_in(const struct ffs_list *list,
				      enum ffs_word word, const char *name)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i], *in;
		const char *n = ffs_name_of(ffs_pos(s, 0));

		if (s->actor == NULL && s->word == word && n &&
		    !strcmp(n, name))
			return s;
		in = find_in(&s->body, word, name);
		if (in)
			return in;
	}
	return NULL;
}

const struct ffs_stmt *ffs_find(const struct ffs_file *f, enum ffs_word word,
				const char *name)
{
	return find_in(&f->list, word, name);
}

const struct ffs_arg *ffs_opt(const struct ffs_stmt *s, const char *key)
{
	const struct ffs_arg *a = s->actor ? s->opts : s->args;
	unsigned int n = s->actor ? s->opt_count : s->count;

	for (unsigned int i = 0; i < n; i++)
		if (a[i].op != FFS_OP_NONE && a[i].name &&
		    !strcmp(a[i].name, key))
			return &a[i];
	return NULL;
}

const struct ffs_value *ffs_pos(const struct ffs_stmt *s, unsigned int n)
{
	for (unsigned int i = 0; i < s->count; i++)
		if (s->args[i].op == FFS_OP_NONE && !n--)
			return s->args[i].value;
	return NULL;
}

bool ffs_flag(const struct ffs_stmt *s, const char *name)
{
	unsigned int pos = 0;

	for (unsigned int i = 0; i < s->count; i++) {
		const struct ffs_arg *a = &s->args[i];

		if (a->op == FFS_OP_NONE && pos++ &&
		    a->value->kind == FFS_V_ID && !strcmp(a->value->text, name))
			return true;
	}
	return false;
}

/* -- words in messages ------------------------------------------------------------- */

char *ffs_names_hint(const struct ffs_diags *d, const char *word,
		     GPtrArray *names)
{
	/* for the messages that are shown, not for thousands more */
	const char *near = word && d->all->len < FFS_MAX_DIAGS &&
		names->len < MANY_NAMES ? ffs_nearest(word, (const char *const *)
					      names->pdata, names->len) : NULL;
	GString *s;

	if (near && names->len > 24)
		return g_strdup_printf("did you mean `%s`?", near);
	if (!names->len || names->len > 64)
		return NULL;
	s = g_string_new(NULL);
	if (near)
		g_string_append_printf(s, "did you mean `%s`? ", near);
	g_string_append(s, "legal:");
	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(s, " %s",
			(char *)g_ptr_array_index(names, i));
	return g_string_free(s, FALSE);
}

void ffs_unknown_word(struct ffs_parser *p, const struct ffs_token *t,
		      enum ffs_row_kind kind, const char *what,
		      const char *hint)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *text = NULL;

	for (unsigned int i = 0; i < ffs_row_count; i++)
		if (ffs_rows[i].kind == kind)
			g_ptr_array_add(names, (void *)ffs_rows[i].name);
	text = ffs_names_hint(p->d, t->text, names);
	p->failed = true;
	ffs_error(p->d, &t->loc, text ? text : hint, "unknown %s `%s`", what,
		  t->text);
}

bool ffs_fn_known(const char *name)
{
	return ffa_fn_named(name) != FFA_FN_UNKNOWN;
}
