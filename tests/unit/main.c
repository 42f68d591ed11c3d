/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs every suite of tests/unit. Check's environment selects and shows:
 * CK_RUN_SUITE=rxtx, CK_RUN_CASE=…, CK_FORK=no under gdb, CK_VERBOSITY=verbose.
 */
#include <stdlib.h>

#include "unit.h"

int main(void)
{
	SRunner *sr = srunner_create(NULL);
	int failed;

	/* ends what hangs, and nothing else on a machine that is busy */
	setenv("CK_DEFAULT_TIMEOUT", "120", 0);

#define UNIT_ADD(name) srunner_add_suite(sr, name());
	UNIT_SUITES(UNIT_ADD)

	srunner_run_all(sr, CK_ENV);
	/* a selection that selects nothing has not passed */
	failed = srunner_ntests_failed(sr) || !srunner_ntests_run(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
