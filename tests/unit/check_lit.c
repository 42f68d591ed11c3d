/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Literals of memory descriptors: their bytes in each version, which are
 * written by hand here; and that a trace, which decodes them, runs again.
 */
#include <glib.h>
#include <string.h>

#include "sim/ffs.h"
#include "sim/run.h"
#include "unit.h"

#define HEAD								\
	"ffs 1\n"							\
	"board dynbuf=on\n"						\
	"part ns id=0 kind=vm ffa=%s\n"					\
	"part sp1 id=0x8001\n"						\
	"part sp2 id=0x8002\n"						\
	"buf tx ns 0x8800_0000 1page\n"					\
	"buf rx ns 0x8800_1000 1page\n"					\
	"buf dyn ns 0x8800_2000 2pages\n"				\
	"mem shm ns 0x8900_0000 4pages\n"				\
	"mem odd ns 0x8901_0000 3pages stride=2\n"			\
	"ns@0 FFA_RXTX_MAP_64(tx=tx, rx=rx, pages=1) = FFA_SUCCESS()\n"

static struct run_result *run_text(const char *text)
{
	static const struct run_options options = { .want_trace = true };
	struct ffs_diags *d = ffs_diags_new();
	struct ffs_file *f = ffs_parse_text("t.ffs", text, strlen(text), d);
	g_autoptr(GPtrArray) variants = NULL;
	g_autofree char *said = NULL;
	struct run_result *r;

	ffs_check(f, d);
	said = ffs_diags_format(d, false);
	ck_assert_msg(!d->errors, "%s\n%s", said, text);
	variants = run_variants(f);
	r = run_variant(f, variants->pdata[0], &options);
	ffs_diags_free(d);
	ffs_file_free(f);
	return r;
}

/* -- bytes ---------------------------------------------------------------- */

