/* SPDX-License-Identifier: BSD-3-Clause */
/* Of the lint: descriptors, handles, and who may use which pages. */
#include <string.h>

#include "ffa/ffa_desc.h"
#include "lint_priv.h"

enum {
	DESC_MOST = 1 << 20,	/* bytes of a descriptor that are kept */
	REGIONS = 1024,		/* that are known at a time */
	TYPE_DONATE = 3 << 3,	/* flags of a retrieve response */
};

static void sending_clear(struct lint_sending *s)
{
	if (s->bytes)
		g_byte_array_unref(s->bytes);
	memset(s, 0, sizeof(*s));
}

static void sending_free(void *data)
{
	sending_clear(data);
	g_free(data);
}

static void region_free(void *data)
{
	struct lint_region *r = data;

	if (r->ranges)
		g_array_unref(r->ranges);
	g_free(r);
}

void lint_mem_init(struct lint *l)
{
	l->regions = g_ptr_array_new_with_free_func(region_free);
	l->sendings = g_ptr_array_new_with_free_func(sending_free);
}

void lint_mem_free(struct lint *l)
{
	for (unsigned int i = 0; i < l->cfg.slots; i++)
		sending_clear(&l->slots[i].sending);
	g_ptr_array_unref(l->regions);
	g_ptr_array_unref(l->sendings);
}

static struct lint_region *region(struct lint *l, uint64_t handle)
{
	for (guint i = 0; i < l->regions->len; i++) {
		struct lint_region *r = l->regions->pdata[i];

		if (r->handle == handle)
			return r;
	}
	return NULL;
}

/* What was known of the handle is no longer so; the oldest goes. */
static struct lint_region *new_region(struct lint *l, uint64_t handle,
				      enum lint_held held,
				      const struct lint_seen *seen)
{
	struct lint_region *r = region(l, handle);

	if (r)
		g_ptr_array_remove(l->regions, r);
	else if (l->regions->len == REGIONS)
		g_ptr_array_remove_index(l->regions, 0);
	r = g_new0(struct lint_region, 1);
	r->handle = handle;
	r->held = held;
	r->seen = *seen;
	g_ptr_array_add(l->regions, r);
	return r;
}

/* -- descriptors ----------------------------------------------------------- */

static const uint8_t *tx(struct lint *l, size_t *size)
{
	*size = l->buffers.size;
	return *size && l->cfg.map ?
	       l->cfg.map(l->cfg.ctx, l->buffers.tx, *size) : NULL;
}

/* A copy of the descriptor, or its fragment, that a call sends. */
static GByteArray *fragment(struct lint *l, const struct ffa_value *in,
			    uint32_t len)
{
	const uint8_t *at;
	GByteArray *bytes;
	size_t size;

	if ((uint32_t)in->x[4] && ffa_fn_find(in->x[0]) !=
	    FFA_FN_MEM_FRAG_TX) {
		size = (size_t)(in->x[4] & 0xff) * FFA_PAGE_SIZE;
		at = l->cfg.map ? l->cfg.map(l->cfg.ctx, in->x[3], size) :
				  NULL;
	} else {
		at = tx(l, &size);
	}
	if (!at || len > size)
		return NULL;
	bytes = g_byte_array_sized_new(len);
	return g_byte_array_append(bytes, at, len);
}

static uint32_t u32(const GByteArray *b, size_t at)
{
	uint32_t v = 0;

	if (b->len >= sizeof(v) && at <= b->len - sizeof(v))
		memcpy(&v, b->data + at, sizeof(v));
	return v;
}

static uint64_t u64(const GByteArray *b, size_t at)
{
	return u32(b, at) | (uint64_t)u32(b, at + 4) << 32;
}

/* emad_size of 1.1 on stands where 1.0 has a reserved word. */
enum { EMAD_SIZE = offsetof(struct ffa_mem_desc, emad_size) };
_Static_assert((int)EMAD_SIZE ==
	       (int)offsetof(struct ffa_mem_desc_v1_0, reserved1),
	       "what tells 1.0 from 1.1");

