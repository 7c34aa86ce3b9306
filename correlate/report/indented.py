"""JSON as people read it: two blanks of indent.

**In:** plain Python values. **Out:** the text that ``json.dumps(..., indent=2, ensure_ascii=False)`` gives.
**Method:** the standard encoder works piece by piece once it indents; here each object is put together at once.
**Not here:** what is told (``document.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any


def json_text(document: Mapping[str, Any]) -> str:
    """Return a report as JSON text: two blanks of indent, one line feed at the end.

    Raises
    ------
    ValueError
        If a number is none (NaN, infinity).

    Examples
    --------
    >>> print(json_text({"a": [1, None], "b": {}}), end="")
    {
      "a": [
        1,
        null
      ],
      "b": {}
    }
    """
    return _indented(dict(document), "\n") + "\n"


def _indented(value: Any, margin: str) -> str:
    """Return a value as text; ``margin`` is a line feed and the indent of the line it stands on."""
    kind = type(value)
    inner = margin + "  "
    if kind is str:
        return encode_basestring(value)
    # Most values are whole numbers: no call for each of those.
    if kind is dict and value:
        pairs = [
            f"{inner}{encode_basestring(key)}: {item if type(item) is int else _indented(item, inner)}"
            for key, item in value.items()
        ]
        return f"{{{','.join(pairs)}{margin}}}"
    if kind is list and value:
        items = [f"{inner}{item if type(item) is int else _indented(item, inner)}" for item in value]
        return f"[{','.join(items)}{margin}]"
    if value is None or kind is bool:
        return "null" if value is None else "true" if value else "false"
    # Floats, what is empty, and whatever is no plain value.
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
