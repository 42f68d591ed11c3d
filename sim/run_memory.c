/* SPDX-License-Identifier: BSD-3-Clause */
/* What endpoints and files do to memory: store, load, poke, tx, rx. */
#include <string.h>

#include "ffa/ffa_desc.h"
#include "run_lit.h"
#include "run_priv.h"

enum { MOST = 16 << 20 };	/* bytes that one line can look at */

/* A place that a line names: bytes of a buf or mem, or a plain address. */
struct place {
	const struct board_mem *mem;	/* NULL: an address */
	uint64_t start;			/* offset in mem, or address */
	uint64_t len;
	bool has_len;
};

static bool in_mem(const struct place *p, char **why)
{
	uint64_t size;

	if (p->len > MOST) {
		*why = g_strdup("a line takes at most 16M bytes");
		return false;
	}
	if (!p->mem)
		return true;
	size = p->mem->pages * FFA_PAGE_SIZE;
	if (p->start <= size && p->len <= size - p->start)
		return true;
	*why = g_strdup_printf("%s has %" G_GUINT64_FORMAT " bytes",
			       p->mem->name, size);
	return false;
}

/* shm, shm[a..b] (b does not belong to it), shm[a], shm+a, 0x8900_0000 */
static bool place_of(struct run *r, const struct ffs_value *v,
		     struct place *p, char **why)
{
	const struct ffs_value *base = v, *at = NULL;
	uint64_t end, more;

	*p = (struct place){ 0 };
	if (v->kind == FFS_V_INDEX) {
		base = v->base;
		at = v->items[0].value;
	} else if (v->kind == FFS_V_SUM) {
		base = v->items[0].value;
	}
	if (base->kind == FFS_V_ID)
		p->mem = board_mem(r->board, base->text);
	if (!p->mem && !run_number(r, base, &p->start, why))
		return false;
	for (unsigned int i = 1; v->kind == FFS_V_SUM && i < v->count; i++) {
		if (!run_number(r, v->items[i].value, &more, why))
			return false;
		p->start += more;
	}
	if (at && at->kind == FFS_V_RANGE) {
		if (!run_number(r, at->items[0].value, &more, why) ||
		    !run_number(r, at->items[1].value, &end, why))
			return false;
		if (end <= more) {
			*why = g_strdup("[a..b] is the bytes from a up to b, "
					"without b: there are none");
			return false;
		}
		p->start += more;
		p->len = end - more;
		p->has_len = true;
	} else if (at) {
		if (!run_number(r, at, &more, why))
			return false;
		p->start += more;
	}
	return in_mem(p, why);
}

static uint64_t address(const struct place *p, uint64_t offset)
{
	return p->mem ? board_mem_pa(p->mem, p->start + offset) :
			p->start + offset;
}

/* The bytes that a value stands for; a number is little-endian. */
static GByteArray *bytes_of(struct run *r, const struct ffs_value *v,
			    struct place *p, char **why)
{
	g_autoptr(GByteArray) to = g_byte_array_new();
	uint64_t num, le;

	if (v && v->kind == FFS_V_STR) {
		if (p->has_len && p->len != v->len) {
			*why = g_strdup_printf(
				"the place has %" G_GUINT64_FORMAT " bytes, "
				"the string %" G_GSIZE_FORMAT, p->len, v->len);
			return NULL;
		}
		p->len = v->len;
		g_byte_array_append(to, v->bytes, v->len);
		return in_mem(p, why) ? g_steal_pointer(&to) : NULL;
	}
	if (!p->has_len)
		p->len = 8;
	if (!in_mem(p, why) || (v && !run_number(r, v, &num, why)))
		return NULL;
	if (!v)
		num = 0;
	if (p->len < 8 && num >> (8 * p->len)) {
		*why = g_strdup_printf("the number does not fit into %"
				       G_GUINT64_FORMAT " bytes", p->len);
		return NULL;
	}
	if (p->len > 8 && num > 0xff) {
		*why = g_strdup("a place of more than 8 bytes takes a string, "
				"or a number below 0x100 for each byte");
		return NULL;
	}
	g_byte_array_set_size(to, p->len);
	memset(to->data, p->len > 8 ? (int)num : 0, p->len);
	le = GUINT64_TO_LE(num);
	if (p->len <= 8)
		memcpy(to->data, &le, p->len);
	return g_steal_pointer(&to);
}

