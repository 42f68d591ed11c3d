/* SPDX-License-Identifier: BSD-3-Clause */
/* Directives against the rows of ffs_words.c. */
#include <string.h>

#include "sim/ffs_impl.h"

/* -- in words -------------------------------------------------------------------- */

static const struct {
	enum ffs_accept accept;
	const char *text;
} accepts[] = {
	{ FFS_A_NUM, "a number" }, { FFS_A_SIZE, "a size (4K, 1M)" },
	{ FFS_A_PAGES, "a number of pages (1page, 300pages)" },
	{ FFS_A_TIME, "a time (5ms, 10us)" },
	{ FFS_A_VERSION, "a version (1.2)" }, { FFS_A_UUID, "a UUID" },
	{ FFS_A_STR, "a string" }, { FFS_A_NAME, "a name" },
	{ FFS_A_PART, "the name of a part" },
	{ FFS_A_FN, "the name of a function" },
	{ FFS_A_ERR, "the name of an error" }, { FFS_A_CPU, "a CPU (@0)" },
	{ FFS_A_ACTOR, "an actor (ns@0)" }, { FFS_A_BLOCK, "{...}" },
	{ FFS_A_ADDR, "an address" },
};

static char *accept_text(const struct ffs_row *r)
{
	GString *s = g_string_new(NULL);

	for (unsigned int i = 0; i < G_N_ELEMENTS(accepts); i++) {
		if (!(r->accept & accepts[i].accept) ||
		    (accepts[i].accept == FFS_A_NAME && r->choices))
			continue;
		g_string_append_printf(s, "%s%s", s->len ? " or " : "",
				       accepts[i].text);
	}
	if (r->choices) {
		g_auto(GStrv) all = g_strsplit(r->choices, " ", -1);
		g_autofree char *list = g_strjoinv(", ", all);

		g_string_append_printf(s, "%s%s%s", s->len ? " or " : "",
				       all[1] ? "one of " : "", list);
	}
	return g_string_free(s, FALSE);
}

/* "buf NAME OWNER ADDRESS SIZE", "part NAME id= kind= ... [driver]" */
static char *usage(const struct ffs_row *r)
{
	GString *s = g_string_new("usage: ");

	g_string_append(s, r->name);
	while ((r = ffs_row_next(r))) {
		bool opt = r->times == FFS_OPT && r->kind != FFS_ROW_KEY;

		g_string_append_printf(s, " %s%s%s%s%s", opt ? "[" : "",
			r->name, r->kind == FFS_ROW_KEY ? "=" : "",
			r->times == FFS_MANY && r->kind == FFS_ROW_POS ?
			" ..." : "", opt ? "]" : "");
	}
	return g_string_free(s, FALSE);
}

/* "wait TIME", "board page=", "within=" */
static char *subject(const struct ffs_row *r)
{
	const struct ffs_row *d = r;

	if (r->kind == FFS_ROW_OPT)
		return g_strdup_printf("%s=", r->name);
	while (d->kind != FFS_ROW_DIRECTIVE)
		d--;
	return g_strdup_printf("%s %s%s", d->name, r->name,
			       r->kind == FFS_ROW_KEY ? "=" : "");
}

static char *nearest_choice(const struct ffs_row *r, const struct ffs_value *v)
{
	g_auto(GStrv) all = g_strsplit(r->choices ? r->choices : "", " ", -1);
	const char *name = ffs_name_of(v), *near;

	near = name ? ffs_nearest(name, (const char *const *)all,
				  g_strv_length(all)) : NULL;
	return near ? g_strdup_printf("did you mean `%s`?", near) : NULL;
}

static GPtrArray *row_names(const struct ffs_row *r, enum ffs_row_kind kind)
{
	GPtrArray *names = g_ptr_array_new();

	while ((r = ffs_row_next(r)))
		if (r->kind == kind)
			g_ptr_array_add(names, (void *)r->name);
	return names;
}

/* -- one value against one row ----------------------------------------------------- */

bool ffs_check_cpu(struct ffs_checker *c, const struct ffs_loc *at,
		   uint64_t cpu)
{
	if (cpu < c->f->cpus)
		return true;
	ffs_error(c->d, at, "board cpus=N says how many there are",
		  "there is no CPU %" G_GUINT64_FORMAT ": the board has %s%u",
		  cpu, c->f->cpus == 1 ? "only CPU " : "CPUs 0 to ",
		  c->f->cpus - 1);
	return false;
}

