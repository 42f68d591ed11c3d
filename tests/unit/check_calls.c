/* SPDX-License-Identifier: BSD-3-Clause */
/* Set-up and discovery: what each call answers, and what it changes. */
#include "ffa/ffa_desc.h"
#include "unit.h"
#include "world.h"

static struct spmc_config *cfg;
static struct spmc_endpoint_config *eps;
static struct world *it;

static void new_world(void)
{
	cfg = world_config(&eps, NULL);
	it = world_new(cfg);
	world_ns(it);
}

static void free_world(void)
{
	world_free(it);
}

/* The same with another configuration; the first partition still runs. */
static void again(void)
{
	world_free(it);
	it = world_new(cfg);
}

static uint64_t version(uint32_t v)
{
	return CALL(it, FFA_ID_VERSION, v);
}

static uint64_t x(unsigned int reg)
{
	return it->out.regs.x[reg];
}

/* A refused call: by this rule, with this code, and nothing changed. */
#define REFUSED(id, code, fid, ...)					\
	do {								\
		uint64_t hash_ = spmc_hash(it->s);			\
		CALL(it, fid, ##__VA_ARGS__);				\
		ck_refused(it, id);					\
		ck_assert_uint_eq(x(0), (uint32_t)FFA_ID_ERROR);	\
		ck_assert_uint_eq(x(1), 0);				\
		ck_assert_int_eq((int)(uint32_t)x(2), FFA_##code);	\
		ck_assert_uint_eq(x(2), (uint32_t)FFA_##code);		\
		for (unsigned int r_ = 3; r_ < 8; r_++)			\
			ck_assert_uint_eq(x(r_), 0);			\
		ck_assert_uint_eq(hash_, spmc_hash(it->s));		\
	} while (0)

#define OK(fid, ...)							\
	do {								\
		CALL(it, fid, ##__VA_ARGS__);				\
		ck_ok(it);						\
	} while (0)

static unsigned int state(enum spmc_machine m, unsigned int ep)
{
	return spmc_state(it->s, m, ep, 0);
}

/* -- FFA_VERSION, FFA_ID_GET, FFA_SPM_ID_GET ----------------------------------- */

START_TEST(version_negotiates)
{
	ck_assert_uint_eq(spmc_version_of(it->s, 0), FFA_V1_2);
	ck_assert_uint_eq(state(SPMC_M_VER, 0), VER_DEFAULT);
	ck_assert_uint_eq(version(FFA_V1_0), FFA_V1_2);
	ck_assert_uint_eq(spmc_version_of(it->s, 0), FFA_V1_0);
	ck_assert_uint_eq(state(SPMC_M_VER, 0), VER_NEGOTIATED);
	/* up and down as long as nothing else was called */
	ck_assert_uint_eq(version(FFA_V1_1), FFA_V1_2);
	ck_assert_uint_eq(spmc_version_of(it->s, 0), FFA_V1_1);
	/* more than the SPMC has: what it has */
	ck_assert_uint_eq(version(FFA_VER(1, 0xffff)), FFA_V1_2);
	ck_assert_uint_eq(spmc_version_of(it->s, 0), FFA_V1_2);
	/* each endpoint for itself */
	ck_assert_uint_eq(spmc_version_of(it->s, 3), FFA_V1_1);
}
END_TEST

START_TEST(version_refuses)
{
	static const struct { uint32_t v; enum spmc_rule rule; } t[] = {
		{ 0x80010002, RULE_VERSION_BIT31 },
		{ 0xffffffff, RULE_VERSION_BIT31 },
		{ FFA_VER(0, 9), RULE_VERSION_MAJOR },
		{ FFA_VER(2, 0), RULE_VERSION_MAJOR },
		{ FFA_VER(0x7fff, 0xffff), RULE_VERSION_MAJOR },
	};
	unsigned int i, r;

	version(FFA_V1_1);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint64_t hash = spmc_hash(it->s);

		ck_assert_uint_eq(version(t[i].v),
				  (uint32_t)FFA_NOT_SUPPORTED);
		ck_assert_uint_eq(it->out.rule, t[i].rule);
		for (r = 1; r < 8; r++)
			ck_assert_uint_eq(x(r), 0);
		ck_assert_uint_eq(hash, spmc_hash(it->s));
	}
}
END_TEST

START_TEST(version_locks)
{
	version(FFA_V1_1);
	/* a call that is refused does not lock */
	REFUSED(RX_RELEASE_NOT_OWNER, DENIED, FFA_ID_RX_RELEASE);
	ck_assert_uint_eq(version(FFA_V1_0), FFA_V1_2);
	OK(FFA_ID_ID_GET);
	ck_assert_uint_eq(state(SPMC_M_VER, 0), VER_LOCKED);
	ck_assert_uint_eq(version(FFA_V1_1), (uint32_t)FFA_NOT_SUPPORTED);
	ck_refused(it, VERSION_LOCKED);
	ck_assert_uint_eq(it->out.subject, 0);
	ck_assert_uint_eq(version(FFA_V1_0), FFA_V1_2);
	ck_assert_uint_eq(spmc_version_of(it->s, 0), FFA_V1_0);
}
END_TEST

START_TEST(version_of_older_spmc)
{
	cfg->version = FFA_V1_1;
	again();
	world_ns(it);
	ck_assert_uint_eq(spmc_version_of(it->s, 0), FFA_V1_1);
	ck_assert_uint_eq(version(FFA_V1_2), FFA_V1_1);
	ck_assert_uint_eq(spmc_version_of(it->s, 0), FFA_V1_1);
}
END_TEST

START_TEST(ids)
{
	OK(FFA_ID_ID_GET);
	ck_assert_uint_eq(x(0), (uint32_t)FFA_ID_SUCCESS);
	ck_assert_uint_eq(x(1), 0);
	ck_assert_uint_eq(x(2), 0);
	OK(FFA_ID_SPM_ID_GET);
	ck_assert_uint_eq(x(2), FFA_ID_SPMC);
	again();
	OK(FFA_ID_ID_GET);
	ck_assert_uint_eq(x(2), 0x8001);
	OK(FFA_ID_SPM_ID_GET);
	ck_assert_uint_eq(x(2), FFA_ID_SPMC);
}
END_TEST

/* -- FFA_FEATURES ---------------------------------------------------------------- */

START_TEST(features_ids)
{
	OK(FFA_ID_FEATURES, FFA_FEATURE_SRI);
	ck_assert_uint_eq(x(2), 8);
	REFUSED(FEATURES_FEATURE_ABSENT, NOT_SUPPORTED, FFA_ID_FEATURES,
		FFA_FEATURE_NPI);
	REFUSED(FEATURES_FEATURE_ABSENT, NOT_SUPPORTED, FFA_ID_FEATURES,
		FFA_FEATURE_MEI);
	REFUSED(FEATURES_FEATURE_ABSENT, NOT_SUPPORTED, FFA_ID_FEATURES,
		FFA_FEATURE_NOTIFICATION);
	REFUSED(FEATURES_FEATURE_ID, NOT_SUPPORTED, FFA_ID_FEATURES, 0);
	REFUSED(FEATURES_FEATURE_ID, NOT_SUPPORTED, FFA_ID_FEATURES, 5);
	REFUSED(FEATURES_FEATURE_ID, NOT_SUPPORTED, FFA_ID_FEATURES, 0x102);
	REFUSED(FEATURES_FEATURE_INPUT, NOT_SUPPORTED, FFA_ID_FEATURES,
		FFA_FEATURE_SRI, 1);
	again();	/* to a partition */
	OK(FFA_ID_FEATURES, FFA_FEATURE_NPI);
	ck_assert_uint_eq(x(2), 5);
	OK(FFA_ID_FEATURES, FFA_FEATURE_MEI);
	ck_assert_uint_eq(x(2), 4);
	REFUSED(FEATURES_FEATURE_ABSENT, NOT_SUPPORTED, FFA_ID_FEATURES,
		FFA_FEATURE_SRI);
	cfg->sri = 0;	/* not implemented */
	again();
	world_ns(it);
	REFUSED(FEATURES_FEATURE_ABSENT, NOT_SUPPORTED, FFA_ID_FEATURES,
		FFA_FEATURE_SRI);
}
END_TEST

START_TEST(features_properties)
{
	version(FFA_V1_1);
	OK(FFA_ID_FEATURES, (uint32_t)FFA_ID_RXTX_MAP_64);
	ck_assert_uint_eq(x(2), 0);
	again();
	world_ns(it);
	version(FFA_V1_2);
	OK(FFA_ID_FEATURES, (uint32_t)FFA_ID_RXTX_MAP_64);
	ck_assert_uint_eq(x(2), 4 << 16);
	OK(FFA_ID_FEATURES, FFA_ID_RXTX_MAP_32, 0xffffffff);
	ck_assert_uint_eq(x(2), 4 << 16);
	ck_assert_uint_eq(x(3), 0);
	REFUSED(FEATURES_FUNCTION, NOT_SUPPORTED, FFA_ID_FEATURES,
		FFA_ID_ID_GET | 0x10000);
	REFUSED(FEATURES_FUNCTION, NOT_SUPPORTED, FFA_ID_FEATURES,
		0x84000000);
	REFUSED(FEATURES_FUNCTION, NOT_SUPPORTED, FFA_ID_FEATURES,
		0x840000ef);
}
END_TEST

/* -- RX/TX buffers ------------------------------------------------------------------ */

enum { TX = NS_PA, RX = NS_PA + 0x4000 };
#define MAP FFA_ID_RXTX_MAP_64

START_TEST(rxtx_map)
{
	const uint64_t end = VM_PA;	/* of what the primary owns */

	REFUSED(RXTX_MAP_PAGES, INVALID_PARAMETERS, MAP, TX, RX, 0);
	REFUSED(RXTX_MAP_PAGES, INVALID_PARAMETERS, MAP, TX, RX, 5);
	/* w3 as a whole is the count */
	REFUSED(RXTX_MAP_PAGES, INVALID_PARAMETERS, MAP, TX, RX, 0x41);
	REFUSED(RXTX_MAP_PAGES, INVALID_PARAMETERS, MAP, TX, RX, 0x80000001);
	REFUSED(RXTX_MAP_ALIGN, INVALID_PARAMETERS, MAP, TX + 0x800, RX, 1);
	REFUSED(RXTX_MAP_ALIGN, INVALID_PARAMETERS, MAP, TX, RX + 1, 1);
	REFUSED(RXTX_MAP_OVERLAP, INVALID_PARAMETERS, MAP, TX, TX, 1);
	REFUSED(RXTX_MAP_OVERLAP, INVALID_PARAMETERS, MAP, TX, TX + 0x3000, 4);
	REFUSED(RXTX_MAP_OVERLAP, INVALID_PARAMETERS, MAP, TX + 0x3000, TX, 4);
	REFUSED(RXTX_MAP_NS_MEMORY, DENIED, MAP, TX, SP_PA, 1);
	REFUSED(RXTX_MAP_NS_MEMORY, DENIED, MAP, TX, VM_PA, 1);
	REFUSED(RXTX_MAP_NS_MEMORY, DENIED, MAP, TX, DEV_PA, 1);
	REFUSED(RXTX_MAP_NS_MEMORY, DENIED, MAP, RO_PA, RX, 1);
	REFUSED(RXTX_MAP_NS_MEMORY, DENIED, MAP, end - 0x1000, RX, 2);
	REFUSED(RXTX_MAP_NS_MEMORY, DENIED, MAP, UINT64_MAX - 0xfff, RX, 2);
	REFUSED(RXTX_MAP_NS_MEMORY, DENIED, MAP, 0, RX, 1);

	OK(MAP, end - 0x4000, TX, 4);	/* to the last page */
	REFUSED(RXTX_MAP_TWICE, DENIED, MAP, TX, RX, 1);
	ck_assert_uint_eq(it->out.subject, 0);
	OK(FFA_ID_RXTX_UNMAP);
	REFUSED(RXTX_UNMAP_NOT_MAPPED, INVALID_PARAMETERS, FFA_ID_RXTX_UNMAP);
	OK(FFA_ID_RXTX_MAP_32, TX, TX + 0x1000, 1);	/* side by side */
}
END_TEST

/* What was registered is forgotten: nothing tells where it was. */
START_TEST(rxtx_unmap_forgets)
{
	uint64_t before;

	OK(MAP, TX, RX, 1);
	OK(FFA_ID_RXTX_UNMAP);
	before = spmc_hash(it->s);
	OK(MAP, RX, TX, 2);
	OK(FFA_ID_RXTX_UNMAP);
	ck_assert_uint_eq(spmc_hash(it->s), before);
}
END_TEST

START_TEST(rxtx_map_sp)
{
	again();
	REFUSED(RXTX_MAP_PAGES, INVALID_PARAMETERS, MAP);
	REFUSED(RXTX_MAP_SP_MEMORY, INVALID_PARAMETERS, MAP, NS_PA, SP_PA, 1);
	REFUSED(RXTX_MAP_SP_MEMORY, INVALID_PARAMETERS, MAP, SP_PA, SP2_PA, 1);
	OK(MAP, SP_PA, SP_PA + 0x1000, 1);
	REFUSED(RXTX_UNMAP_ID_SP, INVALID_PARAMETERS, FFA_ID_RXTX_UNMAP,
		0x80010000);
	/* reserved there, not an id */
	OK(FFA_ID_PARTITION_INFO_GET);
	OK(FFA_ID_RX_RELEASE, 7);
	OK(FFA_ID_RXTX_UNMAP, 0xffff);
}
END_TEST

static void rx_is(unsigned int ep, enum rx_state want)
{
	ck_assert_str_eq(spmc_machines[SPMC_M_RX].states[
				 state(SPMC_M_RX, ep)].name,
			 spmc_machines[SPMC_M_RX].states[want].name);
}

START_TEST(rx_ownership)
{
	rx_is(0, RX_UNMAPPED);
	REFUSED(RX_RELEASE_NOT_OWNER, DENIED, FFA_ID_RX_RELEASE);
	REFUSED(RX_ACQUIRE_UNMAPPED, DENIED, FFA_ID_RX_ACQUIRE);
	REFUSED(PARTINFO_RX_UNMAPPED, BUSY, FFA_ID_PARTITION_INFO_GET);
	OK(MAP, TX, RX, 1);
	rx_is(0, RX_PRODUCER);
	REFUSED(RX_RELEASE_NOT_OWNER, DENIED, FFA_ID_RX_RELEASE);
	OK(FFA_ID_PARTITION_INFO_GET);
	rx_is(0, RX_CONSUMER);
	REFUSED(PARTINFO_RX_BUSY, BUSY, FFA_ID_PARTITION_INFO_GET);
	REFUSED(RX_ACQUIRE_NOT_PRODUCER, DENIED, FFA_ID_RX_ACQUIRE);
	OK(FFA_ID_RX_RELEASE);
	rx_is(0, RX_PRODUCER);
	OK(FFA_ID_RX_ACQUIRE);
	rx_is(0, RX_HYPERVISOR);
	REFUSED(RX_ACQUIRE_NOT_PRODUCER, DENIED, FFA_ID_RX_ACQUIRE);
	REFUSED(PARTINFO_RX_BUSY, BUSY, FFA_ID_PARTITION_INFO_GET);
	OK(FFA_ID_RX_RELEASE);
	rx_is(0, RX_PRODUCER);
	OK(FFA_ID_PARTITION_INFO_GET);
	OK(FFA_ID_RXTX_UNMAP);	/* in whatever state */
	rx_is(0, RX_UNMAPPED);
	REFUSED(RX_RELEASE_VM, INVALID_PARAMETERS, FFA_ID_RX_RELEASE, 9);
	REFUSED(RX_RELEASE_VM, INVALID_PARAMETERS, FFA_ID_RX_RELEASE, 0x8001);
	REFUSED(RX_ACQUIRE_VM, INVALID_PARAMETERS, FFA_ID_RX_ACQUIRE, 9);
	REFUSED(RXTX_UNMAP_VM, INVALID_PARAMETERS, FFA_ID_RXTX_UNMAP,
		0x80010000);
}
END_TEST

/* FFA_MSG_WAIT gives RX back. */
START_TEST(rx_given_back)
{
	again();
	OK(MAP, SP_PA, SP_PA + 0x1000, 1);
	OK(FFA_ID_PARTITION_INFO_GET);
	rx_is(2, RX_CONSUMER);
	OK(FFA_ID_MSG_WAIT);
	rx_is(2, RX_PRODUCER);
}
END_TEST

/* A hypervisor's request for a VM, as it stands in its TX buffer. */
static struct forward {
	struct ffa_rxtx_desc desc;
	uint32_t pad;
	struct ffa_composite rx;
	struct ffa_constituent rx_range;
	struct ffa_composite tx;
	struct ffa_constituent tx_range;
} fwd;

static void forward(void)
{
	fwd = (struct forward){
		.desc = { 1, 0, offsetof(struct forward, rx),
			  offsetof(struct forward, tx) },
		.rx = { 1, 1, 0 }, .rx_range = { VM_PA, 1, 0 },
		.tx = { 1, 1, 0 }, .tx_range = { VM_PA + 0x1000, 1, 0 },
	};
}

static void put(void)
{
	memcpy(it->ns, &fwd, sizeof(fwd));
	forward();
}

START_TEST(rxtx_forward)
{
	uint64_t tx, rx;
	unsigned int pages;

	forward();
	put();
	REFUSED(RXTX_MAP_FORWARD_NO_TX, INVALID_PARAMETERS, MAP);
	OK(MAP, TX, RX, 1);
	fwd.desc.rx_offset += 4;
	put();
	REFUSED(RXTX_MAP_FORWARD_OFFSET, INVALID_PARAMETERS, MAP);
	fwd.desc.tx_offset = 0x1000 - 24;	/* 32 bytes do not fit */
	put();
	REFUSED(RXTX_MAP_FORWARD_OFFSET, INVALID_PARAMETERS, MAP);
	fwd.desc.tx_offset = 0xfffffff8;
	put();
	REFUSED(RXTX_MAP_FORWARD_OFFSET, INVALID_PARAMETERS, MAP);
	fwd.tx_range.page_count = 2;
	put();
	REFUSED(RXTX_MAP_FORWARD_RANGES, INVALID_PARAMETERS, MAP);
	fwd.rx.range_count = 2;
	fwd.tx.range_count = 2;
	put();
	REFUSED(RXTX_MAP_FORWARD_RANGES, INVALID_PARAMETERS, MAP);
	fwd.rx.range_count = 0;
	put();
	REFUSED(RXTX_MAP_FORWARD_RANGES, INVALID_PARAMETERS, MAP);
	fwd.desc.id = 7;
	put();
	REFUSED(RXTX_MAP_FORWARD_ID, DENIED, MAP);
	fwd.desc.id = 0x8001;
	put();
	REFUSED(RXTX_MAP_FORWARD_ID, DENIED, MAP);
	fwd.rx_range.page_count = 5;
	fwd.tx_range.page_count = 5;
	put();
	REFUSED(RXTX_MAP_PAGES, INVALID_PARAMETERS, MAP);
	fwd.rx_range.page_count = 0;
	fwd.tx_range.page_count = 0;
	put();
	REFUSED(RXTX_MAP_PAGES, INVALID_PARAMETERS, MAP);
	fwd.tx_range.address++;
	put();
	REFUSED(RXTX_MAP_ALIGN, INVALID_PARAMETERS, MAP);
	fwd.tx_range.address = SP_PA;
	put();
	REFUSED(RXTX_MAP_NS_MEMORY, DENIED, MAP);
	fwd.tx_range.address = RX;
	put();
	REFUSED(RXTX_MAP_IN_USE, DENIED, MAP);

	/* what a VM uses may be registered as its hypervisor's memory */
	fwd.tx_range.address = TX + 0x8000;
	put();
	OK(MAP);
	rx_is(0, RX_PRODUCER);
	rx_is(1, RX_PRODUCER);
	ck_assert(spmc_rxtx(it->s, 1, &tx, &rx, &pages));
	ck_assert_uint_eq(tx, TX + 0x8000);
	ck_assert_uint_eq(rx, VM_PA);
	REFUSED(RXTX_MAP_TWICE, DENIED, MAP);
	ck_assert_uint_eq(it->out.subject, 1);

	OK(FFA_ID_RX_ACQUIRE, 1);
	rx_is(1, RX_HYPERVISOR);
	REFUSED(RX_ACQUIRE_NOT_PRODUCER, DENIED, FFA_ID_RX_ACQUIRE, 1);
	OK(FFA_ID_RX_RELEASE, 1);
	rx_is(1, RX_PRODUCER);
	REFUSED(RX_RELEASE_NOT_OWNER, DENIED, FFA_ID_RX_RELEASE, 1);
	OK(FFA_ID_RXTX_UNMAP, 1 << 16);
	rx_is(1, RX_UNMAPPED);
	REFUSED(RXTX_UNMAP_NOT_MAPPED, INVALID_PARAMETERS, FFA_ID_RXTX_UNMAP,
		1 << 16);
	rx_is(0, RX_PRODUCER);
}
END_TEST

/* -- partition information -------------------------------------------------------------- */

static const struct ffa_uuid nil, sp1 = { { 0x11 } }, sp1b = { { 0x12 } },
	sp2 = { { 0x21 } };

/* An entry of RX, by the layout of 1.1. */
static void entry(unsigned int i, unsigned int id, uint32_t props,
		  const struct ffa_uuid *uuid)
{
	struct ffa_partition_info info;

	memcpy(&info, it->ns + (RX - NS_PA) + i * sizeof(info), sizeof(info));
	ck_assert_uint_eq(info.id, id);
	ck_assert_uint_eq(info.ec_count, 1);
	ck_assert_uint_eq(info.props, props);
	ck_assert_mem_eq(&info.uuid, uuid, sizeof(*uuid));
}

START_TEST(info_1_0)
{
	static const uint8_t want[] = {
		1, 0x80, 1, 0, 5, 0, 0, 0,	/* no send bit for us */
		2, 0x80, 1, 0, 5, 0, 0, 0,
	};

	version(FFA_V1_0);
	OK(MAP, TX, RX, 1);
	OK(FFA_ID_PARTITION_INFO_GET);
	ck_assert_uint_eq(x(0), (uint32_t)FFA_ID_SUCCESS);
	ck_assert_uint_eq(x(2), 2);
	ck_assert_uint_eq(x(3), 0);
	ck_assert_mem_eq(it->ns + (RX - NS_PA), want, sizeof(want));
	OK(FFA_ID_RX_RELEASE);
	OK(FFA_ID_PARTITION_INFO_GET, 0, 0, 0, 0, 0xffffffff);	/* reserved */
	ck_assert_uint_eq(x(2), 2);
	rx_is(0, RX_CONSUMER);
}
END_TEST

START_TEST(info_1_1)
{
	version(FFA_V1_1);
	OK(MAP, TX, RX, 1);
	OK(FFA_ID_PARTITION_INFO_GET);
	ck_assert_uint_eq(x(2), 2);
	ck_assert_uint_eq(x(3), 24);
	entry(0, 0x8001, 0x10d, &sp1);
	entry(1, 0x8002, 0x10d, &sp2);
	OK(FFA_ID_RX_RELEASE);

	REFUSED(PARTINFO_FLAGS, INVALID_PARAMETERS, FFA_ID_PARTITION_INFO_GET,
		0, 0, 0, 0, 2);
	REFUSED(PARTINFO_UUID, INVALID_PARAMETERS, FFA_ID_PARTITION_INFO_GET,
		0x99);
	OK(FFA_ID_PARTITION_INFO_GET, 0x12);	/* its second UUID */
	ck_assert_uint_eq(x(2), 1);
	entry(0, 0x8001, 0x10d, &nil);
}
END_TEST

START_TEST(info_1_2)
{
	OK(MAP, TX, RX, 1);
	OK(FFA_ID_PARTITION_INFO_GET);
	ck_assert_uint_eq(x(2), 3);
	ck_assert_uint_eq(x(3), 24);
	entry(0, 0x8001, 0x30d, &sp1);
	entry(1, 0x8001, 0x30d, &sp1b);
	entry(2, 0x8002, 0x10d, &sp2);	/* speaks 1.1: no REQ2 */
	/* the count needs no buffer */
	OK(FFA_ID_PARTITION_INFO_GET, 0, 0, 0, 0, 1);
	ck_assert_uint_eq(x(2), 3);
	ck_assert_uint_eq(x(3), 0);
	OK(FFA_ID_PARTITION_INFO_GET, 0x21, 0, 0, 0, 1);
	ck_assert_uint_eq(x(2), 1);
}
END_TEST

/* A partition is told what it can send. */
START_TEST(info_to_sp)
{
	struct ffa_partition_info info;

	again();
	OK(MAP, SP_PA, SP_PA + 0x1000, 1);
	OK(FFA_ID_PARTITION_INFO_GET);
	memcpy(&info, it->sec + 0x1000, sizeof(info));
	ck_assert_uint_eq(info.id, 0x8001);
	ck_assert_uint_eq(info.props, 0x70f);
}
END_TEST

START_TEST(info_no_memory)
{
	unsigned int i, j;

	/* 8 UUIDs each: 21 of them and 2 UUIDs are 170 descriptors, a page */
	cfg->endpoint_count = 1 + 22;
	cfg->region_count = 1;
	for (i = 1; i <= 22; i++) {
		eps[i] = (struct spmc_endpoint_config){
			.id = (uint16_t)(0x8000 + i), .kind = SPMC_SP_EL1,
			.version = FFA_V1_2, .ec_count = 1,
			.uuid_count = i < 22 ? 8 : 2,
		};
		for (j = 0; j < 8; j++)
			eps[i].uuids[j].b[15] = (uint8_t)(i * 8 + j);
	}
	again();
	world_ns(it);
	OK(MAP, TX, RX, 1);
	OK(FFA_ID_PARTITION_INFO_GET);
	ck_assert_uint_eq(x(2), 170);

	eps[22].uuid_count = 3;
	again();
	world_ns(it);
	OK(MAP, TX, RX, 1);
	REFUSED(PARTINFO_NO_MEMORY, NO_MEMORY, FFA_ID_PARTITION_INFO_GET);
	OK(FFA_ID_PARTITION_INFO_GET, 0, 0, 0, 0, 1);
	ck_assert_uint_eq(x(2), 171);
	OK(FFA_ID_RXTX_UNMAP);
	OK(MAP, TX, RX, 2);
	OK(FFA_ID_PARTITION_INFO_GET);
}
END_TEST

START_TEST(info_regs)
{
	const uint64_t aa64 = (uint64_t)0x30d << 32;
	const uint32_t fid = (uint32_t)FFA_ID_PARTITION_INFO_GET_REGS;
	unsigned int r;

	OK(fid);
	ck_assert_uint_eq(x(0), (uint32_t)FFA_ID_SUCCESS_64);
	ck_assert_uint_eq(x(1), 0);
	ck_assert_uint_eq(x(2), (uint64_t)24 << 48 | 2 << 16 | 2);
	ck_assert_uint_eq(x(3), 0x00018001 | aa64);
	ck_assert_uint_eq(x(4), 0x11);
	ck_assert_uint_eq(x(6), 0x00018001 | aa64);
	ck_assert_uint_eq(x(7), 0x12);
	ck_assert_uint_eq(x(9), 0x00018002 | (uint64_t)0x10d << 32);
	ck_assert_uint_eq(x(10), 0x21);
	for (r = 12; r < FFA_REGS; r++)
		ck_assert_uint_eq(x(r), 0);

	OK(fid, 0, 0, 2);
	ck_assert_uint_eq(x(2), (uint64_t)24 << 48 | 2 << 16 | 2);
	ck_assert_uint_eq(x(4), 0x21);
	ck_assert_uint_eq(x(6), 0);
	OK(fid, 0x12);
	ck_assert_uint_eq(x(2), (uint64_t)24 << 48);
	ck_assert_uint_eq(x(3), 0x00018001 | aa64);
	ck_assert_uint_eq(x(4), 0);
	REFUSED(PARTREGS_TAG, RETRY, fid, 0, 0, 1 << 16);
	REFUSED(PARTREGS_UUID, INVALID_PARAMETERS, fid, 0x99);
	REFUSED(PARTREGS_START, INVALID_PARAMETERS, fid, 0, 0, 3);
	REFUSED(PARTREGS_START, INVALID_PARAMETERS, fid, 0x21, 0, 1);
}
END_TEST

/* Five descriptors an answer; together they are all, each once. */
START_TEST(info_regs_continued)
{
	unsigned int i, start, seen = 0;

	eps[2].uuid_count = 8;
	eps[3].uuid_count = 4;
	for (i = 0; i < 8; i++) {
		eps[2].uuids[i].b[0] = (uint8_t)(0x30 + i);
		eps[3].uuids[i].b[0] = (uint8_t)(0x38 + i);
	}
	again();
	world_ns(it);
	for (start = 0; start < 12; start = seen) {
		OK((uint32_t)FFA_ID_PARTITION_INFO_GET_REGS, 0, 0, start);
		ck_assert_uint_eq(x(2) & 0xffff, 11);
		for (i = 0; i < 5 && seen < 12; i++)
			ck_assert_uint_eq(x(4 + 3 * i), 0x30 + seen++);
		ck_assert_uint_eq(x(2) >> 16 & 0xffff, seen - 1);
	}
}
END_TEST

Suite *check_calls(void)
{
	const struct { const char *name; const TTest *test; } t[] = {
		{ "version", version_negotiates },
		{ "version", version_refuses },
		{ "version", version_locks },
		{ "version", version_of_older_spmc },
		{ "version", ids },
		{ "features", features_ids },
		{ "features", features_properties },
		{ "rxtx", rxtx_map },
		{ "rxtx", rxtx_map_sp },
		{ "rxtx", rxtx_unmap_forgets },
		{ "rxtx", rx_ownership },
		{ "rxtx", rx_given_back },
		{ "rxtx", rxtx_forward },
		{ "partition_info", info_1_0 },
		{ "partition_info", info_1_1 },
		{ "partition_info", info_1_2 },
		{ "partition_info", info_to_sp },
		{ "partition_info", info_no_memory },
		{ "partition_info", info_regs },
		{ "partition_info", info_regs_continued },
	};
	Suite *s = suite_create("calls");
	TCase *tc = NULL;

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (!i || strcmp(t[i].name, t[i - 1].name)) {
			tc = tcase_create(t[i].name);
			tcase_add_checked_fixture(tc, new_world, free_world);
			suite_add_tcase(s, tc);
		}
		tcase_add_test(tc, t[i].test);
	}
	return s;
}
