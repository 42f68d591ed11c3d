/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows that make a board, a call, a descriptor. */
#include "ops_rows.h"

#include <string.h>

#include "lit.h"

static void add(GByteArray *to, const uint8_t row[OPS_ROW])
{
	g_byte_array_append(to, row, OPS_ROW);
}

static void play(struct ops *o, GByteArray *to, const uint8_t row[OPS_ROW])
{
	add(to, row);
	ops_row(o, row);
}

/* -- the board ------------------------------------------------------------- */

static void add_endpoint(const struct spmc_endpoint_config *e,
			 const struct spmc_config *c, GByteArray *to)
{
	static const uint8_t kinds[] = {
		[SPMC_NS_PRIMARY] = 0, [SPMC_VM] = 2, [SPMC_SP_EL1] = 0,
		[SPMC_SP_EL0] = 1,
	};
	static const uint8_t ns[] = {
		[SPMC_NS_QUEUED] = 1, [SPMC_NS_MANAGED_EXIT] = 2,
		[SPMC_NS_SIGNALED] = 0,
	};
	bool dflt = e->uuid_count == 1 && e->kind >= SPMC_SP_EL1 &&
		    ops_default_uuid(e->id, &e->uuids[0]);
	uint8_t row[OPS_ROW] = {
		(uint8_t)(kinds[e->kind] | e->aarch32 << 2 |
			  (e->kind == SPMC_SP_EL1 && e->ec_count > 1 &&
			   e->ec_count == c->cpus) << 3),
		(uint8_t)((e->version & 3) | ns[e->ns_action] << 2 |
			  (e->s_action == SPMC_S_QUEUED) << 4 | e->pm << 5),
		[8] = dflt ? 0 : (uint8_t)e->uuid_count,
		[9] = (uint8_t)(e->abort | e->mei_virq << 3),
		[10] = (uint8_t)(e->ec_count - 1),
	};

	ops_put16(row + 2, e->id);
	ops_put16(row + 4, e->props);
	ops_put16(row + 6, e->boot_order);
	add(to, row);
	for (unsigned int i = 0; i < row[8]; i++)
		add(to, e->uuids[i].b);
}

static int index_of(const struct board *b, uint16_t id)
{
	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		if (b->endpoints[i].id == id)
			return (int)i;
	return -1;
}

static unsigned int add_mem(const struct board *b, uint64_t base,
			    uint64_t pages, uint16_t owner, unsigned int attrs,
			    GByteArray *to)
{
	unsigned int n = 0;

	while (pages) {
		unsigned int some = (unsigned int)MIN(pages, 1024);
		uint64_t page = base / FFA_PAGE_SIZE;
		uint8_t row[OPS_ROW] = {
			[2] = (uint8_t)(page >> 16), [3] = (uint8_t)(page >> 24),
			[6] = (uint8_t)index_of(b, owner),
			[7] = (uint8_t)(attrs & (SPMC_REGION_DEVICE |
						 SPMC_REGION_READ_ONLY)),
		};

		ops_put16(row, (unsigned int)(page & 0xffff));
		ops_put16(row + 4, some - 1);
		add(to, row);
		n++;
		base += (uint64_t)some * FFA_PAGE_SIZE;
		pages -= some;
	}
	return n;
}

/* What nobody declared is there anyway. */
static bool is_base(const struct spmc_region *r)
{
	return (r->attrs == SPMC_REGION_SECURE && r->owner == FFA_ID_SPMC) ||
	       (!r->attrs && r->owner == FFA_ID_NS_PRIMARY);
}

/* Is it (or for the primary's, begins it) as a row can have it? */
static bool is_plain(const struct board_mem *m)
{
	return m->stride == 1 || (m->owner == FFA_ID_NS_PRIMARY && !m->secure);
}

/* Is it in one of these, more or less? */
static bool is_named(const struct board *b, const struct spmc_region *r)
{
	for (unsigned int i = 0; i < b->mem_count; i++) {
		const struct board_mem *m = &b->mems[i];

		if (is_plain(m) && r->base < m->base + m->pages *
						       FFA_PAGE_SIZE &&
		    m->base < r->base + r->pages * FFA_PAGE_SIZE)
			return true;
	}
	return false;
}

