/* SPDX-License-Identifier: BSD-3-Clause */
/* Indirect messages. */
#include "ffa/ffa_desc.h"
#include "unit.h"
#include "chain.h"

enum { DELAY = 2, SPS = 1, SPM = 4 };
enum { NS_TX = NS_PA, NS_RX = NS_PA + 0x4000, VM_TX = VM_PA,
       VM_RX = VM_PA + 0x4000, A_TX = SP_PA, A_RX = SP_PA + 0x4000,
       B_TX = SP2_PA, B_RX = SP2_PA + 0x4000 };

static struct world *t;
static uint32_t version[ENDPOINTS];

static void *ram(uint64_t pa)
{
	void *at = t->env.map(t->env.ctx, pa, FFA_PAGE_SIZE,
			      pa < NS_PA);

	ck_assert_ptr_nonnull(at);
	return at;
}

/* Pairs of one page each; A's has two. The VM's is forwarded. */
static void map_buffers(void)
{
	char *tx;
	struct ffa_rxtx_desc desc = { 1, 0, 16, 64 };
	struct ffa_composite one = { 1, 1, 0 };
	struct ffa_constituent range = { VM_RX, 1, 0 };

	ON(t, 0, FFA_ID_RXTX_MAP_64, NS_TX, NS_RX, 1);
	ck_ok(t);
	tx = ram(NS_TX);
	memcpy(tx, &desc, sizeof(desc));
	memcpy(tx + 16, &one, sizeof(one));
	memcpy(tx + 32, &range, sizeof(range));
	range.address = VM_TX;
	memcpy(tx + 64, &one, sizeof(one));
	memcpy(tx + 80, &range, sizeof(range));
	ON(t, 0, FFA_ID_RXTX_MAP_64);
	ck_ok(t);
	REQ32(t, 0, 0, ID_A);
	ON(t, 0, FFA_ID_RXTX_MAP_64, A_TX, A_RX, 2);
	ck_ok(t);
	RESP32(t, 0, ID_A, 0);
	REQ32(t, 0, 0, ID_B);
	ON(t, 0, FFA_ID_RXTX_MAP_64, B_TX, B_RX, 1);
	ck_ok(t);
	RESP32(t, 0, ID_B, 0);
}

static void begin(void)
{
	struct spmc_endpoint_config *eps;
	struct spmc_config *cfg = chain_config(&eps);
	unsigned int i;

	for (i = 0; i < ENDPOINTS; i++)
		if (version[i])
			eps[i].version = version[i];
	t = chain_new(cfg);
	map_buffers();
}

static void setup(void)
{
	memset(version, 0, sizeof(version));
	begin();
}

static void teardown(void)
{
	world_free(t);
}

static void again(void)
{
	teardown();
	begin();
}

/* A message in TX: a header of 40 bytes unless said otherwise. */
static struct ffa_msg_header write_message(uint64_t tx, uint16_t from,
					   uint16_t to, uint32_t offset,
					   uint32_t size)
{
	struct ffa_msg_header head = {
		.offset = offset, .receiver = to, .sender = from,
		.size = size, .uuid = { { 0x11, 0x22 } },
	};
	unsigned char *at = ram(tx);
	uint32_t i;

	memset(at, 0xee, FFA_PAGE_SIZE);
	memcpy(at, &head, offset < sizeof(head) ? 20 : sizeof(head));
	for (i = 0; i < size && offset + i < FFA_PAGE_SIZE; i++)
		at[offset + i] = (unsigned char)(i + 1);
	return head;
}

/* The receiver's RX: header by its version, and the message. */
static void read_message(uint64_t rx, uint32_t head_size, uint16_t from,
			 uint16_t to, uint32_t offset, uint32_t size,
			 bool uuid)
{
	const unsigned char *at = ram(rx);
	struct ffa_msg_header head = { 0 };
	uint32_t i;

	memcpy(&head, at, head_size);
	ck_assert_uint_eq(head.flags | head.reserved | head.reserved1, 0);
	ck_assert_uint_eq(head.sender, from);
	ck_assert_uint_eq(head.receiver, to);
	ck_assert_uint_eq(head.offset, offset);
	ck_assert_uint_eq(head.size, size);
	if (head_size == sizeof(head))
		ck_assert_uint_eq(head.uuid.b[1], uuid ? 0x22 : 0);
	for (i = head_size; i < offset; i++)
		ck_assert_uint_eq(at[i], 0);
	for (i = 0; i < size; i++)
		ck_assert_uint_eq(at[offset + i], (unsigned char)(i + 1));
}

