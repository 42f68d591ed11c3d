/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors and responses in fragments, and the hypervisor's retrieval,
 * which is one more reader of them.
 */
#include <stdlib.h>

#include "ffa/ffa_desc.h"
#include "mem_desc.h"
#include "unit.h"

enum { PAGE = FFA_PAGE_SIZE };

static const uint32_t versions[] = { FFA_V1_0, FFA_V1_1, FFA_V1_2 };

static struct mem_desc three_ranges(uint32_t version, int from)
{
	uint64_t base = (from == NS ? NS_PA : SP_PA) + 8 * PAGE;
	struct mem_desc d = mem_desc_send(LEND, version, from, SP2, base, 1);

	d.ranges = 3;
	d.range[1] = (struct mem_range){ base + 4 * PAGE, 1 };
	d.range[2] = (struct mem_range){ base + 2 * PAGE, 1 };
	d.emads = 2;
	d.emad[1] = (struct mem_emad){ mem_ids[SP3], RO, 0 };
	d.attributes = ATTR_NORMAL;
	return d;
}

/* The first fragment, of `first` bytes, then one of `next`. */
static void split(struct world *w, int from, struct mem_desc *d,
		  uint32_t first, uint32_t next)
{
	unsigned char buf[4 * PAGE] = { 0 };
	uint32_t len = mem_desc_write(d, buf), rest;
	uint32_t head = d->composite_at + 16;
	uint64_t handle;

	memcpy(mem_tx(w, from), buf, first);
	mem_as(w, from, mem_fid(d->kind, false), len, first, 0, 0);
	if (first % 16 || first < head || first > len) {
		must(w->out.rule, "accepted a first fragment of %u", first);
		return;
	}
	must_ok(w);
	if (first == len)
		return;
	must_eq(w->out.regs.x[0], (uint32_t)FFA_ID_MEM_FRAG_RX);
	must_eq(w->out.regs.x[3], first);
	handle = w->out.regs.x[1] | w->out.regs.x[2] << 32;
	must_eq(spmc_txn_state(w->s, handle), TXN_SENDING);

	rest = len - first;
	memset(mem_tx(w, from), 0xee, BOX_PAGES * PAGE);
	memcpy(mem_tx(w, from), buf + first, rest);
	mem_frag_tx(w, from, handle, next, 0);
	if (!next || next % 16) {
		must(w->out.rule == (next ? RULE_FRAG_TX_LENGTH :
					    RULE_FRAG_TX_EMPTY),
		     "%s", spmc_rules[w->out.rule].name);
		next = 0;
	} else if (next > rest) {
		must_refuse(w, FRAG_TX_BEYOND);
		must_eq(spmc_handles(w->s), 0);
		mem_frag_tx(w, from, handle, 16, 0);
		must_refuse(w, FRAG_TX_HANDLE);
		return;
	}
	must_eq(mem_reclaim(w, from, handle, 0),
		next == rest ? 0 : FFA_INVALID_PARAMETERS);
	if (next == rest)
		return;
	must_refuse(w, RECLAIM_INCOMPLETE);
	memcpy(mem_tx(w, from), buf + first + next, rest - next);
	mem_frag_tx(w, from, handle, rest - next, 0);
	must_ok(w);
	must_eq(w->out.regs.x[0], (uint32_t)FFA_ID_SUCCESS);
	must_eq(w->out.regs.x[2] | w->out.regs.x[3] << 32, handle);
	mem_frag_tx(w, from, handle, 16, 0);
	must_refuse(w, FRAG_TX_COMPLETE);
}

/* Every length of the first fragment, and every one of the second. */
START_TEST(splits)
{
	struct spmc_config *cfg = mem_config(versions[_i / 2], NULL, NULL);
	struct world *w = mem_boot(cfg);
	struct spmc *boot = spmc_init(malloc(spmc_size(cfg)), cfg);
	int from = _i % 2 ? SP1 : NS;
	struct mem_desc d = three_ranges(versions[_i / 2], from);
	unsigned char buf[PAGE];
	uint32_t len = mem_desc_write(&d, buf), first, next;

	mem_run(w, from);
	spmc_copy(boot, w->s);
	for (first = 0; first <= len + 16; first++)
		for (next = 0; next <= 80; next++) {
			split(w, from, &d, first, next);
			spmc_copy(w->s, boot);
			if (first % 16 || first < d.composite_at + 16 ||
			    first >= len)
				break;
		}
	free(boot);
	world_free(w);
}
END_TEST

