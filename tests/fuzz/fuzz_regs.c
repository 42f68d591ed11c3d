/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers as they come, in one of the states of sim/ops_state.c: 8 bytes,
 * then sets of 18 registers.
 */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ops *o;
	const struct ops_state *s = ops_regs_state(data, size);
	struct ffa_value regs;
	unsigned int cpu;
	size_t end = OPS_REGS_HEAD;

	if (!o)
		o = fuzz_ops();
	o->check = false;	/* it is the same every time */
	ops_play(o, s->rows[0], s->count * OPS_ROW, s->count);
	o->check = true;
	for (unsigned int i = 0;
	     (cpu = ops_regs_set(data, size, i, &regs)) != OPS_REGS_END; i++) {
		end += OPS_REGS_SET;
		fuzz_tries(data, end < size ? end : size);
		if (!ops_smc(o, cpu, &regs))
			fuzz_fails(o->fault.id, o->fault.sentence);
	}
	fuzz_end(o);
	return 0;
}
