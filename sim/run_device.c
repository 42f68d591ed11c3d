/* SPDX-License-Identifier: BSD-3-Clause */
/* What is beside the calls: the console, and interrupts. */
#include <string.h>

#include "run_priv.h"

static char *quoted(const char *text)
{
	g_autofree char *escaped = g_strescape(text, NULL);

	return g_strdup_printf("\"%s\"", escaped);
}

/* What contexts logged without an end of line yet. */
static void unfinished(struct run *r, struct mismatch *m,
		       const struct board_part *p)
{
	unsigned int ecs = r->board->endpoints[p->index].ec_count;

	for (unsigned int i = 0; i < ecs; i++) {
		const char *text = machine_unfinished(r->machine, p->index, i);
		g_autofree char *shown = quoted(text);

		if (*text)
			mismatch_line(m, "unended", "context %u: %s", i,
				      shown);
	}
}

bool run_console(struct run *r, const struct ffs_stmt *s)
{
	const struct board_part *p = board_part(r->board, ffs_pos(s, 0)->text);
	const struct ffs_value *want = ffs_pos(s, 1);
	g_autofree char *got = NULL, *expected = NULL;
	struct mismatch *m;
	const char *line;

	if (!p)
		return run_fail(r, s, RUN_BAD_FILE, "there is no part %s",
				ffs_pos(s, 0)->text);
	line = machine_console(r->machine, p->index, r->console[p->index]);
	r->console[p->index] += line != NULL;
	if (line && !strcmp(line, (const char *)want->bytes))
		return true;
	if (line)
		got = quoted(line);
	if (line && run_edit_text(r, &want->loc, got))
		return true;
	expected = quoted((const char *)want->bytes);
	m = mismatch_new(r, s);
	mismatch_line(m, "expected", "%s", expected);
	mismatch_line(m, "got", "%s", line ? got :
		      "no line that was not expected before");
	if (!line)
		unfinished(r, m, p);
	return mismatch_end(m, RUN_FAIL);
}

/* -- interrupts ------------------------------------------------------------ */

bool run_raise(struct run *r, const struct ffs_stmt *s)
{
	const struct ffs_value *where = ffs_pos(s, 1);
	unsigned int cpu = (unsigned int)where->num, ep, ec;
	struct run_seat *seat;
	g_autofree char *why = NULL;
	enum machine_end end;
	bool owned = false;
	uint64_t id;

	if (!run_number(r, ffs_pos(s, 0), &id, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	for (unsigned int i = 0; i < r->board->config.irq_count; i++)
		owned |= r->board->config.irqs[i].id == id;
	if (!owned)
		return run_fail(r, s, RUN_BAD_FILE, "no part has interrupt "
				"%" G_GUINT64_FORMAT ": write part ... "
				"irq=%" G_GUINT64_FORMAT, id, id);
	if (cpu >= r->board->config.cpus)
		return run_fail(r, s, RUN_BAD_FILE, "there is no CPU %u", cpu);
	seat = run_control(r, cpu, &ep, &ec);
	end = machine_raise(r->machine, cpu, (uint32_t)id, &r->out);
	if (end == MACHINE_STOPPED)
		return true;	/* it pends */
	if (seat)
		seat->preempted = true;
	return run_arrive(r, s, cpu, end);
}

static void pending(struct run *r, struct mismatch *m, unsigned int ep,
		    unsigned int ec)
{
	uint32_t ids[SPMC_MAX_IRQS + 1];
	unsigned int n = spmc_pending(r->spmc, ep, ec, ids);
	g_autoptr(GString) text = g_string_new(n ? "pending:" : "none pends");

	for (unsigned int i = 0; i < n; i++)
		g_string_append_printf(text, " %u", ids[i]);
	mismatch_line(m, "got", "%s", text->str);
}

bool run_irq_taken(struct run *r, const struct ffs_stmt *s)
{
	const struct ffs_value *what = ffs_pos(s, 0), *who = ffs_pos(s, 1);
	const struct board_part *p = board_part(r->board, who->text);
	unsigned int cpu = (unsigned int)who->num, ep, ec;
	g_autofree char *why = NULL;
	struct mismatch *m;
	uint64_t id;

	if (what->kind == FFS_V_ID)
		id = r->board->config.mei;
	else if (!run_number(r, what, &id, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (!p)
		return run_fail(r, s, RUN_BAD_FILE, "there is no part %s",
				who->text);
	if (!run_control(r, cpu, &ep, &ec) || ep != p->index) {
		m = mismatch_new(r, s);
		mismatch_line(m, "expected", "control to be with %s@%u, which "
			      "takes an interrupt", p->name, cpu);
		mismatch_graph(m);
		return mismatch_end(m, RUN_FAIL);
	}
	if (spmc_take_irq(r->spmc, cpu, (uint32_t)id))
		return true;
	m = mismatch_new(r, s);
	mismatch_line(m, "expected", "interrupt %" G_GUINT64_FORMAT
		      " to pend for %s", id, p->name);
	if (r->board->endpoints[ep].kind != SPMC_SP_EL1)
		mismatch_line(m, "because", "only S-EL1 partitions take "
			      "interrupts: others get FFA_INTERRUPT");
	else
		pending(r, m, ep, ec);
	return mismatch_end(m, RUN_FAIL);
}
