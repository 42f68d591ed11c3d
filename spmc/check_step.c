/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What holds of a step: the state before it, a call, its answer, the state
 * behind. The state before is a copy that is made only when a step has changed
 * something: most calls of a fuzzer are refused, and cost one comparison.
 */
#include <stddef.h>

#include "check.h"
#include "mem.h"

static struct spmc *copy_of(const struct spmc_check *k)
{
	return (struct spmc *)((char *)(uintptr_t)k + k->offset);
}

static void refresh(struct spmc_check *k, const struct spmc *s)
{
	spmc_copy(copy_of(k), s);
	k->dirty = false;
}

/* -- what changed ------------------------------------------------------------- */

static bool same_pool(const struct spmc *a, const struct spmc *b,
		      uint32_t offset, size_t size, uint32_t first,
		      uint32_t end)
{
	return !memcmp((char *)spmc_at(a, offset) + first * size,
		       (char *)spmc_at(b, offset) + first * size,
		       (end - first) * size);
}

static bool same_bytes(const struct spmc *a, const struct spmc *b)
{
	const struct mem *m = mem_of(a);

	return !memcmp(m, mem_of(b), offsetof(struct mem, fail)) &&
	       same_pool(a, b, a->txns, sizeof(struct txn), 1,
			 m->txns.used + 1) &&
	       same_pool(a, b, a->borrowers, sizeof(struct borrower), 1,
			 m->borrowers.used + 1) &&
	       same_pool(a, b, a->range_chunks, sizeof(struct range_chunk), 1,
			 m->ranges.used + 1) &&
	       same_pool(a, b, a->run_chunks, sizeof(struct run_chunk), 1,
			 m->runs.used + 1) &&
	       same_pool(a, b, a->run_dir, sizeof(struct run_dir), 0,
			 m->dir_used);
}

/* In effect: where in its pool something lies does not count. */
static bool same_mem(const struct spmc *a, const struct spmc *b)
{
	return same_bytes(a, b) || mem_hash(a, 0) == mem_hash(b, 0);
}

static bool same_rest(const struct spmc *a, const struct spmc *b)
{
	return !memcmp(spmc_at(a, a->moving), spmc_at(b, b->moving),
		       a->mem - a->moving);
}

/* -- buffers: I9, I10 ---------------------------------------------------------- */

enum { WATCHES = 8 };

/* A part of an RX or TX buffer that the step looked at. */
struct watch {
	const unsigned char *host;
	size_t len;
	uint64_t sum;		/* of its contents before */
	unsigned int ep;
	bool rx;
};

/* Between the step and the real guest memory. */
struct guard {
	const struct step *t;
	struct spmc_env env;	/* what the step gets */
	struct watch w[WATCHES];
	unsigned int count;
};

/* Four sums at a time: one would wait for each multiplication. */
static uint64_t sum_of(const unsigned char *p, size_t len)
{
	uint64_t h[4] = { 1, 2, 3, 4 }, word;
	unsigned int i;

	for (; len >= sizeof(h); len -= sizeof(h)) {
		for (i = 0; i < 4; i++, p += sizeof(word)) {
			memcpy(&word, p, sizeof(word));
			h[i] = hash_word(h[i], word);
		}
	}
	while (len--)
		h[0] = hash_word(h[0], *p++);
	return hash_word(hash_word(h[0], h[1]), hash_word(h[2], h[3]));
}

static void guard_buffer(struct guard *g, unsigned int ep, bool rx,
			 uint64_t pa, size_t len, const unsigned char *host)
{
	const struct endpoint *e = endpoint(g->t->was, ep);
	uint64_t base = rx ? e->rx : e->tx;
	uint64_t end = base + (uint64_t)e->pages * FFA_PAGE_SIZE;
	struct watch *w = &g->w[g->count];

	if (pa >= end || base >= pa + len)
		return;
	/* A hypervisor calls for its VMs. */
	if (!rx && ep != g->t->ep &&
	    (g->t->ep != 0 || config(g->t->was, ep)->kind != SPMC_VM))
		BROKE(g->t->b, TX, "a step reads the TX of an endpoint that "
		      "did not make the call", "endpoint",
		      config(g->t->was, ep)->id);
	if (g->count == WATCHES)
		return;
	if (base < pa)
		base = pa;
	if (end > pa + len)
		end = pa + len;
	*w = (struct watch){ host + (base - pa), (size_t)(end - base), 0, ep,
			     rx };
	w->sum = sum_of(w->host, w->len);
	g->count++;
}

