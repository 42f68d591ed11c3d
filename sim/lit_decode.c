/* SPDX-License-Identifier: BSD-3-Clause */
/* From the bytes of a descriptor to a literal. */
#include "lit_priv.h"

#include <string.h>

static bool get_head(struct lit *l, const uint8_t *bytes, gsize len)
{
	if (len < lit_head_size(l))
		return false;
	if (lit_version_of(l) == FFA_V1_0) {
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
	gsize at = lit_emad_place(l), step = lit_emad_step(l);
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
	at = lit_composite_place(l);
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
			      lit_implied(l, (enum lit_field)i);
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
		     (!lit_has_body(l) || get_body(l, bytes, len));
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
