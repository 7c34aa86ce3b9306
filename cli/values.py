"""Values of the command line that are what they should be already.

**In:** typer. **Out:** the same values, sooner.
**Method:** typer (0.26 and later) turns every value into its type with pydantic, which takes a tenth of a second to
import and to set up: a fifth of a run on small captures. Text that stays text, defaults and what was not given need
none of it; all else goes the usual way, errors included. Versions of typer that are not ``KNOWN`` are left alone.
**Not here:** what values mean (``main.py``).
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from typing import Any

import attrs
import typer
import typer.core


@attrs.frozen
class _Quick:
    """In place of what typer makes for a parameter."""

    usual: Callable[[Any], Any]
    """Returns what typer makes."""

    def coerce(self, value: Any, *, param: Any, ctx: Any) -> Any:
        """Return the value as its type."""
        kind, is_several = param.type_descriptor.annotation, param.multiple or param.nargs == -1
        if value is None:
            return () if is_several else None
        if kind == list[str] and isinstance(value, list | tuple) and all(type(one) is str for one in value):
            return list(value)
        if not is_several and type(value) is kind and (kind is str or issubclass(kind, enum.Enum)):
            return value
        return self.usual(param).coerce(value, param=param, ctx=ctx)


KNOWN = "0.29."
"""Versions whose insides are known; a later one may do without, or otherwise."""


@functools.cache
def spare_coercion() -> None:
    """Let typer pass on at once what needs no work."""
    if not typer.__version__.startswith(KNOWN):
        return
    parameter: Any = getattr(typer.core, "_TyperParameter", None)
    usual = getattr(parameter, "get_runtime_param", None)
    if usual is not None:
        quick = _Quick(usual)
        parameter.get_runtime_param = lambda _parameter: quick
