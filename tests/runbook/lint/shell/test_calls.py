from __future__ import annotations

import pytest

from fireline.runbook.lint.shell.calls import assignments, calls, functions
from tests.runbook.lint.shell.calling import names, one, texts


def test_a_call_has_its_words_without_their_quotes_and_their_places() -> None:
    call = one("""/usr/bin/psql -d 'my db' -c "select \\"a\\"" --set=x=1 a\\ b""")
    assert (call.name, call.raw_name) == ("psql", "/usr/bin/psql")
    assert texts(call) == ["-d", "my db", "-c", 'select "a"', "--set=x=1", "a b"]
    assert [word.quoted for word in call.words] == [False, True, False, True, False, False]
    assert (call.words[1].line, call.words[1].column) == (1, 18)
    assert call.words[1].raw == "'my db'"


def test_columns_count_letters_and_not_bytes() -> None:
    first, second = calls("echo 'grüß' && ls")
    assert (first.column, second.column) == (1, 16)


def test_a_pipeline_has_the_names_of_the_programs_that_really_run() -> None:
    first, second, third = calls("sudo -u postgres pg_dump app | nice gzip -9 | sudo tee /b.gz > /dev/null")
    assert first.pipeline == second.pipeline == third.pipeline == ("pg_dump", "gzip", "tee")
    assert [first.place, second.place, third.place] == [0, 1, 2]
    assert [first.pipe, second.pipe, third.pipe] == [0, 0, 0]
    assert third.redirects == ((">", "/dev/null"),)
    assert first.redirects == ()
    assert [first.fed, second.fed, third.fed] == [False, True, True]


def test_a_redirection_in_the_middle_does_not_end_a_pipeline() -> None:
    found = calls("pg_dump a 2> err | gzip 2> $(mktemp) | aws s3 cp - s3://b")
    assert [call.name for call in found] == ["pg_dump", "gzip", "mktemp", "aws"]
    first, second, _, third = found
    assert first.pipeline == second.pipeline == third.pipeline == ("pg_dump", "gzip", "aws")
    assert (first.redirects, third.redirects) == ((("2>", "err"),), ())
    assert [first.place, second.place, third.place] == [0, 1, 2]


def test_two_pipelines_are_two() -> None:
    assert [call.pipe for call in calls("a | b; c | d; e")] == [0, 0, 1, 1, -1]


def test_a_group_or_a_loop_in_a_pipeline_has_no_name_but_what_is_in_it_is_fed() -> None:
    source, read, delete = calls('kubectl get po | while read -r p; do kubectl delete po "$p"; done')
    assert source.pipeline == ("kubectl", "")
    assert (read.name, read.fed, read.negated, read.pipeline) == ("read", True, True, ())
    assert (delete.name, delete.fed, delete.negated) == ("kubectl", True, False)
    cd, tar, ssh = calls("(cd a && tar c .) | ssh host")
    assert ssh.pipeline == ("", "ssh")
    assert (cd.pipeline, tar.fed, ssh.fed) == ((), False, True)


def test_a_loop_over_a_file_is_fed() -> None:
    assert [call.fed for call in calls("while read -r l; do echo; done < list.txt")] == [True, True]
    assert [call.fed for call in calls("while read -r l; do echo; done")] == [False, False]


def test_redirections_belong_to_the_last_of_a_list_or_a_pipeline() -> None:
    cd, dump = calls("cd x && pg_dump a 2>err >> out 2>&1")
    assert cd.redirects == ()
    assert dump.redirects == (("2>", "err"), (">>", "out"), ("2>&", "1"))
    assert dump.to(">", ">>") == ("out",)
    assert one("psql < dump.sql").fed


def test_a_here_document_belongs_to_its_command() -> None:
    psql, after = calls("psql -d x <<SQL > out && echo done\nSELECT $x;\nSQL\n")
    assert psql.here == "SELECT $x;\n"
    assert psql.here_word is not None
    assert (psql.here_word.line, psql.here_word.column, psql.here_word.literal) == (2, 1, False)
    assert psql.redirects == ((">", "out"),)
    assert (after.name, after.here, after.fed) == ("echo", None, False)


def test_options_after_the_mark_of_a_here_document_are_words_of_the_command() -> None:
    assert texts(one("psql <<'SQL' -v ON_ERROR_STOP=1\nSELECT 1;\nSQL")) == ["-v", "ON_ERROR_STOP=1"]


def test_a_quoted_here_document_is_literal() -> None:
    here = one("psql <<'SQL'\nSELECT '$x';\nSQL").here_word
    assert here is not None
    assert here.literal
    assert here.quoted


def test_a_here_document_in_a_pipeline_feeds_the_first() -> None:
    cat, psql, gzip, leave = calls("sudo cat <<EOF | psql -d y | gzip > out || exit 1\nSELECT 1;\nEOF\n")
    assert cat.pipeline == psql.pipeline == gzip.pipeline == ("cat", "psql", "gzip")
    assert [cat.place, psql.place, gzip.place] == [0, 1, 2]
    assert (cat.here, psql.here, gzip.redirects) == ("SELECT 1;\n", None, ((">", "out"),))
    assert [cat.negated, gzip.negated, leave.negated] == [True, True, False]
    assert (leave.name, leave.pipeline) == ("exit", ())


