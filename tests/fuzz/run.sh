#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# run.sh TARGET SECONDS
#
# Fuzzes with libFuzzer, going on with the corpus of the last time, which is in
# build/fuzz/TARGET/corpus, and after a finding. Findings are told apart by what
# broke: tests/fuzz/findings keeps the smallest input of each. What was done is
# a line of build/fuzz/TARGET/figures, see tests/fuzz/figures.
#
# Exit code: 1 there are findings, of this time or an earlier one.
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
# -fork: the engine's way to go on after a crash. What a sanitizer asks of the
# mapping is no leak of ours.
FUZZ_FIGURES=$here/now "$FUZZ_ENGINE" -fork="${FUZZ_JOBS:-1}" \
	-ignore_crashes=1 -max_len=$len -timeout=10 \
	-max_total_time="$seconds" -print_funcs=0 -detect_leaks=0 \
	-artifact_prefix="$here/crashes/" \
	$([ ! -e "$dict" ] || echo "-dict=$dict") \
	"$here/corpus" $seeds > "$here/log" 2>&1 || status=$?
# it ends with the code of its last process
if ! grep -q '^INFO: exiting: ' "$here/log"; then
	tail -n 20 "$here/log" >&2
	echo "$target: the engine itself ends with $status, see $here/log" >&2
	exit 1
fi
found=$(tests/fuzz/findings "$FUZZ_ENGINE" "$here")
edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$here/log" | tail -n 1)
# a line for each process of the engine
[ ! -e "$here/now" ] || awk -v head="seconds=$seconds" \
	-v tail="edges=${edges:-0} findings=$(echo "$found" | grep -c .)" '
	{ sub("execs=", "", $1); sub("calls=", "", $2); e += $1; c += $2 }
	END { printf "%s execs=%.0f calls=%.0f %s\n", head, e, c, tail }' \
	"$here/now" >> "$here/figures"
tail -n 1 "$here/figures"
[ -n "$found" ] || exit 0
echo "$found"
echo "$target: findings, smallest input and scenario: $here/findings" >&2
exit 1
