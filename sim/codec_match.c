/* SPDX-License-Identifier: BSD-3-Clause */
/* What was expected against the registers that came. */
#include <string.h>

#include "sim/codec_impl.h"

/* -- one value ---------------------------------------------------------------- */

static bool equal(const struct codec_value *want, unsigned int width,
		  const struct codec_value *actual)
{
	uint64_t mask = ~0ull >> (64 - width);

	if (actual->is_uuid)
		return want->is_uuid ?
			ffa_uuid_equal(&want->uuid, &actual->uuid) :
			!want->num && ffa_uuid_is_nil(&actual->uuid);
	if (want->is_uuid)
		return false;
	if (want->negative && want->num >= ~(mask >> 1))
		return (want->num & mask) == actual->num;
	return want->num == actual->num;
}

static bool holds(const struct codec_match *m, unsigned int width,
		  const struct codec_value *actual)
{
	uint64_t mask = ~0ull >> (64 - width), num = actual->num;

	switch (m->kind) {
	case CODEC_ANY:
	case CODEC_BIND:
		return true;
	case CODEC_EXACT:
		return equal(&m->value, width, actual);
	case CODEC_ONE_OF:
		for (unsigned int i = 0; i < m->count; i++)
			if (equal(&m->set[i], width, actual))
				return true;
		return false;
	case CODEC_RANGE:
		return !actual->is_uuid && num >= m->value.num &&
			num <= m->other;
	case CODEC_MASK:
		/* what is wider than a w register is never meant */
		return !actual->is_uuid && !(num & ~mask) &&
			!((num ^ m->value.num) & m->other);
	}
	g_assert_not_reached();
}

static void value_text(GString *out, const struct codec_ctx *ctx,
		       const struct ffa_field *f, const struct codec_value *v)
{
	struct codec_value shown = *v;

	if (f && v->negative)
		shown.num &= ~0ull >> (64 - codec_width(f));
	if (f)
		codec_value_print(out, ctx, f, &shown);
	else
		codec_hex(out, v->num);
}

static char *match_text(const struct codec_ctx *ctx, const struct ffa_field *f,
			const struct codec_match *m)
{
	struct codec_value other = { .num = m->other };
	GString *s = g_string_new(NULL);

	switch (m->kind) {
	case CODEC_ANY:
	case CODEC_BIND:
		g_string_append_c(s, '_');
		break;
	case CODEC_EXACT:
		value_text(s, ctx, f, &m->value);
		break;
	case CODEC_ONE_OF:
		for (unsigned int i = 0; i < m->count; i++) {
			g_string_append(s, i ? "|" : "");
			value_text(s, ctx, f, &m->set[i]);
		}
		break;
	case CODEC_RANGE:
		value_text(s, ctx, f, &m->value);
		g_string_append(s, "..");
		value_text(s, ctx, f, &other);
		break;
	case CODEC_MASK:
		codec_hex(s, m->value.num);
		g_string_append_c(s, '/');
		codec_hex(s, m->other);
		break;
	}
	return g_string_free(s, FALSE);
}

/* -- differences ------------------------------------------------------------------ */

static void diff_free(void *p)
{
	struct codec_diff *d = p;

	g_free(d->field);
	g_free(d->expected);
	g_free(d->actual);
	g_free(d);
}

GPtrArray *codec_diffs_new(void)
{
	return g_ptr_array_new_with_free_func(diff_free);
}

void codec_diffs_add(GPtrArray *diffs, const char *field, char *expected,
		     char *actual)
{
	struct codec_diff *d = g_new(struct codec_diff, 1);

	*d = (struct codec_diff){
		.field = g_strdup(field), .expected = expected,
		.actual = actual,
	};
	g_ptr_array_add(diffs, d);
}

/* Takes `expected` and `actual`. */
static void differ(GPtrArray **diffs, const char *field, char *expected,
		   char *actual)
{
	if (!*diffs)
		*diffs = codec_diffs_new();
	codec_diffs_add(*diffs, field, expected, actual);
}

