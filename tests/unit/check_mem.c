/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every rule about a descriptor, hit and nearly hit, in each version's layout:
 * a descriptor that is accepted, and one or two fields of it that are changed.
 * What calls do otherwise: check_mem_calls.c.
 */
#include <stdlib.h>

#include "mem_desc.h"
#include "unit.h"

enum base { B_SHARE, B_LEND, B_LEND2, B_DONATE, BASES };

struct row {
	enum base base;
	enum mem_field f;
	uint64_t v;
	enum mem_field g;
	uint64_t u;
	enum spmc_rule rule;	/* 0: accepted */
};

/* Two ranges, of one and two pages; to SP 1 (RW) and SP 2 (RO). */
static struct mem_desc base_desc(enum base base, uint32_t version)
{
	static const enum mem_kind kind[] = { SHARE, LEND, LEND, DONATE };
	struct mem_desc d = mem_desc_send(kind[base], version, NS, SP1,
					  NS_PA + 0x8000, 1);

	d.ranges = 2;
	d.range[1] = (struct mem_range){ NS_PA + 0xa000, 2 };
	if (base == B_LEND2) {
		d.emads = 2;
		d.emad[1] = (struct mem_emad){ mem_ids[SP2], RO, 0 };
		d.attributes = ATTR_NORMAL;
	}
	return d;
}

