/* SPDX-License-Identifier: BSD-3-Clause */
/* What a value of a declaring line is, before anything runs. */
#include <string.h>

#include "board_priv.h"
#include "run.h"

const struct ffs_value *board_param(const struct board *b, const char *name)
{
	for (unsigned int i = 0; i < b->file->param_count; i++) {
		const struct ffs_param *p = b->file->params[i];

		if (strcmp(p->name, name))
			continue;
		if (b->variant)
			return b->variant->values[i];
		return p->count ? p->values[0].value : NULL;
	}
	return NULL;
}

static bool named_number(const struct board *b, const char *name,
			 uint64_t *num)
{
	const struct board_mem *m = board_mem(b, name);
	const struct board_part *p;

	if (m) {
		*num = m->base;
		return true;
	}
	p = board_part(b, name);
	if (!p)
		return false;
	*num = p->id;
	return true;
}

bool board_number(const struct board *b, const struct ffs_value *v,
		  uint64_t *num)
{
	uint64_t part, sum = 0;

	if (v->kind == FFS_V_NUM || v->kind == FFS_V_VERSION) {
		*num = v->num;
		return true;
	}
	if (v->kind == FFS_V_USE) {
		const struct ffs_value *p = board_param(b, v->text);

		return p && p->kind != FFS_V_USE && board_number(b, p, num);
	}
	if (v->kind == FFS_V_ID)
		return named_number(b, v->text, num);
	if (v->kind != FFS_V_SUM)
		return false;
	for (unsigned int i = 0; i < v->count; i++) {
		if (!board_number(b, v->items[i].value, &part))
			return false;
		sum += part;
	}
	*num = sum;
	return true;
}

const struct ffs_value *board_key(const struct board *b,
				  const struct ffs_stmt *s, const char *key)
{
	const struct ffs_arg *a = ffs_opt(s, key);
	const struct ffs_value *v;

	if (!a)
		return NULL;
	v = a->value;
	if (v->kind == FFS_V_USE) {
		const struct ffs_value *p = board_param(b, v->text);

		return p ? p : v;
	}
	return v;
}

bool board_key_number(const struct board *b, const struct ffs_stmt *s,
		      const char *key, uint64_t *num)
{
	const struct ffs_value *v = board_key(b, s, key);

	return v && board_number(b, v, num);
}

char *board_text(const struct board *b, const struct ffs_value *v)
{
	GString *to = g_string_new(NULL);

	for (unsigned int i = 0; i < (v->kind == FFS_V_SUM ? v->count : 1);
	     i++) {
		const struct ffs_value *one =
			v->kind == FFS_V_SUM ? v->items[i].value : v;

		if (one->kind == FFS_V_USE)
			one = board_param(b, one->text);
		if (one && one->kind == FFS_V_STR)
			g_string_append(to, (const char *)one->bytes);
	}
	return g_string_free(to, FALSE);
}
