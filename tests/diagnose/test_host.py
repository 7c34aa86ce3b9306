"""``diagnose.host``: slow hosts, and waits that are nobody's."""

from __future__ import annotations

import attrs
import pytest

from tests.diagnose.dialogue import Dialogue, Say, merged
from tests.diagnose.worlds import BULK, MS, Outcome, of_captures, outcome
from tests.netsim import SECOND, DnsLoad, StreamLoad, TcpLoad, World, chain
from tests.netsim.packet import UDP

SLOW = chain(3, loads=(TcpLoad(flows=10, think_ns=(700 * MS, 900 * MS)),))


def said(*lines: Say, **how: object) -> Outcome:
    return of_captures(Dialogue(lines=list(lines), **how).captures())


def test_a_slow_server_is_told_at_the_vantage_nearest_to_it() -> None:
    """D4: both stamps of one clock; in the host, because its TTL is fresh there."""
    done = outcome(SLOW)
    one = done.only("server-slow")
    assert (one.vantage, one.grade, one.hop) == ("server", "proven", None)
    assert 700 * MS <= one.quantity <= 902 * MS
    assert "in the host at server" in one.title
    assert done.of("clean"), "the path itself is clean"


def test_where_the_vantage_is_not_the_host_it_says_beyond() -> None:
    """findings.md: 'host' only where the vantage is the end itself."""
    done = said(
        Say(who="client", at=0, size=100), Say(who="server", at=901, size=3000), ttl={"client": 64, "server": 61}
    )
    one = done.only("server-slow")
    assert "beyond server: host or remaining path" in one.title
    assert one.settle


def test_the_user_may_say_that_it_is_the_host() -> None:
    """``--kind server=end-host``."""
    dialogue = Dialogue(
        lines=[Say(who="client", at=0, size=100), Say(who="server", at=901, size=3000)],
        ttl={"client": 64, "server": 61},
    )
    one = of_captures(dialogue.captures(), kinds={"server": "end-host"}).only("server-slow")
    assert "in the host at server" in one.title


def test_an_unacknowledged_request_makes_it_likely_only() -> None:
    """Whether the request had arrived is not known away from the host."""
    done = said(
        Say(who="client", at=0, size=100, acked=False),
        Say(who="server", at=901, size=3000),
        ttl={"client": 64, "server": 61},
    )
    assert done.only("server-slow").grade == "likely"


def test_one_vantage_away_from_the_host_cannot_prove_it() -> None:
    """One-sided evidence is inconclusive."""
    captures = Dialogue(
        lines=[Say(who="client", at=0, size=100), Say(who="server", at=901, size=3000)],
        ttl={"client": 64, "server": 61},
    ).captures()
    assert of_captures({"client": captures["client"]}).only("server-slow").grade == "inconclusive"


def test_the_early_acknowledgement_is_quoted() -> None:
    """It had arrived, the application took its time."""
    one = said(Say(who="client", at=0, size=100), Say(who="server", at=901, size=3000)).only("server-slow")
    assert "The request was acknowledged after" in one.explanation


NOT_SLOW: dict[str, list[Say]] = {
    "quick": [Say(who="client", at=0, size=100), Say(who="server", at=300, size=3000)],
    "server push after long silence": [
        Say(who="client", at=0, size=100),
        Say(who="server", at=20, size=500),
        Say(who="server", at=20_000, size=500),
    ],
    "event after more than a minute": [Say(who="client", at=0, size=100), Say(who="server", at=70_000, size=900)],
    "heartbeats that nobody answers": [
        Say(who="client", at=0, size=20),
        Say(who="client", at=5000, size=20),
        Say(who="client", at=10_000, size=20),
        Say(who="server", at=13_000, size=700),
    ],
    "farewell": [
        Say(who="client", at=0, size=100),
        Say(who="server", at=20, size=5000),
        Say(who="client", at=40, size=60),
        Say(who="server", at=15_040, size=31, fin=True),
    ],
    "client thinks": [
        Say(who="client", at=0, size=100),
        Say(who="server", at=20, size=3000),
        Say(who="client", at=30_000, size=100),
        Say(who="server", at=30_020, size=3000),
    ],
    "request lost beyond": [
        Say(who="client", at=0, size=100, acked=False),
        Say(who="client", at=300, size=0, again=True, acked=False),
        Say(who="client", at=900, size=0, again=True),
        Say(who="server", at=920, size=3000),
    ],
    "answer lost beyond": [
        Say(who="client", at=0, size=100),
        Say(who="server", at=20, size=1400, hidden=True),
        Say(who="server", at=820, size=1400),
    ],
    "closed window": [Say(who="client", at=0, size=100, window=0), Say(who="server", at=901, size=3000)],
    "keep-alive frames": [
        Say(who="client", at=0, size=100),
        Say(who="server", at=20, size=3000),
        *(Say(who="client", at=10_000 * n, size=0, again=True) for n in range(1, 5)),
        Say(who="server", at=45_000, size=50),
    ],
    "upload that goes on": [
        *(Say(who="client", at=200 * n, size=5000) for n in range(12)),
        Say(who="server", at=2250, size=300),
    ],
}


