/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory management, call by call: access to pages and their contents, what
 * each version sees, what is given back how. Descriptors by themselves:
 * check_mem.c; fragments: check_mem_frag.c; pools, handles and crashes:
 * check_mem_limits.c; pages that are not plain: check_mem_pages.c.
 */
#include "mem_desc.h"
#include "unit.h"

enum { PAGE = FFA_PAGE_SIZE };

static const uint32_t versions[] = { FFA_V1_0, FFA_V1_1, FFA_V1_2 };

/* -- a sender and a borrower of other versions ---------------------------------- */

START_TEST(mixed_versions)
{
	uint32_t from = versions[_i % 3], to = versions[_i / 3];
	uint32_t head = to < FFA_V1_1 ? 32 : 48, emad = to < FFA_V1_2 ? 16 : 32;
	struct spmc_endpoint_config *eps;
	struct spmc_config *cfg = mem_config(FFA_V1_2, &eps, NULL);
	const unsigned char *rx;
	struct mem_desc d, r;
	struct world *w;
	uint64_t handle;

	eps[NS].version = from;
	eps[SP1].version = to;
	w = mem_boot(cfg);
	d = mem_desc_send(LEND, from, NS, SP1, NS_PA + 8 * PAGE, 3);
	d.emad[0].impdef = 0x1234;
	d.flags = 1;
	handle = mem_send(w, NS, &d);
	must(handle, "refused");
	r = mem_desc_request(&d, to, handle);
	/* who gave no value lets the borrower say what it likes */
	r.emad[0].impdef = from < FFA_V1_2 ? 0x77 : 0x1234;
	must_eq(mem_retrieve(w, SP1, &r), 0);
	must_eq(w->out.regs.x[1], head + emad + 32);
	rx = mem_rx(w, SP1);
	must_eq(rx[2], to < FFA_V1_1 ? 0 : 0x40);	/* NS */
	must_eq(rx[4], 2 << 3 | 1);
	must_eq(rx[16], 0x55);
	must_eq(rx[24], to < FFA_V1_1 ? 0 : emad);
	must_eq(rx[28], 1);
	must_eq(rx[head + 2], RW | NX);
	must_eq(rx[head + 4], head + emad);
	if (emad == 32)
		must_eq(rx[head + 8] | rx[head + 9] << 8,
			from < FFA_V1_2 ? 0 : 0x1234);
	must_eq(rx[head + emad], 3);
	must_eq(rx[head + emad + 4], 1);
	must(!memcmp(rx + head + emad + 16, &d.range[0].base, 8), "address");
	must_eq(rx[head + emad + 24], 3);
	world_free(w);
}
END_TEST

/* -- access and contents --------------------------------------------------------- */

static void fill(struct world *w, uint64_t pa, int pages, int with)
{
	memset(mem_at(w, pa), with, (size_t)pages * PAGE);
}

static bool is_all(struct world *w, uint64_t pa, int pages, int with)
{
	const unsigned char *p = mem_at(w, pa);
	int i;

	for (i = 0; i < pages * PAGE; i++)
		if (p[i] != with)
			return false;
	return true;
}

/* Two pages, and one on each side. */
static void must_see(struct world *w, int ep, uint64_t pa, unsigned int is,
		     unsigned int beside)
{
	must_access(w, ep, pa - 1, beside);
	must_access(w, ep, pa, is);
	must_access(w, ep, pa + 2 * PAGE - 1, is);
	must_access(w, ep, pa + 2 * PAGE, beside);
}

