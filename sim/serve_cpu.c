/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPUs: whose call is made when, and who gets its result. A call waits in the
 * queue of its context's seat until that has control; then it is made, and
 * its request is the seat's waiter until the context has control again.
 */
#include <string.h>

#include "serve_priv.h"

static struct spmc *spmc_of(const struct serve *s)
{
	return machine_spmc(s->open.machine);
}

bool cpu_is_played(const struct serve *s, unsigned int endpoint)
{
	enum spmc_kind kind = s->open.board->endpoints[endpoint].kind;

	return kind == SPMC_NS_PRIMARY ||
	       (kind != SPMC_VM &&
		!machine_has_code(s->open.machine, endpoint));
}

struct seat *cpu_seat(const struct serve *s, unsigned int endpoint,
		      unsigned int ec)
{
	return &s->seats[s->first_seat[endpoint] + ec];
}

static unsigned int seat_count(const struct serve *s, unsigned int endpoint)
{
	return endpoint ? s->open.board->endpoints[endpoint].ec_count :
			  s->open.board->config.cpus;
}

/* The seat of an endpoint on a CPU, or NULL. */
static struct seat *seat_on(const struct serve *s, unsigned int endpoint,
			    unsigned int cpu)
{
	unsigned int n = seat_count(s, endpoint);

	if (cpu >= s->open.board->config.cpus)
		return NULL;
	if (endpoint && n == 1)
		return cpu_seat(s, endpoint, 0);
	return cpu < n ? cpu_seat(s, endpoint, cpu) : NULL;
}

/* Who has control on a CPU, if it is somebody who is played. */
static struct seat *seat_at(const struct serve *s, unsigned int cpu,
			    unsigned int *endpoint)
{
	unsigned int ec;

	if (!spmc_running(spmc_of(s), cpu, endpoint, &ec) ||
	    !cpu_is_played(s, *endpoint))
		return NULL;
	return cpu_seat(s, *endpoint, ec);
}

/* -- requests -------------------------------------------------------------- */

static void unqueue(struct serve *s, struct request *r)
{
	if (r->state == REQUEST_QUEUED)
		g_queue_unlink(&seat_on(s, r->client->endpoint, r->cpu)->queue,
			       &r->link);
}

static void done(struct serve *s, struct request *r, enum wire_status status,
		 const struct ffa_value *regs, const char *text)
{
	unqueue(s, r);
	client_answer(r, status, regs, text);
}

/* Every request that is open, of all clients. */
static void each(struct serve *s, void (*f)(struct serve *, struct request *,
					    void *), void *data);

static void lose(struct serve *s, struct request *r, void *cpu)
{
	if (r->cpu == *(unsigned int *)cpu)
		done(s, r, WIRE_LOST, NULL, s->stuck[r->cpu]);
}

static void forget_waiter(struct serve *s, const struct request *r)
{
	unsigned int n = seat_count(s, r->client->endpoint);

	for (unsigned int i = 0; i < n; i++) {
		struct seat *seat = cpu_seat(s, r->client->endpoint, i);

		if (seat->waiter == r)
			seat->waiter = NULL;
	}
}

static void each(struct serve *s, void (*f)(struct serve *, struct request *,
					    void *), void *data)
{
	for (guint i = 0; i < s->clients->len; i++) {
		struct client *c = s->clients->pdata[i];

		for (unsigned int k = 0; k < G_N_ELEMENTS(c->requests); k++) {
			struct request *r = &c->requests[k];

			if (r->state == REQUEST_FREE)
				continue;
			f(s, r, data);
			if (r->state == REQUEST_FREE)
				forget_waiter(s, r);
		}
	}
}

/* -- control --------------------------------------------------------------- */

/* The CPU does not come back: everybody who waits for it hears so. */
static void stick(struct serve *s, unsigned int cpu, enum machine_end end,
		  const struct spmc_outcome *o)
{
	char why[256];

	board_lost(&s->open, cpu, end, o, why, sizeof(why));
	g_free(s->stuck[cpu]);
	s->stuck[cpu] = g_strdup(why);
	each(s, lose, &cpu);
}

/* Control came to a seat on `cpu`. */
static void take_seat(struct serve *s, struct seat *seat, unsigned int cpu,
		      const struct spmc_outcome *o)
{
	struct request *r = seat->waiter;

	seat->here = seat->started = true;
	seat->cpu = cpu;
	if (!o->goes_on)
		seat->regs = o->regs;
	if (!r || seat->doomed)
		return;
	seat->waiter = NULL;
	r->cpu = (uint16_t)cpu;
	done(s, r, WIRE_OK, &seat->regs, NULL);
}

