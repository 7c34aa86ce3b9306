"""All captures of a run: read and dissected, interfaces that are vantages of their own apart.

In: files per vantage, options, maybe a part of them. Out: ``Loaded`` vantages in the order given.
Method: two captures at a time; the kernels leave the interpreter to the other thread. Whoever has something else to do
meanwhile, as importing the stages that follow, lets reading begin and waits for it later.
Not here: one capture (``load.py``), which interfaces are vantages (``split.py``).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import attrs

from correlate.budget import packets_per_capture
from correlate.errors import UsageError
from correlate.load import Loaded, load_vantage, split_path
from correlate.model.part import Part
from correlate.options import CapturePaths, Options, check_given, files_of
from correlate.progress import FULL, Progress, adding, silent
from correlate.read import is_file, size_of


def load_captures(
    captures: Mapping[str, CapturePaths],
    *,
    options: Options | None = None,
    progress: Progress | None = None,
    part: Part | None = None,
) -> list[Loaded]:
    """Read and dissect captures as :func:`correlate` does, interfaces that are vantages of their own apart."""
    given, chosen = files_of(captures), options or Options()
    check_given(given, chosen)
    return _load_all(given, chosen, progress or silent, part)


@contextmanager
def begin_loading(
    captures: Mapping[str, CapturePaths], *, options: Options, progress: Progress
) -> Iterator[Callable[[], list[Loaded]]]:
    """Begin what :func:`load_captures` does and give a function that waits for it; ``progress`` is told by threads.

    Who leaves before all is read, by an error or interrupted, has reading stop at the next chunk.
    """
    is_given_up = Event()

    def told(stage: str, done: int, total: int) -> None:
        if is_given_up.is_set():
            raise KeyboardInterrupt
        progress(stage, done, total)

    def read() -> list[Loaded]:
        try:
            return load_captures(captures, options=options, progress=told)
        except BaseException as error:
            # It is kept with the frames that it came through, and they with what was read: that is needed no more.
            traceback.clear_frames(error.__traceback__)
            raise

    pool = ThreadPoolExecutor(max_workers=1)
    loading = pool.submit(read)
    pool.shutdown(wait=False)
    try:
        yield loading.result
    finally:
        is_given_up.set()


def _load_all(
    names: Mapping[str, tuple[str, ...]], options: Options, tell: Progress, part: Part | None
) -> list[Loaded]:
    """Load the captures, two at a time; results keep the given order, interfaces that are vantages in file order."""
    files = [split_path(path)[0] for paths in names.values() for path in paths]
    total = sum(size_of(path) for path in files if is_file(path))
    most_packets = packets_per_capture(options.memory_bytes, len(names))
    on_bytes = adding(tell, "read", total)

    def load(name: str) -> list[Loaded]:
        parts = [split_path(path) for path in names[name]]
        paths, wanted = [path for path, _ in parts], {interface for _, interface in parts}
        if len(wanted) > 1:
            what = "its files are not all of the same interface"
            raise UsageError(where=name, what=what, advice="Write #INTERFACE behind each of them, or behind none.")
        kind = options.kinds.get(name, "unknown")
        loaded = load_vantage(
            name,
            paths,
            kind=kind,
            with_sha256=options.sha256,
            on_bytes=on_bytes,
            most_packets=most_packets if part is None else None,
            stretches=None if part is None else part.stretches[name],
        )
        # Not at the head: it is imported while the captures are read.
        from correlate.split import pick_interface, split_vantage  # noqa: PLC0415

        (interface,) = wanted
        return split_vantage(loaded) if interface is None else [pick_interface(loaded, interface)]

    with ThreadPoolExecutor(max_workers=2) as pool:
        loaded = [one for several in pool.map(load, names) for one in several]
    if any(problem.kind == "memory" for one in loaded for problem in one.vantage.problems):
        tell(FULL, 0, 0)
    kinds = [options.kinds.get(one.vantage.name, one.vantage.kind) for one in loaded]
    return [
        attrs.evolve(one, vantage=attrs.evolve(one.vantage, kind=kind)) for one, kind in zip(loaded, kinds, strict=True)
    ]
