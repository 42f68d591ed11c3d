/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/server.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/serve.h"

int server_connect(const struct server *s)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(un.sun_path, s->path, sizeof(un.sun_path));
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&un, sizeof(un)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void clean(struct server *s)
{
	g_autofree char *board = g_build_filename(s->dir, "board", NULL);

	g_unlink(board);
	g_unlink(s->path);
	g_rmdir(s->dir);
	g_free(s->dir);
	g_free(s->path);
}

bool server_start(struct server *s, const char *board)
{
	g_autofree char *file = NULL, *address = NULL;

	s->dir = g_dir_make_tmp("serve-XXXXXX", NULL);
	s->path = g_build_filename(s->dir, "s", NULL);
	file = g_build_filename(s->dir, "board", NULL);
	address = g_strconcat("unix:", s->path, NULL);
	if (!g_file_set_contents(file, board, -1, NULL))
		return false;
	s->pid = fork();
	if (!s->pid) {
		const struct serve_options o = {
			.address = address, .board = file, .mode = 0600,
		};

		_exit((int)serve(&o));
	}
	while (s->pid > 0 && !waitpid(s->pid, NULL, WNOHANG)) {
		int fd = server_connect(s);

		if (fd >= 0) {
			close(fd);
			return true;
		}
		g_usleep(1000);
	}
	clean(s);
	return false;
}

int server_stop(struct server *s, int sig)
{
	int status;

	kill(s->pid, sig);
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	clean(s);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
