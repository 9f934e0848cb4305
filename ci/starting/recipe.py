"""What a Dockerfile says, instruction by instruction: what an image has of it, and the rest."""

import posixpath
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ..lock.airflow_version import airflow_of, is_airflow
from .commands import commands, exec_form, substituted
from .installs import OWNERS, Installs
from .instructions import Instruction, read
from .masking import is_secret
from .mounts import LOCK, OTHER_IMAGE, UV, UV_IMAGE, Mounted, mounted
from .places import named_below, same_place
from .stages import arguments, defaults, own_instructions, stage
from .told import Told, shown
from .variables import HOME, assignments, fate

_USERS = frozenset(
    {"airflow", "50000", "airflow:root", "airflow:0", "50000:0", "50000:root", "${AIRFLOW_UID}"}
)
_ROOT = frozenset({"root", "0", "root:root", "0:0", "root:0"})
_ENTRYPOINT = ("/usr/bin/dumb-init", "--", "/entrypoint")
_UNKNOWN = Mounted(outcome="has no counterpart: no command of this file is run any more", todo=True)
# What these become; each has something to do for those who need it.
_NOTED = {
    "ARG": "a build takes no arguments: write the value where it was used",
    "CMD": "the base's own command stays: a pod names what it runs",
    "ENTRYPOINT": "the base's own entrypoint stays: do what yours did in a task, or make a base of your own",
    "EXPOSE": "a port is the pod's to name: set it in the pod template",
    "HEALTHCHECK": "Kubernetes doesn't read it: set a probe in the pod template",
    "LABEL": "publish writes the labels of OCI; others have no place",
    "MAINTAINER": "publish writes the labels of OCI; others have no place",
    "ONBUILD": "no image is built from this one by a Dockerfile",
    "STOPSIGNAL": "the base's own signal stays: end your work on SIGTERM",
    "VOLUME": "a volume is the pod's to name: set it in the pod template",
}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a Dockerfile comes to; ``dags`` and ``scripts`` are paths below these, "" for all of them."""

    file: str
    told: tuple[Told, ...]
    installs: Installs
    env: dict[str, str]
    dags: frozenset[str]
    scripts: frozenset[str]
    lines: frozenset[int]
    """Where its instructions begin."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a Dockerfile is read with: the DAG type, the pinned base, and the paths of all files."""

    dag_type: str
    base: str
    files: Collection[str]


def recipe(file: str, text: str, facts: Facts) -> Recipe:
    """Judge every instruction of a Dockerfile.

    Args:
        file: its path, as it is told.
        text: its content.
        facts: what else counts.
    """
    instructions = read(text)
    judge = _Judge(file, facts, defaults(instructions))
    own = own_instructions(instructions)
    users = [index for index in sorted(own) if instructions[index].name == "USER"]
    for index, each in enumerate(instructions):
        if index not in own and each.name != "ARG":
            remedy = "is of a stage that the last isn't made from: what it makes must be a dependency"
            judge.tell(each, f"{remedy}, a script or in a base", todo=True)
        elif index not in own:
            judge.arguments(each)
        elif index in users[-1:] and each.value in _ROOT:
            judge.tell(each, "an image runs as airflow (uid 50000), never as root", todo=True)
        else:
            judge.judge(each)
    told = [*judge.told, *judge.installs.told]
    return Recipe(
        file=file,
        told=tuple(sorted(told, key=lambda each: each.line)),
        installs=judge.installs,
        env=judge.env,
        dags=frozenset(judge.dags),
        scripts=frozenset(judge.scripts),
        lines=frozenset(each.line for each in instructions),
    )


