/* SPDX-License-Identifier: BSD-3-Clause */
#include "machine.h"

#include <string.h>

#include <glib.h>

#include "machine_priv.h"

static void *env_map(void *ctx, uint64_t pa, size_t len, bool secure)
{
	struct machine *m = ctx;

	return memory_at(m->memory, pa, len, secure);
}

static const void *env_read(void *ctx, uint64_t pa, size_t len, bool secure)
{
	struct machine *m = ctx;

	return memory_peek(m->memory, pa, len, secure);
}

struct machine *machine_new(const struct machine_config *cfg, char **error)
{
	const struct spmc_config *sc = cfg->spmc;
	struct machine *m;
	const char *why;
	unsigned int ecs = 0;
	int where;

	*error = NULL;
	why = spmc_check_config(sc, &where);
	if (why) {
		*error = g_strdup(why);
		return NULL;
	}
	m = g_new0(struct machine, 1);
	m->memory = memory_new(cfg->ranges, cfg->range_count, &why);
	if (!m->memory) {
		*error = g_strdup(why);
		g_free(m);
		return NULL;
	}
	m->size = spmc_size(sc);
	m->spmc = spmc_init(g_malloc(m->size), sc);
	m->env.map = env_map;
	m->env.read = env_read;
	m->env.ctx = m;
	m->random = cfg->seed;
	m->cpus = sc->cpus;
	m->endpoints = sc->endpoint_count;
	m->npi = sc->npi;
	m->mei = sc->mei;
	m->code = g_new0(struct code, m->endpoints);
	for (unsigned int i = 0; i < m->endpoints; i++) {
		m->code[i].first_ec = ecs;
		ecs += spmc_endpoint(m->spmc, i)->ec_count;
		if (spmc_endpoint(m->spmc, i)->kind == SPMC_NS_PRIMARY)
			ecs += sc->cpus;
	}
	m->ecs = ecs;
	m->hung = g_new0(uint8_t, ecs);
	m->parked = g_new0(struct parked, ecs);
	machine_consoles_init(m);
	return m;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	for (unsigned int i = 0; i < m->endpoints; i++)
		machine_drop_code(m, i);
	machine_consoles_free(m);
	g_free(m->checker);
	g_free(m->parked);
	g_free(m->injections);
	g_free(m->code);
	g_free(m->hung);
	g_free(m->spmc);
	memory_free(m->memory);
	g_free(m);
}

struct spmc *machine_spmc(struct machine *m)
{
	return m->spmc;
}

struct memory *machine_memory(struct machine *m)
{
	return m->memory;
}

struct spmc_env *machine_env(struct machine *m)
{
	return &m->env;
}

const struct spmc_broken *machine_broken(const struct machine *m)
{
	return m->broken;
}

void machine_set_check(struct machine *m, enum machine_check check)
{
	enum spmc_check_level level = check == MACHINE_CHECK_ALL ?
				      SPMC_CHECK_TWICE : SPMC_CHECK_ANSWER;

	m->check = check;
	if (check && !m->checker)
		m->checker = spmc_check_init(
			g_malloc(spmc_check_size(m->spmc)), m->spmc, level);
	if (check)
		spmc_check_set_level(m->checker, level);
}

void machine_watch(struct machine *m, machine_watch_fn *watch, void *ctx)
{
	m->watch = watch;
	m->watch_ctx = ctx;
}

/* The state may have changed since the last step: by raise, take, restore. */
static void before_step(struct machine *m)
{
	if (m->check && !m->broken)
		spmc_check_sync(m->checker, m->spmc);
}

static void after_step(struct machine *m, bool holds)
{
	if (!holds && !m->broken)
		m->broken = spmc_check_broken(m->checker);
}

static void one_call(struct machine *m, unsigned int cpu,
		     const struct ffa_value *in, struct spmc_outcome *out)
{
	g_autofree bool *hits = NULL;
	unsigned int ep = SPMC_NOBODY, ec = SPMC_NOBODY;
	struct ffa_value args = *in;	/* `in` may be out->regs */
	int error = 0;

	if (m->watch || m->injection_count)
		spmc_running(m->spmc, cpu, &ep, &ec);
	if (m->injection_count) {
		hits = g_new(bool, m->injection_count);
		error = machine_inject_before(m, ep, &args, hits);
	}
	if (error) {
		machine_inject_answer(&args, error, out);
		out->endpoint = ep;
		out->ec = ec;
	} else if (m->check) {
		before_step(m);
		after_step(m, spmc_check_call(m->checker, m->spmc, &m->env,
					      cpu, &args, out));
	} else {
		spmc_call(m->spmc, &m->env, cpu, &args, out);
	}
	if (hits)
		machine_inject_after(m, hits, out);
	if (out->logged)
		machine_log(m, out->endpoint, out->ec, &args, out);
	if (m->watch)
		m->watch(m->watch_ctx, cpu, ep, ec, &args, out);
}

