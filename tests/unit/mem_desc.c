/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "ffa/ffa_desc.h"
#include "mem_desc.h"
#include "unit.h"

uint16_t mem_ids[ENDPOINTS] = { 0, 1, 0x8001, 0x8002, 0x8003 };

static const uint64_t box_pa[ENDPOINTS] = {
	NS_PA, 0, SP_PA, SP2_PA, SP3_PA,
};

/* -- descriptors ------------------------------------------------------------ */

static void put(unsigned char *at, uint64_t v, unsigned int bytes)
{
	while (bytes--) {
		*at++ = (unsigned char)v;
		v >>= 8;
	}
}

static uint32_t emad_size(const struct mem_desc *d)
{
	return d->emad_size ? d->emad_size : d->version < FFA_V1_2 ? 16 : 32;
}

uint32_t mem_desc_write(struct mem_desc *d, unsigned char *to)
{
	bool old = d->version == FFA_V1_0;
	uint32_t size = emad_size(d), i, at;

	d->emad_at = old ? 32 : 48 + d->pad;
	at = d->emad_at + d->emads * size;
	memset(to, 0, at + d->pad2 + 16);
	put(to, d->sender, 2);
	put(to + 2, d->attributes, old ? 1 : 2);
	put(to + 4, d->flags, 4);
	put(to + 8, d->handle, 8);
	put(to + 16, d->tag, 8);
	put(to + 28, d->emads, 4);
	if (!old) {
		put(to + 24, size, 4);
		put(to + 32, d->emad_at, 4);
	}
	d->composite_at = d->kind == RETRIEVE ? 0 : at + d->pad2;
	for (i = 0; i < d->emads; i++) {
		unsigned char *e = to + d->emad_at + i * size;

		put(e, d->emad[i].id, 2);
		put(e + 2, d->emad[i].perm, 1);
		put(e + 4, d->composite_at, 4);
		if (size == 32)
			put(e + 8, d->emad[i].impdef, 8);
	}
	d->len = at;
	if (d->kind == RETRIEVE)
		return at;
	at = d->composite_at;
	for (i = size = 0; i < d->ranges; i++)
		size += d->range[i].pages;
	put(to + at, size, 4);
	put(to + at + 4, d->ranges, 4);
	put(to + at + 8, 0, 8);
	for (i = 0; i < d->ranges; i++) {
		at += 16;
		put(to + at, d->range[i].base, 8);
		put(to + at + 8, d->range[i].pages, 4);
		put(to + at + 12, 0, 4);
	}
	return d->len = at + 16;
}

bool mem_desc_poke(const struct mem_desc *d, unsigned char *at,
		   enum mem_field f, uint64_t value)
{
	bool old = d->version == FFA_V1_0;
	uint32_t size = emad_size(d);
	unsigned char *e = at + d->emad_at, *c = at + d->composite_at;

	switch (f) {
	case F_SENDER:
		put(at, value, 2);
		return true;
	case F_ATTR:
		put(at + 2, value, old ? 1 : 2);
		return true;
	case F_FLAGS:
		put(at + 4, value, 4);
		return true;
	case F_HANDLE:
		put(at + 8, value, 8);
		return true;
	case F_TAG:
		put(at + 16, value, 8);
		return true;
	case F_RESERVED:
		put(at + (old ? 3 : 36), value, 1);
		return true;
	case F_RESERVED2:
		put(at + (old ? 24 : 44), value, 4);
		return true;
	case F_EMAD_SIZE:
		put(at + 24, value, 4);
		return !old;
	case F_EMAD_COUNT:
		put(at + 28, value, 4);
		return true;
	case F_EMAD_OFFSET:
		if (!old)
			put(at + 32, value, 4);
		return !old;
	case F_E2_ID:
		e += size;
		/* fall through */
	case F_E_ID:
		put(e, value, 2);
		return true;
	case F_E2_PERM:
		e += size;
		/* fall through */
	case F_E_PERM:
		put(e + 2, value, 1);
		return true;
	case F_E_FLAGS:
		put(e + 3, value, 1);
		return true;
	case F_E2_COMPOSITE:
		e += size;
		/* fall through */
	case F_E_COMPOSITE:
		put(e + 4, value, 4);
		return true;
	case F_E2_RESERVED:
		e += size;
		/* fall through */
	case F_E_RESERVED:
		put(e + size - 8, value, 8);
		return true;
	case F_E_IMPDEF:
		if (size == 32)
			put(e + 16, value, 8);
		return size == 32;
	case F_C_PAGES:
		put(c, value, 4);
		return true;
	case F_C_COUNT:
		put(c + 4, value, 4);
		return true;
	case F_C_RESERVED:
		put(c + 8, value, 8);
		return true;
	case F_R_BASE:
		put(c + 16, value, 8);
		return true;
	case F_R_PAGES:
		put(c + 24, value, 4);
		return true;
	case F_R_RESERVED:
		put(c + 28, value, 4);
		return true;
	case F_R2_BASE:
		put(c + 32, value, 8);
		return true;
	case F_R2_PAGES:
		put(c + 40, value, 4);
		return true;
	case F_NONE:
	case F_LEN:
	case F_FRAG:
	case F_ADDRESS:
	case F_BUFFER_PAGES:
		break;
	}
	return true;
}