#define R(rule) RULE_SEND_##rule
static const struct row sends[] = {
	{ B_SHARE, F_FRAG, 0xfffffff0, F_NONE, 0, R(FRAGMENT) },
	{ B_SHARE, F_LEN, 0x60, F_NONE, 0, R(FRAGMENT) },
	{ B_SHARE, F_FRAG, 0x68, F_NONE, 0, R(LENGTH) },
	{ B_SHARE, F_LEN, 0xfffffff8, F_NONE, 0, R(LENGTH) },
	{ B_SHARE, F_ADDRESS, NS_PA, F_NONE, 0, R(BUFFER) },
	{ B_SHARE, F_BUFFER_PAGES, 1, F_NONE, 0, R(BUFFER) },
	{ B_SHARE, F_LEN, 0xfffffff0, F_FRAG, 0xfffffff0, R(TX_SMALL) },
	{ B_SHARE, F_LEN, 0x2010, F_FRAG, 0x2010, R(TX_SMALL) },
	{ B_SHARE, F_LEN, 0x2000, F_FRAG, 0x2000, R(TAIL) },
	{ B_SHARE, F_FRAG, 0, F_NONE, 0, R(HEADER) },
	{ B_SHARE, F_FRAG, 16, F_NONE, 0, R(HEADER) },
	{ B_SHARE, F_RESERVED, 1, F_NONE, 0, R(RESERVED) },
	{ B_SHARE, F_RESERVED2, 0x80000000, F_NONE, 0, R(RESERVED) },
	{ B_SHARE, F_ATTR, 0xaf, F_NONE, 0, R(ATTR_RESERVED) },
	{ B_SHARE, F_EMAD_SIZE, 0, F_NONE, 0, R(EMAD_SIZE) },
	{ B_SHARE, F_EMAD_SIZE, 24, F_NONE, 0, R(EMAD_SIZE) },
	{ B_SHARE, F_EMAD_SIZE, 0x80000010, F_NONE, 0,
	  R(EMAD_SIZE_VERSION) },
	{ B_SHARE, F_EMAD_OFFSET, 32, F_NONE, 0, R(EMAD_OFFSET) },
	{ B_SHARE, F_EMAD_OFFSET, 56, F_NONE, 0, R(EMAD_OFFSET) },
	{ B_SHARE, F_EMAD_OFFSET, 0xfffffff0, F_NONE, 0, R(EMAD_BOUNDS) },
	{ B_SHARE, F_EMAD_COUNT, 0, F_NONE, 0, R(EMAD_COUNT) },
	{ B_SHARE, F_EMAD_COUNT, 0xffffffff, F_NONE, 0, R(EMAD_BOUNDS) },
	{ B_SHARE, F_EMAD_COUNT, 0x10000001, F_NONE, 0, R(EMAD_BOUNDS) },
	{ B_SHARE, F_EMAD_COUNT, 0x08000001, F_NONE, 0, R(EMAD_BOUNDS) },
	{ B_SHARE, F_E_RESERVED, 1, F_NONE, 0, R(EMAD_RESERVED) },
	{ B_LEND2, F_E2_RESERVED, (uint64_t)1 << 63, F_NONE, 0,
	  R(EMAD_RESERVED) },
	{ B_SHARE, F_E_PERM, 0x12, F_NONE, 0, R(EMAD_PERM) },
	{ B_SHARE, F_E_FLAGS, 2, F_NONE, 0, R(EMAD_FLAGS) },
	{ B_SHARE, F_E_FLAGS, 1, F_NONE, 0, 0 },
	{ B_SHARE, F_E_IMPDEF, 1, F_NONE, 0, 0 },
	{ B_SHARE, F_HANDLE, 1, F_NONE, 0, R(HANDLE) },
	{ B_SHARE, F_HANDLE, (uint64_t)1 << 63, F_NONE, 0, R(HANDLE) },
	{ B_SHARE, F_E_COMPOSITE, 0, F_NONE, 0, R(COMPOSITE) },
	{ B_SHARE, F_E_COMPOSITE, 0x48, F_NONE, 0, R(COMPOSITE) },
	{ B_SHARE, F_E_COMPOSITE, 0x20, F_NONE, 0, R(COMPOSITE) },
	{ B_SHARE, F_E_COMPOSITE, 0x1000, F_NONE, 0, R(COMPOSITE) },
	{ B_SHARE, F_E_COMPOSITE, 0xfffffff0, F_NONE, 0, R(COMPOSITE) },
	{ B_LEND2, F_E2_COMPOSITE, 0, F_NONE, 0, R(COMPOSITE) },
	{ B_SHARE, F_C_RESERVED, 1, F_NONE, 0, R(COMPOSITE_RESERVED) },
	{ B_SHARE, F_C_RESERVED, (uint64_t)1 << 63, F_NONE, 0,
	  R(COMPOSITE_RESERVED) },
	{ B_SHARE, F_C_COUNT, 0, F_NONE, 0, R(COUNT) },
	{ B_SHARE, F_C_COUNT, 1, F_NONE, 0, R(TAIL) },
	{ B_SHARE, F_C_COUNT, 0x10000002, F_NONE, 0, R(COUNT) },
	{ B_SHARE, F_C_COUNT, 0xffffffff, F_NONE, 0, R(COUNT) },
	{ B_SHARE, F_LEN, 0xfffffff0, F_NONE, 0, R(TAIL) },
	{ B_SHARE, F_FLAGS, 1, F_NONE, 0, R(ZERO_SHARE) },
	{ B_LEND, F_FLAGS, 1, F_NONE, 0, 0 },
	{ B_DONATE, F_FLAGS, 1, F_NONE, 0, 0 },
	{ B_LEND, F_FLAGS, 2, F_NONE, 0, R(FLAGS) },
	{ B_SHARE, F_FLAGS, 8, F_NONE, 0, R(TYPE) },
	{ B_SHARE, F_FLAGS, 0x80000000, F_NONE, 0, R(FLAGS_HIGH) },
	{ B_SHARE, F_SENDER, 0x8001, F_NONE, 0, R(SENDER) },
	{ B_SHARE, F_SENDER, 0x8002, F_NONE, 0, R(SENDER) },
	{ B_SHARE, F_SENDER, 1, F_NONE, 0, 0 },
	{ B_SHARE, F_SENDER, 7, F_NONE, 0, 0 },
	{ B_SHARE, F_E_ID, 0, F_NONE, 0, R(RECEIVER_SELF) },
	{ B_SHARE, F_E_ID, 1, F_NONE, 0, R(RECEIVER_VM) },
	{ B_SHARE, F_E_ID, 0x7fff, F_NONE, 0, R(RECEIVER_VM) },
	{ B_SHARE, F_E_ID, 0x8000, F_NONE, 0, R(RECEIVER) },
	{ B_SHARE, F_E_ID, 0x8004, F_NONE, 0, R(RECEIVER) },
	{ B_SHARE, F_E_ID, 0x8003, F_NONE, 0, 0 },
	{ B_LEND2, F_E2_ID, 0x8001, F_NONE, 0, R(RECEIVER_TWICE) },
	{ B_LEND2, F_E2_ID, 0x8003, F_NONE, 0, 0 },
	{ B_LEND2, F_E2_ID, 1, F_E_ID, 0, R(RECEIVER_SELF) },
	{ B_SHARE, F_E_PERM, 3, F_NONE, 0, R(PERM_VALUE) },
	{ B_SHARE, F_E_PERM, RW | 0xc, F_NONE, 0, R(PERM_VALUE) },
	{ B_DONATE, F_E_PERM, 3, F_NONE, 0, R(PERM_VALUE) },
	{ B_SHARE, F_E_PERM, RW | NX, F_NONE, 0, R(PERM_INSTR) },
	{ B_LEND, F_E_PERM, RW | X, F_NONE, 0, R(PERM_INSTR) },
	{ B_DONATE, F_E_PERM, NX, F_NONE, 0, R(PERM_INSTR) },
	{ B_SHARE, F_E_PERM, 0, F_NONE, 0, R(PERM_NO_DATA) },
	{ B_LEND2, F_E2_PERM, 0, F_NONE, 0, R(PERM_NO_DATA) },
	{ B_SHARE, F_E_PERM, RO, F_NONE, 0, 0 },
	{ B_DONATE, F_E_PERM, RO, F_NONE, 0, R(PERM_DONATE) },
	{ B_DONATE, F_E_PERM, RW, F_NONE, 0, R(PERM_DONATE) },
	{ B_SHARE, F_ATTR, 0x6f, F_NONE, 0, R(ATTR_NS) },
	{ B_LEND, F_ATTR, 0x40, F_NONE, 0, R(ATTR_NS) },
	{ B_LEND, F_ATTR, ATTR_NORMAL, F_NONE, 0, R(ATTR_TYPE) },
	{ B_LEND, F_ATTR, ATTR_DEVICE, F_NONE, 0, R(ATTR_TYPE) },
	{ B_DONATE, F_ATTR, ATTR_NORMAL, F_NONE, 0, R(ATTR_TYPE) },
	{ B_SHARE, F_ATTR, 0, F_NONE, 0, R(ATTR) },
	{ B_SHARE, F_ATTR, 0x27, F_NONE, 0, R(ATTR) },
	{ B_SHARE, F_ATTR, 0x2e, F_NONE, 0, R(ATTR) },
	{ B_SHARE, F_ATTR, 0x3f, F_NONE, 0, R(ATTR) },
	{ B_SHARE, F_ATTR, 0x10, F_NONE, 0, R(ATTR) },
	{ B_LEND2, F_ATTR, 0, F_NONE, 0, R(ATTR) },
	{ B_LEND2, F_ATTR, ATTR_DEVICE, F_NONE, 0, 0 },
	{ B_SHARE, F_R_BASE, NS_PA + 0x8800, F_NONE, 0, R(RANGE_ALIGN) },
	{ B_SHARE, F_R_BASE, 0xfffffffffffff000, F_NONE, 0, R(RANGE) },
	{ B_SHARE, F_R_RESERVED, 1, F_NONE, 0, R(RANGE_RESERVED) },
	{ B_SHARE, F_R_PAGES, 0, F_C_PAGES, 2, R(RANGE_EMPTY) },
	{ B_SHARE, F_R2_PAGES, 0, F_C_PAGES, 1, R(RANGE_EMPTY) },
	{ B_SHARE, F_C_PAGES, 2, F_NONE, 0, R(PAGES) },
	{ B_SHARE, F_C_PAGES, 4, F_NONE, 0, R(PAGES) },
	{ B_SHARE, F_R_PAGES, 0xffffffff, F_NONE, 0, R(PAGES) },
	{ B_SHARE, F_R_PAGES, 0xffffffff, F_C_PAGES, 1, R(PAGES) },
	{ B_SHARE, F_R_PAGES, 3, F_C_PAGES, 5, R(RANGE_TWICE) },
	{ B_SHARE, F_R2_BASE, NS_PA + 0x7000, F_NONE, 0, R(RANGE_TWICE) },
	{ B_SHARE, F_R2_BASE, NS_PA + 0x9000, F_NONE, 0, 0 },
	{ B_SHARE, F_R2_BASE, NS_PA + 0x6000, F_NONE, 0, 0 },
	{ B_SHARE, F_R_BASE, SP_PA + 0x8000, F_NONE, 0, R(RANGE_MEMORY) },
	{ B_SHARE, F_R_BASE, 0x90000000, F_NONE, 0, R(RANGE_MEMORY) },
	{ B_SHARE, F_R_BASE, 0, F_NONE, 0, R(RANGE_MEMORY) },
	{ B_SHARE, F_R_BASE, VM_PA, F_NONE, 0, R(RANGE_MEMORY) },
	{ B_SHARE, F_R_BASE, VM_PA - 0x1000, F_NONE, 0, 0 },
	{ B_SHARE, F_R_BASE, VM_PA, F_SENDER, 1, 0 },
	{ B_SHARE, F_R_BASE, VM_PA, F_SENDER, 2, R(RANGE_MEMORY) },
	{ B_SHARE, F_R2_BASE, VM_PA - 0x1000, F_NONE, 0, R(RANGE_MEMORY) },
	{ B_SHARE, F_R2_BASE, VM_PA - 0x1000, F_SENDER, 1, 0 },
	{ B_SHARE, F_R_BASE, NS_PA, F_NONE, 0, R(RANGE_BUSY) },
	{ B_SHARE, F_R_BASE, NS_PA + 0x3000, F_NONE, 0, R(RANGE_BUSY) },
	{ B_SHARE, F_R2_BASE, NS_PA + 0x3000, F_NONE, 0, R(RANGE_BUSY) },
	{ B_SHARE, F_R2_BASE, NS_PA + 0x4000, F_NONE, 0, 0 },
	{ B_SHARE, F_R_BASE, DEV_PA, F_NONE, 0, R(RANGE_DEVICE) },
	{ B_DONATE, F_R_BASE, DEV_PA, F_NONE, 0, R(RANGE_DEVICE) },
	{ B_LEND2, F_R_BASE, DEV_PA, F_NONE, 0, R(RANGE_DEVICE) },
	{ B_LEND2, F_R_BASE, DEV_PA, F_ATTR, ATTR_DEVICE, R(RANGE_DEVICE) },
	{ B_LEND, F_R_BASE, DEV_PA, F_NONE, 0, R(RANGE_MIXED) },
	{ B_SHARE, F_R_BASE, RO_PA, F_NONE, 0, R(RANGE_READ_ONLY) },
	{ B_SHARE, F_R_BASE, RO_PA, F_E_PERM, RO, 0 },
	{ B_LEND2, F_R_BASE, RO_PA, F_E_PERM, RO, 0 },
	{ B_LEND, F_R_BASE, RO_PA, F_E_PERM, RO, 0 },
	{ B_DONATE, F_R_BASE, RO_PA, F_NONE, 0, R(RANGE_READ_ONLY) },
	{ B_SHARE, F_NONE, 0, F_NONE, 0, 0 },
	{ B_LEND, F_NONE, 0, F_NONE, 0, 0 },
	{ B_LEND2, F_NONE, 0, F_NONE, 0, 0 },
	{ B_DONATE, F_NONE, 0, F_NONE, 0, 0 },
};
#undef R

