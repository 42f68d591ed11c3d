/* SPDX-License-Identifier: BSD-3-Clause */
/* The block as a whole: configuration, reset, looking in, snapshot. */
#include "mem.h"
#include "notif.h"

static const char *check_endpoint(const struct spmc_config *cfg,
				  unsigned int i)
{
	const struct spmc_endpoint_config *e = &cfg->endpoints[i];
	unsigned int j;

	if ((i == 0) != (e->kind == SPMC_NS_PRIMARY))
		return "the first endpoint, and no other, is the normal world's primary";
	if (e->kind > SPMC_SP_EL0)
		return "unknown kind of endpoint";
	if (i == 0 && e->id != FFA_ID_NS_PRIMARY)
		return "the normal world's primary has id 0";
	if (e->kind == SPMC_VM && (e->id == 0 || e->id & FFA_ID_SECURE))
		return "a VM's id is 0x0001 to 0x7fff";
	if (e->kind >= SPMC_SP_EL1 && (e->id <= FFA_ID_SPMC || e->id >= 0xffc0))
		return "a secure partition's id is 0x8001 to 0xffbf";
	for (j = 0; j < i; j++)
		if (cfg->endpoints[j].id == e->id)
			return "two endpoints have the same id";
	if (e->version < FFA_V1_0 || e->version > FFA_V1_3)
		return "the endpoint's version is not 1.0 to 1.3";
	if (e->kind == SPMC_SP_EL0 && e->ec_count != 1)
		return "an S-EL0 partition has one execution context";
	if (e->kind >= SPMC_SP_EL1 && e->ec_count != 1 &&
	    e->ec_count != cfg->cpus)
		return "a partition has one execution context, or one for each CPU";
	if (e->kind >= SPMC_SP_EL1 && (!e->uuid_count ||
				       e->uuid_count > SPMC_MAX_UUIDS))
		return "a partition has 1 to 8 UUIDs";
	if (e->boot_reg > 3)
		return "boot information goes to one of x0 to x3";
	if (e->ns_action > SPMC_NS_SIGNALED)
		return "unknown action on non-secure interrupts";
	if (e->s_action > SPMC_S_SIGNALED)
		return "unknown action on secure interrupts";
	if (e->kind >= SPMC_SP_EL1 && e->s_action == SPMC_S_QUEUED &&
	    e->ns_action != SPMC_NS_QUEUED)
		return "who queues secure interrupts queues non-secure ones too";
	if (e->abort > SPMC_ABORT_PROPAGATE)
		return "unknown abort action";
	if (e->abort && (e->kind < SPMC_SP_EL1 || e->ec_count != 1))
		return "an abort action is for partitions with one execution context";
	if (e->live > 8 || e->live == e->boot_reg + 1)
		return "live activation is told in one of x0 to x7, not that of the boot information";
	if (e->live && (e->kind < SPMC_SP_EL1 || e->ec_count != 1))
		return "live activation is for partitions with one execution context";
	if (e->kind == SPMC_SP_EL0 && e->ns_action == SPMC_NS_MANAGED_EXIT)
		return "managed exit is for S-EL1 partitions";
	if (e->kind == SPMC_SP_EL1 && !cfg->mei &&
	    e->ns_action == SPMC_NS_MANAGED_EXIT)
		return "managed exit needs an interrupt id";
	return NULL;
}

static const char *check_region(const struct spmc_config *cfg, unsigned int i)
{
	const struct spmc_region *r = &cfg->regions[i];
	unsigned int j;

	if (r->base % FFA_PAGE_SIZE)
		return "the base of a region is a multiple of 4 KiB";
	if (!r->pages || r->pages > UINT64_MAX / FFA_PAGE_SIZE ||
	    r->base > UINT64_MAX - r->pages * FFA_PAGE_SIZE)
		return "the size of a region is zero, or it wraps around";
	for (j = 0; j < i; j++) {
		const struct spmc_region *o = &cfg->regions[j];

		if (r->base < o->base + o->pages * FFA_PAGE_SIZE &&
		    o->base < r->base + r->pages * FFA_PAGE_SIZE)
			return "two regions overlap";
	}
	if (r->owner == FFA_ID_SPMC)
		return NULL;
	for (j = 0; j < cfg->endpoint_count; j++)
		if (cfg->endpoints[j].id == r->owner)
			return NULL;
	return "the owner of a region is not an endpoint";
}

