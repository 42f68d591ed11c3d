/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace as bytes: an array of rows of 16 bytes, what fuzzers mutate. Every
 * byte string is one (a last row that is not complete counts as padded with
 * zeros), and what a row cannot mean is left out or taken modulo what there
 * is. Rows name things by their number: "the n-th handle from the last",
 * "page n", "the n-th endpoint"; so a handle can be used that was just made,
 * and a row means the same when others are removed.
 *
 * First come the rows of the board: one that says how many there are, then
 * endpoints (each followed by its UUIDs), memory, interrupts. All others are
 * operations on a CPU: whoever runs there does them, so that partitions play
 * operations of the same input. docs/fuzzing.md has the bytes.
 *
 *	ops.c		boards, and one trace played on the model
 *	ops_board.c	from rows to a configuration
 *	ops_row.c	one operation
 *	ops_desc.c	descriptors
 *	ops_memory.c	memory, reset
 *	ops_state.c	the states from which fuzz_regs starts
 *	ops_print.c	to scenarios
 *	ops_read.c	from scenarios
 *
 * Nothing but ops_print.c and ops_read.c uses glib: the others are the fuzz
 * targets' loop.
 */
#ifndef SIM_OPS_H
#define SIM_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spmc.h"

enum {
	OPS_ROW = 16,		/* bytes */
	OPS_MAX_ROWS = 4096,	/* what is behind is not looked at */
	OPS_MAX_ENDPOINTS = 8,	/* beside the primary */
	OPS_MAX_MEMS = 31,
	OPS_MAX_IRQS = 7,
	OPS_MAX_CPUS = 4,
	OPS_MAX_BOARD = 1 + OPS_MAX_ENDPOINTS * (1 + SPMC_MAX_UUIDS) +
			OPS_MAX_MEMS + OPS_MAX_IRQS,	/* rows */
	OPS_MAX_HANDLES = 32,	/* that can be named */
	OPS_MAX_DESC = 16384,	/* bytes of a descriptor */
};

/* What byte 0 of a row says; numbers from OPS_COUNT to 31 are OPS_CALL too. */
enum ops_op {
	OPS_CALL,	/* [2] function, [3] -, 3 operands of 4 bytes */
	OPS_REG,	/* [2] register of the next call, [3] kind, [8] value */
	OPS_DESC,	/* starts a descriptor in TX */
	OPS_EMAD,	/* adds an endpoint to it */
	OPS_RANGE,	/* adds ranges to it */
	OPS_PATCH,	/* overwrites bytes of TX */
	OPS_REST,	/* the next fragment of it is put into TX */
	OPS_WRITE,	/* overwrites bytes anywhere */
	OPS_BOOT,	/* starts the CPU */
	OPS_PREEMPT,	/* a non-secure interrupt arrives */
	OPS_CRASH,	/* what runs takes a fatal fault */
	OPS_RAISE,	/* a secure interrupt arrives */
	OPS_TAKE,	/* what runs takes a virtual interrupt */
	OPS_FAIL,	/* an allocation of the SPMC fails */
	OPS_COUNT,
};
enum { OPS_TAKE_NS = 0x8000 };	/* OPS_TAKE: the normal world does */

/* What an operand is. */
enum ops_kind {
	OPS_K_VALUE,	/* the value */
	OPS_K_NEGATIVE,	/* minus the value */
	OPS_K_HIGH,	/* value << 16 */
	OPS_K_PAGE,	/* address of page [11:0], and 16 bytes * [15:12] */
	OPS_K_ID,	/* of an endpoint, the SPMC, the SPMD, nobody */
	OPS_K_HANDLE,	/* the n-th from the last */
	OPS_K_HANDLE_HI,	/* its upper half */
	OPS_K_FID,	/* function id, as in byte [2] of OPS_CALL */
	OPS_K_VERSION,	/* 1 + [15:8] . [7:0] */
	OPS_K_SELF,	/* id of who runs */
	OPS_K_ODD,	/* a number that is often an edge */
	OPS_K_UUID,	/* of an endpoint */
	OPS_K_BIT,	/* 1 << value */
	OPS_K_COUNT,	/* numbers from here to 15 are OPS_K_VALUE too */
};

/* Functions of OPS_CALL that are not in the ABI table. */
enum ops_fn {
	OPS_FN_WIDE = 0x80,	/* the 64-bit form of [5:0] + 0x60 */
	OPS_FN_OTHER = 0x40,	/* one of these: */
	OPS_FN_RAW = 0x40,	/* all registers by OPS_REG */
	OPS_FN_PSCI_OFF,
	OPS_FN_PSCI_SUSPEND_32,
	OPS_FN_PSCI_SUSPEND_64,
};

