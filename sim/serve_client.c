/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client: its frames in and out. Nothing here waits for it: what cannot be
 * sent now is kept, and bounded by the requests that it may have open.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve_priv.h"
#include "serve_ring.h"

/* Files that go with the byte at `at` of client.out. */
struct client_files {
	size_t at;
	unsigned int n;
	int fds[WIRE_RUNS];
};

/* It is looked at before the loop waits again. */
static void client_touch(struct client *c)
{
	if (!c->touched)
		g_ptr_array_add(c->s->touched, c);
	c->touched = true;
}

/* -- out ------------------------------------------------------------------- */

static void close_files(struct client_files *f)
{
	for (unsigned int i = 0; i < f->n; i++)
		close(f->fds[i]);
}

static void put(struct client *c, uint8_t *frame, size_t len, uint8_t type,
		enum wire_status status, uint16_t cpu, uint32_t tag)
{
	const struct wire_header h = {
		.length = (uint32_t)len, .type = type | WIRE_ANSWER,
		.status = (uint8_t)status, .cpu = cpu, .tag = tag,
		.maps = c->maps,
	};

	wire_put_header(frame, &h);
	g_byte_array_append(c->out, frame, (guint)len);
	client_touch(c);
}

static void put_text(struct client *c, uint8_t type, enum wire_status status,
		     uint16_t cpu, uint32_t tag, const char *text)
{
	uint8_t frame[WIRE_MAX];
	size_t len = MIN(strlen(text), sizeof(frame) - WIRE_HEADER);

	memcpy(frame + WIRE_HEADER, text, len);
	put(c, frame, WIRE_HEADER + len, type, status, cpu, tag);
}

void client_answer(struct request *r, enum wire_status status,
		   const struct ffa_value *regs, const char *text)
{
	struct client *c = r->client;
	uint8_t frame[WIRE_CALL_FRAME];

	r->state = REQUEST_FREE;
	if (r->ring) {
		ring_answer(r, status, regs);
		return;
	}
	c->open--;
	if (status) {
		put_text(c, r->type, status, r->cpu, r->tag, text);
		return;
	}
	wire_put_regs(frame, regs);
	put(c, frame, sizeof(frame), r->type, status, r->cpu, r->tag);
}

/* Files for the next frame; they are dup()ed. False: no more of them. */
static bool put_files(struct client *c, const int *fds, unsigned int n)
{
	struct client_files f = { .at = c->out->len };

	for (; f.n < n; f.n++) {
		f.fds[f.n] = dup(fds[f.n]);
		if (f.fds[f.n] < 0) {
			close_files(&f);
			return false;
		}
	}
	g_array_append_val(c->files, f);
	return true;
}

/* Sends up to the next files, or with them. */
static ssize_t send_some(struct client *c)
{
	struct client_files *f = c->files->len ?
		&g_array_index(c->files, struct client_files, 0) : NULL;
	size_t end = f && f->at > c->out_sent ? f->at : c->out->len;
	bool with = f && f->at == c->out_sent;
	union {
		char data[CMSG_SPACE(sizeof(int) * WIRE_RUNS)];
		struct cmsghdr align;
	} control = { .data = { 0 } };
	struct iovec iov = { c->out->data + c->out_sent, end - c->out_sent };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (!with)
		return send(c->src.fd, iov.iov_base, iov.iov_len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (c->files->len > 1)
		iov.iov_len = (f + 1)->at - c->out_sent;
	m.msg_control = control.data;
	m.msg_controllen = CMSG_SPACE(sizeof(int) * f->n);
	control.align = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(int) * f->n),
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
	};
	memcpy(CMSG_DATA(&control.align), f->fds, sizeof(int) * f->n);
	n = sendmsg(c->src.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		close_files(f);
		g_array_remove_index(c->files, 0);
	}
	return n;
}

/* No more is read from it before something was answered, and sent. */
static bool blocked(const struct client *c)
{
	return c->open == WIRE_OPEN || c->out->len > 16 * WIRE_MAX;
}

