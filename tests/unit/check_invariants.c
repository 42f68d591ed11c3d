/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every invariant can fail: states that are damaged by hand, and steps of a
 * model that makes a mistake (the unit tests are linked with
 * --wrap=spmc_call). What holds of the model as it is, the other tests show:
 * all their calls are checked.
 */
#include <stdlib.h>

/* mem_desc.h has these names, too */
#define SHARE	KIND_SHARE
#define LEND	KIND_LEND
#define DONATE	KIND_DONATE
#include "spmc/mem.h"
#undef SHARE
#undef LEND
#undef DONATE

#include "mem_desc.h"
#include "spmc/check.h"
#include "spmc/notif.h"
#include "unit.h"

/* -- a model with mistakes ------------------------------------------------------ */

/* The call was made, and this happens too. */
typedef void mistake_fn(struct spmc *s, const struct spmc_env *env,
			const struct ffa_value *in, struct spmc_outcome *out);
static mistake_fn *mistake;

void __real_spmc_call(struct spmc *s, const struct spmc_env *env,
		      unsigned int cpu, const struct ffa_value *in,
		      struct spmc_outcome *out);
void __wrap_spmc_call(struct spmc *s, const struct spmc_env *env,
		      unsigned int cpu, const struct ffa_value *in,
		      struct spmc_outcome *out);

void __wrap_spmc_call(struct spmc *s, const struct spmc_env *env,
		      unsigned int cpu, const struct ffa_value *in,
		      struct spmc_outcome *out)
{
	const struct ffa_value args = *in;

	__real_spmc_call(s, env, cpu, in, out);
	if (mistake)
		mistake(s, env, &args, out);
}

static struct world *t;
static uint64_t handle;	/* NS shared a page with SP 1, which holds it */

static void setup(void)
{
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, NULL);
	struct mem_desc d = mem_desc_send(SHARE, FFA_V1_2, NS, SP1,
					  NS_PA + 0x8000, 1);

	cfg->cpus = 2;
	t = mem_boot(cfg);
	handle = mem_send(t, NS, &d);
	ck_assert_uint_ne(handle, 0);
	ck_assert_int_eq(mem_take(t, SP1, &d, handle), 0);
	mem_run(t, NS);
	world_check(t);
	spmc_check_sync(t->check, t->s);
}

static void teardown(void)
{
	mistake = NULL;
	world_free(t);
}

/* -- states ------------------------------------------------------------------------ */

static struct txn *the_txn(void)
{
	return txn_at(t->s, txn_find(t->s, handle));
}

static struct borrower *the_borrower(void)
{
	return borrower_at(t->s, the_txn()->first_borrower);
}

static struct run *the_run(void)
{
	return runs_get(t->s, runs_place(t->s, 0));
}

static void other_owner(void) { the_run()->owner = SP2; }
static void no_such_owner(void) { the_run()->owner = 99; }
static void no_such_txn(void) { the_run()->txn = 99; }
static void not_taken(void) { the_run()->txn = NONE; }
static void no_pages(void) { the_run()->pages = 0; }
static void beyond_region(void) { the_run()->pages = 99; }
static void taken_more(void) { the_run()->pages++; }
static void one_box(void) { endpoint(t->s, SP1)->rx = endpoint(t->s, SP1)->tx; }
static void same_boxes(void)
{
	endpoint(t->s, SP2)->rx = endpoint(t->s, SP1)->rx;
	endpoint(t->s, SP2)->tx = endpoint(t->s, SP1)->tx;
}
static void lent_box(void) { endpoint(t->s, NS)->rx = NS_PA + 0x8000; }
static void may_write(void) { the_borrower()->sent = RO; }
static void device(void) { the_txn()->device = MEM_DEVICE_YES; }
static void dir(void) { mem_of(t->s)->dir_used = 0; }
static void dir_page(void)
{
	((struct run_dir *)spmc_at(t->s, t->s->run_dir))->first++;
}
static void dir_chunk(void)
{
	((struct run_dir *)spmc_at(t->s, t->s->run_dir))->chunk = 99;
}

