/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays traces. What a board looks like once its CPUs are up is kept, so that
 * a reset copies what there is of state and clears the pages that were
 * touched.
 */
#include "ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops_priv.h"

enum { SLOTS = 64, MAX_SETTLE = 4096 };

/* What the CPUs of a board look like when its first operation comes. */
struct ops_slot {
	uint8_t rows[OPS_MAX_BOARD * OPS_ROW];
	size_t size;		/* of the rows; 0: unused */
	struct ops_board board;
	struct spmc *boot, *now;
	struct spmc_check *checker;
	size_t room, check_room;	/* bytes of each, and of the checker */
};

struct ops *ops_new(void)
{
	struct ops *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->slots = calloc(SLOTS, sizeof(*o->slots));
	o->memory = ops_memory_new();
	if (!o->slots || !o->memory) {
		ops_free(o);
		return NULL;
	}
	o->env.map = ops_memory_map;
	o->env.ctx = o->memory;
	o->check = true;
	o->level = SPMC_CHECK_STATE;
	return o;
}

static void free_blocks(struct ops_slot *slot)
{
	free(slot->boot);
	free(slot->now);
	slot->boot = slot->now = NULL;
}

void ops_free(struct ops *o)
{
	if (!o)
		return;
	for (unsigned int i = 0; o->slots && i < SLOTS; i++) {
		free_blocks(&o->slots[i]);
		free(o->slots[i].checker);
	}
	free(o->slots);
	ops_memory_free(o->memory);
	free(o);
}

/* -- invariants ------------------------------------------------------------ */

static void broke(struct ops *o, const char *id, const char *sentence)
{
	if (o->fault.id)
		return;
	o->fault.id = id;
	snprintf(o->fault.sentence, sizeof(o->fault.sentence), "%s",
		 sentence);
	o->fault.rule = o->out.rule;
}

/* What the checker said of a step. */
static void judge(struct ops *o, bool ok)
{
	const struct spmc_broken *b;
	char text[SPMC_BROKEN_TEXT];

	if (ok)
		return;
	b = spmc_check_broken(o->slot->checker);
	broke(o, spmc_invariants[b->invariant].name,
	      spmc_broken_text(b, text));
}

/* Something changed that was no call. */
static void changed(struct ops *o, unsigned int cpu,
		    const struct spmc_outcome *out)
{
	if (!o->check || o->unseen)
		o->unseen = true;
	else
		judge(o, spmc_check_event(o->slot->checker, o->s, cpu, out));
}

static void one_call(struct ops *o, unsigned int cpu,
		     const struct ffa_value *in)
{
	if (!o->check) {
		o->unseen = true;
		spmc_call(o->s, &o->env, cpu, in, &o->out);
		return;
	}
	if (o->unseen) {
		spmc_check_set_level(o->slot->checker, o->level);
		spmc_check_sync(o->slot->checker, o->s);
	}
	o->unseen = false;
	judge(o, spmc_check_call(o->slot->checker, o->s, &o->env, cpu, in,
				 &o->out));
}

/* -- steps ----------------------------------------------------------------- */

static void told(struct ops *o, unsigned int cpu, unsigned int ep,
		 unsigned int ec, const struct ffa_value *in)
{
	if (o->watch)
		o->watch(o->watch_ctx, o, cpu, ep, ec, in, &o->out);
}

/* A step that is no call was made. */
static void stepped(struct ops *o, unsigned int cpu, unsigned int ep,
		    unsigned int ec)
{
	changed(o, cpu, &o->out);
	told(o, cpu, ep, ec, NULL);
}

/* Takes the interrupts that can be taken, as machine.c does. */
static void settle(struct ops *o, unsigned int cpu)
{
	for (unsigned int i = 0; i < MAX_SETTLE; i++) {
		unsigned int ep = SPMC_NOBODY, ec = SPMC_NOBODY;
		struct spmc_outcome next;
		enum spmc_taken taken;

		if (!spmc_running(o->s, cpu, &ep, &ec))
			return;
		taken = spmc_interrupt(o->s, &o->env, cpu, &next);
		if (taken == SPMC_TAKEN_NONE)
			return;
		if (taken == SPMC_TAKEN_PENDS) {
			changed(o, cpu, NULL);
			continue;
		}
		o->out = next;
		stepped(o, cpu, ep, ec);
	}
	broke(o, "CPUS", "interrupts are taken for ever");
}

