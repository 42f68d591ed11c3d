/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of literals, and their bytes. */
#include "lit.h"

#include <string.h>

/* -- words -------------------------------------------------------------------- */

#define SEND	(1u << LIT_SHARE | 1u << LIT_LEND | 1u << LIT_DONATE)
#define HEAD	(SEND | 1u << LIT_RETRIEVE | 1u << LIT_RESP)
#define BODY	(SEND | 1u << LIT_RESP)
#define RELINQ	(1u << LIT_RELINQUISH)

static const struct lit_word attributes[] = {
	{ "normal", 0x20, 0x30, 0, 0 }, { "device", 0x10, 0x30, 0, 0 },
	{ "wb", 0xc, 0xc, 0x20, 0x20 }, { "nc", 4, 0xc, 0x20, 0x20 },
	{ "nGnRE", 4, 0xc, 0x30, 0x10 }, { "nGRE", 8, 0xc, 0x30, 0x10 },
	{ "GRE", 0xc, 0xc, 0x30, 0x10 },
	{ "os", 2, 3, 0, 0 }, { "is", 3, 3, 0, 0 }, { "ns", 0x40, 0x40, 0, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct lit_word flags[] = {
	{ "share", 8, 0x18, 0, 0 }, { "lend", 0x10, 0x18, 0, 0 },
	{ "donate", 0x18, 0x18, 0, 0 }, { "zero", 1, 1, 0, 0 },
	{ "slice", 2, 2, 0, 0 }, { "zero-after", 4, 4, 0, 0 },
	{ "hint-valid", 0x200, 0x200, 0, 0 },
	{ "bypass", 0x400, 0x400, 0, 0 }, { NULL, 0, 0, 0, 0 },
};

const struct lit_word lit_permissions[] = {
	{ "ro", 1, 3, 0, 0 }, { "rw", 2, 3, 0, 0 },
	{ "data-reserved", 3, 3, 0, 0 }, { "nx", 4, 0xc, 0, 0 },
	{ "x", 8, 0xc, 0, 0 }, { "instr-reserved", 0xc, 0xc, 0, 0 },
	{ "none", 0, 0, 1, 0 }, { NULL, 0, 0, 0, 0 },
};

const struct lit_row lit_rows[LIT_ENTRIES] = {
	[LIT_HANDLE] = { "handle", HEAD | RELINQ, 64, NULL,
		"handle of the memory region" },
	[LIT_OWNER] = { "owner", HEAD, 16, NULL,
		"endpoint that sends; default: the caller, in retrieve 0" },
	[LIT_ATTR] = { "attr", HEAD, 16, attributes,
		"attributes of the memory; default: normal|wb|is where a sender says it, else 0" },
	[LIT_FLAGS] = { "flags", HEAD | RELINQ, 32, flags,
		"flags of the transaction" },
	[LIT_TAG] = { "tag", HEAD, 64, NULL, "value that the parties agreed on" },
	[LIT_COUNT] = { "count", HEAD | RELINQ, 32, NULL,
		"number of endpoints, if it is not that of to=" },
	[LIT_EMAD_SIZE] = { "emad-size", HEAD, 32, NULL,
		"size of an access descriptor, if it is not the version's" },
	[LIT_EMAD_OFFSET] = { "emad-offset", HEAD, 32, NULL,
		"where access descriptors begin, if not behind the header" },
	[LIT_RESERVED] = { "reserved", HEAD, 32, NULL,
		"word at offset 36 (1.0: byte at offset 3)" },
	[LIT_RESERVED2] = { "reserved2", HEAD, 32, NULL,
		"word at offset 40 (1.0: word at offset 24)" },
	[LIT_RESERVED3] = { "reserved3", HEAD, 32, NULL,
		"word at offset 44" },
	[LIT_COMPOSITE] = { "composite", HEAD, 32, NULL,
		"where the ranges' header is, if not behind the access descriptors" },
	[LIT_PAGES] = { "pages", BODY, 32, NULL,
		"number of pages, if it is not that of ranges=" },
	[LIT_RANGE_COUNT] = { "range-count", BODY, 32, NULL,
		"number of ranges, if it is not that of ranges=" },
	[LIT_COMPOSITE_RESERVED] = { "composite-reserved", BODY, 64, NULL,
		"reserved word of the ranges' header" },
	[LIT_VERSION] = { "version", HEAD, 32, NULL,
		"whose layout it has, if it is not the caller's version" },
	[LIT_TO] = { "to", HEAD | RELINQ, 0, NULL,
		"endpoints and what they may do: {sp1:rw-nx sp2:{ro flags=1}}" },
	[LIT_RANGES] = { "ranges", BODY | 1u << LIT_FRAG, 0, NULL,
		"memory: MEM, MEM[a..b] (pages), {ADDRESS PAGES}, or {...} of them" },
};

const struct lit_row lit_emad_rows[LIT_E_FIELDS] = {
	[LIT_E_PERM] = { "perm", 0, 8, lit_permissions, "permissions" },
	[LIT_E_FLAGS] = { "flags", 0, 8, NULL, "flags" },
	[LIT_E_COMPOSITE] = { "composite", 0, 32, NULL,
		"offset of its ranges' header" },
	[LIT_E_RESERVED] = { "reserved", 0, 64, NULL, "reserved word" },
	[LIT_E_IMPDEF] = { "impdef", 0, 64, NULL,
		"implementation-defined value: two 64-bit words" },
};

const struct lit_info lit_infos[LIT_KINDS] = {
	[LIT_SHARE] = { "share", true, false, "request of FFA_MEM_SHARE" },
	[LIT_LEND] = { "lend", true, false, "request of FFA_MEM_LEND" },
	[LIT_DONATE] = { "donate", true, false, "request of FFA_MEM_DONATE" },
	[LIT_RETRIEVE] = { "retrieve", true, false,
		"request of FFA_MEM_RETRIEVE_REQ" },
	[LIT_RELINQUISH] = { "relinquish", true, false,
		"request of FFA_MEM_RELINQUISH" },
	[LIT_RESP] = { "resp", false, true,
		"description of a region, with all fragments that came" },
	[LIT_FRAG] = { "frag", true, true, "a later fragment: ranges only" },
	[LIT_BYTES] = { "bytes", true, true,
		"the bytes of strings of hexadecimal digits" },
};

enum lit_kind lit_kind_named(const char *name)
{
	unsigned int i;

	for (i = 0; i < LIT_KINDS; i++)
		if (!strcmp(lit_infos[i].name, name))
			break;
	return (enum lit_kind)i;
}

const struct lit_row *lit_entry_named(enum lit_kind kind, const char *name)
{
	for (unsigned int i = 0; i < LIT_ENTRIES; i++)
		if (lit_rows[i].kinds & 1u << kind &&
		    !strcmp(lit_rows[i].name, name))
			return &lit_rows[i];
	return NULL;
}

bool lit_words_value(const struct lit_word *words, const char *text,
		     uint64_t *num)
{
	uint64_t all = 0;

	for (;;) {
		const struct lit_word *w = words, *best = NULL;
		gsize len = 0;

		for (; w->name; w++) {
			gsize n = strlen(w->name);

			if (n > len && !strncmp(text, w->name, n) &&
			    (!text[n] || text[n] == '-')) {
				best = w;
				len = n;
			}
		}
		if (!best)
			return false;
		all |= best->value;
		if (!text[len])
			break;
		text += len + 1;
	}
	*num |= all;
	return true;
}

void lit_words_print(GString *to, const struct lit_word *words,
		     const char *joint, uint64_t num)
{
	uint64_t rest = num;
	const char *sep = "";

	for (const struct lit_word *w = words; w->name; w++) {
		if ((num & w->mask) != w->value || !w->value ||
		    (num & w->if_mask) != w->if_value)
			continue;
		g_string_append_printf(to, "%s%s", sep, w->name);
		rest &= ~(uint64_t)w->mask;
		sep = joint;
	}
	if (rest)
		g_string_append_printf(to, "%s0x%" G_GINT64_MODIFIER "x",
				       *sep ? "|" : "", rest);
	else if (!*sep)
		g_string_append_c(to, '0');
}

/* -- one literal ---------------------------------------------------------------- */

/* Their memory is there, even if they are empty: memcpy() wants that. */
struct lit *lit_new(enum lit_kind kind, uint32_t version, uint16_t self)
{
	struct lit *l = g_new0(struct lit, 1);

	l->kind = kind;
	l->version = version;
	l->self = self;
	l->to = g_array_sized_new(FALSE, TRUE, sizeof(struct lit_emad), 4);
	l->ranges = g_array_sized_new(FALSE, TRUE,
				      sizeof(struct ffa_constituent), 4);
	l->bytes = g_byte_array_sized_new(16);
	return l;
}

void lit_free(struct lit *l)
{
	if (!l)
		return;
	g_array_unref(l->to);
	g_array_unref(l->ranges);
	g_byte_array_unref(l->bytes);
	g_free(l);
}

static bool is_send(const struct lit *l)
{
	return SEND & 1u << l->kind;
}

static bool has_body(const struct lit *l)
{
	return BODY & 1u << l->kind;
}

static uint32_t version_of(const struct lit *l)
{
	return l->given[LIT_VERSION] ? (uint32_t)l->value[LIT_VERSION] :
				       l->version;
}

static uint32_t head_size(const struct lit *l)
{
	return version_of(l) == FFA_V1_0 ? sizeof(struct ffa_mem_desc_v1_0) :
					   sizeof(struct ffa_mem_desc);
}

/* How far apart access descriptors are, and where the first is. */
static uint32_t emad_step(const struct lit *l)
{
	uint64_t size = lit_get(l, LIT_EMAD_SIZE);

	if (size >= sizeof(struct ffa_emad_v1_0) && size <= FFA_PAGE_SIZE)
		return (uint32_t)size;
	return version_of(l) < FFA_V1_2 ? sizeof(struct ffa_emad_v1_0) :
					  sizeof(struct ffa_emad);
}

static uint32_t emad_place(const struct lit *l)
{
	uint64_t at = lit_get(l, LIT_EMAD_OFFSET);

	return at >= head_size(l) && at <= FFA_PAGE_SIZE ? (uint32_t)at :
							    head_size(l);
}

static uint32_t emads_end(const struct lit *l)
{
	return (emad_place(l) + l->to->len * emad_step(l) + 15) & ~15u;
}

static uint32_t composite_place(const struct lit *l)
{
	uint64_t at = lit_get(l, LIT_COMPOSITE);

	return at >= emads_end(l) && at <= 16 * FFA_PAGE_SIZE ?
		       (uint32_t)at : emads_end(l);
}

static uint64_t page_sum(const struct lit *l)
{
	uint32_t sum = 0;

	for (guint i = 0; i < l->ranges->len; i++)
		sum += g_array_index(l->ranges, struct ffa_constituent, i)
			       .page_count;
	return sum;
}

static uint64_t implied(const struct lit *l, enum lit_field f)
{
	/* a hypervisor's request has all zero but the handle */
	bool none = version_of(l) == FFA_V1_0 ||
		    (l->kind == LIT_RETRIEVE && !l->to->len);

	switch (f) {
	case LIT_OWNER:
		return is_send(l) ? l->self : 0;
	case LIT_ATTR:
		return l->kind == LIT_SHARE ||
		       (l->kind == LIT_LEND && l->to->len > 1) ? 0x2f : 0;
	case LIT_COUNT:
		return l->to->len;
	case LIT_EMAD_SIZE:
		return none ? 0 : version_of(l) < FFA_V1_2 ?
			sizeof(struct ffa_emad_v1_0) : sizeof(struct ffa_emad);
	case LIT_EMAD_OFFSET:
		return none ? 0 : sizeof(struct ffa_mem_desc);
	case LIT_COMPOSITE:
		return has_body(l) ? emads_end(l) : 0;
	case LIT_PAGES:
		return page_sum(l);
	case LIT_RANGE_COUNT:
		return l->ranges->len;
	case LIT_VERSION:
		return l->version;
	case LIT_HANDLE: case LIT_FLAGS: case LIT_TAG: case LIT_RESERVED:
	case LIT_RESERVED2: case LIT_RESERVED3: case LIT_COMPOSITE_RESERVED:
	case LIT_TO: case LIT_RANGES: case LIT_ENTRIES:
		break;
	}
	return 0;
}

void lit_set(struct lit *l, enum lit_field f, uint64_t value)
{
	l->given[f] = true;
	l->value[f] = value;
}

uint64_t lit_get(const struct lit *l, enum lit_field f)
{
	return l->given[f] ? l->value[f] : implied(l, f);
}

/* -- to bytes ---------------------------------------------------------------------- */

static void put(GByteArray *to, gsize at, const void *from, gsize len)
{
	gsize was = to->len;

	if (at + len > was) {
		g_byte_array_set_size(to, (guint)(at + len));
		memset(to->data + was, 0, at + len - was);
	}
	memcpy(to->data + at, from, len);
}

static void put_head(GByteArray *to, const struct lit *l)
{
	if (version_of(l) == FFA_V1_0)
		put(to, 0, &(struct ffa_mem_desc_v1_0){
			.sender = (uint16_t)lit_get(l, LIT_OWNER),
			.attributes = (uint8_t)lit_get(l, LIT_ATTR),
			.reserved0 = (uint8_t)lit_get(l, LIT_RESERVED),
			.flags = (uint32_t)lit_get(l, LIT_FLAGS),
			.handle = lit_get(l, LIT_HANDLE),
			.tag = lit_get(l, LIT_TAG),
			.reserved1 = (uint32_t)lit_get(l, LIT_RESERVED2),
			.emad_count = (uint32_t)lit_get(l, LIT_COUNT),
		    }, sizeof(struct ffa_mem_desc_v1_0));
	else
		put(to, 0, &(struct ffa_mem_desc){
			.sender = (uint16_t)lit_get(l, LIT_OWNER),
			.attributes = (uint16_t)lit_get(l, LIT_ATTR),
			.flags = (uint32_t)lit_get(l, LIT_FLAGS),
			.handle = lit_get(l, LIT_HANDLE),
			.tag = lit_get(l, LIT_TAG),
			.emad_size = (uint32_t)lit_get(l, LIT_EMAD_SIZE),
			.emad_count = (uint32_t)lit_get(l, LIT_COUNT),
			.emad_offset = (uint32_t)lit_get(l, LIT_EMAD_OFFSET),
			.reserved = {
				(uint32_t)lit_get(l, LIT_RESERVED),
				(uint32_t)lit_get(l, LIT_RESERVED2),
				(uint32_t)lit_get(l, LIT_RESERVED3),
			},
		    }, sizeof(struct ffa_mem_desc));
}

static void put_emad(GByteArray *to, gsize at, const struct lit *l,
		     const struct lit_emad *from)
{
	struct ffa_emad e = from->e;

	if (!from->has_composite)
		e.composite_offset = (uint32_t)lit_get(l, LIT_COMPOSITE);
	if (emad_step(l) < sizeof(e))
		put(to, at, &(struct ffa_emad_v1_0){
			.endpoint = e.endpoint, .permissions = e.permissions,
			.flags = e.flags,
			.composite_offset = e.composite_offset,
			.reserved = e.reserved,
		    }, sizeof(struct ffa_emad_v1_0));
	else
		put(to, at, &e, sizeof(e));
}

static void put_relinquish(GByteArray *to, const struct lit *l)
{
	put(to, 0, &(struct ffa_mem_relinquish){
		.handle = lit_get(l, LIT_HANDLE),
		.flags = (uint32_t)lit_get(l, LIT_FLAGS),
		.endpoint_count = (uint32_t)lit_get(l, LIT_COUNT),
	    }, sizeof(struct ffa_mem_relinquish));
	for (guint i = 0; i < l->to->len; i++)
		put(to, to->len,
		    &g_array_index(l->to, struct lit_emad, i).e.endpoint, 2);
}

GByteArray *lit_encode(const struct lit *l)
{
	GByteArray *to = g_byte_array_sized_new(64);
	gsize at;

	if (l->kind == LIT_BYTES) {
		g_byte_array_append(to, l->bytes->data, l->bytes->len);
		return to;
	}
	if (l->kind == LIT_RELINQUISH) {
		put_relinquish(to, l);
		return to;
	}
	if (l->kind != LIT_FRAG) {
		put_head(to, l);
		at = emad_place(l);
		for (guint i = 0; i < l->to->len; i++, at += emad_step(l))
			put_emad(to, at, l, &g_array_index(l->to,
							   struct lit_emad,
							   i));
	}
	if (has_body(l))
		put(to, composite_place(l), &(struct ffa_composite){
			.page_count = (uint32_t)lit_get(l, LIT_PAGES),
			.range_count = (uint32_t)lit_get(l, LIT_RANGE_COUNT),
			.reserved = lit_get(l, LIT_COMPOSITE_RESERVED),
		    }, sizeof(struct ffa_composite));
	if (l->ranges->len)
		g_byte_array_append(to, (const guint8 *)l->ranges->data,
				    l->ranges->len *
				    (guint)sizeof(struct ffa_constituent));
	return to;
}

/* -- from bytes ---------------------------------------------------------------------- */

static bool get_head(struct lit *l, const uint8_t *bytes, gsize len)
{
	if (len < head_size(l))
		return false;
	if (version_of(l) == FFA_V1_0) {
		struct ffa_mem_desc_v1_0 v;

		memcpy(&v, bytes, sizeof(v));
		lit_set(l, LIT_OWNER, v.sender);
		lit_set(l, LIT_ATTR, v.attributes);
		lit_set(l, LIT_FLAGS, v.flags);
		lit_set(l, LIT_HANDLE, v.handle);
		lit_set(l, LIT_TAG, v.tag);
		lit_set(l, LIT_COUNT, v.emad_count);
		lit_set(l, LIT_RESERVED, v.reserved0);
		lit_set(l, LIT_RESERVED2, v.reserved1);
	} else {
		struct ffa_mem_desc v;

		memcpy(&v, bytes, sizeof(v));
		lit_set(l, LIT_OWNER, v.sender);
		lit_set(l, LIT_ATTR, v.attributes);
		lit_set(l, LIT_FLAGS, v.flags);
		lit_set(l, LIT_HANDLE, v.handle);
		lit_set(l, LIT_TAG, v.tag);
		lit_set(l, LIT_COUNT, v.emad_count);
		lit_set(l, LIT_EMAD_SIZE, v.emad_size);
		lit_set(l, LIT_EMAD_OFFSET, v.emad_offset);
		lit_set(l, LIT_RESERVED, v.reserved[0]);
		lit_set(l, LIT_RESERVED2, v.reserved[1]);
		lit_set(l, LIT_RESERVED3, v.reserved[2]);
	}
	return true;
}

static struct lit_emad get_emad(const uint8_t *at, gsize step)
{
	struct lit_emad e = { .has_composite = true };
	struct ffa_emad_v1_0 old;

	if (step >= sizeof(e.e)) {
		memcpy(&e.e, at, sizeof(e.e));
		return e;
	}
	memcpy(&old, at, sizeof(old));
	e.e.endpoint = old.endpoint;
	e.e.permissions = old.permissions;
	e.e.flags = old.flags;
	e.e.composite_offset = old.composite_offset;
	e.e.reserved = old.reserved;
	return e;
}

/*
 * As many as the count says, or (`by_offset`: the count may be wrong) as
 * there are before the ranges.
 */
static bool get_emads(struct lit *l, const uint8_t *bytes, gsize len,
		      bool by_offset)
{
	uint64_t count = lit_get(l, LIT_COUNT);
	gsize at = emad_place(l), step = emad_step(l);
	struct lit_emad e;

	if (at > len)
		return false;
	if (by_offset) {
		if (len - at < step)
			return false;
		e = get_emad(bytes + at, step);
		count = e.e.composite_offset < at ? 0 :
			(e.e.composite_offset - at) / step;
	}
	if (count > (len - at) / step)
		return false;
	for (uint64_t i = 0; i < count; i++, at += step) {
		e = get_emad(bytes + at, step);
		g_array_append_val(l->to, e);
	}
	return true;
}

static bool get_ranges(struct lit *l, const uint8_t *bytes, gsize len)
{
	if (len % sizeof(struct ffa_constituent))
		return false;
	g_array_append_vals(l->ranges, bytes,
			    (guint)(len / sizeof(struct ffa_constituent)));
	return true;
}

static bool get_body(struct lit *l, const uint8_t *bytes, gsize len)
{
	struct ffa_composite c;
	gsize at;

	if (!l->to->len)
		return false;
	lit_set(l, LIT_COMPOSITE, g_array_index(l->to, struct lit_emad, 0)
					  .e.composite_offset);
	at = composite_place(l);
	if (at > len || len - at < sizeof(c))
		return false;
	memcpy(&c, bytes + at, sizeof(c));
	lit_set(l, LIT_PAGES, c.page_count);
	lit_set(l, LIT_RANGE_COUNT, c.range_count);
	lit_set(l, LIT_COMPOSITE_RESERVED, c.reserved);
	at += sizeof(c);
	return get_ranges(l, bytes + at, len - at);
}

static bool get_relinquish(struct lit *l, const uint8_t *bytes, gsize len)
{
	struct ffa_mem_relinquish v;
	uint32_t n;

	if (len < sizeof(v))
		return false;
	memcpy(&v, bytes, sizeof(v));
	lit_set(l, LIT_HANDLE, v.handle);
	lit_set(l, LIT_FLAGS, v.flags);
	lit_set(l, LIT_COUNT, v.endpoint_count);
	n = MIN(v.endpoint_count, (uint32_t)(len - sizeof(v)) / 2);
	for (uint32_t i = 0; i < n; i++) {
		struct lit_emad e = { 0 };

		memcpy(&e.e.endpoint, bytes + sizeof(v) + 2 * i, 2);
		g_array_append_val(l->to, e);
	}
	return true;
}

/* What follows from the rest is not given. */
static void forget_implied(struct lit *l)
{
	for (unsigned int i = 0; i < LIT_FIELDS; i++) {
		bool was = l->given[i];

		l->given[i] = was && l->value[i] !=
			      implied(l, (enum lit_field)i);
	}
	for (guint i = 0; i < l->to->len; i++) {
		struct lit_emad *e = &g_array_index(l->to, struct lit_emad, i);

		if (e->e.composite_offset == lit_get(l, LIT_COMPOSITE))
			e->has_composite = false;
	}
}

static bool same(const GByteArray *a, const uint8_t *bytes, gsize len)
{
	if (a->len > len || memcmp(a->data, bytes, a->len))
		return false;
	for (gsize i = a->len; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

/* `layout`: of which version it shall be read; 0: its own. */
static struct lit *decode(enum lit_kind kind, uint32_t version, uint16_t self,
			  const uint8_t *bytes, gsize len, uint32_t layout,
			  bool by_offset)
{
	g_autoptr(GByteArray) again = NULL;
	struct lit *l = lit_new(kind, version, self);
	bool ok;

	if (layout)
		lit_set(l, LIT_VERSION, layout);
	if (kind == LIT_FRAG)
		ok = get_ranges(l, bytes, len);
	else if (kind == LIT_RELINQUISH)
		ok = get_relinquish(l, bytes, len);
	else
		ok = kind != LIT_BYTES && get_head(l, bytes, len) &&
		     get_emads(l, bytes, len, by_offset) &&
		     (!has_body(l) || get_body(l, bytes, len));
	if (ok) {
		forget_implied(l);
		again = lit_encode(l);
		if (same(again, bytes, len))
			return l;
	}
	lit_free(l);
	return NULL;
}

struct lit *lit_decode(enum lit_kind kind, uint32_t version, uint16_t self,
		       const uint8_t *bytes, gsize len)
{
	uint32_t other = version == FFA_V1_0 ? FFA_V1_2 : FFA_V1_0;
	struct lit *l = decode(kind, version, self, bytes, len, 0, false);

	/* what is wrong may be the layout, or the count */
	if (!l && lit_rows[LIT_VERSION].kinds & 1u << kind)
		l = decode(kind, version, self, bytes, len, other, false);
	return l ? l : decode(kind, version, self, bytes, len, 0, true);
}

struct lit *lit_of_bytes(const uint8_t *bytes, gsize len)
{
	struct lit *l = lit_new(LIT_BYTES, 0, 0);

	while (len && !bytes[len - 1])
		len--;
	g_byte_array_append(l->bytes, bytes, (guint)len);
	return l;
}
