/* SPDX-License-Identifier: BSD-3-Clause */
/* A trace: a board, then operations by whoever runs. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ops *o;

	if (!o)
		o = fuzz_ops();
	fuzz_play(o, data, size);
	return 0;
}
