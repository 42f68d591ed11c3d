/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pages that are not plain RAM of one partition: devices, both worlds, other
 * permissions, adjacent regions, buffers.
 */
#include "mem_desc.h"
#include "unit.h"

enum { PAGE = FFA_PAGE_SIZE, RX = 3, RWNX = 5, RONX = 7 };

static uint64_t donate(struct world *w, int from, int to, uint64_t pa,
		       uint32_t pages)
{
	struct mem_desc d = mem_desc_send(DONATE, FFA_V1_2, from, to, pa,
					  pages);
	uint64_t handle = mem_send(w, from, &d);

	must(handle, "refused by %s", spmc_rules[w->out.rule].name);
	must_eq(mem_take(w, to, &d, handle), 0);
	return handle;
}

START_TEST(device)
{
	struct spmc_region *regs;
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, &regs);
	struct mem_desc d, r;
	struct world *w;
	uint64_t handle;

	regs[cfg->region_count++] = (struct spmc_region){
		0x09000000, 4, mem_ids[SP1],
		SPMC_REGION_SECURE | SPMC_REGION_DEVICE };
	w = mem_boot(cfg);
	d = mem_desc_send(LEND, FFA_V1_2, _i ? SP1 : NS, SP2,
			  _i ? 0x09000000 : DEV_PA, 1);
	d.flags = 1;		/* it is not cleared */
	handle = mem_send(w, _i ? SP1 : NS, &d);
	must(handle, "refused by %s", spmc_rules[w->out.rule].name);
	r = mem_desc_request(&d, FFA_V1_2, handle);
	r.attributes = ATTR_NORMAL;
	mem_retrieve(w, SP2, &r);
	must_refuse(w, RETRIEVE_ATTR);
	r.attributes = ATTR_DEVICE;
	must_eq(mem_retrieve(w, SP2, &r), 0);
	must_access(w, SP2, d.range[0].base, 3);
	must_eq(mem_relinquish(w, SP2, handle, 1), 0);
	must_eq(mem_reclaim(w, _i ? SP1 : NS, handle, 1), 0);

	/* RAM that the sender calls a device is one for the borrower */
	d = mem_desc_send(SHARE, FFA_V1_2, NS, SP1, NS_PA + 8 * PAGE, 1);
	d.attributes = ATTR_DEVICE;
	handle = mem_send(w, NS, &d);
	r = mem_desc_request(&d, FFA_V1_2, handle);
	r.attributes = ATTR_NORMAL;
	mem_retrieve(w, SP1, &r);
	must_refuse(w, RETRIEVE_ATTR);
	r.attributes = ATTR_DEVICE;
	must_eq(mem_retrieve(w, SP1, &r), 0);
	must_eq(mem_rx(w, SP1)[2], ATTR_DEVICE | 0x40);
	world_free(w);
}
END_TEST

/* A partition with secure and non-secure pages sends one kind at a time. */
START_TEST(mixed_worlds)
{
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	uint64_t ns = NS_PA + 8 * PAGE, secure = SP_PA + 8 * PAGE, handle;
	struct mem_desc d = mem_desc_send(LEND, FFA_V1_2, SP1, SP2, ns, 1), r;

	donate(w, NS, SP1, ns, 1);
	d.ranges = 2;
	d.range[1] = (struct mem_range){ secure, 1 };
	must_eq(mem_send(w, SP1, &d), 0);
	must_refuse(w, SEND_RANGE_MIXED);
	must_access(w, SP1, ns, 3);
	d.ranges = 1;
	handle = mem_send(w, SP1, &d);
	must(handle, "refused by %s", spmc_rules[w->out.rule].name);
	r = mem_desc_request(&d, FFA_V1_2, handle);
	r.emad[0].perm = RW | X;
	mem_retrieve(w, SP2, &r);
	must_refuse(w, RETRIEVE_INSTR_NS);
	must_eq(mem_take(w, SP2, &d, handle), 0);
	must_eq(mem_rx(w, SP2)[2], 0x40);
	d.range[0] = d.range[1];
	handle = mem_send(w, SP1, &d);
	r = mem_desc_request(&d, FFA_V1_2, handle);
	r.emad[0].perm = RW | X;
	must_eq(mem_retrieve(w, SP2, &r), 0);
	must_eq(mem_rx(w, SP2)[2], 0);
	must_eq(mem_rx(w, SP2)[50], RW | X);
	world_free(w);
}
END_TEST

