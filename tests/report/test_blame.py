"""Who is cleared, what is left."""

import attrs

from correlate.report.blame import blame_lines, cleared_text, suspect_text
from correlate.report.ink import Ink
from tests.report.builder import MS, flagship

INK = Ink(width=79, is_unicode=False, has_color=False)


def joined(lines):
    return " ".join(" ".join(lines).split())


def test_upstream_hops_that_carried_everything_are_cleared():
    run = flagship()
    assert cleared_text(run, run.findings[0]).startswith("server to fw-int's capture point: ")


def with_figures(run, hop, **change):
    hops = list(run.metrics.hops)
    hops[hop] = attrs.evolve(hops[hop], reverse=attrs.evolve(hops[hop].reverse, **change))
    return attrs.evolve(run, metrics=attrs.evolve(run.metrics, hops=tuple(hops)))


def test_a_hop_in_doubt_is_not_cleared():
    """A false clearance is as bad as a false accusation."""
    run = flagship()
    for doubt in ("lost", "ambiguous", "mutated", "not_captured", "absorbed"):
        assert cleared_text(with_figures(run, 1, **{doubt: 1}), run.findings[0]) == ""
    assert cleared_text(with_figures(run, 1, delivered=0), run.findings[0]) == ""


def test_delivery_clears_nobody_of_delay():
    run = flagship()
    assert cleared_text(run, attrs.evolve(run.findings[0], code="delay-added")) == ""


def test_what_is_suspected_is_a_hop_and_never_a_box():
    run = flagship()
    assert suspect_text(run, run.findings[0]) == (
        "the link between fw-int and client, or either capturing host below its capture point"
    )


def test_the_handshake_is_split_without_any_clock():
    """Cases, 1: 17.02 ms divide into hops by differences of round trips."""
    run = flagship()
    text = joined(blame_lines(run, run.findings[0], INK))
    assert "Time handshake 17.02 ms: client>fw-int 0.584 ms" in text


def test_a_split_that_does_not_add_up_is_not_told():
    run = flagship(exchanges=[(0, 1, [15 * MS, 16 * MS, 14 * MS, 6 * MS])])
    assert "Time" not in joined(blame_lines(run, run.findings[0], INK))


def test_what_would_settle_it_is_told():
    run = flagship()
    assert "To settle a capture on the switch port" in joined(blame_lines(run, run.findings[0], INK))
