/* SPDX-License-Identifier: BSD-3-Clause */
/* FFA_PARTITION_INFO_GET and FFA_PARTITION_INFO_GET_REGS. */
#include "ffa/ffa_desc.h"
#include "state.h"

enum { COUNT_ONLY = 1 };	/* w5 of FFA_PARTITION_INFO_GET */

/*
 * The size of a descriptor; the shorter ones are the beginning of the 1.3. In
 * registers there is no 1.0 form of it.
 */
static size_t size_of(const struct call *c)
{
	uint32_t version = endpoint(c->s, c->ep)->version;

	if (version < FFA_V1_1 && c->fn == FFA_FN_PARTITION_INFO_GET)
		return sizeof(struct ffa_partition_info_v1_0);
	return version >= FFA_V1_3 ||
	       choice(c, CHOICE_PARTINFO_SIZE) == PARTINFO_SIZE_48 ?
	       sizeof(struct ffa_partition_info_v1_3) :
	       sizeof(struct ffa_partition_info);
}

/* An enumeration of the descriptors that a caller gets for a UUID. */
struct list {
	const struct call *c;
	struct ffa_uuid uuid;
	bool all;		/* the nil UUID */
	uint32_t version;	/* of the caller */
	unsigned int ep, uuid_index;	/* where it stands */
};

static struct list list_of(const struct call *c, const struct ffa_uuid *uuid)
{
	return (struct list){
		.c = c,
		.uuid = *uuid,
		.all = ffa_uuid_is_nil(uuid),
		.version = endpoint(c->s, c->ep)->version,
	};
}

/* Do the properties of FFA_MSG_SEND_DIRECT_REQ2 mean something here? */
static bool tells_req2(const struct list *l, unsigned int ep)
{
	bool caller = l->version >= FFA_V1_2;
	bool partition = endpoint(l->c->s, ep)->version >= FFA_V1_2;

	switch (choice(l->c, CHOICE_PARTINFO_REQ2)) {
	case PARTINFO_REQ2_PARTITION:
		return partition;
	case PARTINFO_REQ2_CALLER:
		return caller;
	case PARTINFO_REQ2_ALWAYS:
		return true;
	default:
		return caller && partition;
	}
}

/*
 * What a caller is told of a partition. The normal world is not told what a
 * partition sends: it cannot send there (Hafnium
 * ffa_setup_partition_properties). No version sees a bit that it does not
 * define; the bits of REQ2 also need a partition that speaks 1.2.
 */
static uint32_t properties(const struct list *l, unsigned int ep)
{
	const struct spmc_endpoint_config *e = config(l->c->s, ep);
	uint32_t props = e->props;

	if (e->aarch32)
		props &= ~(uint32_t)FFA_PART_AARCH64;
	else
		props |= FFA_PART_AARCH64;
	if (!is_sp(l->c->s, l->c->ep) &&
	    choice(l->c, CHOICE_PARTINFO_SEND) == PARTINFO_SEND_SECURE)
		props &= ~(uint32_t)(FFA_PART_SEND_DIRECT |
				     FFA_PART_SEND_DIRECT2);
	if (!tells_req2(l, ep))
		props &= ~(uint32_t)(FFA_PART_RECV_DIRECT2 |
				     FFA_PART_SEND_DIRECT2);
	if (l->version < FFA_V1_3)
		props &= ~(uint32_t)FFA_PART_LIVE;
	/* There is nothing to notify a 1.0 partition with. */
	if (endpoint(l->c->s, ep)->version < FFA_V1_1)
		props &= ~(uint32_t)FFA_PART_NOTIFICATION;
	/* FFA_PARTITION_INFO_GET_REGS has no 1.0 form of a descriptor. */
	if (l->version < FFA_V1_1 && l->c->fn == FFA_FN_PARTITION_INFO_GET)
		props &= FFA_PART_RECV_DIRECT | FFA_PART_SEND_DIRECT |
			 FFA_PART_INDIRECT;
	return props;
}

static uint16_t contexts(const struct list *l, unsigned int ep)
{
	switch (choice(l->c, CHOICE_PARTINFO_CONTEXTS)) {
	case PARTINFO_CONTEXTS_CPUS:
		return l->c->s->cpus;
	case PARTINFO_CONTEXTS_ONE:
		return 1;
	default:
		return config(l->c->s, ep)->ec_count;
	}
}

/* How often does the nil UUID list a partition with `uuids`? */
static unsigned int times(const struct list *l, unsigned int uuids)
{
	switch (choice(l->c, CHOICE_PARTINFO_NIL)) {
	case PARTINFO_NIL_UUIDS:
		return uuids;
	case PARTINFO_NIL_ONCE:
		return 1;
	default:
		return l->version < FFA_V1_2 ? 1 : uuids;
	}
}

/*
 * The next descriptor; false at the end. The nil UUID lists a partition once
 * for each of its UUIDs to a caller of 1.2, once to an older one (Hafnium
 * api_ffa_fill_partition_info). A specific UUID is not repeated in its
 * descriptors.
 */
