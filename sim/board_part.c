/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of a board: from `part` lines and manifests to endpoints. */
#include <stdio.h>
#include <string.h>

#include "board_priv.h"
#include "partition.h"
#include "partitions/manifest.h"
#include "run.h"

enum {
	IMAGE_BASE = 0x08000000, IMAGE_STEP = 0x00400000,
	IMAGE_SIZE = 0x00100000, FIRST_SP = 0x8001,
	BOARD_MEI = 4,		/* of Hafnium */
};

/* -- words ----------------------------------------------------------------- */

/* The n-th of `a` or `a,b,c`. */
static const struct ffs_value *nth(const struct ffs_value *v, unsigned int n)
{
	if (v->kind != FFS_V_LIST)
		return n ? NULL : v;
	return n < v->count ? v->items[n].value : NULL;
}

const char *board_word(const struct ffs_value *v)
{
	return v && v->kind == FFS_V_ID ? v->text : "";
}

/* -- parts ----------------------------------------------------------------- */

/* Bits that a word of `can=` or `pm=` stands for. */
struct flag_word {
	const char *name;
	uint32_t bits;
};
static const struct flag_word can_words[] = {
	{ "direct", FFA_PART_RECV_DIRECT }, { "send", FFA_PART_SEND_DIRECT },
	{ "notif", FFA_PART_NOTIFICATION }, { "indirect", FFA_PART_INDIRECT },
	{ "direct2", FFA_PART_RECV_DIRECT2 },
	{ "send2", FFA_PART_SEND_DIRECT2 },
	{ "vm-created", FFA_PART_VM_CREATED },
	{ "vm-destroyed", FFA_PART_VM_DESTROYED },
	{ NULL, 0 },
};
static const struct flag_word pm_words[] = {
	{ "off", SPMC_PM_CPU_OFF }, { "suspend", SPMC_PM_CPU_SUSPEND },
	{ "resume", SPMC_PM_CPU_RESUME }, { NULL, 0 },
};

static const struct flag_word abort_words[] = {
	{ "stop", SPMC_ABORT_STOP }, { "destroy", SPMC_ABORT_DESTROY },
	{ "restart", SPMC_ABORT_RESTART },
	{ "propagate", SPMC_ABORT_PROPAGATE }, { NULL, 0 },
};

static uint32_t flags(const struct ffs_value *v, const struct flag_word *w)
{
	const struct ffs_value *one;
	uint32_t bits = 0;

	for (unsigned int i = 0; (one = nth(v, i)); i++)
		for (const struct flag_word *k = w; k->name; k++)
			if (!strcmp(k->name, board_word(one)))
				bits |= k->bits;
	return bits;
}

static bool is_primary(const struct board *b, const struct ffs_stmt *s)
{
	uint64_t id;

	if (board_key_number(b, s, "id", &id))
		return id == FFA_ID_NS_PRIMARY;
	return !strcmp(board_word(board_key(b, s, "kind")), "hyp");
}

static bool is_vm(const struct board *b, const struct ffs_stmt *s)
{
	const char *kind = board_word(board_key(b, s, "kind"));

	return !strcmp(kind, "vm") || !strcmp(kind, "hyp");
}

static bool is_taken(const struct board *b, unsigned int n, uint16_t id)
{
	g_autoptr(GPtrArray) stmts = board_gather(b, FFS_W_PART);
	uint64_t said;

	for (unsigned int i = 0; i < n; i++)
		if (b->endpoints[i].id == id)
			return true;
	for (guint i = 0; i < stmts->len; i++)
		if (board_key_number(b, stmts->pdata[i], "id", &said) &&
		    said == id)
			return true;
	return false;
}

static uint16_t free_id(const struct board *b, unsigned int n, uint16_t from)
{
	while (is_taken(b, n, from))
		from++;
	return from;
}

static void default_uuid(struct spmc_endpoint_config *e)
{
	static const struct ffa_uuid base = { {
		0xff, 0xa5, 0, 0, 0, 0, 0x40, 0, 0x80 } };

	e->uuids[0] = base;
	e->uuids[0].b[14] = e->id >> 8;
	e->uuids[0].b[15] = (uint8_t)e->id;
	e->uuid_count = 1;
}

/* What the keys of a part say, over what its manifest says. */
static void apply_keys(struct board *b, const struct ffs_stmt *s,
		       struct spmc_endpoint_config *e, struct ffs_diags *d)
{
	const struct ffs_value *v, *one;
	uint64_t num;

