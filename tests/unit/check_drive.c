/* SPDX-License-Identifier: BSD-3-Clause */
/* conduit_open_scenario: a driver whose calls are held against a file. */
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conduit.h"
#include "ffa/ffa_desc.h"
#include "unit.h"

#define HEAD								\
	"ffs 1\n"							\
	"board cpus=2 sri=8\n"						\
	"part ns id=0 kind=vm driver\n"					\
	"part sp1 id=0x8001 can=direct,send,notif,indirect ec=2\n"	\
	"part ech id=0x8002 can=direct run=echo\n"			\
	"buf nstx ns 0x8800_0000 1page\n"				\
	"buf nsrx ns 0x8800_1000 1page\n"				\
	"mem shm ns 0x8900_0000 2pages\n"				\
	"allow FFA_FEATURES FFA_SPM_ID_GET\n"
#define MAP								\
	"ns@0 FFA_RXTX_MAP_64(tx=nstx, rx=nsrx, pages=1) = FFA_SUCCESS()\n"
#define ASK								\
	"ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=0x11) ...\n"	\
	"sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=0x11)\n"	\
	"sp1@0 FFA_MSG_SEND_DIRECT_RESP_32(to=ns, w3=0x12) ...\n"	\
	"ns@0 ... = FFA_MSG_SEND_DIRECT_RESP_32(from=sp1, w3=0x12)\n"

static char *path;
static struct conduit *c;

static void set_up(void)
{
	path = g_build_filename(g_get_tmp_dir(), "drive-XXXXXX", NULL);
	close(g_mkstemp(path));
}

static void tear_down(void)
{
	g_unlink(path);
	g_free(path);
}

static void open_text(const char *text)
{
	const struct conduit_options o = { sizeof(o), .patience = 50 };
	char *error = NULL;

	ck_assert(g_file_set_contents(path, text, -1, NULL));
	c = conduit_open_scenario(path, &o, &error);
	ck_assert_msg(c, "%s", error);
}

/* The call comes back. */
static struct ffa_value call_on(unsigned int cpu, uint64_t x0, uint64_t x1,
				uint64_t x2, uint64_t x3)
{
	const struct ffa_value in = { { x0, x1, x2, x3 } };
	struct ffa_value out;
	const char *why = conduit_call(c, cpu, &in, &out);

	ck_assert_msg(!why, "%s", why);
	return out;
}

#define ID(name) ((uint32_t)FFA_ID_##name)

static struct ffa_value call(uint64_t x0, uint64_t x1, uint64_t x2,
			     uint64_t x3)
{
	return call_on(0, x0, x1, x2, x3);
}

static void must_say(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part), "no '%s' in:\n%s", part, text);
}

/* The driver is through: all is well. */
static void passes(void)
{
	char *report = NULL;
	int code = conduit_finish(c, &report);

	ck_assert_msg(code == 0, "%d: %s", code, report);
	ck_assert_ptr_null(report);
	conduit_close(c);
}

/* The call does not come back, and says so; so says the end. */
static void fails_on(unsigned int cpu, uint64_t x0, uint64_t x1, uint64_t x3,
		     const char *part)
{
	const struct ffa_value in = { { x0, x1, 0, x3 } };
	struct ffa_value out;
	const char *why = conduit_call(c, cpu, &in, &out);
	char *report = NULL;

	ck_assert_ptr_nonnull(why);
	must_say(why, part);
	ck_assert_uint_eq(out.x[0], 0);
	/* nor does any other */
	ck_assert_ptr_nonnull(conduit_call(c, cpu, &in, &out));
	ck_assert_int_eq(conduit_finish(c, &report), 1);
	must_say(report, part);
	free(report);
	conduit_close(c);
}

static void fails_at_end(int code, const char *part)
{
	char *report = NULL;

	ck_assert_int_eq(conduit_finish(c, &report), code);
	ck_assert_ptr_nonnull(report);
	must_say(report, part);
	free(report);
	conduit_close(c);
}