/* As they are declared, then what manifests bring. Returns how many rows. */
static unsigned int add_mems(const struct board *b, GByteArray *to)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < b->mem_count; i++) {
		const struct board_mem *m = &b->mems[i];
		uint64_t span = (m->pages - 1) * m->stride + 1;

		if (is_plain(m))
			n += add_mem(b, m->base, m->stride == 1 ? m->pages :
				     MIN(span, 1024), m->owner,
				     (ffs_flag(m->stmt, "ro") ?
				      SPMC_REGION_READ_ONLY : 0u) |
				     (ffs_flag(m->stmt, "device") ?
				      SPMC_REGION_DEVICE : 0u), to);
	}
	for (unsigned int i = 0; i < b->config.region_count; i++) {
		const struct spmc_region *r = &b->config.regions[i];

		if (!is_base(r) && !is_named(b, r))
			n += add_mem(b, r->base, r->pages, r->owner, r->attrs,
				     to);
	}
	/* without any there would be some */
	if (!n)
		n += add_mem(b, 0x80000000, 16, FFA_ID_NS_PRIMARY, 0, to);
	return n;
}

char *ops_rows_board(const struct board *b, bool scripted, GByteArray *to)
{
	const struct spmc_config *c = &b->config;
	uint8_t row[OPS_ROW] = {
		(uint8_t)((c->version & 3) | (unsigned int)c->profile << 2),
		(uint8_t)((c->cpus - 1) | scripted << 2 | c->dynbuf << 3),
		(uint8_t)c->npi, (uint8_t)c->sri, (uint8_t)c->mei,
		(uint8_t)(c->endpoint_count - 1), 0,
		(uint8_t)(c->rxtx_max_pages - 1),
		[12] = (uint8_t)c->irq_count, [13] = (uint8_t)c->vcpus,
		[14] = (uint8_t)((b->endpoints[0].version & 3) |
				 b->endpoints[0].aarch32 << 2),
	};
	unsigned int mems;

	if (c->cpus > OPS_MAX_CPUS)
		return g_strdup_printf("a trace has at most %d CPUs",
				       OPS_MAX_CPUS);
	if (c->endpoint_count > 1 + OPS_MAX_ENDPOINTS)
		return g_strdup_printf("a trace has at most %d parts beside "
				       "the primary", OPS_MAX_ENDPOINTS);
	if (c->irq_count > OPS_MAX_IRQS)
		return g_strdup_printf("a trace has at most %d interrupts",
				       OPS_MAX_IRQS);
	ops_put16(row + 8, c->handles);
	ops_put16(row + 10, c->ranges);
	add(to, row);
	for (unsigned int i = 1; i < c->endpoint_count; i++)
		add_endpoint(&b->endpoints[i], c, to);
	mems = add_mems(b, to);
	if (mems > OPS_MAX_MEMS)
		return g_strdup_printf("a trace has at most %d pieces of "
				       "memory, this would need %u",
				       OPS_MAX_MEMS, mems);
	to->data[6] = (uint8_t)mems;
	for (unsigned int i = 0; i < c->irq_count; i++) {
		int owner = index_of(b, c->irqs[i].owner);
		uint8_t irq[OPS_ROW] = {
			[4] = (uint8_t)(owner < 0 ? c->endpoint_count :
						    owner),
		};

		ops_put16(irq, c->irqs[i].id);
		add(to, irq);
	}
	return NULL;
}

static bool same_endpoint(const struct spmc_endpoint_config *a,
			  const struct spmc_endpoint_config *b)
{
	bool same = a->id == b->id && a->kind == b->kind &&
		    a->aarch32 == b->aarch32 && a->ec_count == b->ec_count &&
		    a->version == b->version && a->props == b->props &&
		    a->uuid_count == b->uuid_count &&
		    a->boot_order == b->boot_order &&
		    a->boot_info == b->boot_info &&
		    a->ns_action == b->ns_action && a->pm == b->pm &&
		    a->s_action == b->s_action && a->abort == b->abort &&
		    a->mei_virq == b->mei_virq;

	for (unsigned int i = 0; same && i < a->uuid_count; i++)
		same = ffa_uuid_equal(&a->uuids[i], &b->uuids[i]);
	return same;
}

static bool same_region(const struct spmc_region *a,
			const struct spmc_region *b)
{
	return a->base == b->base && a->pages == b->pages &&
	       a->owner == b->owner && a->attrs == b->attrs;
}

