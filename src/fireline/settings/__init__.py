"""All settings: `fireline.toml`, then the environment, then `NAME_FILE` for secrets; an unknown key is an error.

The settings of a thing on a shelf (a channel, a source) live in that thing's own file as a small model;
here they are plain tables, and `app` hands each to its owner.
"""

from __future__ import annotations

import os
import tomllib
from datetime import time, timedelta
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from fireline.errors import SettingsError
from fireline.redact import SHORTEST, Secret
from fireline.settings.ruling import RuleSettings
from fireline.settings.shapes import Duration, Model, SecretText, Size, duration, size
from fireline.settings.targets import PgBouncerSettings, RestartSettings, SupabaseSettings, TargetSettings
from fireline.settings.watching import Beats, BeatSettings, Probes, ProbeSettings

__all__ = [
    "FILE",
    "BeatSettings",
    "Calendar",
    "ContactSettings",
    "Duration",
    "Heartbeat",
    "Model",
    "PgBouncerSettings",
    "Policy",
    "ProbeSettings",
    "Recovery",
    "RestartSettings",
    "RuleSettings",
    "RunbookSettings",
    "SecretText",
    "Server",
    "Settings",
    "Signals",
    "Size",
    "SourceSettings",
    "StoreSettings",
    "SupabaseSettings",
    "TargetSettings",
    "duration",
    "find",
    "read",
    "short_secrets",
]

FILE = "fireline.toml"


class Server(Model):
    """The HTTP server: doors, API, pages."""

    bind: str = Field("127.0.0.1:8700", description="address and port to listen on; 0.0.0.0:8700 for every interface")
    public_url: str | None = Field(None, description="how a phone reaches the page; used in links in messages")
    tls_cert: Path | None = Field(
        None, description="PEM file of the certificate chain; with tls_key the server speaks HTTPS"
    )
    tls_key: Path | None = Field(None, description="PEM file of the private key")
    smtp: str | None = Field(
        None, description="address and port that mail is taken at, for sources of the format email: 0.0.0.0:2525"
    )
    max_body: int = Field(2_000_000, ge=1_000, description="largest body a door accepts, in bytes")
    queue: int = Field(5_000, ge=1, description="signals waiting to be committed before a door answers 503")
    journal: Size = Field(
        size("256MB"),
        description="most that is kept in a local file while the store is away; 0: the doors answer 503 then",
    )
    journal_folder: Path | None = Field(None, description="where that is kept; journal in store.folder if left out")

    @property
    def url(self) -> str:
        """The base URL for links: the public one, else the address we listen on."""
        scheme = "https" if self.tls_cert else "http"
        reachable = self.bind.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - read, not bound
        return (self.public_url or f"{scheme}://{reachable}").rstrip("/")


class StoreSettings(Model):
    """Our own notebook."""

    url: SecretText | None = Field(None, description="a PostgreSQL 14 or newer; when absent an embedded one is started")
    folder: Path = Field(Path(".fireline"), description="where the embedded PostgreSQL and local files live")
    binaries: Path | None = Field(None, description="folder with initdb and postgres for the embedded one")
    on_target: bool = Field(False, description="allow the store on a server that is a target: it will be lost with it")


class RunbookSettings(Model):
    """The team's Markdown."""

    files: list[Path] = Field(default_factory=list, description="runbook files, read and never written")
    folder: Path | None = Field(None, description="working folder of bash steps; by default the runbook's folder")
    threshold: float = Field(0.35, ge=0, le=1, description="a match below this score is asked about, not started")
    path: str = Field("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", description="PATH of bash steps")
    environment: dict[str, str] = Field(default_factory=dict, description="further variables of bash steps")


