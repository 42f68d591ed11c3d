/* SPDX-License-Identifier: BSD-3-Clause */
/* check: what can be looked at, and comparing it. */
#include <string.h>

#include "board_priv.h"
#include "conduit/hyp.h"
#include "run_priv.h"

/* -- what can be checked --------------------------------------------------- */

/* What an expression of `check` looks at. */
struct probe {
	enum { PROBE_STATE, PROBE_MODEL, PROBE_LIFE, PROBE_VCPU, PROBE_VERSION,
	       PROBE_LEAKS, PROBE_TIME, PROBE_HASH, PROBE_HANDLES,
	       PROBE_TXN, PROBE_ACCESS, PROBE_OWNER, PROBE_IRQS,
	       PROBE_SPMD, PROBE_VALUE } kind;
	enum spmc_machine machine;	/* of PROBE_STATE */
	unsigned int ep, ec;
	const struct ffs_value *of;	/* TXN: the handle; else memory */
	const struct board *board;
};

static const char probes[] = "legal: leaks, time, hash, spmd, handles, PART.state, "
	"PART.rx, PART.version, PART.negotiation, PART.ec.state, "
	"PART.ec[N].state, PART.ec[N].model, PART@CPU.state, PART@CPU.model, "
	"PART.ec[N].irqs, PART@CPU.irqs, "
	"$HANDLE.state, MEM.PART, MEM[PAGES].PART, MEM.owner, "
	"MEM[PAGES].owner";

/* What an SPMC calls its SPMD with of its own accord. */
static const char *const spmd_names[] = {
	"none", "FFA_NORMAL_WORLD_RESUME", "FFA_EL3_INTR_HANDLE",
	"FFA_ABORT_32",
};

static unsigned int spmd_index(uint32_t fid)
{
	switch (fid) {
	case (uint32_t)FFA_ID_NORMAL_WORLD_RESUME:
		return 1;
	case (uint32_t)FFA_ID_EL3_INTR_HANDLE:
		return 2;
	case (uint32_t)FFA_ID_ABORT_32:
		return 3;
	}
	return 0;
}

/* sp1.ec, sp1.ec[1], sp1@1 */
static bool context_of(const struct board *b, const struct ffs_value *v,
		       struct probe *p)
{
	const struct board_part *part;
	uint64_t n = 0;

	if (v->kind == FFS_V_INDEX) {
		if (!board_number(b, v->items[0].value, &n))
			return false;
		v = v->base;
	}
	if (v->kind == FFS_V_AT && v->text) {
		part = board_part(b, v->text);
		n = part && b->endpoints[part->index].ec_count > 1 ? v->num :
								      0;
	} else if (v->kind == FFS_V_MEMBER && !strcmp(v->text, "ec") &&
		   v->base->kind == FFS_V_ID) {
		part = board_part(b, v->base->text);
	} else {
		return false;
	}
	/* of a VM only the ready-made hypervisor knows */
	if (!part || (b->endpoints[part->index].kind == SPMC_VM &&
		      !run_board_hyp(b)) ||
	    n >= (part->index ? b->endpoints[part->index].ec_count :
		  b->config.cpus))
		return false;
	p->ep = part->index;
	p->ec = n;
	return true;
}

static bool probe_part(const struct board *b, const struct ffs_value *v,
		       struct probe *p)
{
	static const struct {
		const char *name;
		enum spmc_machine machine;
	} states[] = {
		{ "state", SPMC_M_PART }, { "rx", SPMC_M_RX },
		{ "negotiation", SPMC_M_VER },
	};
	const struct board_part *part = board_part(b, v->base->text);

	if (!part)
		return false;
	p->ep = part->index;
	if (!strcmp(v->text, "version")) {
		p->kind = PROBE_VERSION;
		return true;
	}
	/* a VM's life is its hypervisor's business, if there is one */
	if (!strcmp(v->text, "state") && run_board_hyp(b) &&
	    b->endpoints[p->ep].kind == SPMC_VM) {
		p->kind = PROBE_LIFE;
		return true;
	}
	for (unsigned int i = 0; i < G_N_ELEMENTS(states); i++)
		if (!strcmp(v->text, states[i].name)) {
			p->kind = PROBE_STATE;
			p->machine = states[i].machine;
			return true;
		}
	return false;
}

