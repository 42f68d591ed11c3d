/* SPDX-License-Identifier: BSD-3-Clause */
/* The chart as text: lanes on the left, what is said to their right. */
#include <string.h>

#include "msc_priv.h"

enum { GAP = 3, LEAST = 9 };

struct page {
	const struct msc *m;
	GString *out;
	unsigned int *x;	/* column of each lane, then the width */
	gunichar *line;
};

static const gunichar signs[] = {
	[MSC_IDLE] = ' ', [MSC_RUNS] = 0x2503, [MSC_WAITS] = 0x250a,
};

static void measure(struct page *p)
{
	unsigned int x = 0;

	p->x = g_new0(unsigned int, p->m->lane_count + 1);
	for (unsigned int i = 0; i < p->m->lane_count; i++) {
		glong n = g_utf8_strlen(p->m->lanes[i]->name, -1);

		x += i && p->m->lanes[i]->cpu != p->m->lanes[i - 1]->cpu ?
		     GAP : 0;
		p->x[i] = x;
		x += MAX((unsigned int)n + GAP, LEAST);
	}
	p->x[p->m->lane_count] = x + GAP;
	p->line = g_new0(gunichar, x + GAP + 1);
}

static void blank(struct page *p)
{
	for (unsigned int i = 0; i < p->x[p->m->lane_count]; i++)
		p->line[i] = ' ';
}

static void put(struct page *p, const char *label)
{
	gsize from = p->out->len;

	for (unsigned int i = 0; i < p->x[p->m->lane_count]; i++)
		g_string_append_unichar(p->out, p->line[i]);
	if (label)
		g_string_append(p->out, label);
	while (p->out->len > from && p->out->str[p->out->len - 1] == ' ')
		g_string_truncate(p->out, p->out->len - 1);
	g_string_append_c(p->out, '\n');
}

static void write_at(struct page *p, unsigned int x, const char *text)
{
	for (; *text && x < p->x[p->m->lane_count];
	     text = g_utf8_next_char(text))
		p->line[x++] = g_utf8_get_char(text);
}

static void head(struct page *p)
{
	char cpu[32];

	blank(p);
	for (unsigned int i = 0; i < p->m->lane_count; i++) {
		if (i && p->m->lanes[i]->cpu == p->m->lanes[i - 1]->cpu)
			continue;
		g_snprintf(cpu, sizeof(cpu), "CPU %u", p->m->lanes[i]->cpu);
		write_at(p, p->x[i], cpu);
	}
	put(p, NULL);
	blank(p);
	for (unsigned int i = 0; i < p->m->lane_count; i++)
		write_at(p, p->x[i], p->m->lanes[i]->name);
	put(p, NULL);
}

static void bars(struct page *p, int row)
{
	blank(p);
	for (unsigned int i = 0; i < p->m->lane_count; i++)
		p->line[p->x[i]] = signs[msc_state(p->m, row, i)];
}

static void arrow(struct page *p, int from, int to)
{
	unsigned int a = p->x[MIN(from, to)], b = p->x[MAX(from, to)];

	for (unsigned int x = a + 1; x < b; x++)
		p->line[x] = 0x2500;
	p->line[p->x[from]] = from < to ? 0x251c : 0x2524;
	p->line[p->x[to]] = from < to ? 0x25b6 : 0x25c0;
}

static char *label_of(const struct msc_row *row)
{
	GString *to = g_string_new(row->error ? "! " : "  ");

	if (row->call)
		g_string_append(to, row->call);
	if (row->kind == MSC_SELF)
		g_string_append_printf(to, " = %s", row->seen);
	else if (msc_differs(row) && strcmp(row->seen, "_"))
		g_string_append_printf(to, "%s%s", row->call ? "  => " : "=> ",
				       row->seen);
	else if (row->kind == MSC_OPEN)
		g_string_append(to, " ...");
	if (row->rule)
		g_string_append_printf(to, "  [%s]", row->rule);
	return g_string_free(to, FALSE);
}

static void put_lines(struct page *p, int i, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (unsigned int k = 0; lines[k]; k++) {
		g_autofree char *line = g_strconcat("! ", lines[k], NULL);

		bars(p, i);
		put(p, line);
	}
}

static void row(struct page *p, int i)
{
	const struct msc_row *r = msc_row(p->m, (guint)i);
	g_autofree char *label = label_of(r);

	if (r->kind == MSC_FAIL) {
		put_lines(p, i, r->call);
		return;
	}
	bars(p, i);
	if (r->kind == MSC_MOVE)
		arrow(p, r->from, r->to);
	else if (r->kind == MSC_NOTE && r->from >= 0)
		p->line[p->x[r->from]] = r->mark == MSC_MEMORY ? 0x25c6 : '*';
	else if (r->kind == MSC_SELF)
		p->line[p->x[r->from]] = 0x2523;
	put(p, label);
}

char *msc_text(const struct msc *m)
{
	struct page p = { .m = m, .out = g_string_new(NULL) };
	uint64_t time = 0;

	measure(&p);
	if (m->tape->title && *m->tape->title)
		g_string_append_printf(p.out, "%s\n\n", m->tape->title);
	head(&p);
	for (guint i = 0; i < m->rows->len; i++) {
		const struct msc_row *r = msc_row(m, i);

		if (r->time != time) {
			g_autofree char *t = msc_time(r->time);
			g_autofree char *line = g_strdup_printf("@ %s", t);

			bars(&p, (int)i - 1);
			put(&p, line);
			time = r->time;
		}
		if (r->kind != MSC_ENTER || strcmp(r->seen, "_"))
			row(&p, (int)i);
	}
	g_free(p.x);
	g_free(p.line);
	return g_string_free(p.out, FALSE);
}
