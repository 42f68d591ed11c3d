/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a failure says: where, what was expected and what came in the same
 * syntax, the registers, the rule that decided and the state it read, and
 * the command that runs it again.
 */
#include <string.h>

#include "doc.h"
#include "rules.h"
#include "run_priv.h"

struct mismatch {
	struct run *run;
	const struct ffs_stmt *stmt;
	GString *text;
};

static void headline(GString *to, const struct ffs_stmt *s)
{
	switch (s->kind) {
	case FFS_S_CALL:
	case FFS_S_OPEN:
		g_string_append_printf(to, "%s@%u ", s->actor, s->cpu);
		ffs_format_call(to, &s->call);
		break;
	case FFS_S_RESUME:
		g_string_append_printf(to, "%s@%u ...", s->actor, s->cpu);
		break;
	case FFS_S_VERB:
		g_string_append_printf(to, "%s@%u %s", s->actor, s->cpu,
				       s->name);
		if (s->count)
			g_string_append_c(to, ' ');
		if (s->count)
			ffs_format_value(to, s->args[0].value);
		break;
	case FFS_S_DIRECTIVE:
		if (s->word == FFS_W_RX)
			g_string_append_printf(to, "%s %s", s->name,
					       ffs_pos(s, 0)->text);
		else if (s->body.n)
			g_string_append(to, s->name);
		else
			ffs_format_stmt(to, s, 0);
		break;
	case FFS_S_BAD:
		break;
	}
}

struct mismatch *mismatch_new(struct run *r, const struct ffs_stmt *s)
{
	struct mismatch *m = g_new0(struct mismatch, 1);

	m->run = r;
	m->stmt = s;
	m->text = g_string_new(NULL);
	if (r->quiet)
		return m;
	if (!s) {
		g_string_append_printf(m->text, "%s:\n", r->file->path);
		return m;
	}
	g_string_append_printf(m->text, "%s:%u: ",
			       s->loc.src ? s->loc.src->name : r->file->path,
			       s->loc.line);
	headline(m->text, s);
	g_string_append_c(m->text, '\n');
	return m;
}

void mismatch_line(struct mismatch *m, const char *label, const char *fmt, ...)
{
	g_auto(GStrv) lines = NULL;
	g_autofree char *text = NULL;
	va_list ap;

	if (m->run->quiet)
		return;
	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	lines = g_strsplit(text, "\n", -1);
	for (unsigned int i = 0; lines[i]; i++)
		g_string_append_printf(m->text, "  %-9s %s\n", i ? "" : label,
				       lines[i]);
}

void mismatch_regs(struct mismatch *m, const struct ffa_value *regs)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (unsigned int i = 0; i < FFA_REGS; i++)
		if (regs->x[i] || !i)
			g_string_append_printf(line,
				"x%u=0x%" G_GINT64_MODIFIER "x ", i,
				regs->x[i]);
	mismatch_line(m, "registers", "%s(others 0)", line->str);
}

static char *context_text(const struct run *r, unsigned int ep,
			  unsigned int ec)
{
	const struct spmc_endpoint_config *e = spmc_endpoint(r->spmc, ep);

	if (ec == SPMC_NOBODY || e->kind == SPMC_NS_PRIMARY ||
	    e->kind == SPMC_VM)
		return g_strdup(run_name(r, ep));
	return g_strdup_printf("%s.ec[%u]", run_name(r, ep), ec);
}

static const char *state_name(const struct run *r, enum spmc_machine m,
			      unsigned int ep, unsigned int ec)
{
	return spmc_machines[m].states[spmc_state(r->spmc, m, ep, ec)].name;
}

static void version_line(struct mismatch *m, unsigned int ep)
{
	uint32_t v = run_version(m->run, ep);

	mismatch_line(m, "state", "%s.version = %u.%u, %s",
		      run_name(m->run, ep), v >> 16, v & 0xffff,
		      state_name(m->run, SPMC_M_VER, ep, 0));
}

static void state_line(struct mismatch *m, enum spmc_reads reads,
		       unsigned int ep, unsigned int ec)
{
	struct run *r = m->run;
	g_autofree char *who = NULL;

	if (ep == SPMC_NOBODY)
		return;
	switch (reads) {
	case SPMC_READS_NOTHING:
		return;
	case SPMC_READS_RX:
		mismatch_line(m, "state", "%s.rx = %s", run_name(r, ep),
			      state_name(r, SPMC_M_RX, ep, 0));
		return;
	case SPMC_READS_EC:
		if (ec == SPMC_NOBODY ||
		    spmc_endpoint(r->spmc, ep)->kind == SPMC_VM)
			return;
		who = context_text(r, ep, ec);
		mismatch_line(m, "state", "%s = %s, model %s", who,
			      state_name(r, SPMC_M_EC, ep, ec),
			      spmc_model_name(spmc_ec_model(r->spmc, ep, ec)));
		return;
	case SPMC_READS_PART:
		mismatch_line(m, "state", "%s.state = %s", run_name(r, ep),
			      state_name(r, SPMC_M_PART, ep, 0));
		return;
	case SPMC_READS_VERSION:
		version_line(m, ep);
		return;
	}
}