START_TEST(lines_are_met)
{
	struct ffa_value v;

	open_text(HEAD
		  "ns@0 FFA_VERSION(1.2) = 1.2\n"
		  "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
		  "check ns.version == 1.2\n" ASK
		  "ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=ech, w3=?w) = "
		  "FFA_MSG_SEND_DIRECT_RESP_32(from=ech, w3=$w)\n");
	v = call(ID(VERSION), FFA_V1_2, 0, 0);
	ck_assert_uint_eq(v.x[0], FFA_V1_2);
	v = call(ID(ID_GET), 0, 0, 0);
	ck_assert_uint_eq(v.x[0], ID(SUCCESS));
	v = call(ID(MSG_SEND_DIRECT_REQ_32), 0x8001, 0, 0x11);
	ck_assert_uint_eq(v.x[0], ID(MSG_SEND_DIRECT_RESP_32));
	ck_assert_uint_eq(v.x[1], 0x80010000);
	ck_assert_uint_eq(v.x[3], 0x12);
	/* upper halves of a 32-bit call are nothing */
	v = call(ID(MSG_SEND_DIRECT_REQ_32), 0x8002 | 7ull << 32, 0, 77);
	ck_assert_uint_eq(v.x[3], 77);
	passes();
}
END_TEST

START_TEST(wrong_function)
{
	open_text(HEAD "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
		  "ns@0 FFA_RX_RELEASE() = FFA_ERROR(DENIED)\n");
	/* which is that of a later line: the first is missing */
	fails_on(0, ID(RX_RELEASE), 0, 0, "the one of line 10 is missing");
}
END_TEST

START_TEST(extra_in_between)
{
	open_text(HEAD "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n");
	fails_on(0, ID(RXTX_UNMAP), 0, 0, "allow FFA_RXTX_UNMAP");
}
END_TEST

START_TEST(wrong_register)
{
	open_text(HEAD ASK);
	fails_on(0, ID(MSG_SEND_DIRECT_REQ_32), 0x8001, 0x13,
		 "w3: expected 0x11, got 0x13");
}
END_TEST

START_TEST(register_beyond_the_fields)
{
	open_text(HEAD "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n");
	fails_on(0, ID(ID_GET), 0, 9, "w3");
}
END_TEST

START_TEST(raw_registers)
{
	open_text(HEAD "ns@0 SMC(0x84000069, _, 0, w3=?x) = _\n"
		  "ns@0 SMC(0x84000069, $x) = _\n");
	call(ID(ID_GET), 5, 0, 6);
	fails_on(0, ID(ID_GET), 7, 0, "x1: expected 0x6, got 0x7");
}
END_TEST

START_TEST(missing_at_the_end)
{
	open_text(HEAD "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
		  "ns@0 FFA_RX_RELEASE() = FFA_ERROR(DENIED)\n");
	call(ID(ID_GET), 0, 0, 0);
	fails_at_end(1, "its end: the call is missing");
}
END_TEST

START_TEST(extra_at_the_end)
{
	open_text(HEAD "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n");
	call(ID(ID_GET), 0, 0, 0);
	fails_on(0, ID(ID_GET), 0, 0, "no other call of ns");
}
END_TEST

START_TEST(wrong_result)
{
	open_text(HEAD "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=sp1)\n");
	fails_on(0, ID(ID_GET), 0, 0, "= FFA_SUCCESS(id=ns)");
}
END_TEST

START_TEST(allowed_anywhere)
{
	struct ffa_value v;

	open_text(HEAD "ns@0 FFA_FEATURES(FFA_RX_RELEASE) = _\n"
		  "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n");
	call(ID(FEATURES), ID(RXTX_UNMAP), 0, 0);
	call(ID(FEATURES), ID(RX_RELEASE), 0, 0);
	v = call(ID(FEATURES), 0xffff, 0, 0);
	ck_assert_uint_eq(v.x[0], ID(ERROR));
	call(ID(SPM_ID_GET), 0, 0, 0);
	call(ID(ID_GET), 0, 0, 0);
	v = call(ID(FEATURES), ID(ERROR), 0, 0);
	ck_assert_uint_eq(v.x[0], ID(SUCCESS));
	passes();
}
END_TEST

