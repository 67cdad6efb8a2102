"""One line of options in each of the ways in which programs write them."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.programs.help.options import options, spelled


@pytest.mark.parametrize(
    ("line", "names", "takes"),
    [
        ("  -c, --command=COMMAND    run only single command", {"-c", "--command"}, True),
        ("  -v, --set=, --variable=NAME=VALUE   set", {"-v", "--set", "--variable"}, True),
        ('  -1 ("one"), --single-transaction   as one', {"-1", "--single-transaction"}, False),
        ("  -?, --help[=options]     show this help", {"-?", "--help"}, False),
        ("      --[no-]wait          wait", {"--wait", "--no-wait"}, False),
        ("  -n, --namespace string   the namespace", {"-n", "--namespace"}, True),
        ("    -A, --all-namespaces=false:", {"-A", "--all-namespaces"}, False),
        ("    -f, --filename=[]:", {"-f", "--filename"}, True),
        ("  --region <name> - where it is", {"--region"}, True),
        ("  --quiet                  says nothing", {"--quiet"}, False),
        ("  -h, --host    Host  [string]", {"-h", "--host"}, True),
        ("  -q, --quiet   Says nothing  [boolean]", {"-q", "--quiet"}, False),
        ("what --wait does is told below", set(), False),
    ],
)
def test_a_line_has_its_names_and_says_whether_a_value_follows(line: str, names: set[str], takes: bool) -> None:
    assert options([line]) == (names, names if takes else set())


def test_a_negation_is_two_options() -> None:
    assert spelled("--[no-]wait") == ("--wait", "--no-wait")
    assert spelled("--wait") == ("--wait",)
