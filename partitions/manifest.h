/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Partition and SPMC manifests: the device-tree binding of FF-A as TF-A
 * (docs/components/ffa-manifest-binding.rst), Hafnium (src/manifest.c) and
 * OP-TEE (core/arch/arm/kernel/secure_partition.c) read it. What is done with
 * each property is in docs/manifest.md; the rows are manifest_props[].
 *
 *	struct manifest *m = manifest_load("sp.dts", &error, warnings);
 *	manifest_place(m, load, size, &next, &error);
 *	manifest_to_endpoint(m, cpus, FFA_V1_2, &endpoint, &error, warnings);
 *	manifest_to_regions(m, endpoint.id, regions, n);
 *	manifest_boot_info(m, endpoint.version, address, buf, size);
 *
 * Errors are new strings (g_free) of one or more lines without final newline,
 * each "file: /node/property: what is wrong, what was expected". Warnings are
 * lines of that form, as new strings appended to an array that owns them (or
 * is NULL: nobody wants them).
 */
#ifndef PARTITIONS_MANIFEST_H
#define PARTITIONS_MANIFEST_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spmc.h"

enum {
	MANIFEST_MAX_SIZE = 1 << 20,	/* bytes of a file or blob */
	MANIFEST_MAX_REGIONS = 256,	/* memory and devices of a partition */
	MANIFEST_MAX_RANGES = 256,	/* memory ranges of an SPMC manifest */
	MANIFEST_MAX_VMS = 64,
	MANIFEST_NO_REGISTER = -1,
	MANIFEST_LAST = 0xffff,		/* boot order if none is given */
};

/* Values of exception-level (Hafnium knows 6; 3-5 are AArch32 modes). */
enum manifest_el {
	MANIFEST_EL1 = 0, MANIFEST_S_EL0 = 1, MANIFEST_S_EL1 = 2,
	MANIFEST_EL0 = 6,
};

enum manifest_attr {
	MANIFEST_READ = 1, MANIFEST_WRITE = 2, MANIFEST_EXEC = 4,
	MANIFEST_NONSECURE = 8,
	MANIFEST_GUARDED = 16,		/* OP-TEE: BTI guarded pages */
};

enum manifest_boot_item {
	MANIFEST_BOOT_FDT = 1,		/* ffa_manifest */
	MANIFEST_BOOT_HOB = 2,		/* hob_list */
};

enum manifest_abort {
	MANIFEST_ABORT_STOP, MANIFEST_ABORT_DESTROY, MANIFEST_ABORT_RESTART,
	MANIFEST_ABORT_PROPAGATE,
	MANIFEST_ABORT_IMPDEF,		/* not said */
};

/* A property of u32 cells, in host byte order. */
struct manifest_cells {
	uint32_t *v;
	unsigned int n;
};

struct manifest_service {
	struct ffa_uuid uuid;
	uint32_t methods;		/* enum ffa_partition_prop */
};

struct manifest_irq {
	uint32_t id;
	uint32_t attributes;		/* priority [7:0], secure [8], level
					 * [9], type [11:10]: 2 SPI, 1 PPI */
	bool targeted;			/* interrupts-target names a PE: */
	uint64_t mpidr;
};

/* A memory or device region. */
struct manifest_region {
	char *node;			/* path in the tree */
	char *description;		/* or NULL */
	bool device;
	bool has_base;			/* base is known, */
	bool relative;			/* given as an offset, */
	bool absolute;			/* or as an address */
	uint64_t base, offset;
	uint64_t pages;			/* of 4 KiB */
	uint32_t granules;		/* pages-count as it stands there */
	uint32_t attributes;		/* enum manifest_attr */
	uint32_t phandle;		/* 0: none */
	uint32_t load_flags;		/* OP-TEE: 1 not in the image */
	bool has_smmu;
	uint32_t smmu_id;
	struct manifest_cells stream_ids, stream_perms;
	struct manifest_cells irq_cells, irq_targets;
	struct manifest_irq *irqs;
	unsigned int irq_count;
	bool exclusive;
};

/* A range of physical memory in an SPMC manifest. */
struct manifest_range {
	uint64_t base, size;
	bool secure, device;
};

