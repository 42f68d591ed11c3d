/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be said of a scenario without running it. First every declaration
 * is collected, then each statement is looked at in file order.
 */
#include <string.h>

#include "sim/ffs_impl.h"

/* -- declarations --------------------------------------------------------------- */

static void declare_part(struct ffs_checker *c, const struct ffs_stmt *s,
			 const char *name)
{
	struct ffs_part *p = g_new0(struct ffs_part, 1);
	const struct ffs_arg *a = ffs_opt(s, "id");
	const char *kind;

	p->name = name;
	p->stmt = s;
	p->driver = ffs_flag(s, "driver");
	p->manifest = ffs_opt(s, "manifest");
	p->ec = p->manifest ? 0 : 1;
	if (a && a->value->kind == FFS_V_NUM) {
		p->has_id = true;
		p->id = a->value->num;
	}
	a = ffs_opt(s, "ec");
	if (a)
		p->ec = a->value->kind == FFS_V_NUM ? (unsigned int)
			MIN(a->value->num, (uint64_t)FFS_MAX_CPUS + 1) : 0;
	a = ffs_opt(s, "kind");
	kind = a ? ffs_name_of(a->value) : NULL;
	p->secure = !kind || (strcmp(kind, "vm") && strcmp(kind, "hyp"));
	g_hash_table_insert(c->parts, (void *)name, p);
	g_ptr_array_add(c->part_names, (void *)name);
}

static const struct ffs_stmt *declared(struct ffs_checker *c, const char *name)
{
	const struct ffs_part *p = g_hash_table_lookup(c->parts, name);

	return p ? p->stmt : g_hash_table_lookup(c->mems, name);
}

static const char *const reserved[] = {
	"nil", "spmc", "spmd", "leaks", "impdef", "fault", "rest", "lo", "hi",
};

static void declare(struct ffs_checker *c, const struct ffs_stmt *s)
{
	const struct ffs_value *v = ffs_pos(s, 0);
	const char *name = ffs_name_of(v);
	const struct ffs_stmt *other;

	if (!name)
		return;
	for (unsigned int i = 0; i < G_N_ELEMENTS(reserved); i++)
		if (!strcmp(name, reserved[i]))
			ffs_error(c->d, &v->loc, NULL, "`%s` is a word of the "
				  "language: choose another name", name);
	other = declared(c, name);
	if (other) {
		ffs_error(c->d, &v->loc, NULL, "`%s` is declared twice: first "
			  "as %s at %s:%u", name, ffs_word_name(other->word),
			  other->loc.src->name, other->loc.line);
		return;
	}
	if (s->word == FFS_W_PART) {
		declare_part(c, s, name);
		return;
	}
	g_hash_table_insert(c->mems, (void *)name, (void *)s);
	g_ptr_array_add(c->mem_names, (void *)name);
}

/* The largest value that a key can have; parameters may give several. */
static uint64_t largest(struct ffs_checker *c, const struct ffs_value *v,
			uint64_t def)
{
	const struct ffs_param *p;
	uint64_t most = 0;

	if (v->kind == FFS_V_NUM || v->kind == FFS_V_VERSION)
		return v->num;
	p = v->kind == FFS_V_USE ? ffs_param(c->f, v->text) : NULL;
	for (unsigned int i = 0; p && i < p->count; i++)
		if (p->values[i].value->kind == FFS_V_NUM ||
		    p->values[i].value->kind == FFS_V_VERSION)
			most = MAX(most, p->values[i].value->num);
	return most ? most : def;
}

static void collect(struct ffs_checker *c, const struct ffs_list *list)
{
	for (unsigned int i = 0; i < list->n; i++) {
		struct ffs_stmt *s = list->v[i];
		const struct ffs_arg *a;
		unsigned int before;
		uint64_t cpus;

		s->wrong = s->kind == FFS_S_BAD;
		collect(c, &s->body);
		if (s->actor)
			continue;
		/* a name declared in a wrong statement is declared */
		if (s->word == FFS_W_PART || s->word == FFS_W_BUF ||
		    s->word == FFS_W_MEM) {
			before = c->d->errors;
			declare(c, s);
			s->wrong |= c->d->errors != before;
		}
		if (s->word == FFS_W_BOOT)
			c->f->has_boot = true;
		if (s->word == FFS_W_BOARD && (a = ffs_opt(s, "cpus"))) {
			cpus = largest(c, a->value, 1);
			c->f->cpus = (unsigned int)CLAMP(cpus, 1,
				(uint64_t)FFS_MAX_CPUS);
		}
	}
}

/* Without a part for the OS kernel or hypervisor there is `ns`. */
static void imply_primary(struct ffs_checker *c)
{
	GHashTableIter it;
	struct ffs_part *p;

	g_hash_table_iter_init(&it, c->parts);
	while (g_hash_table_iter_next(&it, NULL, (void **)&p))
		if (!p->secure && (!p->has_id || !p->id))
			return;
	if (declared(c, "ns"))
		return;
	p = g_new0(struct ffs_part, 1);
	p->name = "ns";
	p->has_id = true;
	g_hash_table_insert(c->parts, (void *)p->name, p);
	g_ptr_array_add(c->part_names, (void *)p->name);
}

static int by_place(const void *a, const void *b)
{
	const struct ffs_part *x = *(struct ffs_part *const *)a;
	const struct ffs_part *y = *(struct ffs_part *const *)b;
	uint32_t i = x->stmt ? x->stmt->loc.line : 0;
	uint32_t j = y->stmt ? y->stmt->loc.line : 0;

	return i < j ? -1 : i > j;
}

