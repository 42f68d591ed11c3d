# SPDX-License-Identifier: BSD-3-Clause
"""ffasim explore: all that can happen on a board."""

import csv
import os
import re
import subprocess

import pytest

from conftest import BAD_FILE, INVARIANT, OK, PROGRAM, ROOT, \
    USAGE, environment

BROKEN = os.environ.get("FFASIM_BROKEN", str(ROOT / "build/plain/broken"))
BOARD = ROOT / "scenarios/explore/two.ffs"


def explore(*args, program=PROGRAM, cwd=ROOT):
    return subprocess.run([program, "explore", *map(str, args)], cwd=cwd,
                          env=environment(), capture_output=True,
                          encoding="utf-8", timeout=120)


def figures(*args):
    p = explore("--csv", "-q", *args)
    assert (p.returncode, p.stderr) == (OK, ""), p.stderr
    return [{k: float(v) for k, v in row.items()}
            for row in csv.DictReader(p.stdout.splitlines())]


def test_board():
    """States by depth; all is well in each of them."""
    rows = figures("--depth", 3, BOARD)
    assert [int(r["depth"]) for r in rows] == [0, 1, 2, 3]
    new = [int(r["new"]) for r in rows]
    assert new[0] == 1 and new == sorted(new) and new[3] > 1000
    assert sum(new) == rows[3]["states"]
    # what is refused leads nowhere
    assert all(r["new"] + r["refused"] <= r["moves"] for r in rows[1:])


def test_it_is_the_same_each_time():
    first, second = (figures("--depth", 2, BOARD) for _ in range(2))
    for r in first + second:
        del r["seconds"]
    assert first == second


def test_progress():
    p = explore("--depth", 2, BOARD)
    assert [line.split(":")[0] for line in p.stderr.splitlines()] == \
        ["depth 1", "depth 2"]
    assert "states/s" in p.stdout.splitlines()[-1]
    assert "stopped by --depth" in p.stdout


def test_limit():
    p = explore("--states", 100, BOARD)
    assert p.returncode == OK and "stopped by --states" in p.stdout


def small(tmp_path, *lines):
    (tmp_path / "b.ffs").write_text("\n".join((
        "ffs 1", 'title "b"', "board cpus=1", "part ns id=0 kind=vm",
        *lines, "check leaks == 0", "")))
    return tmp_path / "b.ffs"


def test_whole(tmp_path):
    """What one partition and the normal world can say to each other ends."""
    board = small(tmp_path, "part sp1 id=0x8001 can=direct")
    p = explore("--alphabet", "messaging,events", "--depth", 50, board)
    assert p.returncode == OK
    assert "all states there are" in p.stdout


def test_every_cpu(tmp_path):
    """A second CPU makes more of the same moves."""
    one = small(tmp_path, "part sp1 id=0x8001 can=direct")
    few = figures("--alphabet", "messaging", "--depth", 3, one)
    one.write_text(one.read_text().replace("cpus=1", "cpus=2"))
    many = figures("--alphabet", "messaging", "--depth", 3, one)
    assert many[3]["states"] > few[3]["states"]


@pytest.mark.skipif(not os.path.exists(BROKEN),
                    reason="not built: make build/plain/broken")
def test_bug(tmp_path):
    """It is found after the fewest moves, and the scenario shows it."""
    p = explore(BOARD, program=BROKEN)
    assert p.returncode == INVARIANT, p.stderr
    # share, request, retrieve; reclaim on the other CPU
    assert re.search("I5: a refused call changed the state: .*, "
                     "after 4 moves", p.stderr)
    assert "FFA_MEM_RECLAIM" in p.stdout.splitlines()[-1]
    (tmp_path / "t.ffs").write_text(p.stdout)
    again = subprocess.run([BROKEN, "run", "t.ffs"], cwd=tmp_path,
                           env=environment(), capture_output=True,
                           encoding="utf-8", timeout=60)
    assert again.returncode == INVARIANT and "I5" in again.stdout
    good = subprocess.run([PROGRAM, "run", "t.ffs"], cwd=tmp_path,
                          env=environment(), timeout=60)
    assert good.returncode == OK


@pytest.mark.parametrize("args, says", (
    (["--depth", "0", BOARD], "--depth 0: expected 1 to"),
    (["--states", "0", BOARD], "--states: expected"),
    (["--alphabet", "memory,x", BOARD], "expected memory, messaging or"),
    (["scenarios/setup"], "expected one scenario, not"),
))
def test_usage(args, says):
    p = explore(*args)
    assert p.returncode == USAGE and says in p.stderr, p.stderr


def test_what_it_cannot(tmp_path):
    board = small(tmp_path, "part sp1 id=0x8001 run=echo")
    p = explore(board)
    assert p.returncode == BAD_FILE
    assert "sp1: who explores plays every part" in p.stderr
    board.write_text("ffs 1\npart sp1 id=what\n")
    p = explore(board)
    assert p.returncode == BAD_FILE and "b.ffs:2:" in p.stderr
