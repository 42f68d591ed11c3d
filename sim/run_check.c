/* SPDX-License-Identifier: BSD-3-Clause */
/* check, requires, and what can be said of a file without running it. */
#include <string.h>
#include <unistd.h>

#include "board_priv.h"
#include "conduit/hyp.h"
#include "run_priv.h"

/* -- what can be checked --------------------------------------------------- */

/* What an expression of `check` looks at. */
struct probe {
	enum { PROBE_STATE, PROBE_MODEL, PROBE_LIFE, PROBE_VERSION,
	       PROBE_LEAKS, PROBE_TIME, PROBE_HASH, PROBE_VALUE } kind;
	enum spmc_machine machine;	/* of PROBE_STATE */
	unsigned int ep, ec;
};

static const char probes[] = "legal: leaks, time, hash, PART.state, PART.rx, "
	"PART.version, PART.negotiation, PART.ec.state, PART.ec[N].state, "
	"PART.ec[N].model, PART@CPU.state, PART@CPU.model";

/* sp1.ec, sp1.ec[1], sp1@1 */
static bool context_of(const struct board *b, const struct ffs_value *v,
		       struct probe *p)
{
	const struct board_part *part;
	uint64_t n = 0;

	if (v->kind == FFS_V_INDEX) {
		if (!board_number(b, v->items[0].value, &n))
			return false;
		v = v->base;
	}
	if (v->kind == FFS_V_AT && v->text) {
		part = board_part(b, v->text);
		n = part && b->endpoints[part->index].ec_count > 1 ? v->num :
								      0;
	} else if (v->kind == FFS_V_MEMBER && !strcmp(v->text, "ec") &&
		   v->base->kind == FFS_V_ID) {
		part = board_part(b, v->base->text);
	} else {
		return false;
	}
	if (!part || b->endpoints[part->index].kind == SPMC_VM ||
	    n >= (part->index ? b->endpoints[part->index].ec_count :
		  b->config.cpus))
		return false;
	p->ep = part->index;
	p->ec = n;
	return true;
}

static bool probe_part(const struct board *b, const struct ffs_value *v,
		       struct probe *p)
{
	static const struct {
		const char *name;
		enum spmc_machine machine;
	} states[] = {
		{ "state", SPMC_M_PART }, { "rx", SPMC_M_RX },
		{ "negotiation", SPMC_M_VER },
	};
	const struct board_part *part = board_part(b, v->base->text);

	if (!part)
		return false;
	p->ep = part->index;
	if (!strcmp(v->text, "version")) {
		p->kind = PROBE_VERSION;
		return true;
	}
	/* a VM's life is its hypervisor's business, if there is one */
	if (!strcmp(v->text, "state") && run_board_hyp(b) &&
	    b->endpoints[p->ep].kind == SPMC_VM) {
		p->kind = PROBE_LIFE;
		return true;
	}
	for (unsigned int i = 0; i < G_N_ELEMENTS(states); i++)
		if (!strcmp(v->text, states[i].name)) {
			p->kind = PROBE_STATE;
			p->machine = states[i].machine;
			return true;
		}
	return false;
}

static bool probe_of(const struct board *b, const struct ffs_value *v,
		     struct probe *p)
{
	*p = (struct probe){ .kind = PROBE_VALUE };
	if (v->kind == FFS_V_ID) {
		p->kind = !strcmp(v->text, "leaks") ? PROBE_LEAKS :
			  !strcmp(v->text, "time") ? PROBE_TIME :
			  !strcmp(v->text, "hash") ? PROBE_HASH : PROBE_VALUE;
		return p->kind != PROBE_VALUE;
	}
	if (v->kind == FFS_V_USE)
		return true;
	if (v->kind != FFS_V_MEMBER)
		return false;
	if (v->base->kind == FFS_V_ID)
		return probe_part(b, v, p);
	if (!context_of(b, v->base, p))
		return false;
	p->kind = PROBE_STATE;
	p->machine = SPMC_M_EC;
	if (!strcmp(v->text, "model"))
		p->kind = PROBE_MODEL;
	return p->kind == PROBE_MODEL || !strcmp(v->text, "state");
}