/* An identifier; false if the row does not take it, or after an error. */
static bool check_name(struct ffs_checker *c, const struct ffs_row *r,
		       const struct ffs_value *v, bool *said)
{
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *hint = NULL;
	const char *what = "name";

	if (r->accept & FFS_A_PART) {
		if (g_hash_table_contains(c->parts, v->text))
			return true;
		names = g_ptr_array_copy(c->part_names, NULL, NULL);
		what = "part";
	} else if (r->accept & FFS_A_FN) {
		if (ffa_fn_named(v->text) != FFA_FN_UNKNOWN)
			return true;
		if (r->choices && !strcmp(r->choices, v->text))
			return true;
		names = g_ptr_array_new();
		for (unsigned int i = 0; i < FFA_FN_COUNT; i++)
			g_ptr_array_add(names, (void *)ffa_fns[i].name);
		what = "function";
	} else if (r->accept & FFS_A_ERR) {
		names = g_ptr_array_new();
		for (unsigned int i = 0; i < ffa_error_count; i++) {
			if (!strcmp(ffa_errors[i].name, v->text))
				return true;
			g_ptr_array_add(names, (void *)ffa_errors[i].name);
		}
		what = "error";
	} else if (r->accept & FFS_A_ADDR) {
		if (g_hash_table_contains(c->mems, v->text))
			return true;
		names = g_ptr_array_copy(c->mem_names, NULL, NULL);
		what = "buf or mem";
	} else if (r->choices) {
		g_auto(GStrv) all = g_strsplit(r->choices, " ", -1);

		return g_strv_contains((const char *const *)all, v->text);
	} else {
		return r->accept & FFS_A_NAME;
	}
	hint = ffs_names_hint(c->d, v->text, names);
	*said = true;
	ffs_error(c->d, &v->loc, hint, "unknown %s `%s`", what, v->text);
	return false;
}

static bool check_actor(struct ffs_checker *c, const struct ffs_value *v,
			bool *said)
{
	g_autofree char *hint = NULL;

	*said = true;
	if (v->text && !g_hash_table_contains(c->parts, v->text)) {
		hint = ffs_names_hint(c->d, v->text, c->part_names);
		ffs_error(c->d, &v->loc, hint, "unknown part `%s`", v->text);
		return false;
	}
	return ffs_check_cpu(c, &v->loc, v->num);
}

/* "dir/"+$NAME+".dts" */
static bool check_text(struct ffs_checker *c, const struct ffs_value *v,
		       bool *said)
{
	*said = true;
	for (unsigned int i = 0; i < v->count; i++) {
		const struct ffs_value *one = v->items[i].value;
		const struct ffs_param *p = NULL;
		unsigned int n = 0, before = c->d->errors;

		if (one->kind == FFS_V_STR)
			continue;
		if (one->kind == FFS_V_USE)
			p = ffs_check_use(c, one);
		if (c->d->errors != before)
			return false;
		while (p && n < p->count &&
		       p->values[n].value->kind == FFS_V_STR)
			n++;
		if (p && n == p->count)
			continue;
		ffs_error(c->d, &one->loc, NULL, "expected a string, or a "
			  "parameter that is one");
		return false;
	}
	return true;
}

static bool fits(struct ffs_checker *c, const struct ffs_row *r,
		 const struct ffs_value *v, bool *said)
{
	switch (v->kind) {
	case FFS_V_NUM:
		if (v->negative)
			return r->accept & FFS_A_VALUE;
		switch (v->unit) {
		case FFS_U_NONE:
			return r->accept & (FFS_A_NUM | FFS_A_ADDR |
					    FFS_A_VALUE);
		case FFS_U_SIZE:
			return r->accept & (FFS_A_SIZE | FFS_A_ADDR |
					    FFS_A_VALUE);
		case FFS_U_PAGES:
			return r->accept & (FFS_A_PAGES | FFS_A_VALUE);
		case FFS_U_TIME:
			return r->accept & (FFS_A_TIME | FFS_A_VALUE);
		}
		return false;
	case FFS_V_VERSION:
		return r->accept & (FFS_A_VERSION | FFS_A_VALUE);
	case FFS_V_UUID:
		return r->accept & (FFS_A_UUID | FFS_A_VALUE);
	case FFS_V_STR:
		return r->accept & (FFS_A_STR | FFS_A_VALUE);
	case FFS_V_ID:
		return check_name(c, r, v, said);
	case FFS_V_AT:
		if (!(r->accept & (v->text ? FFS_A_ACTOR : FFS_A_CPU)))
			return false;
		return check_actor(c, v, said);
	case FFS_V_BLOCK:
		/* of literals later */
		if (r->word != FFS_W_TX && r->word != FFS_W_RX)
			ffs_check_binds(c, v, true);
		return r->accept & (FFS_A_BLOCK | FFS_A_VALUE);
	case FFS_V_MEMBER:
	case FFS_V_INDEX:
		if (!(r->accept & (FFS_A_ADDR | FFS_A_VALUE)))
			return false;
		*said = true;
		return ffs_check_path(c, v);
	case FFS_V_SUM:
		if (r->kind == FFS_ROW_KEY && r->accept & FFS_A_STR)
			return check_text(c, v, said);
		if (!(r->accept & (FFS_A_ADDR | FFS_A_VALUE)))
			return false;
		for (unsigned int i = 0; i < v->count; i++)
			if (!fits(c, r, v->items[i].value, said))
				return false;
		return true;
	case FFS_V_CALL:
	case FFS_V_OR:
	case FFS_V_RANGE:
	case FFS_V_MASK:
		ffs_check_binds(c, v, false);
		return r->accept & FFS_A_VALUE;
	case FFS_V_USE:		/* row_value looked behind it */
	case FFS_V_ANY:
	case FFS_V_BIND:
	case FFS_V_LIST:
		break;
	}
	return false;
}

