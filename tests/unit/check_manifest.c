/* SPDX-License-Identifier: BSD-3-Clause */
/* Manifests: what the good ones mean; files and bytes that are none. */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "ffa/ffa_desc.h"
#include "partitions/manifest.h"
#include "unit.h"

#define DATA "tests/data/manifests/"

static GPtrArray *warnings_new(void)
{
	return g_ptr_array_new_with_free_func(g_free);
}

/* A manifest that must load; what it warns of is `expected` lines. */
static struct manifest *load(const char *path, guint expected)
{
	g_autoptr(GPtrArray) warnings = warnings_new();
	char *error = NULL;
	struct manifest *m;

	m = manifest_load(path, &error, warnings);
	ck_assert_msg(m != NULL, "%s", error);
	ck_assert_msg(warnings->len == expected, "%u warnings, first: %s",
		      warnings->len,
		      warnings->len ? (char *)warnings->pdata[0] : "none");
	return m;
}

static void place(struct manifest *m, uint64_t load_at)
{
	uint64_t next = 0x0a000000;
	char *error = NULL;
	bool good;

	good = manifest_place(m, load_at, 0x100000, &next, &error);
	ck_assert_msg(good, "%s", error);
}

static void check_uuid(const struct ffa_uuid *uuid, const char *hex)
{
	char text[33];

	for (int i = 0; i < 16; i++)
		g_snprintf(text + 2 * i, 3, "%02x", uuid->b[i]);
	ck_assert_str_eq(text, hex);
}

/* -- good ones ------------------------------------------------------------ */

static void check_sink_regions(const struct manifest *m)
{
	const struct manifest_region *r = m->regions;

	ck_assert_uint_eq(m->region_count, 8);
	ck_assert_ptr_eq(m->rx, &r[0]);
	ck_assert_ptr_eq(m->tx, &r[1]);
	ck_assert_uint_eq(r[0].base, 0x07700000);
	ck_assert_str_eq(r[0].node, "/memory-regions/rx");
	ck_assert_str_eq(r[0].description, "rx");
	ck_assert_uint_eq(r[1].base, 0x07701000);
	ck_assert(r[2].relative && r[2].has_base);
	ck_assert_uint_eq(r[2].base, 0x07100000);
	ck_assert_uint_eq(r[2].pages, 16);
	ck_assert(!r[4].has_base);
	ck_assert_uint_eq(r[5].attributes, 0xb);
	ck_assert_uint_eq(r[5].stream_ids.n, 2);
	ck_assert_uint_eq(r[5].stream_ids.v[1], 0x11);
	ck_assert_uint_eq(r[5].stream_perms.v[0], 0xb);
	ck_assert(r[6].device && r[6].exclusive && !r[7].exclusive);
	ck_assert_uint_eq(r[6].irq_count, 2);
	ck_assert_uint_eq(r[6].irqs[0].id, 56);
	ck_assert(!r[6].irqs[0].targeted);
	ck_assert_uint_eq(r[6].irqs[1].attributes, 0xb05);
	ck_assert(r[6].irqs[1].targeted);
	ck_assert_uint_eq(r[6].irqs[1].mpidr, 0x180000100);
}

START_TEST(sink)
{
	struct manifest *m = load(DATA "sp.dts", 0);

	ck_assert_str_eq(m->name, "kitchen sink");
	ck_assert(m->has_id);
	ck_assert_uint_eq(m->id, 0x8007);
	ck_assert_uint_eq(m->version, FFA_V1_2);
	ck_assert_uint_eq(m->service_count, 2);
	check_uuid(&m->services[0].uuid, "b4b5671e4a904fe1b81ffb13dae1dacb");
	check_uuid(&m->services[1].uuid, "00112233445566778899aabbccddeeff");
	ck_assert_uint_eq(m->services[0].methods, 3);
	ck_assert_uint_eq(m->services[1].methods, 0x607);
	ck_assert_uint_eq(m->auxiliary_id, 0xae);
	ck_assert_uint_eq(m->sepids.n, 4);
	ck_assert_uint_eq(m->sepids.v[3], 3);
	ck_assert_uint_eq(m->load_address, 0x07000000);
	ck_assert_uint_eq(m->image_size, 0x40000);
	ck_assert_uint_eq(m->entrypoint_offset, 0x2000);
	ck_assert_uint_eq(m->boot_order, 3);
	ck_assert_int_eq(m->boot_register, 1);
	ck_assert_uint_eq(m->boot_items,
			  MANIFEST_BOOT_FDT | MANIFEST_BOOT_HOB);
	ck_assert(m->managed_exit_virq && m->no_time_slice);
	ck_assert_uint_eq(m->sri_policy, 2);
	ck_assert_uint_eq(m->run_time_model, 1);
	ck_assert_uint_eq(m->abort_action, MANIFEST_ABORT_IMPDEF);
	check_sink_regions(m);
	manifest_free(m);
}
END_TEST

