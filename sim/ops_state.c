/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * States of interest, as traces: what fuzz_regs throws registers at. All have
 * one board: the primary, a VM, two S-EL1 partitions (the second with a
 * context for each CPU), one at S-EL0, two CPUs.
 */
#include <string.h>

#include "ops_priv.h"

#define W(v)	(uint8_t)((v) & 0xff), (uint8_t)((v) >> 8)
#define D(v)	W((v) & 0xffff), W((v) >> 16)

/* props */
#define ALL	(FFA_PART_RECV_DIRECT | FFA_PART_SEND_DIRECT |		\
		 FFA_PART_INDIRECT | FFA_PART_NOTIFICATION |		\
		 FFA_PART_RECV_DIRECT2 | FFA_PART_SEND_DIRECT2)

/* SPMC and parts of 1.`minor`: 4 endpoints, 5 pieces of memory, 1 interrupt */
#define HEAD(minor, cpus_and)						\
	{ minor, cpus_and, 5, 8, 4, 4, 5, 3, W(16), W(256), 1, 0, minor }
#define BOARD(minor, cpus_and)						\
	HEAD(minor, cpus_and),						\
	{ 0, minor, W(0x8001), W(ALL), W(0), 0 },		\
	{ 8, (minor) | 2 << 2 | 7 << 5, W(0x8002), W(ALL), W(1), 0 },	\
	{ 1, minor, W(0x8003), W(ALL), W(2), 0 },		\
	{ 2, minor, W(0x0001), W(ALL), W(0), 0 },		\
	{ D(0x88000), W(15), 0 },	/* pages 0: ns */		\
	{ D(0x04100), W(15), 1 },	/* 16: sp1 */			\
	{ D(0x04200), W(15), 2 },	/* 32: sp2 */			\
	{ D(0x04300), W(15), 3 },	/* 48: sp3 */			\
	{ D(0x88100), W(15), 4 },	/* 64: vm4 */			\
	{ W(40), 0, 0, 1 }	/* interrupt of sp1 */

