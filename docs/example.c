/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A driver against a simulated machine. The file `board` holds
 *	ffs 1
 *	part echo id=0x8001 kind=sp can=direct run=echo
 * cc example.c $(pkg-config --cflags --libs ffasim) -o example
 * ./example board
 */
#include <conduit.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct conduit_options log = { sizeof(log), .filters = "log" };
	char *error = NULL;
	struct conduit *c;
	ffa_value_t v = { { (uint32_t)FFA_ID_MSG_SEND_DIRECT_REQ_32 } };

	c = conduit_open_board(argc > 1 ? argv[1] : "board", &log, &error);
	if (!c) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	conduit_bind(c, 0);	/* this thread is CPU 0 */
	v.x[1] = 0x8001;	/* from us, id 0, to the partition */
	v.x[3] = 42;
	ffa_smc(v, &v);
	printf("%#x: %u\n", (unsigned int)v.x[0], (unsigned int)v.x[3]);
	conduit_close(c);
}
