/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor: its tables, and how a call goes in and an answer out. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hyp_impl.h"

/* -- tables ------------------------------------------------------------------ */

/*
 * A row for each function that a VM gets an answer to; all others are
 * NOT_SUPPORTED, and FFA_FEATURES says the same. `relays`: it needs the
 * SPMC's, so FFA_FEATURES asks the SPMC too.
 */
struct row {
	hyp_handler *handler;
	bool relays;
};

static const struct row rows[FFA_FN_COUNT] = {
	[FFA_FN_ERROR] = { hyp_do_error, false },
	[FFA_FN_VERSION] = { hyp_do_version, false },
	[FFA_FN_FEATURES] = { hyp_do_features, false },
	[FFA_FN_ID_GET] = { hyp_do_id_get, false },
	[FFA_FN_SPM_ID_GET] = { hyp_do_pass, true },
	[FFA_FN_RXTX_MAP_32] = { hyp_do_rxtx_map, true },
	[FFA_FN_RXTX_MAP_64] = { hyp_do_rxtx_map, true },
	[FFA_FN_RXTX_UNMAP] = { hyp_do_rxtx_unmap, false },
	[FFA_FN_RX_RELEASE] = { hyp_do_rx_release, false },
	[FFA_FN_PARTITION_INFO_GET] = { hyp_do_info, false },
	[FFA_FN_PARTITION_INFO_GET_REGS] = { hyp_do_info_regs, false },
	[FFA_FN_MSG_SEND_DIRECT_REQ_32] = { hyp_do_request, true },
	[FFA_FN_MSG_SEND_DIRECT_REQ_64] = { hyp_do_request, true },
	[FFA_FN_MSG_SEND_DIRECT_REQ2] = { hyp_do_request, true },
	[FFA_FN_MSG_SEND_DIRECT_RESP_32] = { hyp_do_response, false },
	[FFA_FN_MSG_SEND_DIRECT_RESP_64] = { hyp_do_response, false },
	[FFA_FN_MSG_SEND_DIRECT_RESP2] = { hyp_do_response, false },
	[FFA_FN_RUN] = { hyp_do_run, true },
	[FFA_FN_RUN_64] = { hyp_do_run, true },
	[FFA_FN_YIELD] = { hyp_do_yield, false },
	[FFA_FN_YIELD_64] = { hyp_do_yield, false },
	[FFA_FN_MSG_WAIT] = { hyp_do_wait, false },
	[FFA_FN_MSG_POLL] = { hyp_do_poll, false },
	[FFA_FN_MSG_SEND] = { hyp_do_send, false },
	[FFA_FN_MSG_SEND2] = { hyp_do_send2, false },
	[FFA_FN_CONSOLE_LOG_32] = { hyp_do_console_log, false },
	[FFA_FN_CONSOLE_LOG_64] = { hyp_do_console_log, false },
	[FFA_FN_NOTIFICATION_BIND] = { hyp_do_notif_bind, false },
	[FFA_FN_NOTIFICATION_UNBIND] = { hyp_do_notif_unbind, false },
	[FFA_FN_NOTIFICATION_SET] = { hyp_do_notif_set, false },
	[FFA_FN_NOTIFICATION_GET] = { hyp_do_notif_get, false },
	[FFA_FN_NOTIFICATION_INFO_GET_32] = { hyp_do_notif_info, false },
	[FFA_FN_NOTIFICATION_INFO_GET_64] = { hyp_do_notif_info, false },
	[FFA_FN_MEM_DONATE_32] = { hyp_do_mem_send, false },
	[FFA_FN_MEM_DONATE_64] = { hyp_do_mem_send, false },
	[FFA_FN_MEM_LEND_32] = { hyp_do_mem_send, false },
	[FFA_FN_MEM_LEND_64] = { hyp_do_mem_send, false },
	[FFA_FN_MEM_SHARE_32] = { hyp_do_mem_send, false },
	[FFA_FN_MEM_SHARE_64] = { hyp_do_mem_send, false },
	[FFA_FN_MEM_FRAG_TX] = { hyp_do_frag_tx, false },
	[FFA_FN_MEM_RETRIEVE_REQ_32] = { hyp_do_retrieve, false },
	[FFA_FN_MEM_RETRIEVE_REQ_64] = { hyp_do_retrieve, false },
	[FFA_FN_MEM_FRAG_RX] = { hyp_do_frag_rx, false },
	[FFA_FN_MEM_RELINQUISH] = { hyp_do_relinquish, false },
	[FFA_FN_MEM_RECLAIM] = { hyp_do_reclaim, false },
	[FFA_FN_NS_RES_INFO_GET] = { hyp_do_resources, true },
};

