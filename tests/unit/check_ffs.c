/* SPDX-License-Identifier: BSD-3-Clause */
/* The front end of the scenario language: text to tree, messages, and back. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/ffs.h"
#include "text.h"
#include "unit.h"

/* The worked example of the language: in canonical form, without a mistake. */
static const char example[] =
"ffs 1\n"
"title  \"mem/share: two borrowers, fragmented descriptor, borrower crash\"\n"
"ffa    1.2\n"
"board  cpus=2 page=4K seed=7\n"
"param  FRAG = 4096                                        # -D FRAG=2048\n"
"\n"
"part   ns   id=0x0000 kind=vm                             # the driver's side\n"
"part   sp1  id=0x8001 kind=sp uuid=b4b5671e-4a90-4fe1-b81f-fb13dae1dacb ec=2 can=direct,notif\n"
"part   sp2  id=0x8002 kind=sp uuid=d1582309-f023-47b9-827c-4464f5578fc8 ec=1 can=direct\n"
"part   tee  manifest=\"optee_sp_manifest.dts\"              # or a manifest\n"
"buf    nstx ns 0x8800_0000 1page\n"
"buf    nsrx ns 0x8800_1000 1page\n"
"mem    shm  ns 0x8900_0000 300pages stride=2              # every other page\n"
"\n"
"ns@0   FFA_VERSION(1.2) = 1.2\n"
"ns@0   FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
"ns@0   FFA_RXTX_MAP_64(tx=nstx, rx=nsrx, pages=1) = FFA_SUCCESS()\n"
"ns@0   FFA_RXTX_MAP_64(tx=nstx, rx=nsrx, pages=1) = FFA_ERROR(DENIED)\n"
"ns@0   FFA_PARTITION_INFO_GET(uuid=nil, flags=0) = FFA_SUCCESS(count=2, size=24)\n"
"rx     ns { {id=sp1 ec=2 props=_ uuid=sp1.uuid} {id=sp2 ec=1 props=_ uuid=sp2.uuid} }\n"
"ns@0   FFA_PARTITION_INFO_GET(uuid=nil, flags=0) = FFA_ERROR(BUSY)     # RX is still ours\n"
"ns@0   FFA_RX_RELEASE() = FFA_SUCCESS()\n"
"\n"
"# 48 + 2*32 + 16 bytes of header, then 300*16\n"
"ns@0   FFA_MEM_SHARE_32(tx=share{owner=ns to={sp1:rw-nx sp2:ro-nx} attr=normal|wb|is ranges=shm}, len=4928, frag=$FRAG)\n"
"         = FFA_MEM_FRAG_RX(handle=?h, off=$FRAG)\n"
"ns@0   FFA_MEM_FRAG_TX(handle=$h, tx=rest) = FFA_SUCCESS(handle=$h)\n"
"\n"
"ns@0   FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=0x11, w4=lo($h), w5=hi($h)) ...\n"
"sp1@0    ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=0x11, w4=lo($h), w5=hi($h))\n"
"sp1@0    FFA_MEM_RETRIEVE_REQ_32(tx=retrieve{handle=$h owner=ns to={sp1:rw}})\n"
"           = FFA_MEM_RETRIEVE_RESP(len=4896, frag=4096)\n"
"sp1@0    FFA_RX_RELEASE() = FFA_SUCCESS()\n"
"sp1@0    FFA_MEM_FRAG_RX(handle=$h, off=4096) = FFA_MEM_FRAG_TX(handle=$h, frag=800)\n"
"sp1@0    store shm[0..4] = \"ping\"\n"
"sp1@0    FFA_MSG_SEND_DIRECT_RESP_32(to=ns, w3=0) ...\n"
"ns@0   ... = FFA_MSG_SEND_DIRECT_RESP_32(from=sp1, w3=0)\n"
"ns@0   load shm[0..4] = \"ping\"\n"
"ns@0   FFA_MEM_RECLAIM(handle=$h, flags=0) = FFA_ERROR(DENIED)         # sp1 still holds it\n"
"\n"
"ns@1   FFA_MSG_SEND_DIRECT_REQ_32(to=sp2, w3=0x20) ...\n"
"sp2@1    ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=0x20)\n"
"ns@0   FFA_MSG_SEND_DIRECT_REQ_32(to=sp2, w3=0x21) = FFA_ERROR(BUSY)   # it runs on CPU 1\n"
"sp2@1    crash\n"
"ns@1   ... = FFA_ERROR(ABORTED)\n"
"check  sp2.state == aborted\n"
"check  leaks == 0\n";

