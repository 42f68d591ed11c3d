/* SPDX-License-Identifier: BSD-3-Clause */
/* Back to text: one canonical layout for each tree. */
#include <string.h>

#include "sim/ffs_impl.h"

enum {
	COL_MAX = 20,	/* longer actor names do not move the others */
	DEPTH_MAX = 8,
	INDENT = 2,
};

/* -- values -------------------------------------------------------------------- */

static void format_items(GString *to, const struct ffs_value *v,
			 const char *sep)
{
	for (unsigned int i = 0; i < v->count; i++) {
		const struct ffs_arg *a = &v->items[i];

		if (i)
			g_string_append(to, sep);
		if (a->key) {
			ffs_format_value(to, a->key);
			g_string_append(to, ffs_op_name(a->op));
		}
		ffs_format_value(to, a->value);
	}
}

/* { {...} {...} } has space inside. */
static bool of_blocks(const struct ffs_value *v)
{
	for (unsigned int i = 0; i < v->count; i++)
		if (!v->items[i].key &&
		    v->items[i].value->kind == FFS_V_BLOCK &&
		    !v->items[i].value->text)
			return true;
	return false;
}

void ffs_format_value(GString *to, const struct ffs_value *v)
{
	switch (v->kind) {
	case FFS_V_NUM:
	case FFS_V_VERSION:
	case FFS_V_UUID:
	case FFS_V_STR:
	case FFS_V_ID:
	case FFS_V_ANY:
		g_string_append(to, v->text);
		break;
	case FFS_V_BIND:
		g_string_append_printf(to, "?%s", v->text);
		break;
	case FFS_V_USE:
		g_string_append_printf(to, "$%s", v->text);
		break;
	case FFS_V_AT:
		g_string_append_printf(to, "%s@%" G_GUINT64_FORMAT,
				       v->text ? v->text : "", v->num);
		break;
	case FFS_V_MEMBER:
		ffs_format_value(to, v->base);
		g_string_append_printf(to, ".%s", v->text);
		break;
	case FFS_V_INDEX:
		ffs_format_value(to, v->base);
		g_string_append_c(to, '[');
		ffs_format_value(to, v->items[0].value);
		g_string_append_c(to, ']');
		break;
	case FFS_V_CALL:
		g_string_append_printf(to, "%s(", v->text);
		format_items(to, v, ", ");
		g_string_append_c(to, ')');
		break;
	case FFS_V_BLOCK:
		g_string_append_printf(to, "%s{%s", v->text ? v->text : "",
				       of_blocks(v) ? " " : "");
		format_items(to, v, " ");
		g_string_append(to, of_blocks(v) ? " }" : "}");
		break;
	case FFS_V_OR:
		format_items(to, v, "|");
		break;
	case FFS_V_SUM:
		format_items(to, v, "+");
		break;
	case FFS_V_RANGE:
		format_items(to, v, "..");
		break;
	case FFS_V_MASK:
		format_items(to, v, "/");
		break;
	case FFS_V_LIST:
		format_items(to, v, ",");
		break;
	}
	if (v->note)
		g_string_append_printf(to, " %s", v->note);
}

void ffs_format_call(GString *to, const struct ffs_call *c)
{
	g_string_append_printf(to, "%s(", c->name);
	for (unsigned int i = 0; i < c->count; i++) {
		if (i)
			g_string_append(to, ", ");
		if (c->args[i].name)
			g_string_append_printf(to, "%s=", c->args[i].name);
		ffs_format_value(to, c->args[i].value);
	}
	if (c->rest)
		g_string_append(to, c->count ? ", ..." : "...");
	g_string_append_c(to, ')');
}

void ffs_format_result(GString *to, const struct ffs_result *r)
{
	switch (r->kind) {
	case FFS_R_NONE:
		break;
	case FFS_R_ANY:
	case FFS_R_VALUE:
		ffs_format_value(to, r->value);
		break;
	case FFS_R_CALL:
		ffs_format_call(to, &r->call);
		break;
	}
}

/* -- statements ---------------------------------------------------------------------- */

/* How much space there is in arguments of a directive. */
enum style { TIGHT, SPACED_LIST, SPACED_OP };

static enum style style_of(const struct ffs_stmt *s)
{
	if (s->word == FFS_W_PARAM)
		return SPACED_LIST;	/* N = 1, 2, 3 */
	return s->word == FFS_W_CHECK ? SPACED_OP : TIGHT;
}

