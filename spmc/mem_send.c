/* SPDX-License-Identifier: BSD-3-Clause */
/* FFA_MEM_DONATE, FFA_MEM_LEND, FFA_MEM_SHARE, FFA_MEM_FRAG_TX. */
#include "mem.h"

static const struct desc_rules send_rules = DESC_RULES_OF(SEND);

static enum kind kind_of(enum ffa_fn fn)
{
	if (fn == FFA_FN_MEM_DONATE_32 || fn == FFA_FN_MEM_DONATE_64)
		return DONATE;
	if (fn == FFA_FN_MEM_LEND_32 || fn == FFA_FN_MEM_LEND_64)
		return LEND;
	return SHARE;
}

static enum spmc_rule check_attributes(const struct call *c,
				       const struct desc *d, enum kind kind)
{
	unsigned int attributes = d->attributes & (uint16_t)~MEM_NS;

	if (d->attributes & MEM_NS && enforced(c, RULE_SEND_ATTR_NS))
		return RULE_SEND_ATTR_NS;
	if (kind == DONATE || (kind == LEND && d->emad_count == 1))
		return attributes & MEM_TYPE &&
		       enforced(c, RULE_SEND_ATTR_TYPE) ?
		       RULE_SEND_ATTR_TYPE : RULE_NONE;
	if (attributes != (MEM_NORMAL | MEM_WB | MEM_INNER) &&
	    attributes != (MEM_DEVICE | MEM_INNER) &&
	    enforced(c, RULE_SEND_ATTR))
		return RULE_SEND_ATTR;
	return RULE_NONE;
}

static enum spmc_rule check_permissions(const struct call *c,
					const struct emad *e, enum kind kind)
{
	unsigned int data = e->perm & MEM_DATA, instr = e->perm & MEM_INSTR;

	if ((data == MEM_DATA_RESERVED || instr == MEM_INSTR_RESERVED) &&
	    enforced(c, RULE_SEND_PERM_VALUE))
		return RULE_SEND_PERM_VALUE;
	if (instr && enforced(c, RULE_SEND_PERM_INSTR))
		return RULE_SEND_PERM_INSTR;
	if (kind != DONATE && !data && enforced(c, RULE_SEND_PERM_NO_DATA))
		return RULE_SEND_PERM_NO_DATA;
	if (kind == DONATE && data)
		return RULE_SEND_PERM_DONATE;
	return RULE_NONE;
}

static enum spmc_rule check_receiver(const struct call *c,
				     const struct desc *d,
				     const struct emad *e, uint32_t i,
				     enum kind kind)
{
	bool too = kind == SHARE && d->emad_count > 1 && !is_sp(c->s, c->ep);
	enum spmc_rule vm = too ? RULE_SEND_RECEIVER_VM_TOO :
				  RULE_SEND_RECEIVER_VM;
	uint16_t id = e[i].id;
	int ep = find(c->s, id);

	if (id == d->sender && enforced(c, RULE_SEND_RECEIVER_SELF))
		return RULE_SEND_RECEIVER_SELF;
	if (!(id & FFA_ID_SECURE) && enforced(c, vm))
		return vm;
	if (id & FFA_ID_SECURE && (ep < 0 || !is_sp(c->s, (unsigned int)ep)))
		return RULE_SEND_RECEIVER;
	while (i--)
		if (e[i].id == id)
			return RULE_SEND_RECEIVER_TWICE;
	return RULE_NONE;
}

/*
 * More than DESC_EMADS cannot be: one of the first is wrong, or twice. Unless
 * any number counts as a VM, but nobody has room for so many.
 */
static enum spmc_rule check_receivers(const struct call *c,
				      const struct desc *d,
				      const struct emad *e, enum kind kind)
{
	enum spmc_rule rule = RULE_NONE;
	uint32_t i;

	for (i = 0; !rule && i < d->emad_count && i < DESC_EMADS; i++)
		rule = check_receiver(c, d, e, i, kind);
	if (!rule && i < d->emad_count)
		rule = RULE_SEND_NO_MEMORY;
	for (i = 0; !rule && i < d->emad_count; i++)
		rule = check_permissions(c, &e[i], kind);
	return rule;
}

static bool add_borrower(struct spmc *s, struct txn *t, const struct emad *e)
{
	uint32_t i = borrower_new(s, t);
	struct borrower *b = borrower_at(s, i);

	if (!i)
		return false;
	b->id = e->id;
	b->sent = e->perm;
	b->flags = e->flags;
	b->has_impdef = e->has_impdef;
	b->impdef[0] = e->impdef[0];
	b->impdef[1] = e->impdef[1];
	return true;
}

