"""Claims against the truth, as counts that add up over worlds.

**In:** ``Truth`` and ``Claims``. **Out:** ``Score``.
**Method:** frames are reduced to the *root* transmission that they hold: a copy made by the network or by a mirror port
equals its original in every bit, so nobody can be blamed for taking one for the other. Twins (``Truth.twin``) that
the tool left ambiguous are neither right nor wrong, neither found nor missed. All else must be exact.
**Not here:** worlds (``rows``).
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import attrs
import numpy as np
from numpy.typing import NDArray

from tests.netsim import NOT_LOST, Seen, Truth
from tests.scoreboard.claims import Claims
from tests.scoreboard.holders import settle

I64 = NDArray[np.int64]

ALWAYS = ("checksum", "ip.len", "ipv6.plen", "tcp.hdr_len", "udp.length")
"""Fields (by substring) that follow any edit and are no claim of their own."""

FOLLOWS = {
    "tcp.len": ("tcp.payload",),
    "tcp.seq_raw": ("tcp.options.sack",),
    "tcp.ack_raw": ("tcp.options.sack",),
    "tcp.options.timestamp.tsval": ("tcp.options.timestamp",),
    "tcp.options.sack_le": ("tcp.options.sack",),
}
"""What else may be reported on a packet because of an edit."""


@attrs.frozen(kw_only=True)
class Score:
    """Counts; every property is a ratio of them. ``wrong`` counts are claims that contradict the truth."""

    packets: int = 0
    near_claimed: int = 0
    """Pairs of frames at neighbouring places."""
    near_right: int = 0
    near_true: int = 0
    near_found: int = 0
    all_claimed: int = 0
    all_right: int = 0
    all_true: int = 0
    all_found: int = 0
    joined_claimed: int = 0
    """Connections said to be seen at both of two places."""
    joined_right: int = 0
    joined_true: int = 0
    joined_found: int = 0
    ambiguous: int = 0
    lost_claimed: int = 0
    lost_right: int = 0
    lost_true: int = 0
    lost_found: int = 0
    passed_called_lost: int = 0
    """Called lost on a hop although it passed the far end (missed by the capture, outside its window, or unmatched)."""
    born_wrong: int = 0
    """Called originated on a hop where it was not."""
    changes_claimed: int = 0
    changes_right: int = 0
    changes_true: int = 0
    changes_found: int = 0
    clock_points: int = 0
    clock_inside: int = 0
    clock_worst_ns: int = attrs.field(default=0, metadata={"worst": True})
    """Greatest distance of the truth from the stated bounds."""
    half_width_ns: tuple[int, ...] = ()
    """Median half width per vantage; -1 = unbounded."""
    width_ratio: float = attrs.field(default=0.0, metadata={"worst": True})
    """Greatest half width over half the least two-way transit, below which no tool can go; infinite = unbounded."""
    order_wrong: int = 0
    findings_missing: tuple[str, ...] = ()
    findings_wrong: tuple[str, ...] = ()

    def __add__(self, other: Score) -> Score:
        """Return the counts of both."""
        merged = {}
        for field in attrs.fields(Score):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            merged[field.name] = max(mine, theirs) if field.metadata.get("worst") else mine + theirs
        return Score(**merged)

    @property
    def precision(self) -> float:
        """Share of claimed pairs, all pairs of places, that hold one transmission."""
        return _ratio(self.all_right, self.all_claimed)

    @property
    def recall(self) -> float:
        """Share of true pairs, all pairs of places, that were claimed."""
        return _ratio(self.all_found, self.all_true)

    @property
    def near_precision(self) -> float:
        """The same for neighbouring places."""
        return _ratio(self.near_right, self.near_claimed)

    @property
    def near_recall(self) -> float:
        """The same for neighbouring places."""
        return _ratio(self.near_found, self.near_true)

    @property
    def joined_precision(self) -> float:
        """Share of connections joined over two places that are one."""
        return _ratio(self.joined_right, self.joined_claimed)

    @property
    def joined_recall(self) -> float:
        """Share of connections seen at two places that were joined."""
        return _ratio(self.joined_found, self.joined_true)

    @property
    def lost_precision(self) -> float:
        """Share of ``lost`` that were lost there."""
        return _ratio(self.lost_right, self.lost_claimed)

    @property
    def lost_recall(self) -> float:
        """Share of losses behind a sighting that were called ``lost`` there."""
        return _ratio(self.lost_found, self.lost_true)

    @property
    def change_precision(self) -> float:
        """Share of unexpected changes that a box made."""
        return _ratio(self.changes_right, self.changes_claimed)

    @property
    def change_recall(self) -> float:
        """Share of box edits, both frames captured, that were reported."""
        return _ratio(self.changes_found, self.changes_true)

    @property
    def inside(self) -> float:
        """Share of packet times at which the true offset lies in the stated bounds."""
        return _ratio(self.clock_inside, self.clock_points)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def score(truth: Truth, claims: Claims) -> Score:
    """Return how the claims fare; findings are judged by :func:`judge_findings`."""
    roots = _roots(truth, claims)
    parts: dict[str, object] = {"packets": len(truth), "ambiguous": int(claims.is_ambiguous.sum())}
    parts |= _pairs(truth, claims, roots)
    parts |= _connections(truth, claims)
    parts |= _losses(truth, claims, roots)
    parts |= _changes(truth, claims, roots)
    parts |= _clocks(truth, claims)
    right = tuple(range(len(truth.world.taps)))
    parts["order_wrong"] = int(claims.order != right)
    parts["born_wrong"] = _births(truth, claims, roots)
    return Score(**parts)  # type: ignore[arg-type]


def judge_findings(claims: Claims, expected: frozenset[str], forbidden: frozenset[str]) -> Score:
    """Return which codes are missing (or only inconclusive) and which accuse wrongly (inconclusive ones accuse nobody)."""
    said = {code for code, grade in claims.findings.items() if grade != "inconclusive"}
    return Score(
        findings_missing=tuple(sorted(expected - said)),
        findings_wrong=tuple(sorted(said & forbidden)),
    )


def _roots(truth: Truth, claims: Claims) -> I64:
    """Return claims' frames as root transmissions, -1 = not seen."""
    roots = np.full(claims.frames.shape, -1, np.int64)
    for place in range(claims.frames.shape[1]):
        seen = claims.frames[:, place] > 0
        roots[seen, place] = truth.root[truth.transmission_of[place][claims.frames[seen, place] - 1]]
    return settle(truth, claims.frames, roots)


