from __future__ import annotations

import pytest

from fireline.runbook.rules.unquoted_variable import rule
from tests.runbook.rules.saying import faults
from tests.runbook.rules.shelling import finds, mends, of, page


@pytest.mark.parametrize(
    "command",
    [
        "rm -f $FILE",
        "rm -rf ${DIR}/*",
        "cd $DIR",
        "kubectl delete pod $POD",
        "ssh $HOST uptime",
        "curl https://api.example.com/refunds/$ID",
        "[ -f $FILE ] && ls",
        "[ $STATE = up ] && ls",
        "rm $1",
        "rm $@",
        "rm ${FILES_DONE[@]}",
        "X=$(cat name.txt)\nrm $X",
        "for f in $(find . -name '*.log'); do gzip $f; done",
        "for f in *.log; do gzip $f; done",
        "read -r f\nrm $f",
        "x=$(rm $FILE)",
        "rm ${FILE:-a b}",
        "psql -d $DB -c 'select 1'",
        "cp a $DIR/b",
    ],
)
def test_one_that_is_taken_apart_is_found(command: str) -> None:
    assert finds(rule, command)


@pytest.mark.parametrize(
    "command",
    [
        'rm -f "$FILE"',
        'rm -f "${DIR}/x"',
        "FILE=$DIR/x",
        "export PATH=$PATH:/opt/bin",
        "local x=$1",
        "[[ -f $FILE ]] && ls",
        "[[ $STATE == up ]] && ls",
        "(( $N > 1 )) && ls",
        "echo $(( $N + 1 ))",
        "case $STATE in up) ls ;; esac",
        "for host in $HOSTS; do ls; done",
        "for f in $(cat list); do ls; done",
        "kill $!",
        "exit $?",
        "ls $#",
        "echo $NAME",
        "N=3\nhead -n $N f",
        "N=$(wc -l < f)\nhead -n $N f",
        "PID=$(pgrep -f app)\nkill $PID",
        "DAY=$(date +%F)\ncp a a.$DAY",
        "for i in 1 2 3; do ls x$i; done",
        "for i in {1..3} a{,b}; do ls x$i; done",
        "for m in /mnt/a /mnt/b; do stat $m; done",
        "DIR=/var/log/app\nls $DIR",
        "psql -p $PGPORT",
        "rsync $RSYNC_OPTS a b",
        "psql ${VERBOSE:+--echo-all} -c 'select 1'",
        "cat <<EOF\n$NAME\nEOF",
        "awk '{ print $1 }' f",
        "ls > $LOG",
        "echo ${#NAME}",
        "# rm $FILE",
        "bash <<< $CODE",
        "docker rm $(docker ps -aq)",
    ],
)
def test_one_that_is_not_is_left_alone(command: str) -> None:
    assert not finds(rule, command)


def test_quotes_are_put_around_every_one_of_a_line() -> None:
    assert mends(rule, "cp $FROM/a größe ${TO}") == 'cp "$FROM"/a größe "${TO}"'
    [fault] = of(rule, "cp $FROM/a größe ${TO}")
    assert (fault.line, fault.column) == (5, 7)
    assert not finds(rule, mends(rule, "cp $FROM/a ${TO}"))


def test_each_line_has_one_fault() -> None:
    assert [one.line for one in of(rule, "rm $A $B\nls\nrm $C")] == [5, 7]


def test_a_parameter_that_the_front_matter_holds_to_numbers_is_left_alone() -> None:
    head = "---\nfireline: 1\nparams:\n  LIMIT: {type: number}\n  STATE: {choices: [up, down]}\n---\n"
    text = page("head -n $LIMIT f\nset-state $STATE\nrm $FILE")
    assert [one.line for one in faults(rule, head + text)] == [13]


def test_where_the_grammar_is_lost_nothing_is_said() -> None:
    assert not finds(rule, "for pid in $(pgrep app); do\n  kill $pid")
