/* SPDX-License-Identifier: BSD-3-Clause */
/* The conduits unix: and ring:, against a server. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <glib.h>

#include "conduit.h"
#include "conduit/remote.h"
#include "ffa/ffa_desc.h"
#include "tests/server.h"
#include "unit.h"

enum { NS_RAM = (int)0x80000000, PAGE = 4096, CPUS = 4 };

static const char board[] =
	"ffs 1\n"
	"board cpus=4\n"
	"part ns id=0x0000 kind=vm\n"
	"part echo id=0x8001 kind=sp can=direct run=echo\n"
	"part hangs id=0x8003 kind=sp can=direct run=hang\n";

static const char *const names[] = { "unix", "ring" };
static struct server server;
static struct conduit *conduit;

static struct conduit *open_as(const char *name, const char *more,
			       const char *filters, char **error)
{
	g_autofree char *spec = g_strdup_printf("%s:%s%s", name, server.path,
						more);
	struct conduit_options o = { .size = sizeof(o), .filters = filters };

	return conduit_open(spec, &o, error);
}

static void start(int i)
{
	char *error = NULL;

	ck_assert(server_start(&server, board));
	conduit = open_as(names[i], "", NULL, &error);
	ck_assert_msg(conduit, "%s", error);
}

static void stop(void)
{
	conduit_close(conduit);
	ck_assert_int_eq(server_stop(&server, SIGTERM), 0);
}

static struct ffa_value call(unsigned int cpu, struct ffa_value v)
{
	const char *why = conduit_call(conduit, cpu, &v, &v);

	ck_assert_msg(!why, "%s", why);
	return v;
}
#define CALL(cpu, ...) call(cpu, (struct ffa_value){ { __VA_ARGS__ } })

static void succeeds(struct ffa_value v)
{
	ck_assert_uint_eq(v.x[0], (uint32_t)FFA_ID_SUCCESS);
}

START_TEST(calls)
{
	struct ffa_value v;

	start(_i);
	ck_assert_uint_eq(conduit_cpus(conduit), CPUS);
	for (unsigned int n = 0; n < 1000; n++) {
		v = CALL(n % CPUS, (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32,
			 0x8001, 0, n, 2, 3, 4, 5);
		ck_assert_uint_eq(v.x[0],
				  (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32);
		ck_assert_uint_eq(v.x[1], 0x80010000);
		ck_assert_uint_eq(v.x[3], n);
		ck_assert_uint_eq(v.x[7], 5);
	}
	stop();
}
END_TEST

/* A driver's own signature, and filters, work over it. */
START_TEST(driver)
{
	ffa_value_t v = { { (uint32_t)FFA_ID_ID_GET } };
	g_autofree char *log = NULL, *filter = NULL, *text = NULL;
	struct conduit *c;
	char *error = NULL;

	start(_i);
	log = g_build_filename(server.dir, "log", NULL);
	filter = g_strdup_printf("log=%s", log);
	c = open_as(names[_i], "", filter, &error);
	ck_assert_msg(c, "%s", error);
	ck_assert(conduit_bind(c, 3));
	ck_assert(!conduit_bind(c, CPUS));
	ffa_smc(v, &v);
	succeeds(v);
	conduit_close(c);
	ck_assert(g_file_get_contents(log, &text, NULL, NULL));
	ck_assert_str_eq(text, "ns@3 SMC(0x84000069) = SMC(0x84000061)\n");
	unlink(log);
	stop();
}
END_TEST

/* Can it be read? */
static bool readable(const void *p)
{
	int fds[2];
	bool ok;

	ck_assert(!pipe(fds));
	ok = write(fds[1], p, 1) == 1;
	close(fds[0]);
	close(fds[1]);
	return ok;
}

static uint64_t lend(char *tx, uint64_t pa, uint32_t pages)
{
	const struct {
		struct ffa_mem_desc d;
		struct ffa_emad e;
		struct ffa_composite c;
		struct ffa_constituent r;
	} v = {
		.d = { .emad_size = sizeof(v.e), .emad_count = 1,
		       .emad_offset = sizeof(v.d) },
		.e = { .endpoint = 0x8001, .permissions = 2,
		       .composite_offset = sizeof(v.d) + sizeof(v.e) },
		.c = { .page_count = pages, .range_count = 1 },
		.r = { .address = pa, .page_count = pages },
	};
	struct ffa_value res;

	memcpy(tx, &v, sizeof(v));
	res = CALL(0, (uint32_t)FFA_ID_MEM_LEND_32, sizeof(v), sizeof(v));
	succeeds(res);
	return res.x[2] | res.x[3] << 32;
}

