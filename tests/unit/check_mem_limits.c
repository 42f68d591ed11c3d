/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory management where something ends: pools, handles, a party's life. */
#include <stdlib.h>

#include "mem_desc.h"
#include "unit.h"

enum { PAGE = FFA_PAGE_SIZE, RX = 3, RWNX = 5, RONX = 7 };

/* -- pools ------------------------------------------------------------------ */

START_TEST(no_handles)
{
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, NULL);
	struct mem_desc d = mem_desc_send(SHARE, FFA_V1_2, NS, SP1, 0, 1);
	struct world *w;
	uint64_t handle = 0;
	uint32_t i;

	cfg->handles = (uint32_t)_i;
	cfg->ranges = 8;
	w = mem_boot(cfg);
	for (i = 0; i < cfg->handles; i++) {
		d.range[0].base = NS_PA + (8 + i) * PAGE;
		handle = mem_send(w, NS, &d);
		must(handle, "handle %u", i);
	}
	d.range[0].base = NS_PA + 20 * PAGE;
	must_eq(mem_send(w, NS, &d), 0);
	must_refuse(w, SEND_NO_MEMORY);
	if (_i) {
		must_eq(mem_reclaim(w, NS, handle, 0), 0);
		must(mem_send(w, NS, &d), "after a reclaim");
	}
	world_free(w);
}
END_TEST

/* 3 handles have room for 6 + 64 borrowers, and 4 chunks of 15 ranges. */
START_TEST(no_borrowers)
{
	struct spmc_endpoint_config *eps;
	struct spmc_config *cfg = mem_config(FFA_V1_2, &eps, NULL);
	struct mem_desc d = mem_desc_send(SHARE, FFA_V1_2, NS, SP1,
					  NS_PA + 8 * PAGE, 1);
	uint64_t handle, hash;
	struct world *w;
	uint32_t i;

	for (i = ENDPOINTS; i < SPMC_MAX_ENDPOINTS; i++) {
		eps[i] = eps[SP2];
		eps[i].id = (uint16_t)(0x8001 + i);
		eps[i].uuids[0].b[1] = (uint8_t)i;
	}
	cfg->endpoint_count = SPMC_MAX_ENDPOINTS;
	cfg->handles = 3;
	cfg->ranges = 8;
	w = world_new(cfg);
	world_ns(w);
	mem_map_boxes(w, NS, NS_PA);
	d.emads = 50;
	for (i = 0; i < d.emads; i++)
		d.emad[i] = (struct mem_emad){ eps[i + 5].id, RO, 0 };
	handle = mem_send(w, NS, &d);
	must(handle, "50 borrowers");
	hash = spmc_hash(w->s);
	d.range[0].base += 2 * PAGE;
	d.emads = 21;
	must_eq(mem_send(w, NS, &d), 0);
	must_refuse(w, SEND_NO_MEMORY);
	must_eq(hash, spmc_hash(w->s));
	d.emads = 20;
	must(mem_send(w, NS, &d), "20 more");
	must_eq(mem_reclaim(w, NS, handle, 0), 0);
	world_free(w);
}
END_TEST

START_TEST(no_ranges)
{
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, NULL);
	struct mem_desc d = mem_desc_send(SHARE, FFA_V1_2, NS, SP1, 0, 1);
	uint32_t len, first = (uint32_t)_i * 16, i;
	uint64_t handle, hash;
	struct world *w;

	cfg->handles = 1;	/* 1 + 1 chunks of 15 ranges */
	cfg->ranges = 15;
	w = mem_boot(cfg);
	hash = spmc_hash(w->s);
	d.sender = 1;
	d.ranges = 31;
	for (i = 0; i < d.ranges; i++)
		d.range[i].base = NS_PA + (40 - i) * PAGE, d.range[i].pages = 1;
	len = mem_desc_write(&d, mem_tx(w, NS));
	mem_as(w, NS, mem_fid(SHARE, false), len, len - first, 0, 0);
	if (first) {
		handle = w->out.regs.x[1] | w->out.regs.x[2] << 32;
		memmove(mem_tx(w, NS), mem_tx(w, NS) + len - first, first);
		mem_as(w, NS, (uint32_t)FFA_ID_MEM_FRAG_TX, (uint32_t)handle,
		       handle >> 32, first, 1 << 16);
		must_refuse(w, FRAG_TX_NO_MEMORY);
		must_eq(spmc_handles(w->s), 0);
	} else {
		must_refuse(w, SEND_NO_MEMORY);
		must_eq(hash, spmc_hash(w->s));
	}
	must_access(w, NS, NS_PA + 20 * PAGE, 3);
	d.ranges = 30;
	must(mem_send(w, NS, &d), "30 ranges");
	world_free(w);
}
END_TEST

