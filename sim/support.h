/* SPDX-License-Identifier: BSD-3-Clause */
/* docs/abi-support.md, from the tables and from what scenarios did. */
#ifndef SIM_SUPPORT_H
#define SIM_SUPPORT_H

#include <glib.h>

#include "sim/suite.h"

/*
 * support_page: appends the page. `c`: of each profile, what a run of the
 * suite under it exercised.
 */
void support_page(GString *to, const struct suite *suite,
		  const struct suite_cover *const c[SPMC_PROFILE_COUNT]);

#endif
