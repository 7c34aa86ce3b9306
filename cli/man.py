"""``correlate man``: the manual page, made from the options themselves.

**In:** the commands. **Out:** roff on standard output: ``correlate man | man -l -``.
**Method:** options and arguments are walked as the parser knows them, so that page and program cannot differ.
**Not here:** longer explanations (``docs/``).
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from correlate.version import __version__

from .output import put

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

STATUS = (
    ("0", "done, whatever was found"), ("1", "done, and --fail-on was met"), ("2", "unusable input or usage"),
    ("3", "no two of the captures share a packet"), ("130", "interrupted"),
)  # fmt: skip
EXAMPLES = (
    "correlate client.pcap server.pcap",
    "correlate client=c.pcap fw-int=fi.pcapng server='ring/srv_*.pcap' -o report/",
    "correlate explain 18 report/",
    "correlate client.pcap server.pcap -w - | wireshark -k -i -",
)


@app.command()
def man(
    name: Annotated[str, typer.Argument(metavar="[COMMAND]", help="Which command's page.", show_default=False)] = "",
) -> None:
    """Print the manual page."""
    put(manual(name))


def manual(name: str = "") -> str:
    """Return the manual page of the main job or of a command."""
    from .commands import COMMANDS, command_app  # noqa: PLC0415
    from .main import app as main_app  # noqa: PLC0415

    chosen = command_app([name]) if name else main_app
    command = typer.main.get_command(chosen if chosen is not None else main_app)
    title = f"correlate-{name}" if name in COMMANDS else "correlate"
    called = title.replace("-", " ", 1)
    lines = [f'.TH {title.upper()} 1 "" "correlate {__version__}" "User Commands"', ".SH NAME"]
    lines += [f"{_roff(title)} \\- {_roff(_first(command.help))}", ".SH SYNOPSIS", f".B {called}"]
    lines += [f"{_roff(_usage(command))}", ".SH DESCRIPTION", _roff(command.help or ""), ".SH OPTIONS"]
    for parameter in command.params:
        lines += _parameter(parameter)
    if name not in COMMANDS:
        lines += [
            ".SH COMMANDS",
            *(line for one in COMMANDS for line in (".TP", f".B correlate {one}", _roff(_help_of(one)))),
        ]
        lines += [".SH EXIT STATUS", *(line for code, text in STATUS for line in (".TP", f".B {code}", _roff(text)))]
        lines += [".SH EXAMPLES", *(line for text in EXAMPLES for line in (".PP", ".nf", _roff(text), ".fi"))]
    return "\n".join(lines) + "\n"


def _help_of(name: str) -> str:
    from .commands import command_app  # noqa: PLC0415

    app_of = command_app([name])
    assert app_of is not None, "the table names only commands"
    return _first(typer.main.get_command(app_of).help)


def _first(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0].rstrip(".")


def _usage(command: Any) -> str:
    named = [
        parameter.metavar or parameter.name.upper()
        for parameter in command.params
        if parameter.param_type_name == "argument"
    ]
    return " ".join([*named, "[options]"])


def _parameter(parameter: Any) -> list[str]:
    """Return one option or argument with its help."""
    if parameter.param_type_name == "argument":
        return [
            ".TP",
            f".I {_roff(parameter.metavar or parameter.name.upper())}",
            _roff(getattr(parameter, "help", "") or ""),
        ]
    metavar = parameter.metavar or ("" if parameter.is_flag else parameter.name.upper())
    names = ", ".join(parameter.opts) + (f" {metavar}" if metavar and not parameter.is_flag else "")
    return [".TP", f".B {_roff(names)}", _roff(parameter.help or "")]


def _roff(text: str) -> str:
    """Return text that roff takes for text."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\n".join(f"\\&{line}" if line.startswith(".") else line for line in escaped.split("\n"))
