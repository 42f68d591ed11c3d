/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "lint_priv.h"

enum {
	AGAIN = 64,		/* refusals that are kept */
	PAYLOAD = 3,		/* of direct messages: x3 on */
	RETAIN_RX = 1,		/* w2 of FFA_MSG_WAIT */
	COUNT_ONLY = 1,		/* w5 of FFA_PARTITION_INFO_GET */
	RX_FULL = 1,		/* framework notification */
};

const struct lint_info lint_rules[LINT_COUNT] = {
#define LINT(id, end, sentence, fix, source)				\
	[LINT_##id] = { #id, sentence, fix, source, end },
#include "lint_rules.def"
#undef LINT
};

enum lint_rule lint_find(const char *name)
{
	unsigned int rule = 0;

	while (rule < LINT_COUNT && strcmp(lint_rules[rule].name, name))
		rule++;
	return (enum lint_rule)rule;
}

/* -- its life -------------------------------------------------------------- */

static void add_field(struct lint *l, const struct ffa_field *f)
{
	uint64_t bits = f->hi - f->lo == 63 ? UINT64_MAX :
			((UINT64_C(1) << (f->hi - f->lo + 1)) - 1) << f->lo;
	unsigned int regs = f->kind == FFA_K_UUIDW ? 4 :
			    f->kind == FFA_K_UUIDX ||
			    f->kind == FFA_K_HANDLE ? 2 : 1;

	for (unsigned int i = 0; i < regs && f->reg + i < FFA_REGS; i++)
		l->used[f->fn][f->reg + i] |= bits;
}

/* Which bits of the arguments of each function have a meaning. */
static void know_fields(struct lint *l)
{
	for (unsigned int fn = 0; fn < FFA_FN_COUNT; fn++) {
		uint32_t fid = ffa_fns[fn].fid;
		const struct ffa_field *f;
		unsigned int n;

		f = ffa_args((enum ffa_fn)fn, &n);
		for (unsigned int i = 0; i < n; i++)
			add_field(l, &f[i]);
		for (unsigned int reg = 0; reg < FFA_REGS; reg++) {
			/* w registers; those that are not the call's */
			if (!ffa_is_64(fid))
				l->used[fn][reg] |= ~(uint64_t)UINT32_MAX;
			if (!reg || reg >= ffa_fns[fn].regs ||
			    !ffa_fns[fn].implemented)
				l->used[fn][reg] = UINT64_MAX;
		}
	}
	/* what they return is not in the table */
	memset(l->used[FFA_FN_SUCCESS], 0xff, sizeof(l->used[0]));
	memset(l->used[FFA_FN_SUCCESS_64], 0xff, sizeof(l->used[0]));
}

struct lint *lint_new(const struct lint_config *config)
{
	struct lint *l = g_new0(struct lint, 1);

	l->cfg = *config;
	l->version = config->version;
	l->slots = g_new0(struct lint_slot, config->slots);
	l->again = g_array_new(FALSE, FALSE, sizeof(struct lint_again));
	lint_mem_init(l);
	know_fields(l);
	return l;
}

static void clear(struct lint *l)
{
	lint_mem_free(l);
	memset(l->slots, 0, l->cfg.slots * sizeof(*l->slots));
	g_array_set_size(l->again, 0);
	l->rx.on = l->bound.on = l->last.on = false;
	l->notifs = 0;
	l->times = 0;
	l->buffers.size = 0;
}

void lint_forget(struct lint *l)
{
	clear(l);
	l->asked = l->told = false;
	l->version = l->cfg.version;
	lint_mem_init(l);
}

void lint_free(struct lint *l)
{
	if (!l)
		return;
	clear(l);
	g_array_unref(l->again);
	g_free(l->slots);
	g_free(l);
}

void lint_say(struct lint *l, enum lint_rule rule,
	      const struct lint_seen *seen, const char *detail, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, detail);
	text = g_strdup_vprintf(detail, ap);
	va_end(ap);
	l->cfg.found(l->cfg.ctx, &(struct lint_finding){
		.rule = rule, .slot = seen->slot, .detail = text,
		.in = &seen->in, .out = &seen->out,
	});
}

/* -- calls ----------------------------------------------------------------- */

