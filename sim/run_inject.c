/* SPDX-License-Identifier: BSD-3-Clause */
/* inject: conduit/inject.h from a line of a scenario. */
#include <string.h>

#include "conduit/inject.h"
#include "run_priv.h"

/* FIRST[..LAST][+STEP]: 2, 2..5, 2+3, 2..11+3 */
static bool inject_when(struct run *r, const struct ffs_value *v,
			struct inject *i, char **why)
{
	const struct ffs_value *first = v, *last = NULL, *step = NULL;
	uint64_t n[3] = { 1, 0, 1 };

	if (v->kind == FFS_V_RANGE) {
		first = v->items[0].value;
		last = v->items[1].value;
	}
	v = last ? last : first;
	if (v->kind == FFS_V_SUM && v->count == 2) {
		*(last ? &last : &first) = v->items[0].value;
		step = v->items[1].value;
	}
	if (!run_number(r, first, &n[0], why) ||
	    (last && !run_number(r, last, &n[1], why)) ||
	    (step && !run_number(r, step, &n[2], why)))
		return false;
	if (!last && !step)
		n[1] = n[0];
	if (!n[0] || !n[2] || n[0] > UINT32_MAX || n[1] > UINT32_MAX ||
	    n[2] > UINT32_MAX || (last && n[1] < n[0])) {
		*why = g_strdup("when= is FIRST[..LAST][+STEP], from 1 on and "
				"in 32 bits");
		return false;
	}
	i->first = (uint32_t)n[0];
	i->last = (uint32_t)n[1];
	i->step = (uint32_t)n[2];
	return true;
}

/* {x3=1 x4=2} */
static bool inject_regs(struct run *r, const struct ffs_value *v,
			struct inject_regs *regs, char **why)
{
	for (unsigned int k = 0; k < v->count; k++) {
		unsigned int reg = ffs_inject_reg(&v->items[k]);

		if (!run_number(r, v->items[k].value, &regs->x[reg], why))
			return false;
		regs->set |= 1u << reg;
	}
	return true;
}

/* {0x1c=0xff 0x1d=0} */
static bool inject_bytes(struct run *r, const struct ffs_value *v,
			 struct inject_bytes *bytes, char **why)
{
	for (unsigned int k = 0; k < v->count; k++) {
		uint64_t offset, value;

		if (!run_number(r, v->items[k].key, &offset, why) ||
		    !run_number(r, v->items[k].value, &value, why))
			return false;
		if (offset > UINT32_MAX || value > 0xff ||
		    bytes->n == INJECT_BYTES) {
			*why = g_strdup_printf("tx= and rx= are up to %d "
				"offsets, each with a byte", INJECT_BYTES);
			return false;
		}
		bytes->at[bytes->n].offset = (uint32_t)offset;
		bytes->at[bytes->n++].value = (uint8_t)value;
	}
	return true;
}

static const struct ffs_value *value_of(const struct ffs_stmt *s,
					const char *key)
{
	const struct ffs_arg *a = ffs_opt(s, key);

	return a ? a->value : NULL;
}

int run_error_code(const struct ffs_value *v)
{
	for (unsigned int i = 0; i < ffa_error_count; i++)
		if (v->kind == FFS_V_ID && !strcmp(ffa_errors[i].name, v->text))
			return ffa_errors[i].code;
	return 0;
}

static bool read_fault(struct run *r, const struct ffs_stmt *s, struct inject *i,
		       char **why)
{
	const struct ffs_value *error = value_of(s, "error");
	const struct ffs_value *v;

	inject_init(i);
	i->fns[ffa_fn_named(ffs_pos(s, 0)->text)] = true;
	if (error)
		i->error = run_error_code(error);
	v = value_of(s, "when");
	if (v && !inject_when(r, v, i, why))
		return false;
	v = value_of(s, "delay");
	if (v && !run_number(r, v, &i->delay, why))
		return false;
	v = value_of(s, "in");
	if (v && !inject_regs(r, v, &i->in, why))
		return false;
	v = value_of(s, "out");
	if (v && !inject_regs(r, v, &i->out, why))
		return false;
	v = value_of(s, "tx");
	if (v && !inject_bytes(r, v, &i->tx, why))
		return false;
	v = value_of(s, "rx");
	return !v || inject_bytes(r, v, &i->rx, why);
}

bool run_inject(struct run *r, const struct ffs_stmt *s)
{
	const struct ffs_value *fail = value_of(s, "fail");
	g_autofree char *why = NULL;
	struct inject what;
	uint64_t n;

	if (fail) {
		if (!run_number(r, fail, &n, &why))
			return run_fail(r, s, RUN_BAD_FILE, "%s", why);
		spmc_fail_alloc(r->spmc, (uint32_t)n);
		return true;
	}
	if (!read_fault(r, s, &what, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	machine_inject(r->machine, &what);
	return true;
}
