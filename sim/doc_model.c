/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules and machines of the model, and words of the scenario language. */
#include <string.h>

#include "conduit/lint.h"
#include "sim/doc.h"
#include "sim/doc_impl.h"
#include "sim/ffs.h"
#include "partition.h"
#include "sim/rules.h"
#include "spmc.h"

static const char legend[] = "HF Hafnium, EL3 TF-A's EL3 SPMC, SPMD TF-A's "
	"SPMD, OPT OP-TEE, KVM pKVM; of the hypervisor HF is Hafnium's build as one";

/* -- rules -------------------------------------------------------------------- */

static const char *answer(const struct spmc_rule_info *r)
{
	return r->error ? ffa_error_name(r->error) : "SMCCC unknown function";
}

static const char *reads(enum spmc_reads what)
{
	switch (what) {
	case SPMC_READS_NOTHING:
		return "the arguments";
	case SPMC_READS_RX:
		return "the RX/TX state of the endpoint (ffasim doc rx)";
	case SPMC_READS_EC:
		return "the execution context (ffasim doc ec)";
	case SPMC_READS_PART:
		return "the life cycle of the partition (ffasim doc state)";
	case SPMC_READS_VERSION:
		return "the version that the endpoint negotiated";
	}
	g_assert_not_reached();
}

void doc_refusals(GString *out, const char *handler)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < rules_count(); i++) {
		const struct spmc_rule_info *r = rules_at(i);
		g_autofree char *profiles = NULL;

		if (strcmp(r->handler, handler))
			continue;
		g_string_append_printf(out, "    %s: %s\n", r->name,
				       answer(r));
		doc_text(out, 8, r->sentence);
		if (*r->source)
			doc_row(out, "        source:", 16, r->source);
		profiles = doc_rule_brief(i + 1);
		if (*profiles)
			doc_row(out, "        profiles:", 18,
				profiles);
		if (*r->differs)
			doc_row(out, "        others:", 16, r->differs);
		n++;
	}
	if (n)
		doc_text(out, 4, legend);
	else
		doc_text(out, 4, "never");
}

bool doc_rule(GString *out, const char *name)
{
	for (unsigned int i = 0; i < rules_count(); i++) {
		const struct spmc_rule_info *r = rules_at(i);
		g_autoptr(GString) fns = g_string_new(NULL);
		g_autofree char *why = NULL;

		if (strcmp(r->name, name))
			continue;
		for (unsigned int fn = 0; fn < FFA_FN_COUNT; fn++)
			if (!strcmp(spmc_handler_name((enum ffa_fn)fn),
				    r->handler))
				g_string_append_printf(fns, "%s%s",
					fns->len ? ", " : "",
					ffa_fns[fn].name);
		doc_title(out, "%s  a rule", r->name);
		why = g_strdup_printf("The call is refused because %s.",
				      r->sentence);
		doc_text(out, 2, why);
		g_string_append_c(out, '\n');
		doc_row(out, "  answer", 13, answer(r));
		doc_row(out, "  functions", 13,
			fns->len ? fns->str : !strcmp(r->handler, "gate") ?
			"all, before their own rules" : r->handler);
		if (i + 1 < spmc_rule_count)
			doc_row(out, "  looks at", 13, reads(r->reads));
		if (*r->source)
			doc_row(out, "  source", 13, r->source);
		if (*r->differs)
			doc_row(out, "  elsewhere", 13, r->differs);
		doc_row(out, "", 13, legend);
		doc_rule_profiles(out, i + 1);
		return true;
	}
	return false;
}

bool doc_handler(GString *out, const char *name)
{
	for (unsigned int i = 0; i < rules_count(); i++)
		if (!strcmp(rules_at(i)->handler, name)) {
			doc_title(out, "%s  rules, in the order of the checks",
				  name);
			doc_refusals(out, name);
			return true;
		}
	return false;
}

/* -- invariants ---------------------------------------------------------------- */

