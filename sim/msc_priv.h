/* SPDX-License-Identifier: BSD-3-Clause */
/* A chart laid out in rows, as the formats share it. */
#ifndef SIM_MSC_PRIV_H
#define SIM_MSC_PRIV_H

#include <stdbool.h>

#include "msc.h"

enum msc_state {
	MSC_IDLE,
	MSC_RUNS,
	MSC_WAITS,	/* in a call, or interrupted: it will go on */
};

enum msc_row_kind {
	MSC_SELF,	/* lane `from` calls and sees the result */
	MSC_MOVE,	/* control goes from `from` to `to` */
	MSC_ENTER,	/* `to` has control, nobody gave it */
	MSC_OPEN,	/* a call of `from`, then nobody runs */
	MSC_NOTE,	/* something happens, on lane `from` or on none */
	MSC_FAIL,
};

/* What it is that happens, for its colour. */
enum msc_mark { MSC_OTHER, MSC_MEMORY, MSC_IRQ, MSC_DEATH, MSC_TIME };

struct msc_row {
	enum msc_row_kind kind;
	enum msc_mark mark;
	int from, to;		/* places of lanes, or -1 */
	const char *call;	/* or NULL */
	const char *seen;	/* what `to` sees, or NULL */
	const char *rule;	/* or NULL */
	const char *sentence;	/* of the rule, or NULL */
	bool error;
	bool back;		/* it returns to who was in a call */
	uint64_t time;
};

struct msc {
	const struct tape *tape;
	unsigned int lane_count;
	const struct tape_lane **lanes;	/* by place */
	GArray *rows;		/* struct msc_row */
	/* state of each lane below each row, [row * lane_count + lane] */
	GByteArray *states;
	uint8_t *first;		/* the same above the first row */
	bool timed;		/* some row is not at 0 ns */
};

struct msc *msc_new(const struct tape *t);
void msc_free(struct msc *m);
const struct msc_row *msc_row(const struct msc *m, guint i);
/* The state of a lane below row i; i may be -1: at the top. */
enum msc_state msc_state(const struct msc *m, int i, unsigned int lane);

/* msc_is_error: the text is the result of a refused call. */
bool msc_is_error(const char *text);
/* msc_time: "5 ms", "1.25 us"; a new string. */
char *msc_time(uint64_t ns);
/* Does `to` see something else than what was called? */
bool msc_differs(const struct msc_row *row);

char *msc_text(const struct msc *m);
char *msc_mermaid(const struct msc *m);
char *msc_svg(const struct msc *m);

#endif
