/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of calls and results: which there are, their defaults, setting. */
#include <string.h>

#include "sim/codec_impl.h"

G_DEFINE_QUARK(codec-error-quark, codec_error)

/* -- layout ----------------------------------------------------------------- */

static bool is_success(enum ffa_fn fn)
{
	return fn == FFA_FN_SUCCESS || fn == FFA_FN_SUCCESS_64;
}

const struct ffa_field *codec_fields(const struct codec_form *form,
				     unsigned int *n)
{
	if (!form->result || !is_success(form->fn))
		return ffa_args(form->fn, n);
	if (form->answers < FFA_FN_COUNT &&
	    ffa_fns[form->answers].succ == FFA_SUCC_BARE)
		return ffa_rets(FFA_FN_UNKNOWN, n);
	return ffa_rets(form->answers, n);
}

unsigned int codec_regs(const struct codec_form *form)
{
	if (form->fn >= FFA_FN_COUNT)
		return FFA_REGS;
	if (form->result && form->fn == FFA_FN_SUCCESS_64 &&
	    form->answers < FFA_FN_COUNT)
		return ffa_fns[form->answers].succ == FFA_SUCC_X18 ?
			FFA_REGS : 8;
	return ffa_fns[form->fn].regs;
}

struct codec_layout codec_layout(const struct codec_form *form, int self)
{
	struct codec_layout l = {
		.first = 1, .end = codec_regs(form), .self = self,
		.result = form->result,
		.returned = form->result && is_success(form->fn),
		.wide = form->fn >= FFA_FN_COUNT ||
			ffa_is_64(ffa_fns[form->fn].fid),
	};

	l.fields = codec_fields(form, &l.n);
	/* x8-x17 of a call that is answered with 8 registers only */
	while (l.n && l.fields[l.n - 1].reg >= l.end)
		l.n--;
	return l;
}

bool codec_is_uuid(const struct ffa_field *f)
{
	return f->kind == FFA_K_UUIDW || f->kind == FFA_K_UUIDX;
}

bool codec_is_endpoint(const struct ffa_field *f)
{
	return f->kind == FFA_K_ID || f->kind == FFA_K_SENDER ||
		f->kind == FFA_K_RECEIVER;
}

unsigned int codec_span(const struct ffa_field *f)
{
	if (f->kind == FFA_K_UUIDW)
		return 4;
	return f->kind == FFA_K_UUIDX || f->kind == FFA_K_HANDLE ? 2 : 1;
}

uint64_t codec_mask(const struct ffa_field *f, unsigned int r)
{
	if (r < f->reg || r >= f->reg + codec_span(f))
		return 0;
	return (~0ull >> (63 - (f->hi - f->lo))) << f->lo;
}

unsigned int codec_width(const struct ffa_field *f)
{
	return f->kind == FFA_K_HANDLE ? 64 : f->hi - f->lo + 1u;
}

/* -- values ------------------------------------------------------------------- */

struct codec_value codec_get(const struct ffa_value *regs,
			     const struct ffa_field *f)
{
	struct codec_value v = { .is_uuid = codec_is_uuid(f) };

	if (v.is_uuid)
		ffa_get_uuid(regs, f, &v.uuid);
	else
		v.num = ffa_get(regs, f);
	return v;
}

uint64_t codec_default(const struct codec_layout *l, const struct ffa_field *f)
{
	enum ffa_kind own = l->result ? FFA_K_RECEIVER : FFA_K_SENDER;

	return f->kind == own && l->self >= 0 ? (uint64_t)l->self : 0;
}

void codec_defaults(struct ffa_value *regs, const struct codec_layout *l)
{
	memset(regs, 0, sizeof(*regs));
	for (unsigned int i = 0; i < l->n; i++)
		if (!codec_is_uuid(&l->fields[i]))
			ffa_set(regs, &l->fields[i],
				codec_default(l, &l->fields[i]));
}

bool codec_is_default(const struct codec_layout *l, const struct ffa_field *f,
		      const struct ffa_value *regs)
{
	struct codec_value v = codec_get(regs, f);

	if (v.is_uuid)
		return ffa_uuid_is_nil(&v.uuid);
	return v.num == codec_default(l, f);
}

void codec_begin(struct ffa_value *regs, const struct codec_form *form,
		 int self)
{
	struct codec_layout l = codec_layout(form, self);

	codec_defaults(regs, &l);
	if (form->fn < FFA_FN_COUNT)
		regs->x[0] = ffa_fns[form->fn].fid;
}

/* -- names -------------------------------------------------------------------- */

const struct ffa_named *codec_name_at(const struct ffa_field *f,
				      unsigned int i)
{
	bool own = f->fn == CODEC_FN_PARTINFO;
	const struct ffa_named *all = own ? codec_props : ffa_names;
	unsigned int n = own ? codec_prop_count : ffa_name_count;

	for (unsigned int k = 0; k < n; k++)
		if (all[k].fn == f->fn && !strcmp(all[k].field, f->name) &&
		    !i--)
			return &all[k];
	return NULL;
}

bool codec_is_flags(const struct ffa_field *f)
{
	const struct ffa_named *n;
	unsigned int i = 0;

	for (; (n = codec_name_at(f, i)); i++)
		if (!n->value || n->value & (n->value - 1))
			return false;
	return i;
}

static bool error_named(const char *name, uint64_t *num)
{
	for (unsigned int i = 0; i < ffa_error_count; i++)
		if (!strcmp(ffa_errors[i].name, name)) {
			*num = (uint32_t)ffa_errors[i].code;
			return true;
		}
	return false;
}

