/* SPDX-License-Identifier: BSD-3-Clause */
/* Literals of memory descriptors: share{owner=ns to={sp1:rw} ranges=shm}. */
#include <string.h>

#include "sim/ffs_impl.h"
#include "sim/lit.h"

struct where {
	struct ffs_checker *c;
	enum lit_kind kind;
	bool pattern;		/* of RX: `_` and `?x` */
};

/* -- names ----------------------------------------------------------------- */

static GPtrArray *words_of(const struct lit_word *words)
{
	GPtrArray *names = g_ptr_array_new();

	for (; words && words->name; words++)
		g_ptr_array_add(names, (void *)words->name);
	return names;
}

static void unknown(const struct where *w, const struct ffs_loc *at,
		    const char *what, const char *name, GPtrArray *names)
{
	g_autofree char *hint = ffs_names_hint(w->c->d, name, names);

	ffs_error(w->c->d, at, hint, "%s `%s`", what, name);
}

static bool is_known(const struct where *w, const char *name)
{
	return g_hash_table_contains(w->c->parts, name) ||
	       g_hash_table_contains(w->c->mems, name);
}

/* -- one number ------------------------------------------------------------ */

static void check_name(const struct where *w, const struct lit_row *row,
		       const struct ffs_loc *at, const char *name)
{
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *what = NULL;
	uint64_t num = 0;

	if (row->words ? lit_words_value(row->words, name, &num) :
			 is_known(w, name))
		return;
	what = g_strdup_printf("%s knows no", row->name);
	names = row->words ? words_of(row->words) :
		g_ptr_array_copy(w->c->part_names, NULL, NULL);
	unknown(w, at, what, name, names);
}

static void check_number(const struct where *w, const struct lit_row *row,
			 const struct ffs_value *v, const struct ffs_loc *at);

static void check_use(const struct where *w, const struct lit_row *row,
		      const struct ffs_value *v)
{
	const struct ffs_param *p = ffs_check_use(w->c, v);

	for (unsigned int i = 0; p && i < p->count; i++)
		if (p->values[i].value->kind != FFS_V_USE)
			check_number(w, row, p->values[i].value, &v->loc);
}

static void check_number(const struct where *w, const struct lit_row *row,
			 const struct ffs_value *v, const struct ffs_loc *at)
{
	switch (v->kind) {
	case FFS_V_NUM:
	case FFS_V_VERSION:
		if (row->bits < 64 && v->num >> row->bits)
			ffs_error(w->c->d, at, NULL, "%s does not fit the %u "
				  "bits of `%s`", v->text, row->bits,
				  row->name);
		return;
	case FFS_V_ID:
		check_name(w, row, at, v->text);
		return;
	case FFS_V_USE:
		check_use(w, row, v);
		return;
	case FFS_V_OR:
		for (unsigned int i = 0; i < v->count; i++)
			check_number(w, row, v->items[i].value,
				     &v->items[i].value->loc);
		return;
	case FFS_V_SUM:
	case FFS_V_CALL:
		ffs_check_binds(w->c, v, false);
		return;
	case FFS_V_MEMBER:
	case FFS_V_INDEX:
		ffs_check_path(w->c, v);
		return;
	case FFS_V_ANY:
	case FFS_V_BIND:
		ffs_error(w->c->d, at, NULL, "what is sent has a value");
		return;
	case FFS_V_UUID:
	case FFS_V_STR:
	case FFS_V_AT:
	case FFS_V_BLOCK:
	case FFS_V_RANGE:
	case FFS_V_MASK:
	case FFS_V_LIST:
		break;
	}
	ffs_error(w->c->d, at, row->sentence, "`%s` is one number%s",
		  row->name, row->words ? " or word, or several joined by |" :
		  "");
}

/* -- endpoints ------------------------------------------------------------- */

static void check_emad(const struct where *w, const struct ffs_value *block)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (unsigned int i = 0; i < LIT_E_FIELDS; i++)
		g_ptr_array_add(names, (void *)lit_emad_rows[i].name);
	for (unsigned int i = 0; i < block->count; i++) {
		const struct ffs_arg *a = &block->items[i];
		const struct ffs_value *v = a->value;
		unsigned int f = a->key ? 0 : LIT_E_PERM;

		while (a->key && f < LIT_E_FIELDS &&
		       (!a->name || strcmp(lit_emad_rows[f].name, a->name)))
			f++;
		if (f == LIT_E_FIELDS) {
			unknown(w, &a->key->loc, "an endpoint has no",
				a->name ? a->name : "...", names);
			continue;
		}
		if (f != LIT_E_IMPDEF || v->kind != FFS_V_BLOCK) {
			check_number(w, &lit_emad_rows[f], v, &v->loc);
			continue;
		}
		if (v->count > 2)
			ffs_error(w->c->d, &v->loc, NULL,
				  "impdef= is two words: impdef={1 2}");
		for (unsigned int k = 0; k < v->count; k++)
			check_number(w, &lit_emad_rows[f], v->items[k].value,
				     &v->items[k].value->loc);
	}
}

