/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of fields and registers: do the names exist, does it fit? */
#include <string.h>

#include "sim/codec.h"
#include "sim/ffs_impl.h"

/* -- $x and ?x --------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const struct ffs_param *ffs_check_use(struct ffs_checker *c,
				      const struct ffs_value *v)
{
	const struct ffs_param *p = ffs_param(c->f, v->text);
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *hint = NULL;
	const char *near;
	GHashTableIter it;
	void *key;

	if (p) {
		((struct ffs_param *)p)->used = true;
		return p;
	}
	if (g_hash_table_contains(c->bound, v->text))
		return NULL;
	names = g_ptr_array_new();
	g_hash_table_iter_init(&it, c->bound);
	while (g_hash_table_iter_next(&it, &key, NULL))
		g_ptr_array_add(names, key);
	g_ptr_array_sort(names, by_name);
	for (unsigned int i = 0; i < c->f->param_count; i++)
		g_ptr_array_add(names, (void *)c->f->params[i]->name);
	near = ffs_nearest(v->text, (const char *const *)names->pdata,
			   names->len);
	if (near)
		hint = g_strdup_printf("did you mean `$%s`?", near);
	ffs_error(c->d, &v->loc, hint, "`$%s` is used before a `?%s` binds it",
		  v->text, v->text);
	return NULL;
}

static void check_bind(struct ffs_checker *c, const struct ffs_value *v,
		       bool pattern)
{
	if (!pattern) {
		ffs_error(c->d, &v->loc, NULL, "`?%s` binds what comes back; "
			  "what is sent has a value: `$%s` or a number",
			  v->text, v->text);
		/* it is clear what is meant: no second message */
		g_hash_table_add(c->bound, (void *)v->text);
		return;
	}
	if (ffs_param(c->f, v->text))
		ffs_error(c->d, &v->loc, NULL, "`%s` is a parameter and "
			  "cannot be bound", v->text);
	g_hash_table_add(c->bound, (void *)v->text);
}

void ffs_check_binds(struct ffs_checker *c, const struct ffs_value *v,
		     bool pattern)
{
	if (v->kind == FFS_V_USE)
		ffs_check_use(c, v);
	if (v->kind == FFS_V_BIND)
		check_bind(c, v, pattern);
	if (v->base)
		ffs_check_binds(c, v->base, pattern);
	for (unsigned int i = 0; i < v->count; i++) {
		if (v->items[i].key)
			ffs_check_binds(c, v->items[i].key, pattern);
		ffs_check_binds(c, v->items[i].value, pattern);
	}
}

bool ffs_check_path(struct ffs_checker *c, const struct ffs_value *v)
{
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *hint = NULL;
	const char *name;

	for (;; v = v->base) {
		for (unsigned int i = 0; i < v->count; i++)
			ffs_check_binds(c, v->items[i].value, false);
		if (v->kind != FFS_V_MEMBER && v->kind != FFS_V_INDEX)
			break;
	}
	if (v->kind == FFS_V_AT && v->text && !ffs_check_cpu(c, &v->loc, v->num))
		return false;
	if (v->kind == FFS_V_USE)
		ffs_check_use(c, v);
	name = v->kind == FFS_V_ID || v->kind == FFS_V_AT ? v->text : NULL;
	if (!name)
		return true;
	if (g_hash_table_contains(c->parts, name) ||
	    g_hash_table_contains(c->mems, name))
		return true;
	names = g_ptr_array_copy(c->part_names, NULL, NULL);
	for (guint i = 0; i < c->mem_names->len; i++)
		g_ptr_array_add(names, g_ptr_array_index(c->mem_names, i));
	hint = ffs_names_hint(c->d, name, names);
	ffs_error(c->d, &v->loc, hint, "no part, buf or mem `%s`", name);
	return false;
}

/* -- names ---------------------------------------------------------------------------- */

static bool name_known(void *data, enum ffa_kind kind, const char *name,
		       uint64_t *num)
{
	const struct ffs_checker *c = data;

	*num = 0;
	if (kind == FFA_K_ID)
		return g_hash_table_contains(c->parts, name);
	return g_hash_table_contains(c->parts, name) ||
		g_hash_table_contains(c->mems, name);
}

static void add_names(GPtrArray *to, const GPtrArray *from)
{
	for (guint i = 0; i < from->len; i++)
		g_ptr_array_add(to, g_ptr_array_index(from, i));
}

