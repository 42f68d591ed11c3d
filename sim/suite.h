/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A set of scenarios, and running them: selection, the runs that follow from
 * parameters, FF-A versions and repetition, workers, reports.
 */
#ifndef SIM_SUITE_H
#define SIM_SUITE_H

#include <glib.h>
#include <stdbool.h>

#include "sim/jobs.h"
#include "sim/report.h"
#include "sim/run.h"
#include "sim/select.h"

struct ffs_diags;
struct ffs_file;

struct suite_file {
	const struct select_item *item;
	struct ffs_file *file;	/* NULL if it could not be read */
	struct ffs_diags *diags;
	bool good;		/* parsed and checked without error */
	GPtrArray *variants;	/* struct run_variant *; NULL if not good */
	char *title;		/* "" without */
	GPtrArray *tags;	/* char * */
	GPtrArray *requires;	/* char *: "ffa>=1.2" */
	bool ran, failed;
};

struct suite {
	GPtrArray *items;	/* struct select_item * */
	GPtrArray *files;	/* struct suite_file *, in that order */
};

/* suite_title: of one of its runs, a new string; "title (N=3)". */
char *suite_title(const struct suite_file *f, const struct run_result *r);

/*
 * suite_load: finds, reads, pins the parameters of `defines` ("N=3", may be
 * NULL), checks, and keeps the files whose tags fit; a file that is wrong is
 * kept whatever its tags. NULL with `error` for what is a usage error: an
 * option, a path, a parameter that no scenario has, nothing selected.
 */
struct suite *suite_load(const struct select_options *o, char **defines,
			 GError **error);
void suite_free(struct suite *s);

/*
 * The scenario that shows a call best: one tagged `abi`, else the one that has
 * least of other calls.
 */
struct suite_shown {
	uint32_t share;		/* how well; 0: there is none */
	uint32_t file;		/* in suite->files */
};

/* What all the runs exercised; zeroed by the caller. */
struct suite_cover {
	struct run_cover sum;
	/* as struct calls; of runs that passed */
	struct suite_shown shown[CALLS_ROWS][CALLS_BY][CALLS_VERSIONS]
				[CALLS_ENDS];
};

struct suite_options {
	struct run_options run;	/* seed: of the first repetition */
	char **ffa;		/* versions to run with; NULL: the file's */
	bool show_seed;
	guint64 repeat;		/* G_MAXUINT64: for ever */
	bool shuffle;
	guint64 max_failures;	/* G_MAXUINT64: never stop */
	unsigned int jobs;	/* 0: as many as there are processors */
	unsigned int timeout;	/* seconds, 0: none */
	bool no_fork;
	bool isolate;		/* not even a single run in this process */
	struct suite_cover *cover;	/* added to; or NULL */
};

/*
 * suite_run: runs all, tells `report`, remembers what failed for --failed.
 * The exit code of the design; 130 after an interruption.
 */
int suite_run(struct suite *s, const struct suite_options *o,
	      struct report *report);

#endif
