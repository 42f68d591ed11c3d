/* SPDX-License-Identifier: BSD-3-Clause */
/* One mistake in a right manifest, and what is said of it: a row each. */
#include <libfdt.h>
#include <string.h>

#include "partitions/manifest.h"
#include "unit.h"

#define DATA "tests/data/manifests/"

enum { ROOM = 4096 };	/* for what an edit adds to a tree */

enum op {
	CELLS,		/* property `prop` becomes the cells */
	TEXT,		/* … the text */
	BYTES,		/* … the n bytes of text */
	DROP,		/* the property goes */
	CUT,		/* the node goes */
	ADD,		/* a child node `prop` comes */
};

struct edit {
	const char *file, *node, *prop;
	enum op op;
	unsigned int n;
	uint32_t cells[8];
	const char *text;
	const char *error;	/* without "x: "; NULL: it stays right */
	const char *warning;	/* one of the warnings, or NULL */
};

#define SP "sp.dts", "/"
#define SP11 "sp-1.1.dts", "/"
#define MEM(name) "sp.dts", "/memory-regions/" name
#define DEV(name) "sp.dts", "/device-regions/" name
#define CORE "core.dts", "/"
#define CORE_AT(node) "core.dts", "/" node
#define C1(a) CELLS, 1, { a }, NULL
#define C2(a, b) CELLS, 2, { a, b }, NULL
#define GONE DROP, 0, { 0 }, NULL
#define S(text) TEXT, 0, { 0 }, text

