/* SPDX-License-Identifier: BSD-3-Clause */
/* What calls find in their buffer. */
#include "run_lit.h"

#include <string.h>

enum { LEN = 1, FRAG = 2, BUF = 3, PAGES = 4, FRAG_TX_LEN = 3 };

/* What a function reads: LIT_KINDS if nothing. */
static enum lit_kind kind_of(enum ffa_fn fn)
{
	switch ((int)fn) {
	case FFA_FN_MEM_DONATE_32: case FFA_FN_MEM_DONATE_64:
		return LIT_DONATE;
	case FFA_FN_MEM_LEND_32: case FFA_FN_MEM_LEND_64:
		return LIT_LEND;
	case FFA_FN_MEM_SHARE_32: case FFA_FN_MEM_SHARE_64:
		return LIT_SHARE;
	case FFA_FN_MEM_RETRIEVE_REQ_32: case FFA_FN_MEM_RETRIEVE_REQ_64:
		return LIT_RETRIEVE;
	case FFA_FN_MEM_RELINQUISH:
		return LIT_RELINQUISH;
	case FFA_FN_MEM_FRAG_TX:
		return LIT_FRAG;
	}
	return LIT_KINDS;
}

static unsigned int frag_reg(enum lit_kind kind)
{
	return kind == LIT_FRAG ? FRAG_TX_LEN :
	       kind == LIT_RELINQUISH ? 0 : FRAG;
}

static bool has_len(enum lit_kind kind)
{
	return frag_reg(kind) == FRAG;
}

/* -- the buffer ----------------------------------------------------------- */

static uint64_t handle_of(const struct ffa_value *regs, unsigned int reg)
{
	return (uint32_t)regs->x[reg] | regs->x[reg + 1] << 32;
}

/* Where a call with these registers reads; NULL: nowhere. */
static uint8_t *place(struct run *r, unsigned int ep, enum lit_kind kind,
		      const struct ffa_value *regs, gsize *size)
{
	uint64_t at, rx, handle = handle_of(regs, 1);
	const struct run_sent *s = kind != LIT_FRAG ? NULL :
		g_hash_table_lookup(r->lits->sent, &handle);
	unsigned int pages;
	uint8_t *to;

	*size = 0;
	if (has_len(kind) && (regs->x[BUF] || regs->x[PAGES])) {
		at = regs->x[BUF];
		pages = (uint32_t)regs->x[PAGES] <= SPMC_MAX_RXTX_PAGES ?
			(uint32_t)regs->x[PAGES] : 0;
	} else if (s && s->pages) {
		at = s->buf;
		pages = s->pages;
	} else if (!run_rxtx(r, ep, &at, &rx, &pages)) {
		return NULL;
	}
	if (!pages)
		return NULL;
	to = run_host(r, at, (gsize)pages * FFA_PAGE_SIZE);
	if (to)
		*size = (gsize)pages * FFA_PAGE_SIZE;
	return to;
}

static void fill(uint8_t *to, gsize size, const uint8_t *from, gsize len)
{
	if (!to)
		return;
	len = MIN(len, size);
	memcpy(to, from, len);
	memset(to + len, 0, size - len);
}

/* -- calls ---------------------------------------------------------------- */

static bool is_given(const struct ffs_call *c, unsigned int reg)
{
	for (unsigned int i = 0; i < c->count; i++)
		if ((c->args[i].field && c->args[i].field->reg == reg) ||
		    (c->args[i].buffer == FFS_BUFFER_NONE &&
		     c->args[i].reg == (int)reg))
			return true;
	return false;
}

static const struct ffs_value *tx_of(const struct ffs_call *c)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (c->args[i].buffer == FFS_BUFFER_TX)
			return c->args[i].value;
	return NULL;
}

static struct run_sent *sent_new(GByteArray *bytes, uint32_t at)
{
	struct run_sent *s = g_new0(struct run_sent, 1);

	s->bytes = g_byte_array_ref(bytes);
	s->at = at;
	return s;
}

static struct run_sent *sent_empty(void)
{
	g_autoptr(GByteArray) none = g_byte_array_sized_new(1);

	return sent_new(none, 0);
}

