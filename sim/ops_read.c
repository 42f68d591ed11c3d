/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a scenario to a trace. The scenario is run, and each step that it makes
 * becomes rows, which a player makes too: after each line both models must be
 * in the same state.
 */
#include <string.h>

#include "ops_rows.h"

struct reader {
	struct run_recorder recorder;
	struct ops *o;		/* NULL until there is a board */
	GByteArray *rows;
	const struct ffs_stmt *at;
	char *error;
};

static void cannot(struct reader *rd, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
static void cannot(struct reader *rd, const char *fmt, ...)
{
	g_autofree char *what = NULL;
	va_list ap;

	if (rd->error)
		return;
	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	if (rd->at && rd->at->loc.src)
		rd->error = g_strdup_printf("%s:%u: %s", rd->at->loc.src->name,
					    rd->at->loc.line, what);
	else
		rd->error = g_steal_pointer(&what);
}

static void put(struct reader *rd, const uint8_t row[OPS_ROW])
{
	if (rd->error)
		return;
	if (rd->rows->len >= OPS_MAX_ROWS * OPS_ROW) {
		cannot(rd, "a trace has at most %d rows", OPS_MAX_ROWS);
		return;
	}
	g_byte_array_append(rd->rows, row, OPS_ROW);
	ops_row(rd->o, row);
}

/* -- memory ---------------------------------------------------------------- */

/* Bytes of a page that differ are written. */
static void patch(struct reader *rd, unsigned int cpu, const uint8_t *want,
		  uint64_t pa)
{
	const uint64_t last = UINT64_C(0xfffff000);
	const uint8_t *now = ops_memory_at(rd->o->memory, pa, FFA_PAGE_SIZE);
	uint8_t row[OPS_ROW] = { OPS_WRITE, (uint8_t)cpu, 7 };
	int page = ops_page_of(rd->o->board, pa);

	if (!now || !memcmp(now, want, FFA_PAGE_SIZE))
		return;
	if (page < 0 && pa <= last && (last - pa) / FFA_PAGE_SIZE < 65536) {
		row[2] |= 8;
		page = (int)((last - pa) / FFA_PAGE_SIZE);
	} else if (page < 0) {
		cannot(rd, "what is written to 0x%" G_GINT64_MODIFIER "x is "
		       "in no buf or mem", pa);
		return;
	}
	ops_put16(row + 4, (unsigned int)page);
	for (unsigned int i = 0; i < FFA_PAGE_SIZE; i += 8) {
		if (!memcmp(now + i, want + i, 8))
			continue;
		ops_put16(row + 6, i);
		memcpy(row + 8, want + i, 8);
		put(rd, row);
	}
}

/* Makes a buffer of the player what it is in the run. */
static void sync_buffer(struct reader *rd, struct run *r, unsigned int cpu,
			uint64_t pa, size_t len)
{
	for (size_t i = 0; i < len; i += FFA_PAGE_SIZE) {
		const uint8_t *want = run_host(r, pa + i, FFA_PAGE_SIZE);

		if (want && !rd->error)
			patch(rd, cpu, want, pa + i);
	}
}

/* What a call finds in its buffers; TX was not written since. */
static void sync_memory(struct reader *rd, struct run *r, unsigned int cpu,
			unsigned int ep, const struct ffa_value *in)
{
	const struct ops_board *b = rd->o->board;
	uint64_t tx, rx;
	unsigned int pages;
	const uint8_t *want;

	if (spmc_rxtx(rd->o->s, ep, &tx, &rx, &pages)) {
		want = run_host(r, tx, pages * FFA_PAGE_SIZE);
		if (want)
			ops_rows_desc(rd->o, cpu, ep, in, want,
				      pages * FFA_PAGE_SIZE, rd->rows);
	}
	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		if (spmc_rxtx(rd->o->s, i, &tx, &rx, &pages) &&
		    (i == ep || b->endpoints[i].kind == SPMC_VM))
			sync_buffer(rd, r, cpu, tx, pages * FFA_PAGE_SIZE);
	if (b->config.dynbuf && ops_takes_desc((uint32_t)in->x[0]) &&
	    in->x[3] && in->x[4] < 64)
		sync_buffer(rd, r, cpu, in->x[3], in->x[4] * FFA_PAGE_SIZE);
}

/* -- steps ----------------------------------------------------------------- */

static void begin(struct reader *rd, const struct run *r)
{
	char *error = ops_rows_board(r->board, r->file->has_boot, rd->rows);

	if (error) {
		cannot(rd, "%s", error);
		g_free(error);
		return;
	}
	rd->o = ops_new();
	rd->o->check = false;
	ops_begin(rd->o, rd->rows->data, rd->rows->len);
	error = ops_rows_differ(r->board, rd->o->board);
	if (error)
		cannot(rd, "%s", error);
	g_free(error);
}

static void on_step(struct run_recorder *self, struct run *r, unsigned int cpu,
		    unsigned int ep, unsigned int ec,
		    const struct ffa_value *in)
{
	struct reader *rd = (struct reader *)self;
	unsigned int now, now_ec;
	bool runs;

	if (rd->error || !rd->o)
		return;
	runs = spmc_running(rd->o->s, cpu, &now, &now_ec);
	if (ep == SPMC_NOBODY) {
		if (!runs)
			put(rd, (uint8_t[OPS_ROW]){ OPS_BOOT, (uint8_t)cpu });
		return;
	}
	/* the boot that nobody scripts is in the board */
	if (!in || !runs || now != ep || now_ec != ec)
		return;
	sync_memory(rd, r, cpu, ep, in);
	if (!rd->error)
		ops_rows_call(rd->o, cpu, ep, in, rd->rows);
}

static void event(struct reader *rd, enum ops_op op, unsigned int cpu,
		  unsigned int n)
{
	uint8_t row[OPS_ROW] = { (uint8_t)op, (uint8_t)cpu };

	ops_put16(row + 4, n);
	put(rd, row);
}

static void raise_irq(struct reader *rd, const struct run *r,
		      const struct ffs_stmt *s)
{
	uint64_t id = 0;

	board_number(r->board, ffs_pos(s, 0), &id);
	for (unsigned int i = 0; i < rd->o->board->config.irq_count; i++)
		if (rd->o->board->irqs[i].id == id)
			event(rd, OPS_RAISE, (unsigned int)ffs_pos(s, 1)->num,
			      i);
}

static void take_irq(struct reader *rd, const struct run *r,
		     const struct ffs_stmt *s)
{
	const struct spmc_config *c = &r->board->config;
	const struct ffs_value *v = ffs_pos(s, 0);
	unsigned int cpu = (unsigned int)ffs_pos(s, 1)->num, ep, ec, n;
	uint32_t ids[SPMC_MAX_PENDING];
	uint64_t id = 0;

	if (v->kind == FFS_V_ID && v->text)
		id = !strcmp(v->text, "SRI") ? c->sri :
		     !strcmp(v->text, "NPI") ? c->npi :
		     !strcmp(v->text, "MEI") ? c->mei : 0;
	if (!id)
		board_number(r->board, v, &id);
	if (!spmc_running(rd->o->s, cpu, &ep, &ec))
		return;
	if (id == c->sri && ep) {
		event(rd, OPS_TAKE, cpu, OPS_TAKE_NS);
		return;
	}
	n = spmc_pending(rd->o->s, ep, ec, ids);
	for (unsigned int i = 0; i < n; i++)
		if (ids[i] == id)
			event(rd, OPS_TAKE, cpu, i);
}

static void inject(struct reader *rd, const struct run *r,
		   const struct ffs_stmt *s)
{
	const struct ffs_arg *fail = ffs_opt(s, "fail");
	uint64_t n = 0;

	if (!fail)
		cannot(rd, "a trace cannot inject errors or delays");
	else if (board_number(r->board, fail->value, &n) && n < 65536)
		event(rd, OPS_FAIL, 0, (unsigned int)n);
	else
		cannot(rd, "a trace has only numbers below 65536 here");
}

static void before(struct reader *rd, const struct run *r,
		   const struct ffs_stmt *s)
{
	unsigned int cpu = s->cpu;

	if (s->kind == FFS_S_VERB && s->verb == FFS_VERB_CRASH)
		event(rd, OPS_CRASH, cpu, 0);
	else if (s->kind == FFS_S_VERB && s->verb == FFS_VERB_PREEMPT)
		event(rd, OPS_PREEMPT, cpu, 0);
	if (s->kind != FFS_S_DIRECTIVE)
		return;
	if (s->word == FFS_W_PREEMPT)
		event(rd, OPS_PREEMPT, (unsigned int)ffs_pos(s, 0)->num, 0);
	else if (s->word == FFS_W_RAISE)
		raise_irq(rd, r, s);
	else if (s->word == FFS_W_IRQ)
		take_irq(rd, r, s);
	else if (s->word == FFS_W_INJECT)
		inject(rd, r, s);
}

static bool happens(const struct ffs_stmt *s)
{
	return s->actor || s->word == FFS_W_PREEMPT ||
	       s->word == FFS_W_RAISE || s->word == FFS_W_IRQ ||
	       s->word == FFS_W_POWEROFF || s->word == FFS_W_BOOT;
}

static void on_stmt(struct run_recorder *self, struct run *r,
		    const struct ffs_stmt *s, bool done)
{
	struct reader *rd = (struct reader *)self;

	if (rd->error)
		return;
	rd->at = s;
	if (!rd->o)
		begin(rd, r);
	if (rd->error)
		return;
	if (!done)
		before(rd, r, s);
	else if (happens(s) && spmc_hash(rd->o->s) != spmc_hash(r->spmc))
		cannot(rd, "a trace cannot do what this line does");
}

uint8_t *ops_read(const struct ffs_file *file, const struct run_variant *v,
		  const struct run_options *options, size_t *size,
		  char **error)
{
	struct reader rd = {
		.recorder = { on_stmt, on_step },
		.rows = g_byte_array_new(),
	};
	struct run_options o = *options;
	struct run_result *res;

	o.recorder = &rd.recorder;
	res = run_variant(file, v, &o);
	if (!rd.error && !rd.o)
		rd.error = g_strdup(res->message ? res->message :
				    "nothing happens");
	run_result_free(res);
	ops_free(rd.o);
	*error = rd.error;
	*size = rd.rows->len;
	if (!rd.error)
		return g_byte_array_free(rd.rows, FALSE);
	g_byte_array_free(rd.rows, TRUE);
	return NULL;
}
