"""The structure of a display filter.

**In:** words. **Out:** a tree of ``Both``, ``Either``, ``Negated``, ``Present``, ``Compared``, ``Among``.
**Method:** recursive descent; ``or`` binds weakest, then ``and``, then ``not`` (wireshark-filter(4)). Depth is limited,
so that no filter exhausts the stack.
**Not here:** fields and values (``fields.py``).
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from correlate.scope.tokens import Token, bad_filter, split_words

COMPARISONS = ("==", "!=", ">=", "<=", ">", "<", "&")
MOST_DEPTH = 50


@attrs.frozen(kw_only=True)
class Present:
    """The packet has this field or protocol."""

    field: Token


@attrs.frozen(kw_only=True)
class Compared:
    """A field against a value."""

    field: Token
    operator: str
    value: Token


@attrs.frozen(kw_only=True)
class Among:
    """A field in a set of values and ranges (first, last)."""

    field: Token
    ranges: tuple[tuple[Token, Token], ...]


@attrs.frozen(kw_only=True)
class Negated:
    """Not."""

    part: Tree


@attrs.frozen(kw_only=True)
class Both:
    """And."""

    left: Tree
    right: Tree


@attrs.frozen(kw_only=True)
class Either:
    """Or."""

    left: Tree
    right: Tree


Tree: TypeAlias = Present | Compared | Among | Negated | Both | Either


def parse_filter(text: str) -> Tree:
    """Return the tree of a display filter.

    Raises
    ------
    UsageError
        At the first word that does not fit, pointing at it.

    >>> parse_filter("udp || tcp.port == 80").left.field.text
    'udp'
    """
    reader = _Reader(text=text, words=split_words(text))
    tree = reader.either(0)
    if reader.next.kind != "end":
        raise bad_filter(text, reader.next, "nothing may follow here but 'and' or 'or'")
    return tree


@attrs.define(kw_only=True)
class _Reader:
    text: str
    words: list[Token]
    position: int = 0

    @property
    def next(self) -> Token:
        return self.words[self.position]

    def take(self) -> Token:
        token = self.words[self.position]
        self.position += token.kind != "end"
        return token

    def is_taken(self, kind: str) -> bool:
        if self.next.kind != kind:
            return False
        self.take()
        return True

    def either(self, depth: int) -> Tree:
        left = self.both(depth)
        while self.is_taken("||"):
            left = Either(left=left, right=self.both(depth))
        return left

    def both(self, depth: int) -> Tree:
        left = self.single(depth)
        while self.is_taken("&&"):
            left = Both(left=left, right=self.single(depth))
        return left

    def single(self, depth: int) -> Tree:
        if depth > MOST_DEPTH:
            raise bad_filter(self.text, self.next, "the filter is nested too deeply")
        if self.is_taken("!"):
            return Negated(part=self.single(depth + 1))
        if self.is_taken("("):
            tree = self.either(depth + 1)
            if not self.is_taken(")"):
                raise bad_filter(self.text, self._shown(), "a closing parenthesis is due here")
            return tree
        return self.test()

    def test(self) -> Tree:
        field = self.word("a field is due here")
        if self.next.kind in COMPARISONS:
            operator = self.take().kind
            return Compared(field=field, operator=operator, value=self.word("a value is due here"))
        return Among(field=field, ranges=self.ranges()) if self.is_taken("in") else Present(field=field)

    def ranges(self) -> tuple[tuple[Token, Token], ...]:
        if not self.is_taken("{"):
            raise bad_filter(self.text, self._shown(), "a set in braces is due here, as {80, 443, 8000..8100}")
        found = []
        while True:
            first = self.word("a value is due here")
            found.append((first, self.word("a value is due here") if self.is_taken("..") else first))
            if self.is_taken("}"):
                return tuple(found)
            self.is_taken(",")

    def word(self, what: str) -> Token:
        if self.next.kind != "word":
            raise bad_filter(self.text, self._shown(), what)
        return self.take()

    def _shown(self) -> Token:
        """Return the next word; of the end one character behind it, so that there is something to point at."""
        return self.next if self.next.kind != "end" else Token("end", " ", self.next.at)
