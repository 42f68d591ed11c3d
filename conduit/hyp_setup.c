/* SPDX-License-Identifier: BSD-3-Clause */
/* Start, version, features, buffers. */
#include <string.h>

#include "ffa/ffa_desc.h"
#include "hyp_impl.h"

/* -- start ------------------------------------------------------------------- */

void hyp_start(struct hyp *h, unsigned int cpu, struct hyp_action *act)
{
	struct hcall c = hyp_own(h, cpu, act);

	h->started = true;
	hyp_ask(&c, STEP_START_VERSION, &(struct ffa_value){ {
		(uint32_t)FFA_ID_VERSION, h->cfg.version } });
}

/*
 * The SPMC's answer is its own version; the lower one is in force between the
 * two, and no VM gets more (Xen ffa_probe_fw).
 */
void hyp_start_version(struct hcall *c, const struct ffa_value *res)
{
	struct hyp *h = c->h;
	uint32_t theirs = w(res, 0);

	if (theirs & 0x80000000u || theirs >> 16 != h->version >> 16) {
		h->failure = "the SPMC does not speak the hypervisor's major version";
		return;
	}
	if (theirs < h->version)
		h->version = theirs;
	for (unsigned int i = 0; i < h->cfg.vm_count; i++)
		if (h->vms[i].version > h->version)
			h->vms[i].version = h->version;
	hyp_ask(c, STEP_START_MAP, &(struct ffa_value){ {
		(uint32_t)FFA_ID_RXTX_MAP_64, h->cfg.tx, h->cfg.rx, 1 } });
}

void hyp_start_map(struct hcall *c, const struct ffa_value *res)
{
	if (hyp_is_error(res))
		c->h->failure = "the SPMC refuses the hypervisor's buffers: say where with run=\"hypervisor:tx=ADDRESS,rx=ADDRESS\"";
	else
		c->h->working = true;
}

/* -- version, ids, features -------------------------------------------------- */

void hyp_do_version(struct hcall *c)
{
	struct vm *v = caller(c);
	uint32_t want = w(&c->in, 1), mine = c->h->version;

	if (want & 0x80000000u) {
		hyp_refuse(c, RULE_HYP_VERSION_BIT31);
		return;
	}
	if (want >> 16 != mine >> 16) {
		hyp_refuse(c, RULE_HYP_VERSION_MAJOR);
		return;
	}
	if (want > mine)
		want = mine;
	if (v->ver == VER_LOCKED && want != v->version) {
		hyp_refuse(c, RULE_HYP_VERSION_LOCKED);
		return;
	}
	if (v->ver == VER_DEFAULT)
		v->ver = VER_NEGOTIATED;
	v->version = want;
	hyp_bare(c, mine);
}

void hyp_do_id_get(struct hcall *c)
{
	hyp_succeed(c, &(struct ffa_value){ .x[2] = caller(c)->cfg.id });
}

/* The SPMC's answer to the same call is the VM's. */
void hyp_do_pass(struct hcall *c)
{
	hyp_ask(c, STEP_PASS, &c->in);
}

/* The interrupts are the hypervisor's (Xen handle_features). */
static void feature(struct hcall *c, uint32_t id)
{
	uint32_t intid = id == FFA_FEATURE_NPI ? c->h->cfg.npi :
			 id == FFA_FEATURE_SRI ? c->h->cfg.sri : 0;

	if (!intid || caller(c)->version < FFA_V1_1)
		hyp_refuse(c, RULE_HYP_FEATURES_FEATURE);
	else
		hyp_succeed(c, &(struct ffa_value){ .x[2] = intid });
}

