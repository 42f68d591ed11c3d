/* SPDX-License-Identifier: BSD-3-Clause */
/* The core as a whole: its tables, its configuration, its block, its gate. */
#include <stdlib.h>

#include "unit.h"
#include "world.h"

/* -- tables ------------------------------------------------------------------ */

static unsigned int rows[SPMC_MACHINE_COUNT][SPMC_MAX_STATES][SPMC_MAX_EVENTS];

static void count_rows(void)
{
#define ROW(m, st, ev) rows[SPMC_M_##m][m##_##st][m##_EV_##ev]++;
#define TO(m, st, ev, ...)	ROW(m, st, ev)
#define REFUSE(m, st, ev, ...)	ROW(m, st, ev)
#define NEVER(m, st, ev, ...)	ROW(m, st, ev)
#define MACHINE_ALL
#include "spmc/machines.def"
}

START_TEST(cells)
{
	const struct spmc_machine_info *info = &spmc_machines[_i];
	unsigned int st, ev;

	if (!rows[0][0][0])
		count_rows();
	for (st = 0; st < info->state_count; st++)
		for (ev = 0; ev < info->event_count; ev++) {
			const struct spmc_cell *c =
				spmc_cell((enum spmc_machine)_i, st, ev);
			const char *sname = info->states[st].name;
			const char *ename = info->events[ev].name;

			ck_assert_msg(rows[_i][st][ev] == 1,
				      "%s: %s x %s: %u rows", info->name,
				      sname, ename, rows[_i][st][ev]);
			switch (c->kind) {
			case SPMC_CELL_TO:
				ck_assert_uint_lt(c->to, info->state_count);
				ck_assert_uint_eq(c->rule, 0);
				break;
			case SPMC_CELL_REFUSE:
				ck_assert_uint_gt(c->rule, 0);
				ck_assert_uint_lt(c->rule, spmc_rule_count);
				break;
			case SPMC_CELL_NEVER:
				ck_assert_msg(*c->why, "%s: %s x %s: no reason",
					      info->name, sname, ename);
				break;
			}
		}
}
END_TEST

static void check_words(const struct spmc_named *n, unsigned int count)
{
	unsigned int i, j;

	for (i = 0; i < count; i++) {
		ck_assert_ptr_nonnull(n[i].name);
		ck_assert_msg(*n[i].sentence, "%s: no sentence", n[i].name);
		for (j = 0; j < i; j++)
			ck_assert_str_ne(n[i].name, n[j].name);
	}
}

START_TEST(words)
{
	check_words(spmc_machines[_i].states, spmc_machines[_i].state_count);
	check_words(spmc_machines[_i].events, spmc_machines[_i].event_count);
}
END_TEST

START_TEST(rules)
{
	unsigned int i, j;

	for (i = 1; i < spmc_rule_count; i++) {
		const struct spmc_rule_info *r = &spmc_rules[i];
		bool handler = !strcmp(r->handler, "gate");

		for (j = 1; j < i; j++)
			ck_assert_str_ne(r->name, spmc_rules[j].name);
		for (j = 0; j < FFA_FN_COUNT; j++)
			handler |= !strcmp(r->handler, spmc_handler_name(
						(enum ffa_fn)j));
		ck_assert_msg(handler, "%s: no handler %s", r->name,
			      r->handler);
		ck_assert_msg(*r->sentence && *r->source, "%s", r->name);
		ck_assert_msg(!r->error || ffa_error_name(r->error),
			      "%s: error %d", r->name, r->error);
	}
}
END_TEST

/* -- configuration -------------------------------------------------------------- */

static struct spmc_config *cfg;
static struct spmc_endpoint_config *eps;
static struct spmc_region *regs;

static void configure(void)
{
	cfg = world_config(&eps, &regs);
}

static void accepts(void)
{
	int where = 99;
	const char *wrong = spmc_check_config(cfg, &where);

	ck_assert_msg(!wrong, "refused: %s (%d)", wrong, where);
	ck_assert_int_eq(where, -1);
	configure();
}

static void refuses(const char *sentence, int where)
{
	int at = 99;
	const char *wrong = spmc_check_config(cfg, &at);

	ck_assert_msg(wrong != NULL, "accepted; wanted: %s", sentence);
	ck_assert_str_eq(wrong, sentence);
	ck_assert_int_eq(at, where);
	configure();
}

