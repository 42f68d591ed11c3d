/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "partition.h"
#include "unit.h"

enum { SP = 0x8001, ECS = 2 };

static const struct partition_host host = {
	.size = sizeof(host),
	.api_version = PARTITION_API,
	.id = SP,
	.ec_count = ECS,
	.npi = 5,
	.mei = 4,
};

static const struct partition_ops *ops;
static void *handle;

static void begin(const char *name, const char *args)
{
	char *error = NULL;

	ops = partition_find(name);
	ck_assert_ptr_nonnull(ops);
	ck_assert_msg(partition_open(ops, &host, args, &handle, &error), "%s",
		      error);
}

static void end(void)
{
	partition_close(ops, handle);
}

static void refused(const char *name, const char *args, const char *sentence)
{
	char *error = NULL;

	ck_assert(!partition_open(partition_find(name), &host, args, &handle,
				  &error));
	ck_assert_str_eq(error, sentence);
	free(error);
}

static uint32_t fid(enum ffa_fid id)
{
	return (uint32_t)id;
}

/* The context calls `id` after it saw `sees`. */
static struct ffa_value calls(unsigned int ec, struct ffa_value sees,
			      enum ffa_fid id)
{
	struct ffa_value v;

	memset(&v, 0xff, sizeof(v));
	ck_assert_int_eq(partition_enter(ops, handle, ec, false, &sees, &v),
			 PARTITION_CALL);
	ck_assert_uint_eq(v.x[0], fid(id));
	return v;
}

static enum partition_act does(struct ffa_value sees)
{
	struct ffa_value v;

	return partition_enter(ops, handle, 0, false, &sees, &v);
}

static struct ffa_value seen(enum ffa_fid id)
{
	return (struct ffa_value){ .x = { fid(id) } };
}

static struct ffa_value request(void)
{
	return (struct ffa_value){
		.x = { fid(FFA_ID_MSG_SEND_DIRECT_REQ_32), SP, 0, 3, 4, 5, 6,
		       7 },
	};
}

static struct ffa_value framework(unsigned int type, uint32_t w3)
{
	return (struct ffa_value){
		.x = { fid(FFA_ID_MSG_SEND_DIRECT_REQ_32),
		       0x80008001,
		       0x80000000u | type, w3, 0, 0x10 },
	};
}

static void expect(const struct ffa_value *v, const struct ffa_value *want)
{
	for (unsigned int i = 0; i < FFA_REGS; i++)
		ck_assert_msg(v->x[i] == want->x[i], "x%u is %#llx, not %#llx",
			      i, (unsigned long long)v->x[i],
			      (unsigned long long)want->x[i]);
}

START_TEST(names)
{
	unsigned int n;
	const struct partition_ops *const *all = partition_list(&n);

	ck_assert_uint_eq(n, 8);
	for (unsigned int i = 0; i < n; i++) {
		ck_assert_ptr_eq(partition_find(all[i]->name), all[i]);
		ck_assert_uint_gt(strlen(all[i]->sentence), 0);
		if (i)
			ck_assert_int_lt(strcmp(all[i - 1]->name,
						all[i]->name), 0);
	}
	ck_assert_ptr_null(partition_find("ech"));
}
END_TEST

START_TEST(initialises_with_msg_wait)
{
	unsigned int n;
	const struct partition_ops *const *all = partition_list(&n);

	for (unsigned int i = 0; i < n; i++) {
		struct ffa_value sees = { .x = { 0x4000 } }, v;

		if (!strcmp(all[i]->name, "bell") || all[i]->pages)
			continue;
		begin(all[i]->name, "");
		for (unsigned int ec = 0; ec < ECS; ec++) {
			ck_assert_int_eq(partition_enter(ops, handle, ec, true,
							 &sees, &v),
					 PARTITION_CALL);
			expect(&v, &(struct ffa_value){
					   .x = { fid(FFA_ID_MSG_WAIT) } });
		}
		/* cycles without a message are given back */
		calls(0, seen(FFA_ID_RUN), FFA_ID_MSG_WAIT);
		calls(0, seen(FFA_ID_INTERRUPT), FFA_ID_MSG_WAIT);
		calls(0, seen(FFA_ID_ERROR), FFA_ID_MSG_WAIT);
		end();
	}
}
END_TEST

