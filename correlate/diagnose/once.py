"""Answers that several rules ask for, made once.

In: functions of a view (and a few numbers). Out: the same functions, which make each answer when it is first asked for.
Method: rules run in two threads. Whoever asks first makes the answer; whoever asks meanwhile waits for it instead of
making it as well. No answer needs one that needs it, so nobody waits for ever.
Not here: the answers (``view.py`` and the modules that know them).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import partial, wraps
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast, overload

P = ParamSpec("P")
T = TypeVar("T")


class Answers:
    """What was made so far, or is being made, by question.

    >>> answers = Answers()
    >>> answers.get("two", lambda: 2), answers.get("two", lambda: 3)
    (2, 2)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[Hashable, Future[Any]] = {}

    def get(self, question: Hashable, make: Callable[[], T]) -> T:
        """Return the answer, made by ``make`` if nobody asked before; its exception is raised to all who ask."""
        with self._lock:
            is_first = question not in self._made
            answer: Future[T] = self._made.setdefault(question, Future())
        if is_first:
            try:
                answer.set_result(make())
            except BaseException as error:
                answer.set_exception(error)
                raise
        return answer.result()


class HasAnswers(Protocol):
    """What keeps answers about itself."""

    answers: Answers


V = TypeVar("V", bound=HasAnswers)


def shared(make: Callable[Concatenate[V, P], T]) -> Callable[Concatenate[V, P], T]:
    """Keep what ``make`` returns for a view and hashable arguments; nobody may change it."""

    @wraps(make)
    def asked(view: V, /, *args: P.args, **named: P.kwargs) -> T:
        question = (make, args, *named.items())
        return view.answers.get(question, partial(make, view, *args, **named))

    return cast("Callable[Concatenate[V, P], T]", asked)


class once(Generic[T]):  # noqa: N801  -- used as ``property`` is
    """A property that is made when it is first asked for, by one thread while others wait."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, view: None, owner: type) -> once[T]: ...
    @overload
    def __get__(self, view: HasAnswers, owner: type) -> T: ...
    def __get__(self, view: HasAnswers | None, owner: type) -> once[T] | T:
        """Return the value."""
        if view is None:
            return self
        return view.answers.get(self._make, partial(self._make, view))
