/* SPDX-License-Identifier: BSD-3-Clause */
/* From the tree to numbers, registers, and what registers are held against. */
#include <string.h>

#include "run_priv.h"

/* -- names ----------------------------------------------------------------- */

static const char *part_of_id(const struct run *r, uint64_t id)
{
	for (unsigned int i = 0; i < r->board->config.endpoint_count; i++)
		if (r->board->parts[i].id == id)
			return r->board->parts[i].name;
	return NULL;
}

static const char *name_of(void *data, enum ffa_kind kind, uint64_t num)
{
	struct run *r = data;
	const struct board_mem *m;

	if (kind == FFA_K_ID)
		return part_of_id(r, num);
	if (kind != FFA_K_ADDR)
		return NULL;
	m = board_mem_at(r->board, num);
	if (!m)
		return NULL;
	if (m->base == num)
		return m->name;
	g_free(r->name);
	r->name = g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x", m->name,
				  num - m->base);
	return r->name;
}

static bool value_of(void *data, enum ffa_kind kind, const char *name,
		     uint64_t *num)
{
	const struct run *r = data;
	const struct board_part *p = board_part(r->board, name);
	const struct board_mem *m = board_mem(r->board, name);

	if (kind == FFA_K_ADDR && m)
		*num = m->base;
	else if (p)
		*num = p->id;
	else if (m)
		*num = m->base;
	else
		return false;
	return true;
}

struct codec_ctx run_ctx(struct run *r, unsigned int endpoint)
{
	return (struct codec_ctx){
		.mode = (enum codec_mode)r->options->decode,
		.self = endpoint < r->board->config.endpoint_count ?
			r->board->parts[endpoint].id : CODEC_NOBODY,
		.name_of = name_of,
		.value_of = value_of,
		.data = r,
	};
}

/* -- one value ------------------------------------------------------------- */

static bool wrong(char **why, const struct ffs_value *v, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);

static bool wrong(char **why, const struct ffs_value *v, const char *fmt, ...)
{
	g_autoptr(GString) text = g_string_new("`");
	va_list ap;

	ffs_format_value(text, v);
	g_string_append(text, "` ");
	va_start(ap, fmt);
	g_string_append_vprintf(text, fmt, ap);
	va_end(ap);
	g_free(*why);
	*why = g_strdup(text->str);
	return false;
}

static bool part_uuid(struct run *r, const struct ffs_value *v,
		      struct codec_value *out, char **why)
{
	const struct ffs_value *part = v->base;
	const struct board_part *p = NULL;
	uint64_t n = 0;

	if (v->kind == FFS_V_INDEX) {
		if (!board_number(r->board, v->items[0].value, &n))
			return wrong(why, v->items[0].value, "is no number");
		part = v->base->base;
	}
	if (part->kind == FFS_V_ID)
		p = board_part(r->board, part->text);
	if (!p)
		return wrong(why, v, "does not name a partition");
	if (n >= r->board->endpoints[p->index].uuid_count)
		return wrong(why, v, "does not exist: %s has %u UUIDs",
			     p->name,
			     r->board->endpoints[p->index].uuid_count);
	out->is_uuid = true;
	out->uuid = r->board->endpoints[p->index].uuids[n];
	return true;
}

static bool is_uuid_member(const struct ffs_value *v)
{
	return v->kind == FFS_V_MEMBER && !strcmp(v->text, "uuid");
}

static bool member(struct run *r, const struct ffs_value *v,
		   struct codec_value *out, char **why)
{
	const char *base = v->base->kind == FFS_V_ID ? v->base->text : "";
	const struct board_mem *m = board_mem(r->board, base);
	const struct board_part *p = board_part(r->board, base);

	if (is_uuid_member(v))
		return part_uuid(r, v, out, why);
	if (p && !strcmp(v->text, "id"))
		out->num = p->id;
	else if (m && !strcmp(v->text, "pages"))
		out->num = m->pages;
	else if (m && !strcmp(v->text, "size"))
		out->num = m->pages * FFA_PAGE_SIZE;
	else
		return wrong(why, v, "has no value: expected PART.id, "
			     "PART.uuid, MEM.pages or MEM.size");
	return true;
}

static bool indexed(struct run *r, const struct ffs_value *v,
		    struct codec_value *out, char **why)
{
	const struct board_mem *m = NULL;
	uint64_t n = 0;

	if (is_uuid_member(v->base))
		return part_uuid(r, v, out, why);
	if (v->base->kind == FFS_V_ID)
		m = board_mem(r->board, v->base->text);
	if (!m || !run_number(r, v->items[0].value, &n, why))
		return wrong(why, v, "is no byte of a buf or mem");
	out->num = board_mem_pa(m, n);
	return true;
}

