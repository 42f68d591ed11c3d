/* SPDX-License-Identifier: BSD-3-Clause */
/* The conduit into a machine of this process: conduit_open_board. */
#include <glib.h>
#include <string.h>

#include "board.h"
#include "codec.h"
#include "conduit.h"
#include "ffs.h"
#include "machine.h"

enum { NS = 0 };	/* index of the normal world's primary */

struct inproc {
	struct ffs_file *file;
	struct board *board;
	struct machine *machine;
	/* why a CPU does not come back, for ever; "" while all is well */
	char stuck[SPMC_MAX_CPUS][256];
};

static const char *name_of(const struct inproc *p, unsigned int endpoint)
{
	return endpoint < p->board->config.endpoint_count ?
	       p->board->parts[endpoint].name : "nobody";
}

/* Says why control is not with the normal world. */
static const char *lost(struct inproc *p, unsigned int cpu,
			enum machine_end end, const struct spmc_outcome *o)
{
	const char *name = name_of(p, o->endpoint);
	char *why = p->stuck[cpu];
	size_t size = sizeof(p->stuck[cpu]);
	const struct spmc_broken *broken;
	char text[SPMC_BROKEN_TEXT];

	switch (end) {
	case MACHINE_PLAYED:
		g_snprintf(why, size, "control is with %s, which runs no code",
			   name);
		break;
	case MACHINE_HUNG:
		g_snprintf(why, size, "%s@%u computes for ever", name, cpu);
		break;
	case MACHINE_LIVELOCK:
		g_snprintf(why, size, "partitions made %d calls without giving "
			   "control back, the last of them %s@%u",
			   MACHINE_STEPS, name, cpu);
		break;
	case MACHINE_STOPPED:
		g_snprintf(why, size, "CPU %u is stopped", cpu);
		break;
	case MACHINE_INVARIANT:
		broken = machine_broken(p->machine);
		g_snprintf(why, size, "a mistake of ffasim, please report it: "
			   "%s: %s", spmc_invariants[broken->invariant].name,
			   spmc_broken_text(broken, text));
		break;
	}
	return why;
}

static const char *inproc_call(void *handle, unsigned int cpu,
			       const struct ffa_value *in,
			       struct ffa_value *out)
{
	struct inproc *p = handle;
	struct spmc_outcome o;
	enum machine_end end;

	if (*p->stuck[cpu])
		return p->stuck[cpu];
	end = machine_call(p->machine, cpu, in, &o);
	if (end != MACHINE_PLAYED || o.endpoint != NS)
		return lost(p, cpu, end, &o);
	*out = o.regs;
	return NULL;
}

static bool inproc_take_irq(void *handle, unsigned int cpu, uint32_t *intid)
{
	struct inproc *p = handle;

	*intid = p->board->config.sri;
	return spmc_take_irq(machine_spmc(p->machine), NS, cpu, *intid);
}

static void *inproc_map(void *handle, uint64_t pa, size_t len, bool secure)
{
	struct inproc *p = handle;

	return machine_map(p->machine, pa, len, secure);
}

static uint64_t inproc_time(void *handle, uint64_t ns)
{
	struct inproc *p = handle;

	machine_wait(p->machine, ns);
	return machine_time(p->machine);
}

static unsigned int inproc_cpus(void *handle)
{
	struct inproc *p = handle;

	return p->board->config.cpus;
}

static void inproc_close(void *handle)
{
	struct inproc *p = handle;

	machine_free(p->machine);
	if (p->board)
		board_free(p->board);
	if (p->file)
		ffs_file_free(p->file);
	g_free(p);
}

static const struct conduit_ops inproc = {
	.size = sizeof(inproc),
	.api_version = CONDUIT_API,
	.name = "inproc",
	.close = inproc_close,
	.cpus = inproc_cpus,
	.call = inproc_call,
	.map = inproc_map,
	.take_irq = inproc_take_irq,
	.time = inproc_time,
};

/* -- showing --------------------------------------------------------------- */

static const char *show_name(void *data, enum ffa_kind kind, uint64_t num)
{
	const struct inproc *p = data;
	const struct board_mem *mem;

	if (kind == FFA_K_ADDR) {
		mem = board_mem_at(p->board, num);
		return mem && mem->base == num ? mem->name : NULL;
	}
	if (kind != FFA_K_ID)
		return NULL;
	for (unsigned int i = 0; i < p->board->config.endpoint_count; i++)
		if (p->board->parts[i].id == num)
			return p->board->parts[i].name;
	return NULL;
}