START_TEST(config_head)
{
	configure();
	accepts();
	cfg->size--;
	refuses("the configuration has another size than this library's", -1);
	cfg->version = FFA_VER(1, 4);
	refuses("the SPMC's version is not 1.0 to 1.3", -1);
	cfg->version = FFA_VER(0, 9);
	refuses("the SPMC's version is not 1.0 to 1.3", -1);
	cfg->cpus = 0;
	refuses("there are 1 to 32 CPUs", -1);
	cfg->cpus = SPMC_MAX_CPUS + 1;
	refuses("there are 1 to 32 CPUs", -1);
	cfg->cpus = SPMC_MAX_CPUS;
	accepts();
	cfg->rxtx_max_pages = 0;
	refuses("RX/TX buffers have 1 to 63 pages", -1);
	cfg->rxtx_max_pages = 64;
	refuses("RX/TX buffers have 1 to 63 pages", -1);
	cfg->endpoint_count = 0;
	refuses("there are 1 to 64 endpoints", -1);
	cfg->endpoint_count = SPMC_MAX_ENDPOINTS + 1;
	refuses("there are 1 to 64 endpoints", -1);
	cfg->region_count = SPMC_MAX_REGIONS + 1;
	refuses("there are at most 1024 regions", -1);
	cfg->region_count = 0;
	accepts();
}
END_TEST

START_TEST(config_endpoints)
{
	static const char first[] = "the first endpoint, and no other, is the normal world's primary";

	configure();
	eps[0].kind = SPMC_VM;
	refuses(first, 0);
	eps[1].kind = SPMC_NS_PRIMARY;
	refuses(first, 1);
	eps[2].kind = SPMC_SP_EL0 + 1;
	refuses("unknown kind of endpoint", 2);
	eps[0].id = 1;
	refuses("the normal world's primary has id 0", 0);
	eps[1].id = 0;
	refuses("a VM's id is 0x0001 to 0x7fff", 1);
	eps[1].id = 0x8003;
	refuses("a VM's id is 0x0001 to 0x7fff", 1);
	eps[1].id = 0x7fff;
	regs[1].owner = 0x7fff;
	accepts();
	eps[2].id = FFA_ID_SPMC;
	refuses("a secure partition's id is 0x8001 to 0xffbf", 2);
	eps[2].id = 0xffc0;
	refuses("a secure partition's id is 0x8001 to 0xffbf", 2);
	eps[2].id = 2;
	refuses("a secure partition's id is 0x8001 to 0xffbf", 2);
	eps[3].id = 0x8001;
	refuses("two endpoints have the same id", 3);
	eps[3].version = FFA_VER(1, 4);
	refuses("the endpoint's version is not 1.0 to 1.3", 3);
	eps[3].version = FFA_V1_3;
	accepts();
	eps[3].kind = SPMC_SP_EL0;
	eps[3].ec_count = 2;
	refuses("an S-EL0 partition has one execution context", 3);
	eps[3].ec_count = 3;
	refuses("a partition has one execution context, or one for each CPU",
		3);
	eps[3].ec_count = 2;
	accepts();
	eps[3].uuid_count = 0;
	refuses("a partition has 1 to 8 UUIDs", 3);
	eps[3].uuid_count = SPMC_MAX_UUIDS + 1;
	refuses("a partition has 1 to 8 UUIDs", 3);
	eps[3].boot_reg = 4;
	refuses("boot information goes to one of x0 to x3", 3);
	eps[3].ns_action = SPMC_NS_SIGNALED + 1;
	refuses("unknown action on non-secure interrupts", 3);
	eps[3].s_action = SPMC_S_SIGNALED + 1;
	refuses("unknown action on secure interrupts", 3);
	eps[3].s_action = SPMC_S_QUEUED;
	refuses("who queues secure interrupts queues non-secure ones too", 3);
	eps[3].kind = SPMC_SP_EL0;
	eps[3].ns_action = SPMC_NS_MANAGED_EXIT;
	refuses("managed exit is for S-EL1 partitions", 3);
	cfg->mei = 0;
	eps[3].ns_action = SPMC_NS_MANAGED_EXIT;
	refuses("managed exit needs an interrupt id", 3);
	eps[3].ns_action = SPMC_NS_MANAGED_EXIT;
	accepts();
}
END_TEST