/* What a CPU does with the SPMC's answer. */
static hyp_step_fn *const steps[STEP_COUNT] = {
	[STEP_START_VERSION] = hyp_start_version,
	[STEP_START_MAP] = hyp_start_map,
	[STEP_PASS] = hyp_pass,
	[STEP_FEATURES] = hyp_got_features,
	[STEP_MAP] = hyp_got_map,
	[STEP_UNMAP] = hyp_got_unmap,
	[STEP_RELEASE] = hyp_got_release,
	[STEP_MESSAGE] = hyp_got_message,
	[STEP_WAIT] = hyp_may_wait,
	[STEP_INFO_ACQUIRE] = hyp_info_acquired,
	[STEP_INFO_GET] = hyp_info_got,
	[STEP_RESOURCES] = hyp_got_resources,
	[STEP_INFO_FREE] = hyp_info_freed,
	[STEP_INFO_UNDO] = hyp_info_undone,
	[STEP_SEND_ACQUIRE] = hyp_send_acquired,
	[STEP_SEND2_ACQUIRE] = hyp_send2_acquired,
	[STEP_NOTIF_GET] = hyp_got_notif,
	[STEP_NOTIF_INFO] = hyp_got_info,
	[STEP_NOTIF_SRI] = hyp_got_sri,
	[STEP_MEM_SEND] = hyp_mem_sent,
	[STEP_MEM_ABORT] = hyp_mem_aborted,
	[STEP_RETRIEVE_ACQUIRE] = hyp_retrieve_acquired,
	[STEP_RECLAIM_RETRIEVE] = hyp_reclaim_read,
	[STEP_RECLAIM_READ] = hyp_reclaim_read,
	[STEP_RECLAIM_FREE] = hyp_reclaim_freed,
	[STEP_RECLAIM] = hyp_reclaimed,
	[STEP_LIFE_INFO] = hyp_life_info,
	[STEP_LIFE_FREE] = hyp_life_freed,
	[STEP_LIFE_UNMAP] = hyp_life_unmapped,
	[STEP_LIFE_TELL] = hyp_life_told,
	[STEP_LIFE_BITMAP] = hyp_life_bitmap,
	[STEP_LIFE_DRAIN] = hyp_life_drained,
	[STEP_LIFE_NO_BITMAP] = hyp_life_no_bitmap,
	[STEP_LIFE_ABORT] = hyp_life_aborted,
	[STEP_LIFE_RECLAIM] = hyp_life_reclaimed,
};

const char *hyp_relays(enum ffa_fn fn)
{
	if (fn >= FFA_FN_COUNT || !rows[fn].handler)
		return NULL;
	return rows[fn].relays ? "relays" : "answers";
}

/* -- the value --------------------------------------------------------------- */

static const char *check_vm(const struct hyp_config *cfg, unsigned int n)
{
	const struct hyp_vm_config *v = &cfg->vms[n];

	if (!v->id || v->id & FFA_ID_SECURE)
		return "a VM's id is 0x0001 to 0x7fff";
	if (!v->vcpus || v->vcpus > HYP_MAX_CPUS)
		return "a VM has 1 to 32 vCPUs";
	if (v->version < FFA_V1_0 || v->version > FFA_V1_3)
		return "a VM's version is 1.0 to 1.3";
	if (v->uuid_count > HYP_MAX_UUIDS)
		return "a VM has at most 8 UUIDs";
	for (unsigned int i = 0; i < n; i++)
		if (cfg->vms[i].id == v->id)
			return "two VMs have the same id";
	return NULL;
}

