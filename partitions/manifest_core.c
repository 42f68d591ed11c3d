/* SPDX-License-Identifier: BSD-3-Clause */
/* The manifest of the SPMC itself. */
#include <stdlib.h>
#include <string.h>

#include "manifest_impl.h"

enum { MAX_VM_DIGITS = 4 };

static void vm_clear(struct manifest_vm *vm)
{
	g_free(vm->node);
	g_free(vm->name);
	g_free(vm->kernel);
	g_free(vm->ramdisk);
	g_free(vm->fdt);
	g_free(vm->smcs.v);
}

void manifest_core_free(struct manifest_core *core)
{
	if (!core)
		return;
	for (unsigned int i = 0; i < core->vm_count; i++)
		vm_clear(&core->vms[i]);
	g_free(core->vms);
	g_free(core->ranges);
	g_free(core->packages);
	g_free(core);
}

static void check_attribute(struct reader *r, int node)
{
	struct manifest_core *c = r->m->core;
	uint64_t end = c->load_address + c->binary_size;

	if (!(c->id & FFA_ID_SECURE) || c->id >= FFA_ID_SPMD)
		reader_error(r, node, "spmc_id",
			     "is 0x%x, expected 0x8000 to 0xfffe", c->id);
	c->spmc_id = (uint16_t)c->id;
	c->version = FFA_VER(c->maj_ver, c->min_ver);
	c->aarch32 = c->exec_state;
	if (!c->has_load)
		return;
	if (c->load_address % MANIFEST_PAGE)
		reader_error(r, node, "load_address",
			     "is 0x%" PRIx64 ", expected a multiple of 0x%x",
			     c->load_address, MANIFEST_PAGE);
	if (end < c->load_address)
		reader_error(r, node, "binary_size",
			     "is 0x%x and overflows from load_address on",
			     c->binary_size);
	else if (c->has_entry && c->binary_size &&
		 (c->entrypoint < c->load_address || c->entrypoint >= end))
		reader_error(r, node, "entrypoint",
			     "is 0x%" PRIx64 ", expected an address in the "
			     "binary, 0x%" PRIx64 " to 0x%" PRIx64,
			     c->entrypoint, c->load_address, end - 1);
}

/* -- reg ------------------------------------------------------------------ */

/* A number of `cells` cells, which moves *p on. */
static uint64_t take(const fdt32_t **p, int cells)
{
	uint64_t value = 0;

	while (cells--)
		value = value << 32 | fdt32_ld((*p)++);
	return value;
}

/* reg as entries of this many cells; their number, 0 with an error. */
static int read_reg(struct reader *r, int node, int cells,
		    const fdt32_t **reg)
{
	int len;

	*reg = fdt_getprop(r->fdt, node, "reg", &len);
	if (!*reg || !len || len % 4)
		return 0;	/* said by the row of the property */
	if (!cells || len % (4 * cells)) {
		reader_error(r, node, "reg",
			     "has %d cells, expected a multiple of %d "
			     "(#address-cells and #size-cells of its parent)",
			     len / 4, cells);
		return 0;
	}
	return len / (4 * cells);
}

/* #address-cells, #size-cells: their defaults are those of the DT spec. */
static int cells_of(struct reader *r, int node, const char *prop, int dflt)
{
	const fdt32_t *p;
	int len;

	p = fdt_getprop(r->fdt, node, prop, &len);
	if (!p || len != 4 || fdt32_ld(p) > 2)
		return dflt;
	return (int)fdt32_ld(p);
}

static void read_cpus(struct reader *r, int node)
{
	int cells = cells_of(r, node, "#address-cells", 1);
	struct manifest_core *c = r->m->core;
	const fdt32_t *reg;
	uint64_t mpidr;
	int child, n;

	reader_props(r, node, MANIFEST_N_CPUS, c);
	fdt_for_each_subnode(child, r->fdt, node) {
		const char *type;

		type = fdt_getprop(r->fdt, child, "device_type", NULL);
		if (!type || strcmp(type, "cpu")) {
			reader_warning(r, child, NULL,
				       "has no device_type \"cpu\"; ignored");
			continue;
		}
		reader_props(r, child, MANIFEST_N_CPU, c);
		n = read_reg(r, child, cells, &reg);
		for (int i = 0; i < n; i++) {
			if (c->cpu_count == SPMC_MAX_CPUS) {
				reader_error(r, child, "reg",
					     "is one CPU too many, expected "
					     "at most %d", SPMC_MAX_CPUS);
				return;
			}
			mpidr = take(&reg, cells);
			for (unsigned int k = 0; k < c->cpu_count; k++)
				if (c->mpidrs[k] == mpidr)
					reader_error(r, child, "reg",
						     "is 0x%" PRIx64 " as that "
						     "of another CPU", mpidr);
			c->mpidrs[c->cpu_count++] = mpidr;
		}
	}
	if (!c->cpu_count)
		reader_error(r, node, NULL,
			     "has no CPU, expected nodes with device_type "
			     "\"cpu\" and reg");
}

