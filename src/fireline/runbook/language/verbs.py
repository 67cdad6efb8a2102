"""The verbs by which a shell command is known to destroy, so that nobody can call it harmless. Others may destroy too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from fireline.runbook.language.bashtree import text_of, too_much, tree_of, walk

VERBS = {"restore", "drop", "delete", "reset", "truncate", "destroy", "prune", "wipe", "terminate", "purge", "erase"}
VERBS |= {"rm", "rmdir", "shred", "unlink", "rb", "remove", "uninstall", "flushall", "flushdb", "overwrite", "format"}
VERBS |= {"dropdb", "dropuser", "mkfs", "wipefs", "fdisk", "parted", "pg_resetwal", "pg_restore", "pg_rewind"}
_SHOW = {"echo", "printf", "grep", "egrep", "rg", "cat", "less", "head", "tail", "ls", "man", "which", "type", "cd"}
_HARMLESS_OPTIONS = {"--rm", "--format", "--reset-author"}
_SQL = re.compile(
    r"\b(?:drop\s+\w+|delete\s+from|truncate\s+\w+|update\s+\S+\s+set|alter\s+\w+\s+\S+\s+drop)\b", re.IGNORECASE
)


def destructive_words(command: str) -> list[str]:
    """The words of a shell command that are known to destroy, in the order of the text; empty is no proof of harmlessness."""
    if too_much(command):
        return ["more than can be looked into"]
    root = tree_of(command).root_node
    found: dict[str, None] = {}
    for node in walk(root):
        if node.type == "command":
            found.update(dict.fromkeys(_of_command(node)))
        elif node.type == "pipeline" and _loads_dump(node):
            found["| psql"] = None
        elif node.type == "heredoc_body":
            found.update(dict.fromkeys(_of_text(text_of(node))))
    if root.has_error:
        found.update(dict.fromkeys(_of_text(command)))
    return list(found)


def _of_command(command: Node) -> Iterator[str]:
    name = text_of(command.child_by_field_name("name")).rpartition("/")[2]
    if name in _SHOW:
        return
    words = [text_of(one) for one in command.children_by_field_name("argument")]
    yield from _verbs(name)
    for word in words:
        yield from _of_text(word) if word[:1] in "'\"" else _verbs(word)
    yield from _by_option(name, words)


def _by_option(name: str, words: list[str]) -> Iterator[str]:
    """What only an option makes destructive."""
    force = {"-f", "--force", "--force-with-lease", "--mirror"}
    if name == "git" and "push" in words and (force & set(words) or any(word.startswith("+") for word in words)):
        yield "git push --force"
    if name == "git" and "clean" in words:
        yield "git clean"
    if name == "dd" and any(word.startswith("of=") for word in words):
        yield "dd of="
    if name in ("docker", "docker-compose", "podman") and "down" in words and {"-v", "--volumes"} & set(words):
        yield "down --volumes"
    if "--no-backup" in words:
        yield "--no-backup"


def _of_text(text: str) -> Iterator[str]:
    """The verbs of a quoted text or a here-document: another command, or SQL."""
    inner = text.strip("'\"")
    if _SQL.search(inner):
        yield from (re.sub(r"\s+", " ", match[0]).upper() for match in _SQL.finditer(inner))
        return
    for word in inner.split():
        yield from _verbs(word)


def _verbs(word: str) -> Iterator[str]:
    """`restore` of `./scripts/restore.sh`, `delete` of `eas update:delete`, `drop` of `db:drop`."""
    if word in _HARMLESS_OPTIONS or word.startswith("--no-"):
        return
    if word in VERBS:
        yield word
        return
    parts = re.split(r"[^A-Za-z]+", word.rpartition("/")[2])
    yield from (part.lower() for part in parts if part.lower() in VERBS - {"format", "rb"})


def _loads_dump(pipeline: Node) -> bool:
    """Whether something is piped into psql: it is run as SQL, whatever it is."""
    last = pipeline.children[-1] if pipeline.children else None
    return last is not None and text_of(last.child_by_field_name("name")).rpartition("/")[2] == "psql"