static void lost_txn(void) { the_txn()->state = TXN_FREE; }
static void half_sent(void) { the_txn()->got--; }
static void page_count(void) { the_txn()->page_count++; }
static void no_ranges(void) { the_txn()->first_chunk = NONE; }
static void wild_ranges(void) { the_txn()->first_chunk = 0xffffffff; }
static void ring_of_ranges(void)
{
	uint32_t i = the_txn()->first_chunk;

	ranges_at(t->s, i)->next = i;
}
static void wild_borrowers(void) { the_borrower()->next = 0xffffffff; }
static void ring_of_borrowers(void)
{
	the_borrower()->next = the_txn()->first_borrower;
}
static void stranger(void) { the_borrower()->id = 0x8fff; }
static void holds_nothing(void) { the_borrower()->held = 0; }
static void no_holders(void) { the_txn()->holders = 0; }
static void no_kind(void) { the_txn()->kind = 0; }
static void free_live(void) { mem_of(t->s)->txns.free = 1; }
static void live(void) { mem_of(t->s)->txns.live = 0; }
static void used(void) { mem_of(t->s)->borrowers.used = 0xffffff; }

static void two_cpus(void) { *cpu_of(t->s, 1) = *cpu_of(t->s, 0); }
static void no_context(void) { cpu_of(t->s, 1)->endpoint = 77; }
static void not_running(void) { context(t->s, NS, 0)->state = EC_BLOCKED; }
static void runs_nowhere(void) { context(t->s, SP1, 0)->state = EC_RUNNING; }
static void no_state(void) { context(t->s, SP1, 0)->state = 99; }
static void no_model(void) { context(t->s, SP1, 0)->model = RTM_RUN; }
static void no_part(void) { endpoint(t->s, SP1)->part = 99; }
static void no_request(void) { context(t->s, SP1, 0)->req_fn = 1; }

static void pends(void) { notif_of(t->s, SP1)->global[0].pending = 4; }
static void reported(void) { notif_of(t->s, SP1)->fwk.reported = 1; }
static void npi(void) { context(t->s, SP1, 0)->npi = 1; }
static void wrong_sender(void)
{
	notif_of(t->s, SP1)->bound[FROM_SPS] = 1;	/* to the primary */
}

static void dies(void) { endpoint(t->s, SP1)->part = PART_ABORTED; }
static void dies_without(void)
{
	endpoint(t->s, SP2)->part = PART_ABORTED;
	endpoint(t->s, SP2)->rx_state = RX_UNMAPPED;
}
static void dies_with_memory(void)
{
	dies();
	endpoint(t->s, SP1)->rx_state = RX_UNMAPPED;
	context(t->s, SP1, 0)->state = EC_ABORTED;
}
static void dies_bound(void)
{
	dies_without();
	context(t->s, SP2, 0)->state = EC_ABORTED;
	notif_of(t->s, SP1)->bound[FROM_SPS] = 1;
	notif_of(t->s, SP1)->sender[FROM_SPS][0] = SP2;
}

static void ring(void)
{
	unsigned int i;

	for (i = SP1; i <= SP2; i++) {
		struct ec *e = context(t->s, i, 0);

		e->state = EC_BLOCKED;
		e->model = RTM_RUN;
		e->caller = (uint16_t)(SP1 + SP2 - i);
		e->caller_ec = 0;
	}
	*context(t->s, SP3, 0) = *context(t->s, SP1, 0);
	context(t->s, SP3, 0)->state = EC_PREEMPTED;
}
static void yields(void) { context(t->s, SP1, 0)->yields = 1; }
static void idle_caller(void) { context(t->s, SP1, 0)->caller = 0; }
static void waits_for_none(void)
{
	context(t->s, SP1, 0)->state = EC_BLOCKED;
	context(t->s, SP1, 0)->model = RTM_RUN;
}

