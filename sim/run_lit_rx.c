/* SPDX-License-Identifier: BSD-3-Clause */
/* What came to RX, over all fragments, and what was expected there. */
#include "run_lit.h"

#include <string.h>

void run_lit_arrived(struct run *r, const struct spmc_outcome *out)
{
	enum ffa_fn fn = ffa_fn_find(out->regs.x[0]);
	bool first = fn == FFA_FN_MEM_RETRIEVE_RESP;
	struct run_lits *l = r->lits;
	unsigned int ep = out->endpoint, pages;
	uint64_t tx, rx;
	const uint8_t *from;
	uint32_t len;

	if (out->rule || ep >= SPMC_MAX_ENDPOINTS ||
	    (!first && fn != FFA_FN_MEM_FRAG_TX) ||
	    !run_rxtx(r, ep, &tx, &rx, &pages))
		return;
	len = (uint32_t)out->regs.x[first ? 2 : 3];
	from = run_host(r, rx, (gsize)pages * FFA_PAGE_SIZE);
	if (!from || len > pages * FFA_PAGE_SIZE)
		return;
	if (!l->came[ep])
		l->came[ep] = g_byte_array_sized_new(64);
	if (first)
		g_byte_array_set_size(l->came[ep], 0);
	l->frag_at[ep] = l->came[ep]->len;
	g_byte_array_append(l->came[ep], from, len);
}

/* What came to an endpoint, read as such a literal. */
static struct lit *came(struct run *r, unsigned int ep, enum lit_kind kind)
{
	const GByteArray *b = r->lits->came[ep];
	guint at = kind == LIT_RESP ? 0 : r->lits->frag_at[ep];
	struct lit *l = NULL;

	if (kind != LIT_BYTES)
		l = lit_decode(kind, run_version(r, ep),
			       r->board->parts[ep].id, b->data + at,
			       b->len - at);
	return l ? l : lit_of_bytes(b->data + at, b->len - at);
}

/* -- comparing ------------------------------------------------------------ */

static bool same_endpoints(const struct lit *want, const struct lit *got)
{
	if (want->to->len != got->to->len)
		return false;
	for (guint i = 0; i < want->to->len; i++) {
		const struct lit_emad *a = &g_array_index(want->to,
							  struct lit_emad, i);
		const struct lit_emad *b = &g_array_index(got->to,
							  struct lit_emad, i);
		struct ffa_emad x = a->e, y = b->e;

		if (!a->has_composite)
			x.composite_offset =
				(uint32_t)lit_get(want, LIT_COMPOSITE);
		if (!b->has_composite)
			y.composite_offset =
				(uint32_t)lit_get(got, LIT_COMPOSITE);
		if (a->any ? x.endpoint != y.endpoint :
			     memcmp(&x, &y, sizeof(x)) != 0)
			return false;
	}
	return true;
}

/* Follows from a list of which nothing is expected. */
static bool is_open(const struct lit *want, unsigned int e)
{
	if (e < LIT_FIELDS && want->given[e])
		return false;
	if (want->any[LIT_RANGES] && (e == LIT_PAGES || e == LIT_RANGE_COUNT))
		return true;
	return want->any[LIT_TO] && (e == LIT_COUNT || e == LIT_COMPOSITE);
}

static bool same(const struct lit *want, const struct lit *got,
		 unsigned int e)
{
	if (want->any[e] || is_open(want, e))
		return true;
	if (e == LIT_TO)
		return same_endpoints(want, got);
	if (e == LIT_RANGES)
		return want->ranges->len == got->ranges->len &&
		       !memcmp(want->ranges->data, got->ranges->data,
			       want->ranges->len *
			       sizeof(struct ffa_constituent));
	return want->bind[e] || lit_get(want, (enum lit_field)e) ==
				lit_get(got, (enum lit_field)e);
}

static void bind(struct run *r, const struct lit *want, const struct lit *got)
{
	for (unsigned int e = 0; e < LIT_FIELDS; e++) {
		struct codec_value *v;

		if (!want->bind[e])
			continue;
		v = g_new0(struct codec_value, 1);
		v->num = lit_get(got, (enum lit_field)e);
		g_hash_table_insert(r->bound, (void *)want->bind[e], v);
	}
}

static bool matches(const struct lit *want, const struct lit *got,
		    unsigned int e)
{
	return !(lit_rows[e].kinds & 1u << want->kind) || same(want, got, e);
}

