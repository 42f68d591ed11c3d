/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "sim/cover.h"
#include "sim/json.h"
#include "sim/rules.h"

enum { GAP = 2 };	/* between the columns of a grid */

/* A function that a handler answers: not a mere result. */
static bool counts(unsigned int fn)
{
	const char *handler = spmc_handler_name((enum ffa_fn)fn);

	return ffa_fns[fn].implemented && *handler &&
	       strcmp(handler, "result") && strcmp(handler, "none");
}

struct cover_tally cover_rules(const struct spmc_cover *c,
			       enum spmc_profile profile)
{
	struct cover_tally t = { 0, 0 };
	unsigned int i;

	for (i = 0; i < rules_count(); i++) {
		if (!rules_checked(profile, i))
			continue;
		t.all++;
		t.hit += rules_hits(c, i) != 0;
	}
	return t;
}

struct cover_tally cover_cells(const struct spmc_cover *c)
{
	struct cover_tally t = { 0, 0 };
	unsigned int m, s, e;

	for (m = 0; m < SPMC_MACHINE_COUNT; m++)
		for (s = 0; s < spmc_machines[m].state_count; s++)
			for (e = 0; e < spmc_machines[m].event_count; e++) {
				if (spmc_cell((enum spmc_machine)m, s, e)
					    ->kind == SPMC_CELL_NEVER)
					continue;
				t.all++;
				t.hit += c->cell[m][s][e] != 0;
			}
	return t;
}

struct cover_tally cover_functions(const struct spmc_cover *c)
{
	struct cover_tally t = { 0, 0 };
	unsigned int i;

	for (i = 0; i < FFA_FN_COUNT; i++) {
		t.all += counts(i);
		t.hit += counts(i) && c->fn_ok[i];
	}
	return t;
}

struct cover_tally cover_calls(const struct calls *c,
			       enum spmc_profile profile)
{
	struct cover_tally t = { 0, 0 };
	unsigned int row, by, v;

	for (row = 0; row < CALLS_ROWS; row++)
		for (by = 0; by < CALLS_BY; by++)
			for (v = 0; v < CALLS_VERSIONS; v++) {
				if (!calls_wanted(row, by, v, profile))
					continue;
				t.all++;
				t.hit += calls_hit(c, row, by, v, profile);
			}
	return t;
}

unsigned int cover_percent(struct cover_tally t)
{
	return t.all ? t.hit * 100 / t.all : 100;
}

/* -- a grid: events down, states across ----------------------------------- */

enum paint { PLAIN, HIT, MISSING, DIM, BOLD };

static void put(GString *to, const struct cover_style *style, enum paint how,
		const char *text, glong width)
{
	static const char *const on[] = {
		[PLAIN] = "", [HIT] = "\033[32m", [MISSING] = "\033[1;7;31m",
		[DIM] = "\033[2m", [BOLD] = "\033[1m",
	};
	bool paint = style->color && *on[how];

	g_string_append_printf(to, "%s%s%s", paint ? on[how] : "", text,
			       paint ? "\033[0m" : "");
	for (width -= g_utf8_strlen(text, -1); width > 0; width--)
		g_string_append_c(to, ' ');
}

struct grid {
	enum spmc_machine m;
	const struct spmc_machine_info *info;
	const struct spmc_cover *c;
	/* rules by number, if their names are too wide */
	bool numbers;
	GArray *rules;		/* guint: of number 1, 2, … */
};

static char *numbered(struct grid *g, guint rule)
{
	guint i;

	for (i = 0; i < g->rules->len; i++)
		if (g_array_index(g->rules, guint, i) == rule)
			break;
	if (i == g->rules->len)
		g_array_append_val(g->rules, rule);
	return g_strdup_printf("✗%u", i + 1);
}

