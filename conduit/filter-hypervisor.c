/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hypervisor between the driver and the SPMC: the driver is a VM, its calls
 * come in at the non-secure virtual instance.
 *
 *	hypervisor=KEY=VALUE,KEY=VALUE,...
 *	  vm=ID		id of the VM (1)
 *	  vcpus=N	1, or that many, vCPU n on CPU n (1)
 *	  ffa=1.N	highest version of the VM (1.2)
 *	  uuid=UUID	of the VM; may be given more than once
 *	  mem=ADDR+N	N pages of the VM; may be given more than once; without
 *			it, all of the machine's non-secure RAM
 *	  tx=ADDR rx=ADDR	the hypervisor's own buffers, a page each
 *
 * There is no other VM. The hypervisor starts, and creates the VM, with the
 * driver's first call.
 */
#include <glib.h>
#include <string.h>

#include "hyp.h"
#include "internal.h"

/* What a guest of Xen sees. */
enum { NPI = 8, SRI = 9 };

/* The last two pages of 32 bits: where a board has RAM, and seldom a buffer. */
enum { TX = (int)0xffffe000, RX = (int)0xfffff000 };

struct filter {
	struct hyp *hyp;
	struct conduit_next *next;	/* during a call */
	bool created;
	char *why;	/* it does not start: why */
};

static void *map_pages(void *ctx, uint64_t pa, size_t len)
{
	struct filter *f = ctx;

	return f->next ? f->next->map(f->next, pa, len, false) : NULL;
}

/* -- arguments --------------------------------------------------------------- */

struct args {
	struct hyp_config cfg;
	struct hyp_vm_config vm;
	GArray *uuids, *regions;
};

static bool number(const char *text, uint64_t most, uint64_t *num)
{
	char *end;

	*num = g_ascii_strtoull(text, &end, 0);
	return *text && !*end && *num <= most;
}

static bool read_uuid(const char *text, struct ffa_uuid *uuid)
{
	unsigned int n = 0;

	if (!g_uuid_string_is_valid(text))
		return false;
	for (const char *p = text; *p; p++) {
		if (*p == '-')
			continue;
		uuid->b[n / 2] = (uint8_t)(uuid->b[n / 2] << 4 |
					   g_ascii_xdigit_value(*p));
		n++;
	}
	return true;
}

static bool read_region(const char *text, struct hyp_region *region)
{
	g_auto(GStrv) part = g_strsplit(text, "+", 2);

	return g_strv_length(part) == 2 &&
	       number(part[0], UINT64_MAX, &region->base) &&
	       number(part[1], UINT32_MAX, &region->pages) &&
	       region->base % FFA_PAGE_SIZE == 0;
}

static bool read_key(struct args *a, const char *key, const char *value)
{
	struct hyp_region region;
	struct ffa_uuid uuid = { { 0 } };
	uint64_t num;

	if (!strcmp(key, "vm") && number(value, 0x7fff, &num) && num) {
		a->vm.id = (uint16_t)num;
	} else if (!strcmp(key, "vcpus") &&
		   number(value, HYP_MAX_CPUS, &num) && num) {
		a->vm.vcpus = (uint16_t)num;
	} else if (!strcmp(key, "ffa") && g_str_has_prefix(value, "1.") &&
		   number(value + 2, 2, &num)) {
		a->vm.version = FFA_VER(1, (uint32_t)num);
	} else if (!strcmp(key, "tx") && number(value, UINT64_MAX, &num)) {
		a->cfg.tx = num;
	} else if (!strcmp(key, "rx") && number(value, UINT64_MAX, &num)) {
		a->cfg.rx = num;
	} else if (!strcmp(key, "uuid") && read_uuid(value, &uuid)) {
		g_array_append_val(a->uuids, uuid);
	} else if (!strcmp(key, "mem") && read_region(value, &region)) {
		g_array_append_val(a->regions, region);
	} else {
		return false;
	}
	return true;
}

static bool read_args(struct args *a, const char *text, char **error)
{
	static const struct hyp_region all = { 0, UINT64_MAX / FFA_PAGE_SIZE };
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	for (unsigned int i = 0; parts[i]; i++) {
		char *equals = strchr(parts[i], '=');

		if (!*parts[i])
			continue;
		if (equals)
			*equals = '\0';
		if (equals && read_key(a, parts[i], equals + 1))
			continue;
		*error = g_strdup_printf("`%s%s%s`: expected vm=ID vcpus=N "
			"ffa=1.N uuid=UUID mem=ADDR+PAGES tx=ADDR or rx=ADDR",
			parts[i], equals ? "=" : "", equals ? equals + 1 : "");
		return false;
	}
	if (!a->regions->len)
		g_array_append_val(a->regions, all);
	a->vm.uuids = (const struct ffa_uuid *)a->uuids->data;
	a->vm.uuid_count = a->uuids->len;
	a->vm.regions = (const struct hyp_region *)a->regions->data;
	a->vm.region_count = a->regions->len;
	return true;
}