static void format_args(GString *to, const struct ffs_arg *args,
			unsigned int n, enum style style)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct ffs_arg *a = &args[i];

		g_string_append_c(to, ' ');
		if (a->key) {
			const char *space = style == TIGHT ? "" : " ";

			ffs_format_value(to, a->key);
			g_string_append_printf(to, "%s%s%s", space,
					       ffs_op_name(a->op), space);
		}
		if (style == SPACED_LIST && a->value->kind == FFS_V_LIST)
			format_items(to, a->value, ", ");
		else
			ffs_format_value(to, a->value);
	}
}

static void pad(GString *to, gsize start, unsigned int col)
{
	while (g_utf8_strlen(to->str + start, -1) < (glong)col)
		g_string_append_c(to, ' ');
}

/* The state of one format run. */
struct fmt {
	GString *to;
	unsigned int col;	/* where events and arguments start */
	struct {
		const char *actor;
		bool gave;	/* its last call returned the CPU */
	} chain[FFS_MAX_CPUS][DEPTH_MAX];
	unsigned int depth[FFS_MAX_CPUS];
};

/* Calls that give the CPU back to whoever gave it. */
static bool gives_back(const struct ffs_stmt *s)
{
	return s->kind == FFS_S_OPEN &&
		(strstr(s->call.name, "_RESP") ||
		 strstr(s->call.name, "MSG_WAIT") ||
		 strstr(s->call.name, "YIELD"));
}

/* How deep in the chain of calls on its CPU an event is; cosmetic. */
static unsigned int chain_depth(struct fmt *f, const struct ffs_stmt *s)
{
	unsigned int cpu = s->cpu, n, i;

	if (cpu >= FFS_MAX_CPUS)
		return 0;
	n = f->depth[cpu];
	for (i = 0; i < n; i++)
		if (!strcmp(f->chain[cpu][i].actor, s->actor))
			break;
	if (i == n && n && f->chain[cpu][n - 1].gave)
		i = n - 1;
	if (i == DEPTH_MAX)
		i = DEPTH_MAX - 1;
	f->chain[cpu][i].actor = s->actor;
	f->chain[cpu][i].gave = gives_back(s);
	f->depth[cpu] = i + 1;
	return i;
}

/* One entry, on the line that `start` begins if it fits there. */
static void spread_entry(GString *to, const struct ffs_value *v,
			 unsigned int n, unsigned int indent, gsize *start)
{
	struct ffs_value one = { .items = &v->items[n], .count = 1 };
	g_autoptr(GString) text = g_string_new(NULL);

	format_items(text, &one, "");
	if (n && v->text && g_utf8_strlen(to->str + *start, -1) + 1 +
	    g_utf8_strlen(text->str, -1) <= FFS_FMT_WIDTH) {
		g_string_append_printf(to, " %s", text->str);
		return;
	}
	if (n)
		g_string_append_c(to, '\n');
	*start = to->len;
	g_string_append_printf(to, "%*s%s", (int)indent + INDENT, "",
			       text->str);
}

/*
 * A literal that is too long for its line: as much in one as fits; of a list
 * one entry.
 */
static void spread_block(GString *to, const struct ffs_value *v,
			 unsigned int indent)
{
	gsize start = 0;

	g_string_append_printf(to, " %s{\n", v->text ? v->text : "");
	for (unsigned int i = 0; i < v->count; i++)
		spread_entry(to, v, i, indent, &start);
	g_string_append_printf(to, "\n%*s}", (int)indent, "");
	if (v->note)
		g_string_append_printf(to, " %s", v->note);
}

/* A parameter with more values than a line holds: one value a line. */
static void spread_list(GString *to, gsize start, unsigned int indent,
			const struct ffs_arg *a)
{
	g_autoptr(GString) sep = g_string_new(",\n");

	g_string_append_c(to, ' ');
	ffs_format_value(to, a->key);
	g_string_append_printf(to, " %s ", ffs_op_name(a->op));
	for (gsize i = start; i < to->len + indent; i++)
		g_string_append_c(sep, ' ');
	format_items(to, a->value, sep->str);
}

static void format_directive(GString *to, const struct ffs_stmt *s,
			     unsigned int indent, unsigned int col,
			     unsigned int first)
{
	gsize start = to->len, args;
	const struct ffs_value *last = s->count ? s->args[s->count - 1].value :
		NULL;

	g_string_append(to, s->name);
	if (s->count && col && s->word != FFS_W_FFS)
		pad(to, start, col - 1);
	args = to->len;
	format_args(to, s->args, first && s->count > 1 ? 1 : s->count,
		    style_of(s));
	if (first && s->count > 1) {
		pad(to, args, first + 1);
		format_args(to, s->args + 1, s->count - 1, TIGHT);
	}
	if (to->len - start + indent <= FFS_FMT_WIDTH || !last)
		return;
	if (s->word == FFS_W_PARAM && last->kind == FFS_V_LIST) {
		g_string_truncate(to, args);
		spread_list(to, start, indent, s->args);
	} else if (last->count > 1 && last->kind == FFS_V_BLOCK &&
		   !s->args[s->count - 1].key) {
		g_string_truncate(to, args);
		format_args(to, s->args, s->count - 1, style_of(s));
		spread_block(to, last, indent + col);
	}
}

