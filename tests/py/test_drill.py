# SPDX-License-Identifier: BSD-3-Clause
"""The bugs of the fault drill still apply to the core as it is."""
import subprocess

from conftest import ROOT

DRILL = [str(ROOT / "tests/drill/drill")]


def test_every_bug_applies():
    p = subprocess.run(DRILL + ["--check"], stdout=subprocess.PIPE, text=True)
    assert p.returncode == 0, p.stdout


def test_there_are_enough():
    text = (ROOT / "tests/drill/bugs").read_text()
    assert text.count("\nbug ") >= 60
