"""A name without an address."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.host_name_unknown import judge
from fireline.assess.checks.door import Door
from tests.assess.refusals import away, snap, the


def test_the_name_is_in_the_verdict() -> None:
    asked = Door("dns", "the host name db.example is not known", "web", "shop", "db.example")
    seen = replace(away("dns", asked.said), readings={"door": (asked,)})
    assert the(judge(seen)).objects == ("host db.example",)


def test_another_refusal_is_silent() -> None:
    assert judge(away("timeout", "no answer")) == ()
    assert judge(snap("the host name is not known")) == ()
