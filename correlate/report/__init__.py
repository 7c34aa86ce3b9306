"""Turn a ``Correlation`` into what people and programs read.

**In:** ``Correlation``. **Out:** report.html, report.json, Parquet, merged.pcapng, a folder, terminal text.
**Method:** one module per kind of reader; nothing is computed here that a program could not find in the tables.
**Not here:** any judgement (``diagnose``), graph files (``graph``).
"""

from __future__ import annotations

from correlate.report.blocks import is_own_capture
from correlate.report.document import report_json
from correlate.report.explain import explain_packet, packet_of
from correlate.report.folder import REPORT_FILES, prepare_folder, write_files, write_folder
from correlate.report.html import PAGE_NAME, render_card, told, write_page
from correlate.report.indented import json_text
from correlate.report.listing import (
    csv_of_findings,
    finding_csv,
    finding_lines,
    junit_xml,
    lines_of_findings,
    zeek_log,
    zeek_of,
)
from correlate.report.merged import MERGED_NAME, CaptureParts, split_files, stream_merged, write_merged
from correlate.report.packets import packet_csv, packet_lines, packet_table
from correlate.report.places import has_nothing_in_common
from correlate.report.tables import arrow_table, write_parquet
from correlate.report.terminal import render_terminal
from correlate.report.trace import trace_json
from correlate.report.verdict import main_packet

__all__ = [
    "MERGED_NAME",
    "PAGE_NAME",
    "REPORT_FILES",
    "CaptureParts",
    "arrow_table",
    "csv_of_findings",
    "explain_packet",
    "finding_csv",
    "finding_lines",
    "has_nothing_in_common",
    "is_own_capture",
    "json_text",
    "junit_xml",
    "lines_of_findings",
    "main_packet",
    "packet_csv",
    "packet_lines",
    "packet_of",
    "packet_table",
    "prepare_folder",
    "render_card",
    "render_terminal",
    "report_json",
    "split_files",
    "stream_merged",
    "told",
    "trace_json",
    "write_files",
    "write_folder",
    "write_merged",
    "write_page",
    "write_parquet",
    "zeek_log",
    "zeek_of",
]
