/* SPDX-License-Identifier: BSD-3-Clause */
/* The filter pcap, and reading captures back, of any bytes. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conduit.h"
#include "sim/capture.h"
#include "unit.h"

static char path[] = "/tmp/ffasim-capture-XXXXXX";

/* Answers w2 = -2, or nothing at all; each call takes 5 ns. */
static const char *fake_call(void *handle, unsigned int cpu,
			     const struct ffa_value *in, struct ffa_value *out)
{
	(void)handle;
	(void)cpu;
	if (in->x[0] == (uint32_t)FFA_ID_RX_RELEASE)
		return "it is gone";
	out->x[0] = (uint32_t)FFA_ID_ERROR;
	out->x[2] = 0xfffffffe;
	return NULL;
}

static uint64_t fake_time(void *handle, uint64_t ns)
{
	uint64_t *time = handle;

	return *time += ns + 5;
}

static unsigned int two(void *handle)
{
	(void)handle;
	return 2;
}

static const struct conduit_ops fake = {
	.size = sizeof(fake), .api_version = CONDUIT_API, .name = "fake",
	.call = fake_call, .cpus = two, .time = fake_time,
};

static struct tape *read_file(char **data, gsize *size)
{
	char *why = NULL;
	struct tape *t;

	ck_assert(g_file_get_contents(path, data, size, NULL));
	g_unlink(path);
	t = capture_read(*data, *size, &why);
	ck_assert_msg(t, "%s", why);
	return t;
}

static const struct tape_step *step(const struct tape *t, guint i)
{
	ck_assert_uint_lt(i, t->steps->len);
	return &g_array_index(t->steps, struct tape_step, i);
}

/* What two calls leave, in `data`. */
static struct tape *two_calls(char **data, gsize *size)
{
	const struct ffa_value get = { { (uint32_t)FFA_ID_ID_GET } };
	const struct ffa_value release = { { (uint32_t)FFA_ID_RX_RELEASE } };
	struct conduit_options o = { .size = sizeof(o) };
	g_autofree char *filters = NULL;
	struct ffa_value out;
	uint64_t time = 0;
	struct conduit *c;
	int fd;

	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	fd = g_mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	o.filters = filters = g_strconcat("pcap=", path, NULL);
	c = conduit_attach(&fake, &time, &o, NULL);
	ck_assert(c);
	ck_assert(!conduit_call(c, 1, &get, &out));
	ck_assert_uint_eq(out.x[2], 0xfffffffe);
	ck_assert_str_eq(conduit_call(c, 0, &release, &out), "it is gone");
	conduit_close(c);
	return read_file(data, size);
}

START_TEST(what_a_filter_writes)
{
	g_autofree char *data = NULL;
	gsize size;
	struct tape *t = two_calls(&data, &size);
	const struct tape_lane *l;

	ck_assert_uint_eq(t->steps->len, 4);
	ck_assert_uint_eq(t->lanes->len, 2);
	l = &g_array_index(t->lanes, struct tape_lane, 0);
	ck_assert_str_eq(l->name, "ns");
	ck_assert_uint_eq(l->cpu, 1);
	ck_assert_int_eq(step(t, 0)->kind, TAPE_CALL);
	ck_assert_str_eq(step(t, 0)->text, "SMC(0x84000069)");
	ck_assert_uint_eq(step(t, 0)->regs.x[0], (uint32_t)FFA_ID_ID_GET);
	ck_assert_uint_eq(step(t, 0)->time, 5);
	ck_assert_int_eq(step(t, 1)->kind, TAPE_SEES);
	ck_assert_str_eq(step(t, 1)->text, "SMC(0x84000060, 0x0, 0xfffffffe)");
	ck_assert_uint_eq(step(t, 1)->regs.x[2], 0xfffffffe);
	ck_assert_uint_eq(step(t, 1)->called, (uint32_t)FFA_ID_ID_GET);
	ck_assert_uint_eq(step(t, 1)->time, 10);
	ck_assert_int_eq(step(t, 2)->kind, TAPE_CALL);
	ck_assert_int_eq(step(t, 3)->kind, TAPE_FAILED);
	ck_assert_str_eq(step(t, 3)->text, "it is gone");
	tape_free(t);
}
END_TEST

static void cannot_open(const char *filters, const char *why)
{
	struct conduit_options o = { .size = sizeof(o), .filters = filters };
	char *error = NULL;

	ck_assert(!conduit_open("null", &o, &error));
	ck_assert_str_eq(error, why);
	free(error);
}

START_TEST(arguments_that_are_wrong)
{
	cannot_open("pcap", "filter pcap: write pcap=FILE");
	cannot_open("pcap=/not/there", "filter pcap: cannot write /not/there: "
		    "No such file or directory");
}
END_TEST

/* A capture or a sentence, whatever it is. */
static void read_any(const char *data, gsize size)
{
	char *copy = g_memdup2(data, size), *why = NULL;
	struct tape *t = capture_read(copy, size, &why);

	ck_assert(!t != !why);
	tape_free(t);
	g_free(why);
	g_free(copy);
}

START_TEST(reading_any_bytes)
{
	g_autofree char *data = NULL;
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);
	gsize size;
	struct tape *t = two_calls(&data, &size);

	for (gsize n = 0; n < size; n++)
		read_any(data, n);
	for (gsize at = 0; at < size; at++) {
		char was = data[at];

		for (unsigned int bit = 0; bit < 8; bit++) {
			data[at] = (char)(was ^ 1 << bit);
			read_any(data, size);
		}
		data[at] = was;
	}
	for (unsigned int i = 0; i < 20000; i++) {
		g_autofree char *other = g_memdup2(data, size);

		for (int k = g_rand_int_range(rand, 1, 8); k; k--)
			other[g_rand_int_range(rand, 0, (gint32)size)] =
				(char)g_rand_int(rand);
		read_any(other, size);
	}
	tape_free(t);
}
END_TEST

Suite *check_capture(void)
{
	Suite *s = suite_create("capture");
	TCase *c = tcase_create("capture");

	tcase_add_test(c, what_a_filter_writes);
	tcase_add_test(c, arguments_that_are_wrong);
	tcase_add_test(c, reading_any_bytes);
	suite_add_tcase(s, c);
	return s;
}
