/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "sim/support.h"

struct page {
	GString *to;
	const struct suite *suite;
	const struct suite_cover *const *cover;	/* by profile */
};

/* -- a symbol --------------------------------------------------------------- */

/* What a call is to its caller, and the scenario that shows it. */
struct mark {
	const char *symbol;
	const char *scenario;	/* its name; NULL: there is none */
};

static const char *name_of(const struct page *p, struct suite_shown shown)
{
	const struct suite_file *f;

	if (!shown.share)
		return NULL;
	f = p->suite->files->pdata[shown.file];
	return f->item->name;
}

static struct mark mark_of(const struct page *p, enum spmc_profile profile,
			   unsigned int row, enum calls_by by,
			   unsigned int version)
{
	const struct suite_shown *shown =
		p->cover[profile]->shown[row][by][version];
	const char *done = name_of(p, shown[CALLS_DONE]);
	const char *seen = name_of(p, shown[CALLS_SEEN]);
	const char *own = name_of(p, shown[CALLS_REFUSED]);
	const char *refused = row < FFA_FN_COUNT ?
			      name_of(p, shown[CALLS_GATED]) : own;

	switch (calls_kind(row, by, version, profile)) {
	case CALLS_ABSENT:
		return (struct mark){ "·", refused };
	case CALLS_LACKING:
		return (struct mark){ "○", refused };
	case CALLS_RESULT:
		return seen ? (struct mark){ "↩", seen } :
			      (struct mark){ "·", refused };
	case CALLS_THERE:
		if (done || !own)
			return (struct mark){ "●", done };
		return (struct mark){ row < FFA_FN_COUNT ? "◐" : "○", own };
	}
	g_assert_not_reached();
}

/* The one that says most of those of all versions. */
static struct mark best_mark(const struct page *p, enum spmc_profile profile,
			     unsigned int row, enum calls_by by)
{
	static const char *const order[] = { "●", "◐", "↩", "○", "·" };
	struct mark best = { NULL, NULL };
	unsigned int i, v;

	for (i = 0; i < G_N_ELEMENTS(order) && !best.symbol; i++)
		for (v = 0; v < CALLS_VERSIONS; v++) {
			struct mark m = mark_of(p, profile, row, by, v);

			if (!strcmp(m.symbol, order[i]) &&
			    (!best.symbol || !best.scenario))
				best = m;
		}
	return best;
}

static bool same(const struct mark *a, const struct mark *b)
{
	return !strcmp(a->symbol, b->symbol) &&
	       !g_strcmp0(a->scenario, b->scenario);
}

/* A cell of marks, of the same width; those that are alike are one link. */
static void put_marks(GString *to, const struct mark *m, unsigned int n)
{
	unsigned int i, k;

	g_string_append(to, " <code>");
	for (i = 0; i < n; i = k) {
		if (m[i].scenario)
			g_string_append_c(to, '[');
		for (k = i; k < n && same(&m[i], &m[k]); k++)
			g_string_append(to, m[k].symbol);
		if (m[i].scenario)
			g_string_append_printf(to, "](../scenarios/%s.ffs "
					       "\"%s\")", m[i].scenario,
					       m[i].scenario);
	}
	g_string_append(to, "</code> |");
}

/* -- tables ------------------------------------------------------------------ */

static void table_head(struct page *p, bool spmc)
{
	unsigned int i;

	g_string_append(p->to, "\n| | since |");
	for (i = 0; i < CALLS_BY; i++)
		if (i != CALLS_SPMC || spmc)
			g_string_append_printf(p->to, " %s |",
					       calls_by_name(i));
	for (i = SPMC_SPEC + 1; i < SPMC_PROFILE_COUNT; i++)
		g_string_append_printf(p->to, " %s |", spmc_profiles[i].name);
	g_string_append(p->to, "\n|---|---|");
	for (i = 0; i < CALLS_BY + SPMC_PROFILE_COUNT - 1; i++)
		if (i != CALLS_SPMC || spmc)
			g_string_append(p->to, "---|");
	g_string_append_c(p->to, '\n');
}