static void listen_for(struct client *c)
{
	uint32_t events = EPOLLHUP;

	if (c->out_sent < c->out->len)
		events |= EPOLLOUT;
	if (c->closing)
		events |= EPOLLRDHUP;
	else if (!blocked(c))
		events |= EPOLLIN;
	serve_watch(c->s, &c->src, events);
}

static void send_all(struct client *c)
{
	while (c->out_sent < c->out->len) {
		ssize_t n = send_some(c);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			c->dead = true;
		if (n < 0)
			return;
		c->out_sent += (size_t)n;
	}
	g_byte_array_set_size(c->out, 0);
	c->out_sent = 0;
	if (c->closing)
		c->dead = true;
}

/* -- in -------------------------------------------------------------------- */

/* It speaks another language: it hears so, and no more is read. */
static void refuse(struct client *c, const struct wire_header *h,
		   enum wire_status status, const char *text)
{
	put_text(c, h->type, status, h->cpu, h->tag, text);
	c->closing = true;
	c->hungry = false;
	c->in_used = 0;
}

/* The board's part of that name or id, or -1. */
static int find_part(const struct serve *s, const char *name)
{
	const struct board *b = s->open.board;
	guint64 id;
	char *end;

	if (!*name)
		return 0;
	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		if (!strcmp(b->parts[i].name, name))
			return (int)b->parts[i].index;
	id = g_ascii_strtoull(name, &end, 0);
	if (*end || id > UINT16_MAX || *name < '0' || *name > '9')
		return -1;
	for (unsigned int i = 0; i < b->config.endpoint_count; i++)
		if (b->endpoints[i].id == id)
			return (int)i;
	return -1;
}

static bool may_be(const struct client *c, const char *name)
{
	const struct serve_options *o = c->s->options;

	if (c->uid == geteuid() || !c->uid)
		return true;
	for (unsigned int i = 0; i < o->allow_count; i++)
		if (o->allow[i].uid == c->uid &&
		    !strcmp(o->allow[i].name, name))
			return true;
	return false;
}

unsigned int client_count(const struct serve *s, unsigned int endpoint,
			  const struct client *but)
{
	unsigned int n = 0;

	for (guint i = 0; i < s->clients->len; i++) {
		const struct client *c = s->clients->pdata[i];

		n += c != but && c->hello && !c->dead && !c->closing &&
		     c->endpoint == endpoint;
	}
	return n;
}

/* Why the client cannot be this endpoint, or NULL; g_free it. */
static char *objection(struct client *c, int endpoint, const char *asked)
{
	const struct spmc *spmc = machine_spmc(c->s->open.machine);
	const char *name, *part;
	g_autofree char *clean = g_str_to_ascii(asked, "C");

	if (endpoint < 0)
		return g_strdup_printf("the board has no part '%s'", clean);
	name = board_part_name(c->s->open.board, (unsigned int)endpoint);
	if (!may_be(c, name))
		return g_strdup_printf("user %u may not be %s: serve with "
				       "--allow %s=%u", (unsigned int)c->uid,
				       name, name, (unsigned int)c->uid);
	if (!cpu_is_played(c->s, (unsigned int)endpoint))
		return g_strdup_printf("%s is played by the server", name);
	if (!endpoint)
		return NULL;
	if (client_count(c->s, (unsigned int)endpoint, c))
		return g_strdup_printf("%s has a client already", name);
	part = spmc_machines[SPMC_M_PART].states[
		spmc_state(spmc, SPMC_M_PART, (unsigned int)endpoint, 0)].name;
	if (!strcmp(part, "aborted"))
		return g_strdup_printf("%s has aborted: ffasim ctrl ADDR reset",
				       name);
	return NULL;
}