/* Permissions of every other page until there is no room for one more. */
START_TEST(no_runs)
{
	enum { BASE = 0x08000000, PAGES = 4096 };
	struct spmc_region *regs;
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, &regs);
	struct mem_desc d;
	struct world *w;
	uint64_t page;
	int step;

	cfg->ranges = 0;
	regs[cfg->region_count++] = (struct spmc_region){
		BASE, PAGES, mem_ids[SP3], SPMC_REGION_SECURE };
	w = mem_boot_to_sp3(cfg);
	must_eq(mem_perm_set(w, BASE, PAGES, RONX), 0);
	for (page = 1; page < PAGES; page += 2)
		if (mem_perm_set(w, BASE + (_i ? PAGES - page : page) * PAGE, 1,
			     RX))
			break;
	must_refuse(w, PERM_SET_NO_MEMORY);
	must(page > 100, "no room after %u", (unsigned int)page);
	/* the others are as they were, and can be set as one again */
	for (page = 0; page < PAGES; page++)
		must_access(w, SP3, BASE + page * PAGE, 1);
	/* a range of pages that splits two runs, and one that splits none */
	for (step = 0; step < 3; step++) {
		uint64_t at = BASE + (_i ? 1000 : 3000) * (uint64_t)PAGE;

		mem_perm_set(w, at, 2 + (uint32_t)step, RX);
		must_refuse(w, PERM_SET_NO_MEMORY);
	}
	CALL(w, FFA_ID_MSG_WAIT);
	mem_map_boxes(w, SP3, SP3_PA);
	d = mem_desc_send(LEND, FFA_V1_2, SP3, SP1,
			  BASE + (_i ? 1000 : 3000) * (uint64_t)PAGE, 1);
	d.emad[0].perm = RO;
	must_eq(mem_send(w, SP3, &d), 0);
	must_refuse(w, SEND_NO_MEMORY);
	world_free(w);
}
END_TEST

/* The same at random, against an array of what each page must be. */
START_TEST(runs_at_random)
{
	enum { BASE = 0x08000000, PAGES = 2048, CALLS = 20000 };
	static const uint32_t perms[] = { RX, RWNX, RONX };
	static unsigned int is[PAGES];
	struct spmc_region *regs;
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, &regs);
	uint32_t i, n, page, refused = 0;
	uint64_t seed = (uint64_t)_i + 1;
	struct world *w;

	cfg->ranges = 0;
	regs[cfg->region_count++] = (struct spmc_region){
		BASE, PAGES, mem_ids[SP3], SPMC_REGION_SECURE };
	w = mem_boot_to_sp3(cfg);
	for (page = 0; page < PAGES; page++)
		is[page] = 3;
	for (i = 0; i < CALLS; i++) {
		uint32_t perm;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		page = (uint32_t)(seed >> 33) % PAGES;
		n = 1 + (uint32_t)(seed >> 50) % (i % 1000 ? 5 : 500);
		perm = perms[(seed >> 20) % 3];
		if (page + n > PAGES)
			n = PAGES - page;
		if (mem_perm_set(w, BASE + (uint64_t)page * PAGE, n, perm)) {
			must_refuse(w, PERM_SET_NO_MEMORY);
			refused++;
			continue;
		}
		while (n--)
			is[page++] = perm == RWNX ? 3 : 1;
	}
	must(refused > 100 && refused < CALLS / 10 * 9, "%u refused", refused);
	for (page = 0; page < PAGES; page++)
		must_access(w, SP3, BASE + (uint64_t)page * PAGE, is[page]);
	world_free(w);
}
END_TEST

