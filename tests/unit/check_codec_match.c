/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting fields, and comparing them with what was expected. */
#include <string.h>

#include "codec_names.h"
#include "ffa/ffa_desc.h"
#include "sim/codec.h"
#include "unit.h"

/* -- setting -------------------------------------------------------------------- */

static void refused(struct codec_form form, const char *name,
		    struct codec_value v, const char *message)
{
	g_autoptr(GError) error = NULL;
	struct ffa_value regs, before;

	codec_begin(&regs, &form, 0);
	before = regs;
	ck_assert(!codec_set(&regs, &form, name, &v, &error));
	ck_assert_str_eq(error->message, message);
	ck_assert_mem_eq(&regs, &before, sizeof(regs));
}

START_TEST(setting)
{
	struct codec_form map = { .fn = FFA_FN_RXTX_MAP_32 };
	struct codec_form info = { .fn = FFA_FN_PARTITION_INFO_GET };
	struct codec_value v = { .num = (uint64_t)-6, .negative = true };
	struct codec_form err = { .fn = FFA_FN_ERROR };
	struct ffa_value regs;

	refused(map, "pages", (struct codec_value){ .num = 64 },
		"pages: 0x40 does not fit its 6 bits");
	refused(map, "tx", (struct codec_value){ .num = 1ull << 32 },
		"tx: 0x100000000 does not fit its 32 bits");
	refused(map, "w4", (struct codec_value){ .num = 1ull << 32 },
		"w4: 0x100000000 does not fit its 32 bits");
	refused(map, "tx", (struct codec_value){ .is_uuid = true },
		"tx: expected a number, not a UUID");
	refused(map, "size", (struct codec_value){ .num = 1 },
		"FFA_RXTX_MAP_32 has no field size; it has tx, rx, pages, "
		"w1-w7, x1-x7");
	refused(map, "pages",
		(struct codec_value){ .num = (uint64_t)-33, .negative = true },
		"pages: -33 does not fit its 6 bits");
	refused(info, "uuid", (struct codec_value){ .num = 1 },
		"uuid: expected a UUID or nil");

	codec_begin(&regs, &err, 0);
	ck_assert(codec_set(&regs, &err, "code", &v, NULL));
	ck_assert_uint_eq(regs.x[2], 0xfffffffa);
	v = (struct codec_value){ .num = 1ull << 40 };
	ck_assert(codec_set(&regs, &err, "x3", &v, NULL));
	ck_assert_uint_eq(regs.x[3], 1ull << 40);
	v.num = 3;
	ck_assert(codec_set(&regs, &err, "w3", &v, NULL));
	ck_assert_uint_eq(regs.x[3], 3);
}
END_TEST

/* -- comparing ------------------------------------------------------------------- */

/* "field: expected, actual; …" of the differences, "" if there is none. */
static char *compared(struct codec_form form, int self,
		      const struct codec_match *exp, unsigned int n, bool rest,
		      struct ffa_value regs)
{
	struct codec_ctx ctx = codec_context(CODEC_ABBREV, self);
	GPtrArray *diffs = codec_match(&ctx, &form, exp, n, rest, &regs);
	GString *s = g_string_new(NULL);

	for (guint i = 0; diffs && i < diffs->len; i++) {
		const struct codec_diff *d = diffs->pdata[i];

		g_string_append_printf(s, "%s%s: %s, %s", i ? "; " : "",
				       d->field ? d->field : "-", d->expected,
				       d->actual);
	}
	if (diffs)
		g_ptr_array_unref(diffs);
	return g_string_free(s, FALSE);
}

#define COMPARED(text, ...)						\
	do {								\
		g_autofree char *s_ = compared(__VA_ARGS__);		\
		ck_assert_str_eq(s_, text);				\
	} while (0)
#define REGS(...)	((struct ffa_value){ { __VA_ARGS__ } })
#define NUM(n)		{ .num = (n) }

