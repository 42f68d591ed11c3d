/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that was shared with a service: its descriptors (ffa_desc.h, in the
 * layout of the version in force), and loads and stores inside it. Nothing
 * that a descriptor says is believed before it is looked at.
 */
#include <string.h>

#include "ffa/ffa_desc.h"
#include "service.h"

enum {
	FLAG_SHARE = 1 << 3,	/* of the transaction: it is a share */
	PERM_RW = 2,
	RX_PAGE = SERVICE_PAGE,
};

int share_find(const struct service *s, uint64_t handle, uint16_t owner)
{
	for (unsigned int i = 0; i < s->share_count; i++)
		if (s->shares[i].handle == handle &&
		    s->shares[i].owner == owner)
			return (int)i;
	return -1;
}

void share_forget(struct service *s, unsigned int index)
{
	const struct service_share gone = s->shares[index];
	unsigned int end = gone.first + gone.count;

	memmove(&s->ranges[gone.first], &s->ranges[end],
		(s->range_count - end) * sizeof(s->ranges[0]));
	s->range_count -= gone.count;
	s->share_count--;
	memmove(&s->shares[index], &s->shares[index + 1],
		(s->share_count - index) * sizeof(s->shares[0]));
	for (unsigned int i = 0; i < s->share_count; i++)
		if (s->shares[i].first >= end)
			s->shares[i].first -= gone.count;
}

/* -- loads and stores -------------------------------------------------------- */

bool share_covers(const struct service *s, int index, uint64_t offset,
		  uint64_t len)
{
	uint64_t size = s->shares[index].size;

	return offset <= size && len <= size - offset;
}

static bool walk(const struct service *s, int index, uint64_t offset,
		 uint8_t *to, const uint8_t *from, size_t len)
{
	const struct service_share *h = &s->shares[index];

	for (unsigned int i = 0; i < h->count && len; i++) {
		const struct service_range *r = &s->ranges[h->first + i];
		size_t part = len;
		bool ok;

		if (offset >= r->size) {
			offset -= r->size;
			continue;
		}
		if (part > r->size - offset)
			part = r->size - offset;
		ok = to ? s->host->load(s->host->ctx, r->base + offset, to,
					part) :
			  s->host->store(s->host->ctx, r->base + offset, from,
					 part);
		if (!ok)
			return false;
		if (to)
			to += part;
		else
			from += part;
		len -= part;
		offset = 0;
	}
	return !len;
}

bool share_load(const struct service *s, int index, uint64_t offset, void *to,
		size_t len)
{
	return walk(s, index, offset, to, NULL, len);
}

bool share_store(const struct service *s, int index, uint64_t offset,
		 const void *from, size_t len)
{
	return walk(s, index, offset, NULL, from, len);
}

/* -- descriptors ------------------------------------------------------------- */

static bool put(const struct service *s, const void *from, size_t len)
{
	return s->host->store(s->host->ctx, s->host->memory, from, len);
}

static bool get(const struct service *s, uint64_t offset, void *to, size_t len)
{
	return s->host->load(s->host->ctx, s->host->memory + SERVICE_PAGE +
			     offset, to, len);
}

/*
 * Attributes are left to the SPMC, which knows the owner's (0: not given).
 * OP-TEE, thread_spmc.c, gives normal write-back and the same permissions.
 */
