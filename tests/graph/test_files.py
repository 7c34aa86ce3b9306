"""``graph.files``: what other tools read back, whatever the names are."""

import json
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.errors import OutputError
from correlate.graph import build_graph, node_link, write_graphml
from tests.graph.runs import flagship_run


def test_graphml_reads_back_with_every_known_figure(tmp_path: Path) -> None:
    """GraphML has no null: unknown figures are left out, all others come back equal."""
    graph = build_graph(flagship_run())
    write_graphml(graph, tmp_path / "graph.graphml")
    again = nx.read_graphml(tmp_path / "graph.graphml")
    assert set(again.edges) == set(graph.edges)
    for origin, target, values in graph.edges(data=True):
        assert again.edges[origin, target] == {key: value for key, value in values.items() if value is not None}


def test_node_link_reads_back_whole() -> None:
    """JSON keeps null; networkx reads the data."""
    graph = build_graph(flagship_run())
    data = json.loads(json.dumps(node_link(graph), allow_nan=False))
    again = nx.node_link_graph(data, edges="edges")
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
    assert set(again.edges) == set(graph.edges)
    assert again.edges["fw-int", "client"]["owd_p50_ns"] is None


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=12))
def test_hostile_names_reach_nobodys_screen(name: str) -> None:
    """Controls, bidirectional marks and surrogates from captures and paths are spelled out in both formats."""
    graph = nx.DiGraph()
    graph.add_edge(name, "other", note=name)
    text = json.dumps(node_link(graph), ensure_ascii=False) + "".join(nx.generate_graphml(_written(graph)))
    assert not [char for char in text.replace("\n", "") if not char.isprintable() and char not in "\u00a0\u00ad"
                and (ord(char) < 0xA0 or 0xD800 <= ord(char) < 0xE000 or 0x202A <= ord(char) <= 0x202E)]  # fmt: skip


def _written(graph: nx.DiGraph) -> nx.DiGraph:
    data = node_link(graph)
    return nx.node_link_graph(data, edges="edges")


def test_a_hostile_name_survives_the_xml_writer(tmp_path: Path) -> None:
    """XML 1.0 section 2.2 forbids most control characters; a writer that passes them on makes an unreadable file."""
    graph = nx.DiGraph()
    graph.add_edge("fw\x1b[2J\ud800", "b<&>\"'\u202e", note="\x00")
    write_graphml(graph, tmp_path / "g.graphml")
    assert set(nx.read_graphml(tmp_path / "g.graphml")) == {"fw\\x1b[2J\\ud800", "b<&>\"'\\u202e"}


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Errors say where, what and what to do."""
    with pytest.raises(OutputError, match=r"graph\.graphml"):
        write_graphml(nx.DiGraph(), tmp_path / "missing" / "graph.graphml")
