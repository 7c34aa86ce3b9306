"""The graph as GraphML and as node-link JSON.

In: the graph of ``build.py``. Out: a file, or plain data for ``json.dump``.
Method: GraphML has no null, so unknown figures are left out there; JSON keeps them as null. Text is made safe again:
a graph may have been changed since it was built.
Not here: the figures.
"""

from __future__ import annotations

from os import PathLike
from typing import Any

import networkx as nx

from correlate.errors import OutputError
from correlate.wire.text import safe_text


def write_graphml(graph: nx.DiGraph, path: str | PathLike[str]) -> None:
    """Write the graph as GraphML (readable by Gephi, yEd, Cytoscape, networkx).

    Parameters
    ----------
    graph : networkx.DiGraph
        With flat attributes.
    path : str or path
        The file; replaced if it exists.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    try:
        # The pure-Python writer: whether lxml is installed must not change the file.
        nx.write_graphml_xml(stated(graph), path)
    except OSError as error:
        raise OutputError(
            where=str(path), what=error.strerror or "cannot be written", advice="Choose another place with -o."
        ) from error


def stated(graph: nx.DiGraph) -> nx.DiGraph:
    """Return the graph with only what is known, every text made safe: the formats below have no null."""
    clean = nx.DiGraph(**_stated(graph.graph))
    clean.add_nodes_from((safe_text(str(node)), _stated(values)) for node, values in graph.nodes(data=True))
    clean.add_edges_from(
        (safe_text(str(origin)), safe_text(str(target)), _stated(values))
        for origin, target, values in graph.edges(data=True)
    )
    return clean


def node_link(graph: nx.DiGraph) -> dict[str, Any]:
    """Return the graph as node-link data (networkx ``node_link_graph(data, edges="edges")`` reads it back).

    Written out here, since networkx changed the key of the edges between its versions and files must not follow.

    Examples
    --------
    >>> node_link(nx.DiGraph([("a", "b")]))["edges"]
    [{'source': 'a', 'target': 'b'}]
    """
    return {
        "directed": True,
        "multigraph": False,
        "graph": _safe(graph.graph),
        "nodes": [{**_safe(values), "id": safe_text(str(node))} for node, values in graph.nodes(data=True)],
        "edges": [
            {**_safe(values), "source": safe_text(str(origin)), "target": safe_text(str(target))}
            for origin, target, values in graph.edges(data=True)
        ],
    }


def _safe(values: dict[str, Any]) -> dict[str, Any]:
    """Return attributes with every text made safe."""
    return {key: safe_text(value) if isinstance(value, str) else value for key, value in values.items()}


def _stated(values: dict[str, Any]) -> dict[str, Any]:
    """Return only what is known."""
    return {key: value for key, value in _safe(values).items() if value is not None}