char *ops_rows_differ(const struct board *b, const struct ops_board *o)
{
	const struct spmc_config *x = &b->config, *y = &o->config;

	if (x->version != y->version || x->profile != y->profile ||
	    x->cpus != y->cpus || x->npi != y->npi || x->sri != y->sri ||
	    x->mei != y->mei || x->rxtx_max_pages != y->rxtx_max_pages ||
	    x->handles != y->handles || x->ranges != y->ranges ||
	    x->dynbuf != y->dynbuf || x->vcpus != y->vcpus)
		return g_strdup("a trace cannot have a number of this board");
	for (unsigned int i = 0; i < x->endpoint_count; i++)
		if (!same_endpoint(&x->endpoints[i], &y->endpoints[i]))
			return g_strdup_printf("a trace cannot have the part "
					       "%s", b->parts[i].name);
	if (x->region_count != y->region_count)
		return g_strdup("a trace cannot have this memory");
	for (unsigned int i = 0; i < x->region_count; i++)
		if (!same_region(&x->regions[i], &y->regions[i]))
			return g_strdup_printf("a trace cannot have the memory "
					       "at 0x%" G_GINT64_MODIFIER "x",
					       x->regions[i].base);
	if (x->irq_count != y->irq_count)
		return g_strdup("a trace cannot have these interrupts");
	for (unsigned int i = 0; i < x->irq_count; i++)
		if (x->irqs[i].id != y->irqs[i].id)
			return g_strdup("a trace cannot have these interrupts");
	return NULL;
}

/* -- calls ----------------------------------------------------------------- */

/* The code of a function in OPS_CALL; OPS_FN_RAW if it has none. */
static uint8_t code_of(uint64_t x0)
{
	for (unsigned int code = 0; code < 256; code++)
		if (ops_fid((uint8_t)code) == x0)
			return (uint8_t)code;
	return OPS_FN_RAW;
}

/* The operand of a kind that has this value; or false. */
static bool is_value(const struct ops *o, unsigned int ep, unsigned int kind,
		     unsigned int n, uint64_t want, uint8_t *p)
{
	for (unsigned int v = 0; v < n; v++) {
		if (ops_operand(o, ep, kind, v) != want)
			continue;
		p[1] = (uint8_t)kind;
		ops_put16(p + 2, v);
		return true;
	}
	return false;
}

/* Fills in kind and value of the operand at `p`. */
static bool find_operand(const struct ops *o, unsigned int ep,
			 const struct ffa_field *f, uint64_t want, uint8_t *p)
{
	unsigned int handles = MIN(o->handle_count, OPS_MAX_HANDLES);
	unsigned int ids = o->board->config.endpoint_count + 3u;
	int page;

	switch ((enum ffa_kind)f->kind) {
	case FFA_K_ID: case FFA_K_SENDER: case FFA_K_RECEIVER:
		if (is_value(o, ep, OPS_K_ID, ids, want, p))
			return true;
		break;
	case FFA_K_HANDLE:
		if (is_value(o, ep, OPS_K_HANDLE, handles, want, p))
			return true;
		break;
	case FFA_K_ADDR:
		page = ops_page_of(o->board, want);
		if (page < 0 || page >= 4096 || want % 16 ||
		    want % FFA_PAGE_SIZE > 240)
			break;
		p[1] = OPS_K_PAGE;
		ops_put16(p + 2, (unsigned int)page |
				 (unsigned int)(want % FFA_PAGE_SIZE) / 16
					 << 12);
		return true;
	case FFA_K_FID:
		if (is_value(o, ep, OPS_K_FID, 256, want, p))
			return true;
		break;
	case FFA_K_VER:
		if (want >> 16 < 1 || want >> 16 > 256 || (want & 0xff00))
			break;
		p[1] = OPS_K_VERSION;
		p[2] = (uint8_t)want;
		p[3] = (uint8_t)((want >> 16) - 1);
		return true;
	case FFA_K_UINT: case FFA_K_HEX: case FFA_K_BOOL: case FFA_K_ERR:
	case FFA_K_UUIDW: case FFA_K_UUIDX:
		break;
	}
	if (want < 65536) {
		p[1] = OPS_K_VALUE;
		ops_put16(p + 2, (unsigned int)want);
		return true;
	}
	return is_value(o, ep, OPS_K_ODD, 16, want, p) ||
	       is_value(o, ep, OPS_K_BIT, 64, want, p);
}

