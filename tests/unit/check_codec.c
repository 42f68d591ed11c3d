/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the codec prints says the same registers again, in every mode; and the
 * spelling of what users read most.
 */
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#include "codec_names.h"
#include "ffa/ffa_desc.h"
#include "sim/codec.h"
#include "sim/ffs.h"
#include "unit.h"

/* -- a small parser: one call or value ------------------------------------------- */

static struct codec_value parse_value(const struct codec_ctx *ctx,
				      const struct ffa_field *f,
				      const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "|", -1);
	struct codec_value v = { 0 };
	unsigned int major, minor;
	uint64_t num;
	char end;

	if (!uuid_parse(text, v.uuid.b)) {
		v.is_uuid = true;
		return v;
	}
	if (!strcmp(text, "nil"))
		return v;
	if (sscanf(text, "%u.%u%c", &major, &minor, &end) == 2) {
		v.num = FFA_VER(major, minor);
		return v;
	}
	ck_assert(!parts[1] || codec_is_flags(f));
	for (char **p = parts; *p; p++) {
		if (!g_ascii_isdigit(**p))
			ck_assert_msg(codec_named(ctx, f, *p, &num),
				      "no such name: %s", *p);
		else
			num = g_ascii_strtoull(*p, NULL, 0);
		v.num |= num;
	}
	return v;
}

static void parse_args(const struct codec_ctx *ctx,
		       const struct codec_form *form, char *text,
		       struct ffa_value *regs)
{
	g_auto(GStrv) args = g_strsplit(text, ", ", -1);
	bool raw = form->fn == FFA_FN_UNKNOWN;
	g_autoptr(GError) error = NULL;

	for (unsigned int i = 0; args[i] && *args[i]; i++) {
		const char *name, *eq = strchr(args[i], '=');
		const struct ffa_field *f = NULL;
		struct codec_value v;
		unsigned int n;
		bool wide;
		int reg;

		if (raw) {
			regs->x[i] = g_ascii_strtoull(args[i], NULL, 0);
			continue;
		}
		if (eq) {
			args[i][eq - args[i]] = '\0';
			name = args[i];
		} else {	/* only the first may go without a name */
			ck_assert_uint_eq(i, 0);
			f = codec_fields(form, &n);
			if (form->fn == FFA_FN_ERROR ||
			    form->fn == FFA_FN_ERROR_64)
				f++;
			name = f->name;
		}
		f = codec_field(form, name, &reg, &wide);
		ck_assert_msg(f || reg > 0, "no field %s", name);
		v = parse_value(ctx, f, eq ? eq + 1 : args[i]);
		ck_assert_msg(codec_set(regs, form, name, &v, &error), "%s",
			      error ? error->message : "");
	}
}

static void strip_comments(char *text)
{
	char *from, *to;

	while ((from = strstr(text, " /*"))) {
		to = strstr(from, "*/");
		ck_assert_ptr_nonnull(to);
		memmove(from, to + 2, strlen(to + 2) + 1);
	}
}

static void parse(const struct codec_ctx *ctx, struct codec_form form,
		  const char *text, struct ffa_value *regs)
{
	g_autofree char *copy = g_strdup(text);
	char *open, *close;

	memset(regs, 0, sizeof(*regs));
	strip_comments(copy);
	open = strchr(copy, '(');
	if (!open) {
		const struct ffa_field *f = codec_bare_field(form.answers);

		regs->x[0] = parse_value(ctx, f, copy).num;
		return;
	}
	close = strrchr(copy, ')');
	ck_assert(close && !close[1]);
	*open = *close = '\0';
	form.fn = ffa_fn_named(copy);
	if (strcmp(copy, "SMC")) {
		ck_assert_uint_ne(form.fn, FFA_FN_UNKNOWN);
		ck_assert_str_eq(ffa_fns[form.fn].name, copy);
		codec_begin(regs, &form, ctx->self);
	}
	parse_args(ctx, &form, open + 1, regs);
}

