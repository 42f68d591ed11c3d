/* SPDX-License-Identifier: BSD-3-Clause */
/* Values, and NAME(arguments). */
#include <string.h>

#include "sim/ffs_parser.h"

static struct ffs_value *new_value(struct ffs_parser *p,
				   enum ffs_value_kind kind,
				   const struct ffs_token *t)
{
	struct ffs_value *v = ffs_alloc(p->arena, sizeof(*v));

	v->kind = kind;
	v->loc = t->loc;
	v->text = t->text;
	v->num = t->num;
	v->unit = t->unit;
	v->negative = t->negative;
	v->uuid = t->uuid;
	v->bytes = t->bytes;
	v->len = t->len;
	return v;
}

static void set_items(struct ffs_parser *p, struct ffs_value *v,
		      const GArray *items)
{
	v->items = ffs_copy(p->arena, items);
	v->count = items->len;
	v->loc.end = MAX(v->loc.end, p->last.end);
}

static bool enter(struct ffs_parser *p, const struct ffs_loc *open)
{
	p->brackets++;
	if (++p->nesting + p->blocks <= FFS_MAX_DEPTH)
		return true;
	if (!p->failed)
		ffs_error(p->d, open, NULL, "brackets are nested deeper than "
			  "%d", FFS_MAX_DEPTH);
	p->failed = true;
	return false;
}

static void leave(struct ffs_parser *p)
{
	p->brackets--;
	p->nesting--;
}

/* True if the bracket is closed, or it never will be (then p->failed). */
static bool closed(struct ffs_parser *p, enum ffs_token_kind close,
		   const struct ffs_loc *open)
{
	const struct ffs_token *t = ffs_peek(p, 0);

	if (t->kind == close) {
		ffs_take(p, NULL);
		leave(p);
		return true;
	}
	if (t->kind == FFS_T_END || ffs_runs_on(p)) {
		if (!p->failed)
			ffs_error(p->d, open, NULL, "`%c` is never closed",
				  open->src->text[open->off]);
		p->failed = true;
		return true;
	}
	return p->failed;
}

enum ffs_op ffs_take_op(struct ffs_parser *p)
{
	enum ffs_op op = FFS_OP_NONE;

	if (ffs_at_end(p))
		return op;
	switch ((int)ffs_peek(p, 0)->kind) {
	case FFS_T_ASSIGN: op = FFS_OP_ASSIGN; break;
	case FFS_T_EQ: op = FFS_OP_EQ; break;
	case FFS_T_NE: op = FFS_OP_NE; break;
	case FFS_T_LT: op = FFS_OP_LT; break;
	case FFS_T_LE: op = FFS_OP_LE; break;
	case FFS_T_GT: op = FFS_OP_GT; break;
	case FFS_T_GE: op = FFS_OP_GE; break;
	}
	if (op != FFS_OP_NONE)
		ffs_take(p, NULL);
	return op;
}

/* { entries }: separated by space or commas, each with a key or without. */
static void block(struct ffs_parser *p, struct ffs_value *v)
{
	g_autoptr(GArray) items = g_array_new(FALSE, FALSE,
					      sizeof(struct ffs_arg));
	struct ffs_loc open;

	v->kind = FFS_V_BLOCK;
	ffs_take(p, NULL);
	open = p->last;
	if (!enter(p, &open))
		return;
	while (!closed(p, FFS_T_RBRACE, &open)) {
		struct ffs_arg a = { .reg = -1 };

		a.value = ffs_value(p);
		if (!a.value)
			break;
		a.loc = a.value->loc;
		if (ffs_peek(p, 0)->kind == FFS_T_ASSIGN ||
		    ffs_peek(p, 0)->kind == FFS_T_COLON) {
			a.op = ffs_peek(p, 0)->kind == FFS_T_COLON ?
				FFS_OP_COLON : FFS_OP_ASSIGN;
			ffs_take(p, NULL);
			a.key = a.value;
			a.name = ffs_name_of(a.key);
			a.value = ffs_value(p);
			if (!a.value)
				break;
			a.loc.end = a.value->loc.end;
		}
		g_array_append_val(items, a);
		if (ffs_peek(p, 0)->kind == FFS_T_COMMA)
			ffs_take(p, NULL);
	}
	set_items(p, v, items);
}

/*
 * The arguments behind `(`; with names if `named`. Sets *rest at a final
 * `...`, which is wrong if rest is NULL.
 */
