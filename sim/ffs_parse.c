/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statements: tokens to the tree. A syntax error spoils its statement only;
 * parsing goes on at the next. Values are in ffs_value.c.
 */
#include <string.h>

#include "sim/ffs_parser.h"

static const char *const event_form =
	"ACTOR@CPU CALL(...) = RESULT, ACTOR@CPU CALL(...) ..., "
	"ACTOR@CPU ... = RESULT, or ACTOR@CPU VERB";

/* -- the window on the tokens --------------------------------------------------- */

struct ffs_token *ffs_peek(struct ffs_parser *p, unsigned int n)
{
	while (p->have <= n)
		ffs_lex(&p->lexer, &p->win[p->have++]);
	return &p->win[n];
}

/* Comments inside a statement go to the lines above it. */
static void keep_inner(struct ffs_parser *p, const struct ffs_token *t)
{
	for (unsigned int i = 0; i < t->trivia_count; i++)
		if (*t->trivia[i].text)
			g_ptr_array_add(p->inner, (void *)t->trivia[i].text);
}

void ffs_take(struct ffs_parser *p, struct ffs_token *out)
{
	struct ffs_token *t = ffs_peek(p, 0);

	keep_inner(p, t);
	p->last = t->loc;
	p->comma = t->kind == FFS_T_COMMA;
	if (out)
		*out = *t;
	if (t->kind == FFS_T_END)
		return;
	p->taken++;
	p->have--;
	memmove(p->win, p->win + 1, p->have * sizeof(p->win[0]));
}

/* A line that starts like this is a statement, whatever is still open. */
static bool starts_event(struct ffs_parser *p)
{
	return ffs_peek(p, 0)->kind == FFS_T_ID &&
		ffs_peek(p, 1)->kind == FFS_T_AT && ffs_peek(p, 1)->glued &&
		ffs_peek(p, 2)->kind == FFS_T_NUM;
}

bool ffs_at_end(struct ffs_parser *p)
{
	const struct ffs_token *t = ffs_peek(p, 0);

	if (t->kind == FFS_T_END)
		return true;
	if (p->brackets)
		return false;
	/* a value is missing, or it is on the next line */
	if (p->comma && t->nl && !starts_event(p) &&
	    ffs_word_find(t->text) == FFS_W_COUNT)
		return false;
	return (t->nl && t->kind != FFS_T_ASSIGN) ||
		(t->kind == FFS_T_RBRACE && p->blocks);
}

void ffs_expected(struct ffs_parser *p, const char *hint, const char *what)
{
	const struct ffs_token *t = ffs_peek(p, 0);
	struct ffs_loc at = t->loc;

	if (p->failed)
		return;
	p->failed = true;
	if (t->kind == FFS_T_BAD)
		return;
	if (p->taken && ffs_at_end(p)) {
		/* point behind what is there, not at the next line */
		at = p->last;
		at.col += (uint32_t)g_utf8_strlen(at.src->text + at.off,
						  at.end - at.off);
		at.off = at.end;
		ffs_error(p->d, &at, hint, "expected %s before the end of the "
			  "line", what);
		return;
	}
	ffs_error(p->d, &at, hint, "expected %s, not `%s`", what, t->text);
}

bool ffs_runs_on(struct ffs_parser *p)
{
	return ffs_peek(p, 0)->nl && starts_event(p);
}

/* Skips to the next statement. */
static void recover(struct ffs_parser *p)
{
	int depth = (int)p->brackets;

	p->brackets = 0;
	for (;;) {
		struct ffs_token *t = ffs_peek(p, 0);

		if (t->kind == FFS_T_END)
			break;
		if (t->nl && p->taken &&
		    (starts_event(p) || ffs_word_find(t->text) != FFS_W_COUNT ||
		     (depth <= 0 && t->kind != FFS_T_ASSIGN)))
			break;
		if (t->kind == FFS_T_RBRACE && depth <= 0 && p->blocks)
			break;
		if (t->kind == FFS_T_LPAREN || t->kind == FFS_T_LBRACK ||
		    t->kind == FFS_T_LBRACE)
			depth++;
		if (t->kind == FFS_T_RPAREN || t->kind == FFS_T_RBRACK ||
		    t->kind == FFS_T_RBRACE)
			depth--;
		ffs_take(p, NULL);
	}
}

/* -- directives ------------------------------------------------------------------- */

