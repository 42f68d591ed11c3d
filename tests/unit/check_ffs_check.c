/* SPDX-License-Identifier: BSD-3-Clause */
/* What a scenario file can have wrong, and what is said then. */
#include <glib.h>
#include <string.h>

#include "sim/ffs.h"
#include "text.h"
#include "unit.h"

#define HEAD "ffs 1\nboard cpus=2\n"					\
	"part ns id=0 kind=vm\n"					\
	"part sp1 id=0x8001 kind=sp ec=2\n"				\
	"part sp2 id=0x8002 kind=sp\n"					\
	"buf tx ns 0x8800_0000 1page\n"					\
	"mem shm ns 0x8900_0000 2pages\n"

/* -- messages ---------------------------------------------------------------------- */

START_TEST(ten_mistakes)
{
	static const struct {
		unsigned int line, col;
		const char *message, *hint;
	} want[] = {
		{ 2, 1, "unknown directive `titel`", "did you mean `title`?" },
		{ 8, 8, "there is no CPU 2: the board has CPUs 0 to 1", NULL },
		{ 9, 10, "unknown function `FFA_RX_RELESE`",
		  "did you mean `FFA_RX_RELEASE`?" },
		{ 10, 26, "FFA_RXTX_MAP_64 has no field `xx`", "legal: tx rx pages" },
		{ 11, 32, "64 does not fit the 6 bits of `pages`", NULL },
		{ 12, 33, "`$h` is used before a `?h` binds it", NULL },
		{ 13, 22, "expected `= RESULT`, or `...`", NULL },
		{ 15, 6, "ns@0 is still inside its call of line 14",
		  "... = RESULT" },
		{ 16, 6, "no part `sp3`", "did you mean `sp1`?" },
		{ 17, 6, "unknown verb `stroe`", "did you mean `store`?" },
	};
	static const char text[] =
		"ffs 1\n"
		"titel \"x\"\n"
		"board cpus=2\n"
		"part ns id=0 kind=vm\n"
		"part sp1 id=0x8001 kind=sp\n"
		"buf  b ns 0x8800_0000 1page\n"
		"\n"
		"    ns@2 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
		"    ns@0 FFA_RX_RELESE() = FFA_SUCCESS()\n"
		"    ns@0 FFA_RXTX_MAP_64(xx=b) = FFA_SUCCESS()\n"
		"    ns@0 FFA_RXTX_MAP_64(pages=64) = FFA_SUCCESS()\n"
		"    ns@0 FFA_MEM_RECLAIM(handle=$h) = FFA_SUCCESS()\n"
		"    ns@0 FFA_ID_GET()\n"
		"    ns@0 FFA_RUN(target=sp1) ...\n"
		"     ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
		"     sp3@0 ... = FFA_RUN()\n"
		"ns@0 stroe b[0..1] = 1\n";
	struct ffs_file *f = parse(text);

	ck_assert(!ffs_check(f, diags));
	ck_assert_uint_eq(diags->errors, G_N_ELEMENTS(want));
	for (guint i = 0; i < G_N_ELEMENTS(want); i++) {
		const struct ffs_diag *g = message(i);

		ck_assert_uint_eq(g->line, want[i].line);
		ck_assert_msg(strstr(g->message, want[i].message) != NULL,
			      "%s", g->message);
		ck_assert_msg(!want[i].hint ||
			      (g->hint && strstr(g->hint, want[i].hint)),
			      "%s: %s", g->message, g->hint);
		ck_assert_msg(g->col == want[i].col, "line %u: column %u",
			      g->line, g->col);
	}
	ffs_file_free(f);
}
END_TEST

