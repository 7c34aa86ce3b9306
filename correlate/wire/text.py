r"""Make text from outside harmless to terminals and files.

In: any string: names, paths, comments, values read from captures. Out: the same with every control made visible.
Method: Unicode control characters (C0, DEL, C1), bidirectional controls (UAX 9), line and paragraph separators, lone
surrogates and the two characters XML 1.0 forbids (section 2.2) become ``\xNN`` or ``\uNNNN``.
Not here: escaping for HTML, CSV or a shell; whoever writes those escapes on top.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: terminals act on them, XML refuses most of them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls: text would read other than it is
    "\u2028\u2029"  # line and paragraph separator: a second line in a one-line value
    "\ud800-\udfff\ufffe\uffff"  # cannot be encoded, or not XML
    "]"
)


def safe_text(text: str) -> str:
    r"""Return ``text`` with every control character spelled out; what is printable stays as it is.

    Parameters
    ----------
    text : str
        Anything, also strings decoded with ``surrogateescape``.

    Returns
    -------
    str
        One line, encodable as UTF-8, valid in XML. Calling it twice changes nothing more.

    Examples
    --------
    >>> safe_text("fw\x1b[2J")
    'fw\\x1b[2J'
    """
    # What Python calls printable holds none of these: most text is, and that is told ten times as fast.
    return text if text.isprintable() else _UNSAFE.sub(_spell, text)


def _spell(match: re.Match[str]) -> str:
    """Return the escape for one character."""
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
