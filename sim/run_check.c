/* SPDX-License-Identifier: BSD-3-Clause */
/* requires, and what can be said of a file without running it. */
#include <string.h>
#include <unistd.h>

#include "board_priv.h"
#include "conduit/hyp.h"
#include "run_priv.h"

/* -- requires -------------------------------------------------------------- */

static bool meets(const struct board *b, const struct run_options *o,
		  const struct ffs_stmt *s, const struct ffs_arg *a)
{
	const char *profile = spmc_profiles[o ? o->profile : SPMC_SPEC].name;
	g_autofree char *path = NULL, *text = NULL;
	uint64_t num;

	if (!strcmp(a->name, "file")) {
		text = board_text(b, a->value);
		path = board_path(s, text);
		return (access(path, R_OK) == 0) == (a->op == FFS_OP_EQ);
	}
	if (!strcmp(a->name, "profile"))
		return run_is_named(a->value, profile) == (a->op == FFS_OP_EQ);
	if (!board_number(b, a->value, &num))
		return true;
	return run_holds(strcmp(a->name, "ffa") ? b->config.cpus :
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

static bool is_pattern(const struct ffs_value *v)
{
	return v->kind == FFS_V_ANY || v->kind == FFS_V_BIND ||
	       v->kind == FFS_V_RANGE || v->kind == FFS_V_MASK;
}

/* A call that only compares, or NULL. */
static const struct ffs_stmt *compares(const struct board *b,
				       const struct ffs_list *list)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];
		const struct ffs_stmt *in = compares(b, &s->body);

		for (unsigned int k = 0; k < s->call.count && !in; k++)
			if (is_pattern(s->call.args[k].value))
				in = s;
		if (in)
			return in;
	}
	return NULL;
}

char *run_wants_driver(const struct board *b)
{
	const struct ffs_stmt *s = compares(b, &b->file->list);

	return s ? g_strdup_printf("needs a driver: only it knows what line %u "
				   "sends", s->loc.line) : NULL;
}

/* -- without running ------------------------------------------------------- */

static void lacks(struct ffs_diags *d, const struct ffs_loc *at,
		  const char *what)
{
	ffs_error(d, at, NULL, "%s is not in this version", what);
}

static void check_args(const struct ffs_call *c, struct ffs_diags *d)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (c->args[i].buffer == FFS_BUFFER_RX ||
		    (c->args[i].buffer == FFS_BUFFER_TX &&
		     c->fn == FFA_FN_MSG_SEND2 &&
		     !run_is_msg(c->args[i].value)))
			lacks(d, &c->args[i].loc, "this literal");
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
	check_args(&s->call, d);
	check_args(&s->result.call, d);
}

static void check_restart(const struct board *b, const struct ffs_stmt *s,
			  struct ffs_diags *d)
{
	const struct ffs_value *v = ffs_pos(s, 0);
	const struct board_part *p = board_part(b, v->text);

	if (p && b->endpoints[p->index].kind < SPMC_SP_EL1)
		ffs_error(d, &v->loc, NULL, "%s is no secure partition",
			  v->text);
}

static void check_driver(const struct board *b, const struct ffs_stmt *s,
			 struct ffs_diags *d)
{
	const struct ffs_value *name = ffs_pos(s, 0);
	const struct board_part *p = board_part(b, name->text);

	if (!ffs_flag(s, "driver") || !p)
		return;
	if (p->index)
		ffs_error(d, &name->loc, "the filter `hypervisor` makes it a "
			  "VM: docs/hypervisor.md", "a driver is the normal "
			  "world's kernel: id=0");
	else if (p->run)
		ffs_error(d, &name->loc, NULL, "%s is a driver, and played by "
			  "run=%s", p->name, p->run);
}

static void check_directive(const struct board *b, const struct ffs_stmt *s,
			    struct ffs_diags *d)
{
	const struct board_part *p;
	uint64_t page;

	switch (s->word) {
	case FFS_W_RESTART:
		check_restart(b, s, d);
		break;
	case FFS_W_IRQ:
		run_irq_check(b, s, d);
		break;
	case FFS_W_PART:
		check_driver(b, s, d);
		break;
	case FFS_W_TX:
		p = board_part(b, ffs_pos(s, 0)->text);
		if (p && p->stmt && ffs_flag(p->stmt, "driver"))
			ffs_error(d, &s->loc, NULL, "%s writes its TX buffer "
				  "itself: write tx= with its call", p->name);
		break;
	case FFS_W_BOARD:
		if (board_key_number(b, s, "page", &page) && page != 4096)
			lacks(d, &ffs_opt(s, "page")->loc, "page= but 4K");
		break;
	case FFS_W_CHECK:
		run_probe_check(b, s, d);
		break;
	case FFS_W_FFS: case FFS_W_TITLE: case FFS_W_TAG:
	case FFS_W_REQUIRES: case FFS_W_INCLUDE: case FFS_W_FFA:
	case FFS_W_PARAM: case FFS_W_BUF: case FFS_W_MEM: case FFS_W_BOOT:
	case FFS_W_WAIT: case FFS_W_PREEMPT: case FFS_W_INJECT: case FFS_W_POWEROFF:
	case FFS_W_POKE: case FFS_W_RX: case FFS_W_ALLOW:
	case FFS_W_CONSOLE: case FFS_W_RAISE:
	case FFS_W_SHUFFLE: case FFS_W_ANY: case FFS_W_COUNT:
		break;
	}
}

static void check_list(const struct board *b, const struct ffs_list *list,
		       struct ffs_diags *d)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];

		if (!s->wrong && s->actor)
			check_event(b, s, d);
		else if (!s->wrong)
			check_directive(b, s, d);
		check_list(b, &s->body, d);
	}
}

bool run_check_board(struct board *b, struct ffs_diags *d)
{
	bool good = board_finish(b, d);

	b->partial |= !good;
	check_list(b, &b->file->list, d);
	return d->errors == 0;
}

bool run_check(const struct ffs_file *file, const struct run_options *options,
	       struct ffs_diags *d)
{
	g_autoptr(GPtrArray) variants = run_variants(file);
	g_autoptr(GHashTable) said = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	unsigned int errors = d->errors;

	for (guint i = 0; i < variants->len && d->errors == errors; i++) {
		struct board *b = board_begin(file, variants->pdata[i],
					      options);
		g_autofree char *skip = run_requires(b, options);

		if (!skip)
			run_check_board(b, d);
		for (guint k = 0; k < b->warnings->len; k++)
			if (g_hash_table_add(said, g_strdup(
						b->warnings->pdata[k])))
				ffs_warning(d, b->warned_at->pdata[k], NULL,
					    "%s",
					    (char *)b->warnings->pdata[k]);
		board_free(b);
	}
	ffs_diags_sort(d);
	return d->errors == 0;
}
