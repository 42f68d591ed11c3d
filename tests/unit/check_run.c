/* SPDX-License-Identifier: BSD-3-Clause */
/* The runner: what passes, what does not, and what it says then. */
#include <glib.h>
#include <string.h>

#include "sim/ffs.h"
#include "sim/run.h"
#include "unit.h"

#define HEAD								\
	"ffs 1\n"							\
	"board cpus=2\n"						\
	"part ns id=0 kind=vm\n"					\
	"part sp1 id=0x8001 ec=2 can=direct,send\n"			\
	"part sp2 id=0x8002 can=direct,send\n"				\
	"part ech id=0x8003 can=direct run=echo\n"			\
	"part hng id=0x8004 can=direct run=hang\n"			\
	"buf nstx ns 0x8800_0000 1page\n"				\
	"buf nsrx ns 0x8800_1000 1page\n"				\
	"buf s1 sp1 0x0e00_0000 1page\n"				\
	"mem shm ns 0x8900_0000 2pages stride=2\n"
#define REQ1								\
	"ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=1) ...\n"
#define GOT1								\
	"sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=1)\n"
#define RESP1								\
	"sp1@0 FFA_MSG_SEND_DIRECT_RESP_32(to=ns, w3=2) ...\n"
#define BACK1								\
	"ns@0 ... = FFA_MSG_SEND_DIRECT_RESP_32(from=sp1, w3=2)\n"
#define MAP								\
	"ns@0 FFA_RXTX_MAP_64(tx=nstx, rx=nsrx, pages=1) = FFA_SUCCESS()\n"

static struct ffs_file *load(const char *text)
{
	struct ffs_diags *d = ffs_diags_new();
	struct ffs_file *f = ffs_parse_text("t.ffs", text, strlen(text), d);
	g_autofree char *said = NULL;

	ffs_check(f, d);
	said = ffs_diags_format(d, false);
	ck_assert_msg(!d->errors, "%s", said);
	ffs_diags_free(d);
	return f;
}

static struct run_result *run_nth(const char *text, unsigned int nth,
				  const struct run_options *o)
{
	struct ffs_file *f = load(text);
	g_autoptr(GPtrArray) v = run_variants(f);
	struct run_result *r;

	ck_assert_uint_gt(v->len, nth);
	r = run_variant(f, v->pdata[nth], o);
	ffs_file_free(f);
	return r;
}

static void verdict(const char *text, const struct run_options *o,
		    enum run_verdict want)
{
	static const struct run_options none;
	struct run_result *r = run_nth(text, 0, o ? o : &none);

	ck_assert_msg(r->verdict == want, "verdict %d: %s\n%s", r->verdict,
		      r->message, text);
	run_result_free(r);
}

static void says(const char *text, const char *message)
{
	static const struct run_options none;
	struct run_result *r = run_nth(text, 0, &none);

	ck_assert_str_eq(r->message, message);
	run_result_free(r);
}

static void says_somewhere(const char *text, const char *part)
{
	static const struct run_options none;
	struct run_result *r = run_nth(text, 0, &none);

	ck_assert_msg(r->message && strstr(r->message, part), "%s\nlacks %s",
		      r->message, part);
	run_result_free(r);
}

/* -- what passes ----------------------------------------------------------- */

