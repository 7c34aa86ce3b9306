"""The finest pieces of what was sent, when hosts and boxes cut the same bytes in different ways.

**In:** who sent how many bytes, what was made of them under way, which frames hold what. **Out:** ``Atoms``: the rows of
the truth.
**Method:** every packet under way knows the *spans* of the original transmissions that it carries. The edges of all spans
that any capture holds cut each transmission into atoms; without cuts every transmission is one atom. A network copy is
cut where its original is.
**Not here:** who cuts (``cuts.py``).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

import attrs

Span = tuple[int, int, int]
"""Transmission, first byte, byte after the last; a packet without payload counts one byte."""
Spans = tuple[Span, ...]


def slice_spans(spans: Spans, start: int, end: int) -> Spans:
    """Return what lies between two positions of the bytes that ``spans`` string together.

    >>> slice_spans(((7, 0, 10), (8, 0, 10)), 6, 12)
    ((7, 6, 10), (8, 0, 2))
    """
    found: list[Span] = []
    at = 0
    for tid, a, b in spans:
        low, high = max(a, a + start - at), min(b, a + end - at)
        if high > low:
            found.append((tid, low, high))
        at += b - a
    return tuple(found)


@attrs.frozen(kw_only=True)
class Atoms:
    """Atoms of all original transmissions, in the order of sending."""

    of: tuple[int, ...]
    """Per atom: its transmission."""
    first: dict[int, int]
    """Per transmission: its first atom."""
    edges: dict[int, Sequence[int]]

    def within(self, spans: Spans) -> list[int]:
        """Return the atoms that spans touch, in order."""
        found: list[int] = []
        for tid, a, b in spans:
            edges = self.edges[tid]
            low, high = bisect_right(edges, a) - 1, bisect_left(edges, b)
            found.extend(range(self.first[tid] + low, self.first[tid] + high))
        return found

    def covered(self, spans: Iterable[Span]) -> list[int]:
        """Return the atoms all of whose bytes the spans hold together."""
        held: dict[int, int] = {}
        for tid, a, b in spans:
            edges = self.edges[tid]
            for atom in self.within(((tid, a, b),)):
                low, high = edges[atom - self.first[tid]], edges[atom - self.first[tid] + 1]
                held[atom] = held.get(atom, 0) + min(b, high) - max(a, low)
        return [atom for atom, count in held.items() if count >= self.size(atom)]

    def size(self, atom: int) -> int:
        """Return the bytes of an atom."""
        tid = self.of[atom]
        at = atom - self.first[tid]
        return self.edges[tid][at + 1] - self.edges[tid][at]


def find_atoms(sizes: dict[int, int], held: Iterable[Spans], copy_of: dict[int, int]) -> Atoms:
    """Return the atoms.

    Parameters
    ----------
    sizes
        Bytes of every original transmission, in the order of sending.
    held
        Spans of every captured frame.
    copy_of
        Network copy -> the original transmission that it repeats.
    """
    cuts: dict[int, set[int]] = {}
    for spans in held:
        for tid, a, b in spans:
            root = copy_of.get(tid, tid)
            if a > 0 or b < sizes[tid]:
                cuts.setdefault(root, set()).update((a, b))
    of: list[int] = []
    first: dict[int, int] = {}
    edges: dict[int, Sequence[int]] = {}
    for tid, size in sizes.items():
        more = cuts.get(copy_of.get(tid, tid))
        edges[tid] = sorted({0, size, *more}) if more else (0, size)
        first[tid] = len(of)
        of.extend([tid] * (len(edges[tid]) - 1))
    return Atoms(of=tuple(of), first=first, edges=edges)


def fuse(count: int, held: Sequence[tuple[int, int, Sequence[int]]]) -> tuple[list[int], list[int]]:
    """Fuse neighbouring atoms that no capture shows apart.

    Parameters
    ----------
    count
        Number of atoms.
    held
        Place, frame and the atoms in it, in order, of every captured frame.

    Returns
    -------
    tuple
        The row of each atom; the first atom of each row.
    """
    frames: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for place, frame, within in held:
        for atom in within:
            frames[atom].append((place, frame))
    before = list(range(count))
    for _, _, within in held:
        for one, two in pairwise(within):
            if frames[one] == frames[two]:
                before[two] = one
    of_atom, rows = [0] * count, []
    for atom in range(count):
        if before[atom] == atom:
            of_atom[atom] = len(rows)
            rows.append(atom)
    for atom in range(count):
        head = atom
        while before[head] != head:
            head = before[head]
        of_atom[atom] = of_atom[head]
    return of_atom, rows
