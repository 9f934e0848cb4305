"""The instructions of a Dockerfile, their continuations and here-documents joined, as BuildKit reads them.

Own code, since no library will do: dockerfile-parse takes the lines of a here-document for instructions, and
dockerfile, BuildKit's own parser, has no wheel for Linux on arm64.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CONTINUED = re.compile(r"(?<!\\)\\[ \t]*$")
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)")
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|\\\Z|"(?:[^"\\]|\\.)*"|'[^']*')+""")
_WITH_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_FLAGS = re.compile(r"(?:\s*--[a-z][a-z-]*(?:=\S*)?(?=\s|$))*")  # before all else, without blanks in them


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """One instruction: its name in capitals, and what follows it, on one line.

    ``source`` has its lines as the file has them, from ``line`` on, with its here-documents.
    """

    name: str
    line: int
    source: str
    arguments: str
    heredoc: bool

    @property
    def value(self) -> str:
        """The arguments without the flags."""
        return _FLAGS.sub("", self.arguments, count=1).strip()

    @property
    def flags(self) -> list[str]:
        """The flags in their order, such as ``--from=builder``."""
        match = _FLAGS.match(self.arguments)
        return match[0].split() if match else []


def read(text: str) -> list[Instruction]:
    """Return the instructions of a Dockerfile in their order, unknown ones too; comments are none."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    return list(_instructions(lines))


def substituted(text: str, variables: dict[str, str]) -> str:
    """Return a text with the known variables filled in, written as ``$NAME`` or ``${NAME}``."""
    for name, value in variables.items():
        plain = re.escape(name)  # what is before the = of an ARG need not be a name
        text = re.sub(rf"\$(?:\{{{plain}\}}|{plain}(?![A-Za-z0-9_]))", lambda _, value=value: value, text)
    return text


def build_arguments(instructions: list[Instruction]) -> dict[str, str]:
    """Return the default values of the arguments before the first stage, which any FROM may name."""
    known: dict[str, str] = {}
    for instruction in instructions:
        if instruction.name == "FROM":
            break
        name, equals, value = instruction.value.partition("=")
        if instruction.name == "ARG" and equals:
            known[name] = substituted(value.strip("\"'"), known)
    return known


def _instructions(lines: list[str]) -> Iterator[Instruction]:
    end = 0
    while end < len(lines):
        start = end
        end += 1
        if _is_ignored(lines[start]):
            continue
        joined, line = "", lines[start]
        while match := _CONTINUED.search(line):
            joined += line[: match.start()]
            while end < len(lines) and _is_ignored(lines[end]):  # between continued lines, too
                end += 1
            line = lines[end] if end < len(lines) else ""
            end = min(end + 1, len(lines))
        # A name may go over several lines, too.
        name, arguments = (*(joined + line).split(maxsplit=1), "", "")[:2]
        terminators = _terminators(name.upper(), arguments)
        for terminator in terminators:
            while end < len(lines):
                end += 1
                if terminator.fullmatch(lines[end - 1]):
                    break
        source = "\n".join(lines[start:end]).strip()
        yield Instruction(
            name=name.upper(),
            line=start + 1,
            source=source,
            arguments=arguments.strip(),
            heredoc=bool(terminators),
        )


def _is_ignored(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _terminators(name: str, arguments: str) -> list[re.Pattern[str]]:
    """Return what ends each here-document of an instruction."""
    # With a quote that isn't closed there are none.
    if name not in _WITH_HEREDOCS or "<<" not in arguments or _WORD.sub("", arguments).strip():
        return []
    matches = [match for word in _WORD.findall(arguments) if (match := _HEREDOC.fullmatch(word))]
    ends = [(r"\t*" if match[1] else "", match[2].strip("'\"")) for match in matches]
    return [re.compile(tabs + re.escape(end)) for tabs, end in ends if end]
