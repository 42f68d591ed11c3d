/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A board file and its machine: the `board`, `part`, `buf` and `mem` lines of
 * a scenario, other lines are not allowed.
 */
#ifndef SIM_BOARD_OPEN_H
#define SIM_BOARD_OPEN_H

#include "board.h"
#include "machine.h"

struct board_open {
	struct ffs_file *file;
	struct board *board;
	struct machine *machine;	/* at reset */
};

/*
 * board_open: `played`: partitions may be without code. `options` may be
 * NULL. False with *error (g_free it); there is nothing to close then.
 */
bool board_open(struct board_open *o, const char *path, bool played,
		const struct run_options *options, char **error);
void board_close(struct board_open *o);

/* board_part_name: of the endpoint of that index, "nobody" if there is none. */
const char *board_part_name(const struct board *b, unsigned int endpoint);

/* board_lost: why control does not come back, as a sentence in why[size]. */
void board_lost(const struct board_open *o, unsigned int cpu,
		enum machine_end end, const struct spmc_outcome *out,
		char *why, size_t size);

#endif
