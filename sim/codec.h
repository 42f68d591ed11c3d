/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers <-> the words of the scenario language. What is printed here
 * parses back to the same registers, in all modes.
 *
 * A field that has its default is left out: zero, or, where the actor itself
 * is meant (sender of a call that it makes, receiver of one that it sees), its
 * own id. Endpoints a call is from or to, error codes, versions and function
 * ids are printed always.
 * Bits that no field covers make their register print raw (w2=0x100). x8-x17
 * of what has 8 registers are not looked at.
 */
#ifndef SIM_CODEC_H
#define SIM_CODEC_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffa/ffa.h"

/* -- context ---------------------------------------------------------------- */

enum codec_mode {
	CODEC_ABBREV,	/* from=ns, FFA_ERROR(DENIED) */
	CODEC_RAW,	/* every register as a number */
	CODEC_VERBOSE,	/* w2=0xfffffffa and what it means as a comment */
};

enum { CODEC_NOBODY = -1 };

/* Zeroed: abbreviated, no names; then `self` is endpoint 0. */
struct codec_ctx {
	enum codec_mode mode;
	int self;	/* endpoint id of the actor, or CODEC_NOBODY */
	/*
	 * Name of an endpoint id (FFA_K_ID), address (FFA_K_ADDR) or handle
	 * (FFA_K_HANDLE) as the language spells it, or NULL; valid until the
	 * next call. The reverse: false if there is no such name. Both may
	 * be NULL.
	 */
	const char *(*name_of)(void *data, enum ffa_kind kind, uint64_t num);
	bool (*value_of)(void *data, enum ffa_kind kind, const char *name,
			 uint64_t *num);
	void *data;
};

/* What a register set is read as. */
struct codec_form {
	enum ffa_fn fn;		/* in w0 */
	bool result;		/* the actor sees it; else it makes the call */
	enum ffa_fn answers;	/* of a result: the call that it answers, or
				 * FFA_FN_UNKNOWN */
};

/*
 * codec_fields: the fields of a form: the arguments of its function, for an
 * FFA_SUCCESS what the call returns. codec_regs: registers it has, 8 or 18.
 */
const struct ffa_field *codec_fields(const struct codec_form *form,
				     unsigned int *n);
unsigned int codec_regs(const struct codec_form *form);

/* -- to text ------------------------------------------------------------------ */

/* codec_call: appends the call that the actor makes. */
void codec_call(GString *out, const struct codec_ctx *ctx,
		const struct ffa_value *regs);

/*
 * codec_result: appends what the actor sees; `called` is the function it is
 * inside of, or FFA_FN_UNKNOWN.
 */
void codec_result(GString *out, const struct codec_ctx *ctx,
		  enum ffa_fn called, const struct ffa_value *regs);

/* A value of a field. */
struct codec_value {
	bool is_uuid;
	bool negative;		/* num is two's complement */
	uint64_t num;
	struct ffa_uuid uuid;
};

/* codec_value_print: appends a value by the kind of its field. */
void codec_value_print(GString *out, const struct codec_ctx *ctx,
		       const struct ffa_field *f, const struct codec_value *v);

/* codec_uuid_print: "nil" or 8-4-4-4-12. */
void codec_uuid_print(GString *out, const struct ffa_uuid *uuid);

/* -- from names and values ---------------------------------------------------- */

enum codec_error {
	CODEC_ERROR_FIELD,	/* no such field */
	CODEC_ERROR_RANGE,	/* the value is too wide for it */
	CODEC_ERROR_KIND,	/* a UUID for a number, or the reverse */
};
#define CODEC_ERROR codec_error_quark()
GQuark codec_error_quark(void);

/*
 * codec_field: the field of that name, or NULL; then *reg says which raw
 * register it is (1-17; *wide: xN, else wN), or is -1: there is none.
 */
const struct ffa_field *codec_field(const struct codec_form *form,
				    const char *name, int *reg, bool *wide);

/*
 * codec_named: what a name stands for as a value of field `f` (NULL: raw
 * register): an error code, a function or feature id, a name of the ABI table,
 * a name that ctx->value_of knows. False if nothing.
 */
bool codec_named(const struct codec_ctx *ctx, const struct ffa_field *f,
		 const char *name, uint64_t *num);

/* codec_is_flags: A|B of this field is the two bits, not a choice. */
bool codec_is_flags(const struct ffa_field *f);

/* codec_begin: the function id, and every field at its default. */
void codec_begin(struct ffa_value *regs, const struct codec_form *form,
		 int self);

/*
 * codec_set: gives a field, or raw register, a value. wN clears the upper
 * half. False with *error, and nothing changed.
 */
