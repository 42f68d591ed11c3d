/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ready-made hypervisor of `part hyp kind=hyp run=hypervisor`, and the VMs
 * behind it: who of them has control, and what its calls lead to.
 */
#include <string.h>

#include "board_priv.h"
#include "conduit/hyp.h"
#include "rules.h"
#include "run_lit.h"
#include "run_priv.h"

/* Where the hypervisor's buffers are, unless its arguments say. */
enum { TX = (int)0xffffe000, RX = (int)0xfffff000 };

bool run_board_hyp(const struct board *b)
{
	return b->parts[0].run && !strcmp(b->parts[0].run, "hypervisor");
}

/* VMs are counted in the order of the board. */
static unsigned int endpoint_of(const struct run *r, unsigned int vm)
{
	unsigned int ep = 1;

	for (;; ep++)
		if (r->board->endpoints[ep].kind == SPMC_VM && !vm--)
			return ep;
}

static unsigned int vm_of(const struct run *r, unsigned int endpoint)
{
	unsigned int vm = 0;

	for (unsigned int i = 0; i < endpoint; i++)
		vm += r->board->endpoints[i].kind == SPMC_VM;
	return vm;
}

bool run_is_vm(const struct run *r, unsigned int endpoint)
{
	return r->hyp && r->board->endpoints[endpoint].kind == SPMC_VM;
}

/* -- from the board ---------------------------------------------------------- */

static void *map_pages(void *ctx, uint64_t pa, size_t len)
{
	return machine_map(ctx, pa, len, false);
}

static GArray *regions_of(const struct board *b, uint16_t id)
{
	GArray *to = g_array_new(FALSE, FALSE, sizeof(struct hyp_region));

	for (unsigned int i = 0; i < b->config.region_count; i++) {
		const struct spmc_region *g = &b->config.regions[i];
		struct hyp_region mine = { g->base, g->pages };

		if (g->owner == id && !g->attrs)
			g_array_append_val(to, mine);
	}
	return to;
}

/* talks=sp1,vm2; NULL: the part does not say. */
static GArray *peers_of(const struct board *b, const struct board_part *p)
{
	const struct ffs_value *v = board_key(b, p->stmt, "talks");
	GArray *to;

	if (!v)
		return NULL;
	to = g_array_new(FALSE, FALSE, sizeof(uint16_t));
	for (unsigned int i = 0; i < (v->kind == FFS_V_LIST ? v->count : 1);
	     i++) {
		const struct ffs_value *one = v->kind == FFS_V_LIST ?
					      v->items[i].value : v;
		const struct board_part *peer = one->kind == FFS_V_ID ?
			board_part(b, one->text) : NULL;

		if (peer)
			g_array_append_val(to, peer->id);
	}
	return to;
}

static bool address(const char *text, uint64_t *num)
{
	char *end;

	*num = g_ascii_strtoull(text, &end, 0);
	return *text && !*end;
}

/* run="hypervisor:tx=ADDRESS,rx=ADDRESS" */
static char *read_args(const char *text, struct hyp_config *cfg)
{
	g_auto(GStrv) parts = g_strsplit(text ? text : "", ",", -1);

	for (unsigned int i = 0; parts[i]; i++) {
		bool tx = g_str_has_prefix(parts[i], "tx=");

		if (!*parts[i])
			continue;
		if ((!tx && !g_str_has_prefix(parts[i], "rx=")) ||
		    !address(parts[i] + 3, tx ? &cfg->tx : &cfg->rx))
			return g_strdup_printf("`%s`: run=\"hypervisor:tx="
				"ADDRESS,rx=ADDRESS\" takes no other "
				"arguments", parts[i]);
	}
	return NULL;
}

static unsigned int view(void *ctx, unsigned int endpoint, uint64_t pa)
{
	return run_access(ctx, endpoint, pa);
}

