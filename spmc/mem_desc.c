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

	if ((base || pages) && !c->s->dynbuf) {
		if (enforced(c, r->buffer))
			return r->buffer;
		base = 0;
		pages = 0;
	}
	if (base || pages) {
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
		if ((v.reserved0 || v.reserved1) && enforced(c, r->reserved))
			return r->reserved;
		if (v.attributes & ~(MEM_ATTR_KNOWN & ~MEM_NS) &&
		    enforced(c, r->attr_reserved))
			return r->attr_reserved;
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
		if ((v.reserved[0] || v.reserved[1] || v.reserved[2]) &&
		    enforced(c, r->reserved))
			return r->reserved;
		if (v.attributes & ~MEM_ATTR_KNOWN &&
		    enforced(c, r->attr_reserved))
			return r->attr_reserved;
		d->sender = v.sender;
		d->attributes = v.attributes;
		d->flags = v.flags;
		d->handle = v.handle;
		d->tag = v.tag;
		d->emad_size = v.emad_size;
		d->emad_count = v.emad_count;
		d->emad_offset = v.emad_offset;
	}
	d->attributes &= MEM_ATTR_KNOWN;
	return RULE_NONE;
}

static enum spmc_rule check_emads(struct call *c, const struct desc_rules *r,
				  const struct desc *d)
{
	uint32_t version = endpoint(c->s, c->ep)->version;

	if (version > FFA_V1_0) {
		if (!d->emad_size || d->emad_size % 16)
			return r->emad_size;
		if (d->emad_size != sizeof(struct ffa_emad_v1_0) &&
		    (version < FFA_V1_2 ||
		     d->emad_size != sizeof(struct ffa_emad)) &&
		    enforced(c, r->emad_size_version))
			return refuse_about(c, r->emad_size_version, c->ep,
					    SPMC_NOBODY);
		if (d->emad_offset < sizeof(struct ffa_mem_desc) ||
		    d->emad_offset % 16)
			return r->emad_offset;
	}
	if (!d->emad_count)
		return r->emad_count;
	if (d->emad_count > 2 && enforced(c, r->emad_many))
		return r->emad_many;
	if (d->emad_offset > d->len ||
	    d->emad_count > (d->len - d->emad_offset) / d->emad_size)
		return r->emad_bounds;
	return RULE_NONE;
}

/* Reads one access descriptor. */
static enum spmc_rule read_emad(const struct call *c,
				const struct desc_rules *r,
				const struct desc *d, uint32_t i,
				struct emad *e, uint32_t *composite)
{
	const char *at = d->buf + d->emad_offset + (size_t)i * d->emad_size;
	uint64_t reserved;

	if (d->emad_size < sizeof(struct ffa_emad)) {
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
	if (reserved && enforced(c, r->emad_reserved))
		return r->emad_reserved;
	if (e->perm & MEM_PERM_RESERVED && enforced(c, r->emad_perm))
		return r->emad_perm;
	/* Bit 0 of the flags: the endpoint did not retrieve by itself. */
	if (e->flags & ~1 && enforced(c, r->emad_flags))
		return r->emad_flags;
	e->perm &= (uint8_t)~MEM_PERM_RESERVED;
	e->flags &= 1;
	return RULE_NONE;
}

enum spmc_rule desc_emads(struct call *c, const struct desc_rules *r,
			  struct desc *d, struct emad e[DESC_EMADS])
{
	enum spmc_rule rule = check_emads(c, r, d);
	uint32_t i;

