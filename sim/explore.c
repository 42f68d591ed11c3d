/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The search. Of a state is kept how it was reached: a parent and a move. To
 * go on from it the moves of its path are made again, which takes less time
 * than the memory of a copy would cost.
 */
#include "explore.h"

#include <string.h>

enum { TELL_EVERY = 1 << 18 };

/* How a state was reached; the first one was not. */
struct node {
	uint32_t parent;
	uint16_t move;		/* index in the plan's, */
	uint16_t cpu;		/* and where */
};

/* What of a player is the state: guest memory is written before it is read. */
struct saved {
	struct spmc *s;
	uint64_t handles[OPS_MAX_HANDLES];
	unsigned int handle_count;
};

struct search {
	struct explore *e;
	struct ops *o;
	struct saved root, from;
	GArray *nodes;		/* struct node */
	uint64_t *seen;		/* hashes, open addressing; 0: empty */
	uint64_t mask;
	gint64 began;		/* of this depth */
};

/* -- states ------------------------------------------------------------------------- */

static void save(struct saved *to, const struct ops *o)
{
	spmc_copy(to->s, o->s);
	memcpy(to->handles, o->handles, sizeof(to->handles));
	to->handle_count = o->handle_count;
}

static void restore(struct ops *o, const struct saved *from)
{
	spmc_copy(o->s, from->s);
	memcpy(o->handles, from->handles, sizeof(o->handles));
	o->handle_count = from->handle_count;
	o->unseen = true;
}

/* The model, and what the moves can name. */
static uint64_t hash(const struct ops *o)
{
	uint64_t h = spmc_hash(o->s);

	for (unsigned int i = 0; i < 2 && i < o->handle_count; i++) {
		h ^= o->handles[(o->handle_count - 1 - i) % OPS_MAX_HANDLES];
		h *= 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return h ? h : 1;
}

static void grow(struct search *s)
{
	uint64_t *old = s->seen, n = s->mask + 1;

	s->mask = 2 * n - 1;
	s->seen = g_new0(uint64_t, 2 * n);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = old[i] & s->mask;

		if (!old[i])
			continue;
		while (s->seen[at])
			at = (at + 1) & s->mask;
		s->seen[at] = old[i];
	}
	g_free(old);
}

/* False if it is there. */
static bool insert(struct search *s, uint64_t h)
{
	uint64_t at = h & s->mask;

	for (; s->seen[at]; at = (at + 1) & s->mask)
		if (s->seen[at] == h)
			return false;
	s->seen[at] = h;
	if (++s->e->states * 2 > s->mask)
		grow(s);
	return true;
}

/* -- moves --------------------------------------------------------------------------- */

static const struct explore_move *move_at(const struct search *s,
					  unsigned int i)
{
	return &g_array_index(s->e->plan->moves, struct explore_move, i);
}

static bool may_move(const struct search *s, const struct explore_move *m,
		     unsigned int cpu)
{
	unsigned int ep, ec;

	if (!spmc_running(s->o->s, cpu, &ep, &ec))
		return false;
	if (m->actor == EXPLORE_PARTITION)
		return s->o->board->endpoints[ep].kind >= SPMC_SP_EL1;
	return m->actor == EXPLORE_ANYBODY || m->actor == ep;
}

static bool make_move(struct search *s, const struct explore_move *m,
		      unsigned int cpu)
{
	s->o->has_len = false;	/* of a descriptor that was not sent */
	s->o->out.rule = 0;
	for (unsigned int i = 0; i < m->count; i++) {
		uint8_t row[OPS_ROW];

		memcpy(row, m->rows[i], OPS_ROW);
		row[1] = (uint8_t)cpu;
		if (!ops_row(s->o, row))
			return false;
	}
	return true;
}

/* Goes to a state by its path. */
static void go(struct search *s, uint32_t node)
{
	uint32_t path[256];
	unsigned int n = 0;

	for (; node; node = g_array_index(s->nodes, struct node, node).parent)
		path[n++] = node;
	restore(s->o, &s->root);
	s->o->check = false;	/* it was looked at when it was found */
	while (n--) {
		const struct node *d = &g_array_index(s->nodes, struct node,
						      path[n]);

		make_move(s, move_at(s, d->move), d->cpu);
	}
	s->o->check = true;
	save(&s->from, s->o);
}

/* -- findings -------------------------------------------------------------------------- */

static void append_move(const struct search *s, GByteArray *to,
			unsigned int move, unsigned int cpu)
{
	const struct explore_move *m = move_at(s, move);

	for (unsigned int i = 0; i < m->count; i++) {
		uint8_t row[OPS_ROW];

		memcpy(row, m->rows[i], OPS_ROW);
		row[1] = (uint8_t)cpu;
		g_byte_array_append(to, row, OPS_ROW);
	}
}

