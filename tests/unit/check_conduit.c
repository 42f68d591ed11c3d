/* SPDX-License-Identifier: BSD-3-Clause */
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conduit.h"
#include "unit.h"

#define FILTERS "log hypervisor inject delay stats"

/* A back end that says what it was asked. */
struct fake {
	unsigned int calls, closed, cpu;
	const char *why;
	uint8_t memory[16];
};

static const char *fake_call(void *handle, unsigned int cpu,
			     const struct ffa_value *in, struct ffa_value *out)
{
	struct fake *f = handle;

	for (unsigned int i = 0; i < FFA_REGS; i++)
		ck_assert_uint_eq(out->x[i], 0);
	f->calls++;
	f->cpu = cpu;
	out->x[0] = in->x[0] + 1;
	out->x[17] = in->x[17];
	return f->why;
}

static void *fake_map(void *handle, uint64_t pa, size_t len, bool secure)
{
	struct fake *f = handle;

	if (secure || pa < 0x1000 || len > sizeof(f->memory) ||
	    pa - 0x1000 > sizeof(f->memory) - len)
		return NULL;
	return f->memory + (pa - 0x1000);
}

static unsigned int fake_cpus(void *handle)
{
	(void)handle;
	return 4;
}

static void fake_close(void *handle)
{
	((struct fake *)handle)->closed++;
}

static const struct conduit_ops fake_ops = {
	.size = sizeof(fake_ops),
	.api_version = CONDUIT_API,
	.name = "fake",
	.close = fake_close,
	.cpus = fake_cpus,
	.call = fake_call,
	.map = fake_map,
};

static struct conduit *attach(struct fake *f)
{
	char *error = NULL;
	struct conduit *c = conduit_attach(&fake_ops, f, NULL, &error);

	ck_assert_msg(c, "%s", error);
	return c;
}

START_TEST(null_answers)
{
	struct ffa_value v = { .x = { 0x84000069, 1, 2 } };
	struct conduit *c = conduit_open("null", NULL, NULL);

	ck_assert_uint_eq(conduit_cpus(c), 1);
	ck_assert_ptr_null(conduit_call(c, 0, &v, &v));
	ck_assert_uint_eq(v.x[0], 0x84000061);
	for (unsigned int i = 1; i < FFA_REGS; i++)
		ck_assert_uint_eq(v.x[i], 0);
	ck_assert_ptr_null(conduit_map(c, 0, 1, false));
	conduit_close(c);
	conduit_close(NULL);
}
END_TEST

static void cannot_open(const char *spec, const char *filters,
			const char *sentence)
{
	struct conduit_options o = { .size = sizeof(o), .filters = filters };
	char *error = NULL;

	ck_assert_ptr_null(conduit_open(spec, &o, &error));
	ck_assert_str_eq(error, sentence);
	free(error);
	ck_assert_ptr_null(conduit_open(spec, &o, NULL));
}

START_TEST(errors)
{
	cannot_open("nul", NULL, "no conduit is called 'nul'; there are null, "
		    "unix:PATH and ring:PATH");
	cannot_open("", NULL, "no conduit is called ''; there are null, "
		    "unix:PATH and ring:PATH");
	cannot_open("null:x", NULL, "conduit null takes no arguments");
	cannot_open("null", "lo", "no filter is called 'lo'; there are "
		    FILTERS);
	cannot_open("null", "log logx=1", "no filter is called 'logx'; there "
		    "are " FILTERS);
	cannot_open("null", "log=/no/such/file", "filter log: cannot write "
		    "/no/such/file: No such file or directory");
}
END_TEST

START_TEST(binding)
{
	struct fake f = { 0 };
	ffa_value_t v = { .x = { 7 } };
	struct conduit *c = attach(&f);

	ffa_smc(v, &v);		/* nobody there: SMCCC */
	ck_assert_uint_eq(v.x[0], UINT64_MAX);
	ck_assert_uint_eq(f.calls, 0);

	ck_assert(!conduit_bind(c, 4));
	ck_assert(conduit_bind(c, 3));
	v = (ffa_value_t){ .x = { [0] = 7, [17] = 9 } };
	ffa_smc(v, &v);
	ck_assert_uint_eq(v.x[0], 8);
	ck_assert_uint_eq(v.x[17], 9);
	ck_assert_uint_eq(f.cpu, 3);

	conduit_close(c);
	ck_assert_uint_eq(f.closed, 1);
	ffa_smc(v, &v);
	ck_assert_uint_eq(v.x[0], UINT64_MAX);
}
END_TEST

