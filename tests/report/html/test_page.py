"""The page as text: strict policy, sections in order, harmless whatever it is told."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import attrs
import pytest

from correlate.report.html import render_page, write_page
from correlate.rereading import fetcher
from tests.report.builder import alone, flagship, strangers
from tests.report.runs import NAMES, run

ORDER = [
    "verdict",
    "path",
    "proof",
    "ladder",
    "time",
    "plots",
    "packets",
    "findings",
    "nat",
    "unmatched",
    "sure",
    "about",
]


def policy(page):
    return re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1).replace("&#x27;", "'")


def blocks(page, tag):
    return re.findall(rf"<{tag}(?: [^>]*)?>(.*?)</{tag}>", page, flags=re.DOTALL)


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_names_exactly_the_script_and_style_that_are_there(name):
    page = render_page(run(name))
    told = policy(page)
    assert told.startswith("default-src 'none'; ")
    assert "unsafe" not in told
    for kind, content in (("style", blocks(page, "style")[0]), ("script", blocks(page, "script")[-1])):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in told
    assert len(blocks(page, "style")) == 1
    assert len(blocks(page, "script")) == 3


def test_there_is_no_inline_style_nor_handler_nor_address_outside():
    page = render_page(run("syn-ack-altered"))

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            for name, value in attrs:
                assert name != "style"
                assert not name.startswith("on")
                if name in ("href", "src"):
                    assert value.startswith(("#", "data:,"))

    Reader().feed(page)


def test_sections_come_in_the_order_of_a_readers_questions():
    page = render_page(run("syn-ack-altered"))
    assert re.findall(r'<section[^>]* id="([a-z]+)"', page) == ORDER


def test_typical_pages_are_small():
    """Experience: under 1 MB typical."""
    found = run("held-last-segment")
    assert len(render_page(found, fetcher(found.vantages, found.packets)).encode()) < 250_000


def test_the_bytes_of_the_proof_are_folded_away_with_their_difference_marked():
    found = run("syn-ack-altered")
    page = render_page(found, fetcher(found.vantages, found.packets))
    assert "<mark>2e</mark>" in page
    assert "<summary>Bytes</summary>" in page


@pytest.mark.parametrize("build", [alone, strangers, flagship])
def test_runs_of_every_shape_make_a_page(build):
    assert render_page(build()).startswith("<!doctype html>")


def test_a_run_without_findings_says_that_it_cannot_tell(tmp_path):
    found = attrs.evolve(flagship(), findings=())
    write_page(found, None, tmp_path / "report.html")
    assert "CANNOT TELL" in (tmp_path / "report.html").read_text("utf-8")
