/* SPDX-License-Identifier: BSD-3-Clause */
/* The ABI table holds together, and what is looked up in it is found. */
#include <stdio.h>
#include <string.h>

#include "ffa/ffa.h"
#include "unit.h"

/* A test of every function in one process: forking is what costs. */
#define EACH(name)							\
	START_TEST(name)						\
	{								\
		for (int fn = 0; fn < FFA_FN_COUNT; fn++)		\
			name##_of(fn);					\
	}								\
	END_TEST

static unsigned int span(const struct ffa_field *f)
{
	if (f->kind == FFA_K_UUIDW)
		return 4;
	return f->kind == FFA_K_UUIDX || f->kind == FFA_K_HANDLE ? 2 : 1;
}

static uint64_t bits(const struct ffa_field *f)
{
	return (~0ull >> (63 - (f->hi - f->lo))) << f->lo;
}

static void functions_of(int id)
{
	const struct ffa_fn_info *fn = &ffa_fns[id];
	char text[64];

	for (int i = 0; i < id; i++) {
		ck_assert_uint_ne(fn->fid, ffa_fns[i].fid);
		ck_assert_str_ne(fn->name, ffa_fns[i].name);
	}
	ck_assert_uint_eq(ffa_fn_find(fn->fid), id);
	ck_assert_uint_eq(ffa_fn_find(fn->fid | 0x10000), id);
	ck_assert_uint_eq(ffa_fn_find(fn->fid | 0xdeadull << 32), id);
	ck_assert_uint_eq(ffa_fn_find(fn->fid & 0x7fffffff), FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ffa_fn_find(fn->fid | 0x20000), FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ffa_fn_find(fn->fid ^ 0x1000000), FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ffa_fn_named(fn->name), id);
	ck_assert_uint_eq(ffa_fn_named(fn->name + 4), id);

	snprintf(text, sizeof(text), "FFA_%s", fn->sym);
	ck_assert_str_eq(fn->name, text);
	if (strlen(text) > 3 && !strcmp(text + strlen(text) - 3, "_32")) {
		text[strlen(text) - 3] = '\0';
		ck_assert_uint_eq(ffa_fn_named(text), id);
	}

	ck_assert(fn->since >= 10 && fn->since <= 13);
	ck_assert(!fn->until || (fn->until >= fn->since && fn->until <= 13));
	ck_assert(fn->regs == 8 || (fn->regs == 18 && ffa_is_64(fn->fid)));
	ck_assert(fn->inst);
	ck_assert(strlen(fn->sentence) > 10);
	ck_assert_int_eq(fn->sentence[strlen(fn->sentence) - 1], '.');
}

EACH(functions)

START_TEST(unknown)
{
	unsigned int n = 1;

	ck_assert_uint_eq(ffa_fn_find(0), FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ffa_fn_find(0x84000000), FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ffa_fn_find(0x840000ff), FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ffa_fn_find(0xc4000063), FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ffa_fn_find(UINT64_MAX), FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ffa_fn_named(""), FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ffa_fn_named("FFA_"), FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ffa_fn_named("FFA_RX"), FFA_FN_UNKNOWN);
	ck_assert_uint_eq(ffa_fn_named("ffa_version"), FFA_FN_UNKNOWN);
	ffa_args(FFA_FN_UNKNOWN, &n);
	ck_assert_uint_eq(n, 0);
	ffa_rets(FFA_FN_UNKNOWN, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_null(ffa_error_name(0));
	ck_assert_ptr_null(ffa_error_name(1));
	ck_assert_ptr_null(ffa_error_name(-99));
}
END_TEST

/* Fields of one call: in their registers, apart from each other, named. */
static void field_set(const struct ffa_field *f, unsigned int n, int fn,
		      unsigned int first, unsigned int regs, unsigned int top)
{
	uint64_t used[FFA_REGS] = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		ck_assert_int_eq(f[i].fn, fn);
		ck_assert_uint_le(f[i].lo, f[i].hi);
		ck_assert_uint_le(f[i].hi, top);
		ck_assert_uint_ge(f[i].reg, first);
		ck_assert_uint_le(f[i].reg + span(&f[i]), regs);
		if (span(&f[i]) > 1) {
			ck_assert_uint_eq(f[i].lo, 0);
			ck_assert_uint_eq(f[i].hi,
					  f[i].kind == FFA_K_UUIDX ? 63 : 31);
		}
		if (f[i].kind == FFA_K_BOOL)
			ck_assert_uint_eq(f[i].lo, f[i].hi);
		for (unsigned int r = 0; r < span(&f[i]); r++) {
			ck_assert_msg(!(used[f[i].reg + r] & bits(&f[i])),
				      "%s: %s", ffa_fns[fn].name, f[i].name);
			used[f[i].reg + r] |= bits(&f[i]);
		}
		for (unsigned int k = 0; k < i; k++)
			ck_assert_str_ne(f[i].name, f[k].name);
		/* a field that is named as a register is that register */
		if (f[i].name[1] >= '0' && f[i].name[1] <= '9') {
			char name[8];

			snprintf(name, sizeof(name), "%c%u",
				 f[i].hi == 63 ? 'x' : 'w', f[i].reg);
			ck_assert_str_eq(f[i].name, name);
		}
	}
}

