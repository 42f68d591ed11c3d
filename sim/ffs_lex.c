/* SPDX-License-Identifier: BSD-3-Clause */
/* Text to tokens, one at a time; and the memory that a file lives in. */
#include <string.h>

#include "sim/ffs_impl.h"

enum { ARENA_BLOCK = 16384 };

struct ffs_arena *ffs_arena_new(void)
{
	struct ffs_arena *a = g_new0(struct ffs_arena, 1);

	a->names = g_string_chunk_new(4096);
	a->blocks = g_ptr_array_new_with_free_func(g_free);
	return a;
}

void ffs_arena_free(struct ffs_arena *a)
{
	g_string_chunk_free(a->names);
	g_ptr_array_unref(a->blocks);
	g_free(a);
}

void *ffs_alloc(struct ffs_arena *a, gsize size)
{
	void *p;

	size = (size + 15) & ~(gsize)15;
	if (size > a->left) {
		gsize block = MAX(size, ARENA_BLOCK);

		p = g_malloc0(block);
		g_ptr_array_add(a->blocks, p);
		if (block - size < a->left)
			return p;
		a->next = p;
		a->left = block;
	}
	p = a->next;
	a->next += size;
	a->left -= size;
	return p;
}

const char *ffs_intern(struct ffs_arena *a, const char *s, gsize len)
{
	g_autofree char *copy = g_strndup(s, len);

	return g_string_chunk_insert_const(a->names, copy);
}

void *ffs_copy(struct ffs_arena *a, const GArray *from)
{
	gsize size = (gsize)from->len * g_array_get_element_size(
			(GArray *)from);
	void *p;

	if (!size)
		return NULL;
	p = ffs_alloc(a, size);
	memcpy(p, from->data, size);
	return p;
}

/* -- source ------------------------------------------------------------------- */

struct ffs_source *ffs_source_new(struct ffs_arena *a, const char *name,
				  const char *text, gsize len,
				  struct ffs_diags *d)
{
	struct ffs_source *s = ffs_alloc(a, sizeof(*s));
	char *copy, *p, *end;
	unsigned int bad = 0;
	struct ffs_loc at = { .src = s, .line = 1, .col = 1 };

	s->name = ffs_intern(a, name, strlen(name));
	if (len > FFS_MAX_TEXT) {
		struct ffs_loc whole = { .src = s, .line = 1, .col = 1 };

		s->text = "";
		ffs_error(d, &whole, NULL, "the file has %" G_GSIZE_FORMAT
			  " bytes; at most %d can be read", len, FFS_MAX_TEXT);
		return s;
	}
	copy = ffs_alloc(a, len + 1);
	if (len)
		memcpy(copy, text, len);
	s->text = copy;
	s->len = len;
	if (len >= 3 && !memcmp(copy, "\xef\xbb\xbf", 3))
		memset(copy, ' ', 3);

	/* First make it text, so that messages can show it. */
	p = copy;
	end = copy + len;
	while (!g_utf8_validate(p, end - p, (const char **)&p)) {
		if (!bad++)
			at.off = (uint32_t)(p - copy);
		*p++ = '?';
	}
	if (bad) {
		const char *line = copy;

		for (const char *q = copy; q < copy + at.off; q++)
			if (*q == '\n') {
				at.line++;
				line = q + 1;
			}
		at.col = (uint32_t)g_utf8_strlen(line, copy + at.off - line) + 1;
		at.end = at.off + 1;
		ffs_error(d, &at, "shown as `?` here", "%u byte%s of the file "
			  "%s not UTF-8 text (or NUL); this is the first",
			  bad, bad == 1 ? "" : "s", bad == 1 ? "is" : "are");
	}
	return s;
}

/* -- positions ------------------------------------------------------------------- */

void ffs_lex_init(struct ffs_lexer *l, const struct ffs_source *src,
		  struct ffs_arena *a, struct ffs_diags *d)
{
	*l = (struct ffs_lexer){
		.src = src, .arena = a, .diags = d, .line = 1, .col = 1,
		.tab_col = 1,
	};
}

/* Moves the column counter on; each byte of the text is counted once. */
static void lex_column(struct ffs_lexer *l, uint32_t to)
{
	const char *t = l->src->text;

	while (l->col_pos < to) {
		unsigned char c = (unsigned char)t[l->col_pos++];

		if (c == '\n') {
			l->line++;
			l->col = l->tab_col = 1;
		} else if (c == '\t') {
			l->col++;
			l->tab_col = ((l->tab_col - 1) / 8 + 1) * 8 + 1;
		} else if ((c & 0xc0) != 0x80) {
			l->col++;
			l->tab_col++;
		}
	}
}