/* Pages of two adjacent regions go from hand to hand, in one range and more. */
START_TEST(adjacent_regions)
{
	struct spmc_region *regs;
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, &regs);
	uint64_t mid = SP_PA + 16 * PAGE, none, hash;
	struct world *w;
	int i;

	regs[4].pages = 16;
	regs[cfg->region_count++] = (struct spmc_region){
		mid, 16, mem_ids[SP1], SPMC_REGION_SECURE };
	w = mem_boot(cfg);
	mem_run(w, NS);
	none = spmc_hash(w->s);
	donate(w, SP1, SP2, mid - 4 * PAGE, 8);
	must_access(w, SP2, mid - 4 * PAGE, 3);
	must_access(w, SP2, mid + 3 * PAGE, 3);
	mem_run(w, NS);
	hash = spmc_hash(w->s);
	for (i = 0; i < 8; i++) {
		struct mem_desc d = mem_desc_send(LEND, FFA_V1_2, SP2, SP3,
						  mid - 4 * PAGE, 8);
		uint64_t handle;

		/* all, or all but some at the ends */
		d.range[0].base += (uint64_t)(i % 4) * PAGE;
		d.range[0].pages -= (uint32_t)(i % 4 + i / 2);
		d.flags = 1;
		handle = mem_send(w, SP2, &d);
		must(handle, "%d: %s", i, spmc_rules[w->out.rule].name);
		must_eq(mem_take(w, SP3, &d, handle), 0);
		must_access(w, SP1, mid - PAGE, 0);
		must_eq(mem_relinquish(w, SP3, handle, 0), 0);
		must_eq(mem_reclaim(w, SP2, handle, 0), 0);
		must_access(w, SP2, mid - 4 * PAGE, 3);
		must_access(w, SP2, mid + 3 * PAGE, 3);
		must_access(w, SP1, mid + 3 * PAGE, 0);
		must_access(w, SP1, mid + 4 * PAGE, 3);
	}
	donate(w, SP2, SP3, mid - 2 * PAGE, 4);
	must_access(w, SP3, mid + PAGE, 3);
	must_access(w, SP2, mid + 2 * PAGE, 3);
	donate(w, SP3, SP2, mid - 2 * PAGE, 2);
	donate(w, SP3, SP2, mid, 2);
	mem_run(w, NS);
	must(none != hash, "no difference");
	donate(w, SP2, SP1, mid - 4 * PAGE, 8);
	for (i = -6; i < 6; i++)
		must_access(w, SP1, mid + (uint64_t)(int64_t)i * PAGE, 3);
	world_free(w);
}
END_TEST

