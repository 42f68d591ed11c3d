/* SPDX-License-Identifier: BSD-3-Clause */
/* The names that the tests of the codec have for numbers. */
#ifndef TESTS_CODEC_NAMES_H
#define TESTS_CODEC_NAMES_H

#include "sim/codec.h"

enum { CODEC_PLACES = 6 };
extern const struct codec_place {
	enum ffa_kind kind;
	const char *name;
	uint64_t num;
} codec_places[CODEC_PLACES];

/* codec_context: with these names, as seen by `self`. */
struct codec_ctx codec_context(enum codec_mode mode, int self);

#endif