static bool is_direct(enum ffa_fn fn)
{
	return fn == FFA_FN_MSG_SEND_DIRECT_REQ_32 ||
	       fn == FFA_FN_MSG_SEND_DIRECT_REQ_64 ||
	       fn == FFA_FN_MSG_SEND_DIRECT_REQ2;
}

static bool is_run(enum ffa_fn fn)
{
	return fn == FFA_FN_RUN || fn == FFA_FN_RUN_64;
}

static bool fills_rx(enum ffa_fn fn, const struct ffa_value *in)
{
	return (fn == FFA_FN_PARTITION_INFO_GET &&
		!(in->x[5] & COUNT_ONLY)) ||
	       fn == FFA_FN_MEM_RETRIEVE_REQ_32 ||
	       fn == FFA_FN_MEM_RETRIEVE_REQ_64 ||
	       fn == FFA_FN_MEM_FRAG_RX || fn == FFA_FN_NS_RES_INFO_GET;
}

/* Whom the call gives cycles to. */
static uint16_t callee(enum ffa_fn fn, const struct ffa_value *in)
{
	return (uint16_t)(is_run(fn) ? in->x[1] >> 16 : in->x[1]);
}

static void check_version(struct lint *l, const struct lint_slot *s,
			  const struct lint_seen *seen)
{
	unsigned int now = ffa_since(l->version);
	const struct ffa_fn_info *f = &ffa_fns[s->fn];

	if (s->fn == FFA_FN_VERSION)
		return;
	if (l->cfg.asks && !l->asked && !l->told) {
		l->told = true;
		lint_say(l, LINT_VERSION_NOT_ASKED, seen, "%s", "");
	}
	if (l->version && (f->since > now || (f->until && f->until < now)))
		lint_say(l, LINT_NOT_IN_VERSION, seen, "1.%u has no %s",
			 now - 10, f->name);
}

static void check_reserved(struct lint *l, const struct lint_slot *s,
			   const struct lint_seen *seen)
{
	const uint64_t *used = l->used[s->fn];

	for (unsigned int n = 1; n < FFA_REGS; n++)
		if (s->in.x[n] & ~used[n]) {
			lint_say(l, LINT_RESERVED_NOT_ZERO, seen,
				 "x%u=0x%" G_GINT64_MODIFIER "x", n,
				 s->in.x[n] & ~used[n]);
			return;
		}
}

/* Somebody runs a callee on, from whichever context. */
static void runs(struct lint *l, uint16_t target)
{
	for (unsigned int i = 0; i < l->cfg.slots; i++)
		if (l->slots[i].preempted.on && l->slots[i].target == target)
			l->slots[i].preempted.on = false;
}

static void check_direct(struct lint *l, struct lint_slot *s,
			 const struct lint_seen *seen)
{
	uint16_t to = callee(s->fn, &s->in);

	if (is_run(s->fn)) {
		runs(l, to);
		return;
	}
	if (!is_direct(s->fn))
		return;
	if (s->preempted.on && s->target == to) {
		s->preempted.on = false;
		lint_say(l, LINT_INTERRUPT_IGNORED, seen,
			 "0x%x has not answered the request before", to);
	}
	if (s->garbage.on && callee(s->fn, &s->garbage.in) == to) {
		s->garbage.on = false;
		lint_say(l, LINT_DIRECT_RESP_IGNORED, &s->garbage, "%s", "");
	}
	s->request = *seen;
	s->request.on = true;
}

/* What was refused for now is made again, or its callee run on. */
static void tries_again(struct lint *l, const struct lint_slot *s)
{
	for (guint i = l->again->len; i-- > 0;) {
		const struct lint_again *a =
			&g_array_index(l->again, struct lint_again, i);

		if ((a->fn == s->fn && a->x1 == s->in.x[1]) ||
		    (is_run(s->fn) && is_direct(a->fn) &&
		     (uint16_t)a->x1 == callee(s->fn, &s->in)))
			g_array_remove_index(l->again, i);
	}
}

