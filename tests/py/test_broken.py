# SPDX-License-Identifier: BSD-3-Clause
"""What the program says when its own model is wrong (tests/broken)."""

import json
import os
import subprocess
from xml.etree import ElementTree

import pytest

from conftest import INVARIANT, ROOT, environment

BROKEN = os.environ.get("FFASIM_BROKEN", str(ROOT / "build/plain/broken"))

pytestmark = pytest.mark.skipif(
    "FFASIM_BROKEN" not in os.environ and not os.path.exists(BROKEN),
    reason="not built: make build/plain/broken")

GOOD = "ns@0 FFA_VERSION(1.2) = 1.2\n"


def run(tmp_path, line, *args):
    (tmp_path / "t.ffs").write_text(
        "ffs 1\ntitle \"t\"\npart sp1 id=0x8001\n" + line + "\n")
    (tmp_path / "good.ffs").write_text("ffs 1\ntitle \"good\"\n" + GOOD)
    return subprocess.run([BROKEN, "run", *args], cwd=tmp_path,
                          env=environment(), capture_output=True,
                          encoding="utf-8", timeout=60)


BREAKS = {
    "I4": "ns@0 FFA_ID_GET() = _",
    "I5": "ns@0 SMC(0x84000060, 0, 0xffffffff) = _",
    "I7": "ns@0 FFA_FEATURES(FFA_ID_GET) = _",
    "I14": "ns@0 FFA_SPM_ID_GET() = _",
}


@pytest.mark.parametrize("invariant", BREAKS)
@pytest.mark.parametrize("where", (["--no-fork"], ["-j2"]))
def test_exit_code(tmp_path, invariant, where):
    p = run(tmp_path, BREAKS[invariant], "--paranoid", "--report", "term:-",
            *where)
    assert p.returncode == INVARIANT, p.stdout + p.stderr
    assert "1 passed, 1 failed" in p.stdout
    assert "t.ffs:4: ns@0 " in p.stdout
    assert "\n  broken    %s: " % invariant in p.stdout
    assert "\n  rerun     ffasim run t.ffs --stop-at 4 --paranoid\n" \
        in p.stdout


def test_it_is_not_the_scenario(tmp_path):
    """Not even an --update makes our mistake into an expectation."""
    p = run(tmp_path, "ns@0 FFA_ID_GET() = FFA_SUCCESS(id=7)", "--update")
    assert p.returncode == INVARIANT
    assert "id=7" in (tmp_path / "t.ffs").read_text()


def test_reports(tmp_path):
    run(tmp_path, BREAKS["I4"], "--report", "json:r.json", "--report",
        "junit:r.xml")
    bad, = (r for r in json.loads((tmp_path / "r.json").read_text())["results"]
            if r["name"] == "t")
    assert (bad["verdict"], bad["rule"]) == ("invariant", "I4")
    suite = ElementTree.parse(tmp_path / "r.xml").find("testsuite")
    assert suite.get("errors") == "1"
