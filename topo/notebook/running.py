"""Runs for a notebook: what the commands `analyze` and `study` do, with objects as answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from topo.config import Study, load_study, read_case
from topo.fabric import Fabric
from topo.notebook.results import Analysis, Results
from topo.study import run_case
from topo.study.study import run, study_of

if TYPE_CHECKING:
    from topo.study.study import Run

_R = TypeVar("_R", bound=Results)

#: What a section may be given as.
Words = str | Path | Mapping[str, Any] | None


def analyze(
    fabric: Fabric | Words, traffic: Words, *, seed: int = 0, folder: str | Path | None = None, **sections: Words
) -> Analysis:
    """Route ``traffic`` on ``fabric`` and return loads, throughput and times.

    ``fabric`` is a Fabric, or as ``traffic`` and ``sections`` (``routing``, ``solve``, ``failures``, ``cost`` and so
    on) what the command line takes, ``"fat-tree-2:radix=64,planes=8"``, the name of a file, or a mapping of the same
    words, with units: ``{"family": "fat-tree-2", "radix": 64, "rate": "400Gb/s"}``.  ``folder`` keeps what is written.

    >>> analyze("fat-tree-2:radix=8", "uniform", routing="ecmp")["normalized_throughput"]
    1.0

    Raises ConfigError for words that are wrong, and the errors of the rooms that solve, all of them ValueError.
    """
    scratch = TemporaryDirectory(prefix="planewise-")
    place = Path(folder or scratch.name)
    name = "fabric" if isinstance(fabric, Fabric | Mapping) else str(fabric)
    words = {key: _words(value) for key, value in sections.items()}
    network = _fabric_of(fabric, Path(scratch.name))
    case = read_case(network, _words(traffic), seed=seed, name=name, **words)
    done = run(study_of([case], case.sections | {"seed": case.seed}), place)
    if done.failed:
        run_case(case)  # for its own error
    return _as(Analysis, done, case.name, scratch)


def run_study(
    study: str | Path | Study,
    folder: str | Path | None = None,
    *,
    overrides: Sequence[str] = (),
    workers: int = 0,
    **how: Any,
) -> Results:
    """Run every case of ``study`` that ``folder`` does not hold yet, and return all of them.

    ``study`` is a file, the name of a shipped study, or one that ``load_study`` read; without ``folder`` what is
    written is gone with the results.  ``overrides`` are ``key=value`` as on the command line; ``how`` is that of
    ``topo.study.run``: ``scheduler``, ``fresh``, ``max_memory`` [bytes], ``progress``.

    Raises ConfigError for a study that is wrong, StoreError where the folder cannot be written.
    """
    loaded = study if isinstance(study, Study) else load_study(study, overrides)
    scratch = None if folder is not None else TemporaryDirectory(prefix="planewise-")
    done = run(loaded, Path(folder or (scratch.name if scratch else "")), workers=workers, **how)
    return _as(Results, done, loaded.title, scratch)


def _as(kind: type[_R], done: Run, title: str, scratch: TemporaryDirectory[str] | None) -> _R:
    return kind(done.folder, title, done.seconds, done.computed, done.warnings, scratch)


def _fabric_of(fabric: Fabric | Words, folder: Path) -> Mapping[str, Any] | str:
    """Return a fabric as a case says it; one that exists is written into ``folder``."""
    if not isinstance(fabric, Fabric):
        return _words(fabric) or {}
    from topo.formats import write

    path = folder / "given.fabric.json"
    write(fabric, path)
    return str(path)


def _words(value: Words) -> Mapping[str, Any] | str | None:
    return str(value) if isinstance(value, Path) else value
