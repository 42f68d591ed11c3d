/* SPDX-License-Identifier: BSD-3-Clause */
/* What holds of an answer: I4, I6, I7, I17. */
#include "check.h"

static bool is_caller(const struct step *t)
{
	return t->out->endpoint == t->ep && t->out->ec == t->ec;
}

/* The error code of the refusal; 0: SMCCC unknown function. */
static int error_of(const struct step *t)
{
	return profile_error(t->was, (enum spmc_rule)t->out->rule,
			     (enum ffa_fn)t->out->fn, t->inst);
}

bool step_ends(const struct spmc_outcome *out)
{
	return spmc_rules[out->rule].drops && out->fn == FFA_FN_MEM_FRAG_TX;
}

/* Is the answer a value in x0, and no function? */
static bool is_bare(const struct step *t)
{
	if (!is_caller(t))
		return false;
	return (t->out->fn != FFA_FN_UNKNOWN &&
		ffa_fns[t->out->fn].succ == FFA_SUCC_BARE) ||
	       (t->out->rule && !error_of(t));
}

/* The end of a PSCI call. */
static bool is_psci(const struct step *t)
{
	const struct spmc_outcome *o = t->out;

	return o->endpoint == 0 && !o->rule &&
	       ffa_fn_find(o->regs.x[0]) == FFA_FN_UNKNOWN &&
	       (o->fn == FFA_FN_UNKNOWN || cpu_of(t->was, t->cpu)->power);
}

/* No answer of FF-A. */
static bool is_raw(const struct step *t)
{
	return t->out->goes_on || t->out->starts || is_psci(t);
}

static bool is_own_rule(const struct step *t)
{
	const char *handler = spmc_rules[t->out->rule].handler;

	/* with the last fragment a send is judged */
	return !strcmp(handler, "gate") || step_ends(t->out) ||
	       !strcmp(handler, spmc_handler_name((enum ffa_fn)t->out->fn));
}

static bool check_refusal(const struct step *t)
{
	const uint64_t *x = t->out->regs.x;
	int error;

	if (t->out->rule >= RULE_COUNT || !is_caller(t))
		return BROKE(t->b, VERDICT, "a refusal by no rule, or for "
			     "another context", "rule", t->out->rule);
	if (!is_own_rule(t))
		return BROKE(t->b, VERDICT, "refused by a rule of another "
			     "function", "rule", t->out->rule);
	error = error_of(t);
	if (!error ? x[0] != UINT32_MAX && x[0] != UINT64_MAX :
	    is_bare(t) ? x[0] != (uint32_t)error :
			 x[0] != (uint32_t)FFA_ID_ERROR ||
			 x[2] != (uint32_t)error)
		return BROKE(t->b, VERDICT, "a refusal without the error code "
			     "of its rule", "rule", t->out->rule, "x0", x[0]);
	return true;
}

/* FFA_RUN of what was stopped for it, and has aborted: its request ends. */
static bool is_end_of_request(const struct step *t)
{
	return t->out->regs.x[0] == (uint32_t)FFA_ID_ERROR &&
	       t->out->regs.x[2] == (uint32_t)FFA_ABORTED &&
	       context(t->was, t->ep, t->ec)->stopped != SPMC_NOBODY;
}

static bool check_verdict(const struct step *t)
{
	const uint64_t *x = t->out->regs.x;

	if (t->out->rule)
		return check_refusal(t);
	if (!is_caller(t) || is_raw(t) || is_end_of_request(t))
		return true;
	if (is_bare(t) ? x[0] >> 31 :
			 ffa_fn_find(x[0]) == FFA_FN_ERROR ||
			 ffa_fn_find(x[0]) == FFA_FN_UNKNOWN)
		return BROKE(t->b, VERDICT, "an error that no rule gave",
			     "x0", x[0], "x2", x[2]);
	return true;
}

static uint64_t bits_of(unsigned int lo, unsigned int hi)
{
	return (UINT64_MAX >> (63 - (hi - lo))) << lo;
}

