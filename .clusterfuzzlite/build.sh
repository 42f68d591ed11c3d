#!/bin/bash -eu
# SPDX-License-Identifier: BSD-3-Clause
# ClusterFuzzLite and OSS-Fuzz set CC, CFLAGS, LIB_FUZZING_ENGINE, OUT, WORK.
# By hand, arguments are targets; default: all.
cd "${SRC:?}/ffasim"
# flags of the engine alone, which the host's programs must not have
HOSTCC="${HOSTCC:-clang}" exec tests/fuzz/build.sh "$@"
