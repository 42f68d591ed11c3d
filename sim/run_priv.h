/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One run of one variant, as the files of the runner share it:
 *
 *	run.c		variants, set-up, the loop over statements
 *	run_event.c	calls, results, verbs
 *	run_value.c	values of the tree as numbers and registers
 *	run_next.c	which statement is next: include, shuffle and any
 *	run_flow.c	who has control, boot
 *	run_memory.c	store, load, poke, tx, rx
 *	run_lit*.c	descriptors of memory transactions, see run_lit.h
 *	run_msg.c	messages in tx and rx
 *	run_irq.c	irq, raise
 *	run_console.c	console
 *	run_inject.c	inject
 *	run_probe.c	check
 *	run_check.c	requires; what can be said without running
 *	run_hyp.c	the ready-made hypervisor and its VMs
 *	run_trace.c	what happened, as scenario lines
 *	run_tape.c	the same step by step, for charts and captures
 *	run_update.c	--update
 *	mismatch.c	the text of a failure
 */
#ifndef SIM_RUN_PRIV_H
#define SIM_RUN_PRIV_H

#include "board.h"
#include "codec.h"
#include "ffs.h"
#include "machine.h"
#include "run.h"

/* An interrupt that pends for a context. */
struct run_irq {
	unsigned int ep, ec;
	uint32_t id;
	uint64_t at;		/* since when, in virtual time */
};

/* What an execution context sees and whether a line said so. */
struct run_seat {
	struct ffa_value regs;
	struct spmc_outcome why;	/* the step that gave it control */
	bool unseen;		/* control came and no line has it yet */
	bool optional;		/* unseen, but may stay so: its first entry */
	bool entered;		/* ran before */
	bool resumed;		/* goes on where it was preempted */
	bool preempted;		/* will do so */
	unsigned int hangs;	/* line of its `hang`, or 0 */
	unsigned int seen;	/* line that had its last result, or 0 */
	char *call;		/* the call it is in, as text; or NULL */
	enum ffa_fn fn;		/* that call, or FFA_FN_UNKNOWN */
	uint64_t called;	/* when it was made, in virtual time */
};

/* The last answer of FFA_PARTITION_INFO_GET to an endpoint. */
struct run_info {
	unsigned int count, size;
};

struct run_edit {
	struct ffs_loc loc;
	char *text;
};

struct run {
	const struct ffs_file *file;
	const struct run_variant *variant;
	const struct run_options *options;
	struct run_result *result;
	struct board *board;
	struct machine *machine;
	struct spmc *spmc;
	struct spmc_outcome out;	/* of the last step */
	enum machine_end end[SPMC_MAX_CPUS];
	bool started[SPMC_MAX_CPUS];
	bool booted;		/* CPU 0 is through */
	struct run_seat *seats;	/* by context, see run_seat() */
	unsigned int *first_seat;	/* [endpoints] */
	unsigned int seat_count;
	GArray *irqs;		/* struct run_irq: all that pend */
	struct run_info info[SPMC_MAX_ENDPOINTS];
	unsigned int console[SPMC_MAX_ENDPOINTS];	/* lines seen */
	uint32_t spmd;		/* what the SPMC last called it with */
	const struct ffs_stmt *top;	/* statement of the main file */
	GString *trace;		/* NULL: not wanted */
	GString *code_trace;	/* what code did, for the trace */
	struct tape *tape;	/* NULL: not wanted */
	uint32_t *tape_called;	/* [seat_count], id of the last call */
	bool tape_off;		/* what happens is not of the scenario */
	GPtrArray *edits;	/* struct run_edit, NULL: not updating */
	GHashTable *bound;	/* name to struct codec_value */
	struct run_lits *lits;	/* see run_lit.h */
	char *name;		/* last one that the codec asked for */
	struct hyp *hyp;	/* or NULL: the file plays it, or has none */
	/* the last refusal of the SPMC in what the hypervisor relays */
	struct spmc_outcome hyp_why[SPMC_MAX_CPUS];
	bool quiet;		/* a mismatch is only an attempt: no message */
	GArray *lists;		/* of run_next.c */
	struct drive *drive;	/* who makes the calls of drivers, or NULL */
};