/* Numbers can be `$x`; words only behind the keys of board and part. */
static bool takes_use(const struct ffs_row *r)
{
	return r->accept & (FFS_A_NUM | FFS_A_SIZE | FFS_A_PAGES | FFS_A_TIME |
			    FFS_A_VERSION | FFS_A_ADDR | FFS_A_VALUE) ||
		(r->kind == FFS_ROW_KEY &&
		 (r->word == FFS_W_BOARD || r->word == FFS_W_PART ||
		  r->accept & FFS_A_STR));
}

/* False after an error. `declares`: no bound value can stand here. */
static bool row_value(struct ffs_checker *c, const struct ffs_row *r,
		      const struct ffs_value *v, bool declares)
{
	const struct ffs_param *p = NULL;
	g_autofree char *want = NULL, *who = NULL, *near = NULL;
	unsigned int n = 1;

	if (v->kind == FFS_V_USE && !takes_use(r)) {
		who = subject(r);
		want = accept_text(r);
		ffs_error(c->d, &v->loc, NULL, "%s: expected %s itself, not "
			  "`$%s`", who, want, v->text);
		return false;
	}
	if (v->kind == FFS_V_USE) {
		unsigned int before = c->d->errors;

		p = ffs_check_use(c, v);
		if (c->d->errors != before)
			return false;
		if (!p && declares) {
			ffs_error(c->d, &v->loc, NULL, "`$%s` is known only "
				  "when the scenario runs; a parameter can "
				  "stand here", v->text);
			return false;
		}
		n = p ? p->count : 0;
	}
	for (unsigned int i = 0; i < n; i++) {
		const struct ffs_value *one = p ? p->values[i].value : v;
		g_autoptr(GString) text = NULL;
		bool said = false;

		if (fits(c, r, one, &said))
			continue;
		if (said)
			return false;
		text = g_string_new(NULL);
		ffs_format_value(text, one);
		if (text->len > 60)
			g_string_assign(text, "this");
		want = accept_text(r);
		who = subject(r);
		near = nearest_choice(r, one);
		ffs_error(c->d, &v->loc, near ? near : r->sentence,
			  "%s: expected %s, not `%s`", who, want, text->str);
		return false;
	}
	return true;
}

static bool row_values(struct ffs_checker *c, const struct ffs_row *r,
		       const struct ffs_value *v, bool declares)
{
	bool ok = true;

	/* alternatives, of what a name is compared with */
	if (v->kind == FFS_V_OR && r->word == FFS_W_REQUIRES && r->choices) {
		for (unsigned int i = 0; i < v->count; i++)
			ok &= row_values(c, r, v->items[i].value, declares);
		return ok;
	}
	if (v->kind != FFS_V_LIST)
		return row_value(c, r, v, declares);
	if (r->times != FFS_MANY) {
		ffs_error(c->d, &v->loc, NULL, "%s= takes one value", r->name);
		return false;
	}
	for (unsigned int i = 0; i < v->count; i++)
		ok &= row_value(c, r, v->items[i].value, declares);
	return ok;
}

/* -- rows ----------------------------------------------------------------------------- */

static bool declares(enum ffs_word w)
{
	return w == FFS_W_FFS || w == FFS_W_TITLE || w == FFS_W_TAG ||
		w == FFS_W_REQUIRES || w == FFS_W_INCLUDE || w == FFS_W_FFA ||
		w == FFS_W_BOARD || w == FFS_W_PARAM || w == FFS_W_PART ||
		w == FFS_W_BUF || w == FFS_W_MEM;
}

