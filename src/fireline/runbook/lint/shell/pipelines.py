"""The pipelines of a command: their members in order, each as the program that really runs, in a container or behind ssh too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.shell.carried import carried


@dataclass(frozen=True)
class Pipeline:
    """Members from the first to the last; a group or a loop among them is left out. strict: whether pipefail is on there."""

    members: tuple[Call, ...]  # as they stand
    programs: tuple[Call, ...]  # as what runs in the end
    strict: bool
    carried: bool = False  # within a text for another shell


def pipelines(found: tuple[Call, ...]) -> Iterator[Pipeline]:
    """Every pipeline of the calls of a fence, and those within the texts that it gives to other shells."""
    yield from _of(found, inside=False)
    for call in found:
        inner = [one.call for one in carried(call) if one.call.pipe >= 0 and one.call.pipeline != call.pipeline]
        text = next((word.text for word in call.words if "|" in word.text and word.quoted), None)
        if inner and text is not None:
            strict = _pipefail(calls(text)) or any(word.text == "pipefail" for word in call.words)
            yield from (
                Pipeline(one.members, one.programs, strict, carried=True) for one in _of(tuple(inner), inside=True)
            )


def _of(found: tuple[Call, ...], *, inside: bool) -> Iterator[Pipeline]:
    for number in dict.fromkeys(call.pipe for call in found if call.pipe >= 0):
        members = [call for call in found if call.pipe == number]
        before = tuple(call for call in found if (call.line, call.column) < (members[0].line, members[0].column))
        yield Pipeline(tuple(members), tuple(ends(one) for one in members), _pipefail(before), inside)


def ends(call: Call) -> Call:
    """What runs in the end when a call carries exactly one other: psql of `docker exec db psql`."""
    inner = [one.call for one in carried(call)]
    chain = all(one.pipe in (call.pipe, -1) for one in inner)
    return inner[-1] if inner and chain and call.name != "xargs" else call


def _pipefail(found: tuple[Call, ...]) -> bool:
    return any(
        call.name == "set" and any(word.text == "pipefail" for word in call.words) and not call.has("+o")
        for call in found
    )
