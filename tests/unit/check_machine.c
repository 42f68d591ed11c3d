/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory, and a machine with code in its endpoints. */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "partition.h"
#include "conduit/inject.h"
#include "sim/machine.h"
#include "unit.h"

/* -- memory ---------------------------------------------------------------- */

enum { NS = 0x80000000, SEC = 0x0e000000, DEV = 0x1c000000, RO = 0x90000000 };

static const struct memory_range ranges[] = {
	{ NS, 0x40000, 0 },
	{ SEC, 0x10000, SPMC_REGION_SECURE },
	{ DEV, 0x1000, SPMC_REGION_DEVICE },
	{ RO, 0x1000, SPMC_REGION_READ_ONLY },
};

static struct memory *make_memory(void)
{
	const char *error;
	struct memory *m = memory_new(ranges, 4, &error);

	ck_assert_msg(m, "%s", error);
	return m;
}

START_TEST(memory_is_found_by_address_and_world)
{
	struct memory *m = make_memory();
	uint8_t *p = memory_at(m, NS, 1, false);

	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_eq(memory_at(m, NS + 0x3ffff, 1, false), p + 0x3ffff);
	ck_assert_ptr_eq(memory_at(m, NS, 0x40000, false), p);
	ck_assert_ptr_null(memory_at(m, NS, 0x40001, false));
	ck_assert_ptr_null(memory_at(m, NS + 0x3ffff, 2, false));
	ck_assert_ptr_null(memory_at(m, NS, SIZE_MAX, false));
	ck_assert_ptr_null(memory_at(m, NS + 0x40000, 0, false));
	ck_assert_ptr_null(memory_at(m, NS - 1, 2, false));
	ck_assert_ptr_null(memory_at(m, NS, 1, true));
	ck_assert_ptr_nonnull(memory_at(m, SEC, 0x10000, true));
	ck_assert_ptr_null(memory_at(m, SEC, 1, false));
	ck_assert_ptr_null(memory_at(m, DEV, 1, false));
	ck_assert_ptr_nonnull(memory_at(m, RO, 1, false));
	ck_assert_ptr_null(memory_at(m, UINT64_MAX, 1, false));
	ck_assert_uint_eq(memory_range(m, SEC + 5)->base, SEC);
	ck_assert_ptr_null(memory_range(m, 0));
	memory_free(m);
}
END_TEST

START_TEST(memory_refuses_wrong_ranges)
{
	static const struct memory_range wrong[][2] = {
		{ { 0x1000, 0x2000, 0 }, { 0x2000, 0x1000, 1 } },
		{ { 0x1001, 0x1000, 0 }, { 0x8000, 0x1000, 0 } },
		{ { 0x1000, 0x1001, 0 }, { 0x8000, 0x1000, 0 } },
		{ { 0x1000, 0, 0 }, { 0x8000, 0x1000, 0 } },
		{ { UINT64_MAX - 0xfff, 0x2000, 0 }, { 0x8000, 0x1000, 0 } },
	};
	const char *error = NULL;

	ck_assert_ptr_null(memory_new(wrong[_i], 2, &error));
	ck_assert_ptr_nonnull(error);
}
END_TEST

START_TEST(memory_is_a_file_that_others_can_map)
{
	struct memory *m = make_memory(), *other = make_memory();
	int fd = memory_fd(m, NS);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_lt(memory_fd(m, NS + 0x1000), 0);
	ck_assert_int_lt(memory_fd(m, DEV), 0);
	ck_assert(memory_adopt(other, NS, fd, 0));
	ck_assert(!memory_adopt(other, NS, fd, 0));
	ck_assert(!memory_adopt(other, SEC, fd, 0x38000));
	strcpy(memory_at(m, NS + 0x2000, 5, false), "ping");
	memory_free(m);
	ck_assert_str_eq(memory_at(other, NS + 0x2000, 5, false), "ping");
	memory_free(other);
}
END_TEST

START_TEST(memory_goes_back)
{
	struct memory *m = make_memory();
	uint8_t *ns = memory_at(m, NS, 1, false), *sec;
	struct memory_image *image;

	ns[0x1234] = 1;
	ns[0x3ffff] = 2;
	image = memory_save(m);
	sec = memory_at(m, SEC, 1, true);
	sec[5] = 9;
	memset(memory_at(m, NS + 0x1230, 8, false), 7, 8);
	memset(memory_at(m, NS + 0x9000, 0x100, false), 7, 0x100);
	memory_restore(m, image);
	ck_assert_uint_eq(ns[0x1234], 1);
	ck_assert_uint_eq(ns[0x3ffff], 2);
	ck_assert_uint_eq(ns[0x9000], 0);
	ck_assert_uint_eq(sec[5], 0);
	/* nothing is left of the first time */
	memset(memory_at(m, NS + 0x2000, 0x200, false), 7, 0x200);
	memory_restore(m, image);
	ck_assert_uint_eq(ns[0x2000] + ns[0x21ff], 0);
	ck_assert_uint_eq(ns[0x1234], 1);
	memory_image_free(image);
	memory_free(m);
}
END_TEST

