/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watches one endpoint that speaks FF-A, its calls and what it sees, and says
 * what it does wrong: lint_rules.def. It changes nothing and trusts nothing.
 */
#ifndef CONDUIT_LINT_H
#define CONDUIT_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffa/ffa.h"

enum lint_rule {
#define LINT(id, ...) LINT_##id,
#include "lint_rules.def"
#undef LINT
	LINT_COUNT,
};

struct lint_info {
	const char *name, *sentence, *fix, *source;
	bool end;	/* lint_end may find it */
};
extern const struct lint_info lint_rules[LINT_COUNT];

/* lint_find: the rule of a name, or LINT_COUNT. */
enum lint_rule lint_find(const char *name);

enum { LINT_LOOP = 16 };	/* calls of BUSY_LOOP */

struct lint_finding {
	enum lint_rule rule;
	unsigned int slot;
	const char *detail;	/* "x5=0x1", or "" */
	/* The call that it is about; *out is zero if it is not answered yet. */
	const struct ffa_value *in, *out;
};

struct lint_config {
	unsigned int slots;	/* contexts: CPUs of a kernel */
	uint32_t version;	/* before FFA_VERSION; 0: not known */
	bool asks;		/* has to call FFA_VERSION first */
	/* Host address of memory of the endpoint, or NULL. */
	void *(*map)(void *ctx, uint64_t pa, size_t len);
	uint64_t (*time)(void *ctx);
	void (*found)(void *ctx, const struct lint_finding *f);
	void *ctx;
};

struct lint;
struct lint *lint_new(const struct lint_config *config);
void lint_free(struct lint *l);	/* l may be NULL */

/* lint_call: a context (slot) is about to call with *in. */
void lint_call(struct lint *l, unsigned int slot, const struct ffa_value *in);

/* lint_result: it sees *out: the answer, or a message. */
void lint_result(struct lint *l, unsigned int slot,
		 const struct ffa_value *out);

/* lint_access: it reads or writes memory. */
void lint_access(struct lint *l, uint64_t pa, size_t len);

/* lint_forget: it starts anew, and holds nothing any more. */
void lint_forget(struct lint *l);

/* lint_end: it is through; then it is as after lint_forget. */
void lint_end(struct lint *l);

#endif
