/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the model was made to do, and what not: rules, cells of the state
 * machines, functions, and calls: a function by a caller of a version. It reads the tables that the model itself runs on.
 */
#ifndef SIM_COVER_H
#define SIM_COVER_H

#include <glib.h>
#include <stdbool.h>

#include "sim/run.h"

struct cover_tally {
	unsigned int hit, all;
};

struct cover_style {
	bool color, verbose;	/* verbose: counts, and why cells are never */
	unsigned int columns;	/* of the terminal */
	enum spmc_profile profile;
};

/* cover_rules: of those that the profile checks. */
struct cover_tally cover_rules(const struct spmc_cover *c,
			       enum spmc_profile profile);
/* cover_cells: of those that can happen. */
struct cover_tally cover_cells(const struct spmc_cover *c);
/* cover_functions: that have a handler; hit is one that succeeded. */
struct cover_tally cover_functions(const struct spmc_cover *c);
/* cover_calls: of those that can be made; see calls_hit. */
struct cover_tally cover_calls(const struct calls *c,
			       enum spmc_profile profile);

/* cover_percent: rounded down, so that 100 means all. */
unsigned int cover_percent(struct cover_tally t);

/* cover_print: a grid for each machine, and what is missing. */
void cover_print(GString *to, const struct run_cover *c,
		 const struct cover_style *style);

/* cover_json: every rule, cell, function and call with its counts. */
void cover_json(GString *to, const struct run_cover *c,
		enum spmc_profile profile);

#endif
