/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers as the text of a scenario. */
#include <string.h>

#include "sim/codec_impl.h"

/* -- values ------------------------------------------------------------------- */

void codec_hex(GString *out, uint64_t num)
{
	if (num)
		g_string_append_printf(out, "0x%" G_GINT64_MODIFIER "x",
				       (guint64)num);
	else
		g_string_append_c(out, '0');
}

void codec_uuid_print(GString *out, const struct ffa_uuid *uuid)
{
	if (ffa_uuid_is_nil(uuid)) {
		g_string_append(out, "nil");
		return;
	}
	for (unsigned int i = 0; i < sizeof(uuid->b); i++)
		g_string_append_printf(out, "%s%02x",
				       i == 4 || i == 6 || i == 8 || i == 10 ?
				       "-" : "", uuid->b[i]);
}

static void print_named(GString *out, const struct ffa_field *f, uint64_t num)
{
	const struct ffa_named *n;
	const char *bar = "";

	for (unsigned int i = 0; (n = codec_name_at(f, i)); i++)
		if (n->value == num) {
			g_string_append(out, n->name);
			return;
		}
	if (codec_is_flags(f))
		for (unsigned int i = 0; (n = codec_name_at(f, i)); i++)
			if (num & n->value) {
				g_string_append_printf(out, "%s%s", bar,
						       n->name);
				num &= ~(uint64_t)n->value;
				bar = "|";
			}
	if (num || !*bar) {
		g_string_append(out, bar);
		codec_hex(out, num);
	}
}

static void print_place(GString *out, const struct codec_ctx *ctx,
			enum ffa_kind kind, uint64_t num)
{
	const char *name = NULL;

	if (ctx->name_of)
		name = ctx->name_of(ctx->data, kind, num);
	if (name)
		g_string_append(out, name);
	else
		codec_hex(out, num);
}

static void print_id(GString *out, uint64_t num)
{
	enum ffa_fn fn = ffa_fn_find(num);

	for (unsigned int i = 0; i < ffa_feature_count; i++)
		if (ffa_features[i].id == num) {
			g_string_append(out, ffa_features[i].name);
			return;
		}
	if (fn != FFA_FN_UNKNOWN && ffa_fns[fn].fid == num)
		g_string_append(out, ffa_fns[fn].name);
	else
		codec_hex(out, num);
}

static void print_version(GString *out, uint64_t num)
{
	if (num >> 31)
		codec_hex(out, num);
	else
		g_string_append_printf(out, "%u.%u", (unsigned int)(num >> 16),
				       (unsigned int)(num & 0xffff));
}

static void print_error(GString *out, uint64_t num)
{
	const char *name = ffa_error_name((int)(uint32_t)num);

	if (name && !(num >> 32))
		g_string_append(out, name);
	else
		codec_hex(out, num);
}

void codec_value_print(GString *out, const struct codec_ctx *ctx,
		       const struct ffa_field *f, const struct codec_value *v)
{
	if (v->is_uuid) {
		codec_uuid_print(out, &v->uuid);
		return;
	}
	switch ((enum ffa_kind)f->kind) {
	case FFA_K_UINT:
	case FFA_K_BOOL:
		g_string_append_printf(out, "%" G_GUINT64_FORMAT,
				       (guint64)v->num);
		break;
	case FFA_K_HEX:
		print_named(out, f, v->num);
		break;
	case FFA_K_ID:
	case FFA_K_SENDER:
	case FFA_K_RECEIVER:
		print_place(out, ctx, FFA_K_ID, v->num);
		break;
	case FFA_K_ADDR:
	case FFA_K_HANDLE:
		print_place(out, ctx, (enum ffa_kind)f->kind, v->num);
		break;
	case FFA_K_VER:
		/* a bare one may be NOT_SUPPORTED */
		if (f->reg == 0 && v->num >> 31)
			print_error(out, v->num);
		else
			print_version(out, v->num);
		break;
	case FFA_K_ERR:
		print_error(out, v->num);
		break;
	case FFA_K_FID:
		print_id(out, v->num);
		break;
	case FFA_K_UUIDW:
	case FFA_K_UUIDX:	/* a number: zero */
		if (v->num)
			codec_hex(out, v->num);
		else
			g_string_append(out, "nil");
		break;
	}
}

/* -- which fields ---------------------------------------------------------------- */

/* What a call is about: said also when it is zero. */
static bool is_subject(const struct codec_layout *l, const struct ffa_field *f)
{
	switch ((enum ffa_kind)f->kind) {
	case FFA_K_ERR:
	case FFA_K_VER:
	case FFA_K_FID:
		return f->fn != CODEC_FN_PARTINFO;
	case FFA_K_SENDER:
		return l->result;
	case FFA_K_RECEIVER:
		return !l->result;
	case FFA_K_ID:
		return l->returned || f->fn == CODEC_FN_PARTINFO;
	case FFA_K_UUIDW:
	case FFA_K_UUIDX:
		return f == l->fields;
	case FFA_K_UINT:
	case FFA_K_HEX:
		return f->fn == CODEC_FN_PARTINFO && f->reg == 0;
	case FFA_K_BOOL:
	case FFA_K_ADDR:
	case FFA_K_HANDLE:
		return false;
	}
	g_assert_not_reached();
}

