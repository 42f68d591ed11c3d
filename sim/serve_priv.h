/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the server share.
 *
 *	serve.c		the loop: sockets, signals, start and end
 *	serve_socket.c	addresses, listening, who is on the other side
 *	serve_client.c	a client: its frames in and out
 *	serve_cpu.c	whose call is made when, and who gets its result
 *	serve_mem.c	which file a page is in, and who may have it
 *	serve_ctrl.c	the control channel
 *	serve_ring.c	clients that do not come by a socket
 *
 * One thread runs the loop. Threads of rings make calls too; serve.lock is
 * held by whoever touches the machine, or anything here, so by the loop
 * always but while it waits.
 */
#ifndef SIM_SERVE_PRIV_H
#define SIM_SERVE_PRIV_H

#include <glib.h>

#include "board_open.h"
#include "conduit/wire.h"
#include "serve.h"

struct client;
struct ring;
struct serve;

enum { SERVE_CLIENTS = 1000 };

/* -- what the loop waits for ----------------------------------------------- */

/* A file descriptor in the loop; first member of what it belongs to. */
struct source {
	int fd;
	uint32_t events;	/* that it waits for; 0: not in the loop */
	void (*ready)(struct serve *s, struct source *src, uint32_t events);
};

/* -- requests -------------------------------------------------------------- */

enum request_state {
	REQUEST_FREE,
	REQUEST_QUEUED,		/* its context has no control yet */
	REQUEST_CALLING,	/* its context waits for control */
};

/* A CALL or ENTER of a client. */
struct request {
	enum request_state state;
	struct client *client;
	bool ring;		/* came by the ring */
	uint8_t type;		/* enum wire_type */
	uint16_t cpu;
	uint32_t tag;
	uint64_t order;		/* in which requests came */
	struct ffa_value regs;
	GList link;		/* in seat.queue */
};

/*
 * An execution context that clients play. Normal world: context n is CPU n.
 *   here	it has control, on `cpu`
 *   waiter	the request that is answered when it has control
 */
struct seat {
	bool here;
	bool started;		/* it had control before */
	bool doomed;		/* its client died: faults when it is here */
	unsigned int cpu;
	struct ffa_value regs;	/* what it saw last */
	struct request *waiter;
	GQueue queue;		/* calls to make when it has control */
};

struct serve {
	struct board_open open;
	struct machine_image *fresh;	/* at reset */
	const struct serve_options *options;
	GMutex lock;

	/* serve.c */
	int epoll;
	struct source door, ctrl_door, signals, waker;
	bool full;		/* there are no files for more clients */
	bool stop;
	GPtrArray *clients, *ctrls;
	GPtrArray *touched;	/* clients to look at before waiting */

	/* serve_cpu.c */
	struct seat *seats;	/* [contexts], as seat_at finds them */
	unsigned int *first_seat;	/* [endpoints] */
	unsigned int players;	/* endpoints that clients play */
	char *stuck[SPMC_MAX_CPUS];	/* why a CPU does not come back */
	unsigned int booted;	/* CPUs that were started */
	uint64_t order;
	bool paused;
	uint64_t calls;		/* that were made */

	/* serve_mem.c */
	GHashTable *pages;	/* pa -> struct mem_file */
	unsigned int files;
	bool mem_dirty;		/* access to pages may have changed */

	/* serve_ring.c */
	unsigned int rings;
};

/* -- serve.c --------------------------------------------------------------- */

/* serve_watch: for what the loop looks (EPOLLIN, ...); 0: not at all. */
void serve_watch(struct serve *s, struct source *src, uint32_t events);

/* serve_wake: from another thread: the loop looks at serve.touched. */
void serve_wake(struct serve *s);

/* serve_reset: the machine starts again; an error (g_free it), or NULL. */
char *serve_reset(struct serve *s);

/* serve_left: somebody's files were closed. */
void serve_left(struct serve *s);

/* -- serve_socket.c -------------------------------------------------------- */

int serve_listen(const char *address, mode_t mode, unsigned int nth,
		 char **error);