class SourceSettings(Model):
    """One sender of alerts."""

    format: str = Field(description="file name on the shelf of sources: alertmanager, pagerduty, sentry, generic, …")
    token: SecretText | None = Field(None, description="what the sender must present; not needed where it signs")
    secret: SecretText | None = Field(
        None, description="what the sender signs its bodies with, where the format has that"
    )
    target: str | None = Field(None, description="target of its alerts when no label names one")
    silent_after: Duration | None = Field(
        None, description="nothing for so long is an alert; 0s: never; learned where it is regular if left out"
    )
    options: dict[str, Any] = Field(default_factory=dict, description="of the format itself; see its file")

    @model_validator(mode="after")
    def _proves_itself(self) -> SourceSettings:
        if self.token is None and self.secret is None:
            raise ValueError("needs a token, or a secret where the format signs its bodies")
        return self


class Signals(Model):
    """How long signals are kept as they came; alerts and incidents are kept without them."""

    keep: Duration = Field(
        timedelta(days=30), description="older days are dropped, never one with a signal that waits; 0s: never"
    )
    most: Size = Field(size("5GB"), description="over this the oldest days are dropped first; 0: however large")


class ContactSettings(Model):
    """Somebody who is told; nobody is mailed before `confirmed` is true."""

    role: str = Field("", description="the runbook's name for them, such as On-Call Engineer")
    channel: str = Field("email", description="file name on the shelf of channels: email, webhook")
    address: str = Field(description="mail address or URL")
    confirmed: bool = Field(False, description="a person has checked that this address is right")


class Calendar(Model):
    """Business hours, for clocks that count them."""

    timezone: str = Field("UTC", description="IANA zone of the business calendar")
    opens: time = Field(time(9), description="opening time on a working day")
    closes: time = Field(time(17), description="closing time on a working day")
    workdays: list[int] = Field([0, 1, 2, 3, 4], description="working days, Monday is 0")
    holidays: str | None = Field(None, description="country, or country-subdivision, of public holidays: DE, US-CA")
    closed: list[str] = Field(default_factory=list, description="further closed days, YYYY-MM-DD")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError) as unknown:
            raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Berlin") from unknown
        return value

    @field_validator("workdays")
    @classmethod
    def _days_of_a_week(cls, value: list[int]) -> list[int]:
        if not value or any(day not in range(7) for day in value):
            raise ValueError("needs at least one day, each between 0 (Monday) and 6 (Sunday)")
        return sorted(set(value))


class Policy(Model):
    """What Fireline may do and how long it waits."""

    immediate: Duration = Field(timedelta(minutes=5), description="what Immediate means as a response time")
    next_business_day: Duration = Field(
        timedelta(hours=1), description="after the opening hour of the next business day"
    )
    repeat_until_acknowledged: Duration = Field(timedelta(minutes=5), description="between repeated tellings")
    approval_expires: Duration = Field(timedelta(minutes=15), description="an approval not used by then is void")
    backup_max_age: Duration = Field(
        timedelta(hours=24), description="a destructive step needs a verified backup younger"
    )
    read_timeout: Duration = Field(timedelta(seconds=30), description="of a read step")
    change_timeout: Duration = Field(timedelta(minutes=2), description="of any other step")
    lock_timeout: Duration = Field(
        timedelta(seconds=1), description="how long a statement may wait for a lock in the target"
    )
    postmortem_within: Duration = Field(timedelta(hours=48), description="when the runbook names no time")
    look_every: Duration = Field(
        timedelta(minutes=5), description="how often each target is looked at for its health; 0s: never by itself"
    )
    group_window: Duration = Field(
        timedelta(hours=2), description="an alert joins an open incident with its key this long"
    )
    flap_changes: int = Field(
        5, ge=0, description="an alert that changes so often within flap_window is held until it is calm; 0: never"
    )
    flap_window: Duration = Field(
        timedelta(minutes=10), description="how long that is; without a change for so long it is calm again"
    )
    stale_after: Duration = Field(
        timedelta(hours=24), description="an alert that nobody repeats for so long is shown as stale; 0s: never"
    )