static char *new_hyp(struct run *r, const struct hyp_vm_config *vms,
		     unsigned int count)
{
	const struct board *b = r->board;
	struct hyp_config cfg = {
		.size = sizeof(cfg), .version = b->endpoints[0].version,
		.cpus = b->config.cpus, .tx = (uint32_t)TX,
		.rx = (uint32_t)RX, .npi = b->config.npi,
		.sri = b->config.sri, .vm_count = count, .vms = vms,
		.map = map_pages, .ctx = r->machine,
	};
	char *why = read_args(b->parts[0].run_args, &cfg);

	if (!why)
		why = g_strdup(hyp_check(&cfg));
	if (!why) {
		r->hyp = hyp_new(&cfg);
		machine_set_view(r->machine, view, r);
	}
	return why;
}

char *run_hyp_init(struct run *r)
{
	const struct board *b = r->board;
	g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(
		(GDestroyNotify)g_array_unref);
	struct hyp_vm_config vms[SPMC_MAX_ENDPOINTS];
	unsigned int n = 0;

	if (!run_board_hyp(b))
		return NULL;
	for (unsigned int i = 0; i < b->config.endpoint_count; i++) {
		const struct spmc_endpoint_config *e = &b->endpoints[i];
		GArray *regions, *peers;

		if (e->kind != SPMC_VM)
			continue;
		regions = regions_of(b, e->id);
		peers = peers_of(b, &b->parts[i]);
		g_ptr_array_add(kept, regions);
		if (peers)
			g_ptr_array_add(kept, peers);
		vms[n++] = (struct hyp_vm_config){
			.id = e->id, .vcpus = e->ec_count,
			.version = e->version, .props = e->props,
			.aarch32 = e->aarch32, .uuids = e->uuids,
			.uuid_count = e->uuid_count,
			.regions = (const struct hyp_region *)regions->data,
			.region_count = regions->len,
			.peers = peers ? (const uint16_t *)peers->data : NULL,
			.peer_count = peers ? peers->len : 0,
		};
	}
	return new_hyp(r, vms, n);
}

/* -- who has control --------------------------------------------------------- */

void run_hyp_control(const struct run *r, unsigned int cpu,
		     unsigned int *endpoint, unsigned int *ec)
{
	unsigned int vm, vcpu;

	if (!hyp_current(r->hyp, cpu, &vm, &vcpu))
		return;
	*endpoint = endpoint_of(r, vm);
	*ec = vcpu;
}

bool run_hyp_behind(const struct run *r, unsigned int cpu,
		    unsigned int *endpoint, unsigned int *ec)
{
	unsigned int vm;

	if (!r->hyp || !hyp_behind(r->hyp, cpu, &vm, ec))
		return false;
	*endpoint = endpoint_of(r, vm);
	return true;
}

bool run_hyp_client(const struct run *r, unsigned int endpoint,
		    unsigned int ec, unsigned int *client,
		    unsigned int *client_ec)
{
	unsigned int vm;

	if (!run_is_vm(r, endpoint) ||
	    !hyp_client(r->hyp, vm_of(r, endpoint), ec, &vm, client_ec))
		return false;
	*client = endpoint_of(r, vm);
	return true;
}

static bool cannot_run(struct run *r, const struct ffs_stmt *s,
		       const char *why)
{
	struct mismatch *m = mismatch_new(r, s);

	mismatch_line(m, "expected", "%s to run on CPU %u", s->actor, s->cpu);
	mismatch_line(m, "got", "%s", why);
	mismatch_unseen(m, s->cpu);
	mismatch_graph(m);
	return mismatch_end(m, RUN_FAIL);
}

/* What came for it while it waited. */
static void wake(struct run *r, unsigned int cpu, unsigned int vm,
		 struct run_seat *seat)
{
	struct hyp_action act;

	if (seat->unseen || !hyp_resume(r->hyp, cpu, vm, &act))
		return;
	seat->regs = act.regs;
	seat->why = (struct spmc_outcome){ .rule = 0 };
	seat->unseen = true;
}

