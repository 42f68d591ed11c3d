/* SPDX-License-Identifier: BSD-3-Clause */
/* The vocabulary: every directive, key, flag and verb, one row each. */
#include <string.h>

#include "sim/ffs_impl.h"

#define LINT(id, ...) " " #id
static const char lint_names[] = "none"
#include "conduit/lint_rules.def"
	;
#undef LINT

#define D(w, name, sentence)						\
	{ FFS_ROW_DIRECTIVE, FFS_W_##w, name, 0, FFS_ONE, NULL, NULL, sentence }
#define POS(w, name, accept, times, choices, sentence)			\
	{ FFS_ROW_POS, FFS_W_##w, name, accept, times, choices, NULL, sentence }
#define KEY(w, name, accept, times, choices, dflt, sentence)		\
	{ FFS_ROW_KEY, FFS_W_##w, name, accept, times, choices, dflt, sentence }
#define FLAG(w, name, sentence)						\
	{ FFS_ROW_FLAG, FFS_W_##w, name, 0, FFS_OPT, NULL, NULL, sentence }
#define VERB(v, name, sentence)						\
	{ FFS_ROW_VERB, FFS_VERB_##v, name, 0, FFS_ONE, NULL, NULL, sentence }
#define OPTION(name, accept, choices, sentence)				\
	{ FFS_ROW_OPT, 0, name, accept, FFS_OPT, choices, NULL, sentence }

#define NUM	FFS_A_NUM
#define NAME	FFS_A_NAME

const struct ffs_row ffs_rows[] = {
D(FFS, "ffs", "The version of the language: the first statement of every file."),
POS(FFS, "VERSION", NUM, FFS_ONE, NULL, "1"),
D(TITLE, "title", "What the scenario shows, for reports."),
POS(TITLE, "TEXT", FFS_A_STR, FFS_ONE, NULL, "one line"),
D(TAG, "tag", "Words by which scenarios are selected."),
POS(TAG, "WORD", NAME, FFS_MANY, NULL, "any word"),
D(REQUIRES, "requires", "Skips the scenario, with the reason, unless all comparisons hold."),
KEY(REQUIRES, "ffa", FFS_A_VERSION, FFS_OPT, NULL, NULL, "version of the SPMC in this run"),
KEY(REQUIRES, "cpus", NUM, FFS_OPT, NULL, NULL, "CPUs of the board"),
KEY(REQUIRES, "profile", NAME, FFS_OPT, "spec hafnium tfa-el3 optee", NULL,
    "profile of this run: profile==spec, or one of several: profile==spec|hafnium"),
KEY(REQUIRES, "file", FFS_A_STR, FFS_OPT, NULL, NULL, "a file that is there: file==\"sp.dts\", relative to this one"),
D(INCLUDE, "include", "Puts the statements of another file here."),
POS(INCLUDE, "FILE", FFS_A_STR, FFS_ONE, NULL, "path, relative to the file that includes"),

D(FFA, "ffa", "The FF-A version of the SPMC, and of partitions that do not say."),
POS(FFA, "VERSION", FFS_A_VERSION, FFS_ONE, NULL, "1.0 to 1.3; without the directive 1.2"),
D(BOARD, "board", "The machine."),
KEY(BOARD, "cpus", NUM, FFS_OPT, NULL, "1", "number of CPUs, 1 to 32"),
KEY(BOARD, "page", FFS_A_SIZE | NUM, FFS_OPT, NULL, "4K", "translation granule: 4K, 16K or 64K"),
KEY(BOARD, "seed", NUM, FFS_OPT, NULL, "1", "of what is left to chance; --seed overrides it"),
KEY(BOARD, "spmc", FFS_A_VERSION, FFS_OPT, NULL, NULL, "version of the SPMC if it is not that of ffa"),
KEY(BOARD, "rxtx-max", NUM | FFS_A_PAGES, FFS_OPT, NULL, NULL, "largest RX or TX buffer in 4 KiB pages, 1 to 63; else the profile's"),
KEY(BOARD, "npi", NUM, FFS_OPT, NULL, "0", "interrupt id of the notification pending interrupt; 0: none"),
KEY(BOARD, "sri", NUM, FFS_OPT, NULL, "0", "interrupt id of the schedule receiver interrupt; 0: none"),
KEY(BOARD, "mei", NUM, FFS_OPT, NULL, "0", "interrupt id of the managed exit interrupt; 0: none"),
KEY(BOARD, "handles", NUM, FFS_OPT, NULL, "256", "memory transactions that can be open at a time"),
KEY(BOARD, "pool", NUM, FFS_OPT, NULL, "4096", "ranges of memory that they can have, all together"),
KEY(BOARD, "dynbuf", NAME, FFS_OPT, "on off", "off", "descriptors may be in other buffers than TX"),
KEY(BOARD, "vcpus", NUM, FFS_OPT, NULL, "cpus", "vCPUs that a VM can have with notifications of their own"),
KEY(BOARD, "el3-irq", NUM, FFS_OPT, NULL, NULL, "a secure interrupt that EL3 firmware handles"),
D(PARAM, "param", "A parameter: NAME = VALUE, ...; the scenario runs once for each value."),
D(PART, "part", "A partition or VM."),
POS(PART, "NAME", NAME, FFS_ONE, NULL, "its name in this file"),
KEY(PART, "id", NUM, FFS_OPT, NULL, NULL, "endpoint id; bit 15 set in the secure world; 0: the OS kernel or hypervisor"),
KEY(PART, "kind", NAME, FFS_OPT, "vm sp hyp", "sp", "a VM or OS kernel, a secure partition, a hypervisor"),
FLAG(PART, "driver", "its calls come from outside; its lines are what must come"),
KEY(PART, "uuid", FFS_A_UUID, FFS_MANY, NULL, NULL, "UUIDs of its services"),
KEY(PART, "ec", NUM, FFS_OPT, NULL, "1", "execution contexts: 1, or the number of CPUs"),
KEY(PART, "can", NAME, FFS_MANY, "direct send notif indirect direct2 send2 vm-created vm-destroyed", NULL,
    "properties: receives and sends direct requests, notifications, indirect messages, ..."),
KEY(PART, "ffa", FFS_A_VERSION, FFS_OPT, NULL, NULL, "highest version that it speaks; default: that of the SPMC"),
KEY(PART, "el", NAME, FFS_OPT, "s-el0 s-el1", "s-el1", "exception level of a secure partition"),
KEY(PART, "exec", NAME, FFS_OPT, "aarch64 aarch32", "aarch64", "execution state"),
KEY(PART, "boot-order", NUM, FFS_OPT, NULL, NULL, "the lower boots first; equal: file order"),
KEY(PART, "run", NAME | FFS_A_STR, FFS_OPT, "echo bell busy crash hang optee yield stubborn hypervisor", NULL,
    "plays the partition: a ready-made behaviour, or \"native:FILE.so\""),
KEY(PART, "manifest", FFS_A_STR, FFS_OPT, NULL, NULL, "device tree source or blob that says all this"),
KEY(PART, "ns-action", NAME, FFS_OPT, "queued managed-exit signaled", "signaled", "what a non-secure interrupt does while it runs"),
KEY(PART, "mei-signal", NAME, FFS_OPT, "virq vfiq", "vfiq", "how the managed exit interrupt comes"),
KEY(PART, "s-action", NAME, FFS_OPT, "queued signaled", "signaled", "what a secure interrupt of another partition does while it runs"),
KEY(PART, "irq", NUM, FFS_MANY, NULL, NULL, "its secure interrupts"),
KEY(PART, "pm", NAME, FFS_MANY, "off suspend resume", NULL, "power-management messages that it wants"),
KEY(PART, "abort", NAME, FFS_OPT, "none stop destroy restart propagate", "none", "what becomes of it when it aborts; but none needs ec=1"),
KEY(PART, "live", NUM, FFS_OPT, NULL, NULL, "it supports live activation, and is told so in this register; needs ec=1"),
KEY(PART, "talks", FFS_A_PART, FFS_MANY, NULL, NULL, "of a VM: whom it may send to and run; default: everybody"),
D(BUF, "buf", "Memory with a name, for RX and TX buffers."),
POS(BUF, "NAME", NAME, FFS_ONE, NULL, "its name in this file"),
POS(BUF, "OWNER", FFS_A_PART, FFS_ONE, NULL, "whose memory it is"),
POS(BUF, "ADDRESS", NUM, FFS_ONE, NULL, "physical address, a multiple of 4K"),
POS(BUF, "SIZE", FFS_A_PAGES, FFS_ONE, NULL, "1page, 2pages, ..."),
D(MEM, "mem", "Memory with a name, for sharing and for load and store."),
POS(MEM, "NAME", NAME, FFS_ONE, NULL, "its name in this file"),
POS(MEM, "OWNER", FFS_A_PART, FFS_ONE, NULL, "whose memory it is"),
POS(MEM, "ADDRESS", NUM, FFS_ONE, NULL, "physical address, a multiple of 4K"),
POS(MEM, "SIZE", FFS_A_PAGES, FFS_ONE, NULL, "1page, 2pages, ..."),
KEY(MEM, "stride", NUM, FFS_OPT, NULL, "1", "distance of its pages in pages; 2: every other page"),
FLAG(MEM, "ro", "read-only"),
FLAG(MEM, "device", "device memory"),
FLAG(MEM, "secure", "in the secure world's memory, whoever owns it"),

D(ALLOW, "allow", "Calls that a driver may make without a line for them."),
POS(ALLOW, "FUNCTION", FFS_A_FN, FFS_MANY, NULL, "FFA_FEATURES, ..."),
D(BOOT, "boot", "Starts a CPU; the calls of partitions that initialise are scripted from here on."),
POS(BOOT, "@CPU", FFS_A_CPU, FFS_OPT, NULL, "default: @0"),
D(WAIT, "wait", "Lets virtual time pass."),
POS(WAIT, "TIME", FFS_A_TIME, FFS_ONE, NULL, "5ms, 10us, ..."),
D(IRQ, "irq", "Expects an interrupt that was raised, and takes it; in a file with one such line, every interrupt of that kind needs one."),
POS(IRQ, "INTERRUPT", NUM | NAME, FFS_ONE, "SRI NPI MEI", "interrupt id or name"),
POS(IRQ, "ACTOR@CPU", FFS_A_ACTOR, FFS_ONE, NULL, "who gets it, and where"),
KEY(IRQ, "within", FFS_A_TIME, FFS_OPT, NULL, NULL, "virtual time that may have passed since"),
KEY(IRQ, "signal", NAME, FFS_OPT, "virq vfiq", NULL, "how it must come"),
D(RAISE, "raise", "Makes a secure interrupt arrive."),
POS(RAISE, "INTERRUPT", NUM, FFS_ONE, NULL, "interrupt id; who has it says irq="),
POS(RAISE, "@CPU", FFS_A_CPU, FFS_ONE, NULL, "where it arrives"),
D(PREEMPT, "preempt", "A non-secure interrupt arrives while a partition runs."),
POS(PREEMPT, "@CPU", FFS_A_CPU, FFS_ONE, NULL, "where it arrives"),
D(INJECT, "inject", "Makes a call fail, come late, or differ, whatever the model would say."),
POS(INJECT, "FUNCTION", FFS_A_FN, FFS_ONE, "alloc", "the call; or alloc: the SPMC takes something from a pool"),
KEY(INJECT, "error", FFS_A_ERR, FFS_OPT, NULL, NULL, "answer it with FFA_ERROR and this code"),
KEY(INJECT, "delay", FFS_A_TIME, FFS_OPT, NULL, NULL, "let virtual time pass before it"),
KEY(INJECT, "in", FFS_A_BLOCK, FFS_OPT, NULL, NULL, "change registers of the call: {x3=0x10 x4=0}"),
KEY(INJECT, "out", FFS_A_BLOCK, FFS_OPT, NULL, NULL, "change registers that are seen after it"),
KEY(INJECT, "tx", FFS_A_BLOCK, FFS_OPT, NULL, NULL, "change bytes of the caller's TX buffer before it: {0x1c=0xff}"),
KEY(INJECT, "rx", FFS_A_BLOCK, FFS_OPT, NULL, NULL, "change bytes of the RX buffer of who runs after it"),
KEY(INJECT, "fail", NUM, FFS_OPT, NULL, NULL, "of alloc: the N-th one from here on finds the pool empty"),
KEY(INJECT, "when", FFS_A_VALUE, FFS_OPT, NULL, NULL, "which calls: FIRST[..LAST][+STEP], like 2, 2..5, 2+3 (2, 5, 8, ...)"),
D(POKE, "poke", "Writes to memory whoever owns it."),
POS(POKE, "ADDRESS", FFS_A_ADDR, FFS_ONE, NULL, "a number, or the name of a buf or mem, + offset"),
POS(POKE, "WIDTH", NAME | FFS_A_STR, FFS_ONE, "u8 u16 u32 u64", "or the bytes as a string"),
POS(POKE, "VALUE", NUM, FFS_OPT, NULL, "little-endian"),
D(TX, "tx", "Writes a literal to a partition's TX buffer."),
POS(TX, "PART", FFS_A_PART, FFS_ONE, NULL, "whose buffer"),
POS(TX, "{...}", FFS_A_BLOCK, FFS_ONE, NULL, "what it holds"),
D(RX, "rx", "Compares a partition's RX buffer."),
POS(RX, "PART", FFS_A_PART, FFS_ONE, NULL, "whose buffer"),
POS(RX, "{...}", FFS_A_BLOCK, FFS_ONE, NULL, "what it must hold"),
D(CONSOLE, "console", "Expects the next line that a partition wrote to the console."),
POS(CONSOLE, "PART", FFS_A_PART, FFS_ONE, NULL, "whose line"),
POS(CONSOLE, "TEXT", FFS_A_STR, FFS_ONE, NULL, "the line, without its end"),
D(CHECK, "check", "Compares something of the model: leaks, PART.state, PART.rx, ..."),
D(LINT, "lint", "Watches all that the scenario plays for mistakes of a driver, and expects these."),
POS(LINT, "RULE", NAME, FFS_MANY, lint_names, "what was found; none: nothing more"),
D(POWEROFF, "poweroff", "Takes a CPU off."),
POS(POWEROFF, "@CPU", FFS_A_CPU, FFS_ONE, NULL, "the CPU"),
D(RESTART, "restart", "EL3 firmware has a partition stopped and another instance of it started."),
POS(RESTART, "PART", FFS_A_PART, FFS_ONE, NULL, "the partition"),
POS(RESTART, "@CPU", FFS_A_CPU, FFS_ONE, NULL, "where, while the normal world runs there"),
KEY(RESTART, "error", FFS_A_ERR, FFS_OPT, NULL, NULL, "the SPMC refuses with this code"),

D(SHUFFLE, "shuffle", "Runs the statements in its braces in an order that the seed chooses."),
D(ANY, "any", "Accepts the statements in its braces in the order in which they come."),

VERB(STORE, "store", "Writes to memory as the actor: store MEM[a..b] = VALUE."),
VERB(LOAD, "load", "Reads memory as the actor and compares: load MEM[a..b] = VALUE, or = fault."),
VERB(CRASH, "crash", "The partition takes a fatal fault."),
VERB(HANG, "hang", "The partition loops for ever."),
VERB(PREEMPT, "preempt", "A non-secure interrupt arrives while the actor runs."),
VERB(CREATE, "create", "The hypervisor creates the VM, and tells partitions that want to know."),
VERB(DESTROY, "destroy", "The hypervisor ends the VM, and tells partitions that want to know."),

OPTION("within", FFS_A_TIME, NULL, "virtual time that may pass until the result is there"),
OPTION("expect", NAME, "fault", "fault: the access must be refused"),
};
const unsigned int ffs_row_count = G_N_ELEMENTS(ffs_rows);

static const char *const ops[FFS_OP_COUNT] = {
	[FFS_OP_NONE] = "", [FFS_OP_ASSIGN] = "=", [FFS_OP_COLON] = ":",
	[FFS_OP_EQ] = "==", [FFS_OP_NE] = "!=", [FFS_OP_LT] = "<",
	[FFS_OP_LE] = "<=", [FFS_OP_GT] = ">", [FFS_OP_GE] = ">=",
};

const struct ffs_row *ffs_row_of(enum ffs_row_kind kind, unsigned int word)
{
	for (unsigned int i = 0; i < ffs_row_count; i++)
		if (ffs_rows[i].kind == kind && ffs_rows[i].word == word)
			return &ffs_rows[i];
	return NULL;
}

const struct ffs_row *ffs_row_next(const struct ffs_row *r)
{
	if (++r >= ffs_rows + ffs_row_count)
		return NULL;
	switch (r->kind) {
	case FFS_ROW_POS:
	case FFS_ROW_KEY:
	case FFS_ROW_FLAG:
		return r;
	case FFS_ROW_DIRECTIVE:
	case FFS_ROW_VERB:
	case FFS_ROW_OPT:
		break;
	}
	return NULL;
}

const char *ffs_word_name(enum ffs_word word)
{
	const struct ffs_row *r = ffs_row_of(FFS_ROW_DIRECTIVE, word);

	return r ? r->name : "?";
}

const char *ffs_verb_name(enum ffs_verb verb)
{
	const struct ffs_row *r = ffs_row_of(FFS_ROW_VERB, verb);

	return r ? r->name : "?";
}

const char *ffs_op_name(enum ffs_op op)
{
	return op < FFS_OP_COUNT ? ops[op] : "?";
}

enum ffs_word ffs_word_find(const char *name)
{
	for (unsigned int i = 0; i < ffs_row_count; i++)
		if (ffs_rows[i].kind == FFS_ROW_DIRECTIVE &&
		    !strcmp(ffs_rows[i].name, name))
			return (enum ffs_word)ffs_rows[i].word;
	return FFS_W_COUNT;
}