static struct ffs_loc lex_here(struct ffs_lexer *l)
{
	lex_column(l, l->pos);
	return (struct ffs_loc){
		.src = l->src, .line = l->line, .col = l->col,
		.off = l->pos, .end = l->pos + 1,
	};
}

/* -- space and comments -------------------------------------------------------------- */

static void add_trivia(struct ffs_lexer *l, GArray **all, uint32_t from,
		       uint32_t to, bool own_line, bool block, uint32_t col)
{
	const char *t = l->src->text;
	struct ffs_trivia v = { .col = col, .own_line = own_line,
				.block = block };

	while (to > from && g_ascii_isspace(t[to - 1]))
		to--;
	v.text = ffs_intern(l->arena, t + from, to - from);
	if (!*all)
		*all = g_array_new(FALSE, FALSE, sizeof(v));
	g_array_append_val(*all, v);
}

static void lex_space(struct ffs_lexer *l, struct ffs_token *tok)
{
	const char *t = l->src->text;
	bool own_line = l->pos == 0, blank = own_line;
	uint32_t start = l->pos;
	g_autoptr(GArray) all = NULL;

	tok->nl = own_line;
	for (;;) {
		uint32_t from;

		if (t[l->pos] == '\n') {
			if (own_line && !blank) {
				add_trivia(l, &all, 0, 0, true, false, 1);
				blank = true;
			}
			own_line = tok->nl = true;
			l->pos++;
			continue;
		}
		if (g_ascii_isspace(t[l->pos])) {
			l->pos++;
			continue;
		}
		from = l->pos;
		if (t[from] == '#') {
			lex_column(l, from);
			while (t[l->pos] && t[l->pos] != '\n')
				l->pos++;
			add_trivia(l, &all, from, l->pos, own_line, false,
				   l->tab_col);
			/* the newline behind it ends a line that is not blank */
			if (t[l->pos])
				l->pos++;
			own_line = tok->nl = true;
			blank = false;
			continue;
		}
		if (t[from] == '/' && t[from + 1] == '*') {
			struct ffs_loc at = lex_here(l);
			uint32_t col = l->tab_col;
			const char *end = t + from + 2;
			bool lines;

			while (*end && (end[0] != '*' || end[1] != '/'))
				end++;
			if (!*end) {
				at.end = at.off + 2;
				ffs_error(l->diags, &at, NULL, "the comment is "
					  "never closed: expected `*/`");
				l->pos = (uint32_t)l->src->len;
				break;
			}
			l->pos = (uint32_t)(end + 2 - t);
			lines = memchr(t + from, '\n', l->pos - from);
			add_trivia(l, &all, from, l->pos, own_line || lines,
				   true, col);
			if (lines)
				own_line = tok->nl = true;
			/* what follows on the line is not a blank line */
			if (own_line && t[l->pos] == '\n')
				l->pos++;
			blank = false;
			continue;
		}
		break;
	}
	tok->glued = l->pos == start;
	if (all) {
		tok->trivia = ffs_copy(l->arena, all);
		tok->trivia_count = all->len;
	}
}

/* -- words and numbers ------------------------------------------------------------------ */

static bool is_word(char c)
{
	return g_ascii_isalnum(c) || c == '_';
}

/* A `-` belongs to a word if a letter or digit follows: rw-nx, boot-order. */
static uint32_t word_end(const char *t, uint32_t pos)
{
	while (is_word(t[pos]) || (t[pos] == '-' && is_word(t[pos + 1])))
		pos++;
	return pos;
}

static bool parse_uuid(const char *s, gsize len, struct ffa_uuid *to)
{
	struct ffa_uuid u;
	unsigned int n = 0;

	if (len != 36)
		return false;
	for (gsize i = 0; i < 36; ) {
		int hi, lo;

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i++] != '-')
				return false;
			continue;
		}
		hi = g_ascii_xdigit_value(s[i]);
		lo = g_ascii_xdigit_value(s[i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		u.b[n++] = (uint8_t)(hi << 4 | lo);
		i += 2;
	}
	*to = u;
	return true;
}

static const struct {
	const char *name;
	enum ffs_unit unit;
	uint64_t scale;
} units[] = {
	{ "K", FFS_U_SIZE, 1024 }, { "M", FFS_U_SIZE, 1024 * 1024 },
	{ "G", FFS_U_SIZE, 1024 * 1024 * 1024 },
	{ "page", FFS_U_PAGES, 1 }, { "pages", FFS_U_PAGES, 1 },
	{ "ns", FFS_U_TIME, 1 }, { "us", FFS_U_TIME, 1000 },
	{ "ms", FFS_U_TIME, 1000000 }, { "s", FFS_U_TIME, 1000000000 },
};