@pytest.mark.parametrize("name", NOT_SLOW)
def test_a_wait_that_nobody_made_is_not_told(name: str) -> None:
    """Never on pushes, farewells, loss beyond the vantage, zero window, thinking people."""
    assert not said(*NOT_SLOW[name]).codes & {"server-slow", "client-slow"}


def test_talk_over_udp_is_no_conversation_of_questions() -> None:
    """A voice stream that falls silent asked nothing."""
    lines = [Say(who="client", at=20 * n, size=172) for n in range(50)]
    lines += [Say(who="server", at=1700 + 20 * n, size=172) for n in range(50)]
    assert "server-slow" not in said(*lines, proto=UDP).codes


def test_a_slow_query_over_udp_is() -> None:
    """One datagram asks, one answers."""
    done = said(Say(who="client", at=0, size=40), Say(who="server", at=1301, size=90), proto=UDP)
    assert done.only("server-slow").quantity == 1300 * MS


WORLDS: dict[str, World] = {
    "DNS with loss beyond": chain(2, loads=(DnsLoad(flows=40),)).with_hop(1, both={"loss": 0.3}),
    "DNS with capture loss": chain(2, loads=(DnsLoad(flows=40, queries=(3, 4)),)).with_tap(1, miss=0.2),
    "storm beyond": chain(2, loads=BULK).with_hop(1, both={"loss": 0.3}),
    "storm on the path": chain(3, loads=BULK).with_hop(0, both={"loss": 0.2}),
    "streams both ways": chain(2, loads=(StreamLoad(), StreamLoad(from_server=True))),
    "pauses of seconds": chain(2, loads=(TcpLoad(flows=6, exchanges=(3, 5), pause_ns=(3 * SECOND, 30 * SECOND)),)),
}


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("seed", [1, 2])
def test_loss_and_idleness_make_no_host_slow(name: str, seed: int) -> None:
    """The hosts of these worlds answer within 20 ms."""
    assert "server-slow" not in outcome(WORLDS[name], seed).codes


def bulk_reader(wait: float, rounds: int, port: int = 40001) -> Dialogue:
    """Ask, read 40 kB within 25 ms, wait, ask again."""
    lines: list[Say] = []
    at = 0.0
    for _ in range(rounds):
        lines += [Say(who="client", at=at, size=200), Say(who="server", at=at + 20, size=40_000)]
        at += 25 + wait
    return Dialogue(lines=lines, port=port)


def test_a_client_that_waits_again_and_again_is_told_once() -> None:
    """cases.md: a printer or a tool that reads in bulk and dawdles; other flows alike are counted."""
    done = of_captures(merged(bulk_reader(200, 8), bulk_reader(100, 8, port=40077), bulk_reader(5, 8, port=40100)))
    one = done.only("client-slow")
    assert (one.vantage, one.grade, len(one.flows)) == ("client", "proven", 2)
    assert "1 other flow of it fared the same" in one.explanation
    assert 7 * 195 * MS < one.quantity < 7 * 210 * MS


@pytest.mark.parametrize(("wait", "rounds"), [(5, 20), (200, 3), (5000, 8)])
def test_turnaround_a_few_pauses_and_people_are_not_slow_clients(wait: float, rounds: int) -> None:
    """Shorter is turnaround, rarer is chance, longer is a person."""
    assert "client-slow" not in of_captures(bulk_reader(wait, rounds).captures()).codes


def test_small_answers_do_not_make_a_bulk_reader() -> None:
    """Pauses between small exchanges are anybody's."""
    lines = [
        line
        for n in range(10)
        for line in (Say(who="client", at=300 * n, size=50), Say(who="server", at=300 * n + 10, size=900))
    ]
    assert "client-slow" not in said(*lines).codes


def test_evidence_is_of_the_one_clock() -> None:
    """All frames of a host's finding are of its vantage."""
    for one in outcome(SLOW).of("server-slow"):
        assert {ref.vantage for ref in one.evidence} == {one.vantage}
        assert attrs.asdict(one)["packet"] is not None