static const char *const good[] = {
	"ffs 1\n",
	"ffs 1\nns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n",
	HEAD REQ1 GOT1 RESP1 BACK1 "check leaks == 0\n",
	/* numbers for names, patterns, bindings */
	HEAD "ns@0 FFA_MSG_SEND_DIRECT_REQ_64(to=0x8001, x3=0x12345678_9abcdef0) ...\n"
	"sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_64(from=0, x3=?h)\n"
	"sp1@0 FFA_MSG_SEND_DIRECT_RESP_64(to=ns, x3=lo($h), x4=hi($h), x5=$h) ...\n"
	"ns@0 ... = FFA_MSG_SEND_DIRECT_RESP_64(from=sp1|sp2, x3=0x9abcdef0,"
	" x4=0x12345600..0x123456ff, x5=0xf0/0xff)\n",
	HEAD REQ1 "sp1@0 ... = _\n" RESP1
	"ns@0 ... = FFA_MSG_SEND_DIRECT_RESP_32(from=sp1, ...)\n",
	HEAD "ns@0 FFA_RX_RELEASE() = FFA_ERROR(DENIED|BUSY)\n",
	HEAD "ns@0 SMC(0x84000069) = FFA_SUCCESS(id=ns)\n",
	HEAD "ns@0 SMC(0x12345678) = 0xffffffff\n",
	/* code of partitions */
	HEAD "ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=ech, w3=7)"
	" = FFA_MSG_SEND_DIRECT_RESP_32(from=ech, w3=7)\n",
	HEAD "ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=hng) ...\n"
	"preempt @0\n"
	"ns@0 ... = FFA_INTERRUPT(target=hng)\n",
	/* two CPUs */
	HEAD REQ1
	"ns@1 FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=5) ...\n"
	"sp1@1 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=5)\n" GOT1 RESP1
	"check sp1@0.state == waiting sp1@1.state == running"
	" sp1.ec[1].model == direct_req sp1.ec.model != direct_req\n" BACK1,
	/* crash */
	HEAD REQ1 GOT1 "sp1@0 crash\nns@0 ... = FFA_ERROR(ABORTED)\n"
	"check sp1.state == aborted\n"
	"ns@1 FFA_MSG_SEND_DIRECT_REQ_32(to=sp1) = FFA_ERROR(ABORTED)\n",
	/* preempted before and after it has seen its message */
	HEAD REQ1 "preempt @0\nns@0 ... = FFA_INTERRUPT(target=sp1)\n"
	"ns@0 FFA_RUN(target=sp1) ...\n" GOT1 "sp1@0 preempt\n"
	"ns@0 ... = FFA_INTERRUPT(target=sp1)\n"
	"ns@0 FFA_RUN(target=sp1) ...\n" RESP1 BACK1,
	HEAD REQ1 GOT1 "sp1@0 hang\nsp1@0 preempt\n"
	"ns@0 ... = FFA_INTERRUPT(target=sp1)\n",
	/* boot by hand */
	HEAD "boot\nsp1@0 ... = BOOT()\nsp1@0 FFA_ID_GET() = FFA_SUCCESS(id=sp1)\n"
	"check sp1.ec.model == init\n"
	"sp1@0 FFA_MSG_WAIT() ...\nsp2@0 FFA_MSG_WAIT() ...\n"
	"ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
	"ns@1 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n",
	HEAD "boot @0\nsp1@0 FFA_ERROR(target=0, code=NO_MEMORY) ...\n"
	"check sp1.state == aborted\nsp2@0 FFA_MSG_WAIT() ...\n"
	"boot @1\nns@1 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n",
	HEAD "poweroff @1\nboot @1\n"
	"ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n",
	/* memory */
	HEAD "ns@0 store shm[4094..4098] = \"ping\"\n"
	"ns@0 load shm[4096..4098] = \"ng\"\n"
	"ns@0 load 0x8900_2000 = 0x676e\n"
	"ns@0 load shm[4094..4096] = 0x6970\n"
	"ns@0 store shm[0..100] = 0x5a\nns@0 load shm+99 = 0x5a\n"
	"ns@0 load s1[0..1] = fault\nns@0 store s1[0..1] = fault\n"
	REQ1 GOT1 "sp1@0 store s1[0..4] = \"ping\"\n"
	"sp1@0 load shm[0..1] = fault\n",
	HEAD "poke shm+1 u16 0x1234\nns@0 load shm[0..4] = 0x123400\n"
	"poke s1 \"abc\"\n" REQ1 GOT1 "sp1@0 load s1[0..3] = \"abc\"\n",
	/* partition information */
	HEAD MAP "ns@0 FFA_PARTITION_INFO_GET(uuid=nil)"
	" = FFA_SUCCESS(count=?n, size=24)\n"
	"rx ns { {id=sp1 ec=2 props=_ uuid=sp1.uuid} _ {id=ech ec=1 props=_ uuid=ech.uuid[0]} _ }\n"
	"check ns.rx == consumer leaks == 1\n",
	"ffs 1\nffa 1.0\npart sp1 id=0x8001 can=direct\n"
	"buf nstx ns 0x8800_0000 1page\nbuf nsrx ns 0x8800_1000 1page\n" MAP
	"ns@0 FFA_PARTITION_INFO_GET(uuid=nil) = FFA_SUCCESS(count=1)\n"
	"rx ns { {id=sp1 ec=1 props=_} }\n",
	/* a hypervisor forwards */
	"ffs 1\npart hyp id=0 kind=hyp\npart vm1 id=1 kind=vm\n"
	"buf nstx hyp 0x8800_0000 1page\nbuf nsrx hyp 0x8800_1000 1page\n"
	"buf vtx vm1 0x8900_0000 1page\nbuf vrx vm1 0x8900_1000 1page\n"
	"hyp@0 FFA_RXTX_MAP_64(tx=nstx, rx=nsrx, pages=1) = FFA_SUCCESS()\n"
	"tx hyp rxtx{id=1 rx=vrx tx=vtx}\n"
	"hyp@0 FFA_RXTX_MAP_64(tx=0, rx=0, pages=0) = FFA_SUCCESS()\n"
	"check vm1.rx == producer\n"
	"vm1@0 store vtx[0..1] = \"x\"\n"
	"tx hyp rxtx{id=1 rx=vrx tx=vtx rx-off=0xffffffff}\n"
	"hyp@0 FFA_RXTX_MAP_64(tx=0, rx=0, pages=0) = FFA_ERROR(INVALID_PARAMETERS)\n",
	/* faults that are made */
	HEAD "inject FFA_ID_GET error=BUSY when=2..3\n"
	"ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
	"ns@0 FFA_ID_GET() = FFA_ERROR(BUSY)\n"
	"ns@1 FFA_ID_GET() = FFA_ERROR(BUSY)\n"
	"ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n",
	HEAD "wait 5ms\nwait 10us\ncheck time == 5010us\n",
	HEAD "check ns.version == 1.2 ns.version >= 1.1"
	" ns.negotiation == default|locked\n",
	/* order */
	HEAD REQ1 "any {\n" BACK1
	"sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=1)\n" RESP1 "}\n",
};

