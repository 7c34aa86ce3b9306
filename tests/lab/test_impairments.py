"""A wire does what its description says, and the same on every run."""

from __future__ import annotations

import struct

import pytest

from tests.lab.impairments import MS, Channel, Impairment

ETHERNET = bytes(12) + b"\x08\x00"


def datagram(number: int, size: int = 100) -> bytes:
    udp = struct.pack("!HHHH", 1000, 2000, 8 + size, 0) + bytes(size)
    return ETHERNET + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0, b"abcd", b"efgh") + udp


def through(what: Impairment, count: int = 4000, gap_ns: int = MS) -> list[list[tuple[int, bytes]]]:
    channel = Channel(what=what, seed=3)
    return [
        [(d.due_ns - at * gap_ns, d.frame) for d in channel.take(datagram(at % 65_536), at * gap_ns)]
        for at in range(count)
    ]


def test_a_plain_wire_passes_everything_at_once() -> None:
    assert all(len(out) == 1 and out[0][0] == 0 for out in through(Impairment()))


@pytest.mark.parametrize("burst", [1.0, 5.0])
def test_losses_have_the_share_and_the_run_length_asked_for(burst) -> None:
    lost = [not out for out in through(Impairment(loss=0.1, burst=burst), 40_000)]
    runs = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert sum(lost) / len(lost) == pytest.approx(0.1, rel=0.15)
    assert sum(lost) / runs == pytest.approx(burst, rel=0.15)


def test_jitter_keeps_the_order_and_holding_back_does_not() -> None:
    def due(what: Impairment) -> list[int]:
        return [at * MS + out[0][0] for at, out in enumerate(through(what))]

    assert due(Impairment(delay_ms=5, jitter_ms=4)) == sorted(due(Impairment(delay_ms=5, jitter_ms=4)))
    assert due(Impairment(reorder=0.1)) != sorted(due(Impairment(reorder=0.1)))


def test_a_rate_delays_and_then_drops_what_exceeds_the_queue() -> None:
    # 128 bytes per ms are 1024 kbit/s: twice the rate.
    outs = through(Impairment(rate_kbit=512, queue_bytes=2000))
    assert max(out[0][0] for out in outs if out) == pytest.approx(2000 * 8 / 512 * MS, rel=0.15)
    assert sum(not out for out in outs) / len(outs) == pytest.approx(0.5, abs=0.05)


def test_a_flipped_bit_is_one_payload_bit() -> None:
    for at, out in enumerate(through(Impairment(mutate=1.0), 200)):
        one, other = datagram(at), out[0][1]
        assert one[:42] == other[:42]
        assert sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True)) == 1


def test_copies_are_equal_and_other_protocols_untouched() -> None:
    assert all(len(out) == 2 and out[0][1] == out[1][1] for out in through(Impairment(duplicate=1.0), 50))
    arp = bytes(12) + b"\x08\x06" + bytes(28)
    assert len(Channel(what=Impairment(loss=0.9, duplicate=1.0), seed=1).take(arp, 0)) == 1


def test_larger_frames_vanish() -> None:
    channel = Channel(what=Impairment(larger_lost=1000), seed=1)
    assert not channel.take(datagram(1, 1200), 0)
    assert channel.take(datagram(1, 900), 0)
