/* SPDX-License-Identifier: BSD-3-Clause */
/* `ffasim serve` as a process of a test or benchmark. */
#ifndef TESTS_SERVER_H
#define TESTS_SERVER_H

#include <stdint.h>
#include <sys/types.h>

struct server {
	pid_t pid;
	char *dir, *path;	/* its directory, and socket */
};

/*
 * server_start: serves the text of a board. False if it does not start; what
 * it says goes to stderr. server_stop: by `signal`; its exit code, or -1 if
 * it was killed.
 */
_Bool server_start(struct server *s, const char *board);
int server_stop(struct server *s, int signal);

/* server_connect: a connected socket, or -1. */
int server_connect(const struct server *s);

#endif
