"""Make the shipped tables of src/fireline/runbook/lint/programs/trees/ from what installed programs say of themselves.

    scripts/command_trees.py --path FOLDER:FOLDER… [PROGRAM …]

The programs are installed by hand into a scratch folder first (npm, pip, apt), and their folders named by --path. A
program that is not found there is left as it is. Where a program brings a list of its commands (oclif's manifest, the
tree of completions of gcloud, the parser of awscli), that is read in place of its help texts.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from fireline.runbook.lint.programs import learning, shut_in
from fireline.runbook.lint.programs.help.reading import Help, read

TREES = Path(__file__).parents[1] / "src/fireline/runbook/lint/programs/trees"
shut_in.SECONDS = 60.0
DEEPEST = 4
_POOL = 2
Node = dict[str, Any]


@dataclass(frozen=True)
class Spec:
    """How one program is asked. deep: whether it has subcommands that are asked too."""

    brings: str
    package: str = ""  # as it is said in the label; the program when empty
    deep: bool = True
    help: tuple[str, ...] = ("--help",)
    colon: bool = False
    abbreviates: bool = False
    learn: bool = True
    tree: Callable[[str], Node] | None = None
    older: tuple[str, ...] = ()
    open: bool = False  # plugins or aliases may add subcommands
    plugin: str = ""  # how the program of a plugin begins: kubectl-
    plugins: str = ""  # plugins that are common
    there: str = ""  # subcommands and aliases (name=of) that its help leaves out
    options: str = ""  # options that its help leaves out; = at the end for those with a value
    passes: str = ""  # subcommands behind whose first argument another program is called
    version: tuple[str, ...] = ("--version",)
    flat: bool = False  # its first help names the options of all its subcommands
    whole: bool = False  # its help texts name all options, with those of the root, whatever they say of more


def oclif(program: str) -> Node:
    """The manifests of a program made with oclif, its plugins' included."""
    bin_file = Path(which(program, path=PATHS) or "").resolve()
    home = next(one for one in bin_file.parents if (one / "oclif.manifest.json").is_file())
    files = [home / "oclif.manifest.json"]
    core = json.loads((home / "package.json").read_text())["oclif"].get("plugins", [])
    for folder in (home / "node_modules", home.parent, *home.parents):
        files += [folder / name / "oclif.manifest.json" for name in core]
    root: Node = {"c": {}, "o": "--version", "a": 0}
    for file in dict.fromkeys(one for one in files if one.is_file()):
        for name, told in json.loads(file.read_text())["commands"].items():
            for path in (name, *told.get("aliases", []), *told.get("hiddenAliases", [])):
                _plant(root, path.split(":"), _oclif_node(told))
    return root


def _oclif_node(told: dict[str, Any]) -> Node:
    names: list[str] = []
    for flag in told.get("flags", {}).values():
        sign = "=" if flag["type"] == "option" else ""
        names += [f"--{one}{sign}" for one in (flag["name"], *flag.get("aliases", []))]
        names += [f"-{one}{sign}" for one in (flag.get("char"), *flag.get("charAliases", [])) if one]
    node: Node = {"o": " ".join(sorted(names))}
    if told.get("args") or not told.get("strict", True):
        node["a"] = 1
    if not told.get("strict", True):
        node["p"] = 1
    return node


def _plant(root: Node, path: list[str], node: Node) -> None:
    for name in path[:-1]:
        root = root.setdefault("c", {}).setdefault(name, {"o": ""})
    there = root.setdefault("c", {}).setdefault(path[-1], {})
    there.update(node)


def aws(program: str) -> Node:
    """The commands of awscli, from its own parser; options of those that runbooks call."""
    python = Path(which(program, path=PATHS) or "").resolve().parent / "python"
    done = subprocess.run([str(python), "-c", _AWS], capture_output=True, text=True, check=True, timeout=500)
    tree: Node = json.loads(done.stdout)
    return tree


