"""Which programs ask somebody at a terminal or open a screen, and with which options they do not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.runners import option_names


@dataclass(frozen=True)
class Question:
    """What a call wants from a terminal. hard: also when something is piped into it."""

    asks: str  # "asks which update to roll back to"
    instead: str = ""
    hard: bool = False


@dataclass(frozen=True)
class _Entry:
    """One line of the table."""

    words: tuple[str, ...]
    unless: frozenset[str]
    answered: int | None  # with so many more words it is told all it needs
    question: Question


_SCREEN = "waits for somebody at a terminal"
# Programs that are nothing but a screen: whatever they are given, unless it is one of these options.
_SCREENS: dict[str, str] = {
    **dict.fromkeys(option_names("vi vim nvim view nano pico emacs joe micro mcedit"), "-es -Es --batch"),
    **dict.fromkeys(option_names("less more most man"), "--version --help"),
    **dict.fromkeys(
        option_names("htop btop nethogs k9s lazydocker ctop glances bmon iftop nmtui tig"), "--version --help"
    ),
    "top": "-b -l --batch",
    "atop": "-r -w",
    "iotop": "-b --batch",
    "ncdu": "-o -0",
    "watch": "--version --help",
    "dialog": "--version",
    "whiptail": "--version",
    "minicom": "--version --help",
    "visudo": "-c --check",
    "vipw": "--help",
    "vigr": "--help",
    "passwd": "--stdin -l -u -e -d -S --lock --unlock --expire --delete --status",
    "mysql_secure_installation": "--use-default",
    "ssh-copy-id": "-n -o",
    "do-release-upgrade": "-c -f --check-dist-upgrade-only",
    "ipython": "-c",
    "ghci": "-e",
    "telnet": "--version",
}
_EDITORS = {"vi", "vim", "nvim", "nano", "pico", "emacs", "joe", "micro", "mcedit", "visudo", "vipw", "vigr"}
_PAGERS = {"less", "more", "most"}
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

# What runs until somebody stops it, with the options by which it does (or - for always) and those by which it ends.
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
        if not any(_after(words, told) is not None for told in _told(call)) or _given(call, ends):
            continue
        if by == {"-"} or _given(call, by):
            return instead
    return None


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
    if call.name in _SCREENS:
        return _screen(call)
    for entry in _entries().get(call.name, ()):
        told = next((at for words in _told(call) if (at := _after(entry.words, words)) is not None), None)
        if told is None:
            continue
        answered = entry.answered is not None and told >= entry.answered
        if answered or _given(call, entry.unless) or (call.fed and not entry.question.hard):
            return None
        return entry.question
    return None


def _screen(call: Call) -> Question | None:
    if _given(call, option_names(_SCREENS[call.name])) or call.has("--help", "--version"):
        return None
    if call.name in _PAGERS and (call.captured or call.place < len(call.pipeline) - 1 or call.to(">", ">>")):
        return None
    if call.name in ("passwd", "telnet", "ipython", "ghci", "ssh-copy-id") and call.fed:
        return None
    if call.name == "atop" and call.plain[:1] and call.plain[0].isdigit():
        return None
    instead = "Use a command that prints its answer and ends."
    if call.name in _EDITORS:
        return Question(
            "opens an editor",
            "Change the file with a command that needs nobody, or make it a step without a command.",
            hard=True,
        )
    if call.name in _PAGERS:
        return Question(
            "shows a file page by page at a terminal", "Print what is wanted: `tail -n 200 FILE`.", hard=True
        )
    return Question(_SCREEN, instead, hard=True)


def _told(call: Call) -> tuple[tuple[str, ...], ...]:
    """Its words that are no options, once with and once without those that may be an option's value; what is open counts as a word."""
    everything: list[str] = []
    without: list[str] = []
    for at, word in enumerate(call.words):
        if word.text.startswith("-") and not word.quoted:
            continue
        text = word.text if word.literal else "\0"
        everything.append(text)
        before = call.words[at - 1] if at else None
        value = before is not None and before.text.startswith("-") and not before.quoted and "=" not in before.text
        if not value:
            without.append(text)
    return tuple(dict.fromkeys((tuple(everything), tuple(without))))


def _after(wanted: tuple[str, ...], words: tuple[str, ...]) -> int | None:
    """How many words follow the wanted ones, those with a value apart: -var a=b; None when it does not begin with them."""
    if words[: len(wanted)] != wanted:
        return None
    return sum("=" not in word for word in words[len(wanted) :])


def _given(call: Call, options: frozenset[str]) -> bool:
    if any(word.text in options or word.text.partition("=")[0] in options for word in call.words):
        return True
    return any(len(one) == 2 and call.short(one[1]) for one in options)  # noqa: PLR2004 - a dash and a letter