static const struct edit edits[] = {
	/* the root node */
	{ SP, "compatible", GONE, "/compatible: is missing, expected "
	  "\"arm,ffa-manifest-1.0\" or 1.1 (a partition) or "
	  "\"arm,ffa-core-manifest-1.0\" (the SPMC)", NULL },
	{ SP, "compatible", S("arm,ffa-manifest-2.0"),
	  "/compatible: is no FF-A manifest, expected "
	  "\"arm,ffa-manifest-1.0\" or 1.1 (a partition) or "
	  "\"arm,ffa-core-manifest-1.0\" (the SPMC)", NULL },
	{ SP11, "compatible", S("arm,ffa-manifest-1.4"), NULL,
	  "/compatible: binding 1.4 is read as 1.1" },
	{ SP, "ffa-version", GONE, "/ffa-version: is missing, expected "
	  "<0x00010000> to <0x00010003>", NULL },
	{ SP, "ffa-version", C1(0x00020000), "/ffa-version: is 0x20000, "
	  "expected <0x00010000> to <0x00010003>", NULL },
	{ SP, "ffa-version", S("v1.2"), "/ffa-version: is \"v1.2\", "
	  "expected <0x00010000> to <0x00010003>", NULL },
	{ SP, "ffa-version", C1(0x00010001), "/messaging-method: is 0x607 "
	  "with ffa-version 1.1, expected direct requests 2 (bits 9 and 10) "
	  "from FF-A 1.2 on only", NULL },
	{ SP, "uuid", GONE, "/uuid: is missing, expected 4 cells for each "
	  "UUID", NULL },
	{ SP, "uuid", CELLS, 3, { 1, 2, 3 }, NULL, "/uuid: has 3 cells, "
	  "expected 4 cells for each UUID, or services (binding 1.1)", NULL },
	{ SP, "uuid", S("b4b5671e-4a90-4fe1-b81f-fb13dae1dacb"),
	  "/uuid: is \"b4b5671e-4a90-4fe1-b81f-fb13dae1dacb\", expected 4 "
	  "cells for each UUID, or services (binding 1.1)", NULL },
	{ SP, "uuid", CELLS, 4, { 0 }, NULL, "/messaging-method: has 2 cells "
	  "for 1 UUIDs, expected 1 or 1", NULL },
	{ SP, "uuid", CELLS, 8, { 1, 2, 3, 4, 0, 0, 0, 0 }, NULL,
	  "/uuid: has the nil UUID, expected another", NULL },
	{ SP, "uuid", CELLS, 8, { 1, 2, 3, 4, 1, 2, 3, 4 }, NULL,
	  "/uuid: has 01000000-0200-0000-0300-000004000000 twice, expected "
	  "once", NULL },
	{ SP, "messaging-method", GONE, "/messaging-method: is missing, "
	  "expected one cell for all UUIDs or one for each", NULL },
	{ SP, "messaging-method", C2(3, 0x10), "/messaging-method: is 0x10, "
	  "expected bits of 0x607: 0 receives and 1 sends direct requests, 2 "
	  "indirect messages, 9 receives and 10 sends direct requests 2",
	  NULL },
	{ SP, "messaging-method", C2(3, 0), NULL, "/messaging-method: is 0: "
	  "the partition can neither send nor receive (Hafnium refuses it)" },
	{ SP, "messaging-method", C1(2), "/vm-availability-messages: is 0x3, "
	  "expected 0 unless messaging-method has bit 0 (receives direct "
	  "requests)", NULL },
	{ SP, "execution-state", C1(1), "/messaging-method: is 0x607, "
	  "expected no direct requests 2 (bits 9 and 10) in AArch32, which "
	  "cannot make 64-bit calls", NULL },
	{ SP, "execution-state", C1(2), "/execution-state: is 0x2, expected "
	  "0 (AArch64) or 1 (AArch32)", NULL },
	{ SP, "execution-ctx-count", C1(0), "/execution-ctx-count: is 0x0, "
	  "expected 1 to 32, and no more than the board has CPUs", NULL },
	{ SP, "execution-ctx-count", C2(0, 4), "/execution-ctx-count: has 2 "
	  "cells, expected 1 to 32, and no more than the board has CPUs",
	  NULL },
	{ SP, "exception-level", C1(4), "/exception-level: is 4, expected 0 "
	  "(EL1), 1 (S-EL0), 2 (S-EL1) or 6 (EL0)", NULL },
	{ SP, "exception-level", C1(9), "/exception-level: is 0x9, expected "
	  "0 (EL1), 1 (S-EL0), 2 (S-EL1) or 6 (EL0)", NULL },
	{ SP, "id", C1(0x8000), "/id: is 0x8000, expected 0x8001 to 0xffbf "
	  "(0 is the OS kernel or hypervisor, 0x8000 the SPMC, 0xffc0 to "
	  "0xffff are EL3's)", NULL },
	{ SP, "id", C1(0xffff), "/id: is 0xffff, expected 0x8001 to 0xffbf "
	  "(0 is the OS kernel or hypervisor, 0x8000 the SPMC, 0xffc0 to "
	  "0xffff are EL3's)", NULL },
	{ SP, "id", C1(0x18001), "/id: is 0x18001, expected 0x8001 to 0xffbf "
	  "(0 is the OS kernel or hypervisor, 0x8000 the SPMC, 0xffc0 to "
	  "0xffff are EL3's)", NULL },
	{ SP, "id", C1(1), NULL, "/id: is 0x1 without bit 15, which no "
	  "secure partition can have; the board assigns an id (Hafnium "
	  "ignores it, TF-A and OP-TEE refuse it)" },
	{ SP, "load-address", C1(0x07000800), "/load-address: is 0x7000800, "
	  "expected a multiple of 0x1000", NULL },
	{ SP, "load-address", CELLS, 3, { 0, 0, 0 }, NULL, "/load-address: "
	  "has 3 cells, expected 1 or 2 cells", NULL },
	{ SP, "load-address", C2(0xfffff, 0xfffff000), "/memory-regions/heap/"
	  "load-address-relative-offset: is 0x100000, and 0x10 pages from "
	  "there overflow the 52-bit address space\n"
	  "x: /memory-regions/part-of-image/load-address-relative-offset: is "
	  "0x10000, and 0x2 pages from there overflow the 52-bit address "
	  "space\n"
	  "x: /load-address: is 0xffffffffff000, and the image leaves the "
	  "52-bit address space", NULL },
	{ SP, "image-size", C2(0xffffffff, 0xffffffff), "/image-size: is "
	  "0xffffffffffffffff, expected at most 2^52", NULL },
	{ SP, "entrypoint-offset", C1(0x40000), "/entrypoint-offset: is "
	  "0x40000, expected less than the size of the image, 0x40000", NULL },
	{ SP, "image-size", C1(0x701000), "/memory-regions/rx: 0x7700000 to "
	  "0x7700fff overlaps the image, 0x7000000 to 0x7700fff", NULL },
	{ SP, "xlat-granule", C1(3), "/xlat-granule: is 0x3, expected 0 (4 "
	  "KiB), 1 (16 KiB) or 2 (64 KiB)", NULL },
	{ SP, "boot-order", C1(0x10000), "/boot-order: is 0x10000, expected "
	  "0 to 0xffff", NULL },
	{ SP, "boot-order", BYTES, 2, { 0 }, "\0\5", NULL, NULL },
	{ SP, "gp-register-num", C1(4), "/gp-register-num: is 0x4, expected "
	  "0 to 3", NULL },
	{ SP, "ns-interrupts-action", C1(3), "/ns-interrupts-action: is 0x3, "
	  "expected 0 (queued), 1 (managed exit) or 2 (signaled)", NULL },
	{ SP, "ns-interrupts-action", C1(2), NULL, "/ns-interrupts-action: is "
	  "2, but managed-exit counts" },
	{ SP, "managed-exit", C1(1), "/managed-exit: has 1 cell, expected no "
	  "value: its presence says yes", NULL },
	{ SP, "other-s-interrupts-action", C1(0), "/other-s-interrupts-action:"
	  " is 0 (queued), expected 1 unless ns-interrupts-action is 0 as "
	  "well", NULL },
	{ SP11, "sri-interrupts-policy", C1(1), "/sri-interrupts-policy: is "
	  "1, expected 0 at S-EL0", NULL },
	{ SP11, "managed-exit", BYTES, 0, { 0 }, "", "/managed-exit: asks for "
	  "managed exit, expected that of a partition at S-EL1 only", NULL },
	{ SP, "has-primary-scheduler", BYTES, 0, { 0 }, "",
	  "/has-primary-scheduler: is for a partition at EL1 only", NULL },
	{ SP, "power-management-messages", C1(8), "/power-management-messages:"
	  " is 0x8, expected bits 0 (CPU_OFF), 1 (CPU_SUSPEND) and 2 "
	  "(CPU_SUSPEND_RESUME)", NULL },
	{ SP11, "power-management-messages", C1(1), NULL,
	  "/power-management-messages: is for a partition at S-EL1 with an "
	  "execution context on each CPU; ignored (as Hafnium does)" },
	{ SP, "vm-availability-messages", C1(4), "/vm-availability-messages: "
	  "is 0x4, expected bits 0 (created) and 1 (destroyed)", NULL },
	{ SP, "description", BYTES, 4, { 0 }, "\377\376x", "/description: has "
	  "1 cell, expected one string", NULL },
	{ SP, "description", BYTES, 3, { 0 }, "abc", "/description: has 3 "
	  "bytes, expected one string", NULL },
	{ SP, "phantom", C1(1), NULL, "/phantom: unknown property of a "
	  "partition node; ignored" },
	{ SP, "annex", ADD, 0, { 0 }, NULL, NULL,
	  "/annex: unknown node; ignored" },
	{ SP, "memory-regions@1", ADD, 0, { 0 }, NULL, "/memory-regions@1/"
	  "compatible: is missing, expected "
	  "\"arm,ffa-manifest-memory-regions\"", NULL },
	{ SP, "lifecycle-support", BYTES, 0, { 0 }, "", "/lifecycle-support: "
	  "needs execution-ctx-count 1, which is 4", NULL },

	/* other nodes of a partition */
	{ SP11, "uuid", CELLS, 4, { 1, 2, 3, 4 }, NULL, NULL, "/: uuid and "
	  "messaging-method count in binding 1.0 only; services is used" },
	{ "sp-1.1.dts", "/services", "", CUT, 0, { 0 }, NULL, "/services: is "
	  "missing, expected a node with a child for each UUID (binding 1.1)",
	  NULL },
	{ "sp-1.1.dts", "/services", "compatible", GONE, "/services/"
	  "compatible: is missing, expected \"arm,ffa-manifest-services\"\n"
	  "x: /services: is missing, expected a node with a child for each "
	  "UUID (binding 1.1)", NULL },
	{ "sp-1.1.dts", "/services/first", "uuid", S("b4b5671e"),
	  "/services/first/uuid: is no UUID, expected text such as "
	  "\"b4b5671e-4a90-4fe1-b81f-fb13dae1dacb\"", NULL },
	{ "sp-1.1.dts", "/services/first", "uuid",
	  S("b4b5671e-4a90-4fe1-b81f-fb13dae1dacg"),
	  "/services/first/uuid: is no UUID, expected text such as "
	  "\"b4b5671e-4a90-4fe1-b81f-fb13dae1dacb\"", NULL },
	{ "sp-1.1.dts", "/services/second", "uuid",
	  S("b4b5671e-4a90-4fe1-b81f-fb13dae1dacb"),
	  "/services/second/uuid: has b4b5671e-4a90-4fe1-b81f-fb13dae1dacb "
	  "twice, expected once", NULL },
	{ "sp-1.1.dts", "/services/first", "messaging-method", GONE,
	  "/services/first/messaging-method: is missing, expected bits 0 "
	  "receives and 1 sends direct requests, 2 indirect messages, 9 "
	  "receives and 10 sends direct requests 2", NULL },
	{ SP11, "image-uuid", S("b4b5671e-4a90-4fe1-b81f-fb13dae1dacb"),
	  "/image-uuid: is the UUID of a service, expected another", NULL },
	{ SP11, "lifecycle-support", GONE, "/abort-action: needs "
	  "lifecycle-support, which is missing\n"
	  "x: /live-activation-support: needs lifecycle-support, which is "
	  "missing", NULL },
	{ SP11, "live-activation-register", C1(4),
	  "/live-activation-register: is 4, expected 0 to 3 or 5 to 7, and "
	  "not gp-register-num", NULL },
	{ "sp-1.1.dts", "/live-state-buffer-info", "live-state-buffer",
	  C1(0x77), "/live-state-buffer-info/live-state-buffer: refers to "
	  "phandle 0x77, expected that of a memory region", NULL },
	{ SP11, "execution-ctx-count", C1(2), "/execution-ctx-count: is 2, "
	  "expected 1 at EL0 and S-EL0\n"
	  "x: /lifecycle-support: needs execution-ctx-count 1, which is 2",
	  NULL },
	{ "sp.dts", "/rx_tx-info", "rx-buffer", GONE, "/rx_tx-info/rx-buffer: "
	  "is missing, expected a reference to a memory region", NULL },
	{ "sp.dts", "/rx_tx-info", "rx-buffer", C1(0x77),
	  "/rx_tx-info/rx-buffer: refers to phandle 0x77, expected that of a "
	  "memory region", NULL },
	{ "sp.dts", "/boot-info", "compatible", S("arm,boots"), "/boot-info/"
	  "compatible: is not \"arm,ffa-manifest-boot-info\"", NULL },
	{ "sp.dts", "/boot-info", "tea", BYTES, 0, { 0 }, "", NULL,
	  "/boot-info/tea: unknown property of a boot-info node; ignored" },

	/* regions */
	{ MEM("tx"), "pages-count", C1(2), "/rx_tx-info/tx-buffer: has 2 "
	  "pages, expected 1 as rx-buffer", NULL },
	{ MEM("tx"), "pages-count", C1(0), "/memory-regions/tx/pages-count: is "
	  "0x0, expected 1 or more\n"
	  "x: /rx_tx-info/tx-buffer: has 0 pages, expected 1 as rx-buffer",
	  NULL },
	{ MEM("tx"), "pages-count", GONE, "/memory-regions/tx/pages-count: is "
	  "missing, expected 1 or more\n"
	  "x: /rx_tx-info/tx-buffer: has 0 pages, expected 1 as rx-buffer",
	  NULL },
	{ MEM("tx"), "attributes", C1(2), "/memory-regions/tx/attributes: is "
	  "0x2, expected read (1) with write (2), execute (4) or both, with 8 "
	  "if it is non-secure", NULL },
	{ MEM("tx"), "attributes", C1(0x43), NULL, "/memory-regions/tx/"
	  "attributes: is 0x43, of which bits 0x40 are unknown; ignored" },
	{ MEM("tx"), "base-address", C1(0x07701800), "/memory-regions/tx/"
	  "base-address: is 0x7701800, expected a multiple of 0x1000", NULL },
	{ MEM("tx"), "base-address", C1(0x07700000), "/memory-regions/tx: "
	  "0x7700000 to 0x7700fff overlaps /memory-regions/rx, 0x7700000 to "
	  "0x7700fff", NULL },
	{ MEM("tx"), "base-address", C2(0xffffffff, 0xfffff000),
	  "/memory-regions/tx/base-address: is 0xfffffffffffff000, and 0x1 "
	  "pages from there overflow the 52-bit address space", NULL },
	{ MEM("tx"), "load-address-relative-offset", C1(0x200000),
	  "/memory-regions/tx/load-address-relative-offset: excludes "
	  "base-address, expected one of them", NULL },
	{ MEM("anywhere"), "attributes", C1(0xb), "/memory-regions/anywhere/"
	  "base-address: is missing, expected an address of non-secure memory",
	  NULL },
	{ MEM("heap"), "pages-count", C1(0x601), "/memory-regions/rx: "
	  "0x7700000 to 0x7700fff overlaps /memory-regions/heap, 0x7100000 to "
	  "0x7700fff", NULL },
	{ MEM("heap"), "load-address-relative-offset",
	  C2(0xffffffff, 0xfffff000), "/memory-regions/heap/"
	  "load-address-relative-offset: is 0xfffffffffffff000 and overflows "
	  "from load-address 0x7000000 on", NULL },
	{ MEM("heap"), "load-address-relative-offset", C1(0x3f000),
	  "/memory-regions/heap: 0x703f000 to 0x704efff overlaps the image, "
	  "0x7000000 to 0x703ffff", NULL },
	{ MEM("dma"), "smmu-id", GONE, "/memory-regions/dma/stream-ids: needs "
	  "smmu-id, which is missing", NULL },
	{ MEM("dma"), "stream-ids", C2(0x10, 0x12), "/memory-regions/dma/"
	  "stream-ids: has 0x12, expected one of a device region", NULL },
	{ MEM("dma"), "stream-ids-access-permissions", C1(0xb),
	  "/memory-regions/dma/stream-ids-access-permissions: has 1 cells, "
	  "expected one for each of 2 stream-ids", NULL },
	{ MEM("dma"), "stream-ids-access-permissions", C2(0xb, 3),
	  "/memory-regions/dma/stream-ids-access-permissions: is 0xb and 0x3, "
	  "expected the same for all", NULL },
	{ DEV("engine"), "attributes", C1(7), "/device-regions/engine/"
	  "attributes: is 0x7, expected read (1) or read and write (3), with "
	  "8 if it is non-secure", NULL },
	{ DEV("engine"), "base-address", GONE, "/device-regions/engine/"
	  "base-address: is missing", NULL },
	{ DEV("engine"), "interrupts", C1(56), "/device-regions/engine/"
	  "interrupts: has 1 cell, expected a multiple of 2 cells\n"
	  "x: /device-regions/engine/interrupts-target: has id 5000, expected "
	  "one of interrupts", NULL },
	{ DEV("engine"), "interrupts", CELLS, 4, { 5000, 0, 5000, 0 }, NULL,
	  "/device-regions/engine/interrupts: has id 5000 twice, expected "
	  "once", NULL },
	{ DEV("engine"), "interrupts", CELLS, 4, { 5000, 0, 1022, 0 }, NULL,
	  "/device-regions/engine/interrupts: has id 1022, expected a GIC "
	  "interrupt id below 8192 and not 1020 to 1023", NULL },
	{ DEV("sensor"), "interrupts", C2(56, 0x900), "/device-regions/sensor/"
	  "interrupts: has id 56 of /device-regions/engine, expected another",
	  NULL },

	/* the SPMC */
	{ CORE_AT("attribute"), "", CUT, 0, { 0 }, NULL, "/attribute: is "
	  "missing, expected a node with spmc_id, maj_ver and min_ver", NULL },
	{ CORE_AT("attribute"), "spmc_id", C1(0x7000), "/attribute/spmc_id: is "
	  "0x7000, expected 0x8000 to 0xfffe", NULL },
	{ CORE_AT("attribute"), "maj_ver", C1(2), "/attribute/maj_ver: is 0x2, "
	  "expected 1", NULL },
	{ CORE_AT("attribute"), "min_ver", GONE, "/attribute/min_ver: is "
	  "missing, expected 0 to 3", NULL },
	{ CORE_AT("attribute"), "entrypoint", C1(0x06080000), "/attribute/"
	  "entrypoint: is 0x6080000, expected an address in the binary, "
	  "0x6000000 to 0x607ffff", NULL },
	{ CORE_AT("attribute"), "load_address", C1(0x06000001), "/attribute/"
	  "load_address: is 0x6000001, expected a multiple of 0x1000\n"
	  "x: /attribute/entrypoint: is 0x6000000, expected an address in the "
	  "binary, 0x6000001 to 0x6080000", NULL },
	{ CORE_AT("hypervisor/vm1"), "vcpu_count", C1(0), "/hypervisor/vm1/"
	  "vcpu_count: is 0x0, expected 1 to 0xffff", NULL },
	{ CORE_AT("hypervisor/vm1"), "load_address", GONE, "/hypervisor/vm1/"
	  "load_address: is missing, expected the address of the partition's "
	  "package", NULL },
	{ CORE_AT("hypervisor"), "vm0", ADD, 0, { 0 }, NULL, "/hypervisor/vm0: "
	  "is no partition, expected vm1 to vm64", NULL },
	{ CORE_AT("cpus/cpu@100"), "reg", C2(0, 0), "/cpus/cpu@100/reg: is 0x0 "
	  "as that of another CPU", NULL },
	{ CORE_AT("cpus/cpu@100"), "reg", C1(0), "/cpus/cpu@100/reg: has 1 "
	  "cells, expected a multiple of 2 (#address-cells and #size-cells of "
	  "its parent)", NULL },
	{ CORE_AT("memory@6000000"), "device_type", S("cream"),
	  "/memory@6000000/device_type: is \"cream\", expected \"memory\", "
	  "\"ns-memory\", \"device-memory\" or \"ns-device-memory\"", NULL },
	{ CORE_AT("memory@1c090000"), "reg", CELLS, 4,
	  { 0, 0x06001000, 0, 0x1000 }, NULL, "/: memory 0x6001000 to "
	  "0x6001fff overlaps memory 0x6000000 to 0x7ffffff", NULL },
	{ CORE_AT("memory@1c090000"), "reg", CELLS, 4,
	  { 0, 0x1c090000, 0, 0x10 }, NULL, "/memory@1c090000/reg: has 0x10 "
	  "bytes at 0x1c090000, expected pages of 0x1000", NULL },
	{ CORE_AT("memory@1c090000"), "reg", CELLS, 4,
	  { 0x100000, 0, 0, 0x1000 }, NULL, "/memory@1c090000/reg: has 0x1000 "
	  "bytes at 0x10000000000000, which overflow the 52-bit address "
	  "space", NULL },
	{ CORE_AT("sp-packages/one"), "uuid", C1(1), "/sp-packages/one/uuid: "
	  "has 4 bytes, expected 4 cells (16 bytes)", NULL },
};

