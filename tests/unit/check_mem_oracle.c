/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random histories of memory transactions against a model that is simple
 * enough to be believed: for every page its owner and what each endpoint may
 * do with it, in arrays. Legal and illegal calls are mixed; the model says
 * which error comes, and after every call all accesses are compared. A refused
 * call must leave the hash of the state as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ffa/ffa_desc.h"
#include "spmc.h"
#include "unit.h"

enum {
	HISTORIES = 100000,
	CALLS = 40,
	PARTS = 4,	/* the primary and three SPs */
	PAGES = 24,	/* 0-7 non-secure, 8-15 of SP 1, 16-23 of SP 2 */
	TXNS = 16,
	MAILBOX = 0x100000,
};

static const uint16_t ids[PARTS] = { 0, 0x8001, 0x8002, 0x8003 };

enum { NONE = 0, RO = 1, RW = 3 };	/* as spmc_access says it */
enum kind { SHARE = 1, LEND = 2, DONATE = 3 };

struct otxn {
	int live;
	enum kind kind;
	int owner;
	uint64_t handle, tag;
	int borrower[PARTS];	/* allowed access, 0: not a borrower */
	int held[PARTS];
	int page[PAGES];
	int pages;
};

/* Check notes every assertion that holds in a file; here only failures cost. */
#define must(cond, ...)							\
	do {								\
		if (!(cond))						\
			ck_abort_msg(__VA_ARGS__);			\
	} while (0)
#define must_eq(a, b)							\
	must((long long)(a) == (long long)(b), "%s is %lld, not %lld", #a,	\
	     (long long)(a), (long long)(b))

/* The oracle. */
struct oracle {
	int owner[PAGES];
	int access[PARTS][PAGES];
	int busy[PAGES];	/* number of the transaction + 1 */
	struct otxn txn[TXNS];
};

struct machine {
	struct spmc *s, *boot;
	struct spmc_env env;
	struct spmc_outcome out;
	unsigned char ram[PAGES][FFA_PAGE_SIZE];
	unsigned char box[PARTS][2][FFA_PAGE_SIZE];
	uint32_t version[PARTS];
	uint64_t seed;
	unsigned long calls;
};

static uint64_t page_pa(int page)
{
	static const uint64_t base[] = { 0x40000000, 0x06000000, 0x07000000 };

	return base[page / 8] + (uint64_t)(page % 8) * FFA_PAGE_SIZE;
}

static uint64_t box_pa(int part, int rx)
{
	return page_pa(part == 0 ? 0 : 8) + MAILBOX +
	       (uint64_t)(part * 2 + rx) * FFA_PAGE_SIZE;
}

static void *map(void *ctx, uint64_t pa, size_t len, bool secure)
{
	struct machine *m = ctx;
	int i;

	(void)secure;
	for (i = 0; i < PAGES; i++)
		if (pa >= page_pa(i) && pa < page_pa(i) + FFA_PAGE_SIZE)
			return m->ram[i] + (pa - page_pa(i));
	for (i = 0; i < PARTS * 2; i++)
		if (pa == box_pa(i / 2, i % 2) && len <= FFA_PAGE_SIZE)
			return m->box[i / 2][i % 2];
	return NULL;
}

static uint32_t rnd(struct machine *m, uint32_t n)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return (uint32_t)(m->seed >> 11) % n;
}

static uint64_t smc(struct machine *m, uint32_t fid, uint64_t x1, uint64_t x2,
		    uint64_t x3, uint64_t x4)
{
	struct ffa_value v = { { fid, x1, x2, x3, x4 } };
	uint64_t hash = spmc_hash(m->s);

	spmc_call(m->s, &m->env, 0, &v, &m->out);
	m->calls++;
	if (m->out.rule && !spmc_rules[m->out.rule].drops)
		must(hash == spmc_hash(m->s),
			      "refused by %s, and changed something",
			      spmc_rules[m->out.rule].name);
	return m->out.regs.x[0];
}

