/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which statement is next: a stack of lists, so that whoever runs them can
 * stop between any two. What an include, shuffle or any holds goes on top.
 */
#include <string.h>

#include "run_priv.h"

struct run_list {
	const struct ffs_stmt *block;	/* shuffle or any; NULL: a file */
	struct ffs_stmt *const *v;
	unsigned int n, at;
	struct ffs_stmt **own;		/* v, if it is ours */
	bool *done;			/* of any, else NULL */
};

static void list_clear(void *data)
{
	struct run_list *l = data;

	g_free(l->own);
	g_free(l->done);
}

void run_next_init(struct run *r)
{
	const struct ffs_list *list = &r->file->list;
	const struct run_list l = { .v = list->v, .n = list->n };

	r->lists = g_array_new(FALSE, FALSE, sizeof(struct run_list));
	g_array_set_clear_func(r->lists, list_clear);
	g_array_append_val(r->lists, l);
}

void run_next_free(struct run *r)
{
	if (r->lists)
		g_array_unref(r->lists);
}

/* -- any ------------------------------------------------------------------- */

/* May this statement of `any` be next? */
static bool ready(struct run *r, const struct ffs_stmt *s)
{
	unsigned int ep, ec;
	struct run_seat *seat;
	bool was = r->quiet;

	if (s->kind == FFS_S_RESUME)
		return run_would_resume(r, s);
	if (s->kind == FFS_S_DIRECTIVE || s->kind == FFS_S_BAD)
		return true;
	if (run_is_driven(r, s) && !run_would_take(r, s))
		return false;
	r->quiet = true;
	seat = run_actor(r, s, &ep, &ec);
	r->quiet = was;
	return seat && !seat->hangs && (!seat->unseen || seat->optional);
}

static bool none_ready(struct run *r, const struct run_list *l)
{
	struct mismatch *m = mismatch_new(r, l->block);

	mismatch_line(m, "because", "none of these can be next:");
	for (unsigned int i = 0; i < l->n; i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		if (l->done[i])
			continue;
		ffs_format_stmt(text, l->v[i], 0);
		mismatch_line(m, "", "%s", text->str);
	}
	for (unsigned int cpu = 0; cpu < r->board->config.cpus; cpu++)
		mismatch_unseen(m, cpu);
	mismatch_graph(m);
	return mismatch_end(m, RUN_FAIL);
}

/* The first line of `any` that can be next; NULL: none, or none is left. */
static const struct ffs_stmt *pick(struct run *r, struct run_list *l,
				   bool *waits)
{
	*waits = false;
	for (unsigned int i = 0; i < l->n; i++) {
		if (l->done[i])
			continue;
		if (ready(r, l->v[i])) {
			l->done[i] = true;
			l->at++;
			return l->v[i];
		}
		*waits |= run_is_driven(r, l->v[i]);
	}
	return NULL;
}

/* -- shuffle --------------------------------------------------------------- */

/*
 * The lane of a statement of `shuffle`: what is on one CPU keeps some order,
 * what is on none keeps none.
 */
static unsigned int lane(const struct ffs_stmt *s)
{
	return s->actor ? MIN(s->cpu, SPMC_MAX_CPUS - 1) : SPMC_MAX_CPUS;
}

/* A chain of statements that stay together: [first, first + n) of a lane. */
struct unit {
	unsigned int first, n;
};

/*
 * Does the order of a lane leave no choice? So it is if it begins inside of a
 * call, or if several actors take turns outside of one.
 */
static bool fixed(const GPtrArray *stmts)
{
	const char *opener = NULL, *first = NULL;

	for (guint i = 0; i < stmts->len; i++) {
		const struct ffs_stmt *s = stmts->pdata[i];

		if (!s->actor)
			return false;
		if (opener) {
			if (s->kind == FFS_S_RESUME &&
			    !strcmp(s->actor, opener))
				opener = NULL;
			continue;
		}
		if (s->kind == FFS_S_RESUME ||
		    (first && strcmp(first, s->actor)))
			return true;
		first = s->actor;
		if (s->kind == FFS_S_OPEN)
			opener = s->actor;
	}
	return false;
}

/*
 * Cuts a lane into units: a call that hands control away, up to the line that
 * has it back, is one; so is every other line.
 */
static GArray *units(const GPtrArray *stmts)
{
	GArray *to = g_array_new(FALSE, FALSE, sizeof(struct unit));
	struct unit u = { 0, fixed(stmts) ? stmts->len : 0 };
	const char *opener = NULL;

	for (guint i = u.n; i < stmts->len; i++) {
		const struct ffs_stmt *s = stmts->pdata[i];

		if (!opener)
			u = (struct unit){ i, 0 };
		u.n++;
		if (!opener && s->kind == FFS_S_OPEN)
			opener = s->actor;
		else if (opener && s->kind == FFS_S_RESUME &&
			 !strcmp(s->actor, opener))
			opener = NULL;
		if (!opener)
			g_array_append_val(to, u);
	}
	if (opener || fixed(stmts))
		g_array_append_val(to, u);
	return to;
}

