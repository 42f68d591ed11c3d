/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory management: what its files share.
 *
 *	mem_runs.c	runs of pages, in order
 *	pages.c		which page is in which transaction, and whose it is
 *	mem_pool.c	transactions, borrowers, ranges; handles
 *	mem_desc.c	descriptors of each version, read and written
 *	mem_send.c	FFA_MEM_DONATE, _LEND, _SHARE, FFA_MEM_FRAG_TX
 *	mem_retrieve.c	FFA_MEM_RETRIEVE_REQ, FFA_MEM_FRAG_RX
 *	mem_return.c	FFA_MEM_RELINQUISH, FFA_MEM_RECLAIM, crash of a party
 *	mem_perm.c	FFA_MEM_PERM_GET, FFA_MEM_PERM_SET
 */
#ifndef SPMC_MEM_H
#define SPMC_MEM_H

#include "ffa/ffa_desc.h"
#include "state.h"

/* -- descriptor words ------------------------------------------------------- */

enum {
	MEM_DATA = 3, MEM_DATA_RO = 1, MEM_DATA_RW = 2, MEM_DATA_RESERVED = 3,
	MEM_INSTR = 3 << 2, MEM_INSTR_NX = 1 << 2, MEM_INSTR_X = 2 << 2,
	MEM_INSTR_RESERVED = 3 << 2,
	MEM_PERM_RESERVED = 0xf0,

	MEM_SHAREABILITY = 3, MEM_INNER = 3, MEM_OUTER = 2,
	MEM_CACHE = 3 << 2, MEM_WB = 3 << 2, MEM_NC = 1 << 2,
	MEM_TYPE = 3 << 4, MEM_TYPE_NONE = 0, MEM_DEVICE = 1 << 4,
	MEM_NORMAL = 2 << 4, MEM_TYPE_RESERVED = 3 << 4,
	MEM_NS = 1 << 6,
	MEM_ATTR_KNOWN = 0x7f,

	MEM_ZERO = 1, MEM_TIME_SLICE = 2, MEM_ZERO_AFTER = 4,
	MEM_KIND = 3 << 3, MEM_KIND_SHARE = 1 << 3, MEM_KIND_LEND = 2 << 3,
	MEM_KIND_DONATE = 3 << 3,
	MEM_HINT = 0xf << 5, MEM_HINT_VALID = 1 << 9, MEM_BYPASS = 1 << 10,
	MEM_FLAGS_KNOWN = 0x7ff, MEM_FLAGS_LOW = 0xff,
};

/* Permissions of FFA_MEM_PERM_GET and _SET. */
enum { PERM_RX = 3, PERM_RW = 5, PERM_RO = 7 };

/* -- pools ------------------------------------------------------------------ */

enum { NONE = 0 };	/* index 0 of a pool is never handed out */

/* Every pool is used from its start; what was given back is a list. */
struct pool {
	uint32_t used;		/* entries 1..used exist */
	uint32_t free;		/* first of those given back, or NONE */
	uint32_t live;
	uint32_t size;		/* entries 1..size may exist; constant */
};

enum { CHUNK_RANGES = 15 };
struct range {
	uint64_t base;
	uint64_t pages;
};
struct range_chunk {
	uint32_t next;		/* of the same transaction, or of the free list */
	uint32_t used;
	uint64_t pad;
	struct range r[CHUNK_RANGES];
};

/* Whether the pages of a transaction are device memory: all or none. */
enum mem_device { MEM_DEVICE_OPEN, MEM_DEVICE_NO, MEM_DEVICE_YES };

/* Where reading a list of ranges has come to. */
struct cursor {
	uint32_t chunk, index;
};

struct borrower {
	uint32_t next;		/* of the same transaction, or of the free list */
	uint16_t id;
	uint8_t state;		/* enum brw_state */
	uint8_t sent;		/* permissions that the sender allows */
	uint8_t flags;		/* EMAD flags of the sender */
	uint8_t held;		/* permissions that it retrieved with */
	uint8_t zero_after;	/* asked for when it retrieved */
	uint8_t has_impdef;	/* the sender's descriptor had room for it */
	struct cursor at;	/* while it reads: next range to describe */
	uint32_t offset;	/* the same as an offset in its descriptor */
	uint32_t uses;		/* retrievals that it has not relinquished */
	uint64_t impdef[2];
};

