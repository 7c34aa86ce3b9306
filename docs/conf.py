"""Settings of the documentation site: ``python -m sphinx -W -b html docs docs/_build``.

In: the Markdown pages beside this file, docstrings of the public API. Out: a static site.
Method: MyST reads Markdown, furo draws it, autodoc reads NumPy docstrings; every warning is an error.
Not here: the generated tables (their own scripts write them) and the examples (``tests/docs`` runs them).
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION: dict[str, str] = {}
exec((ROOT / "correlate" / "version.py").read_text(encoding="utf-8"), VERSION)  # noqa: S102

project = "correlate"
author = "The correlate developers"
project_copyright = "The correlate developers, GPL-2.0-or-later"
version = release = VERSION["__version__"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings give type, shape and unit
napoleon_google_docstring = False

html_theme = "furo"
html_title = f"correlate {release}"
html_show_sphinx = False