/* tx=rest: of the region of this handle, else of the last one. */
static bool rest(struct run *r, unsigned int ep, const struct ffa_value *regs,
		 char **why)
{
	struct run_lits *l = r->lits;
	uint64_t handle = handle_of(regs, 1);
	struct run_sent *s = g_hash_table_lookup(l->sent, &handle);

	if (!s)
		s = g_hash_table_lookup(l->sent, &l->last[ep]);
	if (!s) {
		*why = g_strdup("there is no literal whose first fragment was "
				"sent: the call that begins it has tx=share{}, "
				"or the like");
		return false;
	}
	l->now = sent_new(s->bytes, s->at);
	return true;
}

static bool literal(struct run *r, unsigned int ep, const struct ffs_value *v,
		    char **why)
{
	struct lit *l = run_lit(r, v, ep, why);
	g_autoptr(GByteArray) bytes = NULL;

	if (!l)
		return false;
	bytes = lit_encode(l);
	lit_free(l);
	r->lits->now = sent_new(bytes, 0);
	return true;
}

static void forget_now(struct run_lits *l)
{
	if (!l->now)
		return;
	g_byte_array_unref(l->now->bytes);
	g_free(l->now);
	l->now = NULL;
}

/* A buffer of that name has a size, too. */
static void imply_pages(const struct run *r, const struct ffs_call *c,
			struct ffa_value *regs)
{
	const struct board_mem *m = regs->x[BUF] ?
		board_mem_at(r->board, regs->x[BUF]) : NULL;

	if (m && m->base == regs->x[BUF] && !is_given(c, PAGES))
		regs->x[PAGES] = (uint32_t)m->pages;
}

bool run_lit_call(struct run *r, unsigned int ep, const struct ffs_call *c,
		  struct ffa_value *regs, char **why)
{
	enum lit_kind kind = c->raw ? LIT_KINDS : kind_of(c->fn);
	const struct ffs_value *tx = tx_of(c);
	struct run_lits *l = r->lits;
	unsigned int reg = frag_reg(kind);
	uint32_t left, len;
	uint8_t *to;
	gsize size;

	forget_now(l);
	if (kind == LIT_KINDS) {
		if (tx && !run_is_msg(tx))
			*why = g_strdup("this version has no literal for "
					"that call");
		return !*why;
	}
	if (has_len(kind))
		imply_pages(r, c, regs);
	if (tx && tx->kind == FFS_V_ID && !strcmp(tx->text, "rest")) {
		if (!rest(r, ep, regs, why))
			return false;
	} else if (tx) {
		if (!literal(r, ep, tx, why))
			return false;
	} else if (l->written[ep]) {
		l->now = sent_new(l->written[ep], 0);
	}
	g_clear_pointer(&l->written[ep], g_byte_array_unref);
	if (!l->now)
		return true;
	to = place(r, ep, kind, regs, &size);
	left = l->now->bytes->len - l->now->at;
	if (has_len(kind) && !is_given(c, LEN))
		regs->x[LEN] = left;
	len = has_len(kind) ? (uint32_t)regs->x[LEN] : left;
	if (reg && !is_given(c, reg))
		regs->x[reg] = size && len > size ? (uint32_t)size : len;
	if (reg)
		left = MIN(left, (uint32_t)regs->x[reg]);
	if (tx)
		fill(to, size, l->now->bytes->data + l->now->at, left);
	return true;
}

void run_lit_called(struct run *r, const struct ffa_value *in,
		    const struct spmc_outcome *out)
{
	enum lit_kind kind = kind_of(ffa_fn_find(in->x[0]));
	enum ffa_fn answer = ffa_fn_find(out->regs.x[0]);
	struct run_lits *l = r->lits;
	uint64_t handle = handle_of(&out->regs, 1);

	if (kind == LIT_KINDS || out->rule) {
		forget_now(l);
		return;
	}
	if (answer == FFA_FN_SUCCESS) {		/* that was the last one */
		handle = handle_of(&out->regs, 2);
		g_hash_table_remove(l->sent, &handle);
	}
	if (answer == FFA_FN_MEM_FRAG_RX) {
		const struct run_sent *old = g_hash_table_lookup(l->sent,
								 &handle);

		if (!l->now)
			l->now = old ? sent_new(old->bytes, 0) : sent_empty();
		l->now->at = MIN((uint32_t)out->regs.x[3],
				 l->now->bytes->len);
		l->now->buf = old ? old->buf : in->x[BUF];
		l->now->pages = old ? old->pages : (uint32_t)in->x[PAGES];
		l->last[out->endpoint] = handle;
		g_hash_table_replace(l->sent, g_memdup2(&handle, 8),
				     g_steal_pointer(&l->now));
	}
	forget_now(l);
}

