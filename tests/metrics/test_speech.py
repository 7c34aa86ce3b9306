"""``metrics.speech``: bursts of new speech."""

import numpy as np

from correlate.metrics.speech import LULL_NS, speech_of
from correlate.metrics.timeline import timelines
from tests.metrics.conversation import HANDSHAKE, REQUEST, talk
from tests.metrics.scenes import MS, Seen, scene, udp


def speech(world, digest=None):
    line = timelines(world.packets, world.path, world.trajectories)[2]
    return speech_of(line, np.zeros(len(line.packet), np.int64) if digest is None else np.array(digest))


def bursts(found) -> list[tuple[int, int]]:
    """First and last packet of every burst."""
    packet = found.line.packet
    return list(zip(packet[found.starts].tolist(), packet[found.ends].tolist(), strict=True))


def test_each_change_of_speaker_begins_a_burst_and_bare_acknowledgements_say_nothing() -> None:
    assert bursts(speech(talk(HANDSHAKE + REQUEST))) == [(0, 0), (1, 1), (3, 3), (5, 5)]


def test_what_is_said_again_belongs_to_the_burst_that_said_it_first() -> None:
    """Neither a new burst nor an end of the old one."""
    again = (40, "c", {"flags": "PA", "seq": 100, "ack": 500, "data": b"GET /"})
    more = (70, "s", {"flags": "PA", "seq": 506, "ack": 105, "data": b"rest"})
    found = speech(talk([*HANDSHAKE, *REQUEST[:3], again, REQUEST[3], more]))
    assert len(found.starts) == 4
    assert found.burst.tolist().count(2) == 2
    assert found.is_new.sum() == len(found.is_new) - 1


def test_a_keep_alive_says_nothing() -> None:
    """RFC 9293 section 3.8.4: the last byte again."""
    probe = (90, "c", {"flags": "A", "seq": 104, "ack": 506, "data": b"\0"})
    found = speech(talk([*HANDSHAKE, *REQUEST, probe]))
    assert (bursts(found), found.is_new.tolist()[-1]) == ([(0, 0), (1, 1), (3, 3), (5, 5)], False)


def test_speech_after_a_long_silence_is_a_new_message() -> None:
    late = (62 + LULL_NS / MS, "s", {"flags": "PA", "seq": 506, "ack": 105, "data": b"pushed"})
    assert len(speech(talk([*HANDSHAKE, *REQUEST, late])).starts) == 5
    soon = (61 + LULL_NS / MS, *late[1:])
    assert len(speech(talk([*HANDSHAKE, *REQUEST, soon])).starts) == 4


def test_equal_datagrams_are_one_message_only_where_a_digest_says_so() -> None:
    frames = [(at * MS, udp(data=b"same")) for at in (0, 5)]
    world = scene([frames], [Seen(rows=(0,)), Seen(rows=(1,))])
    assert speech(world).is_new.tolist() == [True, True]
    assert speech(world, [7, 7]).is_new.tolist() == [True, False]
