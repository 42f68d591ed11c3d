# SPDX-License-Identifier: BSD-3-Clause
"""The lint on the command line."""

import re

from conftest import BAD_FILE, HEAD, MISMATCH, OK, ROOT, call

RULES = re.findall(r"^LINT\((\w+),", (ROOT / "conduit/lint_rules.def")
                   .read_text(), re.M)

UNCLEAN = HEAD % "lint" + "ns@0 FFA_VERSION(1.2) = 1.2\n" \
    "ns@0 SMC(0x8400_0069, 7) = FFA_SUCCESS(id=0)\n"


def test_a_scenario_fails_with_lint_only(tmp_path):
    f = tmp_path / "x.ffs"
    f.write_text(UNCLEAN)
    assert call("run", f).returncode == OK
    p = call("run", "--lint", f)
    assert p.returncode == MISMATCH
    assert "RESERVED_NOT_ZERO" in p.stdout
    assert "x1=0x7" in p.stdout
    assert re.search(r"rerun +ffasim run .*--lint", p.stdout)
    f.write_text(UNCLEAN + "lint RESERVED_NOT_ZERO\n")
    assert call("run", f).returncode == OK
    f.write_text(UNCLEAN + "lint none\n")
    assert call("run", f).returncode == MISMATCH
    f.write_text(UNCLEAN + "lint RESERVED_NOT_ZERO RX_NOT_RELEASED\n")
    assert call("run", f).returncode == MISMATCH
    f.write_text(UNCLEAN + "lint RESERVD_NOT_ZERO\n")
    assert call("run", f).returncode == BAD_FILE


def test_every_rule_is_explained_and_shown():
    """Each fires in scenarios/lint, and each has a file where it does not."""
    texts = [f.read_text() for f in (ROOT / "scenarios/lint").glob("*.ffs")]
    assert RULES
    for rule in RULES:
        assert "  fix " in call("doc", rule).stdout
        assert any(re.search(r"^lint.* %s\b" % rule, t, re.M) for t in texts)
        near = rule.lower().replace("_", "-") + "-not.ffs"
        assert (ROOT / "scenarios/lint" / near).exists()


def test_all_scenarios_can_be_linted():
    p = call("run", "--lint", "-q", ROOT / "scenarios")
    assert p.returncode == MISMATCH