/* "1.1", or "1.0 only". */
static void put_since(GString *to, unsigned int row)
{
	unsigned int since, until = 0;

	if (row < FFA_FN_COUNT) {
		since = ffa_fns[row].since;
		until = ffa_fns[row].until;
	} else {
		since = ffa_features[row - FFA_FN_COUNT].since;
	}
	g_string_append_printf(to, " %s", calls_version_name(since - 10));
	if (until == since)
		g_string_append(to, " only");
	else if (until)
		g_string_append_printf(to, " to %s",
				       calls_version_name(until - 10));
	g_string_append(to, " |");
}

_Static_assert((int)CALLS_VERSIONS <= (int)CALLS_BY, "struct mark m[]");

static void table_row(struct page *p, unsigned int row, bool spmc)
{
	struct mark m[CALLS_BY];	/* of versions, or of callers */
	unsigned int by, v, i;

	g_string_append_printf(p->to, "| `%s` |", calls_row_name(row));
	put_since(p->to, row);
	for (by = 0; by < CALLS_BY; by++) {
		if (by == CALLS_SPMC && !spmc)
			continue;
		for (v = 0; v < CALLS_VERSIONS; v++)
			m[v] = mark_of(p, SPMC_SPEC, row, by, v);
		put_marks(p->to, m, CALLS_VERSIONS);
	}
	for (i = SPMC_SPEC + 1; i < SPMC_PROFILE_COUNT; i++) {
		for (by = 0; by < CALLS_SPMC; by++)
			m[by] = best_mark(p, i, row, by);
		put_marks(p->to, m, CALLS_SPMC);
	}
	g_string_append_c(p->to, '\n');
}

/* Rows from `first` to before `end`, as ffa_abi.def groups them. */
static void table(struct page *p, const char *title, unsigned int first,
		  unsigned int end)
{
	bool spmc = false;
	unsigned int i;

	for (i = first; i < end; i++)
		spmc |= i < FFA_FN_COUNT &&
			ffa_fns[i].inst & FFA_INST_S_PHYS;
	g_string_append_printf(p->to, "\n## %s\n", title);
	table_head(p, spmc);
	for (i = first; i < end; i++)
		table_row(p, i, spmc);
}

/* -- what is before them ------------------------------------------------------ */

struct count {
	unsigned int all, hit;
};

static struct count count_spec(const struct page *p, enum calls_kind kind)
{
	const struct calls *c = &p->cover[SPMC_SPEC]->sum.calls;
	struct count to = { 0, 0 };
	unsigned int row, by, v;

	for (row = 0; row < CALLS_ROWS; row++)
		for (by = 0; by < CALLS_BY; by++)
			for (v = 0; v < CALLS_VERSIONS; v++) {
				if (!calls_wanted(row, by, v, SPMC_SPEC) ||
				    calls_kind(row, by, v, SPMC_SPEC) != kind)
					continue;
				to.all++;
				to.hit += calls_hit(c, row, by, v, SPMC_SPEC);
			}
	return to;
}

/* At any version: the kind is the best that one has. */
static struct count count_other(const struct page *p, unsigned int profile,
				enum calls_kind kind)
{
	const struct calls *c = &p->cover[profile]->sum.calls;
	struct count to = { 0, 0 };
	unsigned int row, by, v;

	for (row = 0; row < CALLS_ROWS; row++)
		for (by = 0; by < CALLS_SPMC; by++) {
			enum calls_kind best = CALLS_ABSENT, is;
			bool hit = false;

			for (v = 0; v < CALLS_VERSIONS; v++) {
				is = calls_kind(row, by, v, profile);
				best = MAX(best, is);
				hit |= is == kind &&
				       calls_hit(c, row, by, v, profile);
			}
			to.all += best == kind;
			to.hit += best == kind && hit;
		}
	return to;
}

