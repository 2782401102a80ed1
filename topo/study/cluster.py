"""Cases on a dask cluster: local workers, SLURM or Kubernetes, wherever its scheduler runs.

Workers need planewise and nothing else: a case carries the text of all files
it refers to, and its outcome comes back as bytes.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from topo.atomic import check_ends
from topo.config.case import Case
from topo.kernels import blocks_by, n_threads
from topo.study.errors import StudyError
from topo.study.record import FAULTS, Outcome, failed, outcome
from topo.study.sharing import OverWorkers

if TYPE_CHECKING:
    from distributed import Client, Future
    from distributed.security import Security

#: Times that a case is run again after its worker died.
RETRIES = 3
#: Cases handed to the scheduler at a time.
WINDOW = 5_000
_TIMEOUT = 3  # [s] to reach the scheduler
#: [s] that workers may all be away, as when a batch system swaps them.
LEFT_ALONE = 10
_LOOK = 1.0  # [s] between two looks at who is there, while nothing ends
#: Whether this worker was started with a number of threads to keep to.
_TOLD = "PLANEWISE_THREADS" in os.environ


class ClusterError(StudyError):
    """A scheduler that cannot be reached or runs another version of planewise, or nothing here to reach it with."""


@dataclass(frozen=True)
class Tls:
    """Files in PEM that encrypt what goes to a scheduler at tls://."""

    ca: str  # of the authority that both sides trust
    cert: str
    key: str


def on_cluster(
    cases: Sequence[Case], scheduler: str, tls: Tls | None = None, *, tables: bool = True
) -> Iterator[tuple[Case, Outcome]]:
    """Yield every case with its outcome as it ends; ``scheduler`` is an address, or a file that holds it.

    Outcomes are without files if not ``tables``.  Waits for a first worker.  Where all workers have gone for
    LEFT_ALONE, or the scheduler has, the cases that are left fail as lost, and run again next time.

    Raises ClusterError where the scheduler does not answer, and without the extra ``cluster``.
    """
    client = _client(scheduler, tls)
    watch, left = _Watch(client), list(cases)
    try:
        while left:
            block = left[:WINDOW]
            done = yield from _until_lost(watch, block, len(cases), tables)
            left = left[len(block) :] if done else []
    finally:
        with contextlib.suppress(Exception):  # the scheduler may have gone
            client.close(timeout=_TIMEOUT)


def _client(scheduler: str, tls: Tls | None) -> Client:
    try:
        from distributed import Client
    except ImportError:
        cure = 'install it with: pip install "planewise[cluster]", here and on every worker; --workers needs none of it'
        raise ClusterError(f"scheduler {scheduler}: dask's distributed is not installed; {cure}") from None
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what it tells on stderr is said by the cases
    address = _address(Path(scheduler)) if "://" not in scheduler and Path(scheduler).exists() else scheduler
    try:
        return Client(address, timeout=_TIMEOUT, set_as_default=False, security=_security(address, tls))
    except (OSError, ValueError, TypeError) as error:
        if isinstance(error, ClusterError):
            raise
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise ClusterError(f"scheduler {scheduler}: does not answer ({why}); start one with: dask scheduler") from None


def _security(address: str, tls: Tls | None) -> Security | None:
    """Return what encrypts the way to ``address``; None where nothing does."""
    from distributed.security import Security

    if address.startswith("tls://") != (tls is not None):
        needs = "needs --tls-ca, --tls-cert and --tls-key" if tls is None else "is not encrypted; give one with tls://"
        raise ClusterError(f"scheduler {address}: {needs}")
    if tls is None:
        return None
    return Security(tls_ca_file=tls.ca, tls_client_cert=tls.cert, tls_client_key=tls.key, require_encryption=True)