_AWS = """
import json
from awscli.clidriver import create_clidriver
DEEP = set('s3 rds ecs ecr logs cloudwatch ssm secretsmanager sts lambda route53 autoscaling elasticache configure'.split())
EC2 = ('describe-instance', 'describe-volume', 'describe-snapshot', 'start-', 'stop-', 'reboot-', 'terminate-',
       'create-snapshot', 'create-volume', 'create-image', 'modify-volume', 'modify-instance-attribute', 'wait')
NAMED = set(('accessanalyzer acm amplify apigateway apigatewayv2 application-autoscaling appconfig athena backup '
    'batch budgets ce cloudformation cloudfront cloudtrail codebuild codecommit codedeploy codepipeline '
    'cognito-idp compute-optimizer datasync dms docdb dynamodb efs eks elasticbeanstalk elb elbv2 emr es '
    'events fis fsx glacier glue guardduty health iam inspector2 iot kafka kinesis kms lightsail mq '
    'neptune network-firewall opensearch organizations pi pipes pricing rds-data redshift resource-groups '
    'route53domains route53resolver s3api s3control sagemaker scheduler securityhub servicediscovery ses '
    'sesv2 shield sns sqs sso ssm-incidents stepfunctions support synthetics transfer wafv2 waf xray ').split())
ALWAYS = {'cli-input-json', 'cli-input-yaml', 'generate-cli-skeleton', 'cli-auto-prompt'}
driver = create_clidriver()
root = driver._get_command_table()
def options(table):
    return ' '.join(sorted('--' + n + ('' if getattr(a, 'cli_type_name', '') == 'boolean' else '=')
                           for n, a in table.items() if n not in ALWAYS and not getattr(a, 'positional_arg', False)))
def positional(table):
    return any(getattr(a, 'positional_arg', False) for a in table.values())
def node(command, depth, deep):
    table = below(command)
    try:
        arguments = command.arg_table
    except Exception:
        arguments = {}
    out = {}
    if deep: out['o'] = options(arguments)
    names = {n: c for n, c in table.items() if n != 'help'}
    if names and depth < 4:
        out['c'] = {n: (node(c, depth + 1, deep) if deep or depth == 0 else 0) for n, c in names.items()}
        if positional(arguments): out['a'] = 1
    return out if out else 0
def below(command):
    for name in ('_get_command_table', 'subcommand_table'):
        try:
            table = getattr(command, name)
            return table() if callable(table) else table
        except Exception:
            pass
    return {}
def service(name, command):
    if name in DEEP:
        return node(command, 1, True)
    if name == 'ec2':
        return {'o': '', 'c': {n: node(c, 2, True) if n.startswith(EC2) else 0 for n, c in below(command).items() if n != 'help'}}
    try:
        named = name in NAMED and below(command)
        return {'c': {n: 0 for n in named if n != 'help'}} if named else 0
    except Exception:
        return 0
c = {n: service(n, x) for n, x in root.items() if n != 'help'}
c['help'] = 0
globals_ = driver._get_cli_data()['options']
o = ' '.join('--' + n + ('' if a.get('action', '').startswith('store_') else '=') for n, a in globals_.items())
o += ' ' + ' '.join('--' + n + '=' for n in sorted(ALWAYS))
print(json.dumps({'o': o, 'c': c}))
"""


_WANTED = "sql compute run container logging projects auth config secrets storage functions app iam dns".split()  # noqa: SIM905 - easier to read than a list of strings


