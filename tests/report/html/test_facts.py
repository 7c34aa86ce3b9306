"""The lower part of the page."""

import re

from correlate.report.html.facts import about_section, absences_section, certainty_section, translations_section
from tests.report.builder import flagship
from tests.report.runs import NAMES, run


def test_translations_show_both_sides():
    page = "".join(translations_section(run("syn-ack-altered")))
    assert "10.110.233.50:50183" in page
    assert "10.110.235.202:55073" in page


def test_absences_are_counted_with_reasons_and_add_up():
    for name in NAMES:
        found = run(name)
        page = "".join(absences_section(found))
        counts = [int(one) for one in re.findall(r"</td><td>(\d+)</td><td>(?:proven|likely|inconclusive)", page)]
        assert sum(counts) == int((found.fates.fate != 0).sum())


def test_what_is_not_known_is_said():
    assert "Not known" in "".join(certainty_section(flagship()))


def test_digests_and_command_are_there():
    page = "".join(about_section(run("syn-ack-altered")))
    assert re.search(r"[0-9a-f]{64}", page)
    assert "client.pcap" in page
