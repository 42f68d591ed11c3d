/* SPDX-License-Identifier: BSD-3-Clause */
/* Every property of the binding, a row each; docs/manifest.md has them all. */
#include "manifest_impl.h"

#define NONE	SIZE_MAX
#define U32MAX	UINT32_MAX
#define U64MAX	UINT64_MAX

/* kind, name, type, required, min, max, member, given, expected, sentence */
#define ROW(node, ...) { MANIFEST_N_##node, __VA_ARGS__ }
#define M(member) offsetof(struct manifest, member)
#define R(member) offsetof(struct manifest_region, member)
#define C(member) offsetof(struct manifest_core, member)
#define V(member) offsetof(struct manifest_vm, member)

#define NUM(node, name, need, lo, hi, ...)				\
	ROW(node, name, MANIFEST_T_U32, need, lo, hi, __VA_ARGS__)
#define LONG(node, name, need, ...)					\
	ROW(node, name, MANIFEST_T_U64, need, 0, U64MAX, __VA_ARGS__)
#define FLAG(node, name, member, sentence)				\
	ROW(node, name, MANIFEST_T_FLAG, false, 0, 0, member, NONE,	\
	    NULL, sentence)
#define TEXT(node, name, member, sentence)				\
	ROW(node, name, MANIFEST_T_STRING, false, 0, 0, member, NONE,	\
	    NULL, sentence)
#define CELLS(node, name, step, member, sentence)			\
	ROW(node, name, MANIFEST_T_CELLS, false, step, 0, member, NONE,	\
	    NULL, sentence)
#define COMPATIBLE(node, string)					\
	ROW(node, "compatible", MANIFEST_T_STRINGS, true, 0, 0, NONE,	\
	    NONE, string, "says what the node is")
/* Properties that a device tree may have anywhere. */
#define TREE(node)							\
	ROW(node, "phandle", MANIFEST_T_U32, false, 1, U32MAX - 1,	\
	    NONE, NONE, NULL, "target of references"),			\
	ROW(node, "linux,phandle", MANIFEST_T_ANY, false, 0, 0, NONE,	\
	    NONE, NULL, "old name of phandle; ignored"),		\
	ROW(node, "#address-cells", MANIFEST_T_U32, false, 1, 2, NONE,	\
	    NONE, NULL, "cells of an address in reg of its children"),	\
	ROW(node, "#size-cells", MANIFEST_T_U32, false, 0, 2, NONE,	\
	    NONE, NULL, "cells of a size in reg of its children")

#define METHODS "bits 0 receives and 1 sends direct requests, 2 indirect " \
	"messages, 9 receives and 10 sends direct requests 2"

