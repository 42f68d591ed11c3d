# SPDX-License-Identifier: BSD-3-Clause
"""README.md says what happens."""

import re

from conftest import MISMATCH, OK, ROOT, untimed

README = (ROOT / "README.md").read_text()


def block(first):
    """The indented block that begins with this line."""
    found = re.search(r"^    %s\n((    .*)?\n)+" % re.escape(first), README,
                      re.M)
    return re.sub("^    ", "", found.group(0), flags=re.M).strip() + "\n"


def test_first_scenario(ffasim, scenario):
    scenario(block("ffs 1"), "hello.ffs")
    p = ffasim("run", "--report", "term:-", "hello.ffs")
    assert p.returncode == MISMATCH
    assert untimed(p.stdout) == untimed(block("fail hello"))
    lines = block("./ffasim doc FFA_RX_RELEASE     # arguments, results, "
                  "every rule of a call")
    commands = re.findall(r"^\./ffasim (.*?) +#", lines, re.M)
    assert len(commands) == 6
    for command in commands:
        p = ffasim(*command.replace("scenarios/", ".").split())
        assert p.returncode == OK, command


def test_named_files_are_there():
    for name in re.findall(r"\]\((\S+)\)", README):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"^\| `(\w+/\S*)`", README, re.M):
        assert (ROOT / name).is_dir(), name
