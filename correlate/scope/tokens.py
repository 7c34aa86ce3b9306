"""Words of a display filter, each with its place.

**In:** the text. **Out:** ``Token`` objects; ``bad_filter`` makes the error that points at one.
**Method:** one regular expression per kind of word, longest operators first.
**Not here:** what the words mean together (``grammar.py``).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from correlate.errors import UsageError

OPERATORS = {
    "eq": "==",
    "ne": "!=",
    "gt": ">",
    "lt": "<",
    "ge": ">=",
    "le": "<=",
    "and": "&&",
    "or": "||",
    "not": "!",
    "in": "in",
    "bitand": "&",
}
"""Wireshark's words for operators (wireshark-filter(4))."""

_WORDS = re.compile(
    r"""\s*(?:
        (?P<op>==|!=|>=|<=|&&|\|\||[><!&(){},])
      | (?P<range>\.\.)
      | (?P<word>[A-Za-z0-9_:/-]+(?:\.(?!\.)[A-Za-z0-9_:/-]+)*)
    )""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """One word; ``kind`` is an operator's symbol, ``word``, or ``end``."""

    kind: str
    text: str
    at: int
    """First character in the filter."""


def split_words(text: str) -> list[Token]:
    """Return the words of a filter, closed by one of kind ``end``.

    Raises
    ------
    UsageError
        At a character that begins no word.

    >>> [token.kind for token in split_words("tcp.port == 80 and not icmp")]
    ['word', '==', 'word', '&&', '!', 'word', 'end']
    """
    found: list[Token] = []
    at = 0
    while text[at:].strip():
        match = _WORDS.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise bad_filter(text, Token("bad", text[at], at), "this character means nothing here")
        word = match.group("op") or match.group("range") or match.group("word")
        kind = "word" if match.group("word") else word
        found.append(
            Token(OPERATORS.get(word.lower(), kind) if kind == "word" else kind, word, match.end() - len(word))
        )
        at = match.end()
    return [*found, Token("end", "", len(text))]


def bad_filter(text: str, token: Token, what: str, advice: str = "See docs/cli.md, display filters.") -> UsageError:
    """Return the error that shows the filter with the bad word marked ``^~~~``."""
    mark = " " * token.at + "^" + "~" * (len(token.text) - 1)
    return UsageError(where="-Y", what=what, advice=advice, shown=(text, mark))
