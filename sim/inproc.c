/* SPDX-License-Identifier: BSD-3-Clause */
/* The conduit into a machine of this process: conduit_open_board. */
#include <glib.h>
#include <string.h>

#include "board_open.h"
#include "codec.h"
#include "conduit.h"
#include "machine.h"

enum { NS = 0 };	/* index of the normal world's primary */

struct inproc {
	struct board_open open;
	/* why a CPU does not come back, for ever; "" while all is well */
	char stuck[SPMC_MAX_CPUS][256];
};

/* Says why control is not with the normal world. */
static const char *lost(struct inproc *p, unsigned int cpu,
			enum machine_end end, const struct spmc_outcome *o)
{
	board_lost(&p->open, cpu, end, o, p->stuck[cpu],
		   sizeof(p->stuck[cpu]));
	return p->stuck[cpu];
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
	end = machine_call(p->open.machine, cpu, in, &o);
	if (end != MACHINE_PLAYED || o.endpoint != NS)
		return lost(p, cpu, end, &o);
	*out = o.regs;
	return NULL;
}

static bool inproc_take_irq(void *handle, unsigned int cpu, uint32_t *intid)
{
	struct inproc *p = handle;

	*intid = p->open.board->config.sri;
	return spmc_take_irq(machine_spmc(p->open.machine), NS, cpu, *intid);
}

static void *inproc_map(void *handle, uint64_t pa, size_t len, bool secure)
{
	struct inproc *p = handle;

	return machine_map(p->open.machine, pa, len, secure);
}

static uint64_t inproc_time(void *handle, uint64_t ns)
{
	struct inproc *p = handle;

	machine_wait(p->open.machine, ns);
	return machine_time(p->open.machine);
}

static unsigned int inproc_cpus(void *handle)
{
	struct inproc *p = handle;

	return p->open.board->config.cpus;
}

static void inproc_close(void *handle)
{
	struct inproc *p = handle;

	board_close(&p->open);
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
		mem = board_mem_at(p->open.board, num);
		return mem && mem->base == num ? mem->name : NULL;
	}
	if (kind != FFA_K_ID)
		return NULL;
	for (unsigned int i = 0; i < p->open.board->config.endpoint_count; i++)
		if (p->open.board->parts[i].id == num)
			return p->open.board->parts[i].name;
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
	const struct inproc *p = ctx;

	g_string_printf(s, "%s@%u ", board_part_name(p->open.board, NS), cpu);
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

static bool boot(struct inproc *p, char **error)
{
	for (unsigned int cpu = 0; cpu < p->open.board->config.cpus; cpu++) {
		struct spmc_outcome o;
		enum machine_end end = machine_boot(p->open.machine, cpu, false,
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
	if (board_open(&p->open, path, false, NULL, &why) && boot(p, &why))
		c = conduit_attach(&inproc, p, &with, &why);
	if (!c)
		inproc_close(p);
	if (error)
		*error = why;
	else
		g_free(why);
	return c;
}