static bool is_fault(const struct ffs_value *v)
{
	return v && v->kind == FFS_V_ID && !g_ascii_strcasecmp(v->text,
							       "fault");
}

static bool wants_fault(const struct ffs_stmt *s)
{
	for (unsigned int i = 0; i < s->opt_count; i++)
		if (s->opts[i].name && !strcmp(s->opts[i].name, "expect"))
			return is_fault(s->opts[i].value);
	return is_fault(s->value);
}

/* Page by page, because pages of a mem need not be adjacent. */
static bool access_place(struct run *r, const struct ffs_stmt *s,
			 unsigned int ep, const struct place *p,
			 uint8_t *data, bool write,
			 struct machine_fault *fault)
{
	for (uint64_t done = 0, part; done < p->len; done += part) {
		uint64_t pa = address(p, done);

		part = MIN(p->len - done,
			   FFA_PAGE_SIZE - pa % FFA_PAGE_SIZE);
		run_lint_access(r, s, ep, pa, part);
		if (write ? !machine_store(r->machine, ep, pa, data + done,
					   part, fault) :
			    !machine_load(r->machine, ep, pa, data + done,
					  part, fault))
			return false;
	}
	return true;
}

/* -- store, load ----------------------------------------------------------- */

static void hex_text(GString *to, const uint8_t *data, gsize len)
{
	bool text = len;

	for (gsize i = 0; i < len; i++)
		text &= g_ascii_isprint(data[i]) && data[i] != '"' &&
			data[i] != '\\';
	if (text) {
		g_string_append_printf(to, "\"%.*s\"", (int)len, data);
		return;
	}
	if (len <= 8) {
		uint64_t num = 0;

		memcpy(&num, data, len);
		g_string_append_printf(to, "0x%" G_GINT64_MODIFIER "x",
				       GUINT64_FROM_LE(num));
		return;
	}
	g_string_append_c(to, '"');
	for (gsize i = 0; i < len; i++)
		g_string_append_printf(to, "\\x%02x", data[i]);
	g_string_append_c(to, '"');
}

static void fault_lines(struct mismatch *m, struct run *r, unsigned int ep,
			const struct machine_fault *f)
{
	const struct memory_range *range =
		memory_range(machine_memory(r->machine), f->pa);
	const struct board_mem *mem = board_mem_at(r->board, f->pa);
	int owner = run_owner(r, f->pa);

	mismatch_line(m, "got", "= fault at 0x%" G_GINT64_MODIFIER "x, a %s",
		      f->pa, f->write ? "write" : "read");
	if (!range) {
		mismatch_line(m, "page", "there is no memory");
		return;
	}
	mismatch_line(m, "page", "%s%s%s memory%s%s, owned by %s; %s may %s",
		      range->attrs & SPMC_REGION_SECURE ? "secure" :
		      "non-secure",
		      range->attrs & SPMC_REGION_DEVICE ? " device" : "",
		      range->attrs & SPMC_REGION_READ_ONLY ? " read-only" : "",
		      mem ? " of " : "", mem ? mem->name : "",
		      owner < 0 ? "nobody" : run_name(r, (unsigned int)owner),
		      run_name(r, ep),
		      !f->access ? "not access it" :
		      f->access & SPMC_ACCESS_WRITE ? "read and write it" :
		      "only read it");
}

static bool faulted(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		    const struct machine_fault *f)
{
	struct mismatch *m;

	if (wants_fault(s))
		return true;
	m = mismatch_new(r, s);
	mismatch_line(m, "expected", "%s may %s it", run_name(r, ep),
		      f->write ? "write" : "read");
	fault_lines(m, r, ep, f);
	return mismatch_end(m, RUN_FAIL);
}

static bool no_fault(struct run *r, const struct ffs_stmt *s, unsigned int ep)
{
	struct mismatch *m = mismatch_new(r, s);

	mismatch_line(m, "expected", "= fault");
	mismatch_line(m, "got", "the access: %s may do this", run_name(r, ep));
	return mismatch_end(m, RUN_FAIL);
}

