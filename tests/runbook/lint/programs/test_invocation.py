"""Calls as people write them, against the shipped tables: nothing that works may be held for a fault."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.programs import tools
from fireline.runbook.lint.programs.invocation import Invocation, invocation
from fireline.runbook.lint.shell.calls import calls


def of(command: str) -> Invocation | None:
    return invocation(tools.shipped(), calls(command)[0])


@pytest.mark.parametrize(
    "command",
    [
        "psql -h db -p5432 -U app -d shop -XAtc 'select 1' -v ON_ERROR_STOP=1 --set=x=1 --variable=y=2",
        "psql -1 -f dump.sql --single-transaction postgres://db/shop",
        "pg_dump -Fc -Z9 --no-owner --if-exists -c --exclude-table-data='audit.*' -f shop.dump shop",
        "pg_restore --no-owner -j4 -d shop --clean --if-exists shop.dump",
        "docker exec -it db psql -U postgres --no-align -c 'select 1'",
        "docker run --rm -e A=b -p 80:80 nginx:1 nginx -g 'daemon off;' --unknown",
        "docker --context prod ps -a --filter status=exited",
        "docker compose -f prod.yml up -d --force-recreate",
        "docker container list --all",
        "kubectl -n prod get pods -l app=web -o wide --sort-by=.metadata.name",
        "kubectl --context=prod --namespace prod rollout undo deployment/web --to-revision=3",
        "kubectl exec -it web-0 -n prod -- bash -lc 'ls --nothing'",
        "kubectl logs -f deploy/web --tail=100 --since=10m -c app --previous",
        "kubectl scale --replicas=0 deploy/web",
        "kubectl krew install ns",
        "kubectl ctx prod",
        "git -C /srv/app -c user.name=x log --oneline -5",
        "git unwind --hard",
        "git push --force-with-lease origin main",
        "eas update:rollback",
        "eas update rollback --non-interactive",
        "eas build:list --limit=5 --json --non-interactive",
        "eas build -p ios --profile production --no-wait",
        "supabase db dump --linked -f dump.sql",
        "supabase --workdir /srv db reset --debug",
        "supabase functions deploy api --project-ref abc",
        "systemctl --user restart app.service --no-pager",
        "systemctl status -l app --lines=50",
        "journalctl -u app -n 200 --since '10 min ago' --no-pager -o cat",
        "journalctl -fu app",
        "redis-cli -h cache -p 6379 --no-auth-warning INFO memory",
        "redis-cli CONFIG SET maxmemory-policy allkeys-lru",
        "curl -fsSL --retry 3 -X POST -H 'A: b' -d @body.json https://example.com/hook",
        "curl -sS -o /dev/null -w '%{http_code}' https://example.com",
        "gzip -9 -c dump.sql",
        "rsync -avz --delete --exclude=.git src/ host:/dst/",
        "openssl s_client -connect db:5432 -starttls postgres -servername db",
        "openssl x509 -in cert.pem -noout -enddate",
        "aws s3 cp dump.sql s3://bucket/ --sse --storage-class STANDARD_IA --region eu-central-1",
        "aws rds describe-db-instances --db-instance-identifier shop --query 'x' --output text",
        "aws --profile prod ecs update-service --cluster c --service s --force-new-deployment",
        "aws logs tail /app --since 1h --follow",
        "gcloud sql instances restart shop --project=prod --quiet",
        "gcloud compute ssh vm --zone=x -- ls --nothing",
        "heroku pg:backups:capture --app shop",
        "heroku pg:info -a shop",
        "heroku run -a shop -- rails c --sandbox",
        "heroku ps:scale web=0 -a shop",
        "alembic -c prod.ini downgrade -1",
        "alembic upgrade head --sql",
        "ansible-playbook -i hosts site.yml --limit db -e 'a=b' --check --diff -vvv --become",
        "ansible all -m ping -i hosts",
        "celery -A shop worker -l info --concurrency=4",
        "celery -A shop inspect active",
        "patronictl -c /etc/patroni.yml switchover --force",
        "patronictl list",
        "barman backup main --wait",
        "pgbouncer -R -d /etc/pgbouncer.ini",
        "terraform -chdir=prod apply -auto-approve",
        "terraform plan -out=plan -var 'a=b'",
        "nginx -t",
        "nginx -s reload",
        "npm i --legacy-peer-deps",
        "npm run migrate -- --to latest",
        "gh run rerun 123 --failed",
        "gh pr list --state open --limit 5",
        "sentry-cli releases list --org shop",
        "sentry-cli --auth-token x releases finalize 1.2",
        "django-admin migrate --fake shop zero",
        "psql --help",
        "psql \"$DATABASE_URL\" -c 'select 1'",
        "pg_isready -q -t 5",
        "kubectl get pods $OPTIONS --all-namespaces",
    ],
)
def test_what_works_is_no_fault(command: str) -> None:
    found = of(command)
    assert found is not None
    assert (found.wrong, [word.text for word in found.stray]) == (None, [])


@pytest.mark.parametrize(
    ("command", "wrong", "stray"),
    [
        ("eas build:rollback 4711", "build:rollback", []),
        ("eas build rollback", "rollback", []),
        ("kubectl --namespace prod rollout revert deploy/web", "revert", []),
        ("kubectl get pods --lines 5", None, ["--lines"]),
        ("docker ps --every", None, ["--every"]),
        ("docker container stopp x", "stopp", []),
        ("pg_dump --fromat=c shop", None, ["--fromat=c"]),
        ("psql -J x", None, ["-J"]),
        ("aws rds reboot-instance --force", "reboot-instance", []),
        ("systemctl bounce app", "bounce", []),
        ("npm rollback", "rollback", []),
    ],
)
def test_what_does_not_exist_is_one(command: str, wrong: str | None, stray: list[str]) -> None:
    found = of(command)
    assert found is not None
    assert found.wrong is None or found.wrong.text == wrong
    assert (found.wrong is None) == (wrong is None)
    assert [word.text for word in found.stray] == stray


@pytest.mark.parametrize("command", ["eas $COMMAND", "eas --strange build:rollback", "docker $OPTIONS rollback"])
def test_what_can_not_be_told_is_said_to_be_so(command: str) -> None:
    found = of(command)
    assert found is not None
    assert found.unsure
    assert found.wrong is None


def test_a_program_that_nobody_knows_is_none() -> None:
    assert of("deploy-tool --now") is None
