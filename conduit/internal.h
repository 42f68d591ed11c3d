/* SPDX-License-Identifier: BSD-3-Clause */
/* Grouped by the file that defines it. */
#ifndef CONDUIT_INTERNAL_H
#define CONDUIT_INTERNAL_H

#include <stdio.h>

#include "conduit.h"

/* -- null.c */
extern const struct conduit_ops conduit_null;

/* -- ring.c */
extern const struct conduit_ops conduit_ring;

/* -- unix.c */
extern const struct conduit_ops conduit_unix;

/* -- filter-log.c */
extern const struct conduit_filter conduit_filter_log;

/* -- filter-inject.c */
extern const struct conduit_filter conduit_filter_inject;
extern const struct conduit_filter conduit_filter_delay;

/* -- filter-stats.c */
extern const struct conduit_filter conduit_filter_stats;

/* -- sink.c: opens what a filter writes to; "" is stderr */
FILE *sink_open(const char *path, char **error);
void sink_close(FILE *to);

/* -- filter-hypervisor.c */
extern const struct conduit_filter conduit_filter_hypervisor;

/* -- show.c: the conduit_show_fn of who has none */
void show_raw(void *ctx, unsigned int cpu, const struct ffa_value *in,
	      const struct ffa_value *out, char *text, size_t size);

#endif