/* One positional value, key=value[,value...], or comparison. */
static bool directive_arg(struct ffs_parser *p, struct ffs_arg *a)
{
	struct ffs_value *v = ffs_value(p);
	enum ffs_op op;

	if (!v)
		return false;
	*a = (struct ffs_arg){ .loc = v->loc, .value = v, .reg = -1 };
	op = ffs_take_op(p);
	if (op == FFS_OP_NONE)
		return true;
	a->op = op;
	a->key = v;
	a->name = ffs_name_of(v);
	if (ffs_at_end(p)) {
		ffs_expected(p, NULL, "a value");
		return false;
	}
	a->value = op == FFS_OP_ASSIGN ? ffs_value_list(p) : ffs_value(p);
	if (!a->value)
		return false;
	a->loc.end = a->value->loc.end;
	return true;
}

static void directive_args(struct ffs_parser *p, struct ffs_stmt *s)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE,
					    sizeof(struct ffs_arg));

	while (!ffs_at_end(p)) {
		struct ffs_arg a;

		if (!directive_arg(p, &a))
			break;
		g_array_append_val(all, a);
		if (ffs_peek(p, 0)->kind == FFS_T_COMMA && !ffs_at_end(p)) {
			ffs_take(p, NULL);
			if (ffs_at_end(p))
				ffs_expected(p, NULL, "a value behind `,`");
		}
	}
	s->args = ffs_copy(p->arena, all);
	s->count = all->len;
}

static void statements(struct ffs_parser *p, struct ffs_list *list);

/* The comment behind a statement, on its last line. */
static void take_trail(struct ffs_parser *p, struct ffs_stmt *s)
{
	struct ffs_token *t = ffs_peek(p, 0);
	g_autoptr(GString) text = g_string_new(NULL);

	while (t->trivia_count && !t->trivia->own_line) {
		if (text->len)
			g_string_append_c(text, ' ');
		else
			s->trail_col = t->trivia->col;
		g_string_append(text, t->trivia->text);
		t->trivia++;
		t->trivia_count--;
	}
	if (text->len)
		s->trail = ffs_intern(p->arena, text->str, text->len);
}

static void body(struct ffs_parser *p, struct ffs_stmt *s)
{
	struct ffs_loc open;

	if (ffs_peek(p, 0)->kind != FFS_T_LBRACE || ffs_at_end(p)) {
		ffs_expected(p, NULL, "`{`");
		return;
	}
	ffs_take(p, NULL);
	open = p->last;
	take_trail(p, s);
	if (++p->blocks + p->nesting > FFS_MAX_DEPTH) {
		ffs_error(p->d, &open, NULL, "blocks are nested deeper than %d",
			  FFS_MAX_DEPTH);
		/* the rest of the file means nothing without its nesting */
		while (ffs_peek(p, 0)->kind != FFS_T_END)
			ffs_take(p, NULL);
		p->gave_up = true;
	}
	statements(p, &s->body);
	p->blocks--;
	p->failed = false;
	p->brackets = p->nesting = 0;
	if (ffs_peek(p, 0)->kind == FFS_T_RBRACE) {
		ffs_take(p, NULL);
	} else if (!p->gave_up) {
		ffs_error(p->d, &open, NULL, "`{` is never closed");
		p->gave_up = true;
	}
}

static void include(struct ffs_parser *p, struct ffs_stmt *s)
{
	const struct ffs_value *v = ffs_pos(s, 0);
	g_autofree char *dir = NULL, *path = NULL;

	if (!v || v->kind != FFS_V_STR || strlen((char *)v->bytes) != v->len)
		return;
	dir = g_path_get_dirname(p->name);
	if (g_path_is_absolute((char *)v->bytes) || !strcmp(dir, "."))
		path = g_strdup((char *)v->bytes);
	else
		path = g_build_filename(dir, (char *)v->bytes, NULL);
	ffs_parse_include(p, &s->body, path, &v->loc);
}

static void directive(struct ffs_parser *p, struct ffs_stmt *s)
{
	struct ffs_token t;

	ffs_take(p, &t);
	s->name = t.text;
	s->word = ffs_word_find(t.text);
	s->kind = FFS_S_DIRECTIVE;
	if (s->word == FFS_W_COUNT) {
		ffs_unknown_word(p, &t, FFS_ROW_DIRECTIVE, "directive",
				 ffs_peek(p, 0)->kind == FFS_T_LPAREN ?
				 event_form : NULL);
		return;
	}
	if (s->word == FFS_W_SHUFFLE || s->word == FFS_W_ANY) {
		body(p, s);
		if (!p->failed && !p->gave_up && !ffs_at_end(p))
			ffs_expected(p, NULL, "a new line behind `}`");
		return;
	}
	directive_args(p, s);
	if (s->word == FFS_W_INCLUDE && !p->failed && !p->alone)
		include(p, s);
}

/* -- events ----------------------------------------------------------------------- */