START_TEST(fragments_refused)
{
	struct world *w = mem_boot(mem_config(FFA_V1_2, NULL, NULL));
	struct mem_desc d = three_ranges(FFA_V1_2, NS), e;
	uint32_t len = mem_desc_write(&d, mem_tx(w, NS));
	uint32_t head = d.composite_at + 16;
	uint64_t a, b;

	/* two at once, one of them on behalf of a VM */
	mem_as(w, NS, mem_fid(LEND, false), len, head, 0, 0);
	must_eq(w->out.regs.x[4], 0);
	a = w->out.regs.x[1] | w->out.regs.x[2] << 32;
	d.sender = 1;
	mem_desc_write(&d, mem_tx(w, NS));
	mem_as(w, NS, mem_fid(LEND, false), len, head, 0, 0);
	must_eq(w->out.regs.x[4], 1 << 16);
	b = w->out.regs.x[1] | w->out.regs.x[2] << 32;
	must(a != b, "one handle for two");

	mem_frag_tx(w, NS, a, 16, 1);
	must_refuse(w, FRAG_TX_ENDPOINT);
	mem_frag_tx(w, NS, b, 16, 0);
	must_refuse(w, FRAG_TX_ENDPOINT);
	mem_frag_tx(w, SP1, a, 16, 0);
	must_refuse(w, FRAG_TX_HANDLE);
	mem_frag_tx(w, NS, a + 2, 16, 0);
	must_refuse(w, FRAG_TX_HANDLE);
	mem_frag_tx(w, NS, a | (uint64_t)1 << 63, 16, 0);
	must_refuse(w, FRAG_TX_HANDLE);
	mem_frag_tx(w, NS, a, BOX_PAGES * PAGE + 16, 0);
	must_refuse(w, FRAG_TX_LENGTH);
	mem_frag_tx(w, NS, a, 0xfffffff0, 0);
	must_refuse(w, FRAG_TX_LENGTH);
	e = mem_desc_request(&d, FFA_V1_2, a);
	e.sender = 0;
	mem_retrieve(w, SP2, &e);
	must_refuse(w, RETRIEVE_INCOMPLETE);
	mem_relinquish(w, SP2, a, 0);
	must_refuse(w, RELINQUISH_INCOMPLETE);
	mem_frag_rx(w, SP2, a, 0, 0);
	must_refuse(w, FRAG_RX_NOT_READING);

	/* the same pages twice: who completes first has them */
	memcpy(mem_tx(w, NS), &(struct ffa_constituent[]){
			{ d.range[0].base, 1, 0 }, { d.range[1].base, 1, 0 },
			{ d.range[2].base, 1, 0 } }, 48);
	mem_frag_tx(w, NS, a, 32, 0);
	must_ok(w);
	mem_frag_tx(w, NS, b, 48, 1);
	must_ok(w);
	must_eq(spmc_txn_state(w->s, b), TXN_SENT);
	mem_frag_tx(w, NS, a, 16, 0);
	must_refuse(w, SEND_RANGE_BUSY);
	must_eq(spmc_txn_state(w->s, a), TXN_FREE);
	must_eq(mem_reclaim(w, NS, b, 0), 0);

	/* a sender without buffers; an SP that names itself in w4 */
	d = three_ranges(FFA_V1_2, SP1);
	len = mem_desc_write(&d, mem_tx(w, SP1));
	mem_as(w, SP1, mem_fid(LEND, false), len, head, 0, 0);
	must_eq(w->out.regs.x[4], 0);
	a = w->out.regs.x[1] | w->out.regs.x[2] << 32;
	mem_frag_tx(w, SP1, a, 48, 0x8001);
	must_refuse(w, FRAG_TX_ENDPOINT_SP);
	mem_as(w, SP1, (uint32_t)FFA_ID_RXTX_UNMAP, 0, 0, 0, 0);
	must_ok(w);
	mem_frag_tx(w, SP1, a, 48, 0);
	must_refuse(w, FRAG_TX_NO_TX);
	mem_as(w, SP1, mem_fid(LEND, false), len, head, 0, 0);
	must_refuse(w, SEND_NO_TX);
	mem_as(w, SP1, mem_fid(RETRIEVE, false), len, len, 0, 0);
	must_refuse(w, RETRIEVE_NO_TX);
	mem_relinquish(w, SP1, a, 0);
	must_refuse(w, RELINQUISH_NO_TX);
	mem_frag_rx(w, SP1, a, 0, 0);
	must_refuse(w, FRAG_RX_BUSY);
	world_free(w);
}
END_TEST

