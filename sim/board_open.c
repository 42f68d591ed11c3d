/* SPDX-License-Identifier: BSD-3-Clause */
#include "board_open.h"

#include <string.h>

#include "ffs.h"
#include "run.h"

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

static void check_code(const struct board *b, bool played, struct ffs_diags *d)
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
		    !part->code && !played)
			ffs_error(d, part->stmt ? &part->stmt->loc : NULL,
				  "write run=echo", "%s needs code: nobody "
				  "plays it here", part->name);
	}
}

/* Fills in the file and the board. */
static void load(struct board_open *o, const char *path, bool played,
		 const struct run_options *options, struct ffs_diags *d)
{
	o->file = ffs_load(path, d);
	if (!o->file)
		return;
	check_words(&o->file->list, d);
	ffs_check(o->file, d);
	o->board = board_new(o->file, NULL, options, d);
	if (o->board)
		check_code(o->board, played, d);
}

bool board_open(struct board_open *o, const char *path, bool played,
		const struct run_options *options, char **error)
{
	struct ffs_diags *d = ffs_diags_new();
	bool ok;

	memset(o, 0, sizeof(*o));
	load(o, path, played, options, d);
	ok = o->file && o->board && !d->errors;
	if (!ok) {
		ffs_diags_sort(d);
		*error = g_strchomp(ffs_diags_format(d, false));
	}
	ffs_diags_free(d);
	if (ok)
		o->machine = board_machine(o->board, o->board->seed, error);
	if (o->machine)
		return true;
	board_close(o);
	return false;
}

void board_close(struct board_open *o)
{
	machine_free(o->machine);
	if (o->board)
		board_free(o->board);
	if (o->file)
		ffs_file_free(o->file);
	memset(o, 0, sizeof(*o));
}

const char *board_part_name(const struct board *b, unsigned int endpoint)
{
	return endpoint < b->config.endpoint_count ?
	       b->parts[endpoint].name : "nobody";
}

void board_lost(const struct board_open *o, unsigned int cpu,
		enum machine_end end, const struct spmc_outcome *out,
		char *why, size_t size)
{
	const char *name = board_part_name(o->board, out->endpoint);
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
		broken = machine_broken(o->machine);
		g_snprintf(why, size, "a mistake of ffasim, please report it: "
			   "%s: %s", spmc_invariants[broken->invariant].name,
			   spmc_broken_text(broken, text));
		break;
	}
}
