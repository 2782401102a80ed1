"""Interrupts of a run in local processes: heard by this one alone, and never inside the locks of their pool."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

#: Time that a worker has to end when it is told to [s].
GRACE = 2.0
#: What ends a study, wherever it is: a terminal's Ctrl-C or end, a batch system.
ENDS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
#: As long as an alarm can be set for [s].
_FAR = 1e8


class TimeUp(KeyboardInterrupt):
    """The time that a run may take is up: what runs ends as after an interrupt."""


@contextmanager
def until(end: float) -> Iterator[None]:
    """Raise TimeUp in these lines at ``end`` of ``time.monotonic()`` [s].

    The main thread alone hears an alarm; in any other the lines run to their own end.
    """
    left = end - time.monotonic()
    if left <= 0.0:
        raise TimeUp
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, min(left, _FAR))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def end(children: Sequence[BaseProcess]) -> None:
    """End ``children``; one that has not gone after GRACE is killed, for this process waits for all at its own end."""
    for child in children:
        child.terminate()
    for child in children:
        child.join(GRACE)
        if child.is_alive():
            child.kill()


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Raise what ends a study after these lines, not in them.

    In between the locks of a pool it would leave one taken, and the pool's own thread, for which Python waits at its
    end, would wait for it for ever.
    """
    heard: list[int] = []
    own = threading.current_thread() is threading.main_thread()
    handlers = {number: signal.getsignal(number) for number in (*ENDS, signal.SIGALRM) if own}
    handlers = {number: handler for number, handler in handlers.items() if callable(handler)}
    try:
        for number in handlers:
            signal.signal(number, lambda number, _: heard.append(number))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for told in heard[:1]:
            signal.raise_signal(told)


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Start processes that a terminal's Ctrl-C or end does not reach: only this one answers, and ends the others.

    Processes inherit what is blocked; here an interrupt that came meanwhile is heard afterwards.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
