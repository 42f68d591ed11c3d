/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The chart as one SVG file that needs nothing else: it follows the reader's
 * light or dark mode, its heads stay in sight where scripts may run, and what
 * is cut short, registers and rules are in the tooltip of a row.
 */
#include <string.h>

#include "msc_priv.h"

/* Pixels. A character of the labels is 6.65 wide, in tenths: */
enum {
	CHAR = 67, PAD = 16, TITLE = 44, HEAD = 62, BAR = 10,
	GAP_LEAST = 108, GAP_MOST = 300, CPU_GAP = 44, LABEL_MOST = 460,
	FAIL_LEAST = 760,
	ROW_SELF = 38, ROW_MOVE = 42, ROW_PLAIN = 28, ROW_TIME = 26,
	LINE = 14,
};

struct draw {
	const struct msc *m;
	GString *out;
	int *x;			/* of each lane */
	int *y;			/* where each row begins; then the end */
	int left, width;
};

static const char style[] =
	"<style>\n"
	":root{--bg:#fff;--fg:#1f2328;--soft:#59636e;--line:#d1d9e0;"
	"--band:#f6f8fa;--ns:#0969da;--nsl:#ddf4ff;--s:#1a7f64;--sl:#dcf5ec;"
	"--err:#cf222e;--errl:#ffebe9;--irq:#9a6700;--irql:#fff8c5;"
	"--mem:#8250df;--meml:#fbefff;--ok:#1a7f37}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;"
	"--soft:#9198a1;--line:#3d444d;--band:#151b23;--ns:#4493f8;"
	"--nsl:#121d2f;--s:#3dc9a0;--sl:#0f2a23;--err:#f85149;--errl:#2d1417;"
	"--irq:#d29922;--irql:#272115;--mem:#ab7df8;--meml:#1f1a2e;"
	"--ok:#3fb950}}\n"
	"text{font:11px ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono',"
	"Consolas,monospace;fill:var(--fg);white-space:pre}\n"
	".t{font:600 16px system-ui,-apple-system,'Segoe UI',sans-serif}\n"
	".c{font:600 10px system-ui,-apple-system,'Segoe UI',sans-serif;"
	"fill:var(--soft);letter-spacing:.06em}\n"
	".n{font:600 13px system-ui,-apple-system,'Segoe UI',sans-serif;"
	"text-anchor:middle}\n"
	".i{font-size:9.5px;fill:var(--soft);text-anchor:middle}\n"
	".h{paint-order:stroke;stroke:var(--bg);stroke-width:4px;"
	"stroke-linejoin:round}\n"
	".f{font-weight:600}.m{text-anchor:middle}.a{fill:var(--soft)}\n"
	".g{fill:var(--ok)}.e{fill:var(--err)}\n"
	".ru{fill:var(--err);font-size:9.5px}\n"
	".bg{fill:var(--bg)}.band{fill:var(--band)}\n"
	".life{stroke:var(--line);stroke-dasharray:2 4}\n"
	".ns{fill:var(--ns);stroke:var(--ns)}.s{fill:var(--s);stroke:var(--s)}\n"
	".nl{fill:var(--nsl);stroke:var(--ns)}.sl{fill:var(--sl);"
	"stroke:var(--s)}\n"
	".w{stroke-dasharray:3 2;stroke-opacity:.75}\n"
	".ar{stroke:var(--fg);fill:none;stroke-width:1.3}\n"
	".bk{stroke-dasharray:5 3}.er{stroke:var(--err)}.iq{stroke:var(--irq)}\n"
	".hd{fill:var(--fg)}.hde{fill:var(--err)}.hdi{fill:var(--irq)}\n"
	".pm{fill:var(--meml);stroke:var(--mem)}.pi{fill:var(--irql);"
	"stroke:var(--irq)}\n"
	".pd{fill:var(--errl);stroke:var(--err)}.po{fill:var(--band);"
	"stroke:var(--line)}\n"
	".tl{stroke:var(--irq);stroke-dasharray:1 5;stroke-linecap:round}\n"
	".ti{fill:var(--irq);font-size:10px}\n"
	".hit{fill:transparent}.r:hover .hit{fill:var(--soft);"
	"fill-opacity:.1}\n"
	"</style>\n";

