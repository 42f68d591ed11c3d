/* SPDX-License-Identifier: BSD-3-Clause */
/* conduit_open_board: a driver's C program against a simulated machine. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conduit.h"
#include "unit.h"

static const char board_text[] =
	"ffs 1\n"
	"title \"four partitions with code\"\n"
	"board cpus=2\n"
	"part linux id=0 kind=vm\n"
	"part echo id=0x8001 kind=sp can=direct ec=2 run=echo\n"
	"part hang id=0x8002 kind=sp can=direct run=hang\n"
	"part slow id=0x8003 kind=sp can=direct run=\"yield:2\"\n"
	"part dead id=0x8004 kind=sp can=direct run=crash\n"
	"buf tx linux 0x8800_0000 1page\n"
	"buf rx linux 0x8800_1000 1page\n";

static char *path;

static void set_up(void)
{
	path = g_build_filename(g_get_tmp_dir(), "board-XXXXXX", NULL);
	close(g_mkstemp(path));
}

static void tear_down(void)
{
	g_unlink(path);
	g_free(path);
}

static struct conduit *open_text(const char *text,
				 const struct conduit_options *options,
				 char **error)
{
	ck_assert(g_file_set_contents(path, text, -1, NULL));
	return conduit_open_board(path, options, error);
}

static struct conduit *open_board(void)
{
	char *error = NULL;
	struct conduit *c = open_text(board_text, NULL, &error);

	ck_assert_msg(c, "%s", error);
	conduit_bind(c, 0);
	return c;
}

static uint32_t fid(enum ffa_fid id)
{
	return (uint32_t)id;
}

static ffa_value_t smc(enum ffa_fid id, uint64_t x1, uint64_t x2, uint64_t x3)
{
	ffa_value_t v = { .x = { fid(id), x1, x2, x3 } };

	ffa_smc(v, &v);
	return v;
}

START_TEST(calls)
{
	struct conduit *c = open_board();
	ffa_value_t v;

	ck_assert_uint_eq(conduit_cpus(c), 2);
	v = smc(FFA_ID_VERSION, FFA_V1_2, 0, 0);
	ck_assert_uint_eq(v.x[0], FFA_V1_2);
	v = smc(FFA_ID_ID_GET, 0, 0, 0);
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_SUCCESS));
	ck_assert_uint_eq(v.x[2], 0);
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		ck_assert(conduit_bind(c, cpu));
		v = smc(FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8001, 0, 42 + cpu);
		ck_assert_uint_eq(v.x[0], fid(FFA_ID_MSG_SEND_DIRECT_RESP_32));
		ck_assert_uint_eq(v.x[1], 0x80010000);
		ck_assert_uint_eq(v.x[3], 42 + cpu);
	}
	conduit_close(c);
}
END_TEST

START_TEST(memory)
{
	struct conduit *c = open_board();
	ffa_value_t v;
	uint16_t id;
	void *rx;

	v = smc(FFA_ID_RXTX_MAP_64, 0x88000000, 0x88001000, 1);
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_SUCCESS));
	v = smc(FFA_ID_PARTITION_INFO_GET, 0, 0, 0);
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_SUCCESS));
	ck_assert_uint_eq(v.x[2], 4);
	rx = conduit_map(c, 0x88001000, FFA_PAGE_SIZE, false);
	ck_assert_ptr_nonnull(rx);
	memcpy(&id, rx, sizeof(id));
	ck_assert_uint_eq(id, 0x8001);
	ck_assert_ptr_null(conduit_map(c, 0x88001000, FFA_PAGE_SIZE, true));
	ck_assert_ptr_null(conduit_map(c, 0x10, 1, false));
	conduit_close(c);
}
END_TEST

START_TEST(yield_and_crash)
{
	struct conduit *c = open_board();
	ffa_value_t v;

	v = smc(FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8003, 0, 7);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(v.x[0], fid(FFA_ID_YIELD));
		ck_assert_uint_eq(v.x[1], 0x80030000);
		v = smc(FFA_ID_RUN, v.x[1], 0, 0);
	}
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_MSG_SEND_DIRECT_RESP_32));
	ck_assert_uint_eq(v.x[3], 7);

	v = smc(FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8004, 0, 0);
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_ERROR));
	ck_assert_int_eq((int32_t)v.x[2], FFA_ABORTED);
	conduit_close(c);
}
END_TEST

START_TEST(hang)
{
	struct conduit *c = open_board();
	struct ffa_value v = {
		.x = { fid(FFA_ID_MSG_SEND_DIRECT_REQ_32), 0x8002 },
	};

	for (int i = 0; i < 2; i++)
		ck_assert_str_eq(conduit_call(c, 1, &v, &v),
				 "hang@1 computes for ever");
	/* the other CPU goes on */
	v.x[0] = fid(FFA_ID_ID_GET);
	v.x[1] = 0;
	ck_assert_ptr_null(conduit_call(c, 0, &v, &v));
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_SUCCESS));
	conduit_close(c);
}
END_TEST