/* More than is noted line by line; another image; a file given away. */
START_TEST(memory_goes_back_whole)
{
	enum { MANY = 0x1000000 };
	const struct memory_range r = { NS, MANY, 0 };
	struct memory_image *first, *second;
	const char *error;
	struct memory *m = memory_new(&r, 1, &error);
	uint8_t *ns = memory_at(m, NS, MANY, false);

	ns[7] = 1;
	first = memory_save(m);
	*(uint8_t *)memory_at(m, NS + 7, 1, false) = 2;
	second = memory_save(m);
	memset(memory_at(m, NS, MANY, false), 3, MANY);
	memory_restore(m, second);
	ck_assert_uint_eq(ns[7], 2);
	ck_assert_uint_eq(ns[8] + ns[MANY - 1], 0);
	*(uint8_t *)memory_at(m, NS + 9, 1, false) = 2;
	memory_restore(m, first);
	ck_assert_uint_eq(ns[7], 1);
	ck_assert_uint_eq(ns[9], 0);
	ck_assert_int_ge(memory_fd(m, NS), 0);
	ns[11] = 5;	/* as if by another process */
	memory_restore(m, first);
	ck_assert_uint_eq(ns[11], 0);
	memory_image_free(first);
	memory_image_free(second);
	memory_free(m);
}
END_TEST

/* -- machine --------------------------------------------------------------- */

enum { ECHO = 1, HANG, CRASH, PLAYED };

static const struct spmc_region regions[] = {
	{ NS, 0x3e, 0, 0 },
	{ NS + 0x3e000, 2, 0x8004, 0 },
	{ SEC, 0x10, 0x8004, SPMC_REGION_SECURE },
	{ DEV, 1, 0, SPMC_REGION_DEVICE },
	{ RO, 1, 0, SPMC_REGION_READ_ONLY },
};

static struct machine *make_machine(unsigned int cpus)
{
	struct spmc_endpoint_config e[5] = {
		{ .kind = SPMC_NS_PRIMARY, .ec_count = cpus,
		  .version = FFA_V1_2,
		  .props = FFA_PART_SEND_DIRECT | FFA_PART_AARCH64 },
	};
	struct spmc_config cfg = {
		.size = sizeof(cfg), .version = FFA_V1_2, .cpus = cpus,
		.endpoint_count = 5, .region_count = 5,
		.rxtx_max_pages = 1, .endpoints = e, .regions = regions,
	};
	const struct machine_config mc = {
		.spmc = &cfg, .ranges = ranges, .range_count = 4, .seed = 7,
	};
	struct machine *m;
	char *error;

	for (unsigned int i = 1; i < 5; i++)
		e[i] = (struct spmc_endpoint_config){
			.id = 0x8000 + i, .kind = SPMC_SP_EL1, .ec_count = 1,
			.ns_action = SPMC_NS_SIGNALED,
			.s_action = SPMC_S_SIGNALED,
			.version = FFA_V1_2, .uuid_count = 1,
			.uuids = { { { i } } },
			.props = FFA_PART_RECV_DIRECT | FFA_PART_SEND_DIRECT |
				 FFA_PART_AARCH64,
		};
	m = machine_new(&mc, &error);
	ck_assert_msg(m, "%s", error);
	ck_assert(machine_set_code(m, ECHO, partition_find("echo"), NULL,
				   &error));
	ck_assert(machine_set_code(m, HANG, partition_find("hang"), "",
				   &error));
	ck_assert(machine_set_code(m, CRASH, partition_find("crash"), "",
				   &error));
	machine_set_check(m, MACHINE_CHECK_ALL);
	return m;
}

static struct machine *booted(unsigned int cpus)
{
	struct machine *m = make_machine(cpus);
	struct spmc_outcome out;

	for (unsigned int i = 0; i < cpus; i++) {
		ck_assert_int_eq(machine_boot(m, i, true, &out),
				 MACHINE_PLAYED);
		ck_assert_uint_eq(out.endpoint, 0);
	}
	return m;
}