@dataclass
class _Judge:
    """Goes through the instructions of the last stage, and of those that it is made from."""

    file: str
    facts: Facts
    defaults: dict[str, str]
    told: list[Told] = field(default_factory=list[Told])
    env: dict[str, str] = field(default_factory=dict[str, str])
    dags: set[str] = field(default_factory=set[str])
    scripts: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        """Begin with what the base says."""
        self.variables = {"AIRFLOW_HOME": HOME}
        self.official = False
        self.workdir = HOME
        self.stages = set[str]()
        self.own = f"pyproject.{self.facts.dag_type}.toml"
        names = {self.own, *(["pyproject.toml"] if self.own in self.facts.files else [])}
        self.installs = Installs(file=self.file, dag_type=self.facts.dag_type, pyproject=frozenset(names))
        self.kinds: dict[str, Callable[[Instruction], None]] = {
            "FROM": self._from,
            "RUN": self._run,
            "ENV": self._env,
            "ARG": self._arg,
            "COPY": self._copy,
            "ADD": self._copy,
            "USER": self._user,
            "WORKDIR": self._workdir,
            "SHELL": lambda each: self.tell(each, "no command of this file is run any more"),
            "ENTRYPOINT": self._entrypoint,
        }

    def judge(self, each: Instruction) -> None:
        """Judge one instruction: at its line, something is told of it in any case."""
        if each.name in self.kinds:
            self.kinds[each.name](each)
        else:
            self.tell(each, _NOTED.get(each.name, "isn't known: see what it was for"), todo=True)

    def tell(self, each: Instruction, outcome: str, *, todo: bool = False, what: str = "") -> None:
        """Tell what becomes of an instruction, or of a part of it."""
        text = what or shown("".join(piece.text for piece in each.pieces))
        name = each.name if each.name.isalpha() else shown(each.name)
        self.told.append(
            Told(file=self.file, line=each.line, what=f"{name} {text}".strip(), outcome=outcome, todo=todo)
        )

    def _from(self, each: Instruction) -> None:
        source, alias = stage(each)
        reference = substituted(source, self.defaults)
        wanted = self.facts.base.partition("@")[0]
        if reference.lower() in self.stages:
            self.tell(each, "goes on with a stage of this file")
        elif "docker.io/" + reference.partition("@")[0].removeprefix("docker.io/") == wanted:
            self.tell(each, "is the base of ci/pins.toml")
        else:
            told = f"the base is {wanted}: to have another, pin it in ci/pins.toml, for all types"
            self.tell(each, told, todo=True)
        if reference.lower() not in self.stages:
            self.official = is_airflow(reference)
            own = {"AIRFLOW_VERSION": airflow_of(self.facts.base)} if self.official else {}
            self.variables = {"AIRFLOW_HOME": HOME} | own
        self.stages |= {alias} - {""}
        for flag in each.flags:
            self.tell(each, f"--{flag}: a platform is named when publishing (--platform)", todo=True)

    def _run(self, each: Instruction) -> None:
        shared = self.installs.pyproject
        for flag, value in each.all_flags:
            found = mounted(value, each.value, self.facts.dag_type) if flag == "mount" else _UNKNOWN
            self.tell(each, found.outcome, todo=found.todo, what=f"--{flag}={shown(value)}")
            if found.source:
                self._named(found.source, found.target)
        self._commands(each)
        self.installs.pyproject = shared  # what is mounted is there for these commands alone

    def _commands(self, each: Instruction) -> None:
        found = commands(each, self.variables)
        for command in found:
            self.installs.run(command)
        # Each instruction has a word at its own line, though its commands be further down.
        if each.line not in {one.line for one in found}:
            self.tell(each, f"its {len(found)} commands are told by their lines" if found else "runs nothing")

    def _env(self, each: Instruction) -> None:
        pairs = assignments(each.value)
        if not pairs:
            self.tell(each, "can't be read: write it into [tool.airflow-images.env]", todo=True, what="…")
            named = re.findall(r"(?:^|\s)([A-Za-z_]\w*)(?=[=\s]|$)", each.value)
            self.env = {name: value for name, value in self.env.items() if name not in named}
        for name, raw in pairs:
            value = substituted(raw, self.variables)
            found = fate(name, value)
            self.env.pop(name, None)  # what was there before holds no more
            if name == "AIRFLOW_VERSION":
                self.variables |= {name: value}
            if found.kept:
                self.env[name] = value
            what = f"{name}=***" if is_secret(name, value) else f"{name}={shown(value)}"
            self.tell(each, found.outcome, todo=found.todo, what=what)

    def _arg(self, each: Instruction) -> None:
        self.arguments(each)
        for word in arguments(each):
            name, equals, value = word.partition("=")
            known = value if equals else self.defaults.get(name, "")
            # An argument fills in what the image itself doesn't say.
            if name == "AIRFLOW_VERSION" and known and not self.official:
                self.variables |= {name: known}

    def arguments(self, each: Instruction) -> None:
        """Tell what becomes of the arguments of a build."""
        for word in arguments(each) or [""]:
            name, _, value = word.partition("=")
            secret = bool(value) and is_secret(name, value)
            if name == "DEBIAN_FRONTEND":
                self.tell(each, "was for the build alone", what=shown(word))
            else:
                self.tell(each, _NOTED["ARG"], todo=True, what=f"{name}=***" if secret else shown(word))

    def _user(self, each: Instruction) -> None:
        if each.value in _USERS:
            self.tell(each, "an image runs as airflow")
        elif each.value in _ROOT:
            self.tell(each, "a build runs as root where it must")
        else:
            self.tell(each, "an image runs as airflow (uid 50000), or as whom the pod says", todo=True)

    def _workdir(self, each: Instruction) -> None:
        place = substituted(each.value.strip("\"'"), self.variables)
        self.workdir = posixpath.normpath(posixpath.join(self.workdir, place))
        if self.workdir == HOME:
            self.tell(each, "is the image's folder")
        else:
            self.tell(
                each, f"the image's folder is {HOME}: name others in full where they are used", todo=True
            )

    def _entrypoint(self, each: Instruction) -> None:
        if exec_form(each.value) == _ENTRYPOINT:
            self.tell(each, "is the base's own")
        else:
            self.tell(each, _NOTED["ENTRYPOINT"], todo=True)

    def _copy(self, each: Instruction) -> None:
        *sources, target = exec_form(each.value) or each.value.split() or ("",)
        source = each.flags.get("from", "")
        if UV_IMAGE.fullmatch(source) and set(sources) <= {"/uv", "/uvx"}:
            self.tell(each, UV)
        elif source:
            self.tell(each, OTHER_IMAGE, todo=True)
        elif each.heredocs or not sources:
            self.tell(each, "write the file into dags/ or scripts/", todo=True)
        else:
            place = substituted(target, self.variables)
            for path in sources:
                self._copied(each, path, posixpath.normpath(posixpath.join(self.workdir, place)))
        for flag, value in each.all_flags:
            if flag not in {"from", "link"} and not (flag == "chown" and value in OWNERS):
                told = "files of an image are airflow's, of the group root, which may write them"
                self.tell(each, told, todo=True, what=f"--{flag}={shown(value)}")

    def _copied(self, each: Instruction, path: str, target: str) -> None:
        """Judge one source of COPY or ADD."""
        plain = path.removeprefix("./").strip("/")
        tree, _, below = plain.partition("/")
        what = f"{shown(path)} {shown(target)}"
        self._named(plain, target)
        if plain == self.own:
            self.tell(each, f"is images/{self.facts.dag_type}/pyproject.toml", what=what)
        elif tree in {"dags", "scripts"} and same_place(plain, target, self.facts.files):
            found = named_below(tree, below, self.facts.files)
            (self.dags if tree == "dags" else self.scripts).update(found)
            self.tell(each, f"{tree}/ is in the image, as far as it is this type's (see below)", what=what)
        elif tree in {"dags", "scripts"} and plain:
            told = f"it is in an image at {HOME}/{plain} alone: name it in {tree} of [tool.airflow-images]"
            self.tell(each, told, todo=True, what=what)
        elif plain.endswith(".lock"):
            self.tell(each, LOCK, todo=True, what=what)
        else:
            told = "only dags/ and scripts/ are in an image: move what is needed there"
            self.tell(each, told, todo=True, what=what)

    def _named(self, path: str, target: str) -> None:
        """Keep whose file goes by the name pyproject.toml from here on."""
        named = posixpath.basename(target) == "pyproject.toml"
        if path == self.own and named:
            self.installs.pyproject |= {"pyproject.toml"}
        elif path == "pyproject.toml" or named:
            self.installs.pyproject -= {"pyproject.toml"}