START_TEST(passes)
{
	struct run_options o = { .paranoid = true };

	verdict(good[_i], &o, RUN_PASS);
}
END_TEST

/* -- what does not --------------------------------------------------------- */

static const char *const bad[] = {
	/* control is elsewhere */
	HEAD REQ1 "sp2@0 ... = _\n",
	HEAD REQ1 "ns@0 ... = _\n",
	/* what came is not accounted for */
	HEAD "boot\nns@0 FFA_ID_GET() = _\n",
	/* passed or not */
	HEAD "ns@0 FFA_ID_GET() ...\n",
	HEAD "ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=1) = _\n",
	/* values */
	HEAD "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=sp1)\n",
	HEAD "ns@0 FFA_SPM_ID_GET() = FFA_SUCCESS()\n",
	HEAD "ns@0 FFA_RX_RELEASE() = FFA_SUCCESS()\n",
	HEAD "ns@0 FFA_VERSION(1.1) = 1.1\n",
	HEAD REQ1 "sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns)\n",
	HEAD REQ1 "sp1@0 ... = BOOT()\n",
	HEAD "boot\nsp1@0 ... = BOOT(info=1)\n",
	/* memory */
	HEAD "ns@0 load shm[0..1] = \"x\"\n",
	HEAD "ns@0 load shm[0..1] = fault\n",
	HEAD "ns@0 load s1[0..1] = \"x\"\n",
	HEAD "ns@0 store 0x1000 = 1\n",
	HEAD "poke 0x1000 u8 1\n",
	HEAD "rx ns { }\n",
	HEAD MAP "ns@0 FFA_PARTITION_INFO_GET(uuid=nil) = _\nrx ns { _ }\n",
	/* states */
	HEAD "check leaks == 1\n",
	HEAD "check sp1.state == aborted\n",
	HEAD "check ns.version == 1.1\n",
	HEAD "preempt @0\n",
	HEAD REQ1 GOT1 "sp1@0 hang\n" BACK1,
	HEAD "ns@1 FFA_ID_GET() = _\nboot @1\n",
};