static void put_count(struct page *p, const char *what, enum calls_kind kind)
{
	unsigned int i;

	g_string_append_printf(p->to, "| %s |", what);
	for (i = 0; i < SPMC_PROFILE_COUNT; i++) {
		struct count n = i == SPMC_SPEC ? count_spec(p, kind) :
						  count_other(p, i, kind);

		g_string_append_printf(p->to, " %u of %u |", n.hit, n.all);
	}
	g_string_append_c(p->to, '\n');
}

static void counts(struct page *p)
{
	unsigned int i;

	g_string_append(p->to, "\n| shown by scenarios |");
	for (i = 0; i < SPMC_PROFILE_COUNT; i++)
		g_string_append_printf(p->to, " %s |", spmc_profiles[i].name);
	g_string_append(p->to, "\n|---|");
	for (i = 0; i < SPMC_PROFILE_COUNT; i++)
		g_string_append(p->to, "--:|");
	g_string_append_c(p->to, '\n');
	put_count(p, "there", CALLS_THERE);
	put_count(p, "FF-A has it there, who is called does not",
		  CALLS_LACKING);
	put_count(p, "FF-A does not have it there", CALLS_ABSENT);
	put_count(p, "comes as a result only: the call is refused",
		  CALLS_RESULT);
}

static const char intro[] =
"# What is there of FF-A\n"
"\n"
"Every function and feature of the ABI table, who may call it at which\n"
"version, under which profile, and the scenario that shows it.\n"
"`make docs` writes this page from the tables that the program runs on and\n"
"from a run of `scenarios/`; do not edit it.\n";

static const char legend[] =
"\n"
"A count is of functions and features by caller: under `spec` at each of the\n"
"versions 1.0 to 1.3, under the other profiles at any. Scenarios are written\n"
"for `spec`; fewer of them apply to the others.\n"
"\n"
"| caller | |\n"
"|---|---|\n"
"| NS | OS kernel or hypervisor, at the non-secure physical instance |\n"
"| VM | VM behind the model's hypervisor, at the non-secure virtual instance |\n"
"| S-EL1, S-EL0 | partition at that exception level, at the secure virtual instance |\n"
"| SPMC | the SPMC itself, which calls the SPMD at the secure physical instance |\n"
"\n"
"In these columns stand four symbols: the caller's version is 1.0, 1.1, 1.2,\n"
"1.3; the profile is `spec`. In the column of another profile they are for NS,\n"
"VM, S-EL1, S-EL0, at any version.\n"
"\n"
"| symbol | | it leads to a scenario that |\n"
"|---|---|---|\n"
"| ● | there | calls it with success |\n"
"| ◐ | there, though of no use to this caller or not used | is refused by one of its own rules |\n"
"| ↩ | comes as a result; who calls it is refused | gets it |\n"
"| ○ | FF-A has it there, who is called does not | is refused |\n"
"| · | FF-A does not have it there | is refused |\n"
"\n"
"A symbol that leads nowhere: no scenario shows it. `ffasim doc NAME` explains\n"
"a function, `ffasim doc --profile NAME` lists all that a profile does\n"
"otherwise.\n";

void support_page(GString *to, const struct suite *suite,
		  const struct suite_cover *const c[SPMC_PROFILE_COUNT])
{
	static const struct {
		unsigned int first;
		const char *title;
	} groups[] = {
		{ FFA_FN_ERROR, "Status" },
		{ FFA_FN_VERSION, "Set-up and discovery" },
		{ FFA_FN_MSG_WAIT, "CPU cycles" },
		{ FFA_FN_MSG_POLL, "Messages" },
		{ FFA_FN_MEM_DONATE_32, "Memory management" },
		{ FFA_FN_NOTIFICATION_BITMAP_CREATE, "Notifications" },
		{ FFA_FN_NS_RES_INFO_GET, "Added by 1.3" },
		{ FFA_FN_COUNT, "Features" },
		{ CALLS_ROWS, NULL },
	};
	struct page p = { to, suite, c };
	unsigned int i;

	g_string_append(to, intro);
	counts(&p);
	g_string_append(to, legend);
	for (i = 0; groups[i].title; i++)
		table(&p, groups[i].title, groups[i].first,
		      groups[i + 1].first);
}