/* Where scripts may run the heads stay at the top of the window. */
static const char script[] =
	"<script><![CDATA[\n"
	"(function(){var s=document.currentScript.ownerSVGElement,"
	"h=s.querySelector('.heads');function f(){var m=s.getScreenCTM();"
	"h.setAttribute('transform','translate(0,'+Math.max(0,-m.f/m.d-%d)+"
	"')')}addEventListener('scroll',f,true);addEventListener('resize',f);"
	"f()})()\n"
	"]]></script>\n";

/* -- text ------------------------------------------------------------------ */

/* Appends at most `most` characters (0: all) that XML can have. */
static void put_text(GString *to, const char *text, glong most)
{
	g_autofree char *good = g_utf8_make_valid(text, -1);
	glong n = g_utf8_strlen(good, -1);
	const char *end = good + strlen(good);

	if (most && n > most) {
		end = g_utf8_offset_to_pointer(good, MAX(most - 1, 0));
		n = 0;
	}
	for (const char *c = good; c < end; c = g_utf8_next_char(c)) {
		gunichar u = g_utf8_get_char(c);

		if (u == '&')
			g_string_append(to, "&amp;");
		else if (u == '<')
			g_string_append(to, "&lt;");
		else if (u == '>')
			g_string_append(to, "&gt;");
		else if ((u < ' ' && u != '\n') || u == 0xfffe || u == 0xffff)
			g_string_append_c(to, ' ');
		else
			g_string_append_unichar(to, u);
	}
	if (!n)
		g_string_append(to, "\342\200\246");
}

static int chars(int width)
{
	return MAX(width * 10 / CHAR, 4);
}

static int pixels(const char *text)
{
	return (int)g_utf8_strlen(text, -1) * CHAR / 10;
}

/* "NAME(args)" in two; both new. */
static void split_call(const char *text, char **name, char **args)
{
	size_t n = strcspn(text, "(");

	*name = g_strndup(text, n);
	*args = g_strdup(text + n);
	if (!strcmp(*args, "()"))
		(*args)[0] = 0;
}

static bool is_secure(const struct draw *d, int lane)
{
	return d->m->lanes[lane]->id & FFA_ID_SECURE;
}

static char *second_line(const struct msc_row *r)
{
	if (!r->seen || !strcmp(r->seen, "_") ||
	    (r->kind == MSC_MOVE && !msc_differs(r)))
		return NULL;
	return g_strdup_printf("%s%s", r->kind == MSC_SELF ? "= " :
			       "\342\207\222 ", r->seen);
}

/* -- measures -------------------------------------------------------------- */

static int height(const struct msc_row *r)
{
	int lines = 1;

	switch (r->kind) {
	case MSC_SELF:
		return ROW_SELF;
	case MSC_MOVE:
		return ROW_MOVE;
	case MSC_FAIL:
		for (const char *c = r->call; *c; c++)
			lines += *c == '\n';
		return ROW_PLAIN + lines * LINE;
	case MSC_NOTE:
		return ROW_PLAIN;
	case MSC_ENTER:
		return strcmp(r->seen, "_") ? ROW_PLAIN : LINE;
	case MSC_OPEN:
		return ROW_PLAIN;
	}
	return ROW_PLAIN;
}

/* What the space between lanes has to hold for an arrow. */
static int arrow_need(const struct msc_row *r)
{
	g_autofree char *name = NULL, *args = NULL;
	g_autofree char *more = second_line(r);
	int need;

	split_call(r->call ? r->call : r->seen, &name, &args);
	need = pixels(name);
	if (more)
		need = MAX(need, pixels(more) * 95 / 100);
	else
		need = MAX(need, pixels(args));
	return need + 3 * BAR;
}

