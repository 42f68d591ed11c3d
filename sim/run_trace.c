/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happened, as a scenario: the lines that make the board, with
 * parameters replaced, then every statement as it ran, with the registers
 * that were really there. Running it prints it again.
 */
#include <string.h>

#include "board_priv.h"
#include "run_lit.h"
#include "run_priv.h"

/* The text behind $name now, or NULL. */
static char *value_text(const struct run *r, const char *name)
{
	const struct codec_value *bound = g_hash_table_lookup(r->bound, name);
	const struct ffs_value *param;
	g_autoptr(GString) text = g_string_new(NULL);

	if (bound && bound->is_uuid) {
		codec_uuid_print(text, &bound->uuid);
	} else if (bound) {
		g_string_printf(text, "0x%" G_GINT64_MODIFIER "x", bound->num);
	} else {
		param = board_param(r->board, name);
		if (!param)
			return NULL;
		ffs_format_value(text, param);
	}
	return g_strdup(text->str);
}

static bool in_name(char c)
{
	return g_ascii_isalnum(c) || c == '_' || c == '-';
}

/* Appends source text with every $name replaced, but in strings. */
static void substitute(const struct run *r, GString *to, const char *from)
{
	bool quoted = false;

	while (*from) {
		const char *end = from + 1;
		g_autofree char *name = NULL, *text = NULL;

		if (*from == '\\' && quoted && from[1]) {
			g_string_append_len(to, from, 2);
			from += 2;
			continue;
		}
		quoted ^= *from == '"';
		if (*from != '$' || quoted) {
			g_string_append_c(to, *from++);
			continue;
		}
		while (in_name(*end))
			end++;
		name = g_strndup(from + 1, end - from - 1);
		text = value_text(r, name);
		g_string_append(to, text ? text : name);
		from = end;
	}
}

void run_trace_text(struct run *r, GString *to, const struct ffs_stmt *s)
{
	g_autoptr(GString) text = g_string_new(NULL);

	ffs_format_stmt(text, s, 0);
	substitute(r, to, text->str);
}

static void put(struct run *r, const struct ffs_stmt *s)
{
	run_trace_text(r, r->trace, s);
	g_string_append_c(r->trace, '\n');
}

static void put_list(struct run *r, const struct ffs_list *list, bool *ffa)
{
	const char *version = r->options->ffa;

	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];

		if (s->kind != FFS_S_DIRECTIVE)
			continue;
		switch (s->word) {
		case FFS_W_FFA:
			*ffa = true;
			if (version)
				g_string_append_printf(r->trace, "ffa %s\n",
						       version);
			else
				put(r, s);
			break;
		case FFS_W_TITLE: case FFS_W_TAG: case FFS_W_REQUIRES:
		case FFS_W_BOARD: case FFS_W_PART: case FFS_W_BUF:
		case FFS_W_MEM:
			put(r, s);
			break;
		case FFS_W_INCLUDE:
			put_list(r, &s->body, ffa);
			break;
		case FFS_W_FFS: case FFS_W_PARAM: case FFS_W_ALLOW:
		case FFS_W_BOOT: case FFS_W_WAIT: case FFS_W_IRQ:
		case FFS_W_RAISE: case FFS_W_PREEMPT: case FFS_W_INJECT:
		case FFS_W_POKE: case FFS_W_TX: case FFS_W_RX:
		case FFS_W_CONSOLE:
		case FFS_W_CHECK: case FFS_W_POWEROFF: case FFS_W_RESTART:
		case FFS_W_SHUFFLE: case FFS_W_ANY: case FFS_W_COUNT:
			break;
		}
	}
}

/* Under another profile it would be another trace. */
static void put_profile(struct run *r)
{
	g_autoptr(GPtrArray) stmts = board_gather(r->board, FFS_W_REQUIRES);
	const char *name = spmc_profiles[r->options->profile].name;

	if (r->options->profile == SPMC_SPEC)
		return;
	for (guint i = 0; i < stmts->len; i++) {
		const struct ffs_stmt *s = stmts->pdata[i];

		for (unsigned int k = 0; k < s->count; k++)
			if (!g_strcmp0(s->args[k].name, "profile") &&
			    s->args[k].op == FFS_OP_EQ &&
			    s->args[k].value->kind == FFS_V_ID &&
			    !strcmp(s->args[k].value->text, name))
				return;
	}
	g_string_append_printf(r->trace, "requires profile==%s\n", name);
}

