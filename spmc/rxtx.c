/* SPDX-License-Identifier: BSD-3-Clause */
/* RX/TX buffers: who has registered which, and who owns RX. */
#include "ffa/ffa_desc.h"
#include "state.h"

/* A buffer pair as FFA_RXTX_MAP names it. */
struct pair {
	unsigned int ep;	/* for whom */
	uint64_t tx, rx;
	uint64_t pages;
};

static bool overlap(uint64_t a, uint64_t a_pages, uint64_t b, uint64_t b_pages)
{
	return a < b + b_pages * FFA_PAGE_SIZE &&
	       b < a + a_pages * FFA_PAGE_SIZE;
}

/* Is a page of [base, base + pages) in a pair that is registered? */
static bool in_use(const struct spmc *s, uint64_t base, uint64_t pages)
{
	unsigned int i;

	for (i = 0; i < s->endpoint_count; i++) {
		const struct endpoint *e = endpoint(s, i);

		if (e->rx_state != RX_UNMAPPED &&
		    (overlap(base, pages, e->tx, e->pages) ||
		     overlap(base, pages, e->rx, e->pages)))
			return true;
	}
	return false;
}

/* The VM that a call is about, or -1. */
static int vm_named(const struct call *c, uint16_t id)
{
	return choice(c, CHOICE_VMS) == VMS_KNOWN ? find_vm(c->s, id) : -1;
}

/* The first range of a composite of a forwarded request, and if it is all. */
static bool read_range(const char *tx, size_t size, uint32_t offset,
		       struct ffa_constituent *range, bool *one)
{
	struct ffa_composite composite;

	if (offset % 8 || offset > size ||
	    size - offset < sizeof(composite) + sizeof(*range))
		return false;
	memcpy(&composite, tx + offset, sizeof(composite));
	memcpy(range, tx + offset + sizeof(composite), sizeof(*range));
	*one &= composite.range_count == 1;
	return true;
}

/*
 * A hypervisor's request for a VM: all arguments are zero, and its TX buffer
 * holds an endpoint RX/TX descriptor (FF-A 1.2 section 13.6).
 */
static enum spmc_rule read_forwarded(struct call *c, struct pair *p)
{
	const struct endpoint *hyp = endpoint(c->s, c->ep);
	size_t size = (size_t)hyp->pages * FFA_PAGE_SIZE;
	struct ffa_constituent tx, rx;
	struct ffa_rxtx_desc desc;
	bool one = true;
	const char *buf;
	int vm;

	if (hyp->rx_state == RX_UNMAPPED)
		return refuse_about(c, RULE_RXTX_MAP_FORWARD_NO_TX, c->ep,
				    SPMC_NOBODY);
	buf = env_read(c->env, hyp->tx, size, false);
	if (!buf)
		return refuse_about(c, RULE_RXTX_MAP_FORWARD_NO_TX, c->ep,
				    SPMC_NOBODY);
	memcpy(&desc, buf, sizeof(desc));
	if (!read_range(buf, size, desc.tx_offset, &tx, &one) ||
	    !read_range(buf, size, desc.rx_offset, &rx, &one))
		return RULE_RXTX_MAP_FORWARD_OFFSET;
	if ((!one || tx.page_count != rx.page_count) &&
	    enforced(c, RULE_RXTX_MAP_FORWARD_RANGES))
		return RULE_RXTX_MAP_FORWARD_RANGES;
	vm = vm_named(c, desc.id);
	if (vm < 0)
		return RULE_RXTX_MAP_FORWARD_ID;
	*p = (struct pair){ (unsigned int)vm, tx.address, rx.address,
			    rx.page_count };
	return RULE_NONE;
}

static bool owned(const struct spmc *s, unsigned int ep, uint64_t base,
		  uint64_t pages)
{
	return pages_owned_ram(s, ep, base, (unsigned int)pages) ||
	       (config(s, ep)->kind == SPMC_VM &&
		pages_owned_ram(s, 0, base, (unsigned int)pages));
}

/* Has the endpoint no pair yet? */
static enum spmc_rule ask_map(struct call *c, unsigned int ep)
{
	enum spmc_rule rule = machine_ask(c->env, SPMC_M_RX,
					  endpoint(c->s, ep)->rx_state,
					  RX_EV_MAP);

	return rule ? refuse_about(c, rule, ep, SPMC_NOBODY) : RULE_NONE;
}

enum spmc_rule spmc_rxtx_map(struct call *c)
{
	bool early = choice(c, CHOICE_RXTX_MAP_ORDER) == RXTX_MAP_ORDER_MAPPED;
	struct pair p = { c->ep, c->in.x[1], c->in.x[2], w(c, 3) };
	struct endpoint *e;
	enum spmc_rule rule;

	if (c->inst == FFA_INST_NS_PHYS && !p.tx && !p.rx && !p.pages &&
	    choice(c, CHOICE_VMS) == VMS_KNOWN) {
		rule = read_forwarded(c, &p);
		if (rule)
			return rule;
	}
	if (!p.pages || p.pages > c->s->rxtx_max_pages)
		return RULE_RXTX_MAP_PAGES;
	rule = early ? ask_map(c, p.ep) : RULE_NONE;
	if (rule)
		return rule;
	if (p.tx % FFA_PAGE_SIZE || p.rx % FFA_PAGE_SIZE)
		return RULE_RXTX_MAP_ALIGN;
	/* Equal sizes, so the distance of the two decides; no sum can wrap. */
	if ((p.tx > p.rx ? p.tx - p.rx : p.rx - p.tx) <
	    p.pages * FFA_PAGE_SIZE)
		return RULE_RXTX_MAP_OVERLAP;

