/* SPDX-License-Identifier: BSD-3-Clause */
/* The root node of a partition's manifest, and the endpoint it describes. */
#include <string.h>

#include "manifest_impl.h"

_Static_assert((int)SPMC_NS_QUEUED == 0 && (int)SPMC_NS_MANAGED_EXIT == 1 &&
	       (int)SPMC_NS_SIGNALED == 2, "values of ns-interrupts-action");
_Static_assert((int)SPMC_PM_CPU_OFF == 1 && (int)SPMC_PM_CPU_SUSPEND == 2 &&
	       (int)SPMC_PM_CPU_RESUME == 4,
	       "bits of power-management-messages");

enum {
	METHODS_REQ2 = FFA_PART_RECV_DIRECT2 | FFA_PART_SEND_DIRECT2,
	METHODS = FFA_PART_RECV_DIRECT | FFA_PART_SEND_DIRECT |
		FFA_PART_INDIRECT | METHODS_REQ2,
	LOGICAL_IDS = 0xffc0,	/* TF-A: EL3 logical partitions, up to SPMD */
};

bool manifest_is_secure(const struct manifest *m)
{
	return m->el == MANIFEST_S_EL0 || m->el == MANIFEST_S_EL1;
}

static bool is_el0(const struct manifest *m)
{
	return m->el == MANIFEST_S_EL0 || m->el == MANIFEST_EL0;
}

/* -- services ------------------------------------------------------------- */

static void add_service(struct reader *r, int node, const char *prop,
			const struct ffa_uuid *uuid, uint32_t methods)
{
	struct manifest *m = r->m;
	char text[37];

	if (methods & ~(uint32_t)METHODS) {
		reader_error(r, node, "messaging-method",
			     "is 0x%x, expected bits of 0x%x: 0 receives and 1 "
			     "sends direct requests, 2 indirect messages, 9 "
			     "receives and 10 sends direct requests 2",
			     methods, METHODS);
		return;
	}
	if (!methods)
		reader_warning(r, node, "messaging-method",
			       "is 0: the partition can neither send nor "
			       "receive (Hafnium refuses it)");
	if ((methods & METHODS_REQ2) && m->version && m->version < FFA_V1_2)
		reader_error(r, node, "messaging-method",
			     "is 0x%x with ffa-version %u.%u, expected "
			     "direct requests 2 (bits 9 and 10) from FF-A 1.2 "
			     "on only", methods, m->version >> 16,
			     m->version & 0xffff);
	if ((methods & METHODS_REQ2) && m->aarch32)
		reader_error(r, node, "messaging-method",
			     "is 0x%x, expected no direct requests 2 (bits 9 "
			     "and 10) in AArch32, which cannot make 64-bit "
			     "calls", methods);
	if (m->service_count == SPMC_MAX_UUIDS) {
		reader_error(r, node, prop, "is one UUID too many, expected "
			     "at most %d", SPMC_MAX_UUIDS);
		return;
	}
	for (unsigned int i = 0; i < m->service_count; i++) {
		if (!ffa_uuid_equal(&m->services[i].uuid, uuid))
			continue;
		manifest_uuid_text(uuid, text);
		reader_error(r, node, prop,
			     "has %s twice, expected once", text);
		return;
	}
	m->services[m->service_count].uuid = *uuid;
	m->services[m->service_count++].methods = methods;
}

