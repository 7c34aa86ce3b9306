"""What is paired so far between two vantages, and what that tells of the boxes between.

**In:** ``Sights`` of both sides, pairs known before. **Out:** ``Climb``, the state that every rung works on.
**Method:** positions, not rows, until the end. Boxes that rewrite IP IDs, timestamps or windows show in pairs that are
found without them; numbers are brought to B's numbering as they are learned.
**Not here:** the rungs (``ladder.py``), what is doubted (``doubts.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from correlate.match.comparing import Habits
from correlate.match.comparing_kernel import OTHER_IDENT, OTHER_STAMP, SAME_IDENT
from correlate.match.numbering import Numbering, renumbered
from correlate.match.pace import Expectation, Pace, SurePairs
from correlate.match.sides import Sights
from correlate.model.arrays import I8, I64, U8, Bool, concatenate, take
from correlate.model.fingerprints import mixed
from correlate.model.matches import Tier

LATE = 12.0
"""Scatters after which a lone candidate without telling IP ID is likelier another transmission."""


def _is_rewritten(agrees: I64, differs: I64) -> Bool:
    """Return the blocks that a rewriting box treats: short flows like the long ones that show what it does."""
    shown = (differs >= 2) & (differs > 4 * agrees)
    is_general = np.count_nonzero(shown) > 9 * np.count_nonzero(agrees)
    return np.asarray(shown | (is_general & (agrees == 0)))


class Climb:
    """Running state: what is paired so far. Positions, not rows, until the end."""

    def __init__(self, a: Sights, b: Sights, habits: Habits, known: SurePairs) -> None:
        self.a, self.b = a, b
        self.known = known
        self.blocks = len(habits.ident_agrees)
        self.partner = np.full(len(a.row), -1, np.int32)
        self.is_paired_b = np.zeros(len(b.row), np.bool_)
        self.tier = np.full(len(a.row), int(Tier.ALONE), np.int8)
        self.is_ambiguous = np.zeros(len(a.row), np.bool_)
        self.told = np.zeros(len(a.row), np.uint8)
        """Of pairs by the strictest key: what they have in common, as ``comparing.py`` says; 0 = ask."""
        self._left: tuple[I64, I64] | None = None
        self._open: tuple[Sights, Sights] | None = None
        self.is_sure = np.zeros(len(a.row), np.bool_)
        self._pace: Pace | None = None
        self.habits = habits
        self.is_settled = np.bincount(known.block, minlength=self.blocks) > 0
        """Per block: some pair was found by unique keys."""
        self.is_moved = np.zeros(self.blocks, np.bool_)
        """Per block: its own sequence numbers are rewritten."""
        self.is_shifted = np.zeros(self.blocks, np.bool_)
        """Per block: its sequence or acknowledgement numbers are rewritten."""
        self.is_ident_rewritten = np.zeros(self.blocks, np.bool_)
        self.is_stamp_rewritten = np.zeros(self.blocks, np.bool_)
        self.is_detail_rewritten = np.zeros(self.blocks, np.bool_)

    def left(self) -> tuple[I64, I64]:
        """Return the positions still unpaired."""
        if self._left is None:
            self._left = np.flatnonzero(self.partner < 0), np.flatnonzero(~self.is_paired_b)
            return self._left
        left_a, left_b = self._left
        stay_a, stay_b = self.partner[left_a] < 0, ~self.is_paired_b[left_b]
        if not stay_a.all() or not stay_b.all():
            self._left = left_a[stay_a], left_b[stay_b]
            if self._open is not None:
                self._open = self._open[0].narrowed(stay_a), self._open[1].narrowed(stay_b)
        return self._left

    def open(self) -> tuple[Sights, Sights]:
        """Return the sights still unpaired."""
        left_a, left_b = self.left()
        if self._open is None:
            self._open = self.a.take(left_a), self.b.take(left_b)
        return self._open

    def pair(self, at_a: I64, at_b: I64, tier: int | I8) -> None:
        """Record pairs."""
        self.partner[at_a] = at_b
        self.is_paired_b[at_b] = True
        self.tier[at_a] = tier

    def are_other(self, told: U8, block: I64) -> Bool:
        """Return which candidates are other transmissions, as far as the boxes between leave that to be seen.

        Telling IP IDs differ, or TCP timestamps although nothing else says that it is one transmission: equal telling
        IDs outweigh timestamps, for some boxes rewrite those.
        """
        other = np.zeros(len(told), np.bool_)
        at = np.flatnonzero(told & (OTHER_IDENT | OTHER_STAMP))
        some, where = told[at], block[at]
        other[at] = ((some & OTHER_IDENT) != 0) & ~self.is_ident_rewritten[where]
        is_stamped_otherwise = ((some & OTHER_STAMP) != 0) & ((some & SAME_IDENT) == 0)
        other[at] |= is_stamped_otherwise & ~self.is_stamp_rewritten[where]
        return other

    def part(self, at_a: I64) -> None:
        """Take pairs back."""
        self.is_paired_b[self.partner[at_a]] = False
        self.partner[at_a] = -1
        self.told[at_a] = 0
        self.tier[at_a] = int(Tier.ALONE)
        self._left = self._open = None

    def note_rewriting(self, seen: Habits) -> None:
        """Learn which blocks pass a box that rewrites IP IDs, timestamps or windows: several conflict, few agree."""
        self.habits = habits = Habits(*(old + new for old, new in zip(self.habits, seen, strict=True)))
        self.is_ident_rewritten |= _is_rewritten(habits.ident_agrees, habits.ident_differs)
        self.is_stamp_rewritten |= _is_rewritten(habits.stamp_agrees, habits.stamp_differs)
        self.is_detail_rewritten |= _is_rewritten(habits.detail_agrees, habits.detail_differs)

    def comparable(self) -> tuple[Sights, Sights]:
        """Return the sights still unpaired without what a box between rewrites."""
        if not (self.is_ident_rewritten | self.is_stamp_rewritten).any():
            return self.open()
        parts = []
        for sights in self.open():
            is_telling = sights.is_telling & ~self.is_ident_rewritten[sights.block]
            stamp = np.where(self.is_stamp_rewritten[sights.block], 0, sights.stamp)
            parts.append(sights.but(is_telling=is_telling, stamp=stamp))
        return parts[0], parts[1]

    def pace(self) -> Pace:
        """Return the pace of the pairs that are sure by now."""
        if self._pace is None:
            self._pace = self.pace_of(np.flatnonzero(self.is_sure))
        return self._pace

    def pace_of(self, sure: I64) -> Pace:
        """Return the pace that these pairs set, besides those known before."""
        return Pace(_Sure(self, sure))

    def pairs(self, at_a: I64) -> SurePairs:
        """Return pairs with their times."""
        a, b = self.a.take(at_a), self.b.take(self.partner[at_a])
        return SurePairs(a.block, a.time, b.time - a.time)

    def expect(self, at_a: I64) -> Expectation:
        """Return when those are due on B."""
        some = self.a.take(at_a)
        return self.pace().expect(some.block, some.time)

    def renumber(self, numbering: Numbering) -> None:
        """Bring A's sequence numbers, and the acknowledgements of the other direction with them, to those of B."""
        moved = numbering.is_moved
        if not moved.any():
            return
        self.is_moved |= moved
        self.is_shifted |= moved | moved[np.arange(self.blocks) ^ 1]
        plain, followed = renumbered(self.a, numbering)
        self._open = None
        is_followed = followed is plain or _sacks_met(followed, self.b) >= _sacks_met(plain, self.b)
        self.a = followed if is_followed else plain

    def trust(self, at_a: I64, *, is_sure: bool) -> None:
        """Let pairs set the pace, or no longer."""
        self.is_sure[at_a] = is_sure
        self._pace = None