/* But for zeros behind them. */
static bool same_bytes(const GByteArray *a, const GByteArray *b)
{
	for (guint i = 0; i < MAX(a->len, b->len); i++)
		if ((i < a->len ? a->data[i] : 0) !=
		    (i < b->len ? b->data[i] : 0))
			return false;
	return true;
}

static bool all_match(const struct lit *want, const struct lit *got)
{
	if (want->kind != got->kind)
		return false;
	if (want->kind == LIT_BYTES)
		return same_bytes(want->bytes, got->bytes);
	for (unsigned int e = 0; e < LIT_ENTRIES; e++)
		if (!matches(want, got, e))
			return false;
	return true;
}

void run_lit_diffs(const struct run *r, const struct lit *want,
		   const struct lit *got, GPtrArray *diffs)
{
	bool alike = want->kind == got->kind && want->kind != LIT_BYTES;
	g_autoptr(GString) a = g_string_new(NULL), b = g_string_new(NULL);

	if (all_match(want, got))
		return;
	for (unsigned int e = 0; e < LIT_ENTRIES && alike; e++) {
		if (matches(want, got, e))
			continue;
		g_string_truncate(a, 0);
		g_string_truncate(b, 0);
		lit_print_entry(a, want, e, r->board);
		lit_print_entry(b, got, e, r->board);
		codec_diffs_add(diffs, lit_rows[e].name, g_strdup(a->str),
				g_strdup(b->str));
	}
	if (alike)
		return;
	lit_print(a, want, r->board);
	lit_print(b, got, r->board);
	codec_diffs_add(diffs, "tx", g_strdup(a->str), g_strdup(b->str));
}

static bool differs(struct run *r, const struct ffs_stmt *s,
		    const struct lit *want, const struct lit *got)
{
	const struct ffs_value *block = ffs_pos(s, 1);
	g_autoptr(GPtrArray) diffs = codec_diffs_new();
	g_autoptr(GString) expected = g_string_new(NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	struct mismatch *m;

	lit_print(text, got, r->board);
	if (run_edit_text(r, &block->loc, text->str))
		return true;
	m = mismatch_new(r, s);
	ffs_format_value(expected, block);
	mismatch_line(m, "expected", "%s", expected->str);
	mismatch_line(m, "got", "%s", text->str);
	if (want->kind == got->kind && want->kind != LIT_BYTES)
		run_lit_diffs(r, want, got, diffs);
	for (guint i = 0; i < diffs->len; i++) {
		const struct codec_diff *d = diffs->pdata[i];

		mismatch_line(m, "field", "%s: expected %s, got %s", d->field,
			      d->expected, d->actual);
	}
	return mismatch_end(m, RUN_FAIL);
}

bool run_lit_rx(struct run *r, const struct ffs_stmt *s, unsigned int ep)
{
	g_autofree char *why = NULL;
	struct lit *want, *got;
	bool ok;

	if (!r->lits->came[ep])
		return run_fail(r, s, RUN_FAIL, "no description of memory "
				"has come to %s: FFA_MEM_RETRIEVE_REQ comes "
				"first", run_name(r, ep));
	want = run_lit(r, ffs_pos(s, 1), ep, &why);
	if (!want)
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	got = came(r, ep, want->kind);
	ok = all_match(want, got);
	if (ok)
		bind(r, want, got);
	else
		ok = differs(r, s, want, got);
	lit_free(want);
	lit_free(got);
	return ok;
}

char *run_lit_answer(struct run *r, unsigned int ep,
		     const struct ffa_value *regs)
{
	enum ffa_fn fn = ffa_fn_find(regs->x[0]);
	enum lit_kind kind = LIT_KINDS;
	g_autoptr(GString) text = NULL;
	struct lit *l;

	if (fn == FFA_FN_MEM_RETRIEVE_RESP)
		kind = LIT_RESP;
	if (fn == FFA_FN_MEM_FRAG_TX)
		kind = LIT_FRAG;
	if (kind == LIT_KINDS || !r->lits->came[ep])
		return NULL;
	text = g_string_new(NULL);
	g_string_printf(text, "rx %s ", run_name(r, ep));
	l = came(r, ep, kind);
	lit_print(text, l, r->board);
	lit_free(l);
	return g_strdup(text->str);
}