/* -- round trips ---------------------------------------------------------------- */

static void print(GString *out, const struct codec_ctx *ctx,
		  const struct codec_form *form, const struct ffa_value *regs)
{
	g_string_truncate(out, 0);
	if (form->result)
		codec_result(out, ctx, form->answers, regs);
	else
		codec_call(out, ctx, regs);
}

static void round_trip(const struct codec_ctx *ctx,
		       const struct codec_form *form,
		       const struct ffa_value *regs)
{
	g_autoptr(GString) once = g_string_new(NULL);
	g_autoptr(GString) twice = g_string_new(NULL);
	struct ffa_value back;
	unsigned int n = codec_regs(form);

	print(once, ctx, form, regs);
	if (g_str_has_prefix(once->str, "SMC("))
		n = FFA_REGS;
	else if (!strchr(once->str, '('))
		n = 8;
	parse(ctx, *form, once->str, &back);
	for (unsigned int r = 0; r < n; r++)
		ck_assert_msg(back.x[r] == regs->x[r],
			      "%s: x%u is 0x%" G_GINT64_MODIFIER
			      "x, not 0x%" G_GINT64_MODIFIER "x", once->str, r,
			      (guint64)back.x[r], (guint64)regs->x[r]);
	print(twice, ctx, form, &back);
	ck_assert_str_eq(once->str, twice->str);
}

static uint64_t number(GRand *rand)
{
	uint64_t num = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);

	switch (g_rand_int_range(rand, 0, 6)) {
	case 0:
		return num;
	case 1:
		return 1ull << g_rand_int_range(rand, 0, 64);
	case 2:
		return codec_places[g_rand_int_range(rand, 0,
						     CODEC_PLACES)].num;
	case 3:
		return (uint32_t)-(int)(num % 12);
	case 4:
		return ffa_fns[num % FFA_FN_COUNT].fid;
	default:
		return num % 12;
	}
}

/* Random values in some fields; sometimes dirt where no field is. */
static void fill(GRand *rand, const struct codec_form *form,
		 struct ffa_value *regs)
{
	unsigned int n, dirt = (unsigned int)g_rand_int_range(rand, 0, 4);
	const struct ffa_field *f = codec_fields(form, &n);

	codec_begin(regs, form, 0);
	for (unsigned int i = 0; i < n; i++) {
		struct codec_value v = { .num = number(rand) };
		unsigned int width = f[i].kind == FFA_K_HANDLE ? 64u :
			f[i].hi - f[i].lo + 1u;

		if (f[i].reg >= codec_regs(form) || g_rand_boolean(rand))
			continue;
		if (f[i].kind == FFA_K_UUIDW || f[i].kind == FFA_K_UUIDX) {
			v.is_uuid = true;
			for (unsigned int b = 0; b < 16; b++)
				v.uuid.b[b] = (uint8_t)number(rand);
		}
		v.num &= ~0ull >> (64 - width);
		ck_assert(codec_set(regs, form, f[i].name, &v, NULL));
	}
	for (; dirt < 3; dirt++)
		regs->x[g_rand_int_range(rand, 1, (int)codec_regs(form))] |=
			1ull << g_rand_int_range(rand, 0, 64);
	if (!g_rand_int_range(rand, 0, 20))
		regs->x[0] |= number(rand);
}

static void trips(GRand *rand, const struct codec_form *form)
{
	static const int selves[] = { CODEC_NOBODY, 0, 0x8001, 0x8007 };

	for (unsigned int i = 0; i < 8; i++) {
		struct ffa_value regs;

		fill(rand, form, &regs);
		for (unsigned int m = 0; m < 3; m++) {
			struct codec_ctx ctx = codec_context((enum codec_mode)m,
						       selves[i % 4]);
			struct codec_form seen = *form;

			seen.fn = ffa_fn_find(regs.x[0]);
			round_trip(&ctx, &seen, &regs);
		}
	}
}

