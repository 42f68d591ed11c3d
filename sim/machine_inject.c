/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults in the calls of a machine: conduit/inject.h does them. */
#include <string.h>

#include "machine_priv.h"

void machine_inject(struct machine *m, const struct inject *what)
{
	m->injections = g_renew(struct inject, m->injections,
				m->injection_count + 1);
	m->injections[m->injection_count++] = *what;
}

/* Host address of a buffer of who makes a call. */
static void *buffer_of(struct machine *m, unsigned int ep, bool of_tx,
		       size_t *size)
{
	const struct memory_range *range;
	uint64_t tx, rx, pa;
	unsigned int pages;

	if (ep == SPMC_NOBODY || !spmc_rxtx(m->spmc, ep, &tx, &rx, &pages))
		return NULL;
	pa = of_tx ? tx : rx;
	*size = (size_t)pages * FFA_PAGE_SIZE;
	range = memory_range(m->memory, pa);
	return range ? machine_map(m, pa, *size,
				   range->attrs & SPMC_REGION_SECURE) : NULL;
}

static void poke(struct machine *m, unsigned int ep, bool tx,
		 const struct inject_bytes *bytes)
{
	size_t size = 0;
	void *buffer;

	if (!bytes->n)
		return;
	buffer = buffer_of(m, ep, tx, &size);
	inject_poke(bytes, buffer, size);
}

int machine_inject_before(struct machine *m, unsigned int ep,
			  struct ffa_value *args, bool *hits)
{
	enum ffa_fn fn = ffa_fn_find(args->x[0]);
	int error = 0;

	for (unsigned int k = 0; k < m->injection_count; k++) {
		struct inject *i = &m->injections[k];

		hits[k] = inject_hits(i, fn);
		if (!hits[k])
			continue;
		machine_wait(m, i->delay);
		inject_set(&i->in, args);
		poke(m, ep, true, &i->tx);
		if (!error)
			error = i->error;
	}
	return error;
}

void machine_inject_after(struct machine *m, const bool *hits,
			  struct spmc_outcome *out)
{
	for (unsigned int k = 0; k < m->injection_count; k++) {
		if (!hits[k] || out->goes_on)
			continue;
		poke(m, out->endpoint, false, &m->injections[k].rx);
		inject_set(&m->injections[k].out, &out->regs);
	}
}

void machine_inject_answer(const struct ffa_value *in, int error,
			   struct spmc_outcome *out)
{
	memset(out, 0, sizeof(*out));
	inject_answer(in, error, &out->regs);
	out->fn = FFA_FN_UNKNOWN;	/* the SPMC did not see it */
	out->subject = SPMC_NOBODY;
	out->subject_ec = SPMC_NOBODY;
}
