"""Where the time went, on the page."""

import re

from correlate.report.html.waterfall import HEIGHT, MOST, WIDTH, waterfall_section
from tests.report.runs import run


def test_bars_are_as_wide_as_the_time_they_stand_for():
    """Cases, 9: 89 % of the slowest transaction lie beyond the server's vantage."""
    page = "".join(waterfall_section(run("slow-answer")))
    first = page[: page.index("</svg>")]
    widths = re.findall(rf'width="([\d.]+)" height="{HEIGHT - 2}" class="part-beyond"', first)
    assert 0.88 * WIDTH < float(widths[0]) < 0.9 * WIDTH
    assert "ways not separable" in page


def test_only_the_slowest_are_shown_and_the_rest_is_counted():
    page = "".join(waterfall_section(run("clean-nat")))
    assert page.count("<details") == MOST
    assert "The 12 slowest of 36" in page


def test_without_transactions_the_page_says_so():
    assert "No request" in "".join(waterfall_section(run("udp-ports-rising")))
