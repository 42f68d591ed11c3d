/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stack of layers: the filters, then the back end. Each layer is the
 * `next` of the one before it:
 *
 *	conduit_call -> layer (filter) -> layer (filter) -> base (back end)
 */
#include <assert.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct layer {
	struct conduit_next next;	/* first: is cast back */
	struct conduit_next *below;
	struct conduit_filter filter;
	void *handle;
};

struct base {
	struct conduit_next next;	/* first: is cast back */
	struct conduit_ops ops;
	void *handle;
};

struct conduit {
	struct conduit_next *top;
	GMutex lock;		/* one call at a time */
	unsigned int cpus;
	bool in_call;
	unsigned int paused;	/* calls in conduit_pause */
	struct conduit_options options;
	struct base base;
};

static _Thread_local struct conduit *bound;
static _Thread_local unsigned int bound_cpu;
/* a filter that calls its own conduit would wait for itself */
static _Thread_local struct conduit *inside;

/* Code compiled against an older header has a shorter struct. */
#define TAKE(to, from)							\
	memcpy((to), (from), MIN((from)->size, sizeof(*(to))))

static void set_error(char **error, char *sentence)
{
	if (error)
		*error = sentence;
	else
		g_free(sentence);
}

/* -- layers ---------------------------------------------------------------- */

static const char *base_call(struct conduit_next *next, unsigned int cpu,
			     const struct ffa_value *in, struct ffa_value *out)
{
	struct base *b = (struct base *)next;
	struct ffa_value args;

	if (in == out) {
		args = *in;
		in = &args;
	}
	*out = (struct ffa_value){ 0 };
	return b->ops.call(b->handle, cpu, in, out);
}

static void *base_map(struct conduit_next *next, uint64_t pa, size_t len,
		      bool secure)
{
	struct base *b = (struct base *)next;

	return b->ops.map ? b->ops.map(b->handle, pa, len, secure) : NULL;
}

static bool base_take_irq(struct conduit_next *next, unsigned int cpu,
			  uint32_t *intid)
{
	struct base *b = (struct base *)next;

	return b->ops.take_irq && b->ops.take_irq(b->handle, cpu, intid);
}

static uint64_t base_time(struct conduit_next *next, uint64_t ns)
{
	struct base *b = (struct base *)next;

	return b->ops.time ? b->ops.time(b->handle, ns) : 0;
}

static const char *layer_call(struct conduit_next *next, unsigned int cpu,
			      const struct ffa_value *in,
			      struct ffa_value *out)
{
	struct layer *l = (struct layer *)next;

	return l->filter.call(l->handle, l->below, cpu, in, out);
}

static const char *layer_pass(struct conduit_next *next, unsigned int cpu,
			      const struct ffa_value *in,
			      struct ffa_value *out)
{
	struct conduit_next *below = ((struct layer *)next)->below;

	return below->call(below, cpu, in, out);
}

static void *layer_map(struct conduit_next *next, uint64_t pa, size_t len,
		       bool secure)
{
	struct layer *l = (struct layer *)next;

	if (l->filter.map)
		return l->filter.map(l->handle, l->below, pa, len, secure);
	return l->below->map(l->below, pa, len, secure);
}

static bool layer_take_irq(struct conduit_next *next, unsigned int cpu,
			   uint32_t *intid)
{
	struct layer *l = (struct layer *)next;

	if (l->filter.take_irq)
		return l->filter.take_irq(l->handle, l->below, cpu, intid);
	return l->below->take_irq(l->below, cpu, intid);
}

static uint64_t layer_time(struct conduit_next *next, uint64_t ns)
{
	struct conduit_next *below = ((struct layer *)next)->below;

	return below->time(below, ns);
}

/* -- opening --------------------------------------------------------------- */

static const struct conduit_filter *const filters[] = {
	&conduit_filter_log, &conduit_filter_hypervisor,
	&conduit_filter_inject, &conduit_filter_delay, &conduit_filter_stats,
};
static const struct conduit_ops *const back_ends[] = {
	&conduit_null, &conduit_unix, &conduit_ring,
};

static bool check_api(const char *name, unsigned int api, bool has_call,
		      char **error)
{
	if (api == CONDUIT_API && has_call)
		return true;
	set_error(error, g_strdup_printf(
		"%s is for version %u of conduit.h; this is version %d: "
		"compile it again", name, api, CONDUIT_API));
	return false;
}