/* The names that a probe can answer, NULL if it answers numbers. */
static const char *name_at(const struct probe *p, unsigned int i)
{
	if (p->kind == PROBE_MODEL)
		return i < SPMC_RTM_COUNT ?
		       spmc_model_name((enum spmc_model)i) : NULL;
	if (p->kind == PROBE_LIFE)
		return hyp_life_name(i);
	if (p->kind != PROBE_STATE ||
	    i >= spmc_machines[p->machine].state_count)
		return NULL;
	return spmc_machines[p->machine].states[i].name;
}

static bool knows(const struct probe *p, const char *name)
{
	const char *other;

	for (unsigned int i = 0; (other = name_at(p, i)); i++)
		if (!strcmp(other, name))
			return true;
	return false;
}

static char *legal_names(const struct probe *p)
{
	g_autoptr(GString) text = g_string_new("legal:");
	const char *name;

	for (unsigned int i = 0; (name = name_at(p, i)); i++)
		g_string_append_printf(text, " %s", name);
	return g_strdup(text->str);
}

/* -- check ----------------------------------------------------------------- */

static uint64_t measure(const struct run *r, const struct probe *p,
			const char **name)
{
	uint64_t now = 0;

	*name = NULL;
	switch (p->kind) {
	case PROBE_STATE:
		now = spmc_state(r->spmc, p->machine, p->ep, p->ec);
		*name = name_at(p, now);
		break;
	case PROBE_MODEL:
		now = spmc_ec_model(r->spmc, p->ep, p->ec);
		*name = name_at(p, now);
		break;
	case PROBE_LIFE:
		*name = run_hyp_state(r, p->ep);
		break;
	case PROBE_VERSION:
		now = run_is_vm(r, p->ep) ? run_hyp_version(r, p->ep) :
		      spmc_version_of(r->spmc, p->ep);
		break;
	case PROBE_LEAKS:
		now = spmc_leaks(r->spmc);
		break;
	case PROBE_TIME:
		now = machine_time(r->machine);
		break;
	case PROBE_HASH:
		now = spmc_hash(r->spmc);
		break;
	case PROBE_VALUE:
		break;
	}
	return now;
}

static bool holds_number(uint64_t a, enum ffs_op op, uint64_t b)
{
	switch (op) {
	case FFS_OP_EQ:
		return a == b;
	case FFS_OP_NE:
		return a != b;
	case FFS_OP_LT:
		return a < b;
	case FFS_OP_LE:
		return a <= b;
	case FFS_OP_GT:
		return a > b;
	case FFS_OP_GE:
		return a >= b;
	case FFS_OP_NONE:
	case FFS_OP_ASSIGN:
	case FFS_OP_COLON:
	case FFS_OP_COUNT:
		break;
	}
	return false;
}

/* `a` or `a|b` has this name? */
static bool is_named(const struct ffs_value *v, const char *name)
{
	if (v->kind == FFS_V_ID)
		return !strcmp(v->text, name);
	for (unsigned int i = 0; v->kind == FFS_V_OR && i < v->count; i++)
		if (is_named(v->items[i].value, name))
			return true;
	return false;
}

