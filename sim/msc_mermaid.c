/* SPDX-License-Identifier: BSD-3-Clause */
/* The chart for Mermaid (sequenceDiagram): what Markdown pages can show. */
#include <string.h>

#include "msc_priv.h"

/* Mermaid ends a statement at `;`, and `#` begins a character's number. */
static void say(GString *to, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '#': case ';': case '<': case '>': case '%': case '"':
			g_string_append_printf(to, "#%d;", *text);
			break;
		case '\n':
			g_string_append(to, "<br/>");
			break;
		case '\r': case '\t':
			g_string_append_c(to, ' ');
			break;
		default:
			g_string_append_c(to, *text);
		}
}

static void heads(GString *to, const struct msc *m)
{
	for (unsigned int i = 0; i < m->lane_count; i++) {
		if (!i || m->lanes[i]->cpu != m->lanes[i - 1]->cpu)
			g_string_append_printf(to, "    box CPU %u\n",
					       m->lanes[i]->cpu);
		g_string_append_printf(to, "    participant L%u as ", i);
		say(to, m->lanes[i]->name);
		g_string_append_printf(to, "@%u\n", m->lanes[i]->cpu);
		if (i + 1 == m->lane_count ||
		    m->lanes[i]->cpu != m->lanes[i + 1]->cpu)
			g_string_append(to, "    end\n");
	}
}

/* A bar is there while a lane runs or waits. */
static void bars(GString *to, const struct msc *m, int i)
{
	for (unsigned int k = 0; k < m->lane_count; k++) {
		bool was = msc_state(m, i - 1, k) != MSC_IDLE;
		bool is = msc_state(m, i, k) != MSC_IDLE;

		if (was != is)
			g_string_append_printf(to, "    %sactivate L%u\n",
					       is ? "" : "de", k);
	}
}

static void message(GString *to, int from, const char *arrow, int lane,
		    const char *text, const char *more)
{
	g_string_append_printf(to, "    L%d%sL%d: ", from, arrow, lane);
	say(to, text);
	if (more) {
		g_string_append(to, " → ");
		say(to, more);
	}
	g_string_append_c(to, '\n');
}

static void note(GString *to, const struct msc *m, const struct msc_row *r,
		 const char *text)
{
	if (!m->lane_count)
		return;
	g_string_append(to, "    Note over ");
	if (r->from >= 0)
		g_string_append_printf(to, "L%d: ", r->from);
	else if (m->lane_count > 1)
		g_string_append_printf(to, "L0,L%u: ", m->lane_count - 1);
	else
		g_string_append(to, "L0: ");
	say(to, text);
	g_string_append_c(to, '\n');
}

static void row(GString *to, const struct msc *m, int i)
{
	const struct msc_row *r = msc_row(m, (guint)i);
	g_autofree char *seen = r->rule && r->seen ?
		g_strdup_printf("%s [%s]", r->seen, r->rule) :
		g_strdup(r->seen);

	switch (r->kind) {
	case MSC_SELF:
		bars(to, m, i);
		message(to, r->from, "->>", r->from, r->call, NULL);
		message(to, r->from, r->error ? "--x" : "-->>", r->from, seen,
			NULL);
		return;
	case MSC_MOVE:
		message(to, r->from, r->error ? "--x" :
			r->back ? "-->>" : "->>", r->to,
			r->call ? r->call : seen,
			r->call && msc_differs(r) && strcmp(seen, "_") ?
			seen : NULL);
		break;
	case MSC_OPEN:
		message(to, r->from, "-x", r->from, r->call, NULL);
		break;
	case MSC_ENTER:
		message(to, r->to, "-->>", r->to, seen, NULL);
		break;
	case MSC_NOTE:
	case MSC_FAIL:
		note(to, m, r, r->call);
		break;
	}
	bars(to, m, i);
}

char *msc_mermaid(const struct msc *m)
{
	GString *to = g_string_new(NULL);
	uint64_t time = 0;

	if (m->tape->title && *m->tape->title) {
		g_string_append(to, "---\ntitle: \"");
		for (const char *c = m->tape->title; *c; c++)
			if (!strchr("\"\\\n", *c))
				g_string_append_c(to, *c);
		g_string_append(to, "\"\n---\n");
	}
	g_string_append(to, "sequenceDiagram\n");
	heads(to, m);
	for (unsigned int k = 0; k < m->lane_count; k++)
		if (msc_state(m, -1, k) != MSC_IDLE)
			g_string_append_printf(to, "    activate L%u\n", k);
	for (guint i = 0; i < m->rows->len; i++) {
		const struct msc_row *r = msc_row(m, i);

		if (r->time != time) {
			g_autofree char *text = msc_time(r->time);
			const struct msc_row all = { .from = -1 };

			note(to, m, &all, text);
			time = r->time;
		}
		row(to, m, (int)i);
	}
	return g_string_free(to, FALSE);
}