void lint_call(struct lint *l, unsigned int slot, const struct ffa_value *in)
{
	struct lint_slot *s = &l->slots[slot];
	struct lint_seen seen = { .slot = slot, .in = *in };

	s->in = *in;
	s->fn = ffa_fn_find(in->x[0]);
	s->calls = true;
	if (s->fn == FFA_FN_UNKNOWN)
		return;
	check_version(l, s, &seen);
	check_reserved(l, s, &seen);
	if (l->rx.on && fills_rx(s->fn, in))
		lint_say(l, LINT_RX_STILL_OWNED, &seen, "since %s",
			 ffa_fns[ffa_fn_find(l->rx.in.x[0])].name);
	/* FFA_MSG_WAIT gives RX back */
	if ((s->fn == FFA_FN_MSG_WAIT || s->fn == FFA_FN_MSG_WAIT_64) &&
	    !(l->version >= FFA_V1_2 && in->x[2] & RETAIN_RX))
		l->rx.on = false;
	if (l->again->len)
		tries_again(l, s);
	check_direct(l, s, &seen);
	lint_mem_call(l, s, &seen);
}

/* -- results --------------------------------------------------------------- */

/* The error that answers it, or 0. */
static int error_of(const struct lint_slot *s, const struct ffa_value *out)
{
	uint32_t id = (uint32_t)out->x[0];

	if (ffa_fns[s->fn].succ == FFA_SUCC_BARE)
		return (int32_t)id < 0 ? (int32_t)id : 0;
	return id == (uint32_t)FFA_ID_ERROR ||
	       id == (uint32_t)FFA_ID_ERROR_64 ? (int32_t)out->x[2] : 0;
}

static void refused(struct lint *l, const struct lint_slot *s,
		    const struct lint_seen *seen, int error)
{
	uint64_t now = l->cfg.time ? l->cfg.time(l->cfg.ctx) : 0;
	struct lint_again a = {
		error == FFA_BUSY ? LINT_BUSY_GIVEN_UP : LINT_RETRY_GIVEN_UP,
		s->fn, s->in.x[1], *seen,
	};

	if ((error == FFA_BUSY || error == FFA_RETRY) && l->again->len < AGAIN)
		g_array_append_val(l->again, a);
	if (l->last.on && l->last.slot == seen->slot && l->when == now &&
	    !memcmp(&l->last.in, &seen->in, sizeof(seen->in)) &&
	    !memcmp(&l->last.out, &seen->out, sizeof(seen->out))) {
		if (++l->times == LINT_LOOP)
			lint_say(l, LINT_BUSY_LOOP, seen, "%d times",
				 LINT_LOOP);
		return;
	}
	l->last = *seen;
	l->last.on = true;
	l->when = now;
	l->times = 1;
}

/* Does the response *out answer the request *in? */
static bool fits(const struct ffa_value *in, const struct ffa_value *out)
{
	enum ffa_fn req = ffa_fn_find(in->x[0]), resp = ffa_fn_find(out->x[0]);
	bool fwk = in->x[2] >> 31 & 1;

	if ((uint32_t)out->x[1] !=
	    ((uint32_t)in->x[1] << 16 | (uint32_t)in->x[1] >> 16))
		return false;
	if (req == FFA_FN_MSG_SEND_DIRECT_REQ2)
		return resp == FFA_FN_MSG_SEND_DIRECT_RESP2;
	if (fwk != (out->x[2] >> 31 & 1) || (!fwk && (uint32_t)out->x[2]))
		return false;
	return resp == (req == FFA_FN_MSG_SEND_DIRECT_REQ_32 ?
			FFA_FN_MSG_SEND_DIRECT_RESP_32 :
			FFA_FN_MSG_SEND_DIRECT_RESP_64);
}

static void after_cycles(struct lint_slot *s, const struct lint_seen *seen,
			 enum ffa_fn came)
{
	if (came == FFA_FN_INTERRUPT || came == FFA_FN_INTERRUPT_64 ||
	    came == FFA_FN_YIELD || came == FFA_FN_YIELD_64) {
		s->preempted = *seen;
		s->preempted.on = true;
		s->target = callee(s->fn, &s->in);
		return;
	}
	if (came != FFA_FN_ERROR && came != FFA_FN_ERROR_64 &&
	    s->request.on && !fits(&s->request.in, &seen->out) &&
	    (!is_run(s->fn) ||
	     callee(s->fn, &s->in) == (uint16_t)s->request.in.x[1])) {
		s->garbage = s->request;
		s->garbage.out = seen->out;
	}
	if (!is_run(s->fn) ||
	    callee(s->fn, &s->in) == (uint16_t)s->request.in.x[1])
		s->request.on = false;
}

