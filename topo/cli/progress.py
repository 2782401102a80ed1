"""How far long work is, on stderr: a bar over cases, or what one case is at; nothing under --json, --csv, --quiet."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from topo.cli.exits import say
from topo.headway import told_to

if TYPE_CHECKING:
    from topo.study import Progress

#: [s] between two lines of progress where stderr is not a terminal.
LINE_EVERY = 60.0
#: Width of a bar, of which most of 80 columns are left for words.
BAR = 20
#: [s] that a command runs before it says what it is at: most end sooner, and rich takes a moment to load.
QUICK = 1.0


def _silent(_: Any) -> None:
    """Say nothing."""


@contextmanager
def over_cases(total: int, first: str = "", *, quiet: bool = False) -> Iterator[Callable[[Progress], None]]:
    """Give a callback that shows how far ``total`` cases are: a bar on a terminal, a line a minute elsewhere.

    ``first`` is the name of the one that begins, where they run one after another.
    """
    if quiet:
        yield _silent
    elif sys.stderr.isatty():
        with _bar(total, first) as bar:
            yield bar
    else:
        yield _lines()


def _lines() -> Callable[[Progress], None]:
    told = time.monotonic()

    def line(at: Progress) -> None:
        nonlocal told
        if time.monotonic() - told >= LINE_EVERY:
            told = time.monotonic()
            say(f"{at.done} of {at.total} cases, {_how(at)}, {at.seconds:.0f} s")

    return line


def _how(at: Progress) -> str:
    """Return rate and failures in words."""
    return f"{at.done / max(at.seconds, 1e-9):.3g} a second, {at.failed} failed"


@contextmanager
def _bar(total: int, first: str) -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns: tuple[Any, ...] = (
        BarColumn(bar_width=BAR),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        _words(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True, expand=True) as bar:
        said = first and f"now {first}"
        task = bar.add_task(said, total=total)

        def show(at: Progress) -> None:
            nonlocal said
            said = f"{_how(at)}, " + (f"now {at.following}" if at.following else at.name)
            bar.update(task, completed=at.done, total=at.total, description=said)

        with told_to(lambda more: bar.update(task, description=f"{said}: {more}")):
            yield show


def _words() -> Any:
    """Return the column of what is being done: it takes the room that is left, and is cut where the terminal ends."""
    from rich.progress import TextColumn
    from rich.table import Column

    return TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1))


@contextmanager
def working(*, quiet: bool = False) -> Iterator[None]:
    """Show on a terminal what the work inside says of its headway, and for how long, once a second has passed."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    one = _Working()
    one.timer.start()
    try:
        with told_to(one.tell):
            yield
    finally:
        one.end()


class _Working:
    """A line with a spinner that appears late, so that quick work neither flickers nor waits for rich."""

    def __init__(self) -> None:
        self.what = ""
        self.begin = time.monotonic()
        self.lock = threading.Lock()
        self.ended = False
        self.line: Any = None
        self.timer = threading.Timer(QUICK, self._begin)
        self.timer.daemon = True

    def tell(self, what: str) -> None:
        """Show ``what`` from now on."""
        self.what = what
        with self.lock:
            if self.line is not None:
                self.line.update(0, description=what)

    def end(self) -> None:
        """Take the line away."""
        self.timer.cancel()
        with self.lock:
            self.ended = True
            if self.line is not None:
                self.line.stop()

    def _begin(self) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TimeElapsedColumn
        from rich.table import Column

        columns: tuple[Any, ...] = (
            SpinnerColumn(table_column=Column(no_wrap=True, min_width=1)),
            TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
            _words(),
        )
        with self.lock:
            if self.ended:
                return
            self.line = Bar(*columns, console=Console(stderr=True), transient=True, expand=True)
            self.line.add_task(self.what, total=None)
            self.line.tasks[0].start_time = self.begin
            self.line.start()