static void found(struct search *s, uint32_t node, unsigned int move,
		  unsigned int cpu)
{
	struct explore *e = s->e;
	g_autoptr(GByteArray) rows = g_byte_array_new();
	g_autofree char *title = NULL;
	uint32_t path[256];
	unsigned int n = 0;

	e->fault = s->o->fault;
	for (; node; node = g_array_index(s->nodes, struct node, node).parent)
		path[n++] = node;
	e->path_moves = n + 1;
	g_byte_array_append(rows, e->plan->start->data, e->plan->start->len);
	while (n--) {
		const struct node *d = &g_array_index(s->nodes, struct node,
						      path[n]);

		append_move(s, rows, d->move, d->cpu);
	}
	append_move(s, rows, move, cpu);
	title = g_strdup_printf("%s: %s", e->fault.id, e->fault.sentence);
	e->path = ops_print(rows->data, rows->len,
			    rows->len / OPS_ROW - e->plan->board_rows, false,
			    OPS_FFS, title);
}

/* A new state: what holds of all of them holds of it. */
static bool check_state(struct search *s)
{
	struct spmc_broken b;

	if (spmc_invariant(s->o->s, &b))
		return true;
	s->o->fault.id = spmc_invariants[b.invariant].name;
	g_strlcpy(s->o->fault.sentence, b.what,
		  sizeof(s->o->fault.sentence));
	return false;
}

/* -- the search ------------------------------------------------------------------------ */

/* All moves from a state. False: a fault, or it is enough. */
static bool expand(struct search *s, uint32_t node,
		   struct explore_depth *depth)
{
	struct explore *e = s->e;

	go(s, node);
	for (unsigned int cpu = 0; cpu < e->plan->cpus; cpu++) {
		for (unsigned int i = 0; i < e->plan->moves->len; i++) {
			struct node next = {
				node, (uint16_t)i, (uint16_t)cpu,
			};

			if (!may_move(s, move_at(s, i), cpu))
				continue;
			e->moves++;
			depth->moves++;
			if (!make_move(s, move_at(s, i), cpu) ||
			    (!s->o->out.rule && !check_state(s))) {
				found(s, node, i, cpu);
				return false;
			}
			depth->refused += s->o->out.rule != 0;
			if (!s->o->out.rule && insert(s, hash(s->o))) {
				depth->fresh++;
				g_array_append_val(s->nodes, next);
			}
			if (!s->o->out.rule)	/* else it changed nothing */
				restore(s->o, &s->from);
			if (e->moves % TELL_EVERY == 0)
				e->tell(e->ctx, e, false);
		}
		if (e->states >= e->max_states) {
			e->full = true;
			return false;
		}
	}
	return true;
}

static double seconds_since(gint64 began)
{
	return (double)(g_get_monotonic_time() - began) / 1e6;
}

static void search(struct search *s)
{
	struct explore *e = s->e;
	uint32_t first = 0, end = 1;
	struct explore_depth start = { .fresh = 1 };
	bool goes_on = true;

	insert(s, hash(s->o));
	g_array_append_val(s->nodes, (struct node){ 0 });
	g_array_append_val(e->depths, start);
	for (unsigned int d = 1; goes_on && d <= e->depth; d++) {
		struct explore_depth depth = { 0 };
		gint64 began = g_get_monotonic_time();

		for (uint32_t i = first; goes_on && i < end; i++)
			goes_on = expand(s, i, &depth);
		depth.seconds = seconds_since(began);
		g_array_append_val(e->depths, depth);
		e->tell(e->ctx, e, true);
		first = end;
		end = s->nodes->len;
		if (goes_on && first == end) {
			e->whole = true;
			return;
		}
	}
}

static struct spmc *new_block(const struct ops *o)
{
	return spmc_init(g_malloc0(spmc_size(&o->board->config)),
			 &o->board->config);
}

bool explore_run(struct explore *e)
{
	struct search s = { .e = e, .mask = (1 << 16) - 1 };

	e->depths = g_array_new(FALSE, FALSE, sizeof(struct explore_depth));
	s.o = ops_new();
	/* states are looked at once each, by check_state() */
	s.o->level = SPMC_CHECK_ANSWER;
	if (!s.o)
		g_error("no memory");
	s.nodes = g_array_new(FALSE, FALSE, sizeof(struct node));
	s.seen = g_new0(uint64_t, s.mask + 1);
	ops_play(s.o, e->plan->start->data, e->plan->start->len, SIZE_MAX);
	s.root.s = new_block(s.o);
	s.from.s = new_block(s.o);
	save(&s.root, s.o);
	if (s.o->fault.id || !check_state(&s))
		e->fault = s.o->fault;
	else
		search(&s);
	g_free(s.root.s);
	g_free(s.from.s);
	g_free(s.seen);
	g_array_unref(s.nodes);
	ops_free(s.o);
	return !e->fault.id;
}

void explore_clear(struct explore *e)
{
	g_array_unref(e->depths);
	g_free(e->path);
}