START_TEST(memory_is_compared)
{
	char *shm;

	open_text(HEAD "ns@0 FFA_ID_GET() = _\n"
		  "ns@0 store shm[0..4] = \"ping\"\n"
		  "ns@0 FFA_ID_GET() = _\n"
		  "poke shm \"pong\"\n"
		  "ns@0 FFA_ID_GET() = _\n"
		  "ns@0 store shm[0..4] = \"ping\"\n");
	shm = conduit_map(c, 0x89000000, 4096, false);
	ck_assert_ptr_nonnull(shm);
	call(ID(ID_GET), 0, 0, 0);
	memcpy(shm, "ping", 4);
	call(ID(ID_GET), 0, 0, 0);
	ck_assert_mem_eq(shm, "pong", 4);
	call(ID(ID_GET), 0, 0, 0);
	fails_at_end(1, "got       = \"pong\"");
}
END_TEST

static void map_buffers(void)
{
	const struct ffa_value in = {
		{ (uint32_t)FFA_ID_RXTX_MAP_64, 0x88000000, 0x88001000, 1 }
	};
	struct ffa_value out;
	const char *why = conduit_call(c, 0, &in, &out);

	ck_assert_msg(!why, "%s", why);
	ck_assert_uint_eq(out.x[0], ID(SUCCESS));
}

/* A share of one page with sp1, as a driver writes it. */
static uint32_t write_share(uint64_t page)
{
	uint8_t *tx = conduit_map(c, 0x88000000, 4096, false);
	struct ffa_mem_desc region = {
		.sender = 0, .attributes = 0x2f, .emad_size = 16,
		.emad_count = 1, .emad_offset = 48,
	};
	struct ffa_emad_v1_0 emad = {
		.endpoint = 0x8001, .permissions = 2, .composite_offset = 64,
	};
	struct ffa_composite comp = { .page_count = 1, .range_count = 1 };
	struct ffa_constituent range = { .address = page, .page_count = 1 };

	memcpy(tx, &region, 48);
	memcpy(tx + 48, &emad, 16);
	memcpy(tx + 64, &comp, 16);
	memcpy(tx + 80, &range, 16);
	return 96;
}

#define SHARE								\
	"ns@0 FFA_VERSION(1.1) = 1.2\n" MAP				\
	"ns@0 FFA_MEM_SHARE_32(tx=share{to={sp1:rw} ranges=shm[0]}) = "	\
	"FFA_SUCCESS(handle=?h)\n"					\
	"ns@0 FFA_MEM_RECLAIM(handle=$h) = FFA_SUCCESS()\n"

START_TEST(descriptor_is_compared)
{
	struct ffa_value v;
	uint32_t len;

	open_text(HEAD SHARE);
	call(ID(VERSION), FFA_V1_1, 0, 0);
	map_buffers();
	len = write_share(0x89000000);
	v = call(ID(MEM_SHARE_32), len, len, 0);
	ck_assert_uint_eq(v.x[0], ID(SUCCESS));
	call(ID(MEM_RECLAIM), v.x[2], v.x[3], 0);
	passes();
}
END_TEST

START_TEST(descriptor_differs)
{
	const struct ffa_value in = { { ID(MEM_SHARE_32), 96, 96 } };
	struct ffa_value out;
	const char *why;

	open_text(HEAD SHARE);
	call(ID(VERSION), FFA_V1_1, 0, 0);
	map_buffers();
	write_share(0x89001000);
	why = conduit_call(c, 0, &in, &out);
	ck_assert_ptr_nonnull(why);
	must_say(why, "ranges: expected shm[0], got shm[1]");
	fails_at_end(1, "ranges");
}
END_TEST

/* -- several CPUs ---------------------------------------------------------- */

#define INSIDE								\
	"ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=1) ...\n"		\
	"sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=1)\n"	\
	"ns@1 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"			\
	"sp1@0 FFA_MSG_SEND_DIRECT_RESP_32(to=ns, w3=2) ...\n"		\
	"ns@0 ... = FFA_MSG_SEND_DIRECT_RESP_32(from=sp1, w3=2)\n"

static void *cpu1(void *data)
{
	(void)data;
	call_on(1, ID(ID_GET), 0, 0, 0);
	return NULL;
}

START_TEST(file_is_the_schedule)
{
	const struct conduit_options o = { .size = sizeof(o) };
	GThread *t;

	ck_assert(g_file_set_contents(path, HEAD INSIDE, -1, NULL));
	c = conduit_open_scenario(path, &o, NULL);
	t = g_thread_new("cpu1", cpu1, NULL);
	call(ID(MSG_SEND_DIRECT_REQ_32), 0x8001, 0, 1);
	g_thread_join(t);
	passes();
}
END_TEST