static const char *check_irq(const struct spmc_config *cfg, unsigned int i)
{
	const struct spmc_irq *irq = &cfg->irqs[i];
	unsigned int j;

	if (irq->id == cfg->mei || irq->id == cfg->npi)
		return "a secure interrupt has the id of a virtual one";
	for (j = 0; j < i; j++)
		if (cfg->irqs[j].id == irq->id)
			return "two secure interrupts have the same id";
	if (irq->owner == FFA_ID_SPMD)
		return NULL;
	for (j = 0; j < cfg->endpoint_count; j++)
		if (cfg->endpoints[j].id == irq->owner &&
		    cfg->endpoints[j].kind >= SPMC_SP_EL1)
			return NULL;
	return "the owner of a secure interrupt is not a partition";
}

const char *spmc_check_config(const struct spmc_config *cfg, int *where)
{
	const char *wrong;
	unsigned int i;

	*where = -1;
	if (cfg->size != sizeof(*cfg))
		return "the configuration has another size than this library's";
	if (cfg->version < FFA_V1_0 || cfg->version > FFA_V1_3)
		return "the SPMC's version is not 1.0 to 1.3";
	if (cfg->profile >= SPMC_PROFILE_COUNT)
		return "unknown profile";
	if (!cfg->cpus || cfg->cpus > SPMC_MAX_CPUS)
		return "there are 1 to 32 CPUs";
	if (!cfg->rxtx_max_pages || cfg->rxtx_max_pages > SPMC_MAX_RXTX_PAGES)
		return "RX/TX buffers have 1 to 63 pages";
	if (!cfg->endpoint_count || cfg->endpoint_count > SPMC_MAX_ENDPOINTS)
		return "there are 1 to 64 endpoints";
	if (cfg->region_count > SPMC_MAX_REGIONS)
		return "there are at most 1024 regions";
	if (cfg->handles > SPMC_MAX_HANDLES || cfg->ranges > SPMC_MAX_RANGES)
		return "there are at most 1048576 handles and 4194304 ranges";
	if (cfg->vcpus > SPMC_MAX_VCPUS)
		return "a VM has at most 512 vCPUs";
	if (cfg->irq_count > SPMC_MAX_IRQS)
		return "there are at most 64 secure interrupts";
	for (i = 0; i < cfg->irq_count; i++) {
		wrong = check_irq(cfg, i);
		if (wrong)
			return wrong;
	}
	for (i = 0; i < cfg->endpoint_count; i++) {
		*where = (int)i;
		wrong = check_endpoint(cfg, i);
		if (wrong)
			return wrong;
	}
	for (i = 0; i < cfg->region_count; i++) {
		*where = (int)i;
		wrong = check_region(cfg, i);
		if (wrong)
			return wrong;
	}
	*where = -1;
	return NULL;
}

static unsigned int contexts_of(const struct spmc_config *cfg, unsigned int i)
{
	switch ((enum spmc_kind)cfg->endpoints[i].kind) {
	case SPMC_NS_PRIMARY:
		return cfg->cpus;
	case SPMC_VM:
		return 0;	/* scheduled by the hypervisor, not by us */
	case SPMC_SP_EL1:
	case SPMC_SP_EL0:
		return cfg->endpoints[i].ec_count;
	}
	return 0;
}

/*
 * Sizes of the pools of memory management: two borrowers for each handle; a
 * chunk of ranges is at least begun for each handle; a page range in the worst
 * place splits a run in three, and a chunk of runs is at least half full.
 */
static uint32_t borrowers_of(const struct spmc_config *cfg)
{
	return 2 * cfg->handles + SPMC_MAX_ENDPOINTS;
}

static uint32_t range_chunks_of(const struct spmc_config *cfg)
{
	return cfg->ranges / CHUNK_RANGES + cfg->handles;
}

static uint32_t run_chunks_of(const struct spmc_config *cfg)
{
	return cfg->ranges / (CHUNK_RUNS / 4) + 16;
}