static bool id_named(const char *name, uint64_t *num)
{
	enum ffa_fn fn = ffa_fn_named(name);

	for (unsigned int i = 0; i < ffa_feature_count; i++)
		if (!strcmp(ffa_features[i].name, name)) {
			*num = ffa_features[i].id;
			return true;
		}
	if (fn == FFA_FN_UNKNOWN)
		return false;
	*num = ffa_fns[fn].fid;
	return true;
}

bool codec_named(const struct codec_ctx *ctx, const struct ffa_field *f,
		 const char *name, uint64_t *num)
{
	static const enum ffa_kind places[] = {
		FFA_K_ID, FFA_K_ADDR, FFA_K_HANDLE,
	};
	const struct ffa_named *n;

	if (f) {
		/* a bare version can be NOT_SUPPORTED */
		if ((f->kind == FFA_K_ERR || !f->reg) &&
		    f->fn != CODEC_FN_PARTINFO && f->fn != CODEC_FN_MSG &&
		    error_named(name, num))
			return true;
		if (f->kind == FFA_K_FID && id_named(name, num))
			return true;
		for (unsigned int i = 0; (n = codec_name_at(f, i)); i++)
			if (!strcmp(n->name, name)) {
				*num = n->value;
				return true;
			}
	}
	if (!ctx->value_of)
		return false;
	if (f && codec_is_endpoint(f))
		return ctx->value_of(ctx->data, FFA_K_ID, name, num);
	if (f && (f->kind == FFA_K_ADDR || f->kind == FFA_K_HANDLE))
		return ctx->value_of(ctx->data, (enum ffa_kind)f->kind, name,
				     num);
	/* anything may be in a payload */
	for (unsigned int i = 0; i < G_N_ELEMENTS(places); i++)
		if (ctx->value_of(ctx->data, places[i], name, num))
			return true;
	return false;
}

/* -- setting ------------------------------------------------------------------ */

const struct ffa_field *codec_field(const struct codec_form *form,
				    const char *name, int *reg, bool *wide)
{
	struct codec_layout l = codec_layout(form, CODEC_NOBODY);
	guint64 r;

	*reg = -1;
	*wide = name[0] == 'x';
	for (unsigned int i = 0; i < l.n; i++)
		if (!strcmp(l.fields[i].name, name))
			return &l.fields[i];
	if ((name[0] == 'x' || name[0] == 'w') && name[1] != '0' &&
	    g_ascii_string_to_unsigned(name + 1, 10, 1, FFA_REGS - 1, &r, NULL))
		*reg = (int)r;
	return NULL;
}

/* The value as `width` bits hold it; false if they cannot. */
static bool narrow(const struct codec_value *v, unsigned int width,
		   uint64_t *num)
{
	uint64_t mask = ~0ull >> (64 - width);

	if (v->negative) {
		if (v->num < ~(mask >> 1))
			return false;
	} else if (v->num & ~mask) {
		return false;
	}
	*num = v->num & mask;
	return true;
}

static bool wrong_width(const char *name, unsigned int width,
			const struct codec_value *v, GError **error)
{
	char text[32];

	if (v->negative)
		g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT,
			   (gint64)v->num);
	else
		g_snprintf(text, sizeof(text), "0x%" G_GINT64_MODIFIER "x",
			   (guint64)v->num);
	g_set_error(error, CODEC_ERROR, CODEC_ERROR_RANGE,
		    "%s: %s does not fit its %u bit%s", name, text, width,
		    width == 1 ? "" : "s");
	return false;
}

bool codec_put(struct ffa_value *regs, const struct ffa_field *f,
	       const struct codec_value *v, GError **error)
{
	uint64_t num;

	if (codec_is_uuid(f)) {
		struct ffa_uuid nil = { { 0 } };

		if (!v->is_uuid && v->num) {
			g_set_error(error, CODEC_ERROR, CODEC_ERROR_KIND,
				    "%s: expected a UUID or nil", f->name);
			return false;
		}
		ffa_set_uuid(regs, f, v->is_uuid ? &v->uuid : &nil);
		return true;
	}
	if (v->is_uuid) {
		g_set_error(error, CODEC_ERROR, CODEC_ERROR_KIND,
			    "%s: expected a number, not a UUID", f->name);
		return false;
	}
	if (!narrow(v, codec_width(f), &num))
		return wrong_width(f->name, codec_width(f), v, error);
	ffa_set(regs, f, num);
	return true;
}

static bool no_field(const struct codec_form *form, const char *name,
		     GError **error)
{
	struct codec_layout l = codec_layout(form, CODEC_NOBODY);
	g_autoptr(GString) legal = g_string_new(NULL);

	for (unsigned int i = 0; i < l.n; i++)
		g_string_append_printf(legal, "%s, ", l.fields[i].name);
	g_set_error(error, CODEC_ERROR, CODEC_ERROR_FIELD,
		    "%s has no field %s; it has %sw1-w%u, x1-x%u",
		    form->fn < FFA_FN_COUNT ? ffa_fns[form->fn].name : "SMC",
		    name, legal->str, l.end - 1, l.end - 1);
	return false;
}

bool codec_set(struct ffa_value *regs, const struct codec_form *form,
	       const char *name, const struct codec_value *v, GError **error)
{
	const struct ffa_field *f;
	uint64_t num;
	bool wide;
	int reg;

	f = codec_field(form, name, &reg, &wide);
	if (f)
		return codec_put(regs, f, v, error);
	if (reg < 0)
		return no_field(form, name, error);
	if (v->is_uuid) {
		g_set_error(error, CODEC_ERROR, CODEC_ERROR_KIND,
			    "%s: expected a number, not a UUID", name);
		return false;
	}
	if (!narrow(v, wide ? 64 : 32, &num))
		return wrong_width(name, wide ? 64 : 32, v, error);
	regs->x[reg] = num;
	return true;
}