void hyp_do_features(struct hcall *c)
{
	uint32_t id = w(&c->in, 1);
	enum ffa_fn fn = ffa_fn_find(id);
	struct ffa_value ask;
	const char *how;

	if (!(id & 0x80000000u)) {
		feature(c, id);
		return;
	}
	/* results are there, though no VM calls them (Xen handle_features) */
	if (fn == FFA_FN_ERROR || fn == FFA_FN_SUCCESS ||
	    fn == FFA_FN_SUCCESS_64 || fn == FFA_FN_INTERRUPT) {
		hyp_succeed(c, &(struct ffa_value){ 0 });
		return;
	}
	if (fn == FFA_FN_UNKNOWN || hyp_gate(caller(c), fn) ||
	    (ffa_is_64(id) && caller(c)->cfg.aarch32)) {
		hyp_refuse(c, RULE_HYP_FEATURES_FUNCTION);
		return;
	}
	how = hyp_relays(fn);
	ask = c->in;
	if (fn == FFA_FN_RXTX_MAP_32)	/* what it asks of the SPMC */
		ask.x[1] = (uint32_t)FFA_ID_RXTX_MAP_64;
	if (!strcmp(how, "relays"))
		hyp_ask(c, STEP_FEATURES, &ask);
	else
		hyp_succeed(c, &(struct ffa_value){ 0 });
}

/* Properties of a later version than the VM's are not for it. */
void hyp_got_features(struct hcall *c, const struct ffa_value *res)
{
	enum ffa_fn fn = ffa_fn_find(w(&c->in, 1));
	unsigned int minor = ffa_since(caller(c)->version);
	struct ffa_value val = *res;

	if (hyp_is_error(res)) {
		hyp_pass(c, res);
		return;
	}
	for (unsigned int i = 0; i < ffa_prop_count; i++) {
		const struct ffa_prop *p = &ffa_props[i];

		if (p->fn == fn && !p->input && p->since > minor)
			val.x[p->reg] &= ~((~0ull >> (63 - (p->hi - p->lo))) <<
					   p->lo);
	}
	hyp_pass(c, &val);
}

/* -- buffers ----------------------------------------------------------------- */

void *hyp_rx(const struct hyp *h, const struct vm *v)
{
	return v->pages ? h->cfg.map(h->cfg.ctx, v->rx, (size_t)v->pages *
				     FFA_PAGE_SIZE) : NULL;
}

void *hyp_tx(const struct hyp *h, const struct vm *v)
{
	return v->pages ? h->cfg.map(h->cfg.ctx, v->tx, (size_t)v->pages *
				     FFA_PAGE_SIZE) : NULL;
}

void hyp_forget_buffers(struct vm *v)
{
	v->tx = 0;
	v->rx = 0;
	v->pages = 0;
	v->forwarded = false;
	v->rx_ours = false;
	v->rx_full = false;
	v->msg = false;
	v->notif.rx_full = v->notif.rx_told = false;
}

/* What the descriptor says of one buffer. */
struct place {
	struct ffa_composite composite;
	struct ffa_constituent range;
};

static bool write_descriptor(const struct hyp *h, const struct vm *v)
{
	enum { RX_AT = 16, TX_AT = 48 };
	const struct ffa_rxtx_desc desc = {
		.id = v->cfg.id, .rx_offset = RX_AT, .tx_offset = TX_AT,
	};
	struct place rx = {
		{ .page_count = v->pages, .range_count = 1 },
		{ .address = v->rx, .page_count = v->pages },
	};
	struct place tx = rx;
	char *to = h->cfg.map(h->cfg.ctx, h->cfg.tx, FFA_PAGE_SIZE);

	if (!to)
		return false;
	tx.range.address = v->tx;
	memset(to, 0, FFA_PAGE_SIZE);
	memcpy(to, &desc, sizeof(desc));
	memcpy(to + RX_AT, &rx, sizeof(rx));
	memcpy(to + TX_AT, &tx, sizeof(tx));
	return true;
}

static enum hyp_rule check_map(const struct hcall *c, uint64_t tx, uint64_t rx,
			       uint32_t pages)
{
	if (!pages || pages > SPMC_MAX_RXTX_PAGES)
		return RULE_HYP_RXTX_MAP_PAGES;
	if (tx % FFA_PAGE_SIZE || rx % FFA_PAGE_SIZE)
		return RULE_HYP_RXTX_MAP_ALIGN;
	if ((tx > rx ? tx - rx : rx - tx) < (uint64_t)pages * FFA_PAGE_SIZE)
		return RULE_HYP_RXTX_MAP_OVERLAP;
	if (caller(c)->pages)
		return RULE_HYP_RXTX_MAP_TWICE;
	if (!hyp_owns(c->h, c->vm, tx, pages) ||
	    !hyp_owns(c->h, c->vm, rx, pages))
		return RULE_HYP_RXTX_MAP_MEMORY;
	return HYP_RULE_NONE;
}