/* -- memory --------------------------------------------------------------- */

static bool memory_type(const char *type, bool *secure, bool *device)
{
	*secure = true;
	if (g_str_has_prefix(type, "ns-")) {
		*secure = false;
		type += 3;
	}
	*device = !strcmp(type, "device-memory");
	return *device || !strcmp(type, "memory");
}

static void read_memory(struct reader *r, int node, const char *type,
			GArray *ranges)
{
	struct manifest_range range = { 0 };
	int address, size, n;
	const fdt32_t *reg;

	reader_props(r, node, MANIFEST_N_RANGES, r->m->core);
	if (!memory_type(type, &range.secure, &range.device)) {
		g_autofree char *escaped = g_strescape(type, NULL);

		reader_error(r, node, "device_type",
			     "is \"%s\", expected \"memory\", \"ns-memory\", "
			     "\"device-memory\" or \"ns-device-memory\"",
			     escaped);
		return;
	}
	address = cells_of(r, 0, "#address-cells", 2);
	size = cells_of(r, 0, "#size-cells", 1);
	n = read_reg(r, node, address + size, &reg);
	for (int i = 0; i < n; i++) {
		range.base = take(&reg, address);
		range.size = take(&reg, size);
		if (!range.size || range.base % MANIFEST_PAGE ||
		    range.size % MANIFEST_PAGE) {
			reader_error(r, node, "reg",
				     "has 0x%" PRIx64 " bytes at 0x%" PRIx64
				     ", expected pages of 0x%x", range.size,
				     range.base, MANIFEST_PAGE);
		} else if (range.base >> MANIFEST_PA_BITS ||
			   range.size > (UINT64_C(1) << MANIFEST_PA_BITS) -
				   range.base) {
			reader_error(r, node, "reg",
				     "has 0x%" PRIx64 " bytes at 0x%" PRIx64
				     ", which overflow the %d-bit address "
				     "space", range.size, range.base,
				     MANIFEST_PA_BITS);
		} else if (ranges->len == MANIFEST_MAX_RANGES) {
			reader_error(r, node, "reg",
				     "is one range too many, expected at "
				     "most %d", MANIFEST_MAX_RANGES);
			return;
		} else {
			g_array_append_val(ranges, range);
		}
	}
}

static int by_base(const void *a, const void *b)
{
	const struct manifest_range *x = a, *y = b;

	if (x->base != y->base)
		return x->base < y->base ? -1 : 1;
	return 0;
}

/* The ranges of one world, which must not overlap, go to `out`. */
static void one_world(struct reader *r, const GArray *ranges, bool secure,
		      GArray *out)
{
	const struct manifest_range *a, *last = NULL;

	for (guint i = 0; i < ranges->len; i++) {
		a = &g_array_index(ranges, struct manifest_range, i);
		if (a->secure != secure)
			continue;
		if (last && last->base + last->size > a->base)
			reader_error_at(r, "/", NULL,
					"memory 0x%" PRIx64 " to 0x%" PRIx64
					" overlaps memory 0x%" PRIx64 " to 0x%"
					PRIx64, a->base, a->base + a->size - 1,
					last->base,
					last->base + last->size - 1);
		last = a;
		g_array_append_val(out, *a);
	}
}

static void add_piece(GArray *to, struct manifest_range range, uint64_t end)
{
	if (range.base >= end)
		return;
	range.size = end - range.base;
	g_array_append_val(to, range);
}

/*
 * A secure range may be carved out of a non-secure one, as shipped for FVP;
 * secure counts there. Both arrays ascend.
 */
static void carve(struct reader *r, const GArray *secure, const GArray *normal,
		  GArray *out)
{
	const struct manifest_range *s;
	struct manifest_range n;
	uint64_t end;

	for (guint i = 0; i < normal->len; i++) {
		n = g_array_index(normal, struct manifest_range, i);
		end = n.base + n.size;
		for (guint k = 0; k < secure->len; k++) {
			s = &g_array_index(secure, struct manifest_range, k);
			if (s->base >= end || s->base + s->size <= n.base)
				continue;
			reader_warning(r, 0, NULL,
				       "secure memory 0x%" PRIx64 " to 0x%"
				       PRIx64 " is in a non-secure range; it "
				       "is secure", s->base,
				       s->base + s->size - 1);
			add_piece(out, n, s->base);
			n.base = MIN(end, s->base + s->size);
		}
		add_piece(out, n, end);
	}
}