/* What is wrong with the number s[len], or NULL. */
static const char *parse_number(const char *s, gsize len, struct ffs_token *t)
{
	unsigned int base = 10, digits = 0;
	uint64_t n = 0;
	gsize i = 0;

	if (len > 2 && s[0] == '0' && (s[1] | 32) == 'x') {
		base = 16;
		i = 2;
	} else if (len > 2 && s[0] == '0' && (s[1] | 32) == 'b') {
		base = 2;
		i = 2;
	}
	for (; i < len; i++) {
		int v = g_ascii_xdigit_value(s[i]);

		if (s[i] == '_' && digits)
			continue;
		if (v < 0 || (unsigned int)v >= base)
			break;
		if (__builtin_mul_overflow(n, (uint64_t)base, &n) ||
		    __builtin_add_overflow(n, (uint64_t)v, &n))
			return "does not fit 64 bits";
		digits++;
	}
	if (!digits)
		return "is not a number";
	if (i < len) {
		unsigned int u = 0;

		while (u < G_N_ELEMENTS(units) &&
		       (strlen(units[u].name) != len - i ||
			strncmp(units[u].name, s + i, len - i)))
			u++;
		if (u == G_N_ELEMENTS(units))
			return "is not a number: expected digits and one of "
				"K M G page pages ns us ms s";
		if (__builtin_mul_overflow(n, units[u].scale, &n))
			return "does not fit 64 bits";
		t->unit = units[u].unit;
	}
	t->num = n;
	return NULL;
}

static void lex_number(struct ffs_lexer *l, struct ffs_token *tok)
{
	const char *t = l->src->text, *s = t + l->pos, *why;
	bool minus = *s == '-';
	uint32_t from = l->pos + minus, end = word_end(t, from);
	gsize len = end - from;

	tok->kind = FFS_T_NUM;
	if (!minus && parse_uuid(s, len, &tok->uuid)) {
		tok->kind = FFS_T_UUID;
	} else if (strspn(t + from, "0123456789") == len && t[end] == '.' &&
		   g_ascii_isdigit(t[end + 1]) && !minus) {
		guint64 major = g_ascii_strtoull(s, NULL, 10);
		guint64 minor = g_ascii_strtoull(t + end + 1, NULL, 10);

		end = word_end(t, end + 1);
		tok->kind = FFS_T_VERSION;
		tok->loc.end = end;
		if (strspn(s, "0123456789.") < end - l->pos || len > 5 ||
		    major > 0x7fff || minor > 0xffff) {
			ffs_error(l->diags, &tok->loc, NULL, "`%.*s` is not a "
				  "version: expected MAJOR.MINOR",
				  (int)MIN(end - l->pos, 60u), s);
			tok->kind = FFS_T_BAD;
		}
		tok->num = FFA_VER((uint32_t)major, (uint32_t)minor);
	} else {
		tok->loc.end = end;
		why = parse_number(t + from, len, tok);
		if (!why && minus && tok->num > (uint64_t)1 << 63)
			why = "does not fit 64 bits";
		if (memchr(t + from, '-', len))
			why = "is not a UUID: expected 8-4-4-4-12 hexadecimal "
				"digits";
		if (why) {
			ffs_error(l->diags, &tok->loc, NULL, "`%.*s` %s",
				  (int)MIN(end - l->pos, 60u), s, why);
			tok->kind = FFS_T_BAD;
		}
		if (minus) {
			tok->num = 0 - tok->num;
			tok->negative = tok->num != 0;
		}
	}
	l->pos = end;
}

static void lex_word(struct ffs_lexer *l, struct ffs_token *tok)
{
	const char *t = l->src->text;
	uint32_t end = word_end(t, l->pos);

	if (parse_uuid(t + l->pos, end - l->pos, &tok->uuid))
		tok->kind = FFS_T_UUID;
	else if (end - l->pos == 1 && t[l->pos] == '_')
		tok->kind = FFS_T_ANY;
	else
		tok->kind = FFS_T_ID;
	l->pos = end;
}

/* ?name and $name: the text is the name. */
static void lex_sigil(struct ffs_lexer *l, struct ffs_token *tok)
{
	const char *t = l->src->text;
	uint32_t from = l->pos + 1, end = word_end(t, from);

	tok->kind = t[l->pos] == '?' ? FFS_T_BIND : FFS_T_USE;
	tok->loc.end = MAX(end, from);
	if (end == from || g_ascii_isdigit(t[from])) {
		ffs_error(l->diags, &tok->loc, NULL, "expected a name behind "
			  "`%c`", t[l->pos]);
		tok->kind = FFS_T_BAD;
	}
	tok->text = ffs_intern(l->arena, t + from, end - from);
	l->pos = end;
}

