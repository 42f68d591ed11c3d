/* SPDX-License-Identifier: BSD-3-Clause */
/* The little JSON that reports need. */
#ifndef SIM_JSON_H
#define SIM_JSON_H

#include <glib.h>

/*
 * json_string: appends `s` in quotes; NULL is null. What is no UTF-8 becomes
 * U+FFFD, so the output is always valid.
 */
void json_string(GString *to, const char *s);

/* json_pair, json_number: append "key": value. */
void json_pair(GString *to, const char *key, const char *value);
void json_number(GString *to, const char *key, guint64 value);

/*
 * json_member: the string member `key` on a line that json_pair wrote; a new
 * string, or NULL.
 */
char *json_member(const char *line, const char *key);

#endif
