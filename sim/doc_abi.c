/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions, fields, errors and features, from the ABI table. */
#include <string.h>

#include "sim/codec_impl.h"
#include "sim/doc_impl.h"
#include "sim/rules.h"
#include "spmc.h"

/* -- words for columns -------------------------------------------------------- */

static const char *kind_name(enum ffa_kind kind)
{
	switch (kind) {
	case FFA_K_UINT:
		return "number";
	case FFA_K_HEX:
		return "bits";
	case FFA_K_BOOL:
		return "0 or 1";
	case FFA_K_ID:
		return "endpoint";
	case FFA_K_SENDER:
		return "sender";
	case FFA_K_RECEIVER:
		return "receiver";
	case FFA_K_ADDR:
		return "address";
	case FFA_K_VER:
		return "version";
	case FFA_K_ERR:
		return "error";
	case FFA_K_FID:
		return "id";
	case FFA_K_UUIDW:
	case FFA_K_UUIDX:
		return "UUID";
	case FFA_K_HANDLE:
		return "64 bits";
	}
	g_assert_not_reached();
}

static char *instances(unsigned int inst)
{
	static const struct {
		enum ffa_instance bit;
		const char *name;
	} names[] = {
		{ FFA_INST_NS_PHYS, "non-secure physical (OS kernel, "
				    "hypervisor)" },
		{ FFA_INST_NS_VIRT, "non-secure virtual (VM)" },
		{ FFA_INST_S_VIRT, "secure virtual (SP)" },
		{ FFA_INST_S_PHYS, "secure physical (SPMC, SPMD)" },
	};
	GString *s = g_string_new(NULL);

	for (unsigned int i = 0; i < G_N_ELEMENTS(names); i++)
		if (inst & names[i].bit)
			g_string_append_printf(s, "%s%s", s->len ? ", " : "",
					       names[i].name);
	return g_string_free(s, FALSE);
}

static char *versions(unsigned int since, unsigned int until)
{
	if (since == until)
		return g_strdup_printf("%s only", doc_version(since));
	if (until)
		return g_strdup_printf("%s to %s", doc_version(since),
				       doc_version(until));
	return g_strdup_printf("from %s on", doc_version(since));
}

static void place(GString *out, const struct ffa_field *f, bool wide)
{
	unsigned int top = wide ? 63 : 31;
	char r = wide ? 'x' : 'w';

	if (f->kind == FFA_K_UUIDW || f->kind == FFA_K_HANDLE)
		g_string_append_printf(out, "w%u-w%u", f->reg, f->reg +
				       (f->kind == FFA_K_UUIDW ? 3 : 1));
	else if (f->kind == FFA_K_UUIDX)
		g_string_append_printf(out, "x%u-x%u", f->reg, f->reg + 1);
	else if (f->lo == 0 && f->hi == top)
		g_string_append_printf(out, "%c%u", r, f->reg);
	else if (f->lo == f->hi)
		g_string_append_printf(out, "%c%u[%u]", r, f->reg, f->lo);
	else
		g_string_append_printf(out, "%c%u[%u:%u]", r, f->reg, f->hi,
				       f->lo);
}

static void value_names(GString *out, const struct ffa_field *f,
			unsigned int column)
{
	const struct ffa_named *n;

	for (unsigned int i = 0; (n = codec_name_at(f, i)); i++)
		g_string_append_printf(out, "%*s%s = 0x%x\n", (int)column, "",
				       n->name, n->value);
}

/* A payload: many registers in a row with the same meaning. */
static unsigned int payload(const struct ffa_field *f, unsigned int n)
{
	unsigned int i = 1;

	while (i < n && g_ascii_isdigit(f->name[1]) &&
	       g_ascii_isdigit(f[i].name[1]) &&
	       (!strcmp(f[i].sentence, f->sentence) ||
		g_str_has_suffix(f[i].sentence, ", continued")))
		i++;
	return i;
}

