/* SPDX-License-Identifier: BSD-3-Clause */
/* The other end of the server's control channel. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/serve.h"

static const char me[] = "ctrl";

enum { FAILED = 1, BROKEN = 99 };

static int complain(int code, const char *what, const char *why)
{
	fprintf(stderr, "ffasim ctrl: %s: %s\n", what, why);
	return code;
}

static bool send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* "ok N\n", or "error SENTENCE\n"; then `answer` is the sentence. */
static bool read_answer(FILE *from, GByteArray *answer, bool *ok)
{
	g_autofree char *line = NULL;
	char *raw = NULL;
	size_t size = 0;
	guint64 n;
	bool got;

	got = getline(&raw, &size, from) > 0;
	line = g_strchomp(g_strdup(got ? raw : ""));
	free(raw);
	*ok = g_str_has_prefix(line, "ok ");
	if (g_str_has_prefix(line, "error ")) {
		g_byte_array_append(answer, (const guint8 *)line + 6,
				    (guint)strlen(line + 6) + 1);
		return true;
	}
	if (!*ok)
		return false;
	n = g_ascii_strtoull(line + 3, NULL, 10);
	if (n > G_MAXINT)
		return false;
	g_byte_array_set_size(answer, (guint)n);
	return !n || fread(answer->data, 1, n, from) == n;
}

static int ask(const char *address, const char *line, const char *data,
	       size_t len, GByteArray *answer)
{
	g_autofree char *error = NULL;
	g_autofree char *what = g_strchomp(g_strdup(line));
	int fd = serve_connect(address, &error);
	bool ok = false;
	FILE *from;

	if (fd < 0)
		return complain(BROKEN, error, "is it serving with --ctrl?");
	from = fdopen(fd, "r");
	if (!from || !send_all(fd, line, strlen(line)) ||
	    !send_all(fd, data, len) || !read_answer(from, answer, &ok)) {
		if (from)
			fclose(from);
		return complain(BROKEN, address, "no answer");
	}
	fclose(from);
	if (!ok)
		return complain(FAILED, what, (const char *)answer->data);
	return CMD_OK;
}

static int save(const char *address, const char *path)
{
	g_autoptr(GByteArray) answer = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	int code = ask(address, "save\n", "", 0, answer);

	if (code)
		return code;
	if (g_file_set_contents(path, (const char *)answer->data,
				(gssize)answer->len, &error))
		return CMD_OK;
	return complain(BROKEN, path, error->message);
}

static int load(const char *address, const char *path)
{
	g_autoptr(GByteArray) answer = g_byte_array_new();
	g_autofree char *line = NULL, *data = NULL;
	g_autoptr(GError) error = NULL;
	gsize len;

	if (!g_file_get_contents(path, &data, &len, &error))
		return complain(BROKEN, path, error->message);
	line = g_strdup_printf("load %zu\n", len);
	return ask(address, line, data, len, answer);
}

static int command(const char *address, char **words)
{
	g_autofree char *joined = g_strjoinv(" ", words);
	g_autofree char *line = g_strconcat(joined, "\n", NULL);
	g_autoptr(GByteArray) answer = g_byte_array_new();
	int code;

	if (strchr(joined, '\n'))
		return cmd_usage(me, "a command is one line");
	code = ask(address, line, "", 0, answer);
	if (!code && answer->len)
		fwrite(answer->data, 1, answer->len, stdout);
	return code;
}

int cmd_ctrl(char **argv)
{
	struct cmd_common c;
	int code = cmd_parse(me, 0, NULL, &c, argv);
	char **words = c.select.paths;
	unsigned int n = words ? g_strv_length(words) : 0;

	if (code < 0 && n < 2)
		code = cmd_usage(me, "expected an address and a command, as\n"
				 "  ffasim ctrl unix:/run/ffa.ctrl status");
	if (code < 0 && !strcmp(words[1], "save"))
		code = n == 3 ? save(words[0], words[2]) :
		       cmd_usage(me, "expected: save FILE");
	if (code < 0 && !strcmp(words[1], "load"))
		code = n == 3 ? load(words[0], words[2]) :
		       cmd_usage(me, "expected: load FILE");
	if (code < 0)
		code = command(words[0], words + 1);
	cmd_common_free(&c);
	return code;
}