static void hello(struct client *c, const uint8_t *in,
		  const struct wire_header *h)
{
	const struct board *b = c->s->open.board;
	g_autofree char *why = NULL;
	struct wire_hello v;
	struct wire_welcome w;
	uint8_t frame[WIRE_WELCOME_FRAME];
	int endpoint;

	if (c->hello || !wire_get_hello(in, &v)) {
		refuse(c, h, WIRE_BAD, c->hello ? "HELLO comes once" :
		       "this is no HELLO of docs/wire.md");
		return;
	}
	endpoint = find_part(c->s, v.name);
	why = objection(c, endpoint, v.name);
	if (why) {
		refuse(c, h, WIRE_REFUSED, why);
		return;
	}
	c->hello = true;
	c->endpoint = (unsigned int)endpoint;
	w = (struct wire_welcome){
		.version = WIRE_VERSION, .id = b->endpoints[endpoint].id,
		.cpus = b->config.cpus,
		.contexts = endpoint ? b->endpoints[endpoint].ec_count :
				       b->config.cpus,
		.ffa = b->config.version,
	};
	wire_put_welcome(frame, &w);
	put(c, frame, sizeof(frame), h->type, WIRE_OK, 0, h->tag);
}

static void map(struct client *c, const uint8_t *in,
		const struct wire_header *h)
{
	struct wire_run runs[WIRE_RUNS];
	enum wire_status status;
	uint8_t frame[WIRE_MAX];
	int fds[WIRE_RUNS];
	struct wire_map v;
	const char *why;
	unsigned int n;

	if (!wire_get_map(in, &v)) {
		refuse(c, h, WIRE_BAD, "this is no MAP of docs/wire.md");
		return;
	}
	n = mem_map(c->s, c->endpoint, &v, runs, fds, &status, &why);
	if (!n) {
		put_text(c, h->type, status, 0, h->tag, why);
		return;
	}
	if (!put_files(c, fds, n)) {
		put_text(c, h->type, WIRE_LIMIT, 0, h->tag,
			 "the server has too many files open");
		return;
	}
	put(c, frame, wire_put_runs(frame, runs, n), h->type, WIRE_OK, 0,
	    h->tag);
}

static void ring(struct client *c, const struct wire_header *h)
{
	uint8_t frame[WIRE_HEADER];
	const char *why;
	int fd = ring_new(c, &why);

	if (fd < 0) {
		put_text(c, h->type, WIRE_LIMIT, 0, h->tag, why);
		return;
	}
	if (!put_files(c, &fd, 1)) {
		put_text(c, h->type, WIRE_LIMIT, 0, h->tag,
			 "the server has too many files open");
		return;
	}
	put(c, frame, sizeof(frame), h->type, WIRE_OK, 0, h->tag);
}

static void call(struct client *c, const uint8_t *in,
		 const struct wire_header *h)
{
	struct request *r = c->requests;

	while (r->state != REQUEST_FREE)
		r++;
	r->type = h->type;
	r->cpu = h->cpu;
	r->tag = h->tag;
	if (h->type == WIRE_CALL)
		wire_get_regs(in, &r->regs);
	c->open++;
	r->state = REQUEST_CALLING;
	cpu_request(c->s, r);
}

static void one_frame(struct client *c, const uint8_t *in,
		      const struct wire_header *h)
{
	uint8_t frame[WIRE_HEADER];

	if (!c->hello && h->type != WIRE_HELLO) {
		refuse(c, h, WIRE_BAD, "HELLO comes first");
		return;
	}
	switch ((enum wire_type)h->type) {
	case WIRE_HELLO:
		hello(c, in, h);
		break;
	case WIRE_CALL:
	case WIRE_ENTER:
		call(c, in, h);
		break;
	case WIRE_MAP:
		map(c, in, h);
		break;
	case WIRE_RING:
		ring(c, h);
		break;
	case WIRE_BYE:
		c->bye = true;
		c->closing = true;
		put(c, frame, sizeof(frame), h->type, WIRE_OK, 0, h->tag);
		break;
	}
}