	for (i = 0; !rule && i < d->emad_count; i++) {
		uint32_t composite;
		struct emad one;

		rule = read_emad(c, r, d, i, &one, &composite);
		if (rule)
			return rule;
		if (!i)
			d->composite = composite;
		d->composites |= composite != d->composite;
		if (i < DESC_EMADS)
			e[i] = one;
	}
	return rule;
}

/* Is it a response to the hypervisor, with nothing that it need not know? */
static bool is_bare(const struct spmc *s, uint32_t only)
{
	return !only && profile_choice(s, CHOICE_HYP_RETRIEVE) ==
			HYP_RETRIEVE_BARE;
}

struct response response_size(const struct spmc *s, const struct txn *t,
			      uint32_t version, uint32_t only)
{
	const struct borrower *first = borrower_at(s, t->first_borrower);
	uint32_t small = sizeof(struct ffa_emad_v1_0);
	struct response r = {
		.emads = only ? 1 : t->borrower_count,
		.emad_size = version < FFA_V1_2 ? small :
						  sizeof(struct ffa_emad),
	};

	if (only && profile_choice(s, CHOICE_RETRIEVE_RESP) ==
		    RETRIEVE_RESP_WHOLE) {
		r.emads = t->borrower_count;
		if (version > FFA_V1_0)
			r.emad_size = first->has_impdef ?
				      sizeof(struct ffa_emad) : small;
	}
	if (is_bare(s, only)) {
		r.emads = 1;
		r.emad_size = small;
	}
	r.head = version == FFA_V1_0 ? sizeof(struct ffa_mem_desc_v1_0) :
				       sizeof(struct ffa_mem_desc);
	r.head += r.emads * r.emad_size;
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
		      const struct response *size)
{
	uint32_t composite = size->head - (uint32_t)sizeof(struct ffa_composite);

	if (size->emad_size == sizeof(struct ffa_emad_v1_0))
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

/* The transaction descriptor of a response, as 1.1 has it. */
static struct ffa_mem_desc head_of(const struct spmc *s, uint32_t txn,
				   uint32_t only,
				   const struct response *size)
{
	unsigned int resp = profile_choice(s, CHOICE_RETRIEVE_RESP);
	const struct txn *t = txn_at(s, txn);
	struct ffa_mem_desc d = {
		.sender = t->sender, .handle = txn_handle(s, txn),
		.emad_size = size->emad_size, .emad_count = size->emads,
		.emad_offset = sizeof(struct ffa_mem_desc),
	};

	/* what the sender wrote never has the bit */
	if (t->ns && !(only && resp == RETRIEVE_RESP_SENT))
		d.attributes = MEM_NS;
	if (is_bare(s, only))
		return d;
	d.attributes |= t->attributes;
	d.flags = (uint32_t)t->kind << 3 | (t->zero ? MEM_ZERO : 0);
	d.tag = t->tag;
	return d;
}

void response_head(const struct spmc *s, uint32_t txn, uint32_t version,
		   uint32_t only, char *to)
{
	unsigned int resp = profile_choice(s, CHOICE_RETRIEVE_RESP);
	const struct txn *t = txn_at(s, txn);
	struct response size = response_size(s, t, version, only);
	struct ffa_mem_desc d = head_of(s, txn, only, &size);
	uint32_t i;

	if (version == FFA_V1_0)
		to = put(to, &(struct ffa_mem_desc_v1_0){
				.sender = d.sender,
				.attributes = (uint8_t)(d.attributes & ~MEM_NS),
				.flags = d.flags, .handle = d.handle,
				.tag = d.tag, .emad_count = d.emad_count,
			 }, sizeof(struct ffa_mem_desc_v1_0));
	else
		to = put(to, &d, sizeof(d));
	if (is_bare(s, only)) {
		to = put_emad(to, &(struct borrower){ 0 }, 0, &size);
	} else if (only && resp != RETRIEVE_RESP_WHOLE) {
		const struct borrower *b = borrower_at(s, only);

		to = put_emad(to, b, resp == RETRIEVE_RESP_GRANTED ? b->held :
								     b->sent,
			      &size);
	} else {
		for (i = t->first_borrower; i; i = borrower_at(s, i)->next)
			to = put_emad(to, borrower_at(s, i),
				      borrower_at(s, i)->sent, &size);
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
