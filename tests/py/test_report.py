# SPDX-License-Identifier: BSD-3-Clause
"""What a run says: KTAP, JUnit, JSON, and on a terminal."""

import json
import os
import pty
import re
import subprocess
import xml.etree.ElementTree as ElementTree

from conftest import (BROKEN, GOOD, MISMATCH, OK, PARAM, PROGRAM, WRONG,
                      environment, untimed)


def parse_ktap(lines, indent=""):
    """[(ok, name, directive)], checking the version, the plan, the numbers."""
    lines = [l for l in lines if not l.lstrip().startswith("# ")]
    out, nested = [], []
    assert lines[0] == indent + "KTAP version 1"
    plan = re.fullmatch(indent + r"1\.\.(\d+)", lines[1])
    assert plan
    for line in lines[2:]:
        if line.startswith(indent + "  "):
            nested.append(line)
            continue
        m = re.fullmatch(indent + r"(ok|not ok) (\d+) ([^#]*[^# ])"
                         r"( # SKIP( .*)?)?", line)
        assert m, line
        out.append((m.group(1) == "ok", m.group(3), m.group(4)))
        assert int(m.group(2)) == len(out)
        if nested:
            inner = parse_ktap(nested, indent + "  ")
            assert all(ok for ok, *_ in inner) == out[-1][0]
            nested = []
    assert len(out) == int(plan.group(1))
    assert not nested
    return out


def test_ktap(ffasim, tree, scenario):
    scenario(PARAM.replace("= _", "= FFA_SUCCESS()"), "scenarios/z.ffs")
    p = ffasim("run")
    got = parse_ktap(p.stdout.splitlines())
    assert [(ok, name) for ok, name, _ in got] == [
        (True, "a/good"), (False, "a/wrong"), (True, "b/param"),
        (True, "b/skip"), (False, "z")]
    assert got[3][2].startswith(" # SKIP requires")
    assert p.stderr == ""
    # the plan holds when the run is stopped, within a scenario too
    p = ffasim("run", "-x")
    assert "\n# 1 passed, 1 failed, 0 skipped, 3 not run in " in p.stdout
    parse_ktap(p.stdout.splitlines())
    parse_ktap(ffasim("run", "-x", "-f", "z", "--repeat", "2")
               .stdout.splitlines())
    parse_ktap(ffasim("run", "--repeat", "2").stdout.splitlines())


def test_junit(ffasim, tree, scenario):
    scenario(BROKEN, "scenarios/broken.ffs")
    p = ffasim("run", "-v", "--report", "junit:-")
    suite = ElementTree.fromstring(p.stdout).find("testsuite")
    cases = suite.findall("testcase")
    assert int(suite.get("tests")) == len(cases) == 7
    assert [int(suite.get(k)) for k in ("failures", "errors", "skipped")] == \
        [1, 1, 1]
    by_name = {c.get("classname") + "/" + c.get("name"): c for c in cases}
    assert "b/param[N=2]" in by_name
    assert "FFA_ERROR(DENIED)" in by_name["a/wrong"].find("failure").text
    assert by_name["b/skip"].find("skipped") is not None
    assert "FFA_ID_GET" in by_name["a/good"].find("system-out").text


def test_several_reports(ffasim, tree, tmp_path):
    p = ffasim("run", "--report", "json:r.json", "--report", "junit:r.xml",
               "--report", "ktap:r.ktap", "--report", "term:r.txt")
    assert p.stdout == (tmp_path / "r.ktap").read_text()
    summary = json.loads((tmp_path / "r.json").read_text())["summary"]
    assert summary["runs"] == 6
    ElementTree.parse(tmp_path / "r.xml")
    summary = "2 passed, 1 failed, 1 skipped in T s (6 runs)\n"
    assert untimed((tmp_path / "r.txt").read_text()).endswith(summary)
    assert untimed(p.stdout).endswith("# " + summary)


def test_quiet_success(ffasim, scenario):
    p = ffasim("run", "--report", "term:-", scenario(GOOD))
    assert (untimed(p.stdout), p.stderr) == (
        "1 passed, 0 failed, 0 skipped in T s\n", "")
    p = ffasim("run", "-q", "--report", "term:-", scenario(GOOD))
    assert (p.stdout, p.stderr) == ("", "")


def test_verbose_is_a_scenario(ffasim, scenario):
    p = ffasim("run", "-v", "--report", "term:-", scenario(GOOD))
    again = ffasim("run", scenario(p.stdout, "again.ffs"))
    assert again.returncode == OK, p.stdout + again.stdout
    only = ffasim("run", "--report", "trace:-", scenario(GOOD))
    assert only.stdout and p.stdout.startswith(only.stdout)


def test_stop_at(ffasim, scenario):
    text = GOOD + WRONG.splitlines()[-1] + "\n"
    line = len(GOOD.splitlines())
    p = ffasim("run", "--stop-at", line, "--report", "term:-",
               scenario(text))
    assert p.returncode == OK
    assert "FFA_ID_GET" in p.stdout and "FFA_RX_RELEASE" not in p.stdout
    assert ffasim("run", "--stop-at", line + 1,
                  scenario(text)).returncode == MISMATCH


def terminal(*args, cwd, env=None):
    """stdout when it is a terminal."""
    ours, theirs = pty.openpty()
    p = subprocess.Popen([PROGRAM, *args], cwd=cwd, stdout=theirs,
                         env=environment(**(env or {})))
    os.close(theirs)
    out = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:     # the other end is closed
            break
        if not chunk:
            break
        out += chunk
    os.close(ours)
    p.wait(timeout=60)
    return out.decode().replace("\r\n", "\n")


def test_terminal(scenario, tmp_path):
    scenario(WRONG)
    out = terminal("run", cwd=tmp_path)
    assert "\033[1;31mfail\033[0m t\n" in out
    assert "KTAP" not in out
    assert untimed(out).endswith("0 passed, 1 failed, 0 skipped in T s\n")
    for args, env in ((["--color", "never"], {}), ([], {"NO_COLOR": "1"}),
                      ([], {"TERM": "dumb"})):
        assert "\033[1;31m" not in terminal("run", *args, cwd=tmp_path,
                                            env=env)
    assert "\033[1;31m" in terminal("run", "--color", "always", cwd=tmp_path,
                                    env={"NO_COLOR": "1"})


def test_progress_line(scenario, tmp_path):
    for i in range(4):
        scenario(GOOD, "%d.ffs" % i)
    out = terminal("run", "--repeat", "4000", "-j2", cwd=tmp_path)
    assert re.search(r"\r\d+/16000, 0 failed, \d+/s, ETA \d+ s", out)
    # the last thing on the line is the summary
    assert out.rsplit("\033[K", 1)[1].startswith("16000 passed")
