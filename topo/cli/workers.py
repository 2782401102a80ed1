"""Where cases run: options that ``analyze`` and ``study`` share, and what they come to."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from topo.study import Tls

_F = TypeVar("_F", bound=Callable[..., Any])
_PEM = click.Path(exists=True, dir_okay=False)


@dataclass(frozen=True)
class Where:
    """What the options say of the place where cases run."""

    given: int | None  # workers that were asked for
    scheduler: str | None  # address or file of a dask scheduler
    tls: Tls | None

    @property
    def workers(self) -> int:
        """Local workers: as many as there are cores where none are given."""
        return len(os.sched_getaffinity(0)) if self.given is None else self.given

    def how(self) -> dict[str, Any]:
        """Return what runs of ``topo.study`` take."""
        return {"workers": self.workers, "scheduler": self.scheduler, "tls": self.tls}

    def limit(self, n_cases: int) -> float | None:
        """Return the memory of one of ``n_cases`` where none was given [bytes]; None where machines are not known."""
        from topo.study import default_limit

        free = None if self.scheduler is not None else default_limit()
        return None if free is None else free / max(1, min(self.workers, n_cases))

    def options(self) -> list[str]:
        """Return the words of a command that runs in the same place."""
        tls = self.tls
        there = {"--scheduler": self.scheduler}
        there |= {} if tls is None else {"--tls-ca": tls.ca, "--tls-cert": tls.cert, "--tls-key": tls.key}
        chosen = there if self.scheduler else {"--workers": str(self.workers)}
        return [word for option, value in chosen.items() if value is not None for word in (option, value)]


def workers_option(says: str) -> Callable[[_F], _F]:
    """Add ``--workers``, of which the verb ``says`` what one does, ``--scheduler`` and its like; as ``where``."""

    def add(function: _F) -> _F:
        @wraps(function)
        def call(*, workers: int | None, scheduler: str | None, scheduler_file: Path | None, **rest: Any) -> Any:
            if scheduler and scheduler_file:
                raise click.UsageError("--scheduler and --scheduler-file name the same thing; give one")
            tls = _tls(*(rest.pop(f"tls_{name}") for name in ("ca", "cert", "key")))
            place = scheduler or (str(scheduler_file) if scheduler_file else None)
            return function(where=Where(workers, place, tls), **rest)

        decorated: Any = call
        for option in reversed(_options(says)):
            decorated = option(decorated)
        return decorated  # type: ignore[no-any-return]

    return add


def _options(says: str) -> list[Callable[[Any], Any]]:
    count, file = click.IntRange(min=0), click.Path(path_type=Path, dir_okay=False, exists=True)
    same = "The same, with the file that `dask scheduler --scheduler-file` wrote."
    trust = "Authority that both sides trust, for a scheduler at tls://."
    return [
        click.option("--workers", type=count, default=None, show_default="the cores", help=says),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Run on the dask scheduler at this address, one large case on all its workers.",
        ),
        click.option("--scheduler-file", type=file, help=same),
        click.option("--tls-ca", type=_PEM, metavar="FILE", help=trust),
        click.option("--tls-cert", type=_PEM, metavar="FILE", help="Certificate of this side."),
        click.option("--tls-key", type=_PEM, metavar="FILE", help="Key of the certificate."),
    ]


def _tls(ca: str | None, cert: str | None, key: str | None) -> Tls | None:
    if ca and cert and key:
        from topo.study import Tls

        return Tls(ca, cert, key)
    if ca or cert or key:
        raise click.UsageError("--tls-ca, --tls-cert and --tls-key belong together; give all three")
    return None