/* Memory that a row names; pages are numbered through them. */
struct ops_mem {
	uint64_t base;
	uint32_t pages;
	uint16_t attrs;		/* enum spmc_region_attr */
	uint8_t owner;		/* index of an endpoint */
};

/* A board, as rows say it. */
struct ops_board {
	struct spmc_config config;
	struct spmc_endpoint_config endpoints[1 + OPS_MAX_ENDPOINTS];
	struct spmc_region regions[2 * OPS_MAX_MEMS + 8];
	struct spmc_irq irqs[OPS_MAX_IRQS];
	struct ops_mem mems[OPS_MAX_MEMS];
	unsigned int mem_count, pages;
	bool scripted;		/* no CPU runs at first */
};

/* The memory of one model: sparse, zero at reset. */
struct ops_memory;

/* A board, and what it looks like at reset. */
struct ops_slot;

/* What a fault of the model is: ids are those of the invariants. */
struct ops_fault {
	const char *id;		/* "I5", or NULL: none */
	char sentence[SPMC_BROKEN_TEXT];
	unsigned int rule;	/* of the call that broke it */
};

struct ops;
/* Called after each step; `in` is NULL if it was no call. */
typedef void ops_watch_fn(void *ctx, const struct ops *o, unsigned int cpu,
			  unsigned int ep, unsigned int ec,
			  const struct ffa_value *in,
			  const struct spmc_outcome *out);
/* Called around each row of an operation. */
typedef void ops_row_fn(void *ctx, const struct ops *o, const uint8_t *row);

/* What the last row did that is no call. */
struct ops_did {
	bool event;		/* it had an effect */
	uint32_t id;		/* of an interrupt, or the operand */
	uint64_t pa;		/* bytes that were overwritten */
	uint32_t len;
};

struct ops_desc {
	bool building;
	uint8_t kind, version;	/* enum ops_desc_kind; minor */
	uint8_t endpoint;	/* whose TX */
	uint16_t attributes, sender;
	uint32_t flags, tag;
	uint64_t handle;
	unsigned int emads, ranges;
	struct ops_emad {
		uint16_t id;
		uint8_t perm, flags;
		uint64_t impdef;
	} emad[16];
	struct ops_range {
		uint64_t base;
		uint32_t pages;
	} range[1000];
	uint32_t len, sent;	/* of the bytes; how many were in TX */
	uint8_t bytes[OPS_MAX_DESC];
};

/* Player of traces: one instance, one trace at a time. */
struct ops {
	struct spmc *s;		/* the model, as it is now */
	const struct ops_board *board;
	struct spmc_env env;
	struct ops_memory *memory;
	struct ops_slot *slot;
	uint64_t handles[OPS_MAX_HANDLES];
	unsigned int handle_count;	/* that came, also those overwritten */
	uint32_t reg_mask;	/* registers that OPS_REG set */
	struct ffa_value regs;
	struct ops_desc desc;
	uint32_t len, frag;	/* for the next call, or 0 */
	bool has_len;
	struct spmc_outcome out;	/* of the last step */
	struct ops_fault fault;
	struct ops_did did;
	unsigned int pieces;	/* of descriptors that were put into TX */
	unsigned int calls;
	ops_watch_fn *watch;
	ops_row_fn *before, *after;	/* all may be NULL */
	void *watch_ctx;
	bool check;		/* invariants; true at first, */
	enum spmc_check_level level;	/* SPMC_CHECK_STATE at first */
	bool dry;		/* steps are told, and not made */
	/* the state was changed otherwise: no step from there is judged */
	bool unseen;
	/* private */
	struct ops_slot *slots;
};

/* ops_new: NULL if there is no memory. One at a time has its own 4 GiB. */
struct ops *ops_new(void);
void ops_free(struct ops *o);

/*
 * ops_begin: reads the board of a trace and resets the model to it, with all
 * CPUs booted unless it is scripted. Returns the number of rows it took.
 */
size_t ops_begin(struct ops *o, const uint8_t *data, size_t size);

/* ops_row: does one operation (16 bytes). False after a fault. */
bool ops_row(struct ops *o, const uint8_t *row);

/*
 * ops_play: a whole trace: ops_begin, then its rows, to `stop` of them at
 * most. False if an invariant broke: o->fault.
 */
bool ops_play(struct ops *o, const uint8_t *data, size_t size, size_t stop);

/* ops_op: what a row does. ops_fid: the function of byte [2] of OPS_CALL. */
enum ops_op ops_op(const uint8_t *row);
uint32_t ops_fid(uint8_t code);

/*
 * ops_call_regs: the registers of an OPS_CALL by `ep`, now. ops_operand: a
 * value of a kind.
 */
void ops_call_regs(const struct ops *o, unsigned int ep, const uint8_t *row,
		   struct ffa_value *regs);
uint64_t ops_operand(const struct ops *o, unsigned int ep, unsigned int kind,
		     unsigned int value);

