/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens, step by step, onto the tape (tape.h). */
#include <string.h>

#include "rules.h"
#include "run_priv.h"
#include "tape.h"

static int lane_of(struct run *r, unsigned int endpoint, unsigned int cpu)
{
	const struct board_part *p = &r->board->parts[endpoint];

	return tape_lane(r->tape, p->name, p->id, cpu);
}

static bool is_there(const struct run *r, unsigned int endpoint)
{
	return r->tape && !r->tape_off &&
	       endpoint < r->board->config.endpoint_count;
}

void run_tape_call(struct run *r, unsigned int cpu, unsigned int endpoint,
		   unsigned int ec, const struct ffa_value *regs)
{
	struct codec_ctx ctx;
	GString *text;

	if (!is_there(r, endpoint))
		return;
	ctx = run_ctx(r, endpoint);
	text = g_string_new(NULL);
	codec_call(text, &ctx, regs);
	tape_add(r->tape, TAPE_CALL, lane_of(r, endpoint, cpu),
		 machine_time(r->machine), g_string_free(text, FALSE))->regs =
		*regs;
	r->tape_called[run_seat(r, endpoint, ec) - r->seats] =
		(uint32_t)regs->x[0];
}

void run_tape_sees(struct run *r, unsigned int cpu,
		   const struct spmc_outcome *out)
{
	struct codec_ctx ctx;
	struct tape_step *s;
	uint32_t *called;
	GString *text;

	if (!is_there(r, out->endpoint))
		return;
	called = &r->tape_called[run_seat(r, out->endpoint, out->ec) -
				 r->seats];
	ctx = run_ctx(r, out->endpoint);
	text = g_string_new(NULL);
	if (out->starts && out->endpoint)
		run_entry_text(r, text, out->endpoint, out);
	else if (out->goes_on || out->starts)
		g_string_append_c(text, '_');
	else
		codec_result(text, &ctx, ffa_fn_find(*called), &out->regs);
	s = tape_add(r->tape, TAPE_SEES, lane_of(r, out->endpoint, cpu),
		     machine_time(r->machine), g_string_free(text, FALSE));
	s->regs = out->regs;
	s->called = out->goes_on || out->starts ? 0 : *called;
	if (out->rule)
		s->rule = g_strdup(rules_of(out->rule)->name);
}

/* Is it something that happens, and no question? */
static bool happens(enum ffs_word word)
{
	switch (word) {
	case FFS_W_BOOT: case FFS_W_WAIT: case FFS_W_PREEMPT:
	case FFS_W_INJECT: case FFS_W_POKE: case FFS_W_POWEROFF:
	case FFS_W_RESTART: case FFS_W_RAISE: case FFS_W_IRQ:
		return true;
	case FFS_W_FFS: case FFS_W_TITLE: case FFS_W_TAG:
	case FFS_W_REQUIRES: case FFS_W_INCLUDE: case FFS_W_FFA:
	case FFS_W_BOARD: case FFS_W_PARAM: case FFS_W_PART: case FFS_W_BUF:
	case FFS_W_MEM: case FFS_W_ALLOW: case FFS_W_TX: case FFS_W_RX:
	case FFS_W_CHECK: case FFS_W_CONSOLE: case FFS_W_SHUFFLE:
	case FFS_W_ANY: case FFS_W_COUNT:
		break;
	}
	return false;
}

void run_tape_stmt(struct run *r, const struct ffs_stmt *s)
{
	const struct board_part *p = NULL;
	int lane = TAPE_NO_LANE;
	const char *from;
	GString *text;

	if (!r->tape || (s->kind != FFS_S_VERB &&
			 (s->kind != FFS_S_DIRECTIVE || !happens(s->word))))
		return;
	text = g_string_new(NULL);
	run_trace_text(r, text, s);
	if (s->actor)
		p = board_part(r->board, s->actor);
	if (p)
		lane = lane_of(r, p->index, s->cpu);
	/* the lane says who */
	from = p ? strchr(text->str, ' ') : NULL;
	if (from)
		g_string_erase(text, 0, from + 1 - text->str +
			       (gssize)strspn(from + 1, " "));
	tape_add(r->tape, TAPE_EVENT, lane, machine_time(r->machine),
		 g_string_free(text, FALSE));
}

void run_tape_end(struct run *r)
{
	const struct run_result *result = r->result;

	if (r->tape && result->message && result->verdict != RUN_SKIP)
		tape_add(r->tape, TAPE_FAILED, TAPE_NO_LANE,
			 r->machine ? machine_time(r->machine) : 0,
			 g_strchomp(g_strdup(result->message)));
}