void mismatch_rule(struct mismatch *m, const struct spmc_outcome *out)
{
	const struct spmc_rule_info *info;
	g_autofree char *profiles = NULL;

	if (!out->rule || m->run->quiet)
		return;
	info = rules_of(out->rule);
	mismatch_line(m, "rule", "%s: %s [%s]", info->name, info->sentence,
		      info->source);
	profiles = doc_rule_brief(out->rule);
	if (*profiles || *info->differs)
		mismatch_line(m, "elsewhere", "%s%s%s", profiles,
			      *profiles && *info->differs ? "; " : "",
			      info->differs);
	state_line(m, info->reads, out->subject, out->subject_ec);
	g_free(m->run->result->rule);
	m->run->result->rule = g_strdup(info->name);
}

/* Everybody who waits, from the one that runs back to who began it. */
static void chain(struct mismatch *m, unsigned int cpu, unsigned int ep,
		  unsigned int ec)
{
	struct run *r = m->run;
	unsigned int caller, caller_ec;

	while (run_hyp_client(r, ep, ec, &caller, &caller_ec)) {
		mismatch_line(m, "waits", "%s on CPU %u for %s, in %s",
			      run_name(r, caller), cpu, run_name(r, ep),
			      run_seat(r, caller, caller_ec)->call);
		ep = caller;
		ec = caller_ec;
	}
	if (run_is_vm(r, ep))
		return;
	for (unsigned int depth = 0; depth < SPMC_MAX_ENDPOINTS &&
	     spmc_caller_of(r->spmc, ep, ec, &caller, &caller_ec); depth++) {
		unsigned int vm = caller, vcpu = caller_ec;
		bool relayed = !caller &&
			       run_hyp_behind(r, cpu, &vm, &vcpu);
		g_autofree char *who = context_text(r, vm, vcpu);
		g_autofree char *whom = context_text(r, ep, ec);
		struct run_seat *seat = run_seat(r, vm, vcpu);

		if (seat->call)
			mismatch_line(m, "waits", "%s on CPU %u for %s, in %s",
				      who, cpu, whom, seat->call);
		else
			mismatch_line(m, "waits", "%s on CPU %u for %s", who,
				      cpu, whom);
		if (relayed) {
			chain(m, cpu, vm, vcpu);
			return;
		}
		ep = caller;
		ec = caller_ec;
	}
}

static const char *does(const struct run *r, unsigned int cpu,
			unsigned int ep, const struct run_seat *seat)
{
	if (seat->hangs || r->end[cpu] == MACHINE_HUNG)
		return r->board->endpoints[ep].ns_action == SPMC_NS_SIGNALED ?
		       "computes for ever; only `preempt` takes it off" :
		       "computes for ever, and its ns-action keeps `preempt` "
		       "from taking it off";
	if (machine_has_code(r->machine, ep))
		return "runs its code";
	if (r->hyp && !ep)
		return "runs whom the next line says";
	return "must make the next call";
}

static bool on_cpu(const struct ffs_stmt *s, unsigned int cpu)
{
	return !s || !s->actor || s->cpu == cpu;
}

void mismatch_graph(struct mismatch *m)
{
	struct run *r = m->run;

	for (unsigned int cpu = 0; cpu < r->board->config.cpus; cpu++) {
		unsigned int ep, ec;
		struct run_seat *seat = run_control(r, cpu, &ep, &ec);
		g_autofree char *who = NULL;

		/* Elsewhere the normal world goes its own way. */
		if (!seat || (!ep && !on_cpu(m->stmt, cpu)))
			continue;
		who = context_text(r, ep, ec);
		mismatch_line(m, "control", "CPU %u: %s, which %s", cpu, who,
			      does(r, cpu, ep, seat));
		chain(m, cpu, ep, ec);
	}
}

/* What a context that does not run waits for, beside the chain of its CPU. */
static void resumes(struct mismatch *m, unsigned int ep, unsigned int ec)
{
	struct run *r = m->run;
	const char *state = state_name(r, SPMC_M_EC, ep, ec);
	unsigned int caller = 0, caller_ec = 0;
	g_autofree char *who = NULL;

	if (!strcmp(state, "waiting"))
		mismatch_line(m, "needs", "a direct request, FFA_RUN or an "
			      "interrupt of its own");
	else if (!strcmp(state, "interrupted"))
		mismatch_line(m, "needs", "who handles the interrupt to be "
			      "through: FFA_MSG_WAIT, or FFA_RUN if that one "
			      "waits for it");
	if (strcmp(state, "preempted") && strcmp(state, "yielded"))
		return;
	spmc_caller_of(r->spmc, ep, ec, &caller, &caller_ec);
	who = context_text(r, caller, caller_ec);
	mismatch_line(m, "needs", "%s to call FFA_RUN(target=%s, ec=%u)", who,
		      run_name(r, ep), ec);
	if (caller)	/* which, again, may not run */
		resumes(m, caller, caller_ec);
}

