"""Pictures of report.html of three sample sets: ``python docs/make_images.py`` (needs chromium-driver, selenium).

In: the sample sets. Out: ``docs/images/*.png``: light and dark, wide and narrow.
Method: the page of a run in headless Chromium, cut below the ladder or around the packet table.
Not here: the page (``correlate/report/html``).
"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from correlate.report.html import render_page  # noqa: E402
from correlate.rereading import fetcher  # noqa: E402
from tests.report.html.browser import browser, visit  # noqa: E402
from tests.report.runs import run  # noqa: E402

IMAGES = Path(__file__).with_name("images")
SHOTS = (
    ("flagship-light", "syn-ack-altered", 1180, False, "", "header", "#ladder"),
    ("flagship-packet-dark", "syn-ack-altered", 1180, True, "#packet=2", "#packets", "#packets"),
    ("flagship-narrow", "syn-ack-altered", 500, False, "", "header", "#path"),
    ("held-plots-dark", "held-last-segment", 1180, True, "", "#ladder", "#plots"),
    ("held-narrow-dark", "held-last-segment", 500, True, "", "header", "#path"),
    ("clean-light", "clean-nat", 1180, False, "", "header", "#path"),
)
"""File, sample set, width, dark, fragment, first and last part shown."""


def shoot(folder: Path, shot: tuple[str, str, int, bool, str, str, str]) -> None:
    """Write one picture."""
    name, sample, width, is_dark, fragment, first, last = shot
    found = run(sample)
    page = folder / f"{sample}.html"
    page.write_text(render_page(found, fetcher(found.vantages, found.packets)), encoding="utf-8")
    with browser(size=(width, 900), is_dark=is_dark) as driver:
        visit(driver, page, fragment)
        edges = driver.execute_script(
            "return [document.querySelector(arguments[0]).getBoundingClientRect().top + scrollY - 14,"
            "document.querySelector(arguments[1]).getBoundingClientRect().bottom + scrollY + 10,"
            "innerWidth]",
            first,
            last,
        )
        clip = {"x": 0, "y": max(0, edges[0]), "width": edges[2], "height": edges[1] - max(0, edges[0]), "scale": 1}
        asked = {"captureBeyondViewport": True, "clip": clip}
        picture = driver.execute_cdp_cmd("Page.captureScreenshot", asked)
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))


def main() -> None:
    """Write all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        for shot in SHOTS:
            shoot(Path(folder), shot)


if __name__ == "__main__":
    main()
