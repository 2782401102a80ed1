"""Runs for a notebook: what the commands `analyze`, `study` and `design` do, with objects as answers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import finalize

from topo.config import ConfigError, Study, load_study, parse_study, read_case
from topo.fabric import Fabric
from topo.notebook.choice import Choice
from topo.notebook.results import Analysis, Results
from topo.study import run_case
from topo.study.design import designed
from topo.study.study import run, study_of
from traffic.demand import Demand, GroupedDemand

if TYPE_CHECKING:
    from topo.config.question import Question
    from topo.study.cluster import Tls
    from topo.study.study import Run

_R = TypeVar("_R", bound=Results)

#: What a section may be given as.
Words = str | Path | Mapping[str, Any] | None


def analyze(
    fabric: Fabric | Words,
    traffic: Demand | GroupedDemand | Words,
    *,
    seed: int = 0,
    folder: str | Path | None = None,
    **sections: Words,
) -> Analysis:
    """Route ``traffic`` on ``fabric`` and return loads, throughput and times.

    ``fabric`` is a Fabric and ``traffic`` a demand of ``traffic``, or both are, as are ``sections`` (``routing``,
    ``solve``, ``failures``, ``cost`` and so on), what the command line takes: ``"fat-tree-2:radix=64,planes=8"``, the
    name of a file, or a mapping of the same words, with units: ``{"family": "fat-tree-2", "rate": "400Gb/s"}``.
    ``folder`` keeps what is written.

    >>> analyze("fat-tree-2:radix=8", "uniform", routing="ecmp")["normalized_throughput"]
    1.0

    Raises ConfigError for words that are wrong, FormatError for a demand that is more than flows in phases, and the
    errors of the rooms that solve, all of them ValueError.
    """
    scratch = TemporaryDirectory(prefix="planewise-")
    place = Path(folder or scratch.name)
    name = fabric.name if isinstance(fabric, Fabric) else "fabric" if isinstance(fabric, Mapping) else str(fabric)
    words = {key: _words(value) for key, value in sections.items()}
    network = _fabric_of(fabric, Path(scratch.name))
    case = read_case(network, _traffic_of(traffic, Path(scratch.name)), seed=seed, name=name, **words)
    # Their own names on every page, not those of the files that they are handed over in.
    own = {"fabric": fabric, "traffic": traffic}
    given = {key: one.name for key, one in own.items() if isinstance(one, Fabric | Demand | GroupedDemand)}
    case = replace(case, labels=given)
    done = run(study_of([case], case.sections | {"seed": case.seed}), place)
    if done.failed:
        run_case(case)  # for its own error
    return _as(Analysis, done, case.name, scratch)


def run_study(
    study: str | Path | Mapping[str, Any] | Study,
    folder: str | Path | None = None,
    *,
    overrides: str | Sequence[str] = (),
    workers: int = 0,
    **how: Any,
) -> Results:
    """Run every case of ``study`` that ``folder`` does not hold yet, and return all of them.

    ``study`` is a file, the name of a shipped study, a mapping with the keys of a file, or one that ``load_study``
    read; without ``folder`` what is written is gone with the results.  ``overrides`` are ``key=value`` as on the
    command line, one or several; ``how`` is that of ``topo.study.run``: ``scheduler``, ``fresh``, ``max_memory``
    [bytes], ``progress``.

    Raises ConfigError for a study that is wrong, StoreError where the folder cannot be written.
    """
    if workers < 0:
        raise ConfigError(f"workers: a whole number from 0 on is needed; got {workers}")
    overrides = (overrides,) if isinstance(overrides, str) else overrides
    if isinstance(study, Mapping):
        loaded = parse_study(json.dumps({"schema": 1, "title": "study", **study}), "study", overrides=overrides)
    elif isinstance(study, str | Path):
        loaded = load_study(study, overrides)
    elif isinstance(study, Study):
        loaded = study
    else:
        raise ConfigError(f"study: a file, a shipped name or a mapping is needed; got {study!r}")
    scratch = None if folder is not None else TemporaryDirectory(prefix="planewise-")
    done = run(loaded, Path(folder or (scratch.name if scratch else "")), workers=workers, **how)
    return _as(Results, done, loaded.title, scratch)


def run_design(
    source: str | Path | Sequence[str] | Question,
    *,
    folder: str | Path | None = None,
    workers: int = 0,
    scheduler: str | None = None,
    tls: Tls | None = None,
) -> Choice:
    """Return the best network of a design: a file, or words such as ``"endpoints=1024 switches=[64]"``, or their list.

    Cases that are measured go to ``folder``, where the next run finds them.  Several are measured at once by
    ``workers`` local processes, or by the dask ``scheduler`` at an address or in a file, ``tls`` for one at tls://.

    >>> run_design(["endpoints=64", "switches=[16]", "planes=[1]", "bisection_per_endpoint>=1"])
    <Choice: fat-tree-2(k=16, up=8, down=8, endpoints=64) of 163 networks>

    Raises ConfigError for a design that cannot be used, StoreError where the folder cannot be written.
    """
    if isinstance(source, str) and any(sign in source for sign in "=<>") and not Path(source).exists():
        source = shlex.split(source)
    return Choice.of(designed(source, folder=folder, workers=workers, scheduler=scheduler, tls=tls))


def _as(kind: type[_R], done: Run, title: str, scratch: TemporaryDirectory[str] | None) -> _R:
    """Return what ``done`` came to; what lies in ``scratch`` is gone with it."""
    found = kind(done.folder, title, done.seconds, done.computed, done.warnings)
    if scratch is not None:
        finalize(found, scratch.cleanup)
    return found


def _fabric_of(fabric: Fabric | Words, folder: Path) -> Mapping[str, Any] | str:
    """Return a fabric as a case says it; one that exists is written into ``folder``."""
    if not isinstance(fabric, Fabric):
        return _words(fabric) or {}
    from topo.formats import write

    path = folder / "given.fabric.json"
    write(fabric, path)
    return str(path)


def _traffic_of(traffic: Demand | GroupedDemand | Words, folder: Path) -> Mapping[str, Any] | str | None:
    """Return traffic as a case says it; a demand that exists is written into ``folder``."""
    if not isinstance(traffic, Demand | GroupedDemand):
        return _words(traffic)
    from topo.formats import DEMANDS, FormatError, lost

    flows = DEMANDS["flows"]
    if lack := lost(traffic, flows):
        raise FormatError(
            f"{traffic.name}: its {lack} would be lost; give its pattern in words, such as 'allreduce:bytes=1GiB', "
            "or take topo.route and topo.solve"
        )
    path = folder / "given.flows.csv"
    path.write_text(flows.function("write")(traffic), "utf-8")
    return str(path)


def _words(value: Words) -> Mapping[str, Any] | str | None:
    return str(value) if isinstance(value, Path) else value
