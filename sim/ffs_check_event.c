/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls, results and verbs; and whether an actor is inside a call. */
#include <string.h>

#include "sim/codec.h"
#include "sim/ffs_impl.h"

/* -- fields ------------------------------------------------------------------------ */

/* Functions whose descriptor or message is in TX. */
static bool has_tx(enum ffa_fn fn)
{
	switch ((int)fn) {
	case FFA_FN_MEM_DONATE_32: case FFA_FN_MEM_DONATE_64:
	case FFA_FN_MEM_LEND_32: case FFA_FN_MEM_LEND_64:
	case FFA_FN_MEM_SHARE_32: case FFA_FN_MEM_SHARE_64:
	case FFA_FN_MEM_RETRIEVE_REQ_32: case FFA_FN_MEM_RETRIEVE_REQ_64:
	case FFA_FN_MEM_RELINQUISH: case FFA_FN_MEM_FRAG_TX:
	case FFA_FN_MSG_SEND2:
		return true;
	}
	return false;
}

/* Results that say that there is something in RX. */
static bool has_rx(enum ffa_fn fn)
{
	return fn == FFA_FN_MEM_RETRIEVE_RESP || fn == FFA_FN_MEM_FRAG_TX;
}

const struct ffa_field *ffs_field(enum ffa_fn fn, enum ffa_fn answers,
				  bool result, const char *name, int *reg,
				  bool *wide, enum ffs_buffer *buffer)
{
	const struct codec_form form = { fn, result, answers };
	const struct ffa_field *f = codec_field(&form, name, reg, wide);

	*buffer = FFS_BUFFER_NONE;
	if (f || *reg >= 0)
		return f;
	if (!result && has_tx(fn) && !strcmp(name, "tx"))
		*buffer = FFS_BUFFER_TX;
	if (result && has_rx(fn) && !strcmp(name, "rx"))
		*buffer = FFS_BUFFER_RX;
	return NULL;
}

const struct ffa_field *ffs_field_at(enum ffa_fn fn, enum ffa_fn answers,
				     bool result, unsigned int n)
{
	const struct codec_form form = { fn, result, answers };
	const struct ffa_field *f;
	unsigned int count;

	f = codec_fields(&form, &count);
	if (n >= count)
		return NULL;
	/* FFA_ERROR(DENIED) */
	if ((fn == FFA_FN_ERROR || fn == FFA_FN_ERROR_64) && n < 2)
		n = 1 - n;
	return &f[n];
}

static char *fields_hint(struct ffs_checker *c, enum ffa_fn fn,
			 enum ffa_fn answers, bool result, const char *word)
{
	const struct codec_form form = { fn, result, answers };
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *hint = NULL;
	const struct ffa_field *f;
	unsigned int n;

	f = codec_fields(&form, &n);
	for (unsigned int i = 0; i < n; i++)
		g_ptr_array_add(names, (void *)f[i].name);
	if (!result && has_tx(fn))
		g_ptr_array_add(names, (void *)"tx");
	if (result && has_rx(fn))
		g_ptr_array_add(names, (void *)"rx");
	hint = ffs_names_hint(c->d, word, names);
	if (!hint)
		return g_strdup("no fields; legal: w1..w7 x1..x17");
	return g_strconcat(hint, names->len > 24 ? "" :
			   "; or w1..w7 x1..x17", NULL);
}

/* -- calls and results ---------------------------------------------------------------- */

static unsigned int width_of(const struct ffa_field *f)
{
	if (f->kind == FFA_K_HANDLE)
		return 64;
	return f->hi - f->lo + 1u;
}

static bool is_raw(const char *name)
{
	return !strcmp(name, "SMC") || !strcmp(name, "HVC") ||
		!strcmp(name, "SVC");
}

static bool is_success(const char *name)
{
	return g_str_has_prefix(name, "FFA_SUCCESS");
}

static bool given_twice(const struct ffs_call *call, unsigned int n)
{
	const struct ffs_arg *a = &call->args[n];

	for (unsigned int i = 0; i < n; i++) {
		const struct ffs_arg *b = &call->args[i];

		if ((a->field && a->field == b->field) ||
		    (a->reg >= 0 && a->reg == b->reg) ||
		    (a->buffer != FFS_BUFFER_NONE && a->buffer == b->buffer))
			return true;
	}
	return false;
}

static const char *arg_name(const struct ffs_arg *a)
{
	return a->field ? a->field->name : a->name ? a->name : "the register";
}