static void guard(struct guard *g, uint64_t pa, size_t len, const void *host)
{
	unsigned int i;

	for (i = 0; host && i < g->t->was->endpoint_count; i++) {
		if (endpoint(g->t->was, i)->rx_state == RX_UNMAPPED)
			continue;
		guard_buffer(g, i, false, pa, len, host);
		guard_buffer(g, i, true, pa, len, host);
	}
}

static void *guard_map(void *ctx, uint64_t pa, size_t len, bool secure)
{
	struct guard *g = ctx;
	const struct spmc_env *real = g->t->env;
	void *host = real->map(real->ctx, pa, len, secure);

	guard(g, pa, len, host);
	return host;
}

static const void *guard_read(void *ctx, uint64_t pa, size_t len, bool secure)
{
	struct guard *g = ctx;
	const struct spmc_env *real = g->t->env;
	const void *host = env_read(real, pa, len, secure);

	guard(g, pa, len, host);
	return host;
}

static bool check_guard(const struct guard *g)
{
	const struct step *t = g->t;
	unsigned int i;

	for (i = 0; i < g->count; i++) {
		const struct watch *w = &g->w[i];
		uint64_t id = config(t->was, w->ep)->id;

		if (sum_of(w->host, w->len) == w->sum)
			continue;
		if (!w->rx)
			return BROKE(t->b, TX, "a step wrote to TX",
				     "endpoint", id);
		if (endpoint(t->was, w->ep)->rx_state != RX_PRODUCER)
			return BROKE(t->b, RX, "a step wrote to RX, which the "
				     "SPMC did not own", "endpoint", id);
		if (t->out->rule)
			return BROKE(t->b, REFUSED, "a refused call wrote to "
				     "RX", "endpoint", id);
		if (endpoint(t->is, w->ep)->rx_state != RX_CONSUMER)
			return BROKE(t->b, RX, "a step wrote to RX, and did "
				     "not hand it over", "endpoint", id);
	}
	return !t->b->invariant;
}

/* -- the state: I3, I5, I8, I15 ------------------------------------------------- */

static bool only_asks(enum ffa_fn fn)
{
	return fn == FFA_FN_FEATURES || fn == FFA_FN_ID_GET ||
	       fn == FFA_FN_SPM_ID_GET ||
	       fn == FFA_FN_PARTITION_INFO_GET_REGS ||
	       fn == FFA_FN_MEM_PERM_GET_32 || fn == FFA_FN_MEM_PERM_GET_64;
}

/* Nothing but the version of the caller, which it locks. */
static bool check_asked(const struct step *t, bool mem_changed)
{
	uint8_t *ver = &endpoint(copy_of(t->k), t->ep)->ver, before = *ver;
	bool same;

	*ver = endpoint(t->is, t->ep)->ver;
	same = same_rest(t->was, t->is) && !mem_changed;
	*ver = before;
	return same ? true :
	       BROKE(t->b, READ_ONLY, "a call that only asks changed the state",
		     "function", ffa_fns[t->out->fn].fid);
}

static bool check_handles(const struct step *t)
{
	uint32_t used = mem_of(t->is)->txns.used, i;

	for (i = 1; i <= mem_of(t->was)->txns.used; i++) {
		const struct txn *was = txn_at(t->was, i);
		const struct txn *is = txn_at(t->is, i);
		bool lives = i <= used && is->state != TXN_FREE;
		bool lived = was->state != TXN_FREE;
		uint32_t uses;

		if (i > used) {
			if (!lived && !was->generation)
				continue;
			return BROKE(t->b, REUSE, "the uses of a handle are "
				     "forgotten", "txn", i);
		}
		uses = is->generation - was->generation;
		if (uses > INT32_MAX || (lives && uses) ||
		    (lived && !lives && uses != 1))
			return BROKE(t->b, REUSE, "the uses of a handle are "
				     "not counted", "txn", i, "generation",
				     is->generation);
		if (lives && lived &&
		    (is->owner != was->owner || is->sender != was->sender ||
		     is->kind != was->kind || is->tag != was->tag))
			return BROKE(t->b, REUSE, "a live handle names another "
				     "transaction", "txn", i);
	}
	return true;
}