/* serve_unlisten: removes the socket's name. */
void serve_unlisten(const char *address);
/* serve_accept: -1 if nobody is there. *uid: who it is. */
int serve_accept(int fd, uid_t *uid);

/* -- serve_client.c -------------------------------------------------------- */

struct client {
	struct source src;	/* first */
	struct serve *s;
	uid_t uid;
	bool dead;		/* to be freed by client_reap() */
	bool bye;
	bool hello;		/* it said HELLO */
	bool closing;		/* closed when all is sent */
	bool hungry;		/* it has frames that wait for a request */
	unsigned int endpoint;
	uint32_t maps;		/* counts its memory's moves */
	unsigned int open;	/* requests without an answer */
	/* those of the socket, then one for each CPU of the ring */
	struct request requests[WIRE_OPEN + SPMC_MAX_CPUS];
	struct ring *ring;
	size_t in_used;
	uint8_t in[2 * WIRE_MAX];
	GByteArray *out;
	size_t out_sent;
	GArray *files;		/* struct client_files, in `out` */
	bool touched;		/* it is in serve.touched */
};

void client_new(struct serve *s, int fd, uid_t uid);

/* client_flush: sends what there is to send, of all clients; frees the dead. */
void client_flush(struct serve *s);

/* client_answer: the answer to a request, which is free then. */
void client_answer(struct request *r, enum wire_status status,
		   const struct ffa_value *regs, const char *text);

/* client_count: of an endpoint, but for `but`. */
unsigned int client_count(const struct serve *s, unsigned int endpoint,
			  const struct client *but);
void client_free_all(struct serve *s);

/* -- serve_cpu.c ----------------------------------------------------------- */

void cpu_init(struct serve *s);
void cpu_free(struct serve *s);

/* cpu_boot: from reset: starts every CPU that can be started now. */
void cpu_boot(struct serve *s);

/* cpu_request: r is filled in; it is answered now or later. */
void cpu_request(struct serve *s, struct request *r);

/* cpu_leave: this client is gone, and `dead` if it did not say so. */
void cpu_leave(struct serve *s, struct client *c, bool dead);

/*
 * cpu_look: does what can be done now, after the machine, or `paused`, was
 * changed. cpu_step: makes one call, though it is paused; false: there is none.
 */
void cpu_look(struct serve *s);
bool cpu_step(struct serve *s);

/*
 * cpu_forget: all requests are answered with RESET, every context is as the
 * machine has it now. cpu_event: something happened on a CPU (`end`, `out`)
 * that no call made.
 */
void cpu_forget(struct serve *s);
void cpu_event(struct serve *s, unsigned int cpu, enum machine_end end,
	       const struct spmc_outcome *out);

bool cpu_is_played(const struct serve *s, unsigned int endpoint);
struct seat *cpu_seat(const struct serve *s, unsigned int endpoint,
		      unsigned int ec);

/* -- serve_mem.c ----------------------------------------------------------- */

void mem_init(struct serve *s);
void mem_free(struct serve *s);

/*
 * mem_map: runs of the pages of [pa, pa+len) that an endpoint may access, from
 * the first on, and a file for each, which stays the server's. Returns their
 * number; 0 with *status and *why (static).
 */
unsigned int mem_map(struct serve *s, unsigned int endpoint,
		     const struct wire_map *m, struct wire_run *runs, int *fds,
		     enum wire_status *status, const char **why);

/* mem_changed: clients of these endpoints (a mask) have to map again. */
void mem_changed(struct serve *s, uint64_t endpoints);

/* mem_update: pages whose access changed move. */
void mem_update(struct serve *s);

/* -- serve_ctrl.c ---------------------------------------------------------- */

void ctrl_new(struct serve *s, int fd);
/* ctrl_flush: frees those that are gone. */
void ctrl_flush(struct serve *s);
void ctrl_free_all(struct serve *s);

/* serve_load: a state that `save` made; *error (g_free it). */
bool serve_load(struct serve *s, const uint8_t *data, size_t len,
		char **error);

#endif
