/* SPDX-License-Identifier: BSD-3-Clause */
/* pcap=FILE: each call and each result as a packet. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "pcapng.h"

enum { LINE = 2048 };

struct pcap {
	struct pcapng *to;
	conduit_show_fn *show;
	void *show_ctx;
};

static bool pcap_open(const char *args, const struct conduit_options *options,
		      void **handle, char **error)
{
	struct pcapng *to;
	struct pcap *p;

	if (!*args) {
		*error = g_strdup("write pcap=FILE");
		return false;
	}
	to = pcapng_create(args, NULL, error);
	if (!to)
		return false;
	p = g_new0(struct pcap, 1);
	p->to = to;
	p->show = options->show;
	p->show_ctx = options->show_ctx;
	*handle = p;
	return true;
}

static void pcap_close(void *handle)
{
	struct pcap *p = handle;
	g_autofree char *why = pcapng_close(p->to);

	if (why)
		fprintf(stderr, "filter pcap: %s\n", why);
	g_free(p);
}

static const char *pcap_call(void *handle, struct conduit_next *next,
			     unsigned int cpu, const struct ffa_value *in,
			     struct ffa_value *out)
{
	static const char open[] = " ...";
	struct pcap *p = handle;
	const struct ffa_value args = *in;
	char line[LINE], both[LINE];
	struct pcapng_packet k = {
		.kind = PCAPNG_CALL, .interface = line, .cpu = (uint16_t)cpu,
		.regs = &args, .time = next->time(next, 0),
	};
	const char *why;
	size_t n;

	/* "ns@0 CALL ..." */
	p->show(p->show_ctx, cpu, &args, NULL, line, sizeof(line));
	n = strlen(line);
	if (g_str_has_suffix(line, open))
		line[n -= strlen(open)] = 0;
	k.comment = line + strcspn(line, " ");
	if (*k.comment)
		line[k.comment++ - line] = 0;
	k.comment += strspn(k.comment, " ");
	pcapng_put(p->to, &k);

	why = next->call(next, cpu, in, out);
	k.time = next->time(next, 0);
	k.answers = (uint32_t)args.x[0];
	k.regs = why ? NULL : out;
	k.kind = why ? PCAPNG_FAILED : PCAPNG_RESULT;
	k.comment = why;
	if (!why) {
		/* "ns@0 CALL = RESULT" */
		p->show(p->show_ctx, cpu, &args, out, both, sizeof(both));
		k.comment = strlen(both) > n + 3 ? both + n + 3 : "";
	}
	pcapng_put(p->to, &k);
	return why;
}

const struct conduit_filter conduit_filter_pcap = {
	.size = sizeof(conduit_filter_pcap),
	.api_version = CONDUIT_API,
	.name = "pcap",
	.open = pcap_open,
	.close = pcap_close,
	.call = pcap_call,
};
