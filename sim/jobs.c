/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/jobs.h"

enum {
	MAX_BATCH = 32,		/* units a worker gets at once */
	MAX_AHEAD = 8192,	/* results kept for an earlier unit */
	TICK_MS = 100,
};

struct range {
	guint64 from, to;	/* [from, to) */
};

struct frame {
	guint64 unit, len;
};

struct worker {
	pid_t pid;		/* 0: none */
	int in, out;		/* our ends: ranges go in, frames come out */
	struct range todo;	/* handed out, not answered */
	gint64 since;		/* when it began the first of them */
	bool killed;
	GByteArray *buf;
};

struct result {
	enum jobs_end end;
	int status;
	GBytes *data;
};

struct pool {
	const struct jobs *j;
	struct worker *w;
	GArray *again;		/* struct range: what a dead worker left */
	GHashTable *ahead;	/* guint64 * -> struct result * */
	guint64 next;		/* not handed out yet */
	guint64 deliver;	/* next for done() */
	guint64 finished;
	bool enough, failed;
	volatile int *stop;	/* shared: workers begin no other unit */
};

static volatile sig_atomic_t interrupted, asked;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		asked = 1;
	else
		interrupted = 1;
}

static void signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	interrupted = asked = 0;
	sigaction(SIGUSR1, &sa, NULL);
	/* the second one finds the default action */
	sa.sa_flags = SA_RESETHAND;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

/* -- workers -------------------------------------------------------------- */

static bool read_all(int fd, void *to, gsize len)
{
	guint8 *p = to;
	ssize_t n;

	for (; len; p += n, len -= (gsize)n) {
		n = read(fd, p, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
	}
	return true;
}

static bool write_all(int fd, const void *from, gsize len)
{
	const guint8 *p = from;
	ssize_t n;

	for (; len; p += n, len -= (gsize)n) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return false;
	}
	return true;
}

static G_GNUC_NORETURN void worker_main(struct pool *p, unsigned int n,
					int in, int out)
{
	GByteArray *buf = g_byte_array_new();
	struct range r;
	struct frame f;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	signal(SIGUSR1, SIG_IGN);
	while (read_all(in, &r, sizeof(r))) {
		for (; r.from < r.to && !*p->stop; r.from++) {
			g_byte_array_set_size(buf, sizeof(f));
			p->j->work(p->j->ctx, n, r.from, buf);
			f.unit = r.from;
			f.len = buf->len - sizeof(f);
			memcpy(buf->data, &f, sizeof(f));
			if (!write_all(out, buf->data, buf->len))
				_exit(99);
		}
	}
	g_byte_array_unref(buf);
	/* exit, so that a leak check runs; streams were flushed before */
	exit(0);
}

