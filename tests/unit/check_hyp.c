/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor as a value, and as a filter; scenarios/vm has the rest. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conduit.h"
#include "conduit/hyp.h"
#include "unit.h"

enum { RAM = 0x40000000, PAGES = 32, VM1 = 0x40010000, VM2 = 0x40018000 };

static unsigned char ram[PAGES * FFA_PAGE_SIZE];
static struct hyp_action act;
static struct hyp *h;

static void *map(void *ctx, uint64_t pa, size_t len)
{
	(void)ctx;
	if (pa < RAM || len > sizeof(ram) || pa - RAM > sizeof(ram) - len)
		return NULL;
	return ram + (pa - RAM);
}

static const struct hyp_region region1 = { VM1, 8 }, region2 = { VM2, 8 };
static const struct hyp_vm_config two[] = {
	{ .id = 1, .vcpus = 2, .version = FFA_V1_2, .region_count = 1,
	  .regions = &region1,
	  .props = FFA_PART_SEND_DIRECT | FFA_PART_SEND_DIRECT2 },
	{ .id = 2, .vcpus = 1, .version = FFA_V1_2, .region_count = 1,
	  .regions = &region2, .props = FFA_PART_RECV_DIRECT },
};

static struct hyp_config config(void)
{
	return (struct hyp_config){
		.size = sizeof(struct hyp_config), .version = FFA_V1_2,
		.cpus = 2, .tx = RAM, .rx = RAM + FFA_PAGE_SIZE,
		.vm_count = 2, .vms = two, .map = map,
	};
}

static void result(unsigned int cpu, const struct ffa_value *res)
{
	ck_assert(hyp_busy(h, cpu));
	hyp_result(h, cpu, res, &act);
}

#define RESULT(cpu, ...)						\
	result(cpu, &(const struct ffa_value){ { __VA_ARGS__ } })
#define CALL(cpu, vm, ...)						\
	hyp_call(h, cpu, vm,						\
		 &(const struct ffa_value){ { __VA_ARGS__ } }, &act)
#define ID(name) ((uint32_t)FFA_ID_##name)

/* The list of the SPMC: nobody. */
static void no_partitions(unsigned int cpu)
{
	ck_assert_int_eq(act.what, HYP_SPMC);
	ck_assert_uint_eq(act.regs.x[0], ID(PARTITION_INFO_GET));
	RESULT(cpu, ID(SUCCESS), 0, 0, 24);
	ck_assert_uint_eq(act.regs.x[0], ID(RX_RELEASE));
	RESULT(cpu, ID(SUCCESS));
	ck_assert_uint_eq(act.regs.x[0], ID(NOTIFICATION_BITMAP_CREATE));
	RESULT(cpu, ID(SUCCESS));
}

static void set_up(void)
{
	const struct hyp_config cfg = config();
	const char *why;

	memset(ram, 0, sizeof(ram));
	h = hyp_new(&cfg);
	hyp_start(h, 0, &act);
	ck_assert_uint_eq(act.regs.x[0], ID(VERSION));
	RESULT(0, FFA_V1_2);
	ck_assert_uint_eq(act.regs.x[0], ID(RXTX_MAP_64));
	ck_assert_uint_eq(act.regs.x[1], RAM);
	RESULT(0, ID(SUCCESS));
	ck_assert_int_eq(act.what, HYP_IDLE);
	ck_assert_ptr_null(hyp_failure(h));
	for (unsigned int vm = 0; vm < 2; vm++) {
		ck_assert(hyp_create(h, 0, vm, &act, &why));
		no_partitions(0);
		ck_assert_int_eq(hyp_life(h, vm), HYP_RUNNING);
	}
}

static void tear_down(void)
{
	hyp_free(h);
	h = NULL;
}

/* -- the value --------------------------------------------------------------- */

#define WRONG(change, sentence)						\
	do {								\
		struct hyp_vm_config vm[2] = { two[0], two[1] };	\
		struct hyp_config cfg = config();			\
									\
		cfg.vms = vm;						\
		change;							\
		ck_assert_str_eq(hyp_check(&cfg), sentence);		\
	} while (0)

