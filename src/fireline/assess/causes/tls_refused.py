"""Client and server do not agree on encryption: the server has none, or its certificate is not the one that is trusted."""

from __future__ import annotations

from fireline.assess.refused import FAMILY, LETS_IN, door, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Verdict

LABEL = "tls_refused"
_ADVICE = (
    ("does not support SSL", "The server has ssl = off. Turn it on there (ssl, ssl_cert_file, ssl_key_file, then reload), or, on a network that"
     " you trust, lower sslmode in the DSN to prefer."),
    ("does not match host name", "Name the server in the DSN as its certificate does, or give it a certificate with this name. sslmode=verify-ca"
     " would no longer prove that it is this server."),
    ("expired", "Renew the server's certificate (ssl_cert_file) and reload."),
    ("root certificate file", "Put the certificate of the authority into the file that sslrootcert names, or set sslrootcert=system."),
    ("verify failed", "Trust the authority that signed the server's certificate (sslrootcert), if you expect that one; if not, somebody may stand"
     " between you and the server."),
)  # fmt: skip


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The door says so."""
    at = door(snapshot)
    if not at.refused("tls"):
        return ()
    text = next(
        (advice for words, advice in _ADVICE if words in at.said),
        "Check sslmode and sslrootcert in the DSN, and ssl at the server.",
    )
    made = verdict(
        LABEL,
        "Client and server do not agree on an encrypted connection.",
        objects=("sslmode", at.place),
        evidence=(Evidence("door", at.said),),
        rejected={
            "server_not_running": "the server answers",
            "hba_reject": "the connection ended before a rule was asked",
            "wrong_password_rotated_secret": "the connection ended before a password was asked",
        },
        remedy=Cure(text),
        probe=LETS_IN,
        confidence=0.9,
        hurt=1,
    )  # fmt: skip
    return (made,)


cause = Cause(LABEL, FAMILY, judge, (), ("unreachable", "login"))