START_TEST(sink_endpoint)
{
	struct manifest *m = load(DATA "sp.dts", 0);
	g_autoptr(GPtrArray) warnings = warnings_new();
	struct spmc_endpoint_config ep;
	char *error = NULL;

	ck_assert(manifest_to_endpoint(m, 4, FFA_V1_2, &ep, &error, warnings));
	ck_assert_uint_eq(warnings->len, 0);
	ck_assert_uint_eq(ep.id, 0x8007);
	ck_assert_uint_eq(ep.kind, SPMC_SP_EL1);
	ck_assert(!ep.aarch32);
	ck_assert_uint_eq(ep.ec_count, 4);
	ck_assert_uint_eq(ep.version, FFA_V1_2);
	ck_assert_uint_eq(ep.props, 0x607 | FFA_PART_NOTIFICATION |
			  FFA_PART_VM_CREATED | FFA_PART_VM_DESTROYED |
			  FFA_PART_AARCH64);
	ck_assert_uint_eq(ep.uuid_count, 2);
	check_uuid(&ep.uuids[1], "00112233445566778899aabbccddeeff");
	ck_assert_uint_eq(ep.boot_order, 3);
	ck_assert_uint_eq(ep.boot_reg, 1);
	ck_assert_uint_eq(ep.ns_action, SPMC_NS_MANAGED_EXIT);
	ck_assert_uint_eq(ep.pm, SPMC_PM_CPU_OFF | SPMC_PM_CPU_RESUME);

	ck_assert(manifest_to_endpoint(m, 8, FFA_V1_1, &ep, &error, warnings));
	ck_assert_uint_eq(ep.version, FFA_V1_1);
	ck_assert_uint_eq(ep.props & FFA_PART_RECV_DIRECT2, 0);
	ck_assert_uint_eq(warnings->len, 1);
	ck_assert_str_eq(warnings->pdata[0],
			 DATA "sp.dts: /ffa-version: is 1.2, more than the "
			 "SPMC's 1.1: the partition runs with that (Hafnium "
			 "and TF-A refuse it)");

	ck_assert(!manifest_to_endpoint(m, 2, FFA_V1_2, &ep, &error, NULL));
	ck_assert_str_eq(error, DATA "sp.dts: /execution-ctx-count: is 4, "
			 "expected at most 2, the CPUs of the board");
	g_free(error);
	manifest_free(m);
}
END_TEST

START_TEST(sink_regions)
{
	struct manifest *m = load(DATA "sp.dts", 0);
	struct spmc_region v[16];
	uint64_t next = 0x0a000800;
	char *error = NULL;

	ck_assert(manifest_place(m, 0, 0x100000, &next, &error));
	ck_assert_uint_eq(next, 0x0a004000);
	ck_assert_uint_eq(m->image_size, 0x40000);
	/* rx, tx, heap, anywhere, dma, engine, sensor, image */
	ck_assert_uint_eq(manifest_to_regions(m, 0x8007, NULL, 0), 8);
	ck_assert_uint_eq(manifest_to_regions(m, 0x8007, v, 16), 8);
	ck_assert_uint_eq(v[0].attrs,
			  SPMC_REGION_SECURE | SPMC_REGION_READ_ONLY);
	ck_assert_uint_eq(v[0].owner, 0x8007);
	ck_assert_uint_eq(v[3].base, 0x0a001000);
	ck_assert_uint_eq(v[3].pages, 3);
	ck_assert_uint_eq(v[4].attrs, 0);
	ck_assert_uint_eq(v[5].attrs,
			  SPMC_REGION_SECURE | SPMC_REGION_DEVICE);
	ck_assert_uint_eq(v[7].base, 0x07000000);
	ck_assert_uint_eq(v[7].pages, 0x40);
	manifest_free(m);
}
END_TEST