START_TEST(nobody_plays_the_other_cpu)
{
	open_text(HEAD INSIDE);
	fails_on(0, ID(MSG_SEND_DIRECT_REQ_32), 0x8001, 1,
		 "nothing, while others wait");
}
END_TEST

START_TEST(any_order)
{
	open_text(HEAD "any {\n"
		  "ns@0 FFA_ID_GET() = _\n"
		  "ns@1 FFA_SPM_ID_GET() = _\n"
		  "ns@0 FFA_RX_RELEASE() = _\n"
		  "}\nns@1 FFA_ID_GET() = _\n");
	call_on(1, ID(SPM_ID_GET), 0, 0, 0);
	call_on(0, ID(RX_RELEASE), 0, 0, 0);
	call_on(0, ID(ID_GET), 0, 0, 0);
	call_on(1, ID(ID_GET), 0, 0, 0);
	passes();
}
END_TEST

START_TEST(not_in_any)
{
	open_text(HEAD "any {\n"
		  "ns@0 FFA_ID_GET() = _\n"
		  "ns@1 FFA_ID_GET() = _\n"
		  "}\n");
	call_on(1, ID(ID_GET), 0, 0, 0);
	fails_on(0, ID(RX_RELEASE), 0, 0, "one of its lines");
}
END_TEST

/* -- interrupts ------------------------------------------------------------ */

#define SRI								\
	"ns@0 FFA_NOTIFICATION_BITMAP_CREATE(vm=ns, vcpus=2) = _\n"	\
	"ns@0 FFA_NOTIFICATION_BIND(sender=sp1, receiver=ns, flags=0, "	\
	"bitmap=1) = FFA_SUCCESS()\n"					\
	"ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=1) ...\n"		\
	"sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=1)\n"	\
	"sp1@0 FFA_NOTIFICATION_SET(sender=sp1, receiver=ns, flags=0, "	\
	"bitmap=1) = FFA_SUCCESS()\n"					\
	"sp1@0 FFA_MSG_SEND_DIRECT_RESP_32(to=ns) ...\n"		\
	"ns@0 ... = FFA_MSG_SEND_DIRECT_RESP_32(from=sp1)\n"		\
	"irq SRI ns@0\n"						\
	"ns@0 FFA_NOTIFICATION_INFO_GET_64() = _\n"

static void handler(void *data, unsigned int cpu, uint32_t intid)
{
	unsigned int *count = data;

	ck_assert_uint_eq(cpu, 0);
	ck_assert_uint_eq(intid, 8);
	++*count;
	call(ID(NOTIFICATION_INFO_GET_64), 0, 0, 0);
}

START_TEST(driver_is_interrupted)
{
	unsigned int count = 0;
	const struct conduit_options o = {
		.size = sizeof(o), .interrupt = handler,
		.interrupt_ctx = &count,
	};
	const struct ffa_value bind = {
		{ ID(NOTIFICATION_BIND), 0x80010000, 0, 1, 0 }
	};
	struct ffa_value out;

	ck_assert(g_file_set_contents(path, HEAD SRI, -1, NULL));
	c = conduit_open_scenario(path, &o, NULL);
	ck_assert_ptr_nonnull(c);
	call(ID(NOTIFICATION_BITMAP_CREATE), 0, 2, 0);
	ck_assert_ptr_null(conduit_call(c, 0, &bind, &out));
	ck_assert_uint_eq(count, 0);
	call(ID(MSG_SEND_DIRECT_REQ_32), 0x8001, 0, 1);
	ck_assert_uint_eq(count, 1);
	passes();
}
END_TEST

/* -- recordings ------------------------------------------------------------ */

START_TEST(what_happened_is_written)
{
	g_autofree char *to = g_strconcat(path, ".rec", NULL), *text = NULL;
	const struct conduit_options o = { .size = sizeof(o), .record = to };

	ck_assert(g_file_set_contents(path, HEAD, -1, NULL));
	c = conduit_open_scenario(path, &o, NULL);
	ck_assert_ptr_nonnull(c);
	call(ID(ID_GET), 0, 0, 0);
	call(0x8400ffff, 1, 2, 3);
	call_on(1, ID(MSG_SEND_DIRECT_REQ_32), 0x8002, 0, 7);
	passes();
	ck_assert(g_file_get_contents(to, &text, NULL, NULL));
	must_say(text, "ns@0  FFA_ID_GET() = FFA_SUCCESS(id=ns)\n");
	must_say(text, "ns@0  SMC(0x8400ffff, 0x1, 0x2, 0x3) = NOT_SUPP");
	must_say(text, "ns@1  FFA_MSG_SEND_DIRECT_REQ_32(to=ech, w3=0x7) = ");
	g_unlink(to);
}
END_TEST