/* -- run_value.c ----------------------------------------------------------- */

/* All of these: false with a new sentence in *why, which was NULL. */

/* A value of field `f` (NULL: of no field). */
bool run_eval(struct run *r, const struct ffs_value *v,
	      const struct ffa_field *f, struct codec_value *out, char **why);
bool run_number(struct run *r, const struct ffs_value *v, uint64_t *num,
		char **why);
/* The registers of a call of `endpoint`. */
bool run_encode(struct run *r, unsigned int endpoint,
		const struct ffs_call *c, struct ffa_value *regs, char **why);
struct codec_ctx run_ctx(struct run *r, unsigned int endpoint);

/* What registers are held against. */
struct run_match {
	GArray *items;		/* struct codec_match */
	GPtrArray *kept;	/* what they point to */
	GPtrArray *binds;	/* name, struct codec_value *, name, ... */
	unsigned int impdef;
};
void run_match_init(struct run_match *m);
void run_match_clear(struct run_match *m);
bool run_match_add(struct run *r, struct run_match *m, const char *name,
		   const struct ffa_field *f, const struct ffs_value *v,
		   char **why);
bool run_match_args(struct run *r, struct run_match *m,
		    const struct ffs_call *c, char **why);
/* After a match: what ?x was becomes $x. */
void run_match_commit(struct run *r, const struct run_match *m);

/* -- run_flow.c ------------------------------------------------------------ */

void run_seats_init(struct run *r);
void run_seats_free(struct run *r);
struct run_seat *run_seat(const struct run *r, unsigned int endpoint,
			  unsigned int ec);
const char *run_name(const struct run *r, unsigned int endpoint);
/* The seat that has control on a CPU; NULL if nobody has. */
struct run_seat *run_control(const struct run *r, unsigned int cpu,
			     unsigned int *endpoint, unsigned int *ec);
/* Takes note of r->out, which a step on `cpu` gave. False: failed. */
bool run_arrive(struct run *r, const struct ffs_stmt *s, unsigned int cpu,
		enum machine_end end);
/* Starts all CPUs, if the file does not do that itself. */
bool run_boot_all(struct run *r);
bool run_boot(struct run *r, const struct ffs_stmt *s);
/* The actor of an event has control; else the failure is reported. */
struct run_seat *run_actor(struct run *r, const struct ffs_stmt *s,
			   unsigned int *endpoint, unsigned int *ec);

/* -- run_next.c ------------------------------------------------------------ */

enum run_next {
	RUN_NEXT_STMT,
	RUN_NEXT_WAITS,		/* an `any`, for a driver */
	RUN_NEXT_END,
	RUN_NEXT_FAILED,
};
void run_next_init(struct run *r);
void run_next_free(struct run *r);
/* RUN_NEXT_WAITS: *s is the `any`. */
enum run_next run_next(struct run *r, const struct ffs_stmt **s);
/* Then: has it a call of a driver on that CPU left? */
bool run_next_awaits(const struct run *r, unsigned int cpu);

/* -- drive.c --------------------------------------------------------------- */

/* Is it a line of a driver, which acts itself in this run? */
bool run_is_driven(const struct run *r, const struct ffs_stmt *s);
/* Such a line: is what the driver waits for as it says? */
bool run_would_take(struct run *r, const struct ffs_stmt *s);
/* An irq line took it for the normal world; `d` may be NULL. */
void drive_taken(struct drive *d, unsigned int cpu, uint32_t intid);

/* -- run.c ----------------------------------------------------------------- */

/*
 * A run up to its first statement: its result says if there can be one.
 * run_finish: behind the last. run_close: the result.
 */
