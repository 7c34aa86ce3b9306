"""The path as a graph for other tools.

In: a ``Correlation``. Out: a networkx graph, GraphML, GEXF, DOT, node-link JSON.
Not here: any computation; every figure was made by ``metrics``.
"""

from correlate.graph.build import build_graph
from correlate.graph.files import node_link, write_graphml
from correlate.graph.more import dot_text, write_gexf

__all__ = ["build_graph", "dot_text", "node_link", "write_gexf", "write_graphml"]