/* -- what cannot be opened ------------------------------------------------- */

static void refused(const char *text, const char *args, const char *part)
{
	g_autofree char *spec = g_strconcat(path, args, NULL);
	char *error = NULL;

	ck_assert(g_file_set_contents(path, text, -1, NULL));
	ck_assert_ptr_null(conduit_open_scenario(spec, NULL, &error));
	must_say(error, part);
	free(error);
}

START_TEST(wrong_files)
{
	char *error = NULL;

	ck_assert_ptr_null(conduit_open_scenario("/no/such", NULL, &error));
	ck_assert_ptr_nonnull(error);
	free(error);
	refused("ffs 1\nns@0 FFA_NO_GET() = _\n", "", "FFA_NO_GET");
	refused("ffs 1\nrequires cpus>=2\n", "", "cpus");
	refused("ffs 1\nparam N = 1, 2\nns@0 FFA_VERSION($N) = _\n", "",
		",N=1");
	refused("ffs 1\n", ",N=1", "no parameter N");
	refused("ffs 1\npart sp1 id=0x8001 driver\n", "", "normal world");
	refused("ffs 1\npart ns id=0 kind=vm driver\ntx ns bytes{\"00\"}\n",
		"", "tx=");
}
END_TEST

START_TEST(a_parameter_is_chosen)
{
	const char *text = HEAD "param N = 1, 2\n"
		"ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=ech, w3=$N) = _\n";
	g_autofree char *spec = g_strconcat(path, ",N=2", NULL);

	ck_assert(g_file_set_contents(path, text, -1, NULL));
	c = conduit_open_scenario(spec, NULL, NULL);
	ck_assert_ptr_nonnull(c);
	call(ID(MSG_SEND_DIRECT_REQ_32), 0x8002, 0, 2);
	passes();
}
END_TEST

/* ffa_smc stops at the wrong call; so does who asks nobody. */
START_TEST(smc_aborts)
{
	const ffa_value_t v = { { ID(RX_RELEASE) } };
	ffa_value_t res;

	open_text(HEAD "ns@0 FFA_ID_GET() = _\n");
	conduit_bind(c, 0);
	ffa_smc(v, &res);
}
END_TEST

START_TEST(close_aborts)
{
	open_text(HEAD "ns@0 FFA_ID_GET() = _\n");
	conduit_close(c);
}
END_TEST

Suite *check_drive(void)
{
	Suite *s = suite_create("drive");
	TCase *t = tcase_create("drive");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, lines_are_met);
	tcase_add_test(t, wrong_function);
	tcase_add_test(t, extra_in_between);
	tcase_add_test(t, wrong_register);
	tcase_add_test(t, register_beyond_the_fields);
	tcase_add_test(t, raw_registers);
	tcase_add_test(t, missing_at_the_end);
	tcase_add_test(t, extra_at_the_end);
	tcase_add_test(t, wrong_result);
	tcase_add_test(t, allowed_anywhere);
	tcase_add_test(t, memory_is_compared);
	tcase_add_test(t, descriptor_is_compared);
	tcase_add_test(t, descriptor_differs);
	tcase_add_test(t, file_is_the_schedule);
	tcase_add_test(t, nobody_plays_the_other_cpu);
	tcase_add_test(t, any_order);
	tcase_add_test(t, not_in_any);
	tcase_add_test(t, driver_is_interrupted);
	tcase_add_test(t, what_happened_is_written);
	tcase_add_test(t, wrong_files);
	tcase_add_test(t, a_parameter_is_chosen);
	tcase_add_test_raise_signal(t, smc_aborts, SIGABRT);
	tcase_add_test_raise_signal(t, close_aborts, SIGABRT);
	suite_add_tcase(s, t);
	return s;
}