const struct manifest_prop manifest_props[] = {
TREE(PARTITION),
COMPATIBLE(PARTITION, "\"arm,ffa-manifest-1.0\" or 1.1"),
NUM(PARTITION, "ffa-version", true, FFA_V1_0, FFA_V1_3, M(version), NONE,
    "<0x00010000> to <0x00010003>",
    "highest version that the partition negotiates"),
NUM(PARTITION, "id", false, 0, U32MAX, M(id), M(has_id), NULL,
    "endpoint id; without bit 15 it is not one of the secure world and the "
    "board assigns another"),
NUM(PARTITION, "auxiliary-id", false, 0, 0xffff, M(auxiliary_id), M(has_aux),
    NULL, "kept; no effect in the model"),
TEXT(PARTITION, "description", M(description), "name in messages"),
TEXT(PARTITION, "debug_name", M(debug_name),
     "name in messages if there is no description (Hafnium's tests)"),
ROW(PARTITION, "uuid", MANIFEST_T_CELLS, false, 4, 0, NONE, NONE,
    "4 cells for each UUID, or services (binding 1.1)",
    "UUIDs of the services, binding 1.0"),
ROW(PARTITION, "messaging-method", MANIFEST_T_CELLS, false, 1, 0, NONE, NONE,
    METHODS, "properties in the partition information, binding 1.0: one cell "
    "for all UUIDs or one for each"),
NUM(PARTITION, "execution-ctx-count", true, 1, SPMC_MAX_CPUS, M(ec_count),
    NONE, "1 to 32, and no more than the board has CPUs",
    "execution contexts: 1 may migrate, more are pinned to CPUs"),
NUM(PARTITION, "exception-level", true, 0, 6, M(el), NONE,
    "0 (EL1), 1 (S-EL0), 2 (S-EL1) or 6 (EL0)",
    "VM or secure partition at S-EL0 or S-EL1"),
NUM(PARTITION, "execution-state", true, 0, 1, M(aarch32), NONE,
    "0 (AArch64) or 1 (AArch32)", "which calls the partition can make"),
LONG(PARTITION, "load-address", false, M(load_address), M(has_load), NULL,
     "where the image is; without it the board chooses"),
LONG(PARTITION, "entrypoint-offset", false, M(entrypoint_offset), NONE, NULL,
     "kept; no effect in the model"),
LONG(PARTITION, "image-size", false, M(image_size), NONE, NULL,
     "bytes of memory of the image (TF-A)"),
LONG(PARTITION, "mem-size", false, M(mem_size), NONE, NULL,
     "bytes of memory of the image (OP-TEE)"),
NUM(PARTITION, "xlat-granule", false, 0, 2, M(xlat_granule), NONE,
    "0 (4 KiB), 1 (16 KiB) or 2 (64 KiB)",
    "unit of pages-count and alignment of regions"),
ROW(PARTITION, "boot-order", MANIFEST_T_ORDER, false, 0, 0xffff,
    M(boot_order), NONE, "0 to 0xffff", "the lower initialises first"),
FLAG(PARTITION, "managed-exit", M(managed_exit),
     "old form of ns-interrupts-action = <1>"),
FLAG(PARTITION, "managed-exit-virq", M(managed_exit_virq),
     "the managed exit interrupt comes as a virtual IRQ, else as a virtual "
     "FIQ"),
NUM(PARTITION, "ns-interrupts-action", false, 0, 2, M(ns_action), NONE,
    "0 (queued), 1 (managed exit) or 2 (signaled)",
    "what a non-secure interrupt does while the partition runs; without it "
    "signaled"),
NUM(PARTITION, "other-s-interrupts-action", false, 0, 1, M(other_s_action),
    NONE, "0 (queued) or 1 (signaled)",
    "what another partition's secure interrupt does while it runs; without "
    "it signaled"),
NUM(PARTITION, "sri-interrupts-policy", false, 0, 3, M(sri_policy), NONE,
    "0 to 3", "kept; no effect in the model"),
FLAG(PARTITION, "notification-support", M(notifications),
     "property bit 3 in the partition information"),
FLAG(PARTITION, "has-primary-scheduler", M(primary_scheduler),
     "kept; allowed at EL1 only"),
FLAG(PARTITION, "time-slice-mem", M(no_time_slice),
     "kept; no effect in the model"),
NUM(PARTITION, "run-time-model", false, 0, U32MAX, M(run_time_model), NONE,
    NULL, "of FF-A 1.0; kept; no effect in the model"),
NUM(PARTITION, "elf-format", false, 0, U32MAX, M(elf_format), NONE, NULL,
    "of OP-TEE; kept; no effect in the model"),
NUM(PARTITION, "gp-register-num", false, 0, 3, M(boot_register), NONE,
    "0 to 3", "register of the boot information at the first entry"),
NUM(PARTITION, "power-management-messages", false, 0, 7, M(pm_messages), NONE,
    "bits 0 (CPU_OFF), 1 (CPU_SUSPEND) and 2 (CPU_SUSPEND_RESUME)",
    "framework messages that an MP partition at S-EL1 gets"),
NUM(PARTITION, "vm-availability-messages", false, 0, 3, M(vm_messages), NONE,
    "bits 0 (created) and 1 (destroyed)",
    "property bits 6 and 7, and framework messages"),
FLAG(PARTITION, "lifecycle-support", M(lifecycle),
     "of FF-A 1.3: it has an abort action, 0 without the next"),
NUM(PARTITION, "abort-action", false, 0, 3, M(abort_action), NONE,
    "0 (stop), 1 (destroy), 2 (restart) or 3 (propagate)",
    "of FF-A 1.3: what becomes of it when it aborts"),
FLAG(PARTITION, "live-activation-support", M(live_activation),
     "of FF-A 1.3: another instance may replace it; property bit 11"),
NUM(PARTITION, "live-activation-register", false, 0, 7, M(live_register),
    NONE, "0 to 3 or 5 to 7", "of FF-A 1.3: is 1 when that instance starts"),
ROW(PARTITION, "image-uuid", MANIFEST_T_UUID, false, 0, 0, M(image_uuid),
    M(has_image_uuid), NULL, "of FF-A 1.3; kept; no effect in the model"),
CELLS(PARTITION, "stream-endpoint-ids", 1, M(sepids),
      "kept; no effect in the model"),

COMPATIBLE(SERVICES, "\"arm,ffa-manifest-services\""),
TREE(SERVICES),
TREE(SERVICE),
ROW(SERVICE, "uuid", MANIFEST_T_UUID, true, 0, 0,
    offsetof(struct manifest_service, uuid), NONE, NULL,
    "UUID of the service, as text"),
NUM(SERVICE, "messaging-method", true, 0, U32MAX,
    offsetof(struct manifest_service, methods), NONE, METHODS,
    "properties in the partition information"),

COMPATIBLE(RXTX, "\"arm,ffa-manifest-rx_tx-buffer\""),
TREE(RXTX),
NUM(RXTX, "rx-buffer", true, 1, U32MAX - 1, M(rx_phandle), NONE,
    "a reference to a memory region", "memory region of the RX buffer; the "
    "partition still maps it by FFA_RXTX_MAP"),
NUM(RXTX, "tx-buffer", true, 1, U32MAX - 1, M(tx_phandle), NONE,
    "a reference to a memory region", "memory region of the TX buffer"),

COMPATIBLE(BOOT_INFO, "\"arm,ffa-manifest-boot-info\""),
TREE(BOOT_INFO),
FLAG(BOOT_INFO, "ffa_manifest", M(ffa_manifest),
     "the boot information has a descriptor of this manifest"),
FLAG(BOOT_INFO, "hob_list", M(hob_list),
     "the boot information has a descriptor of a minimal HOB list"),

COMPATIBLE(LIVE, "\"arm,ffa-manifest,live-state-buffer\""),
TREE(LIVE),
NUM(LIVE, "live-state-buffer", true, 1, U32MAX - 1, M(live_phandle), NONE,
    "a reference to a memory region",
    "of FF-A 1.3; kept; no effect in the model"),

COMPATIBLE(MEMORIES, "\"arm,ffa-manifest-memory-regions\""),
TREE(MEMORIES),
ROW(MEMORY, "phandle", MANIFEST_T_U32, false, 1, U32MAX - 1, R(phandle),
    NONE, NULL, "target of references"),
ROW(MEMORY, "linux,phandle", MANIFEST_T_ANY, false, 0, 0, NONE, NONE, NULL,
    "old name of phandle; ignored"),
TEXT(MEMORY, "description", R(description), "name in messages"),
LONG(MEMORY, "base-address", false, R(base), R(absolute), NULL,
     "physical address; without it the board chooses"),
LONG(MEMORY, "load-address-relative-offset", false, R(offset), R(relative),
     NULL, "address from the load address on"),
NUM(MEMORY, "pages-count", true, 1, U32MAX, R(granules), NONE,
    "1 or more", "size in pages of xlat-granule"),
NUM(MEMORY, "attributes", true, 0, U32MAX, R(attributes), NONE, NULL,
    "1 read, 2 write, 4 execute, 8 non-secure, 16 guarded (OP-TEE)"),
NUM(MEMORY, "load-flags", false, 0, U32MAX, R(load_flags), NONE, NULL,
    "of OP-TEE; kept; no effect in the model"),
NUM(MEMORY, "smmu-id", false, 0, U32MAX, R(smmu_id), R(has_smmu), NULL,
    "kept; needed with stream-ids"),
CELLS(MEMORY, "stream-ids", 1, R(stream_ids),
      "kept; each must be one of a device region"),
CELLS(MEMORY, "stream-ids-access-permissions", 1, R(stream_perms),
      "kept; one for each of stream-ids, all equal"),

COMPATIBLE(DEVICES, "\"arm,ffa-manifest-device-regions\""),
TREE(DEVICES),
ROW(DEVICE, "phandle", MANIFEST_T_U32, false, 1, U32MAX - 1, R(phandle),
    NONE, NULL, "target of references"),
ROW(DEVICE, "linux,phandle", MANIFEST_T_ANY, false, 0, 0, NONE, NONE, NULL,
    "old name of phandle; ignored"),
TEXT(DEVICE, "description", R(description), "name in messages"),
LONG(DEVICE, "base-address", true, R(base), R(absolute), NULL,
     "physical address"),
NUM(DEVICE, "pages-count", true, 1, U32MAX, R(granules), NONE,
    "1 or more", "size in pages of xlat-granule"),
NUM(DEVICE, "attributes", true, 0, U32MAX, R(attributes), NONE, NULL,
    "1 read, 2 write, 8 non-secure"),
NUM(DEVICE, "smmu-id", false, 0, U32MAX, R(smmu_id), R(has_smmu), NULL,
    "kept; needed with stream-ids"),
CELLS(DEVICE, "stream-ids", 1, R(stream_ids), "kept; no effect in the model"),
CELLS(DEVICE, "interrupts", 2, R(irq_cells),
      "pairs of interrupt id and attributes; kept, no two devices share one"),
CELLS(DEVICE, "interrupts-target", 3, R(irq_targets),
      "interrupt id and the two halves of an MPIDR; kept"),
FLAG(DEVICE, "exclusive-access", R(exclusive),
     "kept; every region has one owner anyway"),

COMPATIBLE(TPM, "\"arm,tpm_event_log\""),
TREE(TPM),
ROW(TPM, "tpm_event_log_addr", MANIFEST_T_U64, false, 0, U64MAX, NONE, NONE,
    NULL, "ignored: the board has no TPM event log"),
ROW(TPM, "tpm_event_log_size", MANIFEST_T_U32, false, 0, U32MAX, NONE, NONE,
    NULL, "ignored"),
ROW(TPM, "tpm_event_log_max_size", MANIFEST_T_U32, false, 0, U32MAX, NONE,
    NONE, NULL, "ignored"),
COMPATIBLE(FEATURES, "\"arm,hw-features\""),
TREE(FEATURES),
ROW(FEATURES, "crc32", MANIFEST_T_U32, false, 0, U32MAX, NONE, NONE, NULL,
    "left as it is (OP-TEE fills it in)"),
ROW(FEATURES, "bti", MANIFEST_T_U32, false, 0, U32MAX, NONE, NONE, NULL,
    "left as it is (OP-TEE fills it in)"),
ROW(FEATURES, "pauth", MANIFEST_T_U32, false, 0, U32MAX, NONE, NONE, NULL,
    "left as it is (OP-TEE fills it in)"),

COMPATIBLE(CORE, "\"arm,ffa-core-manifest-1.0\""),
TREE(CORE),
TREE(ATTRIBUTE),
NUM(ATTRIBUTE, "spmc_id", true, 0, U32MAX, C(id), NONE, NULL,
    "kept; bit 15 set"),
NUM(ATTRIBUTE, "maj_ver", true, 1, 1, C(maj_ver), NONE, "1",
    "kept; the scenario says the version of the SPMC"),
NUM(ATTRIBUTE, "min_ver", true, 0, 3, C(min_ver), NONE, "0 to 3",
    "kept; the scenario says the version of the SPMC"),
NUM(ATTRIBUTE, "exec_state", false, 0, 1, C(exec_state), NONE,
    "0 (AArch64) or 1 (AArch32)", "kept; no effect in the model"),
LONG(ATTRIBUTE, "load_address", false, C(load_address), C(has_load), NULL,
     "kept; no effect in the model"),
LONG(ATTRIBUTE, "entrypoint", false, C(entrypoint), C(has_entry), NULL,
     "kept; must be in the binary"),
NUM(ATTRIBUTE, "binary_size", false, 1, U32MAX, C(binary_size), NONE,
    "1 or more", "kept; limits entrypoint"),

COMPATIBLE(HYPERVISOR, "\"hafnium,hafnium\""),
TREE(HYPERVISOR),
FLAG(HYPERVISOR, "ffa_tee_enabled", C(ffa_tee_enabled),
     "kept; no effect in the model"),
TREE(VM),
TEXT(VM, "debug_name", V(name), "kept"),
FLAG(VM, "is_ffa_partition", V(is_ffa), "kept"),
FLAG(VM, "hyp_loaded", V(hyp_loaded), "kept"),
LONG(VM, "load_address", false, V(load_address), V(has_load), NULL,
     "kept"),
NUM(VM, "vcpu_count", true, 1, 0xffff, V(vcpus), NONE, "1 to 0xffff", "kept"),
LONG(VM, "mem_size", true, V(mem_size), NONE, NULL,
     "kept"),
CELLS(VM, "smc_whitelist", 1, V(smcs), "kept; no effect in the model"),
FLAG(VM, "smc_whitelist_permissive", V(permissive),
     "kept; no effect in the model"),
TEXT(VM, "kernel_filename", V(kernel), "kept; no effect in the model"),
TEXT(VM, "ramdisk_filename", V(ramdisk), "kept; no effect in the model"),
TEXT(VM, "fdt_filename", V(fdt), "kept; no effect in the model"),
LONG(VM, "boot_address", false, V(boot_address), NONE, NULL,
     "kept; no effect in the model"),
NUM(VM, "exception-level", false, 0, 6, NONE, NONE, "0 to 6",
    "not used: the partition's own manifest says it"),

TREE(CPUS),
ROW(CPU, "device_type", MANIFEST_T_STRING, false, 0, 0, NONE, NONE, NULL,
    "\"cpu\", or the node is not counted"),
ROW(CPU, "reg", MANIFEST_T_REG, false, 0, 0, NONE, NONE, NULL,
    "MPIDR of the CPU; kept: the scenario says how many CPUs there are"),
ROW(CPU, "compatible", MANIFEST_T_STRINGS, false, 0, 0, NONE, NONE, NULL,
    "ignored"),
ROW(CPU, "enable-method", MANIFEST_T_STRINGS, false, 0, 0, NONE, NONE, NULL,
    "ignored"),
ROW(CPU, "phandle", MANIFEST_T_U32, false, 1, U32MAX - 1, NONE, NONE, NULL,
    "target of references"),

ROW(RANGES, "device_type", MANIFEST_T_STRING, true, 0, 0, NONE, NONE,
    "\"memory\", \"ns-memory\", \"device-memory\" or \"ns-device-memory\"",
    "world and kind of the memory of the board"),
ROW(RANGES, "reg", MANIFEST_T_REG, true, 0, 0, NONE, NONE, NULL,
    "memory of the board, instead of what it has otherwise"),
ROW(RANGES, "phandle", MANIFEST_T_U32, false, 1, U32MAX - 1, NONE, NONE,
    NULL, "target of references"),

COMPATIBLE(PACKAGES, "\"arm,sp_pkg\""),
TREE(PACKAGES),
ROW(PACKAGE, "uuid", MANIFEST_T_UUID, true, 0, 0,
    offsetof(struct manifest_package, uuid), NONE, NULL,
    "UUID of the binary; kept"),
LONG(PACKAGE, "load-address", true,
     offsetof(struct manifest_package, load_address), NONE, NULL,
     "kept"),
};
const unsigned int manifest_prop_count = G_N_ELEMENTS(manifest_props);
