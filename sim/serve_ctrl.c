/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control channel: a command is a line, `load` has bytes behind it. The
 * answer is "ok N" and N bytes, or "error SENTENCE". ffasim(1), CONTROL.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conduit/inject.h"
#include "serve_priv.h"

enum { LINE = 1024, STATE_MAX = 1 << 30 };

struct ctrl {
	struct source src;	/* first */
	bool dead;
	GByteArray *in, *out;
	size_t out_sent;
};

/* -- state ----------------------------------------------------------------- */

/* What the server keeps of a seat. */
struct saved_seat {
	uint8_t here, started, doomed, pad[5];
	uint64_t cpu;
	struct ffa_value regs;
};

static unsigned int seat_total(const struct serve *s)
{
	const struct board *b = s->open.board;
	unsigned int last = b->config.endpoint_count - 1;

	return s->first_seat[last] +
	       (last ? b->endpoints[last].ec_count : b->config.cpus);
}

/* Those of all endpoints, behind the number of CPUs that were started. */
static size_t saved_size(const struct serve *s)
{
	return sizeof(uint64_t) + seat_total(s) * sizeof(struct saved_seat);
}

static GByteArray *state_save(struct serve *s)
{
	g_autofree uint8_t *extra = g_malloc(saved_size(s));
	struct machine_image *image = machine_snapshot(s->open.machine);
	const uint64_t booted = s->booted;
	uint8_t *at = extra + sizeof(booted), *data;
	size_t len;

	memcpy(extra, &booted, sizeof(booted));
	for (unsigned int i = 0; i < seat_total(s); i++) {
		const struct seat *seat = &s->seats[i];
		const struct saved_seat to = {
			.here = seat->here, .started = seat->started,
			.doomed = seat->doomed, .cpu = seat->cpu,
			.regs = seat->regs,
		};

		memcpy(at, &to, sizeof(to));
		at += sizeof(to);
	}
	data = machine_write(s->open.machine, image, extra, saved_size(s),
			     &len);
	machine_image_free(image);
	return g_byte_array_new_take(data, len);
}

bool serve_load(struct serve *s, const uint8_t *data, size_t len,
		char **error)
{
	struct machine_image *image;
	struct saved_seat from;
	const uint8_t *at;
	uint64_t booted;

	image = machine_read(s->open.machine, data, len, &at, saved_size(s),
			     error);
	if (!image)
		return false;
	machine_restore(s->open.machine, image);
	cpu_forget(s);
	memcpy(&booted, at, sizeof(booted));
	s->booted = (unsigned int)MIN(booted, s->open.board->config.cpus);
	at += sizeof(booted);
	for (unsigned int i = 0; i < seat_total(s); i++, at += sizeof(from)) {
		memcpy(&from, at, sizeof(from));
		s->seats[i] = (struct seat){
			.here = from.here, .started = from.started,
			.doomed = from.doomed, .regs = from.regs,
			.cpu = (unsigned int)MIN(from.cpu, SPMC_MAX_CPUS - 1),
		};
	}
	machine_image_free(image);
	mem_update(s);
	cpu_look(s);
	return true;
}

/* -- commands -------------------------------------------------------------- */

struct command {
	struct serve *s;
	char **args;		/* behind the name */
	unsigned int count;
	const uint8_t *data;	/* of `load` */
	size_t len;
	GByteArray *out;
};