static void check_layout(struct lint *l, const struct lint_seen *seen,
			 const GByteArray *b)
{
	uint32_t size = u32(b, EMAD_SIZE), want;

	if (!l->version || b->len < sizeof(struct ffa_mem_desc_v1_0) ||
	    !u32(b, offsetof(struct ffa_mem_desc, emad_count)))
		return;
	want = l->version == FFA_V1_0 ? 0 :
	       l->version == FFA_V1_1 ? sizeof(struct ffa_emad_v1_0) :
					sizeof(struct ffa_emad);
	if (size == want)
		return;
	lint_say(l, LINT_DESC_LAYOUT, seen, "it is that of %s, agreed is 1.%u",
		 size == 0 ? "1.0" :
		 size == sizeof(struct ffa_emad_v1_0) ? "1.1" :
		 size == sizeof(struct ffa_emad) ? "1.2" : "no version",
		 ffa_since(l->version) - 10);
}

/* The pages of a descriptor, as far as it has them. */
static GArray *ranges_of(const GByteArray *b, uint32_t version)
{
	GArray *to = g_array_new(FALSE, FALSE, sizeof(struct lint_range));
	bool old = version == FFA_V1_0;
	size_t emad = old ? sizeof(struct ffa_mem_desc_v1_0) :
		      u32(b, offsetof(struct ffa_mem_desc, emad_offset));
	size_t at = u32(b, emad + offsetof(struct ffa_emad,
					   composite_offset));
	uint32_t count = u32(b, at + offsetof(struct ffa_composite,
					      range_count));

	at += sizeof(struct ffa_composite);
	for (uint32_t i = 0; i < count &&
	     at + sizeof(struct ffa_constituent) <= b->len; i++) {
		struct lint_range r = { .base = u64(b, at) };
		uint64_t len = (uint64_t)FFA_PAGE_SIZE *
			       u32(b, at + offsetof(struct ffa_constituent,
						    page_count));

		r.end = len > UINT64_MAX - r.base ? UINT64_MAX : r.base + len;
		g_array_append_val(to, r);
		at += sizeof(struct ffa_constituent);
	}
	return to;
}

/* -- pages ----------------------------------------------------------------- */

static bool overlaps(const struct lint_region *r, uint64_t pa, uint64_t end,
		     uint64_t *at)
{
	if ((r->held != LINT_LENT && r->held != LINT_DONATED) || !r->ranges)
		return false;
	for (guint i = 0; i < r->ranges->len; i++) {
		const struct lint_range *g =
			&g_array_index(r->ranges, struct lint_range, i);

		*at = MAX(pa, g->base);
		if (*at < MIN(end, g->end))
			return true;
	}
	return false;
}

void lint_mem_used(struct lint *l, uint64_t pa, uint64_t len,
		   const struct lint_seen *seen)
{
	uint64_t end = len > UINT64_MAX - pa ? UINT64_MAX : pa + len, at;

	for (guint i = 0; i < l->regions->len; i++) {
		const struct lint_region *r = l->regions->pdata[i];

		if (!overlaps(r, pa, end, &at))
			continue;
		lint_say(l, LINT_LENT_MEMORY_USED, seen ? seen : &r->seen,
			 "0x%" G_GINT64_MODIFIER "x, handle 0x%"
			 G_GINT64_MODIFIER "x", at, r->handle);
		return;
	}
}

/* -- calls ----------------------------------------------------------------- */

static bool sends(enum ffa_fn fn)
{
	return fn == FFA_FN_MEM_SHARE_32 || fn == FFA_FN_MEM_SHARE_64 ||
	       fn == FFA_FN_MEM_LEND_32 || fn == FFA_FN_MEM_LEND_64 ||
	       fn == FFA_FN_MEM_DONATE_32 || fn == FFA_FN_MEM_DONATE_64;
}

static bool retrieves(enum ffa_fn fn)
{
	return fn == FFA_FN_MEM_RETRIEVE_REQ_32 ||
	       fn == FFA_FN_MEM_RETRIEVE_REQ_64;
}

static uint64_t handle_in(const struct ffa_value *v, unsigned int reg)
{
	return (uint32_t)v->x[reg] | v->x[reg + 1] << 32;
}

