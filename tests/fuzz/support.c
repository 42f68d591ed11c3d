/* SPDX-License-Identifier: BSD-3-Clause */
/* Findings as scenarios, figures, and what targets share. */
#include "fuzz.h"

#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t fuzz_hash, fuzz_execs, fuzz_calls;
bool fuzz_wants_hash;
struct spmc_cover fuzz_cover;

/* What is under way: a trace, or an input of fuzz_regs. */
static struct {
	const uint8_t *trace, *regs;
	size_t size, rows;	/* operations that were begun */
	bool said;
} now;

static void use_regs(void)
{
	static uint8_t trace[OPS_REGS_MAX * 4];

	now.size = ops_of_regs(now.regs, now.size, trace, sizeof(trace));
	now.trace = trace;
	now.rows = ops_rows(now.size) - ops_board_rows(trace, now.size);
}

/* -- figures --------------------------------------------------------------- */

/* FUZZ_FIGURES=FILE: what this run did, a line for tests/fuzz/figures. */
static void figures(void)
{
	const char *path = getenv("FUZZ_FIGURES");
	FILE *f = path ? fopen(path, "a") : NULL;

	if (!f)
		return;
	fprintf(f, "execs=%" G_GUINT64_FORMAT " calls=%" G_GUINT64_FORMAT "\n",
		fuzz_execs, fuzz_calls);
	fclose(f);
}

/* -- findings -------------------------------------------------------------- */

/*
 * Prints what is known of a finding, once. `died`: the last operation did not
 * come to its end.
 */
static void report(const char *id, const char *sentence, bool died)
{
	g_autofree char *text = NULL;
	g_autofree char *title = NULL;

	if (now.said)
		return;
	now.said = true;
	figures();	/* the engine leaves without atexit() */
	fprintf(stderr, "\nfuzz: %s: %s\n", id, sentence);
	if (now.regs)
		use_regs();
	if (!now.trace)
		return;
	title = g_strdup_printf("fuzz: %s: %s", id, sentence);
	text = ops_print(now.trace, now.size, now.rows, died, OPS_FFS,
			 title);
	fprintf(stderr, "---- 8< ---- scenario\n%s---- >8 ----\n", text);
}

void fuzz_fails(const char *id, const char *sentence)
{
	report(id, sentence, false);
	abort();
}

/* -- crashes --------------------------------------------------------------- */

static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
static struct sigaction was[G_N_ELEMENTS(signals)];

static void died(void)
{
	if (now.trace || now.regs)
		report("crash", "the model died", true);
}

/* Sanitizers call these before they end the program. */
void __asan_on_error(void);
void __asan_on_error(void)
{
	died();
}

void __ubsan_on_report(void);
void __ubsan_on_report(void)
{
	died();
}

/* ... and the engine's own handler comes then. */
static void on_signal(int sig)
{
	for (unsigned int i = 0; i < G_N_ELEMENTS(signals); i++)
		if (signals[i] == sig)
			sigaction(sig, &was[i], NULL);
	died();
	raise(sig);
}

static void catch_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal };

	for (unsigned int i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaction(signals[i], &act, &was[i]);
}

/* -- playing --------------------------------------------------------------- */

/* Once, before anything is run. */
static void prepare(void)
{
	static bool before;

	if (before)
		return;
	catch_signals();
	atexit(figures);
	before = true;
}

void fuzz_ran(void)
{
	prepare();
	fuzz_execs++;
}

struct ops *fuzz_ops(void)
{
	struct ops *o = ops_new();

	if (!o) {
		fputs("fuzz: no memory\n", stderr);
		exit(99);
	}
	o->env.cover = &fuzz_cover;
	prepare();
	return o;
}

void fuzz_tries(const uint8_t *data, size_t size)
{
	now.regs = data;
	now.size = size;
}

void fuzz_end(struct ops *o)
{
	now.trace = now.regs = NULL;
	fuzz_execs++;
	fuzz_calls += o->calls;
	if (fuzz_wants_hash)
		fuzz_hash = ops_hash(o);
}

size_t fuzz_begin(struct ops *o, const uint8_t *data, size_t size)
{
	now.trace = data;
	now.size = size;
	now.rows = 0;
	return ops_begin(o, data, size);
}

void fuzz_row(void)
{
	now.rows++;
}

void fuzz_play(struct ops *o, const uint8_t *data, size_t size)
{
	size_t n = ops_rows(size), i;
	uint8_t row[OPS_ROW];

	for (i = fuzz_begin(o, data, size); i < n; i++) {
		fuzz_row();
		ops_get(data, size, i, row);
		if (!ops_row(o, row))
			fuzz_fails(o->fault.id, o->fault.sentence);
	}
	fuzz_end(o);
}