/* The frames that are there, as far as they may be open. */
static void read_frames(struct client *c)
{
	size_t at = 0;

	c->hungry = false;
	while (c->in_used - at >= WIRE_HEADER && !c->closing) {
		const uint8_t *in = c->in + at;
		struct wire_header h;
		const char *why;

		wire_get_header(in, &h);
		why = wire_bad(&h);
		if (why) {
			refuse(c, &h, WIRE_BAD, why);
			return;
		}
		if (c->in_used - at < h.length)
			break;
		/* a flood of requests waits, as do its answers */
		if (blocked(c)) {
			c->hungry = true;
			break;
		}
		at += h.length;
		one_frame(c, in, &h);
	}
	if (c->closing)
		return;
	c->in_used -= at;
	memmove(c->in, c->in + at, c->in_used);
}

static void ready(struct serve *s, struct source *src, uint32_t events)
{
	struct client *c = (struct client *)src;
	ssize_t n;

	(void)s;
	client_touch(c);
	if (c->closing && events & (EPOLLIN | EPOLLRDHUP)) {
		c->dead = true;
		return;
	}
	if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		return;
	n = recv(src->fd, c->in + c->in_used, sizeof(c->in) - c->in_used,
		 MSG_DONTWAIT);
	if (n > 0) {
		c->in_used += (size_t)n;
		read_frames(c);
	} else if (!n || (errno != EAGAIN && errno != EINTR)) {
		c->dead = true;
	}
}

/* -- life ------------------------------------------------------------------ */

/* There is room for one more: the oldest that did not say who it is goes. */
static bool make_room(struct serve *s)
{
	if (s->clients->len < SERVE_CLIENTS)
		return true;
	for (guint i = 0; i < s->clients->len; i++) {
		struct client *c = s->clients->pdata[i];

		if (!c->hello && !c->dead) {
			c->dead = true;
			client_touch(c);
			return true;
		}
	}
	return false;
}

void client_new(struct serve *s, int fd, uid_t uid)
{
	struct client *c;

	if (!make_room(s)) {
		close(fd);
		return;
	}
	c = g_new0(struct client, 1);
	c->src.fd = fd;
	c->src.ready = ready;
	c->s = s;
	c->uid = uid;
	c->out = g_byte_array_new();
	c->files = g_array_new(FALSE, FALSE, sizeof(struct client_files));
	for (unsigned int i = 0; i < G_N_ELEMENTS(c->requests); i++) {
		struct request *r = &c->requests[i];

		r->client = c;
		r->ring = i >= WIRE_OPEN;
		r->link.data = r;
	}
	g_ptr_array_add(s->clients, c);
	listen_for(c);
}

static void client_free(struct client *c)
{
	serve_watch(c->s, &c->src, 0);
	close(c->src.fd);
	for (guint i = 0; i < c->files->len; i++)
		close_files(&g_array_index(c->files, struct client_files, i));
	g_array_unref(c->files);
	g_byte_array_unref(c->out);
	serve_left(c->s);
	g_free(c);
}

static void reap(struct client *c)
{
	struct serve *s = c->s;

	ring_stop(c);
	g_ptr_array_remove(s->clients, c);
	if (c->hello)
		cpu_leave(s, c, !c->bye);
	if (c->touched)
		g_ptr_array_remove(s->touched, c);
	client_free(c);
}

void client_flush(struct serve *s)
{
	while (s->touched->len) {
		struct client *c = g_ptr_array_remove_index(s->touched, 0);

		c->touched = false;
		send_all(c);
		if (c->hungry && !blocked(c) && !c->dead) {
			client_touch(c);
			read_frames(c);
		}
		if (c->dead)
			reap(c);
		else
			listen_for(c);
	}
}

void client_free_all(struct serve *s)
{
	while (s->clients->len) {
		struct client *c = s->clients->pdata[s->clients->len - 1];

		c->bye = true;	/* it is us who go */
		send_all(c);
		reap(c);
	}
	g_ptr_array_unref(s->clients);
	g_ptr_array_unref(s->touched);
}
