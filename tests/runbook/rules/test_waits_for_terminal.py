from __future__ import annotations

import pytest

from fireline.runbook.rules.waits_for_terminal import rule
from tests.runbook.rules.shelling import finds, mends, of


@pytest.mark.parametrize(
    "command",
    [
        "vim /etc/app.conf",
        "sudo nano x",
        "less /var/log/app.log",
        "journalctl -u app | less",
        "htop",
        "top",
        "watch kubectl get pods",
        "crontab -e",
        "sudo visudo",
        "passwd app",
        "psql",
        "psql -U postgres -h db shop",
        'psql "$DATABASE_URL"',
        "psql -W -c 'select 1'",
        "sudo -u postgres psql",
        "mysql -u root -p -e 'select 1'",
        "mysql shop",
        "redis-cli -h cache-1",
        "sqlite3 app.db",
        "mongosh mongodb://db/app",
        "bash",
        "sudo -i",
        "sudo su - postgres",
        "su - postgres",
        "ssh db-1",
        "ssh -i key.pem ops@db-1",
        "kubectl exec -it pod-1 -- bash",
        "kubectl -n shop exec -it deploy/api -c api -- sh",
        "docker exec -it db psql -U postgres",
        "docker compose exec db bash",
        "docker run -it --rm postgres:16 psql",
        "docker exec -it db ls",
        'ssh -t db-1 "sudo systemctl restart pgbouncer"',
        'ssh -t db-1 "htop"',
        "git rebase -i HEAD~3",
        "git commit",
        "git add -p",
        "apt install nginx",
        "sudo apt-get upgrade",
        "yum update",
        "rm -i a b",
        "dropdb -i shop",
        "aws configure",
        "aws ssm start-session --target i-1",
        "aws sso login",
        "gcloud init",
        "gcloud sql instances delete shop",
        "az group delete --name shop",
        "heroku run bash --app shop",
        "heroku run rails console",
        "heroku pg:psql --app shop",
        "heroku pg:reset DATABASE --app shop",
        "bundle exec rails console",
        "rails c",
        "python manage.py shell",
        "./manage.py dbshell",
        "python3 manage.py createsuperuser",
        "python",
        "node",
        "terraform apply",
        "terraform -chdir=infra apply -var a=b",
        "kubectl edit deploy/api",
        "systemctl edit app",
        "read -r answer",
        'read -p "Sure? " x && ./go.sh',
        "eas update:rollback",
        "npx eas-cli@latest update:rollback",
        "eas update:list",
        "eas update:republish --channel production",
        "gh run watch",
        "docker system prune",
        "docker login registry.example.com",
        "ssh-keygen -t ed25519",
        "ansible-playbook site.yml --ask-become-pass",
        "patronictl failover main",
        "openssl req -new -key a.key -out a.csr",
        "tail -f /var/log/app.log",
        "kubectl logs -f deploy/api",
        "journalctl -fu app",
        "kubectl port-forward svc/db 5432",
        "ping db-1",
        "npx prisma studio",
        "if ! psql; then echo no; fi",
    ],
)
def test_what_asks_or_never_ends_is_found(command: str) -> None:
    assert finds(rule, command)


