/* SPDX-License-Identifier: BSD-3-Clause */
/* machines.def as tables, and the one function that moves a state. */
#include <assert.h>

#include "state.h"

#define STATE(m, name, word, sentence) [m##_##name] = { word, sentence },
static const struct spmc_named rx_states[] = {
#define MACHINE_RX
#include "machines.def"
};
#define STATE(m, name, word, sentence) [m##_##name] = { word, sentence },
static const struct spmc_named ec_states[] = {
#define MACHINE_EC
#include "machines.def"
};
#define STATE(m, name, word, sentence) [m##_##name] = { word, sentence },
static const struct spmc_named part_states[] = {
#define MACHINE_PART
#include "machines.def"
};
#define STATE(m, name, word, sentence) [m##_##name] = { word, sentence },
static const struct spmc_named ver_states[] = {
#define MACHINE_VER
#include "machines.def"
};
#define STATE(m, name, word, sentence) [m##_##name] = { word, sentence },
static const struct spmc_named rtm_states[] = {
#define MACHINE_RTM
#include "machines.def"
};
#define STATE(m, name, word, sentence) [m##_##name] = { word, sentence },
static const struct spmc_named txn_states[] = {
#define MACHINE_TXN
#include "machines.def"
};
#define STATE(m, name, word, sentence) [m##_##name] = { word, sentence },
static const struct spmc_named brw_states[] = {
#define MACHINE_BRW
#include "machines.def"
};
#define STATE(m, name, word, sentence) [m##_##name] = { word, sentence },
static const struct spmc_named notif_states[] = {
#define MACHINE_NOTIF
#include "machines.def"
};
#define EVENT(m, name, word, sentence) [m##_EV_##name] = { word, sentence },
static const struct spmc_named rx_events[] = {
#define MACHINE_RX
#include "machines.def"
};
#define EVENT(m, name, word, sentence) [m##_EV_##name] = { word, sentence },
static const struct spmc_named ec_events[] = {
#define MACHINE_EC
#include "machines.def"
};
#define EVENT(m, name, word, sentence) [m##_EV_##name] = { word, sentence },
static const struct spmc_named part_events[] = {
#define MACHINE_PART
#include "machines.def"
};
#define EVENT(m, name, word, sentence) [m##_EV_##name] = { word, sentence },
static const struct spmc_named ver_events[] = {
#define MACHINE_VER
#include "machines.def"
};
#define EVENT(m, name, word, sentence) [m##_EV_##name] = { word, sentence },
static const struct spmc_named rtm_events[] = {
#define MACHINE_RTM
#include "machines.def"
};
#define EVENT(m, name, word, sentence) [m##_EV_##name] = { word, sentence },
static const struct spmc_named txn_events[] = {
#define MACHINE_TXN
#include "machines.def"
};
#define EVENT(m, name, word, sentence) [m##_EV_##name] = { word, sentence },
static const struct spmc_named brw_events[] = {
#define MACHINE_BRW
#include "machines.def"
};
#define EVENT(m, name, word, sentence) [m##_EV_##name] = { word, sentence },
static const struct spmc_named notif_events[] = {
#define MACHINE_NOTIF
#include "machines.def"
};

#define MACHINE(word, sentence, states, events)				\
	{ word, sentence, sizeof(states) / sizeof((states)[0]),		\
	  sizeof(events) / sizeof((events)[0]), states, events }
const struct spmc_machine_info spmc_machines[SPMC_MACHINE_COUNT] = {
	[SPMC_M_RX] = MACHINE("rx", "who owns the RX buffer of an endpoint",
			      rx_states, rx_events),
	[SPMC_M_EC] = MACHINE("ec", "what an execution context does",
			      ec_states, ec_events),
	[SPMC_M_PART] = MACHINE("state", "the life cycle of a partition",
				part_states, part_events),
	[SPMC_M_VER] = MACHINE("ver", "the version negotiation of an endpoint",
			       ver_states, ver_events),
	[SPMC_M_RTM] = MACHINE("model",
			       "why an execution context has CPU cycles",
			       rtm_states, rtm_events),
	[SPMC_M_TXN] = MACHINE("txn", "a memory transaction",
			       txn_states, txn_events),
	[SPMC_M_BRW] = MACHINE("borrower", "a borrower of a transaction",
			       brw_states, brw_events),
	[SPMC_M_NOTIF] = MACHINE("notif", "a notification of a receiver",
				 notif_states, notif_events),
};