bool doc_invariant(GString *out, const char *name)
{
	for (unsigned int i = 1; i < spmc_invariant_count; i++) {
		const struct spmc_invariant_info *v = &spmc_invariants[i];

		if (strcmp(v->name, name))
			continue;
		doc_title(out, "%s  an invariant of the model", v->name);
		doc_text(out, 2, v->sentence);
		g_string_append_c(out, '\n');
		doc_row(out, "  why", 13, v->why);
		doc_row(out, "  looked at", 13,
			v->level == SPMC_CHECK_ANSWER ? "after each step" :
			"after each step with --paranoid");
		doc_row(out, "  if broken", 13, "a mistake of ffasim, not of "
			"the scenario: exit code 4");
		return true;
	}
	return false;
}

/* -- the lint ---------------------------------------------------------------------- */

bool doc_lint(GString *out, const char *name)
{
	enum lint_rule rule = lint_find(name);
	const struct lint_info *info = &lint_rules[rule];

	if (rule == LINT_COUNT)
		return false;
	doc_title(out, "%s  a rule of the lint", info->name);
	doc_text(out, 2, info->sentence);
	g_string_append_c(out, '\n');
	doc_row(out, "  fix", 13, info->fix);
	doc_row(out, "  source", 13, info->source);
	doc_row(out, "  looked at", 13, info->end ?
		"when the driver is through" :
		"with each call");
	doc_row(out, "  see", 13, "ffasim run --lint; `lint` in ffs(5); the "
		"filter lint of a conduit; scenarios/lint");
	return true;
}

/* -- machines ------------------------------------------------------------------ */

static void cells(GString *out, enum spmc_machine m, unsigned int state)
{
	const struct spmc_machine_info *info = &spmc_machines[m];

	for (unsigned int e = 0; e < info->event_count; e++) {
		const struct spmc_cell *c = spmc_cell(m, state, e);
		g_autofree char *left = g_strdup_printf("      %s",
							info->events[e].name);
		g_autofree char *text = NULL;

		switch (c->kind) {
		case SPMC_CELL_TO:
			text = c->to == state ? g_strdup("stays") :
				g_strdup_printf("-> %s",
						info->states[c->to].name);
			break;
		case SPMC_CELL_REFUSE:
			text = g_strdup_printf("refused: %s",
					       spmc_rules[c->rule].name);
			break;
		case SPMC_CELL_NEVER:
			text = g_strdup_printf("never: %s", c->why);
			break;
		}
		doc_row(out, left, 22, text);
	}
}

bool doc_machine(GString *out, const char *name)
{
	for (unsigned int m = 0; m < SPMC_MACHINE_COUNT; m++) {
		const struct spmc_machine_info *info = &spmc_machines[m];

		if (strcmp(info->name, name))
			continue;
		doc_title(out, "%s  a state machine: %s", info->name,
			  info->sentence);
		doc_text(out, 2, "events");
		for (unsigned int e = 0; e < info->event_count; e++) {
			g_autofree char *left = g_strdup_printf("    %s",
				info->events[e].name);

			doc_row(out, left, 22, info->events[e].sentence);
		}
		doc_head(out, "states, and what an event does in them");
		for (unsigned int s = 0; s < info->state_count; s++) {
			g_autofree char *left = g_strdup_printf("    %s",
				info->states[s].name);

			doc_row(out, left, 22, info->states[s].sentence);
			cells(out, (enum spmc_machine)m, s);
		}
		return true;
	}
	return false;
}

static bool event(GString *out, enum spmc_machine m, const char *name)
{
	const struct spmc_machine_info *info = &spmc_machines[m];

	for (unsigned int e = 0; e < info->event_count; e++) {
		if (strcmp(info->events[e].name, name))
			continue;
		doc_title(out, "%s  an event of the machine %s", name,
			  info->name);
		doc_text(out, 2, info->events[e].sentence);
		return true;
	}
	return false;
}