static enum spmc_rule verdict_rule(enum pages_verdict v)
{
	switch (v) {
	case PAGES_OK:
		break;
	case PAGES_NOT_MEMORY:
		return RULE_SEND_RANGE_MEMORY;
	case PAGES_NOT_EXCLUSIVE:
		return RULE_SEND_RANGE_BUSY;
	case PAGES_TWICE:
		return RULE_SEND_RANGE_TWICE;
	case PAGES_DEVICE:
		return RULE_SEND_RANGE_DEVICE;
	case PAGES_MIXED:
		return RULE_SEND_RANGE_MIXED;
	case PAGES_READ_ONLY:
		return RULE_SEND_RANGE_READ_ONLY;
	case PAGES_NO_MEMORY:
		return RULE_SEND_NO_MEMORY;
	}
	return RULE_NONE;
}

/* It is cleared, or some receiver may write, or (donation) will own it. */
static bool will_write(const struct spmc *s, const struct txn *t)
{
	uint32_t i;

	if (t->kind == DONATE || t->zero)
		return true;
	for (i = t->first_borrower; i; i = borrower_at(s, i)->next)
		if (borrower_at(s, i)->sent & MEM_DATA_RW)
			return true;
	return false;
}

static bool adds_up(const struct spmc *s, const struct txn *t)
{
	struct cursor at = first_range(t);
	const struct range *r;
	uint64_t sum = 0;

	while ((r = next_range(s, &at)))
		sum += r->pages;
	return sum == t->page_count;
}

/*
 * All ranges are there: the pages change hands, or none does. What was taken
 * before a bad range is given back.
 */
static enum spmc_rule complete(struct call *c, uint32_t txn)
{
	struct txn *t = txn_at(c->s, txn);
	struct cursor at = first_range(t);
	bool write = will_write(c->s, t);
	enum spmc_rule rule = RULE_NONE;
	const struct range *r;
	uint32_t taken = 0;

	if (!adds_up(c->s, t))
		return RULE_SEND_PAGES;
	while (!rule && (r = next_range(c->s, &at))) {
		rule = verdict_rule(pages_take(c->s, txn, r->base, r->pages,
					       write));
		taken += !rule;
	}
	if (!rule && t->zero && !pages_can_zero(c->s, c->env, t))
		rule = RULE_SEND_NO_MEMORY;
	if (rule) {
		for (at = first_range(t); taken--; ) {
			r = next_range(c->s, &at);
			pages_give(c->s, r->base, r->pages, SPMC_NOBODY, 0);
		}
		return rule;
	}
	if (t->zero)
		pages_zero(c->s, c->env, t);
	t->total = t->got = 0;
	t->buffer = t->buffer_pages = 0;
	machine_move(c->env, SPMC_M_TXN, &t->state, TXN_EV_COMPLETE);
	return RULE_NONE;
}

/* Adds the ranges of a fragment: len is a multiple of their size. */
static enum spmc_rule add_ranges(struct call *c, struct txn *t,
				 const char *buf, uint32_t len,
				 enum spmc_rule no_memory)
{
	for (; len; len -= sizeof(struct ffa_constituent)) {
		struct ffa_constituent v;

		memcpy(&v, buf, sizeof(v));
		buf += sizeof(v);
		if (v.reserved && enforced(c, RULE_SEND_RANGE_RESERVED))
			return RULE_SEND_RANGE_RESERVED;
		if (v.address % FFA_PAGE_SIZE &&
		    enforced(c, RULE_SEND_RANGE_ALIGN))
			return RULE_SEND_RANGE_ALIGN;
		if (v.address > UINT64_MAX -
				(uint64_t)v.page_count * FFA_PAGE_SIZE)
			return RULE_SEND_RANGE;
		if (!v.page_count && enforced(c, RULE_SEND_RANGE_EMPTY))
			return RULE_SEND_RANGE_EMPTY;
		if (!range_add(c->s, t, v.address, v.page_count))
			return no_memory;
	}
	return RULE_NONE;
}

static enum spmc_rule answer(struct call *c, uint32_t txn)
{
	const struct txn *t = txn_at(c->s, txn);
	uint64_t handle = txn_handle(c->s, txn);
	struct ffa_value val = { 0 };

	if (t->state == TXN_SENT) {
		val.x[2] = (uint32_t)handle;
		val.x[3] = handle >> 32;
		return succeed(c, &val);
	}
	val.x[1] = (uint32_t)handle;
	val.x[2] = handle >> 32;
	val.x[3] = t->got;
	/* At the physical instance the hypervisor is told for which VM. */
	if (c->inst == FFA_INST_NS_PHYS)
		val.x[4] = (uint64_t)t->sender << 16;
	resume(c->s, c->cpu, c->ep, c->ec, FFA_FN_MEM_FRAG_RX, &val, c->out);
	return RULE_NONE;
}