/* One mistake each, behind HEAD. */
static const char *const mistakes[][2] = {
	{ "board pags=4K", "board has no key `pags=`" },
	{ "board cpus=0", "expected 1 to 32 CPUs, not 0" },
	{ "board page=8K", "page= is 4K, 16K or 64K" },
	{ "board cpus=2 cpus=2", "cpus= is given twice" },
	{ "board cpus>=2", "not a comparison" },
	{ "board 2", "board does not take this" },
	{ "ffs 1", "`ffs` stands once" },
	{ "ffa 2.0", "the model has FF-A 1.0 to 1.3" },
	{ "ffa", "ffa needs VERSION" },
	{ "title x", "title TEXT: expected a string, not `x`" },
	{ "part sp1", "`sp1` is declared twice" },
	{ "mem sp1 ns 0 1page", "`sp1` is declared twice: first as part" },
	{ "part p id=0x8001", "`p` has the id of `sp1`" },
	{ "part p id=1", "has bit 15 set" },
	{ "part p id=0x8000", "id of the SPMC" },
	{ "part p id=0x18001", "an endpoint id has 16 bits" },
	{ "part p kind=vms", "part kind=: expected one of vm, sp, hyp" },
	{ "part p uuid=1234", "part uuid=: expected a UUID, not `1234`" },
	{ "part p uuid=12345678-1234", "is not a UUID: expected 8-4-4-4-12" },
	{ "part p ec=3", "ec= is 1 (it may migrate) or the number of CPUs" },
	{ "part p dirver", "part does not take this" },
	{ "part p driver", "a driver is the normal world" },
	{ "part nil", "`nil` is a word of the language" },
	{ "buf b ns 0x1001 1page", "not a multiple of 4K" },
	{ "buf b ns 0x1000 0pages", "expected at least 1page" },
	{ "buf b ns 0x1000 1", "expected a number of pages" },
	{ "buf b xx 0x1000 1page", "unknown part `xx`" },
	{ "buf b ns 0x1000", "buf needs SIZE" },
	{ "mem m ns 0xffff_ffff_ffff_f000 2pages", "beyond the 64-bit" },
	{ "mem m ns 0 1page stride=0", "stride is at least 1" },
	{ "requires ffa=1.2", "requires compares" },
	{ "requires colour>=1", "requires has no key `colour=`" },
	{ "requires file>=\"x\"", "file has no order" },
	{ "param P = 1\nrequires file==$P", "expected a string, not `1`" },
	{ "param P = 1\nrequires file==\"x\"+$P", "or a parameter that is" },
	{ "requires file==\"x\"+$P", "`$P` is used before" },
	{ "param P = \"x\"\ntitle $P", "expected a string itself" },
	{ "requires", "expected a comparison" },
	{ "param P = 1", "parameter `P` is not used" },
	{ "param P = $P", "a parameter is a number" },
	{ "include \"/nonexistent/x\"", "cannot include `/nonexistent/x`" },
	{ "include \"/\"", "not a regular file" },
	{ "wait 5", "wait TIME: expected a time" },
	{ "irq SRI ns@5 within=1ms", "there is no CPU 5" },
	{ "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=?h)\npoweroff $h",
	  "expected a CPU (@0) itself, not `$h`" },
	{ "rx $h {}", "rx PART: expected the name of a part itself" },
	{ "raise 33", "raise needs @CPU" },
	{ "inject FFA_RUN", "inject does nothing" },
	{ "inject FFA_RUM error=BUSY", "unknown function `FFA_RUM`" },
	{ "inject FFA_RUN error=BUZY", "unknown error `BUZY`" },
	{ "poke tx u8 256", "expected 8 bits" },
	{ "poke tx u32", "expected a value behind u32" },
	{ "poke txx u8 1", "unknown buf or mem `txx`" },
	{ "check leaks = 0", "check compares" },
	{ "check sp9.state == aborted", "no part, buf or mem `sp9`" },
	{ "shuffle { part p }", "`part` cannot stand inside a block" },
	{ "shuffle {", "`{` is never closed" },
	{ "}", "expected a directive or an actor, not `}`" },
	{ "ns", "unknown directive `ns`" },
	{ "FFA_ID_GET() = _", "unknown directive `FFA_ID_GET`" },
	{ "ns@x FFA_ID_GET() = _", "expected the number of a CPU" },
	{ "ns@0", "expected a call, `...` or a verb" },
	{ "ns@0 FFA_ID_GET = _", "expected `(` behind the function name" },
	{ "ns@0 FFA_ID_GET(", "`(` is never closed" },
	{ "ns@0 FFA_ID_GET(\nns@0 FFA_ID_GET() = _", "`(` is never closed" },
	{ "ns@0 FFA_ID_GET() =", "expected a result" },
	{ "ns@0 FFA_ID_GET() ... = _", "expected the end of the line" },
	{ "ns@0 FFA_ID_GET() = _ x", "expected the end of the line" },
	{ "ns@0 FFA_ID_GET() = _ x=1", "unknown option `x=`" },
	{ "ns@0 FFA_ID_GET() = FFA_SUCCESS", "expected `(` behind FFA_SUCCESS" },
	{ "ns@0 FFA_ID_GET(...) = _", "expected a value, not `...`" },
	{ "ns@0 FFA_ID_GET(5) = _", "FFA_ID_GET has 0 fields, no more" },
	{ "ns@0 FFA_ID_GET() = FFA_SUCCESS(count=1)",
	  "FFA_SUCCESS has no field `count` as the answer to FFA_ID_GET" },
	{ "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns, id=ns)", "`id` is given twice" },
	{ "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ms)", "`ms` is no value of `id`" },
	{ "ns@0 FFA_ID_GET() = FFA_ERROR(DENYED)", "`DENYED` is no value of `code`" },
	{ "ns@0 FFA_ID_GET() = FFA_ERROR(5ms)", "`code` is a plain number" },
	{ "ns@0 FFA_ID_GET() = \"x\"", "cannot be a string" },
	{ "ns@0 FFA_VERSION(1.2) = FFA_SUCCESS()", "answers with a bare value" },
	{ "ns@0 FFA_VERSION(_) = 1.2", "`_` stands for what comes back" },
	{ "ns@0 FFA_VERSION(?v) = 1.2", "`?v` binds what comes back" },
	{ "ns@0 FFA_VERSION(1..2) = 1.2", "compares what comes back" },
	{ "ns@0 FFA_RUN(target=sp1, ec=65536) ...", "does not fit the 16 bits" },
	{ "ns@0 FFA_RUN(w1=0x1_0000_0000) ...", "does not fit the 32 bits" },
	{ "ns@0 FFA_RUN(x18=0) ...", "FFA_RUN has no field `x18`" },
	{ "ns@0 FFA_PARTITION_INFO_GET(uuid=0) = _", "`uuid` is a UUID" },
	{ "ns@0 FFA_PARTITION_INFO_GET(flags=ns.uuid) = _", "cannot be a UUID" },
	{ "ns@0 FFA_MEM_RECLAIM(handle=mid(1)) = _", "unknown function `mid`" },
	{ "ns@0 SMC(y1=1) = _", "SMC has no field `y1`" },
	{ "ns@0 SMC(0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18) = _",
	  "x0 to x17, no more" },
	{ "ns@0 crash", "only a partition can crash" },
	{ "sp2@0 FFA_ID_GET() = _", "sp2@0 waits in FFA_MSG_WAIT" },
	{ "ns@0 ... = _", "ns@0 is not inside a call" },
	{ "ns@0 load shm[4..4] = 1", "these are no bytes" },
	{ "ns@0 load shm[0..8193] = 1", "shm has only 2pages" },
	{ "ns@0 load shm[0..4] = \"pings\"", "5 bytes for a place of 4" },
	{ "ns@0 load shn[0..4] = 1", "no part, buf or mem `shn`" },
	{ "ns@0 load shm[0..4]", "expected `load MEM[a..b] = VALUE`" },
	{ "title \"x", "the string is not closed" },
	{ "title \"\\q\"", "unknown escape" },
	{ "wait 0x", "`0x` is not a number" },
	{ "wait 5mss", "is not a number: expected digits and one of" },
	{ "wait 99999999999999999999ns", "does not fit 64 bits" },
	{ "wait 99999999999999s", "does not fit 64 bits" },
	{ "ffa 1.2x", "is not a version" },
	{ "wait %", "unexpected character `%`" },
	{ "wait \x01", "unexpected character U+0001" },
	{ "wait 1ms /* x", "the comment is never closed" },
	{ "wait \xff", "is not UTF-8 text" },
	{ "check $ == 1", "expected a name behind `$`" },
};

