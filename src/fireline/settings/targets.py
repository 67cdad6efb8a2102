"""The settings of a target: how it is reached, who runs it, what stands in front of it, how it is restarted."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from fireline.settings.shapes import Duration, Model, SecretText


class SupabaseSettings(Model):
    """A target that Supabase runs: its log is asked of Supabase's Management API, also when the database does not answer."""

    project: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,64}$", description="the project's reference, as in https://REFERENCE.supabase.co"
    )
    token: SecretText = Field(
        description="an access token that may read logs (analytics_logs_read), and best nothing else"
    )
    api: str = Field("https://api.supabase.com", description="where the Management API is")

    @field_validator("api")
    @classmethod
    def _encrypted(cls, value: str) -> str:
        if not re.match(r"https://[^/\s]|http://(?:localhost|127\.0\.0\.1)(?::|/|$)", value):
            raise ValueError("must begin with https://, as the token is sent there")
        return value.rstrip("/")


class PgBouncerSettings(Model):
    """A PgBouncer in front of a target: its clients are made to wait, or are turned away, there."""

    dsn: SecretText = Field(description="its admin console: postgresql://admin:password@host:6432/pgbouncer")
    database: str | None = Field(None, description="the target's name in PgBouncer; the database's own if left out")


class RestartSettings(Model):
    """How the server of a target is restarted; the worker that does it runs beside it."""

    way: Literal["pg_ctl", "systemd", "command"] = Field(description="pg_ctl, systemd or a command of your own")
    data: Path | None = Field(None, description="pg_ctl: the data folder; asked of the server if left out")
    binaries: Path | None = Field(None, description="pg_ctl: the folder it is in; found if left out")
    unit: str | None = Field(None, description="systemd: the unit, such as postgresql@15-main")
    command: list[str] = Field(default_factory=list, description="command: the program and its arguments")
    patience: Duration = Field(timedelta(seconds=90), description="how long the server may take to come back")

    @model_validator(mode="after")
    def _of_one_way(self) -> RestartSettings:
        own = {"pg_ctl": ("data", "binaries"), "systemd": ("unit",), "command": ("command",)}
        needed = own[self.way][0] if self.way != "pg_ctl" else ""
        if needed and not getattr(self, needed):
            shown = 'unit = "postgresql@15-main"' if needed == "unit" else 'command = ["program", "argument"]'
            raise ValueError(f'way = "{self.way}" needs {needed}: {shown}')
        for way, keys in own.items():
            stray = [key for key in keys if way != self.way and getattr(self, key)]
            if stray:
                raise ValueError(f'{stray[0]} is for way = "{way}", and the way here is {self.way}')
        if self.patience <= timedelta(0):
            raise ValueError("patience must be longer than nothing")
        return self


class TargetSettings(Model):
    """A system in our care: the patient."""

    dsn: SecretText = Field(description="connection of the role that Fireline acts as")
    read_dsn: SecretText | None = Field(None, description="connection of a role that can not write, for read steps")
    kind: Literal["postgres"] = Field("postgres", description="what it is")
    supabase: SupabaseSettings | None = Field(None, description="where its log is, if Supabase runs it; a table")
    labels: dict[str, str] = Field(default_factory=dict, description="alert labels that mean this target")
    application_dsn: SecretText | None = Field(
        None, description="as the application connects: a fence is proved by turning this connection away"
    )
    application_roles: list[str] = Field(
        default_factory=list, description="roles of the application; every role but Fireline's own if left out"
    )
    maintenance: str | None = Field(
        None,
        description="a database of the same server to act from while the target is closed; postgres, else template1",
    )
    pgbouncer: PgBouncerSettings | None = Field(None, description="the PgBouncer in front of it; a table")
    restart: RestartSettings | None = Field(None, description="how its server is restarted; a table")
    users_affected: str | None = Field(
        None, description="a query that reads how many users are affected now: SELECT count(*) FROM …"
    )