/* shm.sp1, shm[2].sp1, shm[0..4].owner */
static bool probe_memory(const struct board *b, const struct ffs_value *v,
			 struct probe *p)
{
	const struct ffs_value *mem = v->base;
	const struct board_part *part = board_part(b, v->text);

	if (mem->kind == FFS_V_INDEX)
		mem = mem->base;
	if ((!part && strcmp(v->text, "owner")) || mem->kind != FFS_V_ID ||
	    !board_mem(b, mem->text))
		return false;
	p->kind = part ? PROBE_ACCESS : PROBE_OWNER;
	p->ep = part ? part->index : 0;
	p->of = v->base;
	return true;
}

static bool probe_of(const struct board *b, const struct ffs_value *v,
		     struct probe *p)
{
	*p = (struct probe){ .kind = PROBE_VALUE, .board = b };
	if (v->kind == FFS_V_ID) {
		p->kind = !strcmp(v->text, "leaks") ? PROBE_LEAKS :
			  !strcmp(v->text, "time") ? PROBE_TIME :
			  !strcmp(v->text, "hash") ? PROBE_HASH :
			  !strcmp(v->text, "spmd") ? PROBE_SPMD :
			  !strcmp(v->text, "handles") ? PROBE_HANDLES :
							PROBE_VALUE;
		return p->kind != PROBE_VALUE;
	}
	/* a trace has numbers where there were names */
	if (v->kind == FFS_V_USE || v->kind == FFS_V_NUM)
		return true;
	if (v->kind != FFS_V_MEMBER)
		return false;
	if (probe_memory(b, v, p))
		return true;
	if ((v->base->kind == FFS_V_USE || v->base->kind == FFS_V_NUM) &&
	    !strcmp(v->text, "state")) {
		p->kind = PROBE_TXN;
		p->machine = SPMC_M_TXN;
		p->of = v->base;
		return true;
	}
	if (v->base->kind == FFS_V_ID)
		return probe_part(b, v, p);
	if (!context_of(b, v->base, p))
		return false;
	if (b->endpoints[p->ep].kind == SPMC_VM) {
		p->kind = !strcmp(v->text, "irqs") ? PROBE_IRQS : PROBE_VCPU;
		return p->kind == PROBE_IRQS || !strcmp(v->text, "state");
	}
	p->kind = PROBE_STATE;
	p->machine = SPMC_M_EC;
	if (!strcmp(v->text, "model"))
		p->kind = PROBE_MODEL;
	if (!strcmp(v->text, "irqs"))
		p->kind = PROBE_IRQS;
	return p->kind != PROBE_STATE || !strcmp(v->text, "state");
}

/* By enum spmc_access; the last one where pages differ. */
static const char *const accesses[] = { "none", "ro", "wo", "rw", "mixed" };

/* The names that a probe can answer, NULL if it answers numbers. */
static const char *name_at(const struct probe *p, unsigned int i)
{
	if (p->kind == PROBE_MODEL)
		return i < SPMC_RTM_COUNT ?
		       spmc_model_name((enum spmc_model)i) : NULL;
	if (p->kind == PROBE_LIFE)
		return hyp_life_name(i);
	if (p->kind == PROBE_VCPU)
		return hyp_vcpu_state_name(i);
	if (p->kind == PROBE_SPMD)
		return i < G_N_ELEMENTS(spmd_names) ? spmd_names[i] : NULL;
	if (p->kind == PROBE_OWNER) {
		unsigned int n = p->board->config.endpoint_count;

		return i < n ? p->board->parts[i].name :
		       i == n ? "nobody" : i == n + 1 ? "mixed" : NULL;
	}
	if (p->kind == PROBE_ACCESS)
		return i < G_N_ELEMENTS(accesses) ? accesses[i] : NULL;
	if ((p->kind != PROBE_STATE && p->kind != PROBE_TXN) ||
	    i >= spmc_machines[p->machine].state_count)
		return NULL;
	return spmc_machines[p->machine].states[i].name;
}

static bool knows(const struct probe *p, const char *name)
{
	const char *other;

	for (unsigned int i = 0; (other = name_at(p, i)); i++)
		if (!strcmp(other, name))
			return true;
	return false;
}