START_TEST(services_1_1)
{
	struct manifest *m = load(DATA "sp-1.1.dts", 0);
	struct spmc_endpoint_config ep;
	char *error = NULL;

	ck_assert_str_eq(m->name, "upgradable");
	ck_assert(!m->has_id && !m->has_load);
	ck_assert_uint_eq(m->service_count, 2);
	check_uuid(&m->services[0].uuid, "b4b5671e4a904fe1b81ffb13dae1dacb");
	check_uuid(&m->services[1].uuid, "00112233445566778899aabbccddeeff");
	check_uuid(&m->image_uuid, "f07b2a961d474d179ec886a64e253e5c");
	ck_assert_uint_eq(m->abort_action, MANIFEST_ABORT_RESTART);
	ck_assert_int_eq(m->live_register, 1);
	ck_assert_ptr_eq(m->live, &m->regions[0]);
	ck_assert_uint_eq(m->boot_order, MANIFEST_LAST);
	ck_assert_uint_eq(m->ns_action, SPMC_NS_SIGNALED);

	place(m, 0x06380000);
	ck_assert_uint_eq(m->load_address, 0x06380000);
	ck_assert_uint_eq(m->image_size, 0x100000);
	ck_assert(manifest_to_endpoint(m, 1, FFA_V1_2, &ep, &error, NULL));
	ck_assert_uint_eq(ep.id, 0);
	ck_assert_uint_eq(ep.kind, SPMC_SP_EL0);
	ck_assert_uint_eq(ep.version, FFA_V1_2);
	ck_assert_uint_eq(ep.props, 0xe07 | FFA_PART_AARCH64);
	manifest_free(m);
}
END_TEST

START_TEST(core)
{
	static const struct manifest_range want[] = {
		{ 0x06000000, 0x02000000, true, false },
		{ 0x1c090000, 0x10000, true, true },
		{ 0x1c0b0000, 0x10000, false, true },
		{ 0x80000000, 0x1f000000, false, false },
		{ 0x9f000000, 0x00100000, true, false },
		{ 0x9f100000, 0xe0f00000, false, false },
	};
	struct manifest *m = load(DATA "core.dts", 1);
	const struct manifest_core *c = m->core;
	struct spmc_endpoint_config ep;
	char *error = NULL;

	ck_assert_ptr_nonnull(c);
	ck_assert_uint_eq(c->spmc_id, 0x8000);
	ck_assert_uint_eq(c->version, FFA_V1_2);
	ck_assert_uint_eq(c->load_address, 0x06000000);
	ck_assert_uint_eq(c->entrypoint, 0x06000000);
	ck_assert_uint_eq(c->binary_size, 0x80000);
	ck_assert_uint_eq(c->cpu_count, 2);
	ck_assert_uint_eq(c->mpidrs[1], 0x100);
	ck_assert_uint_eq(c->vm_count, 1);
	ck_assert_uint_eq(c->vms[0].id, 0x8001);
	ck_assert_str_eq(c->vms[0].name, "one");
	ck_assert_uint_eq(c->vms[0].mem_size, 0x100000);
	ck_assert_uint_eq(c->vms[0].smcs.v[0], 0x82000100);
	ck_assert_uint_eq(c->package_count, 1);
	check_uuid(&c->packages[0].uuid, "b4b5671e4a904fe1b81ffb13dae1dacb");
	ck_assert_uint_eq(c->range_count, G_N_ELEMENTS(want));
	for (unsigned int i = 0; i < c->range_count; i++) {
		ck_assert_uint_eq(c->ranges[i].base, want[i].base);
		ck_assert_uint_eq(c->ranges[i].size, want[i].size);
		ck_assert(c->ranges[i].secure == want[i].secure);
		ck_assert(c->ranges[i].device == want[i].device);
	}
	ck_assert(!manifest_to_endpoint(m, 8, FFA_V1_2, &ep, &error, NULL));
	ck_assert_str_eq(error, DATA "core.dts: /: describes the SPMC, "
			 "expected the manifest of a partition");
	g_free(error);
	ck_assert_uint_eq(manifest_to_regions(m, 0x8001, NULL, 0), 0);
	ck_assert_uint_eq(manifest_boot_info(m, FFA_V1_2, 0, NULL, 0), 0);
	manifest_free(m);
}
END_TEST