static bool check_key(struct ffs_checker *c, const struct ffs_row *d,
		      const struct ffs_stmt *s, const struct ffs_arg *a)
{
	const struct ffs_row *r = d;
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *hint = NULL;
	bool compares = s->word == FFS_W_REQUIRES;

	while ((r = ffs_row_next(r)))
		if (r->kind == FFS_ROW_KEY && a->name &&
		    !strcmp(r->name, a->name))
			break;
	if (!r) {
		names = row_names(d, FFS_ROW_KEY);
		hint = ffs_names_hint(c->d, a->name, names);
		ffs_error(c->d, &a->key->loc, hint, "%s has no key `%s%s`",
			  d->name, a->name ? a->name : "", a->name ? "=" : "");
		return false;
	}
	if (ffs_opt(s, a->name) != a && !compares) {
		ffs_error(c->d, &a->key->loc, r->times == FFS_MANY ?
			  "several values stand behind one key: key=a,b" :
			  NULL, "%s= is given twice", r->name);
		return false;
	}
	if ((a->op == FFS_OP_ASSIGN) == compares) {
		ffs_error(c->d, &a->key->loc, NULL, compares ?
			  "requires compares: expected `%s>=`, not `=`" :
			  "expected `%s=VALUE`, not a comparison", r->name);
		return false;
	}
	if (compares && !(r->accept & (FFS_A_NUM | FFS_A_VERSION)) &&
	    a->op != FFS_OP_EQ && a->op != FFS_OP_NE) {
		ffs_error(c->d, &a->key->loc, NULL, "%s has no order: expected "
			  "`%s==` or `%s!=`", r->name, r->name, r->name);
		return false;
	}
	return row_values(c, r, a->value, declares(s->word));
}

static bool is_flag(const struct ffs_row *d, const struct ffs_value *v)
{
	const struct ffs_row *r = d;

	while ((r = ffs_row_next(r)))
		if (r->kind == FFS_ROW_FLAG && v->kind == FFS_V_ID &&
		    !strcmp(r->name, v->text))
			return true;
	return false;
}

static const struct ffs_row *next_pos(const struct ffs_row *r)
{
	while (r && (r = ffs_row_next(r)))
		if (r->kind == FFS_ROW_POS)
			return r;
	return NULL;
}

/* False if something was wrong. */
static bool check_rows(struct ffs_checker *c, const struct ffs_stmt *s)
{
	const struct ffs_row *d = ffs_row_of(FFS_ROW_DIRECTIVE, s->word);
	const struct ffs_row *pos = next_pos(d);
	g_autofree char *hint = NULL;
	bool ok = true, many = false;

	for (unsigned int i = 0; i < s->count; i++) {
		const struct ffs_arg *a = &s->args[i];

		if (a->op != FFS_OP_NONE) {
			ok &= check_key(c, d, s, a);
			continue;
		}
		if (pos) {
			ok &= row_value(c, pos, a->value, declares(s->word));
			many = pos->times == FFS_MANY;
			if (!many)
				pos = next_pos(pos);
			continue;
		}
		if (is_flag(d, a->value))
			continue;
		if (a->value->kind == FFS_V_ID) {
			g_autoptr(GPtrArray) flags = row_names(d, FFS_ROW_FLAG);

			hint = ffs_names_hint(c->d, a->value->text, flags);
		}
		if (!hint)
			hint = usage(d);
		ffs_error(c->d, &a->value->loc, hint, "%s does not take this",
			  d->name);
		return false;
	}
	if (pos && pos->times != FFS_OPT && !many) {
		struct ffs_loc at = s->loc;

		at.end = at.off + (uint32_t)strlen(d->name);
		hint = usage(d);
		ffs_error(c->d, &at, hint, "%s needs %s: %s", d->name,
			  pos->name, pos->sentence);
		return false;
	}
	return ok;
}

void ffs_check_opts(struct ffs_checker *c, const struct ffs_stmt *s)
{
	for (unsigned int i = 0; i < s->opt_count; i++) {
		const struct ffs_arg *a = &s->opts[i];
		const struct ffs_row *r = ffs_row_of(FFS_ROW_OPT, 0);
		const struct ffs_row *end = ffs_rows + ffs_row_count;

		while (r < end && strcmp(r->name, a->name))
			r++;
		if (r == end)
			ffs_error(c->d, &a->key->loc, "legal: within= expect=",
				  "unknown option `%s=`", a->name);
		else if (ffs_opt(s, a->name) != a)
			ffs_error(c->d, &a->key->loc, NULL, "%s= is given "
				  "twice", r->name);
		else
			row_value(c, r, a->value, false);
	}
}

void ffs_check_directive(struct ffs_checker *c, const struct ffs_stmt *s,
			 bool top)
{
	if (!top && declares(s->word) && s->word != FFS_W_FFS)
		ffs_error(c->d, &s->loc, NULL, "`%s` cannot stand inside a "
			  "block", s->name);
	/* these two have no rows */
	if (s->word == FFS_W_PARAM || s->word == FFS_W_CHECK ||
	    check_rows(c, s))
		ffs_check_more(c, s);
}