bool run_store(struct run *r, const struct ffs_stmt *s, unsigned int ep)
{
	const struct ffs_value *v = is_fault(s->value) ? NULL : s->value;
	g_autofree char *why = NULL;
	struct machine_fault fault;
	g_autoptr(GByteArray) data = NULL;
	struct place p;

	if (place_of(r, s->args[0].value, &p, &why))
		data = bytes_of(r, v, &p, &why);
	if (!data)
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (!access_place(r, s, ep, &p, data->data, true, &fault))
		return faulted(r, s, ep, &fault);
	return wants_fault(s) ? no_fault(r, s, ep) : true;
}

static bool load_differs(struct run *r, const struct ffs_stmt *s,
			 const struct place *p, const GByteArray *want,
			 const uint8_t *got)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) expected = g_string_new(NULL);
	struct mismatch *m;
	guint at = 0;

	hex_text(text, got, want->len);
	if (run_edit_text(r, &s->value->loc, text->str))
		return true;
	m = mismatch_new(r, s);
	while (at < want->len && want->data[at] == got[at])
		at++;
	hex_text(expected, want->data, want->len);
	mismatch_line(m, "expected", "= %s", expected->str);
	mismatch_line(m, "got", "= %s", text->str);
	mismatch_line(m, "byte", "%u is the first that differs, at "
		      "0x%" G_GINT64_MODIFIER "x", at, address(p, at));
	return mismatch_end(m, RUN_FAIL);
}

bool run_load(struct run *r, const struct ffs_stmt *s, unsigned int ep)
{
	const struct ffs_value *v = is_fault(s->value) ||
		(s->value && s->value->kind == FFS_V_ANY) ? NULL : s->value;
	g_autofree char *why = NULL;
	struct machine_fault fault;
	g_autoptr(GByteArray) want = NULL;
	g_autofree uint8_t *got = NULL;
	struct place p;

	if (place_of(r, s->args[0].value, &p, &why))
		want = bytes_of(r, v, &p, &why);
	if (!want)
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	got = g_malloc0(want->len + 1);
	if (!access_place(r, s, ep, &p, got, false, &fault))
		return faulted(r, s, ep, &fault);
	if (wants_fault(s))
		return no_fault(r, s, ep);
	if (v && memcmp(got, want->data, want->len))
		return load_differs(r, s, &p, want, got);
	return true;
}

/* -- poke ------------------------------------------------------------------ */

void *run_host(struct run *r, uint64_t pa, gsize len)
{
	const struct memory_range *range =
		memory_range(machine_memory(r->machine), pa);

	if (!range)
		return NULL;
	return machine_map(r->machine, pa, len,
			   range->attrs & SPMC_REGION_SECURE);
}