START_TEST(defaults)
{
	struct codec_form req = { .fn = FFA_FN_MSG_SEND_DIRECT_REQ_32,
				  .result = true, .answers = FFA_FN_MSG_WAIT };
	struct codec_form ok = { .fn = FFA_FN_SUCCESS, .result = true,
				 .answers = FFA_FN_RX_RELEASE };
	struct codec_match from = { .name = "from", .value = NUM(0) };
	struct codec_match raw = { .name = "w1", .value = NUM(0x8002) };

	COMPARED("", req, 0x8001, &from, 1, false, REGS(0x8400006f, 0x8001));
	COMPARED("to: sp1, sp2", req, 0x8001, &from, 1, false,
		 REGS(0x8400006f, 0x8002));
	COMPARED("w4: 0, 0x5", req, 0x8001, &from, 1, false,
		 REGS(0x8400006f, 0x8001, 0, 0, 5));
	COMPARED("", req, 0x8001, &from, 1, true,
		 REGS(0x8400006f, 0x8002, 0, 0, 5));
	COMPARED("", req, 0x8001, &raw, 1, false, REGS(0x8400006f, 0x8002));
	COMPARED("w1: 0x8002, 0x8001", req, 0x8001, &raw, 1, false,
		 REGS(0x8400006f, 0x8001));
	COMPARED("w2: 0 in the bits that no field has, 0x100", req, 0x8001,
		 &from, 1, false, REGS(0x8400006f, 0x8001, 0x100));

	COMPARED("", ok, 0, NULL, 0, false, REGS(0x84000061));
	COMPARED("", ok, 0, NULL, 0, false, REGS(0x84000061, [8] = 1));
	COMPARED("w7: 0 (reserved), 0x1", ok, 0, NULL, 0, false,
		 REGS(0x84000061, [7] = 1));
	COMPARED("", ok, 0, NULL, 0, true, REGS(0x84000061, [7] = 1));
	COMPARED("x2: 0 in bits [63:32] of a 32-bit result, 0x100000000", ok,
		 0, NULL, 0, false, REGS(0x84000061, 0, 1ull << 32));
	COMPARED("-: FFA_SUCCESS, FFA_ERROR(BUSY)", ok, 0, NULL, 0, false,
		 REGS(0x84000060, 0, 0xfffffffc));
	COMPARED("-: FFA_SUCCESS, NOT_SUPPORTED", ok, 0, NULL, 0, true,
		 REGS(0xffffffff));
	ok.answers = FFA_FN_PARTITION_INFO_GET_REGS;
	ok.fn = FFA_FN_SUCCESS_64;
	COMPARED("x17: 0, 0x5; x1: 0 (reserved), 0x1", ok, 0, NULL, 0, false,
		 REGS(0xc4000061, 1, [17] = 5));
}
END_TEST

START_TEST(matchers)
{
	struct codec_form err = { .fn = FFA_FN_ERROR, .result = true,
				  .answers = FFA_FN_RUN };
	static const struct codec_value two[] = {
		NUM(0xfffffffa), { .num = (uint64_t)-4, .negative = true },
	};
	struct codec_value got = NUM(1);
	struct codec_match m = { .name = "code" };
	struct ffa_value denied = REGS(0x84000060, 0, 0xfffffffa);

	m.value = two[0];
	COMPARED("", err, 0, &m, 1, false, denied);
	m.value = two[1];
	COMPARED("code: BUSY, DENIED", err, 0, &m, 1, false, denied);
	m.kind = CODEC_ANY;
	COMPARED("", err, 0, &m, 1, false, denied);
	m = (struct codec_match){ .name = "code", .kind = CODEC_ONE_OF,
				  .set = two, .count = 2 };
	COMPARED("", err, 0, &m, 1, false, denied);
	m.set++;
	m.count--;
	COMPARED("code: BUSY, DENIED", err, 0, &m, 1, false, denied);
	m = (struct codec_match){ .name = "code", .kind = CODEC_RANGE,
				  .value = NUM(0xfffffff8),
				  .other = 0xfffffffa };
	COMPARED("", err, 0, &m, 1, false, denied);
	m.other--;
	COMPARED("code: ABORTED..RETRY, DENIED", err, 0, &m, 1, false, denied);
	m = (struct codec_match){ .name = "code", .kind = CODEC_MASK,
				  .value = NUM(0xa), .other = 0xf };
	COMPARED("", err, 0, &m, 1, false, denied);
	m.value.num = 0xb;
	COMPARED("code: 0xb/0xf, DENIED", err, 0, &m, 1, false, denied);

	m = (struct codec_match){ .name = "code", .kind = CODEC_BIND,
				  .bind = &got };
	denied.x[7] = 1;
	COMPARED("w7: 0 (reserved), 0x1", err, 0, &m, 1, false, denied);
	ck_assert_uint_eq(got.num, 1);	/* not bound by what does not match */
	denied.x[7] = 0;
	COMPARED("", err, 0, &m, 1, false, denied);
	ck_assert_uint_eq(got.num, 0xfffffffa);
}
END_TEST

/* What a driver passes: SMCCC lets it leave dirt above a w register. */
START_TEST(dirty_calls)
{
	struct codec_form rel = { .fn = FFA_FN_RX_RELEASE,
				  .answers = FFA_FN_UNKNOWN };

	COMPARED("", rel, 0, NULL, 0, false,
		 REGS(0xbad84000065, 1ull << 40, 1ull << 32));
	COMPARED("", rel, 0, NULL, 0, false, REGS(0x84010065));
	COMPARED("vm: ns, 0x1", rel, 0, NULL, 0, false, REGS(0x84000065, 1));
	COMPARED("-: FFA_RX_RELEASE, FFA_ID_GET()", rel, 0, NULL, 0, false,
		 REGS(0x84000069));
}
END_TEST