/* Registers of a call and the fields of its descriptor, changed. */
static bool apply(struct world *w, int ep, const struct mem_desc *d,
		  uint64_t *regs, enum mem_field f, uint64_t v)
{
	switch ((int)f) {
	case F_LEN:
		regs[0] = v;
		return true;
	case F_FRAG:
		regs[1] = v;
		return true;
	case F_ADDRESS:
		regs[2] = v;
		return true;
	case F_BUFFER_PAGES:
		regs[3] = v;
		return true;
	default:
		return mem_desc_poke(d, mem_tx(w, ep), f, v);
	}
}

/* 1.0 has no NS bit. */
static enum spmc_rule wanted(const struct row *row, uint32_t version)
{
	if (version == FFA_V1_0 && row->rule == RULE_SEND_ATTR_NS)
		return RULE_SEND_ATTR_RESERVED;
	if (version == FFA_V1_0 && row->rule == RULE_RETRIEVE_ATTR_NS)
		return RULE_RETRIEVE_ATTR_RESERVED;
	return row->rule;
}

static void try_row(struct world *w, int ep, struct mem_desc *d,
		    const struct row *row, int i, bool wide)
{
	uint32_t len = mem_desc_write(d, mem_tx(w, ep));
	uint64_t regs[4] = { len, len, 0, 0 };
	enum spmc_rule want = wanted(row, d->version);

	if (!apply(w, ep, d, regs, row->f, row->v) ||
	    !apply(w, ep, d, regs, row->g, row->u))
		return;
	/* A length that is too short or long by itself. */
	if (row->f == F_FRAG && row->v == 0x68)
		regs[1] = len - 8;
	if (row->f == F_LEN && row->v == 0x60)
		regs[0] = len - 16;
	mem_as(w, ep, mem_fid(d->kind, wide), regs[0], regs[1], regs[2],
	       regs[3]);
	must(w->out.rule == want, "row %d at %#x: %s, not %s", i, d->version,
	     spmc_rules[w->out.rule].name, spmc_rules[want].name);
}

