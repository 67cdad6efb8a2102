"""What is watched: jobs that should show signs of life, and what Fireline itself looks at from outside."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from fireline.settings.shapes import Duration, Model

SLUG = r"^[a-z0-9_-]{1,100}$"


class BeatSettings(Model):
    """A job that shows a sign of life again and again; somebody is woken when it says that it failed, or stays away."""

    source: str = Field(description="the source of the format ping that it comes to")
    slug: str | None = Field(None, pattern=SLUG, description="its name in /ping/KEY/SLUG; the beat's own if left out")
    uuid: str | None = Field(None, description="for /ping/UUID; as good as a token, so keep it secret", repr=False)
    period: Duration = Field(timedelta(days=1), description="how often it comes")
    grace: Duration = Field(timedelta(hours=1), description="how late it may be, and how long it may run once started")
    target: str | None = Field(None, description="target that its alert is about")
    severity: str = Field("error", description="how bad it is when it fails or stays away")

    @field_validator("uuid")
    @classmethod
    def _is_uuid(cls, value: str | None) -> str | None:
        return None if value is None else str(UUID(value))

    @model_validator(mode="after")
    def _takes_time(self) -> BeatSettings:
        if self.period < timedelta(seconds=1) or self.grace < timedelta(0):
            raise ValueError("period is at least 1s, and grace is not below 0s")
        return self


class ProbeSettings(Model):
    """Something that Fireline looks at by itself: one of url, tcp, statuspage and target."""

    url: str | None = Field(None, description="a page that is asked with a GET; http or https", repr=False)
    tcp: str | None = Field(None, description="HOST:PORT that must take a connection")
    statuspage: str | None = Field(None, description="a vendor's status page in the shape of Statuspage v2")
    target: str | None = Field(None, description="a target, judged by its regular look: critical causes, or no answer")
    every: Duration = Field(timedelta(minutes=1), description="the interval; of a target it is policy.look_every")
    timeout: Duration = Field(timedelta(seconds=10), description="no answer within this is a failure")
    failures: int = Field(3, ge=1, le=100, description="failures in a row before it fires")
    recoveries: int = Field(2, ge=1, le=100, description="successes in a row before it is over")
    status: int | None = Field(None, description="the status that url must answer; 200 to 299 when left out")
    expect: str | None = Field(None, description="a text that must stand in the first megabyte of url's answer")
    latency: Duration | None = Field(None, description="a slower answer is a failure")
    certificate_days: int | None = Field(None, ge=0, description="a certificate that ends sooner is a failure")
    ca: Path | None = Field(None, description="PEM file of the authority that signed the certificate, if it is yours")
    components: list[str] = Field(default_factory=list, description="of statuspage, only these count; all when empty")
    about: str | None = Field(None, description="target that its alert is about")
    severity: str = Field("error", description="how bad it is")

    @model_validator(mode="after")
    def _one_thing(self) -> ProbeSettings:
        if len([one for one in (self.url, self.tcp, self.statuspage, self.target) if one]) != 1:
            raise ValueError("needs exactly one of url, tcp, statuspage and target")
        if self.every < timedelta(seconds=1) or not timedelta(0) < self.timeout <= timedelta(minutes=1):
            raise ValueError("every is at least 1s, and timeout is at most 1m")
        if self.tcp and not self.tcp.rpartition(":")[2].isdecimal():
            raise ValueError("tcp is HOST:PORT")
        return self

    @property
    def kind(self) -> str:
        """Which of the four it is, as the file on the shelf of probes is called."""
        return "http" if self.url else "tcp" if self.tcp else "statuspage" if self.statuspage else "target"


def _come_to_a_source(value: dict[str, BeatSettings], given: ValidationInfo) -> dict[str, BeatSettings]:
    for name, beat in value.items():
        source = given.data.get("sources", {}).get(beat.source)
        if source is None or source.format != "ping":
            raise ValueError(f"{name} comes to {beat.source!r}, which is no source of the format ping")
    return value


def _are_about_targets(value: dict[str, ProbeSettings], given: ValidationInfo) -> dict[str, ProbeSettings]:
    for name, probe in value.items():
        about = probe.target or probe.about
        if about is not None and about not in given.data.get("targets", {}):
            raise ValueError(f"{name} is about {about!r}, which is no target")
    return value


Beats = Annotated[dict[str, BeatSettings], AfterValidator(_come_to_a_source)]
Probes = Annotated[dict[str, ProbeSettings], AfterValidator(_are_about_targets)]