/* -- the filter -------------------------------------------------------------- */

static bool filter_open(const char *text,
			const struct conduit_options *options, void **handle,
			char **error)
{
	struct filter *f = g_new0(struct filter, 1);
	struct args a = {
		.cfg = {
			.size = sizeof(a.cfg), .version = FFA_V1_2,
			.cpus = HYP_MAX_CPUS, .tx = (uint32_t)TX,
			.rx = (uint32_t)RX, .npi = NPI, .sri = SRI,
			.vm_count = 1,
			.map = map_pages, .ctx = f,
		},
		.vm = {
			.id = 1, .vcpus = 1, .version = FFA_V1_2,
			.props = FFA_PART_AARCH64 | FFA_PART_SEND_DIRECT |
				 FFA_PART_SEND_DIRECT2,
		},
		.uuids = g_array_new(FALSE, TRUE, sizeof(struct ffa_uuid)),
		.regions = g_array_new(FALSE, TRUE, sizeof(struct hyp_region)),
	};
	const char *wrong = NULL;
	bool ok = read_args(&a, text, error);

	(void)options;
	a.cfg.vms = &a.vm;
	if (ok)
		wrong = hyp_check(&a.cfg);
	if (wrong)
		*error = g_strdup(wrong);
	if (ok && !wrong)
		f->hyp = hyp_new(&a.cfg);
	g_array_unref(a.uuids);
	g_array_unref(a.regions);
	if (!f->hyp) {
		g_free(f);
		return false;
	}
	*handle = f;
	return true;
}

static void filter_close(void *handle)
{
	struct filter *f = handle;

	hyp_free(f->hyp);
	g_free(f->why);
	g_free(f);
}

/* Makes the SPMC calls that an event leads to. */
static const char *play(struct filter *f, unsigned int cpu,
			struct hyp_action *act)
{
	while (act->what == HYP_SPMC) {
		struct ffa_value res;
		const char *why = f->next->call(f->next, cpu, &act->regs,
						&res);

		if (why)
			return why;
		hyp_result(f->hyp, cpu, &res, act);
	}
	return NULL;
}

static const char *start(struct filter *f, unsigned int cpu)
{
	struct hyp_action act;
	const char *why;

	hyp_start(f->hyp, cpu, &act);
	why = play(f, cpu, &act);
	if (!why)
		why = hyp_failure(f->hyp);
	if (!why && hyp_create(f->hyp, cpu, 0, &act, &why))
		why = play(f, cpu, &act);
	if (!why && hyp_life(f->hyp, 0) != HYP_RUNNING)
		why = "a partition, or the SPMC, refuses that the VM is created";
	return why;
}

static const char *call(struct filter *f, unsigned int cpu,
			const struct ffa_value *in, struct ffa_value *out)
{
	struct hyp_action act;
	const char *why;

	if (!hyp_can_run(f->hyp, cpu, 0, &why))
		return why;
	hyp_call(f->hyp, cpu, 0, in, &act);
	why = play(f, cpu, &act);
	/* nobody else is there to be run */
	if (!why && act.what == HYP_IDLE &&
	    !hyp_resume(f->hyp, cpu, 0, &act))
		why = "the VM waits for a message, and nobody sends one";
	if (!why)
		*out = act.regs;
	return why;
}

/* The SPMC's interrupts are the hypervisor's, which has VMs to tell. */
static const char *take_sris(struct filter *f, unsigned int cpu)
{
	struct hyp_action act;
	const char *why = NULL;
	uint32_t intid;

	while (!why && f->next->take_irq(f->next, cpu, &intid)) {
		hyp_sri(f->hyp, cpu, &act);
		why = play(f, cpu, &act);
	}
	return why;
}

static bool filter_take_irq(void *handle, struct conduit_next *next,
			    unsigned int cpu, uint32_t *intid)
{
	struct filter *f = handle;
	uint32_t ids[HYP_MAX_PENDING];
	unsigned int vcpu;

	(void)next;
	if (!hyp_vcpu(f->hyp, cpu, 0, &vcpu) ||
	    !hyp_pending(f->hyp, 0, vcpu, ids))
		return false;
	*intid = ids[0];
	return hyp_take_irq(f->hyp, 0, vcpu, ids[0]);
}

static const char *filter_call(void *handle, struct conduit_next *next,
			       unsigned int cpu, const struct ffa_value *in,
			       struct ffa_value *out)
{
	struct filter *f = handle;
	const char *why;

	f->next = next;
	if (!f->created)
		f->why = g_strdup(start(f, cpu));
	f->created = true;
	why = f->why ? f->why : call(f, cpu, in, out);
	if (!why)
		why = take_sris(f, cpu);
	f->next = NULL;
	return why;
}

const struct conduit_filter conduit_filter_hypervisor = {
	.size = sizeof(conduit_filter_hypervisor),
	.api_version = CONDUIT_API,
	.name = "hypervisor",
	.open = filter_open,
	.close = filter_close,
	.call = filter_call,
	.take_irq = filter_take_irq,
};