/* 1000 ranges: the response comes in fragments, to the hypervisor too. */
static uint64_t send_many(struct world *w, struct mem_desc *d, uint16_t id,
			  unsigned char *buf)
{
	uint32_t len, at = BOX_PAGES * PAGE, i;
	uint64_t handle;

	*d = mem_desc_send(SHARE, FFA_V1_2, NS, SP1, 0, 1);
	d->sender = id;
	d->ranges = 600;
	for (i = 0; i < d->ranges; i++)
		d->range[i] = (struct mem_range){
			0x50000000 + i * 2ull * PAGE, 1 };
	len = mem_desc_write(d, buf);
	memcpy(mem_tx(w, NS), buf, at);
	mem_as(w, NS, mem_fid(SHARE, false), len, at, 0, 0);
	must_ok(w);
	handle = w->out.regs.x[1] | w->out.regs.x[2] << 32;
	memcpy(mem_tx(w, NS), buf + at, len - at);
	mem_frag_tx(w, NS, handle, len - at, id);
	must_ok(w);
	return handle;
}

static void read_many(struct world *w, int ep, uint64_t handle, uint16_t id,
		      const unsigned char *ranges, uint32_t head)
{
	uint32_t total = (uint32_t)w->out.regs.x[1];
	uint32_t at = (uint32_t)w->out.regs.x[2];

	must_eq(total, head + 600 * 16);
	must_eq(at, BOX_PAGES * PAGE);
	must(!memcmp(mem_rx(w, ep) + head, ranges, at - head), "first");
	mem_frag_rx(w, ep, handle, at, id);
	must_refuse(w, FRAG_RX_BUSY);
	must_eq(mem_release(w, ep), 0);
	mem_frag_rx(w, ep, handle, at - 16, id);
	must_refuse(w, FRAG_RX_OFFSET);
	mem_frag_rx(w, ep, handle, at + 16, id);
	must_refuse(w, FRAG_RX_OFFSET);
	mem_frag_rx(w, ep, handle, 0, id);
	must_refuse(w, FRAG_RX_OFFSET);
	mem_frag_rx(w, ep, handle, at, id ^ 1);
	must_refuse(w, FRAG_RX_ENDPOINT);
	mem_frag_rx(w, ep, handle + 1, at, id);
	must_refuse(w, FRAG_RX_HANDLE);
	mem_frag_rx(w, ep, handle, at, id);
	must_ok(w);
	must_eq(w->out.regs.x[0], (uint32_t)FFA_ID_MEM_FRAG_TX);
	must_eq(w->out.regs.x[1] | w->out.regs.x[2] << 32, handle);
	must_eq(w->out.regs.x[3], total - at);
	must_eq(w->out.regs.x[4], ep == NS ? (uint64_t)id << 16 : 0);
	must(!memcmp(mem_rx(w, ep), ranges + at - head, total - at), "last");
	must_eq(mem_release(w, ep), 0);
	mem_frag_rx(w, ep, handle, total, id);
	must_refuse(w, FRAG_RX_NOT_READING);
}

START_TEST(responses)
{
	static const uint32_t heads[] = { 64, 80, 96 };
	static unsigned char buf[4 * PAGE];
	struct spmc_endpoint_config *eps;
	struct spmc_region *regs;
	struct spmc_config *cfg = mem_config(FFA_V1_2, &eps, &regs);
	struct mem_desc d, r, hyp;
	struct world *w;
	uint64_t handle;
	uint16_t id = (uint16_t)(_i / 3 ? 7 : 0);

	cfg->ranges = 1000;
	regs[cfg->region_count++] = (struct spmc_region){
		0x50000000, 4096, 0, 0 };
	eps[SP1].version = versions[_i % 3];
	w = mem_boot(cfg);
	handle = send_many(w, &d, id, buf);
	must_access(w, SP1, 0x50000000, 0);
	must_access(w, NS, 0x50000000, 3);

	/* the hypervisor reads, begins again, and changes nobody's access */
	hyp = (struct mem_desc){ .handle = handle };
	mem_desc_write(&hyp, mem_tx(w, NS));
	memset(mem_tx(w, NS), 0, 64);
	memcpy(mem_tx(w, NS) + 8, &handle, 8);
	mem_as(w, NS, mem_fid(RETRIEVE, false), 48, 48, 0, 0);
	must_ok(w);
	mem_as(w, NS, mem_fid(RETRIEVE, false), 48, 48, 0, 0);
	must_refuse(w, RETRIEVE_RX_BUSY);
	must_eq(mem_release(w, NS), 0);
	mem_as(w, NS, mem_fid(RETRIEVE, false), 48, 48, 0, 0);
	must_ok(w);
	read_many(w, NS, handle, id, buf + d.composite_at + 16, 96);
	must_access(w, SP1, 0x50000000, 0);
	must_eq(spmc_txn_state(w->s, handle), TXN_SENT);

	r = mem_desc_request(&d, versions[_i % 3], handle);
	must_eq(mem_retrieve(w, SP1, &r), 0);
	must_access(w, SP1, 0x50000000, 3);
	must_access(w, SP1, 0x50001000, 0);
	mem_relinquish(w, SP1, handle, 0);
	must_refuse(w, RELINQUISH_READING);
	w->out.regs.x[1] = heads[_i % 3] + 600 * 16;
	w->out.regs.x[2] = BOX_PAGES * PAGE;
	read_many(w, SP1, handle, 0, buf + d.composite_at + 16,
		  heads[_i % 3]);
	mem_retrieve(w, SP1, &r);
	must_refuse(w, RETRIEVE_TWICE);
	mem_reclaim(w, NS, handle, 0);
	must_refuse(w, RECLAIM_HELD);
	must_eq(mem_relinquish(w, SP1, handle, 0), 0);
	must_eq(mem_reclaim(w, NS, handle, 0), 0);
	must_access(w, NS, 0x50000000, 3);
	world_free(w);
}
END_TEST

