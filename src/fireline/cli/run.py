"""`fireline run`: see and steer runs of procedures; `approve` is its short form."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fireline.cli.desk import ask, at_desk, call
from fireline.cli.terminal import answer, confirm, interactive, options, say
from fireline.errors import NotFound, Refused, Usage

app = typer.Typer(help="See and steer runs of procedures.", rich_markup_mode=None)

Run = Annotated[int, typer.Argument(metavar="RUN", min=1, help="The number of the run.")]
Step = Annotated[int, typer.Argument(metavar="STEP", min=1, help="The number of the step in it.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it stands in the timeline.")]
Needed = Annotated[str, typer.Option("--reason", help="Why; it stands in the timeline.")]


def _tell(name: str, done: str, **arguments: Any) -> None:
    answer(call(name, **arguments), lambda _: say(done))


@app.command()
def start(
    procedure: Annotated[str, typer.Argument(help="The procedure's id or title.")],
    incident: Annotated[str | None, typer.Option(help="The incident it is for.")] = None,
    target: Annotated[str | None, typer.Option(help="The system it is carried out on.")] = None,
) -> None:
    """Start a procedure of the runbook."""
    data = call("run.start", procedure=procedure, incident=incident, target=target)
    answer(
        data,
        lambda run: say(f"run {run['run']} started", f"See it with `fireline run show {run['run']}`."),
    )


@app.command()
def show(
    run: Run,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay until it has ended.")] = False,
) -> None:
    """Show a run, its steps, and what waits for a person."""
    if follow and not options.json:
        from fireline.cli.follow import follow_run

        with at_desk() as desk:
            follow_run(desk, run)
        return
    data = call("run.show", run=run)
    if options.json:
        answer(data, lambda _: None)
        return
    from fireline.cli.run_view import draw_run

    answer(data, draw_run)


@app.command("list")
def list_(incident: Annotated[str | None, typer.Option(help="Only those of this incident.")] = None) -> None:
    """List runs, newest first."""
    from fireline.cli.run_view import draw_list

    answer(call("run.list", incident=incident), draw_list)


@app.command()
def approve(
    run: Annotated[
        int | None, typer.Argument(metavar="RUN", min=1, help="The run; the only one that waits if left out.")
    ] = None,
    step: Annotated[int | None, typer.Argument(metavar="STEP", min=1, help="The step in it.")] = None,
    approved_hash: Annotated[
        str | None, typer.Option("--hash", help="Only if the content still has this hash.")
    ] = None,
    level: Annotated[
        str | None, typer.Option(help="reversible or destructive, for a step whose level is not known.")
    ] = None,
    reason: Why = "",
    break_glass: Annotated[
        bool, typer.Option("--break-glass", help="Go past a missing backup or second person; needs a reason.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not show it and ask first.")] = False,
) -> None:
    """Approve the step that waits for it.

    Shows exactly what will be done, what it may lose and how to undo it, and asks.
    """
    with at_desk() as desk:
        place = _waiting(desk) if run is None else (run, step)
        view = ask(desk, "run.show", run=place[0])
        found = _step_of(view, place[1])
        if not yes and approved_hash is None:
            _show_and_ask(found, view)
        shown = approved_hash or (found["approval"] or {}).get("content_hash")
        given = {"hash": shown, "level": level, "reason": reason, "break_glass": break_glass}
        data = ask(desk, "run.approve", run=place[0], step=found["position"], **given)
    answer(data, lambda _: say(f"approved: step {found['position']} of run {place[0]}, {found['title']}"))


def _waiting(desk: Any) -> tuple[int, int | None]:
    """The only step that waits for an approval; Usage names them when there are several."""
    runs = [ask(desk, "run.show", run=one["run"]) for one in ask(desk, "run.list") if one["state"] == "waiting"]
    found = [(run, step) for run in runs for step in run["steps"] if step["waits_for"] == "approval"]
    if not found:
        raise NotFound("no step waits for an approval")
    if len(found) > 1:
        named = "; ".join(f"{run['run']} {step['position']} ({step['title']})" for run, step in found)
        raise Usage(f"which step? {len(found)} wait for an approval", hint=f"Name run and step: {named}.")
    return found[0][0]["run"], found[0][1]["position"]


def _step_of(view: dict[str, Any], position: int | None) -> dict[str, Any]:
    for step in view["steps"]:
        if step["position"] == position or (position is None and step["waits_for"] == "approval"):
            return dict(step)
    what = f"step {position}" if position else "step that waits for an approval"
    raise NotFound(f"run {view['run']} has no {what}", hint=f"See `fireline run show {view['run']}`.")


def _show_and_ask(step: dict[str, Any], view: dict[str, Any]) -> None:
    if interactive():
        from fireline.cli.run_view import draw_step

        answer((step, view), lambda both: draw_step(*both))
    if not confirm("Approve exactly this?", otherwise="Say --yes, or --hash with the hash you have read."):
        raise Refused("not approved: nothing was done")


@app.command()
def reject(run: Run, step: Step, reason: Needed) -> None:
    """Refuse the approval that a step asks for."""
    _tell("run.reject", f"rejected: step {step} of run {run}", run=run, step=step, reason=reason)


@app.command("answer")
def answer_(
    run: Run,
    step: Step,
    values: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE", help="Asked for when left out.")] = None,
) -> None:
    """Give a step the values it asks for.

    A secret is best left out here, so that it is asked for and does not stand in the shell's history.
    """
    with at_desk() as desk:
        if values:
            answers = dict(_pair(value) for value in values)
        else:
            from fireline.cli.questions import ask_parameters

            answers = ask_parameters(_step_of(ask(desk, "run.show", run=run), step)["parameters"])
        data = ask(desk, "run.answer", run=run, step=step, answers=answers)
    answer(data, lambda _: say(f"answered: step {step} of run {run}"))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Usage(f"{text!r} is not NAME=VALUE")
    return name, value


@app.command()
def tick(
    run: Run,
    step: Step,
    note: Annotated[str, typer.Option(help="What came of it.")] = "",
    item: Annotated[list[str] | None, typer.Option(help="Tick this item of the checklist; may be repeated.")] = None,
) -> None:
    """Say that a manual step is done."""
    _tell("run.tick", f"ticked: step {step} of run {run}", run=run, step=step, note=note, items=item)


@app.command()
def decide(
    run: Run,
    step: Step,
    choice: Annotated[str, typer.Argument(help="As the step offers: yes, no, not-possible …")],
    reason: Why = "",
) -> None:
    """Decide a step that says "if needed"."""
    _tell("run.decide", f"{choice}: step {step} of run {run}", run=run, step=step, choice=choice, reason=reason)


@app.command()
def skip(run: Run, step: Step, reason: Needed) -> None:
    """Leave a step out."""
    _tell("run.skip", f"skipped: step {step} of run {run}", run=run, step=step, reason=reason)


@app.command()
def retry(run: Run, step: Step) -> None:
    """Try a failed step again."""
    _tell("run.retry", f"step {step} of run {run} is tried again", run=run, step=step)


@app.command()
def replace(
    run: Run,
    step: Step,
    command: Annotated[str, typer.Argument(help="What to run instead.")],
    language: Annotated[str | None, typer.Option(help="sql or bash; the step's own when left out.")] = None,
    reason: Why = "",
) -> None:
    """Replace a step's command; recorded as a deviation."""
    done = f"step {step} of run {run} has another command now"
    _tell("run.replace", done, run=run, step=step, command=command, language=language, reason=reason)


@app.command()
def cancel(
    run: Run,
    step: Annotated[int | None, typer.Argument(metavar="STEP", min=1, help="Only this step.")] = None,
    reason: Why = "",
) -> None:
    """Stop a run, or the step that is running."""
    _tell("run.cancel", f"run {run} is asked to stop", run=run, step=step, reason=reason)


@app.command()
def undo(
    run: Run,
    step: Annotated[int | None, typer.Argument(metavar="STEP", min=1, help="The newest change if left out.")] = None,
) -> None:
    """Put back what a step changed."""
    data = call("run.undo", run=run, step=step)
    answer(data, lambda _: say(f"undo of run {run} is under way", f"See it with `fireline run show {run}`."))


@app.command()
def changes(incident: Annotated[str | None, typer.Option(help="Only those of this incident.")] = None) -> None:
    """List what Fireline changed, newest first, and what can be put back."""
    from fireline.cli.run_view import draw_changes

    answer(call("run.changes", incident=incident), draw_changes)
