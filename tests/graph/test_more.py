"""GEXF and DOT."""

import shutil
import subprocess

import networkx as nx
import pytest

from correlate.errors import OutputError
from correlate.graph import build_graph, dot_text, write_gexf
from tests.graph.runs import flagship_run


def test_gexf_is_read_back_with_its_figures(tmp_path):
    graph = build_graph(flagship_run())
    write_gexf(graph, tmp_path / "g.gexf")
    back = nx.read_gexf(tmp_path / "g.gexf")
    assert set(back) == set(graph)
    assert back.edges["client", "fw-int"]["lost"] == graph.edges["client", "fw-int"]["lost"]


def test_dot_names_every_vantage_and_both_directions():
    text = dot_text(build_graph(flagship_run()))
    assert '"client" -> "fw-int"' in text
    assert '"fw-int" -> "client"' in text
    assert "syn-ack-altered" in text


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_graphviz_reads_it():
    names = ('a"b', "c\\", "d{e}")
    subprocess.run(
        ["dot", "-Tplain"], input=dot_text(build_graph(flagship_run(names))).encode(), check=True, capture_output=True
    )


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OutputError):
        write_gexf(build_graph(flagship_run()), tmp_path / "absent" / "g.gexf")
