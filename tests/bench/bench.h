/* SPDX-License-Identifier: BSD-3-Clause */
/* What the benchmarks share; see bench.c. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stddef.h>

/* fail: ends the program. */
void fail(const char *what, const char *why);
double now_ns(void);

/* median: of `n` values, an odd number, which it sorts. */
double median(double *v, size_t n);

/*
 * bench_result: prints a line; the name is a row of the table in result.c.
 * bench_base: a file with lines of an earlier run, to compare with.
 */
void bench_result(const char *name, double value);
void bench_base(const char *path);

/* Checks, snapshot and reset. */
void bench_reset(void);

/* Memory management; `null_ns` is call.null.ns. */
void bench_mem(double null_ns);

/* bench_fuzz.c: traces as fuzz targets play them. */
void bench_fuzz(void);

/* Calls into a server. */
void bench_serve(void);

#endif
