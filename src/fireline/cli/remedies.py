"""`fireline contain` and `fireline resolve`: each remedy on the shelves is a command, its parameters the options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_origin

import typer
from typer.core import TyperGroup

from fireline.cli.desk import ask, at_desk, call
from fireline.cli.questions import tell
from fireline.cli.terminal import answer, console, options, warn
from fireline.errors import Refused

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from fireline.run.remedy import Remedy

_PLAIN = (str, int, float, bool)

_THEN = {  # what a tired person would look up next
    "restore": "Next: `fireline restore diff latest` tells what a swap would lose; `fireline swap latest` puts it in place.",
    "swap": "Next: `fireline undo` brings the old one back; `fireline resolve rescue latest` copies newer rows from it.",
    "fence": "Next: `fireline fence status` tells who can still write; `fireline unfence` lifts it.",
}


class Shelf(TyperGroup):
    """The remedies of one phase; the shelf is read when one is asked for, not when `fireline` starts."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The remedies' names."""
        return list(_remedies(str(self.name)))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a remedy, or None."""
        known = _remedies(str(self.name))
        self.commands = dict.fromkeys(known, self)  # only the names count, for "did you mean"
        remedy = known.get(cmd_name)
        if remedy is None:
            return None
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(cmd_name, help=_help(remedy))(_function(str(self.name), cmd_name, remedy))
        return typer.main.get_command(alone)


def _remedies(phase: str) -> dict[str, Remedy]:
    from fireline import shelf

    return shelf.read(f"fireline.{phase}.remedies", "remedy")


def _group(phase: str, says: str) -> Any:
    return Shelf(name=phase, help=says, rich_markup_mode=None)


contain = _group("contain", "Keep the damage from spreading. Every remedy shows its plan and asks before it acts.")
resolve = _group("resolve", "Mend the cause. Every remedy shows its plan and asks before it acts.")


remedy = typer.Typer(help="What Fireline can do to a target.", rich_markup_mode=None)


@remedy.callback()
def _remedy() -> None:
    """What Fireline can do to a target."""


@remedy.command("list")
def list_() -> None:
    """List every remedy."""
    answer(call("remedy.list"), _draw_list)


def _draw_list(found: list[dict[str, Any]]) -> None:
    from fireline.cli.tables import columns

    table = columns("command", "level", "undo", "what it does")
    for one in found:
        row = (f"fireline {one['phase']} {one['remedy']}", one["level"], "yes" if one["undo"] else "no", one["summary"])
        table.add_row(*row)
    console().print(table)


def _help(remedy: Remedy) -> str:
    back = "It can be undone." if remedy.undo else f"There is no undo: {remedy.no_undo.rstrip('.')}."
    return f"{remedy.summary}\n\nLevel: {remedy.level}. {back}"


def _function(phase: str, name: str, remedy: Remedy) -> Callable[..., None]:
    """A function with one parameter for each of the remedy's, for typer to read."""

    def run(target: str | None, plan: bool, yes: bool, incident: str | None, **given: Any) -> None:
        arguments = {key: _text(value) for key, value in given.items() if value not in (None, [])}
        _carry_out(phase, name, target, arguments, plan=plan, yes=yes, incident=incident)

    fields = remedy.parameters.model_fields
    own = [_parameter(key, field, argument=key == remedy.argument) for key, field in fields.items() if key != "target"]
    run.__signature__ = inspect.Signature([*own, *_SHARED])  # type: ignore[attr-defined]
    run.__annotations__ = {}
    return run


def command_of(phase: str, name: str) -> Callable[..., None]:
    """A remedy as a command of its own, for its short form."""
    remedy = _remedies(phase)[name]
    made = _function(phase, name, remedy)
    made.__doc__ = _help(remedy)
    return made


class _Short(TyperGroup):
    """A remedy's short form with commands beside it: `fireline restore FILE …` and `fireline restore list`."""

    remedy = ""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What names no command is told to the remedy."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = [self.remedy, *args]
        found: list[str] = super().parse_args(ctx, args)
        return found


def short_group(phase: str, name: str, says: str, **commands: Callable[..., None]) -> Any:
    """The short form of a remedy, with further commands under the same word."""
    app = typer.Typer(help=says, rich_markup_mode=None)
    app.command(name, help=_help(_remedies(phase)[name]))(command_of(phase, name))
    for word, command in commands.items():
        app.command(word.rstrip("_"))(command)
    made = typer.main.get_group(app)
    group = _Short(name=name, commands=dict(made.commands), help=says, rich_markup_mode=None)
    group.remedy = name
    return group


def _text(value: Any) -> Any:
    """What the remedy is told, as a text: the same on every way there."""
    return value if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)