/* vCPUs that may have notifications of their own. */
static unsigned int vcpus_of(const struct spmc_config *cfg, unsigned int i)
{
	if (cfg->endpoints[i].kind >= SPMC_SP_EL1)
		return cfg->endpoints[i].ec_count;
	return cfg->vcpus ? cfg->vcpus : cfg->cpus;
}

/* Where everything is in the block; it needs nothing but `cfg`. */
static void lay_out(struct spmc *s, const struct spmc_config *cfg)
{
	uint32_t at = sizeof(struct spmc), vcpus = 0;
	unsigned int i;

	*s = (struct spmc){
		.version = cfg->version,
		.profile = cfg->profile,
		.cpus = cfg->cpus,
		.endpoint_count = cfg->endpoint_count,
		.region_count = cfg->region_count,
		.rxtx_max_pages = cfg->rxtx_max_pages,
		.npi = cfg->npi,
		.sri = cfg->sri,
		.mei = cfg->mei,
		.dynbuf = cfg->dynbuf,
		.vcpus = cfg->vcpus ? cfg->vcpus : cfg->cpus,
		.irq_count = cfg->irq_count,
	};
	for (i = 0; i < cfg->endpoint_count; i++) {
		s->ec_count += contexts_of(cfg, i);
		vcpus += vcpus_of(cfg, i);
	}

#define PLACE(offset, type, n)						\
	do {								\
		at = (at + 15) & ~15u;					\
		s->offset = at;						\
		at += (uint32_t)(sizeof(type) * (n));			\
	} while (0)
	PLACE(configs, struct spmc_endpoint_config, cfg->endpoint_count);
	PLACE(regions, struct spmc_region, cfg->region_count);
	PLACE(irqs, struct spmc_irq, cfg->irq_count);
	PLACE(first_ec, uint32_t, cfg->endpoint_count);
	PLACE(boot_order, uint16_t, cfg->endpoint_count);
	PLACE(first_vcpu, uint32_t, cfg->endpoint_count);
	PLACE(cpu_off, struct cpu, cfg->cpus);
	PLACE(endpoint_off, struct endpoint, cfg->endpoint_count);
	PLACE(ec_off, struct ec, s->ec_count);
	PLACE(notifs, struct notif, cfg->endpoint_count);
	PLACE(notif_vcpus, struct notif_vcpu, vcpus);
	PLACE(mem, struct mem, 1);
	PLACE(txns, struct txn, cfg->handles + 1);
	PLACE(borrowers, struct borrower, borrowers_of(cfg) + 1);
	PLACE(range_chunks, struct range_chunk, range_chunks_of(cfg) + 1);
	PLACE(run_dir, struct run_dir, run_chunks_of(cfg));
	PLACE(run_chunks, struct run_chunk, run_chunks_of(cfg) + 1);
	s->pools = s->txns;
	s->size = (at + 15) & ~15u;
#undef PLACE
	s->moving = s->cpu_off;
}

size_t spmc_size(const struct spmc_config *cfg)
{
	struct spmc s;

	lay_out(&s, cfg);
	return s.size;
}

/* Partitions by boot order, equal ones as in the configuration. */
static void order_boot(struct spmc *s)
{
	uint16_t *order = spmc_at(s, s->boot_order);
	unsigned int i, j;

	for (i = 0; i < s->endpoint_count; i++) {
		for (j = i; j > 0 && config(s, order[j - 1])->boot_order >
				     config(s, i)->boot_order; j--)
			order[j] = order[j - 1];
		order[j] = (uint16_t)i;
	}
}

/* Regions by address, so that a look-up is a binary search. */
static void sort_regions(struct spmc *s, const struct spmc_config *cfg)
{
	struct spmc_region *regions = spmc_at(s, s->regions);
	unsigned int i, j;

	for (i = 0; i < cfg->region_count; i++) {
		for (j = i; j > 0 && regions[j - 1].base > cfg->regions[i].base;
		     j--)
			regions[j] = regions[j - 1];
		regions[j] = cfg->regions[i];
	}
}

uint32_t spmc_first_version(const struct spmc *s, unsigned int ep)
{
	uint32_t own = config(s, ep)->version;

	return own < s->version ? own : s->version;
}

struct spmc *spmc_init(void *block, const struct spmc_config *cfg)
{
	struct spmc fresh, *s = block;
	struct mem *m;
	unsigned int i, j, first = 0, vcpu = 0;
	uint32_t *first_ec, *first_vcpu;

