/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace twice, in ways that must come to the same: [0] which way, [1] where
 * in it; then an input of fuzz_trace.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum way {
	SAVED,		/* the model is saved, used otherwise, and restored */
	WIDE,		/* calls in their other form, 32-bit or 64-bit */
	FRAGMENTS,	/* descriptors in two fragments */
	WAYS,
};

static struct ops *plain, *other;

/* -- saved ----------------------------------------------------------------- */

static void *no_memory(void *ctx, uint64_t pa, size_t len, bool secure)
{
	(void)ctx;
	(void)pa;
	(void)len;
	(void)secure;
	return NULL;
}

/*
 * What would come next happens, in a machine without memory, and is undone.
 * Operations that write there themselves are left out.
 */
static void wander(struct ops *o, const uint8_t *data, size_t size, size_t at)
{
	static struct ops kept;
	size_t n = ops_rows(size), end = at + 16 < n ? at + 16 : n;
	const struct spmc_config *cfg = &o->board->config;
	struct spmc *saved = spmc_init(malloc(spmc_size(cfg)), cfg);
	uint8_t row[OPS_ROW];

	memcpy(&kept, o, sizeof(kept));
	spmc_copy(saved, o->s);
	o->env.map = no_memory;
	for (; at < end; at++) {
		enum ops_op op;

		ops_get(data, size, at, row);
		op = ops_op(row);
		if (op == OPS_CALL || op == OPS_REG || op == OPS_PREEMPT ||
		    op == OPS_CRASH || op == OPS_RAISE || op == OPS_TAKE)
			ops_row(o, row);
	}
	memcpy(o, &kept, sizeof(kept));
	spmc_copy(o->s, saved);
	o->unseen = true;
	free(saved);
}

/* -- wide ------------------------------------------------------------------ */