START_TEST(configurations)
{
	const struct hyp_config good = config();

	ck_assert_ptr_null(hyp_check(&good));
	WRONG(cfg.size--, "the configuration has another size than this "
	      "library's");
	WRONG(cfg.version = 1, "the hypervisor's version is 1.0 to 1.3");
	WRONG(cfg.cpus = 33, "there are 1 to 32 CPUs");
	WRONG(cfg.vm_count = 64, "there are at most 63 VMs");
	WRONG(cfg.rx = cfg.tx, "the hypervisor's buffers are two pages");
	WRONG(vm[1].id = 0, "a VM's id is 0x0001 to 0x7fff");
	WRONG(vm[1].id = 0x8001, "a VM's id is 0x0001 to 0x7fff");
	WRONG(vm[1].id = 1, "two VMs have the same id");
	WRONG(vm[0].vcpus = 0, "a VM has 1 to 32 vCPUs");
	WRONG(vm[0].version = 0, "a VM's version is 1.0 to 1.3");
	WRONG(vm[0].uuid_count = 9, "a VM has at most 8 UUIDs");
	hyp_free(NULL);
}
END_TEST

START_TEST(does_not_start)
{
	const struct hyp_config cfg = config();
	const char *why;

	h = hyp_new(&cfg);
	hyp_start(h, 0, &act);
	RESULT(0, UINT32_MAX);
	ck_assert_str_eq(hyp_failure(h), "the SPMC does not speak the "
			 "hypervisor's major version");
	ck_assert(!hyp_can_run(h, 0, 0, &why));
	ck_assert(!hyp_create(h, 0, 0, &act, &why));
	hyp_free(h);
	h = hyp_new(&cfg);
	hyp_start(h, 0, &act);
	RESULT(0, FFA_V1_1);
	RESULT(0, ID(ERROR), 0, (uint32_t)FFA_DENIED);
	ck_assert(strstr(hyp_failure(h), "refuses the hypervisor's buffers"));
	ck_assert_uint_eq(hyp_version(h, 0), FFA_V1_1);
	tear_down();
}
END_TEST

/* While the SPMC has one CPU, the other goes on; nothing is mixed up. */
START_TEST(suspends)
{
	struct ffa_value in = { { ID(MSG_SEND_DIRECT_REQ_64), 0x18001, 0, 3,
				  [8] = 8, [17] = 17 } };
	unsigned int vm, vcpu;
	const char *why;

	hyp_call(h, 0, 0, &in, &act);
	ck_assert_int_eq(act.what, HYP_SPMC);
	ck_assert_uint_eq(act.regs.x[3], 3);
	/* what is not the call's is not told */
	ck_assert_uint_eq(act.regs.x[8], 0);
	ck_assert(hyp_busy(h, 0) && !hyp_busy(h, 1));
	ck_assert(hyp_behind(h, 0, &vm, &vcpu) && !vm && !vcpu);
	ck_assert(!hyp_can_run(h, 0, 1, &why));
	ck_assert_str_eq(why, "the CPU is in the secure world");
	ck_assert(!hyp_destroy(h, 1, 0, &act, &why));
	CALL(1, 0, ID(ID_GET));
	ck_assert_int_eq(act.what, HYP_VM);
	ck_assert_uint_eq(act.vcpu, 1);
	ck_assert_uint_eq(act.regs.x[2], 1);
	/* the result may stand in the action itself */
	act.regs = (struct ffa_value){ { ID(MSG_SEND_DIRECT_RESP_64),
					 0x80010001, 0, 4 } };
	hyp_result(h, 0, &act.regs, &act);
	ck_assert_int_eq(act.what, HYP_VM);
	ck_assert(act.relayed && !act.rule && !act.vm && !act.vcpu);
	ck_assert_uint_eq(act.regs.x[0], ID(MSG_SEND_DIRECT_RESP_64));
	ck_assert_uint_eq(act.regs.x[3], 4);
	ck_assert_uint_eq(act.regs.x[8], 8);
	ck_assert_uint_eq(act.regs.x[17], 17);
	ck_assert(hyp_current(h, 0, &vm, &vcpu) && !vm);
}
END_TEST