static void check_handle(struct lint *l, uint64_t handle,
			 const struct lint_seen *seen)
{
	const struct lint_region *r = region(l, handle);

	if (r && r->held == LINT_RECLAIMED)
		lint_say(l, LINT_HANDLE_AFTER_RECLAIM, seen,
			 "0x%" G_GINT64_MODIFIER "x", handle);
}

static void send_call(struct lint *l, struct lint_slot *s,
		      const struct lint_seen *seen)
{
	GByteArray *b = fragment(l, &s->in, (uint32_t)s->in.x[2]);
	g_autoptr(GArray) ranges = NULL;

	sending_clear(&s->sending);
	s->sending.seen = *seen;
	s->sending.version = l->version;
	s->sending.bytes = b;
	if (!b)
		return;
	check_layout(l, seen, b);
	ranges = ranges_of(b, l->version);
	for (guint i = 0; i < ranges->len; i++) {
		const struct lint_range *r =
			&g_array_index(ranges, struct lint_range, i);

		lint_mem_used(l, r->base, r->end - r->base, seen);
	}
}

static void retrieve_call(struct lint *l, struct lint_slot *s,
			  const struct lint_seen *seen)
{
	g_autoptr(GByteArray) b = fragment(l, &s->in, (uint32_t)s->in.x[2]);

	if (!b)
		return;
	check_layout(l, seen, b);
	check_handle(l, u64(b, offsetof(struct ffa_mem_desc, handle)), seen);
}

/* The handle that FFA_MEM_RELINQUISH names in TX. */
static bool relinquished(struct lint *l, uint64_t *handle)
{
	size_t size;
	const uint8_t *at = tx(l, &size);

	if (at)
		memcpy(handle, at, sizeof(*handle));
	return at;
}

static struct lint_sending *sending(struct lint *l, uint64_t handle)
{
	for (guint i = 0; i < l->sendings->len; i++) {
		struct lint_sending *s = l->sendings->pdata[i];

		if (s->handle == handle)
			return s;
	}
	return NULL;
}

/* A further fragment is put behind what there is. */
static void frag_call(struct lint *l, struct lint_slot *s)
{
	struct lint_sending *to = sending(l, handle_in(&s->in, 1));
	g_autoptr(GByteArray) b = NULL;

	if (!to || !to->bytes)
		return;
	b = fragment(l, &s->in, (uint32_t)s->in.x[3]);
	if (b && b->len <= DESC_MOST - MIN(to->bytes->len, DESC_MOST)) {
		g_byte_array_append(to->bytes, b->data, b->len);
		return;
	}
	g_byte_array_unref(to->bytes);
	to->bytes = NULL;
}

void lint_mem_call(struct lint *l, struct lint_slot *s,
		   const struct lint_seen *seen)
{
	uint64_t handle, mask;

	if (sends(s->fn)) {
		send_call(l, s, seen);
	} else if (retrieves(s->fn)) {
		retrieve_call(l, s, seen);
	} else if (s->fn == FFA_FN_MEM_RECLAIM ||
		   s->fn == FFA_FN_MEM_FRAG_RX) {
		check_handle(l, handle_in(&s->in, 1), seen);
	} else if (s->fn == FFA_FN_MEM_FRAG_TX) {
		check_handle(l, handle_in(&s->in, 1), seen);
		frag_call(l, s);
	} else if (s->fn == FFA_FN_MEM_RELINQUISH) {
		if (relinquished(l, &handle))
			check_handle(l, handle, seen);
	} else if (s->fn == FFA_FN_RXTX_MAP_32 ||
		   s->fn == FFA_FN_RXTX_MAP_64) {
		mask = s->fn == FFA_FN_RXTX_MAP_64 ? UINT64_MAX : UINT32_MAX;
		for (unsigned int reg = 1; reg <= 2; reg++)
			lint_mem_used(l, s->in.x[reg] & mask,
				      (s->in.x[3] & 0x3f) * FFA_PAGE_SIZE,
				      seen);
	}
}

/* -- results --------------------------------------------------------------- */

static enum lint_held held_by(enum ffa_fn fn)
{
	return fn == FFA_FN_MEM_SHARE_32 || fn == FFA_FN_MEM_SHARE_64 ?
	       LINT_SHARED :
	       fn == FFA_FN_MEM_LEND_32 || fn == FFA_FN_MEM_LEND_64 ?
	       LINT_LENT : LINT_DONATED;
}