bool conduit_push(struct conduit *c, const struct conduit_filter *filter,
		  const char *args, char **error)
{
	g_autofree struct layer *l = g_new0(struct layer, 1);
	char *sentence = NULL;

	assert(!c->in_call);
	TAKE(&l->filter, filter);
	if (!check_api(filter->name, filter->api_version, true, error))
		return false;
	if (!l->filter.open && *args) {
		set_error(error, g_strdup_printf(
			"filter %s takes no arguments", filter->name));
		return false;
	}
	if (l->filter.open &&
	    !l->filter.open(args, &c->options, &l->handle, &sentence)) {
		set_error(error, g_strdup_printf("filter %s: %s", filter->name,
						 sentence));
		free(sentence);
		return false;
	}
	l->next.call = l->filter.call ? layer_call : layer_pass;
	l->next.map = layer_map;
	l->next.take_irq = layer_take_irq;
	l->next.time = layer_time;
	l->below = c->top;
	c->top = &g_steal_pointer(&l)->next;
	return true;
}

/* "log=FILE": finds the filter, and where its arguments start. */
static const struct conduit_filter *find_filter(const char *spec,
						const char **args)
{
	size_t len = strcspn(spec, "=");

	*args = spec[len] ? spec + len + 1 : spec + len;
	for (guint i = 0; i < G_N_ELEMENTS(filters); i++)
		if (strlen(filters[i]->name) == len &&
		    !strncmp(filters[i]->name, spec, len))
			return filters[i];
	return NULL;
}

static char *no_filter(const char *spec)
{
	g_autoptr(GString) s = g_string_new(NULL);

	g_string_printf(s, "no filter is called '%.*s'; there are",
			(int)strcspn(spec, "="), spec);
	for (guint i = 0; i < G_N_ELEMENTS(filters); i++)
		g_string_append_printf(s, " %s", filters[i]->name);
	return g_strdup(s->str);
}

static bool push_all(struct conduit *c, char **error)
{
	g_auto(GStrv) specs = g_strsplit_set(
		c->options.filters ? c->options.filters : "", " \t\n", -1);

	for (guint i = g_strv_length(specs); i-- > 0;) {
		const struct conduit_filter *f;
		const char *args;

		if (!*specs[i])
			continue;
		f = find_filter(specs[i], &args);
		if (!f) {
			set_error(error, no_filter(specs[i]));
			return false;
		}
		if (!conduit_push(c, f, args, error))
			return false;
	}
	return true;
}

static void drop(struct conduit *c, bool close_base)
{
	while (c->top != &c->base.next) {
		struct layer *l = (struct layer *)c->top;

		if (l->filter.close)
			l->filter.close(l->handle);
		c->top = l->below;
		g_free(l);
	}
	if (close_base && c->base.ops.close)
		c->base.ops.close(c->base.handle);
	g_mutex_clear(&c->lock);
	g_free(c);
}

struct conduit *conduit_attach(const struct conduit_ops *ops, void *handle,
			       const struct conduit_options *options,
			       char **error)
{
	struct conduit *c = g_new0(struct conduit, 1);

	g_mutex_init(&c->lock);
	TAKE(&c->base.ops, ops);
	c->base.next.call = base_call;
	c->base.next.map = base_map;
	c->base.next.take_irq = base_take_irq;
	c->base.next.time = base_time;
	c->base.handle = handle;
	c->top = &c->base.next;
	if (options)
		TAKE(&c->options, options);
	c->options.size = sizeof(c->options);
	if (!c->options.show) {
		c->options.show = show_raw;
		c->options.show_ctx = NULL;
	}
	if (!check_api(ops->name, ops->api_version, c->base.ops.call, error) ||
	    !push_all(c, error)) {
		drop(c, false);
		return NULL;
	}
	c->cpus = c->base.ops.cpus ? c->base.ops.cpus(handle) : 1;
	return c;
}

