/* SPDX-License-Identifier: BSD-3-Clause */
/* From the tree to a literal. */
#include "run_lit.h"

#include <string.h>

static bool wrong(char **why, const struct ffs_value *v, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);

static bool wrong(char **why, const struct ffs_value *v, const char *fmt, ...)
{
	g_autoptr(GString) text = g_string_new("`");
	va_list ap;

	ffs_format_value(text, v);
	if (text->len > 60)
		g_string_assign(text, "`...");
	g_string_append(text, "` ");
	va_start(ap, fmt);
	g_string_append_vprintf(text, fmt, ap);
	va_end(ap);
	g_free(*why);
	*why = g_strdup(text->str);
	return false;
}

/* The value of a parameter, or the value itself. */
static const struct ffs_value *behind(const struct run *r,
				      const struct ffs_value *v)
{
	const struct ffs_value *p = v->kind == FFS_V_USE ?
				    board_param(r->board, v->text) : NULL;

	return p ? p : v;
}

/* -- numbers and words ---------------------------------------------------- */

static bool number(struct run *r, const struct lit_row *row,
		   const struct ffs_value *v, uint64_t *num, char **why)
{
	uint64_t all = 0, one;

	v = behind(r, v);
	if (v->kind == FFS_V_OR) {
		for (unsigned int i = 0; i < v->count; i++) {
			if (!number(r, row, v->items[i].value, &one, why))
				return false;
			all |= one;
		}
	} else if (v->kind != FFS_V_ID || !row->words ||
		   !lit_words_value(row->words, v->text, &all)) {
		if (!run_number(r, v, &all, why))
			return false;
	}
	if (row->bits < 64 && all >> row->bits)
		return wrong(why, v, "does not fit the %u bits of %s",
			     row->bits, row->name);
	*num = all;
	return true;
}

/* -- endpoints ------------------------------------------------------------ */

static bool impdef(struct run *r, const struct ffs_value *v,
		   struct ffa_emad *e, char **why)
{
	const struct lit_row *row = &lit_emad_rows[LIT_E_IMPDEF];

	if (v->kind != FFS_V_BLOCK)
		return number(r, row, v, &e->impdef[0], why);
	for (unsigned int i = 0; i < v->count && i < 2; i++)
		if (!number(r, row, v->items[i].value, &e->impdef[i], why))
			return false;
	return true;
}

static bool emad_field(struct run *r, const struct ffs_arg *a,
		       struct lit_emad *e, char **why)
{
	unsigned int f = a->key ? 0 : LIT_E_PERM;
	uint64_t num;

	while (a->key && f < LIT_E_FIELDS &&
	       (!a->name || strcmp(lit_emad_rows[f].name, a->name)))
		f++;
	if (f == LIT_E_FIELDS)
		return wrong(why, a->key, "is nothing that an endpoint has");
	if (f == LIT_E_IMPDEF)
		return impdef(r, a->value, &e->e, why);
	if (!number(r, &lit_emad_rows[f], a->value, &num, why))
		return false;
	switch ((enum lit_emad_field)f) {
	case LIT_E_PERM:
		e->e.permissions |= (uint8_t)num;
		break;
	case LIT_E_FLAGS:
		e->e.flags = (uint8_t)num;
		break;
	case LIT_E_COMPOSITE:
		e->e.composite_offset = (uint32_t)num;
		e->has_composite = true;
		break;
	case LIT_E_RESERVED:
		e->e.reserved = num;
		break;
	case LIT_E_IMPDEF:
	case LIT_E_FIELDS:
		break;
	}
	return true;
}

/* {sp1:rw-nx sp2:{ro flags=1} sp3} */
static bool endpoints(struct run *r, const struct ffs_value *v, struct lit *l,
		      char **why)
{
	for (unsigned int i = 0; i < v->count; i++) {
		const struct ffs_arg *a = &v->items[i];
		const struct ffs_value *may = behind(r, a->value);
		struct lit_emad e = { 0 };
		uint64_t id;

		if (!number(r, &lit_rows[LIT_OWNER], a->key ? a->key : a->value,
			    &id, why))
			return false;
		e.e.endpoint = (uint16_t)id;
		if (a->key && may->kind == FFS_V_BLOCK) {
			for (unsigned int k = 0; k < may->count; k++)
				if (!emad_field(r, &may->items[k], &e, why))
					return false;
		} else if (a->key && may->kind == FFS_V_ANY) {
			e.any = true;
		} else if (a->key) {
			const struct ffs_arg perm = { .value = a->value };

			if (!emad_field(r, &perm, &e, why))
				return false;
		}
		g_array_append_val(l->to, e);
	}
	return true;
}