/* "→ consumer", "✗ RXTX_MAP_TWICE" or "✗1", "·"; missing ones get "!". */
static char *cell_text(struct grid *g, unsigned int s, unsigned int e)
{
	const struct spmc_cell *cell = spmc_cell(g->m, s, e);
	const char *mark = g->c->cell[g->m][s][e] ? "" : "!";
	g_autofree char *text = NULL;

	switch (cell->kind) {
	case SPMC_CELL_NEVER:
		return g_strdup("·");
	case SPMC_CELL_TO:
		return g_strdup_printf("%s→ %s", mark,
				       g->info->states[cell->to].name);
	case SPMC_CELL_REFUSE:
		text = g->numbers ? numbered(g, cell->rule) :
				    g_strdup_printf("✗ %s",
					spmc_rules[cell->rule].name);
		return g_strconcat(mark, text, NULL);
	}
	return NULL;
}

static enum paint cell_paint(const struct grid *g, unsigned int s,
			     unsigned int e)
{
	if (spmc_cell(g->m, s, e)->kind == SPMC_CELL_NEVER)
		return DIM;
	return g->c->cell[g->m][s][e] ? HIT : MISSING;
}

/* Widths of the columns, the first for the events; the sum. */
static glong measure(struct grid *g, glong *width)
{
	unsigned int s, e;
	glong sum;

	width[0] = 0;
	for (e = 0; e < g->info->event_count; e++)
		width[0] = MAX(width[0],
			       g_utf8_strlen(g->info->events[e].name, -1));
	sum = width[0];
	for (s = 0; s < g->info->state_count; s++) {
		width[s + 1] = g_utf8_strlen(g->info->states[s].name, -1);
		for (e = 0; e < g->info->event_count; e++) {
			g_autofree char *text = cell_text(g, s, e);

			width[s + 1] = MAX(width[s + 1],
					   g_utf8_strlen(text, -1));
		}
		sum += width[s + 1] + GAP;
	}
	return sum;
}

/* The last column needs no padding. */
static glong pad(const struct grid *g, const glong *width, unsigned int s)
{
	return s + 1 == g->info->state_count ? 0 : width[s + 1] + GAP;
}

static void print_grid(GString *to, struct grid *g,
		       const struct cover_style *style)
{
	glong width[SPMC_MAX_STATES + 1];
	unsigned int s, e;

	g->numbers = measure(g, width) > (glong)style->columns;
	if (g->numbers)
		measure(g, width);
	put(to, style, BOLD, g->info->name, 0);
	g_string_append_printf(to, ": %s\n", g->info->sentence);
	put(to, style, PLAIN, "", width[0] + GAP);
	for (s = 0; s < g->info->state_count; s++)
		put(to, style, BOLD, g->info->states[s].name,
		    pad(g, width, s));
	g_string_append_c(to, '\n');
	for (e = 0; e < g->info->event_count; e++) {
		put(to, style, BOLD, g->info->events[e].name, width[0] + GAP);
		for (s = 0; s < g->info->state_count; s++) {
			g_autofree char *text = cell_text(g, s, e);

			put(to, style, cell_paint(g, s, e), text,
			    pad(g, width, s));
		}
		g_string_append_c(to, '\n');
	}
	for (s = 0; s < g->rules->len; s++)
		g_string_append_printf(to, "%s✗%u %s", s ? "  " : "", s + 1,
			spmc_rules[g_array_index(g->rules, guint, s)].name);
	g_string_append(to, g->rules->len ? "\n\n" : "\n");
}

/* -- lists ---------------------------------------------------------------- */

static void heading(GString *to, const struct cover_style *style,
		    gsize begun, const char *text)
{
	if (to->len != begun)
		return;
	put(to, style, BOLD, text, 0);
	g_string_append_c(to, '\n');
}