START_TEST(config_irqs)
{
	struct spmc_irq irqs[] = { { 33, 0x8001 }, { 34, FFA_ID_SPMD } };

	configure();
#define IRQS() (cfg->irqs = irqs, cfg->irq_count = 2)
	IRQS();
	accepts();
	cfg->irq_count = SPMC_MAX_IRQS + 1;
	refuses("there are at most 64 secure interrupts", -1);
	irqs[0].owner = 1;
	IRQS();
	refuses("the owner of a secure interrupt is not a partition", -1);
	irqs[0] = (struct spmc_irq){ 34, 0x8002 };
	IRQS();
	refuses("two secure interrupts have the same id", -1);
	irqs[0].id = 4;
	IRQS();
	refuses("a secure interrupt has the id of a virtual one", -1);
#undef IRQS
}
END_TEST

START_TEST(config_regions)
{
	configure();
	regs[1].base++;
	refuses("the base of a region is a multiple of 4 KiB", 1);
	regs[1].pages = 0;
	refuses("the size of a region is zero, or it wraps around", 1);
	regs[1].pages = UINT64_MAX / FFA_PAGE_SIZE;
	refuses("the size of a region is zero, or it wraps around", 1);
	regs[1].pages = UINT64_MAX;
	refuses("the size of a region is zero, or it wraps around", 1);
	regs[1].base -= FFA_PAGE_SIZE;
	refuses("two regions overlap", 1);
	regs[1].owner = 7;
	refuses("the owner of a region is not an endpoint", 1);
	regs[1].owner = FFA_ID_SPMC;
	accepts();
}
END_TEST

/* -- the block -------------------------------------------------------------------- */

static struct world *it;

static void new_world(void)
{
	configure();
	it = world_new(cfg);
	world_ns(it);
}

static void free_world(void)
{
	world_free(it);
}

START_TEST(layout)
{
	size_t size = spmc_size(cfg);
	void *block = malloc(size + 8);
	struct spmc *s;
	uint64_t hash;

	memset(block, 0xa5, size + 8);
	s = spmc_init(block, cfg);
	hash = spmc_hash(s);
	for (unsigned int i = 0; i < 8; i++)
		ck_assert_uint_eq(((uint8_t *)block)[size + i], 0xa5);
	/* whatever was there before */
	memset(block, 0, size);
	s = spmc_init(block, cfg);
	ck_assert_uint_eq(hash, spmc_hash(s));
	free(block);

	ck_assert_uint_eq(spmc_endpoint_count(s = it->s), cfg->endpoint_count);
	ck_assert_int_eq(spmc_find(s, 0x8002), 3);
	ck_assert_int_eq(spmc_find(s, 0x8003), -1);
	ck_assert_int_eq(spmc_endpoint(s, 3)->uuids[0].b[0], 0x21);
}
END_TEST

/* Nothing that the caller keeps is needed after spmc_init. */
START_TEST(keeps_nothing)
{
	uint64_t hash = spmc_hash(it->s);

	memset(eps, 0xff, sizeof(*eps) * cfg->endpoint_count);
	memset(regs, 0xff, sizeof(*regs) * cfg->region_count);
	CALL(it, FFA_ID_RXTX_MAP_64, NS_PA, NS_PA + 0x1000, 1);
	ck_ok(it);
	ck_assert_uint_ne(hash, spmc_hash(it->s));
}
END_TEST

START_TEST(snapshot)
{
	struct spmc *image = spmc_init(malloc(spmc_size(cfg)), cfg);
	uint64_t before = spmc_hash(it->s), tx, rx;
	unsigned int pages;

	spmc_copy(image, it->s);
	ck_assert_uint_eq(spmc_hash(image), before);
	CALL(it, FFA_ID_RXTX_MAP_64, NS_PA, NS_PA + 0x1000, 1);
	ck_ok(it);
	ck_assert_uint_ne(spmc_hash(it->s), before);
	ck_assert(spmc_rxtx(it->s, 0, &tx, &rx, &pages));
	ck_assert_uint_eq(tx, NS_PA);
	ck_assert_uint_eq(rx, NS_PA + 0x1000);
	ck_assert_uint_eq(pages, 1);

	spmc_copy(it->s, image);
	ck_assert_uint_eq(spmc_hash(it->s), before);
	ck_assert(!spmc_rxtx(it->s, 0, &tx, &rx, &pages));
	CALL(it, FFA_ID_RXTX_MAP_64, NS_PA, NS_PA + 0x1000, 1);
	ck_ok(it);
	free(image);
}
END_TEST

