/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses: "unix:PATH", "fd:N" for a socket that is open, and "systemd" for
 * one of those that socket activation passes (sd_listen_fds(3)): the first for
 * clients, the second for the control channel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve_priv.h"

enum { LISTEN_FDS_START = 3 };

static const char *path_of(const char *address)
{
	return g_str_has_prefix(address, "unix:") ? address + 5 : NULL;
}

static bool fill(struct sockaddr_un *un, const char *address, char **error)
{
	const char *path = path_of(address);

	*un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!path || !*path) {
		*error = g_strdup_printf("%s: expected unix:PATH", address);
		return false;
	}
	if (strlen(path) >= sizeof(un->sun_path)) {
		*error = g_strdup_printf("%s: longer than %zu characters",
					 path, sizeof(un->sun_path) - 1);
		return false;
	}
	strcpy(un->sun_path, path);
	return true;
}

static int failed(int fd, const char *address, char **error)
{
	*error = g_strdup_printf("%s: %s", address, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

int serve_connect(const char *address, char **error)
{
	struct sockaddr_un un;
	int fd;

	if (!fill(&un, address, error))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0)
		return failed(fd, address, error);
	return fd;
}

/* Is there a socket that nobody listens on any more? */
static bool is_stale(const struct sockaddr_un *un)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;
	bool stale;

	stale = fd >= 0 && !lstat(un->sun_path, &st) &&
		S_ISSOCK(st.st_mode) &&
		connect(fd, (const struct sockaddr *)un, sizeof(*un)) < 0 &&
		errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return stale;
}

static int bind_to(const char *address, mode_t mode, char **error)
{
	const struct sockaddr *sa;
	struct sockaddr_un un;
	mode_t mask;
	int fd, ret;

	if (!fill(&un, address, error))
		return -1;
	sa = (const struct sockaddr *)&un;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return failed(fd, address, error);
	/* there is no moment at which it is open to more than `mode` */
	mask = umask(0777 & ~mode);
	ret = bind(fd, sa, sizeof(un));
	if (ret < 0 && errno == EADDRINUSE && is_stale(&un)) {
		unlink(un.sun_path);
		ret = bind(fd, sa, sizeof(un));
	}
	umask(mask);
	if (ret < 0 || listen(fd, SOMAXCONN) < 0)
		return failed(fd, address, error);
	return fd;
}

/* The n-th socket that systemd passes, or -1. */
static int passed(unsigned int nth)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");

	if (!pid || !n || atol(pid) != (long)getpid() ||
	    atol(n) <= (long)nth)
		return -1;
	return LISTEN_FDS_START + (int)nth;
}

static int adopt(const char *address, int fd, char **error)
{
	socklen_t len = sizeof(int);
	int listens = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0)
		return failed(-1, address, error);
	if (!listens) {
		*error = g_strdup_printf("%s: not a socket that listens",
					 address);
		return -1;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

int serve_listen(const char *address, mode_t mode, unsigned int nth,
		 char **error)
{
	char *end;
	long fd;

	if (!strcmp(address, "systemd")) {
		fd = passed(nth);
		if (fd >= 0)
			return adopt(address, (int)fd, error);
		*error = g_strdup_printf("systemd: socket %u of LISTEN_FDS "
					 "was not passed", nth + 1);
		return -1;
	}
	if (g_str_has_prefix(address, "fd:")) {
		fd = strtol(address + 3, &end, 10);
		if (address[3] && !*end && fd >= 0 && fd <= G_MAXINT)
			return adopt(address, (int)fd, error);
		*error = g_strdup_printf("%s: expected fd:NUMBER", address);
		return -1;
	}
	if (!path_of(address)) {
		*error = g_strdup_printf("%s: expected unix:PATH, fd:NUMBER or "
					 "systemd", address);
		return -1;
	}
	return bind_to(address, mode, error);
}

void serve_unlisten(const char *address)
{
	if (address && path_of(address))
		unlink(path_of(address));
}

int serve_accept(int fd, uid_t *uid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int to = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (to < 0)
		return -1;
	if (getsockopt(to, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) {
		close(to);
		errno = ECONNABORTED;
		return -1;
	}
	*uid = cred.uid;
	return to;
}
