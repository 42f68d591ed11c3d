/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mutation of traces by rows, for any engine: what a byte string is as an
 * input of fuzz_trace stays what it is, but for a few operations.
 */
#ifndef TESTS_MUTATE_H
#define TESTS_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * mutate_trace: changes data[size] in place, which has room for `most` bytes;
 * returns the new size. mutate_cross: makes a trace of the beginning of `a`
 * and the operations of `b` in `to`. The same seed does the same.
 */
size_t mutate_trace(uint8_t *data, size_t size, size_t most, uint32_t seed);
size_t mutate_cross(const uint8_t *a, size_t a_size, const uint8_t *b,
		    size_t b_size, uint8_t *to, size_t most, uint32_t seed);

#endif