static bool called(struct run *r, const struct ffs_value *v,
		   struct codec_value *out, char **why)
{
	uint64_t n = 0;

	if (v->count != 1 || (strcmp(v->text, "lo") && strcmp(v->text, "hi")))
		return wrong(why, v, "has no value: expected lo(VALUE) or "
			     "hi(VALUE)");
	if (!run_number(r, v->items[0].value, &n, why))
		return false;
	out->num = *v->text == 'l' ? (uint32_t)n : n >> 32;
	return true;
}

/* A|B and A+B. */
static bool combined(struct run *r, const struct ffs_value *v,
		     const struct ffa_field *f, struct codec_value *out,
		     char **why)
{
	for (unsigned int i = 0; i < v->count; i++) {
		struct codec_value one = { 0 };

		if (!run_eval(r, v->items[i].value, f, &one, why))
			return false;
		if (one.is_uuid)
			return wrong(why, v, "combines UUIDs");
		if (v->kind == FFS_V_OR)
			out->num |= one.num;
		else
			out->num += one.num;
	}
	return true;
}

static bool named(struct run *r, const struct ffs_value *v,
		  const struct ffa_field *f, struct codec_value *out,
		  char **why)
{
	struct codec_ctx ctx = run_ctx(r, SPMC_NOBODY);

	if (!strcmp(v->text, "nil")) {
		out->is_uuid = true;
		return true;
	}
	if (!codec_named(&ctx, f, v->text, &out->num))
		return wrong(why, v, "is no value that this field knows");
	out->negative = f && f->kind == FFA_K_ERR && (int64_t)out->num < 0;
	return true;
}

bool run_eval(struct run *r, const struct ffs_value *v,
	      const struct ffa_field *f, struct codec_value *out, char **why)
{
	const struct codec_value *bound;
	const struct ffs_value *param;

	*out = (struct codec_value){ 0 };
	switch (v->kind) {
	case FFS_V_NUM:
	case FFS_V_VERSION:
		out->num = v->num;
		out->negative = v->negative;
		return true;
	case FFS_V_UUID:
		out->is_uuid = true;
		out->uuid = v->uuid;
		return true;
	case FFS_V_USE:
		bound = g_hash_table_lookup(r->bound, v->text);
		param = bound ? NULL : board_param(r->board, v->text);
		if (bound)
			*out = *bound;
		else if (!param)
			return wrong(why, v, "is not bound yet");
		else if (param->kind == FFS_V_USE)
			return wrong(why, v, "is a parameter of a parameter");
		return bound || run_eval(r, param, f, out, why);
	case FFS_V_ID:
		return named(r, v, f, out, why);
	case FFS_V_MEMBER:
		return member(r, v, out, why);
	case FFS_V_INDEX:
		return indexed(r, v, out, why);
	case FFS_V_CALL:
		return called(r, v, out, why);
	case FFS_V_OR:
	case FFS_V_SUM:
		return combined(r, v, f, out, why);
	case FFS_V_STR:
		if (!v->len || v->len > sizeof(out->num))
			break;
		for (gsize i = 0; i < v->len; i++)
			out->num |= (uint64_t)v->bytes[i] << i * 8;
		return true;
	case FFS_V_ANY:
	case FFS_V_BIND:
	case FFS_V_AT:
	case FFS_V_BLOCK:
	case FFS_V_RANGE:
	case FFS_V_MASK:
	case FFS_V_LIST:
		break;
	}
	return wrong(why, v, "is no single value");
}

bool run_number(struct run *r, const struct ffs_value *v, uint64_t *num,
		char **why)
{
	struct codec_value value;

	if (!run_eval(r, v, NULL, &value, why))
		return false;
	if (value.is_uuid)
		return wrong(why, v, "is a UUID, expected a number");
	*num = value.num;
	return true;
}

/* -- what a value is held against ------------------------------------------ */

void run_match_init(struct run_match *m)
{
	m->items = g_array_new(FALSE, TRUE, sizeof(struct codec_match));
	m->kept = g_ptr_array_new_with_free_func(g_free);
	m->binds = g_ptr_array_new();
	m->impdef = 0;
}

void run_match_clear(struct run_match *m)
{
	g_array_unref(m->items);
	g_ptr_array_unref(m->kept);
	g_ptr_array_unref(m->binds);
}

static struct codec_value *keep(struct run_match *m, unsigned int n)
{
	struct codec_value *v = g_new0(struct codec_value, n);

	g_ptr_array_add(m->kept, v);
	return v;
}

