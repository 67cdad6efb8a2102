"""`fireline user` and `fireline token`: who may act, and with what a program may."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from fireline.cli.desk import call
from fireline.cli.terminal import answer, interactive, say, warn
from fireline.errors import Usage

user = typer.Typer(help="People who may log in.", rich_markup_mode=None)
token = typer.Typer(help="Tokens for the API.", rich_markup_mode=None)


@user.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Short, in lower case: anna.")],
    display: Annotated[str, typer.Option(help="The name as people write it.")] = "",
    role: Annotated[str, typer.Option(help="viewer, responder or admin.")] = "responder",
    email: Annotated[str | None, typer.Option(help="Mail address.")] = None,
    os_user: Annotated[str | None, typer.Option(help="The account on this machine that acts as this person.")] = None,
    with_password: Annotated[
        bool, typer.Option("--password", help="Ask for a password, to log in to the page.")
    ] = False,
) -> None:
    """Add a person."""
    secret = read_password() if with_password else None
    data = call("person.add", name=name, display=display, role=role, email=email, os_user=os_user, password=secret)
    answer(data, lambda made: say(made["text"]))


@user.command("change")
def change(
    name: Annotated[str, typer.Argument(help="Who.")],
    display: Annotated[str | None, typer.Option(help="The name as people write it.")] = None,
    role: Annotated[str | None, typer.Option(help="viewer, responder or admin.")] = None,
    email: Annotated[str | None, typer.Option(help="Mail address.")] = None,
    os_user: Annotated[str | None, typer.Option(help="The account on this machine that acts as this person.")] = None,
) -> None:
    """Change what is known of a person, or their role."""
    data = call("person.change", name=name, display=display, role=role, email=email, os_user=os_user)
    answer(data, lambda done: say(done["text"]))


@user.command("list")
def list_people() -> None:
    """List everybody."""

    def draw(found: list[dict[str, Any]]) -> None:
        from fireline.cli.tables import draw_rows

        draw_rows(found, ["name", "display", "role", "email", "os_user", "disabled_at"])

    answer(call("person.list"), draw)


@user.command("disable")
def disable(name: Annotated[str, typer.Argument(help="Who.")]) -> None:
    """Keep a person out.

    Sessions and tokens end at once; what the person did stays on record.
    """
    answer(call("person.disable", name=name), lambda left: say(left["text"]))


@user.command("password")
def password(name: Annotated[str, typer.Argument(help="Who.")]) -> None:
    """Set a person's password, read from the terminal or from standard input."""
    answer(call("person.password", name=name, password=read_password()), lambda done: say(done["text"]))


@user.command("whoami")
def whoami() -> None:
    """Say as whom this shell acts."""
    answer(call("person.whoami"), lambda me: say(me["text"]))


def read_password() -> str:
    """A password from the person, twice and unseen, or one line from a pipe; never from the command line."""
    if not interactive():
        line = sys.stdin.readline().rstrip("\n")
        if not line:
            raise Usage("no password came", hint="Pipe it in: `fireline user password anna < file`.")
        return line
    import getpass

    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise Usage("the two passwords differ")
    return first


@token.command("create")
def create(
    label: Annotated[str, typer.Argument(help="What it is for.")],
    person: Annotated[str | None, typer.Option(help="As whom it acts; yourself when left out.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires.")] = None,
) -> None:
    """Make a token.

    It is shown once, now.
    """
    data = call("token.create", label=label, person=person, days=days)
    answer(data, _draw_token)


def _draw_token(made: dict[str, Any]) -> None:
    """The token alone on stdout, so that it can go into a file; what it is, on stderr."""
    warn(made["text"])
    say(made["token"])


@token.command("list")
def list_tokens() -> None:
    """List tokens, without the secrets themselves."""

    def draw(found: list[dict[str, Any]]) -> None:
        from fireline.cli.tables import draw_rows

        draw_rows(found, ["token", "label", "person", "created_at", "expires_at", "used_at", "revoked_at"])

    answer(call("token.list"), draw)


@token.command("revoke")
def revoke(number: Annotated[str, typer.Argument(metavar="TOKEN", help="Its number in the list.")]) -> None:
    """End a token."""
    answer(call("token.revoke", token=number), lambda done: say(done["text"]))