static bool result(struct ffs_parser *p, struct ffs_result *r)
{
	struct ffs_loc from;

	if (ffs_peek(p, 0)->kind != FFS_T_ASSIGN) {
		ffs_expected(p, event_form, "`=` and a result");
		return false;
	}
	ffs_take(p, NULL);
	if (ffs_at_end(p)) {
		ffs_expected(p, NULL, "a result");
		return false;
	}
	from = ffs_peek(p, 0)->loc;
	if (ffs_peek(p, 0)->kind == FFS_T_ID &&
	    ffs_peek(p, 1)->kind == FFS_T_LPAREN && !ffs_peek(p, 1)->nl) {
		r->kind = FFS_R_CALL;
		if (!ffs_call(p, &r->call, true))
			return false;
	} else {
		r->value = ffs_value(p);
		if (!r->value)
			return false;
		r->kind = r->value->kind == FFS_V_ANY ? FFS_R_ANY : FFS_R_VALUE;
	}
	r->loc = from;
	r->loc.end = p->last.end;
	return true;
}

/* key=value pairs behind a result. */
static void options(struct ffs_parser *p, struct ffs_stmt *s)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE,
					    sizeof(struct ffs_arg));

	while (!p->failed && !ffs_at_end(p)) {
		struct ffs_arg a;

		if (ffs_peek(p, 0)->kind != FFS_T_ID ||
		    ffs_peek(p, 1)->kind != FFS_T_ASSIGN) {
			ffs_expected(p, NULL, "the end of the line");
			break;
		}
		if (!directive_arg(p, &a))
			break;
		g_array_append_val(all, a);
	}
	s->opts = ffs_copy(p->arena, all);
	s->opt_count = all->len;
}

static void verb(struct ffs_parser *p, struct ffs_stmt *s)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE,
					    sizeof(struct ffs_arg));
	struct ffs_token t;

	ffs_take(p, &t);
	s->name = t.text;
	s->kind = FFS_S_VERB;
	s->verb = FFS_VERB_COUNT;
	for (int i = 0; i < FFS_VERB_COUNT; i++)
		if (!strcmp(ffs_verb_name((enum ffs_verb)i), t.text))
			s->verb = (enum ffs_verb)i;
	if (s->verb == FFS_VERB_COUNT) {
		if (g_str_has_prefix(t.text, "FFA_") || ffs_at_end(p) ||
		    ffs_fn_known(t.text))
			ffs_expected(p, NULL, "`(` behind the function name");
		else
			ffs_unknown_word(p, &t, FFS_ROW_VERB, "verb",
					 event_form);
		return;
	}
	while (!ffs_at_end(p) && ffs_peek(p, 0)->kind != FFS_T_ASSIGN) {
		struct ffs_arg a = { .reg = -1 };

		a.value = ffs_value(p);
		if (!a.value)
			break;
		a.loc = a.value->loc;
		g_array_append_val(all, a);
	}
	s->args = ffs_copy(p->arena, all);
	s->count = all->len;
	if (!p->failed && !ffs_at_end(p)) {
		ffs_take(p, NULL);
		if (ffs_at_end(p))
			ffs_expected(p, NULL, "a value");
		else
			s->value = ffs_value(p);
	}
	options(p, s);
}

static void event(struct ffs_parser *p, struct ffs_stmt *s)
{
	struct ffs_token t;

	ffs_take(p, &t);
	s->actor = t.text;
	s->actor_loc = t.loc;
	ffs_take(p, NULL);
	if (ffs_peek(p, 0)->kind != FFS_T_NUM || ffs_at_end(p)) {
		ffs_expected(p, event_form, "the number of a CPU behind `@`");
		return;
	}
	ffs_take(p, &t);
	s->cpu_loc = t.loc;
	s->cpu = (uint32_t)MIN(t.num, (uint64_t)UINT32_MAX);
	if (ffs_at_end(p) || (ffs_peek(p, 0)->kind != FFS_T_REST &&
			      ffs_peek(p, 0)->kind != FFS_T_ID)) {
		ffs_expected(p, event_form, "a call, `...` or a verb");
		return;
	}
	if (ffs_peek(p, 0)->kind == FFS_T_REST) {
		s->kind = FFS_S_RESUME;
		ffs_take(p, NULL);
		if (result(p, &s->result))
			options(p, s);
		return;
	}
	if (ffs_peek(p, 1)->kind != FFS_T_LPAREN || ffs_peek(p, 1)->nl) {
		verb(p, s);
		return;
	}
	s->kind = FFS_S_CALL;
	if (!ffs_call(p, &s->call, false))
		return;
	if (!ffs_at_end(p) && ffs_peek(p, 0)->kind == FFS_T_REST) {
		s->kind = FFS_S_OPEN;
		ffs_take(p, NULL);
		if (!ffs_at_end(p) || ffs_peek(p, 0)->kind == FFS_T_ASSIGN)
			ffs_expected(p, "what comes back is a line of its own: "
				     "`ACTOR@CPU ... = RESULT`",
				     "the end of the line behind `...`");
		return;
	}
	if (ffs_at_end(p)) {
		ffs_expected(p, NULL, "`= RESULT`, or `...` for a call that "
			     "hands over control,");
		return;
	}
	if (result(p, &s->result))
		options(p, s);
}