static void apply(const struct edit *e, void *fdt)
{
	fdt32_t cells[8];
	int node, rc = 0;

	node = fdt_path_offset(fdt, e->node);
	ck_assert_int_ge(node, 0);
	switch (e->op) {
	case CELLS:
		for (unsigned int i = 0; i < e->n; i++)
			cells[i] = cpu_to_fdt32(e->cells[i]);
		rc = fdt_setprop(fdt, node, e->prop, cells, (int)e->n * 4);
		break;
	case TEXT:
		rc = fdt_setprop_string(fdt, node, e->prop, e->text);
		break;
	case BYTES:
		rc = fdt_setprop(fdt, node, e->prop, e->text, (int)e->n);
		break;
	case DROP:
		rc = fdt_delprop(fdt, node, e->prop);
		break;
	case CUT:
		rc = fdt_del_node(fdt, node);
		break;
	case ADD:
		rc = fdt_add_subnode(fdt, node, e->prop) < 0 ? -1 : 0;
		break;
	}
	ck_assert_int_eq(rc, 0);
}

static bool said(const GPtrArray *warnings, const char *line)
{
	for (guint i = 0; i < warnings->len; i++)
		if (!strcmp((char *)warnings->pdata[i] + strlen("x: "), line))
			return true;
	return false;
}

