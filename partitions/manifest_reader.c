/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the nodes of a tree by the table of properties. */
#include <string.h>

#include "manifest_impl.h"

enum {
	MAX_ERRORS = 20,
	MAX_WARNINGS = 50,
	MAX_STRING = 256,
};

/* A kind of node: how a child of `parent` is recognised. */
static const struct {
	enum manifest_node parent, kind;
	const char *name;	/* up to '@' */
	const char *compatible;
	bool once;
} kinds[] = {
	{ MANIFEST_N_PARTITION, MANIFEST_N_SERVICES, "services",
	  "arm,ffa-manifest-services", true },
	{ MANIFEST_N_PARTITION, MANIFEST_N_RXTX, "rx_tx-info",
	  "arm,ffa-manifest-rx_tx-buffer", true },
	{ MANIFEST_N_PARTITION, MANIFEST_N_RXTX, "rx-tx-info",
	  "arm,ffa-manifest-rx_tx-buffer", true },
	{ MANIFEST_N_PARTITION, MANIFEST_N_RXTX, "rx-tx-buffer",
	  "arm,ffa-manifest-rx_tx-buffer", true },
	{ MANIFEST_N_PARTITION, MANIFEST_N_BOOT_INFO, "boot-info",
	  "arm,ffa-manifest-boot-info", true },
	{ MANIFEST_N_PARTITION, MANIFEST_N_LIVE, "live-state-buffer-info",
	  "arm,ffa-manifest,live-state-buffer", true },
	{ MANIFEST_N_PARTITION, MANIFEST_N_MEMORIES, "memory-regions",
	  "arm,ffa-manifest-memory-regions", true },
	{ MANIFEST_N_PARTITION, MANIFEST_N_DEVICES, "device-regions",
	  "arm,ffa-manifest-device-regions", true },
	{ MANIFEST_N_PARTITION, MANIFEST_N_TPM, "tpm_event_log",
	  "arm,tpm_event_log", false },
	{ MANIFEST_N_PARTITION, MANIFEST_N_FEATURES, "hw-features",
	  "arm,hw-features", false },
	{ MANIFEST_N_CORE, MANIFEST_N_ATTRIBUTE, "attribute", NULL, true },
	{ MANIFEST_N_CORE, MANIFEST_N_HYPERVISOR, "hypervisor",
	  "hafnium,hafnium", true },
	{ MANIFEST_N_CORE, MANIFEST_N_CPUS, "cpus", NULL, true },
	{ MANIFEST_N_CORE, MANIFEST_N_TPM, "tpm_event_log",
	  "arm,tpm_event_log", false },
	{ MANIFEST_N_CORE, MANIFEST_N_PACKAGES, NULL, "arm,sp_pkg", false },
};

const char *manifest_node_name(enum manifest_node node)
{
	switch (node) {
	case MANIFEST_N_PARTITION: return "partition";
	case MANIFEST_N_SERVICES: return "services";
	case MANIFEST_N_SERVICE: return "service";
	case MANIFEST_N_RXTX: return "rx_tx-info";
	case MANIFEST_N_BOOT_INFO: return "boot-info";
	case MANIFEST_N_LIVE: return "live-state-buffer-info";
	case MANIFEST_N_MEMORIES: return "memory-regions";
	case MANIFEST_N_MEMORY: return "memory region";
	case MANIFEST_N_DEVICES: return "device-regions";
	case MANIFEST_N_DEVICE: return "device region";
	case MANIFEST_N_TPM: return "tpm_event_log";
	case MANIFEST_N_FEATURES: return "hw-features";
	case MANIFEST_N_CORE: return "SPMC";
	case MANIFEST_N_ATTRIBUTE: return "attribute";
	case MANIFEST_N_HYPERVISOR: return "hypervisor";
	case MANIFEST_N_VM: return "vm";
	case MANIFEST_N_CPUS: return "cpus";
	case MANIFEST_N_CPU: return "cpu";
	case MANIFEST_N_RANGES: return "memory";
	case MANIFEST_N_PACKAGES: return "sp_pkg";
	case MANIFEST_N_PACKAGE: return "package";
	case MANIFEST_N_COUNT: break;
	}
	return "";
}

/* -- messages ------------------------------------------------------------- */