START_TEST(fails)
{
	verdict(bad[_i], NULL, RUN_FAIL);
}
END_TEST

static const char *const wrong[] = {
	HEAD "ech@0 ... = _\n",
	HEAD "check sp1.ec[2].state == off\n",
	HEAD "check sp1.state == gone\n",
	HEAD "check colour == 1\n",
	HEAD "restart ns @0\n",
	HEAD "irq SRI ns@0 within=1ms\n",
	HEAD "part x driver kind=vm id=1\n",
	"ffs 1\npart ns driver kind=vm id=0\ntx ns bytes{\"00\"}\n",
	"ffs 1\npart ns driver kind=hyp id=0 run=hypervisor\n",
	HEAD "check shm.sp1 == maybe\n",
	HEAD "mem bad sp1 0x8800_0000 1page\n",
	"ffs 1\npart x kind=vm id=1\nx@0 FFA_ID_GET() = _\n",
	"ffs 1\npart x run=\"native:foo.so\"\n",
	"ffs 1\npart x manifest=\"no-such.dtb\"\n",
};

#define IRQ1 "ffs 1\npart e kind=sp run=echo irq=33\npart s kind=sp irq=34\n"

START_TEST(interrupts)
{
	says_somewhere(IRQ1 "raise 35 @0\n",
		       "no part has interrupt 35: write part ... irq=35");
	says_somewhere(IRQ1 "irq 34 s@0\n",
		       "interrupt 34 to pend for s@0");
	says_somewhere(IRQ1 "raise 34 @0\ns@0 ... = FFA_INTERRUPT(intid=34)\n"
		       "irq 33 s@0\n", "pending   interrupt 34 s@0");
	says_somewhere(IRQ1 "raise 34 @0\ns@0 ... = FFA_INTERRUPT(intid=34)\n"
		       "irq 34 s@0\nirq 34 s@0\n", "pending   none");
	says_somewhere(IRQ1 "console s \"x\"\n",
		       "no line that was not expected before");
}
END_TEST

START_TEST(comes_in_time)
{
	says_somewhere(HEAD REQ1 GOT1 "wait 2us\n" RESP1
		       "ns@0 ... = _ within=1us\n",
		       "the result took 2000 ns");
	says_somewhere(HEAD "inject FFA_ID_GET delay=2us when=2\n"
		       "ns@0 FFA_ID_GET() = _ within=0ns\n"
		       "ns@0 FFA_ID_GET() = _ within=1us\n",
		       "the result took 2000 ns");
}
END_TEST

START_TEST(is_refused_at_once)
{
	struct ffs_file *f = load(wrong[_i]);
	struct ffs_diags *d = ffs_diags_new();
	const struct run_options none = { 0 };

	ck_assert_msg(!run_check(f, &none, d), "%s", wrong[_i]);
	ck_assert_uint_gt(d->errors, 0);
	ffs_diags_free(d);
	ffs_file_free(f);
	verdict(wrong[_i], NULL, RUN_BAD_FILE);
}
END_TEST

START_TEST(skips_with_a_reason)
{
	const struct run_options old = { .ffa = "1.1" };

	verdict("ffs 1\nrequires cpus>=4\n", NULL, RUN_SKIP);
	verdict("ffs 1\nrequires ffa>=1.2\n", NULL, RUN_PASS);
	verdict("ffs 1\nrequires ffa>=1.2\n", &old, RUN_SKIP);
	verdict("ffs 1\nrequires profile==hafnium\n", NULL, RUN_SKIP);
	says("ffs 1\nrequires file==\"no-such.dts\"\n"
	     "part sp1 manifest=\"no-such.dts\"\n",
	     "requires file==\"no-such.dts\"");
}
END_TEST