struct mem_desc mem_desc_send(enum mem_kind kind, uint32_t version, int from,
			      int to, uint64_t base, uint32_t pages)
{
	return (struct mem_desc){
		.kind = kind, .version = version, .sender = mem_ids[from],
		.attributes = kind == SHARE ? ATTR_NORMAL : 0, .tag = 0x55,
		.emads = 1, .ranges = 1,
		.emad = { { mem_ids[to], kind == DONATE ? 0 : RW, 0 } },
		.range = { { base, pages } },
	};
}

struct mem_desc mem_desc_request(const struct mem_desc *d, uint32_t version,
				 uint64_t handle)
{
	struct mem_desc r = *d;
	uint32_t i;

	r.kind = RETRIEVE;
	r.version = version;
	r.emad_size = r.pad = r.pad2 = r.ranges = 0;
	r.handle = handle;
	r.flags = 0;
	for (i = 0; i < r.emads && d->kind != SHARE && r.emads == 1; i++)
		r.emad[i].perm |= NX;
	return r;
}

/* -- a world ---------------------------------------------------------------- */

struct spmc_config *mem_config(uint32_t version,
			       struct spmc_endpoint_config **eps,
			       struct spmc_region **regs)
{
	struct spmc_endpoint_config *e;
	struct spmc_region *r;
	struct spmc_config *cfg = world_config(&e, &r);
	int i;

	e[SP3] = e[SP2];
	e[SP3].kind = SPMC_SP_EL0;
	e[SP3].uuids[0].b[0] = 0x31;
	r[cfg->region_count++] = (struct spmc_region){
		SP3_PA, 16, mem_ids[SP3], SPMC_REGION_SECURE,
	};
	cfg->endpoint_count = ENDPOINTS;
	cfg->cpus = 1;
	cfg->handles = 64;
	cfg->ranges = 256;
	for (i = 0; i < ENDPOINTS; i++) {
		e[i].id = mem_ids[i];
		e[i].version = version;
	}
	r[1].owner = mem_ids[VM];
	r[4].owner = mem_ids[SP1];
	r[5].owner = mem_ids[SP2];
	if (eps)
		*eps = e;
	if (regs)
		*regs = r;
	return cfg;
}

struct world *mem_boot(const struct spmc_config *cfg)
{
	struct world *w = world_new(cfg);
	unsigned int ep, ec;

	while (spmc_running(w->s, 0, &ep, &ec) && ep != NS) {
		CALL(w, FFA_ID_RXTX_MAP_64, box_pa[ep],
		     box_pa[ep] + BOX_PAGES * FFA_PAGE_SIZE, BOX_PAGES);
		ck_ok(w);
		CALL(w, FFA_ID_MSG_WAIT);
		ck_ok(w);
	}
	CALL(w, FFA_ID_RXTX_MAP_64, NS_PA, NS_PA + BOX_PAGES * FFA_PAGE_SIZE,
	     BOX_PAGES);
	ck_ok(w);
	return w;
}

unsigned char *mem_at(struct world *w, uint64_t pa)
{
	return pa >= NS_PA ? w->ns + (pa - NS_PA) : w->sec + (pa - SP_PA);
}

unsigned char *mem_tx(struct world *w, int ep)
{
	return mem_at(w, box_pa[ep]);
}

unsigned char *mem_rx(struct world *w, int ep)
{
	return mem_at(w, box_pa[ep] + BOX_PAGES * FFA_PAGE_SIZE);
}

void mem_run(struct world *w, int ep)
{
	unsigned int now, ec;

	must(spmc_running(w->s, 0, &now, &ec), "nobody runs");
	if (now != NS && (int)now != ep) {
		CALL(w, FFA_ID_MSG_SEND_DIRECT_RESP_32,
		     (uint64_t)mem_ids[now] << 16);
		must(!w->out.rule && w->out.endpoint == NS, "no response");
		now = NS;
	}
	if ((int)now != ep) {
		CALL(w, FFA_ID_MSG_SEND_DIRECT_REQ_32, mem_ids[ep]);
		must(!w->out.rule && w->out.endpoint == ep, "no request");
	}
}