static void arrive(struct serve *s, unsigned int cpu, enum machine_end end,
		   const struct spmc_outcome *o)
{
	if (s->mem_dirty)
		mem_update(s);
	if (end == MACHINE_PLAYED && cpu_is_played(s, o->endpoint))
		take_seat(s, cpu_seat(s, o->endpoint, o->ec), cpu, o);
	else
		stick(s, cpu, end, o);
}

/* A dead client's partition has control: it faults. False if nobody's. */
static bool fault(struct serve *s, unsigned int cpu)
{
	unsigned int endpoint;
	struct seat *seat = seat_at(s, cpu, &endpoint);
	struct spmc_outcome out;
	enum machine_end end;

	if (!seat || !seat->doomed)
		return false;
	/* all of it ends; contexts that run elsewhere see so themselves */
	seat->doomed = seat->here = false;
	s->mem_dirty = true;
	end = machine_crash(s->open.machine, cpu, &out);
	arrive(s, cpu, end, &out);
	return true;
}

static void make(struct serve *s, struct seat *seat, struct request *r)
{
	/* a context that was interrupted may go on elsewhere */
	unsigned int cpu = seat->cpu;
	struct spmc_outcome out;
	enum machine_end end;

	unqueue(s, r);
	r->state = REQUEST_CALLING;
	seat->waiter = r;
	seat->here = false;
	s->calls++;
	end = machine_call(s->open.machine, cpu, &r->regs, &out);
	arrive(s, cpu, end, &out);
}

/* The request that can be made on a CPU now, or NULL. */
static struct request *next_of(struct serve *s, unsigned int cpu,
			       struct seat **seat)
{
	unsigned int endpoint;

	*seat = seat_at(s, cpu, &endpoint);
	if (!*seat || !(*seat)->here || (*seat)->doomed || s->stuck[cpu])
		return NULL;
	return g_queue_peek_head(&(*seat)->queue);
}

static void boot_more(struct serve *s);

/* Does what can be done on a CPU. */
static void kick(struct serve *s, unsigned int cpu)
{
	struct request *r;
	struct seat *seat;

	do {
		while (fault(s, cpu))
			;
		boot_more(s);
		r = s->paused ? NULL : next_of(s, cpu, &seat);
		if (r)
			make(s, seat, r);
	} while (r);
}

static bool cpu_is_up(const struct serve *s, unsigned int cpu)
{
	return cpu_seat(s, 0, cpu)->started;
}

/* The other CPUs start when the first one is through. */
static void boot_more(struct serve *s)
{
	unsigned int from = s->booted;

	while (s->booted < s->open.board->config.cpus &&
	       (!s->booted || cpu_is_up(s, 0))) {
		unsigned int cpu = s->booted++;
		struct spmc_outcome out;
		enum machine_end end = machine_boot(s->open.machine, cpu,
						    false, &out);

		arrive(s, cpu, end, &out);
	}
	for (; from < s->booted; from++)
		kick(s, from);
}

void cpu_boot(struct serve *s)
{
	s->booted = 0;
	boot_more(s);
}

/* -- what clients want ----------------------------------------------------- */

static void enter(struct serve *s, struct request *r, struct seat *seat)
{
	if (seat->waiter) {
		done(s, r, WIRE_ELSEWHERE, NULL, "a request waits there "
		     "already");
		return;
	}
	if (seat->here) {
		r->cpu = (uint16_t)seat->cpu;
		done(s, r, WIRE_OK, &seat->regs, NULL);
		return;
	}
	r->state = REQUEST_CALLING;
	seat->waiter = r;
}

void cpu_request(struct serve *s, struct request *r)
{
	unsigned int endpoint = r->client->endpoint;
	struct seat *seat = seat_on(s, endpoint, r->cpu);

	if (!seat) {
		done(s, r, WIRE_ELSEWHERE, NULL,
		     "the endpoint has no context on that CPU");
		return;
	}
	if (s->stuck[r->cpu]) {
		done(s, r, WIRE_LOST, NULL, s->stuck[r->cpu]);
		return;
	}
	if (r->type == WIRE_ENTER) {
		enter(s, r, seat);
		return;
	}
	/* a partition that was interrupted may call: it goes on later */
	if (endpoint && (!seat->started || seat->waiter ||
			 (seat->here && seat->cpu != r->cpu))) {
		done(s, r, WIRE_ELSEWHERE, NULL,
		     "the context does not run on that CPU");
		return;
	}
	r->state = REQUEST_QUEUED;
	r->order = s->order++;
	g_queue_push_tail_link(&seat->queue, &r->link);
	kick(s, seat->started ? seat->cpu : r->cpu);
}