/* The longest line to the right of a lane. */
static int label_need(const struct msc_row *r)
{
	g_autofree char *more = second_line(r);
	int need = r->call ? pixels(r->call) : 0;

	if (more)
		need = MAX(need, pixels(more) + (r->rule ?
						 pixels(r->rule) + 12 : 0));
	return need + 3 * BAR;
}

static int place(const struct msc_row *r)
{
	return r->kind == MSC_ENTER ? r->to : r->from;
}

static bool same_cpu(const struct msc *m, int a, int b)
{
	return m->lanes[a]->cpu == m->lanes[b]->cpu;
}

static void measure_x(struct draw *d)
{
	const struct msc *m = d->m;
	int n = (int)m->lane_count, x, right = 0;
	g_autofree int *gap = g_new0(int, n + 1);

	for (int i = 0; i < n; i++)
		gap[i] = MAX(GAP_LEAST, pixels(m->lanes[i]->name) + 40);
	for (guint i = 0; i < m->rows->len; i++) {
		const struct msc_row *r = msc_row(m, i);
		int a = place(r);

		if (r->kind == MSC_MOVE) {
			int lo = MIN(r->from, r->to), hi = MAX(r->from, r->to);
			int need = MIN(arrow_need(r), GAP_MOST * (hi - lo));

			for (int k = lo; k < hi; k++)
				gap[k] = MAX(gap[k], need / (hi - lo));
		} else if (a >= 0 && a + 1 < n &&
			   (msc_state(m, (int)i, (unsigned int)a + 1) !=
			    MSC_IDLE || !same_cpu(m, a, a + 1))) {
			gap[a] = MAX(gap[a], MIN(label_need(r), GAP_MOST));
		}
	}
	d->x = g_new0(int, n + 1);
	x = d->left + GAP_LEAST / 2;
	for (int i = 0; i < n; i++) {
		d->x[i] = x;
		x += gap[i];
		if (i + 1 < n && !same_cpu(m, i, i + 1))
			x += CPU_GAP;
	}
	d->width = n ? d->x[n - 1] + GAP_LEAST / 2 : GAP_LEAST;
	for (guint i = 0; i < m->rows->len; i++) {
		const struct msc_row *r = msc_row(m, i);

		if (r->kind == MSC_FAIL)
			right = MAX(right, FAIL_LEAST);
		else if (r->kind != MSC_MOVE && place(r) >= 0)
			right = MAX(right, d->x[place(r)] +
				    MIN(label_need(r), LABEL_MOST));
	}
	d->width = MAX(d->width, right) + PAD;
}

static void measure(struct draw *d)
{
	const struct msc *m = d->m;
	int y = TITLE + HEAD + 6;
	uint64_t time = 0;

	d->left = PAD;
	measure_x(d);
	d->y = g_new0(int, m->rows->len + 1);
	for (guint i = 0; i < m->rows->len; i++) {
		const struct msc_row *r = msc_row(m, i);

		if (r->time != time)
			y += ROW_TIME;
		time = r->time;
		d->y[i] = y;
		y += height(r);
	}
	d->y[m->rows->len] = y;
}

/* Where a row begins or ends the bars of lanes. */
static int anchor(const struct draw *d, guint i)
{
	const struct msc_row *r = msc_row(d->m, i);

	return d->y[i] + (r->kind == MSC_MOVE ? 20 : 14);
}

/* -- what is behind the rows ----------------------------------------------- */

static void box(struct draw *d, const char *class, int x, int y, int w, int h,
		int round)
{
	g_string_append_printf(d->out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" "
			       "width=\"%d\" height=\"%d\" rx=\"%d\"/>\n",
			       class, x, y, w, h, round);
}

static void bar(struct draw *d, unsigned int lane, enum msc_state state,
		int from, int to)
{
	bool secure = is_secure(d, (int)lane);

	if (state == MSC_IDLE || to <= from)
		return;
	box(d, state == MSC_RUNS ? secure ? "s" : "ns" :
	    secure ? "sl w" : "nl w", d->x[lane] - BAR / 2, from, BAR,
	    to - from, 2);
}

