/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happened in a run, step by step: who called, who saw what, and what
 * else the scenario did. Sequence charts and captures are made of it.
 *
 * A lane is an endpoint on a CPU. Steps of a lane alternate: it calls, and it
 * sees what comes back, now or later. Between both, other lanes of that CPU
 * run.
 */
#ifndef SIM_TAPE_H
#define SIM_TAPE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "ffa/ffa.h"

enum tape_kind {
	TAPE_CALL,	/* text: the call */
	TAPE_SEES,	/* text: what it sees; control is with the lane */
	TAPE_EVENT,	/* text: a verb, or a directive of no lane */
	TAPE_FAILED,	/* of no lane; text: lines, why the run ends here */
};

enum { TAPE_NO_LANE = -1 };

struct tape_lane {
	char *name;		/* of the endpoint: "sp1" */
	uint16_t id;
	unsigned int cpu;
};

struct tape_step {
	enum tape_kind kind;
	int lane;
	uint64_t time;		/* virtual, ns */
	uint32_t called;	/* SEES: id of the function it answers, or 0 */
	struct ffa_value regs;	/* CALL, SEES */
	char *rule;		/* SEES: the rule that refused the call; NULL */
	char *text;
};

struct tape {
	char *title;		/* or NULL; the caller's to set */
	GArray *lanes;		/* struct tape_lane */
	GArray *steps;		/* struct tape_step */
};

struct tape *tape_new(void);
void tape_free(struct tape *t);

/* tape_lane: the lane of that name and CPU, added if it is new. */
int tape_lane(struct tape *t, const char *name, uint16_t id,
	      unsigned int cpu);

/*
 * tape_add: a step, which is valid until the next one is added; `text` is
 * taken.
 */
struct tape_step *tape_add(struct tape *t, enum tape_kind kind, int lane,
			   uint64_t time, char *text);

#endif
