"""What can go wrong with the input, as data.

In: the fields of the fault (path, byte offset, numbers).
Out: a one-line text *where: what (numbers). What to do.*
Method: frozen attrs exceptions; the text is computed from the fields, so it cannot drift from them.
Not here: odd packets (those are anomaly bits and ledger counts) and bugs of ours (those are asserts).
"""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class CorrelateError(Exception):
    """Base of every error that a user can cause; never raised itself."""

    where: str
    what: str
    advice: str
    shown: tuple[str, ...] = ()
    """Further lines that point at the fault in the user's own words (a filter, and a mark below it)."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.advice}"


@attrs.frozen(kw_only=True)
class UnreadableCapture(CorrelateError):
    """A file that cannot be opened or is not a capture this tool reads."""


@attrs.frozen(kw_only=True)
class UsageError(CorrelateError):
    """A command line or API call that contradicts itself."""


@attrs.frozen(kw_only=True)
class OutputError(CorrelateError):
    """A place that cannot be written, or holds files that are not ours to replace."""