def test_a_here_string_is_read_without_its_quotes() -> None:
    call = one('psql <<< "select 1"')
    assert call.here == "select 1"
    assert call.fed


def test_what_a_here_document_expands_is_called_too() -> None:
    assert names("cat <<EOF\n$(hostname) up\nEOF") == ["cat", "hostname"]
    assert names("cat <<'EOF'\n$(hostname) up\nEOF") == ["cat"]


@pytest.mark.parametrize(
    ("command", "looked"),
    [
        ("a && b", [False, False]),
        ("a || b", [True, False]),
        ("a && b || c", [True, True, False]),
        ("if a; then b; fi", [True, False]),
        ("if ! a | b; then c; fi", [True, True, False]),
        ("! a", [True]),
        ("until a; do b; done", [True, False]),
        ("a | b || c", [True, True, False]),
        ("if x; then a; elif y; then b; fi", [True, False, True, False]),
    ],
)
def test_a_failure_that_is_looked_at_is_known(command: str, looked: list[bool]) -> None:
    assert [call.negated for call in calls(command)] == looked


def test_assignments_before_a_call_are_kept_also_those_after_sudo() -> None:
    call = one('A=1 B="$x" C= sudo D=2 psql')
    assert [(name, word.text) for name, word in call.assigned] == [("A", "1"), ("B", "$x"), ("C", ""), ("D", "2")]
    assert (call.name, texts(call)) == ("psql", [])


def test_an_assignment_or_an_array_alone_is_no_call() -> None:
    assert names("A=1; args=(--clean --if-exists); export B") == []
    call = one('pg_restore "${args[@]}" x')
    assert [word.literal for word in call.words] == [False, True]


def test_calls_in_substitutions_are_found_and_said_to_be_captured() -> None:
    assert [(call.name, call.captured) for call in calls('x=$(date +%F); psql -c "$(cat f.sql)" `id`')] == [
        ("date", True), ("psql", False), ("cat", True), ("id", True),
    ]  # fmt: skip
    first, second = calls("diff <(sort a) b")
    assert (first.name, second.name, second.captured) == ("diff", "sort", False)


def test_a_function_gives_its_name_to_what_is_in_it() -> None:
    command = "dump() {\n  pg_dump app | gzip\n}\nalias k=kubectl\ndump > f"
    assert [(call.name, call.inside) for call in calls(command)] == [
        ("pg_dump", "dump"), ("gzip", "dump"), ("alias", None), ("dump", None),
    ]  # fmt: skip
    assert functions(command) == {"dump", "k"}


def test_a_test_is_no_call() -> None:
    assert names("[ -f x ] && [[ -n $y ]] && (( a > 1 )) && ls") == ["ls"]


def test_commands_in_the_background_and_behind_case_are_found() -> None:
    assert names("a & b &\ncase $x in\n  y) c ;;\n  *) d ;;\nesac\nfor f in *; do e; done\n{ g; }\n(h)") == list(
        "abcdegh"
    )


def test_what_goes_on_by_itself_is_known() -> None:
    assert [call.behind for call in calls("a & b && c &\n(d | e) &\nf")] == [True, True, True, True, True, False]


def test_assignments_that_stand_alone_are_found() -> None:
    found = assignments("A=1\nexport B='x y' C=$D\nE=2 psql\nF=")
    assert [(name, word.text, word.literal) for name, word in found] == [
        ("A", "1", True), ("B", "x y", True), ("C", "$D", False), ("F", "", True),
    ]  # fmt: skip


def test_a_name_that_is_only_known_at_run_time_is_not_fixed() -> None:
    assert [call.fixed for call in calls('$EDITOR f; "$DIR/x.sh"; ./x.sh')] == [False, False, True]


def test_a_placeholder_in_angle_brackets_is_no_redirection() -> None:
    call = one("kubectl logs <pod-name> -n <your namespace>")
    assert texts(call) == ["logs", "<pod-name>", "-n", "<your namespace>"]
    assert call.redirects == ()
    assert names("cat <<EOF>out\nx\nEOF") == ["cat"]


def test_lines_joined_by_a_backslash_keep_their_lines() -> None:
    call = one("pg_dump \\\n  --format=custom \\\n  app")
    assert [(word.text, word.line, word.column) for word in call.words] == [("--format=custom", 2, 3), ("app", 3, 3)]


def test_a_comment_is_no_call() -> None:
    assert names("# rm -rf /\nls # rm") == ["ls"]


def test_what_the_grammar_can_not_follow_is_left_out() -> None:
    assert names("if then fi )(") == [] or "fi" not in names("if then fi )(")
    assert calls("x" * 20_000) == ()
    assert calls("| " * 600) == ()


def test_a_command_of_nothing_calls_nothing() -> None:
    assert calls("") == ()
    assert calls("\n\n# only words\n") == ()
