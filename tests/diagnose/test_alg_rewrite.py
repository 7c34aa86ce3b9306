"""``diagnose.alg_rewrite``: one story per hop, with the place and size of the jump."""

from __future__ import annotations

from tests.diagnose.boxes import Gateway
from tests.diagnose.worlds import SMALL, outcome
from tests.netsim import chain
from tests.netsim.boxes import Alg, IsnRewrite


def test_the_jump_is_named_with_its_place() -> None:
    """Six bytes more: the reader can look up both frames and the number behind them."""
    (told,) = outcome(chain(3, loads=SMALL).with_hop(1, boxes=[Gateway()])).of("alg-rewrite")
    assert "jumps by +6" in told.explanation
    assert "from sequence number" in told.explanation
    assert [ref.note for ref in told.evidence[:2]] == ["as it was sent", "as it arrived"]
    assert told.direction in {"forward", "reverse"}


def test_renumbering_beside_it_stays_renumbering() -> None:
    """New initial numbers and a gateway on one hop: both are told, the payload is nobody's fault."""
    done = outcome(chain(2, loads=SMALL).with_hop(0, boxes=[Alg(), IsnRewrite()]))
    assert {"alg-rewrite", "isn-rewritten"} <= done.codes
    assert "payload-altered" not in done.codes
    assert len(done.of("alg-rewrite")) == 1
