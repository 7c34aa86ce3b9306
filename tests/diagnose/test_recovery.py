"""``diagnose.recovery``: what loss beyond a vantage looks like there."""

from __future__ import annotations

import pytest

from correlate.diagnose.recovery import read_signs
from correlate.diagnose.turns import find_turns
from tests.diagnose.dialogue import Dialogue, Say
from tests.diagnose.worlds import of_captures
from tests.netsim.packet import UDP

ASK = Say(who="client", at=0, size=100)
ANSWER = Say(who="server", at=901, size=3000)


def signs_of(*lines: Say, place: int = 1, **how: object):
    view = of_captures(Dialogue(lines=list(lines), **how).captures()).view()
    return read_signs(view, place, find_turns(view, place))


def test_a_request_that_was_acknowledged_in_time_had_arrived() -> None:
    """RFC 9293: the acknowledgement covers the last byte of the request."""
    signs = signs_of(ASK, ANSWER)
    assert signs.is_acknowledged.tolist() == [True]
    assert signs.is_excused.tolist() == [False]


def test_without_acknowledgement_it_is_not_known() -> None:
    """The answer itself may carry the first acknowledgement."""
    signs = signs_of(Say(who="client", at=0, size=100, acked=False), ANSWER)
    assert signs.is_acknowledged.tolist() == [False]


EXCUSES = {
    "the request is sent again unacknowledged": (
        Say(who="client", at=0, size=100, acked=False),
        Say(who="client", at=300, size=0, again=True, acked=False),
        ANSWER,
    ),
    "the first part of the answer never came by": (
        ASK,
        Say(who="server", at=50, size=1000, hidden=True),
        ANSWER,
    ),
    "the client's window is closed": (Say(who="client", at=0, size=100, window=0), ANSWER),
}


@pytest.mark.parametrize("name", EXCUSES)
def test_signs_of_loss_or_a_closed_window_excuse_a_wait(name: str) -> None:
    """Never on zero window, a request not wholly arrived, or loss beyond the vantage."""
    assert signs_of(*EXCUSES[name]).is_excused.tolist()[0]


NO_EXCUSE = {
    "a resend of what was acknowledged": (ASK, Say(who="client", at=300, size=0, again=True), ANSWER),
    "many segments": (Say(who="client", at=0, size=9000), Say(who="server", at=901, size=20_000)),
    "a second exchange": (ASK, Say(who="server", at=20, size=500), Say(who="client", at=100, size=80), ANSWER),
}


@pytest.mark.parametrize("name", NO_EXCUSE)
def test_ordinary_traffic_excuses_nothing(name: str) -> None:
    """Else no server were ever slow."""
    assert not signs_of(*NO_EXCUSE[name]).is_excused.any()


def test_numbers_may_wrap() -> None:
    """Sequence numbers are modulo 2**32 (RFC 9293 section 3.4): a wrap is no jump."""
    for isn in (2**32 - 70_000, 2**32 - 2000, 2**31 - 40_000):
        signs = signs_of(Say(who="client", at=0, size=60_000), Say(who="server", at=900, size=90_000), isn=isn)
        assert signs.is_acknowledged.tolist() == [True]
        assert not signs.is_excused.any()


def test_datagrams_have_no_signs() -> None:
    """UDP acknowledges nothing."""
    signs = signs_of(ASK, ANSWER, proto=UDP)
    assert (signs.is_acknowledged.tolist(), signs.is_excused.tolist()) == ([False], [False])
