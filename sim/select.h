/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which scenarios: finds *.ffs under paths and keeps those that the options
 * name. Tags need the file's text, so they are matched by the caller.
 */
#ifndef SIM_SELECT_H
#define SIM_SELECT_H

#include <glib.h>
#include <stdbool.h>

struct select_options {
	char **paths;		/* NULL: scenarios/ or . */
	char *filter;		/* regular expression, searched in the name */
	char **tags;		/* each "a,!b" */
	char *shard;		/* "2/3" */
	gboolean failed;
	gboolean allow_empty;
};

struct select_item {
	char *path;		/* as given, or found below what was given */
	char *name;		/* see select_name */
};

/*
 * select_name: the name of the scenario in a file: the path without ".ffs"
 * behind its last directory "scenarios", or the whole path if there is none.
 * So a scenario has one name wherever it is called from. A new string.
 */
char *select_name(const char *path);

/*
 * select_find: struct select_item *, in the order of the paths and sorted
 * within a directory, each file once. An explicit file needs no suffix.
 * NULL with `error` if an option or a path is wrong.
 */
GPtrArray *select_find(const struct select_options *o, GError **error);

/* select_tags: `have` (char *) fits the tags of the options. */
bool select_tags(const struct select_options *o, const GPtrArray *have);

/* select_shard: the part of 0..n-1 that a name belongs to, on any machine. */
unsigned int select_shard(const char *name, unsigned int n);

/*
 * select_remember: keeps in .ffasim/last.json what failed. `ran` and
 * `failed` are select_item *: what did not run stays as it was. Writes
 * nothing if nothing changes, so a run that passes leaves no directory.
 */
bool select_remember(const GPtrArray *ran, const GPtrArray *failed,
		     GError **error);

#endif
