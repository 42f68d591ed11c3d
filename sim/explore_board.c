/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a scenario's declarations to a board in rows, with buffers mapped, and
 * the moves on it: `buf` lines are RX and TX buffers, two for each endpoint,
 * the pages of `mem` lines are sent.
 */
#include "explore.h"

#include <string.h>

#include "board.h"
#include "ffs.h"
#include "ops_priv.h"

enum { NAMED_HANDLES = 2 };	/* the last ones */

unsigned int explore_alphabets(const char *text, const char **what)
{
	static const struct {
		const char *name;
		enum explore_alphabet alphabet;
	} all[] = {
		{ "memory", EXPLORE_MEMORY },
		{ "messaging", EXPLORE_MESSAGING },
		{ "events", EXPLORE_EVENTS },
	};
	g_auto(GStrv) words = g_strsplit(text, ",", -1);
	unsigned int mask = 0, i;

	*what = "memory, messaging or events";
	for (char **w = words; *w; w++) {
		for (i = 0; i < G_N_ELEMENTS(all); i++)
			if (!strcmp(all[i].name, *w))
				break;
		if (i == G_N_ELEMENTS(all))
			return 0;
		mask |= all[i].alphabet;
	}
	return mask;
}

/* -- rows ---------------------------------------------------------------------- */

static void put16(uint8_t *to, unsigned int v)
{
	to[0] = (uint8_t)v;
	to[1] = (uint8_t)(v >> 8);
}

static void add(struct explore_plan *p, const uint8_t row[OPS_ROW])
{
	g_byte_array_append(p->start, row, OPS_ROW);
}

static void add_head(struct explore_plan *p, const struct board *b)
{
	const struct spmc_config *c = &b->config;
	uint8_t r[OPS_ROW] = {
		[0] = (uint8_t)((c->version & 3) | c->profile << 2),
		[1] = (uint8_t)((c->cpus - 1) | (c->dynbuf ? 8 : 0)),
		[2] = (uint8_t)c->npi, [3] = (uint8_t)c->sri,
		[4] = (uint8_t)c->mei,
		[5] = (uint8_t)(c->endpoint_count - 1),
		[6] = (uint8_t)b->mem_count,
		[7] = (uint8_t)(c->rxtx_max_pages - 1),
		[13] = (uint8_t)c->vcpus,
		[14] = (uint8_t)((b->endpoints[0].version & 3) |
				 (b->endpoints[0].aarch32 ? 4 : 0)),
	};

	/* more than can be named are of no use */
	put16(r + 8, MIN(c->handles, 256));
	put16(r + 10, MIN(c->ranges, 4096));
	add(p, r);
}

static void add_endpoint(struct explore_plan *p,
			 const struct spmc_endpoint_config *e,
			 unsigned int cpus)
{
	static const uint8_t kinds[] = {
		[SPMC_VM] = 2, [SPMC_SP_EL1] = 0, [SPMC_SP_EL0] = 1,
	};
	static const uint8_t ns[] = {
		[SPMC_NS_SIGNALED] = 0, [SPMC_NS_QUEUED] = 1,
		[SPMC_NS_MANAGED_EXIT] = 2,
	};
	bool mp = e->kind >= SPMC_SP_EL1 && e->ec_count == cpus && cpus > 1;
	uint8_t r[OPS_ROW] = {
		[0] = (uint8_t)(kinds[e->kind] | (e->aarch32 ? 4 : 0) |
				(mp ? 8 : 0)),
		[1] = (uint8_t)((e->version & 3) | ns[e->ns_action] << 2 |
				(e->s_action == SPMC_S_QUEUED ? 16 : 0) |
				e->pm << 5),
		[8] = (uint8_t)e->uuid_count,
		[9] = e->abort,
		[10] = (uint8_t)(e->ec_count - 1),
	};

	put16(r + 2, e->id);
	put16(r + 4, e->props);
	put16(r + 6, e->boot_order);
	add(p, r);
	for (unsigned int i = 0; i < e->uuid_count; i++)
		add(p, e->uuids[i].b);
}

static void add_mem(struct explore_plan *p, const struct board *b,
		    const struct board_mem *m)
{
	uint64_t page = m->base / FFA_PAGE_SIZE;
	int owner = -1;
	uint8_t r[OPS_ROW] = { 0 };

	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		if (b->endpoints[i].id == m->owner)
			owner = (int)i;
	put16(r, (unsigned int)page & 0xffff);
	put16(r + 2, (unsigned int)(page >> 16));
	put16(r + 4, (unsigned int)m->pages - 1);
	r[6] = (uint8_t)owner;
	add(p, r);
}

