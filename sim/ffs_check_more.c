/* SPDX-License-Identifier: BSD-3-Clause */
/* Directives: what the rows of ffs_words.c cannot say. */
#include <string.h>

#include "sim/ffs_impl.h"

/* A number in a range; parameters with all their values. */
static void check_range(struct ffs_checker *c, const struct ffs_value *v,
			uint64_t min, uint64_t max, const char *what)
{
	const struct ffs_param *p = v && v->kind == FFS_V_USE ?
		ffs_param(c->f, v->text) : NULL;
	unsigned int n = v ? p ? p->count : 1 : 0;

	for (unsigned int i = 0; i < n; i++) {
		const struct ffs_value *one = p ? p->values[i].value : v;

		if (one->kind == FFS_V_NUM &&
		    (one->num < min || one->num > max)) {
			ffs_error(c->d, &v->loc, NULL, "%s, not %s", what,
				  one->text);
			return;
		}
	}
}

static const struct ffs_value *key(const struct ffs_stmt *s, const char *name)
{
	const struct ffs_arg *a = ffs_opt(s, name);

	return a ? a->value : NULL;
}

static void check_version(struct ffs_checker *c, const struct ffs_value *v)
{
	const struct ffs_param *p = v && v->kind == FFS_V_USE ?
		ffs_param(c->f, v->text) : NULL;
	unsigned int n = v ? p ? p->count : 1 : 0;

	for (unsigned int i = 0; i < n; i++) {
		const struct ffs_value *one = p ? p->values[i].value : v;

		if (one->kind == FFS_V_VERSION && one->num != FFA_V1_0 &&
		    one->num != FFA_V1_1 && one->num != FFA_V1_2 &&
		    one->num != FFA_V1_3)
			ffs_error(c->d, &v->loc, NULL, "the model has FF-A "
				  "1.0 to 1.3, not %s", one->text);
	}
}

static void check_board(struct ffs_checker *c, const struct ffs_stmt *s)
{
	const struct ffs_value *page = key(s, "page");

	check_range(c, key(s, "cpus"), 1, FFS_MAX_CPUS, "expected 1 to 32 CPUs");
	check_range(c, key(s, "rxtx-max"), 1, 63, "expected 1 to 63 pages");
	check_range(c, key(s, "npi"), 0, UINT32_MAX, "expected 32 bits");
	check_range(c, key(s, "sri"), 0, UINT32_MAX, "expected 32 bits");
	check_range(c, key(s, "mei"), 0, UINT32_MAX, "expected 32 bits");
	check_range(c, key(s, "handles"), 0, 1 << 20,
		    "expected at most 1048576 handles");
	check_range(c, key(s, "pool"), 0, 1 << 22,
		    "expected at most 4194304 ranges");
	check_version(c, key(s, "spmc"));
	if (page && page->kind == FFS_V_NUM && page->num != 4096 &&
	    page->num != 16384 && page->num != 65536)
		ffs_error(c->d, &page->loc, NULL, "page= is 4K, 16K or 64K, "
			  "not %s", page->text);
}

static void check_part(struct ffs_checker *c, const struct ffs_stmt *s)
{
	const struct ffs_value *id = key(s, "id"), *ec = key(s, "ec");
	const struct ffs_part *p = g_hash_table_lookup(c->parts,
						       ffs_pos(s, 0)->text);

	check_version(c, key(s, "ffa"));
	check_range(c, key(s, "boot-order"), 0, UINT16_MAX,
		    "expected 16 bits");
	check_range(c, id, 0, UINT16_MAX, "an endpoint id has 16 bits");
	if (!p)
		return;
	if (p->driver && p->secure)
		ffs_error(c->d, &s->loc, NULL, "a driver is the normal world: "
			  "expected kind=vm or kind=hyp");
	if (id && p->has_id && p->id <= UINT16_MAX) {
		if (p->secure && !(p->id & FFA_ID_SECURE))
			ffs_error(c->d, &id->loc, NULL, "the id of a secure "
				  "partition has bit 15 set, like 0x8001");
		else if (!p->secure && (p->id & FFA_ID_SECURE))
			ffs_error(c->d, &id->loc, NULL, "an id of the normal "
				  "world has bit 15 clear");
		else if (p->id == FFA_ID_SPMC || p->id == FFA_ID_SPMD)
			ffs_error(c->d, &id->loc, NULL, "%s is the id of the "
				  "%s", id->text, p->id == FFA_ID_SPMC ?
				  "SPMC" : "SPMD");
	}
	if (ec && ec->kind == FFS_V_NUM && p->secure && ec->num != 1 &&
	    ec->num != c->f->cpus)
		ffs_error(c->d, &ec->loc, NULL, "ec= is 1 (it may migrate) or "
			  "the number of CPUs, %u, not %s", c->f->cpus,
			  ec->text);
}

