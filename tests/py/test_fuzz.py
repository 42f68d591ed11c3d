# SPDX-License-Identifier: BSD-3-Clause
"""Fuzz targets as regression tests: what is known, twice each."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FFASIM_FUZZ", ROOT / "build/plain"))
TARGETS = sorted(p.stem for p in (ROOT / "tests/fuzz").glob("fuzz_*.c"))


pytestmark = pytest.mark.skipif(
    "FFASIM_FUZZ" not in os.environ
    and not all((BUILD / t).exists() for t in TARGETS),
    reason="the targets are not built: make check builds them")


def play(target, *paths):
    done = subprocess.run([BUILD / target, *paths], capture_output=True,
                          text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(w.split("=") for w in done.stdout.split())


@pytest.mark.parametrize("target", TARGETS)
def test_nothing(target):
    assert play(target)["inputs"] == "1"


@pytest.mark.parametrize("target", TARGETS)
def test_corpus(target):
    corpus = ROOT / "tests/fuzz/corpus" / target
    files = len(list(corpus.iterdir()))
    assert files, "a target without a corpus tests nothing"
    assert int(play(target, corpus)["inputs"]) == files


@pytest.mark.parametrize("target", ["fuzz_trace", "fuzz_pair"])
def test_mutated(target):
    """Whatever the mutator makes of them holds the invariants too."""
    corpus = ROOT / "tests/fuzz/corpus" / target
    files = len(list(corpus.iterdir()))
    assert int(play(target, "-m", "50", corpus)["inputs"]) == 51 * files
