/* SPDX-License-Identifier: BSD-3-Clause */
/* Partition information descriptors. */
#include <string.h>

#include "ffa/ffa_desc.h"
#include "sim/codec_impl.h"

#define NAME(name, value)						\
	{ CODEC_FN_PARTINFO, "props", name, value }
const struct ffa_named codec_props[] = {
	NAME("recv", FFA_PART_RECV_DIRECT),
	NAME("send", FFA_PART_SEND_DIRECT),
	NAME("indirect", FFA_PART_INDIRECT),
	NAME("notif", FFA_PART_NOTIFICATION),
	NAME("vm-created", FFA_PART_VM_CREATED),
	NAME("vm-destroyed", FFA_PART_VM_DESTROYED),
	NAME("aarch64", FFA_PART_AARCH64),
	NAME("recv2", FFA_PART_RECV_DIRECT2),
	NAME("send2", FFA_PART_SEND_DIRECT2),
	NAME("live", FFA_PART_LIVE),
};
const unsigned int codec_prop_count = G_N_ELEMENTS(codec_props);

/* Of the longest descriptor; the shorter ones are its beginning. */
#define FIELD(name, reg, lo, hi, kind, sentence)			\
	{ name, sentence, CODEC_FN_PARTINFO, reg, lo, hi, FFA_K_##kind }
static const struct ffa_field fields[] = {
	FIELD("id", 0, 0, 15, ID, "endpoint id"),
	FIELD("ec", 0, 16, 31, UINT, "number of execution contexts"),
	FIELD("props", 0, 32, 63, HEX, "properties of the partition"),
	FIELD("uuid", 1, 0, 63, UUIDX, "UUID; nil if one was asked for"),
	FIELD("image", 3, 0, 63, UUIDX, "UUID of the image"),
	FIELD("version", 5, 0, 31, VER, "version of the partition"),
	FIELD("reserved", 5, 32, 63, HEX, "must be zero"),
};

const struct ffa_field *codec_partinfo_fields(unsigned int size,
					      unsigned int *n)
{
	switch (size) {
	case sizeof(struct ffa_partition_info_v1_0):
		*n = 3;
		break;
	case sizeof(struct ffa_partition_info):
		*n = 4;
		break;
	case sizeof(struct ffa_partition_info_v1_3):
		*n = G_N_ELEMENTS(fields);
		break;
	default:
		*n = 0;
		break;
	}
	return fields;
}

static struct codec_layout partinfo_layout(unsigned int size)
{
	struct codec_layout l = {
		.end = size / 8, .wide = true, .self = CODEC_NOBODY,
	};

	l.fields = codec_partinfo_fields(size, &l.n);
	return l;
}

void codec_partinfo_load(struct ffa_value *regs, const void *desc,
			 unsigned int size)
{
	const uint8_t *b = desc;

	memset(regs, 0, sizeof(*regs));
	for (unsigned int i = 0; i < size && i < sizeof(*regs); i++)
		regs->x[i / 8] |= (uint64_t)b[i] << i % 8 * 8;
}

void codec_partinfo_store(const struct ffa_value *regs, void *desc,
			  unsigned int size)
{
	uint8_t *b = desc;

	for (unsigned int i = 0; i < size && i < sizeof(*regs); i++)
		b[i] = (uint8_t)(regs->x[i / 8] >> i % 8 * 8);
}

bool codec_partinfo_set(struct ffa_value *regs, unsigned int size,
			const char *name, const struct codec_value *v,
			GError **error)
{
	unsigned int n;
	const struct ffa_field *f = codec_partinfo_fields(size, &n);
	g_autoptr(GString) legal = g_string_new(NULL);

	for (unsigned int i = 0; i < n; i++) {
		if (!strcmp(f[i].name, name))
			return codec_put(regs, &f[i], v, error);
		g_string_append_printf(legal, " %s", f[i].name);
	}
	g_set_error(error, CODEC_ERROR, CODEC_ERROR_FIELD,
		    "a descriptor of %u bytes has no %s; it has%s", size, name,
		    legal->str);
	return false;
}

void codec_partinfo_print(GString *out, const struct codec_ctx *ctx,
			  const void *descs, unsigned int size,
			  unsigned int count)
{
	struct codec_layout l = partinfo_layout(size);
	struct codec_ctx named = *ctx;

	/* a descriptor is not made of registers: only its fields have names */
	named.mode = CODEC_ABBREV;
	for (unsigned int i = 0; i < count; i++) {
		struct ffa_value regs;

		codec_partinfo_load(&regs, (const uint8_t *)descs + i * size,
				    size);
		g_string_append(out, i ? " {" : "{");
		codec_fields_print(out, &named, &l, " ", &regs);
		g_string_append_c(out, '}');
	}
}

GPtrArray *codec_partinfo_match(const struct codec_ctx *ctx, unsigned int size,
				const struct codec_match *exp, unsigned int n,
				bool rest, const struct ffa_value *regs)
{
	struct codec_layout l = partinfo_layout(size);

	return codec_compare(ctx, &l, exp, n, rest, regs);
}
