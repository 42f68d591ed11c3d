/* SPDX-License-Identifier: BSD-3-Clause */
#include "shrink.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ffs.h"
#include "ops.h"
#include "run.h"

enum { SECONDS = 10 };	/* of one attempt */

/* A search under way. */
struct shrink {
	const char *path;
	const struct run_options *options;
	bool regs;
	struct shrink_reason want;
	unsigned int attempts;
	shrink_progress *progress;
	/* what of it fails: items to what is run */
	GBytes *(*build)(GPtrArray *items);
	void (*judge)(const struct shrink *sh, GBytes *what,
		      struct shrink_reason *why);
};

/* -- one attempt ----------------------------------------------------------- */

static void judge_text(const struct shrink *sh, GBytes *what,
		       struct shrink_reason *why)
{
	struct ffs_diags *d = ffs_diags_new();
	gsize len;
	const char *text = g_bytes_get_data(what, &len);
	struct ffs_file *f = ffs_parse_text(sh->path, text, len, d);

	why->verdict = RUN_BAD_FILE;
	if (f && !d->errors && ffs_check(f, d) &&
	    run_check(f, sh->options, d)) {
		g_autoptr(GPtrArray) variants = run_variants(f);

		why->verdict = RUN_PASS;
		for (guint i = 0; i < variants->len &&
		     why->verdict == RUN_PASS; i++) {
			struct run_result *r = run_variant(f,
				variants->pdata[i], sh->options);
			g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

			why->verdict = r->verdict;
			g_strlcpy(why->id, r->rule ? r->rule : "",
				  sizeof(why->id));
			if (!r->rule && r->line &&
			    r->line <= g_strv_length(lines))
				g_strlcpy(why->line, g_strstrip(
						lines[r->line - 1]),
					  sizeof(why->line));
			run_result_free(r);
		}
	}
	if (f)
		ffs_file_free(f);
	ffs_diags_free(d);
}

static void judge_bytes(const struct shrink *sh, GBytes *what,
			struct shrink_reason *why)
{
	static guint8 trace[OPS_REGS_MAX * 4];
	gsize len;
	const guint8 *data = g_bytes_get_data(what, &len);
	struct ops *o = ops_new();

	if (sh->regs) {
		len = ops_of_regs(data, len, trace, sizeof(trace));
		data = trace;
	}
	why->verdict = RUN_PASS;
	if (!ops_play(o, data, len, OPS_MAX_ROWS)) {
		why->verdict = RUN_INVARIANT;
		g_snprintf(why->id, sizeof(why->id), "%s %s %s", o->fault.id,
			   o->fault.sentence, spmc_rules[o->fault.rule].name ?
			   spmc_rules[o->fault.rule].name : "");
	}
	ops_free(o);
}

/* Judges it in a process of its own. */
static void attempt(const struct shrink *sh, GBytes *what,
		    struct shrink_reason *why)
{
	int fds[2], status;
	gssize n = 0;
	pid_t pid;

	memset(why, 0, sizeof(*why));
	why->verdict = RUN_BROKEN;
	if (pipe(fds))
		return;
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		alarm(SECONDS);
		sh->judge(sh, what, why);
		n = write(fds[1], why, sizeof(*why));
		_exit(n == sizeof(*why) ? 0 : 1);
	}
	close(fds[1]);
	if (pid > 0) {
		n = read(fds[0], why, sizeof(*why));
		waitpid(pid, &status, 0);
	}
	close(fds[0]);
	if (n == sizeof(*why))
		return;
	memset(why, 0, sizeof(*why));
	why->verdict = RUN_BROKEN;
	g_strlcpy(why->id, pid > 0 && WIFSIGNALED(status) &&
		  WTERMSIG(status) == SIGALRM ? "timeout" : "crash",
		  sizeof(why->id));
}

static bool is_same(const struct shrink_reason *a,
		    const struct shrink_reason *b)
{
	return a->verdict == b->verdict && !strcmp(a->id, b->id) &&
	       (*a->id || !strcmp(a->line, b->line));
}

static bool fails(struct shrink *sh, GPtrArray *items)
{
	g_autoptr(GBytes) what = sh->build(items);
	struct shrink_reason why;
	bool same;

	attempt(sh, what, &why);
	sh->attempts++;
	same = is_same(&why, &sh->want);
	if (same && sh->progress)
		sh->progress(sh->attempts, items->len);
	return same;
}

