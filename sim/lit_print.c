/* SPDX-License-Identifier: BSD-3-Clause */
/* Literals as the text of a scenario. */
#include "lit.h"

#include <string.h>

#include "board.h"

static void hex(GString *to, uint64_t num)
{
	if (num)
		g_string_append_printf(to, "0x%" G_GINT64_MODIFIER "x", num);
	else
		g_string_append_c(to, '0');
}

static void part(GString *to, const struct board *b, uint64_t id)
{
	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		if (b->parts[i].id == id) {
			g_string_append(to, b->parts[i].name);
			return;
		}
	hex(to, id);
}

/* -- endpoints ------------------------------------------------------------ */

static void emad(GString *to, const struct lit_emad *e, const struct board *b,
		 bool bare)
{
	const struct ffa_emad *v = &e->e;
	bool block = v->flags || v->impdef[0] || v->impdef[1] || v->reserved ||
		     e->has_composite;

	part(to, b, v->endpoint);
	if (bare)
		return;
	g_string_append(to, e->any ? ":_" : block ? ":{" : ":");
	if (e->any)
		return;
	lit_words_print(to, lit_permissions, "-", v->permissions);
	if (!block)
		return;
	if (v->flags)
		g_string_append_printf(to, " flags=0x%x", v->flags);
	if (e->has_composite)
		g_string_append_printf(to, " composite=0x%x",
				       v->composite_offset);
	if (v->reserved) {
		g_string_append(to, " reserved=");
		hex(to, v->reserved);
	}
	if (v->impdef[0] || v->impdef[1]) {
		g_string_append(to, " impdef={");
		hex(to, v->impdef[0]);
		g_string_append_c(to, ' ');
		hex(to, v->impdef[1]);
		g_string_append_c(to, '}');
	}
	g_string_append_c(to, '}');
}

static void endpoints(GString *to, const struct lit *l, const struct board *b)
{
	g_string_append_c(to, '{');
	for (guint i = 0; i < l->to->len; i++) {
		if (i)
			g_string_append_c(to, ' ');
		emad(to, &g_array_index(l->to, struct lit_emad, i), b,
		     l->kind == LIT_RELINQUISH);
	}
	g_string_append_c(to, '}');
}

/* -- ranges --------------------------------------------------------------- */

/* A run of constituents that mem[first..last] says. */
struct slice {
	const struct board_mem *mem;
	uint64_t first, last;
	guint count;
};

static const struct ffa_constituent *range_at(const struct lit *l, guint i)
{
	return &g_array_index(l->ranges, struct ffa_constituent, i);
}

/* How much of the list from `i` on one slice is; count 0: nothing. */
static struct slice slice_at(const struct lit *l, guint i,
			     const struct board *b)
{
	const struct ffa_constituent *c = range_at(l, i);
	struct slice s = { .mem = board_mem_at(b, c->address) };
	uint64_t step;

	if (!s.mem || c->reserved || !c->page_count ||
	    c->address % FFA_PAGE_SIZE)
		return s;
	step = s.mem->stride * FFA_PAGE_SIZE;
	s.first = (c->address - s.mem->base) / step;
	s.last = s.first + (s.mem->stride == 1 ? c->page_count : 1);
	if ((s.mem->stride > 1 && c->page_count != 1) ||
	    s.last > s.mem->pages)
		return s;
	s.count = 1;
	while (s.mem->stride > 1 && s.last < s.mem->pages &&
	       i + s.count < l->ranges->len) {
		c = range_at(l, i + s.count);
		if (c->page_count != 1 || c->reserved ||
		    c->address != s.mem->base + s.last * step)
			break;
		s.last++;
		s.count++;
	}
	return s;
}

static guint range_item(GString *to, const struct lit *l, guint i,
			const struct board *b)
{
	const struct ffa_constituent *c = range_at(l, i);
	struct slice s = slice_at(l, i, b);

	if (s.count && !s.first && s.last == s.mem->pages) {
		g_string_append(to, s.mem->name);
	} else if (s.count && s.last - s.first == 1) {
		g_string_append_printf(to, "%s[%" G_GUINT64_FORMAT "]",
				       s.mem->name, s.first);
	} else if (s.count) {
		g_string_append_printf(to, "%s[%" G_GUINT64_FORMAT "..%"
				       G_GUINT64_FORMAT "]", s.mem->name,
				       s.first, s.last);
	} else {
		g_string_append_c(to, '{');
		hex(to, c->address);
		g_string_append_printf(to, " %u", c->page_count);
		if (c->reserved)
			g_string_append_printf(to, " reserved=0x%x",
					       c->reserved);
		g_string_append_c(to, '}');
	}
	return s.count ? s.count : 1;
}

