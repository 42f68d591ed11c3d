/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notifications: a random walk beside an oracle that has a struct for each
 * notification and knows none of the bitmaps.
 */
#include "unit.h"
#include "notif.h"

static struct world *t;

static void setup(void)
{
	t = notif_world();
}

static void teardown(void)
{
	world_free(t);
}

static void ok(struct world *w)
{
	if (w->out.rule)
		ck_abort_msg("refused by %s", spmc_rules[w->out.rule].name);
}

enum { WALKS = 100, STEPS = 1000, MANY = 8 };	/* MANY: vCPUs looked at */

/* One notification, told in the plainest way. */
struct bit {
	int sender;		/* endpoint, -1: unbound */
	bool per_vcpu;
	bool pending[MANY + 1], told[MANY + 1];	/* [MANY]: global */
};
struct oracle {
	struct bit bit[ENDPOINTS][2][64];
	bool created[ENDPOINTS], dead[ENDPOINTS];
	unsigned int vcpus[ENDPOINTS];
	bool npi[ENDPOINTS];	/* of context 0 */
	bool late;		/* an SRI is delayed */
	unsigned int runs;	/* endpoint on CPU 0 */
};
static struct oracle o;
static uint64_t seed;

static unsigned int rnd(unsigned int n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(seed >> 33) % n;
}

static uint16_t id_of(unsigned int ep)
{
	static const uint16_t ids[ENDPOINTS] = { 0, 1, ID_A, ID_B, ID_M, ID_N };

	return ep < ENDPOINTS ? ids[ep] : 0x8077;
}

static bool secure(unsigned int ep)
{
	return ep >= A;
}

static bool receives(unsigned int ep)
{
	return secure(ep) || o.created[ep];
}

static uint64_t some_bits(void)
{
	static const unsigned int at[] = { 0, 1, 31, 32, 63 };
	uint64_t map = 0;
	unsigned int i;

	for (i = 0; i < 5; i++)
		map |= (uint64_t)(rnd(3) == 0) << at[i];
	return map;
}

#define EACH(i, map) for (i = 0; i < 64; i++) if ((map) >> (i) & 1)

static bool is_pending(const struct bit *b)
{
	unsigned int v;

	for (v = 0; v <= MANY; v++)
		if (b->pending[v])
			return true;
	return false;
}

static void forget(struct bit *b)
{
	*b = (struct bit){ .sender = -1 };
}

static bool for_vcpu(unsigned int ep, unsigned int vcpu)
{
	unsigned int from, i;

	for (from = 0; from < 2; from++)
		for (i = 0; i < 64; i++)
			if (o.bit[ep][from][i].pending[MANY] ||
			    o.bit[ep][from][i].pending[vcpu])
				return true;
	return false;
}

static void settle(void)
{
	unsigned int ep;

	for (ep = A; ep < ENDPOINTS; ep++)
		if (!for_vcpu(ep, 0))
			o.npi[ep] = false;
}

/* The code that a call of BIND or UNBIND gets. */
static int judge_binding(bool bind, unsigned int from, unsigned int to,
			 uint32_t flags, uint64_t map)
{
	unsigned int i, f = secure(from) ? 0 : 1;
	bool other = false, pend = false;

	if (flags & (bind ? ~1u : ~0u) || from == to || !map)
		return FFA_INVALID_PARAMETERS;
	if (secure(o.runs) ? to != o.runs : secure(to) || !secure(from))
		return FFA_INVALID_PARAMETERS;
	if (!receives(to))
		return FFA_NOT_SUPPORTED;
	if (bind && (from >= ENDPOINTS || o.dead[from]))
		return FFA_INVALID_PARAMETERS;
	if (from >= ENDPOINTS)
		return FFA_DENIED;
	EACH(i, map) {
		other |= o.bit[to][f][i].sender != (bind ? -1 : (int)from);
		pend |= is_pending(&o.bit[to][f][i]);
	}
	return other || pend ? FFA_DENIED : 0;
}

