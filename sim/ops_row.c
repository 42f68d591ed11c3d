/* SPDX-License-Identifier: BSD-3-Clause */
/* One operation. */
#include <string.h>

#include "ops_priv.h"

/* -- operands -------------------------------------------------------------- */

static uint16_t some_id(const struct ops *o, unsigned int n)
{
	unsigned int count = o->board->config.endpoint_count;

	n %= count + 3;
	if (n < count)
		return o->board->endpoints[n].id;
	return n == count ? FFA_ID_SPMC : n == count + 1 ? FFA_ID_SPMD :
							   0x7abc;
}

static uint64_t some_handle(const struct ops *o, unsigned int n)
{
	unsigned int count = o->handle_count < OPS_MAX_HANDLES ?
			     o->handle_count : OPS_MAX_HANDLES;

	if (!count)
		return 1;	/* what the first one will be */
	return o->handles[(o->handle_count - 1 - n % count) %
			  OPS_MAX_HANDLES];
}

static uint64_t odd(unsigned int n)
{
	static const uint64_t odds[] = {
		0, 1, 0xffffffff, UINT64_MAX, 0x80000000, 0x7fffffff,
		UINT64_C(1) << 63, UINT64_C(1) << 32, 0xffff, 0x8000, 4095,
		4096, 4097, 0x10000, 0xfffff000, UINT64_C(0xfffffffffffff000),
	};

	return odds[n % 16];
}

uint32_t ops_fid(uint8_t code)
{
	uint32_t fid = 0x84000060u + (code & 0x3f);
	bool wide = code & OPS_FN_WIDE;

	switch (code & 0x7f) {
	case OPS_FN_PSCI_OFF:
		return 0x84000002;
	case OPS_FN_PSCI_SUSPEND_32:
		return 0x84000001;
	case OPS_FN_PSCI_SUSPEND_64:
		return 0xc4000001;
	default:
		break;
	}
	if (code & OPS_FN_OTHER)
		return 0;
	if (wide)
		fid |= 0x40000000;
	/* where there is but one form, it is that one */
	if (ffa_fn_find(fid) == FFA_FN_UNKNOWN &&
	    ffa_fn_find(fid ^ 0x40000000) != FFA_FN_UNKNOWN)
		fid ^= 0x40000000;
	return fid;
}

uint64_t ops_operand(const struct ops *o, unsigned int ep, unsigned int kind,
		     unsigned int value)
{
	uint64_t half;

	switch (kind) {
	case OPS_K_NEGATIVE:
		return -(uint64_t)value;
	case OPS_K_HIGH:
		return (uint64_t)value << 16;
	case OPS_K_PAGE:
		return ops_page(o->board, value & 0xfff) + (value >> 12) * 16;
	case OPS_K_ID:
		return some_id(o, value);
	case OPS_K_HANDLE:
		return some_handle(o, value);
	case OPS_K_HANDLE_HI:
		return some_handle(o, value) >> 32;
	case OPS_K_FID:
		return ops_fid((uint8_t)value);
	case OPS_K_VERSION:
		return FFA_VER(1 + (value >> 8), value & 0xff);
	case OPS_K_SELF:
		return o->board->endpoints[ep].id;
	case OPS_K_ODD:
		return odd(value);
	case OPS_K_UUID:
		value %= o->board->config.endpoint_count;
		memcpy(&half, o->board->endpoints[value].uuids[0].b, 8);
		return half;
	case OPS_K_BIT:
		return UINT64_C(1) << value % 64;
	default:
		return value;
	}
}

/* -- calls ----------------------------------------------------------------- */

static void set_field(const struct ops *o, unsigned int ep, struct ffa_value *regs,
		      const struct ffa_field *f, const uint8_t *p)
{
	unsigned int kind = p[1] & 15, value = ops_get16(p + 2);

	if (f->kind != FFA_K_UUIDW && f->kind != FFA_K_UUIDX) {
		ffa_set(regs, f, ops_operand(o, ep, kind, value));
		return;
	}
	value %= o->board->config.endpoint_count;
	if (kind == OPS_K_UUID)
		ffa_set_uuid(regs, f, &o->board->endpoints[value].uuids[0]);
	else
		ffa_set_uuid(regs, f, &(struct ffa_uuid){ { p[2], p[3] } });
}

/* Bytes of a buffer of the endpoint, 0 if it has none. */
static uint32_t buffer_of(const struct ops *o, unsigned int ep, uint64_t *tx,
			  uint64_t *rx)
{
	unsigned int pages;

	if (!spmc_rxtx(o->s, ep, tx, rx, &pages))
		return 0;
	return pages * FFA_PAGE_SIZE;
}

/* What a call has if no operand says otherwise. */
static void defaults(const struct ops *o, unsigned int ep,
		     const struct ffa_field *f, unsigned int n,
		     struct ffa_value *regs)
{
	uint32_t fid = (uint32_t)regs->x[0] & ~0x40000000u;