static void check_memory(struct ffs_checker *c, const struct ffs_stmt *s)
{
	const struct ffs_value *addr = ffs_pos(s, 2), *size = ffs_pos(s, 3);
	const struct ffs_value *stride = key(s, "stride");
	uint64_t step = 1, span;

	if (addr->kind == FFS_V_NUM && addr->num % FFA_PAGE_SIZE)
		ffs_error(c->d, &addr->loc, NULL, "the address is not a "
			  "multiple of 4K: the page starts at 0x%"
			  G_GINT64_MODIFIER "x", addr->num &
			  ~(uint64_t)(FFA_PAGE_SIZE - 1));
	check_range(c, size, 1, UINT64_MAX, "expected at least 1page");
	check_range(c, stride, 1, UINT64_MAX, "stride is at least 1");
	if (addr->kind != FFS_V_NUM || size->kind != FFS_V_NUM)
		return;
	if (stride && stride->kind == FFS_V_NUM)
		step = stride->num;
	if (__builtin_mul_overflow(size->num, step, &span) ||
	    __builtin_mul_overflow(span, (uint64_t)FFA_PAGE_SIZE, &span) ||
	    __builtin_add_overflow(span, addr->num, &span))
		ffs_error(c->d, &size->loc, NULL, "the memory ends beyond the "
			  "64-bit address space");
}

static void check_param(struct ffs_checker *c, const struct ffs_stmt *s)
{
	const struct ffs_arg *a = s->args;
	const struct ffs_param *p;

	if (s->count != 1 || !a->name || a->op != FFS_OP_ASSIGN) {
		ffs_error(c->d, &s->loc, "usage: param NAME = VALUE, VALUE ...",
			  "expected one parameter and its values");
		return;
	}
	p = ffs_param(c->f, a->name);
	if (!p)
		ffs_error(c->d, &s->loc, NULL, "more than %d parameters",
			  FFS_MAX_PARAMS);
	if (!p || p->stmt != s)
		return;
	for (unsigned int i = 0; i < p->count; i++) {
		const struct ffs_value *v = p->values[i].value;

		if (v->kind != FFS_V_NUM && v->kind != FFS_V_VERSION &&
		    v->kind != FFS_V_UUID && v->kind != FFS_V_STR &&
		    v->kind != FFS_V_ID)
			ffs_error(c->d, &v->loc, NULL, "a parameter is a "
				  "number, version, UUID, string or name");
	}
}

static void check_check(struct ffs_checker *c, const struct ffs_stmt *s)
{
	if (!s->count)
		ffs_error(c->d, &s->loc, "usage: check VALUE == VALUE",
			  "expected a comparison");
	for (unsigned int i = 0; i < s->count; i++) {
		const struct ffs_arg *a = &s->args[i];

		if (a->op == FFS_OP_NONE || a->op == FFS_OP_ASSIGN) {
			ffs_error(c->d, &a->loc, "usage: check VALUE == VALUE",
				  "check compares: expected == != < <= > or "
				  ">=");
			continue;
		}
		/* leaks and the like are the runner's */
		if (a->key->kind == FFS_V_MEMBER ||
		    a->key->kind == FFS_V_INDEX || a->key->kind == FFS_V_AT)
			ffs_check_path(c, a->key);
		else
			ffs_check_binds(c, a->key, false);
		ffs_check_binds(c, a->value, false);
	}
}

static void check_poke(struct ffs_checker *c, const struct ffs_stmt *s)
{
	const struct ffs_value *width = ffs_pos(s, 1), *v = ffs_pos(s, 2);
	unsigned int bits;

	if (width->kind == FFS_V_STR && v)
		ffs_error(c->d, &v->loc, NULL, "a string has no value behind "
			  "it");
	if (width->kind != FFS_V_ID)
		return;
	bits = (unsigned int)g_ascii_strtoull(width->text + 1, NULL, 10);
	if (!v)
		ffs_error(c->d, &width->loc, NULL, "expected a value behind "
			  "%s", width->text);
	else if (bits < 64)
		check_range(c, v, 0, ((uint64_t)1 << bits) - 1, bits == 8 ?
			    "expected 8 bits" : bits == 16 ?
			    "expected 16 bits" : "expected 32 bits");
}

unsigned int ffs_inject_reg(const struct ffs_arg *a)
{
	char *end;
	uint64_t n;

	if (!a->name || a->name[0] != 'x' || !g_ascii_isdigit(a->name[1]))
		return FFA_REGS;
	n = g_ascii_strtoull(a->name + 1, &end, 10);
	return *end || n > FFA_REGS ? FFA_REGS : (unsigned int)n;
}