char *manifest_line(const char *file, const char *path, const char *prop,
		    const char *fmt, va_list ap)
{
	GString *line = g_string_new(file);

	g_string_append(line, ": ");
	if (path) {
		g_string_append(line, path);
		if (prop)
			g_string_append_printf(
				line, "%s%s", path[1] ? "/" : "", prop);
		g_string_append(line, ": ");
	}
	g_string_append_vprintf(line, fmt, ap);
	return g_string_free(line, FALSE);
}

char *reader_path(const struct reader *r, int node)
{
	char path[1024];

	if (fdt_get_path(r->fdt, node, path, sizeof(path)))
		return g_strdup("/...");
	return g_strescape(path, NULL);
}

static void add_error(struct reader *r, char *line)
{
	if (r->error_count++ < MAX_ERRORS)
		g_string_append_printf(r->errors, "%s%s",
				       r->errors->len ? "\n" : "", line);
	g_free(line);
}

void reader_error_at(struct reader *r, const char *path, const char *prop,
		     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_error(r, manifest_line(r->m->file, path, prop, fmt, ap));
	va_end(ap);
}

void reader_error(struct reader *r, int node, const char *prop,
		  const char *fmt, ...)
{
	g_autofree char *path = node < 0 ? NULL : reader_path(r, node);
	va_list ap;

	va_start(ap, fmt);
	add_error(r, manifest_line(r->m->file, path, prop, fmt, ap));
	va_end(ap);
}

void reader_warning(struct reader *r, int node, const char *prop,
		    const char *fmt, ...)
{
	g_autofree char *path = NULL;
	va_list ap;

	if (!r->warnings || r->warning_count++ >= MAX_WARNINGS)
		return;
	path = node < 0 ? NULL : reader_path(r, node);
	va_start(ap, fmt);
	g_ptr_array_add(r->warnings,
			manifest_line(r->m->file, path, prop, fmt, ap));
	va_end(ap);
}

/* -- values --------------------------------------------------------------- */

static bool is_text(const char *s, int len)
{
	return len > 0 && !s[len - 1] && g_utf8_validate(s, len - 1, NULL);
}

/* One printable string that fits. */
static bool is_string(const char *s, int len)
{
	return is_text(s, len) && strlen(s) + 1 == (size_t)len &&
		len <= MAX_STRING;
}

/* A property does not have the type of its row: says which it has. */
static void wrong_type(struct reader *r, int node,
		       const struct manifest_prop *row, const char *expected,
		       const char *data, int len)
{
	if (row->expected)
		expected = row->expected;
	if (is_string(data, len) && g_str_is_ascii(data) && *data)
		reader_error(r, node, row->name, "is \"%s\", expected %s",
			     data, expected);
	else if (!len)
		reader_error(r, node, row->name,
			     "has no value, expected %s", expected);
	else if (len % 4)
		reader_error(r, node, row->name, "has %d bytes, expected %s",
			     len, expected);
	else
		reader_error(r, node, row->name,
			     "has %d cell%s, expected %s", len / 4,
			     len == 4 ? "" : "s", expected);
}

static void set_number(struct reader *r, int node,
		       const struct manifest_prop *row, uint64_t value,
		       void *object)
{
	if (value < row->min || value > row->max) {
		if (row->expected)
			reader_error(r, node, row->name,
				     "is 0x%" PRIx64 ", expected %s", value,
				     row->expected);
		else
			reader_error(r, node, row->name,
				     "is 0x%" PRIx64 ", expected 0x%" PRIx64
				     " to 0x%" PRIx64, value, row->min,
				     row->max);
		return;
	}
	if (row->offset == SIZE_MAX)
		return;
	if (row->type == MANIFEST_T_U64) {
		memcpy((char *)object + row->offset, &value, sizeof(value));
	} else {
		uint32_t v = (uint32_t)value;

		memcpy((char *)object + row->offset, &v, sizeof(v));
	}
}

static void set_number_of(struct reader *r, int node,
			  const struct manifest_prop *row, const char *data,
			  int len, void *object)
{
	if (len == 4)
		set_number(r, node, row,
			   fdt32_ld((const fdt32_t *)(const void *)data),
			   object);
	else if (len == 8 && row->type == MANIFEST_T_U64)
		set_number(r, node, row,
			   fdt64_ld((const fdt64_t *)(const void *)data),
			   object);
	else if (len == 2 && row->type == MANIFEST_T_ORDER)
		set_number(r, node, row,
			   ((uint32_t)(uint8_t)data[0] << 8) |
				   (uint8_t)data[1],
			   object);
	else
		wrong_type(r, node, row,
			   row->type == MANIFEST_T_U64 ? "1 or 2 cells"
						       : "1 cell",
			   data, len);
}