START_TEST(includes)
{
	g_autoptr(GPtrArray) warnings = warnings_new();
	char *error = NULL;
	struct manifest *m;

	m = manifest_load(DATA "cpp.dts", &error, warnings);
	ck_assert_msg(m != NULL, "%s", error);
	ck_assert_uint_eq(m->ec_count, 2);
	ck_assert_uint_eq(m->boot_order, 17);
	ck_assert_uint_eq(warnings->len, 2);
	ck_assert_str_eq(warnings->pdata[0], DATA "cpp.dts: /hologram: unknown "
			 "property of a partition node; ignored");
	ck_assert_str_eq(warnings->pdata[1],
			 DATA "cpp.dts: /annex: unknown node; ignored");
	manifest_free(m);
}
END_TEST

/* -- boot information ----------------------------------------------------- */

static void *boot_blob(const struct manifest *m, uint64_t address, gsize *size)
{
	void *blob;

	*size = manifest_boot_info(m, FFA_V1_1, address, NULL, 0);
	blob = g_malloc(*size);
	ck_assert_uint_eq(manifest_boot_info(m, FFA_V1_1, address, blob,
					     *size), *size);
	return blob;
}

START_TEST(boot_info)
{
	struct manifest *m = load(DATA "sp.dts", 0);
	const uint64_t at = 0x07a00000;
	struct ffa_boot_info_desc d[2];
	struct ffa_boot_info head;
	g_autofree char *blob = NULL;
	uint16_t hob[2];
	gsize size;

	ck_assert(manifest_wants_boot_info(m));
	blob = boot_blob(m, at, &size);
	memcpy(&head, blob, sizeof(head));
	ck_assert_uint_eq(head.signature, 0x0ffa);
	ck_assert_uint_eq(head.version, FFA_V1_1);
	ck_assert_uint_eq(head.size, size);
	ck_assert_uint_eq(head.desc_size, 32);
	ck_assert_uint_eq(head.desc_count, 2);
	ck_assert_uint_eq(head.desc_offset, 32);
	memcpy(d, blob + 32, sizeof(d));
	ck_assert_uint_eq(d[0].type, FFA_BOOT_INFO_FDT);
	ck_assert_uint_eq(d[0].flags, 0);
	ck_assert_uint_eq(d[0].size, m->blob_size);
	ck_assert_uint_eq(d[0].content, at + 96);
	ck_assert(!memcmp(blob + 96, m->blob, m->blob_size));
	ck_assert_int_eq(fdt_check_full(blob + 96, d[0].size), 0);
	ck_assert_uint_eq(d[1].type, FFA_BOOT_INFO_HOB);
	ck_assert_uint_eq(d[1].content % 8, 0);
	ck_assert_uint_eq(d[1].content + d[1].size, at + size);
	/* the list starts with a hand-off block and ends behind it */
	memcpy(hob, blob + (d[1].content - at), 4);
	ck_assert_uint_eq(hob[0], 1);
	ck_assert_uint_eq(hob[1], 56);
	memcpy(hob, blob + (d[1].content - at) + 56, 4);
	ck_assert_uint_eq(hob[0], 0xffff);
	manifest_free(m);
}
END_TEST

START_TEST(boot_info_default)
{
	struct manifest *m = load(DATA "sp-1.1.dts", 0);
	struct ffa_boot_info head;
	g_autofree char *blob = NULL;
	gsize size;

	/* a register, and no node that asks for anything: the manifest */
	blob = boot_blob(m, 0x1000, &size);
	memcpy(&head, blob, sizeof(head));
	ck_assert_uint_eq(head.desc_count, 1);
	m->boot_register = MANIFEST_NO_REGISTER;
	ck_assert_uint_eq(manifest_boot_info(m, FFA_V1_1, 0, NULL, 0), 0);
	manifest_free(m);
}
END_TEST

/* -- files ---------------------------------------------------------------- */

static void refused(const char *path, const char *why)
{
	char *error = NULL;

	ck_assert(!manifest_load(path, &error, NULL));
	ck_assert_msg(strstr(error, why) != NULL, "%s", error);
	ck_assert_msg(g_str_has_prefix(error, path), "%s", error);
	g_free(error);
}

