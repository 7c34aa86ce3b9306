"""The path: order of the vantages and direction of every joined flow.

**In:** packets, flows and joined flows of all vantages, matches. **Out:** :class:`~correlate.model.path.Path`.

**Method:** algorithms section 6, never the unaligned clock: round-trip nesting (``votes.py``), TTL, brute force over
orders with set inclusion as tie-break (``order.py``), then addresses and stamp corridors for flows without evidence of
their own (``directions.py``).

**Not here:** clocks. The order is total even where the path branches; which flow passes where tells ``ways.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from correlate.errors import UsageError
from correlate.model.arrays import I64, frozen
from correlate.model.flows import FlowTable, JoinedFlows
from correlate.model.matches import MatchTable
from correlate.model.packets import PacketTable
from correlate.model.path import Direction, Path
from correlate.paths.directions import by_addresses, by_stamps
from correlate.paths.order import MAX_VANTAGES, Ordering, best_order, find_patterns, flow_signs, weigh
from correlate.paths.votes import PairVotes, find_lone, vote
from correlate.paths.ways import find_ways

_AT_ONCE = 1 << 16
"""Packets: what is computed of them stays in the processor's cache."""


def infer_path(
    packets: Sequence[PacketTable],
    flows: Sequence[FlowTable],
    joined: JoinedFlows,
    match: MatchTable,
    *,
    keep_given_order: bool,
) -> Path:
    """Return the order of the vantages on a line and the direction of every joined flow.

    Parameters
    ----------
    packets, flows
        One per vantage, in input order.
    joined
        Flows joined over vantages.
    match
        Packets matched over vantages.
    keep_given_order
        Keep the input order; evidence then only sets directions, and ``contradicts_given`` still tells what it says.

    Returns
    -------
    Path
        Where no vantage shares a packet with another, ``order`` holds the first vantage alone.

    Raises
    ------
    UsageError
        If more than 8 vantages share packets.
    """
    placed, unplaced = _place(match, len(packets))
    if len(placed) > MAX_VANTAGES:
        raise UsageError(
            where="captures",
            what=f"{len(placed)} vantages share packets, at most {MAX_VANTAGES} can be ordered",
            advice="Leave some out.",
        )
    votes = vote(packets, match, len(joined))
    patterns = find_patterns(votes, placed, len(joined))
    best = best_order(placed, patterns, _masks(match))
    is_silent = best.score == 0 and best.order == placed
    chosen = weigh(placed, patterns) if keep_given_order else best
    own = flow_signs(chosen.order, patterns)
    addressed = by_addresses(own, find_lone(votes, len(joined)), packets, flows, joined, chosen.order)
    stamped = by_stamps(addressed, packets, match, chosen.order)
    directions, is_guessed = stamped, False
    if not stamped.any():
        # Nothing orders anything (one host's two interfaces, a file and its rewritten self): by contract the end given
        # first is the initiators' end then.
        directions = np.full(len(joined), Direction.FORWARD, np.int8)
        is_guessed = not keep_given_order and not _has_both_ways(match, len(joined))
    ways = find_ways(packets, match, chosen.order, len(joined))
    return Path(
        order=chosen.order,
        unplaced=unplaced,
        flow_direction=frozen(directions, np.int8),
        is_inferred=not (keep_given_order or is_silent),
        contradicts_given=best.order != placed,
        is_guessed=is_guessed,
        evidence=_sentences(votes, chosen, [own, addressed, stamped], len(ways.side_by_side)),
        is_on_way=frozen(ways.is_on_way),
        side_by_side=ways.side_by_side,
    )


def _place(match: MatchTable, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the largest group of vantages joined by shared packets, in input order, and the rest."""
    reach = np.zeros((count, count), np.bool_)
    for one, other in combinations(range(count), 2):
        reach[one, other] = ((match.rows[:, one] >= 0) & (match.rows[:, other] >= 0)).any()
    reach |= reach.T
    np.fill_diagonal(reach, val=True)
    for _ in range(count):
        reach = (reach.astype(np.int64) @ reach.astype(np.int64)) > 0
    groups = {tuple(np.flatnonzero(row).tolist()) for row in reach}
    placed = min(groups, key=lambda group: (-len(group), group), default=())
    return placed, tuple(v for v in range(count) if v not in placed)


def _has_both_ways(match: MatchTable, flow_count: int) -> bool:
    """Tell whether several vantages share packets of both directions of any flow.

    Round trips that do not nest then say that the vantages are as good as one place, whichever comes first.
    """
    shared = (match.rows >= 0).sum(axis=1) > 1
    ways = np.zeros((flow_count, 2), np.bool_)
    ways[match.flow[shared], match.is_outbound[shared].astype(np.int64)] = True
    return bool(ways.all(axis=1).any())


def _masks(match: MatchTable) -> tuple[I64, I64]:
    """Return the distinct sets of vantages holding a packet, as bits, with their counts."""
    count = match.rows.shape[1]
    if count > MAX_VANTAGES:
        values, counts = np.unique(_held(match.rows), return_counts=True)
        return values, counts.astype(np.int64)
    counts = np.zeros(1 << count, np.int64)
    for begin in range(0, len(match.rows), _AT_ONCE):
        counts += np.bincount(_held(match.rows[begin : begin + _AT_ONCE]), minlength=1 << count)
    values = np.flatnonzero(counts)
    return values, counts[values]


def _held(rows: I64) -> I64:
    """Return the vantages that hold each packet, as bits."""
    held = np.zeros(len(rows), np.int64)
    for vantage, column in enumerate(rows.T):
        held |= (column >= 0) * (np.int64(1) << vantage)
    return held


def _sentences(
    votes: Sequence[PairVotes], chosen: Ordering, stages: list[np.ndarray], branches: int
) -> tuple[str, ...]:
    """Say what was used, with its counts."""
    nesting = sum(int((pair.nesting != 0).sum()) for pair in votes)
    limits = sum(int(((pair.nesting == 0) & (pair.hop_limit != 0)).sum()) for pair in votes)
    own, addressed, stamped = (int((signs != 0).sum()) for signs in stages)
    said = [
        (nesting, f"round trips nest in {nesting} cases of a flow seen at two vantages"),
        (limits, f"TTL alone orders {limits} further cases"),
        (abs(chosen.lean), f"{abs(chosen.lean):.0f} more flows begin at one end than at the other"),
        (addressed - own, f"{addressed - own} flows take their direction from their addresses"),
        (stamped - addressed, f"{stamped - addressed} one-way flows take it from stamp differences"),
        (branches, f"no packet passes both vantages of {branches} pairs between the ends: the path branches"),
    ]
    return tuple(sentence for count, sentence in said if count)