static char *actual_text(const struct codec_ctx *ctx,
			 const struct ffa_field *f,
			 const struct codec_value *v)
{
	GString *s = g_string_new(NULL);

	value_text(s, ctx, f, v);
	return g_string_free(s, FALSE);
}

/* What is known while a register set is compared. */
struct comparison {
	const struct codec_ctx *ctx;
	const struct codec_layout *l;
	const struct ffa_value *regs;
	bool rest;
	GPtrArray *diffs;
	uint64_t seen[FFA_REGS];	/* bits that were compared */
	bool raw[FFA_REGS], whole[FFA_REGS];	/* named as wN or xN; as xN */
	bool asked[FFA_REGS];		/* named in any way */
};

static const struct codec_match *match_of(const struct codec_match *exp,
					  unsigned int n, const char *name)
{
	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(exp[i].name, name))
			return &exp[i];
	return NULL;
}

static bool raw_name(const struct codec_layout *l, const char *name,
		     unsigned int *reg, bool *wide)
{
	guint64 r;

	for (unsigned int i = 0; i < l->n; i++)
		if (!strcmp(l->fields[i].name, name))
			return false;
	if ((name[0] != 'w' && name[0] != 'x') ||
	    !g_ascii_string_to_unsigned(name + 1, 10, 1, FFA_REGS - 1, &r,
					NULL))
		return false;
	*reg = (unsigned int)r;
	*wide = name[0] == 'x';
	return true;
}

static void compare_raw(struct comparison *c, const struct codec_match *m)
{
	struct codec_value actual = { 0 };
	unsigned int reg;
	bool wide;

	if (!raw_name(c->l, m->name, &reg, &wide))
		return;
	actual.num = c->regs->x[reg];
	c->raw[reg] = c->asked[reg] = true;
	c->whole[reg] = wide;
	c->seen[reg] = ~0ull;
	if (!holds(m, wide ? 64 : 32, &actual))
		differ(&c->diffs, m->name, match_text(c->ctx, NULL, m),
		       actual_text(c->ctx, NULL, &actual));
}

static void compare_field(struct comparison *c, const struct ffa_field *f,
			  const struct codec_match *m)
{
	struct codec_value actual = codec_get(c->regs, f);
	struct codec_match dflt = {
		.kind = CODEC_EXACT,
		.value.num = codec_default(c->l, f),
		.value.is_uuid = actual.is_uuid,
	};
	unsigned int r;

	if (!m && c->rest)
		return;
	for (r = f->reg; !m && r < f->reg + codec_span(f); r++)
		if (c->raw[r])
			return;	/* what is left of it must be zero */
	for (r = f->reg; r < f->reg + codec_span(f); r++) {
		c->seen[r] |= codec_mask(f, r);
		c->asked[r] |= m != NULL;
	}
	if (!m)
		m = &dflt;
	if (!holds(m, codec_width(f), &actual))
		differ(&c->diffs, f->name, match_text(c->ctx, f, m),
		       actual_text(c->ctx, f, &actual));
}

static void compare_reserved(struct comparison *c, unsigned int r)
{
	struct codec_value left = { .num = c->regs->x[r] & ~c->seen[r] };
	char name[8];

	if (!c->l->wide && c->regs->x[r] >> 32 && !c->whole[r] &&
	    (!c->rest || c->asked[r])) {
		struct codec_value whole = { .num = c->regs->x[r] };

		g_snprintf(name, sizeof(name), "x%u", r);
		differ(&c->diffs, name,
		       g_strdup("0 in bits [63:32] of a 32-bit result"),
		       actual_text(c->ctx, NULL, &whole));
		left.num = (uint32_t)left.num;
	}
	if (!left.num || c->rest)
		return;
	g_snprintf(name, sizeof(name), "%c%u", c->l->wide ? 'x' : 'w', r);
	differ(&c->diffs, name,
	       g_strdup(c->seen[r] ? "0 in the bits that no field has" :
				     "0 (reserved)"),
	       actual_text(c->ctx, NULL, &left));
}