START_TEST(leaks)
{
	ck_assert_uint_eq(spmc_leaks(it->s), 0);
	CALL(it, FFA_ID_RXTX_MAP_64, NS_PA, NS_PA + 0x1000, 1);
	CALL(it, FFA_ID_PARTITION_INFO_GET);
	ck_ok(it);
	ck_assert_uint_eq(spmc_leaks(it->s), 1);
	CALL(it, FFA_ID_RX_RELEASE);
	ck_assert_uint_eq(spmc_leaks(it->s), 0);
}
END_TEST

START_TEST(access)
{
	enum { NONE, R, RW = 3 };
	static const struct { uint64_t pa; unsigned int by[4]; } t[] = {
		{ NS_PA, { RW, NONE, NONE, NONE } },
		{ NS_PA + 0x1ffff, { RW, NONE, NONE, NONE } },
		{ VM_PA, { RW, RW, NONE, NONE } },
		{ DEV_PA, { RW, NONE, NONE, NONE } },
		{ RO_PA, { R, NONE, NONE, NONE } },
		{ SP_PA, { NONE, NONE, RW, NONE } },
		{ SP2_PA, { NONE, NONE, NONE, RW } },
		{ SP2_PA + 0x10000, { NONE, NONE, NONE, NONE } },
		{ NS_PA - 1, { NONE, NONE, NONE, NONE } },
		{ UINT64_MAX, { NONE, NONE, NONE, NONE } },
	};

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (unsigned int ep = 0; ep < 4; ep++)
			ck_assert_msg(spmc_access(it->s, ep, t[i].pa) ==
				      t[i].by[ep], "%#llx by %u",
				      (unsigned long long)t[i].pa, ep);
}
END_TEST

/* -- gate --------------------------------------------------------------------------- */

START_TEST(gate_ids)
{
	static const struct { uint32_t fid; enum spmc_rule rule; } t[] = {
		{ 0, RULE_GATE_NOT_FFA },
		{ 0x84000000, RULE_GATE_NOT_FFA },	/* PSCI_VERSION */
		{ 0x8400005f, RULE_GATE_NOT_FFA },
		{ 0x840000f0, RULE_GATE_NOT_FFA },
		{ 0x840000ff, RULE_GATE_NOT_FFA },
		{ 0xc400005f, RULE_GATE_NOT_FFA },
		{ 0xc40000f0, RULE_GATE_NOT_FFA },
		{ 0x84000163, RULE_GATE_NOT_FFA },	/* number 0x163 */
		{ 0x84020063, RULE_GATE_NOT_FFA },	/* reserved bit 17 */
		{ 0x85000063, RULE_GATE_NOT_FFA },	/* another owner */
		{ 0x04000063, RULE_GATE_NOT_FFA },	/* yielding calls */
		{ 0x44000066, RULE_GATE_NOT_FFA },
		{ 0x840000ef, RULE_GATE_UNKNOWN },
		{ 0xc40000ef, RULE_GATE_UNKNOWN },
		{ 0x8400008f, RULE_GATE_UNKNOWN },	/* 64-bit only */
		{ 0xc4000063, RULE_GATE_UNKNOWN },	/* 32-bit only */
		{ FFA_ID_SUCCESS, RULE_GATE_RESULT },
		{ (uint32_t)FFA_ID_SUCCESS_64, RULE_GATE_RESULT },
		{ FFA_ID_INTERRUPT, RULE_GATE_RESULT },
		{ FFA_ID_MSG_WAIT, RULE_GATE_INSTANCE },
		{ FFA_ID_MSG_POLL, RULE_GATE_INSTANCE },
		{ FFA_ID_MEM_OP_PAUSE, RULE_GATE_VERSION },
		{ FFA_ID_ID_GET, RULE_NONE },
		{ FFA_ID_ID_GET | 0x10000, RULE_NONE },	/* SVE hint */
	};
	unsigned int i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint64_t hash = spmc_hash(it->s);
		uint64_t x0 = CALL(it, t[i].fid);

		ck_assert_msg(it->out.rule == t[i].rule,
			      "%#x: wanted %s, got %s", t[i].fid,
			      spmc_rules[t[i].rule].name,
			      spmc_rules[it->out.rule].name);
		if (t[i].rule)
			ck_assert_uint_eq(hash, spmc_hash(it->s));
		if (t[i].rule == RULE_GATE_NOT_FFA) {
			ck_assert_uint_eq(x0, t[i].fid & 0x40000000 ?
					  UINT64_MAX : UINT32_MAX);
		} else if (t[i].rule) {
			ck_assert_uint_eq(x0, (uint32_t)FFA_ID_ERROR);
			ck_assert_uint_eq(it->out.regs.x[2],
					  (uint32_t)FFA_NOT_SUPPORTED);
		}
	}
}
END_TEST

