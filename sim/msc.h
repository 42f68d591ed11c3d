/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Message sequence charts of a tape: lanes by CPU, the normal world first;
 * rows from the top down. A call that comes back at once is one row.
 */
#ifndef SIM_MSC_H
#define SIM_MSC_H

#include <glib.h>

#include "sim/tape.h"

enum msc_format { MSC_TEXT, MSC_MERMAID, MSC_SVG };

/* msc_format: the chart in that format, a new string. */
char *msc_format(const struct tape *t, enum msc_format format);

#endif