static void format_event(GString *to, const struct ffs_stmt *s,
			 unsigned int indent, unsigned int col,
			 unsigned int depth)
{
	gsize start = to->len, left;

	g_string_append_printf(to, "%s@%u", s->actor, s->cpu);
	pad(to, start, col ? col - 1 : 0);
	g_string_append_c(to, ' ');
	pad(to, start, (unsigned int)g_utf8_strlen(to->str + start, -1) +
	    depth * INDENT);
	left = to->len;
	switch (s->kind) {
	case FFS_S_BAD:
	case FFS_S_DIRECTIVE:
		break;
	case FFS_S_CALL:
		ffs_format_call(to, &s->call);
		left = to->len;
		g_string_append(to, " = ");
		ffs_format_result(to, &s->result);
		break;
	case FFS_S_OPEN:
		ffs_format_call(to, &s->call);
		g_string_append(to, " ...");
		break;
	case FFS_S_RESUME:
		g_string_append(to, "... = ");
		ffs_format_result(to, &s->result);
		break;
	case FFS_S_VERB:
		g_string_append(to, s->name);
		format_args(to, s->args, s->count, TIGHT);
		if (s->value) {
			g_string_append(to, " = ");
			ffs_format_value(to, s->value);
		}
		break;
	}
	format_args(to, s->opts, s->opt_count, TIGHT);
	if (s->kind == FFS_S_CALL &&
	    g_utf8_strlen(to->str + start, -1) + indent > FFS_FMT_WIDTH) {
		g_autofree char *tail = g_strdup(to->str + left);

		g_string_truncate(to, left);
		g_string_append_printf(to, "\n%*s%s", (int)(indent + col +
				       depth * INDENT + INDENT - 1), "", tail);
	}
}

void ffs_format_stmt(GString *to, const struct ffs_stmt *s,
		     unsigned int depth)
{
	if (s->actor)
		format_event(to, s, 0, (unsigned int)strlen(s->actor) + 4,
			     depth);
	else if (s->name)
		format_directive(to, s, 0, 0, 0);
}

/* -- files ------------------------------------------------------------------------------ */

static unsigned int digits(uint32_t n)
{
	return n < 10 ? 1 : 1 + digits(n / 10);
}

/* Width of the widest actor@cpu or short directive. */
static unsigned int find_width(const struct ffs_list *l)
{
	unsigned int most = 0;

	for (unsigned int i = 0; i < l->n; i++) {
		const struct ffs_stmt *s = l->v[i];
		unsigned int w = 0;

		if (s->actor)
			w = (unsigned int)MIN(strlen(s->actor), COL_MAX) + 1 +
				digits(s->cpu);
		else if (s->word == FFS_W_SHUFFLE || s->word == FFS_W_ANY)
			w = find_width(&s->body);
		else if (s->name)
			w = (unsigned int)MIN(strlen(s->name), 5);
		most = MAX(most, w);
	}
	return most;
}

/* Lines whose names stand in one column. */
static bool has_name(const struct ffs_stmt *s)
{
	return !s->actor && (s->word == FFS_W_PART || s->word == FFS_W_BUF ||
			     s->word == FFS_W_MEM);
}

/* Width of the names in the run of such lines that starts here. */
static unsigned int name_width(const struct ffs_list *l, unsigned int from)
{
	unsigned int width = 0;

	for (; from < l->n && has_name(l->v[from]); from++) {
		const struct ffs_stmt *s = l->v[from];

		if (s->count && !s->args->key && !s->args->value->note &&
		    s->args->value->kind == FFS_V_ID)
			width = MAX(width, (unsigned int)strlen(
						s->args->value->text));
	}
	return MIN(width, (unsigned int)COL_MAX);
}

/* Column behind the text, tabs of 8 as the lexer counts them. */
static uint32_t end_col(const GString *to)
{
	const char *p = to->str + to->len;
	uint32_t col = 1;

	while (p > to->str && p[-1] != '\n')
		p--;
	for (; *p; p = g_utf8_next_char(p))
		col = *p == '\t' ? ((col - 1) / 8 + 1) * 8 + 1 : col + 1;
	return col;
}