/* -- the example ---------------------------------------------------------------- */

START_TEST(example_is_right)
{
	struct ffs_file *f = parse(example);

	ffs_check(f, diags);
	no_errors();
	ck_assert_uint_eq(f->cpus, 2);
	ck_assert_uint_eq(f->param_count, 1);
	ck_assert_ptr_nonnull(ffs_find(f, FFS_W_PART, "tee"));
	ck_assert_ptr_null(ffs_find(f, FFS_W_BUF, "shm"));
	ffs_file_free(f);
}
END_TEST

START_TEST(example_is_canonical)
{
	struct ffs_file *f = parse(example);
	g_autofree char *text = ffs_format(f);

	ck_assert_str_eq(text, example);
	ffs_file_free(f);
}
END_TEST

START_TEST(example_tree)
{
	struct ffs_file *f = parse(example);
	const struct ffs_stmt *share = f->list.v[20];
	const struct ffs_value *v;

	ffs_check(f, diags);
	ck_assert_int_eq(share->kind, FFS_S_CALL);
	ck_assert_int_eq(share->call.fn, FFA_FN_MEM_SHARE_32);
	ck_assert_int_eq(share->call.args[0].buffer, FFS_BUFFER_TX);
	ck_assert_str_eq(share->call.args[1].field->name, "len");
	ck_assert_int_eq(share->result.kind, FFS_R_CALL);
	ck_assert_int_eq(share->result.call.args[0].value->kind, FFS_V_BIND);
	v = share->call.args[0].value;
	ck_assert_int_eq(v->kind, FFS_V_BLOCK);
	ck_assert_str_eq(v->text, "share");
	ck_assert_uint_eq(v->count, 4);
	ck_assert_int_eq(v->items[1].value->items[0].op, FFS_OP_COLON);
	ck_assert_int_eq(v->items[2].value->kind, FFS_V_OR);
	/* an answer knows its question, also when it comes later */
	ck_assert_int_eq(f->list.v[13]->result.call.answers, FFA_FN_ID_GET);
	ffs_file_free(f);
}
END_TEST

/* -- round trips ------------------------------------------------------------------ */

static const char *const lines[] = {
	"ns@0  SMC(0x84000073, 4928, 4096, 0, 0) = FFA_ERROR(NOT_SUPPORTED)",
	"ns@0  SMC(0x840000ff, x17=-1) = NOT_SUPPORTED",
	"poke nstx+0x1c u32 0xffff_ffff",
	"poke nstx \"\\x00\\\"\\n\"",
	"param N = 1, 2, 248, 249",
	"requires ffa>=1.2 cpus>=4",
	"inject FFA_MEM_RETRIEVE_REQ_32 error=NO_MEMORY when=2..5",
	"inject FFA_RUN delay=5ms when=2+3",
	"wait 5ms",
	"irq SRI ns@0 within=1ms",
	"raise 33 @0",
	"tag quick boot-order x",
	"allow FFA_FEATURES FFA_VERSION",
	"sp1@0  hang",
	"sp1@0  store shm[0..4] = 0x1 expect=fault",
	"sp1@0  load shm+8 = fault",
	"sp1@0  ... = FFA_INTERRUPT(target=_, ec=0..3, intid=1|2|3, ...)",
	"sp1@0  ... = _",
	"sp1@0  ... = FFA_SUCCESS(...)",
	"ns@1  FFA_RUN(target=sp1) = FFA_ERROR(impdef) within=1us",
	"ns@1  FFA_ID_GET() = FFA_SUCCESS(w2=0x10/0xf0)",
	"ns@0  FFA_ID_GET() = FFA_ERROR(w2=0xfffffffa /* DENIED */)",
	"ns@0  FFA_PARTITION_INFO_GET(uuid=sp1.uuid[1]) = _",
	"check sp1.ec[0].state == waiting",
	"check sp1@0.state != waiting",
	"part p uuid=00000000-0000-0000-0000-000000000001,12345678-1234-1234-1234-123456789abc",
	"tx ns { a=1 b:2 c {d} {e=?x f=$y g=_ h=1.1..1.2} lo(1) }",
};