void run_trace_header(struct run *r)
{
	bool ffa = false;

	if (!r->trace)
		return;
	g_string_append_printf(r->trace, "ffs %d\n", FFS_VERSION);
	put_list(r, &r->file->list, &ffa);
	if (!ffa && r->options->ffa)
		g_string_append_printf(r->trace, "ffa %s\n", r->options->ffa);
	put_profile(r);
	g_string_append_c(r->trace, '\n');
}

void run_trace_code(struct run *r)
{
	if (!r->trace)
		return;
	g_string_append(r->trace, r->code_trace->str);
	g_string_truncate(r->code_trace, 0);
}

void run_trace_stmt(struct run *r, const struct ffs_stmt *s)
{
	if (!r->trace)
		return;
	put(r, s);
	run_trace_code(r);
}

void run_trace_tx(struct run *r, const char *part, const struct ffs_value *v)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (!r->trace)
		return;
	g_string_printf(text, "tx %s ", part);
	ffs_format_value(text, v);
	substitute(r, r->trace, text->str);
	g_string_append_c(r->trace, '\n');
}

void run_trace_event(struct run *r, const struct ffs_stmt *s, const char *text)
{
	g_string_append_printf(r->trace, "%s@%u  %s\n", s->actor, s->cpu,
			       text);
	run_trace_code(r);
}

/* Somebody whom the scenario plays: neither code nor its hypervisor. */
static bool is_played(const struct run *r, unsigned int endpoint)
{
	return endpoint < r->board->config.endpoint_count &&
	       !machine_has_code(r->machine, endpoint) &&
	       !(r->hyp && !endpoint);
}

static void note_calls(struct run *r, unsigned int endpoint,
		       const struct ffa_value *in,
		       const struct spmc_outcome *out)
{
	struct calls *to = &r->result->cover.calls;

	if (in && is_played(r, endpoint))
		calls_note(to, (enum ffa_fn)out->fn, (uint32_t)in->x[1],
			   calls_by(r->board->endpoints[endpoint].kind),
			   spmc_version_of(r->spmc, endpoint),
			   calls_ended(out->rule));
	if (out->spmd)
		calls_note(to, ffa_fn_find(out->spmd), 0, CALLS_SPMC,
			   r->board->config.version, CALLS_DONE);
	if (is_played(r, out->endpoint) && !out->goes_on)
		calls_note(to, ffa_fn_find(out->regs.x[0]), 0,
			   calls_by(r->board->endpoints[out->endpoint].kind),
			   spmc_version_of(r->spmc, out->endpoint),
			   CALLS_SEEN);
}

void run_watch(void *data, unsigned int cpu, unsigned int endpoint,
	       unsigned int ec, const struct ffa_value *in,
	       const struct spmc_outcome *out)
{
	struct run *r = data;
	struct codec_ctx ctx;

	if (r->options->recorder)
		r->options->recorder->step(r->options->recorder, r, cpu,
					   endpoint, ec, in);
	note_calls(r, endpoint, in, out);
	if (in)
		run_tape_call(r, cpu, endpoint, ec, in);
	/* who is interrupted for EL3 alone goes on */
	if (in || out->spmd != (uint32_t)FFA_ID_EL3_INTR_HANDLE)
		run_tape_sees(r, cpu, out);
	if (out->spmd)
		r->spmd = out->spmd;
	if (in && out->fn == FFA_FN_PARTITION_INFO_GET && !out->rule &&
	    out->endpoint < SPMC_MAX_ENDPOINTS) {
		r->info[out->endpoint].count = out->regs.x[2];
		r->info[out->endpoint].size = out->regs.x[3];
	}
	if (in)
		run_lit_arrived(r, out);
	if (!r->trace || !in || endpoint == SPMC_NOBODY ||
	    !(machine_has_code(r->machine, endpoint) ||
	      (r->hyp && !endpoint)))
		return;
	ctx = run_ctx(r, endpoint);
	g_string_append_printf(r->code_trace, "# %s@%u  ",
			       run_name(r, endpoint), cpu);
	codec_call(r->code_trace, &ctx, in);
	if (out->endpoint == endpoint) {
		g_string_append(r->code_trace, " = ");
		codec_result(r->code_trace, &ctx, ffa_fn_find(in->x[0]),
			     &out->regs);
	} else {
		g_string_append(r->code_trace, " ...");
	}
	g_string_append_c(r->code_trace, '\n');
}