static int judge_set(unsigned int from, unsigned int to, uint32_t flags,
		     uint64_t map)
{
	unsigned int i, f = secure(from) ? 0 : 1;

	if (flags & 0xfffc || (!(flags & 1) && flags >> 16) || from == to ||
	    !map)
		return FFA_INVALID_PARAMETERS;
	if (secure(o.runs) ? from != o.runs :
			     secure(from) || !secure(to) || flags & DELAY)
		return FFA_INVALID_PARAMETERS;
	if (to >= ENDPOINTS)
		return FFA_INVALID_PARAMETERS;
	if (!receives(to))
		return FFA_DENIED;
	EACH(i, map)
		if (o.bit[to][f][i].sender != (int)from ||
		    o.bit[to][f][i].per_vcpu != (flags & 1))
			return FFA_DENIED;
	if (flags & 1 && flags >> 16 >= o.vcpus[to])
		return FFA_INVALID_PARAMETERS;
	return 0;
}

static void must(bool holds, const char *what)
{
	if (!holds)
		ck_abort_msg("%s (rule %s)", what,
			     spmc_rules[t->out.rule].name);
}

/* Did the last call end with this code, and change nothing if refused? */
static bool ended(int code, uint64_t hash)
{
	must(spmc_rules[t->out.rule].error == code, "another answer");
	must(!code || spmc_hash(t->s) == hash, "a refused call that changes");
	return !code;
}

static unsigned int party(void)
{
	return rnd(12) ? rnd(ENDPOINTS) : ENDPOINTS;
}

static void walk_binding(bool bind)
{
	unsigned int from = party(), to = rnd(4) ? o.runs : rnd(ENDPOINTS), i;
	uint32_t flags = rnd(20) ? bind && rnd(2) : 2;
	uint64_t map = some_bits(), hash = spmc_hash(t->s);
	int code = judge_binding(bind, from, to, flags, map);

	ON(t, 0, bind ? FFA_ID_NOTIFICATION_BIND : FFA_ID_NOTIFICATION_UNBIND,
	   FROM_TO(id_of(from), id_of(to)), flags, (uint32_t)map, map >> 32);
	if (!ended(code, hash))
		return;
	EACH(i, map) {
		struct bit *b = &o.bit[to][secure(from) ? 0 : 1][i];

		b->sender = bind ? (int)from : -1;
		b->per_vcpu = bind && flags;
	}
}

static void walk_set(void)
{
	unsigned int from = rnd(8) ? o.runs : party(), to = party(), i, v;
	uint32_t flags = rnd(2) ? (uint32_t)rnd(5) << 16 | 1 : 0;
	uint64_t map = some_bits(), hash = spmc_hash(t->s);
	int code;

	/* mostly what could work */
	if (to < ENDPOINTS && rnd(4)) {
		flags &= ~1u;
		map = 0;
		for (i = 0; i < 64; i++) {
			struct bit *b = &o.bit[to][secure(from) ? 0 : 1][i];

			if (b->sender != (int)from || rnd(2) ||
			    (map && b->per_vcpu != (flags & 1)))
				continue;
			map |= BIT(i);
			flags |= b->per_vcpu;
		}
		if (!(flags & 1))
			flags = 0;
	}
	if (rnd(3) == 0)
		flags |= DELAY;
	if (rnd(50) == 0)
		flags |= 8;
	code = judge_set(from, to, flags, map);
	SET(t, id_of(from), id_of(to), flags, map);
	if (!ended(code, hash))
		return;
	v = flags & 1 ? flags >> 16 : MANY;
	EACH(i, map)
		o.bit[to][secure(from) ? 0 : 1][i].pending[v] = true;
	must(t->out.sri == !(flags & DELAY), "SRI");
	o.late = flags & DELAY;
}

static uint64_t expect(unsigned int to, unsigned int from, unsigned int vcpu,
		       bool take)
{
	uint64_t map = 0;
	unsigned int i;

	for (i = 0; i < 64; i++) {
		struct bit *b = &o.bit[to][from][i];

		if (b->pending[MANY] || b->pending[vcpu])
			map |= BIT(i);
		if (take) {
			b->pending[MANY] = b->told[MANY] = false;
			b->pending[vcpu] = b->told[vcpu] = false;
		}
	}
	return map;
}