START_TEST(calls_and_results)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	for (int fn = 0; fn < FFA_FN_COUNT; fn++) {
		struct codec_form f = {
			.fn = (enum ffa_fn)fn, .answers = FFA_FN_UNKNOWN,
		};

		trips(rand, &f);
		f.result = true;
		trips(rand, &f);
	}
}
END_TEST

START_TEST(successes)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	for (int fn = 0; fn < FFA_FN_COUNT; fn++) {
		struct codec_form f = {
			.fn = FFA_FN_SUCCESS, .result = true,
			.answers = (enum ffa_fn)fn,
		};

		trips(rand, &f);
		f.fn = FFA_FN_SUCCESS_64;
		trips(rand, &f);
	}
}
END_TEST

START_TEST(bare)
{
	static const uint64_t nums[] = {
		0, 1, 0x10000, 0x10002, 0x7fffffff, 0xffffffff, 0xfffffffe,
		0xfffffff0, 0x84000061, 0x123456789, 1ull << 63,
	};
	static const enum ffa_fn called[] = {
		FFA_FN_VERSION, FFA_FN_ID_GET, FFA_FN_UNKNOWN,
	};

	for (unsigned int i = 0; i < G_N_ELEMENTS(nums); i++)
		for (unsigned int k = 0; k < 9; k++) {
			struct codec_ctx ctx = codec_context((enum codec_mode)(k % 3),
						       0);
			struct codec_form form = {
				.result = true, .answers = called[k / 3],
				.fn = ffa_fn_find(nums[i]),
			};
			struct ffa_value regs = { { nums[i] } };

			round_trip(&ctx, &form, &regs);
		}
}
END_TEST

/* -- spelling ------------------------------------------------------------------- */

enum { CALL = -1 };

