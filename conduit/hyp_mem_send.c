/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FFA_MEM_SHARE, _LEND, _DONATE, FFA_MEM_FRAG_TX of VMs. To partitions the SPMC
 * decides: here is checked whose the pages are, and the description goes on in
 * the hypervisor's own TX, in its own layout and fragments of a page, so that
 * what was checked is what the SPMC reads. To VMs all is done here.
 */
#include <string.h>

#include "hyp_impl.h"

enum { RANGE = sizeof(struct ffa_constituent) };

static struct hyp_cpu *here(const struct hcall *c)
{
	return &c->h->cpus[c->cpu];
}

static char *own_tx(const struct hyp *h)
{
	return h->cfg.map(h->cfg.ctx, h->cfg.tx, FFA_PAGE_SIZE);
}

static enum txn_kind kind_of(enum ffa_fn fn)
{
	if (fn == FFA_FN_MEM_DONATE_32 || fn == FFA_FN_MEM_DONATE_64)
		return DONATE;
	return fn == FFA_FN_MEM_LEND_32 || fn == FFA_FN_MEM_LEND_64 ? LEND :
								       SHARE;
}

/* -- checks ------------------------------------------------------------------ */

/* Of the registers, and of the buffer. */
static enum hyp_rule check_call(const struct hcall *c, const char **buf)
{
	uint32_t total = w(&c->in, 1), len = w(&c->in, 2);

	if (c->in.x[3] || w(&c->in, 4))
		return RULE_HYP_SEND_BUFFER;
	if (len > total || len % RANGE || total % RANGE)
		return RULE_HYP_SEND_LENGTH;
	*buf = hyp_tx(c->h, caller(c));
	if (!*buf || len > caller(c)->pages * FFA_PAGE_SIZE)
		return RULE_HYP_SEND_TX;
	return HYP_RULE_NONE;
}

static enum hyp_rule read_first(const struct hcall *c, const char *buf,
				struct desc *d, struct ffa_composite *v)
{
	uint32_t total = w(&c->in, 1), len = w(&c->in, 2);

	if (!hyp_read_desc(caller(c)->version, buf, len, d) || d->handle ||
	    d->several || d->composite % 16 || len < sizeof(*v) ||
	    d->composite < d->emads_end || d->composite > len - sizeof(*v))
		return RULE_HYP_SEND_DESCRIPTOR;
	memcpy(v, buf + d->composite, sizeof(*v));
	if (v->reserved || !v->range_count || v->range_count !=
	    (total - d->composite - (uint32_t)sizeof(*v)) / RANGE)
		return RULE_HYP_SEND_DESCRIPTOR;
	return HYP_RULE_NONE;
}

/* With whom: partitions, or VMs, or (not here) both. */
static enum hyp_rule check_parties(const struct hcall *c,
				   const struct desc *d, bool *relay)
{
	unsigned int secure = 0;

	if (d->sender != caller(c)->cfg.id)
		return RULE_HYP_SEND_SENDER;
	if (d->too_many)
		return RULE_HYP_SEND_NO_MEMORY;
	for (uint32_t i = 0; i < d->emad_count; i++) {
		secure += d->emads[i].endpoint >> 15;
		if (!hyp_may_talk(caller(c), d->emads[i].endpoint))
			return RULE_HYP_SEND_PEER;
	}
	*relay = secure;
	return secure && secure < d->emad_count ? RULE_HYP_SEND_MIXED :
						   HYP_RULE_NONE;
}

static enum hyp_rule check_receivers(const struct hcall *c,
				     const struct desc *d)
{
	for (uint32_t i = 0; i < d->emad_count; i++) {
		uint16_t id = d->emads[i].endpoint;

		if (id == d->sender || hyp_find(c->h, id) < 0)
			return RULE_HYP_SEND_RECEIVER;
		for (uint32_t k = 0; k < i; k++)
			if (d->emads[k].endpoint == id)
				return RULE_HYP_SEND_RECEIVER;
	}
	return HYP_RULE_NONE;
}

static enum hyp_rule check_permissions(const struct desc *d,
				       enum txn_kind kind)
{
	for (uint32_t i = 0; i < d->emad_count; i++) {
		unsigned int data = d->emads[i].permissions & MEM_DATA;

		if (d->emads[i].permissions & MEM_INSTR || data == MEM_DATA ||
		    (kind == DONATE) == !!data)
			return RULE_HYP_SEND_PERM;
	}
	return HYP_RULE_NONE;
}

/* What the SPMC would look at, if it were asked. */
static enum hyp_rule check_local(const struct hcall *c, const struct desc *d)
{
	enum txn_kind kind = kind_of(c->fn);
	bool typed = kind == SHARE || (kind == LEND && d->emad_count > 1);
	enum hyp_rule rule;

