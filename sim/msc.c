/* SPDX-License-Identifier: BSD-3-Clause */
/* From steps to rows: calls find what they led to. */
#include "msc_priv.h"

#include <string.h>

#include "rules.h"

/* What is known of a CPU on the way down. */
struct at {
	int lane;		/* place of who has control, or -1 */
	const struct tape_step *call;	/* not drawn yet, or NULL */
	bool began;		/* it had a step */
};

struct build {
	struct msc *m;
	GArray *cpus;		/* struct at */
	int *place;		/* by number of the lane on the tape */
	GByteArray *now;	/* state of each lane */
};

/* -- lanes ----------------------------------------------------------------- */

static int compare_lanes(const void *a, const void *b)
{
	const struct tape_lane *x = *(const struct tape_lane *const *)a;
	const struct tape_lane *y = *(const struct tape_lane *const *)b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void order_lanes(struct build *b)
{
	struct msc *m = b->m;
	const GArray *lanes = m->tape->lanes;

	m->lane_count = lanes->len;
	m->lanes = g_new0(const struct tape_lane *, lanes->len + 1);
	m->first = g_new0(uint8_t, lanes->len + 1);
	b->place = g_new0(int, lanes->len + 1);
	for (guint i = 0; i < lanes->len; i++)
		m->lanes[i] = &g_array_index(lanes, struct tape_lane, i);
	qsort(m->lanes, lanes->len, sizeof(*m->lanes), compare_lanes);
	for (guint i = 0; i < lanes->len; i++)
		b->place[m->lanes[i] - (struct tape_lane *)(void *)lanes->data] =
			(int)i;
	g_byte_array_set_size(b->now, lanes->len);
	if (lanes->len)
		memset(b->now->data, MSC_IDLE, lanes->len);
}

static struct at *cpu_at(struct build *b, unsigned int cpu)
{
	static const struct at fresh = { -1, NULL, false };

	while (b->cpus->len <= cpu)
		g_array_append_val(b->cpus, fresh);
	return &g_array_index(b->cpus, struct at, cpu);
}

/* -- rows ------------------------------------------------------------------ */

bool msc_is_error(const char *text)
{
	return text && (g_str_has_prefix(text, "FFA_ERROR") ||
			g_str_has_prefix(text, "NOT_SUPPORTED"));
}

bool msc_differs(const struct msc_row *row)
{
	size_t n;

	if (!row->seen || !row->call)
		return row->seen;
	n = strcspn(row->call, "(");
	return strncmp(row->call, row->seen, n) || row->seen[n] != '(';
}

char *msc_time(uint64_t ns)
{
	static const struct { uint64_t ns; const char *name; } units[] = {
		{ 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
		if (ns >= units[i].ns) {
			char num[G_ASCII_DTOSTR_BUF_SIZE];

			g_ascii_formatd(num, sizeof(num), "%.6g",
					(double)ns / (double)units[i].ns);
			return g_strdup_printf("%s %s", num, units[i].name);
		}
	return g_strdup_printf("%u ns", (unsigned int)ns);
}

static const char *sentence_of(const char *rule)
{
	for (unsigned int i = 0; rule && i < rules_count(); i++)
		if (!strcmp(rules_at(i)->name, rule))
			return rules_at(i)->sentence;
	return NULL;
}

static void add_row(struct build *b, struct msc_row row)
{
	struct msc *m = b->m;

	row.sentence = sentence_of(row.rule);
	m->timed |= row.time;
	g_array_append_val(m->rows, row);
	g_byte_array_append(m->states, b->now->data, b->now->len);
}

static bool is_one_of(const struct tape_step *call, const enum ffa_fn *fns,
		      gsize n)
{
	enum ffa_fn fn = ffa_fn_find(call->regs.x[0]);

	for (gsize i = 0; i < n; i++)
		if (fns[i] == fn)
			return true;
	return false;
}

/* Is who makes this call done with what it did? */
static bool is_last(const struct tape_step *call)
{
	static const enum ffa_fn fns[] = {
		FFA_FN_MSG_WAIT, FFA_FN_MSG_WAIT_64,
		FFA_FN_MSG_SEND_DIRECT_RESP_32, FFA_FN_MSG_SEND_DIRECT_RESP_64,
		FFA_FN_MSG_SEND_DIRECT_RESP2, FFA_FN_ERROR, FFA_FN_ERROR_64,
		FFA_FN_ABORT_32, FFA_FN_ABORT_64,
	};
	return is_one_of(call, fns, G_N_ELEMENTS(fns));
}

/* Does it give cycles to another one, rather than back? */
static bool goes_down(const struct tape_step *call)
{
	static const enum ffa_fn fns[] = {
		FFA_FN_RUN, FFA_FN_RUN_64, FFA_FN_MSG_SEND_DIRECT_REQ_32,
		FFA_FN_MSG_SEND_DIRECT_REQ_64, FFA_FN_MSG_SEND_DIRECT_REQ2,
	};

	return is_one_of(call, fns, G_N_ELEMENTS(fns));
}

/* A call after which nobody was seen. */
static void flush(struct build *b, struct at *at)
{
	const struct tape_step *call = at->call;
	int lane;

	if (!call)
		return;
	lane = b->place[call->lane];
	b->now->data[lane] = is_last(call) ? MSC_IDLE : MSC_WAITS;
	add_row(b, (struct msc_row){
		.kind = MSC_OPEN, .from = lane, .to = -1,
		.call = call->text, .time = call->time,
	});
	at->call = NULL;
	at->lane = -1;
}

/* It has control since before the chart begins. */
static void ran_before(struct msc *m, int lane)
{
	m->first[lane] = MSC_RUNS;
	for (guint i = 0; i < m->rows->len; i++)
		m->states->data[i * m->lane_count + (guint)lane] = MSC_RUNS;
}

static void put_call(struct build *b, const struct tape_step *s)
{
	struct at *at = cpu_at(b, b->m->lanes[b->place[s->lane]]->cpu);
	int lane = b->place[s->lane];

	/* a hypervisor begins where its VM called */
	if (at->call && b->place[at->call->lane] != lane) {
		b->now->data[b->place[at->call->lane]] = MSC_WAITS;
		b->now->data[lane] = MSC_RUNS;
		add_row(b, (struct msc_row){
			.kind = MSC_MOVE, .from = b->place[at->call->lane],
			.to = lane, .call = at->call->text,
			.time = at->call->time,
		});
	} else {
		if (!at->began)
			ran_before(b->m, lane);
		flush(b, at);
		if (at->lane >= 0 && at->lane != lane)
			b->now->data[at->lane] = MSC_WAITS;
	}
	b->now->data[lane] = MSC_RUNS;
	at->began = true;
	at->lane = lane;
	at->call = s;
}

static void put_sees(struct build *b, const struct tape_step *s)
{
	struct at *at = cpu_at(b, b->m->lanes[b->place[s->lane]]->cpu);
	int lane = b->place[s->lane];
	int from = at->call ? b->place[at->call->lane] : at->lane;
	struct msc_row row = {
		.kind = MSC_MOVE, .from = from, .to = lane,
		.call = at->call ? at->call->text : NULL,
		.seen = s->text, .rule = s->rule, .time = s->time,
		.error = msc_is_error(s->text),
		.back = b->now->data[lane] == MSC_WAITS &&
			!(at->call && goes_down(at->call)),
	};

	if (from < 0)
		row.kind = MSC_ENTER;
	else if (from == lane)
		row.kind = at->call ? MSC_SELF : MSC_ENTER;
	else
		b->now->data[from] = at->call && is_last(at->call) ?
				     MSC_IDLE : MSC_WAITS;
	if (from >= 0 && from != lane && !at->call && row.error)
		b->now->data[from] = MSC_IDLE;	/* it crashed */
	b->now->data[lane] = MSC_RUNS;
	at->began = true;
	at->call = NULL;
	at->lane = lane;
	add_row(b, row);
}

static enum msc_mark mark_of(const char *text)
{
	static const struct { const char *word; enum msc_mark mark; } words[] = {
		{ "store", MSC_MEMORY }, { "load", MSC_MEMORY },
		{ "poke", MSC_MEMORY }, { "preempt", MSC_IRQ },
		{ "raise", MSC_IRQ }, { "irq", MSC_IRQ },
		{ "interrupt", MSC_IRQ }, { "crash", MSC_DEATH },
		{ "hang", MSC_DEATH }, { "destroy", MSC_DEATH },
		{ "poweroff", MSC_DEATH }, { "inject", MSC_DEATH },
		{ "restart", MSC_DEATH }, { "wait", MSC_TIME },
	};
	size_t n = strcspn(text, " ");

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (strlen(words[i].word) == n &&
		    !strncmp(words[i].word, text, n))
			return words[i].mark;
	return MSC_OTHER;
}

static void put_other(struct build *b, const struct tape_step *s)
{
	for (guint i = 0; i < b->cpus->len; i++)
		flush(b, &g_array_index(b->cpus, struct at, i));
	add_row(b, (struct msc_row){
		.kind = s->kind == TAPE_FAILED ? MSC_FAIL : MSC_NOTE,
		.mark = mark_of(s->text), .to = -1, .call = s->text,
		.from = s->lane < 0 ? -1 : b->place[s->lane],
		.time = s->time, .error = s->kind == TAPE_FAILED,
	});
}

struct msc *msc_new(const struct tape *t)
{
	struct msc *m = g_new0(struct msc, 1);
	struct build b = {
		.m = m, .cpus = g_array_new(FALSE, FALSE, sizeof(struct at)),
		.now = g_byte_array_new(),
	};

	m->tape = t;
	m->rows = g_array_new(FALSE, FALSE, sizeof(struct msc_row));
	m->states = g_byte_array_new();
	order_lanes(&b);
	for (guint i = 0; i < t->steps->len; i++) {
		const struct tape_step *s =
			&g_array_index(t->steps, struct tape_step, i);

		switch (s->kind) {
		case TAPE_CALL:
			put_call(&b, s);
			break;
		case TAPE_SEES:
			put_sees(&b, s);
			break;
		case TAPE_EVENT:
		case TAPE_FAILED:
			put_other(&b, s);
			break;
		}
	}
	for (guint i = 0; i < b.cpus->len; i++)
		flush(&b, &g_array_index(b.cpus, struct at, i));
	g_array_unref(b.cpus);
	g_byte_array_unref(b.now);
	g_free(b.place);
	return m;
}

void msc_free(struct msc *m)
{
	g_free(m->lanes);
	g_free(m->first);
	g_array_unref(m->rows);
	g_byte_array_unref(m->states);
	g_free(m);
}

const struct msc_row *msc_row(const struct msc *m, guint i)
{
	return &g_array_index(m->rows, struct msc_row, i);
}

enum msc_state msc_state(const struct msc *m, int i, unsigned int lane)
{
	return (enum msc_state)(i < 0 ? m->first[lane] :
		m->states->data[(guint)i * m->lane_count + lane]);
}

char *msc_format(const struct tape *t, enum msc_format format)
{
	struct msc *m = msc_new(t);
	char *text = NULL;

	switch (format) {
	case MSC_TEXT:
		text = msc_text(m);
		break;
	case MSC_MERMAID:
		text = msc_mermaid(m);
		break;
	case MSC_SVG:
		text = msc_svg(m);
		break;
	}
	msc_free(m);
	return text;
}
