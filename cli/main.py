"""``correlate``: the command line.

**In:** ``sys.argv``. **Out:** exit status 0, 1, 2, 3 or 130 (contract).
**Method:** typer for the options; nothing that costs time is imported before there is work to do; every fault of the
user's is one line on standard error.
**Not here:** the work (``job.py``).
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from correlate.errors import CorrelateError, UsageError
from correlate.version import __version__

from .commands import command_app, command_names
from .floors import read_floors
from .job import do
from .memory_limit import read_memory
from .names import NAME
from .request import BAD_INPUT, INTERRUPTED, OK, Request
from .values import spare_coercion

PARSER_ERROR: type[Exception] = typer.BadParameter.__mro__[2]
"""The parser's base of all its errors: typer brings its own copy of the parser since 0.26 and does not export it."""

KINDS = ("end-host", "in-path", "mirror", "drop-log")
TIMES = {"r": "r", "u": "u", "ud": "u", "e": "e"}


class Engine(StrEnum):
    """Who does the parts of large captures."""

    LOCAL = "local"
    DASK = "dask"


class Order(StrEnum):
    """Where the order of the path comes from."""

    INFERRED = "inferred"
    GIVEN = "given"


class FailOn(StrEnum):
    """Severity from which findings make the exit status 1."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Color(StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


app = typer.Typer(add_completion=True, rich_markup_mode=None, pretty_exceptions_enable=False)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        print(f"correlate {__version__}")
        raise typer.Exit


@app.command(
    epilog="Exit status: 0 done, 1 --fail-on was met, 2 unusable input or usage, 3 the captures share no packet, "
    "130 interrupted."
)
def correlate(  # noqa: PLR0917 -- one parameter per option
    captures: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CAPTURE...",
            help="[NAME=]PATH: a capture file, a folder or a quoted glob of chained files, or - for standard input. "
            "One CAPTURE per vantage, from the client to the server if you know.",
            show_default=False,
            autocompletion=command_names,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Write all files there.")] = None,
    capture: Annotated[
        str | None, typer.Option("-w", metavar="FILE", help="Write the merged capture there; - is standard output.")
    ] = None,
    split: Annotated[
        bool, typer.Option("--split", help="Write one capture per vantage, all on one clock, not a merged one.")
    ] = False,
    no_secrets: Annotated[
        bool, typer.Option("--no-secrets", help="Leave decryption secrets out of written captures.")
    ] = False,
    form: Annotated[str, typer.Option("-T", metavar="text|json|jsonl|csv", help="What to print.")] = "text",
    json: Annotated[bool, typer.Option("--json", help="Same as -T json.")] = False,
    order: Annotated[Order, typer.Option("--order", help="Order of the path: from evidence, or as given.")] = (
        Order.INFERRED
    ),
    reference: Annotated[
        str | None, typer.Option("--reference", metavar="NAME", help="Vantage whose clock all times are told on.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="NAME=KIND", help=f"What a vantage is: {', '.join(KINDS)}. Repeatable."),
    ] = None,
    floor: Annotated[
        list[str] | None,
        typer.Option(
            "--floor",
            metavar="A>B=TIME",
            help="A packet takes at least TIME (ns, us, ms, s) from A to B: 'client>server=150us'. Repeatable.",
        ),
    ] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Exit with 1 if a proven or likely finding is this severe.")
    ] = None,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Tell nothing of real addresses, names and payload, nor write any.")
    ] = False,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory", metavar="SIZE", help="Use at most so much memory (2G); larger captures are done part by part."
        ),
    ] = None,
    engine: Annotated[
        Engine, typer.Option("--engine", help="Who does the parts of large captures: this process, or Dask workers.")
    ] = Engine.LOCAL,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="Dask scheduler; default: a cluster on this machine."),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            "--work", metavar="DIR", help="Where parts are kept until all are done; default: the user's cache."
        ),
    ] = None,
    sha256: Annotated[bool, typer.Option("--sha256", help="Put the digest of every capture in the report.")] = False,
    stats: Annotated[bool, typer.Option("--stats", help="Say how long each stage took.")] = False,
    times: Annotated[
        str, typer.Option("-t", metavar="r|u|e", help="Times of the ladder: relative, UTC, seconds since 1970.")
    ] = "r",
    display: Annotated[
        str | None,
        typer.Option("-Y", metavar="FILTER", help="Tell only of packets that satisfy this display filter."),
    ] = None,
    bpf: Annotated[
        str | None, typer.Option("-f", metavar="BPF", help="Tell only of frames that this capture filter keeps.")
    ] = None,
    flow: Annotated[str | None, typer.Option("--flow", metavar="N|5-TUPLE", help="Tell only of this flow.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Tell only of what comes later.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Tell only of what comes earlier.")] = None,
    pings: Annotated[
        str | None,
        typer.Option("--between-pings", metavar="A,B", help="Only the time between pings of A and B bytes of data."),
    ] = None,
    numeric: Annotated[
        bool, typer.Option("-n", help="No name resolution (there is none; accepted from habit).")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", help="No progress and no notes on standard error.")] = False,
    color: Annotated[Color, typer.Option("--color", help="Colour the report.")] = Color.AUTO,
    force: Annotated[bool, typer.Option("--force", help="Replace files in DIR that correlate did not write.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Line up packet captures of the same traffic and say what happened to the packets between them."""
    del numeric, version
    if not captures:
        raise UsageError(
            where="command line",
            what="no capture given",
            advice="Name one per vantage: correlate client.pcap server.pcap ('correlate --help' lists the options).",
        )
    request = Request(
        captures=tuple(captures),
        out=out,
        capture=capture,
        is_split=split,
        keeps_secrets=not no_secrets,
        form="json" if json else _form(form),  # type: ignore[arg-type]  # checked by _form
        order=order.value,
        reference=reference,
        kinds=_kinds(kind or []),
        floors=read_floors(floor or []),
        fail_on=fail_on.value if fail_on else None,
        memory_bytes=read_memory(memory),
        engine=_engine(engine, scheduler),
        scheduler=scheduler,
        work=work,
        is_anonymous=anonymous,
        sha256=sha256,
        scope=_scope(display, bpf, flow, (since, until), pings),
        stats=stats,
        times=_times(times),  # type: ignore[arg-type]  # checked by _times
        quiet=quiet,
        color=color.value,
        force=force,
    )
    raise typer.Exit(do(request))


