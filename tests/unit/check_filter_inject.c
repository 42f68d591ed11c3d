/* SPDX-License-Identifier: BSD-3-Clause */
/* The filters inject, delay and stats. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conduit.h"
#include "conduit/inject.h"
#include "unit.h"

enum { TX = 0x1000, RX = 0x2000 };

/* A back end that answers w2 = how many calls it had. */
struct fake {
	unsigned int calls;
	struct ffa_value in;	/* of the last one */
	uint64_t time;
	uint8_t memory[2][FFA_PAGE_SIZE];
};

static const char *fake_call(void *handle, unsigned int cpu,
			     const struct ffa_value *in, struct ffa_value *out)
{
	struct fake *f = handle;

	(void)cpu;
	f->calls++;
	f->in = *in;
	out->x[0] = (uint32_t)FFA_ID_SUCCESS;
	out->x[2] = f->calls;
	return NULL;
}

static void *fake_map(void *handle, uint64_t pa, size_t len, bool secure)
{
	struct fake *f = handle;

	if (secure || (pa != TX && pa != RX) || len != FFA_PAGE_SIZE)
		return NULL;
	return f->memory[pa == RX];
}

static uint64_t fake_time(void *handle, uint64_t ns)
{
	struct fake *f = handle;

	return f->time += ns;
}

static unsigned int fake_cpus(void *handle)
{
	(void)handle;
	return 4;
}

static const struct conduit_ops fake_ops = {
	.size = sizeof(fake_ops),
	.api_version = CONDUIT_API,
	.name = "fake",
	.cpus = fake_cpus,
	.call = fake_call,
	.map = fake_map,
	.time = fake_time,
};

static struct conduit *with(struct fake *f, const char *filters)
{
	struct conduit_options o = { .size = sizeof(o), .filters = filters };
	char *error = NULL;
	struct conduit *c = conduit_attach(&fake_ops, f, &o, &error);

	ck_assert_msg(c, "%s", error);
	return c;
}

static struct ffa_value call(struct conduit *c, uint32_t id, uint64_t x1,
			     uint64_t x2, uint64_t x3)
{
	struct ffa_value v = { .x = { id, x1, x2, x3 } };

	ck_assert_ptr_null(conduit_call(c, 0, &v, &v));
	return v;
}

static void refused(const char *filters, const char *sentence)
{
	struct conduit_options o = { .size = sizeof(o), .filters = filters };
	char *error = NULL;

	ck_assert_ptr_null(conduit_open("null", &o, &error));
	ck_assert_str_eq(error, sentence);
	free(error);
}

