/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>

/*
 * The Makefile makes UNIT_SUITES of the names of tests/unit/check_*.c: each
 * check_x.c includes this header and defines Suite *check_x(void).
 */
#define UNIT_DECLARE(name) Suite *name(void);
UNIT_SUITES(UNIT_DECLARE)

#endif