static void owns_rx(struct lint *l, const struct lint_seen *seen)
{
	l->rx = *seen;
	l->rx.on = true;
}

static uint64_t bitmap(const struct ffa_value *v, unsigned int reg)
{
	return (uint32_t)v->x[reg] | v->x[reg + 1] << 32;
}

static void succeeded(struct lint *l, const struct lint_slot *s,
		      const struct lint_seen *seen)
{
	const struct ffa_value *in = &seen->in, *out = &seen->out;

	switch ((int)s->fn) {
	case FFA_FN_RX_RELEASE:
		if (!(uint16_t)in->x[1])	/* else that of a VM */
			l->rx.on = false;
		break;
	case FFA_FN_RXTX_UNMAP:
		if (!(uint32_t)in->x[1])
			l->rx.on = false;
		break;
	case FFA_FN_NOTIFICATION_BIND:
		l->notifs |= bitmap(in, 3);
		l->bound = *seen;
		break;
	case FFA_FN_NOTIFICATION_UNBIND:
		l->notifs &= ~bitmap(in, 3);
		break;
	case FFA_FN_NOTIFICATION_GET:
		l->notifs = 0;
		if ((out->x[6] | out->x[7]) & RX_FULL)
			owns_rx(l, seen);
		break;
	}
	if (fills_rx(s->fn, in))
		owns_rx(l, seen);
}

static void answered(struct lint *l, struct lint_slot *s,
		     const struct lint_seen *seen)
{
	enum ffa_fn came = ffa_fn_find(seen->out.x[0]);
	int error = error_of(s, &seen->out);

	if (error)
		refused(l, s, seen, error);
	else
		l->last.on = false;
	if (s->fn == FFA_FN_VERSION && !error) {
		uint32_t in = (uint32_t)seen->in.x[1];
		uint32_t out = (uint32_t)seen->out.x[0];

		l->asked = true;
		l->version = MIN(in, out);
		return;
	}
	if (is_direct(s->fn) || is_run(s->fn))
		after_cycles(s, seen, came);
	else if (came == FFA_FN_SUCCESS || came == FFA_FN_SUCCESS_64)
		succeeded(l, s, seen);
	else if (came == FFA_FN_MEM_RETRIEVE_RESP ||
		 (s->fn == FFA_FN_MEM_FRAG_RX && came == FFA_FN_MEM_FRAG_TX))
		owns_rx(l, seen);
	lint_mem_result(l, s, seen);
}

void lint_result(struct lint *l, unsigned int slot,
		 const struct ffa_value *out)
{
	struct lint_slot *s = &l->slots[slot];
	struct lint_seen seen = { .slot = slot, .in = s->in, .out = *out };

	if (!s->calls)
		return;
	s->calls = false;
	buffers_note(&l->buffers, &s->in, out);
	if (s->fn != FFA_FN_UNKNOWN)
		answered(l, s, &seen);
	else
		l->last.on = false;
}

/* -- else ------------------------------------------------------------------ */

void lint_access(struct lint *l, uint64_t pa, size_t len)
{
	lint_mem_used(l, pa, len, NULL);
}

void lint_end(struct lint *l)
{
	if (l->rx.on)
		lint_say(l, LINT_RX_NOT_RELEASED, &l->rx, "%s", "");
	for (unsigned int i = 0; i < l->cfg.slots; i++)
		if (l->slots[i].preempted.on)
			lint_say(l, LINT_INTERRUPT_IGNORED,
				 &l->slots[i].preempted, "0x%x",
				 l->slots[i].target);
	for (guint i = 0; i < l->again->len; i++) {
		const struct lint_again *a =
			&g_array_index(l->again, struct lint_again, i);

		lint_say(l, a->rule, &a->seen, "%s", "");
	}
	lint_mem_end(l);
	if (l->notifs)
		lint_say(l, LINT_NOTIF_NEVER_GOT, &l->bound,
			 "0x%" G_GINT64_MODIFIER "x", l->notifs);
	lint_forget(l);
}
