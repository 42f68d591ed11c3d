/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many clients, and malformed ones beside them: every call has its answer,
 * once, and to whom it belongs. SERVE_SECONDS makes the malformed ones go on
 * for that long.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "conduit/wire.h"
#include "ffa/ffa.h"
#include "mem_desc.h"
#include "tests/server.h"
#include "unit.h"

enum {
	CPUS = 8,
	WINDOW = 16,		/* calls of a client that are open */
	LOAD_CLIENTS = 200, LOAD_CALLS = 10000,
	GOOD_CLIENTS = 20, GOOD_CALLS = 5000, LONG_CALLS = 10000000,
	BAD_FRAMES = 100000,
	LINGER = 64,		/* half-done connections that stay open */
	MIRROR = 0x8002,
};

/* `echo` is code of the server, `mirror` is played by a client here. */
static const char board[] =
	"ffs 1\n"
	"board cpus=8\n"
	"part ns id=0x0000 kind=vm\n"
	"part echo id=0x8001 kind=sp can=direct run=echo\n"
	"part mirror id=0x8002 kind=sp ec=8 can=direct\n";

struct peer {
	int fd;
	unsigned int number;	/* of the client; 0: the mirror */
	uint32_t calls, sent, answered;
	uint8_t *seen;		/* a bit for each answer */
	size_t in_used, out_used;
	uint8_t in[WIRE_MAX], out[2 * WIRE_MAX];
};

static struct server server;
static int epoll;

static void put_frame(struct peer *p, enum wire_type type, uint32_t tag,
		      unsigned int cpu, const struct ffa_value *regs)
{
	uint8_t *frame = p->out + p->out_used;
	const struct wire_header h = {
		.length = regs ? WIRE_CALL_FRAME : WIRE_HEADER,
		.type = (uint8_t)type, .cpu = (uint16_t)cpu, .tag = tag,
	};

	must(p->out_used + h.length <= sizeof(p->out), "too long");
	wire_put_header(frame, &h);
	if (regs)
		wire_put_regs(frame, regs);
	p->out_used += h.length;
}

static void put_hello(uint8_t *frame, const char *name)
{
	const struct wire_header h = { .length = WIRE_HELLO_FRAME,
				       .type = WIRE_HELLO };
	struct wire_hello v = { .version = 1 };

	strcpy(v.name, name);
	wire_put_header(frame, &h);
	wire_put_hello(frame, &v);
}

static void flush(struct peer *p)
{
	ssize_t n;

	if (!p->out_used)
		return;
	n = send(p->fd, p->out, p->out_used, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	must(n > 0, "send: %s", strerror(errno));
	p->out_used -= (size_t)n;
	memmove(p->out, p->out + n, p->out_used);
}

static struct peer *peer_new(const char *name, unsigned int number,
			     uint32_t calls)
{
	struct peer *p = calloc(1, sizeof(*p));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = p };

	ck_assert_ptr_nonnull(p);
	p->fd = server_connect(&server);
	ck_assert_int_ge(p->fd, 0);
	p->number = number;
	p->calls = calls;
	p->seen = calloc(1, calls / 8 + 1);
	put_hello(p->out, name);
	p->out_used = WIRE_HELLO_FRAME;
	flush(p);
	ck_assert(!epoll_ctl(epoll, EPOLL_CTL_ADD, p->fd, &e));
	return p;
}

static void peer_free(struct peer *p)
{
	close(p->fd);
	free(p->seen);
	free(p);
}

/* -- what is asked, and what must come ------------------------------------- */

static bool to_mirror(uint32_t n)
{
	return n % 32 == 7;
}

static unsigned int cpu_for(const struct peer *p, uint32_t n)
{
	return (p->number + n) % CPUS;
}