class _Sure:
    """Pairs known before and pairs of a climb, of which only the directions are gathered."""

    def __init__(self, state: Climb, at_a: I64) -> None:
        self._known, self._at, self._pairs = state.known, at_a, state.pairs
        self._of_known = len(state.known.block)
        block = state.a.block[at_a]
        self.block = np.concatenate([state.known.block, block]) if self._of_known else block

    def some(self, at: Any) -> SurePairs:
        """Return those at ascending positions, or at those of a slice."""
        at = np.arange(len(self.block))[at] if isinstance(at, slice) else at
        before = int(np.searchsorted(at, self._of_known))
        late = self._pairs(self._at[at[before:] - self._of_known])
        return concatenate([take(self._known, at[:before]), late]) if before else late


def _sacks_met(a: Sights, b: Sights) -> int:
    """Return how many SACK blocks of A stand on B in the same direction of the same flow."""
    blocks = []
    for side in (a, b):
        told = np.flatnonzero(side.sack)
        blocks.append(mixed(side.block[told], side.sack[told]))
    return int(np.count_nonzero(np.isin(blocks[0], blocks[1])))


def key_of(sights: Sights, parts: tuple[str, ...]) -> I64:
    """Return the key of the components within the block."""
    return mixed(sights.block, *(getattr(sights, part) for part in parts))