static void check_ids(struct ffs_checker *c)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	g_autoptr(GHashTable) ids = g_hash_table_new(g_direct_hash,
						     g_direct_equal);
	GHashTableIter it;
	struct ffs_part *p;

	g_hash_table_iter_init(&it, c->parts);
	while (g_hash_table_iter_next(&it, NULL, (void **)&p))
		if (p->has_id && p->stmt)
			g_ptr_array_add(all, p);
	g_ptr_array_sort(all, by_place);
	for (guint i = 0; i < all->len; i++) {
		const struct ffs_part *was;

		p = g_ptr_array_index(all, i);
		was = g_hash_table_lookup(ids, GSIZE_TO_POINTER((gsize)p->id));
		if (was)
			ffs_error(c->d, &ffs_opt(p->stmt, "id")->value->loc,
				  NULL, "`%s` has the id of `%s` (line %u)",
				  p->name, was->name, was->stmt->loc.line);
		if (was)
			((struct ffs_stmt *)p->stmt)->wrong = true;
		else
			g_hash_table_insert(ids, GSIZE_TO_POINTER((gsize)p->id),
					    p);
	}
}

static void check_params(struct ffs_checker *c)
{
	for (unsigned int i = 0; i < c->f->param_count; i++) {
		const struct ffs_param *p = c->f->params[i];

		for (unsigned int j = 0; j < i; j++)
			if (!strcmp(c->f->params[j]->name, p->name)) {
				ffs_error(c->d, &p->stmt->loc, NULL,
					  "parameter `%s` is defined twice: "
					  "first at line %u", p->name,
					  c->f->params[j]->stmt->loc.line);
				break;
			}
	}
}

static void check_unused(struct ffs_checker *c)
{
	for (unsigned int i = 0; i < c->f->param_count; i++) {
		const struct ffs_param *p = c->f->params[i];

		/* of two with one name the first is used */
		if (!p->used && ffs_param(c->f, p->name) == p)
			ffs_error(c->d, &p->stmt->loc, NULL,
				  "parameter `%s` is not used: the scenario "
				  "would run %u time%s the same", p->name,
				  p->count, p->count == 1 ? "" : "s");
	}
}

/* -- statements -------------------------------------------------------------------- */

static void check_header(struct ffs_checker *c, const struct ffs_list *list,
			 const struct ffs_source *src)
{
	struct ffs_loc at = { .src = src, .line = 1, .col = 1 };
	const struct ffs_stmt *s = list->n ? list->v[0] : NULL;

	if (s && !s->actor && s->name && s->word == FFS_W_FFS)
		return;
	/* a first line that is no statement at all was reported */
	if (s && s->kind == FFS_S_BAD && !s->actor && !s->name)
		return;
	ffs_error(c->d, s ? &s->loc : &at, NULL,
		  "expected `ffs 1` before everything else");
}

void ffs_check_list(struct ffs_checker *c, const struct ffs_list *list,
		    bool top)
{
	for (unsigned int i = 0; i < list->n; i++) {
		struct ffs_stmt *s = list->v[i];
		unsigned int before = c->d->errors;
		bool was = c->unordered;

		if (s->actor) {
			ffs_check_event(c, s);
			s->wrong |= c->d->errors != before;
			continue;
		}
		if (s->kind == FFS_S_BAD && s->word != FFS_W_SHUFFLE &&
		    s->word != FFS_W_ANY)
			continue;
		if (s->word == FFS_W_FFS && (i || !top))
			ffs_error(c->d, &s->loc, NULL, "`ffs` stands once, "
				  "before everything else");
		if (s->kind == FFS_S_DIRECTIVE)
			ffs_check_directive(c, s, top);
		s->wrong |= c->d->errors != before;
		if (s->word == FFS_W_INCLUDE) {
			if (s->body.n)
				check_header(c, &s->body,
					     s->body.v[0]->loc.src);
			ffs_check_list(c, &s->body, top);
			continue;
		}
		c->unordered |= s->word == FFS_W_ANY;
		ffs_check_list(c, &s->body, false);
		c->unordered = was;
	}
}

bool ffs_check(struct ffs_file *f, struct ffs_diags *d)
{
	struct ffs_checker c = {
		.f = f, .d = d,
		.parts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					       g_free),
		.mems = g_hash_table_new(g_str_hash, g_str_equal),
		.bound = g_hash_table_new(g_str_hash, g_str_equal),
		.ecs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					     g_free),
		.part_names = g_ptr_array_new(),
		.mem_names = g_ptr_array_new(),
	};
	bool wrong = d->errors;

	f->cpus = 1;
	f->has_boot = false;
	for (unsigned int i = 0; i < f->param_count; i++)
		f->params[i]->used = false;
	collect(&c, &f->list);
	imply_primary(&c);
	c.loose = f->has_boot;
	check_header(&c, &f->list, f->src);
	check_ids(&c);
	check_params(&c);
	ffs_check_list(&c, &f->list, true);
	/* what uses it may be what is wrong */
	if (!wrong)
		check_unused(&c);
	ffs_diags_sort(d);
	g_hash_table_unref(c.parts);
	g_hash_table_unref(c.mems);
	g_hash_table_unref(c.bound);
	g_hash_table_unref(c.ecs);
	g_ptr_array_unref(c.part_names);
	g_ptr_array_unref(c.mem_names);
	return d->errors == 0;
}
