/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Indirect messages as literals: msg{to=sp1 uuid=... "bytes"}. The header has
 * the layout of the version of the buffer's owner; every field of it can be
 * given, right or wrong.
 */
#include <string.h>

#include "ffa/ffa_desc.h"
#include "run_priv.h"

bool run_is_msg(const struct ffs_value *v)
{
	return v->kind == FFS_V_BLOCK && v->text && !strcmp(v->text, "msg");
}

static unsigned int header_size(const struct run *r, unsigned int ep)
{
	return run_version(r, ep) < FFA_V1_2 ?
	       sizeof(struct ffa_msg_header_v1_1) :
	       sizeof(struct ffa_msg_header);
}

/* The one entry without name: the bytes. False if it is not right. */
static bool body_of(const struct run *r, const struct ffs_value *v,
		    const struct ffs_value **body, char **why)
{
	*body = NULL;
	for (unsigned int i = 0; i < v->count; i++) {
		const struct ffs_value *one = v->items[i].value;

		if (v->items[i].name)
			continue;
		if (one->kind == FFS_V_USE && board_param(r->board, one->text))
			one = board_param(r->board, one->text);
		if (*body || (one->kind != FFS_V_STR &&
			      one->kind != FFS_V_ANY)) {
			*why = g_strdup("msg{} holds fields, and one string: "
					"the message");
			return false;
		}
		*body = one;
	}
	return true;
}

static bool gives(const struct ffs_value *v, const char *name)
{
	for (unsigned int i = 0; i < v->count; i++)
		if (v->items[i].name && !strcmp(v->items[i].name, name))
			return true;
	return false;
}

/* -- tx -------------------------------------------------------------------- */

static bool set_fields(struct run *r, const struct ffs_value *v,
		       unsigned int head, struct ffa_value *regs, char **why)
{
	for (unsigned int i = 0; i < v->count; i++) {
		const struct ffs_arg *a = &v->items[i];
		g_autoptr(GError) error = NULL;
		const struct ffa_field *f;
		struct codec_value value;

		if (!a->name)
			continue;
		f = codec_msg_field(head, a->name, &error);
		if (f && !run_eval(r, a->value, f, &value, why))
			return false;
		if (!f || !codec_msg_set(regs, f, &value, &error)) {
			*why = g_strdup(error->message);
			return false;
		}
	}
	return true;
}

static void put(struct ffa_value *regs, unsigned int head, const char *name,
		uint64_t num)
{
	const struct codec_value value = { .num = num };

	codec_msg_set(regs, codec_msg_field(head, name, NULL), &value, NULL);
}

bool run_msg_write(struct run *r, const struct ffs_value *v, unsigned int from,
		   uint8_t *to, gsize size, char **why)
{
	unsigned int head = header_size(r, from);
	struct ffa_msg_header_v1_1 as;
	const struct ffs_value *body;
	struct ffa_value regs;
	gsize len;

	if (!body_of(r, v, &body, why))
		return false;
	len = body ? body->len : 0;
	codec_msg_begin(&regs, head, r->board->parts[from].id);
	put(&regs, head, "offset", head);
	put(&regs, head, "size", len);
	if (!set_fields(r, v, head, &regs, why))
		return false;
	memset(to, 0, size);
	codec_partinfo_store(&regs, to, head);
	memcpy(&as, to, sizeof(as));
	/* It may be meant not to fit. */
	if (len && as.offset < size)
		memcpy(to + as.offset, body->bytes,
		       MIN(len, size - as.offset));
	return true;
}

unsigned int run_msg_sender(const struct run *r, unsigned int ep,
			    const struct ffa_value *regs)
{
	uint16_t id = regs->x[1] >> 16 & 0xffff;
	uint64_t tx, rx;
	unsigned int pages;
	int found = id ? spmc_find(r->spmc, id) : -1;

	return found >= 0 && run_rxtx(r, found, &tx, &rx, &pages) ?
	       (unsigned int)found : ep;
}

bool run_msg_call(struct run *r, const struct ffs_value *v, unsigned int ep,
		  const struct ffa_value *regs, char **why)
{
	unsigned int from = run_msg_sender(r, ep, regs), pages;
	uint64_t tx, rx;
	uint8_t *to = NULL;
	gsize size = 0;

	if (run_rxtx(r, from, &tx, &rx, &pages)) {
		size = (gsize)pages * FFA_PAGE_SIZE;
		to = run_host(r, tx, size);
	}
	if (!to) {
		*why = g_strdup_printf("%s has no TX buffer to write to: "
				       "FFA_RXTX_MAP comes first",
				       run_name(r, from));
		return false;
	}
	return run_msg_write(r, v, from, to, size, why);
}

/* -- rx -------------------------------------------------------------------- */

static void print_bytes(GString *to, const uint8_t *at, gsize len)
{
	g_string_append_c(to, '"');
	for (gsize i = 0; i < len; i++) {
		if (g_ascii_isprint(at[i]) && at[i] != '"' && at[i] != '\\')
			g_string_append_c(to, at[i]);
		else
			g_string_append_printf(to, "\\x%02x", at[i]);
	}
	g_string_append_c(to, '"');
}