START_TEST(forwards_buffers)
{
	CALL(0, 1, ID(RXTX_MAP_64), VM2, VM2 + FFA_PAGE_SIZE, 1);
	ck_assert_int_eq(act.what, HYP_SPMC);
	ck_assert_uint_eq(act.regs.x[0], ID(RXTX_MAP_64));
	ck_assert_uint_eq(act.regs.x[1] | act.regs.x[2] | act.regs.x[3], 0);
	/* id 2; RX at 16, TX at 48; a page of one range each */
	ck_assert_uint_eq(ram[0], 2);
	ck_assert_uint_eq(ram[4], 16);
	ck_assert_uint_eq(ram[8], 48);
	ck_assert_uint_eq(ram[16], 1);
	ck_assert_uint_eq(ram[20], 1);
	ck_assert_uint_eq(ram[33], 0x90);	/* 0x40019000 */
	ck_assert_uint_eq(ram[65], 0x80);
	RESULT(0, ID(SUCCESS));
	ck_assert_int_eq(act.what, HYP_VM);
	CALL(0, 1, ID(RXTX_UNMAP));
	ck_assert_uint_eq(act.regs.x[1], 2u << 16);
	RESULT(0, ID(SUCCESS));
	ck_assert_uint_eq(act.regs.x[0], ID(SUCCESS));
}
END_TEST

/* Ten times more, then it is given up, and who agreed hears of it. */
START_TEST(patience)
{
	const struct hyp_config cfg = config();
	static const uint32_t list[] = {
		0x00018001, FFA_PART_VM_CREATED | FFA_PART_VM_DESTROYED,
		0x00018002, FFA_PART_VM_CREATED,
	};
	const char *why;
	unsigned int n;

	tear_down();
	h = hyp_new(&cfg);
	hyp_start(h, 0, &act);
	RESULT(0, FFA_V1_2);
	RESULT(0, ID(SUCCESS));
	hyp_create(h, 0, 0, &act, &why);
	memcpy(ram + FFA_PAGE_SIZE, list, sizeof(list));
	RESULT(0, ID(SUCCESS), 0, 2, 8);
	RESULT(0, ID(SUCCESS));
	ck_assert_uint_eq(act.regs.x[1], 0x8001);
	ck_assert_uint_eq(act.regs.x[2], 0x80000004);
	ck_assert_uint_eq(act.regs.x[5], 1);
	RESULT(0, ID(MSG_SEND_DIRECT_RESP_32), 0x80010000, 0x80000005);
	for (n = 0; act.what == HYP_SPMC && act.regs.x[1] == 0x8002; n++)
		RESULT(0, ID(MSG_SEND_DIRECT_RESP_32), 0x80020000, 0x80000005,
		       (uint32_t)FFA_RETRY);
	ck_assert_uint_eq(n, 11);
	ck_assert_uint_eq(act.regs.x[0], ID(PARTITION_INFO_GET));
	RESULT(0, ID(SUCCESS), 0, 2, 8);
	RESULT(0, ID(SUCCESS));
	ck_assert_uint_eq(act.regs.x[1], 0x8001);
	ck_assert_uint_eq(act.regs.x[2], 0x80000006);
	RESULT(0, ID(ERROR), 0, (uint32_t)FFA_ABORTED);
	ck_assert_int_eq(act.what, HYP_IDLE);
	ck_assert_int_eq(hyp_life(h, 0), HYP_ABSENT);
}
END_TEST

/* FFA_FEATURES of a function, and the function, say the same. */
START_TEST(features_agree)
{
	for (unsigned int fn = 0; fn < FFA_FN_COUNT; fn++) {
		bool result_only = fn == FFA_FN_ERROR ||
			fn == FFA_FN_SUCCESS || fn == FFA_FN_SUCCESS_64 ||
			fn == FFA_FN_INTERRUPT;
		bool said, there;
		const char *why;

		CALL(0, 0, ID(FEATURES), ffa_fns[fn].fid);
		if (act.what == HYP_SPMC)
			RESULT(0, ID(SUCCESS));
		said = act.regs.x[0] == ID(SUCCESS);
		if (fn == FFA_FN_MSG_WAIT || result_only)
			continue;	/* does not return; is no call */
		CALL(0, 0, ffa_fns[fn].fid);
		there = act.what != HYP_VM || !act.rule ||
			strcmp(hyp_rules[act.rule].handler, "gate");
		if (act.what == HYP_SPMC)
			RESULT(0, ID(ERROR), 0, (uint32_t)FFA_BUSY);
		while (act.what == HYP_SPMC)
			RESULT(0, ID(SUCCESS));
		ck_assert_msg(said == there, "%s", ffa_fns[fn].name);
		hyp_resume(h, 0, 0, &act);	/* it yielded */
		ck_assert_msg(hyp_can_run(h, 0, 0, &why), "%s: %s",
			      ffa_fns[fn].name, why);
	}
}
END_TEST