bool share_request(struct service *s, unsigned int ec, struct ffa_value *calls)
{
	const struct service_ec *e = &s->ec[ec];
	struct {
		struct ffa_mem_desc_v1_0 desc;
		struct ffa_emad_v1_0 emad;
	} old = {
		.desc = { .sender = e->peer, .flags = FLAG_SHARE,
			  .handle = e->handle, .emad_count = 1 },
		.emad = { s->host->id, PERM_RW, 0, 0, 0 },
	};
	struct {
		struct ffa_mem_desc desc;
		struct ffa_emad emad;
	} new = {
		.desc = { .sender = e->peer, .flags = FLAG_SHARE,
			  .handle = e->handle, .emad_count = 1,
			  .emad_size = sizeof(struct ffa_emad),
			  .emad_offset = sizeof(struct ffa_mem_desc) },
		.emad = { .endpoint = s->host->id, .permissions = PERM_RW },
	};
	size_t len;
	bool ok;

	if (s->version == FFA_V1_1)
		new.desc.emad_size = sizeof(struct ffa_emad_v1_0);
	if (s->version < FFA_V1_1) {
		len = sizeof(old);
		ok = put(s, &old, len);
	} else {
		len = sizeof(new.desc) + new.desc.emad_size;
		ok = put(s, &new, len);
	}
	calls->x[0] = (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32;
	calls->x[1] = len;
	calls->x[2] = len;
	return ok;
}

bool share_relinquish(struct service *s, unsigned int ec,
		      struct ffa_value *calls)
{
	struct {
		struct ffa_mem_relinquish desc;
		uint16_t endpoint;
	} d = {
		.desc = { .handle = s->ec[ec].handle, .endpoint_count = 1 },
		.endpoint = s->host->id,
	};

	calls->x[0] = (uint32_t)FFA_ID_MEM_RELINQUISH;
	return put(s, &d, sizeof(d.desc) + sizeof(d.endpoint));
}

/* The ranges of the fragment at [at, end) of RX go to the newest share. */
static bool take_ranges(struct service *s, struct service_ec *e, uint64_t at,
			uint64_t end)
{
	struct service_share *h = &s->shares[s->share_count - 1];

	for (; e->ranges_left && at + sizeof(struct ffa_constituent) <= end;
	     at += sizeof(struct ffa_constituent)) {
		struct ffa_constituent c;
		uint64_t size;

		if (!get(s, at, &c, sizeof(c)))
			return false;
		size = (uint64_t)c.page_count * SERVICE_PAGE;
		if (!size || c.address > UINT64_MAX - size ||
		    h->size > UINT64_MAX - size ||
		    s->range_count == SERVICE_RANGES)
			return false;
		s->ranges[s->range_count++] =
			(struct service_range){ c.address, size };
		h->count++;
		h->size += size;
		e->ranges_left--;
	}
	/* a range is not divided between fragments */
	return at == end || !e->ranges_left;
}

/* Where the header of the ranges is; 0 if the response does not say. */
static uint64_t composite_of(const struct service *s, uint64_t frag)
{
	struct ffa_emad_v1_0 emad;	/* the part that all versions share */
	uint64_t at;

	if (s->version < FFA_V1_1) {
		struct ffa_mem_desc_v1_0 d;

		if (frag < sizeof(d) || !get(s, 0, &d, sizeof(d)) ||
		    !d.emad_count)
			return 0;
		at = sizeof(d);
	} else {
		struct ffa_mem_desc d;

		if (frag < sizeof(d) || !get(s, 0, &d, sizeof(d)) ||
		    !d.emad_count)
			return 0;
		at = d.emad_offset;
	}
	if (frag < sizeof(emad) || at > frag - sizeof(emad) ||
	    !get(s, at, &emad, sizeof(emad)))
		return 0;
	return emad.composite_offset;
}

bool share_first(struct service *s, unsigned int ec, uint32_t frag)
{
	struct service_ec *e = &s->ec[ec];
	struct ffa_composite c;
	uint64_t at;

	if (frag > RX_PAGE || frag > e->total ||
	    s->share_count == SERVICE_SHARES)
		return false;
	at = composite_of(s, frag);
	if (!at || frag < sizeof(c) || at > frag - sizeof(c) ||
	    !get(s, at, &c, sizeof(c)) || !c.range_count)
		return false;
	s->shares[s->share_count++] = (struct service_share){
		.handle = e->handle,
		.owner = e->peer,
		.first = (uint16_t)s->range_count,
	};
	e->ranges_left = c.range_count;
	if (take_ranges(s, e, at + sizeof(c), frag) &&
	    (e->got < e->total || !e->ranges_left))
		return true;
	share_forget(s, s->share_count - 1);
	return false;
}

bool share_more(struct service *s, unsigned int ec, uint32_t frag)
{
	struct service_ec *e = &s->ec[ec];

	if (frag && frag <= RX_PAGE && e->got <= e->total &&
	    take_ranges(s, e, 0, frag) &&
	    (e->got < e->total || !e->ranges_left))
		return true;
	share_forget(s, s->share_count - 1);
	return false;
}