static bool is_shown(const struct codec_layout *l, const struct ffa_field *f,
		     const struct ffa_value *regs)
{
	if (is_subject(l, f) || !codec_is_default(l, f, regs))
		return true;
	/* type 0 of a framework message: zero, but the register is not */
	if (f->kind == FFA_K_HEX && (uint32_t)regs->x[f->reg])
		for (unsigned int i = 0; codec_name_at(f, i); i++)
			if (!codec_name_at(f, i)->value)
				return true;
	return false;
}

/* Marks the registers that no text of fields can say. */
static void find_raw(const struct codec_layout *l,
		     const struct ffa_value *regs, bool raw[FFA_REGS])
{
	uint64_t cover[FFA_REGS] = { 0 };
	unsigned int r;
	bool more;

	for (unsigned int i = 0; i < l->n; i++)
		for (r = l->first; r < l->end; r++)
			cover[r] |= codec_mask(&l->fields[i], r);
	for (r = 0; r < FFA_REGS; r++) {
		if (!l->wide)
			cover[r] &= UINT32_MAX;
		raw[r] = r >= l->first && r < l->end &&
			regs->x[r] & ~cover[r];
	}
	/* a field is said whole or not at all */
	do {
		more = false;
		for (unsigned int i = 0; i < l->n; i++) {
			const struct ffa_field *f = &l->fields[i];
			unsigned int end = f->reg + codec_span(f), hit = 0;

			for (r = f->reg; r < end; r++)
				hit += raw[r];
			if (!hit || hit == end - f->reg)
				continue;
			for (r = f->reg; r < end; r++)
				raw[r] = true;
			more = true;
		}
	} while (more);
}

/* -- arguments ------------------------------------------------------------------- */

struct printer {
	GString *out;
	const struct codec_ctx *ctx;
	const struct codec_layout *l;
	const struct ffa_value *regs;
	const char *comma;
	bool any;
};

static void next_arg(struct printer *p)
{
	if (p->any)
		g_string_append(p->out, p->comma);
	p->any = true;
}

static void print_reg(struct printer *p, unsigned int r)
{
	bool w = !p->l->wide && !(p->regs->x[r] >> 32);

	next_arg(p);
	g_string_append_printf(p->out, "%c%u=", w ? 'w' : 'x', r);
	codec_hex(p->out, p->regs->x[r]);
}

static void print_value(struct printer *p, const struct ffa_field *f)
{
	struct codec_value v = codec_get(p->regs, f);

	codec_value_print(p->out, p->ctx, f, &v);
}

static bool is_unknown_error(const struct ffa_field *f,
			     const struct ffa_value *regs)
{
	return f->kind == FFA_K_ERR &&
		!ffa_error_name((int)(uint32_t)ffa_get(regs, f));
}

static void print_field(struct printer *p, const struct ffa_field *f,
			bool bare)
{
	bool unknown = is_unknown_error(f, p->regs);

	next_arg(p);
	if (!bare || unknown)
		g_string_append_printf(p->out, "%s=", f->name);
	print_value(p, f);
	if (unknown)
		g_string_append(p->out, " /* FFA_ERROR_??? */");
}

/* The field that is printed first and without its name, or NULL. */
static const struct ffa_field *lead_field(const struct codec_layout *l,
					  const bool raw[FFA_REGS])
{
	for (unsigned int i = 0; i < l->n; i++) {
		const struct ffa_field *f = &l->fields[i];

		if ((i == 0 || f->fn == FFA_FN_ERROR ||
		     f->fn == FFA_FN_ERROR_64) &&
		    f->fn != CODEC_FN_PARTINFO && !raw[f->reg] &&
		    (f->kind == FFA_K_ERR || f->kind == FFA_K_VER ||
		     f->kind == FFA_K_FID))
			return f;
	}
	return NULL;
}

static void print_abbrev(struct printer *p)
{
	const struct codec_layout *l = p->l;
	const struct ffa_field *lead;
	struct ffa_value dflt;
	bool raw[FFA_REGS];

	find_raw(l, p->regs, raw);
	codec_defaults(&dflt, l);
	lead = lead_field(l, raw);
	if (lead)
		print_field(p, lead, true);
	for (unsigned int i = 0; i < l->n; i++) {
		const struct ffa_field *f = &l->fields[i];

		if (f != lead && !raw[f->reg] && is_shown(l, f, p->regs))
			print_field(p, f, false);
	}
	for (unsigned int r = l->first; r < l->end; r++)
		if (raw[r] && p->regs->x[r] != dflt.x[r])
			print_reg(p, r);
}

