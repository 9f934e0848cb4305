"""How much a regular expression can backtrack, by its structure: no text and no clock has a part in it.

The work of a search is the number of ways in which the pattern can match from one start, times the length of
the text, where three things hold. No text is several repeats of what is repeated. A repeat adds no way where
what it repeats can't begin what follows: where it ends is then clear; one that is long adds no bounded number
of them, so each of its ends counts as a start. And between a start and a long repeat stands something that it
doesn't repeat: else the starts within one text would all scan the rest of it.
"""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

# The standard library's own parser; it has no public name since 3.11.
_PARSER: Any = import_module("re._parser")
_NAMES: Any = import_module("re._constants")

LONG = 300  # a repeat of more counts as one without end
WAYS = 50_000  # in which a pattern may match from one start: of 40 letters, 6 headers …
ENDLESS = 10**9

Node = tuple[Any, Any]
Nodes = Sequence[Node]
Bytes = frozenset[int]
EVERY: Bytes = frozenset(range(256))
END: Bytes = frozenset({-1})  # of the text
LINE_FEED: Bytes = frozenset(b"\n")
NOTHING: Bytes = frozenset()

_REPEATS = {_NAMES.MAX_REPEAT, _NAMES.MIN_REPEAT}
_GROUPS = {_NAMES.SUBPATTERN, _NAMES.ASSERT, _NAMES.ASSERT_NOT}
_CATEGORIES = {
    _NAMES.CATEGORY_DIGIT: rb"\d",
    _NAMES.CATEGORY_SPACE: rb"\s",
    _NAMES.CATEGORY_WORD: rb"\w",
    _NAMES.CATEGORY_NOT_SPACE: rb"\S",
}