def gcloud(program: str) -> Node:
    """The tree of completions that the Cloud SDK brings; options of the groups that runbooks call."""
    home = Path(which(program, path=PATHS) or "").resolve().parents[1]
    text = (home / "data/cli/gcloud_completions.py").read_text()
    tree = ast.literal_eval(text[text.index("STATIC_COMPLETION_CLI_TREE = ") + 29 :])
    wanted = {*_WANTED}

    def node(told: dict[str, Any], deep: bool, level: int) -> Node | int:
        out: Node = {}
        if deep and level:
            flags = told.get("flags", {})
            out["o"] = " ".join(sorted(f"{name}{'' if kind == 'bool' else '='}" for name, kind in flags.items()))
        if told.get("commands") and (deep or level <= 1):
            rows = sorted(told["commands"].items())
            out["c"] = {name: node(one, deep if level else name in wanted and deep, level + 1) for name, one in rows}
        return out or 0

    tracks = {name: one for name, one in tree["commands"].items() if name not in ("alpha", "beta", "preview")}
    root = node({**tree, "commands": tracks}, deep=True, level=0)
    assert isinstance(root, dict)
    root["c"] |= {"alpha": 0, "beta": 0, "preview": 0, "help": 0, "version": 0, "cheat-sheet": 0, "docker": 0}
    names = [f"{name}{'' if kind == 'bool' else '='}" for name, kind in tree["flags"].items()]
    root["o"] = " ".join(
        sorted({*names, "-q", "--quiet", "--project=", "--account=", "--format=", "--filter=", "--verbosity="})
    )
    return root


def npm(program: str) -> Node:
    """The commands and aliases of npm; any of its settings is an option, so options are not known."""
    home = Path(which(program, path=PATHS) or "").resolve().parents[1]
    script = "const c=require(process.argv[1]);process.stdout.write(JSON.stringify([c.commands,c.aliases]))"
    done = subprocess.run(["node", "-e", script, str(home / "lib/utils/cmd-list.js")], capture_output=True, check=True)
    commands, aliases = json.loads(done.stdout)
    return {"c": {**dict.fromkeys([*commands, *aliases], 0)}, "a": 0}


def openssl(program: str) -> Node:
    """Its standard commands with their options, and the names of digests and ciphers."""
    file = which(program, path=PATHS) or ""
    children: Node = {}
    for kind in ("-commands", "-digest-commands", "-cipher-commands"):
        for name in _run([file, "list", "-1", kind]).split():
            children[name] = _node(read(_run([file, name, "-help"]), (program, name))) if kind == "-commands" else 0
    return {"o": "-help --help", "c": children, "a": 0}


def git(program: str) -> Node:
    """Its commands with what `-h` says; a command that is not among them may be an alias."""
    file = which(program, path=PATHS) or ""
    children: Node = {}
    for name in _run([file, "--list-cmds=main,others,nohelpers"]).split():
        told = read(_run([file, name, "-h"]), (program, name))
        whole = told.options is not None and name not in (
            "log",
            "show",
            "diff",
            "rev-list",
            "rev-parse",
            "stash",
            "bisect",
        )
        children[name] = {"o": _options(told)} if whole else 0
    options = (
        "-v --version -h --help -C= -c= --exec-path --html-path --man-path --info-path -p --paginate -P --no-pager"
    )
    options += " --no-replace-objects --bare --git-dir= --work-tree= --namespace= --super-prefix= --config-env= --literal-pathspecs"
    return {"o": f"{options} --no-optional-locks", "c": children, "x": 1, "a": 0}


def django(program: str) -> Node:
    """The commands that Django itself brings; each application may add its own."""
    file = which(program, path=PATHS) or ""
    names = _run([file, "help", "--commands"]).split()
    return {"c": {name: _node(read(_run([file, name, "--help"]), (program, name))) for name in names}, "x": 1, "a": 0}


def postgres(name: str) -> Spec:
    """A client program of PostgreSQL."""
    hidden = "--attribute-inserts" if name in ("pg_dump", "pg_dumpall") else ""
    return Spec(
        "apt install postgresql-client",
        "PostgreSQL",
        deep=False,
        abbreviates=True,
        older=(f"_{name}@15",),
        options=hidden,
    )