static void note(struct machine *m, unsigned int cpu, unsigned int ep,
		 unsigned int ec, const struct spmc_outcome *out)
{
	if (m->check)
		after_step(m, spmc_check_event(m->checker, m->spmc, cpu, out));
	if (m->watch)
		m->watch(m->watch_ctx, cpu, ep, ec, NULL, out);
}

static bool initialises(const struct machine *m, unsigned int ep,
			unsigned int ec)
{
	return spmc_endpoint(m->spmc, ep)->kind != SPMC_NS_PRIMARY &&
	       spmc_ec_model(m->spmc, ep, ec) == SPMC_RTM_INIT;
}

static void make_wait(struct machine *m, unsigned int cpu,
		      struct spmc_outcome *out)
{
	static const struct ffa_value wait = { { FFA_ID_MSG_WAIT } };

	one_call(m, cpu, &wait, out);
}

static bool take_crash(struct machine *m, unsigned int cpu,
		       struct spmc_outcome *out)
{
	unsigned int ep, ec;

	before_step(m);
	if (!spmc_running(m->spmc, cpu, &ep, &ec) ||
	    !spmc_crash(m->spmc, &m->env, cpu, out))
		return false;
	m->hung[m->code[ep].first_ec + ec] = 0;
	note(m, cpu, ep, ec, out);
	return true;
}

static struct parked *parked(struct machine *m, const struct spmc_outcome *out)
{
	return &m->parked[m->code[out->endpoint].first_ec + out->ec];
}

static void park(struct machine *m, const struct spmc_outcome *out)
{
	*parked(m, out) = (struct parked){ true, *out };
	m->ever_parked = true;
}

/* It goes on: with what it did not see yet, if there is something. */
static void unpark(struct machine *m, struct spmc_outcome *out)
{
	uint32_t spmd = out->spmd;
	struct parked *p;

	if (out->endpoint == SPMC_NOBODY)
		return;
	p = parked(m, out);
	if (out->goes_on && p->has) {
		*out = p->out;
		out->spmd = spmd;
	}
	p->has = false;
}

/*
 * Takes the interrupts that can be taken. `fresh`: the context of `out` did
 * not see it yet. True if another one runs then.
 */
static bool take_interrupts(struct machine *m, unsigned int cpu, bool fresh,
			    struct spmc_outcome *out)
{
	bool switched = false;

	for (;;) {
		struct spmc_outcome next;
		unsigned int ep = SPMC_NOBODY, ec = SPMC_NOBODY;
		enum spmc_taken taken;

		if (m->broken)
			return switched;
		spmc_running(m->spmc, cpu, &ep, &ec);
		before_step(m);
		taken = spmc_interrupt(m->spmc, &m->env, cpu, &next);
		if (taken == SPMC_TAKEN_NONE)
			return switched;
		if (taken == SPMC_TAKEN_PENDS) {
			if (m->check)
				after_step(m, spmc_check_event(m->checker,
							       m->spmc, cpu,
							       NULL));
			if (m->watch && next.spmd)
				m->watch(m->watch_ctx, cpu, ep, ec, NULL,
					 &next);
			continue;
		}
		if (fresh && out->endpoint != SPMC_NOBODY && !out->goes_on)
			park(m, out);
		*out = next;
		unpark(m, out);
		note(m, cpu, ep, ec, out);
		switched = fresh = true;
	}
}

/* Lets code run until control is with an endpoint that has none. */
static enum machine_end settle(struct machine *m, unsigned int cpu, bool wait,
			       struct spmc_outcome *out)
{
	struct ffa_value next;

