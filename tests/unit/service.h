/* SPDX-License-Identifier: BSD-3-Clause */
/* A board with a service on it, and messages to it: what their tests share. */
#ifndef TESTS_UNIT_SERVICE_H
#define TESTS_UNIT_SERVICE_H

#include "sim/machine.h"

/* Of service_begin: memory of the normal world, and the service's id. */
enum { SERVICE_NS = 0x88000000, SERVICE_ID = 0x8001 };

/* service_begin: `ns`, and the part of this line, which has SERVICE_ID. */
void service_begin(const char *part);
void service_end(void);

struct machine *service_machine(void);

/* service_at: the byte at `pa` of the normal world's memory. */
uint8_t *service_at(uint64_t pa);

/* service_call: of the normal world; what comes back to it. */
struct ffa_value service_call(const struct ffa_value *in);

/* service_send: a 32-bit direct request with w3-w7; its response. */
struct ffa_value service_send(uint32_t w3, uint32_t w4, uint32_t w5,
			      uint32_t w6, uint32_t w7);

/* service_share: shares these pages with the service; the handle. */
uint64_t service_share(uint64_t pa, unsigned int pages);

/* service_random: the next number of a sequence that begins with each test. */
uint64_t service_random(uint64_t bound);

#endif
