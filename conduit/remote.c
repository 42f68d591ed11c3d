/* SPDX-License-Identifier: BSD-3-Clause */
#include "remote.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Guest memory that is mapped here; it stays where it is. */
struct mapped {
	uint64_t pa, len;	/* whole pages */
	bool secure;
	uint8_t *host;
};

/* An answer. */
struct reply {
	struct wire_header h;
	uint8_t frame[WIRE_MAX];
	int fds[WIRE_RUNS];
	unsigned int fd_count;
};

static const char *fails(struct remote *r, const char *text, size_t len)
{
	len = MIN(len, sizeof(r->why) - 1);
	memcpy(r->why, text, len);
	r->why[len] = '\0';
	return r->why;
}

static const char *gone(struct remote *r, const char *why)
{
	/* what comes now would be out of step */
	shutdown(r->fd, SHUT_RDWR);
	return fails(r, why, strlen(why));
}

/* -- frames ---------------------------------------------------------------- */

static bool send_frame(struct remote *r, uint8_t *frame, size_t len,
		       enum wire_type type, unsigned int cpu)
{
	const struct wire_header h = {
		.length = (uint32_t)len, .type = (uint8_t)type,
		.cpu = (uint16_t)cpu, .tag = ++r->tag,
	};
	size_t sent = 0;

	wire_put_header(frame, &h);
	while (sent < len) {
		ssize_t n = send(r->fd, frame + sent, len - sent,
				 MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		sent += (size_t)n;
	}
	return true;
}

static void take_files(struct reply *to, struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int fd;

		if (c->cmsg_level != SOL_SOCKET ||
		    c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (to->fd_count < WIRE_RUNS)
				to->fds[to->fd_count++] = fd;
			else
				close(fd);
		}
	}
}

