/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "inject.h"

/* -- doing it -------------------------------------------------------------- */

void inject_init(struct inject *i)
{
	memset(i, 0, sizeof(*i));
	i->first = i->step = 1;
}

bool inject_hits(struct inject *i, enum ffa_fn fn)
{
	if (!i->fns[fn] || i->seen == UINT32_MAX)
		return false;
	i->seen++;
	return i->seen >= i->first && (!i->last || i->seen <= i->last) &&
	       (i->seen - i->first) % i->step == 0;
}

void inject_set(const struct inject_regs *regs, struct ffa_value *v)
{
	for (unsigned int n = 0; n < FFA_REGS; n++)
		if (regs->set & 1u << n)
			v->x[n] = regs->x[n];
}

void inject_poke(const struct inject_bytes *bytes, void *buffer, size_t size)
{
	uint8_t *to = buffer;

	for (unsigned int n = 0; to && n < bytes->n; n++)
		if (bytes->at[n].offset < size)
			to[bytes->at[n].offset] = bytes->at[n].value;
}

void inject_answer(const struct ffa_value *in, int error,
		   struct ffa_value *out)
{
	enum ffa_fn fn = ffa_fn_find(in->x[0]);
	bool known = fn != FFA_FN_UNKNOWN;
	struct ffa_value r = { 0 };

	if (!known || ffa_fns[fn].regs <= 8)	/* x8-x17 are not the call's */
		memcpy(r.x + 8, in->x + 8, sizeof(r.x) - 8 * sizeof(r.x[0]));
	if (known && ffa_fns[fn].succ == FFA_SUCC_BARE) {
		r.x[0] = (uint32_t)error;
	} else {
		r.x[0] = (uint32_t)FFA_ID_ERROR;
		r.x[2] = (uint32_t)error;
	}
	*out = r;
}

/* -- reading --------------------------------------------------------------- */

struct reader {
	const char *text, *at;
	char **error;
};

G_GNUC_PRINTF(3, 4)
static bool wrong(struct reader *r, const char *at, const char *fmt, ...)
{
	g_autofree char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	*r->error = g_strdup_printf("column %d of '%s': %s",
				    (int)(at - r->text) + 1, r->text, what);
	return false;
}

static bool take(struct reader *r, const char *what)
{
	if (!g_str_has_prefix(r->at, what))
		return false;
	r->at += strlen(what);
	return true;
}

/* The name that is next: g_free it. */
static char *word(struct reader *r)
{
	const char *from = r->at;

	while (g_ascii_isalnum(*r->at) || *r->at == '_')
		r->at++;
	return g_strndup(from, (gsize)(r->at - from));
}

static bool number(struct reader *r, uint64_t least, uint64_t most,
		   uint64_t *num)
{
	const char *from = r->at;
	g_autofree char *digits = word(r);
	char *end;

	errno = 0;
	*num = g_ascii_strtoull(digits, &end, 0);
	if (g_ascii_isdigit(*digits) && !*end && !errno && *num >= least &&
	    *num <= most)
		return true;
	return wrong(r, from, "expected a number, 0x%" G_GINT64_MODIFIER
		     "x to 0x%" G_GINT64_MODIFIER "x", least, most);
}

static bool read_time(struct reader *r, uint64_t *ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 },
		{ "s", 1000000000 },
	};
	const char *from = r->at;
	g_autofree char *text = word(r);
	char *end;
	uint64_t num;

	errno = 0;
	num = g_ascii_strtoull(text, &end, 10);
	for (guint i = 0; i < G_N_ELEMENTS(units); i++)
		if (g_ascii_isdigit(*text) && !errno &&
		    !strcmp(end, units[i].unit) &&
		    num <= UINT64_MAX / 2 / units[i].ns) {
			*ns = num * units[i].ns;
			return true;
		}
	return wrong(r, from, "expected a time, like 5ms (ns, us, ms, s)");
}

static bool read_functions(struct reader *r, struct inject *i)
{
	do {
		const char *from = r->at;
		g_autofree char *name = word(r);
		enum ffa_fn fn = ffa_fn_named(name);

		if (!strcmp(name, "all"))
			memset(i->fns, true, sizeof(i->fns));
		else if (fn == FFA_FN_UNKNOWN)
			return wrong(r, from, "expected a function, like "
				     "FFA_MEM_SHARE_32, or all");
		else
			i->fns[fn] = true;
	} while (take(r, ","));
	return true;
}

static bool read_error(struct reader *r, struct inject *i)
{
	g_autoptr(GString) names = g_string_new(NULL);
	const char *from = r->at;
	g_autofree char *name = word(r);

	for (unsigned int e = 0; e < ffa_error_count; e++) {
		if (!strcmp(ffa_errors[e].name, name)) {
			i->error = ffa_errors[e].code;
			return true;
		}
		g_string_append_printf(names, " %s", ffa_errors[e].name);
	}
	return wrong(r, from, "expected one of%s", names->str);
}

static bool read_delay(struct reader *r, struct inject *i)
{
	return read_time(r, &i->delay);
}

