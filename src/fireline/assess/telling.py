"""Sessions, locks and times in words that a tired person understands. Pure."""

from __future__ import annotations

from datetime import datetime

from fireline.assess.snapshot import Session
from fireline.assess.tangle import Root, Tangle, Waiter
from fireline.assess.verdict import Branch

MOST_LINES = 12  # of a tree; how many more wait is said
_TEXT = 100
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def span(seconds: float) -> str:
    """A length of time: 0.4 s, 42 s, 6 min 20 s, 2 h 5 min, 3 d 4 h."""
    if seconds < 10:  # noqa: PLR2004 - below it tenths matter
        return f"{max(seconds, 0):.1f} s"
    whole = int(seconds)
    for size, unit, smaller, name in ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min"), (_MINUTE, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {name}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def age(at: datetime, since: datetime | None) -> float:
    """Seconds since a moment; 0 when it is not known."""
    return max((at - since).total_seconds(), 0.0) if since else 0.0


def who(session: Session) -> str:
    """Whose session it is: its application, else its user, and from where."""
    name = session.application or session.user or session.kind or "unknown"
    return f"{name}@{session.client or 'local'}"


def command(session: Session) -> str:
    """The first words of a statement: ALTER TABLE, CREATE INDEX, SELECT."""
    words = session.query.split(None, 3)
    if not words:
        return "a statement"
    two = {"alter", "create", "drop", "refresh", "lock", "vacuum", "reindex", "truncate"}
    return " ".join(words[: 2 if words[0].casefold() in two and len(words) > 1 else 1]).upper().rstrip(";")


def shortened(text: str) -> str:
    """A statement in one line."""
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"


def listed(names: list[str], most: int = 3) -> str:
    """Names in a sentence."""
    shown = list(dict.fromkeys(names))
    rest = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + rest


def tables(root: Root) -> list[str]:
    """The team's own tables that a root has locked, the ones others wait for first."""
    wanted = [w.lock.relation for w in root.direct if w.lock and w.lock.relation]
    held = [lock.relation for lock in root.held if lock.kind == "relation" and lock.own and lock.relation]
    return list(dict.fromkeys([*wanted, *held]))


def touched(root: Root) -> str:
    """What its transaction has done, as far as its locks tell: read orders, wrote orders."""
    names = tables(root)
    if not names:
        return "wrote something" if root.session and root.session.xid else "read something"
    writes = [lock.relation for lock in root.held if lock.mode not in ("AccessShareLock", "RowShareLock") and lock.own]
    written = [name for name in names if name in writes]
    return f"wrote {listed(written)}" if written else f"read {listed(names)}"


def longest_wait(tangle: Tangle) -> float:
    """How long the one has waited who waits longest."""
    return max((waited(tangle.at, waiter) for waiter in tangle.waiters), default=0.0)


def waited(at: datetime, waiter: Waiter) -> float:
    """How long a session has waited: for this lock where the server tells, else since its statement began."""
    since = waiter.lock.since if waiter.lock and waiter.lock.since else None
    started = waiter.session.query_start
    return max(age(at, since), age(at, started) if waiter.rows or since is None else 0.0)


def tree(tangle: Tangle) -> tuple[Branch, ...]:
    """Who waits for whom, the roots first; of many waiters the first, and how many more there are."""
    lines: list[Branch] = []
    for root in tangle.roots:
        lines.append(Branch(max(root.node, 0), 0, _root_line(tangle, root), root=True))
    children: dict[int, list[Waiter]] = {}
    for waiter in tangle.waiters:
        children.setdefault(waiter.parent, []).append(waiter)
    left = MOST_LINES
    stack = [waiter for root in reversed(tangle.roots) for waiter in reversed(children.get(root.node, []))]
    while stack and left:
        waiter = stack.pop()
        lines.append(Branch(waiter.session.pid, waiter.depth, _waiter_line(tangle, waiter)))
        stack += reversed(children.get(waiter.session.pid, []))
        left -= 1
    more = len(tangle.waiters) - (MOST_LINES - left)
    if more:
        deepest = lines[-1]
        lines.append(Branch(0, deepest.depth, f"… and {more} more wait" if more > 1 else "… and 1 more waits"))
    return tuple(lines)


def _root_line(tangle: Tangle, root: Root) -> str:
    if root.session is None:
        prepared = root.prepared
        if prepared is None:
            return "a session that came just now" if root.node > 0 else "a prepared transaction"
        return f"prepared transaction '{prepared.gid}'   {span(age(tangle.at, prepared.at))}   {prepared.owner}   no session holds it"
    session = root.session
    since = session.xact_start if root.idle_in_transaction else session.state_change or session.query_start
    state = f"{root.state or 'hidden from our role'} {span(age(tangle.at, since))}"
    what = f"{touched(root)}, never committed" if root.idle_in_transaction else shortened(session.query)
    return f"{state}   {who(session)}   {what}"


def _waiter_line(tangle: Tangle, waiter: Waiter) -> str:
    return f"waits {span(waited(tangle.at, waiter))}   {who(waiter.session)}   {shortened(waiter.session.query)}"
