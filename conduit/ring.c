/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring:PATH[,ENDPOINT]: as unix:, but calls go through memory that is shared
 * with the server, and both spin.
 */
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "remote.h"

enum { SPINS = 20000 };

struct ring {
	struct remote *remote;
	unsigned int cpus;
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

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* False if the server is gone. */
static bool wait_for(struct ring *r, struct wire_slot *slot, uint32_t request)
{
	/* a server that was killed wakes nobody */
	const struct timespec some = { .tv_nsec = 200 * 1000 * 1000 };
	bool alive = true;
	uint32_t seen;

	for (unsigned int i = 0; i < SPINS; i++) {
		if (load(&slot->answer) == request)
			return true;
		relax();
	}
	__atomic_store_n(&slot->waits, 1, __ATOMIC_SEQ_CST);
	while ((seen = __atomic_load_n(&slot->answer, __ATOMIC_SEQ_CST)) !=
	       request && alive) {
		futex(&slot->answer, FUTEX_WAIT, seen, &some);
		alive = remote_alive(r->remote);
	}
	__atomic_store_n(&slot->waits, 0, __ATOMIC_RELAXED);
	return seen == request;
}

static const char *status_text(uint32_t status)
{
	switch ((enum wire_status)status) {
	case WIRE_OK:
		return NULL;
	case WIRE_LOST:
		return "the call does not come back";
	case WIRE_ELSEWHERE:
		return "the context does not run on that CPU";
	case WIRE_RESET:
		return "the machine was reset or loaded";
	case WIRE_BAD:
	case WIRE_REFUSED:
	case WIRE_NOT_YOURS:
	case WIRE_LIMIT:
		break;
	}
	return "the server does not speak docs/wire.md";
}

static const char *ring_call(void *handle, unsigned int cpu,
			     const struct ffa_value *in, struct ffa_value *out)
{
	struct ring *r = handle;
	struct wire_slot *slot = &r->slots[cpu];
	uint32_t request = slot->request + 1;
	const char *why;

	memcpy(slot->in, in->x, sizeof(slot->in));
	__atomic_store_n(&slot->request, request, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&r->bell->sleeps, __ATOMIC_SEQ_CST)) {
		__atomic_fetch_add(&r->bell->bell, 1, __ATOMIC_SEQ_CST);
		futex(&r->bell->bell, FUTEX_WAKE, 1, NULL);
	}
	if (!wait_for(r, slot, request))
		return "the server is gone";
	why = status_text(slot->status);
	if (why)
		return why;
	memcpy(out->x, slot->out, sizeof(slot->out));
	if (slot->maps != r->remote->maps)
		remote_moved(r->remote, slot->maps);
	return NULL;
}

static bool ring_open(const char *args, void **handle, char **error)
{
	struct remote *remote = remote_open(args, error);
	struct ring *r;
	void *at = MAP_FAILED;
	int fd;

	if (!remote)
		return false;
	fd = remote_ring(remote);
	if (fd >= 0) {
		at = mmap(NULL, wire_ring_size(remote->welcome.cpus),
			  PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	if (at == MAP_FAILED) {
		*error = strdup(fd < 0 ? remote->why : "no memory for a ring");
		remote_close(remote);
		return false;
	}
	r = g_new0(struct ring, 1);
	r->remote = remote;
	r->cpus = remote->welcome.cpus;
	r->slots = at;
	r->bell = (struct wire_bell *)(r->slots + r->cpus);
	*handle = r;
	return true;
}

static void ring_close(void *handle)
{
	struct ring *r = handle;

	munmap(r->slots, wire_ring_size(r->cpus));
	remote_close(r->remote);
	g_free(r);
}

static unsigned int ring_cpus(void *handle)
{
	const struct ring *r = handle;

	return r->cpus;
}

static void *ring_map(void *handle, uint64_t pa, size_t len, bool secure)
{
	struct ring *r = handle;

	return remote_map(r->remote, pa, len, secure);
}

const struct conduit_ops conduit_ring = {
	.size = sizeof(conduit_ring),
	.api_version = CONDUIT_API,
	.name = "ring",
	.open = ring_open,
	.close = ring_close,
	.cpus = ring_cpus,
	.call = ring_call,
	.map = ring_map,
};
