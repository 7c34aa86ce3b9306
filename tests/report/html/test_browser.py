"""report.html in a real browser (issue 7): quiet, complete without scripts, quick to answer, fit for everybody."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from correlate.report.html import render_page
from correlate.rereading import fetcher
from tests.report.html.browser import browser, complaints, needs_chromium, requests, visit
from tests.report.runs import NAMES, run

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
AXE_SHA256 = "880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb"

pytestmark = needs_chromium


def page_of(name: str, folder: Path, **options) -> Path:
    found = run(name)
    path = folder / f"{name}.html"
    path.write_text(render_page(found, fetcher(found.vantages, found.packets), **options), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    return {name: page_of(name, folder) for name in NAMES}


@pytest.fixture(scope="module")
def driver():
    with browser() as one:
        yield one


@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_without_complaint_and_asks_for_nothing(driver, pages, name):
    """No console message (CSP violations are told there), no request beyond the page itself."""
    visit(driver, pages[name])
    assert complaints(driver) == []
    assert requests(driver) == [pages[name].as_uri()]
    assert not driver.execute_script("return document.getElementById('packets').hidden")


@pytest.mark.parametrize("name", NAMES)
def test_verdict_path_proof_and_ladder_need_no_script(driver, pages, name):
    visit(driver, pages[name], is_scripted=False)
    html = driver.execute_cdp_cmd("Runtime.evaluate", {"expression": "1"})
    assert html
    snapshot = driver.execute_cdp_cmd("DOMSnapshot.captureSnapshot", {"computedStyles": ["display"]})
    strings = snapshot["strings"]
    shown = " ".join(strings[index] for index in snapshot["documents"][0]["layout"]["text"] if index >= 0)
    for heading in ("Verdict", "Path", "Proof: one packet, both sides of the hop", "Ladder of the packets that matter"):
        assert heading in shown
    for vantage in run(name).vantages:
        assert vantage.name in shown
    assert "need JavaScript" in shown
    assert "Drag over a plot" not in shown


def rows(driver) -> list[str]:
    return driver.execute_script(
        "return [...document.querySelectorAll('#packet-rows tr[data-row]')].map((row) => row.textContent)"
    )


def count(driver) -> str:
    return driver.execute_script("return document.getElementById('count').textContent")


def settle(driver, expression: str):
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 10).until(lambda one: one.execute_script(f"return {expression}"))


def test_a_click_on_a_row_shows_its_ladder_and_proof(driver, pages):
    visit(driver, pages["syn-ack-altered"])
    driver.execute_script("document.querySelector('#packet-rows tr[data-row=\"1\"] td').click()")
    settle(driver, "document.querySelector('#detail svg') !== null")
    detail = driver.execute_script("return document.getElementById('detail').textContent")
    assert "Packet 2: SYN-ACK" in detail
    assert "2180033885" in detail
    assert "frame.packet_id == 2" in detail
    marked = driver.execute_script(
        "return [...document.querySelectorAll('#detail tr.changed th')].map((cell) => cell.textContent)"
    )
    assert {"ip.len ≠", "tcp.len ≠", "tcp.checksum ≠"} <= set(marked)
    assert "ip.ttl ≠" not in marked
    assert driver.current_url.endswith("#packet=2")
    assert complaints(driver) == []


def test_the_address_opens_a_packet(driver, pages):
    visit(driver, pages["syn-ack-altered"], "#packet=5")
    settle(driver, "document.getElementById('detail').textContent.startsWith('Packet 5:')")
    driver.execute_script("location.hash = '#packet=8'")
    settle(driver, "document.getElementById('detail').textContent.startsWith('Packet 8:')")
    driver.execute_script("location.hash = '#packet=99999'")
    settle(driver, "document.getElementById('detail').textContent.includes('not among those')")


def drag(driver, plot: int, start: float, end: float) -> None:
    from selenium.webdriver import ActionChains

    canvas = driver.find_elements("css selector", "#plots-body canvas")[plot]
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    width = canvas.rect["width"]
    at = [round((share - 0.5) * width) for share in (start, end)]
    ActionChains(driver).move_to_element_with_offset(canvas, at[0], 0).click_and_hold().move_to_element_with_offset(canvas, at[1], 0).release().perform()  # fmt: skip


def test_a_brush_on_one_plot_filters_the_table_and_repaints_the_others(driver, pages):
    visit(driver, pages["held-last-segment"])
    whole = count(driver)
    other = "document.querySelectorAll('#plots-body canvas')[2].toDataURL().length + ':' + document.querySelectorAll('#plots-body canvas')[2].toDataURL().slice(-4000)"
    before = driver.execute_script(f"return {other}")
    drag(driver, 0, 0.3, 0.5)
    settle(driver, "document.getElementById('count').textContent.includes(' of ')")
    assert count(driver) != whole
    assert "chosen" in count(driver)
    driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert driver.execute_script(f"return {other}") != before
    times = [
        float(text)
        for text in driver.execute_script(
            "return [...document.querySelectorAll('#packet-rows tr[data-row]')].map((row) => row.children[1].textContent)"
        )
    ]
    assert times == sorted(times)
    assert times[0] > 500
    driver.execute_script("document.getElementById('clear').click()")
    settle(driver, f"document.getElementById('count').textContent === {whole!r}")


def test_the_keyboard_chooses_time_and_opens_packets(driver, pages):
    from selenium.webdriver.common.keys import Keys

    visit(driver, pages["held-last-segment"])
    canvas = driver.find_element("css selector", "#plots-body canvas")
    canvas.send_keys(Keys.ARROW_UP)
    settle(driver, "document.getElementById('count').textContent.includes('chosen')")
    canvas.send_keys(Keys.ESCAPE)
    settle(driver, "!document.getElementById('count').textContent.includes('chosen')")
    row = driver.find_element("css selector", "#packet-rows tr[data-row='0']")
    row.send_keys(Keys.ARROW_DOWN)
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    settle(driver, "document.getElementById('detail').textContent.startsWith('Packet 2:')")
    driver.switch_to.active_element.send_keys(Keys.END)
    settle(driver, "document.activeElement.dataset.row === '543'")


@pytest.mark.parametrize(
    ("text", "kept"),
    [("lost", 8), ("changed reverse", 3), ("packet=4", 1), ("frame=456", 1), ("194.53", 12), ("delay>1", 4), ("rst", 1), ("hop=fw-ext>server", 4), ("len<45", 5), ("nothing-like-this", 0)],
)  # fmt: skip
def test_the_filter_box(driver, pages, text, kept):
    visit(driver, pages["syn-ack-altered"])
    driver.find_element("id", "filter").send_keys(text)
    part = f"{kept} of 12 packets" if kept < 12 else "12 packets"
    settle(driver, f"document.getElementById('count').textContent.startsWith({part!r})")
    assert len(rows(driver)) == kept


@pytest.mark.parametrize("is_dark", [False, True])
def test_axe_finds_no_serious_fault(pages, is_dark):
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() == AXE_SHA256
    script = AXE.read_text("utf-8") + "; axe.run().then((found) => JSON.stringify(found.violations))"
    with browser(is_dark=is_dark) as driver:
        for name in ("syn-ack-altered", "held-last-segment", "clean-nat"):
            visit(driver, pages[name], "#packet=2")
            asked = {"expression": script, "awaitPromise": True, "returnByValue": True}
            found = driver.execute_cdp_cmd("Runtime.evaluate", asked)
            faults = [
                (one["id"], [node["html"][:100] for node in one["nodes"]])
                for one in json.loads(found["result"]["value"])
                if one["impact"] in ("serious", "critical")
            ]
            assert faults == []


def test_a_narrow_page_does_not_scroll_sideways(pages):
    with browser(size=(500, 900)) as driver:
        visit(driver, pages["syn-ack-altered"], "#packet=2")
        wide, room = driver.execute_script(
            "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= room


def test_a_sample_says_so_and_still_opens_what_it_holds(driver, tmp_path):
    page = page_of("held-last-segment", tmp_path, most=100)
    visit(driver, page)
    text = driver.execute_script("return document.getElementById('plots').textContent")
    assert re.search(r"Sampled: \d+ of 544 packets are here", text)
    assert complaints(driver) == []


def test_the_page_prints_its_static_parts(driver, pages):
    visit(driver, pages["syn-ack-altered"])
    printed = driver.execute_cdp_cmd("Page.printToPDF", {})
    assert len(printed["data"]) > 10_000