class Analysis:
    """The ways of one pattern, and what is wrong with its repeats."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        """Parse and measure a pattern."""
        tree = _PARSER.parse(pattern.pattern, pattern.flags)
        self.flags = tree.state.flags
        self.problems: list[str] = []
        self._unclear: set[int] = set()  # long repeats, by their identity
        self.ways = self._ways(list(tree), NOTHING, [])
        if self.ways > WAYS:
            self.problems.append(f"{self.ways} ways to match from one start")

    def _ways(self, nodes: Nodes, follow: Bytes, before: Nodes) -> int:
        """In how many ways nodes can match at one place.

        Args:
            nodes: that match one after the other.
            follow: what can come after them; nothing where the whole pattern has matched by then.
            before: the nodes that have matched before.
        """
        ways = 1
        for position, node in enumerate(nodes):
            rest = self._first(nodes[position + 1 :], follow)
            ways *= self._ways_of(node, rest, [*before, *nodes[:position]])
        return min(ways, ENDLESS)

    def _ways_of(self, node: Node, follow: Bytes, before: Nodes) -> int:
        kind, value = node
        if kind in _REPEATS:
            least, most, repeated = value
            return self._ways_of_repeat(least, most, repeated, follow, before)
        if kind is _NAMES.SUBPATTERN:
            return self._ways(value[-1], follow, before)
        if kind in _GROUPS:
            return self._ways(value[1], NOTHING, before)
        if kind is _NAMES.BRANCH:
            ways = [(self._first(each, follow), self._ways(each, follow, before)) for each in value[1]]
            return max(sum(count for first, count in ways if byte in first) for byte in EVERY | END)
        return 1

    def _ways_of_repeat(self, least: int, most: int, nodes: Nodes, follow: Bytes, before: Nodes) -> int:
        first = self._first(nodes, NOTHING)
        clear = first.isdisjoint(follow)
        again = self._ways_again(nodes, first, before) if most > 1 else 1
        last = self._ways(nodes, follow, before)
        if most <= LONG:
            return min((1 if clear else most - least + 1) * again ** max(most - 1, 0) * last, ENDLESS)
        if again > 1 or self._empty(nodes):
            self.problems.append(f"one text is several repeats of {self._shown(nodes)}")
        if not self._guarded(before, self._all(nodes)):
            self.problems.append(f"a search can begin within the repeats of {self._shown(nodes)}")
        if not clear:
            self._unclear.add(id(nodes))
        return last

    def _ways_again(self, nodes: Nodes, first: Bytes, before: Nodes) -> int:
        """In how many ways nodes can match where they come once more after that."""
        outer, self._unclear = self._unclear, set()
        ways = self._ways(nodes, first, before)
        inner, self._unclear = self._unclear, outer | self._unclear
        return ENDLESS if inner else ways

    def _first(self, nodes: Nodes, follow: Bytes) -> Bytes:
        """Return the bytes with which nodes, or what follows them where they are empty, can begin."""
        first: Bytes = NOTHING
        for kind, value in nodes:
            if kind is _NAMES.AT and value in {_NAMES.AT_END, _NAMES.AT_END_STRING}:
                return first | END | (LINE_FEED if value is _NAMES.AT_END else NOTHING)
            if kind in {_NAMES.AT, _NAMES.ASSERT_NOT}:
                continue
            first |= self._beginning((kind, value))
            if kind is _NAMES.ASSERT or not self._empty([(kind, value)]):
                return first
        return first | follow

    def _beginning(self, node: Node) -> Bytes:
        kind, value = node
        if kind in _REPEATS:
            return self._first(value[2], NOTHING)
        if kind is _NAMES.BRANCH:
            return NOTHING.union(*(self._first(each, NOTHING) for each in value[1]))
        return self._first(value[-1], NOTHING) if kind in _GROUPS else self._set(node)

    def _empty(self, nodes: Nodes) -> bool:
        """Whether nodes can match an empty text."""
        return all(
            kind in {_NAMES.AT, _NAMES.ASSERT, _NAMES.ASSERT_NOT}
            or (kind in _REPEATS and (value[0] == 0 or self._empty(value[2])))
            or (kind is _NAMES.BRANCH and any(map(self._empty, value[1])))
            or (kind is _NAMES.SUBPATTERN and self._empty(value[-1]))
            for kind, value in nodes
        )

    def _guarded(self, nodes: Nodes, repeated: Bytes) -> bool:
        """Whether nodes, since the last repeat whose end is unclear, must match what isn't repeated."""
        for node in reversed(nodes):
            if self._guards(node, repeated):
                return True
            if any(id(each) in self._unclear for each in _repeated([node])):
                return False
        return False

    def _guards(self, node: Node, repeated: Bytes) -> bool:
        kind, value = node
        if kind is _NAMES.AT:
            line = value is _NAMES.AT_BEGINNING and self.flags & re.MULTILINE
            starts = value in {_NAMES.AT_BEGINNING, _NAMES.AT_BEGINNING_STRING}
            return starts and (not line or LINE_FEED.isdisjoint(repeated))
        if kind is _NAMES.BRANCH:
            return all(self._guarded(each, repeated) for each in value[1])
        if kind in _REPEATS:
            return value[0] > 0 and self._guarded(value[2], repeated)
        if kind in _GROUPS:
            return kind is _NAMES.SUBPATTERN and self._guarded(value[-1], repeated)
        return self._set(node).isdisjoint(repeated)

    def _all(self, nodes: Nodes) -> Bytes:
        return NOTHING.union(*map(self._set, _leaves(nodes)))

    def _set(self, node: Node) -> Bytes:
        """Return the bytes that a node for one byte matches."""
        kind, value = node
        if kind is _NAMES.ANY:
            return EVERY if self.flags & re.DOTALL else EVERY - LINE_FEED
        if kind is _NAMES.LITERAL:
            # Upper and lower case count as one: some patterns ask for it, and more ways are on the safe side.
            return frozenset(bytes([value]).lower() + bytes([value]).upper())
        if kind is _NAMES.NOT_LITERAL:
            return EVERY - {value}
        if kind is _NAMES.RANGE:
            letters = bytes(range(value[0], value[1] + 1))
            return frozenset(letters + letters.lower() + letters.upper())
        if kind is _NAMES.CATEGORY:
            return frozenset(byte for byte in EVERY if re.match(_CATEGORIES[value], bytes([byte])))
        assert kind is _NAMES.IN, node
        negated = value[0][0] is _NAMES.NEGATE
        found = NOTHING.union(*map(self._set, value[negated:]))
        return EVERY - found if negated else found

    def _shown(self, nodes: Nodes) -> str:
        found = bytes(sorted(self._all(nodes)))
        return repr(found if len(found) < 30 else found[:30] + b"...")


def _inner(node: Node) -> list[Nodes]:
    """Return the sequences of nodes that a node consists of."""
    kind, value = node
    if kind in _REPEATS:
        return [value[2]]
    if kind is _NAMES.BRANCH:
        return value[1]
    return [value[-1]] if kind in _GROUPS else []


def _leaves(nodes: Nodes) -> Iterator[Node]:
    """Yield the nodes for one byte among nodes, but for what is only looked at."""
    for node in nodes:
        if node[0] not in {_NAMES.AT, _NAMES.ASSERT, _NAMES.ASSERT_NOT}:
            inner = _inner(node)
            for each in inner:
                yield from _leaves(each)
            if not inner:
                yield node


def _repeated(nodes: Nodes) -> Iterator[Nodes]:
    """Yield the sequences of nodes that are repeated among nodes."""
    for node in nodes:
        for each in _inner(node):
            if node[0] in _REPEATS:
                yield each
            yield from _repeated(each)