SPECS: dict[str, Spec] = {
    "eas": Spec("npm install --global eas-cli", "eas-cli", colon=True, tree=oclif),
    "heroku": Spec("npm install --global heroku", colon=True, tree=oclif),
    "supabase": Spec("npm install --save-dev supabase", older=("_supabase@2", "_supabase@2.109"), there="help completion"),
    "vercel": Spec("npm install --global vercel", there="help ls=list rm=remove ln=alias", learn=False),
    "netlify": Spec("npm install --global netlify-cli", "netlify-cli", colon=True),
    "firebase": Spec("npm install --global firebase-tools", "firebase-tools"),
    "wrangler": Spec("npm install --global wrangler"),
    "prisma": Spec("npm install --save-dev prisma", there="help"),
    "sentry-cli": Spec("npm install --global @sentry/cli", "@sentry/cli"),
    "pm2": Spec("npm install --global pm2", learn=False, open=True),  # its --help starts a daemon
    "npm": Spec("apt install npm", tree=npm, learn=False),
    "aws": Spec(
        "pip install awscli", "awscli", tree=aws, learn=False, open=True, abbreviates=True,
        there="logs/tail logs/start-live-tail configure/sso configure/sso-session configure/import configure/list-profiles "
        "configure/export-credentials sso ddb login logout history",  # of the second version, which no registry has
        options="--no-cli-pager --cli-binary-format= --no-cli-auto-prompt --cli-auto-prompt --cli-error-format=",
    ),
    "gcloud": Spec("https://cloud.google.com/sdk", "Google Cloud SDK", tree=gcloud, learn=False),
    "alembic": Spec("pip install alembic", abbreviates=True),
    "django-admin": Spec("pip install django", "Django", tree=django, learn=False, abbreviates=True),
    "ansible": Spec("pip install ansible", "ansible-core", deep=False, abbreviates=True),
    "ansible-playbook": Spec("pip install ansible", "ansible-core", deep=False, abbreviates=True),
    "ansible-vault": Spec("pip install ansible", "ansible-core", abbreviates=True),
    "ansible-inventory": Spec("pip install ansible", "ansible-core", deep=False, abbreviates=True),
    "ansible-galaxy": Spec("pip install ansible", "ansible-core", abbreviates=True),
    "celery": Spec("pip install celery", open=True),
    "http": Spec("pip install httpie", "httpie", deep=False, abbreviates=True),
    "patronictl": Spec("pip install patroni", "patroni", version=("version",)),
    "barman": Spec("pip install barman", abbreviates=True),
    "pgcli": Spec("pip install pgcli", deep=False),
    "flask": Spec("pip install flask", open=True),
    "gunicorn": Spec("pip install gunicorn", deep=False, abbreviates=True),
    "uvicorn": Spec("pip install uvicorn", deep=False),
    "gh": Spec("https://cli.github.com", open=True, plugin="gh-"),
    "docker": Spec(
        "apt install docker.io", open=True,
        there="compose buildx scout model init mcp ai desktop debug sbom extension sandbox offload pass app help",
    ),
    "kubectl": Spec(
        "https://kubernetes.io/docs/tasks/tools", open=True, version=("version", "--client"), whole=True, plugin="kubectl-", there="options help alpha",
        plugins="krew ctx ns neat tree cnpg stern argo rollouts cert-manager minio access-matrix who-can view-secret "
        "resource-capacity sniff trace debug iexec df-pv images outdated status get-all konfig ingress-nginx oidc-login "
        "node-shell pgo zalando postgres kots hns tail graph score modify-secret rabbitmq crossplane karmada virt cilium",
    ),
    "terraform": Spec("https://developer.hashicorp.com/terraform", help=("-help",), there="version"),
    "systemctl": Spec(
        "apt install systemd", "systemd", abbreviates=True, deep=False, flat=True,
        options="--drop-in= --kill-value= --message= --no-warn --stdin --verbose --when=",  # of systemd after 252
        there="force-reload condrestart condreload condstop reload-or-try-restart soft-reboot whoami sleep list-paths "
        "default import-environment show-environment set-environment unset-environment",
    ),
    "journalctl": Spec("apt install systemd", "systemd", deep=False, abbreviates=True, options="--force --no-hostname"),
    "curl": Spec("apt install curl", deep=False, help=("--help", "all"), abbreviates=True),
    "git": Spec("apt install git", tree=git, learn=False, abbreviates=True),
    "gzip": Spec("apt install gzip", deep=False, abbreviates=True, options="-1 -2 -3 -4 -5 -6 -7 -8 -9 --fast --best --to-stdout --uncompress --ascii -a --silent"),
    "openssl": Spec("apt install openssl", tree=openssl, learn=False, version=("version",)),
    "rsync": Spec("apt install rsync", deep=False),
    "nginx": Spec("apt install nginx", deep=False, help=("-h",), version=("-v",), learn=False),
    "haproxy": Spec("apt install haproxy", deep=False, help=("-h",), version=("-v",), learn=False),
    "redis-cli": Spec("apt install redis-tools", deep=False),
    "pgbouncer": Spec("apt install pgbouncer", deep=False, abbreviates=True),
    **{
        name: postgres(name)
        for name in ["psql", "pg_dump", "pg_dumpall", "pg_restore", "createdb", "dropdb", "createuser", "dropuser", "pg_basebackup", "pg_isready", "reindexdb", "vacuumdb", "clusterdb", "pgbench", "pg_ctl", "pg_amcheck", "pg_verifybackup", "pg_rewind", "pg_receivewal", "pg_controldata"]
    },
}  # fmt: skip
PATHS = ""


