"""HTML and SVG as text that cannot be broken by what it says.

**In:** tag names and attributes of ours, texts of anybody. **Out:** ``Raw``.
**Method:** every text and attribute value passes ``safe_text`` and is escaped; only ``Raw`` made here is taken as it
is. Long texts are cut: a host name of 10 kB is no use to a reader.
**Not here:** what a page says.
"""

from __future__ import annotations

import html

from correlate.wire.text import safe_text

VOID = frozenset({"br", "col", "hr", "input", "link", "meta", "wbr"})
SVG_EMPTY = frozenset({"line", "path", "rect", "circle", "polygon"})
MOST_CHARACTERS = 2000
"""Of one text."""

Attribute = str | int | float | bool | None


class Raw(str):
    """Markup that was made here; ``element`` takes it as it is."""

    __slots__ = ()


def text(value: object) -> Raw:
    """Return any value as text of a page.

    >>> text("</script><b>")
    '&lt;/script&gt;&lt;b&gt;'
    """
    plain = safe_text(str(value))
    if len(plain) > MOST_CHARACTERS:
        plain = f"{plain[:MOST_CHARACTERS]} ... ({len(plain)} characters)"
    return Raw(html.escape(plain, quote=True))


def element(tag: str, *children: object, **attributes: Attribute) -> Raw:
    """Return an element; children that are not ``Raw`` are text; ``class_`` is class, ``a_b`` is ``a-b``.

    >>> element("p", "1 < 2", class_="x")
    '<p class="x">1 &lt; 2</p>'
    """
    named = "".join(
        _attribute(name, value) for name, value in attributes.items() if value is not None and value is not False
    )
    if tag in VOID:
        return Raw(f"<{tag}{named}>")
    inner = "".join(child if isinstance(child, Raw) else text(child) for child in children if child is not None)
    if tag in SVG_EMPTY and not inner:
        return Raw(f"<{tag}{named}/>")
    return Raw(f"<{tag}{named}>{inner}</{tag}>")


def _attribute(name: str, value: Attribute) -> str:
    if value is True:
        return f" {name.strip('_').replace('_', '-')}"
    shown = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
    return f' {name.strip("_").replace("_", "-")}="{text(shown)}"'


def joined(parts: list[Raw] | tuple[Raw, ...]) -> Raw:
    """Return parts after one another."""
    return Raw("".join(parts))


def table(head: list[str], rows: list[Raw], *, caption: str, class_: str | None = None) -> Raw:
    """Return a table with a caption for readers who cannot see it, in a box that scrolls sideways."""
    titles = joined([element("th", title, scope="col") for title in head])
    body = element(
        "table",
        element("caption", caption, class_="hidden"),
        element("thead", element("tr", titles)),
        element("tbody", *rows),
        class_=class_,
    )
    return element("div", body, class_="scroll", tabindex=0, role="region", aria_label=caption)


def row(*cells: object, class_: str | None = None, has_head: bool = True) -> Raw:
    """Return a table row; its first cell is a heading."""
    first = element("th", cells[0], scope="row") if has_head else element("td", cells[0])
    return element("tr", first, *(element("td", cell) for cell in cells[1:]), class_=class_)
