/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays traces. What a board looks like once its CPUs are up is kept, so that
 * a reset copies what there is of state and clears the pages that were
 * touched.
 */
#include "ops.h"

#include <stdlib.h>
#include <string.h>

#include "ops_priv.h"

enum { SLOTS = 64, MAX_SETTLE = 4096 };

/* What the CPUs of a board look like when its first operation comes. */
struct ops_slot {
	uint8_t rows[OPS_MAX_BOARD * OPS_ROW];
	size_t size;		/* of the rows; 0: unused */
	struct ops_board board;
	struct spmc *boot, *now, *shadow;
	size_t room;		/* bytes of each */
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
	return o;
}

static void free_blocks(struct ops_slot *slot)
{
	free(slot->boot);
	free(slot->now);
	free(slot->shadow);
}

void ops_free(struct ops *o)
{
	if (!o)
		return;
	for (unsigned int i = 0; o->slots && i < SLOTS; i++)
		free_blocks(&o->slots[i]);
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
	o->fault.sentence = sentence;
	o->fault.rule = o->out.rule;
}

/* What must hold of every answer. */
static void check_answer(struct ops *o, unsigned int cpu)
{
	const struct spmc_outcome *out = &o->out;
	unsigned int ep, ec;
	bool runs = spmc_running(o->s, cpu, &ep, &ec);

	if (out->endpoint == SPMC_NOBODY)
		return;
	if (!runs || ep != out->endpoint || ec != out->ec)
		broke(o, "I7", "the answer is for a context that does not run "
		      "on this CPU");
	if (ffa_is_64(out->regs.x[0]) ||
	    ffa_fn_find(out->regs.x[0]) == FFA_FN_UNKNOWN)
		return;
	for (unsigned int i = 0; i < 8; i++)
		if (out->regs.x[i] >> 32)
			broke(o, "I4", "a 32-bit result has a bit set in the "
			      "upper half of a register");
}

/* A context runs on one CPU at most, and nobody waits for itself. */
static void check_contexts(struct ops *o)
{
	unsigned int cpus = o->board->config.cpus, other, other_ec, steps;
	unsigned int ep[OPS_MAX_CPUS], ec[OPS_MAX_CPUS];

	for (unsigned int cpu = 0; cpu < cpus; cpu++) {
		unsigned int up, up_ec;

		if (!spmc_running(o->s, cpu, &ep[cpu], &ec[cpu])) {
			ep[cpu] = SPMC_NOBODY;
			continue;
		}
		for (unsigned int i = 0; i < cpu; i++)
			if (ep[i] == ep[cpu] && ec[i] == ec[cpu])
				broke(o, "I7", "a context runs on two CPUs");
		up = ep[cpu];
		up_ec = ec[cpu];
		for (steps = 0; steps <= 64 &&
		     spmc_caller_of(o->s, up, up_ec, &other, &other_ec);
		     steps++) {
			up = other;
			up_ec = other_ec;
		}
		if (steps > 64)
			broke(o, "I7", "contexts wait for each other in a "
			      "ring");
	}
}

/* Before a call: what it must leave alone if it is refused. */
static void remember(struct ops *o)
{
	if (o->shadow_valid)
		return;
	spmc_copy(o->slot->shadow, o->s);
	o->shadow_valid = true;
}

static void check_call(struct ops *o, unsigned int cpu)
{
	const struct spmc_outcome *out = &o->out;

	if (!out->rule || (spmc_rules[out->rule].drops &&
			   out->fn == FFA_FN_MEM_FRAG_TX)) {
		o->shadow_valid = false;
		check_contexts(o);
	} else if (!spmc_equal(o->slot->shadow, o->s)) {
		broke(o, "I5", "a refused call changed the state");
	}
	check_answer(o, cpu);
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
	o->shadow_valid = false;
	if (o->check)
		check_answer(o, cpu);
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
		o->shadow_valid = false;
		if (taken == SPMC_TAKEN_PENDS)
			continue;
		o->out = next;
		stepped(o, cpu, ep, ec);
	}
	broke(o, "I7", "interrupts are taken for ever");
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
		spmc_call(o->s, &o->env, cpu, &msg_wait, &o->out);
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
	if (o->check)
		remember(o);
	spmc_call(o->s, &o->env, cpu, in, &o->out);
	o->calls++;
	if (o->check)
		check_call(o, cpu);
	else
		o->shadow_valid = false;
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
		count = spmc_pending(o->s, ep, ec, ids);
		if (!count)
			break;
		o->did.id = ids[n % count];
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
	o->shadow_valid = false;
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
	o->fault.id = NULL;
	o->calls = 0;
	o->shadow_valid = false;
	memset(&o->out, 0, sizeof(o->out));
}

static bool make_room(struct ops_slot *slot, size_t size)
{
	if (size <= slot->room)
		return true;
	free_blocks(slot);
	slot->boot = malloc(size);
	slot->now = malloc(size);
	slot->shadow = malloc(size);
	slot->room = size;
	return slot->boot && slot->now && slot->shadow;
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
	spmc_init(slot->shadow, cfg);
	o->slot = slot;
	o->s = slot->now;
	o->board = &slot->board;
	ops_memory_board(o->memory, o->board);
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
