"""Values that only text can show, each stored once.

In: strings, or codes and a function that renders one. Out: indices into ``TextPool.texts``.
Method: a dictionary; codes are rendered once per distinct code, so a million packets of one NAT cost two strings.
Not here: escaping; every text made here is digits, hex or an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs
import numpy as np

from correlate.model.arrays import I64


@attrs.frozen(kw_only=True, eq=False)
class TextPool:
    """Grows while changes are collected."""

    _index: dict[str, int] = attrs.field(factory=dict, init=False)

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts in index order."""
        return tuple(self._index)

    def add(self, texts: Iterable[str | None]) -> I64:
        """Return the index of every text, -1 for None."""
        index = self._index
        numbers = (-1 if text is None else index.setdefault(text, len(index)) for text in texts)
        return np.fromiter(numbers, np.int64)

    def add_codes(self, codes: I64, render: Callable[[int], str], *, also: I64 | None = None) -> I64:
        """Return the index of the text of every code, -1 for code -1; texts of ``also`` are added with them."""
        if also is not None and len(also):
            return self.add_codes(np.concatenate([codes, also]), render)[: len(codes)]
        top = int(codes.max(initial=-1)) + 1
        if top > 4 * len(codes) + 65536:
            distinct = np.unique(codes[codes >= 0])
        else:
            is_used = np.zeros(top, np.bool_)
            is_used[codes[codes >= 0]] = True
            distinct = np.flatnonzero(is_used)
        if not len(distinct):
            return np.full(len(codes), -1, np.int64)
        numbers = self.add(map(render, distinct.tolist()))
        place = np.minimum(np.searchsorted(distinct, codes), len(distinct) - 1)
        return np.where(codes >= 0, numbers[place], -1)