static const uint32_t versions[] = { FFA_V1_0, FFA_V1_1, FFA_V1_2 };

START_TEST(send_rules)
{
	struct spmc_config *cfg = mem_config(versions[_i / 2], NULL, NULL);
	struct world *w = mem_boot(cfg);
	struct spmc *boot = spmc_init(malloc(spmc_size(cfg)), cfg);
	unsigned int i;

	spmc_copy(boot, w->s);
	for (i = 0; i < sizeof(sends) / sizeof(sends[0]); i++) {
		struct mem_desc d = base_desc(sends[i].base,
					      versions[_i / 2]);

		try_row(w, NS, &d, &sends[i], (int)i, _i % 2);
		spmc_copy(w->s, boot);
	}
	free(boot);
	world_free(w);
}
END_TEST

#define R(rule) RULE_RETRIEVE_##rule
static const struct row retrieves[] = {
	{ B_SHARE, F_LEN, 0x1000, F_NONE, 0, R(FRAGMENT) },
	{ B_SHARE, F_LEN, 0xffffffff, F_FRAG, 0xffffffff, R(TX_SMALL) },
	{ B_SHARE, F_LEN, 0x2001, F_FRAG, 0x2001, R(TX_SMALL) },
	{ B_SHARE, F_LEN, 0x2000, F_FRAG, 0x2000, R(LENGTH) },
	{ B_SHARE, F_ADDRESS, NS_PA, F_NONE, 0, R(BUFFER) },
	{ B_SHARE, F_LEN, 31, F_FRAG, 31, R(HEADER) },
	{ B_SHARE, F_RESERVED, 1, F_NONE, 0, R(RESERVED) },
	{ B_SHARE, F_EMAD_SIZE, 8, F_NONE, 0, R(EMAD_SIZE) },
	{ B_SHARE, F_EMAD_OFFSET, 40, F_NONE, 0, R(EMAD_OFFSET) },
	{ B_SHARE, F_EMAD_COUNT, 0, F_NONE, 0, R(EMAD_COUNT) },
	{ B_SHARE, F_EMAD_COUNT, 2, F_NONE, 0, R(EMAD_BOUNDS) },
	{ B_LEND2, F_E2_RESERVED, 1, F_NONE, 0, R(EMAD_RESERVED) },
	{ B_LEND2, F_EMAD_COUNT, 1, F_NONE, 0, R(LENGTH) },
	{ B_SHARE, F_E_COMPOSITE, 0x50, F_NONE, 0, R(LENGTH) },
	{ B_LEND2, F_E2_COMPOSITE, 0x50, F_NONE, 0, R(LENGTH) },
	{ B_SHARE, F_HANDLE, 0, F_NONE, 0, R(HANDLE) },
	{ B_SHARE, F_HANDLE, 2, F_NONE, 0, R(HANDLE) },
	{ B_SHARE, F_HANDLE, (uint64_t)1 << 32 | 1, F_NONE, 0, R(HANDLE) },
	{ B_SHARE, F_HANDLE, (uint64_t)1 << 63 | 1, F_NONE, 0, R(HANDLE) },
	{ B_SHARE, F_SENDER, 1, F_NONE, 0, R(SENDER) },
	{ B_SHARE, F_FLAGS, 1 << 3, F_NONE, 0, 0 },
	{ B_SHARE, F_FLAGS, 2 << 3, F_NONE, 0, R(KIND) },
	{ B_LEND, F_FLAGS, 2 << 3, F_NONE, 0, 0 },
	{ B_LEND, F_FLAGS, 3 << 3, F_NONE, 0, R(KIND) },
	{ B_DONATE, F_FLAGS, 3 << 3, F_NONE, 0, 0 },
	{ B_SHARE, F_TAG, 0x54, F_NONE, 0, R(TAG) },
	{ B_SHARE, F_TAG, (uint64_t)1 << 63 | 0x55, F_NONE, 0, R(TAG) },
	{ B_SHARE, F_FLAGS, 1 << 9, F_NONE, 0, R(FLAGS) },
	{ B_SHARE, F_FLAGS, 1 << 5, F_NONE, 0, R(FLAGS) },
	{ B_SHARE, F_FLAGS, 1 << 11, F_NONE, 0, R(FLAGS) },
	{ B_SHARE, F_FLAGS, 1 << 1, F_NONE, 0, 0 },
	{ B_SHARE, F_FLAGS, 1, F_NONE, 0, R(ZERO_SHARE) },
	{ B_SHARE, F_FLAGS, 4, F_NONE, 0, R(ZERO_AFTER_SHARE) },
	{ B_LEND, F_FLAGS, 1, F_NONE, 0, R(ZERO) },
	{ B_LEND, F_FLAGS, 4, F_NONE, 0, 0 },
	{ B_LEND, F_FLAGS, 4, F_E_PERM, RO | NX, R(ZERO_RO) },
	{ B_SHARE, F_ATTR, 0x6f, F_NONE, 0, R(ATTR_NS) },
	{ B_SHARE, F_ATTR, 0, F_NONE, 0, 0 },
	{ B_SHARE, F_ATTR, 0x0f, F_NONE, 0, 0 },
	{ B_SHARE, F_ATTR, 0x2e, F_NONE, 0, R(ATTR) },
	{ B_SHARE, F_ATTR, 0x27, F_NONE, 0, R(ATTR) },
	{ B_SHARE, F_ATTR, 0x10, F_NONE, 0, R(ATTR) },
	{ B_SHARE, F_ATTR, 0x3f, F_NONE, 0, R(ATTR) },
	{ B_SHARE, F_ATTR, ATTR_DEVICE, F_NONE, 0, 0 },
	{ B_SHARE, F_FLAGS, 1 << 10, F_NONE, 0, R(BYPASS) },
	{ B_LEND2, F_FLAGS, 1 << 10, F_NONE, 0, R(BYPASS) },
	{ B_LEND2, F_E2_ID, 0x8001, F_NONE, 0, R(LIST) },
	{ B_LEND2, F_E2_ID, 0x8003, F_NONE, 0, R(OTHER) },
	{ B_SHARE, F_E_ID, 0x8002, F_NONE, 0, R(OTHER) },
	{ B_SHARE, F_E_ID, 0, F_NONE, 0, R(OTHER) },
	{ B_SHARE, F_E_PERM, 3, F_NONE, 0, R(DATA_VALUE) },
	{ B_SHARE, F_E_PERM, 0, F_NONE, 0, 0 },
	{ B_SHARE, F_E_PERM, RO, F_NONE, 0, 0 },
	{ B_LEND2, F_E2_PERM, RW, F_NONE, 0, R(DATA) },
	{ B_SHARE, F_E_PERM, RW | NX, F_NONE, 0, R(INSTR_GIVEN) },
	{ B_LEND2, F_E_PERM, RW | NX, F_NONE, 0, R(INSTR_GIVEN) },
	{ B_LEND, F_E_PERM, RW, F_NONE, 0, R(INSTR_MISSING) },
	{ B_DONATE, F_E_PERM, RW, F_NONE, 0, R(INSTR_MISSING) },
	{ B_LEND, F_E_PERM, RW | 0xc, F_NONE, 0, R(INSTR_VALUE) },
	{ B_LEND, F_E_PERM, RW | X, F_NONE, 0, R(INSTR_NS) },
	{ B_LEND, F_E_PERM, RO | NX, F_NONE, 0, 0 },
	{ B_LEND, F_E_PERM, NX, F_NONE, 0, 0 },
	{ B_SHARE, F_E_IMPDEF, 7, F_NONE, 0, R(IMPDEF) },
	{ B_SHARE, F_NONE, 0, F_NONE, 0, 0 },
	{ B_LEND, F_NONE, 0, F_NONE, 0, 0 },
	{ B_LEND2, F_NONE, 0, F_NONE, 0, 0 },
	{ B_DONATE, F_NONE, 0, F_NONE, 0, 0 },
};
#undef R

