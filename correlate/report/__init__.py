"""Turn a ``Correlation`` into what people and programs read.

**In:** ``Correlation``. **Out:** report.html, report.json, Parquet, merged.pcapng, a folder, terminal text.
**Method:** one module per kind of reader; nothing is computed here that a program could not find in the tables.
**Not here:** any judgement (``diagnose``), graph files (``graph``).
"""

from __future__ import annotations

from correlate.report.blocks import is_own_capture
from correlate.report.document import report_json
from correlate.report.folder import REPORT_FILES, json_text, prepare_folder, write_folder
from correlate.report.html import PAGE_NAME, write_page
from correlate.report.merged import MERGED_NAME, CaptureParts, split_files, stream_merged, write_merged
from correlate.report.places import has_nothing_in_common
from correlate.report.tables import write_parquet
from correlate.report.terminal import render_terminal

__all__ = [
    "MERGED_NAME",
    "PAGE_NAME",
    "REPORT_FILES",
    "CaptureParts",
    "has_nothing_in_common",
    "is_own_capture",
    "json_text",
    "prepare_folder",
    "render_terminal",
    "report_json",
    "split_files",
    "stream_merged",
    "write_folder",
    "write_merged",
    "write_page",
    "write_parquet",
]
