/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From rows to a configuration that spmc_check_config() accepts. What the
 * default board of a scenario has is there too (sim/board.h): RAM of the
 * primary, and secure RAM that is nobody's.
 */
#include <string.h>

#include "ops.h"

enum {
	NS_BASE = (int)0x80000000, S_BASE = 0x04000000, S_END = 0x10000000,
	DEFAULT_PAGES = 16,
};
#define NS_END	UINT64_C(0x100000000)

size_t ops_rows(size_t size)
{
	size_t n = (size + OPS_ROW - 1) / OPS_ROW;

	return n < OPS_MAX_ROWS ? n : OPS_MAX_ROWS;
}

void ops_get(const uint8_t *data, size_t size, size_t i,
	     uint8_t row[OPS_ROW])
{
	size_t at = i * OPS_ROW, n = at < size ? size - at : 0;

	if (n >= OPS_ROW) {
		memcpy(row, data + at, OPS_ROW);
		return;
	}
	memset(row, 0, OPS_ROW);
	if (n)
		memcpy(row, data + at, n);
}

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | get16(p + 2) << 16;
}

/* -- the head -------------------------------------------------------------- */

/* [5] endpoints, [6] memory, [12] interrupts */
static unsigned int endpoints_of(const uint8_t *row)
{
	return row[5] % (OPS_MAX_ENDPOINTS + 1);
}

static unsigned int mems_of(const uint8_t *row)
{
	return row[6] % (OPS_MAX_MEMS + 1);
}

static unsigned int irqs_of(const uint8_t *row)
{
	return row[12] % (OPS_MAX_IRQS + 1);
}

/* Behind an endpoint: its UUIDs. */
static unsigned int uuids_of(const uint8_t *row)
{
	return row[8] % (SPMC_MAX_UUIDS + 1);
}

size_t ops_board_rows(const uint8_t *data, size_t size)
{
	uint8_t row[OPS_ROW];
	size_t n = 1;
	unsigned int i, others;

	ops_get(data, size, 0, row);
	others = mems_of(row) + irqs_of(row);
	for (i = endpoints_of(row); i; i--) {
		ops_get(data, size, n, row);
		n += 1 + uuids_of(row);
	}
	return n + others;
}

static void read_head(struct ops_board *b, const uint8_t *row)
{
	struct spmc_config *c = &b->config;

	*c = (struct spmc_config){
		.size = sizeof(*c),
		.version = FFA_VER(1, row[0] & 3u),
		.profile = (enum spmc_profile)(row[0] >> 2 & 3),
		.cpus = (uint16_t)(1 + row[1] % OPS_MAX_CPUS),
		.dynbuf = row[1] & 8,
		.npi = row[2], .sri = row[3], .mei = row[4],
		.rxtx_max_pages = (uint16_t)(row[7] % SPMC_MAX_RXTX_PAGES + 1),
		.handles = get16(row + 8) % 257,
		.ranges = get16(row + 10) % 4097,
		.vcpus = row[13] % 64,
	};
	b->scripted = row[1] & 4;
	b->endpoints[0] = (struct spmc_endpoint_config){
		.kind = SPMC_NS_PRIMARY,
		.aarch32 = row[14] & 4,
		.version = FFA_VER(1, row[14] & 3u),
		.ec_count = c->cpus,
		.props = (row[14] & 4 ? 0 : FFA_PART_AARCH64) |
			 FFA_PART_SEND_DIRECT | FFA_PART_SEND_DIRECT2,
		.ns_action = SPMC_NS_SIGNALED,
		.s_action = SPMC_S_SIGNALED,
	};
}

/* -- endpoints ------------------------------------------------------------- */

static bool taken(const struct ops_board *b, unsigned int n, uint16_t id)
{
	for (unsigned int i = 0; i < n; i++)
		if (b->endpoints[i].id == id)
			return true;
	return false;
}