static void bars(struct draw *d)
{
	const struct msc *m = d->m;
	int end = d->y[m->rows->len] + 6;

	for (unsigned int k = 0; k < m->lane_count; k++) {
		enum msc_state now = msc_state(m, -1, k);
		int since = TITLE + HEAD;

		g_string_append_printf(d->out, "<line class=\"life\" x1=\"%d\""
				       " x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n",
				       d->x[k], d->x[k], TITLE + HEAD, end);
		for (guint i = 0; i < m->rows->len; i++) {
			enum msc_state next = msc_state(m, (int)i, k);

			if (next == now)
				continue;
			bar(d, k, now, since, anchor(d, i));
			since = anchor(d, i);
			now = next;
		}
		bar(d, k, now, since, end);
	}
}

static void heads(struct draw *d)
{
	const struct msc *m = d->m;

	g_string_append(d->out, "<g class=\"heads\">\n");
	box(d, "bg", 0, TITLE, d->width, HEAD, 0);
	for (unsigned int i = 0; i < m->lane_count; i++) {
		const struct tape_lane *l = m->lanes[i];
		int w = MAX(pixels(l->name) + 34, 76);
		unsigned int last = i;

		if (!i || l->cpu != m->lanes[i - 1]->cpu) {
			while (last + 1 < m->lane_count &&
			       m->lanes[last + 1]->cpu == l->cpu)
				last++;
			box(d, "band", d->x[i] - GAP_LEAST / 2 + 4, TITLE,
			    d->x[last] - d->x[i] + GAP_LEAST - 8, HEAD - 4, 8);
			g_string_append_printf(d->out, "<text class=\"c\" "
				"x=\"%d\" y=\"%d\">CPU %u</text>\n",
				d->x[i] - w / 2, TITLE + 13, l->cpu);
		}
		box(d, is_secure(d, (int)i) ? "sl" : "nl", d->x[i] - w / 2,
		    TITLE + 19, w, 34, 6);
		g_string_append_printf(d->out, "<text class=\"n\" x=\"%d\" "
				       "y=\"%d\">", d->x[i], TITLE + 34);
		put_text(d->out, l->name, 0);
		g_string_append_printf(d->out, "</text><text class=\"i\" "
				       "x=\"%d\" y=\"%d\">0x%04x</text>\n",
				       d->x[i], TITLE + 47, l->id);
	}
	g_string_append(d->out, "</g>\n");
}

/* -- rows ------------------------------------------------------------------ */

/* A label in the free space right of a lane. */
static int room(const struct draw *d, guint i, int lane)
{
	int k = lane + 1;

	while (k < (int)d->m->lane_count &&
	       msc_state(d->m, (int)i, (unsigned int)k) == MSC_IDLE &&
	       same_cpu(d->m, lane, k))
		k++;
	return (k < (int)d->m->lane_count ? d->x[k] - 2 * BAR : d->width) -
	       d->x[lane] - 2 * BAR;
}

static void text_at(struct draw *d, const char *class, int x, int y,
		    const char *text, int width)
{
	g_string_append_printf(d->out, "<text class=\"h %s\" x=\"%d\" "
			       "y=\"%d\">", class, x, y);
	put_text(d->out, text, chars(width));
	g_string_append(d->out, "</text>\n");
}

/* The name of a call bold, its arguments not. */
static void call_at(struct draw *d, int x, int y, const char *text, int width)
{
	g_autofree char *name = NULL, *args = NULL;

	split_call(text, &name, &args);
	g_string_append_printf(d->out, "<text class=\"h\" x=\"%d\" y=\"%d\">"
			       "<tspan class=\"f\">", x, y);
	put_text(d->out, name, chars(width));
	g_string_append(d->out, "</tspan>");
	if (*args && width - pixels(name) > 4 * CHAR / 10) {
		g_string_append(d->out, "<tspan class=\"a\">");
		put_text(d->out, args, chars(width - pixels(name)));
		g_string_append(d->out, "</tspan>");
	}
	g_string_append(d->out, "</text>\n");
}

