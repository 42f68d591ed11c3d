/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors of memory transactions in the layout of each version. What the
 * caller wrote may change while it is read, so every byte is read once.
 */
#include "mem.h"

const char *desc_map(struct call *c, uint64_t base, uint32_t pages)
{
	const struct endpoint *e = endpoint(c->s, c->ep);

	if (pages && !pages_owned_ram(c->s, c->ep, base, pages))
		return NULL;
	if (!pages && e->rx_state == RX_UNMAPPED)
		return NULL;
	if (!pages) {
		base = e->tx;
		pages = e->pages;
	}
	return env_read(c->env, base, (size_t)pages * FFA_PAGE_SIZE,
			region_is_secure(c->s, base));
}

enum spmc_rule desc_buffer(struct call *c, const struct desc_rules *r,
			   uint32_t len, const char **buf)
{
	const struct endpoint *e = endpoint(c->s, c->ep);
	uint64_t base = c->in.x[3];
	uint32_t pages = w(c, 4), size;

	if (base || pages) {
		if (!c->s->dynbuf)
			return r->buffer;
		if (base % FFA_PAGE_SIZE || !pages ||
		    pages > SPMC_MAX_RXTX_PAGES)
			return r->buffer_memory;
		size = pages * FFA_PAGE_SIZE;
	} else {
		size = (uint32_t)e->pages * FFA_PAGE_SIZE;
	}
	*buf = desc_map(c, base, pages);
	if (!*buf && pages)
		return r->buffer_memory;
	if (!*buf)
		return refuse_about(c, r->no_tx, c->ep, SPMC_NOBODY);
	if (len > size)
		return refuse_about(c, r->tx_small, c->ep, SPMC_NOBODY);
	return RULE_NONE;
}

enum spmc_rule desc_read(struct call *c, const struct desc_rules *r,
			 struct desc *d)
{
	if (endpoint(c->s, c->ep)->version == FFA_V1_0) {
		struct ffa_mem_desc_v1_0 v;

		if (d->len < sizeof(v))
			return r->header;
		memcpy(&v, d->buf, sizeof(v));
		if (v.reserved0 || v.reserved1 ||
		    v.attributes & ~(MEM_ATTR_KNOWN & ~MEM_NS))
			return r->reserved;
		d->sender = v.sender;
		d->attributes = v.attributes;
		d->flags = v.flags;
		d->handle = v.handle;
		d->tag = v.tag;
		d->emad_size = sizeof(struct ffa_emad_v1_0);
		d->emad_count = v.emad_count;
		d->emad_offset = sizeof(v);
	} else {
		struct ffa_mem_desc v;

		if (d->len < sizeof(v))
			return r->header;
		memcpy(&v, d->buf, sizeof(v));
		if (v.reserved[0] || v.reserved[1] || v.reserved[2] ||
		    v.attributes & ~MEM_ATTR_KNOWN)
			return r->reserved;
		d->sender = v.sender;
		d->attributes = v.attributes;
		d->flags = v.flags;
		d->handle = v.handle;
		d->tag = v.tag;
		d->emad_size = v.emad_size;
		d->emad_count = v.emad_count;
		d->emad_offset = v.emad_offset;
	}
	return RULE_NONE;
}

static enum spmc_rule check_emads(struct call *c, const struct desc_rules *r,
				  const struct desc *d)
{
	uint32_t version = endpoint(c->s, c->ep)->version;

	if (version > FFA_V1_0) {
		if (d->emad_size != sizeof(struct ffa_emad_v1_0) &&
		    (version < FFA_V1_2 ||
		     d->emad_size != sizeof(struct ffa_emad)))
			return r->emad_size;
		if (d->emad_offset < sizeof(struct ffa_mem_desc) ||
		    d->emad_offset % 16)
			return r->emad_offset;
	}
	if (!d->emad_count)
		return r->emad_count;
	if (d->emad_offset > d->len ||
	    d->emad_count > (d->len - d->emad_offset) / d->emad_size)
		return r->emad_bounds;
	return RULE_NONE;
}

/* Reads one access descriptor; false if a reserved part is not zero. */
static bool read_emad(const struct desc *d, uint32_t i, struct emad *e,
		      uint32_t *composite)
{
	const char *at = d->buf + d->emad_offset + (size_t)i * d->emad_size;
	uint64_t reserved;

	if (d->emad_size == sizeof(struct ffa_emad_v1_0)) {
		struct ffa_emad_v1_0 v;

		memcpy(&v, at, sizeof(v));
		*e = (struct emad){ v.endpoint, v.permissions, v.flags,
				    { 0, 0 }, false };
		*composite = v.composite_offset;
		reserved = v.reserved;
	} else {
		struct ffa_emad v;

		memcpy(&v, at, sizeof(v));
		*e = (struct emad){ v.endpoint, v.permissions, v.flags,
				    { v.impdef[0], v.impdef[1] }, true };
		*composite = v.composite_offset;
		reserved = v.reserved;
	}
	/* Bit 0 of the flags: the endpoint did not retrieve by itself. */
	return !reserved && !(e->perm & MEM_PERM_RESERVED) && !(e->flags & ~1);
}

