"""What the words of a heading or a label announce, in a few languages: symptoms, steps, severities, contacts, a process."""

from __future__ import annotations

import re
from typing import Literal

SectionKind = Literal["severity", "contacts", "communication", "process", "aside", "symptoms", "steps", "text", ""]
LabelKind = Literal["symptoms", "steps", "text", "sources", ""]
NoteKind = Literal["expect", "if", "undo", "verify", "stop_when"]

_NUMBER = re.compile(r"^\s*(?:\d+(?:\.\d+)+[.):]?|\d+[.):]|[ivx]+[.)]|[A-Z][.)])\s+")
STEP_WORD = (
    r"(?:(?:step|phase|schritt|étape|etape|paso|passo|stap|krok|steg|etapa|шаг)\s+#?|(?:手順|ステップ|步骤|단계)\s*)"
)
_STEP = re.compile(rf"^\s*{STEP_WORD}\d+\b(?!\.\d)\s*[.:)–—-]*\s*", re.IGNORECASE)
_CHAPTER = re.compile(r"^\s*\d{1,2}\s+(?=[^\W\d])")  # 3 Actions
_SIGN = re.compile(r"^[^\w\[(\"'“#$/<`]+")  # an emoji
_TRAIL = re.compile(r"[\s:.!–—-]+$")
_ASIDE_WORDS = re.compile(r"\s*\([^()]*\)\s*$")  # Immediate actions (first 5 minutes)


def _words(pattern: str) -> re.Pattern[str]:
    """A pattern over several lines: a blank stands for one, a line break for nothing."""
    return re.compile("".join(line.strip() for line in pattern.strip().split("\n")))


