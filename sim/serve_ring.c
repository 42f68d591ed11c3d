/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings. What is in one is the client's to write, at any time and whatever it
 * likes: each word is read once, nothing of it is an index or a length, and
 * what has been asked is kept on our side.
 */
#include "serve_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "serve_priv.h"

enum {
	RINGS = 64,		/* at most */
	SPINS = 4000,		/* looks at the slots before it sleeps */
};

struct ring {
	struct client *client;
	struct serve *s;
	GThread *thread;
	int fd;
	bool stop;
	unsigned int cpus;
	uint32_t seen[SPMC_MAX_CPUS];	/* requests that were taken */
	struct wire_slot *slots;
	struct wire_bell *bell;
};

static uint32_t load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void futex(uint32_t *p, int op, uint32_t value,
		  const struct timespec *timeout)
{
	syscall(SYS_futex, p, op, value, timeout, NULL, 0);
}

void ring_answer(const struct request *q, enum wire_status status,
		 const struct ffa_value *regs)
{
	struct client *c = q->client;
	struct ring *r = c->ring;
	/* the CPU of a context may be another now, its slot is not */
	unsigned int n = (unsigned int)(q - c->requests) - WIRE_OPEN;
	struct wire_slot *slot = &r->slots[n];

	if (regs)
		memcpy(slot->out, regs->x, sizeof(slot->out));
	slot->maps = c->maps;
	slot->cpu = q->cpu;
	slot->status = status;
	__atomic_store_n(&slot->answer, r->seen[n], __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&slot->waits, __ATOMIC_SEQ_CST))
		futex(&slot->answer, FUTEX_WAKE, 1, NULL);
}

/* Takes what is asked for in a slot, if it is something new. */
static bool take(struct ring *r, unsigned int cpu)
{
	struct wire_slot *slot = &r->slots[cpu];
	uint32_t asked = load(&slot->request);
	struct serve *s = r->s;
	struct request *q;

	if (asked == r->seen[cpu])
		return false;
	g_mutex_lock(&s->lock);
	q = &r->client->requests[WIRE_OPEN + cpu];
	/* who asks again before the answer is there gets one for both */
	if (q->state == REQUEST_FREE && !r->client->dead) {
		r->seen[cpu] = asked;
		memcpy(q->regs.x, slot->in, sizeof(q->regs.x));
		q->type = WIRE_CALL;
		q->cpu = (uint16_t)cpu;
		q->state = REQUEST_CALLING;
		cpu_request(s, q);
	} else {
		r->seen[cpu] = asked;
	}
	if (s->touched->len)
		serve_wake(s);
	g_mutex_unlock(&s->lock);
	return true;
}

static bool take_all(struct ring *r)
{
	bool any = false;

	for (unsigned int cpu = 0; cpu < r->cpus; cpu++)
		any |= take(r, cpu);
	return any;
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static void *run(void *data)
{
	/* a client that never rings must not keep us */
	const struct timespec some = { .tv_nsec = 200 * 1000 * 1000 };
	struct ring *r = data;
	unsigned int idle = 0;

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		uint32_t rung;

		if (take_all(r)) {
			idle = 0;
			continue;
		}
		if (idle++ < SPINS) {
			relax();
			continue;
		}
		rung = load(&r->bell->bell);
		__atomic_store_n(&r->bell->sleeps, 1, __ATOMIC_SEQ_CST);
		if (!take_all(r))
			futex(&r->bell->bell, FUTEX_WAIT, rung, &some);
		__atomic_store_n(&r->bell->sleeps, 0, __ATOMIC_SEQ_CST);
		idle = 0;
	}
	return NULL;
}

static int new_file(size_t len)
{
	int fd = memfd_create("ffasim-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && !ftruncate(fd, (off_t)len) &&
	    !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void ring_unmap(struct ring *r)
{
	if (r->slots)
		munmap(r->slots, wire_ring_size(r->cpus));
	if (r->fd >= 0)
		close(r->fd);
	g_free(r);
}

int ring_new(struct client *c, const char **why)
{
	struct serve *s = c->s;
	struct ring *r;
	void *at;

	*why = "there is one ring for a client";
	if (c->ring)
		return -1;
	*why = "the server has too many rings";
	if (s->rings >= RINGS)
		return -1;
	r = g_new0(struct ring, 1);
	r->client = c;
	r->s = s;
	r->cpus = s->open.board->config.cpus;
	r->fd = new_file(wire_ring_size(r->cpus));
	at = r->fd < 0 ? MAP_FAILED :
	     mmap(NULL, wire_ring_size(r->cpus), PROT_READ | PROT_WRITE,
		  MAP_SHARED, r->fd, 0);
	*why = "the server has no memory for a ring";
	if (at == MAP_FAILED) {
		ring_unmap(r);
		return -1;
	}
	r->slots = at;
	r->bell = (struct wire_bell *)(r->slots + r->cpus);
	c->ring = r;
	r->thread = g_thread_try_new("ring", run, r, NULL);
	if (!r->thread) {
		c->ring = NULL;
		ring_unmap(r);
		return -1;
	}
	s->rings++;
	return r->fd;
}

void ring_stop(struct client *c)
{
	struct ring *r = c->ring;

	if (!r)
		return;
	__atomic_store_n(&r->stop, true, __ATOMIC_RELEASE);
	__atomic_fetch_add(&r->bell->bell, 1, __ATOMIC_SEQ_CST);
	futex(&r->bell->bell, FUTEX_WAKE, 1, NULL);
	g_mutex_unlock(&c->s->lock);
	g_thread_join(r->thread);
	g_mutex_lock(&c->s->lock);
	c->ring = NULL;
	c->s->rings--;
	ring_unmap(r);
}