START_TEST(two_machines)
{
	struct conduit *a = open_board();
	struct conduit *b = open_board();
	struct ffa_value v = {
		.x = { fid(FFA_ID_MSG_SEND_DIRECT_REQ_32), 0x8004 },
	};

	ck_assert_ptr_null(conduit_call(a, 0, &v, &v));
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_ERROR));
	/* b's partition has not crashed */
	v = (struct ffa_value){ .x = { fid(FFA_ID_RUN), 0x80040000 } };
	ck_assert_ptr_null(conduit_call(b, 0, &v, &v));
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_MSG_WAIT));
	conduit_close(b);
	conduit_close(a);
}
END_TEST

START_TEST(log_is_the_language)
{
	g_autofree char *log = g_strdup_printf("%s.log", path);
	g_autofree char *filter = g_strdup_printf("log=%s", log);
	struct conduit_options o = { .size = sizeof(o), .filters = filter };
	g_autofree char *text = NULL;
	char *error = NULL;
	struct conduit *c = open_text(board_text, &o, &error);

	ck_assert_msg(c, "%s", error);
	conduit_bind(c, 1);
	smc(FFA_ID_ID_GET, 0, 0, 0);
	smc(FFA_ID_RXTX_MAP_64, 0x88000000, 0x88001000, 1);
	smc(FFA_ID_RXTX_MAP_64, 0x88000000, 0x88001000, 1);
	smc(FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8001, 0, 0x11);
	conduit_close(c);
	ck_assert(g_file_get_contents(log, &text, NULL, NULL));
	g_unlink(log);
	ck_assert_str_eq(text,
		"linux@1 FFA_ID_GET() = FFA_SUCCESS(id=linux)\n"
		"linux@1 FFA_RXTX_MAP_64(tx=tx, rx=rx, pages=1) = "
		"FFA_SUCCESS()\n"
		"linux@1 FFA_RXTX_MAP_64(tx=tx, rx=rx, pages=1) = "
		"FFA_ERROR(DENIED)\n"
		"linux@1 FFA_MSG_SEND_DIRECT_REQ_32(to=echo, w3=0x11) = "
		"FFA_MSG_SEND_DIRECT_RESP_32(from=echo, w3=0x11)\n");
}
END_TEST

static void cannot_open(const char *text, const char *part)
{
	char *error = NULL;

	ck_assert_ptr_null(open_text(text, NULL, &error));
	ck_assert_ptr_nonnull(error);
	ck_assert_msg(strstr(error, part), "no '%s' in:\n%s", part, error);
	ck_assert_ptr_null(open_text(text, NULL, NULL));
	free(error);
}

START_TEST(wrong_boards)
{
	struct conduit_options o = { .size = sizeof(o), .filters = "lag" };
	char *error = NULL;

	cannot_open("ffs 1\npart sp id=0x8001 kind=sp can=direct\n",
		    ":2:1: error: sp needs code");
	cannot_open("ffs 1\nns@0 FFA_ID_GET() = FFA_SUCCESS()\n",
		    ":2:1: error: a board only has");
	cannot_open("ffs 1\npart sp id=0x8001 kind=sp run=ech\n", "ech");
	cannot_open("ffs 1\npart sp id=0x8001 kind=sp run=\"echo:1\"\n",
		    "echo takes no arguments; write run=echo");
	cannot_open("ffs 1\nbaord cpus=2\n", "board");
	ck_assert_ptr_null(open_text(board_text, &o, &error));
	ck_assert_str_eq(error, "no filter is called 'lag'; there are "
			 "log hypervisor inject delay stats");
	free(error);
	error = NULL;
	ck_assert_ptr_null(conduit_open_board("/no/such/board", NULL, &error));
	ck_assert_msg(strstr(error, "/no/such/board"), "%s", error);
	free(error);
}
END_TEST