/* Is this the end of a donation, by the call of its receiver? */
static bool is_donated(const struct step *t, const struct run *was,
		       const struct run *is)
{
	return !t->out->rule && was->txn &&
	       txn_at(t->was, was->txn)->kind == DONATE &&
	       is->owner == t->ep && !is->txn &&
	       (t->out->fn == FFA_FN_MEM_RETRIEVE_REQ_32 ||
		t->out->fn == FFA_FN_MEM_RETRIEVE_REQ_64 ||
		t->out->fn == FFA_FN_MEM_FRAG_RX);
}

static bool check_owner(const struct step *t, const struct run *was,
			const struct run *is)
{
	bool set = !t->out->rule && is->owner == t->ep &&
		   (t->out->fn == FFA_FN_MEM_PERM_SET_32 ||
		    t->out->fn == FFA_FN_MEM_PERM_SET_64);

	/* a partition that starts again has set nothing yet */
	if (!is->perm && is->owner < t->is->endpoint_count &&
	    is_sp(t->is, is->owner) && context(t->is, is->owner, 0)->restarts)
		set = true;
	if (is_donated(t, was, is))
		return true;
	if (was->owner != is->owner)
		return BROKE(t->b, RESTORES, "a page has another owner, and "
			     "was not donated", "page",
			     is->first * FFA_PAGE_SIZE, "owner", is->owner);
	if (was->perm != is->perm && !set)
		return BROKE(t->b, RESTORES, "a page has other permissions, "
			     "and nobody set them", "page",
			     is->first * FFA_PAGE_SIZE);
	return true;
}

/* Compares the pages that have runs in one state with what the other says. */
static bool check_pages(const struct step *t, const struct spmc *runs,
			const struct spmc *other)
{
	struct place p = runs_place(runs, 0);
	const struct run *r;

	for (; (r = runs_get(runs, p)); p = runs_next(runs, p)) {
		uint64_t page = r->first, end = page + r->pages;
		unsigned int attrs;
		struct run o;

		for (; page < end; page += o.pages)
			if (!pages_piece(other, page, end, &o, &attrs) ||
			    !check_owner(t, runs == t->was ? r : &o,
					 runs == t->was ? &o : r))
				return false;
	}
	return true;
}

/* What the step did to the state. */
enum change {
	CHANGE_NONE,
	CHANGE_REST,		/* but not memory management */
	CHANGE_MEM,
	CHANGE_BROKEN,		/* an invariant of states does not hold */
};

static enum change change_of(const struct step *t)
{
	bool rest = same_rest(t->was, t->is);

	if (rest && same_bytes(t->was, t->is))
		return CHANGE_NONE;
	t->k->dirty = true;
	/* first, because else nothing in there can be followed */
	if (t->k->level >= SPMC_CHECK_STATE && !spmc_invariant(t->is, t->b))
		return CHANGE_BROKEN;
	if (!same_mem(t->was, t->is))
		return CHANGE_MEM;
	return rest ? CHANGE_NONE : CHANGE_REST;
}

static bool check_change(const struct step *t, enum change change)
{
	return change != CHANGE_MEM || t->k->level < SPMC_CHECK_STATE ||
	       (check_handles(t) && check_pages(t, t->was, t->is) &&
		check_pages(t, t->is, t->was));
}

/* -- functions: I12, I13, I14 ---------------------------------------------------- */

static bool is_gate(enum spmc_rule rule)
{
	return rule == RULE_GATE_INSTANCE || rule == RULE_GATE_VERSION ||
	       rule == RULE_GATE_RESULT || rule == RULE_GATE_UNIMPLEMENTED;
}