bool run_poke(struct run *r, const struct ffs_stmt *s)
{
	const struct ffs_value *width = ffs_pos(s, 1), *v = ffs_pos(s, 2);
	g_autofree char *why = NULL;
	g_autoptr(GByteArray) data = NULL;
	struct place p;

	if (!place_of(r, ffs_pos(s, 0), &p, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (width->kind == FFS_V_ID) {
		p.has_len = true;
		p.len = strtoul(width->text + 1, NULL, 10) / 8;
	} else {
		v = width;
	}
	data = bytes_of(r, v, &p, &why);
	if (!data)
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	for (uint64_t i = 0; i < p.len; i++) {
		uint8_t *at = run_host(r, address(&p, i), 1);

		if (!at)
			return run_fail(r, s, RUN_FAIL,
				"there is no RAM at 0x%" G_GINT64_MODIFIER "x",
				address(&p, i));
		*at = data->data[i];
	}
	return true;
}

/* -- tx, rx ---------------------------------------------------------------- */

/* Host address of a mapped buffer of the part that a line names. */
static uint8_t *buffer(struct run *r, const struct ffs_stmt *s, bool is_tx,
		       unsigned int *endpoint, gsize *size)
{
	const char *name = ffs_pos(s, 0)->text;
	const struct board_part *p = name ? board_part(r->board, name) : NULL;
	uint64_t tx, rx, pa;
	unsigned int pages;
	uint8_t *at;

	if (!p) {
		run_fail(r, s, RUN_BAD_FILE, "there is no part of this name");
		return NULL;
	}
	*endpoint = p->index;
	if (!run_rxtx(r, p->index, &tx, &rx, &pages)) {
		run_fail(r, s, RUN_FAIL, "%s has no buffers registered: "
			 "FFA_RXTX_MAP comes first", p->name);
		return NULL;
	}
	pa = is_tx ? tx : rx;
	*size = (gsize)pages * FFA_PAGE_SIZE;
	at = run_host(r, pa, *size);
	if (!at)
		run_fail(r, s, RUN_FAIL, "the %s buffer of %s is no RAM",
			 is_tx ? "TX" : "RX", p->name);
	return at;
}

/* A number behind key= of a literal. */
static bool entry(struct run *r, const struct ffs_value *block,
		  const char *key, uint64_t *num, char **why)
{
	for (unsigned int i = 0; i < block->count; i++) {
		const struct ffs_arg *a = &block->items[i];

		if (a->name && !strcmp(a->name, key))
			return run_number(r, a->value, num, why);
	}
	return true;
}

static uint64_t pages_at(const struct run *r, uint64_t pa)
{
	const struct board_mem *m = board_mem_at(r->board, pa);

	return m && m->base == pa ? m->pages : 1;
}

/*
 * rxtx{id=VM rx=BUF tx=BUF}: what a hypervisor writes before it forwards the
 * FFA_RXTX_MAP of a VM. Also: rx-pages= tx-pages= (default: the size of the
 * buf), rx-off= tx-off= (of the composites: 16, 48).
 */
static bool write_rxtx(struct run *r, const struct ffs_value *block,
		       uint8_t *to, gsize size, char **why)
{
	uint64_t id = 0, rx = 0, tx = 0, rx_off = 16, tx_off = 48;
	uint64_t rx_pages, tx_pages;
	struct ffa_rxtx_desc d;

	if (!entry(r, block, "id", &id, why) ||
	    !entry(r, block, "rx", &rx, why) ||
	    !entry(r, block, "tx", &tx, why))
		return false;
	rx_pages = pages_at(r, rx);
	tx_pages = pages_at(r, tx);
	if (!entry(r, block, "rx-off", &rx_off, why) ||
	    !entry(r, block, "tx-off", &tx_off, why) ||
	    !entry(r, block, "rx-pages", &rx_pages, why) ||
	    !entry(r, block, "tx-pages", &tx_pages, why))
		return false;
	d = (struct ffa_rxtx_desc){ id, 0, rx_off, tx_off };
	memset(to, 0, size);
	memcpy(to, &d, sizeof(d));
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t off = i ? tx_off : rx_off;
		struct ffa_composite c = {
			.page_count = i ? tx_pages : rx_pages,
			.range_count = 1,
		};
		struct ffa_constituent k = {
			.address = i ? tx : rx,
			.page_count = c.page_count,
		};

		/* An offset may be wrong on purpose. */
		if (off > size || size - off < sizeof(c) + sizeof(k))
			continue;
		memcpy(to + off, &c, sizeof(c));
		memcpy(to + off + sizeof(c), &k, sizeof(k));
	}
	return true;
}

bool run_tx(struct run *r, const struct ffs_stmt *s)
{
	const struct ffs_value *block = ffs_pos(s, 1);
	g_autofree char *why = NULL;
	unsigned int ep;
	gsize size;
	uint8_t *to = buffer(r, s, true, &ep, &size);

	if (!to)
		return false;
	if (run_is_lit(s))
		return run_lit_tx(r, s, ep, to, size);
	if (run_is_msg(block))
		return run_msg_write(r, block, ep, to, size, &why) ||
		       run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (!block->text || strcmp(block->text, "rxtx"))
		return run_fail(r, s, RUN_BAD_FILE, "this version has no such "
				"literal");
	if (!write_rxtx(r, block, to, size, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	return true;
}

/* A field of a descriptor of any size? */
static bool is_info_field(const char *name)
{
	unsigned int n;
	const struct ffa_field *fields =
		codec_partinfo_fields(sizeof(struct ffa_partition_info_v1_3),
				      &n);

	for (unsigned int i = 0; i < n && name; i++)
		if (!strcmp(fields[i].name, name))
			return true;
	return false;
}

/*
 * One {id= ec= ...} against a descriptor: NULL if it matches (or *why is
 * set), else the differences.
 */
static GPtrArray *match_info(struct run *r, const struct codec_ctx *ctx,
			     const struct ffs_value *block, unsigned int size,
			     const uint8_t *desc, char **why)
{
	const struct ffa_field *fields;
	GPtrArray *diffs = NULL;
	struct run_match m;
	struct ffa_value regs;
	unsigned int n;
	bool ok = true;

	if (block->kind == FFS_V_ANY)
		return NULL;
	fields = codec_partinfo_fields(size, &n);
	run_match_init(&m);
	for (unsigned int i = 0; i < block->count && ok; i++) {
		const struct ffs_arg *a = &block->items[i];
		const struct ffa_field *f = NULL;

		for (unsigned int k = 0; k < n && a->name; k++)
			if (!strcmp(fields[k].name, a->name))
				f = &fields[k];
		/* what another version has can be anything in this one */
		if (!f && a->value->kind == FFS_V_ANY && is_info_field(a->name))
			continue;
		ok = f && run_match_add(r, &m, a->name, f, a->value, why);
		if (!f)
			*why = g_strdup_printf("a descriptor of %u bytes has "
				"no field %s", size, a->name ? a->name : "");
	}
	codec_partinfo_load(&regs, desc, size);
	if (ok)
		diffs = codec_partinfo_match(ctx, size,
			(const struct codec_match *)m.items->data,
			m.items->len, false, &regs);
	if (ok && !diffs)
		run_match_commit(r, &m);
	run_match_clear(&m);
	return diffs;
}

static void info_lines(struct mismatch *m, unsigned int nth,
		       const GPtrArray *diffs)
{
	for (guint i = 0; i < diffs->len; i++) {
		const struct codec_diff *d = diffs->pdata[i];

		mismatch_line(m, "field", "%s of descriptor %u: expected %s, "
			      "got %s", d->field, nth, d->expected, d->actual);
	}
}

static bool rx_differs(struct run *r, const struct ffs_stmt *s,
		       const char *got, unsigned int count, unsigned int nth,
		       const GPtrArray *diffs)
{
	const struct ffs_value *block = ffs_pos(s, 1);
	g_autoptr(GString) expected = g_string_new(NULL);
	struct mismatch *m;

	if (run_edit_text(r, &block->loc, got))
		return true;
	m = mismatch_new(r, s);
	ffs_format_value(expected, block);
	mismatch_line(m, "expected", "%s", expected->str);
	mismatch_line(m, "got", "%s", got);
	if (diffs)
		info_lines(m, nth, diffs);
	else
		mismatch_line(m, "count", "expected %u descriptor%s, got %u",
			      block->count, block->count == 1 ? "" : "s",
			      count);
	return mismatch_end(m, RUN_FAIL);
}

bool run_rx(struct run *r, const struct ffs_stmt *s)
{
	const struct ffs_value *block = ffs_pos(s, 1);
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) diffs = NULL;
	g_autoptr(GString) got = NULL;
	unsigned int ep, size, count, i = 0;
	struct codec_ctx ctx;
	gsize room;
	uint8_t *from = buffer(r, s, false, &ep, &room);

	if (!from)
		return false;
	if (run_is_lit(s))
		return run_lit_rx(r, s, ep);
	if (run_is_msg(block))
		return run_msg_rx(r, s, ep, from, room);
	ctx = run_ctx(r, ep);
	size = r->info[ep].size ? r->info[ep].size :
	       sizeof(struct ffa_partition_info_v1_0);
	count = MIN(r->info[ep].count, room / size);
	for (; i < MIN(count, block->count) && !diffs && !why; i++)
		diffs = match_info(r, &ctx, block->items[i].value, size,
				   from + i * size, &why);
	if (why)
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (!diffs && count == block->count)
		return true;
	got = g_string_new(count ? "{ " : "{");
	codec_partinfo_print(got, &ctx, from, size, count);
	g_string_append(got, count ? " }" : "}");
	return rx_differs(r, s, got->str, count, i, diffs);
}