static bool next(struct list *l, struct ffa_partition_info_v1_3 *info)
{
	const struct spmc *s = l->c->s;

	for (; l->ep < s->endpoint_count; l->ep++, l->uuid_index = 0) {
		const struct spmc_endpoint_config *e = config(s, l->ep);
		unsigned int uuids = e->uuid_count;

		if (!is_sp(s, l->ep) || is_destroyed(s, l->ep))
			continue;
		if (l->all)
			uuids = times(l, uuids);
		while (l->uuid_index < uuids) {
			const struct ffa_uuid *u = &e->uuids[l->uuid_index++];

			if (!l->all && !ffa_uuid_equal(u, &l->uuid))
				continue;
			*info = (struct ffa_partition_info_v1_3){
				.id = e->id,
				.ec_count = contexts(l, l->ep),
				.props = properties(l, l->ep),
				.version = endpoint(s, l->ep)->version,
			};
			if (l->all)
				info->uuid = *u;
			return true;
		}
	}
	return false;
}

/* Partitions that are gone: so often the information has changed. */
static uint32_t tag_of(const struct spmc *s)
{
	uint32_t tag = 0;
	unsigned int i;

	for (i = 0; i < s->endpoint_count; i++)
		tag += is_destroyed(s, i);
	return tag;
}

static unsigned int count(struct list l)
{
	struct ffa_partition_info_v1_3 info;
	unsigned int n = 0;

	while (next(&l, &info))
		n++;
	return n;
}

enum spmc_rule spmc_partition_info_get(struct call *c)
{
	unsigned int n_args;
	const struct ffa_field *args = ffa_args(c->fn, &n_args);
	uint32_t version = endpoint(c->s, c->ep)->version;
	/* The count flag is 1.1's; to a 1.0 caller w5 is reserved. */
	bool reserved = version < FFA_V1_1 &&
		choice(c, CHOICE_PARTINFO_COUNT) == PARTINFO_COUNT_FROM_1_1;
	uint32_t flags = reserved ? 0 : w(c, 5);
	size_t size = size_of(c);
	struct ffa_partition_info_v1_3 info;
	struct ffa_value val = { 0 };
	struct ffa_uuid uuid;
	enum spmc_rule rule;
	struct list l;
	char *out;

	if (flags & ~(uint32_t)COUNT_ONLY && enforced(c, RULE_PARTINFO_FLAGS))
		return RULE_PARTINFO_FLAGS;
	ffa_get_uuid(&c->in, &args[0], &uuid);
	l = list_of(c, &uuid);
	val.x[2] = count(l);
	if (!val.x[2] && !l.all && enforced(c, RULE_PARTINFO_UUID))
		return RULE_PARTINFO_UUID;
	if (flags & COUNT_ONLY)
		return succeed(c, &val);

	rule = rx_free(c, c->ep);
	if (rule)
		return rule;
	if (val.x[2] * size > (size_t)endpoint(c->s, c->ep)->pages *
			      FFA_PAGE_SIZE)
		return refuse_about(c, RULE_PARTINFO_NO_MEMORY, c->ep,
				    SPMC_NOBODY);
	for (out = rx_fill(c, c->ep, val.x[2] * size); next(&l, &info); out += size)
		memcpy(out, &info, size);
	if (version >= FFA_V1_1 ||
	    choice(c, CHOICE_PARTINFO_SIZE_1_0) == PARTINFO_SIZE_1_0_TOLD)
		val.x[3] = size;
	return succeed(c, &val);
}

enum spmc_rule spmc_partition_info_get_regs(struct call *c)
{
	enum { FIRST_REG = 3 };
	const size_t size = size_of(c), each = size / sizeof(uint64_t);
	const unsigned int most = (FFA_REGS - FIRST_REG) / each;
	unsigned int n_args, n, i;
	const struct ffa_field *args = ffa_args(c->fn, &n_args);
	uint32_t start = bits(c, 3, 0, 15), tag = bits(c, 3, 16, 31);
	struct ffa_partition_info_v1_3 info;
	struct ffa_value val = { 0 };
	struct ffa_uuid uuid;
	struct list l;

	if (tag != (start ? tag_of(c->s) : 0))
		return RULE_PARTREGS_TAG;
	ffa_get_uuid(&c->in, &args[0], &uuid);
	l = list_of(c, &uuid);
	n = count(l);
	if (!n && !l.all)
		return RULE_PARTREGS_UUID;
	if (start >= n)
		return RULE_PARTREGS_START;

	for (i = 0; i < start; i++)
		next(&l, &info);
	for (i = 0; i < most && next(&l, &info); i++)
		memcpy(&val.x[FIRST_REG + i * each], &info, size);
	val.x[2] = (uint64_t)(n - 1) | (uint64_t)(start + i - 1) << 16 |
		   (uint64_t)tag_of(c->s) << 32 | (uint64_t)size << 48;
	return succeed(c, &val);
}
