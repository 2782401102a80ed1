"""ibsim and OpenSM: a simulated InfiniBand fabric comes up, is routed, and dumps what it holds.

Each run has a socket of its own, so that several tests may run at a time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from tests.debian import need

#: [s] that a fabric of a test may take to come up.
PATIENCE = 120


def bring_up(network: Path, folder: Path, engine: str, *options: str) -> dict[str, str]:
    """Return what OpenSM with routing ``engine`` dumps of the fabric in ``network``, by file name, and its log.

    ``ibnetdiscover`` and ``dump_lfts`` are what those programs then print.
    """
    ibsim, opensm, discover = need("ibsim-utils"), need("opensm"), need("infiniband-diags")
    folder.mkdir(parents=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    env = dict(os.environ, PATH=path, OSM_TMP_DIR=str(folder), OSM_CACHE_DIR=str(folder))
    env["IBSIM_SOCKNAME"] = f"planewise-{os.getpid()}-{time.monotonic_ns()}"
    with (folder / "sim.log").open("w") as log:
        sim = subprocess.Popen(
            [ibsim, "-s", "-n", "-N", "20000", "-S", "4000", "-P", "200000", str(network)],
            env=env, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        _ask(["ibsim-run", "sminfo"], env, tries=50)
        words = [opensm, "-R", engine, "-o", "-D", "0x43", "-f", str(folder / "log"), *options]
        subprocess.run(["ibsim-run", *words], env=env, check=True, capture_output=True, timeout=PATIENCE)
        found = {name: _ask(["ibsim-run", program], env) for name, program in
                 (("ibnetdiscover", discover), ("dump_lfts", "dump_lfts"))}  # fmt: skip
    finally:
        os.killpg(sim.pid, signal.SIGKILL)
        sim.wait()
    return found | {path.name: path.read_text(errors="replace") for path in folder.iterdir() if path.is_file()}


def _ask(words: list[str], env: dict[str, str], tries: int = 1) -> str:
    for _ in range(tries):
        done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.stdout or "cannot" not in done.stderr:
            return done.stdout
        time.sleep(0.1)
    return done.stdout
