"""Rules for alerts as the settings write them: which alerts are meant, and what is decided for them."""

from __future__ import annotations

from pydantic import Field, model_validator

from fireline.settings.shapes import Duration, Model


class RuleSettings(Model):
    """One rule: the first that fits an alert and decides a thing decides it, later ones what is left."""

    name: str = Field("", description="how it is called where its decisions are shown; “rule 1” if left out")
    match: list[str] = Field(
        min_length=1, max_length=20, description='matchers as of a silence, all of which must fit: alertname=~"Pg.*"'
    )
    severity: str | None = Field(None, description="id or name of the severity, whatever the sender says")
    target: str | None = Field(None, description="the target that such an alert is about")
    group_by: list[str] = Field(
        default_factory=list, description="labels (or source, target, severity, title, key) that make one incident"
    )
    window: Duration | None = Field(
        None, description="how long such alerts join an open incident; with group_by; policy.group_window if left out"
    )
    page: bool | None = Field(None, description="false: recorded as the last severity, and wakes nobody")

    @model_validator(mode="after")
    def _decides_something(self) -> RuleSettings:
        if self.severity is None and self.target is None and not self.group_by and self.page is None:
            raise ValueError("decides nothing: needs severity, target, group_by or page")
        if self.window is not None and not self.group_by:
            raise ValueError("has a window and no group_by that it could hold for")
        if self.severity is not None and self.page is False:
            raise ValueError("says a severity, and with page = false that it has the last one")
        return self
