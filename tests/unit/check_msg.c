/* SPDX-License-Identifier: BSD-3-Clause */
/* The runner: message literals, and interrupts that are expected. */
#include <glib.h>
#include <string.h>

#include "sim/ffs.h"
#include "sim/run.h"
#include "unit.h"

#define HEAD	"ffs 1\n" BOARD
#define BOARD								\
	"board npi=5 sri=8\n"						\
	"part ns id=0 kind=vm\n"					\
	"part sp1 id=0x8001 can=direct,indirect,notif\n"		\
	"part sp0 id=0x8002 el=s-el0 can=direct,notif\n"		\
	"buf nstx ns 0x8800_0000 1page\n"				\
	"buf nsrx ns 0x8800_1000 1page\n"				\
	"buf tx1 sp1 0x0600_0000 1page\n"				\
	"buf rx1 sp1 0x0600_1000 1page\n"
#define RUN								\
	"ns@0 FFA_RUN(target=sp1) ...\n"				\
	"sp1@0 ... = FFA_RUN(target=sp1)\n"
#define WAIT								\
	"sp1@0 FFA_MSG_WAIT() ...\n"					\
	"ns@0 ... = FFA_MSG_WAIT()\n"
#define MAP								\
	"ns@0 FFA_RXTX_MAP_64(tx=nstx, rx=nsrx, pages=1) = _\n"		\
	RUN "sp1@0 FFA_RXTX_MAP_64(tx=tx1, rx=rx1, pages=1) = _\n" WAIT
#define SEND "ns@0 FFA_MSG_SEND2(tx=msg{to=sp1 \"ping\"}) = FFA_SUCCESS()\n"
#define GET								\
	"sp1@0 FFA_NOTIFICATION_GET(flags=SPM) = FFA_SUCCESS(fwk=1)\n"

/* Runs a text: NULL if it passes, else the message; and the trace. */
static char *run_text(const char *text, char **trace)
{
	const struct run_options o = { .want_trace = true };
	struct ffs_diags *d = ffs_diags_new();
	struct ffs_file *f = ffs_parse_text("t.ffs", text, strlen(text), d);
	g_autoptr(GPtrArray) v = NULL;
	char *message = NULL;

	if (ffs_check(f, d)) {
		struct run_result *r;

		v = run_variants(f);
		r = run_variant(f, v->pdata[0], &o);
		if (r->verdict != RUN_PASS)
			message = g_strdup(r->message);
		if (trace)
			*trace = g_strdup(r->trace);
		run_result_free(r);
	} else {
		message = ffs_diags_format(d, false);
	}
	ffs_diags_free(d);
	ffs_file_free(f);
	return message;
}

static void passes(const char *text)
{
	g_autofree char *message = run_text(text, NULL);

	ck_assert_msg(!message, "%s\n%s", message, text);
}

static void says(const char *text, const char *part)
{
	g_autofree char *message = run_text(text, NULL);

	ck_assert_msg(message && strstr(message, part), "%s\nlacks %s",
		      message ? message : "it passes", part);
}

/* -- messages -------------------------------------------------------------- */

START_TEST(literals)
{
	passes(HEAD MAP SEND "rx sp1 msg{from=ns \"ping\"}\n");
	passes(HEAD MAP SEND "rx sp1 msg{from=?x to=sp1 offset=40 size=4 "
	       "uuid=nil flags=0 reserved=0 reserved1=0 \"ping\"}\n");
	passes(HEAD MAP SEND "rx sp1 msg{from=ns size=1..9 _}\n");
	passes(HEAD MAP SEND "rx sp1 msg{from=ns _}\n");
	passes(HEAD MAP "tx ns msg{to=sp1 \"a\\x00b\"}\n"
	       "ns@0 FFA_MSG_SEND2() = FFA_SUCCESS()\n"
	       "rx sp1 msg{from=ns \"a\\x00b\"}\n");
	/* what is written stands where the fields say */
	passes(HEAD MAP "tx ns msg{to=sp1 offset=64 size=2 flags=3 \"ab\"}\n"
	       "ns@0 load nstx+0 = 3\nns@0 load nstx[8..12] = 64\n"
	       "ns@0 load nstx[12..14] = 0x8001\nns@0 load nstx[16..20] = 2\n"
	       "ns@0 load nstx[64..66] = \"ab\"\n");
	passes(HEAD MAP "tx ns msg{to=sp1 offset=4094 \"abc\"}\n"
	       "ns@0 load nstx[4094..4096] = \"ab\"\n");
}
END_TEST

START_TEST(literal_differs)
{
	says(HEAD MAP SEND "rx sp1 msg{from=ns \"pong\"}\n",
	     "  got       msg{from=ns \"ping\"}\n");
	says(HEAD MAP SEND "rx sp1 msg{from=ns \"pings\"}\n",
	     "  field     size: expected 5, got 4\n");
	says(HEAD MAP SEND "rx sp1 msg{from=sp1 \"ping\"}\n", "got ns");
	says(HEAD MAP SEND "rx sp1 msg{from=ns}\n", "size: expected 0, got 4");
	says(HEAD MAP SEND "rx sp1 msg{from=ns offset=64 \"ping\"}\n",
	     "offset: expected 64, got 40");
}
END_TEST