START_TEST(arguments_that_are_wrong)
{
	refused("inject", "filter inject: column 1 of '': expected a function, "
		"like FFA_MEM_SHARE_32, or all");
	refused("inject=FFA_ID_GTE:error=BUSY", "filter inject: column 1 of "
		"'FFA_ID_GTE:error=BUSY': expected a function, like "
		"FFA_MEM_SHARE_32, or all");
	refused("inject=FFA_ID_GET,FOO:drop", "filter inject: column 12 of "
		"'FFA_ID_GET,FOO:drop': expected a function, like "
		"FFA_MEM_SHARE_32, or all");
	refused("inject=all", "filter inject: column 4 of 'all': nothing "
		"happens without error= delay= in= out= tx= rx= drop or "
		"interrupt");
	refused("inject=all:when=2", "filter inject: column 11 of "
		"'all:when=2': nothing happens without error= delay= in= "
		"out= tx= rx= drop or interrupt");
	refused("inject=all:error=BUSSY", "filter inject: column 11 of "
		"'all:error=BUSSY': expected one of NOT_SUPPORTED "
		"INVALID_PARAMETERS NO_MEMORY BUSY INTERRUPTED DENIED RETRY "
		"ABORTED NO_DATA NOT_READY");
	refused("inject=all:err=BUSY", "filter inject: column 5 of "
		"'all:err=BUSY': expected one of error= delay= in= out= tx= "
		"rx= drop interrupt when=");
	refused("inject=all:drop:when=0", "filter inject: column 15 of "
		"'all:drop:when=0': expected a number, 0x1 to 0xffffffff");
	refused("inject=all:drop:when=5..4", "filter inject: column 18 of "
		"'all:drop:when=5..4': expected a number, 0x5 to 0xffffffff");
	refused("inject=all:drop:when=2+0", "filter inject: column 17 of "
		"'all:drop:when=2+0': expected a number, 0x1 to 0xffffffff");
	refused("inject=all:delay=5", "filter inject: column 11 of "
		"'all:delay=5': expected a time, like 5ms (ns, us, ms, s)");
	refused("inject=all:in={x18=1}", "filter inject: column 10 of "
		"'all:in={x18=1}': expected a number, 0x0 to 0x11");
	refused("inject=all:out={w1=1}", "filter inject: column 10 of "
		"'all:out={w1=1}': expected x0 to x17");
	refused("inject=all:out={x1=1", "filter inject: column 14 of "
		"'all:out={x1=1': expected , or }");
	refused("inject=all:tx=1", "filter inject: column 8 of 'all:tx=1': "
		"expected offsets and bytes, like {0x1c=0xff,0x1d=0}");
	refused("inject=all:rx={0=256}", "filter inject: column 11 of "
		"'all:rx={0=256}': expected a number, 0x0 to 0xff");
	refused("inject=all:drop;", "filter inject: column 9 of "
		"'all:drop;': expected : and a key, or the end");
	refused("delay", "filter delay: column 1 of '': expected a time, like "
		"5ms (ns, us, ms, s)");
	refused("delay=1s:FOO", "filter delay: column 4 of '1s:FOO': expected "
		"a function, like FFA_MEM_SHARE_32, or all");
	refused("delay=1s:all:all", "filter delay: column 7 of '1s:all:all': "
		"expected , or the end");
	refused("delay=99999999999999s", "filter delay: column 1 of "
		"'99999999999999s': expected a time, like 5ms (ns, us, ms, "
		"s)");
	refused("stats=/no/such/file", "filter stats: cannot write "
		"/no/such/file: No such file or directory");
}
END_TEST

/* Every prefix and every one-byte change of what is right is read safely. */
START_TEST(arguments_of_any_bytes)
{
	static const char right[] = "FFA_ID_GET,all:error=BUSY:delay=1ms:"
		"in={x3=1}:out={x17=0xff}:tx={0=1,2=3}:rx={9=9}:drop:"
		"interrupt:when=1..9+2";
	struct inject i;

	for (size_t n = 0; n < sizeof(right); n++) {
		for (int byte = 1; byte < 256; byte++) {
			g_autofree char *text = g_strdup(right);
			char *error = NULL;

			if (n < strlen(text))
				text[n] = (char)byte;
			if (byte == 1)
				text[n] = '\0';
			ck_assert(inject_parse(text, &i, &error) == !error);
			g_free(error);
		}
	}
}
END_TEST

static void hits(const char *when, const char *pattern)
{
	g_autofree char *filters = g_strdup_printf(
		"inject=FFA_ID_GET:error=BUSY%s%s", *when ? ":when=" : "",
		when);
	struct fake f = { 0 };
	struct conduit *c = with(&f, filters);

	for (const char *p = pattern; *p; p++) {
		struct ffa_value v = call(c, (uint32_t)FFA_ID_ID_GET, 0, 0, 0);

		ck_assert_uint_eq(v.x[0], *p == 'x' ?
				  (uint32_t)FFA_ID_ERROR :
				  (uint32_t)FFA_ID_SUCCESS);
		if (*p == 'x')
			ck_assert_uint_eq(v.x[2], (uint32_t)FFA_BUSY);
		/* another function does not count */
		v = call(c, (uint32_t)FFA_ID_SPM_ID_GET, 0, 0, 0);
		ck_assert_uint_eq(v.x[0], (uint32_t)FFA_ID_SUCCESS);
	}
	conduit_close(c);
}