def _open_twins(truth: Truth, claims: Claims, roots: I64) -> NDArray[np.bool_]:
    """Return per transmission: a root that nothing tells from another, and that the tool left ambiguous."""
    is_open = np.zeros(len(truth), np.bool_)
    left = roots[claims.is_ambiguous]
    is_open[left[left >= 0]] = True
    return is_open & (truth.twin >= 0)


def _pairs(truth: Truth, claims: Claims, roots: I64) -> dict[str, int]:
    is_open = _open_twins(truth, claims, roots)
    closed = ~(claims.is_ambiguous & np.all((roots < 0) | (truth.twin[roots] >= 0), axis=1))
    counts = dict.fromkeys([f"{a}_{b}" for a in ("near", "all") for b in ("claimed", "right", "true", "found")], 0)
    places = roots.shape[1]
    held = [np.unique(truth.root[truth.frame[:, place] > 0]) for place in range(places)]
    for i in range(places):
        for j in range(i + 1, places):
            both = (roots[:, i] >= 0) & (roots[:, j] >= 0) & closed
            right = both & (roots[:, i] == roots[:, j])
            true = np.intersect1d(held[i], held[j], assume_unique=True)
            found = np.unique(roots[right, i])
            one = {
                "claimed": int(both.sum()),
                "right": int(right.sum()),
                "true": np.count_nonzero(~is_open[true]),
                "found": np.count_nonzero(~is_open[found]),
            }
            for name, count in one.items():
                counts[f"all_{name}"] += count
                counts[f"near_{name}"] += count if j == i + 1 else 0
    return counts


def _connections(truth: Truth, claims: Claims) -> dict[str, int]:
    """Compare connections over all pairs of places; at a place a connection is the one that most of its frames have."""
    counts = {f"joined_{name}": 0 for name in ("claimed", "right", "true", "found")}
    views = []
    for said, holders in zip(claims.connections, truth.transmission_of, strict=True):
        pairs = Counter(zip(said.tolist(), truth.flow[holders].tolist(), strict=True))
        by_size = sorted((count, said, real) for (said, real), count in pairs.items() if said >= 0)
        views.append(({s: real for _, s, real in by_size}, {real: s for _, s, real in by_size}))
    for (said_i, real_i), (said_j, real_j) in combinations(views, 2):
        both, shared = said_i.keys() & said_j.keys(), real_i.keys() & real_j.keys()
        counts["joined_claimed"] += len(both)
        counts["joined_right"] += sum(said_i[one] == said_j[one] for one in both)
        counts["joined_true"] += len(shared)
        counts["joined_found"] += sum(real_i[one] == real_j[one] for one in shared)
    return counts


def _any_root(roots: I64, packet: int) -> int:
    """Return the root at any place of a claimed packet."""
    return int(roots[packet].max())