static uint16_t some_id(const struct ops_board *b, unsigned int n,
			uint16_t id, bool secure)
{
	if (secure)
		id = (uint16_t)(FFA_ID_SECURE | (id & 0x7fff) % 0x7fc0);
	else
		id &= 0x7fff;
	while (!(id & 0x7fff) || taken(b, n, id))
		id = (uint16_t)((id & FFA_ID_SECURE) |
				((id & 0x7fff) + 1) % 0x7fc0);
	return id;
}

static void default_uuid(struct spmc_endpoint_config *e)
{
	static const struct ffa_uuid base = { {
		0xff, 0xa5, 0, 0, 0, 0, 0x40, 0, 0x80 } };

	e->uuids[0] = base;
	e->uuids[0].b[14] = (uint8_t)(e->id >> 8);
	e->uuids[0].b[15] = (uint8_t)e->id;
	e->uuid_count = 1;
}

bool ops_default_uuid(uint16_t id, const struct ffa_uuid *uuid)
{
	struct spmc_endpoint_config e = { .id = id };

	default_uuid(&e);
	return ffa_uuid_equal(uuid, &e.uuids[0]);
}

static void read_endpoint(struct ops_board *b, unsigned int n,
			  const uint8_t *row)
{
	static const enum spmc_kind kinds[] = {
		SPMC_SP_EL1, SPMC_SP_EL0, SPMC_VM, SPMC_SP_EL1,
	};
	static const enum spmc_ns_action ns[] = {
		SPMC_NS_SIGNALED, SPMC_NS_QUEUED, SPMC_NS_MANAGED_EXIT,
		SPMC_NS_SIGNALED,
	};
	struct spmc_endpoint_config *e = &b->endpoints[n];
	enum spmc_kind kind = kinds[row[0] & 3];
	bool sp = kind >= SPMC_SP_EL1;

	*e = (struct spmc_endpoint_config){
		.kind = (uint8_t)kind,
		.id = some_id(b, n, (uint16_t)get16(row + 2), sp),
		.aarch32 = row[0] & 4,
		.ec_count = kind == SPMC_VM ? 1 + row[10] % 8u :
			    kind == SPMC_SP_EL1 && row[0] & 8 ?
			    b->config.cpus : 1,
		.version = FFA_VER(1, row[1] & 3u),
		.ns_action = (uint8_t)ns[row[1] >> 2 & 3],
		.s_action = row[1] & 16 ? SPMC_S_QUEUED : SPMC_S_SIGNALED,
		.pm = row[1] >> 5,
		.boot_order = (uint16_t)get16(row + 6),
	};
	/* what a part of a scenario can have */
	e->props = get16(row + 4) &
		   (FFA_PART_RECV_DIRECT | FFA_PART_SEND_DIRECT |
		    FFA_PART_INDIRECT | FFA_PART_NOTIFICATION |
		    FFA_PART_VM_CREATED | FFA_PART_VM_DESTROYED |
		    FFA_PART_RECV_DIRECT2 | FFA_PART_SEND_DIRECT2);
	if (!sp && !e->props)
		e->props = FFA_PART_SEND_DIRECT | FFA_PART_SEND_DIRECT2;
	if (!e->aarch32)
		e->props |= FFA_PART_AARCH64;
	if (kind != SPMC_SP_EL1 && e->ns_action == SPMC_NS_MANAGED_EXIT)
		e->ns_action = SPMC_NS_SIGNALED;
	if (e->ns_action == SPMC_NS_MANAGED_EXIT && !b->config.mei)
		b->config.mei = 4;
	if (sp && e->ec_count == 1)
		e->abort = (row[9] & 7) % (SPMC_ABORT_PROPAGATE + 1);
	e->mei_virq = kind == SPMC_SP_EL1 && row[9] & 8;
	if (!sp) {
		e->ns_action = SPMC_NS_SIGNALED;
		e->s_action = SPMC_S_SIGNALED;
	}
	if (e->s_action == SPMC_S_QUEUED)
		e->ns_action = SPMC_NS_QUEUED;
}

