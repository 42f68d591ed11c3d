#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# campaign.sh TARGET SECONDS
#
# Two machines in small: a main of AFL++ each, with a directory of its own, and
# what one finds is copied to the other as rsync would do between hosts. Says
# how many inputs each took over; exits with 1 if one took none. They look once
# a minute: give them two at least.
set -eu
cd "$(dirname "$0")/../.."
target=$1 seconds=$2
out=build/fuzz/afl dir=build/fuzz/campaign
CC=afl-clang-fast CFLAGS=-O2 SANITIZER='' OUT=$out WORK=build/fuzz/afl-work \
	LIB_FUZZING_ENGINE=-fsanitize=fuzzer tests/fuzz/build.sh "$target"

rm -rf "$dir"
mkdir -p "$dir/a" "$dir/b" "$dir/in-a" "$dir/in-b"
# halves of the corpus, so that each has something to tell
n=0
for f in "tests/fuzz/corpus/$target"/*; do
	n=$((n + 1))
	[ $((n % 2)) = 0 ] && cp "$f" "$dir/in-a" || cp "$f" "$dir/in-b"
done
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_SYNC_TIME=1 \
	AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
	AFL_CUSTOM_MUTATOR_LIBRARY="$out/mutator.so"
pids=
for h in a b; do
	afl-fuzz -V "$seconds" -i "$dir/in-$h" -o "$dir/$h" -M "main-$h" \
		"$out/$target" > "$dir/log-$h" 2>&1 &
	pids="$pids $!"
done
end=$(($(date +%s) + seconds))
while [ "$(date +%s)" -lt $end ]; do
	sleep 2
	for x in a-b b-a; do
		from=${x%-*} to=${x#*-}
		[ ! -d "$dir/$from/main-$from/queue" ] || {
			mkdir -p "$dir/$to/main-$from"
			cp -r -u "$dir/$from/main-$from/queue" \
				"$dir/$to/main-$from/"
		}
	done
done
for p in $pids; do
	wait "$p" || true
done
status=0
for h in a b; do
	took=$(find "$dir/$h/main-$h/queue" -name '*sync:*' | wc -l)
	sed -n 's/^execs_done *: */main-'$h' executions: /p' \
		"$dir/$h/main-$h/fuzzer_stats"
	echo "main-$h took over: $took"
	[ "$took" -gt 0 ] || status=1
done
exit $status
