"""Flows that crossed, fell silent, and cross no more."""

from __future__ import annotations

import attrs

from tests.trajectories.build import FIN, Seen, build
from tests.trajectories.judging import Verdict, verdicts

MINUTE = 60_000.0


def forgotten_flow(idle: float = MINUTE, controls: int = 60) -> list[Seen]:
    """A request and its answer cross; after ``idle`` ms the next request and its resends do not; others cross."""
    seen = [
        Seen(at=(0, 1), seq=100, ack=2, length=50),
        Seen(at=(3, 2), out=False, seq=2, ack=150, length=50),
        Seen(at=(4, 5), seq=150, ack=52),
    ]
    seen += [Seen(at=(idle + 200 * n, None), seq=150, ack=52, length=50) for n in range(5)]
    for n in range(controls):
        at = n * (idle + 1500) / controls
        seen.append(Seen(at=(at, at + 1), flow=1, seq=10 * n, ack=9, length=10))
        seen.append(Seen(at=(at + 3, at + 2), flow=1, out=False, seq=9, ack=10 * n + 10))
    for n in range(6):
        at = idle + 150 * n + 30
        seen.append(Seen(at=(at, at + 1), flow=1, seq=10_000 + 10 * n, ack=9, length=10))
    seen.append(Seen(at=(idle + 5000, idle + 5001), flow=1, seq=90_000, ack=9, length=10))
    return seen


def judged(seen: list[Seen]) -> set[Verdict]:
    found = verdicts(build(seen, 2))
    return {found[i][0] for i, one in enumerate(seen) if one.flow == 0 and one.at[1] is None}


def test_what_comes_after_a_long_silence_and_never_crosses_was_forgotten() -> None:
    """A minute of silence, five sendings, other traffic of the hosts crosses meanwhile."""
    assert judged(forgotten_flow()) == {Verdict(0, "lost", "likely", "state-lost")}


def test_without_a_silence_it_is_ordinary_loss() -> None:
    """Ten seconds are no timeout."""
    assert {one.reason for one in judged(forgotten_flow(idle=10_000))} & {"state-lost"} == set()


def test_a_flow_that_ended_has_no_state_to_lose() -> None:
    """A FIN before the silence."""
    seen = forgotten_flow()
    seen[1] = attrs.evolve(seen[1], tcp_flags=16 | FIN)
    assert "state-lost" not in {one.reason for one in judged(seen)}


def test_without_others_that_cross_meanwhile_nobody_is_accused() -> None:
    """The path, or the capture, may have stopped."""
    seen = [one for one in forgotten_flow() if one.flow == 0 or one.at[0] < MINUTE]
    assert {one.fate for one in judged(seen)} != {"lost"}