const char *hyp_check(const struct hyp_config *cfg)
{
	const char *why = NULL;

	if (cfg->size != sizeof(*cfg))
		return "the configuration has another size than this library's";
	if (cfg->version < FFA_V1_0 || cfg->version > FFA_V1_3)
		return "the hypervisor's version is 1.0 to 1.3";
	if (!cfg->cpus || cfg->cpus > HYP_MAX_CPUS)
		return "there are 1 to 32 CPUs";
	if (cfg->vm_count > HYP_MAX_VMS)
		return "there are at most 63 VMs";
	if (cfg->tx % FFA_PAGE_SIZE || cfg->rx % FFA_PAGE_SIZE ||
	    cfg->tx == cfg->rx)
		return "the hypervisor's buffers are two pages";
	for (unsigned int i = 0; i < cfg->vm_count && !why; i++)
		why = check_vm(cfg, i);
	return why;
}

static void *copy(const void *from, size_t n, size_t size)
{
	void *to;

	if (!from)
		return NULL;
	to = calloc(n + 1, size);	/* never of no size */
	if (!to)
		abort();
	memcpy(to, from, n * size);
	return to;
}

static void new_vm(struct vm *v, const struct hyp_vm_config *cfg,
		   uint32_t version, struct vcpu *vcpus)
{
	v->cfg = *cfg;
	v->cfg.uuids = copy(cfg->uuids, cfg->uuid_count, sizeof(*cfg->uuids));
	v->cfg.regions = copy(cfg->regions, cfg->region_count,
			      sizeof(*cfg->regions));
	v->cfg.peers = copy(cfg->peers, cfg->peer_count, sizeof(*cfg->peers));
	v->version = cfg->version < version ? cfg->version : version;
	v->vcpus = vcpus;
	for (unsigned int i = 0; i < cfg->vcpus; i++)
		v->vcpus[i].client = NOBODY;
}

/* One block, so that a snapshot is one copy. */
struct hyp *hyp_new(const struct hyp_config *cfg)
{
	size_t size = sizeof(struct hyp);
	struct vcpu *vcpus;
	struct hyp *h;

	assert(!hyp_check(cfg));
	for (unsigned int i = 0; i < cfg->vm_count; i++)
		size += cfg->vms[i].vcpus * sizeof(struct vcpu);
	h = calloc(1, size);
	if (!h)
		abort();
	h->size = size;
	h->cfg = *cfg;
	h->cfg.vms = NULL;
	h->version = cfg->version;
	h->reader = NOBODY;
	vcpus = (struct vcpu *)(h + 1);
	for (unsigned int i = 0; i < cfg->vm_count; i++) {
		new_vm(&h->vms[i], &cfg->vms[i], cfg->version, vcpus);
		vcpus += cfg->vms[i].vcpus;
	}
	for (unsigned int i = 0; i < HYP_MAX_CPUS; i++)
		h->cpus[i].last = NOBODY;
	return h;
}

size_t hyp_size(const struct hyp *h)
{
	return h->size;
}

void hyp_save(const struct hyp *h, void *to)
{
	memcpy(to, h, h->size);
}

/* Its pointers are into itself, and to what never changes. */
void hyp_load(struct hyp *h, const void *from)
{
	memcpy(h, from, h->size);
}

void hyp_free(struct hyp *h)
{
	for (unsigned int i = 0; h && i < h->cfg.vm_count; i++) {
		struct hyp_vm_config *v = &h->vms[i].cfg;

		free((void *)v->uuids);
		free((void *)v->regions);
		free((void *)v->peers);
	}
	free(h);
}