static GArray *arguments(struct ffs_parser *p, bool named, bool *rest)
{
	GArray *items = g_array_new(FALSE, FALSE, sizeof(struct ffs_arg));
	struct ffs_loc open;

	ffs_take(p, NULL);
	open = p->last;
	if (!enter(p, &open) || closed(p, FFS_T_RPAREN, &open))
		return items;
	for (;;) {
		struct ffs_arg a = { .loc = ffs_peek(p, 0)->loc, .reg = -1 };

		if (rest && ffs_peek(p, 0)->kind == FFS_T_REST) {
			ffs_take(p, NULL);
			*rest = true;
			if (!closed(p, FFS_T_RPAREN, &open))
				ffs_expected(p, NULL, "`)` behind `...`");
			break;
		}
		if (named && ffs_peek(p, 0)->kind == FFS_T_ID &&
		    ffs_peek(p, 1)->kind == FFS_T_ASSIGN) {
			struct ffs_token t;

			ffs_take(p, &t);
			ffs_take(p, NULL);
			a.op = FFS_OP_ASSIGN;
			a.key = new_value(p, FFS_V_ID, &t);
			a.name = t.text;
		}
		if (ffs_peek(p, 0)->kind == FFS_T_END || ffs_runs_on(p)) {
			closed(p, FFS_T_RPAREN, &open);
			break;
		}
		a.value = ffs_value(p);
		if (!a.value)
			break;
		a.loc.end = a.value->loc.end;
		g_array_append_val(items, a);
		if (closed(p, FFS_T_RPAREN, &open))
			break;
		if (ffs_peek(p, 0)->kind != FFS_T_COMMA) {
			ffs_expected(p, NULL, "`,` or `)`");
			break;
		}
		ffs_take(p, NULL);
	}
	return items;
}

/* A comment right behind a value stays with it: w2=-6 "DENIED". */
static void take_note(struct ffs_parser *p, struct ffs_value *v)
{
	struct ffs_token *t = ffs_peek(p, 0);

	if (v->note || !t->trivia_count || t->trivia->own_line ||
	    !t->trivia->block)
		return;
	v->note = t->trivia->text;
	t->trivia++;
	t->trivia_count--;
}

static struct ffs_value *suffixes(struct ffs_parser *p, struct ffs_value *v)
{
	unsigned int depth = 0;

	for (;;) {
		struct ffs_token *t = ffs_peek(p, 0), name;
		struct ffs_value *up;

		if (!t->glued || t->nl ||
		    (t->kind != FFS_T_DOT && t->kind != FFS_T_LBRACK))
			return v;
		if (depth++ >= FFS_MAX_DEPTH) {
			ffs_error(p->d, &t->loc, NULL, "more than %d `.` and "
				  "`[` in one value", FFS_MAX_DEPTH);
			p->failed = true;
			return NULL;
		}
		up = ffs_alloc(p->arena, sizeof(*up));
		up->loc = v->loc;
		up->base = v;
		ffs_take(p, NULL);
		if (p->src->text[p->last.off] == '.') {
			up->kind = FFS_V_MEMBER;
			t = ffs_peek(p, 0);
			if (t->kind != FFS_T_ID || !t->glued) {
				ffs_expected(p, NULL, "a name behind `.`");
				return NULL;
			}
			ffs_take(p, &name);
			up->text = name.text;
		} else {
			struct ffs_loc open = p->last;

			up->kind = FFS_V_INDEX;
			up->items = ffs_alloc(p->arena, sizeof(*up->items));
			up->items->reg = -1;
			if (!enter(p, &open))
				return NULL;
			up->items->value = ffs_value(p);
			if (!up->items->value)
				return NULL;
			up->items->loc = up->items->value->loc;
			up->count = 1;
			if (!closed(p, FFS_T_RBRACK, &open))
				ffs_expected(p, NULL, "`]`");
			if (p->failed)
				return NULL;
		}
		up->loc.end = p->last.end;
		v = up;
	}
}

/* @0 and, if `name`, the actor before it. */
static struct ffs_value *at_cpu(struct ffs_parser *p, struct ffs_value *name)
{
	struct ffs_token t;
	struct ffs_value *v;

	ffs_take(p, &t);
	v = new_value(p, FFS_V_AT, &t);
	v->text = name ? name->text : NULL;
	if (name)
		v->loc = name->loc;
	if (ffs_peek(p, 0)->kind != FFS_T_NUM || !ffs_peek(p, 0)->glued) {
		ffs_expected(p, NULL, "the number of a CPU behind `@`");
		return NULL;
	}
	ffs_take(p, &t);
	v->num = t.num;
	v->loc.end = t.loc.end;
	return v;
}

static struct ffs_value *primary(struct ffs_parser *p)
{
	static const enum ffs_value_kind kinds[] = {
		[FFS_T_NUM] = FFS_V_NUM, [FFS_T_VERSION] = FFS_V_VERSION,
		[FFS_T_UUID] = FFS_V_UUID, [FFS_T_STR] = FFS_V_STR,
		[FFS_T_ANY] = FFS_V_ANY, [FFS_T_BIND] = FFS_V_BIND,
		[FFS_T_USE] = FFS_V_USE, [FFS_T_ID] = FFS_V_ID,
	};
	struct ffs_token t = *ffs_peek(p, 0);
	struct ffs_value *v;