START_TEST(one_mistake)
{
	g_autofree char *text = g_strconcat(HEAD, mistakes[_i][0], "\n", NULL);
	struct ffs_file *f = parse(text);
	g_autofree char *all = NULL;

	ffs_check(f, diags);
	all = ffs_diags_format(diags, false);
	ck_assert_msg(diags->errors != 0, "no error in: %s", mistakes[_i][0]);
	ck_assert_msg(strstr(message(0)->message, mistakes[_i][1]) ||
		      (diags->errors > 1 &&
		       strstr(message(1)->message, mistakes[_i][1])),
		      "%s\n%s", mistakes[_i][0], all);
	ck_assert_msg(diags->errors <= 2, "%s\n%s", mistakes[_i][0], all);
	ck_assert_uint_ge(message(0)->line, 1);
	ffs_file_free(f);
}
END_TEST

/* What looks odd and is right, behind HEAD. */
static const char *const fine[] = {
	"param V = 1.1, 1.2\nns@0 FFA_VERSION($V) = $V",
	"param N = 1, 63\nns@0 FFA_RXTX_MAP_64(tx=tx+0x800, rx=shm, pages=$N) = _",
	"ns@0 FFA_RX_RELEASE(w7=1, x1=-1) = FFA_ERROR(INVALID_PARAMETERS)",
	"ns@0 SMC(0x840000ff, 1, w7=2) = NOT_SUPPORTED",
	"ns@0 FFA_MEM_SHARE(len=1) = FFA_ERROR(-6, target=0)",
	/* one context, on whichever CPU; a context each */
	"sp2@0 ... = _\nsp2@0 FFA_MSG_WAIT() ...\nsp2@1 ... = _",
	"sp1@0 ... = _\nsp1@1 ... = _\nsp1@0 FFA_MSG_WAIT() ...",
	"sp2@0 ... = _\nsp2@0 crash\nsp2@0 ... = _",
	"boot\nsp2@0 FFA_ID_GET() = FFA_SUCCESS(id=sp2)\nsp2@0 FFA_MSG_WAIT() ...",
	("ns@0 FFA_ID_GET() = FFA_SUCCESS(id=?h)\n"
	 "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=?h)\ncheck $h == 0"),
	"any { sp2@0 ... = _\nsp2@0 FFA_MSG_WAIT() ...\nsp2@0 ... = _ }",
	"ns@0 FFA_RUN(sp1, 0) ...\nns@0 ... = FFA_YIELD(target=sp1, ...)",
	"irq 33 ns@0 within=1ms\nraise 33 @1",
	"poke shm[4096] u64 0xffff_ffff_ffff_ffff",
	"part d kind=vm id=1 driver\nd@0 FFA_VERSION(?v) = _",
};