static bool compare_one(struct run *r, const struct ffs_stmt *s,
			const struct ffs_arg *a)
{
	g_autofree char *why = NULL, *got = NULL;
	const struct ffs_value *want = a->value;
	struct mismatch *m;
	const char *name;
	uint64_t now, num;
	struct probe p;
	bool ok;

	if (!probe_of(r->board, a->key, &p))
		return run_fail(r, s, RUN_BAD_FILE, "%s", probes);
	now = measure(r, &p, &name);
	if (p.kind == PROBE_VALUE && !run_number(r, a->key, &now, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (want->kind == FFS_V_USE && name &&
	    board_param(r->board, want->text))
		want = board_param(r->board, want->text);
	if (name) {
		ok = is_named(want, name) == (a->op == FFS_OP_EQ);
		got = g_strdup(name);
	} else if (!run_number(r, want, &num, &why)) {
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	} else {
		ok = holds_number(now, a->op, num);
		got = p.kind == PROBE_VERSION ?
		      g_strdup_printf("%u.%u", (unsigned int)(now >> 16),
				      (unsigned int)(now & 0xffff)) :
		      g_strdup_printf("%" G_GUINT64_FORMAT, now);
	}
	if (ok)
		return true;
	if (a->op == FFS_OP_EQ && run_edit_text(r, &a->value->loc, got))
		return true;
	m = mismatch_new(r, s);
	mismatch_line(m, "got", "%s", got);
	if (p.kind == PROBE_LEAKS)
		mismatch_leaks(m);
	return mismatch_end(m, RUN_FAIL);
}

bool run_check_stmt(struct run *r, const struct ffs_stmt *s)
{
	for (unsigned int i = 0; i < s->count; i++)
		if (!compare_one(r, s, &s->args[i]))
			return false;
	return true;
}

/* -- requires -------------------------------------------------------------- */

static bool meets(const struct board *b, const struct run_options *o,
		  const struct ffs_stmt *s, const struct ffs_arg *a)
{
	const char *profile = o && o->profile ? o->profile : "spec";
	g_autofree char *path = NULL;
	uint64_t num;

	if (!strcmp(a->name, "file")) {
		path = board_path(s, (const char *)a->value->bytes);
		return (access(path, R_OK) == 0) == (a->op == FFS_OP_EQ);
	}
	if (!strcmp(a->name, "profile"))
		return is_named(a->value, profile) == (a->op == FFS_OP_EQ);
	if (!board_number(b, a->value, &num))
		return true;
	return holds_number(strcmp(a->name, "ffa") ? b->config.cpus :
			    b->config.version, a->op, num);
}

char *run_requires(const struct board *b, const struct run_options *o)
{
	g_autoptr(GPtrArray) stmts = board_gather(b, FFS_W_REQUIRES);

	for (guint i = 0; i < stmts->len; i++) {
		const struct ffs_stmt *s = stmts->pdata[i];

		for (unsigned int k = 0; k < s->count; k++) {
			const struct ffs_arg *a = &s->args[k];
			g_autoptr(GString) text = NULL;

			if (!a->name || meets(b, o, s, a))
				continue;
			text = g_string_new("requires ");
			g_string_append_printf(text, "%s%s", a->name,
					       ffs_op_name(a->op));
			ffs_format_value(text, a->value);
			return g_strdup(text->str);
		}
	}
	return NULL;
}

/* -- without running ------------------------------------------------------- */

static void lacks(struct ffs_diags *d, const struct ffs_loc *at,
		  const char *what)
{
	ffs_error(d, at, NULL, "%s is not in this version", what);
}

static void check_probes(const struct board *b, const struct ffs_stmt *s,
			 struct ffs_diags *d)
{
	for (unsigned int i = 0; i < s->count; i++) {
		const struct ffs_arg *a = &s->args[i];
		g_autofree char *legal = NULL;
		struct probe p;

		if (!probe_of(b, a->key, &p)) {
			ffs_error(d, &a->key->loc, probes,
				  "nothing that can be checked");
			continue;
		}
		if (!name_at(&p, 0) || a->value->kind != FFS_V_ID ||
		    knows(&p, a->value->text))
			continue;
		legal = legal_names(&p);
		ffs_error(d, &a->value->loc, legal, "no state `%s`",
			  a->value->text);
	}
}

static void check_args(const struct ffs_call *c, struct ffs_diags *d)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (c->args[i].buffer != FFS_BUFFER_NONE)
			lacks(d, &c->args[i].loc, "a descriptor literal");
}

static void check_event(const struct board *b, const struct ffs_stmt *s,
			struct ffs_diags *d)
{
	const struct board_part *p = board_part(b, s->actor);
	bool call = s->kind != FFS_S_VERB;

	if (p && p->code)
		ffs_error(d, &s->actor_loc, NULL, "%s is played by run=%s, so "
			  "it has no lines of its own", p->name, p->run);
	else if (p && call && !run_board_hyp(b) &&
		 b->endpoints[p->index].kind == SPMC_VM)
		ffs_error(d, &s->actor_loc, NULL, "%s is a VM behind the "
			  "hypervisor, which makes its calls: write %s@%u "
			  "CALL(from=%s, ...)", p->name, b->parts[0].name,
			  s->cpu, p->name);
	for (unsigned int i = 0; i < s->opt_count; i++)
		if (!strcmp(s->opts[i].name, "within"))
			lacks(d, &s->opts[i].loc, "within=");
	check_args(&s->call, d);
	check_args(&s->result.call, d);
}

static void check_key_lacks(const struct ffs_stmt *s, const char *key,
			    struct ffs_diags *d)
{
	const struct ffs_arg *a = ffs_opt(s, key);
	g_autofree char *what = g_strdup_printf("%s %s=", s->name, key);

	if (a)
		lacks(d, &a->loc, what);
}

static void check_directive(const struct board *b, const struct ffs_stmt *s,
			    struct ffs_diags *d)
{
	const struct ffs_value *v;
	uint64_t page;

	switch (s->word) {
	case FFS_W_ALLOW:
	case FFS_W_IRQ:
	case FFS_W_RAISE:
	case FFS_W_RESTART:
		lacks(d, &s->loc, s->name);
		break;
	case FFS_W_PART:
		if (ffs_flag(s, "driver"))
			lacks(d, &s->loc, "kind=vm driver");
		break;
	case FFS_W_BOARD:
		check_key_lacks(s, "handles", d);
		check_key_lacks(s, "pool", d);
		if (board_key_number(b, s, "page", &page) && page != 4096)
			lacks(d, &ffs_opt(s, "page")->loc, "page= but 4K");
		break;
	case FFS_W_INJECT:
		check_key_lacks(s, "delay", d);
		break;
	case FFS_W_TX:
		v = ffs_pos(s, 1);
		if (!v->text || strcmp(v->text, "rxtx"))
			lacks(d, &v->loc, "a literal but rxtx{id= rx= tx=}");
		break;
	case FFS_W_CHECK:
		check_probes(b, s, d);
		break;
	case FFS_W_FFS: case FFS_W_TITLE: case FFS_W_TAG:
	case FFS_W_REQUIRES: case FFS_W_INCLUDE: case FFS_W_FFA:
	case FFS_W_PARAM: case FFS_W_BUF: case FFS_W_MEM: case FFS_W_BOOT:
	case FFS_W_WAIT: case FFS_W_PREEMPT: case FFS_W_POWEROFF:
	case FFS_W_POKE: case FFS_W_RX:
	case FFS_W_SHUFFLE: case FFS_W_ANY: case FFS_W_COUNT:
		break;
	}
}

static void check_list(const struct board *b, const struct ffs_list *list,
		       struct ffs_diags *d)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];

		if (s->kind == FFS_S_BAD)
			continue;
		if (s->actor)
			check_event(b, s, d);
		else
			check_directive(b, s, d);
		check_list(b, &s->body, d);
	}
}

bool run_check_board(struct board *b, struct ffs_diags *d)
{
	if (!board_finish(b, d))
		return false;
	check_list(b, &b->file->list, d);
	return d->errors == 0;
}

bool run_check(const struct ffs_file *file, const struct run_options *options,
	       struct ffs_diags *d)
{
	g_autoptr(GPtrArray) variants = run_variants(file);

	for (guint i = 0; i < variants->len && !d->errors; i++) {
		struct board *b = board_begin(file, variants->pdata[i],
					      options);
		g_autofree char *skip = run_requires(b, options);

		if (!skip)
			run_check_board(b, d);
		for (guint k = 0; !i && k < b->warnings->len; k++)
			ffs_warning(d, &file->list.v[0]->loc, NULL, "%s",
				    (char *)b->warnings->pdata[k]);
		board_free(b);
	}
	ffs_diags_sort(d);
	return d->errors == 0;
}