START_TEST(which_calls)
{
	hits("", "xxxxx");
	hits("2", ".x...");
	hits("2..4", ".xxx..");
	hits("2+2", ".x.x.x.x");
	hits("2..5+2", ".x.x....");
	hits("1..1", "x...");
}
END_TEST

START_TEST(registers_and_bytes)
{
	struct fake f = { 0 };
	struct conduit *c = with(&f, "inject=FFA_ID_GET:in={x3=7,x17=8}:"
				     "out={x2=9}:tx={0x10=0xaa,0xfff=0xbb,"
				     "0x1000=1}:rx={1=0xcc}");
	struct ffa_value v;

	v = call(c, (uint32_t)FFA_ID_ID_GET, 1, 0, 0);
	ck_assert_uint_eq(f.in.x[1], 1);
	ck_assert_uint_eq(f.in.x[3], 7);
	ck_assert_uint_eq(f.in.x[17], 8);
	ck_assert_uint_eq(v.x[2], 9);

	call(c, (uint32_t)FFA_ID_RXTX_MAP_64, TX, RX, 1);
	ck_assert_uint_eq(f.memory[0][0x10], 0);
	call(c, (uint32_t)FFA_ID_ID_GET, 0, 0, 0);
	ck_assert_uint_eq(f.memory[0][0x10], 0xaa);
	ck_assert_uint_eq(f.memory[0][0xfff], 0xbb);
	ck_assert_uint_eq(f.memory[1][1], 0xcc);

	call(c, (uint32_t)FFA_ID_RXTX_UNMAP, 0, 0, 0);
	f.memory[0][0x10] = 0;
	call(c, (uint32_t)FFA_ID_ID_GET, 0, 0, 0);
	ck_assert_uint_eq(f.memory[0][0x10], 0);
	conduit_close(c);
}
END_TEST

START_TEST(answers_that_do_not_come)
{
	struct fake f = { 0 };
	struct conduit *c = with(&f, "inject=FFA_ID_GET:drop:when=1");
	struct ffa_value v = { .x = { (uint32_t)FFA_ID_ID_GET } };

	ck_assert_str_eq(conduit_call(c, 0, &v, &v),
			 "the filter inject dropped the answer");
	ck_assert_uint_eq(f.calls, 1);
	v.x[0] = (uint32_t)FFA_ID_ID_GET;
	ck_assert_ptr_null(conduit_call(c, 0, &v, &v));
	conduit_close(c);
}
END_TEST