static void walk_get(void)
{
	unsigned int to = rnd(6) ? o.runs : party(), vcpu = rnd(5);
	uint32_t flags = rnd(30) ? rnd(16) : 32;
	uint64_t hash = spmc_hash(t->s), sps = 0, vms = 0;
	int code = 0;

	if (flags > 15 || (secure(o.runs) ? to != o.runs :
					    secure(to) || flags & 10) ||
	    vcpu >= o.vcpus[to])
		code = FFA_INVALID_PARAMETERS;
	GET(t, vcpu, id_of(to), flags);
	if (!ended(code, hash))
		return;
	if (flags & SPS)
		sps = expect(to, 0, vcpu, true);
	if (flags & VMS)
		vms = expect(to, 1, vcpu, true);
	must(two_regs(t, 2) == sps && two_regs(t, 4) == vms && two_regs(t, 6) == 0, "GET");
	settle();
}

static bool news(unsigned int ep, unsigned int v)
{
	unsigned int from, i;

	for (from = 0; from < 2; from++)
		for (i = 0; i < 64; i++)
			if (o.bit[ep][from][i].pending[v] &&
			    !o.bit[ep][from][i].told[v])
				return true;
	return false;
}

static void walk_info(void)
{
	static struct told got;
	uint64_t hash = spmc_hash(t->s);
	bool wide = rnd(2), any = false, left = false, more;
	unsigned int ep, v, from, i;

	for (ep = 0; ep < ENDPOINTS; ep++)
		for (v = 0; v <= MANY; v++)
			any |= news(ep, v);
	ON(t, 0, wide ? FFA_ID_NOTIFICATION_INFO_GET_64 :
			FFA_ID_NOTIFICATION_INFO_GET_32);
	if (!ended(secure(o.runs) ? FFA_NOT_SUPPORTED :
		   any ? 0 : FFA_NO_DATA, hash))
		return;
	memset(&got, 0, sizeof(got));
	more = told_by(t, wide, &got);
	for (ep = 0; ep < ENDPOINTS; ep++)
		for (v = 0; v <= MANY; v++) {
			unsigned int times =
				got.times[ep][v == MANY ? GLOBAL : v];

			must(times <= news(ep, v), "told what is no news");
			left |= news(ep, v) && !times;
			for (from = 0; times && from < 2; from++)
				for (i = 0; i < 64; i++)
					if (o.bit[ep][from][i].pending[v])
						o.bit[ep][from][i].told[v] =
							true;
		}
	must(left == more, "the bit that says more");
}

static void walk_bitmap(void)
{
	unsigned int vm = party(), n = rnd(6), from, i;
	bool create = rnd(2);
	uint64_t hash = spmc_hash(t->s);
	int code = 0;

	if (secure(o.runs))
		code = FFA_NOT_SUPPORTED;
	else if (secure(vm))
		code = FFA_INVALID_PARAMETERS;
	else if (o.created[vm] == create)
		code = FFA_DENIED;
	for (from = 0; !code && !create && from < 2; from++)
		for (i = 0; i < 64; i++)
			if (is_pending(&o.bit[vm][from][i]))
				code = FFA_DENIED;
	ON(t, 0, create ? FFA_ID_NOTIFICATION_BITMAP_CREATE :
			  FFA_ID_NOTIFICATION_BITMAP_DESTROY, id_of(vm), n);
	if (!ended(code, hash))
		return;
	o.created[vm] = create;
	o.vcpus[vm] = create ? n : 0;
	for (from = 0; !create && from < 2; from++)
		for (i = 0; i < 64; i++)
			forget(&o.bit[vm][from][i]);
}

static void walk_die(void)
{
	unsigned int me = o.runs, ep, from, i;

	CRASH(t, 0);
	o.dead[me] = true;
	for (ep = 0; ep < ENDPOINTS; ep++)
		for (from = 0; from < 2; from++)
			for (i = 0; i < 64; i++)
				if (ep == me ||
				    o.bit[ep][from][i].sender == (int)me)
					forget(&o.bit[ep][from][i]);
	settle();
	o.npi[me] = false;
}

/* Another one runs. */
static void walk_control(void)
{
	unsigned int ep = A + rnd(4);

	if (secure(o.runs)) {
		if (rnd(40))
			RESP32(t, 0, id_of(o.runs), 0);
		else
			walk_die();
		must(t->out.endpoint == NS, "the way back");
		must(t->out.sri == o.late, "a delayed SRI");
		o.late = false;
		o.runs = NS;
		return;
	}
	REQ32(t, 0, 0, id_of(ep));
	if (o.dead[ep]) {
		must(t->out.rule, "a request to the dead");
		return;
	}
	ok(t);
	o.runs = ep;
	must(t->out.npi == (for_vcpu(ep, 0) && !o.npi[ep]), "NPI");
	o.npi[ep] |= t->out.npi;
}