	rule = early ? RULE_NONE : ask_map(c, p.ep);
	if (rule)
		return rule;
	if (!owned(c->s, p.ep, p.tx, p.pages) ||
	    !owned(c->s, p.ep, p.rx, p.pages))
		return is_sp(c->s, p.ep) ? RULE_RXTX_MAP_SP_MEMORY :
					   RULE_RXTX_MAP_NS_MEMORY;
	if (in_use(c->s, p.tx, p.pages) || in_use(c->s, p.rx, p.pages))
		return RULE_RXTX_MAP_IN_USE;

	e = endpoint(c->s, p.ep);
	machine_move(c->env, SPMC_M_RX, &e->rx_state, RX_EV_MAP);
	e->tx = p.tx;
	e->rx = p.rx;
	e->pages = (uint8_t)p.pages;
	return succeed(c, &(struct ffa_value){ 0 });
}

/* Takes an endpoint's registration back, whatever state its RX is in. */
void rxtx_forget(const struct spmc *s, const struct spmc_env *env,
		 unsigned int ep)
{
	struct endpoint *e = endpoint(s, ep);

	machine_move(env, SPMC_M_RX, &e->rx_state, RX_EV_UNMAP);
	e->tx = 0;
	e->rx = 0;
	e->pages = 0;
	nsres_forget(e);
}

enum spmc_rule spmc_rxtx_unmap(struct call *c)
{
	unsigned int ep = c->ep;
	uint16_t id = (uint16_t)bits(c, 1, 16, 31);
	enum spmc_rule rule;

	if (id && c->inst != FFA_INST_NS_PHYS) {
		if (enforced(c, RULE_RXTX_UNMAP_ID_SP))
			return RULE_RXTX_UNMAP_ID_SP;
	} else if (id) {
		int vm = vm_named(c, id);

		if (vm < 0 && enforced(c, RULE_RXTX_UNMAP_VM))
			return RULE_RXTX_UNMAP_VM;
		ep = vm < 0 ? c->ep : (unsigned int)vm;
	}
	rule = machine_ask(c->env, SPMC_M_RX, endpoint(c->s, ep)->rx_state,
			   RX_EV_UNMAP);
	if (rule)
		return refuse_about(c, rule, ep, SPMC_NOBODY);
	rxtx_forget(c->s, c->env, ep);
	return succeed(c, &(struct ffa_value){ 0 });
}

enum spmc_rule spmc_rx_release(struct call *c)
{
	unsigned int ep = c->ep;
	uint16_t id = (uint16_t)bits(c, 1, 0, 15);
	enum spmc_rule rule;
	uint8_t *state;

	/* Reserved at the secure virtual instance. */
	if (id && c->inst == FFA_INST_NS_PHYS) {
		int vm = vm_named(c, id);

		if (vm < 0 && enforced(c, RULE_RX_RELEASE_VM))
			return RULE_RX_RELEASE_VM;
		ep = vm < 0 ? c->ep : (unsigned int)vm;
	}
	state = &endpoint(c->s, ep)->rx_state;
	rule = machine_ask(c->env, SPMC_M_RX, *state, RX_EV_RELEASE);
	if (!rule && *state == RX_CONSUMER && notif_unread(c->s, ep))
		rule = RULE_RX_RELEASE_NOTIFIED;
	if (rule)
		return refuse_about(c, rule, ep, SPMC_NOBODY);
	machine_move(c->env, SPMC_M_RX, state, RX_EV_RELEASE);
	return succeed(c, &(struct ffa_value){ 0 });
}

enum spmc_rule spmc_rx_acquire(struct call *c)
{
	uint16_t id = (uint16_t)bits(c, 1, 0, 15);
	int vm = id ? vm_named(c, id) : (int)c->ep;
	enum spmc_rule rule;

	if (vm < 0)
		return RULE_RX_ACQUIRE_VM;
	rule = machine_move(c->env, SPMC_M_RX,
			    &endpoint(c->s, (unsigned int)vm)->rx_state,
			    RX_EV_ACQUIRE);
	if (rule)
		return refuse_about(c, rule, (unsigned int)vm, SPMC_NOBODY);
	return succeed(c, &(struct ffa_value){ 0 });
}

enum spmc_rule rx_free(struct call *c, unsigned int ep)
{
	enum spmc_rule rule = machine_ask(c->env, SPMC_M_RX,
					  endpoint(c->s, ep)->rx_state,
					  RX_EV_FILL);

	return rule ? refuse_about(c, rule, ep, SPMC_NOBODY) : RULE_NONE;
}

void *rx_fill(struct call *c, unsigned int ep, size_t len)
{
	struct endpoint *e = endpoint(c->s, ep);

	machine_move(c->env, SPMC_M_RX, &e->rx_state, RX_EV_FILL);
	return c->env->map(c->env->ctx, e->rx, len,
			   region_is_secure(c->s, e->rx));
}

void rx_wait(const struct spmc *s, const struct spmc_env *env, unsigned int ep)
{
	/* As FFA_RX_RELEASE, but the call goes on: HF api_ffa_msg_wait */
	if (notif_unread(s, ep))
		return;
	machine_move(env, SPMC_M_RX, &endpoint(s, ep)->rx_state, RX_EV_WAIT);
}
