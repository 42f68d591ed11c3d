/* SPDX-License-Identifier: BSD-3-Clause */
/* machines.def as tables, and the one function that moves a state. */
#include <assert.h>

#include "state.h"

static const struct spmc_named
states[SPMC_MACHINE_COUNT][SPMC_MAX_STATES] = {
#define MACHINE_ALL
#define STATE(m, name, word, sentence) \
	[SPMC_M_##m][m##_##name] = { word, sentence },
#include "machines.def"
};

static const struct spmc_named
events[SPMC_MACHINE_COUNT][SPMC_MAX_EVENTS] = {
#define MACHINE_ALL
#define EVENT(m, name, word, sentence) \
	[SPMC_M_##m][m##_EV_##name] = { word, sentence },
#include "machines.def"
};

#define MACHINE(m, word, sentence)					\
	[SPMC_M_##m] = { word, sentence, m##_STATES, m##_EVENTS,	\
			 states[SPMC_M_##m], events[SPMC_M_##m] }
const struct spmc_machine_info spmc_machines[SPMC_MACHINE_COUNT] = {
	MACHINE(RX, "rx", "who owns the RX buffer of an endpoint"),
	MACHINE(EC, "ec", "what an execution context does"),
	MACHINE(PART, "state", "the life cycle of a partition"),
	MACHINE(VER, "ver", "the version negotiation of an endpoint"),
	MACHINE(RTM, "model", "why an execution context has CPU cycles"),
	MACHINE(TXN, "txn", "a memory transaction"),
	MACHINE(BRW, "borrower", "a borrower of a transaction"),
	MACHINE(NOTIF, "notif", "a notification of a receiver"),
};

/* A cell without row has kind 0: the unit tests look for those. */
static const struct spmc_cell
cells[SPMC_MACHINE_COUNT][SPMC_MAX_STATES][SPMC_MAX_EVENTS] = {
#define MACHINE_ALL
#define CELL(m, st, ev, ...) [SPMC_M_##m][m##_##st][m##_EV_##ev] = __VA_ARGS__,
#define TO(m, st, ev, next) CELL(m, st, ev, { SPMC_CELL_TO, m##_##next, 0, "" })
#define REFUSE(m, st, ev, rule) \
	CELL(m, st, ev, { SPMC_CELL_REFUSE, 0, RULE_##rule, "" })
#define NEVER(m, st, ev, why) CELL(m, st, ev, { SPMC_CELL_NEVER, 0, 0, why })
#include "machines.def"
};

const struct spmc_cell *spmc_cell(enum spmc_machine m, unsigned int state,
				  unsigned int event)
{
	return &cells[m][state][event];
}

bool machine_can(enum spmc_machine m, unsigned int state, unsigned int event)
{
	return cells[m][state][event].kind == SPMC_CELL_TO;
}

enum spmc_rule machine_ask(const struct spmc_env *env, enum spmc_machine m,
			   unsigned int state, unsigned int event)
{
	const struct spmc_cell *cell = &cells[m][state][event];

	/* A refusal is the end of the call, so it counts here. */
	if (cell->kind == SPMC_CELL_REFUSE && env->cover)
		env->cover->cell[m][state][event]++;
	return (enum spmc_rule)cell->rule;
}

enum spmc_rule machine_move(const struct spmc_env *env, enum spmc_machine m,
			    uint8_t *state, unsigned int event)
{
	const struct spmc_cell *cell = &cells[m][*state][event];

	assert(cell->kind == SPMC_CELL_TO ||
	       cell->kind == SPMC_CELL_REFUSE);
	if (env->cover)
		env->cover->cell[m][*state][event]++;
	if (cell->kind == SPMC_CELL_REFUSE)
		return (enum spmc_rule)cell->rule;
	*state = (uint8_t)cell->to;
	return RULE_NONE;
}