START_TEST(retrieve_rules)
{
	struct spmc_config *cfg = mem_config(versions[_i / 2], NULL, NULL);
	struct world *w = mem_boot(cfg);
	struct spmc *sent = spmc_init(malloc(spmc_size(cfg)), cfg);
	unsigned int i, base;
	uint64_t handle;

	for (base = 0; base < BASES; base++) {
		struct mem_desc d = base_desc(base, versions[_i / 2]), r;

		handle = mem_send(w, NS, &d);
		must(handle, "base %u: %s", base,
		     spmc_rules[w->out.rule].name);
		mem_run(w, SP1);
		spmc_copy(sent, w->s);
		for (i = 0; i < sizeof(retrieves) / sizeof(retrieves[0]); i++) {
			if (retrieves[i].base != base)
				continue;
			r = mem_desc_request(&d, versions[_i / 2], handle);
			try_row(w, SP1, &r, &retrieves[i], (int)i, _i % 2);
			spmc_copy(w->s, sent);
		}
		must_eq(mem_reclaim(w, NS, handle, 0), 0);
		/* the next handle has another number */
		must_eq(mem_reclaim(w, NS, handle, 0), FFA_INVALID_PARAMETERS);
		world_free(w);
		free(sent);
		w = mem_boot(cfg);
		sent = spmc_init(malloc(spmc_size(cfg)), cfg);
	}
	free(sent);
	world_free(w);
}
END_TEST