enum spmc_rule desc_emads(struct call *c, const struct desc_rules *r,
			  struct desc *d, struct emad e[DESC_EMADS])
{
	enum spmc_rule rule = check_emads(c, r, d);
	uint32_t i;

	for (i = 0; !rule && i < d->emad_count; i++) {
		uint32_t composite;
		struct emad one;

		if (!read_emad(d, i, &one, &composite))
			return r->emad_reserved;
		if (!i)
			d->composite = composite;
		d->composites |= composite != d->composite;
		if (i < DESC_EMADS)
			e[i] = one;
	}
	return rule;
}

struct response response_size(const struct txn *t, uint32_t version,
			      uint32_t emads)
{
	struct response r = { .emads = emads };

	r.head = version == FFA_V1_0 ? sizeof(struct ffa_mem_desc_v1_0) :
				       sizeof(struct ffa_mem_desc);
	r.head += emads * (version < FFA_V1_2 ? sizeof(struct ffa_emad_v1_0) :
						sizeof(struct ffa_emad));
	r.head += sizeof(struct ffa_composite);
	r.total = r.head + t->range_count * sizeof(struct ffa_constituent);
	return r;
}

static char *put(char *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

static char *put_emad(char *to, const struct borrower *b, uint8_t perm,
		      uint32_t version, uint32_t composite)
{
	if (version < FFA_V1_2)
		return put(to, &(struct ffa_emad_v1_0){
				.endpoint = b->id, .permissions = perm,
				.flags = b->flags,
				.composite_offset = composite,
			   }, sizeof(struct ffa_emad_v1_0));
	return put(to, &(struct ffa_emad){
			.endpoint = b->id, .permissions = perm,
			.flags = b->flags, .composite_offset = composite,
			.impdef = { b->impdef[0], b->impdef[1] },
		   }, sizeof(struct ffa_emad));
}

void response_head(const struct spmc *s, uint32_t txn, uint32_t version,
		   uint32_t only, char *to)
{
	const struct txn *t = txn_at(s, txn);
	uint32_t emads = only ? 1 : t->borrower_count, i;
	struct response size = response_size(t, version, emads);
	uint32_t composite = size.head - (uint32_t)sizeof(struct ffa_composite);
	uint32_t flags = (uint32_t)t->kind << 3 | (t->zero ? MEM_ZERO : 0);
	uint8_t attributes = t->attributes;

	if (version == FFA_V1_0) {
		to = put(to, &(struct ffa_mem_desc_v1_0){
				.sender = t->sender, .attributes = attributes,
				.flags = flags, .handle = txn_handle(s, txn),
				.tag = t->tag, .emad_count = emads,
			 }, sizeof(struct ffa_mem_desc_v1_0));
	} else {
		if (t->ns)
			attributes |= MEM_NS;
		to = put(to, &(struct ffa_mem_desc){
				.sender = t->sender, .attributes = attributes,
				.flags = flags, .handle = txn_handle(s, txn),
				.tag = t->tag,
				.emad_size = version < FFA_V1_2 ?
					sizeof(struct ffa_emad_v1_0) :
					sizeof(struct ffa_emad),
				.emad_count = emads,
				.emad_offset = sizeof(struct ffa_mem_desc),
			 }, sizeof(struct ffa_mem_desc));
	}
	if (only) {
		const struct borrower *b = borrower_at(s, only);

		to = put_emad(to, b, b->held, version, composite);
	} else {
		for (i = t->first_borrower; i; i = borrower_at(s, i)->next)
			to = put_emad(to, borrower_at(s, i),
				      borrower_at(s, i)->sent, version,
				      composite);
	}
	put(to, &(struct ffa_composite){
			.page_count = t->page_count,
			.range_count = t->range_count,
		}, sizeof(struct ffa_composite));
}

uint32_t response_ranges(const struct spmc *s, struct cursor *at, char *to,
			 uint32_t room)
{
	uint32_t len = 0;

	while (room - len >= sizeof(struct ffa_constituent)) {
		const struct range *r = next_range(s, at);

		if (!r)
			break;
		to = put(to, &(struct ffa_constituent){
				.address = r->base,
				.page_count = (uint32_t)r->pages,
			 }, sizeof(struct ffa_constituent));
		len += sizeof(struct ffa_constituent);
	}
	return len;
}
