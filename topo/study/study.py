"""Runs a study: what is stored stays, the rest is computed, all is gathered."""

from __future__ import annotations

import json
import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import zip_longest
from pathlib import Path
from typing import Any

from topo import __version__
from topo.config.case import Case, Study, canonical_json
from topo.study.cluster import Tls
from topo.study.estimate import estimate
from topo.study.executors import execute
from topo.study.gather import gather
from topo.study.limit import OverMemory, check_memory
from topo.study.progress import Progress
from topo.study.record import Outcome, failed, is_final, outcome, renamed
from topo.study.slowdown import with_slowdown
from topo.study.store import Store

_LIBRARIES = ("numpy", "scipy", "numba", "networkx", "pydantic", "pyarrow", "plotly")


def study_of(cases: Sequence[Case], words: Mapping[str, Any]) -> Study:
    """Return ``cases`` as a study of its own; ``words`` are what its file holds, those that are None left out."""
    title = cases[0].name.rpartition(" / ")[0] or cases[0].name
    text = {"schema": 1, "title": title} | {key: value for key, value in words.items() if value is not None}
    return Study("analysis", title, tuple(cases), json.dumps(text, indent=2) + "\n")


@dataclass(frozen=True)
class Run:
    """What a run of a study came to."""

    folder: Path
    records: tuple[dict[str, Any], ...]  # in the order of the study
    computed: int  # cases that were run now; the others were stored already
    seconds: float
    warnings: tuple[str, ...] = ()  # repairs of the folder
    failed: tuple[dict[str, Any], ...] = field(default=())  # records of cases that failed