static void check_to(const struct where *w, const struct ffs_value *v)
{
	static const char usage[] = "to={PART:PERMISSIONS ...}, like "
		"to={sp1:rw-nx sp2:{ro flags=1}}";

	if (v->kind != FFS_V_BLOCK || v->text) {
		ffs_error(w->c->d, &v->loc, usage, "expected {...} behind "
			  "to=");
		return;
	}
	for (unsigned int i = 0; i < v->count; i++) {
		const struct ffs_arg *a = &v->items[i];
		const struct ffs_value *who = a->key ? a->key : a->value;

		check_number(w, &lit_rows[LIT_OWNER], who, &who->loc);
		if (!a->key)
			continue;
		if (w->kind == LIT_RELINQUISH || a->op != FFS_OP_COLON) {
			ffs_error(w->c->d, &a->loc, w->kind == LIT_RELINQUISH ?
				  "to={sp1}" : usage, "expected %s",
				  w->kind == LIT_RELINQUISH ?
				  "endpoints only" : "PART:PERMISSIONS");
			continue;
		}
		if (a->value->kind == FFS_V_BLOCK && !a->value->text)
			check_emad(w, a->value);
		else if (!w->pattern || a->value->kind != FFS_V_ANY)
			check_number(w, &lit_emad_rows[LIT_E_PERM], a->value,
				     &a->value->loc);
	}
}

/* -- ranges ---------------------------------------------------------------- */

static const char ranges_usage[] = "MEM, MEM[a..b] (pages from a up to b), "
	"{ADDRESS PAGES}, or {...} of them";

static void check_slice(const struct where *w, const struct ffs_value *v)
{
	const struct ffs_value *base = v->kind == FFS_V_INDEX ? v->base : v;
	const struct ffs_value *at, *size;
	const struct ffs_stmt *mem;
	uint64_t first, last;

	if (base->kind != FFS_V_ID) {
		ffs_error(w->c->d, &v->loc, ranges_usage, "expected memory");
		return;
	}
	mem = g_hash_table_lookup(w->c->mems, base->text);
	if (!mem) {
		unknown(w, &base->loc, "no buf or mem", base->text,
			w->c->mem_names);
		return;
	}
	if (v->kind != FFS_V_INDEX)
		return;
	at = v->items[0].value;
	ffs_check_binds(w->c, at, false);
	first = at->num;
	last = first + 1;
	if (at->kind == FFS_V_RANGE) {
		if (at->items[0].value->kind != FFS_V_NUM ||
		    at->items[1].value->kind != FFS_V_NUM)
			return;
		first = at->items[0].value->num;
		last = at->items[1].value->num;
	} else if (at->kind != FFS_V_NUM) {
		return;
	}
	size = ffs_pos(mem, 3);
	if (first >= last)
		ffs_error(w->c->d, &at->loc, "a..b are the pages from a up "
			  "to b, without b", "these are no pages");
	else if (size && size->kind == FFS_V_NUM && last > size->num)
		ffs_error(w->c->d, &at->loc, NULL, "%s has only %s",
			  base->text, size->text);
}

static void check_ranges(const struct where *w, const struct ffs_value *v)
{
	switch (v->kind) {
	case FFS_V_ID:
	case FFS_V_INDEX:
		check_slice(w, v);
		return;
	case FFS_V_USE:
	case FFS_V_NUM:		/* of {ADDRESS PAGES} */
	case FFS_V_SUM:
	case FFS_V_MEMBER:
		ffs_check_binds(w->c, v, false);
		return;
	case FFS_V_BLOCK:
		if (v->text)
			break;
		for (unsigned int i = 0; i < v->count; i++) {
			const struct ffs_arg *a = &v->items[i];

			if (!a->key)
				check_ranges(w, a->value);
			else if (!a->name || strcmp(a->name, "reserved"))
				ffs_error(w->c->d, &a->key->loc,
					  "legal: reserved", "a range has no "
					  "such field");
			else
				ffs_check_binds(w->c, a->value, false);
		}
		return;
	case FFS_V_VERSION: case FFS_V_UUID: case FFS_V_STR: case FFS_V_ANY:
	case FFS_V_BIND: case FFS_V_AT: case FFS_V_CALL: case FFS_V_OR:
	case FFS_V_RANGE: case FFS_V_MASK: case FFS_V_LIST:
		break;
	}
	ffs_error(w->c->d, &v->loc, ranges_usage, "expected memory");
}