/* Pages stay where they are mapped, and fault while they are lent. */
START_TEST(memory)
{
	const uint64_t ns = (uint32_t)NS_RAM;
	char *tx, *page;
	uint64_t handle;

	start(_i);
	tx = conduit_map(conduit, ns, 2 * PAGE, false);
	page = conduit_map(conduit, ns + 0x10000, 3 * PAGE, false);
	ck_assert(tx && page);
	ck_assert_ptr_eq(conduit_map(conduit, ns + 0x11008, 8, false),
			 page + PAGE + 8);
	succeeds(CALL(0, (uint32_t)FFA_ID_RXTX_MAP_64, ns, ns + PAGE, 1));
	for (int i = 0; i < 3; i++)
		page[i * PAGE] = (char)('a' + i);
	for (int round = 0; round < 20; round++) {
		handle = lend(tx, ns + 0x11000, 1);
		ck_assert_int_eq(page[0], 'a');
		ck_assert(!readable(page + PAGE));
		ck_assert_int_eq(page[2 * PAGE], 'c');
		ck_assert_ptr_null(conduit_map(conduit, ns + 0x11000, PAGE,
					       false) == page + PAGE ?
				   NULL : "not where it was");
		succeeds(CALL(0, (uint32_t)FFA_ID_MEM_RECLAIM, (uint32_t)handle,
			      handle >> 32));
		ck_assert(readable(page + PAGE));
		ck_assert_int_eq(page[PAGE], 'b' + round);
		page[PAGE]++;
	}
	stop();
}
END_TEST

START_TEST(no_memory)
{
	start(_i);
	ck_assert_ptr_null(conduit_map(conduit, 0x04000000, 1, true));
	ck_assert_ptr_null(conduit_map(conduit, 0x04000000, 1, false));
	ck_assert_ptr_null(conduit_map(conduit, (uint32_t)NS_RAM, 1, true));
	ck_assert_ptr_null(conduit_map(conduit, UINT64_MAX, 1, false));
	ck_assert_ptr_null(conduit_map(conduit, UINT64_MAX - 2 * PAGE, PAGE,
				       false));
	ck_assert_ptr_null(conduit_map(conduit, 0, SIZE_MAX, false));
	ck_assert_ptr_null(conduit_map(conduit, 0xfffff000, 2 * PAGE, false));
	ck_assert_ptr_nonnull(conduit_map(conduit, 0xfffff000, PAGE, false));
	stop();
}
END_TEST

static void cannot_open(const char *spec, const char *says)
{
	char *error = NULL;

	ck_assert_ptr_null(conduit_open(spec, NULL, &error));
	ck_assert_msg(error && strstr(error, says), "%s", error);
	free(error);
}

START_TEST(refused)
{
	const char *name = names[_i];
	char spec[400], *error = NULL;

	start(_i);
	snprintf(spec, sizeof(spec), "%s:", name);
	cannot_open(spec, "no path of a socket");
	snprintf(spec, sizeof(spec), "%s:%0200d", name, 0);
	cannot_open(spec, "no path of a socket");
	snprintf(spec, sizeof(spec), "%s:%s/none", name, server.dir);
	cannot_open(spec, "none: No such file");
	ck_assert_ptr_null(open_as(name, ",sp9", NULL, &error));
	ck_assert_msg(strstr(error, "no part 'sp9'"), "%s", error);
	free(error);
	ck_assert_ptr_null(open_as(name, ",echo", NULL, &error));
	ck_assert_msg(strstr(error, "played by the server"), "%s", error);
	free(error);
	stop();
}
END_TEST

