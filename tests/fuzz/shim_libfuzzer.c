/* SPDX-License-Identifier: BSD-3-Clause */
/* The mutator in libFuzzer: half of the time, its own one else. */
#include "mutate.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
			       unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size,
				 const uint8_t *b, size_t b_size, uint8_t *to,
				 size_t most, unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
			       unsigned int seed)
{
	if (seed & 1)
		return LLVMFuzzerMutate(data, size, most);
	return mutate_trace(data, size, most, seed >> 1);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size,
				 const uint8_t *b, size_t b_size, uint8_t *to,
				 size_t most, unsigned int seed)
{
	return mutate_cross(a, a_size, b, b_size, to, most, seed);
}
