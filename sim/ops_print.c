/* SPDX-License-Identifier: BSD-3-Clause */
/* From a trace to a scenario. */
#include <glib.h>
#include <string.h>

#include "board.h"
#include "codec.h"
#include "ffs.h"
#include "lit.h"
#include "ops_priv.h"

enum { SEATS = 32, IS_CALL = 1 /* begins a line of registers */ };

/* What the runner knows of a context, see run_flow.c. */
struct seat {
	bool entered;		/* its first entry needs no line */
	bool preempted;		/* nor does it when it goes on */
	enum ffa_fn fn;		/* the call that it is in */
	bool has_parked;	/* interrupted before it saw this */
	struct ffa_value parked;
};

struct printer {
	GString *to;
	struct ops *o;
	struct board *board;
	struct ffs_file *file;
	struct ffs_diags *diags;
	enum ops_style style;
	struct seat seats[1 + OPS_MAX_ENDPOINTS][SEATS];
	unsigned int pieces;
	char *name;
	/* the row under way */
	GString *call;		/* empty: none */
	unsigned int ep, ec;	/* who made it */
	bool stepped;
	struct spmc_outcome out;	/* of the last step */
};

/* -- the board ------------------------------------------------------------- */

static char *part_name(const struct ops_board *b, unsigned int i)
{
	if (!i)
		return g_strdup("ns");
	return g_strdup_printf("%s%u", b->endpoints[i].kind == SPMC_VM ?
			       "vm" : "sp", i);
}

struct word {
	const char *name;
	uint32_t bit;
};

static void put_words(GString *to, const char *key, const struct word *w,
		      uint32_t bits)
{
	const char *comma = "";

	if (!bits)
		return;
	g_string_append_printf(to, " %s=", key);
	for (; w->name; w++) {
		if (!(bits & w->bit))
			continue;
		g_string_append_printf(to, "%s%s", comma, w->name);
		comma = ",";
	}
}

static void put_irqs(GString *to, const struct ops_board *b, uint16_t owner)
{
	const char *key = " irq=";

	for (unsigned int i = 0; i < b->config.irq_count; i++) {
		if (b->irqs[i].owner != owner)
			continue;
		g_string_append_printf(to, "%s%u", key, b->irqs[i].id);
		key = ",";
	}
}

static void put_part(GString *to, const struct ops_board *b, unsigned int i)
{
	static const struct word can[] = {
		{ "direct", FFA_PART_RECV_DIRECT },
		{ "send", FFA_PART_SEND_DIRECT },
		{ "notif", FFA_PART_NOTIFICATION },
		{ "indirect", FFA_PART_INDIRECT },
		{ "direct2", FFA_PART_RECV_DIRECT2 },
		{ "send2", FFA_PART_SEND_DIRECT2 },
		{ "vm-created", FFA_PART_VM_CREATED },
		{ "vm-destroyed", FFA_PART_VM_DESTROYED },
		{ NULL, 0 },
	};
	static const struct word pm[] = {
		{ "off", SPMC_PM_CPU_OFF }, { "suspend", SPMC_PM_CPU_SUSPEND },
		{ "resume", SPMC_PM_CPU_RESUME }, { NULL, 0 },
	};
	static const char *const ns[] = {
		"queued", "managed-exit", "signaled",
	};
	static const char *const ends[] = {
		"none", "stop", "destroy", "restart", "propagate",
	};
	const struct spmc_endpoint_config *e = &b->endpoints[i];
	bool sp = e->kind >= SPMC_SP_EL1;
	g_autofree char *name = part_name(b, i);

	g_string_append_printf(to, "part   %s id=0x%04x kind=%s", name, e->id,
			       sp ? "sp" : "vm");
	if (e->version != b->config.version)
		g_string_append_printf(to, " ffa=1.%u", e->version & 0xffff);
	if (i && e->ec_count != 1)
		g_string_append_printf(to, " ec=%u", e->ec_count);
	if (e->kind == SPMC_SP_EL0)
		g_string_append(to, " el=s-el0");
	if (e->aarch32)
		g_string_append(to, " exec=aarch32");
	if (i)
		put_words(to, "can", can,
			  e->props & ~(uint32_t)FFA_PART_AARCH64);
	if (e->boot_order)
		g_string_append_printf(to, " boot-order=%u", e->boot_order);
	if (e->ns_action != SPMC_NS_SIGNALED)
		g_string_append_printf(to, " ns-action=%s",
				       ns[e->ns_action]);
	if (e->abort)
		g_string_append_printf(to, " abort=%s", ends[e->abort]);
	if (e->mei_virq)
		g_string_append(to, " mei-signal=virq");
	if (e->s_action == SPMC_S_QUEUED)
		g_string_append(to, " s-action=queued");
	put_words(to, "pm", pm, e->pm);
	if (sp)
		put_irqs(to, b, e->id);
	for (unsigned int k = 0; i && k < e->uuid_count; k++) {
		if (sp && e->uuid_count == 1 &&
		    ops_default_uuid(e->id, &e->uuids[0]))
			break;
		g_string_append(to, k ? ",\n         " : " uuid=");
		codec_uuid_print(to, &e->uuids[k]);
	}
	g_string_append_c(to, '\n');
}