void cpu_leave(struct serve *s, struct client *c, bool dead)
{
	unsigned int n = seat_count(s, c->endpoint);

	for (unsigned int i = 0; i < G_N_ELEMENTS(c->requests); i++) {
		struct request *r = &c->requests[i];

		unqueue(s, r);
		if (r->state != REQUEST_FREE)
			forget_waiter(s, r);
		r->state = REQUEST_FREE;
	}
	if (!dead || !c->endpoint)
		return;
	for (unsigned int i = 0; i < n; i++) {
		struct seat *seat = cpu_seat(s, c->endpoint, i);

		seat->doomed = seat->started;
		if (seat->doomed && seat->here)
			kick(s, seat->cpu);
	}
}

bool cpu_step(struct serve *s)
{
	struct request *first = NULL;
	struct seat *its = NULL, *seat;
	unsigned int at;

	for (unsigned int cpu = 0; cpu < s->open.board->config.cpus; cpu++) {
		struct request *r = next_of(s, cpu, &seat);

		if (r && (!first || r->order < first->order)) {
			first = r;
			its = seat;
		}
	}
	if (!first)
		return false;
	at = its->cpu;
	make(s, its, first);
	kick(s, at);
	return true;
}

void cpu_look(struct serve *s)
{
	for (unsigned int cpu = 0; cpu < s->booted; cpu++) {
		struct spmc_outcome out = { .endpoint = SPMC_NOBODY };
		unsigned int ep, ec;

		/* code never stops where it can go on */
		if (!spmc_running(spmc_of(s), cpu, &ep, &ec)) {
			stick(s, cpu, MACHINE_STOPPED, &out);
		} else if (!cpu_is_played(s, ep)) {
			out.endpoint = (uint16_t)ep;
			stick(s, cpu, MACHINE_HUNG, &out);
		}
		kick(s, cpu);
	}
}

/* -- what happens without them --------------------------------------------- */

static void reset_one(struct serve *s, struct request *r, void *data)
{
	(void)data;
	done(s, r, WIRE_RESET, NULL, "the machine was reset or loaded");
}

void cpu_forget(struct serve *s)
{
	each(s, reset_one, NULL);
	for (unsigned int i = 0; i < s->open.board->config.endpoint_count; i++)
		for (unsigned int k = 0; cpu_is_played(s, i) &&
					 k < seat_count(s, i); k++)
			*cpu_seat(s, i, k) = (struct seat){ 0 };
	for (unsigned int cpu = 0; cpu < s->open.board->config.cpus; cpu++)
		g_clear_pointer(&s->stuck[cpu], g_free);
	mem_changed(s, UINT64_MAX);
}

void cpu_event(struct serve *s, unsigned int cpu, enum machine_end end,
	       const struct spmc_outcome *out)
{
	unsigned int i = 0;

	/* who was interrupted is not here any more */
	for (; i < s->open.board->config.endpoint_count; i++)
		for (unsigned int k = 0; cpu_is_played(s, i) &&
					 k < seat_count(s, i); k++)
			if (cpu_seat(s, i, k)->cpu == cpu)
				cpu_seat(s, i, k)->here = false;
	arrive(s, cpu, end, out);
	kick(s, cpu);
}

/* What endpoints did to memory. */
static void watch(void *ctx, unsigned int cpu, unsigned int endpoint,
		  unsigned int ec, const struct ffa_value *in,
		  const struct spmc_outcome *out)
{
	struct serve *s = ctx;

	(void)cpu;
	(void)ec;
	/* a partition that aborts gives back, too */
	if (!in || (out->fn >= FFA_FN_MEM_DONATE_32 &&
		    out->fn <= FFA_FN_MEM_PERM_SET_64) ||
	    out->fn == FFA_FN_ERROR || out->fn == FFA_FN_ABORT_32)
		s->mem_dirty = true;
	/* what it may access now it may have mapped before */
	if (in && !out->rule && (out->fn == FFA_FN_MEM_RECLAIM ||
				 out->fn == FFA_FN_MEM_RETRIEVE_REQ_32 ||
				 out->fn == FFA_FN_MEM_RETRIEVE_REQ_64))
		mem_changed(s, (uint64_t)1 << endpoint);
}

void cpu_init(struct serve *s)
{
	const struct board *b = s->open.board;
	unsigned int n = 0;

	s->first_seat = g_new0(unsigned int, b->config.endpoint_count);
	for (unsigned int i = 0; i < b->config.endpoint_count; i++) {
		s->first_seat[i] = n;
		n += seat_count(s, i);
		s->players += cpu_is_played(s, i);
	}
	s->seats = g_new0(struct seat, n);
	machine_watch(s->open.machine, watch, s);
}

void cpu_free(struct serve *s)
{
	for (unsigned int i = 0; i < SPMC_MAX_CPUS; i++)
		g_free(s->stuck[i]);
	g_free(s->seats);
	g_free(s->first_seat);
}