struct run *run_open(const struct ffs_file *file,
		     const struct run_variant *variant,
		     const struct run_options *options,
		     struct drive *drive);
bool run_finish(struct run *r);
struct run_result *run_close(struct run *r);

/* A whole run; with `edits` (struct run_edit *) results are corrected. */
struct run_result *run_once(const struct ffs_file *file,
			    const struct run_variant *variant,
			    const struct run_options *options,
			    GPtrArray *edits);
bool run_stmt(struct run *r, const struct ffs_stmt *s);

/* -- run_event.c ----------------------------------------------------------- */

bool run_call(struct run *r, const struct ffs_stmt *s);
/* The same with other registers, of who has control; `ep` is its actor. */
bool run_make(struct run *r, const struct ffs_stmt *s, unsigned int ep,
	      struct run_seat *seat, const struct ffa_value *regs);
/* Its actor `seat` must make a call now; else the failure is reported. */
bool run_accounted(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		   struct run_seat *seat);
bool run_resume(struct run *r, const struct ffs_stmt *s);
bool run_verb(struct run *r, const struct ffs_stmt *s);
bool run_preempt(struct run *r, const struct ffs_stmt *s, unsigned int cpu);
/* The normal world calls CPU_OFF there. */
bool run_restart(struct run *r, const struct ffs_stmt *s);
bool run_poweroff(struct run *r, const struct ffs_stmt *s, unsigned int cpu);
/* What a context sees, as text; a first entry is BOOT(info=...). */
void run_entry_text(const struct run *r, GString *to, unsigned int ep,
		    const struct spmc_outcome *out);
GString *run_seen_text(struct run *r, unsigned int ep,
		       const struct run_seat *seat);
/* Would `... = RESULT` match what its actor sees now? Binds nothing. */
bool run_would_resume(struct run *r, const struct ffs_stmt *s);

/* -- run_memory.c ---------------------------------------------------------- */

bool run_store(struct run *r, const struct ffs_stmt *s, unsigned int ep);
bool run_load(struct run *r, const struct ffs_stmt *s, unsigned int ep);
bool run_poke(struct run *r, const struct ffs_stmt *s);
bool run_tx(struct run *r, const struct ffs_stmt *s);
bool run_rx(struct run *r, const struct ffs_stmt *s);
/* Host address of RAM, or NULL. */
void *run_host(struct run *r, uint64_t pa, gsize len);

/* -- run_msg.c ------------------------------------------------------------------ */

/* Is it msg{...}? */
bool run_is_msg(const struct ffs_value *v);
/*
 * Writes a message of `from` (an endpoint) to its TX buffer, to[size]; false
 * with *why.
 */
bool run_msg_write(struct run *r, const struct ffs_value *v, unsigned int from,
		   uint8_t *to, gsize size, char **why);
/* Whose TX buffer a call of `ep` with these registers reads. */
unsigned int run_msg_sender(const struct run *r, unsigned int ep,
			    const struct ffa_value *regs);
/* The tx= of such a call. */
bool run_msg_call(struct run *r, const struct ffs_value *v, unsigned int ep,
		  const struct ffa_value *regs, char **why);
/* As run_lit_made (run_lit.h), for such a call. */
bool run_msg_made(struct run *r, const struct ffs_value *v, unsigned int ep,
		  const struct ffa_value *regs, GPtrArray *diffs, char **why);
/* An rx line about the message in at[size], the RX buffer of `ep`. */
bool run_msg_rx(struct run *r, const struct ffs_stmt *s, unsigned int ep,
		const uint8_t *at, gsize size);

/* -- run_irq.c ------------------------------------------------------------------ */

/* Takes note of what pends since the last statement. */
void run_irq_note(struct run *r);
bool run_irq(struct run *r, const struct ffs_stmt *s);
bool run_raise(struct run *r, const struct ffs_stmt *s);
/* The end of the file: what irq lines take must not pend. */
bool run_irq_end(struct run *r);
/* Errors of an irq line, which can be said before. */
void run_irq_check(const struct board *b, const struct ffs_stmt *s,
		   struct ffs_diags *d);

