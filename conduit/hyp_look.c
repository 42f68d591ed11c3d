/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor: looking in from outside. */
#include "hyp_impl.h"

const char *hyp_failure(const struct hyp *h)
{
	return h->failure;
}

bool hyp_busy(const struct hyp *h, unsigned int cpu)
{
	return h->cpus[cpu].step != STEP_NONE;
}

bool hyp_current(const struct hyp *h, unsigned int cpu, unsigned int *vm,
		 unsigned int *vcpu)
{
	const struct hyp_cpu *c = &h->cpus[cpu];

	if (hyp_busy(h, cpu) || c->last == NOBODY)
		return false;
	*vm = c->last;
	*vcpu = c->last_vcpu;
	return true;
}

bool hyp_behind(const struct hyp *h, unsigned int cpu, unsigned int *vm,
		unsigned int *vcpu)
{
	const struct hyp_cpu *c = &h->cpus[cpu];

	if (!hyp_busy(h, cpu) || c->vcpu == NOBODY)
		return false;
	*vm = c->vm;
	*vcpu = c->vcpu;
	return true;
}

bool hyp_client(const struct hyp *h, unsigned int vm, unsigned int vcpu,
		unsigned int *client, unsigned int *client_vcpu)
{
	const struct vcpu *v = &h->vms[vm].vcpus[vcpu];

	*client = v->client;
	*client_vcpu = v->client_vcpu;
	return v->client != NOBODY;
}

bool hyp_vcpu(const struct hyp *h, unsigned int cpu, unsigned int vm,
	      unsigned int *vcpu)
{
	unsigned int n = h->vms[vm].cfg.vcpus;

	*vcpu = n == 1 ? 0 : cpu;
	return *vcpu < n;
}

enum hyp_life hyp_life(const struct hyp *h, unsigned int vm)
{
	return (enum hyp_life)h->vms[vm].life;
}

const char *hyp_life_name(unsigned int life)
{
	static const char *const names[] = {
		[HYP_ABSENT] = "absent", [HYP_CREATING] = "creating",
		[HYP_RUNNING] = "running", [HYP_DESTROYING] = "destroying",
		[HYP_DESTROYED] = "destroyed",
	};

	return life < sizeof(names) / sizeof(names[0]) ? names[life] : NULL;
}

const char *hyp_vcpu_state_name(unsigned int state)
{
	static const char *const names[] = {
		[VCPU_READY] = "ready", [VCPU_RELAYED] = "relayed",
		[VCPU_BLOCKED] = "blocked", [VCPU_WAITING] = "waiting",
	};

	return state < VCPU_STATES ? names[state] : NULL;
}

const char *hyp_vcpu_state(const struct hyp *h, unsigned int vm,
			   unsigned int vcpu)
{
	return hyp_vcpu_state_name(h->vms[vm].vcpus[vcpu].state);
}

uint32_t hyp_version(const struct hyp *h, unsigned int vm)
{
	return h->vms[vm].version;
}

bool hyp_rxtx(const struct hyp *h, unsigned int vm, uint64_t *tx, uint64_t *rx,
	      unsigned int *pages)
{
	const struct vm *v = &h->vms[vm];

	*tx = v->tx;
	*rx = v->rx;
	*pages = v->pages;
	return v->pages;
}
