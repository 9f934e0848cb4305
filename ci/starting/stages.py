"""The stages of a Dockerfile: which of them the last one is made from."""

import shlex
from collections.abc import Sequence

from .commands import substituted
from .instructions import Instruction


def stage(each: Instruction) -> tuple[str, str]:
    """What a FROM goes on with, and the name of its own stage, in small letters; empty where it has none."""
    words = each.value.split()
    named = len(words) > 2 and words[1].lower() == "as"
    return next(iter(words), ""), words[2].lower() if named else ""


def arguments(each: Instruction) -> list[str]:
    """The words of an ARG: names, most with their values; the whole where a quote isn't closed."""
    try:
        return shlex.split(each.value)
    except ValueError:
        return [each.value]


def defaults(instructions: Sequence[Instruction]) -> dict[str, str]:
    """The values of arguments before the first stage, which any FROM may name; only those that have one."""
    known: dict[str, str] = {}
    for each in instructions:
        if each.name == "FROM":
            break
        for word in arguments(each) if each.name == "ARG" else ():
            name, equals, value = word.partition("=")
            known |= {name: substituted(value, known)} if equals and name.isidentifier() else {}
    return known


def own_instructions(instructions: Sequence[Instruction]) -> set[int]:
    """The indexes of the last stage's instructions, and of those of the stages that it is made from."""
    begins = [index for index, each in enumerate(instructions) if each.name == "FROM"] or [0]
    ends = [*begins[1:], len(instructions)]
    own = set(range(begins[-1], ends[-1]))
    known = defaults(instructions)
    wanted = substituted(stage(instructions[begins[-1]])[0], known).lower() if instructions else ""
    for begin, end in list(zip(begins, ends, strict=True))[-2::-1]:
        source, alias = stage(instructions[begin])
        if alias and alias == wanted:
            own |= set(range(begin, end))
            wanted = substituted(source, known).lower()
    return own