static void ranges(GString *to, const struct lit *l, const struct board *b)
{
	g_autoptr(GString) text = g_string_new(NULL);
	bool raw = false;
	guint items = 0;

	for (guint i = 0; i < l->ranges->len; items++) {
		gsize at = text->len;

		if (items)
			g_string_append_c(text, ' ');
		i += range_item(text, l, i, b);
		raw |= text->str[items ? at + 1 : at] == '{';
	}
	if (items == 1)
		g_string_append(to, text->str);
	else if (raw)
		g_string_append_printf(to, "{ %s }", text->str);
	else
		g_string_append_printf(to, "{%s}", text->str);
}

/* -- literals ------------------------------------------------------------- */

void lit_print_entry(GString *to, const struct lit *l, unsigned int entry,
		     const struct board *b)
{
	uint64_t num;

	if (l->any[entry]) {
		g_string_append_c(to, '_');
		return;
	}
	if (entry == LIT_TO) {
		endpoints(to, l, b);
		return;
	}
	if (entry == LIT_RANGES) {
		ranges(to, l, b);
		return;
	}
	num = lit_get(l, (enum lit_field)entry);
	if (l->bind[entry])
		g_string_append_printf(to, "?%s", l->bind[entry]);
	else if (lit_rows[entry].words)
		lit_words_print(to, lit_rows[entry].words, "|", num);
	else if (entry == LIT_OWNER)
		part(to, b, num);
	else if (entry == LIT_VERSION)
		g_string_append_printf(to, "%u.%u", (unsigned int)(num >> 16),
				       (unsigned int)(num & 0xffff));
	else if (entry == LIT_HANDLE || entry == LIT_TAG)
		hex(to, num);
	else
		g_string_append_printf(to, "%" G_GUINT64_FORMAT, num);
}

/* Said also where it is what follows from the rest. */
static bool is_shown(const struct lit *l, unsigned int entry)
{
	if (l->any[entry])
		return true;
	if (entry == LIT_RANGES)
		return l->ranges->len || l->kind == LIT_RESP ||
		       l->kind == LIT_FRAG;
	if (entry == LIT_TO)
		return l->to->len || l->kind == LIT_RELINQUISH;
	if (entry == LIT_HANDLE)
		return l->given[entry] || l->kind == LIT_RETRIEVE ||
		       l->kind == LIT_RELINQUISH || l->kind == LIT_RESP;
	if (entry == LIT_OWNER)
		return l->given[entry] ||
		       (l->kind != LIT_RELINQUISH && l->to->len);
	return l->given[entry];
}

/* As they are written; what makes a descriptor wrong comes last. */
static const unsigned char order[LIT_ENTRIES] = {
	LIT_HANDLE, LIT_OWNER, LIT_TO, LIT_ATTR, LIT_FLAGS, LIT_TAG,
	LIT_RANGES, LIT_COUNT, LIT_EMAD_SIZE, LIT_EMAD_OFFSET, LIT_COMPOSITE,
	LIT_PAGES, LIT_RANGE_COUNT, LIT_RESERVED, LIT_RESERVED2,
	LIT_RESERVED3, LIT_COMPOSITE_RESERVED, LIT_VERSION,
};

static void bytes(GString *to, const GByteArray *b)
{
	enum { LINE = 32 };

	for (guint i = 0; i < b->len; i++) {
		if (i % LINE == 0)
			g_string_append(to, i ? "\" \"" : "\"");
		else if (i % 4 == 0)
			g_string_append_c(to, ' ');
		g_string_append_printf(to, "%02x", b->data[i]);
	}
	if (b->len)
		g_string_append_c(to, '"');
}

void lit_print(GString *to, const struct lit *l, const struct board *b)
{
	const char *space = "";

	g_string_append_printf(to, "%s{", lit_infos[l->kind].name);
	if (l->kind == LIT_BYTES)
		bytes(to, l->bytes);
	for (unsigned int i = 0; i < LIT_ENTRIES; i++) {
		const struct lit_row *row = &lit_rows[order[i]];

		if (!(row->kinds & 1u << l->kind) || !is_shown(l, order[i]))
			continue;
		g_string_append_printf(to, "%s%s=", space, row->name);
		lit_print_entry(to, l, order[i], b);
		space = " ";
	}
	g_string_append_c(to, '}');
}
