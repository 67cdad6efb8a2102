"""Who and what a runbook names beside its procedures: severities, contacts, channels, where incidents come from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.document import Channel, Contact, Severity
from fireline.runbook.language.placeholders import in_prose, unfilled
from fireline.runbook.page.outline import Block, Item, Section
from fireline.runbook.page.prose import Prose
from fireline.runbook.reading import headings

_ID = re.compile(r"\b(P|SEV|S|Sev|Priority|Severity|Level|Prio|L)[\s-]?(\d)\b", re.IGNORECASE)
_RESPONSE = re.compile(
    r"(?<!\w)(?:"
    r"(?:(?:initial |target |maximum |max\.? |first |expected )?(?:respon(?:se|d)|reaction|reply|acknowledge(?:ment)?|ack)"
    r"(?:[ -](?:times?|sla|slo|within|in|by|target|deadline|goal))*(?: \(sla\))?"
    r"|(?:response |ack |first )?sla|time to (?:respond|response|acknowledge|ack|react|first response|engage|page)|mtta|tta|page within|react within"
    r"|(?:max\. |maximale )?(?:reaktionszeit|reaktion|antwortzeit|erstreaktion)|temps de (?:réponse|réaction|prise en charge)|délai(?: de (?:réponse|réaction|prise en charge))?"
    r"|tiempo (?:máximo )?de (?:respuesta|reacción|atención)|tempo (?:di|de|massimo di) (?:risposta|reazione|resposta|reação|atendimento)"
    r"|czas (?:reakcji|odpowiedzi)|reactietijd|応答時間|対応時間|初動時間|対応目標|响应时间)"
    r")(?!\w)",
    re.IGNORECASE,
)
_NO_RESPONSE = re.compile(
    r"\b(?:resol\w*|fix|actions?|steps?|team|plan|status|updates?|channel|who|owner|lead)\b", re.IGNORECASE
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_SLACK = re.compile(r"(?<![\w&/])#[A-Za-z0-9][\w.-]{0,78}")
_URL = re.compile(r"https?://[^\s)>\]]+")
_PHONE = re.compile(r"\+?\d[\d ()./-]{5,20}\d")
_PERSON = re.compile(
    r"\b(?:names?|contacts?|phone|e-?mail|who|person|handle|number|pager|slack|telefon\w*|wer|ansprechpartner|erreichbar\w*|quién|quien|persona|teléfono"
    r"|contactos?|téléphone|personne|recapito|telefono|osoba|kontakt)\b|連絡先|担当|氏名|电话|联系",
    re.IGNORECASE,
)
_NO_CRITERION = re.compile(
    r"\b(?:escalat\w*|owner|notif\w*|who|updates?|resolution|target|channel|communication|action)\b", re.IGNORECASE
)
_CRITERIA = re.compile(r"(?:criteria|definition|description|impact|examples?|when)", re.IGNORECASE)
_ACTIONS = re.compile(r"\b(?:actions?|required|escalat\w*|notif\w*|resolution|steps?)\b", re.IGNORECASE)
_EXTERNAL = re.compile(r"\b(?:external|customers?|public|users?|extern\w*)\b", re.IGNORECASE)


def severities(root: Section) -> tuple[Severity, ...]:
    """The severities, in the runbook's order, from headings, a table or a list; the first section that has any.

    Without a section of that name, a table that says how soon somebody responds to which severity.
    """
    everywhere = list(root.walk())
    named = [one for one in everywhere if one.level and headings.section_kind(one.title) == "severity"]
    found = next((told for one in named if (told := [*_of_headings(one), *_of_tables(one), *_of_lists(one)])), None)
    found = found or next((told for one in everywhere if (told := list(_of_tables(one, by_itself=True)))), [])
    unique = {one.id: one for one in reversed(found)}
    ranked = sorted(unique.values(), key=found.index)
    return tuple(
        Severity(one.id, one.name, rank, one.criteria, one.response, one.line) for rank, one in enumerate(ranked)
    )


def _of_headings(section: Section) -> Iterator[Severity]:
    for child in section.children:
        criteria: list[str] = []
        response: str | None = None
        counts = True  # whether what follows is a criterion: not below **Actions required:**
        for prose in _lines(child.blocks):
            label, value = _pair(prose)
            if label and _RESPONSE.fullmatch(label):
                response = value or None
            elif prose.plain.endswith(":"):
                counts = not _ACTIONS.search(prose.plain)
            elif counts:
                criteria.append(value if label and value and _CRITERIA.fullmatch(label) else prose.plain)
        for row in (row for block in child.blocks for row in block.rows[1:]):
            label, value = (row[0].plain, row[1].plain) if len(row) > 1 else ("", "")
            if _RESPONSE.fullmatch(label):
                response = value or None
            elif label and not _NO_CRITERION.search(label):
                criteria.append(value)
        yield _severity(child.title, tuple(criteria), response, child.line)


def _speaks_of_severities(names: list[str]) -> bool:
    """Whether the heading of a table says by itself that its rows are severities, and how soon somebody responds."""
    first = headings.plain_title(names[0]) if names else ""
    return headings.section_kind(first) == "severity" and _answer(names) is not None


def _of_tables(section: Section, *, by_itself: bool = False) -> Iterator[Severity]:
    for block in section.blocks:
        if block.kind != "table" or len(block.rows) < 2:  # noqa: PLR2004 - a heading and a row
            continue
        names = [cell.plain for cell in block.rows[0]]
        if by_itself and not _speaks_of_severities(names):
            continue
        answer = _answer(names)
        for number, row in enumerate(block.rows[1:], start=2):
            cells = [cell.plain for cell in row]
            if not cells or not cells[0]:
                continue
            title = cells[0]
            criteria = [
                n for n in range(1, min(len(cells), len(names))) if n != answer and not _NO_CRITERION.search(names[n])
            ]
            second = names[1] if len(names) > 1 else ""
            if 1 in criteria and (_names_it(second) or (_ID.search(cells[1]) and not _ID.search(title))):
                title = f"{title} {cells[1]}"
                criteria.remove(1)
            texts = tuple(cells[n] for n in criteria if cells[n])
            response = cells[answer] if answer is not None and answer < len(cells) else None
            yield _severity(title, texts, response or None, block.line + number)


def _answer(names: list[str]) -> int | None:
    """The column of a table that says how soon somebody must respond."""
    whole = (n for n, name in enumerate(names) if _RESPONSE.fullmatch(name.strip(" :*")))
    part = (n for n, name in enumerate(names) if _RESPONSE.search(name) and not _NO_RESPONSE.search(name))
    return next(whole, next(part, None))


def _names_it(heading: str) -> bool:
    """Whether a table's second column holds the severity's name rather than what it means."""
    return heading.casefold() in ("name", "level", "label", "title", "severity")


def _of_lists(section: Section) -> Iterator[Severity]:
    for block in section.blocks:
        if block.kind != "list":
            continue
        for item in block.items:
            if item.prose and _ID.search(item.prose.plain[:40]):
                yield _of_item(item, item.prose)


def _of_item(item: Item, prose: Prose) -> Severity:
    title, text = _pair(prose)
    if not title:
        title, _, text = prose.plain.partition(" – ") if " – " in prose.plain else prose.plain.partition(" - ")
    criteria = [text] if text else []
    response: str | None = None
    for one in _lines(item.blocks[1:]):
        label, value = _pair(one)
        if label and _RESPONSE.fullmatch(label):
            response = value or None
        else:
            criteria.append(one.plain)
    return _severity(title, tuple(criteria), response, item.line)


def _severity(title: str, criteria: tuple[str, ...], response: str | None, line: int) -> Severity:
    """Critical (P0), P0 – Critical, SEV-1: its id and its name."""
    plain = headings.plain_title(title)
    found = _ID.search(plain)
    if found is None:
        return Severity(plain, plain, 0, criteria, response, line)
    short = len(found[1]) <= 3  # noqa: PLR2004 - P, S, SEV: as written; Priority 1 is P1
    id_ = re.sub(r"\s+", "", found[0]).upper() if short else f"P{found[2]}"
    name = re.sub(r"[()\[\]]", " ", plain[: found.start()] + " " + plain[found.end() :])
    name = " ".join(name.split()).strip(" :–—/-")
    return Severity(id_, name or id_, 0, criteria, response, line)


def contacts(root: Section) -> tuple[Contact, ...]:
    """Everybody in the sections on contacts; `address` is None where nobody filled it in."""
    found: list[Contact] = []
    for section in root.walk():
        if not section.level or headings.section_kind(section.title) != "contacts":
            continue
        for part in section.walk():
            for line, role, value in _rows(part.blocks):
                open_ = in_prose(value)
                if role:
                    empty = unfilled(value)
                    found.append(
                        Contact(
                            role,
                            None if empty else value,
                            open_[0] if open_ else (value or None) if empty else None,
                            line,
                        )
                    )
    return tuple(found)


def _rows(blocks: list[Block]) -> Iterator[tuple[int, str, str]]:
    """Line, role and address of each contact in lists and tables."""
    for block in blocks:
        if block.kind == "list":
            for item in block.items:
                if item.prose:
                    role, value = _pair(item.prose)
                    if role:
                        yield item.line, role, value
        elif block.kind == "table" and block.rows and any(_PERSON.search(cell.plain) for cell in block.rows[0]):
            for number, row in enumerate(block.rows[1:], start=2):
                cells = [cell.plain for cell in row]
                if cells and cells[0]:
                    filled = [cell for cell in cells[1:] if not unfilled(cell)]
                    yield block.line + number, cells[0], ", ".join(filled) or next(iter(cells[1:]), "")


def channels(root: Section) -> tuple[Channel, ...]:
    """The ways of telling people, from the sections on communication."""
    found: list[Channel] = []
    for section in root.walk():
        if not section.level or headings.section_kind(section.title) != "communication":
            continue
        for child in section.children:
            found += _channels_of(child)
        found += _channels_of(section, own_only=True)
    return tuple({(one.line, one.name): one for one in found}.values())


def _channels_of(section: Section, *, own_only: bool = False) -> list[Channel]:
    outside = bool(_EXTERNAL.search(section.title))
    found: list[Channel] = []
    for part in [section] if own_only else section.walk():
        for block in part.blocks:
            for item in block.items:
                if item.prose:
                    name, text = _pair(item.prose)
                    if name:
                        found.append(_channel(name, text, item.line, outside=outside))
    return found


def _channel(name: str, text: str, line: int, *, outside: bool) -> Channel:
    words = name.casefold()
    slack, email, url = _SLACK.search(text), _EMAIL.search(text), _URL.search(text)
    audience = "external" if outside else "internal"
    if re.search(r"\b(?:user|customer)s?\b|nutzer|kunden", words):
        return Channel("users", name, email[0] if email else None, "external", text, line)
    if "slack" in words or (slack and "mail" not in words):
        return Channel("slack", name, slack[0] if slack else None, audience, text, line)  # type: ignore[arg-type]
    if "status" in words:
        return Channel("status_page", name, url[0] if url else None, audience, text, line)  # type: ignore[arg-type]
    if "mail" in words or email:
        return Channel("email", name, email[0] if email else None, audience, text, line)  # type: ignore[arg-type]
    phone = _PHONE.search(text)
    address = url[0] if url else phone[0] if phone else None
    return Channel("other", name, address, audience, text, line)  # type: ignore[arg-type]


def postmortem(root: Section, known: tuple[Severity, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Within which time a post-mortem is held, and for which severities; None and () when the runbook does not say."""
    within: str | None = None
    ids = {one.id.upper().replace("-", ""): one.id for one in known}
    meant: list[str] = []
    for section in root.walk():
        titled = bool(re.search(r"post-?\s?mortem|retrospective", section.title, re.IGNORECASE))
        lines = list(_lines(section.blocks))
        about = [one.plain for one in lines if titled or re.search(r"post-?\s?mortem|retrospective", one.plain, re.I)]
        for text in ([section.title] if titled else []) + about:
            time = re.search(
                r"\bwithin (?:\d+|one|two|three|five) (?:business |working )?(?:hours?|days?|weeks?)\b", text, re.I
            )
            within = within or (time[0] if time else None)
            meant += [ids[found] for found in re.findall(r"\w+", text.upper().replace("-", "")) if found in ids]
    return within, tuple(sorted(set(meant), key=lambda one: next(s.rank for s in known if s.id == one)))


def _lines(blocks: list[Block]) -> Iterator[Prose]:
    """Every paragraph, those of lists included."""
    for block in blocks:
        if block.prose:
            yield block.prose
        for item in block.items:
            yield from _lines(item.blocks)


def _pair(prose: Prose) -> tuple[str, str]:
    """Label and value: **Slack**: #incidents channel; also without the bold."""
    words, lead = prose.plain, prose.lead
    if lead and (lead.endswith(":") or words[len(lead) :].lstrip()[:1] in (":", "-", "–", "—", "(")):
        return lead.strip(" :"), words[len(lead) :].strip().lstrip(":–—-").strip()
    if lead and lead == words:
        return lead, ""
    head, colon, rest = words.partition(":")
    return (head.strip(), rest.strip()) if colon and len(head) <= 60 and "//" not in head + rest[:2] else ("", "")  # noqa: PLR2004 - no label is longer