/* -- lists ------------------------------------------------------------------------- */

/* Comment lines in front of the next token. */
static const char **take_comments(struct ffs_parser *p, bool first,
				  unsigned int *n)
{
	struct ffs_token *t = ffs_peek(p, 0);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(char *));

	for (unsigned int i = 0; i < t->trivia_count; i++)
		/* no blank line at the start of a list */
		if (*t->trivia[i].text || !first || all->len)
			g_array_append_val(all, t->trivia[i].text);
	t->trivia_count = 0;
	*n = all->len;
	return ffs_copy(p->arena, all);
}

/* Comments from inside a statement go behind those before it. */
static void merge_inner(struct ffs_parser *p, struct ffs_stmt *s)
{
	const char **all;
	unsigned int n = s->before_count;

	if (!p->inner->len)
		return;
	all = ffs_alloc(p->arena, (n + p->inner->len) * sizeof(*all));
	for (unsigned int i = 0; i < n; i++)
		all[i] = s->before[i];
	for (unsigned int i = 0; i < p->inner->len; i++)
		all[n++] = g_ptr_array_index(p->inner, i);
	s->before = all;
	s->before_count = n;
	g_ptr_array_set_size(p->inner, 0);
}

static struct ffs_stmt *statement(struct ffs_parser *p, bool first)
{
	struct ffs_stmt *s = ffs_alloc(p->arena, sizeof(*s));
	bool block;

	s->word = FFS_W_COUNT;
	s->before = take_comments(p, first, &s->before_count);
	s->loc = ffs_peek(p, 0)->loc;
	p->failed = false;
	p->brackets = 0;
	p->comma = false;
	p->nesting = 0;
	p->taken = 0;
	g_ptr_array_set_size(p->inner, 0);
	if (ffs_peek(p, 0)->kind != FFS_T_ID) {
		ffs_expected(p, event_form, "a directive or an actor");
		s->kind = FFS_S_BAD;
	} else if (ffs_peek(p, 1)->kind == FFS_T_AT && !ffs_peek(p, 1)->nl &&
		   (ffs_peek(p, 1)->glued ||
		    ffs_word_find(ffs_peek(p, 0)->text) == FFS_W_COUNT)) {
		event(p, s);
	} else {
		directive(p, s);
	}
	s->loc.end = p->last.end;
	block = s->word == FFS_W_SHUFFLE || s->word == FFS_W_ANY;
	if (p->failed) {
		s->kind = FFS_S_BAD;
		recover(p);
	} else if (!ffs_at_end(p)) {
		ffs_expected(p, NULL, "the end of the line");
		s->kind = FFS_S_BAD;
		recover(p);
	}
	merge_inner(p, s);
	if (!block)
		take_trail(p, s);
	return s;
}

static void statements(struct ffs_parser *p, struct ffs_list *list)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE,
					    sizeof(struct ffs_stmt *));
	/* a block has its own, for the statement around it */
	g_autoptr(GPtrArray) inner = g_ptr_array_new();
	GPtrArray *outer = p->inner;

	p->inner = inner;
	while (ffs_peek(p, 0)->kind != FFS_T_END && !p->gave_up) {
		struct ffs_stmt *s;

		if (ffs_peek(p, 0)->kind == FFS_T_RBRACE && p->blocks)
			break;
		s = statement(p, !all->len);
		g_array_append_val(all, s);
	}
	p->inner = outer;
	list->v = ffs_copy(p->arena, all);
	list->n = all->len;
	list->tail = take_comments(p, !all->len, &list->tail_count);
	while (list->tail_count && !*list->tail[list->tail_count - 1])
		list->tail_count--;
}

/* -- files --------------------------------------------------------------------------- */

void ffs_parse_source(struct ffs_parser *p, struct ffs_list *list)
{
	g_autoptr(GPtrArray) inner = g_ptr_array_new();

	p->inner = inner;
	ffs_lex_init(&p->lexer, p->src, p->arena, p->d);
	p->last = (struct ffs_loc){ .src = p->src, .line = 1, .col = 1 };
	statements(p, list);
	p->inner = NULL;
}