static char *legal_names(const struct probe *p)
{
	g_autoptr(GString) text = g_string_new("legal:");
	const char *name;

	for (unsigned int i = 0; (name = name_at(p, i)); i++)
		g_string_append_printf(text, " %s", name);
	return g_strdup(text->str);
}

/* -- check ----------------------------------------------------------------- */

enum { MOST_PAGES = 1 << 20 };

/* The pages of a place, [*page, *end). */
static bool pages_of(struct run *r, const struct probe *p, uint64_t *page,
		     uint64_t *end, const struct board_mem **mem, char **why)
{
	const struct ffs_value *at = p->of->kind == FFS_V_INDEX ?
				     p->of->items[0].value : NULL;
	const struct board_mem *m =
		board_mem(r->board, at ? p->of->base->text : p->of->text);
	bool many = at && at->kind == FFS_V_RANGE;

	*mem = m;
	*page = 0;
	*end = m->pages;
	if (at && !run_number(r, many ? at->items[0].value : at, page, why))
		return false;
	if (many && !run_number(r, at->items[1].value, end, why))
		return false;
	if (at && !many)
		*end = *page + 1;
	if (*page >= *end || *end > m->pages)
		*why = g_strdup_printf("%s has pages 0 to %" G_GUINT64_FORMAT
				       "; [a..b] is from a up to b, without b",
				       m->name, m->pages - 1);
	else if (*end - *page > MOST_PAGES)
		*why = g_strdup_printf("check looks at no more than %d pages",
				       MOST_PAGES);
	return !*why;
}

static unsigned int ask_page(const struct run *r, const struct probe *p,
			     uint64_t pa)
{
	int owner;

	if (p->kind == PROBE_ACCESS)
		return run_access(r, p->ep, pa);
	owner = run_owner(r, pa);
	return owner < 0 ? r->board->config.endpoint_count :
			   (unsigned int)owner;
}

/* What all pages of a place answer. */
static unsigned int ask_pages(struct run *r, const struct probe *p, char **why)
{
	const struct board_mem *m;
	uint64_t page, end;
	unsigned int all;

	if (!pages_of(r, p, &page, &end, &m, why))
		return 0;
	all = ask_page(r, p, board_mem_pa(m, page * FFA_PAGE_SIZE));
	while (++page < end)
		if (ask_page(r, p, board_mem_pa(m, page * FFA_PAGE_SIZE)) !=
		    all)
			return p->kind == PROBE_OWNER ?
				r->board->config.endpoint_count + 1u :
				(unsigned int)G_N_ELEMENTS(accesses) - 1;
	return all;
}

static uint64_t measure(struct run *r, const struct probe *p,
			const char **name, char **why)
{
	uint64_t now = 0;

	*name = NULL;
	switch (p->kind) {
	case PROBE_STATE:
		now = spmc_state(r->spmc, p->machine, p->ep, p->ec);
		*name = name_at(p, now);
		break;
	case PROBE_MODEL:
		now = spmc_ec_model(r->spmc, p->ep, p->ec);
		*name = name_at(p, now);
		break;
	case PROBE_LIFE:
		*name = run_hyp_state(r, p->ep);
		break;
	case PROBE_VCPU:
		*name = run_hyp_vcpu_state(r, p->ep, p->ec);
		break;
	case PROBE_VERSION:
		now = run_version(r, p->ep);
		break;
	case PROBE_LEAKS:
		now = spmc_leaks(r->spmc) + run_hyp_handles(r);
		break;
	case PROBE_TIME:
		now = machine_time(r->machine);
		break;
	case PROBE_IRQS:
		now = run_pending(r, p->ep, p->ec, NULL);
		break;
	case PROBE_SPMD:
		now = spmd_index(r->spmd);
		*name = name_at(p, (unsigned int)now);
		break;
	case PROBE_HASH:
		now = spmc_hash(r->spmc);
		break;
	case PROBE_HANDLES:
		now = spmc_handles(r->spmc) + run_hyp_handles(r);
		break;
	case PROBE_TXN:
		if (run_number(r, p->of, &now, why))
			*name = run_txn_state(r, now);
		break;
	case PROBE_ACCESS:
	case PROBE_OWNER:
		now = ask_pages(r, p, why);
		*name = name_at(p, now);
		break;
	case PROBE_VALUE:
		break;
	}
	return now;
}