/* -- literals -------------------------------------------------------------- */

static void check_entry(const struct where *w, const struct ffs_value *lit,
			unsigned int n)
{
	const struct ffs_arg *a = &lit->items[n];
	const struct lit_row *row = a->name ?
		lit_entry_named(w->kind, a->name) : NULL;
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *what = NULL;

	if (!a->key) {
		ffs_error(w->c->d, &a->loc, NULL, "expected NAME=VALUE");
		return;
	}
	if (!row) {
		names = g_ptr_array_new();
		for (unsigned int i = 0; i < LIT_ENTRIES; i++)
			if (lit_rows[i].kinds & 1u << w->kind)
				g_ptr_array_add(names,
						(void *)lit_rows[i].name);
		what = g_strdup_printf("%s{} has no", lit->text);
		unknown(w, &a->key->loc, what, a->name ? a->name : "...",
			names);
		ffs_check_binds(w->c, a->value, true);
		return;
	}
	for (unsigned int i = 0; i < n; i++)
		if (lit->items[i].name && !strcmp(lit->items[i].name, a->name))
			ffs_error(w->c->d, &a->key->loc, NULL,
				  "`%s` is given twice", a->name);
	if (w->pattern && a->value->kind == FFS_V_ANY)
		return;
	if (row == &lit_rows[LIT_TO])
		check_to(w, a->value);
	else if (row == &lit_rows[LIT_RANGES])
		check_ranges(w, a->value);
	else if (w->pattern && a->value->kind == FFS_V_BIND)
		ffs_check_binds(w->c, a->value, true);
	else
		check_number(w, row, a->value, &a->value->loc);
}

static void check_bytes(const struct where *w, const struct ffs_value *lit)
{
	for (unsigned int i = 0; i < lit->count; i++) {
		const struct ffs_value *s = lit->items[i].value;
		unsigned int digits = 0;
		bool ok = s->kind == FFS_V_STR && !lit->items[i].key;

		for (gsize k = 0; ok && k < s->len; k++) {
			ok = s->bytes[k] == ' ' ||
			     g_ascii_isxdigit((char)s->bytes[k]);
			digits += s->bytes[k] != ' ';
		}
		if (!ok || digits % 2)
			ffs_error(w->c->d, &s->loc, "like bytes{\"0102 0304\"}",
				  "expected a string of pairs of hexadecimal "
				  "digits");
	}
}

void ffs_check_lit(struct ffs_checker *c, const struct ffs_value *v, bool rx)
{
	struct where w = { .c = c, .kind = LIT_KINDS, .pattern = rx };
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	if (v->text)
		w.kind = lit_kind_named(v->text);
	if (w.kind != LIT_KINDS &&
	    !(rx ? lit_infos[w.kind].in_rx : lit_infos[w.kind].in_tx))
		w.kind = LIT_KINDS;
	if (v->kind != FFS_V_BLOCK || !v->text) {
		ffs_error(c->d, &v->loc, rx ? "like resp{handle=$h}" :
			  "like share{to={sp1:rw} ranges=shm}",
			  "expected a literal");
		return;
	}
	/* A message of FFA_MSG_SEND2 is no descriptor: run_msg.c reads it. */
	if (!strcmp(v->text, "msg")) {
		ffs_check_binds(c, v, rx);
		return;
	}
	if (w.kind == LIT_KINDS) {
		for (unsigned int i = 0; i < LIT_KINDS; i++)
			if (rx ? lit_infos[i].in_rx : lit_infos[i].in_tx)
				g_ptr_array_add(names,
						(void *)lit_infos[i].name);
		g_ptr_array_add(names, (void *)"msg");
		if (!rx)
			g_ptr_array_add(names, (void *)"rxtx");
		unknown(&w, &v->loc, rx ? "RX never holds a" :
			"TX never holds a", v->text, names);
		return;
	}
	if (w.kind == LIT_BYTES)
		check_bytes(&w, v);
	for (unsigned int i = 0; w.kind != LIT_BYTES && i < v->count; i++)
		check_entry(&w, v, i);
}
