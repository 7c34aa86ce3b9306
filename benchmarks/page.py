"""How long report.html takes to show itself and to answer, in headless Chromium: ``python benchmarks/page.py``.

In: how many packets. Out: one line per figure: bytes of the page, first paint, ready, and the time of each interaction
from the event to the frame that shows its effect, on the wall and of the page's main thread alone (CPU time: what the
wall would show on an idle machine). Targets (experience): first paint under 0.5 s, interactions under
0.1 s at 100,000 packets. Needs chromium and chromium-driver, and the packages of the ``test`` extra.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from benchmarks.generate import Traffic  # noqa: E402
from correlate.pipeline import correlate  # noqa: E402
from correlate.report.html import render_page  # noqa: E402
from tests.report.html.browser import browser, visit  # noqa: E402

IDLE_S = 3
"""Somebody looks at the page before they touch it."""
TIMED = """
const done = arguments[arguments.length - 1], act = arguments[0];
const start = performance.now();
new Function(act)();
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(performance.now() - start), 0)));
"""
BRUSH = """
const canvas = document.querySelectorAll('#plots-body canvas')[0], box = canvas.getBoundingClientRect();
const at = (type, share) => canvas.dispatchEvent(new PointerEvent(type,
  {clientX: box.left + share * box.width, clientY: box.top + 20, pointerId: 1, bubbles: true}));
canvas.setPointerCapture = () => {};
"""
ACTIONS = {
    "brush, while dragging": BRUSH + "at('pointerdown', 0.3); at('pointermove', 0.5);",
    "brush, released": BRUSH + "at('pointerup', 0.5);",
    "clear": "document.getElementById('clear').click();",
    "scroll the table": "document.getElementById('packet-list').scrollTop = 900000;",
    "open a packet": "document.querySelector('#packet-rows tr[data-row] td').click();",
}


def thread_ms(driver) -> float:
    """Return the CPU time of the page's main thread so far, ms."""
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration") * 1000


def measure(page: Path, repeats: int) -> None:
    with browser(size=(1280, 900)) as driver:
        driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        paints: list[float] = []
        wall: dict[str, list[float]] = {name: [] for name in ("ready", *ACTIONS)}
        cpu: dict[str, list[float]] = {name: [] for name in wall}
        for _ in range(repeats):
            start = time.perf_counter()
            visit(driver, page)
            wall["ready"].append((time.perf_counter() - start) * 1000)
            cpu["ready"].append(thread_ms(driver))
            time.sleep(IDLE_S)
            paint = "return performance.getEntriesByName('first-contentful-paint')[0].startTime"
            paints.append(driver.execute_script(paint))
            for name, action in ACTIONS.items():
                before = thread_ms(driver)
                wall[name].append(driver.execute_async_script(TIMED, action))
                cpu[name].append(thread_ms(driver) - before)
        print(f"{'first paint':24} {statistics.median(paints):8.0f} ms")
        for name, times in wall.items():
            print(f"{name:24} {statistics.median(times):8.0f} ms {statistics.median(cpu[name]):8.0f} ms CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--packets", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Traffic(Path(folder), chosen.packets, 262_144, 1).write(with_truth=False)
        found = correlate({name: Path(folder) / f"{name}.pcap" for name in ("a", "b")})
        start = time.perf_counter()
        text = render_page(found)
        print(f"{'packets':24} {len(found.trajectories):8}")
        print(f"{'rendering':24} {(time.perf_counter() - start) * 1000:8.0f} ms")
        print(f"{'size':24} {len(text.encode()) / 1e6:8.2f} MB")
        page = Path(folder) / "report.html"
        page.write_text(text, encoding="utf-8")
        measure(page, chosen.repeats)


if __name__ == "__main__":
    main()
