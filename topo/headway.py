"""How far long work is, told to whoever listens; without a listener nothing is said, and no result depends on one.

The listener stands beside the calls, in a context variable: solvers say their gap, and nothing between hands it on.

>>> with told_to(print), within("solving: optimal"):
...     tell_gap(2.0, 1.9)
solving: optimal
solving: optimal, gap 5.0 %
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

_LISTENER: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


@contextmanager
def told_to(listener: Callable[[str], None]) -> Iterator[None]:
    """Let ``listener`` hear what is said inside."""
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


@contextmanager
def within(what: str) -> Iterator[None]:
    """Say ``what``, and put it before all that is said inside."""
    listener = _LISTENER.get()
    if listener is None:
        yield
        return
    listener(what)
    with told_to(lambda more: listener(f"{what}, {more}")):
        yield


def counted(what: str, steps: Sequence[T]) -> Iterator[T]:
    """Yield ``steps`` one by one; where there are several, say which is at work, before all that is said of it."""
    for i, step in enumerate(steps, 1):
        with within(f"{what} {i:,} of {len(steps):,}") if len(steps) > 1 else nullcontext():
            yield step


def tell(what: str) -> None:
    """Say what is being done, or how far it is."""
    if (listener := _LISTENER.get()) is not None:
        listener(what)


def tell_gap(value: float, bound: float) -> None:
    """Say how far ``value``, the best so far, is above ``bound``, which nothing is below, in parts of ``value``."""
    if (listener := _LISTENER.get()) is not None and value > 0.0:
        listener(f"gap {1.0 - bound / value:.1%}".replace("%", " %"))