	if (d->flags & ~(uint32_t)MEM_ZERO || (kind == SHARE && d->flags) ||
	    (kind == DONATE && d->emad_count > 1))
		return RULE_HYP_SEND_FLAGS;
	rule = check_receivers(c, d);
	if (!rule)
		rule = check_permissions(d, kind);
	if (rule)
		return rule;
	if (d->attributes & MEM_NS || (!typed && d->attributes & MEM_TYPE))
		return RULE_HYP_SEND_ATTR_GIVEN;
	if (typed && d->attributes != MEM_NORMAL_WB_ISH)
		return RULE_HYP_SEND_ATTR;
	return HYP_RULE_NONE;
}

/* Ranges of a fragment, each read once. */
static enum hyp_rule add_ranges(struct hcall *c, struct txn *t,
				const char *buf, uint32_t len)
{
	for (; len; len -= RANGE, buf += RANGE) {
		struct ffa_constituent v;

		memcpy(&v, buf, sizeof(v));
		if (v.address % FFA_PAGE_SIZE || v.reserved ||
		    v.address > UINT64_MAX -
				(uint64_t)v.page_count * FFA_PAGE_SIZE)
			return RULE_HYP_SEND_RANGE;
		if (!v.page_count ||
		    !hyp_owns(c->h, c->vm, v.address, v.page_count))
			return RULE_HYP_SEND_RANGE_MEMORY;
		hyp_ranges(c->h, t)[t->have++] =
			(struct range){ v.address, v.page_count };
	}
	return HYP_RULE_NONE;
}

/* -- transactions between VMs ------------------------------------------------- */

static enum hyp_rule complete(struct hyp *h, struct txn *t)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < t->have; i++)
		sum += hyp_ranges(h, t)[i].pages;
	if (sum != t->page_count)
		return RULE_HYP_SEND_PAGES;
	if (t->zero && !hyp_zero(h, t, false))
		return RULE_HYP_SEND_NO_MEMORY;
	if (t->zero)
		hyp_zero(h, t, true);
	t->state = TXN_SENT;
	return HYP_RULE_NONE;
}

static void answer(struct hcall *c, const struct txn *t)
{
	uint32_t lo = (uint32_t)t->handle, hi = (uint32_t)(t->handle >> 32);

	if (t->state == TXN_SENT)
		hyp_succeed(c, &(struct ffa_value){
				.x[2] = lo, .x[3] = hi });
	else
		hyp_show(c->h, c->cpu, c->vm, c->vcpu, FFA_FN_MEM_FRAG_RX,
			 &(struct ffa_value){ .x[1] = lo, .x[2] = hi,
					      .x[3] = t->got }, c->act);
}

/* -- relaying ---------------------------------------------------------------- */

/* The next fragment to the SPMC: as much as a page holds. */
static void forward(struct hcall *c, struct txn *t)
{
	uint32_t head = t->begun ? 0 : hyp_head_size(c->h->version,
						     t->borrower_count);
	uint32_t n = t->have - t->sent, most = (FFA_PAGE_SIZE - head) / RANGE;
	struct ffa_value call = { {
		(uint32_t)FFA_ID_MEM_FRAG_TX, (uint32_t)t->handle,
		(uint32_t)(t->handle >> 32),
	} };
	char *to = own_tx(c->h);

	if (n > most)
		n = most;
	if (!t->begun) {
		hyp_write_head(t, caller(c)->cfg.id, c->h->version, NULL, to);
		call = (struct ffa_value){ {
			ffa_fns[c->fn].fid, head + t->range_count * RANGE,
			head + n * RANGE,
		} };
	} else {
		call.x[3] = n * RANGE;
		call.x[4] = (uint32_t)caller(c)->cfg.id << 16;
	}
	hyp_write_ranges(c->h, t, t->sent, n, to + head);
	t->begun = true;
	t->sent += n;
	here(c)->txn = hyp_txn_index(c->h, t);
	hyp_ask(c, STEP_MEM_SEND, &call);
}

void hyp_mem_sent(struct hcall *c, const struct ffa_value *res)
{
	struct txn *t = &c->h->txns[here(c)->txn];
	enum ffa_fn fn = ffa_fn_find(res->x[0]);

	if (fn == FFA_FN_SUCCESS) {
		t->handle = w(res, 2) | (uint64_t)w(res, 3) << 32;
		t->state = TXN_SENT;
		answer(c, t);
		return;
	}
	if (fn == FFA_FN_MEM_FRAG_RX && t->sent < t->range_count) {
		t->handle = w(res, 1) | (uint64_t)w(res, 2) << 32;
		if (t->sent < t->have)
			forward(c, t);
		else
			answer(c, t);
		return;
	}
	hyp_txn_free(c->h, t);
	hyp_pass(c, res);
}

/*
 * No call ends a transmission: FFA_MEM_RECLAIM of a region that is not complete
 * is refused everywhere. But a range without pages ends it at the latest with
 * the last fragment (EL3: unless what was sent is the total already).
 */