/* -- what it says ---------------------------------------------------------- */

START_TEST(a_mismatch_says_all)
{
	says(HEAD MAP "ns@0 FFA_RX_RELEASE() = FFA_SUCCESS()\n",
	     "t.ffs:13: ns@0 FFA_RX_RELEASE()\n"
	     "  expected  = FFA_SUCCESS()\n"
	     "  got       = FFA_ERROR(DENIED)\n"
	     "  registers x0=0x84000060 x2=0xfffffffa (others 0)\n"
	     "  rule      RX_RELEASE_NOT_OWNER: the caller does not own its RX "
	     "buffer [FF-A 1.2 section 13.4; HF api_ffa_rx_release; EL3 "
	     "rx_release_handler; OPT]\n"
	     "  state     ns.rx = producer\n"
	     "  rerun     ffasim run t.ffs --stop-at 13\n");
	says(HEAD REQ1
	     "sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=sp2, w3=2)\n",
	     "t.ffs:13: sp1@0 ...\n"
	     "  expected  = FFA_MSG_SEND_DIRECT_REQ_32(from=sp2, w3=2)\n"
	     "  got       = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=0x1)\n"
	     "  field     from: expected sp2, got ns\n"
	     "            w3: expected 0x2, got 0x1\n"
	     "  registers x0=0x8400006f x1=0x8001 x3=0x1 (others 0)\n"
	     "  rerun     ffasim run t.ffs --stop-at 13\n");
	says(HEAD "ns@0 FFA_ID_GET() = FFA_ERROR(BUSY)\n",
	     "t.ffs:12: ns@0 FFA_ID_GET()\n"
	     "  expected  = FFA_ERROR(BUSY)\n"
	     "  got       = FFA_SUCCESS(id=ns)\n"
	     "  registers x0=0x84000061 (others 0)\n"
	     "  rule      none refused the call\n"
	     "  rerun     ffasim run t.ffs --stop-at 12\n");
}
END_TEST

START_TEST(who_waits_for_whom)
{
	says(HEAD REQ1 GOT1
	     "sp1@0 FFA_MSG_SEND_DIRECT_REQ_32(to=sp2) ...\n"
	     "sp2@0 ... = _\nsp2@0 hang\n" BACK1,
	     "t.ffs:17: ns@0 ...\n"
	     "  expected  control to be with ns@0\n"
	     "  got       control is with sp2@0\n"
	     "  control   CPU 0: sp2.ec[0], which computes for ever; only "
	     "`preempt` takes it off\n"
	     "  waits     sp1.ec[0] on CPU 0 for sp2.ec[0], in "
	     "FFA_MSG_SEND_DIRECT_REQ_32(to=sp2) of line 14\n"
	     "  waits     ns on CPU 0 for sp1.ec[0], in "
	     "FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=1) of line 12\n"
	     "  rerun     ffasim run t.ffs --stop-at 17\n");
	says_somewhere(HEAD "boot\nsp2@0 FFA_ID_GET() = _\n",
		       "sp2.ec[0] = off, model none; sp2.state = "
		       "initialising");
}
END_TEST

START_TEST(an_arrival_needs_its_line)
{
	says_somewhere(HEAD REQ1
		       "any {\nsp1@0 FFA_MSG_WAIT() = _\n}\n",
		       "sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, "
		       "w3=0x1)");
}
END_TEST

