"""One question for each thing an incident can want from a person: what it is, what a yes does, and the operation."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from fireline.cli.desk import ask
from fireline.cli.questions import ask_line, ask_parameters, ask_required, choose, tell
from fireline.cli.run_view import draw_step
from fireline.cli.terminal import clean, say

PUT_OFF = "w"
_LATER = "put it off and watch"

View = dict[str, Any]


def put(desk: Any, view: View) -> bool:
    """Ask what the incident wants now and carry out the answer; False when the person put it off."""
    question = _QUESTIONS.get(view["wanted"]["kind"])
    return question(desk, view) if question else False


def step_wanted(view: View) -> tuple[View, View]:
    """The run and the step that the incident wants something about."""
    wanted = view["wanted"]
    run = next(run for run in view["runs"] if run["run"] == wanted["run"])
    return run, next(step for step in run["steps"] if step["position"] == wanted["position"])


def remedy_of(view: View) -> str | None:
    """The line that mends the cause, while the cause is still seen."""
    verdict = view["verdict"]
    if verdict is None or verdict["probe_state"] == "green":
        return None
    command: str | None = (verdict.get("remedy") or {}).get("command")
    return command if command and command.startswith("fireline ") else None


def call_remedy(desk: Any, view: View) -> bool:
    """Start the cause's remedy as a run; its plan and its approval come next."""
    from fireline.app.context import remedies
    from fireline.run import line

    words = shlex.split(remedy_of(view) or "")
    read = line.read(words, remedies())
    if read is None:
        say(f"This Fireline does not know `{shlex.join(words)}`.")
        return False
    given = read.parameters.model_dump(mode="json", exclude_unset=True)
    call = {"phase": read.remedy.phase, "remedy": read.remedy.name, "target": read.target or view["target"]}
    told = {key: value if isinstance(value, list) else str(value) for key, value in given.items()}
    run = ask(desk, "remedy.run", **call, incident=view["id"], arguments=told)
    say(f"Run {run['run']} makes a plan; you are asked before anything is changed.")
    return True


def _acknowledge(desk: Any, view: View) -> bool:
    about = "Stops the response clock, and Fireline stops waking others. It can not be taken back; handing over can."
    if choose(f"Acknowledge {view['id']}: you have it?", {"y": "yes, it is mine", PUT_OFF: _LATER}, about) != "y":
        return False
    tell(clean(ask(desk, "incident.take", incident=view["id"])["text"]))
    return True


def _approve(desk: Any, view: View) -> bool:
    run, step = step_wanted(view)
    draw_step(step, run)
    place = {"run": run["run"], "step": step["position"]}
    live = "approve" in step["actions"]
    choices = {"y": "approve exactly this, once", "n": "reject it"} if live else {"y": "ask for the approval again"}
    choices |= {**_offered(step), "s": "skip it, with a reason", PUT_OFF: _LATER}
    about = "What you approve is bound to what you read: if anything of it changes, it is asked for again."
    said = choose("Approve exactly this?" if live else "The approval expired. Ask for it again?", choices, about)
    if said == "y" and live:
        ask(desk, "run.approve", **place, hash=step["approval"]["content_hash"], level=ask_level(step))
    elif said == "y":
        ask(desk, "run.retry", **place)
    elif said == "n":
        ask(desk, "run.reject", **place, reason=ask_required("Why not?"))
    else:
        _skip_or_offer(desk, said, step, place)
    return said != PUT_OFF


def _offered(step: View) -> dict[str, str]:
    """The remedy that may take the step's place, as a choice."""
    return {"r": f"run this in its place: {step['offers'][0]['command']}"} if step["offers"] else {}


def _skip_or_offer(desk: Any, said: str, step: View, place: dict[str, int]) -> None:
    """What may be said to most steps: leave it out, or put the offered remedy in its place."""
    if said == "s":
        ask(desk, "run.skip", **place, reason=ask_required("Why is it left out?"))
    if said == "r":
        offer = step["offers"][0]
        ask(
            desk,
            "run.replace",
            **place,
            command=offer["command"],
            language="bash",
            reason=offer["summary"] or "it was offered",
        )
        say("It makes a plan first; you are asked before anything is changed.")


def ask_level(step: View) -> str | None:
    """What the step may do, named by its approver where Fireline does not know."""
    if step["level"]:
        return None
    about = "Reversible: no committed data can be lost and it can be undone. Destructive: anything else."
    said = choose("Is it reversible or destructive?", {"r": "reversible", "d": "destructive"}, about)
    return "reversible" if said == "r" else "destructive"


def _answer(desk: Any, view: View) -> bool:
    run, step = step_wanted(view)
    draw_step(step, run)
    said = choose("Give the values now?", {"y": "yes", "s": "skip the step, with a reason", PUT_OFF: _LATER})
    if said == "y":
        ask(desk, "run.answer", run=run["run"], step=step["position"], answers=ask_parameters(step["parameters"]))
    if said == "s":
        ask(desk, "run.skip", run=run["run"], step=step["position"], reason=ask_required("Why is it left out?"))
    return said != PUT_OFF


def _decide(desk: Any, view: View) -> bool:
    run, step = step_wanted(view)
    draw_step(step, run)
    offered = choices_of(step)
    letters = {letter: words for letter, (_, words) in offered.items()} | {PUT_OFF: _LATER}
    about = "A yes to a step that changes something is still asked for approval before it acts."
    said = choose(f"{step['decision'] or step['title']}?", letters, about)
    if said == PUT_OFF:
        return False
    reason = ask_line("Why? (may stay empty)") if said in ("n", "i", "f") else ""
    ask(desk, "run.decide", run=run["run"], step=step["position"], choice=offered[said][0], reason=reason)
    return True


