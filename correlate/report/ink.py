"""The page of the terminal report: width, characters, colours.

**In:** what the terminal can show. **Out:** wrapped lines, labelled sections, coloured words.
**Method:** text is laid out without colour; colour is painted on finished lines, so it can never carry meaning or
shift a column.
**Not here:** what is said.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

import attrs

LABEL_WIDTH = 9
"""Columns left of every section's text."""

RED, GREEN, YELLOW, BOLD = "1;31", "32", "1;33", "1"
PAINTS = (
    (
        re.compile(
            r"^ (?:Flow|Order|Overlap|Capture|Path|Hosts|Proof|Ladder|Time|Cleared|Suspect|Against|To settle|Also|Seen"
            r"|Clocks|NAT)\b"
        ),
        BOLD,
    ),
    (re.compile(r"<<$"), YELLOW),
    (re.compile(r"\b(?:ALTERED|CORRUPT|LOST|BLOCKED|INJECTED|DELAYED|SLOW|DUPLICATED|REORDERED|STRIPPED)\b"), RED),
    (re.compile(r"^ (?:CANNOT TELL|NOTHING FOUND|UNRELATED|EMPTY|REWRITTEN|CLAMPED)\b"), YELLOW),
    (re.compile(r"^ CLEAN\b|(?<=[-─])ok(?=[-─])"), GREEN),
    (re.compile(r"\b(?:proven|likely|inconclusive)$"), BOLD),
)
"""No two of them meet in one word. Vantages cannot be told apart from these words by colour, and need not be."""


def counted(count: int, noun: str) -> str:
    """Return ``1 packet``, ``2 packets``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


@attrs.frozen(kw_only=True)
class Ink:
    """What the page is like; every part of the report asks it."""

    width: int
    is_unicode: bool
    has_color: bool

    @property
    def plus_minus(self) -> str:
        """Sign before an uncertainty."""
        return "±" if self.is_unicode else "+-"

    @property
    def line(self) -> str:
        """One column of an arrow."""
        return "─" if self.is_unicode else "-"

    @property
    def heavy(self) -> str:
        """One column of an arrow on which something happened."""
        return "═" if self.is_unicode else "="

    @property
    def dotted(self) -> str:
        """One column of an arrow of which the capture holds nothing."""
        return "·" if self.is_unicode else "."

    @property
    def bar(self) -> str:
        """A vantage in the ladder."""
        return "│" if self.is_unicode else "|"

    @property
    def arrow(self) -> str:
        """From - to in running text."""
        return "→" if self.is_unicode else "->"

    @property
    def back_arrow(self) -> str:
        """To - from, the other direction of ``arrow``."""
        return "←" if self.is_unicode else "<-"

    @property
    def room(self) -> int:
        """Columns right of the section labels."""
        return self.width - LABEL_WIDTH

    def rule(self) -> str:
        """Return a line across the page."""
        return " " + self.line * (self.width - 1)

    def wrap(self, text: str, *, indent: int = 1, hanging: int | None = None) -> list[str]:
        """Return a paragraph as lines that fit the page."""
        first = " " * indent
        following = " " * (indent if hanging is None else hanging)
        return textwrap.wrap(
            text, self.width, initial_indent=first, subsequent_indent=following, break_on_hyphens=False
        )

    def section(self, label: str, lines: Sequence[str]) -> list[str]:
        """Return lines with the label before the first and room before the others; long ones are wrapped."""
        fitting = [piece for line in lines for piece in self._fit(line)]
        return [
            (f" {label:<{LABEL_WIDTH - 1}}" if number == 0 else " " * LABEL_WIDTH) + line
            for number, line in enumerate(fitting)
        ]

    def _fit(self, line: str) -> list[str]:
        if len(line) <= self.room:
            return [line]
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        return textwrap.wrap(line, self.room, subsequent_indent=indent, break_on_hyphens=False)

    def paragraph(self, label: str, text: str) -> list[str]:
        """Return a labelled paragraph that fits the page; a label wider than its column moves the first line."""
        excess = max(0, len(label) + 2 - LABEL_WIDTH)
        pieces = textwrap.wrap(text, self.room, initial_indent=" " * excess, break_on_hyphens=False)
        if not excess or not pieces:
            return self.section(label, pieces)
        return [f" {label} {pieces[0][excess:]}", *(" " * LABEL_WIDTH + piece for piece in pieces[1:])]

    def paint(self, line: str) -> str:
        """Colour the words of a finished line."""
        if not self.has_color:
            return line
        for pattern, color in PAINTS:
            line = pattern.sub(f"\x1b[{color}m\\g<0>\x1b[0m", line)
        return line