/* A line as the runner's trace has it. */
static void show(void *ctx, unsigned int cpu, const struct ffa_value *in,
		 const struct ffa_value *out, char *text, size_t size)
{
	const struct codec_ctx codec = {
		.self = FFA_ID_NS_PRIMARY,
		.name_of = show_name,
		.data = ctx,
	};
	g_autoptr(GString) s = g_string_new(NULL);

	g_string_printf(s, "%s@%u ", name_of(ctx, NS), cpu);
	codec_call(s, &codec, in);
	if (out) {
		g_string_append(s, " = ");
		codec_result(s, &codec, ffa_fn_find(in->x[0]), out);
	} else {
		g_string_append(s, " ...");
	}
	g_strlcpy(text, s->str, size);
}

/* -- opening --------------------------------------------------------------- */

/* What a board may say; all else is for whoever plays a scenario. */
static bool is_board_word(enum ffs_word word)
{
	static const enum ffs_word words[] = {
		FFS_W_FFS, FFS_W_TITLE, FFS_W_TAG, FFS_W_INCLUDE, FFS_W_FFA,
		FFS_W_BOARD, FFS_W_PARAM, FFS_W_PART, FFS_W_BUF, FFS_W_MEM,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (words[i] == word)
			return true;
	return false;
}

static void check_words(const struct ffs_list *list, struct ffs_diags *d)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];

		if (s->kind == FFS_S_BAD)
			continue;
		if (s->kind != FFS_S_DIRECTIVE || !is_board_word(s->word))
			ffs_error(d, &s->loc, NULL, "a board only has ffs, "
				  "title, tag, include, ffa, board, param, "
				  "part, buf and mem lines");
		else if (s->word == FFS_W_INCLUDE)
			check_words(&s->body, d);
	}
}

static void check_code(const struct board *b, struct ffs_diags *d)
{
	for (unsigned int i = 0; i < b->config.endpoint_count; i++) {
		const struct board_part *part = &b->parts[i];
		const struct spmc_endpoint_config *e =
			&b->endpoints[part->index];

		if (part->run && !strcmp(part->run, "hypervisor"))
			ffs_error(d, &part->stmt->loc, NULL, "the driver is "
				  "the normal world here: put the filter "
				  "`hypervisor` in front instead");
		if (e->kind != SPMC_NS_PRIMARY && e->kind != SPMC_VM &&
		    !part->code)
			ffs_error(d, part->stmt ? &part->stmt->loc : NULL,
				  "write run=echo", "%s needs code: nobody "
				  "plays it here", part->name);
	}
}

/* Fills in the file and the board. */
static void load(struct inproc *p, const char *path, struct ffs_diags *d)
{
	p->file = ffs_load(path, d);
	if (!p->file)
		return;
	check_words(&p->file->list, d);
	ffs_check(p->file, d);
	p->board = board_new(p->file, NULL, NULL, d);
	if (p->board)
		check_code(p->board, d);
}

static bool boot(struct inproc *p, char **error)
{
	for (unsigned int cpu = 0; cpu < p->board->config.cpus; cpu++) {
		struct spmc_outcome o;
		enum machine_end end = machine_boot(p->machine, cpu, false,
						    &o);

		if (end != MACHINE_PLAYED || o.endpoint != NS) {
			*error = g_strdup_printf(
				"CPU %u does not boot: %s", cpu,
				lost(p, cpu, end, &o));
			return false;
		}
	}
	return true;
}

static bool start(struct inproc *p, const char *path, char **error)
{
	struct ffs_diags *d = ffs_diags_new();
	bool ok;

	load(p, path, d);
	ok = p->file && p->board && !d->errors;
	if (!ok) {
		ffs_diags_sort(d);
		*error = g_strchomp(ffs_diags_format(d, false));
	}
	ffs_diags_free(d);
	if (!ok)
		return false;
	p->machine = board_machine(p->board, p->board->seed, error);
	return p->machine && boot(p, error);
}

struct conduit *conduit_open_board(const char *path,
				   const struct conduit_options *options,
				   char **error)
{
	struct conduit_options with = { .size = sizeof(with) };
	struct inproc *p = g_new0(struct inproc, 1);
	struct conduit *c = NULL;
	char *why = NULL;

	if (options)
		memcpy(&with, options, MIN(options->size, sizeof(with)));
	if (!with.show) {
		with.show = show;
		with.show_ctx = p;
	}
	if (start(p, path, &why))
		c = conduit_attach(&inproc, p, &with, &why);
	if (!c)
		inproc_close(p);
	if (error)
		*error = why;
	else
		g_free(why);
	return c;
}