def _parameter(name: str, field: FieldInfo, *, argument: bool) -> inspect.Parameter:
    """An option or argument; what is not given is left to the model's own default."""
    from fireline.run.line import option as option_of

    annotation, says, option = _type_of(field.annotation), field.description or "", option_of(name)
    if not field.is_required() and field.default_factory is None and field.default not in (None, "", False):
        says = f"{says} [default: {field.default}]".strip()
    info: Any
    if argument:
        info = typer.Argument(help=says, show_default=False)
    elif annotation is bool and field.default is not False:
        info = typer.Option(f"{option}/--no-{option[2:]}", help=says, show_default=False)
    else:
        info = typer.Option(option, help=says, show_default=False)
    required = field.is_required()
    kind: Any = Annotated[annotation if required else annotation | None, info]
    default = inspect.Parameter.empty if required else None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _type_of(annotation: Any) -> Any:
    """The type typer is to read: plain ones as they are, lists of texts, choices; the model checks the rest."""
    bare = [part for part in getattr(annotation, "__args__", ()) if part is not type(None)]
    if type(None) in getattr(annotation, "__args__", ()) and len(bare) == 1:
        annotation = bare[0]
    if annotation in _PLAIN or get_origin(annotation) is Literal:
        return annotation
    return list[str] if get_origin(annotation) in (list, tuple, set, frozenset) else str


def _shared(name: str, kind: Any, default: Any, info: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info])


_SHARED = [
    _shared(
        "target", str | None, None, typer.Option("--target", help="The system to act on; the only one if left out.")
    ),
    _shared("incident", str | None, None, typer.Option("--incident", help="The incident it is for.")),
    _shared("plan", bool, False, typer.Option("--plan", help="Only show what would be done.")),
    _shared("yes", bool, False, typer.Option("--yes", "-y", help="Approve the plan without asking, where you may.")),
]


def _carry_out(
    phase: str, name: str, target: str | None, arguments: dict[str, Any], *, plan: bool, yes: bool, incident: str | None
) -> None:
    call = {"phase": phase, "remedy": name, "target": target, "arguments": arguments}
    with at_desk() as desk:
        if plan:
            answer(ask(desk, "remedy.plan", **call), _draw_plan)
            return
        started = ask(desk, "remedy.run", **call, incident=incident)
        try:
            view = _follow(desk, started["run"], yes=yes)
        except KeyboardInterrupt:
            run = started["run"]
            warn(
                f"run {run} goes on without you: see `fireline run show {run}`; end it with `fireline run cancel {run}`"
            )
            raise
        if incident is None and _is_rejected(view):  # nobody waits for it any more
            ask(desk, "run.cancel", run=view["run"], reason="rejected at the terminal")
    if options.json:
        answer(view, lambda _: None)
    if view["state"] == "succeeded":
        if name in _THEN:
            tell(_THEN[name], indent=2)
        return
    if not options.json:
        _complain(name, view)
    raise typer.Exit(1)  # it failed, or waits for somebody else: it is not done


def _is_rejected(view: dict[str, Any]) -> bool:
    """Whether the remedy's only step was refused by a person before anything began."""
    return view["state"] == "waiting" and all(
        step["state"] == "cancelled" and not step["attempts"] for step in view["steps"]
    )


def _complain(name: str, view: dict[str, Any]) -> None:
    """Why it is not done, and what to do about it."""
    from fireline.cli.follow import stuck
    from fireline.cli.run_view import outcome_of

    if _is_rejected(view):
        raise Refused(f"{name} was rejected: nothing was done")
    step = stuck(view) or (view["steps"][0] if view["state"] in ("failed", "cancelled") else None)
    if step is None:
        return  # it waits, and that was said
    outcome = outcome_of(step)
    if step["state"] == "unknown":
        raise Refused(
            f"nobody knows what came of {name}", hint=f"Look, then decide: `fireline run show {view['run']}`."
        )
    see = f"`fireline run show {view['run']}` tells more."
    hint = f"{str(outcome['hint']).rstrip('.')}." if outcome.get("hint") else see
    raise Refused(f"{name} is not done: run {view['run']} {step['state']}", hint=hint)


def _follow(desk: Any, run: int, *, yes: bool) -> dict[str, Any]:
    """Follow the run with the words of a person who has said --yes, or of one who is asked."""
    from fireline.cli import follow

    def agree(desk: Any, step: dict[str, Any], view: dict[str, Any]) -> bool:
        if not yes or "approve" not in step["actions"]:
            return not options.json and follow.ask_approval(desk, step, view)
        answer_quietly(step)
        shown = step["approval"]["content_hash"]
        ask(desk, "run.approve", run=view["run"], step=step["position"], hash=shown)
        return True

    return follow.follow_run(desk, run, decide=agree)


def answer_quietly(step: dict[str, Any]) -> None:
    """Say what was agreed to beforehand."""
    plan = step["plan"] or {}
    for label, key in (("does", "summary"), ("may lose", "effect"), ("undo", "undo")):
        if plan.get(key):
            tell(f"  {label:<9}{plan[key]}", indent=11)


def _draw_plan(plan: dict[str, Any]) -> None:
    from fireline.cli.plan_table import draw_parts

    tell(plan["summary"])
    for label, key in (("may lose", "effect"), ("undo", "undo"), ("level", "level")):
        tell(f"  {label:<9}{plan[key]}", indent=11)
    draw_parts(plan.get("captured") or {})