START_TEST(access)
{
	static const struct {
		enum mem_kind kind;
		int from, to, perm;
		unsigned int sent, held, borrower;
	} rows[] = {
		{ SHARE, NS, SP1, RW, 3, 3, 3 },
		{ SHARE, NS, SP1, RO, 3, 3, 1 },
		{ SHARE, SP1, SP2, RW, 3, 3, 3 },
		{ SHARE, SP1, SP3, RO, 3, 3, 1 },
		{ LEND, NS, SP1, RW, 0, 0, 3 },
		{ LEND, NS, SP3, RO, 0, 0, 1 },
		{ LEND, SP1, SP2, RW, 0, 0, 3 },
		{ DONATE, NS, SP1, 0, 0, 0, 3 },
		{ DONATE, SP1, SP3, 0, 0, 0, 3 },
	};
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	uint64_t before, pa = (rows[_i].from == NS ? NS_PA : SP_PA) + 8 * PAGE;
	int from = rows[_i].from, to = rows[_i].to;
	struct mem_desc d = mem_desc_send(rows[_i].kind, FFA_V1_2, from, to,
					  pa, 2);
	uint64_t handle;

	d.emad[0].perm = (uint8_t)rows[_i].perm;
	fill(w, pa - PAGE, 4, 0xa5);
	mem_run(w, NS);
	before = spmc_hash(w->s);
	must_see(w, from, pa, 3, 3);
	must_see(w, to, pa, 0, 0);
	handle = mem_send(w, from, &d);
	must(handle && !(handle >> 63), "handle");
	must_see(w, from, pa, rows[_i].sent, 3);
	must_see(w, to, pa, 0, 0);
	must_eq(mem_take(w, to, &d, handle), 0);
	must_see(w, from, pa, rows[_i].held, 3);
	must_see(w, to, pa, rows[_i].borrower, 0);
	must_see(w, VM, pa, 0, 0);
	must(is_all(w, pa - PAGE, 4, 0xa5), "contents changed");
	if (rows[_i].kind == DONATE) {
		must_eq(spmc_handles(w->s), 0);
		mem_relinquish(w, to, handle, 0);
		must_refuse(w, RELINQUISH_HANDLE);
		mem_reclaim(w, from, handle, 0);
		must_refuse(w, RECLAIM_HANDLE);
	} else {
		must_eq(mem_relinquish(w, to, handle, 0), 0);
		must_see(w, from, pa, rows[_i].sent, 3);
		must_see(w, to, pa, 0, 0);
		must_eq(mem_reclaim(w, from, handle, 0), 0);
		must_see(w, from, pa, 3, 3);
		mem_run(w, NS);
		must(before != spmc_hash(w->s), "the handle is not stale");
	}
	mem_reclaim(w, from, handle, 0);
	must_refuse(w, RECLAIM_HANDLE);
	mem_take(w, to, &d, handle);
	must_refuse(w, RETRIEVE_HANDLE);
	world_free(w);
}
END_TEST

/* Memory of a VM: sent for it, seen by it and by the primary. */
START_TEST(memory_of_a_vm)
{
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	struct mem_desc d = mem_desc_send(LEND, FFA_V1_2, VM, SP1, VM_PA, 2);
	uint64_t handle;

	handle = mem_send(w, NS, &d);
	must(handle, "refused");
	must_access(w, VM, VM_PA, 0);
	must_access(w, NS, VM_PA, 0);
	must_access(w, VM, VM_PA + 2 * PAGE, 3);
	must_access(w, NS, VM_PA + 2 * PAGE, 3);
	must_eq(mem_take(w, SP1, &d, handle), 0);
	must_access(w, SP1, VM_PA, 3);
	must_eq(mem_relinquish(w, SP1, handle, 0), 0);
	must_eq(mem_reclaim(w, NS, handle, 0), 0);
	must_access(w, VM, VM_PA, 3);
	must_access(w, NS, VM_PA, 3);

	/* the normal world borrows nothing from the SPMC */
	d = mem_desc_send(SHARE, FFA_V1_2, SP1, SP2, SP_PA + 8 * PAGE, 1);
	handle = mem_send(w, SP1, &d);
	mem_relinquish(w, NS, handle, 0);
	must_refuse(w, RELINQUISH_HANDLE);
	mem_reclaim(w, NS, handle, 0);
	must_refuse(w, RECLAIM_HANDLE);
	mem_reclaim(w, SP2, handle, 0);
	must_refuse(w, RECLAIM_HANDLE);
	mem_relinquish(w, SP2, handle, 0);
	must_refuse(w, RELINQUISH_NOT_HELD);
	mem_relinquish(w, SP3, handle, 0);
	must_refuse(w, RELINQUISH_HANDLE);
	world_free(w);
}
END_TEST

/* Which flag clears when; the pages beside stay as they are. */
START_TEST(zeroing)
{
	enum { SEND = 1, AFTER = 2, RELINQUISH = 4, RECLAIM = 8 };
	uint64_t pa = (_i & 16 ? SP_PA : NS_PA) + 8 * PAGE, handle;
	int from = _i & 16 ? SP1 : NS;
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	struct mem_desc d = mem_desc_send(LEND, FFA_V1_2, from, SP2, pa, 2), r;

	d.flags = !!(_i & SEND);
	fill(w, pa - PAGE, 4, 0xa5);
	handle = mem_send(w, from, &d);
	must(is_all(w, pa, 2, _i & SEND ? 0 : 0xa5), "send");
	r = mem_desc_request(&d, FFA_V1_2, handle);
	r.flags = _i & AFTER ? 4 : 0;
	must_eq(mem_retrieve(w, SP2, &r), 0);
	must_eq(mem_release(w, SP2), 0);
	fill(w, pa, 2, 0x5a);
	must_eq(mem_relinquish(w, SP2, handle, !!(_i & RELINQUISH)), 0);
	must(is_all(w, pa, 2, _i & (AFTER | RELINQUISH) ? 0 : 0x5a),
	     "relinquish");
	fill(w, pa, 2, 0x5a);
	must_eq(mem_reclaim(w, from, handle, !!(_i & RECLAIM)), 0);
	must(is_all(w, pa, 2, _i & RECLAIM ? 0 : 0x5a), "reclaim");
	must(is_all(w, pa - PAGE, 1, 0xa5), "page before");
	must(is_all(w, pa + 2 * PAGE, 1, 0xa5), "page behind");
	world_free(w);
}
END_TEST

