"""What a report tells, made comparable with the report on the same captures anonymized.

In: two runs. Out: report.json of each with the first one's addresses renamed as the second one's rows say.
Method: every address in any text is renamed; order that rests on their texts is undone. Left out are names and digests
of files, texts of payload and checksums, and what docs/privacy.md says is not kept.
Not here: the comparison (``test_anonymize.py``).
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from correlate.model.correlation import Correlation
from correlate.model.packets import TupleColumns
from correlate.report import report_json

ADDRESS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*)(?![\w.])")
OF_FILES = ("path", "file", "file_from", "file_to", "sha256", "command", "community_id")
MASKED = ("payload", "checksum", "data")
"""Fields whose texts are masked or follow from what is."""


def renamed(before: Correlation, after: Correlation) -> dict[str, str]:
    """Return address -> what it became, of all packets and quoted packets."""
    names: dict[str, str] = {}
    for one, other in zip(before.packets, after.packets, strict=True):
        for old, new in (
            (one.columns.tuple_id, other.columns.tuple_id),
            (one.quotes.tuple_id, other.quotes.tuple_id),
            (one.tunnels.tuple_id, other.tunnels.tuple_id),
        ):
            for pair in {*zip(old[old >= 0].tolist(), new[old >= 0].tolist(), strict=True)}:
                for end in ("src", "dst"):
                    names[_text(one.tuples, end, pair[0])] = _text(other.tuples, end, pair[1])
    return names


def _text(tuples: TupleColumns, end: str, index: int) -> str:
    width = 4 if tuples.version[index] == 4 else 16
    return str(ipaddress.ip_address(bytes(np.asarray(getattr(tuples, end))[index])[16 - width :]))


def told(run: Correlation, names: Mapping[str, str]) -> dict[str, Any]:
    """Return report.json with addresses renamed and in an order of its own."""
    report = report_json(run)
    for vantage in report["vantages"]:
        # A written file says which zone it is in.
        vantage["problems"] = [one for one in vantage["problems"] if one["kind"] != "time-zone-unknown"]
        del vantage["problems_count"]
    for finding in report["findings"]:
        if finding["code"] == "payload-altered" and finding["unit"] == "bytes":
            finding["quantity"] = finding["explanation"] = None
    found: dict[str, Any] = _compared(report, names)
    found["mutations"] = sorted(found["mutations"], key=json.dumps)
    return found


def _compared(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        left_out = {*OF_FILES, *(("bytes",) if "path" in value else ())}
        if str(value.get("field", "")).endswith(MASKED):
            left_out |= {"before", "after"}
        return {key: _compared(one, names) for key, one in value.items() if key not in left_out}
    if isinstance(value, list):
        return [_compared(one, names) for one in value]
    if isinstance(value, str):
        addresses = sorted(names.get(one, one) for one in ADDRESS.findall(value))
        text = re.sub(r"\S+#INTERFACE", "FILE#INTERFACE", ADDRESS.sub("ADDRESS", value))
        return [text, *addresses] if addresses else text
    return value
