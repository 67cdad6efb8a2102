"""`fireline incident`: see, lead and close incidents; `declare`, `ack` and `note` are its short forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fireline.cli.desk import ask, at_desk, call, incident_and, the_incident
from fireline.cli.terminal import answer, options, say

app = typer.Typer(help="See, lead and close incidents.", rich_markup_mode=None)

Incident = Annotated[
    str | None, typer.Argument(metavar="INCIDENT", help="INC-7 or 7; the only open one when left out.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the timeline.")]
_OPTIONAL = "; the incident may be left out when one is open"


def _tell(name: str, incident: str | None, **arguments: Any) -> None:
    """Carry out an operation on an incident and say what was done, in the operation's own words."""
    with at_desk() as desk:
        result = ask(desk, name, incident=the_incident(desk, incident), **arguments)
    answer(result, lambda data: say(data["text"]))


@app.command("list")
def list_(
    status: Annotated[str, typer.Option(help="open, all, or one status.")] = "open",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List incidents, newest first."""
    from fireline.cli.incident_view import draw_list

    answer(call("incident.list", status=status, limit=limit), draw_list)


@app.command()
def show(
    incident: Incident = None,
    full: Annotated[bool, typer.Option("--full", help="The whole timeline and all evidence.")] = False,
) -> None:
    """Show an incident.

    First what is wanted from you, then the cause, the steps, and the end of the timeline.
    """
    with at_desk() as desk:
        data = ask(desk, "incident.show", incident=the_incident(desk, incident))
    if not options.json:
        from fireline.cli.incident_view import draw

        answer(data, lambda view: draw(view, full=full))
        return
    answer(data, lambda _: None)


@app.command()
def declare(
    title: Annotated[str, typer.Argument(help="What is wrong, in a few words.")],
    severity: Annotated[str | None, typer.Option(help="Such as P1; else it is proposed from the words.")] = None,
    target: Annotated[str | None, typer.Option(help="The system concerned, as named in the settings.")] = None,
    symptom: Annotated[str, typer.Option(help="The complaint or error message as it came.")] = "",
) -> None:
    """Open an incident by hand.

    People are told, the target is looked at, and the procedure is found, as for one that an alert opens.
    """
    result = call("incident.declare", title=title, severity=severity, target=target, symptom=symptom)
    answer(result, lambda data: say(data["text"], f"Follow it with `fireline respond {data['incident']}`."))


@app.command()
def ack(incident: Incident = None, note: Annotated[str, typer.Option(help="A line for the timeline.")] = "") -> None:
    """Acknowledge an incident.

    You have it; the others need not be woken.
    """
    _tell("incident.ack", incident, note=note)


@app.command()
def take(incident: Incident = None) -> None:
    """Take command of an incident."""
    _tell("incident.take", incident)


@app.command()
def note(
    words: Annotated[list[str], typer.Argument(metavar="[INCIDENT] TEXT", help=f"The text, in quotes{_OPTIONAL}.")],
) -> None:
    """Write a line into an incident's timeline."""
    incident, (text,) = incident_and(words, "text")
    _tell("incident.note", incident, text=text)


@app.command()
def severity(
    words: Annotated[list[str], typer.Argument(metavar="[INCIDENT] SEVERITY", help=f"Such as P1{_OPTIONAL}.")],
    reason: Reason = "",
) -> None:
    """Change the severity; its clocks follow."""
    incident, (wanted,) = incident_and(words, "severity")
    _tell("incident.severity", incident, severity=wanted, reason=reason)


@app.command()
def status(
    words: Annotated[list[str], typer.Argument(metavar="[INCIDENT] STATUS", help=f"Such as resolving{_OPTIONAL}.")],
    reason: Reason = "",
) -> None:
    """Move an incident to another status by hand."""
    incident, (wanted,) = incident_and(words, "status")
    _tell("incident.status", incident, status=wanted, reason=reason)


@app.command()
def impact(
    incident: Incident = None,
    text: Annotated[str, typer.Option(help="Whom it hits and how.")] = "",
    users: Annotated[int | None, typer.Option(min=0, help="How many users.")] = None,
) -> None:
    """Record what users feel of it."""
    _tell("incident.impact", incident, text=text, users=users)


@app.command()
def role(
    words: Annotated[list[str], typer.Argument(metavar="[INCIDENT] ROLE PERSON", help=f"Who does what{_OPTIONAL}.")],
) -> None:
    """Give a person a role in the response."""
    incident, (wanted, person) = incident_and(words, "role", "person")
    _tell("incident.role", incident, role=wanted, person=person)


@app.command()
def resolve(
    incident: Incident = None,
    resolution: Annotated[str, typer.Option(help="What ended it.")] = "",
    reason: Annotated[str, typer.Option(help="Why it counts as over although its probe is still red.")] = "",
) -> None:
    """Say that it is over."""
    _tell("incident.resolve", incident, resolution=resolution, reason=reason)


@app.command()
def reopen(incident: Annotated[str, typer.Argument(help="INC-7 or 7.")], reason: Reason = "") -> None:
    """Open a resolved incident again."""
    _tell("incident.reopen", incident, reason=reason)


@app.command()
def dismiss(incident: Annotated[str, typer.Argument(help="INC-7 or 7.")], reason: Reason = "") -> None:
    """Say that it never was one."""
    _tell("incident.dismiss", incident, reason=reason)


@app.command()
def merge(
    incident: Annotated[str, typer.Argument(help="The one that ends: INC-7 or 7.")],
    into: Annotated[str, typer.Argument(help="The one that goes on, with the alerts of both.")],
    reason: Reason = "",
) -> None:
    """Merge an incident into another, as they are one.

    Its alerts move there and its clock stops; nobody is told again. `fireline incident show` suggests which could be one.
    """
    _tell("incident.merge", incident, into=into, reason=reason)


@app.command()
def split(
    incident: Annotated[str, typer.Argument(help="INC-7 or 7.")],
    alerts: Annotated[list[str], typer.Argument(help="Numbers of the alerts that are another matter; one stays.")],
    title: Annotated[str, typer.Option(help="Of the new incident; else that of its first alert.")] = "",
) -> None:
    """Split alerts off into an incident of their own."""
    _tell("incident.split", incident, alerts=alerts, title=title)


@app.command()
def close(incident: Annotated[str, typer.Argument(help="INC-7 or 7.")]) -> None:
    """End the review of a resolved incident."""
    _tell("incident.close", incident)


@app.command()
def choose(
    words: Annotated[list[str], typer.Argument(metavar="[INCIDENT] PROCEDURE", help=f"Its id or title{_OPTIONAL}.")],
) -> None:
    """Choose the procedure to follow.

    For when the match was not sure; the procedure starts.
    """
    incident, (procedure,) = incident_and(words, "procedure")
    _tell("incident.choose", incident, procedure=procedure)


@app.command()
def timeline(
    incident: Incident = None,
    after: Annotated[int, typer.Option(min=0, help="Only what comes after this number.")] = 0,
) -> None:
    """Show the whole story."""
    from fireline.cli.incident_view import draw_timeline

    with at_desk() as desk:
        data = ask(desk, "incident.timeline", incident=the_incident(desk, incident), after=after)
    answer(data, draw_timeline)


@app.command()
def verify(incident: Incident = None) -> None:
    """Check the seals of the timeline.

    Exit code 1 when somebody has rewritten it.
    """
    with at_desk() as desk:
        data = ask(desk, "incident.verify", incident=the_incident(desk, incident))
    answer(data, lambda found: say("the timeline is whole" if found["whole"] else _broken(found)))
    if not data["whole"]:
        raise typer.Exit(1)


def _broken(found: dict[str, Any]) -> str:
    return f"the timeline has been rewritten: event {found['broken_at']} does not fit its seal"


@app.command()
def postmortem(
    incident: Incident = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the Markdown to this file.")] = None,
    edit: Annotated[Path | None, typer.Option("--edit", help="Store this file's text as the post-mortem.")] = None,
) -> None:
    """Show the post-mortem.

    It is drafted from the record when there is none yet.
    """
    with at_desk() as desk:
        wanted = the_incident(desk, incident)
        if edit is not None:
            data = ask(desk, "incident.edit-postmortem", incident=wanted, markdown=edit.read_text(encoding="utf-8"))
        else:
            data = ask(desk, "incident.postmortem", incident=wanted)
    if out is not None:
        out.write_text(data["markdown"], encoding="utf-8")
        answer(data, lambda _: say(f"written to {out}"))
        return
    answer(data, lambda found: say(found["markdown"] if edit is None else found["text"]))
