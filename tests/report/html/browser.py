"""A headless Chromium that sees one page and says what it did: errors, violations, requests."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
)  # fmt: skip
PROGRAM, DRIVER = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")

needs_chromium = pytest.mark.skipif(not (PROGRAM and DRIVER), reason="chromium and chromedriver are not installed")


@contextmanager
def browser(*, size: tuple[int, int] = (1200, 900), is_dark: bool = False) -> Iterator:
    """Yield a selenium driver with a profile of its own."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    profile = tempfile.mkdtemp(prefix="correlate-chromium-")
    options = webdriver.ChromeOptions()
    options.binary_location = PROGRAM
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        if is_dark:
            feature = {"name": "prefers-color-scheme", "value": "dark"}
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        yield driver
    finally:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)


def visit(driver, page: Path, fragment: str = "", *, is_scripted: bool = True) -> None:
    """Open a page and wait until its script has done its work."""
    from selenium.webdriver.support.ui import WebDriverWait

    driver.get("about:blank")
    driver.get_log("browser")
    driver.get_log("performance")
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not is_scripted})
    driver.get(page.as_uri() + fragment)
    if is_scripted:
        WebDriverWait(driver, 30).until(lambda one: one.execute_script("return document.documentElement.dataset.ready"))


def complaints(driver) -> list[str]:
    """Return everything that the console was told."""
    return [entry["message"] for entry in driver.get_log("browser")]


def requests(driver) -> list[str]:
    """Return the addresses that were asked for since the page was opened."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