static void worker_start(struct pool *p, unsigned int n)
{
	struct worker *w = &p->w[n];
	int in[2], out[2];
	unsigned int i;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		g_error("pipe: %s", g_strerror(errno));
	w->pid = fork();
	if (w->pid < 0)
		g_error("fork: %s", g_strerror(errno));
	if (!w->pid) {
		/* another worker's end of file must not depend on us */
		for (i = 0; i < p->j->workers; i++) {
			if (i == n || !p->w[i].pid)
				continue;
			close(p->w[i].in);
			close(p->w[i].out);
		}
		close(in[1]);
		close(out[0]);
		worker_main(p, n, in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	w->in = in[1];
	w->out = out[0];
	fcntl(w->out, F_SETFL, O_NONBLOCK);
	w->killed = false;
	w->todo = (struct range){ 0, 0 };
	g_byte_array_set_size(w->buf, 0);
}

/* -- results, in order ---------------------------------------------------- */

static void result_free(void *ptr)
{
	struct result *r = ptr;

	g_bytes_unref(r->data);
	g_free(r);
}

static void stop(struct pool *p)
{
	p->enough = true;
	*p->stop = 1;
}

static void hand_on(struct pool *p, guint64 unit, enum jobs_end end,
		    int status, const guint8 *data, gsize len)
{
	p->deliver = unit + 1;
	if (!p->j->done(p->j->ctx, unit, end, status, data, len))
		stop(p);
}

static void arrived(struct pool *p, guint64 unit, enum jobs_end end,
		    int status, const guint8 *data, gsize len)
{
	struct result *r;

	p->finished++;
	if (p->enough)
		return;
	if (unit != p->deliver) {
		r = g_new(struct result, 1);
		*r = (struct result){ end, status, g_bytes_new(data, len) };
		g_hash_table_insert(p->ahead, g_memdup2(&unit, sizeof(unit)),
				    r);
		return;
	}
	hand_on(p, unit, end, status, data, len);
	while (!p->enough &&
	       (r = g_hash_table_lookup(p->ahead, &p->deliver))) {
		gsize n;
		const guint8 *bytes = g_bytes_get_data(r->data, &n);

		unit = p->deliver;
		hand_on(p, unit, r->end, r->status, bytes, n);
		g_hash_table_remove(p->ahead, &unit);
	}
}

/* After an interruption: what was finished behind what was not begun. */
static void hand_on_rest(struct pool *p)
{
	const guint8 *bytes;
	struct result *r;
	gsize n;

	while (!p->enough && g_hash_table_size(p->ahead)) {
		guint64 unit = p->deliver;

		r = g_hash_table_lookup(p->ahead, &unit);
		if (!r) {
			hand_on(p, unit, JOBS_NOT_RUN, 0, NULL, 0);
			continue;
		}
		bytes = g_bytes_get_data(r->data, &n);
		hand_on(p, unit, r->end, r->status, bytes, n);
		g_hash_table_remove(p->ahead, &unit);
	}
}

static void worker_frames(struct pool *p, struct worker *w)
{
	struct frame f;
	gsize used = 0;

	while (w->buf->len - used >= sizeof(f)) {
		const guint8 *at = w->buf->data + used;

		memcpy(&f, at, sizeof(f));
		if (w->buf->len - used - sizeof(f) < f.len)
			break;
		used += sizeof(f) + f.len;
		w->todo.from = f.unit + 1;
		w->since = g_get_monotonic_time();
		arrived(p, f.unit, JOBS_DONE, 0, at + sizeof(f), f.len);
	}
	if (used)
		g_byte_array_remove_range(w->buf, 0, (guint)used);
}

/* Its pipe is at its end: why, and what did it leave? */
static void worker_end(struct pool *p, struct worker *w)
{
	bool busy = w->todo.from < w->todo.to;
	guint64 unit = w->todo.from;
	int status = 0;

	if (w->in >= 0)
		close(w->in);
	close(w->out);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	if (!busy || (*p->stop && !status)) {
		p->failed |= status != 0;
		return;
	}
	w->todo.from++;
	if (w->todo.from < w->todo.to)
		g_array_append_val(p->again, w->todo);
	arrived(p, unit, w->killed ? JOBS_TIMEOUT : JOBS_DIED, status, NULL,
		0);
}

static void worker_read(struct pool *p, struct worker *w)
{
	enum { CHUNK = 65536 };
	guint len;
	ssize_t n;

	do {
		len = w->buf->len;
		g_byte_array_set_size(w->buf, len + CHUNK);
		n = read(w->out, w->buf->data + len, CHUNK);
		g_byte_array_set_size(w->buf, len + (n > 0 ? (guint)n : 0));
		if (n > 0)
			worker_frames(p, w);
	} while (n == CHUNK);
	if (!n)
		worker_end(p, w);
}

/* -- handing out ---------------------------------------------------------- */

static bool take(struct pool *p, struct range *r)
{
	guint64 left = p->j->count - p->next, n;

	if (p->enough || interrupted)
		return false;
	if (p->again->len) {
		*r = g_array_index(p->again, struct range, p->again->len - 1);
		g_array_set_size(p->again, p->again->len - 1);
		return true;
	}
	if (!left || p->next - p->deliver > MAX_AHEAD)
		return false;
	n = CLAMP(left / (p->j->workers * 4), 1, MAX_BATCH);
	*r = (struct range){ p->next, p->next + n };
	p->next += n;
	return true;
}

static void feed(struct pool *p, unsigned int n)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	struct worker *w = &p->w[n];
	struct range r;

	if (w->pid && (w->todo.from < w->todo.to || w->in < 0))
		return;
	if (!take(p, &r))
		return;
	if (!w->pid)
		worker_start(p, n);
	w->todo = r;
	w->since = g_get_monotonic_time();
	/* if it has died, its end of file says so */
	sigaction(SIGPIPE, &ignore, &old);
	write_all(w->in, &r, sizeof(r));
	sigaction(SIGPIPE, &old, NULL);
}

/* Milliseconds to the next deadline; kills who is over it. */
static int watch(struct pool *p)
{
	gint64 limit = (gint64)p->j->timeout * G_USEC_PER_SEC;
	gint64 now = g_get_monotonic_time(), left;
	int ms = p->j->tick ? TICK_MS : -1;
	unsigned int i;

	for (i = 0; limit && i < p->j->workers; i++) {
		struct worker *w = &p->w[i];

		if (!w->pid || w->todo.from >= w->todo.to)
			continue;
		left = w->since + limit - now;
		if (left <= 0 && !w->killed) {
			w->killed = true;
			kill(w->pid, SIGKILL);
		} else if (left > 0) {
			left = left / 1000 + 1;
			if (ms < 0 || left < ms)
				ms = (int)left;
		}
	}
	return ms;
}

/* What runs now: the oldest unit that a worker has. */
static guint64 current(const struct pool *p)
{
	guint64 unit = G_MAXUINT64;
	unsigned int i;

	for (i = 0; i < p->j->workers; i++) {
		const struct worker *w = &p->w[i];

		if (w->pid && w->todo.from < w->todo.to)
			unit = MIN(unit, w->todo.from);
	}
	return unit;
}

static void tick(const struct jobs *j, guint64 finished, guint64 unit)
{
	bool a = asked;

	asked = 0;
	if (j->tick)
		j->tick(j->ctx, finished, unit, a);
}

static void pool_loop(struct pool *p)
{
	unsigned int i, n = p->j->workers, busy;
	struct pollfd *fds = g_new0(struct pollfd, n);

	for (;;) {
		if (interrupted)
			*p->stop = 1;
		for (i = 0; i < n; i++)
			feed(p, i);
		for (busy = i = 0; i < n; i++) {
			struct worker *w = &p->w[i];

			fds[i].fd = w->pid ? w->out : -1;
			fds[i].events = POLLIN;
			/* told to stop: end of input is its end */
			if (w->pid && *p->stop && w->in >= 0) {
				close(w->in);
				w->in = -1;
			}
			busy += w->pid &&
				(w->in < 0 || w->todo.from < w->todo.to);
		}
		if (!busy)
			break;
		if (poll(fds, n, watch(p)) > 0)
			for (i = 0; i < n; i++)
				if (fds[i].revents)
					worker_read(p, &p->w[i]);
		tick(p->j, p->finished, current(p));
	}
	g_free(fds);
}

static enum jobs_result pool_run(const struct jobs *j)
{
	struct pool p = { .j = j };
	unsigned int i;

	p.w = g_new0(struct worker, j->workers);
	p.again = g_array_new(FALSE, FALSE, sizeof(struct range));
	p.ahead = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
					result_free);
	p.stop = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p.stop == MAP_FAILED)
		g_error("mmap: %s", g_strerror(errno));
	for (i = 0; i < j->workers; i++)
		p.w[i].buf = g_byte_array_new();
	pool_loop(&p);
	if (interrupted)
		hand_on_rest(&p);
	for (i = 0; i < j->workers; i++)
		if (p.w[i].pid)
			close(p.w[i].in);
	for (i = 0; i < j->workers; i++) {
		p.w[i].in = -1;
		if (p.w[i].pid)
			worker_end(&p, &p.w[i]);
		g_byte_array_unref(p.w[i].buf);
	}
	munmap((void *)p.stop, sizeof(int));
	g_hash_table_unref(p.ahead);
	g_array_unref(p.again);
	g_free(p.w);
	if (p.failed)
		return JOBS_WORKER_FAILED;
	if (p.enough)
		return JOBS_STOPPED;
	return interrupted ? JOBS_INTERRUPTED : JOBS_ALL;
}