def _run(command: list[str]) -> str:
    os.environ["PATH"] = f"{PATHS}:{os.environ['PATH']}"
    return shut_in.run(command) or ""


def _options(told: Help, without: frozenset[str] = frozenset()) -> str:
    names = (told.options or frozenset()) - without
    return " ".join(sorted(f"{one}{'=' if one in told.with_value else ''}" for one in names))


def _node(told: Help, without: frozenset[str] = frozenset(), *, whole: bool = False) -> Node | int:
    node: Node = {}
    if told.options is not None and (whole or not told.partial):
        node["o"] = _options(told, without)
    if told.passes:
        node["p"] = 1
    if told.subcommands and told.arguments:
        node["a"] = 1
    return node or 0


@dataclass
class Crawl:
    """The help texts of one program, from the root down."""

    program: str
    spec: Spec
    pool: ThreadPoolExecutor
    seen: set[str] = field(default_factory=set)

    def ask(self, path: tuple[str, ...]) -> str:
        """The help text at a path."""
        file = which(self.program, path=PATHS)
        assert file is not None
        return _run([file, *path, *self.spec.help])

    def tree(self) -> Node:
        """The whole of it."""
        text = self.ask(())
        self.seen.add(text)
        told = read(text, (self.program,))
        node = _node(told) or ({} if told.subcommands else 0)
        if not isinstance(node, dict):
            raise SystemExit(f"{self.program}: nothing to read in\n{text[:500]}")
        if self.program == "kubectl":
            node["o"] = _options(read(_run([which("kubectl", path=PATHS) or "", "options"])))
        if self.spec.deep and told.subcommands:
            node["c"] = self.children((), told, told.options or frozenset())
            node.setdefault("a", int(told.arguments))
        elif told.subcommands:
            node["c"] = dict.fromkeys(sorted(told.subcommands), 0)
            node.setdefault("a", int(told.arguments))
        return node

    def children(self, path: tuple[str, ...], told: Help, above: frozenset[str]) -> Node:
        """What stands below a path, without the options that are above."""
        names = sorted(told.subcommands)
        texts = dict(zip(names, self.pool.map(lambda name: self.ask((*path, name)), names), strict=True))
        found: Node = {}
        for name, text in texts.items():
            inner = read(text, (self.program, *path, name))
            if text in self.seen or (inner.options is None and not inner.subcommands):
                found[name] = 0
                continue
            if inner.subcommands:  # a plain command may say the same as its brother
                self.seen.add(text)
            node = _node(inner, above, whole=self.spec.whole)
            assert isinstance(node, dict) or not node
            if inner.subcommands and len(path) + 1 < DEEPEST:
                node = node or {}
                node["c"] = self.children((*path, name), inner, above | (inner.options or frozenset()))
            found[name] = node
            for alias in inner.aliases:
                if alias not in texts:
                    found.setdefault(alias, name)
        return found


