/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's loop, from the first word to the last. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "partition.h"
#include "run.h"
#include "serve_priv.h"

enum { AT_ONCE = 16 };	/* clients that come */

static void complain(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

static void complain(const char *fmt, ...)
{
	va_list ap;

	fputs("ffasim serve: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* -- sources --------------------------------------------------------------- */

void serve_watch(struct serve *s, struct source *src, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = src };

	if (events == src->events)
		return;
	epoll_ctl(s->epoll, !events ? EPOLL_CTL_DEL :
		  src->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, src->fd, &e);
	src->events = events;
}

void serve_wake(struct serve *s)
{
	const uint64_t one = 1;

	if (write(s->waker.fd, &one, sizeof(one)) < 0)
		return;	/* it is awake */
}

static void woken(struct serve *s, struct source *src, uint32_t events)
{
	uint64_t n;

	(void)s;
	(void)events;
	if (read(src->fd, &n, sizeof(n)) < 0)
		return;
}

static void signalled(struct serve *s, struct source *src, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	if (read(src->fd, &info, sizeof(info)) == sizeof(info))
		s->stop = true;
}

static void knocked(struct serve *s, struct source *src, uint32_t events)
{
	uid_t uid;
	int fd = -1;

	(void)events;
	/* those that are in say something before more come */
	for (unsigned int i = 0; i < AT_ONCE; i++) {
		fd = serve_accept(src->fd, &uid);
		if (fd < 0)
			break;
		if (src == &s->door)
			client_new(s, fd, uid);
		else if (uid == geteuid() || !uid)
			ctrl_new(s, fd);
		else
			close(fd);
	}
	if (fd < 0 && (errno == EMFILE || errno == ENFILE ||
		       errno == ENOMEM)) {
		/* until somebody leaves: see serve_left() */
		s->full = true;
		serve_watch(s, &s->door, 0);
	}
}

void serve_left(struct serve *s)
{
	if (!s->full)
		return;
	s->full = false;
	serve_watch(s, &s->door, EPOLLIN);
}

static void loop(struct serve *s)
{
	struct epoll_event events[64];

	g_mutex_lock(&s->lock);
	while (!s->stop) {
		int n;

		client_flush(s);
		g_mutex_unlock(&s->lock);
		n = epoll_wait(s->epoll, events, G_N_ELEMENTS(events), -1);
		g_mutex_lock(&s->lock);
		/* nothing is freed before client_flush and ctrl_flush */
		for (int i = 0; i < n; i++) {
			struct source *src = events[i].data.ptr;

			src->ready(s, src, events[i].events);
		}
		ctrl_flush(s);
	}
	g_mutex_unlock(&s->lock);
}

/* -- start and end --------------------------------------------------------- */

/* Tells systemd, if it wants to know; sd_notify(3). */
static void notify_ready(void)
{
	static const char ready[] = "READY=1";
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (!len || len >= sizeof(un.sun_path))
		return;
	memcpy(un.sun_path, path, len);
	if (*path == '@')
		un.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, ready, sizeof(ready) - 1, MSG_NOSIGNAL,
	       (const struct sockaddr *)&un,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

static bool write_pid(const char *path)
{
	g_autofree char *text = g_strdup_printf("%ld\n", (long)getpid());
	g_autoptr(GError) error = NULL;

	if (!path || g_file_set_contents(path, text, -1, &error))
		return true;
	complain("%s", error->message);
	return false;
}

/* Pages of guest memory and clients are files. */
static void want_files(void)
{
	struct rlimit r;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static bool add_source(struct serve *s, struct source *src, int fd,
		       void (*ready)(struct serve *, struct source *,
				     uint32_t))
{
	if (fd < 0) {
		complain("%s", g_strerror(errno));
		return false;
	}
	src->fd = fd;
	src->ready = ready;
	serve_watch(s, src, EPOLLIN);
	return true;
}

static bool add_door(struct serve *s, struct source *src, const char *address,
		     unsigned int nth)
{
	g_autofree char *error = NULL;
	int fd = serve_listen(address, s->options->mode, nth, &error);

	if (fd < 0) {
		complain("%s", error);
		return false;
	}
	return add_source(s, src, fd, knocked);
}

static bool add_signals(struct serve *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return add_source(s, &s->signals,
			  signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
			  signalled);
}

static bool load_file(struct serve *s, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *data = NULL, *why = NULL;
	gsize len;

	if (!g_file_get_contents(path, &data, &len, &error)) {
		complain("%s", error->message);
		return false;
	}
	if (serve_load(s, (const uint8_t *)data, len, &why))
		return true;
	complain("%s: %s", path, why);
	return false;
}

char *serve_reset(struct serve *s)
{
	const struct board *b = s->open.board;
	char *why = NULL;

	machine_restore(s->open.machine, s->fresh);
	cpu_forget(s);
	/* code keeps things, too */
	for (unsigned int i = 0; i < b->config.endpoint_count && !why; i++)
		if (b->parts[i].code && partition_find(b->parts[i].run))
			machine_set_code(s->open.machine, i,
					 partition_find(b->parts[i].run),
					 b->parts[i].run_args, &why);
	mem_update(s);
	cpu_boot(s);
	return why;
}

static enum serve_exit open_board(struct serve *s)
{
	const struct run_options run = { .profile = s->options->profile };
	g_autofree char *error = NULL;

	if (!board_open(&s->open, s->options->board, true, &run, &error)) {
		fprintf(stderr, "%s\n", error);
		return SERVE_BAD_BOARD;
	}
	s->clients = g_ptr_array_new();
	s->touched = g_ptr_array_new();
	s->ctrls = g_ptr_array_new();
	mem_init(s);
	cpu_init(s);
	s->fresh = machine_snapshot(s->open.machine);
	return SERVE_DONE;
}

static bool start(struct serve *s)
{
	const struct serve_options *o = s->options;

	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0 || !add_signals(s) ||
	    !add_source(s, &s->waker, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
			woken))
		return false;
	cpu_boot(s);
	if (o->load && !load_file(s, o->load))
		return false;
	return add_door(s, &s->door, o->address, 0) &&
	       (!o->ctrl || add_door(s, &s->ctrl_door, o->ctrl, 1)) &&
	       write_pid(o->pid);
}

static void close_source(struct source *src, const char *address)
{
	if (!src->ready)
		return;
	serve_unlisten(address);
	close(src->fd);
}

static void finish(struct serve *s)
{
	/* nobody may come while we go */
	close_source(&s->door, s->options->address);
	close_source(&s->ctrl_door, s->options->ctrl);
	if (s->options->pid)
		unlink(s->options->pid);
	g_mutex_lock(&s->lock);
	client_free_all(s);
	ctrl_free_all(s);
	g_mutex_unlock(&s->lock);
	close_source(&s->signals, NULL);
	close_source(&s->waker, NULL);
	close(s->epoll);
	mem_free(s);
	cpu_free(s);
	machine_image_free(s->fresh);
	board_close(&s->open);
}

/*
 * The child goes on; the parent exits when the child says by the pipe that it
 * is ready, or is gone. Returns the pipe's end, or -1.
 */
static int to_background(void)
{
	int pipes[2], status;
	char ready;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid) {
		close(pipes[0]);
		setsid();
		return pipes[1];
	}
	close(pipes[1]);
	if (read(pipes[0], &ready, 1) == 1)
		_exit(SERVE_DONE);
	_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
	      WEXITSTATUS(status) : SERVE_FAILED);
}

static void in_background(int ready)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (write(ready, "", 1) < 0)
		_exit(SERVE_FAILED);
	close(ready);
	close(null);
}

enum serve_exit serve(const struct serve_options *options)
{
	struct serve s = { .options = options, .epoll = -1 };
	enum serve_exit code;
	int ready = -1;

	if (options->daemon) {
		ready = to_background();
		if (ready < 0) {
			complain("%s", g_strerror(errno));
			return SERVE_FAILED;
		}
	}
	want_files();
	g_mutex_init(&s.lock);
	code = open_board(&s);
	if (code)
		return code;
	if (start(&s)) {
		if (options->daemon)
			in_background(ready);
		notify_ready();
		loop(&s);
	} else {
		code = SERVE_FAILED;
	}
	finish(&s);
	g_mutex_clear(&s.lock);
	return code;
}