	lay_out(&fresh, cfg);
	/* What a pool hands out is zeroed then. */
	memset(block, 0, fresh.pools);
	*s = fresh;
	m = mem_of(s);
	m->txns.size = cfg->handles;
	m->borrowers.size = borrowers_of(cfg);
	m->ranges.size = range_chunks_of(cfg);
	m->runs.size = run_chunks_of(cfg);
	memcpy(spmc_at(s, s->configs), cfg->endpoints,
	       cfg->endpoint_count * sizeof(*cfg->endpoints));
	if (cfg->irq_count)
		memcpy(spmc_at(s, s->irqs), cfg->irqs,
		       cfg->irq_count * sizeof(*cfg->irqs));
	sort_regions(s, cfg);
	order_boot(s);

	first_ec = spmc_at(s, s->first_ec);
	first_vcpu = spmc_at(s, s->first_vcpu);
	for (i = 0; i < cfg->endpoint_count; i++) {
		struct endpoint *e = endpoint(s, i);
		unsigned int n = contexts_of(cfg, i);

		first_ec[i] = first;
		first += n;
		first_vcpu[i] = vcpu;
		vcpu += vcpus_of(cfg, i);
		e->version = spmc_first_version(s, i);
		e->rx_state = RX_UNMAPPED;
		e->ver = VER_DEFAULT;
		e->part = is_sp(s, i) ? PART_INITIALISING : PART_READY;
		for (j = 0; j < n; j++)
			*context(s, i, j) = (struct ec){
				.state = EC_OFF,
				.model = RTM_NONE,
				.cpu = SPMC_NOBODY,
				.caller = SPMC_NOBODY,
				.caller_ec = SPMC_NOBODY,
				.stopped = SPMC_NOBODY,
				.stopped_ec = SPMC_NOBODY,
			};
	}
	for (i = 0; i < cfg->cpus; i++)
		*cpu_of(s, i) = (struct cpu){
			.endpoint = SPMC_NOBODY, .ec = SPMC_NOBODY,
		};
	return s;
}

bool spmc_running(const struct spmc *s, unsigned int cpu, unsigned int *ep,
		  unsigned int *ec)
{
	const struct cpu *c = cpu_of(s, cpu);

	if (c->endpoint == SPMC_NOBODY || c->started == CPU_DEAD)
		return false;
	*ep = c->endpoint;
	*ec = c->ec;
	return true;
}

int spmc_find(const struct spmc *s, uint16_t id)
{
	int i;

	for (i = 0; i < s->endpoint_count; i++)
		if (config(s, (unsigned int)i)->id == id)
			return i;
	return -1;
}

int find(const struct spmc *s, uint16_t id)
{
	int i = spmc_find(s, id);

	return i >= 0 && is_destroyed(s, (unsigned int)i) ? -1 : i;
}

int find_vm(const struct spmc *s, uint16_t id)
{
	int i = spmc_find(s, id);

	return i >= 0 && config(s, (unsigned int)i)->kind == SPMC_VM ? i : -1;
}

const struct spmc_endpoint_config *spmc_endpoint(const struct spmc *s,
						 unsigned int ep)
{
	return config(s, ep);
}

unsigned int spmc_endpoint_count(const struct spmc *s)
{
	return s->endpoint_count;
}

unsigned int spmc_state(const struct spmc *s, enum spmc_machine m,
			unsigned int ep, unsigned int ec)
{
	switch (m) {
	case SPMC_M_RX:
		return endpoint(s, ep)->rx_state;
	case SPMC_M_EC:
		return context(s, ep, ec)->state;
	case SPMC_M_PART:
		return endpoint(s, ep)->part;
	case SPMC_M_VER:
		return endpoint(s, ep)->ver;
	case SPMC_M_RTM:
		return context(s, ep, ec)->model;
	case SPMC_M_TXN:	/* not an endpoint's */
	case SPMC_M_BRW:
	case SPMC_M_NOTIF:	/* one bit of 128 */
	case SPMC_MACHINE_COUNT:
		break;
	}
	return 0;
}

enum spmc_model spmc_ec_model(const struct spmc *s, unsigned int ep,
			      unsigned int ec)
{
	return (enum spmc_model)context(s, ep, ec)->model;
}