# Parts whose help no reader takes apart (options glued to their words, headings of its own), copied from it by eye.
READ_BY_EYE: dict[str, Node] = {
    "prisma": {
        "migrate": {"o": "--config= --help --schema= -h", "a": 0, "c": {
            **dict.fromkeys(["dev", "reset", "deploy", "status", "resolve"], 0),
            "diff": {"o": "--config= --exit-code --from-config-datasource --from-empty --from-migrations= --from-schema= --help --output= "
                          "--script --to-config-datasource --to-empty --to-migrations= --to-schema= -h -o="}}},
        "db": {"o": "--config= --help --schema= -h", "a": 0, "c": dict.fromkeys(["pull", "push", "seed", "execute"], 0)},
    },
    "wrangler": {
        "secret": {"o": "--config= --cwd= --env-file= --env= --help --version -c= -e= -h -v", "a": 0,
                   "c": dict.fromkeys(["put", "delete", "list", "bulk"], 0)},
    },
    "netlify": {
        "deploy": {"o": "--alias= --allow-anonymous --auth= --context= --create-site --created-via= --debug --dir= --filter= --functions= "
                        "--help --json --message= --no-build --open --prod --prod-if-unlocked --site-name= --site= --skip-functions-cache "
                        "--team= --timeout= --trigger -O -d= -f= -h -m= -o -p -s="},
    },
}  # fmt: skip


def make(program: str, pool: ThreadPoolExecutor, name: str | None = None) -> None:
    """Write the table of one program."""
    spec = SPECS[program]
    tree = spec.tree(program) if spec.tree else Crawl(program, spec, pool).tree()
    for one in spec.there.split():
        left, _, right = one.partition("=")
        *above, last = left.split("/")
        inner = tree
        for word in above:
            inner = inner["c"][word]
        names = inner.setdefault("c", {})
        if last not in names and (not right or right in names):
            names[last] = right or 0
    if spec.flat:
        tree["c"] = {name: one or {"o": ""} for name, one in tree["c"].items()}
    tree.setdefault("c", {}).update(READ_BY_EYE.get(program, {}))
    if program == "netlify":
        tree["o"] = "--auth= --debug --filter= --help --version -h"  # every command has them
    if spec.options:
        tree["o"] = f"{tree['o']} {spec.options}"
    if spec.open:
        tree["x"] = 1
    said = _run([which(program, path=PATHS) or "", *spec.version])
    number = learning.version_in(said, program) or (re.search(r"\d{3}", said) or ["?"])[0]
    told = {
        "program": program,
        "version": number,
        "label": f"{spec.package or program} {number}",
        "brings": spec.brings,
        **{key: 1 for key in ("colon", "abbreviates", "learn") if getattr(spec, key)},
        **({"older": list(spec.older)} if spec.older and name is None else {}),
        **({"plugin": spec.plugin, "plugins": spec.plugins} if spec.plugin else {}),
        "tree": tree,
    }
    file = TREES / f"{name or program}.json"
    file.write_text(json.dumps(told, separators=(",", ":"), sort_keys=False) + "\n", encoding="utf-8")
    print(f"{name or program}: {told['label']}, {file.stat().st_size / 1000:.1f} kB")


def main() -> None:
    """Make the tables of those that are found."""
    global PATHS  # noqa: PLW0603
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--path", required=True, help="folders with the programs, as in PATH")
    parser.add_argument("--older", default="", metavar="MAJOR", help="write them as the tables of an older version")
    parser.add_argument("program", nargs="*")
    given = parser.parse_args()
    PATHS = given.path
    with ThreadPoolExecutor(_POOL) as pool:
        for program in given.program or [name for name in SPECS if which(name, path=PATHS)]:
            make(program, pool, f"_{program}@{given.older}" if given.older else None)


if __name__ == "__main__":
    main()