/* The gate lets pass what it says, and FFA_FEATURES tells so. */
static bool check_features(const struct step *t)
{
	const struct endpoint *e = endpoint(t->was, t->ep);
	enum spmc_rule rule = (enum spmc_rule)t->out->rule, verdict;
	enum ffa_fn fn = (enum ffa_fn)t->out->fn;
	uint32_t id = (uint32_t)t->in->x[1];
	bool there;

	if (fn == FFA_FN_UNKNOWN || rule == RULE_GATE_AARCH32_SMC64)
		return true;
	verdict = gate(t->was, fn, t->inst, e->version);
	if (verdict ? rule != verdict : is_gate(rule))
		return BROKE(t->b, FEATURES, "dispatch and gate do not agree",
			     "function", ffa_fns[fn].fid, "rule", rule);
	if (fn != FFA_FN_FEATURES || ffa_fn_find(id) == FFA_FN_UNKNOWN ||
	    ffa_fns[ffa_fn_find(id)].fid != id || rule == RULE_FEATURES_INPUT ||
	    rule == RULE_FEATURES_RETRIEVE_NS || is_gate(rule))
		return true;
	fn = ffa_fn_find(id);
	verdict = gate(t->was, fn, t->inst, e->version);
	there = !verdict || verdict == RULE_GATE_RESULT;
	if (t->was->profile != SPMC_SPEC)
		there = profile_features(t->was, fn, t->inst, there) &&
			features_for(t->was, t->ep, fn);
	if (there != !rule)
		return BROKE(t->b, FEATURES, there ?
			     "FFA_FEATURES denies a function that is there" :
			     "FFA_FEATURES promises a function that is not",
			     "function", id);
	return true;
}

/* What is done on a copy does not count as exercised. */
static struct spmc_env uncounted(const struct spmc_env *env)
{
	struct spmc_env to = *env;

	to.cover = NULL;
	return to;
}

/* The same call on the copy, which is the state before. */
static bool check_again(const struct step *t)
{
	const struct spmc_env env = uncounted(t->env);
	const struct spmc_outcome *out = t->out;
	struct spmc *copy = copy_of(t->k);
	struct spmc_outcome again;

	memset(&again, 0, sizeof(again));
	spmc_call(copy, &env, t->cpu, t->in, &again);
	t->k->dirty = true;
	if (again.endpoint != out->endpoint || again.ec != out->ec ||
	    again.rule != out->rule || again.sri != out->sri ||
	    again.npi != out->npi ||
	    (out->endpoint != SPMC_NOBODY &&
	     memcmp(&again.regs, &out->regs, sizeof(again.regs))) ||
	    !same_rest(copy, t->is) || !same_mem(copy, t->is))
		return BROKE(t->b, AGAIN, "the same call had another result",
			     "rule", again.rule, "x0", again.regs.x[0]);
	return true;
}

/* Asks the copy for descriptors from number `start` on, in registers. */
static bool ask_regs(const struct step *t, uint64_t start,
		     struct spmc_outcome *out)
{
	uint64_t tag = start ? out->regs.x[2] >> 32 & 0xffff : 0;
	const struct spmc_env env = uncounted(t->env);
	const uint64_t *x = t->in->x;
	const struct ffa_value in = { {
		(uint32_t)FFA_ID_PARTITION_INFO_GET_REGS,
		(uint32_t)x[1] | x[2] << 32, (uint32_t)x[3] | x[4] << 32,
		start | tag << 16,
	} };

	t->k->dirty = true;
	spmc_call(copy_of(t->k), &env, t->cpu, &in, out);
	return !out->rule;
}

static bool check_partinfo(const struct step *t)
{
	enum { FIRST = 3 };
	const struct endpoint *e = endpoint(t->is, t->ep);
	size_t len = (size_t)e->pages * FFA_PAGE_SIZE;
	uint64_t n = t->out->regs.x[2], size = t->out->regs.x[3], i = 0;
	struct spmc_outcome out;
	const char *rx;

	/* Only a descriptor that both have can be compared. */
	if (t->out->fn != FFA_FN_PARTITION_INFO_GET || t->out->rule ||
	    e->version < FFA_V1_2 || e->rx_state != RX_CONSUMER || !size ||
	    gate(t->is, FFA_FN_PARTITION_INFO_GET_REGS, t->inst, e->version))
		return true;
	rx = t->env->map(t->env->ctx, e->rx, len,
			 region_is_secure(t->is, e->rx));
	while (rx && i < n) {
		uint64_t cur, each;
		const char *regs = (const char *)&out.regs.x[FIRST];

		if (!ask_regs(t, i, &out) || (out.regs.x[2] & 0xffff) != n - 1)
			return BROKE(t->b, PARTINFO, "registers do not have "
				     "as many descriptors as the buffer",
				     "count", n, "x2", out.regs.x[2]);
		cur = out.regs.x[2] >> 16 & 0xffff;
		each = out.regs.x[2] >> 48;
		for (; i <= cur && i < n; i++, regs += each)
			if (memcmp(rx + i * size, regs,
				   size < each ? size : each))
				return BROKE(t->b, PARTINFO, "a descriptor "
					     "differs", "number", i);
	}
	return true;
}

