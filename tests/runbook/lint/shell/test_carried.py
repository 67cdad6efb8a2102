from __future__ import annotations

from pathlib import Path

import pytest

from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.shell.carried import carried, everywhere
from fireline.runbook.lint.subject import Subject
from fireline.runbook.parse import parse_text


def inner(command: str) -> list[Call]:
    return [one.call for one in carried(calls(command)[0])]


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("docker exec -it -e A=b -u postgres db psql -U postgres", ["psql"]),
        ("docker -H tcp://x exec db pg_dump shop", ["pg_dump"]),
        ("docker compose -f c.yml exec -T db psql shop", ["psql"]),
        ("docker-compose exec db bash -c 'ls | wc'", ["bash", "ls", "wc"]),
        ("docker run --rm -v /a:/b postgres:16 pg_restore -l x", ["pg_restore"]),
        ("docker run -d nginx", []),
        ("docker ps", []),
        ("kubectl -n shop exec -it deploy/api -c api -- bash -lc 'rails c'", ["bash", "rails"]),
        ("kubectl exec db-0 -- psql", ["psql"]),
        ("kubectl get pods -- x", []),
        ("ssh -i key ops@db 'sudo systemctl restart a; ls'", ["systemctl", "ls"]),
        ("ssh -p 22 db sudo -u postgres psql -l", ["psql"]),
        ("ssh -t db", []),
        ("su - postgres -c 'psql -l'", ["psql"]),
        ("sh -ec 'a; b'", ["a", "b"]),
        ("bash x.sh", []),
        ("xargs -0 -n 1 rm -f", ["rm"]),
        ("watch -n 2 kubectl get pods", ["kubectl"]),
        ("heroku run -a shop -- python manage.py migrate", ["python"]),
        ("heroku run:detached rake db:migrate --app shop", ["rake"]),
        ("heroku ps:exec", []),
        ("ls", []),
    ],
)
def test_what_runs_elsewhere_is_found(command: str, names: list[str]) -> None:
    assert [call.name for call in inner(command)] == names


def test_words_and_places_are_those_of_the_whole_command() -> None:
    [call] = inner("ssh db 'sudo -n systemctl restart app'")
    assert [word.text for word in call.words] == ["restart", "app"]
    assert (call.name, call.line, call.column, call.through) == ("systemctl", 1, 17, ("sudo",))
    assert (call.words[0].line, call.words[0].column) == (1, 27)
    [call] = inner("docker exec db \\\n  psql -l")
    assert (call.name, call.line, call.column) == ("psql", 2, 3)


def test_standard_input_reaches_a_container_only_where_it_is_open() -> None:
    def fed(command: str) -> bool:
        return inner(command)[0].fed

    assert not fed("docker exec -i db psql")
    assert fed("docker exec -i db psql < f.sql")
    assert fed("docker exec db psql")  # it reads the end of nothing
    assert not fed("kubectl exec -i db-0 -- psql")
    assert fed("xargs psql")
    assert not fed("ssh db psql")


def test_a_terminal_that_is_asked_for_is_known() -> None:
    def tty(command: str) -> bool:
        return next(carried(calls(command)[0])).tty

    assert tty("docker exec -it db ls")
    assert not tty("docker exec -i db ls")
    assert tty("kubectl exec -it db-0 -- ls")
    assert tty("ssh -t db ls")
    assert not tty("ssh db ls")


def test_what_stands_around_the_outer_call_holds_for_the_only_inner_one() -> None:
    [call] = inner("docker exec -i db psql shop <<SQL > out || exit 1\nSELECT 1;\nSQL")
    assert call.here == "SELECT 1;\n"
    assert call.redirects == ((">", "out"),)
    assert call.negated


def test_everywhere_gives_the_calls_in_their_order() -> None:
    text = "# A\n\n1. **Do:**\n   ```bash\n   ls\n   ssh db 'df -h'\n   wc\n   ```\n"
    [command] = Subject(Path("a.md"), text, parse_text(text)).commands
    assert [call.name for call in everywhere(command.calls)] == ["ls", "ssh", "df", "wc"]


def test_a_chain_without_end_is_followed_only_so_far() -> None:
    assert len(inner("sh -c 'sh -c \"sh -c ls\"'")) == 3
