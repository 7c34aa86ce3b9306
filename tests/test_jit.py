"""The one door to numba opens and stays shut."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from correlate import jit
from correlate.jit import kernel


def double(values, out):
    for i in range(len(values)):
        out[i] = 2 * values[i]
    return len(values)


@pytest.mark.jit_off
def test_a_kernel_does_what_its_function_does():
    values, out = np.arange(5), np.zeros(5, np.int64)
    assert jit.kernel(double)(values, out) == 5
    assert out.tolist() == [0, 2, 4, 6, 8]


def test_without_compilation_the_function_is_the_kernel(monkeypatch):
    monkeypatch.setattr(jit, "IS_COMPILED", False)
    assert jit.kernel(double) is double


@pytest.mark.skipif(not jit.IS_COMPILED, reason="compilation is switched off")
def test_a_compiled_kernel_keeps_its_name_and_python_twin():
    compiled = jit.kernel(double)
    assert compiled is not double
    assert compiled.py_func is double


@pytest.mark.parametrize(("setting", "compiled"), [("0", "False"), ("1", "True"), (None, "True")])
def test_the_environment_decides(setting, compiled):
    environment = {key: value for key, value in os.environ.items() if key != "CORRELATE_JIT"}
    if setting is not None:
        environment["CORRELATE_JIT"] = setting
    command = [sys.executable, "-c", "from correlate.jit import IS_COMPILED; print(IS_COMPILED)"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == compiled


def test_a_function_whose_code_cannot_be_kept_is_compiled_for_the_run():
    """Read-only installations: numba finds no place for its cache and says so with a RuntimeError."""
    names: dict[str, object] = {}
    exec("def double(x):\n    return 2 * x\n", names)
    assert kernel(names["double"])(21) == 42


def fold(values, step):
    state = np.uint64(1)
    for i in range(len(values)):
        state = step(state, values[i])
    return state


LATE = """
import sys, numpy as np
from correlate import jit
jit.expect_little({size})
jit.PATIENCE_S = {patience}
@jit.kernel
def step(state, value):
    return (state ^ value) * np.uint64(0xBF58476D1CE4E5B9)
@jit.kernel
def fold(values):
    state = np.uint64(1)
    for i in range(len(values)):
        state = step(state, values[i])
    return state
values = np.arange(1, 9, dtype=np.uint64)
with np.errstate(over="ignore"):
    print([int(fold(values)) for _ in range(3)], "numba" in sys.modules)
"""


@pytest.mark.skipif(not jit.IS_COMPILED, reason="compilation is switched off")
@pytest.mark.parametrize(
    ("size", "patience", "has_numba"), [(1000, 9, False), (1000, -1, True), (1 << 40, 9, True)], ids=str
)
def test_little_is_done_without_numba_and_what_takes_long_is_compiled_after_all(size, patience, has_numba, tmp_path):
    """One kernel calls another; numbers wrap at 64 bits; all ways give the same."""
    script = tmp_path / "late.py"
    script.write_text(LATE.format(size=size, patience=patience))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    with np.errstate(over="ignore"):
        expected = int(fold(np.arange(1, 9, dtype=np.uint64), lambda s, v: (s ^ v) * np.uint64(0xBF58476D1CE4E5B9)))
    assert done.stdout.strip() == f"{[expected] * 3} {has_numba}"


@pytest.mark.skipif(not jit.IS_COMPILED, reason="compilation is switched off")
def test_importing_all_stages_imports_no_numba():
    """A quarter of a second that only who runs a kernel pays."""
    command = [sys.executable, "-c", "import sys, correlate.pipeline; print('numba' in sys.modules)"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "False"


READY = """
import sys, numpy as np
from correlate import jit
@jit.kernel
def total(values):
    found = 0
    for value in values:
        found += value
    return found
print(total(np.arange(5)), total(np.arange(5.0)), "numba.typed.typedlist" in sys.modules)
"""


@pytest.mark.skipif(not jit.IS_COMPILED, reason="compilation is switched off")
def test_code_that_lies_ready_is_loaded_without_what_compiling_needs(tmp_path):
    """The first run compiles two signatures, the second loads both; a third one is compiled after all."""
    script = tmp_path / "ready.py"
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    script.write_text(READY)
    runs = [
        subprocess.run([sys.executable, script, *more], env=environment, capture_output=True, text=True, check=True)
        for more in ([], [])
    ]
    assert [run.stdout.split() for run in runs] == [["10", "10.0", "True"], ["10", "10.0", "False"]]
    again = "\nprint(total(np.arange(5, dtype=np.int16)))\n"
    late = f"import runpy; names = runpy.run_path({str(script)!r}); np, total = names['np'], names['total']{again}"
    done = subprocess.run([sys.executable, "-c", late], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["10", "10.0", "False", "10"]


@pytest.mark.parametrize("error", [AttributeError, TypeError])
def test_another_numba_loads_code_in_its_own_way(error):
    """Its insides may have other names or take other arguments."""

    class Other:
        def _guard_against_spurious_io_errors(self):
            raise error

    class Context:
        def __getattr__(self, _name):
            raise error

    asked = []
    assert jit._load(Other(), lambda *of: asked.append(of) or "code", "signature", context := Context()) == "code"
    assert asked == [("signature", context)]


PARTS = """
import sys, numpy as np
from correlate import jit
@jit.kernel
def squares(count):
    found = np.empty(count, np.int64)
    for i in range(count):
        found[i] = i * i if i in (1, 2) else 0
    return found
print(squares(3).tolist(), "numba.np.arrayobj" in sys.modules)
"""
CALLER = """
import runpy
names = runpy.run_path({script!r})
squares, jit = names["squares"], names["jit"]
def cubes(count):
    found = squares(count)
    for i in range(count):
        found[i] *= i
    return found
print(jit.kernel(cubes)(3).tolist())
"""


@pytest.mark.skipif(not jit.IS_COMPILED, reason="compilation is switched off")
def test_code_that_calls_parts_of_numba_is_loaded_without_them_and_compiles_into_others(tmp_path):
    """``np.empty`` and ``in`` are Python of numba's, compiled; once compiled, nobody needs its source."""
    script, caller = tmp_path / "parts.py", tmp_path / "caller.py"
    script.write_text(PARTS)
    caller.write_text(CALLER.format(script=str(script)))
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    outputs = [
        subprocess.run([sys.executable, path], env=environment, capture_output=True, text=True, check=True).stdout
        for path in (script, script, caller)
    ]
    assert outputs == ["[0, 1, 4] True\n", "[0, 1, 4] False\n", "[0, 1, 4] False\n[0, 1, 8]\n"]


def test_another_numba_keeps_its_environments(monkeypatch):
    """Its insides may have other names."""
    pytest.importorskip("numba")
    from numba.core import environment

    monkeypatch.delattr(environment, "_rebuild_env")
    jit._spare_sources()
    assert not hasattr(environment, "_rebuild_env")
