"""The stages of a Dockerfile that its image consists of, and whether the image has Airflow."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from .instructions import Instruction, build_arguments, read, substituted

_FILE = re.compile(r"(?:.*/)?(?:Dockerfile(?:\..+)?|.+\.[Dd]ockerfile)(?<!\.dockerignore)")
_DEFAULT = re.compile(r"\$\{\w+:?-([^{}]*)\}")
# Images of Airflow by name: the official one, mirrors, Astronomer's; no exporters and charts.
_AIRFLOW = re.compile(
    r"(?:.+[/_.-])?airflow(?:[_.-](?!.*(?:exporter|chart|operator|ui|client))[^/]*)?|(?:.*/)?astro-runtime"
)
_INSTALLED = re.compile(r"\b(?:pip3?|uv)\b.*\bapache-airflow(?![\w.-])")
_SIGNS = re.compile(r"/opt/airflow\b|\bAIRFLOW_|\bUSER airflow\b")  # of Airflow, where FROM can't be told
_NEAR = 8  # lines


def is_dockerfile(path: str) -> bool:
    """Return whether a file is a Dockerfile by its name."""
    return _FILE.fullmatch(path) is not None


def chain(instructions: Sequence[Instruction]) -> set[int]:
    """Return the numbers of the instructions of the last stage, and of the stages that it is built on."""
    starts = [number for number, one in enumerate(instructions) if one.name == "FROM"]
    arguments = build_arguments(list(instructions))
    ends = [*starts[1:], len(instructions)]
    named = {_alias(instructions[start]): stage for stage, start in enumerate(starts)}
    numbers: set[int] = set(range(starts[0])) if starts else set(range(len(instructions)))
    stage = len(starts) - 1 if starts else None
    while stage is not None:
        numbers |= set(range(starts[stage], ends[stage]))
        parent = named.get(image(instructions[starts[stage]], arguments).lower())
        stage = parent if parent is not None and parent < stage else None
    return numbers


def image(instruction: Instruction, arguments: Mapping[str, str]) -> str:
    """Return the image or stage of a FROM, with the defaults of arguments filled in."""
    filled = _DEFAULT.sub(r"\1", substituted(instruction.value, dict(arguments)))
    return filled.split(" ")[0].strip("\"'")


def arguments_of_bases(instructions: Sequence[Instruction]) -> set[str]:
    """Return the names of the variables that FROM uses, and nothing else but arguments."""
    bases = " ".join(one.value for one in instructions if one.name == "FROM")
    others = " ".join(one.source for one in instructions if one.name not in {"ARG", "FROM"})
    used = re.compile(r"\$\{?([A-Za-z_]\w*)")
    return {*used.findall(bases)} - {*used.findall(others)}


def without_airflow(path: str, texts: Mapping[str, str]) -> str:
    """Return the base that a Dockerfile's image has instead of Airflow's; empty if it has Airflow.

    ``texts`` are those of all files: a base may be built by another Dockerfile of the repository.
    """
    return _without_airflow(path, texts, frozenset())


def _without_airflow(path: str, texts: Mapping[str, str], seen: frozenset[str]) -> str:
    instructions = read(texts[path])
    inside = [instructions[number] for number in sorted(chain(instructions))]
    arguments = build_arguments(instructions)
    bases = [image(one, arguments) for one in inside if one.name == "FROM"]
    base = bases[0] if bases else ""
    name = _name(base)
    if _AIRFLOW.fullmatch(name) or any(one.name == "RUN" and _INSTALLED.search(one.value) for one in inside):
        return ""
    if "$" in base and _SIGNS.search(texts[path]):
        return ""
    builders = {*_builders(name, texts)} - seen - {path}
    if any(not _without_airflow(other, texts, seen | {path}) for other in builders):
        return ""
    return f"FROM {base}" if base else "no FROM"


def _alias(instruction: Instruction) -> str:
    match = re.search(r"\s+as\s+(\S+)\s*$", instruction.value, re.IGNORECASE)
    return match[1].lower() if match else ""


def _name(reference: str) -> str:
    """Return the repository of an image, without tag and digest."""
    folder, slash, last = reference.partition("@")[0].rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


def _builders(name: str, texts: Mapping[str, str]) -> Iterator[str]:
    """Yield the Dockerfiles that build an image: by their own names, or where a file names both."""
    if not name or "$" in name:
        return
    dockerfiles = [path for path in texts if is_dockerfile(path)]
    last = posixpath.basename(name)
    for path in dockerfiles:
        if any(last == own or last.endswith((f"-{own}", f"_{own}", f".{own}")) for own in _own_names(path)):
            yield path
    word = re.compile(rf"(?<![\w./-]){re.escape(name)}(?![\w./-])")
    for other, text in texts.items():
        if other in dockerfiles or other.endswith((".py", ".md")) or not word.search(text):
            continue
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if word.search(line):
                near = "\n".join(lines[max(0, number - _NEAR) : number + _NEAR + 1])
                yield from (path for path in dockerfiles if _mentioned(path, near))


def _own_names(path: str) -> Iterator[str]:
    """Yield what a Dockerfile calls its image: its ending, or its folder."""
    folder, name = posixpath.split(path)
    kind = (
        name.removeprefix("Dockerfile").strip(".")
        if name.startswith("Dockerfile")
        else name.rpartition(".")[0]
    )
    if own := kind or posixpath.basename(folder):
        yield own


def _mentioned(path: str, text: str) -> bool:
    folder, name = posixpath.split(path)
    if name != "Dockerfile":
        return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", text) is not None
    return bool(folder) and re.search(rf"(?<![\w.-]){re.escape(folder)}/?(?![\w-])", text) is not None