/* Did the rows say what the scenario says? */
static char *compare(const struct board *b, const struct ops_board *o)
{
	for (unsigned int i = 0; i < b->config.endpoint_count; i++) {
		const struct spmc_endpoint_config *x = &b->endpoints[i];
		const struct spmc_endpoint_config *y = &o->endpoints[i];

		if (b->parts[i].code || b->parts[i].manifest)
			return g_strdup_printf("%s: who explores plays every "
					       "part: no run=, no manifest=",
					       b->parts[i].name);
		if (x->id != y->id || x->kind != y->kind ||
		    (i && x->ec_count != y->ec_count) ||
		    x->version != y->version || (i && x->props != y->props) ||
		    x->ns_action != y->ns_action)
			return g_strdup_printf("%s: a part that explore cannot "
					       "play", b->parts[i].name);
	}
	for (unsigned int i = 0; i < b->mem_count; i++)
		if (i >= o->mem_count || o->mems[i].base != b->mems[i].base ||
		    o->mems[i].pages != b->mems[i].pages ||
		    b->mems[i].stride != 1)
			return g_strdup_printf("%s: memory that explore does "
					       "not know", b->mems[i].name);
	if (b->config.cpus != o->config.cpus || b->config.irq_count)
		return g_strdup_printf("a board of 1 to %d CPUs without "
				       "interrupts can be explored",
				       OPS_MAX_CPUS);
	return NULL;
}

/* -- moves ------------------------------------------------------------------------ */

/* Number of a function in byte [2] of OPS_CALL. */
static uint8_t code_of(uint32_t fid)
{
	return (uint8_t)(((fid & 0xff) - 0x60) |
			 (fid & 0x40000000 ? OPS_FN_WIDE : 0));
}

/* Operand `n` of a call: field, kind, value. */
static void operand(uint8_t *row, unsigned int n, unsigned int field,
		    enum ops_kind kind, unsigned int value)
{
	row[4 + 4 * n] = (uint8_t)field;
	row[5 + 4 * n] = (uint8_t)kind;
	put16(row + 6 + 4 * n, value);
}

static uint8_t *next_row(struct explore_move *m, enum ops_op op)
{
	uint8_t *row = m->rows[m->count++];

	row[0] = (uint8_t)op;
	return row;
}

static uint8_t *call_row(struct explore_move *m, uint32_t fid)
{
	uint8_t *row = next_row(m, OPS_CALL);

	row[2] = code_of(fid);
	return row;
}

static bool is_sp(const struct board *b, unsigned int ep)
{
	return b->endpoints[ep].kind >= SPMC_SP_EL1;
}

/* A descriptor with one access descriptor, for `ep`. */
static void desc_rows(struct explore_move *m, enum ops_desc_kind kind,
		      unsigned int sender, unsigned int handle,
		      unsigned int ep, unsigned int perm)
{
	uint8_t *row = next_row(m, OPS_DESC);

	row[2] = (uint8_t)kind;
	if (kind == OPS_D_RETRIEVE || kind == OPS_D_RELINQUISH) {
		row[8] = (uint8_t)handle;
		row[9] = 1;
	}
	row[10] = (uint8_t)sender;
	row = next_row(m, OPS_EMAD);
	row[3] = (uint8_t)perm;
	row[5] = (uint8_t)ep;
}

static void add_sends(struct explore_plan *p, const struct board *b,
		      unsigned int from, unsigned int to, unsigned int page)
{
	/* permissions: rows of perms[] in ops_row.c: RW, and none */
	static const struct {
		enum ops_desc_kind kind;
		uint32_t fid;
		unsigned int perm;
	} sends[] = {
		{ OPS_D_SHARE, (uint32_t)FFA_ID_MEM_SHARE_32, 0 },
		{ OPS_D_LEND, (uint32_t)FFA_ID_MEM_LEND_32, 0 },
		{ OPS_D_DONATE, (uint32_t)FFA_ID_MEM_DONATE_32, 6 },
	};

	(void)b;
	for (unsigned int i = 0; i < G_N_ELEMENTS(sends); i++) {
		struct explore_move m = { .actor = (uint8_t)from };
		uint8_t *row;

		desc_rows(&m, sends[i].kind, 0, 0, to, sends[i].perm);
		row = next_row(&m, OPS_RANGE);
		put16(row + 4, page);
		put16(row + 6, 1);
		call_row(&m, sends[i].fid);
		g_array_append_val(p->moves, m);
	}
}

