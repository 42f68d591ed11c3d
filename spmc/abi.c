/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of ffa_abi.def and what is looked up in them. */
#include <string.h>

#include "ffa/ffa.h"

/* -- tables ----------------------------------------------------------------- */

/* NONE_##handler is two arguments for `none`, one for every other handler. */
#define NONE_none	~, false
#define SECOND_(a, b, ...) b
#define SECOND(...)	SECOND_(__VA_ARGS__)

const struct ffa_fn_info ffa_fns[FFA_FN_COUNT] = {
#define FFA_FN(sym_, name_, fid_, since_, until_, inst_, regs_, succ_,	\
	       handler_, sentence_)					\
	[FFA_FN_##sym_] = {						\
		.sym = #sym_, .name = name_, .sentence = sentence_,	\
		.fid = fid_, .since = since_, .until = until_,		\
		.inst = inst_, .regs = regs_, .succ = FFA_SUCC_##succ_,	\
		.implemented = SECOND(NONE_##handler_, true, ~),	\
	},
#include "ffa/ffa_abi.def"
};

const struct ffa_error_info ffa_errors[] = {
#define FFA_ERR(sym, code, sentence) { #sym, sentence, code },
#include "ffa/ffa_abi.def"
};
const unsigned int ffa_error_count =
	sizeof(ffa_errors) / sizeof(ffa_errors[0]);

