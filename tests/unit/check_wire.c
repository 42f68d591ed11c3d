/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames, byte by byte as docs/wire.md has them. */
#include <stdio.h>
#include <string.h>

#include "conduit/wire.h"
#include "unit.h"

static uint8_t frame[WIRE_MAX];

/* Frames are compared as hex digits, which a failure then shows. */
static const char *hex(size_t from, size_t n)
{
	static char text[2 * WIRE_MAX + 1];

	for (size_t i = 0; i < n; i++)
		sprintf(text + 2 * i, "%02x", frame[from + i]);
	return text;
}

static void setup(void)
{
	memset(frame, 0xee, sizeof(frame));
}

START_TEST(header)
{
	const struct wire_header h = { 0x01020304, 5, 6, 0x0708, 0x090a0b0c,
				       0x0d0e0f10 };
	struct wire_header back;

	wire_put_header(frame, &h);
	ck_assert_str_eq(hex(0, 17), "040302010506" "0807" "0c0b0a09"
			 "100f0e0d" "ee");
	wire_get_header(frame, &back);
	ck_assert_uint_eq(back.length, h.length);
	ck_assert_uint_eq(back.type, h.type);
	ck_assert_uint_eq(back.status, h.status);
	ck_assert_uint_eq(back.cpu, h.cpu);
	ck_assert_uint_eq(back.tag, h.tag);
	ck_assert_uint_eq(back.maps, h.maps);
}
END_TEST

START_TEST(regs)
{
	struct ffa_value v, back;

	for (unsigned int i = 0; i < FFA_REGS; i++)
		v.x[i] = 0x0102030405060700 + i;
	wire_put_regs(frame, &v);
	ck_assert_str_eq(hex(16, 9), "0007060504030201" "01");
	ck_assert_str_eq(hex(152, 9), "1107060504030201" "ee");
	wire_get_regs(frame, &back);
	ck_assert_mem_eq(&v, &back, sizeof(v));
}
END_TEST

START_TEST(hello)
{
	struct wire_hello v = { .version = 1, .name = "sp1" }, back;

	wire_put_hello(frame, &v);
	ck_assert_str_eq(hex(16, 24), "66666173696d0d0a" "0100"
			 "000000000000" "7370310000000000");
	ck_assert_uint_eq(frame[79], 0);
	ck_assert_uint_eq(frame[80], 0xee);
	ck_assert(wire_get_hello(frame, &back));
	ck_assert_uint_eq(back.version, 1);
	ck_assert_str_eq(back.name, "sp1");

	/* a name as long as there is room has no NUL */
	memset(v.name, 'n', WIRE_NAME);
	v.name[WIRE_NAME] = '\0';
	wire_put_hello(frame, &v);
	ck_assert(wire_get_hello(frame, &back));
	ck_assert_str_eq(back.name, v.name);
}
END_TEST

/* Every byte of a HELLO but the version's and the name's is looked at. */
START_TEST(hello_wrong)
{
	const struct wire_hello v = { .version = 1, .name = "sp1" };
	struct wire_hello back;

	for (unsigned int i = 16; i < WIRE_HELLO_FRAME; i++) {
		bool free = (i >= 24 && i < 26) || (i >= 32 && i < 36);

		wire_put_hello(frame, &v);
		frame[i] ^= 0x40;
		ck_assert_msg(wire_get_hello(frame, &back) == free,
			      "byte %u", i);
	}
	wire_put_hello(frame, &(struct wire_hello){ .name = "sp1" });
	ck_assert(!wire_get_hello(frame, &back));
}
END_TEST

START_TEST(welcome)
{
	const struct wire_welcome v = { 1, 0x8001, 8, 2, 0x10002 };
	struct wire_welcome back;

	wire_put_welcome(frame, &v);
	ck_assert_str_eq(hex(16, 17), "0100" "0180" "0800" "0200" "02000100"
			 "00000000" "ee");
	wire_get_welcome(frame, &back);
	ck_assert_uint_eq(back.version, v.version);
	ck_assert_uint_eq(back.id, v.id);
	ck_assert_uint_eq(back.cpus, v.cpus);
	ck_assert_uint_eq(back.contexts, v.contexts);
	ck_assert_uint_eq(back.ffa, v.ffa);
}
END_TEST