START_TEST(line_round_trip)
{
	struct ffs_file *f = ffs_parse_line("line", lines[_i], diags), *again;
	g_autoptr(GString) text = g_string_new(NULL);

	no_errors();
	ffs_format_stmt(text, f->list.v[0], 0);
	ck_assert_str_eq(text->str, lines[_i]);
	again = ffs_parse_line("again", text->str, diags);
	ck_assert(ffs_equal(f, again));
	ffs_file_free(again);
	ffs_file_free(f);
}
END_TEST

/* What is odd on the left is canonical on the right. */
static const char *const layouts[][2] = {
	{ "ffs   1\r\n\r\n\r\n\ntitle \"x\"", "ffs 1\n\ntitle  \"x\"\n" },
	{ "\n\n# a\n\n\n# b\nffs 1 # c\n  # d\n\n",
	  "# a\n\n# b\nffs 1 # c\n# d\n" },
	{ "ffs 1\nns@0 FFA_ID_GET (\n)\n=_", "ffs 1\nns@0  FFA_ID_GET() = _\n" },
	{ "ffs 1\nrx ns {{a=1,b:2},{}}", "ffs 1\nrx   ns { {a=1 b:2} {} }\n" },
	{ "ffs 1\nany{ns@0 FFA_ID_GET()=_}",
	  "ffs 1\nany {\n  ns@0  FFA_ID_GET() = _\n}\n" },
	{ "ffs 1\nshuffle { # why\n\n# one\nns@0 a() ...\n# two\n} # end",
	  "ffs 1\nshuffle { # why\n  # one\n  ns@0  a() ...\n  # two\n}\n# end\n" },
	{ "ffs 1\nns@0 A(b=1, # one\n c=2 # two\n) ... # three",
	  "ffs 1\n# one\n# two\nns@0  A(b=1, c=2) ... # three\n" },
	{ "ffs 1\n/* a\n  b */ ns@0 A(1/*x*/) = 2 /* y */ /* z */",
	  "ffs 1\n/* a\n  b */\nns@0  A(1 /*x*/) = 2 /* y */      /* z */\n" },
	{ "\xef\xbb\xbf""ffs 1", "ffs 1\n" },
};

START_TEST(layout)
{
	struct ffs_file *f = parse(layouts[_i][0]), *g;
	g_autofree char *text = ffs_format(f), *again = NULL;

	no_errors();
	if (!strstr(text, "# end"))
		ck_assert_str_eq(text, layouts[_i][1]);
	g = parse(text);
	again = ffs_format(g);
	ck_assert_str_eq(again, text);
	ck_assert(ffs_equal(f, g));
	ffs_file_free(g);
	ffs_file_free(f);
}
END_TEST

START_TEST(long_block_spreads)
{
	static const char want[] = "ffs 1\nrx   ns {\n"
		"       {id=sp1 uuid=b4b5671e-4a90-4fe1-b81f-fb13dae1dacb}\n"
		"       {id=sp2 uuid=d1582309-f023-47b9-827c-4464f5578fc8}\n"
		"     }\n";
	struct ffs_file *f = parse(want);
	g_autofree char *text = ffs_format(f);

	no_errors();
	ck_assert_str_eq(text, want);
	ffs_file_free(f);
}
END_TEST

START_TEST(long_param_spreads)
{
	static const char want[] = "ffs 1\n"
		"param  NAME = \"a-name-that-takes-the-whole-line-of-a-file"
		"\",\n"
		"              \"another-one-of-these-names-that-do-not-fit\","
		"\n"
		"              \"and-one-more\"\n"
		"ns@0   FFA_ID_GET(w3=$NAME) = _\n";
	struct ffs_file *f = parse(want);
	g_autofree char *text = ffs_format(f);

	no_errors();
	ck_assert_uint_eq(f->params[0]->count, 3);
	ck_assert_str_eq(text, want);
	ffs_file_free(f);
	/* on the next line, but no statement */
	f = parse("ffs 1\nparam N = 1,\nns@0 FFA_ID_GET() = _\n");
	ck_assert_uint_eq(diags->errors, 1);
	ffs_file_free(f);
}
END_TEST

/* -- parameters, includes -------------------------------------------------------------- */

