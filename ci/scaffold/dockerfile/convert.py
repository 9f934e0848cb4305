"""What an image takes over from a Dockerfile, and notes on each of its instructions."""

import posixpath
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...config.dag_type import TREES
from ...lock.airflow_version import airflow_of, is_airflow
from ..notes import Note, Requirement
from . import env, run, stages
from .env import HOME
from .files import CopiedFiles, read_requirements
from .instructions import Instruction, build_arguments, read, substituted

_AIRFLOW = frozenset({"airflow", "50000", "airflow:root", "airflow:0", "50000:0", "50000:root"})
_ROOT = frozenset({"root", "0", "root:root", "0:0"})
_COPY_FLAGS = frozenset({"--link", *(f"--chown={user}" for user in _AIRFLOW)})
_MOUNT = (("source", "src"), ("target", "dst"))
_EARLIER = "is of an earlier stage: a dependency, a script or the base must have what it makes"
_COPIED = "only dags/ and scripts/ get into an image: move there what is needed, or put it into a base"
_OTHER = (
    "has no counterpart: commands, ports, probes and volumes are set in the pod; what must be in the image "
    "comes from a base of your own"
)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a Dockerfile is read with: the DAG type, the pinned base, the paths of all files and the texts."""

    dag_type: str
    base: str
    files: Collection[str]
    texts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(kw_only=True)
class Conversion:
    """What an image takes over from a Dockerfile.

    ``dags`` are copied paths below dags/, "" for all of it; ``packages`` are Debian packages by name, as they
    are written.
    """

    file: str
    notes: list[Note] = field(default_factory=list[Note])
    env: dict[str, str] = field(default_factory=dict[str, str])
    dags: set[str] = field(default_factory=set[str])
    packages: dict[str, str] = field(default_factory=dict[str, str])
    requirements: list[Requirement] = field(default_factory=list[Requirement])


def convert(file: str, text: str, context: Context) -> Conversion:
    """Return what becomes of a Dockerfile: each of its instructions has a note."""
    instructions = read(text)
    inside = stages.chain(instructions)
    converter = _Converter(Conversion(file=file), context, instructions)
    for index, instruction in enumerate(instructions):
        if index not in inside and instruction.name != "ARG":
            converter.note(instruction, _EARLIER, todo=True)
        else:
            converter.convert(instruction)
    users = [instructions[index] for index in sorted(inside) if instructions[index].name == "USER"]
    if users and users[-1].value in _ROOT:
        converter.note(users[-1], "an image runs as airflow (uid 50000), never as root", todo=True)
    converter.finish()
    return converter.conversion


class _Converter:
    """Goes through the instructions of the last stage, and of those that it is built on."""

    def __init__(self, conversion: Conversion, context: Context, instructions: Sequence[Instruction]) -> None:
        self.conversion = conversion
        self._context = context
        self._arguments = build_arguments(list(instructions))
        self._of_bases = stages.arguments_of_bases(instructions)
        self._variables = {"AIRFLOW_HOME": HOME}
        self._defaults: dict[str, str] = {}  # of arguments, which only paths are filled in with
        self._stages: set[str] = set()
        self._copied_files = CopiedFiles(files=context.files)
        self._copies: list[tuple[int, set[str]]] = []  # notes on copies, with the files
        self._requirements: set[str] = set()
        self._workdir = HOME
        self._own = f"pyproject.{context.dag_type}.toml"
        # Names of the type's own file, where commands run.
        self._manifests = {self._own, *(["pyproject.toml"] if self._own in context.files else [])}
        self._kinds: dict[str, Callable[[Instruction], None]] = {
            "FROM": self._from,
            "RUN": self._run,
            "ENV": self._env,
            "ARG": self._arg,
            "COPY": self._copy,
            "ADD": self._add,
            "USER": self._user,
            "WORKDIR": self._set_workdir,
        }

    def convert(self, instruction: Instruction) -> None:
        """Convert one instruction, with at least one note on it."""
        if instruction.name in self._kinds:
            self._kinds[instruction.name](instruction)
        else:
            self.note(instruction, _OTHER, todo=True)

    def note(
        self, instruction: Instruction, outcome: str, *, todo: bool = False, text: str | None = None
    ) -> None:
        """Note what becomes of an instruction, or of a part of it."""
        file, line = self.conversion.file, instruction.line
        text = instruction.source if text is None else text
        self.conversion.notes.append(Note(file=file, line=line, text=text, outcome=outcome, todo=todo))

    def finish(self) -> None:
        """Correct the notes on copies of which nothing but requirements was used."""
        for number, files in self._copies:
            if files and files <= self._requirements:
                outcome = "its requirements are carried over"
                note = replace(self.conversion.notes[number], outcome=outcome, todo=False)
                self.conversion.notes[number] = note
        for path in sorted(self._requirements):
            outcome = "isn't read any more: remove it, if nothing else reads it"
            self.conversion.notes.append(Note(file=path, outcome=outcome, todo=True))

    def _from(self, instruction: Instruction) -> None:
        image = stages.image(instruction, self._arguments)
        if image.lower() in self._stages:
            self.note(instruction, "is the stage above")
            return
        self._stages |= {instruction.value.split()[-1].lower()} if instruction.value else set()
        image, base = (
            text.partition("@")[0].removeprefix("docker.io/") for text in (image, self._context.base)
        )
        if is_airflow(image):
            self._variables |= {"AIRFLOW_VERSION": airflow_of(self._context.base)}
        if image == base and not instruction.flags:
            self.note(instruction, "is the pinned base")
        else:
            self.note(instruction, f"the base is {base}: pin another for all types to change it", todo=True)

    def _run(self, instruction: Instruction) -> None:
        if instruction.heredoc or not all(map(self._mounted, instruction.flags)):
            self.note(instruction, run.OTHER.text, todo=True)
            return
        commands = run.commands(substituted(instruction.value, self._variables))
        for command in commands or [""]:
            outcome = run.outcome(command, self._manifests, self._located)
            text = f"RUN {command}" if len(commands) > 1 else None
            self.note(instruction, outcome.text, todo=outcome.todo, text=text)
            for package in outcome.packages:
                self._package(instruction, package)
            self.conversion.requirements += [
                Requirement(text=text, file=self.conversion.file, line=instruction.line)
                for text in outcome.requirements
            ]
            for path in outcome.files:
                self._required(path)

    def _mounted(self, flag: str) -> bool:
        """Take a mount of RUN in; return whether commands can be read beside it."""
        parts = (part.partition("=") for part in flag.removeprefix("--mount=").split(","))
        options = {key: value for key, _, value in parts}
        source, target = (options.get(one) or options.get(other, "") for one, other in _MOUNT)
        if options.get("type", "bind") == "bind" and source and target and "from" not in options:
            self._copied_files.copy(source, self._absolute(target), into=False)
            return True
        return flag.startswith("--mount=type=cache,")

    def _located(self, path: str) -> str:
        """Return the requirements file that a command names, as the repository has it."""
        file = self._copied_files.at(self._absolute(substituted(path, self._defaults)))
        return file if file in self._context.texts else ""

    def _required(self, path: str) -> None:
        read = read_requirements(path, self._context.texts)
        self.conversion.requirements += read.requirements
        self.conversion.notes += read.notes if path not in self._requirements else []
        self._requirements |= {path, *read.files}

    def _absolute(self, path: str) -> str:
        filled = substituted(path.strip("\"'"), {**self._defaults, **self._variables})
        return posixpath.normpath(posixpath.join(self._workdir, filled))

    def _package(self, instruction: Instruction, package: str) -> None:
        kept = self.conversion.packages.setdefault(package.partition("=")[0], package)
        if kept != package:
            self.note(instruction, f"system-packages has {kept}: choose one", todo=True, text=package)

    def _env(self, instruction: Instruction) -> None:
        pairs = env.assignments(instruction.value)
        if not pairs:
            self.note(instruction, "can't be read: write it into [tool.airflow-images.env]", todo=True)
            for name in re.findall(r"(?:^|\s)([A-Za-z_]\w*)(?=[=\s]|$)", instruction.value):
                self.conversion.env.pop(name, None)
        for name, value in pairs:
            outcome = env.outcome(name, substituted(value, self._variables))
            self.conversion.env.pop(name, None)  # an earlier value counts no more
            if outcome.kept:
                self.conversion.env[name] = substituted(value, self._variables)
            text = "" if outcome.secret else f"ENV {name}={value}"
            self.note(instruction, outcome.text, todo=outcome.todo, text=text)

    def _arg(self, instruction: Instruction) -> None:
        name, equals, value = instruction.value.partition("=")
        if equals:
            self._defaults[name] = substituted(value.strip("\"'"), self._defaults)
        if re.fullmatch(r"DEBIAN_FRONTEND(?:=\S*)?", instruction.value):
            self.note(instruction, "was for the build alone")
        elif name in self._of_bases:
            self.note(instruction, "was for FROM alone")
        else:
            self.note(instruction, "a build takes no arguments: write the value where it was used", todo=True)

    def _user(self, instruction: Instruction) -> None:
        if instruction.value in _AIRFLOW | _ROOT:
            self.note(instruction, "an image runs as airflow, and its build as root where it must")
        else:
            self.note(instruction, "an image runs as airflow (uid 50000) or as the pod's user", todo=True)

    def _set_workdir(self, instruction: Instruction) -> None:
        self._workdir = self._absolute(instruction.value)
        if self._workdir == HOME:
            self.note(instruction, "is the image's folder")
        else:
            self.note(instruction, f"the image's folder is {HOME}: write other paths in full", todo=True)

    def _add(self, instruction: Instruction) -> None:
        self._track(instruction)
        self.note(instruction, _OTHER, todo=True)

    def _track(self, instruction: Instruction) -> None:
        """Note where the files of a COPY or ADD are in the image; its first note is about to be made."""
        words = instruction.value.split()
        if instruction.value.startswith("["):
            words = re.findall(r'"([^"]*)"', instruction.value)
        if (
            len(words) < 2
            or instruction.heredoc
            or any(one.startswith("--from") for one in instruction.flags)
        ):
            return
        *sources, target = words
        sources = [substituted(source, {**self._defaults, **self._variables}) for source in sources]
        into = len(sources) > 1 or target.endswith("/") or self._absolute(target) == self._workdir
        before = dict(self._copied_files.paths)
        for source in sources:
            self._copied_files.copy(source, self._absolute(target), into=into)
        changed = {file for path, file in self._copied_files.paths.items() if before.get(path) != file}
        self._copies.append((len(self.conversion.notes), changed))

    def _copy(self, instruction: Instruction) -> None:
        self._track(instruction)
        *sources, target = instruction.value.split() or [""]
        if (
            not sources
            or instruction.heredoc
            or instruction.value.startswith("[")
            or not _COPY_FLAGS.issuperset(instruction.flags)
        ):
            self.note(instruction, _COPIED, todo=True)
            return
        folder = self._absolute(target)
        for source in sources:
            self._copied(instruction, source.removeprefix("./").strip("/"), folder)

    def _copied(self, instruction: Instruction, path: str, target: str) -> None:
        """Convert one source of COPY; ``target`` is absolute."""
        tree, _, inner = path.partition("/")
        own, text = f"{HOME}/{path}", f"COPY {path} {target}"
        if posixpath.basename(target) == "pyproject.toml" or path == "pyproject.toml":
            self._manifests.discard("pyproject.toml")
            self._manifests |= {"pyproject.toml"} if path == self._own else set()
        if path == self._own:
            self.note(instruction, f"is images/{self._context.dag_type}/pyproject.toml", text=text)
        elif tree not in TREES:
            self.note(instruction, _COPIED, todo=True)
        # Of a folder, COPY takes what is inside; a file may be copied to its folder.
        elif target == own or (path in self._context.files and target == posixpath.dirname(own)):
            self.conversion.dags |= {inner} if tree == "dags" else set()
            self.note(instruction, f"{tree}/ is in the image, as far as it is this type's", text=text)
        else:
            outcome = f"is {own} in an image: name it in {tree} of [tool.airflow-images]"
            self.note(instruction, outcome, todo=True)
