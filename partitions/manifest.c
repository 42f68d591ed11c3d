/* SPDX-License-Identifier: BSD-3-Clause */
/* From a file to a checked tree, and from there to struct manifest. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "manifest_impl.h"

enum { ERROR_LINES = 10 };

/* -- sources -------------------------------------------------------------- */

/* A file in memory that a program can have as its standard input. */
static int text_fd(const char *text, gsize len)
{
	gsize done = 0;
	ssize_t n;
	int fd;

	fd = memfd_create("manifest", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	while (done < len) {
		n = write(fd, text + done, len - done);
		if (n < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		done += n < 0 ? 0 : (gsize)n;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* What a program said, with the real name of its input, and not too long. */
static char *said(const char *path, const char *text, gsize len)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)len);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(valid), "\n", -1);
	GString *out = g_string_new(NULL);

	for (int i = 0; lines[i] && i < ERROR_LINES; i++) {
		g_string_append_printf(out, "%s%s", i ? "\n" : "", lines[i]);
	}
	g_string_replace(out, "<stdin>", path, 0);
	return g_string_free(out, FALSE);
}

/* What a program has written to a file in memory. */
static GBytes *fd_bytes(int fd)
{
	g_autoptr(GMappedFile) file =
		g_mapped_file_new_from_fd(fd, FALSE, NULL);

	return file ? g_mapped_file_get_bytes(file) : g_bytes_new(NULL, 0);
}

/*
 * Runs argv with files in memory as its standard streams: no pipes to pump,
 * and no libgio, whose loading would double the program's start-up time.
 * Its wait status, or -1 with *e.
 */