const char *spmc_model_name(enum spmc_model model)
{
	switch (model) {
	case SPMC_RTM_NONE:
		return "none";
	case SPMC_RTM_INIT:
		return "init";
	case SPMC_RTM_RUN:
		return "run";
	case SPMC_RTM_DIRECT_REQ:
		return "direct_req";
	case SPMC_RTM_SEC_INTERRUPT:
		return "sec_interrupt";
	case SPMC_RTM_COUNT:
		break;
	}
	return "?";
}

uint32_t spmc_version_of(const struct spmc *s, unsigned int ep)
{
	return endpoint(s, ep)->version;
}

bool spmc_rxtx(const struct spmc *s, unsigned int ep, uint64_t *tx,
	       uint64_t *rx, unsigned int *pages)
{
	const struct endpoint *e = endpoint(s, ep);

	if (e->rx_state == RX_UNMAPPED)
		return false;
	*tx = e->tx;
	*rx = e->rx;
	*pages = e->pages;
	return true;
}

unsigned int spmc_leaks(const struct spmc *s)
{
	unsigned int i, leaks = 0;
	const struct ec *ecs = spmc_at(s, s->ec_off);

	for (i = 0; i < s->endpoint_count; i++)
		leaks += endpoint(s, i)->rx_state == RX_CONSUMER;
	for (i = 0; i < s->ec_count; i++)
		leaks += ecs[i].model == RTM_DIRECT_REQ;
	return leaks + mem_of(s)->txns.live;
}

unsigned int spmc_handles(const struct spmc *s)
{
	return mem_of(s)->txns.live;
}

unsigned int spmc_txn_state(const struct spmc *s, uint64_t handle)
{
	uint32_t txn = txn_find(s, handle);

	return txn ? txn_at(s, txn)->state : TXN_FREE;
}

uint64_t spmc_hash(const struct spmc *s)
{
	const unsigned char *p = spmc_at(s, s->moving);
	const unsigned char *end = spmc_at(s, s->mem);
	uint64_t h = 0xcbf29ce484222325u, word;

	for (; p < end; p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = hash_word(h, word);
	}
	return mem_hash(s, h);
}

/* Of a pool only what is in use: entries from `first` to before `end`. */
static void copy_pool(struct spmc *to, const struct spmc *from,
		      uint32_t offset, size_t size, uint32_t first,
		      uint32_t end)
{
	if (end > first)
		memcpy((char *)spmc_at(to, offset) + first * size,
		       (char *)spmc_at(from, offset) + first * size,
		       (end - first) * size);
}

/* Who sends is most of it, and only of interest where something is bound. */
static void copy_notif(struct notif *to, const struct notif *from)
{
	for (unsigned int i = 0; i < NOTIF_FROMS; i++)
		if (to->bound[i] | from->bound[i])
			memcpy(to->sender[i], from->sender[i],
			       sizeof(to->sender[i]));
	memcpy(to, from, offsetof(struct notif, sender));
}

void spmc_copy(struct spmc *to, const struct spmc *from)
{
	const struct mem *m = mem_of(from);
	uint32_t i;

	memcpy(spmc_at(to, to->moving), spmc_at(from, from->moving),
	       from->notifs - from->moving);
	for (i = 0; i < from->endpoint_count; i++)
		copy_notif(notif_of(to, i), notif_of(from, i));
	memcpy(spmc_at(to, to->notif_vcpus), spmc_at(from, from->notif_vcpus),
	       from->pools - from->notif_vcpus);
	copy_pool(to, from, from->txns, sizeof(struct txn), 1,
		  m->txns.used + 1);
	copy_pool(to, from, from->borrowers, sizeof(struct borrower), 1,
		  m->borrowers.used + 1);
	copy_pool(to, from, from->range_chunks, sizeof(struct range_chunk), 1,
		  m->ranges.used + 1);
	for (i = 1; i <= m->runs.used; i++) {
		const struct run_chunk *c = runs_at(from, i);

		memcpy(runs_at(to, i), c, offsetof(struct run_chunk, r) +
		       c->used * sizeof(c->r[0]));
	}
	copy_pool(to, from, from->run_dir, sizeof(struct run_dir), 0,
		  m->dir_used);
}