/* Gives control to an SP by a direct request, and takes it back. */
static void enter(struct machine *m, int part)
{
	if (part)
		smc(m, (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32, ids[part], 0,
		    0, 0);
	must_eq(m->out.endpoint, part);
}

static void leave(struct machine *m, int part)
{
	if (part)
		smc(m, (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32,
		    (uint64_t)ids[part] << 16, 0, 0, 0);
	must_eq(m->out.endpoint, 0);
}

static int error_of(const struct machine *m)
{
	return (uint32_t)m->out.regs.x[0] == (uint32_t)FFA_ID_ERROR ?
		       (int)(int32_t)m->out.regs.x[2] : 0;
}

static struct machine *machine_boot(void)
{
	struct spmc_endpoint_config ep[PARTS] = {
		{ .kind = SPMC_NS_PRIMARY, .version = FFA_V1_2 },
	};
	struct spmc_region reg[] = {
		{ page_pa(0), 8, 0, 0 },
		{ page_pa(8), 8, 0x8001, SPMC_REGION_SECURE },
		{ page_pa(16), 8, 0x8002, SPMC_REGION_SECURE },
		{ box_pa(0, 0), 2, 0, 0 },
		{ box_pa(1, 0), 2, 0x8001, SPMC_REGION_SECURE },
		{ box_pa(2, 0), 2, 0x8002, SPMC_REGION_SECURE },
		{ box_pa(3, 0), 2, 0x8003, SPMC_REGION_SECURE },
	};
	struct spmc_config cfg = {
		.size = sizeof(cfg), .version = FFA_V1_2, .cpus = 1,
		.endpoint_count = PARTS, .region_count = 7,
		.rxtx_max_pages = 1, .endpoints = ep, .regions = reg,
		.handles = 8, .ranges = 200,
	};
	struct machine *m = calloc(1, sizeof(*m));
	int i, where;

	for (i = 1; i < PARTS; i++)
		ep[i] = (struct spmc_endpoint_config){
			.id = ids[i], .kind = SPMC_SP_EL1, .ec_count = 1,
			.version = FFA_V1_2, .uuid_count = 1,
			.uuids = { { { (uint8_t)i } } },
			.props = FFA_PART_RECV_DIRECT,
		};
	must(!spmc_check_config(&cfg, &where), "configuration");
	m->env = (struct spmc_env){ .map = map, .ctx = m };
	m->s = spmc_init(malloc(spmc_size(&cfg)), &cfg);
	m->boot = spmc_init(malloc(spmc_size(&cfg)), &cfg);
	spmc_boot(m->s, &m->env, 0, &m->out);
	for (i = 1; i < PARTS; i++) {
		smc(m, (uint32_t)FFA_ID_RXTX_MAP_64, box_pa(i, 0),
		    box_pa(i, 1), 1, 0);
		must_eq(error_of(m), 0);
		smc(m, (uint32_t)FFA_ID_MSG_WAIT, 0, 0, 0, 0);
	}
	smc(m, (uint32_t)FFA_ID_RXTX_MAP_64, box_pa(0, 0), box_pa(0, 1), 1, 0);
	must_eq(error_of(m), 0);
	spmc_copy(m->boot, m->s);
	return m;
}

/* -- descriptors, written here a second time on purpose ----------------------- */

struct writer {
	unsigned char *p;
	size_t n;
};

static void put(struct writer *w, uint64_t v, unsigned int bytes)
{
	while (bytes--) {
		w->p[w->n++] = (unsigned char)v;
		v >>= 8;
	}
}

static void put_head(struct writer *w, uint32_t ver, int sender, int attr,
		     uint32_t flags, uint64_t handle, uint64_t tag, int emads)
{
	put(w, ids[sender], 2);
	put(w, (uint64_t)attr, 2);
	put(w, flags, 4);
	put(w, handle, 8);
	put(w, tag, 8);
	put(w, ver == FFA_V1_0 ? 0 : ver == FFA_V1_1 ? 16 : 32, 4);
	put(w, (uint64_t)emads, 4);
	if (ver == FFA_V1_0)
		return;
	put(w, 48, 4);
	put(w, 0, 8);
	put(w, 0, 4);
}

static void put_emad(struct writer *w, uint32_t ver, int part, int perm,
		     uint32_t composite)
{
	put(w, ids[part], 2);
	put(w, (uint64_t)perm, 1);
	put(w, 0, 1);
	put(w, composite, 4);
	put(w, 0, 8);
	if (ver >= FFA_V1_2) {
		put(w, 0, 8);
		put(w, 0, 8);
	}
}

static int data_bits(int access)
{
	return access == RW ? 2 : access == RO ? 1 : 0;
}

/* -- the calls ---------------------------------------------------------------- */

static const uint32_t send_fid[] = {
	[SHARE] = (uint32_t)FFA_ID_MEM_SHARE_32,
	[LEND] = (uint32_t)FFA_ID_MEM_LEND_32,
	[DONATE] = (uint32_t)FFA_ID_MEM_DONATE_32,
};

/* Sends what is in `desc` in random fragments; returns the error. */
static int send_fragments(struct machine *m, int part, const struct writer *d,
			  uint32_t head, uint32_t fid)
{
	uint32_t first = head + 16 * rnd(m, (uint32_t)(d->n - head) / 16 + 1);
	uint32_t at = first;

	memcpy(m->box[part][0], d->p, first);
	smc(m, fid, d->n, first, 0, 0);
	while (!error_of(m) && at < d->n) {
		uint32_t len = 16 * (1 + rnd(m, (uint32_t)(d->n - at) / 16));

		must_eq(m->out.regs.x[0],
				  (uint32_t)FFA_ID_MEM_FRAG_RX);
		must_eq(m->out.regs.x[3], at);
		memset(m->box[part][0], 0xee, FFA_PAGE_SIZE);
		memcpy(m->box[part][0], d->p + at, len);
		smc(m, (uint32_t)FFA_ID_MEM_FRAG_TX, m->out.regs.x[1],
		    m->out.regs.x[2], len, 0);
		at += len;
	}
	return error_of(m);
}

static void do_send(struct machine *m, struct oracle *o)
{
	int part = (int)rnd(m, 3), slot, i, n, borrowers = 0, want = 0;
	enum kind kind = (enum kind)(1 + rnd(m, 3));
	uint32_t ver = m->version[part], head;
	unsigned char buf[FFA_PAGE_SIZE];
	struct writer d = { buf, 0 };
	struct otxn t = { .live = 1, .kind = kind, .owner = part };
	bool full = true;

	for (slot = 0; slot < 8; slot++)
		if (!o->txn[slot].live)
			break;
	full = slot == 8;
	t.tag = rnd(m, 3);
	for (i = 1; i < PARTS; i++)
		if (i != part && rnd(m, 2) && !(kind == DONATE && borrowers)) {
			t.borrower[i] = kind == DONATE || rnd(m, 3) ? RW : RO;
			borrowers++;
		}
	if (!borrowers) {
		i = part == 1 ? 2 : 1;
		t.borrower[i] = RW;
		borrowers = 1;
	}
	/* Mostly pages that can be sent, in random order, none twice. */
	n = 1 + (int)rnd(m, 4);
	for (i = 0; i < 40 && t.pages < n; i++) {
		int page = (int)rnd(m, PAGES), j;

		if (rnd(m, 20) && (o->owner[page] != part || o->busy[page]))
			continue;
		for (j = 0; j < t.pages && t.page[j] != page; j++)
			;
		if (j == t.pages)
			t.page[t.pages++] = page;
	}
	if (!t.pages)
		return;
	for (i = 0; i < t.pages; i++)
		if (o->owner[t.page[i]] != part || o->busy[t.page[i]] ||
		    (t.page[i] < 8) != (t.page[0] < 8))
			want = FFA_DENIED;
	if (full)
		want = FFA_NO_MEMORY;

	put_head(&d, ver, part,
		 kind == SHARE || (kind == LEND && borrowers > 1) ? 0x2f : 0,
		 0, 0, t.tag, borrowers);
	head = (uint32_t)d.n + (uint32_t)borrowers *
	       (ver < FFA_V1_2 ? 16 : 32);
	for (i = 1; i < PARTS; i++)
		if (t.borrower[i])
			put_emad(&d, ver, i, kind == DONATE ? 0 :
				 data_bits(t.borrower[i]), head);
	put(&d, (uint64_t)t.pages, 4);
	put(&d, (uint64_t)t.pages, 4);
	put(&d, 0, 8);
	head += 16;
	for (i = 0; i < t.pages; i++) {
		put(&d, page_pa(t.page[i]), 8);
		put(&d, 1, 4);
		put(&d, 0, 4);
	}

	enter(m, part);
	i = send_fragments(m, part, &d, head, send_fid[kind]);
	t.handle = m->out.regs.x[2] | m->out.regs.x[3] << 32;
	leave(m, part);
	must_eq(i, want);
	if (want)
		return;
	o->txn[slot] = t;
	for (i = 0; i < t.pages; i++) {
		o->busy[t.page[i]] = slot + 1;
		if (kind != SHARE)
			o->access[part][t.page[i]] = NONE;
	}
}

/* A transaction, often a live one that concerns the endpoint. */
static int pick(struct machine *m, const struct oracle *o)
{
	int slot = (int)rnd(m, 8), i;

	for (i = 0; i < 8 && !o->txn[slot].live; i++)
		slot = (slot + 1) % 8;
	return slot;
}

static void do_retrieve(struct machine *m, struct oracle *o)
{
	int slot = pick(m, o), part = 1 + (int)rnd(m, 3), i, n = 0, got, want;
	struct otxn *t = &o->txn[slot];
	struct writer d = { m->box[part][0], 0 };
	uint32_t ver = m->version[part];
	int single, ask = RW;

	if (!t->live)
		return;
	for (i = 0; i < 5 && !t->borrower[part]; i++)
		part = 1 + (int)rnd(m, 3);
	ver = m->version[part];
	d.p = m->box[part][0];
	for (i = 1; i < PARTS; i++)
		n += !!t->borrower[i];
	single = n == 1 && t->kind != SHARE;
	if (t->borrower[part] && rnd(m, 8))
		ask = t->borrower[part];
	else
		ask = rnd(m, 2) ? RW : RO;

	put_head(&d, ver, t->owner, 0, 0, t->handle, t->tag, n);
	for (i = 1; i < PARTS; i++)
		if (t->borrower[i])
			put_emad(&d, ver, i,
				 (single ? 4 : 0) |
				 data_bits(i == part ? ask : RO), 0);

	want = 0;
	if (!t->borrower[part])
		want = FFA_INVALID_PARAMETERS;
	else if (ask == RW && t->borrower[part] == RO)
		want = FFA_DENIED;
	else if (t->held[part])
		want = FFA_DENIED;

	enter(m, part);
	smc(m, (uint32_t)FFA_ID_MEM_RETRIEVE_REQ_32, d.n, d.n, 0, 0);
	got = error_of(m);
	if (!got)
		smc(m, (uint32_t)FFA_ID_RX_RELEASE, 0, 0, 0, 0);
	leave(m, part);
	must_eq(got, want);
	if (want)
		return;
	t->held[part] = ask;
	for (i = 0; i < t->pages; i++)
		o->access[part][t->page[i]] = ask;
	if (t->kind != DONATE)
		return;
	for (i = 0; i < t->pages; i++) {
		o->owner[t->page[i]] = part;
		o->access[part][t->page[i]] = RW;
		o->busy[t->page[i]] = 0;
	}
	t->live = 0;
}

static void do_relinquish(struct machine *m, struct oracle *o)
{
	int slot = pick(m, o), part = 1 + (int)rnd(m, 3), i, got, want;
	struct otxn *t = &o->txn[slot];
	struct writer d;

	for (i = 0; i < 5 && !t->held[part]; i++)
		part = 1 + (int)rnd(m, 3);
	d = (struct writer){ m->box[part][0], 0 };
	put(&d, t->handle, 8);
	put(&d, 0, 4);
	put(&d, 1, 4);
	put(&d, ids[part], 2);
	want = t->live && t->held[part] ? 0 : FFA_INVALID_PARAMETERS;
	enter(m, part);
	smc(m, (uint32_t)FFA_ID_MEM_RELINQUISH, 0, 0, 0, 0);
	got = error_of(m);
	leave(m, part);
	must_eq(got, want);
	if (want)
		return;
	t->held[part] = NONE;
	for (i = 0; i < t->pages; i++)
		o->access[part][t->page[i]] = NONE;
}

static void do_reclaim(struct machine *m, struct oracle *o)
{
	int slot = pick(m, o), i, got, want = 0;
	struct otxn *t = &o->txn[slot];
	int part = rnd(m, 10) ? t->owner : (int)rnd(m, 3);

	if (!t->live || part != t->owner)
		want = FFA_INVALID_PARAMETERS;
	for (i = 0; !want && i < PARTS; i++)
		if (t->held[i])
			want = FFA_DENIED;
	enter(m, part);
	smc(m, (uint32_t)FFA_ID_MEM_RECLAIM, (uint32_t)t->handle,
	    t->handle >> 32, 0, 0);
	got = error_of(m);
	leave(m, part);
	must_eq(got, want);
	if (want)
		return;
	t->live = 0;
	for (i = 0; i < t->pages; i++) {
		o->access[part][t->page[i]] = RW;
		o->busy[t->page[i]] = 0;
	}
}

static void compare(const struct machine *m, const struct oracle *o)
{
	int part, page;

	for (part = 0; part < PARTS; part++)
		for (page = 0; page < PAGES; page++)
			must(spmc_access(m->s, (unsigned int)part,
						  page_pa(page)) ==
				      (unsigned int)o->access[part][page],
				      "endpoint %d, page %d: model %u, oracle %d",
				      part, page,
				      spmc_access(m->s, (unsigned int)part,
						  page_pa(page)),
				      o->access[part][page]);
}

static void history(struct machine *m, uint64_t seed)
{
	static const uint32_t versions[] = { FFA_V1_0, FFA_V1_1, FFA_V1_2 };
	static void (*const calls[])(struct machine *, struct oracle *) = {
		do_send, do_retrieve, do_relinquish, do_reclaim,
	};
	struct oracle o = { 0 };
	int i, n;

	m->seed = seed * 0x9e3779b97f4a7c15u + 1;
	spmc_copy(m->s, m->boot);
	for (i = 0; i < PAGES; i++) {
		o.owner[i] = i / 8;
		o.access[i / 8][i] = RW;
	}
	for (i = 0; i < PARTS; i++) {
		m->version[i] = versions[rnd(m, 3)];
		enter(m, i);
		smc(m, (uint32_t)FFA_ID_VERSION, m->version[i], 0, 0, 0);
		/* Whoever made a call before keeps its version. */
		m->version[i] = spmc_version_of(m->s, (unsigned int)i);
		leave(m, i);
	}
	n = 1 + (int)rnd(m, CALLS);
	for (i = 0; i < n; i++) {
		calls[rnd(m, 4)](m, &o);
		compare(m, &o);
	}
	/* Everybody gives back: nothing is left. */
	for (i = 0; i < 400 && spmc_handles(m->s); i++)
		calls[2 + rnd(m, 2)](m, &o);
	compare(m, &o);
}

START_TEST(histories)
{
	struct machine *m = machine_boot();
	uint64_t i;

	for (i = 0; i < HISTORIES; i++)
		history(m, i);
	must(m->calls > HISTORIES * 10, "only %lu calls", m->calls);
	free(m->s);
	free(m->boot);
	free(m);
}
END_TEST

Suite *check_mem_oracle(void)
{
	Suite *s = suite_create("mem_oracle");
	TCase *t = tcase_create("histories");

	tcase_set_tags(t, "property");
	tcase_set_timeout(t, 600);
	tcase_add_test(t, histories);
	suite_add_tcase(s, t);
	return s;
}
