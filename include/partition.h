/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What runs inside an endpoint, as a state machine: each time one of its
 * execution contexts is given control it is told which registers it sees, and
 * says which call it makes next. It keeps what it must remember in a handle
 * of its own; it never blocks.
 *
 * `size` and `api_version` come first; new members go to the end, so code
 * compiled against an older header keeps working. A callback may be absent
 * where its default is given.
 */
#ifndef PARTITION_H
#define PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffa/ffa.h"

enum { PARTITION_API = 1 };

/* What a context does with the control that it was given. */
enum partition_act {
	PARTITION_CALL,		/* makes the call in *calls */
	PARTITION_CRASH,	/* takes a fatal fault */
	PARTITION_HANG,		/* computes for ever; not entered again unless
				 * it is preempted and resumed */
};

/*
 * What the partition may ask of whoever runs it. Valid from open to close;
 * ids and counts do not change.
 */
struct partition_host {
	size_t size;		/* sizeof(struct partition_host) */
	unsigned int api_version;	/* PARTITION_API */
	uint16_t id;		/* the endpoint's own */
	uint16_t ec_count;	/* contexts are 0..ec_count-1 */
	void *ctx;		/* for the callbacks */
	/*
	 * A load or store of `len` bytes at address `pa`. False, and nothing
	 * is copied, if the endpoint may not do that there: real code would
	 * take a fatal fault, so return PARTITION_CRASH.
	 */
	bool (*load)(void *ctx, uint64_t pa, void *to, size_t len);
	bool (*store)(void *ctx, uint64_t pa, const void *from, size_t len);
	/* Ids of its interrupts, as FFA_FEATURES tells them; 0: none. */
	uint32_t npi, mei;
	/* Where the pages of partition_ops.pages are; 0 if there are none. */
	uint64_t memory;
};

struct partition_ops {
	size_t size;		/* sizeof(struct partition_ops) */
	unsigned int api_version;	/* PARTITION_API */
	const char *name;	/* as in run=NAME; never NULL */
	const char *sentence;	/* what it does; never NULL */

	/*
	 * Called once before anything else. `args` is the text after the
	 * colon of run="NAME:ARGS", "" if there is none. Returns false with a
	 * sentence in *error (free() it) if it cannot start so; then close is
	 * not called. Sets *handle, which every other callback gets.
	 * Absent: there are no arguments, and the handle is NULL.
	 */
	bool (*open)(const struct partition_host *host, const char *args,
		     void **handle, char **error);

	/* Called once, last. Absent: there is nothing to free. */
	void (*close)(void *handle);

	/*
	 * Context `ec` runs for the first time: it initialises, and sees what
	 * the SPMC gives it at boot. What comes back from a call that it makes
	 * here goes to enter. Absent: it calls FFA_MSG_WAIT.
	 */
	enum partition_act (*init)(void *handle, unsigned int ec,
				   const struct ffa_value *sees,
				   struct ffa_value *calls);

	/*
	 * Context `ec` has control and sees `sees`: the message or result that
	 * its last call came back with. Fills in *calls (all zero before) if
	 * it returns PARTITION_CALL. `sees` and `calls` do not overlap.
	 * Never absent.
	 */
	enum partition_act (*enter)(void *handle, unsigned int ec,
				    const struct ffa_value *sees,
				    struct ffa_value *calls);

	/*
	 * Context `ec` takes the virtual interrupt `intid` (a FIQ or an IRQ):
	 * before it is entered, or while it computes for ever; then, if this
	 * returns true, it stops doing so and is entered with registers of
	 * zeros. S-EL0 has no interrupts, but sees FFA_INTERRUPT in enter.
	 * Absent: it takes it, and goes on.
	 */
	bool (*interrupt)(void *handle, unsigned int ec, uint32_t intid,
			  bool fiq);

	/* Pages (4 KiB) of secure memory of its own, for buffers. */
	unsigned int pages;

	/*
	 * What a snapshot has to keep of the handle: save writes it to `to`,
	 * or, if that is NULL, only returns how much it is, which is always
	 * the same. Without addresses: load goes back to it in another process
	 * too.
	 * Absent: there is nothing to keep, or it is lost.
	 */
	size_t (*save)(void *handle, void *to);
	void (*load)(void *handle, const void *from);
};

/*
 * partition_open, partition_close, partition_enter: the callbacks with their
 * defaults; `first` says that the context runs for the first time. Zeroes
 * *calls. partition_open refuses an api_version it does not know.
 */
bool partition_open(const struct partition_ops *ops,
		    const struct partition_host *host, const char *args,
		    void **handle, char **error);
void partition_close(const struct partition_ops *ops, void *handle);
enum partition_act partition_enter(const struct partition_ops *ops,
				   void *handle, unsigned int ec, bool first,
				   const struct ffa_value *sees,
				   struct ffa_value *calls);

/* partition_interrupt: the callback with its default. */
bool partition_interrupt(const struct partition_ops *ops, void *handle,
			 unsigned int ec, uint32_t intid, bool fiq);

/* partition_pages, partition_save, partition_load: likewise. */
unsigned int partition_pages(const struct partition_ops *ops);
size_t partition_save(const struct partition_ops *ops, void *handle, void *to);
void partition_load(const struct partition_ops *ops, void *handle,
		    const void *from);

/* partition_find: the ready-made behaviour of that name, or NULL. */
const struct partition_ops *partition_find(const char *name);

/* partition_list: all of them, sorted by name; sets *n. Static. */
const struct partition_ops *const *partition_list(unsigned int *n);

#endif