/* Calls that cannot come back say so, and nothing else does. */
START_TEST(lost)
{
	struct ffa_value v = {
		{ (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8003 },
	};
	const char *why;

	start(_i);
	why = conduit_call(conduit, 1, &v, &v);
	ck_assert_msg(why && strstr(why, _i ? "does not come back" :
				    "hangs@1 computes for ever"), "%s", why);
	ck_assert_uint_eq(v.x[0], 0);
	v.x[0] = (uint32_t)FFA_ID_ID_GET;
	ck_assert_ptr_nonnull(conduit_call(conduit, 1, &v, &v));
	succeeds(CALL(0, (uint32_t)FFA_ID_ID_GET));
	stop();
}
END_TEST

START_TEST(killed)
{
	struct ffa_value v = { { (uint32_t)FFA_ID_ID_GET } };
	const char *why;

	start(_i);
	succeeds(CALL(0, (uint32_t)FFA_ID_ID_GET));
	ck_assert_int_eq(server_stop(&server, SIGKILL), -1);
	why = conduit_call(conduit, 0, &v, &v);
	ck_assert_msg(why && !strcmp(why, "the server is gone"), "%s", why);
	ck_assert_ptr_nonnull(conduit_call(conduit, 0, &v, &v));
	ck_assert_ptr_null(conduit_map(conduit, (uint32_t)NS_RAM, 1, false));
	conduit_close(conduit);
}
END_TEST

/* -- who writes what he likes into a ring ---------------------------------- */

enum { SCRIBBLES = 300000, GOOD_CALLS = 20000 };

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005 + 1442695040888963407;
	return *seed >> 32 ^ *seed;
}

static void *scribble(void *data)
{
	const size_t words = wire_ring_size(CPUS) / 4;
	struct remote *r = data;
	uint64_t seed = 1;
	uint32_t *at;
	int fd = remote_ring(r);

	if (fd < 0)
		return "no ring";
	at = mmap(NULL, words * 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return "no memory";
	if (!ftruncate(fd, 0))
		return "the ring could be cut";
	close(fd);
	for (int i = 0; i < SCRIBBLES; i++) {
		uint64_t n = next_random(&seed);
		size_t where = n % words;

		/* the words that mean something more often than others */
		if (n & 0x10000)
			where = n % CPUS * 128 + n / CPUS % 2 * 48;
		__atomic_store_n(at + where, (uint32_t)next_random(&seed),
				 __ATOMIC_SEQ_CST);
	}
	munmap(at, words * 4);
	return NULL;
}

START_TEST(hostile_ring)
{
	struct remote *hostile;
	pthread_t thread;
	char *error = NULL;
	void *why;

	start(1);
	hostile = remote_open(server.path, &error);
	ck_assert_msg(hostile, "%s", error);
	ck_assert(!pthread_create(&thread, NULL, scribble, hostile));
	for (unsigned int n = 0; n < GOOD_CALLS; n++) {
		struct ffa_value v = CALL(
			0, (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8001, 0,
			n);

		ck_assert_uint_eq(v.x[3], n);
	}
	pthread_join(thread, &why);
	ck_assert_msg(!why, "%s", (char *)why);
	remote_close(hostile);
	succeeds(CALL(0, (uint32_t)FFA_ID_ID_GET));
	stop();
}
END_TEST

/* Rings come and go while others call. */
START_TEST(rings)
{
	char *error = NULL;

	start(1);
	for (int i = 0; i < 100; i++) {
		struct ffa_value v = { { (uint32_t)FFA_ID_ID_GET } };
		struct conduit *c = open_as("ring", "", NULL, &error);

		ck_assert_msg(c, "%s", error);
		ck_assert_ptr_null(conduit_call(c, 1, &v, &v));
		succeeds(v);
		succeeds(CALL(0, (uint32_t)FFA_ID_ID_GET));
		conduit_close(c);
	}
	stop();
}
END_TEST

Suite *check_serve(void)
{
	Suite *s = suite_create("serve");
	TCase *t1 = tcase_create("conduits"), *t2 = tcase_create("rings");

	tcase_set_timeout(t1, 60);
	tcase_add_loop_test(t1, calls, 0, 2);
	tcase_add_loop_test(t1, driver, 0, 2);
	tcase_add_loop_test(t1, memory, 0, 2);
	tcase_add_loop_test(t1, no_memory, 0, 2);
	tcase_add_loop_test(t1, refused, 0, 2);
	tcase_add_loop_test(t1, lost, 0, 2);
	tcase_add_loop_test(t1, killed, 0, 2);
	suite_add_tcase(s, t1);
	tcase_set_timeout(t2, 120);
	tcase_add_test(t2, hostile_ring);
	tcase_add_test(t2, rings);
	suite_add_tcase(s, t2);
	return s;
}