/* Reads until there are `want` bytes; there is no more than one answer. */
static bool read_to(struct remote *r, struct reply *to, size_t *have,
		    size_t want)
{
	union {
		char data[CMSG_SPACE(sizeof(int) * WIRE_RUNS)];
		struct cmsghdr align;
	} control;

	while (*have < want) {
		struct iovec iov = { to->frame + *have,
				     sizeof(to->frame) - *have };
		struct msghdr m = {
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control.data,
			.msg_controllen = sizeof(control.data),
		};
		ssize_t n = recvmsg(r->fd, &m, MSG_CMSG_CLOEXEC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		take_files(to, &m);
		*have += (size_t)n;
	}
	return true;
}

static void close_files(struct reply *to)
{
	while (to->fd_count)
		close(to->fds[--to->fd_count]);
}

/*
 * Sends a request and reads its answer. NULL, or why there is none but a
 * refusal; then no files are left open.
 */
static const char *ask(struct remote *r, uint8_t *frame, size_t len,
		       enum wire_type type, unsigned int cpu,
		       struct reply *to)
{
	size_t have = 0;

	to->fd_count = 0;
	if (!send_frame(r, frame, len, type, cpu) ||
	    !read_to(r, to, &have, WIRE_HEADER))
		return gone(r, "the server is gone");
	wire_get_header(to->frame, &to->h);
	if (to->h.length < WIRE_HEADER || to->h.length > WIRE_MAX ||
	    !read_to(r, to, &have, to->h.length) || have != to->h.length ||
	    to->h.type != (type | WIRE_ANSWER) || to->h.tag != r->tag) {
		close_files(to);
		return gone(r, "the server does not speak docs/wire.md");
	}
	r->seen = to->h.maps;
	if (!to->h.status)
		return NULL;
	close_files(to);
	return fails(r, (char *)to->frame + WIRE_HEADER,
		     to->h.length - WIRE_HEADER);
}

/* -- memory ---------------------------------------------------------------- */

/* Maps one run of an answer into its place. */
static bool map_run(const struct mapped *m, const struct wire_run *run, int fd)
{
	int prot = PROT_READ | (run->rights & WIRE_WRITE ? PROT_WRITE : 0);

	if (run->pa < m->pa || run->len > m->len ||
	    run->pa - m->pa > m->len - run->len)
		return false;
	return mmap(m->host + (run->pa - m->pa), run->len, prot,
		    MAP_SHARED | MAP_FIXED, fd, (off_t)run->offset) !=
	       MAP_FAILED;
}

/* Asks for pages from `at` on; how many bytes were mapped, 0: none. */
static uint64_t map_some(struct remote *r, const struct mapped *m, uint64_t at)
{
	const struct wire_map want = { m->pa + at, m->len - at, m->secure };
	struct wire_run runs[WIRE_RUNS];
	uint8_t frame[WIRE_MAP_FRAME];
	uint64_t done = 0;
	struct reply reply;
	size_t n;

	wire_put_map(frame, &want);
	if (ask(r, frame, sizeof(frame), WIRE_MAP, 0, &reply))
		return 0;
	if (wire_get_runs(reply.frame, reply.h.length, runs, &n) &&
	    n == reply.fd_count) {
		for (size_t i = 0; i < n; i++)
			if (runs[i].pa == want.pa + done &&
			    map_run(m, &runs[i], reply.fds[i]))
				done += runs[i].len;
	}
	close_files(&reply);
	return done;
}

/* Maps what may be accessed; the rest faults. False if not all of it. */
static bool map_all(struct remote *r, const struct mapped *m)
{
	bool all = true;

	for (uint64_t at = 0, n; at < m->len; at += n) {
		n = map_some(r, m, at);
		if (n)
			continue;
		all = false;
		n = FFA_PAGE_SIZE;
		mmap(m->host + at, n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		     MAP_NORESERVE | MAP_FIXED, -1, 0);
	}
	return all;
}

/* Others may move it again meanwhile: r->seen is what the server said last. */
static void moved(struct remote *r)
{
	while (r->maps != r->seen) {
		r->maps = r->seen;
		for (guint i = 0; i < r->mapped->len; i++)
			map_all(r, &g_array_index(r->mapped, struct mapped,
						  i));
	}
}

void remote_moved(struct remote *r, uint32_t maps)
{
	g_mutex_lock(&r->lock);
	r->seen = maps;
	moved(r);
	g_mutex_unlock(&r->lock);
}

static uint8_t *find_mapped(struct remote *r, uint64_t pa, uint64_t len,
			    bool secure)
{
	for (guint i = 0; i < r->mapped->len; i++) {
		const struct mapped *m = &g_array_index(r->mapped,
							struct mapped, i);

		if (m->secure == secure && pa >= m->pa && len <= m->len &&
		    pa - m->pa <= m->len - len)
			return m->host + (pa - m->pa);
	}
	return NULL;
}

static uint8_t *map_new(struct remote *r, uint64_t pa, uint64_t len,
			bool secure)
{
	struct mapped m = { pa, len, secure, NULL };

	m.host = mmap(NULL, len, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m.host == MAP_FAILED)
		return NULL;
	if (!map_all(r, &m)) {
		munmap(m.host, len);
		return NULL;
	}
	g_array_append_val(r->mapped, m);
	moved(r);
	return m.host;
}

void *remote_map(struct remote *r, uint64_t pa, size_t len, bool secure)
{
	uint64_t first = pa - pa % FFA_PAGE_SIZE, end;
	uint8_t *at;

	len += !len;
	if (len > UINT64_MAX - FFA_PAGE_SIZE - pa)
		return NULL;
	end = (pa + len + FFA_PAGE_SIZE - 1) / FFA_PAGE_SIZE * FFA_PAGE_SIZE;
	g_mutex_lock(&r->lock);
	at = find_mapped(r, first, end - first, secure);
	if (!at)
		at = map_new(r, first, end - first, secure);
	g_mutex_unlock(&r->lock);
	return at ? at + (pa - first) : NULL;
}

/* -- calls ----------------------------------------------------------------- */

const char *remote_call(struct remote *r, unsigned int cpu,
			const struct ffa_value *in, struct ffa_value *out)
{
	uint8_t frame[WIRE_CALL_FRAME];
	struct reply reply;
	const char *why;

	g_mutex_lock(&r->lock);
	wire_put_regs(frame, in);
	why = ask(r, frame, sizeof(frame), WIRE_CALL, cpu, &reply);
	if (!why && reply.h.length != WIRE_CALL_FRAME)
		why = gone(r, "the server does not speak docs/wire.md");
	if (!why) {
		wire_get_regs(reply.frame, out);
		moved(r);
	}
	g_mutex_unlock(&r->lock);
	return why;
}

int remote_ring(struct remote *r)
{
	uint8_t frame[WIRE_HEADER];
	struct reply reply;

	if (ask(r, frame, sizeof(frame), WIRE_RING, 0, &reply))
		return -1;
	if (reply.fd_count == 1)
		return reply.fds[0];
	close_files(&reply);
	gone(r, "the server does not speak docs/wire.md");
	return -1;
}

bool remote_alive(struct remote *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) >= 0 &&
	       !(p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* -- opening --------------------------------------------------------------- */

static char *hello(struct remote *r, const char *name)
{
	struct wire_hello v = { .version = WIRE_VERSION };
	uint8_t frame[WIRE_HELLO_FRAME];
	struct reply reply;
	const char *why;

	g_strlcpy(v.name, name, sizeof(v.name));
	wire_put_hello(frame, &v);
	why = ask(r, frame, sizeof(frame), WIRE_HELLO, 0, &reply);
	if (!why && reply.h.length == WIRE_WELCOME_FRAME)
		wire_get_welcome(reply.frame, &r->welcome);
	if (!why && !r->welcome.cpus)
		why = "the server does not speak docs/wire.md";
	return why ? strdup(why) : NULL;
}

static int connect_to(const char *path, char **error)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd, got;

	if (!*path || strlen(path) >= sizeof(un.sun_path)) {
		got = asprintf(error, "'%s' is no path of a socket: "
			       "unix:PATH[,ENDPOINT]", path);
		goto out;
	}
	strcpy(un.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    !connect(fd, (const struct sockaddr *)&un, sizeof(un)))
		return fd;
	got = asprintf(error, "%s: %s", path, g_strerror(errno));
	if (fd >= 0)
		close(fd);
out:
	if (got < 0)
		*error = NULL;
	return -1;
}

static void drop(struct remote *r)
{
	for (guint i = 0; i < r->mapped->len; i++) {
		const struct mapped *m = &g_array_index(r->mapped,
							struct mapped, i);

		munmap(m->host, m->len);
	}
	g_array_unref(r->mapped);
	g_mutex_clear(&r->lock);
	close(r->fd);
	g_free(r);
}

struct remote *remote_open(const char *args, char **error)
{
	const char *comma = strrchr(args, ',');
	g_autofree char *path = comma ? g_strndup(args, comma - args) :
					g_strdup(args);
	int fd = connect_to(path, error);
	struct remote *r;

	if (fd < 0)
		return NULL;
	r = g_new0(struct remote, 1);
	r->fd = fd;
	g_mutex_init(&r->lock);
	r->mapped = g_array_new(FALSE, FALSE, sizeof(struct mapped));
	*error = hello(r, comma ? comma + 1 : "");
	if (!*error)
		return r;
	drop(r);
	return NULL;
}

void remote_close(struct remote *r)
{
	uint8_t frame[WIRE_HEADER];
	struct reply reply;

	/* it does not matter what it says */
	ask(r, frame, sizeof(frame), WIRE_BYE, 0, &reply);
	close_files(&reply);
	drop(r);
}