bool run_lit_tx(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		uint8_t *to, gsize size)
{
	struct run_lits *l = r->lits;
	g_autofree char *why = NULL;

	forget_now(l);
	if (!literal(r, ep, ffs_pos(s, 1), &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	fill(to, size, l->now->bytes->data, l->now->bytes->len);
	g_clear_pointer(&l->written[ep], g_byte_array_unref);
	l->written[ep] = g_byte_array_ref(l->now->bytes);
	forget_now(l);
	return true;
}

/* -- trace ---------------------------------------------------------------- */

/* What a call with these registers finds; NULL if it looks at nothing. */
static struct lit *found(struct run *r, unsigned int ep, enum lit_kind kind,
			 const struct ffa_value *regs, gsize *size)
{
	const uint8_t *from = place(r, ep, kind, regs, size);
	gsize len = *size;
	struct lit *l;

	if (from && kind == LIT_RELINQUISH) {
		struct ffa_mem_relinquish d;

		memcpy(&d, from, sizeof(d));
		/* nobody looks at more than one endpoint */
		len = sizeof(d) + 2 * (gsize)CLAMP(d.endpoint_count, 1, 64);
	} else if (from) {
		len = MIN(len, (uint32_t)regs->x[frag_reg(kind)]);
	}
	if (!from || !len)
		return NULL;
	l = lit_decode(kind, run_version(r, ep),
		       r->board->parts[ep].id, from, len);
	return l ? l : lit_of_bytes(from, len);
}

/* Leaves a register to its default, or has it said that it is zero. */
static void leave_out(struct ffa_value *regs, unsigned int reg, uint64_t dflt,
		      const char *name, bool abbrev, GString *zeros)
{
	if (!regs->x[reg] && dflt)
		g_string_append_printf(zeros, ", %s=0", name);
	else if (abbrev && regs->x[reg] == dflt)
		regs->x[reg] = 0;
}

/* `l`: what it finds, or NULL. */
static void print_call(GString *to, struct run *r, unsigned int ep,
		       enum lit_kind kind, const struct ffa_value *regs,
		       const struct lit *l, gsize size)
{
	const struct board_mem *m = board_mem_at(r->board, regs->x[BUF]);
	struct codec_ctx ctx = run_ctx(r, ep);
	bool abbrev = ctx.mode == CODEC_ABBREV;
	g_autoptr(GString) zeros = g_string_new(NULL);
	g_autoptr(GByteArray) all = l ? lit_encode(l) : g_byte_array_new();
	struct ffa_value said = *regs;
	uint64_t len = has_len(kind) ? regs->x[LEN] : all->len;
	gsize open;

	if (has_len(kind) && l)
		leave_out(&said, LEN, all->len, "len", abbrev, zeros);
	if (has_len(kind) && m && m->base == regs->x[BUF])
		leave_out(&said, PAGES, m->pages, "pages", abbrev, zeros);
	if (frag_reg(kind) && l)
		leave_out(&said, frag_reg(kind), MIN(len, size), "frag",
			  abbrev, zeros);
	open = to->len;
	codec_call(to, &ctx, &said);
	g_string_truncate(to, to->len - 1);	/* ) */
	open = strchr(to->str + open, '(') + 1 - to->str;
	if (l) {
		g_autoptr(GString) tx = g_string_new("tx=");

		lit_print(tx, l, r->board);
		g_string_append(tx, to->len > open ? ", " : "");
		g_string_insert(to, (gssize)open, tx->str);
	}
	if (ctx.mode != CODEC_RAW)
		g_string_append(to, zeros->str);
	g_string_append_c(to, ')');
}

void run_lit_print(GString *to, struct run *r, unsigned int ep,
		   const struct ffa_value *regs)
{
	enum ffa_fn fn = ffa_fn_find(regs->x[0]);
	enum lit_kind kind = kind_of(fn);
	struct codec_ctx ctx = run_ctx(r, ep);
	struct ffa_value v = *regs;
	struct lit *l = NULL;
	gsize size = 0;

	if (kind != LIT_KINDS) {
		if (!ffa_is_64(v.x[0]))
			v.x[BUF] = (uint32_t)v.x[BUF];
		l = found(r, ep, kind, &v, &size);
	}
	if (kind != LIT_KINDS && regs->x[0] == ffa_fns[fn].fid) {
		print_call(to, r, ep, kind, regs, l, size);
	} else {
		/* SMC() has no tx= */
		if (l) {
			g_string_append_printf(to, "tx %s ", run_name(r, ep));
			lit_print(to, l, r->board);
			g_string_append_c(to, '\n');
		}
		codec_call(to, &ctx, regs);
	}
	lit_free(l);
}

/* -- what a driver sends --------------------------------------------------- */

void run_lit_leave(const struct ffs_call *c, struct run_match *m)
{
	const struct codec_form form = { c->fn, false, FFA_FN_UNKNOWN };
	enum lit_kind kind = kind_of(c->fn);
	const struct ffa_field *f;
	unsigned int n;

	if (kind == LIT_KINDS || !frag_reg(kind))
		return;
	f = codec_fields(&form, &n);
	for (unsigned int i = 0; i < n; i++) {
		struct codec_match any = {
			.name = f[i].name, .kind = CODEC_ANY,
		};

		if (!is_given(c, f[i].reg) &&
		    (f[i].reg == frag_reg(kind) ||
		     (has_len(kind) && (f[i].reg == LEN ||
					f[i].reg == PAGES))))
			g_array_append_val(m->items, any);
	}
}

/* A fragment: bytes are all that can be held against it. */
static void diff_bytes(const struct run *r, const struct run_sent *want,
		       const uint8_t *from, gsize len, GPtrArray *diffs)
{
	gsize n = MIN(len, want->bytes->len - want->at);
	struct lit *a = lit_of_bytes(want->bytes->data + want->at, n);
	struct lit *b = lit_of_bytes(from, len);

	run_lit_diffs(r, a, b, diffs);
	lit_free(a);
	lit_free(b);
}

bool run_lit_made(struct run *r, unsigned int ep, const struct ffs_call *c,
		  const struct ffa_value *regs, bool commit, GPtrArray *diffs,
		  char **why)
{
	enum lit_kind kind = c->raw ? LIT_KINDS : kind_of(c->fn);
	const struct ffs_value *tx = tx_of(c);
	struct lit *want = NULL, *got = NULL;
	bool ok = true;
	uint8_t *from;
	gsize size, len;

	forget_now(r->lits);
	if (tx && run_is_msg(tx))
		return run_msg_made(r, tx, ep, regs, diffs, why);
	if (kind == LIT_KINDS || !tx)
		return true;
	from = place(r, ep, kind, regs, &size);
	len = MIN(size, frag_reg(kind) ? (uint32_t)regs->x[frag_reg(kind)] :
		  size);
	if (!from) {
		codec_diffs_add(diffs, "tx", g_strdup("a descriptor"),
				g_strdup("no buffer that one could be in"));
		return true;
	}
	if (tx->kind == FFS_V_ID) {	/* rest */
		ok = rest(r, ep, regs, why);
		if (ok)
			diff_bytes(r, r->lits->now, from, len, diffs);
	} else {
		ok = literal(r, ep, tx, why);
		want = ok ? run_lit(r, tx, ep, why) : NULL;
		got = want ? found(r, ep, kind, regs, &size) : NULL;
		if (got && has_len(kind) &&
		    (uint32_t)regs->x[FRAG] < (uint32_t)regs->x[LEN])
			diff_bytes(r, r->lits->now, from, len, diffs);
		else if (got)
			run_lit_diffs(r, want, got, diffs);
		else if (want)
			codec_diffs_add(diffs, "tx", g_strdup("a descriptor"),
					g_strdup("none: its length is 0"));
	}
	lit_free(want);
	lit_free(got);
	if (!commit || !ok)
		forget_now(r->lits);
	return ok;
}
