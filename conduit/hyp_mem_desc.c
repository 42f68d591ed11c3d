/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors of memory transactions, in the layout of each version: VMs have
 * their own, and the hypervisor that which it negotiated with the SPMC. What a
 * VM wrote may change while it is read, so every byte is read once.
 */
#include <string.h>

#include "hyp_impl.h"

struct layout {
	uint32_t emad_size, emad_count, emad_offset;
};

static bool read_v1_0(const char *buf, uint32_t len, struct desc *d,
		      struct layout *l)
{
	struct ffa_mem_desc_v1_0 v;

	if (len < sizeof(v))
		return false;
	memcpy(&v, buf, sizeof(v));
	d->sender = v.sender;
	d->attributes = v.attributes;
	d->flags = v.flags;
	d->handle = v.handle;
	d->tag = v.tag;
	*l = (struct layout){
		sizeof(struct ffa_emad_v1_0), v.emad_count, sizeof(v),
	};
	return !v.reserved0 && !v.reserved1;
}

static bool read_v1_1(uint32_t version, const char *buf, uint32_t len,
		      struct desc *d, struct layout *l)
{
	struct ffa_mem_desc v;

	if (len < sizeof(v))
		return false;
	memcpy(&v, buf, sizeof(v));
	d->sender = v.sender;
	d->attributes = v.attributes;
	d->flags = v.flags;
	d->handle = v.handle;
	d->tag = v.tag;
	*l = (struct layout){ v.emad_size, v.emad_count, v.emad_offset };
	if (v.reserved[0] || v.reserved[1] || v.reserved[2] ||
	    v.emad_offset < sizeof(v) || v.emad_offset % 16)
		return false;
	return v.emad_size == sizeof(struct ffa_emad_v1_0) ||
	       (v.emad_size == sizeof(struct ffa_emad) &&
		version >= FFA_V1_2);
}

/* False if something reserved in it is not zero. */
static bool read_emad(const char *at, uint32_t size, struct ffa_emad *e)
{
	struct ffa_emad_v1_0 v;

	if (size == sizeof(*e)) {
		memcpy(e, at, sizeof(*e));
	} else {
		memcpy(&v, at, sizeof(v));
		*e = (struct ffa_emad){
			.endpoint = v.endpoint, .permissions = v.permissions,
			.flags = v.flags,
			.composite_offset = v.composite_offset,
			.reserved = v.reserved,
		};
	}
	return !e->reserved && !(e->permissions & 0xf0) && !(e->flags & ~1);
}

bool hyp_read_desc(uint32_t version, const char *buf, uint32_t len,
		   struct desc *d)
{
	struct layout l;

	*d = (struct desc){ .emads_end = 0 };
	if (version < FFA_V1_1 ? !read_v1_0(buf, len, d, &l) :
				 !read_v1_1(version, buf, len, d, &l))
		return false;
	if (d->attributes & ~0x7f || !l.emad_count || l.emad_offset > len ||
	    l.emad_count > (len - l.emad_offset) / l.emad_size)
		return false;
	d->emad_count = l.emad_count;
	d->emads_end = l.emad_offset + l.emad_count * l.emad_size;
	d->has_impdef = l.emad_size == sizeof(struct ffa_emad);
	d->too_many = l.emad_count > HYP_MAX_BORROWERS;
	for (uint32_t i = 0; i < l.emad_count; i++) {
		struct ffa_emad e;

		if (!read_emad(buf + l.emad_offset + i * l.emad_size,
			       l.emad_size, &e))
			return false;
		if (!i)
			d->composite = e.composite_offset;
		d->several |= e.composite_offset != d->composite;
		if (i < HYP_MAX_BORROWERS)
			d->emads[i] = e;
	}
	return true;
}

/* -- writing ----------------------------------------------------------------- */

static uint32_t desc_size(uint32_t version)
{
	return version < FFA_V1_1 ? sizeof(struct ffa_mem_desc_v1_0) :
				    sizeof(struct ffa_mem_desc);
}

static uint32_t emad_size(uint32_t version)
{
	return version < FFA_V1_2 ? sizeof(struct ffa_emad_v1_0) :
				    sizeof(struct ffa_emad);
}

uint32_t hyp_head_size(uint32_t version, unsigned int emads)
{
	return desc_size(version) + emads * emad_size(version) +
	       (uint32_t)sizeof(struct ffa_composite);
}

static char *put(char *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

static char *put_emad(char *to, const struct ffa_emad *e, uint32_t version)
{
	if (version >= FFA_V1_2)
		return put(to, e, sizeof(*e));
	return put(to, &(struct ffa_emad_v1_0){
			.endpoint = e->endpoint, .permissions = e->permissions,
			.flags = e->flags,
			.composite_offset = e->composite_offset,
		   }, sizeof(struct ffa_emad_v1_0));
}

void hyp_write_head(const struct txn *t, uint16_t sender, uint32_t version,
		    const struct borrower *only, char *to)
{
	unsigned int n = only ? 1 : t->borrower_count;
	uint32_t composite = hyp_head_size(version, n) -
			     (uint32_t)sizeof(struct ffa_composite);
	/* the handle is the receiver's to give; a response has it */
	uint64_t handle = only ? t->handle : 0;

	if (version < FFA_V1_1)
		to = put(to, &(struct ffa_mem_desc_v1_0){
				.sender = sender, .attributes = t->attributes,
				.flags = t->flags, .handle = handle,
				.tag = t->tag, .emad_count = n,
			 }, sizeof(struct ffa_mem_desc_v1_0));
	else
		to = put(to, &(struct ffa_mem_desc){
				.sender = sender, .attributes = t->attributes,
				.flags = t->flags, .handle = handle,
				.tag = t->tag, .emad_count = n,
				.emad_size = emad_size(version),
				.emad_offset = sizeof(struct ffa_mem_desc),
			 }, sizeof(struct ffa_mem_desc));
	for (unsigned int i = 0; i < n; i++) {
		struct ffa_emad e = only ? only->e : t->borrowers[i].e;

		e.composite_offset = composite;
		if (only)
			e.permissions = only->held;
		to = put_emad(to, &e, version);
	}
	put(to, &(struct ffa_composite){
			.page_count = t->page_count,
			.range_count = t->range_count,
		}, sizeof(struct ffa_composite));
}

void hyp_write_ranges(struct hyp *h, const struct txn *t, uint32_t at,
		      uint32_t n, char *to)
{
	const struct range *r = hyp_ranges(h, t) + at;

	for (uint32_t i = 0; i < n; i++)
		to = put(to, &(struct ffa_constituent){
				.address = r[i].base,
				.page_count = r[i].pages,
			 }, sizeof(struct ffa_constituent));
}