static void permute(struct run *r, GArray *a)
{
	for (guint i = a->len; i > 1; i--) {
		guint k = machine_random(r->machine, i);
		struct unit t = g_array_index(a, struct unit, i - 1);

		g_array_index(a, struct unit, i - 1) =
			g_array_index(a, struct unit, k);
		g_array_index(a, struct unit, k) = t;
	}
}

static void order_lane(struct run *r, GPtrArray *stmts)
{
	g_autoptr(GArray) cut = units(stmts);
	g_autoptr(GPtrArray) old = g_ptr_array_copy(stmts, NULL, NULL);

	permute(r, cut);
	g_ptr_array_set_size(stmts, 0);
	for (guint i = 0; i < cut->len; i++) {
		struct unit u = g_array_index(cut, struct unit, i);

		for (guint k = 0; k < u.n; k++)
			g_ptr_array_add(stmts, old->pdata[u.first + k]);
	}
}

/* The statements of a block, in an order that the seed chooses. */
static struct ffs_stmt **shuffled(struct run *r, const struct ffs_list *body)
{
	struct ffs_stmt **to = g_new0(struct ffs_stmt *, body->n);
	GPtrArray *lanes[SPMC_MAX_CPUS + 1];
	guint at[SPMC_MAX_CPUS + 1] = { 0 };

	for (unsigned int i = 0; i <= SPMC_MAX_CPUS; i++)
		lanes[i] = g_ptr_array_new();
	for (unsigned int i = 0; i < body->n; i++)
		g_ptr_array_add(lanes[lane(body->v[i])], body->v[i]);
	for (unsigned int i = 0; i <= SPMC_MAX_CPUS; i++)
		if (lanes[i]->len)
			order_lane(r, lanes[i]);
	for (unsigned int n = 0; n < body->n; n++) {
		uint64_t k = machine_random(r->machine, body->n - n);
		unsigned int i = 0;

		for (; k >= lanes[i]->len - at[i]; i++)
			k -= lanes[i]->len - at[i];
		to[n] = lanes[i]->pdata[at[i]++];
	}
	for (unsigned int i = 0; i <= SPMC_MAX_CPUS; i++)
		g_ptr_array_unref(lanes[i]);
	return to;
}

/* -- next ------------------------------------------------------------------ */

static void enter(struct run *r, const struct ffs_stmt *s)
{
	struct run_list l = { .v = s->body.v, .n = s->body.n };

	if (s->word != FFS_W_INCLUDE)
		l.block = s;
	if (s->word == FFS_W_SHUFFLE)
		l.v = l.own = shuffled(r, &s->body);
	if (s->word == FFS_W_ANY)
		l.done = g_new0(bool, s->body.n + 1);
	g_array_append_val(r->lists, l);
}

static bool is_list(const struct ffs_stmt *s)
{
	return s->kind == FFS_S_DIRECTIVE &&
	       (s->word == FFS_W_INCLUDE || s->word == FFS_W_SHUFFLE ||
		s->word == FFS_W_ANY);
}

enum run_next run_next(struct run *r, const struct ffs_stmt **s)
{
	while (r->lists->len) {
		struct run_list *l = &g_array_index(r->lists, struct run_list,
						    r->lists->len - 1);
		bool waits;

		if (l->at == l->n ||
		    (r->lists->len == 1 && r->options->stop_at &&
		     l->v[l->at]->loc.line > r->options->stop_at)) {
			g_array_set_size(r->lists, r->lists->len - 1);
			continue;
		}
		if (l->done) {
			*s = pick(r, l, &waits);
			if (!*s && waits) {
				*s = l->block;
				return RUN_NEXT_WAITS;
			}
			if (!*s)
				return none_ready(r, l) ? RUN_NEXT_END :
							  RUN_NEXT_FAILED;
		} else {
			*s = l->v[l->at++];
		}
		if (r->lists->len == 1)
			r->top = *s;
		if (!is_list(*s))
			return RUN_NEXT_STMT;
		enter(r, *s);
	}
	return RUN_NEXT_END;
}

bool run_next_awaits(const struct run *r, unsigned int cpu)
{
	const struct run_list *l = &g_array_index(r->lists, struct run_list,
						  r->lists->len - 1);

	for (unsigned int i = 0; i < l->n; i++)
		if (!l->done[i] && l->v[i]->cpu == cpu &&
		    (l->v[i]->kind == FFS_S_CALL ||
		     l->v[i]->kind == FFS_S_OPEN) &&
		    run_is_driven(r, l->v[i]))
			return true;
	return false;
}
