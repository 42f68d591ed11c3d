/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which page is whose. A VM has the pages of its stage 2, less what it donated,
 * and more of what was donated to it; what is in a transaction or in its RX/TX
 * buffers it has, but not for itself alone.
 */
#include <string.h>

#include "hyp_impl.h"

/* The pages from `page` on that are all alike, up to `end`. */
struct piece {
	uint64_t page, end;
	unsigned int vm;	/* whose, or NOBODY */
	const struct txn *txn;	/* live, or NULL */
	bool buffer;
};

/* Does the piece begin in these pages? It ends where they begin or end. */
static bool meets(struct piece *p, uint64_t base, uint64_t pages)
{
	uint64_t first = base / FFA_PAGE_SIZE;

	if (first > p->page) {
		if (pages && first < p->end)
			p->end = first;
		return false;
	}
	if (p->page - first >= pages)
		return false;
	if (pages - (p->page - first) < p->end - p->page)
		p->end = first + pages;
	return true;
}

static void meet_vm(const struct hyp *h, unsigned int vm, struct piece *p)
{
	const struct vm *v = &h->vms[vm];

	for (unsigned int i = 0; i < v->cfg.region_count; i++)
		if (meets(p, v->cfg.regions[i].base, v->cfg.regions[i].pages))
			p->vm = vm;
	p->buffer |= meets(p, v->tx, v->pages);
	p->buffer |= meets(p, v->rx, v->pages);
}

static struct piece piece_at(const struct hyp *h, uint64_t page, uint64_t end)
{
	struct piece p = { .page = page, .end = end, .vm = NOBODY };
	uint32_t age = 0;

	for (unsigned int i = 0; i < h->cfg.vm_count; i++)
		meet_vm(h, i, &p);
	for (unsigned int i = 0; i < HYP_MAX_TXNS; i++) {
		const struct txn *t = &h->txns[i];
		const struct range *r = &h->ranges[t->first];

		for (uint32_t k = 0; t->state && k < t->have; k++) {
			if (!meets(&p, r[k].base, r[k].pages))
				continue;
			if (t->state != TXN_MOVED) {
				p.txn = t;
			} else if (t->age > age) {
				age = t->age;
				p.vm = t->vm;
			}
		}
	}
	return p;
}

bool hyp_owns(const struct hyp *h, unsigned int vm, uint64_t base,
	      uint64_t pages)
{
	uint64_t page = base / FFA_PAGE_SIZE, end = page + pages;

	while (page < end) {
		const struct piece p = piece_at(h, page, end);

		if (p.vm != vm || p.txn || p.buffer)
			return false;
		page = p.end;
	}
	return true;
}

static unsigned int access_of(uint8_t perm)
{
	return (perm & MEM_DATA) == MEM_DATA_RW ?
	       SPMC_ACCESS_READ | SPMC_ACCESS_WRITE : SPMC_ACCESS_READ;
}

bool hyp_access(const struct hyp *h, unsigned int vm, uint64_t pa,
		unsigned int *access)
{
	uint64_t page = pa / FFA_PAGE_SIZE;
	const struct piece p = piece_at(h, page, page + 1);

	*access = 0;
	if (p.vm == NOBODY)
		return false;
	if (p.vm == vm && (!p.txn || p.txn->kind == SHARE ||
			   p.txn->state == TXN_SENDING))
		*access = SPMC_ACCESS_READ | SPMC_ACCESS_WRITE;
	for (unsigned int i = 0; p.txn && i < p.txn->borrower_count; i++) {
		const struct borrower *b = &p.txn->borrowers[i];

		if (b->holds && b->e.endpoint == h->vms[vm].cfg.id)
			*access = access_of(b->held);
	}
	return true;
}

int hyp_owner(const struct hyp *h, uint64_t pa)
{
	uint64_t page = pa / FFA_PAGE_SIZE;
	const struct piece p = piece_at(h, page, page + 1);

	return p.vm == NOBODY ? -1 : (int)p.vm;
}

/* -- transactions ------------------------------------------------------------ */

unsigned int hyp_txn_index(const struct hyp *h, const struct txn *t)
{
	return (unsigned int)(t - h->txns);
}

/* Handles of a hypervisor have bit 63, the SPMC's do not (as Hafnium's). */
static uint64_t new_handle(const struct hyp *h, const struct txn *t)
{
	return (uint64_t)1 << 63 | (uint64_t)t->uses << 8 |
	       hyp_txn_index(h, t);
}

struct txn *hyp_txn_new(struct hyp *h, uint32_t ranges)
{
	for (unsigned int i = 0; i < HYP_MAX_TXNS; i++) {
		struct txn *t = &h->txns[i];

		if (t->state != TXN_FREE)
			continue;
		if (ranges > HYP_MAX_RANGES - h->range_count)
			return NULL;
		*t = (struct txn){
			.state = TXN_SENDING, .uses = t->uses + 1,
			.first = h->range_count, .range_count = ranges,
		};
		t->handle = new_handle(h, t);
		h->range_count += ranges;
		return t;
	}
	return NULL;
}

void hyp_txn_free(struct hyp *h, struct txn *t)
{
	uint32_t behind = t->first + t->range_count;

	memmove(&h->ranges[t->first], &h->ranges[behind],
		(h->range_count - behind) * sizeof(h->ranges[0]));
	h->range_count -= t->range_count;
	for (unsigned int i = 0; i < HYP_MAX_TXNS; i++)
		if (h->txns[i].state && h->txns[i].first >= behind)
			h->txns[i].first -= t->range_count;
	*t = (struct txn){ .uses = t->uses };
}

