/* SPDX-License-Identifier: BSD-3-Clause */
/* Code of endpoints: partition.h on one side, the machine on the other. */
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "machine_priv.h"
#include "partition.h"

/* What the code of one endpoint may ask for: partition_host.ctx. */
struct machine_host {
	struct partition_host host;
	struct machine *machine;
	unsigned int endpoint;
	bool entered[];		/* per context */
};

static bool host_load(void *ctx, uint64_t pa, void *to, size_t len)
{
	struct machine_host *h = ctx;
	struct machine_fault fault;

	return machine_load(h->machine, h->endpoint, pa, to, len, &fault);
}

static bool host_store(void *ctx, uint64_t pa, const void *from, size_t len)
{
	struct machine_host *h = ctx;
	struct machine_fault fault;

	return machine_store(h->machine, h->endpoint, pa, from, len, &fault);
}

void machine_set_memory(struct machine *m, unsigned int endpoint,
			uint64_t base)
{
	m->code[endpoint].memory = base;
}

bool machine_set_code(struct machine *m, unsigned int endpoint,
		      const struct partition_ops *ops, const char *args,
		      char **error)
{
	const struct spmc_endpoint_config *e =
		spmc_endpoint(m->spmc, endpoint);
	struct code *c = &m->code[endpoint];
	struct machine_host *h;
	char *why = NULL;

	*error = NULL;
	machine_drop_code(m, endpoint);
	h = g_malloc0(sizeof(*h) + e->ec_count * sizeof(h->entered[0]));
	h->machine = m;
	h->endpoint = endpoint;
	h->host = (struct partition_host){
		.size = sizeof(h->host),
		.api_version = PARTITION_API,
		.id = e->id,
		.ec_count = e->ec_count,
		.ctx = h,
		.load = host_load,
		.store = host_store,
		.npi = m->npi,
		.mei = m->mei,
		.memory = c->memory,
	};
	if (!partition_open(ops, &h->host, args ? args : "", &c->handle,
			    &why)) {
		*error = g_strdup(why ? why : "it does not start");
		free(why);
		g_free(h);
		return false;
	}
	c->ops = ops;
	c->host = h;
	return true;
}

bool machine_has_code(const struct machine *m, unsigned int endpoint)
{
	return m->code[endpoint].ops;
}

void machine_drop_code(struct machine *m, unsigned int endpoint)
{
	struct code *c = &m->code[endpoint];

	if (!c->ops)
		return;
	partition_close(c->ops, c->handle);
	g_free(c->host);
	c->ops = NULL;
	c->handle = NULL;
	c->host = NULL;
}

void machine_boot_code(struct machine *m, unsigned int cpu)
{
	for (unsigned int i = 0; i < m->endpoints; i++) {
		const struct code *c = &m->code[i];
		unsigned int n = spmc_endpoint(m->spmc, i)->ec_count;

		if (!c->ops || cpu >= n || (cpu && n == 1))
			continue;
		c->host->entered[cpu] = false;
		m->hung[c->first_ec + cpu] = 0;
	}
}

size_t machine_save_code(const struct machine *m, uint8_t *to)
{
	size_t at = 0;

	for (unsigned int i = 0; i < m->endpoints; i++) {
		const struct code *c = &m->code[i];
		unsigned int n = spmc_endpoint(m->spmc, i)->ec_count;

		if (!c->ops)
			continue;
		if (to)
			memcpy(to + at, c->host->entered, n);
		at += n;
		at += partition_save(c->ops, c->handle, to ? to + at : NULL);
	}
	return at;
}

void machine_load_code(struct machine *m, const uint8_t *from)
{
	for (unsigned int i = 0; i < m->endpoints; i++) {
		const struct code *c = &m->code[i];
		unsigned int n = spmc_endpoint(m->spmc, i)->ec_count;

		if (!c->ops)
			continue;
		memcpy(c->host->entered, from, n);
		from += n;
		partition_load(c->ops, c->handle, from);
		from += partition_save(c->ops, c->handle, NULL);
	}
}

bool machine_interrupted(struct machine *m, unsigned int ep, unsigned int ec)
{
	const struct spmc_endpoint_config *e = spmc_endpoint(m->spmc, ep);
	struct code *c = &m->code[ep];
	uint32_t ids[SPMC_MAX_PENDING];
	unsigned int n = spmc_pending(m->spmc, ep, ec, ids);
	bool leaves = false;

	for (unsigned int i = 0; i < n; i++) {
		bool fiq = ids[i] == c->host->host.mei && !e->mei_virq;

		/* at S-EL0 it pends until it is told */
		if (spmc_take_irq(m->spmc, ep, ec, ids[i]))
			leaves |= partition_interrupt(c->ops, c->handle, ec,
						      ids[i], fiq);
	}
	return leaves;
}

enum code_does machine_enter(struct machine *m, const struct spmc_outcome *out,
			     struct ffa_value *next)
{
	struct code *c = &m->code[out->endpoint];
	bool *entered = &c->host->entered[out->ec];
	bool first = out->starts ||
		     (!*entered && spmc_ec_model(m->spmc, out->endpoint,
						 out->ec) == SPMC_RTM_INIT);

	*entered = true;
	switch (partition_enter(c->ops, c->handle, out->ec, first, &out->regs,
				next)) {
	case PARTITION_CALL:
		return CODE_CALLS;
	case PARTITION_CRASH:
		return CODE_CRASHES;
	case PARTITION_HANG:
		return CODE_HANGS;
	}
	return CODE_CRASHES;
}
