"""The pilot settles what all parts must agree on: vantages, their order, the reference."""

from __future__ import annotations

import attrs
import pytest

from correlate.model.frames import Start, Stretch
from correlate.model.part import Part
from correlate.options import Options
from correlate.scale.pilot import choose, fly


def part(**frames: int) -> Part:
    stretches = {name: {0: Stretch(Start(0, 1, 0), count)} for name, count in frames.items()}
    return Part(stretches=stretches, owned=dict.fromkeys(frames, (0, 1)))


def test_the_part_flies_in_which_the_vantage_that_saw_least_saw_most() -> None:
    assert choose([part(a=900, b=0), part(a=50, b=60), part(a=500, b=20)]) == 1


@pytest.fixture(scope="module")
def pilot(small, parts):
    """Flown with the captures named in the wrong order."""
    return fly(dict(reversed(small.items())), Options(), 0, parts[0])


def test_vantages_are_put_into_path_order(pilot, small) -> None:
    assert pilot.order == ("client", "server")
    assert list(pilot.captures) == ["client", "server"]
    assert pilot.captures == small
    assert (pilot.reference, pilot.is_inferred, pilot.number) == ("client", True, 0)
    assert pilot.tallies is not None


def test_parts_are_run_in_the_order_that_the_pilot_found(pilot, parts) -> None:
    options = pilot.options(Options(memory_bytes=1, sha256=True))
    assert options == Options(order="given", reference="client")
    assert pilot.part(parts[1]) == parts[1]


def test_a_part_s_run_knows_that_the_order_was_inferred(pilot, runs) -> None:
    given = attrs.evolve(runs[0], path=attrs.evolve(runs[0].path, is_inferred=False, evidence=()))
    found = pilot.restored(given)
    assert (found.path.is_inferred, found.path.evidence) == (True, pilot.evidence)