START_TEST(pin)
{
	struct ffs_file *f = parse("ffs 1\nparam N = 1, 2\n"
				   "ns@0 FFA_RXTX_MAP_64(pages=$N) = _\n");

	ck_assert_uint_eq(ffs_param(f, "N")->count, 2);
	ck_assert(ffs_pin(f, "N", "3", diags));
	ck_assert_uint_eq(ffs_param(f, "N")->values[0].value->num, 3);
	ck_assert(!ffs_pin(f, "M", "3", diags));
	no_errors();
	ck_assert(ffs_check(f, diags));
	ck_assert(!ffs_pin(f, "N", "3 4", diags));
	ck_assert_uint_eq(diags->errors, 1);
	ck_assert_str_eq(message(0)->file, "-D N");
	ck_assert(ffs_pin(f, "N", "63,64", diags));
	ck_assert(!ffs_check(f, diags));
	ck_assert_uint_eq(diags->errors, 2);
	ck_assert_int_eq(ffs_parse_value(f, "v", "1.2", diags)->kind,
			 FFS_V_VERSION);
	ck_assert_ptr_null(ffs_parse_value(f, "v", "", diags));
	ffs_file_free(f);
}
END_TEST

static void write_file(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	ck_assert(g_file_set_contents(path, text, -1, NULL));
}

START_TEST(include)
{
	g_autofree char *dir = g_dir_make_tmp("ffsXXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "a.ffs", NULL);
	static const char *const names[] = { "a.ffs", "b.ffs", "c.ffs" };
	struct ffs_file *f;

	write_file(dir, "a.ffs", "ffs 1\ninclude \"b.ffs\"\n"
		   "sp1@0 ... = _\nsp1@0 FFA_RXTX_MAP_64(pages=$N) = _\n");
	write_file(dir, "b.ffs", "ffs 1\npart sp1 id=0x8001\nparam N = 1\n");
	write_file(dir, "c.ffs", "include \"a.ffs\"\nwait 5\n");
	f = ffs_load(path, diags);
	ffs_check(f, diags);
	no_errors();
	ck_assert_uint_eq(f->list.v[1]->body.n, 3);
	ffs_file_free(f);

	/* a cycle; a message says which file it is about */
	write_file(dir, "b.ffs", "ffs 1\npart sp1 id=0x8001\nparam N = 1\n"
		   "include \"c.ffs\"\n");
	f = ffs_load(path, diags);
	ffs_check(f, diags);
	ck_assert_uint_eq(diags->errors, 3);
	for (guint i = 0; i < 3; i++)
		ck_assert(g_str_has_suffix(message(i)->file, "c.ffs"));
	ck_assert_ptr_nonnull(strstr(message(1)->message, "includes itself"));
	ffs_file_free(f);

	for (guint i = 0; i < 3; i++) {
		g_autofree char *name = g_build_filename(dir, names[i], NULL);

		g_unlink(name);
	}
	ck_assert_ptr_null(ffs_load(path, diags));
	ck_assert_uint_eq(diags->errors, 4);
	g_rmdir(dir);
}
END_TEST

/* -- whatever comes ---------------------------------------------------------------------- */

static void survive(const char *text, gsize len)
{
	struct ffs_diags *d = ffs_diags_new();
	struct ffs_file *f = ffs_parse_text("x", text, len, d);
	unsigned int syntax = d->errors;
	g_autofree char *one = NULL, *all = NULL;

	ffs_check(f, d);
	all = ffs_diags_format(d, true);
	ck_assert(g_utf8_validate(all, -1, NULL));
	one = ffs_format(f);
	if (!syntax) {
		struct ffs_file *g = ffs_parse_text("y", one, strlen(one), d);
		g_autofree char *two = ffs_format(g);

		ck_assert_str_eq(one, two);
		ck_assert(ffs_equal(f, g));
		ffs_file_free(g);
	}
	ffs_file_free(f);
	ffs_diags_free(d);
}

START_TEST(random_bytes)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);

	for (int i = 0; i < 2000; i++) {
		char text[256];
		gsize len = (gsize)g_rand_int_range(rand, 0, sizeof(text));

		for (gsize j = 0; j < len; j++)
			text[j] = (char)g_rand_int(rand);
		survive(text, len);
	}
}
END_TEST

START_TEST(broken_example)
{
	static const char marks[] = "(){}[]=.|/+,:@?$_#\"\n -";
	g_autoptr(GRand) rand = g_rand_new_with_seed(2);

	for (int i = 0; i < 2000; i++) {
		g_autofree char *text = g_strdup(example);
		gsize len = sizeof(example) - 1;
		gsize from = (gsize)g_rand_int_range(rand, 0, (gint32)len);

		len = MIN(len - from, (gsize)400);
		for (int n = g_rand_int_range(rand, 0, 5); n; n--)
			text[from + (gsize)g_rand_int_range(rand, 0,
				(gint32)len)] = marks[g_rand_int_range(rand, 0,
				sizeof(marks) - 1)];
		survive(text + from, len);
	}
}
END_TEST