class Recovery(Model):
    """Backups, restores and fences."""

    folder: Path = Field(Path(".fireline/backups"), description="where backups are kept, one folder each")
    binaries: Path | None = Field(
        None, description="folder with pg_dump, pg_restore and psql; found by version if left out"
    )
    jobs: int | None = Field(
        None, ge=1, le=64, description="tables dumped or loaded at once; the machine's cores, at most 8, if left out"
    )
    compress: str = Field(
        "auto",
        pattern=r"^(auto|none|lz4|zstd:\d{1,2}|gzip:[1-9])$",
        description="auto: the fastest that pg_dump has; zstd:1, lz4, gzip:1, none",
    )
    encrypt: list[str] = Field(
        default_factory=list, description="age recipients (age1…) that every backup is encrypted to"
    )
    identity: SecretText | None = Field(
        None, description="age identity (AGE-SECRET-KEY-1…) that encrypted backups are read with"
    )
    key: Path = Field(
        Path(".fireline/signing.key"), description="the key that manifests are signed with; made at the first backup"
    )
    trusted: list[str] = Field(
        default_factory=list, description="fingerprints (SHA256:…) of further keys whose manifests are believed"
    )
    lock_wait: Duration = Field(timedelta(seconds=10), description="how long a backup waits for a table's lock")
    give_way: Duration = Field(
        timedelta(seconds=5), description="a backup ends when somebody has waited for it this long; 0s: never"
    )
    keep: int = Field(7, ge=1, description="whole backups of a target that are kept whatever their age")
    keep_for: Duration = Field(timedelta(days=30), description="older ones may be pruned, never the last proved one")
    keep_replaced: Duration = Field(timedelta(days=7), description="how long the database that a swap replaced is kept")
    fence_for: Duration = Field(timedelta(minutes=30), description="a fence falls by itself after this, unless renewed")


class Heartbeat(Model):
    """A sign of life to a watcher outside, so that our own silence is noticed."""

    url: SecretText | None = Field(None, description="requested at every interval")
    every: Duration = Field(timedelta(minutes=1), description="the interval")


class Settings(Model):
    """Everything in `fireline.toml`."""

    server: Server = Field(default_factory=Server)
    store: StoreSettings = Field(default_factory=StoreSettings)
    targets: dict[str, TargetSettings] = Field(default_factory=dict)
    runbook: RunbookSettings = Field(default_factory=RunbookSettings)
    sources: dict[str, SourceSettings] = Field(default_factory=dict)
    signals: Signals = Field(default_factory=Signals)
    rules: list[RuleSettings] = Field(default_factory=list)
    beats: Beats = Field(default_factory=dict)
    probes: Probes = Field(default_factory=dict)
    contacts: dict[str, ContactSettings] = Field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = Field(default_factory=dict, description="one table a channel; see its file")
    surroundings: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="one table a source; see its file"
    )
    calendar: Calendar = Field(default_factory=Calendar)
    policy: Policy = Field(default_factory=Policy)
    recovery: Recovery = Field(default_factory=Recovery)
    heartbeat: Heartbeat = Field(default_factory=Heartbeat)

    origin: Path | None = Field(None, exclude=True, description="the file read; set by Fireline")

    @cached_property
    def base(self) -> Path:
        """The folder that relative paths in the settings start from."""
        return self.origin.parent if self.origin else Path.cwd()

    def path(self, value: Path) -> Path:
        """A path of the settings, made absolute."""
        return value if value.is_absolute() else self.base / value


def find(explicit: Path | None = None) -> Path | None:
    """The settings file: the one named, else FIRELINE_CONFIG, else `fireline.toml` here or in a parent folder."""
    named = explicit or (Path(os.environ["FIRELINE_CONFIG"]) if os.environ.get("FIRELINE_CONFIG") else None)
    if named:
        if not named.is_file():
            raise SettingsError(
                f"no settings file at {named}", hint="Check the path, or make one with `fireline init`."
            )
        return named.resolve()
    here = Path.cwd()
    return next((folder / FILE for folder in (here, *here.parents) if (folder / FILE).is_file()), None)


