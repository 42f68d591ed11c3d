/* SPDX-License-Identifier: BSD-3-Clause */
/* Headers of indirect messages: 20 bytes at 1.1, 40 from 1.2 on. */
#include <string.h>

#include "ffa/ffa_desc.h"
#include "sim/codec_impl.h"

/* As registers from x0 on; the shorter header is the beginning of the other. */
#define FIELD(name, reg, lo, hi, kind, sentence)			\
	{ name, sentence, CODEC_FN_MSG, reg, lo, hi, FFA_K_##kind }
static const struct ffa_field fields[] = {
	FIELD("from", 1, 48, 63, SENDER, "sender of the message"),
	FIELD("to", 1, 32, 47, RECEIVER, "receiver of the message"),
	FIELD("offset", 1, 0, 31, UINT, "where the message begins; default: behind the header"),
	FIELD("size", 2, 0, 31, UINT, "its size in bytes; default: that of the string"),
	FIELD("flags", 0, 0, 31, HEX, "reserved"),
	FIELD("reserved", 0, 32, 63, HEX, "reserved"),
	FIELD("reserved1", 2, 32, 63, HEX, "reserved, from 1.2 on"),
	FIELD("uuid", 3, 0, 63, UUIDX, "service of the receiver, from 1.2 on"),
};
enum { FIELDS_1_1 = 6 };

const struct ffa_field *codec_msg_fields(unsigned int size, unsigned int *n)
{
	*n = size < sizeof(struct ffa_msg_header) ? FIELDS_1_1 :
						    G_N_ELEMENTS(fields);
	return fields;
}

static struct codec_layout layout(unsigned int size, bool result, int self)
{
	struct codec_layout l = {
		.end = (size + 7) / 8, .wide = true, .result = result,
		.self = self,
	};

	l.fields = codec_msg_fields(size, &l.n);
	return l;
}

const struct ffa_field *codec_msg_field(unsigned int size, const char *name,
					GError **error)
{
	g_autoptr(GString) legal = g_string_new(NULL);
	unsigned int n;
	const struct ffa_field *f = codec_msg_fields(size, &n);

	for (unsigned int i = 0; i < n; i++) {
		if (!strcmp(f[i].name, name))
			return &f[i];
		g_string_append_printf(legal, " %s", f[i].name);
	}
	g_set_error(error, CODEC_ERROR, CODEC_ERROR_FIELD,
		    "a message header of %u bytes has no %s; it has%s", size,
		    name, legal->str);
	return NULL;
}

void codec_msg_begin(struct ffa_value *regs, unsigned int size, int self)
{
	struct codec_layout l = layout(size, false, self);

	codec_defaults(regs, &l);
}

bool codec_msg_set(struct ffa_value *regs, const struct ffa_field *f,
		   const struct codec_value *v, GError **error)
{
	return codec_put(regs, f, v, error);
}

void codec_msg_print(GString *out, const struct codec_ctx *ctx,
		     unsigned int size, const struct ffa_value *regs)
{
	struct codec_layout l = layout(size, true, ctx->self);
	struct codec_ctx named = *ctx;

	named.mode = CODEC_ABBREV;
	codec_fields_print(out, &named, &l, " ", regs);
}

GPtrArray *codec_msg_match(const struct codec_ctx *ctx, unsigned int size,
			   const struct codec_match *exp, unsigned int n,
			   const struct ffa_value *regs)
{
	struct codec_layout l = layout(size, true, ctx->self);

	return codec_compare(ctx, &l, exp, n, false, regs);
}