/* -- in this process ------------------------------------------------------ */

static void (*expired)(void);

static void on_alarm(int sig)
{
	(void)sig;
	expired();
}

static void alarm_set(unsigned int seconds)
{
	struct itimerval t = { .it_value.tv_sec = seconds };

	setitimer(ITIMER_REAL, &t, NULL);
}

static enum jobs_result run_here(const struct jobs *j)
{
	GByteArray *buf = g_byte_array_new();
	enum jobs_result end = JOBS_ALL;
	guint64 unit;

	expired = j->expired;
	if (j->timeout)
		signal(SIGALRM, on_alarm);
	for (unit = 0; unit < j->count && end == JOBS_ALL; unit++) {
		if (unit)
			tick(j, unit, unit);
		if (j->timeout)
			alarm_set(j->timeout);
		g_byte_array_set_size(buf, 0);
		j->work(j->ctx, 0, unit, buf);
		if (!j->done(j->ctx, unit, JOBS_DONE, 0, buf->data, buf->len))
			end = JOBS_STOPPED;
		else if (interrupted)
			end = JOBS_INTERRUPTED;
	}
	if (j->timeout)
		alarm_set(0);
	g_byte_array_unref(buf);
	return end;
}

enum jobs_result jobs_run(const struct jobs *j)
{
	signals();
	return j->workers ? pool_run(j) : run_here(j);
}

/* -- bytes ---------------------------------------------------------------- */

void jobs_put_number(GByteArray *to, guint64 value)
{
	g_byte_array_append(to, (const guint8 *)&value, sizeof(value));
}

void jobs_put_string(GByteArray *to, const char *s)
{
	jobs_put_number(to, s ? strlen(s) + 1 : 0);
	if (s)
		g_byte_array_append(to, (const guint8 *)s,
				    (guint)strlen(s) + 1);
}

guint64 jobs_get_number(struct jobs_reader *r)
{
	guint64 value;

	g_assert(r->end - r->p >= (ptrdiff_t)sizeof(value));
	memcpy(&value, r->p, sizeof(value));
	r->p += sizeof(value);
	return value;
}

char *jobs_get_string(struct jobs_reader *r)
{
	guint64 len = jobs_get_number(r);
	char *s;

	g_assert((guint64)(r->end - r->p) >= len);
	s = len ? g_strdup((const char *)r->p) : NULL;
	r->p += len;
	return s;
}