START_TEST(the_rerun_line_has_what_made_it)
{
	const struct run_options o = {
		.ffa = "1.1", .seed = 7, .has_seed = true,
	};
	struct run_result *r = run_nth("ffs 1\nparam N = 1, 2\nparam M = 3\n"
		"ns@0 FFA_FEATURES(id=$N, input=$M) = FFA_SUCCESS()\n", 1, &o);

	ck_assert_str_eq(r->params, "N=2 M=3");
	ck_assert_msg(g_str_has_suffix(r->message, "ffasim run t.ffs "
		"--stop-at 4 -D N=2 -D M=3 --seed 0x7 --ffa 1.1\n"), "%s",
		r->message);
	ck_assert_uint_eq(r->line, 4);
	run_result_free(r);
}
END_TEST

START_TEST(stop_at_stops)
{
	const struct run_options o = { .stop_at = 12 };

	verdict(HEAD "ns@0 FFA_ID_GET() = _\nns@0 FFA_ID_GET() ...\n", &o,
		RUN_PASS);
}
END_TEST

START_TEST(variants_are_the_product)
{
	struct ffs_file *f = load("ffs 1\nparam A = 1, 2\nparam B = 3, 4\n"
		"ns@0 FFA_FEATURES(id=$A, input=$B) = _\n");
	g_autoptr(GPtrArray) v = run_variants(f);
	const char *const want[] = { "A=1 B=3", "A=1 B=4", "A=2 B=3",
				     "A=2 B=4" };

	ck_assert_uint_eq(v->len, 4);
	for (unsigned int i = 0; i < 4; i++)
		ck_assert_str_eq(((struct run_variant *)v->pdata[i])->label,
				 want[i]);
	ffs_file_free(f);
}
END_TEST

/* -- trace, shuffle, update ------------------------------------------------ */

static char *trace_of(const char *text, guint64 seed)
{
	const struct run_options o = {
		.want_trace = true, .has_seed = true, .seed = seed,
	};
	struct run_result *r = run_nth(text, 0, &o);
	char *trace = g_steal_pointer(&r->trace);

	ck_assert_msg(r->verdict == RUN_PASS, "%s", r->message);
	run_result_free(r);
	return trace;
}

START_TEST(a_trace_is_the_same_scenario)
{
	g_autofree char *once = trace_of(good[_i], 1);
	g_autofree char *twice = trace_of(once, 2);

	ck_assert_str_eq(once, twice);
}
END_TEST

static const char shuffled[] = HEAD
	"shuffle {\n"
	"ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
	"ns@0 FFA_SPM_ID_GET() = FFA_SUCCESS(id=0x8000)\n"
	REQ1 GOT1 RESP1 BACK1
	"ns@1 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
	"ns@1 FFA_SPM_ID_GET() = FFA_SUCCESS(id=0x8000)\n"
	"}\n";

START_TEST(the_seed_chooses_the_order)
{
	g_autoptr(GHashTable) orders = g_hash_table_new_full(g_str_hash,
		g_str_equal, g_free, NULL);

	for (guint64 seed = 0; seed < 40; seed++) {
		g_autofree char *a = trace_of(shuffled, seed);
		char *b = trace_of(shuffled, seed);

		ck_assert_str_eq(a, b);
		g_hash_table_add(orders, b);
	}
	ck_assert_uint_gt(g_hash_table_size(orders), 15);
}
END_TEST

