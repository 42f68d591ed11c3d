/* SPDX-License-Identifier: BSD-3-Clause */
/* A board: what the lines of a file declare, as a configuration. */
#include "board.h"

#include <stdio.h>
#include <string.h>

#include "board_priv.h"
#include "ffs.h"
#include "machine.h"
#include "partition.h"
#include "partitions/manifest.h"
#include "run.h"

enum {
	POOL_BASE = 0x0a000000,
	/* enough for every scenario that is not about too little */
	BOARD_HANDLES = 256, BOARD_RANGES = 4096,
};

const struct board_part *board_part(const struct board *b, const char *name)
{
	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		if (!strcmp(b->parts[i].name, name))
			return &b->parts[i];
	return NULL;
}

static void gather(GPtrArray *to, const struct ffs_list *list,
		   enum ffs_word w)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];

		if (s->kind != FFS_S_DIRECTIVE)
			continue;
		if (s->word == w && !s->wrong)
			g_ptr_array_add(to, (void *)s);
		gather(to, &s->body, w);
	}
}

GPtrArray *board_gather(const struct board *b, enum ffs_word w)
{
	GPtrArray *to = g_ptr_array_new();

	gather(to, &b->file->list, w);
	return to;
}

/* Something wrong that is no event may have declared anything. */
static bool is_partial(const struct ffs_list *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		if ((list->v[i]->wrong && !list->v[i]->actor) ||
		    is_partial(&list->v[i]->body))
			return true;
	return false;
}

/* -- the board ------------------------------------------------------------- */

static bool version_of(const char *text, uint64_t *version)
{
	unsigned int major, minor;
	char rest;

	if (sscanf(text, "%u.%u%c", &major, &minor, &rest) != 2)
		return false;
	*version = FFA_VER(major, minor);
	return true;
}

static void file_version(const struct board *b, uint64_t *version)
{
	g_autoptr(GPtrArray) stmts = board_gather(b, FFS_W_FFA);

	for (guint i = 0; i < stmts->len; i++) {
		const struct ffs_value *v = ffs_pos(stmts->pdata[i], 0);

		if (v)
			board_number(b, v, version);
	}
}

static void set_board(struct board *b, const struct run_options *o,
		      uint64_t *version)
{
	g_autoptr(GPtrArray) stmts = board_gather(b, FFS_W_BOARD);
	uint64_t num, spmc = *version;

	if (o)
		b->config.profile = o->profile;
	b->config.rxtx_max_pages = spmc_profile_rxtx_max(b->config.profile);

	for (guint i = 0; i < stmts->len; i++) {
		const struct ffs_stmt *s = stmts->pdata[i];

		if (board_key_number(b, s, "cpus", &num))
			b->config.cpus = num;
		if (board_key_number(b, s, "seed", &num))
			b->seed = num;
		if (board_key_number(b, s, "spmc", &num))
			spmc = num;
		if (board_key_number(b, s, "rxtx-max", &num))
			b->config.rxtx_max_pages = num;
		if (board_key_number(b, s, "handles", &num))
			b->config.handles = num;
		if (board_key_number(b, s, "pool", &num))
			b->config.ranges = num;
		if (board_key(b, s, "dynbuf"))
			b->config.dynbuf =
				!strcmp(board_word(board_key(b, s, "dynbuf")),
					"on");
		if (board_key_number(b, s, "npi", &num))
			b->config.npi = num;
		if (board_key_number(b, s, "sri", &num))
			b->config.sri = num;
		if (board_key_number(b, s, "vcpus", &num))
			b->config.vcpus = MIN(num, UINT16_MAX);
		if (board_key_number(b, s, "mei", &num))
			b->config.mei = num;
		if (board_key_number(b, s, "el3-irq", &num)) {
			const struct spmc_irq irq = {
				(uint32_t)num, FFA_ID_SPMD,
			};

			g_array_append_val(b->irqs, irq);
		}
	}
	if (o && o->ffa && version_of(o->ffa, &num))
		spmc = *version = num;
	if (o && o->has_seed)
		b->seed = o->seed;
	b->config.version = spmc;
}

