"""``diagnose.tunnel``: where packets are wrapped, in what, and where nothing is said."""

from __future__ import annotations

import pytest

from tests.diagnose.worlds import CLEAN_THREE, SMALL, outcome
from tests.netsim import chain
from tests.netsim.boxes import Enter, Leave, OuterNat


def through(*kinds: str, middle=()):
    """Three hops: into the tunnels, through them, out of them."""
    enter = [Enter(kind=kind) for kind in kinds]
    leave = [Leave(kind=kind) for kind in reversed(kinds)]
    return chain(4, loads=SMALL).with_hop(0, boxes=enter).with_hop(1, boxes=middle).with_hop(2, boxes=leave)


@pytest.mark.parametrize(
    ("kinds", "word", "added"),
    [(("gre", "pppoe"), "PPPOE/GRE", 36)],
)
def test_a_tunnel_is_told_where_it_begins_and_where_it_ends(kinds, word, added) -> None:
    """Every hop's two ends are compared by what is inside; the bytes are those of all headers added."""
    done = outcome(through(*kinds))
    begins, ends = sorted(done.of("tunnel"), key=lambda one: one.hop)
    assert (begins.hop, ends.hop) == (("client", "fw-int"), ("fw-ext", "server"))
    assert begins.title.startswith(f"no tunnel becomes {word} between")
    assert ends.title.startswith(f"{word} becomes no tunnel between")
    assert (begins.quantity, ends.quantity) == (added, -added)
    assert (begins.severity, begins.grade) == ("info", "proven")
    assert {ref.vantage for ref in begins.evidence} == {"client", "fw-int"}
    assert done.accusations == []


def test_a_translated_tunnel_has_other_ends() -> None:
    """The outer addresses change on the hop, both sides carry the same kind."""
    done = outcome(through("vxlan", middle=(OuterNat(),)))
    other = [one for one in done.of("tunnel") if one.hop == ("fw-int", "fw-ext")]
    assert other
    assert all("other ends" in one.title for one in other)
    assert "203.0.113.200" in other[0].explanation
    assert other[0].quantity == 0


def test_no_tunnel_no_word() -> None:
    """Plain paths, and tags."""
    assert "tunnel" not in outcome(CLEAN_THREE).codes
    assert "tunnel" not in outcome(chain(2, loads=SMALL).with_hop(0, boxes=[Enter(kind="qinq")])).codes