	for (unsigned int i = 0; i < n; i++)
		if (f[i].kind == FFA_K_SENDER)
			ffa_set(regs, &f[i], o->board->endpoints[ep].id);
		else if (f[i].kind == FFA_K_HANDLE && f[i].reg == 1)
			ffa_set(regs, &f[i], some_handle(o, 0));
	if (!o->has_len)
		return;
	if (ops_is_send(fid) || fid == (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32) {
		regs->x[1] = o->len;
		regs->x[2] = o->frag;
	} else if (fid == (uint32_t)FFA_ID_MEM_FRAG_TX) {
		regs->x[3] = o->frag;
	}
}

void ops_call_regs(const struct ops *o, unsigned int ep, const uint8_t *row,
		   struct ffa_value *regs)
{
	enum ffa_fn fn;
	const struct ffa_field *f;
	unsigned int n;

	*regs = (struct ffa_value){ { ops_fid(row[2]) } };
	fn = regs->x[0] ? ffa_fn_find(regs->x[0]) : FFA_FN_UNKNOWN;
	f = ffa_args(fn, &n);
	defaults(o, ep, f, n, regs);
	for (uint32_t left = o->reg_mask; left; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(left);

		regs->x[i] = o->regs.x[i];
	}
	for (const uint8_t *p = row + 4; p < row + OPS_ROW; p += 4) {
		/* an operand of zeros is none */
		if (!(p[0] | p[1] | p[2] | p[3]) || p[0] & 0x80)
			continue;
		if (n)
			set_field(o, ep, regs, &f[p[0] % n], p);
		else
			regs->x[p[0] % FFA_REGS] =
				ops_operand(o, ep, p[1] & 15, ops_get16(p + 2));
	}
}

static bool call(struct ops *o, unsigned int cpu, unsigned int ep,
		 const uint8_t *row)
{
	struct ffa_value regs;
	uint32_t fid;

	ops_call_regs(o, ep, row, &regs);
	fid = (uint32_t)regs.x[0] & ~0x40000000u;
	o->reg_mask = 0;
	if (ops_is_send(fid) || fid == (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32 ||
	    fid == (uint32_t)FFA_ID_MEM_FRAG_TX)
		o->has_len = false;
	return ops_smc(o, cpu, &regs);
}

static void set_reg(struct ops *o, unsigned int ep, const uint8_t *row)
{
	unsigned int i = row[2] % FFA_REGS, kind = row[3] & 15;

	o->regs.x[i] = kind && kind < OPS_K_COUNT ?
		       ops_operand(o, ep, kind, ops_get16(row + 8)) :
		       ops_get64(row + 8);
	o->reg_mask |= 1u << i;
}

/* -- descriptors ----------------------------------------------------------- */

/* [2] kind, [3] what is said, [4] attributes, [6] flags, [8] handle,
 * [10] sender, [11] whose TX, [12] tag */
static void desc_begin(struct ops *o, unsigned int ep, const uint8_t *row)
{
	struct ops_desc *d = &o->desc;
	unsigned int count = o->board->config.endpoint_count;

	d->building = true;
	d->kind = row[2] % OPS_D_COUNT;
	d->endpoint = (uint8_t)(row[11] ? (row[11] - 1u) % count : ep);
	d->version = row[3] & 4 ? row[3] & 3 :
		     spmc_version_of(o->s, d->endpoint) & 3;
	d->attributes = row[3] & 8 ? (uint16_t)ops_get16(row + 4) :
			d->kind == OPS_D_SHARE ? 0x2f : 0;
	d->flags = ops_get16(row + 6);
	d->handle = row[9] & 1 ? some_handle(o, row[8]) :
		    row[9] & 2 ? (uint64_t)row[8] << 60 : 0;
	d->sender = row[10] ? some_id(o, row[10] - 1u) :
		    d->kind == OPS_D_RETRIEVE ? FFA_ID_NS_PRIMARY :
		    o->board->endpoints[d->endpoint].id;
	d->tag = ops_get32(row + 12);
	d->emads = 0;
	d->ranges = 0;
}

/* [2] what is said, [3] permissions, [4] flags, [5] endpoint, [6] id,
 * [8] impdef */
static void desc_emad(struct ops *o, const uint8_t *row)
{
	static const uint8_t perms[8] = { 2, 1, 6, 5, 10, 9, 0, 2 };
	struct ops_desc *d = &o->desc;

	if (!d->building || d->emads == sizeof(d->emad) / sizeof(d->emad[0]))
		return;
	d->emad[d->emads++] = (struct ops_emad){
		.id = row[2] & 2 ? (uint16_t)ops_get16(row + 6) :
				   some_id(o, row[5]),
		.perm = row[2] & 1 ? row[3] : perms[row[3] & 7],
		.flags = row[4],
		.impdef = ops_get64(row + 8),
	};
}

/* [2] what is said, [4] page, [6] pages, [8] how many such ranges, [10] their
 * distance; or [8] the address */
static void desc_range(struct ops *o, const uint8_t *row)
{
	struct ops_desc *d = &o->desc;
	uint32_t pages = ops_get16(row + 6);
	uint64_t base = row[2] & 1 ? ops_get64(row + 8) :
			ops_page(o->board, ops_get16(row + 4));
	unsigned int n = row[2] & 1 ? 1 : 1 + ops_get16(row + 8) % 512;
	uint64_t step = ops_get16(row + 10) % 64;

	if (!d->building)
		return;
	for (; n && d->ranges < sizeof(d->range) / sizeof(d->range[0]); n--) {
		d->range[d->ranges++] = (struct ops_range){ base, pages };
		base += (step ? step : pages) * FFA_PAGE_SIZE;
	}
}

/* Puts the next `len` bytes of the descriptor into TX, and zeros behind. */
static void send_piece(struct ops *o, uint32_t most)
{
	struct ops_desc *d = &o->desc;
	uint64_t tx = 0, rx;
	uint32_t room = buffer_of(o, d->endpoint, &tx, &rx);
	uint32_t n = d->len - d->sent;
	uint8_t *to = room ? ops_memory_at(o->memory, tx, room) : NULL;

	if (room && n > room)
		n = room;
	if (most && n > most)
		n = most;
	if (to) {
		memcpy(to, d->bytes + d->sent, n);
		memset(to + n, 0, room - n);
	}
	d->sent += n;
	o->pieces++;
	o->frag = n;
	o->has_len = true;
}

/* The descriptor is complete. */
static void desc_end(struct ops *o)
{
	o->desc.building = false;
	ops_desc_build(&o->desc);
	send_piece(o, 0);
	o->len = o->desc.len;
}

/* -- memory ---------------------------------------------------------------- */

static void overwrite(struct ops *o, uint64_t pa, const uint8_t *from,
		      size_t len)
{
	uint8_t *to = ops_memory_at(o->memory, pa, len);

	if (!to)
		return;
	memcpy(to, from, len);
	o->did.pa = pa;
	o->did.len = (uint32_t)len;
}

/* [2] log2 of the bytes, [4] offset, [8] bytes */
static void patch(struct ops *o, unsigned int ep, const uint8_t *row)
{
	uint64_t tx, rx;
	uint32_t room = buffer_of(o, ep, &tx, &rx);

	if (room)
		overwrite(o, tx + ops_get16(row + 4) % (room - 7), row + 8,
			  1u << (row[2] & 3));
}

/* [2] bytes less one, [4] page, bit 3: from the last one below 4 GiB down,
 * [6] offset, [8] bytes */
static void write(struct ops *o, const uint8_t *row)
{
	unsigned int n = ops_get16(row + 4);
	uint64_t page = row[2] & 8 ? UINT64_C(0xfffff000) -
			(uint64_t)n * FFA_PAGE_SIZE : ops_page(o->board, n);

	overwrite(o, page + ops_get16(row + 6) % (FFA_PAGE_SIZE - 7), row + 8,
		  1u + (row[2] & 7));
}

/* -- all of them ----------------------------------------------------------- */

enum ops_op ops_op(const uint8_t *row)
{
	unsigned int op = row[0] & 31;

	return op < OPS_COUNT ? (enum ops_op)op : OPS_CALL;
}

static bool do_row(struct ops *o, enum ops_op op, unsigned int cpu,
		   const uint8_t *row)
{
	unsigned int ep, ec;

	if (!spmc_running(o->s, cpu, &ep, &ec))
		return ops_boot(o, cpu);
	switch (op) {
	case OPS_CALL:
		return call(o, cpu, ep, row);
	case OPS_REG:
		set_reg(o, ep, row);
		break;
	case OPS_DESC:
		desc_begin(o, ep, row);
		break;
	case OPS_EMAD:
		desc_emad(o, row);
		break;
	case OPS_RANGE:
		desc_range(o, row);
		break;
	case OPS_PATCH:
		patch(o, ep, row);
		break;
	case OPS_REST:
		if (o->desc.sent < o->desc.len)
			send_piece(o, ops_get16(row + 4));
		break;
	case OPS_WRITE:
		write(o, row);
		break;
	case OPS_BOOT:
		break;
	case OPS_PREEMPT:
	case OPS_CRASH:
	case OPS_RAISE:
	case OPS_TAKE:
	case OPS_FAIL:
		return ops_event(o, op, cpu, ops_get16(row + 4));
	case OPS_COUNT:
		break;
	}
	return true;
}

bool ops_row(struct ops *o, const uint8_t *row)
{
	enum ops_op op = ops_op(row);
	bool ok;

	if (o->desc.building && op != OPS_EMAD && op != OPS_RANGE)
		desc_end(o);
	o->did.event = false;
	o->did.len = 0;
	if (o->before)
		o->before(o->watch_ctx, o, row);
	ok = do_row(o, op, row[1] % o->board->config.cpus, row);
	if (o->after)
		o->after(o->watch_ctx, o, row);
	return ok;
}