/* Cells of uuid and messaging-method in the root node (binding 1.0). */
static void read_services_1_0(struct reader *r)
{
	const uint8_t *uuids, *methods;
	int uuid_len, methods_len, n, step;
	struct ffa_uuid uuid;

	uuids = fdt_getprop(r->fdt, 0, "uuid", &uuid_len);
	if (!uuids)
		reader_error(r, 0, "uuid",
			     "is missing, expected 4 cells for each UUID");
	methods = fdt_getprop(r->fdt, 0, "messaging-method", &methods_len);
	if (!methods)
		reader_error(r, 0, "messaging-method",
			     "is missing, expected one cell for all UUIDs or "
			     "one for each");
	if (!uuids || !methods || !uuid_len || uuid_len % 16 ||
	    !methods_len || methods_len % 4)
		return;		/* said by the row of the property */

	n = uuid_len / 16;
	step = methods_len == 4 ? 0 : 4;
	if (step && methods_len / 4 != n) {
		reader_error(r, 0, "messaging-method",
			     "has %d cells for %d UUIDs, expected 1 or %d",
			     methods_len / 4, n, n);
		return;
	}
	for (int i = 0; i < n && i <= SPMC_MAX_UUIDS; i++) {
		for (int b = 0; b < 16; b++)
			uuid.b[b] = uuids[16 * i + ((b & ~3) | (3 - (b & 3)))];
		if (ffa_uuid_is_nil(&uuid))
			reader_error(r, 0, "uuid", "has the nil UUID, "
				     "expected another");
		else
			add_service(r, 0, "uuid", &uuid,
				    fdt32_ld((const fdt32_t *)(const void *)
					     (methods + step * i)));
	}
}

static void read_services(struct reader *r, int node)
{
	struct manifest_service service;
	unsigned int errors;
	int child;

	reader_props(r, node, MANIFEST_N_SERVICES, r->m);
	fdt_for_each_subnode(child, r->fdt, node) {
		memset(&service, 0, sizeof(service));
		errors = r->error_count;
		reader_props(r, child, MANIFEST_N_SERVICE, &service);
		if (errors == r->error_count)
			add_service(r, child, "uuid", &service.uuid,
				    service.methods);
	}
}

static void check_services(struct reader *r)
{
	bool at_root = fdt_getprop(r->fdt, 0, "uuid", NULL) ||
		fdt_getprop(r->fdt, 0, "messaging-method", NULL);

	if (r->m->binding == 0) {
		read_services_1_0(r);
		return;
	}
	if (!(r->kinds_seen & 1u << MANIFEST_N_SERVICES))
		reader_error(r, 0, "services",
			     "is missing, expected a node with a child for "
			     "each UUID (binding 1.1)");
	else if (!r->m->service_count && !r->error_count)
		reader_error(r, 0, "services",
			     "has no child, expected one for each UUID");
	if (at_root)
		reader_warning(r, 0, NULL,
			       "uuid and messaging-method count in binding "
			       "1.0 only; services is used");
}

/* -- checks between properties -------------------------------------------- */

static void check_id(struct reader *r)
{
	struct manifest *m = r->m;

	if (!m->has_id)
		return;
	if (m->id == 0 || m->id == FFA_ID_SPMC || m->id >= LOGICAL_IDS) {
		reader_error(r, 0, "id",
			     "is 0x%x, expected %s (0 is the OS kernel or "
			     "hypervisor, 0x8000 the SPMC, 0xffc0 to 0xffff "
			     "are EL3's)", m->id,
			     manifest_is_secure(m) ? "0x8001 to 0xffbf"
					  : "0x1 to 0x7fff");
	} else if (manifest_is_secure(m) && !(m->id & FFA_ID_SECURE)) {
		/* Shipped so: Hafnium does not look at it. */
		m->has_id = false;
		reader_warning(r, 0, "id",
			       "is 0x%x without bit 15, which no secure "
			       "partition can have; the board assigns an id "
			       "(Hafnium ignores it, TF-A and OP-TEE refuse "
			       "it)", m->id);
	} else if (!manifest_is_secure(m) && (m->id & FFA_ID_SECURE)) {
		reader_error(r, 0, "id",
			     "is 0x%x, expected 0x1 to 0x7fff in the normal "
			     "world", m->id);
	}
}