	for (unsigned int step = 0; step < MACHINE_STEPS; step++) {
		uint8_t *hung;
		bool leaves;

		unpark(m, out);
		take_interrupts(m, cpu, true, out);
		if (m->broken)
			return MACHINE_INVARIANT;
		if (out->endpoint == SPMC_NOBODY)
			return MACHINE_STOPPED;
		if (!machine_has_code(m, out->endpoint)) {
			if (!wait ||
			    !initialises(m, out->endpoint, out->ec))
				return MACHINE_PLAYED;
			make_wait(m, cpu, out);
			if (out->rule)
				return MACHINE_PLAYED;
			continue;
		}
		hung = &m->hung[m->code[out->endpoint].first_ec + out->ec];
		leaves = machine_interrupted(m, out->endpoint, out->ec);
		if (*hung && !leaves)
			return MACHINE_HUNG;
		if (*hung)
			out->regs = (struct ffa_value){ 0 };
		*hung = 0;
		switch (machine_enter(m, out, &next)) {
		case CODE_CALLS:
			one_call(m, cpu, &next, out);
			break;
		case CODE_CRASHES:
			if (!take_crash(m, cpu, out))
				return MACHINE_HUNG;
			break;
		case CODE_HANGS:
			*hung = 1;
			return MACHINE_HUNG;
		}
	}
	unpark(m, out);
	take_interrupts(m, cpu, true, out);
	return MACHINE_LIVELOCK;
}

enum machine_end machine_boot(struct machine *m, unsigned int cpu, bool wait,
			      struct spmc_outcome *out)
{
	machine_boot_code(m, cpu);
	before_step(m);
	spmc_boot(m->spmc, &m->env, cpu, out);
	note(m, cpu, SPMC_NOBODY, SPMC_NOBODY, out);
	return settle(m, cpu, wait, out);
}

enum machine_end machine_call(struct machine *m, unsigned int cpu,
			      const struct ffa_value *in,
			      struct spmc_outcome *out)
{
	one_call(m, cpu, in, out);
	return settle(m, cpu, false, out);
}

enum machine_end machine_crash(struct machine *m, unsigned int cpu,
			       struct spmc_outcome *out)
{
	if (!take_crash(m, cpu, out))
		return MACHINE_STOPPED;
	return settle(m, cpu, false, out);
}

/* Nobody else runs: only code that computes may have something to do now. */
static enum machine_end pended(struct machine *m, unsigned int cpu,
			       struct spmc_outcome *out)
{
	unsigned int ep, ec;

	*out = (struct spmc_outcome){ .endpoint = SPMC_NOBODY };
	if (!spmc_running(m->spmc, cpu, &ep, &ec))
		return MACHINE_STOPPED;
	out->endpoint = (uint16_t)ep;
	out->ec = (uint16_t)ec;
	return machine_has_code(m, ep) ? settle(m, cpu, false, out) :
					 MACHINE_STOPPED;
}

enum machine_end machine_preempt(struct machine *m, unsigned int cpu,
				 struct spmc_outcome *out)
{
	unsigned int ep, ec;
	enum spmc_taken taken;

	out->endpoint = SPMC_NOBODY;
	if (!spmc_running(m->spmc, cpu, &ep, &ec))
		return MACHINE_STOPPED;
	before_step(m);
	taken = spmc_preempt(m->spmc, &m->env, cpu, out);
	if (taken == SPMC_TAKEN_PENDS)
		return pended(m, cpu, out);
	if (taken == SPMC_TAKEN_NONE)
		return MACHINE_STOPPED;
	m->hung[m->code[ep].first_ec + ec] = 0;
	note(m, cpu, ep, ec, out);
	return settle(m, cpu, false, out);
}

enum machine_end machine_activate(struct machine *m, unsigned int cpu,
				  unsigned int endpoint,
				  struct spmc_outcome *out)
{
	unsigned int ep = SPMC_NOBODY, ec = SPMC_NOBODY;

	spmc_running(m->spmc, cpu, &ep, &ec);
	if (!spmc_activate(m->spmc, &m->env, cpu, endpoint, out) || out->rule)
		return MACHINE_STOPPED;
	note(m, cpu, ep, ec, out);
	return settle(m, cpu, false, out);
}

enum machine_end machine_raise(struct machine *m, unsigned int cpu,
			       uint32_t intid, struct spmc_outcome *out)
{
	out->endpoint = SPMC_NOBODY;
	spmc_raise(m->spmc, cpu, intid);
	if (!take_interrupts(m, cpu, false, out))
		return pended(m, cpu, out);
	return settle(m, cpu, false, out);
}

void *machine_map(struct machine *m, uint64_t pa, size_t len, bool secure)
{
	return memory_at(m->memory, pa, len, secure);
}

void machine_set_view(struct machine *m, machine_view_fn *view, void *ctx)
{
	m->view = view;
	m->view_ctx = ctx;
}