	v = board_key(b, s, "uuid");
	for (unsigned int i = 0; v && (one = nth(v, i)); i++) {
		if (i >= SPMC_MAX_UUIDS) {
			ffs_error(d, &one->loc, NULL,
				  "more than %d UUIDs", SPMC_MAX_UUIDS);
			break;
		}
		e->uuids[i] = one->uuid;
		e->uuid_count = i + 1;
	}
	if (board_key_number(b, s, "ec", &num))
		e->ec_count = num;
	if (board_key_number(b, s, "ffa", &num))
		e->version = num;
	if (board_key_number(b, s, "boot-order", &num))
		e->boot_order = num;
	if ((v = board_key(b, s, "can")))
		e->props = (e->props & FFA_PART_AARCH64) | flags(v, can_words);
	if ((v = board_key(b, s, "pm")))
		e->pm = flags(v, pm_words);
	v = board_key(b, s, "exec");
	if (v) {
		e->aarch32 = !strcmp(board_word(v), "aarch32");
		e->props &= ~(uint32_t)FFA_PART_AARCH64;
		if (!e->aarch32)
			e->props |= FFA_PART_AARCH64;
	}
	v = board_key(b, s, "el");
	if (v && e->kind >= SPMC_SP_EL1)
		e->kind = strcmp(board_word(v), "s-el0") ? SPMC_SP_EL1 :
							   SPMC_SP_EL0;
	if (board_key_number(b, s, "live", &num)) {
		e->live = (uint8_t)MIN(num + 1, UINT8_MAX);
		e->props |= FFA_PART_LIVE;
	}
	if ((v = board_key(b, s, "abort")))
		e->abort = (uint8_t)flags(v, abort_words);
	v = board_key(b, s, "s-action");
	if (v)
		e->s_action = !strcmp(board_word(v), "queued") ? SPMC_S_QUEUED :
							   SPMC_S_SIGNALED;
	v = board_key(b, s, "mei-signal");
	if (v)
		e->mei_virq = !strcmp(board_word(v), "virq");
	v = board_key(b, s, "ns-action");
	if (v)
		e->ns_action =
			!strcmp(board_word(v), "queued") ? SPMC_NS_QUEUED :
			!strcmp(board_word(v), "signaled") ? SPMC_NS_SIGNALED :
			SPMC_NS_MANAGED_EXIT;
}

static char *beside(const struct ffs_loc *loc, const char *path)
{
	g_autofree char *dir = g_path_get_dirname(loc->src ? loc->src->name :
						  ".");

	if (g_path_is_absolute(path) || !strcmp(dir, "."))
		return g_strdup(path);
	return g_build_filename(dir, path, NULL);
}

char *board_path(const struct ffs_stmt *s, const char *path)
{
	return beside(&s->loc, path);
}

/* What was said since is about this line. */
static void warned(struct board *b, const struct ffs_loc *at)
{
	while (b->warned_at->len < b->warnings->len)
		g_ptr_array_add(b->warned_at, (void *)at);
}

/* Loads the manifest of a part, if it has one. False after an error. */
static bool load_manifest(struct board *b, const struct ffs_stmt *s,
			  struct manifest **m, struct ffs_diags *d)
{
	const struct ffs_value *v = board_key(b, s, "manifest");
	g_autofree char *path = NULL, *error = NULL, *text = NULL;

	*m = NULL;
	if (!v)
		return true;
	text = board_text(b, v);
	path = beside(&s->loc, text);
	*m = manifest_load(path, &error, b->warnings);
	warned(b, &ffs_opt(s, "manifest")->value->loc);
	if (*m)
		return true;
	ffs_error(d, &v->loc, NULL, "%s", error);
	return false;
}

static bool from_manifest(struct board *b, struct board_part *p,
			  struct spmc_endpoint_config *e, struct ffs_diags *d)
{
	const struct ffs_loc *at = &ffs_opt(p->stmt, "manifest")->value->loc;
	g_autofree char *error = NULL;
	uint64_t load = IMAGE_BASE + b->next_image * (uint64_t)IMAGE_STEP;

	b->next_image++;
	if (!manifest_place(p->manifest, load, IMAGE_SIZE, &b->next_memory,
			    &error) ||
	    !manifest_to_endpoint(p->manifest, b->config.cpus,
				  b->config.version, e, &error, b->warnings)) {
		ffs_error(d, at, NULL, "%s", error);
		return false;
	}
	warned(b, at);
	for (struct board_part *o = b->parts; o < p; o++) {
		g_autofree char *why = NULL;

		if (o->manifest)
			why = manifest_conflict(o->manifest, p->manifest,
						b->warnings);
		warned(b, at);
		if (!why)
			continue;
		ffs_error(d, at, NULL, "%s", why);
		return false;
	}
	return true;
}

static void set_run(struct board *b, struct board_part *p,
		    struct ffs_diags *d)
{
	const struct ffs_value *v = board_key(b, p->stmt, "run");
	g_autofree char *text = NULL;
	const char *colon;