/* What FFA_MEM_PERM_SET takes from a partition it cannot give to others. */
START_TEST(perm_and_send)
{
	uint64_t pa = SP3_PA + 8 * PAGE;
	struct world *w = mem_boot_to_sp3(mem_config(FFA_V1_2, NULL, NULL));
	struct mem_desc d = mem_desc_send(LEND, FFA_V1_2, SP3, SP1, pa, 1);
	uint64_t handle;

	must_eq(mem_perm_set(w, pa, 1, RONX), 0);
	must_eq(mem_perm_set(w, pa + PAGE, 1, RX), 0);
	CALL(w, FFA_ID_MEM_PERM_GET_64, pa + PAGE);
	must_eq(w->out.regs.x[2], RX);
	CALL(w, FFA_ID_MEM_PERM_GET_32, pa + 2 * PAGE);
	must_eq(w->out.regs.x[2], RWNX);
	CALL(w, FFA_ID_MEM_PERM_GET_64, pa + 1);
	must_refuse(w, PERM_GET_ADDRESS);
	CALL(w, FFA_ID_MEM_PERM_GET_64, ~(uint64_t)4095);
	must_refuse(w, PERM_GET_MEMORY);
	CALL(w, FFA_ID_MEM_PERM_GET_64, SP_PA);
	must_refuse(w, PERM_GET_MEMORY);
	CALL(w, FFA_ID_MSG_WAIT);
	mem_map_boxes(w, SP3, SP3_PA);
	mem_map_boxes(w, SP1, SP_PA);
	must_access(w, SP3, pa, 1);
	must_eq(mem_send(w, SP3, &d), 0);
	must_refuse(w, SEND_RANGE_READ_ONLY);
	d.range[0].base += PAGE;
	must_eq(mem_send(w, SP3, &d), 0);
	must_refuse(w, SEND_RANGE_READ_ONLY);
	d.emad[0].perm = RO;
	d.flags = 1;
	must_eq(mem_send(w, SP3, &d), 0);
	must_refuse(w, SEND_RANGE_READ_ONLY);
	d.flags = 0;
	handle = mem_send(w, SP3, &d);
	must(handle, "read-only");
	must_eq(mem_take(w, SP1, &d, handle), 0);
	must_access(w, SP1, pa + PAGE, 1);
	must_eq(mem_relinquish(w, SP1, handle, 0), 0);
	must_eq(mem_reclaim(w, SP3, handle, 0), 0);
	must_eq(mem_as(w, SP3, (uint32_t)FFA_ID_MEM_PERM_GET_64, pa + PAGE, 0,
		       0, 0), FFA_DENIED);
	must_refuse(w, PERM_GET_INIT);
	mem_as(w, SP1, (uint32_t)FFA_ID_MEM_PERM_GET_64, SP_PA, 0, 0, 0);
	must_refuse(w, PERM_GET_EL);
	mem_as(w, SP1, (uint32_t)FFA_ID_MEM_PERM_SET_64, SP_PA, 1, RX, 0);
	must_refuse(w, PERM_SET_EL);
	mem_as(w, SP3, (uint32_t)FFA_ID_MEM_PERM_SET_64, pa, 1, RX, 0);
	must_refuse(w, PERM_SET_INIT);
	world_free(w);
}
END_TEST

START_TEST(perm_rules)
{
	struct spmc_region *regs;
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, &regs);
	struct world *w;

	regs[cfg->region_count++] = (struct spmc_region){
		0x09000000, 2, mem_ids[SP3],
		SPMC_REGION_SECURE | SPMC_REGION_DEVICE };
	regs[cfg->region_count++] = (struct spmc_region){
		0x09002000, 2, mem_ids[SP3],
		SPMC_REGION_SECURE | SPMC_REGION_READ_ONLY };
	w = mem_boot_to_sp3(cfg);
	mem_perm_set(w, SP3_PA + 8, 1, RX);
	must_refuse(w, PERM_SET_RANGE);
	mem_perm_set(w, SP3_PA, 0, RX);
	must_refuse(w, PERM_SET_RANGE);
	mem_perm_set(w, ~(uint64_t)4095, 0xffffffff, RX);
	must_refuse(w, PERM_SET_RANGE);
	mem_perm_set(w, SP3_PA, 1, 0);
	must_refuse(w, PERM_SET_VALUE);
	mem_perm_set(w, SP3_PA, 1, 1);	/* read-write and executable */
	must_refuse(w, PERM_SET_VALUE);
	mem_perm_set(w, SP3_PA, 1, RX | 8);
	must_refuse(w, PERM_SET_VALUE);
	mem_perm_set(w, SP3_PA, 17, RX);
	must_refuse(w, PERM_SET_MEMORY);
	mem_perm_set(w, SP3_PA, 0xffffffff, RX);
	must_refuse(w, PERM_SET_MEMORY);
	mem_perm_set(w, SP2_PA, 1, RX);
	must_refuse(w, PERM_SET_MEMORY);
	mem_perm_set(w, 0x09000000, 1, RX);
	must_refuse(w, PERM_SET_DEVICE);
	mem_perm_set(w, 0x09000000, 3, RWNX);
	must_refuse(w, PERM_SET_READ_ONLY);
	must_eq(mem_perm_set(w, 0x09000000, 2, RWNX), 0);
	must_eq(mem_perm_set(w, 0x09000000, 4, RONX), 0);
	must_eq(mem_perm_set(w, SP3_PA, 16, RX), 0);
	world_free(w);
}
END_TEST