/* Reads the composite descriptor; *ranges_at is where its ranges begin. */
static enum spmc_rule read_composite(const struct call *c,
				     const struct desc *d, uint32_t total,
				     struct ffa_composite *v,
				     uint32_t *ranges_at)
{
	size_t room;

	if (d->composites || d->composite % 16 || d->len < sizeof(*v) ||
	    d->composite < d->emad_offset + d->emad_count * d->emad_size ||
	    d->composite > d->len - sizeof(*v))
		return RULE_SEND_COMPOSITE;
	memcpy(v, d->buf + d->composite, sizeof(*v));
	if (v->reserved && enforced(c, RULE_SEND_COMPOSITE_RESERVED))
		return RULE_SEND_COMPOSITE_RESERVED;
	*ranges_at = d->composite + (uint32_t)sizeof(*v);
	room = (total - *ranges_at) / sizeof(struct ffa_constituent);
	if (!v->range_count || v->range_count > room)
		return RULE_SEND_COUNT;
	if (v->range_count < room && enforced(c, RULE_SEND_TAIL))
		return RULE_SEND_TAIL;
	return RULE_NONE;
}

static enum spmc_rule check_flags(const struct call *c, const struct desc *d,
				  enum kind kind)
{
	uint32_t flags = d->flags;

	if (kind == SHARE && flags & MEM_ZERO &&
	    enforced(c, RULE_SEND_ZERO_SHARE))
		return RULE_SEND_ZERO_SHARE;
	if (flags == (uint32_t)kind << 3) {
		if (enforced(c, RULE_SEND_TYPE))
			return RULE_SEND_TYPE;
		flags = 0;
	}
	if (flags & ~(uint32_t)MEM_FLAGS_LOW)
		return RULE_SEND_FLAGS_HIGH;
	if (flags & ~(uint32_t)MEM_ZERO && enforced(c, RULE_SEND_FLAGS))
		return RULE_SEND_FLAGS;
	if (flags & MEM_ZERO && enforced(c, RULE_SEND_ZERO))
		return RULE_SEND_ZERO;
	if (kind == LEND && !is_sp(c->s, c->ep) &&
	    enforced(c, RULE_SEND_LEND))
		return RULE_SEND_LEND;
	if (kind == DONATE && d->emad_count != 1)
		return RULE_SEND_DONATE_ONE;
	return RULE_NONE;
}

/* Fills a new transaction from the first fragment, which is valid so far. */
static enum spmc_rule begin(struct call *c, uint32_t txn, const struct desc *d,
			    const struct emad *e, uint32_t ranges_at)
{
	struct txn *t = txn_at(c->s, txn);
	uint32_t len = d->len - ranges_at;
	enum spmc_rule rule;
	uint32_t i;

	for (i = 0; i < d->emad_count; i++)
		if (!add_borrower(c->s, t, &e[i]))
			return RULE_SEND_NO_MEMORY;
	/* behind the last one only where RULE_SEND_TAIL is not checked */
	if (len / sizeof(struct ffa_constituent) >= t->range_count)
		len = t->range_count * (uint32_t)sizeof(struct ffa_constituent);
	rule = add_ranges(c, t, d->buf + ranges_at, len, RULE_SEND_NO_MEMORY);
	if (rule)
		return rule;
	if (t->got == t->total)
		return complete(c, txn);
	machine_move(c->env, SPMC_M_TXN, &t->state, TXN_EV_FIRST);
	return RULE_NONE;
}

/* Checks all of the first fragment but its ranges. */
static enum spmc_rule read_first(struct call *c, enum kind kind,
				 struct desc *d, struct emad e[DESC_EMADS],
				 struct ffa_composite *v, uint32_t *ranges_at)
{
	enum spmc_rule rule;

	rule = desc_buffer(c, &send_rules, d->len, &d->buf);
	if (!rule)
		rule = desc_read(c, &send_rules, d);
	if (!rule)
		rule = desc_emads(c, &send_rules, d, e);
	if (!rule && d->handle && enforced(c, RULE_SEND_HANDLE))
		rule = RULE_SEND_HANDLE;
	if (!rule)
		rule = read_composite(c, d, w(c, 1), v, ranges_at);
	if (!rule)
		rule = check_flags(c, d, kind);
	if (rule)
		return rule;
	if (is_sp(c->s, c->ep) ? d->sender != config(c->s, c->ep)->id :
				 d->sender & FFA_ID_SECURE)
		return RULE_SEND_SENDER;
	rule = check_receivers(c, d, e, kind);
	return rule ? rule : check_attributes(c, d, kind);
}

