"""Rule (experience): the page ends with what was written, and how to go on from there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from correlate_cli.page import page, texts_of
from correlate_cli.request import Request

from correlate import correlate

SET = Path(__file__).resolve().parents[2] / "sample_sets" / "syn-ack-altered"


@pytest.fixture(scope="module")
def found():
    return correlate({name: str(SET / f"{name}.pcap") for name in ("client", "fw-int")})


def test_without_files_the_page_is_the_report_alone(found) -> None:
    assert "Written" not in page(Request(captures=()), found, [])


def test_a_folder_is_named_with_its_files_and_the_next_command(found, tmp_path) -> None:
    written = [tmp_path / "report.json", tmp_path / "report.html"]
    text = page(Request(captures=(), out=tmp_path), found, written)
    assert f"Written to {tmp_path}: report.json, report.html" in text
    assert f"correlate wireshark --open {tmp_path} --packet " in text


def test_a_file_elsewhere_is_named_whole(found, tmp_path) -> None:
    text = page(Request(captures=(), capture="m.pcapng"), found, [tmp_path / "m.pcapng"])
    assert f" Written: {tmp_path / 'm.pcapng'}" in text


def test_a_merged_capture_on_standard_output_is_alone_there(found) -> None:
    assert not list(texts_of(Request(captures=(), capture="-"), found, []))


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_programs_get_rows_and_no_page(found, form) -> None:
    text = "".join(texts_of(Request(captures=(), form=form), found, []))
    if form == "json":
        assert json.loads(text)["schema"] == "correlate.report/1"
    elif form == "jsonl":
        assert all(json.loads(line) for line in text.splitlines())
    else:
        assert text.splitlines()[0].count(",") > 5