static void compare(unsigned int ep, unsigned int vcpu)
{
	uint64_t bound[2] = { 0 }, per_vcpu[2] = { 0 };
	struct spmc_notifications n;
	unsigned int from, i;

	spmc_notifications(t->s, ep, vcpu, &n);
	must(n.enabled == receives(ep) && n.vcpus == o.vcpus[ep], "receiver");
	for (from = 0; from < 2; from++) {
		for (i = 0; i < 64; i++) {
			if (o.bit[ep][from][i].sender >= 0)
				bound[from] |= BIT(i);
			if (o.bit[ep][from][i].per_vcpu)
				per_vcpu[from] |= BIT(i);
		}
		must(n.bound[from] == bound[from], "bound");
		must(n.per_vcpu[from] == per_vcpu[from], "per-vCPU");
		must(n.pending[from] == expect(ep, from, vcpu, false),
		     "pending");
	}
	must(!n.fwk, "framework");
}

static void oracle_init(void)
{
	unsigned int ep, from, i;

	memset(&o, 0, sizeof(o));
	for (ep = 0; ep < ENDPOINTS; ep++) {
		for (from = 0; from < 2; from++)
			for (i = 0; i < 64; i++)
				forget(&o.bit[ep][from][i]);
		o.vcpus[ep] = ep < A ? 0 : ep < M ? 1 : 2;
	}
}

/* The walk got everywhere: every function succeeded, every cell was used. */
static void check_reached(const struct spmc_cover *sum)
{
	const struct spmc_machine_info *info = &spmc_machines[SPMC_M_NOTIF];
	unsigned int i, st, ev;

	for (i = FFA_FN_NOTIFICATION_BITMAP_CREATE;
	     i <= FFA_FN_NOTIFICATION_INFO_GET_64; i++)
		ck_assert_msg(sum->fn_ok[i] > 100, "%s: %u", ffa_fns[i].name,
			      sum->fn_ok[i]);
	for (st = 0; st < info->state_count; st++)
		for (ev = 0; ev < info->event_count; ev++)
			if (spmc_cell(SPMC_M_NOTIF, st, ev)->kind !=
			    SPMC_CELL_NEVER)
				ck_assert_msg(sum->cell[SPMC_M_NOTIF][st][ev],
					      "%s x %s",
					      info->states[st].name,
					      info->events[ev].name);
}

static void add(struct spmc_cover *sum)
{
	unsigned int i, st, ev;

	for (i = 0; i < FFA_FN_COUNT; i++)
		sum->fn_ok[i] += t->cover.fn_ok[i];
	for (st = 0; st < SPMC_MAX_STATES; st++)
		for (ev = 0; ev < SPMC_MAX_EVENTS; ev++)
			sum->cell[SPMC_M_NOTIF][st][ev] +=
				t->cover.cell[SPMC_M_NOTIF][st][ev];
}

START_TEST(walk)
{
	static struct spmc_cover sum;
	unsigned int n, step;

	for (n = 0; n < WALKS; n++) {
		world_free(t);
		t = notif_world();
		oracle_init();
		seed = n + 1;
		for (step = 0; step < STEPS; step++) {
			switch (rnd(9)) {
			case 0:
				walk_bitmap();
				break;
			case 1:
				walk_binding(true);
				break;
			case 2:
				walk_binding(false);
				break;
			case 3:
			case 4:
			case 5:
				walk_set();
				break;
			case 6:
				walk_get();
				break;
			case 7:
				walk_info();
				break;
			default:
				walk_control();
				break;
			}
			compare(rnd(ENDPOINTS), rnd(MANY));
		}
		add(&sum);
	}
	check_reached(&sum);
}
END_TEST

Suite *check_notif_walk(void)
{
	Suite *s = suite_create("notif_walk");
	TCase *tc = tcase_create("walk");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, walk);
	suite_add_tcase(s, tc);
	return s;
}