/* -- small questions --------------------------------------------------------- */

int hyp_find(const struct hyp *h, uint16_t id)
{
	for (unsigned int i = 0; i < h->cfg.vm_count; i++)
		if (h->vms[i].cfg.id == id && h->vms[i].life == HYP_RUNNING)
			return (int)i;
	return -1;
}

bool hyp_may_talk(const struct vm *v, uint16_t id)
{
	for (unsigned int i = 0; i < v->cfg.peer_count; i++)
		if (v->cfg.peers[i] == id)
			return true;
	return !v->cfg.peers;
}

bool hyp_is_error(const struct ffa_value *res)
{
	return ffa_fn_find(res->x[0]) != FFA_FN_SUCCESS &&
	       ffa_fn_find(res->x[0]) != FFA_FN_SUCCESS_64;
}

/* -- answers ----------------------------------------------------------------- */

struct ffa_value hyp_regs(enum ffa_fn fn, const struct ffa_value *val)
{
	struct ffa_value r = { { ffa_fns[fn].fid } };
	bool wide = ffa_is_64(ffa_fns[fn].fid);

	for (unsigned int i = 1; i < ffa_fns[fn].regs; i++)
		r.x[i] = wide ? val->x[i] : w(val, i);
	return r;
}

/* x0-x7, or all; the others are as the vCPU left them. */
static void show_regs(struct hyp *h, unsigned int cpu, unsigned int vm,
		      unsigned int vcpu, const struct ffa_value *regs,
		      unsigned int count, struct hyp_action *act)
{
	struct vcpu *to = &h->vms[vm].vcpus[vcpu];
	struct hyp_cpu *here = &h->cpus[cpu];

	here->step = STEP_NONE;
	here->last = (uint16_t)vm;
	here->last_vcpu = (uint16_t)vcpu;
	to->state = VCPU_READY;
	to->woken = false;
	to->cpu = (uint16_t)cpu;
	*act = (struct hyp_action){
		.what = HYP_VM, .vm = vm, .vcpu = vcpu, .regs = to->regs,
	};
	memcpy(act->regs.x, regs->x, count * sizeof(regs->x[0]));
}

void hyp_show(struct hyp *h, unsigned int cpu, unsigned int vm,
	      unsigned int vcpu, enum ffa_fn fn, const struct ffa_value *val,
	      struct hyp_action *act)
{
	struct ffa_value regs = hyp_regs(fn, val);

	show_regs(h, cpu, vm, vcpu, &regs, ffa_fns[fn].regs, act);
}

void hyp_wake(struct hyp *h, unsigned int vm, unsigned int vcpu,
	      enum ffa_fn fn, const struct ffa_value *val)
{
	struct vcpu *to = &h->vms[vm].vcpus[vcpu];
	struct ffa_value regs = hyp_regs(fn, val);

	memcpy(to->regs.x, regs.x, ffa_fns[fn].regs * sizeof(regs.x[0]));
	to->state = VCPU_WAITING;
	to->woken = true;
}

void hyp_succeed(struct hcall *c, const struct ffa_value *val)
{
	struct ffa_value regs;
	enum ffa_fn fn = FFA_FN_SUCCESS;
	unsigned int count = 8;

	if (ffa_fns[c->fn].succ == FFA_SUCC_X18)
		count = FFA_REGS;
	if (ffa_fns[c->fn].succ == FFA_SUCC_X18 ||
	    ffa_fns[c->fn].succ == FFA_SUCC_X)
		fn = FFA_FN_SUCCESS_64;
	regs = hyp_regs(fn, val);
	show_regs(c->h, c->cpu, c->vm, c->vcpu, &regs, count, c->act);
}

void hyp_bare(struct hcall *c, uint32_t w0)
{
	const struct ffa_value regs = { { w0 } };

	show_regs(c->h, c->cpu, c->vm, c->vcpu, &regs, 8, c->act);
}