START_TEST(arguments)
{
	refused("crash", "1", "crash takes no arguments; write run=crash");
	refused("echo", "x", "echo takes no arguments; write run=echo");
	refused("optee", "1", "optee takes no arguments; write run=optee");
	refused("optee", "", "optee needs memory of its own, and has at most "
		"32 execution contexts");
	refused("hang", "1", "hang takes no arguments; write run=hang");
	refused("stubborn", "1",
		"stubborn takes no arguments; write run=stubborn");
	refused("yield", "two", "yield:two is not a number of times to yield, "
		"0..1000000; write run=\"yield:3\"");
	refused("yield", "1000001", "yield:1000001 is not a number of times to "
		"yield, 0..1000000; write run=\"yield:3\"");
	refused("yield", "-1", "yield:-1 is not a number of times to yield, "
		"0..1000000; write run=\"yield:3\"");
	refused("yield", "3x", "yield:3x is not a number of times to yield, "
		"0..1000000; write run=\"yield:3\"");
}
END_TEST

START_TEST(echo_payload)
{
	struct ffa_value v, want, sees = request();

	begin("echo", "");
	v = calls(0, sees, FFA_ID_MSG_SEND_DIRECT_RESP_32);
	want = (struct ffa_value){
		.x = { fid(FFA_ID_MSG_SEND_DIRECT_RESP_32), 0x80010000, 0, 3, 4,
		       5, 6, 7 },
	};
	expect(&v, &want);

	sees.x[0] = fid(FFA_ID_MSG_SEND_DIRECT_REQ_64);
	sees.x[1] = 0x00070000 | SP;
	sees.x[4] = 0x123456789abcdef0;
	sees.x[17] = 17;	/* not part of this message */
	v = calls(1, sees, FFA_ID_MSG_SEND_DIRECT_RESP_64);
	want.x[0] = fid(FFA_ID_MSG_SEND_DIRECT_RESP_64);
	want.x[1] = 0x80010007;
	want.x[4] = sees.x[4];
	expect(&v, &want);

	sees = (struct ffa_value){
		.x = { fid(FFA_ID_MSG_SEND_DIRECT_REQ2), SP, 0x80000008, 1 },
	};
	want = (struct ffa_value){
		.x = { fid(FFA_ID_MSG_SEND_DIRECT_RESP2), 0x80010000 },
	};
	for (unsigned int i = 4; i < FFA_REGS; i++)
		want.x[i] = sees.x[i] = ~(uint64_t)i;
	v = calls(0, sees, FFA_ID_MSG_SEND_DIRECT_RESP2);
	expect(&v, &want);
	end();
}
END_TEST

START_TEST(echo_framework)
{
	static const struct {
		unsigned int type, resp;
		uint32_t w3, answer;
	} rows[] = {
		{ FFA_FWK_PSCI_REQ, FFA_FWK_PM_RESP, 0x84000002, 0 },
		{ FFA_FWK_PM_WARM_BOOT, FFA_FWK_PM_RESP, 1, 0 },
		{ FFA_FWK_VM_CREATED, FFA_FWK_VM_CREATED_RESP, 0, 0 },
		{ FFA_FWK_VM_DESTROYED, FFA_FWK_VM_DESTROYED_RESP, 0, 0 },
		{ FFA_FWK_VERSION_REQ, FFA_FWK_VERSION_RESP, FFA_V1_1,
		  FFA_V1_1 },
		{ FFA_FWK_VERSION_REQ, FFA_FWK_VERSION_RESP, 0x20000,
		  (uint32_t)FFA_NOT_SUPPORTED },
		{ FFA_FWK_VERSION_REQ, FFA_FWK_VERSION_RESP, 0x80010001,
		  (uint32_t)FFA_NOT_SUPPORTED },
		{ 10, 11, 0, (uint32_t)FFA_NOT_SUPPORTED },
	};

	begin("echo", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ffa_value v, want = {
			.x = { fid(FFA_ID_MSG_SEND_DIRECT_RESP_32),
			       0x80018000,
			       0x80000000u | rows[i].resp, rows[i].answer },
		};

		v = calls(0, framework(rows[i].type, rows[i].w3),
			  FFA_ID_MSG_SEND_DIRECT_RESP_32);
		expect(&v, &want);
	}
	end();
}
END_TEST