/* A donated page has no permissions of its former owner. */
START_TEST(perm_ends)
{
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, NULL);
	uint64_t pa = SP3_PA + 8 * PAGE, hash[2];
	struct world *w;
	int i;

	for (i = 0; i < 2; i++) {
		w = mem_boot_to_sp3(cfg);
		must_eq(mem_perm_set(w, pa + i * PAGE, 1, RWNX), 0);
		must_eq(mem_perm_set(w, pa + PAGE, 1, RWNX), 0);
		CALL(w, FFA_ID_MSG_WAIT);
		mem_map_boxes(w, SP3, SP3_PA);
		mem_map_boxes(w, SP1, SP_PA);
		donate(w, SP3, SP1, pa, 1);
		must_access(w, SP1, pa, 3);
		donate(w, SP1, SP3, pa, 1);
		must_access(w, SP3, pa, 3);
		mem_run(w, NS);
		hash[i] = spmc_hash(w->s);
		world_free(w);
	}
	must(hash[0] == hash[1], "the permission is still there");
}
END_TEST

/* Pages of a transaction are no buffers, and buffers are not sent. */
START_TEST(buffers)
{
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	uint64_t pa = NS_PA + 8 * PAGE, handle;
	struct mem_desc d = mem_desc_send(SHARE, FFA_V1_2, NS, SP1, pa, 1);

	handle = mem_send(w, NS, &d);
	must_eq(mem_take(w, SP1, &d, handle), 0);
	must_eq(mem_as(w, SP1, (uint32_t)FFA_ID_RXTX_UNMAP, 0, 0, 0, 0), 0);
	mem_as(w, SP1, (uint32_t)FFA_ID_RXTX_MAP_64, pa, SP_PA, 1, 0);
	must_refuse(w, RXTX_MAP_SP_MEMORY);
	must_eq(mem_as(w, NS, (uint32_t)FFA_ID_RXTX_UNMAP, 0, 0, 0, 0), 0);
	mem_as(w, NS, (uint32_t)FFA_ID_RXTX_MAP_64, pa, NS_PA, 1, 0);
	must_refuse(w, RXTX_MAP_NS_MEMORY);
	must_eq(mem_as(w, NS, (uint32_t)FFA_ID_RXTX_MAP_64, pa + PAGE, NS_PA,
		       1, 0), 0);
	world_free(w);
}
END_TEST