START_TEST(perm_joins)
{
	struct world *w = mem_boot_to_sp3(mem_config(FFA_V1_2, NULL, NULL));
	uint64_t hash, none = spmc_hash(w->s);
	int i;

	must_eq(mem_perm_set(w, SP3_PA, 8, RONX), 0);
	hash = spmc_hash(w->s);
	must(hash != none, "no difference");
	must_eq(mem_perm_set(w, SP3_PA + 2 * PAGE, 3, RX), 0);
	must(hash != spmc_hash(w->s), "no difference");
	for (i = 0; i < 8; i += 2)
		must_eq(mem_perm_set(w, SP3_PA + i * PAGE, 1, RWNX), 0);
	must_eq(mem_perm_set(w, SP3_PA, 8, RONX), 0);
	must_eq(hash, spmc_hash(w->s));
	world_free(w);
}
END_TEST

/* Memory that the machine does not have cannot be cleared. */
START_TEST(nothing_to_zero)
{
	struct spmc_region *regs;
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, &regs);
	struct mem_desc d = mem_desc_send(LEND, FFA_V1_2, NS, SP1,
					  NS_PA + 8 * PAGE, 1);
	struct world *w;

	regs[cfg->region_count++] = (struct spmc_region){
		0x50000000, 4, 0, 0 };
	w = mem_boot(cfg);
	memset(mem_at(w, NS_PA + 8 * PAGE), 0xa5, PAGE);
	d.flags = 1;
	d.ranges = 2;
	d.range[1] = (struct mem_range){ 0x50000000, 1 };
	must_eq(mem_send(w, NS, &d), 0);
	must_refuse(w, SEND_NO_MEMORY);
	must_eq(*mem_at(w, NS_PA + 8 * PAGE), 0xa5);
	must_access(w, NS, NS_PA + 8 * PAGE, 3);
	d.flags = 0;
	must(mem_send(w, NS, &d), "without zeroing");
	world_free(w);
}
END_TEST

/* -- handles ------------------------------------------------------------------ */

START_TEST(handles)
{
	enum { N = 2000 };
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	struct mem_desc d = mem_desc_send(SHARE, FFA_V1_2, NS, SP1,
					  NS_PA + 8 * PAGE, 1);
	uint64_t *seen = calloc(N, sizeof(*seen)), other;
	int i, j;

	d.range[0].base += 2 * PAGE;
	other = mem_send(w, NS, &d);
	d.range[0].base -= 2 * PAGE;
	for (i = 0; i < N; i++) {
		seen[i] = mem_send(w, NS, &d);
		must(seen[i] && !(seen[i] >> 63), "handle");
		must(seen[i] != other, "handle of another");
		for (j = 0; j < i; j++)
			must(seen[i] != seen[j], "handle %d is %d again", i,
			     j);
		/* a refused send uses up no handle, and takes none away */
		must_eq(mem_send(w, NS, &d), 0);
		must_refuse(w, SEND_RANGE_BUSY);
		must_eq(mem_reclaim(w, NS, seen[i], 0), 0);
		must_eq(spmc_txn_state(w->s, seen[i]), TXN_FREE);
		mem_reclaim(w, NS, seen[i], 0);
		must_refuse(w, RECLAIM_HANDLE);
		mem_reclaim(w, NS, seen[i / 2], 0);
		must_refuse(w, RECLAIM_HANDLE);
	}
	must_eq(spmc_txn_state(w->s, other), TXN_SENT);
	free(seen);
	world_free(w);
}
END_TEST

/* -- the end of a party ------------------------------------------------------- */

static void crash(struct world *w, int ep)
{
	mem_run(w, ep);
	must(spmc_crash(w->s, &w->env, 0, &w->out), "no crash");
	must_eq(w->out.endpoint, NS);
	must_eq(spmc_state(w->s, SPMC_M_PART, (unsigned int)ep, 0),
		PART_ABORTED);
}