static enum machine_end request(struct machine *m, unsigned int to,
				struct spmc_outcome *out)
{
	const struct ffa_value in = {
		{ (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8000 + to, 0,
		  0x77 },
	};

	return machine_call(m, 0, &in, out);
}

START_TEST(code_runs_until_control_is_back)
{
	struct machine *m = booted(1);
	struct spmc_outcome out;

	ck_assert(machine_has_code(m, ECHO));
	ck_assert(!machine_has_code(m, PLAYED));
	ck_assert_int_eq(request(m, ECHO, &out), MACHINE_PLAYED);
	ck_assert_uint_eq(out.endpoint, 0);
	ck_assert_uint_eq(out.regs.x[0],
			  (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32);
	ck_assert_uint_eq(out.regs.x[3], 0x77);
	ck_assert_int_eq(request(m, CRASH, &out), MACHINE_PLAYED);
	ck_assert_uint_eq(out.endpoint, 0);
	ck_assert_uint_eq(out.regs.x[0], (uint32_t)FFA_ID_ERROR);
	ck_assert_int_eq((int32_t)out.regs.x[2], FFA_ABORTED);
	ck_assert_int_eq(request(m, PLAYED, &out), MACHINE_PLAYED);
	ck_assert_uint_eq(out.endpoint, PLAYED);
	machine_free(m);
}
END_TEST

START_TEST(code_that_hangs_can_be_preempted)
{
	struct machine *m = booted(1);
	struct spmc_outcome out;

	ck_assert_int_eq(machine_preempt(m, 0, &out), MACHINE_STOPPED);
	ck_assert_int_eq(machine_crash(m, 0, &out), MACHINE_STOPPED);
	ck_assert_int_eq(request(m, HANG, &out), MACHINE_HUNG);
	ck_assert_uint_eq(out.endpoint, HANG);
	ck_assert_int_eq(machine_preempt(m, 0, &out), MACHINE_PLAYED);
	ck_assert_uint_eq(out.endpoint, 0);
	ck_assert_uint_eq(out.regs.x[0], (uint32_t)FFA_ID_INTERRUPT);
	machine_free(m);
}
END_TEST

START_TEST(boot_can_be_played)
{
	struct machine *m = make_machine(1);
	const struct ffa_value wait = { { (uint32_t)FFA_ID_MSG_WAIT } };
	struct spmc_outcome out;

	ck_assert_int_eq(machine_boot(m, 0, false, &out), MACHINE_PLAYED);
	ck_assert_uint_eq(out.endpoint, PLAYED);
	ck_assert_int_eq(machine_call(m, 0, &wait, &out), MACHINE_PLAYED);
	ck_assert_uint_eq(out.endpoint, 0);
	machine_free(m);
}
END_TEST

/* Code that makes the same refused call again and again. */
static enum partition_act stubborn(void *handle, unsigned int ec,
				   const struct ffa_value *sees,
				   struct ffa_value *calls)
{
	(void)handle;
	(void)ec;
	(void)sees;
	calls->x[0] = (uint32_t)FFA_ID_ID_GET;
	return PARTITION_CALL;
}

START_TEST(livelock_ends)
{
	static const struct partition_ops ops = {
		.size = sizeof(ops), .api_version = PARTITION_API,
		.name = "loop", .sentence = "asks for its id for ever",
		.enter = stubborn,
	};
	struct machine *m = make_machine(1);
	struct spmc_outcome out;
	char *error;

	machine_set_check(m, MACHINE_CHECK_NONE);
	ck_assert(machine_set_code(m, PLAYED, &ops, NULL, &error));
	ck_assert_int_eq(machine_boot(m, 0, true, &out), MACHINE_PLAYED);
	ck_assert_int_eq(request(m, PLAYED, &out), MACHINE_LIVELOCK);
	ck_assert_uint_eq(out.endpoint, PLAYED);
	machine_free(m);
}
END_TEST

START_TEST(views_are_checked)
{
	struct machine *m = booted(1);
	struct machine_fault f;
	char got[8] = "";
	uint8_t big[0x2000];

	ck_assert(machine_store(m, 0, NS + 0xffe, "abcd", 5, &f));
	ck_assert(machine_load(m, 0, NS + 0xffe, got, 5, &f));
	ck_assert_str_eq(got, "abcd");
	/* the last two pages are the partition's */
	memset(big, 1, sizeof(big));
	ck_assert(!machine_store(m, 0, NS + 0x3d800, big, sizeof(big), &f));
	ck_assert_uint_eq(f.pa, NS + 0x3e000);
	ck_assert(f.write && f.ram && !f.access);
	ck_assert(machine_load(m, 0, NS + 0x3d800, got, 1, &f));
	ck_assert_int_eq(got[0], 0);
	ck_assert(machine_store(m, PLAYED, NS + 0x3e000, "x", 1, &f));
	ck_assert(!machine_load(m, 0, SEC, got, 1, &f));
	ck_assert(machine_store(m, PLAYED, SEC, "x", 1, &f));
	ck_assert(machine_load(m, 0, RO, got, 1, &f));
	ck_assert(!machine_store(m, 0, RO, got, 1, &f));
	ck_assert_uint_eq(f.access, SPMC_ACCESS_READ);
	ck_assert(!machine_load(m, 0, DEV, got, 1, &f));
	ck_assert(!f.ram);
	ck_assert(!machine_load(m, 0, 0, got, 1, &f));
	machine_free(m);
}
END_TEST

static void inject(struct machine *m, const char *text)
{
	struct inject what;
	char *error = NULL;

	ck_assert_msg(inject_parse(text, &what, &error), "%s", error);
	machine_inject(m, &what);
}

START_TEST(injected_errors_reach_the_caller_only)
{
	struct machine *m = booted(1);
	const struct ffa_value id = {
		{ (uint32_t)FFA_ID_ID_GET, 0, 0, 0, 0, 0, 0, 0, 0x88 },
	};
	const struct ffa_value version = {
		{ (uint32_t)FFA_ID_VERSION, FFA_V1_2 },
	};
	static const bool fails[] = { false, true, false, false, true };
	struct spmc_outcome out;
	uint64_t hash;

	inject(m, "FFA_ID_GET:error=BUSY:when=2+3");
	inject(m, "FFA_VERSION:error=NOT_SUPPORTED:delay=7ns:when=1");
	for (unsigned int i = 0; i < 5; i++) {
		hash = spmc_hash(machine_spmc(m));
		ck_assert_int_eq(machine_call(m, 0, &id, &out),
				 MACHINE_PLAYED);
		ck_assert_uint_eq(out.regs.x[0], fails[i] ?
				  (uint32_t)FFA_ID_ERROR :
				  (uint32_t)FFA_ID_SUCCESS);
		ck_assert_uint_eq(out.regs.x[8], 0x88);
		if (fails[i])
			ck_assert_uint_eq(spmc_hash(machine_spmc(m)), hash);
	}
	machine_call(m, 0, &version, &out);
	ck_assert_uint_eq(out.regs.x[0], UINT32_MAX);
	ck_assert_uint_eq(machine_time(m), 7);
	machine_call(m, 0, &version, &out);
	ck_assert_uint_eq(out.regs.x[0], FFA_V1_2);
	machine_free(m);
}
END_TEST

START_TEST(a_snapshot_brings_all_back)
{
	struct machine *m = booted(2);
	struct machine_fault f;
	struct spmc_outcome out;
	struct machine_image *image;
	uint64_t hash, random;
	char got[2] = "";

	ck_assert(machine_store(m, 0, NS, "a", 2, &f));
	machine_wait(m, 5);
	image = machine_snapshot(m);
	hash = spmc_hash(machine_spmc(m));
	random = machine_random(m, 0);
	ck_assert_int_eq(request(m, HANG, &out), MACHINE_HUNG);
	ck_assert(machine_store(m, 0, NS, "b", 2, &f));
	machine_wait(m, 7);
	ck_assert_uint_ne(spmc_hash(machine_spmc(m)), hash);
	machine_restore(m, image);
	ck_assert_uint_eq(spmc_hash(machine_spmc(m)), hash);
	ck_assert_uint_eq(machine_random(m, 0), random);
	ck_assert_uint_eq(machine_time(m), 5);
	ck_assert(machine_load(m, 0, NS, got, 2, &f));
	ck_assert_str_eq(got, "a");
	ck_assert_int_eq(request(m, HANG, &out), MACHINE_HUNG);
	machine_image_free(image);
	machine_free(m);
}
END_TEST

START_TEST(wrong_configurations_are_sentences)
{
	struct spmc_config cfg = { .size = sizeof(cfg) };
	const struct machine_config mc = { .spmc = &cfg };
	g_autofree char *error = NULL;

	ck_assert_ptr_null(machine_new(&mc, &error));
	ck_assert_ptr_nonnull(error);
}
END_TEST

Suite *check_machine(void)
{
	Suite *s = suite_create("machine");
	TCase *c = tcase_create("memory");

	tcase_add_test(c, memory_is_found_by_address_and_world);
	tcase_add_loop_test(c, memory_refuses_wrong_ranges, 0, 5);
	tcase_add_test(c, memory_is_a_file_that_others_can_map);
	tcase_add_test(c, memory_goes_back);
	tcase_add_test(c, memory_goes_back_whole);
	suite_add_tcase(s, c);
	c = tcase_create("machine");
	tcase_add_test(c, code_runs_until_control_is_back);
	tcase_add_test(c, code_that_hangs_can_be_preempted);
	tcase_add_test(c, boot_can_be_played);
	tcase_add_test(c, livelock_ends);
	tcase_add_test(c, views_are_checked);
	tcase_add_test(c, injected_errors_reach_the_caller_only);
	tcase_add_test(c, a_snapshot_brings_all_back);
	tcase_add_test(c, wrong_configurations_are_sentences);
	suite_add_tcase(s, c);
	return s;
}