_Static_assert((int)RX_STATES <= SPMC_MAX_STATES, "");
_Static_assert((int)EC_STATES <= SPMC_MAX_STATES, "");
_Static_assert((int)PART_STATES <= SPMC_MAX_STATES, "");
_Static_assert((int)VER_STATES <= SPMC_MAX_STATES, "");
_Static_assert((int)RTM_STATES <= SPMC_MAX_STATES, "");
_Static_assert((int)TXN_STATES <= SPMC_MAX_STATES, "");
_Static_assert((int)BRW_STATES <= SPMC_MAX_STATES, "");
_Static_assert((int)TXN_EVENTS <= SPMC_MAX_EVENTS, "");
_Static_assert((int)NOTIF_STATES <= SPMC_MAX_STATES, "");
_Static_assert((int)NOTIF_EVENTS <= SPMC_MAX_EVENTS, "");
_Static_assert((int)BRW_EVENTS <= SPMC_MAX_EVENTS, "");
_Static_assert((int)RX_EVENTS <= SPMC_MAX_EVENTS, "");
_Static_assert((int)EC_EVENTS <= SPMC_MAX_EVENTS, "");
_Static_assert((int)PART_EVENTS <= SPMC_MAX_EVENTS, "");
_Static_assert((int)VER_EVENTS <= SPMC_MAX_EVENTS, "");
_Static_assert((int)RTM_EVENTS <= SPMC_MAX_EVENTS, "");

/* A cell without row has kind 0: the unit tests look for those. */
static const struct spmc_cell
cells[SPMC_MACHINE_COUNT][SPMC_MAX_STATES][SPMC_MAX_EVENTS] = {
#define CELL(m, st, ev, ...) [SPMC_M_##m][m##_##st][m##_EV_##ev] = __VA_ARGS__,
#define MACHINE_RX
#define TO(m, st, ev, next) CELL(m, st, ev, { SPMC_CELL_TO, m##_##next, 0, "" })
#define REFUSE(m, st, ev, rule) \
	CELL(m, st, ev, { SPMC_CELL_REFUSE, 0, RULE_##rule, "" })
#define NEVER(m, st, ev, why) CELL(m, st, ev, { SPMC_CELL_NEVER, 0, 0, why })
#include "machines.def"
#define MACHINE_EC
#define TO(m, st, ev, next) CELL(m, st, ev, { SPMC_CELL_TO, m##_##next, 0, "" })
#define REFUSE(m, st, ev, rule) \
	CELL(m, st, ev, { SPMC_CELL_REFUSE, 0, RULE_##rule, "" })
#define NEVER(m, st, ev, why) CELL(m, st, ev, { SPMC_CELL_NEVER, 0, 0, why })
#include "machines.def"
#define MACHINE_PART
#define TO(m, st, ev, next) CELL(m, st, ev, { SPMC_CELL_TO, m##_##next, 0, "" })
#define REFUSE(m, st, ev, rule) \
	CELL(m, st, ev, { SPMC_CELL_REFUSE, 0, RULE_##rule, "" })
#define NEVER(m, st, ev, why) CELL(m, st, ev, { SPMC_CELL_NEVER, 0, 0, why })
#include "machines.def"
#define MACHINE_VER
#define TO(m, st, ev, next) CELL(m, st, ev, { SPMC_CELL_TO, m##_##next, 0, "" })
#define REFUSE(m, st, ev, rule) \
	CELL(m, st, ev, { SPMC_CELL_REFUSE, 0, RULE_##rule, "" })
#define NEVER(m, st, ev, why) CELL(m, st, ev, { SPMC_CELL_NEVER, 0, 0, why })
#include "machines.def"
#define MACHINE_RTM
#define TO(m, st, ev, next) CELL(m, st, ev, { SPMC_CELL_TO, m##_##next, 0, "" })
#define REFUSE(m, st, ev, rule) \
	CELL(m, st, ev, { SPMC_CELL_REFUSE, 0, RULE_##rule, "" })
#define NEVER(m, st, ev, why) CELL(m, st, ev, { SPMC_CELL_NEVER, 0, 0, why })
#include "machines.def"
#define MACHINE_TXN
#define TO(m, st, ev, next) CELL(m, st, ev, { SPMC_CELL_TO, m##_##next, 0, "" })
#define REFUSE(m, st, ev, rule) \
	CELL(m, st, ev, { SPMC_CELL_REFUSE, 0, RULE_##rule, "" })
#define NEVER(m, st, ev, why) CELL(m, st, ev, { SPMC_CELL_NEVER, 0, 0, why })
#include "machines.def"
#define MACHINE_BRW
#define TO(m, st, ev, next) CELL(m, st, ev, { SPMC_CELL_TO, m##_##next, 0, "" })
#define REFUSE(m, st, ev, rule) \
	CELL(m, st, ev, { SPMC_CELL_REFUSE, 0, RULE_##rule, "" })
#define NEVER(m, st, ev, why) CELL(m, st, ev, { SPMC_CELL_NEVER, 0, 0, why })
#include "machines.def"
#define MACHINE_NOTIF
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