/* called: CALL, or the function that the registers answer. */
static const struct sample {
	const char *text;
	int self, called;
	enum codec_mode mode;
	uint64_t x[FFA_REGS];
} samples[] = {
	{ "FFA_VERSION(1.2)", 0, CALL, CODEC_ABBREV, { 0x84000063, 0x10002 } },
	{ "1.2", 0, FFA_FN_VERSION, CODEC_ABBREV, { 0x10002 } },
	{ "NOT_SUPPORTED", 0, FFA_FN_VERSION, CODEC_ABBREV, { 0xffffffff } },
	{ "NOT_SUPPORTED", 0, FFA_FN_UNKNOWN, CODEC_ABBREV, { UINT64_MAX } },
	{ "0xffffffff /* NOT_SUPPORTED */", 0, FFA_FN_UNKNOWN, CODEC_VERBOSE,
	  { 0xffffffff } },
	{ "FFA_ID_GET()", 0, CALL, CODEC_ABBREV, { 0x84000069 } },
	{ "FFA_SUCCESS(id=ns)", 0, FFA_FN_ID_GET, CODEC_ABBREV,
	  { 0x84000061 } },
	{ "FFA_SUCCESS(id=0x8009)", 0, FFA_FN_ID_GET, CODEC_ABBREV,
	  { 0x84000061, 0, 0x8009 } },
	{ "FFA_SUCCESS()", 0, FFA_FN_RX_RELEASE, CODEC_ABBREV,
	  { 0x84000061 } },
	{ "FFA_SUCCESS(w2=0x7)", 0, FFA_FN_RX_RELEASE, CODEC_ABBREV,
	  { 0x84000061, 0, 7 } },
	{ "FFA_RXTX_MAP_64(tx=nstx, rx=nsrx, pages=1)", 0, CALL, CODEC_ABBREV,
	  { 0xc4000066, 0x88000000, 0x88001000, 1 } },
	{ "FFA_RXTX_MAP_64(tx=nstx, rx=nsrx, x3=0x41)", 0, CALL, CODEC_ABBREV,
	  { 0xc4000066, 0x88000000, 0x88001000, 0x41 } },
	{ "FFA_RXTX_MAP_32(tx=nstx, pages=1, x2=0x188001000)", 0, CALL,
	  CODEC_ABBREV, { 0x84000066, 0x88000000, 0x188001000, 1 } },
	{ "FFA_ERROR(DENIED)", 0, FFA_FN_RXTX_MAP_64, CODEC_ABBREV,
	  { 0x84000060, 0, 0xfffffffa } },
	{ "FFA_ERROR(DENIED, target=0x80010000)", 0, FFA_FN_RXTX_MAP_64,
	  CODEC_ABBREV, { 0x84000060, 0x80010000, 0xfffffffa } },
	{ "FFA_ERROR(code=0x9 /* FFA_ERROR_??? */)", 0, FFA_FN_RUN,
	  CODEC_ABBREV, { 0x84000060, 0, 9 } },
	{ "FFA_ERROR(w2=0xfffffffa /* DENIED */)", 0, FFA_FN_RUN,
	  CODEC_VERBOSE, { 0x84000060, 0, 0xfffffffa } },
	{ "FFA_ERROR(w2=0x9 /* FFA_ERROR_??? */)", 0, FFA_FN_RUN,
	  CODEC_VERBOSE, { 0x84000060, 0, 9 } },
	{ "FFA_ERROR(w1=0, w2=0xfffffffa, w3=0, w4=0, w5=0, w6=0, w7=0)", 0,
	  FFA_FN_RUN, CODEC_RAW, { 0x84000060, 0, 0xfffffffa } },
	{ "FFA_FEATURES(FFA_MEM_SHARE_32)", 0, CALL, CODEC_ABBREV,
	  { 0x84000064, 0x84000073 } },
	{ "FFA_FEATURES(SRI)", 0, CALL, CODEC_ABBREV, { 0x84000064, 2 } },
	{ "FFA_FEATURES(0x84010073, input=0x2)", 0, CALL, CODEC_ABBREV,
	  { 0x84000064, 0x84010073, 2 } },
	{ "FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=0x11)", 0, CALL, CODEC_ABBREV,
	  { 0x8400006f, 0x8001, 0, 0x11 } },
	{ "FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=0x11)", 0x8001,
	  FFA_FN_MSG_WAIT, CODEC_ABBREV, { 0x8400006f, 0x8001, 0, 0x11 } },
	{ "FFA_MSG_SEND_DIRECT_REQ_32(from=ns, to=sp2)", 0x8001,
	  FFA_FN_MSG_WAIT, CODEC_ABBREV, { 0x8400006f, 0x8002 } },
	{ "FFA_MSG_SEND_DIRECT_REQ_32(from=sp2, to=sp1)", 0x8001, CALL,
	  CODEC_ABBREV, { 0x8400006f, 0x80028001 } },
	{ "FFA_MSG_SEND_DIRECT_RESP_32(to=ns)", 0x8001, CALL, CODEC_ABBREV,
	  { 0x84000070, 0x80010000 } },
	{ "FFA_MSG_SEND_DIRECT_RESP_32(w1=0x80010000 /* to=ns */, "
	  "w3=0x5)", 0x8001, CALL, CODEC_VERBOSE,
	  { 0x84000070, 0x80010000, 0, 5 } },
	{ "FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, fwk=1, msg=PSCI_REQ)", 0, CALL,
	  CODEC_ABBREV, { 0x8400006f, 0x8001, 0x80000000 } },
	{ "FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, fwk=1, msg=VERSION_REQ)", 0,
	  CALL, CODEC_ABBREV, { 0x8400006f, 0x8001, 0x80000008 } },
	{ "FFA_MSG_SEND_DIRECT_REQ2(to=sp1, "
	  "uuid=b4b5671e-4a90-4fe1-b81f-fb13dae1dacb, x4=0x1, x17=0x2)", 0,
	  CALL, CODEC_ABBREV, { 0xc400008d, 0x8001, 0xe14f904a1e67b5b4,
	  0xcbdae1da13fb1fb8, 1, [17] = 2 } },
	{ "FFA_MSG_WAIT(flags=RETAIN_RX|0x2)", 0x8001, CALL, CODEC_ABBREV,
	  { 0x8400006b, 0, 3 } },
	{ "FFA_MSG_WAIT(w1=0x7)", 0x8001, CALL, CODEC_ABBREV,
	  { 0x8400006b, 7 } },
	{ "FFA_PARTITION_INFO_GET(uuid=nil, flags=COUNT)", 0, CALL,
	  CODEC_ABBREV, { 0x84000068, [5] = 1 } },
	{ "FFA_SUCCESS(count=2, size=24)", 0, FFA_FN_PARTITION_INFO_GET,
	  CODEC_ABBREV, { 0x84000061, 0, 2, 24 } },
	{ "FFA_SUCCESS_64(last=2, cur=1, size=24, x17=0x1)", 0,
	  FFA_FN_PARTITION_INFO_GET_REGS, CODEC_ABBREV,
	  { 0xc4000061, 0, 0x18000000010002, [17] = 1 } },
	{ "FFA_MEM_RECLAIM(handle=$h, flags=ZERO)", 0, CALL, CODEC_ABBREV,
	  { 0x84000077, 0x23456789, 1, 1 } },
	{ "FFA_SUCCESS(handle=0x100000000)", 0, FFA_FN_MEM_SHARE_32,
	  CODEC_ABBREV, { 0x84000061, 0, 0, 1 } },
	{ "FFA_INTERRUPT(target=sp1, ec=1)", 0, FFA_FN_RUN, CODEC_ABBREV,
	  { 0x84000062, 0x80010001 } },
	{ "SMC(0x840000a1, 0, 0x5)", 0, CALL, CODEC_ABBREV,
	  { 0x840000a1, 0, 5 } },
	{ "SMC(0x84010063 /* FFA_VERSION */, 0x10002)", 0, CALL, CODEC_ABBREV,
	  { 0x84010063, 0x10002 } },
	{ "SMC(0x10002, 0, 0x1)", 0, FFA_FN_VERSION, CODEC_ABBREV,
	  { 0x10002, 0, 1 } },
};