/* Descriptors in another buffer than TX, where the SPMC takes them. */
START_TEST(other_buffers)
{
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, NULL);
	uint64_t pa = NS_PA + 8 * PAGE, buf = NS_PA + 20 * PAGE, handle;
	struct mem_desc d = mem_desc_send(SHARE, FFA_V1_2, NS, SP1, pa, 1), r;
	uint32_t len, fid = mem_fid(SHARE, true);
	struct world *w;

	cfg->dynbuf = true;
	w = mem_boot(cfg);
	d.ranges = 2;
	d.range[1] = (struct mem_range){ pa + 2 * PAGE, 1 };
	len = mem_desc_write(&d, mem_at(w, buf));
	mem_as(w, NS, fid, len, len, buf + 16, 1);
	must_refuse(w, SEND_BUFFER_MEMORY);
	mem_as(w, NS, fid, len, len, buf, 0);
	must_refuse(w, SEND_BUFFER_MEMORY);
	mem_as(w, NS, fid, len, len, 0, 1);
	must_refuse(w, SEND_BUFFER_MEMORY);
	mem_as(w, NS, fid, len, len, buf, 64);
	must_refuse(w, SEND_BUFFER_MEMORY);
	mem_as(w, NS, fid, len, len, buf, 0x80000001);
	must_refuse(w, SEND_BUFFER_MEMORY);
	mem_as(w, NS, fid, len, len, SP_PA, 1);
	must_refuse(w, SEND_BUFFER_MEMORY);
	mem_as(w, NS, fid, len, len, ~(uint64_t)4095, 1);
	must_refuse(w, SEND_BUFFER_MEMORY);
	mem_as(w, NS, fid, PAGE + 16, PAGE + 16, buf, 1);
	must_refuse(w, SEND_TX_SMALL);
	/* later fragments come in it, too; TX is not needed */
	must_eq(mem_as(w, NS, (uint32_t)FFA_ID_RXTX_UNMAP, 0, 0, 0, 0), 0);
	must_eq(mem_as(w, NS, fid, len, len - 16, buf, 1), 0);
	must_eq(w->out.regs.x[0], (uint32_t)FFA_ID_MEM_FRAG_RX);
	handle = w->out.regs.x[1] | w->out.regs.x[2] << 32;
	memmove(mem_at(w, buf), mem_at(w, buf) + len - 16, 16);
	mem_as(w, NS, (uint32_t)FFA_ID_MEM_FRAG_TX, handle, handle >> 32,
	       PAGE + 16, 0);
	must_refuse(w, FRAG_TX_LENGTH);
	must_eq(mem_as(w, NS, (uint32_t)FFA_ID_MEM_FRAG_TX, handle,
		       handle >> 32, 16, 0), 0);
	must_eq(w->out.regs.x[0], (uint32_t)FFA_ID_SUCCESS);

	r = mem_desc_request(&d, FFA_V1_2, handle);
	len = mem_desc_write(&r, mem_at(w, SP_PA + 20 * PAGE));
	fid = mem_fid(RETRIEVE, true);
	mem_as(w, SP1, fid, len, len, NS_PA, 1);
	must_refuse(w, RETRIEVE_BUFFER_MEMORY);
	must_eq(mem_as(w, SP1, fid, len, len, SP_PA + 20 * PAGE, 1), 0);
	must_eq(mem_rx(w, SP1)[28], 1);
	must_eq(mem_as(w, SP1, (uint32_t)FFA_ID_RXTX_UNMAP, 0, 0, 0, 0), 0);
	mem_as(w, SP1, fid, len, len, SP_PA + 20 * PAGE, 1);
	must_refuse(w, RETRIEVE_NO_TX);
	world_free(w);
}
END_TEST

/* The buffer that the first fragment came in is lent before the second. */
START_TEST(buffer_gone)
{
	struct spmc_config *cfg = mem_config(FFA_V1_2, NULL, NULL);
	uint64_t pa = NS_PA + 8 * PAGE, buf = NS_PA + 20 * PAGE, handle;
	struct mem_desc d = mem_desc_send(SHARE, FFA_V1_2, NS, SP1, pa, 1);
	struct world *w;
	uint32_t len;

	cfg->dynbuf = true;
	w = mem_boot(cfg);
	len = mem_desc_write(&d, mem_at(w, buf));
	must_eq(mem_as(w, NS, mem_fid(SHARE, true), len, len - 16, buf, 1), 0);
	handle = w->out.regs.x[1] | w->out.regs.x[2] << 32;
	d.range[0].base = buf;
	must(mem_send(w, NS, &d), "refused");
	mem_as(w, NS, (uint32_t)FFA_ID_MEM_FRAG_TX, handle, handle >> 32, 16,
	       0);
	must_refuse(w, FRAG_TX_NO_TX);
	world_free(w);
}
END_TEST

Suite *check_mem_pages(void)
{
	Suite *s = suite_create("mem_pages");
	TCase *t = tcase_create("pages");

	tcase_add_loop_test(t, device, 0, 2);
	tcase_add_test(t, mixed_worlds);
	tcase_add_test(t, adjacent_regions);
	tcase_add_test(t, perm_and_send);
	tcase_add_test(t, perm_rules);
	tcase_add_test(t, perm_ends);
	tcase_add_test(t, buffers);
	tcase_add_test(t, other_buffers);
	tcase_add_test(t, buffer_gone);
	suite_add_tcase(s, t);
	return s;
}