static const struct {
	const char *version, *literal, *bytes;
} layouts[] = {
	{ "1.0", "share{to={sp1:rw} tag=0x55 ranges=shm}",
	  "\\x00\\x00\\x2f\\x00\\x00\\x00\\x00\\x00"	/* sender, attr, flags */
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"	/* handle */
	  "\\x55\\x00\\x00\\x00\\x00\\x00\\x00\\x00"	/* tag */
	  "\\x00\\x00\\x00\\x00\\x01\\x00\\x00\\x00"	/* reserved, count */
	  "\\x01\\x80\\x02\\x00\\x30\\x00\\x00\\x00"	/* endpoint */
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x04\\x00\\x00\\x00\\x01\\x00\\x00\\x00"	/* composite */
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x89\\x00\\x00\\x00\\x00"	/* range */
	  "\\x04\\x00\\x00\\x00\\x00\\x00\\x00\\x00" },
	{ "1.1", "lend{owner=7 to={sp1:ro} flags=zero ranges=odd[1..3]}",
	  "\\x07\\x00\\x00\\x00\\x01\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x10\\x00\\x00\\x00\\x01\\x00\\x00\\x00"	/* size, count */
	  "\\x30\\x00\\x00\\x00\\x00\\x00\\x00\\x00"	/* offset */
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x01\\x80\\x01\\x00\\x40\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x02\\x00\\x00\\x00\\x02\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x20\\x01\\x89\\x00\\x00\\x00\\x00"
	  "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x40\\x01\\x89\\x00\\x00\\x00\\x00"
	  "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00" },
	{ "1.2", "retrieve{handle=0x1_0000_0002 owner=ns flags=share|bypass "
		 "attr=normal|nc|os|ns to={sp2:{ro-x flags=1 impdef={3 4}}}}",
	  "\\x00\\x00\\x66\\x00\\x08\\x04\\x00\\x00"
	  "\\x02\\x00\\x00\\x00\\x01\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x20\\x00\\x00\\x00\\x01\\x00\\x00\\x00"
	  "\\x30\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x02\\x80\\x09\\x01\\x00\\x00\\x00\\x00"
	  "\\x03\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x04\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00" },
	{ "1.2", "retrieve{handle=2}",
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00" },
	{ "1.2", "relinquish{handle=0x0102 flags=zero|slice to={sp1 sp2}}",
	  "\\x02\\x01\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x03\\x00\\x00\\x00\\x02\\x00\\x00\\x00\\x01\\x80\\x02\\x80" },
	{ "1.2", "frag{ranges={shm[2] {0x1000 3 reserved=4}}}",
	  "\\x00\\x20\\x00\\x89\\x00\\x00\\x00\\x00"
	  "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x10\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x03\\x00\\x00\\x00\\x04\\x00\\x00\\x00" },
	{ "1.2", "bytes{\"0102 03\" \"ff\"}", "\\x01\\x02\\x03\\xff\\x00" },
	/* what follows from the rest, said */
	{ "1.0", "donate{owner=1 attr=device|nGRE handle=2 count=3 reserved=4 "
		 "reserved2=5 pages=6 range-count=7 composite-reserved=8}",
	  "\\x01\\x00\\x18\\x04\\x00\\x00\\x00\\x00"
	  "\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x05\\x00\\x00\\x00\\x03\\x00\\x00\\x00"
	  "\\x06\\x00\\x00\\x00\\x07\\x00\\x00\\x00"
	  "\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x00" },
	{ "1.1", "donate{emad-size=0x21 emad-offset=0x22 reserved=1 "
		 "reserved2=2 reserved3=3 version=1.2}",
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x21\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x22\\x00\\x00\\x00\\x01\\x00\\x00\\x00"
	  "\\x02\\x00\\x00\\x00\\x03\\x00\\x00\\x00" },
	{ "1.1", "share{to={sp1:{composite=9 reserved=1}} emad-offset=64 "
		 "composite=96}",
	  "\\x00\\x00\\x2f\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x10\\x00\\x00\\x00\\x01\\x00\\x00\\x00"
	  "\\x40\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
	  "\\x01\\x80\\x00\\x00\\x09\\x00\\x00\\x00"
	  "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00" },
};

START_TEST(bytes)
{
	g_autofree char *head = g_strdup_printf(HEAD, layouts[_i].version);
	/* the buffer is not clean before */
	g_autofree char *text = g_strdup_printf("%spoke tx+0x40 \"dirt\"\n"
		"tx ns %s\nns@0 load tx = \"%s\"\n", head,
		layouts[_i].literal, layouts[_i].bytes);
	struct run_result *r = run_text(text);

	ck_assert_msg(r->verdict == RUN_PASS, "%s", r->message);
	run_result_free(r);
}
END_TEST

/* -- traces --------------------------------------------------------------- */

static void runs_again(const char *text)
{
	struct run_result *r = run_text(text), *again;

	ck_assert_msg(r->verdict == RUN_PASS, "%s\n%s", r->message, text);
	again = run_text(r->trace);
	ck_assert_msg(again->verdict == RUN_PASS, "%s\n%s", again->message,
		      r->trace);
	ck_assert_str_eq(again->trace, r->trace);
	run_result_free(r);
	run_result_free(again);
}

static const char *pick(GRand *rand, const char *const *from)
{
	unsigned int n = 0;

	while (from[n])
		n++;
	return from[g_rand_int_range(rand, 0, (gint32)n)];
}

static const char *const versions[] = { "1.0", "1.1", "1.2", NULL };
static const char *const calls[] = {
	"FFA_MEM_SHARE_32", "FFA_MEM_SHARE_64", "FFA_MEM_LEND_32",
	"FFA_MEM_DONATE_64", "FFA_MEM_RETRIEVE_REQ_32", "FFA_MEM_FRAG_TX",
	"FFA_MEM_RELINQUISH", NULL,
};
static const char *const lengths[] = {
	"", "", "", ", frag=16", ", frag=96", ", frag=4096", ", frag=0",
	", len=0", ", len=96", ", buf=dyn", ", buf=dyn, pages=0",
	", buf=dyn+8", ", pages=1", ", w1=0", NULL,
};
static const char *const entries[] = {
	"count=0", "count=1", "count=9", "emad-size=16", "emad-size=32",
	"emad-size=24", "emad-size=5", "emad-offset=48", "emad-offset=64",
	"emad-offset=33", "emad-offset=0xffff_ffff", "composite=0",
	"composite=64", "composite=0x70", "composite=0x1000", "pages=7",
	"range-count=0", "range-count=9", "reserved=1", "reserved2=2",
	"reserved3=3", "composite-reserved=4", "version=1.0", "version=1.1",
	"version=1.2", "tag=5", "handle=6", "owner=sp2", "owner=9",
	"attr=0xffff", "attr=device|is", "flags=0xffff_ffff", "flags=donate",
	"to={}", "to={sp1:rw}", "to={sp1:rw-nx sp2:data-reserved}",
	"to={9:{instr-reserved flags=2 impdef={1 2} reserved=3}}",
	"to={sp1:{0xf0 composite=0x40} sp2:ro}", "ranges=shm", "ranges=odd",
	"ranges={odd[1..3] odd[0]}", "ranges={shm[1..2] {0x8900_1000 4}}",
	"ranges={ {5 0xffff_ffff reserved=7} {0 0} }", NULL,
};

/* Literals with random entries, under any call. */
static void random_literal(GRand *rand, GString *to)
{
	static const char *const kinds[] = {
		"share", "lend", "donate", "retrieve", NULL,
	};
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash,
							   g_str_equal,
							   g_free, NULL);
	const char *kind = pick(rand, kinds);

	g_string_append_printf(to, "%s{", kind);
	for (int i = g_rand_int_range(rand, 0, 8); i > 0; i--) {
		const char *e = pick(rand, entries);
		char *name = g_strndup(e, strcspn(e, "="));

		if (!g_hash_table_add(seen, name) ||
		    (!strcmp(kind, "retrieve") &&
		     (!strcmp(name, "ranges") || !strcmp(name, "pages") ||
		      !strcmp(name, "range-count") ||
		      !strcmp(name, "composite-reserved"))))
			continue;
		g_string_append_printf(to, " %s", e);
	}
	g_string_append_c(to, '}');
}

