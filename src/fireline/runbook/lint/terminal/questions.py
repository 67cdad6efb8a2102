"""Which programs ask somebody at a terminal, and with which options they do not: a table of commands as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.runners import option_names
from fireline.runbook.lint.terminal.question import Question
from fireline.runbook.lint.terminal.screens import SCREENS, screen
from fireline.runbook.lint.terminal.told import after, given, told


@dataclass(frozen=True)
class _Entry:
    """One line of the table."""

    words: tuple[str, ...]
    unless: frozenset[str]
    answered: int | None  # with so many more words it is told all it needs
    question: Question


# words | the options with which it does not ask | how many more words answer it, - for none | what it does | what to do instead
_TABLE = """
eas update:rollback | | 1 | asks which update to roll back to | Say which: `eas update:republish --group ID --message TEXT --non-interactive`, or `eas update:roll-back-to-embedded --branch B --runtime-version V --message TEXT --non-interactive`.
eas update:republish | --group --non-interactive --json | - | asks which update to publish again | Give --group, --message and --non-interactive.
eas update:roll-back-to-embedded | --non-interactive --json | - | asks for the branch and the runtime version | Give --branch, --runtime-version, --message and --non-interactive.
eas update:delete | --non-interactive --json | - | asks whether it may delete | Give --non-interactive.
eas update:revert-update-rollout | --non-interactive --json | - | asks which rollout to revert | Give --channel or --branch, --message and --non-interactive.
eas update:edit | --non-interactive --json | - | asks which update and how far | Give the group, --rollout-percentage and --non-interactive.
eas build:cancel | --non-interactive | 1 | asks which build | Name the build, with --non-interactive.
eas build:resign | --non-interactive | - | asks which build | Give --id and --non-interactive.
eas credentials | --version --help | - | opens a menu | Do it by hand, in a step without a command.
eas update:list | --branch --all --non-interactive --json | - | asks for the branch | Give --branch and --non-interactive.
eas login | --help | - | asks for name and password | Use a token: EXPO_TOKEN in the environment.
apt install | -y --yes --assume-yes -qq -s --simulate --dry-run -d | - | asks before it installs | Give -y.
apt upgrade | -y --yes --assume-yes -qq -s --simulate --dry-run | - | asks before it upgrades | Give -y.
apt full-upgrade | -y --yes --assume-yes -qq -s --simulate --dry-run | - | asks before it upgrades | Give -y.
apt remove | -y --yes --assume-yes -qq -s --simulate --dry-run | - | asks before it removes | Give -y.
apt purge | -y --yes --assume-yes -qq -s --simulate --dry-run | - | asks before it removes | Give -y.
apt autoremove | -y --yes --assume-yes -qq -s --simulate --dry-run | - | asks before it removes | Give -y.
apt-get install | -y --yes --assume-yes -qq -s --simulate --dry-run -d | - | asks before it installs | Give -y.
apt-get upgrade | -y --yes --assume-yes -qq -s --simulate --dry-run | - | asks before it upgrades | Give -y.
apt-get dist-upgrade | -y --yes --assume-yes -qq -s --simulate --dry-run | - | asks before it upgrades | Give -y.
apt-get remove | -y --yes --assume-yes -qq -s --simulate --dry-run | - | asks before it removes | Give -y.
apt-get purge | -y --yes --assume-yes -qq -s --simulate --dry-run | - | asks before it removes | Give -y.
apt-get autoremove | -y --yes --assume-yes -qq -s --simulate --dry-run | - | asks before it removes | Give -y.
yum install | -y --assumeyes --assumeno | - | asks before it installs | Give -y.
yum update | -y --assumeyes --assumeno | - | asks before it updates | Give -y.
yum upgrade | -y --assumeyes --assumeno | - | asks before it upgrades | Give -y.
yum remove | -y --assumeyes --assumeno | - | asks before it removes | Give -y.
dnf install | -y --assumeyes --assumeno | - | asks before it installs | Give -y.
dnf update | -y --assumeyes --assumeno | - | asks before it updates | Give -y.
dnf upgrade | -y --assumeyes --assumeno | - | asks before it upgrades | Give -y.
dnf remove | -y --assumeyes --assumeno | - | asks before it removes | Give -y.
zypper install | -y -n --non-interactive --no-confirm --dry-run | - | asks before it installs | Give --non-interactive.
zypper update | -y -n --non-interactive --no-confirm --dry-run | - | asks before it updates | Give --non-interactive.
dpkg-reconfigure | -f --frontend -u | - | asks its questions on a screen | Give -f noninteractive.
ufw enable | --force --dry-run | - | asks whether it may cut connections | Use `ufw --force enable`.
ufw reset | --force --dry-run | - | asks whether it may | Use `ufw --force reset`.
terraform apply | -auto-approve --auto-approve -input=false --help | 1 | asks whether to apply the plan | Plan to a file, read it, and apply the file: `terraform plan -out p` then `terraform apply p`.
tofu apply | -auto-approve --auto-approve -input=false --help | 1 | asks whether to apply the plan | Plan to a file, read it, and apply the file.
terraform destroy | -auto-approve --auto-approve --help | - | asks whether to destroy | Plan to a file with -destroy, read it, and apply the file.
tofu destroy | -auto-approve --auto-approve --help | - | asks whether to destroy | Plan to a file with -destroy, read it, and apply the file.
pulumi up | -y --yes --non-interactive -f --skip-preview | - | asks whether to go on | Preview first, then give --yes.
pulumi destroy | -y --yes --non-interactive -f | - | asks whether to destroy | Preview first, then give --yes.
prisma migrate reset | --force -f | - | asks whether to lose all data | Do not: restore a backup beside it instead.
prisma migrate dev | --create-only | - | asks at a terminal, and is for development | Use `prisma migrate deploy`.
gcloud init | --help | - | asks its questions one by one | Use a service account: `gcloud auth activate-service-account --key-file FILE`.
gcloud auth login | --cred-file --help | - | opens a browser | Use a service account: `gcloud auth activate-service-account --key-file FILE`.
gcloud compute ssh | --command --dry-run | - | opens a shell on the machine | Give --command.
gcloud sql connect | --help | - | opens psql and asks for the password | Use psql with -c and a password file.
aws configure | --help --version | 1 | asks for the keys | Use a profile or a role: AWS_PROFILE.
aws configure sso | --help | - | asks its questions one by one | Use a profile that is there: AWS_PROFILE.
aws sso login | --help | - | opens a browser | Log in before the incident, or use a role.
aws ssm start-session | --document-name | - | opens a shell on the machine | Use `aws ssm send-command` with the commands.
az login | --identity --service-principal --use-device-code | - | opens a browser | Use --identity or --service-principal.
az webapp ssh | | - | opens a shell | Use `az webapp log` or a command of its own.
heroku login | | - | opens a browser | Use a token: HEROKU_API_KEY in the environment.
heroku run bash | -c --help | - | opens a shell | Give the command itself: `heroku run --exit-code -- COMMAND`.
heroku run sh | -c --help | - | opens a shell | Give the command itself: `heroku run --exit-code -- COMMAND`.
heroku run console | --help | - | opens a console | Give the command itself, such as `rails runner`.
heroku run rails console | --help | - | opens a console | Use `rails runner 'CODE'`.
heroku run rails c | --help | - | opens a console | Use `rails runner 'CODE'`.
heroku run python | -c --help | 1 | opens a console | Give the script or -c.
heroku ps:exec | --help | 1 | opens a shell | Give the command itself.
heroku pg:psql | -c --command -f --file --help | - | opens psql | Give --command.
heroku pg:reset | --confirm -c --help | - | asks for the name of the app | Give --confirm APP.
heroku pg:copy | --confirm -c --help | - | asks for the name of the app | Give --confirm APP.
heroku pg:backups:restore | --confirm -c --help | - | asks for the name of the app | Give --confirm APP.
heroku apps:destroy | --confirm -c --help | - | asks for the name of the app | Give --confirm APP.
heroku addons:destroy | --confirm -c --help | - | asks for the name of the app | Give --confirm APP.
rails console | --help -h | - | opens a console | Use `rails runner 'CODE'`.
rails c | --help -h | - | opens a console | Use `rails runner 'CODE'`.
rails dbconsole | --help -h | - | opens a console | Use psql with -c.
rails db | --help -h | - | opens a console | Use psql with -c.
artisan tinker | --execute | - | opens a console | Give --execute.
flask shell | | - | opens a console | Write a command of its own for it.
django-admin shell | -c --command | - | opens a console | Give --command.
django-admin dbshell | | - | opens a console | Use psql with -c.
fly ssh console | -C --command | - | opens a shell on the machine | Give --command.
flyctl ssh console | -C --command | - | opens a shell on the machine | Give --command.
fly postgres connect | | - | opens psql | Use `fly proxy` and psql with -c.
flyctl postgres connect | | - | opens psql | Use `flyctl proxy` and psql with -c.
fly apps destroy | -y --yes | - | asks whether it may destroy | Give --yes.
flyctl apps destroy | -y --yes | - | asks whether it may destroy | Give --yes.
railway login | | - | opens a browser | Use a token: RAILWAY_TOKEN in the environment.
railway connect | | - | opens psql | Use psql with -c and the database's URL.
railway shell | | - | opens a shell | Use `railway run COMMAND`.
vercel login | | - | opens a browser | Use --token with a token from the environment.
netlify login | | - | opens a browser | Use a token: NETLIFY_AUTH_TOKEN in the environment.
firebase login | --no-localhost | - | opens a browser | Use a service account: GOOGLE_APPLICATION_CREDENTIALS.
firebase firestore:delete | -f --force -y --yes | - | asks whether it may delete | Give --force, after an export.
wrangler login | | - | opens a browser | Use a token: CLOUDFLARE_API_TOKEN in the environment.
wrangler rollback | -y --yes | - | asks whether to roll back | Give --yes and --message.
supabase login | --token | - | opens a browser | Use a token: SUPABASE_ACCESS_TOKEN in the environment.
gh auth login | --with-token | - | asks its questions one by one | Use a token: GH_TOKEN in the environment.
gh run watch | | 1 | asks which run | Name the run.
gh run rerun | --job -j | 1 | asks which run | Name the run.
gh run cancel | | 1 | asks which run | Name the run.
gh workflow run | | 1 | asks which workflow | Name the workflow.
docker login | -p --password --password-stdin | - | asks for name and password | Use --password-stdin.
docker attach | --no-stdin | - | opens a container's terminal | Use `docker logs` or `docker exec`.
docker system prune | -f --force | - | asks whether to remove | Give --force, after a look at `docker system df`.
docker volume prune | -f --force | - | asks whether to remove | Give --force, after a look at `docker volume ls`.
docker image prune | -f --force | - | asks whether to remove | Give --force.
docker container prune | -f --force | - | asks whether to remove | Give --force.
docker network prune | -f --force | - | asks whether to remove | Give --force.
docker builder prune | -f --force | - | asks whether to remove | Give --force.
npm login | | - | asks for name and password | Use a token in .npmrc.
npm init | -y --yes | - | asks its questions one by one | Give -y.
kubectl edit | | - | opens an editor | Use `kubectl patch` or `kubectl apply -f FILE`.
oc edit | | - | opens an editor | Use `oc patch` or `oc apply -f FILE`.
kubectl attach | | - | opens a container's terminal | Use `kubectl logs` or `kubectl exec`.
systemctl edit | --stdin | - | opens an editor | Write the file in /etc/systemd/system/UNIT.d/ and run `systemctl daemon-reload`.
ansible-vault edit | | - | opens an editor | Do it by hand, in a step without a command.
ansible-vault create | | - | opens an editor | Do it by hand, in a step without a command.
patronictl failover | --force | - | asks for the candidate and a yes | Give --candidate and --force.
patronictl switchover | --force | - | asks for the candidate and a yes | Give --leader, --candidate and --force.
patronictl reinit | --force | - | asks for the member and a yes | Name the member, with --force.
patronictl restart | --force | - | asks when and which member | Give --force.
patronictl edit-config | --force -s -p --apply --replace | - | opens an editor | Give -s KEY=VALUE and --force.
vault login | -method -token-only -path | 1 | asks for the token | Use VAULT_TOKEN in the environment.
vault operator unseal | -reset -status | 1 | asks for a key | Do it by hand, in a step without a command.
op signin | | - | asks for the password | Use a service account: OP_SERVICE_ACCOUNT_TOKEN.
bw login | --apikey --check | - | asks for name and password | Use --apikey.
bw unlock | --check --passwordenv --passwordfile | 1 | asks for the password | Use --passwordenv.
tmux attach | | - | opens a terminal | Do it by hand, in a step without a command.
pm2 monit | | - | opens a screen | Use `pm2 list` or `pm2 logs --nostream`.
openssl req | -subj -batch -config -in -x509toreq -help | - | asks for the parts of the name | Give -subj.
"""


@cache
def _entries() -> dict[str, tuple[_Entry, ...]]:
    found: dict[str, list[_Entry]] = {}
    for line in _TABLE.strip().splitlines():
        words, unless, more, asks, instead = (part.strip() for part in line.split("|"))
        program, *rest = words.split()
        answered = None if more == "-" else int(more)
        hard = asks.startswith("opens")
        entry = _Entry(tuple(rest), option_names(unless), answered, Question(asks, instead, hard))
        found.setdefault(program, []).append(entry)
    return {name: tuple(sorted(entries, key=lambda one: -len(one.words))) for name, entries in found.items()}


def asked(call: Call) -> Question | None:
    """What this call asks somebody at a terminal by the tables; None for nothing that is known."""
    if call.name in SCREENS:
        return screen(call)
    for entry in _entries().get(call.name, ()):
        more = next((at for words in told(call) if (at := after(entry.words, words)) is not None), None)
        if more is None:
            continue
        answered = entry.answered is not None and more >= entry.answered
        if answered or given(call, entry.unless) or (call.fed and not entry.question.hard):
            return None
        return entry.question
    return None