START_TEST(update_keeps_layout_and_bindings)
{
	static const char text[] = HEAD
		"ns@0 FFA_VERSION(1.1)   = 1.0     # here\n"
		MAP
		"ns@0 FFA_PARTITION_INFO_GET(uuid=nil)\n"
		"  = FFA_SUCCESS(count=?n,  size=8) # size\n"
		"check ns.rx == producer\n"
		"ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=$n) ...\n"
		"sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=?x, w4=3)\n"
		"sp1@0 FFA_MSG_SEND_DIRECT_RESP_32(to=ns, w3=$x) ...\n"
		"ns@0 ... = FFA_MSG_SEND_DIRECT_RESP_32(from=sp1, w3=4)\n";
	static const char want[] = HEAD
		"ns@0 FFA_VERSION(1.1)   = 1.2     # here\n"
		MAP
		"ns@0 FFA_PARTITION_INFO_GET(uuid=nil)\n"
		"  = FFA_SUCCESS(count=?n, size=24) # size\n"
		"check ns.rx == consumer\n"
		"ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=$n) ...\n"
		"sp1@0 ... = FFA_MSG_SEND_DIRECT_REQ_32(from=ns, w3=?x, w4=0)\n"
		"sp1@0 FFA_MSG_SEND_DIRECT_RESP_32(to=ns, w3=$x) ...\n"
		"ns@0 ... = FFA_MSG_SEND_DIRECT_RESP_32(from=sp1, w3=4)\n";
	const struct run_options none = { 0 };
	struct ffs_file *f = load(text);
	struct run_result *r;
	g_autofree char *now = run_update(f, &none, &r);

	ck_assert_msg(r->verdict == RUN_PASS, "%s", r->message);
	ck_assert_str_eq(now, want);
	verdict(now, NULL, RUN_PASS);
	run_result_free(r);
	ffs_file_free(f);
}
END_TEST

START_TEST(update_needs_agreement)
{
	const struct run_options none = { 0 };
	struct ffs_file *f = load(HEAD "param N = 1, 2\n"
		"ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=ech, w3=$N)\n"
		" = FFA_MSG_SEND_DIRECT_RESP_32(from=ech, w3=1)\n");
	struct run_result *r;

	ck_assert_ptr_null(run_update(f, &none, &r));
	ck_assert_int_eq(r->verdict, RUN_FAIL);
	ck_assert_ptr_nonnull(strstr(r->message, "-D"));
	run_result_free(r);
	ffs_file_free(f);
}
END_TEST

START_TEST(verdicts_have_an_order)
{
	ck_assert_int_eq(run_worst(RUN_PASS, RUN_SKIP), RUN_PASS);
	ck_assert_int_eq(run_worst(RUN_FAIL, RUN_TIMEOUT), RUN_TIMEOUT);
	ck_assert_int_eq(run_worst(RUN_BAD_FILE, RUN_TIMEOUT), RUN_BAD_FILE);
	ck_assert_int_eq(run_worst(RUN_INVARIANT, RUN_BAD_FILE),
			 RUN_INVARIANT);
	ck_assert_int_eq(run_worst(RUN_BROKEN, RUN_INVARIANT), RUN_BROKEN);
	ck_assert_int_eq(run_verdict_exit(RUN_SKIP), 77);
	ck_assert_int_eq(run_verdict_exit(RUN_INVARIANT), 4);
}
END_TEST

Suite *check_run(void)
{
	Suite *s = suite_create("run");
	TCase *c = tcase_create("verdict");

	tcase_add_loop_test(c, passes, 0, G_N_ELEMENTS(good));
	tcase_add_loop_test(c, fails, 0, G_N_ELEMENTS(bad));
	tcase_add_test(c, interrupts);
	tcase_add_test(c, comes_in_time);
	tcase_add_loop_test(c, is_refused_at_once, 0, G_N_ELEMENTS(wrong));
	tcase_add_test(c, skips_with_a_reason);
	tcase_add_test(c, stop_at_stops);
	tcase_add_test(c, variants_are_the_product);
	tcase_add_test(c, verdicts_have_an_order);
	suite_add_tcase(s, c);
	c = tcase_create("message");
	tcase_add_test(c, a_mismatch_says_all);
	tcase_add_test(c, who_waits_for_whom);
	tcase_add_test(c, an_arrival_needs_its_line);
	tcase_add_test(c, the_rerun_line_has_what_made_it);
	suite_add_tcase(s, c);
	c = tcase_create("text");
	tcase_add_loop_test(c, a_trace_is_the_same_scenario, 0,
			    G_N_ELEMENTS(good));
	tcase_add_test(c, the_seed_chooses_the_order);
	tcase_add_test(c, update_keeps_layout_and_bindings);
	tcase_add_test(c, update_needs_agreement);
	suite_add_tcase(s, c);
	return s;
}