struct run_seat *run_hyp_actor(struct run *r, const struct ffs_stmt *s,
			       unsigned int endpoint, unsigned int *ec)
{
	unsigned int vm = vm_of(r, endpoint), ep, other;
	struct run_seat *seat;
	const char *why;

	if (s->cpu >= r->board->config.cpus ||
	    !spmc_running(r->spmc, s->cpu, &ep, &other)) {
		cannot_run(r, s, "the CPU does not run");
		return NULL;
	}
	if (!hyp_vcpu(r->hyp, s->cpu, vm, ec)) {
		cannot_run(r, s, "the VM has no vCPU for this CPU");
		return NULL;
	}
	seat = run_seat(r, endpoint, *ec);
	if (s->kind == FFS_S_RESUME)
		wake(r, s->cpu, vm, seat);
	if (hyp_can_run(r->hyp, s->cpu, vm, &why))
		return seat;
	cannot_run(r, s, why);
	return NULL;
}

/* -- steps ------------------------------------------------------------------- */

static void shows(struct run *r, unsigned int cpu,
		  const struct hyp_action *act)
{
	unsigned int ep = endpoint_of(r, act->vm);
	struct run_seat *seat = run_seat(r, ep, act->vcpu);

	if (act->rule) {
		r->out.rule = RULES_HYP + act->rule;
		r->result->cover.spmc.relayed[act->rule]++;
	} else if (act->relayed) {
		/* the last call of its relaying that was refused */
		r->out = r->hyp_why[cpu];
	} else {
		r->out.rule = 0;
	}
	r->out.regs = act->regs;
	r->out.endpoint = ep;
	r->out.ec = act->vcpu;
	run_tape_sees(r, cpu, &r->out);
	calls_note(&r->result->cover.calls, ffa_fn_find(act->regs.x[0]), 0,
		   CALLS_VM, hyp_version(r->hyp, act->vm), CALLS_SEEN);
	if (seat->fn == FFA_FN_PARTITION_INFO_GET &&
	    ffa_fn_find(act->regs.x[0]) == FFA_FN_SUCCESS) {
		r->info[ep].count = act->regs.x[2];
		r->info[ep].size = act->regs.x[3];
	}
	run_lit_arrived(r, &r->out);
}

/* Makes the SPMC calls of an action until control is with somebody else. */
static enum machine_end play(struct run *r, unsigned int cpu,
			     struct hyp_action *act)
{
	while (act->what == HYP_SPMC) {
		enum machine_end end = machine_call(r->machine, cpu,
						    &act->regs, &r->out);

		if (end != MACHINE_PLAYED || r->out.endpoint)
			return end;
		if (r->out.rule)
			r->hyp_why[cpu] = r->out;
		hyp_result(r->hyp, cpu, &r->out.regs, act);
	}
	if (act->what == HYP_VM) {
		shows(r, cpu, act);
	} else {
		r->out.endpoint = 0;
		r->out.ec = cpu;
		r->out.rule = 0;
	}
	return MACHINE_PLAYED;
}

/* The SPMC's SRI is for the hypervisor, once it has that CPU. */
static void take_sri(struct run *r, unsigned int cpu)
{
	const struct spmc_outcome was = r->out;
	const struct spmc_outcome why = r->hyp_why[cpu];
	struct hyp_action act;
	unsigned int ep, ec;

	if (hyp_busy(r->hyp, cpu) || hyp_failure(r->hyp) ||
	    !spmc_running(r->spmc, cpu, &ep, &ec) || ep ||
	    !spmc_take_irq(r->spmc, 0, cpu, r->board->config.sri))
		return;
	hyp_sri(r->hyp, cpu, &act);
	play(r, cpu, &act);
	r->out = was;
	r->hyp_why[cpu] = why;
}

enum machine_end run_hyp_arrive(struct run *r, unsigned int cpu,
				enum machine_end end)
{
	struct hyp_action act;

	if (end == MACHINE_PLAYED && !r->out.endpoint &&
	    hyp_busy(r->hyp, cpu)) {
		if (r->out.rule)
			r->hyp_why[cpu] = r->out;
		hyp_result(r->hyp, cpu, &r->out.regs, &act);
		end = play(r, cpu, &act);
	}
	if (end == MACHINE_PLAYED)
		take_sri(r, cpu);
	return end;
}

