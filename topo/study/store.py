"""The folder of a study: content-addressed cases, gathered records, the run beside them.

::

    DIR/cases/<hash>/record.json        what the case came to; written last, so its presence means done
    DIR/cases/<hash>/links.parquet      and commodities.parquet, where there are any
    DIR/cases/<hash>/traffic.parquet    bytes between blocks of hosts; finish.parquet where commodities are too many
    DIR/records.jsonl, records.parquet  all records in the order of the study
    DIR/study.yaml                      the study as written
    DIR/run.json                        command, versions, times: all that inputs do not determine
    DIR/damaged/                        cases and files that were not what a study writes, kept aside

Every file is written under a temporary name and renamed, so a reader never sees
half of one, and two processes on one folder write the same bytes twice at worst.
A run holds a shared lock on the folder; one that finds nobody else there first
clears away what a killed run had only half written.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from topo.atomic import HALF, read_bytes, write_bytes
from topo.config.case import canonical_json
from topo.study.damage import record_in, run_in, tables_wrong
from topo.study.errors import StudyError
from topo.study.record import Outcome


class StoreError(StudyError):
    """A study folder that cannot be written; says which file, why, and what would do."""


@dataclass(frozen=True)
class Store:
    """A study folder."""

    folder: Path

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Return the store in ``folder``, which is made where it does not exist.

        Raises StoreError where it cannot be written.
        """
        store = cls(folder)
        with _told(folder):
            (folder / "cases").mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder / "cases"):
                pass
        return store

    def has_cases(self) -> bool:
        """Return whether any case was stored here."""
        cases = self.folder / "cases"
        return cases.is_dir() and any(cases.iterdir())

    @contextlib.contextmanager
    def in_use(self) -> Iterator[list[str]]:
        """Hold the folder beside any other run, and give what was repaired: half-written files that were cleared away.

        The lock is the system's and ends with the process, however that ends.  A file system without locks
        has nothing cleared away.
        """
        repairs: list[str] = []
        handle = os.open(self.folder / "cases", os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                repairs += self._clear_halves()
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_SH)
            yield repairs
        finally:
            os.close(handle)

    def _clear_halves(self) -> list[str]:
        """Remove temporary files; called only while no other run can own one."""
        halves = [*self.folder.glob(f"{HALF}*"), *self.folder.glob(f"cases/*/{HALF}*")]
        for half in halves:
            half.unlink()
        there = f"{self.folder}: {len(halves)} half-written files of a run that was killed were cleared away"
        return [there] if halves else []

    def case_folder(self, digest: str) -> Path:
        """Return the folder of a case."""
        return self.folder / "cases" / digest

    def read(self, digest: str) -> tuple[dict[str, Any] | None, str]:
        """Return the stored record of a case, None where there is none or the case is damaged; and what is wrong."""
        folder = self.case_folder(digest)
        try:
            record, wrong = record_in(read_bytes(folder / "record.json"))
        except FileNotFoundError:
            return None, ""
        except OSError as error:
            return None, f"{folder / 'record.json'}: cannot be read ({error.strerror or error})"
        if not wrong and record["hash"] != digest:
            wrong = "is not the record of this case"
        if wrong:
            return None, f"{folder / 'record.json'}: {wrong}"
        wrong = tables_wrong(folder, digest)
        return (None, f"{folder}/{wrong}") if wrong else (record, "")

    def run_before(self) -> tuple[dict[str, Any], str]:
        """Return run.json of the run before this, {} where there is none or it is damaged; and what is wrong."""
        path = self.folder / "run.json"
        try:
            run, wrong = run_in(read_bytes(path))
        except FileNotFoundError:
            return {}, ""
        except OSError as error:
            return {}, f"{path}: cannot be read ({error.strerror or error})"
        return run, f"{path}: {wrong}" if wrong else ""

    def set_aside(self, path: Path) -> str:
        """Move a damaged file or folder out of the way and return where it is kept; nothing is deleted."""
        aside = self.folder / "damaged"
        with _told(aside):
            aside.mkdir(exist_ok=True)
            names = (aside / (path.name if n == 1 else f"{path.name}-{n}") for n in count(1))
            free = next(name for name in names if not name.exists())
            with contextlib.suppress(FileNotFoundError):  # another run on this folder was faster
                path.rename(free)
        return str(free)

    def write(self, outcome: Outcome) -> None:
        """Store an outcome; its record goes last and makes it count."""
        folder = self.case_folder(outcome.record["hash"])
        with _told(folder):
            folder.mkdir(parents=True, exist_ok=True)
        for name, content in outcome.files.items():
            self.put(folder / name, content)
        self.put(folder / "record.json", (canonical_json(outcome.record) + "\n").encode())

    def put(self, path: Path, content: bytes) -> None:
        """Write a file in one step: all of it or nothing.

        Raises StoreError where the disk is full or the folder read-only.
        """
        with _told(path):
            # Nothing waits for the disk: a case that power took with it is found damaged and runs again.
            write_bytes(path, content, sync=False)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise StoreError(
            f"{path}: cannot be written ({why}); free space or choose another folder, finished cases are kept"
        ) from error