void mismatch_contexts(struct mismatch *m, unsigned int ep)
{
	struct run *r = m->run;
	const struct spmc_endpoint_config *e = spmc_endpoint(r->spmc, ep);
	const char *part = state_name(r, SPMC_M_PART, ep, 0);

	if (e->kind != SPMC_SP_EL1 && e->kind != SPMC_SP_EL0)
		return;
	for (unsigned int ec = 0; ec < e->ec_count; ec++) {
		mismatch_line(m, "state",
			      "%s.ec[%u] = %s, model %s; %s.state = %s",
			      run_name(r, ep), ec,
			      state_name(r, SPMC_M_EC, ep, ec),
			      spmc_model_name(spmc_ec_model(r->spmc, ep, ec)),
			      run_name(r, ep), part);
		resumes(m, ep, ec);
	}
}

/* What names the scenario has for handles that are not free. */
static void leaked_handles(struct mismatch *m)
{
	const struct run *r = m->run;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GList) names = g_hash_table_get_keys(r->bound);
	unsigned int n = spmc_handles(r->spmc);

	if (!n)
		return;
	names = g_list_sort(names, (GCompareFunc)strcmp);
	for (GList *i = names; i; i = i->next) {
		const struct codec_value *v =
			g_hash_table_lookup(r->bound, i->data);
		unsigned int state = v->is_uuid ? 0 :
			spmc_txn_state(r->spmc, v->num);

		if (state)
			g_string_append_printf(text, ", $%s is %s",
				(char *)i->data,
				spmc_machines[SPMC_M_TXN].states[state].name);
	}
	mismatch_line(m, "leak", "%u memory transaction%s%s", n,
		      n == 1 ? "" : "s", text->str);
}

void mismatch_leaks(struct mismatch *m)
{
	struct run *r = m->run;

	leaked_handles(m);
	for (unsigned int i = 0; i < r->board->config.endpoint_count; i++) {
		const struct spmc_endpoint_config *e = &r->board->endpoints[i];
		const char *rx = state_name(r, SPMC_M_RX, i, 0);

		if (!strcmp(rx, "consumer"))
			mismatch_line(m, "leak", "%s.rx = %s", run_name(r, i),
				      rx);
		for (unsigned int ec = 0; e->kind >= SPMC_SP_EL1 &&
		     ec < e->ec_count; ec++)
			if (spmc_ec_model(r->spmc, i, ec) ==
			    SPMC_RTM_DIRECT_REQ)
				mismatch_line(m, "leak", "%s.ec[%u] has not "
					      "responded", run_name(r, i), ec);
	}
}

void mismatch_unseen(struct mismatch *m, unsigned int cpu)
{
	struct run *r = m->run;
	unsigned int ep, ec;
	struct run_seat *seat = run_control(r, cpu, &ep, &ec);
	g_autoptr(GString) text = NULL;

	if (!seat || !seat->unseen || m->run->quiet || (r->hyp && !ep))
		return;
	text = run_seen_text(r, ep, seat);
	mismatch_line(m, "arrived", "%s@%u ... = %s", run_name(r, ep), cpu,
		      text->str);
}

static void rerun(struct mismatch *m)
{
	const struct run *r = m->run;
	g_autofree char *args = run_args(r->file->path, r->variant,
					 r->options,
					 r->top ? r->top->loc.line : 0);

	/* what a manifest says and nobody heeds may be the cause */
	if (r->board->warnings->len)
		mismatch_line(m, "warnings", "%u about manifests: ffasim check"
			      " %s", r->board->warnings->len, r->file->path);
	if (!r->drive)	/* else it is the driver that runs again */
		mismatch_line(m, "rerun", "ffasim run %s", args);
}

bool mismatch_end(struct mismatch *m, enum run_verdict verdict)
{
	struct run_result *result = m->run->result;

	if (!m->run->quiet) {
		rerun(m);
		result->verdict = verdict;
		result->line = m->stmt ? m->stmt->loc.line : 0;
		result->col = m->stmt ? m->stmt->loc.col : 0;
		g_free(result->message);
		result->message = g_strdup(m->text->str);
	}
	g_string_free(m->text, TRUE);
	g_free(m);
	return false;
}

bool run_fail(struct run *r, const struct ffs_stmt *s,
	      enum run_verdict verdict, const char *fmt, ...)
{
	struct mismatch *m = mismatch_new(r, s);
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	mismatch_line(m, "because", "%s", text);
	return mismatch_end(m, verdict);
}