def run(
    study: Study,
    folder: str | Path,
    *,
    workers: int = 0,
    scheduler: str | None = None,
    tls: Tls | None = None,
    fresh: bool = False,
    command: str = "",
    max_memory: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Run:
    """Run every case of ``study`` that ``folder`` does not hold yet, and gather all records there.

    ``fresh`` starts over in a new folder beside it: nothing is ever deleted.  An interrupt
    keeps the cases that ended; the next run goes on from there.  A case that the model itself
    refused to solve is not run again unless its input changes.  A case whose estimate is above
    ``max_memory`` [bytes] is recorded as failed before anything of it is built.  ``scheduler`` is that of dask;
    where all of its workers have gone, cases that are left fail and run again next time.

    Raises StoreError where the folder cannot be written.
    """
    store = Store.open(fresh_folder(Path(folder)) if fresh else Path(folder))
    how = {"command": command, "workers": workers, "scheduler": scheduler, "tls": tls, "max_memory": max_memory}
    with store.in_use() as repairs:
        store.put(store.folder / "study.yaml", study.text.encode())
        return _go_on(store, study, how, repairs + _run_before(store), progress)


def _go_on(
    store: Store,
    study: Study,
    how: dict[str, Any],
    repairs: list[str],
    progress: Callable[[Progress], None] | None,
) -> Run:
    """Run what ``store`` does not hold yet, and gather, also after an interrupt."""
    begin = time.monotonic()
    digests = [(case, case.identity(__version__)) for case in (*study.cases, *filter(None, study.opponents))]
    held, damaged = _held(store, [digest for _, digest in digests])
    todo: dict[str, Case] = {}
    for case, digest in digests:
        if digest not in held:
            todo.setdefault(digest, case)
    failures = sum(record["status"] == "failed" for record in held.values())
    one_by_one, following = not how["workers"] and how["scheduler"] is None, [*(c.name for c in todo.values()), ""]
    try:
        where = {key: how[key] for key in ("workers", "scheduler", "tls")}
        ended = _run(list(todo.values()), how["max_memory"], where)
        for done, (case, result) in enumerate(ended, 1):
            store.write(result)
            held[result.record["hash"]] = result.record
            failures += result.record["status"] == "failed"
            if progress is not None:
                seconds, after = time.monotonic() - begin, following[done] if one_by_one else ""
                progress(Progress(done, len(todo), failures, case.name, seconds, after))
    finally:
        # after an interrupt, what another run on this folder has stored meanwhile
        held |= _held(store, [digest for _, digest in digests if digest not in held])[0]
        records = _records(study, held)
        gather(store, records)
        seconds = time.monotonic() - begin
        told = {key: value for key, value in how.items() if key != "tls"}
        store.put(store.folder / "run.json", _run_json(study, seconds=seconds, computed=len(todo), **told))
    lost = tuple(record for record in records if record["status"] == "failed")
    return Run(store.folder, records, len(todo), seconds, (*repairs, *damaged), lost)


def _records(study: Study, held: dict[str, dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the records of the cases that ended, as the study calls them now, each with its slowdown."""
    out = []
    for case, against in zip_longest(study.cases, study.opponents):
        record = held.get(case.identity(__version__))
        if record is not None:
            other = held.get(against.identity(__version__)) if against else None
            out.append(with_slowdown(renamed(record, case), case, other, against.name if against else ""))
    return tuple(out)


def _run(todo: list[Case], max_memory: float | None, where: dict[str, Any]) -> Iterator[tuple[Case, Outcome]]:
    """Yield outcomes; first those of cases that are refused or too large, for there is nothing to compute."""
    fit = []
    for case in todo:
        stopped = outcome(case) if case.refused else _too_large(case, max_memory)
        if stopped is None:
            fit.append(case)
        else:
            yield case, stopped
    yield from execute(fit, **where)


def _too_large(case: Case, max_memory: float | None) -> Outcome | None:
    """Return the failure of a case that would take more than ``max_memory`` [bytes]; None where it fits."""
    if max_memory is None:
        return None
    try:
        check_memory(estimate(case), max_memory)
    except OverMemory as error:
        return failed(case, str(error))
    except ValueError:
        return None  # the case itself says what is wrong with it
    return None


def _held(store: Store, digests: list[str]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the records that the store already holds, by hash, and what is damaged."""
    held: dict[str, dict[str, Any]] = {}
    warnings = []
    for digest in dict.fromkeys(digests):
        record, wrong = store.read(digest)
        if record is not None and is_final(record):
            held[digest] = record
        if wrong:
            aside = store.set_aside(store.case_folder(digest))
            warnings.append(f"{wrong}; the case runs again, and what was there is kept in {aside}")
    return held, warnings


def _run_before(store: Store) -> list[str]:
    """Return what to say of a folder that another planewise wrote last, or whose run.json is damaged."""
    run, wrong = store.run_before()
    if wrong:
        aside = store.set_aside(store.folder / "run.json")
        return [f"{wrong}; it is written afresh, and what was there is kept in {aside}"]
    wrote = (run.get("versions") or {}).get("planewise", __version__)
    there = f"{store.folder}: holds cases of planewise {wrote}, another version"
    return [] if wrote == __version__ else [f"{there}; they stay, and run again with {__version__}"]


def fresh_folder(folder: Path) -> Path:
    """Return ``folder``, or the next free name beside it where it already holds cases: nothing is ever deleted."""
    if not Store(folder).has_cases():
        return folder
    number = 2
    while folder.with_name(f"{folder.name}-{number}").exists():
        number += 1
    return folder.with_name(f"{folder.name}-{number}")


def _run_json(study: Study, *, seconds: float, **how: str | float | None) -> bytes:
    content = {
        "title": study.title,
        "description": study.description,
        "tolerance": study.tolerance,
        **how,
        "overrides": list(study.overrides),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "cases": len(study.cases),
        "git": _git(),
        "versions": {"planewise": __version__, "python": platform.python_version()} | _versions(),
        "platform": platform.platform(),
    }
    return (canonical_json(content) + "\n").encode()


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _git() -> str | None:
    """Return the commit of the checkout that this code is from, with ``+`` where it was changed; None outside one."""
    here = Path(__file__).resolve().parent
    try:
        ask = ["git", "-C", str(here), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"]
        tracked = ["git", "-C", str(here), "ls-files", "--error-unmatch", Path(__file__).name]
        subprocess.run(tracked, capture_output=True, check=True, timeout=5)
        return subprocess.run(ask, capture_output=True, check=True, timeout=5, text=True).stdout.strip() or None
    except (OSError, subprocess.SubprocessError):
        return None