/* The names that a field knows. */
static GPtrArray *names_for(const struct ffs_checker *c,
			    const struct ffa_field *f)
{
	GPtrArray *names = g_ptr_array_new();

	for (unsigned int i = 0; f && i < ffa_name_count; i++)
		if (ffa_names[i].fn == f->fn &&
		    !strcmp(ffa_names[i].field, f->name))
			g_ptr_array_add(names, (void *)ffa_names[i].name);
	if (f && f->kind == FFA_K_FID) {
		for (unsigned int i = 0; i < ffa_feature_count; i++)
			g_ptr_array_add(names, (void *)ffa_features[i].name);
		for (unsigned int i = 0; i < FFA_FN_COUNT; i++)
			g_ptr_array_add(names, (void *)ffa_fns[i].name);
	}
	if (f && (f->kind == FFA_K_ERR || !f->reg))
		for (unsigned int i = 0; i < ffa_error_count; i++)
			g_ptr_array_add(names, (void *)ffa_errors[i].name);
	if (!f || f->kind == FFA_K_ID || f->kind == FFA_K_SENDER ||
	    f->kind == FFA_K_RECEIVER)
		add_names(names, c->part_names);
	if (!f || f->kind == FFA_K_ADDR)
		add_names(names, c->mem_names);
	return names;
}

static bool is_uuid(const struct ffa_field *f)
{
	return f && (f->kind == FFA_K_UUIDW || f->kind == FFA_K_UUIDX);
}

static void check_name(struct ffs_checker *c, const struct ffs_place *to,
		       const struct ffs_value *v)
{
	const struct codec_ctx ctx = {
		.self = CODEC_NOBODY, .value_of = name_known, .data = c,
	};
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *hint = NULL;
	uint64_t num;

	if (is_uuid(to->field)) {
		if (!strcmp(v->text, "nil"))
			return;
		ffs_error(c->d, &v->loc, "legal: a UUID, nil, PART.uuid",
			  "`%s` is not a UUID", v->text);
		return;
	}
	if (to->pattern && !strcmp(v->text, "impdef")) {
		if (!to->field || to->field->kind != FFA_K_ERR)
			ffs_error(c->d, &v->loc, NULL, "impdef stands for an "
				  "error code: FFA_ERROR(impdef)");
		return;
	}
	if (codec_named(&ctx, to->field, v->text, &num))
		return;
	names = names_for(c, to->field);
	hint = ffs_names_hint(c->d, v->text, names);
	ffs_error(c->d, &v->loc, hint ? hint : to->field &&
		  to->field->kind == FFA_K_HANDLE ?
		  "a handle is bound with ?h and used with $h" : NULL,
		  "`%s` is no value of `%s`", v->text, to->name);
}

/* -- numbers ----------------------------------------------------------------------------- */

/* The number of `v` at `at`, which is v or the use of a parameter. */
static void check_width(struct ffs_checker *c, const struct ffs_place *to,
			const struct ffs_loc *at, const struct ffs_value *v)
{
	uint64_t mask = to->bits >= 64 ? UINT64_MAX :
		((uint64_t)1 << to->bits) - 1;

	if (v->negative ? v->num >= ~(mask >> 1) : !(v->num & ~mask))
		return;
	if (v->kind == FFS_V_NUM && to->bits < 64)
		ffs_error(c->d, at, NULL, "%s does not fit the %u bit%s of "
			  "`%s`: at most 0x%" G_GINT64_MODIFIER "x", v->text,
			  to->bits, to->bits == 1 ? "" : "s", to->name, mask);
	else
		ffs_error(c->d, at, NULL, "%s does not fit `%s`", v->text,
			  to->name);
}

static void check_number(struct ffs_checker *c, const struct ffs_place *to,
			 const struct ffs_loc *at, const struct ffs_value *v)
{
	bool version = to->field && to->field->kind == FFA_K_VER;

	if (is_uuid(to->field)) {
		ffs_error(c->d, at, "legal: a UUID, nil, PART.uuid",
			  "`%s` is a UUID, not a number", to->name);
		return;
	}
	if (v->kind == FFS_V_VERSION && to->field && !version &&
	    to->field->kind != FFA_K_HEX) {
		ffs_error(c->d, at, NULL, "`%s` is not a version", to->name);
		return;
	}
	if (v->unit == FFS_U_PAGES ||
	    (v->unit == FFS_U_TIME && !strstr(to->name, "timeout"))) {
		ffs_error(c->d, at, NULL, "`%s` is a plain number, not %s",
			  to->name, v->unit == FFS_U_TIME ? "a time" :
			  "a number of pages");
		return;
	}
	check_width(c, to, at, v);
}

/* -- values ------------------------------------------------------------------------------- */

static void wrong_kind(struct ffs_checker *c, const struct ffs_place *to,
		       const struct ffs_loc *at, const char *what)
{
	ffs_error(c->d, at, NULL, "`%s` cannot be %s", to->name, what);
}

static void check_one(struct ffs_checker *c, const struct ffs_place *to,
		      const struct ffs_loc *at, const struct ffs_value *v);

static void check_use(struct ffs_checker *c, const struct ffs_place *to,
		      const struct ffs_value *v)
{
	const struct ffs_param *p = ffs_check_use(c, v);
	unsigned int before = c->d->errors;

	for (unsigned int i = 0; p && i < p->count; i++) {
		const struct ffs_value *one = p->values[i].value;

		/* others were refused at the param line; and $N in N ends */
		if (one->kind <= FFS_V_STR || one->kind == FFS_V_ID)
			check_one(c, to, &v->loc, one);
		if (c->d->errors != before)
			return;
	}
}

