/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From registers to a handler, and from its verdict back to registers. Only
 * write_regs() writes what an endpoint sees.
 */
#include <assert.h>

#include "sched.h"

typedef enum spmc_rule handler(struct call *c);

static enum spmc_rule spmc_none(struct call *c)
{
	(void)c;
	return RULE_GATE_UNIMPLEMENTED;
}

static enum spmc_rule spmc_result(struct call *c)
{
	(void)c;
	return RULE_GATE_RESULT;
}

static handler *const handlers[FFA_FN_COUNT] = {
#define FFA_FN(sym, name, fid, since, until, inst, regs, succ, handler, ...) \
	[FFA_FN_##sym] = spmc_##handler,
#include "ffa/ffa_abi.def"
};

const char *spmc_handler_name(enum ffa_fn fn)
{
	static const char *const names[FFA_FN_COUNT] = {
#define FFA_FN(sym, name, fid, since, until, inst, regs, succ, handler, ...) \
		[FFA_FN_##sym] = #handler,
#include "ffa/ffa_abi.def"
	};

	return fn < FFA_FN_COUNT && handlers[fn] != spmc_none &&
	       handlers[fn] != spmc_result ? names[fn] : "";
}

enum ffa_instance instance_of(const struct spmc *s, unsigned int ep)
{
	return is_sp(s, ep) ? FFA_INST_S_VIRT : FFA_INST_NS_PHYS;
}

enum spmc_rule gate(const struct spmc *s, enum ffa_fn fn,
		    enum ffa_instance inst, uint32_t version)
{
	const struct ffa_fn_info *f = &ffa_fns[fn];
	unsigned int minor = ffa_since(profile_version(s, version));

	if (!(f->inst & inst))
		return RULE_GATE_INSTANCE;
	if (f->since > minor || (f->until && f->until < minor))
		return RULE_GATE_VERSION;
	if (handlers[fn] == spmc_result)
		return RULE_GATE_RESULT;
	if (handlers[fn] == spmc_none || profile_lacks(s, fn, inst))
		return RULE_GATE_UNIMPLEMENTED;
	return RULE_NONE;
}

/* SMCCC: fast call, owned by the standard secure services, FF-A's numbers. */
static bool is_ffa(uint32_t fid)
{
	uint32_t number = fid & 0xffff;

	return (fid & 0xbf000000u) == 0x84000000u && !(fid & 0x00ff0000u) &&
	       number >= 0x60 && number <= 0xef;
}

/*
 * What a context sees: x0, then the first `regs` registers of `val`, of which
 * a 32-bit function has the lower halves. x8-x17 of an 8-register function
 * are as the context left them: in its call, if it never stopped running, so
 * that they stand in `out` already, else in struct ec.
 */
static void write_regs(struct spmc *s, unsigned int cpu, unsigned int ep,
		       unsigned int ec, uint64_t x0, unsigned int regs,
		       const struct ffa_value *val, struct spmc_outcome *out)
{
	bool narrow = !(x0 & 0x40000000u) || config(s, ep)->aarch32;
	struct cpu *here = cpu_of(s, cpu);
	struct ec *to = context(s, ep, ec);
	unsigned int i;

	if (here->endpoint != ep || here->ec != ec) {
		if (here->endpoint != SPMC_NOBODY)
			memcpy(context(s, here->endpoint, here->ec)->kept,
			       &out->regs.x[8], sizeof(to->kept));
		memcpy(&out->regs.x[8], to->kept, sizeof(to->kept));
		memset(to->kept, 0, sizeof(to->kept));
		here->endpoint = (uint16_t)ep;
		if (ep == 0)	/* it takes its interrupts itself */
			here->ns = 0;
		here->ec = (uint16_t)ec;
	}
	if (!is_sp(s, ep))
		notif_back(s, cpu, out);
	out->regs.x[0] = x0;
	for (i = 1; i < regs; i++)
		out->regs.x[i] = narrow ? (uint32_t)val->x[i] : val->x[i];
	out->endpoint = (uint16_t)ep;
	out->ec = (uint16_t)ec;
}

void resume(struct spmc *s, unsigned int cpu, unsigned int ep, unsigned int ec,
	    enum ffa_fn fn, const struct ffa_value *val,
	    struct spmc_outcome *out)
{
	write_regs(s, cpu, ep, ec, ffa_fns[fn].fid, ffa_fns[fn].regs, val,
		   out);
}

void resume_error(struct spmc *s, unsigned int cpu, unsigned int ep,
		  unsigned int ec, enum ffa_error code,
		  struct spmc_outcome *out)
{
	resume(s, cpu, ep, ec, FFA_FN_ERROR,
	       &(struct ffa_value){ .x[2] = (uint32_t)code }, out);
}

void resume_raw(struct spmc *s, unsigned int cpu, unsigned int ep,
		unsigned int ec, const struct ffa_value *val,
		struct spmc_outcome *out)
{
	/* Bit 30 of x0 does not mean here that x1-x17 are wide. */
	write_regs(s, cpu, ep, ec, ffa_fns[FFA_FN_SUCCESS_64].fid, FFA_REGS,
		   val, out);
	out->regs.x[0] = val->x[0];
}

enum spmc_rule succeed(struct call *c, const struct ffa_value *val)
{
	enum ffa_fn fn = FFA_FN_SUCCESS;
	unsigned int regs = 8;

	switch ((enum ffa_succ)ffa_fns[c->fn].succ) {
	case FFA_SUCC_NONE:
	case FFA_SUCC_BARE:
		assert(!"this function does not return FFA_SUCCESS");
		break;
	case FFA_SUCC_W:
		break;
	case FFA_SUCC_X:
		fn = FFA_FN_SUCCESS_64;
		break;
	case FFA_SUCC_X18:
		fn = FFA_FN_SUCCESS_64;
		regs = FFA_REGS;
		break;
	}
	write_regs(c->s, c->cpu, c->ep, c->ec, ffa_fns[fn].fid, regs, val,
		   c->out);
	return RULE_NONE;
}

static void answer_bare(struct call *c, uint64_t x0)
{
	write_regs(c->s, c->cpu, c->ep, c->ec, x0, 8,
		   &(struct ffa_value){ 0 }, c->out);
}

enum spmc_rule succeed_bare(struct call *c, uint32_t w0)
{
	answer_bare(c, w0);
	return RULE_NONE;
}

enum spmc_rule refuse_about(struct call *c, enum spmc_rule rule,
			    unsigned int ep, unsigned int ec)
{
	c->out->subject = (uint16_t)ep;
	c->out->subject_ec = (uint16_t)ec;
	return rule;
}

/* The answer to a refused call, by the rule that refused it. */
static void answer_refused(struct call *c, enum spmc_rule rule)
{
	int error = profile_error(c->s, rule, c->fn, c->inst);
	bool wide = c->in.x[0] & 0x40000000u;

	if (!error)	/* SMCCC: unknown function */
		answer_bare(c, wide && !config(c->s, c->ep)->aarch32 ?
			       UINT64_MAX : UINT32_MAX);
	else if (c->fn != FFA_FN_UNKNOWN &&
		 ffa_fns[c->fn].succ == FFA_SUCC_BARE)
		answer_bare(c, (uint32_t)error);
	else
		resume_error(c->s, c->cpu, c->ep, c->ec,
			     (enum ffa_error)error, c->out);
}

static enum spmc_rule dispatch(struct call *c)
{
	uint32_t fid = (uint32_t)c->in.x[0] & ~0x10000u;
	struct endpoint *e = endpoint(c->s, c->ep);
	enum spmc_rule rule;
	unsigned int i;

	if (is_dead(c->s, c->ep)) {
		c->fn = FFA_FN_UNKNOWN;	/* it is not executed */
		c->out->fn = FFA_FN_UNKNOWN;
		abort_doomed(c);
		return RULE_NONE;
	}
	if (c->inst == FFA_INST_NS_PHYS && power_is_psci(fid)) {
		power_call(c);
		return RULE_NONE;
	}
	if (!is_ffa(fid))
		return RULE_GATE_NOT_FFA;
	if (ffa_is_64(fid) && config(c->s, c->ep)->aarch32)
		return RULE_GATE_AARCH32_SMC64;
	if (c->fn == FFA_FN_UNKNOWN)
		return RULE_GATE_UNKNOWN;
	rule = gate(c->s, c->fn, c->inst, e->version);
	if (rule)
		return refuse_about(c, rule, c->ep, SPMC_NOBODY);
	if (!ffa_is_64(fid))
		for (i = 1; i < FFA_REGS; i++)
			c->in.x[i] = (uint32_t)c->in.x[i];

	rule = handlers[c->fn](c);
	/* Only what was done counts: a refused call changes nothing. */
	if (!rule)
		version_used(c);
	return rule;
}

void spmc_call(struct spmc *s, const struct spmc_env *env, unsigned int cpu,
	       const struct ffa_value *in, struct spmc_outcome *out)
{
	struct cpu *here = cpu_of(s, cpu);
	struct call c = {
		.s = s, .env = env, .cpu = cpu,
		.ep = here->endpoint, .ec = here->ec,
		.fn = ffa_fn_find(in->x[0]),
		.in = *in, .out = out,
	};
	enum spmc_rule rule;

	assert(here->endpoint != SPMC_NOBODY);
	c.inst = instance_of(s, c.ep);
	out->fn = (uint16_t)c.fn;
	out->subject = SPMC_NOBODY;
	out->subject_ec = SPMC_NOBODY;
	out->regs = *in;
	out->sri = 0;
	out->npi = false;
	out->logged = 0;
	out->entry = 0;
	out->goes_on = false;
	out->spmd = 0;
	out->starts = false;
	rule = dispatch(&c);
	out->rule = (uint16_t)rule;
	if (rule)
		answer_refused(&c, rule);
	if (!env->cover)
		return;
	env->cover->rule[rule]++;
	if (c.fn != FFA_FN_UNKNOWN) {
		env->cover->fn[c.fn]++;
		env->cover->fn_ok[c.fn] += !rule;
	}
}
