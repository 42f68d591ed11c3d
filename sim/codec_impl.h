/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the codec share with each other only. */
#ifndef SIM_CODEC_IMPL_H
#define SIM_CODEC_IMPL_H

#include "sim/codec.h"

/* Fields over registers: of a call, a result, a descriptor. */
struct codec_layout {
	const struct ffa_field *fields;
	unsigned int n;
	unsigned int first, end;	/* registers [first, end) */
	bool wide;	/* x registers, else w: upper halves are zero */
	bool result;
	bool returned;	/* the fields are those of an FFA_SUCCESS */
	int self;
};

/* Rows of codec_partinfo_fields, codec_msg_fields have these as function. */
enum { CODEC_FN_PARTINFO = 0xff, CODEC_FN_MSG = 0xfe };
_Static_assert((int)FFA_FN_COUNT < (int)CODEC_FN_MSG, "no function");
extern const struct ffa_named codec_props[];
extern const unsigned int codec_prop_count;

struct codec_layout codec_layout(const struct codec_form *form, int self);

/* codec_span: registers of a field; codec_mask: its bits of register r. */
unsigned int codec_span(const struct ffa_field *f);
uint64_t codec_mask(const struct ffa_field *f, unsigned int r);
/* codec_width: bits of its value. */
unsigned int codec_width(const struct ffa_field *f);
bool codec_is_uuid(const struct ffa_field *f);
bool codec_is_endpoint(const struct ffa_field *f);

struct codec_value codec_get(const struct ffa_value *regs,
			     const struct ffa_field *f);
uint64_t codec_default(const struct codec_layout *l,
		       const struct ffa_field *f);
/* codec_defaults: a register set with every field at its default. */
void codec_defaults(struct ffa_value *regs, const struct codec_layout *l);
bool codec_is_default(const struct codec_layout *l, const struct ffa_field *f,
		      const struct ffa_value *regs);

/* codec_name_at: the i-th name for values of a field, or NULL. */
const struct ffa_named *codec_name_at(const struct ffa_field *f,
				      unsigned int i);

bool codec_put(struct ffa_value *regs, const struct ffa_field *f,
	       const struct codec_value *v, GError **error);
GPtrArray *codec_compare(const struct codec_ctx *ctx,
			 const struct codec_layout *l,
			 const struct codec_match *exp, unsigned int n,
			 bool rest, const struct ffa_value *regs);
/* codec_fields_print: "a=1, b=2" of what is not at its default. */
void codec_fields_print(GString *out, const struct codec_ctx *ctx,
			const struct codec_layout *l, const char *comma,
			const struct ffa_value *regs);
void codec_hex(GString *out, uint64_t num);

#endif