static void fields(GString *out, const struct ffa_field *f, unsigned int n,
		   bool wide)
{
	unsigned int step;

	for (unsigned int i = 0; i < n; i += step) {
		g_autoptr(GString) left = g_string_new("    ");
		g_autoptr(GString) where = g_string_new(NULL);

		step = payload(&f[i], n - i);
		if (step > 1) {
			g_string_append_printf(left, "%s-%s", f[i].name,
					       f[i + step - 1].name);
			g_string_append(where, left->str + 4);
		} else {
			g_string_append(left, f[i].name);
			place(where, &f[i], wide);
		}
		g_string_append_printf(left, "%*s%-11s %s", (int)
				       (14 - MIN(left->len, 13)), "",
				       where->str,
				       kind_name((enum ffa_kind)f[i].kind));
		doc_row(out, left->str, 35, f[i].sentence);
		value_names(out, &f[i], 35);
	}
}

/* -- a function --------------------------------------------------------------------- */

static void results(GString *out, enum ffa_fn fn)
{
	const struct ffa_fn_info *info = &ffa_fns[fn];
	unsigned int n;
	const struct ffa_field *f = ffa_rets(fn, &n);

	doc_head(out, "result");
	switch ((enum ffa_succ)info->succ) {
	case FFA_SUCC_NONE:
		doc_text(out, 4, "never FFA_SUCCESS: what comes is another "
			 "function, or FFA_ERROR");
		return;
	case FFA_SUCC_BARE:
		doc_text(out, 4, "a value in w0");
		break;
	case FFA_SUCC_W:
		doc_text(out, 4, n ? "FFA_SUCCESS with" : "FFA_SUCCESS");
		break;
	case FFA_SUCC_X:
		doc_text(out, 4, n ? "FFA_SUCCESS_64 with" : "FFA_SUCCESS_64");
		break;
	case FFA_SUCC_X18:
		doc_text(out, 4, "FFA_SUCCESS_64 over x0-x17 with");
		break;
	}
	fields(out, f, n, info->succ == FFA_SUCC_X ||
			  info->succ == FFA_SUCC_X18);
}

static void properties(GString *out, enum ffa_fn fn)
{
	bool any = false;

	for (unsigned int i = 0; i < ffa_prop_count; i++) {
		const struct ffa_prop *p = &ffa_props[i];
		const struct ffa_field f = { .reg = p->reg, .lo = p->lo,
					     .hi = p->hi };
		g_autoptr(GString) left = g_string_new(NULL);
		g_autoptr(GString) where = g_string_new(NULL);

		if (p->fn != fn)
			continue;
		if (!any)
			doc_head(out, "properties that FFA_FEATURES returns "
				 "(or takes: input)");
		any = true;
		place(where, &f, false);
		g_string_append_printf(left, "    %-9s %-11s %s%s", p->name,
				       where->str, doc_version(p->since),
				       p->input ? " input" : "");
		doc_row(out, left->str, 35, p->sentence);
	}
}

static void function(GString *out, enum ffa_fn fn)
{
	const struct ffa_fn_info *info = &ffa_fns[fn];
	enum ffa_fn twin = ffa_fn_find(info->fid ^ 0x40000000);
	const char *handler = spmc_handler_name(fn);
	g_autofree char *inst = instances(info->inst);
	g_autofree char *ver = versions(info->since, info->until);
	unsigned int n;
	const struct ffa_field *f = ffa_args(fn, &n);

	doc_title(out, "%s  0x%08x", info->name, info->fid);
	doc_text(out, 2, info->sentence);
	g_string_append_c(out, '\n');
	doc_row(out, "  version", 13, ver);
	doc_row(out, "  instances", 13, inst);
	if (twin != FFA_FN_UNKNOWN) {
		g_autofree char *other = g_strdup_printf("%s  0x%08x",
			ffa_fns[twin].name, ffa_fns[twin].fid);

		doc_row(out, ffa_is_64(info->fid) ? "  32-bit" : "  64-bit", 13,
			other);
	}
	if (!info->implemented)
		doc_row(out, "  here", 13, "not implemented: NOT_SUPPORTED, "
			"and FFA_FEATURES says the same");
	else if (!*handler)
		doc_row(out, "  here", 13, "only ever a result");

	doc_fn_profiles(out, fn);

	if (n) {
		doc_head(out, "arguments");
		fields(out, f, n, ffa_is_64(info->fid));
	}
	if (*handler || !info->implemented)
		results(out, fn);
	properties(out, fn);
	if (*handler) {
		doc_head(out, "refused, in the order of the checks "
			 "(before them: ffasim doc gate)");
		doc_refusals(out, handler);
	}
}