static void check_ranges(struct reader *r, GArray *ranges)
{
	gsize size = sizeof(struct manifest_range);
	struct manifest_core *c = r->m->core;
	GArray *secure = g_array_new(FALSE, TRUE, (guint)size);
	GArray *normal = g_array_new(FALSE, TRUE, (guint)size);
	GArray *all = g_array_new(FALSE, TRUE, (guint)size);

	g_array_sort(ranges, by_base);
	one_world(r, ranges, true, secure);
	one_world(r, ranges, false, normal);
	carve(r, secure, normal, all);
	if (secure->len)
		g_array_append_vals(all, secure->data, secure->len);
	g_array_sort(all, by_base);
	c->range_count = all->len;
	c->ranges = (struct manifest_range *)(void *)g_array_free(all, FALSE);
	g_array_unref(secure);
	g_array_unref(normal);
	g_array_unref(ranges);
}

/* -- partitions ----------------------------------------------------------- */

/* vmN: N, or -1. */
static int vm_number(const char *name)
{
	size_t digits = strspn(name + 2, "0123456789");

	if (!g_str_has_prefix(name, "vm") || !digits ||
	    digits > MAX_VM_DIGITS || name[2 + digits])
		return -1;
	return atoi(name + 2);
}

static void read_hypervisor(struct reader *r, int node)
{
	struct manifest_core *c = r->m->core;
	struct manifest_vm vm;
	GArray *vms;
	int child, number;
	unsigned int highest = 0;

	vms = g_array_new(FALSE, TRUE, sizeof(struct manifest_vm));
	reader_props(r, node, MANIFEST_N_HYPERVISOR, c);
	fdt_for_each_subnode(child, r->fdt, node) {
		number = vm_number(fdt_get_name(r->fdt, child, NULL));
		if (number < 0) {
			reader_warning(r, child, NULL,
				       "unknown node; ignored");
			continue;
		}
		if (number == 0 || vms->len == MANIFEST_MAX_VMS) {
			reader_error(r, child, NULL,
				     "is no partition, expected vm1 to vm%d",
				     MANIFEST_MAX_VMS);
			continue;
		}
		memset(&vm, 0, sizeof(vm));
		vm.node = reader_path(r, child);
		vm.id = (uint16_t)(FFA_ID_SECURE | number);
		reader_props(r, child, MANIFEST_N_VM, &vm);
		if (vm.has_load && vm.load_address % MANIFEST_PAGE)
			reader_error(r, child, "load_address",
				     "is 0x%" PRIx64 ", expected a multiple "
				     "of 0x%x", vm.load_address,
				     MANIFEST_PAGE);
		if (vm.is_ffa && !vm.hyp_loaded && !vm.has_load)
			reader_error(r, child, "load_address",
				     "is missing, expected the address of the "
				     "partition's package");
		highest = MAX(highest, (unsigned int)number);
		g_array_append_val(vms, vm);
	}
	if (highest > vms->len)
		reader_warning(r, node, NULL,
			       "has vm%u but only %u partitions; Hafnium "
			       "stops at the first number that is missing",
			       highest, vms->len);
	c->vm_count = vms->len;
	c->vms = (struct manifest_vm *)(void *)g_array_free(vms, FALSE);
}

static void read_packages(struct reader *r, int node, GArray *packages)
{
	struct manifest_package package;
	int child;

	reader_props(r, node, MANIFEST_N_PACKAGES, r->m->core);
	fdt_for_each_subnode(child, r->fdt, node) {
		memset(&package, 0, sizeof(package));
		reader_props(r, child, MANIFEST_N_PACKAGE, &package);
		g_array_append_val(packages, package);
	}
}

void manifest_read_core(struct reader *r)
{
	struct manifest_core *c = r->m->core;
	GArray *ranges, *packages;
	enum manifest_node kind;
	const char *type;
	int node, len;

	ranges = g_array_new(FALSE, TRUE, sizeof(struct manifest_range));
	packages = g_array_new(FALSE, TRUE, sizeof(struct manifest_package));
	reader_props(r, 0, MANIFEST_N_CORE, c);
	fdt_for_each_subnode(node, r->fdt, 0) {
		type = fdt_getprop(r->fdt, node, "device_type", &len);
		if (type && len && !type[len - 1]) {
			read_memory(r, node, type, ranges);
			continue;
		}
		kind = reader_kind(r, node, MANIFEST_N_CORE);
		if (kind == MANIFEST_N_ATTRIBUTE) {
			reader_props(r, node, kind, c);
			check_attribute(r, node);
		} else if (kind == MANIFEST_N_HYPERVISOR) {
			read_hypervisor(r, node);
		} else if (kind == MANIFEST_N_CPUS) {
			read_cpus(r, node);
		} else if (kind == MANIFEST_N_PACKAGES) {
			read_packages(r, node, packages);
		} else if (kind != MANIFEST_N_COUNT) {
			reader_props(r, node, kind, c);
		}
	}
	if (!(r->kinds_seen & 1u << MANIFEST_N_ATTRIBUTE))
		reader_error(r, 0, "attribute",
			     "is missing, expected a node with spmc_id, "
			     "maj_ver and min_ver");
	c->package_count = packages->len;
	c->packages = (struct manifest_package *)(void *)
		g_array_free(packages, FALSE);
	check_ranges(r, ranges);
}