static void format_trail(GString *to, const struct ffs_stmt *s)
{
	uint32_t col;

	if (!s->trail)
		return;
	g_string_append_c(to, ' ');
	col = end_col(to);
	if (s->trail_col <= FFS_FMT_WIDTH)
		for (; col < s->trail_col; col++)
			g_string_append_c(to, ' ');
	g_string_append(to, s->trail);
}

static void format_comments(GString *to, const char *const *lines,
			    unsigned int n, unsigned int indent)
{
	for (unsigned int i = 0; i < n; i++)
		g_string_append_printf(to, "%*s%s\n", *lines[i] ?
				       (int)indent : 0, "", lines[i]);
}

static void format_list(struct fmt *f, const struct ffs_list *l,
			unsigned int indent)
{
	unsigned int run = 0;

	for (unsigned int i = 0; i < l->n; i++) {
		const struct ffs_stmt *s = l->v[i];

		format_comments(f->to, s->before, s->before_count, indent);
		g_string_append_printf(f->to, "%*s", (int)indent, "");
		if (s->actor) {
			format_event(f->to, s, indent, f->col,
				     chain_depth(f, s));
			format_trail(f->to, s);
		} else if (s->word == FFS_W_SHUFFLE || s->word == FFS_W_ANY) {
			g_string_append_printf(f->to, "%s {", s->name);
			format_trail(f->to, s);
			g_string_append_c(f->to, '\n');
			format_list(f, &s->body, indent + INDENT);
			g_string_append_printf(f->to, "%*s}", (int)indent, "");
		} else if (s->name) {
			if (!i || !has_name(l->v[i - 1]))
				run = name_width(l, i);
			format_directive(f->to, s, indent, f->col,
					 has_name(s) ? run : 0);
			format_trail(f->to, s);
		}
		g_string_append_c(f->to, '\n');
	}
	format_comments(f->to, l->tail, l->tail_count, indent);
}

char *ffs_format(const struct ffs_file *file)
{
	g_autofree struct fmt *f = g_new0(struct fmt, 1);

	f->to = g_string_new(NULL);
	/* events and the arguments of directives start in one column */
	f->col = MIN(find_width(&file->list) + 2, (unsigned int)COL_MAX);
	format_list(f, &file->list, 0);
	return g_string_free(f->to, FALSE);
}

/* -- equality ----------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool value_equal(const struct ffs_value *a, const struct ffs_value *b);

static bool args_equal(const struct ffs_arg *a, unsigned int n,
		       const struct ffs_arg *b, unsigned int m)
{
	if (n != m)
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (a[i].op != b[i].op || !value_equal(a[i].key, b[i].key) ||
		    !value_equal(a[i].value, b[i].value))
			return false;
	return true;
}

static bool value_equal(const struct ffs_value *a, const struct ffs_value *b)
{
	bool spelled = true;

	if (!a || !b)
		return a == b;
	if (a->kind == FFS_V_NUM || a->kind == FFS_V_UUID ||
	    a->kind == FFS_V_VERSION || a->kind == FFS_V_STR)
		spelled = false;
	return a->kind == b->kind && a->unit == b->unit && a->num == b->num &&
		a->len == b->len && (!spelled || same(a->text, b->text)) &&
		ffa_uuid_equal(&a->uuid, &b->uuid) &&
		(!a->len || !memcmp(a->bytes, b->bytes, a->len)) &&
		value_equal(a->base, b->base) &&
		args_equal(a->items, a->count, b->items, b->count);
}

static bool call_equal(const struct ffs_call *a, const struct ffs_call *b)
{
	return same(a->name, b->name) && a->rest == b->rest &&
		args_equal(a->args, a->count, b->args, b->count);
}

static bool list_equal(const struct ffs_list *a, const struct ffs_list *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned int i = 0; i < a->n; i++)
		if (!ffs_stmt_equal(a->v[i], b->v[i]))
			return false;
	return true;
}

bool ffs_stmt_equal(const struct ffs_stmt *a, const struct ffs_stmt *b)
{
	return a->kind == b->kind && a->word == b->word &&
		same(a->name, b->name) && same(a->actor, b->actor) &&
		a->cpu == b->cpu && a->verb == b->verb &&
		args_equal(a->args, a->count, b->args, b->count) &&
		args_equal(a->opts, a->opt_count, b->opts, b->opt_count) &&
		value_equal(a->value, b->value) &&
		call_equal(&a->call, &b->call) &&
		a->result.kind == b->result.kind &&
		value_equal(a->result.value, b->result.value) &&
		call_equal(&a->result.call, &b->result.call) &&
		list_equal(&a->body, &b->body);
}

bool ffs_equal(const struct ffs_file *a, const struct ffs_file *b)
{
	return list_equal(&a->list, &b->list);
}