START_TEST(rules)
{
	for (unsigned int i = 1; i < hyp_rule_count; i++) {
		const struct spmc_rule_info *r = &hyp_rules[i];

		ck_assert_msg(g_str_has_prefix(r->name, "HYP_"), "%s",
			      r->name);
		ck_assert_msg(*r->sentence && *r->source, "%s", r->name);
		for (unsigned int k = 1; k < i; k++)
			ck_assert_str_ne(r->name, hyp_rules[k].name);
	}
}
END_TEST

/* -- anything ---------------------------------------------------------------- */

static uint64_t any_reg(GRand *rand)
{
	static const uint64_t likely[] = {
		0, 1, 2, 0x10002, 0x20001, 0x18001, 0x10001, 0x80010001,
		VM1, VM1 + FFA_PAGE_SIZE, VM2, VM2 + FFA_PAGE_SIZE, 24, 8,
		UINT32_MAX, UINT64_MAX, 0x80000005, FFA_V1_0, FFA_V1_2,
	};

	return likely[g_rand_int_range(rand, 0, G_N_ELEMENTS(likely))];
}

static struct ffa_value any_regs(GRand *rand)
{
	struct ffa_value v = { {
		ffa_fns[g_rand_int_range(rand, 0, FFA_FN_COUNT)].fid,
	} };

	for (unsigned int i = 1; i < FFA_REGS; i++)
		v.x[i] = any_reg(rand);
	return v;
}

/* No call, and no answer of an SPMC however odd, upsets it. */
START_TEST(anything)
{
	GRand *rand = g_rand_new_with_seed(1);
	const char *why;

	for (unsigned int i = 0; i < 60000; i++) {
		unsigned int cpu = g_rand_int_range(rand, 0, 2);
		unsigned int vm = g_rand_int_range(rand, 0, 2);
		struct ffa_value v = any_regs(rand);
		int dice = g_rand_int_range(rand, 0, 1000);

		if (hyp_busy(h, cpu)) {
			if (dice < 600)
				v = (struct ffa_value){ {
					ID(SUCCESS), 0, 3, 24 } };
			hyp_result(h, cpu, &v, &act);
		} else if (hyp_can_run(h, cpu, vm, &why)) {
			if (dice == 0)
				hyp_destroy(h, cpu, vm, &act, &why);
			else
				hyp_call(h, cpu, vm, &v, &act);
		} else if (!hyp_resume(h, cpu, vm, &act) && dice < 20) {
			tear_down();
			set_up();
		}
		ck_assert(act.what != HYP_VM ||
			  (act.vm < 2 && act.rule < hyp_rule_count));
	}
	g_rand_free(rand);
}
END_TEST

/* -- the filter -------------------------------------------------------------- */

static const char board[] =
	"ffs 1\n"
	"board cpus=2\n"
	"part vm1 id=1 kind=vm\n"
	"part echo id=0x8001 kind=sp can=direct,vm-created run=echo\n"
	"buf tx vm1 0x8800_0000 1page\n"
	"buf rx vm1 0x8800_1000 1page\n";

static struct conduit *open_filter(const char *filters, char **error)
{
	const struct conduit_options o = {
		.size = sizeof(o), .filters = filters,
	};
	g_autofree char *path = g_build_filename(g_get_tmp_dir(),
						 "board-XXXXXX", NULL);
	struct conduit *c;

	close(g_mkstemp(path));
	ck_assert(g_file_set_contents(path, board, -1, NULL));
	c = conduit_open_board(path, &o, error);
	g_unlink(path);
	return c;
}

static void smc(ffa_value_t *res, uint64_t x0, uint64_t x1, uint64_t x2,
		uint64_t x3)
{
	const ffa_value_t args = { { x0, x1, x2, x3 } };

	ffa_smc(args, res);
}

