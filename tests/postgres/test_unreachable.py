"""What is told when a server can not be reached, from the driver's own words."""

from __future__ import annotations

import psycopg
import pytest

from fireline.postgres.unreachable import told

HOST = {"host": "db.example", "port": "5433"}


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        (
            'connection failed: connection to server at "10.0.0.1", port 5433 failed: FATAL:  sorry, too many clients already',
            "sorry, too many clients already",
            "All ordinary slots are taken; a superuser, or from version 16 on a role with pg_use_reserved_connections, still gets in.",
        ),
        (
            'connection failed: connection to server at "10.0.0.1", port 5433 failed: FATAL:  the database system is starting up\n',
            "the database system is starting up",
            "It is starting or recovering; look at its log and try again soon.",
        ),
        (
            'connection failed: connection to server at "10.0.0.1", port 5433 failed: Connection refused\n\tIs the server running on that host?',
            "nothing listens at db.example port 5433",
            "Is PostgreSQL running there? Look at its log.",
        ),
        (
            "[Errno -2] Name or service not known",
            "the host name db.example is not known",
            "Check the host in targets.main.dsn, or your DNS.",
        ),
        (
            "connection timeout expired",
            "no answer from db.example port 5433 in time",
            "A firewall, a dead host or a network fault swallows the call.",
        ),
        (
            'connection failed: connection to server at "10.0.0.1", port 5433 failed: server does not support SSL, but SSL was required',
            "server does not support SSL, but SSL was required",
            "Check sslmode and sslrootcert in targets.main.dsn.",
        ),
        (
            'connection failed: FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "u", database "d", no encryption',
            'no pg_hba.conf entry for host "10.0.0.9", user "u", database "d", no encryption',
            "The server's pg_hba.conf does not let this address, user or database in.",
        ),
        ("", "it said nothing", "Try `fireline doctor`, or `psql` with targets.main.dsn."),
    ],
)
def test_the_servers_own_words_in_one_line_and_what_to_do(said: str, message: str, hint: str) -> None:
    error = told("main", HOST, psycopg.OperationalError(said))
    assert error.message == f"target main does not answer: {message}"
    assert error.hint == hint


def test_without_a_host_it_is_the_local_socket() -> None:
    error = told("main", {}, psycopg.OperationalError("Connection refused"))
    assert error.message == "target main does not answer: nothing listens at the local socket port 5432"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("FATAL:  sorry, too many clients already", "slots"),
        ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", "slots"),
        ("FATAL:  remaining connection slots are reserved for non-replication superuser connections", "slots"),
        ("FATAL:  no more connections allowed (max_client_conn)", "slots"),
        ('FATAL:  too many connections for role "web"', "role_limit"),
        ('FATAL:  too many connections for database "shop"', "database_limit"),
        ('FATAL:  database "shop" is not currently accepting connections', "database_closed"),
        ('FATAL:  cannot connect to invalid database "shop"', "database_invalid"),
        ('FATAL:  permission denied for database "shop"', "connect_denied"),
        ('FATAL:  database "shop" does not exist', "no_such_database"),
        ('FATAL:  role "web" does not exist', "no_such_role"),
        ('FATAL:  role "web" is not permitted to log in', "login_forbidden"),
        ('FATAL:  password authentication failed for user "web"', "authentication"),
        ('FATAL:  Peer authentication failed for user "web"', "authentication"),
        ("fe_sendauth: no password supplied", "authentication"),
        (
            'FATAL:  pg_hba.conf rejects connection for host "1.2.3.4", user "web", database "shop", no encryption',
            "hba",
        ),
        ("FATAL:  the database system is starting up", "starting"),
        ("FATAL:  the database system is not yet accepting connections", "starting"),
        ("FATAL:  the database system is in recovery mode", "recovery"),
        ("FATAL:  the database system is shutting down", "shutting_down"),
        ('root certificate file "/root/.postgresql/root.crt" does not exist', "tls"),
        ("SSL error: certificate verify failed", "tls"),
        ("server does not support SSL, but SSL was required", "tls"),
        ("server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally", "lost"),
        ("FATAL:  pgbouncer cannot connect to server", "pooler"),
        ("connection to server on socket failed: No such file or directory", "refused"),
        ("Connection refused", "refused"),
        ("[Errno -2] Name or service not known", "dns"),
        ("connection timeout expired", "timeout"),
        ("No route to host", "timeout"),
        ("something else", "other"),
    ],
)
def test_the_kind_of_a_refusal_is_known_by_its_words(said: str, kind: str) -> None:
    assert told("main", HOST, psycopg.OperationalError(f"connection failed: {said}")).kind == kind