/* What a borrower, or the sender, does with the n-th handle from the last. */
static void add_handle_moves(struct explore_plan *p, const struct board *b,
			     unsigned int handle)
{
	struct explore_move m = { .actor = EXPLORE_ANYBODY };
	uint8_t *row = call_row(&m, (uint32_t)FFA_ID_MEM_RECLAIM);

	operand(row, 0, 0, OPS_K_HANDLE, handle);
	g_array_append_val(p->moves, m);
	for (unsigned int i = 0; i < b->config.endpoint_count; i++) {
		if (!is_sp(b, i))
			continue;
		m = (struct explore_move){ .actor = (uint8_t)i };
		desc_rows(&m, OPS_D_RELINQUISH, 0, handle, i, 0);
		call_row(&m, (uint32_t)FFA_ID_MEM_RELINQUISH);
		g_array_append_val(p->moves, m);
		for (unsigned int from = 0; from < b->config.endpoint_count;
		     from++)
			/* RW; RW and not executable */
			for (unsigned int perm = 0; perm <= 2; perm += 2) {
				if (from == i ||
				    b->endpoints[from].kind == SPMC_VM)
					continue;
				m = (struct explore_move){
					.actor = (uint8_t)i,
				};
				desc_rows(&m, OPS_D_RETRIEVE, from + 1,
					  handle, i, perm);
				call_row(&m, (uint32_t)
					 FFA_ID_MEM_RETRIEVE_REQ_32);
				g_array_append_val(p->moves, m);
			}
	}
}

static void add_simple(struct explore_plan *p, uint32_t fid,
		       unsigned int actor)
{
	struct explore_move m = { .actor = (uint8_t)actor };

	call_row(&m, fid);
	g_array_append_val(p->moves, m);
}

/* A call whose field `field` names an endpoint. */
static void add_naming(struct explore_plan *p, uint32_t fid,
		       unsigned int actor, unsigned int field, unsigned int ep)
{
	struct explore_move m = { .actor = (uint8_t)actor };

	operand(call_row(&m, fid), 0, field, OPS_K_ID, ep);
	g_array_append_val(p->moves, m);
}

static bool is_buffer(const struct board_mem *m)
{
	return m->stmt && !strcmp(m->stmt->name, "buf");
}

static void add_memory(struct explore_plan *p, const struct board *b)
{
	unsigned int page = 0;

	for (unsigned int i = 0; i < b->mem_count; i++) {
		const struct board_mem *mem = &b->mems[i];
		int from = -1;

		for (unsigned int k = 0; k < b->config.endpoint_count; k++)
			if (b->endpoints[k].id == mem->owner)
				from = (int)k;
		for (unsigned int k = 0; k < mem->pages; k++, page++) {
			if (is_buffer(mem) || from < 0)
				continue;
			/* who gets it by a donation may send it, too */
			for (unsigned int f = 0;
			     f < b->config.endpoint_count; f++)
				for (unsigned int to = 0;
				     to < b->config.endpoint_count; to++)
					if (f != to && is_sp(b, to) &&
					    (f == (unsigned int)from ||
					     is_sp(b, f)))
						add_sends(p, b, f, to, page);
		}
	}
	for (unsigned int i = 0; i < NAMED_HANDLES; i++)
		add_handle_moves(p, b, i);
	add_simple(p, (uint32_t)FFA_ID_RX_RELEASE, EXPLORE_ANYBODY);
}