static int run(const char *const *argv, const int fds[3], GError **e)
{
	int status;
	GPid pid;

	if (!g_spawn_async_with_pipes_and_fds(
		    NULL, argv, NULL,
		    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL,
		    NULL, fds[0], fds[1], fds[2], NULL, NULL, 0, &pid, NULL,
		    NULL, NULL, e))
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Runs argv with `text` as its input. NULL with *error, else its output. */
static GBytes *filter(const char *path, const char *const *argv,
		      const char *package, const char *text, gsize len,
		      char **error)
{
	int fds[3] = { text_fd(text, len), text_fd("", 0), text_fd("", 0) };
	g_autoptr(GBytes) out = NULL;
	g_autoptr(GBytes) err = NULL;
	g_autoptr(GError) e = NULL;
	g_autofree char *why = NULL;
	const char *data;
	int status, i;
	gsize n;

	if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0) {
		*error = g_strdup_printf("%s: %s", path, g_strerror(errno));
		status = -1;
	} else {
		status = run(argv, fds, &e);
		out = fd_bytes(fds[1]);
		err = fd_bytes(fds[2]);
	}
	for (i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (g_error_matches(e, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
		*error = g_strdup_printf(
			"%s: needs %s, which is not installed: apt-get "
			"install %s", path, argv[0], package);
	else if (e)
		*error = g_strdup_printf("%s: %s: %s", path, argv[0],
					 e->message);
	if (status < 0)
		return NULL;
	if (!status)
		return g_steal_pointer(&out);

	data = g_bytes_get_data(err, &n);
	why = said(path, data ? data : "", n);
	*error = g_strdup_printf("%s: %s cannot read this device tree source%s"
				 "%s%s", path, argv[0],
				 strstr(text, "/dts-v1/")
					 ? "" : ", which has no /dts-v1/;",
				 *why ? "\n" : "", why);
	return NULL;
}

/* Has lines for the C preprocessor (and not just #address-cells). */
static bool wants_cpp(const char *text, gsize len)
{
	return g_regex_match_simple(
		"^[ \\t]*#[ \\t]*(include|define|undef|if|ifdef|ifndef|elif|"
		"else|endif|error|pragma)\\b", text,
		G_REGEX_MULTILINE | G_REGEX_RAW, 0) && !memchr(text, 0, len);
}

/* What cpp left as a text: it ends with a NUL. */
static char *text_of(GBytes *bytes, gsize *len)
{
	const char *data = g_bytes_get_data(bytes, len);

	return g_strndup(data ? data : "", *len);
}

static GBytes *compile(const char *path, const char *text, gsize len,
		       char **error)
{
	g_autofree char *dir = g_path_get_dirname(path);
	const char *cpp[] = { "cpp", "-nostdinc", "-undef", "-D__DTS__", "-x",
			      "assembler-with-cpp", "-I", dir, "-", NULL };
	const char *dtc[] = { "dtc", "-q", "-I", "dts", "-O", "dtb", "-i", dir,
			      "-", NULL };
	g_autoptr(GBytes) bytes = NULL;
	g_autofree char *plain = NULL;

	if (wants_cpp(text, len)) {
		bytes = filter(path, cpp, "cpp", text, len, error);
		if (!bytes)
			return NULL;
		plain = text_of(bytes, &len);
		text = plain;
	}
	return filter(path, dtc, "device-tree-compiler", text, len, error);
}

/* -- reading -------------------------------------------------------------- */

static void set_defaults(struct manifest *m)
{
	/* also what the checks see if one is missing: no second complaint */
	m->el = MANIFEST_S_EL1;
	m->ec_count = 1;
	m->granule = MANIFEST_PAGE;
	m->boot_order = MANIFEST_LAST;
	m->boot_register = MANIFEST_NO_REGISTER;
	m->live_register = MANIFEST_NO_REGISTER;
	m->ns_action = SPMC_NS_SIGNALED;
	m->other_s_action = 1;
	m->abort_action = MANIFEST_ABORT_IMPDEF;
}

/* Which binding the root node follows; false with an error. */
static bool read_compatible(struct reader *r)
{
	const char *s;
	int len;

	if (!fdt_get_name(r->fdt, 0, NULL)) {
		reader_error(r, -1, NULL, "the device tree has no root node");
		return false;
	}
	for (int i = 0;; i++) {
		s = fdt_stringlist_get(r->fdt, 0, "compatible", i, &len);
		if (!s)
			break;
		if (!strcmp(s, "arm,ffa-core-manifest-1.0")) {
			r->m->core = g_new0(struct manifest_core, 1);
			return true;
		}
		if (!g_str_has_prefix(s, "arm,ffa-manifest-1.") ||
		    strlen(s) != strlen("arm,ffa-manifest-1.0") ||
		    !g_ascii_isdigit(s[len - 1]))
			continue;
		r->m->binding = (unsigned int)g_ascii_digit_value(s[len - 1]);
		if (r->m->binding > 1)
			reader_warning(r, 0, "compatible",
				       "binding 1.%u is read as 1.1",
				       r->m->binding);
		return true;
	}
	reader_error(r, 0, "compatible",
		     "%s, expected \"arm,ffa-manifest-1.0\" or 1.1 (a "
		     "partition) or \"arm,ffa-core-manifest-1.0\" (the SPMC)",
		     fdt_getprop(r->fdt, 0, "compatible", NULL)
			     ? "is no FF-A manifest" : "is missing");
	return false;
}

static bool check_blob(struct reader *r, const void *blob, gsize size)
{
	int e;

	if (size > MANIFEST_MAX_SIZE) {
		reader_error(r, -1, NULL,
			     "has %" G_GSIZE_FORMAT " bytes, expected at most "
			     "%d", size, MANIFEST_MAX_SIZE);
		return false;
	}
	if (size < sizeof(struct fdt_header)) {
		reader_error(r, -1, NULL,
			     "truncated: %" G_GSIZE_FORMAT " bytes are less "
			     "than the header of a device tree blob", size);
		return false;
	}
	if (fdt_magic(blob) == FDT_MAGIC && fdt_totalsize(blob) > size) {
		reader_error(r, -1, NULL,
			     "truncated: the header says %u bytes, there are "
			     "%" G_GSIZE_FORMAT, fdt_totalsize(blob), size);
		return false;
	}
	e = fdt_check_full(blob, size);
	/* Older layouts have padding rules that the reader does not know. */
	if (!e && fdt_version(blob) < 16)
		e = -FDT_ERR_BADVERSION;
	if (e) {
		reader_error(r, -1, NULL,
			     "is no valid device tree blob: %s",
			     fdt_strerror(e));
		return false;
	}
	return true;
}

static void set_name(struct manifest *m)
{
	if (m->description)
		m->name = g_strdup(m->description);
	else if (m->debug_name)
		m->name = g_strdup(m->debug_name);
	else
		m->name = g_path_get_basename(m->file);
}

struct manifest *manifest_parse(const char *name, const void *blob, gsize size,
				char **error, GPtrArray *warnings)
{
	struct manifest *m = g_new0(struct manifest, 1);
	struct reader r = {
		.m = m,
		.errors = g_string_new(NULL),
		.warnings = warnings,
	};
	gsize kept = MIN(size, (gsize)MANIFEST_MAX_SIZE);

	m->file = g_strdup(name);
	set_defaults(m);
	/* malloc() aligns; the bytes behind the header's size are dropped */
	m->blob = g_malloc(kept ? kept : 1);
	if (kept)
		memcpy(m->blob, blob, kept);
	m->blob_size = kept;
	r.fdt = m->blob;

	if (check_blob(&r, m->blob, size)) {
		m->blob_size = fdt_totalsize(m->blob);
		if (read_compatible(&r)) {
			if (m->core)
				manifest_read_core(&r);
			else
				manifest_read_partition(&r);
		}
	}
	set_name(m);
	if (!r.error_count) {
		g_string_free(r.errors, TRUE);
		return m;
	}
	*error = g_string_free(r.errors, FALSE);
	manifest_free(m);
	return NULL;
}

struct manifest *manifest_load(const char *path, char **error,
			       GPtrArray *warnings)
{
	g_autoptr(GBytes) blob = NULL;
	g_autofree char *text = NULL;
	g_autoptr(GError) e = NULL;
	const void *data;
	GStatBuf st;
	gsize len;

	if (g_stat(path, &st)) {
		*error = g_strdup_printf("%s: %s", path, g_strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		*error = g_strdup_printf("%s: is no regular file", path);
		return NULL;
	}
	if (st.st_size > MANIFEST_MAX_SIZE) {
		*error = g_strdup_printf(
			"%s: has %" G_GINT64_FORMAT " bytes, expected at most "
			"%d", path, (gint64)st.st_size, MANIFEST_MAX_SIZE);
		return NULL;
	}
	if (!g_file_get_contents(path, &text, &len, &e)) {
		*error = g_strdup_printf("%s: %s", path, e->message);
		return NULL;
	}
	if ((len >= 4 && fdt_magic(text) == FDT_MAGIC) ||
	    g_str_has_suffix(path, ".dtb"))
		return manifest_parse(path, text, len, error, warnings);

	blob = compile(path, text, len, error);
	if (!blob)
		return NULL;
	data = g_bytes_get_data(blob, &len);
	return manifest_parse(path, data, len, error, warnings);
}

void manifest_free(struct manifest *m)
{
	if (!m)
		return;
	manifest_core_free(m->core);
	for (unsigned int i = 0; i < m->region_count; i++)
		manifest_region_clear(&m->regions[i]);
	g_free(m->regions);
	g_free(m->sepids.v);
	g_free(m->description);
	g_free(m->debug_name);
	g_free(m->blob);
	g_free(m->name);
	g_free(m->file);
	g_free(m);
}