/* -- ranges --------------------------------------------------------------- */

enum { MOST_RANGES = 1 << 20 };		/* of one slice */

static void add_range(struct lit *l, uint64_t address, uint64_t pages,
		      uint64_t reserved)
{
	const struct ffa_constituent c = {
		address, (uint32_t)pages, (uint32_t)reserved,
	};

	g_array_append_val(l->ranges, c);
}

/* Pages first up to last of a mem: one range, or one for each page. */
static bool add_pages(struct lit *l, const struct board_mem *m,
		      uint64_t first, uint64_t last)
{
	uint64_t step = m->stride * FFA_PAGE_SIZE;

	if (first >= last || last > m->pages)
		return false;
	if (m->stride == 1)
		add_range(l, m->base + first * step, last - first, 0);
	else
		for (; first < last; first++)
			add_range(l, m->base + first * step, 1, 0);
	return true;
}

static bool slice(struct run *r, const struct ffs_value *v, struct lit *l,
		  char **why)
{
	const struct ffs_value *base = v->kind == FFS_V_INDEX ? v->base : v;
	const struct board_mem *m = base->kind == FFS_V_ID ?
				    board_mem(r->board, base->text) : NULL;
	uint64_t first = 0, last;

	if (!m)
		return wrong(why, v, "is no buf or mem, nor pages of one");
	last = m->pages;
	if (v->kind == FFS_V_INDEX) {
		const struct ffs_value *at = v->items[0].value;
		bool many = at->kind == FFS_V_RANGE;

		if (!run_number(r, many ? at->items[0].value : at, &first,
				why) ||
		    (many && !run_number(r, at->items[1].value, &last, why)))
			return false;
		if (!many)
			last = first + 1;
	}
	if (m->stride > 1 && first < last && last - first > MOST_RANGES)
		return wrong(why, v, "are more than %d ranges", MOST_RANGES);
	if (!add_pages(l, m, first, last))
		return wrong(why, v, "are no pages: %s has %" G_GUINT64_FORMAT
			     ", and [a..b] is from a up to b, without b",
			     m->name, m->pages);
	return true;
}

/* {0x8900_0000 2}, with reserved= */
static bool is_range(const struct ffs_value *v)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < v->count; i++)
		if (!v->items[i].key && n++ == 1 &&
		    (v->items[i].value->kind == FFS_V_NUM ||
		     v->items[i].value->kind == FFS_V_USE))
			return true;
	return false;
}

static bool one_range(struct run *r, const struct ffs_value *v, struct lit *l,
		      char **why)
{
	uint64_t num[2] = { 0, 0 }, reserved = 0;
	unsigned int n = 0;

	for (unsigned int i = 0; i < v->count; i++) {
		const struct ffs_arg *a = &v->items[i];
		bool keyed = a->key;

		if (keyed ? !a->name || strcmp(a->name, "reserved") : n == 2)
			return wrong(why, v, "is no {ADDRESS PAGES}");
		if (!run_number(r, a->value, keyed ? &reserved : &num[n++],
				why))
			return false;
	}
	if (num[1] > UINT32_MAX || reserved > UINT32_MAX)
		return wrong(why, v, "does not fit 32 bits");
	add_range(l, num[0], num[1], reserved);
	return true;
}

static bool ranges(struct run *r, const struct ffs_value *v, struct lit *l,
		   char **why)
{
	v = behind(r, v);
	if (v->kind != FFS_V_BLOCK)
		return slice(r, v, l, why);
	if (is_range(v))
		return one_range(r, v, l, why);
	for (unsigned int i = 0; i < v->count; i++)
		if (!ranges(r, v->items[i].value, l, why))
			return false;
	return true;
}

