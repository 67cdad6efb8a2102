from __future__ import annotations

from typing import Any

import pytest

from fireline.communicate import channel
from fireline.communicate.channel import Channel, Message
from fireline.errors import DeliveryError
from fireline.settings import Settings

MESSAGE = Message("id", "thread", "opened", "ann@example.org", "subject", "text")


@pytest.mark.parametrize("name", ["email", "webhook"])
def test_every_file_on_the_shelf_is_a_channel_of_its_name(name: str) -> None:
    found = channel.channels()[name]
    assert isinstance(found, Channel)
    assert found.name == name
    assert found.summary


def test_a_channel_nobody_wrote_is_given_up_with_those_there_are() -> None:
    with pytest.raises(
        DeliveryError, match=r"there is no channel 'pigeon' \(hint: There are: email, webhook"
    ) as failed:
        channel.send(Settings(), "pigeon", MESSAGE)
    assert failed.value.permanent


def test_a_channel_that_is_not_set_up_may_be_before_the_day_is_over() -> None:
    with pytest.raises(
        DeliveryError, match=r"channel email is not set up: channels\.email\.host: Field required"
    ) as failed:
        channel.send(Settings(), "email", MESSAGE)
    assert not failed.value.permanent


def test_faults_of_the_settings_are_named_before_the_night() -> None:
    contact: dict[str, Any] = {"address": "x@example.org"}
    settings = Settings.model_validate(
        {
            "channels": {
                "slack": {},
                "email": {"host": "mail", "password": "hunter2hunter2", "port": "hunter2hunter2"},
            },
            "contacts": {"a": contact | {"channel": "pigeon"}, "b": contact, "c": contact | {"channel": "webhook"}},
        }
    )
    faults = list(channel.faults(settings))
    assert faults[0] == "channels.slack: there is no such channel; there are: email, webhook"
    assert faults[1] == "contacts.a.channel: there is no channel 'pigeon'; there are: email, webhook"
    assert faults[2].startswith("channel email is not set up: channels.email.port: Input should be a valid integer")
    assert len(faults) == 3
    assert "hunter2" not in str(faults)
    assert list(channel.faults(Settings())) == []