bool doc_function(GString *out, const char *name)
{
	enum ffa_fn fn = ffa_fn_named(name);
	guint64 fid;

	if (fn == FFA_FN_UNKNOWN && g_str_has_prefix(name, "0x") &&
	    g_ascii_string_to_unsigned(name + 2, 16, 0, UINT32_MAX, &fid,
				       NULL))
		fn = ffa_fn_find(fid);
	if (fn == FFA_FN_UNKNOWN)
		return false;
	function(out, fn);
	return true;
}

/* -- errors and features -------------------------------------------------------------- */

bool doc_error(GString *out, const char *name)
{
	const struct ffa_error_info *e = NULL;
	gint64 code = 0;

	if (name[0] == '-' || g_ascii_isdigit(name[0]))
		code = (int)g_ascii_strtoll(name, NULL, 0);
	for (unsigned int i = 0; i < ffa_error_count; i++)
		if (!strcmp(ffa_errors[i].name, name) ||
		    ffa_errors[i].code == code)
			e = &ffa_errors[i];
	if (!e)
		return false;
	doc_title(out, "%s  %d (0x%08x)", e->name, e->code,
		  (unsigned int)e->code);
	doc_text(out, 2, e->sentence);
	doc_head(out, "rules that answer with it");
	for (unsigned int i = 0; i < rules_count(); i++)
		if (rules_at(i)->error == e->code) {
			g_autofree char *left = g_strdup_printf("    %s",
				rules_at(i)->name);

			doc_row(out, left, 35, rules_at(i)->sentence);
		}
	return true;
}

bool doc_feature(GString *out, const char *name)
{
	for (unsigned int i = 0; i < ffa_feature_count; i++) {
		const struct ffa_feature_info *f = &ffa_features[i];
		g_autofree char *inst = NULL, *ver = NULL;

		if (strcmp(f->name, name))
			continue;
		inst = instances(f->inst);
		ver = versions(f->since, 0);
		doc_title(out, "%s  feature %u of FFA_FEATURES", f->name,
			  f->id);
		doc_text(out, 2, f->sentence);
		g_string_append_c(out, '\n');
		doc_row(out, "  version", 13, ver);
		doc_row(out, "  instances", 13, inst);
		return true;
	}
	return false;
}

/* -- fields ------------------------------------------------------------------------------ */

/* Functions that have the same to say about a field are named together. */
struct group {
	char *text;
	GString *functions;
};

static void group_free(void *p)
{
	struct group *g = p;

	g_free(g->text);
	g_string_free(g->functions, TRUE);
	g_free(g);
}

/* Takes `text`. */
static void group_add(GPtrArray *groups, char *text, const char *how,
		      const char *function)
{
	struct group *g = NULL;

	for (guint i = 0; i < groups->len && !g; i++) {
		struct group *old = groups->pdata[i];

		if (!strcmp(old->text, text) &&
		    g_str_has_prefix(old->functions->str, how))
			g = old;
	}
	if (!g) {
		g = g_new(struct group, 1);
		g->text = text;
		g->functions = g_string_new(how);
		g_ptr_array_add(groups, g);
	} else {
		g_free(text);
		g_string_append(g->functions, ", ");
	}
	g_string_append(g->functions, function);
}