START_TEST(to_partition)
{
	write_message(NS_TX, 0, ID_A, 40, 100);
	ON(t, 0, FFA_ID_MSG_SEND2);
	ck_ok(t);
	ck_assert_uint_eq(t->out.sri, 1);
	read_message(A_RX, 40, 0, ID_A, 40, 100, true);
	DENY(t, 0, SEND2_RX_BUSY, FFA_ID_MSG_SEND2);
	ON(t, 0, FFA_ID_NOTIFICATION_INFO_GET_64);
	ck_assert_uint_eq(t->out.regs.x[3], ID_A);

	RUN(t, 0, ID_A, 0);
	ck_assert(t->out.npi);
	DENY(t, 0, RX_RELEASE_NOTIFIED, FFA_ID_RX_RELEASE);
	ON(t, 0, FFA_ID_NOTIFICATION_GET, ID_A, SPS);
	ck_assert_uint_eq(t->out.regs.x[6], 0);
	ON(t, 0, FFA_ID_NOTIFICATION_GET, ID_A, SPM);
	ck_assert_uint_eq(t->out.regs.x[6], 1);
	ON(t, 0, FFA_ID_RX_RELEASE);
	ck_ok(t);
	DENY(t, 0, RX_RELEASE_NOT_OWNER, FFA_ID_RX_RELEASE);
}
END_TEST

START_TEST(wait_keeps_unread)
{
	write_message(NS_TX, 0, ID_A, 40, 1);
	ON(t, 0, FFA_ID_MSG_SEND2);
	RUN(t, 0, ID_A, 0);
	WAIT(t, 0);
	ck_ok(t);
	ck_assert_uint_eq(spmc_state(t->s, SPMC_M_RX, A, 0), RX_CONSUMER);
	RUN(t, 0, ID_A, 0);
	ck_assert(!t->out.npi);
	ON(t, 0, FFA_ID_NOTIFICATION_GET, ID_A, SPM);
	WAIT(t, 0);
	ck_assert_uint_eq(spmc_state(t->s, SPMC_M_RX, A, 0), RX_PRODUCER);
}
END_TEST

START_TEST(between_partitions)
{
	write_message(A_TX, ID_A, ID_B, 64, 0);
	REQ32(t, 0, 0, ID_A);
	ON(t, 0, FFA_ID_MSG_SEND2, 0, DELAY);
	ck_ok(t);
	ck_assert_uint_eq(t->out.sri, 0);
	read_message(B_RX, 40, ID_A, ID_B, 64, 0, true);
	RESP32(t, 0, ID_A, 0);
	ck_assert_uint_eq(t->out.sri, 1);
}
END_TEST

START_TEST(to_vm)
{
	write_message(A_TX, ID_A, 1, 40, 8);
	REQ32(t, 0, 0, ID_A);
	ON(t, 0, FFA_ID_MSG_SEND2);
	/* no bitmaps, so nobody is told */
	ck_assert_uint_eq(t->out.sri, 0);
	read_message(VM_RX, 40, ID_A, 1, 40, 8, true);
	RESP32(t, 0, ID_A, 0);
	ON(t, 0, FFA_ID_RX_RELEASE, 1);
	ck_ok(t);

	ON(t, 0, FFA_ID_NOTIFICATION_BITMAP_CREATE, 1, 1);
	ON(t, 0, FFA_ID_RX_ACQUIRE, 1);
	REQ32(t, 0, 0, ID_A);
	DENY(t, 0, SEND2_RX_BUSY, FFA_ID_MSG_SEND2);
	RESP32(t, 0, ID_A, 0);
	ON(t, 0, FFA_ID_RX_RELEASE, 1);
	REQ32(t, 0, 0, ID_A);
	ON(t, 0, FFA_ID_MSG_SEND2);
	ck_assert_uint_eq(t->out.sri, 1);
	RESP32(t, 0, ID_A, 0);
	DENY(t, 0, RX_RELEASE_NOTIFIED, FFA_ID_RX_RELEASE, 1);
	DENY(t, 0, NOTIF_DESTROY_UNREAD, FFA_ID_NOTIFICATION_BITMAP_DESTROY,
	     1);
	ON(t, 0, FFA_ID_NOTIFICATION_GET, 1, SPM);
	ck_assert_uint_eq(t->out.regs.x[6], 1);
	ON(t, 0, FFA_ID_RX_RELEASE, 1);
	ck_ok(t);
}
END_TEST