START_TEST(files)
{
	g_autofree char *dir = g_dir_make_tmp("manifest-XXXXXX", NULL);
	g_autofree char *dts = g_build_filename(dir, "x.dts", NULL);
	g_autofree char *dtb = g_build_filename(dir, "x.dtb", NULL);
	struct manifest *m = load(DATA "sp.dts", 0);

	refused("/nonexistent.dts", "No such file");
	refused(dir, "is no regular file");
	g_file_set_contents(dts, "/ { x", -1, NULL);
	refused(dts, "dtc cannot read this device tree source, which has no "
		"/dts-v1/;");
	g_file_set_contents(dts, "/dts-v1/;\n/ { x", -1, NULL);
	refused(dts, "x.dts:2.5");
	g_file_set_contents(dts, "#include \"y.dtsi\"\n", -1, NULL);
	refused(dts, "cpp cannot read this device tree source");
	g_file_set_contents(dts, "", 0, NULL);
	refused(dts, "dtc cannot read");
	g_file_set_contents(dtb, "", 0, NULL);
	refused(dtb, "truncated: 0 bytes are less than the header");
	g_file_set_contents(dtb, (char *)m->blob, (gssize)m->blob_size - 1,
			    NULL);
	refused(dtb, "truncated: the header says ");
	g_file_set_contents(dtb, "not a tree, but long enough for its header",
			    -1, NULL);
	refused(dtb, "is no valid device tree blob: FDT_ERR_BADMAGIC");

	/* a blob is known by its magic, too */
	g_file_set_contents(dtb, (char *)m->blob, (gssize)m->blob_size, NULL);
	manifest_free(load(dtb, 0));
	g_file_set_contents(dts, (char *)m->blob, (gssize)m->blob_size, NULL);
	manifest_free(load(dts, 0));
	manifest_free(m);
	remove(dts);
	remove(dtb);
	remove(dir);
}
END_TEST

START_TEST(no_dtc)
{
	char *error = NULL;

	g_setenv("PATH", "/nonexistent", TRUE);
	ck_assert(!manifest_load(DATA "sp.dts", &error, NULL));
	ck_assert_str_eq(error, DATA "sp.dts: needs dtc, which is not "
			 "installed: apt-get install device-tree-compiler");
	g_free(error);
}
END_TEST

/* Nothing that a file can hold may crash the reader. */
START_TEST(any_bytes)
{
	static const char *const names[] = { "sp", "sp-1.1", "core" };
	g_autofree char *path = g_strdup_printf(DATA "%s.dts", names[_i]);
	struct manifest *good, *m;
	GRand *rand = g_rand_new_with_seed((guint32)_i + 1);
	struct spmc_endpoint_config ep;
	g_autofree uint8_t *b = NULL;
	uint64_t next;
	gsize size, at;
	char *error;

	good = manifest_load(path, &error, NULL);
	ck_assert_ptr_nonnull(good);
	size = good->blob_size;
	for (gsize n = 0; n < size; n++) {
		b = g_realloc(b, n + 1);
		memcpy(b, good->blob, n);
		ck_assert(!manifest_parse("x", b, n, &error, NULL));
		g_free(error);
	}
	b = g_realloc(b, size);
	for (int i = 0; i < 3000; i++) {
		memcpy(b, good->blob, size);
		for (int k = g_rand_int_range(rand, 1, 5); k; k--) {
			at = (gsize)g_rand_int_range(rand, 0, (gint32)size);
			b[at] = g_rand_boolean(rand)
				? (uint8_t)g_rand_int(rand)
				: (uint8_t)(b[at] ^ 1 << g_rand_int_range(
						    rand, 0, 8));
		}
		error = NULL;
		m = manifest_parse("x", b, size, &error, NULL);
		ck_assert((m != NULL) == (error == NULL));
		g_free(error);
		error = NULL;
		next = 0x0a000000;
		if (m && !m->core &&
		    manifest_place(m, 0x07000000, 1 << 20, &next, &error)) {
			manifest_to_endpoint(m, 32, FFA_V1_2, &ep, &error,
					     NULL);
			manifest_to_regions(m, 0x8001, NULL, 0);
		}
		g_free(error);
		manifest_free(m);
	}
	manifest_free(good);
	g_rand_free(rand);
}
END_TEST

/* -- two partitions, and the board ---------------------------------------- */