static void draw_self(struct draw *d, guint i, const struct msc_row *r)
{
	g_autofree char *more = second_line(r);
	int x = d->x[r->from] + BAR / 2, y = d->y[i] + 14;
	int width = room(d, i, r->from), rule;

	g_string_append_printf(d->out, "<path class=\"ar%s\" d=\"M%d %dh8"
			       "v14h-4\"/><path class=\"%s\" d=\"M%d %dl6 -3.5"
			       "v7z\"/>\n", r->error ? " er" : "", x, y - 4,
			       r->error ? "hde" : "hd", x, y + 10);
	call_at(d, x + 14, y, r->call, width);
	if (!more)
		return;
	text_at(d, r->error ? "e f" : "g", x + 14, y + LINE, more, width);
	rule = pixels(more) + 8;
	if (r->rule && width - rule > 40)
		text_at(d, "ru", x + 14 + rule, y + LINE, r->rule,
			(width - rule) * 11 / 10);
}

static void draw_move(struct draw *d, guint i, const struct msc_row *r)
{
	g_autofree char *name = NULL, *args = NULL;
	g_autofree char *more = second_line(r);
	int right = r->to > r->from ? 1 : -1;
	int a = d->x[r->from] + right * BAR / 2;
	int b = d->x[r->to] - right * BAR / 2;
	int y = d->y[i] + 20, mid = (a + b) / 2;
	int width = ABS(b - a) - BAR;
	const char *kind = r->error ? " er" : r->call ? "" : " iq";
	const char *head = r->error ? "hde" : r->call ? "hd" : "hdi";

	g_string_append_printf(d->out, "<path class=\"ar%s%s\" d=\"M%d %dH%d\"/>"
			       "<path class=\"%s\" d=\"M%d %dl%d -4v8z\"/>\n",
			       r->back || !r->call ? " bk" : "", kind, a, y,
			       b - right * 7, head, b, y, -right * 8);
	split_call(r->call ? r->call : r->seen, &name, &args);
	text_at(d, r->error && !r->call ? "m f e" : "m f", mid, y - 6, name,
		width);
	if (more && r->call)
		text_at(d, r->error ? "m e" : "m a", mid, y + 14, more, width);
	else if (*args)
		text_at(d, r->error ? "m e" : "m a", mid, y + 14, args, width);
}

static void draw_note(struct draw *d, guint i, const struct msc_row *r)
{
	static const char *const pills[] = {
		[MSC_OTHER] = "po", [MSC_MEMORY] = "pm", [MSC_IRQ] = "pi",
		[MSC_DEATH] = "pd", [MSC_TIME] = "pi",
	};
	int width = r->from >= 0 ? room(d, i, r->from) :
		    d->width - 2 * PAD - 20;
	int x = r->from >= 0 ? d->x[r->from] + BAR / 2 + 8 : PAD;
	int w = MIN(pixels(r->call) + 14, width);

	if (r->from >= 0)
		g_string_append_printf(d->out, "<path class=\"%s\" d=\"M%d %dl"
				       "6 -6l6 6l-6 6z\"/>\n", pills[r->mark],
				       d->x[r->from] - 6, d->y[i] + 14);
	box(d, pills[r->mark], x, d->y[i] + 4, w, 20, 10);
	g_string_append_printf(d->out, "<text x=\"%d\" y=\"%d\">", x + 7,
			       d->y[i] + 18);
	put_text(d->out, r->call, chars(w - 8));
	g_string_append(d->out, "</text>\n");
}

static void draw_fail(struct draw *d, guint i, const struct msc_row *r)
{
	g_auto(GStrv) lines = g_strsplit(r->call, "\n", -1);

	box(d, "pd", PAD / 2, d->y[i] + 4, d->width - PAD, height(r) - 12, 6);
	for (unsigned int k = 0; lines[k]; k++) {
		g_string_append_printf(d->out, "<text class=\"%s\" x=\"%d\" "
				       "y=\"%d\">", k ? "" : "e f", PAD,
				       d->y[i] + 20 + (int)k * LINE);
		put_text(d->out, lines[k], chars(d->width - 2 * PAD));
		g_string_append(d->out, "</text>\n");
	}
}

