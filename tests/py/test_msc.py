# SPDX-License-Identifier: BSD-3-Clause
"""Sequence charts: text, Mermaid, SVG."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import (BAD_FILE, BROKEN, MISMATCH, OK, PARAM, ROOT, SCENARIOS,
                      SKIP, SKIPPED, USAGE, call)

SVG = "{http://www.w3.org/2000/svg}"
CHART = SCENARIOS / "mem/chart.ffs"

BOARD = """ffs 1
title "%s"
ffa 1.2
part ns id=0 kind=vm
part sp1 id=0x8001 kind=sp can=direct run=echo

"""
ASK = ("ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=sp1, w3=%d) = "
       "FFA_MSG_SEND_DIRECT_RESP_32(from=sp1, w3=%d)\n")


def chart(*args, code=OK):
    p = call("msc", *args)
    assert p.returncode == code, p.stderr
    return p.stdout


def test_text():
    lines = chart(CHART).splitlines()
    assert lines[0] == "memory shared with two partitions, on two CPUs"
    assert lines[2].split() == ["CPU", "0", "CPU", "1"]
    assert lines[3].split() == ["ns", "sp1", "ns", "sp2"]
    at = [m.start() for m in re.finditer(r"\S+", lines[3])]
    assert all(len(l) == len(l.rstrip()) for l in lines)

    def row(text, n=0):
        return [l for l in lines if text in l][n]
    ask = row("REQ_32(to=sp1")
    assert ask[at[0]] == "├" and ask[at[1]] == "▶" and ask[at[2]] == "┃"
    ask = row("REQ_32(to=sp2")
    assert ask[at[0]] == "┊" and ask[at[2]] == "├" and ask[at[3]] == "▶"
    assert row("store shm")[at[1]] == "◆"
    back = row("=> FFA_INTERRUPT(target=sp1)")
    assert back[at[0]] == "◀" and back[at[1]] == "┤" and back[at[3]] == "┃"
    refused = row("FFA_MEM_RECLAIM")
    assert refused[at[0]] == "┣" and refused[at[1]] == "┊"
    assert refused.endswith("! FFA_MEM_RECLAIM(handle=0x1) = "
                            "FFA_ERROR(DENIED)  [RECLAIM_HELD]")
    dead = row("FFA_ERROR(ABORTED)")
    assert dead[at[2]] == "◀" and dead[at[3]] == "┤" and "! =>" in dead
    assert len(lines[-1]) > at[3] and lines[-1][at[3]] == " "


def test_boot_is_there_if_the_file_has_it():
    assert "FFA_MSG_WAIT" not in chart(CHART)
    with_boot = chart(SCENARIOS / "direct/per-cpu.ffs")
    boots = "boot" in (SCENARIOS / "direct/per-cpu.ffs").read_text()
    assert ("BOOT(" in with_boot) == boots
    assert "BOOT(" in chart(SCENARIOS / "mem/share-two-borrowers.ffs")


def check_mermaid(text):
    """What Mermaid would refuse: bars that do not fit, unknown lanes."""
    lines = text.splitlines()
    assert lines[lines.index("sequenceDiagram")] == "sequenceDiagram"
    lines = lines[lines.index("sequenceDiagram") + 1:]
    lanes, active, boxes = set(), set(), 0
    for line in lines:
        word = line.split()
        assert ";" not in re.sub(r"#\d+;", "", line)
        assert "#" not in re.sub(r"#\d+;", "", line)
        if word[0] == "box":
            boxes += 1
        elif word[0] == "end":
            boxes -= 1
        elif word[0] == "participant":
            assert boxes == 1
            lanes.add(word[1])
        elif word[0] == "activate":
            assert word[1] in lanes and word[1] not in active
            active.add(word[1])
        elif word[0] == "deactivate":
            active.remove(word[1])
        elif word[0] == "Note":
            m = re.match(r"    Note over (L\d+)(,L\d+)?: \S", line)
            assert m and m.group(1) in lanes, line
        else:
            m = re.match(r"    (L\d+)(->>|-->>|--x|-x)(L\d+): \S", line)
            assert m and {m.group(1), m.group(3)} <= lanes, line
    assert boxes == 0


def test_mermaid(ffasim, scenario):
    text = chart("--format", "mermaid", CHART)
    check_mermaid(text)
    assert "L0--xL0: FFA_ERROR(DENIED) [RECLAIM_HELD]" in text
    name = scenario(BOARD % 'a;b #1 \\"c\\"' + ASK % (1, 1))
    check_mermaid(ffasim("msc", name, "--format", "mermaid").stdout)


def test_svg():
    root = ElementTree.fromstring(chart("--format", "svg", CHART))
    assert root.tag == SVG + "svg"
    assert root.get("viewBox") == "0 0 %s %s" % (root.get("width"),
                                                 root.get("height"))
    titles = [t.text for t in root.iter(SVG + "title")]
    refused = [t for t in titles if "RECLAIM_HELD" in t]
    assert refused and refused[0].startswith("FFA_MEM_RECLAIM(handle=0x1)\n")
    assert re.search(r"RECLAIM_HELD: \w+ \w+", refused[0])
    style = root.find(SVG + "style").text
    assert "prefers-color-scheme:dark" in style
    width, height = float(root.get("width")), float(root.get("height"))
    for e in root.iter():
        for name, most in (("x", width), ("y", height), ("x2", width)):
            assert 0 <= float(e.get(name, 0)) <= most
    # nothing is fetched from anywhere
    text = chart("--format", "svg", CHART)
    assert re.findall(r'(?:href|src|url)\W*=?', text) == []


def test_svg_of_the_readme_is_up_to_date():
    page = (ROOT / "docs/chart.svg").read_text(encoding="utf-8")
    assert page == chart("--format", "svg", CHART), \
        "docs/chart.svg is out of date: make docs"


@pytest.mark.parametrize("form", ("text", "mermaid", "svg"))
def test_one_of_each_directory(form):
    """So that all that can happen is met."""
    for d in sorted({p.parent for p in SCENARIOS.rglob("*.ffs")}):
        p = call("msc", "--format", form, sorted(d.glob("*.ffs"))[-1])
        assert p.returncode in (OK, SKIPPED), (d, p.stderr)
        if p.returncode == SKIPPED:
            continue
        if form == "svg":
            ElementTree.fromstring(p.stdout)
        elif form == "mermaid":
            check_mermaid(p.stdout)


def test_a_run_of_2000_calls(ffasim, scenario):
    name = scenario(BOARD % "long" + "".join(
        ASK % (i, i) for i in range(1, 1001)))
    root = ElementTree.fromstring(
        ffasim("msc", name, "--format", "svg").stdout)
    rows = [g for g in root.iter(SVG + "g") if g.get("class") == "r"]
    assert len(rows) == 2000
    assert root.find(SVG + "script") is not None
    assert [g for g in root.iter(SVG + "g") if g.get("class") == "heads"]


def test_a_failure_is_drawn(ffasim, scenario):
    name = scenario(BOARD % "wrong" + ASK % (1, 1) + "wait 5ms\n"
                    "ns@0 FFA_RX_RELEASE() = FFA_SUCCESS()\n")
    p = ffasim("msc", name)
    assert p.returncode == MISMATCH
    assert "expected  = FFA_SUCCESS()" in p.stderr
    assert "@ 5 ms\n" in p.stdout
    assert "! t.ffs:9: ns@0 FFA_RX_RELEASE()" in p.stdout
    svg = ffasim("msc", name, "--format", "svg").stdout
    assert "t.ffs:9: ns@0 FFA_RX_RELEASE()" in svg
    ElementTree.fromstring(svg)


def test_output_and_variants(ffasim, scenario, tmp_path):
    name = scenario(PARAM, "p.ffs")
    for suffix, begins in ((".svg", "<svg"), (".mmd", "---"),
                           (".txt", "param (N=2)"), ("", "param (N=2)")):
        p = ffasim("msc", name, "-D", "N=2", "-o", "out" + suffix)
        assert p.returncode == OK and p.stdout == ""
        assert (tmp_path / ("out" + suffix)).read_text().startswith(begins)
    p = ffasim("msc", name, "-o", "not/there.svg")
    assert p.returncode == 99 and "not/there.svg" in p.stderr


def test_usage(ffasim, scenario):
    name = scenario(BOARD % "x")
    for args in ((), (name, name), (name, "--format", "png"), ("none.ffs",)):
        p = ffasim("msc", *args)
        assert p.returncode == USAGE and "try: ffasim msc --help" in p.stderr
    assert ffasim("msc", scenario(BROKEN, "b.ffs")).returncode == BAD_FILE
    p = ffasim("msc", scenario(SKIP, "s.ffs"))
    assert p.returncode == SKIPPED and p.stdout == "" and "cpus" in p.stderr
