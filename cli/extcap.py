"""The program that Wireshark starts as a capture interface: a correlation arrives as packets.

**In:** extcap arguments (Wireshark User's Guide, "Extcap"). **Out:** what it asks for on standard output; the merged
capture through the pipe it names.
**Method:** Wireshark shows a form with files and names; their correlation is written to its pipe as it would be to a
file. Faults are one line on standard error, which Wireshark shows.
**Not here:** the correlation (``correlate.pipeline``), installing this (``wireshark.py``).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from correlate.errors import CorrelateError, UsageError
from correlate.version import __version__

INTERFACE = "correlate"
MOST_CAPTURES = 6
BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer one call of Wireshark and return the exit status."""
    asked = _parser().parse_known_args(arguments)[0]
    if asked.extcap_interfaces:
        print(f"extcap {{version={__version__}}}{{help=https://www.wireshark.org/docs/wsug_html_chunked/}}")
        print(f"interface {{value={INTERFACE}}}{{display=Correlate captures of several vantages}}")
    elif asked.extcap_dlts:
        print("dlt {number=1}{name=EN10MB}{display=As captured}")
    elif asked.extcap_config:
        print("\n".join(form()))
    elif asked.capture:
        return _capture(asked)
    return 0


def form() -> list[str]:
    """Return the form that Wireshark shows before it starts."""
    lines = []
    for number in range(MOST_CAPTURES):
        where = "client side" if number == 0 else "next along the path" if number else ""
        need = "true" if number < 2 else "false"
        lines.append(
            f"arg {{number={2 * number}}}{{call=--capture{number + 1}}}{{display=Capture {number + 1} ({where})}}"
            f"{{type=fileselect}}{{mustexist=true}}{{required={need}}}{{group=Captures}}"
        )
        lines.append(
            f"arg {{number={2 * number + 1}}}{{call=--name{number + 1}}}{{display=Name of capture {number + 1}}}"
            "{type=string}{required=false}{placeholder=as the file}{group=Captures}"
        )
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="correlate-extcap", add_help=True)
    for flag in ("--extcap-interfaces", "--extcap-dlts", "--extcap-config", "--capture"):
        parser.add_argument(flag, action="store_true")
    for value in ("--extcap-interface", "--extcap-version", "--extcap-capture-filter", "--fifo"):
        parser.add_argument(value)
    for number in range(1, MOST_CAPTURES + 1):
        parser.add_argument(f"--capture{number}")
        parser.add_argument(f"--name{number}")
    return parser


def captures_of(asked: argparse.Namespace) -> list[str]:
    """Return the CAPTURE arguments that the form stands for.

    Raises
    ------
    UsageError
        If no capture was chosen.
    """
    captures = []
    for number in range(1, MOST_CAPTURES + 1):
        path, name = getattr(asked, f"capture{number}"), getattr(asked, f"name{number}")
        if path:
            captures.append(f"{name}={path}" if name else path)
    if not captures:
        raise UsageError(where="correlate", what="no capture chosen", advice="Choose files in the interface's options.")
    return captures


def _capture(asked: argparse.Namespace) -> int:
    from .captures import find_captures  # noqa: PLC0415  -- only a run pays for the stages

    try:
        if not asked.fifo:
            raise UsageError(where="--fifo", what="no pipe named", advice="Wireshark names it; start this from there.")
        captures = find_captures(captures_of(asked))
        from correlate.pipeline import correlate  # noqa: PLC0415
        from correlate.report import CaptureParts, stream_merged  # noqa: PLC0415
        from correlate.rereading import frame_source, side_blocks  # noqa: PLC0415

        found = correlate(captures.paths)
        parts = CaptureParts(frames=frame_source(found), sides=side_blocks(found))
        with open(asked.fifo, "wb") as pipe:  # noqa: PTH123  -- a pipe of Wireshark's, named as it names it
            stream_merged(found, parts, pipe)
    except CorrelateError as error:
        print(f"correlate: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
