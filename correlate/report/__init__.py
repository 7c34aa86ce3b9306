"""Turn a ``Correlation`` into what people and programs read.

**In:** ``Correlation``. **Out:** report.json, Parquet, a folder of both, the terminal report.
**Method:** one module per kind of reader; nothing is computed here that a program could not find in the tables.
**Not here:** any judgement (``diagnose``), graph files (``graph``).
"""

from __future__ import annotations

from correlate.report.document import report_json
from correlate.report.folder import REPORT_FILES, json_text, prepare_folder, write_folder
from correlate.report.places import has_nothing_in_common
from correlate.report.tables import write_parquet
from correlate.report.terminal import render_terminal

__all__ = [
    "REPORT_FILES",
    "has_nothing_in_common",
    "json_text",
    "prepare_folder",
    "render_terminal",
    "report_json",
    "write_folder",
    "write_parquet",
]
