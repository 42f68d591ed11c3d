#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# campaign.sh TARGET SECONDS
#
# Two machines in small: AFL++'s main on one, a secondary on the other, a
# directory each, and what one finds is copied to the other as rsync would do
# between hosts. The main begins with one input of the corpus, the secondary
# with all, so that there is something to take over. A main looks after half a
# minute and at its end (AFL_FINAL_SYNC), a secondary once a minute: 90 seconds
# show it. Prints what came across; exits with 1 if the main took nothing.
set -eu
cd "$(dirname "$0")/../.."
target=$1 seconds=$2
command -v afl-fuzz >/dev/null || {
	echo "no afl-fuzz; install it with: apt-get install afl++" >&2
	exit 1
}
out=build/fuzz/afl dir=build/fuzz/campaign
CC=afl-clang-fast CFLAGS=-O2 SANITIZER='' OUT=$out WORK=build/fuzz/afl-work \
	LIB_FUZZING_ENGINE=-fsanitize=fuzzer tests/fuzz/build.sh "$target"

rm -rf "$dir"
mkdir -p "$dir/a" "$dir/b" "$dir/in-a" "$dir/in-b"
cp "tests/fuzz/corpus/$target"/* "$dir/in-b"
first=$(ls "$dir/in-b" | head -n 1)
mv "$dir/in-b/$first" "$dir/in-a"
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_SYNC_TIME=1 \
	AFL_FINAL_SYNC=1 AFL_FAST_CAL=1 \
	AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
case $target in
fuzz_trace|fuzz_pair) export AFL_CUSTOM_MUTATOR_LIBRARY="$out/mutator.so" ;;
esac
# host, name, kind
start() {
	afl-fuzz -V "$seconds" -i "$dir/in-$1" -o "$dir/$1" "$3" "$2" \
		"$out/$target" > "$dir/log-$2" 2>&1 &
	pids="${pids-} $!"
}
start a main -M
start b secondary -S
trap 'kill $pids 2>/dev/null || :' INT TERM

# carry FROM-HOST TO-HOST NAME
carry() {
	[ -d "$dir/$1/$3/queue" ] || return 0
	mkdir -p "$dir/$2/$3"
	cp -r -u "$dir/$1/$3/queue" "$dir/$2/$3/"
}
running() { for p in $pids; do ! kill -0 "$p" 2>/dev/null || return 0; done; return 1; }
while running; do
	carry a b main
	carry b a secondary
	sleep 2
done
for p in $pids; do
	wait "$p" || :
done
# took HOST NAME OTHER: what it took over of the other's queue
took() {
	sed -n "s/^execs_done *: */$2: executions: /p" \
		"$dir/$1/$2/fuzzer_stats"
	n=$(find "$dir/$1/$2/queue" -name "*,sync:$3,*" | wc -l)
	echo "$2: took over from $3: $n"
	find "$dir/$1/$2/queue" -name "*,sync:$3,*" -printf '  %f %s bytes\n' |
		sort | head -n 10
}
took b secondary main
took a main secondary
[ "$n" -gt 0 ]