START_TEST(no_mistake)
{
	g_autofree char *text = g_strconcat(HEAD, fine[_i], "\n", NULL);
	struct ffs_file *f = parse(text);

	ffs_check(f, diags);
	no_errors();
	ffs_file_free(f);
}
END_TEST

START_TEST(header)
{
	struct ffs_file *f = parse("title \"x\"\n");

	ffs_check(f, diags);
	ck_assert_uint_eq(diags->errors, 1);
	ck_assert_str_eq(message(0)->message,
			 "expected `ffs 1` before everything else");
	ffs_file_free(f);
	f = parse("");
	ck_assert(!ffs_check(f, diags));
	ffs_file_free(f);
	f = parse("ffs 2\n");
	ck_assert(!ffs_check(f, diags));
	ck_assert_uint_eq(diags->errors, 3);
	ffs_file_free(f);
}
END_TEST

START_TEST(how_it_looks)
{
	struct ffs_file *f = parse("ffs 1\n\ttitle  \xc3\xa9t\xc3\xa9 tru\n"
				   "\tns@0\tFFA_ID_GOT() = _\n");
	g_autofree char *plain = NULL, *color = NULL;

	ffs_check(f, diags);
	plain = ffs_diags_format(diags, false);
	ck_assert_str_eq(plain,
		"t.ffs:2:9: error: unexpected character `\xc3\xa9`\n"
		"    2 | \ttitle  \xc3\xa9t\xc3\xa9 tru\n"
		"      | \t       ^\n"
		"t.ffs:2:11: error: unexpected character `\xc3\xa9`\n"
		"    2 | \ttitle  \xc3\xa9t\xc3\xa9 tru\n"
		"      | \t         ^\n"
		"t.ffs:3:7: error: unknown function `FFA_ID_GOT`\n"
		"    3 | \tns@0\tFFA_ID_GOT() = _\n"
		"      | \t    \t^~~~~~~~~~\n"
		"      = did you mean `FFA_ID_GET`?\n");
	color = ffs_diags_format(diags, true);
	ck_assert_ptr_nonnull(strstr(color, "\033[1;31merror:\033[0m"));
	ffs_file_free(f);
}
END_TEST

START_TEST(nearest)
{
	static const char *const names[] = { "store", "load", "FFA_RUN", "tx" };

	ck_assert_str_eq(ffs_nearest("sotre", names, 4), "store");
	ck_assert_str_eq(ffs_nearest("ffa_run", names, 4), "FFA_RUN");
	ck_assert_ptr_null(ffs_nearest("rx", names, 4));
	ck_assert_ptr_null(ffs_nearest("", names, 4));
	ck_assert_ptr_null(ffs_nearest("zebra", names, 0));
}
END_TEST

Suite *check_ffs_check(void);
Suite *check_ffs_check(void)
{
	Suite *s = suite_create("ffs_check");
	TCase *tc = tcase_create("messages");

	tcase_add_checked_fixture(tc, text_setup, text_teardown);
	tcase_add_test(tc, ten_mistakes);
	tcase_add_loop_test(tc, one_mistake, 0, G_N_ELEMENTS(mistakes));
	tcase_add_loop_test(tc, no_mistake, 0, G_N_ELEMENTS(fine));
	tcase_add_test(tc, header);
	tcase_add_test(tc, how_it_looks);
	tcase_add_test(tc, nearest);
	suite_add_tcase(s, tc);

	return s;
}
