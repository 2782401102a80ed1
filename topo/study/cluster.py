"""Cases on a dask cluster: local workers, SLURM or Kubernetes, wherever its scheduler runs.

Workers need planewise and nothing else: a case carries the text of all files
it refers to, and its outcome comes back as bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from topo.config.case import Case
from topo.study.record import FAULTS, Outcome, failed, outcome
from topo.study.store import StudyError

#: Times that a case is run again after its worker died.
RETRIES = 3
#: Cases handed to the scheduler at a time.
WINDOW = 5_000
_TIMEOUT = 30  # [s] to reach the scheduler


class ClusterError(StudyError):
    """A scheduler that cannot be reached, or runs another version of planewise."""


def on_cluster(cases: Sequence[Case], scheduler: str) -> Iterator[tuple[Case, Outcome]]:
    """Yield every case with its outcome as it ends; ``scheduler`` is an address, or a file that holds it.

    Raises ClusterError where the scheduler does not answer.
    """
    from distributed import Client, as_completed

    by_file = "://" not in scheduler and Path(scheduler).is_file()
    try:
        where = {"scheduler_file": scheduler} if by_file else {"address": scheduler}
        client = Client(**where, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"scheduler {scheduler}: does not answer ({error}); start one with: dask scheduler"
        ) from None
    with client:
        for start in range(0, len(cases), WINDOW):
            block = cases[start : start + WINDOW]
            futures = client.map(outcome, block, retries=RETRIES, pure=False)
            of = {future.key: case for future, case in zip(futures, block, strict=True)}
            for future in as_completed(futures, loop=client.loop):
                case, died = of[future.key], future.exception()
                yield case, future.result() if died is None else failed(case, f"{FAULTS[2]}: {died}")
                future.release()
