/* SPDX-License-Identifier: BSD-3-Clause */
/* `ffasim serve`: an SPMC for clients in other processes; docs/wire.md. */
#ifndef SIM_SERVE_H
#define SIM_SERVE_H

#include <stdbool.h>
#include <sys/types.h>

#include "spmc.h"

/* --allow NAME=UID */
struct serve_allow {
	const char *name;	/* of a part */
	uid_t uid;
};

struct serve_options {
	const char *address;	/* "unix:PATH", "fd:N" or "systemd" */
	const char *board;	/* file */
	const char *ctrl;	/* address, or NULL */
	const char *load;	/* state to start with, or NULL */
	const char *pid;	/* file, or NULL */
	mode_t mode;		/* of the sockets */
	bool daemon;
	const struct serve_allow *allow;
	unsigned int allow_count;
	enum spmc_profile profile;
};

/* What the program exits with. */
enum serve_exit {
	SERVE_DONE = 0, SERVE_BAD_BOARD = 3, SERVE_FAILED = 99,
};

/*
 * serve: until SIGTERM, SIGINT, or `ffasim ctrl ADDR stop`; says what is
 * wrong on stderr.
 */
enum serve_exit serve(const struct serve_options *options);

/*
 * serve_connect: a socket that is connected to an address as above; -1 with a
 * sentence in *error (g_free it).
 */
int serve_connect(const char *address, char **error);

#endif