START_TEST(from_vm)
{
	write_message(VM_TX, 1, ID_A, 40, 8);
	ON(t, 0, FFA_ID_MSG_SEND2, 1 << 16);
	ck_ok(t);
	read_message(A_RX, 40, 1, ID_A, 40, 8, true);
}
END_TEST

START_TEST(refused)
{
	struct ffa_msg_header *head = ram(NS_TX);

	DENY(t, 0, SEND2_VM, FFA_ID_MSG_SEND2, 7 << 16);
	DENY(t, 0, SEND2_VM, FFA_ID_MSG_SEND2, (uint32_t)ID_A << 16);
	write_message(NS_TX, 1, ID_A, 40, 8);
	DENY(t, 0, SEND2_SENDER, FFA_ID_MSG_SEND2);
	write_message(NS_TX, 0, 0, 40, 8);
	DENY(t, 0, SEND2_SELF, FFA_ID_MSG_SEND2);
	write_message(NS_TX, 0, ID_A, 40, 8);
	DENY(t, 0, SEND2_FLAGS, FFA_ID_MSG_SEND2, 0, DELAY);
	write_message(NS_TX, 0, 1, 40, 8);
	DENY(t, 0, SEND2_WORLD, FFA_ID_MSG_SEND2);
	write_message(NS_TX, 0, 0x8099, 40, 8);
	DENY(t, 0, SEND2_RECEIVER, FFA_ID_MSG_SEND2);
	write_message(NS_TX, 0, ID_M, 40, 8);
	DENY(t, 0, SEND2_RX_UNMAPPED, FFA_ID_MSG_SEND2);

	write_message(NS_TX, 0, ID_A, 40, 8);
	head->offset = 39;
	DENY(t, 0, SEND2_OFFSET, FFA_ID_MSG_SEND2);
	head->offset = 4097;
	head->size = 0;
	DENY(t, 0, SEND2_SIZE, FFA_ID_MSG_SEND2);
	head->offset = 40;
	head->size = 4057;
	DENY(t, 0, SEND2_SIZE, FFA_ID_MSG_SEND2);
	head->size = UINT32_MAX;
	DENY(t, 0, SEND2_SIZE, FFA_ID_MSG_SEND2);
	head->size = 4056;
	ON(t, 0, FFA_ID_MSG_SEND2);
	ck_ok(t);
	ON(t, 0, FFA_ID_RXTX_UNMAP);
	DENY(t, 0, SEND2_NO_TX, FFA_ID_MSG_SEND2);

	/* two pages of A's do not fit into one of B's */
	write_message(A_TX, ID_A, ID_B, 40, 4057);
	REQ32(t, 0, 0, ID_A);
	DENY(t, 0, SEND2_VM_SP, FFA_ID_MSG_SEND2, 1 << 16);
	DENY(t, 0, SEND2_RX_SMALL, FFA_ID_MSG_SEND2);
}
END_TEST

