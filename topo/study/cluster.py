"""Cases on a dask cluster: local workers, SLURM or Kubernetes, wherever its scheduler runs.

Workers need planewise and nothing else: a case carries the text of all files
it refers to, and its outcome comes back as bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from topo.atomic import check_ends
from topo.config.case import Case
from topo.kernels import n_threads
from topo.study.record import FAULTS, Outcome, failed, outcome
from topo.study.store import StudyError

#: Times that a case is run again after its worker died.
RETRIES = 3
#: Cases handed to the scheduler at a time.
WINDOW = 5_000
_TIMEOUT = 3  # [s] to reach the scheduler
#: Whether this worker was started with a number of threads to keep to.
_TOLD = "PLANEWISE_THREADS" in os.environ


class ClusterError(StudyError):
    """A scheduler that cannot be reached, or runs another version of planewise."""


def on_cluster(cases: Sequence[Case], scheduler: str) -> Iterator[tuple[Case, Outcome]]:
    """Yield every case with its outcome as it ends; ``scheduler`` is an address, or a file that holds it.

    Raises ClusterError where the scheduler does not answer.
    """
    from distributed import Client, as_completed

    address = _address(Path(scheduler)) if "://" not in scheduler and Path(scheduler).exists() else scheduler
    try:
        client = Client(address, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise ClusterError(f"scheduler {scheduler}: does not answer ({why}); start one with: dask scheduler") from None
    with client:
        threads = max(1, sum(client.nthreads().values()) // max(1, len(cases)))
        for start in range(0, len(cases), WINDOW):
            block = cases[start : start + WINDOW]
            futures = client.map(outcome_there, block, threads=threads, retries=RETRIES, pure=False)
            of = {future.key: case for future, case in zip(futures, block, strict=True)}
            for future in as_completed(futures, loop=client.loop):
                case, died = of[future.key], future.exception()
                yield case, future.result() if died is None else failed(case, f"{FAULTS[2]}: {died}")
                future.release()


def _address(file: Path) -> str:
    """Return the address in a scheduler file; dask itself would wait for one that is empty or half written."""
    try:
        check_ends(file)
        return str(json.loads(file.read_text("utf-8"))["address"])
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        rule = 'it must be what `dask scheduler --scheduler-file FILE` wrote, with an "address"'
        raise ClusterError(f"scheduler file {file}: holds no address; {rule}") from None


def outcome_there(case: Case, *, threads: int) -> Outcome:
    """Return the outcome of ``case`` on a worker, with as many ``threads`` as the cluster has for each case.

    A worker has no more than the cores it may use; PLANEWISE_THREADS in its environment says otherwise.
    """
    if not _TOLD:
        os.environ.pop("PLANEWISE_THREADS", None)  # that of the study before
        os.environ["PLANEWISE_THREADS"] = str(min(threads, n_threads()))
    return outcome(case)
