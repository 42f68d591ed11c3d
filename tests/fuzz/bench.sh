#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# bench.sh [SECONDS]
#
# Prints fuzz.exec.ratio: executions per second of fuzz_trace with 16
# operations over those of a target that does nothing, both under AFL++ in
# persistent mode, without sanitizers. Wants a machine that does nothing else.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-10} out=build/fuzz/afl dir=build/fuzz/bench
CC=afl-clang-fast CFLAGS=-O2 SANITIZER='' OUT=$out WORK=build/fuzz/afl-work \
	LIB_FUZZING_ENGINE=-fsanitize=fuzzer tests/fuzz/build.sh fuzz_trace \
	> "$out.log" 2>&1
afl-clang-fast -O2 -fsanitize=fuzzer tests/fuzz/empty.c -o "$out/empty" \
	>> "$out.log" 2>&1
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 \
	AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
rm -rf "$dir"
mkdir -p "$dir/in"
# 11 rows of the board, 16 operations
head -c 432 tests/fuzz/corpus/fuzz_trace/held > "$dir/in/seed"
truncate -s 432 "$dir/in/seed"
for t in empty fuzz_trace; do
	afl-fuzz -V "$seconds" -D -g 432 -G 432 -i "$dir/in" -o "$dir/$t" \
		"$out/$t" >> "$out.log" 2>&1
	sed -n 's/^execs_per_sec *: *//p' "$dir/$t/default/fuzzer_stats"
done | paste -s - | awk '{ printf "fuzz.exec.ratio: %.2f\n", $2 / $1 }'