static void note_handle(struct ops *o)
{
	const struct spmc_outcome *out = &o->out;
	uint64_t handle;

	if (out->rule || out->fn == FFA_FN_UNKNOWN ||
	    !ops_is_send(ffa_fns[out->fn].fid))
		return;
	if ((uint32_t)out->regs.x[0] == (uint32_t)FFA_ID_MEM_FRAG_RX)
		handle = out->regs.x[2] << 32 | (uint32_t)out->regs.x[1];
	else
		handle = out->regs.x[3] << 32 | (uint32_t)out->regs.x[2];
	o->handles[o->handle_count++ % OPS_MAX_HANDLES] = handle;
}

static void boot(struct ops *o, unsigned int cpu, bool wait)
{
	static const struct ffa_value msg_wait = { { FFA_ID_MSG_WAIT } };
	unsigned int ep, ec;

	spmc_boot(o->s, &o->env, cpu, &o->out);
	stepped(o, cpu, SPMC_NOBODY, SPMC_NOBODY);
	settle(o, cpu);
	while (wait && spmc_running(o->s, cpu, &ep, &ec) &&
	       spmc_endpoint(o->s, ep)->kind != SPMC_NS_PRIMARY &&
	       spmc_ec_model(o->s, ep, ec) == SPMC_RTM_INIT) {
		one_call(o, cpu, &msg_wait);
		settle(o, cpu);
		if (o->out.rule)
			break;
	}
}

bool ops_boot(struct ops *o, unsigned int cpu)
{
	unsigned int ep, ec;

	o->did.event = o->dry;
	if (o->dry || spmc_running(o->s, cpu, &ep, &ec))
		return true;
	boot(o, cpu, false);
	o->did.event = spmc_running(o->s, cpu, &ep, &ec);
	return !o->fault.id;
}

bool ops_smc(struct ops *o, unsigned int cpu, const struct ffa_value *in)
{
	unsigned int ep, ec;

	if (!spmc_running(o->s, cpu, &ep, &ec))
		return ops_boot(o, cpu);
	if (o->dry) {
		o->out.endpoint = SPMC_NOBODY;
		told(o, cpu, ep, ec, in);
		return true;
	}
	one_call(o, cpu, in);
	o->calls++;
	note_handle(o);
	told(o, cpu, ep, ec, in);
	settle(o, cpu);
	return !o->fault.id;
}

bool ops_event(struct ops *o, enum ops_op op, unsigned int cpu,
	       unsigned int n)
{
	unsigned int ep, ec, count;
	uint32_t ids[SPMC_MAX_PENDING];
	enum spmc_taken taken;

	if (!spmc_running(o->s, cpu, &ep, &ec))
		return true;
	o->did.id = n;
	o->did.event = o->dry;
	if (o->dry)
		return true;
	switch (op) {
	case OPS_PREEMPT:
		taken = spmc_preempt(o->s, &o->env, cpu, &o->out);
		o->did.event = taken != SPMC_TAKEN_NONE;
		if (taken == SPMC_TAKEN_SWITCH)
			stepped(o, cpu, ep, ec);
		else if (taken == SPMC_TAKEN_PENDS)
			changed(o, cpu, NULL);
		break;
	case OPS_CRASH:
		o->did.event = spmc_crash(o->s, &o->env, cpu, &o->out);
		if (o->did.event)
			stepped(o, cpu, ep, ec);
		break;
	case OPS_RAISE:
		if (!o->board->config.irq_count)
			break;
		o->did.id = o->board->irqs[n % o->board->config.irq_count].id;
		o->did.event = spmc_raise(o->s, cpu, o->did.id);
		break;
	case OPS_TAKE:
		if (n & OPS_TAKE_NS) {
			ep = 0;
			ec = cpu;
		}
		count = spmc_pending(o->s, ep, ec, ids);
		if (!count)
			break;
		o->did.id = ids[(n & ~(unsigned int)OPS_TAKE_NS) % count];
		o->did.event = spmc_take_irq(o->s, ep, ec, o->did.id);
		break;
	case OPS_FAIL:
		o->did.event = n;
		if (n)
			spmc_fail_alloc(o->s, n);
		break;
	case OPS_CALL: case OPS_REG: case OPS_DESC: case OPS_EMAD:
	case OPS_RANGE: case OPS_PATCH: case OPS_REST: case OPS_WRITE:
	case OPS_BOOT: case OPS_COUNT:
		break;
	}
	if (op != OPS_PREEMPT && op != OPS_CRASH && o->did.event)
		changed(o, cpu, NULL);
	settle(o, cpu);
	return !o->fault.id;
}

