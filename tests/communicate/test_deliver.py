from __future__ import annotations

import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from fireline import clock
from fireline.communicate import deliver, notices
from fireline.errors import Refused
from fireline.incident import ack_link, transitions
from fireline.incident.people import Actor
from fireline.store.connect import Store
from tests.communicate import peers
from tests.communicate.desk import SCHEME, Desk
from tests.communicate.peers import Mailbox, Receiver

SECOND = timedelta(seconds=1)
ANN = {"address": "ann@example.org", "confirmed": True}


def by_mail(store: Store, mailbox: Mailbox, **contacts: Any) -> Desk:
    channel = {"host": "127.0.0.1", "port": mailbox.port, "security": "plain", "sender": "fireline@example.org"}
    return Desk(store, contacts=contacts or {"ann": ANN}, channels={"email": channel})


def by_hook(store: Store, url: str) -> Desk:
    return Desk(store, contacts={"ops": {"channel": "webhook", "address": url, "confirmed": True}})


@pytest.fixture
def desk(store: Store, mailbox: Mailbox) -> Desk:
    """An incident of which ann is about to be told by mail."""
    desk = by_mail(store, mailbox)
    desk.open()
    desk.tell()
    return desk


def state(desk: Desk, outbox: int = 1) -> dict[str, Any]:
    (row,) = desk.rows("SELECT * FROM outbox WHERE id = %(outbox)s", outbox=outbox)
    return row


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def test_a_message_is_sent_once_and_the_timeline_says_how_long_it_took(desk: Desk, mailbox: Mailbox) -> None:
    assert desk.deliver(1) == 1
    assert desk.deliver(1) == 0
    assert desk.deliver() == 0
    assert len(mailbox.mails) == 1
    row = state(desk)
    assert (row["state"], row["attempts"], row["claim"], row["error"]) == ("sent", 1, None, None)
    assert re.fullmatch(r"ann was told by email \(opened, in [0-9.]+ s\)", desk.story()[-1])


def test_the_link_in_the_first_mail_acknowledges_with_one_click(desk: Desk, mailbox: Mailbox) -> None:
    desk.deliver()
    (token,) = re.findall(r"https://fireline\.example\.org/ack/([\w-]+)\n", text_of(mailbox.mails[0]))
    assert token not in str(desk.rows("SELECT outbox.*, ack_link.contact FROM outbox, ack_link"))
    with desk.store.transaction() as conn:
        ack_link.use(conn, token)
    assert desk.story()[-1] == "ann acknowledged by the link in a message"


def test_all_that_is_due_is_sent_and_what_is_not_due_waits(store: Store, mailbox: Mailbox) -> None:
    contacts = {f"c{number}": ANN | {"address": f"c{number}@example.org"} for number in range(25)}
    desk = by_mail(store, mailbox, **contacts)
    desk.open()
    desk.tell()
    desk.do("UPDATE outbox SET next_at = next_at + interval '1 hour' WHERE contact = 'c7' RETURNING id")
    sent = desk.deliver()
    while "queued" in {row["state"] for row in desk.rows("SELECT state FROM outbox WHERE contact <> 'c7'")}:
        sent += desk.deliver()
    assert sent == 24
    assert sorted(mail["To"] for mail in mailbox.mails) == sorted(
        f"c{number}@example.org" for number in range(25) if number != 7
    )


def test_a_temporary_failure_is_tried_again_later_with_the_same_id_and_told_once(desk: Desk, mailbox: Mailbox) -> None:
    mailbox.answers = ["451 greylisted", "451 greylisted"]
    assert desk.deliver() == 0
    first = state(desk)
    assert (first["state"], first["error"]) == ("queued", "the mail server refused it: 451 greylisted")
    assert 1.5 * SECOND < first["next_at"] - clock.now() < 2.5 * SECOND
    assert ("1", first["next_at"]) in [(key, when) for key, when in desk.wakes("deliver")]
    assert desk.deliver() == 0
    assert len(mailbox.mails) == 1
    with clock.moved(3 * SECOND):
        assert desk.deliver(1) == 0
        assert 3 * SECOND < state(desk)["next_at"] - clock.now() < 5 * SECOND
    with clock.moved(10 * SECOND):
        assert desk.deliver() == 1
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1
    assert len(mailbox.mails) == 3
    assert desk.story()[-2:][0] == (
        "ann could not be told by email (opened), it is tried again: the mail server refused it: 451 greylisted"
    )
    assert len(desk.story()) == 3