/* -- steps ------------------------------------------------------------------------ */

size_t spmc_check_size(const struct spmc *s)
{
	return ((sizeof(struct spmc_check) + 15) & ~(size_t)15) + s->size;
}

struct spmc_check *spmc_check_init(void *block, const struct spmc *s,
				   enum spmc_check_level level)
{
	struct spmc_check *k = block;

	*k = (struct spmc_check){
		.level = level,
		.offset = (sizeof(*k) + 15) & ~15u,
	};
	memcpy(copy_of(k), s, s->pools);
	refresh(k, s);
	return k;
}

void spmc_check_set_level(struct spmc_check *k, enum spmc_check_level level)
{
	k->level = level;
}

void spmc_check_sync(struct spmc_check *k, const struct spmc *s)
{
	refresh(k, s);
	k->broken = (struct spmc_broken){ 0 };
}

const struct spmc_broken *spmc_check_broken(const struct spmc_check *k)
{
	return &k->broken;
}

static void look(const struct step *t, const struct guard *g)
{
	enum change change = change_of(t);
	bool all = t->k->level >= SPMC_CHECK_STATE;

	if (change == CHANGE_BROKEN || !check_answer(t) ||
	    (all && !check_guard(g)))
		return;
	if (change && t->out->rule && !step_ends(t->out)) {
		BROKE(t->b, REFUSED, "a refused call changed the state",
		      "function", t->in->x[0]);
		return;
	}
	if (change && only_asks((enum ffa_fn)t->out->fn) && !t->out->rule &&
	    !check_asked(t, change == CHANGE_MEM))
		return;
	if (!check_change(t, change) || (all && !check_features(t)))
		return;
	if (t->k->level >= SPMC_CHECK_TWICE && !check_again(t))
		return;
	if (all && t->out->fn == FFA_FN_PARTITION_INFO_GET)
		check_partinfo(t);
}

bool spmc_check_call(struct spmc_check *k, struct spmc *s,
		     const struct spmc_env *env, unsigned int cpu,
		     const struct ffa_value *in, struct spmc_outcome *out)
{
	const struct ffa_value args = *in;	/* `in` may be out->regs */
	struct step t = {
		.k = k, .b = &k->broken, .was = copy_of(k), .is = s,
		.env = env, .cpu = cpu, .ep = cpu_of(s, cpu)->endpoint,
		.ec = cpu_of(s, cpu)->ec, .in = &args, .out = out,
	};
	struct guard g;

	t.inst = instance_of(s, t.ep);
	if (k->level >= SPMC_CHECK_STATE) {
		g.t = &t;
		g.env = (struct spmc_env){
			guard_map, &g, env->cover, guard_read,
		};
		g.count = 0;
		env = &g.env;
	}
	spmc_call(s, env, cpu, &args, out);
	if (k->broken.invariant)
		return false;
	look(&t, &g);
	if (k->broken.invariant)
		return false;
	if (k->dirty)
		refresh(k, s);
	return true;
}

bool spmc_check_event(struct spmc_check *k, const struct spmc *s,
		      unsigned int cpu, const struct spmc_outcome *out)
{
	static const struct spmc_outcome none = { .fn = FFA_FN_UNKNOWN };
	const struct step t = {
		.k = k, .b = &k->broken, .was = copy_of(k), .is = s,
		.cpu = cpu, .ep = SPMC_NOBODY, .ec = SPMC_NOBODY,
		.out = out ? out : &none,
	};

	enum change change;

	if (k->broken.invariant)
		return false;
	change = change_of(&t);
	if (change == CHANGE_BROKEN || (out && !check_answer(&t)) ||
	    !check_change(&t, change))
		return false;
	if (k->dirty)
		refresh(k, s);
	return true;
}