START_TEST(properties)
{
	struct spmc_endpoint_config *eps;
	struct spmc_config *cfg = chain_config(&eps);

	teardown();
	eps[A].props &= ~(uint32_t)FFA_PART_INDIRECT;
	t = chain_new(cfg);
	map_buffers();
	write_message(NS_TX, 0, ID_A, 40, 8);
	DENY(t, 0, SEND2_CANNOT_RECEIVE, FFA_ID_MSG_SEND2);
	write_message(A_TX, ID_A, ID_B, 40, 8);
	REQ32(t, 0, 0, ID_A);
	DENY(t, 0, SEND2_CANNOT_SEND, FFA_ID_MSG_SEND2);
	RESP32(t, 0, ID_A, 0);

	version[B] = FFA_V1_0;
	again();
	write_message(NS_TX, 0, ID_B, 40, 8);
	DENY(t, 0, SEND2_VERSION, FFA_ID_MSG_SEND2);
	version[B] = 0;
	version[VM1] = FFA_V1_0;
	again();
	write_message(VM_TX, 1, ID_A, 40, 8);
	DENY(t, 0, SEND2_VERSION, FFA_ID_MSG_SEND2, 1 << 16);
	/* a message is no reason to tell one that is not told */
	teardown();
	cfg = chain_config(&eps);
	eps[A].props &= ~(uint32_t)FFA_PART_NOTIFICATION;
	t = chain_new(cfg);
	map_buffers();
	write_message(NS_TX, 0, ID_A, 40, 8);
	ON(t, 0, FFA_ID_MSG_SEND2);
	ck_ok(t);
	ck_assert_uint_eq(t->out.sri, 0);
}
END_TEST

/* Sender and receiver of both versions, the message at every offset. */
START_TEST(versions)
{
	uint32_t from, to;

	version[NS] = _i & 1 ? FFA_V1_1 : FFA_V1_2;
	version[A] = _i & 2 ? FFA_V1_1 : FFA_V1_2;
	again();
	from = _i & 1 ? 20 : 40;
	to = _i & 2 ? 20 : 40;
	for (uint32_t offset = from; offset < 70; offset++)
		for (uint32_t size = 0; size < 40; size += 13) {
			write_message(NS_TX, 0, ID_A, offset, size);
			ON(t, 0, FFA_ID_MSG_SEND2);
			ck_ok(t);
			read_message(A_RX, to, 0, ID_A,
				     offset < to ? to : offset, size,
				     from == 40);
			RUN(t, 0, ID_A, 0);
			ON(t, 0, FFA_ID_NOTIFICATION_GET, ID_A, SPM);
			ck_assert_uint_eq(t->out.regs.x[6], 1);
			WAIT(t, 0);
		}
	write_message(NS_TX, 0, ID_A, from - 1, 8);
	DENY(t, 0, SEND2_OFFSET, FFA_ID_MSG_SEND2);
}
END_TEST

/* A header that grows on the way needs room for it. */
START_TEST(grows)
{
	struct ffa_msg_header_v1_1 *head;

	version[A] = FFA_V1_1;
	again();
	write_message(A_TX, ID_A, ID_B, 20, 4057);
	head = ram(A_TX);
	REQ32(t, 0, 0, ID_A);
	DENY(t, 0, SEND2_RX_SMALL, FFA_ID_MSG_SEND2);
	head->size = 4056;
	ON(t, 0, FFA_ID_MSG_SEND2);
	ck_ok(t);
}
END_TEST

START_TEST(death)
{
	struct spmc_notifications n;

	write_message(NS_TX, 0, ID_A, 40, 8);
	ON(t, 0, FFA_ID_MSG_SEND2);
	RUN(t, 0, ID_A, 0);
	CRASH(t, 0);
	spmc_notifications(t->s, A, 0, &n);
	ck_assert_uint_eq(n.fwk, 0);
	DENY(t, 0, NOTIF_INFO_NO_DATA, FFA_ID_NOTIFICATION_INFO_GET_64);
	DENY(t, 0, SEND2_RX_UNMAPPED, FFA_ID_MSG_SEND2);
}
END_TEST

Suite *check_indirect(void)
{
	Suite *s = suite_create("indirect");
	TCase *tc = tcase_create("indirect");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, to_partition);
	tcase_add_test(tc, wait_keeps_unread);
	tcase_add_test(tc, between_partitions);
	tcase_add_test(tc, to_vm);
	tcase_add_test(tc, from_vm);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, properties);
	tcase_add_loop_test(tc, versions, 0, 4);
	tcase_add_test(tc, grows);
	tcase_add_test(tc, death);
	suite_add_tcase(s, tc);
	return s;
}