START_TEST(filter)
{
	static const char spec[] = "hypervisor=vm=1,vcpus=2,ffa=1.1,"
		"mem=0x88000000+2,uuid=a1b2c3d4-0000-4000-8000-000000000001";
	char *error = NULL;
	struct conduit *c = open_filter(spec, &error);
	ffa_value_t r;
	const char *why;
	uint32_t *info;

	ck_assert_msg(c, "%s", error);
	conduit_bind(c, 0);
	smc(&r, ID(VERSION), FFA_V1_2, 0, 0);
	ck_assert_uint_eq(r.x[0], FFA_V1_2);
	smc(&r, ID(ID_GET), 0, 0, 0);
	ck_assert_uint_eq(r.x[2], 1);
	smc(&r, ID(RXTX_MAP_64), 0x88000000, 0x88002000, 1);
	ck_assert_uint_eq(r.x[2], (uint32_t)FFA_INVALID_PARAMETERS);
	smc(&r, ID(RXTX_MAP_64), 0x88000000, 0x88001000, 1);
	ck_assert_uint_eq(r.x[0], ID(SUCCESS));
	smc(&r, ID(PARTITION_INFO_GET), 0, 0, 0);
	ck_assert_uint_eq(r.x[2], 2);
	info = conduit_map(c, 0x88001000, 48, false);
	ck_assert_ptr_nonnull(info);
	ck_assert_uint_eq(info[0], 0x18001);
	ck_assert_uint_eq(info[6], 0x20001);
	conduit_bind(c, 1);
	smc(&r, ID(MSG_SEND_DIRECT_REQ_32), 0x18001, 0, 42);
	ck_assert_uint_eq(r.x[0], ID(MSG_SEND_DIRECT_RESP_32));
	ck_assert_uint_eq(r.x[3], 42);
	smc(&r, ID(MSG_SEND_DIRECT_REQ_32), 0x8001, 0, 42);
	ck_assert_uint_eq(r.x[2], (uint32_t)FFA_INVALID_PARAMETERS);
	/* nobody will ever send it a message */
	r = (ffa_value_t){ { ID(MSG_WAIT) } };
	why = conduit_call(c, 1, &r, &r);
	ck_assert_str_eq(why, "the VM waits for a message, and nobody sends "
			 "one");
	r = (ffa_value_t){ { ID(ID_GET) } };
	ck_assert_ptr_null(conduit_call(c, 0, &r, &r));
	conduit_close(c);
}
END_TEST

START_TEST(filter_wrong)
{
	static const char *const wrong[] = {
		"vm=0", "vm=0x8000", "vcpus=33", "ffa=1.3", "ffa=2", "tx=",
		"mem=0x88000000", "mem=1+1", "uuid=x", "colour=red", "vm",
	};
	static const struct {
		const char *args, *says;
	} late[] = {
		{ "tx=0x88000000", "the SPMC refuses the hypervisor's" },
		{ "vm=2", "or the SPMC, refuses that the VM is created" },
		{ "vm=1", NULL },
	};
	char *error;

	for (unsigned int i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autofree char *spec = g_strconcat("hypervisor=", wrong[i],
						    NULL);

		error = NULL;
		ck_assert_ptr_null(open_filter(spec, &error));
		ck_assert_msg(strstr(error, ": expected vm=ID vcpus=N"), "%s",
			      error);
		free(error);
	}
	error = NULL;
	ck_assert_ptr_null(open_filter("hypervisor=tx=1", &error));
	ck_assert_str_eq(error, "filter hypervisor: the hypervisor's buffers "
			 "are two pages");
	free(error);
	for (unsigned int i = 0; i < G_N_ELEMENTS(late); i++) {
		g_autofree char *spec = g_strconcat("hypervisor=",
						    late[i].args, NULL);
		struct conduit *c = open_filter(spec, &error);
		ffa_value_t r = { { ID(ID_GET) } };
		const char *why = conduit_call(c, 0, &r, &r);

		if (late[i].says)
			ck_assert_msg(why && strstr(why, late[i].says), "%s",
				      why);
		else
			ck_assert_msg(!why && r.x[2] == 1, "%s", why);
		conduit_close(c);
	}
}
END_TEST

Suite *check_hyp(void)
{
	Suite *s = suite_create("hyp");
	TCase *value = tcase_create("value");
	TCase *bare = tcase_create("bare");
	TCase *stack = tcase_create("filter");

	tcase_add_test(bare, configurations);
	tcase_add_test(bare, does_not_start);
	tcase_add_test(bare, rules);
	suite_add_tcase(s, bare);
	tcase_add_checked_fixture(value, set_up, tear_down);
	tcase_add_test(value, suspends);
	tcase_add_test(value, forwards_buffers);
	tcase_add_test(value, patience);
	tcase_add_test(value, features_agree);
	tcase_add_test(value, anything);
	suite_add_tcase(s, value);
	tcase_add_test(stack, filter);
	tcase_add_test(stack, filter_wrong);
	suite_add_tcase(s, stack);
	return s;
}
