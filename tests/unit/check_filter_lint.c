/* SPDX-License-Identifier: BSD-3-Clause */
/* The filter lint; what each rule means is in scenarios/lint. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "conduit.h"
#include "conduit/lint.h"
#include "ffa/ffa_desc.h"
#include "unit.h"

enum { TX = 0x1000, RX = 0x2000, SHM = 0x10000 };

/* A back end that answers what it is told to. */
struct fake {
	struct ffa_value answer;
	uint64_t time;
	uint8_t memory[2][FFA_PAGE_SIZE];
};

static const char *fake_call(void *handle, unsigned int cpu,
			     const struct ffa_value *in, struct ffa_value *out)
{
	struct fake *f = handle;

	(void)cpu;
	(void)in;
	*out = f->answer;
	return NULL;
}

static void *fake_map(void *handle, uint64_t pa, size_t len, bool secure)
{
	struct fake *f = handle;

	if (secure || (pa != TX && pa != RX) || len > FFA_PAGE_SIZE)
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
	return 100;		/* more than are looked at */
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

struct linted {
	struct fake fake;
	struct conduit *c;
	char *path;
};

static void lint_open(struct linted *l)
{
	g_autofree char *filters = NULL;
	struct conduit_options o = { .size = sizeof(o) };
	int fd;

	memset(&l->fake, 0, sizeof(l->fake));
	l->path = g_build_filename(g_get_tmp_dir(), "ffasim-lint-XXXXXX",
				   NULL);
	fd = g_mkstemp(l->path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	filters = g_strdup_printf("lint=%s", l->path);
	o.filters = filters;
	l->c = conduit_attach(&fake_ops, &l->fake, &o, NULL);
	ck_assert_ptr_nonnull(l->c);
}

/* Closes it; what it said. */
static char *lint_text(struct linted *l)
{
	char *text;

	conduit_close(l->c);
	ck_assert(g_file_get_contents(l->path, &text, NULL, NULL));
	g_unlink(l->path);
	g_free(l->path);
	return text;
}

static void call(struct linted *l, struct ffa_value in, struct ffa_value out)
{
	l->fake.answer = out;
	ck_assert_ptr_null(conduit_call(l->c, 0, &in, &in));
	ck_assert_mem_eq(&in, &out, sizeof(in));
}

#define REGS(...) ((struct ffa_value){ .x = { __VA_ARGS__ } })
static const uint32_t success = (uint32_t)FFA_ID_SUCCESS;

static void starts(struct linted *l)
{
	lint_open(l);
	call(l, REGS((uint32_t)FFA_ID_VERSION, FFA_V1_2), REGS(FFA_V1_2));
	call(l, REGS((uint32_t)FFA_ID_RXTX_MAP_64, TX, RX, 1), REGS(success));
}

START_TEST(what_it_says)
{
	g_autofree char *text = NULL;
	struct linted l;

	lint_open(&l);
	call(&l, REGS((uint32_t)FFA_ID_ID_GET, 0, 0, 7), REGS(success, 0, 1));
	call(&l, REGS(0x12345678), REGS(UINT64_MAX));
	text = lint_text(&l);
	ck_assert_str_eq(text,
"lint: VERSION_NOT_ASKED: a call comes before FFA_VERSION\n"
"  call  ns@0 SMC(0x84000069, 0x0, 0x0, 0x7) = SMC(0x84000061, 0x0, 0x1)\n"
"  fix   call FFA_VERSION first: until then the SPMC does not know which "
"layouts and functions to use\n"
"lint: RESERVED_NOT_ZERO: a reserved register, or a part of one, is not zero "
"(x3=0x7)\n"
"  call  ns@0 SMC(0x84000069, 0x0, 0x0, 0x7) = SMC(0x84000061, 0x0, 0x1)\n"
"  fix   zero all argument registers, then set those of the function: a later "
"version may give the others a meaning\n");
}
END_TEST

static void finds(struct linted *l, const char *rules)
{
	g_autofree char *text = lint_text(l);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) found = g_string_new(NULL);

	for (unsigned int i = 0; lines[i]; i++)
		if (g_str_has_prefix(lines[i], "lint: "))
			g_string_append_printf(found, " %.*s",
				(int)strcspn(lines[i] + 6, ":"), lines[i] + 6);
	ck_assert_str_eq(found->str, rules);
}

/* A lend in two fragments: the second has the page that is then mapped. */
static void lends(struct linted *l)
{
	struct ffa_mem_desc d = {
		.emad_size = sizeof(struct ffa_emad), .emad_count = 1,
		.emad_offset = sizeof(d),
	};
	struct ffa_emad e = {
		.endpoint = 0x8001, .composite_offset = sizeof(d) + sizeof(e),
	};
	struct ffa_composite c = { 1, 1, 0 };
	struct ffa_constituent g = { SHM, 1, 0 };
	uint8_t *tx = l->fake.memory[0];
	uint32_t len = sizeof(d) + sizeof(e) + sizeof(c);

	memcpy(tx, &d, sizeof(d));
	memcpy(tx + sizeof(d), &e, sizeof(e));
	memcpy(tx + sizeof(d) + sizeof(e), &c, sizeof(c));
	call(l, REGS((uint32_t)FFA_ID_MEM_LEND_32, len + sizeof(g), len),
	     REGS((uint32_t)FFA_ID_MEM_FRAG_RX, 5, 0, len));
	memcpy(tx, &g, sizeof(g));
	call(l, REGS((uint32_t)FFA_ID_MEM_FRAG_TX, 5, 0, sizeof(g)),
	     REGS(success, 0, 5));
}

START_TEST(memory_that_is_mapped)
{
	struct linted l;

	starts(&l);
	lends(&l);
	conduit_map(l.c, SHM - 4096, 4096, false);
	call(&l, REGS((uint32_t)FFA_ID_MEM_RECLAIM, 5), REGS(success));
	conduit_map(l.c, SHM, 1, false);
	finds(&l, "");

	starts(&l);
	lends(&l);
	conduit_map(l.c, SHM + 4095, 1, false);
	finds(&l, " LENT_MEMORY_USED NEVER_RECLAIMED");
}
END_TEST

/* Whatever a driver does, with whatever memory: nothing breaks. */
START_TEST(any_registers)
{
	struct linted l;
	GRand *rand = g_rand_new_with_seed(4711);
	g_autofree char *text = NULL;

	starts(&l);
	for (int i = 0; i < 20000; i++) {
		unsigned int fn = (unsigned int)g_rand_int_range(rand, 0,
			FFA_FN_COUNT);
		struct ffa_value v = { 0 };

		for (unsigned int r = 1; r < FFA_REGS; r++)
			v.x[r] = g_rand_boolean(rand) ? g_rand_int(rand) :
				 (uint64_t)g_rand_int_range(rand, 0, 4) << 12;
		v.x[0] = ffa_fns[fn].fid;
		for (int n = 0; n < 64; n++)
			l.fake.memory[n & 1][g_rand_int_range(rand, 0, 128)] =
				(uint8_t)g_rand_int_range(rand, 0, 64);
		l.fake.answer = REGS(ffa_fns[g_rand_int_range(rand, 0,
			FFA_FN_COUNT)].fid, g_rand_int(rand),
			(uint64_t)g_rand_int_range(rand, -9, 9),
			g_rand_int(rand));
		if (g_rand_boolean(rand))
			l.fake.answer = REGS(success, 0, v.x[1], v.x[2]);
		conduit_call(l.c, (unsigned int)g_rand_int_range(rand, 0, 100),
			     &v, &v);
		conduit_map(l.c, g_rand_int(rand), g_rand_int(rand), false);
	}
	g_rand_free(rand);
	text = lint_text(&l);
	ck_assert_ptr_nonnull(strstr(text, "NOT_IN_VERSION"));
}
END_TEST

START_TEST(names)
{
	for (unsigned int i = 0; i < LINT_COUNT; i++)
		ck_assert_uint_eq(lint_find(lint_rules[i].name), i);
	ck_assert_uint_eq(lint_find("none"), LINT_COUNT);
}
END_TEST

Suite *check_filter_lint(void)
{
	Suite *s = suite_create("filter_lint");
	TCase *t = tcase_create("lint");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, what_it_says);
	tcase_add_test(t, memory_that_is_mapped);
	tcase_add_test(t, any_registers);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	return s;
}