bool codec_set(struct ffa_value *regs, const struct codec_form *form,
	       const char *name, const struct codec_value *v, GError **error);

/* -- comparing ---------------------------------------------------------------- */

enum codec_match_kind {
	CODEC_EXACT,
	CODEC_ANY,	/* _ */
	CODEC_RANGE,	/* value..other; both ends belong to it */
	CODEC_MASK,	/* (actual ^ value) & other == 0 */
	CODEC_ONE_OF,	/* set[count] */
	CODEC_BIND,	/* anything; stored to *bind once all else matches */
};
struct codec_match {
	const char *name;	/* field or raw register */
	enum codec_match_kind kind;
	struct codec_value value;
	uint64_t other;
	const struct codec_value *set;
	unsigned int count;
	struct codec_value *bind;	/* may be NULL */
};

/* One difference. field NULL: another function, or none, came. */
struct codec_diff {
	char *field, *expected, *actual;
};

/* An array of struct codec_diff; `expected` and `actual` become its own. */
GPtrArray *codec_diffs_new(void);
void codec_diffs_add(GPtrArray *diffs, const char *field, char *expected,
		     char *actual);

/*
 * codec_match: NULL if the registers are as expected, else an array of struct
 * codec_diff, in the order of the fields (g_ptr_array_unref). A field that is
 * not in exp[n] must have its default, and bits that no field covers must be
 * zero, unless `rest`. The upper halves of a 32-bit function must be zero.
 * Names are right (codec_field finds them).
 */
GPtrArray *codec_match(const struct codec_ctx *ctx,
		       const struct codec_form *form,
		       const struct codec_match *exp, unsigned int n,
		       bool rest, const struct ffa_value *regs);

/*
 * The same for a bare value in w0. codec_bare_field is what its value is by
 * kind. -1 in w0 and -1 in x0 are the same: SMCCC has both.
 */
const struct ffa_field *codec_bare_field(enum ffa_fn called);
GPtrArray *codec_match_bare(const struct codec_ctx *ctx, enum ffa_fn called,
			    const struct codec_match *exp,
			    const struct ffa_value *regs);

/* -- partition information ------------------------------------------------------ */

/*
 * A descriptor of 8, 24 or 48 bytes (sizes of FF-A 1.0, 1.1, 1.3) has fields
 * too: id, ec, props, uuid, image, version, reserved. It is handled as
 * registers from x0 on, which is how FFA_PARTITION_INFO_GET_REGS carries it.
 */
const struct ffa_field *codec_partinfo_fields(unsigned int size,
					      unsigned int *n);
void codec_partinfo_load(struct ffa_value *regs, const void *desc,
			 unsigned int size);
void codec_partinfo_store(const struct ffa_value *regs, void *desc,
			  unsigned int size);
bool codec_partinfo_set(struct ffa_value *regs, unsigned int size,
			const char *name, const struct codec_value *v,
			GError **error);

/*
 * codec_partinfo_print: appends {id=sp1 ec=2 props=recv|send uuid=…} for each
 * of `count` descriptors, with spaces between.
 */
void codec_partinfo_print(GString *out, const struct codec_ctx *ctx,
			  const void *descs, unsigned int size,
			  unsigned int count);

/* codec_partinfo_match: as codec_match; there is no default but zero. */
GPtrArray *codec_partinfo_match(const struct codec_ctx *ctx, unsigned int size,
				const struct codec_match *exp, unsigned int n,
				bool rest, const struct ffa_value *regs);

/* -- indirect messages ----------------------------------------------------------- */

/*
 * The header of a message, of 20 bytes (FF-A 1.1) or 40: from, to, offset,
 * size, flags, reserved, and of the longer one reserved1, uuid. Handled as
 * registers from x0 on too (codec_partinfo_load and _store).
 */
const struct ffa_field *codec_msg_fields(unsigned int size, unsigned int *n);
/* codec_msg_field: NULL with *error if there is no such field. */
const struct ffa_field *codec_msg_field(unsigned int size, const char *name,
					GError **error);
/* codec_msg_begin: every field at its default, as `self` writes it. */
void codec_msg_begin(struct ffa_value *regs, unsigned int size, int self);
bool codec_msg_set(struct ffa_value *regs, const struct ffa_field *f,
		   const struct codec_value *v, GError **error);
/* As ctx->self, the receiver, sees it: what is not at its default. */
void codec_msg_print(GString *out, const struct codec_ctx *ctx,
		     unsigned int size, const struct ffa_value *regs);
GPtrArray *codec_msg_match(const struct codec_ctx *ctx, unsigned int size,
			   const struct codec_match *exp, unsigned int n,
			   const struct ffa_value *regs);

#endif