START_TEST(borrower_dies)
{
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	uint64_t pa = NS_PA + 8 * PAGE, handle;
	struct mem_desc d = mem_desc_send(LEND, FFA_V1_2, NS, SP1, pa, 1), r;

	d.emads = 2;
	d.emad[1] = (struct mem_emad){ mem_ids[SP2], RW, 0 };
	d.attributes = ATTR_NORMAL;
	memset(mem_at(w, pa), 0xa5, PAGE);
	handle = mem_send(w, NS, &d);
	r = mem_desc_request(&d, FFA_V1_2, handle);
	r.flags = _i ? 4 : 0;
	must_eq(mem_retrieve(w, SP1, &r), 0);
	must_eq(mem_take(w, SP2, &d, handle), 0);
	crash(w, SP2);
	must_access(w, SP2, pa, 0);
	must_access(w, SP1, pa, 3);
	mem_reclaim(w, NS, handle, 0);
	must_refuse(w, RECLAIM_HELD);
	crash(w, SP1);
	must_access(w, SP1, pa, 0);
	must_eq(*mem_at(w, pa), _i ? 0 : 0xa5);
	must_eq(spmc_txn_state(w->s, handle), TXN_SENT);
	must_eq(mem_reclaim(w, NS, handle, 0), 0);
	must_access(w, NS, pa, 3);

	/* who has aborted can be named, and does not answer */
	d = mem_desc_send(LEND, FFA_V1_2, NS, SP1, pa, 1);
	handle = mem_send(w, NS, &d);
	must(handle, "to an aborted partition");
	must_eq(mem_reclaim(w, NS, handle, 0), 0);
	must_eq(spmc_handles(w->s), 0);
	world_free(w);
}
END_TEST

/* SP 1 has one transaction in each state, then ends. */
START_TEST(owner_dies)
{
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	uint64_t sending, sent, held, donated, pa = SP_PA + 8 * PAGE;
	struct mem_desc d = mem_desc_send(LEND, FFA_V1_2, SP1, SP2, pa, 1), h;
	uint32_t len;

	sent = mem_send(w, SP1, &d);
	d.range[0].base += 2 * PAGE;
	h = d;
	held = mem_send(w, SP1, &d);
	d.emads = 1;
	d.range[0].base += 2 * PAGE;
	len = mem_desc_write(&d, mem_tx(w, SP1));
	mem_as(w, SP1, mem_fid(LEND, false), len, len - 16, 0, 0);
	sending = w->out.regs.x[1] | w->out.regs.x[2] << 32;
	must_eq(mem_take(w, SP2, &h, held), 0);
	d = mem_desc_send(DONATE, FFA_V1_2, SP1, SP2, pa + 6 * PAGE, 1);
	donated = mem_send(w, SP1, &d);
	must(sent && held && donated, "refused");
	crash(w, SP1);
	must_eq(spmc_txn_state(w->s, sending), TXN_FREE);
	must_eq(spmc_txn_state(w->s, sent), TXN_FREE);
	must_eq(spmc_txn_state(w->s, donated), TXN_FREE);
	must_eq(spmc_txn_state(w->s, held), TXN_HELD);
	must_access(w, SP2, pa + 2 * PAGE, 3);
	mem_take(w, SP2, &d, donated);
	must_refuse(w, RETRIEVE_HANDLE);
	mem_take(w, SP2, &h, held);
	must_refuse(w, RETRIEVE_DOOMED);
	must_eq(w->out.subject, SP1);
	must_eq(mem_relinquish(w, SP2, held, 0), 0);
	must_eq(spmc_txn_state(w->s, held), TXN_FREE);
	must_access(w, SP2, pa + 2 * PAGE, 0);
	must_eq(spmc_handles(w->s), 0);
	world_free(w);
}
END_TEST