static void check_arg(struct ffs_checker *c, const struct ffs_call *call,
		      unsigned int n, bool pattern)
{
	const struct ffs_arg *a = &call->args[n];
	struct ffs_place to = {
		.pattern = pattern, .field = a->field, .name = arg_name(a),
		.bits = a->field ? width_of(a->field) : a->wide ? 64 : 32,
	};

	if (given_twice(call, n))
		ffs_error(c->d, a->key ? &a->key->loc : &a->loc, NULL,
			  "`%s` is given twice", to.name);
	if (a->buffer == FFS_BUFFER_TX && a->value->kind == FFS_V_ID &&
	    !strcmp(a->value->text, "rest"))
		return;
	if (a->buffer != FFS_BUFFER_NONE)
		ffs_check_lit(c, a->value, a->buffer == FFS_BUFFER_RX);
	else
		ffs_check_value(c, &to, a->value);
}

/* SMC(x0, x1, ...) */
static void check_raw(struct ffs_checker *c, struct ffs_call *call,
		      bool pattern)
{
	unsigned int pos = 0;

	call->raw = true;
	for (unsigned int i = 0; i < call->count; i++) {
		struct ffs_arg *a = &call->args[i];
		guint64 reg;

		a->wide = true;
		if (!a->name) {
			if (pos >= FFA_REGS) {
				ffs_error(c->d, &a->loc, NULL, "%s has the "
					  "registers x0 to x17, no more",
					  call->name);
				return;
			}
			a->reg = (int8_t)pos++;
		} else if ((a->name[0] == 'x' || a->name[0] == 'w') &&
			   g_ascii_string_to_unsigned(a->name + 1, 10, 0,
						      FFA_REGS - 1, &reg,
						      NULL)) {
			a->reg = (int8_t)reg;
			a->wide = a->name[0] == 'x';
		} else {
			ffs_error(c->d, &a->key->loc, "legal: w0..w17 x0..x17",
				  "%s has no field `%s`", call->name, a->name);
			ffs_check_binds(c, a->value, pattern);
			continue;
		}
		check_arg(c, call, i, pattern);
	}
}

static bool find_fn(struct ffs_checker *c, struct ffs_call *call)
{
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *hint = NULL;

	call->fn = ffa_fn_named(call->name);
	if (call->fn != FFA_FN_UNKNOWN)
		return true;
	names = g_ptr_array_new();
	for (unsigned int i = 0; i < FFA_FN_COUNT; i++)
		g_ptr_array_add(names, (void *)ffa_fns[i].name);
	g_ptr_array_add(names, (void *)"SMC");
	hint = ffs_names_hint(c->d, call->name, names);
	ffs_error(c->d, &call->name_loc, hint ? hint :
		  "ffasim doc lists the functions", "unknown function `%s`",
		  call->name);
	return false;
}

/* `answers`: the call whose result this is, or FFA_FN_UNKNOWN. */
static void check_call(struct ffs_checker *c, struct ffs_call *call,
		       bool result, enum ffa_fn answers, bool pattern)
{
	unsigned int pos = 0, count;
	struct codec_form form;

	call->raw = false;
	call->fn = FFA_FN_UNKNOWN;
	call->answers = answers;
	for (unsigned int i = 0; i < call->count; i++) {
		call->args[i].field = NULL;
		call->args[i].reg = -1;
		call->args[i].buffer = FFS_BUFFER_NONE;
	}
	if (is_raw(call->name)) {
		check_raw(c, call, pattern);
		return;
	}
	if (!find_fn(c, call)) {
		for (unsigned int i = 0; i < call->count; i++)
			ffs_check_binds(c, call->args[i].value, pattern);
		return;
	}
	form = (struct codec_form){ call->fn, result, answers };
	codec_fields(&form, &count);
	for (unsigned int i = 0; i < call->count; i++) {
		struct ffs_arg *a = &call->args[i];
		g_autofree char *hint = NULL;
		const char *of;
		int reg = -1;

		if (!a->name)
			a->field = ffs_field_at(call->fn, answers, result,
						pos++);
		else
			a->field = ffs_field(call->fn, answers, result,
					     a->name, &reg, &a->wide,
					     &a->buffer);
		a->reg = (int8_t)reg;
		if (a->field || reg >= 0 || a->buffer != FFS_BUFFER_NONE) {
			check_arg(c, call, i, pattern);
			continue;
		}
		hint = fields_hint(c, call->fn, answers, result, a->name);
		of = result && is_success(call->name) &&
			answers != FFA_FN_UNKNOWN ? ffa_fns[answers].name : NULL;
		if (a->name)
			ffs_error(c->d, &a->key->loc, hint, "%s has no field "
				  "`%s`%s%s", call->name, a->name,
				  of ? " as the answer to " : "", of ? of : "");
		else if (pos == count + 1)
			ffs_error(c->d, &a->loc, hint, "%s has %u field%s%s%s, "
				  "no more", call->name, count,
				  count == 1 ? "" : "s",
				  of ? " as the answer to " : "", of ? of : "");
		ffs_check_binds(c, a->value, pattern);
	}
}

