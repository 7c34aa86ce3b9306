"""Claims of the tool against the truth of the lab, as counts that add up.

**In:** ``Truth``, a ``Claims`` of the scoreboard, true stamps. **Out:** ``Score``.
**Method:** a claimed pair of frames is right if they share an atom. A true pair (atom, two places) is found if a claimed pair
holds it. Twins (equal bytes) left ambiguous count neither way. Several packets claimed lost from one frame are right as far as
so many of its atoms are.
**Not here:** runs (``board.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

import attrs
import numpy as np
from numpy.typing import NDArray

from tests.lab.scenario import Scenario
from tests.lab.truth import Atom, Truth
from tests.scoreboard.claims import Claims

Stamps = Sequence[NDArray[np.int64]]
"""Per place, shape (places, frames): what the clock of each place shows when this place's frames pass it."""


@attrs.frozen(kw_only=True)
class Score:
    """Counts of one scenario, or of several."""

    packets: int = 0
    pairs_claimed: int = 0
    pairs_right: int = 0
    pairs_true: int = 0
    pairs_found: int = 0
    lost_claimed: int = 0
    lost_right: int = 0
    lost_true: int = 0
    lost_found: int = 0
    clock_points: int = 0
    clock_inside: int = 0
    clock_worst_ns: int = 0
    half_width_ns: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    """Forbidden and called likely."""
    wrong_proven: tuple[str, ...] = ()
    unexplained: int = 0
    capture_drops: int = 0

    def __add__(self, other: Score) -> Score:
        """Return the counts of both; of the worst distance the greater one."""
        merged = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in attrs.fields(Score)}
        merged["clock_worst_ns"] = max(self.clock_worst_ns, other.clock_worst_ns)
        return Score(**merged)

    @property
    def precision(self) -> float:
        """Share of claimed pairs that are right."""
        return ratio(self.pairs_right, self.pairs_claimed)

    @property
    def recall(self) -> float:
        """Share of true pairs that were found."""
        return ratio(self.pairs_found, self.pairs_true)

    @property
    def lost_precision(self) -> float:
        """Share of packets called lost on a hop that were lost there."""
        return ratio(self.lost_right, self.lost_claimed)

    @property
    def lost_recall(self) -> float:
        """Share of packets lost on a hop that were called so."""
        return ratio(self.lost_found, self.lost_true)


def ratio(part: int, whole: int) -> float:
    """Return the share; of nothing, all."""
    return part / whole if whole else 1.0


def score(truth: Truth, claims: Claims) -> Score:
    """Count pairs and losses."""
    return Score(
        packets=len({atom for place in truth.atoms for held in place.values() for atom in held}),
        unexplained=truth.unexplained,
        **_pairs(truth, claims),
        **_losses(truth, claims),
    )


def _held(truth: Truth, claims: Claims) -> list[list[frozenset[Atom]]]:
    """Return what each claimed packet's frame holds, per packet and place."""
    nothing: frozenset[Atom] = frozenset()
    return [
        [truth.atoms[place].get(frame, nothing) if frame else nothing for place, frame in enumerate(row)]
        for row in claims.frames.tolist()
    ]


def _pairs(truth: Truth, claims: Claims) -> dict[str, int]:
    places = len(truth.atoms)
    alike = Counter(truth.bytes_of.values())
    held = _held(truth, claims)
    unsure = {
        atom for row, ambiguous in zip(held, claims.is_ambiguous, strict=True) if ambiguous for h in row for atom in h
    }
    unsure = {atom for atom in unsure if alike[truth.bytes_of[atom]] > 1}
    counts = dict.fromkeys(("pairs_claimed", "pairs_right", "pairs_true", "pairs_found"), 0)
    for one, other in combinations(range(places), 2):
        seen: set[tuple[int, int]] = set()
        found: set[Atom] = set()
        for row, frames in zip(held, claims.frames.tolist(), strict=True):
            pair = (frames[one], frames[other])
            if not all(pair) or pair in seen or not (row[one] or row[other]) or row[one] & unsure:
                continue
            seen.add(pair)
            shared = row[one] & row[other]
            counts["pairs_right"] += bool(shared)
            found |= shared
        counts["pairs_claimed"] += len(seen)
        sets = [{atom for atoms in truth.atoms[place].values() for atom in atoms} for place in (one, other)]
        true = (sets[0] & sets[1]) - unsure
        counts["pairs_true"] += len(true)
        counts["pairs_found"] += len(true & found)
    return counts


def _losses(truth: Truth, claims: Claims) -> dict[str, int]:
    places = len(truth.atoms)
    held = _held(truth, claims)
    called: dict[tuple[frozenset[Atom], int], int] = Counter()
    for packet, hop in claims.lost:
        atoms = _upstream(held[packet], hop, places, truth.forward)
        called[atoms, hop] += 1
    right = found = 0
    for (atoms, hop), count in called.items():
        really = min(count, sum((atom, hop) in truth.lost for atom in atoms))
        right += really
        found += really
    return {
        "lost_claimed": len(claims.lost),
        "lost_right": right,
        "lost_true": len(truth.lost),
        "lost_found": found,
    }


def _upstream(row: Sequence[frozenset[Atom]], hop: int, places: int, forward: Mapping[Atom, bool]) -> frozenset[Atom]:
    """Return what the frame holds that stands just before the hop; nothing if there is none."""
    for place in (hop, hop + 1):
        if 0 <= place < places and row[place]:
            return row[place]
    return next((atoms for atoms in row if atoms), frozenset())


def judge_clocks(claims: Claims, stamps: Stamps) -> Score:
    """Count stamps at which the true offset lies within the stated bounds."""
    points = inside = worst = 0
    widths: list[int] = []
    for place, bounds in sorted(claims.bounds.items()):
        local = stamps[place][place]
        if place == claims.reference or not len(local):
            continue
        true = local - stamps[place][claims.reference]
        _, lo, hi = bounds(local)
        outside = np.maximum(np.maximum(lo - true, true - hi), 0)
        points += len(local)
        inside += int(np.count_nonzero(outside == 0))
        worst = max(worst, int(outside.max()))
        is_bounded = (lo > -(2**61)) & (hi < 2**61)
        widths.append(int(np.median((hi - lo)[is_bounded])) // 2 if is_bounded.any() else -1)
    return Score(clock_points=points, clock_inside=inside, clock_worst_ns=worst, half_width_ns=tuple(widths))


def judge_findings(scenario: Scenario, found: Mapping[tuple[str, str], str]) -> Score:
    """Compare findings, as (code, hop) -> best grade, with what the scenario says.

    A code may be expected on certain hops only; on any other one it is wrong.
    """
    missing = [code for code in scenario.expect if not any(_is_meant(scenario, code, key, found) for key in found)]
    wrong = [
        f"{code} {hop}".strip()
        for (code, hop), grade in found.items()
        if grade != "inconclusive" and scenario.forbids(code, hop)
    ]
    proven = [f"{c} {h}".strip() for (c, h), grade in found.items() if grade == "proven" and scenario.forbids(c, h)]
    return Score(missing=tuple(missing), wrong=tuple(set(wrong) - set(proven)), wrong_proven=tuple(proven))


def _is_meant(scenario: Scenario, code: str, key: tuple[str, str], found: Mapping[tuple[str, str], str]) -> bool:
    hops = scenario.expect[code]
    return key[0] == code and found[key] != "inconclusive" and (not hops or key[1] in hops)