enum spmc_rule spmc_mem_send(struct call *c)
{
	enum kind kind = kind_of(c->fn);
	struct desc d = { .len = w(c, 2) };
	struct emad e[DESC_EMADS];
	struct ffa_composite v;
	uint32_t txn, ranges_at;
	enum spmc_rule rule;
	struct txn *t;

	if (d.len > w(c, 1))
		return RULE_SEND_FRAGMENT;
	if (d.len < w(c, 1) && enforced(c, RULE_SEND_FRAGMENTED))
		return RULE_SEND_FRAGMENTED;
	if ((d.len % 16 || w(c, 1) % 16) && enforced(c, RULE_SEND_LENGTH))
		return RULE_SEND_LENGTH;
	rule = read_first(c, kind, &d, e, &v, &ranges_at);
	if (rule)
		return rule;

	txn = txn_new(c->s);
	if (!txn)
		return RULE_SEND_NO_MEMORY;
	t = txn_at(c->s, txn);
	t->kind = kind;
	t->attributes = (uint8_t)(d.attributes & ~MEM_NS);
	t->zero = kind != SHARE && d.flags & MEM_ZERO;
	t->sender = d.sender;
	t->owner = (uint16_t)c->ep;
	t->tag = d.tag;
	t->range_count = v.range_count;
	t->page_count = v.page_count;
	t->total = w(c, 1);
	t->got = d.len;
	t->buffer = c->in.x[3];
	t->buffer_pages = w(c, 4);
	rule = begin(c, txn, &d, e, ranges_at);
	if (rule) {
		txn_forget(c->s, txn);
		return rule;
	}
	return answer(c, txn);
}

void mem_drop(struct spmc *s, const struct spmc_env *env, uint32_t txn)
{
	machine_move(env, SPMC_M_TXN, &txn_at(s, txn)->state, TXN_EV_DROP);
	txn_free(s, txn);
}

/* The transaction that the call goes on with. */
static enum spmc_rule find_sending(struct call *c, uint32_t *txn)
{
	uint16_t id = (uint16_t)bits(c, 4, 16, 31);
	const struct txn *t;

	if (id && is_sp(c->s, c->ep))
		return RULE_FRAG_TX_ENDPOINT_SP;
	*txn = txn_find(c->s, (uint64_t)w(c, 2) << 32 | w(c, 1));
	t = txn_at(c->s, *txn);
	if (!*txn || t->owner != c->ep)
		return RULE_FRAG_TX_HANDLE;
	if (!is_sp(c->s, c->ep) && id != t->sender &&
	    enforced(c, RULE_FRAG_TX_ENDPOINT))
		return RULE_FRAG_TX_ENDPOINT;
	return machine_ask(c->env, SPMC_M_TXN, t->state, TXN_EV_FRAGMENT);
}

enum spmc_rule spmc_mem_frag_tx(struct call *c)
{
	uint32_t len = w(c, 3), txn, pages;
	enum spmc_rule rule;
	const char *buf;
	struct txn *t;

	rule = find_sending(c, &txn);
	if (rule)
		return rule;
	t = txn_at(c->s, txn);
	buf = desc_map(c, t->buffer, t->buffer_pages);
	if (!buf)
		return refuse_about(c, RULE_FRAG_TX_NO_TX, c->ep, SPMC_NOBODY);
	pages = t->buffer_pages ? t->buffer_pages :
				  endpoint(c->s, c->ep)->pages;
	if (!len && enforced(c, RULE_FRAG_TX_EMPTY))
		return RULE_FRAG_TX_EMPTY;
	if (len % 16 || len > pages * FFA_PAGE_SIZE)
		return RULE_FRAG_TX_LENGTH;

	if (len > t->total - t->got)
		rule = RULE_FRAG_TX_BEYOND;
	else
		rule = add_ranges(c, t, buf, len, RULE_FRAG_TX_NO_MEMORY);
	if (!rule) {
		t->got += len;
		if (t->got == t->total)
			rule = complete(c, txn);
		else
			machine_move(c->env, SPMC_M_TXN, &t->state,
				     TXN_EV_FRAGMENT);
	}
	if (rule == RULE_SEND_NO_MEMORY)
		rule = RULE_FRAG_TX_NO_MEMORY;
	if (rule) {
		mem_drop(c->s, c->env, txn);
		return rule;
	}
	return answer(c, txn);
}
