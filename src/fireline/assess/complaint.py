"""What a complaint is about: an error message or a few words, read into kinds of trouble and the names in it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

# What the server, a driver or a person says, and the kind of trouble that it means. A kind is what causes are told
# apart by, so it says what is felt, never why. The server's words are those of its message catalogue.
_WORDS: dict[str, str] = {
    "slots": r"too many clients|connection slots are reserved|too many connections|connection limit|max_connections"
    r"|max client connections|pool(?:er)? (?:is )?(?:exhausted|timed out|full)|no more connections|connections? (?:is|are) (?:full|exhausted)"
    r"|unable to acquire .{0,20}connection|connection pool",
    "login": r"password authentication failed|no pg_hba\.conf entry|pg_hba\.conf rejects|not permitted to log in|28P01|28000"
    r"|authentication (?:failed|error)|can ?not log ?in|login fails|wrong password|credentials",
    "closed": r"not currently accepting connections",
    "unreachable": r"connection refused|nothing listens|could not connect|does not answer|server closed the connection|is the server running"
    r"|will not start|does not start|database (?:is |seems )?(?:down|unreachable|offline)|starting up|shutting down|recovery mode"
    r"|crash|econnrefused|connection (?:was )?(?:reset|lost)|terminated abnormally",
    "hang": r"\bhang(?:s|ing)?\b|\bstuck\b|\bfrozen?\b|freez|blocked|lock timeout|55P03|lock wait|waiting for|never (?:returns|finishes|starts|ends)"
    r"|does not (?:return|finish|respond|react)|unresponsive|not responding|no response|spinn|stand ?still|piling up|queue(?:s|d|ing)?\b|\bwait(?:s|ing)?\b",
    "slow": r"\bslow\w*|latency|response times?|takes (?:too )?(?:long|ages|minutes|seconds|for ?ever)|takes \d+|timed? ?out|timeouts?|high cpu|cpu\b"
    r"|\bp9[59]\b|\blag(?:s|gy|ging)?\b|performance|degraded|sluggish|seconds to load|load(?:ing)? (?:time|for)|\bcrawl",
    "slow_writes": r"(?:insert|update|delete|write|commit|import|save|saving|ingest|upload)\w*\b.{0,40}(?:slow|take|latency|delay|long)|slow.{0,25}(?:insert|update|delete|write|commit|sav)",
    "timeout": r"due to statement timeout|57014|statement timeout",
    "deadlock": r"deadlock|40P01",
    "serialization": r"could not serialize|40001|serializ|concurrent update",
    "memory": r"out of (?:shared )?memory|53200|max_locks_per_transaction|oom|cannot allocate memory",
    "disk": r"no space left|disk (?:is )?(?:almost |nearly |running )?(?:full|usage|space)|could not extend|53100|enospc|temp_file_limit|temporary file size"
    r"|storage (?:is )?(?:full|almost|alert|usage)|\bdisk\b|runs? out of space",
    "wal": r"pg_wal|write-?ahead|\bwal\b|archiv",
    "bloat": r"bloat|dead (?:rows|tuples)|vacuum|(?:table|index|database|catalog)\b.{0,25}\b(?:grow|bigger|larger|swell)\w*|keeps growing|grows",
    "wraparound": r"wraparound|transaction id|must be vacuumed|not accepting commands|multixact",
    "replica": r"replica|standby|stand-by|secondary|read[- ]copy|old (?:data|reads)|stale (?:data|read)\w*|replication|outdated",
    "lost": r"(?:data|rows?|records?|orders|users|entries|everything|table|content)\b.{0,30}(?:missing|gone|lost|disappear\w*|vanish\w*|deleted|wiped|empty)"
    r"|(?:missing|lost|empty|no|vanished|disappeared|deleted) (?:data|rows?|records?|results?|entries|content|table|list)|shows? (?:no|nothing)|not found though"
    r"|sees? (?:no|nothing)|returns? (?:no|nothing|0 rows|zero rows|empty)|can ?not (?:find|be found)|nothing (?:to see|is shown|comes back)|empty",
    "undefined": r"does not exist|42P01|undefined table|no such table|42883",
    "denied": r"permission denied|42501|not allowed|forbidden|must be owner|access denied",
    "readonly": r"read-only transaction|25006|read[- ]only",
    "duplicate": r"duplicate|23505|unique constraint|twice|doubled?\b",
    "orphans": r"orphan|foreign key|23503|dangling|referential|parent.{0,20}(?:missing|gone|not exist)|refer(?:s|ring)? to (?:nothing|missing|nonexist)",
    "corrupt": r"invalid page|could not read block|corrupt|checksum|XX00[12]|wrong order|sort(?:s|ed|ing)? (?:wrong|odd|incorrect)|collation|amcheck"
    r"|inconsisten|could not access status|unexpected zero page|missing chunk|found by .{0,20}but",
    "sequence": r"maximum value of sequence|2200H|out of range|22003|sequence",
    "partition": r"no partition of relation|23514|partition",
    "exposed": r"exposed|leak(?:ed|s)?\b|anyone can|anybody can|\bany user|every ?(?:one|body) (?:can|sees)|without log(?:ging)? ?in|anon(?:ymous)?\b|public(?:ly)?\b"
    r"|other (?:tenant|customer|user)s?|another (?:tenant|customer|user)|all tenants|row.level security|\brls\b|polic(?:y|ies)|security|privilege|escalat|bypass|tenant",
    "intrusion": r"odd log ?ins?|suspicious|brute.?force|failed log ?ins?|login attempts|intru|attack|hacked|compromis|breach|unknown (?:ip|address|location)",
    "config": r"has no effect|setting|parameter|configuration|config|reload|will not restart|postgresql\.conf|extension",
    "stalls": r"stall|i/o (?:burst|spike)|io (?:burst|spike)|checkpoint|burst|spikes? of (?:io|i/o|disk)|every few (?:seconds|minutes)",
}
_KINDS = {kind: re.compile(words, re.IGNORECASE) for kind, words in _WORDS.items()}
_NAMED = re.compile(
    r"(?:relation|table|role|user|database|sequence|constraint|function|view|schema|index|column|tablespace|policy|partition of relation)"
    r"\s+(?:\"([^\"]{1,200})\"|«([^»]{1,200})»|'([^']{1,200})'|([\w.]{1,200}))|\"([^\"]{1,200})\"",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?:sqlstate|code|state)\W{0,3}([0-9A-Z]{5})\b|\b((?:[0-5]\d|XX|P0)[0-9A-Z]*[A-Z][0-9A-Z]*)\b", re.IGNORECASE
)
_CODE_LENGTH = 5
_LONGEST = 20_000
_SHORTEST = 3  # letters of a name that is looked for in a text: "id" is in every one


@dataclass(frozen=True)
class Complaint:
    """What led to the look. Two that mean the same trouble with the same things are equal, however they are worded."""

    text: str = field(default="", compare=False)
    kinds: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()  # of tables, roles, sequences … as the text has them, in its order
    codes: tuple[str, ...] = ()  # SQLSTATE

    def __bool__(self) -> bool:
        return bool(self.text.strip())

    def about(self, *kinds: str) -> bool:
        """Whether it is about any of these kinds."""
        return not self.kinds.isdisjoint(kinds)

    def says(self, words: str) -> re.Match[str] | None:
        """Where its text has these words; a regular expression, whatever the case."""
        return re.search(words, self.text, re.IGNORECASE)

    def mentions(self, *names: str) -> bool:
        """Whether it has one of these bare names in it, as a word or in quotes. Asked of thousands of names at once."""
        if any(name in self.names or f"public.{name}" in self.names for name in names):
            return True
        told = (name.casefold() for name in names if len(name) >= _SHORTEST or not name.isalpha())
        return any(name in self._folded and self._word(name) for name in told)

    @cached_property
    def words(self) -> frozenset[str]:
        """Its words, as they are written and in small letters; any of them may name something."""
        return frozenset(re.findall(r"\w+", f"{self.text} {self._folded}"))

    @cached_property
    def _folded(self) -> str:
        return self.text.casefold()

    def _word(self, name: str) -> bool:
        return bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self._folded) is not None


@lru_cache(maxsize=256)
def read(text: str) -> Complaint:
    """What a complaint or an error message is about; a text that says nothing we know has no kinds."""
    said = text[:_LONGEST]
    kinds = frozenset(kind for kind, words in _KINDS.items() if words.search(said))
    names = tuple(dict.fromkeys(next(part for part in found if part) for found in _NAMED.findall(said)))
    codes = tuple(dict.fromkeys((named or bare).upper() for named, bare in _CODE.findall(said)))
    return Complaint(said, kinds, names, tuple(code for code in codes if len(code) == _CODE_LENGTH))