static void check_config(struct board *b, struct ffs_diags *d)
{
	static const struct ffs_loc nowhere;
	const struct ffs_stmt *s = NULL;
	const char *why;
	int where;

	b->config.irqs = (const struct spmc_irq *)b->irqs->data;
	b->config.irq_count = (uint16_t)MIN(b->irqs->len, G_MAXUINT16);
	why = spmc_check_config(&b->config, &where);
	if (!why)
		return;
	if (where >= 0 && where < b->config.endpoint_count)
		s = b->parts[where].stmt;
	if (!s && b->file->list.n) {
		g_autoptr(GPtrArray) boards = board_gather(b, FFS_W_BOARD);

		s = boards->len ? boards->pdata[0] : NULL;
	}
	ffs_error(d, s ? &s->loc : &nowhere, NULL, "%s", why);
}

struct board *board_begin(const struct ffs_file *file,
			  const struct run_variant *variant,
			  const struct run_options *options)
{
	struct board *b = g_new0(struct board, 1);
	uint64_t version = FFA_V1_2;

	b->file = file;
	b->variant = variant;
	b->partial = is_partial(&file->list);
	b->warnings = g_ptr_array_new_with_free_func(g_free);
	b->warned_at = g_ptr_array_new();
	b->seed = 1;
	b->next_memory = POOL_BASE;
	b->config.size = sizeof(b->config);
	b->config.cpus = 1;
	b->config.handles = BOARD_HANDLES;
	b->config.ranges = BOARD_RANGES;
	board_default_ranges(b);
	b->irqs = g_array_new(FALSE, FALSE, sizeof(struct spmc_irq));
	file_version(b, &version);
	set_board(b, options, &version);
	b->part_version = version;
	return b;
}

bool board_finish(struct board *b, struct ffs_diags *d)
{
	unsigned int errors = d->errors;

	board_add_parts(b, b->part_version, d);
	board_add_mems(b, d);
	if (d->errors == errors)
		board_lay_out(b, d);
	if (d->errors == errors && !b->partial)
		check_config(b, d);
	return d->errors == errors;
}

struct board *board_new(const struct ffs_file *file,
			const struct run_variant *variant,
			const struct run_options *options,
			struct ffs_diags *d)
{
	struct board *b = board_begin(file, variant, options);

	if (board_finish(b, d))
		return b;
	board_free(b);
	return NULL;
}

void board_free(struct board *b)
{
	if (!b)
		return;
	for (unsigned int i = 0; i < b->config.endpoint_count; i++) {
		g_free(b->parts[i].run);
		g_free(b->parts[i].run_args);
		g_free(b->parts[i].boot_blob);
		if (b->parts[i].manifest)
			manifest_free(b->parts[i].manifest);
	}
	g_free(b->parts);
	g_free(b->endpoints);
	g_free(b->mems);
	g_array_unref(b->base);
	g_array_unref(b->irqs);
	if (b->regions)
		g_array_unref(b->regions);
	if (b->ranges)
		g_array_unref(b->ranges);
	g_ptr_array_unref(b->warnings);
	g_ptr_array_unref(b->warned_at);
	g_free(b);
}

struct machine *board_machine(const struct board *b, uint64_t seed,
			      char **error)
{
	const struct machine_config cfg = {
		.spmc = &b->config,
		.ranges = (const struct memory_range *)b->ranges->data,
		.range_count = b->ranges->len,
		.seed = seed,
	};
	struct machine *m = machine_new(&cfg, error);

	for (unsigned int i = 0; m && i < b->config.endpoint_count; i++) {
		const struct board_part *p = &b->parts[i];
		g_autofree char *why = NULL;
		void *to;

		if (p->boot_size) {
			to = machine_map(m, b->endpoints[i].boot_info,
					 p->boot_size, true);
			if (to)
				memcpy(to, p->boot_blob, p->boot_size);
		}
		machine_set_memory(m, i, p->memory);
		if (!p->code || !partition_find(p->run) ||
		    machine_set_code(m, i, partition_find(p->run),
				     p->run_args, &why))
			continue;
		*error = g_strdup_printf("part %s: run=%s: %s", p->name,
					 p->run, why);
		machine_free(m);
		m = NULL;
	}
	return m;
}