START_TEST(literal_wrong)
{
	says(HEAD MAP "tx ns msg{too=sp1}\n",
	     "a message header of 40 bytes has no too; it has from to offset "
	     "size flags reserved reserved1 uuid");
	says("ffs 1\nffa 1.1\n" BOARD MAP "tx ns msg{to=sp1 uuid=nil}\n",
	     "a message header of 20 bytes has no uuid");
	says(HEAD MAP "tx ns msg{to=sp1 \"a\" \"b\"}\n",
	     "msg{} holds fields, and one string: the message");
	says(HEAD MAP "tx ns msg{to=sp1 size=0x1_0000_0000}\n", "size");
	says(HEAD MAP SEND "rx sp1 msg{fro=ns}\n", "has no fro");
	says(HEAD "ns@0 FFA_MSG_SEND2(tx=msg{to=sp1}) = _\n",
	     "ns has no TX buffer to write to: FFA_RXTX_MAP comes first");
	says(HEAD MAP "tx ns letter{to=sp1}\n",
	     "TX never holds a `letter`");
}
END_TEST

START_TEST(traced)
{
	g_autofree char *first = NULL, *again = NULL, *message = NULL;

	message = run_text(HEAD "param P = \"ping\"\n" MAP
		"ns@0 FFA_MSG_SEND2(tx=msg{to=sp1 $P}) = FFA_SUCCESS()\n"
		"irq SRI ns@0\nrx sp1 msg{from=ns $P}\n", &first);
	ck_assert_msg(!message, "%s", message);
	ck_assert_ptr_nonnull(strstr(first, "tx ns msg{to=sp1 \"ping\"}\n"
		"ns@0  FFA_MSG_SEND2() = FFA_SUCCESS()\nirq SRI ns@0\n"));
	message = run_text(first, &again);
	ck_assert_msg(!message, "%s", message);
	ck_assert_str_eq(first, again);
}
END_TEST

/* -- interrupts ------------------------------------------------------------ */

START_TEST(irqs)
{
	passes(HEAD MAP SEND "irq SRI ns@0\n");
	passes(HEAD MAP SEND "irq 8 ns@0\n" RUN "irq 5 sp1@0\n");
	/* raised twice is still one */
	passes(HEAD MAP SEND RUN GET "sp1@0 FFA_RX_RELEASE() = _\n" WAIT SEND
	       "irq SRI ns@0\ncheck ns@0.irqs == 0\n");
	/* nobody asks */
	passes(HEAD MAP SEND "check ns@0.irqs == 1\n");
	/* one kind does not mean the other */
	passes(HEAD MAP SEND RUN "irq NPI sp1@0\n");
	passes(HEAD MAP SEND RUN "check sp1@0.irqs == 1\n"
	       "irq NPI sp1@0\ncheck sp1@0.irqs == 0\n");
	passes(HEAD MAP SEND "wait 5ms\nirq SRI ns@0 within=5ms\n");
}
END_TEST

START_TEST(irqs_wrong)
{
	says(HEAD MAP "irq SRI ns@0\n",
	     "  expected  SRI to pend for ns@0\n  pending   none\n");
	says(HEAD MAP SEND "irq NPI sp1@0\n", "  pending   SRI ns@0\n");
	says(HEAD MAP SEND "irq SRI ns@0\nirq SRI ns@0\n",
	     "SRI to pend for ns");
	says(HEAD MAP SEND "irq SRI ns@0\n" RUN GET
	     "sp1@0 FFA_RX_RELEASE() = _\n" WAIT SEND,
	     "an interrupt pends that an irq line was to take\n"
	     "  pending   SRI ns@0\n");
	says(HEAD MAP SEND "wait 5ms\nirq SRI ns@0 within=4ms\n",
	     "SRI came 5000000 ns ago");
	says(HEAD "irq MEI sp1@0\n", "write board mei=4");
	says(HEAD MAP SEND RUN WAIT "irq NPI sp1@0\n",
	     "control to be with sp1@0, which takes");
	says(HEAD "irq 33 ns@0\n", "only S-EL1 partitions take interrupts");
	says(HEAD "irq SRI sp1@0\n", "write irq SRI ns@0");
	says(HEAD "irq NPI ns@0\n", "only S-EL1 partitions take interrupts");
	says(HEAD "irq NPI sp0@0\n", "only S-EL1 partitions take interrupts");
	says("ffs 1\nirq SRI ns@0\n", "write board sri=8");
}
END_TEST

Suite *check_msg(void)
{
	Suite *s = suite_create("msg");
	TCase *tc = tcase_create("msg");

	tcase_add_test(tc, literals);
	tcase_add_test(tc, literal_differs);
	tcase_add_test(tc, literal_wrong);
	tcase_add_test(tc, traced);
	tcase_add_test(tc, irqs);
	tcase_add_test(tc, irqs_wrong);
	suite_add_tcase(s, tc);
	return s;
}
