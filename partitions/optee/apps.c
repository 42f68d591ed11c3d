/* SPDX-License-Identifier: BSD-3-Clause */
/* The applications: the enumeration of devices, and "hello". */
#include <string.h>

#include "optee.h"

enum { APP_DEVICES, APP_HELLO, APP_COUNT };
enum { UUID_SIZE = 16, CHUNK = 4096 };

static const struct {
	uint8_t uuid[UUID_SIZE];
	bool device;		/* listed before the supplicant runs */
} apps[APP_COUNT] = {
	[APP_DEVICES] = { { 0x70, 0x11, 0xa6, 0x88, 0xdd, 0xde, 0x40, 0x53,
			    0xa5, 0xa9, 0x7b, 0x3c, 0x4d, 0xdf, 0x13, 0xb8 },
			  false },
	[APP_HELLO] = { { 0x8a, 0xaa, 0xf2, 0x00, 0x24, 0x50, 0x11, 0xe4,
			  0xab, 0xe2, 0x00, 0x02, 0xa5, 0xd5, 0xc5, 0x1b },
			true },
};

enum { GET_DEVICES = 0, GET_DEVICES_SUPP = 1, GET_DEVICES_RPMB = 2 };
enum {
	HELLO_INC = 0, HELLO_DEC = 1, HELLO_COPY = 2, HELLO_UPPER = 3,
	HELLO_BORROW = 4, HELLO_RING = 5, HELLO_PANIC = 6,
};

int optee_app_find(const uint8_t uuid[UUID_SIZE])
{
	for (int i = 0; i < APP_COUNT; i++)
		if (!memcmp(apps[i].uuid, uuid, UUID_SIZE))
			return i;
	return -1;
}

static bool types(const struct optee_param *p, enum optee_type a,
		  enum optee_type b, enum optee_type c)
{
	return p[0].type == a && p[1].type == b && p[2].type == c &&
	       p[3].type == OPTEE_NONE;
}

static enum service_next list_devices(const struct service *s, uint32_t func,
				      struct optee_param *p,
				      enum tee_result *result)
{
	uint64_t room = p[0].size, pos = 0;

	if (func > GET_DEVICES_RPMB) {
		*result = TEE_NOT_IMPLEMENTED;
		return SERVICE_DONE;
	}
	if (!types(p, OPTEE_MEM_OUT, OPTEE_NONE, OPTEE_NONE)) {
		*result = TEE_BAD_PARAMETERS;
		return SERVICE_DONE;
	}
	for (int i = 0; i < APP_COUNT; i++) {
		if (!apps[i].device || func != GET_DEVICES)
			continue;
		if (pos + UUID_SIZE <= room &&
		    !share_store(s, p[0].share, p[0].offset + pos,
				 apps[i].uuid, UUID_SIZE))
			return SERVICE_FAULT;
		pos += UUID_SIZE;
	}
	p[0].size = pos;
	*result = pos > room ? TEE_SHORT_BUFFER : TEE_SUCCESS;
	return SERVICE_DONE;
}

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

/* Piece by piece: what a driver shares may be large. */
static bool copy(const struct service *s, const struct optee_param *from,
		 const struct optee_param *to, bool change)
{
	uint8_t buf[CHUNK];

	for (uint64_t at = 0; at < from->size;) {
		size_t n = from->size - at < CHUNK ? from->size - at : CHUNK;

		if (!share_load(s, from->share, from->offset + at, buf, n))
			return false;
		for (size_t i = 0; change && i < n; i++)
			buf[i] = upper(buf[i]);
		if (!share_store(s, to->share, to->offset + at, buf, n))
			return false;
		at += n;
	}
	return true;
}

static enum service_next hello_copy(const struct service *s,
				    struct optee_param *p,
				    enum tee_result *result)
{
	if (!types(p, OPTEE_MEM_IN, OPTEE_MEM_OUT, OPTEE_VALUE_OUT)) {
		*result = TEE_BAD_PARAMETERS;
		return SERVICE_DONE;
	}
	*result = TEE_SHORT_BUFFER;
	if (p[1].size >= p[0].size) {
		*result = TEE_SUCCESS;
		if (!copy(s, &p[0], &p[1], false))
			return SERVICE_FAULT;
	}
	p[1].size = p[0].size;
	p[2].a = (uint32_t)p[0].size;
	return SERVICE_DONE;
}

static enum service_next hello_ring(struct optee *o, unsigned int ec,
				    const struct optee_param *p,
				    enum tee_result *result)
{
	enum service_next next;
	bool ok = false;

	*result = TEE_BAD_PARAMETERS;
	if (!types(p, OPTEE_NONE, OPTEE_NONE, OPTEE_NONE))
		return SERVICE_DONE;
	*result = TEE_NOT_SUPPORTED;
	if (!o->rings)
		return SERVICE_DONE;
	next = service_notify(&o->service, ec, o->driver, o->bit, &ok);
	*result = ok ? TEE_SUCCESS : TEE_GENERIC;
	return next;
}

static enum service_next hello(struct optee *o, unsigned int ec,
			       struct optee_thread *t,
			       struct optee_session *session, uint32_t func,
			       struct optee_param *p, enum tee_result *result,
			       enum tee_origin *origin)
{
	*result = TEE_BAD_PARAMETERS;
	switch (func) {
	case HELLO_INC:
	case HELLO_DEC:
		if (!types(p, OPTEE_VALUE_INOUT, OPTEE_NONE, OPTEE_NONE))
			break;
		p[0].a += func == HELLO_INC ? 1 : UINT32_MAX;
		*result = TEE_SUCCESS;
		break;
	case HELLO_COPY:
		return hello_copy(&o->service, p, result);
	case HELLO_UPPER:
		if (!types(p, OPTEE_MEM_INOUT, OPTEE_NONE, OPTEE_NONE))
			break;
		*result = TEE_SUCCESS;
		if (!copy(&o->service, &p[0], &p[0], true))
			return SERVICE_FAULT;
		break;
	case HELLO_BORROW:
		if (!types(p, OPTEE_VALUE_IN, OPTEE_VALUE_OUT, OPTEE_NONE))
			break;
		return optee_rpc_alloc(o, t, p[0].b, p[0].a);
	case HELLO_RING:
		return hello_ring(o, ec, p, result);
	case HELLO_PANIC:
		session->dead = true;
		*result = TEE_TARGET_DEAD;
		*origin = TEE_ORIGIN_TEE;
		break;
	default:
		break;
	}
	return SERVICE_DONE;
}

enum service_next optee_app_invoke(struct optee *o, unsigned int ec,
				   struct optee_thread *t,
				   struct optee_session *session,
				   uint32_t func,
				   struct optee_param p[OPTEE_PARAMS],
				   enum tee_result *result,
				   enum tee_origin *origin)
{
	*origin = TEE_ORIGIN_APP;
	if (session->app == APP_DEVICES)
		return list_devices(&o->service, func, p, result);
	return hello(o, ec, t, session, func, p, result, origin);
}