static void groups_print(GString *out, const GPtrArray *groups)
{
	for (guint i = 0; i < groups->len; i++) {
		const struct group *g = groups->pdata[i];

		doc_text(out, 2, g->functions->str);
		g_string_append(out, g->text);
	}
}

static void group_fields(GPtrArray *groups, const struct ffa_field *f,
			 unsigned int n, const char *name, bool wide,
			 const char *how)
{
	for (unsigned int i = 0; i < n; i++) {
		g_autoptr(GString) where = g_string_new(NULL);
		g_autofree char *left = NULL;
		GString *text;

		if (strcmp(f[i].name, name))
			continue;
		text = g_string_new(NULL);
		place(where, &f[i], wide);
		left = g_strdup_printf("    %-11s %s", where->str,
				       kind_name((enum ffa_kind)f[i].kind));
		doc_row(text, left, 25, f[i].sentence);
		value_names(text, &f[i], 25);
		group_add(groups, g_string_free(text, FALSE), how,
			  ffa_fns[f[i].fn].name);
	}
}

static bool doc_property(GString *out, const char *name)
{
	g_autoptr(GPtrArray) groups =
		g_ptr_array_new_with_free_func(group_free);

	for (unsigned int i = 0; i < ffa_prop_count; i++) {
		const struct ffa_prop *p = &ffa_props[i];
		const struct ffa_field f = { .reg = p->reg, .lo = p->lo,
					     .hi = p->hi };
		g_autoptr(GString) where = g_string_new(NULL);
		g_autofree char *left = NULL;
		GString *text;

		if (strcmp(p->name, name))
			continue;
		text = g_string_new(NULL);
		place(where, &f, false);
		left = g_strdup_printf("    %-11s %s%s", where->str,
				       doc_version(p->since),
				       p->input ? " input" : "");
		doc_row(text, left, 27, p->sentence);
		group_add(groups, g_string_free(text, FALSE), "FFA_FEATURES "
			  "of ", ffa_fns[p->fn].name);
	}
	if (!groups->len)
		return false;
	doc_title(out, "%s  a property of functions", name);
	groups_print(out, groups);
	return true;
}

bool doc_field(GString *out, const char *name)
{
	g_autoptr(GPtrArray) groups =
		g_ptr_array_new_with_free_func(group_free);
	bool property;

	for (unsigned int fn = 0; fn < FFA_FN_COUNT; fn++) {
		unsigned int n;
		const struct ffa_field *f = ffa_args((enum ffa_fn)fn, &n);

		group_fields(groups, f, n, name, ffa_is_64(ffa_fns[fn].fid),
			     "argument of ");
		f = ffa_rets((enum ffa_fn)fn, &n);
		group_fields(groups, f, n, name,
			     ffa_fns[fn].succ == FFA_SUCC_X ||
			     ffa_fns[fn].succ == FFA_SUCC_X18, "result of ");
	}
	if (groups->len) {
		doc_title(out, "%s  a field", name);
		groups_print(out, groups);
	}
	property = doc_property(out, name);
	return groups->len || property;
}

bool doc_value(GString *out, const char *name)
{
	bool any = false;

	for (unsigned int i = 0; i < ffa_name_count; i++) {
		const struct ffa_named *v = &ffa_names[i];

		if (strcmp(v->name, name))
			continue;
		if (!any)
			doc_title(out, "%s  a value of a field", name);
		any = true;
		g_string_append_printf(out, "  0x%-6x %s of %s\n", v->value,
				       v->field, ffa_fns[v->fn].name);
	}
	for (unsigned int i = 0; i < codec_prop_count; i++) {
		if (strcmp(codec_props[i].name, name))
			continue;
		doc_title(out, "%s  a property of partitions", name);
		g_string_append_printf(out, "  0x%-6x props of a partition "
				       "information descriptor\n",
				       codec_props[i].value);
		any = true;
	}
	return any;
}
