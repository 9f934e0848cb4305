"""The commands of a RUN instruction, each with its line, as far as a shell's text can be read without one."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from .instructions import Instruction, Piece

# What makes commands depend on each other: none of them is then read alone.
_COMPOUND = frozenset(
    {"if", "then", "else", "elif", "fi", "for", "while", "until", "case", "esac", "do", "done"}
    | {"function", "{", "}", "(", ")", "!"}
)
_SPLIT = re.compile(
    r"""(?P<word>(?:[^\s"'\\#;&|()<>`$]|\\.|"(?:[^"\\$`]|\\.)*"|'[^']*'|(?<!\s)(?<!^)\#)+)"""
    r"|(?P<end>&&|;|\n)|(?P<comment>\#[^\n]*)|(?P<blank>[^\S\n]+)"
    r"""|(?P<other>"(?:[^"\\]|\\.)*"|.)""",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command; ``words`` are as the program gets them, none where only a shell could tell them."""

    line: int
    text: str
    words: tuple[str, ...]


def commands(instruction: Instruction, variables: dict[str, str]) -> list[Command]:
    """The commands of a RUN instruction, in its order.

    Args:
        instruction: which one.
        variables: those whose values are known.
    """
    listed = exec_form(instruction.value)
    if listed is not None:
        return [Command(line=instruction.line, text=instruction.value, words=listed)] if listed else []
    if instruction.heredocs and not re.fullmatch(r"\d*<<-?\S+", instruction.value):
        return [Command(line=instruction.line, text=instruction.value, words=())]
    pieces = _script(instruction.heredocs) if instruction.heredocs else _unflagged(instruction)
    pieces = [Piece(line=each.line, text=substituted(each.text, variables)) for each in pieces]
    found = list(_split(pieces))
    joined = "".join(piece.text for piece in pieces)
    grouped = any(
        set(each.text.split()) & _COMPOUND or ("(" in each.text and not each.words) for each in found
    )
    if grouped or re.search(r"\$\(|`|<<", joined):
        return [Command(line=found[0].line, text=" ".join(joined.split()), words=())] if found else []
    return found


def exec_form(text: str) -> tuple[str, ...] | None:
    """The words of a JSON list of texts; None where it is none, and a shell reads it."""
    try:
        listed: object = json.loads(text)
    except ValueError:
        return None
    if not isinstance(listed, list) or not all(isinstance(word, str) for word in listed):  # pyright: ignore[reportUnknownVariableType] - checked here
        return None
    return tuple(map(str, listed))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - they are texts


def substituted(text: str, variables: dict[str, str]) -> str:
    """A text with the variables that are known filled in, as ``$NAME`` or ``${NAME}``."""
    for name, value in variables.items():
        plain = re.escape(name)  # what stands before a = need not be a name
        text = re.sub(rf"\$(?:\{{{plain}\}}|{plain}(?![A-Za-z0-9_]))", lambda _, value=value: value, text)
    return text


def _script(lines: tuple[Piece, ...]) -> list[Piece]:
    """The lines of a here-document as one script: a backslash at an end goes on with the next."""
    return [
        Piece(line=each.line, text=each.text[:-1] if each.text.endswith("\\") else f"{each.text}\n")
        for each in lines
    ]


def _unflagged(instruction: Instruction) -> list[Piece]:
    """The pieces of an instruction behind its flags."""
    left = len("".join(piece.text for piece in instruction.pieces).rstrip()) - len(instruction.value)
    pieces: list[Piece] = []
    for piece in instruction.pieces:
        pieces.append(Piece(line=piece.line, text=piece.text[max(0, left) :]))
        left -= len(piece.text)
    return pieces


def _split(pieces: list[Piece]) -> Iterator[Command]:
    text = "".join(piece.text for piece in pieces)
    lines = [piece.line for piece in pieces for _ in piece.text]
    begun, plain, words = -1, True, list[str]()
    for found in _SPLIT.finditer(text):
        kind = found.lastgroup
        if kind in {"end", "comment"}:
            if begun >= 0:
                yield _command(lines[begun], text[begun : found.start()], words if plain else [])
            begun, plain, words = -1, True, []
            continue
        if kind != "blank":
            begun = found.start() if begun < 0 else begun
            plain = plain and kind == "word"
            words.append(found[0])
    if begun >= 0:
        yield _command(lines[begun], text[begun:], words if plain else [])


def _command(line: int, text: str, words: list[str]) -> Command:
    try:
        split = shlex.split(text) if words else []
    except ValueError:  # a quote without its end
        split = []
    return Command(line=line, text=" ".join(text.split()), words=tuple(split))
