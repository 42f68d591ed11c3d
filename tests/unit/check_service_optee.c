/* SPDX-License-Identifier: BSD-3-Clause */
/* The OP-TEE service: scenarios/services/optee has its protocol. */
#include <string.h>

#include <glib.h>

#include "partition.h"
#include "partitions/optee/optee.h"
#include "service.h"
#include "unit.h"

enum { MSG = SERVICE_NS + 0x10000, DATA = SERVICE_NS + 0x20000 };
enum { PAGES = 2 };

static uint64_t msg, data;

static void setup(void)
{
	service_begin("part tee id=0x8001 kind=sp can=direct,notif run=optee");
	msg = service_share(MSG, PAGES);
	data = service_share(DATA, PAGES);
}

static struct ffa_value with_arg(uint64_t handle, uint32_t offset)
{
	return service_send((uint32_t)OPTEE_CALL_WITH_ARG, (uint32_t)handle,
			    (uint32_t)(handle >> 32), offset, 0);
}

static struct optee_msg *head(void)
{
	return (struct optee_msg *)service_at(MSG);
}

static struct optee_msg_param *param(unsigned int n)
{
	return (struct optee_msg_param *)(head() + 1) + n;
}

static uint32_t open_hello(void)
{
	static const uint8_t uuid[16] = {
		0x8a, 0xaa, 0xf2, 0x00, 0x24, 0x50, 0x11, 0xe4,
		0xab, 0xe2, 0x00, 0x02, 0xa5, 0xd5, 0xc5, 0x1b,
	};

	memset(head(), 0, sizeof(struct optee_msg) +
			  2 * sizeof(struct optee_msg_param));
	head()->num_params = 2;
	param(0)->attr = param(1)->attr = OPTEE_ATTR_META | OPTEE_VALUE_IN;
	memcpy(&param(0)->a, uuid, sizeof(uuid));
	ck_assert_uint_eq(with_arg(msg, 0).x[3], TEE_SUCCESS);
	return head()->session;
}

static uint32_t invoke(uint32_t session, uint32_t func, unsigned int params)
{
	head()->cmd = OPTEE_INVOKE;
	head()->session = session;
	head()->func = func;
	head()->num_params = params;
	ck_assert_uint_eq(with_arg(msg, 0).x[3], TEE_SUCCESS);
	return head()->ret;
}

START_TEST(sessions_run_out)
{
	for (uint32_t i = 1; i <= OPTEE_SESSIONS; i++)
		ck_assert_uint_eq(open_hello(), i);
	ck_assert_uint_eq(open_hello(), 0);
	ck_assert_uint_eq(head()->ret, (uint32_t)TEE_OUT_OF_MEMORY);
	head()->cmd = OPTEE_CLOSE_SESSION;
	head()->session = 3;
	head()->num_params = 0;
	with_arg(msg, 0);
	ck_assert_uint_eq(open_hello(), 3);
}
END_TEST

/* Nothing outside of what is shared is written, at any offset and size. */
START_TEST(stays_inside)
{
	uint32_t session = open_hello();
	uint8_t *p = service_at(DATA - 0x1000);

	memset(p, 'a', (PAGES + 2) * 0x1000);
	for (int i = 0; i < 3000; i++) {
		uint64_t offset = service_random((PAGES + 1) * 0x1000);
		uint64_t size = service_random((PAGES + 1) * 0x1000);
		uint64_t in_page = service_random(2) ? service_random(0x1000) :
						       0;
		bool fits = offset + size + in_page <= PAGES * 0x1000;
		uint8_t *at = p + 0x1000 + in_page + offset;
		uint32_t ret;

		*param(0) = (struct optee_msg_param){
			OPTEE_MEM_INOUT, offset | in_page << 48, size, data };
		ret = invoke(session, 3, 1);
		ck_assert_uint_eq(ret, fits ? TEE_SUCCESS :
					      (uint32_t)TEE_SECURITY);
		if (!fits)
			continue;
		for (uint64_t k = 0; k < size; k++)
			ck_assert_uint_eq(at[k], 'A');
		memset(at, 'a', size);
		for (size_t k = 0; k < (PAGES + 2) * 0x1000; k++)
			ck_assert_uint_eq(p[k], 'a');
	}
}
END_TEST

/* A table of memory that is full, and that is emptied in any order. */
START_TEST(shares_come_and_go)
{
	uint64_t handles[SERVICE_SHARES + 8];
	unsigned int n = SERVICE_SHARES + 8, held = 0;

	for (unsigned int i = 0; i < n; i++) {
		handles[i] = service_share(DATA + 0x10000 + i * 0x1000, 1);
		*(uint32_t *)service_at(DATA + 0x10000 + i * 0x1000) =
			OPTEE_DO_BOTTOM_HALF;
		held += with_arg(handles[i], 0).x[3] == TEE_SUCCESS;
	}
	ck_assert_uint_eq(held, SERVICE_SHARES);
	while (n) {
		unsigned int i = (unsigned int)service_random(n);
		struct ffa_value v = service_send(OPTEE_UNREGISTER_SHM,
						  (uint32_t)handles[i],
						  (uint32_t)(handles[i] >> 32),
						  0, 0);

		ck_assert_uint_eq(v.x[3], 0);
		v = service_call(&(struct ffa_value){
			{ (uint32_t)FFA_ID_MEM_RECLAIM, (uint32_t)handles[i],
			  handles[i] >> 32 } });
		ck_assert_uint_eq(v.x[0], (uint32_t)FFA_ID_SUCCESS);
		handles[i] = handles[--n];
		i = n ? (unsigned int)service_random(n) : 0;
		if (n)
			ck_assert_uint_eq(with_arg(handles[i], 0).x[3],
					  TEE_SUCCESS);
	}
}
END_TEST