static void fields_of(int id)
{
	const struct ffa_fn_info *fn = &ffa_fns[id];
	const struct ffa_field *f;
	unsigned int n, top = ffa_is_64(fn->fid) ? 63 : 31;

	f = ffa_args((enum ffa_fn)id, &n);
	field_set(f, n, id, 1, fn->regs, top);
	f = ffa_rets((enum ffa_fn)id, &n);
	switch ((enum ffa_succ)fn->succ) {
	case FFA_SUCC_NONE:
		ck_assert_uint_eq(n, 0);
		break;
	case FFA_SUCC_BARE:
		ck_assert_uint_eq(n, 1);
		field_set(f, n, id, 0, 1, 31);
		break;
	case FFA_SUCC_W:
		field_set(f, n, id, 2, 8, 31);
		break;
	case FFA_SUCC_X:
		field_set(f, n, id, 2, 8, 63);
		break;
	case FFA_SUCC_X18:
		field_set(f, n, id, 2, 18, 63);
		break;
	}
}

EACH(fields)

/* The rows of a function stand together: else its slice lacks some. */
START_TEST(slices)
{
	unsigned int args = 0, rets = 0, n;

	for (int fn = 0; fn < FFA_FN_COUNT; fn++) {
		ffa_args((enum ffa_fn)fn, &n);
		args += n;
		ffa_rets((enum ffa_fn)fn, &n);
		rets += n;
	}
#define FFA_ARG(...) args--;
#define FFA_RET(...) rets--;
#include "ffa/ffa_abi.def"
	ck_assert_uint_eq(args, 0);
	ck_assert_uint_eq(rets, 0);
}
END_TEST

/* The two forms of a function differ in width only. */
static void pairs_of(int id)
{
	enum ffa_fn other = ffa_fn_find(ffa_fns[id].fid ^ 0x40000000);
	const struct ffa_fn_info *a = &ffa_fns[id], *b;
	const struct ffa_field *fa, *fb;
	unsigned int na, nb;
	size_t len = strlen(a->name);

	if (other == FFA_FN_UNKNOWN || ffa_is_64(a->fid))
		return;
	b = &ffa_fns[other];
	if (len > 3 && !strcmp(a->name + len - 3, "_32"))
		len -= 3;
	ck_assert(!strncmp(a->name, b->name, len));
	ck_assert_str_eq(b->name + len, "_64");
	ck_assert_uint_le(a->since, b->since);
	if (len != strlen(a->name)) {
		ck_assert_uint_eq(a->since, b->since);
		ck_assert_uint_eq(a->inst, b->inst);
		ck_assert_int_eq(a->implemented, b->implemented);
	}

	fa = ffa_args((enum ffa_fn)id, &na);
	fb = ffa_args(other, &nb);
	/* one with more registers has more of a payload */
	if (a->regs == b->regs)
		ck_assert_uint_eq(na, nb);
	ck_assert_uint_le(na, nb);
	for (unsigned int i = 0; i < na; i++) {
		ck_assert_uint_eq(fa[i].reg, fb[i].reg);
		ck_assert_uint_eq(fa[i].lo, fb[i].lo);
		ck_assert_uint_le(fa[i].hi, fb[i].hi);
		if (fa[i].name[0] == 'w' && fb[i].name[0] == 'x')
			ck_assert_str_eq(fa[i].name + 1, fb[i].name + 1);
		else
			ck_assert_str_eq(fa[i].name, fb[i].name);
	}
}

EACH(pairs)

static const struct ffa_field *field_named(enum ffa_fn fn, const char *name)
{
	unsigned int n;
	const struct ffa_field *f = ffa_args(fn, &n);

	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(f[i].name, name))
			return &f[i];
	f = ffa_rets(fn, &n);
	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(f[i].name, name))
			return &f[i];
	return NULL;
}

START_TEST(names)
{
	for (unsigned int i = 0; i < ffa_name_count; i++) {
		const struct ffa_named *a = &ffa_names[i];
		const struct ffa_field *f = field_named((enum ffa_fn)a->fn,
							a->field);

		ck_assert_msg(f != NULL, "%s: %s", ffa_fns[a->fn].name,
			      a->field);
		ck_assert(!(a->value & ~(bits(f) >> f->lo)));
		for (unsigned int k = 0; k < i; k++) {
			const struct ffa_named *b = &ffa_names[k];

			if (a->fn != b->fn || strcmp(a->field, b->field))
				continue;
			ck_assert_str_ne(a->name, b->name);
			ck_assert_uint_ne(a->value, b->value);
		}
	}
}
END_TEST

START_TEST(errors)
{
	for (unsigned int i = 0; i < ffa_error_count; i++) {
		ck_assert_int_eq(ffa_errors[i].code, -1 - (int)i);
		ck_assert_str_eq(ffa_error_name(ffa_errors[i].code),
				 ffa_errors[i].name);
	}
	ck_assert_uint_eq(ffa_error_count, 10);
	ck_assert_int_eq(FFA_DENIED, -6);
}
END_TEST

