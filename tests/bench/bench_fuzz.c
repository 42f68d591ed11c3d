/* SPDX-License-Identifier: BSD-3-Clause */
/* Traces, as a fuzz target plays them, with all invariants. */
#include <string.h>

#include "bench.h"
#include "sim/ops.h"

enum { ROUNDS = 31, BATCH = 300, CALLS = 16 };

/* Calls that are refused and accepted, of the state where memory is shared. */
static size_t make_trace(uint8_t *to)
{
	static const uint8_t ops[CALLS][OPS_ROW] = {
		{ OPS_CALL, 0, 0x09 }, { OPS_CALL, 0, 0x04 },
		{ OPS_CALL, 0, 0x0f, 0, 1, OPS_K_ID, 1 },
		{ OPS_CALL, 0, 0x05 }, { OPS_CALL, 0, 0x10 },
		{ OPS_CALL, 0, 0x14 }, { OPS_CALL, 0, 0x08 },
		{ OPS_CALL, 0, 0x10, 0, 1, OPS_K_ID, 0 },
		{ OPS_CALL, 0, 0x05 }, { OPS_CALL, 0, 0x17 },
		{ OPS_CALL, 0, 0x08 }, { OPS_CALL, 0, 0x05 },
		{ OPS_CALL, 1, 0x0f, 0, 1, OPS_K_ID, 2 },
		{ OPS_CALL, 1, 0x10 },
		{ OPS_CALL, 1, 0x10, 0, 1, OPS_K_ID, 0 },
		{ OPS_CALL, 0, 0x03 },
	};
	const struct ops_state *s = ops_states;
	size_t n;

	while (strcmp(s->name, "fresh"))
		s++;
	n = s->count * OPS_ROW;
	memcpy(to, s->rows, n);
	memcpy(to + n, ops, sizeof(ops));
	return n + sizeof(ops);
}

void bench_fuzz(void)
{
	uint8_t trace[64 * OPS_ROW];
	size_t size = make_trace(trace);
	struct ops *o = ops_new();
	double rate[ROUNDS];

	if (!o || !ops_play(o, trace, size, OPS_MAX_ROWS))
		fail("fuzz", o ? o->fault.sentence : "no memory");
	for (int r = 0; r < ROUNDS; r++) {
		double from = now_ns();

		for (int i = 0; i < BATCH; i++)
			ops_play(o, trace, size, OPS_MAX_ROWS);
		rate[r] = BATCH * CALLS / ((now_ns() - from) / 1e9);
	}
	bench_result("fuzz.calls_per_s", median(rate, ROUNDS));
	ops_free(o);
}