/* What the fields that begin in register r say, as a comment. */
static void print_comment(struct printer *p, unsigned int r)
{
	const char *sep = " /* ";

	for (unsigned int i = 0; i < p->l->n; i++) {
		const struct ffa_field *f = &p->l->fields[i];

		if (f->reg != r || !is_shown(p->l, f, p->regs) ||
		    g_ascii_isdigit(f->name[1]))
			continue;	/* w3: a payload */
		g_string_append(p->out, sep);
		sep = " ";
		if (is_unknown_error(f, p->regs)) {
			g_string_append(p->out, "FFA_ERROR_???");
			continue;
		}
		if (f->kind != FFA_K_ERR && f->kind != FFA_K_VER &&
		    f->kind != FFA_K_FID)
			g_string_append_printf(p->out, "%s=", f->name);
		print_value(p, f);
	}
	if (!sep[1])
		g_string_append(p->out, " */");
}

static void print_verbose(struct printer *p)
{
	const struct codec_layout *l = p->l;
	struct ffa_value dflt;

	codec_defaults(&dflt, l);
	for (unsigned int r = l->first; r < l->end; r++) {
		bool shown = p->regs->x[r] != dflt.x[r];

		for (unsigned int i = 0; i < l->n && !shown; i++)
			shown = codec_mask(&l->fields[i], r) &&
				is_shown(l, &l->fields[i], p->regs);
		if (!shown)
			continue;
		print_reg(p, r);
		print_comment(p, r);
	}
}

void codec_fields_print(GString *out, const struct codec_ctx *ctx,
			const struct codec_layout *l, const char *comma,
			const struct ffa_value *regs)
{
	struct printer p = { .out = out, .ctx = ctx, .l = l, .regs = regs,
			     .comma = comma };

	switch (ctx->mode) {
	case CODEC_ABBREV:
		print_abbrev(&p);
		break;
	case CODEC_RAW:
		for (unsigned int r = l->first; r < l->end; r++)
			print_reg(&p, r);
		break;
	case CODEC_VERBOSE:
		print_verbose(&p);
		break;
	}
}

/* -- calls and results -------------------------------------------------------------- */

static void print_smc(GString *out, const struct codec_ctx *ctx,
		      const struct ffa_value *regs)
{
	enum ffa_fn fn = ffa_fn_find(regs->x[0]);
	unsigned int last = FFA_REGS - 1;

	while (last && !regs->x[last])
		last--;
	g_string_append(out, "SMC(");
	for (unsigned int r = 0; r <= last; r++) {
		g_string_append(out, r ? ", " : "");
		codec_hex(out, regs->x[r]);
		if (!r && fn != FFA_FN_UNKNOWN && ctx->mode != CODEC_RAW)
			g_string_append_printf(out, " /* %s */",
					       ffa_fns[fn].name);
	}
	g_string_append_c(out, ')');
}

static void print_form(GString *out, const struct codec_ctx *ctx,
		       const struct codec_form *form,
		       const struct ffa_value *regs)
{
	struct codec_layout l = codec_layout(form, ctx->self);

	/* only the plain function id has a name: not one with the SVE hint */
	if (form->fn == FFA_FN_UNKNOWN ||
	    regs->x[0] != ffa_fns[form->fn].fid) {
		print_smc(out, ctx, regs);
		return;
	}
	g_string_append_printf(out, "%s(", ffa_fns[form->fn].name);
	codec_fields_print(out, ctx, &l, ", ", regs);
	g_string_append_c(out, ')');
}

void codec_call(GString *out, const struct codec_ctx *ctx,
		const struct ffa_value *regs)
{
	struct codec_form form = {
		.fn = ffa_fn_find(regs->x[0]), .answers = FFA_FN_UNKNOWN,
	};

	print_form(out, ctx, &form, regs);
}

static void print_bare(GString *out, const struct codec_ctx *ctx,
		       enum ffa_fn called, const struct ffa_value *regs)
{
	const struct ffa_field *f = codec_bare_field(called);
	struct codec_value v = { .num = regs->x[0] };

	/* -1 in x0 is SMCCC's as well */
	if (v.num == UINT64_MAX)
		v.num = UINT32_MAX;
	if (ctx->mode != CODEC_ABBREV)
		codec_hex(out, regs->x[0]);
	if (ctx->mode == CODEC_RAW)
		return;
	if (ctx->mode == CODEC_VERBOSE)
		g_string_append(out, " /* ");
	codec_value_print(out, ctx, f, &v);
	if (ctx->mode == CODEC_VERBOSE)
		g_string_append(out, " */");
}

void codec_result(GString *out, const struct codec_ctx *ctx,
		  enum ffa_fn called, const struct ffa_value *regs)
{
	struct codec_form form = {
		.fn = ffa_fn_find(regs->x[0]), .answers = called,
		.result = true,
	};
	bool bare = form.fn == FFA_FN_UNKNOWN;

	for (unsigned int r = 1; r < 8; r++)
		bare &= !regs->x[r];
	if (bare)
		print_bare(out, ctx, called, regs);
	else
		print_form(out, ctx, &form, regs);
}