/* The bits that fields have in each register. */
static void mask_of(const struct ffa_field *f, unsigned int n,
		    uint64_t mask[FFA_REGS])
{
	unsigned int i;

	for (; n--; f++) {
		unsigned int more = 0;

		switch ((enum ffa_kind)f->kind) {
		case FFA_K_HANDLE:
		case FFA_K_UUIDX:
			more = 1;
			break;
		case FFA_K_UUIDW:
			more = 3;
			break;
		case FFA_K_UINT: case FFA_K_HEX: case FFA_K_BOOL:
		case FFA_K_ID: case FFA_K_SENDER: case FFA_K_RECEIVER:
		case FFA_K_ADDR: case FFA_K_VER: case FFA_K_ERR:
		case FFA_K_FID:
			break;
		}
		for (i = f->reg; i <= f->reg + more && i < FFA_REGS; i++)
			mask[i] |= bits_of(f->lo, f->hi);
	}
}

/* How many registers the result has; sets the mask of its fields. */
static unsigned int shape_of(const struct step *t, uint64_t mask[FFA_REGS])
{
	enum ffa_fn fn = (enum ffa_fn)t->out->fn;
	enum ffa_fn seen = ffa_fn_find(t->out->regs.x[0]);
	const struct ffa_field *f;
	unsigned int n;

	if (is_bare(t))
		return 8;
	if (seen == FFA_FN_SUCCESS || seen == FFA_FN_SUCCESS_64) {
		f = ffa_rets(fn, &n);
		mask_of(f, n, mask);
		return fn != FFA_FN_UNKNOWN &&
		       ffa_fns[fn].succ == FFA_SUCC_X18 ? FFA_REGS : 8;
	}
	f = ffa_args(seen, &n);
	mask_of(f, n, mask);
	return ffa_fns[seen].regs;
}

/* The registers that the context had in x8-x17. */
static const uint64_t *kept_of(const struct step *t)
{
	return is_caller(t) ? &t->in->x[8] :
	       context(t->was, t->out->endpoint, t->out->ec)->kept;
}

static bool check_registers(const struct step *t)
{
	const uint64_t *x = t->out->regs.x, *kept;
	bool narrow = !(x[0] & 0x40000000u) ||
		      config(t->is, t->out->endpoint)->aarch32;
	uint64_t mask[FFA_REGS] = { UINT64_MAX };
	unsigned int regs, i;

	if (t->out->starts)
		return true;
	if (is_raw(t)) {
		for (i = 1; i < FFA_REGS && !x[i]; i++)
			;
		return i == FFA_REGS && !(t->out->goes_on && x[0]) ? true :
		       BROKE(t->b, RESULT, "who goes on, or returns from PSCI, "
			     "sees registers of the SPMC", "register",
			     i % FFA_REGS);
	}
	if (!is_bare(t) && ffa_fn_find(x[0]) == FFA_FN_UNKNOWN)
		return BROKE(t->b, RESULT, "x0 is no function of FF-A", "x0",
			     x[0]);
	regs = shape_of(t, mask);
	for (i = 1; i < regs; i++) {
		if (narrow && x[i] >> 32)
			return BROKE(t->b, RESULT, "a 32-bit result has a bit "
				     "set in the upper half of a register",
				     "register", i, "value", x[i]);
		if (x[i] & ~mask[i])
			return BROKE(t->b, RESULT, "a result has a bit set "
				     "that is no field's", "register", i,
				     "value", x[i]);
	}
	kept = kept_of(t);
	for (i = 8; regs == 8 && i < FFA_REGS; i++)
		if (x[i] != kept[i - 8])
			return BROKE(t->b, KEPT, "an 8-register result changed "
				     "one of x8-x17", "register", i, "value",
				     x[i]);
	return true;
}

bool check_answer(const struct step *t)
{
	unsigned int ep = SPMC_NOBODY, ec = SPMC_NOBODY;

	spmc_running(t->is, t->cpu, &ep, &ec);
	if (t->out->endpoint != ep || t->out->ec != ec)
		return BROKE(t->b, CPUS, "the answer is for a context that "
			     "does not run on this CPU", "endpoint",
			     t->out->endpoint, "context", t->out->ec);
	if (ep == SPMC_NOBODY)
		return true;
	return check_registers(t) &&
	       (t->ep == SPMC_NOBODY || check_verdict(t));
}
