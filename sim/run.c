/* SPDX-License-Identifier: BSD-3-Clause */
/* Variants, set-up, and the loop over statements. */
#include <string.h>

#include "conduit/hyp.h"
#include "run_lit.h"
#include "run_priv.h"
#include "tape.h"

/* -- results --------------------------------------------------------------- */

void run_result_free(struct run_result *r)
{
	if (!r)
		return;
	g_free(r->message);
	g_free(r->file);
	g_free(r->params);
	g_free(r->rule);
	g_free(r->trace);
	tape_free(r->tape);
	g_free(r);
}

int run_verdict_exit(enum run_verdict verdict)
{
	switch (verdict) {
	case RUN_PASS:
		return 0;
	case RUN_FAIL:
		return 1;
	case RUN_BAD_FILE:
		return 3;
	case RUN_INVARIANT:
		return 4;
	case RUN_TIMEOUT:
		return 5;
	case RUN_SKIP:
		return 77;
	case RUN_BROKEN:
		return 99;
	}
	return 99;
}

enum run_verdict run_worst(enum run_verdict a, enum run_verdict b)
{
	/* One that passed makes up for any that were skipped. */
	static const int weight[] = {
		[RUN_SKIP] = 0, [RUN_PASS] = 1, [RUN_FAIL] = 2,
		[RUN_TIMEOUT] = 3, [RUN_BAD_FILE] = 4, [RUN_INVARIANT] = 5,
		[RUN_BROKEN] = 6,
	};

	return weight[a] >= weight[b] ? a : b;
}

/* -- variants -------------------------------------------------------------- */

static void variant_free(void *data)
{
	struct run_variant *v = data;

	g_free(v->label);
	g_strfreev(v->params);
	g_free(v->values);
	g_free(v);
}

static struct run_variant *make_variant(const struct ffs_file *f,
					const unsigned int *at)
{
	struct run_variant *v = g_new0(struct run_variant, 1);

	v->params = g_new0(char *, f->param_count + 1);
	v->values = g_new0(const struct ffs_value *, f->param_count + 1);
	for (unsigned int i = 0; i < f->param_count; i++) {
		GString *text = g_string_new(f->params[i]->name);

		v->values[i] = f->params[i]->values[at[i]].value;
		g_string_append_c(text, '=');
		ffs_format_value(text, v->values[i]);
		v->params[i] = g_string_free(text, FALSE);
	}
	v->label = g_strjoinv(" ", v->params);
	return v;
}

GPtrArray *run_variants(const struct ffs_file *f)
{
	GPtrArray *to = g_ptr_array_new_with_free_func(variant_free);
	g_autofree unsigned int *at = g_new0(unsigned int, f->param_count + 1);
	unsigned int i;

	do {
		g_ptr_array_add(to, make_variant(f, at));
		for (i = f->param_count; i > 0; i--) {
			if (++at[i - 1] < f->params[i - 1]->count)
				break;
			at[i - 1] = 0;
		}
	} while (i > 0);
	return to;
}

