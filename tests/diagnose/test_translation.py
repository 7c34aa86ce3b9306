"""``diagnose.translation``: mappings as they were learned."""

from __future__ import annotations

import pytest

from correlate.diagnose.translation import _end
from tests.diagnose.worlds import CLEAN_THREE, SMALL, outcome
from tests.netsim import PingLoad, TcpLoad, chain
from tests.netsim.boxes import Nat


@pytest.mark.parametrize(("kind", "word"), [("napt", "NAPT"), ("snat", "SNAT")])
def test_a_translation_is_told_on_its_hop_with_examples(kind: str, word: str) -> None:
    """Read off matched packets: each example is a mapping that the box really made."""
    done = outcome(chain(4, loads=SMALL).with_hop(1, boxes=[Nat(kind=kind)]))
    one = done.only("nat")
    assert (one.hop, one.severity, one.grade) == (("fw-int", "fw-ext"), "info", "proven")
    assert one.title.startswith(word)
    made = {f"{_text(m.inner)} > " for m in done.sim.truth.mappings}
    assert sum(text in one.explanation for text in made) >= 1
    assert {ref.vantage for ref in one.evidence} >= {"fw-int", "fw-ext"}


def _text(end: tuple[bytes, int]) -> str:
    return f"{'.'.join(map(str, end[0]))}:{end[1]}"


def test_nat_alone_leaves_a_path_clean() -> None:
    """findings.md: plain NAT is what is expected of it."""
    done = outcome(chain(3, loads=SMALL).with_hop(1, boxes=[Nat()]))
    assert done.codes == {"nat", "clean"}


def test_translated_pings_have_no_ports_to_tell() -> None:
    """ICMP echo: the identifier stands for the port."""
    done = outcome(chain(2, loads=(PingLoad(flows=3), TcpLoad(flows=3))).with_hop(0, boxes=[Nat()]))
    assert done.of("nat")


def test_no_translation_is_told_where_there_is_none() -> None:
    """Silence on a plain path."""
    assert "nat" not in outcome(CLEAN_THREE).codes


@pytest.mark.parametrize(
    ("address", "port", "version", "text"),
    [("10.0.0.1", 80, 4, "10.0.0.1:80"), ("2001::1", 80, 6, "[2001::1]:80"), ("2001::1", -1, 6, "2001::1")],
)
def test_ends_are_written_as_urls_do(address: str, port: int, version: int, text: str) -> None:
    """RFC 3986 section 3.2.2: an IPv6 address before a port stands in brackets."""
    assert _end(address, port, version) == text
