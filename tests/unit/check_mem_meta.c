/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same history said in another way: in fragments, in the other width, in
 * the layout of another version, with other partition ids, in a copy of the
 * state. What can be seen must be the same: which rule refuses what, who has
 * access to which page, what a response says, what the pages contain.
 *
 * A history is drawn from its seed before anything is called, so that it does
 * not depend on how it is said; how it is said has a seed of its own.
 */
#include <stdlib.h>

#include "ffa/ffa_desc.h"
#include "mem_desc.h"
#include "unit.h"

enum {
	PAGE = FFA_PAGE_SIZE,
	HISTORIES = 3000,
	STEPS = 16,
	HANDLES = 8,
	SEEN = 4096,
	FIRST = 8, PAGES = 8,	/* that senders have to send */
};

/* How a history is said. */
struct manner {
	const char *name;
	uint32_t version[ENDPOINTS];
	bool fragments, wide, padded, small, renamed, copied;
};

#define ALL(v) { v, v, v, v, v }
static const struct manner manners[] = {
	{ "plainly", ALL(FFA_V1_2), false, false, false, false, false, false },
	{ "in fragments", ALL(FFA_V1_2), .fragments = true },
	{ "in 64 bits", ALL(FFA_V1_2), .wide = true },
	{ "in a copy", ALL(FFA_V1_2), .copied = true },
	{ "at 1.0", ALL(FFA_V1_0), false, false, false, false, false, false },
	{ "at 1.1", ALL(FFA_V1_1), .fragments = true },
	{ "at 1.0 to 1.2", { FFA_V1_0, FFA_V1_0, FFA_V1_1, FFA_V1_2,
			     FFA_V1_0 }, .wide = true },
	{ "at 1.2 to 1.0", { FFA_V1_2, FFA_V1_2, FFA_V1_0, FFA_V1_1,
			     FFA_V1_1 }, .fragments = true },
	{ "with room", ALL(FFA_V1_2), .padded = true },
	{ "in small descriptors", ALL(FFA_V1_2), .small = true },
	{ "by other names", ALL(FFA_V1_2), .renamed = true },
	{ "in every way", { FFA_V1_1, FFA_V1_1, FFA_V1_0, FFA_V1_2, FFA_V1_1 },
	  true, true, true, false, true, true },
};
enum { MANNERS = sizeof(manners) / sizeof(manners[0]) };

static uint64_t next(uint64_t *seed, uint32_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (*seed >> 11) % n;
}

/* -- a history --------------------------------------------------------------- */

enum op { SEND, TAKE, GIVE_BACK, RECLAIM, READ, OPS };

struct step {
	enum op op;
	enum mem_kind kind;
	int from, to[2];	/* to[1]: or none, if it is to[0] */
	uint8_t perm[2];
	uint32_t flags, tag;
	uint32_t ranges;
	struct mem_range range[4];
	int handle;
	enum mem_field wrong;	/* field that is changed, */
	uint64_t value;		/* and to what */
};

static uint64_t page_pa(int from, uint64_t page)
{
	return (from == NS ? NS_PA : SP_PA) + (FIRST + page) * PAGE;
}

/* A field that every version has; values that no manner changes. */
static void draw_wrong(struct step *s, uint64_t *seed)
{
	static const struct {
		enum mem_field f;
		uint64_t v;
	} wrong[] = {
		{ F_HANDLE, 0xfffff }, { F_TAG, 9 }, { F_FLAGS, 2 }, { F_FLAGS, 1 },
		{ F_FLAGS, 8 }, { F_FLAGS, 0x400 }, { F_ATTR, 0x2e },
		{ F_E_PERM, 3 }, { F_E_PERM, 0 }, { F_E_PERM, 6 },
		{ F_E_PERM, 0xe }, { F_E_PERM, 0x12 }, { F_E_FLAGS, 2 },
		{ F_E_ID, 0xfff0 }, { F_E_ID, 0 }, { F_EMAD_COUNT, 0 },
		{ F_E_RESERVED, 1 }, { F_E_COMPOSITE, 8 },
		{ F_C_PAGES, 1000 }, { F_C_RESERVED, 1 }, { F_C_COUNT, 7 },
		{ F_R_BASE, NS_PA + 1 }, { F_R_BASE, NS_PA },
		{ F_R_BASE, 0x10000000 }, { F_R_PAGES, 0 },
		{ F_R_RESERVED, 1 },
	};
	uint64_t i = next(seed, sizeof(wrong) / sizeof(wrong[0]));

	s->wrong = wrong[i].f;
	s->value = wrong[i].v;
}

