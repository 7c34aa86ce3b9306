"""``graph.build``: vantages, ends, hops and their figures."""

from correlate.graph import build_graph
from tests.graph.runs import NAMES, flagship_run, with_stranger


def test_the_path_runs_from_the_client_side_to_the_server_side() -> None:
    """Nodes in path order; an edge per direction of every hop and to what lies beyond."""
    graph = build_graph(flagship_run())
    assert list(graph) == ["client side", *NAMES, "server side"]
    around = list(zip(list(graph), list(graph)[1:], strict=False))
    assert set(graph.edges) == {*around, *((b, a) for a, b in around)}
    assert graph.graph["reference"] == "client"


def test_edges_carry_the_figures_of_their_own_direction() -> None:
    """Case 1: the SYN-ACKs are altered on the way from fw-int to the client, not towards fw-int."""
    graph = build_graph(flagship_run())
    back, forth = graph.edges["fw-int", "client"], graph.edges["client", "fw-int"]
    assert (back["direction"], back["mutated"], back["findings"]) == ("reverse", 2, "syn-ack-altered")
    assert (forth["direction"], forth["mutated"], forth["findings"]) == ("forward", 0, "")
    assert back["hop"] == forth["hop"] == "client>fw-int"
    assert back["rtt_p50_ns"] == 584_400
    assert back["owd_p50_ns"] is None
    assert graph.edges["fw-int", "fw-ext"]["translations"] == "napt 1"


def test_nodes_carry_captures_clocks_and_the_time_beyond() -> None:
    """Ends hold what hosts took; a vantage whose clock is unknown says nothing of it."""
    graph = build_graph(flagship_run())
    assert graph.nodes["server side"]["handshake_p50_ns"] == 15_686_500
    assert graph.nodes["fw-int"]["clock_offset_ns"] == 12_752_000_000
    assert graph.nodes["fw-int"]["frames"] == 7
    assert "clock_offset_ns" not in graph.nodes["fw-ext"]


def test_a_vantage_that_shares_nothing_stands_apart() -> None:
    """No edge, ``placed`` False."""
    graph = build_graph(with_stranger(flagship_run()))
    assert graph.degree("stranger") == 0
    assert graph.nodes["stranger"]["placed"] is False