static void random_bytes(GRand *rand, GString *to)
{
	static const char *const parts[] = {
		"00", "01", "02", "10", "20", "30", "40", "80", "89", "ff",
		"0180", "30000000", "01000000", "00000000 00000000",
		"00000089 00000000 01000000 00000000", NULL,
	};

	g_string_append(to, "bytes{\"");
	for (int i = g_rand_int_range(rand, 0, 40); i > 0; i--)
		g_string_append(to, pick(rand, parts));
	g_string_append(to, "\"}");
}

START_TEST(random_traces)
{
	GRand *rand = g_rand_new_with_seed((guint32)_i);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_printf(text, HEAD, pick(rand, versions));
	for (unsigned int i = 0; i < 8; i++) {
		const char *call = pick(rand, calls);
		bool frag = !strcmp(call, "FFA_MEM_FRAG_TX");

		g_string_append_printf(text, "ns@0 %s(tx=", call);
		if (g_rand_int_range(rand, 0, 4))
			random_literal(rand, text);
		else
			random_bytes(rand, text);
		g_string_append_printf(text, "%s) = _\n",
				       frag ? ", handle=1" :
				       !strcmp(call, "FFA_MEM_RELINQUISH") ?
				       "" : pick(rand, lengths));
	}
	g_rand_free(rand);
	runs_again(text->str);
}
END_TEST

