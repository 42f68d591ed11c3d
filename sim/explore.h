/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All that can be done on a board, instead of some of it: breadth-first over
 * the moves of an alphabet, on every CPU, by whoever runs there. A state that
 * was there before is not entered again, so the path to a new one is the
 * shortest.
 *
 *	explore.c	the search
 *	explore_board.c	from a scenario to a board, and the moves on it
 */
#ifndef SIM_EXPLORE_H
#define SIM_EXPLORE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/ops.h"

struct board;

enum { EXPLORE_MOVE_ROWS = 4 };

/* What somebody does: rows of a trace, for CPU 0. */
struct explore_move {
	uint8_t rows[EXPLORE_MOVE_ROWS][OPS_ROW];
	uint8_t count;
	uint8_t actor;		/* endpoint, or EXPLORE_ANYBODY */
};
enum { EXPLORE_ANYBODY = 0xff, EXPLORE_PARTITION = 0xfe };

/* Which moves there are (a mask). */
enum explore_alphabet {
	EXPLORE_MEMORY = 1, EXPLORE_MESSAGING = 2, EXPLORE_EVENTS = 4,
};
/* explore_alphabets: "memory,messaging" as a mask; 0: `what` is wrong. */
unsigned int explore_alphabets(const char *text, const char **what);

struct explore_plan {
	GByteArray *start;	/* rows: the board, then what sets it up */
	size_t board_rows;
	GArray *moves;		/* struct explore_move */
	unsigned int cpus;
};

/*
 * explore_plan: NULL with a sentence in *error (g_free it), if the board has
 * what a trace cannot.
 */
struct explore_plan *explore_plan(const struct board *b,
				  unsigned int alphabets, char **error);
void explore_plan_free(struct explore_plan *p);

/* What came of one depth. */
struct explore_depth {
	uint64_t fresh;		/* states that were not there before */
	uint64_t moves;		/* that led there, or nowhere new */
	uint64_t refused;	/* of them: by a rule */
	double seconds;
};

struct explore;
/* Called now and then, and (done) at the end of a depth. */
typedef void explore_tell_fn(void *ctx, const struct explore *e, bool done);

struct explore {
	const struct explore_plan *plan;
	unsigned int depth;	/* at most */
	uint64_t max_states;
	explore_tell_fn *tell;
	void *ctx;
	/* what came of it */
	GArray *depths;		/* struct explore_depth; [0]: the start */
	uint64_t states, moves;
	bool whole;		/* there are no more states */
	bool full;		/* there are, but max_states is reached */
	struct ops_fault fault;
	char *path;		/* after a fault: the scenario; g_free it */
	unsigned int path_moves;
};

/* explore_run: false after a fault. explore_clear: what came of it. */
bool explore_run(struct explore *e);
void explore_clear(struct explore *e);

#endif
