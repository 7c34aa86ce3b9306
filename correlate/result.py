"""The result of a run as people hold it in Python: tables for dataframes, a graph, a card in a notebook.

In: every table of a ``Correlation``. Out: the same, with ways to look at it.
Method: tables are Arrow (any dataframe library reads them through ``__arrow_c_stream__``), the graph is networkx, the
card is the top of report.html. Nothing is computed until it is asked for.
Not here: the run (``pipeline.py``), the renderings (``report``, ``graph``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from correlate.model.correlation import Correlation

if TYPE_CHECKING:
    import networkx as nx
    import pyarrow as pa

TABLES = ("packets", "sightings", "fates", "mutations")


class Tables(Mapping[str, Any]):
    """Arrow tables of a result by name, made when asked for: ``packets``, ``sightings``, ``fates``, ``mutations``.

    ``pandas.DataFrame.from_arrow(result.tables["packets"])``, ``polars.from_arrow(...)``, ``duckdb.sql(...)``.
    """

    def __init__(self, correlation: Correlation) -> None:
        self._correlation = correlation

    def __getitem__(self, name: str) -> pa.Table:
        from correlate.report import arrow_table, packet_table  # noqa: PLC0415  -- pyarrow: only who asks pays

        if name not in TABLES:
            raise KeyError(name)
        return packet_table(self._correlation) if name == "packets" else arrow_table(self._correlation, name)

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)

    def __repr__(self) -> str:
        return f"<tables {', '.join(TABLES)}>"


@attrs.frozen(kw_only=True, repr=False)
class Result(Correlation):
    """A ``Correlation`` with ways to look at it."""

    @property
    def tables(self) -> Tables:
        """Arrow tables by name; see :class:`Tables`."""
        return Tables(self)

    @property
    def graph(self) -> nx.DiGraph:
        """The path as a networkx graph; see :func:`correlate.graph.build_graph`."""
        from correlate.graph import build_graph  # noqa: PLC0415

        return build_graph(self)

    @property
    def report(self) -> dict[str, Any]:
        """report.json as plain Python values."""
        from correlate.report import report_json  # noqa: PLC0415

        return report_json(self)

    def text(self, *, width: int = 100, unicode: bool = True) -> str:
        """Return the terminal report."""
        from correlate.report import render_terminal  # noqa: PLC0415

        return render_terminal(self, width=width, unicode=unicode, color=False)

    def explain(self, packet: int | str, *, width: int = 120) -> str:
        """Return everything known of one packet (its number, or ``"VANTAGE#FRAME"``) without its payload's layers."""
        from correlate.report import explain_packet, packet_of  # noqa: PLC0415
        from correlate.report.ink import Ink  # noqa: PLC0415

        ink = Ink(width=width, is_unicode=True, has_color=False)
        return explain_packet(self, packet_of(self, str(packet)), None, ink)

    def write_page(self, path: str | os.PathLike[str]) -> None:
        """Write report.html."""
        from correlate.report import write_page  # noqa: PLC0415

        write_page(self, None, Path(path))

    def __repr__(self) -> str:
        from correlate.report import told  # noqa: PLC0415

        return f"<correlate: {told(self)}>"

    def _repr_html_(self) -> str:
        from correlate.report import render_card  # noqa: PLC0415

        return render_card(self)
