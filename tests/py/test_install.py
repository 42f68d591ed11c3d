# SPDX-License-Identifier: BSD-3-Clause
"""The library as a user has it: installed, found by pkg-config, linked."""

import os
import shlex
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CC = os.environ.get("CC", "cc")

BOARD = """\
ffs 1
part echo id=0x8001 kind=sp can=direct run=echo
"""


def sh(args, **kw):
    env = dict(os.environ, **kw.pop("env", {}))
    return subprocess.run(args, env=env, capture_output=True, text=True, **kw)


def good(args, **kw):
    done = sh(args, **kw)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The plain build, installed where nothing else is."""
    dest = tmp_path_factory.mktemp("root")
    make = ["make", "-C", TOP, "DEPS=no", "SAN=", "COV=", "PREFIX=/usr",
            f"DESTDIR={dest}", "install"]
    # a make that runs us hands its jobs and switches down
    good(make, env={"MAKEFLAGS": "", "MFLAGS": "", "MAKELEVEL": ""})
    return dest


@pytest.fixture(scope="module")
def example(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("example") / "example"
    pc = {"PKG_CONFIG_PATH": f"{root}/usr/lib/pkgconfig",
          "PKG_CONFIG_SYSROOT_DIR": str(root)}
    flags = shlex.split(good(["pkg-config", "--cflags", "--libs", "ffasim"],
                             env=pc))
    good(shlex.split(CC) + ["-std=c11", "-Wall", "-Wextra", "-Werror",
                            f"{TOP}/docs/example.c", *flags, "-o", str(out)])
    return out


def test_files(root):
    for name in ("bin/ffasim", "lib/libffasim.so", "lib/libffasim.a",
                 "lib/pkgconfig/ffasim.pc", "share/man/man1/ffasim.1",
                 "share/man/man5/ffs.5", "share/ffasim/ffasim.lua",
                 "include/ffasim/conduit.h",
                 "include/ffasim/partition.h", "include/ffasim/spmc.h",
                 "include/ffasim/ffa/ffa_abi.def"):
        assert (root / "usr" / name).exists(), name


def test_example(root, example, tmp_path):
    board = tmp_path / "board"
    board.write_text(BOARD)
    done = sh([str(example), str(board)],
              env={"LD_LIBRARY_PATH": f"{root}/usr/lib"})
    assert done.stdout == "0x84000070: 42\n"
    assert done.stderr == (
        "ns@0 FFA_MSG_SEND_DIRECT_REQ_32(to=echo, w3=0x2a)"
        " = FFA_MSG_SEND_DIRECT_RESP_32(from=echo, w3=0x2a)\n")
    assert done.returncode == 0


def test_example_without_board(root, example, tmp_path):
    done = sh([str(example), str(tmp_path / "none")],
              env={"LD_LIBRARY_PATH": f"{root}/usr/lib"})
    assert done.returncode == 1
    assert "none" in done.stderr and "No such file" in done.stderr


def test_example_is_short():
    with open(f"{TOP}/docs/example.c") as f:
        assert len(f.readlines()) <= 30


def test_uninstall(tmp_path):
    dest = tmp_path / "root"
    for what in ("install", "uninstall"):
        good(["make", "-C", TOP, "DEPS=no", "SAN=", "COV=", "PREFIX=/opt/f",
              f"DESTDIR={dest}", what],
             env={"MAKEFLAGS": "", "MFLAGS": "", "MAKELEVEL": ""})
    left = [os.path.join(d, f) for d, _, fs in os.walk(dest) for f in fs]
    assert left == []