/* Functions whose forms differ by the width of their arguments only. */
static bool has_forms(uint32_t fid)
{
	switch (fid & ~0x40000000u) {
	case (uint32_t)FFA_ID_RXTX_MAP_32:
	case (uint32_t)FFA_ID_MEM_DONATE_32:
	case (uint32_t)FFA_ID_MEM_LEND_32:
	case (uint32_t)FFA_ID_MEM_SHARE_32:
	case (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32:
	case (uint32_t)FFA_ID_MEM_PERM_GET_32:
	case (uint32_t)FFA_ID_MEM_PERM_SET_32:
	case (uint32_t)FFA_ID_SECONDARY_EP_REGISTER_32:
		return true;
	}
	return false;
}

/* The call in its other form, if that means the same. */
static void widen(const struct ops *o, unsigned int ep, uint8_t *row)
{
	struct ffa_value was, is;

	if (ops_op(row) != OPS_CALL || row[2] & OPS_FN_OTHER)
		return;
	ops_call_regs(o, ep, row, &was);
	if (!has_forms((uint32_t)was.x[0]) || was.x[0] >> 32 ||
	    o->board->endpoints[ep].aarch32 || o->reg_mask & 1)
		return;
	for (unsigned int i = 1; i < FFA_REGS; i++)
		if (was.x[i] >> 32)
			return;
	row[2] ^= OPS_FN_WIDE;
	ops_call_regs(o, ep, row, &is);
	if (memcmp(&was.x[1], &is.x[1], sizeof(was) - sizeof(was.x[0])))
		row[2] ^= OPS_FN_WIDE;
}

/* -- fragments ------------------------------------------------------------- */

/*
 * Sends the descriptor in two fragments instead; false if it is none, or goes
 * in several anyway.
 */
static bool in_fragments(struct ops *o, unsigned int cpu, unsigned int ep,
			 const uint8_t *row, unsigned int where)
{
	const struct ops_desc *d = &o->desc;
	uint32_t first = d->len - 16 * d->ranges, fid, len = d->len;
	struct ffa_value regs, rest = { { (uint32_t)FFA_ID_MEM_FRAG_TX } };
	uint64_t tx, rx;
	unsigned int pages;
	uint8_t *at;

	ops_call_regs(o, ep, row, &regs);
	fid = (uint32_t)regs.x[0] & ~0x40000000u;
	if ((fid != (uint32_t)FFA_ID_MEM_SHARE_32 &&
	     fid != (uint32_t)FFA_ID_MEM_LEND_32) || d->ranges < 2 ||
	    regs.x[0] >> 32 || regs.x[1] != len || regs.x[2] != len ||
	    regs.x[3] || regs.x[4] || d->endpoint != ep || o->reg_mask ||
	    !spmc_rxtx(o->s, ep, &tx, &rx, &pages))
		return false;
	first += 16 * (1 + where % (d->ranges - 1));
	at = ops_memory_at(o->memory, tx, pages * FFA_PAGE_SIZE);
	/* it was not written over since */
	if (!at || memcmp(at, d->bytes, len))
		return false;
	regs.x[2] = first;
	if (!ops_smc(o, cpu, &regs) || o->out.rule)
		return true;
	memcpy(at, d->bytes + first, len - first);
	rest.x[1] = (uint32_t)o->out.regs.x[1];
	rest.x[2] = (uint32_t)o->out.regs.x[2];
	rest.x[3] = len - first;
	ops_smc(o, cpu, &rest);
	memcpy(at, d->bytes, len);	/* as the other one has it */
	o->has_len = false;
	return true;
}

/* -- both ------------------------------------------------------------------ */

static void step(struct ops *o, enum way way, uint8_t *row, unsigned int where,
		 bool *split)
{
	unsigned int cpu = row[1] % o->board->config.cpus, ep, ec;
	bool runs = spmc_running(o->s, cpu, &ep, &ec);

	*split = false;
	/* a descriptor ends with the next row */
	if (runs && o->desc.building && ops_op(row) == OPS_CALL)
		ops_row(o, (uint8_t[OPS_ROW]){ OPS_BOOT, (uint8_t)cpu });
	if (runs && way == WIDE)
		widen(o, ep, row);
	if (runs && way == FRAGMENTS && ops_op(row) == OPS_CALL)
		*split = in_fragments(o, cpu, ep, row, where);
	if (!*split)
		ops_row(o, row);
}

static uint8_t trace[OPS_MAX_ROWS * OPS_ROW];

/* The way is for boards of `spec`: real SPMCs lack forms. */
static size_t copy(const uint8_t *data, size_t size, enum way way)
{
	if (size > sizeof(trace))
		size = sizeof(trace);
	if (size)
		memcpy(trace, data, size);
	if (way != SAVED)
		trace[0] &= 3;
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum way way = (enum way)(size ? data[0] % WAYS : 0);
	unsigned int where = size > 1 ? data[1] : 0;
	uint8_t row[OPS_ROW], same[OPS_ROW];
	bool split, unused;
	size_t i, n;

	if (!plain) {
		plain = fuzz_ops();
		other = fuzz_ops();
	}
	trace[0] = 0;
	size = size > 2 ? copy(data + 2, size - 2, way) : 0;
	n = ops_rows(size);
	i = fuzz_begin(plain, trace, size);
	ops_begin(other, trace, size);
	for (; i < n; i++) {
		if (way == SAVED && i % 256 == where)
			wander(other, trace, size, i);
		ops_get(trace, size, i, row);
		memcpy(same, row, OPS_ROW);
		fuzz_row();
		step(other, way, same, where, &split);
		step(plain, SAVED, row, where, &unused);
		if (plain->fault.id || other->fault.id)
			fuzz_fails((plain->fault.id ? plain : other)->fault.id,
				   (plain->fault.id ? plain : other)
					   ->fault.sentence);
		if (split && plain->out.rule) {
			if (!other->out.rule)
				fuzz_fails("PAIR", "what is refused whole is "
					   "accepted in fragments");
			break;	/* a handle was used up */
		}
		if (spmc_hash(plain->s) != spmc_hash(other->s))
			fuzz_fails("PAIR", way == SAVED ?
				   "another state after a restore" :
				   way == WIDE ? "another state by the other "
				   "form of a call" :
				   "another state by two fragments");
	}
	if (ops_hash(plain) != ops_hash(other))
		fuzz_fails("PAIR", "other contents of memory");
	fuzz_end(plain);
	return 0;
}