static void set_cells(struct reader *r, int node,
		      const struct manifest_prop *row, const char *data,
		      int len, void *object)
{
	g_autofree char *expected = NULL;
	struct manifest_cells *cells;

	if (!len || len % (4 * (int)row->min)) {
		expected = row->min == 1
			? g_strdup("cells")
			: g_strdup_printf("a multiple of %d cells",
					  (int)row->min);
		wrong_type(r, node, row, expected, data, len);
		return;
	}
	if (row->offset == SIZE_MAX)
		return;
	cells = (void *)((char *)object + row->offset);
	cells->n = (unsigned int)len / 4;
	cells->v = g_new(uint32_t, cells->n);
	for (unsigned int i = 0; i < cells->n; i++)
		cells->v[i] = fdt32_ld(
			(const fdt32_t *)(const void *)(data + 4 * i));
}

static void set_value(struct reader *r, int node,
		      const struct manifest_prop *row, const char *data,
		      int len, void *object)
{
	char *member = row->offset == SIZE_MAX ? NULL
					       : (char *)object + row->offset;
	struct ffa_uuid uuid;
	char *copy;

	switch (row->type) {
	case MANIFEST_T_U32:
	case MANIFEST_T_U64:
	case MANIFEST_T_ORDER:
		set_number_of(r, node, row, data, len, object);
		break;
	case MANIFEST_T_FLAG:
		if (len)
			wrong_type(r, node, row, "no value: its presence says "
				   "yes", data, len);
		else if (member)
			*(bool *)member = true;
		break;
	case MANIFEST_T_STRING:
		if (!is_string(data, len)) {
			wrong_type(r, node, row, "one string", data, len);
		} else if (member) {
			copy = g_strdup(data);
			memcpy(member, &copy, sizeof(copy));
		}
		break;
	case MANIFEST_T_STRINGS:
		if (!is_text(data, len) && fdt_stringlist_count(
				    r->fdt, node, row->name) < 1)
			wrong_type(r, node, row, "a string", data, len);
		break;
	case MANIFEST_T_CELLS:
		set_cells(r, node, row, data, len, object);
		break;
	case MANIFEST_T_UUID:
		if (reader_uuid(r, node, row->name, &uuid) && member)
			memcpy(member, &uuid, sizeof(uuid));
		break;
	case MANIFEST_T_REG:
		if (!len || len % 4)
			wrong_type(r, node, row, "cells", data, len);
		break;
	case MANIFEST_T_ANY:
		break;
	}
	if (row->given != SIZE_MAX)
		*((bool *)((char *)object + row->given)) = true;
}

/* -- nodes ---------------------------------------------------------------- */

/* The rows of a kind of node stand together, but a kind is found by search. */
static const struct manifest_prop *find_row(enum manifest_node kind,
					    const char *name,
					    unsigned int *index)
{
	for (unsigned int i = 0; i < manifest_prop_count; i++) {
		if (manifest_props[i].node == kind &&
		    !strcmp(manifest_props[i].name, name)) {
			*index = i;
			return &manifest_props[i];
		}
	}
	return NULL;
}

void reader_props(struct reader *r, int node, enum manifest_node kind,
		  void *object)
{
	g_autofree bool *seen = g_new0(bool, manifest_prop_count);
	const struct manifest_prop *row;
	const char *name, *data;
	unsigned int index;
	int prop, len;

	fdt_for_each_property_offset(prop, r->fdt, node) {
		data = fdt_getprop_by_offset(r->fdt, prop, &name, &len);
		if (!data)
			continue;
		row = find_row(kind, name, &index);
		if (!row) {
			g_autofree char *escaped = g_strescape(name, NULL);

			reader_warning(r, node, escaped,
				       "unknown property of a %s node; ignored",
				       manifest_node_name(kind));
		} else if (seen[index]) {
			reader_error(r, node, name,
				     "is given twice, expected once");
		} else {
			seen[index] = true;
			set_value(r, node, row, data, len, object);
		}
	}
	for (unsigned int i = 0; i < manifest_prop_count; i++) {
		row = &manifest_props[i];
		if (row->node != kind || !row->required || seen[i])
			continue;
		if (row->expected)
			reader_error(r, node, row->name,
				     "is missing, expected %s", row->expected);
		else
			reader_error(r, node, row->name, "is missing");
	}
}