static void add_messaging(struct explore_plan *p, const struct board *b)
{
	add_simple(p, (uint32_t)FFA_ID_MSG_WAIT, EXPLORE_PARTITION);
	add_simple(p, (uint32_t)FFA_ID_YIELD, EXPLORE_PARTITION);
	for (unsigned int i = 0; i < b->config.endpoint_count; i++) {
		struct explore_move m = { .actor = EXPLORE_ANYBODY };

		if (b->endpoints[i].kind == SPMC_VM)
			continue;
		add_naming(p, (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32,
			   EXPLORE_PARTITION, 1, i);
		if (!is_sp(b, i))
			continue;
		add_naming(p, (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32,
			   EXPLORE_ANYBODY, 1, i);
		add_naming(p, (uint32_t)FFA_ID_RUN, EXPLORE_ANYBODY, 0, i);
		desc_rows(&m, OPS_D_MSG, 0, 0, i, 0);
		call_row(&m, (uint32_t)FFA_ID_MSG_SEND2);
		g_array_append_val(p->moves, m);
	}
}

static void add_events(struct explore_plan *p)
{
	static const enum ops_op events[] = { OPS_PREEMPT, OPS_CRASH };

	for (unsigned int i = 0; i < G_N_ELEMENTS(events); i++) {
		struct explore_move m = { .actor = EXPLORE_PARTITION };

		next_row(&m, events[i]);
		g_array_append_val(p->moves, m);
	}
}

/* -- start -------------------------------------------------------------------------- */

/* Who runs on CPU 0 maps page `tx` and `rx`. */
static void add_map(struct explore_plan *p, unsigned int tx, unsigned int rx)
{
	struct explore_move m = { .count = 0 };
	uint8_t *row = call_row(&m, (uint32_t)FFA_ID_RXTX_MAP_64);

	operand(row, 0, 0, OPS_K_PAGE, tx);
	operand(row, 1, 1, OPS_K_PAGE, rx);
	operand(row, 2, 2, OPS_K_VALUE, 1);
	add(p, row);
}

/* Every endpoint with two buffers maps their first pages. */
static void add_maps(struct explore_plan *p, const struct board *b)
{
	for (unsigned int ep = 0; ep < b->config.endpoint_count; ep++) {
		struct explore_move m = { .count = 0 };
		unsigned int at[2] = { 0 }, n = 0, page = 0;
		uint8_t *row;

		for (unsigned int i = 0; i < b->mem_count; i++) {
			const struct board_mem *mem = &b->mems[i];

			if (is_buffer(mem) && n < 2 &&
			    mem->owner == b->endpoints[ep].id)
				at[n++] = page;
			page += (unsigned int)mem->pages;
		}
		if (n < 2 || b->endpoints[ep].kind == SPMC_VM)
			continue;
		if (!is_sp(b, ep)) {
			add_map(p, at[0], at[1]);
			continue;
		}
		row = call_row(&m, (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32);
		operand(row, 0, 1, OPS_K_ID, ep);
		add(p, row);
		add_map(p, at[0], at[1]);
		row = call_row(&m, (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32);
		operand(row, 0, 1, OPS_K_ID, 0);
		add(p, row);
	}
}

struct explore_plan *explore_plan(const struct board *b,
				  unsigned int alphabets, char **error)
{
	struct explore_plan *p = g_new0(struct explore_plan, 1);
	g_autofree struct ops_board *o = g_new0(struct ops_board, 1);

	p->start = g_byte_array_new();
	p->moves = g_array_new(FALSE, FALSE, sizeof(struct explore_move));
	p->cpus = b->config.cpus;
	*error = NULL;
	if (b->config.endpoint_count > 1 + OPS_MAX_ENDPOINTS ||
	    b->mem_count > OPS_MAX_MEMS)
		*error = g_strdup_printf("at most %d endpoints beside the "
					 "primary, and %d buf and mem lines",
					 OPS_MAX_ENDPOINTS, OPS_MAX_MEMS);
	for (unsigned int i = 0; !*error && i < b->mem_count; i++)
		if (b->mems[i].pages > 1024)
			*error = g_strdup_printf("%s: more than 1024 pages",
						 b->mems[i].name);
	if (*error) {
		explore_plan_free(p);
		return NULL;
	}
	add_head(p, b);
	for (unsigned int i = 1; i < b->config.endpoint_count; i++)
		add_endpoint(p, &b->endpoints[i], b->config.cpus);
	for (unsigned int i = 0; i < b->mem_count; i++)
		add_mem(p, b, &b->mems[i]);
	p->board_rows = p->start->len / OPS_ROW;
	ops_board_read(o, p->start->data, p->start->len);
	*error = compare(b, o);
	if (*error) {
		explore_plan_free(p);
		return NULL;
	}
	add_maps(p, b);
	if (alphabets & EXPLORE_MEMORY)
		add_memory(p, b);
	if (alphabets & EXPLORE_MESSAGING)
		add_messaging(p, b);
	if (alphabets & EXPLORE_EVENTS)
		add_events(p);
	return p;
}

void explore_plan_free(struct explore_plan *p)
{
	if (!p)
		return;
	g_byte_array_unref(p->start);
	g_array_unref(p->moves);
	g_free(p);
}
