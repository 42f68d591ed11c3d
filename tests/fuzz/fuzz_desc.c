/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes in TX, and the call that reads them: [0] which call, and in bits 4-5
 * the FF-A version, [1] state, [2] length of the fragment; then the bytes.
 */
#include <string.h>

#include "fuzz.h"
#include "sim/lit.h"

enum { HEAD = 4, MOST = 1024, TX_PAGE = 14 };

/* Who runs there has TX, in page 14 of its memory. */
static const char *const states[] = {
	"mapped", "shared", "serving_mapped", "relinquish", "lent",
};

static const struct {
	uint32_t fid;
	enum lit_kind lit;
} calls[] = {
	{ (uint32_t)FFA_ID_MEM_SHARE_32, LIT_SHARE },
	{ (uint32_t)FFA_ID_MEM_LEND_32, LIT_LEND },
	{ (uint32_t)FFA_ID_MEM_DONATE_32, LIT_DONATE },
	{ (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32, LIT_RETRIEVE },
	{ (uint32_t)FFA_ID_MEM_RELINQUISH, LIT_RELINQUISH },
	{ (uint32_t)FFA_ID_MEM_FRAG_TX, LIT_FRAG },
	{ (uint32_t)FFA_ID_MSG_SEND2, LIT_BYTES },
	{ (uint32_t)FFA_ID_RXTX_MAP_64, LIT_BYTES },
};

static uint8_t trace[OPS_MAX_ROWS][OPS_ROW];

static size_t begin(const char *name, uint8_t minor)
{
	const struct ops_state *s = ops_states;

	while (strcmp(s->name, name))
		s++;
	memcpy(trace, s->rows, s->count * OPS_ROW);
	trace[0][0] = trace[0][14] = minor;
	for (unsigned int i = 1; i <= trace[0][5]; i++)
		trace[i][1] = (uint8_t)((trace[i][1] & ~3) | minor);
	return s->count;
}

/* What a literal says, it says back. */
static void check_literal(enum lit_kind kind, uint32_t version,
			  const uint8_t *data, size_t size)
{
	struct lit *l = kind == LIT_BYTES ? NULL :
			lit_decode(kind, version, 0, data, size);
	GByteArray *again;

	if (!l)
		return;
	again = lit_encode(l);
	for (size_t i = 0; i < size; i++)
		if (data[i] != (i < again->len ? again->data[i] : 0))
			fuzz_fails("LITERAL", "a literal has other bytes than "
				   "those it was made of");
	g_byte_array_unref(again);
	lit_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ops *o;
	uint8_t head[HEAD] = { 0 };
	uint8_t reg[OPS_ROW] = { OPS_REG };
	struct ffa_value regs = { 0 };
	unsigned int call, page;
	const char *state;
	size_t n;

	if (!o)
		o = fuzz_ops();
	if (size)
		memcpy(head, data, size < HEAD ? size : HEAD);
	data += size < HEAD ? size : HEAD;
	size = size < HEAD ? 0 : size - HEAD < MOST ? size - HEAD : MOST;
	call = (head[0] & 15) % (sizeof(calls) / sizeof(calls[0]));
	state = states[head[1] % (sizeof(states) / sizeof(states[0]))];
	page = strcmp(state, "mapped") && strcmp(state, "shared") &&
	       strcmp(state, "lent") ? 16 + TX_PAGE : TX_PAGE;
	n = begin(state, head[0] >> 4 & 3);
	check_literal(calls[call].lit, FFA_VER(1, head[0] >> 4 & 3), data,
		      size);

	for (size_t i = 0; i < size; i += 8, n++) {
		uint8_t *row = trace[n];

		memset(row, 0, OPS_ROW);
		row[0] = OPS_WRITE;
		row[2] = 7;
		row[4] = (uint8_t)page;
		row[6] = (uint8_t)i;
		row[7] = (uint8_t)(i >> 8);
		memcpy(row + 8, data + i, size - i < 8 ? size - i : 8);
	}
	regs.x[0] = calls[call].fid;
	if (calls[call].lit < LIT_RELINQUISH) {
		regs.x[1] = size;
		regs.x[2] = head[2] ? head[2] * 8u : size;
	} else if (calls[call].lit == LIT_FRAG) {
		regs.x[1] = 1;
		regs.x[3] = size;
	}
	for (uint8_t i = 0; i < 4; i++, n++) {
		reg[2] = i;
		memcpy(reg + 8, &regs.x[i], 8);
		memcpy(trace[n], reg, OPS_ROW);
	}
	memset(trace[n], 0, OPS_ROW);
	trace[n++][2] = OPS_FN_RAW;
	fuzz_play(o, trace[0], n * OPS_ROW);
	return 0;
}