void hyp_ask_abort(struct hcall *c, enum hyp_step step, const struct txn *t)
{
	uint32_t left = (t->range_count - t->sent) * RANGE;

	memset(own_tx(c->h), 0, FFA_PAGE_SIZE);
	here(c)->txn = hyp_txn_index(c->h, t);
	hyp_ask(c, step, &(struct ffa_value){ {
		(uint32_t)FFA_ID_MEM_FRAG_TX, (uint32_t)t->handle,
		(uint32_t)(t->handle >> 32),
		left < FFA_PAGE_SIZE ? left : FFA_PAGE_SIZE,
		(uint32_t)c->h->vms[t->vm].cfg.id << 16 } });
}

void hyp_mem_aborted(struct hcall *c, const struct ffa_value *res)
{
	struct txn *t = &c->h->txns[here(c)->txn];

	t->sent += FFA_PAGE_SIZE / RANGE;
	if (ffa_fn_find(res->x[0]) == FFA_FN_MEM_FRAG_RX &&
	    t->sent < t->range_count) {
		hyp_ask_abort(c, STEP_MEM_ABORT, t);
		return;
	}
	hyp_txn_free(c->h, t);
	hyp_refuse(c, (enum hyp_rule)here(c)->rule);
}

/* A fragment was wrong: the transaction is over. */
static void drop(struct hcall *c, struct txn *t, enum hyp_rule rule)
{
	here(c)->rule = rule;
	if (t->relayed && t->begun) {
		hyp_ask_abort(c, STEP_MEM_ABORT, t);
		return;
	}
	hyp_txn_free(c->h, t);
	hyp_refuse(c, rule);
}

/* A fragment was right. */
static void go_on(struct hcall *c, struct txn *t)
{
	enum hyp_rule rule = HYP_RULE_NONE;

	if (t->relayed) {
		forward(c, t);
		return;
	}
	if (t->have == t->range_count)
		rule = complete(c->h, t);
	if (rule)
		drop(c, t, rule);
	else
		answer(c, t);
}

/* -- calls ------------------------------------------------------------------- */

static void fill(struct hcall *c, struct txn *t, const struct desc *d,
		 const struct ffa_composite *v)
{
	t->kind = (uint8_t)kind_of(c->fn);
	t->vm = (uint16_t)c->vm;
	t->zero = d->flags & MEM_ZERO;
	t->attributes = (uint8_t)d->attributes;
	t->flags = d->flags;
	t->tag = d->tag;
	t->total = w(&c->in, 1);
	t->got = w(&c->in, 2);
	t->page_count = v->page_count;
	t->borrower_count = d->emad_count;
	for (uint32_t i = 0; i < d->emad_count; i++)
		t->borrowers[i] = (struct borrower){
			.e = d->emads[i], .has_impdef = d->has_impdef,
		};
}

void hyp_do_mem_send(struct hcall *c)
{
	struct ffa_composite v;
	const char *buf;
	struct desc d;
	bool relay = false;
	struct txn *t = NULL;
	uint32_t at;
	enum hyp_rule rule = check_call(c, &buf);

	if (!rule)
		rule = read_first(c, buf, &d, &v);
	if (!rule)
		rule = check_parties(c, &d, &relay);
	if (!rule && !relay)
		rule = check_local(c, &d);
	if (!rule) {
		t = hyp_txn_new(c->h, v.range_count);
		rule = t && own_tx(c->h) ? HYP_RULE_NONE :
					   RULE_HYP_SEND_NO_MEMORY;
	}
	if (rule) {
		if (t)
			hyp_txn_free(c->h, t);
		hyp_refuse(c, rule);
		return;
	}
	fill(c, t, &d, &v);
	t->relayed = relay;
	at = d.composite + (uint32_t)sizeof(v);
	rule = add_ranges(c, t, buf + at, w(&c->in, 2) - at);
	if (rule)
		drop(c, t, rule);
	else
		go_on(c, t);
}

void hyp_do_frag_tx(struct hcall *c)
{
	uint64_t handle = w(&c->in, 1) | (uint64_t)w(&c->in, 2) << 32;
	uint32_t len = w(&c->in, 3);
	struct txn *t = hyp_txn_find(c->h, handle);
	const char *buf = hyp_tx(c->h, caller(c));
	enum hyp_rule rule = HYP_RULE_NONE;

	if (!t || t->vm != c->vm || t->state != TXN_SENDING)
		rule = RULE_HYP_FRAG_TX_HANDLE;
	else if (w(&c->in, 4) >> 16)
		rule = RULE_HYP_FRAG_TX_ENDPOINT;
	else if (!buf || !len || len % RANGE ||
		 len > caller(c)->pages * FFA_PAGE_SIZE)
		rule = RULE_HYP_FRAG_TX_LENGTH;
	if (rule) {
		hyp_refuse(c, rule);
		return;
	}
	if (len > t->total - t->got)
		rule = RULE_HYP_FRAG_TX_BEYOND;
	else
		rule = add_ranges(c, t, buf, len);
	t->got += len;
	if (rule)
		drop(c, t, rule);
	else
		go_on(c, t);
}