static void draw(struct step *s, uint64_t *seed)
{
	uint32_t i;

	*s = (struct step){ .op = (enum op)next(seed, OPS) };
	s->kind = (enum mem_kind)(SHARE + next(seed, 3));
	s->from = next(seed, 2) ? NS : SP1;
	for (i = 0; i < 2; i++) {
		s->to[i] = SP1 + (int)next(seed, 3);
		if (s->op == SEND && s->to[i] == s->from)
			s->to[i] = SP2;
		s->perm[i] = next(seed, 3) ? RW : RO;
	}
	if (s->kind == DONATE)
		s->to[1] = s->to[0];
	s->flags = next(seed, 4) || s->kind == SHARE ? 0 : 1;
	s->tag = (uint32_t)next(seed, 2);
	s->ranges = 1 + (uint32_t)next(seed, 4);
	for (i = 0; i < s->ranges; i++) {
		uint64_t page = next(seed, PAGES);

		s->range[i] = (struct mem_range){
			page_pa(s->from, page),
			1 + (page + 1 < PAGES && !next(seed, 4)),
		};
	}
	s->handle = (int)next(seed, HANDLES);
	if (!next(seed, 5))
		draw_wrong(s, seed);
}

/* -- what is seen ------------------------------------------------------------- */

struct view {
	uint64_t seen[SEEN];
	int n;
};

static void note(struct view *v, uint64_t what)
{
	must(v->n < SEEN, "too much to see");
	v->seen[v->n++] = what;
}

/* By whatever name it goes. */
static uint64_t index_of(uint16_t id)
{
	uint64_t i;

	for (i = 0; i < ENDPOINTS; i++)
		if (mem_ids[i] == id)
			return i;
	return id;
}

static void note_pages(struct world *w, struct view *v)
{
	uint64_t page, access = 0, bytes = 0;
	unsigned int ep;

	for (page = 0; page < PAGES; page++)
		for (ep = 0; ep < ENDPOINTS; ep++) {
			access = access * 31 +
				 spmc_access(w->s, ep, page_pa(NS, page));
			access = access * 31 +
				 spmc_access(w->s, ep, page_pa(SP1, page));
		}
	for (page = 0; page < PAGES; page++)
		bytes = bytes * 31 + *mem_at(w, page_pa(NS, page)) +
			7ull * *mem_at(w, page_pa(SP1, page));
	note(v, access);
	note(v, bytes);
	note(v, spmc_handles(w->s));
}