static bool is_named(const char *name, int len, const char *wanted)
{
	const char *at = memchr(name, '@', (size_t)len);

	if (at)
		len = (int)(at - name);
	return strlen(wanted) == (size_t)len &&
		!memcmp(name, wanted, (size_t)len);
}

static enum manifest_node count_kind(struct reader *r, int node,
				     enum manifest_node kind, bool once)
{
	if (once && (r->kinds_seen & 1u << kind)) {
		reader_error(r, node, NULL,
			     "is a second %s node, expected one",
			     manifest_node_name(kind));
		return MANIFEST_N_COUNT;
	}
	r->kinds_seen |= 1u << kind;
	return kind;
}

enum manifest_node reader_kind(struct reader *r, int node,
			       enum manifest_node parent)
{
	const char *name;
	int len;

	name = fdt_get_name(r->fdt, node, &len);
	if (!name)
		return MANIFEST_N_COUNT;
	/* OP-TEE goes by the compatible string, Hafnium by the name. */
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].parent == parent && kinds[i].compatible &&
		    !fdt_node_check_compatible(r->fdt, node,
					       kinds[i].compatible))
			return count_kind(r, node, kinds[i].kind,
					  kinds[i].once);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (kinds[i].parent != parent || !kinds[i].name ||
		    !is_named(name, len, kinds[i].name))
			continue;
		if (!kinds[i].compatible)
			return count_kind(r, node, kinds[i].kind,
					  kinds[i].once);
		if (kinds[i].kind == MANIFEST_N_TPM ||
		    kinds[i].kind == MANIFEST_N_FEATURES)
			break;
		if (fdt_getprop(r->fdt, node, "compatible", NULL))
			reader_error(r, node, "compatible",
				     "is not \"%s\"", kinds[i].compatible);
		else
			reader_error(r, node, "compatible",
				     "is missing, expected \"%s\"",
				     kinds[i].compatible);
		return MANIFEST_N_COUNT;
	}
	reader_warning(r, node, NULL, "unknown node; ignored");
	return MANIFEST_N_COUNT;
}

/* -- UUIDs ---------------------------------------------------------------- */

void manifest_uuid_text(const struct ffa_uuid *uuid, char text[37])
{
	static const char digits[] = "0123456789abcdef";
	char *p = text;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = digits[uuid->b[i] >> 4];
		*p++ = digits[uuid->b[i] & 15];
	}
	*p = '\0';
}

static bool uuid_of_text(const char *s, int len, struct ffa_uuid *out)
{
	int n = 0, hi, lo;

	if (len != 37 || s[36])
		return false;
	while (*s) {
		if (n == 4 || n == 6 || n == 8 || n == 10)
			if (*s++ != '-')
				return false;
		hi = g_ascii_xdigit_value(s[0]);
		lo = hi < 0 ? -1 : g_ascii_xdigit_value(s[1]);
		if (lo < 0 || n == 16)
			return false;
		out->b[n++] = (uint8_t)(hi << 4 | lo);
		s += 2;
	}
	return n == 16;
}

bool reader_uuid(struct reader *r, int node, const char *prop,
		 struct ffa_uuid *out)
{
	const char *data;
	int len;

	data = fdt_getprop(r->fdt, node, prop, &len);
	if (!data)
		return false;
	if (r->m->binding >= 1 && !r->m->core) {
		if (!uuid_of_text(data, len, out)) {
			reader_error(r, node, prop,
				     "is no UUID, expected text such as "
				     "\"b4b5671e-4a90-4fe1-b81f-"
				     "fb13dae1dacb\"");
			return false;
		}
	} else if (len == 16) {
		/* As in registers: byte 0 is the low byte of the first cell. */
		for (int i = 0; i < 16; i++)
			out->b[i] = (uint8_t)data[(i & ~3) | (3 - (i & 3))];
	} else {
		reader_error(r, node, prop,
			     "has %d bytes, expected 4 cells (16 bytes)", len);
		return false;
	}
	if (ffa_uuid_is_nil(out)) {
		reader_error(r, node, prop,
			     "is the nil UUID, expected another");
		return false;
	}
	return true;
}