def read(explicit: Path | None = None, environment: dict[str, str] | None = None) -> Settings:
    """Read and check all settings; SettingsError says which key is wrong and what it may be."""
    env = dict(os.environ) if environment is None else environment
    file = find(explicit)
    table: dict[str, Any] = {}
    if file:
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
            raise SettingsError(f"{file}: {broken}", hint="Mend the TOML at that line.") from broken
        except OSError as unreadable:
            raise SettingsError(
                f"{file}: {unreadable.strerror}", hint="Make it readable for this account."
            ) from unreadable
    _add_environment(table, env)
    _read_secret_files(table, file.parent if file else Path.cwd())
    try:
        return Settings.model_validate({**table, "origin": file})
    except ValidationError as wrong:
        raise SettingsError(_explain(wrong, file), hint="Every key is listed in docs/configuration.md.") from None


def _add_environment(table: dict[str, Any], env: dict[str, str]) -> None:
    """FIRELINE_DATABASE_URL, and FIRELINE__SERVER__BIND=… for any key: two underscores go one table deeper."""
    short = {"FIRELINE_DATABASE_URL": "URL", "FIRELINE_DATABASE_URL_FILE": "URL_FILE"}
    long = {f"FIRELINE__STORE__{key}": env[name] for name, key in short.items() if env.get(name)}
    long |= {name: value for name, value in env.items() if name.startswith("FIRELINE__")}
    for name, value in sorted(long.items()):
        *tables, key = name.removeprefix("FIRELINE__").lower().split("__")
        place: Any = table
        for part in tables:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise SettingsError(f"{name}: {part} is not a table", hint="Two underscores go one table deeper.")
        place[key] = value


def _read_secret_files(table: dict[str, Any], folder: Path) -> None:
    """`dsn_file = "x"` becomes `dsn` with the content of x, without its last line break."""
    for key, value in list(table.items()):
        if isinstance(value, dict):
            _read_secret_files(value, folder)
        elif key.endswith("_file") and isinstance(value, str):
            path = Path(value) if Path(value).is_absolute() else folder / value
            try:
                table[key.removesuffix("_file")] = path.read_text(encoding="utf-8").rstrip("\n")
            except (OSError, UnicodeDecodeError) as unreadable:
                why = unreadable.strerror if isinstance(unreadable, OSError) else "not UTF-8 text"
                raise SettingsError(
                    f"{key}: {path}: {why}", hint="Make the file, readable for this account only."
                ) from None
            del table[key]


def _explain(wrong: ValidationError, file: Path | None) -> str:
    """The first fault in one line; for an unknown key the nearest known one."""
    faults = wrong.errors()
    unknown = [
        fault for fault in faults if fault["type"] == "extra_forbidden"
    ]  # often the reason for one that is missing
    fault = (unknown or faults)[0]
    place = ".".join(str(part) for part in fault["loc"])
    where = f"{file}: " if file else ""
    if unknown:
        known = _known_keys(fault["loc"][:-1])
        near = get_close_matches(str(fault["loc"][-1]), known, n=1, cutoff=0.4)
        also = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(known))}"
        return f"{where}unknown key {place}; {also}"
    return f"{where}{place}: {fault['msg'].removeprefix('Value error, ')}"


def _known_keys(path: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand in the table at this path."""
    model: Any = Settings
    for part in path:
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[str(part)].annotation
        else:  # a table of tables, such as targets: one step down is its model
            model = model.__args__[-1]
    model = next((part for part in getattr(model, "__args__", ()) if hasattr(part, "model_fields")), model)
    return [key for key in getattr(model, "model_fields", {}) if key != "origin"]


def short_secrets(settings: Settings) -> list[str]:
    """Names of secrets too short to be masked in output; `doctor` warns of them."""
    found: list[str] = []

    def look(model: BaseModel, place: str) -> None:
        for name in type(model).model_fields:
            value = getattr(model, name)
            if isinstance(value, Secret) and len(value.reveal()) < SHORTEST:
                found.append(f"{place}{name}")
            elif isinstance(value, BaseModel):
                look(value, f"{place}{name}.")
            elif isinstance(value, dict):
                for key, item in value.items():
                    if isinstance(item, BaseModel):
                        look(item, f"{place}{name}.{key}.")

    look(settings, "")
    return found