	if (ffs_at_end(p)) {
		ffs_expected(p, NULL, "a value");
		return NULL;
	}
	if (t.kind == FFS_T_LBRACE) {
		v = new_value(p, FFS_V_BLOCK, &t);
		v->text = NULL;
		block(p, v);
		return p->failed ? NULL : v;
	}
	if (t.kind == FFS_T_AT)
		return at_cpu(p, NULL);
	if (t.kind < FFS_T_NUM || t.kind > FFS_T_ID) {
		ffs_expected(p, NULL, "a value");
		return NULL;
	}
	ffs_take(p, NULL);
	v = new_value(p, kinds[t.kind], &t);
	if (!ffs_peek(p, 0)->glued)
		return v;
	/* $h.state; a trace has the number */
	if ((t.kind == FFS_T_USE || t.kind == FFS_T_NUM) &&
	    ffs_peek(p, 0)->kind == FFS_T_DOT)
		return suffixes(p, v);
	if (t.kind != FFS_T_ID)
		return v;
	if (ffs_peek(p, 0)->kind == FFS_T_LPAREN) {
		g_autoptr(GArray) items = arguments(p, false, NULL);

		v->kind = FFS_V_CALL;
		set_items(p, v, items);
		return p->failed ? NULL : v;
	}
	if (ffs_peek(p, 0)->kind == FFS_T_LBRACE) {
		block(p, v);
		return p->failed ? NULL : v;
	}
	if (ffs_peek(p, 0)->kind == FFS_T_AT)
		v = at_cpu(p, v);
	return v ? suffixes(p, v) : NULL;
}

static struct ffs_value *noted(struct ffs_parser *p)
{
	struct ffs_value *v = primary(p);

	if (v)
		take_note(p, v);
	return v;
}

/* What joins: `next` separated by tokens `sep`, one node for all. */
static struct ffs_value *joined(struct ffs_parser *p, enum ffs_token_kind sep,
				enum ffs_value_kind kind,
				struct ffs_value *(*next)(struct ffs_parser *))
{
	struct ffs_value *v = next(p), *all;
	g_autoptr(GArray) items = NULL;
	struct ffs_arg a = { .reg = -1 };

	if (!v || ffs_at_end(p) || ffs_peek(p, 0)->kind != sep)
		return v;
	all = ffs_alloc(p->arena, sizeof(*all));
	all->kind = kind;
	all->loc = v->loc;
	items = g_array_new(FALSE, FALSE, sizeof(a));
	for (;;) {
		a.value = v;
		a.loc = v->loc;
		g_array_append_val(items, a);
		if (ffs_at_end(p) || ffs_peek(p, 0)->kind != sep)
			break;
		ffs_take(p, NULL);
		v = next(p);
		if (!v)
			return NULL;
	}
	set_items(p, all, items);
	return all;
}

static struct ffs_value *sum(struct ffs_parser *p)
{
	return joined(p, FFS_T_PLUS, FFS_V_SUM, noted);
}

static struct ffs_value *range(struct ffs_parser *p)
{
	struct ffs_value *v = sum(p), *all;
	enum ffs_token_kind kind = ffs_peek(p, 0)->kind;

	if (!v || ffs_at_end(p) ||
	    (kind != FFS_T_RANGE && kind != FFS_T_SLASH))
		return v;
	all = ffs_alloc(p->arena, sizeof(*all));
	all->kind = kind == FFS_T_RANGE ? FFS_V_RANGE : FFS_V_MASK;
	all->loc = v->loc;
	all->count = 2;
	all->items = ffs_alloc(p->arena, 2 * sizeof(*all->items));
	all->items[0] = (struct ffs_arg){ .value = v, .loc = v->loc, .reg = -1 };
	ffs_take(p, NULL);
	v = sum(p);
	if (!v)
		return NULL;
	all->items[1] = (struct ffs_arg){ .value = v, .loc = v->loc, .reg = -1 };
	all->loc.end = v->loc.end;
	return all;
}

struct ffs_value *ffs_value(struct ffs_parser *p)
{
	return joined(p, FFS_T_OR, FFS_V_OR, range);
}

struct ffs_value *ffs_value_list(struct ffs_parser *p)
{
	return joined(p, FFS_T_COMMA, FFS_V_LIST, ffs_value);
}

bool ffs_call(struct ffs_parser *p, struct ffs_call *c, bool result)
{
	g_autoptr(GArray) items = NULL;
	struct ffs_token t;

	ffs_take(p, &t);
	c->fn = c->answers = FFA_FN_UNKNOWN;
	c->name = t.text;
	c->name_loc = c->loc = t.loc;
	items = arguments(p, true, result ? &c->rest : NULL);
	c->args = ffs_copy(p->arena, items);
	c->count = items->len;
	c->loc.end = p->last.end;
	return !p->failed;
}