START_TEST(map)
{
	const struct wire_map v = { 0x80001000, 0x2000, true };
	struct wire_map back;

	wire_put_map(frame, &v);
	ck_assert_str_eq(hex(16, 25), "0010008000000000" "0020000000000000"
			 "01000000" "00000000" "ee");
	ck_assert(wire_get_map(frame, &back));
	ck_assert_uint_eq(back.pa, v.pa);
	ck_assert_uint_eq(back.len, v.len);
	ck_assert(back.secure);
	frame[32] = 2;
	ck_assert(!wire_get_map(frame, &back));
	frame[32] = 0;
	ck_assert(wire_get_map(frame, &back));
	ck_assert(!back.secure);
	frame[36] = 1;
	ck_assert(!wire_get_map(frame, &back));
}
END_TEST

START_TEST(runs)
{
	struct wire_run v[WIRE_RUNS], back[WIRE_RUNS];
	size_t n;

	for (unsigned int i = 0; i < WIRE_RUNS; i++)
		v[i] = (struct wire_run){ 0x80000000 + i, 0x1000 + i, i, 3 };
	ck_assert_uint_eq(wire_put_runs(frame, v, 1), 16 + 8 + 32);
	ck_assert_str_eq(hex(16, 41), "01000000" "00000000"
			 "0000008000000000" "0010000000000000"
			 "0000000000000000" "03000000" "00000000" "ee");
	for (unsigned int i = 0; i <= WIRE_RUNS; i++) {
		size_t len = wire_put_runs(frame, v, i);

		ck_assert_uint_le(len, WIRE_MAX);
		ck_assert(wire_get_runs(frame, len, back, &n));
		ck_assert_uint_eq(n, i);
		for (size_t k = 0; k < n; k++) {
			ck_assert_uint_eq(back[k].pa, v[k].pa);
			ck_assert_uint_eq(back[k].len, v[k].len);
			ck_assert_uint_eq(back[k].offset, v[k].offset);
			ck_assert_uint_eq(back[k].rights, v[k].rights);
		}
		ck_assert(!wire_get_runs(frame, len - 1, back, &n));
		ck_assert(!wire_get_runs(frame, len + 1, back, &n));
	}
	/* more than there is room for, with a length that says so too */
	frame[16] = WIRE_RUNS + 1;
	ck_assert(!wire_get_runs(frame, 16 + 8 + (WIRE_RUNS + 1) * 32, back,
				 &n));
	ck_assert(!wire_get_runs(frame, 16, back, &n));
}
END_TEST

/* Of all types and lengths, these are requests. */
START_TEST(requests)
{
	unsigned int good = 0;

	for (unsigned int type = 0; type < 256; type++)
		for (uint32_t length = 0; length < 300; length++) {
			const struct wire_header h = { .length = length,
						       .type = (uint8_t)type };

			good += !wire_bad(&h);
		}
	ck_assert_uint_eq(good, 6);
#define REQUEST(bytes, what, ...)					\
	(!wire_bad(&(struct wire_header){ .length = (bytes),		\
					  .type = (what), __VA_ARGS__ }))
	ck_assert(REQUEST(80, WIRE_HELLO));
	ck_assert(REQUEST(160, WIRE_CALL, .cpu = 0xffff, .tag = 0xffffffff));
	ck_assert(REQUEST(16, WIRE_ENTER, .cpu = 1));
	ck_assert(REQUEST(40, WIRE_MAP));
	ck_assert(REQUEST(16, WIRE_RING));
	ck_assert(REQUEST(16, WIRE_BYE));
	ck_assert(!REQUEST(16, WIRE_BYE, .cpu = 1));
	ck_assert(!REQUEST(160, WIRE_CALL, .status = 1));
	ck_assert(!REQUEST(160, WIRE_CALL, .maps = 1));
	ck_assert(!REQUEST(160, WIRE_CALL | WIRE_ANSWER));
	ck_assert(!REQUEST(0xffffffff, WIRE_CALL));
#undef REQUEST
}
END_TEST

Suite *check_wire(void)
{
	Suite *s = suite_create("wire");
	TCase *t1 = tcase_create("frames");

	tcase_add_checked_fixture(t1, setup, NULL);
	tcase_add_test(t1, header);
	tcase_add_test(t1, regs);
	tcase_add_test(t1, hello);
	tcase_add_test(t1, hello_wrong);
	tcase_add_test(t1, welcome);
	tcase_add_test(t1, map);
	tcase_add_test(t1, runs);
	tcase_add_test(t1, requests);
	suite_add_tcase(s, t1);
	return s;
}