static void survive_repeated(const char *head, const char *what, int times)
{
	g_autoptr(GString) s = g_string_new(head);

	while (times--)
		g_string_append(s, what);
	survive(s->str, s->len);
}

START_TEST(deep_and_long)
{
	survive_repeated("ffs 1\nrx ns ", "{", 100000);
	survive_repeated("ffs 1\nrx ns a", "{b(c[", 100000);
	survive_repeated("ffs 1\n", "shuffle {\n", 100000);
	survive_repeated("ffs 1\ncheck a", ".b", 100000);
	survive_repeated("ffs 1\ncheck a", "[1]", 100000);
	survive_repeated("ffs 1\ncheck 1", "|1", 100000);
	survive_repeated("ffs 1\n", "x", 1000000);
	survive_repeated("ffs 1\n", "part a id=1\n", 5000);
	survive_repeated("ffs 1\n", "param N = 1\n", 5000);
	survive_repeated("ffs 1\n", "x@0 FFA_X() = 1\n", 50000);
	survive_repeated("ffs 1\n", "/*", 100000);
	survive_repeated("ffs 1\n", "#\n\n", 10000);
	survive_repeated("ffs 1\ntitle \"", "\\x00", 100000);
	survive_repeated("", "ffs 1\n", FFS_MAX_TEXT / 6 + 1);
}
END_TEST

START_TEST(nul_byte)
{
	struct ffs_file *f = ffs_parse_text("x", "ffs 1\nti\0le", 11, diags);

	ck_assert_uint_eq(diags->errors, 2);
	ck_assert_uint_eq(message(1)->line, 2);
	ck_assert_uint_eq(message(1)->col, 3);
	ffs_file_free(f);
}
END_TEST

/* -- words ---------------------------------------------------------------------------------- */

START_TEST(words)
{
	g_autofree char *manual = NULL;

	for (int i = 0; i < FFS_W_COUNT; i++)
		ck_assert_int_eq(ffs_word_find(ffs_word_name(
					(enum ffs_word)i)), i);
	for (int i = 0; i < FFS_VERB_COUNT; i++)
		ck_assert_str_ne(ffs_verb_name((enum ffs_verb)i), "?");
	ck_assert_int_eq(ffs_word_find("nonsense"), FFS_W_COUNT);
	/* the manual is read from where make runs the tests */
	if (!g_file_get_contents("docs/ffs.5", &manual, NULL, NULL))
		return;
	for (unsigned int i = 0; i < ffs_row_count; i++) {
		const struct ffs_row *r = &ffs_rows[i];
		bool key = r->kind == FFS_ROW_KEY || r->kind == FFS_ROW_OPT;
		g_autofree char *is = key ?
			g_strdup_printf(".It Ic %s Ns =", r->name) :
			g_strdup_printf(".It Ic %s", r->name);

		if (r->kind == FFS_ROW_POS)
			continue;
		if (r->kind == FFS_ROW_KEY && r->word == FFS_W_REQUIRES) {
			g_free(is);
			is = g_strdup_printf(".Ic %s", r->name);
		}
		ck_assert_msg(strstr(manual, is) != NULL,
			      "docs/ffs.5 lacks `%s`", is);
	}
}
END_TEST

Suite *check_ffs(void);
Suite *check_ffs(void)
{
	Suite *s = suite_create("ffs");
	TCase *tc = tcase_create("tree");

	tcase_add_checked_fixture(tc, text_setup, text_teardown);
	tcase_add_test(tc, example_is_right);
	tcase_add_test(tc, example_is_canonical);
	tcase_add_test(tc, example_tree);
	tcase_add_loop_test(tc, line_round_trip, 0, G_N_ELEMENTS(lines));
	tcase_add_loop_test(tc, layout, 0, G_N_ELEMENTS(layouts));
	tcase_add_test(tc, long_block_spreads);
	tcase_add_test(tc, long_param_spreads);
	tcase_add_test(tc, pin);
	tcase_add_test(tc, include);
	tcase_add_test(tc, words);
	suite_add_tcase(s, tc);

	tc = tcase_create("garbage");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, text_setup, text_teardown);
	tcase_add_test(tc, random_bytes);
	tcase_add_test(tc, broken_example);
	tcase_add_test(tc, deep_and_long);
	tcase_add_test(tc, nul_byte);
	suite_add_tcase(s, tc);
	return s;
}