START_TEST(echo_again_when_refused)
{
	begin("echo", "");
	calls(0, request(), FFA_ID_MSG_SEND_DIRECT_RESP_32);
	calls(0, seen(FFA_ID_ERROR), FFA_ID_MSG_SEND_DIRECT_RESP_32);
	/* another context owes nothing */
	calls(1, seen(FFA_ID_ERROR), FFA_ID_MSG_WAIT);
	calls(0, seen(FFA_ID_RUN), FFA_ID_MSG_WAIT);
	calls(0, seen(FFA_ID_ERROR), FFA_ID_MSG_WAIT);
	end();
}
END_TEST

START_TEST(yields_then_answers)
{
	static const struct {
		const char *args;
		unsigned int yields;
	} rows[] = { { "", 1 }, { "0", 0 }, { "1", 1 }, { "3", 3 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin("yield", rows[i].args);
		for (int again = 0; again < 2; again++) {
			struct ffa_value v, sees = request();

			for (unsigned int n = 0; n < rows[i].yields; n++) {
				calls(0, sees, FFA_ID_YIELD);
				sees = seen(FFA_ID_RUN);
			}
			v = calls(0, sees, FFA_ID_MSG_SEND_DIRECT_RESP_32);
			ck_assert_uint_eq(v.x[7], 7);
			calls(0, seen(FFA_ID_ERROR),
			      FFA_ID_MSG_SEND_DIRECT_RESP_32);
			calls(0, seen(FFA_ID_RUN), FFA_ID_MSG_WAIT);
		}
		end();
	}
}
END_TEST

START_TEST(crash_and_hang)
{
	begin("crash", "");
	ck_assert_int_eq(does(request()), PARTITION_CRASH);
	end();
	begin("hang", "");
	ck_assert_int_eq(does(request()), PARTITION_HANG);
	end();
}
END_TEST

START_TEST(stubborn_never_responds)
{
	begin("stubborn", "");
	calls(0, request(), FFA_ID_MSG_WAIT);
	calls(0, seen(FFA_ID_ERROR), FFA_ID_YIELD);
	for (int i = 0; i < 10; i++)
		calls(0, seen(FFA_ID_RUN), FFA_ID_YIELD);
	calls(1, seen(FFA_ID_RUN), FFA_ID_MSG_WAIT);
	end();
}
END_TEST

static enum partition_act small_enter(void *h, unsigned int ec,
				      const struct ffa_value *sees,
				      struct ffa_value *next)
{
	(void)h;
	(void)sees;
	next->x[1] = ec;
	return PARTITION_CALL;
}

static enum partition_act small_init(void *h, unsigned int ec,
				     const struct ffa_value *sees,
				     struct ffa_value *next)
{
	(void)h;
	(void)ec;
	next->x[0] = sees->x[0] + 1;
	return PARTITION_CALL;
}

START_TEST(busy_until_managed_exit)
{
	begin("busy", "");
	ck_assert_int_eq(does(request()), PARTITION_HANG);
	ck_assert(!partition_interrupt(ops, handle, 0, 5, false));
	ck_assert(partition_interrupt(ops, handle, 0, 4, true));
	calls(0, (struct ffa_value){ 0 }, FFA_ID_MSG_SEND_DIRECT_RESP_32);
	calls(0, seen(FFA_ID_RUN), FFA_ID_MSG_WAIT);
	end();
}
END_TEST

START_TEST(bell_rings)
{
	struct ffa_value v, sees = {
		.x = { fid(FFA_ID_SUCCESS), 0, 1, 2, 4, 8 },
	};

	begin("bell", "0x8002");
	partition_enter(ops, handle, 0, true, &(struct ffa_value){ 0 }, &v);
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_NOTIFICATION_BIND));
	ck_assert_uint_eq(v.x[1] >> 16, 0x8002);
	calls(0, seen(FFA_ID_SUCCESS), FFA_ID_MSG_WAIT);
	ck_assert(!partition_interrupt(ops, handle, 0, 6, false));
	ck_assert(!partition_interrupt(ops, handle, 0, 5, false));
	calls(0, seen(FFA_ID_MSG_SEND_DIRECT_REQ_32), FFA_ID_NOTIFICATION_GET);
	partition_enter(ops, handle, 0, false, &sees, &v);
	ck_assert_uint_eq(v.x[0], fid(FFA_ID_MSG_SEND_DIRECT_RESP_32));
	ck_assert_uint_eq(v.x[3], 5);
	ck_assert_uint_eq(v.x[4], 10);
	calls(0, seen(FFA_ID_RUN), FFA_ID_MSG_WAIT);
	end();
	refused("bell", "", "bell: is not the id of who sends the "
		"notifications; write run=\"bell:0\"");
	refused("bell", "-1", "bell:-1 is not the id of who sends the "
		"notifications; write run=\"bell:0\"");
	refused("bell", "65536", "bell:65536 is not the id of who sends the "
		"notifications; write run=\"bell:0\"");
}
END_TEST

