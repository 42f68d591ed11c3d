/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the declaring lines of a scenario (ffa, board, part, buf, mem) to a
 * configuration of the SPMC and a machine.
 *
 * What is there without a line for it:
 *  - non-secure RAM 0x8000_0000 to 0xffff_ffff, of the normal world's primary;
 *  - secure RAM 0x0400_0000 to 0x0fff_ffff, nobody's. 0x0800_0000 to
 *    0x0bff_ffff of it is where partitions with a manifest are put that does
 *    not say where;
 *  - the primary, `ns`, if no part has id 0.
 * A `buf` or `mem` gives its pages to its owner. It is secure memory inside
 * the secure RAM, with the word `secure`, or where there is nothing else and
 * the owner is a secure partition. Two of them may overlap only if they agree
 * on owner and kind. A manifest's regions count like `mem` lines; an SPMC
 * manifest replaces the two ranges of RAM by its own.
 * A partition without `uuid=` gets ffa50000-0000-4000-8000-00000000IDID.
 */
#ifndef SIM_BOARD_H
#define SIM_BOARD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"
#include "spmc.h"

struct ffs_diags;
struct ffs_file;
struct ffs_stmt;
struct ffs_value;
struct machine;
struct run_options;
struct run_variant;

struct board_part {
	const char *name;
	unsigned int index;	/* in config.endpoints */
	uint16_t id;
	bool code;		/* has run= */
	char *run;		/* "echo", and what follows: "" */
	char *run_args;
	uint64_t memory;	/* of its code, or 0 */
	const struct ffs_stmt *stmt;	/* NULL: the implied primary */
	struct manifest *manifest;	/* or NULL */
	uint8_t *boot_blob;	/* goes to the endpoint's boot_info */
	uint64_t boot_size;
};

struct board_mem {
	const char *name;
	uint16_t owner;		/* endpoint id */
	uint64_t base, pages, stride;	/* stride in pages, at least 1 */
	bool secure;
	const struct ffs_stmt *stmt;
};

struct board {
	struct spmc_config config;	/* accepted by spmc_check_config */
	struct spmc_endpoint_config *endpoints;
	GArray *regions;	/* struct spmc_region, by address */
	GArray *irqs;		/* struct spmc_irq */
	GArray *ranges;		/* struct memory_range, by address */
	struct board_part *parts;	/* [config.endpoint_count], by index */
	struct board_mem *mems;	/* buf and mem lines */
	unsigned int mem_count;
	uint64_t seed;
	uint32_t part_version;	/* of parts that do not say */
	GPtrArray *warnings;	/* char *, of manifests */
	GPtrArray *warned_at;	/* struct ffs_loc *, of each of them */
	const struct ffs_file *file;
	const struct run_variant *variant;
	bool partial;		/* without declarations that are wrong */
	/* where the next thing goes that says not where */
	uint64_t next_image, next_memory;
	GArray *base;		/* of board_mem.c */
};

/*
 * board_new: `variant` and `options` may be NULL: the first value of every
 * parameter, all defaults. The file was accepted by ffs_check. NULL with
 * errors in `d`. What the file owns must outlive the board.
 */
struct board *board_new(const struct ffs_file *file,
			const struct run_variant *variant,
			const struct run_options *options,
			struct ffs_diags *d);
void board_free(struct board *b);

/*
 * The same in two steps: after the first, config.cpus, config.version and
 * seed are known and no file but the scenario was looked at. False with
 * errors in `d`; free it then too. Here ffs_check may have refused the file:
 * a board without the statements that are wrong serves to look for more
 * errors, not to run.
 */
struct board *board_begin(const struct ffs_file *file,
			  const struct run_variant *variant,
			  const struct run_options *options);
bool board_finish(struct board *b, struct ffs_diags *d);

/*
 * board_machine: a machine at reset, with the code of every part that has
 * run=, and boot information in memory. NULL with a sentence in *error.
 */
struct machine *board_machine(const struct board *b, uint64_t seed,
			      char **error);

/* By name, or NULL; names of the file (interned) and others alike. */
const struct board_part *board_part(const struct board *b, const char *name);
const struct board_mem *board_mem(const struct board *b, const char *name);

/* board_path: a file name that a line has, as seen from here. */
char *board_path(const struct ffs_stmt *s, const char *path);

/* board_mem_at: the buf or mem that holds `pa`, or NULL. */
const struct board_mem *board_mem_at(const struct board *b, uint64_t pa);

/* board_mem_pa: physical address of byte `offset` of a buf or mem. */
uint64_t board_mem_pa(const struct board_mem *m, uint64_t offset);

/* board_param: the value of a parameter in this variant, or NULL. */
const struct ffs_value *board_param(const struct board *b, const char *name);

/*
 * board_number: a value that is a number without knowing the run: numbers,
 * versions, parameters, names of parts (id), bufs and mems (base), sums.
 * False if it is none.
 */
bool board_number(const struct board *b, const struct ffs_value *v,
		  uint64_t *num);

#endif