/* Operands for fields that differ from what the call would have. */
static void add_operands(const struct ops *o, unsigned int ep,
			 const struct ffa_value *want, uint8_t *row)
{
	uint8_t *p = row + 4;
	struct ffa_value have;
	unsigned int n;
	const struct ffa_field *f = ffa_args(ffa_fn_find(want->x[0]), &n);

	ops_call_regs(o, ep, row, &have);
	for (unsigned int i = 0; i < n && p < row + OPS_ROW; i++) {
		uint64_t v;

		if (f[i].kind == FFA_K_UUIDW || f[i].kind == FFA_K_UUIDX)
			continue;
		v = ffa_get(want, &f[i]);
		if (v == ffa_get(&have, &f[i]))
			continue;
		p[0] = (uint8_t)i;
		/* all zeros would be none: the same field by another index */
		if (!find_operand(o, ep, &f[i], v, p)) {
			memset(p, 0, 4);
			continue;
		}
		if (!(p[0] | p[1] | p[2] | p[3]))
			p[0] = (uint8_t)(i + n < 0x80 ? i + n : 0);
		p += 4;
	}
}

void ops_rows_call(struct ops *o, unsigned int cpu, unsigned int ep,
		   const struct ffa_value *in, GByteArray *to)
{
	uint8_t row[OPS_ROW] = { OPS_CALL, (uint8_t)cpu, code_of(in->x[0]) };
	struct ffa_value have;

	if (row[2] != OPS_FN_RAW)
		add_operands(o, ep, in, row);
	ops_call_regs(o, ep, row, &have);
	for (uint8_t i = 0; i < FFA_REGS; i++) {
		uint8_t reg[OPS_ROW] = { OPS_REG, (uint8_t)cpu, i };

		if (in->x[i] == have.x[i])
			continue;
		memcpy(reg + 8, &in->x[i], 8);
		play(o, to, reg);
	}
	ops_call_regs(o, ep, row, &have);
	if (memcmp(&have, in, sizeof(have)))	/* an operand came behind */
		memset(row + 4, 0, 12);
	play(o, to, row);
}

/* -- descriptors ----------------------------------------------------------- */

static int perm_code(uint8_t perm)
{
	static const uint8_t perms[8] = { 2, 1, 6, 5, 10, 9, 0, 2 };

	for (int i = 0; i < 7; i++)
		if (perms[i] == perm)
			return i;
	return -1;
}

static int id_code(const struct ops *o, uint16_t id)
{
	unsigned int n = o->board->config.endpoint_count + 3u;

	for (unsigned int i = 0; i < n; i++)
		if (ops_operand(o, 0, OPS_K_ID, i) == id)
			return (int)i;
	return -1;
}

static int handle_code(const struct ops *o, uint64_t handle)
{
	unsigned int n = MIN(o->handle_count, OPS_MAX_HANDLES);

	for (unsigned int i = 0; i < n; i++)
		if (ops_operand(o, 0, OPS_K_HANDLE, i) == handle)
			return (int)i;
	return -1;
}

static void desc_head(struct ops *o, unsigned int cpu, enum ops_desc_kind kind,
		      const struct lit *l, GByteArray *to)
{
	uint64_t handle = lit_get(l, LIT_HANDLE);
	int n = handle_code(o, handle), owner;
	uint8_t row[OPS_ROW] = { OPS_DESC, (uint8_t)cpu, (uint8_t)kind };

	if (kind != OPS_D_RELINQUISH) {
		uint64_t tag = lit_get(l, LIT_TAG);

		row[3] = 8;
		ops_put16(row + 4, (unsigned int)lit_get(l, LIT_ATTR) & 0xffff);
		memcpy(row + 12, &tag, 4);
		owner = id_code(o, (uint16_t)lit_get(l, LIT_OWNER));
		row[10] = (uint8_t)(owner + 1);
	}
	ops_put16(row + 6, (unsigned int)lit_get(l, LIT_FLAGS) & 0xffff);
	if (handle && n >= 0) {
		row[8] = (uint8_t)n;
		row[9] = 1;
	}
	play(o, to, row);
}

static void desc_emads(struct ops *o, unsigned int cpu, const struct lit *l,
		       GByteArray *to)
{
	for (guint i = 0; i < l->to->len && i < 16; i++) {
		const struct ffa_emad *e =
			&g_array_index(l->to, struct lit_emad, i).e;
		int id = id_code(o, e->endpoint);
		int perm = perm_code(e->permissions);
		uint8_t row[OPS_ROW] = {
			OPS_EMAD, (uint8_t)cpu,
			(uint8_t)((perm < 0) | (id < 0) << 1),
			perm < 0 ? e->permissions : (uint8_t)perm, e->flags,
			id < 0 ? 0 : (uint8_t)id,
		};

		ops_put16(row + 6, id < 0 ? e->endpoint : 0);
		memcpy(row + 8, &e->impdef[0], 8);
		play(o, to, row);
	}
}

