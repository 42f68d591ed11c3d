/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inject=...: what inject.h has, done to the driver's calls; delay=...: calls
 * take time. Times are virtual.
 */
#include <glib.h>
#include <string.h>

#include "buffers.h"
#include "inject.h"
#include "internal.h"

/* An answer that waits for FFA_RUN, because FFA_INTERRUPT came first. */
struct kept {
	bool has;
	uint16_t target;
	struct ffa_value answer;
};

struct filter {
	struct inject what;
	struct buffers buffers;
	GArray *kept;		/* struct kept, by CPU */
};

static bool open_with(bool (*parse)(const char *, struct inject *, char **),
		      const char *args, void **handle, char **error)
{
	struct filter *f = g_new0(struct filter, 1);

	if (!parse(args, &f->what, error)) {
		g_free(f);
		return false;
	}
	f->kept = g_array_new(FALSE, TRUE, sizeof(struct kept));
	*handle = f;
	return true;
}

static bool inject_open(const char *args,
			const struct conduit_options *options, void **handle,
			char **error)
{
	(void)options;
	return open_with(inject_parse, args, handle, error);
}

static bool delay_open(const char *args, const struct conduit_options *options,
		       void **handle, char **error)
{
	(void)options;
	return open_with(inject_parse_delay, args, handle, error);
}

static void filter_close(void *handle)
{
	struct filter *f = handle;

	g_array_unref(f->kept);
	g_free(f);
}

static struct kept *kept_on(struct filter *f, unsigned int cpu)
{
	if (cpu >= f->kept->len)
		g_array_set_size(f->kept, cpu + 1);
	return &g_array_index(f->kept, struct kept, cpu);
}

/* Whom a call gives cycles to: of the others nobody was preempted. */
static uint16_t target_of(const struct ffa_value *in)
{
	switch ((uint32_t)in->x[0]) {
	case (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32:
	case (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_64:
	case (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ2:
		return (uint16_t)in->x[1];
	case (uint32_t)FFA_ID_RUN:
		return (uint16_t)(in->x[1] >> 16);
	}
	return 0;
}

static void interrupt(struct kept *k, const struct ffa_value *in,
		      struct ffa_value *out)
{
	k->has = true;
	k->target = target_of(in);
	k->answer = *out;
	*out = (struct ffa_value){ .x = {
		(uint32_t)FFA_ID_INTERRUPT, (uint64_t)k->target << 16,
	} };
}

/* The call is one of them. */
static const char *disturb(struct filter *f, struct conduit_next *next,
			   unsigned int cpu, const struct ffa_value *in,
			   struct ffa_value *out)
{
	const struct inject *i = &f->what;
	struct ffa_value args = *in;
	const char *why = NULL;

	next->time(next, i->delay);
	inject_set(&i->in, &args);
	if (i->tx.n)
		inject_poke(&i->tx, buffers_tx(&f->buffers, next),
			    f->buffers.size);
	if (i->error)
		inject_answer(&args, i->error, out);
	else
		why = next->call(next, cpu, &args, out);
	if (why)
		return why;
	buffers_note(&f->buffers, &args, out);
	if (i->drop)
		return "the filter inject dropped the answer";
	if (i->rx.n)
		inject_poke(&i->rx, buffers_rx(&f->buffers, next),
			    f->buffers.size);
	inject_set(&i->out, out);
	if (i->interrupt)
		interrupt(kept_on(f, cpu), in, out);
	return NULL;
}

static const char *filter_call(void *handle, struct conduit_next *next,
			       unsigned int cpu, const struct ffa_value *in,
			       struct ffa_value *out)
{
	struct filter *f = handle;
	struct kept *k = kept_on(f, cpu);
	enum ffa_fn fn = ffa_fn_find(in->x[0]);
	struct ffa_value args = *in;
	const char *why;

	if (k->has && fn == FFA_FN_RUN &&
	    (uint16_t)(in->x[1] >> 16) == k->target) {
		k->has = false;
		*out = k->answer;
		return NULL;
	}
	if (inject_hits(&f->what, fn))
		return disturb(f, next, cpu, &args, out);
	why = next->call(next, cpu, &args, out);
	if (!why)
		buffers_note(&f->buffers, &args, out);
	return why;
}

const struct conduit_filter conduit_filter_inject = {
	.size = sizeof(conduit_filter_inject),
	.api_version = CONDUIT_API,
	.name = "inject",
	.open = inject_open,
	.close = filter_close,
	.call = filter_call,
};

const struct conduit_filter conduit_filter_delay = {
	.size = sizeof(conduit_filter_delay),
	.api_version = CONDUIT_API,
	.name = "delay",
	.open = delay_open,
	.close = filter_close,
	.call = filter_call,
};