START_TEST(no_answer)
{
	struct fake f = { .why = "it hangs" };
	struct ffa_value v = { .x = { 7 } };
	struct conduit *c = attach(&f);

	ck_assert_str_eq(conduit_call(c, 0, &v, &v), "it hangs");
	ck_assert_uint_eq(v.x[0], 0);
	f.why = NULL;
	ck_assert_ptr_null(conduit_call(c, 0, &v, &v));
	ck_assert_uint_eq(v.x[0], 1);
	conduit_close(c);
}
END_TEST

START_TEST(smc_without_answer_aborts)
{
	struct fake f = { .why = "it hangs" };
	ffa_value_t v = { 0 };
	struct conduit *c = attach(&f);

	conduit_bind(c, 0);
	ffa_smc(v, &v);
}
END_TEST

START_TEST(memory)
{
	struct fake f = { 0 };
	struct conduit *c = attach(&f);

	ck_assert_ptr_eq(conduit_map(c, 0x1004, 4, false), f.memory + 4);
	ck_assert_ptr_null(conduit_map(c, 0x1004, 4, true));
	ck_assert_ptr_null(conduit_map(c, 0x100c, 5, false));
	conduit_close(c);
}
END_TEST

START_TEST(wrong_ops)
{
	struct conduit_ops ops = fake_ops;
	struct fake f = { 0 };
	char *error = NULL;

	ops.api_version = 9;
	ck_assert_ptr_null(conduit_attach(&ops, &f, NULL, &error));
	ck_assert_str_eq(error, "fake is for version 9 of conduit.h; this is "
			 "version 1: compile it again");
	free(error);
	ops = fake_ops;
	ops.size = offsetof(struct conduit_ops, call);
	ck_assert_ptr_null(conduit_attach(&ops, &f, NULL, NULL));
	ck_assert_uint_eq(f.closed, 0);

	/* an older struct: no memory */
	ops.size = offsetof(struct conduit_ops, map);
	struct conduit *c = conduit_attach(&ops, &f, NULL, NULL);
	ck_assert_ptr_nonnull(c);
	ck_assert_ptr_null(conduit_map(c, 0x1000, 1, false));
	conduit_close(c);
}
END_TEST

/* A filter that calls what is behind it `times` times and adds `add`. */
struct times {
	unsigned int times, add;
};

static bool times_open(const char *args, const struct conduit_options *options,
		       void **handle, char **error)
{
	struct times *t = g_new0(struct times, 1);

	ck_assert_uint_eq(options->size, sizeof(*options));
	ck_assert(options->show != NULL);
	if (sscanf(args, "%u,%u", &t->times, &t->add) != 2) {
		g_free(t);
		*error = strdup("wants times,add");
		return false;
	}
	*handle = t;
	return true;
}

static const char *times_call(void *handle, struct conduit_next *next,
			      unsigned int cpu, const struct ffa_value *in,
			      struct ffa_value *out)
{
	struct times *t = handle;
	struct ffa_value v = *in;

	v.x[0] += t->add;
	for (unsigned int i = 0; i < t->times; i++) {
		const char *why = next->call(next, cpu, &v, &v);

		if (why)
			return why;
	}
	*out = v;
	return NULL;
}

static const struct conduit_filter times = {
	.size = sizeof(times),
	.api_version = CONDUIT_API,
	.name = "times",
	.open = times_open,
	.close = g_free,
	.call = times_call,
};

/* Moves memory up by a page. */
static void *up_map(void *handle, struct conduit_next *next, uint64_t pa,
		    size_t len, bool secure)
{
	(void)handle;
	return next->map(next, pa - 0x1000, len, secure);
}

static const struct conduit_filter up = {
	.size = sizeof(up),
	.api_version = CONDUIT_API,
	.name = "up",
	.map = up_map,
};