/* ops_smc: what runs on `cpu` makes this call. False after a fault. */
bool ops_smc(struct ops *o, unsigned int cpu, const struct ffa_value *in);

/* ops_hash: of the model and of its memory. */
uint64_t ops_hash(const struct ops *o);

/* ops_rows: how many rows `size` bytes are; ops_get: a copy of one. */
size_t ops_rows(size_t size);
void ops_get(const uint8_t *data, size_t size, size_t i,
	     uint8_t row[OPS_ROW]);

/* -- ops_board.c ----------------------------------------------------------- */

/* ops_board_rows: how many rows of a trace are its board's; at least 1. */
size_t ops_board_rows(const uint8_t *data, size_t size);
void ops_board_read(struct ops_board *b, const uint8_t *data, size_t size);

/* ops_default_uuid: what a part of a scenario has that says none? */
bool ops_default_uuid(uint16_t id, const struct ffa_uuid *uuid);

/* ops_page: address of page n of those that the board's memory has. */
uint64_t ops_page(const struct ops_board *b, unsigned int n);
/* ops_page_of: the reverse, -1 if it is none. */
int ops_page_of(const struct ops_board *b, uint64_t pa);

/* -- ops_desc.c ------------------------------------------------------------ */

enum ops_desc_kind {
	OPS_D_SHARE, OPS_D_LEND, OPS_D_DONATE, OPS_D_RETRIEVE,
	OPS_D_RELINQUISH, OPS_D_MSG, OPS_D_RXTX, OPS_D_COUNT,
};

/* ops_desc_build: d->bytes and d->len. */
void ops_desc_build(struct ops_desc *d);

/* -- ops_memory.c ---------------------------------------------------------- */

struct ops_memory *ops_memory_new(void);
void ops_memory_free(struct ops_memory *m);
void ops_memory_board(struct ops_memory *m, const struct ops_board *b);
/* The door; ctx is the struct ops_memory. */
void *ops_memory_map(void *ctx, uint64_t pa, size_t len, bool secure);
/* Of either world, for operations. */
void *ops_memory_at(struct ops_memory *m, uint64_t pa, size_t len);
/* Everything that was touched is as it was: zero. */
void ops_memory_reset(struct ops_memory *m);
uint64_t ops_memory_hash(const struct ops_memory *m, uint64_t h);

/* -- ops_state.c ----------------------------------------------------------- */

/*
 * A state to start from, as a trace. fuzz_regs has bytes of its own: which
 * state, which CPU, then sets of 18 registers, x0 first.
 */
struct ops_state {
	const char *name, *sentence;
	const uint8_t (*rows)[OPS_ROW];
	size_t count;
};
extern const struct ops_state ops_states[];
extern const unsigned int ops_state_count;
enum {
	OPS_REGS_HEAD = 8, OPS_REGS_SET = 144, OPS_REGS_SETS = 8,
	OPS_REGS_END = 0xff,
	OPS_REGS_MAX = OPS_REGS_HEAD + OPS_REGS_SETS * OPS_REGS_SET,
};

/* ops_regs_state: [0] which one. */
const struct ops_state *ops_regs_state(const uint8_t *data, size_t size);
/* ops_regs_set: set `i`; returns its CPU (bit i of [1]) or OPS_REGS_END. */
unsigned int ops_regs_set(const uint8_t *data, size_t size, unsigned int i,
			  struct ffa_value *regs);

/* ops_of_regs: the trace that an input of fuzz_regs is; returns its bytes. */
size_t ops_of_regs(const uint8_t *data, size_t size, uint8_t *to,
		   size_t room);

/* -- ops_print.c ----------------------------------------------------------- */

/*
 * ops_print: the trace as a scenario that does the same, results as they come;
 * of its operations the first `stop`. `died`: the model did not survive the
 * last of these, so it is printed only. A new string: g_free it.
 */
enum ops_style {
	OPS_FFS,
	/*
	 * Calls as `actor@cpu X0 X1 ... =` (or `...`: control goes elsewhere)
	 * in hexadecimal digits; other statements behind `! `.
	 */
	OPS_HEX,
};
char *ops_print(const uint8_t *data, size_t size, size_t stop, bool died,
		enum ops_style style, const char *title);

/* -- ops_read.c ------------------------------------------------------------ */

struct ffs_file;
struct run_variant;
struct run_options;

/*
 * ops_read: what a variant of a scenario does, as a trace of *size bytes
 * (g_free it). The scenario is run for that; it may fail its expectations.
 * NULL with a message (g_free it) that says where something is that a trace
 * cannot say.
 */
uint8_t *ops_read(const struct ffs_file *file, const struct run_variant *v,
		  const struct run_options *options, size_t *size,
		  char **error);

#endif