static void check_interrupts(struct reader *r)
{
	struct manifest *m = r->m;

	if (m->managed_exit) {
		if (fdt_getprop(r->fdt, 0, "ns-interrupts-action", NULL) &&
		    m->ns_action != SPMC_NS_MANAGED_EXIT)
			reader_warning(r, 0, "ns-interrupts-action",
				       "is %u, but managed-exit counts",
				       m->ns_action);
		m->ns_action = SPMC_NS_MANAGED_EXIT;
	}
	if (m->ns_action == SPMC_NS_MANAGED_EXIT && m->el != MANIFEST_S_EL1)
		reader_error(r, 0, m->managed_exit ? "managed-exit"
						   : "ns-interrupts-action",
			     "asks for managed exit, expected that of a "
			     "partition at S-EL1 only");
	if (m->managed_exit_virq && m->ns_action != SPMC_NS_MANAGED_EXIT)
		reader_warning(r, 0, "managed-exit-virq",
			       "has no effect without managed exit");
	if (m->other_s_action == 0 && m->ns_action != SPMC_NS_QUEUED)
		reader_error(r, 0, "other-s-interrupts-action",
			     "is 0 (queued), expected 1 unless "
			     "ns-interrupts-action is 0 as well");
	if (m->sri_policy && m->el == MANIFEST_S_EL0)
		reader_error(r, 0, "sri-interrupts-policy",
			     "is %u, expected 0 at S-EL0", m->sri_policy);
}

static void check_messages(struct reader *r)
{
	struct manifest *m = r->m;
	uint32_t methods = 0;

	for (unsigned int i = 0; i < m->service_count; i++)
		methods |= m->services[i].methods;
	if (m->vm_messages && !manifest_is_secure(m)) {
		reader_warning(r, 0, "vm-availability-messages",
			       "is for secure partitions; ignored");
		m->vm_messages = 0;
	}
	if (m->vm_messages && m->service_count &&
	    !(methods & FFA_PART_RECV_DIRECT))
		reader_error(r, 0, "vm-availability-messages",
			     "is 0x%x, expected 0 unless messaging-method "
			     "has bit 0 (receives direct requests)",
			     m->vm_messages);
	if (m->pm_messages &&
	    (m->el != MANIFEST_S_EL1 || m->ec_count == 1)) {
		reader_warning(r, 0, "power-management-messages",
			       "is for a partition at S-EL1 with an execution "
			       "context on each CPU; ignored (as Hafnium "
			       "does)");
		m->pm_messages = 0;
	}
}

static void check_live(struct reader *r)
{
	struct manifest *m = r->m;

	if (m->lifecycle && m->ec_count > 1)
		reader_error(r, 0, "lifecycle-support",
			     "needs execution-ctx-count 1, which is %u",
			     m->ec_count);
	if (m->abort_action != MANIFEST_ABORT_IMPDEF && !m->lifecycle)
		reader_error(r, 0, "abort-action",
			     "needs lifecycle-support, which is missing");
	if (m->has_image_uuid)
		for (unsigned int i = 0; i < m->service_count; i++)
			if (ffa_uuid_equal(&m->image_uuid,
					   &m->services[i].uuid))
				reader_error(r, 0, "image-uuid",
					     "is the UUID of a service, "
					     "expected another");
	if (!m->live_activation)
		return;
	if (!m->lifecycle)
		reader_error(r, 0, "live-activation-support",
			     "needs lifecycle-support, which is missing");
	if (!m->has_image_uuid)
		reader_error(r, 0, "live-activation-support",
			     "needs image-uuid, which is missing");
	if (!m->live_phandle)
		reader_error(r, 0, "live-activation-support",
			     "needs the node live-state-buffer-info, which is "
			     "missing");
	if (m->live_register == MANIFEST_NO_REGISTER)
		reader_error(r, 0, "live-activation-support",
			     "needs live-activation-register, which is "
			     "missing");
	else if (m->live_register == 4 ||
		 m->live_register == m->boot_register)
		reader_error(r, 0, "live-activation-register",
			     "is %d, expected 0 to 3 or 5 to 7, and not "
			     "gp-register-num", m->live_register);
}