static const struct {
	void (*damage)(void);
	enum invariant breaks;
} damages[] = {
	{ other_owner, INV_PAGES }, { no_such_owner, INV_PAGES },
	{ no_such_txn, INV_PAGES }, { no_pages, INV_PAGES },
	{ beyond_region, INV_PAGES }, { taken_more, INV_PAGES },
	{ one_box, INV_PAGES }, { same_boxes, INV_PAGES },
	{ lent_box, INV_PAGES }, { may_write, INV_PAGES },
	{ device, INV_PAGES }, { dir, INV_PAGES }, { dir_page, INV_PAGES },
	{ dir_chunk, INV_PAGES }, { lost_txn, INV_PAGES },
	{ not_taken, INV_HANDLES }, { half_sent, INV_HANDLES },
	{ page_count, INV_HANDLES }, { no_ranges, INV_HANDLES },
	{ wild_ranges, INV_HANDLES }, { ring_of_ranges, INV_HANDLES },
	{ wild_borrowers, INV_HANDLES }, { ring_of_borrowers, INV_HANDLES },
	{ stranger, INV_HANDLES }, { holds_nothing, INV_HANDLES },
	{ no_holders, INV_HANDLES }, { no_kind, INV_HANDLES },
	{ free_live, INV_HANDLES }, { live, INV_HANDLES },
	{ used, INV_HANDLES },
	{ two_cpus, INV_CPUS }, { no_context, INV_CPUS },
	{ not_running, INV_CPUS }, { runs_nowhere, INV_CPUS },
	{ no_state, INV_CPUS }, { no_model, INV_CPUS },
	{ no_part, INV_CPUS }, { no_request, INV_CPUS },
	{ pends, INV_NOTIFICATIONS }, { reported, INV_NOTIFICATIONS },
	{ npi, INV_NOTIFICATIONS }, { wrong_sender, INV_NOTIFICATIONS },
	{ dies, INV_DEATH }, { dies_without, INV_DEATH },
	{ dies_with_memory, INV_DEATH }, { dies_bound, INV_DEATH },
	{ ring, INV_CHAINS }, { yields, INV_CHAINS },
	{ idle_caller, INV_CHAINS }, { waits_for_none, INV_CHAINS },
};

START_TEST(states)
{
	struct spmc_broken b;
	char text[SPMC_BROKEN_TEXT];

	damages[_i].damage();
	ck_assert(!spmc_invariant(t->s, &b));
	ck_assert_msg(b.invariant == damages[_i].breaks, "I%d, not I%d: %s",
		      b.invariant, damages[_i].breaks,
		      spmc_broken_text(&b, text));
	/* and a step into such a state is noticed */
	ck_assert(!spmc_check_event(t->check, t->s, 0, NULL));
}
END_TEST

/* -- steps -------------------------------------------------------------------------- */

#define MISTAKE(name)							\
	static void name(struct spmc *s, const struct spmc_env *env,	\
			 const struct ffa_value *in,			\
			 struct spmc_outcome *out)
#define UNUSED()							\
	do {								\
		(void)s;						\
		(void)env;						\
		(void)in;						\
		(void)out;						\
	} while (0)

