"""Which packets the ladder shows."""

from correlate.report.scene import MOST, growth_of, label_of, repeats, scene_flow, scene_packets
from correlate.report.verdict import tell
from tests.report.builder import ACK, DNS, EPOCH, NAMES, PSH, TLS, Seen, Talk, build, flagship


def test_the_story_is_in_the_ladder_and_other_flows_are_not():
    run = flagship()
    story = tell(run.findings)
    assert scene_flow(run, story) == 0
    assert scene_packets(run, story) == [0, 1, 2, 3, 5]


def test_at_most_one_screen_of_packets_is_chosen():
    seen = [
        Seen(flow=0, outbound=True, at={0: (p, p + 1)}, fields={"tcp_flags": ACK, "seq": p, "payload_len": 5})
        for p in range(100)
    ]
    findings = flagship().findings[:1]
    run = build(NAMES[:2], [TLS], seen, findings=findings)
    assert len(scene_packets(run, tell(findings))) <= MOST


def test_packets_are_called_what_they_are():
    run = flagship()
    assert [label_of(run, packet) for packet in range(5)] == ["SYN", "SYN-ACK", "ACK ..888", "127 B", "UDP 30"]


def test_a_ping_is_an_echo():
    talk = Talk(proto=1, tuples={0: ("10.0.0.1", 1, "10.0.0.2", 1)})
    run = build(["a"], [talk], [Seen(flow=0, outbound=True, at={0: (0, 1)}, fields={"icmp_type": 8})])
    assert label_of(run, 0) == "echo request"


def test_what_is_sent_again_is_a_repeat_but_another_ack_is_none():
    run = flagship()
    assert repeats(run, [0, 1, 2, 3, 5]) == {5}
    acks = [Seen(flow=0, outbound=True, at={0: (p, p + 1)}, fields={"tcp_flags": ACK | PSH * p}) for p in range(2)]
    assert repeats(build(["a"], [TLS], acks), [0, 1]) == set()


def test_growth_is_told_along_the_travel():
    assert growth_of(flagship(), 1, 0) == "+2"
    assert growth_of(flagship(), 1, 1) == ""


def test_a_story_without_flow_has_no_scene():
    assert scene_packets(flagship(findings=()), tell(())) == []


def test_the_builder_shares_its_epoch():
    assert int(flagship().trajectories.time_ns[0, 0]) == EPOCH
    assert DNS.proto == 17