static size_t read_endpoints(struct ops_board *b, const uint8_t *data,
			     size_t size, unsigned int n)
{
	uint8_t row[OPS_ROW];
	size_t at = 1;

	for (unsigned int i = 1; i <= n; i++) {
		struct spmc_endpoint_config *e = &b->endpoints[i];
		unsigned int uuids;

		ops_get(data, size, at++, row);
		read_endpoint(b, i, row);
		uuids = uuids_of(row);
		for (unsigned int k = 0; k < uuids; k++) {
			ops_get(data, size, at++, row);
			memcpy(e->uuids[k].b, row, OPS_ROW);
		}
		e->uuid_count = (uint16_t)uuids;
		if (!uuids && e->kind >= SPMC_SP_EL1)
			default_uuid(e);
	}
	b->config.endpoint_count = (uint16_t)(n + 1);
	b->config.endpoints = b->endpoints;
	return at;
}

/* -- memory ---------------------------------------------------------------- */

static bool overlaps(const struct ops_board *b, uint64_t base, uint64_t end)
{
	for (unsigned int i = 0; i < b->mem_count; i++) {
		const struct ops_mem *m = &b->mems[i];

		if (base < m->base + (uint64_t)m->pages * FFA_PAGE_SIZE &&
		    m->base < end)
			return true;
	}
	return false;
}

/* Memory that overlaps, or is where nothing can be, is left out. */
static void add_mem(struct ops_board *b, uint64_t base, uint32_t pages,
		    unsigned int owner, unsigned int attrs)
{
	uint64_t end = base + (uint64_t)pages * FFA_PAGE_SIZE;

	if (base >= S_BASE && end <= S_END)
		attrs |= SPMC_REGION_SECURE;
	else if (base < (uint32_t)NS_BASE || end > NS_END)
		return;
	else
		attrs &= ~(unsigned int)SPMC_REGION_SECURE;
	if (overlaps(b, base, end))
		return;
	b->mems[b->mem_count++] = (struct ops_mem){
		base, pages, (uint16_t)attrs, (uint8_t)owner,
	};
	b->pages += pages;
}

/* [0] first page, [4] pages, [6] owner, [7] kind */
static void read_mem(struct ops_board *b, const uint8_t *row)
{
	add_mem(b, (uint64_t)get32(row) % 0x100000 * FFA_PAGE_SIZE,
		1 + get16(row + 4) % 1024, row[6] % b->config.endpoint_count,
		row[7] & (SPMC_REGION_DEVICE | SPMC_REGION_READ_ONLY));
}

/* Every endpoint has something to share. */
static void default_mems(struct ops_board *b)
{
	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		add_mem(b, (b->endpoints[i].kind >= SPMC_SP_EL1 ?
			    (uint64_t)S_BASE : (uint32_t)NS_BASE) +
			   (uint64_t)i * 0x100000, DEFAULT_PAGES, i, 0);
}

static void add_region(struct ops_board *b, uint64_t base, uint64_t end,
		       uint16_t owner, uint16_t attrs)
{
	struct spmc_region *last = &b->regions[b->config.region_count];

	if (base == end)
		return;
	if (b->config.region_count && last[-1].owner == owner &&
	    last[-1].attrs == attrs &&
	    last[-1].base + last[-1].pages * FFA_PAGE_SIZE == base) {
		last[-1].pages += (end - base) / FFA_PAGE_SIZE;
		return;
	}
	*last = (struct spmc_region){
		base, (end - base) / FFA_PAGE_SIZE, owner, attrs,
	};
	b->config.region_count++;
}

