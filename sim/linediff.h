/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_LINEDIFF_H
#define SIM_LINEDIFF_H

#include <stdbool.h>
#include <stdio.h>

/*
 * linediff_print: how text `b` differs from `a`, in the unified format;
 * `name` heads it. Prints nothing and returns false if they are equal.
 */
bool linediff_print(FILE *f, const char *name, const char *a, const char *b,
		    bool color);

#endif