START_TEST(stack)
{
	struct fake f = { 0 };
	struct ffa_value v = { .x = { 1 } };
	struct conduit *c = attach(&f);
	char *error = NULL;

	ck_assert(!conduit_push(c, &times, "x", &error));
	ck_assert_str_eq(error, "filter times: wants times,add");
	free(error);
	ck_assert(!conduit_push(c, &up, "x", &error));
	ck_assert_str_eq(error, "filter up takes no arguments");
	free(error);

	ck_assert(conduit_push(c, &times, "2,10", NULL));
	ck_assert(conduit_push(c, &up, "", NULL));
	ck_assert(conduit_push(c, &times, "3,100", NULL));
	ck_assert_ptr_null(conduit_call(c, 1, &v, &v));
	/* 1 + 100, then three times + 10 and two calls that add 1 */
	ck_assert_uint_eq(v.x[0], 1 + 100 + 3 * (10 + 2));
	ck_assert_uint_eq(f.calls, 6);
	ck_assert_uint_eq(f.cpu, 1);
	ck_assert_ptr_eq(conduit_map(c, 0x2001, 1, false), f.memory + 1);

	/* the driver's filter keeps the call to itself */
	ck_assert(conduit_push(c, &times, "0,5", NULL));
	v.x[0] = 1;
	ck_assert_ptr_null(conduit_call(c, 0, &v, &v));
	ck_assert_uint_eq(v.x[0], 6);
	ck_assert_uint_eq(f.calls, 6);
	conduit_close(c);
	ck_assert_uint_eq(f.closed, 1);
}
END_TEST

static char *file_text(const char *path)
{
	char *text;

	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	g_unlink(path);
	return text;
}

static void show_short(void *ctx, unsigned int cpu, const struct ffa_value *in,
		       const struct ffa_value *out, char *text, size_t size)
{
	g_snprintf(text, size, "%s%u %d>%d", (const char *)ctx, cpu,
		   (int)in->x[0], out ? (int)out->x[0] : -1);
}

START_TEST(log_filter)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(),
						 "ffasim-log-XXXXXX", NULL);
	int fd = g_mkstemp(path);
	g_autofree char *spec = g_strdup_printf(" log=%s  ", path);
	struct conduit_options o = {
		.size = sizeof(o), .filters = spec,
		.show = show_short, .show_ctx = (void *)"cpu",
	};
	struct fake f = { 0 };
	struct ffa_value v = { .x = { 0x84000066, 0x1000, 0, 1 } };
	struct conduit *c;
	char *text;

	close(fd);
	o.show = NULL;
	c = conduit_attach(&fake_ops, &f, &o, NULL);
	conduit_call(c, 2, &v, &v);
	f.why = "it hangs";
	v = (struct ffa_value){ .x = { 5 } };
	conduit_call(c, 0, &v, &v);
	conduit_close(c);
	text = file_text(path);
	ck_assert_str_eq(text, "ns@2 SMC(0x84000066, 0x1000, 0x0, 0x1) = "
			       "SMC(0x84000067)\n"
			       "ns@0 SMC(0x5) ...  # it hangs\n");
	g_free(text);

	f.why = NULL;
	o.show = show_short;
	c = conduit_attach(&fake_ops, &f, &o, NULL);
	v.x[0] = 5;
	conduit_call(c, 3, &v, &v);
	conduit_close(c);
	text = file_text(path);
	ck_assert_str_eq(text, "cpu3 5>6\n");
	g_free(text);
}
END_TEST

static gpointer driver(gpointer data)
{
	static gint next;

	ck_assert(conduit_bind(data, (unsigned int)g_atomic_int_add(&next, 1)));
	for (int i = 0; i < 2000; i++) {
		ffa_value_t v = { .x = { (uint64_t)i } };

		ffa_smc(v, &v);
		ck_assert_uint_eq(v.x[0], (uint64_t)i + 1);
	}
	return NULL;
}

START_TEST(threads)
{
	struct fake f = { 0 };
	struct conduit *c = attach(&f);
	GThread *t[4];

	for (int i = 0; i < 4; i++)
		t[i] = g_thread_new("driver", driver, c);
	for (int i = 0; i < 4; i++)
		g_thread_join(t[i]);
	ck_assert_uint_eq(f.calls, 4 * 2000);
	conduit_close(c);
}
END_TEST

Suite *check_conduit(void)
{
	Suite *s = suite_create("conduit");
	TCase *t = tcase_create("conduit");

	tcase_add_test(t, null_answers);
	tcase_add_test(t, errors);
	tcase_add_test(t, binding);
	tcase_add_test(t, no_answer);
	tcase_add_test_raise_signal(t, smc_without_answer_aborts, SIGABRT);
	tcase_add_test(t, memory);
	tcase_add_test(t, wrong_ops);
	tcase_add_test(t, stack);
	tcase_add_test(t, log_filter);
	tcase_add_test(t, threads);
	suite_add_tcase(s, t);
	return s;
}
