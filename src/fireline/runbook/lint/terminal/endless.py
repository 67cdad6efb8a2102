"""What runs until somebody stops it: a log that is followed, a forwarded port."""

from __future__ import annotations

from functools import cache

from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.runners import option_names
from fireline.runbook.lint.terminal.told import after, given, told

# Words, the options by which it does (or - for always) and those by which it ends.
_ENDLESS = """
tail | -f -F --follow | --pid | `tail -n 200`
journalctl | -f --follow | | `journalctl --since -15min --no-pager`
dmesg | -w --follow -W | | `dmesg | tail -n 100`
kubectl logs | -f --follow | | `kubectl logs --since 15m --tail 200`
oc logs | -f --follow | | `oc logs --since 15m --tail 200`
kubectl get | -w --watch --watch-only | | `kubectl wait` with a --timeout
kubectl port-forward | - | --help | `&` behind it, and `kill $!` at the end
oc port-forward | - | --help | `&` behind it, and `kill $!` at the end
docker logs | -f --follow | | `docker logs --since 15m --tail 200`
docker compose logs | -f --follow | | `docker compose logs --since 15m --tail 200`
docker-compose logs | -f --follow | | `docker-compose logs --tail 200`
docker stats | - | --no-stream | --no-stream
heroku logs | -t --tail | | `heroku logs --num 200`
fly logs | - | --no-tail -n | --no-tail
flyctl logs | - | --no-tail -n | --no-tail
wrangler tail | - | --help | a log that is kept
aws logs tail | --follow | | `aws logs tail --since 15m`
pm2 logs | - | --nostream | --nostream
prisma studio | - | --help | psql with -c
redis-cli monitor | - | --help | `redis-cli slowlog get 20`
ping | - | -c --count -w -n | -c 4
tcpdump | - | -c -r -D | -c 100
stern | - | --no-follow | --no-follow
supabase functions serve | - | --help | `supabase functions deploy`
"""
_CUTS = {"head", "timeout", "gtimeout"}


@cache
def _endless() -> dict[str, tuple[tuple[tuple[str, ...], frozenset[str], frozenset[str], str], ...]]:
    found: dict[str, list[tuple[tuple[str, ...], frozenset[str], frozenset[str], str]]] = {}
    for line in _ENDLESS.strip().splitlines():
        words, by, ends, instead = (part.strip() for part in line.split("|", 3))
        program, *rest = words.split()
        found.setdefault(program, []).append((tuple(rest), option_names(by), option_names(ends), instead))
    return {name: tuple(entries) for name, entries in found.items()}


def endless(call: Call) -> str | None:
    """What to do instead, when this call runs until somebody stops it; None when it ends, or something ends it."""
    if call.behind or call.captured or _CUTS & {*call.through, *call.pipeline[call.place :]} or call.has("--help"):
        return None
    if any(name == "grep" for name in call.pipeline[call.place + 1 :]) and call.place < len(call.pipeline) - 1:
        return None  # grep -m ends it
    for words, by, ends, instead in _endless().get(call.name, ()):
        if not any(after(words, said) is not None for said in told(call)) or given(call, ends):
            continue
        if by == {"-"} or given(call, by):
            return instead
    return None