/* MEM_KIND_* >> 3, as a transaction keeps it. */
enum kind { SHARE = 1, LEND, DONATE };

struct txn {
	uint32_t next;		/* of the free list */
	uint32_t generation;	/* counts the uses of this entry */
	uint8_t state;		/* enum txn_state */
	uint8_t kind;		/* enum kind */
	uint8_t attributes;
	uint8_t zero;		/* MEM_ZERO was given */
	uint16_t sender;	/* id in the descriptor */
	uint16_t owner;		/* endpoint index that sends, */
	uint16_t doomed;	/* owner has died: freed with the last borrower */
	uint16_t borrower_count;
	uint16_t holders;	/* borrowers that have access */
	uint8_t ns;		/* the memory is non-secure */
	uint8_t device;		/* enum mem_device */
	uint32_t first_borrower;
	uint32_t first_chunk, last_chunk;
	uint32_t range_count;	/* announced; ranges_got came so far */
	uint32_t ranges_got;
	uint32_t page_count;	/* announced */
	uint32_t total, got;	/* bytes of the descriptor, while it is sent */
	struct cursor hyp_at;	/* of the hypervisor's retrieval */
	uint32_t hyp_offset;
	uint32_t buffer_pages;	/* what it is sent in, if not in TX: */
	uint64_t buffer;	/* or both 0 */
	uint64_t tag;
};

/*
 * A run of pages that are not as the configuration has them: in a
 * transaction, owned by somebody else since a donation, or with other
 * permissions. Runs do not overlap, a run lies in one region, and equal
 * neighbours there are one.
 */
struct run {
	uint64_t first, pages;	/* in pages */
	uint32_t txn;		/* or NONE */
	uint16_t owner;		/* endpoint index */
	uint8_t perm;		/* of FFA_MEM_PERM_SET, + 1; or 0 */
	uint8_t pad;
};
enum { CHUNK_RUNS = 32 };
struct run_chunk {
	uint32_t next;		/* of the free list */
	uint32_t used;
	uint64_t pad;
	struct run r[CHUNK_RUNS];	/* ascending */
};
struct run_dir {
	uint64_t first;		/* page of the chunk's first run */
	uint32_t chunk;
	uint32_t pad;
};

/* What moves of memory management, besides the pools' arrays. */
struct mem {
	struct pool txns, borrowers, ranges, runs;
	uint32_t dir_used;
	uint32_t fail;		/* so many allocations on, one fails; 0: none */
};

static inline struct mem *mem_of(const struct spmc *s)
{
	return spmc_at(s, s->mem);
}

static inline struct txn *txn_at(const struct spmc *s, uint32_t i)
{
	return (struct txn *)spmc_at(s, s->txns) + i;
}

static inline struct borrower *borrower_at(const struct spmc *s, uint32_t i)
{
	return (struct borrower *)spmc_at(s, s->borrowers) + i;
}

static inline struct range_chunk *ranges_at(const struct spmc *s, uint32_t i)
{
	return (struct range_chunk *)spmc_at(s, s->range_chunks) + i;
}

static inline struct run_chunk *runs_at(const struct spmc *s, uint32_t i)
{
	return (struct run_chunk *)spmc_at(s, s->run_chunks) + i;
}

/* -- mem_pool.c --------------------------------------------------------------- */

/* Each returns an index, or NONE if the pool is empty; entries are zero. */
uint32_t txn_new(struct spmc *s);
uint32_t borrower_new(struct spmc *s, struct txn *t);
bool range_add(struct spmc *s, struct txn *t, uint64_t base, uint64_t pages);

/* txn_free: with its borrowers and ranges; its handle is stale from now on. */
void txn_free(struct spmc *s, uint32_t txn);

/* txn_forget: as if txn_new had not been called; nobody knows the handle. */
void txn_forget(struct spmc *s, uint32_t txn);

