/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes what fails smaller, as long as it fails for the same reason: the same
 * rule, the same invariant, or that the model dies. Each attempt has its own
 * process.
 */
#ifndef SIM_SHRINK_H
#define SIM_SHRINK_H

#include <glib.h>
#include <stdbool.h>

struct run_options;

/* Why something fails. */
struct shrink_reason {
	int verdict;		/* enum run_verdict */
	char id[96];		/* of rule or invariant; or "" */
	char line[160];		/* without an id: the statement */
};

/* Called after each attempt that was smaller; may be NULL. */
typedef void shrink_progress(unsigned int attempts, gsize left);

/*
 * shrink_scenario: a smaller scenario. shrink_bytes: fewer or emptier rows of
 * a trace, or sets of fuzz_regs (`regs`). NULL with *error (g_free it) if what
 * is given does not fail. *why says the reason.
 */
char *shrink_scenario(const char *path, const struct run_options *o,
		      struct shrink_reason *why, shrink_progress *progress,
		      char **error);
GBytes *shrink_bytes(GBytes *bytes, bool regs, struct shrink_reason *why,
		     shrink_progress *progress, char **error);

#endif
