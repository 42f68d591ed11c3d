/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of memory management share: descriptors in each version's
 * layout, each field of which can be broken, and a world whose endpoints call
 * in turn.
 */
#ifndef TESTS_UNIT_MEM_DESC_H
#define TESTS_UNIT_MEM_DESC_H

#include "world.h"

/* Check notes every assertion that holds in a file; here only failures cost. */
#define must(cond, ...)							\
	do {								\
		if (!(cond))						\
			ck_abort_msg(__VA_ARGS__);			\
	} while (0)
#define must_eq(a, b)							\
	must((long long)(a) == (long long)(b), "%s is %#llx, not %#llx", #a, \
	     (long long)(a), (long long)(b))

#define must_refuse(w, id)						\
	must((w)->out.rule == RULE_##id, "%s, not " #id,		\
	     spmc_rules[(w)->out.rule].name)
#define must_ok(w)							\
	must(!(w)->out.rule, "refused by %s",				\
	     spmc_rules[(w)->out.rule].name)

/* Endpoint indices; SP 1 and 2 are at S-EL1, SP 3 is at S-EL0. */
enum { NS, VM, SP1, SP2, SP3, ENDPOINTS };
extern uint16_t mem_ids[ENDPOINTS];	/* may be changed before mem_config */

enum { SP3_PA = SP_PA + 48 * FFA_PAGE_SIZE };

enum mem_kind { RETRIEVE, SHARE, LEND, DONATE };
enum { RO = 1, RW = 2, NX = 4, X = 8, ATTR_NORMAL = 0x2f, ATTR_DEVICE = 0x13 };

enum { DESC_MAX_EMADS = 70, DESC_MAX_RANGES = 1024 };
struct mem_emad {
	uint16_t id;
	uint8_t perm;
	uint64_t impdef;
};
struct mem_range {
	uint64_t base;
	uint32_t pages;
};
struct mem_desc {
	enum mem_kind kind;
	uint32_t version;	/* of the layout */
	uint32_t emad_size;	/* 0: the version's */
	uint32_t pad;		/* bytes before the access descriptors, */
	uint32_t pad2;		/* and before the composite */
	uint16_t sender, attributes;
	uint32_t flags;
	uint64_t handle, tag;
	uint32_t emads, ranges;
	struct mem_emad emad[DESC_MAX_EMADS];
	struct mem_range range[DESC_MAX_RANGES];
	/* set by mem_desc_write */
	uint32_t emad_at, composite_at, len;
};

/* mem_desc_write: writes a descriptor; returns its length. */
uint32_t mem_desc_write(struct mem_desc *d, unsigned char *to);

/* A field of a written descriptor. */
enum mem_field {
	F_NONE, F_SENDER, F_ATTR, F_FLAGS, F_HANDLE, F_TAG, F_RESERVED,
	F_RESERVED2, F_EMAD_SIZE, F_EMAD_COUNT, F_EMAD_OFFSET,
	F_E_ID, F_E_PERM, F_E_FLAGS, F_E_COMPOSITE, F_E_RESERVED, F_E_IMPDEF,
	F_E2_ID, F_E2_PERM, F_E2_COMPOSITE, F_E2_RESERVED,
	F_C_PAGES, F_C_COUNT, F_C_RESERVED,
	F_R_BASE, F_R_PAGES, F_R_RESERVED, F_R2_BASE, F_R2_PAGES,
	/* registers of the call */
	F_LEN, F_FRAG, F_ADDRESS, F_BUFFER_PAGES,
};

/* mem_desc_poke: false if the layout has no such field. */
bool mem_desc_poke(const struct mem_desc *d, unsigned char *at,
		   enum mem_field f, uint64_t value);

/*
 * mem_config: endpoints as above, all of `version`; SP 3 has 16 pages from
 * SP3_PA. 64 handles, 256 ranges. mem_boot: all initialise and map buffers of
 * two pages: the first four pages of what each owns (not the VM).
 */
struct spmc_config *mem_config(uint32_t version,
			       struct spmc_endpoint_config **eps,
			       struct spmc_region **regs);
struct world *mem_boot(const struct spmc_config *cfg);

/* mem_tx, mem_rx: the buffers; mem_at: memory at an address. */
enum { BOX_PAGES = 2 };
unsigned char *mem_tx(struct world *w, int ep);
unsigned char *mem_rx(struct world *w, int ep);
unsigned char *mem_at(struct world *w, uint64_t pa);

/*
 * mem_as: `ep` makes a call, on CPU 0, by way of direct requests; returns the
 * error, or 0. A call that is refused must have changed nothing, unless its
 * rule says so.
 */
int mem_as(struct world *w, int ep, uint32_t fid, uint64_t x1, uint64_t x2,
	   uint64_t x3, uint64_t x4);
/* mem_run: control goes to `ep`. */
void mem_run(struct world *w, int ep);

/* mem_send: in one fragment; returns the handle, or 0 if it was refused. */
uint64_t mem_send(struct world *w, int ep, struct mem_desc *d);
int mem_retrieve(struct world *w, int ep, struct mem_desc *d);
int mem_release(struct world *w, int ep);
int mem_relinquish(struct world *w, int ep, uint64_t handle, uint32_t flags);
int mem_reclaim(struct world *w, int ep, uint64_t handle, uint32_t flags);

/* mem_take: retrieves what `sent` describes, and releases RX. */
int mem_take(struct world *w, int ep, const struct mem_desc *sent,
	     uint64_t handle);
int mem_frag_tx(struct world *w, int ep, uint64_t handle, uint32_t len,
		uint16_t id);
int mem_frag_rx(struct world *w, int ep, uint64_t handle, uint32_t offset,
		uint16_t id);
/*
 * mem_boot_to_sp3: SP 3 initialises still, nobody has buffers. mem_perm_set: it
 * sets permissions; returns the rule that refuses it. mem_map_boxes: an
 * endpoint maps its buffers.
 */
struct world *mem_boot_to_sp3(const struct spmc_config *cfg);
int mem_perm_set(struct world *w, uint64_t pa, uint32_t pages, uint32_t perm);
void mem_map_boxes(struct world *w, int ep, uint64_t pa);
/* must_access: `ep` may do `is` to the page, enum spmc_access. */
void must_access(struct world *w, int ep, uint64_t pa, unsigned int is);

/* Descriptors to begin with: of one range of one page, to one SP. */
struct mem_desc mem_desc_send(enum mem_kind kind, uint32_t version, int from,
			      int to, uint64_t base, uint32_t pages);
/* The request for what `d` sent, with the access that it allows. */
struct mem_desc mem_desc_request(const struct mem_desc *d, uint32_t version,
				 uint64_t handle);

uint32_t mem_fid(enum mem_kind kind, bool wide);

#endif