/* The hypervisor's request has nothing but a handle. */
START_TEST(hypervisor)
{
	static const enum mem_field set[] = {
		F_SENDER, F_ATTR, F_FLAGS, F_TAG, F_EMAD_SIZE, F_EMAD_COUNT,
		F_EMAD_OFFSET,
	};
	uint32_t version = versions[_i], head = _i ? 48 : 32, i;
	struct world *w = mem_boot(mem_config(version, NULL, NULL));
	struct mem_desc d = three_ranges(version, SP1), r;
	uint64_t handle = mem_send(w, SP1, &d);
	unsigned char *rx = mem_rx(w, NS);
	uint32_t emad = version < FFA_V1_2 ? 16 : 32;

	r = (struct mem_desc){ .version = version, .handle = handle };
	for (i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
		mem_desc_write(&r, mem_tx(w, NS));
		mem_desc_poke(&r, mem_tx(w, NS), F_EMAD_SIZE, 0);
		mem_desc_poke(&r, mem_tx(w, NS), F_EMAD_OFFSET, 0);
		if (!mem_desc_poke(&r, mem_tx(w, NS), set[i], 1))
			continue;
		mem_as(w, NS, mem_fid(RETRIEVE, false), head, head, 0, 0);
		must(w->out.rule == (set[i] == F_EMAD_COUNT ?
				     RULE_RETRIEVE_HYP_EMADS :
				     RULE_RETRIEVE_HYP),
		     "%s", spmc_rules[w->out.rule].name);
	}
	mem_desc_poke(&r, mem_tx(w, NS), F_EMAD_OFFSET, 0);
	mem_as(w, NS, mem_fid(RETRIEVE, false), head, head, 0, 0);
	must_ok(w);
	must_eq(w->out.regs.x[1], head + 2 * emad + 16 + 48);
	must_eq(w->out.regs.x[2], head + 2 * emad + 16 + 48);
	must_eq(rx[0] | rx[1] << 8, 0x8001);
	must_eq(rx[28], 2);
	must_eq(rx[head], 0x02);	/* SP 0x8002, read-write */
	must_eq(rx[head + 2], RW);
	must_eq(rx[head + emad + 2], RO);
	must_eq(mem_release(w, NS), 0);
	mem_desc_poke(&r, mem_tx(w, NS), F_HANDLE, handle + 1);
	mem_as(w, NS, mem_fid(RETRIEVE, false), head, head, 0, 0);
	must_refuse(w, RETRIEVE_HANDLE);
	mem_frag_rx(w, NS, handle, 0, 0x8001);
	must_refuse(w, FRAG_RX_NOT_READING);
	world_free(w);
}
END_TEST

Suite *check_mem_frag(void)
{
	Suite *s = suite_create("mem_frag");
	TCase *t = tcase_create("fragments");

	tcase_add_loop_test(t, splits, 0, 6);
	tcase_add_test(t, fragments_refused);
	tcase_add_loop_test(t, responses, 0, 6);
	tcase_add_loop_test(t, hypervisor, 0, 3);
	suite_add_tcase(s, t);
	return s;
}