bool doc_state(GString *out, const char *name)
{
	bool any = false;

	for (unsigned int m = 0; m < SPMC_MACHINE_COUNT; m++) {
		const struct spmc_machine_info *info = &spmc_machines[m];

		for (unsigned int s = 0; s < info->state_count; s++) {
			if (strcmp(info->states[s].name, name))
				continue;
			doc_title(out, "%s  a state of the machine %s", name,
				  info->name);
			doc_text(out, 2, info->states[s].sentence);
			g_string_append_c(out, '\n');
			cells(out, (enum spmc_machine)m, s);
			any = true;
		}
		any |= event(out, (enum spmc_machine)m, name);
	}
	return any;
}

/* -- words ---------------------------------------------------------------------- */

static void word_row(GString *out, const struct ffs_row *r)
{
	g_autoptr(GString) left = g_string_new("    ");
	g_autoptr(GString) text = g_string_new(r->sentence);

	g_string_append_printf(left, "%s%s%s", r->name,
			       r->kind == FFS_ROW_KEY ? "=" : "",
			       r->times == FFS_MANY ? "..." : "");
	if (r->choices && !strstr(r->sentence, r->choices))
		g_string_append_printf(text, ": %s", r->choices);
	if (r->dflt)
		g_string_append_printf(text, " (default %s)", r->dflt);
	doc_row(out, left->str, 22, text->str);
}

/* `part NAME [id=] [kind=] ...`, brackets where it may be left out. */
static char *usage(const struct ffs_row *head, const struct ffs_row *end)
{
	GString *s = g_string_new(head->name);

	for (const struct ffs_row *r = head + 1; r < end; r++) {
		bool opt = r->times == FFS_OPT || r->kind != FFS_ROW_POS;

		g_string_append_printf(s, " %s%s%s%s%s", opt ? "[" : "",
				       r->name,
				       r->kind == FFS_ROW_KEY ? "=..." : "",
				       r->times == FFS_MANY &&
				       r->kind == FFS_ROW_POS ? " ..." : "",
				       opt ? "]" : "");
	}
	return g_string_free(s, FALSE);
}

bool doc_word(GString *out, const char *name)
{
	static const char *const what[] = {
		[FFS_ROW_DIRECTIVE] = "a directive",
		[FFS_ROW_VERB] = "a verb",
		[FFS_ROW_OPT] = "an option of events",
	};
	const struct ffs_row *last = ffs_rows + ffs_row_count;
	bool any = false;

	for (const struct ffs_row *r = ffs_rows; r < last; r++) {
		const struct ffs_row *end = r + 1;

		if ((r->kind != FFS_ROW_DIRECTIVE && r->kind != FFS_ROW_VERB &&
		     r->kind != FFS_ROW_OPT) || strcmp(r->name, name))
			continue;
		while (end < last && (end->kind == FFS_ROW_POS ||
				      end->kind == FFS_ROW_KEY ||
				      end->kind == FFS_ROW_FLAG))
			end++;
		doc_title(out, "%s  %s of the scenario language", name,
			  what[r->kind]);
		doc_text(out, 2, r->sentence);
		if (end > r + 1) {
			g_autofree char *text = usage(r, end);

			g_string_append_c(out, '\n');
			doc_text(out, 4, text);
			g_string_append_c(out, '\n');
		}
		for (const struct ffs_row *k = r + 1; k < end; k++)
			word_row(out, k);
		any = true;
	}
	return any;
}

bool doc_key(GString *out, const char *name)
{
	const struct ffs_row *d = NULL;
	bool any = false;

	for (unsigned int i = 0; i < ffs_row_count; i++) {
		const struct ffs_row *r = &ffs_rows[i];

		if (r->kind == FFS_ROW_DIRECTIVE)
			d = r;
		if ((r->kind != FFS_ROW_KEY && r->kind != FFS_ROW_FLAG) ||
		    strcmp(r->name, name))
			continue;
		doc_title(out, "%s  a %s of the directive %s", name,
			  r->kind == FFS_ROW_KEY ? "key" : "flag", d->name);
		word_row(out, r);
		any = true;
	}
	return any;
}

bool doc_behaviour(GString *out, const char *name)
{
	const struct partition_ops *ops = partition_find(name);

	if (!ops)
		return false;
	doc_title(out, "%s  a behaviour of partitions, run=%s", name, name);
	doc_text(out, 2, ops->sentence);
	return true;
}