/*
 * mem_fails: is this the allocation that spmc_fail_alloc() wants to fail?
 * Who looks whether there is room instead of trying asks it, too.
 */
bool mem_fails(const struct spmc *s);

/* run chunks for pages.c, which has seen that there is room */
uint32_t run_chunk_new(struct spmc *s);
void run_chunk_free(struct spmc *s, uint32_t chunk);

/* The handle of a transaction, and back: NONE if there is no such handle. */
uint64_t txn_handle(const struct spmc *s, uint32_t txn);
uint32_t txn_find(const struct spmc *s, uint64_t handle);

/* borrower_find: NONE if `id` is not a borrower. */
uint32_t borrower_find(const struct spmc *s, const struct txn *t, uint16_t id);

/* next_range: the range at the cursor, which moves on; NULL at the end. */
struct cursor first_range(const struct txn *t);
const struct range *next_range(const struct spmc *s, struct cursor *at);

/* -- mem_runs.c ---------------------------------------------------------------- */

/* A place in the order: chunk `d` of the directory, run `i` of it. */
struct place {
	uint32_t d, i;
};

/*
 * runs_place: the first run that ends behind `page`. runs_next: the one behind
 * a run. runs_get: what is there, or NULL at the end.
 */
struct place runs_place(const struct spmc *s, uint64_t page);
struct place runs_next(const struct spmc *s, struct place p);
struct run *runs_get(const struct spmc *s, struct place p);

/*
 * runs_room: is there room for `n` more runs around the places from `lo` to
 * `hi`? The others need it: runs_insert inserts a run before `p`, runs_split
 * makes `page` the first of its run, if it is inside one. False: no room.
 */
bool runs_room(const struct spmc *s, struct place lo, struct place hi,
	       uint32_t n);
bool runs_insert(struct spmc *s, struct place p, const struct run *r);
bool runs_split(struct spmc *s, uint64_t page);
void runs_remove(struct spmc *s, struct place p);

/* runs_hash: of all runs in order, folded into `h`. */
uint64_t runs_hash(const struct spmc *s, uint64_t h);

/* -- pages.c ------------------------------------------------------------------- */

enum pages_verdict {
	PAGES_OK,
	PAGES_NOT_MEMORY,	/* no memory of the system, or not the owner's */
	PAGES_NOT_EXCLUSIVE,	/* in another transaction, or an RX/TX buffer */
	PAGES_TWICE,		/* in this transaction already */
	PAGES_DEVICE,		/* device memory, and not lent to one */
	PAGES_MIXED,		/* not of the kind of the pages before */
	PAGES_READ_ONLY,	/* and read-write was wanted */
	PAGES_NO_MEMORY,	/* no room for another run */
};

/*
 * pages_take: puts `pages` pages from address `base` into a transaction,
 * whose owner and kind of memory they must have (its first range decides
 * about device and non-secure). All or nothing. `write`: they are writable.
 */
enum pages_verdict pages_take(struct spmc *s, uint32_t txn, uint64_t base,
			      uint64_t pages, bool write);

/*
 * pages_give: takes them out again. `owner`: whose they are from now on, or
 * SPMC_NOBODY: as before. `perm`: the new owner's permissions (+ 1), or 0.
 */
void pages_give(struct spmc *s, uint64_t base, uint64_t pages,
		unsigned int owner, uint8_t perm);

/* pages_perm: sets the permissions (+ 1) of pages; false: no room. */
bool pages_perm(struct spmc *s, uint64_t base, uint64_t pages, uint8_t perm);

/*
 * pages_zero: clears the memory of a transaction. pages_can_zero: is all of
 * it there to be cleared?
 */
void pages_zero(const struct spmc *s, const struct spmc_env *env,
		const struct txn *t);
bool pages_can_zero(const struct spmc *s, const struct spmc_env *env,
		    const struct txn *t);

/*
 * pages_piece: the pages from `page` to at most `end` that are all alike, and
 * the attributes of their region; false if there is no memory.
 */
bool pages_piece(const struct spmc *s, uint64_t page, uint64_t end,
		 struct run *out, unsigned int *attrs);

