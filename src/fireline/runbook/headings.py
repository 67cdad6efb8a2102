"""What the words of a heading or a label announce, in a few languages: symptoms, steps, severities, contacts, a process."""

from __future__ import annotations

import re
from typing import Literal

SectionKind = Literal["severity", "contacts", "communication", "process", "aside", "symptoms", "steps", "text", ""]
LabelKind = Literal["symptoms", "steps", "text", "sources", ""]
NoteKind = Literal["expect", "if", "undo", "verify", "stop_when"]

_NUMBER = re.compile(r"^\s*(?:\d+(?:\.\d+)+[.):]?|\d+[.):]|[ivx]+[.)])\s+", re.IGNORECASE)
_STEP = re.compile(r"^\s*(?:step|schritt|étape|etape|paso|passo|stap)\s+\d+\b\s*[.:)–—-]*\s*", re.IGNORECASE)
_TRAIL = re.compile(r"[\s:.!–—-]+$")

_SEVERITY = re.compile(
    r"(?:incident |issue )?(?:severit(?:y|ies)|priorit(?:y|ies)|schweregrade?|prioritäten|(?:niveaux de )?gravité|severidad(?:es)?)"
    r"(?: (?:levels?|definitions?|classifications?|matrix|scale|table|criteria|guide(?:lines)?|and response times?))*"
    r"|.*\b(?:severity|priority) (?:levels?|definitions?|classification|matrix|scale|table)\b.*"
    r"|(?:incident|priority) (?:levels?|classification|priorities)|sev levels?"
)
_CONTACTS = re.compile(
    r".*\b(?:contacts|contact (?:list|info|information|details|directory)|escalation (?:path|matrix|policy|contacts?)|who to (?:call|contact))\b.*"
    r"|contact|escalation|on-?call(?: (?:rotation|schedule|team|engineers?))?|kontakte?|notfallkontakte?|ansprechpartner|contactos?(?: de emergencia)?"
)
_COMMUNICATION = re.compile(
    r"(?:internal |external |incident |crisis )?(?:communications?|kommunikation|comunicación)"
    r"(?: (?:plan|channels?|protocol|templates?|guidelines?|matrix))?|(?:notification|communication) channels?"
)
_PROCESS = re.compile(
    r"(?:the |our |general )?(?:(?:incident|emergency|response|management|escalation|review|on-?call|triage|handling|communication)\s+)*"
    r"(?:process(?:es)?|workflow|lifecycle|life cycle|phases|prozess|ablauf|processus)(?: overview)?"
    r"|post-?\s?incident.*|post-?\s?mortems?.*|retrospective.*|lessons learned|follow-?ups?|after[- ]action.*|nachbereitung|incident review"
    r"|incident response(?: (?:steps|phases|overview|checklist|flow))?"
)
_ASIDE = re.compile(
    r"(?:table of )?contents|toc|inhalt(?:sverzeichnis)?|overview|introduction|purpose|scope|audience|about.*|background|glossary|definitions"
    r"|(?:additional |further |related |external )?(?:resources|references|links|documents?|documentation|reading)|see also|appendix.*|changelog|change history"
    r"|(?:revision|version|document) (?:history|control)|license|contributing|prerequisites?|requirements|before you (?:begin|start)|architecture"
    r"|(?:review|test|maintenance) schedule|training|metrics|monitoring dashboards?|dashboards?"
)
_SYMPTOMS = re.compile(
    r"(?:common |typical |key |observed )?(?:symptoms?|signs?|indicators?|alerts?|alert names?|triggers?|trigger conditions?|symptome?|anzeichen|symptômes?"
    r"|síntomas?|sintomi|sintomas)|detections?|when to use(?: this)?(?: runbook)?|how to (?:detect|recognis?ze)|(?:what )?(?:you|users) (?:may |might |will )?(?:see|notice|report)"
)
_STEPS = re.compile(
    r"steps?|procedures?|(?:step-by-step|quick|detailed|first|initial|immediate|emergency|recovery|rollback|resolution|mitigation|remediation|response|diagnostic"
    r"|troubleshooting|investigation|verification)\s+(?:steps?|procedures?|actions?|fix(?:es)?|rollback|response|checks?|diagnosis|investigation|mitigation|resolution)"
    r"|actions?|diagnos(?:is|e|tics)|investigat(?:ion|e)|resol(?:ution|ve)|solutions?|mitigat(?:ion|e)|remediat(?:ion|e)|fix(?:es)?|verif(?:ication|y)|validation"
    r"|recovery|response|triage|instructions|how to (?:fix|resolve|respond)|what to do|commands?|schritte|vorgehen|maßnahmen|sofortmaßnahmen|lösung|étapes|pasos|solución"
)
_TEXT = re.compile(
    r"(?:possible |common |likely |root )?causes?|impact|notes?|summary|description|context|prevention|why|background|severity|owner|references?|links|see also|examples?"
    r"|expected (?:output|results?)|escalat(?:e|ion).*|ursachen?|auswirkungen|hinweise?|warnings?|caution"
)
_SOURCES = re.compile(
    r"(?:detection |alert |monitoring )?(?:sources|quellen)|how (?:we|incidents are) (?:find out|detected)|reported by"
)
_NOTES: dict[str, NoteKind] = {
    "expect": "expect",
    "expected": "expect",
    "erwartet": "expect",
    "attendu": "expect",
    "if": "if",
    "falls": "if",
    "undo": "undo",
    "rückgängig": "undo",
    "annuler": "undo",
    "verify": "verify",
    "prüfen": "verify",
    "stop when": "stop_when",
    "stop if": "stop_when",
    "abbruch": "stop_when",
}


