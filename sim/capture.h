/* SPDX-License-Identifier: BSD-3-Clause */
/* Tapes as pcapng captures, and back; docs/capture.md. */
#ifndef SIM_CAPTURE_H
#define SIM_CAPTURE_H

#include <glib.h>
#include <stdbool.h>

#include "sim/tape.h"

/* capture_write: NULL, or a new sentence: why it could not be written. */
char *capture_write(const struct tape *t, const char *path);

/* capture_is: the bytes begin as a pcapng file does. */
bool capture_is(const void *data, gsize size);

/*
 * capture_read: of any bytes; NULL with a new sentence in *error that says
 * where it is wrong.
 */
struct tape *capture_read(const void *data, gsize size, char **error);

#endif
