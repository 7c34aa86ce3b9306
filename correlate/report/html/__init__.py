"""report.html: one self-contained page.

**In:** a ``Correlation``, a way to read single frames again. **Out:** the page as text.
**Method:** verdict, path, proof and ladder are plain HTML and SVG; plots and the packet table are drawn by ``page.js``
from columns that the page carries. Nothing is ever fetched.
**Not here:** any judgement; the terminal report (``correlate.report.terminal``) tells the same story.
"""

from __future__ import annotations

from correlate.report.html.card import render_card, told
from correlate.report.html.page import PAGE_NAME, render_page, write_page

__all__ = ["PAGE_NAME", "render_card", "render_page", "told", "write_page"]