/* FIRST[..LAST][+STEP], as strace has it */
static bool read_when(struct reader *r, struct inject *i)
{
	uint64_t num;

	if (!number(r, 1, UINT32_MAX, &num))
		return false;
	i->first = i->last = (uint32_t)num;
	if (take(r, "..")) {
		if (!number(r, i->first, UINT32_MAX, &num))
			return false;
		i->last = (uint32_t)num;
	} else if (g_str_has_prefix(r->at, "+")) {
		i->last = 0;
	}
	if (take(r, "+")) {
		if (!number(r, 1, UINT32_MAX, &num))
			return false;
		i->step = (uint32_t)num;
	}
	return true;
}

static bool read_drop(struct reader *r, struct inject *i)
{
	(void)r;
	i->drop = true;
	return true;
}

static bool read_interrupt(struct reader *r, struct inject *i)
{
	(void)r;
	i->interrupt = true;
	return true;
}

/* {x3=1,x4=2} */
static bool read_regs(struct reader *r, struct inject_regs *regs)
{
	if (!take(r, "{"))
		return wrong(r, r->at, "expected registers, like "
			     "{x3=0x10,x4=0}");
	do {
		const char *from = r->at;
		uint64_t reg;

		if (!take(r, "x") || !g_ascii_isdigit(*r->at))
			return wrong(r, from, "expected x0 to x%d",
				     FFA_REGS - 1);
		if (!number(r, 0, FFA_REGS - 1, &reg))
			return false;
		if (!take(r, "="))
			return wrong(r, r->at, "expected =");
		if (!number(r, 0, UINT64_MAX, &regs->x[reg]))
			return false;
		regs->set |= 1u << reg;
	} while (take(r, ","));
	return take(r, "}") || wrong(r, r->at, "expected , or }");
}

/* {0x1c=0xff,0x1d=0} */
static bool read_bytes(struct reader *r, struct inject_bytes *bytes)
{
	if (!take(r, "{"))
		return wrong(r, r->at, "expected offsets and bytes, like "
			     "{0x1c=0xff,0x1d=0}");
	do {
		const char *from = r->at;
		uint64_t offset, value;

		if (!number(r, 0, UINT32_MAX, &offset))
			return false;
		if (!take(r, "="))
			return wrong(r, r->at, "expected =");
		if (!number(r, 0, 0xff, &value))
			return false;
		if (bytes->n == INJECT_BYTES)
			return wrong(r, from, "that is more than %d bytes",
				     INJECT_BYTES);
		bytes->at[bytes->n].offset = (uint32_t)offset;
		bytes->at[bytes->n].value = (uint8_t)value;
		bytes->n++;
	} while (take(r, ","));
	return take(r, "}") || wrong(r, r->at, "expected , or }");
}

static bool read_in(struct reader *r, struct inject *i)
{
	return read_regs(r, &i->in);
}

static bool read_out(struct reader *r, struct inject *i)
{
	return read_regs(r, &i->out);
}

static bool read_tx(struct reader *r, struct inject *i)
{
	return read_bytes(r, &i->tx);
}

static bool read_rx(struct reader *r, struct inject *i)
{
	return read_bytes(r, &i->rx);
}

static const struct {
	const char *name;	/* with = if a value follows */
	bool (*read)(struct reader *r, struct inject *i);
	bool does;		/* something, of itself */
} keys[] = {
	{ "error=", read_error, true }, { "delay=", read_delay, true },
	{ "in=", read_in, true }, { "out=", read_out, true },
	{ "tx=", read_tx, true }, { "rx=", read_rx, true },
	{ "drop", read_drop, true }, { "interrupt", read_interrupt, true },
	{ "when=", read_when, false },
};

static bool read_key(struct reader *r, struct inject *i, bool *does)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint k = 0; k < G_N_ELEMENTS(keys); k++) {
		if (take(r, keys[k].name)) {
			*does |= keys[k].does;
			return keys[k].read(r, i);
		}
		g_string_append_printf(names, " %s", keys[k].name);
	}
	return wrong(r, r->at, "expected one of%s", names->str);
}

bool inject_parse(const char *text, struct inject *i, char **error)
{
	struct reader r = { text, text, error };
	bool does = false;

	inject_init(i);
	if (!read_functions(&r, i))
		return false;
	while (take(&r, ":"))
		if (!read_key(&r, i, &does))
			return false;
	if (*r.at)
		return wrong(&r, r.at, "expected : and a key, or the end");
	return does || wrong(&r, r.at, "nothing happens without error= delay= "
			     "in= out= tx= rx= drop or interrupt");
}

bool inject_parse_delay(const char *text, struct inject *i, char **error)
{
	struct reader r = { text, text, error };

	inject_init(i);
	if (!read_delay(&r, i))
		return false;
	if (!*r.at)
		memset(i->fns, true, sizeof(i->fns));
	else if (!take(&r, ":"))
		return wrong(&r, r.at, "expected : and functions, or the end");
	else if (!read_functions(&r, i))
		return false;
	return !*r.at || wrong(&r, r.at, "expected , or the end");
}