def _until_lost(
    watch: _Watch, block: list[Case], n_cases: int, tables: bool
) -> Generator[tuple[Case, Outcome], None, bool]:
    """Yield the cases of a block as they end, and what is left as lost where nobody works any more.

    Returns whether somebody does.
    """
    client = watch.client
    threads = max(1, sum(client.nthreads().values()) // max(1, n_cases))
    futures = client.map(outcome_there, block, threads=threads, tables=tables, retries=RETRIES, pure=False)
    of = {future.key: case for future, case in zip(futures, block, strict=True)}
    ended: SimpleQueue[Future] = SimpleQueue()
    for future in futures:
        future.add_done_callback(ended.put)
    while of:
        found = _next(ended)
        if found is not None:
            watch.saw_one()
            future, result = found
            case = of.pop(future.key)
            yield case, failed(case, f"{FAULTS[2]}: {result}") if isinstance(result, BaseException) else result
            future.release()
        elif why := watch.lost():
            yield from ((case, failed(case, f"{FAULTS[2]}: {why}")) for case in of.values())
            return False
    return True


def _next(ended: SimpleQueue[Future]) -> tuple[Future, Outcome | BaseException] | None:
    """Return a future that has ended, with what came of it; None where none has for a while.

    What ended on a worker that died before it was fetched is computed again, and ends once more.
    """
    from distributed import TimeoutError as LateError

    try:
        future = ended.get(timeout=_LOOK)
    except Empty:
        return None
    if future.status == "cancelled":  # by the client, which lost its scheduler
        return None
    try:
        return future, future.exception(timeout=_TIMEOUT) or future.result(timeout=_TIMEOUT)
    except (LateError, CancelledError):
        future.add_done_callback(ended.put)
        return None
    except OSError:  # the connection broke while the result was fetched: whether anybody is left is seen next
        time.sleep(_LOOK)
        future.add_done_callback(ended.put)
        return None


class _Watch:
    """Tells when nobody works for a client any more."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._seen = False  # a worker, ever
        self._last = time.monotonic()  # when there was one, or none had ever been

    def saw_one(self) -> None:
        """Know that there is a worker: it has ended something, though nobody may have looked yet."""
        self._seen, self._last = True, time.monotonic()

    def lost(self) -> str:
        """Return why nothing will end any more; empty where something may."""
        if self.client.status in ("closing", "closed"):
            return "the scheduler has gone"
        n_workers = self._n_workers()
        if n_workers:
            self.saw_one()
        elif not self._seen:
            self._last = time.monotonic()
        if time.monotonic() - self._last < LEFT_ALONE:
            return ""
        return f"{'the scheduler has' if n_workers is None else 'all workers have'} gone for {LEFT_ALONE} s"

    def _n_workers(self) -> int | None:
        """Return how many workers the scheduler knows; None where it does not answer."""
        try:
            return len(self.client.sync(self.client.scheduler.ncores, callback_timeout=_TIMEOUT))
        except Exception:  # whatever a connection that breaks raises
            return None


def _address(file: Path) -> str:
    """Return the address in a scheduler file; dask itself would wait for one that is empty or half written."""
    try:
        check_ends(file)
        return str(json.loads(file.read_text("utf-8"))["address"])
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        rule = 'it must be what `dask scheduler --scheduler-file FILE` wrote, with an "address"'
        raise ClusterError(f"scheduler file {file}: holds no address; {rule}") from None


def outcome_there(case: Case, *, threads: int, tables: bool = True) -> Outcome:
    """Return the outcome of ``case`` on a worker, with as many ``threads`` as the cluster has for each case.

    Without files if not ``tables``.  Blocks of large loops go over the workers that are free.

    A worker has no more than the cores it may use; PLANEWISE_THREADS in its environment says otherwise.
    """
    if not _TOLD:
        os.environ.pop("PLANEWISE_THREADS", None)  # that of the study before
        os.environ["PLANEWISE_THREADS"] = str(min(threads, n_threads()))
    with contextlib.closing(OverWorkers()) as workers, blocks_by(workers):
        return outcome(case, tables=tables)
