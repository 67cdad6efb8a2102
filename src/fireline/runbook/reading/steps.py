"""Drafts become steps: keys, kinds, levels, what undoes and verifies them, what they ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from fireline.runbook.document import Action, Parameter, Procedure, Step, StepKind
from fireline.runbook.page.outline import slug
from fireline.runbook.reading import fence
from fireline.runbook.reading.draft import Draft, decision_in, says_nothing
from fireline.runbook.reading.fence import Fence
from fireline.runbook.reading.sections import MOST_SYMPTOMS, Found

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_LEVEL = re.compile("read|reversible|destructive")
_APPROVE = re.compile(r"\d{1,2}(?::[\w-]+)?")


@dataclass
class Maker:
    """Makes the steps of one procedure; notes gather what could not be understood."""

    heading: str
    declared: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)  # how often each wanted key was taken
    waiting: list[tuple[Fence, int]] = field(default_factory=list)  # undo, verify, before; and the step they stand in

    def add(self, draft: Draft, number: int) -> None:
        """The step of a draft; several when it has several commands."""
        title = draft.title or f"Step {number}"
        self.notes += draft.notes
        fences = [
            (at, read, words) for at, (read, words) in enumerate(draft.fences) if not self._by_hand(draft, at, read)
        ]
        mains = [one for one in fences if one[1].role == "do"]
        whole = self._whole(draft, title, mains[0][1].action if mains else None, mains[0][0] if mains else 0)
        first = len(self.steps)
        self.steps.append(whole)
        for at, read, words in mains[1:]:
            shown = words or read.action.title
            part = replace(
                self._whole(draft, title, read.action, at),
                title=f"{title}: {shown}" if shown and shown != title else title,
                line=read.action.line,
                text="",
                checklist=(),
                expect=(),
                reference=None,
                part_of=whole.key,
            )
            self.steps.append(part)
        if len(mains) > 1:  # what is expected after several commands is expected of the last
            self.steps[first] = replace(whole, expect=())
            self.steps[-1] = replace(self.steps[-1], expect=whole.expect)
        last = len(self.steps) - 1
        self.waiting += [(read, last) for _, read, _ in fences if read.role != "do"]

    def finish(self) -> tuple[Step, ...]:
        """Give undo, verify and before to the steps they name, and gather what each step asks for."""
        for read, place in self.waiting:
            at = self._named(read.subject, place)
            if read.subject and at is None:
                self.notes.append(f"line {read.action.line - 1}: {read.role}={read.subject} names no step")
            at = place if at is None else at
            self.steps[at] = replace(self.steps[at], **{read.role: read.action})  # type: ignore[arg-type]
        return tuple(self._asking(step) for step in self.steps)

    def _named(self, subject: str | None, place: int) -> int | None:
        if subject is None:
            return place
        return next((number for number, step in enumerate(self.steps) if step.key == subject), None)

    def _whole(self, draft: Draft, title: str, action: Action | None, place: int = 0) -> Step:
        """The step of a draft with one of its commands, or none; `place` is that of its fence in the draft."""
        attributes = action.attributes if action else {}
        alternatives = fence.alternatives(action) if action else ()
        decision = decision_in(draft.lead)
        if alternatives and decision is None:
            decision = f"Or {alternatives[1].title[:1].lower()}{alternatives[1].title[1:]}".strip()
        link = draft.links[0][1] if draft.links else None
        return Step(
            key=self._key(attributes.get("name"), title),
            title=title,
            kind=_kind(draft, action, decision),
            line=draft.line,
            text="\n\n".join(draft.texts),
            action=None if alternatives else action,
            alternatives=alternatives,
            undo_text="none" if attributes.get("undo") == "none" else draft.undo_of(place),
            checklist=tuple(draft.checklist),
            decision=decision,
            condition=attributes.get("if"),
            reference=link,
            expect=tuple(draft.expect),
            level=self._shaped(action, "level", _LEVEL),  # type: ignore[arg-type]
            target=attributes.get("target"),
            timeout=self._shaped(action, "timeout", _DURATION),
            retry=int(self._shaped(action, "retry", re.compile(r"\d{1,3}")) or 0),
            approve=self._shaped(action, "approve", _APPROVE),
            expires=self._shaped(action, "expires", _DURATION),
            words=tuple(re.findall(r"\w+", title.casefold())),
        )

    def _key(self, name: str | None, title: str) -> str:
        wanted = key = name or f"{slug(self.heading)}/{slug(title)}"
        while key in self.keys:
            self.seen[wanted] = self.seen.get(wanted, 1) + 1
            key = f"{wanted}-{self.seen[wanted]}"
        if name and key != name:
            self.notes.append(f"two steps are named {name}; the second is {key}")
        self.keys.add(key)
        return key

    def _shaped(self, action: Action | None, name: str, shape: re.Pattern[str]) -> str | None:
        """An attribute's value when it looks as it should; otherwise a note says that it was left out."""
        value = action.attributes.get(name) if action else None
        if action is None or value is None or shape.fullmatch(value):
            return value
        self.notes.append(f"line {action.line - 1}: {name}={value[:40]} is not understood")
        return None

    def _by_hand(self, draft: Draft, place: int, read: Fence) -> bool:
        """Whether no machine can carry the command out; it then is part of the step's text."""
        _, unbound = fence.parameters(read.action, {})
        why = f"nothing can be filled in for {unbound[0]} in the middle of a text" if unbound else None
        if says_nothing(read.action):
            why = "it holds only comments"
        elif why is None and read.action.language == "sql":
            from fireline.runbook import sqltext

            script = sqltext.read(read.action.command)
            self.notes += [f"line {read.action.line}: {note}" for note in script.notes]
            why = script.by_hand or (None if script.statements else "it holds only commands of psql")
        if why:
            self.notes.append(f"line {read.action.line}: to be run by hand: {why}")
            draft.texts.append(f"```{read.action.language}\n{read.action.command}\n```")
            if read.role == "undo":
                draft.undos = draft.undos or [(place + 1, "by hand, as the text says")]
        return why is not None

    def _asking(self, step: Step) -> Step:
        """The step with the parameters of all its commands."""
        actions = (step.before, step.action, *step.alternatives, step.verify, step.undo)
        found: dict[str, Parameter] = {}
        for action in actions:
            if action is not None:
                for one in fence.parameters(action, self.declared)[0]:
                    found.setdefault(one.name, one)
        return replace(step, parameters=tuple(found.values()))