/* Host address of the part of [pa, pa+*len) that is in its page. */
static void *reach(struct machine *m, unsigned int ep, uint64_t pa,
		   size_t *len, bool write, struct machine_fault *fault)
{
	const struct memory_range *r = memory_range(m->memory, pa);
	size_t rest = FFA_PAGE_SIZE - pa % FFA_PAGE_SIZE;
	unsigned int access = m->view ? m->view(m->view_ctx, ep, pa) :
					spmc_access(m->spmc, ep, pa);
	unsigned int wants = write ? SPMC_ACCESS_WRITE : SPMC_ACCESS_READ;
	bool secure = r && r->attrs & SPMC_REGION_SECURE;
	void *host = NULL;

	if (*len > rest)
		*len = rest;
	if (r)
		host = write ? memory_at(m->memory, pa, *len, secure) :
			       (void *)(uintptr_t)memory_peek(m->memory, pa,
							      *len, secure);
	if (host && access & wants)
		return host;
	fault->pa = pa;
	fault->write = write;
	fault->access = access;
	fault->ram = host;
	return NULL;
}

static bool walk(struct machine *m, unsigned int ep, uint64_t pa, uint8_t *to,
		 const uint8_t *from, size_t len, bool copy,
		 struct machine_fault *fault)
{
	while (len) {
		size_t part = len;
		uint8_t *host = reach(m, ep, pa, &part, from, fault);

		if (!host)
			return false;
		if (copy && from)
			memcpy(host, from, part);
		else if (copy)
			memcpy(to, host, part);
		if (from)
			from += part;
		else
			to += part;
		pa += part;
		len -= part;
	}
	return true;
}

bool machine_load(struct machine *m, unsigned int endpoint, uint64_t pa,
		  void *to, size_t len, struct machine_fault *fault)
{
	return walk(m, endpoint, pa, to, NULL, len, false, fault) &&
	       walk(m, endpoint, pa, to, NULL, len, true, fault);
}

bool machine_store(struct machine *m, unsigned int endpoint, uint64_t pa,
		   const void *from, size_t len, struct machine_fault *fault)
{
	return walk(m, endpoint, pa, NULL, from, len, false, fault) &&
	       walk(m, endpoint, pa, NULL, from, len, true, fault);
}

uint64_t machine_time(const struct machine *m)
{
	return m->time;
}

void machine_wait(struct machine *m, uint64_t ns)
{
	m->time += ns;
}

uint64_t machine_random(struct machine *m, uint64_t bound)
{
	/* splitmix64 (public domain, S. Vigna) */
	uint64_t z = m->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	z ^= z >> 31;
	return bound ? z % bound : z;
}

struct machine_image *machine_snapshot(struct machine *m)
{
	struct machine_image *i = g_new0(struct machine_image, 1);

	i->memory = memory_save(m->memory);
	i->spmc = g_memdup2(m->spmc, m->size);
	i->hung = g_memdup2(m->hung, m->ecs);
	i->parked = g_memdup2(m->parked, m->ecs * sizeof(m->parked[0]));
	i->code = g_malloc(machine_save_code(m, NULL));
	machine_save_code(m, i->code);
	i->ever_parked = m->ever_parked;
	i->time = m->time;
	i->random = m->random;
	i->injection_count = m->injection_count;
	i->injections = g_memdup2(m->injections, m->injection_count *
				  sizeof(m->injections[0]));
	return i;
}

void machine_restore(struct machine *m, const struct machine_image *i)
{
	memory_restore(m->memory, i->memory);
	spmc_copy(m->spmc, i->spmc);
	memcpy(m->hung, i->hung, m->ecs);
	machine_load_code(m, i->code);
	if (m->ever_parked || i->ever_parked)
		memcpy(m->parked, i->parked, m->ecs * sizeof(m->parked[0]));
	m->ever_parked = i->ever_parked;
	m->time = i->time;
	m->random = i->random;
	if (m->injection_count || i->injection_count) {
		g_free(m->injections);
		m->injection_count = i->injection_count;
		m->injections = g_memdup2(i->injections, i->injection_count *
					  sizeof(i->injections[0]));
	}
	m->broken = NULL;
}

void machine_image_free(struct machine_image *i)
{
	if (!i)
		return;
	memory_image_free(i->memory);
	g_free(i->injections);
	g_free(i->spmc);
	g_free(i->hung);
	g_free(i->parked);
	g_free(i->code);
	g_free(i);
}