const struct ffa_feature_info ffa_features[] = {
#define FFA_FEATURE(sym, id, since, inst, sentence)			\
	{ #sym, sentence, id, since, inst },
#include "ffa/ffa_abi.def"
};
const unsigned int ffa_feature_count =
	sizeof(ffa_features) / sizeof(ffa_features[0]);

const struct ffa_named ffa_names[] = {
#define FFA_NAME(fn, field, name, value)				\
	{ FFA_FN_##fn, #field, #name, value },
#include "ffa/ffa_abi.def"
};
const unsigned int ffa_name_count = sizeof(ffa_names) / sizeof(ffa_names[0]);

const struct ffa_prop ffa_props[] = {
#define FFA_PROP(fn, field, reg, lo, hi, since, sentence)		\
	{ #field, sentence, FFA_FN_##fn, reg, lo, hi, since, false },
#define FFA_INPROP(fn, field, lo, hi, since, sentence)			\
	{ #field, sentence, FFA_FN_##fn, 2, lo, hi, since, true },
#include "ffa/ffa_abi.def"
};
const unsigned int ffa_prop_count = sizeof(ffa_props) / sizeof(ffa_props[0]);

/*
 * Fields stand between their function and the next, so the fields of a
 * function are a slice. AT is the index of its first one: each field takes
 * one enumerator, and a function takes its number back.
 */
#define FIELD(fn, field, reg, lo, hi, kind, sentence)			\
	{ #field, sentence, FFA_FN_##fn, reg, lo, hi, FFA_K_##kind },

static const struct ffa_field args[] = {
#define FFA_ARG FIELD
#include "ffa/ffa_abi.def"
};
enum {
#define FFA_FN(sym, ...) ARG_AT_##sym, ARG_BACK_##sym = ARG_AT_##sym - 1,
#define FFA_ARG(fn, field, ...) ARG_##fn##_##field,
#include "ffa/ffa_abi.def"
	ARG_END,
};
static const uint16_t arg_at[FFA_FN_COUNT + 1] = {
#define FFA_FN(sym, ...) ARG_AT_##sym,
#include "ffa/ffa_abi.def"
	ARG_END,
};
_Static_assert(sizeof(args) / sizeof(args[0]) == ARG_END, "a slice each");

static const struct ffa_field rets[] = {
#define FFA_RET FIELD
#include "ffa/ffa_abi.def"
};
enum {
#define FFA_FN(sym, ...) RET_AT_##sym, RET_BACK_##sym = RET_AT_##sym - 1,
#define FFA_RET(fn, field, ...) RET_##fn##_##field,
#include "ffa/ffa_abi.def"
	RET_END,
};
static const uint16_t ret_at[FFA_FN_COUNT + 1] = {
#define FFA_FN(sym, ...) RET_AT_##sym,
#include "ffa/ffa_abi.def"
	RET_END,
};
_Static_assert(sizeof(rets) / sizeof(rets[0]) == RET_END, "a slice each");

/* By convention (bit 30) and number (bits 7:0); enum ffa_fn + 1, 0: none. */
static const uint8_t by_id[2][256] = {
#define FFA_FN(sym, name, fid, ...)					\
	[(fid) >> 30 & 1][(fid) & 0xff] = FFA_FN_##sym + 1,
#include "ffa/ffa_abi.def"
};
_Static_assert(FFA_FN_COUNT < 255, "fits by_id");
#define FFA_FN(sym, name, fid, ...)					\
	_Static_assert(((fid) & 0xbfffff00) == 0x84000000, "range of FF-A");
#include "ffa/ffa_abi.def"

/* -- looking up --------------------------------------------------------------- */

const struct ffa_field *ffa_args(enum ffa_fn fn, unsigned int *n)
{
	if (fn >= FFA_FN_COUNT) {
		*n = 0;
		return args;
	}
	*n = arg_at[fn + 1] - arg_at[fn];
	return args + arg_at[fn];
}

const struct ffa_field *ffa_rets(enum ffa_fn fn, unsigned int *n)
{
	if (fn >= FFA_FN_COUNT) {
		*n = 0;
		return rets;
	}
	*n = ret_at[fn + 1] - ret_at[fn];
	return rets + ret_at[fn];
}

enum ffa_fn ffa_fn_find(uint64_t x0)
{
	/* w0 is the function id; bit 16 is the SVE hint of SMCCC 1.3 */
	uint32_t id = (uint32_t)x0 & ~0x10000u;
	unsigned int i;

	if ((id & 0xbfffff00) != 0x84000000)
		return FFA_FN_UNKNOWN;
	i = by_id[id >> 30 & 1][id & 0xff];
	return i ? (enum ffa_fn)(i - 1) : FFA_FN_UNKNOWN;
}

enum ffa_fn ffa_fn_named(const char *name)
{
	enum ffa_fn short_form = FFA_FN_UNKNOWN;
	size_t len;

	if (!strncmp(name, "FFA_", 4))
		name += 4;
	len = strlen(name);
	for (unsigned int i = 0; i < FFA_FN_COUNT; i++) {
		const char *known = ffa_fns[i].name + 4;

		if (strncmp(known, name, len))
			continue;
		if (!known[len])
			return (enum ffa_fn)i;
		if (!strcmp(known + len, "_32"))
			short_form = (enum ffa_fn)i;
	}
	return short_form;
}

const char *ffa_error_name(int code)
{
	for (unsigned int i = 0; i < ffa_error_count; i++)
		if (ffa_errors[i].code == code)
			return ffa_errors[i].name;
	return NULL;
}

/* -- fields ------------------------------------------------------------------- */

static uint64_t field_mask(const struct ffa_field *f)
{
	return (~0ull >> (63 - (f->hi - f->lo))) << f->lo;
}

uint64_t ffa_get(const struct ffa_value *v, const struct ffa_field *f)
{
	if (f->kind == FFA_K_HANDLE)
		return (uint32_t)v->x[f->reg] |
		       (uint64_t)(uint32_t)v->x[f->reg + 1] << 32;
	return (v->x[f->reg] & field_mask(f)) >> f->lo;
}

static void set_low(uint64_t *x, uint32_t val)
{
	*x = (*x & ~0xffffffffull) | val;
}

void ffa_set(struct ffa_value *v, const struct ffa_field *f, uint64_t val)
{
	uint64_t mask = field_mask(f);

	if (f->kind == FFA_K_HANDLE) {
		set_low(&v->x[f->reg], (uint32_t)val);
		set_low(&v->x[f->reg + 1], (uint32_t)(val >> 32));
		return;
	}
	v->x[f->reg] = (v->x[f->reg] & ~mask) | (val << f->lo & mask);
}

void ffa_get_uuid(const struct ffa_value *v, const struct ffa_field *f,
		  struct ffa_uuid *uuid)
{
	unsigned int width = f->kind == FFA_K_UUIDX ? 8 : 4;

	for (unsigned int i = 0; i < sizeof(uuid->b); i++)
		uuid->b[i] = (uint8_t)(v->x[f->reg + i / width] >>
				       i % width * 8);
}

void ffa_set_uuid(struct ffa_value *v, const struct ffa_field *f,
		  const struct ffa_uuid *uuid)
{
	unsigned int width = f->kind == FFA_K_UUIDX ? 8 : 4;

	for (unsigned int i = 0; i < sizeof(uuid->b); i++) {
		unsigned int shift = i % width * 8;
		uint64_t *x = &v->x[f->reg + i / width];

		*x = (*x & ~(0xffull << shift)) |
		     (uint64_t)uuid->b[i] << shift;
	}
}

bool ffa_uuid_is_nil(const struct ffa_uuid *uuid)
{
	static const struct ffa_uuid nil;

	return ffa_uuid_equal(uuid, &nil);
}

bool ffa_uuid_equal(const struct ffa_uuid *a, const struct ffa_uuid *b)
{
	return !memcmp(a->b, b->b, sizeof(a->b));
}