static uint64_t get(const unsigned char *p, unsigned int n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

/* A response, whatever its layout; the NS bit is not in that of 1.0. */
static void note_response(struct world *w, struct view *v, int ep,
			  uint64_t handle)
{
	uint32_t version = spmc_version_of(w->s, (unsigned int)ep), head, i;
	const unsigned char *rx = mem_rx(w, ep), *c;

	head = version == FFA_V1_0 ? 32 : 48;
	note(v, index_of((uint16_t)get(rx, 2)));
	note(v, rx[2] & 0x3f);
	note(v, get(rx + 4, 4));
	note(v, get(rx + 16, 8));
	note(v, get(rx + 28, 4));
	note(v, index_of((uint16_t)get(rx + head, 2)));
	note(v, rx[head + 2]);
	c = rx + get(rx + head + 4, 4);
	note(v, get(c, 8));
	for (i = 0; i < get(c + 4, 4); i++) {
		note(v, get(c + 16 + 16 * i, 8));
		note(v, get(c + 24 + 16 * i, 8));
	}
	must_eq(get(rx + 8, 8), handle);
	must_eq(w->out.regs.x[1], w->out.regs.x[2]);
	must_eq(w->out.regs.x[1], c + 16 + 16 * i - rx);
}

/* -- saying it ---------------------------------------------------------------- */

struct speaker {
	const struct manner *m;
	struct world *w;
	struct spmc *boot, *other;
	struct mem_desc sent[HANDLES];
	uint64_t handle[HANDLES];
	uint64_t seed;
	bool burnt;	/* a handle was told of, and dropped: others differ */
};

/* Sends what is in TX; the fragments are as long as the seed says. */
static void send(struct speaker *p, int from, struct mem_desc *d)
{
	unsigned char buf[PAGE], *tx = mem_tx(p->w, from);
	uint32_t head = d->composite_at + 16, at = d->len, n;
	uint64_t handle;

	if (p->m->fragments)
		at = head + 16 * (uint32_t)next(&p->seed,
						(d->len - head) / 16 + 1);
	memcpy(buf, tx, d->len);
	memset(tx + at, 0xee, PAGE);
	mem_as(p->w, from, mem_fid(d->kind, p->m->wide), d->len, at, 0, 0);
	while (!p->w->out.rule &&
	       p->w->out.regs.x[0] == (uint32_t)FFA_ID_MEM_FRAG_RX) {
		must_eq(p->w->out.regs.x[3], at);
		handle = p->w->out.regs.x[1] | p->w->out.regs.x[2] << 32;
		n = 16 * (1 + (uint32_t)next(&p->seed, (d->len - at) / 16));
		memcpy(tx, buf + at, n);
		at += n;
		mem_frag_tx(p->w, from, handle, n,
			    from == NS ? d->sender : 0);
		p->burnt |= p->w->out.rule != 0;
	}
}

/* What it is called in this manner. */
static uint64_t value_of(const struct step *s, const struct mem_desc *d)
{
	/* an offset is somewhere else in each layout */
	return s->wrong == F_E_COMPOSITE && d->composite_at ?
		       d->composite_at + s->value : s->value;
}

static void say_send(struct speaker *p, const struct step *s, struct view *v)
{
	struct mem_desc d = mem_desc_send(s->kind, p->m->version[s->from],
					  s->from, s->to[0], 0, 1);

	if (s->to[1] != s->to[0]) {
		d.emads = 2;
		d.emad[1] = (struct mem_emad){ mem_ids[s->to[1]], s->perm[1],
					       0 };
		d.attributes = ATTR_NORMAL;
	}
	if (s->kind != DONATE)
		d.emad[0].perm = s->perm[0];
	d.flags = s->flags;
	d.tag = s->tag;
	d.ranges = s->ranges;
	memcpy(d.range, s->range, sizeof(s->range));
	if (p->m->padded) {
		d.pad = d.version == FFA_V1_0 ? 0 :
			16 * (uint32_t)next(&p->seed, 5);
		d.pad2 = 16 * (uint32_t)next(&p->seed, 5);
	}
	d.emad_size = p->m->small ? 16 : 0;
	mem_desc_write(&d, mem_tx(p->w, s->from));
	mem_desc_poke(&d, mem_tx(p->w, s->from), s->wrong, value_of(s, &d));
	send(p, s->from, &d);
	if (p->w->out.rule)
		return;
	if (s->wrong == F_TAG)
		d.tag = s->value;
	p->sent[s->handle] = d;
	p->handle[s->handle] = p->w->out.regs.x[2] |
			       p->w->out.regs.x[3] << 32;
	note(v, p->w->out.regs.x[0]);
}

static void say_take(struct speaker *p, const struct step *s, struct view *v)
{
	int to = s->to[0];
	struct mem_desc d = mem_desc_request(&p->sent[s->handle],
					     p->m->version[to],
					     p->handle[s->handle]);
	unsigned char *tx = mem_tx(p->w, to);

	if (!d.handle)
		return;
	d.flags = s->flags && d.emads == 1 ? 4 : 0;
	d.emad_size = p->m->small ? 16 : 0;
	if (p->m->padded && d.version > FFA_V1_0)
		d.pad = 16 * (uint32_t)next(&p->seed, 5);
	mem_desc_write(&d, tx);
	if (s->wrong < F_C_PAGES)
		mem_desc_poke(&d, tx, s->wrong, value_of(s, &d));
	mem_as(p->w, to, mem_fid(RETRIEVE, p->m->wide), d.len, d.len, 0, 0);
	if (p->w->out.rule)
		return;
	note_response(p->w, v, to, d.handle);
	must_eq(mem_release(p->w, to), 0);
}

/* The hypervisor looks. */
static void say_read(struct speaker *p, const struct step *s, struct view *v)
{
	struct mem_desc d = { .version = p->m->version[NS],
			      .handle = p->handle[s->handle] };
	unsigned char *tx = mem_tx(p->w, NS);
	uint32_t len = mem_desc_write(&d, tx);

	mem_desc_poke(&d, tx, F_EMAD_SIZE, 0);
	mem_desc_poke(&d, tx, F_EMAD_OFFSET, 0);
	if (s->wrong < F_E_ID && s->wrong != F_HANDLE &&
	    s->wrong != F_EMAD_COUNT)
		mem_desc_poke(&d, tx, s->wrong, s->value);
	mem_as(p->w, NS, mem_fid(RETRIEVE, p->m->wide), len, len, 0, 0);
	if (p->w->out.rule)
		return;
	note_response(p->w, v, NS, d.handle);
	must_eq(mem_release(p->w, NS), 0);
}

static void say(struct speaker *p, const struct step *s, struct view *v)
{
	uint64_t handle = p->handle[s->handle];
	enum spmc_rule rule;

	p->w->out.rule = 0;
	switch (s->op) {
	case SEND:
		say_send(p, s, v);
		break;
	case TAKE:
		say_take(p, s, v);
		break;
	case GIVE_BACK:
		if (handle)
			mem_relinquish(p->w, s->to[0], handle, s->flags);
		break;
	case RECLAIM:
		if (handle)
			mem_reclaim(p->w, s->from, handle, s->flags);
		break;
	case READ:
		if (handle)
			say_read(p, s, v);
		break;
	case OPS:
		break;
	}
	rule = p->w->out.rule;
	note(v, rule == RULE_FRAG_TX_NO_MEMORY ? RULE_SEND_NO_MEMORY : rule);
	note_pages(p->w, v);
}

/* The state goes on in a copy; what happens to the original is forgotten. */
static void move_on(struct speaker *p)
{
	struct spmc *old = p->w->s;
	uint64_t hash = spmc_hash(old);

	spmc_copy(p->other, old);
	must_eq(spmc_hash(p->other), hash);
	p->w->s = p->other;
	p->other = old;
	spmc_copy(old, p->boot);
}

static void tell(struct speaker *p, const struct step *steps, uint64_t seed,
		 struct view *v)
{
	uint64_t page;
	int i;

	spmc_copy(p->w->s, p->boot);
	memset(p->handle, 0, sizeof(p->handle));
	p->seed = seed;
	p->burnt = false;
	v->n = 0;
	for (page = 0; page < PAGES; page++) {
		*mem_at(p->w, page_pa(NS, page)) = (unsigned char)(1 + page);
		*mem_at(p->w, page_pa(SP1, page)) = (unsigned char)(99 + page);
	}
	for (i = 0; i < STEPS; i++) {
		if (p->m->copied && next(&p->seed, 4) == 0)
			move_on(p);
		say(p, &steps[i], v);
	}
	mem_run(p->w, NS);
}

static void name_all(const struct manner *m)
{
	static const uint16_t ids[2][ENDPOINTS] = {
		{ 0, 1, 0x8001, 0x8002, 0x8003 },
		{ 0, 0x7001, 0x9abc, 0x8123, 0x8007 },
	};

	memcpy(mem_ids, ids[m->renamed], sizeof(mem_ids));
}

static struct speaker speaker_new(const struct manner *m)
{
	struct spmc_endpoint_config *eps;
	struct spmc_config *cfg;
	struct speaker p = { .m = m };
	int i;

	name_all(m);
	cfg = mem_config(FFA_V1_2, &eps, NULL);
	for (i = 0; i < ENDPOINTS; i++)
		eps[i].version = m->version[i];
	p.w = mem_boot(cfg);
	p.boot = spmc_init(malloc(spmc_size(cfg)), cfg);
	p.other = spmc_init(malloc(spmc_size(cfg)), cfg);
	spmc_copy(p.boot, p.w->s);
	return p;
}

static void speaker_free(struct speaker *p)
{
	free(p->boot);
	free(p->other);
	world_free(p->w);
}

START_TEST(same_history)
{
	const struct manner *m = &manners[_i + 1];
	struct speaker plain = speaker_new(&manners[0]), p = speaker_new(m);
	static struct view want, got;
	struct step steps[STEPS];
	uint64_t h, seed;
	bool same_state = !m->renamed && !m->small;
	int i, held = 0;

	for (i = 0; i < ENDPOINTS; i++)
		same_state &= m->version[i] == FFA_V1_2;
	for (h = 0; h < HISTORIES; h++) {
		seed = h * 0x9e3779b97f4a7c15u + 1;
		for (i = 0; i < STEPS; i++)
			draw(&steps[i], &seed);
		name_all(plain.m);
		tell(&plain, steps, 1, &want);
		held += spmc_handles(plain.w->s) > 0;
		name_all(m);
		tell(&p, steps, seed | 1, &got);
		for (i = 0; i < want.n && i < got.n; i++)
			must(want.seen[i] == got.seen[i],
			     "history %llu %s: %#llx, not %#llx, at %d",
			     (unsigned long long)h, m->name,
			     (unsigned long long)got.seen[i],
			     (unsigned long long)want.seen[i], i);
		must_eq(want.n, got.n);
		if (same_state && !p.burnt)
			must(spmc_hash(plain.w->s) == spmc_hash(p.w->s),
			     "history %llu %s: the state differs",
			     (unsigned long long)h, m->name);
	}
	must(held > HISTORIES / 4, "only %d histories got anywhere", held);
	speaker_free(&plain);
	speaker_free(&p);
}
END_TEST

Suite *check_mem_meta(void)
{
	Suite *s = suite_create("mem_meta");
	TCase *t = tcase_create("manners");

	tcase_set_tags(t, "property");
	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, same_history, 0, MANNERS - 1);
	suite_add_tcase(s, t);
	return s;
}
