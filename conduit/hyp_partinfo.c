/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Partition information: the SPMC's list, which it writes to the hypervisor's
 * RX buffer, and behind it the hypervisor's own VMs.
 *
 *	[RX_ACQUIRE of the VM's RX]	INFO_ACQUIRE
 *	PARTITION_INFO_GET		INFO_GET
 *	RX_RELEASE of our own RX	INFO_FREE
 *	[RX_RELEASE of the VM's RX]	INFO_UNDO, if it came to nothing
 *
 * FFA_NS_RES_INFO_GET goes the same way, with RESOURCES for INFO_GET.
 */
#include <string.h>

#include "ffa/ffa_desc.h"
#include "hyp_impl.h"

enum { CONTINUES = 1 << 4 };	/* FFA_NS_RES_INFO_GET */
enum { COUNT_ONLY = 1, REGS_MOST = 5, REGS_EACH = 3, FIRST_REG = 3 };

/* An enumeration of what a VM is told about one UUID. */
struct list {
	const struct hcall *c;
	struct ffa_uuid uuid;
	bool all;
	const char *sps;	/* the SPMC's descriptors, NULL: none */
	unsigned int sp_count, sp_size;
	unsigned int sp, vm, uuid_index;	/* where it stands */
	int last;		/* id of the previous descriptor, or -1 */
};

static uint32_t mask_props(const struct vm *v, uint32_t props)
{
	if (v->version < FFA_V1_2)
		props &= ~(uint32_t)(FFA_PART_RECV_DIRECT2 |
				     FFA_PART_SEND_DIRECT2);
	if (v->version < FFA_V1_1)
		props &= FFA_PART_RECV_DIRECT | FFA_PART_SEND_DIRECT |
			 FFA_PART_INDIRECT;
	return props;
}

/*
 * To a VM below 1.2 a partition is there once, however many UUIDs it has; the
 * SPMC, which answers the hypervisor's version, may list it more often.
 */
static bool repeats(struct list *l, uint16_t id)
{
	bool again = l->all && caller(l->c)->version < FFA_V1_2 &&
		     l->last == id;

	l->last = id;
	return again;
}

static bool next_sp(struct list *l, struct ffa_partition_info *info)
{
	while (l->sp < l->sp_count) {
		*info = (struct ffa_partition_info){ 0 };
		memcpy(info, l->sps + (size_t)l->sp++ * l->sp_size,
		       l->sp_size < sizeof(*info) ? l->sp_size :
						    sizeof(*info));
		if (repeats(l, info->id))
			continue;
		info->props = mask_props(caller(l->c), info->props);
		if (!l->all)
			info->uuid = (struct ffa_uuid){ { 0 } };
		return true;
	}
	return false;
}

static bool next_vm(struct list *l, struct ffa_partition_info *info)
{
	const struct hyp *h = l->c->h;

	for (; l->vm < h->cfg.vm_count; l->vm++, l->uuid_index = 0) {
		const struct vm *v = &h->vms[l->vm];
		static const struct ffa_uuid nil;
		/* a VM without a UUID is there all the same */
		unsigned int n = v->cfg.uuid_count ? v->cfg.uuid_count : 1;

		if (v->life != HYP_RUNNING)
			continue;
		while (l->uuid_index < n) {
			const struct ffa_uuid *u = v->cfg.uuid_count ?
				&v->cfg.uuids[l->uuid_index] : &nil;

			l->uuid_index++;
			if (l->all ? repeats(l, v->cfg.id) :
				     !ffa_uuid_equal(u, &l->uuid))
				continue;
			*info = (struct ffa_partition_info){
				.id = v->cfg.id,
				.ec_count = v->cfg.vcpus,
				.props = mask_props(caller(l->c),
						    v->cfg.props),
			};
			if (l->all)
				info->uuid = *u;
			return true;
		}
	}
	return false;
}

static bool next(struct list *l, struct ffa_partition_info *info)
{
	return next_sp(l, info) || next_vm(l, info);
}

static unsigned int count(struct list l)
{
	struct ffa_partition_info info;
	unsigned int n = 0;

	while (next(&l, &info))
		n++;
	return n;
}

static void uuid_of(const struct hcall *c, struct ffa_uuid *uuid)
{
	unsigned int n;

	ffa_get_uuid(&c->in, &ffa_args(c->fn, &n)[0], uuid);
}

static struct list list_of(const struct hcall *c, const struct ffa_value *res)
{
	struct list l = { .c = c, .last = -1 };

	uuid_of(c, &l.uuid);
	l.all = ffa_uuid_is_nil(&l.uuid);
	if (hyp_is_error(res))
		return l;
	l.sp_size = c->h->version < FFA_V1_1 ?
		    sizeof(struct ffa_partition_info_v1_0) : w(res, 3);
	if (l.sp_size < sizeof(struct ffa_partition_info_v1_0) ||
	    w(res, 2) > FFA_PAGE_SIZE / l.sp_size)
		return l;
	l.sps = c->h->cfg.map(c->h->cfg.ctx, c->h->cfg.rx, FFA_PAGE_SIZE);
	l.sp_count = l.sps ? w(res, 2) : 0;
	return l;
}

/* -- steps ------------------------------------------------------------------- */

static struct hyp_cpu *here(const struct hcall *c)
{
	return &c->h->cpus[c->cpu];
}

/*
 * Always the whole list, as a count of the SPMC's would count descriptors
 * that a VM below 1.2 does not see.
 */
static void ask_list(struct hcall *c)
{
	static const struct ffa_field field = {
		.reg = 1, .lo = 0, .hi = 31, .kind = FFA_K_UUIDW,
	};
	struct ffa_value call = { { (uint32_t)FFA_ID_PARTITION_INFO_GET } };
	struct ffa_uuid uuid;

	uuid_of(c, &uuid);
	ffa_set_uuid(&call, &field, &uuid);
	hyp_ask(c, STEP_INFO_GET, &call);
}

void hyp_give_back(struct hcall *c)
{
	struct vm *v = caller(c);

	if (v->rx_ours && !v->rx_full)
		hyp_ask(c, STEP_INFO_UNDO, &(struct ffa_value){ {
			(uint32_t)FFA_ID_RX_RELEASE, v->cfg.id } });
	else
		hyp_info_undone(c, NULL);
}

/* The call is over: what was taken is given back, then the VM is answered. */
static void end(struct hcall *c)
{
	bool to_rx = c->fn == FFA_FN_NS_RES_INFO_GET ||
		     (c->fn == FFA_FN_PARTITION_INFO_GET &&
		      !(w(&c->in, 5) & COUNT_ONLY));
	bool wrote = to_rx && !here(c)->rule &&
		     !hyp_is_error(&here(c)->result);

	caller(c)->rx_full |= wrote;
	hyp_give_back(c);
}

void hyp_info_undone(struct hcall *c, const struct ffa_value *res)
{
	struct ffa_value val = here(c)->result;

	if (res && !hyp_is_error(res))
		caller(c)->rx_ours = false;
	if (here(c)->rule)
		hyp_refuse(c, (enum hyp_rule)here(c)->rule);
	else if (hyp_is_error(&val))
		hyp_pass(c, &val);
	else
		hyp_succeed(c, &val);
}

void hyp_info_freed(struct hcall *c, const struct ffa_value *res)
{
	(void)res;
	end(c);
}

static void fill_buffer(struct hcall *c, struct list l)
{
	struct vm *v = caller(c);
	size_t size = v->version < FFA_V1_1 ?
		      sizeof(struct ffa_partition_info_v1_0) :
		      sizeof(struct ffa_partition_info);
	size_t room = (size_t)v->pages * FFA_PAGE_SIZE;
	bool only_count = w(&c->in, 5) & COUNT_ONLY && v->version >= FFA_V1_1;
	struct ffa_partition_info info;
	unsigned int n = count(l);
	char *to;

	here(c)->result.x[2] = n;
	if (!n && !l.all) {
		here(c)->rule = RULE_HYP_PARTINFO_UUID;
		return;
	}
	if (only_count)
		return;
	to = hyp_rx(c->h, v);
	if (!to || n * size > room) {
		here(c)->rule = RULE_HYP_PARTINFO_NO_MEMORY;
		return;
	}
	/* The 1.0 descriptor is the beginning of the later one. */
	for (; next(&l, &info); to += size)
		memcpy(to, &info, size);
	if (v->version >= FFA_V1_1)
		here(c)->result.x[3] = size;
}

static void fill_regs(struct hcall *c, struct list l)
{
	struct ffa_value *val = &here(c)->result;
	uint32_t start = w(&c->in, 3) & 0xffff;
	struct ffa_partition_info info;
	unsigned int n = count(l), i;

	if (!n && !l.all) {
		here(c)->rule = RULE_HYP_PARTREGS_UUID;
		return;
	}
	if (start >= n) {
		here(c)->rule = RULE_HYP_PARTREGS_START;
		return;
	}
	for (i = 0; i < start; i++)
		next(&l, &info);
	for (i = 0; i < REGS_MOST && next(&l, &info); i++)
		memcpy(&val->x[FIRST_REG + i * REGS_EACH], &info, sizeof(info));
	val->x[2] = (uint64_t)(n - 1) | (uint64_t)(start + i - 1) << 16 |
		    (uint64_t)c->h->tag << 32 | (uint64_t)sizeof(info) << 48;
}

void hyp_info_got(struct hcall *c, const struct ffa_value *res)
{
	struct list l = list_of(c, res);
	bool nothing = hyp_is_error(res) &&
		       (int32_t)w(res, 2) == FFA_INVALID_PARAMETERS && !l.all;

	here(c)->rule = HYP_RULE_NONE;
	here(c)->result = (struct ffa_value){ {
		(uint32_t)FFA_ID_SUCCESS } };
	/* no partition has the UUID, but a VM may */
	if (hyp_is_error(res) && !nothing)
		here(c)->result = *res;
	else if (c->fn == FFA_FN_PARTITION_INFO_GET)
		fill_buffer(c, l);
	else
		fill_regs(c, l);
	if (hyp_is_error(res))
		end(c);
	else
		hyp_ask(c, STEP_INFO_FREE, &(struct ffa_value){ {
			(uint32_t)FFA_ID_RX_RELEASE } });
}

void hyp_info_acquired(struct hcall *c, const struct ffa_value *res)
{
	bool resources = c->fn == FFA_FN_NS_RES_INFO_GET;

	if (hyp_is_error(res)) {
		hyp_refuse(c, resources ? RULE_HYP_RESOURCES_RX :
					  RULE_HYP_PARTINFO_RX_BUSY);
		return;
	}
	caller(c)->rx_ours = true;
	if (resources)
		hyp_ask(c, STEP_RESOURCES, &c->in);
	else
		ask_list(c);
}

/* The SPMC's page is the VM's (HF ffa_ns_res_info_get_forward). */
void hyp_got_resources(struct hcall *c, const struct ffa_value *res)
{
	struct hyp *h = c->h;
	const void *from;
	char *to;

	here(c)->rule = HYP_RULE_NONE;
	here(c)->result = *res;
	if (hyp_is_error(res)) {
		end(c);
		return;
	}
	from = h->cfg.map(h->cfg.ctx, h->cfg.rx, FFA_PAGE_SIZE);
	to = hyp_rx(h, caller(c));
	if (from && to) {
		memcpy(to, from, FFA_PAGE_SIZE);
		h->reader = w(res, 2) ? (uint16_t)c->vm : NOBODY;
	} else {
		here(c)->rule = RULE_HYP_RESOURCES_RX;
	}
	hyp_ask(c, STEP_INFO_FREE, &(struct ffa_value){ {
		(uint32_t)FFA_ID_RX_RELEASE } });
}

/* -- calls ------------------------------------------------------------------- */

void hyp_do_info(struct hcall *c)
{
	struct vm *v = caller(c);
	/* The count flag is 1.1's; to a 1.0 VM w5 is reserved. */
	uint32_t flags = v->version < FFA_V1_1 ? 0 : w(&c->in, 5);

	c->in.x[5] = flags;
	if (flags & ~(uint32_t)COUNT_ONLY) {
		hyp_refuse(c, RULE_HYP_PARTINFO_FLAGS);
	} else if (flags & COUNT_ONLY) {
		ask_list(c);
	} else if (!v->pages) {
		hyp_refuse(c, RULE_HYP_PARTINFO_RX_UNMAPPED);
	} else if (v->rx_full) {
		hyp_refuse(c, RULE_HYP_PARTINFO_RX_BUSY);
	} else if (v->forwarded && !v->rx_ours) {
		hyp_ask(c, STEP_INFO_ACQUIRE, &(struct ffa_value){ {
			(uint32_t)FFA_ID_RX_ACQUIRE, v->cfg.id } });
	} else {
		ask_list(c);
	}
}

void hyp_do_info_regs(struct hcall *c)
{
	uint32_t start = w(&c->in, 3) & 0xffff, tag = w(&c->in, 3) >> 16;

	if (!start && tag)
		hyp_refuse(c, RULE_HYP_PARTREGS_TAG_FIRST);
	else if (start && tag != c->h->tag)
		hyp_refuse(c, RULE_HYP_PARTREGS_TAG);
	else
		ask_list(c);
}

/* To the SPMC all VMs are one caller, who can go on with one answer. */
void hyp_do_resources(struct hcall *c)
{
	struct vm *v = caller(c);

	if (!v->pages || v->rx_full)
		hyp_refuse(c, RULE_HYP_RESOURCES_RX);
	else if (w(&c->in, 2) & CONTINUES && c->h->reader != c->vm)
		hyp_refuse(c, RULE_HYP_RESOURCES_NOTHING);
	else if (v->forwarded && !v->rx_ours)
		hyp_ask(c, STEP_INFO_ACQUIRE, &(struct ffa_value){ {
			(uint32_t)FFA_ID_RX_ACQUIRE, v->cfg.id } });
	else
		hyp_ask(c, STEP_RESOURCES, &c->in);
}