static void print_rules(GString *to, const struct spmc_cover *c,
			const struct cover_style *style)
{
	gsize begun = to->len;
	unsigned int i;

	for (i = 0; i < rules_count(); i++) {
		const struct spmc_rule_info *r = rules_at(i);
		uint32_t hits = rules_hits(c, i);

		if ((hits && !style->verbose) ||
		    !rules_checked(style->profile, i))
			continue;
		heading(to, style, begun, style->verbose ? "rules" :
			"rules that no scenario hits");
		g_string_append(to, hits ? "  " : "! ");
		if (style->verbose)
			g_string_append_printf(to, "%7u  ", hits);
		put(to, style, hits ? HIT : MISSING, r->name, 0);
		g_string_append_printf(to, ": %s\n", r->sentence);
	}
	if (to->len != begun)
		g_string_append_c(to, '\n');
}

static void print_cells(GString *to, const struct spmc_cover *c,
			const struct cover_style *style, bool never)
{
	gsize begun = to->len;
	unsigned int m, s, e;

	for (m = 0; m < SPMC_MACHINE_COUNT; m++) {
		const struct spmc_machine_info *info = &spmc_machines[m];

		for (s = 0; s < info->state_count; s++)
			for (e = 0; e < info->event_count; e++) {
				const struct spmc_cell *cell = spmc_cell(
					(enum spmc_machine)m, s, e);
				bool is = cell->kind == SPMC_CELL_NEVER;

				if (is != never || (!is && c->cell[m][s][e]))
					continue;
				heading(to, style, begun, is ?
					"cells that cannot happen" :
					"cells that no scenario hits");
				g_string_append_printf(to, "%s%s: %s × %s: %s\n",
					is ? "  " : "! ", info->name,
					info->states[s].name,
					info->events[e].name,
					is ? cell->why :
					info->events[e].sentence);
			}
	}
	if (to->len != begun)
		g_string_append_c(to, '\n');
}

static void print_functions(GString *to, const struct spmc_cover *c,
			    const struct cover_style *style)
{
	gsize begun = to->len;
	unsigned int i;

	for (i = 0; i < FFA_FN_COUNT; i++) {
		if (!counts(i) || (c->fn_ok[i] && !style->verbose))
			continue;
		heading(to, style, begun, style->verbose ?
			"functions: calls, and those that were not refused" :
			"functions that no scenario calls with success");
		g_string_append(to, c->fn_ok[i] ? "  " : "! ");
		g_string_append_printf(to, "%7u %7u  ", c->fn[i],
				       c->fn_ok[i]);
		put(to, style, c->fn_ok[i] ? HIT : MISSING, ffa_fns[i].name,
		    0);
		g_string_append_printf(to, " (%s)\n",
				       ffa_is_64(ffa_fns[i].fid) ? "64" : "32");
	}
	if (to->len != begun)
		g_string_append_c(to, '\n');
}

static const char *width_of(unsigned int row)
{
	return row >= FFA_FN_COUNT ? "id" :
	       ffa_is_64(calls_row_id(row)) ? "64" : "32";
}

/* Of a function and a caller: the versions where what is wanted is missing. */
static void print_missing(GString *to, const struct calls *c,
			  const struct cover_style *style, gsize begun,
			  unsigned int row, enum calls_by by, bool there)
{
	bool first = true;
	unsigned int v;

	for (v = 0; v < CALLS_VERSIONS; v++) {
		enum spmc_profile p = style->profile;

		if (!calls_wanted(row, by, v, p) ||
		    calls_hit(c, row, by, v, p) ||
		    (calls_kind(row, by, v, p) == CALLS_THERE) != there)
			continue;
		if (first) {
			heading(to, style, begun,
				"calls that no scenario makes");
			g_string_append(to, "! ");
			put(to, style, MISSING, calls_row_name(row), 0);
			g_string_append_printf(to, " (%s) by %s at",
					       width_of(row),
					       calls_by_name(by));
		}
		first = false;
		g_string_append_printf(to, " %s", calls_version_name(v));
	}
	if (!first)
		g_string_append(to, there ? "\n" : ": to be refused\n");
}

