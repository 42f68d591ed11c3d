/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The OP-TEE service: docs/services.md has the protocol and its sources.
 * Grouped by the file that defines it.
 */
#ifndef PARTITIONS_OPTEE_H
#define PARTITIONS_OPTEE_H

#include "../service.h"

enum {
	OPTEE_THREADS = 2,	/* calls that can be open at a time */
	OPTEE_SESSIONS = 16,
	OPTEE_PARAMS = 4,	/* of an application's command */
	OPTEE_META = 2,		/* more, of "open session" */
	OPTEE_RPC_PARAMS = 4,	/* room that the driver keeps for requests */
};

/* w3 of a request; bit 31: a yielding call */
enum optee_call {
	OPTEE_GET_API_VERSION = 0,
	OPTEE_GET_OS_VERSION = 1,
	OPTEE_EXCHANGE_CAPS = 2,
	OPTEE_UNREGISTER_SHM = 3,
	OPTEE_ENABLE_ASYNC_NOTIF = 5,
	OPTEE_YIELDING = (int)0x80000000u,
	OPTEE_CALL_WITH_ARG = OPTEE_YIELDING,
	OPTEE_RESUME,
};
enum { OPTEE_RETURN_DONE = 0, OPTEE_RETURN_RPC = 1 };	/* w4 of an answer */

/* GlobalPlatform TEE Internal Core API, table 3-5. */
enum tee_result {
	TEE_SUCCESS = 0,
	TEE_BAD_PARAMETERS = (int)0xffff0006,
	TEE_ITEM_NOT_FOUND = (int)0xffff0008,
	TEE_NOT_IMPLEMENTED = (int)0xffff0009,
	TEE_NOT_SUPPORTED = (int)0xffff000a,
	TEE_OUT_OF_MEMORY = (int)0xffff000c,
	TEE_BUSY = (int)0xffff000d,
	TEE_GENERIC = (int)0xffff0000,
	TEE_SECURITY = (int)0xffff000f,
	TEE_SHORT_BUFFER = (int)0xffff0010,
	TEE_TARGET_DEAD = (int)0xffff3024,
};
enum tee_origin { TEE_ORIGIN_TEE = 3, TEE_ORIGIN_APP = 4 };

/* Types of parameters, in messages and for applications alike. */
enum optee_type {
	OPTEE_NONE = 0,
	OPTEE_VALUE_IN = 1, OPTEE_VALUE_OUT = 2, OPTEE_VALUE_INOUT = 3,
	OPTEE_MEM_IN = 5, OPTEE_MEM_OUT = 6, OPTEE_MEM_INOUT = 7,
	OPTEE_TYPE_MASK = 0xff,
	OPTEE_ATTR_META = 0x100,
};

enum optee_cmd {
	OPTEE_OPEN_SESSION = 0,
	OPTEE_INVOKE = 1,
	OPTEE_CLOSE_SESSION = 2,
	OPTEE_CANCEL = 3,
	OPTEE_DO_BOTTOM_HALF = 6,
	OPTEE_STOP_ASYNC_NOTIF = 7,
};
enum optee_rpc { OPTEE_RPC_SHM_ALLOC = 6, OPTEE_RPC_SHM_FREE = 7 };

/* struct optee_msg_arg and optee_msg_param as they stand in memory. */
struct optee_msg {
	uint32_t cmd, func, session, cancel_id, pad, ret, origin, num_params;
};
_Static_assert(sizeof(struct optee_msg) == 32, "optee_msg_arg");
struct optee_msg_param {
	uint64_t attr;
	/* memory: offset [47:0] and place in the first page, size, handle */
	uint64_t a, b, c;
};
_Static_assert(sizeof(struct optee_msg_param) == 32, "optee_msg_param");

/* A parameter as an application gets it. */
struct optee_param {
	enum optee_type type;
	uint32_t a, b;		/* a value */
	int share;		/* memory: in service.shares, -1: none (NULL) */
	uint64_t offset, size;
};

enum optee_phase {
	OPTEE_FREE,		/* nobody's thread */
	OPTEE_STARTS,
	OPTEE_ALLOCATES,	/* waits for the driver's memory, */
	OPTEE_USES,		/* has it, */
	OPTEE_FREES,		/* asked the driver to free it */
};

struct optee_thread {
	enum optee_phase phase;
	bool suspended;		/* until the driver resumes it */
	uint16_t client;	/* who called */
	uint64_t arg;		/* handle with the message, */
	uint32_t offset;	/* where it is there, */
	uint32_t num_params;
	/* of OPTEE_ALLOCATES and later */
	uint32_t type, size;	/* asked for */
	uint64_t cookie, got;	/* handle and size of what came; 0: nothing */
	enum tee_result result;
};

struct optee_session {
	bool used, dead;
	uint16_t client;
	unsigned int app;
};

struct optee {
	struct service service;
	struct optee_thread threads[OPTEE_THREADS];
	struct optee_session sessions[OPTEE_SESSIONS];
	int thread[SERVICE_ECS];	/* that a context runs; -1: none */
	/* notification that asks for the bottom half; only of one driver */
	bool rings;
	uint16_t driver;
	uint8_t bit;
};

/* -- msg.c ------------------------------------------------------------------ */

/*
 * optee_msg: the message of a thread that starts. SERVICE_DONE: *result is
 * what the call returns, the message's own result is in memory; or the thread
 * is suspended (then its request is there too).
 */
enum service_next optee_msg(struct optee *o, unsigned int ec,
			    struct optee_thread *t, enum tee_result *result);

/* -- rpc.c ------------------------------------------------------------------ */

/* optee_rpc: what follows in a thread that asked for memory, likewise. */
enum service_next optee_rpc(struct optee *o, unsigned int ec,
			    struct optee_thread *t, enum tee_result *result);
/* optee_rpc_alloc: suspends the thread to ask for memory. */
enum service_next optee_rpc_alloc(struct optee *o, struct optee_thread *t,
				  uint32_t type, uint32_t size);
/*
 * optee_in_use: a thread needs this memory. What `except` (may be NULL) was
 * given by the driver does not count.
 */
bool optee_in_use(const struct optee *o, const struct optee_thread *except,
		  uint64_t handle, uint16_t owner);

/* -- apps.c ----------------------------------------------------------------- */

/* optee_app_find: by the 16 bytes of its UUID; -1 if there is none. */
int optee_app_find(const uint8_t uuid[16]);

/*
 * optee_app_invoke: a command. SERVICE_DONE: *result, and what it changed in
 * *p. It may suspend the thread, as optee_rpc_alloc.
 */
enum service_next optee_app_invoke(struct optee *o, unsigned int ec,
				   struct optee_thread *t,
				   struct optee_session *session,
				   uint32_t func,
				   struct optee_param p[OPTEE_PARAMS],
				   enum tee_result *result,
				   enum tee_origin *origin);

#endif