START_TEST(conflicts)
{
	struct manifest *a = load(DATA "sp.dts", 0);
	struct manifest *b = load(DATA "sp.dts", 0);
	g_autoptr(GPtrArray) warnings = warnings_new();
	uint64_t next = 0x0b000000;
	char *error = NULL;

	place(a, 0);
	place(b, 0);
	error = manifest_conflict(a, b, NULL);
	ck_assert_str_eq(error, DATA "sp.dts: /id: is 0x8007 as in " DATA
			 "sp.dts, expected another");
	g_free(error);
	b->has_id = false;
	error = manifest_conflict(a, b, NULL);
	ck_assert_str_eq(error, DATA "sp.dts: /memory-regions/rx: 0x7700000 "
			 "to 0x7700fff overlaps /memory-regions/rx of " DATA
			 "sp.dts, 0x7700000 to 0x7700fff");
	g_free(error);
	for (unsigned int i = 0; i < b->region_count; i++)
		b->regions[i].base += 0x10000000;
	b->load_address += 0x10000000;
	error = manifest_conflict(a, b, NULL);
	ck_assert_str_eq(error, DATA "sp.dts: /device-regions/engine/"
			 "interrupts: has id 56 of /device-regions/engine in "
			 DATA "sp.dts, expected another");
	g_free(error);
	for (unsigned int i = 0; i < b->region_count; i++)
		b->regions[i].irq_count = 0;
	ck_assert_ptr_null(manifest_conflict(a, b, warnings));
	ck_assert_uint_eq(warnings->len, 1);
	manifest_free(a);
	manifest_free(b);

	a = load(DATA "sp-1.1.dts", 0);
	ck_assert(!manifest_place(a, UINT64_MAX, 0x1000, &next, &error));
	ck_assert_str_eq(error, DATA "sp-1.1.dts: /load-address: is "
			 "0xfffffffffffff000, and the image leaves the 52-bit "
			 "address space");
	g_free(error);
	manifest_free(a);
}
END_TEST

START_TEST(image_is_cut)
{
	struct manifest *m = load(DATA "sp-1.1.dts", 0);

	/* the image ends where the state buffer begins */
	place(m, 0x06780000);
	ck_assert_uint_eq(m->image_size, 0x10000);
	manifest_free(m);
}
END_TEST

/* The manual names every property, and every kind of node. */
START_TEST(manual)
{
	g_autofree char *text = NULL;

	ck_assert(g_file_get_contents("docs/manifest.md", &text, NULL, NULL));
	for (unsigned int i = 0; i < manifest_prop_count; i++) {
		g_autofree char *name =
			g_strdup_printf("`%s`", manifest_props[i].name);

		ck_assert_msg(strstr(text, name) != NULL,
			      "docs/manifest.md does not have %s", name);
		ck_assert_str_ne(manifest_props[i].sentence, "");
	}
	for (int i = 0; i < MANIFEST_N_COUNT; i++)
		ck_assert_str_ne(manifest_node_name((enum manifest_node)i),
				 "");
}
END_TEST

/* What the projects ship loads, where the folder is there. */
START_TEST(shipped)
{
	const char *dir = g_getenv("FFASIM_MANIFESTS");
	const char *name;
	GDir *d;

	d = g_dir_open(dir ? dir : "../shared/data/manifests", 0, NULL);
	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(
			dir ? dir : "../shared/data/manifests", name, NULL);
		char *error = NULL;
		struct manifest *m;

		if (!g_str_has_suffix(name, ".dts"))
			continue;
		m = manifest_load(path, &error, NULL);
		ck_assert_msg(m != NULL, "%s", error);
		if (!m->core)
			place(m, 0x06000000);
		if (strstr(name, "__cactus.dts"))
			check_uuid(&m->services[0].uuid,
				   "b4b5671e4a904fe1b81ffb13dae1dacb");
		manifest_free(m);
	}
	if (d)
		g_dir_close(d);
}
END_TEST

Suite *check_manifest(void)
{
	Suite *s = suite_create("manifest");
	TCase *good = tcase_create("good");
	TCase *wrong = tcase_create("wrong");

	tcase_add_test(good, sink);
	tcase_add_test(good, sink_endpoint);
	tcase_add_test(good, sink_regions);
	tcase_add_test(good, services_1_1);
	tcase_add_test(good, core);
	tcase_add_test(good, includes);
	tcase_add_test(good, boot_info);
	tcase_add_test(good, boot_info_default);
	tcase_add_test(good, image_is_cut);
	tcase_add_test(good, manual);
	tcase_add_test(good, shipped);
	tcase_set_timeout(good, 60);
	suite_add_tcase(s, good);

	tcase_add_test(wrong, files);
	tcase_add_test(wrong, no_dtc);
	tcase_add_loop_test(wrong, any_bytes, 0, 3);
	tcase_add_test(wrong, conflicts);
	tcase_set_timeout(wrong, 60);
	suite_add_tcase(s, wrong);
	return s;
}