static void tooltip(struct draw *d, const struct msc_row *r)
{
	GString *to = d->out;

	g_string_append(to, "<title>");
	if (r->call)
		put_text(to, r->call, 0);
	if (r->seen) {
		g_string_append(to, r->call ? "\n= " : "= ");
		put_text(to, r->seen, 0);
	}
	if (r->rule) {
		g_string_append_c(to, '\n');
		put_text(to, r->rule, 0);
		if (r->sentence) {
			g_string_append(to, ": ");
			put_text(to, r->sentence, 0);
		}
	}
	g_string_append(to, "</title>");
}

static void draw_row(struct draw *d, guint i)
{
	const struct msc_row *r = msc_row(d->m, i);

	g_string_append(d->out, "<g class=\"r\">");
	tooltip(d, r);
	box(d, "hit", 0, d->y[i], d->width, height(r), 0);
	switch (r->kind) {
	case MSC_SELF:
		draw_self(d, i, r);
		break;
	case MSC_MOVE:
		draw_move(d, i, r);
		break;
	case MSC_ENTER:
		if (!strcmp(r->seen, "_"))
			break;
		text_at(d, "a", d->x[r->to] + BAR + 9, d->y[i] + 18, r->seen,
			room(d, i, r->to));
		break;
	case MSC_OPEN:
		call_at(d, d->x[r->from] + BAR + 9, d->y[i] + 18, r->call,
			room(d, i, r->from));
		break;
	case MSC_NOTE:
		draw_note(d, i, r);
		break;
	case MSC_FAIL:
		draw_fail(d, i, r);
		break;
	}
	g_string_append(d->out, "</g>\n");
}

static void time_at(struct draw *d, guint i, uint64_t ns)
{
	g_autofree char *text = msc_time(ns);
	int y = d->y[i] - ROW_TIME / 2;

	g_string_append_printf(d->out, "<line class=\"tl\" x1=\"%d\" x2=\"%d\""
			       " y1=\"%d\" y2=\"%d\"/><text class=\"h ti\" "
			       "x=\"%d\" y=\"%d\">%s</text>\n", PAD / 2,
			       d->width - PAD / 2, y, y, PAD / 2, y + 4, text);
}

char *msc_svg(const struct msc *m)
{
	struct draw d = { .m = m, .out = g_string_new(NULL) };
	const char *title = m->tape->title ? m->tape->title : "";
	uint64_t time = 0;
	int tall;

	measure(&d);
	d.width = MAX(d.width, (int)g_utf8_strlen(title, -1) * 10 + 2 * PAD);
	tall = d.y[m->rows->len] + PAD;
	g_string_append_printf(d.out, "<svg xmlns=\"http://www.w3.org/2000/svg"
			       "\" width=\"%d\" height=\"%d\" viewBox=\"0 0 "
			       "%d %d\" role=\"img\">\n<title>", d.width, tall,
			       d.width, tall);
	put_text(d.out, *title ? title : "sequence chart", 0);
	g_string_append_printf(d.out, "</title>\n%s", style);
	box(&d, "bg", 0, 0, d.width, tall, 0);
	g_string_append_printf(d.out, "<text class=\"t\" x=\"%d\" y=\"28\">",
			       PAD);
	put_text(d.out, title, 0);
	g_string_append(d.out, "</text>\n");
	bars(&d);
	for (guint i = 0; i < m->rows->len; i++) {
		const struct msc_row *r = msc_row(m, i);

		if (r->time != time)
			time_at(&d, i, r->time);
		time = r->time;
		draw_row(&d, i);
	}
	heads(&d);
	g_string_append_printf(d.out, script, TITLE);
	g_string_append(d.out, "</svg>\n");
	g_free(d.x);
	g_free(d.y);
	return g_string_free(d.out, FALSE);
}