/* BOOT(info=, entry=, x0=...): what a context sees when it runs for the first time. */
static void check_boot(struct ffs_checker *c, struct ffs_call *call)
{
	call->raw = false;
	call->fn = call->answers = FFA_FN_UNKNOWN;
	for (unsigned int i = 0; i < call->count; i++) {
		struct ffs_arg *a = &call->args[i];
		guint64 reg;

		a->field = NULL;
		a->reg = -1;
		a->wide = true;
		a->buffer = FFS_BUFFER_NONE;
		if (a->name && (a->name[0] == 'x' || a->name[0] == 'w') &&
		    g_ascii_string_to_unsigned(a->name + 1, 10, 0,
					       FFA_REGS - 1, &reg, NULL)) {
			a->reg = (int8_t)reg;
			a->wide = a->name[0] == 'x';
		} else if (!a->name || (strcmp(a->name, "info") &&
					strcmp(a->name, "entry"))) {
			ffs_error(c->d, &a->loc,
				  "legal: info entry w0..w17 x0..x17",
				  "BOOT has no such field");
			ffs_check_binds(c, a->value, true);
			continue;
		}
		check_arg(c, call, i, true);
	}
}

/* The function that a checked call names, if only by its id: SMC(0x8400...). */
static enum ffa_fn called(const struct ffs_call *call)
{
	const struct ffs_value *id = call->count ? call->args[0].value : NULL;

	if (call->raw && id && id->kind == FFS_V_NUM &&
	    (!call->args[0].name || call->args[0].reg == 0))
		return ffa_fn_find(id->num);
	return call->fn;
}

static void check_result(struct ffs_checker *c, struct ffs_result *r,
			 enum ffa_fn answers)
{
	const struct ffs_value *v = r->value;
	struct ffs_place to = { .pattern = true, .bits = 32, .name = "w0" };
	const char *name;

	switch (r->kind) {
	case FFS_R_NONE:
	case FFS_R_ANY:
		return;
	case FFS_R_CALL:
		if (!strcmp(r->call.name, "BOOT"))
			check_boot(c, &r->call);
		else if (answers != FFA_FN_UNKNOWN &&
		    ffa_fns[answers].succ == FFA_SUCC_BARE &&
		    is_success(r->call.name))
			ffs_error(c->d, &r->loc, NULL, "%s answers with a "
				  "bare value: `= 1.2` or `= NOT_SUPPORTED`",
				  ffa_fns[answers].name);
		else
			check_call(c, &r->call, true, answers, true);
		return;
	case FFS_R_VALUE:
		break;
	}
	name = ffs_name_of(v);
	if (name && ffa_fn_named(name) != FFA_FN_UNKNOWN) {
		ffs_error(c->d, &v->loc, NULL, "expected `(` behind %s: "
			  "`%s()`", name, name);
		return;
	}
	to.field = codec_bare_field(answers);
	if (to.field)
		to.bits = width_of(to.field);
	ffs_check_value(c, &to, v);
}

/* What a function that does not exist returns: only names can be wrong. */
static void check_any_result(struct ffs_checker *c, const struct ffs_result *r)
{
	if (r->kind == FFS_R_VALUE)
		ffs_check_binds(c, r->value, true);
	for (unsigned int i = 0; i < r->call.count; i++)
		ffs_check_binds(c, r->call.args[i].value, true);
}

/* -- who is inside a call ------------------------------------------------------------------ */

enum ec_state { EC_UNKNOWN, EC_RUNS, EC_FIRST, EC_INSIDE };

struct ffs_ec {
	enum ec_state state;
	enum ffa_fn fn;		/* INSIDE: this call */
	uint32_t line;
};

/* A VM whose calls go through the ready-made hypervisor. */
static bool is_relayed(struct ffs_checker *c, const struct ffs_part *p)
{
	GHashTableIter it;
	struct ffs_part *hyp;

	if (p->secure || !p->stmt || (p->has_id && !p->id))
		return false;
	g_hash_table_iter_init(&it, c->parts);
	while (g_hash_table_iter_next(&it, NULL, (void **)&hyp)) {
		const struct ffs_arg *a = hyp->stmt && !hyp->secure ?
			ffs_opt(hyp->stmt, "run") : NULL;
		const char *run = !a || hyp == p ? NULL :
			a->value->kind == FFS_V_STR ?
			(const char *)a->value->bytes : ffs_name_of(a->value);

		if (run && g_str_has_prefix(run, "hypervisor"))
			return true;
	}
	return false;
}