/* A partition that the SPMC loads (/hypervisor/vmN, Hafnium). */
struct manifest_vm {
	char *node;
	char *name;			/* debug_name */
	uint16_t id;			/* 0x8000 | N */
	bool is_ffa, hyp_loaded, permissive, has_load;
	uint64_t load_address, mem_size, boot_address;
	uint32_t vcpus;
	char *kernel, *ramdisk, *fdt;
	struct manifest_cells smcs;	/* smc_whitelist */
};

/* A partition package (OP-TEE, compatible arm,sp_pkg). */
struct manifest_package {
	struct ffa_uuid uuid;
	uint64_t load_address;
};

/* What an SPMC manifest says. */
struct manifest_core {
	uint16_t spmc_id;
	uint32_t version;
	bool aarch32;
	bool has_load, has_entry;
	uint64_t load_address, entrypoint;
	uint32_t binary_size;		/* 0: not said */
	uint32_t maj_ver, min_ver, id, exec_state;
	uint64_t mpidrs[SPMC_MAX_CPUS];
	unsigned int cpu_count;		/* 0: not said */
	struct manifest_range *ranges;	/* ascending, not overlapping */
	unsigned int range_count;
	struct manifest_vm *vms;	/* in the order of the tree */
	unsigned int vm_count;
	struct manifest_package *packages;
	unsigned int package_count;
	bool ffa_tee_enabled;
};

struct manifest {
	char *file;
	char *name;			/* description, debug_name, or file */
	uint8_t *blob;			/* the tree, 8-byte aligned */
	gsize blob_size;
	unsigned int binding;		/* minor of the compatible string */
	struct manifest_core *core;	/* not NULL: an SPMC manifest, and
					 * nothing below counts */
	bool has_id;			/* else the board assigns one */
	bool has_load, has_aux, has_image_uuid;
	uint32_t id, auxiliary_id;
	uint32_t version;		/* FFA_VER() */
	struct manifest_service services[SPMC_MAX_UUIDS];
	unsigned int service_count;	/* not zero */
	char *description, *debug_name;
	uint32_t ec_count;
	uint32_t el;			/* enum manifest_el */
	uint32_t aarch32;
	uint64_t load_address, entrypoint_offset;
	uint64_t image_size;		/* image-size or mem-size; or 0 */
	uint64_t mem_size;
	uint32_t granule;		/* bytes of a page */
	uint32_t xlat_granule;
	uint32_t boot_order;
	int32_t boot_register;		/* gp-register-num */
	unsigned int boot_items;	/* enum manifest_boot_item */
	bool ffa_manifest, hob_list;
	bool managed_exit, managed_exit_virq;
	uint32_t ns_action;		/* enum spmc_ns_action */
	uint32_t other_s_action;	/* 0 queued, 1 signaled */
	uint32_t sri_policy;
	bool notifications, primary_scheduler, no_time_slice;
	uint32_t vm_messages;		/* 1 created, 2 destroyed */
	uint32_t pm_messages;		/* enum spmc_pm */
	uint32_t run_time_model;	/* of FF-A 1.0; kept */
	uint32_t elf_format;		/* OP-TEE; kept */
	bool lifecycle, live_activation;
	uint32_t abort_action;		/* enum manifest_abort */
	int32_t live_register;
	struct ffa_uuid image_uuid;
	struct manifest_cells sepids;	/* stream-endpoint-ids */
	uint32_t rx_phandle, tx_phandle, live_phandle;	/* 0: none */
	struct manifest_region *regions;	/* memory, then devices */
	unsigned int region_count;
	struct manifest_region *rx, *tx, *live;	/* in regions, or NULL */
};

/*
 * manifest_load: reads a manifest: a device-tree blob as it is, any other
 * file through dtc, after cpp if it has preprocessor lines. NULL with *error.
 * Free with manifest_free.
 */
struct manifest *manifest_load(const char *path, char **error,
			       GPtrArray *warnings);

/*
 * manifest_parse: the same of a blob in memory, which is copied; `name`
 * stands for the path. Any bytes are fine.
 */
struct manifest *manifest_parse(const char *name, const void *blob, gsize size,
				char **error, GPtrArray *warnings);
void manifest_free(struct manifest *m);

/*
 * manifest_place: completes what a partition's manifest leaves open: loads it
 * at `load` if it has no address; takes `image_size` bytes (rounded up to
 * pages, cut where its first region begins) for the image if the size is not
 * said; takes memory for regions without address from *next on, which moves.
 * False with *error if something overlaps or leaves the address space then.
 */
