"""Policies that lead back to their own table, found in the reading of `policies`. Pure."""

from __future__ import annotations

from fireline.assess.access import Opening
from fireline.assess.checks.policies import Policies
from fireline.assess.rights import READS, others, strangers


def recursive(seen: Policies) -> list[Opening]:
    """Tables whose policies read the table itself, directly or round about: every read of them fails."""
    edges = {one.oid: {oid for policy in one.policies for oid in policy.reads} for one in seen.relations if one.secured}
    groups = _groups(edges)
    found = []
    for one in seen.relations:
        group = groups.get(one.oid, set())
        back = [policy for policy in one.policies if not group.isdisjoint(policy.reads)] if one.secured else []
        if back:
            found.append(Opening(one, {**others(seen, one, READS), **strangers(seen, one, READS)}, back[0]))
    return found


def _groups(edges: dict[int, set[int]]) -> dict[int, set[int]]:
    """For each table those that lead to it and that it leads to, itself among them (Kosaraju: time grows with the edges)."""
    back: dict[int, set[int]] = {}
    for oid, reads in edges.items():
        for read in reads:
            back.setdefault(read, set()).add(oid)
    groups: dict[int, set[int]] = {}
    for oid in reversed(_left(edges)):
        if oid not in groups:
            group = _onwards(back, oid, groups)
            groups |= dict.fromkeys(group, group)
    return groups


def _left(edges: dict[int, set[int]]) -> list[int]:
    """Every table behind all those that are first met by following it."""
    done: list[int] = []
    seen: set[int] = set()
    waiting = [(oid, False) for oid in edges]
    while waiting:
        oid, over = waiting.pop()
        if over:
            done.append(oid)
        elif oid not in seen:
            seen.add(oid)
            waiting += [(oid, True), *((read, False) for read in edges[oid] if read in edges)]
    return done


def _onwards(edges: dict[int, set[int]], start: int, but: dict[int, set[int]]) -> set[int]:
    """What a table leads to, but not over what has its group already."""
    found, waiting = {start}, [start]
    while waiting:
        new = {oid for oid in edges.get(waiting.pop(), ()) if oid not in found and oid not in but}
        found |= new
        waiting += new
    return found