static struct ffs_ec *find_ec(struct ffs_checker *c, const struct ffs_stmt *s,
			      const struct ffs_part *p)
{
	/* one context may migrate: it is the same one on every CPU */
	bool relayed = is_relayed(c, p);
	bool one = (p->secure || relayed) && p->ec <= 1;
	g_autofree char *key = one ? g_strdup(s->actor) :
		g_strdup_printf("%s@%u", s->actor, s->cpu);
	struct ffs_ec *e = g_hash_table_lookup(c->ecs, key);

	if (e)
		return e;
	e = g_new0(struct ffs_ec, 1);
	e->fn = FFA_FN_UNKNOWN;
	/* a VM may begin by a call of its own, or by a message */
	if (!c->loose && !p->manifest && !relayed)
		e->state = p->secure ? EC_FIRST : EC_RUNS;
	g_hash_table_insert(c->ecs, g_steal_pointer(&key), e);
	return e;
}

void ffs_check_forget(struct ffs_checker *c)
{
	g_hash_table_remove_all(c->ecs);
	c->loose = true;
}

/* The actor does something of its own, so it must not be inside a call. */
static void must_run(struct ffs_checker *c, const struct ffs_stmt *s,
		     const struct ffs_ec *e)
{
	if (e->state == EC_INSIDE)
		ffs_error(c->d, &s->actor_loc, "what it sees when it has "
			  "control again: `ACTOR@CPU ... = RESULT`",
			  "%s@%u is still inside its call of line %u", s->actor,
			  s->cpu, e->line);
	else if (e->state == EC_FIRST)
		ffs_error(c->d, &s->actor_loc, "or script its initialisation "
			  "behind `boot`", "%s@%u waits in FFA_MSG_WAIT: its "
			  "first line is `%s@%u ... = RESULT`", s->actor,
			  s->cpu, s->actor, s->cpu);
}

static void must_wait(struct ffs_checker *c, const struct ffs_stmt *s,
		      const struct ffs_ec *e)
{
	if (e->state == EC_RUNS)
		ffs_error(c->d, &s->actor_loc, NULL, "%s@%u is not inside a "
			  "call that handed over control (`CALL(...) ...`)",
			  s->actor, s->cpu);
}

/* -- verbs -------------------------------------------------------------------------------- */

/* MEM[a..b]: bytes a up to b, without b. */
static void check_place(struct ffs_checker *c, const struct ffs_stmt *s,
			const struct ffs_value *v)
{
	const struct ffs_value *i, *to = s->value;
	const struct ffs_stmt *mem = NULL;
	uint64_t a, b;

	if (v->kind == FFS_V_SUM || v->kind == FFS_V_NUM ||
	    v->kind == FFS_V_USE) {
		ffs_check_binds(c, v, false);
		for (unsigned int n = 0; n < v->count; n++)
			if (v->items[n].value->kind == FFS_V_ID)
				ffs_check_path(c, v->items[n].value);
		return;
	}
	if (v->kind != FFS_V_ID && v->kind != FFS_V_INDEX) {
		ffs_error(c->d, &v->loc, "usage: store MEM[a..b] = VALUE",
			  "expected a buf or mem, or an address");
		return;
	}
	if (!ffs_check_path(c, v) || v->kind != FFS_V_INDEX)
		return;
	if (ffs_name_of(v->base))
		mem = g_hash_table_lookup(c->mems, v->base->text);
	i = v->items[0].value;
	if (i->kind != FFS_V_RANGE || i->items[0].value->kind != FFS_V_NUM ||
	    i->items[1].value->kind != FFS_V_NUM)
		return;
	a = i->items[0].value->num;
	b = i->items[1].value->num;
	if (a >= b)
		ffs_error(c->d, &i->loc, "a..b are the bytes from a up to b, "
			  "without b", "these are no bytes");
	else if (mem && ffs_pos(mem, 3) &&
		 ffs_pos(mem, 3)->kind == FFS_V_NUM &&
		 (b - 1) / FFA_PAGE_SIZE >= ffs_pos(mem, 3)->num)
		ffs_error(c->d, &i->loc, NULL, "%s has only %s",
			  v->base->text, ffs_pos(mem, 3)->text);
	else if (to && to->kind == FFS_V_STR && to->len != b - a)
		ffs_error(c->d, &to->loc, NULL, "%" G_GSIZE_FORMAT " byte%s "
			  "for a place of %" G_GUINT64_FORMAT, to->len,
			  to->len == 1 ? "" : "s", b - a);
}