/* The message in RX, as a literal that matches it. */
static char *seen(struct run *r, unsigned int ep, unsigned int head,
		  const struct ffa_value *regs, const uint8_t *body, gsize len)
{
	struct codec_ctx ctx = run_ctx(r, ep);
	GString *to = g_string_new("msg{");
	struct ffa_value rest = *regs;

	/* What the literal leaves out. */
	if ((uint32_t)regs->x[1] == head)
		put(&rest, head, "offset", 0);
	if ((uint32_t)regs->x[2] == len)
		put(&rest, head, "size", 0);
	codec_msg_print(to, &ctx, head, &rest);
	if (len) {
		if (to->str[to->len - 1] != '{')
			g_string_append_c(to, ' ');
		print_bytes(to, body, len);
	}
	g_string_append_c(to, '}');
	return g_string_free(to, FALSE);
}

static bool add_default(struct run_match *m, const char *name, uint64_t num)
{
	const struct codec_match c = {
		.name = name, .kind = CODEC_EXACT, .value.num = num,
	};

	g_array_append_val(m->items, c);
	return true;
}

static bool add_fields(struct run *r, const struct ffs_value *v,
		       unsigned int head, struct run_match *m, char **why)
{
	for (unsigned int i = 0; i < v->count; i++) {
		const struct ffs_arg *a = &v->items[i];
		g_autoptr(GError) error = NULL;
		const struct ffa_field *f;

		if (!a->name)
			continue;
		f = codec_msg_field(head, a->name, &error);
		if (!f) {
			*why = g_strdup(error->message);
			return false;
		}
		if (!run_match_add(r, m, a->name, f, a->value, why))
			return false;
	}
	return true;
}

static bool rx_differs(struct run *r, const struct ffs_stmt *s,
		       const char *got, const GPtrArray *diffs)
{
	const struct ffs_value *v = ffs_pos(s, 1);
	g_autoptr(GString) expected = g_string_new(NULL);
	struct mismatch *m;

	if (run_edit_text(r, &v->loc, got))
		return true;
	m = mismatch_new(r, s);
	ffs_format_value(expected, v);
	mismatch_line(m, "expected", "%s", expected->str);
	mismatch_line(m, "got", "%s", got);
	for (guint i = 0; diffs && i < diffs->len; i++) {
		const struct codec_diff *d = diffs->pdata[i];

		if (d->field)
			mismatch_line(m, i ? "" : "field",
				      "%s: expected %s, got %s", d->field,
				      d->expected, d->actual);
	}
	return mismatch_end(m, RUN_FAIL);
}

bool run_msg_rx(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		const uint8_t *at, gsize size)
{
	const struct ffs_value *v = ffs_pos(s, 1), *body;
	g_autofree char *why = NULL, *got = NULL;
	g_autoptr(GPtrArray) diffs = NULL;
	unsigned int head = header_size(r, ep);
	struct codec_ctx ctx = run_ctx(r, ep);
	struct ffa_value regs;
	struct run_match m;
	gsize offset, len;
	bool ok;

	if (!body_of(r, v, &body, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	codec_partinfo_load(&regs, at, head);
	offset = MIN((uint32_t)regs.x[1], size);
	len = MIN((uint32_t)regs.x[2], size - offset);
	got = seen(r, ep, head, &regs, at + offset, len);

	run_match_init(&m);
	ok = add_fields(r, v, head, &m, &why);
	if (ok && !gives(v, "offset"))
		add_default(&m, "offset", head);
	if (ok && !gives(v, "size"))
		add_default(&m, "size", body && body->kind == FFS_V_ANY ? len :
			    body ? body->len : 0);
	if (ok)
		diffs = codec_msg_match(&ctx, head,
			(const struct codec_match *)m.items->data,
			m.items->len, &regs);
	if (ok && !diffs)
		run_match_commit(r, &m);
	run_match_clear(&m);
	if (!ok)
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (diffs || (body && body->kind == FFS_V_STR &&
		      (len != body->len ||
		       memcmp(at + offset, body->bytes, len))))
		return rx_differs(r, s, got, diffs);
	return true;
}

/* -- what a driver sends ---------------------------------------------------- */

bool run_msg_made(struct run *r, const struct ffs_value *v, unsigned int ep,
		  const struct ffa_value *regs, GPtrArray *diffs, char **why)
{
	unsigned int from = run_msg_sender(r, ep, regs), pages;
	unsigned int head = header_size(r, from);
	g_autofree uint8_t *want = NULL;
	const struct ffs_value *body;
	const uint8_t *got = NULL;
	struct ffa_value a, b;
	uint64_t tx, rx;
	gsize size = 0, at, len;

	if (spmc_rxtx(r->spmc, from, &tx, &rx, &pages)) {
		size = (gsize)pages * FFA_PAGE_SIZE;
		got = run_host(r, tx, size);
	}
	if (!got) {
		codec_diffs_add(diffs, "tx", g_strdup("a message"),
				g_strdup("no TX buffer"));
		return true;
	}
	want = g_malloc0(size);
	if (!body_of(r, v, &body, why) ||
	    !run_msg_write(r, v, from, want, size, why))
		return false;
	codec_partinfo_load(&a, want, head);
	codec_partinfo_load(&b, got, head);
	at = MIN((uint32_t)a.x[1], size);
	len = MIN(body ? body->len : 0, size - at);
	if (memcmp(want, got, head) || memcmp(want + at, got + at, len)) {
		gsize got_at = MIN((uint32_t)b.x[1], size);

		codec_diffs_add(diffs, "tx",
				seen(r, from, head, &a, want + at, len),
				seen(r, from, head, &b, got + got_at,
				     MIN((uint32_t)b.x[2], size - got_at)));
	}
	return true;
}
