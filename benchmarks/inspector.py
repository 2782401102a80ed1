"""A million records of NCCL Inspector: how long reading them takes and how much memory, in a process of its own.

``python -m benchmarks.inspector`` writes a log, reads it and prints what it took; ``--records N`` takes another number.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

#: [s] and [bytes] that a million records may take.
MOST_SECONDS, MOST_MEMORY = 20.0, 10**9
_COLLECTIVES = ("AllReduce", "AllGather", "ReduceScatter")


def lines(records: int) -> Iterator[str]:
    """Yield lines of 128 communicators of 16 ranks on 256 hosts."""
    rng = random.Random(0)
    for i in range(records):
        turn, rank = divmod(i, 16)
        group, size = turn % 128, 2 ** (10 + turn % 20)
        micro = 20 + size // rng.randint(100_000, 200_000)
        bandwidth = round(size / micro / 1e3, 6)
        yield json.dumps(
            {
                "header": {"id": hex(0x7F8C496AE9F661 + group), "rank": rank, "n_ranks": 16, "nnodes": 2},
                "metadata": {
                    "inspector_output_format_version": "v4.0",
                    "git_rev": "9019a1912-dirty",
                    "rec_mechanism": "nccl_profiler_interface",
                    "dump_timestamp_us": 1752867229276385 + i,
                    "hostname": f"node-{2 * group + rank // 8:04}",
                    "pid": 1000 + rank % 8,
                },
                "coll_perf": {
                    "coll": _COLLECTIVES[turn % 3],
                    "coll_sn": turn,
                    "coll_msg_size_bytes": size,
                    "coll_exec_time_us": micro,
                    "coll_timing_source": "kernel_gpu",
                    "coll_algobw_gbs": bandwidth,
                    "coll_busbw_gbs": bandwidth,
                },
            }
        )


def read(path: str) -> None:
    """Read the log at ``path`` and print records, seconds and bytes as JSON."""
    from topo.formats import read_measurements

    begin, cpu = time.perf_counter(), time.process_time()
    found = len(read_measurements(path))
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"records": found, "seconds": seconds, "processor_s": cpu, "memory": memory}))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--read")
    given = parser.parse_args()
    if given.read:
        read(given.read)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.jsonl")
        with path.open("w") as file:
            file.writelines(f"{line}\n" for line in lines(given.records))
        command = [sys.executable, "-m", "benchmarks.inspector", "--read", str(path)]
        took = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        mib = path.stat().st_size >> 20
    print(
        f"{took['records']:,} records, {mib} MiB: {took['seconds']:.1f} s ({took['processor_s']:.1f} s of a core), "
        f"{took['memory'] / 2**20:.0f} MiB"
    )
    share = given.records / 1_000_000
    return int(took["seconds"] > MOST_SECONDS * max(share, 1) or took["memory"] > MOST_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