MISTAKE(none) { UNUSED(); }
MISTAKE(reuses) { UNUSED(); txn_at(s, 1)->generation++; }
MISTAKE(renames) { UNUSED(); txn_at(s, 1)->tag = 7; }
MISTAKE(upper_half) { UNUSED(); out->regs.x[2] |= (uint64_t)1 << 40; }
MISTAKE(leaks) { UNUSED(); out->regs.x[5] = 1; }
MISTAKE(half_a_field) { UNUSED(); out->regs.x[2] |= 0x10000; }
MISTAKE(no_function) { UNUSED(); out->regs.x[0] = 7; }
MISTAKE(negotiates) { UNUSED(); endpoint(s, VM)->version = FFA_V1_1; }
MISTAKE(clobbers) { UNUSED(); out->regs.x[9]++; }
MISTAKE(other_context) { UNUSED(); out->endpoint = SP1; }
MISTAKE(unmaps) { UNUSED(); endpoint(s, SP2)->rx_state = RX_UNMAPPED; }
MISTAKE(writes_rx)
{
	UNUSED();
	((char *)env->map(env->ctx, endpoint(s, NS)->rx, 1, false))[0] ^= 1;
}
MISTAKE(writes_tx)
{
	UNUSED();
	((char *)env->map(env->ctx, endpoint(s, NS)->tx, 1, false))[0] ^= 1;
}
MISTAKE(reads_tx)
{
	UNUSED();
	env->map(env->ctx, endpoint(s, SP1)->tx, 1, true);
}
MISTAKE(promises)
{
	UNUSED();
	out->rule = 0;
	memset(out->regs.x, 0, 8 * sizeof(out->regs.x[0]));
	out->regs.x[0] = (uint32_t)FFA_ID_SUCCESS;
}
MISTAKE(denies)
{
	UNUSED();
	out->rule = RULE_FEATURES_FUNCTION;
	memset(out->regs.x, 0, 8 * sizeof(out->regs.x[0]));
	out->regs.x[0] = (uint32_t)FFA_ID_ERROR;
	out->regs.x[2] = (uint32_t)FFA_NOT_SUPPORTED;
}
MISTAKE(tells_else)
{
	UNUSED();
	if (in->x[0] == (uint32_t)FFA_ID_PARTITION_INFO_GET)
		((char *)env->map(env->ctx, endpoint(s, NS)->rx, 4,
				  false))[2] = 77;
}
MISTAKE(counts)
{
	static unsigned int count;

	UNUSED();
	out->regs.x[2] = ++count & 0xffff;
}
MISTAKE(gives_away)
{
	struct run *r = runs_get(s, runs_place(s, 0));

	UNUSED();
	if (r)
		r->owner = VM;
}
MISTAKE(sets_perm)
{
	struct run *r = runs_get(s, runs_place(s, 0));

	UNUSED();
	if (r)
		r->perm = 4;
}
MISTAKE(other_code) { UNUSED(); out->regs.x[2] = (uint32_t)FFA_BUSY; }
MISTAKE(no_rule) { UNUSED(); out->rule = 0; }
MISTAKE(other_rule) { UNUSED(); out->rule = RULE_RXTX_MAP_TWICE; }

#define FN(id) (uint32_t)(FFA_ID_##id)
#define RELEASE { { FN(RX_RELEASE) } }		/* refused */
#define ID_GET { { FN(ID_GET) } }

static const struct {
	mistake_fn *mistake;
	struct ffa_value in;
	enum invariant breaks;
} mistakes[] = {
	{ none, ID_GET, INV_NONE }, { none, RELEASE, INV_NONE },
	{ none, { { FN(PARTITION_INFO_GET) } }, INV_NONE },
	{ reuses, { { FN(NOTIFICATION_BITMAP_CREATE), 1, 1 } }, INV_REUSE },
	{ renames, { { FN(NOTIFICATION_BITMAP_CREATE), 1, 1 } }, INV_REUSE },
	{ upper_half, ID_GET, INV_RESULT }, { leaks, ID_GET, INV_RESULT },
	{ half_a_field, ID_GET, INV_RESULT }, { leaks, RELEASE, INV_RESULT },
	{ leaks, { { FN(VERSION), FFA_V1_2 } }, INV_RESULT },
	{ no_function, ID_GET, INV_RESULT },
	{ negotiates, RELEASE, INV_REFUSED },
	{ writes_rx, RELEASE, INV_REFUSED },
	{ clobbers, ID_GET, INV_KEPT }, { clobbers, RELEASE, INV_KEPT },
	{ other_context, ID_GET, INV_CPUS },
	{ negotiates, ID_GET, INV_READ_ONLY },
	{ unmaps, { { FN(FEATURES), FN(ID_GET) } }, INV_READ_ONLY },
	{ writes_rx, ID_GET, INV_RX }, { writes_tx, ID_GET, INV_TX },
	{ reads_tx, ID_GET, INV_TX },
	{ promises, { { FN(FEATURES), FN(MSG_POLL) } }, INV_FEATURES },
	{ denies, { { FN(FEATURES), FN(ID_GET) } }, INV_FEATURES },
	{ promises, { { FN(MSG_WAIT) } }, INV_FEATURES },
	{ tells_else, { { FN(PARTITION_INFO_GET) } }, INV_PARTINFO },
	{ counts, ID_GET, INV_AGAIN },
	{ gives_away, { { FN(NOTIFICATION_BITMAP_CREATE), 1, 1 } },
	  INV_RESTORES },
	{ sets_perm, { { FN(NOTIFICATION_BITMAP_CREATE), 1, 1 } },
	  INV_RESTORES },
	{ other_code, RELEASE, INV_VERDICT }, { no_rule, RELEASE, INV_VERDICT },
	{ other_rule, RELEASE, INV_VERDICT },
};