bool manifest_place(struct manifest *m, uint64_t load, uint64_t image_size,
		    uint64_t *next, char **error);

/*
 * manifest_conflict: NULL, or why two partitions cannot be on one board (a
 * new string): a page, an id, an image UUID or an interrupt that both claim.
 * Equal boot orders only give a warning.
 */
char *manifest_conflict(const struct manifest *a, const struct manifest *b,
			GPtrArray *warnings);

/*
 * manifest_to_endpoint: fills *out (all of it) for a board with `cpus` CPUs
 * and an SPMC of that version. id is 0 if the manifest has none; boot_info is
 * left 0 (see manifest_boot_info). False with *error if the partition cannot
 * run there or `m` is an SPMC manifest.
 */
bool manifest_to_endpoint(const struct manifest *m, unsigned int cpus,
			  uint32_t version, struct spmc_endpoint_config *out,
			  char **error, GPtrArray *warnings);

/*
 * manifest_to_regions: the regions that the partition owns: its image if the
 * size is known, memory, devices; not those inside the image. Returns their
 * number, and writes up to `n` of them. After manifest_place, which gives
 * every region an address. Non-secure regions are given to the partition
 * too: whether the normal world also sees them is the board's to say.
 */
unsigned int manifest_to_regions(const struct manifest *m, uint16_t owner,
				 struct spmc_region *out, unsigned int n);

/*
 * manifest_wants_boot_info: a secure partition that named a register for it.
 * (A VM gets its own from its hypervisor.)
 */
bool manifest_wants_boot_info(const struct manifest *m);

/*
 * manifest_boot_info: the boot information blob of the partition for a place
 * at physical address `address` (8-byte aligned): header, descriptors, and
 * behind them what these point to. Returns its size; `buf` is written only if
 * that is at most `size`. 0: the partition wants none. `version` goes into
 * the header: the FF-A version of the partition (Hafnium, TF-A).
 */
gsize manifest_boot_info(const struct manifest *m, uint32_t version,
			 uint64_t address, void *buf, gsize size);

/* -- the table of properties ---------------------------------------------- */

enum manifest_node {
	MANIFEST_N_PARTITION, MANIFEST_N_SERVICES, MANIFEST_N_SERVICE,
	MANIFEST_N_RXTX, MANIFEST_N_BOOT_INFO, MANIFEST_N_LIVE,
	MANIFEST_N_MEMORIES, MANIFEST_N_MEMORY, MANIFEST_N_DEVICES,
	MANIFEST_N_DEVICE, MANIFEST_N_TPM, MANIFEST_N_FEATURES,
	MANIFEST_N_CORE, MANIFEST_N_ATTRIBUTE, MANIFEST_N_HYPERVISOR,
	MANIFEST_N_VM, MANIFEST_N_CPUS, MANIFEST_N_CPU, MANIFEST_N_RANGES,
	MANIFEST_N_PACKAGES, MANIFEST_N_PACKAGE,
	MANIFEST_N_COUNT,
};

enum manifest_type {
	MANIFEST_T_U32,		/* one cell */
	MANIFEST_T_U64,		/* one or two cells */
	MANIFEST_T_ORDER,	/* a cell or 16 bits (OP-TEE) */
	MANIFEST_T_FLAG,	/* present, empty */
	MANIFEST_T_STRING,	/* one string */
	MANIFEST_T_STRINGS,	/* one or more */
	MANIFEST_T_CELLS,	/* cells, multiple of `min` */
	MANIFEST_T_UUID,	/* 4 cells (binding 1.0) or a string (1.1) */
	MANIFEST_T_REG,		/* as #address-cells and #size-cells say */
	MANIFEST_T_ANY,		/* not looked at */
};

struct manifest_prop {
	enum manifest_node node;
	const char *name;
	enum manifest_type type;
	bool required;
	uint64_t min, max;	/* of numbers */
	size_t offset;		/* member that it sets, or SIZE_MAX */
	size_t given;		/* bool that says it was there; SIZE_MAX */
	const char *expected;	/* "0 (AArch64) or 1 (AArch32)", or NULL */
	const char *sentence;	/* what is done with it */
};
extern const struct manifest_prop manifest_props[];
extern const unsigned int manifest_prop_count;

/* manifest_node_name: "partition", "memory region". */
const char *manifest_node_name(enum manifest_node node);

#endif