def _scope(
    display: str | None, bpf: str | None, flow: str | None, span: tuple[str | None, str | None], pings: str | None
) -> dict[str, Any]:
    """Check the options that leave packets out, before any file is read; return those that were used."""
    sizes = None
    if pings is not None:
        parts = pings.split(",")
        if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
            raise UsageError(
                where=f"--between-pings {pings}", what="not A,B", advice="Give two sizes of ping data in bytes: 22,33."
            )
        sizes = (int(parts[0]), int(parts[1]))
    chosen: dict[str, Any] = {
        "display_filter": display,
        "capture_filter": bpf,
        "flow": flow,
        "since": span[0],
        "until": span[1],
        "between_pings": sizes,
    }
    used = {name: value for name, value in chosen.items() if value is not None}
    if used:
        from correlate.focus import Focus  # noqa: PLC0415  -- numpy

        Focus(**used).check()
    return used


def _engine(engine: Engine, scheduler: str | None) -> Literal["local", "dask"]:
    if scheduler is not None and engine is Engine.LOCAL:
        raise UsageError(
            where=f"--scheduler {scheduler}", what="it is of use to Dask only", advice="Add --engine dask."
        )
    return engine.value


def _form(form: str) -> str:
    if form in ("text", "json", "jsonl", "csv"):
        return form
    raise UsageError(where=f"-T {form}", what="no such form", advice="Use text, json, jsonl or csv.")


def _times(times: str) -> str:
    if times not in TIMES:
        raise UsageError(where=f"-t {times}", what="no such form of times", advice="Use r, u or e.")
    return TIMES[times]


def _kinds(arguments: Sequence[str]) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for argument in arguments:
        name, _equals, kind = argument.rpartition("=")
        if not NAME.fullmatch(name) or kind not in KINDS:
            raise UsageError(
                where=f"--kind {argument}",
                what="not NAME=KIND",
                advice=f"Write a vantage's name, = and one of {', '.join(KINDS)}.",
            )
        kinds[name] = kind
    return kinds


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; prints, never raises."""
    spare_coercion()
    chosen = command_app(list(arguments))
    command = typer.main.get_command(app if chosen is None else chosen)
    name = "correlate" if chosen is None else f"correlate {arguments[0]}"
    try:
        rest = list(arguments) if chosen is None else list(arguments[1:])
        status = command.main(args=rest, prog_name=name, standalone_mode=False)
    except CorrelateError as error:
        return _fail(str(error), BAD_INPUT, error.shown)
    except PARSER_ERROR as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        message = message.replace("Value error, ", "").rstrip(".")
        return _fail(f"{message}. 'correlate --help' lists the options.", BAD_INPUT)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted", INTERRUPTED)
    except MemoryError:
        return _fail("not enough memory for these captures. Give it parts of them.", BAD_INPUT)
    except Exception as error:  # noqa: BLE001  -- a bug of ours: status 1 would say that --fail-on was met
        return _bug(error)
    if status == INTERRUPTED:
        # typer makes an exit of it, since 0.26 without a word.
        return _fail("interrupted", INTERRUPTED)
    return status if isinstance(status, int) else OK


def _fail(message: str, status: int, shown: Sequence[str] = ()) -> int:
    """Say what is wrong in one line, and show where in further ones."""
    from correlate.wire.text import safe_text  # noqa: PLC0415

    print(f"correlate: {safe_text(message)}", file=sys.stderr)
    for line in shown:
        print(f"    {safe_text(line)}", file=sys.stderr)
    return status


def _bug(error: Exception) -> int:
    """Say that this is our fault and where, in one line; all of it with ``CORRELATE_DEBUG``."""
    if os.environ.get("CORRELATE_DEBUG"):
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    text = f"internal error: {type(error).__name__}: {error}{place}. Please report it (CORRELATE_DEBUG=1 shows all)."
    return _fail(text, BAD_INPUT)


def run() -> None:
    """Enter from the console script."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