START_TEST(spelling)
{
	for (unsigned int i = 0; i < G_N_ELEMENTS(samples); i++) {
		const struct sample *s = &samples[i];
		struct codec_ctx ctx = codec_context(s->mode, s->self);
		g_autoptr(GString) out = g_string_new(NULL);
		struct ffa_value regs;

		memcpy(regs.x, s->x, sizeof(regs.x));
		if (s->called == CALL)
			codec_call(out, &ctx, &regs);
		else
			codec_result(out, &ctx, (enum ffa_fn)s->called, &regs);
		ck_assert_str_eq(out->str, s->text);
	}
}
END_TEST

/* The front end of the language takes what is printed. */
START_TEST(language)
{
	for (unsigned int i = 0; i < G_N_ELEMENTS(samples); i++) {
		bool call = samples[i].called == CALL;
		g_autofree char *line = g_strdup_printf("ns@0 %s = %s",
			call ? samples[i].text : "FFA_ID_GET()",
			call ? "_" : samples[i].text);
		struct ffs_diags *d = ffs_diags_new();
		struct ffs_file *f = ffs_parse_line("line", line, d);

		ck_assert_msg(f && !d->errors, "%s", line);
		ffs_file_free(f);
		ffs_diags_free(d);
	}
}
END_TEST

Suite *check_codec(void)
{
	Suite *s = suite_create("codec");
	TCase *t = tcase_create("text");

	tcase_add_test(t, spelling);
	tcase_add_test(t, language);
	tcase_add_test(t, calls_and_results);
	tcase_add_test(t, successes);
	tcase_add_test(t, bare);
	suite_add_tcase(s, t);
	return s;
}
