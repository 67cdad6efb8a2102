"""The remedy that takes a backup, and those that verify, prove and prune: the catalogue says what is true."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from psycopg.conninfo import make_conninfo

from fireline import clock
from fireline.contain.remedies.backup import remedy as backup
from fireline.contain.remedies.prove_backup import remedy as prove
from fireline.contain.remedies.prune_backups import remedy as prune
from fireline.contain.remedies.verify_backup import remedy as verify
from fireline.errors import NotFound, Refused, Usage
from fireline.incident.people import FIRELINE
from fireline.postgres.connect import Target
from fireline.recovery import backups, manifest, retention
from fireline.redact import Secret
from fireline.resolve.remedies.restore import remedy as restore
from fireline.run import line
from fireline.store.connect import Store
from tests.recovery.place import USERS, Doer, owner, school, settings_in
from tests.servers import PATIENTS


@pytest.fixture
def doer(patient: Target, store: Store, tmp_path: Path) -> Doer:
    school(patient)
    return Doer(patient, store, settings_in(tmp_path))


def listed(doer: Doer, *, gone: bool = False) -> list[dict[str, object]]:
    with doer.store.transaction() as conn:
        return backups.list_backups(conn, FIRELINE, doer.settings, gone=gone)


@pytest.mark.parametrize("fixture", PATIENTS)
def test_it_is_taken_verified_listed_and_proved(
    fixture: str, request: pytest.FixtureRequest, store: Store, tmp_path: Path
) -> None:
    target: Target = request.getfixturevalue(fixture)
    school(target)
    doer = Doer(target, store, settings_in(tmp_path))
    plan, done = doer.do(backup)
    assert plan.level == "reversible"
    assert done.facts["rows"] == 2 * USERS
    assert doer.works(backup, plan) is True
    (one,) = listed(doer)
    assert (one["name"], one["state"], one["tables"], one["rows"]) == (done.facts["backup"], "whole", 2, 2 * USERS)
    assert one["verified_at"] is not None
    assert one["proved_at"] is None
    planned, proved = doer.do(prove)
    assert planned.level == "read"
    assert proved.summary.startswith(f"PASS: backup {one['name']} restored in ")
    assert listed(doer)[0]["proved_at"] is not None
    assert not (tmp_path / "own" / "scratch").exists() or not list((tmp_path / "own" / "scratch").iterdir())


def test_its_page_has_what_the_manifest_says(doer: Doer) -> None:
    name = doer.do(backup)[1].facts["backup"]
    with doer.store.transaction() as conn:
        shown = backups.show(conn, FIRELINE, doer.settings, name="main:latest")
    assert shown["name"] == name
    assert shown["problem"] is None
    assert {row["table"]: row["rows"] for row in shown["manifest"]["tables"]} == {
        "public.assignments": USERS,
        "public.users": USERS,
    }
    assert shown["manifest"]["objects"]["policies"] == 1


def test_one_that_was_spoilt_is_found_out_and_no_longer_opens_the_gate(doer: Doer) -> None:
    done = doer.do(backup)[1]
    with doer.store.transaction() as conn:
        assert backups.newest_verified(conn, "main") is not None
    file = max((Path(done.facts["folder"]) / "data").iterdir(), key=lambda path: path.stat().st_size)
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(Refused, match="altered or cut"):
        doer.do(verify)
    with doer.store.transaction() as conn:
        assert backups.newest_verified(conn, "main") is None
    (one,) = listed(doer)
    assert one["verified_at"] is None
    assert "altered" in str(one["last"])


@pytest.mark.parametrize("file", ["manifest.json", "manifest.sig"])
def test_one_whose_manifest_was_altered_no_longer_opens_the_gate(doer: Doer, file: str) -> None:
    folder = Path(doer.do(backup)[1].facts["folder"])
    (folder / file).write_bytes((folder / file).read_bytes().replace(b"e", b"f", 1))
    with pytest.raises(Refused):
        doer.do(verify)
    with doer.store.transaction() as conn:
        assert backups.newest_verified(conn, "main") is None


def test_a_manifest_with_its_files_in_another_backups_folder_is_not_taken_for_that_one(doer: Doer) -> None:
    old = Path(doer.do(backup)[1].facts["folder"])
    with clock.moved(timedelta(hours=1)):
        new = Path(doer.do(backup)[1].facts["folder"])
    shutil.rmtree(new)
    shutil.copytree(old, new)
    for remedy in (verify, restore):
        with pytest.raises(Refused, match="was exchanged"):
            doer.do(remedy, backup=new.name)
    assert doer.do(verify, backup=old.name)[1].ok
    with doer.store.transaction() as conn:
        assert backups.newest(conn, "main", "verified") == old.name


def test_a_copy_that_is_named_by_its_path_is_what_is_read_and_the_row_stays_as_it_was(
    doer: Doer, tmp_path: Path
) -> None:
    folder = Path(doer.do(backup)[1].facts["folder"])
    copy = tmp_path / "usb" / folder.name
    shutil.copytree(folder, copy)
    next((folder / "data").glob("*.dat*")).write_bytes(b"")
    with pytest.raises(Refused, match="altered or cut"):
        doer.do(verify)
    plan, done = doer.do(verify, backup=str(copy))
    assert done.ok
    assert str(copy) in done.summary
    assert doer.works(verify, plan) is True
    assert doer.do(prove, backup=str(copy))[1].ok
    with doer.store.transaction() as conn:
        assert backups.newest_verified(conn, "main") is None
    (copy / "data" / "toc.dat").write_bytes(b"")
    with pytest.raises(Refused, match="table of contents"):
        doer.do(verify, backup=str(copy))


def test_tools_that_lack_say_nothing_of_a_backup(doer: Doer, tmp_path: Path) -> None:
    doer.do(backup)
    recovery = doer.settings.recovery.model_copy(update={"binaries": tmp_path})
    bare = Doer(doer.target, doer.store, doer.settings.model_copy(update={"recovery": recovery}))
    with pytest.raises(Refused, match="no pg_dump"):
        bare.do(verify)
    assert listed(doer)[0]["verified_at"] is not None


def test_a_folder_that_nobody_may_read_keeps_nobody_from_the_others(
    doer: Doer, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = doer.do(backup)[1].facts["backup"]
    (backups.home(doer.settings) / "lost+found").mkdir()
    is_file = Path.is_file

    def denied(path: Path) -> bool:
        if path.parent.name == "lost+found":  # tests may run as root, who may read everything
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", denied)
    assert [one["name"] for one in listed(doer)] == [name]


def test_a_backup_that_was_replaced_by_another_of_its_name_has_to_be_verified_anew(doer: Doer, tmp_path: Path) -> None:
    folder = Path(doer.do(backup)[1].facts["folder"])
    folder.rename(tmp_path / "aside")
    assert listed(doer) == []
    with doer.store.transaction() as conn:
        conn.execute("UPDATE backup SET manifest = 'another'")
    (tmp_path / "aside").rename(folder)
    assert (listed(doer)[0]["state"], listed(doer)[0]["verified_at"]) == ("whole", None)


def test_one_that_was_deleted_or_is_of_another_database_does_not_open_the_gate(doer: Doer) -> None:
    plan, done = doer.do(backup)
    with doer.store.transaction() as conn:
        assert backups.newest_verified(conn, "main", plan.captured["database"]) is not None
        assert backups.newest_verified(conn, "main", "another") is None
        shutil.rmtree(done.facts["folder"])
        assert backups.newest_verified(conn, "main", plan.captured["database"]) is None


def test_one_that_turns_out_spoilt_when_it_is_proved_no_longer_opens_the_gate(doer: Doer) -> None:
    folder = Path(doer.do(backup)[1].facts["folder"])
    doer.do(prove)
    next((folder / "data").glob("*.dat*")).write_bytes(b"")
    with pytest.raises(Refused, match="altered or cut"):
        doer.do(prove)
    (one,) = listed(doer)
    assert (one["verified_at"], one["proved_at"]) == (None, None)


def test_a_link_in_the_folder_of_backups_is_not_followed_to_delete_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "manifest.json").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(Refused, match="not deleted"):
        retention.remove(tmp_path / "link")
    assert (tmp_path / "real" / "manifest.json").is_file()


def test_an_older_backup_is_not_taken_for_one_that_was_broken_off(doer: Doer) -> None:
    doer.do(backup)
    with clock.moved(timedelta(minutes=10)):
        plan = doer.plan(backup)
        assert doer.works(backup, plan) is False  # its worker died before it did anything
        doer.do(backup, plan)
        assert doer.works(backup, plan) is True


def test_two_in_one_second_and_one_after_the_clock_was_put_back_have_names_of_their_own(
    doer: Doer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    names = {doer.do(backup)[1].facts["backup"] for _ in range(2)}
    assert len(names) == 2
    assert {one["state"] for one in listed(doer)} == {"whole"}


def test_a_target_that_leads_to_another_database_than_the_one_approved_is_not_backed_up(doer: Doer) -> None:
    plan = doer.plan(backup)
    elsewhere = make_conninfo(doer.target.dsn.reveal(), dbname="postgres")
    other = Doer(Target("main", Secret(elsewhere)), doer.store, doer.settings)
    with pytest.raises(Refused, match="leads to postgres now"):
        other.do(backup, plan)


def test_a_disk_that_fills_up_is_said_and_leaves_a_failed_row(doer: Doer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(manifest, "_write", full)
    with pytest.raises(Refused, match="No space left on device"):
        doer.do(backup)
    (one,) = listed(doer, gone=True)
    assert (one["state"], "No space left" in str(one["error"])) == ("failed", True)
    assert list(backups.home(doer.settings).iterdir()) == []


def test_one_that_nobody_here_can_read_is_not_said_to_be_read(doer: Doer) -> None:
    key = pyrage.x25519.Identity.generate()
    done = doer.do(backup, encrypt=[str(key.to_public())])[1]
    assert "its key is not here" in done.summary
    assert "to its end" not in done.summary


def test_a_backup_can_be_verified_and_proved_while_its_target_is_away(doer: Doer) -> None:
    doer.do(backup)
    away = Doer(Target("main", Secret("host=127.0.0.1 port=1")), doer.store, doer.settings)
    assert away.do(verify)[1].ok
    assert away.do(prove)[1].ok
    assert (verify.offline, prove.offline) == (True, True)


def test_a_lost_catalogue_is_made_anew_from_what_lies_on_disk(doer: Doer) -> None:
    name = doer.do(backup)[1].facts["backup"]
    with doer.store.transaction() as conn:
        conn.execute("DELETE FROM backup")
    (one,) = listed(doer)
    assert (one["name"], one["state"], one["by"], one["verified_at"]) == (name, "whole", "found on disk", None)


def test_one_whose_folder_is_gone_is_said_to_be_gone_and_is_back_with_it(doer: Doer, tmp_path: Path) -> None:
    folder = Path(doer.do(backup)[1].facts["folder"])
    folder.rename(tmp_path / "aside")
    assert listed(doer) == []
    assert listed(doer, gone=True)[0]["state"] == "gone"
    (tmp_path / "aside").rename(folder)
    assert listed(doer)[0]["state"] == "whole"


def test_one_whose_process_died_becomes_failed_and_its_remains_are_removed(doer: Doer) -> None:
    folder = backups.home(doer.settings) / "main-19990101-000000"
    part = folder.with_name(folder.name + ".part")
    with doer.store.transaction() as conn:
        backups.begin(conn, name=folder.name, target="main", database="app", folder=folder, encrypted=False, by="ada")
    part.mkdir(parents=True)
    (part / "data").write_bytes(b"half")
    left = folder.parent / ".unsealed-999999999-x"  # what a dead process had decrypted
    left.mkdir()
    assert [one["state"] for one in listed(doer)] == ["taking"]
    doer.do(backup)
    assert not part.exists()
    assert not left.exists()
    assert {one["name"]: one["state"] for one in listed(doer, gone=True)}[folder.name] == "failed"


@pytest.mark.parametrize("spoilt", [False, True])
def test_one_whose_process_died_before_its_row_was_closed_is_taken_in_wherever_it_lies(
    doer: Doer, tmp_path: Path, spoilt: bool
) -> None:
    _, done = doer.do(backup, to=str(tmp_path / "elsewhere"))
    name, folder = done.facts["backup"], Path(done.facts["folder"])
    with doer.store.transaction() as conn:
        conn.execute("UPDATE backup SET state = 'taking', ended_at = NULL, manifest = NULL WHERE name = %s", [name])
    if spoilt:
        (folder / "manifest.json").write_text("{}")
    backups.settle(doer.store, doer.settings)
    (row,) = listed(doer, gone=True)
    assert (row["name"], row["state"]) == (name, "failed" if spoilt else "whole")
    assert folder.is_dir()


def test_one_that_is_being_taken_is_left_alone(doer: Doer) -> None:
    folder = backups.home(doer.settings) / "main-19990101-000000"
    with doer.store.transaction() as conn:
        backups.begin(conn, name=folder.name, target="main", database="app", folder=folder, encrypted=False, by="ada")
    with backups.taking(folder.with_name(folder.name + ".part")):
        backups.settle(doer.store, doer.settings)
        assert folder.with_name(folder.name + ".part").is_dir()
        assert listed(doer)[0]["state"] == "taking"


def test_a_failed_backup_stands_in_the_catalogue_with_its_reason(doer: Doer) -> None:
    plan = doer.plan(backup)
    with owner(doer.target) as holder, holder.transaction():
        holder.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        quick = Doer(
            doer.target,
            doer.store,
            doer.settings.model_copy(
                update={
                    "recovery": doer.settings.recovery.model_copy(update={"lock_wait": timedelta(milliseconds=200)})
                }
            ),
        )
        with pytest.raises(Refused, match="users"):
            quick.do(backup, plan)
    (one,) = listed(doer, gone=True)
    assert one["state"] == "failed"
    assert "users" in str(one["error"])
    assert doer.works(backup, plan) is False


def test_old_ones_are_pruned_and_the_last_proved_one_is_kept(doer: Doer) -> None:
    names: list[str] = []
    for _ in range(3):
        with clock.moved(timedelta(seconds=len(names) * 100)):
            names.append(doer.do(backup)[1].facts["backup"])
            if len(names) == 1:
                doer.do(prove)
    with clock.moved(timedelta(days=90)):
        plan = doer.plan(prune, keep=1, older="30d")
        assert plan.level == "destructive"
        assert set(plan.captured["names"]) == {names[1]}
        done = doer.do(prune, plan)[1]
        assert done.facts["deleted"] == 1
        assert doer.works(prune, plan) is True
        assert doer.plan(prune, keep=1, older="30d").level == "read"
    assert {one["name"] for one in listed(doer)} == {names[0], names[2]}
    assert {path.name for path in backups.home(doer.settings).iterdir()} == {names[0], names[2]}


@pytest.mark.parametrize(
    ("told", "says"),
    [({"compress": "best"}, "compress"), ({"encrypt": "bob"}, "no age recipient"), ({"jobs": "0"}, "jobs")],
)
def test_what_it_is_told_wrongly_is_said_in_one_line(told: dict[str, str], says: str) -> None:
    with pytest.raises((Usage, Refused), match=says):
        line.build(backup, told)


def test_a_compression_that_the_tools_have_not_is_refused_with_those_they_have(
    patient15: Target, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="can not compress with zstd"):
        Doer(patient15, store, settings_in(tmp_path)).plan(backup, compress="zstd:1")


def test_it_goes_where_it_is_told_and_a_name_that_is_none_is_not_found(doer: Doer, tmp_path: Path) -> None:
    done = doer.do(backup, to=str(tmp_path / "else" / "where"))[1]
    assert Path(done.facts["folder"]).parent == tmp_path / "else" / "where"
    assert listed(doer)[0]["host"] == socket.gethostname()
    with pytest.raises(NotFound, match="there is no backup 'nowhere'"):
        doer.plan(verify, backup="nowhere")