static void check_inject_regs(struct ffs_checker *c, const struct ffs_value *v)
{
	for (unsigned int i = 0; v && i < v->count; i++)
		if (v->items[i].op != FFS_OP_ASSIGN ||
		    ffs_inject_reg(&v->items[i]) == FFA_REGS)
			ffs_error(c->d, &v->items[i].loc, NULL, "expected "
				  "REGISTER=VALUE, like x3=0x10");
		else
			ffs_check_binds(c, v->items[i].value, false);
}

static void check_inject_bytes(struct ffs_checker *c,
			       const struct ffs_value *v)
{
	for (unsigned int i = 0; v && i < v->count; i++) {
		const struct ffs_arg *a = &v->items[i];

		if (a->op != FFS_OP_ASSIGN) {
			ffs_error(c->d, &a->loc, NULL, "expected OFFSET=BYTE, "
				  "like 0x1c=0xff");
			continue;
		}
		ffs_check_binds(c, a->key, false);
		check_range(c, a->value, 0, 0xff, "expected a byte");
		ffs_check_binds(c, a->value, false);
	}
}

static void check_inject(struct ffs_checker *c, const struct ffs_stmt *s)
{
	const struct ffs_value *what = ffs_pos(s, 0);
	bool alloc = what->kind == FFS_V_ID && !strcmp(what->text, "alloc");

	if (alloc && (!ffs_opt(s, "fail") || s->count != 2))
		ffs_error(c->d, &s->loc, "the N-th allocation from here on",
			  "expected `inject alloc fail=N`");
	else if (!alloc && ffs_opt(s, "fail"))
		ffs_error(c->d, &ffs_opt(s, "fail")->loc, NULL,
			  "fail= is of allocations: `inject alloc fail=N`");
	else if (!alloc && s->count == 1 + (ffs_opt(s, "when") != NULL))
		ffs_error(c->d, &s->loc, NULL, "inject does nothing without "
			  "error= delay= in= out= tx= or rx=");
	check_inject_regs(c, key(s, "in"));
	check_inject_regs(c, key(s, "out"));
	check_inject_bytes(c, key(s, "tx"));
	check_inject_bytes(c, key(s, "rx"));
	check_range(c, key(s, "fail"), 1, UINT32_MAX, "fail= counts from 1");
}

/* tx PART literal, rx PART literal */
static void check_buffer(struct ffs_checker *c, const struct ffs_stmt *s)
{
	const struct ffs_value *v = ffs_pos(s, 1);
	bool rx = s->word == FFS_W_RX;

	/* partition information, and what a hypervisor forwards */
	if (rx ? !v->text : v->text && !strcmp(v->text, "rxtx"))
		ffs_check_binds(c, v, rx);
	else
		ffs_check_lit(c, v, rx);
}

void ffs_check_more(struct ffs_checker *c, const struct ffs_stmt *s)
{
	switch (s->word) {
	case FFS_W_FFS:
		check_range(c, ffs_pos(s, 0), FFS_VERSION, FFS_VERSION,
			    "this program reads version 1 of the language");
		break;
	case FFS_W_FFA:
		check_version(c, ffs_pos(s, 0));
		break;
	case FFS_W_BOARD:
		check_board(c, s);
		break;
	case FFS_W_PART:
		check_part(c, s);
		break;
	case FFS_W_BUF:
	case FFS_W_MEM:
		check_memory(c, s);
		break;
	case FFS_W_PARAM:
		check_param(c, s);
		break;
	case FFS_W_CHECK:
		check_check(c, s);
		break;
	case FFS_W_INJECT:
		check_inject(c, s);
		break;
	case FFS_W_POKE:
		check_poke(c, s);
		break;
	case FFS_W_TX:
	case FFS_W_RX:
		check_buffer(c, s);
		break;
	case FFS_W_REQUIRES:
		if (!s->count)
			ffs_error(c->d, &s->loc, "usage: requires ffa>=1.2 "
				  "cpus>=4", "expected a comparison");
		break;
	case FFS_W_RESTART:
	case FFS_W_POWEROFF:
	case FFS_W_BOOT:
		ffs_check_forget(c);
		break;
	case FFS_W_TITLE: case FFS_W_TAG: case FFS_W_INCLUDE:
	case FFS_W_ALLOW: case FFS_W_WAIT: case FFS_W_IRQ:
	case FFS_W_RAISE: case FFS_W_PREEMPT: case FFS_W_CONSOLE:
	case FFS_W_SHUFFLE: case FFS_W_ANY:
	case FFS_W_COUNT:
		break;
	}
}