/* -- literals ------------------------------------------------------------- */

static bool bytes(const struct ffs_value *v, struct lit *l, char **why)
{
	for (unsigned int i = 0; i < v->count; i++) {
		const struct ffs_value *s = v->items[i].value;
		unsigned int digits = 0;
		guint8 byte = 0;

		if (s->kind != FFS_V_STR)
			return wrong(why, s, "is no string of hexadecimal "
				     "digits");
		for (gsize k = 0; k < s->len; k++) {
			int d = g_ascii_xdigit_value((char)s->bytes[k]);

			if (s->bytes[k] == ' ')
				continue;
			if (d < 0)
				return wrong(why, s, "is no string of "
					     "hexadecimal digits");
			byte = (guint8)(byte << 4 | d);
			if (++digits % 2 == 0)
				g_byte_array_append(l->bytes, &byte, 1);
		}
		if (digits % 2)
			return wrong(why, s, "ends with half a byte");
	}
	return true;
}

static bool entry(struct run *r, const struct ffs_arg *a, struct lit *l,
		  char **why)
{
	const struct lit_row *row = a->name ? lit_entry_named(l->kind, a->name)
					    : NULL;
	unsigned int e;

	if (!row)
		return wrong(why, a->key ? a->key : a->value, "is nothing "
			     "that %s{} has", lit_infos[l->kind].name);
	e = (unsigned int)(row - lit_rows);
	if (a->value->kind == FFS_V_ANY) {
		l->any[e] = true;
		return true;
	}
	if (e == LIT_TO)
		return endpoints(r, behind(r, a->value), l, why);
	if (e == LIT_RANGES)
		return ranges(r, a->value, l, why);
	if (a->value->kind == FFS_V_BIND) {
		l->bind[e] = a->value->text;
		return true;
	}
	l->given[e] = true;
	return number(r, row, a->value, &l->value[e], why);
}

struct lit *run_lit(struct run *r, const struct ffs_value *v, unsigned int ep,
		    char **why)
{
	enum lit_kind kind = v->kind == FFS_V_BLOCK && v->text ?
			     lit_kind_named(v->text) : LIT_KINDS;
	bool ok = true, has_to = false;
	struct lit *l;

	if (kind == LIT_KINDS) {
		wrong(why, v, "is no literal of this version");
		return NULL;
	}
	l = lit_new(kind, run_version(r, ep),
		    r->board->parts[ep].id);
	if (kind == LIT_BYTES) {
		ok = bytes(v, l, why);
	} else {
		for (unsigned int i = 0; i < v->count && ok; i++) {
			ok = entry(r, &v->items[i], l, why);
			has_to |= v->items[i].name &&
				  !strcmp(v->items[i].name, "to");
		}
		if (kind == LIT_RELINQUISH && !has_to) {
			struct lit_emad e = { .e.endpoint = l->self };

			g_array_append_val(l->to, e);
		}
	}
	if (ok)
		return l;
	lit_free(l);
	return NULL;
}

bool run_is_lit(const struct ffs_stmt *s)
{
	const struct ffs_value *v = ffs_pos(s, 1);

	return (s->word == FFS_W_TX || s->word == FFS_W_RX) && v &&
	       v->kind == FFS_V_BLOCK && v->text &&
	       lit_kind_named(v->text) != LIT_KINDS;
}

/* -- what is on its way --------------------------------------------------- */

static void sent_free(void *data)
{
	struct run_sent *s = data;

	g_byte_array_unref(s->bytes);
	g_free(s);
}

struct run_lits *run_lits_new(void)
{
	struct run_lits *l = g_new0(struct run_lits, 1);

	l->sent = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
					sent_free);
	return l;
}

void run_lits_free(struct run_lits *l)
{
	g_hash_table_unref(l->sent);
	for (unsigned int i = 0; i < SPMC_MAX_ENDPOINTS; i++) {
		if (l->written[i])
			g_byte_array_unref(l->written[i]);
		if (l->came[i])
			g_byte_array_unref(l->came[i]);
	}
	if (l->now)
		sent_free(l->now);
	g_free(l);
}
