"""The instructions of a Dockerfile, their continuations and here-documents joined, as BuildKit reads them.

Own code, since no library will do: dockerfile-parse takes the lines of a here-document for instructions, and
dockerfile, BuildKit's own parser, has no wheel for Linux on arm64.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"\s*#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*")
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)")
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|\\\Z|"(?:[^"\\]|\\.)*"|'[^']*')+""")
_WITH_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of text on one line of a file, counted from 1."""

    line: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """One instruction: its name in capitals, its lines without their continuations, and its here-documents.

    ``heredocs`` has one piece for each line within them, terminators left out.
    """

    name: str
    pieces: tuple[Piece, ...]
    heredocs: tuple[Piece, ...] = ()

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.pieces[0].line

    @property
    def value(self) -> str:
        """What stands behind the name and its flags, on one line."""
        return _FLAGS.sub("", self._text, count=1).strip()

    @property
    def flags(self) -> dict[str, str]:
        """Its flags, such as ``--from=builder``, by name without the dashes; of several the last."""
        return dict(self.all_flags)

    @property
    def all_flags(self) -> list[tuple[str, str]]:
        """Its flags in their order: a RUN may have several mounts."""
        found = _FLAGS.match(self._text)
        words = found[0].split() if found else []
        return [(word[2:].partition("=")[0], word.partition("=")[2]) for word in words]

    @property
    def _text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


# Flags stand before all else, and hold no blanks.
_FLAGS = re.compile(r"(?:\s*--[a-z][a-z-]*(?:=\S*)?(?=\s|$))*")


def read(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile, in its order; comments are none, and what isn't known is one too."""
    lines = text.removeprefix("\ufeff").split("\n")
    numbered = iter([(number, line.removesuffix("\r")) for number, line in enumerate(lines, start=1)])
    continued = _continuation(_escape(lines))
    return list(_instructions(numbered, continued))


def _instructions(lines: Iterator[tuple[int, str]], continued: re.Pattern[str]) -> Iterator[Instruction]:
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pieces = list(_joined(number, line.lstrip(), lines, continued))
        name, rest = _split(pieces)
        heredocs: list[Piece] = []
        for strip, end in _terminators(name, "".join(piece.text for piece in rest)):
            heredocs += _until(lines, end, strip=strip)
        yield Instruction(name=name, pieces=tuple(rest), heredocs=tuple(heredocs))


def _joined(
    number: int, first: str, lines: Iterator[tuple[int, str]], continued: re.Pattern[str]
) -> Iterator[Piece]:
    """The lines of one instruction; blank lines and comments between them are none of it."""
    line = first
    while found := continued.search(line):
        yield Piece(line=number, text=line[: found.start()])
        number, line = next(
            ((n, each) for n, each in lines if each.strip() and not each.lstrip().startswith("#")),
            (number, ""),
        )
    yield Piece(line=number, text=line)


def _split(pieces: list[Piece]) -> tuple[str, list[Piece]]:
    """The name of an instruction, which may go over its lines, and its pieces without it."""
    text = "".join(piece.text for piece in pieces)
    name = next(iter(text.split()), "")
    return name.upper(), _without(pieces, text.find(name) + len(name))


def _without(pieces: list[Piece], count: int) -> list[Piece]:
    """The pieces without so many characters at their start."""
    left: list[Piece] = []
    for piece in pieces:
        left.append(Piece(line=piece.line, text=piece.text[count:]))
        count = max(0, count - len(piece.text))
    return left


def _terminators(name: str, text: str) -> list[tuple[bool, str]]:
    """The end of each here-document of an instruction, and whether tabs before it count for nothing."""
    if name == "ONBUILD":
        name = text.strip().partition(" ")[0].upper()
    if name not in _WITH_HEREDOCS or "<<" not in text:
        return []
    found = [match for word in _raw_words(text) if (match := _HEREDOC.fullmatch(word))]
    return [(match[1] == "-", match[2].strip("'\"")) for match in found if match[2].strip("'\"")]


def _raw_words(text: str) -> list[str]:
    """Words with their quotes; none where a quote isn't closed."""
    left = _WORD.sub("", text)
    return [] if left.strip() else _WORD.findall(text)


def _until(lines: Iterator[tuple[int, str]], end: str, *, strip: bool) -> Iterator[Piece]:
    for number, line in lines:
        if (line.lstrip("\t") if strip else line) == end:
            return
        yield Piece(line=number, text=line)


def _escape(lines: list[str]) -> str:
    """The character that continues a line: a backslash, unless a directive at the top says otherwise."""
    for line in lines:
        found = _DIRECTIVE.fullmatch(line)
        if not found:
            break
        if found[1].lower() == "escape":
            return found[2]
    return "\\"


def _continuation(escape: str) -> re.Pattern[str]:
    one = re.escape(escape)
    return re.compile(rf"(?<!{one}){one}[ \t]*$")