/* A stretch of RAM, with the board's memory inside it. */
static void lay_out(struct ops_board *b, uint64_t base, uint64_t end,
		    uint16_t owner, uint16_t attrs)
{
	for (;;) {
		const struct ops_mem *next = NULL;

		for (unsigned int i = 0; i < b->mem_count; i++)
			if (b->mems[i].base >= base && b->mems[i].base < end &&
			    (!next || b->mems[i].base < next->base))
				next = &b->mems[i];
		if (!next)
			break;
		add_region(b, base, next->base, owner, attrs);
		base = next->base + (uint64_t)next->pages * FFA_PAGE_SIZE;
		add_region(b, next->base, base, b->endpoints[next->owner].id,
			   next->attrs);
	}
	add_region(b, base, end, owner, attrs);
}

uint64_t ops_page(const struct ops_board *b, unsigned int n)
{
	unsigned int i;

	if (!b->pages)
		return (uint64_t)n * FFA_PAGE_SIZE;
	n %= b->pages;
	for (i = 0; n >= b->mems[i].pages; i++)
		n -= b->mems[i].pages;
	return b->mems[i].base + (uint64_t)n * FFA_PAGE_SIZE;
}

int ops_page_of(const struct ops_board *b, uint64_t pa)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < b->mem_count; i++) {
		const struct ops_mem *m = &b->mems[i];

		if (pa >= m->base && (pa - m->base) / FFA_PAGE_SIZE < m->pages)
			return (int)(n + (pa - m->base) / FFA_PAGE_SIZE);
		n += m->pages;
	}
	return -1;
}

/* -- interrupts ------------------------------------------------------------ */

/* [0] id, [4] owner: an endpoint, or EL3 firmware */
static void read_irq(struct ops_board *b, const uint8_t *row)
{
	struct spmc_irq irq = { get16(row), FFA_ID_SPMD };
	unsigned int owner = row[4] % (b->config.endpoint_count + 1u);

	if (irq.id == b->config.mei || irq.id == b->config.npi)
		return;
	for (unsigned int i = 0; i < b->config.irq_count; i++)
		if (b->irqs[i].id == irq.id)
			return;
	if (owner < b->config.endpoint_count) {
		if (b->endpoints[owner].kind < SPMC_SP_EL1)
			return;
		irq.owner = b->endpoints[owner].id;
	}
	b->irqs[b->config.irq_count++] = irq;
}

static int owner_of(const struct ops_board *b, const struct spmc_irq *irq)
{
	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		if (b->endpoints[i].id == irq->owner)
			return (int)i;
	return -1;
}

/* As a scenario has them: those of EL3, then part by part. */
static void sort_irqs(struct ops_board *b)
{
	for (unsigned int i = 1; i < b->config.irq_count; i++) {
		struct spmc_irq irq = b->irqs[i];
		unsigned int k = i;

		for (; k && owner_of(b, &b->irqs[k - 1]) > owner_of(b, &irq);
		     k--)
			b->irqs[k] = b->irqs[k - 1];
		b->irqs[k] = irq;
	}
}

void ops_board_read(struct ops_board *b, const uint8_t *data, size_t size)
{
	uint8_t head[OPS_ROW], row[OPS_ROW];
	size_t at;

	memset(b, 0, sizeof(*b));
	ops_get(data, size, 0, head);
	read_head(b, head);
	at = read_endpoints(b, data, size, endpoints_of(head));
	for (unsigned int i = 0; i < mems_of(head); i++) {
		ops_get(data, size, at++, row);
		read_mem(b, row);
	}
	if (!b->mem_count)
		default_mems(b);
	for (unsigned int i = 0; i < irqs_of(head); i++) {
		ops_get(data, size, at++, row);
		read_irq(b, row);
	}
	sort_irqs(b);
	b->config.irqs = b->irqs;
	lay_out(b, S_BASE, S_END, FFA_ID_SPMC, SPMC_REGION_SECURE);
	lay_out(b, (uint32_t)NS_BASE, NS_END, FFA_ID_NS_PRIMARY, 0);
	b->config.regions = b->regions;
}