static void check_image(struct reader *r)
{
	struct manifest *m = r->m;

	if (!m->image_size)
		m->image_size = m->mem_size;
	if (m->has_load && m->load_address % m->granule)
		reader_error(r, 0, "load-address",
			     "is 0x%" PRIx64 ", expected a multiple of 0x%x",
			     m->load_address, m->granule);
	if (m->image_size > UINT64_C(1) << MANIFEST_PA_BITS) {
		reader_error(r, 0, "image-size",
			     "is 0x%" PRIx64 ", expected at most 2^%d",
			     m->image_size, MANIFEST_PA_BITS);
		m->image_size = 0;
	}
	m->image_size = (m->image_size + m->granule - 1) / m->granule *
		m->granule;
	if (m->image_size && m->entrypoint_offset >= m->image_size)
		reader_error(r, 0, "entrypoint-offset",
			     "is 0x%" PRIx64 ", expected less than the size "
			     "of the image, 0x%" PRIx64,
			     m->entrypoint_offset, m->image_size);
}

static void check_partition(struct reader *r)
{
	struct manifest *m = r->m;

	if (m->el > 2 && m->el < 6) {
		reader_error(r, 0, "exception-level",
			     "is %u, expected 0 (EL1), 1 (S-EL0), 2 (S-EL1) "
			     "or 6 (EL0)", m->el);
		m->el = MANIFEST_S_EL1;
	}
	if (is_el0(m) && m->ec_count > 1)
		reader_error(r, 0, "execution-ctx-count",
			     "is %u, expected 1 at EL0 and S-EL0",
			     m->ec_count);
	if (m->primary_scheduler && m->el != MANIFEST_EL1)
		reader_error(r, 0, "has-primary-scheduler",
			     "is for a partition at EL1 only");
	if (m->xlat_granule)
		reader_warning(r, 0, "xlat-granule",
			       "is %u KiB; regions are sized by it, but pages "
			       "of the model have 4 KiB", m->granule >> 10);
	check_id(r);
	check_interrupts(r);
	check_messages(r);
	check_live(r);
	check_image(r);
}

/* -- the tree ------------------------------------------------------------- */

void manifest_read_partition(struct reader *r)
{
	struct manifest *m = r->m;
	GArray *regions;
	enum manifest_node kind;
	int node;

	regions = g_array_new(FALSE, TRUE, sizeof(struct manifest_region));
	reader_props(r, 0, MANIFEST_N_PARTITION, m);
	m->granule = MANIFEST_PAGE << 2 * m->xlat_granule;

	fdt_for_each_subnode(node, r->fdt, 0) {
		kind = reader_kind(r, node, MANIFEST_N_PARTITION);
		if (kind == MANIFEST_N_COUNT)
			continue;
		if (kind == MANIFEST_N_SERVICES)
			read_services(r, node);
		else if (kind == MANIFEST_N_MEMORIES ||
			 kind == MANIFEST_N_DEVICES)
			manifest_read_regions(r, node, kind, regions);
		else
			reader_props(r, node, kind, m);
	}
	m->boot_items = (m->ffa_manifest ? MANIFEST_BOOT_FDT : 0) |
		(m->hob_list ? MANIFEST_BOOT_HOB : 0);
	m->region_count = regions->len;
	m->regions = (struct manifest_region *)(void *)
		g_array_free(regions, FALSE);

	check_services(r);
	check_partition(r);
	manifest_check_regions(r);
}

/* -- the endpoint --------------------------------------------------------- */

static char *complaint(const struct manifest *m, const char *prop,
		       const char *fmt, ...) G_GNUC_PRINTF(3, 4);
static char *complaint(const struct manifest *m, const char *prop,
		       const char *fmt, ...)
{
	va_list ap;
	char *line;

	va_start(ap, fmt);
	line = manifest_line(m->file, "/", prop, fmt, ap);
	va_end(ap);
	return line;
}