/* -- run_console.c ------------------------------------------------------------------ */

bool run_console(struct run *r, const struct ffs_stmt *s);

/* -- run_probe.c ----------------------------------------------------------- */

bool run_check_stmt(struct run *r, const struct ffs_stmt *s);
/* Errors of a check line, which can be said before. */
void run_probe_check(const struct board *b, const struct ffs_stmt *s,
		     struct ffs_diags *d);
bool run_holds(uint64_t a, enum ffs_op op, uint64_t b);
/* `a`, or one of `a|b`, is this name. */
bool run_is_named(const struct ffs_value *v, const char *name);

/* -- run_inject.c ------------------------------------------------------------------- */

bool run_inject(struct run *r, const struct ffs_stmt *s);
/* run_error_code: of the name of an error; 0 if it is none. */
int run_error_code(const struct ffs_value *v);

/* -- run_check.c ----------------------------------------------------------- */

/* The reason why the file does not run here (g_free it), or NULL. */
char *run_requires(const struct board *b, const struct run_options *o);
/* The same because only a driver knows what a line of it sends, or NULL. */
char *run_wants_driver(const struct board *b);
/* Finishes a board and checks its file against it. False: errors in `d`. */
bool run_check_board(struct board *b, struct ffs_diags *d);

/* -- run_hyp.c ------------------------------------------------------------- */

/* Does the board have run=hypervisor? The others want r->hyp. */
bool run_board_hyp(const struct board *b);
/* Makes r->hyp, if so. NULL, or a sentence: g_free it. */
char *run_hyp_init(struct run *r);
/* CPU 0 is through its boot: the hypervisor starts. False: failed. */
bool run_hyp_start(struct run *r, const struct ffs_stmt *s);
/* An endpoint that is a VM behind r->hyp; r->hyp may be NULL. */
bool run_is_vm(const struct run *r, unsigned int endpoint);
/* Who of its VMs has a CPU of the normal world, if one has. */
void run_hyp_control(const struct run *r, unsigned int cpu,
		     unsigned int *endpoint, unsigned int *ec);
/* For whom the secure world has this CPU; r->hyp may be NULL. */
bool run_hyp_behind(const struct run *r, unsigned int cpu,
		    unsigned int *endpoint, unsigned int *ec);
/* Whose direct request a VM serves; false also if it is no VM. */
bool run_hyp_client(const struct run *r, unsigned int endpoint,
		    unsigned int ec, unsigned int *client,
		    unsigned int *client_ec);
/* As run_actor, for a VM. */
struct run_seat *run_hyp_actor(struct run *r, const struct ffs_stmt *s,
			       unsigned int endpoint, unsigned int *ec);
/* As machine_call, for a VM; then r->out is what the next that runs sees. */
enum machine_end run_hyp_call(struct run *r, unsigned int cpu,
			      unsigned int endpoint,
			      const struct ffa_value *regs);
/* Control may be back with the hypervisor: it goes on. */
enum machine_end run_hyp_arrive(struct run *r, unsigned int cpu,
				enum machine_end end);
/* create and destroy. False: failed. */
bool run_hyp_life(struct run *r, const struct ffs_stmt *s,
		  unsigned int endpoint);
const char *run_hyp_state(const struct run *r, unsigned int endpoint);
/* Version in force; r->hyp may be NULL. */
uint32_t run_version(const struct run *r, unsigned int endpoint);
const char *run_hyp_vcpu_state(const struct run *r, unsigned int endpoint,
			       unsigned int ec);
/* As spmc_pending, spmc_take_irq; r->hyp may be NULL. */
unsigned int run_pending(const struct run *r, unsigned int endpoint,
			 unsigned int ec, uint32_t ids[SPMC_MAX_PENDING]);
bool run_take_irq(struct run *r, unsigned int endpoint, unsigned int ec,
		  uint32_t intid);