def _losses(truth: Truth, claims: Claims, roots: I64) -> dict[str, int]:
    places = roots.shape[1]
    lost = np.flatnonzero((truth.lost_hop != NOT_LOST) & (truth.lost_hop >= 0) & (truth.lost_hop < places - 1))
    really = {(int(truth.root[t]), int(truth.lost_hop[t])) for t in lost}
    copied = set(truth.copy_of[truth.copy_of >= 0].tolist())
    witnessed = set()
    for t in lost.tolist():
        hop = int(truth.lost_hop[t])
        upstream = hop if truth.forward[t] else hop + 1
        if truth.seen[t, upstream] == Seen.CAPTURED and int(truth.root[t]) not in copied:
            witnessed.add((int(truth.root[t]), hop))
    passed: set[tuple[int, int]] = set()
    times = truth.time_ns >= 0
    for hop in range(places - 1):
        downstream = np.where(truth.forward, hop + 1, hop)
        there = times[np.arange(len(truth)), downstream]
        passed |= {(root, hop) for root in truth.root[there].tolist()}
    claimed = {(_any_root(roots, packet), hop) for packet, hop in claims.lost}
    return {
        "lost_claimed": len(claims.lost),
        "lost_right": sum((_any_root(roots, packet), hop) in really for packet, hop in claims.lost),
        "lost_true": len(witnessed),
        "lost_found": len(witnessed & claimed),
        "passed_called_lost": len((claimed & passed) - really),
    }


def _births(truth: Truth, claims: Claims, roots: I64) -> int:
    born = set(zip(truth.root.tolist(), truth.origin.tolist(), strict=True))
    return sum((_any_root(roots, packet), hop) not in born for packet, hop in claims.originated)


def _changes(truth: Truth, claims: Claims, roots: I64) -> dict[str, int]:
    places = roots.shape[1]
    true = {(int(truth.root[e.transmission]), e.hop, e.field) for e in truth.edits}
    visible = {
        (int(truth.root[e.transmission]), e.hop, e.field)
        for e in truth.edits
        if 0 <= e.hop < places - 1
        and truth.frame[e.transmission, e.hop] > 0
        and truth.frame[e.transmission, e.hop + 1] > 0
    }
    may_follow = {(root, hop, more) for root, hop, field in true for more in FOLLOWS.get(field, ())}
    found: set[tuple[int, int, str]] = set()
    claimed = right = 0
    for packet, hop, field, is_expected in claims.changes:
        if not 0 <= hop < places - 1:
            claimed += not is_expected
            continue
        root = int(roots[packet, hop])
        is_pair = root >= 0 and root == roots[packet, hop + 1]
        if is_pair and (root, hop, field) in visible:
            found.add((root, hop, field))
        if is_expected or any(word in field for word in ALWAYS) or (not is_pair and (root, hop, field) in true):
            continue
        claimed += 1
        follows = any((root, hop, stem) in may_follow for stem in _stems(field))
        right += is_pair and ((root, hop, field) in true or follows)
    return {
        "changes_claimed": claimed,
        "changes_right": right,
        "changes_true": len(visible),
        "changes_found": len(found),
    }


def _stems(field: str) -> list[str]:
    return [stem for stems in FOLLOWS.values() for stem in stems if field.startswith(stem)]


def _clocks(truth: Truth, claims: Claims) -> dict[str, object]:
    points = inside = worst = 0
    widths: list[int] = []
    ratio = 0.0
    for place, bounds in sorted(claims.bounds.items()):
        stamps = truth.stamp_ns[place]
        if place == claims.reference or len(stamps) == 0:
            continue
        true = truth.offset_ns(place, np.arange(1, len(stamps) + 1), claims.reference)
        _, lo, hi = bounds(stamps)
        outside = np.maximum(np.maximum(lo - true, true - hi), 0)
        points += len(stamps)
        inside += int(np.count_nonzero(outside == 0))
        worst = max(worst, int(outside.max()))
        bounded = (lo > -(2**61)) & (hi < 2**61)
        widths.append(int(np.median((hi - lo)[bounded])) // 2 if bounded.any() else -1)
        limit = _least_two_way(truth, claims.reference, place)
        if limit:
            ratio = max(ratio, 2 * widths[-1] / limit if widths[-1] >= 0 else np.inf)
    parts = {"clock_points": points, "clock_inside": inside, "clock_worst_ns": worst}
    return {**parts, "half_width_ns": tuple(widths), "width_ratio": round(ratio, 2)}


def _least_two_way(truth: Truth, one: int, other: int) -> int:
    """Return the least transit there plus the least back, ns, of packets captured at both places; 0 = one is lacking."""
    total = 0
    both = (truth.frame[:, one] > 0) & (truth.frame[:, other] > 0)
    for forward in (True, False):
        mine = both & (truth.forward == forward)
        if not mine.any():
            return 0
        total += int(np.abs(truth.time_ns[mine, one] - truth.time_ns[mine, other]).min())
    return total