void hyp_refuse(struct hcall *c, enum hyp_rule rule)
{
	int error = hyp_rules[rule].error;
	const struct ffa_value unknown = { {
		ffa_is_64((uint32_t)c->in.x[0]) ? UINT64_MAX : UINT32_MAX,
	} };

	if (!error)		/* SMCCC: unknown function */
		show_regs(c->h, c->cpu, c->vm, c->vcpu, &unknown, 8, c->act);
	else if (c->fn != FFA_FN_UNKNOWN &&
		 ffa_fns[c->fn].succ == FFA_SUCC_BARE)
		hyp_bare(c, (uint32_t)error);
	else
		hyp_show(c->h, c->cpu, c->vm, c->vcpu, FFA_FN_ERROR,
			 &(struct ffa_value){ .x[2] = (uint32_t)error },
			 c->act);
	c->act->rule = rule;
}

void hyp_pass(struct hcall *c, const struct ffa_value *res)
{
	enum ffa_fn fn = ffa_fn_find(res->x[0]);
	unsigned int count = 8;

	if (fn != FFA_FN_UNKNOWN && fn != FFA_FN_SUCCESS_64)
		count = ffa_fns[fn].regs;
	if (fn == FFA_FN_SUCCESS_64 && ffa_fns[c->fn].succ == FFA_SUCC_X18)
		count = FFA_REGS;
	show_regs(c->h, c->cpu, c->vm, c->vcpu, res, count, c->act);
	c->act->relayed = true;
}

void hyp_ask(struct hcall *c, enum hyp_step step, const struct ffa_value *regs)
{
	struct hyp_cpu *here = &c->h->cpus[c->cpu];

	here->step = step;
	here->vm = (uint16_t)c->vm;
	here->vcpu = (uint16_t)c->vcpu;
	here->in = c->in;
	here->fn = c->fn;
	if (c->vcpu != NOBODY) {
		struct vcpu *v = &caller(c)->vcpus[c->vcpu];

		v->state = VCPU_RELAYED;
		v->cpu = (uint16_t)c->cpu;
	}
	*c->act = (struct hyp_action){ .what = HYP_SPMC, .regs = *regs };
}

struct hcall hyp_own(struct hyp *h, unsigned int cpu, struct hyp_action *act)
{
	*act = (struct hyp_action){ .what = HYP_IDLE };
	return (struct hcall){
		.h = h, .cpu = cpu, .vm = NOBODY, .vcpu = NOBODY,
		.fn = FFA_FN_UNKNOWN, .act = act,
	};
}

/* -- events ------------------------------------------------------------------ */

enum hyp_rule hyp_gate(const struct vm *v, enum ffa_fn fn)
{
	const struct ffa_fn_info *f = &ffa_fns[fn];
	unsigned int minor = ffa_since(v->version);

	if (!(f->inst & FFA_INST_NS_VIRT))
		return RULE_HYP_GATE_INSTANCE;
	if (f->since > minor || (f->until && f->until < minor))
		return RULE_HYP_GATE_VERSION;
	if (!rows[fn].handler)
		return RULE_HYP_GATE_NOT_RELAYED;
	return HYP_RULE_NONE;
}

/* As the SPMC tells FF-A's function ids from others (SMCCC). */
static bool is_ffa(uint32_t fid)
{
	uint32_t number = fid & 0xffff;

	return (fid & 0xbf000000u) == 0x84000000u && !(fid & 0x00ff0000u) &&
	       number >= 0x60 && number <= 0xef;
}

static enum hyp_rule gate(const struct hcall *c)
{
	uint32_t fid = (uint32_t)c->in.x[0] & ~0x10000u;

	if (!is_ffa(fid))
		return RULE_HYP_GATE_NOT_FFA;
	if (ffa_is_64(fid) && caller(c)->cfg.aarch32)
		return RULE_HYP_GATE_AARCH32_SMC64;
	if (c->fn == FFA_FN_UNKNOWN)
		return RULE_HYP_GATE_UNKNOWN;
	return hyp_gate(caller(c), c->fn);
}