/* All of a descriptor was sent, by `of`. */
static void sent(struct lint *l, struct lint_sending *of, uint64_t handle,
		 const struct ffa_value *out)
{
	struct lint_region *r;

	of->seen.out = *out;
	r = new_region(l, handle, held_by(ffa_fn_find(of->seen.in.x[0])),
		       &of->seen);
	if (of->bytes)
		r->ranges = ranges_of(of->bytes, of->version);
}

static void send_result(struct lint *l, struct lint_slot *s,
			const struct lint_seen *seen, enum ffa_fn came)
{
	struct lint_sending *more;

	if (came == FFA_FN_SUCCESS) {
		sent(l, &s->sending, handle_in(&seen->out, 2), &seen->out);
	} else if (came == FFA_FN_MEM_FRAG_RX && l->sendings->len < REGIONS) {
		more = g_memdup2(&s->sending, sizeof(s->sending));
		more->handle = handle_in(&seen->out, 1);
		g_ptr_array_add(l->sendings, more);
		s->sending.bytes = NULL;
	}
	sending_clear(&s->sending);
}

static void frag_result(struct lint *l, const struct lint_seen *seen,
			enum ffa_fn came)
{
	struct lint_sending *of = sending(l, handle_in(&seen->in, 1));

	if (!of || came == FFA_FN_MEM_FRAG_RX)
		return;
	if (came == FFA_FN_SUCCESS)
		sent(l, of, of->handle, &seen->out);
	g_ptr_array_remove(l->sendings, of);
}

/* What was donated need not be relinquished; a hypervisor only looks. */
static void retrieved(struct lint *l, struct lint_slot *s,
		      const struct lint_seen *seen)
{
	g_autoptr(GByteArray) asked = fragment(l, &s->in,
					       (uint32_t)s->in.x[2]);
	const uint8_t *rx = l->buffers.size && l->cfg.map ?
		l->cfg.map(l->cfg.ctx, l->buffers.rx, l->buffers.size) : NULL;
	struct ffa_mem_desc d;

	if (!rx || !asked ||
	    !u32(asked, offsetof(struct ffa_mem_desc, emad_count)))
		return;
	memcpy(&d, rx, sizeof(d));
	if ((d.flags & TYPE_DONATE) != TYPE_DONATE)
		new_region(l, d.handle, LINT_RETRIEVED, seen);
}

void lint_mem_result(struct lint *l, struct lint_slot *s,
		     const struct lint_seen *seen)
{
	enum ffa_fn came = ffa_fn_find(seen->out.x[0]);
	struct lint_region *r = NULL;
	uint64_t handle;

	if (sends(s->fn)) {
		send_result(l, s, seen, came);
	} else if (s->fn == FFA_FN_MEM_FRAG_TX) {
		frag_result(l, seen, came);
	} else if (came == FFA_FN_MEM_RETRIEVE_RESP && retrieves(s->fn)) {
		retrieved(l, s, seen);
	} else if (came == FFA_FN_SUCCESS && s->fn == FFA_FN_MEM_RECLAIM) {
		r = region(l, handle_in(&s->in, 1));
		if (r)
			r->held = LINT_RECLAIMED;
	} else if (came == FFA_FN_SUCCESS &&
		   s->fn == FFA_FN_MEM_RELINQUISH) {
		if (relinquished(l, &handle))
			r = region(l, handle);
		if (r && r->held == LINT_RETRIEVED)
			g_ptr_array_remove(l->regions, r);
	}
}

void lint_mem_end(struct lint *l)
{
	for (guint i = 0; i < l->regions->len; i++) {
		const struct lint_region *r = l->regions->pdata[i];
		enum lint_rule rule = r->held == LINT_RETRIEVED ?
			LINT_NOT_RELINQUISHED : LINT_NEVER_RECLAIMED;

		if (r->held == LINT_SHARED || r->held == LINT_LENT ||
		    r->held == LINT_RETRIEVED)
			lint_say(l, rule, &r->seen,
				 "handle 0x%" G_GINT64_MODIFIER "x",
				 r->handle);
	}
}
