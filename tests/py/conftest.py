# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the program share.

FFASIM names the program under test; without it, build/plain/ffasim is taken.
"""

import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "scenarios"
GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
PROGRAM = os.environ.get("FFASIM", str(ROOT / "build/plain/ffasim"))

# exit codes of the design
OK, MISMATCH, USAGE, BAD_FILE, INVARIANT, WATCHDOG = range(6)
SKIPPED, HARNESS, INTERRUPTED = 77, 99, 130


def environment(**extra):
    """Nothing of the caller's terminal, build server or locale gets in."""
    env = {k: v for k, v in os.environ.items()
           if k not in ("CI", "NO_COLOR", "TERM", "LANG", "LANGUAGE")
           and not k.startswith("LC_")}
    env.update(TERM="xterm", LC_ALL="C.UTF-8")
    env.update(extra)
    return env


def call(*args, cwd=ROOT, env=None, **more):
    """The program with these arguments; stdout and stderr as text."""
    return subprocess.run([PROGRAM, *map(str, args)], cwd=cwd,
                          env=environment(**(env or {})),
                          capture_output=True, encoding="utf-8",
                          timeout=120, **more)


@pytest.fixture
def ffasim(tmp_path):
    """call(), in an empty directory unless cwd= says otherwise."""
    def run(*args, cwd=tmp_path, **more):
        return call(*args, cwd=cwd, **more)
    return run


@pytest.fixture
def scenario(tmp_path):
    """Writes a scenario file into the test's directory; its name."""
    def write(text, name="t.ffs"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name
    return write


def shipped():
    """Names below scenarios/ of all that is shipped."""
    return sorted(str(p.relative_to(SCENARIOS))[:-4]
                  for p in SCENARIOS.rglob("*.ffs")
                  if not p.name.startswith("."))


# -- some scenarios -----------------------------------------------------------

HEAD = """ffs 1
title "%s"
ffa 1.2
part ns id=0x0000 kind=vm

"""
GOOD = HEAD % "good" + "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
WRONG = HEAD % "wrong" + "ns@0 FFA_RX_RELEASE() = FFA_SUCCESS()\n"
BROKEN = HEAD % "broken" + "ns@0 FFA_NOT_THERE() = FFA_SUCCESS()\n"
SKIP = HEAD % "skip" + "requires cpus>=4\n" \
    "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=ns)\n"
PARAM = HEAD % "param" + "param N = 1, 2, 3\n" \
    "ns@0 FFA_FEATURES(id=$N) = _\n"


@pytest.fixture
def tree(scenario):
    """A small scenarios/ directory."""
    for name, text in (("a/good", GOOD), ("a/wrong", WRONG),
                       ("b/param", PARAM), ("b/skip", SKIP)):
        scenario(text, "scenarios/%s.ffs" % name)


def results(p):
    return json.loads(p.stdout)["results"]


def untimed(text):
    return re.sub(r"in \d+\.\d+ s", "in T s", text)
