"""Rule (module head): what a title counts is known from the finding's fields; everything else stays as it is."""

from __future__ import annotations

import attrs
import pytest

from correlate.model.findings import Finding
from correlate.scale.titles import counts_flows, counts_quantity, delay_in, retold, skeleton

ONE = Finding(
    id="x",
    code="loss",
    severity="warning",
    grade="likely",
    title="3 of 100 packets lost between fw1 and fw2 (3 %)",
    explanation="",
    hop=("fw1", "fw2"),
    quantity=3,
    unit="packets",
    out_of=100,
    flows=(1, 2),
)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("3 of 100 packets lost between fw1 and fw2 (3 %)", "9 of 600 packets lost between fw1 and fw2 (1.5 %)"),
        (
            "The capture at fw1 misses 3 packets that passed (3 %)",
            "The capture at fw1 misses 9 packets that passed (1.5 %)",
        ),
        ("At least 3 packets lost (3 %)", "At least 9 packets lost (1.5 %)"),
        ("NAPT between fw1 and fw2, 2 flows", "NAPT between fw1 and fw2, 7 flows"),
        ("13 packets of 10.3 MB, 12 flows, (33 %)", "13 packets of 10.3 MB, 12 flows, (33 %)"),
    ],
)
def test_numbers_of_the_whole_stand_in_place_of_the_parts(title, expected) -> None:
    """Numbers that merely end alike are others."""
    assert retold(attrs.evolve(ONE, title=title), 9, 600, 7) == expected


def test_one_becomes_many() -> None:
    one = attrs.evolve(ONE, title="1 packet seen on one side", quantity=1, out_of=None)
    assert retold(one, 2, None, None) == "2 packets seen on one side"
    assert skeleton(one.title) == skeleton("5 packets seen on one side")


def test_a_title_counts_what_the_hop_did_if_it_names_nobody() -> None:
    """Names of vantages may hold digits; addresses are somebody."""
    count = attrs.evolve(ONE, out_of=None)
    assert counts_quantity(attrs.evolve(count, title="3 packets sent between fw1 and fw2 came twice"))
    assert not counts_quantity(attrs.evolve(count, title="3 packets of 10.0.0.1 came twice"))
    assert not counts_quantity(attrs.evolve(count, title="Flow 7 lost 3 packets"))
    assert not counts_quantity(attrs.evolve(count, title="3 packets", quantity=None))
    assert counts_flows(attrs.evolve(ONE, title="NAPT, 2 flows"))
    assert not counts_flows(attrs.evolve(ONE, title="NAPT, 12 flows"))


def test_durations_are_compared_whatever_their_unit() -> None:
    """The weakest innocence is the one with the greatest delay."""
    told = [
        f"No loss, change or added delay above {text} on fw1 - fw2, 100 packets"
        for text in ("900 us", "10 ms", "1.2 s")
    ]
    assert [delay_in(one) for one in told] == [900e3, 10e6, 1.2e9]
    assert delay_in("Nothing was lost") == 0