/* Both sizes of access descriptors at 1.2; room before and behind them. */
START_TEST(layouts)
{
	static const uint32_t pads[] = { 0, 16, 48, 512 };
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	unsigned int i, j, size;

	for (size = 16; size <= 32; size += 16)
		for (i = 0; i < 4; i++)
			for (j = 0; j < 4; j++) {
				struct mem_desc d = base_desc(B_LEND2,
							      FFA_V1_2);
				uint64_t handle;

				d.emad_size = size;
				d.pad = pads[i];
				d.pad2 = pads[j];
				handle = mem_send(w, NS, &d);
				must(handle, "%u %u %u: %s", size, i, j,
				     spmc_rules[w->out.rule].name);
				d = mem_desc_request(&d, FFA_V1_2, handle);
				d.emad_size = size;
				d.pad = pads[i];
				must_eq(mem_retrieve(w, SP1, &d), 0);
				must_eq(mem_release(w, SP1), 0);
				must_eq(mem_relinquish(w, SP1, handle, 0), 0);
				must_eq(mem_reclaim(w, NS, handle, 0), 0);
			}
	world_free(w);
}
END_TEST

/* More access descriptors than there are endpoints; the last one counts. */
START_TEST(many_receivers)
{
	struct world *w = mem_boot(mem_config(FFA_V1_1, NULL, NULL));
	struct mem_desc d = base_desc(B_LEND2, FFA_V1_1);
	uint32_t i, len;

	d.emads = DESC_MAX_EMADS;
	for (i = 0; i < d.emads; i++)
		d.emad[i] = (struct mem_emad){ mem_ids[SP1 + i % 3], RO, 0 };
	must_eq(mem_send(w, NS, &d), 0);
	ck_refused(w, SEND_RECEIVER_TWICE);
	for (i = 0; i < d.emads; i++)
		d.emad[i].id = (uint16_t)(0x9000 + i);
	must_eq(mem_send(w, NS, &d), 0);
	ck_refused(w, SEND_RECEIVER);
	len = mem_desc_write(&d, mem_tx(w, NS));
	mem_tx(w, NS)[d.emad_at + 16 * (d.emads - 1) + 8] = 1;
	mem_as(w, NS, mem_fid(LEND, false), len, len, 0, 0);
	ck_refused(w, SEND_EMAD_RESERVED);
	mem_desc_write(&d, mem_tx(w, NS));
	mem_tx(w, NS)[d.emad_at + 16 * (d.emads - 1) + 4] ^= 16;
	mem_as(w, NS, mem_fid(LEND, false), len, len, 0, 0);
	ck_refused(w, SEND_COMPOSITE);
	d = base_desc(B_LEND2, FFA_V1_1);
	d.kind = DONATE;
	must_eq(mem_send(w, NS, &d), 0);
	ck_refused(w, SEND_DONATE_ONE);
	world_free(w);
}
END_TEST

Suite *check_mem(void)
{
	Suite *s = suite_create("mem");
	TCase *t = tcase_create("descriptors");

	tcase_add_loop_test(t, send_rules, 0, 6);
	tcase_add_loop_test(t, retrieve_rules, 0, 6);
	tcase_add_test(t, layouts);
	tcase_add_test(t, many_receivers);
	suite_add_tcase(s, t);
	return s;
}
