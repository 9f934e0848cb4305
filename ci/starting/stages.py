"""The stages of a Dockerfile: which of them the last one is made from."""

from collections.abc import Sequence

from .instructions import Instruction


def stage(each: Instruction) -> tuple[str, str]:
    """What a FROM goes on with, and the name of its own stage, in small letters; empty where it has none."""
    words = each.value.split()
    named = len(words) > 2 and words[1].lower() == "as"
    return next(iter(words), ""), words[2].lower() if named else ""


def own_instructions(instructions: Sequence[Instruction]) -> set[int]:
    """The indexes of the last stage's instructions, and of those of the stages that it is made from."""
    begins = [index for index, each in enumerate(instructions) if each.name == "FROM"] or [0]
    ends = [*begins[1:], len(instructions)]
    own = set(range(begins[-1], ends[-1]))
    wanted = stage(instructions[begins[-1]])[0].lower() if instructions else ""
    for begin, end in list(zip(begins, ends, strict=True))[-2::-1]:
        source, alias = stage(instructions[begin])
        if alias and alias == wanted:
            own |= set(range(begin, end))
            wanted = source.lower()
    return own
