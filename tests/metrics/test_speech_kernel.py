"""``metrics.speech_kernel``: bursts found flow by flow, against sorts and columns."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.metrics import worth
from correlate.metrics.speech import HASHED, Speech, speech_of
from correlate.metrics.speech_kernel import _HASHED
from correlate.metrics.timeline import Timeline
from correlate.metrics.transactions import _asking
from correlate.model.arrays import freeze
from tests.metrics.chatter import chatter


def _line(seed: int) -> Timeline:
    """Random speech with single bytes, some of which end where longer segments do."""
    line = chatter(seed)
    rng = np.random.default_rng(seed + 100)
    length = rng.choice(np.array([0, 1, 1, 2, 6], np.int32), len(line.packet))
    spent = length + ((line.tcp_flags & 2) != 0) + ((line.tcp_flags & 1) != 0)
    end = ((line.seq.astype(np.int64) + spent) & 0xFFFFFFFF).astype(np.uint32)
    return freeze(line._replace(payload_len=length, end=end))


def _told(speech: Speech) -> dict[str, list]:
    """Everything by the number of the packet, so that positions do not matter."""
    packet = speech.line.packet
    says = np.flatnonzero((speech.burst >= 0) | speech.is_new | (speech.first_said != np.arange(len(packet))))
    return {
        "first": list(zip(packet[says].tolist(), packet[speech.first_said[says]].tolist(), strict=True)),
        "burst": speech.burst[says].tolist(),
        "new": packet[speech.is_new].tolist(),
        "starts": packet[speech.starts].tolist(),
        "ends": packet[speech.ends].tolist(),
        "sizes": speech.sizes.tolist(),
        "spoken": speech.spoken.tolist(),
    }


def _both(monkeypatch, line: Timeline, digest) -> list[Speech]:
    found = []
    for least in (10**9, 0):
        monkeypatch.setattr(worth, "LEAST_ROWS", least)
        found.append(speech_of(line, digest))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_bursts_are_those_of_a_sort(monkeypatch, seed: int) -> None:
    """What was said first, keep-alives, lulls, digests of datagrams that recur; and which burst answers which."""
    line = _line(seed)
    digest = np.random.default_rng(seed).integers(-2, 3, len(line.packet)) * (line.proto == 17)
    plain, fast = _both(monkeypatch, line, digest)
    assert _told(fast) == _told(plain)
    assert len(plain.starts) > 100
    assert (plain.sizes > 1).any()
    flows = int(line.flow.max()) + 1
    is_dns = np.random.default_rng(seed).random(flows) < 0.3
    asking = []
    for least, speech in ((10**9, plain), (0, fast)):
        monkeypatch.setattr(worth, "LEAST_ROWS", least)
        asking.append(_asking(speech, is_dns).tolist())
    assert asking[0] == asking[1]
    assert asking[0]


def test_a_keep_alive_is_told_whatever_came_first(monkeypatch) -> None:
    """Some single byte of these timelines is none of the new ones, and is no repetition either."""
    found = 0
    for seed in range(6):
        line = _line(seed)
        _, fast = _both(monkeypatch, line, np.zeros(len(line.packet), np.int64))
        stream = (line.proto == 6) & ((line.tcp_flags & 4) == 0) & (line.payload_len == 1)
        found += int((stream & ~fast.is_new & (fast.first_said == np.arange(len(line.packet)))).sum())
    assert found > 0


def test_nothing_is_said(monkeypatch) -> None:
    """No packet, no burst; keys of digests are those of the plain way."""
    line = freeze(Timeline(*(column[:0] for column in chatter(1))))
    for speech in _both(monkeypatch, line, np.zeros(0, np.int64)):
        assert len(speech.starts) == len(speech.first_said) == 0
    assert HASHED == _HASHED
