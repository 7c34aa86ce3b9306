"""The path as a graph for other tools.

In: a ``Correlation``. Out: a networkx graph, GraphML, node-link JSON.
Not here: any computation; every figure was made by ``metrics``.
"""

from correlate.graph.build import build_graph
from correlate.graph.files import node_link, write_graphml

__all__ = ["build_graph", "node_link", "write_graphml"]