def plain_title(title: str) -> str:
    """A title without its number: `1. Detection` is Detection, `Step 2: Restart` is Restart."""
    bare = _TRAIL.sub("", _STEP.sub("", _NUMBER.sub("", title))).strip()
    return bare or title.strip()


def is_step(title: str) -> bool:
    """Whether a heading is a step of what stands above it: Step 2 – Restart."""
    return bool(_STEP.match(title))


def section_kind(title: str) -> SectionKind:
    """What a heading announces; empty when it names something of its own."""
    words = _folded(title)
    kinds: tuple[tuple[SectionKind, re.Pattern[str]], ...] = (
        ("severity", _SEVERITY),
        ("contacts", _CONTACTS),
        ("communication", _COMMUNICATION),
        ("process", _PROCESS),
        ("aside", _ASIDE),
        ("symptoms", _SYMPTOMS),
        ("steps", _STEPS),
        ("text", _TEXT),
    )
    return next((kind for kind, pattern in kinds if pattern.fullmatch(words)), "")


def label_kind(label: str) -> LabelKind:
    """What a label such as **Symptoms:** announces; empty when it is none of them."""
    words = _folded(label)
    kinds: tuple[tuple[LabelKind, re.Pattern[str]], ...] = (
        ("symptoms", _SYMPTOMS),
        ("sources", _SOURCES),
        ("text", _TEXT),
        ("steps", _STEPS),
    )
    return next((kind for kind, pattern in kinds if pattern.fullmatch(words)), "")


def note_kind(label: str) -> NoteKind | None:
    """Which annotation a bold label is: **Expect:**, **If:**, **Undo:**, **Verify:**, **Stop when:**."""
    return _NOTES.get(_folded(label))


def _folded(title: str) -> str:
    return " ".join(plain_title(title)[:120].casefold().split())


def plain_task(words: str) -> str:
    """The words of an item without the box to tick: `[ ] Tell the team` is Tell the team."""
    return re.sub(r"^\s*\[[ xX]\]\s+", "", words)


def is_task(words: str) -> bool:
    """Whether an item begins with a box to tick."""
    return bool(re.match(r"\s*\[[ xX]\]\s+\S", words))