/* A donation of which the receiver has read a part; then one of the two ends. */
START_TEST(donation_dies)
{
	struct spmc_region *regs;
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, &regs);
	struct mem_desc d = mem_desc_send(DONATE, FFA_V1_2, SP1, SP2, 0, 1), r;
	static unsigned char buf[4 * PAGE];
	const uint64_t base = 0x08000000;
	uint32_t len, at = BOX_PAGES * PAGE, i;
	struct world *w;
	uint64_t handle;

	cfg->ranges = 1000;
	regs[cfg->region_count++] = (struct spmc_region){
		base, 2048, mem_ids[SP1], SPMC_REGION_SECURE };
	w = mem_boot(cfg);
	d.ranges = 600;
	for (i = 0; i < d.ranges; i++)
		d.range[i] = (struct mem_range){ base + i * 2ull * PAGE, 1 };
	len = mem_desc_write(&d, buf);
	memcpy(mem_tx(w, SP1), buf, at);
	mem_as(w, SP1, mem_fid(DONATE, false), len, at, 0, 0);
	handle = w->out.regs.x[1] | w->out.regs.x[2] << 32;
	memcpy(mem_tx(w, SP1), buf + at, len - at);
	must_eq(mem_as(w, SP1, (uint32_t)FFA_ID_MEM_FRAG_TX, (uint32_t)handle,
		       handle >> 32, len - at, 0), 0);
	r = mem_desc_request(&d, FFA_V1_2, handle);
	must_eq(mem_retrieve(w, SP2, &r), 0);
	must_eq(mem_release(w, SP2), 0);
	must_eq(spmc_txn_state(w->s, handle), TXN_HELD);
	must_access(w, SP2, base, 3);
	if (_i) {
		crash(w, SP2);
		must_access(w, SP2, base, 0);
		must_eq(spmc_txn_state(w->s, handle), TXN_SENT);
		must_eq(mem_reclaim(w, SP1, handle, 0), 0);
		must_access(w, SP1, base, 3);
		must_access(w, SP1, base + 1198 * PAGE, 3);
	} else {
		crash(w, SP1);
		must_eq(mem_as(w, SP2, (uint32_t)FFA_ID_MEM_FRAG_RX,
			       (uint32_t)handle, handle >> 32, at, 0), 0);
		must_eq(spmc_handles(w->s), 0);
		must_access(w, SP2, base, 3);
		must_access(w, SP2, base + PAGE, 0);
		must_access(w, SP2, base + 1198 * PAGE, 3);
		must_access(w, SP1, base, 0);
	}
	world_free(w);
}
END_TEST

/* A partition lends while it initialises, to one that has not begun. */
START_TEST(while_booting)
{
	struct world *w = world_new(mem_config(FFA_V1_2, NULL, NULL));
	struct mem_desc d = mem_desc_send(LEND, FFA_V1_2, SP1, SP2,
					  SP_PA + 8 * PAGE, 1);
	uint64_t handle;
	uint32_t len;

	must_eq(w->out.endpoint, SP1);
	CALL(w, FFA_ID_RXTX_MAP_64, SP_PA, SP_PA + BOX_PAGES * PAGE,
	     BOX_PAGES);
	len = mem_desc_write(&d, mem_tx(w, SP1));
	CALL(w, mem_fid(LEND, false), len, len);
	ck_ok(w);
	handle = w->out.regs.x[2] | w->out.regs.x[3] << 32;
	world_ns(w);
	mem_map_boxes(w, SP2, SP2_PA);
	must_eq(mem_take(w, SP2, &d, handle), 0);
	must_access(w, SP2, SP_PA + 8 * PAGE, 3);
	world_free(w);
}
END_TEST

Suite *check_mem_limits(void)
{
	Suite *s = suite_create("mem_limits");
	TCase *t = tcase_create("pools");

	tcase_add_loop_test(t, no_handles, 0, 4);
	tcase_add_test(t, no_borrowers);
	tcase_add_loop_test(t, no_ranges, 0, 4);
	tcase_add_loop_test(t, no_runs, 0, 2);
	tcase_add_loop_test(t, runs_at_random, 0, 4);
	tcase_add_test(t, perm_joins);
	tcase_add_test(t, nothing_to_zero);
	tcase_add_test(t, handles);
	suite_add_tcase(s, t);

	t = tcase_create("parties");
	tcase_add_loop_test(t, borrower_dies, 0, 2);
	tcase_add_test(t, owner_dies);
	tcase_add_loop_test(t, donation_dies, 0, 2);
	tcase_add_test(t, while_booting);
	suite_add_tcase(s, t);
	return s;
}
