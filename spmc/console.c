/* SPDX-License-Identifier: BSD-3-Clause */
/* FFA_CONSOLE_LOG: whoever runs the SPMC has the characters, and a console. */
#include "state.h"

enum { CHARS_32 = 6 * 4, CHARS_64 = 16 * 8, CHARS_64_OLD = 6 * 8 };

enum spmc_rule spmc_console_log(struct call *c)
{
	bool wide = c->fn == FFA_FN_CONSOLE_LOG_64;
	unsigned int most = wide ? CHARS_64 : CHARS_32;
	uint64_t n = c->in.x[1];

	if (wide && endpoint(c->s, c->ep)->version < FFA_V1_2 &&
	    choice(c, CHOICE_CONSOLE_LOG_OLD) == CONSOLE_LOG_OLD_48)
		most = CHARS_64_OLD;
	if (!n || n > most)
		return RULE_CONSOLE_LOG_COUNT;
	c->out->logged = (uint16_t)n;
	return succeed(c, &(struct ffa_value){ 0 });
}

unsigned int spmc_logged(const struct ffa_value *in,
			 const struct spmc_outcome *out,
			 char text[SPMC_MAX_LOGGED])
{
	unsigned int i, width = ffa_is_64((uint32_t)in->x[0]) ? 8 : 4;

	for (i = 0; i < out->logged; i++)
		text[i] = (char)(in->x[2 + i / width] >> i % width * 8);
	return out->logged;
}