GPtrArray *codec_compare(const struct codec_ctx *ctx,
			 const struct codec_layout *l,
			 const struct codec_match *exp, unsigned int n,
			 bool rest, const struct ffa_value *regs)
{
	struct comparison c = { .ctx = ctx, .l = l, .regs = regs,
				.rest = rest };
	unsigned int i;

	for (i = 0; i < n; i++)
		compare_raw(&c, &exp[i]);
	for (i = 0; i < l->n; i++)
		compare_field(&c, &l->fields[i],
			      match_of(exp, n, l->fields[i].name));
	for (i = l->first; i < l->end; i++)
		compare_reserved(&c, i);
	if (c.diffs)
		return c.diffs;

	for (i = 0; i < n; i++) {
		const struct codec_match *m = &exp[i];
		unsigned int k, reg;
		bool wide;

		if (m->kind != CODEC_BIND || !m->bind)
			continue;
		for (k = 0; k < l->n; k++)
			if (!strcmp(l->fields[k].name, m->name))
				*m->bind = codec_get(regs, &l->fields[k]);
		if (raw_name(l, m->name, &reg, &wide))
			*m->bind = (struct codec_value){ .num = regs->x[reg] };
	}
	return NULL;
}

/* -- calls and results ---------------------------------------------------------------- */

GPtrArray *codec_match(const struct codec_ctx *ctx,
		       const struct codec_form *form,
		       const struct codec_match *exp, unsigned int n,
		       bool rest, const struct ffa_value *regs)
{
	struct codec_layout l = codec_layout(form, ctx->self);
	struct ffa_value seen = *regs;
	GPtrArray *diffs = NULL;

	/* a call may have the SVE hint and anything above a w register */
	if (form->result ? regs->x[0] != ffa_fns[form->fn].fid :
	    ffa_fn_find(regs->x[0]) != form->fn) {
		g_autoptr(GString) s = g_string_new(NULL);

		if (form->result)
			codec_result(s, ctx, form->answers, regs);
		else
			codec_call(s, ctx, regs);
		differ(&diffs, NULL, g_strdup(ffa_fns[form->fn].name),
		       g_strdup(s->str));
		return diffs;
	}
	for (unsigned int r = 1; !form->result && !l.wide && r < l.end; r++) {
		char name[8];

		g_snprintf(name, sizeof(name), "x%u", r);
		if (!match_of(exp, n, name))
			seen.x[r] = (uint32_t)seen.x[r];
	}
	return codec_compare(ctx, &l, exp, n, rest, &seen);
}

const struct ffa_field *codec_bare_field(enum ffa_fn called)
{
	static const struct ffa_field w0 = {
		.name = "w0", .fn = FFA_FN_UNKNOWN, .reg = 0, .lo = 0,
		.hi = 31, .kind = FFA_K_ERR,
	};
	unsigned int n;
	const struct ffa_field *f = ffa_rets(called, &n);

	return n && ffa_fns[called].succ == FFA_SUCC_BARE ? f : &w0;
}

GPtrArray *codec_match_bare(const struct codec_ctx *ctx, enum ffa_fn called,
			    const struct codec_match *exp,
			    const struct ffa_value *regs)
{
	const struct ffa_field *f = codec_bare_field(called);
	struct codec_value actual = { .num = regs->x[0] };
	bool bare = ffa_fn_find(regs->x[0]) == FFA_FN_UNKNOWN;
	GPtrArray *diffs = NULL;

	if (actual.num == UINT64_MAX)
		actual.num = UINT32_MAX;
	for (unsigned int r = 1; r < 8; r++)
		bare &= !regs->x[r];
	if (!bare || !holds(exp, 32, &actual)) {
		g_autoptr(GString) s = g_string_new(NULL);

		codec_result(s, ctx, called, regs);
		differ(&diffs, NULL, match_text(ctx, f, exp),
		       g_strdup(s->str));
	} else if (exp->kind == CODEC_BIND && exp->bind) {
		*exp->bind = actual;
	}
	return diffs;
}