def _kind(draft: Draft, action: Action | None, decision: str | None) -> StepKind:
    if decision:
        return "decision"
    if action is None:
        return "checklist" if draft.checklist else "manual"
    if action.language == "bash" and "fireline" in action.command:
        from fireline.runbook import shell

        if shell.fireline_lines(shell.script(action.command).command) is not None:
            return "remedy"
    return "bash" if action.language == "bash" else "sql"


def procedure(found: Found, declared: dict[str, Any]) -> tuple[Procedure, list[str]]:
    """The procedure of a section, and notes on what in it was not understood."""
    sketch = found.sketch
    maker = Maker(sketch.title, declared, notes=list(sketch.notes))
    for number, draft in enumerate(sketch.drafts, start=1):
        maker.add(draft, number)
    stop_when = [*sketch.stop_when, *(words for draft in sketch.drafts for words in draft.stop_when)]
    made = Procedure(
        id="/".join(slug(title) for title in found.path) or slug(sketch.title),
        title=sketch.title,
        kind=found.kind,
        line=sketch.line,
        group=found.path[-2] if len(found.path) > 1 else "",
        symptoms=tuple(sketch.symptoms[:MOST_SYMPTOMS]),
        steps=maker.finish(),
        text="\n\n".join(sketch.texts),
        stop_when=tuple(stop_when),
        reference=next((href for _, href in sketch.links), None),
    )
    return made, maker.notes