	if (!v)
		return;
	text = v->kind == FFS_V_ID ? g_strdup(v->text) : board_text(b, v);
	colon = strchr(text, ':');
	p->code = true;
	p->run = colon ? g_strndup(text, colon - text) : g_strdup(text);
	p->run_args = g_strdup(colon ? colon + 1 : "");
	if (partition_find(p->run))
		return;
	if (!p->index && !strcmp(p->run, "hypervisor"))
		return;		/* whoever drives the machine runs it */
	if (!strcmp(p->run, "native"))
		ffs_error(d, &v->loc, NULL,
			  "run=\"native:...\" is not in this version");
	else
		ffs_error(d, &v->loc, NULL, "no behaviour `%s`", p->run);
}

/* Secure interrupts: those of its devices, and of `irq=`. */
static void add_irqs(struct board *b, const struct ffs_stmt *s,
		     const struct manifest *m, uint16_t owner)
{
	const struct ffs_value *v = s ? board_key(b, s, "irq") : NULL;
	const struct ffs_value *one;
	uint64_t num;

	for (unsigned int i = 0; m && i < m->region_count; i++)
		for (unsigned int k = 0; k < m->regions[i].irq_count; k++) {
			const struct spmc_irq irq = {
				m->regions[i].irqs[k].id, owner,
			};

			g_array_append_val(b->irqs, irq);
		}
	for (unsigned int i = 0; v && (one = nth(v, i)); i++)
		if (board_number(b, one, &num)) {
			const struct spmc_irq irq = { (uint32_t)num, owner };

			g_array_append_val(b->irqs, irq);
		}
}

static void add_part(struct board *b, const struct ffs_stmt *s,
		     struct manifest *m, bool primary, uint32_t version,
		     struct ffs_diags *d)
{
	unsigned int n = b->config.endpoint_count;
	struct spmc_endpoint_config *e = &b->endpoints[n];
	struct board_part *p = &b->parts[n];
	uint64_t id;

	p->name = s ? ffs_pos(s, 0)->text : "ns";
	p->stmt = s;
	p->index = n;
	p->manifest = m;
	*e = (struct spmc_endpoint_config){
		.version = version,
		.ec_count = primary ? b->config.cpus : 1,
		.props = FFA_PART_AARCH64,
		.ns_action = SPMC_NS_SIGNALED,
		.s_action = SPMC_S_SIGNALED,
		.kind = primary ? SPMC_NS_PRIMARY :
			s && is_vm(b, s) ? SPMC_VM : SPMC_SP_EL1,
	};
	/* The normal world sends; that is what it is there for. */
	if (e->kind < SPMC_SP_EL1)
		e->props |= FFA_PART_SEND_DIRECT | FFA_PART_SEND_DIRECT2;
	if (m && !from_manifest(b, p, e, d)) {
		b->config.endpoint_count++;
		return;
	}
	if (s && board_key_number(b, s, "id", &id))
		e->id = id;
	else if (!primary && !e->id)
		e->id = free_id(b, n, e->kind == SPMC_VM ? 1 : FIRST_SP);
	if (s)
		apply_keys(b, s, e, d);
	if (!e->uuid_count && e->kind >= SPMC_SP_EL1)
		default_uuid(e);
	p->id = e->id;
	if (e->kind >= SPMC_SP_EL1)
		add_irqs(b, s, m, e->id);
	if (e->kind >= SPMC_SP_EL1 && !b->config.mei &&
	    e->ns_action == SPMC_NS_MANAGED_EXIT)
		b->config.mei = BOARD_MEI;
	if (s)
		set_run(b, p, d);
	b->config.endpoint_count++;
}

void board_add_parts(struct board *b, uint32_t version, struct ffs_diags *d)
{
	g_autoptr(GPtrArray) stmts = board_gather(b, FFS_W_PART);
	const struct ffs_stmt *primary = NULL;

	b->endpoints = g_new0(struct spmc_endpoint_config, stmts->len + 1);
	b->parts = g_new0(struct board_part, stmts->len + 1);
	b->config.endpoints = b->endpoints;
	for (guint i = 0; i < stmts->len && !primary; i++)
		if (is_primary(b, stmts->pdata[i]))
			primary = stmts->pdata[i];
	for (guint i = 0; i < stmts->len && !primary; i++)
		if (is_vm(b, stmts->pdata[i]) &&
		    !ffs_opt(stmts->pdata[i], "id"))
			primary = stmts->pdata[i];
	add_part(b, primary, NULL, true, version, d);
	for (guint i = 0; i < stmts->len; i++) {
		const struct ffs_stmt *s = stmts->pdata[i];
		struct manifest *m;

		if (s == primary || !load_manifest(b, s, &m, d))
			continue;
		if (m && m->core) {
			board_core_ranges(b, m);
			manifest_free(m);
			continue;
		}
		add_part(b, s, m, false, version, d);
	}
}