static void add_word(GString *to, const char *word)
{
	static const char plain[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS
		"/._-+:,=@%";
	g_autofree char *quoted = g_shell_quote(word);

	g_string_append(to, word[strspn(word, plain)] ? quoted : word);
}

char *run_args(const char *path, const struct run_variant *v,
	       const struct run_options *o, unsigned int stop_at)
{
	GString *to = g_string_new(NULL);

	add_word(to, path);
	if (stop_at)
		g_string_append_printf(to, " --stop-at %u", stop_at);
	for (unsigned int i = 0; v && v->params[i]; i++) {
		g_string_append(to, " -D ");
		add_word(to, v->params[i]);
	}
	if (o->has_seed)
		g_string_append_printf(to, " --seed 0x%" G_GINT64_MODIFIER "x",
				       o->seed);
	if (o->ffa)
		g_string_append_printf(to, " --ffa %s", o->ffa);
	if (o->profile != SPMC_SPEC)
		g_string_append_printf(to, " --profile %s",
				       spmc_profiles[o->profile].name);
	if (o->paranoid)
		g_string_append(to, " --paranoid");
	return g_string_free(to, FALSE);
}

/* -- statements ------------------------------------------------------------ */

static bool wait_for(struct run *r, const struct ffs_stmt *s)
{
	g_autofree char *why = NULL;
	uint64_t ns;

	if (!run_number(r, ffs_pos(s, 0), &ns, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (ns > UINT64_MAX - machine_time(r->machine))
		return run_fail(r, s, RUN_BAD_FILE, "virtual time ends after "
				"2^64 ns, which is before that");
	machine_wait(r->machine, ns);
	return true;
}

static bool directive(struct run *r, const struct ffs_stmt *s)
{
	switch (s->word) {
	case FFS_W_BOOT:
		return run_boot(r, s);
	case FFS_W_WAIT:
		return wait_for(r, s);
	case FFS_W_PREEMPT:
		return run_preempt(r, s, ffs_pos(s, 0)->num);
	case FFS_W_RESTART:
		return run_restart(r, s);
	case FFS_W_POWEROFF:
		return run_poweroff(r, s, ffs_pos(s, 0)->num);
	case FFS_W_INJECT:
		return run_inject(r, s);
	case FFS_W_POKE:
		return run_poke(r, s);
	case FFS_W_TX:
		return run_tx(r, s);
	case FFS_W_RX:
		return run_rx(r, s);
	case FFS_W_RAISE:
		return run_raise(r, s);
	case FFS_W_IRQ:
		return run_irq(r, s);
	case FFS_W_CONSOLE:
		return run_console(r, s);
	case FFS_W_CHECK:
		return run_check_stmt(r, s);
	case FFS_W_FFS: case FFS_W_TITLE: case FFS_W_TAG:
	case FFS_W_REQUIRES: case FFS_W_FFA: case FFS_W_BOARD:
	case FFS_W_PARAM: case FFS_W_PART: case FFS_W_BUF: case FFS_W_MEM:
	case FFS_W_ALLOW:
		return true;
	/* run_next has what is in them */
	case FFS_W_INCLUDE: case FFS_W_SHUFFLE: case FFS_W_ANY:
	case FFS_W_COUNT:
		break;
	}
	return run_fail(r, s, RUN_BAD_FILE, "%s is not in this version",
			s->name);
}

/* Declarations are in the trace's header, blocks are what they hold. */
static bool traced_as_it_is(const struct ffs_stmt *s)
{
	switch (s->word) {
	case FFS_W_BOOT: case FFS_W_WAIT: case FFS_W_PREEMPT:
	case FFS_W_INJECT: case FFS_W_POKE: case FFS_W_TX: case FFS_W_RX:
	case FFS_W_CHECK: case FFS_W_POWEROFF: case FFS_W_RESTART:
	case FFS_W_CONSOLE:
	case FFS_W_RAISE: case FFS_W_IRQ:
		return true;
	case FFS_W_FFS: case FFS_W_TITLE: case FFS_W_TAG:
	case FFS_W_REQUIRES: case FFS_W_INCLUDE: case FFS_W_FFA:
	case FFS_W_BOARD: case FFS_W_PARAM: case FFS_W_PART: case FFS_W_BUF:
	case FFS_W_MEM: case FFS_W_ALLOW:
	case FFS_W_SHUFFLE: case FFS_W_ANY:
	case FFS_W_COUNT:
		break;
	}
	return false;
}

static bool step(struct run *r, const struct ffs_stmt *s)
{
	bool ok = false;

	if ((s->actor || traced_as_it_is(s)) && s->word != FFS_W_BOOT &&
	    !run_boot_all(r))
		return false;
	r->result->events += s->actor != NULL;
	run_tape_stmt(r, s);
	switch (s->kind) {
	case FFS_S_CALL:
	case FFS_S_OPEN:
		return run_call(r, s);
	case FFS_S_RESUME:
		return run_resume(r, s);
	case FFS_S_VERB:
		ok = run_verb(r, s);
		if (ok)
			run_trace_stmt(r, s);
		return ok;
	case FFS_S_DIRECTIVE:
		/* A boot line comes before what code does then. */
		ok = directive(r, s);
		/* descriptors are traced with the calls that they are of */
		if (ok && traced_as_it_is(s) && !run_is_lit(s))
			run_trace_stmt(r, s);
		return ok;
	case FFS_S_BAD:
		break;
	}
	return run_fail(r, s, RUN_BAD_FILE, "this line has a syntax error");
}

bool run_stmt(struct run *r, const struct ffs_stmt *s)
{
	struct run_recorder *rec = r->options->recorder;
	bool ok;

	if (rec)
		rec->stmt(rec, r, s, false);
	ok = step(r, s);
	if (rec)
		rec->stmt(rec, r, s, true);
	run_irq_note(r);
	return ok;
}

/* All of them; false: one failed. */
static bool run_all(struct run *r)
{
	const struct ffs_stmt *s;
	enum run_next next;

	while ((next = run_next(r, &s)) == RUN_NEXT_STMT)
		if (!run_stmt(r, s))
			return false;
	return next == RUN_NEXT_END;
}

/* Does the list have such a directive? */
static bool has(const struct ffs_list *list, enum ffs_word word)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (has(&list->v[i]->body, word) ||
		    (list->v[i]->kind == FFS_S_DIRECTIVE &&
		     list->v[i]->word == word))
			return true;
	return false;
}

/* -- one run --------------------------------------------------------------- */

static bool prepare(struct run *r)
{
	struct ffs_diags *d = ffs_diags_new();
	struct run_result *result = r->result;
	g_autofree char *error = NULL;

	r->board = board_begin(r->file, r->variant, r->options);
	result->message = run_requires(r->board, r->options);
	if (result->message) {
		result->verdict = RUN_SKIP;
	} else if (!r->drive && (result->message = run_wants_driver(r->board))) {
		result->verdict = RUN_SKIP;
	} else if (!run_check_board(r->board, d)) {
		const struct ffs_diag *first = d->all->pdata[0];

		result->verdict = RUN_BAD_FILE;
		result->line = first->line;
		result->col = first->col;
		result->message = ffs_diags_format(d, false);
	}
	ffs_diags_free(d);
	if (result->verdict != RUN_PASS)
		return false;
	r->machine = board_machine(r->board, r->board->seed, &error);
	if (!r->machine) {
		result->verdict = RUN_BAD_FILE;
		result->message = g_strdup_printf("%s: %s\n", r->file->path,
						  error);
		return false;
	}
	error = run_hyp_init(r);
	if (error) {
		result->verdict = RUN_BAD_FILE;
		result->message = g_strdup_printf("%s: %s\n", r->file->path,
						  error);
		return false;
	}
	r->spmc = machine_spmc(r->machine);
	machine_env(r->machine)->cover = &result->cover.spmc;
	machine_set_check(r->machine, r->options->paranoid ?
			  MACHINE_CHECK_ALL : MACHINE_CHECK_CALLS);
	machine_watch(r->machine, run_watch, r);
	run_seats_init(r);
	if (has(&r->file->list, FFS_W_IRQ))
		r->irqs = g_array_new(FALSE, FALSE, sizeof(struct run_irq));
	return true;
}

struct run *run_open(const struct ffs_file *file,
		     const struct run_variant *variant,
		     const struct run_options *options, struct drive *drive)
{
	struct run *r = g_new0(struct run, 1);

	r->file = file;
	r->variant = variant;
	r->options = options;
	r->drive = drive;
	r->result = g_new0(struct run_result, 1);
	r->result->file = g_strdup(file->path);
	r->result->params = g_strdup(variant->label);
	r->bound = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	r->lits = run_lits_new();
	run_next_init(r);
	if (options->want_tape)
		r->tape = tape_new();
	if (prepare(r) && options->want_trace) {
		r->trace = g_string_new(NULL);
		r->code_trace = g_string_new(NULL);
		run_trace_header(r);
	}
	return r;
}

bool run_finish(struct run *r)
{
	/* A file that only boots must get through its boot, too. */
	return run_boot_all(r) && run_irq_end(r);
}

struct run_result *run_close(struct run *r)
{
	struct run_result *result = r->result;

	run_tape_end(r);
	result->tape = r->tape;
	if (r->trace) {
		result->trace = g_string_free(r->trace, FALSE);
		g_string_free(r->code_trace, TRUE);
	}
	run_seats_free(r);
	hyp_free(r->hyp);
	machine_free(r->machine);
	board_free(r->board);
	g_hash_table_unref(r->bound);
	run_lits_free(r->lits);
	g_free(r->name);
	if (r->irqs)
		g_array_unref(r->irqs);
	run_next_free(r);
	g_free(r);
	return result;
}

struct run_result *run_once(const struct ffs_file *file,
			    const struct run_variant *variant,
			    const struct run_options *options,
			    GPtrArray *edits)
{
	struct run *r = run_open(file, variant, options, NULL);

	r->edits = edits;
	if (r->result->verdict == RUN_PASS && run_all(r))
		run_finish(r);
	return run_close(r);
}

struct run_result *run_variant(const struct ffs_file *file,
			       const struct run_variant *variant,
			       const struct run_options *options)
{
	return run_once(file, variant, options, NULL);
}
