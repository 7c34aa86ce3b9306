"""Rule (module head): what all parts say of a hop is told once; nothing is added that does not add up."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.model.findings import Finding
from correlate.scale.claims import Claim, Claims, Merged, Sums

LOSS = Finding(
    id="loss/0",
    code="loss",
    severity="warning",
    grade="likely",
    title="",
    explanation="Sent again.",
    hop=("a", "b"),
    direction="forward",
    unit="packets",
)
CLEAN = Finding(
    id="clean",
    code="clean",
    severity="info",
    grade="proven",
    title="No loss, change or added delay above 10 ms on a - b, 100 packets",
    explanation="All of them.",
    hop=("a", "b"),
    quantity=100,
    unit="packets",
)


def loss(part: int, count: int, total: int, **changes) -> Claim:
    title = f"{count} of {total} packets lost between a and b ({100 * count / total:.3g} %)"
    one = attrs.evolve(LOSS, title=title, quantity=count, out_of=total, flows=tuple(range(count)), **changes)
    return Claim(part, one)


def merge(claims: list[Claim], last: int, parts: int, sent=None) -> list[Merged]:
    """Return the findings of the whole; parts without a claim count, too."""
    total = Claims()
    for part in range(parts):
        total.take(part, [claim.finding for claim in claims if claim.part == part], last)
    return total.merged(Sums(sent or {}))


def told(claims, *, last: int | None = None) -> list[Finding]:
    parts = max(claim.part for claim in claims) + 1
    return [one.finding for one in merge(claims, parts - 1 if last is None else last, parts)]


def test_a_number_that_is_the_least_is_that_of_all_parts_together() -> None:
    """Lower bounds of parts add up to less than what their counts show together; never is less told than their sum."""
    place = ("a", "b"), "forward"
    for is_at_least, surely, expected in ((True, 300, 300), (True, 200, 270), (False, 300, 270)):
        total = Claims()
        for part in range(3):
            total.take(part, [loss(part, 90, 1000, is_at_least=is_at_least).finding], 2)
        (one,) = total.merged(Sums({place: 3000}, {place: surely}))
        assert (one.finding.quantity, one.finding.out_of) == (expected, 3000)
        assert str(expected) in one.finding.title


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(100, 10_000)), min_size=2, max_size=8))
def test_counts_among_totals_add_up_whichever_flows_they_name(counts) -> None:
    """Parts in which one flow lost packets, and parts in which many did, speak of the same hop."""
    (one,) = told([loss(part, count, total) for part, (count, total) in enumerate(counts)])
    lost, total = (sum(column) for column in zip(*counts, strict=True))
    assert one.title.startswith(f"{lost} of {total} packets lost between a and b (")
    assert one.quantity == lost
    assert f"{lost:,} packets in all" in one.explanation


@pytest.mark.parametrize(
    "changes", [{"direction": "reverse"}, {"hop": ("b", "c")}, {"code": "capture-loss"}, {"vantage": "a"}]
)
def test_what_is_said_of_something_else_stays_apart(changes) -> None:
    assert len(told([loss(0, 2, 100), loss(1, 3, 100, **changes)])) == 2


def test_findings_of_few_flows_that_count_nothing_stay_apart() -> None:
    """They are about those flows."""
    one = attrs.evolve(LOSS, title="10.0.0.1:5000 is blocked between a and b", unit=None, flows=(1,))
    same, other = Claim(1, one), Claim(1, attrs.evolve(one, id="x", flows=(2,)))
    assert len(told([Claim(0, one), same])) == 1
    assert len(told([Claim(0, one), other])) == 2


@pytest.mark.parametrize(("counts", "title"), [((1, 5), "6 packets seen"), ((1, 1), "2 packets seen")])
def test_one_and_many_are_the_same_thing(counts, title) -> None:
    claims = [
        Claim(part, attrs.evolve(LOSS, title=f"{n} packet{'s' * (n != 1)} seen on one side", quantity=n, id=str(part)))
        for part, n in enumerate(counts)
    ]
    (one,) = told(claims)
    assert one.title.startswith(title)


def test_two_findings_of_one_part_are_never_one() -> None:
    assert len(told([loss(0, 2, 100), loss(0, 3, 100, id="loss/1")])) == 2


def test_only_equally_sure_counts_are_added() -> None:
    (one,) = told([loss(0, 2, 100, grade="proven"), loss(1, 30, 100)])
    assert (one.grade, one.quantity) == ("proven", 2)


def test_a_hop_is_clean_if_every_part_calls_it_clean() -> None:
    """Innocence in one part of the time is no innocence."""
    assert [one.code for one in told([Claim(0, CLEAN), loss(1, 1, 10)])] == ["loss"]
    (one,) = told([Claim(0, CLEAN), Claim(1, CLEAN)])
    assert one.title.endswith("200 packets")
    assert one.quantity == 200


def test_innocence_is_told_as_its_weakest_part_does() -> None:
    """Least sure, greatest delay."""
    late = attrs.evolve(CLEAN, title=CLEAN.title.replace("10 ms", "25 ms"), quantity=7)
    (one,) = told([Claim(0, CLEAN), Claim(1, late)])
    assert "above 25 ms" in one.title
    (one,) = told([Claim(0, CLEAN), Claim(1, attrs.evolve(CLEAN, grade="likely"))])
    assert one.grade == "likely"


def test_flows_behind_a_translation_are_counted_once() -> None:
    nat = attrs.evolve(LOSS, code="nat", title="NAPT between a and b, 4 flows", unit=None, flows=(0, 1, 2, 3))
    (one,) = told(
        [Claim(0, nat), Claim(1, attrs.evolve(nat, flows=(2, 3, 4, 5, 6), title=nat.title.replace("4", "5")))]
    )
    assert one.title == "NAPT between a and b, 7 flows"


def test_a_translation_is_as_sure_as_the_part_that_knows_who_began() -> None:
    """Found on a million packets in fifteen parts: 256 flows of 2,000 were told, those of parts that saw a SYN."""
    nat = attrs.evolve(
        LOSS, code="nat", grade="proven", title="NAPT between a and b, 4 flows", unit=None, flows=(0, 1, 2, 3)
    )
    likely = attrs.evolve(nat, grade="likely", flows=(2, 3, 4, 5, 6), title=nat.title.replace("4", "5"))
    (one,) = told([Claim(0, nat), Claim(1, likely)])
    assert (one.title, one.grade, one.flows) == ("NAPT between a and b, 7 flows", "proven", tuple(range(7)))


def test_flows_that_are_not_named_are_counted() -> None:
    """A finding names a thousand flows at most, whatever its title counts; a kind that no flow is left of is none."""
    nat = attrs.evolve(LOSS, code="nat", title="NAPT between a and b, 4 flows", unit=None, flows=(0, 1, 2, 3))
    more = attrs.evolve(nat, title="NAPT between a and b, 1204 flows", flows=tuple(range(1000)))
    dnat = attrs.evolve(nat, id="x", title="DNAT between a and b, 1 flow", flows=(4000,))
    total = Claims()
    for part, one in enumerate((nat, more)):
        total.take(part, [one, dnat], 1)
    (told,) = total.merged(Sums(translated={(("a", "b"), "napt"): 2000, (("a", "b"), "snat"): 7}))
    assert told.finding.title == "NAPT between a and b, 2000 flows"


def test_a_hop_translates_a_flow_in_one_way() -> None:
    """A part that holds only the middle of connections may take a translated source for a translated destination."""
    napt = attrs.evolve(LOSS, code="nat", title="NAPT between a and b, 4 flows", unit=None, flows=(0, 1, 2, 3))
    dnat = attrs.evolve(napt, id="x", title="DNAT between a and b, 2 flows", flows=(1, 2))
    assert [one.title for one in told([Claim(0, napt), Claim(1, dnat)])] == ["NAPT between a and b, 4 flows"]
    other = attrs.evolve(dnat, flows=(3, 9))
    found = {one.title for one in told([Claim(0, napt), Claim(1, other)])}
    assert found == {"NAPT between a and b, 4 flows", "DNAT between a and b, 1 flow"}
    elsewhere = attrs.evolve(dnat, hop=("b", "c"))
    assert len(told([Claim(0, napt), Claim(1, elsewhere)])) == 2


def test_only_the_first_and_the_last_part_have_ends() -> None:
    """``capture-window`` speaks of the ends of captures."""
    edges = [Claim(part, attrs.evolve(LOSS, code="capture-window", title="x", vantage=str(part))) for part in range(4)]
    assert {one.vantage for one in told(edges)} == {"0", "3"}


def test_a_share_of_misses_is_among_all_that_the_vantage_holds() -> None:
    """Parts in which its capture missed nothing have no such finding."""
    title = "The capture at b misses 5 packets that passed it (0.5 %)"
    miss = attrs.evolve(LOSS, code="capture-loss", title=title, vantage="b", quantity=5, out_of=1000)
    total = Claims()
    for part in range(4):
        total.take(part, [miss] if part < 2 else [], 3)
    (one,) = total.merged(Sums(seen={"b": 9990}))
    assert one.finding.title == "The capture at b misses 10 packets that passed it (0.1 %)"
    assert (one.finding.quantity, one.finding.out_of) == (10, 10_000)


@pytest.mark.parametrize("rest", ["likely", "proven"])
def test_what_a_capture_misses_is_one_number_and_proven_only_if_that_of_each_part_is(rest) -> None:
    """A part is proven if most of its misses are: 4 of 6, say, and none of the other 5 are no proof of 11."""
    total, proven, grade = Claims(), 6, rest
    for part, (count, sure) in enumerate(((proven, "proven"), (5, rest))):
        title = f"The capture at b misses {count} packets that passed it ({count / 10:g} %)"
        miss = attrs.evolve(
            LOSS, code="capture-loss", grade=sure, title=title, vantage="b", quantity=count, out_of=1000
        )
        total.take(part, [miss], 1)
    (one,) = total.merged(Sums(seen={"b": 5000}))
    assert (one.finding.quantity, one.finding.grade) == (proven + 5, grade)
    assert one.finding.title.startswith(f"The capture at b misses {proven + 5} packets")


def test_duplicates_of_few_flows_add_up() -> None:
    """Found in a simulated world: parts that saw few of them stood apart."""
    few = attrs.evolve(LOSS, code="duplicated", title="3 duplicates born between a and b", quantity=3, flows=(1, 2))
    many = attrs.evolve(few, title="8 duplicates born between a and b", quantity=8, flows=(1, 5, 6, 7))
    (one,) = told([Claim(0, few), Claim(1, many)])
    assert one.title == "11 duplicates born between a and b"


def test_a_rate_of_loss_is_that_of_the_whole() -> None:
    """Parts in which nothing was lost have no such finding, and count all the same."""
    sent = {(("a", "b"), "forward"): 100_000}
    (one,) = [one.finding for one in merge([loss(0, 30, 1000, severity="error")], 9, 10, sent)]
    assert (one.severity, one.quantity, one.out_of) == ("warning", 30, 100_000)
    assert one.title == "30 of 100000 packets lost between a and b (0.03 %)"


def test_flows_that_died_keep_a_small_rate_of_loss_grave() -> None:
    (one,) = told([loss(0, 3, 1000, severity="error"), loss(1, 2, 1000)])
    assert one.severity == "error"


def test_a_least_number_makes_the_sum_a_least_number() -> None:
    title = "At least 7 packets lost between a and b (7 %)"
    (one,) = told([loss(0, 2, 100), Claim(1, attrs.evolve(loss(1, 7, 100, is_at_least=True).finding, title=title))])
    assert one.title == "At least 9 packets lost between a and b (4.5 %)"
    assert one.is_at_least


def test_what_many_parts_find_is_bounded(monkeypatch) -> None:
    """The gravest stay."""
    monkeypatch.setattr("correlate.scale.claims.MOST_GROUPS", 10)
    total = Claims()
    for part in range(50):
        name = f"10.0.0.{part}:5000 is blocked"
        one = attrs.evolve(LOSS, code="port-blocked" if part == 7 else "loss", title=name, unit=None, flows=(part,))
        total.take(part, [attrs.evolve(one, severity="error" if part == 7 else "warning")], 49)
        assert len(total.groups) <= 10
    assert total.merged(Sums())[0].finding.flows == (7,)


def test_a_cause_is_the_finding_of_the_whole() -> None:
    """Names of findings are a part's own."""
    effect = attrs.evolve(LOSS, id="e", code="policing", title="Traffic is dropped", caused_by="loss/0")
    found = told([loss(0, 2, 100), loss(1, 3, 100), Claim(1, effect)])
    by_code = {one.code: one for one in found}
    assert by_code["policing"].caused_by == by_code["loss"].id
