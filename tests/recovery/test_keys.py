"""The key of an installation: made once, named by its fingerprint, and believed only when it is trusted."""

from __future__ import annotations

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fireline.errors import Refused
from fireline.recovery import keys
from fireline.recovery.keys import Signature


def test_the_key_is_made_once_and_readable_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "key"
    first = keys.signer(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert keys.signer(file).fingerprint == first.fingerprint
    assert [path.name for path in file.parent.iterdir()] == ["key"]


def test_its_name_is_the_hash_of_the_public_key_as_ssh_writes_it(tmp_path: Path) -> None:
    signer = keys.signer(tmp_path / "key")
    assert signer.fingerprint == "SHA256:" + base64.b64encode(hashlib.sha256(signer.public).digest()).decode().rstrip(
        "="
    )


def test_many_that_make_it_at_once_get_the_same_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: keys.signer(tmp_path / "key").fingerprint, range(8)))
    assert len({*made, keys.signer(tmp_path / "key").fingerprint}) == 1


def test_what_a_trusted_key_signed_is_believed_and_nothing_else(tmp_path: Path) -> None:
    signer, other = keys.signer(tmp_path / "key"), keys.signer(tmp_path / "other")
    signature = Signature.of(json.loads(json.dumps(signer.sign(b"the manifest").json())))
    signature.check(b"the manifest", {signer.fingerprint})
    with pytest.raises(Refused, match="does not match its signature: it was altered"):
        signature.check(b"the manifes!", {signer.fingerprint})
    with pytest.raises(Refused, match="not trusted here: SHA256:") as refused:
        signature.check(b"the manifest", {other.fingerprint})
    assert "recovery.trusted" in str(refused.value.hint)


@pytest.mark.parametrize("data", [[], {}, {"algorithm": "rsa"}, {"algorithm": "ed25519", "key": "??", "signature": ""}])
def test_what_is_no_signature_is_said_to_be_none(data: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Signature.of(data)


def test_a_signature_that_was_shortened_is_refused(tmp_path: Path) -> None:
    signer = keys.signer(tmp_path / "key")
    short = Signature(signer.public, signer.sign(b"x").value[:-1])
    with pytest.raises(Refused, match="altered"):
        short.check(b"x", {signer.fingerprint})


def test_a_file_that_is_no_key_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n")
    before = file.read_bytes()
    with pytest.raises(Refused, match="is no Ed25519 key"):
        keys.signer(file)
    assert file.read_bytes() == before


def test_our_own_key_is_trusted_beside_those_of_the_settings(tmp_path: Path) -> None:
    assert keys.trusted(tmp_path / "none", ["SHA256:a"]) == {"SHA256:a"}
    own = keys.signer(tmp_path / "key").fingerprint
    assert keys.trusted(tmp_path / "key", ["SHA256:a"]) == {"SHA256:a", own}
    (tmp_path / "key").write_text("spoilt")
    assert keys.trusted(tmp_path / "key", ["SHA256:a"]) == {"SHA256:a"}