/* A driver that runs its callee on gets the answer, as if nothing had been. */
START_TEST(interrupts)
{
	struct fake f = { 0 };
	struct conduit *c = with(&f, "inject=FFA_MSG_SEND_DIRECT_REQ_32:"
				     "interrupt:when=1");
	struct ffa_value v;

	v = call(c, (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, 0x8002, 0, 5);
	ck_assert_uint_eq(v.x[0], (uint32_t)FFA_ID_INTERRUPT);
	ck_assert_uint_eq(v.x[1], 0x80020000);
	ck_assert_uint_eq(v.x[2], 0);
	ck_assert_uint_eq(f.calls, 1);
	/* of another one, on another CPU: not ours */
	v = call(c, (uint32_t)FFA_ID_RUN, 0x80010000, 0, 0);
	ck_assert_uint_eq(v.x[2], 2);
	v = (struct ffa_value){ .x = { (uint32_t)FFA_ID_RUN, 0x80020000 } };
	ck_assert_ptr_null(conduit_call(c, 3, &v, &v));
	ck_assert_uint_eq(v.x[2], 3);

	v = call(c, (uint32_t)FFA_ID_RUN, 0x80020000, 0, 0);
	ck_assert_uint_eq(v.x[0], (uint32_t)FFA_ID_SUCCESS);
	ck_assert_uint_eq(v.x[2], 1);
	v = call(c, (uint32_t)FFA_ID_RUN, 0x80020000, 0, 0);
	ck_assert_uint_eq(v.x[2], 4);
	conduit_close(c);
}
END_TEST

START_TEST(delays)
{
	struct fake f = { 0 };
	struct conduit *c = with(&f, "delay=2us delay=1ns:FFA_ID_GET "
				     "inject=FFA_VERSION:delay=5ms:when=2");

	call(c, (uint32_t)FFA_ID_ID_GET, 0, 0, 0);
	ck_assert_uint_eq(f.time, 2001);
	call(c, (uint32_t)FFA_ID_VERSION, 0, 0, 0);
	ck_assert_uint_eq(f.time, 4001);
	call(c, (uint32_t)FFA_ID_VERSION, 0, 0, 0);
	ck_assert_uint_eq(f.time, 5006001);
	call(c, 0x12345678, 0, 0, 0);
	ck_assert_uint_eq(f.time, 5008001);
	conduit_close(c);

	/* no time behind: no harm */
	c = conduit_open("null", &(struct conduit_options){
		.size = sizeof(struct conduit_options), .filters = "delay=1s",
	}, NULL);
	call(c, (uint32_t)FFA_ID_ID_GET, 0, 0, 0);
	conduit_close(c);
}
END_TEST

START_TEST(a_table)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(),
						 "ffasim-stats-XXXXXX", NULL);
	int fd = g_mkstemp(path);
	g_autofree char *filters = g_strdup_printf(
		"stats=%s delay=3ns:FFA_ID_GET "
		"inject=FFA_ID_GET:error=BUSY:when=2+2 "
		"inject=FFA_SPM_ID_GET:error=DENIED:when=1 "
		"inject=FFA_SPM_ID_GET:out={x0=0x84000060,x2=5}:when=2 "
		"inject=FFA_VERSION:error=NOT_SUPPORTED "
		"inject=FFA_FEATURES:drop", path);
	struct fake f = { 0 };
	struct conduit *c = with(&f, filters);
	struct ffa_value v = { .x = { (uint32_t)FFA_ID_FEATURES } };
	char *text;

	close(fd);
	for (int i = 0; i < 5; i++)
		call(c, (uint32_t)FFA_ID_ID_GET, 0, 0, 0);
	for (int i = 0; i < 3; i++)
		call(c, (uint32_t)FFA_ID_SPM_ID_GET, 0, 0, 0);
	call(c, (uint32_t)FFA_ID_VERSION, 0, 0, 0);
	call(c, 7, 0, 0, 0);
	conduit_call(c, 0, &v, &v);
	conduit_close(c);
	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	g_unlink(path);
	ck_assert_str_eq(text,
"     calls              ns  function                            errors\n"
"         1               0  FFA_VERSION                         NOT_SUPPORTED 1\n"
"         1               0  FFA_FEATURES                        no answer 1\n"
"         5              15  FFA_ID_GET                          BUSY 2\n"
"         3               0  FFA_SPM_ID_GET                      DENIED 1, other 1\n"
"         1               0  (none of FF-A's)\n");
	g_free(text);
}
END_TEST

Suite *check_filter_inject(void)
{
	Suite *s = suite_create("filter_inject");
	TCase *t = tcase_create("inject");

	tcase_add_test(t, arguments_that_are_wrong);
	tcase_add_test(t, arguments_of_any_bytes);
	tcase_add_test(t, which_calls);
	tcase_add_test(t, registers_and_bytes);
	tcase_add_test(t, answers_that_do_not_come);
	tcase_add_test(t, interrupts);
	tcase_add_test(t, delays);
	tcase_add_test(t, a_table);
	suite_add_tcase(s, t);
	return s;
}