static bool two_numbers(struct run *r, const struct ffs_value *v,
			const struct ffa_field *f, struct codec_match *c,
			char **why)
{
	struct codec_value b;

	if (!run_eval(r, v->items[0].value, f, &c->value, why) ||
	    !run_eval(r, v->items[1].value, f, &b, why))
		return false;
	if (c->value.is_uuid || b.is_uuid)
		return wrong(why, v, "needs numbers");
	c->other = b.num;
	return true;
}

bool run_match_add(struct run *r, struct run_match *m, const char *name,
		   const struct ffa_field *f, const struct ffs_value *v,
		   char **why)
{
	struct codec_match c = { .name = name, .kind = CODEC_EXACT };
	struct codec_value *set;
	bool ok = true;

	if (v->kind == FFS_V_ANY) {
		c.kind = CODEC_ANY;
	} else if (v->kind == FFS_V_ID && !strcmp(v->text, "impdef")) {
		c.kind = CODEC_ANY;
		m->impdef++;
	} else if (v->kind == FFS_V_BIND) {
		c.kind = CODEC_BIND;
		c.bind = keep(m, 1);
		g_ptr_array_add(m->binds, (void *)v->text);
		g_ptr_array_add(m->binds, c.bind);
	} else if (v->kind == FFS_V_RANGE || v->kind == FFS_V_MASK) {
		c.kind = v->kind == FFS_V_RANGE ? CODEC_RANGE : CODEC_MASK;
		ok = two_numbers(r, v, f, &c, why);
	} else if (v->kind == FFS_V_OR && !(f && codec_is_flags(f))) {
		c.kind = CODEC_ONE_OF;
		c.count = v->count;
		c.set = set = keep(m, v->count);
		for (unsigned int i = 0; i < v->count && ok; i++)
			ok = run_eval(r, v->items[i].value, f, &set[i], why);
	} else {
		ok = run_eval(r, v, f, &c.value, why);
	}
	if (ok)
		g_array_append_val(m->items, c);
	return ok;
}

bool run_match_args(struct run *r, struct run_match *m,
		    const struct ffs_call *c, char **why)
{
	for (unsigned int i = 0; i < c->count; i++) {
		const struct ffs_arg *a = &c->args[i];
		const char *name = a->field ? a->field->name : a->name;

		if (a->buffer != FFS_BUFFER_NONE)
			return wrong(why, a->value,
				     "is a literal that this version lacks");
		if (!name)
			return wrong(why, a->value, "belongs to no field");
		if (!run_match_add(r, m, name, a->field, a->value, why))
			return false;
	}
	return true;
}

void run_match_commit(struct run *r, const struct run_match *m)
{
	for (guint i = 0; i < m->binds->len; i += 2) {
		const struct codec_value *v = m->binds->pdata[i + 1];

		g_hash_table_insert(r->bound, m->binds->pdata[i],
				    g_memdup2(v, sizeof(*v)));
	}
	r->result->impdef += m->impdef;
}

/* -- calls ----------------------------------------------------------------- */

static bool encode_raw(struct run *r, const struct ffs_call *c,
		       struct ffa_value *regs, char **why)
{
	memset(regs, 0, sizeof(*regs));
	for (unsigned int i = 0; i < c->count; i++) {
		const struct ffs_arg *a = &c->args[i];
		int reg = a->reg >= 0 ? a->reg : (int)i;

		if (reg >= FFA_REGS)
			return wrong(why, a->value, "is for register %d; "
				     "there are x0-x17", reg);
		if (!run_number(r, a->value, &regs->x[reg], why))
			return false;
	}
	return true;
}

bool run_encode(struct run *r, unsigned int endpoint,
		const struct ffs_call *c, struct ffa_value *regs, char **why)
{
	const struct codec_form form = { c->fn, false, FFA_FN_UNKNOWN };

	if (c->raw)
		return encode_raw(r, c, regs, why);
	codec_begin(regs, &form, r->board->parts[endpoint].id);
	for (unsigned int i = 0; i < c->count; i++) {
		const struct ffs_arg *a = &c->args[i];
		const char *name = a->field ? a->field->name : a->name;
		g_autoptr(GError) error = NULL;
		struct codec_value v;

		if (run_is_msg(a->value))
			continue;	/* once the registers are known */
		if (a->buffer != FFS_BUFFER_NONE)
			continue;	/* see run_lit_call */
		if (!name)
			return wrong(why, a->value, "belongs to no field");
		if (!run_eval(r, a->value, a->field, &v, why))
			return false;
		if (!codec_set(regs, &form, name, &v, &error))
			return wrong(why, a->value, "%s", error->message);
	}
	for (unsigned int i = 0; i < c->count; i++)
		if (run_is_msg(c->args[i].value) &&
		    !run_msg_call(r, c->args[i].value, endpoint, regs, why))
			return false;
	return true;
}
