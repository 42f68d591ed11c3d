#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# bench.sh BENCH [SECONDS]
#
# fuzz.exec.ratio: executions per second of fuzz_trace with 16 operations over
# those of a target that does nothing, both under AFL++ in persistent mode,
# without sanitizers. An execution there has the costs of every campaign: the
# pipe to the fork server, the map of edges. BENCH, the program of `make
# bench`, prints the line. Wants a machine that does nothing else.
set -eu
cd "$(dirname "$0")/../.."
bench=$1 seconds=${2:-5} out=build/fuzz/afl dir=build/fuzz/bench
command -v afl-fuzz >/dev/null || {
	echo "fuzz.exec.ratio needs AFL++: apt-get install afl++ clang" >&2
	exit 0
}
rm -rf "$dir"
mkdir -p "$out" "$dir/in"
log=$dir/log
trap '[ $? = 0 ] || tail -n 20 "$log" >&2' EXIT
CC=afl-clang-fast CFLAGS=-O2 SANITIZER='' OUT=$out WORK=build/fuzz/afl-work \
	LIB_FUZZING_ENGINE=-fsanitize=fuzzer tests/fuzz/build.sh fuzz_trace \
	> "$log" 2>&1
afl-clang-fast -O2 -fsanitize=fuzzer tests/fuzz/empty.c -o "$out/empty" \
	>> "$log" 2>&1
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 \
	AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
# 11 rows of the board, 16 operations
head -c 432 tests/fuzz/corpus/fuzz_trace/held > "$dir/in/seed"
truncate -s 432 "$dir/in/seed"
rate() {
	afl-fuzz -V "$seconds" -D -g 432 -G 432 -i "$dir/in" -o "$dir/$1" \
		"$out/$1" >> "$log" 2>&1
	sed -n 's/^execs_per_sec *: *//p' "$dir/$1/default/fuzzer_stats"
}
none=$(rate empty)
some=$(rate fuzz_trace)
"$bench" fuzz.exec.ratio "$(echo "$some $none" | awk '{ print $1 / $2 }')"
