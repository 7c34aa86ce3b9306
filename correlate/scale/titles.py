"""Titles of findings with the numbers of the whole in place of a part's.

In: a finding, numbers of the whole. Out: its title.
Method: what a title counts is known from the finding's fields (``quantity``, ``out_of``, ``flows``); their words, as
the rules write them (``diagnose/wording.py``), are looked for and replaced. A title without them stays as it is.
Not here: which findings are the same (``claims.py``).
"""

from __future__ import annotations

import re

from correlate.diagnose.wording import counted, percent
from correlate.model.findings import Finding

NOUNS = ("packet", "duplicate", "frame", "fragment", "segment", "datagram", "piece", "copy", "reply", "byte")

FLOW = "flow"

_PLURALS = re.compile(rf"\b({'|'.join(noun for noun in (*NOUNS, FLOW) if not noun.endswith('y'))})s?\b")
UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}
_DELAY = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) (ns|us|ms|s)\b")
_FLOWS_AT_END = re.compile(rf", \d+ {FLOW}s?$")
_NUMBERS = re.compile(r"\d[\d.,: ]*")


def skeleton(title: str) -> str:
    """Return a title without its numbers, the same for one and for many.

    >>> skeleton("3 packets seen") == skeleton("1 packet seen")
    True
    """
    return _NUMBERS.sub("#", _PLURALS.sub(r"\1", title))


def counts_quantity(one: Finding) -> bool:
    """Tell whether a title counts what happened, and names nobody to whom: it has no other numbers."""
    if one.out_of is not None:
        return True
    if one.quantity is None:
        return False
    said = [counted(int(one.quantity), noun) for noun in NOUNS]
    words = next((words for words in said if one.title.startswith(f"{words} ")), None)
    if words is None:
        return False
    rest = one.title.removeprefix(words)
    for name in (*(one.hop or ()), *((one.vantage,) if one.vantage else ())):
        rest = rest.replace(name, "")
    return _NUMBERS.search(rest) is None


def counts_flows(one: Finding) -> bool:
    """Tell whether a title ends with how many flows are named."""
    return one.title.endswith(f", {counted(len(one.flows), FLOW)}")


def retold(one: Finding, quantity: float | None, out_of: int | None, flows: int | None) -> str:
    """Return a finding's title with other numbers; None = that number stays as it is.

    Parameters
    ----------
    one
        A part's finding.
    quantity
        Of the whole, in the finding's unit.
    out_of
        Of how many; only with ``quantity``.
    flows
        Named in the whole.
    """
    title = one.title
    if quantity is not None and one.quantity is not None:
        old, new = int(one.quantity), int(quantity)
        if one.out_of is not None and out_of is not None:
            title = _replaced(title, percent(old, one.out_of), percent(new, out_of))
            for noun in NOUNS:
                was, now = counted(one.out_of, noun), counted(out_of, noun)
                title = _replaced(title, f"{old} of {was}", f"{new} of {now}")
        for noun in NOUNS:
            title = _replaced(title, counted(old, noun), counted(new, noun))
    return title if flows is None else _replaced(title, counted(len(one.flows), FLOW), counted(flows, FLOW))


def with_flows(title: str, flows: int) -> str:
    """Return a title that ends with a number of flows with another one.

    >>> with_flows("NAPT between a and b, 1204 flows", 1)
    'NAPT between a and b, 1 flow'
    """
    return _FLOWS_AT_END.sub(lambda _found: f", {counted(flows, FLOW)}", title)


def delay_in(title: str) -> float:
    """Return the first duration in a title, ns; 0 = there is none.

    >>> delay_in("No added delay above 1.2 s on a - b") > delay_in("No added delay above 10 ms on a - b")
    True
    """
    found = _DELAY.search(title)
    return float(found[1]) * UNITS[found[2]] if found else 0.0


def _place(title: str, words: str) -> re.Match[str] | None:
    return re.search(rf"(?<![\w.]){re.escape(words)}(?!\w)", title)


def _replaced(title: str, words: str, others: str) -> str:
    found = _place(title, words)
    return title if found is None else f"{title[: found.start()]}{others}{title[found.end() :]}"