bool run_holds(uint64_t a, enum ffs_op op, uint64_t b)
{
	switch (op) {
	case FFS_OP_EQ:
		return a == b;
	case FFS_OP_NE:
		return a != b;
	case FFS_OP_LT:
		return a < b;
	case FFS_OP_LE:
		return a <= b;
	case FFS_OP_GT:
		return a > b;
	case FFS_OP_GE:
		return a >= b;
	case FFS_OP_NONE:
	case FFS_OP_ASSIGN:
	case FFS_OP_COLON:
	case FFS_OP_COUNT:
		break;
	}
	return false;
}

/* `a` or `a|b` has this name? */
bool run_is_named(const struct ffs_value *v, const char *name)
{
	if (v->kind == FFS_V_ID)
		return !strcmp(v->text, name);
	for (unsigned int i = 0; v->kind == FFS_V_OR && i < v->count; i++)
		if (run_is_named(v->items[i].value, name))
			return true;
	return false;
}

static bool compare_one(struct run *r, const struct ffs_stmt *s,
			const struct ffs_arg *a)
{
	g_autofree char *why = NULL, *got = NULL;
	const struct ffs_value *want = a->value;
	struct mismatch *m;
	const char *name;
	uint64_t now, num;
	struct probe p;
	bool ok;

	if (!probe_of(r->board, a->key, &p))
		return run_fail(r, s, RUN_BAD_FILE, "%s", probes);
	now = measure(r, &p, &name, &why);
	if (why)
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (p.kind == PROBE_VALUE && !run_number(r, a->key, &now, &why))
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	if (want->kind == FFS_V_USE && name &&
	    board_param(r->board, want->text))
		want = board_param(r->board, want->text);
	if (name) {
		ok = run_is_named(want, name) == (a->op == FFS_OP_EQ);
		got = g_strdup(name);
	} else if (!run_number(r, want, &num, &why)) {
		return run_fail(r, s, RUN_BAD_FILE, "%s", why);
	} else {
		ok = run_holds(now, a->op, num);
		got = p.kind == PROBE_VERSION ?
		      g_strdup_printf("%u.%u", (unsigned int)(now >> 16),
				      (unsigned int)(now & 0xffff)) :
		      g_strdup_printf("%" G_GUINT64_FORMAT, now);
	}
	if (ok)
		return true;
	if (a->op == FFS_OP_EQ && run_edit_text(r, &a->value->loc, got))
		return true;
	m = mismatch_new(r, s);
	mismatch_line(m, "got", "%s", got);
	if (p.kind == PROBE_LEAKS || p.kind == PROBE_HANDLES)
		mismatch_leaks(m);
	return mismatch_end(m, RUN_FAIL);
}

bool run_check_stmt(struct run *r, const struct ffs_stmt *s)
{
	for (unsigned int i = 0; i < s->count; i++)
		if (!compare_one(r, s, &s->args[i]))
			return false;
	return true;
}

void run_probe_check(const struct board *b, const struct ffs_stmt *s,
		     struct ffs_diags *d)
{
	static const char *const words[] = { "leaks", "time", "hash" };

	for (unsigned int i = 0; i < s->count; i++) {
		const struct ffs_arg *a = &s->args[i];
		g_autofree char *legal = NULL, *hint = NULL;
		const char *near;
		struct probe p;

		if (!probe_of(b, a->key, &p)) {
			/* its part may be one that is wrong itself */
			if (b->partial && a->key->kind != FFS_V_ID)
				continue;
			near = a->key->kind == FFS_V_ID ?
				ffs_nearest(a->key->text, words,
					    G_N_ELEMENTS(words)) : NULL;
			hint = g_strdup_printf("%s%s%s%s",
				near ? "did you mean `" : "",
				near ? near : "", near ? "`? " : "", probes);
			ffs_error(d, &a->key->loc, hint,
				  "nothing that can be checked");
			continue;
		}
		if (!name_at(&p, 0) || a->value->kind != FFS_V_ID ||
		    knows(&p, a->value->text))
			continue;
		legal = legal_names(&p);
		ffs_error(d, &a->value->loc, legal, "no state `%s`",
			  a->value->text);
	}
}