struct conduit *conduit_open(const char *spec,
			     const struct conduit_options *options,
			     char **error)
{
	size_t len = strcspn(spec, ":");
	const char *args = spec[len] ? spec + len + 1 : spec + len;
	const struct conduit_ops *ops = NULL;
	struct conduit *c;
	void *handle = NULL;
	char *sentence = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(back_ends); i++)
		if (strlen(back_ends[i]->name) == len &&
		    !strncmp(back_ends[i]->name, spec, len))
			ops = back_ends[i];
	if (!ops) {
		set_error(error, g_strdup_printf(
			"no conduit is called '%.*s'; there are null, unix:PATH "
			"and ring:PATH",
			(int)len, spec));
		return NULL;
	}
	if (!ops->open && *args) {
		set_error(error, g_strdup_printf(
			"conduit %s takes no arguments", ops->name));
		return NULL;
	}
	if (ops->open && !ops->open(args, &handle, &sentence)) {
		set_error(error, g_strdup_printf("conduit %s: %s", ops->name,
						 sentence));
		free(sentence);
		return NULL;
	}
	c = conduit_attach(ops, handle, options, error);
	if (!c && ops->close)
		ops->close(handle);
	return c;
}

void conduit_close(struct conduit *c)
{
	if (!c)
		return;
	assert(!c->in_call && !c->paused);
	if (bound == c)
		bound = NULL;
	drop(c, true);
}

/* -- calling --------------------------------------------------------------- */

unsigned int conduit_cpus(const struct conduit *c)
{
	return c->cpus;
}

/* One interrupt of any CPU. */
static bool take_irq(struct conduit *c, unsigned int *cpu, uint32_t *intid)
{
	bool found = false;

	g_mutex_lock(&c->lock);
	for (*cpu = 0; !found && *cpu < c->cpus; *cpu += !found)
		found = c->top->take_irq(c->top, *cpu, intid);
	g_mutex_unlock(&c->lock);
	return found;
}

/* Not while the lock is held: the driver may make calls. */
static void tell_irqs(struct conduit *c)
{
	unsigned int cpu;
	uint32_t intid;

	while (c->options.interrupt && take_irq(c, &cpu, &intid))
		c->options.interrupt(c->options.interrupt_ctx, cpu, intid);
}

void conduit_pause(void (*wait)(void *data), void *data)
{
	struct conduit *c = inside;

	assert(c && c->in_call);
	c->in_call = false;
	c->paused++;
	inside = NULL;
	g_mutex_unlock(&c->lock);
	wait(data);
	g_mutex_lock(&c->lock);
	inside = c;
	c->paused--;
	c->in_call = true;
}

int conduit_finish(struct conduit *c, char **report)
{
	char *text = NULL;
	int code = 0;

	assert(!c->in_call && !c->paused);
	if (c->base.ops.finish)
		code = c->base.ops.finish(c->base.handle, &text);
	if (report) {
		*report = text;
		return code;
	}
	if (text)
		fputs(text, stderr);
	free(text);
	return code;
}

/* The one way in: every call goes through here. */
const char *conduit_call(struct conduit *c, unsigned int cpu,
			 const struct ffa_value *in, struct ffa_value *out)
{
	struct conduit *outer = inside;
	const char *why;

	assert(cpu < c->cpus);
	assert(outer != c);
	g_mutex_lock(&c->lock);
	assert(!c->in_call);
	c->in_call = true;
	inside = c;
	why = c->top->call(c->top, cpu, in, out);
	if (why)
		*out = (struct ffa_value){ 0 };
	inside = outer;
	c->in_call = false;
	g_mutex_unlock(&c->lock);
	tell_irqs(c);
	return why;
}

void *conduit_map(struct conduit *c, uint64_t pa, size_t len, bool secure)
{
	return c->top->map(c->top, pa, len, secure);
}

bool conduit_bind(struct conduit *c, unsigned int cpu)
{
	if (c && cpu >= c->cpus)
		return false;
	bound = c;
	bound_cpu = cpu;
	return true;
}

void ffa_smc(ffa_value_t args, ffa_value_t *res)
{
	const char *why;

	if (!bound) {
		*res = (struct ffa_value){ .x[0] = UINT64_MAX };
		return;
	}
	why = conduit_call(bound, bound_cpu, &args, res);
	if (!why)
		return;
	fprintf(stderr, "ffa_smc: CPU %u: %s\n", bound_cpu, why);
	abort();
}
