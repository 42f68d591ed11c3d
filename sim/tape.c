/* SPDX-License-Identifier: BSD-3-Clause */
#include "tape.h"

#include <string.h>

static void clear_lane(void *data)
{
	struct tape_lane *l = data;

	g_free(l->name);
}

static void clear_step(void *data)
{
	struct tape_step *s = data;

	g_free(s->rule);
	g_free(s->text);
}

struct tape *tape_new(void)
{
	struct tape *t = g_new0(struct tape, 1);

	t->lanes = g_array_new(FALSE, FALSE, sizeof(struct tape_lane));
	g_array_set_clear_func(t->lanes, clear_lane);
	t->steps = g_array_new(FALSE, FALSE, sizeof(struct tape_step));
	g_array_set_clear_func(t->steps, clear_step);
	return t;
}

void tape_free(struct tape *t)
{
	if (!t)
		return;
	g_free(t->title);
	g_array_unref(t->lanes);
	g_array_unref(t->steps);
	g_free(t);
}

int tape_lane(struct tape *t, const char *name, uint16_t id,
	      unsigned int cpu)
{
	struct tape_lane l = { .id = id, .cpu = cpu };

	for (guint i = 0; i < t->lanes->len; i++) {
		const struct tape_lane *old =
			&g_array_index(t->lanes, struct tape_lane, i);

		if (old->cpu == cpu && !strcmp(old->name, name))
			return (int)i;
	}
	l.name = g_strdup(name);
	g_array_append_val(t->lanes, l);
	return (int)t->lanes->len - 1;
}

struct tape_step *tape_add(struct tape *t, enum tape_kind kind, int lane,
			   uint64_t time, char *text)
{
	struct tape_step s = {
		.kind = kind, .lane = lane, .time = time, .text = text,
	};

	g_array_append_val(t->steps, s);
	return &g_array_index(t->steps, struct tape_step, t->steps->len - 1);
}