START_TEST(gate_upper_halves)
{
	const uint64_t dirt = 0xdead000000000000;
	struct ffa_value in = { { FFA_ID_RXTX_MAP_32 } };
	unsigned int i;

	for (i = 0; i < FFA_REGS; i++)
		in.x[i] |= dirt | (uint64_t)i << 32;
	in.x[1] |= NS_PA;
	in.x[2] |= NS_PA + 0x1000;
	in.x[3] |= 1;
	spmc_call(it->s, &it->env, 0, &in, &it->out);
	ck_ok(it);
	ck_assert_uint_eq(it->out.regs.x[0], (uint32_t)FFA_ID_SUCCESS);
	for (i = 1; i < 8; i++)
		ck_assert_uint_eq(it->out.regs.x[i], 0);
	/* SMCCC 1.2: what is no result register stays */
	for (; i < FFA_REGS; i++)
		ck_assert_uint_eq(it->out.regs.x[i], in.x[i]);

	/* to the 64-bit form the same halves are part of the address */
	CALL(it, FFA_ID_RXTX_UNMAP);
	ck_ok(it);
	in.x[0] = dirt | (uint32_t)FFA_ID_RXTX_MAP_64;
	spmc_call(it->s, &it->env, 0, &in, &it->out);
	ck_refused(it, RXTX_MAP_NS_MEMORY);
	/* but of x3 only w3 is the page count */
	in.x[1] = NS_PA;
	in.x[2] = NS_PA + 0x1000;
	spmc_call(it->s, &it->env, 0, &in, &it->out);
	ck_ok(it);
}
END_TEST

START_TEST(gate_aarch32)
{
	struct world *old = it;

	eps[0].aarch32 = true;
	it = world_new(cfg);
	world_ns(it);
	ck_assert_uint_eq(CALL(it, FFA_ID_RXTX_MAP_64, NS_PA, NS_PA + 0x1000,
			       1), UINT32_MAX);
	ck_refused(it, GATE_AARCH32_SMC64);
	CALL(it, FFA_ID_RXTX_MAP_32, NS_PA, NS_PA + 0x1000, 1);
	ck_ok(it);
	world_free(it);
	it = old;
}
END_TEST

