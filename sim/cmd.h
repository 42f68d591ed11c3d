/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of the program, and what they share. */
#ifndef SIM_CMD_H
#define SIM_CMD_H

#include <glib.h>
#include <stdbool.h>

#include "sim/select.h"
#include "spmc.h"

/* Exit codes that are no verdict of a scenario. */
enum { CMD_OK = 0, CMD_USAGE = 2, CMD_INTERRUPTED = 130 };

/* Each takes argv from the command on and returns the exit code. */
int cmd_run(char **argv);
int cmd_check(char **argv);
int cmd_list(char **argv);
int cmd_fmt(char **argv);
int cmd_doc(char **argv);
int cmd_cover(char **argv);
int cmd_convert(char **argv);
int cmd_shrink(char **argv);
int cmd_explore(char **argv);
int cmd_msc(char **argv);
int cmd_serve(char **argv);
int cmd_ctrl(char **argv);

/* What several commands take. Zeroed, filled by cmd_parse. */
struct cmd_common {
	struct select_options select;
	char *color, *ffa, *decode;
	char *profile_name;
	enum spmc_profile profile;
	char **defines;
	gboolean quiet, json;
	int verbose;		/* number of -v */
	int jobs;
};

/* Which of them a command takes. */
enum cmd_takes {
	CMD_SELECT = 1, CMD_COLOR = 2, CMD_PROFILE = 4, CMD_FFA = 8,
	CMD_DECODE = 16, CMD_DEFINE = 32, CMD_QUIET = 64, CMD_VERBOSE = 128,
	CMD_JSON = 256, CMD_JOBS = 512,
};

/*
 * cmd_parse: the options of `command`: those of `takes` and `own` (ends with
 * an empty entry, or NULL). What is left goes to common->select.paths.
 * Strings are bytes as they came: entries use G_OPTION_ARG_FILENAME. Values
 * of the common ones are checked. -1: go on; else the exit code, all said.
 */
int cmd_parse(const char *command, unsigned int takes,
	      const GOptionEntry *own, struct cmd_common *common,
	      char **argv);
void cmd_common_free(struct cmd_common *c);

/* cmd_usage: "ffasim COMMAND: message" and where to look; returns CMD_USAGE. */
int cmd_usage(const char *command, const char *fmt, ...)
	G_GNUC_PRINTF(2, 3);

/* synopsis.txt, compiled in. */
extern const char cmd_text[];

/* cmd_synopsis: the section of synopsis.txt, a new string, or NULL. */
char *cmd_synopsis(const char *command);

/* cmd_colors: --color, NO_COLOR, and whether `fd` is a terminal. */
bool cmd_colors(const char *when, int fd);

/* cmd_decode: enum codec_mode of -X; `def` without. */
int cmd_decode(const char *mode, int def);

#endif
