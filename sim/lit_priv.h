/* SPDX-License-Identifier: BSD-3-Clause */
/* What lit.c and lit_decode.c share. */
#ifndef SIM_LIT_PRIV_H
#define SIM_LIT_PRIV_H

#include "lit.h"

/* There are ranges behind the access descriptors. */
bool lit_has_body(const struct lit *l);

uint32_t lit_version_of(const struct lit *l);
uint32_t lit_head_size(const struct lit *l);

/* How far apart access descriptors are, where they begin, and the ranges. */
uint32_t lit_emad_step(const struct lit *l);
uint32_t lit_emad_place(const struct lit *l);
uint32_t lit_composite_place(const struct lit *l);

/* What a field is if it is not given. */
uint64_t lit_implied(const struct lit *l, enum lit_field f);

#endif