static void print_row(GString *to, const struct calls *c,
		      const struct cover_style *style, unsigned int row)
{
	unsigned int by, v;

	put(to, style, PLAIN, calls_row_name(row), 32);
	put(to, style, PLAIN, width_of(row), 2);
	for (by = 0; by < CALLS_BY; by++) {
		g_string_append(to, "  ");
		for (v = 0; v < CALLS_VERSIONS; v++) {
			bool hit = calls_hit(c, row, by, v, style->profile);
			bool want = calls_wanted(row, by, v, style->profile);

			if (calls_kind(row, by, v, style->profile) ==
			    CALLS_THERE)
				put(to, style, hit ? HIT : MISSING,
				    hit ? "●" : "!", 1);
			else
				put(to, style, hit || !want ? DIM : MISSING,
				    hit || !want ? "·" : "!", 1);
		}
		g_string_append(to, by + 1 < CALLS_BY ? " " : "\n");
	}
}

static void print_calls(GString *to, const struct calls *c,
			const struct cover_style *style)
{
	gsize begun = to->len;
	unsigned int row, by;

	if (style->verbose) {
		put(to, style, BOLD, "calls, at 1.0 to 1.3", 34);
		for (by = 0; by < CALLS_BY; by++) {
			g_string_append(to, "  ");
			put(to, style, BOLD, calls_by_name(by),
			    by + 1 < CALLS_BY ? 5 : 0);
		}
		g_string_append(to, "\n");
		for (row = 0; row < CALLS_ROWS; row++)
			print_row(to, c, style, row);
		g_string_append_c(to, '\n');
		begun = to->len;
	}
	for (row = 0; row < CALLS_ROWS; row++)
		for (by = 0; by < CALLS_BY; by++) {
			print_missing(to, c, style, begun, row, by, true);
			print_missing(to, c, style, begun, row, by, false);
		}
	if (to->len != begun)
		g_string_append_c(to, '\n');
}

void cover_print(GString *to, const struct run_cover *cover,
		 const struct cover_style *style)
{
	const struct spmc_cover *c = &cover->spmc;
	unsigned int m;

	for (m = 0; m < SPMC_MACHINE_COUNT; m++) {
		g_autoptr(GArray) rules =
			g_array_new(FALSE, FALSE, sizeof(guint));
		struct grid g = {
			.m = (enum spmc_machine)m, .info = &spmc_machines[m],
			.c = c, .rules = rules,
		};

		print_grid(to, &g, style);
	}
	print_functions(to, c, style);
	print_rules(to, c, style);
	if (style->verbose)
		print_cells(to, c, style, true);
	print_cells(to, c, style, false);
	print_calls(to, &cover->calls, style);
}

/* -- JSON ----------------------------------------------------------------- */

static void tally_json(GString *to, const char *key, struct cover_tally t,
		       const char *after)
{
	g_string_append_printf(to, "\"%s\": {\"hit\": %u, \"all\": %u, "
			       "\"percent\": %u}%s", key, t.hit, t.all,
			       cover_percent(t), after);
}

static void pair(GString *to, const char *key, const char *value)
{
	json_pair(to, key, value);
	g_string_append(to, ", ");
}

static void cell_json(GString *to, const struct spmc_cover *c, unsigned int m,
		      unsigned int s, unsigned int e)
{
	const struct spmc_machine_info *info = &spmc_machines[m];
	const struct spmc_cell *cell = spmc_cell((enum spmc_machine)m, s, e);

	g_string_append_c(to, '{');
	pair(to, "machine", info->name);
	pair(to, "state", info->states[s].name);
	pair(to, "event", info->events[e].name);
	switch (cell->kind) {
	case SPMC_CELL_TO:
		pair(to, "to", info->states[cell->to].name);
		break;
	case SPMC_CELL_REFUSE:
		pair(to, "rule", spmc_rules[cell->rule].name);
		break;
	case SPMC_CELL_NEVER:
		pair(to, "never", cell->why);
		break;
	}
	json_number(to, "hits", c->cell[m][s][e]);
	g_string_append_c(to, '}');
}