int mem_as(struct world *w, int ep, uint32_t fid, uint64_t x1, uint64_t x2,
	   uint64_t x3, uint64_t x4)
{
	uint64_t hash;

	mem_run(w, ep);
	hash = spmc_hash(w->s);
	CALL(w, fid, x1, x2, x3, x4);
	if (w->out.rule && !spmc_rules[w->out.rule].drops)
		must(hash == spmc_hash(w->s),
		     "refused by %s, and changed something",
		     spmc_rules[w->out.rule].name);
	if ((uint32_t)w->out.regs.x[0] != (uint32_t)FFA_ID_ERROR)
		return 0;
	return (int)(int32_t)w->out.regs.x[2];
}

uint32_t mem_fid(enum mem_kind kind, bool wide)
{
	static const uint32_t fid[] = {
		[RETRIEVE] = (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32,
		[SHARE] = (uint32_t)FFA_ID_MEM_SHARE_32,
		[LEND] = (uint32_t)FFA_ID_MEM_LEND_32,
		[DONATE] = (uint32_t)FFA_ID_MEM_DONATE_32,
	};

	return fid[kind] | (wide ? 0x40000000u : 0);
}

uint64_t mem_send(struct world *w, int ep, struct mem_desc *d)
{
	uint32_t len = mem_desc_write(d, mem_tx(w, ep));

	if (mem_as(w, ep, mem_fid(d->kind, false), len, len, 0, 0))
		return 0;
	must_eq(w->out.regs.x[0], (uint32_t)FFA_ID_SUCCESS);
	return w->out.regs.x[2] | w->out.regs.x[3] << 32;
}

int mem_retrieve(struct world *w, int ep, struct mem_desc *d)
{
	uint32_t len = mem_desc_write(d, mem_tx(w, ep));

	return mem_as(w, ep, mem_fid(RETRIEVE, false), len, len, 0, 0);
}

int mem_release(struct world *w, int ep)
{
	return mem_as(w, ep, (uint32_t)FFA_ID_RX_RELEASE, 0, 0, 0, 0);
}

int mem_relinquish(struct world *w, int ep, uint64_t handle, uint32_t flags)
{
	unsigned char *tx = mem_tx(w, ep);

	put(tx, handle, 8);
	put(tx + 8, flags, 4);
	put(tx + 12, 1, 4);
	put(tx + 16, mem_ids[ep], 2);
	return mem_as(w, ep, (uint32_t)FFA_ID_MEM_RELINQUISH, 0, 0, 0, 0);
}

int mem_reclaim(struct world *w, int ep, uint64_t handle, uint32_t flags)
{
	return mem_as(w, ep, (uint32_t)FFA_ID_MEM_RECLAIM, (uint32_t)handle,
		      handle >> 32, flags, 0);
}

int mem_take(struct world *w, int ep, const struct mem_desc *sent,
	     uint64_t handle)
{
	struct mem_desc r = mem_desc_request(
		sent, spmc_version_of(w->s, (unsigned int)ep), handle);
	int error = mem_retrieve(w, ep, &r);

	if (!error)
		must_eq(mem_release(w, ep), 0);
	return error;
}

int mem_frag_tx(struct world *w, int ep, uint64_t handle, uint32_t len,
		uint16_t id)
{
	return mem_as(w, ep, (uint32_t)FFA_ID_MEM_FRAG_TX, (uint32_t)handle,
		      handle >> 32, len, (uint64_t)id << 16);
}

int mem_frag_rx(struct world *w, int ep, uint64_t handle, uint32_t offset,
		uint16_t id)
{
	return mem_as(w, ep, (uint32_t)FFA_ID_MEM_FRAG_RX, (uint32_t)handle,
		      handle >> 32, offset, (uint64_t)id << 16);
}

void must_access(struct world *w, int ep, uint64_t pa, unsigned int is)
{
	unsigned int now = spmc_access(w->s, (unsigned int)ep, pa);

	must(now == is, "endpoint %d at %#llx: %u, not %u", ep,
	     (unsigned long long)pa, now, is);
}

int mem_perm_set(struct world *w, uint64_t pa, uint32_t pages, uint32_t perm)
{
	const struct ffa_value in = { {
		(uint32_t)FFA_ID_MEM_PERM_SET_64, pa, pages, perm } };
	uint64_t hash = spmc_hash(w->s);

	world_smc(w, 0, &in);
	must(!w->out.rule || hash == spmc_hash(w->s),
	     "refused by %s, and changed something",
	     spmc_rules[w->out.rule].name);
	return w->out.rule;
}

struct world *mem_boot_to_sp3(const struct spmc_config *cfg)
{
	struct world *w = world_new(cfg);
	unsigned int ep, ec;

	while (spmc_running(w->s, 0, &ep, &ec) && ep != SP3)
		CALL(w, FFA_ID_MSG_WAIT);
	return w;
}

void mem_map_boxes(struct world *w, int ep, uint64_t pa)
{
	must_eq(mem_as(w, ep, (uint32_t)FFA_ID_RXTX_MAP_64, pa,
		       pa + BOX_PAGES * FFA_PAGE_SIZE, BOX_PAGES, 0), 0);
}