/* -- a trace --------------------------------------------------------------- */

static void forget(struct ops *o)
{
	ops_memory_reset(o->memory);
	o->handle_count = 0;
	o->reg_mask = 0;
	o->desc.building = false;
	o->desc.len = 0;
	o->has_len = false;
	o->pieces = 0;
	o->unseen = true;
	o->fault.id = NULL;
	o->calls = 0;
	memset(&o->out, 0, sizeof(o->out));
}

static bool make_room(struct ops_slot *slot, size_t size)
{
	if (size <= slot->room)
		return true;
	free_blocks(slot);
	slot->boot = malloc(size);
	slot->now = malloc(size);
	slot->room = size;
	return slot->boot && slot->now;
}

static bool make_checker(struct ops *o, struct ops_slot *slot)
{
	size_t size = spmc_check_size(slot->now);

	if (size > slot->check_room) {
		free(slot->checker);
		slot->checker = malloc(size);
		slot->check_room = size;
	}
	return slot->checker &&
	       spmc_check_init(slot->checker, slot->now, o->level);
}

static bool fill(struct ops *o, struct ops_slot *slot, const uint8_t *data,
		 size_t size, size_t bytes)
{
	const struct spmc_config *cfg = &slot->board.config;

	ops_board_read(&slot->board, data, size);
	if (!make_room(slot, spmc_size(cfg)))
		return false;
	memset(slot->rows, 0, bytes);
	memcpy(slot->rows, data, size < bytes ? size : bytes);
	slot->size = bytes;
	spmc_init(slot->now, cfg);
	spmc_init(slot->boot, cfg);
	o->slot = slot;
	o->s = slot->now;
	o->board = &slot->board;
	ops_memory_board(o->memory, o->board);
	if (!make_checker(o, slot))
		return false;
	for (unsigned int i = 0; i < cfg->cpus && !slot->board.scripted; i++)
		boot(o, i, true);
	spmc_copy(slot->boot, slot->now);
	return true;
}

static uint64_t hash_bytes(const uint8_t *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u, w;

	for (; n >= 8; n -= 8, p += 8) {
		memcpy(&w, p, 8);
		h = (h ^ w) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	for (; n; n--, p++)
		h = (h ^ *p) * 0x100000001b3u;
	return h ^ h >> 32;
}

size_t ops_begin(struct ops *o, const uint8_t *data, size_t size)
{
	size_t rows = ops_board_rows(data, size), bytes = rows * OPS_ROW;
	size_t have = size < bytes ? size : bytes;
	struct ops_slot *slot = &o->slots[hash_bytes(data, have) % SLOTS];

	forget(o);
	if (slot->size != bytes ||
	    memcmp(slot->rows, data, have) ||
	    !ops_is_zero(slot->rows + have, bytes - have)) {
		ops_watch_fn *watch = o->watch;

		o->watch = NULL;	/* these are nobody's operations */
		if (!fill(o, slot, data, size, bytes))
			abort();	/* no memory */
		o->watch = watch;
		forget(o);
		return rows;
	}
	o->slot = slot;
	o->s = slot->now;
	o->board = &slot->board;
	ops_memory_board(o->memory, o->board);
	spmc_copy(o->s, slot->boot);
	return rows;
}

bool ops_play(struct ops *o, const uint8_t *data, size_t size, size_t stop)
{
	size_t n = ops_rows(size), i = ops_begin(o, data, size);
	uint8_t row[OPS_ROW];

	for (; i < n && stop; i++, stop--) {
		ops_get(data, size, i, row);
		if (!ops_row(o, row))
			return false;
	}
	return true;
}

uint64_t ops_hash(const struct ops *o)
{
	return ops_memory_hash(o->memory, spmc_hash(o->s));
}