/* As spmc_access, spmc_owner, spmc_txn_state by name; r->hyp may be NULL. */
unsigned int run_access(const struct run *r, unsigned int endpoint,
			uint64_t pa);
int run_owner(const struct run *r, uint64_t pa);
const char *run_txn_state(const struct run *r, uint64_t handle);
/* Memory transactions that the hypervisor keeps itself. */
unsigned int run_hyp_handles(const struct run *r);
/* What is tried and then undone: keeps (g_free), and takes back. */
void *run_hyp_mark(const struct run *r);
void run_hyp_undo(struct run *r, const void *mark);
/* Buffers of any endpoint; r->hyp may be NULL. */
bool run_rxtx(const struct run *r, unsigned int endpoint, uint64_t *tx,
	      uint64_t *rx, unsigned int *pages);

/* -- run_trace.c ----------------------------------------------------------- */

void run_trace_header(struct run *r);
/* A statement as it ran. */
void run_trace_text(struct run *r, GString *to, const struct ffs_stmt *s);
void run_trace_stmt(struct run *r, const struct ffs_stmt *s);
/* The tx= of a call, as a line before it. */
void run_trace_tx(struct run *r, const char *part, const struct ffs_value *v);
/* What code did since the last line, as comments. */
void run_trace_code(struct run *r);
/* actor@cpu TEXT; what code did meanwhile follows as comments. */
void run_trace_event(struct run *r, const struct ffs_stmt *s,
		     const char *text);
void run_watch(void *ctx, unsigned int cpu, unsigned int endpoint,
	       unsigned int ec, const struct ffa_value *in,
	       const struct spmc_outcome *out);

/* -- run_tape.c ------------------------------------------------------------ */

/* These do nothing if r->tape is NULL. */
void run_tape_call(struct run *r, unsigned int cpu, unsigned int endpoint,
		   unsigned int ec, const struct ffa_value *regs);
void run_tape_sees(struct run *r, unsigned int cpu,
		   const struct spmc_outcome *out);
/* Before it runs. */
void run_tape_stmt(struct run *r, const struct ffs_stmt *s);
void run_tape_end(struct run *r);

/* -- run_update.c ---------------------------------------------------------- */

/*
 * Notes that the result of `s` shall be what `seat` saw, where `diffs` are;
 * names that it binds are bound. False if that cannot be.
 */
bool run_edit(struct run *r, const struct ffs_stmt *s, unsigned int ep,
	      const struct run_seat *seat, const GPtrArray *diffs);
/* The same for other text; false also if this is no update. */
bool run_edit_text(struct run *r, const struct ffs_loc *loc, const char *text);

/* -- mismatch.c ------------------------------------------------------------ */

/* A failure under construction: one headline, then labelled lines. */
struct mismatch;
struct mismatch *mismatch_new(struct run *r, const struct ffs_stmt *s);
void mismatch_line(struct mismatch *m, const char *label, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);
void mismatch_regs(struct mismatch *m, const struct ffa_value *regs);
/* The rule that refused the call, and the state that it read. */
void mismatch_rule(struct mismatch *m, const struct spmc_outcome *out);
/* Who has control on each CPU, and who waits for whom. */
void mismatch_graph(struct mismatch *m);
/* The contexts of a partition, waiting or not. */
void mismatch_contexts(struct mismatch *m, unsigned int endpoint);
/* What control brought to this CPU and no line has yet, if so. */
void mismatch_unseen(struct mismatch *m, unsigned int cpu);
/* What is not given back yet. */
void mismatch_leaks(struct mismatch *m);
/* Adds the rerun line and makes it the verdict of the run; false. */
bool mismatch_end(struct mismatch *m, enum run_verdict verdict);

/* run_fail: a failure of one sentence; false. */
bool run_fail(struct run *r, const struct ffs_stmt *s,
	      enum run_verdict verdict, const char *fmt, ...)
	G_GNUC_PRINTF(4, 5);

#endif