/* What the table says of a function, said once more without gate(). */
static enum spmc_rule expected(enum ffa_fn fn, enum ffa_instance inst,
			       unsigned int minor)
{
	static const struct {
		const char *handler;
		unsigned int since, until, inst;
	} t[FFA_FN_COUNT] = {
#define NSP	FFA_INST_NS_PHYS
#define NSV	FFA_INST_NS_VIRT
#define SV	FFA_INST_S_VIRT
#define SP	FFA_INST_S_PHYS
#define ALL	(NSP | NSV | SV)
#define FFA_FN(sym, name, fid, since, until, inst, regs, succ, handler, ...) \
		{ #handler, since, until ? until : 99, inst },
#include "ffa/ffa_abi.def"
	};

	if (!(t[fn].inst & inst))
		return RULE_GATE_INSTANCE;
	if (minor < t[fn].since || minor > t[fn].until)
		return RULE_GATE_VERSION;
	if (!strcmp(t[fn].handler, "result"))
		return RULE_GATE_RESULT;
	if (!strcmp(t[fn].handler, "none"))
		return RULE_GATE_UNIMPLEMENTED;
	return RULE_NONE;
}

/*
 * Every function, at a version and an instance: the gate lets it through when
 * the table says so, and FFA_FEATURES says the same. _i: version, whose
 * version it is, instance.
 */
START_TEST(gate_all)
{
	static const uint32_t versions[] = { FFA_V1_0, FFA_V1_1, FFA_V1_2 };
	uint32_t version = versions[_i / 4];
	bool sp = _i & 1;
	enum ffa_instance inst = sp ? FFA_INST_S_VIRT : FFA_INST_NS_PHYS;
	struct world *old = it;
	struct spmc *image;
	unsigned int ep, ec, fn;

	/* the older of SPMC and endpoint decides, whichever it is */
	if (_i & 2) {
		cfg->version = version;
	} else {
		eps[0].version = version;
		eps[2].version = version;
	}
	it = world_new(cfg);
	if (!sp)
		world_ns(it);
	ck_assert(spmc_running(it->s, 0, &ep, &ec));
	ck_assert_uint_eq(ep, sp ? 2 : 0);
	ck_assert_uint_eq(spmc_version_of(it->s, ep), version);
	image = spmc_init(malloc(spmc_size(cfg)), cfg);
	spmc_copy(image, it->s);

	for (fn = 0; fn < FFA_FN_COUNT; fn++) {
		const struct ffa_fn_info *f = &ffa_fns[fn];
		enum spmc_rule want = expected((enum ffa_fn)fn, inst,
					       10 + (version & 0xffff));
		enum spmc_rule got;
		bool feature;

		CALL(it, f->fid);
		got = (enum spmc_rule)it->out.rule;
		if (got > RULE_GATE_UNIMPLEMENTED)
			got = RULE_NONE;	/* its handler's own rule */
		ck_assert_msg(got == want, "%s: wanted %s, got %s", f->name,
			      spmc_rules[want].name, spmc_rules[got].name);
		if (want) {
			ck_assert_uint_eq(it->out.regs.x[0],
					  (uint32_t)FFA_ID_ERROR);
			ck_assert_uint_eq(it->out.regs.x[2],
					  (uint32_t)FFA_NOT_SUPPORTED);
		}
		spmc_copy(it->s, image);

		/* who asks for this one understands the NS bit */
		CALL(it, FFA_ID_FEATURES, f->fid,
		     version >= FFA_V1_1 &&
		     (fn == FFA_FN_MEM_RETRIEVE_REQ_32 ||
		      fn == FFA_FN_MEM_RETRIEVE_REQ_64) ? 2 : 0);
		feature = !it->out.rule;
		if (!feature)
			ck_refused(it, FEATURES_FUNCTION);
		ck_assert_msg(feature == (!want || want == RULE_GATE_RESULT),
			      "%s: FFA_FEATURES says %d", f->name, feature);
		spmc_copy(it->s, image);
	}
	free(image);
	world_free(it);
	it = old;
}
END_TEST

Suite *check_spmc(void)
{
	Suite *s = suite_create("spmc");
	TCase *t;

	t = tcase_create("tables");
	tcase_add_loop_test(t, cells, 0, SPMC_MACHINE_COUNT);
	tcase_add_loop_test(t, words, 0, SPMC_MACHINE_COUNT);
	tcase_add_test(t, rules);
	suite_add_tcase(s, t);

	t = tcase_create("config");
	tcase_add_test(t, config_head);
	tcase_add_test(t, config_endpoints);
	tcase_add_test(t, config_irqs);
	tcase_add_test(t, config_regions);
	suite_add_tcase(s, t);

	t = tcase_create("block");
	tcase_add_checked_fixture(t, new_world, free_world);
	tcase_add_test(t, layout);
	tcase_add_test(t, keeps_nothing);
	tcase_add_test(t, snapshot);
	tcase_add_test(t, leaks);
	tcase_add_test(t, access);
	suite_add_tcase(s, t);

	t = tcase_create("gate");
	tcase_add_checked_fixture(t, new_world, free_world);
	tcase_add_test(t, gate_ids);
	tcase_add_test(t, gate_upper_halves);
	tcase_add_test(t, gate_aarch32);
	tcase_add_loop_test(t, gate_all, 0, 12);
	suite_add_tcase(s, t);
	return s;
}
