/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both sides of a ratio are two processes on the same two CPUs; the bare one
 * only returns what it gets. They take turns round by round.
 */
#include <errno.h>
#include <glib.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "conduit.h"
#include "conduit/wire.h"
#include "tests/server.h"

enum { ROUNDS = 51, CALLS = 2000, SPINS = 20000 };

static const char board[] =
	"ffs 1\n"
	"board cpus=1\n"
	"part ns id=0x0000 kind=vm\n";

/* CPU `n` of those that we may have; the last one if there are fewer. */
static void pin(unsigned int n)
{
	static cpu_set_t all;
	cpu_set_t one;

	if (!CPU_COUNT(&all))
		sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (!n--)
			break;
	}
	sched_setaffinity(0, sizeof(one), &one);
}

/* A process that does `work`, on CPU 1, until it is killed. */
static pid_t other_side(void (*work)(void *), void *data)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork", g_strerror(errno));
	if (pid)
		return pid;
	pin(1);
	work(data);
	_exit(0);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* -- a socket -------------------------------------------------------------- */

static void return_frames(void *data)
{
	int fd = *(int *)data;
	uint8_t frame[WIRE_CALL_FRAME];

	while (recv(fd, frame, sizeof(frame), MSG_WAITALL) ==
	       sizeof(frame))
		if (send(fd, frame, sizeof(frame), MSG_NOSIGNAL) < 0)
			return;
}

static double bare_socket(void *data)
{
	int fd = *(int *)data;
	uint8_t frame[WIRE_CALL_FRAME] = { 0 };
	double from = now_ns();

	for (int i = 0; i < CALLS; i++)
		if (send(fd, frame, sizeof(frame), MSG_NOSIGNAL) < 0 ||
		    recv(fd, frame, sizeof(frame), MSG_WAITALL) !=
		    sizeof(frame))
			fail("socketpair", g_strerror(errno));
	return now_ns() - from;
}

/* -- shared memory --------------------------------------------------------- */

/* The same bytes and lines as a slot of a ring has. */
static void wait_word(uint32_t *word, uint32_t value)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) {
#if defined(__x86_64__) || defined(__i386__)
		__builtin_ia32_pause();
#endif
	}
}

static void return_words(void *data)
{
	struct wire_slot *slot = data;
	uint64_t regs[FFA_REGS];

	for (uint32_t n = 1;; n++) {
		wait_word(&slot->request, n);
		memcpy(regs, slot->in, sizeof(regs));
		memcpy(slot->out, regs, sizeof(regs));
		__atomic_store_n(&slot->answer, n, __ATOMIC_RELEASE);
	}
}

static double bare_memory(void *data)
{
	static uint32_t n;
	struct wire_slot *slot = data;
	uint64_t regs[FFA_REGS] = { 0 };
	double from = now_ns();

	for (int i = 0; i < CALLS; i++) {
		memcpy(slot->in, regs, sizeof(regs));
		__atomic_store_n(&slot->request, ++n, __ATOMIC_RELEASE);
		wait_word(&slot->answer, n);
		memcpy(regs, slot->out, sizeof(regs));
	}
	return now_ns() - from;
}

/* -- both ------------------------------------------------------------------ */

static double calls(struct conduit *c)
{
	static const struct ffa_value id_get = {
		.x = { (uint32_t)FFA_ID_ID_GET },
	};
	struct ffa_value res;
	double from = now_ns();

	for (int i = 0; i < CALLS; i++) {
		const char *why = conduit_call(c, 0, &id_get, &res);

		if (why || res.x[0] != (uint32_t)FFA_ID_SUCCESS)
			fail("serve", why ? why : "wrong answer");
	}
	return now_ns() - from;
}

/* The other side runs while it is wanted only: it may be one that spins. */
static double with(pid_t pid, double (*bare)(void *), void *data)
{
	double ns;

	kill(pid, SIGCONT);
	bare(data);
	ns = bare(data);
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	return ns;
}

static void compare(const char *bare_name, const char *name,
		    struct conduit *c, pid_t pid,
		    double (*bare)(void *), void *data)
{
	double ratio[ROUNDS], ns[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		ns[i] = with(pid, bare, data);
		calls(c);
		ratio[i] = calls(c) / ns[i];
	}
	bench_result(bare_name, median(ns, ROUNDS) / CALLS);
	bench_result(name, median(ratio, ROUNDS));
}

static struct conduit *open_to(const struct server *s, const char *kind)
{
	g_autofree char *spec = g_strdup_printf("%s:%s", kind, s->path);
	char *error = NULL;
	struct conduit *c = conduit_open(spec, NULL, &error);

	if (!c)
		fail(spec, error);
	return c;
}

static void bench_unix(const struct server *s)
{
	struct conduit *c = open_to(s, "unix");
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		fail("socketpair", g_strerror(errno));
	pid = other_side(return_frames, &pair[1]);
	compare("serve.bare.ns", "serve.roundtrip.ratio", c, pid, bare_socket,
		&pair[0]);
	end(pid);
	close(pair[0]);
	close(pair[1]);
	conduit_close(c);
}

static void bench_ring(const struct server *s)
{
	struct wire_slot *slot = mmap(NULL, sizeof(*slot),
				      PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct conduit *c = open_to(s, "ring");
	pid_t pid;

	if (slot == MAP_FAILED)
		fail("memory", g_strerror(errno));
	pid = other_side(return_words, slot);
	compare("ring.bare.ns", "ring.roundtrip.ratio", c, pid, bare_memory, slot);
	end(pid);
	munmap(slot, sizeof(*slot));
	conduit_close(c);
}

void bench_serve(void)
{
	struct server s;
	cpu_set_t before;

	sched_getaffinity(0, sizeof(before), &before);
	/* the server inherits where it is started */
	pin(1);
	if (!server_start(&s, board))
		fail("serve", "does not start");
	pin(0);
	bench_unix(&s);
	bench_ring(&s);
	sched_setaffinity(0, sizeof(before), &before);
	server_stop(&s, SIGTERM);
}
