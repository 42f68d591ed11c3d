/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of literals, and their bytes. */
#include "lit_priv.h"

#include <string.h>

/* -- words ---------------------------------------------------------------- */

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
		"attributes of the memory; default: normal|wb|is where a "
		"sender says it, else 0" },
	[LIT_FLAGS] = { "flags", HEAD | RELINQ, 32, flags,
		"flags of the transaction" },
	[LIT_TAG] = { "tag", HEAD, 64, NULL,
		"value that the parties agreed on" },
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
		"where the ranges' header is, if not behind the access "
		"descriptors" },
	[LIT_PAGES] = { "pages", BODY, 32, NULL,
		"number of pages, if it is not that of ranges=" },
	[LIT_RANGE_COUNT] = { "range-count", BODY, 32, NULL,
		"number of ranges, if it is not that of ranges=" },
	[LIT_COMPOSITE_RESERVED] = { "composite-reserved", BODY, 64, NULL,
		"reserved word of the ranges' header" },
	[LIT_VERSION] = { "version", HEAD, 32, NULL,
		"whose layout it has, if it is not the caller's version" },
	[LIT_TO] = { "to", HEAD | RELINQ, 0, NULL,
		"endpoints and what they may do: "
		"{sp1:rw-nx sp2:{ro flags=1}}" },
	[LIT_RANGES] = { "ranges", BODY | 1u << LIT_FRAG, 0, NULL,
		"memory: MEM, MEM[a..b] (pages), {ADDRESS PAGES}, or {...} "
		"of them" },
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

/* -- one literal ---------------------------------------------------------- */

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

bool lit_has_body(const struct lit *l)
{
	return BODY & 1u << l->kind;
}

uint32_t lit_version_of(const struct lit *l)
{
	return l->given[LIT_VERSION] ? (uint32_t)l->value[LIT_VERSION] :
				       l->version;
}

uint32_t lit_head_size(const struct lit *l)
{
	return lit_version_of(l) == FFA_V1_0 ? sizeof(struct ffa_mem_desc_v1_0) :
					   sizeof(struct ffa_mem_desc);
}

/* How far apart access descriptors are, and where the first is. */
uint32_t lit_emad_step(const struct lit *l)
{
	uint64_t size = lit_get(l, LIT_EMAD_SIZE);

	if (size >= sizeof(struct ffa_emad_v1_0) && size <= FFA_PAGE_SIZE)
		return (uint32_t)size;
	return lit_version_of(l) < FFA_V1_2 ? sizeof(struct ffa_emad_v1_0) :
					  sizeof(struct ffa_emad);
}

uint32_t lit_emad_place(const struct lit *l)
{
	uint64_t at = lit_get(l, LIT_EMAD_OFFSET);

	return at >= lit_head_size(l) && at <= FFA_PAGE_SIZE ? (uint32_t)at :
							    lit_head_size(l);
}

static uint32_t emads_end(const struct lit *l)
{
	return (lit_emad_place(l) + l->to->len * lit_emad_step(l) + 15) & ~15u;
}

uint32_t lit_composite_place(const struct lit *l)
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

uint64_t lit_implied(const struct lit *l, enum lit_field f)
{
	/* a hypervisor's request has all zero but the handle */
	bool none = lit_version_of(l) == FFA_V1_0 ||
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
		return none ? 0 : lit_version_of(l) < FFA_V1_2 ?
			sizeof(struct ffa_emad_v1_0) : sizeof(struct ffa_emad);
	case LIT_EMAD_OFFSET:
		return none ? 0 : sizeof(struct ffa_mem_desc);
	case LIT_COMPOSITE:
		return lit_has_body(l) ? emads_end(l) : 0;
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
	return l->given[f] ? l->value[f] : lit_implied(l, f);
}

/* -- to bytes ------------------------------------------------------------- */

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
	if (lit_version_of(l) == FFA_V1_0)
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
	if (lit_emad_step(l) < sizeof(e))
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
		at = lit_emad_place(l);
		for (guint i = 0; i < l->to->len; i++, at += lit_emad_step(l))
			put_emad(to, at, l, &g_array_index(l->to,
							   struct lit_emad,
							   i));
	}
	if (lit_has_body(l))
		put(to, lit_composite_place(l), &(struct ffa_composite){
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
