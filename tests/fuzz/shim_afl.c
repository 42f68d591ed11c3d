/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mutator in AFL++, as a library of its own:
 * AFL_CUSTOM_MUTATOR_LIBRARY=build/fuzz/out/mutator.so
 */
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

struct afl {
	uint8_t *buf;
	size_t room;
	uint32_t seed;
};

void *afl_custom_init(void *afl, unsigned int seed);
void afl_custom_deinit(void *data);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out,
		       uint8_t *add, size_t add_size, size_t most);

void *afl_custom_init(void *afl, unsigned int seed)
{
	struct afl *m = calloc(1, sizeof(*m));

	(void)afl;
	if (m)
		m->seed = seed;
	return m;
}

void afl_custom_deinit(void *data)
{
	struct afl *m = data;

	free(m->buf);
	free(m);
}

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out,
		       uint8_t *add, size_t add_size, size_t most)
{
	struct afl *m = data;

	if (most > m->room) {
		free(m->buf);
		m->buf = malloc(most);
		m->room = m->buf ? most : 0;
	}
	*out = m->buf ? m->buf : buf;
	if (!m->buf || size > most)
		return size;
	m->seed = m->seed * 1664525 + 1013904223;
	if (add && add_size && !(m->seed >> 29))
		return mutate_cross(buf, size, add, add_size, m->buf, most,
				    m->seed);
	memcpy(m->buf, buf, size);
	return mutate_trace(m->buf, size, most, m->seed);
}