/* -- interrupts ------------------------------------------------------------- */

static const char bell_text[] =
	"ffs 1\n"
	"board cpus=2 npi=5 sri=8\n"
	"part linux id=0 kind=vm\n"
	"part vm1 id=1 kind=vm\n"
	"part bell id=0x8001 kind=sp can=direct,notif run=\"bell:0\"\n"
	"part ring id=0x8002 kind=sp can=direct,notif run=\"bell:1\"\n";

struct heard {
	unsigned int count, cpu;
	uint32_t intid;
	ffa_value_t info;
};

/* As a driver's handler: asks at once who is to be run. */
static void hears(void *ctx, unsigned int cpu, uint32_t intid)
{
	struct heard *h = ctx;

	h->count++;
	h->cpu = cpu;
	h->intid = intid;
	h->info = smc(FFA_ID_NOTIFICATION_INFO_GET_64, 0, 0, 0);
}

static struct heard ring(const char *filters, uint64_t ids)
{
	struct heard h = { 0 };
	const struct conduit_options o = {
		.size = sizeof(o), .filters = filters,
		.interrupt = hears, .interrupt_ctx = &h,
	};
	const ffa_value_t set = { { fid(FFA_ID_NOTIFICATION_SET), ids, 0, 4 } };
	char *error = NULL;
	struct conduit *c = open_text(bell_text, &o, &error);
	ffa_value_t v;

	ck_assert_msg(c, "%s", error);
	conduit_bind(c, 1);
	smc(FFA_ID_ID_GET, 0, 0, 0);
	ck_assert_uint_eq(h.count, 0);
	ffa_smc(set, &v);
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_SUCCESS));
	ck_assert_uint_eq(h.count, 1);
	/* it was taken */
	smc(FFA_ID_ID_GET, 0, 0, 0);
	ck_assert_uint_eq(h.count, 1);
	ck_assert_uint_eq(h.cpu, 1);
	ck_assert_uint_eq(h.info.x[0], fid(FFA_ID_SUCCESS_64));
	conduit_close(c);
	return h;
}

START_TEST(interrupts)
{
	struct heard h = ring(NULL, 0x8001);

	ck_assert_uint_eq(h.intid, 8);
	ck_assert_uint_eq(h.info.x[3], 0x8001);
	/* a VM has the hypervisor's, and is told of partitions by it */
	h = ring("hypervisor=vm=1,vcpus=2", 0x18002);
	ck_assert_uint_eq(h.intid, 9);
	ck_assert_uint_eq(h.info.x[3], 0x8002);
}
END_TEST

/* Nobody takes them: they pend, and are no trouble. */
START_TEST(no_interrupts)
{
	struct conduit_options o = { .size = sizeof(o) };
	const ffa_value_t set = {
		{ fid(FFA_ID_NOTIFICATION_SET), 0x8001, 0, 4 },
	};
	char *error = NULL;
	struct conduit *c;
	ffa_value_t v;

	/* as of a header that did not have the callback yet */
	o.size = offsetof(struct conduit_options, interrupt);
	o.interrupt = hears;
	c = open_text(bell_text, &o, &error);
	ck_assert_msg(c, "%s", error);
	conduit_bind(c, 0);
	ffa_smc(set, &v);
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_SUCCESS));
	v = smc(FFA_ID_NOTIFICATION_INFO_GET_64, 0, 0, 0);
	ck_assert_uint_eq(v.x[3], 0x8001);
	conduit_close(c);
}
END_TEST

Suite *check_inproc(void)
{
	Suite *s = suite_create("inproc");
	TCase *t = tcase_create("board");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, calls);
	tcase_add_test(t, memory);
	tcase_add_test(t, yield_and_crash);
	tcase_add_test(t, hang);
	tcase_add_test(t, two_machines);
	tcase_add_test(t, log_is_the_language);
	tcase_add_test(t, wrong_boards);
	tcase_add_test(t, interrupts);
	tcase_add_test(t, no_interrupts);
	suite_add_tcase(s, t);
	return s;
}