static void put_board(GString *to, const struct ops_board *b,
		      const char *title)
{
	const struct spmc_config *c = &b->config;

	g_string_append_printf(to, "ffs 1\ntitle  \"%s\"\nffa    1.%u\n",
			       title, c->version & 0xffff);
	if (c->profile != SPMC_SPEC)
		g_string_append_printf(to, "requires profile==%s\n",
				       spmc_profiles[c->profile].name);
	g_string_append_printf(to, "board  cpus=%u npi=%u sri=%u mei=%u "
			       "rxtx-max=%u handles=%u pool=%u", c->cpus,
			       c->npi, c->sri, c->mei, c->rxtx_max_pages,
			       c->handles, c->ranges);
	if (c->vcpus)
		g_string_append_printf(to, " vcpus=%u", c->vcpus);
	if (c->dynbuf)
		g_string_append(to, " dynbuf=on");
	g_string_append_c(to, '\n');
	for (unsigned int i = 0; i < c->irq_count; i++)
		if (b->irqs[i].owner == FFA_ID_SPMD)
			g_string_append_printf(to, "board  el3-irq=%u\n",
					       b->irqs[i].id);
	for (unsigned int i = 0; i < c->endpoint_count; i++)
		put_part(to, b, i);
	for (unsigned int i = 0; i < b->mem_count; i++) {
		const struct ops_mem *m = &b->mems[i];
		g_autofree char *owner = part_name(b, m->owner);

		g_string_append_printf(to, "mem    m%u %s 0x%" G_GINT64_MODIFIER
				       "x %upages%s%s\n", i, owner, m->base,
				       m->pages,
				       m->attrs & SPMC_REGION_READ_ONLY ?
				       " ro" : "",
				       m->attrs & SPMC_REGION_DEVICE ?
				       " device" : "");
	}
	g_string_append_c(to, '\n');
}

/* The names of what was printed, as a reader of it has them. */
static bool read_board(struct printer *p)
{
	p->diags = ffs_diags_new();
	p->file = ffs_parse_alone("trace", p->to->str, p->to->len, p->diags);
	if (p->file && ffs_check(p->file, p->diags))
		p->board = board_new(p->file, NULL, NULL, p->diags);
	return p->board;
}

/* -- words ----------------------------------------------------------------- */

static const char *name_of(void *data, enum ffa_kind kind, uint64_t num)
{
	struct printer *p = data;
	const struct board_mem *m;

	if (kind == FFA_K_ID)
		for (unsigned int i = 0;
		     i < p->board->config.endpoint_count; i++)
			if (p->board->parts[i].id == num)
				return p->board->parts[i].name;
	if (kind != FFA_K_ADDR)
		return NULL;
	m = board_mem_at(p->board, num);
	if (!m || m->base == num)
		return m ? m->name : NULL;
	g_free(p->name);
	p->name = g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x", m->name,
				  num - m->base);
	return p->name;
}

static struct codec_ctx ctx_of(struct printer *p, unsigned int ep)
{
	return (struct codec_ctx){
		.self = p->board->parts[ep].id, .name_of = name_of, .data = p,
	};
}

