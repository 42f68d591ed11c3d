/* SPDX-License-Identifier: BSD-3-Clause */
/* A scenario text and what is said of it: what tests of the front end share. */
#ifndef TESTS_TEXT_H
#define TESTS_TEXT_H

#include "sim/ffs.h"

extern struct ffs_diags *diags;

void text_setup(void);
void text_teardown(void);

/* parse: what it says goes to `diags`. */
struct ffs_file *parse(const char *text);
/* message: the n-th of `diags`. */
const struct ffs_diag *message(guint n);
void no_errors(void);

#endif