/* Is there a mistake of each kind? */
START_TEST(all)
{
	unsigned int i, n;

	for (n = 1; n < spmc_invariant_count; n++) {
		bool found = false;

		for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
			found |= damages[i].breaks == n;
		for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
			found |= mistakes[i].breaks == n;
		ck_assert_msg(found, "no test breaks I%u", n);
		ck_assert(spmc_invariants[n].sentence[0] &&
			  spmc_invariants[n].why[0]);
	}
}
END_TEST

START_TEST(steps)
{
	const struct spmc_broken *b = spmc_check_broken(t->check);
	struct ffa_value in = mistakes[_i].in;
	char text[SPMC_BROKEN_TEXT];
	unsigned int i;

	for (i = 8; i < FFA_REGS; i++)
		in.x[i] = 0x1234567890ull + i;
	mistake = mistakes[_i].mistake;
	spmc_check_call(t->check, t->s, &t->env, 0, &in, &t->out);
	ck_assert_msg(b->invariant == mistakes[_i].breaks, "I%d, not I%d: %s",
		      b->invariant, mistakes[_i].breaks,
		      spmc_broken_text(b, text));
	/* the first one stays, until the checker is told to begin anew */
	mistake = NULL;
	in = (struct ffa_value)ID_GET;
	ck_assert(spmc_check_call(t->check, t->s, &t->env, 0, &in, &t->out) ==
		  !mistakes[_i].breaks);
}
END_TEST

/* What is answered and refused is looked at, at every level. */
START_TEST(levels)
{
	const struct spmc_broken *b = spmc_check_broken(t->check);
	struct ffa_value release = RELEASE, id_get = ID_GET;

	spmc_check_set_level(t->check, SPMC_CHECK_ANSWER);
	mistake = negotiates;
	ck_assert(!spmc_check_call(t->check, t->s, &t->env, 0, &release,
				   &t->out));
	ck_assert_uint_eq(b->invariant, INV_REFUSED);
	endpoint(t->s, VM)->version = FFA_V1_2;
	spmc_check_sync(t->check, t->s);
	mistake = upper_half;
	ck_assert(!spmc_check_call(t->check, t->s, &t->env, 0, &id_get,
				   &t->out));
	ck_assert_uint_eq(b->invariant, INV_RESULT);
}
END_TEST

START_TEST(texts)
{
	struct spmc_broken b = {
		.invariant = 1, .what = "what",
		.at = { { "page", 0x1000 }, { "zero", 0 },
			{ "all", UINT64_MAX } },
	};
	char text[SPMC_BROKEN_TEXT], big[2 * SPMC_BROKEN_TEXT];

	ck_assert_str_eq(spmc_broken_text(&b, text), "what: page 0x1000, "
			 "zero 0x0, all 0xffffffffffffffff");
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	b.what = big;
	ck_assert_uint_eq(strlen(spmc_broken_text(&b, text)),
			  SPMC_BROKEN_TEXT - 1);
}
END_TEST

Suite *check_invariants(void)
{
	Suite *s = suite_create("invariants");
	TCase *c = tcase_create("invariants");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, all);
	tcase_add_loop_test(c, states, 0,
			    sizeof(damages) / sizeof(damages[0]));
	tcase_add_loop_test(c, steps, 0,
			    sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(c, levels);
	tcase_add_test(c, texts);
	suite_add_tcase(s, c);
	return s;
}
