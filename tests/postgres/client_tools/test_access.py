from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from fireline.cluster import Cluster
from fireline.errors import Refused, TargetUnavailable
from fireline.postgres.client_tools import environment, find, run, wants_tls
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.redact import Secret

ODD = r"p:w\ 'x'=# "


def ask(conninfo: str, env: dict[str, str], statement: str) -> str:
    said: list[bytes] = []
    psql = find(18).program("psql")
    argv = [psql, "--no-psqlrc", "--no-password", "-At", f"--dbname={conninfo}", f"--command={statement}"]
    run(argv, env, watch=Watch(), on_output=said.append)
    return b"".join(said).decode().strip()


def test_a_program_gets_in_with_the_password_that_stands_nowhere(patient: Target) -> None:
    password = str(conninfo_to_dict(patient.dsn.reveal())["password"])
    with environment(patient.dsn) as access:
        assert ask(access.conninfo, access.env, "SELECT current_setting('application_name')") == "fireline"
        assert password not in access.conninfo
        assert not any(password in value for value in access.env.values())
        file = Path(str(conninfo_to_dict(access.conninfo)["passfile"]))
        assert file.stat().st_mode & 0o777 == 0o600
        assert password in file.read_text()
    assert not file.exists()


@pytest.mark.parametrize("password", [ODD, "ü€🔑", "a" * 2000, "\\:\\"])
def test_any_password_arrives_as_it_is(patient: Target, password: str) -> None:
    role = f"odd_{os.getpid()}"
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute(f"DROP ROLE IF EXISTS {role}")
        conn.execute(f"CREATE ROLE {role} LOGIN")
        conn.execute(
            psycopg.sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                psycopg.sql.Identifier(role), psycopg.sql.Literal(password)
            )
        )
        dsn = psycopg.conninfo.make_conninfo(patient.dsn.reveal(), user=role, password=password)
        with environment(Secret(dsn)) as access:
            assert ask(access.conninfo, access.env, "SELECT current_user") == role
        conn.execute(f"DROP ROLE {role}")


def test_a_password_with_a_line_break_is_refused() -> None:
    with pytest.raises(Refused, match="line break"), environment(Secret("host=a password='x\ny'")):
        pass


def test_another_database_and_settings_for_the_session_are_handed_over(patient: Target) -> None:
    dsn = psycopg.conninfo.make_conninfo(patient.dsn.reveal(), options="-c work_mem=5MB")
    with environment(Secret(dsn), database="postgres", options="-c maintenance_work_mem=77MB") as access:
        shown = "SELECT current_database(), current_setting('work_mem'), current_setting('maintenance_work_mem')"
        assert ask(access.conninfo, access.env, shown) == "postgres|5MB|77MB"


def test_our_own_environment_does_not_leak_but_leads_where_our_connections_go(
    patient_server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = conninfo_to_dict(patient_server.url())
    for name, key in (("PGHOST", "host"), ("PGPORT", "port"), ("PGUSER", "user"), ("PGPASSWORD", "password")):
        if key in parts:
            monkeypatch.setenv(name, str(parts[key]))
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=3MB")
    monkeypatch.setenv("PGAPPNAME", "somebody")
    monkeypatch.setenv("FIRELINE_STORE", "postgresql://a:b@c/d")
    with environment(Secret("dbname=postgres")) as access:
        assert {name for name in access.env if name.startswith(("PG", "FIRE"))} == {"PGAPPNAME"}
        shown = "SELECT current_setting('application_name'), current_setting('work_mem')"
        assert ask(access.conninfo, access.env, shown) == "fireline|4MB"


def test_hosts_tls_and_sockets_stay_as_the_dsn_says_them() -> None:
    dsn = "postgresql://u:sesame-street@a:1,b:2/d?sslmode=verify-full&sslrootcert=/ca&target_session_attrs=read-write"
    with environment(Secret(dsn)) as access:
        parts = conninfo_to_dict(access.conninfo)
        assert (parts["host"], parts["port"], parts["dbname"], parts["user"]) == ("a,b", "1,2", "d", "u")
        assert (parts["sslmode"], parts["sslrootcert"]) == ("verify-full", "/ca")
        assert parts["target_session_attrs"] == "read-write"


def test_the_password_of_a_client_key_is_handed_over_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    with environment(Secret("host=a sslpassword=open-the-key")) as access:
        assert "open-the-key" not in access.conninfo
        assert "sslpassword=open-the-key" in Path(access.env["PGSERVICEFILE"]).read_text()
    with pytest.raises(Refused, match="can not hold sslpassword"), environment(Secret("service=x sslpassword=y")):
        pass


def test_a_service_of_your_own_is_found(patient: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = conninfo_to_dict(patient.dsn.reveal())
    file = tmp_path / "services"
    file.write_text("[app]\n" + "".join(f"{key}={value}\n" for key, value in parts.items()))
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    with environment(Secret("service=app")) as access:
        assert ask(access.conninfo, access.env, "SELECT current_database()") == parts["dbname"]


def test_which_dsn_insists_on_tls_is_known() -> None:
    assert wants_tls(Secret("host=a sslmode=verify-ca"))
    assert wants_tls(Secret("host=a sslrootcert=system"))
    assert not wants_tls(Secret("host=a sslmode=prefer"))
    assert not wants_tls(Secret("host=a"))


def test_a_dsn_that_can_not_be_read_is_not_shown() -> None:
    with pytest.raises(TargetUnavailable) as away, environment(Secret("nonsense secretword")):
        pass
    assert "secretword" not in str(away.value)