enum machine_end run_hyp_call(struct run *r, unsigned int cpu,
			      unsigned int endpoint,
			      const struct ffa_value *regs)
{
	unsigned int vm = vm_of(r, endpoint);
	struct hyp_action act;
	enum machine_end end;

	r->hyp_why[cpu] = (struct spmc_outcome){ .rule = 0 };
	hyp_call(r->hyp, cpu, vm, regs, &act);
	run_tape_call(r, cpu, endpoint, act.vcpu, regs);
	end = play(r, cpu, &act);
	if (act.logged) {
		r->out.logged = act.logged;
		machine_log(r->machine, endpoint, act.vcpu, regs, &r->out);
	}
	if (end == MACHINE_PLAYED)
		calls_note(&r->result->cover.calls, ffa_fn_find(regs->x[0]),
			   (uint32_t)regs->x[1], CALLS_VM,
			   hyp_version(r->hyp, vm), calls_ended(r->out.rule));
	return end;
}

/* -- VMs come and go --------------------------------------------------------- */

bool run_hyp_life(struct run *r, const struct ffs_stmt *s,
		  unsigned int endpoint)
{
	bool create = s->verb == FFS_VERB_CREATE;
	unsigned int vm = vm_of(r, endpoint), ep, ec;
	struct hyp_action act;
	const char *why = NULL;

	if (s->cpu >= r->board->config.cpus ||
	    !spmc_running(r->spmc, s->cpu, &ep, &ec))
		why = "the CPU does not run";
	else if (create)
		hyp_create(r->hyp, s->cpu, vm, &act, &why);
	else
		hyp_destroy(r->hyp, s->cpu, vm, &act, &why);
	if (why)
		return run_fail(r, s, RUN_FAIL, "%s cannot be %s: %s",
				s->actor, create ? "created" : "destroyed",
				why);
	for (ec = 0; ec < r->board->endpoints[endpoint].ec_count; ec++) {
		struct run_seat *seat = run_seat(r, endpoint, ec);

		g_free(seat->call);
		*seat = (struct run_seat){ .fn = FFA_FN_UNKNOWN };
	}
	return run_arrive(r, s, s->cpu, play(r, s->cpu, &act));
}

static bool says_create(const struct ffs_list *list, const char *name)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct ffs_stmt *s = list->v[i];

		if (says_create(&s->body, name) ||
		    (s->kind == FFS_S_VERB && s->verb == FFS_VERB_CREATE &&
		     !strcmp(s->actor, name)))
			return true;
	}
	return false;
}