static uint8_t endpoint_kind(const struct manifest *m)
{
	switch ((enum manifest_el)m->el) {
	case MANIFEST_S_EL0: return SPMC_SP_EL0;
	case MANIFEST_S_EL1: return SPMC_SP_EL1;
	case MANIFEST_EL1:
	case MANIFEST_EL0: break;
	}
	return SPMC_VM;
}

static uint8_t abort_of(const struct manifest *m)
{
	switch ((enum manifest_abort)m->abort_action) {
	case MANIFEST_ABORT_STOP:
		return SPMC_ABORT_STOP;
	case MANIFEST_ABORT_DESTROY:
		return SPMC_ABORT_DESTROY;
	case MANIFEST_ABORT_RESTART:
		return SPMC_ABORT_RESTART;
	case MANIFEST_ABORT_PROPAGATE:
		return SPMC_ABORT_PROPAGATE;
	case MANIFEST_ABORT_IMPDEF:
		break;
	}
	/* HF ffa_cpu_cycles_abort: who has a life cycle stops */
	return m->lifecycle ? SPMC_ABORT_STOP : SPMC_ABORT_NONE;
}

bool manifest_to_endpoint(const struct manifest *m, unsigned int cpus,
			  uint32_t version, struct spmc_endpoint_config *out,
			  char **error, GPtrArray *warnings)
{
	memset(out, 0, sizeof(*out));
	if (m->core) {
		*error = complaint(m, NULL, "describes the SPMC, expected the "
				   "manifest of a partition");
		return false;
	}
	if (m->ec_count > cpus) {
		*error = complaint(m, "execution-ctx-count",
				   "is %u, expected at most %u, the CPUs of "
				   "the board", m->ec_count, cpus);
		return false;
	}
	if (m->version > version && warnings)
		g_ptr_array_add(warnings, complaint(m, "ffa-version",
			"is %u.%u, more than the SPMC's %u.%u: the partition "
			"runs with that (Hafnium and TF-A refuse it)",
			m->version >> 16, m->version & 0xffff, version >> 16,
			version & 0xffff));

	out->id = m->has_id ? (uint16_t)m->id : 0;
	out->kind = endpoint_kind(m);
	out->aarch32 = m->aarch32;
	out->ec_count = (uint16_t)m->ec_count;
	out->version = MIN(m->version, version);
	out->uuid_count = (uint16_t)m->service_count;
	for (unsigned int i = 0; i < m->service_count; i++) {
		out->uuids[i] = m->services[i].uuid;
		out->props |= m->services[i].methods;
	}
	if (out->version < FFA_V1_2)
		out->props &= ~(uint32_t)METHODS_REQ2;
	if (m->notifications)
		out->props |= FFA_PART_NOTIFICATION;
	if (m->vm_messages & 1)
		out->props |= FFA_PART_VM_CREATED;
	if (m->vm_messages & 2)
		out->props |= FFA_PART_VM_DESTROYED;
	if (!m->aarch32)
		out->props |= FFA_PART_AARCH64;
	out->boot_order = (uint16_t)m->boot_order;
	out->boot_reg = m->boot_register == MANIFEST_NO_REGISTER
		? 0 : (uint8_t)m->boot_register;
	out->ns_action = (uint8_t)m->ns_action;
	out->mei_virq = m->managed_exit_virq;
	out->s_action = m->other_s_action ? SPMC_S_SIGNALED : SPMC_S_QUEUED;
	out->pm = (uint8_t)m->pm_messages;
	out->abort = abort_of(m);
	if (m->live_activation) {
		out->live = (uint8_t)(m->live_register + 1);
		out->live_buffer = (uint32_t)m->live->base;
		out->live_size = (uint32_t)(m->live->pages * FFA_PAGE_SIZE);
		out->props |= FFA_PART_LIVE;
	}
	return true;
}