static void check_verb(struct ffs_checker *c, const struct ffs_stmt *s,
		       const struct ffs_part *p)
{
	const struct ffs_value *extra = s->count ? s->args[0].value : s->value;

	switch (s->verb) {
	case FFS_VERB_STORE:
	case FFS_VERB_LOAD:
		if (s->count != 1 || !s->value) {
			ffs_error(c->d, &s->loc, NULL, "expected `%s "
				  "MEM[a..b] = VALUE`", s->name);
			return;
		}
		check_place(c, s, s->args[0].value);
		ffs_check_binds(c, s->value, s->verb == FFS_VERB_LOAD);
		return;
	case FFS_VERB_CRASH:
	case FFS_VERB_HANG:
	case FFS_VERB_PREEMPT:
		if (extra)
			ffs_error(c->d, &extra->loc, NULL, "%s takes nothing "
				  "behind it", s->name);
		if (!p->secure)
			ffs_error(c->d, &s->actor_loc, NULL, "only a partition "
				  "can %s, not the normal world",
				  s->verb == FFS_VERB_PREEMPT ?
				  "be preempted" : s->name);
		return;
	case FFS_VERB_CREATE:
	case FFS_VERB_DESTROY:
		if (extra)
			ffs_error(c->d, &extra->loc, NULL, "%s takes nothing "
				  "behind it", s->name);
		if (!is_relayed(c, p))
			ffs_error(c->d, &s->actor_loc, "part hyp kind=hyp "
				  "run=hypervisor", "only a VM behind a "
				  "ready-made hypervisor can be %sed",
				  s->verb == FFS_VERB_CREATE ? "creat" :
							       "destroy");
		return;
	case FFS_VERB_COUNT:
		return;
	}
}

/* -- events --------------------------------------------------------------------------------- */

void ffs_check_event(struct ffs_checker *c, struct ffs_stmt *s)
{
	const struct ffs_part *p = g_hash_table_lookup(c->parts, s->actor);
	static const struct ffs_part nobody = { .secure = true };
	struct ffs_ec *e;
	bool follow;

	if (!p) {
		g_autofree char *hint = ffs_names_hint(c->d, s->actor,
						       c->part_names);

		ffs_error(c->d, &s->actor_loc, hint ? hint :
			  "a `part` line declares it", "no part `%s`",
			  s->actor);
		p = &nobody;
	}
	ffs_check_cpu(c, &s->cpu_loc, s->cpu);
	e = find_ec(c, s, p);
	/* a manifest can say how many contexts there are, we cannot */
	follow = p != &nobody && !c->unordered && (p->ec || !p->secure);
	switch (s->kind) {
	case FFS_S_BAD:
	case FFS_S_DIRECTIVE:
		e->state = EC_UNKNOWN;
		return;
	case FFS_S_CALL:
		if (follow)
			must_run(c, s, e);
		check_call(c, &s->call, false, FFA_FN_UNKNOWN, p->driver);
		if (s->call.fn == FFA_FN_UNKNOWN && !s->call.raw &&
		    (s->result.kind == FFS_R_VALUE ||
		     (s->result.kind == FFS_R_CALL &&
		      is_success(s->result.call.name))))
			check_any_result(c, &s->result);
		else
			check_result(c, &s->result, called(&s->call));
		e->state = EC_RUNS;
		break;
	case FFS_S_OPEN:
		if (follow)
			must_run(c, s, e);
		check_call(c, &s->call, false, FFA_FN_UNKNOWN, p->driver);
		e->state = EC_INSIDE;
		e->fn = called(&s->call);
		e->line = s->loc.line;
		break;
	case FFS_S_RESUME:
		if (follow)
			must_wait(c, s, e);
		check_result(c, &s->result, e->state == EC_INSIDE ? e->fn :
			     FFA_FN_UNKNOWN);
		e->state = EC_RUNS;
		break;
	case FFS_S_VERB:
		if (follow && s->verb != FFS_VERB_CREATE &&
		    s->verb != FFS_VERB_DESTROY)
			must_run(c, s, e);
		check_verb(c, s, p);
		e->state = s->verb == FFS_VERB_CRASH ||
			   s->verb == FFS_VERB_CREATE ||
			   s->verb == FFS_VERB_DESTROY ? EC_UNKNOWN : EC_RUNS;
		break;
	}
	if (c->unordered)
		e->state = EC_UNKNOWN;
	ffs_check_opts(c, s);
}