/* -- fewer items ----------------------------------------------------------- */

static GPtrArray *without(const GPtrArray *items, guint at, guint n)
{
	GPtrArray *to = g_ptr_array_new();

	for (guint i = 0; i < items->len; i++)
		if (i < at || i >= at + n)
			g_ptr_array_add(to, items->pdata[i]);
	return to;
}

/* Delta debugging: halves, quarters, to 8 and fewer, again while it helps. */
static GPtrArray *fewer(struct shrink *sh, GPtrArray *items)
{
	bool smaller = true;

	while (smaller) {
		smaller = false;
		for (guint n = MAX(items->len / 2, 1); n;
		     n = n > 8 ? n / 2 : n - 1)
			for (guint end = items->len; end > 0;) {
				guint at = end > n ? end - n : 0;
				GPtrArray *less = without(items, at, end - at);

				if (!fails(sh, less)) {
					/* a request and all up to its answer
					 * may begin at any line */
					end -= n > 8 ? MIN(n, end) : 1;
					g_ptr_array_unref(less);
					continue;
				}
				end = at;
				smaller = true;
				g_ptr_array_unref(items);
				items = less;
			}
	}
	return items;
}

/* -- scenarios ------------------------------------------------------------- */

static GBytes *build_text(GPtrArray *items)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < items->len; i++)
		g_string_append_printf(text, "%s\n",
				       (const char *)items->pdata[i]);
	return g_string_free_to_bytes(text);
}

static char *stmt_text(const struct ffs_stmt *s)
{
	GString *to = g_string_new(NULL);

	ffs_format_stmt(to, s, 0);
	return g_string_free(to, FALSE);
}

/* Tries a statement without its n-th argument; true if that is as good. */
static bool try_without(struct shrink *sh, GPtrArray *items, guint at,
			const struct ffs_stmt *s, struct ffs_arg *args,
			unsigned int *count, unsigned int n, GPtrArray *texts)
{
	struct ffs_arg kept = args[n];
	void *was = items->pdata[at];
	unsigned int i;

	for (i = n; i + 1 < *count; i++)
		args[i] = args[i + 1];
	(*count)--;
	items->pdata[at] = stmt_text(s);
	g_ptr_array_add(texts, items->pdata[at]);
	if (fails(sh, items))
		return true;
	for (i = *count; i > n; i--)
		args[i] = args[i - 1];
	args[n] = kept;
	(*count)++;
	items->pdata[at] = was;
	return false;
}

static void drop_args(struct shrink *sh, GPtrArray *items, guint at,
		      const struct ffs_stmt *s, struct ffs_arg *args,
		      unsigned int *count, GPtrArray *texts)
{
	for (unsigned int n = *count; n > 0; n--)
		if (args[n - 1].name || s->kind != FFS_S_DIRECTIVE)
			try_without(sh, items, at, s, args, count, n - 1,
				    texts);
}

/* Statements as they are now, each parsed for itself. */
static void fewer_arguments(struct shrink *sh, GPtrArray *items,
			    GPtrArray *texts)
{
	for (guint i = 0; i < items->len; i++) {
		struct ffs_diags *d = ffs_diags_new();
		const char *text = items->pdata[i];
		struct ffs_file *f = ffs_parse_alone("line", text,
						     strlen(text), d);

		if (f && !d->errors && f->list.n == 1) {
			struct ffs_stmt *s = f->list.v[0];

			if (s->actor)
				drop_args(sh, items, i, s, s->call.args,
					  &s->call.count, texts);
			else
				drop_args(sh, items, i, s, s->args,
					  &s->count, texts);
		}
		if (f)
			ffs_file_free(f);
		ffs_diags_free(d);
	}
}

static GPtrArray *statements(const struct ffs_file *f, GPtrArray *texts)
{
	GPtrArray *items = g_ptr_array_new();

	for (unsigned int i = 0; i < f->list.n; i++) {
		char *text = stmt_text(f->list.v[i]);

		g_ptr_array_add(texts, text);
		g_ptr_array_add(items, text);
	}
	return items;
}