static void calls_json(GString *to, const struct calls *c,
		       enum spmc_profile profile, unsigned int row,
		       enum calls_by by)
{
	static const char *const kinds[] = {
		[CALLS_ABSENT] = "absent", [CALLS_LACKING] = "lacking",
		[CALLS_RESULT] = "result", [CALLS_THERE] = "there",
	};
	static const char *const ends[CALLS_ENDS] = {
		[CALLS_GATED] = "gated", [CALLS_REFUSED] = "refused",
		[CALLS_DONE] = "done", [CALLS_SEEN] = "seen",
	};
	unsigned int v, i;

	for (v = 0; v < CALLS_VERSIONS; v++) {
		g_string_append(to, row || by || v ? ",\n{" : "\n{");
		pair(to, "name", calls_row_name(row));
		json_number(to, "id", calls_row_id(row));
		g_string_append(to, ", ");
		pair(to, "by", calls_by_name(by));
		pair(to, "version", calls_version_name(v));
		json_pair(to, "kind", kinds[calls_kind(row, by, v, profile)]);
		for (i = 0; i < CALLS_ENDS; i++) {
			g_string_append(to, ", ");
			json_number(to, ends[i], c->n[row][by][v][i]);
		}
		g_string_append_c(to, '}');
	}
}

void cover_json(GString *to, const struct run_cover *cover,
		enum spmc_profile profile)
{
	const struct spmc_cover *c = &cover->spmc;
	unsigned int i, s, e, n = 0;

	g_string_append(to, "{\"version\": 1, ");
	tally_json(to, "rules", cover_rules(c, profile), ", ");
	tally_json(to, "cells", cover_cells(c), ", ");
	tally_json(to, "functions", cover_functions(c), ", ");
	tally_json(to, "calls", cover_calls(&cover->calls, profile), ",\n");
	g_string_append(to, "\"rule\": [");
	for (i = 0; i < rules_count(); i++) {
		const struct spmc_rule_info *r = rules_at(i);
		const char *error = ffa_error_name(r->error);

		if (!rules_checked(profile, i))
			continue;
		g_string_append(to, n++ ? ",\n{" : "\n{");
		pair(to, "name", r->name);
		pair(to, "handler", r->handler);
		pair(to, "error", error ? error : "UNKNOWN");
		pair(to, "sentence", r->sentence);
		json_number(to, "hits", rules_hits(c, i));
		g_string_append_c(to, '}');
	}
	g_string_append(to, "\n],\n\"cell\": [");
	for (i = 0, n = 0; i < SPMC_MACHINE_COUNT; i++)
		for (s = 0; s < spmc_machines[i].state_count; s++)
			for (e = 0; e < spmc_machines[i].event_count; e++) {
				g_string_append(to, n++ ? ",\n" : "\n");
				cell_json(to, c, i, s, e);
			}
	g_string_append(to, "\n],\n\"function\": [");
	for (i = 0, n = 0; i < FFA_FN_COUNT; i++) {
		if (!counts(i))
			continue;
		g_string_append(to, n++ ? ",\n{" : "\n{");
		pair(to, "name", ffa_fns[i].name);
		json_number(to, "calls", c->fn[i]);
		g_string_append(to, ", ");
		json_number(to, "succeeded", c->fn_ok[i]);
		g_string_append_c(to, '}');
	}
	g_string_append(to, "\n],\n\"call\": [");
	for (i = 0; i < CALLS_ROWS; i++)
		for (n = 0; n < CALLS_BY; n++)
			calls_json(to, &cover->calls, profile, i, n);
	g_string_append(to, "\n]}\n");
}
