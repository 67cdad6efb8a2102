"""Which line of pg_hba.conf decides; more of it in the test of the check."""

from __future__ import annotations

from fireline.assess.checks.hba import Rule
from fireline.assess.rules import first_match


def rule(
    line: int, address: str | None, netmask: str | None = None, users: tuple[str, ...] = ("all",), error: str = ""
) -> Rule:
    return Rule(line, "host", ("all",), users, address, netmask, "reject", error=error)


def test_addresses_are_compared_with_their_masks() -> None:
    rules = (rule(1, "192.168.0.0", "255.255.0.0"), rule(2, "fe80::", "ffff::"), rule(3, "samehost"), rule(4, "all"))
    for host, line in (("192.168.7.1", 1), ("fe80::1", 2), ("127.0.0.1", 3), ("10.0.0.1", 4)):
        found = first_match(rules, host, "web", "shop")
        assert found is not None
        assert found.line == line


def test_a_host_name_a_line_with_an_error_and_a_regular_expression_that_is_none() -> None:
    assert (
        first_match(
            (rule(1, "db.example"), rule(2, "all", error="bad"), rule(3, "all", users=("/(",))),
            "10.0.0.1",
            "web",
            "shop",
        )
        is None
    )
    found = first_match((rule(4, "all", users=("/^we",)),), "10.0.0.1", "web", "shop")
    assert found is not None