def test_what_is_refused_for_ever_fails_at_once_and_is_told(desk: Desk, mailbox: Mailbox) -> None:
    mailbox.to_rcpt = ["550 no such user"]
    assert desk.deliver() == 0
    assert (state(desk)["state"], state(desk)["error"]) == ("failed", "the mail server refused it: 550 no such user")
    assert desk.story()[-1] == (
        "ann could not be told by email (opened), it is given up: the mail server refused it: 550 no such user"
    )
    with clock.moved(timedelta(days=1)):
        assert desk.deliver() == 0
    assert mailbox.mails == []


def test_after_a_day_of_trying_it_is_given_up_loudly(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    desk = by_hook(store, f"http://127.0.0.1:{port}/")
    desk.open()
    desk.tell()
    passed, tries = timedelta(0), 0
    while state(desk)["state"] == "queued":
        with clock.moved(passed):
            desk.deliver(1)
            passed += max(state(desk)["next_at"] - clock.now(), timedelta(0)) + SECOND
        tries += 1
    assert timedelta(hours=24) <= passed < timedelta(hours=24, minutes=30)
    assert 100 < tries < 250
    assert state(desk)["state"] == "failed"
    assert desk.story()[1].startswith(
        "ops could not be told by webhook (opened), it is tried again: the receiver can not"
    )
    assert desk.story()[2].startswith("ops could not be told by webhook (opened), it is given up: the receiver can not")
    assert len(desk.story()) == 3


def test_a_receiver_that_says_when_to_come_back_is_not_asked_before(store: Store, receiver: Receiver) -> None:
    desk = by_hook(store, receiver.url)
    receiver.answers = [(429, {"Retry-After": "90"})]
    desk.open()
    desk.tell()
    desk.deliver()
    assert 85 * SECOND < state(desk)["next_at"] - clock.now() <= 90 * SECOND


def test_a_connection_that_breaks_in_the_middle_costs_nobody_the_message(desk: Desk, mailbox: Mailbox) -> None:
    mailbox.drop_at_data = 1
    assert desk.deliver() == 0
    with clock.moved(10 * SECOND):
        assert desk.deliver() == 1
    assert len(mailbox.mails) == 1


def claim_and_die(desk: Desk) -> None:
    """What is left of a worker killed between its claim and its result."""
    row = desk.do(
        deliver.Q["claim_message"],
        message=1,
        claim="00000000-0000-0000-0000-00000000dead",
        now=clock.now(),
        until=clock.now() + deliver.CLAIM,
    )
    assert row


def test_what_a_killed_worker_was_sending_is_sent_by_another(desk: Desk, mailbox: Mailbox) -> None:
    claim_and_die(desk)
    assert desk.deliver() == 0
    assert desk.deliver(1) == 0
    with clock.moved(deliver.CLAIM + SECOND):
        assert desk.deliver() == 1
    assert (state(desk)["state"], state(desk)["attempts"]) == ("sent", 2)


def test_killed_after_sending_it_is_sent_again_with_the_same_id(desk: Desk, mailbox: Mailbox) -> None:
    def kill() -> None:
        """The server has the mail; whoever sent it never gets to write that down."""
        desk.do("UPDATE outbox SET claim = '00000000-0000-0000-0000-00000000dead' RETURNING id")

    mailbox.during = kill
    assert desk.deliver() == 0
    assert state(desk)["state"] == "sending"
    mailbox.during = None
    with clock.moved(deliver.CLAIM + SECOND):
        assert desk.deliver() == 1
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert [line for line in desk.story() if line.startswith("ann was told")] == desk.story()[1:]


def test_who_wakes_late_and_has_lost_the_claim_writes_nothing(desk: Desk, mailbox: Mailbox) -> None:
    def another_worker_takes_over() -> None:
        mailbox.during = None
        with clock.moved(deliver.CLAIM + SECOND):
            assert desk.deliver(1) == 1

    mailbox.during = another_worker_takes_over
    mailbox.answers = ["250 taken", "550 what again"]  # the slow one is refused, but it does not count any more
    assert desk.deliver(1) == 0
    assert state(desk)["state"] == "sent"
    assert len(desk.story()) == 2


def test_many_workers_at_once_send_each_message_once(store: Store, receiver: Receiver) -> None:
    contacts = {f"c{n}": {"channel": "webhook", "address": f"{receiver.url}/{n}", "confirmed": True} for n in range(20)}
    desk = Desk(store, contacts=contacts)
    desk.open()
    desk.tell()
    threads = [threading.Thread(target=desk.deliver, args=[n]) for n in list(range(1, 21)) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path for path, _, _ in receiver.requests) == sorted(f"/{n}" for n in range(20))


def reminded(desk: Desk) -> None:
    with clock.moved(timedelta(minutes=5)):
        desk.tell()


def test_a_reminder_is_dropped_when_somebody_acknowledged_meanwhile(desk: Desk, mailbox: Mailbox) -> None:
    desk.deliver()
    reminded(desk)
    desk.act(transitions.ack, incident="1")
    with clock.moved(timedelta(minutes=6)):
        assert desk.deliver() == 0
    assert desk.outbox("dropped") == [("reminder", "ann")]
    assert desk.rows("SELECT error FROM outbox WHERE event = 'reminder'") == [{"error": "anna has acknowledged it"}]
    assert len(mailbox.mails) == 1


def test_what_is_over_before_anybody_was_told_is_not_told_at_all(desk: Desk, mailbox: Mailbox) -> None:
    desk.act(transitions.resolve, incident="1", resolution="x", scheme=SCHEME)
    desk.tell()
    assert desk.outbox("queued") == [("opened", "ann"), ("resolved", "ann")]
    desk.deliver()
    assert desk.outbox("dropped") == [("opened", "ann"), ("resolved", "ann")]
    assert mailbox.mails == []


def test_an_end_that_was_taken_back_is_not_told(desk: Desk, mailbox: Mailbox) -> None:
    desk.deliver()
    desk.act(transitions.dismiss, incident="1", reason="a test")
    desk.tell()
    desk.act(transitions.reopen, incident="1", reason="no it is not", scheme=SCHEME)
    desk.deliver()
    assert desk.outbox("dropped") == [("dismissed", "ann")]


def test_the_clock_that_stopped_and_the_approval_that_was_given_are_not_told(desk: Desk, mailbox: Mailbox) -> None:
    from tests.communicate.test_notices import approval

    desk.deliver()
    approval(desk)
    with clock.moved(timedelta(minutes=46)):
        desk.tell()
        desk.act(transitions.ack, incident="1")
        desk.do("UPDATE approval SET state = 'given' RETURNING id")
        desk.do("UPDATE approval SET expires_at = expires_at + interval '1 hour' RETURNING id")
        assert desk.deliver() == 0
    assert desk.outbox("dropped") == [("reminder", "ann"), ("at_risk", "ann")]


def test_an_approval_is_told_only_while_it_is_wanted(desk: Desk, mailbox: Mailbox) -> None:
    from tests.communicate.test_notices import approval

    approval(desk)
    approval(desk)
    desk.tell()
    desk.do("UPDATE approval SET state = 'given' WHERE id = 1 RETURNING id")
    desk.deliver()
    assert desk.outbox("sent") == [("opened", "ann"), ("approval_wanted", "ann")]
    assert desk.rows("SELECT error FROM outbox WHERE state = 'dropped'") == [
        {"error": "the approval is not wanted any more"}
    ]


def test_the_whole_story_by_mail_is_one_thread(desk: Desk, mailbox: Mailbox) -> None:
    desk.deliver()
    reminded(desk)
    with clock.moved(timedelta(minutes=6)):
        desk.deliver()
        desk.act(transitions.resolve, incident="1", resolution="Logs removed.", scheme=SCHEME)
        desk.tell()
        desk.deliver()
    assert [mail["Subject"] for mail in mailbox.mails] == [
        "[P1] INC-1 Disk full",
        "Re: [P1] INC-1 Disk full",
        "Re: [P1] INC-1 Disk full",
    ]
    assert len({mail["References"] for mail in mailbox.mails}) == 1
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 3


def test_telling_now_begins_to_send_at_once_and_a_slow_server_holds_up_nobody(store: Store) -> None:
    with peers.smtp() as mailbox:
        desk = by_mail(store, mailbox)
        desk.open()
        let_go = threading.Event()
        mailbox.during = lambda: let_go.wait(10)
        assert notices.tell_now(store, 1, desk.settings) == 1
        assert notices.tell_now(store, 1, desk.settings) == 0
        assert desk.deliver() == 0  # it is under way
        let_go.set()
        end = time.monotonic() + 20
        while state(desk)["state"] in ("queued", "sending") and time.monotonic() < end:
            threading.Event().wait(0.01)
        assert (state(desk)["state"], state(desk)["error"]) == ("sent", None)
        assert len(mailbox.mails) == 1


def test_telling_and_sending_at_the_same_time_do_not_wait_for_each_other_for_ever(
    store: Store, receiver: Receiver
) -> None:
    contacts = {f"c{n}": {"channel": "webhook", "address": f"{receiver.url}/{n}", "confirmed": True} for n in range(4)}
    desk = Desk(store, contacts=contacts)
    desk.open()
    desk.tell()
    for _ in range(12):
        desk.do("UPDATE outbox SET state = 'queued' RETURNING id")
        work = [(desk.tell, ()), *((desk.deliver, (n,)) for n in range(1, 5)), (desk.tell, ())]
        with ThreadPoolExecutor(len(work)) as threads:
            for done in [threads.submit(one, *words) for one, words in work]:
                done.result()
    assert len(receiver.requests) == 48


def test_the_webhook_has_the_incident_in_fields(store: Store, receiver: Receiver) -> None:
    desk = by_hook(store, f"{receiver.url}/chat")
    desk.open()
    desk.tell()
    assert desk.deliver() == 1
    body = json.loads(receiver.requests[0][2])
    assert {key: body[key] for key in ("event", "incident", "severity", "target", "contact", "title")} == {
        "event": "opened",
        "incident": "INC-1",
        "severity": "P1",
        "target": "main",
        "contact": "ops",
        "title": "Disk full",
    }
    assert body["acknowledge_url"].startswith("https://fireline.example.org/ack/")


def test_a_channel_that_is_not_set_up_is_told_and_tried_until_it_is(store: Store, mailbox: Mailbox) -> None:
    desk = Desk(store, contacts={"ann": ANN})
    desk.open()
    desk.tell()
    assert desk.deliver() == 0
    assert "channel email is not set up: channels.email.host" in desk.story()[-1]
    with clock.moved(10 * SECOND):
        assert by_mail(store, mailbox).deliver() == 1


def test_a_slow_server_does_not_hold_up_the_sweep(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "SWEEP_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        desk = by_hook(store, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        desk = Desk(store, contacts={**desk.settings.model_dump()["contacts"]}, channels={"webhook": {"timeout": "1s"}})
        desk.open()
        desk.tell()
        assert desk.deliver() == 0
        assert state(desk)["state"] == "sending"
        while state(desk)["state"] == "sending":  # it goes on behind our back and writes its result
            threading.Event().wait(0.02)
    assert state(desk)["state"] == "queued"


def test_a_message_that_kills_whoever_sends_it_is_given_up_in_the_end(desk: Desk) -> None:
    desk.do("UPDATE outbox SET attempts = 500 RETURNING id")
    assert desk.deliver() == 0
    assert (state(desk)["state"], state(desk)["error"]) == ("failed", "given up after 500 attempts")
    assert "it is given up" in desk.story()[-1]


def test_a_fault_of_a_channel_is_a_failure_like_any_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.do("UPDATE outbox SET message = message || '{\"subject\": 7}' RETURNING id")
    assert desk.deliver() == 0
    assert state(desk)["error"].startswith("channel email broke: ")
    assert state(desk)["state"] == "queued"


def test_an_acknowledgement_link_is_not_in_what_is_only_for_reading(desk: Desk, mailbox: Mailbox) -> None:
    with desk.store.transaction() as conn:
        transitions.ack(conn, Actor("ben"), incident="1")
    desk.do("DELETE FROM outbox RETURNING id")
    desk.tell()
    desk.deliver()
    text = text_of(mailbox.mails[0])
    assert "/ack/" not in text
    assert "ben is at it" in text


def test_what_is_prepared_in_a_transaction_that_fails_is_neither_sent_nor_in_the_way(
    store: Store, mailbox: Mailbox
) -> None:
    desk = by_mail(store, mailbox)
    desk.open()

    def tell_and_fail() -> None:
        with notices.telling(store, desk.settings) as say, store.transaction() as conn:
            assert say(conn, 1) == 1
            raise Refused("somebody else was quicker")

    with pytest.raises(Refused):
        tell_and_fail()
    assert desk.outbox() == []
    desk.tell()
    assert desk.deliver() == 1
    assert len(mailbox.mails) == 1


def test_what_is_told_within_a_transaction_is_sent_when_that_is_committed(store: Store, mailbox: Mailbox) -> None:
    desk = by_mail(store, mailbox)
    desk.open()
    with notices.telling(store, desk.settings) as say, store.transaction() as conn:
        assert say(conn, 1) == 1
        assert say(conn, 1) == 0
    end = time.monotonic() + 20
    while state(desk)["state"] == "sending" and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert (state(desk)["state"], state(desk)["attempts"]) == ("sent", 1)
    assert desk.deliver() == 0
    assert "https://fireline.example.org/ack/" in text_of(mailbox.mails[0])