START_TEST(edited)
{
	const struct edit *e = &edits[_i];
	g_autofree char *path = g_strconcat(DATA, e->file, NULL);
	g_autoptr(GPtrArray) warnings =
		g_ptr_array_new_with_free_func(g_free);
	g_autofree char *error = NULL;
	struct manifest *m, *good;
	g_autofree void *fdt = NULL;
	gsize size;

	good = manifest_load(path, &error, NULL);
	ck_assert_ptr_nonnull(good);
	size = good->blob_size + ROOM;
	fdt = g_malloc(size);
	ck_assert_int_eq(fdt_open_into(good->blob, fdt, (int)size), 0);
	manifest_free(good);
	apply(e, fdt);

	m = manifest_parse("x", fdt, size, &error, warnings);
	if (e->error) {
		ck_assert_msg(!m, "%s %s: is accepted, expected \"%s\"",
			      e->node, e->prop, e->error);
		ck_assert_str_eq(error + strlen("x: "), e->error);
	} else {
		ck_assert_msg(m != NULL, "%s", error);
	}
	ck_assert_msg(!e->warning || said(warnings, e->warning),
		      "no warning \"%s\", first: %s", e->warning,
		      warnings->len ? (char *)warnings->pdata[0] : "none");
	manifest_free(m);
}
END_TEST

Suite *check_manifest_wrong(void)
{
	Suite *s = suite_create("manifest_wrong");
	TCase *t = tcase_create("edited");

	tcase_add_loop_test(t, edited, 0, (int)G_N_ELEMENTS(edits));
	suite_add_tcase(s, t);
	return s;
}