bool hyp_can_run(const struct hyp *h, unsigned int cpu, unsigned int vm,
		 const char **why)
{
	const struct vm *v = &h->vms[vm];
	const struct vcpu *p;
	unsigned int vcpu;

	*why = NULL;
	if (!h->working)
		*why = "the hypervisor does not run";
	else if (hyp_busy(h, cpu))
		*why = "the CPU is in the secure world";
	else if (v->life != HYP_RUNNING)
		*why = "the VM does not exist";
	else if (!hyp_vcpu(h, cpu, vm, &vcpu))
		*why = "the VM has no vCPU for this CPU";
	if (*why)
		return false;
	p = &v->vcpus[vcpu];
	if (p->state == VCPU_RELAYED)
		*why = "the VM's vCPU is in a call that the SPMC has";
	else if (p->state == VCPU_BLOCKED)
		*why = "the VM's vCPU waits for another VM's response";
	else if (p->state == VCPU_WAITING)
		*why = "the VM's vCPU waits for a message";
	else if (p->client != NOBODY && p->cpu != cpu)
		*why = "the VM's vCPU serves a request on another CPU";
	return !*why;
}

void hyp_call(struct hyp *h, unsigned int cpu, unsigned int vm,
	      const struct ffa_value *in, struct hyp_action *act)
{
	struct hcall c = {
		.h = h, .cpu = cpu, .vm = vm, .fn = ffa_fn_find(in->x[0]),
		.in = *in, .act = act,
	};
	const char *why;
	enum hyp_rule rule;

	assert(hyp_can_run(h, cpu, vm, &why));
	hyp_vcpu(h, cpu, vm, &c.vcpu);
	caller(&c)->vcpus[c.vcpu].regs = *in;
	*act = (struct hyp_action){ .what = HYP_IDLE };
	rule = gate(&c);
	if (rule) {
		hyp_refuse(&c, rule);
		return;
	}
	for (unsigned int i = 1; i < FFA_REGS; i++) {
		if (i >= ffa_fns[c.fn].regs)
			c.in.x[i] = 0;
		else if (!ffa_is_64(ffa_fns[c.fn].fid))
			c.in.x[i] = w(&c.in, i);
	}
	h->cpus[cpu].last = NOBODY;
	rows[c.fn].handler(&c);
	/* what was refused here does not count; what the SPMC was asked does */
	if (c.fn != FFA_FN_VERSION && !act->rule)
		caller(&c)->ver = VER_LOCKED;
}

void hyp_result(struct hyp *h, unsigned int cpu, const struct ffa_value *res,
		struct hyp_action *act)
{
	struct hyp_cpu *here = &h->cpus[cpu];
	const struct hcall was = {
		.h = h, .cpu = cpu, .vm = here->vm, .vcpu = here->vcpu,
		.fn = here->fn, .in = here->in, .act = act,
	};
	struct hcall c = was;
	const struct ffa_value seen = *res;	/* may be in *act */
	enum hyp_step step = (enum hyp_step)here->step;

	assert(step != STEP_NONE);
	here->step = STEP_NONE;
	*act = (struct hyp_action){ .what = HYP_IDLE };
	steps[step](&c, &seen);
}

bool hyp_resume(struct hyp *h, unsigned int cpu, unsigned int vm,
		struct hyp_action *act)
{
	unsigned int vcpu;
	struct vcpu *v;

	if (!h->working || hyp_busy(h, cpu) ||
	    h->vms[vm].life != HYP_RUNNING || !hyp_vcpu(h, cpu, vm, &vcpu))
		return false;
	v = &h->vms[vm].vcpus[vcpu];
	if (v->state != VCPU_WAITING || !v->woken)
		return false;
	show_regs(h, cpu, vm, vcpu, &v->regs, FFA_REGS, act);
	return true;
}