def choices_of(step: View) -> dict[str, tuple[str, str]]:
    """What may be said to a step that waits for a decision: letter, the word of the operation, what it means."""
    if step["state"] == "unknown":
        return {"w": ("worked", "it worked, go on"), "f": ("failed", "it did not")}
    if (step["outcome"] or {}).get("expectation"):
        return {"c": ("continue", "go on all the same"), "f": ("stop", "stop: this step has failed")}
    other = {"n": ("no", "not needed"), "i": ("not possible", "it can not be done now")}
    if step["alternatives"]:
        numbered = enumerate(step["alternatives"], start=1)
        return {str(number): (str(number), one["command"].splitlines()[0]) for number, one in numbered} | other
    return {"y": ("yes", "yes, do it")} | other


def _tick(desk: Any, view: View) -> bool:
    run, step = step_wanted(view)
    draw_step(step, run)
    place = {"run": run["run"], "step": step["position"]}
    choices = {"y": "it is done", **_offered(step), "s": "skip it, with a reason", PUT_OFF: _LATER}
    said = choose(
        "Done?", choices, "This step is yours: Fireline can not do it. What you note stands in the post-mortem."
    )
    if said == "y":
        ask(desk, "run.tick", **place, note=ask_line("What came of it? (may stay empty)"))
    _skip_or_offer(desk, said, step, place)
    return said != PUT_OFF


def _failed(desk: Any, view: View) -> bool:
    run, step = step_wanted(view)
    draw_step(step, run)
    place = {"run": run["run"], "step": step["position"]}
    choices = {
        "a": "try it again, with a new approval if it needs one",
        **_offered(step),
        "c": "run another command instead; recorded as a deviation",
        "s": "skip it, with a reason",
        "x": "stop the whole run",
        PUT_OFF: _LATER,
    }
    said = choose(
        "It did not work. What now?", choices, "Nothing is undone by itself; `fireline run changes` lists what can be."
    )
    if said == "a":
        ask(desk, "run.retry", **place)
    if said == "c":
        ask(desk, "run.replace", **place, command=ask_required("Command:"), reason=ask_required("Why?"))
    if said == "x":
        ask(desk, "run.cancel", run=run["run"], reason=ask_required("Why?"))
    _skip_or_offer(desk, said, step, place)
    return said != PUT_OFF


def _unknown(desk: Any, view: View) -> bool:
    run, step = step_wanted(view)
    draw_step(step, run)
    choices = {"y": "it happened", "n": "it did not happen", "a": "do it once more", PUT_OFF: _LATER}
    about = "The process ended while this step ran, so Fireline does not know. Look at the target before you answer."
    said = choose("Did it happen?", choices, about)
    place = {"run": run["run"], "step": step["position"]}
    if said == "a":
        ask(desk, "run.retry", **place)
    elif said != PUT_OFF:
        word = "worked" if said == "y" else "failed"
        ask(desk, "run.decide", **place, choice=word, reason=ask_line("How do you know? (may stay empty)"))
    return said != PUT_OFF


def _choose(desk: Any, view: View) -> bool:
    listed = view["matches"] or ask(desk, "runbook.procedures")
    names = {str(n): (one.get("procedure") or one["id"], one["title"]) for n, one in enumerate(listed, start=1)}
    choices = {number: title for number, (_, title) in names.items()}
    if remedy_of(view):
        choices["r"] = f"run the cause's remedy: {remedy_of(view)}"
    choices |= {"d": "none: it is over, resolve it", PUT_OFF: _LATER}
    said = choose(
        "Which procedure?", clean(choices), "It goes by itself as far as the first step that changes something."
    )
    if said == "r":
        return call_remedy(desk, view)
    if said == "d":
        return resolve(desk, view)
    if said != PUT_OFF:
        ask(desk, "incident.choose", incident=view["id"], procedure=names[said][0])
    return said != PUT_OFF


def resolve(desk: Any, view: View) -> bool:
    """Ask how it ended and resolve; while the cause is still seen, a reason is asked for too."""
    choices = {"y": "yes", PUT_OFF: _LATER}
    remedy = remedy_of(view)
    if remedy:
        choices["r"] = f"run the cause's remedy first: {remedy}"
    said = choose(
        f"Is {view['id']} over: are users well again?",
        choices,
        "Everybody who was woken is told. It can be opened again.",
    )
    if said == "r":
        return call_remedy(desk, view)
    if said != "y":
        return False
    verdict = view["verdict"]
    red = verdict is not None and verdict["probe_state"] == "red"
    how = ask_line("What ended it?")
    why = ask_required("The cause is still seen. Why may it stay?") if red else ""
    tell(clean(ask(desk, "incident.resolve", incident=view["id"], resolution=how, reason=why)["text"]))
    return True


def _close(desk: Any, view: View) -> bool:
    about = "Ends the review. The record stays; it can be opened again."
    if choose(f"Close {view['id']}?", {"y": "yes", PUT_OFF: "not now"}, about) != "y":
        return False
    tell(clean(ask(desk, "incident.close", incident=view["id"])["text"]))
    return True


_QUESTIONS: dict[str, Callable[[Any, View], bool]] = {
    "acknowledge": _acknowledge,
    "approve": _approve,
    "answer": _answer,
    "decide": _decide,
    "tick": _tick,
    "failed": _failed,
    "unknown": _unknown,
    "choose": _choose,
    "resolve": resolve,
    "close": _close,
}