static const char *const traced[] = {
	/* rest, in TX and in another buffer; a raw call; an edit */
	"ns@0 FFA_MEM_SHARE_32(tx=share{to={sp1:rw} ranges=odd}, frag=112) = "
	"FFA_MEM_FRAG_RX(handle=?h, off=112)\n"
	"ns@0 FFA_MEM_FRAG_TX(handle=$h, tx=rest, frag=16) = "
	"FFA_MEM_FRAG_RX(handle=$h, off=128)\n"
	"ns@0 FFA_MEM_LEND_64(tx=lend{to={sp1:rw} ranges={shm[0] shm[2]}}, "
	"frag=112, buf=dyn) = FFA_MEM_FRAG_RX(handle=?i, off=112)\n"
	"ns@0 FFA_MEM_FRAG_TX(handle=$i, tx=rest) = FFA_SUCCESS(handle=$i)\n"
	"ns@0 FFA_MEM_FRAG_TX(handle=$h, tx=rest) = FFA_SUCCESS(handle=$h)\n"
	"check $h.state == sent $i.state == sent handles == 2\n"
	"check odd.ns == rw shm[0].ns == none shm[1].ns == rw shm.ns == mixed\n"
	"check shm.owner == ns\n",
	"tx ns share{to={sp1:rw} ranges=odd}\n"
	"ns@0 SMC(0x84000073, 144, 144) = FFA_SUCCESS(handle=?h)\n"
	"ns@0 FFA_MEM_RETRIEVE_REQ_32(tx=retrieve{handle=$h}) = "
	"FFA_MEM_RETRIEVE_RESP(len=144, frag=144)\n"
	"rx ns resp{handle=$h owner=?who to=_ attr=_ flags=share ranges=odd}\n"
	"rx ns resp{handle=_ to={sp1:_} attr=0x6f flags=8 ranges=_}\n"
	"check $who == 0\n",
	"tx ns share{to={sp1:rw} ranges=odd}\n"
	"poke tx+16 u8 7\n"
	"ns@0 FFA_MEM_SHARE_32() = FFA_SUCCESS(handle=?h)\n"
	/* the lengths of a tx line are good for one call */
	"ns@0 FFA_MEM_SHARE_32() = FFA_ERROR(INVALID_PARAMETERS)\n"
	"ns@0 FFA_MEM_RETRIEVE_REQ_32(tx=retrieve{handle=$h}) = "
	"FFA_MEM_RETRIEVE_RESP(...)\n"
	"rx ns resp{handle=$h to={sp1:rw} attr=normal|wb|is|ns flags=share "
	"tag=7 ranges=odd}\n",
};

START_TEST(traces)
{
	g_autofree char *head = g_strdup_printf(HEAD, "1.2");
	g_autofree char *text = g_strconcat(head, traced[_i], NULL);

	runs_again(text);
}
END_TEST

/* -- what does not match -------------------------------------------------- */

static const char *const differing[] = {
	"handle=2", "owner=sp1", "to={sp1:ro}", "to={sp2:rw}", "to={}",
	"attr=normal|wb|is", "flags=lend", "tag=1", "ranges=odd[0..2]",
	"ranges=shm", "count=2", "pages=4", "range-count=2", "emad-size=16",
	"emad-offset=64", "reserved3=1", "composite-reserved=1", "version=1.1",
};

START_TEST(differs)
{
	static const char *const all[] = {
		"handle=1", "owner=ns", "to={sp1:rw}", "attr=normal|wb|is|ns",
		"flags=share", "ranges=odd",
	};
	g_autofree char *head = g_strdup_printf(HEAD, "1.2");
	g_autoptr(GString) text = g_string_new(head);
	const char *odd = differing[_i];
	gsize name = strcspn(odd, "=");
	struct run_result *r;

	g_string_append(text, "ns@0 FFA_MEM_SHARE_32(tx=share{to={sp1:rw} "
			"ranges=odd}) = FFA_SUCCESS(handle=1)\n"
			"ns@0 FFA_MEM_RETRIEVE_REQ_32(tx=retrieve{handle=1}) ="
			" FFA_MEM_RETRIEVE_RESP(...)\nrx ns resp{");
	for (unsigned int i = 0; i < G_N_ELEMENTS(all); i++)
		if (strncmp(all[i], odd, name + 1))
			g_string_append_printf(text, "%s ", all[i]);
	g_string_append_printf(text, "%s}\n", odd);
	r = run_text(text->str);
	ck_assert_int_eq(r->verdict, RUN_FAIL);
	ck_assert_msg(strstr(r->message, "field"), "%s", r->message);
	run_result_free(r);
}
END_TEST

Suite *check_lit(void)
{
	Suite *s = suite_create("lit");
	TCase *c = tcase_create("literals");

	tcase_add_loop_test(c, bytes, 0, G_N_ELEMENTS(layouts));
	tcase_add_loop_test(c, traces, 0, G_N_ELEMENTS(traced));
	tcase_add_loop_test(c, random_traces, 0, 300);
	tcase_add_loop_test(c, differs, 0, G_N_ELEMENTS(differing));
	suite_add_tcase(s, c);
	return s;
}
