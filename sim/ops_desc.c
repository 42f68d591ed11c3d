/* SPDX-License-Identifier: BSD-3-Clause */
/* Descriptors that operations build: what is right, to be patched then. */
#include <string.h>

#include "ffa/ffa_desc.h"
#include "ops.h"

static void put(struct ops_desc *d, size_t at, const void *from, size_t len)
{
	if (at + len > sizeof(d->bytes))
		return;
	memcpy(d->bytes + at, from, len);
	if (d->len < at + len)
		d->len = (uint32_t)(at + len);
}

static void put_head(struct ops_desc *d, uint32_t emad_size)
{
	bool bare = d->kind == OPS_D_RETRIEVE && !d->emads;

	if (!d->version) {
		put(d, 0, &(struct ffa_mem_desc_v1_0){
			.sender = d->sender,
			.attributes = (uint8_t)d->attributes,
			.flags = d->flags, .handle = d->handle,
			.tag = d->tag, .emad_count = d->emads,
		    }, sizeof(struct ffa_mem_desc_v1_0));
		return;
	}
	put(d, 0, &(struct ffa_mem_desc){
		.sender = d->sender, .attributes = d->attributes,
		.flags = d->flags, .handle = d->handle, .tag = d->tag,
		.emad_size = bare ? 0 : emad_size, .emad_count = d->emads,
		.emad_offset = bare ? 0 : sizeof(struct ffa_mem_desc),
	    }, sizeof(struct ffa_mem_desc));
}

static void put_emads(struct ops_desc *d, size_t at, size_t size,
		      uint32_t composite)
{
	for (unsigned int i = 0; i < d->emads; i++, at += size) {
		const struct ops_emad *e = &d->emad[i];

		if (size == sizeof(struct ffa_emad))
			put(d, at, &(struct ffa_emad){
				e->id, e->perm, e->flags, composite,
				{ e->impdef, 0 }, 0,
			    }, size);
		else
			put(d, at, &(struct ffa_emad_v1_0){
				e->id, e->perm, e->flags, composite, 0,
			    }, size);
	}
}

static void put_ranges(struct ops_desc *d, size_t at)
{
	struct ffa_composite c = { .range_count = d->ranges };

	for (unsigned int i = 0; i < d->ranges; i++)
		c.page_count += d->range[i].pages;
	put(d, at, &c, sizeof(c));
	at += sizeof(c);
	for (unsigned int i = 0; i < d->ranges; i++, at += 16)
		put(d, at, &(struct ffa_constituent){
			d->range[i].base, d->range[i].pages, 0,
		    }, sizeof(struct ffa_constituent));
}

static void build_memory(struct ops_desc *d)
{
	size_t size = d->version < 2 ? sizeof(struct ffa_emad_v1_0) :
		      sizeof(struct ffa_emad);
	size_t head = d->version ? sizeof(struct ffa_mem_desc) :
		      sizeof(struct ffa_mem_desc_v1_0);
	size_t body = head + d->emads * size;

	put_head(d, (uint32_t)size);
	put_emads(d, head, size,
		  d->kind == OPS_D_RETRIEVE && !d->ranges ? 0 :
		  (uint32_t)body);
	if (d->kind != OPS_D_RETRIEVE || d->ranges)
		put_ranges(d, body);
}

static void build_relinquish(struct ops_desc *d)
{
	put(d, 0, &(struct ffa_mem_relinquish){
		.handle = d->handle, .flags = d->flags,
		.endpoint_count = d->emads ? d->emads : 1,
	    }, sizeof(struct ffa_mem_relinquish));
	if (!d->emads)
		put(d, 16, &d->sender, 2);
	for (unsigned int i = 0; i < d->emads; i++)
		put(d, 16 + 2 * i, &d->emad[i].id, 2);
}

/* The payload is the tag, again and again. */
static void build_msg(struct ops_desc *d)
{
	uint32_t size = d->flags % 4096;
	size_t head = d->version < 2 ? sizeof(struct ffa_msg_header_v1_1) :
		      sizeof(struct ffa_msg_header);

	put(d, 0, &(struct ffa_msg_header){
		.offset = (uint32_t)head, .sender = d->sender,
		.receiver = d->emads ? d->emad[0].id : 0, .size = size,
	    }, head);
	for (uint32_t i = 0; i < size; i++)
		put(d, head + i, &d->tag, 1);
}

/* What a hypervisor writes before it forwards a VM's FFA_RXTX_MAP. */
static void build_rxtx(struct ops_desc *d)
{
	put(d, 0, &(struct ffa_rxtx_desc){
		.id = d->emads ? d->emad[0].id : d->sender,
		.rx_offset = 16, .tx_offset = 48,
	    }, sizeof(struct ffa_rxtx_desc));
	for (unsigned int i = 0; i < 2; i++) {
		struct ops_range r = i < d->ranges ? d->range[i] :
				     (struct ops_range){ 0 };

		put(d, 16 + 32 * i, &(struct ffa_composite){ r.pages, 1, 0 },
		    sizeof(struct ffa_composite));
		put(d, 32 + 32 * i,
		    &(struct ffa_constituent){ r.base, r.pages, 0 },
		    sizeof(struct ffa_constituent));
	}
}

void ops_desc_build(struct ops_desc *d)
{
	d->len = 0;
	d->sent = 0;
	memset(d->bytes, 0, 80);	/* gaps between parts */
	switch ((enum ops_desc_kind)d->kind) {
	case OPS_D_SHARE:
	case OPS_D_LEND:
	case OPS_D_DONATE:
	case OPS_D_RETRIEVE:
		build_memory(d);
		break;
	case OPS_D_RELINQUISH:
		build_relinquish(d);
		break;
	case OPS_D_MSG:
		build_msg(d);
		break;
	case OPS_D_RXTX:
		build_rxtx(d);
		break;
	case OPS_D_COUNT:
		break;
	}
}