static void ask(struct peer *p, uint32_t n)
{
	struct ffa_value v = { {
		(uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32,
		to_mirror(n) ? MIRROR : 0x8001, 0, p->number, n,
		p->number ^ n, 0x11111111, ~n,
	} };

	if (n % 32 == 3)
		v = (struct ffa_value){ { (uint32_t)FFA_ID_ID_GET } };
	/* tag 0 is the HELLO's */
	put_frame(p, WIRE_CALL, n + 1, cpu_for(p, n), &v);
}

static void check_answer(struct peer *p, const struct wire_header *h,
			 const struct ffa_value *v)
{
	uint32_t n = h->tag - 1, more;

	must(n < p->sent, "an answer to what nobody asked");
	must(!(p->seen[n / 8] >> n % 8 & 1), "a second answer");
	p->seen[n / 8] |= (uint8_t)(1 << n % 8);
	p->answered++;
	must_eq(h->status, WIRE_OK);
	must_eq(h->cpu, cpu_for(p, n));
	if (n % 32 == 3) {
		must_eq(v->x[0], (uint32_t)FFA_ID_SUCCESS);
		return;
	}
	more = to_mirror(n);
	must_eq(v->x[0], (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32);
	must_eq(v->x[1], (more ? 0x80020000u : 0x80010000u));
	must_eq(v->x[3], p->number);
	must_eq(v->x[4], n + more);
	must_eq(v->x[5], p->number ^ n);
	must_eq(v->x[6], 0x11111111);
	must_eq(v->x[7], (uint32_t)~n);
}

/* The mirror waits, and answers with a count of one more. */
static void mirror(struct peer *p, const struct wire_header *h,
		   const struct ffa_value *v)
{
	struct ffa_value next = { { FFA_ID_MSG_WAIT } };

	must_eq(h->status, WIRE_OK);
	if (v->x[0] == (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32) {
		next = *v;
		next.x[0] = (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32;
		next.x[1] = (uint64_t)MIRROR << 16;
		next.x[4]++;
	}
	p->answered++;
	put_frame(p, WIRE_CALL, h->cpu, h->cpu, &next);
}

static void one_frame(struct peer *p, const uint8_t *frame,
		      const struct wire_header *h)
{
	struct ffa_value v;

	if (h->type == (WIRE_HELLO | WIRE_ANSWER)) {
		must_eq(h->status, WIRE_OK);
		for (unsigned int cpu = 0; !p->number && cpu < CPUS; cpu++)
			put_frame(p, WIRE_ENTER, cpu, cpu, NULL);
		return;
	}
	must(!h->status, "status %u: %.*s", h->status,
		      (int)(h->length - WIRE_HEADER), frame + WIRE_HEADER);
	must_eq(h->length, WIRE_CALL_FRAME);
	wire_get_regs(frame, &v);
	if (p->number)
		check_answer(p, h, &v);
	else
		mirror(p, h, &v);
}

static void on_input(struct peer *p)
{
	ssize_t n = recv(p->fd, p->in + p->in_used,
			 sizeof(p->in) - p->in_used, MSG_DONTWAIT);
	size_t at = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	must(n > 0, "the server left: %s",
		      n ? strerror(errno) : "end");
	p->in_used += (size_t)n;
	while (p->in_used - at >= WIRE_HEADER) {
		struct wire_header h;

		wire_get_header(p->in + at, &h);
		must(h.length >= WIRE_HEADER, "too short");
		must(h.length <= WIRE_MAX, "too long");
		if (p->in_used - at < h.length)
			break;
		one_frame(p, p->in + at, &h);
		at += h.length;
	}
	p->in_used -= at;
	memmove(p->in, p->in + at, p->in_used);
}

static void more_calls(struct peer *p)
{
	while (p->number && p->sent < p->calls &&
	       p->sent - p->answered < WINDOW)
		ask(p, p->sent++);
	flush(p);
}

/* -- malformed ones -------------------------------------------------------- */

static uint64_t seed = 42;

static uint32_t roll(uint32_t below)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)((seed >> 33) % below);
}

static void scramble(uint8_t *to, size_t n)
{
	while (n--)
		*to++ = (uint8_t)roll(256);
}

/* Frames that are refused one by one, behind a HELLO; their bytes. */
static size_t refused(uint8_t *to, uint32_t frames)
{
	size_t n = 0;

	for (; frames; frames--) {
		struct wire_header h = { .length = WIRE_MAP_FRAME,
					 .type = WIRE_MAP };
		const struct wire_map map = { roll(UINT32_MAX) | 1,
					      roll(UINT32_MAX), roll(2) };

		if (roll(2)) {
			wire_put_map(to + n, &map);
		} else {
			/* a CPU that is not there */
			h.length = WIRE_CALL_FRAME;
			h.type = WIRE_CALL;
			h.cpu = (uint16_t)(CPUS + roll(60000));
			scramble(to + n + WIRE_HEADER, WIRE_REGS);
		}
		wire_put_header(to + n, &h);
		n += h.length;
	}
	return n;
}

/* One that ends the connection; its bytes. */
static size_t malformed(uint8_t *to)
{
	struct wire_header h = { .length = WIRE_CALL_FRAME,
				 .type = WIRE_CALL };
	size_t n;

	memset(to, 0, 300);
	switch (roll(8)) {
	case 0:		/* noise */
		n = 16 + roll(200);
		scramble(to, n);
		return n;
	case 1:		/* a length that is none */
		h.length = roll(2) ? roll(16) : UINT32_MAX - roll(5000);
		break;
	case 2:		/* a type that is none */
		h.type = (uint8_t)(7 + roll(249));
		break;
	case 3:		/* longer or shorter than the type is */
		h.length += roll(2) ? 8 : (uint32_t)-8;
		break;
	case 4:		/* what only answers have */
		h.status = (uint8_t)(1 + roll(255));
		break;
	case 5:
		h.maps = 1 + roll(100);
		break;
	case 6:		/* a HELLO with a byte changed, or a second one */
		put_hello(to, roll(2) ? "mirror" : "nobody");
		to[WIRE_HEADER + roll(64)] ^= (uint8_t)(1 + roll(255));
		return WIRE_HELLO_FRAME;
	case 7:		/* part of a frame */
		wire_put_header(to, &h);
		return 1 + roll(WIRE_CALL_FRAME - 1);
	}
	wire_put_header(to, &h);
	return h.length > 16 && h.length < 300 ? h.length : 16;
}

/* A client that does not know what it does; the number of its frames. */
static unsigned int bad_client(uint8_t *data, size_t *len)
{
	unsigned int frames = 0;

	*len = 0;
	if (roll(8)) {
		put_hello(data, "");
		*len = WIRE_HELLO_FRAME;
		frames = roll(10);
		*len += refused(data + *len, frames);
	}
	*len += malformed(data + *len);
	return frames + 1;
}

static unsigned int one_bad(int linger[LINGER])
{
	uint8_t data[WIRE_MAX];
	size_t len;
	unsigned int frames = bad_client(data, &len);
	int fd = server_connect(&server), *slot = &linger[roll(LINGER)];
	uint32_t what = roll(4);

	ck_assert_int_ge(fd, 0);
	/* the server may have closed already: that is its right */
	if (what == 1) {
		send(fd, data, len / 2, MSG_NOSIGNAL | MSG_DONTWAIT);
		send(fd, data + len / 2, len - len / 2,
		     MSG_NOSIGNAL | MSG_DONTWAIT);
	} else {
		send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	if (what == 2)
		recv(fd, data, sizeof(data), MSG_DONTWAIT);
	if (what < 3) {
		close(fd);
		return frames;
	}
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
	return frames;
}

/* -- runs ------------------------------------------------------------------ */

static bool all_done(struct peer *const *peers, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (peers[i]->answered < peers[i]->calls)
			return false;
	return true;
}

/* False if nothing comes any more. */
static bool serve_peers(int timeout)
{
	struct epoll_event events[64];
	int n = epoll_wait(epoll, events, 64, timeout);

	for (int i = 0; i < n; i++) {
		struct peer *p = events[i].data.ptr;

		on_input(p);
		more_calls(p);
	}
	return n;
}

static void start(struct peer **peers, unsigned int clients, uint32_t calls)
{
	ck_assert(server_start(&server, board));
	epoll = epoll_create1(EPOLL_CLOEXEC);
	peers[0] = peer_new("mirror", 0, 0);
	for (unsigned int i = 1; i <= clients; i++) {
		peers[i] = peer_new("", i, calls);
		more_calls(peers[i]);
	}
}

static void finish(struct peer **peers, unsigned int clients)
{
	uint64_t mirrored = 0;

	for (unsigned int i = 1; i <= clients; i++) {
		struct peer *p = peers[i];

		ck_assert_uint_eq(p->answered, p->calls);
		for (uint32_t n = 0; n < p->calls; n++)
			mirrored += to_mirror(n);
		/* nothing more comes */
		ck_assert_int_eq(recv(p->fd, p->in, 1, MSG_DONTWAIT), -1);
	}
	/* its entries, and no request but ours */
	ck_assert_uint_eq(peers[0]->answered, mirrored + CPUS);
	for (unsigned int i = 0; i <= clients; i++)
		peer_free(peers[i]);
	close(epoll);
	ck_assert_int_eq(server_stop(&server, SIGTERM), 0);
}

START_TEST(load)
{
	static struct peer *peers[LOAD_CLIENTS + 1];

	start(peers, LOAD_CLIENTS, LOAD_CALLS);
	while (!all_done(peers + 1, LOAD_CLIENTS))
		ck_assert_msg(serve_peers(30000), "calls were lost");
	finish(peers, LOAD_CLIENTS);
}
END_TEST

START_TEST(bad_frames)
{
	static struct peer *peers[GOOD_CLIENTS + 1];
	const char *seconds = getenv("SERVE_SECONDS");
	time_t end = time(NULL) + (seconds ? atoi(seconds) : 0);
	int linger[LINGER];

	memset(linger, -1, sizeof(linger));
	start(peers, GOOD_CLIENTS, seconds ? LONG_CALLS : GOOD_CALLS);
	for (unsigned int n = 0; n < BAD_FRAMES || time(NULL) < end; ) {
		n += one_bad(linger);
		serve_peers(0);
	}
	for (unsigned int i = 1; i <= GOOD_CLIENTS && seconds; i++)
		peers[i]->calls = peers[i]->sent;
	while (!all_done(peers + 1, GOOD_CLIENTS))
		ck_assert_msg(serve_peers(30000), "calls were lost");
	finish(peers, GOOD_CLIENTS);
	for (int i = 0; i < LINGER; i++)
		if (linger[i] >= 0)
			close(linger[i]);
}
END_TEST

Suite *check_serve_load(void)
{
	Suite *s = suite_create("serve_load");
	TCase *t1 = tcase_create("load");

	tcase_set_timeout(t1, 600);
	tcase_add_test(t1, load);
	tcase_add_test(t1, bad_frames);
	suite_add_tcase(s, t1);
	return s;
}
