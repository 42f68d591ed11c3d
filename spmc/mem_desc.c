/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors of memory transactions in the layout of each version. What the
 * caller wrote may change while it is read, so every byte is read once.
 */
#include "mem.h"

enum spmc_rule desc_buffer(struct call *c, const struct desc_rules *r,
			   uint32_t len, const char **buf)
{
	const struct endpoint *e = endpoint(c->s, c->ep);
	uint64_t base = c->in.x[3], pages = w(c, 4);
	bool secure;

	if (base || pages) {
		if (!c->s->dynbuf)
			return r->buffer;
		if (base % FFA_PAGE_SIZE || !pages ||
		    pages > SPMC_MAX_RXTX_PAGES ||
		    !pages_owned_ram(c->s, c->ep, base, (unsigned int)pages))
			return r->buffer_memory;
	} else {
		if (e->rx_state == RX_UNMAPPED)
			return refuse_about(c, r->no_tx, c->ep, SPMC_NOBODY);
		base = e->tx;
		pages = e->pages;
	}
	if (len > pages * FFA_PAGE_SIZE)
		return refuse_about(c, r->tx_small, c->ep, SPMC_NOBODY);
	secure = region_is_secure(c->s, base);
	*buf = c->env->map(c->env->ctx, base, (size_t)pages * FFA_PAGE_SIZE,
			   secure);
	return *buf ? RULE_NONE : r->buffer_memory;
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

enum spmc_rule desc_check_emads(struct call *c, const struct desc_rules *r,
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

bool desc_emad(const struct call *c, const struct desc *d, uint32_t i,
	       struct emad *e)
{
	const char *at = d->buf + d->emad_offset + (size_t)i * d->emad_size;
	uint64_t reserved;

	(void)c;
	*e = (struct emad){ 0 };
	if (d->emad_size == sizeof(struct ffa_emad_v1_0)) {
		struct ffa_emad_v1_0 v;

		memcpy(&v, at, sizeof(v));
		e->id = v.endpoint;
		e->perm = v.permissions;
		e->flags = v.flags;
		e->composite = v.composite_offset;
		reserved = v.reserved;
	} else {
		struct ffa_emad v;

		memcpy(&v, at, sizeof(v));
		e->id = v.endpoint;
		e->perm = v.permissions;
		e->flags = v.flags;
		e->composite = v.composite_offset;
		e->impdef[0] = v.impdef[0];
		e->impdef[1] = v.impdef[1];
		e->has_impdef = true;
		reserved = v.reserved;
	}
	/* Bit 0 of the flags: the endpoint did not retrieve by itself. */
	return !reserved && !(e->perm & MEM_PERM_RESERVED) && !(e->flags & ~1);
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