START_TEST(own_ops)
{
	struct partition_ops own = {
		.size = sizeof(own),
		.api_version = PARTITION_API,
		.name = "own",
		.sentence = "",
		.init = small_init,
		.enter = small_enter,
	};
	struct ffa_value sees = { .x = { 41 } }, v;
	char *error = NULL;

	ops = &own;
	ck_assert(partition_open(ops, &host, "", &handle, &error));
	ck_assert_ptr_null(handle);
	partition_enter(ops, handle, 1, true, &sees, &v);
	ck_assert_uint_eq(v.x[0], 42);
	partition_enter(ops, handle, 1, false, &sees, &v);
	ck_assert_uint_eq(v.x[1], 1);
	end();

	own.api_version = 2;
	ck_assert(!partition_open(ops, &host, "", &handle, &error));
	ck_assert_str_eq(error, "own is for version 2 of partition.h; this is "
			 "version 1: compile it again");
	free(error);

	own.api_version = PARTITION_API;
	own.size = offsetof(struct partition_ops, enter);
	error = NULL;
	ck_assert(!partition_open(ops, &host, "", &handle, &error));
	free(error);
}
END_TEST

Suite *check_partitions(void)
{
	Suite *s = suite_create("partitions");
	TCase *t = tcase_create("behaviours");

	tcase_add_test(t, names);
	tcase_add_test(t, initialises_with_msg_wait);
	tcase_add_test(t, arguments);
	tcase_add_test(t, echo_payload);
	tcase_add_test(t, echo_framework);
	tcase_add_test(t, echo_again_when_refused);
	tcase_add_test(t, yields_then_answers);
	tcase_add_test(t, crash_and_hang);
	tcase_add_test(t, stubborn_never_responds);
	tcase_add_test(t, busy_until_managed_exit);
	tcase_add_test(t, bell_rings);
	tcase_add_test(t, own_ops);
	suite_add_tcase(s, t);
	return s;
}
