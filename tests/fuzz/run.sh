#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# run.sh TARGET SECONDS
#
# Fuzzes with libFuzzer, one process, going on with the corpus of the last
# time: build/fuzz/TARGET/corpus. Findings are in build/fuzz/TARGET/crashes;
# each is printed as a scenario. What was done is a line of
# build/fuzz/TARGET/figures, see tests/fuzz/figures.
set -eu
cd "$(dirname "$0")/../.."
target=$1 seconds=$2
: "${FUZZ_DIR:=build/fuzz}" "${FUZZ_ENGINE:=$FUZZ_DIR/out/$target}"
here=$FUZZ_DIR/$target
mkdir -p "$here/corpus" "$here/crashes"

# every scenario that a trace can say, under each profile
if [ "$target" = fuzz_trace -o "$target" = fuzz_pair ] &&
	[ ! -d "$here/seeds" ] && [ -n "${FFASIM-}" ]; then
	mkdir -p "$here/seeds"
	for p in spec hafnium tfa-el3 optee; do
		"$FFASIM" convert -q --profile $p -o "$here/seeds" scenarios
	done
fi

seeds=
for d in "tests/fuzz/corpus/$target" "$here/seeds"; do
	[ ! -d "$d" ] || seeds="$seeds $d"
done
case $target in
fuzz_regs) len=1160 ;;
fuzz_trace|fuzz_pair) len=2048 ;;
fuzz_ffs|fuzz_manifest) len=4096 ;;
*) len=1024 ;;
esac
dict=$FUZZ_ENGINE.dict

rm -f "$here/now"
status=0
# what a sanitizer asks of the mapping is no leak of ours
FUZZ_FIGURES=$here/now "$FUZZ_ENGINE" -max_len=$len -timeout=10 \
	-max_total_time="$seconds" -print_final_stats=1 -detect_leaks=0 \
	-artifact_prefix="$here/crashes/" \
	$([ ! -e "$dict" ] || echo "-dict=$dict") \
	"$here/corpus" $seeds > "$here/log" 2>&1 || status=$?
edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$here/log" | tail -n 1)
[ ! -e "$here/now" ] ||
	echo "seconds=$seconds $(cat "$here/now") edges=${edges:-0}" \
		"findings=$((status != 0))" >> "$here/figures"
if [ $status != 0 ]; then
	sed -n '/^fuzz: /,/^---- >8/p;/^SUMMARY/p;/Test unit written/p' \
		"$here/log"
	echo "$target: finding, see $here/log" >&2
	exit 1
fi
tail -n 1 "$here/figures"