/* How many more ranges follow that are alike, at the same distance. */
static guint alike(const struct lit *l, guint i, uint64_t *step)
{
	const struct ffa_constituent *r =
		&g_array_index(l->ranges, struct ffa_constituent, i);
	guint n = 0;

	*step = 0;
	for (; i + n + 1 < l->ranges->len && n < 511; n++) {
		uint64_t by = r[n + 1].address - r[n].address;

		if (r[n + 1].page_count != r[0].page_count || !by ||
		    by % FFA_PAGE_SIZE || by / FFA_PAGE_SIZE >= 64 ||
		    (n && by != *step))
			break;
		*step = by;
	}
	return n;
}

static void desc_ranges(struct ops *o, unsigned int cpu, const struct lit *l,
			GByteArray *to)
{
	for (guint i = 0; i < l->ranges->len; i++) {
		const struct ffa_constituent *r =
			&g_array_index(l->ranges, struct ffa_constituent, i);
		int page = r->address % FFA_PAGE_SIZE ? -1 :
			   ops_page_of(o->board, r->address);
		uint8_t row[OPS_ROW] = {
			OPS_RANGE, (uint8_t)cpu, page < 0,
		};
		uint64_t step;
		guint n;

		ops_put16(row + 6, r->page_count & 0xffff);
		if (page < 0) {
			memcpy(row + 8, &r->address, 8);
		} else {
			n = alike(l, i, &step);
			ops_put16(row + 4, (unsigned int)page);
			ops_put16(row + 8, n);
			ops_put16(row + 10, (unsigned int)(n ? step /
						FFA_PAGE_SIZE : 0));
			i += n;
		}
		play(o, to, row);
	}
}

static bool kind_of(uint64_t fid, enum ops_desc_kind *kind,
		    enum lit_kind *lit)
{
	switch ((uint32_t)fid & ~0x40000000u) {
	case (uint32_t)FFA_ID_MEM_SHARE_32:
		*kind = OPS_D_SHARE;
		*lit = LIT_SHARE;
		return true;
	case (uint32_t)FFA_ID_MEM_LEND_32:
		*kind = OPS_D_LEND;
		*lit = LIT_LEND;
		return true;
	case (uint32_t)FFA_ID_MEM_DONATE_32:
		*kind = OPS_D_DONATE;
		*lit = LIT_DONATE;
		return true;
	case (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32:
		*kind = OPS_D_RETRIEVE;
		*lit = LIT_RETRIEVE;
		return true;
	case (uint32_t)FFA_ID_MEM_RELINQUISH:
		*kind = OPS_D_RELINQUISH;
		*lit = LIT_RELINQUISH;
		return true;
	}
	return false;
}

void ops_rows_desc(struct ops *o, unsigned int cpu, unsigned int ep,
		   const struct ffa_value *in, const uint8_t *tx, size_t room,
		   GByteArray *to)
{
	const uint8_t *now = NULL;
	enum ops_desc_kind kind;
	enum lit_kind form;
	struct lit *l;
	uint64_t at, rx;
	unsigned int pages;
	size_t len = room, total;

	if (spmc_rxtx(o->s, ep, &at, &rx, &pages))
		now = ops_memory_at(o->memory, at, room);
	if (!now || !memcmp(now, tx, room))
		return;
	if (((uint32_t)in->x[0]) == (uint32_t)FFA_ID_MEM_FRAG_TX) {
		uint8_t rest[OPS_ROW] = { OPS_REST, (uint8_t)cpu };

		ops_put16(rest + 4, (unsigned int)in->x[3] & 0xffff);
		if (o->desc.sent < o->desc.len)
			play(o, to, rest);
		return;
	}
	if (!kind_of(in->x[0], &kind, &form))
		return;
	if (form == LIT_RELINQUISH)
		len = 18;
	else
		len = MIN(len, (uint32_t)in->x[2]);
	/* more than the first fragment may be there already */
	total = MIN(room, (uint32_t)in->x[1]);
	if (form != LIT_RELINQUISH && len < total &&
	    !ops_is_zero(tx + len, total - len))
		len = total;
	l = lit_decode(form, spmc_version_of(o->s, ep),
		       o->board->endpoints[ep].id, tx, len);
	if (!l)
		return;
	desc_head(o, cpu, kind, l, to);
	desc_emads(o, cpu, l, to);
	desc_ranges(o, cpu, l, to);
	lit_free(l);
	/* it is complete with the next row */
	play(o, to, (uint8_t[OPS_ROW]){ OPS_BOOT, (uint8_t)cpu });
}