START_TEST(a_snapshot_has_its_sessions)
{
	struct machine_image *image;
	uint32_t session = open_hello();

	*param(0) = (struct optee_msg_param){ OPTEE_VALUE_IN, 16, 1, 0 };
	*param(1) = (struct optee_msg_param){ OPTEE_VALUE_OUT, 0, 0, 0 };
	head()->cmd = OPTEE_INVOKE;
	head()->func = 4;
	ck_assert_uint_eq(with_arg(msg, 0).x[4], OPTEE_RETURN_RPC);
	image = machine_snapshot(service_machine());
	for (int i = 0; i < 2; i++) {
		struct ffa_value v;

		v = service_send((uint32_t)OPTEE_RESUME, 0, 0, 0, 0);
		ck_assert_uint_eq(v.x[3], TEE_SUCCESS);
		ck_assert_uint_eq(head()->ret, (uint32_t)TEE_OUT_OF_MEMORY);
		head()->cmd = OPTEE_CLOSE_SESSION;
		head()->session = session;
		head()->num_params = 0;
		with_arg(msg, 0);
		ck_assert_uint_eq(head()->ret, TEE_SUCCESS);
		v = service_send((uint32_t)OPTEE_RESUME, 0, 0, 0, 0);
		ck_assert_uint_eq(v.x[3], (uint32_t)TEE_BAD_PARAMETERS);
		machine_restore(service_machine(), image);
	}
	machine_image_free(image);
}
END_TEST

/* A field that is often almost right. */
static uint64_t odd(uint64_t good)
{
	switch (service_random(6)) {
	case 0:
		return service_random(0);
	case 1:
		return service_random(0x3000);
	case 2:
		return good + service_random(3) - 1;
	default:
		return good;
	}
}

static void odd_param(struct optee_msg_param *p)
{
	static const uint64_t attrs[] = { 0, 1, 2, 3, 5, 6, 7, 9, 0x101 };

	p->attr = odd(attrs[service_random(9)]);
	p->a = odd(service_random(64));
	p->b = odd(service_random(64));
	p->c = odd(service_random(2) ? data : msg);
}

/* Lets threads end that wait for the driver. */
static void drain(void)
{
	for (uint32_t n = 0; n < OPTEE_THREADS; n++)
		while (!service_send((uint32_t)OPTEE_RESUME, 0, 0, 0, n).x[3])
			;
}

/* Whatever is sent, it answers, and the model stays whole. */
START_TEST(any_message)
{
	uint32_t session = open_hello();
	unsigned int rpcs = 0, good = 0;

	for (int i = 0; i < 20000; i++) {
		struct ffa_value v;

		head()->cmd = (uint32_t)odd(service_random(8));
		head()->func = (uint32_t)odd(service_random(6));
		head()->session = (uint32_t)odd(session);
		head()->num_params = (uint32_t)odd(service_random(5));
		for (unsigned int k = 0; k < 8; k++)
			if (service_random(3))
				odd_param(param(k));
		if (!service_random(8)) {
			head()->cmd = OPTEE_INVOKE;
			head()->func = 4;
			head()->session = session;
			head()->num_params = 2;
			param(0)->attr = OPTEE_VALUE_IN;
			param(1)->attr = OPTEE_VALUE_OUT;
		}
		if (!service_random(4)) {
			v = service_send((uint32_t)odd(service_random(9)),
					 (uint32_t)odd(msg),
					 (uint32_t)(msg >> 32),
					 (uint32_t)service_random(64), 0);
		} else if (service_random(3)) {
			v = with_arg(odd(msg), (uint32_t)odd(0));
		} else {
			v = service_send((uint32_t)OPTEE_RESUME, 0, 0, 0,
					 (uint32_t)odd(service_random(2)));
		}
		ck_assert_uint_eq(v.x[0],
				  (uint32_t)FFA_ID_MSG_SEND_DIRECT_RESP_32);
		rpcs += !v.x[3] && v.x[4] == OPTEE_RETURN_RPC;
		good += !v.x[3] && head()->cmd == OPTEE_INVOKE && !head()->ret;
		if (!service_random(8)) {
			drain();
			head()->cmd = OPTEE_CLOSE_SESSION;
			head()->session = session;
			head()->num_params = 0;
			with_arg(msg, 0);
			session = open_hello();
		}
	}
	ck_assert_uint_gt(rpcs, 10);
	ck_assert_uint_gt(good, 100);
}
END_TEST

Suite *check_service_optee(void)
{
	Suite *s = suite_create("service-optee");
	TCase *t = tcase_create("optee");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, service_end);
	tcase_add_test(t, sessions_run_out);
	tcase_add_test(t, stays_inside);
	tcase_add_test(t, shares_come_and_go);
	tcase_add_test(t, a_snapshot_has_its_sessions);
	tcase_add_test(t, any_message);
	suite_add_tcase(s, t);
	return s;
}