/* mem_hash (mem_pool.c): of all that memory management keeps. */
uint64_t mem_hash(const struct spmc *s, uint64_t h);

/* -- mem_desc.c ------------------------------------------------------------------ */

/* The rules of DESC_RULES in rules_mem.def, for a send or a retrieval. */
struct desc_rules {
	enum spmc_rule buffer, buffer_memory, no_tx, tx_small, header,
		       reserved, attr_reserved, emad_size, emad_size_version,
		       emad_offset, emad_count, emad_many, emad_bounds,
		       emad_reserved, emad_perm, emad_flags;
};
#define DESC_RULES_OF(p) {						\
	RULE_##p##_BUFFER, RULE_##p##_BUFFER_MEMORY, RULE_##p##_NO_TX,	\
	RULE_##p##_TX_SMALL, RULE_##p##_HEADER, RULE_##p##_RESERVED,	\
	RULE_##p##_ATTR_RESERVED, RULE_##p##_EMAD_SIZE,			\
	RULE_##p##_EMAD_SIZE_VERSION, RULE_##p##_EMAD_OFFSET,		\
	RULE_##p##_EMAD_COUNT, RULE_##p##_EMAD_MANY,			\
	RULE_##p##_EMAD_BOUNDS, RULE_##p##_EMAD_RESERVED,		\
	RULE_##p##_EMAD_PERM, RULE_##p##_EMAD_FLAGS }

/* A transaction descriptor as its version's layout says it. */
struct desc {
	const char *buf;	/* the first fragment, */
	uint32_t len;		/* and its length */
	uint16_t sender, attributes;
	uint32_t flags;
	uint64_t handle, tag;
	uint32_t emad_size, emad_count, emad_offset;
	uint32_t composite;	/* offset of it in the access descriptors, */
	bool composites;	/* which do not all say the same */
};
struct emad {
	uint16_t id;
	uint8_t perm, flags;
	uint64_t impdef[2];
	bool has_impdef;
};

/* One more than there are endpoints: of so many one is wrong, or twice. */
enum { DESC_EMADS = SPMC_MAX_ENDPOINTS + 1 };

/*
 * desc_buffer: finds the `len` bytes of the call's fragment: in TX, or where
 * w3 and w4 say. desc_map: the same for a buffer that was found before (TX if
 * `pages` is 0); NULL if it is there no more.
 */
enum spmc_rule desc_buffer(struct call *c, const struct desc_rules *r,
			   uint32_t len, const char **buf);
const char *desc_map(struct call *c, uint64_t base, uint32_t pages);

/*
 * desc_read: reads the fixed part of a descriptor in the caller's layout;
 * desc_emads: checks all access descriptors and keeps the first DESC_EMADS of
 * them in `e`. Every byte is read once: the caller may write while we read.
 */
enum spmc_rule desc_read(struct call *c, const struct desc_rules *r,
			 struct desc *d);
enum spmc_rule desc_emads(struct call *c, const struct desc_rules *r,
			  struct desc *d, struct emad e[DESC_EMADS]);

/*
 * Sizes of a response in the layout of a version: to borrower `only`, or
 * (NONE) to the hypervisor.
 */
struct response {
	uint32_t head;		/* to the first range */
	uint32_t total;
	uint32_t emads, emad_size;
};
struct response response_size(const struct spmc *s, const struct txn *t,
			      uint32_t version, uint32_t only);

/* response_head: writes all before the ranges. */
void response_head(const struct spmc *s, uint32_t txn, uint32_t version,
		   uint32_t only, char *to);

/* response_ranges: writes ranges from *at on; returns the bytes written. */
uint32_t response_ranges(const struct spmc *s, struct cursor *at, char *to,
			 uint32_t room);

/* -- mem_return.c ------------------------------------------------------------------ */

/* mem_death: the endpoint aborted; nothing it lent or borrowed names it. */
void mem_death(struct spmc *s, const struct spmc_env *env, unsigned int ep);

/* mem_drop: a transaction that is not complete ends. */
void mem_drop(struct spmc *s, const struct spmc_env *env, uint32_t txn);

#endif
