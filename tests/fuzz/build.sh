#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# build.sh [TARGET]...
#
# Builds fuzz targets (default: all) for whatever engine the environment says,
# as OSS-Fuzz and ClusterFuzzLite do: $CC $CFLAGS $LIB_FUZZING_ENGINE, into
# $OUT, with $WORK for objects; beside each target its dictionary, options and,
# where there is zip, its corpus. $SANITIZER=undefined|address|none adds its
# flag, where $CFLAGS does not have it. Without a $LIB_FUZZING_ENGINE: that of
# libFuzzer, with clang.
set -eu
cd "$(dirname "$0")/../.."

: "${CC:=clang}" "${SANITIZER=address,undefined}"
: "${OUT:=build/fuzz/out}" "${WORK:=build/fuzz/work}"
if [ -z "${LIB_FUZZING_ENGINE-}" ]; then
	LIB_FUZZING_ENGINE=-fsanitize=fuzzer
	CFLAGS="${CFLAGS--O2 -g} -fsanitize=fuzzer-no-link"
fi
case " ${CFLAGS-} " in
*-fsanitize=address*|*-fsanitize=undefined*) ;;
*) case $SANITIZER in
   ''|none|coverage) ;;
   *) CFLAGS="${CFLAGS-} -fsanitize=$SANITIZER"
      CFLAGS="$CFLAGS -fno-sanitize-recover=all -fno-omit-frame-pointer" ;;
   esac ;;
esac

# what is not to be covered: AFL++ covers all that its compiler compiles
case $CC in
*afl-*) PLAINCC=${PLAINCC:-clang} ;;
*) PLAINCC=$CC ;;
esac

PC="glib-2.0 gobject-2.0 gio-2.0 gio-unix-2.0 gmodule-no-export-2.0 uuid"
FLAGS="-std=c11 -D_GNU_SOURCE -Iinclude -I. $(pkg-config --cflags $PC)"
FLAGS="$FLAGS -DFFASIM_VERSION=\"fuzz\""
LIBS="$(pkg-config --libs $PC) -lfdt"

# compile DIR FLAGS SOURCE...: names of objects, compiled where they are older
compile() {
	where=$WORK/$1 flags="${CFLAGS-} $2 $FLAGS" cc=$CC
	[ "$1" != plain ] || cc=$PLAINCC
	shift 2
	mkdir -p "$where"
	echo "$cc $flags" | cmp -s - "$where/flags" &&
		[ -z "$(find spmc sim include conduit partitions tests/fuzz \
			-name '*.[hd]*' -newer "$where/flags" -print -quit)" ] ||
		rm -f "$where"/*.o
	echo "$cc $flags" > "$where/flags"
	for c; do
		o=$where/$(echo "${c%.c}" | tr / _).o
		echo "$o"
		[ "$o" -nt "$c" ] || echo "$o $c" >&3
	done 3> "$where/todo"
	xargs -r -P "$(nproc)" -L 1 $cc $flags -c -o < "$where/todo" >&2
}

targets=${*:-$(ls tests/fuzz/fuzz_*.c | sed 's|.*/||; s|\.c$||')}
mkdir -p "$OUT"

# Coverage of what a target is about only: the model and the player of traces,
# or the readers of text, device trees and frames.
quiet=
case $CC,${CFLAGS-} in *fuzzer-no-link*) quiet=-fno-sanitize=fuzzer-no-link ;; esac
player="sim/ops.c sim/ops_board.c sim/ops_desc.c sim/ops_memory.c
	sim/ops_row.c sim/ops_state.c"
core=$(compile core '' spmc/*.c $player)
# what prints a finding
some=$(ls conduit/inject.c conduit/wire.c sim/board*.c sim/codec*.c \
	sim/ffs_*.c sim/lit*.c sim/machine*.c sim/memory.c sim/ops_print.c \
	partitions/*.c partitions/*/*.c tests/fuzz/support.c)
plain=$(compile plain "$quiet" $some)
${HOSTCC:-cc} -std=c11 -Iinclude -o "$WORK/dict" tests/fuzz/dict.c spmc/abi.c
for t in $targets; do
	more=$plain
	case $t in
	fuzz_ffs|fuzz_manifest|fuzz_wire)
		more=$(compile readers '' $some) ;;
	esac
	own=$(compile target '' "tests/fuzz/$t.c")
	case $LIB_FUZZING_ENGINE,$t in
	*fuzzer*,fuzz_trace|*fuzzer*,fuzz_pair)
		own="$own $(compile plain "$quiet" tests/fuzz/mutate.c \
			tests/fuzz/shim_libfuzzer.c)" ;;
	esac
	"$WORK/dict" "$t" | sort -u > "$OUT/$t.dict"
	printf '[libfuzzer]\nmax_len = 4096\n' > "$OUT/$t.options"
	! command -v zip >/dev/null || {
		rm -f "$OUT/${t}_seed_corpus.zip"
		zip -qj "$OUT/${t}_seed_corpus.zip" "tests/fuzz/corpus/$t"/*
	}
	$CC ${CFLAGS-} ${LDFLAGS-} -o "$OUT/$t" $own $core $more \
		$LIB_FUZZING_ENGINE $LIBS
done
# for AFL_CUSTOM_MUTATOR_LIBRARY: no part of a target, so without its flags
case $targets in *fuzz_trace*|*fuzz_pair*)
	${HOSTCC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Iinclude -I. -shared -fPIC \
		-o "$OUT/mutator.so" tests/fuzz/shim_afl.c \
		tests/fuzz/mutate.c $player spmc/*.c ;;
esac
