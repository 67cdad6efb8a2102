from __future__ import annotations

import pytest

from fireline.runbook.lint.rule import Unknown
from fireline.runbook.rules.shell_syntax import rule
from tests.runbook.rules.saying import look
from tests.runbook.rules.shelling import finds, of, page


@pytest.mark.parametrize(
    "command",
    [
        'echo "a',
        "echo 'a\nls",
        "if true; then\n  ls",
        "for f in *; do\n  echo $f",
        "ls )",
        "x=$(date",
        "while true; do ls; don",
        "case $x in a) ls ;;",
        "ls | | wc",
        "ls &&",
    ],
)
def test_what_bash_can_not_read_is_found(command: str) -> None:
    assert finds(rule, command)


@pytest.mark.parametrize(
    "command",
    [
        "kubectl logs <pod-name> -n <namespace>",
        "ts-node -D <code,code>",
        "ts-node -r <module name or path>",
        "psql <<'SQL'\nSELECT 'it''s';\nSQL",
        "diff <(sort a) <(sort b)",
        "[[ $x =~ ^a(b|c)$ ]] && ls",
        "f() { ls; }\nf",
        'arr=(a b)\necho "${arr[@]:1}"',
        "echo ${x:-'a b'} ${y//a/b} $((1 + 2))",
        "case $x in\n  a | b) ls ;;&\n  *) ls ;;\nesac",
        "coproc ls",
        "time { ls; }",
        "for ((i=0; i<3; i++)); do ls; done",
        'curl -d \'{"a": "{{ name }}"}\' https://example.com',
        "echo a \\\n  b",
        "# only a comment",
        "! grep -q x f",
        "select x in a b; do ls; done",
        "exec 3<> /dev/tcp/a/1",
        "cat <<-EOF\n\ta\n\tEOF",
        "until ls; do :; done &",
    ],
)
def test_what_bash_reads_is_not(command: str) -> None:
    assert not finds(rule, command)
    assert not look(rule, page(command))


def test_the_line_and_the_words_of_bash_are_told() -> None:
    [fault] = of(rule, 'ls\necho "open\nls')
    assert fault.line == 6
    assert "looking for matching `\"'" in fault.message
    assert "bash" in fault.evidence


def test_what_is_too_long_stays_unknown() -> None:
    [said] = look(rule, page("echo " + "x" * 20_000))
    assert isinstance(said, Unknown)


def test_without_bash_what_is_odd_stays_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    [said] = look(rule, page('echo "nobody closes this one'))
    assert isinstance(said, Unknown)
    assert "no bash" in said.why
