/* SPDX-License-Identifier: BSD-3-Clause */
/* Every name there is gets explained, on 80 columns. */
#include <string.h>

#include "conduit/hyp.h"
#include "sim/doc.h"
#include "sim/ffs.h"
#include "spmc.h"
#include "unit.h"

static void tidy(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	ck_assert(g_str_has_suffix(text, "\n"));
	ck_assert(!g_str_has_suffix(text, "\n\n"));
	for (char **l = lines; *l; l++) {
		ck_assert_msg(g_utf8_strlen(*l, -1) <= 80, "wide: %s", *l);
		ck_assert_msg(!g_str_has_suffix(*l, " "), "space: %s", *l);
		ck_assert_ptr_null(strchr(*l, '\t'));
	}
}

static char *said(const char *name)
{
	GString *s = g_string_new(NULL);

	ck_assert_msg(doc_print(s, name), "not explained: %s", name);
	tidy(s->str);
	return g_string_free(s, FALSE);
}

#define SAYS(name, text)						\
	do {								\
		g_autofree char *s_ = said(name);			\
		ck_assert_msg(strstr(s_, text) != NULL, "%s", s_);	\
	} while (0)

/* The list is what can be asked for. */
START_TEST(listed)
{
	g_autofree char *list = said(NULL);
	g_auto(GStrv) lines = g_strsplit(list, "\n", -1);
	unsigned int asked = 0;

	for (char **l = lines; *l; l++) {
		g_auto(GStrv) words = NULL;

		if (!g_str_has_prefix(*l, "    "))
			continue;
		words = g_strsplit_set(*l, " ", -1);
		for (char **w = words; *w; w++)
			if (**w) {
				g_autofree char *text = said(*w);

				ck_assert(g_str_has_prefix(text, *w));
				asked++;
			}
	}
	ck_assert_uint_gt(asked, 250);
}
END_TEST

START_TEST(tables)
{
	for (unsigned int i = 0; i < FFA_FN_COUNT; i++) {
		SAYS(ffa_fns[i].name, ffa_fns[i].name);
		SAYS(ffa_fns[i].name + 4, ffa_fns[i].name);
	}
	for (unsigned int i = 1; i < spmc_rule_count; i++) {
		SAYS(spmc_rules[i].name, "The call is refused because");
		SAYS(spmc_rules[i].handler, "  ");
	}
	for (unsigned int i = 1; i < spmc_invariant_count; i++)
		SAYS(spmc_invariants[i].name, "an invariant of the model");
	for (unsigned int i = 1; i < hyp_rule_count; i++)
		SAYS(hyp_rules[i].name, "The call is refused because");
	for (unsigned int m = 0; m < SPMC_MACHINE_COUNT; m++)
		for (unsigned int e = 0; e < spmc_machines[m].event_count; e++)
			SAYS(spmc_machines[m].events[e].name, "an event of");
	for (unsigned int i = 0; i < ffs_row_count; i++)
		if (ffs_rows[i].kind == FFS_ROW_DIRECTIVE)
			SAYS(ffs_rows[i].name, "a directive of");
}
END_TEST

START_TEST(spelled_otherwise)
{
	SAYS("rx_release", "FFA_RX_RELEASE  0x84000065\n");
	SAYS("0xC4000066", "FFA_RXTX_MAP_64  0xc4000066\n");
	SAYS("RXTX_MAP", "  64-bit     FFA_RXTX_MAP_64 0xc4000066\n");
	SAYS("-6", "DENIED  -6 (0xfffffffa)\n");
	SAYS("denied", "DENIED  -6 (0xfffffffa)\n");
	SAYS("gate", "GATE_NOT_FFA: SMCCC unknown function\n");
}
END_TEST

START_TEST(contents)
{
	SAYS("FFA_RX_RELEASE", "    vm        w1[15:0]    endpoint from a "
	     "hypervisor:");
	SAYS("FFA_RX_RELEASE", "    RX_RELEASE_NOT_OWNER: DENIED\n");
	SAYS("FFA_MSG_SEND_DIRECT_REQ2", "    x4-x17    x4-x17 ");
	SAYS("FFA_MSG_WAIT", "RETAIN_RX = 0x1\n");
	SAYS("FFA_MEM_OP_PAUSE", "  version    1.0 only\n");
	SAYS("FFA_MEM_OP_PAUSE", "not implemented");
	SAYS("FFA_RXTX_MAP_64", "    max       w2[31:16]   1.2 ");
	SAYS("rx", "      fill            -> consumer\n");
	SAYS("rx", "a directive of the scenario language");
	SAYS("rx", "argument of FFA_RXTX_MAP_32\n");
	SAYS("boot-order", "a key of the directive part\n");
	SAYS("driver", "a flag of the directive part\n");
	SAYS("echo", "Answers every direct request");
	SAYS("dynbuf", "a property of functions");
}
END_TEST

START_TEST(unknown)
{
	static const struct {
		const char *name, *near;
	} samples[] = {
		{ "FFA_RX_RELASE", "did you mean FFA_RX_RELEASE?" },
		{ "rx_relase", "did you mean FFA_RX_RELEASE?" },
		{ "DENID", "did you mean DENIED?" },
		{ "bord", "did you mean board?" },
		{ "", "nothing is called" },
		{ "\xff\n", "nothing is called" },
		{ "quite-something-else", "nothing is called" },
		{ "0x84000000", "nothing is called" },
		{ "7", "nothing is called" },
	};

	for (unsigned int i = 0; i < G_N_ELEMENTS(samples); i++) {
		g_autoptr(GString) s = g_string_new(NULL);

		ck_assert_msg(!doc_print(s, samples[i].name), "%s",
			      s->str);
		ck_assert_msg(strstr(s->str, samples[i].near) != NULL, "%s",
			      s->str);
		ck_assert(g_utf8_validate(s->str, -1, NULL));
	}
}
END_TEST

START_TEST(profiles)
{
	for (unsigned int p = 0; p < SPMC_PROFILE_COUNT; p++) {
		g_autoptr(GString) s = g_string_new(NULL);

		doc_profile(s, (enum spmc_profile)p);
		tidy(s->str);
		for (unsigned int i = 0; i < spmc_difference_count; i++) {
			const struct spmc_difference *d = &spmc_differences[i];
			const char *name = d->kind == SPMC_CHOICE ?
				spmc_choices[d->choice].name : d->rule ?
				spmc_rules[d->rule].name :
				ffa_fns[d->fn].name;

			if (d->profile != p)
				continue;
			ck_assert_msg(strstr(s->str, name) != NULL, "%s",
				      name);
			SAYS(name, spmc_profiles[p].name);
		}
	}
	SAYS("hafnium", "    FFA_RXTX_MAP_32\n");
	SAYS("optee", "RUN_ABORTED: DENIED, not ABORTED\n");
	SAYS("tfa-el3", "        here:   the number of CPUs\n");
	SAYS("FFA_RXTX_MAP_32", "  hafnium    not there: NOT_SUPPORTED (");
	SAYS("RUN_WAITING", "  others     not checked\n");
	SAYS("partinfo-size", "  hafnium    48 ([run]; ");
}
END_TEST

Suite *check_doc(void)
{
	Suite *s = suite_create("doc");
	TCase *t = tcase_create("text");

	tcase_add_test(t, listed);
	tcase_add_test(t, tables);
	tcase_add_test(t, spelled_otherwise);
	tcase_add_test(t, contents);
	tcase_add_test(t, unknown);
	tcase_add_test(t, profiles);
	suite_add_tcase(s, t);
	return s;
}