static const char *actor(const struct printer *p, unsigned int ep)
{
	return p->board->parts[ep].name;
}

static struct seat *seat(struct printer *p, unsigned int ep, unsigned int ec)
{
	return &p->seats[ep][ec % SEATS];
}

/* -- calls ----------------------------------------------------------------- */

static bool bits_beyond(const struct ffa_value *in, unsigned int regs)
{
	for (unsigned int i = regs; i < FFA_REGS; i++)
		if (in->x[i])
			return true;
	return false;
}

/* Would a line with names say something else? */
static bool wants_raw(const struct ffa_value *in)
{
	enum ffa_fn fn = ffa_fn_find(in->x[0]);
	uint32_t fid = (uint32_t)in->x[0] & ~0x40000000u;

	if (fn == FFA_FN_UNKNOWN || in->x[0] != ffa_fns[fn].fid ||
	    bits_beyond(in, ffa_fns[fn].regs))
		return true;
	/* zeros would be lengths of what is in TX */
	if (ops_is_send(fid) || fid == (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32)
		return !in->x[1] || !in->x[2];
	return fid == (uint32_t)FFA_ID_MEM_FRAG_TX && !in->x[3];
}

static void put_call(struct printer *p, GString *to, unsigned int ep,
		     const struct ffa_value *in)
{
	struct codec_ctx ctx = ctx_of(p, ep);
	unsigned int n = FFA_REGS;

	while (n > 1 && !in->x[n - 1])
		n--;
	if (p->style == OPS_HEX) {
		for (unsigned int i = 0; i < n; i++)
			g_string_append_printf(to, "%s%" G_GINT64_MODIFIER "x",
					       i ? " " : "", in->x[i]);
		return;
	}
	if (!wants_raw(in)) {
		codec_call(to, &ctx, in);
		return;
	}
	g_string_append(to, "SMC(");
	for (unsigned int i = 0; i < n; i++)
		g_string_append_printf(to, "%s0x%" G_GINT64_MODIFIER "x",
				       i ? ", " : "", in->x[i]);
	g_string_append_c(to, ')');
}

/* A CPU went off: what is pinned to it starts anew when it boots again. */
static void went_off(struct printer *p, unsigned int cpu)
{
	const struct ops_board *b = p->o->board;

	for (unsigned int ep = 0; ep < b->config.endpoint_count; ep++)
		if (!ep || (b->endpoints[ep].kind >= SPMC_SP_EL1 &&
			    b->endpoints[ep].ec_count > 1))
			*seat(p, ep, cpu) = (struct seat){
				.fn = FFA_FN_UNKNOWN,
			};
}

/* Control came to who runs now: does it need a line, and which? */
static bool arrives(struct printer *p, GString *text)
{
	struct spmc_outcome *out = &p->out;
	struct codec_ctx ctx = ctx_of(p, out->endpoint);
	struct seat *s = seat(p, out->endpoint, out->ec);
	bool entered, parked;

	if (out->starts && s->entered)
		*s = (struct seat){ .fn = FFA_FN_UNKNOWN };
	entered = s->entered;
	parked = s->has_parked;
	s->entered = true;
	if (out->goes_on && parked) {
		out->regs = s->parked;
		out->goes_on = false;
	}
	s->has_parked = false;
	if (s->preempted) {
		s->preempted = false;
		return false;
	}
	if (out->goes_on)
		return false;
	if (!entered && (!out->endpoint ||
			 spmc_ec_model(p->o->s, out->endpoint, out->ec) ==
			 SPMC_RTM_INIT))
		return false;
	codec_result(text, &ctx, s->fn, &out->regs);
	return true;
}

static void put_step(struct printer *p, unsigned int cpu)
{
	const struct spmc_outcome *out = &p->out;
	g_autoptr(GString) text = g_string_new(NULL);
	bool gone = out->endpoint == SPMC_NOBODY, line = false, back;

	if (gone)
		went_off(p, cpu);
	else
		line = arrives(p, text);
	back = !gone && out->endpoint == p->ep && out->ec == p->ec;
	if (p->style == OPS_HEX && p->call->len) {
		g_string_append_printf(p->to, "%c%s %s\n", IS_CALL,
				       p->call->str, back ? "=" : "...");
		if (back && line)
			g_string_append_printf(p->to, "#   = %s\n",
					       text->str);
		p->call->len = 0;
		line = line && !back;
	}
	if (p->call->len && back)
		g_string_append_printf(p->to, "%s = %s\n", p->call->str,
				       line ? text->str : "_");
	else if (p->call->len)
		g_string_append_printf(p->to, "%s ...\n", p->call->str);
	if (line && !(p->call->len && back))
		g_string_append_printf(p->to, "%s@%u  ... = %s\n",
				       actor(p, out->endpoint), cpu,
				       text->str);
	g_string_truncate(p->call, 0);
	p->stepped = false;
}

static void watch(void *data, const struct ops *o, unsigned int cpu,
		  unsigned int ep, unsigned int ec,
		  const struct ffa_value *in, const struct spmc_outcome *out)
{
	struct printer *p = data;

	(void)o;
	/* who saw the last step did not see it yet, and is interrupted */
	if (!in && p->stepped && p->out.endpoint == ep && p->out.ec == ec &&
	    !p->out.goes_on) {
		seat(p, ep, ec)->has_parked = true;
		seat(p, ep, ec)->parked = p->out.regs;
	}
	if (in) {
		g_string_printf(p->call, "%s@%u%s", actor(p, ep), cpu,
				p->style == OPS_HEX ? " " : "  ");
		put_call(p, p->call, ep, in);
		p->ep = ep;
		p->ec = ec;
		seat(p, ep, ec)->fn = ffa_fn_find(in->x[0]);
	}
	p->out = *out;
	p->stepped = true;
}

/* -- what is no call ------------------------------------------------------- */

static enum lit_kind lit_of(const struct ops_desc *d)
{
	switch ((enum ops_desc_kind)d->kind) {
	case OPS_D_SHARE:
		return LIT_SHARE;
	case OPS_D_LEND:
		return LIT_LEND;
	case OPS_D_DONATE:
		return LIT_DONATE;
	case OPS_D_RETRIEVE:
		return LIT_RETRIEVE;
	case OPS_D_RELINQUISH:
		return LIT_RELINQUISH;
	case OPS_D_MSG:
	case OPS_D_RXTX:
	case OPS_D_COUNT:
		break;
	}
	return LIT_BYTES;
}

/* A piece of a descriptor was put into TX. */
static void put_tx(struct printer *p)
{
	const struct ops *o = p->o;
	const struct ops_desc *d = &o->desc;
	enum lit_kind kind = d->sent == o->frag ? lit_of(d) : LIT_FRAG;
	uint64_t tx, rx;
	unsigned int pages;
	struct lit *l = NULL;
	uint8_t *at;

	if (o->pieces == p->pieces)
		return;
	p->pieces = o->pieces;
	if (!spmc_rxtx(o->s, d->endpoint, &tx, &rx, &pages))
		return;
	at = ops_memory_at(o->memory, tx, pages * FFA_PAGE_SIZE);
	if (!at)
		return;
	if (kind != LIT_BYTES)
		l = lit_decode(kind, spmc_version_of(o->s, d->endpoint),
			       p->board->parts[d->endpoint].id, at, o->frag);
	if (!l)
		l = lit_of_bytes(at, o->frag);
	g_string_append_printf(p->to, "tx     %s ", actor(p, d->endpoint));
	lit_print(p->to, l, p->board);
	g_string_append_c(p->to, '\n');
	lit_free(l);
}

static void put_poke(struct printer *p)
{
	const struct ops_did *did = &p->o->did;
	const uint8_t *at = ops_memory_at(p->o->memory, did->pa, did->len);
	const char *name = name_of(p, FFA_K_ADDR, did->pa);

	if (name)
		g_string_append_printf(p->to, "poke   %s \"", name);
	else
		g_string_append_printf(p->to, "poke   0x%" G_GINT64_MODIFIER
				       "x \"", did->pa);
	for (uint32_t i = 0; i < did->len; i++)
		g_string_append_printf(p->to, "\\x%02x", at[i]);
	g_string_append(p->to, "\"\n");
}

static void put_event(struct printer *p, const uint8_t *row, unsigned int cpu)
{
	const enum ops_op op = ops_op(row);
	const struct ops_did *did = &p->o->did;

	switch (op) {
	case OPS_PREEMPT:
		if (p->stepped)
			seat(p, p->ep, p->ec)->preempted = true;
		g_string_append_printf(p->to, "preempt @%u\n", cpu);
		break;
	case OPS_CRASH:
		g_string_append_printf(p->to, "%s@%u  crash\n",
				       actor(p, p->ep), cpu);
		break;
	case OPS_RAISE:
		g_string_append_printf(p->to, "raise  %u @%u\n", did->id,
				       cpu);
		break;
	case OPS_TAKE:
		g_string_append_printf(p->to, "irq    %u %s@%u\n", did->id,
				       actor(p, ops_get16(row + 4) & OPS_TAKE_NS ?
						0 : p->ep), cpu);
		break;
	case OPS_FAIL:
		g_string_append_printf(p->to, "inject alloc fail=%u\n",
				       did->id);
		break;
	case OPS_CALL: case OPS_REG: case OPS_DESC: case OPS_EMAD:
	case OPS_RANGE: case OPS_PATCH: case OPS_REST: case OPS_WRITE:
	case OPS_BOOT: case OPS_COUNT:
		g_string_append_printf(p->to, "boot   @%u\n", cpu);
		break;
	}
}

static void before(void *data, const struct ops *o, const uint8_t *row)
{
	struct printer *p = data;

	put_tx(p);
	spmc_running(o->s, row[1] % o->board->config.cpus, &p->ep, &p->ec);
}

static void after(void *data, const struct ops *o, const uint8_t *row)
{
	struct printer *p = data;
	unsigned int cpu = row[1] % o->board->config.cpus;

	put_tx(p);
	if (o->did.len)
		put_poke(p);
	if (o->did.event)
		put_event(p, row, cpu);
	if (p->stepped)
		put_step(p, cpu);
}

/* -- all of it ------------------------------------------------------------- */

/* Lines that are no registers are statements. */
static GString *as_hex(GString *text)
{
	g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
	GString *to = g_string_new(NULL);

	for (char **line = lines; *line && (line[1] || **line); line++) {
		const char *mark = strchr("#\001", **line) ? "" : "! ";

		g_string_append_printf(to, "%s%s\n", mark,
				       *line + (**line == IS_CALL));
	}
	g_string_free(text, TRUE);
	return to;
}

char *ops_print(const uint8_t *data, size_t size, size_t stop, bool died,
		enum ops_style style, const char *title)
{
	struct printer *p = g_new0(struct printer, 1);
	size_t n = ops_rows(size), i;
	uint8_t row[OPS_ROW];
	char *text;

	p->style = style;
	p->to = g_string_new(NULL);
	p->call = g_string_new(NULL);
	p->o = ops_new();
	for (unsigned int ep = 0; ep <= OPS_MAX_ENDPOINTS; ep++)
		for (unsigned int ec = 0; ec < SEATS; ec++)
			p->seats[ep][ec].fn = FFA_FN_UNKNOWN;
	i = ops_begin(p->o, data, size);
	put_board(p->to, p->o->board, title);
	if (!read_board(p)) {
		ffs_diags_print(p->diags, stderr, false);
		g_error("a board was printed that is none");
	}
	for (unsigned int c = 0; !p->o->board->scripted &&
	     c < p->o->board->config.cpus; c++)
		p->seats[0][c].entered = true;
	p->o->before = before;
	p->o->after = after;
	p->o->watch = watch;
	p->o->watch_ctx = p;
	for (; i < n && stop; i++, stop--) {
		ops_get(data, size, i, row);
		/* the model may not survive it */
		p->o->dry = died && stop == 1;
		if (!ops_row(p->o, row))
			break;
	}
	put_tx(p);
	ops_free(p->o);
	board_free(p->board);
	ffs_file_free(p->file);
	ffs_diags_free(p->diags);
	g_string_free(p->call, TRUE);
	g_free(p->name);
	if (style == OPS_HEX)
		p->to = as_hex(p->to);
	text = g_string_free(p->to, FALSE);
	g_free(p);
	return text;
}