START_TEST(returns)
{
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	uint64_t pa = NS_PA + 8 * PAGE, handle;
	struct mem_desc d = mem_desc_send(LEND, FFA_V1_2, NS, SP1, pa, 1);
	unsigned char *tx = mem_tx(w, SP1);

	d.emads = 2;
	d.emad[1] = (struct mem_emad){ mem_ids[SP2], RO, 0 };
	d.attributes = ATTR_NORMAL;
	handle = mem_send(w, NS, &d);
	must_eq(mem_take(w, SP1, &d, handle), 0);
	must_eq(mem_take(w, SP2, &d, handle), 0);
	fill(w, pa, 1, 0x5a);
	mem_relinquish(w, SP2, handle, 1);
	must_refuse(w, RELINQUISH_ZERO_RO);
	mem_relinquish(w, SP1, handle, 4);
	must_refuse(w, RELINQUISH_FLAGS);
	mem_relinquish(w, SP1, 0, 0);
	must_refuse(w, RELINQUISH_HANDLE);
	mem_relinquish(w, SP1, handle | (uint64_t)1 << 32, 0);
	must_refuse(w, RELINQUISH_HANDLE);
	memcpy(tx, &handle, 8);
	tx[12] = 0;
	mem_as(w, SP1, (uint32_t)FFA_ID_MEM_RELINQUISH, 0, 0, 0, 0);
	must_refuse(w, RELINQUISH_COUNT);
	tx[15] = 0xff;
	mem_as(w, SP1, (uint32_t)FFA_ID_MEM_RELINQUISH, 0, 0, 0, 0);
	must_refuse(w, RELINQUISH_COUNT);
	tx[12] = 1;
	tx[15] = 0;
	tx[16] = 2;
	mem_as(w, SP1, (uint32_t)FFA_ID_MEM_RELINQUISH, 0, 0, 0, 0);
	must_refuse(w, RELINQUISH_ENDPOINT);
	/* as long as another uses the memory it is not cleared */
	must_eq(mem_relinquish(w, SP1, handle, 1 | 2), 0);
	must(is_all(w, pa, 1, 0x5a), "cleared under another");
	mem_relinquish(w, SP1, handle, 0);
	must_refuse(w, RELINQUISH_NOT_HELD);
	mem_reclaim(w, NS, handle, 0);
	must_refuse(w, RECLAIM_HELD);
	must_eq(mem_relinquish(w, SP2, handle, 0), 0);
	mem_reclaim(w, NS, handle, 4);
	must_refuse(w, RECLAIM_FLAGS);
	/* given back, it can be borrowed again */
	must_eq(mem_take(w, SP1, &d, handle), 0);
	must_eq(mem_relinquish(w, SP1, handle, 0), 0);
	must_eq(mem_reclaim(w, NS, handle, 2), 0);

	d = mem_desc_send(SHARE, FFA_V1_2, NS, SP1, pa, 1);
	handle = mem_send(w, NS, &d);
	must_eq(mem_take(w, SP1, &d, handle), 0);
	mem_relinquish(w, SP1, handle, 1);
	must_refuse(w, RELINQUISH_ZERO_SHARE);
	world_free(w);
}
END_TEST

/* The bypass flag: one borrower of two asks for itself only. */
START_TEST(bypass)
{
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	struct mem_desc d = mem_desc_send(LEND, FFA_V1_2, NS, SP2,
					  NS_PA + 8 * PAGE, 1), r;
	uint64_t handle;

	d.emads = 2;
	d.emad[1] = (struct mem_emad){ mem_ids[SP3], RO, 0 };
	d.attributes = ATTR_NORMAL;
	handle = mem_send(w, NS, &d);
	r = mem_desc_request(&d, FFA_V1_2, handle);
	r.emads = 1;
	mem_retrieve(w, SP2, &r);
	must_refuse(w, RETRIEVE_LIST);
	r.flags = 1 << 10;
	mem_retrieve(w, SP3, &r);
	must_refuse(w, RETRIEVE_LIST);
	mem_retrieve(w, SP1, &r);
	must_refuse(w, RETRIEVE_CALLER);
	must_eq(mem_retrieve(w, SP2, &r), 0);
	r.emad[0] = r.emad[1];
	must_eq(mem_retrieve(w, SP3, &r), 0);
	must_access(w, SP3, d.range[0].base, 1);
	world_free(w);
}
END_TEST

Suite *check_mem_calls(void)
{
	Suite *s = suite_create("mem_calls");
	TCase *t = tcase_create("calls");

	tcase_add_loop_test(t, mixed_versions, 0, 9);
	tcase_add_loop_test(t, access, 0, 9);
	tcase_add_test(t, memory_of_a_vm);
	tcase_add_loop_test(t, zeroing, 0, 32);
	tcase_add_test(t, returns);
	tcase_add_test(t, bypass);
	suite_add_tcase(s, t);
	return s;
}
