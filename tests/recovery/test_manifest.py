"""A manifest: read back as it was written, refused for whatever is not whole or not ours, and never led out of its folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fireline.errors import FirelineError, NotFound, Refused
from fireline.postgres.watch import Watch
from fireline.recovery import keys, manifest
from fireline.recovery.keys import Signer
from fireline.recovery.manifest import FORMAT, MANIFEST, SIGNATURE, File, Manifest

MADE = Manifest(
    name="main-1", target="main", database="app", snapshot_at="2026-11-23T12:00:00+00:00", ended_at="2026-11-23T12:01:00+00:00",
    server={"major": 18}, tools={}, lsn="0/1", archive={"path": "data"}, files={}, size=1, census={}, sequences_after={},
)  # fmt: skip


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return keys.signer(tmp_path / "key")


def closed(folder: Path, signer: Signer, made: Manifest = MADE, **files: bytes) -> Path:
    """A whole backup of these files."""
    part = folder / "main-1.part"
    part.mkdir(parents=True)
    for name, content in files.items():
        (part / name).write_bytes(content)
    counted = manifest.checksums(part, files, Watch(), doing="counting")
    return manifest.close(part, replace(made, files={**counted, **made.files}), signer)[0]


def test_what_is_written_is_read_back_with_who_signed_it(tmp_path: Path, signer: Signer) -> None:
    folder = closed(tmp_path, signer, replace(MADE, left_out=["foreign rows"]), one=b"1", two=b"22")
    found = manifest.read(folder, {signer.fingerprint})
    assert (folder.name, found.signer) == ("main-1", signer.fingerprint)
    assert (found.manifest.stored, found.manifest.left_out) == (3, ["foreign rows"])
    assert found.manifest.at.hour == 12
    manifest.check_files(folder, found.manifest, Watch())
    assert {path.stat().st_mode & 0o777 for path in (folder / MANIFEST, folder / SIGNATURE)} == {0o600}


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "deep/../../outside"])
def test_a_file_outside_the_folder_is_none_of_the_backup(tmp_path: Path, signer: Signer, name: str) -> None:
    folder = closed(tmp_path / "backups", signer, one=b"1")
    (tmp_path / "backups" / "outside").write_bytes(b"x")
    made = manifest.read(folder, {signer.fingerprint}).manifest
    hostile = replace(made, files={**made.files, name: File(1, "0" * 64)})
    with pytest.raises(Refused, match="is missing"):
        manifest.check_files(folder, hostile, Watch())


@pytest.mark.parametrize("path", ["..", "../outside", "/etc", "data/../..", "", "other", 7, None, []])
def test_the_dump_is_one_of_the_files_that_are_signed(path: object) -> None:
    files = {"data/toc.dat": {"bytes": 1, "sha256": ""}, "file.dump": {"bytes": 1, "sha256": ""}}
    data = json.loads(MADE.text())
    for good in ("data", "file.dump"):
        assert Manifest.of(json.dumps({**data, "files": files, "archive": {"path": good}}).encode()).dump == good
    with pytest.raises(Refused, match="cut or altered"):
        _ = Manifest.of(json.dumps({**data, "files": files, "archive": {"path": path}}).encode()).dump


def test_one_of_a_newer_format_is_not_guessed_at(tmp_path: Path, signer: Signer) -> None:
    folder = closed(tmp_path, signer, replace(MADE, format=FORMAT + 1))
    with pytest.raises(Refused, match="newer Fireline"):
        manifest.read(folder, {signer.fingerprint})


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"null", b'"x"', b'{"format": 1}', b'{"format": "1"}', b'{"format": 1, "files": []}', b"\xff"],
)
def test_what_is_no_manifest_is_said_to_be_none(text: bytes) -> None:
    with pytest.raises(Refused, match="cut or altered"):
        Manifest.of(text)


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda folder: (folder / MANIFEST).unlink(), f"has no {MANIFEST}"),
    "no signature": (lambda folder: (folder / SIGNATURE).unlink(), f"has no {SIGNATURE}"),
    "a signature that is none": (lambda folder: (folder / SIGNATURE).write_bytes(b"\xff"), "signature can not be read"),
    "a folder in its place": (
        lambda folder: (folder / MANIFEST).rename(folder / "aside").with_name(MANIFEST).mkdir(), "can not be read",
    ),
}  # fmt: skip


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_folder_that_is_no_whole_backup_is_refused_with_the_reason(
    tmp_path: Path, signer: Signer, spoilt: str
) -> None:
    folder = closed(tmp_path, signer, one=b"1")
    spoil, says = SPOILT[spoilt]
    spoil(folder)
    with pytest.raises(Refused, match=says):
        manifest.read(folder, {signer.fingerprint})


def test_what_is_no_folder_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("file", "nothing"):
        with pytest.raises(NotFound, match="there is no backup"):
            manifest.read(tmp_path / name, set())


def test_reading_back_ends_when_it_is_not_wanted_any_more(tmp_path: Path, signer: Signer) -> None:
    folder = closed(tmp_path, signer, one=b"1")
    made = manifest.read(folder, {signer.fingerprint}).manifest
    watch = Watch()
    watch.cancel.cancel()
    with pytest.raises(FirelineError):
        manifest.check_files(folder, made, watch)