/*
 * An SPMC without FFA_RX_ACQUIRE, that is of 1.0, has no part in a VM's
 * buffers (Xen ffa_handle_rxtx_map).
 */
void hyp_do_rxtx_map(struct hcall *c)
{
	struct vm *v = caller(c);
	enum hyp_rule rule = check_map(c, c->in.x[1], c->in.x[2],
				       w(&c->in, 3));

	if (rule) {
		hyp_refuse(c, rule);
		return;
	}
	v->tx = c->in.x[1];
	v->rx = c->in.x[2];
	v->pages = w(&c->in, 3);
	if (c->h->version < FFA_V1_1 || !write_descriptor(c->h, v)) {
		hyp_succeed(c, &(struct ffa_value){ 0 });
		return;
	}
	hyp_ask(c, STEP_MAP, &(struct ffa_value){ {
		(uint32_t)FFA_ID_RXTX_MAP_64 } });
}

void hyp_got_map(struct hcall *c, const struct ffa_value *res)
{
	if (hyp_is_error(res))
		hyp_forget_buffers(caller(c));
	else
		caller(c)->forwarded = true;
	hyp_pass(c, res);
}

void hyp_do_rxtx_unmap(struct hcall *c)
{
	struct vm *v = caller(c);

	if (w(&c->in, 1) >> 16) {
		hyp_refuse(c, RULE_HYP_RXTX_UNMAP_ID);
		return;
	}
	if (!v->pages) {
		hyp_refuse(c, RULE_HYP_RXTX_UNMAP_NOT_MAPPED);
		return;
	}
	if (v->forwarded) {
		hyp_ask(c, STEP_UNMAP, &(struct ffa_value){ {
			(uint32_t)FFA_ID_RXTX_UNMAP,
			(uint32_t)v->cfg.id << 16 } });
		return;
	}
	hyp_forget_buffers(v);
	hyp_succeed(c, &(struct ffa_value){ 0 });
}

void hyp_got_unmap(struct hcall *c, const struct ffa_value *res)
{
	if (!hyp_is_error(res))
		hyp_forget_buffers(caller(c));
	hyp_pass(c, res);
}

/*
 * Of a buffer that the SPMC writes to as well, it is the SPMC that knows who
 * owns it.
 */
void hyp_do_rx_release(struct hcall *c)
{
	struct vm *v = caller(c);

	if (w(&c->in, 1) & 0xffff) {
		hyp_refuse(c, RULE_HYP_RX_RELEASE_ID);
		return;
	}
	if (!v->pages) {
		hyp_refuse(c, RULE_HYP_RX_RELEASE_UNMAPPED);
		return;
	}
	if (v->notif.rx_full) {
		hyp_refuse(c, RULE_HYP_RX_RELEASE_NOTIFIED);
		return;
	}
	if (v->forwarded) {
		hyp_ask(c, STEP_RELEASE, &(struct ffa_value){ {
			(uint32_t)FFA_ID_RX_RELEASE, v->cfg.id } });
		return;
	}
	if (!v->rx_full) {
		hyp_refuse(c, RULE_HYP_RX_RELEASE_NOT_OWNER);
		return;
	}
	v->rx_full = false;
	v->msg = false;
	hyp_succeed(c, &(struct ffa_value){ 0 });
}

void hyp_got_release(struct hcall *c, const struct ffa_value *res)
{
	struct vm *v = caller(c);

	if (!hyp_is_error(res)) {
		v->rx_ours = false;
		v->rx_full = false;
		v->msg = false;
	}
	hyp_pass(c, res);
}
