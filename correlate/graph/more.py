"""The graph as GEXF (Gephi) and DOT (Graphviz).

In: the graph of ``build.py``. Out: a file, or text.
Method: GEXF by networkx, unknown figures left out as in GraphML; DOT written here, so that no further package is
needed: every name and label is a quoted string in which backslash and quote are escaped.
Not here: the figures, GraphML (``files.py``).
"""

from __future__ import annotations

from os import PathLike
from typing import Any

import networkx as nx

from correlate.errors import OutputError
from correlate.graph.files import stated
from correlate.wire.text import safe_text


def write_gexf(graph: nx.DiGraph, path: str | PathLike[str]) -> None:
    """Write the graph as GEXF 1.2.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    try:
        nx.write_gexf(stated(graph), path, version="1.2draft")
    except OSError as error:
        raise OutputError(
            where=str(path), what=error.strerror or "cannot be written", advice="Choose another place with -o."
        ) from error


def dot_text(graph: nx.DiGraph) -> str:
    """Return the graph in DOT: vantages left to right, an edge per direction with its counts and median delay.

    >>> print(dot_text(nx.DiGraph([("a", "b")])).splitlines()[3])
      "a";
    """
    lines = ["digraph correlate {", "  rankdir=LR;", '  node [shape=box, style=rounded, fontname="monospace"];']
    for node, values in graph.nodes(data=True):
        shape = " [shape=plaintext]" if values.get("role") == "end" else ""
        lines.append(f"  {_quoted(str(node))}{shape};")
    for origin, target, values in graph.edges(data=True):
        style = _style(values)
        lines.append(f"  {_quoted(str(origin))} -> {_quoted(str(target))}{style};")
    return "\n".join([*lines, "}"]) + "\n"


def _style(values: dict[str, Any]) -> str:
    if values.get("role") != "hop":
        return " [style=dotted]" if values.get("role") else ""
    parts = [str(values["findings"])] if values.get("findings") else []
    parts.append(f"{values.get('lost', 0)} lost of {values.get('delivered', 0) + values.get('lost', 0)}")
    if values.get("owd_p50_ns") is not None:
        parts.append(f"{values['owd_p50_ns'] / 1e6:.3f} ms")
    is_bad = bool(values.get("lost") or values.get("mutated"))
    return f" [label={_quoted('; '.join(parts))}{', style=bold' if is_bad else ''}]"


def _quoted(text: str) -> str:
    escaped = safe_text(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