char *shrink_scenario(const char *path, const struct run_options *o,
		      struct shrink_reason *why, shrink_progress *progress,
		      char **error)
{
	struct shrink sh = {
		.path = path, .options = o, .progress = progress,
		.build = build_text, .judge = judge_text,
	};
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	struct ffs_diags *d = ffs_diags_new();
	struct ffs_file *f = ffs_load(path, d);
	g_autoptr(GBytes) bytes = NULL;
	GPtrArray *items;
	char *text = NULL;
	gsize len;

	*error = NULL;
	if (!f || d->errors) {
		*error = ffs_diags_format(d, false);
		if (f)
			ffs_file_free(f);
		ffs_diags_free(d);
		return NULL;
	}
	items = statements(f, texts);
	bytes = build_text(items);
	attempt(&sh, bytes, &sh.want);
	*why = sh.want;
	if (why->verdict == RUN_PASS || why->verdict == RUN_SKIP ||
	    why->verdict == RUN_BAD_FILE) {
		*error = g_strdup(why->verdict == RUN_BAD_FILE ?
				  "it cannot be run: see ffasim check" :
				  "it does not fail");
	} else {
		items = fewer(&sh, items);
		fewer_arguments(&sh, items, texts);
		items = fewer(&sh, items);
		g_bytes_unref(bytes);
		bytes = build_text(items);
		text = g_strndup(g_bytes_get_data(bytes, &len),
				 g_bytes_get_size(bytes));
	}
	g_ptr_array_unref(items);
	ffs_file_free(f);
	ffs_diags_free(d);
	return text;
}

/* -- bytes ----------------------------------------------------------------- */

static GBytes *build_bytes(GPtrArray *items)
{
	GByteArray *to = g_byte_array_new();

	for (guint i = 0; i < items->len; i++) {
		gsize len;
		const guint8 *from = g_bytes_get_data(items->pdata[i], &len);

		g_byte_array_append(to, from, (guint)len);
	}
	return g_byte_array_free_to_bytes(to);
}

static void unref_bytes(void *bytes)
{
	g_bytes_unref(bytes);
}

/* What can go: rows behind the board, or sets behind the head. */
static GPtrArray *parts(GBytes *bytes, bool regs, GPtrArray *all)
{
	GPtrArray *items = g_ptr_array_new();
	gsize len, step = regs ? OPS_REGS_SET : OPS_ROW, at;
	const guint8 *data = g_bytes_get_data(bytes, &len);

	at = regs ? OPS_REGS_HEAD : ops_board_rows(data, len) * OPS_ROW;
	at = MIN(at, len);
	g_ptr_array_add(all, g_bytes_new(data, at));
	for (; at < len; at += step)
		g_ptr_array_add(all, g_bytes_new(data + at,
						 MIN(step, len - at)));
	for (guint i = 0; i < all->len; i++)
		g_ptr_array_add(items, all->pdata[i]);
	return items;
}

/* Bytes become zero where that is as good; the board's too. */
static void emptier(struct shrink *sh, GPtrArray *items, GPtrArray *all)
{
	for (guint i = 0; i < items->len; i++) {
		gsize len;
		const guint8 *data = g_bytes_get_data(items->pdata[i], &len);

		for (gsize k = 0; k < len; k++) {
			g_autofree guint8 *copy = NULL;
			void *was = items->pdata[i];

			if (!data[k])
				continue;
			copy = g_memdup2(data, len);
			copy[k] = 0;
			items->pdata[i] = g_bytes_new(copy, len);
			g_ptr_array_add(all, items->pdata[i]);
			if (fails(sh, items))
				data = g_bytes_get_data(items->pdata[i], NULL);
			else
				items->pdata[i] = was;
		}
	}
}

GBytes *shrink_bytes(GBytes *bytes, bool regs, struct shrink_reason *why,
		     shrink_progress *progress, char **error)
{
	struct shrink sh = {
		.regs = regs, .progress = progress, .build = build_bytes,
		.judge = judge_bytes,
	};
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(unref_bytes);
	g_autoptr(GPtrArray) again =
		g_ptr_array_new_with_free_func(unref_bytes);
	GPtrArray *items;
	GBytes *small;

	*error = NULL;
	attempt(&sh, bytes, &sh.want);
	*why = sh.want;
	if (why->verdict == RUN_PASS) {
		*error = g_strdup("it does not fail");
		return NULL;
	}
	items = fewer(&sh, parts(bytes, regs, all));
	emptier(&sh, items, all);
	/* a board that says less may have fewer rows */
	small = build_bytes(items);
	g_ptr_array_unref(items);
	items = fewer(&sh, parts(small, regs, again));
	g_bytes_unref(small);
	small = build_bytes(items);
	g_ptr_array_unref(items);
	return small;
}