struct txn *hyp_txn_find(struct hyp *h, uint64_t handle)
{
	for (unsigned int i = 0; i < HYP_MAX_TXNS; i++) {
		struct txn *t = &h->txns[i];

		if ((t->state == TXN_SENDING || t->state == TXN_SENT) &&
		    t->handle == handle)
			return t;
	}
	return NULL;
}

struct borrower *hyp_borrower(struct txn *t, uint16_t id)
{
	for (unsigned int i = 0; i < t->borrower_count; i++)
		if (t->borrowers[i].e.endpoint == id)
			return &t->borrowers[i];
	return NULL;
}

bool hyp_held(const struct txn *t)
{
	for (unsigned int i = 0; i < t->borrower_count; i++)
		if (t->borrowers[i].holds)
			return true;
	return false;
}

bool hyp_zero(struct hyp *h, const struct txn *t, bool really)
{
	const struct range *r = hyp_ranges(h, t);

	for (uint32_t i = 0; i < t->have; i++)
		for (uint32_t k = 0; k < r[i].pages; k++) {
			void *at = h->cfg.map(h->cfg.ctx, r[i].base +
				(uint64_t)k * FFA_PAGE_SIZE, FFA_PAGE_SIZE);

			if (!at)
				return false;
			if (really)
				memset(at, 0, FFA_PAGE_SIZE);
		}
	return true;
}

void hyp_let_go(struct hyp *h, struct txn *t, struct borrower *b,
		bool zero_it)
{
	zero_it |= b->zero_after;
	b->holds = b->reads = b->zero_after = false;
	/* as long as others use the memory it is not cleared under them */
	if (zero_it && !hyp_held(t))
		hyp_zero(h, t, true);
	if (t->doomed && !hyp_held(t))
		hyp_txn_free(h, t);
}

/* -- donations --------------------------------------------------------------- */

/* Are these pages a VM's, whoever uses them? */
static bool belong(const struct hyp *h, const struct txn *t, unsigned int vm)
{
	const struct range *r = &h->ranges[t->first];

	for (uint32_t i = 0; i < t->have; i++) {
		uint64_t page = r[i].base / FFA_PAGE_SIZE;
		uint64_t end = page + r[i].pages;

		while (page < end) {
			const struct piece p = piece_at(h, page, end);

			if (p.vm != vm)
				return false;
			page = p.end;
		}
	}
	return true;
}

/* Is every page of `old` also one of `t`? */
static bool covers(const struct hyp *h, const struct txn *t,
		   const struct txn *old)
{
	const struct range *a = &h->ranges[t->first];
	const struct range *b = &h->ranges[old->first];

	for (uint32_t i = 0; i < old->have; i++) {
		uint64_t page = b[i].base / FFA_PAGE_SIZE;
		uint64_t end = page + b[i].pages;

		while (page < end) {
			struct piece p = { .page = page, .end = end };
			bool in = false;

			for (uint32_t k = 0; k < t->have; k++)
				in |= meets(&p, a[k].base, a[k].pages);
			if (!in)
				return false;
			page = p.end;
		}
	}
	return true;
}

/*
 * Older moves of the same pages are of no interest then; nor is this one, if
 * the pages are where they were at first.
 */
void hyp_txn_moved(struct hyp *h, struct txn *t, unsigned int vm)
{
	for (unsigned int i = 0; i < HYP_MAX_TXNS; i++)
		if (h->txns[i].state == TXN_MOVED && covers(h, t, &h->txns[i]))
			hyp_txn_free(h, &h->txns[i]);
	if (belong(h, t, vm)) {
		hyp_txn_free(h, t);
		return;
	}
	t->state = TXN_MOVED;
	t->vm = (uint16_t)vm;
	t->age = ++h->age;
	t->borrower_count = 0;
}

/* -- a VM is gone ------------------------------------------------------------ */

void hyp_drop_memory(struct hyp *h, unsigned int vm)
{
	for (unsigned int i = 0; i < HYP_MAX_TXNS; i++) {
		struct txn *t = &h->txns[i];
		struct borrower *b;

		if (t->relayed || (t->state != TXN_SENDING &&
				   t->state != TXN_SENT))
			continue;
		b = hyp_borrower(t, h->vms[vm].cfg.id);
		if (b && b->holds)
			hyp_let_go(h, t, b, false);
		if (!t->state || t->vm != vm)
			continue;
		t->doomed = true;
		if (!hyp_held(t))
			hyp_txn_free(h, t);
	}
}

/* -- looking in -------------------------------------------------------------- */

unsigned int hyp_handles(const struct hyp *h)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < HYP_MAX_TXNS; i++)
		n += !h->txns[i].relayed && (h->txns[i].state == TXN_SENDING ||
					     h->txns[i].state == TXN_SENT);
	return n;
}

/* As spmc/machines_mem.def names them. */
const char *hyp_txn_state(const struct hyp *h, uint64_t handle)
{
	for (unsigned int i = 0; i < HYP_MAX_TXNS; i++) {
		const struct txn *t = &h->txns[i];

		if (t->handle != handle || t->relayed)
			continue;
		if (t->state == TXN_SENDING)
			return "sending";
		if (t->state == TXN_SENT)
			return hyp_held(t) ? "held" : "sent";
	}
	return "free";
}