@pytest.mark.parametrize(
    "command",
    [
        "tail -n 100 /var/log/app.log",
        "top -b -n 1",
        "less --version",
        "x=$(less a)",
        "psql -c 'select 1'",
        "psql -XAtc 'select 1'",
        "psql -f fix.sql",
        "psql < fix.sql",
        "psql -l",
        "psql --version",
        "psql <<SQL\nselect 1;\nSQL",
        "echo 'select 1' | psql",
        "cat fix.sql | sudo -u postgres psql",
        "gunzip -c a.sql.gz | docker exec -i db psql -U postgres",
        "mysql -e 'select 1'",
        "mysql shop < dump.sql",
        "redis-cli -h cache-1 info",
        "redis-cli --bigkeys",
        "sqlite3 app.db 'select 1'",
        "mongosh --eval 'db.stats()'",
        "bash scripts/x.sh",
        "bash -c 'ls'",
        "curl -fsS https://example.com/x.sh | bash",
        "sudo -l",
        "sudo systemctl restart app",
        "su - postgres -c 'psql -l'",
        "ssh db-1 uptime",
        'ssh db-1 "sudo -n systemctl restart app"',
        "ssh -o BatchMode=yes db-1 'df -h'",
        "ssh -N -f -L 5432:localhost:5432 db-1",
        'ssh "$HOST" "$COMMAND"',
        "kubectl exec pod-1 -- df -h",
        "kubectl exec -it pod-1 -- df -h",
        "kubectl exec pod-1 -- psql -c 'select 1'",
        "docker exec db psql -U postgres -c 'select 1'",
        "docker run --rm postgres:16 pg_dump --version",
        "git commit -m 'x'",
        "git commit -am x",
        "git revert --no-edit HEAD",
        "git log --oneline",
        "apt-get install -y nginx",
        "sudo apt-get -qq install nginx",
        "apt list --upgradable",
        "yes | apt install nginx",
        "rm -f a",
        "rm -rf a",
        "aws configure list",
        "aws s3 ls",
        "gcloud sql instances describe shop",
        "gcloud --quiet sql instances delete shop",
        "heroku run --exit-code -- rake db:migrate",
        "heroku ps --app shop",
        "heroku pg:reset DATABASE --confirm shop",
        "rails runner 'puts 1'",
        "python manage.py migrate",
        "python x.py",
        "python -c 'print(1)'",
        "terraform plan -out p",
        "terraform apply p",
        "terraform apply -auto-approve",
        "systemctl status app --no-pager",
        'while read -r line; do echo "$line"; done < list.txt',
        'kubectl get pods | while read -r pod; do echo "$pod"; done',
        "ask() { read -r x; }",
        'read -r a <<< "$B"',
        'eas update:republish --group "$G" --message x --non-interactive',
        "eas update:rollback 5b2c --non-interactive",
        "eas update:list --branch production --non-interactive",
        "gh run watch 123 --exit-status",
        "docker system prune --force",
        "ssh-keygen -R db-1",
        "ssh-keygen -t ed25519 -f k -N ''",
        "ansible all -m ping",
        "patronictl list",
        "patronictl failover main --candidate b --force",
        "openssl req -in a.csr -noout -text",
        "kubectl logs deploy/api --tail 50",
        "kubectl port-forward svc/db 5432 &",
        "timeout 10 tail -f /var/log/app.log",
        "tail -f /var/log/app.log | head -n 5",
        "ping -c 4 db-1",
        "kubectl rollout status deploy/api",
        "xargs rm < list",
    ],
)
def test_what_ends_by_itself_is_not(command: str) -> None:
    assert not finds(rule, command)


def test_an_update_is_rolled_back_by_publishing_one_that_a_parameter_names() -> None:
    assert mends(rule, "eas update:rollback").startswith('eas update:republish --group "$UPDATE_GROUP"')
    assert mends(rule, "npx eas-cli update:rollback").startswith("npx eas-cli update:republish --group")
    assert not finds(rule, mends(rule, "eas update:rollback"))


def test_a_package_is_installed_without_a_question_and_a_container_entered_without_a_terminal() -> None:
    assert mends(rule, "sudo apt-get install nginx") == "sudo apt-get install -y nginx"
    assert mends(rule, "docker exec -it db ls") == "docker exec -i db ls"
    assert mends(rule, "docker exec -t db ls") == "docker exec db ls"


def test_a_terminal_that_nothing_needs_is_mentioned_for_information() -> None:
    [fault] = of(rule, "kubectl exec -it pod-1 -- df -h")
    assert fault.severity == "info"
    assert "goes on without" in fault.message


def test_a_fault_stands_at_the_program_that_asks() -> None:
    [fault] = of(rule, 'ssh -t db-1 "sudo less /var/log/app.log"')
    assert (fault.line, fault.column) == (5, 22)
    assert "`less`" in fault.message


def test_what_a_dyno_is_given_is_told_once() -> None:
    for command in ("heroku run rails console", "heroku run --app x -- python manage.py shell", "heroku run --app x -- bundle exec rails c"):  # fmt: skip
        assert len(of(rule, command)) == 1, command
    assert not finds(rule, "heroku run --app x -- python manage.py migrate")
