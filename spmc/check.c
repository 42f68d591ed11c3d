/* SPDX-License-Identifier: BSD-3-Clause */
/* What holds of every state; invariants.def as a table. */
#include "check.h"
#include "mem.h"
#include "notif.h"

const struct spmc_invariant_info spmc_invariants[] = {
#define INVARIANT(number, name, level, sentence, why) \
	[number] = { "I" #number, sentence, why, SPMC_CHECK_##level },
#include "invariants.def"
};
const unsigned int spmc_invariant_count =
	sizeof(spmc_invariants) / sizeof(spmc_invariants[0]);

/* -- reports ------------------------------------------------------------------ */

bool check_broke(struct spmc_broken *b, enum invariant which,
		 const char *what, const char *name0, uint64_t v0,
		 const char *name1, uint64_t v1)
{
	if (b->invariant)
		return false;
	*b = (struct spmc_broken){
		.invariant = which, .what = what,
		.at = { { name0, v0 }, { name1, v1 } },
	};
	return false;
}

/* Appends as much as there is room for. */
static char *put(char *at, const char *end, const char *text)
{
	while (*text && at < end)
		*at++ = *text++;
	return at;
}

static char *put_hex(char *at, const char *end, uint64_t v)
{
	unsigned int shift = 60;

	at = put(at, end, "0x");
	while (shift && !(v >> shift))
		shift -= 4;
	for (;; shift -= 4) {
		char digit[2] = { "0123456789abcdef"[v >> shift & 15] };

		at = put(at, end, digit);
		if (!shift)
			return at;
	}
}

char *spmc_broken_text(const struct spmc_broken *b,
		       char to[SPMC_BROKEN_TEXT])
{
	const char *end = to + SPMC_BROKEN_TEXT - 1;
	char *at = put(to, end, b->what ? b->what : "");
	unsigned int i;

	for (i = 0; i < SPMC_BROKEN_AT && b->at[i].name; i++) {
		at = put(at, end, i ? ", " : ": ");
		at = put(at, end, b->at[i].name);
		at = put(at, end, " ");
		at = put_hex(at, end, b->at[i].value);
	}
	*at = '\0';
	return to;
}

/* -- execution contexts -------------------------------------------------------- */

static unsigned int contexts_of(const struct spmc *s, unsigned int ep)
{
	switch ((enum spmc_kind)config(s, ep)->kind) {
	case SPMC_NS_PRIMARY:
		return s->cpus;
	case SPMC_VM:
		return 0;
	case SPMC_SP_EL1:
	case SPMC_SP_EL0:
		return config(s, ep)->ec_count;
	}
	return 0;
}

static bool exists(const struct spmc *s, unsigned int ep, unsigned int ec)
{
	return ep < s->endpoint_count && ec < contexts_of(s, ep);
}

/* In a report: endpoint id and context. */
static uint64_t name_of(const struct spmc *s, unsigned int ep, unsigned int ec)
{
	return (uint64_t)config(s, ep)->id << 16 | ec;
}

static bool check_cpus(const struct spmc *s, struct spmc_broken *b)
{
	unsigned int i, j;

	for (i = 0; i < s->cpus; i++) {
		const struct cpu *c = cpu_of(s, i);

		if (c->endpoint == SPMC_NOBODY)
			continue;
		if (!exists(s, c->endpoint, c->ec))
			return BROKE(b, CPUS, "a CPU runs a context that does "
				     "not exist", "cpu", i);
		if (context(s, c->endpoint, c->ec)->state != EC_RUNNING ||
		    context(s, c->endpoint, c->ec)->cpu != i)
			return BROKE(b, CPUS, "a CPU runs a context that does "
				     "not run there", "cpu", i, "context",
				     name_of(s, c->endpoint, c->ec));
		for (j = 0; j < i; j++)
			if (cpu_of(s, j)->endpoint == c->endpoint &&
			    cpu_of(s, j)->ec == c->ec)
				return BROKE(b, CPUS, "a context runs on two "
					     "CPUs", "context",
					     name_of(s, c->endpoint, c->ec));
	}
	return true;
}

static bool has_work(const struct ec *e)
{
	switch ((enum ec_state)e->state) {
	case EC_OFF:
	case EC_WAITING:
	case EC_ABORTED:
		return false;
	case EC_RUNNING:
	case EC_BLOCKED:
	case EC_YIELDED:
	case EC_PREEMPTED:
	case EC_INTERRUPTED:
		return true;
	case EC_STATES:
		break;
	}
	return false;
}

static bool waits(const struct ec *e)
{
	return e->state == EC_BLOCKED || e->state == EC_INTERRUPTED;
}

/* The chain from a context that runs ends. */
static bool check_chain(const struct spmc *s, unsigned int ep, unsigned int ec,
			struct spmc_broken *b)
{
	uint64_t who = name_of(s, ep, ec);
	const struct ec *e = context(s, ep, ec);
	unsigned int steps;

	for (steps = 0; e->caller != SPMC_NOBODY; steps++) {
		if (steps == s->ec_count)
			return BROKE(b, CHAINS, "contexts wait for each other "
				     "in a ring", "context", who);
		if (!exists(s, e->caller, e->caller_ec))
			return BROKE(b, CHAINS, "the caller of a context does "
				     "not exist", "context", who);
		/* of a preempted chain the normal world runs */
		if (!is_sp(s, e->caller))
			return true;
		e = context(s, e->caller, e->caller_ec);
		if (!waits(e))
			return BROKE(b, CHAINS, "the caller of a context does "
				     "not wait for it", "context", who);
	}
	return true;
}

/* Who names a context as its caller. */
struct callees {
	uint16_t left;		/* yielded to it, or were preempted */
	uint16_t under;		/* have the CPU that it waits for */
};
enum { MAX_CONTEXTS = SPMC_MAX_CPUS * SPMC_MAX_ENDPOINTS };

static unsigned int place_of(const struct spmc *s, unsigned int ep,
			     unsigned int ec)
{
	const uint32_t *first = spmc_at(s, s->first_ec);

	return first[ep] + ec;
}

static void count_callees(const struct spmc *s, struct callees *n)
{
	const struct ec *e = spmc_at(s, s->ec_off), *end = e + s->ec_count;

	memset(n, 0, s->ec_count * sizeof(*n));
	for (; e < end; e++) {
		bool left = e->state == EC_YIELDED ||
			    e->state == EC_PREEMPTED;
		struct callees *up;

		if (exists(s, e->stopped, e->stopped_ec))
			n[place_of(s, e->stopped, e->stopped_ec)].under++;
		if (!exists(s, e->caller, e->caller_ec))
			continue;
		up = &n[place_of(s, e->caller, e->caller_ec)];
		up->left += left;
		up->under += !left && has_work(e);
	}
}

/* What a context remembers of its work, while it has some. */
static bool check_work(const struct ec *e, uint64_t who,
		       struct spmc_broken *b)
{
	if (has_work(e) != (e->model != RTM_NONE))
		return BROKE(b, CPUS, "a context has work and no runtime "
			     "model, or the other way round", "context", who,
			     "model", e->model);
	if ((e->model == RTM_DIRECT_REQ) != (e->req_fn != 0))
		return BROKE(b, CPUS, "a context serves a request that nobody "
			     "made, or forgot one", "context", who);
	if (!has_work(e) && (e->caller != SPMC_NOBODY || e->yields ||
			     e->stopped != SPMC_NOBODY))
		return BROKE(b, CHAINS, "a context without work has a caller, "
			     "or waits", "context", who);
	if (e->stopped != SPMC_NOBODY && e->state == EC_PREEMPTED)
		return BROKE(b, CHAINS, "a preempted context was stopped",
			     "context", who);
	/* the normal world waits for one that is activated */
	if (e->model == RTM_INIT && e->caller != SPMC_NOBODY && e->caller &&
	    !e->restarts)
		return BROKE(b, CHAINS, "a context that initialises has a "
			     "caller", "context", who);
	return true;
}

static bool check_context(const struct spmc *s, unsigned int ep,
			  unsigned int ec, const struct callees *n,
			  struct spmc_broken *b)
{
	const struct ec *e = context(s, ep, ec);
	uint64_t who = name_of(s, ep, ec);

	n += place_of(s, ep, ec);
	if (e->state >= EC_STATES || e->model >= RTM_STATES)
		return BROKE(b, CPUS, "a context is in no state", "context",
			     who, "state", e->state);
	if (e->state == EC_RUNNING &&
	    (e->cpu >= s->cpus || cpu_of(s, e->cpu)->endpoint != ep ||
	     cpu_of(s, e->cpu)->ec != ec))
		return BROKE(b, CPUS, "a context runs that no CPU runs",
			     "context", who);
	if (waits(e) && !n->under)
		return BROKE(b, CHAINS, "a context waits for nobody",
			     "context", who);
	if (!is_sp(s, ep))
		return true;
	if (n->under != waits(e) + (e->stopped != SPMC_NOBODY))
		return BROKE(b, CHAINS, "a context does not wait for who has "
			     "its CPU, or more than one has it", "context",
			     who, "callees", n->under);
	if (e->yields != n->left + (e->stopped != SPMC_NOBODY))
		return BROKE(b, CHAINS, "a context does not count who yielded "
			     "to it", "context", who, "counts", e->yields);
	if (!check_work(e, who, b))
		return false;
	return e->state != EC_RUNNING || check_chain(s, ep, ec, b);
}

static bool check_contexts(const struct spmc *s, struct spmc_broken *b)
{
	struct callees n[MAX_CONTEXTS];
	unsigned int i, j;

	count_callees(s, n);
	for (i = 0; i < s->endpoint_count; i++)
		for (j = 0; j < contexts_of(s, i); j++)
			if (!check_context(s, i, j, n, b))
				return false;
	return true;
}

/* -- notifications --------------------------------------------------------------- */

static bool check_set(const struct notif_set *set, uint64_t bound,
		      uint64_t id, struct spmc_broken *b)
{
	if (set->pending & ~bound)
		return BROKE(b, NOTIFICATIONS, "a notification pends that is "
			     "not bound", "endpoint", id, "bitmap",
			     set->pending & ~bound);
	if (set->reported & ~set->pending)
		return BROKE(b, NOTIFICATIONS, "a notification was reported "
			     "that does not pend", "endpoint", id, "bitmap",
			     set->reported & ~set->pending);
	return true;
}

static bool check_senders(const struct spmc *s, unsigned int ep,
			  enum notif_from from, struct spmc_broken *b)
{
	const struct notif *n = notif_of(s, ep);
	unsigned int bit;

	for (bit = 0; bit < NOTIF_BITS; bit++) {
		unsigned int sender = n->sender[from][bit];

		if (!(n->bound[from] >> bit & 1)) {
			if (sender)
				return BROKE(b, NOTIFICATIONS, "one that is "
					     "not bound has a sender",
					     "endpoint", config(s, ep)->id,
					     "bit", bit);
			continue;
		}
		if (sender >= s->endpoint_count ||
		    notif_from(s, sender) != from || sender == ep)
			return BROKE(b, NOTIFICATIONS, "one is bound to who "
				     "cannot set it", "endpoint",
				     config(s, ep)->id, "bit", bit);
	}
	return true;
}

static bool check_notifications(const struct spmc *s, unsigned int ep,
				struct spmc_broken *b)
{
	const struct notif *n = notif_of(s, ep);
	uint64_t id = config(s, ep)->id;
	unsigned int from, i;

	if (n->vcpus > s->vcpus || (!n->created && n->vcpus))
		return BROKE(b, NOTIFICATIONS, "bitmaps for more vCPUs than "
			     "there are", "endpoint", id);
	if (!check_set(&n->fwk, notif_enabled(s, ep) ? UINT64_MAX : 0, id, b))
		return false;
	for (from = 0; from < NOTIF_FROMS; from++) {
		uint64_t bound = n->bound[from], per = n->per_vcpu[from];

		if ((per & ~bound) || (bound && !notif_enabled(s, ep)))
			return BROKE(b, NOTIFICATIONS, "bound for who does "
				     "not receive", "endpoint", id);
		if (!check_set(&n->global[from], bound & ~per, id, b) ||
		    (bound && !check_senders(s, ep, from, b)))
			return false;
		for (i = 0; i < notif_vcpus(s, ep); i++)
			if (!check_set(&notif_vcpu(s, ep, i)->set[from], per,
				       id, b))
				return false;
	}
	for (i = 0; is_sp(s, ep) && i < contexts_of(s, ep); i++)
		if (context(s, ep, i)->npi && !notif_pending(s, ep, i))
			return BROKE(b, NOTIFICATIONS, "the notification "
				     "pending interrupt pends for nothing",
				     "context", name_of(s, ep, i));
	return true;
}

/* -- endpoints --------------------------------------------------------------------- */

/* Does a live transaction name the endpoint as one that has access? */
static bool check_dead_memory(const struct spmc *s, unsigned int ep,
			      struct spmc_broken *b)
{
	uint16_t id = config(s, ep)->id;
	uint32_t i, bi;

	for (i = 1; i <= mem_of(s)->txns.used; i++) {
		const struct txn *t = txn_at(s, i);

		if (t->state == TXN_FREE)
			continue;
		bi = borrower_find(s, t, id);
		if (bi && borrower_at(s, bi)->state != BRW_NAMED)
			return BROKE(b, DEATH, "a dead endpoint has borrowed "
				     "memory", "endpoint", id, "txn", i);
		if (t->owner == ep && !(t->doomed && t->state == TXN_HELD))
			return BROKE(b, DEATH, "a transaction of a dead "
				     "endpoint that nobody holds", "endpoint",
				     id, "txn", i);
	}
	return true;
}

static bool check_dead_contexts(const struct spmc *s, unsigned int ep,
				struct spmc_broken *b)
{
	unsigned int i;

	for (i = 0; i < contexts_of(s, ep); i++)
		switch ((enum ec_state)context(s, ep, i)->state) {
		case EC_RUNNING:	/* these end when it is their turn */
		case EC_BLOCKED:
		case EC_INTERRUPTED:
		case EC_ABORTED:
			break;
		case EC_OFF:
		case EC_WAITING:
		case EC_YIELDED:
		case EC_PREEMPTED:
		case EC_STATES:
			return BROKE(b, DEATH, "a context of a dead endpoint "
				     "can be given cycles", "context",
				     name_of(s, ep, i));
		}
	return true;
}

static bool check_dead(const struct spmc *s, unsigned int ep,
		       struct spmc_broken *b)
{
	uint64_t id = config(s, ep)->id;
	unsigned int i, from = notif_from(s, ep), bit;

	if (endpoint(s, ep)->rx_state != RX_UNMAPPED)
		return BROKE(b, DEATH, "a dead endpoint has buffers",
			     "endpoint", id);
	for (i = 0; i < NOTIF_FROMS; i++)
		if (notif_of(s, ep)->bound[i])
			return BROKE(b, DEATH, "a dead endpoint receives "
				     "notifications", "endpoint", id);
	for (i = 0; i < s->endpoint_count; i++)
		for_each_notif(bit, notif_of(s, i)->bound[from])
			if (notif_of(s, i)->sender[from][bit] == ep)
				return BROKE(b, DEATH, "a notification is "
					     "bound to a dead endpoint",
					     "endpoint", id);
	return check_dead_memory(s, ep, b) && check_dead_contexts(s, ep, b);
}

static bool check_endpoint(const struct spmc *s, unsigned int ep,
			   struct spmc_broken *b)
{
	const struct endpoint *e = endpoint(s, ep);

	if (e->part >= PART_STATES || e->rx_state >= RX_STATES ||
	    e->ver >= VER_STATES)
		return BROKE(b, CPUS, "an endpoint is in no state",
			     "endpoint", config(s, ep)->id);
	return check_notifications(s, ep, b) &&
	       (!is_dead(s, ep) || check_dead(s, ep, b));
}

bool spmc_invariant(const struct spmc *s, struct spmc_broken *b)
{
	unsigned int i;

	*b = (struct spmc_broken){ 0 };
	/* Who ran when the SPMC aborted stays as it was. */
	if (cpu_of(s, 0)->started != CPU_DEAD &&
	    (!check_cpus(s, b) || !check_contexts(s, b)))
		return false;
	if (!check_memory(s, b))
		return false;
	for (i = 0; i < s->endpoint_count; i++)
		if (!check_endpoint(s, i, b))
			return false;
	return true;
}