static void check_call(struct ffs_checker *c, const struct ffs_place *to,
		       const struct ffs_value *v)
{
	if (strcmp(v->text, "lo") && strcmp(v->text, "hi")) {
		ffs_error(c->d, &v->loc, "legal: lo($h) hi($h)",
			  "unknown function `%s` in a value", v->text);
		return;
	}
	if (v->count != 1) {
		ffs_error(c->d, &v->loc, NULL, "%s() takes one value: %s($h)",
			  v->text, v->text);
		return;
	}
	ffs_check_binds(c, v->items[0].value, false);
	if (is_uuid(to->field) || to->bits < 32)
		wrong_kind(c, to, &v->loc, "half of a 64-bit value");
}

/* PART.uuid, PART.uuid[n], PART.id, MEM.size, MEM[n] */
static void check_member(struct ffs_checker *c, const struct ffs_place *to,
			 const struct ffs_value *v)
{
	const struct ffs_value *m = v;
	bool part, uuid;
	const char *name;

	if (!ffs_check_path(c, v))
		return;
	if (m->kind == FFS_V_INDEX && m->base->kind == FFS_V_MEMBER)
		m = m->base;
	name = ffs_name_of(m->base);
	part = name && g_hash_table_contains(c->parts, name);
	uuid = m->kind == FFS_V_MEMBER && !strcmp(m->text, "uuid");
	if (!name || m->base->kind != FFS_V_ID ||
	    (m->kind == FFS_V_INDEX && part) ||
	    (m->kind == FFS_V_MEMBER && part && !uuid &&
	     strcmp(m->text, "id")) ||
	    (m->kind == FFS_V_MEMBER && !part && strcmp(m->text, "size") &&
	     strcmp(m->text, "pages"))) {
		ffs_error(c->d, &v->loc, "legal: PART.id PART.uuid "
			  "PART.uuid[n] MEM.size MEM.pages MEM[offset]",
			  "this has no value");
		return;
	}
	if (uuid != is_uuid(to->field))
		wrong_kind(c, to, &v->loc, uuid ? "a UUID" : "a number: "
			   "expected a UUID, nil or PART.uuid");
}

static void check_items(struct ffs_checker *c, const struct ffs_place *to,
			const struct ffs_value *v)
{
	struct ffs_place one = *to;

	/* A|B are alternatives or flags, never patterns of patterns */
	one.pattern = false;
	for (unsigned int i = 0; i < v->count; i++)
		check_one(c, &one, &v->items[i].value->loc, v->items[i].value);
}

static void check_one(struct ffs_checker *c, const struct ffs_place *to,
		      const struct ffs_loc *at, const struct ffs_value *v)
{
	switch (v->kind) {
	case FFS_V_NUM:
	case FFS_V_VERSION:
		check_number(c, to, at, v);
		return;
	case FFS_V_UUID:
		if (!is_uuid(to->field))
			wrong_kind(c, to, at, "a UUID");
		return;
	case FFS_V_STR:
		/* characters of a payload, the first in the low byte */
		if ((to->field && to->field->kind != FFA_K_HEX) ||
		    !v->len || v->len > to->bits / 8)
			wrong_kind(c, to, at, "a string");
		return;
	case FFS_V_ANY:
		if (!to->pattern)
			ffs_error(c->d, at, NULL, "`_` stands for what comes "
				  "back; what is sent has a value");
		return;
	case FFS_V_BIND:
		check_bind(c, v, to->pattern);
		return;
	case FFS_V_USE:
		check_use(c, to, v);
		return;
	case FFS_V_ID:
		check_name(c, to, v);
		return;
	case FFS_V_AT:
		wrong_kind(c, to, at, "an actor on a CPU");
		return;
	case FFS_V_MEMBER:
	case FFS_V_INDEX:
		check_member(c, to, v);
		return;
	case FFS_V_CALL:
		check_call(c, to, v);
		return;
	case FFS_V_BLOCK:
		wrong_kind(c, to, at, "a literal in braces");
		return;
	case FFS_V_RANGE:
	case FFS_V_MASK:
		if (!to->pattern) {
			ffs_error(c->d, at, NULL, "`%s` compares what comes "
				  "back; what is sent has one value",
				  v->kind == FFS_V_RANGE ? ".." : "/");
			return;
		}
		check_items(c, to, v);
		return;
	case FFS_V_OR:
	case FFS_V_SUM:
		check_items(c, to, v);
		return;
	case FFS_V_LIST:
		wrong_kind(c, to, at, "a list");
		return;
	}
}

void ffs_check_value(struct ffs_checker *c, const struct ffs_place *to,
		     const struct ffs_value *v)
{
	check_one(c, to, &v->loc, v);
}
