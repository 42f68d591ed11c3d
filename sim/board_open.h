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

#endif
