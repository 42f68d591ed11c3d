/* SPDX-License-Identifier: BSD-3-Clause */
/* What the ready-made behaviours share. Grouped by the file that defines it. */
#ifndef PARTITIONS_PARTITIONS_H
#define PARTITIONS_PARTITIONS_H

#include "partition.h"

/* -- bell.c, busy.c, … */
extern const struct partition_ops partition_bell;
extern const struct partition_ops partition_busy;
extern const struct partition_ops partition_crash;
extern const struct partition_ops partition_echo;
extern const struct partition_ops partition_hang;
extern const struct partition_ops partition_optee;
extern const struct partition_ops partition_stubborn;
extern const struct partition_ops partition_yield;

/* -- registry.c */

/* partitions_no_args: refuses arguments, as partition_ops.open does. */
bool partitions_no_args(const char *name, const char *args, char **error);

/* -- message.c */

/* message_is_request: these registers are a direct request of any form. */
bool message_is_request(const struct ffa_value *sees);

/* message_is_error: these registers are FFA_ERROR. */
bool message_is_error(const struct ffa_value *sees);

/*
 * message_answer: the response to a direct request: the same payload, or what
 * the framework expects of a partition that agrees with everything.
 */
void message_answer(const struct ffa_value *request, struct ffa_value *calls);

/* message_wait, message_yield: the calls without arguments. */
enum partition_act message_wait(struct ffa_value *calls);
enum partition_act message_yield(struct ffa_value *calls);

#endif
