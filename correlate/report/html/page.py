"""report.html as a whole: sections in the order of a reader's questions, one style, one script, strict CSP.

**In:** a ``Correlation``, a way to read single frames again. **Out:** the page as text, or a file.
**Method:** Content-Security-Policy ``default-src 'none'`` with the SHA-256 of the one style and the one script; data
lie in script blocks that no browser runs. Without JavaScript the sections that need it stay hidden and a line says so.
**Not here:** the sections (the modules beside this one).
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib import resources
from pathlib import Path

from correlate.model.correlation import Correlation
from correlate.report.closing import host_lines, translation_lines
from correlate.report.html.columns import page_data
from correlate.report.html.facts import about_section, absences_section, certainty_section, translations_section
from correlate.report.html.ladder import ladder_section
from correlate.report.html.markup import Raw, element, joined
from correlate.report.html.pathmap import PAGE_INK, bare, path_section, translation_note
from correlate.report.html.proof import Fetch, proof_section
from correlate.report.html.sample import MOST_POINTS, Sample, sample_of
from correlate.report.html.verdict import also_list, findings_section, heading, verdict_card
from correlate.report.html.waterfall import waterfall_section
from correlate.report.summary import summary_of
from correlate.report.verdict import tell

PAGE_NAME = "report.html"
FILTER_HELP = (
    "Words: lost, changed, ambiguous, forward, reverse, an address. Tests: packet=18, flow=3, frame=461, delay>5 (ms), "
    "len>1000, hop=client>server. All must hold."
)


def render_page(correlation: Correlation, fetch: Fetch | None = None, *, most: int = MOST_POINTS) -> str:
    """Return the page.

    Parameters
    ----------
    correlation
        The result.
    fetch
        Reads the bytes of packet rows again, for the fold-out; None = no bytes are shown.
    most
        Packets that the page carries at most; beyond, it says which are left out.
    """
    story = tell(correlation.findings)
    summary = summary_of(correlation, story)
    sample = sample_of(correlation, most)
    data, blob = page_data(correlation, sample)
    style, script = (_resource(name) for name in ("page.css", "page.js"))
    notes = translation_note(bare(translation_lines(correlation, PAGE_INK)))
    hosts = [element("p", line, class_="mono quiet") for line in bare(host_lines(correlation, PAGE_INK))]
    main = [
        _section("verdict", "Verdict", [verdict_card(correlation, story, summary), *also_list(story)]),
        _section("path", "Path", [*path_section(correlation), notes, *hosts]),
        _section("proof", "Proof: one packet, both sides of the hop", proof_section(correlation, story.main, fetch)),
        _section("ladder", "Ladder of the packets that matter", ladder_section(correlation, story)),
        _section("time", "Where the time of requests went", waterfall_section(correlation)),
        element(
            "noscript",
            element("section", element("p", "Plots and the packet table need JavaScript; everything else is here.")),
        ),
        _plots(sample),
        _packets(),
        _section("findings", f"All findings ({len(correlation.findings)})", findings_section(correlation)),
        _section("nat", "Translations", translations_section(correlation)),
        _section("unmatched", "Packets that did not arrive, or were not seen", absences_section(correlation)),
        _section("sure", "How sure, and what is not known", certainty_section(correlation)),
        _section("about", "About this report", about_section(correlation)),
    ]
    policy = (
        f"default-src 'none'; script-src 'sha256-{_digest(script)}'; style-src 'sha256-{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("link", rel="icon", href="data:,"),
        element("title", f"{summary.word}: {summary.title}"),
        element("style", Raw(style)),
    )
    body = element(
        "body",
        heading(correlation, summary),
        element("main", *main),
        element("script", Raw(_json(data)), type="application/json", id="data"),
        element("script", Raw(blob), type="application/octet-stream", id="columns"),
        element("script", Raw(script)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def write_page(correlation: Correlation, fetch: Fetch | None, path: Path) -> None:
    """Write the page to a file."""
    path.write_text(render_page(correlation, fetch), encoding="utf-8")


def _section(name: str, title: str, parts: list[Raw], *, is_hidden: bool = False) -> Raw:
    heading_id = f"{name}-title"
    return element(
        "section", element("h2", title, id=heading_id), *parts, id=name, aria_labelledby=heading_id, hidden=is_hidden
    )


def _plots(sample: Sample) -> Raw:
    parts = [
        element(
            "p",
            "Drag over a plot to choose a stretch of time: all plots and the table follow. A click clears it.",
            class_="quiet",
        ),
        element("p", _sampling(sample), class_="quiet"),
        element("div", id="plots-body"),
    ]
    return _section("plots", "Over time", parts, is_hidden=True)


def _sampling(sample: Sample) -> str:
    shown = len(sample.packets)
    if shown == sample.total:
        return f"All {sample.total:,} packets are here."
    odd = "all" if sample.odd_shown == sample.odd else f"{sample.odd_shown:,}"
    return (
        f"Sampled: {shown:,} of {sample.total:,} packets are here: {odd} of the {sample.odd:,} that were not simply "
        "delivered unchanged, and every n-th of the others. Rates count all packets."
    )


def _packets() -> Raw:
    columns = ("packet", "time, ms", "way", "what", "flow", "fate")
    widths = ("no", "time", "way", None, "flow", None)
    grid = element(
        "table",
        element("caption", "Packets", class_="hidden"),
        element("colgroup", *(element("col", class_=width) for width in widths)),
        element("thead", element("tr", joined([element("th", name, scope="col") for name in columns]))),
        element("tbody", id="packet-rows"),
        id="packet-table",
    )
    bar = element(
        "div",
        element("label", "Filter", for_="filter"),
        element(
            "input",
            type="search",
            id="filter",
            placeholder="lost delay>5 10.0.0.1",
            aria_describedby="filter-help",
            autocomplete="off",
            spellcheck="false",
        ),
        element("button", "Clear", type="button", id="clear", hidden=True),
        element("span", id="count", class_="quiet", role="status"),
        class_="bar",
    )
    parts = [
        bar,
        element("p", FILTER_HELP, id="filter-help", class_="quiet"),
        element(
            "div",
            grid,
            id="packet-list",
            class_="list",
            tabindex=0,
            role="region",
            aria_label="Packets; Enter opens one",
        ),
        element("div", id="detail", class_="detail", aria_live="polite"),
    ]
    return _section("packets", "Packets", parts, is_hidden=True)


def _json(value: object) -> str:
    """Return JSON that cannot end its script block, nor begin a comment in it."""
    plain = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _resource(name: str) -> str:
    return resources.files("correlate.report.html").joinpath(name).read_text("utf-8")


def _digest(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")
