/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --lint and `lint`: conduit/lint.h watches every endpoint that the scenario
 * plays. What it finds and no line expects is a failure.
 */
#include <string.h>

#include "conduit/lint.h"
#include "run_priv.h"

struct finding {
	enum lint_rule rule;
	const struct ffs_stmt *stmt;	/* NULL: at the end */
	char *detail, *call;
};

/* What a lint's callbacks get. */
struct watched {
	struct run *run;
	unsigned int ep;
	struct lint *lint;
};

struct run_lint {
	GPtrArray *watched;	/* struct watched *, by endpoint, or NULL */
	GPtrArray *findings;	/* struct finding *, that no line took */
	const struct ffs_stmt *stmt;	/* the call being made */
	bool ended;
};

static void finding_free(void *data)
{
	struct finding *f = data;

	g_free(f->detail);
	g_free(f->call);
	g_free(f);
}

static void watched_free(void *data)
{
	struct watched *w = data;

	if (w)
		lint_free(w->lint);
	g_free(w);
}

/* -- callbacks ------------------------------------------------------------- */

static void *map_memory(void *ctx, uint64_t pa, size_t len)
{
	struct watched *w = ctx;

	return run_host(w->run, pa, len);
}

static uint64_t now(void *ctx)
{
	struct watched *w = ctx;

	return machine_time(w->run->machine);
}

static char *call_text(struct watched *w, const struct lint_finding *f)
{
	struct codec_ctx ctx = run_ctx(w->run, w->ep);
	GString *to = g_string_new(NULL);

	g_string_printf(to, "%s@%u ", run_name(w->run, w->ep), f->slot);
	codec_call(to, &ctx, f->in);
	if (f->out->x[0]) {
		g_string_append(to, " = ");
		codec_result(to, &ctx, ffa_fn_find(f->in->x[0]), f->out);
	}
	return g_string_free(to, FALSE);
}

static void found(void *ctx, const struct lint_finding *f)
{
	struct watched *w = ctx;
	struct run_lint *l = w->run->lint;
	struct finding *to = g_new0(struct finding, 1);

	to->rule = f->rule;
	to->stmt = l->ended ? NULL : l->stmt;
	to->detail = g_strdup(f->detail);
	to->call = call_text(w, f);
	g_ptr_array_add(l->findings, to);
}

/* -- watching -------------------------------------------------------------- */

static bool says_lint(const struct ffs_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->v[i]->word == FFS_W_LINT ||
		    says_lint(&list->v[i]->body))
			return true;
	return false;
}

static struct watched *watch(struct run *r, unsigned int ep)
{
	const struct spmc_endpoint_config *e = &r->board->endpoints[ep];
	unsigned int slots = run_contexts(r, ep);
	struct watched *w;

	if (machine_has_code(r->machine, ep) || !slots || (r->hyp && !ep))
		return NULL;
	w = g_new0(struct watched, 1);
	w->run = r;
	w->ep = ep;
	w->lint = lint_new(&(struct lint_config){
		.slots = slots, .version = e->version,
		.asks = e->kind == SPMC_NS_PRIMARY,
		.map = map_memory, .time = now, .found = found, .ctx = w,
	});
	return w;
}

void run_lint_init(struct run *r)
{
	if (!r->options->lint && !says_lint(&r->file->list))
		return;
	r->lint = g_new0(struct run_lint, 1);
	r->lint->findings = g_ptr_array_new_with_free_func(finding_free);
	r->lint->watched = g_ptr_array_new_with_free_func(watched_free);
	for (unsigned int ep = 0; ep < r->board->config.endpoint_count; ep++)
		g_ptr_array_add(r->lint->watched, watch(r, ep));
}

void run_lint_free(struct run *r)
{
	if (!r->lint)
		return;
	g_ptr_array_unref(r->lint->findings);
	g_ptr_array_unref(r->lint->watched);
	g_free(r->lint);
}

static struct lint *lint_of(const struct run *r, unsigned int ep)
{
	const struct watched *w = r->lint && !r->lint->ended ?
				  r->lint->watched->pdata[ep] : NULL;

	return w ? w->lint : NULL;
}

void run_lint_call(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		   unsigned int ec, const struct ffa_value *in)
{
	struct lint *l = lint_of(r, ep);

	if (r->lint)
		r->lint->stmt = s;
	if (l)
		lint_call(l, ec, in);
}

void run_lint_result(struct run *r, unsigned int ep, unsigned int ec,
		     const struct ffa_value *out)
{
	struct lint *l = lint_of(r, ep);

	if (l)
		lint_result(l, ec, out);
}

void run_lint_access(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		     uint64_t pa, size_t len)
{
	struct lint *l = lint_of(r, ep);

	if (r->lint)
		r->lint->stmt = s;
	if (l)
		lint_access(l, pa, len);
}

void run_lint_forget(struct run *r, unsigned int ep)
{
	struct lint *l = lint_of(r, ep);

	if (l)
		lint_forget(l);
}

/* -- judging --------------------------------------------------------------- */

static void end(struct run *r)
{
	if (r->lint->ended)
		return;
	r->lint->ended = true;
	for (guint ep = 0; ep < r->lint->watched->len; ep++) {
		struct watched *w = r->lint->watched->pdata[ep];

		if (w)
			lint_end(w->lint);
	}
}

static bool take(struct run *r, enum lint_rule rule)
{
	GPtrArray *all = r->lint->findings;

	for (guint i = 0; i < all->len; i++) {
		const struct finding *f = all->pdata[i];

		if (f->rule != rule)
			continue;
		g_ptr_array_remove_index(all, i);
		return true;
	}
	return false;
}

static void print(struct mismatch *m, const struct finding *f,
		  const char *label)
{
	const struct lint_info *info = &lint_rules[f->rule];

	mismatch_line(m, label, "%s: %s%s%s%s [%s]", info->name,
		      info->sentence, *f->detail ? " (" : "", f->detail,
		      *f->detail ? ")" : "", info->source);
	mismatch_line(m, "call", "%s", f->call);
	mismatch_line(m, "fix", "%s", info->fix);
}

static bool missing(struct run *r, const struct ffs_stmt *s,
		    enum lint_rule rule)
{
	struct mismatch *m = mismatch_new(r, s);

	mismatch_line(m, "expected", "%s: %s", lint_rules[rule].name,
		      lint_rules[rule].sentence);
	if (!r->lint->findings->len)
		mismatch_line(m, "got", "nothing that no line took");
	else
		print(m, r->lint->findings->pdata[0], "got");
	return mismatch_end(m, RUN_FAIL);
}

bool run_lint(struct run *r, const struct ffs_stmt *s)
{
	for (unsigned int i = 0; i < s->count; i++) {
		enum lint_rule rule = lint_find(s->args[i].value->text);

		/* none */
		if (rule == LINT_COUNT || take(r, rule))
			continue;
		if (lint_rules[rule].end)
			end(r);
		if (!take(r, rule))
			return missing(r, s, rule);
	}
	return true;
}

bool run_lint_end(struct run *r)
{
	const struct finding *f;
	struct mismatch *m;

	if (!r->lint || r->options->stop_at)
		return true;
	end(r);
	if (!r->lint->findings->len)
		return true;
	f = r->lint->findings->pdata[0];
	m = mismatch_new(r, f->stmt);
	for (guint i = 0; i < r->lint->findings->len; i++)
		print(m, r->lint->findings->pdata[i], "lint");
	g_free(r->result->rule);
	r->result->rule = g_strdup(lint_rules[f->rule].name);
	return mismatch_end(m, RUN_FAIL);
}
