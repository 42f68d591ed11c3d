# SPDX-License-Identifier: BSD-3-Clause
"""Fuzz targets with an engine: built as services build them, and what a
campaign does with findings."""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# kept: a second run compiles what changed only
HERE = ROOT / "build/fuzz/check"
TARGET = "fuzz_regs"

pytestmark = pytest.mark.skipif(not shutil.which("clang"),
                                reason="clang is not installed")

ID_GET, FEATURES, ERROR = 0x84000069, 0x84000064, 0x84000060


@pytest.fixture(scope="module")
def build():
    """.clusterfuzzlite/build.sh by hand: libFuzzer, no sanitizer."""
    tree = HERE / "src"
    for d in ("src", "out", "work"):
        (HERE / d).mkdir(parents=True, exist_ok=True)
    if not (tree / "ffasim").exists():
        (tree / "ffasim").symlink_to(ROOT)

    def run(out, **more):
        env = dict(os.environ, SRC=str(tree), OUT=str(out), CC="clang",
                   WORK=str(HERE / "work"), SANITIZER="none",
                   CFLAGS="-O1 -fsanitize=fuzzer-no-link",
                   LIB_FUZZING_ENGINE="-fsanitize=fuzzer", **more)
        done = subprocess.run([ROOT / ".clusterfuzzlite/build.sh", TARGET],
                              env=env, capture_output=True, text=True,
                              timeout=600, check=False)
        if "libclang_rt.fuzzer" in done.stderr:
            pytest.skip("libFuzzer is not installed: libclang-rt-14-dev")
        assert done.returncode == 0, done.stderr
        return out
    return run


def test_clusterfuzzlite(build):
    out = HERE / "out"
    shutil.rmtree(out)
    out.mkdir()
    build(out)
    seeds = list((ROOT / "tests/fuzz/corpus" / TARGET).iterdir())
    done = subprocess.run([out / TARGET, *seeds], capture_output=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    tokens = (out / f"{TARGET}.dict").read_text().splitlines()
    assert len(tokens) > 50
    assert all(re.fullmatch(r'(\w+=)?"(\\x[0-9a-f]{2}|[^"\\])+"', t)
               for t in tokens)
    assert re.search(r"(?m)^\[libfuzzer\]\nmax_len = \d+$",
                     (out / f"{TARGET}.options").read_text())
    if shutil.which("zip"):
        with zipfile.ZipFile(out / f"{TARGET}_seed_corpus.zip") as z:
            assert sorted(z.namelist()) == sorted(p.name for p in seeds)


def test_dockerfile():
    """Instructions that exist, in an order that builds; no host is named."""
    text = (ROOT / ".clusterfuzzlite/Dockerfile").read_text()
    lines = [ln for ln in text.replace("\\\n", " ").splitlines()
             if ln.strip() and not ln.startswith("#")]
    words = [ln.split(None, 1) for ln in lines]
    assert {w[0] for w in words} <= {"ARG", "FROM", "RUN", "COPY", "WORKDIR"}
    assert all(len(w) == 2 for w in words)
    assert [w[0] for w in words][:2] == ["ARG", "FROM"]
    base = dict(words)["ARG"].split("=")
    assert dict(words)["FROM"] == "${%s}" % base[0]
    # name:tag, without a host before it
    assert re.fullmatch(r"[a-z0-9-]+:[a-z0-9.-]+", base[1])
    assert "COPY" in dict(words) and "://" not in text
    for what, args in words:
        if what == "COPY":
            assert (ROOT / args.split()[0]).exists()
        if what == "RUN":
            subprocess.run(["sh", "-n", "-c", args], check=True)
    # what Debian calls them is known to .ci/deps too
    known = (ROOT / ".ci/deps").read_text()
    named = set(re.findall(r"\s([a-z][a-z0-9+.-]+)", text.split(
        "--no-install-recommends")[1].split("\nCOPY")[0]))
    assert named - {"zip"} <= set(re.findall(r"[a-z0-9+.-]+", known))


def regs(state, *calls):
    sets = (struct.pack("<18Q", *c, *[0] * (18 - len(c))) for c in calls)
    return bytes([state] + 7 * [0]) + b"".join(sets)


def fuzz(engine, where):
    env = dict(os.environ, FUZZ_ENGINE=str(engine), FUZZ_DIR=str(where))
    return subprocess.run([ROOT / "tests/fuzz/run.sh", TARGET, "2"], env=env,
                          capture_output=True, text=True, timeout=300,
                          check=False)


def test_findings(build, tmp_path):
    """A model that is wrong in several ways: one finding for each."""
    wrong = tmp_path / "broken.o"
    subprocess.run(["clang", "-std=c11", "-Iinclude", "-c", "-o", wrong,
                    "tests/broken/broken.c"], cwd=ROOT, check=True)
    out = build(tmp_path / "out", LDFLAGS=f"{wrong} -Wl,--wrap=spmc_call")
    where = tmp_path / "fuzz"
    seeds = where / TARGET / "seeds"
    seeds.mkdir(parents=True)
    (seeds / "long").write_bytes(regs(0, (FEATURES + 0xf00,), (ID_GET,)))
    (seeds / "short").write_bytes(regs(0, (ID_GET,)))
    (seeds / "error").write_bytes(regs(0, (ERROR,)))
    done = fuzz(out / TARGET, where)
    assert done.returncode == 1, done.stdout + done.stderr
    figures, *table = done.stdout.splitlines()
    ids = [line.split()[0] for line in table]
    assert len(ids) >= 2 and len(set(ids)) == len(ids)
    assert f"findings={len(ids)}" in figures
    found = where / TARGET / "findings"
    assert {p.name for p in found.iterdir() if not p.suffix} == set(ids)
    for line in table:
        name, count, size = line.split()[:3]
        path = found / name
        assert int(count) >= 1 and path.stat().st_size == int(size)
        # it is the least of its kind, and does it again
        said = [subprocess.run([out / TARGET, p], capture_output=True,
                               text=True, timeout=60, check=False).stderr
                for p in (path, *(where / TARGET / "crashes").iterdir())]
        assert f"fuzz: {name}: " in said[0]
        same = [p for p, log in zip(
            (where / TARGET / "crashes").iterdir(), said[1:])
            if f"fuzz: {name}: " in log]
        assert len(same) == int(count)
        assert min(p.stat().st_size for p in same) == int(size)
        scenario = (found / f"{name}.ffs").read_text()
        assert scenario.startswith("ffs 1\n") and name in scenario


def test_no_findings(build, tmp_path):
    out = build(HERE / "out")
    done = fuzz(out / TARGET, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    values = dict(w.split("=") for w in done.stdout.split())
    assert int(values["execs"]) > 24 and int(values["calls"]) > 24
    assert int(values["edges"]) > 100 and values["findings"] == "0"
    assert not list((tmp_path / TARGET / "crashes").iterdir())