static void lex_string(struct ffs_lexer *l, struct ffs_token *tok)
{
	const char *t = l->src->text;
	g_autoptr(GByteArray) out = g_byte_array_new();
	uint32_t p = l->pos + 1;

	tok->kind = FFS_T_STR;
	while (t[p] && t[p] != '\n' && t[p] != '"') {
		guint8 c = (guint8)t[p++];

		if (c == '\\') {
			static const char from[] = "nrt0\"\\";
			static const char to[] = "\n\r\t\0\"\\";
			const char *e = t[p] ? strchr(from, t[p]) : NULL;

			if (e) {
				c = (guint8)to[e - from];
				p++;
			} else if (t[p] == 'x' && g_ascii_isxdigit(t[p + 1]) &&
				   g_ascii_isxdigit(t[p + 2])) {
				c = (guint8)(g_ascii_xdigit_value(t[p + 1]) << 4 |
					     g_ascii_xdigit_value(t[p + 2]));
				p += 3;
			} else {
				l->pos = p - 1;
				struct ffs_loc at = lex_here(l);

				at.end++;
				ffs_error(l->diags, &at, "escapes: \\n \\r \\t "
					  "\\0 \\\" \\\\ \\xNN",
					  "unknown escape in a string");
				tok->kind = FFS_T_BAD;
			}
		}
		g_byte_array_append(out, &c, 1);
	}
	tok->loc.end = p;
	if (t[p] == '"') {
		p++;
	} else {
		ffs_error(l->diags, &tok->loc, NULL, "the string is not closed: "
			  "expected `\"` before the end of the line");
		tok->kind = FFS_T_BAD;
	}
	l->pos = p;
	tok->len = out->len;
	g_byte_array_append(out, (const guint8 *)"", 1);
	tok->bytes = memcpy(ffs_alloc(l->arena, out->len), out->data, out->len);
}

static const struct {
	char text[4];
	enum ffs_token_kind kind;
} marks[] = {	/* the longer first */
	{ "...", FFS_T_REST }, { "..", FFS_T_RANGE }, { ".", FFS_T_DOT },
	{ "==", FFS_T_EQ }, { "!=", FFS_T_NE }, { "<=", FFS_T_LE },
	{ ">=", FFS_T_GE }, { "=", FFS_T_ASSIGN }, { "<", FFS_T_LT },
	{ ">", FFS_T_GT }, { "(", FFS_T_LPAREN }, { ")", FFS_T_RPAREN },
	{ "[", FFS_T_LBRACK }, { "]", FFS_T_RBRACK }, { "{", FFS_T_LBRACE },
	{ "}", FFS_T_RBRACE }, { ",", FFS_T_COMMA }, { ":", FFS_T_COLON },
	{ "@", FFS_T_AT }, { "|", FFS_T_OR }, { "+", FFS_T_PLUS },
	{ "/", FFS_T_SLASH },
};

static void lex_mark(struct ffs_lexer *l, struct ffs_token *tok)
{
	const char *s = l->src->text + l->pos;

	for (unsigned int i = 0; i < G_N_ELEMENTS(marks); i++)
		if (g_str_has_prefix(s, marks[i].text)) {
			tok->kind = marks[i].kind;
			l->pos += (uint32_t)strlen(marks[i].text);
			return;
		}
	tok->kind = FFS_T_BAD;
	l->pos += (uint32_t)(g_utf8_next_char(s) - s);
	tok->loc.end = l->pos;
	if (g_unichar_isprint(g_utf8_get_char(s)))
		ffs_error(l->diags, &tok->loc, NULL, "unexpected character "
			  "`%.*s`", (int)(l->pos - tok->loc.off), s);
	else
		ffs_error(l->diags, &tok->loc, NULL, "unexpected character "
			  "U+%04X", g_utf8_get_char(s));
}

void ffs_lex(struct ffs_lexer *l, struct ffs_token *t)
{
	const char *text = l->src->text;
	char c;

	*t = (struct ffs_token){ .kind = FFS_T_END };
	lex_space(l, t);
	t->loc = lex_here(l);
	c = text[l->pos];
	if (!c) {
		t->loc.end = t->loc.off;
		t->nl = true;
		return;
	}
	if (g_ascii_isdigit(c) || (c == '-' && g_ascii_isdigit(text[l->pos + 1])))
		lex_number(l, t);
	else if (is_word(c))
		lex_word(l, t);
	else if (c == '?' || c == '$')
		lex_sigil(l, t);
	else if (c == '"')
		lex_string(l, t);
	else
		lex_mark(l, t);
	t->loc.end = l->pos;
	if (!t->text)
		t->text = ffs_intern(l->arena, text + t->loc.off,
				     l->pos - t->loc.off);
}