_SEVERITY = _words(r"""
    (?:incident |issue )?
    (?:severit(?:y|ies)|priorit(?:y|ies)|schweregrade?|prioritäten|(?:niveaux de )?gravité|severidad(?:es)?)
    (?: (?:levels?|definitions?|classifications?|matrix|scale|table|criteria|guide(?:lines)?|and response times?))*
    |.*\b(?:severity|priority) (?:levels?|definitions?|classification|matrix|scale|table)\b.*
    |(?:incident|priority) (?:levels?|classification|priorities)|sev levels?
    |poziomy(?: \w+)?|livelli(?: di (?:gravità|priorità))?|níveis(?: de \w+)?|niveles(?: de \w+)?|重大度|障害レベル|严重级别
""")
_CONTACTS = _words(r"""
    .*\b(?:contacts|contact (?:list|info|information|details|directory)|who to (?:call|contact))\b.*
    |.*\bescalation (?:path|matrix|policy|contacts?)\b.*
    |contact|escalation|on-?call(?: (?:rotation|schedule|team|engineers?))?
    |kontakte?|notfallkontakte?|ansprechpartner|contactos?(?: de emergencia)?|kontakty|contatti|contatos|連絡先|連絡体制|联系人
""")
_COMMUNICATION = _words(r"""
    (?:internal |external |incident |crisis )?(?:communications?|kommunikation|comunicación)
    (?: (?:plan|channels?|protocol|templates?|guidelines?|matrix))?
    |(?:notification|communication) channels?
""")
_PROCESS = _words(r"""
    (?:the |our |general )?
    (?:(?:incident|emergency|response|management|escalation|review|on-?call|triage|handling|communication) )*
    (?:process(?:es)?|workflow|lifecycle|life cycle|phases|prozess|ablauf|processus)(?: overview)?
    |incident (?:response(?: (?:steps|phases|overview|flow))?|detection|triage|assessment|declaration|closure|review)
    |post-?\s?incident.*|post-?\s?mortems?.*|retrospective.*|lessons learned|follow-?ups?|after[- ]action.*
    |nachbereitung|(?:incident |incident response |response |on-?call |responder )?checklists?
""")
_ASIDE = _words(r"""
    (?:table of )?contents|toc|inhalt(?:sverzeichnis)?|overview|introduction|purpose|scope|audience|about.*
    |background|glossary|definitions|metadata|quick reference|(?:alert|service|document) information
    |(?:additional |further |related |external )?
    (?:resources|references|links|documents?|documentation|reading|runbooks)
    |see also|appendix.*|changelog|change history|(?:revision|version|document) (?:history|control)
    |license|contributing|pre-?requisites?|requirements|before you (?:begin|start)|architecture
    |(?:review|test|maintenance) schedule|training|metrics|(?:monitoring )?dashboards?|best practices
""")
_SYMPTOMS = _words(r"""
    (?:common |typical |key |observed )?
    (?:symptoms?|signs?|signals?|indicators?|alerts?|alert names?|triggers?|trigger conditions?)
    |symptome?|anzeichen|symptômes?|síntomas?|sintomi|sintomas|detections?|detection signals?
    |when to use(?: this)?(?: runbook)?|how to (?:detect|recogni[sz]e)
    |(?:what )?(?:you|users) (?:may |might |will )?(?:see|notice|report)|indications?|symptomen|objawy|症状|現象|事象
""")
_HOW = _words(r"""
    (?:step-by-step|quick|detailed|manual|first|next|initial|immediate|emergency|corrective|recovery|rollback
    |resolution|mitigation|remediation|response|diagnos(?:is|tic|tics)|troubleshooting|investigation|verification
    |triage|restore|short-term|containment)
""").pattern
_STEPS = _words(
    rf"""
    steps?|procedures?|(?:{_HOW} )+(?:steps?|procedures?|actions?|phase|plan|fix(?:es)?|rollback|response|checks?
    |diagnosis|investigation|mitigation|resolution)
    |actions?|diagnos(?:is|e|tics)|investigat(?:ion|e)|resol(?:utions?|ve)|solutions?|mitigat(?:ions?|e)
    |remediat(?:ion|e)|fix(?:es)?|verif(?:ication|y)|validation|recovery|response|triage|instructions|pre-?checks?
    |troubleshoot(?:ing)?|workarounds?|how to (?:fix|resolve|respond)|what to do|commands?
    |schritte|vorgehen|maßnahmen|sofortmaßnahmen|lösung|étapes|pasos|solución|(?:document |runbook )steps|procedimiento
    |stappen|kroki|passos|passi|procedura|手順|対応手順|復旧手順|対応|対処|対処方法|操作手順
"""
)
_TEXT = _words(r"""
    (?:possible |common |likely |root )?causes?|(?:business |user )?impact|(?:important )?notes?|summary|description
    |context|meaning|prevention|why|background|severity|owner|references?|links|see also|examples?|fallback
    |expected (?:output|results?)|escalat(?:e|ion).*|ursachen?|auswirkungen|hinweise?|warnings?|caution|runbook
""")
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
    "deshacer": "undo",
    "annulla": "undo",
    "desfazer": "undo",
    "ongedaan maken": "undo",
    "cofnij": "undo",
    "切り戻し": "undo",
    "元に戻す": "undo",
    "verify": "verify",
    "prüfen": "verify",
    "stop when": "stop_when",
    "stop if": "stop_when",
    "abbruch": "stop_when",
}


def plain_title(title: str) -> str:
    """A title without its number or sign: `1. Detection` is Detection, `Step 2: Restart` is Restart."""
    bare = _STEP.sub("", _NUMBER.sub("", _SIGN.sub("", title)))
    return _TRAIL.sub("", bare).strip() or title.strip()


def number_of(title: str) -> int | None:
    """The number a heading bears: 2 of `2. Restart`, of `2.2 Restart` and of `Step 2: Restart`."""
    found = re.match(r"\s*(?:[^\W\d]+\s*)?(?:\d+\.)*(\d+)\b", title)
    return int(found[1]) if found and (_NUMBER.match(title) or _STEP.match(title)) else None


def is_step(title: str) -> bool:
    """Whether a heading is a step of what stands above it: Step 2 – Restart."""
    return bool(_STEP.match(title))


def section_kind(title: str) -> SectionKind:
    """What a heading announces; empty when it names something of its own."""
    words = _folded(title)
    if words in ("runbook", "playbook"):
        return "steps"
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
    return " ".join(_CHAPTER.sub("", _ASIDE_WORDS.sub("", plain_title(title)[:120])).casefold().split())


def plain_task(words: str) -> str:
    """The words of an item without the box to tick: `[ ] Tell the team` is Tell the team."""
    return re.sub(r"^\s*\[[ xX]\]\s+", "", words)


def is_task(words: str) -> bool:
    """Whether an item begins with a box to tick."""
    return bool(re.match(r"\s*\[[ xX]\]\s+\S", words))
