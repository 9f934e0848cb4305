"""Findings on what a DAG type's code writes into pods: credentials, and images that move or are others'."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ...config.dag_type import DagType
from ...config.secrets import credentials
from ...config.secrets.urls import redacted
from ..report import CheckResult, Finding, Level
from .texts import UNKNOWN, Sources
from .written import Image, Written, written

CHECK = "executor-config"
_TASK = "base"  # the container that a task runs in
_FULL = re.compile(r"(?:.*[^0-9.])?\d+\.\d+\.\d+.*")
_COMMIT = re.compile(r"(?:.*[-_.])?(?=[0-9a-f]*\d)[0-9a-f]{7,64}(?:[-_.].*)?")
_NUMBERED = re.compile(r".*\d{3}.*|.*\d{4}[-_.]\d\d[-_.]\d\d.*")  # a build, a day
_PART = re.compile(r"v?\d{1,3}(?:\.\d+)?")
_MOVING = frozenset(
    {"canary", "current", "dev", "develop", "edge", "head", "latest", "main", "master", "nightly", "prod"}
    | {"production", "release", "snapshot", "stable", "staging", "test", "trunk"}
)
_BY_DIGEST = "name it by digest, …@sha256:…, as publish shows it"


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """The parts of an image's reference, as far as they are known."""

    repository: str
    tag: str
    digest: str

    @classmethod
    def of(cls, text: str) -> "_Parts":
        name, _, digest = text.partition("@")
        folder, slash, last = name.rpartition("/")
        last, _, tag = last.partition(":")
        return cls(repository=f"{folder}{slash}{last}", tag=tag, digest=digest)


def check(dag_type: DagType, types: Iterable[DagType], texts: Mapping[str, str], pattern: str) -> CheckResult:
    """Check what the files of a DAG type write into pods, without running them.

    ``texts`` has every Python file of dags/ and scripts/, by path from the root; ``pattern`` is that of
    published images' references.
    """
    own = {path: text for path, text in texts.items() if path.endswith(".py") and dag_type.holds(path)}
    names = _Names(dag_type, tuple(types), pattern)
    findings: dict[Finding, None] = {}
    parts = written(Sources(own))
    of_variables = {one.text for one in parts if one.name and not isinstance(one, Image)}
    for one in parts:
        if isinstance(one, Image):
            findings |= dict.fromkeys(names.judged(one))
        elif one.name or not any(one.text in text for text in of_variables):
            findings |= dict.fromkeys(_credential(one))
    return CheckResult(findings=tuple(findings))


def _credential(one: Written) -> Iterator[Finding]:
    if kind := credentials.kind(one.name, one.text):
        what = f"the variable {one.name!r}" if one.name else "a text"
        cause = f"{what} of a pod holds {kind}, which whoever reads the code or the pod can see"
        yield Finding(check=CHECK, file=one.file, line=one.line, cause=cause, remedy=_SECRET)


_SECRET = f"take it from a secret (value_from=V1EnvVarSource(secret_key_ref=…)): {credentials.REMEDY}"


class _Names:
    """The images of all DAG types, by the pattern of their references."""

    def __init__(self, own: DagType, types: tuple[DagType, ...], pattern: str) -> None:
        self._own = own
        self._types = {one.name: one for one in (*types, own)}
        self._name, _, self._tag = pattern.rpartition(":")

    def judged(self, image: Image) -> Iterator[Finding]:
        """Yield what is wrong with the image of a container."""
        parts = _Parts.of(image.text)
        owner = self._type_of(parts)
        shown = redacted(image.text.replace(UNKNOWN, "…"))
        if cause := "" if parts.digest else self._moving(parts, owner):
            cause, level = f"the image {shown!r} of a pod {cause}", Level.WARNING
            yield Finding(
                check=CHECK, file=image.file, line=image.line, cause=cause, remedy=_BY_DIGEST, level=level
            )
        if image.name in {_TASK, ""} and UNKNOWN not in parts.repository.rpartition("/")[2]:
            yield from self._foreign(image, shown, owner)

    def _foreign(self, image: Image, shown: str, owner: str) -> Iterator[Finding]:
        """Yield a finding on an image that a task can't run in, as it lacks the DAG file, or may lack it."""
        if owner == self._own.name or (owner and self._types[owner].holds(image.file)):
            return
        if not owner and image.name != _TASK:
            return
        whose = f"is that of the DAG type {owner}" if owner else "is that of no DAG type"
        cause = f"the image {shown!r} of a pod {whose}, but {self._own.name} is published as {self._shown}"
        remedy = f"name the image of {self._own.name}: a task needs its DAG file and packages"
        level = Level.ERROR if owner else Level.WARNING
        yield Finding(check=CHECK, file=image.file, line=image.line, cause=cause, remedy=remedy, level=level)

    @property
    def _shown(self) -> str:
        filled = f"{self._name}:{self._tag}".replace("{dag}", self._own.name)
        return re.sub(r"\{\w+\}", "…", filled)

    def _type_of(self, parts: _Parts) -> str:
        """Return the DAG type whose image has that reference on any registry; empty if there is none."""
        matching = (name for name in self._types if self._is_of(name, parts))
        return max(matching, key=len, default="")

    def _is_of(self, name: str, parts: _Parts) -> bool:
        components = self._name.split("/")[1:]
        first = next((n for n, part in enumerate(components) if "{dag}" in part), len(components) - 1)
        path = "/".join(_filled(part, name) for part in components[first:])
        tag = _filled(self._tag, name) if "{dag}" in self._tag and parts.tag else ".*"
        known = re.search(rf"(?:^|/|\$\{{\}}){path}\Z", parts.repository)
        return known is not None and re.fullmatch(tag, parts.tag) is not None

    def _moving(self, parts: _Parts, owner: str) -> str:
        """Return why the tag of an image may lead to another one later; empty if it doesn't seem so."""
        tag = parts.tag
        if not tag:
            return "" if parts.repository.endswith(UNKNOWN) else "has no tag, which means latest"
        if owner and "{dag}" in self._tag:
            head, _, tail = self._tag.replace("{dag}", owner).partition("{version}")
            tag = tag.removeprefix(head).removesuffix(tail)
        words = {word.lower() for word in re.split(r"[^A-Za-z]+", tag)}
        fixed = _FULL.fullmatch(tag) or _COMMIT.fullmatch(tag) or _NUMBERED.fullmatch(tag)
        partial = bool(owner) and _PART.fullmatch(tag)  # v1 and v1.2 of publish
        moves = words & _MOVING or partial or not (fixed or re.search(r"\d", tag))
        return "has a tag that can move to another image" if moves and UNKNOWN not in tag else ""


def _filled(part: str, name: str) -> str:
    """Return the regular expression of a part of a pattern, for a DAG type."""
    pieces = re.split(r"(\{\w+\})", part.replace("{dag}", name))
    return "".join(".+" if piece.startswith("{") else re.escape(piece) for piece in pieces)