/* A partition without code agrees to a VM that nobody has a line for. */
static enum machine_end agree(struct run *r, unsigned int cpu,
			      enum machine_end end)
{
	while (end == MACHINE_PLAYED && r->out.endpoint &&
	       r->board->endpoints[r->out.endpoint].kind >= SPMC_SP_EL1) {
		const struct ffa_value *msg = &r->out.regs;
		struct ffa_value resp = { {
			(uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32,
			msg->x[1] << 16 | msg->x[1] >> 16,
			msg->x[2] + 1,
		} };

		end = machine_call(r->machine, cpu, &resp, &r->out);
		if (end == MACHINE_PLAYED && r->out.rule)
			return MACHINE_STOPPED;
		end = run_hyp_arrive(r, cpu, end);
	}
	return end;
}

static bool no_start(struct run *r, const struct ffs_stmt *s, const char *why)
{
	struct mismatch *m = mismatch_new(r, s);

	mismatch_line(m, "because", "%s does not start: %s", run_name(r, 0),
		      why);
	mismatch_rule(m, &r->hyp_why[0]);
	mismatch_graph(m);
	return mismatch_end(m, RUN_FAIL);
}

bool run_hyp_start(struct run *r, const struct ffs_stmt *s)
{
	struct hyp_action act;
	const char *why;

	hyp_start(r->hyp, 0, &act);
	play(r, 0, &act);
	if (hyp_failure(r->hyp))
		return no_start(r, s, hyp_failure(r->hyp));
	for (unsigned int i = 1; i < r->board->config.endpoint_count; i++) {
		if (!run_is_vm(r, i) ||
		    says_create(&r->file->list, run_name(r, i)))
			continue;
		if (!hyp_create(r->hyp, 0, vm_of(r, i), &act, &why))
			return no_start(r, s, why);
		agree(r, 0, play(r, 0, &act));
		if (hyp_life(r->hyp, vm_of(r, i)) == HYP_RUNNING)
			continue;
		return no_start(r, s, "a partition, or the SPMC, does not "
				"agree to a VM: say when with `create`");
	}
	return true;
}

/* -- what can be checked ----------------------------------------------------- */

const char *run_hyp_state(const struct run *r, unsigned int endpoint)
{
	return hyp_life_name(hyp_life(r->hyp, vm_of(r, endpoint)));
}

uint32_t run_version(const struct run *r, unsigned int endpoint)
{
	return run_is_vm(r, endpoint) ?
	       hyp_version(r->hyp, vm_of(r, endpoint)) :
	       spmc_version_of(r->spmc, endpoint);
}

const char *run_hyp_vcpu_state(const struct run *r, unsigned int endpoint,
			       unsigned int ec)
{
	return hyp_vcpu_state(r->hyp, vm_of(r, endpoint), ec);
}

unsigned int run_pending(const struct run *r, unsigned int endpoint,
			 unsigned int ec, uint32_t ids[SPMC_MAX_PENDING])
{
	if (run_is_vm(r, endpoint))
		return hyp_pending(r->hyp, vm_of(r, endpoint), ec, ids);
	return spmc_pending(r->spmc, endpoint, ec, ids);
}

bool run_take_irq(struct run *r, unsigned int endpoint, unsigned int ec,
		  uint32_t intid)
{
	if (run_is_vm(r, endpoint))
		return hyp_take_irq(r->hyp, vm_of(r, endpoint), ec, intid);
	return spmc_take_irq(r->spmc, endpoint, ec, intid);
}

/* To a VM the hypervisor's stage 2 is what counts. */
unsigned int run_access(const struct run *r, unsigned int endpoint,
			uint64_t pa)
{
	unsigned int access;

	if (run_is_vm(r, endpoint) &&
	    hyp_access(r->hyp, vm_of(r, endpoint), pa, &access))
		return access;
	return spmc_access(r->spmc, endpoint, pa);
}

int run_owner(const struct run *r, uint64_t pa)
{
	int owner = spmc_owner(r->spmc, pa), vm;

	if (owner < 0 || !run_is_vm(r, (unsigned int)owner))
		return owner;
	vm = hyp_owner(r->hyp, pa);
	return vm < 0 ? owner : (int)endpoint_of(r, (unsigned int)vm);
}

const char *run_txn_state(const struct run *r, uint64_t handle)
{
	if (r->hyp && handle >> 63)
		return hyp_txn_state(r->hyp, handle);
	return spmc_machines[SPMC_M_TXN].states[
		spmc_txn_state(r->spmc, handle)].name;
}

unsigned int run_hyp_handles(const struct run *r)
{
	return r->hyp ? hyp_handles(r->hyp) : 0;
}

void *run_hyp_mark(const struct run *r)
{
	void *mark = r->hyp ? g_malloc(hyp_size(r->hyp)) : NULL;

	if (mark)
		hyp_save(r->hyp, mark);
	return mark;
}

void run_hyp_undo(struct run *r, const void *mark)
{
	if (mark)
		hyp_load(r->hyp, mark);
}

bool run_rxtx(const struct run *r, unsigned int endpoint, uint64_t *tx,
	      uint64_t *rx, unsigned int *pages)
{
	if (run_is_vm(r, endpoint))
		return hyp_rxtx(r->hyp, vm_of(r, endpoint), tx, rx, pages);
	return spmc_rxtx(r->spmc, endpoint, tx, rx, pages);
}