START_TEST(features)
{
	for (unsigned int i = 0; i < ffa_feature_count; i++) {
		ck_assert_uint_eq(ffa_features[i].id, i + 1);
		ck_assert(ffa_features[i].since >= 11);
		ck_assert(ffa_features[i].inst);
	}
	for (unsigned int i = 0; i < ffa_prop_count; i++) {
		const struct ffa_prop *p = &ffa_props[i];

		ck_assert(p->reg == 2 || p->reg == 3);
		ck_assert(p->lo <= p->hi && p->hi <= 31);
		ck_assert_uint_ge(p->since, ffa_fns[p->fn].since);
		for (unsigned int k = 0; k < i; k++) {
			const struct ffa_prop *q = &ffa_props[k];

			ck_assert(p->fn != q->fn || p->reg != q->reg ||
				  p->input != q->input || p->lo > q->hi ||
				  q->lo > p->hi);
		}
	}
}
END_TEST

START_TEST(implemented)
{
	ck_assert(ffa_fns[FFA_FN_VERSION].implemented);
	ck_assert(ffa_fns[FFA_FN_SUCCESS].implemented);
	ck_assert(ffa_fns[FFA_FN_RUN_64].implemented);
	ck_assert(!ffa_fns[FFA_FN_MEM_OP_PAUSE].implemented);
	ck_assert(!ffa_fns[FFA_FN_NORMAL_WORLD_RESUME].implemented);
}
END_TEST

static void get_and_set_of(int id)
{
	enum ffa_fn fn = (enum ffa_fn)id;
	unsigned int n;
	const struct ffa_field *f = ffa_args(fn, &n);

	for (unsigned int i = 0; i < n; i++) {
		struct ffa_value v, w;

		memset(&v, 0xa5, sizeof(v));
		w = v;
		if (f[i].kind == FFA_K_UUIDW || f[i].kind == FFA_K_UUIDX) {
			struct ffa_uuid u, got;

			for (unsigned int b = 0; b < 16; b++)
				u.b[b] = (uint8_t)(b * 17);
			ffa_set_uuid(&v, &f[i], &u);
			ffa_get_uuid(&v, &f[i], &got);
			ck_assert(ffa_uuid_equal(&u, &got));
		} else {
			uint64_t all = f[i].kind == FFA_K_HANDLE ? ~0ull :
				bits(&f[i]) >> f[i].lo;

			ffa_set(&v, &f[i], ~0ull);
			ck_assert_uint_eq(ffa_get(&v, &f[i]), all);
			ffa_set(&v, &f[i], 0x123456789abcdef1ull);
			ck_assert_uint_eq(ffa_get(&v, &f[i]),
					  0x123456789abcdef1ull & all);
		}
		for (unsigned int r = 0; r < span(&f[i]); r++)
			w.x[f[i].reg + r] = (w.x[f[i].reg + r] & ~bits(&f[i])) |
				(v.x[f[i].reg + r] & bits(&f[i]));
		ck_assert_mem_eq(&v, &w, sizeof(v));
	}
}

EACH(get_and_set)

/* Bytes in order, low byte first: b4b5671e-4a90-… is w1=0x1e67b5b4. */
START_TEST(uuids)
{
	static const struct ffa_uuid u = { {
		0xb4, 0xb5, 0x67, 0x1e, 0x4a, 0x90, 0x4f, 0xe1,
		0xb8, 0x1f, 0xfb, 0x13, 0xda, 0xe1, 0xda, 0xcb,
	} };
	static const struct ffa_uuid nil;
	struct ffa_value v = { { 0 } };
	unsigned int n;

	ffa_set_uuid(&v, ffa_args(FFA_FN_PARTITION_INFO_GET, &n), &u);
	ck_assert_uint_eq(v.x[1], 0x1e67b5b4);
	ck_assert_uint_eq(v.x[2], 0xe14f904a);
	ck_assert_uint_eq(v.x[3], 0x13fb1fb8);
	ck_assert_uint_eq(v.x[4], 0xcbdae1da);
	ffa_set_uuid(&v, ffa_args(FFA_FN_PARTITION_INFO_GET_REGS, &n), &u);
	ck_assert_uint_eq(v.x[1], 0xe14f904a1e67b5b4);
	ck_assert_uint_eq(v.x[2], 0xcbdae1da13fb1fb8);
	ck_assert(ffa_uuid_is_nil(&nil));
	ck_assert(!ffa_uuid_is_nil(&u));
	ck_assert(!ffa_uuid_equal(&u, &nil));
}
END_TEST

Suite *check_abi(void)
{
	Suite *s = suite_create("abi");
	TCase *t = tcase_create("table");

	tcase_add_test(t, functions);
	tcase_add_test(t, unknown);
	tcase_add_test(t, fields);
	tcase_add_test(t, slices);
	tcase_add_test(t, pairs);
	tcase_add_test(t, names);
	tcase_add_test(t, errors);
	tcase_add_test(t, features);
	tcase_add_test(t, implemented);
	tcase_add_test(t, get_and_set);
	tcase_add_test(t, uuids);
	suite_add_tcase(s, t);
	return s;
}