/* An operand: field, kind, value; operations. */
#define A(field, kind, value)	field, OPS_K_##kind, W(value)
#define FN(name)							\
	(uint8_t)((((uint32_t)FFA_ID_##name & 0xff) - 0x60) |		\
		  ((uint32_t)FFA_ID_##name & 0x40000000 ? OPS_FN_WIDE : 0))
#define CALL(cpu, name, ...)	{ OPS_CALL, cpu, FN(name), 0, __VA_ARGS__ }
#define DESC(cpu, kind, ...)	{ OPS_DESC, cpu, OPS_D_##kind, __VA_ARGS__ }
#define TO(cpu, ep)		{ OPS_EMAD, cpu, 0, 0, 0, ep }
#define RANGE(cpu, page, n)	{ OPS_RANGE, cpu, 0, 0, W(page), W(n) }

/* buffers are the last pages of an owner's memory */
#define MAP(cpu, page)							\
	CALL(cpu, RXTX_MAP_64, A(0, PAGE, (page) + 14),			\
	     A(1, PAGE, (page) + 15), A(2, VALUE, 1))
#define REQ(cpu, ep)							\
	CALL(cpu, MSG_SEND_DIRECT_REQ_32, A(1, ID, ep))
#define RESP(cpu, ep)							\
	CALL(cpu, MSG_SEND_DIRECT_RESP_32, A(1, ID, ep))
#define SHARE							\
	DESC(0, SHARE), TO(0, 1), RANGE(0, 2, 3), CALL(0, MEM_SHARE_32)
#define LEND								\
	DESC(0, LEND), TO(0, 1), RANGE(0, 2, 3), CALL(0, MEM_LEND_32)
#define RETRIEVE							\
	DESC(0, RETRIEVE, 0, 0, 0, 0, 0, 0, 1), TO(0, 1),		\
	CALL(0, MEM_RETRIEVE_REQ_32)

static const uint8_t fresh[][OPS_ROW] = { BOARD(2, 1) };
static const uint8_t fresh10[][OPS_ROW] = { BOARD(0, 1) };
static const uint8_t fresh11[][OPS_ROW] = { BOARD(1, 1) };
static const uint8_t fresh13[][OPS_ROW] = { BOARD(3, 1) };
static const uint8_t booting[][OPS_ROW] = {
	BOARD(2, 5), { OPS_BOOT, 0 },
};
static const uint8_t mapped[][OPS_ROW] = { BOARD(2, 1), MAP(0, 0) };
static const uint8_t rx_full[][OPS_ROW] = {
	BOARD(2, 1), MAP(0, 0), CALL(0, PARTITION_INFO_GET),
};
static const uint8_t serving[][OPS_ROW] = { BOARD(2, 1), REQ(0, 1) };
static const uint8_t serving_mapped[][OPS_ROW] = {
	BOARD(2, 1), REQ(0, 1), MAP(0, 16),
};
static const uint8_t chain[][OPS_ROW] = {
	BOARD(2, 1), REQ(0, 1), REQ(0, 2), REQ(0, 3),
};
static const uint8_t yielded[][OPS_ROW] = {
	BOARD(2, 1), REQ(0, 1), CALL(0, YIELD),
};
static const uint8_t preempted[][OPS_ROW] = {
	BOARD(2, 1), REQ(0, 1), { OPS_PREEMPT, 0 },
};
static const uint8_t other_cpu[][OPS_ROW] = { BOARD(2, 1), REQ(1, 1) };
static const uint8_t interrupted[][OPS_ROW] = {
	BOARD(2, 1), REQ(0, 3), { OPS_RAISE, 0 },
};
static const uint8_t aborted[][OPS_ROW] = {
	BOARD(2, 1), REQ(0, 1), { OPS_CRASH, 0 },
};
static const uint8_t shared[][OPS_ROW] = { BOARD(2, 1), MAP(0, 0), SHARE };
static const uint8_t lent[][OPS_ROW] = { BOARD(2, 1), MAP(0, 0), LEND };
static const uint8_t fragment[][OPS_ROW] = {
	BOARD(2, 1), MAP(0, 0), DESC(0, SHARE), TO(0, 1), TO(0, 2),
	{ OPS_RANGE, 0, 0, 0, W(2), W(1), W(3), W(2) },
	CALL(0, MEM_SHARE_32, A(1, VALUE, 144)),
	{ OPS_REST, 0 },
};
static const uint8_t retrieved[][OPS_ROW] = {
	BOARD(2, 1), MAP(0, 0), SHARE, REQ(0, 1), MAP(0, 16), RETRIEVE,
};
static const uint8_t held[][OPS_ROW] = {
	BOARD(2, 1), MAP(0, 0), SHARE, REQ(0, 1), MAP(0, 16), RETRIEVE,
	CALL(0, RX_RELEASE), RESP(0, 0),
};
static const uint8_t relinquish[][OPS_ROW] = {
	BOARD(2, 1), MAP(0, 0), SHARE, REQ(0, 1), MAP(0, 16), RETRIEVE,
	CALL(0, RX_RELEASE),
	DESC(0, RELINQUISH, 0, 0, 0, 0, 0, 0, 1),
};
static const uint8_t bound[][OPS_ROW] = {
	BOARD(2, 1), REQ(0, 1),
	CALL(0, NOTIFICATION_BIND, A(3, VALUE, 15)), RESP(0, 0),
};
static const uint8_t pending[][OPS_ROW] = {
	BOARD(2, 1), REQ(0, 1),
	CALL(0, NOTIFICATION_BIND, A(3, VALUE, 15)), RESP(0, 0),
	CALL(0, NOTIFICATION_SET, A(1, ID, 1), A(4, VALUE, 5)),
};
static const uint8_t power[][OPS_ROW] = {
	BOARD(2, 1), { OPS_CALL, 1, OPS_FN_PSCI_OFF },
};

#define STATE(name, sentence) { #name, sentence, name,			\
				sizeof(name) / sizeof(name[0]) }
const struct ops_state ops_states[] = {
	STATE(fresh, "all partitions wait, FF-A 1.2"),
	STATE(fresh10, "the same with FF-A 1.0"),
	STATE(fresh11, "the same with FF-A 1.1"),
	STATE(fresh13, "the same with FF-A 1.3"),
	STATE(booting, "sp1 initialises"),
	STATE(mapped, "the primary has buffers"),
	STATE(rx_full, "its RX buffer is full"),
	STATE(serving, "sp1 serves a direct request"),
	STATE(serving_mapped, "the same, and has buffers"),
	STATE(chain, "sp1 waits for sp2, which waits for sp3"),
	STATE(yielded, "sp1 yielded"),
	STATE(preempted, "sp1 is preempted"),
	STATE(other_cpu, "sp1 runs on CPU 1"),
	STATE(interrupted, "sp1 serves an interrupt, sp3 is interrupted"),
	STATE(aborted, "sp1 crashed"),
	STATE(shared, "memory is shared with sp1"),
	STATE(lent, "memory is lent to sp1"),
	STATE(fragment, "half a descriptor was sent, the rest is in TX"),
	STATE(retrieved, "sp1 has just retrieved"),
	STATE(held, "sp1 holds memory, the primary runs"),
	STATE(relinquish, "sp1 can relinquish"),
	STATE(bound, "sp1 has bound notifications"),
	STATE(pending, "one is pending"),
	STATE(power, "sp2 is told that CPU 1 goes off"),
};
const unsigned int ops_state_count =
	sizeof(ops_states) / sizeof(ops_states[0]);

/* -- fuzz_regs ------------------------------------------------------------- */

const struct ops_state *ops_regs_state(const uint8_t *data, size_t size)
{
	return &ops_states[size ? data[0] % ops_state_count : 0];
}

unsigned int ops_regs_set(const uint8_t *data, size_t size, unsigned int i,
			  struct ffa_value *regs)
{
	size_t at = OPS_REGS_HEAD + (size_t)i * OPS_REGS_SET;
	size_t n = at < size ? size - at : 0;

	memset(regs, 0, sizeof(*regs));
	if (!n || i >= OPS_REGS_SETS)
		return OPS_REGS_END;
	memcpy(regs, data + at, n < sizeof(*regs) ? n : sizeof(*regs));
	return data[1] >> i & 1;
}

static size_t put(uint8_t *to, size_t room, size_t at,
		  const uint8_t row[OPS_ROW])
{
	if (at + OPS_ROW <= room)
		memcpy(to + at, row, OPS_ROW);
	return at + OPS_ROW;
}

size_t ops_of_regs(const uint8_t *data, size_t size, uint8_t *to, size_t room)
{
	const struct ops_state *s = ops_regs_state(data, size);
	struct ffa_value regs;
	unsigned int cpu;
	size_t at = 0;

	for (size_t i = 0; i < s->count; i++)
		at = put(to, room, at, s->rows[i]);
	for (unsigned int i = 0;
	     (cpu = ops_regs_set(data, size, i, &regs)) != OPS_REGS_END; i++) {
		for (uint8_t r = 0; r < FFA_REGS; r++) {
			uint8_t row[OPS_ROW] = { OPS_REG, (uint8_t)cpu, r };

			if (!regs.x[r] && r)
				continue;
			memcpy(row + 8, &regs.x[r], 8);
			at = put(to, room, at, row);
		}
		at = put(to, room, at, (uint8_t[OPS_ROW]){
				OPS_CALL, (uint8_t)cpu, OPS_FN_RAW });
	}
	return at < room ? at : room;
}