static void say(struct command *c, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static void say(struct command *c, const char *fmt, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_byte_array_append(c->out, (const guint8 *)text, (guint)strlen(text));
}

static bool number(const char *text, uint64_t *to)
{
	char *end;

	errno = 0;
	*to = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static char *do_hash(struct command *c)
{
	struct machine *m = c->s->open.machine;

	say(c, "state 0x%016" G_GINT64_MODIFIER "x\n",
	    (guint64)spmc_hash(machine_spmc(m)));
	say(c, "memory 0x%016" G_GINT64_MODIFIER "x\n",
	    (guint64)machine_memory_hash(m));
	return NULL;
}

static char *do_status(struct command *c)
{
	struct serve *s = c->s;

	say(c, "%s\n", s->paused ? "paused" : "running");
	say(c, "clients %u\n", s->clients->len);
	say(c, "calls %" G_GUINT64_FORMAT "\n", s->calls);
	for (unsigned int i = 0; i < s->open.board->config.cpus; i++) {
		unsigned int ep, ec;

		say(c, "cpu%u %s", i, s->stuck[i] ? s->stuck[i] :
		    !spmc_running(machine_spmc(s->open.machine), i, &ep, &ec) ?
		    "off" : board_part_name(s->open.board, ep));
		if (cpu_seat(s, 0, i)->queue.length)
			say(c, ", %u calls wait",
			    cpu_seat(s, 0, i)->queue.length);
		say(c, "\n");
	}
	return NULL;
}

static void dump_endpoint(struct command *c, unsigned int ep)
{
	const struct spmc *spmc = machine_spmc(c->s->open.machine);
	const struct spmc_endpoint_config *e = spmc_endpoint(spmc, ep);
	const char *name = board_part_name(c->s->open.board, ep);
	static const enum spmc_machine of_endpoint[] = {
		SPMC_M_PART, SPMC_M_VER, SPMC_M_RX,
	}, of_context[] = { SPMC_M_EC, SPMC_M_RTM };
	uint32_t version = spmc_version_of(spmc, ep);
	unsigned int pages;
	uint64_t tx, rx;

	say(c, "%s id=0x%04x version=%u.%u", name, e->id,
	    version >> 16, version & 0xffff);
	for (unsigned int i = 0; i < G_N_ELEMENTS(of_endpoint); i++) {
		enum spmc_machine m = of_endpoint[i];

		say(c, " %s=%s", spmc_machines[m].name, spmc_machines[m].states[
			spmc_state(spmc, m, ep, 0)].name);
	}
	if (spmc_rxtx(spmc, ep, &tx, &rx, &pages))
		say(c, " tx=0x%" G_GINT64_MODIFIER "x rx=0x%"
		    G_GINT64_MODIFIER "x pages=%u", (guint64)tx, (guint64)rx,
		    pages);
	say(c, " clients=%u\n", client_count(c->s, ep, NULL));
	for (unsigned int ec = 0; e->kind >= SPMC_SP_EL1 && ec < e->ec_count;
	     ec++) {
		say(c, "%s.%u", name, ec);
		for (unsigned int i = 0; i < G_N_ELEMENTS(of_context); i++) {
			enum spmc_machine m = of_context[i];

			say(c, " %s=%s", spmc_machines[m].name,
			    spmc_machines[m].states[
				spmc_state(spmc, m, ep, ec)].name);
		}
		say(c, "\n");
	}
}

static char *do_dump(struct command *c)
{
	const struct spmc *spmc = machine_spmc(c->s->open.machine);

	do_status(c);
	for (unsigned int i = 0; i < spmc_endpoint_count(spmc); i++)
		dump_endpoint(c, i);
	say(c, "handles %u\n", spmc_handles(spmc));
	say(c, "leaks %u\n", spmc_leaks(spmc));
	return do_hash(c);
}

static char *do_pause(struct command *c)
{
	c->s->paused = true;
	return NULL;
}

static char *do_resume(struct command *c)
{
	c->s->paused = false;
	cpu_look(c->s);
	return NULL;
}

static char *do_step(struct command *c)
{
	uint64_t n = 1, done = 0;

	if (!c->s->paused)
		return g_strdup("it is not paused");
	if (c->count && !number(c->args[0], &n))
		return g_strdup_printf("'%s' is no number", c->args[0]);
	while (done < n && cpu_step(c->s))
		done++;
	say(c, "%" G_GUINT64_FORMAT "\n", done);
	return NULL;
}

static char *do_reset(struct command *c)
{
	return serve_reset(c->s);
}

static char *do_stop(struct command *c)
{
	c->s->stop = true;
	return NULL;
}

static char *do_save(struct command *c)
{
	GByteArray *state = state_save(c->s);

	g_byte_array_append(c->out, state->data, state->len);
	g_byte_array_unref(state);
	return NULL;
}

static char *do_load(struct command *c)
{
	char *why = NULL;

	serve_load(c->s, c->data, c->len, &why);
	return why;
}

static char *do_inject(struct command *c)
{
	struct inject what;
	char *why = NULL;

	if (!inject_parse(c->args[0], &what, &why))
		return why;
	if (what.drop || what.interrupt)
		return g_strdup("drop and interrupt are for filters");
	machine_inject(c->s->open.machine, &what);
	return NULL;
}

static char *do_interrupt(struct command *c)
{
	struct serve *s = c->s;
	const struct spmc_config *cfg = &s->open.board->config;
	struct spmc_outcome out;
	enum machine_end end;
	uint64_t cpu, intid = 0;
	bool known = c->count == 1;

	if (!number(c->args[0], &cpu) || cpu >= cfg->cpus)
		return g_strdup_printf("there is no CPU '%s'", c->args[0]);
	if (c->count == 2 && !number(c->args[1], &intid))
		return g_strdup_printf("'%s' is no interrupt", c->args[1]);
	for (unsigned int i = 0; i < cfg->irq_count; i++)
		known |= cfg->irqs[i].id == intid;
	if (!known)
		return g_strdup_printf("nobody has secure interrupt %s",
				       c->args[1]);
	end = c->count == 1 ?
	      machine_preempt(s->open.machine, (unsigned int)cpu, &out) :
	      machine_raise(s->open.machine, (unsigned int)cpu,
			    (uint32_t)intid, &out);
	if (end == MACHINE_STOPPED)
		say(c, "pends\n");
	else
		cpu_event(s, (unsigned int)cpu, end, &out);
	return NULL;
}

static const struct {
	const char *name;
	unsigned int min, max;	/* arguments */
	char *(*run)(struct command *c);	/* an error, or NULL */
} commands[] = {
	{ "status", 0, 0, do_status }, { "dump", 0, 0, do_dump },
	{ "hash", 0, 0, do_hash }, { "pause", 0, 0, do_pause },
	{ "resume", 0, 0, do_resume }, { "step", 0, 1, do_step },
	{ "reset", 0, 0, do_reset }, { "save", 0, 0, do_save },
	{ "load", 1, 1, do_load }, { "inject", 1, 1, do_inject },
	{ "interrupt", 1, 2, do_interrupt }, { "stop", 0, 0, do_stop },
};

static void finish(GByteArray *to, const struct command *c, char *error)
{
	g_autofree char *head = error ?
		g_strdup_printf("error %s\n", error) :
		g_strdup_printf("ok %u\n", c->out->len);

	g_byte_array_append(to, (const guint8 *)head, (guint)strlen(head));
	if (!error)
		g_byte_array_append(to, c->out->data, c->out->len);
	g_free(error);
}

static void execute(struct serve *s, struct ctrl *to, const char *line,
		    const uint8_t *data, size_t len)
{
	g_auto(GStrv) words = g_strsplit(*line ? line : "?", " ", -1);
	struct command c = {
		.s = s, .args = words + 1, .data = data, .len = len,
		.count = g_strv_length(words) - 1,
		.out = g_byte_array_new(),
	};
	char *error = g_strdup("no such command");

	for (unsigned int i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(commands[i].name, words[0]))
			continue;
		g_free(error);
		if (c.count < commands[i].min || c.count > commands[i].max)
			error = g_strdup_printf("%s has another number of "
						"arguments", words[0]);
		else
			error = commands[i].run(&c);
	}
	finish(to->out, &c, error);
	g_byte_array_unref(c.out);
}

/* -- its socket ------------------------------------------------------------ */

/* The number of bytes behind a line. False if it is too big. */
static bool bytes_behind(const char *line, uint64_t *n)
{
	*n = 0;
	if (!g_str_has_prefix(line, "load "))
		return true;
	return number(line + 5, n) && *n <= STATE_MAX;
}

/* The next command, if all of it is there. */
static bool next_command(struct serve *s, struct ctrl *c)
{
	const uint8_t *in = c->in->data;
	const uint8_t *nl = c->in->len ? memchr(in, '\n', c->in->len) : NULL;
	g_autofree char *line = NULL;
	uint64_t behind;
	size_t head;

	if (!nl) {
		c->dead |= c->in->len > LINE;
		return false;
	}
	head = (size_t)(nl - in) + 1;
	line = g_strndup((const char *)in, head - 1);
	if (head > LINE || !bytes_behind(line, &behind)) {
		c->dead = true;
		return false;
	}
	if (c->in->len - head < behind)
		return false;
	execute(s, c, line, in + head, behind);
	g_byte_array_remove_range(c->in, 0, (guint)(head + behind));
	return true;
}

/* True if all is sent. */
static bool send_answers(struct ctrl *c)
{
	while (c->out_sent < c->out->len) {
		ssize_t n = send(c->src.fd, c->out->data + c->out_sent,
				 c->out->len - c->out_sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			c->dead |= errno != EAGAIN && errno != EINTR;
			return false;
		}
		c->out_sent += (size_t)n;
	}
	g_byte_array_set_size(c->out, 0);
	c->out_sent = 0;
	return true;
}

static void ready(struct serve *s, struct source *src, uint32_t events)
{
	struct ctrl *c = (struct ctrl *)src;
	uint8_t data[1 << 16];
	ssize_t n;

	bool more = true;

	if (events & (EPOLLIN | EPOLLHUP)) {
		n = recv(src->fd, data, sizeof(data), MSG_DONTWAIT);
		if (n > 0)
			g_byte_array_append(c->in, data, (guint)n);
		else if (!n || (errno != EAGAIN && errno != EINTR))
			c->dead = true;
	}
	/* one that does not read gets no more answers */
	while (!c->dead && more && send_answers(c))
		more = next_command(s, c);
	serve_watch(s, src, c->out->len ? EPOLLOUT : EPOLLIN);
}

void ctrl_new(struct serve *s, int fd)
{
	struct ctrl *c = g_new0(struct ctrl, 1);

	c->src.fd = fd;
	c->src.ready = ready;
	c->in = g_byte_array_new();
	c->out = g_byte_array_new();
	g_ptr_array_add(s->ctrls, c);
	serve_watch(s, &c->src, EPOLLIN);
}

static void ctrl_free(struct serve *s, struct ctrl *c)
{
	serve_watch(s, &c->src, 0);
	close(c->src.fd);
	g_byte_array_unref(c->in);
	g_byte_array_unref(c->out);
	g_free(c);
	serve_left(s);
}

void ctrl_flush(struct serve *s)
{
	for (guint i = 0; i < s->ctrls->len;) {
		struct ctrl *c = s->ctrls->pdata[i];

		if (!c->dead) {
			i++;
			continue;
		}
		g_ptr_array_remove_index(s->ctrls, i);
		ctrl_free(s, c);
	}
}

void ctrl_free_all(struct serve *s)
{
	for (guint i = 0; i < s->ctrls->len; i++)
		ctrl_free(s, s->ctrls->pdata[i]);
	g_ptr_array_unref(s->ctrls);
}