START_TEST(bare_matches)
{
	struct codec_ctx ctx = codec_context(CODEC_ABBREV, 0);
	struct codec_match m = { .value = NUM(0x10002) };
	struct ffa_value regs = REGS(0x10002);
	const struct codec_diff *d;
	GPtrArray *diffs;

	ck_assert_ptr_null(codec_match_bare(&ctx, FFA_FN_VERSION, &m, &regs));
	regs.x[0] = 0x10001;
	diffs = codec_match_bare(&ctx, FFA_FN_VERSION, &m, &regs);
	ck_assert_ptr_nonnull(diffs);
	d = diffs->pdata[0];
	ck_assert_str_eq(d->expected, "1.2");
	ck_assert_str_eq(d->actual, "1.1");
	g_ptr_array_unref(diffs);

	ck_assert(codec_named(&ctx, codec_bare_field(FFA_FN_VERSION),
			      "NOT_SUPPORTED", &m.value.num));
	regs.x[0] = UINT64_MAX;
	ck_assert_ptr_null(codec_match_bare(&ctx, FFA_FN_VERSION, &m, &regs));
	regs.x[0] = 0x84000061;
	diffs = codec_match_bare(&ctx, FFA_FN_ID_GET, &m, &regs);
	ck_assert_ptr_nonnull(diffs);
	d = diffs->pdata[0];
	ck_assert_str_eq(d->expected, "NOT_SUPPORTED");
	ck_assert_str_eq(d->actual, "FFA_SUCCESS(id=ns)");
	g_ptr_array_unref(diffs);
}
END_TEST

/* -- partition information ---------------------------------------------------------- */

START_TEST(partinfo)
{
	struct codec_ctx ctx = codec_context(CODEC_VERBOSE, 0x8001);
	static const struct ffa_partition_info_v1_0 old[] = {
		{ 0x8001, 2, 0x103 }, { 0, 1, 0 },
	};
	struct ffa_partition_info_v1_3 new = {
		.id = 0x8002, .ec_count = 1, .props = 0x610,
		.uuid.b = { 0xb4, 0xb5, 0x67, 0x1e, 1 }, .version = 0x10003,
	}, back;
	g_autoptr(GString) s = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	struct codec_value v = NUM(1);
	struct codec_match exp[] = {
		{ .name = "id", .value = NUM(0x8002) },
		{ .name = "ec", .value = NUM(1) },
		{ .name = "props", .kind = CODEC_ANY },
	};
	const struct codec_diff *d;
	struct ffa_value regs;
	GPtrArray *diffs;

	codec_partinfo_print(s, &ctx, old, 8, 2);
	ck_assert_str_eq(s->str, "{id=sp1 ec=2 props=recv|send|aarch64} "
			 "{id=ns ec=1 props=0}");
	g_string_truncate(s, 0);
	codec_partinfo_print(s, &ctx, &new, 48, 1);
	ck_assert_str_eq(s->str, "{id=sp2 ec=1 props=recv2|send2|0x10 "
			 "uuid=b4b5671e-0100-0000-0000-000000000000 "
			 "version=1.3}");

	codec_partinfo_load(&regs, &new, 24);
	diffs = codec_partinfo_match(&ctx, 24, exp, 3, false, &regs);
	ck_assert_ptr_nonnull(diffs);
	ck_assert_uint_eq(diffs->len, 1);
	d = diffs->pdata[0];
	ck_assert_str_eq(d->field, "uuid");
	ck_assert_str_eq(d->expected, "nil");
	g_ptr_array_unref(diffs);
	ck_assert_ptr_null(codec_partinfo_match(&ctx, 24, exp, 3, true,
						&regs));

	codec_partinfo_load(&regs, &new, 48);
	codec_partinfo_store(&regs, &back, 48);
	ck_assert_mem_eq(&back, &new, 48);
	ck_assert(codec_partinfo_set(&regs, 48, "reserved", &v, NULL));
	codec_partinfo_store(&regs, &back, 48);
	ck_assert_uint_eq(back.reserved, 1);
	ck_assert(!codec_partinfo_set(&regs, 8, "uuid", &v, &error));
	ck_assert_str_eq(error->message, "a descriptor of 8 bytes has no uuid; "
			 "it has id ec props");
}
END_TEST

Suite *check_codec_match(void)
{
	Suite *s = suite_create("codec_match");
	TCase *t = tcase_create("values");

	tcase_add_test(t, setting);
	tcase_add_test(t, defaults);
	tcase_add_test(t, matchers);
	tcase_add_test(t, dirty_calls);
	tcase_add_test(t, bare_matches);
	tcase_add_test(t, partinfo);
	suite_add_tcase(s, t);
	return s;
}
