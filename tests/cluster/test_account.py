"""As whom PostgreSQL runs: never as root, and never as somebody else than the owner of the data."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fireline.cluster.account import choose
from fireline.errors import ClusterError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
NOBODY = pwd.getpwnam("nobody").pw_uid


# Runs a program as root inside a namespace that knows everybody, and that allows no further namespaces.
NO_NAMESPACES = """
import ctypes, os, sys
from_child, to_parent = os.pipe()
from_parent, to_child = os.pipe()
child = os.fork()
if child == 0:
    assert ctypes.CDLL(None).unshare(0x10000000) == 0
    os.write(to_parent, b"x")
    os.read(from_parent, 1)
    os.setgid(0)
    os.setuid(0)
    open("/proc/sys/user/max_user_namespaces", "w").write("0")
    os.execv(sys.executable, [sys.executable, "-c", sys.argv[1]])
os.read(from_child, 1)
for name in ("uid_map", "gid_map"):
    open(f"/proc/{child}/{name}", "w").write("0 0 65536")
os.write(to_child, b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@contextmanager
def being(uid: int) -> Iterator[None]:
    me = os.geteuid()
    if uid != me:
        os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(me)


def test_whoever_is_chosen_is_not_root_to_the_programs() -> None:
    assert choose().run(["/usr/bin/id", "-u"]).stdout.strip() != "0"


@needs_root
def test_root_in_a_namespace_keeps_its_files_and_loses_its_powers(tmp_path: Path) -> None:
    account = choose()
    assert account.way == "namespace"
    (tmp_path / "theirs").mkdir(mode=0o700)
    os.chown(tmp_path / "theirs", NOBODY, NOBODY)
    assert account.run(["/usr/bin/touch", str(tmp_path / "mine")]).returncode == 0
    assert (tmp_path / "mine").stat().st_uid == 0
    assert account.run(["/usr/bin/touch", str(tmp_path / "theirs" / "x")]).returncode != 0


@needs_root
def test_root_without_namespaces_takes_an_existing_account() -> None:
    account = choose(namespace=False)
    assert account.way == "other"
    assert pwd.getpwuid(account.uid).pw_name == account.name
    assert account.run(["/usr/bin/id", "-u"]).stdout.strip() == str(account.uid)


@needs_root
def test_root_where_the_kernel_allows_no_namespace_falls_back_by_itself() -> None:
    code = (
        "from fireline.cluster.account import choose; a = choose(); print(a.way, a.run(['/usr/bin/id', '-u']).stdout)"
    )
    argv = [sys.executable, "-c", NO_NAMESPACES, code]
    way, uid = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    assert (way, uid) == ("other", str(choose(namespace=False).uid))


@needs_root
def test_data_of_an_unprivileged_account_is_served_by_that_account() -> None:
    account = choose(NOBODY)
    assert (account.way, account.uid, account.name) == ("other", NOBODY, "nobody")


@needs_root
def test_data_of_root_is_refused_where_namespaces_are_off() -> None:
    with pytest.raises(ClusterError, match="user namespaces are switched off"):
        choose(0, namespace=False)


def test_an_ordinary_account_is_itself_and_refuses_the_data_of_another() -> None:
    with being(os.geteuid() or NOBODY):
        assert choose().way == choose(os.geteuid()).way == "own"
        with pytest.raises(ClusterError, match="the data belongs to root"):
            choose(0)


def test_the_programs_do_not_see_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRELINE_DATABASE_URL", "postgresql://a:secret@b/c")
    assert set(choose().run(["/usr/bin/env"]).stdout.split()) >= {"LC_ALL=C", "HOME=/"}
    assert "secret" not in choose().run(["/usr/bin/env"]).stdout


def test_a_program_that_is_not_there_can_not_be_run() -> None:
    assert not choose().can(["/no/such/program"])
